/* SPDX-License-Identifier: MIT */
#include "indexer/tiers.h"

#include <string.h>

enum { LOWEST = 64, FACTOR = 4 };

static unsigned tier_of(uint64_t living)
{
    unsigned tier = 0;
    for (uint64_t size = LOWEST; living / FACTOR >= size; size *= FACTOR)
        tier++;
    return tier;
}

static size_t choose_all(const osl_tier_segment *segments, size_t count,
                         bool *chosen)
{
    bool merge = count > 1 || (count == 1 && segments[0].dead > 0);
    for (size_t i = 0; i < count; i++)
        chosen[i] = merge;
    return merge ? count : 0;
}

/* Chooses what is not larger than `tier`; gives the sum of all that is. */
static uint64_t choose_below(const osl_tier_segment *segments, size_t count,
                             unsigned tier, bool *chosen)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        chosen[i] |= tier_of(segments[i].living) <= tier;
        sum += chosen[i] ? segments[i].living : 0;
    }
    return sum;
}

/* Those of a tier, with what is to be written anyway as one of its own. */
static size_t count_tier(const osl_tier_segment *segments, size_t count,
                         unsigned tier, const bool *chosen, uint64_t sum)
{
    size_t found = sum > 0 && tier_of(sum) == tier;
    for (size_t i = 0; i < count; i++)
        found += !chosen[i] && tier_of(segments[i].living) == tier;
    return found;
}

static size_t count_chosen(const bool *chosen, size_t count)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += chosen[i];
    return found;
}

/* The smallest that is not chosen; `count` where all are. */
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

/* Too many: the smallest join, as many as make the next place free at the
 * least cost, counted over the places that they leave. */
static void choose_smallest(const osl_tier_segment *segments, size_t count,
                            uint64_t sum, bool *chosen)
{
    size_t taken = count_chosen(chosen, count), least, best = 0;
    bool tried[OSL_TIERS_MOST];
    double best_cost = 0;
    if (count - taken + (taken > 0) <= OSL_TIERS_SEGMENTS_MAX)
        return;
    memcpy(tried, chosen, count);
    for (size_t n = taken + 1;
         (least = find_smallest(segments, count, tried)) < count; n++) {
        tried[least] = true;
        sum += segments[least].living;
        double cost = n > 1 ? (double)sum / (double)(n - 1) : 0;
        if (count - n + 1 <= OSL_TIERS_SEGMENTS_MAX &&
            (best == 0 || cost <= best_cost)) {
            best = n;
            best_cost = cost;
        }
    }
    for (; taken < best; taken++)
        chosen[find_smallest(segments, count, chosen)] = true;
}

size_t osl_tiers_choose(const osl_tier_segment *segments, size_t count,
                        bool all, bool *chosen)
{
    uint64_t sum = 0;
    unsigned highest = 0;
    if (all || count > OSL_TIERS_MOST)
        return choose_all(segments, count, chosen);
    for (size_t i = 0; i < count; i++) {
        unsigned tier = tier_of(segments[i].living);
        highest = tier > highest ? tier : highest;
        chosen[i] = segments[i].dead >= segments[i].living;
        sum += chosen[i] ? segments[i].living : 0;
    }
    for (unsigned tier = 0; tier <= highest; tier++)
        if (count_tier(segments, count, tier, chosen, sum) >= FACTOR)
            sum = choose_below(segments, count, tier, chosen);
    choose_smallest(segments, count, sum, chosen);
    return count_chosen(chosen, count);
}
