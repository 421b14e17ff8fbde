/* SPDX-License-Identifier: MIT */
#include "core/kernels/score_scalar.h"

#include "query/flat_loops.h"

const osl_flat_level osl_flat_scalar = {flat_search, flat_count};
