/* SPDX-License-Identifier: MIT
 *
 * The index folder as its writer sees it: the lock, temporary names, the
 * order of writing that leaves one whole generation at every moment, and the
 * sweeping of what no kept generation names.
 *
 *   new files as NAME.tmp, fsync each → rename each → fsync folder
 *   (→ manifest.tmp: the watcher looks at what it names, and may refuse it)
 *   → manifest-N.tmp, fsync, rename → manifest.tmp, fsync, rename over
 *   manifest → fsync folder → sweep: old manifests, fsync folder, old files
 *
 * Threads: one writer a folder, across processes (the lock sees to it). */
#ifndef OSL_INDEXER_PUBLISH_H
#define OSL_INDEXER_PUBLISH_H

#include "core/segment/manifest.h"
#include "indexer/indexer.h"

#include <limits.h>

#define OSL_FOR_EVER UINT_MAX /* milliseconds */

/* The folder, locked. Caller's storage; all zero is "not open". */
typedef struct osl_folder {
    const char *path;                 /* borrowed */
    const osl_index_watcher *watcher; /* borrowed; may be NULL */
    int lock;                         /* file descriptor + 1; 0: not held */
    bool is_new; /* made here: removed again if nothing is published */
} osl_folder;

/* Makes the folder where there is none, and takes its lock. Where another
 * process holds it, waits for it (0: ten seconds, as for a writer that is about
 * to end), asking the watcher's cancelled() now and then; then OSL_EBUSY names
 * that process. OSL_EINVAL for a folder that is something else. */
OSL_MUST_CHECK osl_status osl_folder_open(osl_folder *out, const char *path,
                                          unsigned patience_ms,
                                          const osl_index_watcher *watcher,
                                          osl_error *err);
/* Gives the lock back; removes a folder that was made for nothing. */
void osl_folder_close(osl_folder *folder);

/* "PATH/NAME" for a name; NULL when memory is out. To be freed. */
char *osl_folder_file(const osl_folder *folder, const char *name);

/* The current manifest, or the newest kept one that can be read where it is
 * damaged; *found false where there is none. */
OSL_MUST_CHECK osl_status osl_folder_manifest(const osl_folder *folder,
                                              osl_manifest *out, bool *found,
                                              osl_arena *arena, osl_error *err);

/* Renames NAME.tmp to NAME, all synced before; `names` ends with NULL. Then
 * makes `manifest` the current generation. */
OSL_MUST_CHECK osl_status osl_folder_publish(const osl_folder *folder,
                                             const char *const *names,
                                             const osl_manifest *manifest,
                                             osl_error *err);
/* Publishes a generation that osl_folder_manifest() gave once more where no
 * `manifest` can be read: else everybody who opens the folder would be told
 * until something changes. */
OSL_MUST_CHECK osl_status osl_folder_restore(const osl_folder *folder,
                                             const osl_manifest *manifest,
                                             osl_error *err);
/* Writes `bytes` as NAME.tmp and syncs it. */
OSL_MUST_CHECK osl_status osl_folder_write(const osl_folder *folder,
                                           const char *name, osl_text bytes,
                                           osl_error *err);
/* Removes temporary files, kept manifests but the newest `keep` − 1, and files
 * that no manifest left names. Nothing that is not ours by its name, nothing
 * at all where a manifest cannot be read; what is left over is the next
 * sweep's. */
void osl_folder_sweep(const osl_folder *folder, unsigned keep);

#endif
