/* SPDX-License-Identifier: MIT
 *
 * Sixteen words a step. Their buckets are gathered; a bucket's four ranks and
 * places are lanes of 16 bits, so that one comparison leaves the place of the
 * word or nothing, and a sum of bytes brings it down. Two codes are joined
 * before they go to the bits that are held. */
#include "core/kernels/codes.h"

#include <immintrin.h>
#include <string.h>

/* The longest codes that are joined. */
enum { STEP = 16, HALF = 8, LONGEST = 28 };

/* Bits from 63 down, fewer than 8 of them. */
typedef struct output {
    uint64_t held;
    unsigned used;
    uint8_t *to;
} output;

/* 56 bits at most. */
static inline void put(output *out, uint64_t value, unsigned length)
{
    unsigned used = out->used + length;
    uint64_t held = out->held | value << (64 - used);
    uint64_t turned = __builtin_bswap64(held);
    memcpy(out->to, &turned, sizeof turned);
    out->to += used / 8;
    out->held = held << (used & ~7u);
    out->used = used & 7;
}

/* Places + 1 of eight words in the lists of their contexts, or 0. */
static inline __m512i find_places(__m512i ranks, __m512i buckets,
                                  __m256i places)
{
    /* A rank's lower half four times in its lane of 64 bits. */
    const __m512i four =
        _mm512_set4_epi32(0x09080908, 0x09080908, 0x01000100, 0x01000100);
    __mmask32 equal =
        _mm512_cmpeq_epi16_mask(buckets, _mm512_shuffle_epi8(ranks, four));
    /* The zero-extended bytes of a place are 16 bits, as ranks are. */
    __m512i found = _mm512_maskz_cvtepu8_epi16(equal, places);
    return _mm512_sad_epu8(found, _mm512_setzero_si512());
}

/* What sixteen words become: v + 2, how many bits of it stand behind the
 * symbol's code, and that code as it is in the table. */
typedef struct step {
    __m512i numbers, low, codes;
} step;

static inline step code_words(const osl_codes *codes, __m512i ranks,
                              __m512i before)
{
    const __m512i nibble = _mm512_set1_epi32(15);
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18,
                                           20, 22, 24, 26, 28, 30);
    __m512i at = _mm512_i32gather_epi32(before, codes->contexts, 4);
    __m512i hash =
        _mm512_mullo_epi32(ranks, _mm512_set1_epi32((int)0x9E3779B1));
    __m512i bits = _mm512_and_si512(_mm512_srli_epi32(at, 4), nibble);
    __m512i bucket = _mm512_add_epi32(
        _mm512_srli_epi32(at, 8),
        _mm512_srlv_epi32(hash, _mm512_sub_epi32(_mm512_set1_epi32(32), bits)));
    __m512i half = _mm512_slli_epi32(bucket, 1);
    __m512i first =
        _mm512_i32gather_epi64(_mm512_castsi512_si256(half), codes->buckets, 8);
    __m512i second = _mm512_i32gather_epi64(_mm512_extracti64x4_epi64(half, 1),
                                            codes->buckets, 8);
    __m512i places = _mm512_i32gather_epi32(_mm512_slli_epi32(bucket, 2),
                                            codes->buckets->places, 4);
    first = find_places(_mm512_cvtepu32_epi64(_mm512_castsi512_si256(ranks)),
                        first, _mm512_castsi512_si256(places));
    second =
        find_places(_mm512_cvtepu32_epi64(_mm512_extracti64x4_epi64(ranks, 1)),
                    second, _mm512_extracti64x4_epi64(places, 1));
    __m512i place = _mm512_permutex2var_epi32(first, even, second);
    __mmask16 found =
        _mm512_mask_cmplt_epu32_mask(_mm512_test_epi32_mask(place, place),
                                     ranks, _mm512_set1_epi32(OSL_CODES_RANKS));
    __m512i number = _mm512_add_epi32(ranks, _mm512_set1_epi32(2));
    number = _mm512_mask_add_epi32(number, found, place, _mm512_set1_epi32(1));
    __m512i low =
        _mm512_sub_epi32(_mm512_set1_epi32(30), _mm512_lzcnt_epi32(number));
    __m512i symbol = _mm512_mask_mov_epi32(
        _mm512_set1_epi32(OSL_CODES_PLACES - 2), found, _mm512_set1_epi32(-2));
    symbol = _mm512_add_epi32(symbol, _mm512_slli_epi32(low, 1));
    symbol = _mm512_add_epi32(symbol, _mm512_srlv_epi32(number, low));
    __m512i table = _mm512_mullo_epi32(_mm512_and_si512(at, nibble),
                                       _mm512_set1_epi32(OSL_CODES_SYMBOLS));
    __m512i code = _mm512_i32gather_epi32(_mm512_add_epi32(table, symbol),
                                          codes->codes, 4);
    return (step){number, low, code};
}

/* Codes that are too long to be joined, one by one. */
static void put_long(output *out, const step *s, size_t count)
{
    uint32_t numbers[STEP], low[STEP];
    int32_t codes[STEP];
    _mm512_storeu_si512(numbers, s->numbers);
    _mm512_storeu_si512(low, s->low);
    _mm512_storeu_si512(codes, s->codes);
    for (size_t i = 0; i < count && i < STEP; i++)
        put(out,
            (uint64_t)((int64_t)(codes[i] >> 8) * (INT64_C(1) << low[i])) +
                numbers[i],
            (unsigned)codes[i] & 255);
}

static inline void put_step(output *out, const step *s, size_t count)
{
    const __m512i half = _mm512_set1_epi64(UINT32_MAX);
    uint64_t pairs[HALF], lengths[HALF];
    __mmask16 live = (__mmask16)(count >= STEP ? 0xFFFFu : (1u << count) - 1);
    __m512i length =
        _mm512_maskz_and_epi32(live, s->codes, _mm512_set1_epi32(255));
    if (_mm512_cmpgt_epi32_mask(length, _mm512_set1_epi32(LONGEST))) {
        put_long(out, s, count);
        return;
    }
    __m512i code = _mm512_maskz_add_epi32(
        live, _mm512_sllv_epi32(_mm512_srai_epi32(s->codes, 8), s->low),
        s->numbers);
    __m512i odd = _mm512_srli_epi64(length, 32);
    _mm512_storeu_si512(
        pairs,
        _mm512_or_si512(_mm512_sllv_epi64(_mm512_and_si512(code, half), odd),
                        _mm512_srli_epi64(code, 32)));
    _mm512_storeu_si512(lengths,
                        _mm512_add_epi64(_mm512_and_si512(length, half), odd));
    for (size_t n = 0; n < HALF && 2 * n < count; n++)
        put(out, pairs[n], (unsigned)lengths[n]);
}

uint8_t *osl_codes_avx512(const osl_codes *codes, const uint32_t *ranks,
                          size_t count, uint8_t *to)
{
    const __m512i last = _mm512_set1_epi32(OSL_CODES_CONTEXTS - 1);
    output out = {0};
    __m512i before = _mm512_set1_epi32(-1);
    out.to = to;
    for (size_t i = 0; i < count; i += STEP) {
        size_t left = count - i;
        __mmask16 live = (__mmask16)(left >= STEP ? 0xFFFFu : (1u << left) - 1);
        __m512i here = _mm512_maskz_loadu_epi32(live, ranks + i);
        __m512i context = _mm512_add_epi32(
            _mm512_alignr_epi32(here, before, STEP - 1), _mm512_set1_epi32(1));
        step s = code_words(codes, here, _mm512_min_epu32(context, last));
        before = here;
        put_step(&out, &s, left);
    }
    if (out.used > 0)
        *out.to++ = (uint8_t)(out.held >> 56 | 0xFFu >> out.used);
    return out.to;
}
