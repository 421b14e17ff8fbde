/* SPDX-License-Identifier: MIT
 *
 * What lists of the best of two words are made with (core/segment/joint.h): the
 * paragraphs of a chunk as rows of whole numbers, what a word adds in each, and
 * which of them two words reach a sum in. */
#ifndef OSL_KERNELS_REACH_H
#define OSL_KERNELS_REACH_H

#include <stddef.h>
#include <stdint.h>

enum {
    OSL_REACH_COUNT = 4096,
    OSL_REACH_TFS = 8,       /* tfs that rows are filled with */
    OSL_REACH_NONE = -32768, /* of a paragraph that has not the word */
    OSL_REACH_UNTOLD = 255   /* tf of one that is left to the caller */
};

/* A word's dense chunk, as core/segment/chunk.h draws it; 64 bits can be read
 * from each bit of a plane on. */
typedef struct osl_reach_word {
    const uint8_t *words, *planes;
    size_t stride; /* bytes of a plane */
    unsigned plane_count, has_exceptions;
} osl_reach_word;

/* Fills a row and the tfs of what holds the word: where these are at most
 * OSL_REACH_TFS, gains[tf − 1] · scale / 65536, rounded down; else tf is
 * OSL_REACH_UNTOLD, the row's number any, and untold[range] has a bit; returns
 * which ranges of 64 have such. tfs of what does not hold the word are any. */
typedef uint64_t
osl_reach_fill_fn(uint64_t untold[64], int16_t row[OSL_REACH_COUNT],
                  uint8_t tfs[OSL_REACH_COUNT], const osl_reach_word *of,
                  uint16_t gains[OSL_REACH_TFS][OSL_REACH_COUNT],
                  uint16_t scale);

/* A word's row, and what a range of it has at most. */
typedef struct osl_reach_row {
    const int16_t *at;   /* OSL_REACH_COUNT */
    const int16_t *most; /* 64 */
} osl_reach_row;

/* Bit i of masks[r]: the sum of both in place i of range r is `least` or more;
 * sums saturate. Ranges of which the sum of `most` is below are passed over.
 * Returns which of the others have a bit. */
typedef uint64_t osl_reach_fn(uint64_t masks[64], const osl_reach_row *a,
                              const osl_reach_row *b, int16_t least);

typedef struct osl_reach_kernels {
    osl_reach_fill_fn *fill;
    osl_reach_fn *reach;
} osl_reach_kernels;

extern const osl_reach_kernels osl_reach_kernels_scalar, osl_reach_kernels_avx2,
    osl_reach_kernels_avx512;

#endif
