/* SPDX-License-Identifier: MIT
 *
 * The facets of an answer, for a person and as JSON. */
#ifndef OSL_TOOLS_OSLER_FACETS_H
#define OSL_TOOLS_OSLER_FACETS_H

#include "query/query.h"
#include "tools/osler/json.h"
#include "tools/osler/output.h"

/* A line for each kind that has values: the first few, and how many more. */
void osl_facets_print(osl_line *line, const osl_answer *answer);
/* The member "facets": an object of lists. */
void osl_facets_json(osl_json *json, const osl_answer *answer);

#endif
