/* SPDX-License-Identifier: MIT
 *
 * Sixty-four postings a step, as bytes. The greatest bound of a range is found
 * by doubling: each posting takes what the one 1, 2, 4 … before it has, as
 * long as that is of the same range; the last one of each range then has it. */
#include "core/kernels/slice.h"

#include <immintrin.h>
#include <stdbool.h>

static inline __m512i iota(void)
{
    static const uint8_t bytes[64] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
        16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
        32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
        48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    return _mm512_loadu_si512(bytes);
}

/* The lowest 16 bits of 64 numbers. */
typedef struct numbers {
    __m512i low, high;
} numbers;

static inline __mmask16 live_16(uint64_t live, size_t quarter)
{
    return (__mmask16)(live >> (16 * quarter));
}

static inline __m512i pack_16(__m512i a, __m512i b)
{
    __m512i low = _mm512_castsi256_si512(_mm512_cvtepi32_epi16(a));
    return _mm512_inserti64x4(low, _mm512_cvtepi32_epi16(b), 1);
}

static inline __m512i pack_8(numbers of)
{
    __m512i low = _mm512_castsi256_si512(_mm512_cvtepi16_epi8(of.low));
    return _mm512_inserti64x4(low, _mm512_cvtepi16_epi8(of.high), 1);
}

static inline numbers load_ordinals(const uint32_t *from, uint64_t live)
{
    __m512i at[4];
    for (size_t i = 0; i < 4; i++)
        at[i] = _mm512_maskz_loadu_epi32(live_16(live, i), from + 16 * i);
    return (numbers){pack_16(at[0], at[1]), pack_16(at[2], at[3])};
}

/* tf − 1, at most 255. */
static inline __m512i load_more(const uint32_t *from, uint64_t live)
{
    const __m512i one = _mm512_set1_epi32(1), most = _mm512_set1_epi32(255);
    __m512i at[4];
    for (size_t i = 0; i < 4; i++) {
        __mmask16 mask = live_16(live, i);
        __m512i tf = _mm512_mask_loadu_epi32(one, mask, from + 16 * i);
        at[i] = _mm512_min_epu32(_mm512_sub_epi32(tf, one), most);
    }
    return pack_8((numbers){pack_16(at[0], at[1]), pack_16(at[2], at[3])});
}

static inline __m512i greatest_of_range(__m512i bounds, __m512i ranges)
{
    for (unsigned step = 1; step < 64; step *= 2) {
        __m512i from = _mm512_sub_epi8(iota(), _mm512_set1_epi8((char)step));
        __m512i others = _mm512_permutexvar_epi8(from, ranges);
        __mmask64 same =
            _mm512_mask_cmpeq_epi8_mask(~(uint64_t)0 << step, ranges, others);
        if (!same)
            return bounds;
        bounds = _mm512_mask_max_epu8(bounds, same, bounds,
                                      _mm512_permutexvar_epi8(from, bounds));
    }
    return bounds;
}

/* Those of 64 bits whose numbers are the bytes below 64. */
static inline __m512i bits_of(__m512i bytes)
{
    const __m512i one = _mm512_set1_epi64(1);
    __m512i bits = _mm512_setzero_si512();
    for (unsigned i = 0; i < 8; i++) {
        __m512i part = _mm512_cvtepu8_epi64(_mm512_castsi512_si128(bytes));
        bits = _mm512_or_si512(bits, _mm512_sllv_epi64(one, part));
        bytes = _mm512_alignr_epi64(bytes, bytes, 1);
    }
    return bits;
}

/* Puts the ranges of a step behind those before; the first may be the last of
 * these. */
static inline void put_ranges(osl_slice *out, __m512i bounds, __m512i counts,
                              bool joined)
{
    unsigned at = out->range_count -= joined;
    uint8_t bound = joined ? out->bounds[at] : 0;
    uint8_t count = joined ? out->counts[at] : 0;
    _mm512_storeu_si512(out->bounds + at, bounds);
    _mm512_storeu_si512(out->counts + at, counts);
    if (joined) {
        out->bounds[at] = bound > out->bounds[at] ? bound : out->bounds[at];
        out->counts[at] = (uint8_t)(out->counts[at] + count);
    }
}

static void slice_avx512(osl_slice *out, const uint32_t *ordinals,
                         const uint32_t *tfs, const uint8_t *bounds,
                         uint32_t count)
{
    const __m512i low = _mm512_set1_epi8(63), none = _mm512_set1_epi8(-1);
    const __m512i before = _mm512_add_epi8(iota(), none);
    __m512i mask = _mm512_setzero_si512();
    unsigned last = 64;
    out->range_count = 0;
    for (uint32_t i = 0; i < count; i += 64) {
        unsigned left = count - i < 64 ? count - i : 64;
        uint64_t live = ~(uint64_t)0 >> (64 - left);
        numbers at = load_ordinals(ordinals + i, live);
        _mm512_storeu_si512(out->offsets + i,
                            _mm512_and_si512(pack_8(at), low));
        _mm512_storeu_si512(out->more + i, load_more(tfs + i, live));
        at.low = _mm512_srli_epi16(at.low, 6);
        at.high = _mm512_srli_epi16(at.high, 6);
        __m512i ranges = _mm512_and_si512(pack_8(at), low);
        __m512i highest = greatest_of_range(
            _mm512_maskz_loadu_epi8(live, bounds + i), ranges);
        /* Where the next one is of another range, and at the end. */
        __m512i next =
            _mm512_permutexvar_epi8(_mm512_sub_epi8(iota(), none), ranges);
        __mmask64 ends = _mm512_cmpneq_epi8_mask(ranges, next) & live;
        ends |= (uint64_t)1 << (left - 1);
        __m512i places = _mm512_maskz_compress_epi8(ends, iota());
        __m512i starts =
            _mm512_mask_permutexvar_epi8(none, ~(uint64_t)1, before, places);
        bool joined =
            last ==
            (unsigned)_mm_cvtsi128_si32(_mm512_castsi512_si128(ranges)) % 256;
        put_ranges(out, _mm512_maskz_compress_epi8(ends, highest),
                   _mm512_sub_epi8(places, starts), joined);
        __m512i found = _mm512_mask_compress_epi8(none, ends, ranges);
        mask = _mm512_or_si512(mask, bits_of(found));
        out->range_count += (unsigned)_mm_popcnt_u64(ends);
        last = ordinals[i + left - 1] >> 6 & 63;
    }
    out->mask = (uint64_t)_mm512_reduce_or_epi64(mask);
}

/* Of up to 8 bytes. */
static inline __m512i bits_of_8(const uint8_t *bytes, unsigned count)
{
    __mmask8 live = (__mmask8)(count < 8 ? (1u << count) - 1 : 0xFF);
    __m512i at = _mm512_cvtepu8_epi64(_mm_loadl_epi64((const void *)bytes));
    return _mm512_maskz_sllv_epi64(live, _mm512_set1_epi64(1), at);
}

static uint32_t words_avx512(const osl_slice *slice, uint64_t words[64],
                             uint32_t before[64])
{
    const uint8_t *offset = slice->offsets, *more = slice->more;
    const uint8_t *count = slice->counts;
    uint32_t sum = 0;
    for (unsigned range = 0; range < 64; range++) {
        unsigned here = slice->mask >> range & 1 ? *count++ : 0;
        uint64_t live = _bzhi_u64(~(uint64_t)0, here);
        __m512i bits = bits_of_8(offset, here);
        for (unsigned i = 8; i < here; i += 8)
            bits = _mm512_or_si512(bits, bits_of_8(offset + i, here - i));
        words[range] = (uint64_t)_mm512_reduce_or_epi64(bits);
        __m512i sums = _mm512_sad_epu8(_mm512_maskz_loadu_epi8(live, more),
                                       _mm512_setzero_si512());
        before[range] = sum;
        sum += (uint32_t)_mm512_reduce_add_epi64(sums);
        offset += here;
        more += here;
    }
    return sum;
}

static void above_avx512(const uint8_t *more, uint32_t count,
                         uint32_t above[OSL_SLICE_PLANES + 1])
{
    for (unsigned p = 1; p <= OSL_SLICE_PLANES; p++)
        above[p] = 0;
    for (uint32_t i = 0; i < count; i += 64) {
        unsigned left = count - i < 64 ? count - i : 64;
        __m512i at =
            _mm512_maskz_loadu_epi8(~(uint64_t)0 >> (64 - left), more + i);
        for (unsigned p = 1; p <= OSL_SLICE_PLANES; p++) {
            __m512i least = _mm512_set1_epi8((char)((1u << p) - 1));
            above[p] +=
                (uint32_t)_mm_popcnt_u64(_mm512_cmpge_epu8_mask(at, least));
        }
    }
}

static void planes_avx512(const uint8_t *more, uint32_t count, unsigned planes,
                          uint8_t *to)
{
    size_t words = (count + 63) / 64;
    __m512i highest = _mm512_set1_epi8((char)((1u << planes) - 1));
    for (size_t w = 0; w < words; w++, more += 64, to += 8) {
        size_t left = count - w * 64 < 64 ? count - w * 64 : 64;
        __m512i at = _mm512_maskz_loadu_epi8(~(uint64_t)0 >> (64 - left), more);
        at = _mm512_min_epu8(at, highest);
        for (unsigned p = 0; p < planes; p++) {
            __mmask64 bits =
                _mm512_test_epi8_mask(at, _mm512_set1_epi8((char)(1u << p)));
            _mm_storel_epi64((void *)(to + p * words * 8),
                             _mm_cvtsi64_si128((long long)bits));
        }
    }
}

const osl_slice_kernels osl_slice_kernels_avx512 = {
    slice_avx512, words_avx512, above_avx512, planes_avx512};
