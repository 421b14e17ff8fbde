/* SPDX-License-Identifier: MIT */
#include "indexer/words.h"

#include "core/base/bytes.h"
#include "core/base/pages.h"
#include "indexer/crew.h"
#include "indexer/turns.h"

#include <string.h>

/* Paragraphs that a thread encodes before they are written. */
enum { SHARE = 1024 };

/* Of the sample, that are met before the first is looked at. */
enum { SAMPLED = 16 };

/* Entries: forms first, then gaps. */
struct osl_words {
    const osl_batch *batch;
    uint32_t form_count, count;
    uint32_t *counts; /* of each entry; owns */
    osl_word_coder coder;
    uint32_t *terms;         /* by rank, as store.h has them; owns */
    uint32_t gap_ranks[256]; /* of gaps by their codes */
    osl_model model;
    osl_vocabulary vocabulary;
};
typedef osl_words words;

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while coding texts");
    return OSL_ENOMEM;
}

/* ---- ranks -------------------------------------------------------------- */

void osl_word_coder_clear(osl_word_coder *coder)
{
    free(coder->order);
    free(coder->ranks);
    coder->order = NULL;
    coder->ranks = NULL;
}

/* A word goes before the separator of the same bytes and count. */
static void settle_ties(osl_word_coder *coder)
{
    for (uint32_t i = 0; i + 1 < coder->used; i++) {
        osl_sort_entry *a = &coder->order[i], *b = a + 1;
        if (a->major != b->major || a->prefix != b->prefix ||
            !coder->is_separator(coder->user, a->id) ||
            coder->is_separator(coder->user, b->id) ||
            !osl_text_equal(coder->text_of(coder->user, a->id),
                            coder->text_of(coder->user, b->id)))
            continue;
        osl_sort_entry swap = *a;
        *a = *b;
        *b = swap;
    }
}

static osl_status rank_entries(osl_word_coder *coder, osl_error *err)
{
    coder->order =
        osl_pages_take((size_t)coder->count + 1, sizeof *coder->order);
    if (!coder->order)
        return no_memory(err);
    for (uint32_t i = 0; i < coder->count; i++)
        if (coder->counts[i] > 0)
            coder->order[coder->used++] = (osl_sort_entry){
                osl_sort_prefix(coder->text_of(coder->user, i)),
                ~coder->counts[i], i};
    if (!osl_sort(coder->order, coder->used, coder->text_of, coder->user))
        return no_memory(err);
    settle_ties(coder);
    return OSL_OK;
}

osl_status osl_word_coder_rank(osl_word_coder *coder, osl_error *err)
{
    osl_status status = rank_entries(coder, err);
    if (status != OSL_OK)
        return status;
    coder->ranks = calloc((size_t)coder->count + 1, sizeof *coder->ranks);
    if (!coder->ranks)
        return no_memory(err);
    for (uint32_t i = 0; i < coder->used; i++)
        coder->ranks[coder->order[i].id] = i;
    return OSL_OK;
}

osl_status osl_word_coder_encode(const osl_word_coder *coder,
                                 osl_vocabulary *out, osl_error *err)
{
    osl_text *texts = malloc(((size_t)coder->used + 1) * sizeof *texts);
    uint8_t *separators = malloc((size_t)coder->used + 1);
    osl_status status = texts && separators ? OSL_OK : no_memory(err);
    /* Not by rank: what is written out of order is not waited for. */
    for (uint32_t i = 0; i < coder->count && status == OSL_OK; i++) {
        if (coder->counts[i] == 0)
            continue;
        uint32_t rank = coder->ranks[i];
        texts[rank] = coder->text_of(coder->user, i);
        separators[rank] = coder->is_separator(coder->user, i);
    }
    if (status == OSL_OK)
        status = osl_vocabulary_encode(out, texts, separators, coder->used,
                                       coder->small, err);
    free(texts);
    free(separators);
    return status;
}

/* ---- of a batch --------------------------------------------------------- */

static osl_text entry_text(const void *user, uint32_t entry)
{
    const words *w = user;
    const osl_batch *batch = w->batch;
    if (entry < w->form_count)
        return osl_strings_text(&batch->fields[OSL_FIELD_TEXT].forms, entry);
    return osl_strings_text(&batch->gaps.forms, entry - w->form_count);
}

static bool is_separator(const void *user, uint32_t entry)
{
    const words *w = user;
    return entry >= w->form_count;
}

/* Forms of equal bytes and other flags share an entry: the one without. */
static uint32_t plain_form(const words *w, uint32_t form)
{
    const osl_strings *forms = &w->batch->fields[OSL_FIELD_TEXT].forms;
    if (osl_strings_flag(forms, form) == 0)
        return form;
    uint32_t plain = osl_strings_find(forms, osl_strings_text(forms, form), 0);
    return plain == UINT32_MAX ? form : plain;
}

static void count_entries(words *w)
{
    osl_batch_count_forms(w->batch, OSL_FIELD_TEXT, w->counts);
    osl_batch_count_gaps(w->batch, w->counts + w->form_count);
    for (uint32_t i = 0; i < w->form_count; i++) {
        uint32_t plain = plain_form(w, i);
        if (plain == i)
            continue;
        w->counts[plain] += w->counts[i];
        w->counts[i] = 0;
    }
}

static osl_status rank_words(words *w, osl_error *err)
{
    w->coder = (osl_word_coder){.count = w->count,
                                .counts = w->counts,
                                .text_of = entry_text,
                                .is_separator = is_separator,
                                .user = w};
    osl_status status = osl_word_coder_rank(&w->coder, err);
    for (uint32_t i = 0; i < w->form_count && status == OSL_OK; i++)
        w->coder.ranks[i] = w->coder.ranks[plain_form(w, i)];
    uint32_t gaps = w->count - w->form_count;
    for (uint32_t i = 0; i < gaps && i + 1 < OSL_GAP_SIDE && status == OSL_OK;
         i++)
        w->gap_ranks[i + 1] = w->coder.ranks[w->form_count + i];
    return status;
}

/* ---- ranks of the texts ------------------------------------------------- */

/* Paragraphs in order, from where their columns begin. */
typedef struct ranking {
    const words *w;
    const uint8_t *gaps; /* the next */
    const uint32_t *side, *ids;
    uint32_t *to;
} ranking;

static ranking start_ranking(const words *w, size_t ids, size_t gaps,
                             size_t side)
{
    /* Lists that are empty have no memory. */
    static const uint32_t none[1];
    const osl_batch *batch = w->batch;
    const uint32_t *all_side = batch->gaps.side.at;
    const uint32_t *all_ids = batch->fields[OSL_FIELD_TEXT].ids.at;
    return (ranking){.w = w,
                     .gaps = batch->gaps.codes.at + gaps,
                     .side = all_side ? all_side + side : none,
                     .ids = all_ids ? all_ids + ids : none};
}

/* Whether a gap is the usual one cannot be foretold: its rank is put anyway,
 * and the next over it. */
static inline void put_gap(ranking *r)
{
    uint8_t code = *r->gaps++;
    uint32_t rank = r->w->gap_ranks[code];
    if (code == OSL_GAP_SIDE)
        rank = r->w->coder.ranks[r->w->form_count + *r->side++];
    *r->to = rank;
    r->to += code != OSL_GAP_USUAL;
}

/* A paragraph of `length` words has twice as many ranks at most, and one; there
 * is room for one more. */
static size_t rank_paragraph(ranking *r, uint32_t length, uint32_t *to)
{
    r->to = to;
    put_gap(r);
    for (uint32_t i = 0; i < length; i++) {
        *r->to++ = r->w->coder.ranks[*r->ids++];
        put_gap(r);
    }
    return (size_t)(r->to - to);
}

/* In sums of bytes, as many as cannot overflow. */
static size_t count_sides(const uint8_t *gaps, size_t count)
{
    size_t sum = 0;
    for (size_t i = 0; i < count; i += 255) {
        size_t part = count - i < 255 ? count - i : 255;
        uint8_t found = 0;
        for (size_t j = 0; j < part; j++)
            found = (uint8_t)(found + (gaps[i + j] == OSL_GAP_SIDE));
        sum += found;
    }
    return sum;
}

/* Moves behind a paragraph, which may be fetched. */
static void pass_paragraph(ranking *r, uint32_t length, bool fetch)
{
    enum { LINE = 16 };
    for (uint32_t i = 0; i < length && fetch; i += LINE)
        __builtin_prefetch(r->ids + i);
    r->side += count_sides(r->gaps, (size_t)length + 1);
    r->gaps += length + 1;
    r->ids += length;
}

typedef struct rank_buffer {
    uint32_t *at; /* owns */
    size_t capacity;
} rank_buffer;

static bool make_room(rank_buffer *ranks, uint32_t length)
{
    return osl_grow(&ranks->at, &ranks->capacity, 2 * (size_t)length + 2,
                    sizeof *ranks->at) &&
           ranks->at;
}

static uint64_t code_count(const words *w)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < w->count; i++)
        sum += w->counts[i];
    return sum;
}

/* A paragraph of the sample, as it was met. */
typedef struct sampled {
    ranking from;
    uint32_t paragraph;
} sampled;

/* The next paragraphs that the sample asks for, from *at on: few stand side by
 * side, and memory is waited for once for all of them. Returns how many. */
static size_t meet_sampled(const osl_list32 *lengths,
                           const osl_model_sample *sample, ranking *r,
                           uint32_t *at, sampled out[SAMPLED])
{
    size_t count = 0;
    for (; *at < lengths->count && count < SAMPLED; ++*at) {
        bool wanted = osl_model_sample_wants(sample, *at);
        if (wanted)
            out[count++] = (sampled){*r, *at};
        pass_paragraph(r, lengths->at[*at], wanted);
    }
    return count;
}

static void take_sample(const words *w, osl_model_sample *sample)
{
    const osl_list32 *lengths = &w->batch->fields[OSL_FIELD_TEXT].lengths;
    ranking r = start_ranking(w, 0, 0, 0);
    rank_buffer ranks = {0};
    sampled met[SAMPLED];
    uint32_t at = 0;
    while (at < lengths->count && !sample->failed) {
        size_t count = meet_sampled(lengths, sample, &r, &at, met);
        for (size_t i = 0; i < count && !sample->failed; i++) {
            uint32_t length = lengths->at[met[i].paragraph];
            if (make_room(&ranks, length))
                osl_model_sample_add(
                    sample, met[i].paragraph, ranks.at,
                    rank_paragraph(&met[i].from, length, ranks.at));
            else
                sample->failed = true;
        }
    }
    free(ranks.at);
}

osl_model_kind osl_words_model_kind(const osl_build_options *options)
{
    if (options->is_run)
        return OSL_MODEL_ROUGH;
    return options->store == OSL_STORE_SMALL ? OSL_MODEL_DEEP : OSL_MODEL_USUAL;
}

osl_status osl_words_learn(osl_words *w, const osl_build_options *options,
                           osl_error *err)
{
    osl_model_sample sample;
    osl_model_sample_init(&sample, code_count(w),
                          osl_words_model_kind(options));
    take_sample(w, &sample);
    osl_status status = osl_model_make(&w->model, &sample, w->coder.used, err);
    osl_model_sample_clear(&sample);
    return status;
}

/* ---- terms of the words ------------------------------------------------- */

osl_status osl_words_note_terms(osl_words *w, const osl_terms *terms,
                                osl_error *err)
{
    uint32_t before = 0;
    w->terms = calloc((size_t)w->coder.used + 1, sizeof *w->terms);
    if (!w->terms)
        return no_memory(err);
    /* All forms of a word's bytes have its base term. */
    for (uint32_t i = 0; i < w->form_count; i++)
        if (terms->counts[i] > 0)
            w->terms[w->coder.ranks[i]] = terms->forms[i].base;
    for (uint32_t rank = 0; rank < w->coder.used; rank++) {
        if (is_separator(w, w->coder.order[rank].id))
            w->terms[rank] = before;
        before = w->terms[rank];
    }
    return OSL_OK;
}

/* ---- codes of the texts ------------------------------------------------- */

/* A run of paragraphs, and where their columns begin. */
typedef struct share {
    uint32_t from, to;
    size_t ids, gaps, side;
    size_t ids_end;
    uint64_t turn;
} share;

typedef struct emitting {
    const words *w;
    osl_writer *writer;
    osl_codes_fn *kernel;
    uint64_t *starts;    /* of each paragraph's codes; owns */
    uint64_t written;    /* codes; changed in turn */
    osl_pages_used used; /* numbers of words; changed in turn */
    share next;          /* guarded by the turns' lock */
    osl_turns turns;
} emitting;

/* Moves the next share behind the paragraphs of this one. */
static void pass(emitting *all, const share *s)
{
    const osl_batch *batch = all->w->batch;
    const osl_list32 *lengths = &batch->fields[OSL_FIELD_TEXT].lengths;
    size_t ids = 0;
    for (uint32_t i = s->from; i < s->to; i++)
        ids += lengths->at[i];
    size_t gaps = ids + (s->to - s->from);
    size_t side = count_sides(batch->gaps.codes.at + s->gaps, gaps);
    all->next = (share){
        s->to, s->to, s->ids + ids, s->gaps + gaps, s->side + side, 0, 0};
}

static bool take_share(emitting *all, share *s)
{
    size_t count = all->w->batch->fields[OSL_FIELD_TEXT].lengths.count;
    osl_turns_lock(&all->turns);
    *s = all->next;
    size_t left = count - s->from;
    s->to = s->from + (uint32_t)(left < SHARE ? left : SHARE);
    bool found = s->to > s->from;
    if (found) {
        s->turn = osl_turns_take(&all->turns);
        pass(all, s);
        s->ids_end = all->next.ids;
    }
    osl_turns_unlock(&all->turns);
    return found;
}

/* In turn: codes to the file, starts to where they belong. */
static void hand_in(emitting *all, const share *s, const osl_buf *codes)
{
    const uint32_t *ids = all->w->batch->fields[OSL_FIELD_TEXT].ids.at;
    for (uint32_t i = s->from; i < s->to; i++)
        all->starts[i] += all->written;
    if (s->ids_end > 0)
        osl_pages_give_back(&all->used, ids + s->ids_end,
                            osl_writer_offset(all->writer));
    osl_writer_put(all->writer, codes->bytes, codes->length);
    all->written += codes->length;
}

static bool emit_share(emitting *all, const share *s, osl_buf *codes,
                       rank_buffer *ranks)
{
    const uint32_t *lengths = all->w->batch->fields[OSL_FIELD_TEXT].lengths.at;
    ranking r = start_ranking(all->w, s->ids, s->gaps, s->side);
    osl_buf_reset(codes);
    for (uint32_t i = s->from; i < s->to; i++) {
        if (!make_room(ranks, lengths[i]))
            return false;
        size_t count = rank_paragraph(&r, lengths[i], ranks->at);
        uint8_t *to = osl_buf_room(codes, OSL_MODEL_ROOM(count));
        if (!to)
            return false;
        all->starts[i] = codes->length;
        to =
            osl_model_encode(&all->w->model, all->kernel, ranks->at, count, to);
        codes->length = (size_t)(to - codes->bytes);
    }
    return true;
}

/* A share and its codes. */
typedef struct emitted {
    share s;
    osl_buf codes; /* owns */
} emitted;

static void give(emitting *all, const emitted *from, bool done)
{
    osl_turns_begin(&all->turns, from->s.turn);
    if (done)
        hand_in(all, &from->s, &from->codes);
    osl_turns_end(&all->turns);
}

/* A share whose turn has not come waits while the next one is encoded. */
static osl_status emit_shares(void *user, unsigned worker, osl_error *err)
{
    emitting *all = user;
    emitted both[2] = {{.codes = {0}}}, *here = &both[0], *waiting = NULL;
    rank_buffer ranks = {0};
    bool done = true;
    (void)worker;
    while (done && take_share(all, &here->s)) {
        done = emit_share(all, &here->s, &here->codes, &ranks);
        if (waiting)
            give(all, waiting, true);
        waiting = NULL;
        if (!done || osl_turns_is(&all->turns, here->s.turn)) {
            give(all, here, done);
        } else {
            waiting = here;
            here = here == &both[0] ? &both[1] : &both[0];
        }
    }
    if (waiting)
        give(all, waiting, true);
    osl_buf_clear(&both[0].codes);
    osl_buf_clear(&both[1].codes);
    free(ranks.at);
    return done ? OSL_OK : no_memory(err);
}

static osl_status write_codes(const words *w, osl_writer *writer,
                              const osl_build_options *options, osl_error *err)
{
    uint32_t count = (uint32_t)w->batch->fields[OSL_FIELD_TEXT].lengths.count;
    emitting all = {
        .w = w, .writer = writer, .kernel = options->kernels->codes};
    all.starts = malloc(((size_t)count + 1) * sizeof *all.starts);
    if (!all.starts || !osl_turns_init(&all.turns)) {
        free(all.starts);
        return no_memory(err);
    }
    osl_store_begin_codes(writer, &w->model);
    /* Nobody reads them again. */
    const uint32_t *ids = w->batch->fields[OSL_FIELD_TEXT].ids.at;
    all.used =
        (osl_pages_used){(char *)(uintptr_t)ids, osl_writer_offset(writer), 0};
    osl_status status =
        osl_crew_run(options->thread_count, emit_shares, NULL, &all, err);
    all.starts[count] = all.written;
    if (status == OSL_OK)
        status = osl_store_end_codes(writer, &w->model, all.starts, count, err);
    osl_turns_clear(&all.turns);
    free(all.starts);
    return status;
}

void osl_words_free(osl_words *w)
{
    if (!w)
        return;
    free(w->counts);
    free(w->terms);
    osl_word_coder_clear(&w->coder);
    osl_model_clear(&w->model);
    osl_vocabulary_clear(&w->vocabulary);
    free(w);
}

osl_status osl_words_rank(osl_words **out, const osl_batch *batch, bool small,
                          osl_error *err)
{
    uint32_t forms = batch->fields[OSL_FIELD_TEXT].forms.count;
    uint64_t count = (uint64_t)forms + batch->gaps.forms.count;
    if (count > UINT32_MAX / 2)
        return osl_fail(err, OSL_ELIMIT,
                        "more distinct words than a segment may hold");
    words *w = calloc(1, sizeof *w);
    if (!w)
        return no_memory(err);
    *w = (words){.batch = batch, .form_count = forms, .count = (uint32_t)count};
    w->counts = calloc((size_t)count + 1, sizeof *w->counts);
    osl_status status = OSL_OK;
    if (w->counts) {
        count_entries(w);
        status = rank_words(w, err);
    } else {
        status = no_memory(err);
    }
    w->coder.small = small;
    if (status == OSL_OK)
        status = osl_word_coder_encode(&w->coder, &w->vocabulary, err);
    if (status == OSL_OK)
        *out = w;
    else
        osl_words_free(w);
    return status;
}

osl_status osl_words_write(osl_words *w, osl_writer *writer,
                           const osl_build_options *options, osl_error *err)
{
    osl_status status = osl_vocabulary_put(writer, &w->vocabulary, err);
    osl_vocabulary_clear(&w->vocabulary);
    if (status == OSL_OK)
        status = write_codes(w, writer, options, err);
    if (status == OSL_OK && w->terms)
        status = osl_word_terms_put(writer, w->terms, w->coder.used, err);
    return status;
}
