/* SPDX-License-Identifier: MIT
 *
 * What forms of dying texts mean in their segment: the terms, and forms among
 * these, that are counted wherever the form stands. Forms have their places in
 * a lexicon (lexicon.h); each is asked for once.
 *
 * Threads: one at a time. */
#ifndef OSL_INDEXER_RECOUNT_FORMS_H
#define OSL_INDEXER_RECOUNT_FORMS_H

#include "core/segment/store.h"
#include "indexer/recount.h"
#include "indexer/sort.h"

/* Numbers of tallies; OSL_TALLY_NONE: nothing is counted. */
typedef struct osl_form_meaning {
    uint32_t base;
    uint32_t base_form; /* none: the term has one form only */
    bool is_met;        /* else all else is of no meaning */
    bool has_extra;
} osl_form_meaning;

/* The rest of it, which is asked for now and then. */
typedef struct osl_other_meaning {
    uint32_t extra, extra_form;
} osl_other_meaning;

typedef struct osl_wanted_term osl_wanted_term; /* recount_forms.c */

/* Caller's storage; on entry all zero but for `recount`. */
typedef struct osl_dying_forms {
    osl_recount *recount; /* borrowed: whose tallies get what is met */
    /* Of the field at hand: */
    osl_field field;
    osl_lexicon *lexicon;       /* borrowed */
    osl_form_meaning *meanings; /* by place in the lexicon; owns, as all here */
    osl_other_meaning *others;  /* likewise */
    osl_column_view word_terms; /* of the segment; empty: it has none */
    uint32_t *ranks; /* of words, by place; OSL_TALLY_NONE: not known */
    size_t meanings_capacity, others_capacity, ranks_capacity, meaning_count;
    /* Of those that are being met: */
    osl_wanted_term *wanted;
    size_t wanted_capacity, wanted_count;
    uint32_t *fresh; /* places that are new */
    size_t fresh_capacity, fresh_count;
    osl_sort_entry *known; /* those whose terms are known, by ordinal */
    size_t known_capacity, known_count;
} osl_dying_forms;

void osl_dying_forms_clear(osl_dying_forms *forms);
/* A field: nothing of it is met yet. The lexicon is borrowed until the next.
 * The segment's word_terms may be set behind it. */
void osl_dying_forms_begin(osl_dying_forms *forms, osl_field field,
                           osl_lexicon *lexicon);
/* Room for `count` forms in all, of which none need come. False: memory. */
OSL_MUST_CHECK bool osl_dying_forms_expect(osl_dying_forms *forms,
                                           size_t count);
/* Room for all that the lexicon has; whose word is known may have its rank set
 * then. False: memory. */
OSL_MUST_CHECK bool osl_dying_forms_reserve(osl_dying_forms *forms);
/* Finds what the forms at `count` places mean, those that are not met yet; the
 * recount's tallies have room for them then. OSL_ENOMEM, or OSL_ECORRUPT where
 * the segment does not know one of them. */
OSL_MUST_CHECK osl_status osl_dying_forms_meet(osl_dying_forms *forms,
                                               const uint32_t *places,
                                               size_t count, osl_error *err);
/* OSL_ECORRUPT: a text of the segment has a `what` that its tables do not. */
osl_status osl_recount_disagrees(const osl_recount *recount, const char *what,
                                 osl_error *err);

#endif
