/* SPDX-License-Identifier: MIT
 *
 * The k best of several segments, merged as each is done. Scores decide; only
 * where they are equal are document ids read, each once.
 *
 * Threads: one merged list, one thread. */
#ifndef OSL_QUERY_MERGED_H
#define OSL_QUERY_MERGED_H

#include "core/segment/index.h"
#include "query/top.h"

typedef struct osl_merged_entry {
    uint32_t score, segment, paragraph, document;
    osl_text id; /* of the document; bytes NULL: not read yet */
} osl_merged_entry;

/* Caller's storage, zero at first; index set. */
typedef struct osl_merged {
    const osl_index *index;
    size_t k, count;
    osl_merged_entry *best; /* own; the best first */
    osl_merged_entry *next; /* own; those that others come between */
    size_t best_capacity, next_capacity;
} osl_merged;

void osl_merged_begin(osl_merged *merged, size_t k);
/* The best of one segment, sorted, of which none are there. */
OSL_MUST_CHECK osl_status osl_merged_add(osl_merged *merged, uint32_t segment,
                                         const osl_top *top, osl_error *err);
/* Forgets those of one segment. */
void osl_merged_drop(osl_merged *merged, uint32_t segment);
/* Scores below cannot enter. */
uint32_t osl_merged_threshold(const osl_merged *merged);
void osl_merged_clear(osl_merged *merged);

#endif
