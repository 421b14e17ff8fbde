/* SPDX-License-Identifier: MIT
 *
 * Two within a distance: from the end of the one to the start of the other,
 * neighbours being 1 apart. A word of the right may stand inside a place of
 * the left that is itself made of words apart (a NEAR/5 b NEAR/5 c, with c
 * between): that is distance 0. Two words never share a position.
 *
 * tf is the number of places on the side that has fewer with a partner, so it
 * is never more than either word occurs. */
#include "query/operator.h"

typedef struct near_source {
    osl_checked checked;
    osl_source *children[2];
    uint32_t distance;
    bool ordered;
    bool words; /* both sides are */
    osl_places left, right;
} near_source;

static bool meet(const near_source *source, osl_place a, osl_place b)
{
    if (b.start > a.end)
        return b.start - a.end <= source->distance;
    if (b.start > a.start && b.end < a.end)
        return true;
    return !source->ordered && a.start > b.end &&
           a.start - b.end <= source->distance;
}

static osl_status read_sides(near_source *source, uint32_t ordinal,
                             osl_error *err)
{
    osl_source *left = source->children[0], *right = source->children[1];
    source->left.count = source->right.count = 0;
    osl_status status = left->ops->places(left, ordinal, &source->left, err);
    if (status == OSL_OK)
        status = right->ops->places(right, ordinal, &source->right, err);
    return status;
}

/* Does `place` have a partner in `others`? */
static bool has_partner(const near_source *source, osl_place place,
                        const osl_places *others, bool place_is_left)
{
    for (size_t i = 0; i < others->count; i++) {
        osl_place other = others->items[i];
        if (place_is_left ? meet(source, place, other)
                          : meet(source, other, place))
            return true;
        if (other.start > place.end &&
            other.start - place.end > source->distance)
            break;
    }
    return false;
}

static uint32_t count_partnered(const near_source *source,
                                const osl_places *places,
                                const osl_places *others, bool left)
{
    uint32_t count = 0;
    for (size_t i = 0; i < places->count; i++)
        count += has_partner(source, places->items[i], others, left);
    return count;
}

/* Positions that one word has. */
typedef struct positions {
    const uint32_t *at;
    uint32_t count;
} positions;

/* How many of `words` have one of `others` behind them at most `after` away, or
 * before them at most `before`. */
static uint32_t count_words(positions words, positions others, uint32_t before,
                            uint32_t after)
{
    uint32_t count = 0, next = 0;
    for (uint32_t i = 0; i < words.count; i++) {
        uint32_t at = words.at[i], least = at > before ? at - before : 0;
        while (next < others.count && others.at[next] < least)
            next++;
        uint32_t n = next;
        n += n < others.count && others.at[n] == at;
        count += n < others.count && others.at[n] <= (uint64_t)at + after;
    }
    return count;
}

/* Two words: no place is longer than a position. */
static osl_status look_at_words(near_source *source, uint32_t ordinal,
                                uint32_t *tf, osl_error *err)
{
    positions left = {NULL, 0}, right = {NULL, 0};
    uint32_t after = source->distance, before = source->ordered ? 0 : after;
    osl_status status = osl_source_positions(source->children[0], ordinal,
                                             &left.at, &left.count, err);
    if (status == OSL_OK)
        status = osl_source_positions(source->children[1], ordinal, &right.at,
                                      &right.count, err);
    if (status != OSL_OK)
        return status;
    uint32_t a = count_words(left, right, before, after);
    uint32_t b = a ? count_words(right, left, after, before) : 0;
    *tf = a < b ? a : b;
    return OSL_OK;
}

static osl_status near_look(osl_checked *checked, uint32_t ordinal,
                            uint32_t *tf, osl_error *err)
{
    near_source *source = (near_source *)checked;
    if (source->words)
        return look_at_words(source, ordinal, tf, err);
    osl_status status = read_sides(source, ordinal, err);
    if (status != OSL_OK)
        return status;
    uint32_t a = count_partnered(source, &source->left, &source->right, true);
    uint32_t b = count_partnered(source, &source->right, &source->left, false);
    uint32_t least = UINT32_MAX;
    *tf = a < b ? a : b;
    if (*tf > 1) {
        status = osl_checked_least(checked, ordinal, &least, err);
        *tf = least < *tf ? least : *tf;
    }
    return status;
}

static osl_status near_places(osl_source *base, uint32_t ordinal,
                              osl_places *out, osl_error *err)
{
    near_source *source = (near_source *)base;
    osl_status status = read_sides(source, ordinal, err);
    size_t before = out->count;
    for (size_t i = 0; i < source->left.count; i++)
        for (size_t j = 0; j < source->right.count && status == OSL_OK; j++) {
            osl_place a = source->left.items[i], b = source->right.items[j];
            if (!meet(source, a, b))
                continue;
            status = osl_places_add(out, a.start < b.start ? a.start : b.start,
                                    a.end > b.end ? a.end : b.end, 0, err);
        }
    osl_places part = {out->items ? out->items + before : NULL,
                       out->count - before, 0, out->arena};
    osl_places_sort(&part);
    out->count = before + part.count;
    return status;
}

/* Appends those marks of a child that lie within a place with a partner. */
static osl_status mark_side(near_source *source, unsigned side,
                            uint32_t ordinal, osl_places *out, osl_error *err)
{
    osl_places marks = {.arena = out->arena};
    osl_source *child = source->children[side];
    const osl_places *places = side == 0 ? &source->left : &source->right;
    const osl_places *others = side == 0 ? &source->right : &source->left;
    osl_status status = child->ops->marks(child, ordinal, &marks, err);
    for (size_t i = 0; i < marks.count && status == OSL_OK; i++)
        for (size_t j = 0; j < places->count; j++) {
            osl_place mark = marks.items[i], place = places->items[j];
            if (mark.start < place.start || mark.end > place.end ||
                !has_partner(source, place, others, side == 0))
                continue;
            status = osl_places_add(out, mark.start, mark.end, 0, err);
            break;
        }
    return status;
}

static osl_status near_marks(osl_source *base, uint32_t ordinal,
                             osl_places *out, osl_error *err)
{
    near_source *source = (near_source *)base;
    osl_status status = read_sides(source, ordinal, err);
    if (status == OSL_OK)
        status = mark_side(source, 0, ordinal, out, err);
    if (status == OSL_OK)
        status = mark_side(source, 1, ordinal, out, err);
    return status;
}

static const osl_source_ops near_ops = {
    .ranges = osl_checked_ranges,
    .match = osl_checked_match,
    .bounds = osl_checked_bounds,
    .chunk_bound = osl_checked_chunk_bound,
    .add = osl_checked_add,
    .tfs = osl_checked_tfs,
    .places = near_places,
    .marks = near_marks,
};

static osl_source *make(osl_source *left, osl_source *right, uint32_t distance,
                        bool ordered, osl_arena *arena)
{
    near_source *source = osl_arena_zero(arena, 1, sizeof *source);
    if (!source)
        return NULL;
    source->children[0] = left;
    source->children[1] = right;
    osl_checked_init(&source->checked, source->children, 2, arena);
    source->checked.base.ops = &near_ops;
    source->checked.look = near_look;
    source->distance = distance;
    source->ordered = ordered;
    source->words =
        osl_source_is_word(left) && osl_source_is_word(right) && left != right;
    source->left.arena = source->right.arena = arena;
    return &source->checked.base;
}

static osl_source *in_any_order(osl_source *left, osl_source *right,
                                uint32_t number, osl_arena *arena)
{
    return make(left, right, number, false, arena);
}

static osl_source *left_first(osl_source *left, osl_source *right,
                              uint32_t number, osl_arena *arena)
{
    return make(left, right, number, true, arena);
}

const osl_operator osl_operator_near = {"NEAR", "near", in_any_order};
const osl_operator osl_operator_adj = {"ADJ", "near>", left_first};
