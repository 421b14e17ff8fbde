/* SPDX-License-Identifier: MIT
 *
 * A batch's columns as the segment's tables want them: strings numbered anew
 * (ids first, so that a record's id needs no number), documents in order of
 * id, ranks, starts of lists.
 *
 * Threads: pure. */
#ifndef OSL_INDEXER_LAYOUT_H
#define OSL_INDEXER_LAYOUT_H

#include "indexer/batch.h"

/* `tables` borrows from the batch and from `arena`, until either is cleared.
 * The batch's own numbers of strings are replaced: once a batch. */
OSL_MUST_CHECK osl_status osl_layout_tables(osl_batch *batch, osl_arena *arena,
                                            osl_tables *tables, osl_error *err);

#endif
