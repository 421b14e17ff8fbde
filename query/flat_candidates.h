/* SPDX-License-Identifier: MIT
 *
 * The exact scores of paragraphs, word by word (a part of flat_loops.h): of
 * those that bounds have left of a chunk, of few matches of all chunks, of a
 * batch's (flat_batch.h). Where a chunk has many, those of the greatest bounds
 * come first: they raise the threshold, and most of the others are never
 * scored. */
#ifndef OSL_QUERY_FLAT_CANDIDATES_H
#define OSL_QUERY_FLAT_CANDIDATES_H

#include "query/flat_best.h"
#include "query/flat_chunk.h"

static void begin_candidates(osl_flat *flat)
{
    flat->candidates.range_count = 0;
}

/* Ranges come in order. */
static inline void add_range(osl_flat *flat, uint32_t range, uint64_t word)
{
    candidates *to = &flat->candidates;
    to->ranges[to->range_count] = range;
    to->words[to->range_count++] = word;
}

/* Paragraphs of the chunk come in order; no branch on whether one is of a new
 * range. */
static inline void add_candidate(osl_flat *flat, unsigned at)
{
    candidates *to = &flat->candidates;
    uint32_t range = flat->whole.chunk * 64 + at / 64;
    unsigned n = to->range_count;
    bool same = n > 0 && to->ranges[n - 1] == range;
    n -= same;
    to->ranges[n] = range;
    to->words[n] = (same ? to->words[n] : 0) | (uint64_t)1 << (at % 64);
    to->range_count = n + 1;
}

/* The paragraphs of all ranges; nothing is scored yet. */
static void list_candidates(osl_flat *flat)
{
    candidates *of = &flat->candidates;
    unsigned count = 0;
    for (unsigned n = 0; n < of->range_count; n++) {
        of->first[n] = (uint16_t)count;
        score_list_word(of->at + count, of->lengths + count, of->words[n],
                        (uint16_t)(n * 64),
                        flat->query->codes + (size_t)of->ranges[n] * 64);
        count += (unsigned)__builtin_popcountll(of->words[n]);
    }
    of->count = count;
    score_look_up(of->ks, of->lengths, count, flat->k);
    memset(of->scores, 0, count * sizeof *of->scores);
}

/* ---- what a word adds -------------------------------------------------------
 *
 * Its tfs in all candidates, a byte each, then what these add to the scores,
 * many at once. */

/* What the tfs at hand add to `count` candidates from `first` on. */
static void add_gains_to(osl_flat *flat, const leaf *scored, unsigned first,
                         unsigned count)
{
    candidates *of = &flat->candidates;
    float weight = scored->from->weight;
    if (weight * (float)OSL_SCORE_ONE < 2147483648.0f) {
        score_add_gains(of->scores + first, of->tfs + first, of->ks + first,
                        count, weight);
        return;
    }
    for (unsigned n = first; n < first + count; n++)
        of->scores[n] += osl_score_contribution(
            weight, osl_score_gain(of->tfs[n], of->ks[n]));
}

static void add_gains(osl_flat *flat, const leaf *scored)
{
    add_gains_to(flat, scored, 0, flat->candidates.count);
}

/* A tf that was not told: a byte, too, or added here. */
static void put_rest(osl_flat *flat, const leaf *scored, unsigned n,
                     uint32_t tf)
{
    candidates *of = &flat->candidates;
    of->tfs[n] = (uint8_t)(tf < OSL_TF_UNTOLD ? tf : 0);
    if (tf >= OSL_TF_UNTOLD)
        of->scores[n] += osl_score_contribution(scored->from->weight,
                                                osl_score_gain(tf, of->ks[n]));
}

/* Candidates' ranges that are of one chunk. */
typedef struct chunk_ranges {
    uint32_t chunk;
    unsigned first;  /* of the candidates' ranges */
    uint64_t ranges; /* a bit each */
} chunk_ranges;

static unsigned place_in(const chunk_ranges *of, unsigned r)
{
    uint64_t below = of->ranges & (((uint64_t)1 << r) - 1);
    return of->first + (unsigned)__builtin_popcountll(below);
}

/* A range's tfs that are not told. */
static __attribute__((noinline)) void look_up_rest(osl_flat *flat, unsigned i,
                                                   unsigned n, uint64_t word,
                                                   unsigned start)
{
    const candidates *of = &flat->candidates;
    unsigned k = of->first[n];
    for (uint64_t left = of->words[n]; left; left &= left - 1, k++) {
        uint64_t below = (left & -left) - 1;
        unsigned posting = start + (unsigned)__builtin_popcountll(word & below);
        if (of->tfs[k] == OSL_TF_UNTOLD)
            put_rest(flat, &flat->leaves[i], k,
                     osl_chunk_tf(&flat->whole.views[i].at, posting));
    }
}

static void find_sparse(osl_flat *flat, unsigned i, const chunk_ranges *in)
{
    const view *of = &flat->whole.views[i];
    candidates *to = &flat->candidates;
    for (uint64_t left = in->ranges & of->mask; left; left &= left - 1) {
        unsigned r = (unsigned)__builtin_ctzll(left), n = place_in(in, r);
        uint64_t below = of->mask & ((left & -left) - 1);
        unsigned rank = (unsigned)__builtin_popcountll(below);
        unsigned start = score_sum(of->at.counts, rank);
        unsigned count = of->at.counts[rank];
        const uint8_t *payload = of->at.payload + start;
        if (score_sparse_tfs(to->tfs + to->first[n], payload, count,
                             to->words[n]))
            look_up_rest(flat, i, n, score_sparse_word(payload, count), start);
    }
}

/* Where the streams of a dense chunk are. */
typedef struct dense_streams {
    const uint16_t *starts; /* of each range, in postings */
    const uint8_t *payload, *planes;
    size_t stride; /* bytes of a plane */
} dense_streams;

static inline dense_streams dense_streams_of(osl_flat *flat, unsigned i)
{
    view *of = &flat->whole.views[i];
    const uint8_t *payload = of->at.payload;
    return (dense_streams){
        .starts = starts_of(of),
        .payload = payload,
        .planes = payload + osl_chunk_planes_at(of->flags, of->at.positions),
        .stride = (of->count + 63u) / 64 * 8,
    };
}

#ifdef SCORE_TFS_AT_ONCE

/* Compiled for each number of planes. */
static inline __attribute__((always_inline)) void
find_dense_planes(osl_flat *flat, unsigned i, const chunk_ranges *in,
                  unsigned planes)
{
    const view *of = &flat->whole.views[i];
    candidates *to = &flat->candidates;
    dense_streams dense = dense_streams_of(flat, i);
    osl_score_planes how = {planes, of->flags & OSL_CHUNK_EXCEPTIONS};
    for (uint64_t left = in->ranges & of->mask; left; left &= left - 1) {
        unsigned r = (unsigned)__builtin_ctzll(left), n = place_in(in, r);
        uint64_t word = osl_get64(dense.payload + (size_t)r * 8);
        uint64_t bits[OSL_CHUNK_PLANES_MAX];
        for (unsigned p = 0; p < planes; p++)
            bits[p] =
                plane_bits(dense.planes + p * dense.stride, dense.starts[r]);
        if (score_dense_tfs(to->tfs + to->first[n], word, bits, how,
                            to->words[n]))
            look_up_rest(flat, i, n, word, dense.starts[r]);
    }
}

#else

/* The same, each candidate looked up alone. */
static inline __attribute__((always_inline)) void
find_dense_planes(osl_flat *flat, unsigned i, const chunk_ranges *in,
                  unsigned planes)
{
    const view *of = &flat->whole.views[i];
    candidates *to = &flat->candidates;
    dense_streams dense = dense_streams_of(flat, i);
    unsigned large =
        of->flags & OSL_CHUNK_EXCEPTIONS ? (1u << planes) - 1 : 1u << planes;
    unsigned last = in->first + (unsigned)__builtin_popcountll(in->ranges);
    unsigned end = last < to->range_count ? to->first[last] : to->count;
    bool untold = false;
    for (unsigned k = to->first[in->first]; k < end; k++) {
        unsigned at = to->at[k], r = to->ranges[at / 64] % 64, more = 0;
        uint64_t word = osl_get64(dense.payload + (size_t)r * 8);
        uint64_t bit = (uint64_t)1 << (at % 64);
        bool holds = word & bit;
        unsigned posting =
            dense.starts[r] + (unsigned)__builtin_popcountll(word & (bit - 1));
        posting = holds ? posting : 0; /* one that is there */
        for (unsigned p = 0; p < planes; p++)
            more |= ((unsigned)dense.planes[p * dense.stride + posting / 8] >>
                         (posting % 8) &
                     1u)
                    << p;
        bool told = more < large;
        to->tfs[k] = (uint8_t)(!holds ? 0 : told ? more + 1 : OSL_TF_UNTOLD);
        untold |= holds && !told;
    }
    for (uint64_t left = untold ? in->ranges : 0; left; left &= left - 1) {
        unsigned r = (unsigned)__builtin_ctzll(left);
        look_up_rest(flat, i, place_in(in, r),
                     osl_get64(dense.payload + (size_t)r * 8), dense.starts[r]);
    }
}

#endif

static void find_dense(osl_flat *flat, unsigned i, const chunk_ranges *in)
{
    switch (osl_chunk_planes(flat->whole.views[i].flags)) {
    case 0:
        find_dense_planes(flat, i, in, 0);
        break;
    case 1:
        find_dense_planes(flat, i, in, 1);
        break;
    case 2:
        find_dense_planes(flat, i, in, 2);
        break;
    case 3:
        find_dense_planes(flat, i, in, 3);
        break;
    case 4:
        find_dense_planes(flat, i, in, 4);
        break;
    default:
        find_dense_planes(flat, i, in, 5);
    }
}

static void find_in_chunk(osl_flat *flat, unsigned i, const chunk_ranges *in)
{
    if (flat->whole.views[i].flags & OSL_CHUNK_DENSE)
        find_dense(flat, i, in);
    else
        find_sparse(flat, i, in);
}

/* A score that as many of the candidates as are wanted reach: each of some has
 * the greatest of those that follow each other at even steps. */
static uint32_t reached_by_candidates(const osl_flat *flat)
{
    enum { LANES = 16, EACH = 4 };
    const candidates *of = &flat->candidates;
    uint32_t most[LANES] = {0}, top[LANES];
    size_t best = flat->query->best;
    if (best == 0 || best > LANES || of->count < LANES * EACH)
        return 0;
    for (unsigned k = 0; k + LANES <= of->count; k += LANES)
        for (unsigned n = 0; n < LANES; n++)
            most[n] = most[n] > of->scores[k + n] ? most[n] : of->scores[k + n];
    for (unsigned n = 0; n < LANES; n++)
        keep_greatest(top, n, best, most[n]);
    return top[best - 1];
}

/* Gives the sink what reaches the threshold. */
static void keep_candidates(osl_flat *flat)
{
    candidates *of = &flat->candidates;
    uint32_t reached = reached_by_candidates(flat);
    flat->seed = reached > flat->seed ? reached : flat->seed;
    uint32_t least = least_score(flat);
    unsigned kept = 0;
    for (unsigned k = 0; k < of->count; k++) {
        of->kept[kept] = (uint16_t)k;
        kept += of->scores[k] >= least;
    }
    for (unsigned n = 0; n < kept; n++) {
        unsigned at = of->at[of->kept[n]];
        uint32_t score = of->scores[of->kept[n]];
        if (score >= least_score(flat))
            flat->sink->keep(flat->sink->user, flat->query->segment,
                             of->ranges[at / 64] * 64 + at % 64, score);
    }
}

/* Candidates of the chunk whose words are viewed. */
static void score_candidates(osl_flat *flat)
{
    candidates *to = &flat->candidates;
    chunk_ranges all = {flat->whole.chunk, 0, 0};
    for (unsigned n = 0; n < to->range_count; n++)
        all.ranges |= (uint64_t)1 << (to->ranges[n] % 64);
    list_candidates(flat);
    for (unsigned i = 0; i < scored_count(flat); i++) {
        if (!(flat->whole.views[i].mask & all.ranges))
            continue;
        if (i >= flat->must_count)
            memset(to->tfs, 0, to->count);
        find_in_chunk(flat, i, &all);
        add_gains(flat, &flat->leaves[i]);
    }
    keep_candidates(flat);
}

/* The ranges of the chunk in which the one at `first` is. */
static chunk_ranges ranges_of_chunk(const candidates *of, unsigned first)
{
    chunk_ranges out = {of->ranges[first] / 64, first, 0};
    for (unsigned n = first;
         n < of->range_count && of->ranges[n] / 64 == out.chunk; n++)
        out.ranges |= (uint64_t)1 << (of->ranges[n] % 64);
    return out;
}

/* Candidates of any chunks, all of which match; a word at a time. */
static void score_matches(osl_flat *flat)
{
    const candidates *to = &flat->candidates;
    list_candidates(flat);
    for (unsigned i = 0; i < scored_count(flat); i++) {
        if (i >= flat->must_count)
            memset(flat->candidates.tfs, 0, to->count);
        for (unsigned n = 0; n < to->range_count;) {
            chunk_ranges some = ranges_of_chunk(to, n);
            view_leaf(flat, i, some.chunk);
            if (flat->whole.views[i].mask & some.ranges)
                find_in_chunk(flat, i, &some);
            n += (unsigned)__builtin_popcountll(some.ranges);
        }
        add_gains(flat, &flat->leaves[i]);
    }
    keep_candidates(flat);
}

/* ---- the best bounds first ---------------------------------------------- */

/* The paragraphs that bounds have left, and their bounds. */
static void list_left(osl_flat *flat)
{
    whole_chunk *all = &flat->whole;
    unsigned count = 0;
    for (uint64_t left = all->alive; left; left &= left - 1) {
        unsigned r = (unsigned)__builtin_ctzll(left);
        const uint16_t *sums = flat->accumulators[r].sum;
        for (uint64_t word = all->words[r]; word; word &= word - 1) {
            unsigned at = (unsigned)__builtin_ctzll(word);
            uint32_t bound = (uint32_t)sums[score_place(at)] + all->left[r];
            all->rest[count] = (uint16_t)(r * 64 + at);
            all->rest_bounds[count++] =
                (uint16_t)(bound < UINT16_MAX ? bound : UINT16_MAX);
        }
    }
    all->rest_count = count;
}

static unsigned count_rest(const whole_chunk *all, uint32_t least)
{
    uint16_t count = 0, from = (uint16_t)least;
    if (least > UINT16_MAX)
        return 0;
    for (unsigned n = 0; n < all->rest_count; n++)
        count = (uint16_t)(count + (all->rest_bounds[n] >= from));
    return count;
}

/* A bound that more than `wanted` of the rest reach, but no more than `most`,
 * unless many have the same. */
static uint32_t find_cut(const whole_chunk *all, unsigned wanted, unsigned most)
{
    uint32_t low = 0, high = UINT16_MAX + 1;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        unsigned count = count_rest(all, middle);
        if (count > wanted && count <= most)
            return middle;
        if (count > most)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Those of the rest with a bound of at least `cut` become candidates; those
 * below `least` drop out. */
static void take_rest(osl_flat *flat, uint32_t cut, uint32_t least)
{
    whole_chunk *all = &flat->whole;
    unsigned kept = 0;
    begin_candidates(flat);
    for (unsigned n = 0; n < all->rest_count; n++) {
        uint16_t at = all->rest[n], bound = all->rest_bounds[n];
        if (bound >= cut) {
            add_candidate(flat, at);
            continue;
        }
        all->rest[kept] = at;
        all->rest_bounds[kept] = bound;
        kept += bound >= least;
    }
    all->rest_count = kept;
}

/* Twice as many each time, and all that is left where a round has made few
 * drop out: bounds may be so loose that nothing does. */
static void score_best_first(osl_flat *flat, unsigned most)
{
    whole_chunk *all = &flat->whole;
    unsigned wanted = (unsigned)flat->query->best;
    list_left(flat);
    while (all->rest_count > 0) {
        unsigned before = all->rest_count;
        uint32_t least = least_units(flat), cut = least;
        if (count_rest(all, least) > most)
            cut = find_cut(all, wanted, most);
        take_rest(flat, cut > least ? cut : least, least);
        score_candidates(flat);
        bool few_dropped = count_rest(all, least_units(flat)) > before / 2;
        wanted = most;
        most = few_dropped ? OSL_CHUNK_SIZE : most * 2;
    }
}

static void score_all_left(osl_flat *flat)
{
    const whole_chunk *all = &flat->whole;
    begin_candidates(flat);
    for (uint64_t left = all->alive; left; left &= left - 1) {
        unsigned r = (unsigned)__builtin_ctzll(left);
        add_range(flat, all->chunk * 64 + r, all->words[r]);
    }
    score_candidates(flat);
}

/* ---- a chunk ------------------------------------------------------------ */

/* How many are scored at once: a few more than are wanted, so that these show
 * what the others must reach. */
static unsigned scored_together(const osl_flat *flat)
{
    enum { MORE = 8 };
    size_t best = flat->query->best;
    return best > 0 && best < OSL_CHUNK_SIZE / 2
               ? (unsigned)(best + best / 4 + MORE)
               : OSL_CHUNK_SIZE;
}

/* The ranges of a chunk, for a query without phrases. */
static void evaluate_chunk(osl_flat *flat, uint32_t chunk, uint64_t ranges)
{
    whole_chunk *all = &flat->whole;
    unsigned most = OSL_CHUNK_SIZE;
    if (!all->ready)
        make_shares(flat);
    view_leaves(flat, chunk);
    choose_words(flat, ranges);
    if (!flat->must_count || score_popcount(all->words) > FEW_IN_CHUNK) {
        if (!flat->summed[chunk])
            sum_chunk(flat, chunk);
        add_bounds(flat);
        most = scored_together(flat);
    }
    if (!all->alive)
        return;
    unsigned count = 0;
    for (uint64_t left = all->alive; left; left &= left - 1)
        count +=
            (unsigned)__builtin_popcountll(all->words[__builtin_ctzll(left)]);
    if (count > most)
        score_best_first(flat, most);
    else
        score_all_left(flat);
}

#endif
