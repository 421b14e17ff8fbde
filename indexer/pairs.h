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
/* Which two words have lists of their best together. */
osl_joint_rule osl_pairs_joint_rule(osl_pairs pairs);

/* Of an index of such texts, the sliced_shift of its segments: where size is
 * what counts, all frequent terms are packed. */
uint8_t osl_sliced_shift(osl_store store);

/* A term that takes part; its number is its place by falling df. */
typedef struct osl_pair_word {
    osl_text term;
    uint32_t rank, df;
    uint32_t limit; /* words 0 … limit − 1 may follow it */
    uint32_t first; /* place of its pair with word 0 */
} osl_pair_word;

typedef struct osl_pair_words {
    osl_pair_word *at;
    uint32_t count;
    uint32_t place_count;
} osl_pair_words;

/* Whether a term with this df may take part at all. Terms that are second
 * meanings of words take none: their pairs would miss places. */
bool osl_pairs_can_have(osl_pair_rule rule, osl_text term, uint32_t df,
                        uint32_t ordinal_count);
/* Of terms that can, in any order: puts them in theirs and sets limits.
 * `tokens` is how many the texts have. */
void osl_pairs_choose(osl_pair_words *words, osl_pair_rule rule,
                      uint64_t tokens);

/* Pairs of ordinals first … end − 1, in order, by their places: first of the
 * left word + number of the right one. */
typedef struct osl_pair_part {
    size_t first, end;
    osl_list32 places;
} osl_pair_part;

typedef struct osl_pairs_found {
    const uint32_t *counts; /* pairs of each ordinal */
    const osl_pair_part *parts;
    unsigned part_count;
    unsigned thread_count;  /* to encode with */
    size_t entries_at_once; /* that may be sorted, but those of one left word
                               always; 0: all. Of one part only */
} osl_pairs_found;

/* Sends pairs to the writer, which is in their field: "a b", the terms' bytes
 * with a space between; tf is how often they stand so. */
OSL_MUST_CHECK osl_status osl_pairs_send(const osl_pair_words *words,
                                         const osl_pairs_found *found,
                                         osl_writer *writer, osl_error *err);

/* What pairs of a batch are made of; borrowed. */
typedef struct osl_pairs_input {
    const osl_batch *batch;
    const osl_terms *terms;
    const uint32_t *dfs; /* of each term by rank */
    osl_pairs pairs;
    unsigned thread_count; /* 0: one */
} osl_pairs_input;

/* Sends the pairs of a batch's text to the writer, behind text itself. */
OSL_MUST_CHECK osl_status osl_pairs_write(const osl_pairs_input *input,
                                          osl_writer *writer, osl_error *err);

#endif
