/* SPDX-License-Identifier: MIT
 *
 * The 64 words of a chunk's ranges, a bit for each ordinal. */
#ifndef OSL_QUERY_WORDS_H
#define OSL_QUERY_WORDS_H

#include <stdint.h>

/* Which of the words of `ranges` are not zero. */
static inline uint64_t osl_words_there(const uint64_t words[64],
                                       uint64_t ranges)
{
    uint64_t there = ranges;
    for (; ranges; ranges &= ranges - 1)
        if (!words[__builtin_ctzll(ranges)])
            there &= ~(ranges & -ranges);
    return there;
}

static inline void osl_words_and(uint64_t words[64], const uint64_t other[64])
{
    for (unsigned r = 0; r < 64; r++)
        words[r] &= other[r];
}

static inline void osl_words_without(uint64_t words[64],
                                     const uint64_t other[64])
{
    for (unsigned r = 0; r < 64; r++)
        words[r] &= ~other[r];
}

static inline void osl_words_or(uint64_t words[64], const uint64_t other[64])
{
    for (unsigned r = 0; r < 64; r++)
        words[r] |= other[r];
}

#endif
