/* SPDX-License-Identifier: MIT
 *
 * When the document of a paragraph was updated, as a number to order by.
 *
 * Threads: one of these belongs to one search. */
#ifndef OSL_QUERY_DATES_H
#define OSL_QUERY_DATES_H

#include "core/segment/tables.h"

/* Of one segment. Caller's storage, filled by osl_dates_open(); remembers the
 * last document and the last date: neighbours share them. */
typedef struct osl_dates {
    const osl_segment *segment;
    osl_column column;
    uint32_t document; /* read last; UINT32_MAX: none */
    uint64_t string;   /* read last; UINT64_MAX: none */
    uint32_t date;
} osl_dates;

OSL_MUST_CHECK osl_status osl_dates_open(osl_dates *out,
                                         const osl_segment *segment,
                                         osl_error *err);
/* yyyymmdd, with 00 for a month or day that is not given, so that numbers
 * stand as the dates' texts do; 0 where there is no date. */
OSL_MUST_CHECK osl_status osl_dates_get(osl_dates *dates, uint32_t paragraph,
                                        uint32_t *date, osl_error *err);

#endif
