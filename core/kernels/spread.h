/* SPDX-License-Identifier: MIT
 *
 * The occurrences of a term, as inversion has them, back to paragraphs and
 * positions. Positions of all texts are numbered; each text begins at a
 * multiple of 64 in that numbering, so that the block of a number says whose
 * it is and where that one begins.
 *
 *     entry   number | other bits      number / 64 = block
 *     block   start, ordinal           position = number − start */
#ifndef OSL_KERNELS_SPREAD_H
#define OSL_KERNELS_SPREAD_H

#include <stddef.h>
#include <stdint.h>

enum {
    OSL_SPREAD_BLOCK_BITS = 6,
    /* Elements behind the last that may be read, and written. */
    OSL_SPREAD_SLACK = 16
};

typedef struct osl_spread_block {
    uint32_t start; /* number of its ordinal's first position */
    uint32_t ordinal;
} osl_spread_block;

/* A term's entries, rising: their numbers stand above the lowest `bits` bits.
 * Entries behind the last, as many as the slack, have a block, too. */
typedef struct osl_spread {
    uint32_t *entries; /* become positions */
    uint32_t count;
    unsigned bits;
    const osl_spread_block *blocks;
    uint32_t *ordinals, *tfs; /* room for count and the slack */
    uint32_t *owners; /* the same, of each entry its ordinal; may be NULL */
} osl_spread;

/* Returns how many ordinals there are. */
typedef uint32_t osl_spread_fn(const osl_spread *spread);

osl_spread_fn osl_spread_scalar, osl_spread_avx2, osl_spread_avx512;

/* Which forms of a term its occurrences are, in the order of their owners. */
typedef struct osl_form_dfs {
    const uint32_t *forms, *owners; /* the slack may be read */
    uint32_t count;
    /* By form: in how many owners it is, and the last of these. On entry 0
     * and UINT32_MAX, which is no owner. */
    uint32_t *dfs, *last;
} osl_form_dfs;

typedef void osl_form_dfs_fn(const osl_form_dfs *of);

osl_form_dfs_fn osl_form_dfs_scalar, osl_form_dfs_avx512;

#endif
