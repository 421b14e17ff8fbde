/* SPDX-License-Identifier: MIT
 *
 * What tiers of reach.h share: postings one by one. */
#ifndef OSL_KERNELS_REACH_SCALAR_H
#define OSL_KERNELS_REACH_SCALAR_H

#include "core/kernels/reach.h"

#include <string.h>

/* The tf of a posting, or OSL_REACH_UNTOLD. */
static inline unsigned reach_tf(const osl_reach_word *of, unsigned posting)
{
    unsigned more = 0;
    for (unsigned p = 0; p < of->plane_count; p++)
        more |= (unsigned)(of->planes[p * of->stride + posting / 8] >>
                               (posting % 8) &
                           1)
                << p;
    unsigned large = of->has_exceptions ? (1u << of->plane_count) - 1
                                        : 1u << of->plane_count;
    return more < large && more < OSL_REACH_TFS ? more + 1 : OSL_REACH_UNTOLD;
}

static inline uint64_t
reach_fill(uint64_t untold[64], int16_t row[OSL_REACH_COUNT],
           uint8_t tfs[OSL_REACH_COUNT], const osl_reach_word *of,
           uint16_t gains[OSL_REACH_TFS][OSL_REACH_COUNT], uint16_t scale)
{
    uint64_t some = 0;
    unsigned posting = 0;
    for (unsigned i = 0; i < OSL_REACH_COUNT; i++)
        row[i] = OSL_REACH_NONE;
    for (unsigned r = 0; r < 64; r++) {
        uint64_t word;
        memcpy(&word, of->words + (size_t)r * 8, sizeof word);
        untold[r] = 0;
        for (; word; word &= word - 1) {
            unsigned at = r * 64 + (unsigned)__builtin_ctzll(word);
            unsigned tf = reach_tf(of, posting++);
            tfs[at] = (uint8_t)tf;
            untold[r] |= (uint64_t)(tf == OSL_REACH_UNTOLD) << (at % 64);
            row[at] = (int16_t)((uint32_t)gains[(tf - 1) % OSL_REACH_TFS][at] *
                                    scale >>
                                16);
        }
        some |= (uint64_t)(untold[r] != 0) << r;
    }
    return some;
}

#endif
