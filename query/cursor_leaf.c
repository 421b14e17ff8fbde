/* SPDX-License-Identifier: MIT
 *
 * A word or phrase in the paragraphs' own text, or in a field whose ordinals
 * are the paragraphs (titles of records). */
#include "query/cursor.h"

#include <string.h>

typedef struct leaf {
    osl_cursor base;
    osl_source *source;
    const osl_scorer *scorer;
    uint32_t unit;
    bool marked;                /* its places are places of the text */
    uint32_t chunk, bounds[64]; /* of the chunk asked for last */
} leaf;

osl_status osl_cursor_match(osl_cursor *cursor, uint32_t range, uint64_t among,
                            uint64_t *out, osl_error *err)
{
    uint64_t asked[64] = {0}, found[64] = {0};
    unsigned r = range % 64;
    asked[r] = among;
    osl_status status = cursor->ops->match(cursor, range / 64, UINT64_C(1) << r,
                                           asked, found, err);
    *out = found[r] & among;
    return status;
}

static uint64_t leaf_ranges(osl_cursor *base, uint32_t chunk)
{
    osl_source *source = ((leaf *)base)->source;
    return source->ops->ranges(source, chunk);
}

static osl_status leaf_match(osl_cursor *base, uint32_t chunk, uint64_t ranges,
                             const uint64_t among[64], uint64_t found[64],
                             osl_error *err)
{
    osl_source *source = ((leaf *)base)->source;
    return source->ops->match(source, chunk, ranges, among, found, err);
}

/* Asked for by the word and by its neighbours in the query. */
static void leaf_bounds(osl_cursor *base, uint32_t chunk, uint32_t bounds[64])
{
    leaf *cursor = (leaf *)base;
    if (cursor->chunk != chunk) {
        uint8_t stored[64];
        cursor->source->ops->bounds(cursor->source, chunk, stored);
        for (unsigned r = 0; r < 64; r++)
            cursor->bounds[r] = cursor->scorer->bounds[stored[r]];
        cursor->chunk = chunk;
    }
    memcpy(bounds, cursor->bounds, sizeof cursor->bounds);
}

static uint32_t leaf_chunk_bound(osl_cursor *base, uint32_t chunk)
{
    leaf *cursor = (leaf *)base;
    return cursor->scorer
        ->bounds[cursor->source->ops->chunk_bound(cursor->source, chunk)];
}

static osl_status leaf_add(osl_cursor *base, uint32_t chunk, uint64_t ranges,
                           osl_sums *sums, osl_error *err)
{
    leaf *cursor = (leaf *)base;
    osl_source *source = cursor->source;
    return source->ops->add(source, cursor->scorer, chunk, ranges, sums, err);
}

static osl_status leaf_score(osl_cursor *base, uint32_t range, uint64_t which,
                             uint32_t least, uint32_t scores[64],
                             osl_error *err)
{
    (void)least;
    leaf *cursor = (leaf *)base;
    osl_source *source = cursor->source;
    uint32_t tfs[64] = {0};
    osl_status status = source->ops->tfs(source, range, which, tfs, err);
    for (; which && status == OSL_OK; which &= which - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(which);
        if (tfs[bit])
            scores[bit] = osl_add_score(
                scores[bit],
                osl_scorer_score(cursor->scorer, range * OSL_RANGE_SIZE + bit,
                                 tfs[bit]));
    }
    return status;
}

static osl_status leaf_marks(osl_cursor *base, uint32_t paragraph,
                             osl_places *out, osl_error *err)
{
    leaf *cursor = (leaf *)base;
    osl_source *source = cursor->source;
    uint64_t matched;
    size_t before = out->count;
    if (!cursor->marked)
        return OSL_OK;
    osl_status status = osl_source_match(
        source, paragraph / OSL_RANGE_SIZE,
        UINT64_C(1) << paragraph % OSL_RANGE_SIZE, &matched, err);
    if (status == OSL_OK && matched)
        status = source->ops->marks(source, paragraph, out, err);
    for (size_t i = before; i < out->count; i++)
        out->items[i].unit = cursor->unit;
    return status;
}

static osl_status tf_of(leaf *cursor, uint32_t paragraph, uint32_t *tf,
                        osl_error *err)
{
    osl_source *source = cursor->source;
    uint32_t range = paragraph / OSL_RANGE_SIZE;
    uint64_t which = UINT64_C(1) << paragraph % OSL_RANGE_SIZE;
    uint32_t tfs[64] = {0};
    osl_status status = source->ops->tfs(source, range, which, tfs, err);
    *tf = tfs[paragraph % OSL_RANGE_SIZE];
    return status;
}

static osl_status leaf_explain(osl_cursor *base, uint32_t paragraph,
                               unsigned depth, osl_buf *out, osl_error *err)
{
    leaf *cursor = (leaf *)base;
    uint32_t tf;
    osl_status status = tf_of(cursor, paragraph, &tf, err);
    if (status == OSL_OK && tf)
        osl_scorer_explain(cursor->scorer, paragraph, tf, depth, out);
    return status;
}

static const osl_cursor_ops leaf_ops = {
    .ranges = leaf_ranges,
    .match = leaf_match,
    .bounds = leaf_bounds,
    .chunk_bound = leaf_chunk_bound,
    .add = leaf_add,
    .score = leaf_score,
    .marks = leaf_marks,
    .explain = leaf_explain,
};

osl_status osl_cursor_leaf_score(osl_cursor *base, uint32_t paragraph,
                                 uint32_t *score, osl_error *err)
{
    leaf *cursor = (leaf *)base;
    uint32_t tf;
    osl_status status = tf_of(cursor, paragraph, &tf, err);
    *score = status == OSL_OK && tf
                 ? osl_scorer_score(cursor->scorer, paragraph, tf)
                 : 0;
    return status;
}

osl_source *osl_cursor_leaf_source(osl_cursor *base)
{
    return ((leaf *)base)->source;
}

osl_cursor *osl_cursor_leaf(osl_source *source, const osl_scorer *scorer,
                            uint32_t unit, osl_arena *arena)
{
    leaf *cursor = osl_arena_zero(arena, 1, sizeof *cursor);
    if (!cursor)
        return NULL;
    cursor->base.ops = &leaf_ops;
    cursor->source = source;
    cursor->scorer = scorer;
    cursor->unit = unit;
    cursor->marked = unit != UINT32_MAX;
    cursor->chunk = UINT32_MAX;
    return &cursor->base;
}
