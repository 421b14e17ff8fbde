/* SPDX-License-Identifier: MIT
 *
 * What phrases and words near each other share: candidates are where all
 * children match (masks), and only those are looked at by position. */
#include "query/source.h"

#include "query/words.h"

#include <string.h>

osl_status osl_source_match(osl_source *source, uint32_t range, uint64_t among,
                            uint64_t *out, osl_error *err)
{
    const osl_allowed *allowed;
    const osl_postings *postings = osl_source_term_postings(source, &allowed);
    if (postings && !allowed) {
        *out = osl_postings_word(postings, range) & among;
        return OSL_OK;
    }
    uint64_t asked[64] = {0}, found[64] = {0};
    unsigned r = range % 64;
    asked[r] = among;
    osl_status status = source->ops->match(source, range / 64, UINT64_C(1) << r,
                                           asked, found, err);
    *out = found[r] & among;
    return status;
}

void osl_checked_init(osl_checked *checked, osl_source **children, size_t count,
                      osl_arena *arena)
{
    checked->chunk = UINT32_MAX;
    checked->children = children;
    checked->count = count;
    checked->arena = arena;
}

uint64_t osl_checked_ranges(osl_source *source, uint32_t chunk)
{
    osl_checked *checked = (osl_checked *)source;
    uint64_t ranges = ~UINT64_C(0);
    for (size_t i = 0; i < checked->count && ranges; i++)
        ranges &=
            checked->children[i]->ops->ranges(checked->children[i], chunk);
    return ranges;
}

/* Looks at `which`, of range `r` of the chunk. */
static osl_status look_at(osl_checked *checked, unsigned r, uint64_t which,
                          osl_error *err)
{
    for (; which; which &= which - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(which);
        uint32_t ordinal = (checked->chunk * 64 + r) * OSL_RANGE_SIZE + bit;
        uint32_t tf = 0;
        osl_status status = checked->look(checked, ordinal, &tf, err);
        if (status != OSL_OK)
            return status;
        checked->at->tf[r][bit] =
            (uint8_t)(tf < OSL_TF_MANY ? tf : OSL_TF_MANY);
        if (tf)
            checked->at->matched[r] |= UINT64_C(1) << bit;
    }
    return OSL_OK;
}

osl_status osl_checked_keep(osl_source *source, uint32_t chunk_count,
                            osl_error *err)
{
    osl_checked *checked = (osl_checked *)source;
    checked->kept =
        osl_arena_zero(checked->arena, chunk_count, sizeof *checked->kept);
    return checked->kept
               ? OSL_OK
               : osl_fail(err, OSL_ENOMEM, "query: memory ran out at a phrase");
}

static osl_status turn_to(osl_checked *checked, uint32_t chunk, osl_error *err)
{
    if (checked->chunk == chunk)
        return OSL_OK;
    bool is_known = checked->kept && checked->kept[chunk];
    if (checked->kept)
        checked->at = checked->kept[chunk];
    if (!checked->at)
        checked->at = osl_arena_take(checked->arena, sizeof *checked->at);
    if (!checked->at)
        return osl_fail(err, OSL_ENOMEM, "query: memory ran out at a phrase");
    if (!is_known) {
        memset(checked->at->known, 0, sizeof checked->at->known);
        memset(checked->at->matched, 0, sizeof checked->at->matched);
        checked->at->asked = 0;
    }
    if (checked->kept)
        checked->kept[chunk] = checked->at;
    checked->chunk = chunk;
    return OSL_OK;
}

/* Narrows `candidates` to what all children hold; *ranges to where any are. */
static osl_status narrow(const osl_checked *checked, uint64_t *ranges,
                         uint64_t candidates[64], osl_error *err)
{
    *ranges = osl_words_there(candidates, *ranges);
    for (size_t i = 0; i < checked->count && *ranges; i++) {
        osl_source *child = checked->children[i];
        uint64_t found[64] = {0};
        osl_status status = child->ops->match(child, checked->chunk, *ranges,
                                              candidates, found, err);
        if (status != OSL_OK)
            return status;
        osl_words_and(candidates, found);
        *ranges = osl_words_there(candidates, *ranges);
    }
    return OSL_OK;
}

/* Has positions read at once where many are looked at. */
static osl_status gather(osl_checked *checked, uint64_t ranges,
                         const uint64_t candidates[64], osl_error *err)
{
    uint32_t count = 0;
    osl_status status = OSL_OK;
    for (; ranges; ranges &= ranges - 1)
        count += osl_popcount(candidates[__builtin_ctzll(ranges)]);
    for (size_t i = 0; i < checked->count && status == OSL_OK; i++)
        status =
            osl_source_gather(checked->children[i], checked->chunk, count, err);
    return status;
}

/* Those of `among` in the ranges, which hold it perhaps, that were not looked
 * at. */
static osl_status look_at_ranges(osl_checked *checked, uint64_t ranges,
                                 const uint64_t among[64], osl_error *err)
{
    uint64_t candidates[64], left = ranges;
    memcpy(candidates, among, sizeof candidates);
    osl_words_without(candidates, checked->at->known);
    osl_status status = narrow(checked, &left, candidates, err);
    if (status == OSL_OK)
        status = gather(checked, left, candidates, err);
    for (; left && status == OSL_OK; left &= left - 1) {
        unsigned r = (unsigned)__builtin_ctzll(left);
        status = look_at(checked, r, candidates[r], err);
    }
    for (; ranges && status == OSL_OK; ranges &= ranges - 1) {
        unsigned r = (unsigned)__builtin_ctzll(ranges);
        checked->at->known[r] |= among[r];
    }
    return status;
}

/* Those of range `r` that were not looked at. Where all that is found is kept,
 * and much was asked of the chunk, it is looked at whole. */
static osl_status look_at_range(osl_checked *checked, unsigned r,
                                uint64_t unknown, osl_error *err)
{
    enum { MANY = 128 };
    uint64_t candidates = unknown, all[64];
    if (checked->kept && checked->at->asked > MANY && unknown) {
        memset(all, 255, sizeof all);
        return look_at_ranges(
            checked, osl_checked_ranges(&checked->base, checked->chunk), all,
            err);
    }
    for (size_t i = 0; i < checked->count && candidates; i++) {
        osl_status status =
            osl_source_match(checked->children[i], checked->chunk * 64 + r,
                             candidates, &candidates, err);
        if (status != OSL_OK)
            return status;
    }
    checked->at->asked += osl_popcount(candidates);
    checked->at->known[r] |= unknown;
    return look_at(checked, r, candidates, err);
}

osl_status osl_checked_match(osl_source *source, uint32_t chunk,
                             uint64_t ranges, const uint64_t among[64],
                             uint64_t found[64], osl_error *err)
{
    osl_checked *checked = (osl_checked *)source;
    osl_status status = turn_to(checked, chunk, err);
    if (status != OSL_OK)
        return status;
    ranges &= osl_checked_ranges(source, chunk);
    if (!ranges)
        return OSL_OK;
    status = look_at_ranges(checked, ranges, among, err);
    for (; ranges && status == OSL_OK; ranges &= ranges - 1) {
        unsigned r = (unsigned)__builtin_ctzll(ranges);
        found[r] |= checked->at->matched[r];
    }
    return status;
}

void osl_checked_bounds(osl_source *source, uint32_t chunk, uint8_t bounds[64])
{
    osl_checked *checked = (osl_checked *)source;
    memset(bounds, OSL_BOUND_MAX, 64);
    for (size_t i = 0; i < checked->count; i++) {
        osl_source *child = checked->children[i];
        uint8_t other[64];
        child->ops->bounds(child, chunk, other);
        for (unsigned r = 0; r < 64; r++)
            bounds[r] = other[r] < bounds[r] ? other[r] : bounds[r];
    }
}

unsigned osl_checked_chunk_bound(osl_source *source, uint32_t chunk)
{
    osl_checked *checked = (osl_checked *)source;
    unsigned least = OSL_BOUND_MAX;
    for (size_t i = 0; i < checked->count && least; i++) {
        osl_source *child = checked->children[i];
        unsigned bound = child->ops->chunk_bound(child, chunk);
        least = bound < least ? bound : least;
    }
    return least;
}

/* Where all children are, the bound of the range: positions are not looked
 * at. */
osl_status osl_checked_add(osl_source *source, const osl_scorer *scorer,
                           uint32_t chunk, uint64_t ranges, osl_sums *sums,
                           osl_error *err)
{
    osl_checked *checked = (osl_checked *)source;
    uint64_t candidates[64];
    uint8_t bounds[64];
    osl_status status = turn_to(checked, chunk, err);
    ranges &= osl_checked_ranges(source, chunk);
    if (status != OSL_OK || !ranges)
        return status;
    memset(candidates, 255, sizeof candidates);
    status = narrow(checked, &ranges, candidates, err);
    osl_checked_bounds(source, chunk, bounds);
    for (; ranges && status == OSL_OK; ranges &= ranges - 1) {
        unsigned r = (unsigned)__builtin_ctzll(ranges);
        osl_sums_add_score(sums, r, candidates[r], scorer->bounds[bounds[r]]);
    }
    return status;
}

osl_status osl_checked_tfs(osl_source *source, uint32_t range, uint64_t which,
                           uint32_t tfs[64], osl_error *err)
{
    osl_checked *checked = (osl_checked *)source;
    unsigned r = range % 64;
    if (!(osl_checked_ranges(source, range / 64) >> r & 1))
        return OSL_OK;
    osl_status status = turn_to(checked, range / 64, err);
    if (status == OSL_OK)
        status = look_at_range(checked, r, which & ~checked->at->known[r], err);
    if (status != OSL_OK)
        return status;
    for (uint64_t matched = checked->at->matched[r] & which;
         matched && status == OSL_OK; matched &= matched - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(matched);
        uint32_t tf = checked->at->tf[r][bit];
        if (tf == OSL_TF_MANY)
            status =
                checked->look(checked, range * OSL_RANGE_SIZE + bit, &tf, err);
        tfs[bit] += tf;
    }
    return status;
}

osl_status osl_checked_least(osl_checked *checked, uint32_t ordinal,
                             uint32_t *tf, osl_error *err)
{
    uint32_t least = UINT32_MAX;
    unsigned bit = ordinal % OSL_RANGE_SIZE;
    for (size_t i = 0; i < checked->count; i++) {
        uint32_t tfs[64];
        tfs[bit] = 0;
        osl_status status = checked->children[i]->ops->tfs(
            checked->children[i], ordinal / OSL_RANGE_SIZE, UINT64_C(1) << bit,
            tfs, err);
        if (status != OSL_OK)
            return status;
        least = tfs[bit] < least ? tfs[bit] : least;
    }
    *tf = least;
    return OSL_OK;
}
