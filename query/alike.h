/* SPDX-License-Identifier: MIT
 *
 * What alike paragraphs lend each other: what is alike answers the same
 * questions (van Rijsbergen 1979), so where a paragraph lacks words of the
 * query, those that are like it say what it would have scored (local score
 * regularisation: Diaz 2005).
 *
 *     score = own − floor(own · share / 256) + floor(mean · share / 256)
 *     share = floor(154 · the part of the query that it lacks)
 *     mean  = Σ likeness² · own / Σ likeness², over the other hits
 *
 * Of the best hits only. Every mean lies between the best and the worst of
 * them, so that what stands behind them stays behind.
 *
 * Threads: as the plan's. */
#ifndef OSL_QUERY_ALIKE_H
#define OSL_QUERY_ALIKE_H

#include "query/collect.h"
#include "query/plan.h"

enum { OSL_ALIKE_HITS = 32 };

/* Sets score, own and share of the first OSL_ALIKE_HITS of `entries`, the
 * best first; their order is the caller's to mend. */
OSL_MUST_CHECK osl_status osl_alike(const osl_plan *plan,
                                    osl_top_entry *entries, size_t count,
                                    osl_error *err);

#endif
