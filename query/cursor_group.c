/* SPDX-License-Identifier: MIT
 *
 * Wanted, required, forbidden, filters: masks. Required children narrow one
 * after the other and stop at none; the planner puts the rarest first and
 * what looks at stored columns (filters) last. */
#include "query/cursor.h"
#include "query/words.h"

#include <string.h>

typedef struct group {
    osl_cursor base;
    const osl_group_child *children;
    size_t count;
    uint32_t range_count;
    osl_text label;
    bool has_must, has_should;
    uint64_t *there; /* ranges of `chunk`, by child; NULL: they are few */
    uint32_t chunk;
} group;

static uint64_t all_ranges(const group *cursor, uint32_t chunk)
{
    uint64_t first = chunk * (uint64_t)64;
    if (first >= cursor->range_count)
        return 0;
    uint64_t left = cursor->range_count - first;
    return left < 64 ? (UINT64_C(1) << left) - 1 : ~UINT64_C(0);
}

static uint64_t group_ranges(osl_cursor *base, uint32_t chunk)
{
    group *cursor = (group *)base;
    uint64_t required = all_ranges(cursor, chunk), wanted = 0;
    bool any = cursor->has_should && !cursor->has_must;
    for (size_t i = 0; i < cursor->count && required; i++) {
        const osl_group_child *child = &cursor->children[i];
        if (child->bonus || child->occur == OSL_OCCUR_NOT ||
            (child->occur == OSL_OCCUR_SHOULD && !any))
            continue;
        uint64_t ranges = child->cursor->ops->ranges(child->cursor, chunk);
        if (child->occur == OSL_OCCUR_SHOULD)
            wanted |= ranges;
        else
            required &= ranges;
    }
    return any ? required & wanted : required;
}

static bool is_condition(const osl_group_child *child, osl_occur occur)
{
    return child->occur == occur && !child->bonus;
}

/* Narrows words, and *ranges to where any are left, by the children of one
 * kind. */
static osl_status narrow(const group *cursor, osl_occur occur, uint32_t chunk,
                         uint64_t *ranges, uint64_t words[64], osl_error *err)
{
    for (size_t i = 0; i < cursor->count && *ranges; i++) {
        osl_cursor *child = cursor->children[i].cursor;
        uint64_t found[64] = {0};
        if (!is_condition(&cursor->children[i], occur))
            continue;
        osl_status status =
            child->ops->match(child, chunk, *ranges, words, found, err);
        if (status != OSL_OK)
            return status;
        if (occur == OSL_OCCUR_NOT)
            osl_words_without(words, found);
        else
            osl_words_and(words, found);
        *ranges = osl_words_there(words, *ranges);
    }
    return OSL_OK;
}

static osl_status any_of(const group *cursor, uint32_t chunk, uint64_t ranges,
                         const uint64_t among[64], uint64_t found[64],
                         osl_error *err)
{
    osl_status status = OSL_OK;
    for (size_t i = 0; i < cursor->count && status == OSL_OK; i++) {
        osl_cursor *child = cursor->children[i].cursor;
        if (is_condition(&cursor->children[i], OSL_OCCUR_SHOULD))
            status = child->ops->match(child, chunk, ranges, among, found, err);
    }
    return status;
}

static osl_status group_match(osl_cursor *base, uint32_t chunk, uint64_t ranges,
                              const uint64_t among[64], uint64_t found[64],
                              osl_error *err)
{
    const group *cursor = (const group *)base;
    bool any = cursor->has_should && !cursor->has_must;
    uint64_t words[64];
    osl_status status;
    if (any && !base->narrows)
        return any_of(cursor, chunk, ranges, among, found, err);
    memcpy(words, among, sizeof words);
    if (any) {
        uint64_t wanted[64] = {0};
        status = any_of(cursor, chunk, ranges, words, wanted, err);
        osl_words_and(words, wanted);
        ranges = osl_words_there(words, ranges);
    } else {
        status = narrow(cursor, OSL_OCCUR_MUST, chunk, &ranges, words, err);
    }
    if (status == OSL_OK)
        status = narrow(cursor, OSL_OCCUR_NOT, chunk, &ranges, words, err);
    if (status == OSL_OK)
        status = narrow(cursor, OSL_OCCUR_FILTER, chunk, &ranges, words, err);
    for (; ranges && status == OSL_OK; ranges &= ranges - 1) {
        unsigned r = (unsigned)__builtin_ctzll(ranges);
        found[r] |= words[r];
    }
    return status;
}

static bool is_scored(const osl_group_child *child)
{
    return child->bonus || child->occur == OSL_OCCUR_SHOULD ||
           child->occur == OSL_OCCUR_MUST;
}

static void group_bounds(osl_cursor *base, uint32_t chunk, uint32_t bounds[64])
{
    const group *cursor = (const group *)base;
    memset(bounds, 0, 64 * sizeof *bounds);
    for (size_t i = 0; i < cursor->count; i++) {
        osl_cursor *child = cursor->children[i].cursor;
        uint32_t part[64];
        if (!is_scored(&cursor->children[i]))
            continue;
        child->ops->bounds(child, chunk, part);
        for (unsigned r = 0; r < 64; r++)
            bounds[r] = osl_add_score(bounds[r], part[r]);
    }
}

static uint32_t group_chunk_bound(osl_cursor *base, uint32_t chunk)
{
    const group *cursor = (const group *)base;
    uint32_t sum = 0;
    for (size_t i = 0; i < cursor->count; i++) {
        osl_cursor *child = cursor->children[i].cursor;
        if (is_scored(&cursor->children[i]))
            sum = osl_add_score(sum, child->ops->chunk_bound(child, chunk));
    }
    return sum;
}

/* Into sums of its own where it must not see what others have added. */
static osl_status add_child(osl_cursor *child, uint32_t chunk, uint64_t ranges,
                            osl_sums *sums, osl_error *err)
{
    if (!child->grows)
        return child->ops->add(child, chunk, ranges, sums, err);
    osl_sums *own = osl_sums_beside(sums, ranges);
    if (!own)
        return osl_fail(err, OSL_ENOMEM, "query: memory ran out at bounds");
    osl_status status = child->ops->add(child, chunk, ranges, own, err);
    osl_sums_join(sums, own, ranges);
    return status;
}

/* Words of the group itself, which one that shares has a share of; or the
 * rest: groups within, and what only adds to scores. */
static osl_status add_children(const group *cursor, bool words, uint32_t chunk,
                               uint64_t ranges, osl_sums *sums, osl_error *err)
{
    osl_status status = OSL_OK;
    for (size_t i = 0; i < cursor->count && status == OSL_OK; i++) {
        const osl_group_child *child = &cursor->children[i];
        bool is_word = !child->bonus && !child->cursor->grows;
        if (is_scored(child) && is_word == words && !child->shares)
            status = add_child(child->cursor, chunk, ranges, sums, err);
    }
    return status;
}

static osl_status group_add(osl_cursor *base, uint32_t chunk, uint64_t ranges,
                            osl_sums *sums, osl_error *err)
{
    const group *cursor = (const group *)base;
    osl_status status = add_children(cursor, true, chunk, ranges, sums, err);
    for (size_t i = 0; i < cursor->count && status == OSL_OK; i++) {
        osl_cursor *child = cursor->children[i].cursor;
        if (cursor->children[i].shares)
            status = child->ops->add(child, chunk, ranges, sums, err);
    }
    return status == OSL_OK
               ? add_children(cursor, false, chunk, ranges, sums, err)
               : status;
}

/* Children from which on it pays to know where each of them is. */
enum { MANY = 6 };

static void find_there(group *cursor, uint32_t chunk)
{
    for (size_t i = 0; i < cursor->count; i++) {
        const osl_group_child *child = &cursor->children[i];
        cursor->there[i] =
            child->shares ? ~UINT64_C(0)
                          : child->cursor->ops->ranges(child->cursor, chunk);
    }
    cursor->chunk = chunk;
}

/* Only the last child knows what the others have given. Where nothing but one
 * of several words is asked for, what matches none of them gets nothing. */
static osl_status group_score(osl_cursor *base, uint32_t range, uint64_t which,
                              uint32_t least, uint32_t scores[64],
                              osl_error *err)
{
    group *cursor = (group *)base;
    osl_status status = OSL_OK;
    if (!base->is_root && (base->narrows || base->adds))
        status = osl_cursor_match(base, range, which, &which, err);
    if (cursor->there && cursor->chunk != range / 64)
        find_there(cursor, range / 64);
    for (size_t i = 0; i < cursor->count && status == OSL_OK && which; i++) {
        osl_cursor *child = cursor->children[i].cursor;
        bool here = !cursor->there || (cursor->there[i] >> range % 64 & 1);
        if (here && is_scored(&cursor->children[i]))
            status = child->ops->score(child, range, which,
                                       i + 1 == cursor->count ? least : 0,
                                       scores, err);
    }
    return status;
}

static osl_status group_marks(osl_cursor *base, uint32_t paragraph,
                              osl_places *out, osl_error *err)
{
    group *cursor = (group *)base;
    uint64_t which = UINT64_C(1) << paragraph % OSL_RANGE_SIZE;
    osl_status status =
        osl_cursor_match(base, paragraph / OSL_RANGE_SIZE, which, &which, err);
    for (size_t i = 0; i < cursor->count && status == OSL_OK && which; i++) {
        osl_cursor *child = cursor->children[i].cursor;
        if (is_scored(&cursor->children[i]))
            status = child->ops->marks(child, paragraph, out, err);
    }
    return status;
}

static osl_status explain_children(group *cursor, uint32_t paragraph,
                                   unsigned depth, osl_buf *out, size_t *said,
                                   osl_error *err)
{
    osl_status status = OSL_OK;
    for (size_t i = 0; i < cursor->count && status == OSL_OK; i++)
        if (is_scored(&cursor->children[i]))
            status = osl_explain_part(cursor->children[i].cursor, paragraph,
                                      depth, out, said, err);
    return status;
}

static osl_status group_explain(osl_cursor *base, uint32_t paragraph,
                                unsigned depth, osl_buf *out, osl_error *err)
{
    group *cursor = (group *)base;
    uint32_t range = paragraph / OSL_RANGE_SIZE, scores[64] = {0};
    uint64_t which = UINT64_C(1) << paragraph % OSL_RANGE_SIZE;
    osl_buf parts = {0};
    size_t said = 0;
    osl_status status = osl_cursor_match(base, range, which, &which, err);
    if (status != OSL_OK || !which)
        return status;
    status = group_score(base, range, which, 0, scores, err);
    if (status == OSL_OK)
        status =
            explain_children(cursor, paragraph, depth + 1, &parts, &said, err);
    if (status == OSL_OK && said == 1 && !parts.failed) {
        osl_buf_clear(&parts);
        return explain_children(cursor, paragraph, depth, out, &said, err);
    }
    osl_explain_number(scores[paragraph % OSL_RANGE_SIZE], depth, out);
    osl_buf_printf(out, "sum: ");
    osl_buf_put_text(out, cursor->label);
    osl_buf_put_byte(out, '\n');
    osl_buf_put_text(out, osl_buf_text(&parts));
    out->failed |= parts.failed;
    osl_buf_clear(&parts);
    return status;
}

static const osl_cursor_ops group_ops = {
    .ranges = group_ranges,
    .match = group_match,
    .bounds = group_bounds,
    .chunk_bound = group_chunk_bound,
    .add = group_add,
    .score = group_score,
    .marks = group_marks,
    .explain = group_explain,
};

osl_cursor *osl_cursor_group(const osl_group_child *children, size_t count,
                             uint32_t range_count, osl_text label,
                             osl_arena *arena)
{
    group *cursor = osl_arena_zero(arena, 1, sizeof *cursor);
    if (!cursor)
        return NULL;
    cursor->base.ops = &group_ops;
    cursor->children = children;
    cursor->count = count;
    cursor->range_count = range_count;
    cursor->label = label;
    cursor->chunk = UINT32_MAX;
    if (count >= MANY)
        cursor->there = osl_arena_zero(arena, count, sizeof *cursor->there);
    if (count >= MANY && !cursor->there)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        cursor->has_must |= is_condition(&children[i], OSL_OCCUR_MUST);
        cursor->has_should |= is_condition(&children[i], OSL_OCCUR_SHOULD);
        cursor->base.grows |= children[i].shares;
        cursor->base.adds |= children[i].bonus && !children[i].shares;
        cursor->base.narrows |=
            !children[i].bonus && children[i].occur != OSL_OCCUR_SHOULD;
    }
    return &cursor->base;
}
