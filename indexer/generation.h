/* SPDX-License-Identifier: MIT
 *
 * The generation that an update writes: its names, its segments, its manifest.
 *
 *   segments.c   which segments it has: old ones, with what has died in them,
 *                the batch as a new one, several merged into one
 *   write.c      registry, manifest, publication
 *
 * Threads: one at a time. */
#ifndef OSL_INDEXER_GENERATION_H
#define OSL_INDEXER_GENERATION_H

#include "indexer/update.h"

/* Texts are the update's arena's. */
typedef struct osl_generation {
    osl_update *u;
    uint64_t number;
    osl_manifest manifest;
    osl_manifest_segment *segments; /* of the manifest */
    const char **names;             /* new files, ends with NULL */
    size_t name_count;
    uint64_t bytes, terms;
} osl_generation;

/* A name that begins with `stem` and the generation's number. NULL when memory
 * is out. */
const char *osl_generation_name(osl_generation *generation, const char *stem,
                                const char *ending);
/* Writes a file of the generation, to be published with it; `name` may be
 * NULL: memory was out. */
OSL_MUST_CHECK osl_status osl_generation_write(osl_generation *generation,
                                               const char *name,
                                               const osl_buf *bytes,
                                               osl_error *err);
/* Writes new segments, catalogs and deletions; fills the manifest's list. */
OSL_MUST_CHECK osl_status osl_generation_segments(osl_generation *generation,
                                                  osl_error *err);

#endif
