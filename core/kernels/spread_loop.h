/* SPDX-License-Identifier: MIT
 *
 * Entries one by one, without a branch: compiled for each level, whose
 * instructions count ones and zeros. */
#ifndef OSL_CORE_KERNELS_SPREAD_LOOP_H
#define OSL_CORE_KERNELS_SPREAD_LOOP_H

#include "core/kernels/spread.h"

/* Compilers make one instruction of it where there is one. */
static inline uint32_t count_ones(uint64_t bits)
{
    bits -= bits >> 1 & UINT64_C(0x5555555555555555);
    bits = (bits & UINT64_C(0x3333333333333333)) +
           (bits >> 2 & UINT64_C(0x3333333333333333));
    bits = (bits + (bits >> 4)) & UINT64_C(0x0F0F0F0F0F0F0F0F);
    return (uint32_t)(bits * UINT64_C(0x0101010101010101) >> 56);
}

/* Places of first entries become differences. */
static inline void count_between(uint32_t *places, uint32_t df, uint32_t count)
{
    for (uint32_t i = 0; i + 1 < df; i++)
        places[i] = places[i + 1] - places[i];
    places[df - 1] = count - places[df - 1];
}

static inline uint32_t spread_entries(const osl_spread *spread)
{
    const osl_spread_group *groups = spread->groups;
    const unsigned bits = spread->bits;
    const uint32_t count = spread->count;
    uint32_t *entries = spread->entries, *ordinals = spread->ordinals;
    uint32_t *places = spread->tfs, *owners = spread->owners;
    uint32_t df = 0, last = UINT32_MAX;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = entries[i] >> bits;
        uint32_t block = number >> OSL_SPREAD_BLOCK_BITS;
        const osl_spread_group *group = &groups[block >> OSL_SPREAD_GROUP_BITS];
        uint64_t firsts = group->firsts << (~block & 63);
        uint32_t ordinal = group->ordinal + count_ones(firsts);
        uint32_t first =
            firsts ? block - (uint32_t)__builtin_clzll(firsts) : group->block;
        /* What is not the first of its ordinal is written over. */
        ordinals[df] = ordinal;
        places[df] = i;
        df += ordinal != last;
        last = ordinal;
        entries[i] = number - (first << OSL_SPREAD_BLOCK_BITS);
        if (owners)
            owners[i] = ordinal;
    }
    if (df > 0)
        count_between(places, df, count);
    return df;
}

#endif
