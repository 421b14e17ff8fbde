/* SPDX-License-Identifier: MIT
 *
 * Definitions of abbreviations in running text, "long form (SF)" and
 * "SF (long form)", by the method of Schwartz and Hearst, "A simple algorithm
 * for identifying abbreviation definitions in biomedical text" (2003).
 *
 * Threads: pure functions. */
#ifndef OSL_TEXT_ABBREVIATIONS_H
#define OSL_TEXT_ABBREVIATIONS_H

#include "core/core.h"
#include "core/text/text.h"

/* Spans of the text. A plural's s is no part of the short form (of "HSCTs":
 * HSCT). */
typedef struct osl_abbreviation {
    osl_text short_form, long_form;
} osl_abbreviation;

/* The next definition at or after byte *at (start with 0), and *at moved
 * behind it; false where none is left. `tokens`: of this text, as
 * osl_tokenize() left them, which has seen where its brackets and capitals
 * are; NULL: they are looked for. */
bool osl_next_abbreviation(osl_text text, const osl_tokens *tokens, size_t *at,
                           osl_abbreviation *out);

#endif
