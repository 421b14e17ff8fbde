/* SPDX-License-Identifier: MIT
 *
 * A hit, for a person and as JSON; shared by search, batch and show. */
#ifndef OSL_TOOLS_OSLER_HITS_H
#define OSL_TOOLS_OSLER_HITS_H

#include "query/query.h"
#include "tools/osler/json.h"
#include "tools/osler/output.h"

/* "prose", "item", "row", "key point" */
const char *osl_kind_name(uint8_t kind);

/* Rank, title and headings; then id, score, date, evidence. */
void osl_hit_print_head(osl_line *line, const osl_hit *hit, size_t rank);
/* The snippet with what matched marked; an ellipsis where text goes on. */
void osl_hit_print_snippet(osl_line *line, const osl_hit *hit);

/* The members of a hit's object, up to and with "highlights"; the caller
 * begins and ends the object. `rank` 0: no rank and no score. */
void osl_hit_json(osl_json *json, const osl_hit *hit, size_t rank);
/* Its members "first_seen" and "changed"; null where they are not known. */
void osl_hit_json_dates(osl_json *json, const osl_hit *hit,
                        osl_history *history);

#endif
