/* SPDX-License-Identifier: MIT
 *
 * Sixteen entries a step: their blocks are gathered whole, eight at once, so
 * that misses overlap;
 * where an ordinal differs from the one before, it and its place are
 * compressed to the ends of two lists. The second one becomes the tfs. */
#include "core/kernels/spread.h"

#include <immintrin.h>

/* Places of first entries become differences. */
static void count_between(uint32_t *places, uint32_t df, uint32_t count)
{
    for (uint32_t i = 0; i + 1 < df; i++)
        places[i] = places[i + 1] - places[i];
    places[df - 1] = count - places[df - 1];
}

uint32_t osl_spread_avx512(const osl_spread *spread)
{
    enum { STEP = 16 };
    const __m128i bits = _mm_cvtsi32_si128((int)spread->bits);
    const uint32_t count = spread->count;
    __m512i places =
        _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i even = _mm512_slli_epi32(places, 1);
    const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
    __m512i before = _mm512_set1_epi32(-1);
    uint32_t df = 0;
    if (count < STEP)
        return osl_spread_scalar(spread);
    for (uint32_t i = 0; i < count; i += STEP) {
        uint32_t left = count - i;
        __mmask16 live = (__mmask16)(left >= STEP ? 0xFFFFu : (1u << left) - 1);
        __m512i entries = _mm512_maskz_loadu_epi32(live, spread->entries + i);
        __m512i numbers = _mm512_srl_epi32(entries, bits);
        __m512i at = _mm512_srli_epi32(numbers, OSL_SPREAD_BLOCK_BITS);
        __m512i first = _mm512_i32gather_epi64(_mm512_castsi512_si256(at),
                                               spread->blocks, 8);
        __m512i second = _mm512_i32gather_epi64(
            _mm512_extracti64x4_epi64(at, 1), spread->blocks, 8);
        __m512i starts = _mm512_permutex2var_epi32(first, even, second);
        __m512i ordinals = _mm512_permutex2var_epi32(first, odd, second);
        _mm512_mask_storeu_epi32(spread->entries + i, live,
                                 _mm512_sub_epi32(numbers, starts));
        if (spread->owners)
            _mm512_storeu_si512(spread->owners + i, ordinals);
        __m512i last = _mm512_alignr_epi32(ordinals, before, STEP - 1);
        __mmask16 is_new = _mm512_mask_cmpneq_epi32_mask(live, ordinals, last);
        _mm512_storeu_si512(spread->ordinals + df,
                            _mm512_maskz_compress_epi32(is_new, ordinals));
        _mm512_storeu_si512(spread->tfs + df,
                            _mm512_maskz_compress_epi32(is_new, places));
        df += (uint32_t)_mm_popcnt_u32(is_new);
        places = _mm512_add_epi32(places, _mm512_set1_epi32(STEP));
        before = ordinals;
    }
    count_between(spread->tfs, df, count);
    return df;
}
