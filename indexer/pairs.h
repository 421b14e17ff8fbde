/* SPDX-License-Identifier: MIT
 *
 * Pair postings: for words a and b that are both frequent, the paragraphs in
 * which b stands right behind a, so that a phrase of the two is a term.
 *
 * A phrase without its pair looks at about df(a) · df(b) / N paragraphs; a
 * pair is written where that is a share of N or more, which bounds the work
 * of every phrase, and by default where both words are in 5 % of the
 * paragraphs, which saves a third of the pairs' bytes for a few per cent of
 * phrases' time. Few terms take part: they are ranked by falling df, those
 * that may follow a are the first `limit` of them, and each (a, b) has its own
 * place in one table of counts. No hash, no sorting of occurrences: one pass
 * over the tokens, which notes the place of each pair that it meets, then
 * count and scatter, as in invert.h.
 *
 * Threads: one call at a time; it uses as many threads as it is told. */
#ifndef OSL_INDEXER_PAIRS_H
#define OSL_INDEXER_PAIRS_H

#include "indexer/indexer.h"
#include "indexer/terms.h"

/* What a pair must have; all zero: there are none. */
typedef struct osl_pair_rule {
    uint64_t product; /* least df(a) · df(b) */
    uint32_t df;      /* least df of each */
} osl_pair_rule;

osl_pair_rule osl_pairs_rule(osl_pairs pairs, uint32_t ordinal_count);

/* What pairs are made of; borrowed. */
typedef struct osl_pairs_input {
    const osl_batch *batch;
    const osl_terms *terms;
    const uint32_t *dfs; /* of each term by rank */
    osl_pairs pairs;
    unsigned thread_count; /* 0: one */
} osl_pairs_input;

/* Sends the pairs of text to the writer, behind text itself: "a b", the
 * terms' bytes with a space between; tf is how often they stand so. Terms
 * that are anywhere the second meaning of a form take no part: their pairs
 * would miss places. */
OSL_MUST_CHECK osl_status osl_pairs_write(const osl_pairs_input *input,
                                          osl_writer *writer, osl_error *err);

#endif
