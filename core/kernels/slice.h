/* SPDX-License-Identifier: MIT
 *
 * Postings of one chunk on their way into a segment, as core/segment/chunk.h
 * draws them: as bytes, by ranges of 64 ordinals, as words and planes. */
#ifndef OSL_KERNELS_SLICE_H
#define OSL_KERNELS_SLICE_H

#include <stddef.h>
#include <stdint.h>

enum {
    OSL_SLICE_MOST = 4096, /* postings of a chunk */
    /* Bytes behind the last that may be read, and written. */
    OSL_SLICE_SLACK = 64,
    OSL_SLICE_PLANES = 5
};

/* Postings as bytes, and the ranges that they are in. */
typedef struct osl_slice {
    uint8_t offsets[OSL_SLICE_MOST + OSL_SLICE_SLACK]; /* ordinal mod 64 */
    uint8_t more[OSL_SLICE_MOST + OSL_SLICE_SLACK]; /* tf − 1, at most 255 */
    uint64_t mask;                                  /* which ranges have some */
    /* Of each of these: the greatest of its postings' bounds, and how many
     * they are. */
    uint8_t bounds[64 + OSL_SLICE_SLACK], counts[64 + OSL_SLICE_SLACK];
    unsigned range_count;
} osl_slice;

/* Rising ordinals of one chunk, 1 to 4,096 of them, of which the lowest 12
 * bits count, tfs of 1 and more, and a bound for each. */
typedef void osl_slice_fn(osl_slice *out, const uint32_t *ordinals,
                          const uint32_t *tfs, const uint8_t *bounds,
                          uint32_t count);

/* Of each range its ordinals as bits (0 where there are none), and the sum of
 * `more` before it; returns the sum of all. */
typedef uint32_t osl_slice_words_fn(const osl_slice *slice, uint64_t words[64],
                                    uint32_t before[64]);

/* above[p]: how many of `more`, of which there are `count`, are 2^p − 1 or
 * larger; p from 1 on. */
typedef void osl_slice_above_fn(const uint8_t *more, uint32_t count,
                                uint32_t above[OSL_SLICE_PLANES + 1]);

/* The lowest `planes` bits of `more`, all ones where it is larger: 64 of a
 * plane a word, low bits first; one plane behind the other. */
typedef void osl_slice_planes_fn(const uint8_t *more, uint32_t count,
                                 unsigned planes, uint8_t *to);

typedef struct osl_slice_kernels {
    osl_slice_fn *slice;
    osl_slice_words_fn *words;
    osl_slice_above_fn *above;
    osl_slice_planes_fn *planes;
} osl_slice_kernels;

extern const osl_slice_kernels osl_slice_kernels_scalar,
    osl_slice_kernels_avx512;

#endif
