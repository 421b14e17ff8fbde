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
#include "indexer/lexicon.h"
#include "indexer/old_texts.h"

/* What happens to a segment. */
typedef struct osl_deletions_change {
    const osl_deletions *before; /* what has happened so far; NULL: nothing */
    const uint32_t *documents;   /* that die: rising; may be dead already */
    size_t count;
    const osl_move *moves; /* of all that live then, those before included */
    size_t move_count;
    /* May be NULL: texts that were read, sorted; the segment's number there. */
    const osl_old_texts *texts;
    uint32_t number;
    osl_lexicon *lexicon; /* of the batch that follows; NULL: none */
} osl_deletions_change;

/* Appends the file (NNNNNN-GGGGGG.del, core/segment/deletions.h) that stands
 * for what was before and the change. The analyzer is of the segment's
 * fingerprint. OSL_EINVAL for documents that are none. */
OSL_MUST_CHECK osl_status
osl_deletions_build(osl_buf *out, const osl_segment *segment,
                    const osl_deletions_change *change,
                    const osl_analyzer *analyzer, osl_error *err);

#endif
