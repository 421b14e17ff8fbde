/* SPDX-License-Identifier: MIT
 *
 * One table look-up for 64 bytes (vpermi2b), one test a class; borders by
 * compressing the numbers 0 to 63 under a mask (vpcompressb). */
#include "core/kernels/tokenize.h"

#include <immintrin.h>

typedef struct class_tables {
    __m512i low, high; /* of bytes 0 to 63, 64 to 127 */
} class_tables;

static uint64_t classify_bytes(__m512i bytes, const class_tables *tables,
                               osl_class_block *block)
{
    __mmask64 high = _mm512_movepi8_mask(bytes);
    __m512i class =
        _mm512_maskz_permutex2var_epi8(~high, tables->low, bytes, tables->high);
    uint64_t letter =
        _mm512_test_epi8_mask(class, _mm512_set1_epi8(OSL_CLASS_LETTER));
    uint64_t digit =
        _mm512_test_epi8_mask(class, _mm512_set1_epi8(OSL_CLASS_DIGIT));
    block->upper =
        _mm512_test_epi8_mask(class, _mm512_set1_epi8(OSL_CLASS_UPPER));
    uint64_t blank =
        _mm512_test_epi8_mask(class, _mm512_set1_epi8(OSL_CLASS_BLANK));
    block->joiner =
        _mm512_test_epi8_mask(class, _mm512_set1_epi8(OSL_CLASS_JOINER));
    block->plus =
        _mm512_test_epi8_mask(class, _mm512_set1_epi8(OSL_CLASS_PLUS));
    block->minus =
        _mm512_test_epi8_mask(class, _mm512_set1_epi8(OSL_CLASS_MINUS));
    block->slash = _mm512_movepi8_mask(class);
    block->high = high;
    block->open = letter & digit;
    block->space = blank & digit;
    block->stop = letter & blank;
    block->blank = blank & ~block->stop;
    block->letter = letter & ~(block->open | block->stop);
    block->digit = digit & ~(block->open | block->space);
    block->super = block->close = block->joined = block->cuts = 0;
    return high;
}

uint64_t osl_classify_avx512(const uint8_t *text, size_t length,
                             osl_class_block *blocks)
{
    const class_tables tables = {_mm512_loadu_si512(osl_class_of_ascii),
                                 _mm512_loadu_si512(osl_class_of_ascii + 64)};
    size_t at = 0;
    uint64_t high = 0;
    for (; length - at >= 64; at += 64)
        high |=
            classify_bytes(_mm512_loadu_si512(text + at), &tables, blocks++);
    /* A masked-off byte is never touched, so the tail cannot fault. */
    __mmask64 live = ((uint64_t)1 << (length - at)) - 1;
    return high | classify_bytes(_mm512_maskz_loadu_epi8(live, text + at),
                                 &tables, blocks);
}

/* Writes base + n for each bit n of `bits`; returns their number. */
static size_t put_numbers(uint64_t bits, __m512i iota, __m512i base,
                          uint32_t *to)
{
    size_t count = (size_t)_mm_popcnt_u64(bits);
    __m512i numbers = _mm512_maskz_compress_epi8(bits, iota);
    __m512i wide = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(numbers));
    _mm512_storeu_si512(to, _mm512_add_epi32(wide, base));
    if (__builtin_expect(count <= 16, 1))
        return count;
    wide = _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(numbers, 1));
    _mm512_storeu_si512(to + 16, _mm512_add_epi32(wide, base));
    if (count <= 32)
        return count;
    wide = _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(numbers, 2));
    _mm512_storeu_si512(to + 32, _mm512_add_epi32(wide, base));
    wide = _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(numbers, 3));
    _mm512_storeu_si512(to + 48, _mm512_add_epi32(wide, base));
    return count;
}

void osl_borders_avx512(const osl_border_block *blocks, size_t count,
                        uint32_t base, osl_border_flags flags,
                        osl_span_arrays *spans)
{
    static const uint8_t numbers[64] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
        16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
        32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
        48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    __m512i iota = _mm512_loadu_si512(numbers);
    __m512i glued_flag = _mm512_set1_epi8((char)flags.glued);
    __m512i spaced_flag = _mm512_set1_epi8((char)flags.spaced);
    size_t starts = spans->start_count, ends = spans->end_count;
    for (size_t i = 0; i < count; i++, base += 64) {
        __m512i at = _mm512_set1_epi32((int)base);
        uint64_t glued = _pext_u64(blocks[i].glued, blocks[i].starts);
        uint64_t spaced = _pext_u64(blocks[i].spaced, blocks[i].starts);
        _mm512_storeu_si512(
            spans->flags + starts,
            _mm512_mask_mov_epi8(_mm512_maskz_mov_epi8(glued, glued_flag),
                                 spaced, spaced_flag));
        starts +=
            put_numbers(blocks[i].starts, iota, at, spans->starts + starts);
        ends += put_numbers(blocks[i].ends, iota, at, spans->ends + ends);
    }
    spans->start_count = starts;
    spans->end_count = ends;
}
