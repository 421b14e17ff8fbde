/* SPDX-License-Identifier: MIT
 *
 * Of 64 bits that are unary the places of the ones are compressed to bytes;
 * what lies between two is a number's run of zeros. Then sixteen numbers a
 * step: the bytes that have their low bits, shifted to their places, and the
 * runs above. */
#include "core/kernels/rice_scalar.h"

#include <immintrin.h>

/* Low bits and what stands before them in their first byte fit 32 bits. */
enum { LOW_MAX = 25 };

static inline __m512i bytes_in_order(void)
{
    static const uint8_t places[64] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
        16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
        32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
        48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    return _mm512_loadu_si512(places);
}

/* The runs of a word's ones, to which the first one's `carry` is added. */
static inline void put_runs(uint32_t *to, uint64_t word, uint32_t carry)
{
    const __m512i order = bytes_in_order(), none = _mm512_set1_epi8(-1);
    __m512i places = _mm512_maskz_compress_epi8(word, order);
    __m512i before = _mm512_mask_permutexvar_epi8(
        none, ~(__mmask64)1, _mm512_add_epi8(order, none), places);
    /* places - before - 1 */
    __m512i runs = _mm512_sub_epi8(_mm512_add_epi8(places, none), before);
    __m512i first = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(runs));
    first = _mm512_add_epi32(
        first, _mm512_zextsi128_si512(_mm_cvtsi32_si128((int)carry)));
    unsigned count = (unsigned)_mm_popcnt_u64(word);
    _mm512_storeu_si512(to, first);
    if (count > 16)
        _mm512_storeu_si512(
            to + 16, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(runs, 1)));
    if (count > 32) {
        _mm512_storeu_si512(
            to + 32, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(runs, 2)));
        _mm512_storeu_si512(
            to + 48, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(runs, 3)));
    }
}

/* All runs; returns the bit behind the last, or 0. */
static inline uint64_t read_runs(const osl_rice *from, uint32_t *runs)
{
    uint64_t at = rice_unary(from);
    unsigned skipped = at % 8, left = from->count;
    uint64_t keep = ~(uint64_t)0 << skipped;
    uint32_t carry = 0u - skipped;
    for (at -= skipped; at < from->end; at += 64) {
        uint64_t word = rice_load(from, at) & keep;
        unsigned ones = (unsigned)_mm_popcnt_u64(word);
        put_runs(runs, word, carry);
        if (ones >= left) {
            uint64_t last = (uint64_t)1 << ((left - 1) % 64);
            at += _tzcnt_u64(_pdep_u64(last, word)) + 1;
            return at <= from->end ? at : 0;
        }
        runs += ones;
        left -= ones;
        carry = (word ? 0 : carry) + (uint32_t)_lzcnt_u64(word);
        keep = ~(uint64_t)0;
    }
    return 0;
}

/* Sixteen numbers' low bits, of which the first begins at bit `at`. */
static inline __m512i low_bits(const osl_rice *from, uint64_t at, unsigned k)
{
    const __m512i lanes =
        _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i lowest = _mm512_broadcast_i32x4(
        _mm_setr_epi32(0, 0x04040404, 0x08080808, 0x0C0C0C0C));
    uint64_t left = from->end / 8 + OSL_RICE_BEHIND - at / 8;
    __mmask64 live = _bzhi_u64(~(uint64_t)0, left < 64 ? (unsigned)left : 64);
    __m512i bytes = _mm512_maskz_loadu_epi8(live, from->bytes + at / 8);
    __m512i bit =
        _mm512_add_epi32(_mm512_mullo_epi16(lanes, _mm512_set1_epi32((int)k)),
                         _mm512_set1_epi32((int)(at % 8)));
    __m512i places =
        _mm512_add_epi8(_mm512_shuffle_epi8(_mm512_srli_epi32(bit, 3), lowest),
                        _mm512_set1_epi32(0x03020100));
    __m512i values =
        _mm512_srlv_epi32(_mm512_permutexvar_epi8(places, bytes),
                          _mm512_and_si512(bit, _mm512_set1_epi32(7)));
    return _mm512_and_si512(values, _mm512_set1_epi32((int)((1u << k) - 1)));
}

uint64_t osl_rice_avx512(const osl_rice *from, uint32_t *values)
{
    uint64_t low = from->at, last;
    __m512i lost = _mm512_setzero_si512();
    for (unsigned g = 0; g * OSL_RICE_GROUP < from->count; g++)
        if (from->k[g] > LOW_MAX || from->end >> 32)
            return osl_rice_scalar(from, values);
    last = read_runs(from, values);
    if (!last)
        return 0;
    for (unsigned g = 0, i = 0; i < from->count; g++, i += OSL_RICE_GROUP) {
        unsigned k = from->k[g], count = from->count - i;
        __mmask16 live = (__mmask16)_bzhi_u32(0xFFFF, count < 16 ? count : 16);
        __m512i runs = _mm512_maskz_loadu_epi32(live, values + i);
        __m512i value =
            _mm512_or_si512(_mm512_sll_epi32(runs, _mm_cvtsi32_si128((int)k)),
                            low_bits(from, low, k));
        lost = _mm512_or_si512(
            lost, _mm512_srl_epi32(runs, _mm_cvtsi32_si128((int)(32 - k))));
        _mm512_storeu_si512(values + i, value);
        low += (uint64_t)k * OSL_RICE_GROUP;
    }
    return _mm512_test_epi32_mask(lost, lost) ? 0 : last;
}
