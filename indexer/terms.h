/* SPDX-License-Identifier: MIT
 *
 * Forms to terms: each distinct form of a field is resolved once, terms get
 * their place in the order of bytes, and every term's surface forms theirs.
 *
 *   form ──osl_resolve──▶ base term, folded form, (extra term)
 *   rank = place of the term among all of the field
 *   local = place of the folded form among those of the term
 *
 * Threads: one at a time. */
#ifndef OSL_INDEXER_TERMS_H
#define OSL_INDEXER_TERMS_H

#include "indexer/batch.h"

#define OSL_TERM_NONE UINT32_MAX

/* What a form means: 16 bytes, one miss a token. */
typedef struct osl_form_terms {
    uint32_t base, extra; /* ranks; OSL_TERM_NONE: no extra term */
    uint32_t base_local, extra_local;
} osl_form_terms;

/* Caller's storage; all zero on entry. */
typedef struct osl_terms {
    osl_strings terms;  /* by first sight */
    osl_strings folded; /* likewise */
    uint32_t count;
    uint32_t *order;       /* term by rank; owns */
    osl_form_terms *forms; /* of each form that occurs; owns */
    uint32_t *counts;      /* occurrences of each form; owns */
    uint32_t *list_starts; /* by rank, count + 1; owns */
    uint32_t *lists;       /* folded forms, by bytes within a term; owns */
} osl_terms;

OSL_MUST_CHECK osl_status osl_terms_resolve(osl_terms *terms,
                                            const osl_batch *batch,
                                            osl_field field,
                                            osl_resolver *resolver,
                                            osl_error *err);
void osl_terms_clear(osl_terms *terms);

static inline osl_text osl_terms_text(const osl_terms *terms, uint32_t rank)
{
    return osl_strings_text(&terms->terms, terms->order[rank]);
}

#endif
