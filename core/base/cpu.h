/* SPDX-License-Identifier: MIT
 *
 * Which tier of kernels this machine can run. Tiers, not single features: a
 * tier is exactly the flags that its file is compiled with. */
#ifndef OSL_BASE_CPU_H
#define OSL_BASE_CPU_H

#include "core/core.h"

typedef enum osl_cpu_level {
    OSL_CPU_SCALAR = 0,
    OSL_CPU_AVX2 = 1,  /* avx2 bmi bmi2 lzcnt popcnt fma f16c */
    OSL_CPU_AVX512 = 2 /* + avx512 f bw cd dq vl vbmi vbmi2 vpopcntdq bitalg,
                        * gfni */
} osl_cpu_level;

/* The highest level of this processor and operating system. */
osl_cpu_level osl_cpu_highest(void);
/* Whether a gather of sixteen numbers is quicker there than as many loads. */
bool osl_cpu_gathers(void);
/* The level to use: the highest, or a lower one that the environment
 * variable OSLER_CPU (scalar, avx2, avx512) names. A level the machine does
 * not have, or another word: OSL_EINVAL with words. */
OSL_MUST_CHECK osl_status osl_cpu_level_get(osl_cpu_level *out, osl_error *err);
/* "scalar", "avx2", "avx512" */
const char *osl_cpu_level_name(osl_cpu_level level);

#endif
