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

enum { OSL_MERGED_MARKS = 63 };

typedef struct osl_merged_entry {
    uint32_t score, segment, paragraph, document;
    osl_text id; /* of the document; bytes NULL: not read yet */
} osl_merged_entry;

/* Some ids, rising, the same for all segments: the ranks of the first
 * paragraphs of a segment that do not come before each, UINT32_MAX behind its
 * last. What stands between two of them in one segment and between two others
 * in another is in order without its ids, which are far away. */
typedef struct osl_merged_marks {
    osl_ranks ranks;
    uint32_t firsts[OSL_MERGED_MARKS];
} osl_merged_marks;

/* Caller's storage, zero at first; index set. */
typedef struct osl_merged {
    const osl_index *index;
    osl_merged_marks *marks; /* by segment; NULL: not held; owns */
    size_t k, count;
    osl_merged_entry *best; /* own; the best first */
    osl_merged_entry *next; /* own; those that others come between */
    size_t best_capacity, next_capacity;
} osl_merged;

/* For who asks again and again: ids of some documents of each segment are read
 * (seventeen of 200,000 for each mark). Where that fails nothing changes. */
void osl_merged_hold(osl_merged *merged);
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
