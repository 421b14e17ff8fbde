/* SPDX-License-Identifier: MIT
 *
 * In which order a query's leaves are taken (a part of flat_loops.h): required
 * ones, rarest first, wanted ones, heaviest first, forbidden ones, rarest
 * first; of equal ones in the order of the query. All that decides is one
 * number, and a leaf's place is how many have a lower one: without a branch,
 * where a sort of fifty leaves in each segment took 3 % of a long union's
 * count, and 8 % where segments are small. */
#ifndef OSL_QUERY_FLAT_ORDER_H
#define OSL_QUERY_FLAT_ORDER_H

#include "query/flat_place.h"

/* Of the rarest of its words and pairs. */
static uint32_t least_df(const osl_flat_leaf *of)
{
    uint32_t least = UINT32_MAX;
    for (unsigned i = 0; i < of->word_count; i++) {
        const osl_postings *pair = i + 1 < of->word_count ? of->pairs[i] : NULL;
        uint32_t df = of->words[i]->df;
        df = pair && pair->df < df ? pair->df : df;
        least = df < least ? df : least;
    }
    return least;
}

/* Two bits of occur, 31 of a wanted leaf's weight (as a float that is not below
 * 0 its bits rise with it), and 31 of df. */
static uint64_t order_of(const osl_flat_leaf *of)
{
    enum { BITS = 31 };
    static const uint64_t occurs[] = {
        [OSL_FLAT_MUST] = 0, [OSL_FLAT_SHOULD] = 1, [OSL_FLAT_NOT] = 2};
    uint32_t most = INT32_MAX, weight = 0, df = least_df(of);
    if (of->occur == OSL_FLAT_SHOULD && of->weight > 0)
        memcpy(&weight, &of->weight, sizeof weight);
    return occurs[of->occur] << 2 * BITS | (uint64_t)(most - weight) << BITS |
           (df < most ? df : most);
}

static void order_leaves(const osl_flat_query *query,
                         uint8_t order[OSL_FLAT_LEAVES_MAX])
{
    uint64_t keys[OSL_FLAT_LEAVES_MAX];
    for (unsigned i = 0; i < query->leaf_count; i++)
        keys[i] = order_of(&query->leaves[i]);
    for (unsigned i = 0; i < query->leaf_count; i++) {
        uint64_t before = 0;
        for (unsigned n = 0; n < i; n++)
            before += keys[n] <= keys[i];
        for (unsigned n = i; n < query->leaf_count; n++)
            before += keys[n] < keys[i];
        order[before] = (uint8_t)i;
    }
}

/* Whether any order will do in a count: of words, none of them required, but
 * for the forbidden ones, which are last. */
static bool may_stay(const osl_flat_query *query)
{
    bool may = true;
    for (unsigned i = 0; i < query->leaf_count; i++)
        may &= query->leaves[i].occur != OSL_FLAT_MUST &&
               query->leaves[i].word_count == 1;
    return may;
}

static void keep_order(const osl_flat_query *query,
                       uint8_t order[OSL_FLAT_LEAVES_MAX])
{
    unsigned count = 0;
    for (unsigned i = 0; i < query->leaf_count; i++)
        if (query->leaves[i].occur == OSL_FLAT_SHOULD)
            order[count++] = (uint8_t)i;
    for (unsigned i = 0; i < query->leaf_count; i++)
        if (query->leaves[i].occur == OSL_FLAT_NOT)
            order[count++] = (uint8_t)i;
}

#endif
