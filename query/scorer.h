/* SPDX-License-Identifier: MIT
 *
 * From occurrences to a contribution, its bound, and its line of --explain:
 * the one place where the query side touches the formula. */
#ifndef OSL_QUERY_SCORER_H
#define OSL_QUERY_SCORER_H

#include "core/base/buf.h"
#include "core/segment/score.h"
#include "core/segment/segment.h"
#include "query/sums.h"

/* One field's part of a word's score in one segment. The numbers for
 * --explain stand beside those for the loop. */
typedef struct osl_scorer {
    float weight;         /* W of core/segment/score.h */
    const float *k;       /* 256, by length code; borrowed */
    const uint8_t *codes; /* length code by ordinal; borrowed */
    uint32_t bounds[256]; /* greatest contribution by stored bound */
    osl_gauge *gauge;     /* of K and codes; NULL where none is needed */
    osl_field ordinals;   /* whose ordinals are scored */
    const char *field;    /* "text", "title", "section" */
    osl_text shown;       /* the word or phrase as the query says it */
    double idf, user_weight, average_length;
    uint64_t df, count;
} osl_scorer;

/* Fills bounds[] from weight; `factor`: osl_segment_bound_factor(). */
void osl_scorer_bounds(osl_scorer *scorer, float factor);
/* What bounds add of two parts at once that an occurrence has in the same
 * ordinals; `share`: about as much as is of the one. The gauge is still to be
 * set: osl_gauge_joint() of the same share. */
void osl_scorer_join(osl_scorer *joint, const osl_scorer *one,
                     const osl_scorer *other, double share);
uint32_t osl_scorer_score(const osl_scorer *scorer, uint32_t ordinal,
                          uint32_t tf);
/* One line: contribution, word, field and every number of the formula. */
void osl_scorer_explain(const osl_scorer *scorer, uint32_t ordinal, uint32_t tf,
                        unsigned depth, osl_buf *out);
/* The same where length and K are not those of a code. */
void osl_scorer_explain_at(const osl_scorer *scorer, uint32_t length, float k,
                           uint32_t tf, unsigned depth, osl_buf *out);
/* "  12.3456 [809084] " with two blanks for each depth. */
void osl_explain_number(uint32_t score, unsigned depth, osl_buf *out);

/* a + b, UINT32_MAX at most. */
static inline uint32_t osl_add_score(uint32_t a, uint32_t b)
{
    return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

#endif
