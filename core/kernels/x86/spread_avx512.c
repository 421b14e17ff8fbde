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

/* Forms that are not the first, put aside. */
enum { ASIDE = 512 };

static void count_aside(const osl_form_dfs *of, const uint32_t *forms,
                        const uint32_t *owners, uint32_t count)
{
    uint32_t *dfs = of->dfs, *last = of->last;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t form = forms[i], owner = owners[i];
        dfs[form] += last[form] != owner;
        last[form] = owner;
    }
}

/* Most occurrences are of the first form, whose owners are counted where they
 * differ from the one before; the others are put aside and then counted one by
 * one, without a branch. */
void osl_form_dfs_avx512(const osl_form_dfs *of)
{
    enum { STEP = 16 };
    uint32_t forms[ASIDE + STEP], owners[ASIDE + STEP], aside = 0;
    const __m512i back =
        _mm512_setr_epi32(15, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14);
    __m512i before = _mm512_set1_epi32((int)of->last[0]);
    uint32_t df = of->dfs[0];
    for (uint32_t i = 0; i < of->count; i += STEP) {
        uint32_t left = of->count - i;
        __mmask16 live =
            (__mmask16)_bzhi_u32(0xFFFF, left < STEP ? left : STEP);
        __m512i form = _mm512_maskz_loadu_epi32(live, of->forms + i);
        __m512i owner = _mm512_maskz_loadu_epi32(live, of->owners + i);
        __mmask16 other = _mm512_test_epi32_mask(form, form);
        __mmask16 first = (__mmask16)(live & ~other);
        unsigned count = (unsigned)_mm_popcnt_u32(first);
        __m512i at = _mm512_maskz_compress_epi32(first, owner);
        __m512i shifted = _mm512_permutexvar_epi32(back, at);
        shifted = _mm512_mask_mov_epi32(shifted, 1, before);
        __mmask16 is_new = _mm512_mask_cmpneq_epi32_mask(
            (__mmask16)_bzhi_u32(0xFFFF, count), at, shifted);
        df += (uint32_t)_mm_popcnt_u32(is_new);
        if (count > 0)
            before =
                _mm512_permutexvar_epi32(_mm512_set1_epi32((int)count - 1), at);
        _mm512_storeu_si512(forms + aside,
                            _mm512_maskz_compress_epi32(other, form));
        _mm512_storeu_si512(owners + aside,
                            _mm512_maskz_compress_epi32(other, owner));
        aside += (uint32_t)_mm_popcnt_u32(other);
        if (aside >= ASIDE) {
            count_aside(of, forms, owners, aside);
            aside = 0;
        }
    }
    count_aside(of, forms, owners, aside);
    of->dfs[0] = df;
    of->last[0] = (uint32_t)_mm_cvtsi128_si32(_mm512_castsi512_si128(before));
}
