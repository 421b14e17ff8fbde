/* SPDX-License-Identifier: MIT
 *
 * Eight words a step, as core/kernels/x86/codes_avx512.c does sixteen. There
 * is no count of leading zeroes in this level: with the bit below the highest
 * one cleared a number is not rounded up to the next power of two, and so the
 * exponent it has as a float says where its highest bit is. Four codes are
 * joined before they go to the bits that are held, where they fit. */
#include "core/kernels/codes.h"
#include "core/kernels/x86/codes_output.h"

#include <immintrin.h>

/* The longest codes of which two are joined. */
enum { STEP = 8, HALF = 4, LONGEST = 28 };
/* Words whose buckets are fetched before the first is read. */
enum { PIECE = 64 };

static inline __m128i look_up_four(const int32_t *table, const uint32_t at[4])
{
    __m128i found = _mm_cvtsi32_si128(table[at[0]]);
    found = _mm_insert_epi32(found, table[at[1]], 1);
    found = _mm_insert_epi32(found, table[at[2]], 2);
    return _mm_insert_epi32(found, table[at[3]], 3);
}

/* What a gather does, for which it takes 1.7 of the time (Zen 5). */
static inline __m256i look_up(const int32_t *table, __m256i where)
{
    uint32_t at[STEP];
    _mm256_storeu_si256((__m256i *)(void *)at, where);
    return _mm256_set_m128i(look_up_four(table, at + 4),
                            look_up_four(table, at));
}

static inline __m128i load_bucket(const osl_codes_bucket *bucket)
{
    return _mm_loadu_si128((const __m128i *)(const void *)bucket);
}

/* Places + 1 of words n and n + 4, which are looked for at `search`, or 0: the
 * third part of each lane of 128 bits. */
static inline __m256i find_places(const osl_codes *codes, __m256i ranks,
                                  const uint32_t *search, int n)
{
    /* A rank's lower half, wherever a bucket has ranks. */
    __m256i half = _mm256_set1_epi16((short)(n * 0x0404 + 0x0100));
    __m256i wanted = _mm256_shuffle_epi8(ranks, half);
    __m256i buckets =
        _mm256_set_m128i(load_bucket(&codes->buckets[search[n + 4] >> 4]),
                         load_bucket(&codes->buckets[search[n] >> 4]));
    __m256i equal = _mm256_cmpeq_epi16(buckets, wanted);
    /* Ranks stand below places. */
    __m256i found = _mm256_and_si256(_mm256_slli_si256(equal, 8), buckets);
    return _mm256_sad_epu8(found, _mm256_setzero_si256());
}

static inline __m256i find_all_places(const osl_codes *codes, __m256i ranks,
                                      const uint32_t search[STEP])
{
    __m256i first = _mm256_unpackhi_epi32(find_places(codes, ranks, search, 0),
                                          find_places(codes, ranks, search, 1));
    __m256i second =
        _mm256_unpackhi_epi32(find_places(codes, ranks, search, 2),
                              find_places(codes, ranks, search, 3));
    return _mm256_unpacklo_epi64(first, second);
}

/* Where eight words are looked for: number of a bucket << 4 | table. */
static inline __m256i find_buckets(const osl_codes *codes, __m256i ranks,
                                   __m256i before)
{
    const __m256i nibble = _mm256_set1_epi32(15);
    __m256i at =
        look_up((const int32_t *)(const void *)codes->contexts, before);
    __m256i hash =
        _mm256_mullo_epi32(ranks, _mm256_set1_epi32((int)0x9E3779B1));
    __m256i bits = _mm256_and_si256(_mm256_srli_epi32(at, 4), nibble);
    __m256i bucket = _mm256_add_epi32(
        _mm256_srli_epi32(at, 8),
        _mm256_srlv_epi32(hash, _mm256_sub_epi32(_mm256_set1_epi32(32), bits)));
    return _mm256_or_si256(_mm256_slli_epi32(bucket, 4),
                           _mm256_and_si256(at, nibble));
}

/* What eight words become: v + 2, how many bits of it stand behind the
 * symbol's code, and that code as it is in the table. */
typedef struct step {
    __m256i numbers, low, codes;
} step;

static inline step code_words(const osl_codes *codes, __m256i ranks,
                              const uint32_t at[STEP])
{
    __m256i search = _mm256_loadu_si256((const __m256i *)(const void *)at);
    __m256i place = find_all_places(codes, ranks, at);
    __m256i found = _mm256_andnot_si256(
        _mm256_cmpeq_epi32(place, _mm256_setzero_si256()),
        _mm256_cmpgt_epi32(_mm256_set1_epi32(OSL_CODES_RANKS), ranks));
    __m256i number = _mm256_blendv_epi8(
        _mm256_add_epi32(ranks, _mm256_set1_epi32(2)),
        _mm256_add_epi32(place, _mm256_set1_epi32(1)), found);
    __m256i power = _mm256_castps_si256(_mm256_cvtepi32_ps(
        _mm256_andnot_si256(_mm256_srli_epi32(number, 1), number)));
    /* The number may be 2^31, which is negative here. */
    __m256i low = _mm256_sub_epi32(
        _mm256_and_si256(_mm256_srli_epi32(power, 23), _mm256_set1_epi32(255)),
        _mm256_set1_epi32(128));
    __m256i symbol = _mm256_blendv_epi8(_mm256_set1_epi32(OSL_CODES_PLACES - 2),
                                        _mm256_set1_epi32(-2), found);
    symbol = _mm256_add_epi32(symbol, _mm256_slli_epi32(low, 1));
    symbol = _mm256_add_epi32(symbol, _mm256_srlv_epi32(number, low));
    __m256i table =
        _mm256_mullo_epi32(_mm256_and_si256(search, _mm256_set1_epi32(15)),
                           _mm256_set1_epi32(OSL_CODES_SYMBOLS));
    __m256i code = look_up(codes->codes[0], _mm256_add_epi32(table, symbol));
    return (step){number, low, code};
}

/* Codes that are too long to be joined, one by one. */
static void put_long(output *out, const step *s, size_t count)
{
    uint32_t numbers[STEP], low[STEP];
    int32_t codes[STEP];
    _mm256_storeu_si256((__m256i *)(void *)numbers, s->numbers);
    _mm256_storeu_si256((__m256i *)(void *)low, s->low);
    _mm256_storeu_si256((__m256i *)(void *)codes, s->codes);
    for (size_t i = 0; i < count && i < STEP; i++)
        put(out,
            (uint64_t)((int64_t)(codes[i] >> 8) * (INT64_C(1) << low[i])) +
                numbers[i],
            (unsigned)codes[i] & 255);
}

/* `live` lanes are of words: all, or the first `count`. */
static inline void put_step(output *out, const step *s, __m256i live,
                            size_t count)
{
    const __m256i half = _mm256_set1_epi64x(UINT32_MAX);
    uint64_t pairs[HALF], lengths[HALF];
    __m256i length = _mm256_and_si256(
        live, _mm256_and_si256(s->codes, _mm256_set1_epi32(255)));
    __m256i is_long = _mm256_cmpgt_epi32(length, _mm256_set1_epi32(LONGEST));
    if (!_mm256_testz_si256(is_long, is_long)) {
        put_long(out, s, count);
        return;
    }
    __m256i code = _mm256_and_si256(
        live, _mm256_add_epi32(
                  _mm256_sllv_epi32(_mm256_srai_epi32(s->codes, 8), s->low),
                  s->numbers));
    __m256i odd = _mm256_srli_epi64(length, 32);
    _mm256_storeu_si256(
        (__m256i *)(void *)pairs,
        _mm256_or_si256(_mm256_sllv_epi64(_mm256_and_si256(code, half), odd),
                        _mm256_srli_epi64(code, 32)));
    _mm256_storeu_si256((__m256i *)(void *)lengths,
                        _mm256_add_epi64(_mm256_and_si256(length, half), odd));
    if (count >= STEP) {
        put_pairs(out, pairs, lengths);
        put_pairs(out, pairs + 2, lengths + 2);
        return;
    }
    for (size_t n = 0; n < HALF && 2 * n < count; n++)
        put(out, pairs[n], (unsigned)lengths[n]);
}

static inline __m256i load_live(const uint32_t *at, __m256i live)
{
    return _mm256_maskload_epi32((const int *)(const void *)at, live);
}

/* The lanes of the next `count` words. */
static inline __m256i live_lanes(size_t count)
{
    return _mm256_cmpgt_epi32(
        _mm256_set1_epi32(count < STEP ? (int)count : STEP),
        _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

/* Where a piece's words are looked for; these places are fetched. Returns its
 * last ranks, `before` those of the piece before. */
static inline __m256i search_piece(const osl_codes *codes,
                                   const uint32_t *ranks, size_t count,
                                   __m256i before, uint32_t out[PIECE])
{
    const __m256i last = _mm256_set1_epi32(OSL_CODES_CONTEXTS - 1);
    for (size_t i = 0; i < count; i += STEP) {
        __m256i here = load_live(ranks + i, live_lanes(count - i));
        __m256i seam = _mm256_permute2x128_si256(before, here, 0x21);
        __m256i context = _mm256_add_epi32(_mm256_alignr_epi8(here, seam, 12),
                                           _mm256_set1_epi32(1));
        __m256i found =
            find_buckets(codes, here, _mm256_min_epu32(context, last));
        _mm256_storeu_si256((__m256i *)(void *)(out + i), found);
        for (size_t n = 0; n < STEP; n++)
            _mm_prefetch((const char *)&codes->buckets[out[i + n] >> 4],
                         _MM_HINT_T0);
        before = here;
    }
    return before;
}

uint8_t *osl_codes_avx2(const osl_codes *codes, const uint32_t *ranks,
                        size_t count, uint8_t *to)
{
    output out = {0};
    uint32_t searches[PIECE];
    __m256i before = _mm256_set1_epi32(-1);
    out.to = to;
    for (size_t from = 0; from < count; from += PIECE) {
        size_t piece = count - from < PIECE ? count - from : PIECE;
        before = search_piece(codes, ranks + from, piece, before, searches);
        for (size_t i = 0; i < piece; i += STEP) {
            __m256i live = live_lanes(piece - i);
            __m256i here = load_live(ranks + from + i, live);
            step s = code_words(codes, here, searches + i);
            put_step(&out, &s, live, piece - i);
        }
    }
    if (out.used > 0)
        *out.to++ = (uint8_t)(out.held >> 56 | 0xFFu >> out.used);
    return out.to;
}
