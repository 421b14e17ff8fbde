/* SPDX-License-Identifier: MIT
 *
 * The twin of core/kernels/rice.h, one number at a time, both parts side by
 * side. With AVX2 it is the same code: variable shifts and steps to the next
 * bit then are an instruction each. */
#ifndef OSL_KERNELS_RICE_SCALAR_H
#define OSL_KERNELS_RICE_SCALAR_H

#include "core/kernels/rice.h"

#include <string.h>

enum { RICE_STEP = 56 }; /* bits that are looked at together */

static inline uint64_t rice_load(const osl_rice *from, uint64_t at)
{
    uint64_t bits;
    memcpy(&bits, from->bytes + at / 8, sizeof bits);
    return bits;
}

/* At least 57 bits from `at` on. */
static inline uint64_t rice_peek(const osl_rice *from, uint64_t at)
{
    return rice_load(from, at) >> (at % 8);
}

static inline unsigned rice_group_end(const osl_rice *from, unsigned group)
{
    unsigned end = (group + 1) * OSL_RICE_GROUP;
    return from->count < end ? from->count : end;
}

/* Where the unary parts begin. */
static inline uint64_t rice_unary(const osl_rice *from)
{
    uint64_t at = from->at;
    for (unsigned g = 0; g * OSL_RICE_GROUP < from->count; g++)
        at += (uint64_t)from->k[g] *
              (rice_group_end(from, g) - g * OSL_RICE_GROUP);
    return at;
}

static inline uint64_t rice_one_by_one(const osl_rice *from, uint32_t *values)
{
    uint64_t last = rice_unary(from), low = from->at, word = 0, all = 0;
    uint64_t at = last - RICE_STEP; /* the word before the first */
    for (unsigned g = 0; g * OSL_RICE_GROUP < from->count; g++) {
        unsigned k = from->k[g], end = rice_group_end(from, g);
        uint64_t mask = ((uint64_t)1 << k) - 1;
        for (unsigned i = g * OSL_RICE_GROUP; i < end; i++) {
            while (!word) {
                at += RICE_STEP;
                if (at >= from->end)
                    return 0;
                word = rice_peek(from, at) & (((uint64_t)1 << RICE_STEP) - 1);
            }
            uint64_t place = at + (unsigned)__builtin_ctzll(word);
            uint64_t run = place - last;
            uint64_t value = run << k | (rice_peek(from, low) & mask);
            word &= word - 1;
            last = place + 1;
            low += k;
            all |= run | value;
            values[i] = (uint32_t)value;
        }
    }
    return all <= UINT32_MAX && last <= from->end ? last : 0;
}

#endif
