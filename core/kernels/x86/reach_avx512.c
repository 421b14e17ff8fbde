/* SPDX-License-Identifier: MIT */
#include "core/kernels/reach.h"

#include <immintrin.h>
#include <string.h>

static uint64_t load_word(const uint8_t *from)
{
    uint64_t word;
    memcpy(&word, from, sizeof word);
    return word;
}

/* 64 bits of a plane from bit `at` on. */
static uint64_t bits_from(const uint8_t *plane, unsigned at)
{
    plane += (size_t)at / 64 * 8;
    return load_word(plane) >> (at % 64) | load_word(plane + 8)
                                               << 1 << (63 - at % 64);
}

enum { BITS = 3 }; /* of tf - 1 that rows are filled by */

/* What a range's paragraphs have above a tf of 1, bit by bit, and those whose
 * tf is not said by these. */
typedef struct range_tfs {
    uint64_t bits[BITS], any, untold;
} range_tfs;

static range_tfs tfs_of(const osl_reach_word *of, uint64_t word, unsigned start)
{
    range_tfs out = {{0}, 0, of->has_exceptions ? word : 0};
    uint64_t large = 0;
    for (unsigned p = 0; p < of->plane_count; p++) {
        uint64_t bits =
            _pdep_u64(bits_from(of->planes + p * of->stride, start), word);
        if (p < BITS)
            out.bits[p] = bits;
        else
            large |= bits;
        out.any |= bits;
        out.untold &= bits;
    }
    out.untold |= large;
    return out;
}

static __m512i shares_of(const uint16_t *gains, __m512i scale)
{
    return _mm512_mulhi_epu16(_mm512_loadu_si512(gains), scale);
}

/* What a row is made of. */
typedef struct filling {
    uint16_t (*gains)[OSL_REACH_COUNT];
    __m512i scale;
} filling;

/* 32 paragraphs from `at` on, the upper ones of a range by a shift. */
static __m512i fill_32(const filling *in, unsigned at, uint64_t word,
                       const range_tfs *is, unsigned shift)
{
    uint16_t(*gains)[OSL_REACH_COUNT] = in->gains;
    __m512i scale = in->scale;
    __m512i sum = _mm512_mask_mov_epi16(_mm512_set1_epi16(OSL_REACH_NONE),
                                        (__mmask32)(word >> shift),
                                        shares_of(gains[0] + at, scale));
    for (unsigned more = 1; is->any >> shift << 32 && more < OSL_REACH_TFS;
         more++) {
        uint64_t has = is->any;
        for (unsigned p = 0; p < BITS; p++)
            has &= more >> p & 1 ? is->bits[p] : ~is->bits[p];
        __mmask32 here = (__mmask32)(has >> shift);
        if (here)
            sum = _mm512_mask_mov_epi16(sum, here,
                                        shares_of(gains[more] + at, scale));
    }
    return sum;
}

static uint64_t fill(uint64_t untold[64], int16_t row[OSL_REACH_COUNT],
                     uint8_t tfs[OSL_REACH_COUNT], const osl_reach_word *of,
                     uint16_t gains[OSL_REACH_TFS][OSL_REACH_COUNT],
                     uint16_t scale)
{
    const filling in = {gains, _mm512_set1_epi16((int16_t)scale)};
    uint64_t some = 0;
    unsigned start = 0;
    for (unsigned r = 0; r < 64; r++) {
        uint64_t word = load_word(of->words + (size_t)r * 8);
        range_tfs is = tfs_of(of, word, start);
        int16_t *to = row + (size_t)r * 64;
        _mm512_storeu_si512(to, fill_32(&in, r * 64, word, &is, 0));
        _mm512_storeu_si512(to + 32, fill_32(&in, r * 64 + 32, word, &is, 32));
        __m512i tf = _mm512_set1_epi8(1);
        for (unsigned p = 0; p < BITS; p++)
            tf = _mm512_mask_add_epi8(tf, is.bits[p], tf,
                                      _mm512_set1_epi8((char)(1 << p)));
        tf = _mm512_mask_mov_epi8(tf, is.untold,
                                  _mm512_set1_epi8((char)OSL_REACH_UNTOLD));
        _mm512_storeu_si512(tfs + (size_t)r * 64, tf);
        untold[r] = is.untold;
        some |= (uint64_t)(is.untold != 0) << r;
        start += (unsigned)__builtin_popcountll(word);
    }
    return some;
}

static uint64_t reach_32(const int16_t *a, const int16_t *b, __m512i least)
{
    __m512i sum =
        _mm512_adds_epi16(_mm512_loadu_si512(a), _mm512_loadu_si512(b));
    return _mm512_cmpge_epi16_mask(sum, least);
}

static uint64_t reach_64(const int16_t *a, const int16_t *b, __m512i least)
{
    return reach_32(a + 32, b + 32, least) << 32 | reach_32(a, b, least);
}

static uint64_t reach(uint64_t masks[64], const osl_reach_row *a,
                      const osl_reach_row *b, int16_t least)
{
    __m512i from = _mm512_set1_epi16(least);
    uint64_t some = 0;
    uint64_t ranges = reach_64(a->most, b->most, from);
    for (; ranges; ranges &= ranges - 1) {
        unsigned r = (unsigned)__builtin_ctzll(ranges);
        masks[r] =
            reach_64(a->at + (size_t)r * 64, b->at + (size_t)r * 64, from);
        some |= (uint64_t)(masks[r] != 0) << r;
    }
    return some;
}

const osl_reach_kernels osl_reach_kernels_avx512 = {fill, reach};
