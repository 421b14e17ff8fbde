/* SPDX-License-Identifier: MIT
 *
 * The letters of the query language: blanks, quotes, keywords, and where a
 * word ends. Pure functions over [at, end). */
#ifndef OSL_QUERY_SCAN_H
#define OSL_QUERY_SCAN_H

#include "core/core.h"

/* Bytes of the blank or (double) quotation mark at `at`, 0 where there is
 * none. Curly, low and angle quotes are quotes. */
unsigned osl_scan_blank(const char *at, const char *end);
unsigned osl_scan_quote(const char *at, const char *end);

/* Bytes of `keyword` where it stands at `at` as a word of its own. */
size_t osl_scan_keyword(const char *at, const char *end, const char *keyword);
/* "NAME/5" as a word of its own: its bytes, and the number, 1 to 1,000,000; 0
 * where it is none. */
size_t osl_scan_numbered(const char *at, const char *end, const char *name,
                         int32_t *number);

/* End of the word that begins at `at`: a blank, a quotation mark, or (with
 * `in_group`) a closing parenthesis that was not opened in the word. A
 * backslash takes the next character with it. */
const char *osl_scan_word(const char *at, const char *end, bool in_group);

/* Bytes of "^2.5" at the end of `word`; 0 where none is, or where the rest is
 * no word of two or more letters without figure and slash (10^9/L is text). */
size_t osl_scan_word_weight(osl_text word, double *weight);
/* Bytes of "^2.5" at `at`, behind a phrase or group. */
size_t osl_scan_weight(const char *at, const char *end, double *weight);
/* Bytes of "~", "~1" at `at`; *number −1 where none stands there. */
size_t osl_scan_tilde(const char *at, const char *end, int32_t *number);

#endif
