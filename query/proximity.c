/* SPDX-License-Identifier: MIT
 *
 * What a paragraph's text earns beside what its words give: small parts of
 * their contributions, never a condition.
 *
 * Closeness: what neighbouring words of a plain query earn where they stand
 * close together. For each pair, with d the least distance
 * (1: the second directly behind the first; the other way round counts one
 * more):
 *
 *     part = floor(least contribution of the two · share(d) / 256)
 *
 * share falls as 1/d and ends at 8, so a pair never earns more than a quarter of
 * what its lesser word does: its bound is had from its words' bounds.
 *
 * The typed form: a plain word or an exact phrase earns
 *
 *     part = floor(contribution · 12 / 256 · typed occurrences / all)
 *
 * where it stands as it was typed, and not in another form of its stem. */
#include "query/cursor.h"

#include <string.h>

enum { DISTANCE_MAX = 8, SHARE_MAX = 64, TYPED_MAX = 12 };

/* floor(64 / d), 0 at index 0 and beyond. */
static const uint32_t shares[DISTANCE_MAX + 1] = {0,  SHARE_MAX, 32, 21, 16,
                                                  12, 10,        9,  8};

typedef struct proximity {
    osl_cursor base;
    const osl_neighbours *pairs;
    size_t count;
    const osl_typed_form *forms;
    size_t form_count;
    osl_places a, b;
} proximity;

static uint32_t share_of(uint32_t score, uint32_t share)
{
    return (uint32_t)((uint64_t)score * share >> 8);
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* From x to y; none where they share a position. */
static uint32_t apart(osl_place x, osl_place y)
{
    if (y.start > x.end)
        return y.start - x.end;
    return x.start > y.end ? x.start - y.end + 1 : UINT32_MAX;
}

/* The least distance between places of both lists; they are in order. The
 * nearest two are neighbours in the merged order, so it is enough to walk it;
 * a place in both lists is held against the next of either. */
static uint32_t distance_of(const osl_places *a, const osl_places *b)
{
    uint32_t best = UINT32_MAX;
    for (size_t i = 0, j = 0; i < a->count && j < b->count;) {
        osl_place x = a->items[i], y = b->items[j];
        best = least(best, apart(x, y));
        if (x.start == y.start && i + 1 < a->count)
            best = least(best, apart(a->items[i + 1], y));
        if (x.start == y.start && j + 1 < b->count)
            best = least(best, apart(x, b->items[j + 1]));
        i += x.start <= y.start;
        j += y.start <= x.start;
    }
    return best;
}

static osl_status read_places(osl_cursor *leaf, uint32_t paragraph,
                              osl_places *out, osl_error *err)
{
    osl_source *source = osl_cursor_leaf_source(leaf);
    uint64_t which = UINT64_C(1) << paragraph % OSL_RANGE_SIZE;
    out->count = 0;
    osl_status status = osl_source_match(source, paragraph / OSL_RANGE_SIZE,
                                         which, &which, err);
    if (status == OSL_OK && which)
        status = source->ops->places(source, paragraph, out, err);
    return status;
}

/* Contribution of one pair in one paragraph. */
static osl_status score_pair(proximity *cursor, size_t pair, uint32_t paragraph,
                             uint32_t *part, uint32_t *distance, osl_error *err)
{
    uint32_t a = 0, b = 0;
    osl_cursor *left = cursor->pairs[pair].left,
               *right = cursor->pairs[pair].right;
    *part = 0;
    *distance = UINT32_MAX;
    osl_status status = read_places(left, paragraph, &cursor->a, err);
    if (status == OSL_OK && cursor->a.count)
        status = read_places(right, paragraph, &cursor->b, err);
    if (status != OSL_OK || !cursor->a.count || !cursor->b.count)
        return status;
    *distance = distance_of(&cursor->a, &cursor->b);
    if (*distance > DISTANCE_MAX)
        return OSL_OK;
    status = osl_cursor_leaf_score(left, paragraph, &a, err);
    if (status == OSL_OK)
        status = osl_cursor_leaf_score(right, paragraph, &b, err);
    *part = share_of(least(a, b), shares[*distance]);
    return status;
}

/* Where both words of the pair are. */
static osl_status both(const proximity *cursor, size_t pair, uint32_t range,
                       uint64_t among, uint64_t *out, osl_error *err)
{
    osl_cursor *left = cursor->pairs[pair].left,
               *right = cursor->pairs[pair].right;
    osl_status status = osl_cursor_match(left, range, among, out, err);
    if (status == OSL_OK && *out)
        status = osl_cursor_match(right, range, *out, out, err);
    return status;
}

/* ---- typed forms ------------------------------------------------------- */

/* What the typed form of a word or phrase earns in each of `which`. */
static osl_status score_form(const osl_typed_form *form, uint32_t range,
                             uint64_t which, uint32_t parts[64], osl_error *err)
{
    uint32_t all[64] = {0}, typed[64] = {0};
    osl_source *any = osl_cursor_leaf_source(form->leaf), *same = form->source;
    osl_status status = osl_source_match(any, range, which, &which, err);
    if (status == OSL_OK && which)
        status = osl_source_match(same, range, which, &which, err);
    if (status == OSL_OK && which)
        status = any->ops->tfs(any, range, which, all, err);
    if (status == OSL_OK && which)
        status = same->ops->tfs(same, range, which, typed, err);
    for (; which && status == OSL_OK; which &= which - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(which);
        uint32_t score;
        status = osl_cursor_leaf_score(form->leaf, range * OSL_RANGE_SIZE + bit,
                                       &score, err);
        if (!all[bit] || status != OSL_OK)
            continue;
        uint64_t count = least(typed[bit], all[bit]);
        parts[bit] =
            (uint32_t)((uint64_t)share_of(score, TYPED_MAX) * count / all[bit]);
    }
    return status;
}

static osl_status score_forms(const proximity *cursor, uint32_t range,
                              uint64_t which, uint32_t scores[64],
                              osl_error *err)
{
    osl_status status = OSL_OK;
    for (size_t i = 0; i < cursor->form_count && which && status == OSL_OK;
         i++) {
        uint32_t parts[64] = {0};
        status = score_form(&cursor->forms[i], range, which, parts, err);
        for (uint64_t left = which; left; left &= left - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(left);
            scores[bit] = osl_add_score(scores[bit], parts[bit]);
        }
    }
    return status;
}

/* ---- scores ------------------------------------------------------------ */

/* The least of two is at most half their sum, a word has two neighbours at
 * most, and what it gives stands in scores[]: so all pairs together earn at
 * most SHARE_MAX / 256 of that, and all typed forms TYPED_MAX / 256. */
static uint64_t within_reach(uint64_t which, uint32_t least,
                             const uint32_t scores[64])
{
    uint64_t left = which;
    for (; left; left &= left - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(left);
        uint32_t most = osl_add_score(
            scores[bit], share_of(scores[bit], SHARE_MAX + TYPED_MAX) + 1);
        if (most < least)
            which &= ~(UINT64_C(1) << bit);
    }
    return which;
}

static osl_status proximity_score(osl_cursor *base, uint32_t range,
                                  uint64_t which, uint32_t least_score,
                                  uint32_t scores[64], osl_error *err)
{
    proximity *cursor = (proximity *)base;
    which = within_reach(which, least_score, scores);
    osl_status typed = score_forms(cursor, range, which, scores, err);
    if (typed != OSL_OK)
        return typed;
    for (size_t i = 0; i < cursor->count; i++) {
        uint64_t here;
        osl_status status = both(cursor, i, range, which, &here, err);
        for (; here && status == OSL_OK; here &= here - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(here);
            uint32_t part, distance;
            status = score_pair(cursor, i, range * OSL_RANGE_SIZE + bit, &part,
                                &distance, err);
            scores[bit] = osl_add_score(scores[bit], part);
        }
        if (status != OSL_OK)
            return status;
    }
    return OSL_OK;
}

static void proximity_bounds(osl_cursor *base, uint32_t chunk,
                             uint32_t bounds[64])
{
    const proximity *cursor = (const proximity *)base;
    memset(bounds, 0, 64 * sizeof *bounds);
    for (size_t i = 0; i < cursor->count; i++) {
        const osl_neighbours *of = &cursor->pairs[i];
        uint32_t left[64], right[64];
        of->left->ops->bounds(of->left, chunk, left);
        of->right->ops->bounds(of->right, chunk, right);
        for (unsigned r = 0; r < 64; r++)
            bounds[r] = osl_add_score(
                bounds[r], share_of(least(left[r], right[r]), SHARE_MAX));
    }
    for (size_t i = 0; i < cursor->form_count; i++) {
        uint32_t of[64];
        osl_cursor *leaf = cursor->forms[i].leaf;
        leaf->ops->bounds(leaf, chunk, of);
        for (unsigned r = 0; r < 64; r++)
            bounds[r] = osl_add_score(bounds[r], share_of(of[r], TYPED_MAX));
    }
}

/* Last of its group: sums are of what words give. */
static osl_status proximity_add(osl_cursor *base, uint32_t chunk,
                                uint64_t ranges, osl_sums *sums, osl_error *err)
{
    (void)base;
    (void)chunk;
    (void)err;
    osl_sums_grow(sums, SHARE_MAX + TYPED_MAX, ranges);
    return OSL_OK;
}

static uint32_t proximity_chunk_bound(osl_cursor *base, uint32_t chunk)
{
    const proximity *cursor = (const proximity *)base;
    uint32_t sum = 0;
    for (size_t i = 0; i < cursor->count; i++) {
        osl_cursor *left = cursor->pairs[i].left,
                   *right = cursor->pairs[i].right;
        uint32_t bound = left->ops->chunk_bound(left, chunk);
        if (bound)
            bound = least(bound, right->ops->chunk_bound(right, chunk));
        sum = osl_add_score(sum, share_of(bound, SHARE_MAX));
    }
    for (size_t i = 0; i < cursor->form_count; i++) {
        osl_cursor *leaf = cursor->forms[i].leaf;
        uint32_t bound = leaf->ops->chunk_bound(leaf, chunk);
        sum = osl_add_score(sum, share_of(bound, TYPED_MAX));
    }
    return sum;
}

static uint64_t proximity_ranges(osl_cursor *base, uint32_t chunk)
{
    (void)base;
    (void)chunk;
    return 0;
}

/* A part of a score, never a condition. */
static osl_status proximity_match(osl_cursor *base, uint32_t chunk,
                                  uint64_t ranges, const uint64_t among[64],
                                  uint64_t found[64], osl_error *err)
{
    (void)base;
    (void)chunk;
    (void)ranges;
    (void)among;
    (void)found;
    (void)err;
    return OSL_OK;
}

static osl_status proximity_marks(osl_cursor *base, uint32_t paragraph,
                                  osl_places *out, osl_error *err)
{
    (void)base;
    (void)paragraph;
    (void)out;
    (void)err;
    return OSL_OK;
}

static osl_status explain_forms(const proximity *cursor, uint32_t paragraph,
                                unsigned depth, osl_buf *out, osl_error *err)
{
    unsigned bit = paragraph % OSL_RANGE_SIZE;
    osl_status status = OSL_OK;
    for (size_t i = 0; i < cursor->form_count && status == OSL_OK; i++) {
        uint32_t parts[64] = {0};
        status = score_form(&cursor->forms[i], paragraph / OSL_RANGE_SIZE,
                            UINT64_C(1) << bit, parts, err);
        if (status != OSL_OK || !parts[bit])
            continue;
        osl_explain_number(parts[bit], depth, out);
        osl_buf_printf(out, "typed form: ");
        osl_buf_put_text(out, cursor->forms[i].shown);
        osl_buf_printf(out, ", at most %u/256 of its contribution\n",
                       (unsigned)TYPED_MAX);
    }
    return status;
}

static osl_status proximity_explain(osl_cursor *base, uint32_t paragraph,
                                    unsigned depth, osl_buf *out,
                                    osl_error *err)
{
    proximity *cursor = (proximity *)base;
    for (size_t i = 0; i < cursor->count; i++) {
        uint64_t here;
        uint32_t part = 0, distance = 0;
        osl_status status =
            both(cursor, i, paragraph / OSL_RANGE_SIZE,
                 UINT64_C(1) << paragraph % OSL_RANGE_SIZE, &here, err);
        if (status == OSL_OK && here)
            status = score_pair(cursor, i, paragraph, &part, &distance, err);
        if (status != OSL_OK)
            return status;
        if (!part)
            continue;
        osl_explain_number(part, depth, out);
        osl_buf_printf(out,
                       "closeness of words %u and %u: distance %u, %u/256 "
                       "of the lesser contribution\n",
                       cursor->pairs[i].number, cursor->pairs[i].number + 1,
                       (unsigned)distance, (unsigned)shares[distance]);
    }
    return explain_forms(cursor, paragraph, depth, out, err);
}

static const osl_cursor_ops proximity_ops = {
    .ranges = proximity_ranges,
    .match = proximity_match,
    .bounds = proximity_bounds,
    .chunk_bound = proximity_chunk_bound,
    .add = proximity_add,
    .score = proximity_score,
    .marks = proximity_marks,
    .explain = proximity_explain,
};

osl_cursor *osl_cursor_proximity(const osl_neighbours *pairs, size_t count,
                                 const osl_typed_form *forms, size_t form_count,
                                 osl_arena *arena)
{
    proximity *cursor = osl_arena_zero(arena, 1, sizeof *cursor);
    if (!cursor)
        return NULL;
    cursor->base.ops = &proximity_ops;
    cursor->pairs = pairs;
    cursor->count = count;
    cursor->forms = forms;
    cursor->form_count = form_count;
    cursor->a.arena = cursor->b.arena = arena;
    return &cursor->base;
}
