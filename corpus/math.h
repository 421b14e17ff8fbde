/* SPDX-License-Identifier: MIT
 *
 * Formulas in TeX's notation as a reader would say them in a line of text:
 *
 *     \\frac{Glucose - 5}{3} \\times Na^{+}     (Glucose - 5)/3 × Na⁺
 *
 * Threads: pure functions. */
#ifndef OSL_CORPUS_MATH_H
#define OSL_CORPUS_MATH_H

#include "core/base/buf.h"

/* What stands before and behind a super- or subscript in the output. */
typedef struct osl_math_marks {
    const char *super_opens, *sub_opens, *super_closes, *sub_closes;
} osl_math_marks;

/* Appends `tex` without its notation to *out (look at out->failed). */
void osl_math_text(osl_text tex, const osl_math_marks *marks, osl_buf *out);

#endif
