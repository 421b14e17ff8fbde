/* SPDX-License-Identifier: MIT
 *
 * Questions with the paragraphs that should answer them, asked of a generation
 * before it is published: osler index --check-queries. */
#ifndef OSL_TOOLS_OSLER_INDEX_CHECK_H
#define OSL_TOOLS_OSLER_INDEX_CHECK_H

#include "tools/osler/batch.h"
#include "tools/osler/json.h"

typedef struct osl_query_check osl_query_check;

/* Reads the questions of the file `queries`. Without `qrels` a line is
 *     query, tab, ids of paragraphs or documents with blanks between
 * or an object as osler batch takes them, with "expected": an id or a list of
 * ids. With `qrels` (a file of TREC's judgements, those above 0 count) the
 * lines are those of osler batch. The first `k` hits are looked at; `bound` is
 * the least mean recall, negative: that of the published generation. */
OSL_MUST_CHECK osl_status osl_query_check_read(osl_query_check **out,
                                               const char *queries,
                                               const char *qrels, unsigned k,
                                               double bound, osl_error *err);
void osl_query_check_free(osl_query_check *check); /* NULL is fine */

/* Asks the prepared generation of the folder and the published one, if there
 * is any. OSL_ECANCELLED where the recall is below the bound. An id means the
 * paragraph that has it in the published generation, wherever that one stands
 * now; what is not there, the paragraph that has it in the prepared one. */
OSL_MUST_CHECK osl_status osl_query_check_run(osl_query_check *check,
                                              const char *index_path,
                                              osl_error *err);
/* Whether that came to be below the bound. */
bool osl_query_check_refused(const osl_query_check *check);
/* Says on stderr what the recall is, which queries fell, and which ids are to
 * be brought up to date. */
void osl_query_check_say(const osl_query_check *check);
/* Members "recall", "recall_before", "min_recall", "fell"; nothing before a
 * run. */
void osl_query_check_json(const osl_query_check *check, osl_json *json);

#endif
