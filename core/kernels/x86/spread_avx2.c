/* SPDX-License-Identifier: MIT
 *
 * Eight entries a step, as core/kernels/x86/spread_avx512.c does sixteen. What
 * is compressed there is permuted here, by the numbers of the lanes that stay,
 * drawn from a mask by pext. */
#include "core/kernels/spread.h"

#include <immintrin.h>

enum { STEP = 8 };

/* Places of first entries become differences. */
static void count_between(uint32_t *places, uint32_t df, uint32_t count)
{
    for (uint32_t i = 0; i + 1 < df; i++)
        places[i] = places[i + 1] - places[i];
    places[df - 1] = count - places[df - 1];
}

static inline __m256i load(const uint32_t *at)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)at);
}

static inline void store(uint32_t *at, __m256i lanes)
{
    _mm256_storeu_si256((__m256i *)(void *)at, lanes);
}

/* The numbers of the mask's set bits, first of all. */
static inline __m256i kept_lanes(unsigned mask)
{
    uint64_t bytes =
        _pdep_u64(mask, UINT64_C(0x0101010101010101)) * UINT64_C(255);
    uint64_t lanes = _pext_u64(UINT64_C(0x0706050403020100), bytes);
    return _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)lanes));
}

uint32_t osl_spread_avx2(const osl_spread *spread)
{
    const __m128i bits = _mm_cvtsi32_si128((int)spread->bits);
    const long long *blocks = (const long long *)(const void *)spread->blocks;
    const uint32_t count = spread->count;
    __m256i places = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i step = _mm256_set1_epi32(STEP);
    __m256i before = _mm256_set1_epi32(-1);
    uint32_t df = 0;
    if (count < STEP)
        return osl_spread_scalar(spread);
    for (uint32_t i = 0; i < count; i += STEP) {
        /* Lanes behind the last have a block, too; what stands there is kept. */
        __m256i entries = load(spread->entries + i);
        __m256i numbers = _mm256_srl_epi32(entries, bits);
        __m256i at = _mm256_srli_epi32(numbers, OSL_SPREAD_BLOCK_BITS);
        __m256i first =
            _mm256_i32gather_epi64(blocks, _mm256_castsi256_si128(at), 8);
        __m256i second =
            _mm256_i32gather_epi64(blocks, _mm256_extracti128_si256(at, 1), 8);
        /* Lanes 0 1 4 5 2 3 6 7 until they are permuted. */
        __m256 a = _mm256_castsi256_ps(first), b = _mm256_castsi256_ps(second);
        __m256i starts = _mm256_permute4x64_epi64(
            _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0x88)), 0xD8);
        __m256i ordinals = _mm256_permute4x64_epi64(
            _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0xDD)), 0xD8);
        __m256i positions = _mm256_sub_epi32(numbers, starts);
        unsigned live = 0xFF;
        if (count - i < STEP) {
            live >>= STEP - (count - i);
            __m256i here =
                _mm256_cmpgt_epi32(_mm256_set1_epi32((int)(count - i)),
                                   _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
            positions = _mm256_blendv_epi8(entries, positions, here);
        }
        store(spread->entries + i, positions);
        if (spread->owners)
            store(spread->owners + i, ordinals);
        __m256i last = _mm256_alignr_epi8(
            ordinals, _mm256_permute2x128_si256(before, ordinals, 0x21), 12);
        unsigned same = (unsigned)_mm256_movemask_ps(
            _mm256_castsi256_ps(_mm256_cmpeq_epi32(ordinals, last)));
        unsigned is_new = ~same & live;
        __m256i kept = kept_lanes(is_new);
        store(spread->ordinals + df,
              _mm256_permutevar8x32_epi32(ordinals, kept));
        store(spread->tfs + df, _mm256_permutevar8x32_epi32(places, kept));
        df += (uint32_t)_mm_popcnt_u32(is_new);
        places = _mm256_add_epi32(places, step);
        before = ordinals;
    }
    count_between(spread->tfs, df, count);
    return df;
}
