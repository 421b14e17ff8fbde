/* SPDX-License-Identifier: MIT
 *
 * A strict scanner for one JSON object in a span of bytes: it accepts,
 * rejects and decodes exactly what jansson does (RFC 8259, no NUL, no lone
 * surrogate, last of equal keys wins), but copies and allocates nothing.
 *
 * Threads: no state. */
#ifndef OSL_CORPUS_JSON_SCAN_H
#define OSL_CORPUS_JSON_SCAN_H

#include "core/base/buf.h"

typedef enum osl_json_result {
    OSL_JSON_GOOD,
    OSL_JSON_BAD, /* jansson would refuse it too */
    OSL_JSON_ODD  /* deep, wide, or numbers out of the common: ask jansson */
} osl_json_result;

typedef enum osl_json_kind {
    OSL_JSON_STRING,
    OSL_JSON_NUMBER,
    OSL_JSON_WORD, /* true, false, null */
    OSL_JSON_OBJECT,
    OSL_JSON_ARRAY
} osl_json_kind;

/* A member of the outermost object; spans of the scanned bytes. */
typedef struct osl_json_member {
    osl_text key;   /* between the quotes; never holds an escape */
    osl_text value; /* a string's lies between its quotes */
    osl_json_kind kind;
    bool escaped; /* the string holds a backslash */
} osl_json_member;

/* More members than this are odd. */
#define OSL_JSON_MEMBERS_MAX 32

typedef struct osl_json_object {
    osl_json_member members[OSL_JSON_MEMBERS_MAX];
    size_t count;
    size_t bad_at; /* where scanning stopped, from the line's start */
} osl_json_object;

/* Scans all of `line`, which must hold one object and nothing else. */
osl_json_result osl_json_scan(osl_text line, osl_json_object *out);
/* The last member named `key`, NULL where none is. */
const osl_json_member *osl_json_find(const osl_json_object *object,
                                     const char *key);
/* Appends the decoded bytes of a scanned string. */
void osl_json_decode(osl_text raw, osl_buf *out);

#endif
