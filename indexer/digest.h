/* SPDX-License-Identifier: MIT
 *
 * Is this the same document? One number of all that a segment keeps of it, so
 * that equal numbers mean that nothing has to be written.
 *
 * Threads: pure functions. */
#ifndef OSL_INDEXER_DIGEST_H
#define OSL_INDEXER_DIGEST_H

#include "core/segment/segment.h"
#include "corpus/corpus.h"

/* Over metadata, headings and paragraphs with all that belongs to them; lines
 * count from the first paragraph's, so that a record that has only moved
 * within its file is the same. */
uint64_t osl_document_digest(const osl_document *document);
/* A record of one paragraph, without headings or other names: its digest can be
 * made again of what its segment keeps, texts or not. */
bool osl_document_is_plain(const osl_document *document);
OSL_MUST_CHECK osl_status osl_plain_digest(const osl_segment *segment,
                                           uint32_t document, uint64_t *out,
                                           osl_error *err);

#endif
