/* SPDX-License-Identifier: MIT
 *
 * What is new against the generation before: documents by id and content,
 * paragraphs by the hash of their text.
 *
 * Threads: one at a time. */
#ifndef OSL_INDEXER_COMPARE_H
#define OSL_INDEXER_COMPARE_H

#include "core/segment/index.h"
#include "indexer/batch.h"
#include "indexer/indexer.h"

/* Fills documents, added, changed, removed, paragraphs, paragraphs_written
 * and reused of the report. `old` may be NULL. The batch is compact. */
OSL_MUST_CHECK osl_status osl_compare(const osl_batch *batch,
                                      const osl_index *old,
                                      osl_index_report *report, osl_error *err);

#endif
