/* SPDX-License-Identifier: MIT
 *
 * Where codes of words go, bit by bit; for both levels of vectors. */
#ifndef OSL_CORE_KERNELS_X86_CODES_OUTPUT_H
#define OSL_CORE_KERNELS_X86_CODES_OUTPUT_H

#include <stdint.h>
#include <string.h>

/* The most bits at once. */
enum { MOST = 56 };

/* Bits from 63 down, fewer than 8 of them. */
typedef struct output {
    uint64_t held;
    unsigned used;
    uint8_t *to;
} output;

/* MOST bits at most. */
static inline void put(output *out, uint64_t value, unsigned length)
{
    unsigned used = out->used + length;
    uint64_t held = out->held | value << (64 - used);
    uint64_t turned = __builtin_bswap64(held);
    memcpy(out->to, &turned, sizeof turned);
    out->to += used / 8;
    out->held = held << (used & ~7u);
    out->used = used & 7;
}

/* Two pairs of codes; neither is empty. */
static inline void put_pairs(output *out, const uint64_t pairs[2],
                             const uint64_t lengths[2])
{
    unsigned first = (unsigned)lengths[0], second = (unsigned)lengths[1];
    if (first + second <= MOST) {
        put(out, pairs[0] << second | pairs[1], first + second);
    } else {
        put(out, pairs[0], first);
        put(out, pairs[1], second);
    }
}

#endif
