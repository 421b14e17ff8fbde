/* SPDX-License-Identifier: MIT
 *
 * The steps of osl_update_find() and what they share:
 *
 *   find_roots.c   what is named and what is known → roots
 *   find_files.c   roots → files, all or where events say so
 *   find_shut.c    what may not be looked at stays as it was
 *   find.c         files → which are as they were
 *
 * All work on an update, whose arena has what they make. Where nothing else is
 * said they fail only where memory is out (OSL_ENOMEM).
 *
 * Threads: one at a time. */
#ifndef OSL_INDEXER_FIND_H
#define OSL_INDEXER_FIND_H

#include "indexer/update.h"

/* OSL_ENOMEM, with words. */
static inline osl_status osl_update_find_no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "out of memory while listing sources");
}

/* ---- roots (find_roots.c) ----------------------------------------------- */

/* Fills update->roots, in order, and says which are aside. OSL_EINVAL where
 * there is none; OSL_ENOTFOUND where nothing is at a path that is named;
 * OSL_EIO where standard input is, and cannot be read. */
OSL_MUST_CHECK osl_status osl_update_find_roots(osl_update *update,
                                                const char *const *paths,
                                                size_t path_count,
                                                osl_error *err);
/* Whether the registry had a root of its path and kind. */
bool osl_update_knows_root(const osl_update *update, const osl_root *root);
/* The number that a root of the registry has now; OSL_NONE: it is left out. */
uint32_t osl_update_root_of(const osl_update *update, const osl_root *old);
/* The folder that a root, which is none of input, is or stands in; borrowed of
 * the root, or the arena's. NULL: memory. */
const char *osl_update_folder_of(osl_update *update, const osl_root *root);
/* Whether roots have their numbers of before, and so sources their order. */
bool osl_update_has_old_roots(const osl_update *update);
/* Whether a root is a folder of change files. */
bool osl_update_has_changes(const osl_update *update);

/* ---- files (find_files.c) ----------------------------------------------- */

/* Fills update->files, in order, is_partial, and, where that is set, before.
 * *doubtful, false before: events have lost something on the way, and all is to
 * be begun again. OSL_EINVAL where there is no file to index, or none in what
 * is new; OSL_ELIMIT, OSL_EIO as for osl_source_files_find(). */
OSL_MUST_CHECK osl_status osl_update_find_files(osl_update *update,
                                                bool *doubtful, osl_error *err);
/* Adds sources of the registry as they were, those that `wanted` says, with the
 * number that their root has now. */
OSL_MUST_CHECK osl_status osl_update_add_old(
    osl_update *update,
    bool (*wanted)(void *user, const osl_registry_source *old, uint32_t root),
    void *user, osl_error *err);

/* ---- what nobody lets us look at (find_shut.c) -------------------------- */

/* Adds the sources of the registry that stand where the walk was not let, and
 * tells of these places. A folder of changes with such a file is aside. */
OSL_MUST_CHECK osl_status osl_update_add_shut(osl_update *update,
                                              osl_error *err);

#endif
