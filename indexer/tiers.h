/* SPDX-License-Identifier: MIT
 *
 * Which segments to merge, so that there are never more than a handful and
 * nothing is written again and again.
 *
 * Segments are ranked in tiers by their living paragraphs, each tier four
 * times the one below; what is smaller than the lowest counts as of it. Four
 * segments of one tier become one, with all that is below. Where there would
 * still be more than eight, the smallest become one, as many as make room at
 * the least cost. A segment of which half is dead is written anew without its
 * dead, which each death pays for once.
 *
 * How often a paragraph is written, counted over many updates
 * (tests/indexer/tiers_test.c): 4 times where 1 % of 100,000 is revised again
 * and again, 7 where an index grows two-thousandfold by equal parts, 15 where
 * ten paragraphs at a time are revised 2,000 times.
 *
 * Threads: pure functions. */
#ifndef OSL_INDEXER_TIERS_H
#define OSL_INDEXER_TIERS_H

#include "core/core.h"

#define OSL_TIERS_SEGMENTS_MAX 8u
/* Of more than this, all are merged. */
#define OSL_TIERS_MOST 64u

typedef struct osl_tier_segment {
    uint64_t living, dead; /* paragraphs */
} osl_tier_segment;

/* Fills chosen[count]: what is to be merged into one segment. Gives how many
 * these are: none, one (to be written without its dead) or more. With `all`,
 * everything that is not one segment without dead. */
size_t osl_tiers_choose(const osl_tier_segment *segments, size_t count,
                        bool all, bool *chosen);

#endif
