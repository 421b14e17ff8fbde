/* SPDX-License-Identifier: MIT */
#include "core/kernels/reach_scalar.h"

#include <immintrin.h>

static __m256i sum_at(const int16_t *a, const int16_t *b, unsigned i)
{
    return _mm256_adds_epi16(
        _mm256_loadu_si256((const __m256i *)(const void *)(a + i)),
        _mm256_loadu_si256((const __m256i *)(const void *)(b + i)));
}

/* Which of 32 are not below. Packing goes by halves of 128 bits: quarters are
 * put in order again. */
static uint32_t reach_32(const int16_t *a, const int16_t *b, __m256i least)
{
    __m256i low = _mm256_cmpgt_epi16(least, sum_at(a, b, 0));
    __m256i high = _mm256_cmpgt_epi16(least, sum_at(a, b, 16));
    __m256i packed =
        _mm256_permute4x64_epi64(_mm256_packs_epi16(low, high), 0xD8);
    return ~(uint32_t)_mm256_movemask_epi8(packed);
}

static uint64_t reach(uint64_t masks[64], const osl_reach_row *a,
                      const osl_reach_row *b, int16_t least)
{
    __m256i from = _mm256_set1_epi16(least);
    uint64_t some = 0;
    uint64_t ranges = (uint64_t)reach_32(a->most + 32, b->most + 32, from)
                          << 32 |
                      reach_32(a->most, b->most, from);
    for (; ranges; ranges &= ranges - 1) {
        unsigned r = (unsigned)__builtin_ctzll(ranges);
        const int16_t *x = a->at + (size_t)r * 64, *y = b->at + (size_t)r * 64;
        masks[r] = (uint64_t)reach_32(x + 32, y + 32, from) << 32 |
                   reach_32(x, y, from);
        some |= (uint64_t)(masks[r] != 0) << r;
    }
    return some;
}

const osl_reach_kernels osl_reach_kernels_avx2 = {reach_fill, reach};
