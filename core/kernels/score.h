/* SPDX-License-Identifier: MIT
 *
 * The loops of matching and scoring: bounds of ranges, words of 64
 * paragraphs, upper bounds of 64 scores at once. The layout of what they read
 * is drawn in docs/FORMAT.md; what calls them, and why, in query/flat.c.
 *
 * A *line* is 64 bytes, one for each paragraph of a range: the greatest G
 * (times 255, rounded up) that a tf of its class can have at that paragraph's
 * length. An *accumulator* is 64 sums of 16 bits, one for each paragraph.
 *
 * Threads: pure functions. */
#ifndef OSL_CORE_KERNELS_SCORE_H
#define OSL_CORE_KERNELS_SCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Classes of tf that have a line each, by their greatest; above them 255 is
 * what any tf can have. Stop words need the high ones: with one class for 5 to
 * 8 and none above, intersections of them took 1.4 times as long. */
enum {
    OSL_LINE_1,
    OSL_LINE_2,
    OSL_LINE_3,
    OSL_LINE_4,
    OSL_LINE_6,
    OSL_LINE_8,
    OSL_LINE_12,
    OSL_LINE_16,
    OSL_LINES
};

typedef struct osl_score_lines {
    _Alignas(64) uint8_t line[OSL_LINES][64];
} osl_score_lines;

/* Where a word stands in a paragraph, all of whose places fit a byte: `tf` of
 * them, rising. */
typedef struct osl_word_spot {
    const uint8_t *low;
    uint32_t tf;
} osl_word_spot;

/* Length codes fall into 64 classes, of which each line has a byte, so that a
 * register holds a line's table: four codes each while lengths are exact, one
 * where a step is a fifth. */
enum { OSL_LENGTH_CLASSES = 64, OSL_LENGTH_FEW = 16 };

static inline unsigned osl_length_class(unsigned code)
{
    if (code < 192)
        return code / 4;
    return code < 208 ? code - 144 : 63;
}

/* The bytes of all lines, by length class and by length code. */
typedef struct osl_score_tables {
    _Alignas(64) uint8_t class_of[256];
    _Alignas(64) uint8_t line[OSL_LINES][OSL_LENGTH_CLASSES];
    /* Two lines each by half as many classes, the greater byte of two. */
    _Alignas(64) uint8_t halved[OSL_LINES / 2][OSL_LENGTH_CLASSES];
    /* The same by sixteen classes, each of some of the 64 whose bytes of the
     * first line are near each other. */
    _Alignas(64) uint8_t few_of[OSL_LENGTH_CLASSES];
    _Alignas(64) uint8_t few[OSL_LINES][OSL_LENGTH_FEW];
    _Alignas(64) uint8_t code[256][OSL_LINES];
} osl_score_tables;

/* Sets both from what each line has for each length code: a class has the
 * greatest of its codes. */
void osl_score_tables_set(osl_score_tables *tables,
                          uint8_t bytes[OSL_LINES][256]);

/* What a level keeps of 64 lengths for the loops that are compiled over it:
 * lines, or classes, by which it looks lines up (AVX-512; AVX2: sixteen of
 * them). These are an eighth of the bytes, so that those of a chunk lie in the
 * first cache beside its sums. */
typedef struct osl_length_bytes {
    _Alignas(64) uint8_t bytes[sizeof(osl_score_lines)];
} osl_length_bytes;

typedef struct osl_score_by {
    const osl_length_bytes *lengths; /* of the same level */
    const osl_score_tables *tables;
} osl_score_by;

/* How many planes of tf − 1 a dense chunk has, and whether all ones may mean
 * more. */
typedef struct osl_score_planes {
    unsigned count;
    bool open;
} osl_score_planes;

/* A byte of tf that neither a code nor planes tell. */
enum { OSL_TF_UNTOLD = 255 };

/* Sums of 64 paragraphs, in an order of the level's own. */
typedef struct osl_accumulator {
    _Alignas(64) uint16_t sum[64];
} osl_accumulator;

/* A byte of a sparse chunk: paragraph within its range, and a code of tf (0,
 * 1, 2: tf 1, 2, 3; 3: larger, see the chunk's exceptions). */
#define OSL_SPARSE_CODE_SHIFT 6

/* A word's bounds: bounds[0 …] belong to the set bits of `ranges`, in order;
 * 64 bytes from there may be read. */
typedef struct osl_word_bounds {
    uint64_t ranges;
    const uint8_t *bounds;
    uint16_t weight;
} osl_word_bounds;

typedef struct osl_score_kernels {
    /* sums[range] = what up to 64 words' bounds of it are together, each
     * (bound · 256 · weight >> 16) + 1, saturating; returns the greatest. */
    uint16_t (*bound_sum)(uint16_t sums[64], const osl_word_bounds *words,
                          unsigned count);
    /* least[range] = min(least[range], its bound) for the set bits. May read
     * 64 bytes from `bounds`. */
    void (*bound_least)(uint8_t least[64], uint64_t ranges,
                        const uint8_t *bounds);
    /* sums[range] += (spread[range] · 256 · weight >> 16) + 1 for the set bits
     * of `ranges`, saturating. */
    void (*bound_add_spread)(uint16_t sums[64], uint64_t ranges,
                             const uint8_t spread[64], uint16_t weight);
    /* sums[range] -= bound · 256 · weight >> 16 for the set bits, down to 0.
     * May read 64 bytes from `bounds`. */
    void (*bound_take)(uint16_t sums[64], uint64_t ranges,
                       const uint8_t *bounds, uint16_t weight);
    /* to[n] = table[from[n]] for n < count, 64 at most. May read 64 bytes and
     * write 64. */
    void (*bound_map)(uint8_t to[64], const uint8_t *from, unsigned count,
                      const uint8_t table[256]);
    /* Which of 64 sums are at least `least`. */
    uint64_t (*bound_select)(const uint16_t sums[64], uint16_t least);
    /* Which of 64 bytes are at least `least`. */
    uint64_t (*byte_select)(const uint8_t bytes[64], uint8_t least);
    /* The greatest of 64 sums. */
    uint16_t (*bound_max)(const uint16_t sums[64]);

    /* Lines of 64 paragraphs: line[c][i] = tables->code[codes[i]][c]. */
    void (*lines)(osl_score_lines *lines, const uint8_t codes[64],
                  const osl_score_tables *tables);

    /* Where a paragraph's sum stands in an accumulator. */
    unsigned (*place)(unsigned paragraph);
    /* Bytes of 64 paragraphs in the order of sums. */
    void (*placed)(uint8_t to[64], const uint8_t from[64]);
    /* The word of `count` (0 to 64) sparse bytes, whose paragraphs differ. May
     * read 64 bytes. */
    uint64_t (*sparse_word)(const uint8_t *payload, unsigned count);
    /* Adds a term's bounds in a range to the accumulator, each
     * q · 256 · weight >> 16, saturating, where q is the paragraph's byte in
     * the line of its tf; returns the word. The caller adds one for what
     * rounding takes. */
    uint64_t (*sparse_add)(osl_accumulator *sums, const uint8_t *payload,
                           unsigned count, const osl_score_lines *lines,
                           uint16_t weight);
    /* The same for a dense chunk: planes[p] holds bit p of tf − 1 of the
     * word's paragraphs, in order of postings; where `open`, all of its
     * `plane_count` (0 to 5) bits set means larger. */
    void (*dense_add)(osl_accumulator *sums, uint64_t word,
                      const uint64_t planes[5], unsigned plane_count, bool open,
                      const osl_score_lines *lines, uint16_t weight);
    /* The same three by what the level keeps of lengths; where it keeps few
     * classes, a line's byte is that of the paragraph's few. */
    bool few_classes;
    void (*lengths)(osl_length_bytes *out, const uint8_t codes[64],
                    const osl_score_tables *tables);
    uint64_t (*sparse_add_by)(osl_accumulator *sums, const uint8_t *payload,
                              unsigned count, osl_score_by by, uint16_t weight);
    void (*dense_add_by)(osl_accumulator *sums, uint64_t word,
                         const uint64_t planes[5], unsigned plane_count,
                         bool open, osl_score_by by, uint16_t weight);
    /* A dense chunk's planes, `stride` bytes each, as a byte a posting (room
     * for 64 more), and dense_add_by() from these, which begin at the word's
     * first posting; may read 64. Where there are planes, a paragraph has the
     * greater byte of two classes of length (0 and 1, 2 and 3 …): what all
     * lines have of 32 is four registers. NULL where a level has no use for
     * them. */
    void (*dense_codes)(uint8_t *codes, const uint8_t *planes, size_t stride,
                        osl_score_planes of, unsigned count);
    void (*coded_add_by)(osl_accumulator *sums, uint64_t word,
                         const uint8_t *codes, osl_score_planes of,
                         osl_score_by by, uint16_t weight);
    /* Which of `word`'s paragraphs have at least `least`. */
    uint64_t (*reach)(const osl_accumulator *sums, uint64_t word,
                      uint16_t least);
    uint16_t (*greatest)(const osl_accumulator *sums);
    /* The tfs of a range's paragraphs `which`, in order, a byte each: 0 where
     * the word is not, OSL_TF_UNTOLD where it is and its tf is not told.
     * Returns whether any is so. Of a sparse word from `count` (0 to 64)
     * postings, of a dense one from planes as of dense_add. May read 64 bytes
     * of postings and write 64 tfs. */
    bool (*sparse_tfs)(uint8_t *tfs, const uint8_t *payload, unsigned count,
                       uint64_t which);
    bool (*dense_tfs)(uint8_t *tfs, uint64_t word, const uint64_t planes[5],
                      osl_score_planes of, uint64_t which);
    /* The paragraphs of a range's word in order, counted from `first`, and
     * their bytes of `from`. May write 64 of both. */
    void (*list_word)(uint16_t *at, uint8_t *bytes, uint64_t word,
                      uint16_t first, const uint8_t from[64]);
    /* to[n] = table[bytes[n]]. May read and write 15 more. */
    void (*look_up)(float *to, const uint8_t *bytes, unsigned count,
                    const float table[256]);
    /* scores[n] += round(65536 · (weight · tf / (tf + k[n]))), nothing for a
     * tf of 0; 65536 · weight < 2^31. May read and write 15 more of all. */
    void (*add_gains)(uint32_t *scores, const uint8_t *tfs, const float *k,
                      unsigned count, float weight);
    /* Sum of the first n bytes, n ≤ 63. May read 64 bytes. */
    unsigned (*sum)(const uint8_t *bytes, unsigned n);
    /* Sum of the codes of n sparse bytes. */
    unsigned (*codes)(const uint8_t *payload, unsigned n);
    /* words[0 … 63] |= a chunk's words: `ranges` says which hold any, counts
     * how many paragraphs each of those holds, `sum` how many all do, payload
     * their bytes; those of a range differ. May read 64 bytes of counts and
     * behind the payload. */
    void (*sparse_or)(uint64_t words[64], uint64_t ranges,
                      const uint8_t *counts, const uint8_t *payload,
                      unsigned sum);
    /* words &= them, or what they lack where `negate`. */
    void (*sparse_and)(uint64_t words[64], uint64_t ranges,
                       const uint8_t *counts, const uint8_t *payload,
                       unsigned sum, bool negate);
    /* starts[range] = sum of the counts of ranges before it; counts[0 …], at
     * most 64 each, belong to the set bits of `ranges`. May read 64 bytes. */
    void (*starts)(uint16_t starts[64], uint64_t ranges, const uint8_t *counts);
    /* words |= the 64 words at `bytes`, little-endian. */
    void (*dense_or)(uint64_t words[64], const uint8_t *bytes);
    /* words &= them, or what they lack where `negate`. */
    void (*dense_and)(uint64_t words[64], const uint8_t *bytes, bool negate);
    /* Which of 64 words have any bit. */
    uint64_t (*any)(const uint64_t words[64]);
    /* words[range]: all of its paragraphs, or none. */
    void (*spread_ranges)(uint64_t words[64], uint64_t ranges);
    /* Set bits of 64 words. */
    unsigned (*popcount)(const uint64_t words[64]);
    /* How often a phrase of `count` (1 to 16) words stands in a paragraph:
     * the places that word i stands i behind, of all words. */
    unsigned (*phrase)(const osl_word_spot *words, unsigned count);
    /* The nearest whole number, half to even; 0 ≤ x < 2^32. */
    uint32_t (*round)(float x);
} osl_score_kernels;

/* The members that every level has, from its functions score_NAME. */
#define OSL_SCORE_KERNELS                                                     \
    .bound_sum = score_bound_sum, .bound_least = score_bound_least,           \
    .bound_add_spread = score_bound_add_spread,                               \
    .bound_take = score_bound_take, .bound_map = score_bound_map,             \
    .bound_select = score_bound_select, .byte_select = score_byte_select,     \
    .bound_max = score_bound_max, .lines = score_lines, .place = score_place, \
    .placed = score_placed, .sparse_word = score_sparse_word,                 \
    .sparse_add = score_sparse_add, .dense_add = score_dense_add,             \
    .lengths = score_lengths, .sparse_add_by = score_sparse_add_by,           \
    .dense_add_by = score_dense_add_by, .reach = score_reach,                 \
    .greatest = score_greatest, .sparse_tfs = score_sparse_tfs,               \
    .dense_tfs = score_dense_tfs, .list_word = score_list_word,               \
    .look_up = score_look_up, .add_gains = score_add_gains, .sum = score_sum, \
    .codes = score_codes, .sparse_or = score_sparse_or,                       \
    .sparse_and = score_sparse_and, .starts = score_starts,                   \
    .dense_or = score_dense_or, .dense_and = score_dense_and,                 \
    .any = score_any, .spread_ranges = score_spread_ranges,                   \
    .popcount = score_popcount, .phrase = score_phrase, .round = score_round

extern const osl_score_kernels osl_score_kernels_scalar;
extern const osl_score_kernels osl_score_kernels_avx2;
extern const osl_score_kernels osl_score_kernels_avx512;

#endif
