/* SPDX-License-Identifier: MIT
 *
 * A field of several segments, term by term in order of bytes. Of each term
 * every input's postings are read whole, the dead taken out, ordinals moved,
 * and the lot goes to the writer as if it came from a batch. */
#include "indexer/merge_inner.h"

#include "core/segment/forms.h"
#include "core/segment/gather.h"
#include "core/segment/store.h"
#include "indexer/heap.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* One input's terms. */
typedef struct term_input {
    osl_term_cursor terms;
    osl_forms_cursor forms;
} term_input;

/* Forms of the term at hand: distinct texts over all inputs. */
typedef struct form_table {
    osl_text *texts; /* owns, as all below */
    uint32_t count;
    uint32_t *slots;   /* number + 1 */
    uint32_t *numbers; /* of one input's forms */
    size_t texts_capacity, slots_capacity, numbers_capacity;
    uint32_t slot_count; /* a power of two; 0: none yet for this term */
} form_table;

typedef struct field_merger {
    osl_merge *m;
    osl_field field;
    term_input *inputs; /* owns, as below */
    osl_heap heap;
    uint32_t *here; /* inputs with the term at hand */
    uint32_t here_count;
    osl_arena arena; /* of the term at hand */
    form_table forms;
    /* The term as the writer takes it. */
    uint32_t *ordinals, *tfs, *positions, *locals;
    size_t ordinals_capacity, tfs_capacity, positions_capacity, locals_capacity;
    uint32_t df, rank;
    uint64_t cf;
} field_merger;

static void clear(field_merger *f)
{
    free(f->inputs);
    free(f->heap.at);
    free(f->here);
    osl_arena_clear(&f->arena);
    free(f->forms.texts);
    free(f->forms.slots);
    free(f->forms.numbers);
    free(f->ordinals);
    free(f->tfs);
    free(f->positions);
    free(f->locals);
}

/* ---- terms in order ----------------------------------------------------- */

static int compare_terms(const void *user, uint32_t a, uint32_t b)
{
    const term_input *inputs = user;
    return osl_text_compare(inputs[a].terms.term, inputs[b].terms.term);
}

/* The next term of an input, if there is one. */
static osl_status advance(field_merger *f, uint32_t input, osl_error *err)
{
    osl_status status = osl_term_next(&f->inputs[input].terms, err);
    if (status == OSL_OK)
        osl_heap_push(&f->heap, input);
    return status == OSL_END ? OSL_OK : status;
}

static osl_status open_inputs(field_merger *f, osl_error *err)
{
    uint32_t count = f->m->input_count;
    f->inputs = calloc(count, sizeof *f->inputs);
    f->heap.at = calloc(count, sizeof *f->heap.at);
    f->here = calloc(count, sizeof *f->here);
    if (!f->inputs || !f->heap.at || !f->here)
        return osl_merge_no_memory(err);
    f->heap.compare = compare_terms;
    f->heap.user = f->inputs;
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < count && status == OSL_OK; i++) {
        const osl_segment *segment = osl_merge_segment(f->m, i);
        f->inputs[i].forms.segment = segment;
        status = osl_term_seek(&f->inputs[i].terms, segment, f->field,
                               osl_text_of(""), err);
        if (status == OSL_OK)
            status = advance(f, i, err);
    }
    return status;
}

/* Takes the least term's inputs off the heap. */
static void take_term(field_merger *f)
{
    f->here_count = 0;
    do
        f->here[f->here_count++] = osl_heap_pop(&f->heap);
    while (f->heap.count > 0 &&
           compare_terms(f->inputs, f->heap.at[0], f->here[0]) == 0);
}

/* ---- forms -------------------------------------------------------------- */

/* Room for `more` distinct forms, and a hash table with some air. */
static bool grow_forms(form_table *t, size_t more)
{
    size_t wanted = t->count + more;
    uint32_t slots = t->slot_count ? t->slot_count : 16;
    while (slots < 2 * wanted)
        slots *= 2;
    if (!osl_grow(&t->texts, &t->texts_capacity, wanted, sizeof *t->texts) ||
        !osl_grow(&t->numbers, &t->numbers_capacity, more, sizeof *t->numbers))
        return false;
    if (slots == t->slot_count)
        return true;
    if (!osl_grow(&t->slots, &t->slots_capacity, slots, sizeof *t->slots))
        return false;
    t->slot_count = slots;
    memset(t->slots, 0, slots * sizeof *t->slots);
    for (uint32_t i = 0; i < t->count; i++) {
        uint64_t at = XXH3_64bits(t->texts[i].bytes, t->texts[i].length);
        while (t->slots[at & (slots - 1)])
            at++;
        t->slots[at & (slots - 1)] = i + 1;
    }
    return true;
}

static uint32_t form_number(form_table *t, osl_text text)
{
    uint32_t mask = t->slot_count - 1;
    uint64_t at = XXH3_64bits(text.bytes, text.length);
    for (;; at++) {
        uint32_t number = t->slots[at & mask];
        if (number == 0)
            break;
        if (osl_text_equal(t->texts[number - 1], text))
            return number - 1;
    }
    t->texts[t->count] = text;
    t->slots[at & mask] = t->count + 1;
    return t->count++;
}

/* The numbers of an input's forms of the term among those of all inputs. */
static osl_status number_forms(field_merger *f, uint32_t input, size_t *count,
                               osl_error *err)
{
    term_input *from = &f->inputs[input];
    const osl_term_form *forms = NULL;
    osl_status status = osl_forms_next(&from->forms, &from->terms, &f->arena,
                                       &forms, count, err);
    if (status != OSL_OK)
        return status;
    if (!grow_forms(&f->forms, *count))
        return osl_merge_no_memory(err);
    for (size_t i = 0; i < *count; i++)
        f->forms.numbers[i] = form_number(&f->forms, forms[i].text);
    return OSL_OK;
}

/* Turns locals[from …] into numbers of all inputs. */
static osl_status translate_forms(field_merger *f, uint32_t input,
                                  uint64_t count, osl_error *err)
{
    size_t form_count = 0;
    osl_status status = number_forms(f, input, &form_count, err);
    if (status != OSL_OK)
        return status;
    uint32_t *locals = f->locals + f->cf;
    for (uint64_t i = 0; i < count; i++) {
        if (locals[i] >= form_count)
            return osl_fail(err, OSL_ECORRUPT,
                            "%s: damaged: a surface form that is not listed",
                            osl_segment_path(osl_merge_segment(f->m, input)));
        locals[i] = f->forms.numbers[locals[i]];
    }
    return OSL_OK;
}

/* ---- postings ----------------------------------------------------------- */

static bool has_forms(const field_merger *f)
{
    return f->field == OSL_FIELD_TEXT;
}

static osl_status make_room(field_merger *f, const osl_segment *segment,
                            const osl_term_info *info, osl_error *err)
{
    /* Each posting takes a bit at least, and each occurrence has a position of
     * the field, so spoilt counts ask for no memory. */
    const osl_field_info *field =
        &osl_segment_get_info(segment)->fields[f->field];
    if (info->df / 8 > info->bytes || info->cf > field->total_length)
        return osl_fail(err, OSL_ECORRUPT,
                        "%s: damaged: more postings than their bytes can have",
                        osl_segment_path(segment));
    size_t postings = (size_t)f->df + info->df;
    size_t occurrences = (size_t)(f->cf + info->cf);
    if (!osl_grow(&f->ordinals, &f->ordinals_capacity, postings, 4) ||
        !osl_grow(&f->tfs, &f->tfs_capacity, postings, 4) ||
        !osl_grow(&f->positions, &f->positions_capacity, occurrences, 4) ||
        (has_forms(f) &&
         !osl_grow(&f->locals, &f->locals_capacity, occurrences, 4)))
        return osl_merge_no_memory(err);
    return OSL_OK;
}

/* A part of the postings that is moved down over what died before it. */
typedef struct kept {
    uint32_t df;
    uint64_t cf;
} kept;

static void keep_occurrences(field_merger *f, uint64_t from, uint64_t to,
                             uint32_t tf)
{
    if (from == to)
        return;
    memmove(f->positions + to, f->positions + from, (size_t)tf * 4);
    if (has_forms(f))
        memmove(f->locals + to, f->locals + from, (size_t)tf * 4);
}

/* Moves an input's ordinals, df of them from f->df on, and leaves the dead
 * out. */
static void keep_living(field_merger *f, uint32_t input, uint32_t df)
{
    const osl_merge *m = f->m;
    uint32_t run = m->first_runs[input], end = m->first_runs[input + 1];
    kept to = {f->df, f->cf};
    uint64_t at = f->cf;
    for (uint32_t i = f->df; i < f->df + df; i++) {
        uint32_t ordinal = f->ordinals[i], tf = f->tfs[i];
        while (run < end && ordinal >= m->runs[run].to[f->field])
            run++;
        if (run < end && ordinal >= m->runs[run].from[f->field]) {
            f->ordinals[to.df] = ordinal - m->runs[run].from[f->field] +
                                 m->runs[run].out[f->field];
            f->tfs[to.df++] = tf;
            keep_occurrences(f, at, to.cf, tf);
            to.cf += tf;
        }
        at += tf;
    }
    f->df = to.df;
    f->cf = to.cf;
}

static osl_status add_postings(field_merger *f, uint32_t input, osl_error *err)
{
    const osl_segment *segment = osl_merge_segment(f->m, input);
    const osl_term_info *info = &f->inputs[input].terms.info;
    const osl_postings *postings = NULL;
    osl_status status = make_room(f, segment, info, err);
    if (status == OSL_OK)
        status = osl_postings_open_once(&postings, segment, f->field, info,
                                        &f->arena, err);
    if (status != OSL_OK)
        return status;
    const osl_gathered to = {f->ordinals + f->df, f->tfs + f->df,
                             f->positions + f->cf,
                             has_forms(f) ? f->locals + f->cf : NULL};
    status = osl_postings_gather(postings, &to, err);
    if (status == OSL_OK && has_forms(f))
        status = translate_forms(f, input, info->cf, err);
    if (status == OSL_OK)
        keep_living(f, input, info->df);
    return status;
}

/* ---- to the writer ------------------------------------------------------ */

/* Keeps a term that pairs may have. */
static osl_status note_pair_word(field_merger *f, osl_text term, osl_error *err)
{
    osl_merge *m = f->m;
    osl_text copy;
    if (m->pair_rule.product == 0 ||
        !osl_pairs_can_have(m->pair_rule, term, f->df,
                            m->totals[OSL_ROWS_PARAGRAPHS]))
        return OSL_OK;
    if (!osl_arena_text(&m->arena, term, &copy) ||
        !osl_grow(&m->pair_words.at, &m->pair_words_capacity,
                  (size_t)m->pair_words.count + 1, sizeof *m->pair_words.at))
        return osl_merge_no_memory(err);
    m->pair_words.at[m->pair_words.count++] =
        (osl_pair_word){.term = copy, .rank = f->rank, .df = f->df};
    return OSL_OK;
}

static void map_term(const field_merger *f)
{
    for (uint32_t i = 0; i < f->here_count; i++) {
        uint32_t input = f->here[i];
        f->m->term_maps[input][f->inputs[input].terms.info.ordinal] = f->rank;
    }
}

static osl_status send_term(field_merger *f, osl_error *err)
{
    osl_term_postings postings = {
        .term = f->inputs[f->here[0]].terms.term,
        .df = f->df,
        .ordinals = f->ordinals,
        .tfs = f->tfs,
        .positions = f->positions,
    };
    osl_status status = OSL_OK;
    if (f->df == 0)
        return OSL_OK;
    if (has_forms(f)) {
        postings.forms = f->locals;
        postings.form_list = f->forms.texts;
        postings.form_count = f->forms.count;
        status = note_pair_word(f, postings.term, err);
        if (f->m->term_maps)
            map_term(f);
    }
    osl_writer_term(f->m->writer, &postings);
    f->rank++;
    return status;
}

static osl_status merge_term(field_merger *f, osl_error *err)
{
    osl_status status = OSL_OK;
    take_term(f);
    osl_arena_reset(&f->arena);
    f->df = 0;
    f->cf = 0;
    f->forms.count = f->forms.slot_count = 0;
    for (uint32_t i = 0; i < f->here_count && status == OSL_OK; i++)
        status = add_postings(f, f->here[i], err);
    if (status == OSL_OK)
        status = send_term(f, err);
    for (uint32_t i = 0; i < f->here_count && status == OSL_OK; i++)
        status = advance(f, f->here[i], err);
    return status;
}

/* New ordinals of the inputs' terms of text, none known yet. */
static osl_status make_maps(osl_merge *m, osl_error *err)
{
    bool wanted = m->has_texts && m->options->store != OSL_STORE_SMALL;
    for (uint32_t i = 0; i < m->input_count; i++)
        wanted = wanted && osl_word_terms_are_there(osl_merge_segment(m, i));
    if (!wanted)
        return OSL_OK;
    m->term_maps = calloc((size_t)m->input_count + 1, sizeof *m->term_maps);
    for (uint32_t i = 0; m->term_maps && i < m->input_count; i++) {
        size_t size = sizeof **m->term_maps *
                      osl_segment_get_info(osl_merge_segment(m, i))
                          ->fields[OSL_FIELD_TEXT]
                          .term_count;
        m->term_maps[i] = malloc(size + 1);
        if (!m->term_maps[i])
            return osl_merge_no_memory(err);
        memset(m->term_maps[i], 0xff, size);
    }
    return m->term_maps ? OSL_OK : osl_merge_no_memory(err);
}

osl_status osl_merge_field(osl_merge *m, osl_field field, osl_error *err)
{
    field_merger f = {.m = m, .field = field};
    osl_status status = osl_merge_begin_field(m, field, err);
    if (status == OSL_OK && field == OSL_FIELD_TEXT)
        status = make_maps(m, err);
    if (status == OSL_OK)
        status = open_inputs(&f, err);
    while (status == OSL_OK && f.heap.count > 0)
        status = merge_term(&f, err);
    if (status == OSL_OK)
        osl_writer_end_field(m->writer);
    if (field == OSL_FIELD_TEXT)
        m->result.terms = f.rank;
    clear(&f);
    return status;
}
