/* SPDX-License-Identifier: MIT
 *
 * As with AVX-512, but eight numbers a step, whose codes are put together by
 * twos; how many bits a bound has says its exponent as a float, which it is
 * exactly. */
#define MIDDLES_STEP 8u
#include "core/kernels/x86/middles_loop.inc"

#include <immintrin.h>

static inline __m256i load(const uint32_t *from)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)from);
}

static inline void store(uint32_t *to, __m256i numbers)
{
    _mm256_storeu_si256((__m256i *)(void *)to, numbers);
}

/* All ones in the first `count` lanes. */
static inline __m256i first_lanes(size_t count)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count),
                              _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

/* What stands at places, or `edge` where a place is 8 or more. */
static inline __m256i pick(__m256i at, __m256i places, uint32_t edge)
{
    __m256i none = _mm256_cmpgt_epi32(places, _mm256_set1_epi32(7));
    return _mm256_blendv_epi8(_mm256_permutevar8x32_epi32(at, places),
                              _mm256_set1_epi32((int)edge), none);
}

static inline void put_few(middles_batch *batch, const uint32_t *positions,
                           uint32_t count, uint32_t low, uint32_t high)
{
    const middles_order *order = &middles_orders[count];
    __m256i at = _mm256_maskload_epi32((const int *)(const void *)positions,
                                       first_lanes(count));
    __m256i middle = _mm256_permutevar8x32_epi32(at, load(order->place));
    __m256i before = pick(at, load(order->before), low - 1);
    __m256i behind = pick(at, load(order->behind), high);
    store(
        batch->values + batch->count,
        _mm256_sub_epi32(_mm256_sub_epi32(middle, before), load(order->least)));
    store(
        batch->bounds + batch->count,
        _mm256_sub_epi32(_mm256_sub_epi32(behind, before), load(order->less)));
    batch->count += count;
}

static inline void put_codes(osl_middles_end *end, __m256i codes,
                             __m256i lengths)
{
    const __m256i low = _mm256_set1_epi64x(0xFFFFFFFF);
    uint64_t code[4], length[4];
    __m256i first = _mm256_and_si256(lengths, low);
    codes =
        _mm256_or_si256(_mm256_and_si256(codes, low),
                        _mm256_sllv_epi64(_mm256_srli_epi64(codes, 32), first));
    _mm256_storeu_si256((__m256i *)(void *)code, codes);
    _mm256_storeu_si256(
        (__m256i *)(void *)length,
        _mm256_add_epi64(first, _mm256_srli_epi64(lengths, 32)));
    osl_middles_end to = *end;
    for (unsigned i = 0; i < 4; i++)
        put_bits(&to, code[i], length[i]);
    *end = to;
}

static inline void put_step(middles_batch *batch, size_t at, size_t count)
{
    const __m256i one = _mm256_set1_epi32(1), live = first_lanes(count);
    __m256i n = _mm256_blendv_epi8(one, load(batch->bounds + at), live);
    __m256i value = _mm256_and_si256(load(batch->values + at), live);
    /* Bounds of what does not rise are negative. */
    __m256i good = _mm256_andnot_si256(value, _mm256_cmpgt_epi32(n, value));
    if (_mm256_movemask_ps(_mm256_castsi256_ps(good)) != 0xFF) {
        batch->good = false;
        return;
    }
    __m256i k = _mm256_sub_epi32(
        _mm256_srli_epi32(_mm256_castps_si256(_mm256_cvtepi32_ps(n)), 23),
        _mm256_set1_epi32(127));
    __m256i shorter =
        _mm256_sub_epi32(_mm256_sllv_epi32(_mm256_set1_epi32(2), k), n);
    __m256i is_short = _mm256_cmpgt_epi32(shorter, value);
    __m256i whole =
        _mm256_add_epi32(value, _mm256_andnot_si256(is_short, shorter));
    __m256i last = _mm256_sllv_epi32(_mm256_and_si256(whole, one), k);
    __m256i codes = _mm256_blendv_epi8(
        _mm256_or_si256(_mm256_srli_epi32(whole, 1), last), whole, is_short);
    __m256i length = _mm256_add_epi32(_mm256_add_epi32(k, one), is_short);
    put_codes(&batch->end, codes, length);
}

bool osl_middles_avx2(const osl_middles *from, osl_middles_end *end)
{
    return put_postings(from, end);
}
