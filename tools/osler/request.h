/* SPDX-License-Identifier: MIT
 *
 * Search options as search and batch share them: the table's rows, their
 * settings, and what they become for the library. */
#ifndef OSL_TOOLS_OSLER_REQUEST_H
#define OSL_TOOLS_OSLER_REQUEST_H

#include "core/base/buf.h"
#include "query/query.h"
#include "tools/osler/options.h"

typedef struct osl_request {
    unsigned k, offset, generation, snippet, context;
    const char *since, *until, *evidence, *audience, *document, *language;
    double k1, b;
    int ranking, sort;
    const char *like, *with, *without;
    bool by_document, facets, no_proximity, no_expand, feedback, strict;
    bool explain;
} osl_request;

/* k 10, snippets of 40 words, the ranking's own k1 and b. */
extern const osl_request osl_request_defaults;

/* Rows of an option table for an osl_request that stands in the settings at
 * `base`. */
#define OSL_REQUEST_AT(base, member) ((base) + offsetof(osl_request, member))
#define OSL_REQUEST_OPTIONS(base)                                               \
    {"top", 'k', "N", "hits (10)", OSL_OPTION_COUNT, OSL_REQUEST_AT(base, k)},  \
        {"offset",                                                              \
         0,                                                                     \
         "N",                                                                   \
         "hits to skip",                                                        \
         OSL_OPTION_COUNT,                                                      \
         OSL_REQUEST_AT(base, offset)},                                         \
        {"by-document",                                                         \
         0,                                                                     \
         NULL,                                                                  \
         "the best paragraph of each document",                                 \
         OSL_OPTION_FLAG,                                                       \
         OSL_REQUEST_AT(base, by_document)},                                    \
        {"since",         0,                                                    \
         "DATE",          "updated on or after (2014, 2014-02, ...)",           \
         OSL_OPTION_TEXT, OSL_REQUEST_AT(base, since)},                         \
        {"until",         0,                                                    \
         "DATE",          "updated on or before",                               \
         OSL_OPTION_TEXT, OSL_REQUEST_AT(base, until)},                         \
        {"evidence",      0,                                                    \
         "LEVEL",         "with this level of evidence",                        \
         OSL_OPTION_TEXT, OSL_REQUEST_AT(base, evidence)},                      \
        {"audience",                                                            \
         0,                                                                     \
         "A",                                                                   \
         "professional or patient",                                             \
         OSL_OPTION_TEXT,                                                       \
         OSL_REQUEST_AT(base, audience)},                                       \
        {"document",                                                            \
         0,                                                                     \
         "ID",                                                                  \
         "in this document",                                                    \
         OSL_OPTION_TEXT,                                                       \
         OSL_REQUEST_AT(base, document)},                                       \
        {"language",                                                            \
         0,                                                                     \
         "L",                                                                   \
         "in this language (en, es ...)",                                       \
         OSL_OPTION_TEXT,                                                       \
         OSL_REQUEST_AT(base, language)},                                       \
        {"ranking",         0,                                                  \
         "default|bm25",    "bm25: plain, for comparisons",                     \
         OSL_OPTION_CHOICE, OSL_REQUEST_AT(base, ranking)},                     \
        {"k1", 0, "X", "BM25's k1", OSL_OPTION_REAL, OSL_REQUEST_AT(base, k1)}, \
        {"b", 0, "X", "BM25's b", OSL_OPTION_REAL, OSL_REQUEST_AT(base, b)},    \
        {"with",          0,                                                    \
         "PART[,PART]",   "parts beside those of bm25 (see osler-search(1))",   \
         OSL_OPTION_TEXT, OSL_REQUEST_AT(base, with)},                          \
        {"without",       0,                                                    \
         "PART[,PART]",   "leave these parts out of the ranking",               \
         OSL_OPTION_TEXT, OSL_REQUEST_AT(base, without)},                       \
        {"no-proximity",                                                        \
         0,                                                                     \
         NULL,                                                                  \
         "words that stand close count no more",                                \
         OSL_OPTION_FLAG,                                                       \
         OSL_REQUEST_AT(base, no_proximity)},                                   \
        {"no-expand",                                                           \
         0,                                                                     \
         NULL,                                                                  \
         "abbreviations as typed only",                                         \
         OSL_OPTION_FLAG,                                                       \
         OSL_REQUEST_AT(base, no_expand)},                                      \
        {"strict",                                                              \
         0,                                                                     \
         NULL,                                                                  \
         "refuse a query that is not well formed",                              \
         OSL_OPTION_FLAG,                                                       \
         OSL_REQUEST_AT(base, strict)},                                         \
        {"generation",                                                          \
         0,                                                                     \
         "G",                                                                   \
         "of an older generation that is kept",                                 \
         OSL_OPTION_COUNT,                                                      \
         OSL_REQUEST_AT(base, generation)},                                     \
        {"feedback",                                                            \
         0,                                                                     \
         NULL,                                                                  \
         "also look for words that the best hits share",                        \
         OSL_OPTION_FLAG,                                                       \
         OSL_REQUEST_AT(base, feedback)},                                       \
        {"like",          0,                                                    \
         "DOCUMENT#N",    "also look for what this paragraph says",             \
         OSL_OPTION_TEXT, OSL_REQUEST_AT(base, like)},                          \
        {"engine", 0, "native", NULL, OSL_OPTION_LATER, 0},                     \
        {"partial", 0, NULL, NULL, OSL_OPTION_LATER, 0},                        \
        {"facets",                                                              \
         0,                                                                     \
         NULL,                                                                  \
         "counts by evidence, audience, document and year",                     \
         OSL_OPTION_FLAG,                                                       \
         OSL_REQUEST_AT(base, facets)},                                         \
    {                                                                           \
        "sort", 0, "relevance|date", "date: the newest first",                  \
            OSL_OPTION_CHOICE, OSL_REQUEST_AT(base, sort)                       \
    }

/* What the library is to do. */
osl_search_options osl_request_options(const osl_request *request);

/* OSL_EINVAL with words where a date is none. */
OSL_MUST_CHECK osl_status osl_request_check(const osl_request *request,
                                            osl_error *err);

/* Appends the filters as clauses of the language, each with a blank behind
 * it: they stand before the query, where no unclosed quote of it reaches. */
void osl_request_filters(const osl_request *request, osl_buf *query);
/* Appends the words of a command line as one query: one word is the query;
 * among several, one with blanks is a phrase whose quotes the shell ate. */
void osl_request_words(const osl_words *words, osl_buf *query);

#endif
