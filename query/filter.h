/* SPDX-License-Identifier: MIT
 *
 * Filters: a field, a comparison and a value, read from a query and held
 * against what is known of a document or paragraph. Pure functions. */
#ifndef OSL_QUERY_FILTER_H
#define OSL_QUERY_FILTER_H

#include "core/core.h"

typedef enum osl_filter_field {
    OSL_FILTER_DOCUMENT,
    OSL_FILTER_EVIDENCE,
    OSL_FILTER_AUDIENCE,
    OSL_FILTER_LANGUAGE,
    OSL_FILTER_UPDATED
} osl_filter_field;

typedef enum osl_compare {
    OSL_COMPARE_EQUAL,
    OSL_COMPARE_AT_LEAST,
    OSL_COMPARE_ABOVE,
    OSL_COMPARE_AT_MOST,
    OSL_COMPARE_BELOW
} osl_compare;

typedef struct osl_filter {
    osl_filter_field field;
    osl_compare compare; /* EVIDENCE only; dates have become a range */
    osl_text value;
    uint32_t from, to; /* UPDATED: yyyymmdd, both included */
} osl_filter;

/* Reads `text`, what stands behind "evidence:" or "updated:" (quotes gone).
 * NULL, or what is wrong with it, for a person. *out borrows `text`. */
const char *osl_filter_read(osl_filter *out, osl_filter_field field,
                            osl_text text);

/* A date as text (2014, 2014-02, 2014-02-01, whatever follows it) to
 * yyyymmdd: the first day it can mean, or the last. 0 where it is none. */
uint32_t osl_date_first(osl_text date);
uint32_t osl_date_last(osl_text date);
/* yyyymmdd with 00 for what is not given: a number for each date, in the
 * order of their texts. */
uint32_t osl_date_order(osl_text date);

bool osl_filter_takes_date(const osl_filter *filter, osl_text updated);
/* One evidence level as printed. A value takes what begins with it (A: A1,
 * 3: 3iiA) or holds it as a word; orders are by family: letter first (A1 …
 * D), figure first (1A, 3iiA), each from strong to weak, and words of GRADE
 * (high, moderate, low, very low). Levels of another family are not taken. */
bool osl_filter_takes_evidence(const osl_filter *filter, osl_text level);
/* Audience and language: the value begins the whole, or (audience) a word of
 * it; letters of either case. */
bool osl_filter_takes_name(const osl_filter *filter, osl_text name);

/* "evidence", "updated", … */
const char *osl_filter_name(osl_filter_field field);

#endif
