/* SPDX-License-Identifier: MIT */
#include "core/kernels/middles.h"

#include <string.h>

/* In ⌊log2 n⌋ bits or one more: without a branch on which, for no one can
 * tell. */
static void put_number(osl_middles_end *end, uint32_t n, uint32_t value)
{
    unsigned k = 31u - (unsigned)__builtin_clz(n);
    uint32_t shorter = (uint32_t)(((uint64_t)2 << k) - n);
    uint32_t longer = value >= shorter;
    uint32_t whole = value + (shorter & (0 - longer));
    uint64_t code = whole >> longer | (uint64_t)(whole & longer) << k;
    uint64_t bits = end->bits | code << end->used;
    unsigned used = end->used + k + longer;
    memcpy(end->to, &bits, sizeof bits);
    end->to += used / 8;
    end->bits = bits >> used / 8 * 8;
    end->used = used % 8;
}

/* Positions from `low` on and below `high`, which are so many at least. */
static bool put_positions(osl_middles_end *end, const uint32_t *positions,
                          uint32_t count, uint32_t low, uint32_t high)
{
    while (count > 0) {
        uint32_t before = count / 2, behind = count - 1 - before;
        uint32_t least = low + before, n = high - behind - least;
        uint32_t middle = positions[before];
        if (middle < least || middle - least >= n)
            return false;
        put_number(end, n, middle - least);
        if (!put_positions(end, positions, before, low, middle))
            return false;
        positions += before + 1;
        low = middle + 1;
        count = behind;
    }
    return true;
}

bool osl_middles_scalar(const osl_middles *from, osl_middles_end *end)
{
    const uint32_t *positions = from->positions;
    for (uint32_t i = 0; i < from->count; i++) {
        if (from->tfs[i] > from->mosts[i] ||
            !put_positions(end, positions, from->tfs[i], 0, from->mosts[i]))
            return false;
        positions += from->tfs[i];
    }
    return true;
}
