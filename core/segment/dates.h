/* SPDX-License-Identifier: MIT
 *
 * When the index first saw a paragraph, and when it last changed: dates of
 * generations. A paragraph of a revised document that has the same text as one
 * before has its dates; one that stands in the place of another was first seen
 * when that was.
 *
 * Threads: immutable once open. */
#ifndef OSL_CORE_SEGMENT_DATES_H
#define OSL_CORE_SEGMENT_DATES_H

#include "core/segment/index.h"

typedef struct osl_dates osl_dates;

/* Of an open generation, which is borrowed. OSL_ENOTFOUND and OSL_ECORRUPT
 * where a catalog is not as it should be. On OSL_OK the caller owns *out and
 * ends it with osl_dates_free(). */
OSL_MUST_CHECK osl_status osl_dates_open(osl_dates **out,
                                         const osl_index *index,
                                         osl_error *err);
void osl_dates_free(osl_dates *dates); /* NULL is fine */

/* Of paragraph `paragraph` of segment `segment`, both as osl_index has them:
 * microseconds since 1970. */
void osl_dates_get(const osl_dates *dates, uint32_t segment, uint32_t paragraph,
                   uint64_t *first_seen_us, uint64_t *changed_us);

#endif
