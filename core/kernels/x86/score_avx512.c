/* SPDX-License-Identifier: MIT */
#include "core/kernels/x86/score_avx512.h"

const osl_score_kernels osl_score_kernels_avx512 = {
    OSL_SCORE_KERNELS, .dense_codes = score_dense_codes,
    .coded_add_by = score_coded_add_by};
