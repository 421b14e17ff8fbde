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

/* Lists all matches; false where there are too many. They are counted, too,
 * where `count` is not NULL. */
static bool list_matches(osl_flat *flat, uint64_t *count)
{
    uint64_t words[64], any, sum = 0;
    unsigned limit = matches_limit(flat);
    bool listing = true;
    if (expected_matches(flat) > limit) {
        if (count)
            *count += count_words(flat);
        return false;
    }
    begin_candidates(flat);
    for (uint32_t chunk = 0; chunk < FETCH_AHEAD; chunk++)
        fetch_chunk(flat, chunk, false);
    for (uint32_t chunk = 0; chunk < flat->chunk_count && (listing || count);
         chunk++) {
        fetch_chunk(flat, chunk + FETCH_AHEAD, false);
        sum += match_chunk(flat, chunk, words, &any);
        listing &= sum <= limit;
        if (listing)
            add_matches(flat, chunk, words, any);
    }
    if (count)
        *count += sum;
    return listing;
}

#endif
