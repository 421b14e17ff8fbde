/* SPDX-License-Identifier: MIT
 *
 * A batch to a segment file.
 *
 * Threads: one batch, one call at a time, which uses as many threads as it is
 * told; the bytes are the same. */
#ifndef OSL_INDEXER_BUILD_H
#define OSL_INDEXER_BUILD_H

#include "indexer/batch.h"
#include "indexer/indexer.h"
#include "indexer/lexicon.h"

/* What scores are bounded for; queries may ask for others. */
#define OSL_BOUNDS_K1 1.2
#define OSL_BOUNDS_B  0.75

typedef struct osl_build_options {
    const osl_kernels *kernels;
    uint64_t fingerprint;
    osl_store store;
    osl_pairs pairs;
    unsigned thread_count; /* 0: one */
    osl_lexicon *lexicon;  /* has met some words of the text; or NULL */
    bool is_run; /* soon to be merged: codes of texts need not be short */
    uint64_t memory_bytes; /* under this bound runs are merged, with more time
                              for the same bytes; 0: there is none */
} osl_build_options;

typedef struct osl_build_result {
    uint64_t file_bytes;
    uint64_t terms; /* of text */
} osl_build_result;

/* Writes the segment `path` (a temporary name) and syncs it. The batch has
 * one document at least; it is compacted, and gives back what finds words in
 * it: nothing more is put. On failure no file is left. */
OSL_MUST_CHECK osl_status osl_build_segment(osl_batch *batch, const char *path,
                                            const osl_build_options *options,
                                            osl_build_result *out,
                                            osl_error *err);

#endif
