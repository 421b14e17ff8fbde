/* SPDX-License-Identifier: MIT
 *
 * The occurrences of a term, as inversion has them, back to paragraphs and
 * positions. Positions of all texts are numbered; each text takes whole blocks
 * of 64 numbers, one at least, so that the block of a number says whose it is
 * and where that one begins. A bit for each block says whether a text begins
 * there: of a million words they take less than what the first cache holds,
 * where a start and an ordinal for each block took more than the second.
 *
 *     entry   number | other bits      number / 64 = block, block / 64 = group
 *     group   firsts    .1...11.       a bit for each of its blocks
 *             ordinal, block           of the last that begins before it
 *
 *     ordinal  = the group's + the ones of `firsts` up to the block
 *     position = number − 64 · the block of the last of these ones */
#ifndef OSL_KERNELS_SPREAD_H
#define OSL_KERNELS_SPREAD_H

#include <stddef.h>
#include <stdint.h>

enum {
    OSL_SPREAD_BLOCK_BITS = 6,
    OSL_SPREAD_GROUP_BITS = 6, /* of blocks */
    /* Elements behind the last that may be read, and written. */
    OSL_SPREAD_SLACK = 16
};

typedef struct osl_spread_group {
    uint64_t firsts;
    uint32_t ordinal; /* UINT32_MAX before the first */
    uint32_t block;
} osl_spread_group;

/* A term's entries, rising: their numbers stand above the lowest `bits` bits.
 * Entries behind the last, as many as the slack, have a group, too. */
typedef struct osl_spread {
    uint32_t *entries; /* become positions */
    uint32_t count;
    unsigned bits;
    const osl_spread_group *groups;
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
