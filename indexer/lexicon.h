/* SPDX-License-Identifier: MIT
 *
 * Forms of a table and what they mean, each resolved once: the dead of an
 * update, mostly the words of what comes in their place, are looked up in the
 * table of what was read, and who builds of it finds them resolved.
 *
 * Forms have two numbers: that of the table, and a *place*, given in order of
 * first sight to those that are met here, so that what is kept by place takes
 * no more than it has to.
 *
 * Threads: one at a time; finding is pure. */
#ifndef OSL_INDEXER_LEXICON_H
#define OSL_INDEXER_LEXICON_H

#include "indexer/strings.h"

/* Caller's storage; on entry all zero but for what is borrowed. */
typedef struct osl_lexicon {
    osl_strings *forms;     /* borrowed */
    osl_resolver *resolver; /* borrowed: `at` has its texts */
    uint32_t *places;       /* by form, place + 1; 0: not met; owns */
    size_t place_count;     /* forms that `places` is long enough for */
    osl_form *at;           /* by place; owns */
    uint32_t *numbers;      /* by place: of the form; owns */
    size_t capacity, numbers_capacity;
    uint32_t count;
} osl_lexicon;

void osl_lexicon_clear(osl_lexicon *lexicon);
/* Room for `count` forms in all: what grows is copied, and touches more memory.
 * False when memory is out. */
OSL_MUST_CHECK bool osl_lexicon_expect(osl_lexicon *lexicon, size_t count);
/* Turns numbers of forms into places; forms that are new are to be resolved
 * before anybody asks what they mean. */
OSL_MUST_CHECK osl_status osl_lexicon_meet(osl_lexicon *lexicon, uint32_t *ids,
                                           size_t count, osl_error *err);
static inline bool osl_lexicon_is_resolved(const osl_lexicon *lexicon,
                                           uint32_t number)
{
    return lexicon->at[number].folded.length > 0;
}
/* Resolves the form of a place; `term`: its base term, where that is known. */
OSL_MUST_CHECK osl_status osl_lexicon_resolve(osl_lexicon *lexicon,
                                              uint32_t place,
                                              const osl_text *term,
                                              osl_error *err);

/* What a form means, or NULL where it was not met and resolved. */
static inline const osl_form *osl_lexicon_find(const osl_lexicon *lexicon,
                                               uint32_t form)
{
    uint32_t met = form < lexicon->place_count ? lexicon->places[form] : 0;
    return met && osl_lexicon_is_resolved(lexicon, met - 1)
               ? &lexicon->at[met - 1]
               : NULL;
}

#endif
