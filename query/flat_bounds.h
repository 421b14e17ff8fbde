/* SPDX-License-Identifier: MIT
 *
 * Bounds of ranges and of chunks (a part of flat_loops.h). */
#ifndef OSL_QUERY_FLAT_BOUNDS_H
#define OSL_QUERY_FLAT_BOUNDS_H

#include "query/flat_list.h"

#include <math.h>

/* 64,000 units are the greatest sum; every leaf adds one for rounding. */
static void set_units(osl_flat *flat)
{
    double total = 0;
    unsigned scored = scored_count(flat);
    for (unsigned i = 0; i < scored; i++)
        total += (double)flat->leaves[i].from->weight * flat->query->factor;
    double unit = total > 0 ? total / 60000 : 1;
    /* A hair less, for the rounding of the product. */
    flat->per_unit = (1 - 1e-9) / (unit * OSL_SCORE_ONE);
    flat->last_threshold = flat->least = 0;
    for (unsigned i = 0; i < scored; i++) {
        double most =
            (double)flat->leaves[i].from->weight * flat->query->factor;
        flat->leaves[i].weight = (uint16_t)ceil(most / unit * (256.0 / 255.0));
    }
}

static void add_phrase_bound(const osl_flat *flat, const leaf *of,
                             uint32_t chunk, uint16_t *sums)
{
    uint64_t ranges = leaf_ranges(flat, of, chunk);
    uint8_t least[64];
    if (!ranges)
        return;
    memset(least, 255, sizeof least);
    for (unsigned i = 0; i < of->word_count; i++) {
        const osl_postings *word = flat->words[of->first_word + i];
        const uint8_t *header = osl_postings_header(word, chunk);
        score_bound_least(least, osl_chunk_mask(header),
                          word->bounds + osl_chunk_rank(header));
    }
    if (flat->query->bounds)
        score_bound_map(least, least, 64, flat->query->bounds);
    score_bound_add_spread(sums, ranges, least, of->weight);
}

static void clear_outside(uint16_t *sums, uint64_t ranges)
{
    for (uint64_t out = ~ranges; out; out &= out - 1)
        sums[__builtin_ctzll(out)] = 0;
}

/* The words that narrow: all that are required, the rarest first, but for
 * those of phrases that pairs imply. */
static void choose_narrowing(osl_flat *flat)
{
    flat->narrow_count = 0;
    for (unsigned i = 0; i < flat->must_count; i++) {
        const leaf *of = &flat->leaves[i];
        for (unsigned n = 0; n < of->word_count; n++) {
            const osl_postings *word = flat->words[of->first_word + n];
            if (is_implied(of, n))
                continue;
            unsigned at = flat->narrow_count++;
            for (; at > 0 && flat->narrow[at - 1]->df > word->df; at--)
                flat->narrow[at] = flat->narrow[at - 1];
            flat->narrow[at] = word;
        }
    }
}

static uint64_t narrow_ranges(const osl_flat *flat, uint32_t chunk)
{
    uint64_t ranges = ~(uint64_t)0;
    for (unsigned i = 0; i < flat->narrow_count && ranges; i++)
        ranges &= osl_chunk_mask(osl_postings_header(flat->narrow[i], chunk));
    return ranges;
}

static void narrow_by(const osl_postings *word, uint32_t chunk,
                      uint64_t words[64])
{
    osl_chunk at = chunk_of(word, chunk);
    if (osl_chunk_flags(at.header) & OSL_CHUNK_DENSE)
        score_dense_and(words, at.payload, false);
    else
        score_sparse_and(words, osl_chunk_mask(at.header), at.counts,
                         at.payload, osl_chunk_count(at.header), false);
}

/* Leaves what the words from the i-th on share; returns which of the ranges
 * have any. */
static uint64_t narrow_few(const osl_flat *flat, uint32_t chunk, unsigned i,
                           uint64_t ranges, uint64_t words[64])
{
    uint64_t any = 0;
    for (; ranges; ranges &= ranges - 1) {
        unsigned r = (unsigned)__builtin_ctzll(ranges);
        uint64_t word = words[r];
        for (unsigned n = i; n < flat->narrow_count && word; n++)
            word &= word_in(flat->narrow[n], chunk * 64 + r);
        words[r] = word;
        any |= (uint64_t)(word != 0) << r;
    }
    return any;
}

/* The paragraphs of a chunk that have all that is required, by range; returns
 * the ranges that have any. Once few ranges are left, the other words are
 * looked at in these alone. */
static uint64_t matching_words(const osl_flat *flat, uint32_t chunk,
                               uint64_t words[64])
{
    enum { FEW_RANGES = 12 };
    uint64_t ranges = narrow_ranges(flat, chunk);
    unsigned i = 0;
    if (!ranges)
        return 0;
    score_spread_ranges(words, ranges);
    for (; i < flat->narrow_count && __builtin_popcountll(ranges) > FEW_RANGES;
         i++) {
        narrow_by(flat->narrow[i], chunk, words);
        ranges = score_any(words);
    }
    return narrow_few(flat, chunk, i, ranges, words);
}

/* Ranges in which some paragraph has all that is required. Where phrases are
 * verified, most ranges that have all of the words have none. */
static uint64_t matching_ranges(const osl_flat *flat, uint32_t chunk)
{
    uint64_t words[64];
    fetch_chunk(flat, chunk + 1, true);
    return flat->narrows ? matching_words(flat, chunk, words)
                         : must_ranges(flat, chunk);
}

/* Those of a chunk's words, without those of leaves of several. */
static unsigned list_bounds(osl_flat *flat, uint32_t chunk,
                            osl_word_bounds words[OSL_FLAT_LEAVES_MAX])
{
    unsigned count = 0;
    for (unsigned i = 0; i < scored_count(flat); i++) {
        const leaf *of = &flat->leaves[i];
        const osl_postings *word = flat->words[of->first_word];
        const uint8_t *header = osl_postings_header(word, chunk);
        uint64_t ranges = of->word_count > 1 ? 0 : osl_chunk_mask(header);
        words[count] = (osl_word_bounds){
            ranges,
            bounds_today(flat, flat->bounds_today[i],
                         word->bounds + osl_chunk_rank(header), ranges),
            of->weight};
        count += ranges != 0;
    }
    return count;
}

/* The bounds of a chunk's ranges, made when the chunk is first looked into;
 * chunk_most becomes the greatest of them. */
static void sum_chunk(osl_flat *flat, uint32_t chunk)
{
    uint16_t *sums = flat->sums + (size_t)chunk * 64;
    osl_word_bounds words[OSL_FLAT_LEAVES_MAX];
    flat->summed[chunk] = true;
    uint16_t most =
        score_bound_sum(sums, words, list_bounds(flat, chunk, words));
    for (unsigned i = 0; has_phrase(flat) && i < scored_count(flat); i++)
        if (flat->leaves[i].word_count > 1)
            add_phrase_bound(flat, &flat->leaves[i], chunk, sums);
    if (flat->must_count)
        clear_outside(sums, matching_ranges(flat, chunk));
    if (has_phrase(flat) || flat->must_count)
        most = score_bound_max(sums);
    flat->chunk_most[chunk] = most;
}

/* Bounds of chunks are looked at 64 at once. */
static size_t chunks_in_room(size_t chunks)
{
    return (chunks + 63) / 64 * 64;
}

/* Whether a chunk has ranges with a bound of at least `least`. */
static bool look_into(osl_flat *flat, uint32_t chunk, uint32_t least)
{
    if (flat->chunk_most[chunk] >= least && !flat->summed[chunk])
        sum_chunk(flat, chunk);
    return flat->chunk_most[chunk] >= least;
}

/* The least of a leaf's bounds of a chunk; 0: one of its words is not there. */
static inline uint32_t chunk_bound_of(const osl_flat *flat, const leaf *of,
                                      uint32_t chunk)
{
    uint32_t least = 255;
    for (unsigned i = 0; i < of->word_count; i++) {
        const uint8_t *header =
            osl_postings_header(flat->words[of->first_word + i], chunk);
        uint32_t bound = osl_chunk_bound(header);
        least = bound < least ? bound : least;
    }
    return least;
}

static inline void add_chunk_bound(osl_flat *flat, uint32_t chunk,
                                   uint32_t bound, uint32_t weight)
{
    uint32_t sum =
        flat->chunk_most[chunk] + (bound * 256 * weight >> 16) + (bound != 0);
    flat->chunk_most[chunk] = (uint16_t)(sum < UINT16_MAX ? sum : UINT16_MAX);
}

/* Adds a leaf's bounds of whole chunks, from its headers alone. */
static void add_chunk_bounds(osl_flat *flat, const leaf *of)
{
    const osl_postings *word = flat->words[of->first_word];
    uint32_t chunks = flat->chunk_count;
    if (of->word_count == 1 && !word->present) {
        const uint8_t *header = word->headers;
        for (uint32_t chunk = 0; chunk < chunks; chunk++) {
            add_chunk_bound(flat, chunk,
                            bound_today(flat, osl_chunk_bound(header)),
                            of->weight);
            header += OSL_CHUNK_HEADER;
        }
        return;
    }
    for (uint32_t chunk = 0; chunk < chunks; chunk++)
        add_chunk_bound(flat, chunk,
                        bound_today(flat, chunk_bound_of(flat, of, chunk)),
                        of->weight);
}

/* Bounds of whole chunks from `first` on into chunk_most, those before have
 * none; returns the greatest. Ranges come
 * later, where they are needed: most chunks of a large segment never need
 * theirs. Leaf by leaf, so that headers are read forwards. */
static uint16_t bound_chunks(osl_flat *flat, uint32_t first)
{
    uint16_t most = 0;
    memset(flat->summed, 0, flat->chunk_count);
    memset(flat->chunk_most, 0,
           chunks_in_room(flat->chunk_count) * sizeof *flat->chunk_most);
    for (unsigned i = 0; i < scored_count(flat); i++)
        add_chunk_bounds(flat, &flat->leaves[i]);
    for (uint32_t chunk = 0; chunk < flat->chunk_count; chunk++) {
        if (chunk < first || (flat->must_count && !must_ranges(flat, chunk)))
            flat->chunk_most[chunk] = 0;
        if (flat->chunk_most[chunk] > most)
            most = flat->chunk_most[chunk];
    }
    return most;
}

#endif
