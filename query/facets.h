/* SPDX-License-Identifier: MIT
 *
 * How the matching paragraphs spread over evidence levels, audiences,
 * documents and years. Each matching paragraph counts once for each distinct
 * value that it or its document has; one without a value counts nowhere.
 *
 * Threads: one of these belongs to one search. */
#ifndef OSL_QUERY_FACETS_H
#define OSL_QUERY_FACETS_H

#include "core/segment/index.h"
#include "query/query.h"

/* Matches of one document, in the order of segments and paragraphs. */
typedef struct osl_document_count {
    uint32_t segment, document;
    uint64_t count;
} osl_document_count;

/* Texts and how often each was seen: a table that is looked up by text. */
typedef struct osl_tally {
    osl_facet *items; /* owns the array */
    size_t count, capacity;
    uint32_t *slots; /* owns; item + 1, or 0; a power of two of them */
    size_t slot_count;
} osl_tally;

/* All zero but `index` is empty. */
typedef struct osl_facets {
    const osl_index *index;
    osl_document_count *documents; /* owns */
    size_t document_count, document_capacity;
    osl_tally evidence;
    osl_arena scratch; /* of one range */
    osl_arena texts;   /* what the tally of evidence holds */
} osl_facets;

void osl_facets_clear(osl_facets *facets);
/* The paragraphs `matched` of a range; ranges come in rising order. */
OSL_MUST_CHECK osl_status osl_facets_add(osl_facets *facets, uint32_t segment,
                                         uint32_t range, uint64_t matched,
                                         osl_error *err);
/* All lists, each by falling count, then by bytes, into `arena`. */
OSL_MUST_CHECK osl_status
osl_facets_finish(osl_facets *facets, osl_arena *arena,
                  const osl_facet *lists[OSL_FACET_KINDS],
                  size_t counts[OSL_FACET_KINDS], osl_error *err);

#endif
