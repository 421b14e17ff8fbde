/* SPDX-License-Identifier: MIT */
#include "core/kernels/score_scalar.h"

static void set_halved(osl_score_tables *tables)
{
    enum { HALF = OSL_LENGTH_CLASSES / 2 };
    for (unsigned line = 0; line < OSL_LINES; line++) {
        const uint8_t *from = tables->line[line];
        uint8_t *to = tables->halved[line / 2] + (size_t)(line % 2) * HALF;
        for (size_t i = 0; i < HALF; i++)
            to[i] =
                from[2 * i] > from[2 * i + 1] ? from[2 * i] : from[2 * i + 1];
    }
}

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
    set_halved(tables);
}

const osl_score_kernels osl_score_kernels_scalar = {OSL_SCORE_KERNELS};
