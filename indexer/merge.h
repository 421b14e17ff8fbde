/* SPDX-License-Identifier: MIT
 *
 * Several segments to one, without what has died in them.
 *
 * The result is, byte for byte, the segment that a batch of the same living
 * documents in the same order would have given: so an index does not show by
 * which updates it came about, and runs of a bounded memory add up to what
 * one unbounded batch gives. Everything local to a segment is made anew:
 * ordinals, numbers of strings and forms, word codes (by frequency over all),
 * bounds, and pairs, which are those of the rule for the merged statistics.
 *
 * It streams: inputs are read from their maps, term by term over all of them;
 * in memory are the term at hand, the vocabulary of stored texts until it is
 * written, the new dictionary until its field is, and 8 to 30 bytes a document.
 * Under a bound pairs that were found, and of a small one the sample that codes
 * are learned from, go to a file without a name (core/base/spill.h).
 *
 * Threads: one call, one thread; inputs may be searched meanwhile. */
#ifndef OSL_INDEXER_MERGE_H
#define OSL_INDEXER_MERGE_H

#include "core/segment/deletions.h"
#include "indexer/build.h"

typedef struct osl_merge_input {
    const osl_segment *segment;     /* borrowed, as below */
    const osl_deletions *deletions; /* NULL: nothing has died */
} osl_merge_input;

/* Writes the segment `path` (a temporary name) and syncs it. Documents come in
 * order of inputs; a living id is in one of them only, one document lives at
 * least, and all inputs are of the options' analysis and keep texts where the
 * options do: else OSL_EINVAL. OSL_ELIMIT where they do not fit one segment,
 * OSL_ECORRUPT where an input is damaged. On failure no file is left. */
OSL_MUST_CHECK osl_status osl_merge_segments(const osl_merge_input *inputs,
                                             size_t count, const char *path,
                                             const osl_build_options *options,
                                             osl_build_result *out,
                                             osl_error *err);

#endif
