/* SPDX-License-Identifier: MIT
 *
 * Tokens of a field to postings, term by term in order of bytes.
 *
 * Counting sort: how often each term occurs is known from the forms' counts,
 * so every term has its place in one array before the first token is looked
 * at; then each token is one write at its term's cursor. Growing lists by
 * term took 10.8 to 11.8 ns a token where this takes 7.5. Ordinals start at
 * multiples of 64 in the numbering of positions, so that the block of a
 * position gives its ordinal by counting a few bits; the bits that a number
 * leaves free say which surface form it was, which saves looking it up.
 *
 * Threads: one call at a time; it uses as many threads as it is told. Each
 * scatters a run of ordinals, with cursors of its own, the last one from its
 * end; then each takes runs of terms and encodes them, and hands them to the
 * writer in their order. */
#ifndef OSL_INDEXER_INVERT_H
#define OSL_INDEXER_INVERT_H

#include "core/kernels/kernels.h"
#include "indexer/terms.h"

typedef struct osl_invert_options {
    osl_field field;
    bool with_forms;
    unsigned thread_count; /* 0: one */
    uint32_t *dfs;         /* of each rank, to be filled; may be NULL */
    const osl_kernels *kernels;
} osl_invert_options;

/* Sends the whole field to the writer, which begins it; the caller ends it. The
 * writer's own failures come out at its close. */
OSL_MUST_CHECK osl_status osl_invert(const osl_batch *batch,
                                     const osl_terms *terms,
                                     const osl_invert_options *options,
                                     osl_writer *writer, osl_error *err);

#endif
