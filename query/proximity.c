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

/* Two leaves by number. */
typedef struct pair {
    size_t left, right;
    uint32_t number;
} pair;

typedef struct form {
    size_t leaf;
    osl_source *source;
    osl_text shown;
} form;

typedef struct proximity {
    osl_cursor base;
    osl_cursor **leaves;   /* all that pairs and forms speak of, each once */
    uint32_t (*parts)[64]; /* of a range: what each leaf gives */
    size_t leaf_count;
    pair *pairs;
    size_t count;
    form *forms;
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
    out->count = 0;
    return source->ops->places(source, paragraph, out, err);
}

/* ---- what words give --------------------------------------------------- */

static osl_status read_parts(proximity *cursor, uint32_t range, uint64_t which,
                             osl_error *err)
{
    osl_status status = OSL_OK;
    for (size_t i = 0; i < cursor->leaf_count && status == OSL_OK; i++) {
        osl_cursor *of = cursor->leaves[i];
        for (uint64_t left = which; left; left &= left - 1)
            cursor->parts[i][__builtin_ctzll(left)] = 0;
        status = of->ops->score(of, range, which, 0, cursor->parts[i], err);
    }
    return status;
}

static uint32_t most_of_pair(const proximity *cursor, size_t i, unsigned bit)
{
    uint32_t a = cursor->parts[cursor->pairs[i].left][bit];
    uint32_t b = cursor->parts[cursor->pairs[i].right][bit];
    return share_of(least(a, b), SHARE_MAX);
}

static uint32_t most_of_pairs(const proximity *cursor, unsigned bit)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < cursor->count; i++)
        sum = osl_add_score(sum, most_of_pair(cursor, i, bit));
    return sum;
}

static uint32_t most_of_forms(const proximity *cursor, unsigned bit)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < cursor->form_count; i++) {
        uint32_t part = cursor->parts[cursor->forms[i].leaf][bit];
        sum = osl_add_score(sum, share_of(part, TYPED_MAX));
    }
    return sum;
}

/* Those of `which` that all pairs, and forms where they are still to come,
 * may lift to `least`. */
static uint64_t within_reach(const proximity *cursor, uint64_t which,
                             uint32_t least, const uint32_t scores[64],
                             bool forms)
{
    for (uint64_t left = which; left; left &= left - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(left);
        uint32_t most = osl_add_score(scores[bit], most_of_pairs(cursor, bit));
        if (forms)
            most = osl_add_score(most, most_of_forms(cursor, bit));
        if (most < least)
            which &= ~(UINT64_C(1) << bit);
    }
    return which;
}

/* The least of two is at most half their sum, a word has two neighbours at
 * most: so all pairs together earn at most SHARE_MAX / 256 of what words give,
 * and all typed forms TYPED_MAX / 256. */
static uint32_t greatest_share(const proximity *cursor)
{
    uint32_t pairs = cursor->count ? SHARE_MAX : 0;
    return pairs + (cursor->form_count ? (uint32_t)TYPED_MAX : 0);
}

/* Without a look at the words: what they give is in scores[]. */
static uint64_t nearly_reach(const proximity *cursor, uint64_t which,
                             uint32_t least, const uint32_t scores[64])
{
    uint32_t share = greatest_share(cursor);
    for (uint64_t left = which; left; left &= left - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(left);
        uint32_t most =
            osl_add_score(scores[bit], share_of(scores[bit], share) + 1);
        if (most < least)
            which &= ~(UINT64_C(1) << bit);
    }
    return which;
}

/* ---- pairs ------------------------------------------------------------- */

/* The distance of a pair in a paragraph that has both. `known`: the places of
 * its left word stand in cursor->b. */
static osl_status measure(proximity *cursor, size_t i, uint32_t paragraph,
                          bool known, uint32_t *distance, osl_error *err)
{
    const pair *of = &cursor->pairs[i];
    osl_places swap = cursor->a;
    osl_status status = OSL_OK;
    cursor->a = cursor->b;
    cursor->b = swap;
    if (!known)
        status =
            read_places(cursor->leaves[of->left], paragraph, &cursor->a, err);
    if (status == OSL_OK)
        status =
            read_places(cursor->leaves[of->right], paragraph, &cursor->b, err);
    *distance = distance_of(&cursor->a, &cursor->b);
    return status;
}

/* What pair `i` earns where the distance is such. */
static uint32_t earned(const proximity *cursor, size_t i, unsigned bit,
                       uint32_t distance)
{
    uint32_t a = cursor->parts[cursor->pairs[i].left][bit];
    uint32_t b = cursor->parts[cursor->pairs[i].right][bit];
    return distance <= DISTANCE_MAX ? share_of(least(a, b), shares[distance])
                                    : 0;
}

/* All pairs of a paragraph, as long as it may reach `least`. */
static osl_status score_pairs(proximity *cursor, uint32_t paragraph,
                              uint32_t least, uint32_t *score, osl_error *err)
{
    unsigned bit = paragraph % OSL_RANGE_SIZE;
    uint32_t left = most_of_pairs(cursor, bit);
    size_t read = SIZE_MAX; /* the leaf whose places stand in cursor->b */
    for (size_t i = 0; i < cursor->count; i++) {
        uint32_t distance, most = most_of_pair(cursor, i, bit);
        if (osl_add_score(*score, left) < least)
            return OSL_OK;
        if (!most)
            continue;
        osl_status status =
            measure(cursor, i, paragraph, read == cursor->pairs[i].left,
                    &distance, err);
        if (status != OSL_OK)
            return status;
        read = cursor->pairs[i].right;
        left -= left < UINT32_MAX ? most : 0;
        *score = osl_add_score(*score, earned(cursor, i, bit, distance));
    }
    return OSL_OK;
}

/* ---- typed forms ------------------------------------------------------- */

/* What the typed form of a word or phrase earns in each of `which`. */
static osl_status score_form(const proximity *cursor, const form *of,
                             uint32_t range, uint64_t which,
                             uint32_t earned[64], osl_error *err)
{
    uint32_t all[64] = {0}, typed[64] = {0};
    const uint32_t *parts = cursor->parts[of->leaf];
    osl_source *any = osl_cursor_leaf_source(cursor->leaves[of->leaf]);
    osl_source *same = of->source;
    for (uint64_t left = which; left; left &= left - 1)
        if (!share_of(parts[__builtin_ctzll(left)], TYPED_MAX))
            which &= ~(left & -left);
    osl_status status = OSL_OK;
    if (which)
        status = same->ops->tfs(same, range, which, typed, err);
    if (which && status == OSL_OK)
        status = any->ops->tfs(any, range, which, all, err);
    for (; which && status == OSL_OK; which &= which - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(which);
        uint64_t count = least(typed[bit], all[bit]);
        if (all[bit])
            earned[bit] = (uint32_t)((uint64_t)share_of(parts[bit], TYPED_MAX) *
                                     count / all[bit]);
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
        status =
            score_form(cursor, &cursor->forms[i], range, which, parts, err);
        for (uint64_t left = which; left; left &= left - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(left);
            scores[bit] = osl_add_score(scores[bit], parts[bit]);
        }
    }
    return status;
}

/* ---- scores ------------------------------------------------------------ */

static osl_status proximity_score(osl_cursor *base, uint32_t range,
                                  uint64_t which, uint32_t least,
                                  uint32_t scores[64], osl_error *err)
{
    proximity *cursor = (proximity *)base;
    which = nearly_reach(cursor, which, least, scores);
    if (!which)
        return OSL_OK;
    osl_status status = read_parts(cursor, range, which, err);
    if (status != OSL_OK)
        return status;
    which = within_reach(cursor, which, least, scores, true);
    status = score_forms(cursor, range, which, scores, err);
    if (cursor->count)
        which = within_reach(cursor, which, least, scores, false);
    for (; cursor->count && which && status == OSL_OK; which &= which - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(which);
        status = score_pairs(cursor, range * OSL_RANGE_SIZE + bit, least,
                             &scores[bit], err);
    }
    return status;
}

static void proximity_bounds(osl_cursor *base, uint32_t chunk,
                             uint32_t bounds[64])
{
    const proximity *cursor = (const proximity *)base;
    memset(bounds, 0, 64 * sizeof *bounds);
    for (size_t i = 0; i < cursor->count; i++) {
        osl_cursor *a = cursor->leaves[cursor->pairs[i].left];
        osl_cursor *b = cursor->leaves[cursor->pairs[i].right];
        uint32_t left[64], right[64];
        a->ops->bounds(a, chunk, left);
        b->ops->bounds(b, chunk, right);
        for (unsigned r = 0; r < 64; r++)
            bounds[r] = osl_add_score(
                bounds[r], share_of(least(left[r], right[r]), SHARE_MAX));
    }
    for (size_t i = 0; i < cursor->form_count; i++) {
        uint32_t of[64];
        osl_cursor *leaf = cursor->leaves[cursor->forms[i].leaf];
        leaf->ops->bounds(leaf, chunk, of);
        for (unsigned r = 0; r < 64; r++)
            bounds[r] = osl_add_score(bounds[r], share_of(of[r], TYPED_MAX));
    }
}

/* Last of its group: sums are of what words give. */
static osl_status proximity_add(osl_cursor *base, uint32_t chunk,
                                uint64_t ranges, osl_sums *sums, osl_error *err)
{
    (void)chunk;
    (void)err;
    osl_sums_grow(sums, greatest_share((const proximity *)base), ranges);
    return OSL_OK;
}

static uint32_t proximity_chunk_bound(osl_cursor *base, uint32_t chunk)
{
    const proximity *cursor = (const proximity *)base;
    uint32_t sum = 0;
    for (size_t i = 0; i < cursor->count; i++) {
        osl_cursor *left = cursor->leaves[cursor->pairs[i].left];
        osl_cursor *right = cursor->leaves[cursor->pairs[i].right];
        uint32_t bound = left->ops->chunk_bound(left, chunk);
        if (bound)
            bound = least(bound, right->ops->chunk_bound(right, chunk));
        sum = osl_add_score(sum, share_of(bound, SHARE_MAX));
    }
    for (size_t i = 0; i < cursor->form_count; i++) {
        osl_cursor *leaf = cursor->leaves[cursor->forms[i].leaf];
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

/* A part of a score, never a condition. The table of ops wants this signature.
 * NOLINTBEGIN(readability-non-const-parameter) */
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
/* NOLINTEND(readability-non-const-parameter) */

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
        status =
            score_form(cursor, &cursor->forms[i], paragraph / OSL_RANGE_SIZE,
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
    unsigned bit = paragraph % OSL_RANGE_SIZE;
    osl_status status =
        read_parts(cursor, paragraph / OSL_RANGE_SIZE, UINT64_C(1) << bit, err);
    for (size_t i = 0; i < cursor->count && status == OSL_OK; i++) {
        uint32_t distance;
        if (!most_of_pair(cursor, i, bit))
            continue;
        status = measure(cursor, i, paragraph, false, &distance, err);
        uint32_t part = earned(cursor, i, bit, distance);
        if (status != OSL_OK || !part)
            continue;
        osl_explain_number(part, depth, out);
        osl_buf_printf(out,
                       "closeness of words %u and %u: distance %u, %u/256 "
                       "of the lesser contribution\n",
                       cursor->pairs[i].number, cursor->pairs[i].number + 1,
                       (unsigned)distance, (unsigned)shares[distance]);
    }
    return status == OSL_OK ? explain_forms(cursor, paragraph, depth, out, err)
                            : status;
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

/* The number of a leaf; the last ones are neighbours in the query, so they are
 * looked at first. */
static size_t number_of(proximity *cursor, osl_cursor *leaf)
{
    for (size_t i = cursor->leaf_count; i > 0; i--)
        if (cursor->leaves[i - 1] == leaf)
            return i - 1;
    cursor->leaves[cursor->leaf_count] = leaf;
    return cursor->leaf_count++;
}

osl_cursor *osl_cursor_proximity(const osl_neighbours *pairs, size_t count,
                                 const osl_typed_form *forms, size_t form_count,
                                 osl_arena *arena)
{
    proximity *cursor = osl_arena_zero(arena, 1, sizeof *cursor);
    size_t most = 2 * count + form_count;
    if (!cursor)
        return NULL;
    cursor->leaves = osl_arena_zero(arena, most, sizeof(osl_cursor *));
    cursor->pairs = osl_arena_zero(arena, count, sizeof *cursor->pairs);
    cursor->forms = osl_arena_zero(arena, form_count, sizeof *cursor->forms);
    if (!cursor->leaves || !cursor->pairs || !cursor->forms)
        return NULL;
    cursor->base.ops = &proximity_ops;
    cursor->count = count;
    cursor->form_count = form_count;
    cursor->a.arena = cursor->b.arena = arena;
    for (size_t i = 0; i < count; i++) {
        size_t left = number_of(cursor, pairs[i].left);
        cursor->pairs[i] =
            (pair){left, number_of(cursor, pairs[i].right), pairs[i].number};
    }
    for (size_t i = 0; i < form_count; i++)
        cursor->forms[i] = (form){number_of(cursor, forms[i].leaf),
                                  forms[i].source, forms[i].shown};
    cursor->parts =
        osl_arena_take(arena, cursor->leaf_count * sizeof *cursor->parts);
    return cursor->parts ? &cursor->base : NULL;
}
