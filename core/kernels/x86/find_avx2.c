/* SPDX-License-Identifier: MIT */
#include "core/kernels/find.h"

#include <immintrin.h>
#include <string.h>

enum { LANES = 32 };

typedef struct tables {
    __m256i low[OSL_FIND_BYTES], high[OSL_FIND_BYTES];
} tables;

static __m256i table_of(const uint8_t row[16])
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)row));
}

/* The places of 32 that some bucket holds; 3 more bytes are read. */
static uint32_t places(const tables *t, const char *text)
{
    __m256i half = _mm256_set1_epi8(15), all = _mm256_set1_epi8(-1);
    for (size_t k = 0; k < OSL_FIND_BYTES; k++) {
        __m256i bytes = _mm256_loadu_si256((const __m256i *)(text + k));
        __m256i low = _mm256_and_si256(bytes, half);
        __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half);
        all = _mm256_and_si256(
            all, _mm256_and_si256(_mm256_shuffle_epi8(t->low[k], low),
                                  _mm256_shuffle_epi8(t->high[k], high)));
    }
    __m256i none = _mm256_cmpeq_epi8(all, _mm256_setzero_si256());
    return ~(uint32_t)_mm256_movemask_epi8(none);
}

size_t osl_find_avx2(const osl_find_set *set, const char *text, size_t length)
{
    tables t;
    for (size_t k = 0; k < OSL_FIND_BYTES; k++) {
        t.low[k] = table_of(set->low[k]);
        t.high[k] = table_of(set->high[k]);
    }
    size_t at = 0;
    for (; length - at >= LANES + OSL_FIND_BYTES - 1; at += LANES) {
        uint32_t found = places(&t, text + at);
        if (found)
            return at + (size_t)__builtin_ctz(found);
    }
    while (at < length) {
        char tail[LANES + OSL_FIND_BYTES] = {0};
        size_t left = length - at;
        memcpy(tail, text + at, left < sizeof tail ? left : sizeof tail);
        uint32_t found = places(&t, tail);
        size_t place = found ? (size_t)__builtin_ctz(found) : LANES;
        if (place < left && place < LANES)
            return at + place;
        at += left < LANES ? left : LANES;
    }
    return length;
}
