/* SPDX-License-Identifier: MIT
 *
 * What the files of osler diff share: one walk through the documents, shown
 * in one of three ways; and the queries. */
#ifndef OSL_TOOLS_OSLER_DIFF_H
#define OSL_TOOLS_OSLER_DIFF_H

#include "query/diff.h"
#include "tools/osler/command.h"
#include "tools/osler/request.h"

typedef struct osl_diff_settings {
    osl_common common;
    osl_request request;
    const char *queries;
    unsigned from, to;
    int input;
    bool html;
} osl_diff_settings;

/* Documents and paragraphs, counted by osl_change. */
typedef struct osl_diff_totals {
    uint64_t documents[OSL_CHANGE_MOVED + 1];
    uint64_t paragraphs[OSL_CHANGE_MOVED + 1];
} osl_diff_totals;
void osl_diff_add_up(osl_diff_totals *totals, const osl_diff_document *one);

/* Each shows all documents that differ on standard output and fills *differs.
 */
OSL_MUST_CHECK osl_status osl_diff_print(osl_diff *diff,
                                         const osl_diff_settings *settings,
                                         bool *differs, osl_error *err);
OSL_MUST_CHECK osl_status osl_diff_json(osl_diff *diff, bool *differs,
                                        osl_error *err);
OSL_MUST_CHECK osl_status osl_diff_html(osl_diff *diff, bool *differs,
                                        osl_error *err);
/* The queries of settings->queries whose answers differ. */
OSL_MUST_CHECK osl_status osl_diff_queries(osl_diff *diff,
                                           const osl_diff_settings *settings,
                                           bool *differs, osl_error *err);

/* The facts of a document that differ: name and both values of the n-th, from
 * *n on, which moves behind it; false behind the last. */
bool osl_diff_next_fact(const osl_diff_document *document, unsigned *n,
                        const char **name, osl_text values[2]);

/* The first line of a page or screen: "generation 41 (…) → 42 (…)". */
void osl_diff_head(const osl_diff *diff, char out[160]);

#endif
