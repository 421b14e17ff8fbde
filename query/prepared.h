/* SPDX-License-Identifier: MIT
 *
 * A query whose text has been read: words and phrases, each wanted, required
 * or forbidden. All of it lies in a few lines of memory, one behind the other:
 * among many others, a query is read from far away each time. */
#ifndef OSL_QUERY_PREPARED_H
#define OSL_QUERY_PREPARED_H

#include "query/flat.h"

/* A word or phrase. */
typedef struct osl_clause {
    osl_flat_occur occur;
    uint16_t word_count, first_word; /* of the query's */
    double weight;
} osl_clause;

struct osl_prepared {
    double k1, b;
    const osl_clause *clauses;
    const osl_text *words;
    /* "a b": words[i] and words[i + 1]; empty where a clause ends. */
    const osl_text *pairs;
    unsigned clause_count, word_count;
    bool has_phrase;
    /* The clause whose df counts all that match: one word, alone or required
     * beside wanted ones. NULL where others matter. */
    const osl_clause *counted;
};

#endif
