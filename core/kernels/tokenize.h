/* SPDX-License-Identifier: MIT
 *
 * Two loops of the tokeniser: bytes to bitmaps of classes, and bitmaps of
 * borders to spans. What stands between them (core/text/tokenize.c) works on
 * 64 characters a machine word and needs no kernel.
 *
 *     text    T-cell (5%)           bit i of a word is byte i of its block
 *     letter  #.####.....
 *     digit   ........#..
 *     blank   ......#....
 *     minus   .#.........
 *
 * Only ASCII is classified; `high` shows the rest to the caller, who adds the
 * bits of those characters, and fills the words behind it. */
#ifndef OSL_KERNELS_TOKENIZE_H
#define OSL_KERNELS_TOKENIZE_H

#include <stddef.h>
#include <stdint.h>

/* The classes of 64 bytes: two cache lines. */
typedef struct osl_class_block {
    uint64_t letter, digit, upper; /* upper is within letter */
    uint64_t blank;                /* space, \t \n \v \f \r */
    uint64_t joiner;               /* . , ' ^ */
    uint64_t plus, minus, slash;
    uint64_t high; /* bytes from 0x80 on */
    uint64_t open; /* ( [ */
    uint64_t stop; /* ) ] : ; ? ! */
    uint64_t space;
    /* The kernel leaves zeroes: */
    uint64_t super, close, joined, cuts;
} osl_class_block;

/* The bits of osl_class_block's first words in one byte, for the tables. */
enum {
    OSL_CLASS_LETTER = 1,
    OSL_CLASS_DIGIT = 2,
    OSL_CLASS_UPPER = 4,
    OSL_CLASS_BLANK = 8,
    OSL_CLASS_JOINER = 16,
    OSL_CLASS_PLUS = 32,
    OSL_CLASS_MINUS = 64,
    OSL_CLASS_SLASH = 128
};
extern const uint8_t osl_class_of_ascii[128];

/* Classifies `length` bytes into length / 64 + 1 blocks; bits behind the text
 * are zero. Reads no byte outside the text. Returns the bits of `high` that any
 * block has. */
typedef uint64_t osl_classify_fn(const uint8_t *text, size_t length,
                                 osl_class_block *blocks);

/* Where words begin and end in 64 bytes. */
typedef struct osl_border_block {
    uint64_t starts, ends; /* an end is the byte behind the last */
    uint64_t glued;        /* starts with no blank since the last end */
    uint64_t spaced;       /* … with one space since it, and nothing else */
} osl_border_block;

typedef struct osl_span_arrays {
    uint32_t *starts, *ends;
    uint8_t *flags;
    size_t start_count, end_count;
} osl_span_arrays;

/* Appends the borders of `count` blocks, the first of which begins at byte
 * `base`: a glued start has flags.glued as its flags, a spaced one
 * flags.spaced (none is both), others 0. The
 * arrays have room for 64 · (count + 1) more elements; those behind the
 * counts may be overwritten. */
typedef struct osl_border_flags {
    uint8_t glued, spaced;
} osl_border_flags;
typedef void osl_borders_fn(const osl_border_block *blocks, size_t count,
                            uint32_t base, osl_border_flags flags,
                            osl_span_arrays *spans);

osl_classify_fn osl_classify_scalar, osl_classify_avx2, osl_classify_avx512;
osl_borders_fn osl_borders_scalar, osl_borders_avx2, osl_borders_avx512;

#endif
