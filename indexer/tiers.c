/* SPDX-License-Identifier: MIT */
#include "indexer/tiers.h"

/* One over what share of a segment may be dead. */
enum { DEAD_SHARE = 3 };

static size_t choose_all(const osl_tier_segment *segments, size_t count,
                         bool *chosen)
{
    bool merge = count > 1 || (count == 1 && segments[0].dead > 0);
    for (size_t i = 0; i < count; i++)
        chosen[i] = merge;
    return merge ? count : 0;
}

static size_t choose_worn(const osl_tier_segment *segments, size_t count,
                          bool *chosen)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t all = segments[i].living + segments[i].dead;
        chosen[i] = segments[i].dead > all / DEAD_SHARE;
        found += chosen[i];
    }
    return found;
}

/* The smallest that is not chosen; count where all are. */
static size_t find_smallest(const osl_tier_segment *segments, size_t count,
                            const bool *chosen)
{
    size_t least = count;
    for (size_t i = 0; i < count; i++)
        if (!chosen[i] &&
            (least == count || segments[i].living < segments[least].living))
            least = i;
    return least;
}

size_t osl_tiers_choose(const osl_tier_segment *segments, size_t count,
                        bool all, bool *chosen)
{
    if (all)
        return choose_all(segments, count, chosen);
    size_t found = choose_worn(segments, count, chosen), small = 0;
    uint64_t sum = 0;
    if (count - found + (found > 0) <= OSL_TIERS_SEGMENTS_MAX)
        return found;
    for (;;) {
        size_t next = find_smallest(segments, count, chosen);
        bool few = count - found + 1 <= OSL_TIERS_SEGMENTS_MAX;
        if (next == count ||
            (small > 1 && few && segments[next].living >= sum + sum / 2))
            return found;
        chosen[next] = true;
        sum += segments[next].living;
        found++;
        small++;
    }
}
