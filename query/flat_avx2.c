/* SPDX-License-Identifier: MIT */
#include "core/kernels/x86/score_avx2.h"

#include "query/flat_loops.h"

const osl_flat_level osl_flat_avx2 = {flat_search, flat_count};
