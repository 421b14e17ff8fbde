/* SPDX-License-Identifier: MIT
 *
 * The function words of a language: "how often is it" says nothing that a
 * paragraph can be ranked by.
 *
 * Threads: pure functions. */
#ifndef OSL_QUERY_FUNCTION_WORDS_H
#define OSL_QUERY_FUNCTION_WORDS_H

#include "core/core.h"

/* Of a folded, unstemmed word; `language` as in osl_analysis_settings. False
 * for a language without a table. */
bool osl_is_function_word(osl_text folded, const char *language);

#endif
