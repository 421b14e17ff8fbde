/* SPDX-License-Identifier: MIT
 *
 * Positions of postings on their way into a segment, as
 * core/segment/positions.h draws them in bits: the middle one of a posting's
 * positions first, then those before it, then those behind it, in the same way.
 * Each is a number of which a bound is known then. */
#ifndef OSL_KERNELS_MIDDLES_H
#define OSL_KERNELS_MIDDLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    OSL_MIDDLES_BYTES = 4, /* that an occurrence takes at most */
    OSL_MIDDLES_SLACK = 16 /* bytes behind the end that may be written */
};

typedef struct osl_middles {
    const uint32_t *positions; /* of all postings, below 2^24 */
    const uint32_t *tfs;       /* from 1 on */
    /* Positions of a posting are below this, which is at most 2^24. */
    const uint32_t *mosts;
    uint32_t count; /* postings */
} osl_middles;

/* The lowest bits of a byte first; `bits` has those that are not in a whole
 * byte yet, and zeros above. */
typedef struct osl_middles_end {
    uint8_t *to;
    uint64_t bits;
    unsigned used; /* fewer than 8 */
} osl_middles_end;

/* Appends the positions' bits. False where positions do not rise, or are not
 * below their bound: then what is written has no meaning. */
typedef bool osl_middles_fn(const osl_middles *from, osl_middles_end *end);

osl_middles_fn osl_middles_scalar, osl_middles_avx2, osl_middles_avx512;

#endif
