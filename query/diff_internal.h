/* SPDX-License-Identifier: MIT
 *
 * Two versions of a document against each other: the middle of diff.h. */
#ifndef OSL_QUERY_DIFF_INTERNAL_H
#define OSL_QUERY_DIFF_INTERNAL_H

#include "query/answer.h"
#include "query/diff_align.h"

/* One version: where it stands, and its paragraphs. */
typedef struct osl_diff_version {
    const osl_index *index;     /* NULL: there is none */
    const osl_segment *segment; /* likewise */
    uint32_t number, document;  /* of the segment; in it */
    uint32_t count;
    osl_hit *hits;      /* of every paragraph */
    uint64_t *hashes;   /* of their texts */
    uint32_t *partner;  /* in the other version, or OSL_DIFF_NONE */
    osl_change *change; /* of each: none, changed, moved; else it has no
                         * partner */
    bool *stays;        /* the same text among the same neighbours */
} osl_diff_version;

/* Reads segment and document of a version; all into the answer's arena. */
OSL_MUST_CHECK osl_status osl_diff_version_read(osl_diff_version *version,
                                                osl_answer *answer,
                                                osl_error *err);
/* Fills partner and change of both. */
OSL_MUST_CHECK osl_status osl_diff_match(osl_diff_version *before,
                                         osl_diff_version *after,
                                         osl_arena *arena, osl_error *err);
/* Fills the counts and paragraphs of *out. */
OSL_MUST_CHECK osl_status osl_diff_list_paragraphs(
    const osl_diff_version *before, const osl_diff_version *after,
    osl_arena *arena, osl_diff_document *out, osl_error *err);

#endif
