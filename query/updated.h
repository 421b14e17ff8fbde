/* SPDX-License-Identifier: MIT
 *
 * When the document of a paragraph was updated, as a number to order by.
 *
 * Threads: one of these belongs to one search. */
#ifndef OSL_QUERY_UPDATED_H
#define OSL_QUERY_UPDATED_H

#include "core/segment/tables.h"

/* Of one segment. Caller's storage, filled by osl_updated_open(); remembers the
 * last document and the last date: neighbours share them. */
typedef struct osl_updated {
    const osl_segment *segment;
    osl_column column;
    uint32_t document; /* read last; UINT32_MAX: none */
    uint64_t string;   /* read last; UINT64_MAX: none */
    uint32_t date;
} osl_updated;

OSL_MUST_CHECK osl_status osl_updated_open(osl_updated *out,
                                           const osl_segment *segment,
                                           osl_error *err);
/* yyyymmdd, with 00 for a month or day that is not given, so that numbers
 * stand as the dates' texts do; 0 where there is no date. */
OSL_MUST_CHECK osl_status osl_updated_get(osl_updated *dates,
                                          uint32_t paragraph, uint32_t *date,
                                          osl_error *err);

#endif
