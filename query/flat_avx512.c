/* SPDX-License-Identifier: MIT */
#include "core/kernels/x86/score_avx512.h"

#include "query/flat_loops.h"

const osl_flat_level osl_flat_avx512 = {flat_search, flat_count};
