/* SPDX-License-Identifier: MIT */
#include "core/kernels/reach_scalar.h"

static int sum_of(int16_t a, int16_t b)
{
    int sum = a + b;
    sum = sum > INT16_MAX ? INT16_MAX : sum;
    return sum < INT16_MIN ? INT16_MIN : sum;
}

static uint64_t reach(uint64_t masks[64], const osl_reach_row *a,
                      const osl_reach_row *b, int16_t least)
{
    uint64_t some = 0;
    for (unsigned r = 0; r < 64; r++) {
        uint64_t mask = 0;
        if (sum_of(a->most[r], b->most[r]) < least)
            continue;
        for (unsigned i = r * 64; i < r * 64 + 64; i++)
            mask |= (uint64_t)(sum_of(a->at[i], b->at[i]) >= least) << (i % 64);
        masks[r] = mask;
        some |= (uint64_t)(mask != 0) << r;
    }
    return some;
}

const osl_reach_kernels osl_reach_kernels_scalar = {reach_fill, reach};
