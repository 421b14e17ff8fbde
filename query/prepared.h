/* SPDX-License-Identifier: MIT
 *
 * A query whose text has been read: words and phrases, each wanted, required
 * or forbidden. All of it lies in a few lines of memory, one behind the other:
 * among many others, a query is read from far away each time. The bytes of
 * words come first, so that what a df counts is read from a line or two. */
#ifndef OSL_QUERY_PREPARED_H
#define OSL_QUERY_PREPARED_H

#include "query/asked.h"
#include "query/flat.h"

/* A word or phrase. */
typedef struct osl_clause {
    osl_flat_occur occur;
    uint16_t word_count, first_word; /* of the query's */
    double weight;
} osl_clause;

struct osl_prepared {
    /* The word whose df counts all that match: alone, or required beside
     * wanted ones. No bytes where others matter. */
    osl_text counted;
    uint64_t counted_hash;
    uint16_t clause_count, word_count;
    bool has_phrase;
    const osl_clause *clauses;
    const osl_text *words;
    /* "a b": words[i] and words[i + 1]; empty where a clause ends. NULL where
     * there is no phrase. */
    const osl_text *pairs;
    const uint64_t *hashes, *pair_hashes; /* osl_asked_hash() of these */
    double k1, b;
};

#endif
