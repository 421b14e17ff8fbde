/* SPDX-License-Identifier: MIT
 *
 * A batch's documents in an order in which those of like words stand together
 * (bisect.h), for what searches gain by it: fewer ranges of postings that hold
 * a word, and bounds of ranges that differ more. Whole documents only.
 *
 * Nothing that a search shows depends on the order of documents in a segment;
 * the order depends on the documents alone, not on how they were read.
 *
 * Threads: one at a time. */
#ifndef OSL_INDEXER_REORDER_H
#define OSL_INDEXER_REORDER_H

#include "core/segment/catalog.h"
#include "indexer/batch.h"

/* Puts the documents, none of which is dead, into that order, and what the
 * catalog says of each. What they define was taken from the batch before. For
 * some time all of the batch but its tables is there twice. OSL_ENOMEM; both
 * are of no use then. */
OSL_MUST_CHECK osl_status osl_reorder(osl_batch *batch,
                                      osl_catalog_maker *catalog,
                                      osl_error *err);

#endif
