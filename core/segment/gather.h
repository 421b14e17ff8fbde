/* SPDX-License-Identifier: MIT
 *
 * Postings for who reads them from end to end: merging, statistics, checks.
 *
 * Threads: pure functions. */
#ifndef OSL_CORE_SEGMENT_GATHER_H
#define OSL_CORE_SEGMENT_GATHER_H

#include "core/segment/segment.h"

/* As osl_postings_open(), but a rare term has its list only (`ordinals`,
 * `starts`) and no streams: for who reads it from end to end. */
OSL_MUST_CHECK osl_status osl_postings_open_list(
    const osl_postings **out, const osl_segment *segment, osl_field field,
    const osl_term_info *info, osl_arena *arena, osl_error *err);

/* The same, and where the term is packed (region.h), it is sliced into `arena`
 * and the segment holds nothing: for who goes through all terms. */
OSL_MUST_CHECK osl_status osl_postings_open_once(
    const osl_postings **out, const osl_segment *segment, osl_field field,
    const osl_term_info *info, osl_arena *arena, osl_error *err);

/* A list without `starts`, in half the time: for who counts paragraphs. */
OSL_MUST_CHECK osl_status osl_postings_open_ordinals(
    const osl_postings **out, const osl_segment *segment, osl_field field,
    const osl_term_info *info, osl_arena *arena, osl_error *err);

/* Postings that stand in no file, of `df` > 0 ordinals, rising, and their tfs;
 * borrowed. They have ranges, words, bounds and tfs, but no positions. */
typedef struct osl_listed {
    const uint32_t *ordinals, *tfs;
    uint32_t df;
} osl_listed;
OSL_MUST_CHECK osl_status osl_postings_make(const osl_postings **out,
                                            const osl_segment *segment,
                                            osl_field field,
                                            const osl_listed *list,
                                            osl_arena *arena, osl_error *err);
/* The same; as many as a rare term has stay a list, as osl_postings_open_list()
 * gives them. */
OSL_MUST_CHECK osl_status osl_postings_make_list(
    const osl_postings **out, const osl_segment *segment, osl_field field,
    const osl_listed *list, osl_arena *arena, osl_error *err);

/* A term from end to end, for who reads all of it: df ordinals and
 * tfs, cf positions and forms, in order. `positions` and `forms` may be NULL;
 * `forms` are numbers of osl_term_forms(). */
typedef struct osl_gathered {
    uint32_t *ordinals, *tfs, *positions, *forms;
} osl_gathered;
OSL_MUST_CHECK osl_status osl_postings_gather(const osl_postings *postings,
                                              const osl_gathered *to,
                                              osl_error *err);

/* The same for one chunk: first how many postings and occurrences it has. A
 * rare term's list is gone along chunk by chunk: *next is 0 at first and moves
 * to where the chunk's postings begin; measuring a later chunk goes on from
 * there. Not for pairs. */
OSL_MUST_CHECK osl_status osl_postings_measure_chunk(
    const osl_postings *postings, uint32_t chunk, uint32_t *next, uint32_t *df,
    uint64_t *cf, osl_error *err);
/* What was measured, df > 0; with the same `next`. Without forms. */
OSL_MUST_CHECK osl_status osl_postings_gather_chunk(
    const osl_postings *postings, uint32_t chunk, uint32_t next,
    const osl_gathered *to, osl_error *err);

#endif
