/* SPDX-License-Identifier: MIT */
#include "core/kernels/score_scalar.h"

void osl_score_tables_set(osl_score_tables *tables,
                          uint8_t bytes[OSL_LINES][256])
{
    for (unsigned line = 0; line < OSL_LINES; line++) {
        uint8_t *to = tables->line[line];
        for (unsigned i = 0; i < OSL_LENGTH_CLASSES; i++)
            to[i] = 0;
        for (unsigned code = 0; code < 256; code++) {
            uint8_t *most = &to[osl_length_class(code)];
            *most = bytes[line][code] > *most ? bytes[line][code] : *most;
        }
        for (unsigned code = 0; code < 256; code++)
            tables->code[code][line] = to[osl_length_class(code)];
    }
    for (unsigned code = 0; code < 256; code++)
        tables->class_of[code] = (uint8_t)osl_length_class(code);
}

const osl_score_kernels osl_score_kernels_scalar = {score_bound_add,
                                                    score_bound_least,
                                                    score_bound_add_spread,
                                                    score_bound_take,
                                                    score_bound_select,
                                                    score_bound_max,
                                                    score_lines,
                                                    score_sparse_word,
                                                    score_sparse_add,
                                                    score_dense_add,
                                                    score_lengths,
                                                    score_sparse_add_by,
                                                    score_dense_add_by,
                                                    NULL,
                                                    NULL,
                                                    score_reach,
                                                    score_greatest,
                                                    score_sum,
                                                    score_codes,
                                                    score_sparse_or,
                                                    score_sparse_and,
                                                    score_starts,
                                                    score_dense_or,
                                                    score_dense_and,
                                                    score_any,
                                                    score_spread_ranges,
                                                    score_popcount,
                                                    score_round};
