/* SPDX-License-Identifier: MIT
 *
 * Documents die: which statistics go with them.
 *
 * Stored texts of what dies are analysed again, the way batch.c and terms.c
 * did it; where a segment stores none, or so much dies that it is cheaper,
 * every term's postings are held against the dead. Both ways give the same
 * bytes.
 *
 * Threads: one at a time; the segment may be searched meanwhile. */
#ifndef OSL_INDEXER_DELETIONS_H
#define OSL_INDEXER_DELETIONS_H

#include "core/segment/deletions.h"
#include "core/text/text.h"

/* Appends the file (NNNNNN-GGGGGG.del, core/segment/deletions.h) that stands
 * for `before` (NULL: none) and the deaths of `documents`: ordinals in the
 * segment, rising; those that are dead already may be among them. The
 * analyzer is of the segment's fingerprint. OSL_EINVAL for an ordinal that is
 * none. */
OSL_MUST_CHECK osl_status
osl_deletions_build(osl_buf *out, const osl_segment *segment,
                    const osl_deletions *before, const uint32_t *documents,
                    size_t count, const osl_analyzer *analyzer, osl_error *err);

#endif
