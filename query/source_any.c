/* SPDX-License-Identifier: MIT
 *
 * One of several, as one: spellings of a word, the terms of a prefix. tf is
 * the members' sum (no two of them stand at the same place), the bound the
 * capped sum: G is concave in tf. */
#include "query/source.h"

#include <string.h>

typedef struct any_source {
    osl_source base;
    osl_source **children;
    size_t count;
} any_source;

static uint64_t any_ranges(osl_source *base, uint32_t chunk)
{
    any_source *source = (any_source *)base;
    uint64_t ranges = 0;
    for (size_t i = 0; i < source->count; i++)
        ranges |= source->children[i]->ops->ranges(source->children[i], chunk);
    return ranges;
}

static osl_status any_match(osl_source *base, uint32_t chunk, uint64_t ranges,
                            const uint64_t among[64], uint64_t found[64],
                            osl_error *err)
{
    any_source *source = (any_source *)base;
    osl_status status = OSL_OK;
    for (size_t i = 0; i < source->count && status == OSL_OK; i++) {
        osl_source *child = source->children[i];
        status = child->ops->match(child, chunk, ranges, among, found, err);
    }
    return status;
}

static void any_bounds(osl_source *base, uint32_t chunk, uint8_t bounds[64])
{
    any_source *source = (any_source *)base;
    memset(bounds, 0, 64);
    for (size_t i = 0; i < source->count; i++) {
        osl_source *child = source->children[i];
        uint8_t other[64];
        child->ops->bounds(child, chunk, other);
        for (unsigned r = 0; r < 64; r++) {
            unsigned sum = bounds[r] + other[r];
            bounds[r] = (uint8_t)(sum < OSL_BOUND_MAX ? sum : OSL_BOUND_MAX);
        }
    }
}

static unsigned any_chunk_bound(osl_source *base, uint32_t chunk)
{
    any_source *source = (any_source *)base;
    unsigned sum = 0;
    for (size_t i = 0; i < source->count && sum < OSL_BOUND_MAX; i++)
        sum +=
            source->children[i]->ops->chunk_bound(source->children[i], chunk);
    return sum < OSL_BOUND_MAX ? sum : OSL_BOUND_MAX;
}

/* G is concave in tf. */
static osl_status any_add(osl_source *base, const osl_scorer *scorer,
                          uint32_t chunk, uint64_t ranges, osl_sums *sums,
                          osl_error *err)
{
    any_source *source = (any_source *)base;
    osl_status status = OSL_OK;
    for (size_t i = 0; i < source->count && status == OSL_OK; i++) {
        osl_source *child = source->children[i];
        status = child->ops->add(child, scorer, chunk, ranges, sums, err);
    }
    return status;
}

static osl_status any_tfs(osl_source *base, uint32_t range, uint64_t which,
                          uint32_t tfs[64], osl_error *err)
{
    any_source *source = (any_source *)base;
    for (size_t i = 0; i < source->count; i++) {
        osl_source *child = source->children[i];
        osl_status status = child->ops->tfs(child, range, which, tfs, err);
        if (status != OSL_OK)
            return status;
    }
    return OSL_OK;
}

/* Appends the places of every member, as `marks` or as they are. */
static osl_status collect(any_source *source, uint32_t ordinal, bool marks,
                          osl_places *out, osl_error *err)
{
    osl_places part = {.arena = out->arena};
    size_t before = out->count;
    for (size_t i = 0; i < source->count; i++) {
        osl_source *child = source->children[i];
        osl_status status = (marks ? child->ops->marks : child->ops->places)(
            child, ordinal, out, err);
        if (status != OSL_OK)
            return status;
    }
    part.items = out->items ? out->items + before : NULL;
    part.count = out->count - before;
    osl_places_sort(&part);
    out->count = before + part.count;
    return OSL_OK;
}

static osl_status any_places(osl_source *base, uint32_t ordinal,
                             osl_places *out, osl_error *err)
{
    return collect((any_source *)base, ordinal, false, out, err);
}

static osl_status any_marks(osl_source *base, uint32_t ordinal, osl_places *out,
                            osl_error *err)
{
    return collect((any_source *)base, ordinal, true, out, err);
}

static const osl_source_ops any_ops = {
    .ranges = any_ranges,
    .match = any_match,
    .bounds = any_bounds,
    .chunk_bound = any_chunk_bound,
    .add = any_add,
    .tfs = any_tfs,
    .places = any_places,
    .marks = any_marks,
};

osl_source **osl_source_any_children(const osl_source *source, size_t *count)
{
    if (source->ops != &any_ops)
        return NULL;
    *count = ((const any_source *)source)->count;
    return ((const any_source *)source)->children;
}

osl_source *osl_source_any(osl_source **children, size_t count,
                           osl_arena *arena)
{
    if (count == 1)
        return children[0];
    any_source *source = osl_arena_zero(arena, 1, sizeof *source);
    if (!source)
        return NULL;
    source->base.ops = &any_ops;
    source->children = children;
    source->count = count;
    return &source->base;
}
