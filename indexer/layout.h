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

typedef struct osl_layout {
    osl_tables tables;
    /* What is behind them. */
    uint32_t string_count;
    const uint64_t *string_offsets; /* n + 1 */
    const uint8_t *string_heap;
    const uint32_t *first_paragraphs;
    uint32_t document_count, paragraph_count;
} osl_layout;

/* `layout` borrows from the batch and from `arena`, until either is cleared,
 * and may not move. The batch's own numbers of strings are replaced: once a
 * batch. */
OSL_MUST_CHECK osl_status osl_layout_tables(osl_batch *batch, osl_arena *arena,
                                            osl_layout *layout, osl_error *err);

#endif
