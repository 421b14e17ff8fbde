/* SPDX-License-Identifier: MIT */
#include "core/kernels/x86/score_avx2.h"

const osl_score_kernels osl_score_kernels_avx2 = {OSL_SCORE_KERNELS,
                                                  .few_classes = true};
