/* SPDX-License-Identifier: MIT
 *
 * Which segments to merge, so that there are never more than a handful and
 * nothing is written again and again.
 *
 * Segments are ranked in tiers by their living paragraphs, each tier four
 * times the one below; what is smaller than the lowest counts as of it. Four
 * segments of one tier become one, with all that is below. So a paragraph is
 * written once for each tier that it climbs: log4(paragraphs / 1,024) times,
 * and once more where the number of segments would pass six. A segment of
 * which half is dead is written anew without its dead, which each death pays
 * for once.
 *
 * Threads: pure functions. */
#ifndef OSL_INDEXER_TIERS_H
#define OSL_INDEXER_TIERS_H

#include "core/core.h"

#define OSL_TIERS_SEGMENTS_MAX 6u

typedef struct osl_tier_segment {
    uint64_t living, dead; /* paragraphs */
} osl_tier_segment;

/* Fills chosen[count]: what is to be merged into one segment. Gives how many
 * these are: none, one (to be written without its dead) or more. With `all`,
 * everything that is not one segment without dead. */
size_t osl_tiers_choose(const osl_tier_segment *segments, size_t count,
                        bool all, bool *chosen);

#endif
