/* SPDX-License-Identifier: MIT
 *
 * Bounds of ranges, words of 64 paragraphs, and gains, by AVX2 (a part of
 * score_avx2.h). */
#ifndef OSL_CORE_KERNELS_X86_SCORE_WORDS_AVX2_H
#define OSL_CORE_KERNELS_X86_SCORE_WORDS_AVX2_H

#include "core/kernels/score.h"

#include <immintrin.h>

static inline uint64_t load_8(const uint8_t *from)
{
    uint64_t bytes;
    __builtin_memcpy(&bytes, from, sizeof bytes);
    return bytes;
}

static inline __m256i load_32(const uint8_t *from)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)from);
}

/* 64 bytes. */
typedef struct bytes_64 {
    __m256i low, high;
} bytes_64;

/* Of eight bits of `mask`; *from moves on. */
static inline uint64_t expand_8(uint64_t mask, const uint8_t **from)
{
    uint64_t bits = mask & 255;
    uint64_t bytes = _pdep_u64(bits, 0x0101010101010101u) * 255;
    uint64_t eight = _pdep_u64(load_8(*from), bytes);
    *from += _mm_popcnt_u64(bits);
    return eight;
}

static inline __m256i expand_32(uint32_t mask, const uint8_t **from)
{
    uint64_t a = expand_8(mask, from), b = expand_8(mask >> 8, from);
    uint64_t c = expand_8(mask >> 16, from), d = expand_8(mask >> 24, from);
    return _mm256_set_epi64x((long long)d, (long long)c, (long long)b,
                             (long long)a);
}

/* Bytes for the set bits of `mask`, in order; zero elsewhere (pdep of eight
 * bytes at a time). Never by way of memory: a load of 32 bytes waits until the
 * stores of eight that it is made of have left the queue. */
static inline bytes_64 expand(uint64_t mask, const uint8_t *from)
{
    if (mask == ~(uint64_t)0)
        return (bytes_64){load_32(from), load_32(from + 32)};
    __m256i low = expand_32((uint32_t)mask, &from);
    return (bytes_64){low, expand_32((uint32_t)(mask >> 32), &from)};
}

/* All ones in each of 32 bytes whose bit is set. */
static inline __m256i bytes_of_bits(uint32_t bits)
{
    __m256i place = _mm256_setr_epi64x(0x0000000000000000, 0x0101010101010101,
                                       0x0202020202020202, 0x0303030303030303);
    __m256i bit = _mm256_set1_epi64x((long long)0x8040201008040201u);
    __m256i spread = _mm256_shuffle_epi8(_mm256_set1_epi32((int)bits), place);
    return _mm256_cmpeq_epi8(_mm256_and_si256(spread, bit), bit);
}

/* sums += (q · 256 · weight >> 16) + 1 where `live` is set, 16 at a time. */
static inline void add_16(uint16_t *sums, __m128i q, __m128i live, __m256i w)
{
    __m256i part =
        _mm256_mulhi_epu16(_mm256_slli_epi16(_mm256_cvtepu8_epi16(q), 8), w);
    __m256i mask = _mm256_cvtepi8_epi16(live);
    part =
        _mm256_and_si256(_mm256_sub_epi16(part, _mm256_set1_epi16(-1)), mask);
    __m256i *at = (__m256i *)(void *)sums;
    _mm256_storeu_si256(at, _mm256_adds_epu16(_mm256_loadu_si256(at), part));
}

static inline void add_32(uint16_t *sums, __m256i q, __m256i live, __m256i w)
{
    add_16(sums, _mm256_castsi256_si128(q), _mm256_castsi256_si128(live), w);
    add_16(sums + 16, _mm256_extracti128_si256(q, 1),
           _mm256_extracti128_si256(live, 1), w);
}

static inline void score_bound_add_spread(uint16_t sums[64], uint64_t ranges,
                                          const uint8_t spread[64],
                                          uint16_t weight)
{
    __m256i w = _mm256_set1_epi16((short)weight);
    add_32(sums, load_32(spread), bytes_of_bits((uint32_t)ranges), w);
    add_32(sums + 32, load_32(spread + 32),
           bytes_of_bits((uint32_t)(ranges >> 32)), w);
}

static inline void score_bound_least(uint8_t least[64], uint64_t ranges,
                                     const uint8_t *bounds)
{
    bytes_64 spread = expand(ranges, bounds);
    for (unsigned i = 0; i < 64; i += 32) {
        __m256i mask = bytes_of_bits((uint32_t)(ranges >> i));
        __m256i old = load_32(least + i);
        __m256i less = _mm256_min_epu8(old, i ? spread.high : spread.low);
        _mm256_storeu_si256((__m256i *)(void *)(least + i),
                            _mm256_blendv_epi8(old, less, mask));
    }
}

static inline __m256i load_sums(const uint16_t *from)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)from);
}

static inline void store_sums(uint16_t *to, __m256i sums)
{
    _mm256_storeu_si256((__m256i *)(void *)to, sums);
}

/* Sixteen of 64 bytes, from `first` on, as 16-bit numbers. */
static inline __m256i wide_of(const bytes_64 *bytes, unsigned first)
{
    __m256i half = first < 32 ? bytes->low : bytes->high;
    return _mm256_cvtepu8_epi16(first % 32 ? _mm256_extracti128_si256(half, 1)
                                           : _mm256_castsi256_si128(half));
}

static inline void score_bound_take(uint16_t sums[64], uint64_t ranges,
                                    const uint8_t *bounds, uint16_t weight)
{
    bytes_64 spread = expand(ranges, bounds);
    __m256i w = _mm256_set1_epi16((short)weight);
    for (unsigned i = 0; i < 64; i += 16) {
        __m256i part =
            _mm256_mulhi_epu16(_mm256_slli_epi16(wide_of(&spread, i), 8), w);
        store_sums(sums + i, _mm256_subs_epu16(load_sums(sums + i), part));
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
    __m256i t = _mm256_set1_epi16((short)least);
    uint64_t chosen = 0;
    for (unsigned i = 0; i < 64; i += 32) {
        __m256i a = load_sums(sums + i), b = load_sums(sums + i + 16);
        a = _mm256_cmpeq_epi16(_mm256_max_epu16(a, t), a);
        b = _mm256_cmpeq_epi16(_mm256_max_epu16(b, t), b);
        __m256i both = _mm256_permute4x64_epi64(_mm256_packs_epi16(a, b),
                                                _MM_SHUFFLE(3, 1, 2, 0));
        chosen |= (uint64_t)(uint32_t)_mm256_movemask_epi8(both) << i;
    }
    return chosen;
}

static inline uint64_t score_byte_select(const uint8_t bytes[64], uint8_t least)
{
    __m256i t = _mm256_set1_epi8((char)least);
    uint64_t chosen = 0;
    for (unsigned i = 0; i < 64; i += 32) {
        __m256i at =
            _mm256_loadu_si256((const __m256i *)(const void *)(bytes + i));
        at = _mm256_cmpeq_epi8(_mm256_max_epu8(at, t), at);
        chosen |= (uint64_t)(uint32_t)_mm256_movemask_epi8(at) << i;
    }
    return chosen;
}

static inline uint16_t greatest_of(__m256i most)
{
    __m128i few = _mm_max_epu16(_mm256_castsi256_si128(most),
                                _mm256_extracti128_si256(most, 1));
    __m128i turned = _mm_minpos_epu16(_mm_xor_si128(few, _mm_set1_epi8(-1)));
    return (uint16_t)~_mm_cvtsi128_si32(turned);
}

static inline uint16_t score_bound_max(const uint16_t sums[64])
{
    return greatest_of(_mm256_max_epu16(
        _mm256_max_epu16(load_sums(sums), load_sums(sums + 16)),
        _mm256_max_epu16(load_sums(sums + 32), load_sums(sums + 48))));
}

/* Sums of even and of odd ranges of 32 apart, and how many words add to each. */
typedef struct half_sums {
    __m256i even, odd, ones;
} half_sums;

static inline void add_half(half_sums *to, __m256i bytes, uint32_t ranges,
                            __m256i w)
{
    __m256i low = _mm256_slli_epi16(bytes, 8);
    __m256i high = _mm256_and_si256(bytes, _mm256_set1_epi16((short)0xFF00));
    to->even = _mm256_adds_epu16(to->even, _mm256_mulhi_epu16(low, w));
    to->odd = _mm256_adds_epu16(to->odd, _mm256_mulhi_epu16(high, w));
    to->ones = _mm256_sub_epi8(to->ones, bytes_of_bits(ranges));
}

/* Puts them side by side; returns the greatest by 16. */
static inline __m256i end_half(uint16_t sums[32], const half_sums *of)
{
    __m256i ones = _mm256_and_si256(of->ones, _mm256_set1_epi16(0xFF));
    __m256i even = _mm256_adds_epu16(of->even, ones);
    __m256i odd = _mm256_adds_epu16(of->odd, _mm256_srli_epi16(of->ones, 8));
    __m256i low = _mm256_unpacklo_epi16(even, odd);
    __m256i high = _mm256_unpackhi_epi16(even, odd);
    store_sums(sums, _mm256_permute2x128_si256(low, high, 0x20));
    store_sums(sums + 16, _mm256_permute2x128_si256(low, high, 0x31));
    return _mm256_max_epu16(even, odd);
}

static inline uint16_t
score_bound_sum(uint16_t sums[64], const osl_word_bounds *words, unsigned count)
{
    __m256i none = _mm256_setzero_si256();
    half_sums first = {none, none, none}, second = first;
    for (unsigned i = 0; i < count; i++) {
        uint64_t ranges = words[i].ranges;
        bytes_64 spread = expand(ranges, words[i].bounds);
        __m256i w = _mm256_set1_epi16((short)words[i].weight);
        add_half(&first, spread.low, (uint32_t)ranges, w);
        add_half(&second, spread.high, (uint32_t)(ranges >> 32), w);
    }
    __m256i most = end_half(sums, &first);
    return greatest_of(_mm256_max_epu16(most, end_half(sums + 32, &second)));
}

static inline __m128i load_low(const void *from)
{
    return _mm_loadl_epi64((const __m128i *)from);
}

/* Up to eight bytes without a branch on their number: what is not there is
 * shifted beyond a word. */
static inline uint64_t word_of_8(const uint8_t *from, unsigned count)
{
    static const uint64_t none[9] = {
        0x4040404040404040, 0x4040404040404000, 0x4040404040400000,
        0x4040404040000000, 0x4040404000000000, 0x4040400000000000,
        0x4040000000000000, 0x4000000000000000, 0};
    const __m256i one = _mm256_set1_epi64x(1);
    __m128i at = _mm_and_si128(load_low(from), _mm_set1_epi8(63));
    at = _mm_or_si128(at, load_low(none + count));
    __m256i bits = _mm256_or_si256(
        _mm256_sllv_epi64(one, _mm256_cvtepu8_epi64(at)),
        _mm256_sllv_epi64(one, _mm256_cvtepu8_epi64(_mm_srli_epi64(at, 32))));
    __m128i half = _mm_or_si128(_mm256_castsi256_si128(bits),
                                _mm256_extracti128_si256(bits, 1));
    half = _mm_or_si128(half, _mm_unpackhi_epi64(half, half));
    return (uint64_t)_mm_cvtsi128_si64(half);
}

static inline uint64_t score_sparse_word(const uint8_t *payload, unsigned count)
{
    uint64_t word = 0;
    for (; __builtin_expect(count > 8, 0); count -= 8, payload += 8)
        word |= word_of_8(payload, 8);
    return word | word_of_8(payload, count);
}

static inline unsigned score_sum(const uint8_t *bytes, unsigned n)
{
    __m256i at = _mm256_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
                                  14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
                                  25, 26, 27, 28, 29, 30, 31);
    __m256i low = _mm256_cmpgt_epi8(_mm256_set1_epi8((char)n), at);
    __m256i high = _mm256_cmpgt_epi8(_mm256_set1_epi8((char)((int)n - 32)), at);
    __m256i zero = _mm256_setzero_si256();
    __m256i both = _mm256_add_epi64(
        _mm256_sad_epu8(_mm256_and_si256(load_32(bytes), low), zero),
        _mm256_sad_epu8(_mm256_and_si256(load_32(bytes + 32), high), zero));
    __m128i half = _mm_add_epi64(_mm256_castsi256_si128(both),
                                 _mm256_extracti128_si256(both, 1));
    return (unsigned)(_mm_cvtsi128_si64(half) + _mm_extract_epi64(half, 1));
}

static inline unsigned score_codes(const uint8_t *payload, unsigned n)
{
    __m256i three = _mm256_set1_epi8(3), sum = _mm256_setzero_si256();
    unsigned i = 0, rest = 0;
    for (; i + 32 <= n; i += 32) {
        __m256i codes = _mm256_and_si256(
            _mm256_srli_epi16(load_32(payload + i), OSL_SPARSE_CODE_SHIFT),
            three);
        sum = _mm256_add_epi64(sum,
                               _mm256_sad_epu8(codes, _mm256_setzero_si256()));
    }
    for (; i < n; i++)
        rest += payload[i] >> OSL_SPARSE_CODE_SHIFT;
    __m128i half = _mm_add_epi64(_mm256_castsi256_si128(sum),
                                 _mm256_extracti128_si256(sum, 1));
    return rest +
           (unsigned)(_mm_cvtsi128_si64(half) + _mm_extract_epi64(half, 1));
}

/* A sparse chunk's words without a branch on how many postings a range has.
 * Each posting is a bit of a word of 64, and what is kept of each is the
 * exclusive or of all bits up to it, from the chunk's first on. Those of a
 * range differ, so that its word is what stands at its last posting against
 * what stands at the last one of the range before.
 *
 * Sixteen postings are four lanes of four that follow each other, and so they
 * are kept: of posting 4a + b of sixteen it stands at place 4b + a. */
enum { SPARSE_FEW = 32, FEW_STEP = 4, SPARSE_MOST = 255, SPARSE_STEP = 32 };

typedef struct sparse_bits {
    /* The last one is no posting's, and zero: nothing stands before a chunk's
     * first. */
    _Alignas(32) uint64_t upto[SPARSE_MOST + 1];
    /* The place in upto[] of the last posting up to each range. */
    _Alignas(32) uint8_t last[64];
} sparse_bits;

/* Sums of the bytes up to each of a lane's 16. */
static inline __m256i sums_in_lanes(__m256i x)
{
    x = _mm256_add_epi8(x, _mm256_slli_si256(x, 1));
    x = _mm256_add_epi8(x, _mm256_slli_si256(x, 2));
    x = _mm256_add_epi8(x, _mm256_slli_si256(x, 4));
    return _mm256_add_epi8(x, _mm256_slli_si256(x, 8));
}

/* Where upto[] has the last of so many postings. */
static inline __m256i places_of(__m256i ends)
{
    const __m256i turned = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    const __m256i low = _mm256_set1_epi8(15);
    __m256i last = _mm256_sub_epi8(ends, _mm256_set1_epi8(1));
    return _mm256_or_si256(
        _mm256_andnot_si256(low, last),
        _mm256_shuffle_epi8(turned, _mm256_and_si256(last, low)));
}

/* Sets last[] of the first 32 ranges from how many postings each has; returns
 * what stands before the range behind them, in each byte. */
static inline __m256i put_last(uint8_t last[32], __m256i counts, __m256i before)
{
    __m256i sums = sums_in_lanes(counts);
    __m256i ends = _mm256_shuffle_epi8(sums, _mm256_set1_epi8(15));
    __m256i turned = _mm256_permute2x128_si256(ends, ends, 0x01);
    __m256i lanes = _mm256_permute2x128_si256(ends, ends, 0x08);
    sums = _mm256_add_epi8(_mm256_add_epi8(sums, lanes), before);
    _mm256_store_si256((__m256i *)(void *)last, places_of(sums));
    return _mm256_add_epi8(_mm256_add_epi8(ends, turned), before);
}

/* What stands before each of four lanes. */
static inline __m256i before_lanes(__m256i lanes)
{
    __m256i pairs = _mm256_xor_si256(lanes, _mm256_slli_si256(lanes, 8));
    __m256i first = _mm256_blend_epi32(
        _mm256_setzero_si256(), _mm256_permute4x64_epi64(pairs, 0x55), 0xF0);
    return _mm256_xor_si256(_mm256_xor_si256(pairs, lanes), first);
}

/* Sets upto[] of sixteen postings; returns what it is of their last. */
static inline __m256i put_sixteen(uint64_t upto[16], const uint8_t *payload,
                                  __m256i before)
{
    const __m256i one = _mm256_set1_epi64x(1);
    const long long none = (long long)0x8080808080808000u;
    const __m256i first =
        _mm256_setr_epi64x(none, none + 4, none + 8, none + 12);
    __m256i at = _mm256_broadcastsi128_si256(
        _mm_loadu_si128((const __m128i *)(const void *)payload));
    __m256i sum = _mm256_setzero_si256(), sums[4];
    at = _mm256_and_si256(at, _mm256_set1_epi8(63));
    for (size_t i = 0; i < 4; i++) {
        __m256i which =
            _mm256_add_epi64(first, _mm256_set1_epi64x((long long)i));
        sum = _mm256_xor_si256(
            sum, _mm256_sllv_epi64(one, _mm256_shuffle_epi8(at, which)));
        sums[i] = sum;
    }
    __m256i lanes = _mm256_xor_si256(before_lanes(sum), before);
    for (size_t i = 0; i < 4; i++)
        _mm256_store_si256((__m256i *)(void *)(upto + i * 4),
                           _mm256_xor_si256(sums[i], lanes));
    return _mm256_permute4x64_epi64(_mm256_xor_si256(sum, lanes), 0xFF);
}

static inline void put_bits(sparse_bits *out, const uint8_t *payload,
                            unsigned count)
{
    __m256i before = _mm256_setzero_si256();
    for (unsigned i = 0; i < count; i += SPARSE_STEP) {
        before = put_sixteen(out->upto + i, payload + i, before);
        before = put_sixteen(out->upto + i + 16, payload + i + 16, before);
    }
    out->upto[SPARSE_MOST] = 0;
}

typedef enum sparse_join { SPARSE_OR, SPARSE_AND, SPARSE_WITHOUT } sparse_join;

static inline __attribute__((always_inline)) uint64_t
joined(uint64_t word, uint64_t other, sparse_join how)
{
    if (how == SPARSE_OR)
        return word | other;
    return word & (how == SPARSE_AND ? other : ~other);
}

/* Range by range: of a chunk that has more postings than a sound one. */
static inline void join_ranges(uint64_t words[64], uint64_t ranges,
                               const uint8_t *counts, const uint8_t *payload,
                               sparse_join how)
{
    for (uint64_t left = ranges; left; left = _blsr_u64(left)) {
        size_t r = _tzcnt_u64(left);
        unsigned count = *counts++;
        words[r] = joined(words[r], score_sparse_word(payload, count), how);
        payload += count;
    }
    for (unsigned r = 0; how == SPARSE_AND && r < 64; r++)
        words[r] &= 0 - (ranges >> r & 1);
}

/* What stands at the last postings of four ranges. */
static inline __m256i four_upto(const sparse_bits *of, const uint8_t last[4])
{
    const uint64_t *upto = of->upto;
    __m128d low = _mm_load_sd((const double *)(const void *)(upto + last[0]));
    __m128d high = _mm_load_sd((const double *)(const void *)(upto + last[2]));
    low = _mm_loadh_pd(low, (const double *)(const void *)(upto + last[1]));
    high = _mm_loadh_pd(high, (const double *)(const void *)(upto + last[3]));
    return _mm256_castpd_si256(_mm256_set_m128d(high, low));
}

/* All ranges, in their places, four at once. */
static inline __attribute__((always_inline)) void
join_all(uint64_t words[64], const sparse_bits *of, sparse_join how)
{
    __m256i old = _mm256_setzero_si256();
    for (unsigned r = 0; r < 64; r += 4) {
        __m256i *to = (__m256i *)(void *)(words + r);
        __m256i upto = four_upto(of, of->last + r);
        __m256i turned = _mm256_permute4x64_epi64(upto, 0x93);
        __m256i at = _mm256_xor_si256(upto, _mm256_blend_epi32(turned, old, 3));
        __m256i word = _mm256_loadu_si256(to);
        if (how == SPARSE_OR)
            word = _mm256_or_si256(word, at);
        else if (how == SPARSE_AND)
            word = _mm256_and_si256(word, at);
        else
            word = _mm256_andnot_si256(at, word);
        _mm256_storeu_si256(to, word);
        old = turned;
    }
}

/* Only those that have any, of which last[] knows, or-ed or taken away, four
 * a step, so that few branches depend on how many there are: what is behind
 * the last is empty, and range 0's. */
static inline __attribute__((always_inline)) void
join_few(uint64_t words[64], uint64_t ranges, const sparse_bits *of,
         sparse_join how)
{
    uint64_t before = 0;
    const uint8_t *last = of->last;
    for (uint64_t left = ranges; left; last += FEW_STEP) {
#pragma GCC unroll 4
        for (unsigned i = 0; i < FEW_STEP; i++) {
            uint64_t upto = of->upto[last[i]];
            size_t r = _tzcnt_u64(left) % 64;
            words[r] = joined(words[r], upto ^ before, how);
            before = upto;
            left = _blsr_u64(left);
        }
    }
}

/* The first `count` bytes, of 32 at most; zero behind them. */
static inline __m256i first_bytes(const uint8_t *bytes, int count)
{
    const __m256i at = _mm256_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
                                        12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                        22, 23, 24, 25, 26, 27, 28, 29, 30, 31);
    return _mm256_and_si256(
        load_32(bytes), _mm256_cmpgt_epi8(_mm256_set1_epi8((char)count), at));
}

static inline __attribute__((always_inline)) void
join_sparse(uint64_t words[64], uint64_t ranges, const uint8_t *counts,
            const uint8_t *payload, unsigned sum, sparse_join how)
{
    sparse_bits bits;
    const __m256i none = _mm256_setzero_si256();
    int held = (int)_mm_popcnt_u64(ranges);
    bool few = held <= SPARSE_FEW && how != SPARSE_AND;
    if (__builtin_expect(sum > SPARSE_MOST, 0)) {
        join_ranges(words, ranges, counts, payload, how);
        return;
    }
    if (few) {
        put_last(bits.last, first_bytes(counts, held), none);
    } else {
        bytes_64 all = expand(ranges, counts);
        put_last(bits.last + 32, all.high, put_last(bits.last, all.low, none));
    }
    put_bits(&bits, payload, sum);
    if (few)
        join_few(words, ranges, &bits, how);
    else
        join_all(words, &bits, how);
}

static inline void score_sparse_or(uint64_t words[64], uint64_t ranges,
                                   const uint8_t *counts,
                                   const uint8_t *payload, unsigned sum)
{
    join_sparse(words, ranges, counts, payload, sum, SPARSE_OR);
}

static inline void score_dense_and(uint64_t words[64], const uint8_t *bytes,
                                   bool negate)
{
    __m256i flip = _mm256_set1_epi8(negate ? -1 : 0);
    for (unsigned i = 0; i < 64; i += 4) {
        __m256i *at = (__m256i *)(void *)(words + i);
        __m256i more = _mm256_xor_si256(load_32(bytes + (size_t)i * 8), flip);
        _mm256_storeu_si256(at, _mm256_and_si256(_mm256_loadu_si256(at), more));
    }
}

static inline void score_sparse_and(uint64_t words[64], uint64_t ranges,
                                    const uint8_t *counts,
                                    const uint8_t *payload, unsigned sum,
                                    bool negate)
{
    if (negate)
        join_sparse(words, ranges, counts, payload, sum, SPARSE_WITHOUT);
    else
        join_sparse(words, ranges, counts, payload, sum, SPARSE_AND);
}

static inline void score_starts(uint16_t starts[64], uint64_t ranges,
                                const uint8_t *counts)
{
    bytes_64 spread = expand(ranges, counts);
    __m256i before = _mm256_setzero_si256();
    __m256i last = _mm256_set1_epi16(0x0F0E);
    for (unsigned i = 0; i < 64; i += 16) {
        __m256i x = wide_of(&spread, i);
        __m256i sum = _mm256_add_epi16(x, _mm256_slli_si256(x, 2));
        sum = _mm256_add_epi16(sum, _mm256_slli_si256(sum, 4));
        sum = _mm256_add_epi16(sum, _mm256_slli_si256(sum, 8));
        /* Sums of eight; the first lane's go before the second lane. */
        __m256i eight = _mm256_shuffle_epi8(sum, last);
        __m256i lanes = _mm256_add_epi16(
            before, _mm256_permute2x128_si256(eight, eight, 0x08));
        store_sums(starts + i,
                   _mm256_add_epi16(_mm256_sub_epi16(sum, x), lanes));
        __m256i end = _mm256_add_epi16(lanes, eight);
        before = _mm256_permute2x128_si256(end, end, 0x11);
    }
}

static inline void score_dense_or(uint64_t words[64], const uint8_t *bytes)
{
    for (unsigned i = 0; i < 64; i += 4) {
        __m256i *at = (__m256i *)(void *)(words + i);
        __m256i more = load_32(bytes + (size_t)i * 8);
        _mm256_storeu_si256(at, _mm256_or_si256(_mm256_loadu_si256(at), more));
    }
}

static inline uint64_t score_any(const uint64_t words[64])
{
    uint64_t none = 0;
    for (unsigned i = 0; i < 64; i += 4) {
        __m256i four =
            _mm256_loadu_si256((const __m256i *)(const void *)(words + i));
        __m256i empty = _mm256_cmpeq_epi64(four, _mm256_setzero_si256());
        none |= (uint64_t)_mm256_movemask_pd(_mm256_castsi256_pd(empty)) << i;
    }
    return ~none;
}

static inline void score_spread_ranges(uint64_t words[64], uint64_t ranges)
{
    const __m256i bits = _mm256_setr_epi64x(1, 2, 4, 8);
    for (unsigned i = 0; i < 64; i += 4) {
        __m256i four = _mm256_set1_epi64x((long long)(ranges >> i));
        four = _mm256_cmpeq_epi64(_mm256_and_si256(four, bits), bits);
        _mm256_storeu_si256((__m256i *)(void *)(words + i), four);
    }
}

/* Half a byte at a time by a table (Mula, Kurz, Lemire 2018); 16 sums of up to
 * eight bits fit a byte. */
static inline unsigned score_popcount(const uint64_t words[64])
{
    const __m256i bits = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
    const __m256i low = _mm256_set1_epi8(15);
    __m256i sum = _mm256_setzero_si256();
    for (unsigned i = 0; i < 64; i += 4) {
        __m256i four =
            _mm256_loadu_si256((const __m256i *)(const void *)(words + i));
        __m256i high = _mm256_and_si256(_mm256_srli_epi16(four, 4), low);
        four = _mm256_and_si256(four, low);
        sum = _mm256_add_epi8(sum, _mm256_shuffle_epi8(bits, four));
        sum = _mm256_add_epi8(sum, _mm256_shuffle_epi8(bits, high));
    }
    sum = _mm256_sad_epu8(sum, _mm256_setzero_si256());
    __m128i half = _mm_add_epi64(_mm256_castsi256_si128(sum),
                                 _mm256_extracti128_si256(sum, 1));
    return (unsigned)(_mm_cvtsi128_si64(half) + _mm_extract_epi64(half, 1));
}

#include "core/kernels/score_phrase.inc"

static inline unsigned score_phrase(const osl_word_spot *words, unsigned count)
{
    return phrase_by_sets(words, count);
}

static inline uint32_t score_round(float x)
{
    return (uint32_t)_mm_cvtss_si64(_mm_set_ss(x));
}

static inline void score_add_gains(uint32_t *scores, const uint8_t *tfs,
                                   const float *k, unsigned count, float weight)
{
    __m256 w = _mm256_set1_ps(weight), one = _mm256_set1_ps(65536.0f);
    for (unsigned n = 0; n < count; n += 8) {
        __m256i whole = _mm256_cvtepu8_epi32(
            _mm_loadl_epi64((const __m128i *)(const void *)(tfs + n)));
        __m256i none = _mm256_cmpeq_epi32(whole, _mm256_setzero_si256());
        __m256 tf = _mm256_cvtepi32_ps(whole);
        __m256 gain =
            _mm256_div_ps(tf, _mm256_add_ps(tf, _mm256_loadu_ps(k + n)));
        gain = _mm256_andnot_ps(_mm256_castsi256_ps(none), gain);
        __m256i add =
            _mm256_cvtps_epi32(_mm256_mul_ps(one, _mm256_mul_ps(w, gain)));
        __m256i *to = (__m256i *)(void *)(scores + n);
        _mm256_storeu_si256(to, _mm256_add_epi32(_mm256_loadu_si256(to), add));
    }
}

#endif
