/* SPDX-License-Identifier: MIT
 *
 * Which segments to merge, so that there are never more than a handful and
 * nothing is written again and again.
 *
 * Nothing is merged while there are OSL_TIERS_SEGMENTS_MAX or fewer. Then the
 * smallest become one: as many as it takes for the next one to be half as
 * large again as what they make. A segment of which a third is dead is written
 * anew without its dead. What that writes:
 *
 *   - With k segments, n updates of one size cannot do with fewer than m
 *     writes of each paragraph on the average, where C(m + k, k) = n (Bentley
 *     and Saxe, Decomposable searching problems, 1980; their k-binomial
 *     transform reaches it): 5 for 1,000 updates and 8 segments. Merging late,
 *     and the smallest, comes near to that without knowing n: 5.4.
 *   - The last of three or more that are merged is less than one and a half
 *     times the others together, or it would have been left: so what is
 *     written again is then in a segment 5/3 as large at least.
 *   - Two paragraphs are written for each that dies, at most.
 *
 * tests/indexer/tiers_test.c measures how often a paragraph that was added is
 * written, its first time included: 1,000 updates of one size 5.4 times,
 * 10,000 of them 7.6, of sizes at random 5.6; additions of 1/10,000 of the
 * index 5.5 times, revisions of that size 6.9, of a hundredth of it 5.2.
 *
 * Threads: pure functions. */
#ifndef OSL_INDEXER_TIERS_H
#define OSL_INDEXER_TIERS_H

#include "core/core.h"

#define OSL_TIERS_SEGMENTS_MAX 8u

typedef struct osl_tier_segment {
    uint64_t living, dead; /* paragraphs */
} osl_tier_segment;

/* Fills chosen[count]: what is to be merged into one segment. Gives how many
 * these are: none, one (to be written without its dead) or more. With `all`,
 * everything that is not one segment without dead. */
size_t osl_tiers_choose(const osl_tier_segment *segments, size_t count,
                        bool all, bool *chosen);

#endif
