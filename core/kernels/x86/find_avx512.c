/* SPDX-License-Identifier: MIT */
#include "core/kernels/find.h"

#include <immintrin.h>

static __m512i table_of(const uint8_t row[16])
{
    return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)row));
}

size_t osl_find_avx512(const osl_find_set *set, const char *text, size_t length)
{
    __m512i low[OSL_FIND_BYTES], high[OSL_FIND_BYTES];
    __m512i half = _mm512_set1_epi8(15);
    for (size_t k = 0; k < OSL_FIND_BYTES; k++) {
        low[k] = table_of(set->low[k]);
        high[k] = table_of(set->high[k]);
    }
    for (size_t at = 0; at < length; at += 64) {
        __m512i all = _mm512_set1_epi8(-1);
        size_t left = length - at;
        for (size_t k = 0; k < OSL_FIND_BYTES; k++) {
            /* A byte that is masked off is never touched. */
            size_t behind = left > k ? left - k : 0;
            __mmask64 live =
                behind < 64 ? ((__mmask64)1 << behind) - 1 : ~(__mmask64)0;
            __m512i bytes = _mm512_maskz_loadu_epi8(live, text + at + k);
            __m512i in_low =
                _mm512_shuffle_epi8(low[k], _mm512_and_si512(bytes, half));
            __m512i in_high = _mm512_shuffle_epi8(
                high[k], _mm512_and_si512(_mm512_srli_epi16(bytes, 4), half));
            all = _mm512_and_si512(all, _mm512_and_si512(in_low, in_high));
        }
        __mmask64 found = _mm512_test_epi8_mask(all, all);
        if (left < 64)
            found &= ((__mmask64)1 << left) - 1;
        if (found)
            return at + (size_t)__builtin_ctzll(found);
    }
    return length;
}
