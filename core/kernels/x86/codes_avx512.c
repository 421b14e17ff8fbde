/* SPDX-License-Identifier: MIT
 *
 * Sixteen words a step. A bucket is one load; its four ranks and places are
 * lanes of 16 bits, so that one comparison leaves the place of the word or
 * nothing, and a sum of bytes brings it down. Four codes are joined before
 * they go to the bits that are held, where they fit. */
#include "core/kernels/codes.h"
#include "core/kernels/x86/codes_output.h"

#include <immintrin.h>
#include <stdbool.h>

/* The longest codes of which two are joined. */
enum { STEP = 16, HALF = 8, LONGEST = 28 };
_Static_assert(sizeof(osl_codes_bucket) == 16, "four bits of a shift");
/* Words whose buckets are fetched before the first is read. */
enum { PIECE = 256 };

static inline __m128i look_up_four(const int32_t *table, const uint32_t at[4])
{
    __m128i found = _mm_cvtsi32_si128(table[at[0]]);
    found = _mm_insert_epi32(found, table[at[1]], 1);
    found = _mm_insert_epi32(found, table[at[2]], 2);
    return _mm_insert_epi32(found, table[at[3]], 3);
}

static inline __m512i look_up_each(const int32_t *table, __m512i places)
{
    uint32_t at[STEP];
    _mm512_storeu_si512(at, places);
    __m256i low =
        _mm256_set_m128i(look_up_four(table, at + 4), look_up_four(table, at));
    __m256i high = _mm256_set_m128i(look_up_four(table, at + 12),
                                    look_up_four(table, at + 8));
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

/* A gather takes 1.7 of the time of sixteen loads on Zen 5, and less than they
 * on processors that osl_cpu_gathers() knows. */
static inline __attribute__((always_inline)) __m512i
look_up(const int32_t *table, __m512i at, bool gathers)
{
    return gathers ? _mm512_i32gather_epi32(at, table, 4)
                   : look_up_each(table, at);
}

static inline __m128i load_bucket(const char *buckets, uint32_t offset)
{
    return _mm_loadu_si128((const __m128i *)(const void *)(buckets + offset));
}

/* Places + 1 of words n, n + 4, n + 8 and n + 12 in the buckets that begin `at`
 * bytes from the first, or 0: the third part of each lane of 128 bits. */
static inline __m512i find_places(const osl_codes *codes, __m512i ranks,
                                  const uint32_t *at, int n)
{
    /* A rank's lower half, wherever a bucket has ranks. */
    __m512i half = _mm512_set1_epi16((short)(n * 0x0404 + 0x0100));
    __m512i wanted = _mm512_shuffle_epi8(ranks, half);
    const char *from = (const char *)codes->buckets;
    __m512i buckets = _mm512_castsi128_si512(load_bucket(from, at[n]));
    buckets = _mm512_inserti64x2(buckets, load_bucket(from, at[n + 4]), 1);
    buckets = _mm512_inserti64x2(buckets, load_bucket(from, at[n + 8]), 2);
    buckets = _mm512_inserti64x2(buckets, load_bucket(from, at[n + 12]), 3);
    __mmask32 equal = _mm512_mask_cmpeq_epi16_mask(0x0F0F0F0F, buckets, wanted);
    return _mm512_sad_epu8(_mm512_maskz_mov_epi16(equal << 4, buckets),
                           _mm512_setzero_si512());
}

static inline __m512i find_all_places(const osl_codes *codes, __m512i ranks,
                                      const uint32_t at[STEP])
{
    __m512i first = _mm512_unpackhi_epi32(find_places(codes, ranks, at, 0),
                                          find_places(codes, ranks, at, 1));
    __m512i second = _mm512_unpackhi_epi32(find_places(codes, ranks, at, 2),
                                           find_places(codes, ranks, at, 3));
    return _mm512_unpacklo_epi64(first, second);
}

/* What sixteen words become: v + 2, how many bits of it stand behind the
 * symbol's code, and that code as it is in the table. */
typedef struct step {
    __m512i numbers, low, codes;
} step;

/* Where words are looked for: their contexts' entries, and where their buckets
 * begin, in bytes. */
typedef struct search {
    uint32_t contexts[PIECE], buckets[PIECE];
} search;

/* Of up to PIECE words, of which `before` is followed; what will be looked at
 * is fetched. Returns the last sixteen. */
static inline __attribute__((always_inline)) __m512i
find_buckets(const osl_codes *codes, __m512i before, const uint32_t *ranks,
             size_t count, search *out, bool gathers)
{
    const __m512i last = _mm512_set1_epi32(OSL_CODES_CONTEXTS - 1);
    const __m512i nibble = _mm512_set1_epi32(15);
    for (size_t i = 0; i < count; i += STEP) {
        size_t left = count - i;
        __mmask16 live = (__mmask16)(left >= STEP ? 0xFFFFu : (1u << left) - 1);
        __m512i here = _mm512_maskz_loadu_epi32(live, ranks + i);
        __m512i context = _mm512_add_epi32(
            _mm512_alignr_epi32(here, before, STEP - 1), _mm512_set1_epi32(1));
        before = here;
        __m512i at = look_up((const int32_t *)(const void *)codes->contexts,
                             _mm512_min_epu32(context, last), gathers);
        __m512i hash =
            _mm512_mullo_epi32(here, _mm512_set1_epi32((int)0x9E3779B1));
        __m512i bits = _mm512_and_si512(_mm512_srli_epi32(at, 4), nibble);
        __m512i bucket = _mm512_add_epi32(
            _mm512_srli_epi32(at, 8),
            _mm512_srlv_epi32(hash,
                              _mm512_sub_epi32(_mm512_set1_epi32(32), bits)));
        _mm512_storeu_si512(out->contexts + i, at);
        _mm512_storeu_si512(out->buckets + i, _mm512_slli_epi32(bucket, 4));
        for (size_t n = 0; n < STEP; n++)
            __builtin_prefetch((const char *)codes->buckets +
                               out->buckets[i + n]);
    }
    return before;
}

static inline __attribute__((always_inline)) step
code_words(const osl_codes *codes, __m512i ranks, __m512i at,
           const uint32_t buckets[STEP], bool gathers)
{
    const __m512i nibble = _mm512_set1_epi32(15);
    __m512i place = find_all_places(codes, ranks, buckets);
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
    __m512i code =
        look_up(codes->codes[0], _mm512_add_epi32(table, symbol), gathers);
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
    for (size_t n = 0; n < HALF && 2 * n < count; n += 2)
        put_pairs(out, pairs + n, lengths + n);
}

static inline __attribute__((always_inline)) uint8_t *
encode(const osl_codes *codes, const uint32_t *ranks, size_t count, uint8_t *to,
       bool gathers)
{
    output out = {0};
    __m512i before = _mm512_set1_epi32(-1);
    search words;
    out.to = to;
    for (size_t from = 0; from < count; from += PIECE) {
        size_t here = count - from < PIECE ? count - from : PIECE;
        before =
            find_buckets(codes, before, ranks + from, here, &words, gathers);
        for (size_t i = 0; i < here; i += STEP) {
            size_t left = here - i;
            __mmask16 live =
                (__mmask16)(left >= STEP ? 0xFFFFu : (1u << left) - 1);
            step s = code_words(
                codes, _mm512_maskz_loadu_epi32(live, ranks + from + i),
                _mm512_loadu_si512(words.contexts + i), words.buckets + i,
                gathers);
            put_step(&out, &s, left);
        }
    }
    if (out.used > 0)
        *out.to++ = (uint8_t)(out.held >> 56 | 0xFFu >> out.used);
    return out.to;
}

uint8_t *osl_codes_avx512(const osl_codes *codes, const uint32_t *ranks,
                          size_t count, uint8_t *to)
{
    return encode(codes, ranks, count, to, false);
}

uint8_t *osl_codes_gathered(const osl_codes *codes, const uint32_t *ranks,
                            size_t count, uint8_t *to)
{
    return encode(codes, ranks, count, to, true);
}
