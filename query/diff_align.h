/* SPDX-License-Identifier: MIT
 *
 * What two lists of things have in common, and the words of texts as such
 * things: the inner half of diff.h.
 *
 * Threads: pure functions; memory is the caller's arena. */
#ifndef OSL_QUERY_DIFF_ALIGN_H
#define OSL_QUERY_DIFF_ALIGN_H

#include "core/base/arena.h"
#include "query/diff.h"

#define OSL_DIFF_NONE UINT32_MAX

/* So many insertions and removals are found exactly. */
enum { OSL_DIFF_EXACT = 1000 };

/* A list of numbers that stand for things: equal where the things are. */
typedef struct osl_diff_list {
    const uint64_t *at;
    uint32_t count;
} osl_diff_list;

/* Fills match[a.count]: the place in b of each member of a that both lists
 * have, in the order of both; OSL_DIFF_NONE for the others. The longest such
 * subsequence where it takes at most `exact` insertions and removals to make b
 * of a; else a long one. */
OSL_MUST_CHECK osl_status osl_diff_common(osl_diff_list a, osl_diff_list b,
                                          uint32_t exact, osl_arena *arena,
                                          uint32_t *match, osl_error *err);

/* A piece of a text: a word, a run of blanks, or any other character. The
 * point or comma within a number is a part of it. */
typedef struct osl_diff_token {
    osl_text text;
    uint64_t number; /* equal for equal texts, among all numbered together */
    bool is_word, is_blank;
} osl_diff_token;

typedef struct osl_diff_text {
    osl_diff_token *tokens; /* of the text, end to end */
    uint64_t *words;        /* numbers of its words, rising */
    uint32_t token_count, word_count;
} osl_diff_text;

/* Cuts each text into tokens and numbers the tokens of all. */
OSL_MUST_CHECK osl_status osl_diff_split(const osl_text *texts, uint32_t count,
                                         osl_arena *arena, osl_diff_text *out,
                                         osl_error *err);

/* How much two texts share, 0 to 1: twice the words of both by those of
 * either (Dice 1945), words counted as often as they stand. 0 without words. */
double osl_diff_similarity(const osl_diff_text *a, const osl_diff_text *b);

/* The runs that make one text of the other: what stays, goes and comes, in
 * order, what goes before what comes. A blank between two changed words is a
 * part of the change. Their texts, without those that came, are `before`; without
 * those that went, `after`. */
OSL_MUST_CHECK osl_status osl_diff_runs(const osl_diff_text *before,
                                        const osl_diff_text *after,
                                        osl_arena *arena,
                                        const osl_diff_run **out, size_t *count,
                                        osl_error *err);

#endif
