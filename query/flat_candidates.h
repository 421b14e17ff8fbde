/* SPDX-License-Identifier: MIT
 *
 * The exact scores of a chunk's paragraphs that bounds have left (a part of
 * flat_loops.h), word by word. Where there are many, those of the greatest
 * bounds come first: they raise the threshold, and most of the others are
 * never scored. */
#ifndef OSL_QUERY_FLAT_CANDIDATES_H
#define OSL_QUERY_FLAT_CANDIDATES_H

#include "query/flat_chunk.h"

static void begin_candidates(osl_flat *flat)
{
    flat->whole.candidate_count = 0;
    flat->whole.candidate_ranges = 0;
}

static inline void add_candidate(osl_flat *flat, unsigned at)
{
    whole_chunk *all = &flat->whole;
    all->candidates[all->candidate_count] = (uint16_t)at;
    all->scores[all->candidate_count] = 0;
    all->place_of[at] = (uint16_t)++all->candidate_count;
    all->candidate_ranges |= (uint64_t)1 << (at / 64);
    prefetch_rank(flat, all->chunk * OSL_CHUNK_SIZE + at);
}

static inline uint32_t tf_in_chunk(const view *of, unsigned w,
                                   const osl_flat *flat, unsigned posting)
{
    place in = {.header = of->at.header, .payload = of->at.payload};
    return tf_of_posting(flat, w, &in, posting);
}

/* The candidates whose ranges have the word, told without a branch. */
static unsigned find_ranges(osl_flat *flat, const view *of)
{
    whole_chunk *all = &flat->whole;
    unsigned found = 0;
    for (unsigned n = 0; n < all->candidate_count; n++) {
        all->found[found] = (uint16_t)n;
        found += of->mask >> (all->candidates[n] / 64) & 1;
    }
    return found;
}

/* Each candidate looked up alone, where the word has many more postings. */
static void score_sparse_few(osl_flat *flat, unsigned i)
{
    whole_chunk *all = &flat->whole;
    view *of = &all->views[i];
    const leaf *scored = &flat->leaves[i];
    unsigned found = find_ranges(flat, of);
    for (unsigned k = 0; k < found; k++) {
        unsigned n = all->found[k], at = all->candidates[n];
        uint64_t below = of->mask & (((uint64_t)1 << (at / 64)) - 1);
        unsigned rank = (unsigned)__builtin_popcountll(below);
        unsigned start = score_sum(of->at.counts, rank);
        uint64_t word =
            score_sparse_word(of->at.payload + start, of->at.counts[rank]);
        uint64_t bit = (uint64_t)1 << (at % 64);
        if (!(word & bit))
            continue;
        unsigned posting =
            start + (unsigned)__builtin_popcountll(word & (bit - 1));
        all->scores[n] += contribution(
            flat, scored, tf_in_chunk(of, scored->first_word, flat, posting),
            all->chunk * OSL_CHUNK_SIZE + at);
    }
}

/* Of what a loop went over: which held a candidate, in order. They are told
 * apart without a branch, for no branch could be foretold. */
static void score_sparse_chunk(osl_flat *flat, unsigned i)
{
    whole_chunk *all = &flat->whole;
    view *of = &all->views[i];
    const leaf *scored = &flat->leaves[i];
    const uint16_t *paragraphs = paragraphs_of(flat, of);
    unsigned found = 0;
    for (unsigned n = 0; n < of->count; n++) {
        all->found[found] = (uint16_t)n;
        found += all->place_of[paragraphs[n]] != 0;
    }
    for (unsigned k = 0; k < found; k++) {
        unsigned n = all->found[k];
        all->scores[all->place_of[paragraphs[n]] - 1] += contribution(
            flat, scored, tf_in_chunk(of, scored->first_word, flat, n),
            all->chunk * OSL_CHUNK_SIZE + paragraphs[n]);
    }
}

/* Which candidates hold a dense word, told without a branch. */
static unsigned find_candidates(osl_flat *flat, const view *of)
{
    whole_chunk *all = &flat->whole;
    unsigned found = 0;
    for (unsigned n = 0; n < all->candidate_count; n++) {
        unsigned at = all->candidates[n];
        uint64_t word = osl_get64(of->at.payload + (size_t)(at / 64) * 8);
        all->found[found] = (uint16_t)n;
        found += word >> (at % 64) & 1 ? 1 : 0;
    }
    return found;
}

/* Compiled for each number of planes; a required word is in all candidates. */
static inline __attribute__((always_inline)) void
score_dense_planes(osl_flat *flat, unsigned i, unsigned planes)
{
    whole_chunk *all = &flat->whole;
    view *of = &all->views[i];
    const leaf *scored = &flat->leaves[i];
    const uint16_t *starts = starts_of(of);
    const uint8_t *payload = of->at.payload;
    const uint8_t *plane =
        payload + osl_chunk_planes_at(of->flags, of->at.positions);
    size_t stride = (of->count + 63u) / 64 * 8;
    bool required = i < flat->must_count;
    unsigned found =
        required ? all->candidate_count : find_candidates(flat, of);
    unsigned large =
        of->flags & OSL_CHUNK_EXCEPTIONS ? (1u << planes) - 1 : 1u << planes;
    uint32_t first = all->chunk * OSL_CHUNK_SIZE;
    for (unsigned k = 0; k < found; k++) {
        unsigned n = required ? k : all->found[k];
        unsigned at = all->candidates[n], more = 0;
        uint64_t word = osl_get64(payload + (size_t)(at / 64) * 8);
        uint64_t below = ((uint64_t)1 << (at % 64)) - 1;
        unsigned posting =
            starts[at / 64] + (unsigned)__builtin_popcountll(word & below);
        for (unsigned p = 0; p < planes; p++)
            more |=
                ((unsigned)plane[p * stride + posting / 8] >> (posting % 8) &
                 1u)
                << p;
        uint32_t tf = more < large ? more + 1 : osl_chunk_tf(&of->at, posting);
        all->scores[n] += contribution(flat, scored, tf, first + at);
    }
}

static void score_dense_chunk(osl_flat *flat, unsigned i)
{
    unsigned planes = osl_chunk_planes(flat->whole.views[i].flags);
    switch (planes) {
    case 2:
        score_dense_planes(flat, i, 2);
        break;
    case 3:
        score_dense_planes(flat, i, 3);
        break;
    case 4:
        score_dense_planes(flat, i, 4);
        break;
    default:
        score_dense_planes(flat, i, planes);
    }
}

static void score_candidates(osl_flat *flat)
{
    whole_chunk *all = &flat->whole;
    for (unsigned i = 0; i < scored_count(flat); i++) {
        const view *of = &all->views[i];
        if (!(of->mask & all->candidate_ranges))
            continue;
        if (of->flags & OSL_CHUNK_DENSE)
            score_dense_chunk(flat, i);
        else if (all->candidate_count * 4 < of->count)
            score_sparse_few(flat, i);
        else
            score_sparse_chunk(flat, i);
    }
    for (unsigned n = 0; n < all->candidate_count; n++) {
        unsigned at = all->candidates[n];
        all->place_of[at] = 0;
        if (all->scores[n] >= least_score(flat))
            flat->sink->keep(flat->sink->user, flat->query->segment,
                             all->chunk * OSL_CHUNK_SIZE + at, all->scores[n]);
    }
}

/* ---- the best bounds first -------------------------------------------------- */

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
            uint32_t bound = (uint32_t)sums[at] + all->left[r];
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
    whole_chunk *all = &flat->whole;
    begin_candidates(flat);
    for (uint64_t left = all->alive; left; left &= left - 1) {
        unsigned r = (unsigned)__builtin_ctzll(left);
        for (uint64_t word = all->words[r]; word; word &= word - 1)
            add_candidate(flat, r * 64 + (unsigned)__builtin_ctzll(word));
    }
    if (all->candidate_count)
        score_candidates(flat);
}

/* ---- a chunk ------------------------------------------------------------------ */

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
