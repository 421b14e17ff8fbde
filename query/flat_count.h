/* SPDX-License-Identifier: MIT
 *
 * How many paragraphs match a query of words (a part of flat_loops.h): a
 * chunk at a time, as bitmaps that lie in the first cache. */
#ifndef OSL_QUERY_FLAT_COUNT_H
#define OSL_QUERY_FLAT_COUNT_H

#include "query/flat_list.h"

/* Whether a document frequency answers: one word, alone or required beside
 * wanted ones, and everything lives. */
static const osl_postings *counted_by_df(const osl_flat *flat)
{
    if (is_masked(flat) || scored_count(flat) != flat->leaf_count)
        return NULL;
    if (flat->must_count > 1 ||
        (flat->must_count == 0 && flat->should_count > 1))
        return NULL;
    const leaf *of = &flat->leaves[0];
    return of->is_phrase ? NULL : flat->words[of->first_word];
}

/* Rare words are read from their lists: `next` moves along. */

static void or_list(osl_flat *flat, unsigned w, uint32_t chunk,
                    uint64_t words[64])
{
    const osl_postings *list = flat->words[w];
    uint32_t at = flat->next[w];
    /* Ranges that nobody asked for may lie behind. */
    while (at < list->df && list->ordinals[at] / OSL_CHUNK_SIZE < chunk)
        at++;
    for (; at < list->df && list->ordinals[at] / OSL_CHUNK_SIZE == chunk; at++)
        words[list->ordinals[at] / 64 % 64] |= (uint64_t)1
                                               << (list->ordinals[at] % 64);
    flat->next[w] = at;
}

static void or_words(const osl_flat *flat, const leaf *of, uint32_t index,
                     uint64_t words[64])
{
    osl_chunk chunk = chunk_of(flat->words[of->first_word], index);
    uint64_t mask = osl_chunk_mask(chunk.header);
    if (!mask)
        return;
    if (osl_chunk_flags(chunk.header) & OSL_CHUNK_DENSE)
        score_dense_or(words, chunk.payload);
    else
        score_sparse_or(words, mask, chunk.counts, chunk.payload,
                        osl_chunk_count(chunk.header));
}

static void and_words(osl_flat *flat, const leaf *of, uint32_t index,
                      bool negate, uint64_t words[64])
{
    if (is_list(flat, of->first_word)) {
        uint64_t other[64] = {0};
        or_list(flat, of->first_word, index, other);
        score_dense_and(words, (const uint8_t *)other, negate);
        return;
    }
    osl_chunk chunk = chunk_of(flat->words[of->first_word], index);
    if (osl_chunk_flags(chunk.header) & OSL_CHUNK_DENSE)
        score_dense_and(words, chunk.payload, negate);
    else
        score_sparse_and(words, osl_chunk_mask(chunk.header), chunk.counts,
                         chunk.payload, osl_chunk_count(chunk.header), negate);
}

/* Leaves of a chunk's words what a bitmap of all paragraphs has; it ends with
 * the last of them. */
static void keep_of(const osl_flat *flat, const uint64_t *bitmap,
                    uint32_t chunk, uint64_t words[64])
{
    uint32_t first = chunk * 64;
    uint32_t end = (flat->query->paragraph_count + 63) / 64;
    if (end - first >= 64) {
        score_dense_and(words, (const uint8_t *)(bitmap + first), false);
        return;
    }
    for (uint32_t i = 0; first + i < end; i++)
        words[i] &= bitmap[first + i];
}

static void restrict_words(const osl_flat *flat, uint32_t chunk,
                           uint64_t words[64])
{
    if (flat->query->live)
        keep_of(flat, flat->query->live, chunk, words);
    if (flat->query->filter)
        keep_of(flat, flat->query->filter, chunk, words);
    if (flat->is_without)
        score_dense_and(
            words, (const uint8_t *)(flat->without + (size_t)chunk * 64), true);
}

/* What matches in a range. */
static uint64_t match_range(osl_flat *flat, uint32_t range)
{
    place at;
    uint64_t word = starting_word(flat, range);
    for (unsigned i = 0; i < flat->leaf_count && word; i++) {
        const leaf *of = &flat->leaves[i];
        if (of->from->occur == OSL_FLAT_SHOULD)
            continue;
        uint64_t other;
        if (is_list(flat, of->first_word)) {
            find_in_list(flat, of->first_word, range, &at);
            other = at.word;
        } else {
            other = word_in(flat->words[of->first_word], range);
        }
        word &= of->from->occur == OSL_FLAT_NOT ? ~other : other;
    }
    return word;
}

/* A rare required word leads: only its paragraphs are looked at. */
static uint64_t count_by_list(osl_flat *flat, const osl_postings *lead)
{
    uint32_t some[CHECKS];
    beside others = beside_list(flat, lead);
    uint64_t sum = 0;
    for (uint32_t at = 0; at < lead->df;)
        sum += match_some(flat, lead, &others, &at, some);
    return sum;
}

/* How many of a chunk's paragraphs match; words[] has them in the ranges of
 * *any, in which there are some. */
static inline __attribute__((always_inline)) unsigned
match_chunk(osl_flat *flat, uint32_t chunk, uint64_t words[64], uint64_t *any)
{
    uint64_t ranges = must_ranges(flat, chunk);
    unsigned sum = 0;
    *any = 0;
    if (__builtin_popcountll(ranges) <= 4) {
        for (; ranges; ranges &= ranges - 1) {
            unsigned r = (unsigned)__builtin_ctzll(ranges);
            words[r] = match_range(flat, chunk * 64 + r);
            *any |= (uint64_t)(words[r] != 0) << r;
            sum += (unsigned)__builtin_popcountll(words[r]);
        }
        return sum;
    }
    score_spread_ranges(words, ranges);
    for (unsigned i = 0; i < flat->must_count; i++)
        and_words(flat, &flat->leaves[i], chunk, false, words);
    for (unsigned i = scored_count(flat); i < flat->leaf_count; i++)
        and_words(flat, &flat->leaves[i], chunk, true, words);
    restrict_words(flat, chunk, words);
    *any = score_any(words);
    return score_popcount(words);
}

/* Has what a count reads of a word's chunk on its way. */
static inline void fetch_words(const osl_postings *word, uint32_t chunk)
{
    osl_chunk at = chunk_of(word, chunk);
    __builtin_prefetch(at.counts);
    fetch_payload(&at);
}

/* What is fetched next of the words' chunks, one word's behind the other's: a
 * small segment has few of each. */
typedef struct fetcher {
    uint32_t first, end, chunk;
    unsigned leaf;
} fetcher;

static inline void fetch_next(const osl_flat *flat, fetcher *at)
{
    while (at->chunk == at->end ||
           is_list(flat, flat->leaves[at->leaf].first_word)) {
        if (at->leaf + 1 >= flat->should_count)
            return;
        at->leaf++;
        at->chunk = at->first;
    }
    fetch_words(flat->words[flat->leaves[at->leaf].first_word], at->chunk++);
}

static void or_list_in_block(osl_flat *flat, unsigned w, uint32_t first,
                             uint32_t end)
{
    const osl_postings *list = flat->words[w];
    uint64_t *words = flat->block_words[0];
    uint64_t behind = (uint64_t)end * OSL_CHUNK_SIZE;
    uint32_t at = flat->next[w];
    for (; at < list->df && list->ordinals[at] < behind; at++) {
        uint32_t ordinal = list->ordinals[at] - first * OSL_CHUNK_SIZE;
        words[ordinal / 64] |= (uint64_t)1 << (ordinal % 64);
    }
    flat->next[w] = at;
}

static void or_leaf_in_block(osl_flat *flat, const leaf *of, fetcher *ahead)
{
    if (is_list(flat, of->first_word)) {
        or_list_in_block(flat, of->first_word, ahead->first, ahead->end);
        return;
    }
    for (uint32_t chunk = ahead->first; chunk < ahead->end; chunk++) {
        fetch_next(flat, ahead);
        or_words(flat, of, chunk, flat->block_words[chunk - ahead->first]);
    }
}

/* Any of several words: a word at a time over many chunks, so that each of
 * its streams is read forwards. */
static void or_leaves_in_block(osl_flat *flat, uint32_t first, uint32_t end)
{
    fetcher ahead = {first, end, first, 0};
    for (unsigned i = 0; i < flat->should_count; i++) {
        unsigned w = flat->leaves[i].first_word;
        if (!is_list(flat, w))
            __builtin_prefetch(osl_postings_header(flat->words[w], first));
    }
    for (unsigned i = 0; i < FETCH_AHEAD; i++)
        fetch_next(flat, &ahead);
    for (unsigned i = 0; i < flat->should_count; i++)
        or_leaf_in_block(flat, &flat->leaves[i], &ahead);
}

static uint64_t count_block(osl_flat *flat, uint32_t first, uint32_t end)
{
    uint64_t sum = 0;
    memset(flat->block_words, 0, (end - first) * sizeof *flat->block_words);
    or_leaves_in_block(flat, first, end);
    for (uint32_t chunk = first; chunk < end; chunk++) {
        uint64_t *words = flat->block_words[chunk - first];
        for (unsigned i = scored_count(flat); i < flat->leaf_count; i++)
            and_words(flat, &flat->leaves[i], chunk, true, words);
        restrict_words(flat, chunk, words);
        sum += score_popcount(words);
    }
    return sum;
}

/* Blocks of about the same number of chunks. */
static uint64_t count_by_blocks(osl_flat *flat)
{
    uint64_t sum = 0, chunks = flat->chunk_count;
    uint64_t blocks = (chunks + BLOCK_CHUNKS - 1) / BLOCK_CHUNKS;
    uint32_t first = 0;
    for (uint64_t n = 1; n <= blocks; n++) {
        uint32_t end = (uint32_t)(chunks * n / blocks);
        sum += count_block(flat, first, end);
        first = end;
    }
    return sum;
}

static uint64_t count_words(osl_flat *flat)
{
    const osl_postings *word = counted_by_df(flat);
    if (word)
        return word->df;
    const osl_postings *lead = leading_list(flat);
    if (lead)
        return count_by_list(flat, lead);
    if (!flat->must_count)
        return count_by_blocks(flat);
    uint64_t words[64], any, sum = 0;
    for (uint32_t chunk = 0; chunk < FETCH_AHEAD; chunk++)
        fetch_chunk(flat, chunk, false);
    for (uint32_t chunk = 0; chunk < flat->chunk_count; chunk++) {
        fetch_chunk(flat, chunk + FETCH_AHEAD, false);
        sum += match_chunk(flat, chunk, words, &any);
    }
    return sum;
}

#endif
