/* SPDX-License-Identifier: MIT
 *
 * The batch's texts to word codes (core/segment/store.h): forms and gaps are
 * ranked together, and each paragraph is one run of table look-ups.
 *
 * Threads: one call at a time. */
#ifndef OSL_INDEXER_WORDS_H
#define OSL_INDEXER_WORDS_H

#include "indexer/batch.h"

/* Writes the three sections of the store, by as many threads as `size` says;
 * `small`: its codes compressed. */
OSL_MUST_CHECK osl_status osl_words_write(const osl_batch *batch,
                                          osl_writer *writer, bool small,
                                          unsigned size, osl_error *err);

#endif
