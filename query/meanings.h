/* SPDX-License-Identifier: MIT
 *
 * What an abbreviation means in the documents that define it themselves.
 *
 * A short form has senses in the index, the most frequent first. A query
 * chooses some of them; a document that defines the short form says which of
 * these it may stand for there: those that it defines, and those alike. Two
 * senses are alike where they share more than half of the words of the longer,
 * each by its term or another spelling of it: "stem cell transplants" and
 * "haematopoietic stem cell transplantation", not "panic disorder" and
 * "parkinson's disease".
 *
 * Threads: one plan, one thread; reading a segment is pure. */
#ifndef OSL_QUERY_MEANINGS_H
#define OSL_QUERY_MEANINGS_H

#include "query/plan.h"

/* Senses of one short form that are looked at. Rarer ones are alike to none. */
#define OSL_MEANINGS_MAX 1024
/* Senses of one short form that a query may choose. */
#define OSL_MEANINGS_CHOSEN_MAX 32

typedef struct osl_meaning {
    osl_text long_form;
    uint32_t documents; /* that define it */
    uint32_t alike;     /* a bit for each chosen sense that it is like */
    bool same; /* it has the words of a chosen one, maybe spelt otherwise */
    osl_text *terms; /* of its words */
    size_t count;
} osl_meaning;

typedef struct osl_meanings {
    struct osl_spelt *spelt; /* words of chosen senses; private */
    osl_text short_form;
    osl_meaning *at; /* as osl_index_senses() gives them */
    size_t count;
    const osl_meaning **by_text; /* by bytes of their long forms */
    uint32_t chosen;             /* how many were */
} osl_meanings;

/* All senses of a short form, none chosen; all of it is the plan's arena's. */
OSL_MUST_CHECK osl_status osl_meanings_find(osl_meanings **out, osl_plan *plan,
                                            osl_text short_form,
                                            osl_error *err);
/* Chooses sense n, as the next bit; fewer than OSL_MEANINGS_CHOSEN_MAX were
 * chosen before. `spelt`: it stands for its other spellings, too. */
OSL_MUST_CHECK osl_status osl_meanings_choose(osl_meanings *meanings,
                                              osl_plan *plan, size_t n,
                                              bool spelt, osl_error *err);

/* A document of a segment that defines the short form, and what it means
 * there: a bit for each chosen sense. */
typedef struct osl_meant {
    uint32_t document, senses;
} osl_meant;

/* In order of documents, each once. */
OSL_MUST_CHECK osl_status osl_meanings_read(const osl_meanings *meanings,
                                            const osl_segment *segment,
                                            osl_arena *arena,
                                            const osl_meant **list,
                                            size_t *count, osl_error *err);

#endif
