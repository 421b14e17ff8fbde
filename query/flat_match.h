/* SPDX-License-Identifier: MIT
 *
 * Matches first (a part of flat_loops.h). Where few paragraphs have all that
 * is required, most ranges that have all of the words hold none: finding the
 * matches, as a count does, and scoring them all costs less than bounds. */
#ifndef OSL_QUERY_FLAT_MATCH_H
#define OSL_QUERY_FLAT_MATCH_H

#include "query/flat_candidates.h"
#include "query/flat_count.h"

/* Matches of a chunk become candidates; their lengths will be asked for. */
static void add_matches(osl_flat *flat, uint32_t chunk,
                        const uint64_t words[64], uint64_t any)
{
    for (; any; any &= any - 1) {
        unsigned r = (unsigned)__builtin_ctzll(any);
        uint32_t range = chunk * 64 + r;
        __builtin_prefetch(flat->query->codes + (size_t)range * 64);
        add_range(flat, range, words[r]);
    }
}

/* As many matches as are listed: the more are wanted, the later do bounds
 * tell anything. */
static unsigned matches_limit(const osl_flat *flat)
{
    enum { ALWAYS = 200, EACH = 8 };
    size_t best = flat->query->best;
    return best > 0 && best < (MATCHES_MAX - ALWAYS) / EACH
               ? (unsigned)(ALWAYS + EACH * best)
               : MATCHES_MAX;
}

/* As chance would give, had nothing been forbidden. */
static double expected_matches(const osl_flat *flat)
{
    double all = flat->query->paragraph_count, share = 1;
    for (unsigned i = 0; i < flat->must_count; i++)
        share *= flat->leaves[i].df / all;
    return share * all;
}

/* How long matches are listed. */
typedef struct listing_plan {
    unsigned limit; /* so many are listed */
    uint32_t probe; /* a chunk behind which they are foretold; UINT32_MAX: none
                     */
} listing_plan;

/* Whether as many as are worth it will be listed, as far as those of the first
 * chunks tell. */
static bool is_worth_listing(const osl_flat *flat, uint32_t chunks,
                             uint64_t sum)
{
    enum { ALWAYS = 400, EACH = 20, MOST = MATCHES_MAX - 64 };
    size_t best = flat->query->best;
    size_t most = best < (MOST - ALWAYS) / EACH ? ALWAYS + EACH * best : MOST;
    return best > 0 && sum <= MOST && sum * flat->chunk_count <= most * chunks;
}

/* Lists a chunk's matches, `sum` with those before; false: no more are to be
 * listed. */
static bool list_chunk(osl_flat *flat, listing_plan *plan, uint32_t chunk,
                       uint64_t sum)
{
    if (sum <= plan->limit && chunk != plan->probe)
        return true;
    if (!is_worth_listing(flat, chunk + 1, sum))
        return false;
    plan->limit = MATCHES_MAX - 64;
    return true;
}

/* Lists all matches; false where there are too many. They are counted, too,
 * where `count` is not NULL. */
static bool list_matches(osl_flat *flat, uint64_t *count)
{
    enum { PROBED = 8, CHUNKS_MIN = 2 * PROBED };
    uint64_t words[64], any, sum = 0;
    double expected = expected_matches(flat);
    listing_plan plan = {matches_limit(flat), UINT32_MAX};
    bool listing = true, probes = flat->chunk_count >= CHUNKS_MIN;
    if (expected > (probes ? 2.0 : 1.0) * plan.limit) {
        if (count)
            *count += count_words(flat);
        return false;
    }
    if (expected > plan.limit)
        plan.probe = flat->chunk_count / PROBED;
    begin_candidates(flat);
    for (uint32_t chunk = 0; chunk < FETCH_AHEAD; chunk++)
        fetch_chunk(flat, chunk, false);
    for (uint32_t chunk = 0; chunk < flat->chunk_count && (listing || count);
         chunk++) {
        fetch_chunk(flat, chunk + FETCH_AHEAD, false);
        sum += match_chunk(flat, chunk, words, &any);
        listing = listing && list_chunk(flat, &plan, chunk, sum);
        if (listing)
            add_matches(flat, chunk, words, any);
    }
    if (count)
        *count += sum;
    return listing;
}

#endif
