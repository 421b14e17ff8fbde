/* SPDX-License-Identifier: MIT
 *
 * The codes of a text's words by what each of them follows, as
 * core/segment/model.h draws them: a word's place in the list of the one
 * before, or its rank, as a number v.
 *
 *   v + 2 = 1 c x…x      symbol = 2 · (bits of x…x) + c, behind those of
 *                        places for a rank
 *   bits out: the symbol's code in the list's table, then x…x */
#ifndef OSL_KERNELS_CODES_H
#define OSL_KERNELS_CODES_H

#include <stddef.h>
#include <stdint.h>

enum {
    /* The context of a text's first word is 0, that behind rank r is r + 1;
     * the last one is that of all other words. */
    OSL_CODES_CONTEXTS = 16386,
    OSL_CODES_RANKS = 65535, /* those below may be in a list */
    OSL_CODES_TABLES = 9,
    OSL_CODES_PLACES = 14, /* symbols of places, before those of ranks */
    OSL_CODES_SYMBOLS = OSL_CODES_PLACES + 63
};

/* Ranks of a list that share a hash, and their places + 1: one load of sixteen
 * bytes. */
typedef struct osl_codes_bucket {
    uint16_t ranks[4];  /* OSL_CODES_RANKS: none */
    uint16_t places[4]; /* 0: none; below 256 */
} osl_codes_bucket;

typedef struct osl_codes {
    /* Of each context, its first bucket << 8 | bits of a hash << 4 | table. */
    const uint32_t *contexts;
    const osl_codes_bucket *buckets;
    /* (A symbol's code − 2 − c) · 256 + its length and that of x…x. Codes
     * have 11 bits at most. */
    const int32_t (*codes)[OSL_CODES_SYMBOLS];
} osl_codes;

/* Where a rank is looked for among the buckets of a context. */
static inline uint32_t osl_codes_bucket_of(uint32_t context, uint32_t rank)
{
    uint32_t hash = rank * UINT32_C(0x9E3779B1);
    return (context >> 8) +
           (uint32_t)((uint64_t)hash << (context >> 4 & 15) >> 32);
}

/* Writes the codes of a text, from the highest bit of a byte down and with
 * ones behind the last, and returns where they end. `to` has 6 bytes for each
 * and 16 more. Ranks are below 2^31 − 2. */
typedef uint8_t *osl_codes_fn(const osl_codes *codes, const uint32_t *ranks,
                              size_t count, uint8_t *to);

osl_codes_fn osl_codes_scalar, osl_codes_avx2, osl_codes_avx512,
    osl_codes_gathered;

#endif
