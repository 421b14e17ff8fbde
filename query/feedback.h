/* SPDX-License-Identifier: MIT
 *
 * Words that some paragraphs say more than the rest: those of the best hits
 * (pseudo-relevance feedback, after Lavrenko and Croft 2001 as RM3 has it:
 * Abdul-Jaleel et al. 2004), or of a paragraph that others are to be like.
 *
 * Threads: as the plan's. */
#ifndef OSL_QUERY_FEEDBACK_H
#define OSL_QUERY_FEEDBACK_H

#include "query/alike.h"
#include "query/collect.h"
#include "query/plan.h"

enum { OSL_FEEDBACK_PARAGRAPHS = 7, OSL_FEEDBACK_TERMS = 20 };

/* Text of a hit, as words. */
typedef struct osl_read_text {
    uint32_t segment, paragraph;
    osl_buf bytes;
    osl_tokens tokens;
} osl_read_text;

/* Texts of hits that a search read: memory for the next one, too. Caller's
 * storage, all zero at first; `known` 0 at the beginning of each search. */
typedef struct osl_read_texts {
    osl_read_text learnt[OSL_FEEDBACK_PARAGRAPHS]; /* whole */
    size_t known;                                  /* of these */
    osl_read_text alike[OSL_ALIKE_HITS];
} osl_read_texts;
/* Gives back what is large; all of it where `all`. */
void osl_read_texts_shrink(osl_read_texts *texts, bool all);

/* Adds the terms that `entries` (the best first) share, as parts of the plan's
 * root; words of the query gain weight instead. `weight`: of all that is
 * added, beside the typed words together. `matching`: a paragraph with an
 * added term alone is found, too. The plan's weights are set anew. */
OSL_MUST_CHECK osl_status osl_feedback(osl_plan *plan,
                                       const osl_top_entry *entries,
                                       size_t count, double weight,
                                       bool matching, osl_error *err);

/* Appends what a paragraph says: its text, and before it the title where that
 * is its own; no more is wanted of it than the first `bytes`. */
OSL_MUST_CHECK osl_status osl_feedback_text(const osl_plan *plan,
                                            const osl_top_entry *entry,
                                            size_t bytes, osl_buf *out,
                                            osl_error *err);

/* Is what was typed in so few paragraphs that those with added terms alone
 * are welcome? */
bool osl_feedback_widens(const osl_plan *plan);

/* Has the query a wanted word without syntax? Who types only syntax knows
 * what is wanted. */
bool osl_feedback_fits(const osl_plan *plan);

#endif
