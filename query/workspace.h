/* SPDX-License-Identifier: MIT
 *
 * What a search works with, kept by the searcher for the next one: memory,
 * stems, and what a ranking makes of the index's lengths. As many as threads
 * have searched at once.
 *
 * Threads: a workspace belongs to one search. */
#ifndef OSL_QUERY_WORKSPACE_H
#define OSL_QUERY_WORKSPACE_H

#include "query/answer.h"
#include "query/feedback.h"
#include "query/plain.h"

typedef struct osl_workspace {
    struct osl_workspace *next; /* that is idle, too */
    osl_arena arena;            /* of a search: its tree, plan, cursors */
    osl_arena scratch;          /* of a segment's collecting */
    osl_tokens tokens;
    osl_resolver *resolver;
    size_t searches; /* since the resolver was made */
    osl_plan plan;
    osl_plain plain;
    osl_measures measures;
    osl_read_texts texts;
} osl_workspace;

/* One that is idle, or a new one. Its plan is for a search with `options`,
 * without a tree. */
OSL_MUST_CHECK osl_status osl_workspace_take(osl_workspace **out,
                                             const osl_searcher *searcher,
                                             const osl_search_options *options,
                                             osl_error *err);
/* Back to the searcher; NULL is fine. */
void osl_workspace_give(osl_workspace *workspace, const osl_searcher *searcher);
/* All that are idle. */
void osl_workspace_free_all(osl_workspace *first);

#endif
