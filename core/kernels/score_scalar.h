/* SPDX-License-Identifier: MIT
 *
 * The twins that define right. */
#ifndef OSL_CORE_KERNELS_SCORE_SCALAR_H
#define OSL_CORE_KERNELS_SCORE_SCALAR_H

#include "core/kernels/score.h"

/* Loops that are compiled over this header are of this level. */
#define OSL_SCORE_LEVEL "scalar"

static inline uint16_t add_bound(uint16_t sum, uint8_t bound, uint16_t weight)
{
    uint32_t added = sum + ((uint32_t)bound * 256 * weight >> 16) + 1;
    return added > UINT16_MAX ? UINT16_MAX : (uint16_t)added;
}

static inline uint16_t add_share(uint16_t sum, uint8_t bound, uint16_t weight)
{
    uint32_t added = sum + ((uint32_t)bound * 256 * weight >> 16);
    return added > UINT16_MAX ? UINT16_MAX : (uint16_t)added;
}

static inline uint16_t
score_bound_sum(uint16_t sums[64], const osl_word_bounds *words, unsigned count)
{
    uint16_t most = 0;
    for (unsigned i = 0; i < 64; i++)
        sums[i] = 0;
    for (; count > 0; count--, words++) {
        const uint8_t *bound = words->bounds;
        for (uint64_t left = words->ranges; left; left &= left - 1) {
            int range = __builtin_ctzll(left);
            sums[range] = add_bound(sums[range], *bound++, words->weight);
        }
    }
    for (unsigned i = 0; i < 64; i++)
        most = sums[i] > most ? sums[i] : most;
    return most;
}

static inline void score_bound_least(uint8_t least[64], uint64_t ranges,
                                     const uint8_t *bounds)
{
    for (; ranges; ranges &= ranges - 1, bounds++) {
        int range = __builtin_ctzll(ranges);
        least[range] = *bounds < least[range] ? *bounds : least[range];
    }
}

static inline void score_bound_add_spread(uint16_t sums[64], uint64_t ranges,
                                          const uint8_t spread[64],
                                          uint16_t weight)
{
    for (; ranges; ranges &= ranges - 1) {
        int range = __builtin_ctzll(ranges);
        sums[range] = add_bound(sums[range], spread[range], weight);
    }
}

static inline void score_bound_take(uint16_t sums[64], uint64_t ranges,
                                    const uint8_t *bounds, uint16_t weight)
{
    for (; ranges; ranges &= ranges - 1, bounds++) {
        int range = __builtin_ctzll(ranges);
        uint32_t taken = (uint32_t)*bounds * 256 * weight >> 16;
        sums[range] = taken < sums[range] ? (uint16_t)(sums[range] - taken) : 0;
    }
}

static inline void score_bound_map(uint8_t to[64], const uint8_t *from,
                                   unsigned count, const uint8_t table[256])
{
    for (unsigned n = 0; n < count; n++)
        to[n] = table[from[n]];
}

static inline uint64_t score_bound_select(const uint16_t sums[64],
                                          uint16_t least)
{
    uint64_t chosen = 0;
    for (unsigned i = 0; i < 64; i++)
        chosen |= (uint64_t)(sums[i] >= least) << i;
    return chosen;
}

static inline uint64_t score_byte_select(const uint8_t bytes[64], uint8_t least)
{
    uint64_t chosen = 0;
    for (unsigned i = 0; i < 64; i++)
        chosen |= (uint64_t)(bytes[i] >= least) << i;
    return chosen;
}

static inline uint16_t score_bound_max(const uint16_t sums[64])
{
    uint16_t most = 0;
    for (unsigned i = 0; i < 64; i++)
        most = sums[i] > most ? sums[i] : most;
    return most;
}

static inline void score_lines(osl_score_lines *out, const uint8_t codes[64],
                               const osl_score_tables *tables)
{
    for (unsigned c = 0; c < OSL_LINES; c++)
        for (unsigned i = 0; i < 64; i++)
            out->line[c][i] = tables->code[codes[i]][c];
}

static inline uint64_t score_sparse_word(const uint8_t *payload, unsigned count)
{
    uint64_t word = 0;
    for (unsigned i = 0; i < count; i++)
        word |= (uint64_t)1 << (payload[i] & 63);
    return word;
}

/* What a paragraph has in the line of tf − 1 = `more`; `open`: no line. */
static inline uint8_t byte_of(const osl_score_lines *from, unsigned more,
                              bool open, unsigned at)
{
    static const uint8_t line_of[16] = {
        OSL_LINE_1,  OSL_LINE_2,  OSL_LINE_3,  OSL_LINE_4,
        OSL_LINE_6,  OSL_LINE_6,  OSL_LINE_8,  OSL_LINE_8,
        OSL_LINE_12, OSL_LINE_12, OSL_LINE_12, OSL_LINE_12,
        OSL_LINE_16, OSL_LINE_16, OSL_LINE_16, OSL_LINE_16};
    return open || more >= 16 ? 255 : from->line[line_of[more]][at];
}

static inline uint64_t score_sparse_add(osl_accumulator *sums,
                                        const uint8_t *payload, unsigned count,
                                        const osl_score_lines *from,
                                        uint16_t weight)
{
    uint64_t word = 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned at = payload[i] & 63;
        unsigned more = payload[i] >> OSL_SPARSE_CODE_SHIFT;
        word |= (uint64_t)1 << at;
        sums->sum[at] = add_share(sums->sum[at],
                                  byte_of(from, more, more == 3, at), weight);
    }
    return word;
}

static inline void score_dense_add(osl_accumulator *sums, uint64_t word,
                                   const uint64_t planes[5],
                                   unsigned plane_count, bool open,
                                   const osl_score_lines *from, uint16_t weight)
{
    for (unsigned i = 0; word; word &= word - 1, i++) {
        unsigned at = (unsigned)__builtin_ctzll(word), code = 0;
        for (unsigned p = 0; p < plane_count; p++)
            code |= (unsigned)(planes[p] >> i & 1) << p;
        bool more = open && code == (1u << plane_count) - 1;
        sums->sum[at] =
            add_share(sums->sum[at], byte_of(from, code, more, at), weight);
    }
}

/* This level keeps the lines of 64 lengths, and scores by them. */
enum { SCORE_LENGTHS_BYTES = sizeof(osl_score_lines) };

static inline void score_lengths(osl_length_bytes *out, const uint8_t codes[64],
                                 const osl_score_tables *tables)
{
    score_lines((osl_score_lines *)(void *)out, codes, tables);
}

static inline uint64_t score_sparse_add_by(osl_accumulator *sums,
                                           const uint8_t *payload,
                                           unsigned count, osl_score_by by,
                                           uint16_t weight)
{
    return score_sparse_add(sums, payload, count,
                            (const osl_score_lines *)(const void *)by.lengths,
                            weight);
}

static inline void score_dense_add_by(osl_accumulator *sums, uint64_t word,
                                      const uint64_t planes[5],
                                      unsigned plane_count, bool open,
                                      osl_score_by by, uint16_t weight)
{
    score_dense_add(sums, word, planes, plane_count, open,
                    (const osl_score_lines *)(const void *)by.lengths, weight);
}

static inline bool score_sparse_tfs(uint8_t *tfs, const uint8_t *payload,
                                    unsigned count, uint64_t which)
{
    uint64_t word = score_sparse_word(payload, count);
    bool untold = false;
    for (; which; which &= which - 1, tfs++) {
        uint64_t bit = which & -which;
        unsigned posting =
            (unsigned)__builtin_popcountll(word & (bit - 1)) & 63;
        unsigned code = payload[posting] >> OSL_SPARSE_CODE_SHIFT;
        bool holds = word & bit;
        *tfs = (uint8_t)(!holds ? 0 : code < 3 ? code + 1 : OSL_TF_UNTOLD);
        untold |= holds && code == 3;
    }
    return untold;
}

static inline bool score_dense_tfs(uint8_t *tfs, uint64_t word,
                                   const uint64_t planes[5],
                                   osl_score_planes of, uint64_t which)
{
    unsigned large = (1u << of.count) - of.open;
    bool untold = false;
    for (; which; which &= which - 1, tfs++) {
        uint64_t bit = which & -which;
        unsigned posting =
            (unsigned)__builtin_popcountll(word & (bit - 1)) & 63;
        unsigned more = 0;
        for (unsigned p = 0; p < of.count; p++)
            more |= (unsigned)(planes[p] >> posting & 1) << p;
        bool holds = word & bit;
        *tfs = (uint8_t)(!holds ? 0 : more < large ? more + 1 : OSL_TF_UNTOLD);
        untold |= holds && more >= large;
    }
    return untold;
}

#include "core/kernels/score_lists.inc"

static inline unsigned score_place(unsigned paragraph)
{
    return paragraph;
}

static inline void score_placed(uint8_t to[64], const uint8_t from[64])
{
    __builtin_memcpy(to, from, 64);
}

static inline uint64_t score_reach(const osl_accumulator *sums, uint64_t word,
                                   uint16_t least)
{
    return score_bound_select(sums->sum, least) & word;
}

static inline uint16_t score_greatest(const osl_accumulator *sums)
{
    return score_bound_max(sums->sum);
}

static inline unsigned score_sum(const uint8_t *bytes, unsigned n)
{
    unsigned total = 0;
    for (unsigned i = 0; i < n; i++)
        total += bytes[i];
    return total;
}

static inline unsigned score_codes(const uint8_t *payload, unsigned n)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < n; i++)
        sum += payload[i] >> OSL_SPARSE_CODE_SHIFT;
    return sum;
}

static inline void score_sparse_or(uint64_t words[64], uint64_t ranges,
                                   const uint8_t *counts,
                                   const uint8_t *payload, unsigned sum)
{
    (void)sum;
    for (; ranges; ranges &= ranges - 1) {
        unsigned count = *counts++;
        words[__builtin_ctzll(ranges)] |= score_sparse_word(payload, count);
        payload += count;
    }
}

static inline void score_starts(uint16_t starts[64], uint64_t ranges,
                                const uint8_t *counts)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < 64; i++) {
        starts[i] = (uint16_t)sum;
        if (ranges >> i & 1)
            sum += *counts++;
    }
}

static inline void score_dense_or(uint64_t words[64], const uint8_t *bytes)
{
    for (unsigned i = 0; i < 64; i++) {
        uint64_t word;
        __builtin_memcpy(&word, bytes + (size_t)i * 8, sizeof word);
        words[i] |= word;
    }
}

static inline void score_dense_and(uint64_t words[64], const uint8_t *bytes,
                                   bool negate)
{
    uint64_t flip = negate ? ~(uint64_t)0 : 0;
    for (unsigned i = 0; i < 64; i++) {
        uint64_t word;
        __builtin_memcpy(&word, bytes + (size_t)i * 8, sizeof word);
        words[i] &= word ^ flip;
    }
}

static inline void score_sparse_and(uint64_t words[64], uint64_t ranges,
                                    const uint8_t *counts,
                                    const uint8_t *payload, unsigned sum,
                                    bool negate)
{
    uint64_t other[64] = {0};
    score_sparse_or(other, ranges, counts, payload, sum);
    score_dense_and(words, (const uint8_t *)other, negate);
}

static inline uint64_t score_any(const uint64_t words[64])
{
    uint64_t any = 0;
    for (unsigned i = 0; i < 64; i++)
        any |= (uint64_t)(words[i] != 0) << i;
    return any;
}

static inline void score_spread_ranges(uint64_t words[64], uint64_t ranges)
{
    for (unsigned i = 0; i < 64; i++)
        words[i] = -(ranges >> i & 1);
}

static inline unsigned score_popcount(const uint64_t words[64])
{
    unsigned sum = 0;
    for (unsigned i = 0; i < 64; i++)
        sum += (unsigned)__builtin_popcountll(words[i]);
    return sum;
}

#include "core/kernels/score_phrase.inc"

static inline unsigned score_phrase(const osl_word_spot *words, unsigned count)
{
    return phrase_by_sets(words, count);
}

static inline uint32_t score_round(float x)
{
    static const float two23 = 8388608.0f;
    return x >= two23 ? (uint32_t)x : (uint32_t)((x + two23) - two23);
}

static inline void score_add_gains(uint32_t *scores, const uint8_t *tfs,
                                   const float *k, unsigned count, float weight)
{
    for (unsigned n = 0; n < count; n++) {
        float tf = tfs[n], gain = tfs[n] ? tf / (tf + k[n]) : 0.0f;
        scores[n] += score_round(65536.0f * (weight * gain));
    }
}

#endif
