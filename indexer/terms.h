/* SPDX-License-Identifier: MIT
 *
 * Forms to terms: each distinct form of a field is resolved once, terms get
 * their place in the order of bytes, and every term's surface forms theirs.
 *
 *   form ──osl_resolve──▶ base term, folded form, (extra term)
 *   rank = place of the term among all of the field
 *   local = place of the folded form among those of the term, the most
 *           frequent first, then by bytes
 *
 * Threads: one call at a time. */
#ifndef OSL_INDEXER_TERMS_H
#define OSL_INDEXER_TERMS_H

#include "indexer/batch.h"
#include "indexer/lexicon.h"

#define OSL_TERM_NONE UINT32_MAX

/* What a form means: 16 bytes, one miss a token. */
typedef struct osl_form_terms {
    uint32_t base, extra; /* ranks; OSL_TERM_NONE: no extra term */
    uint32_t base_local, extra_local;
} osl_form_terms;

/* Caller's storage; on entry all zero but for what is borrowed. */
typedef struct osl_terms {
    osl_resolver *shared; /* the first thread's, borrowed; NULL: its own */
    const osl_lexicon *lexicon; /* forms resolved before, borrowed; or NULL */
    osl_strings terms;          /* in no order */
    uint32_t count;
    char *texts;              /* of the terms, by rank, end to end; owns */
    uint64_t *text_starts;    /* by rank, count + 1; owns */
    osl_form_terms *forms;    /* of each form that occurs; owns */
    osl_text *folded;         /* likewise; owns the list */
    uint8_t *are_terms;       /* likewise: folded, it is its term; owns */
    uint32_t *counts;         /* occurrences of each form; owns */
    uint32_t *list_starts;    /* by rank, count + 1; owns */
    uint8_t *is_plain;        /* by rank: its one form is the term; owns */
    uint32_t *lists;          /* forms whose folded words are a term's, by
                                * local; owns */
    osl_resolver **resolvers; /* whose texts `folded` borrows; owns */
    unsigned resolver_count;
} osl_terms;

/* Resolves the forms, by as many threads as `size` says; all comes out the
 * same but the order of `terms`, which leaves no trace. */
OSL_MUST_CHECK osl_status osl_terms_resolve(osl_terms *terms,
                                            const osl_batch *batch,
                                            osl_field field, unsigned size,
                                            osl_error *err);
/* Ranks of terms and lists of forms, for terms that were resolved. */
OSL_MUST_CHECK osl_status osl_terms_rank(osl_terms *terms,
                                         const osl_batch *batch,
                                         osl_field field, osl_error *err);
/* All are resolved: gives back what only that needs. */
void osl_terms_end_resolving(osl_terms *terms);
void osl_terms_clear(osl_terms *terms);

/* The n-th folded word of the term at `rank`; n < list_starts[rank + 1] −
 * list_starts[rank]. */
static inline osl_text osl_terms_folded(const osl_terms *terms, uint32_t rank,
                                        uint32_t n)
{
    return terms->folded[terms->lists[terms->list_starts[rank] + n]];
}

static inline osl_text osl_terms_text(const osl_terms *terms, uint32_t rank)
{
    uint64_t start = terms->text_starts[rank];
    return (osl_text){terms->texts + start,
                      (size_t)(terms->text_starts[rank + 1] - start)};
}

#endif
