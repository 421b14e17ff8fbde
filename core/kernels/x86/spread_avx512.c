/* SPDX-License-Identifier: MIT
 *
 * Sixteen entries a step; their groups, which are near, are gathered where they
 * are not the same one, as those of frequent terms mostly are. Where an ordinal
 * differs from the one before, it and its place are compressed to the ends of
 * two lists. The second one becomes the tfs. */
#include "core/kernels/spread_loop.h"

#include <immintrin.h>

enum { STEP = 16, NUMBER_BITS = OSL_SPREAD_BLOCK_BITS + OSL_SPREAD_GROUP_BITS };

/* Of sixteen entries, their groups. */
typedef struct group_lanes {
    __m512i firsts[2]; /* of eight each */
    __m512i ordinals, blocks;
} group_lanes;

static inline group_lanes same_group(const osl_spread_group *group)
{
    __m512i firsts = _mm512_set1_epi64((long long)group->firsts);
    return (group_lanes){{firsts, firsts},
                         _mm512_set1_epi32((int)group->ordinal),
                         _mm512_set1_epi32((int)group->block)};
}

static inline group_lanes gather_groups(const osl_spread_group *groups,
                                        __m512i numbers, __m512i even)
{
    const long long *from = (const long long *)(const void *)groups;
    __m512i at = _mm512_slli_epi32(_mm512_srli_epi32(numbers, NUMBER_BITS), 1);
    __m256i low = _mm512_castsi512_si256(at);
    __m256i high = _mm512_extracti64x4_epi64(at, 1);
    __m512i first = _mm512_i32gather_epi64(low, from + 1, 8);
    __m512i second = _mm512_i32gather_epi64(high, from + 1, 8);
    __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
    return (group_lanes){{_mm512_i32gather_epi64(low, from, 8),
                          _mm512_i32gather_epi64(high, from, 8)},
                         _mm512_permutex2var_epi32(first, even, second),
                         _mm512_permutex2var_epi32(first, odd, second)};
}

/* Ones and leading zeros of eight groups' bits up to the blocks: a number of
 * 32 bits each. */
static inline __m512i count_eight(__m512i firsts, __m256i shifts)
{
    __m512i bits = _mm512_sllv_epi64(firsts, _mm512_cvtepu32_epi64(shifts));
    return _mm512_or_si512(_mm512_popcnt_epi64(bits),
                           _mm512_slli_epi64(_mm512_lzcnt_epi64(bits), 32));
}

uint32_t osl_spread_avx512(const osl_spread *spread)
{
    const __m128i bits = _mm_cvtsi32_si128((int)spread->bits);
    const unsigned group_bits = spread->bits + NUMBER_BITS;
    const uint32_t count = spread->count;
    uint32_t *entries = spread->entries;
    __m512i places =
        _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i even = _mm512_slli_epi32(places, 1);
    const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
    __m512i before = _mm512_set1_epi32(-1);
    uint32_t df = 0;
    if (count < STEP)
        return spread_entries(spread);
    for (uint32_t i = 0; i < count; i += STEP) {
        uint32_t left = count - i;
        __mmask16 live = (__mmask16)(left >= STEP ? 0xFFFFu : (1u << left) - 1);
        uint32_t first = entries[i] >> group_bits;
        uint32_t end =
            entries[left >= STEP ? i + STEP - 1 : count - 1] >> group_bits;
        __m512i numbers =
            _mm512_srl_epi32(_mm512_maskz_loadu_epi32(live, entries + i), bits);
        __m512i blocks = _mm512_srli_epi32(numbers, OSL_SPREAD_BLOCK_BITS);
        group_lanes groups = first == end
                                 ? same_group(&spread->groups[first])
                                 : gather_groups(spread->groups, numbers, even);
        __m512i shifts = _mm512_andnot_si512(blocks, _mm512_set1_epi32(63));
        __m512i low =
            count_eight(groups.firsts[0], _mm512_castsi512_si256(shifts));
        __m512i high =
            count_eight(groups.firsts[1], _mm512_extracti64x4_epi64(shifts, 1));
        __m512i ordinals = _mm512_add_epi32(
            groups.ordinals, _mm512_permutex2var_epi32(low, even, high));
        __m512i back = _mm512_permutex2var_epi32(low, odd, high);
        __mmask16 here = _mm512_cmplt_epu32_mask(back, _mm512_set1_epi32(64));
        __m512i starts = _mm512_slli_epi32(
            _mm512_mask_sub_epi32(groups.blocks, here, blocks, back),
            OSL_SPREAD_BLOCK_BITS);
        _mm512_mask_storeu_epi32(entries + i, live,
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
