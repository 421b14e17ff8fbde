/* SPDX-License-Identifier: MIT
 *
 * What counts in some documents only: an abbreviation where a document does
 * not say that it means something else there, a long form where a document
 * does not use its short form otherwise. The documents are stretches of ordinals;
 * most chunks have none of them, and there the child is asked as it is, or not
 * at all. Bounds are the child's where anything may count. */
#include "query/source.h"

#include <string.h>

/* What may count in a chunk. */
typedef enum share { NOTHING, SOMETHING, ALL } share;

typedef struct meant_source {
    osl_source base;
    osl_source *child;
    const osl_stretch *stretches; /* rising, apart */
    size_t count;
    bool inside; /* only what is in a stretch counts; else only what is not */
    uint32_t chunk; /* that was looked at last */
    share what;
    /* Ranges that a stretch goes into, and what of them is in one. */
    uint64_t touched, words[64];
    uint64_t ranges; /* where anything may count */
} meant_source;

static void touch(meant_source *source, uint32_t r, uint64_t bits)
{
    uint64_t range = UINT64_C(1) << r;
    source->words[r] = source->touched & range ? source->words[r] | bits : bits;
    source->touched |= range;
}

/* Places [from, to) of the chunk. */
static void touch_stretch(meant_source *source, uint32_t from, uint32_t to)
{
    for (uint32_t r = from / 64; r <= (to - 1) / 64; r++) {
        uint64_t bits = ~UINT64_C(0);
        if (r == from / 64)
            bits &= ~UINT64_C(0) << from % 64;
        if (r == (to - 1) / 64)
            bits &= ~UINT64_C(0) >> (63 - (to - 1) % 64);
        touch(source, r, bits);
    }
}

/* The first stretch that ends behind `ordinal`. */
static size_t find_stretch(const meant_source *source, uint64_t ordinal)
{
    size_t low = 0, high = source->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (source->stretches[middle].to <= ordinal)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static share look_at(meant_source *source, uint32_t chunk)
{
    uint64_t start = (uint64_t)chunk * OSL_CHUNK_SIZE;
    uint64_t end = start + OSL_CHUNK_SIZE, full = 0;
    size_t at = find_stretch(source, start);
    if (at == source->count || source->stretches[at].from >= end)
        return source->inside ? NOTHING : ALL;
    source->touched = 0;
    for (; at < source->count && source->stretches[at].from < end; at++) {
        const osl_stretch *stretch = &source->stretches[at];
        uint64_t from = stretch->from > start ? stretch->from - start : 0;
        uint64_t to = (stretch->to < end ? stretch->to : end) - start;
        touch_stretch(source, (uint32_t)from, (uint32_t)to);
    }
    for (uint64_t left = source->touched; left; left &= left - 1) {
        unsigned r = (unsigned)__builtin_ctzll(left);
        full |= (uint64_t)(source->words[r] == ~UINT64_C(0)) << r;
    }
    source->ranges = source->inside ? source->touched : ~full;
    return SOMETHING;
}

/* What of the chunk may count. */
static share turn_to(meant_source *source, uint32_t chunk)
{
    if (source->chunk != chunk)
        source->what = look_at(source, chunk);
    source->chunk = chunk;
    return source->what;
}

/* What may count of a range of the chunk at hand, where something does. */
static uint64_t word_of_chunk(const meant_source *source, unsigned r)
{
    uint64_t word = source->touched >> r & 1 ? source->words[r] : 0;
    return source->inside ? word : ~word;
}

/* Those of `ranges` where anything may count. */
static uint64_t ranges_of(meant_source *source, uint32_t chunk, uint64_t ranges)
{
    share here = turn_to(source, chunk);
    return here == ALL ? ranges : here == NOTHING ? 0 : ranges & source->ranges;
}

static uint64_t word_of(meant_source *source, uint32_t range)
{
    share here = turn_to(source, range / 64);
    return here == ALL       ? ~UINT64_C(0)
           : here == NOTHING ? 0
                             : word_of_chunk(source, range % 64);
}

static uint64_t meant_ranges(osl_source *base, uint32_t chunk)
{
    meant_source *source = (meant_source *)base;
    uint64_t ranges = ranges_of(source, chunk, ~UINT64_C(0));
    return ranges ? ranges & source->child->ops->ranges(source->child, chunk)
                  : 0;
}

static osl_status meant_match(osl_source *base, uint32_t chunk, uint64_t ranges,
                              const uint64_t among[64], uint64_t found[64],
                              osl_error *err)
{
    meant_source *source = (meant_source *)base;
    osl_source *child = source->child;
    uint64_t asked[64] = {0}, here[64] = {0};
    share what = turn_to(source, chunk);
    if (what == ALL)
        return child->ops->match(child, chunk, ranges, among, found, err);
    ranges = ranges_of(source, chunk, ranges);
    for (uint64_t left = ranges; left; left &= left - 1) {
        unsigned r = (unsigned)__builtin_ctzll(left);
        asked[r] = among[r] & word_of_chunk(source, r);
        if (!asked[r])
            ranges &= ~(UINT64_C(1) << r);
    }
    if (!ranges)
        return OSL_OK;
    osl_status status =
        child->ops->match(child, chunk, ranges, asked, here, err);
    for (; ranges && status == OSL_OK; ranges &= ranges - 1) {
        unsigned r = (unsigned)__builtin_ctzll(ranges);
        found[r] |= here[r] & word_of_chunk(source, r);
    }
    return status;
}

static void meant_bounds(osl_source *base, uint32_t chunk, uint8_t bounds[64])
{
    meant_source *source = (meant_source *)base;
    uint64_t ranges = ranges_of(source, chunk, ~UINT64_C(0));
    if (!ranges) {
        memset(bounds, 0, 64);
        return;
    }
    source->child->ops->bounds(source->child, chunk, bounds);
    for (ranges = ~ranges; ranges; ranges &= ranges - 1)
        bounds[__builtin_ctzll(ranges)] = 0;
}

static unsigned meant_chunk_bound(osl_source *base, uint32_t chunk)
{
    meant_source *source = (meant_source *)base;
    return ranges_of(source, chunk, ~UINT64_C(0))
               ? source->child->ops->chunk_bound(source->child, chunk)
               : 0;
}

static osl_status meant_add(osl_source *base, const osl_scorer *scorer,
                            uint32_t chunk, uint64_t ranges, osl_sums *sums,
                            osl_error *err)
{
    meant_source *source = (meant_source *)base;
    ranges = ranges_of(source, chunk, ranges);
    return ranges ? source->child->ops->add(source->child, scorer, chunk,
                                            ranges, sums, err)
                  : OSL_OK;
}

static osl_status meant_tfs(osl_source *base, uint32_t range, uint64_t which,
                            uint32_t tfs[64], osl_error *err)
{
    meant_source *source = (meant_source *)base;
    which &= word_of(source, range);
    return which
               ? source->child->ops->tfs(source->child, range, which, tfs, err)
               : OSL_OK;
}

static bool counts_at(meant_source *source, uint32_t ordinal)
{
    return word_of(source, ordinal / OSL_RANGE_SIZE) >>
               (ordinal % OSL_RANGE_SIZE) &
           1;
}

static osl_status meant_places(osl_source *base, uint32_t ordinal,
                               osl_places *out, osl_error *err)
{
    meant_source *source = (meant_source *)base;
    return counts_at(source, ordinal)
               ? source->child->ops->places(source->child, ordinal, out, err)
               : OSL_OK;
}

static osl_status meant_marks(osl_source *base, uint32_t ordinal,
                              osl_places *out, osl_error *err)
{
    meant_source *source = (meant_source *)base;
    return counts_at(source, ordinal)
               ? source->child->ops->marks(source->child, ordinal, out, err)
               : OSL_OK;
}

static const osl_source_ops meant_ops = {
    .ranges = meant_ranges,
    .match = meant_match,
    .bounds = meant_bounds,
    .chunk_bound = meant_chunk_bound,
    .add = meant_add,
    .tfs = meant_tfs,
    .places = meant_places,
    .marks = meant_marks,
};

osl_source *osl_source_meant(osl_source *child, const osl_stretch *stretches,
                             size_t count, bool inside, osl_arena *arena)
{
    meant_source *source = osl_arena_zero(arena, 1, sizeof *source);
    if (!source)
        return NULL;
    source->base.ops = &meant_ops;
    source->child = child;
    source->stretches = stretches;
    source->count = count;
    source->inside = inside;
    source->chunk = UINT32_MAX;
    return &source->base;
}
