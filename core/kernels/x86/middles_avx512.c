/* SPDX-License-Identifier: MIT
 *
 * A posting's positions, up to eight of them, stand in one vector: what comes
 * before and behind each is a permutation away. Then sixteen numbers a step,
 * whose codes are put together by twos and fours. */
#define MIDDLES_STEP 16u
#include "core/kernels/x86/middles_loop.inc"

#include <immintrin.h>

static inline __m256i load(const uint32_t *from)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)from);
}

static inline void put_few(middles_batch *batch, const uint32_t *positions,
                           uint32_t count, uint32_t low, uint32_t high)
{
    const middles_order *order = &middles_orders[count];
    __mmask8 live = (__mmask8)_bzhi_u32(0xFF, count);
    __m256i at = _mm256_maskz_loadu_epi32(live, positions);
    __m256i edges =
        _mm256_mask_set1_epi32(_mm256_set1_epi32((int)low - 1), 1, (int)high);
    __m256i middle = _mm256_permutevar8x32_epi32(at, load(order->place));
    __m256i before = _mm256_permutex2var_epi32(at, load(order->before), edges);
    __m256i behind = _mm256_permutex2var_epi32(at, load(order->behind), edges);
    __m256i value =
        _mm256_sub_epi32(_mm256_sub_epi32(middle, before), load(order->least));
    __m256i bound =
        _mm256_sub_epi32(_mm256_sub_epi32(behind, before), load(order->less));
    _mm256_storeu_si256((__m256i *)(void *)(batch->values + batch->count),
                        value);
    _mm256_storeu_si256((__m256i *)(void *)(batch->bounds + batch->count),
                        bound);
    batch->count += count;
}

/* Codes by fours, where they are short enough, or by twos. */
static inline void put_codes(osl_middles_end *end, __m512i codes,
                             __m512i lengths)
{
    const __mmask16 even = 0x5555;
    uint64_t code[8], length[8];
    __m512i first = _mm512_maskz_mov_epi32(even, lengths);
    __m512i both = _mm512_add_epi64(first, _mm512_srli_epi64(lengths, 32));
    codes =
        _mm512_or_si512(_mm512_maskz_mov_epi32(even, codes),
                        _mm512_sllv_epi64(_mm512_srli_epi64(codes, 32), first));
    __m512i four = _mm512_add_epi64(both, _mm512_unpackhi_epi64(both, both));
    bool is_short = !_mm512_mask_cmpgt_epu64_mask(
        0x55, four, _mm512_set1_epi64(MIDDLES_AT_ONCE));
    if (is_short) {
        codes = _mm512_or_si512(
            codes,
            _mm512_sllv_epi64(_mm512_unpackhi_epi64(codes, codes), both));
        both = four;
    }
    _mm512_storeu_si512(code, codes);
    _mm512_storeu_si512(length, both);
    osl_middles_end to = *end;
    for (unsigned i = 0; i < 8; i += 1u + is_short)
        put_bits(&to, code[i], length[i]);
    *end = to;
}

static inline void put_step(middles_batch *batch, size_t at, size_t count)
{
    const __m512i one = _mm512_set1_epi32(1);
    __mmask16 live = (__mmask16)_bzhi_u32(0xFFFF, (unsigned)count);
    __m512i n = _mm512_mask_loadu_epi32(one, live, batch->bounds + at);
    __m512i value = _mm512_maskz_loadu_epi32(live, batch->values + at);
    /* Bounds of what does not rise are negative. */
    if (_mm512_cmpge_epi32_mask(value, n) | _mm512_movepi32_mask(value)) {
        batch->good = false;
        return;
    }
    __m512i k = _mm512_sub_epi32(_mm512_set1_epi32(31), _mm512_lzcnt_epi32(n));
    __m512i shorter =
        _mm512_sub_epi32(_mm512_sllv_epi32(_mm512_set1_epi32(2), k), n);
    __mmask16 longer = _mm512_cmpge_epi32_mask(value, shorter);
    value = _mm512_mask_add_epi32(value, longer, value, shorter);
    __m512i last = _mm512_sllv_epi32(_mm512_and_si512(value, one), k);
    __m512i codes =
        _mm512_mask_or_epi32(value, longer, _mm512_srli_epi32(value, 1), last);
    put_codes(&batch->end, codes, _mm512_mask_add_epi32(k, longer, k, one));
}

bool osl_middles_avx512(const osl_middles *from, osl_middles_end *end)
{
    return put_postings(from, end);
}
