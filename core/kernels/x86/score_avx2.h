/* SPDX-License-Identifier: MIT
 *
 * What words add to the bounds of 64 scores, by AVX2, which has no byte shuffle
 * of 64 entries: of 64 lengths only sixteen classes are kept, so that a line's
 * table is one register. Few bytes of a sparse range are added one by one:
 * AVX2 cannot scatter bytes. */
#ifndef OSL_CORE_KERNELS_X86_SCORE_AVX2_H
#define OSL_CORE_KERNELS_X86_SCORE_AVX2_H

/* Loops that are compiled over this header are of this level. */
#define OSL_SCORE_LEVEL "avx2"

#include "core/kernels/x86/score_words_avx2.h"

/* osl_length_class() of 32 codes. */
static inline __m256i classes_of(const uint8_t codes[32])
{
    __m256i code = load_32(codes), last = _mm256_set1_epi8(63);
    __m256i exact = _mm256_and_si256(_mm256_srli_epi16(code, 2), last);
    __m256i step = _mm256_subs_epu8(code, _mm256_set1_epi8((char)144));
    return _mm256_max_epu8(exact, _mm256_min_epu8(step, last));
}

static inline __m256i load_twice(const uint8_t *from)
{
    return _mm256_broadcastsi128_si256(
        _mm_load_si128((const __m128i *)(const void *)from));
}

/* A line's bytes of 32 classes, out of four tables of sixteen: bits 4 and 5 of
 * a class say which, moved to where a blend looks at. */
static inline __m256i bytes_of_classes(__m256i class, const __m256i quarter[4])
{
    __m256i bit_4 = _mm256_slli_epi16(class, 3);
    __m256i bit_5 = _mm256_slli_epi16(class, 2);
    __m256i low =
        _mm256_blendv_epi8(_mm256_shuffle_epi8(quarter[0], class),
                           _mm256_shuffle_epi8(quarter[1], class), bit_4);
    __m256i high =
        _mm256_blendv_epi8(_mm256_shuffle_epi8(quarter[2], class),
                           _mm256_shuffle_epi8(quarter[3], class), bit_4);
    return _mm256_blendv_epi8(low, high, bit_5);
}

static inline void score_lines(osl_score_lines *out, const uint8_t codes[64],
                               const osl_score_tables *tables)
{
    __m256i low = classes_of(codes), high = classes_of(codes + 32);
    for (unsigned c = 0; c < OSL_LINES; c++) {
        __m256i quarter[4], *to = (__m256i *)(void *)out->line[c];
        for (unsigned n = 0; n < 4; n++)
            quarter[n] = load_twice(tables->line[c] + (size_t)n * 16);
        _mm256_store_si256(to, bytes_of_classes(low, quarter));
        _mm256_store_si256(to + 1, bytes_of_classes(high, quarter));
    }
}

/* Of 64 lengths this level keeps their few classes. */
enum { SCORE_LENGTHS_BYTES = 64 };

static inline void score_lengths(osl_length_bytes *out, const uint8_t codes[64],
                                 const osl_score_tables *tables)
{
    __m256i quarter[4], *to = (__m256i *)(void *)out->bytes;
    for (unsigned n = 0; n < 4; n++)
        quarter[n] = load_twice(tables->few_of + (size_t)n * 16);
    _mm256_store_si256(to, bytes_of_classes(classes_of(codes), quarter));
    _mm256_store_si256(to + 1,
                       bytes_of_classes(classes_of(codes + 32), quarter));
}

/* Where the bytes of lines come from: from lines, or by classes. */
typedef struct line_source {
    const osl_score_lines *lines; /* NULL: by classes */
    const uint8_t (*few)[OSL_LENGTH_FEW];
    const uint8_t *classes;
} line_source;

static inline __attribute__((always_inline)) line_source
of_lines(const osl_score_lines *from)
{
    return (line_source){.lines = from};
}

static inline __attribute__((always_inline)) line_source
of_classes(const osl_score_by *by)
{
    return (line_source){NULL, by->tables->few, by->lengths->bytes};
}

/* One posting; adds nothing where `live` is 0. Its byte is itself the place in
 * the first three lines. */
static inline __attribute__((always_inline)) void
add_posting(osl_accumulator *sums, uint8_t posting, const line_source *from,
            uint32_t weight, uint32_t live)
{
    unsigned code = posting >> OSL_SPARSE_CODE_SHIFT, at = posting & 63;
    uint32_t large = -(uint32_t)(code == 3);
    const uint8_t *line = from->lines ? from->lines->line[0] : from->few[0];
    size_t place = from->lines
                       ? (size_t)posting
                       : (size_t)code * OSL_LENGTH_FEW | from->classes[at];
    uint32_t byte = (line[place] | large) & 255 & -live;
    uint16_t *sum = &sums->sum[at];
    uint32_t added = *sum + (byte * 256 * weight >> 16);
    *sum = added > UINT16_MAX ? UINT16_MAX : (uint16_t)added;
}

/* Two by two: most ranges have no more, and none needs a branch. */
static inline __attribute__((always_inline)) void
add_postings(osl_accumulator *sums, const uint8_t *payload, unsigned count,
             const line_source *from, uint16_t weight)
{
    for (unsigned i = 0; i < count; i += 2) {
        add_posting(sums, payload[i], from, weight, 1);
        add_posting(sums, payload[i + 1], from, weight, i + 1 < count);
    }
}

static inline uint64_t score_sparse_add(osl_accumulator *sums,
                                        const uint8_t *payload, unsigned count,
                                        const osl_score_lines *from,
                                        uint16_t weight)
{
    line_source lines = of_lines(from);
    add_postings(sums, payload, count, &lines, weight);
    return score_sparse_word(payload, count);
}

static inline uint64_t score_sparse_add_by(osl_accumulator *sums,
                                           const uint8_t *payload,
                                           unsigned count, osl_score_by by,
                                           uint16_t weight)
{
    line_source classes = of_classes(&by);
    add_postings(sums, payload, count, &classes, weight);
    return score_sparse_word(payload, count);
}

/* ---- dense words ---- */

/* Of each byte of the half's 32 paragraphs its bit, in its place; `bits` holds
 * the same eight bytes four times. */
static inline __m256i bits_of_half(__m256i bits, unsigned half, __m256i bit)
{
    __m256i place = _mm256_setr_epi64x(0x0000000000000000, 0x0101010101010101,
                                       0x0202020202020202, 0x0303030303030303);
    place = _mm256_add_epi8(place, _mm256_set1_epi8((char)(half * 4)));
    return _mm256_and_si256(_mm256_shuffle_epi8(bits, place), bit);
}

/* A half's bytes of a line; `at` has their classes, above 127 where there is
 * nothing. */
static inline __attribute__((always_inline)) __m256i
line_bytes(const line_source *from, unsigned half, __m256i at, unsigned line)
{
    if (from->lines)
        return load_32(from->lines->line[line] + (size_t)half * 32);
    return _mm256_shuffle_epi8(load_twice(from->few[line]), at);
}

static inline __attribute__((always_inline)) __m256i
either(const line_source *from, unsigned half, __m256i at, unsigned line,
       unsigned other, __m256i mask)
{
    return _mm256_blendv_epi8(line_bytes(from, half, at, line),
                              line_bytes(from, half, at, other), mask);
}

/* Bytes of 32 paragraphs, each of the line of its tf, whose bits choose one of
 * two again and again; `bit` has a mask of bytes for each plane. */
static inline __attribute__((always_inline)) __m256i
dense_bytes(const line_source *from, unsigned half, __m256i at,
            const __m256i bit[5], unsigned plane_count, bool open)
{
    if (plane_count == 0)
        return line_bytes(from, half, at, OSL_LINE_1);
    __m256i all = bit[0];
    __m256i q = either(from, half, at, OSL_LINE_1, OSL_LINE_2, bit[0]);
    if (plane_count > 1)
        q = _mm256_blendv_epi8(
            q, either(from, half, at, OSL_LINE_3, OSL_LINE_4, bit[0]), bit[1]);
    if (plane_count > 2)
        q = _mm256_blendv_epi8(
            q, either(from, half, at, OSL_LINE_6, OSL_LINE_8, bit[1]), bit[2]);
    if (plane_count > 3)
        q = _mm256_blendv_epi8(
            q, either(from, half, at, OSL_LINE_12, OSL_LINE_16, bit[2]),
            bit[3]);
    if (plane_count > 4)
        q = _mm256_or_si256(q, bit[4]);
    for (unsigned p = 1; p < plane_count; p++)
        all = _mm256_and_si256(all, bit[p]);
    return open ? _mm256_or_si256(q, all) : q;
}

/* sums += q · 256 · weight >> 16, 16 at a time. */
static inline void add_share_16(uint16_t *sums, __m128i q, __m256i w)
{
    __m256i part =
        _mm256_mulhi_epu16(_mm256_slli_epi16(_mm256_cvtepu8_epi16(q), 8), w);
    __m256i *at = (__m256i *)(void *)sums;
    _mm256_storeu_si256(at, _mm256_adds_epu16(_mm256_loadu_si256(at), part));
}

static inline void add_shares(osl_accumulator *sums, unsigned half, __m256i q,
                              __m256i w)
{
    uint16_t *at = sums->sum + (size_t)half * 32;
    add_share_16(at, _mm256_castsi256_si128(q), w);
    add_share_16(at + 16, _mm256_extracti128_si256(q, 1), w);
}

/* The half's classes, or ones where the word is not. */
static inline __attribute__((always_inline)) __m256i
living_classes(const line_source *from, unsigned half, __m256i live,
               __m256i bit)
{
    __m256i out = _mm256_cmpeq_epi8(bits_of_half(live, half, bit),
                                    _mm256_setzero_si256());
    if (from->lines)
        return out;
    return _mm256_or_si256(out, load_32(from->classes + (size_t)half * 32));
}

/* Compiled for each number of planes, which then are registers. */
static inline __attribute__((always_inline)) void
add_dense_planes_of(osl_accumulator *sums, uint64_t word,
                    const uint64_t planes[5], unsigned plane_count, bool open,
                    line_source from, uint16_t weight)
{
    const __m256i one = _mm256_set1_epi64x((long long)0x8040201008040201u);
    __m256i w = _mm256_set1_epi16((short)weight), spread[5], bit[5];
    __m256i live = _mm256_set1_epi64x((long long)word);
    for (unsigned p = 0; p < plane_count; p++)
        spread[p] = _mm256_set1_epi64x((long long)_pdep_u64(planes[p], word));
    for (unsigned half = 0; half < 2; half++) {
        __m256i at = living_classes(&from, half, live, one);
        for (unsigned p = 0; p < plane_count; p++)
            bit[p] = _mm256_cmpeq_epi8(bits_of_half(spread[p], half, one), one);
        __m256i q = dense_bytes(&from, half, at, bit, plane_count, open);
        if (from.lines)
            q = _mm256_andnot_si256(at, q);
        add_shares(sums, half, q, w);
    }
}

static inline __attribute__((always_inline)) void
add_dense_of(osl_accumulator *sums, uint64_t word, const uint64_t planes[5],
             unsigned plane_count, bool open, line_source from, uint16_t weight)
{
    switch (plane_count) {
    case 0:
        add_dense_planes_of(sums, word, planes, 0, open, from, weight);
        break;
    case 1:
        add_dense_planes_of(sums, word, planes, 1, open, from, weight);
        break;
    case 2:
        add_dense_planes_of(sums, word, planes, 2, open, from, weight);
        break;
    case 3:
        add_dense_planes_of(sums, word, planes, 3, open, from, weight);
        break;
    case 4:
        add_dense_planes_of(sums, word, planes, 4, open, from, weight);
        break;
    default:
        add_dense_planes_of(sums, word, planes, 5, open, from, weight);
    }
}

static inline void score_dense_add(osl_accumulator *sums, uint64_t word,
                                   const uint64_t planes[5],
                                   unsigned plane_count, bool open,
                                   const osl_score_lines *from, uint16_t weight)
{
    add_dense_of(sums, word, planes, plane_count, open, of_lines(from), weight);
}

static inline __attribute__((always_inline)) void
score_dense_add_by(osl_accumulator *sums, uint64_t word,
                   const uint64_t planes[5], unsigned plane_count, bool open,
                   osl_score_by by, uint16_t weight)
{
    add_dense_of(sums, word, planes, plane_count, open, of_classes(&by),
                 weight);
}

static inline unsigned score_place(unsigned paragraph)
{
    return paragraph;
}

static inline void score_placed(uint8_t to[64], const uint8_t from[64])
{
    __builtin_memcpy(to, from, 64);
}

static inline uint64_t score_reach(const osl_accumulator *sums, uint64_t word,
                                   uint16_t least)
{
    return score_bound_select(sums->sum, least) & word;
}

static inline uint16_t score_greatest(const osl_accumulator *sums)
{
    return score_bound_max(sums->sum);
}

/* ---- tfs ---- */

/* Loops that are compiled over this header have a range's tfs at once. */
#define SCORE_TFS_AT_ONCE

/* Compressed as bits, which then become bytes, eight at a time. */
static inline __attribute__((always_inline)) bool
score_dense_tfs(uint8_t *tfs, uint64_t word, const uint64_t planes[5],
                osl_score_planes of, uint64_t which)
{
    const uint64_t ones = 0x0101010101010101;
    uint64_t holds = _pext_u64(word, which), bits[5];
    uint64_t untold = of.open ? holds : 0;
    unsigned count = (unsigned)_mm_popcnt_u64(which);
    for (unsigned p = 0; p < of.count; p++) {
        bits[p] = _pext_u64(_pdep_u64(planes[p], word), which);
        untold &= bits[p];
    }
    for (unsigned n = 0; n < count; n += 8) {
        uint64_t eight = _pdep_u64(holds >> n, ones);
        for (unsigned p = 0; p < of.count; p++)
            eight += _pdep_u64(bits[p] >> n, ones) << p;
        eight |= _pdep_u64(untold >> n, ones) * 255;
        __builtin_memcpy(tfs + n, &eight, sizeof eight);
    }
    return untold != 0;
}

/* The two bits of up to 64 codes are planes. */
static inline bool score_sparse_tfs(uint8_t *tfs, const uint8_t *payload,
                                    unsigned count, uint64_t which)
{
    uint64_t word = score_sparse_word(payload, count), planes[5];
    __m256i low = load_32(payload), high = load_32(payload + 32);
    planes[0] =
        (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_slli_epi16(high, 1))
            << 32 |
        (uint32_t)_mm256_movemask_epi8(_mm256_slli_epi16(low, 1));
    planes[1] = (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32 |
                (uint32_t)_mm256_movemask_epi8(low);
    return score_dense_tfs(tfs, word, planes, (osl_score_planes){2, true},
                           which);
}

#include "core/kernels/score_lists.inc"

#endif
