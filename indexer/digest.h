/* SPDX-License-Identifier: MIT
 *
 * Is this the same document? One number of all that a segment keeps of it, so
 * that equal numbers mean that nothing has to be written.
 *
 * Threads: pure functions. */
#ifndef OSL_INDEXER_DIGEST_H
#define OSL_INDEXER_DIGEST_H

#include "corpus/corpus.h"

/* Over metadata, headings and paragraphs with all that belongs to them; lines
 * count from the first paragraph's, so that a record that has only moved
 * within its file is the same. */
uint64_t osl_document_digest(const osl_document *document);

#endif
