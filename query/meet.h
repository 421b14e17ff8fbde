/* SPDX-License-Identifier: MIT
 *
 * Which of a query's words stand together, where no paragraph has them all:
 * the honest way to say "not in these guidelines". What must match is counted
 * alone and two at a time, by searches like any other. */
#ifndef OSL_QUERY_MEET_H
#define OSL_QUERY_MEET_H

#include "query/answer.h"

/* What is counted at most: 6 parts alone and their 15 pairs. */
#define OSL_MEET_PARTS       6
#define OSL_MEET_PARTS_PLAIN 3

/* Counts the paragraphs that match plan->root, and finds the best of them
 * (segment UINT32_MAX: none). */
typedef osl_status osl_meet_count_fn(void *user, uint64_t *count,
                                     osl_top_entry *best, osl_error *err);

/* Fills answer->meetings where nothing that was looked for stands together:
 * the required parts of a query that found nothing, the words of a phrase that
 * is all of it and found nothing, and the words of a plain query of at most
 * OSL_MEET_PARTS_PLAIN. The plan's root is as before when it returns. */
OSL_MUST_CHECK osl_status osl_meet(osl_plan *plan, osl_answer *answer,
                                   osl_meet_count_fn *count, void *user,
                                   osl_error *err);

#endif
