/* SPDX-License-Identifier: MIT
 *
 * Texts of documents that are met again under their ids, from the segments
 * that have them: settling compares them with what was read, and then what
 * dies with them is counted (deletions.h). Each is decoded once, as far as
 * they are kept: up to 8 MiB.
 *
 * Threads: one at a time. */
#ifndef OSL_INDEXER_OLD_TEXTS_H
#define OSL_INDEXER_OLD_TEXTS_H

#include "core/segment/store.h"

typedef struct osl_old_text {
    uint64_t place; /* number of the segment << 32 | paragraph */
    uint64_t start; /* in `bytes` */
    uint32_t length;
    uint32_t words; /* ranks of its words, from `first_word` on */
    uint64_t first_word;
} osl_old_text;

/* A text with the ranks of its words in its segment's vocabulary. Borrowed. */
typedef struct osl_ranked_text {
    osl_text text;
    const uint32_t *ranks;
    size_t count;
} osl_ranked_text;

/* Caller's storage; all zero is empty. */
typedef struct osl_old_texts {
    osl_old_text *at; /* owns; once sorted, by place */
    size_t count, capacity;
    osl_buf bytes; /* of all that are kept */
    osl_buf words; /* ranks of their words, 4 bytes each */
    osl_buf other; /* one that is not */
    /* By number of the segment, NULL where none was asked for: documents come
     * in the order of their files, now of the one segment, now of the other.
     * Own. */
    osl_store_reader **readers;
    size_t reader_count, reader_capacity;
} osl_old_texts;

void osl_old_texts_clear(osl_old_texts *texts);
/* Room for about so many bytes of texts: what grows piece by piece is copied,
 * and touches more memory. */
void osl_old_texts_expect(osl_old_texts *texts, uint64_t bytes);
/* A paragraph's text, borrowed until the next; the segment stores texts. */
OSL_MUST_CHECK osl_status osl_old_texts_read(osl_old_texts *texts,
                                             const osl_segment *segment,
                                             uint64_t place, osl_text *out,
                                             osl_error *err);
/* All were read: they can be found, and nothing more is read. */
void osl_old_texts_sort(osl_old_texts *texts);
/* The text of a place that was read and kept. Borrowed. */
OSL_MUST_CHECK bool osl_old_texts_find(const osl_old_texts *texts,
                                       uint64_t place, osl_ranked_text *out);

static inline uint64_t osl_old_text_place(uint32_t segment, uint32_t paragraph)
{
    return (uint64_t)segment << 32 | paragraph;
}

#endif
