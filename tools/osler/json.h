/* SPDX-License-Identifier: MIT
 *
 * Writes JSON, one object a line, into a buffer: no tree in between and
 * nothing that can fail but memory, which the buffer remembers. */
#ifndef OSL_TOOLS_OSLER_JSON_H
#define OSL_TOOLS_OSLER_JSON_H

#include "core/base/buf.h"
#include "core/core.h"

/* All zero is ready to write; `comma` is the writer's own. */
typedef struct osl_json {
    osl_buf out;
    bool comma;
} osl_json;

/* A line's outermost object: {"v":1 … }. */
void osl_json_begin(osl_json *json);
void osl_json_end(osl_json *json); /* with a line feed */

/* Values; `key` NULL inside an array. Broken UTF-8 becomes U+FFFD. */
void osl_json_text(osl_json *json, const char *key, osl_text value);
void osl_json_count(osl_json *json, const char *key, uint64_t value);
void osl_json_bool(osl_json *json, const char *key, bool value);
/* With `places` digits behind the point. */
void osl_json_real(osl_json *json, const char *key, double value,
                   unsigned places);
/* Digits that are a number already. */
void osl_json_digits(osl_json *json, const char *key, const char *digits);
void osl_json_null(osl_json *json, const char *key);
void osl_json_texts(osl_json *json, const char *key, const osl_text *values,
                    size_t count);
/* '{' or '[', and the closing one. */
void osl_json_open(osl_json *json, const char *key, char bracket);
void osl_json_close(osl_json *json, char bracket);

/* Prints what is there to standard output and empties it. False where memory
 * had run out. */
bool osl_json_flush(osl_json *json);
void osl_json_clear(osl_json *json);

#endif
