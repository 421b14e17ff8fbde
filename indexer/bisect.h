/* SPDX-License-Identifier: MIT
 *
 * An order of documents in which those of like words stand together.
 *
 * Recursive bisection (Dhulipala et al., Compressing Graphs and Indexes with
 * Recursive Graph Bisection, KDD 2016; for inverted indexes Mackenzie et al.,
 * ECIR 2019). A part of the documents is halved so that the logarithms of the
 * gaps between the documents of a term, as they come to be on average, add up
 * to little:
 *
 *     cost = Σ over terms and halves: degree · log2(size / (degree + 1))
 *
 * where a term's degree is the number of documents of the half that have it.
 * Halves are those of the order before; then, some rounds long, each
 * document's gain from the other half is summed over its terms, and the left
 * half becomes those that want to be there most. Then each half in its turn,
 * down to a few documents. Documents keep their order
 * otherwise, so what stands together already does not suffer.
 *
 * A gain is in units of 2^-8, rounded towards 0 term by term; a term that one
 * document of a part has alone gives none.
 *
 * Where others sort both halves by gain and swap them pair by pair, the same
 * documents are found here by one selection: a pair is swapped where one
 * wants to be in the left half more than the other one does. All sums are of
 * integers, and no two keys are the same: the order is one, wherever it is
 * computed.
 *
 * Threads: pure functions. */
#ifndef OSL_INDEXER_BISECT_H
#define OSL_INDEXER_BISECT_H

#include "core/core.h"

enum { OSL_BISECT_ROUNDS = 8 };

/* Document i has the terms[starts[i] … starts[i + 1]), each once and below
 * term_count. Borrowed. */
typedef struct osl_bisect_lists {
    const uint32_t *starts; /* document_count + 1 */
    const uint32_t *terms;
    uint32_t document_count; /* below 2^31 */
    uint32_t term_count;
    uint32_t leaf; /* parts of so many are not halved; at least 1 */
} osl_bisect_lists;

/* Fills order[document_count]: the document that is to stand at each place.
 * OSL_ENOMEM. */
OSL_MUST_CHECK osl_status osl_bisect(const osl_bisect_lists *lists,
                                     uint32_t *order, osl_error *err);

/* log2(value), value > 0, in units of 2^-16, rounded down. */
uint32_t osl_bisect_log2(uint32_t value);

#endif
