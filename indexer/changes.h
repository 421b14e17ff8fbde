/* SPDX-License-Identifier: MIT
 *
 * A folder of change files, as distributors of guidelines send them to who
 * has the whole: new, revised and removed documents.
 *
 *   added/ new/                             files that were not there
 *   modified/ changed/ revised/ updated/    files in place of others
 *   removed/ deleted/                       files that stand for those to go
 *   removed.txt deleted.txt                 their names, one a line
 *   anything else                           new or revised, as it turns out
 *
 * A file is another's in place when it has its path below the root (without
 * the folder's name above), or its name, where that is the only one; it then
 * is called as that one is, so that its document keeps its id. The other one
 * is hidden, not touched: when the change folder goes, it is back. Change
 * folders come after all others, in order of their paths.
 *
 * Threads: one at a time. */
#ifndef OSL_INDEXER_CHANGES_H
#define OSL_INDEXER_CHANGES_H

#include "indexer/sources.h"

/* Whether a folder says that it holds changes: it has one of the folders or
 * lists of what is removed. */
bool osl_changes_is_folder(const char *path);

/* Names and hides files by the change folders among the roots; *hidden counts
 * files hidden. The files are sorted anew. */
OSL_MUST_CHECK osl_status osl_changes_apply(osl_source_files *files,
                                            osl_arena *arena, size_t *hidden,
                                            osl_error *err);

#endif
