/* SPDX-License-Identifier: MIT
 *
 * Dates as people and formats write them.
 *
 * Threads: a pure function. */
#ifndef OSL_CORPUS_DATE_H
#define OSL_CORPUS_DATE_H

#include "core/core.h"

/* "YYYY-MM-DD", "YYYY-MM" or "YYYY" of the first date in `text`, in `out`
 * (NUL-terminated); false where there is none. Reads ISO 8601 and its compact
 * form (20251230), "December 30, 2025", "30 Dec 2025", "12/30/2025" (American
 * order unless the first number is over 12), "30.12.2025", "07-01-25" (July). */
bool osl_date_parse(osl_text text, char out[11]);

#endif
