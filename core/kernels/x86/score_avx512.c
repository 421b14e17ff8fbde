/* SPDX-License-Identifier: MIT */
#include "core/kernels/x86/score_avx512.h"

const osl_score_kernels osl_score_kernels_avx512 = {
    score_bound_add,    score_bound_least,   score_bound_add_spread,
    score_bound_take,   score_bound_select,  score_bound_max,
    score_lines,        score_sparse_word,   score_sparse_add,
    score_dense_add,    score_lengths,       score_sparse_add_by,
    score_dense_add_by, score_dense_codes,   score_coded_add_by,
    score_reach,        score_greatest,      score_sum,
    score_codes,        score_sparse_or,     score_sparse_and,
    score_starts,       score_dense_or,      score_dense_and,
    score_any,          score_spread_ranges, score_popcount,
    score_round};
