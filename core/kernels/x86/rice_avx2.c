/* SPDX-License-Identifier: MIT */
#include "core/kernels/rice_scalar.h"

uint64_t osl_rice_avx2(const osl_rice *from, uint32_t *values)
{
    return rice_one_by_one(from, values);
}
