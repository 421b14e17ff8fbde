/* SPDX-License-Identifier: MIT */
#ifndef OSL_CORE_KERNELS_X86_SCORE_AVX512_H
#define OSL_CORE_KERNELS_X86_SCORE_AVX512_H

#include "core/kernels/score.h"

/* Loops that are compiled over this header are of this level. */
#define OSL_SCORE_LEVEL "avx512"

#include <immintrin.h>

/* 64 bytes in a register: expanding them takes half the time that it takes
 * where the instruction reads them from memory itself (Zen 5). */
static inline __m512i load_apart(const uint8_t *from)
{
    __m512i bytes = _mm512_loadu_si512(from);
    __asm__("" : "+v"(bytes));
    return bytes;
}

static inline void add_spread(uint16_t sums[64], uint64_t ranges, __m512i bytes,
                              uint16_t weight)
{
    __m512i w = _mm512_set1_epi16((short)weight);
    __m512i one = _mm512_set1_epi16(1);
    __m512i low = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(bytes));
    __m512i high = _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(bytes, 1));
    low = _mm512_mulhi_epu16(_mm512_slli_epi16(low, 8), w);
    high = _mm512_mulhi_epu16(_mm512_slli_epi16(high, 8), w);
    __m512i a = _mm512_loadu_si512(sums);
    __m512i b = _mm512_loadu_si512(sums + 32);
    a = _mm512_mask_adds_epu16(a, (__mmask32)ranges, a,
                               _mm512_add_epi16(low, one));
    b = _mm512_mask_adds_epu16(b, (__mmask32)(ranges >> 32), b,
                               _mm512_add_epi16(high, one));
    _mm512_storeu_si512(sums, a);
    _mm512_storeu_si512(sums + 32, b);
}

static inline void score_bound_least(uint8_t least[64], uint64_t ranges,
                                     const uint8_t *bounds)
{
    __m512i old = _mm512_loadu_si512(least);
    __m512i bytes = _mm512_mask_expand_epi8(old, ranges, load_apart(bounds));
    _mm512_storeu_si512(least, _mm512_min_epu8(old, bytes));
}

static inline void score_bound_add_spread(uint16_t sums[64], uint64_t ranges,
                                          const uint8_t spread[64],
                                          uint16_t weight)
{
    add_spread(sums, ranges, _mm512_loadu_si512(spread), weight);
}

static inline void score_bound_take(uint16_t sums[64], uint64_t ranges,
                                    const uint8_t *bounds, uint16_t weight)
{
    __m512i w = _mm512_set1_epi16((short)weight);
    __m512i bytes = _mm512_maskz_expand_epi8(ranges, load_apart(bounds));
    __m512i low = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(bytes));
    __m512i high = _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(bytes, 1));
    low = _mm512_mulhi_epu16(_mm512_slli_epi16(low, 8), w);
    high = _mm512_mulhi_epu16(_mm512_slli_epi16(high, 8), w);
    _mm512_storeu_si512(sums, _mm512_subs_epu16(_mm512_loadu_si512(sums), low));
    _mm512_storeu_si512(sums + 32,
                        _mm512_subs_epu16(_mm512_loadu_si512(sums + 32), high));
}

static inline void score_bound_map(uint8_t to[64], const uint8_t *from,
                                   unsigned count, const uint8_t table[256])
{
    __m512i at = _mm512_loadu_si512(from);
    __m512i low = _mm512_permutex2var_epi8(_mm512_loadu_si512(table), at,
                                           _mm512_loadu_si512(table + 64));
    __m512i high = _mm512_permutex2var_epi8(_mm512_loadu_si512(table + 128), at,
                                            _mm512_loadu_si512(table + 192));
    (void)count;
    _mm512_storeu_si512(
        to, _mm512_mask_mov_epi8(low, _mm512_movepi8_mask(at), high));
}

static inline uint64_t score_bound_select(const uint16_t sums[64],
                                          uint16_t least)
{
    __m512i t = _mm512_set1_epi16((short)least);
    uint64_t low = _mm512_cmpge_epu16_mask(_mm512_loadu_si512(sums), t);
    uint64_t high = _mm512_cmpge_epu16_mask(_mm512_loadu_si512(sums + 32), t);
    return low | high << 32;
}

static inline uint64_t score_byte_select(const uint8_t bytes[64], uint8_t least)
{
    return _mm512_cmpge_epu8_mask(_mm512_loadu_si512(bytes),
                                  _mm512_set1_epi8((char)least));
}

static inline uint16_t greatest_of(__m512i most)
{
    __m256i half = _mm256_max_epu16(_mm512_castsi512_si256(most),
                                    _mm512_extracti64x4_epi64(most, 1));
    __m128i few = _mm_max_epu16(_mm256_castsi256_si128(half),
                                _mm256_extracti128_si256(half, 1));
    __m128i turned = _mm_minpos_epu16(_mm_xor_si128(few, _mm_set1_epi8(-1)));
    return (uint16_t)~_mm_cvtsi128_si32(turned);
}

static inline uint16_t score_bound_max(const uint16_t sums[64])
{
    return greatest_of(_mm512_max_epu16(_mm512_loadu_si512(sums),
                                        _mm512_loadu_si512(sums + 32)));
}

/* Sums of even and of odd ranges apart, which are put side by side at the end;
 * so are how many words add to each range. */
static inline uint16_t
score_bound_sum(uint16_t sums[64], const osl_word_bounds *words, unsigned count)
{
    const __m512i high = _mm512_set1_epi16((short)0xFF00);
    const __m512i first = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0);
    const __m512i second = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
    __m512i even = _mm512_setzero_si512(), odd = even, ones = even;
    for (unsigned i = 0; i < count; i++) {
        __m512i w = _mm512_set1_epi16((short)words[i].weight);
        __m512i bytes = _mm512_maskz_expand_epi8(words[i].ranges,
                                                 load_apart(words[i].bounds));
        __m512i low = _mm512_mulhi_epu16(_mm512_slli_epi16(bytes, 8), w);
        even = _mm512_adds_epu16(even, low);
        odd = _mm512_adds_epu16(
            odd, _mm512_mulhi_epu16(_mm512_and_si512(bytes, high), w));
        ones = _mm512_sub_epi8(ones, _mm512_movm_epi8(words[i].ranges));
    }
    even = _mm512_adds_epu16(even, _mm512_andnot_si512(high, ones));
    odd = _mm512_adds_epu16(odd, _mm512_srli_epi16(ones, 8));
    __m512i low = _mm512_unpacklo_epi16(even, odd);
    __m512i rest = _mm512_unpackhi_epi16(even, odd);
    _mm512_storeu_si512(sums, _mm512_permutex2var_epi64(low, first, rest));
    _mm512_storeu_si512(sums + 32,
                        _mm512_permutex2var_epi64(low, second, rest));
    return greatest_of(_mm512_max_epu16(even, odd));
}

static inline __m512i classes_of(const uint8_t codes[64],
                                 const osl_score_tables *tables)
{
    const uint8_t *classes = tables->class_of;
    __m512i at = _mm512_loadu_si512(codes);
    __m512i low = _mm512_permutex2var_epi8(_mm512_load_si512(classes), at,
                                           _mm512_load_si512(classes + 64));
    __m512i high = _mm512_permutex2var_epi8(
        _mm512_load_si512(classes + 128), at, _mm512_load_si512(classes + 192));
    return _mm512_mask_mov_epi8(low, _mm512_movepi8_mask(at), high);
}

static inline void score_lines(osl_score_lines *out, const uint8_t codes[64],
                               const osl_score_tables *tables)
{
    __m512i at = classes_of(codes, tables);
    for (unsigned c = 0; c < OSL_LINES; c++)
        _mm512_store_si512(
            out->line[c],
            _mm512_permutexvar_epi8(at, _mm512_load_si512(tables->line[c])));
}

/* Of 64 lengths this level keeps their classes. */
enum { SCORE_LENGTHS_BYTES = 64 };

static inline void score_lengths(osl_length_bytes *out, const uint8_t codes[64],
                                 const osl_score_tables *tables)
{
    _mm512_store_si512(out->bytes, classes_of(codes, tables));
}

/* Words as products. A paragraph of a range is a row and a column of eight by
 * eight bits; eight paragraphs are two such matrices, a row of one and of the
 * other for each, and their product over GF(2), the first one turned, is the
 * word, as long as no paragraph comes twice. An instruction gives eight words
 * of eight paragraphs each; bits shifted to their places, it took three for
 * each paragraph of the eight. */
#define ROW_OF(n) ((long long)(0x0101010101010101u << (n)))
#define COLUMN_OF 0x0102040810204080
#define TURN      ((long long)0x8040201008040201u) /* what it is multiplied by */

static inline __m512i rows_of(__m512i paragraphs, uint64_t live)
{
    __m512i rows = _mm512_set_epi64(ROW_OF(7), ROW_OF(6), ROW_OF(5), ROW_OF(4),
                                    ROW_OF(3), ROW_OF(2), ROW_OF(1), ROW_OF(0));
    return _mm512_maskz_permutexvar_epi8(live, paragraphs, rows);
}

static inline __m512i columns_of(__m512i paragraphs)
{
    return _mm512_permutexvar_epi8(paragraphs, _mm512_set1_epi64(COLUMN_OF));
}

/* The words of eight ranges of eight paragraphs each, of which those of `live`
 * are there. */
static inline __m512i eight_words(__m512i paragraphs, uint64_t live)
{
    __m512i turn = _mm512_set1_epi64(TURN);
    __m512i rows = rows_of(paragraphs, live), columns = columns_of(paragraphs);
    rows = _mm512_gf2p8affine_epi64_epi8(turn, rows, 0);
    columns = _mm512_gf2p8affine_epi64_epi8(turn, columns, 0);
    return _mm512_gf2p8affine_epi64_epi8(rows, columns, 0);
}

/* The word of up to eight paragraphs, without a branch on their number. */
static inline uint64_t word_of_8(const uint8_t *payload, unsigned count)
{
    __m128i turn = _mm_set1_epi64x(TURN);
    __m512i at = _mm512_castsi128_si512(
        _mm_loadl_epi64((const __m128i *)(const void *)payload));
    __m128i rows = _mm512_castsi512_si128(rows_of(at, (1u << count) - 1));
    __m128i columns = _mm512_castsi512_si128(columns_of(at));
    rows = _mm_gf2p8affine_epi64_epi8(turn, rows, 0);
    columns = _mm_gf2p8affine_epi64_epi8(turn, columns, 0);
    return (uint64_t)_mm_cvtsi128_si64(
        _mm_gf2p8affine_epi64_epi8(rows, columns, 0));
}

/* The same of up to sixteen. */
static inline uint64_t word_of_16(const uint8_t *payload, unsigned count)
{
    __m128i turn = _mm_set1_epi64x(TURN);
    __m512i at = _mm512_castsi128_si512(
        _mm_loadu_si128((const __m128i *)(const void *)payload));
    __m128i rows = _mm512_castsi512_si128(rows_of(at, (1u << count) - 1));
    __m128i columns = _mm512_castsi512_si128(columns_of(at));
    rows = _mm_gf2p8affine_epi64_epi8(turn, rows, 0);
    columns = _mm_gf2p8affine_epi64_epi8(turn, columns, 0);
    __m128i both = _mm_gf2p8affine_epi64_epi8(rows, columns, 0);
    return (uint64_t)(_mm_cvtsi128_si64(both) | _mm_extract_epi64(both, 1));
}

#undef ROW_OF
#undef COLUMN_OF
#undef TURN

static inline uint64_t load_8(const uint8_t *from)
{
    uint64_t bytes;
    __builtin_memcpy(&bytes, from, sizeof bytes);
    return bytes;
}

static inline uint64_t score_sparse_word(const uint8_t *payload, unsigned count)
{
    uint64_t word = 0;
    for (; __builtin_expect(count > 8, 0); count -= 8, payload += 8)
        word |= word_of_8(payload, 8);
    return word | word_of_8(payload, count);
}

/* Sums of even and of odd paragraphs stand apart, so that their bytes become
 * 16-bit numbers by a shift and a mask, not by three shuffles. */
static inline unsigned score_place(unsigned paragraph)
{
    return (paragraph & 1) << 5 | paragraph >> 1;
}

static inline void score_placed(uint8_t to[64], const uint8_t from[64])
{
    __m512i bytes = _mm512_loadu_si512(from);
    __m256i even = _mm512_cvtepi16_epi8(bytes);
    __m256i odd = _mm512_cvtepi16_epi8(_mm512_srli_epi16(bytes, 8));
    _mm256_storeu_si256((__m256i *)(void *)to, even);
    _mm256_storeu_si256((__m256i *)(void *)(to + 32), odd);
}

/* Bytes by paragraph: as the twin, in two registers. */
static inline void add_bytes(osl_accumulator *sums, __m512i q, uint16_t weight)
{
    __m512i w = _mm512_set1_epi16((short)weight);
    __m512i even = _mm512_slli_epi16(q, 8);
    __m512i odd = _mm512_and_si512(q, _mm512_set1_epi16((short)0xFF00));
    even = _mm512_adds_epu16(_mm512_load_si512(sums->sum),
                             _mm512_mulhi_epu16(even, w));
    odd = _mm512_adds_epu16(_mm512_load_si512(sums->sum + 32),
                            _mm512_mulhi_epu16(odd, w));
    _mm512_store_si512(sums->sum, even);
    _mm512_store_si512(sums->sum + 32, odd);
}

/* The byte code << 6 | paragraph is itself the index into three lines and one
 * of 255. */
static inline uint64_t score_sparse_add(osl_accumulator *sums,
                                        const uint8_t *payload, unsigned count,
                                        const osl_score_lines *from,
                                        uint16_t weight)
{
    __m512i line_1 = _mm512_load_si512(from->line[OSL_LINE_1]);
    __m512i line_2 = _mm512_load_si512(from->line[OSL_LINE_2]);
    __m512i line_3 = _mm512_load_si512(from->line[OSL_LINE_3]);
    uint64_t word = score_sparse_word(payload, count);
    __m512i at = _mm512_loadu_si512(payload);
    __m512i low = _mm512_permutex2var_epi8(line_1, at, line_2);
    __m512i high = _mm512_permutex2var_epi8(line_3, at, _mm512_set1_epi8(-1));
    __m512i q = _mm512_mask_mov_epi8(low, _mm512_movepi8_mask(at), high);
    add_bytes(sums, _mm512_maskz_expand_epi8(word, q), weight);
    return word;
}

/* Bits of tf − 1 in paragraph order, as masks of the lines. */
typedef struct line_masks {
    uint64_t two, three, four, six, eight, twelve, sixteen, any;
} line_masks;

static inline line_masks masks_of(uint64_t word, const uint64_t planes[5],
                                  unsigned plane_count, bool open)
{
    uint64_t p[5] = {0}, all = word, more = 0;
    for (unsigned i = 0; i < plane_count; i++) {
        p[i] = _pdep_u64(planes[i], word);
        all &= p[i];
        more |= i >= 4 ? p[i] : 0;
    }
    return (line_masks){
        p[0] & ~p[1], p[1] & ~p[0], p[1] & p[0], p[2],
        p[2] & p[1],  p[3],         p[3] & p[2], more | (open ? all : 0)};
}

/* Bytes of paragraphs, each of the line of its tf; LINE(q, mask, n) puts those
 * of line n in the places of `mask`. */
#define SCORE_DENSE_BYTES(LINE, q, word, planes, plane_count, open)       \
    do {                                                                  \
        if ((plane_count) == 0)                                           \
            break;                                                        \
        line_masks masks = masks_of(word, planes, plane_count, open);     \
        q = LINE(q, masks.two, OSL_LINE_2);                               \
        if ((plane_count) > 1) {                                          \
            q = LINE(q, masks.three, OSL_LINE_3);                         \
            q = LINE(q, masks.four, OSL_LINE_4);                          \
        }                                                                 \
        if ((plane_count) > 2) {                                          \
            q = LINE(q, masks.six, OSL_LINE_6);                           \
            q = LINE(q, masks.eight, OSL_LINE_8);                         \
        }                                                                 \
        if ((plane_count) > 3) {                                          \
            q = LINE(q, masks.twelve, OSL_LINE_12);                       \
            q = LINE(q, masks.sixteen, OSL_LINE_16);                      \
        }                                                                 \
        if ((plane_count) > 4 || (open))                                  \
            q = _mm512_mask_mov_epi8(q, masks.any, _mm512_set1_epi8(-1)); \
    } while (0)

static inline void score_dense_add(osl_accumulator *sums, uint64_t word,
                                   const uint64_t planes[5],
                                   unsigned plane_count, bool open,
                                   const osl_score_lines *from, uint16_t weight)
{
#define STORED(q, mask, n) _mm512_mask_loadu_epi8(q, mask, from->line[n])
    __m512i q = _mm512_maskz_loadu_epi8(word, from->line[OSL_LINE_1]);
    SCORE_DENSE_BYTES(STORED, q, word, planes, plane_count, open);
    add_bytes(sums, q, weight);
#undef STORED
}

static inline void score_dense_add_by(osl_accumulator *sums, uint64_t word,
                                      const uint64_t planes[5],
                                      unsigned plane_count, bool open,
                                      osl_score_by by, uint16_t weight)
{
#define LOOKED_UP(q, mask, n)                      \
    _mm512_mask_permutexvar_epi8(q, mask, classes, \
                                 _mm512_load_si512(by.tables->line[n]))
    __m512i classes = _mm512_load_si512(by.lengths->bytes);
    __m512i q = _mm512_maskz_permutexvar_epi8(
        word, classes, _mm512_load_si512(by.tables->line[OSL_LINE_1]));
    SCORE_DENSE_BYTES(LOOKED_UP, q, word, planes, plane_count, open);
    add_bytes(sums, q, weight);
#undef LOOKED_UP
}

/* ---- a dense chunk's tfs as bytes ----
 *
 * Where many ranges of a chunk are gone through, its planes become a byte a
 * posting once, in order of postings; a range's are moved to the places of its
 * paragraphs by one expansion. Else each plane would be cut, spread and made a
 * mask for each range, which took twice as long. A code's upper three bits
 * are its line, below which a paragraph's class stands, halved: eight lines of
 * 32 classes are 256 bytes, which two look-ups know; by lines of 64 classes it
 * was one for each two lines. */

/* Loops that are compiled over this header have these two. */
#define SCORE_CODES

enum { CODE_LINE = 0xE0, CODE_ANY = 1 };

/* Codes of tf 1 to 16. */
static inline __m512i code_table(osl_score_planes of)
{
    static const uint8_t codes[16] = {
        OSL_LINE_1 << 5,  OSL_LINE_2 << 5,  OSL_LINE_3 << 5,  OSL_LINE_4 << 5,
        OSL_LINE_6 << 5,  OSL_LINE_6 << 5,  OSL_LINE_8 << 5,  OSL_LINE_8 << 5,
        OSL_LINE_12 << 5, OSL_LINE_12 << 5, OSL_LINE_12 << 5, OSL_LINE_12 << 5,
        OSL_LINE_16 << 5, OSL_LINE_16 << 5, OSL_LINE_16 << 5, OSL_LINE_16 << 5};
    __m128i table = _mm_loadu_si128((const __m128i *)(const void *)codes);
    if (of.open && of.count <= 4)
        table =
            _mm_mask_mov_epi8(table, (__mmask16)(1u << ((1u << of.count) - 1)),
                              _mm_set1_epi8(CODE_ANY));
    return _mm512_broadcast_i32x4(table);
}

static inline void score_dense_codes(uint8_t *codes, const uint8_t *planes,
                                     size_t stride, osl_score_planes of,
                                     unsigned count)
{
    __m512i table = code_table(of);
    for (size_t i = 0; of.count > 0 && i * 64 < count; i++) {
        const uint8_t *at = planes + i * 8;
        __m512i more = _mm512_maskz_set1_epi8(load_8(at), 1);
        for (unsigned n = 1; n < of.count && n < 4; n++)
            more = _mm512_mask_add_epi8(more, load_8(at + n * stride), more,
                                        _mm512_set1_epi8((char)(1 << n)));
        __m512i q = _mm512_shuffle_epi8(table, more);
        if (of.count > 4)
            q = _mm512_mask_mov_epi8(q, load_8(at + 4 * stride),
                                     _mm512_set1_epi8(CODE_ANY));
        _mm512_storeu_si512(codes + i * 64, q);
    }
}

/* What 64 paragraphs have by line and halved class; 0 outside of the word. */
static inline __m512i look_up_halved(const osl_score_tables *tables,
                                     uint64_t word, __m512i at, unsigned planes)
{
    __m512i first = _mm512_load_si512(tables->halved[0]);
    if (planes == 1)
        return _mm512_maskz_permutexvar_epi8(word, at, first);
    __m512i low = _mm512_maskz_permutex2var_epi8(
        word, first, at, _mm512_load_si512(tables->halved[1]));
    if (planes == 2)
        return low;
    __m512i high =
        _mm512_permutex2var_epi8(_mm512_load_si512(tables->halved[2]), at,
                                 _mm512_load_si512(tables->halved[3]));
    return _mm512_mask_mov_epi8(low, _mm512_movepi8_mask(at), high);
}

static inline void score_coded_add_by(osl_accumulator *sums, uint64_t word,
                                      const uint8_t *codes, osl_score_planes of,
                                      osl_score_by by, uint16_t weight)
{
    __m512i classes = _mm512_load_si512(by.lengths->bytes);
    if (of.count == 0) {
        __m512i first = _mm512_load_si512(by.tables->line[OSL_LINE_1]);
        add_bytes(sums, _mm512_maskz_permutexvar_epi8(word, classes, first),
                  weight);
        return;
    }
    __m512i code = _mm512_maskz_expand_epi8(word, load_apart(codes));
    __m512i at = _mm512_ternarylogic_epi64(
        code, _mm512_srli_epi16(classes, 1), _mm512_set1_epi8((char)CODE_LINE),
        0xE4); /* the line of `code`, else the class */
    __m512i q = look_up_halved(by.tables, word, at, of.count);
    if (of.count > 4 || of.open)
        q = _mm512_mask_mov_epi8(
            q, _mm512_test_epi8_mask(code, _mm512_set1_epi8(CODE_ANY)),
            _mm512_set1_epi8(-1));
    add_bytes(sums, q, weight);
}

/* As score_sparse_add(), with each byte's class for its paragraph. */
static inline uint64_t score_sparse_add_by(osl_accumulator *sums,
                                           const uint8_t *payload,
                                           unsigned count, osl_score_by by,
                                           uint16_t weight)
{
    const uint8_t(*line)[OSL_LENGTH_CLASSES] = by.tables->line;
    uint64_t word = score_sparse_word(payload, count);
    __m512i bytes = _mm512_loadu_si512(payload);
    __m512i at =
        _mm512_permutexvar_epi8(bytes, _mm512_load_si512(by.lengths->bytes));
    at = _mm512_ternarylogic_epi64(at, bytes, _mm512_set1_epi8((char)0xC0),
                                   0xF8); /* at | (bytes & 0xC0) */
    __m512i low =
        _mm512_permutex2var_epi8(_mm512_load_si512(line[OSL_LINE_1]), at,
                                 _mm512_load_si512(line[OSL_LINE_2]));
    __m512i high = _mm512_permutex2var_epi8(_mm512_load_si512(line[OSL_LINE_3]),
                                            at, _mm512_set1_epi8(-1));
    __m512i q = _mm512_mask_mov_epi8(low, _mm512_movepi8_mask(at), high);
    add_bytes(sums, _mm512_maskz_expand_epi8(word, q), weight);
    return word;
}

static inline uint64_t score_reach(const osl_accumulator *sums, uint64_t word,
                                   uint16_t least)
{
    const uint64_t every_second = 0x5555555555555555;
    __m512i t = _mm512_set1_epi16((short)least);
    uint32_t even = _mm512_cmpge_epu16_mask(_mm512_load_si512(sums->sum), t);
    uint32_t odd =
        _mm512_cmpge_epu16_mask(_mm512_load_si512(sums->sum + 32), t);
    return (_pdep_u64(even, every_second) | _pdep_u64(odd, ~every_second)) &
           word;
}

static inline uint16_t score_greatest(const osl_accumulator *sums)
{
    return score_bound_max(sums->sum);
}

static inline unsigned score_sum(const uint8_t *bytes, unsigned n)
{
    __m512i live = _mm512_maskz_loadu_epi8(((uint64_t)1 << n) - 1, bytes);
    return (unsigned)_mm512_reduce_add_epi64(
        _mm512_sad_epu8(live, _mm512_setzero_si512()));
}

static inline unsigned score_codes(const uint8_t *payload, unsigned n)
{
    __m512i three = _mm512_set1_epi8(3), sum = _mm512_setzero_si512();
    for (unsigned i = 0; i < n; i += 64) {
        __mmask64 live = ~(uint64_t)0;
        if (n - i < 64)
            live = ((uint64_t)1 << (n - i)) - 1;
        __m512i bytes = _mm512_maskz_loadu_epi8(live, payload + i);
        __m512i codes = _mm512_and_si512(
            _mm512_srli_epi16(bytes, OSL_SPARSE_CODE_SHIFT), three);
        sum = _mm512_add_epi64(sum,
                               _mm512_sad_epu8(codes, _mm512_setzero_si512()));
    }
    return (unsigned)_mm512_reduce_add_epi64(sum);
}

/* Range by range, without a branch on whether there is more than one: told
 * apart, chunks of a kind are faster, and those of real words slower. */
static inline void or_ranges(uint64_t words[64], uint64_t ranges,
                             const uint8_t *counts, const uint8_t *payload)
{
    for (; ranges; ranges = _blsr_u64(ranges)) {
        unsigned count = *counts++;
        words[_tzcnt_u64(ranges)] |= score_sparse_word(payload, count);
        payload += count;
    }
}

/* Sums of the bytes before each, eight by eight. */
static inline __m512i sums_in_eights(__m512i x)
{
    x = _mm512_slli_epi64(x, 8);
    x = _mm512_add_epi8(x, _mm512_slli_epi64(x, 8));
    x = _mm512_add_epi8(x, _mm512_slli_epi64(x, 16));
    return _mm512_add_epi8(x, _mm512_slli_epi64(x, 32));
}

/* A sparse chunk's paragraphs, of which each eight ranges have 64 at most. */
typedef struct sparse_ranges {
    _Alignas(64) uint64_t before[8]; /* paragraphs before each eight ranges */
    _Alignas(64) uint8_t starts[64]; /* … from there before each range */
    _Alignas(64) uint8_t counts[64];
} sparse_ranges;

enum { FIRST_EACH = 8 }; /* paragraphs of a range that are taken at once */

/* Ors the first eight paragraphs of each range to what is there, or puts them
 * where nothing is; returns which ranges have more. */
static inline __attribute__((always_inline)) uint64_t
or_first(uint64_t words[64], __m512i counts, const uint8_t *payload,
         sparse_ranges *out, bool anew)
{
    _Alignas(64) uint64_t live[8], sums[8];
    __m512i each = _mm512_set1_epi8(FIRST_EACH),
            starts = sums_in_eights(counts);
    __m512i bits = _mm512_broadcast_i32x4(
        _mm_set_epi64x(0xFF, 0x7F3F1F0F07030100)); /* of 0 to 8 */
    __m512i which = _mm512_set_epi64(0x0707070707070707, 0x0606060606060606,
                                     0x0505050505050505, 0x0404040404040404,
                                     0x0303030303030303, 0x0202020202020202,
                                     0x0101010101010101, 0);
    __m512i step = _mm512_set1_epi64(0x0706050403020100);
    _mm512_store_si512(
        live, _mm512_shuffle_epi8(bits, _mm512_min_epu8(counts, each)));
    _mm512_store_si512(sums, _mm512_sad_epu8(counts, _mm512_setzero_si512()));
    uint64_t before = 0;
    for (size_t i = 0; i < 8; i++) {
        __m512i at = _mm512_permutexvar_epi8(which, starts);
        at = _mm512_permutexvar_epi8(_mm512_add_epi8(at, step),
                                     _mm512_loadu_si512(payload + before));
        __m512i word = eight_words(at, live[i]);
        if (!anew)
            word = _mm512_or_si512(word, _mm512_loadu_si512(words + i * 8));
        _mm512_storeu_si512(words + i * 8, word);
        which = _mm512_add_epi8(which, each);
        out->before[i] = before;
        before += sums[i];
    }
    _mm512_store_si512(out->starts, starts);
    _mm512_store_si512(out->counts, counts);
    return _mm512_cmpgt_epu8_mask(counts, each);
}

static inline void clear_words(uint64_t words[64])
{
    for (unsigned i = 0; i < 64; i += 8)
        _mm512_storeu_si512(words + i, _mm512_setzero_si512());
}

/* The first paragraphs of all ranges, eight ranges at once, so that no branch
 * depends on how many each has; the rest range by range. */
static inline __attribute__((always_inline)) void
put_sparse(uint64_t words[64], uint64_t ranges, const uint8_t *counts,
           const uint8_t *payload, bool anew)
{
    enum { FEW_RANGES = 8, TABLE = 64 };
    sparse_ranges all;
    __m512i count = _mm512_maskz_expand_epi8(ranges, load_apart(counts));
    __m512i sums = _mm512_sad_epu8(count, _mm512_setzero_si512());
    if (_mm_popcnt_u64(ranges) <= FEW_RANGES ||
        _mm512_cmpgt_epu64_mask(sums, _mm512_set1_epi64(TABLE))) {
        if (anew)
            clear_words(words);
        or_ranges(words, ranges, counts, payload);
        return;
    }
    ranges = or_first(words, count, payload, &all, anew);
    for (; ranges; ranges = _blsr_u64(ranges)) {
        size_t r = _tzcnt_u64(ranges);
        const uint8_t *rest =
            payload + all.before[r / 8] + all.starts[r] + FIRST_EACH;
        unsigned left = all.counts[r] - (unsigned)FIRST_EACH;
        for (; __builtin_expect(left > 16, 0); left -= 16, rest += 16)
            words[r] |= word_of_16(rest, 16);
        words[r] |= word_of_16(rest, left);
    }
}

static inline void score_sparse_or(uint64_t words[64], uint64_t ranges,
                                   const uint8_t *counts,
                                   const uint8_t *payload, unsigned sum)
{
    (void)sum;
    put_sparse(words, ranges, counts, payload, false);
}

/* Sums of those before each of 32, from *before on, which moves on. */
static inline __m512i sums_before(__m512i x, __m512i *before)
{
    __m512i sum = _mm512_add_epi16(x, _mm512_bslli_epi128(x, 2));
    sum = _mm512_add_epi16(sum, _mm512_bslli_epi128(sum, 4));
    sum = _mm512_add_epi16(sum, _mm512_bslli_epi128(sum, 8));
    /* Sums of eight, moved to the lanes behind. */
    __m512i t = _mm512_shuffle_epi8(sum, _mm512_set1_epi16(0x0F0E));
    __m512i lanes =
        _mm512_add_epi16(*before, _mm512_maskz_shuffle_i64x2(0xFC, t, t, 0x90));
    lanes =
        _mm512_add_epi16(lanes, _mm512_maskz_shuffle_i64x2(0xF0, t, t, 0x40));
    lanes =
        _mm512_add_epi16(lanes, _mm512_maskz_shuffle_i64x2(0xC0, t, t, 0x00));
    __m512i end = _mm512_add_epi16(lanes, t);
    *before = _mm512_shuffle_i64x2(end, end, 0xFF);
    return _mm512_add_epi16(_mm512_sub_epi16(sum, x), lanes);
}

static inline void score_starts(uint16_t starts[64], uint64_t ranges,
                                const uint8_t *counts)
{
    __m512i before = _mm512_setzero_si512();
    __m512i bytes = _mm512_maskz_expand_epi8(ranges, load_apart(counts));
    __m512i low = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(bytes));
    __m512i high = _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(bytes, 1));
    _mm512_storeu_si512(starts, sums_before(low, &before));
    _mm512_storeu_si512(starts + 32, sums_before(high, &before));
}

static inline void score_dense_or(uint64_t words[64], const uint8_t *bytes)
{
    for (unsigned i = 0; i < 64; i += 8)
        _mm512_storeu_si512(
            words + i,
            _mm512_or_si512(_mm512_loadu_si512(words + i),
                            _mm512_loadu_si512(bytes + (size_t)i * 8)));
}

static inline void score_dense_and(uint64_t words[64], const uint8_t *bytes,
                                   bool negate)
{
    __m512i flip = _mm512_set1_epi8(negate ? -1 : 0);
    for (unsigned i = 0; i < 64; i += 8) {
        __m512i more =
            _mm512_xor_si512(_mm512_loadu_si512(bytes + (size_t)i * 8), flip);
        _mm512_storeu_si512(
            words + i, _mm512_and_si512(_mm512_loadu_si512(words + i), more));
    }
}

static inline void score_sparse_and(uint64_t words[64], uint64_t ranges,
                                    const uint8_t *counts,
                                    const uint8_t *payload, unsigned sum,
                                    bool negate)
{
    (void)sum;
    _Alignas(64) uint64_t other[64];
    put_sparse(other, ranges, counts, payload, true);
    score_dense_and(words, (const uint8_t *)other, negate);
}

static inline uint64_t score_any(const uint64_t words[64])
{
    uint64_t any = 0;
    for (unsigned i = 0; i < 64; i += 8) {
        __m512i eight = _mm512_loadu_si512(words + i);
        any |= (uint64_t)_mm512_test_epi64_mask(eight, eight) << i;
    }
    return any;
}

static inline void score_spread_ranges(uint64_t words[64], uint64_t ranges)
{
    for (unsigned i = 0; i < 64; i += 8)
        _mm512_storeu_si512(words + i,
                            _mm512_movm_epi64((__mmask8)(ranges >> i)));
}

static inline unsigned score_popcount(const uint64_t words[64])
{
    __m512i sum = _mm512_setzero_si512();
    for (unsigned i = 0; i < 64; i += 8)
        sum = _mm512_add_epi64(
            sum, _mm512_popcnt_epi64(_mm512_loadu_si512(words + i)));
    return (unsigned)_mm512_reduce_add_epi64(sum);
}

#include "core/kernels/score_phrase.inc"

/* Four places of the word that stands least often, each in a row of sixteen,
 * are held against up to sixteen of each word at once; few words stand more
 * often. */
static inline unsigned score_phrase(const osl_word_spot *words, unsigned count)
{
    enum { ROWS = 4, COLUMNS = 16 };
    static const uint64_t row_first = 0x0001000100010001u;
    static const uint64_t row_last = row_first << 15;
    uint32_t least = words[0].tf, most = words[0].tf;
    unsigned pivot = 0;
    for (unsigned i = 1; i < count; i++) {
        uint32_t tf = words[i].tf;
        pivot = tf < least ? i : pivot;
        least = tf < least ? tf : least;
        most = tf > most ? tf : most;
    }
    if (least > ROWS || most > COLUMNS)
        return phrase_by_sets(words, count);
    __m128i rows =
        _mm_maskz_loadu_epi8((__mmask16)((1u << least) - 1), words[pivot].low);
    __m128i behind = _mm_set1_epi8((char)pivot);
    unsigned live =
        _mm_mask_cmpge_epu8_mask((__mmask16)((1u << least) - 1), rows, behind);
    uint64_t alive = _pdep_u64(live, row_last);
    __m512i first = _mm512_shuffle_epi8(
        _mm512_broadcast_i32x4(_mm_sub_epi8(rows, behind)),
        _mm512_set_epi64(0x0303030303030303, 0x0303030303030303,
                         0x0202020202020202, 0x0202020202020202,
                         0x0101010101010101, 0x0101010101010101, 0, 0));
    for (unsigned i = 0; i < count; i++) {
        __mmask16 there = (__mmask16)((1u << words[i].tf) - 1);
        __m128i at = _mm_maskz_loadu_epi8(there, words[i].low);
        behind = _mm_set1_epi8((char)i);
        there = _mm_mask_cmpge_epu8_mask(there, at, behind);
        uint64_t same = _mm512_mask_cmpeq_epi8_mask(
            there * row_first, first,
            _mm512_broadcast_i32x4(_mm_sub_epi8(at, behind)));
        /* A row's last bit, if it has any. */
        alive &= ((same & ~row_last) + (row_last - row_first)) | same;
    }
    return (unsigned)_mm_popcnt_u64(alive);
}

static inline uint32_t score_round(float x)
{
    return (uint32_t)_mm_cvtss_si64(_mm_set_ss(x));
}

/* Loops that are compiled over this header have a range's tfs at once. */
#define SCORE_TFS_AT_ONCE

/* The bytes of `which` one behind the other; whether any is untold. */
static inline bool put_tfs(uint8_t *tfs, __m512i all, uint64_t which)
{
    __m512i bytes = _mm512_maskz_compress_epi8(which, all);
    _mm512_storeu_si512(tfs, bytes);
    return _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(-1)) != 0;
}

static inline bool score_sparse_tfs(uint8_t *tfs, const uint8_t *payload,
                                    unsigned count, uint64_t which)
{
    uint64_t word = score_sparse_word(payload, count);
    __m512i table = _mm512_set1_epi32((int)0xFF030201);
    __m512i codes = _mm512_srli_epi16(load_apart(payload), 6);
    codes = _mm512_and_si512(codes, _mm512_set1_epi8(3));
    codes = _mm512_shuffle_epi8(table, codes);
    return put_tfs(tfs, _mm512_maskz_expand_epi8(word, codes), which);
}

static inline bool score_dense_tfs(uint8_t *tfs, uint64_t word,
                                   const uint64_t planes[5],
                                   osl_score_planes of, uint64_t which)
{
    __m512i tf = _mm512_maskz_set1_epi8(word, 1);
    uint64_t all = of.open ? word : 0;
    for (unsigned i = 0; i < of.count; i++) {
        uint64_t bits = _pdep_u64(planes[i], word);
        tf = _mm512_mask_add_epi8(tf, bits, tf,
                                  _mm512_set1_epi8((char)(1 << i)));
        all &= bits;
    }
    tf = _mm512_mask_mov_epi8(tf, all, _mm512_set1_epi8(-1));
    return put_tfs(tfs, tf, which);
}

static inline void score_list_word(uint16_t *at, uint8_t *bytes, uint64_t word,
                                   uint16_t first, const uint8_t from[64])
{
    static const uint8_t numbers[64] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
        16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
        32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
        48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    __m512i base = _mm512_set1_epi16((short)first);
    __m512i all = _mm512_maskz_compress_epi8(word, _mm512_loadu_si512(numbers));
    __m512i low = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(all));
    __m512i high = _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(all, 1));
    _mm512_storeu_si512(at, _mm512_add_epi16(base, low));
    _mm512_storeu_si512(at + 32, _mm512_add_epi16(base, high));
    _mm512_storeu_si512(bytes,
                        _mm512_maskz_compress_epi8(word, load_apart(from)));
}

static inline void score_look_up(float *to, const uint8_t *bytes,
                                 unsigned count, const float table[256])
{
    for (unsigned n = 0; n < count; n += 16) {
        __m512i at = _mm512_cvtepu8_epi32(
            _mm_loadu_si128((const __m128i *)(const void *)(bytes + n)));
        _mm512_storeu_ps(to + n, _mm512_i32gather_ps(at, table, 4));
    }
}

static inline void score_add_gains(uint32_t *scores, const uint8_t *tfs,
                                   const float *k, unsigned count, float weight)
{
    __m512 w = _mm512_set1_ps(weight), one = _mm512_set1_ps(65536.0f);
    for (unsigned n = 0; n < count; n += 16) {
        __m512i whole = _mm512_cvtepu8_epi32(
            _mm_loadu_si128((const __m128i *)(const void *)(tfs + n)));
        __m512 tf = _mm512_cvtepi32_ps(whole);
        __m512 gain =
            _mm512_maskz_div_ps(_mm512_test_epi32_mask(whole, whole), tf,
                                _mm512_add_ps(tf, _mm512_loadu_ps(k + n)));
        __m512i add =
            _mm512_cvtps_epi32(_mm512_mul_ps(one, _mm512_mul_ps(w, gain)));
        _mm512_storeu_si512(
            scores + n, _mm512_add_epi32(_mm512_loadu_si512(scores + n), add));
    }
}

#endif
