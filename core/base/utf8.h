/* SPDX-License-Identifier: MIT
 *
 * UTF-8, decoded strictly (Unicode 15, table 3-7): no surrogates, no
 * overlong forms, nothing above U+10FFFF. */
#ifndef OSL_BASE_UTF8_H
#define OSL_BASE_UTF8_H

#include "core/core.h"

#define OSL_UTF8_BAD 0xFFFFFFFFu

/* Decodes one character from [at, end), at < end. Gives the bytes it took (1
 * to 4) in *length; broken bytes give OSL_UTF8_BAD and the length of their
 * maximal subpart (1 to 3), which stands for one U+FFFD. */
uint32_t osl_utf8_get(const char *at, const char *end, unsigned *length);
/* Encodes `c` (a scalar value) into at most 4 bytes; returns their number. */
unsigned osl_utf8_put(char *to, uint32_t c);
/* The bytes up to the first broken one: text.length when all are right. */
size_t osl_utf8_valid(osl_text text);

#endif
