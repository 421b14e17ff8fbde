/* SPDX-License-Identifier: MIT
 *
 * What a wildcard stands for may be hundreds of words: asked range by range
 * they would each be looked up. So the lists of all are read once, from end to
 * end, added up, and brought into the shape of a term, bounds and all; only
 * places are asked of the words themselves. */
#include "query/source.h"

#include "core/segment/gather.h"
#include "core/segment/postings.h"

#include <stdlib.h>

typedef struct merged_source {
    osl_source base;
    osl_source *term; /* the list of all */
    osl_source *any;  /* the words */
} merged_source;

/* ---- adding up --------------------------------------------------------- */

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "query: memory ran out at a wildcard");
}

static void add_term(const osl_postings *postings, uint32_t *tf)
{
    uint32_t ordinals[OSL_CHUNK_SIZE], tfs[OSL_CHUNK_SIZE];
    for (uint32_t c = 0; c < postings->chunk_count; c++) {
        osl_chunk chunk =
            osl_postings_chunk(postings, osl_postings_header(postings, c));
        unsigned count = osl_chunk_count(chunk.header);
        if (!count)
            continue;
        osl_chunk_decode(&chunk, c * OSL_CHUNK_SIZE, ordinals, tfs);
        for (unsigned i = 0; i < count; i++)
            tf[ordinals[i]] += tfs[i];
    }
}

/* Only occurrences of forms that count. */
static osl_status add_forms(const osl_postings *postings, const bool *allowed,
                            uint32_t *tf, osl_error *err)
{
    size_t df = postings->df, cf = (size_t)postings->cf;
    uint32_t *ordinals = calloc(2 * df + cf, sizeof *ordinals);
    if (!ordinals)
        return no_memory(err);
    const osl_gathered to = {ordinals, ordinals + df, NULL, ordinals + 2 * df};
    osl_status status = osl_postings_gather(postings, &to, err);
    const uint32_t *form = to.forms;
    for (size_t i = 0; i < df && status == OSL_OK; i++)
        for (uint32_t n = 0; n < to.tfs[i]; n++)
            tf[to.ordinals[i]] += allowed[*form++];
    free(ordinals);
    return status;
}

/* A source of any kind. */
static osl_status add_ranges(osl_source *source, uint32_t ordinal_count,
                             uint32_t *tf, osl_error *err)
{
    osl_status status = OSL_OK;
    for (uint32_t chunk = 0;
         chunk * (uint64_t)OSL_CHUNK_SIZE < ordinal_count && status == OSL_OK;
         chunk++)
        for (uint64_t left = source->ops->ranges(source, chunk);
             left && status == OSL_OK; left &= left - 1) {
            uint32_t range = chunk * 64 + (uint32_t)__builtin_ctzll(left);
            uint32_t tfs[64] = {0};
            uint64_t hits;
            status = osl_source_match(source, range, ~UINT64_C(0), &hits, err);
            if (status == OSL_OK)
                status = source->ops->tfs(source, range, hits, tfs, err);
            for (; hits && status == OSL_OK; hits &= hits - 1) {
                unsigned bit = (unsigned)__builtin_ctzll(hits);
                tf[range * OSL_RANGE_SIZE + bit] += tfs[bit];
            }
        }
    return status;
}

static osl_status add_up(osl_source *any, uint32_t ordinal_count, uint32_t *tf,
                         osl_error *err)
{
    size_t count = 1;
    osl_source **children = osl_source_any_children(any, &count);
    osl_status status = OSL_OK;
    children = children ? children : &any;
    for (size_t i = 0; i < count && status == OSL_OK; i++) {
        const bool *allowed;
        const osl_postings *postings =
            osl_source_term_postings(children[i], &allowed);
        if (!postings)
            status = add_ranges(children[i], ordinal_count, tf, err);
        else if (allowed)
            status = add_forms(postings, allowed, tf, err);
        else
            add_term(postings, tf);
    }
    return status;
}

/* The ordinals that have any, into `list`. */
static osl_status take_list(const uint32_t *tf, uint32_t ordinal_count,
                            osl_arena *arena, osl_listed *list, osl_error *err)
{
    uint32_t df = 0;
    for (uint32_t i = 0; i < ordinal_count; i++)
        df += tf[i] != 0;
    uint32_t *ordinals =
        osl_arena_take(arena, ((size_t)df + 1) * 2 * sizeof *ordinals);
    if (!ordinals)
        return no_memory(err);
    uint32_t *tfs = ordinals + df;
    df = 0;
    for (uint32_t i = 0; i < ordinal_count; i++) {
        if (!tf[i])
            continue;
        ordinals[df] = i;
        tfs[df++] = tf[i];
    }
    *list = (osl_listed){ordinals, tfs, df};
    return OSL_OK;
}

/* ---- the source -------------------------------------------------------- */

static uint64_t merged_ranges(osl_source *base, uint32_t chunk)
{
    osl_source *term = ((merged_source *)base)->term;
    return term->ops->ranges(term, chunk);
}

static osl_status merged_match(osl_source *base, uint32_t chunk,
                               uint64_t ranges, const uint64_t among[64],
                               uint64_t found[64], osl_error *err)
{
    osl_source *term = ((merged_source *)base)->term;
    return term->ops->match(term, chunk, ranges, among, found, err);
}

static void merged_bounds(osl_source *base, uint32_t chunk, uint8_t bounds[64])
{
    osl_source *term = ((merged_source *)base)->term;
    term->ops->bounds(term, chunk, bounds);
}

static unsigned merged_chunk_bound(osl_source *base, uint32_t chunk)
{
    osl_source *term = ((merged_source *)base)->term;
    return term->ops->chunk_bound(term, chunk);
}

static osl_status merged_add(osl_source *base, const osl_scorer *scorer,
                             uint32_t chunk, uint64_t ranges, osl_sums *sums,
                             osl_error *err)
{
    osl_source *term = ((merged_source *)base)->term;
    return term->ops->add(term, scorer, chunk, ranges, sums, err);
}

static osl_status merged_tfs(osl_source *base, uint32_t range, uint64_t which,
                             uint32_t tfs[64], osl_error *err)
{
    osl_source *term = ((merged_source *)base)->term;
    return term->ops->tfs(term, range, which, tfs, err);
}

static osl_status merged_places(osl_source *base, uint32_t ordinal,
                                osl_places *out, osl_error *err)
{
    osl_source *any = ((merged_source *)base)->any;
    return any->ops->places(any, ordinal, out, err);
}

static osl_status merged_marks(osl_source *base, uint32_t ordinal,
                               osl_places *out, osl_error *err)
{
    osl_source *any = ((merged_source *)base)->any;
    return any->ops->marks(any, ordinal, out, err);
}

static const osl_source_ops merged_ops = {
    .ranges = merged_ranges,
    .match = merged_match,
    .bounds = merged_bounds,
    .chunk_bound = merged_chunk_bound,
    .add = merged_add,
    .tfs = merged_tfs,
    .places = merged_places,
    .marks = merged_marks,
};

const osl_postings *osl_source_merged_postings(const osl_source *source)
{
    const bool *allowed;
    return source->ops == &merged_ops
               ? osl_source_term_postings(((const merged_source *)source)->term,
                                          &allowed)
               : NULL;
}

static osl_status make_term(merged_source *source, const osl_segment *segment,
                            osl_field field, const osl_listed *list,
                            osl_arena *arena, osl_error *err)
{
    const osl_postings *postings;
    osl_status status =
        osl_postings_make(&postings, segment, field, list, arena, err);
    if (status != OSL_OK)
        return status;
    source->term = osl_source_term(postings, NULL, arena);
    return source->term ? OSL_OK : no_memory(err);
}

osl_status osl_source_merged(osl_source **out, osl_source *any,
                             const osl_segment *segment, osl_field field,
                             osl_arena *arena, osl_error *err)
{
    uint32_t ordinals =
        osl_segment_get_info(segment)->fields[field].ordinal_count;
    merged_source *source = osl_arena_zero(arena, 1, sizeof *source);
    uint32_t *tf = calloc(ordinals + (size_t)1, sizeof *tf);
    osl_listed list;
    osl_status status = source && tf ? OSL_OK : no_memory(err);
    if (status == OSL_OK)
        status = add_up(any, ordinals, tf, err);
    if (status == OSL_OK)
        status = take_list(tf, ordinals, arena, &list, err);
    free(tf);
    *out = NULL;
    if (status != OSL_OK || !list.df)
        return status;
    source->base.ops = &merged_ops;
    source->any = any;
    *out = &source->base;
    return make_term(source, segment, field, &list, arena, err);
}
