/* SPDX-License-Identifier: MIT
 *
 * What phrases and words near each other share: candidates are where all
 * children match (masks), and only those are looked at by position. */
#include "query/source.h"

#include <string.h>

void osl_checked_init(osl_checked *checked, osl_source **children, size_t count)
{
    checked->range = UINT32_MAX;
    checked->known = checked->matched = 0;
    checked->children = children;
    checked->count = count;
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

static osl_status look_at(osl_checked *checked, uint64_t which, osl_error *err)
{
    for (; which; which &= which - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(which);
        uint32_t ordinal = checked->range * OSL_RANGE_SIZE + bit;
        uint32_t tf = 0;
        osl_status status = checked->look(checked, ordinal, &tf, err);
        if (status != OSL_OK)
            return status;
        checked->tf[bit] = tf;
        if (tf)
            checked->matched |= UINT64_C(1) << bit;
    }
    return OSL_OK;
}

osl_status osl_checked_match(osl_source *source, uint32_t range, uint64_t among,
                             uint64_t *out, osl_error *err)
{
    osl_checked *checked = (osl_checked *)source;
    if (checked->range != range) {
        checked->range = range;
        checked->known = checked->matched = 0;
    }
    uint64_t candidates = among & ~checked->known;
    for (size_t i = 0; i < checked->count && candidates; i++) {
        osl_source *child = checked->children[i];
        osl_status status =
            child->ops->match(child, range, candidates, &candidates, err);
        if (status != OSL_OK)
            return status;
    }
    osl_status status = look_at(checked, candidates, err);
    if (status != OSL_OK)
        return status;
    checked->known |= among;
    *out = among & checked->matched;
    return OSL_OK;
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

osl_status osl_checked_tfs(osl_source *source, uint32_t range, uint64_t which,
                           uint32_t tfs[64], osl_error *err)
{
    osl_checked *checked = (osl_checked *)source;
    uint64_t matched;
    osl_status status = osl_checked_match(source, range, which, &matched, err);
    if (status != OSL_OK)
        return status;
    for (; matched; matched &= matched - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(matched);
        tfs[bit] += checked->tf[bit];
    }
    return OSL_OK;
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
