/* SPDX-License-Identifier: MIT
 *
 * Stored texts of several segments under one vocabulary. Codes are local to a
 * segment: words are counted over what lives, ranked anew, and each code is
 * translated by a table of its input's ranks. */
#include "indexer/merge_inner.h"

#include "core/base/bytes.h"
#include "core/segment/store.h"
#include "indexer/words.h"

#include <stdlib.h>

/* Codes that are translated together. */
enum { PIECE = 4096 };

typedef struct word_merger {
    osl_merge *m;
    osl_strings words;          /* flag 1: a separator */
    osl_store_reader **readers; /* by input; own, as all below */
    osl_list32 *entries;        /* by input, rank: number in `words` */
    uint32_t *counts;           /* by number */
    osl_word_coder coder;
    osl_store_codes *codes;
    uint64_t *starts; /* of each paragraph's codes */
    uint64_t written; /* of the paragraph at hand */
    uint32_t ranks[PIECE];
    uint8_t bytes[PIECE * 4 + 4];
    uint8_t lengths[256];
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
    osl_store_codes_free(w->codes);
    free(w->readers);
    free(w->entries);
    free(w->counts);
    free(w->starts);
    free(w);
}

/* ---- vocabulary --------------------------------------------------------- */

static osl_status read_words(word_merger *w, uint32_t input, osl_error *err)
{
    osl_text word;
    bool is_separator = false;
    uint32_t number;
    osl_status status = osl_store_reader_new(
        &w->readers[input], osl_merge_segment(w->m, input), err);
    while (status == OSL_OK) {
        status =
            osl_store_reader_word(w->readers[input], &word, &is_separator, err);
        if (status == OSL_OK &&
            (!osl_strings_add(&w->words, word, is_separator, &number) ||
             !osl_list32_add(&w->entries[input], number)))
            status = osl_merge_no_memory(err);
    }
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

/* What is done with up to PIECE entries of a paragraph, in w->ranks. */
typedef void piece_taker(word_merger *w, size_t count);

static void count_piece(word_merger *w, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t *to = &w->counts[w->ranks[i]];
        *to += *to < UINT32_MAX;
    }
}

static void put_piece(word_merger *w, size_t count)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t code = w->coder.codes[w->ranks[i]];
        osl_put32(w->bytes + used, code);
        used += w->lengths[code & 255];
    }
    osl_store_codes_put(w->codes, w->bytes, used);
    w->written += used;
}

/* The paragraph that its reader stands at. */
static osl_status read_paragraph(word_merger *w, uint32_t input,
                                 piece_taker *take, osl_error *err)
{
    const osl_list32 *entries = &w->entries[input];
    for (;;) {
        size_t count = 0;
        osl_status status = osl_store_reader_ranks(w->readers[input], w->ranks,
                                                   PIECE, &count, err);
        if (status != OSL_OK || count == 0)
            return status;
        for (size_t i = 0; i < count; i++) {
            if (w->ranks[i] >= entries->count)
                return osl_fail(
                    err, OSL_ECORRUPT,
                    "%s: damaged: a text has a code of no word",
                    osl_segment_path(osl_merge_segment(w->m, input)));
            w->ranks[i] = entries->at[w->ranks[i]];
        }
        take(w, count);
    }
}

static osl_status count_words(word_merger *w, osl_error *err)
{
    const osl_merge *m = w->m;
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < m->run_count; i++) {
        const osl_merge_run *run = &m->runs[i];
        for (uint32_t n = run->from[OSL_ROWS_PARAGRAPHS];
             n < run->to[OSL_ROWS_PARAGRAPHS] && status == OSL_OK; n++) {
            status = osl_store_reader_seek(w->readers[run->input], n, err);
            if (status == OSL_OK)
                status = read_paragraph(w, run->input, count_piece, err);
        }
    }
    return status;
}

static osl_status put_paragraphs(word_merger *w, osl_error *err)
{
    const osl_merge *m = w->m;
    uint64_t *start = w->starts, end = 0;
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < m->run_count; i++) {
        const osl_merge_run *run = &m->runs[i];
        for (uint32_t n = run->from[OSL_ROWS_PARAGRAPHS];
             n < run->to[OSL_ROWS_PARAGRAPHS] && status == OSL_OK; n++) {
            *start++ = end;
            w->written = 0;
            status = osl_store_reader_seek(w->readers[run->input], n, err);
            if (status == OSL_OK)
                status = read_paragraph(w, run->input, put_piece, err);
            osl_store_codes_end_paragraph(w->codes);
            end += w->written;
        }
    }
    *start = end;
    return status;
}

static osl_status write_codes(word_merger *w, osl_error *err)
{
    osl_merge *m = w->m;
    uint32_t count = m->totals[OSL_ROWS_PARAGRAPHS];
    w->starts = malloc(((size_t)count + 1) * sizeof *w->starts);
    if (!w->starts)
        return osl_merge_no_memory(err);
    osl_store_lengths(&w->coder.classes, w->lengths);
    osl_status status = osl_store_codes_new(
        &w->codes, m->writer, m->options->store == OSL_STORE_SMALL, err);
    if (status == OSL_OK)
        status = put_paragraphs(w, err);
    if (status == OSL_OK)
        status = osl_store_codes_finish(w->codes, &w->coder.classes, w->starts,
                                        count, err);
    return status;
}

osl_status osl_merge_words(osl_merge *m, osl_error *err)
{
    word_merger *w = calloc(1, sizeof *w);
    if (!w)
        return osl_merge_no_memory(err);
    w->m = m;
    osl_status status = open_inputs(w, err);
    osl_strings_freeze(&w->words);
    if (status == OSL_OK)
        status = count_words(w, err);
    if (status == OSL_OK) {
        w->coder = (osl_word_coder){.count = w->words.count,
                                    .counts = w->counts,
                                    .text_of = word_text,
                                    .is_separator = is_separator,
                                    .user = w};
        status = osl_word_coder_rank(&w->coder, err);
    }
    if (status == OSL_OK)
        status = osl_word_coder_write(&w->coder, m->writer, err);
    if (status == OSL_OK)
        status = write_codes(w, err);
    clear(w);
    return status;
}
