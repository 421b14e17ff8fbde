/* SPDX-License-Identifier: MIT
 *
 * Stored texts of several segments under one vocabulary. Ranks are local to a
 * segment: words are counted over what lives and ranked anew, and each text is
 * read, translated by a table of its input's ranks, and coded again. The words
 * themselves are forgotten as soon as the vocabulary is written: what is
 * learned of the texts takes as much memory. */
#include "indexer/merge_inner.h"

#include "core/segment/store.h"
#include "indexer/words.h"

#include <stdlib.h>

/* Ranks that are read together. */
enum { PIECE = 4096 };

typedef struct word_merger {
    osl_merge *m;
    osl_strings words;          /* flag 1: a separator */
    osl_store_reader **readers; /* by input; own, as all below */
    osl_list32 *entries;  /* by input, rank: number in `words`, then new rank */
    uint32_t *counts;     /* by number */
    osl_list32 terms;     /* of words, by number: new ordinals, or UINT32_MAX */
    uint32_t *rank_terms; /* by new rank, as osl_words_note_terms() has them */
    osl_word_coder coder;
    uint64_t code_count;
    osl_model_sample sample;
    osl_model model;
    uint64_t *starts; /* of each paragraph's codes */
    uint32_t *ranks;  /* of the paragraph at hand; borrowed */
    size_t rank_count;
    uint32_t *room; /* for those of one that is read alone */
    size_t room_capacity;
    osl_store_group group;
    osl_buf codes;
} word_merger;

static void clear(word_merger *w)
{
    for (uint32_t i = 0; i < w->m->input_count; i++) {
        if (w->readers)
            osl_store_reader_free(w->readers[i]);
        if (w->entries)
            free(w->entries[i].at);
    }
    osl_strings_clear(&w->words);
    osl_word_coder_clear(&w->coder);
    osl_model_clear(&w->model);
    osl_buf_clear(&w->codes);
    free(w->readers);
    free(w->entries);
    free(w->terms.at);
    free(w->rank_terms);
    free(w->counts);
    free(w->starts);
    free(w->room);
    osl_store_group_clear(&w->group);
    free(w);
}

/* ---- vocabulary --------------------------------------------------------- */

/* The new ordinal of the term of an input's word. */
static osl_status find_term(const word_merger *w, uint32_t input,
                            const osl_column_view *terms, uint32_t rank,
                            uint32_t *out, osl_error *err)
{
    const osl_segment *segment = osl_merge_segment(w->m, input);
    uint64_t ordinal = rank < terms->column.count
                           ? osl_column_view_get(terms, rank)
                           : UINT64_MAX;
    if (ordinal >=
        osl_segment_get_info(segment)->fields[OSL_FIELD_TEXT].term_count)
        return osl_fail(err, OSL_ECORRUPT,
                        "%s: damaged: a word of its texts is no term",
                        osl_segment_path(segment));
    *out = w->m->term_maps[input][ordinal];
    return OSL_OK;
}

/* Keeps the term of the word that has this number now; a separator has none. */
static osl_status note_term(word_merger *w, uint32_t number, uint32_t term,
                            osl_error *err)
{
    if (number == w->terms.count && !osl_list32_add(&w->terms, term))
        return osl_merge_no_memory(err);
    if (w->terms.at[number] == UINT32_MAX)
        w->terms.at[number] = term;
    return OSL_OK;
}

static osl_status add_word(word_merger *w, uint32_t input,
                           const osl_column_view *terms, osl_error *err)
{
    osl_text word;
    bool is_separator = false;
    uint32_t number, term = UINT32_MAX,
                     rank = (uint32_t)w->entries[input].count;
    osl_status status =
        osl_store_reader_word(w->readers[input], &word, &is_separator, err);
    if (status != OSL_OK)
        return status;
    if (!osl_strings_add(&w->words, word, is_separator, &number) ||
        !osl_list32_add(&w->entries[input], number))
        return osl_merge_no_memory(err);
    if (!w->m->term_maps)
        return OSL_OK;
    if (!is_separator)
        status = find_term(w, input, terms, rank, &term, err);
    return status == OSL_OK ? note_term(w, number, term, err) : status;
}

static osl_status read_words(word_merger *w, uint32_t input, osl_error *err)
{
    const osl_segment *segment = osl_merge_segment(w->m, input);
    osl_column_view terms;
    osl_status status = osl_store_reader_new(&w->readers[input], segment, err);
    if (status == OSL_OK)
        status = osl_word_terms_view(segment, &terms, err);
    while (status == OSL_OK)
        status = add_word(w, input, &terms, err);
    return status == OSL_END ? OSL_OK : status;
}

static osl_status open_inputs(word_merger *w, osl_error *err)
{
    uint32_t count = w->m->input_count;
    w->readers = calloc(count, sizeof(osl_store_reader *));
    w->entries = calloc(count, sizeof *w->entries);
    if (!w->readers || !w->entries)
        return osl_merge_no_memory(err);
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < count && status == OSL_OK; i++)
        status = read_words(w, i, err);
    if (status == OSL_OK && w->words.count > UINT32_MAX / 2)
        status = osl_fail(err, OSL_ELIMIT,
                          "more distinct words than a segment may hold");
    w->counts = calloc((size_t)w->words.count + 1, sizeof *w->counts);
    if (status == OSL_OK && !w->counts)
        status = osl_merge_no_memory(err);
    return status;
}

static osl_text word_text(const void *user, uint32_t number)
{
    const word_merger *w = user;
    return osl_strings_text(&w->words, number);
}

static bool is_separator(const void *user, uint32_t number)
{
    const word_merger *w = user;
    return osl_strings_flag(&w->words, number) != 0;
}

/* ---- paragraphs --------------------------------------------------------- */

/* What entries say of the words in w->ranks, of which there are the input's
 * ranks. */
static osl_status name_words(word_merger *w, uint32_t input, osl_error *err)
{
    const osl_list32 *entries = &w->entries[input];
    for (size_t i = 0; i < w->rank_count; i++) {
        if (w->ranks[i] >= entries->count)
            return osl_fail(err, OSL_ECORRUPT,
                            "%s: damaged: a text has a code of no word",
                            osl_segment_path(osl_merge_segment(w->m, input)));
        w->ranks[i] = entries->at[w->ranks[i]];
    }
    return OSL_OK;
}

/* A paragraph alone. */
static osl_status read_paragraph(word_merger *w, uint32_t input,
                                 uint32_t paragraph, osl_error *err)
{
    osl_store_reader *reader = w->readers[input];
    size_t count = 1;
    osl_status status = osl_store_reader_seek(reader, paragraph, err);
    w->rank_count = 0;
    while (status == OSL_OK && count > 0) {
        if (!osl_grow(&w->room, &w->room_capacity, w->rank_count + PIECE,
                      sizeof *w->room))
            return osl_merge_no_memory(err);
        status = osl_store_reader_ranks(reader, w->room + w->rank_count, PIECE,
                                        &count, err);
        w->rank_count += count;
    }
    w->ranks = w->room;
    return status == OSL_OK ? name_words(w, input, err) : status;
}

/* What is done with each paragraph, numbered as in the merged segment. */
typedef struct pass {
    bool (*wants)(const word_merger *w, uint32_t paragraph); /* NULL: all */
    void (*take)(word_merger *w, uint32_t paragraph);
} pass;

/* Paragraphs that are next: [n, end) of an input, and the first one's number
 * in the merged segment. */
typedef struct place {
    uint32_t input, n, end, paragraph;
} place;

static osl_status take_alone(word_merger *w, const pass *what, place *at,
                             osl_error *err)
{
    osl_status status = read_paragraph(w, at->input, at->n++, err);
    if (status == OSL_OK)
        what->take(w, at->paragraph++);
    return status;
}

/* One or more of them, as many as may be read at once. */
static osl_status take_some(word_merger *w, const pass *what, place *at,
                            osl_error *err)
{
    osl_store_group *group = &w->group;
    osl_status status = osl_store_reader_group(w->readers[at->input], at->n,
                                               at->end - at->n, group, err);
    if (status == OSL_OK && group->count == 0)
        return take_alone(w, what, at, err);
    for (uint32_t i = 0; i < group->count && status == OSL_OK; i++) {
        w->ranks = group->ranks[i];
        w->rank_count = group->counts[i];
        status = name_words(w, at->input, err);
        if (status == OSL_OK)
            what->take(w, at->paragraph++);
    }
    at->n += group->count;
    return status;
}

static osl_status go_through(word_merger *w, const pass *what, osl_error *err)
{
    const osl_merge *m = w->m;
    osl_status status = OSL_OK;
    place at = {.paragraph = 0};
    for (uint32_t i = 0; i < m->run_count; i++) {
        const osl_merge_run *run = &m->runs[i];
        at.input = run->input;
        at.n = run->from[OSL_ROWS_PARAGRAPHS];
        at.end = run->to[OSL_ROWS_PARAGRAPHS];
        while (at.n < at.end && status == OSL_OK) {
            if (!what->wants) {
                status = take_some(w, what, &at, err);
            } else if (what->wants(w, at.paragraph)) {
                status = take_alone(w, what, &at, err);
            } else {
                at.n++;
                at.paragraph++;
            }
        }
    }
    return status;
}

static void count_words(word_merger *w, uint32_t paragraph)
{
    (void)paragraph;
    w->code_count += w->rank_count;
    for (size_t i = 0; i < w->rank_count; i++) {
        uint32_t *to = &w->counts[w->ranks[i]];
        *to += *to < UINT32_MAX;
    }
}

static bool is_sampled(const word_merger *w, uint32_t paragraph)
{
    return osl_model_sample_wants(&w->sample, paragraph);
}

static void add_to_sample(word_merger *w, uint32_t paragraph)
{
    osl_model_sample_add(&w->sample, paragraph, w->ranks, w->rank_count);
}

static osl_status write_vocabulary(const word_merger *w, osl_error *err)
{
    osl_vocabulary vocabulary = {.offsets = NULL};
    osl_status status = osl_word_coder_encode(&w->coder, &vocabulary, err);
    if (status == OSL_OK)
        status = osl_vocabulary_put(w->m->writer, &vocabulary, err);
    osl_vocabulary_clear(&vocabulary);
    return status;
}

static osl_status make_model(word_merger *w, osl_error *err)
{
    osl_model_sample_init(&w->sample, w->code_count,
                          osl_words_model_kind(w->m->options));
    osl_status status = OSL_OK;
    if (osl_merge_is_frugal(w->m))
        status = osl_model_sample_spill(&w->sample, w->m->spill_path, err);
    if (status == OSL_OK)
        status = go_through(w, &(pass){is_sampled, add_to_sample}, err);
    if (status == OSL_OK)
        status = osl_model_make(&w->model, &w->sample, w->coder.used, err);
    osl_model_sample_clear(&w->sample);
    return status;
}

static void put_codes(word_merger *w, uint32_t paragraph)
{
    osl_buf_reset(&w->codes);
    uint8_t *to = osl_buf_room(&w->codes, OSL_MODEL_ROOM(w->rank_count));
    if (!to)
        return;
    size_t length =
        (size_t)(osl_model_encode(&w->model, w->m->options->kernels->codes,
                                  w->ranks, w->rank_count, to) -
                 to);
    osl_writer_put(w->m->writer, to, length);
    w->starts[paragraph + 1] = w->starts[paragraph] + length;
}

static osl_status write_codes(word_merger *w, osl_error *err)
{
    osl_merge *m = w->m;
    uint32_t count = m->totals[OSL_ROWS_PARAGRAPHS];
    w->starts = calloc((size_t)count + 1, sizeof *w->starts);
    if (!w->starts)
        return osl_merge_no_memory(err);
    osl_store_begin_codes(m->writer, &w->model);
    osl_status status = go_through(w, &(pass){NULL, put_codes}, err);
    if (status == OSL_OK)
        status = osl_buf_status(&w->codes, "a text's codes", err);
    if (status == OSL_OK)
        status =
            osl_store_end_codes(m->writer, &w->model, w->starts, count, err);
    return status;
}

static osl_status rank_terms(word_merger *w, osl_error *err)
{
    uint32_t before = 0, used = w->coder.used;
    if (!w->m->term_maps)
        return OSL_OK;
    w->rank_terms = malloc(((size_t)used + 1) * sizeof *w->rank_terms);
    if (!w->rank_terms)
        return osl_merge_no_memory(err);
    for (uint32_t rank = 0; rank < used; rank++) {
        uint32_t number = w->coder.order[rank].id;
        if (!is_separator(w, number))
            before = w->terms.at[number];
        w->rank_terms[rank] = before;
    }
    return OSL_OK;
}

/* What said which terms the inputs' words are. */
static void forget_maps(osl_merge *m)
{
    for (uint32_t i = 0; i < m->input_count && m->term_maps; i++) {
        free(m->term_maps[i]);
        m->term_maps[i] = NULL;
    }
}

/* Entries become ranks, and nothing is left of the words but these. */
static void forget_words(word_merger *w)
{
    for (uint32_t i = 0; i < w->m->input_count; i++) {
        osl_list32 *entries = &w->entries[i];
        for (size_t n = 0; n < entries->count; n++)
            entries->at[n] = w->coder.ranks[entries->at[n]];
    }
    osl_word_coder_clear(&w->coder);
    osl_strings_clear(&w->words);
    free(w->terms.at);
    w->terms = (osl_list32){0};
    free(w->counts);
    w->counts = NULL;
}

static osl_status write_terms(const word_merger *w, osl_error *err)
{
    return w->rank_terms ? osl_word_terms_put(w->m->writer, w->rank_terms,
                                              w->coder.used, err)
                         : OSL_OK;
}

osl_status osl_merge_words(osl_merge *m, osl_error *err)
{
    word_merger *w = calloc(1, sizeof *w);
    if (!w)
        return osl_merge_no_memory(err);
    w->m = m;
    osl_status status = open_inputs(w, err);
    osl_strings_freeze(&w->words);
    forget_maps(m);
    if (status == OSL_OK)
        status = go_through(w, &(pass){NULL, count_words}, err);
    if (status == OSL_OK) {
        w->coder =
            (osl_word_coder){.count = w->words.count,
                             .counts = w->counts,
                             .text_of = word_text,
                             .is_separator = is_separator,
                             .user = w,
                             .small = m->options->store == OSL_STORE_SMALL};
        status = osl_word_coder_rank(&w->coder, err);
    }
    if (status == OSL_OK)
        status = rank_terms(w, err);
    if (status == OSL_OK)
        status = write_vocabulary(w, err);
    if (status == OSL_OK) {
        forget_words(w);
        status = make_model(w, err);
    }
    if (status == OSL_OK)
        status = write_codes(w, err);
    if (status == OSL_OK)
        status = write_terms(w, err);
    clear(w);
    return status;
}
