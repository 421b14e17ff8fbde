/* SPDX-License-Identifier: MIT */
#include "core/kernels/kernels.h"

static const osl_kernels tables[] = {
    {.level = OSL_CPU_SCALAR},
    {.level = OSL_CPU_AVX2},
    {.level = OSL_CPU_AVX512},
};

const osl_kernels *osl_kernels_get(osl_cpu_level level)
{
    return &tables[level];
}
