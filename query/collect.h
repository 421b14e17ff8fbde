/* SPDX-License-Identifier: MIT
 *
 * The best k of all segments, and how many match.
 *
 * Order: with by_date the newest first; score falling, then document id
 * (bytes), then paragraph: total, the same whatever the segments are. Pruning
 * skips strictly below the score of the k-th best, never at it, and
 * `exhaustive` gives the same bits. */
#ifndef OSL_QUERY_COLLECT_H
#define OSL_QUERY_COLLECT_H

#include "core/segment/index.h"
#include "query/cursor.h"
#include "query/document_map.h"
#include "query/facets.h"

typedef struct osl_top_entry {
    uint32_t score;
    uint32_t segment, paragraph;
    uint32_t rank;       /* osl_segment_rank() */
    uint32_t date;       /* with by_date, else 0 */
    uint32_t node;       /* with by_document: of the map */
    uint32_t own, share; /* alike.h; share 0: the score is its own */
} osl_top_entry;

/* Caller's storage; zero but for what the caller sets. */
typedef struct osl_collector {
    const osl_index *index;
    size_t k;         /* set by the caller */
    bool by_document; /* the best of each document */
    bool by_date;     /* the newest first, then by score */
    bool want_count;
    bool exhaustive;
    osl_top_entry *entries; /* owns; a heap, the worst first */
    size_t entry_count, capacity;
    osl_document_map documents_kept; /* with by_document */
    osl_facets *facets; /* borrowed; NULL: not wanted. Needs want_count */
    uint64_t count, documents; /* with want_count */
    osl_arena *scratch; /* borrowed; of the segment at hand, then reset */
} osl_collector;

void osl_collector_clear(osl_collector *collector);
/* All matches of `cursor` in segment number `segment`. */
OSL_MUST_CHECK osl_status osl_collect(osl_collector *collector,
                                      osl_cursor *cursor, uint32_t segment,
                                      osl_error *err);
/* Scores below this one cannot enter; 0 with by_date. */
uint32_t osl_collector_threshold(const osl_collector *collector);
/* Sorts the entries, the best first. */
OSL_MUST_CHECK osl_status osl_collect_finish(osl_collector *collector,
                                             osl_error *err);
/* The same for the first `count`, whose scores have changed. */
OSL_MUST_CHECK osl_status osl_collect_again(osl_collector *collector,
                                            size_t count, osl_error *err);

#endif
