/* SPDX-License-Identifier: MIT
 *
 * What a wildcard stands for may be hundreds of words: asked range by range
 * they would each be looked up. So the lists of all are read once, from end to
 * end, added up, and brought into the shape of a term, bounds and all; only
 * places are asked of the words themselves. A phrase of which a list is known is
 * asked in the same way. */
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

static osl_status make_room(osl_merge_room *room, uint32_t ordinal_count,
                            osl_error *err)
{
    osl_arena *arena = room->arena;
    uint32_t chunks = ordinal_count / OSL_CHUNK_SIZE + 1;
    if (chunks <= room->chunks)
        return OSL_OK;
    room->tf = osl_arena_zero(arena, chunks, OSL_CHUNK_SIZE * sizeof *room->tf);
    room->touched = osl_arena_zero(arena, chunks, sizeof *room->touched);
    if (!room->tf || !room->touched)
        return no_memory(err);
    room->chunks = chunks;
    return OSL_OK;
}

static void add_one(osl_merge_room *room, uint32_t ordinal, uint32_t tf)
{
    room->tf[ordinal] += tf;
    room->touched[ordinal / OSL_CHUNK_SIZE] |=
        UINT64_C(1) << (ordinal / OSL_RANGE_SIZE % 64);
}

static void add_term(const osl_postings *postings, osl_merge_room *room)
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
            room->tf[ordinals[i]] += tfs[i];
        room->touched[c] |= osl_chunk_mask(chunk.header);
    }
}

/* Only occurrences of forms that count. */
static osl_status add_forms(const osl_postings *postings,
                            const osl_allowed *allowed, osl_merge_room *room,
                            osl_error *err)
{
    size_t df = postings->df, cf = (size_t)postings->cf;
    uint32_t *ordinals =
        cf < SIZE_MAX / 8 ? calloc(2 * df + cf, sizeof *ordinals) : NULL;
    if (!ordinals)
        return no_memory(err);
    const osl_gathered to = {ordinals, ordinals + df, NULL, ordinals + 2 * df};
    osl_status status = osl_postings_gather(postings, &to, err);
    const uint32_t *form = to.forms;
    for (size_t i = 0; i < df && status == OSL_OK; i++) {
        uint32_t tf = 0;
        for (uint32_t n = 0; n < to.tfs[i]; n++)
            tf += osl_is_allowed(allowed, *form++);
        add_one(room, to.ordinals[i], tf);
    }
    free(ordinals);
    return status;
}

/* A source of any kind. */
static osl_status add_ranges(osl_source *source, uint32_t ordinal_count,
                             osl_merge_room *room, osl_error *err)
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
                add_one(room, range * OSL_RANGE_SIZE + bit, tfs[bit]);
            }
        }
    return status;
}

static osl_status add_up(osl_source *any, uint32_t ordinal_count,
                         osl_merge_room *room, osl_error *err)
{
    size_t count = 1;
    osl_source **children = osl_source_any_children(any, &count);
    osl_status status = OSL_OK;
    children = children ? children : &any;
    for (size_t i = 0; i < count && status == OSL_OK; i++) {
        const osl_allowed *allowed = NULL;
        const osl_postings *postings =
            osl_source_term_postings(children[i], &allowed);
        if (!postings)
            postings = osl_source_merged_postings(children[i]);
        if (!postings)
            status = add_ranges(children[i], ordinal_count, room, err);
        else if (allowed)
            status = add_forms(postings, allowed, room, err);
        else
            add_term(postings, room);
    }
    return status;
}

/* Those of a range that have any, which is zero behind it. */
static void take_range(uint32_t *tf, uint32_t first, osl_listed *list,
                       uint32_t *ordinals, uint32_t *tfs)
{
    for (unsigned i = 0; i < OSL_RANGE_SIZE; i++) {
        ordinals[list->df] = first + i;
        tfs[list->df] = tf[i];
        list->df += tf[i] != 0;
        tf[i] = 0;
    }
}

/* The ordinals that have any, into `list`. */
static osl_status take_list(osl_merge_room *room, osl_listed *list,
                            osl_error *err)
{
    size_t ranges = 0;
    for (uint32_t c = 0; c < room->chunks; c++)
        ranges += osl_popcount(room->touched[c]);
    uint32_t *ordinals = osl_arena_take(
        room->arena, (ranges + 1) * OSL_RANGE_SIZE * 2 * sizeof *ordinals);
    if (!ordinals)
        return no_memory(err);
    uint32_t *tfs = ordinals + (ranges + 1) * OSL_RANGE_SIZE;
    *list = (osl_listed){ordinals, tfs, 0};
    for (uint32_t c = 0; c < room->chunks; c++) {
        for (uint64_t left = room->touched[c]; left; left &= left - 1) {
            uint32_t range = c * 64 + (uint32_t)__builtin_ctzll(left);
            uint32_t first = range * OSL_RANGE_SIZE;
            take_range(room->tf + first, first, list, ordinals, tfs);
        }
        room->touched[c] = 0;
    }
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
    const osl_allowed *allowed;
    return source->ops == &merged_ops
               ? osl_source_term_postings(((const merged_source *)source)->term,
                                          &allowed)
               : NULL;
}

osl_source *osl_source_known(osl_source *source, const osl_postings *postings,
                             osl_arena *arena)
{
    merged_source *known = osl_arena_zero(arena, 1, sizeof *known);
    if (!known)
        return NULL;
    known->base.ops = &merged_ops;
    known->any = source;
    known->term = osl_source_term(postings, NULL, arena);
    return known->term ? &known->base : NULL;
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
                             osl_merge_room *room, osl_error *err)
{
    osl_arena *arena = room->arena;
    uint32_t ordinals =
        osl_segment_get_info(segment)->fields[field].ordinal_count;
    merged_source *source = osl_arena_zero(arena, 1, sizeof *source);
    osl_listed list = {NULL, NULL, 0};
    osl_status status =
        source ? make_room(room, ordinals, err) : no_memory(err);
    if (status == OSL_OK)
        status = add_up(any, ordinals, room, err);
    if (status == OSL_OK)
        status = take_list(room, &list, err);
    *out = NULL;
    if (status != OSL_OK || !list.df)
        return status;
    source->base.ops = &merged_ops;
    source->any = any;
    *out = &source->base;
    return make_term(source, segment, field, &list, arena, err);
}
