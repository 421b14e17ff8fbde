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

const osl_score_kernels osl_score_kernels_scalar = {OSL_SCORE_KERNELS};
