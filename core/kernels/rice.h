/* SPDX-License-Identifier: MIT
 *
 * Numbers as Rice codes whose parts stand apart, as core/segment/rare.h has
 * them:
 *
 *     low:k{count} unary{count}
 *
 * k is the same for 16 numbers each; what is unary is zeros ended by a one. */
#ifndef OSL_KERNELS_RICE_H
#define OSL_KERNELS_RICE_H

#include <stddef.h>
#include <stdint.h>

enum {
    OSL_RICE_MAX = 128, /* numbers */
    OSL_RICE_GROUP = 16,
    OSL_RICE_GROUPS = OSL_RICE_MAX / OSL_RICE_GROUP,
    OSL_RICE_SLACK = 64, /* values behind the last that may be written */
    OSL_RICE_BEHIND = 8  /* bytes behind the end that may be read */
};

/* Bits are counted from the lowest of the first byte. */
typedef struct osl_rice {
    const uint8_t *bytes;
    uint64_t at, end;            /* bits; the codes', the bytes' */
    unsigned count;              /* from 1 on */
    uint32_t k[OSL_RICE_GROUPS]; /* at most 31 */
} osl_rice;

/* Returns the bit behind the last code; 0 where that is behind the end, or a
 * number is of more than 32 bits. */
typedef uint64_t osl_rice_fn(const osl_rice *from, uint32_t *values);

osl_rice_fn osl_rice_scalar, osl_rice_avx2, osl_rice_avx512;

#endif
