/* SPDX-License-Identifier: MIT
 *
 * Whole chunks (a part of flat_loops.h). Where many of a chunk's ranges are
 * to be evaluated, looking each up for each word costs more than the rest:
 * here a word's postings are read one behind the other, and sums of all 4,096
 * paragraphs lie in the first cache.
 *
 *  - A sparse word's postings are added one by one, each a look-up in a table
 *    of contributions by tf and length code: most ranges have one or two. Where
 *    few of its ranges live, these are added range by range (vectors).
 *  - A dense word is added 64 paragraphs at a time, in the ranges that live.
 *  - Each time that half of the weight is left, ranges drop out in which no
 *    paragraph can reach the threshold with the rest.
 *
 * What is left is scored exactly, again word by word (flat_candidates.h). */
#ifndef OSL_QUERY_FLAT_CHUNK_H
#define OSL_QUERY_FLAT_CHUNK_H

#include "query/flat_bounds.h"

enum {
    FEW_IN_CHUNK = 64,  /* paragraphs that are scored without any bounds */
    CHECKED_ALWAYS = 8, /* scored leaves up to which each is a check */
    RANGE_POSTINGS = 8, /* a range added alone takes as long as so many */
};

/* ---- contributions ------------------------------------------------------ */

/* What a posting adds, rounded down, by its code of tf and length code. */
static void make_shares(osl_flat *flat)
{
    for (unsigned i = 0; i < scored_count(flat); i++) {
        uint32_t weight = flat->leaves[i].weight;
        uint16_t(*shares)[256] = flat->whole.shares[i];
        for (unsigned n = 0; n < 3; n++)
            for (unsigned code = 0; code < 256; code++)
                shares[n][code] =
                    (uint16_t)(flat->small[n][code] * weight >> 8);
        for (unsigned code = 0; code < 256; code++)
            shares[3][code] = (uint16_t)(255 * weight >> 8);
    }
    flat->whole.ready = true;
}

/* ---- a word in the chunk ------------------------------------------------ */

static void view_leaf(osl_flat *flat, unsigned i, uint32_t chunk)
{
    view *to = &flat->whole.views[i];
    to->at = chunk_of(flat->words[flat->leaves[i].first_word], chunk);
    to->mask = osl_chunk_mask(to->at.header);
    to->flags = osl_chunk_flags(to->at.header);
    to->count = osl_chunk_count(to->at.header);
    to->has_starts = false;
}

static void view_leaves(osl_flat *flat, uint32_t chunk)
{
    flat->whole.chunk = chunk;
    for (unsigned i = 0; i < flat->leaf_count; i++)
        view_leaf(flat, i, chunk);
}

static const uint16_t *starts_of(view *of)
{
    if (!of->has_starts)
        score_starts(of->starts, of->mask, of->at.counts);
    of->starts[64] = (uint16_t)of->count;
    of->has_starts = true;
    return of->starts;
}

/* ---- which paragraphs --------------------------------------------------- */

static void or_view(const view *of, uint64_t words[64])
{
    if (of->flags & OSL_CHUNK_DENSE)
        score_dense_or(words, of->at.payload);
    else
        score_sparse_or(words, of->mask, of->at.counts, of->at.payload,
                        of->count);
}

static void keep_words_of(osl_flat *flat, const view *of, bool negate)
{
    if (of->flags & OSL_CHUNK_DENSE)
        score_dense_and(flat->whole.words, of->at.payload, negate);
    else
        score_sparse_and(flat->whole.words, of->mask, of->at.counts,
                         of->at.payload, of->count, negate);
}

/* Where nothing keeps them out, paragraphs without any word are told here. */
static void keep_matching(osl_flat *flat)
{
    uint64_t any[64] = {0};
    for (unsigned i = 0; i < scored_count(flat); i++)
        if (flat->whole.views[i].mask)
            or_view(&flat->whole.views[i], any);
    score_dense_and(flat->whole.words, (const uint8_t *)any, false);
}

/* Paragraphs of `ranges` that live and hold what is required and nothing that
 * is forbidden. */
static void choose_words(osl_flat *flat, uint64_t ranges)
{
    whole_chunk *all = &flat->whole;
    bool masked = is_masked(flat);
    bool any = !flat->must_count && least_units(flat) <= scored_count(flat);
    all->alive = ranges;
    score_spread_ranges(all->words, ranges);
    for (uint64_t left = masked ? ranges : 0; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctzll(left);
        all->words[i] = starting_word(flat, all->chunk * 64 + i);
    }
    for (unsigned i = 0; i < flat->must_count; i++)
        keep_words_of(flat, &all->views[i], false);
    for (unsigned i = scored_count(flat); i < flat->leaf_count; i++)
        if (all->views[i].mask & ranges)
            keep_words_of(flat, &all->views[i], true);
    if (any)
        keep_matching(flat);
    if (masked || any || flat->must_count ||
        scored_count(flat) < flat->leaf_count)
        all->alive = score_any(all->words);
}

/* ---- bounds ------------------------------------------------------------- */

static void clear_chunk(osl_flat *flat)
{
    whole_chunk *all = &flat->whole;
    const uint8_t *codes =
        flat->query->codes + (size_t)all->chunk * OSL_CHUNK_SIZE;
    memcpy(all->left, flat->sums + (size_t)all->chunk * 64, sizeof all->left);
    for (uint64_t left = all->alive; left; left &= left - 1) {
        unsigned r = (unsigned)__builtin_ctzll(left);
        memset(&flat->accumulators[r], 0, sizeof flat->accumulators[r]);
        score_lengths(lengths_in(flat, r), codes + (size_t)r * 64,
                      &flat->tables);
    }
    all->has_lengths = false;
}

/* Length codes of what lives, as sparse words look them up. */
static void place_lengths(osl_flat *flat)
{
    whole_chunk *all = &flat->whole;
    const uint8_t *codes =
        flat->query->codes + (size_t)all->chunk * OSL_CHUNK_SIZE;
    for (uint64_t left = all->has_lengths ? 0 : all->alive; left;
         left &= left - 1) {
        size_t at = (size_t)__builtin_ctzll(left) * 64;
        score_placed(all->lengths + at, codes + at);
    }
    all->has_lengths = true;
}

static void add_sparse_chunk(osl_flat *flat, unsigned i)
{
    enum { CODES = 3 << OSL_SPARSE_CODE_SHIFT };
    whole_chunk *all = &flat->whole;
    const view *of = &all->views[i];
    uint16_t *sums = flat->accumulators[0].sum;
    const uint16_t *shares = all->shares[i][0];
    const uint8_t *payload = of->at.payload;
    unsigned count = of->count;
    place_lengths(flat);
    spread_sparse(all->places, of->mask, of->at.counts, payload);
    for (unsigned n = 0; n < count; n++) {
        size_t at = all->places[n];
        size_t code = payload[n] & CODES;
        sums[at] =
            (uint16_t)(sums[at] + shares[code << (8 - OSL_SPARSE_CODE_SHIFT) |
                                         all->lengths[at]]);
    }
}

/* Which of a range's paragraphs can reach `least`, which is more than what is
 * left. */
static inline uint64_t reaching_in_chunk(const osl_flat *flat, unsigned r,
                                         uint32_t least)
{
    const whole_chunk *all = &flat->whole;
    return score_reach(&flat->accumulators[r], all->words[r],
                       (uint16_t)(least - all->left[r]));
}

static inline bool is_lost(const osl_flat *flat, unsigned r, uint32_t least)
{
    return flat->whole.left[r] < least && !reaching_in_chunk(flat, r, least);
}

/* A dense word in the chunk, as its ranges are gone through. */
typedef struct dense_word {
    const uint8_t *words, *planes;
    size_t stride;
    const uint16_t *starts;
    const uint8_t *codes; /* where the level has any */
    osl_score_planes of;
    uint16_t weight;
} dense_word;

/* Whether a range is held against the threshold after each dense word, however
 * many words there are: with vectors it costs less than it spares. */
#ifdef SCORE_TFS_AT_ONCE
enum { CHECKS_DENSE = 1 };
#else
enum { CHECKS_DENSE = 0 };
#endif

#ifdef SCORE_CODES

/* Whether sparse words of few words are added range by range, too. */
enum { ADDS_FEW_BY_RANGE = 1 };

static inline __attribute__((always_inline)) void
read_codes(osl_flat *flat, dense_word *of, unsigned count)
{
    score_dense_codes(flat->whole.codes, of->planes, of->stride, of->of, count);
    of->codes = flat->whole.codes;
}

static inline __attribute__((always_inline)) void
add_dense_range(osl_flat *flat, const dense_word *of, unsigned r)
{
    score_coded_add_by(&flat->accumulators[r],
                       osl_get64(of->words + (size_t)r * 8),
                       of->codes + (of->of.count ? of->starts[r] : 0), of->of,
                       score_by(flat, r), of->weight);
}

#else

enum { ADDS_FEW_BY_RANGE = 0 };

static inline __attribute__((always_inline)) void
read_codes(osl_flat *flat, dense_word *of, unsigned count)
{
    (void)flat;
    (void)count;
    of->codes = NULL;
}

static inline __attribute__((always_inline)) void
add_dense_range(osl_flat *flat, const dense_word *of, unsigned r)
{
    uint64_t bits[OSL_CHUNK_PLANES_MAX];
    for (unsigned p = 0; p < of->of.count; p++)
        bits[p] = plane_bits(of->planes + p * of->stride, of->starts[r]);
    score_dense_add_by(&flat->accumulators[r],
                       osl_get64(of->words + (size_t)r * 8), bits, of->of.count,
                       of->of.open, score_by(flat, r), of->weight);
}

#endif

/* Compiled for each number of planes, which then are no loop. `least` 0: no
 * range is looked at. */
static inline __attribute__((always_inline)) void
add_dense_planes(osl_flat *flat, unsigned i, unsigned planes, uint32_t least)
{
    whole_chunk *all = &flat->whole;
    view *of = &all->views[i];
    dense_word word = {.words = of->at.payload,
                       .planes =
                           of->at.payload +
                           osl_chunk_planes_at(of->flags, of->at.positions),
                       .stride = (of->count + 63u) / 64 * 8,
                       .starts = planes ? starts_of(of) : of->starts,
                       .of = {planes, of->flags & OSL_CHUNK_EXCEPTIONS},
                       .weight = flat->leaves[i].weight};
    read_codes(flat, &word, of->count);
    uint64_t lost = 0;
    for (uint64_t left = of->mask & all->alive; left; left &= left - 1) {
        unsigned r = (unsigned)__builtin_ctzll(left);
        add_dense_range(flat, &word, r);
        if (least > 0)
            lost |= (uint64_t)is_lost(flat, r, least) << r;
    }
    all->alive &= ~lost;
}

static void add_dense_chunk(osl_flat *flat, unsigned i, uint32_t least)
{
    unsigned planes = osl_chunk_planes(flat->whole.views[i].flags);
    switch (planes) {
    case 0:
        add_dense_planes(flat, i, 0, least);
        break;
    case 1:
        add_dense_planes(flat, i, 1, least);
        break;
    case 2:
        add_dense_planes(flat, i, 2, least);
        break;
    case 3:
        add_dense_planes(flat, i, 3, least);
        break;
    case 4:
        add_dense_planes(flat, i, 4, least);
        break;
    default:
        add_dense_planes(flat, i, 5, least);
    }
}

/* Of `ranges`, those in which nothing can reach the threshold any more drop
 * out; where `last`, paragraphs do. */
static void drop_lost(osl_flat *flat, uint64_t ranges, uint32_t least,
                      bool last)
{
    whole_chunk *all = &flat->whole;
    uint64_t may =
        all->alive & ranges & ~score_bound_select(all->left, (uint16_t)least);
    for (; may; may &= may - 1) {
        unsigned r = (unsigned)__builtin_ctzll(may);
        uint64_t word = reaching_in_chunk(flat, r, least);
        all->alive &= ~((uint64_t)(word == 0) << r);
        if (last)
            all->words[r] = word;
    }
}

/* Has a dense word's planes on their way, while another one is added. */
static inline void fetch_planes(const view *of)
{
    enum { LINE = 64 };
    if (!(of->flags & OSL_CHUNK_DENSE))
        return;
    const uint8_t *planes =
        of->at.payload + osl_chunk_planes_at(of->flags, of->at.positions);
    size_t bytes = (of->count + 63u) / 64 * 8 * osl_chunk_planes(of->flags);
    for (size_t i = 0; i < bytes; i += LINE)
        __builtin_prefetch(planes + i);
}

/* Whether a sparse word is added range by range: where few of its ranges
 * live. */
static bool is_added_by_range(const view *of, uint64_t ranges)
{
    unsigned all = of->count + (unsigned)__builtin_popcountll(of->mask);
    return (unsigned)__builtin_popcountll(ranges) * RANGE_POSTINGS < all;
}

static void add_sparse_ranges(osl_flat *flat, unsigned i, uint32_t least)
{
    whole_chunk *all = &flat->whole;
    view *of = &all->views[i];
    const uint16_t *starts = starts_of(of);
    uint16_t weight = flat->leaves[i].weight;
    uint64_t lost = 0;
    for (uint64_t left = of->mask & all->alive; left; left &= left - 1) {
        unsigned r = (unsigned)__builtin_ctzll(left);
        (void)score_sparse_add_by(
            &flat->accumulators[r], of->at.payload + starts[r],
            (unsigned)(starts[r + 1] - starts[r]), score_by(flat, r), weight);
        lost |= (uint64_t)is_lost(flat, r, least) << r;
    }
    all->alive &= ~lost;
}

static void add_sparse(osl_flat *flat, unsigned i, uint32_t least, bool each)
{
    const view *of = &flat->whole.views[i];
    if (CHECKS_DENSE && (ADDS_FEW_BY_RANGE || !each) &&
        is_added_by_range(of, of->mask & flat->whole.alive)) {
        add_sparse_ranges(flat, i, least);
        return;
    }
    add_sparse_chunk(flat, i);
    if (each)
        drop_lost(flat, of->mask, least, false);
}

static void add_bounds(osl_flat *flat)
{
    whole_chunk *all = &flat->whole;
    unsigned scored = scored_count(flat);
    uint32_t rest = 0, since = 0, least = least_units(flat);
    bool each = scored <= CHECKED_ALWAYS;
    if (least > UINT16_MAX) {
        all->alive = 0;
        return;
    }
    clear_chunk(flat);
    for (unsigned i = 0; i < scored; i++)
        rest += flat->leaves[i].weight;
    for (unsigned i = 0; i < scored && all->alive; i++) {
        view *of = &all->views[i];
        uint16_t weight = flat->leaves[i].weight;
        rest -= weight;
        since += weight;
        if (i + 1 < scored && all->views[i + 1].mask & all->alive)
            fetch_planes(&all->views[i + 1]);
        if (of->mask & all->alive) {
            score_bound_take(all->left, of->mask,
                             bounds_today(flat, flat->bounds_today[0],
                                          of->at.bounds, of->mask),
                             weight);
            if (of->flags & OSL_CHUNK_DENSE)
                add_dense_chunk(flat, i, each || CHECKS_DENSE ? least : 0);
            else
                add_sparse(flat, i, least, each);
        }
        if (!each && since >= rest) {
            drop_lost(flat, ~(uint64_t)0, least, false);
            since = 0;
        }
    }
    drop_lost(flat, ~(uint64_t)0, least, true);
}

#endif
