/* SPDX-License-Identifier: MIT
 *
 * What does not fit the bound on memory: a batch that is full becomes a run, a
 * segment under a temporary name, and the next batch begins. At the end the
 * runs are merged, without the documents that turned out dead, into the very
 * segment that one batch of all would have given.
 *
 *     batch ──full──▶ run ┐
 *     batch ──full──▶ run ├─merge─▶ segment
 *     batch ──end───▶ run ┘
 *
 * Runs have texts as word codes, uncompressed, and no pairs: merging makes
 * both anew. More than OSL_RUNS_AT_ONCE are merged in several levels, so that
 * what a merge keeps of each input stays small beside the bound.
 *
 * Threads: one at a time. */
#ifndef OSL_INDEXER_RUNS_H
#define OSL_INDEXER_RUNS_H

#include "core/segment/deletions.h"
#include "indexer/build.h"

#define OSL_RUNS_AT_ONCE 16u

typedef struct osl_run {
    uint32_t first, count; /* documents, among all that were read */
    char *path;            /* of its file; owns, as all below */
    osl_segment *segment;
    osl_buf died;
    osl_deletions *deletions;         /* NULL: all live */
    bool is_dead;                     /* nothing lives: to be left out */
    osl_column_view first_paragraphs; /* not verified before use */
} osl_run;

/* Caller's storage; all zero is empty. */
typedef struct osl_runs {
    osl_run *at; /* owns */
    size_t count, capacity;
    uint32_t document_count; /* of all runs */
    unsigned file_count;     /* that were made, for their names */
} osl_runs;

/* How to write runs: paths begin with `stem`, the settings are the index's. */
typedef struct osl_runs_options {
    const char *stem;
    const osl_analyzer *analyzer;
    osl_build_options build;
} osl_runs_options;

/* The batch, in which no document is dead, as the next run; the batch is empty
 * afterwards. */
OSL_MUST_CHECK osl_status osl_runs_add(osl_runs *runs, osl_batch *batch,
                                       const osl_runs_options *options,
                                       osl_error *err);
/* The segment of a run that has the document, and its paragraphs there: [*from,
 * *to). document < document_count. */
const osl_segment *osl_runs_paragraphs(const osl_runs *runs, uint32_t document,
                                       uint32_t *from, uint32_t *to);
/* Merges all that is not `dead` (a byte a document; some live) into the
 * segment `path`. The runs are gone then. */
OSL_MUST_CHECK osl_status osl_runs_merge(osl_runs *runs, const uint8_t *dead,
                                         const osl_runs_options *options,
                                         const char *path,
                                         osl_build_result *out, osl_error *err);
/* Removes the files, too. */
void osl_runs_clear(osl_runs *runs);

/* ---- how much fits ------------------------------------------------------ */

/* The bound where none is asked for: half of the memory that this process may
 * use. */
uint64_t osl_memory_default(void);
/* What a batch may hold under a bound, where `other` bytes are taken: a part,
 * since making a segment of it takes room, too. */
uint64_t osl_memory_of_batch(uint64_t bound, uint64_t other);
/* In which slices to read large files then. */
uint64_t osl_memory_of_slice(uint64_t bound);

#endif
