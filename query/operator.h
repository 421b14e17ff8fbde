/* SPDX-License-Identifier: MIT
 *
 * Operators between two operands, which look at where these stand: `a NEAR/5
 * b`. All that the rest of the engine asks of one is here: the language reads
 * its name and number, a tree prints them, a plan keeps them, and a segment's
 * source is made of the sources of both sides. So a new one is a file
 * `source_NAME.c` with its source and its `osl_operator`, and a line in
 * operator.c.
 *
 * Operands are words, phrases, groups of alternatives and what other operators
 * gave; of anything else the operator is read as AND, with a note. Both sides
 * are looked for in the same field, and what is found weighs as a phrase does:
 * idf is the sum of its words'. */
#ifndef OSL_QUERY_OPERATOR_H
#define OSL_QUERY_OPERATOR_H

#include "query/source.h"

typedef struct osl_operator {
    const char *name; /* capitals: NAME/number in a query */
    const char *plan; /* as a plan is printed: near5(a b) */
    /* Where both sides stand as the operator asks. The sides are borrowed and
     * live as long as the arena, as what is made does. `number` is at least 1.
     * Mostly an osl_checked (source.h), which needs to say no more than how
     * often in one ordinal, and where. NULL: memory. */
    osl_source *(*source)(osl_source *left, osl_source *right, uint32_t number,
                          osl_arena *arena);
} osl_operator;

/* From the end of the one to the start of the other at most `number` places,
 * neighbours being 1 apart; ADJ: the left one first. */
extern const osl_operator osl_operator_near, osl_operator_adj;

/* Which operator stands at `at` as a word of its own: the bytes that it takes,
 * 0 where none does. *number is 1 to 1,000,000: 0 is read as 1, more as the
 * greatest. Thread-safe. */
size_t osl_operator_scan(const char *at, const char *end,
                         const osl_operator **op, int32_t *number);

#endif
