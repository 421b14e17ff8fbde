/* SPDX-License-Identifier: MIT */
#include "core/kernels/score_scalar.h"

#include <string.h>

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

/* Steps of like ratio between what paragraphs of a ninth and of two and a half
 * times the average length have for a tf of 1, where k1 is 1.2 and b 0.75. */
static void set_few(osl_score_tables *tables)
{
    static const uint8_t least[OSL_LENGTH_FEW - 1] = {
        182, 170, 159, 149, 140, 131, 123, 115, 107, 100, 94, 88, 82, 77, 72};
    memset(tables->few, 0, sizeof tables->few);
    for (unsigned class = 0; class < OSL_LENGTH_CLASSES; class ++) {
        unsigned few = 0;
        while (few < OSL_LENGTH_FEW - 1 &&
               tables->line[OSL_LINE_1][class] < least[few])
            few++;
        tables->few_of[class] = (uint8_t)few;
        for (unsigned line = 0; line < OSL_LINES; line++) {
            uint8_t *most = &tables->few[line][few], here;
            here = tables->line[line][class];
            *most = here > *most ? here : *most;
        }
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
    set_few(tables);
}

const osl_score_kernels osl_score_kernels_scalar = {OSL_SCORE_KERNELS};
