/* SPDX-License-Identifier: MIT
 *
 * What changed between two generations of an index, and between their answers.
 *
 *     generations ──▶ documents that differ ──▶ paragraphs: same, moved,
 *                                    changed (words), removed, added
 *
 * Segments that both generations have, with the same dead, are never read; of
 * the others, documents of one id and content are passed over. Memory is that
 * of the ids that remain and of one document.
 *
 * A paragraph is recognised within its document, in this order: by its text
 * (hash), at its place among the others (the longest common subsequence), then
 * anywhere (it has moved); by likeness of words, at least 0.6, the most alike
 * first: between the same neighbours, then below the same headings, then
 * anywhere (it was changed). Else it was removed, or added.
 *
 * Threads: an osl_diff belongs to one. */
#ifndef OSL_QUERY_DIFF_H
#define OSL_QUERY_DIFF_H

#include "query/query.h"

/* Words shared by two texts from which on they are one paragraph. */
#define OSL_DIFF_ALIKE 0.6
/* So many pairs of paragraphs of one document are looked at for likeness;
 * beyond, only those between the same neighbours and at most so many places
 * apart. */
#define OSL_DIFF_PAIRS_MAX 1000000u
#define OSL_DIFF_APART_MAX 8u

typedef enum osl_change {
    OSL_CHANGE_NONE = 0,
    OSL_CHANGE_ADDED,
    OSL_CHANGE_REMOVED,
    OSL_CHANGE_CHANGED,
    OSL_CHANGE_MOVED /* the same text, at another place or below others */
} osl_change;
/* "same", "added", "removed", "changed", "moved" */
const char *osl_change_name(osl_change change);

/* A run of a changed text: OSL_CHANGE_NONE, _REMOVED or _ADDED. */
typedef struct osl_diff_run {
    osl_change change;
    osl_text text;
} osl_diff_run;

/* All borrowed until the next osl_diff_next(). */
typedef struct osl_diff_paragraph {
    osl_change change;
    const osl_hit *before, *after; /* NULL where added; where removed */
    /* Of a changed text: word by word. None where only its headings, evidence
     * or citations were. */
    const osl_diff_run *runs;
    size_t run_count;
} osl_diff_paragraph;

typedef struct osl_diff_document {
    osl_change change; /* added, removed or changed */
    osl_text id;
    /* A paragraph of it, for what stands in every hit: title, url, updated,
     * audience, language. NULL where it is not there. */
    const osl_hit *before, *after;
    bool facts_differ;                             /* those */
    uint32_t same, added, removed, changed, moved; /* paragraphs */
    const osl_diff_paragraph *paragraphs; /* but the same; in reading order */
    size_t paragraph_count;
} osl_diff_document;

typedef struct osl_diff osl_diff;

/* Opens two kept generations of the index folder `path`. `to` 0: the current
 * one; `from` 0: the newest kept one before `to`. OSL_ENOTFOUND where one is
 * not kept. */
OSL_MUST_CHECK osl_status osl_diff_open(osl_diff **out, const char *path,
                                        uint64_t from, uint64_t to,
                                        osl_error *err);
void osl_diff_free(osl_diff *diff);                        /* NULL is fine */
const osl_searcher *osl_diff_before(const osl_diff *diff); /* borrowed */
const osl_searcher *osl_diff_after(const osl_diff *diff);
typedef struct osl_diff_generation {
    uint64_t number, created_us; /* since 1970 */
} osl_diff_generation;
osl_diff_generation osl_diff_get_generation(const osl_searcher *searcher);
/* False: an index without texts; what changed is told, not how. */
bool osl_diff_has_texts(const osl_diff *diff);

/* The next document that differs, in order of ids (bytes); OSL_END. */
OSL_MUST_CHECK osl_status osl_diff_next(osl_diff *diff,
                                        const osl_diff_document **out,
                                        osl_error *err);

/* Which paragraph of `document` (N, from 1) the one that was `before` is now,
 * same, moved or changed; 0 where it is gone, N where it never was. */
OSL_MUST_CHECK osl_status osl_diff_follow(osl_diff *diff, osl_text document,
                                          uint32_t before, uint32_t *after,
                                          osl_error *err);

/* ---- answers ------------------------------------------------------------ */

/* A hit of one or both answers to a query. */
typedef struct osl_diff_hit {
    osl_change change; /* none, added (entered), removed (left), moved */
    size_t rank_before, rank_after; /* from 1; 0: not there */
    const osl_hit *before, *after;  /* borrowed from the answers, or NULL */
} osl_diff_hit;

/* All hits of both: those of the later answer in its order, then those that
 * left. */
typedef struct osl_diff_answer {
    const osl_diff_hit *hits; /* borrowed until the next osl_diff_answers() */
    size_t count;
    bool differs; /* not all are where they were */
} osl_diff_answer;

/* Two answers to one query, `before` by osl_diff_before() and `after` by
 * osl_diff_after(), against each other. Paragraphs are followed as above; with
 * `by_document`, documents are compared. */
OSL_MUST_CHECK osl_status osl_diff_answers(
    osl_diff *diff, const osl_answer *before, const osl_answer *after,
    bool by_document, osl_diff_answer *out, osl_error *err);

#endif
