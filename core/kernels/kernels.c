/* SPDX-License-Identifier: MIT */
#include "core/kernels/kernels.h"

/* A slot of a tier that this processor family does not have is the scalar
 * twin. */
#if defined(__x86_64__)
#define AVX2(scalar, avx2)     avx2
#define AVX512(scalar, avx512) avx512
#else
#define AVX2(scalar, avx2)     scalar
#define AVX512(scalar, avx512) scalar
#endif

/* What all processors of the highest level have. */
#define WIDE                                                               \
    .level = OSL_CPU_AVX512,                                               \
    .classify = AVX512(osl_classify_scalar, osl_classify_avx512),          \
    .borders = AVX512(osl_borders_scalar, osl_borders_avx512),             \
    .find = AVX512(osl_find_scalar, osl_find_avx512),                      \
    .score = AVX512(&osl_score_kernels_scalar, &osl_score_kernels_avx512), \
    .spread = AVX512(osl_spread_scalar, osl_spread_avx512),                \
    .form_dfs = AVX512(osl_form_dfs_scalar, osl_form_dfs_avx512),          \
    .hash = AVX512(osl_hash_scalar, osl_hash_avx512),                      \
    .middles = AVX512(osl_middles_scalar, osl_middles_avx512),             \
    .rice = AVX512(osl_rice_scalar, osl_rice_avx512),                      \
    .slice = AVX512(&osl_slice_kernels_scalar, &osl_slice_kernels_avx512), \
    .reach = AVX512(&osl_reach_kernels_scalar, &osl_reach_kernels_avx512)

static const osl_kernels tables[] = {
    {
        .level = OSL_CPU_SCALAR,
        .classify = osl_classify_scalar,
        .borders = osl_borders_scalar,
        .find = osl_find_scalar,
        .score = &osl_score_kernels_scalar,
        .spread = osl_spread_scalar,
        .form_dfs = osl_form_dfs_scalar,
        .codes = osl_codes_scalar,
        .hash = osl_hash_scalar,
        .middles = osl_middles_scalar,
        .rice = osl_rice_scalar,
        .slice = &osl_slice_kernels_scalar,
        .reach = &osl_reach_kernels_scalar,
    },
    {
        .level = OSL_CPU_AVX2,
        .classify = AVX2(osl_classify_scalar, osl_classify_avx2),
        .borders = AVX2(osl_borders_scalar, osl_borders_avx2),
        .find = AVX2(osl_find_scalar, osl_find_avx2),
        .score = AVX2(&osl_score_kernels_scalar, &osl_score_kernels_avx2),
        .spread = AVX2(osl_spread_scalar, osl_spread_avx2),
        .form_dfs = osl_form_dfs_scalar,
        .codes = AVX2(osl_codes_scalar, osl_codes_avx2),
        .hash = AVX2(osl_hash_scalar, osl_hash_avx2),
        .middles = AVX2(osl_middles_scalar, osl_middles_avx2),
        .rice = AVX2(osl_rice_scalar, osl_rice_avx2),
        .slice = &osl_slice_kernels_scalar,
        .reach = AVX2(&osl_reach_kernels_scalar, &osl_reach_kernels_avx2),
    },
    {WIDE, .codes = AVX512(osl_codes_scalar, osl_codes_avx512)},
};

/* The highest level where gathers are quick. */
static const osl_kernels gathering = {
    WIDE, .codes = AVX512(osl_codes_scalar, osl_codes_gathered)};

const osl_kernels *osl_kernels_get(osl_cpu_level level)
{
    return level == OSL_CPU_AVX512 && osl_cpu_gathers() ? &gathering
                                                        : &tables[level];
}
