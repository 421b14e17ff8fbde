/* SPDX-License-Identifier: MIT
 *
 * Roots: those that are named, and those that are known from last time. Their
 * order is that of their paths, so that the order of typing leaves no trace.
 * Known roots that are neither named nor there stay aside: their documents
 * remain as they are. */
#include "indexer/find.h"

#include "indexer/changes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- roots -------------------------------------------------------------- */

static osl_status add_known_roots(osl_update *u, osl_error *err)
{
    osl_status status = OSL_OK;
    for (size_t i = 0; i < u->old_registry.root_count && status == OSL_OK;
         i++) {
        const osl_root *root = &u->old_registry.roots[i];
        bool is_input = root->kind == OSL_ROOT_INPUT;
        if (is_input && u->input[0])
            continue; /* the new one stands for it */
        status =
            osl_roots_add(&u->roots, root,
                          is_input ? "standard input" : root->path.bytes, err);
    }
    return status;
}

static osl_status add_named_roots(osl_update *u, const char *const *paths,
                                  size_t path_count, osl_error *err)
{
    osl_status status = OSL_OK;
    for (size_t i = 0; i < path_count && status == OSL_OK; i++) {
        if (strcmp(paths[i], "-") != 0)
            status = osl_roots_add_path(&u->roots, paths[i], &u->arena, err);
        else if (!u->input[0])
            status = osl_update_add_input(u, err);
    }
    return status;
}

static int compare_roots(const void *left, const void *right)
{
    const osl_root *a = left, *b = right;
    int order = osl_text_compare(a->path, b->path);
    return order != 0 ? order : (int)a->kind - (int)b->kind;
}

static osl_status sort_roots(osl_update *u, osl_error *err)
{
    size_t count = u->roots.count;
    osl_root *sorted = osl_arena_zero(&u->arena, count, sizeof *sorted);
    const char **shown = osl_arena_zero(&u->arena, count, sizeof *shown);
    if (!sorted || !shown)
        return osl_update_find_no_memory(err);
    memcpy(sorted, u->roots.at, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_roots);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            if (compare_roots(&sorted[i], &u->roots.at[j]) == 0)
                shown[i] = u->roots.shown[j];
    memcpy(u->roots.at, sorted, count * sizeof *sorted);
    memcpy((void *)u->roots.shown, (const void *)shown, count * sizeof *shown);
    return OSL_OK;
}

/* ---- what others ask ---------------------------------------------------- */

bool osl_update_knows_root(const osl_update *u, const osl_root *root)
{
    for (size_t i = 0; i < u->old_registry.root_count; i++)
        if (compare_roots(root, &u->old_registry.roots[i]) == 0)
            return true;
    return false;
}

uint32_t osl_update_root_of(const osl_update *u, const osl_root *old)
{
    for (uint32_t i = 0; i < u->roots.count; i++) {
        const osl_root *root = &u->roots.at[i];
        if (root->kind == old->kind && (root->kind == OSL_ROOT_INPUT ||
                                        osl_text_equal(root->path, old->path)))
            return i;
    }
    return OSL_NONE;
}

const char *osl_update_folder_of(osl_update *u, const osl_root *root)
{
    const char *path = root->path.bytes, *slash = strrchr(path, '/');
    if (root->kind != OSL_ROOT_FILE || !slash)
        return path;
    return osl_arena_copy(
        &u->arena, (osl_text){path, slash > path ? (size_t)(slash - path) : 1});
}

bool osl_update_has_old_roots(const osl_update *u)
{
    bool same = u->roots.count == u->old_registry.root_count;
    for (uint32_t i = 0; same && i < u->roots.count; i++)
        same = compare_roots(&u->roots.at[i], &u->old_registry.roots[i]) == 0;
    return same;
}

bool osl_update_has_changes(const osl_update *u)
{
    for (size_t i = 0; i < u->roots.count; i++)
        if (u->roots.at[i].kind == OSL_ROOT_CHANGES)
            return true;
    return false;
}

/* ---- roots at hand ------------------------------------------------------ */

/* Named, or with files in common with what was named. */
static bool is_named(const osl_root *root, const osl_root *named, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (root->kind == OSL_ROOT_INPUT || named[i].kind == OSL_ROOT_INPUT
                ? root->kind == named[i].kind
                : osl_path_is_within(root->path, named[i].path) ||
                      osl_path_is_within(named[i].path, root->path))
            return true;
    return count == 0;
}

/* Where the system fails to say it, it is for the walk to fail. */
static bool is_there(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 || (errno != ENOENT && errno != ENOTDIR &&
                                      errno != EACCES && errno != ELOOP);
}

/* A known folder that is not there (a disk that is not mounted) keeps its
 * documents; so does a file whose folder is not there. */
static bool is_away(osl_update *u, uint32_t n)
{
    const osl_root *root = &u->roots.at[n];
    const char *path = root->path.bytes;
    if (root->kind == OSL_ROOT_INPUT || is_there(path))
        return false;
    if (root->kind == OSL_ROOT_FILE) {
        const char *folder = osl_update_folder_of(u, root);
        if (folder && is_there(folder))
            return false;
    }
    if (u->events)
        osl_events_miss(u->events, path);
    osl_update_tell(u, u->roots.shown[n], 0, false,
                    "is not there; its documents stay (--full and the "
                    "paths that are to stay leave it out)");
    return true;
}

/* A new folder of changes, if there is something that it may change; one that
 * is known stays what it was. */
static void look_for_changes(osl_update *u, size_t named_count)
{
    size_t others = u->old_registry.root_count;
    for (size_t i = 0; i < named_count; i++) {
        osl_root *root = &u->roots.at[i];
        for (size_t j = 0; j < u->old_registry.root_count; j++)
            if (osl_text_equal(u->old_registry.roots[j].path, root->path))
                root->kind = u->old_registry.roots[j].kind;
        others += !osl_changes_is_folder(root->path.bytes);
    }
    for (size_t i = 0; i < named_count && others > 0; i++) {
        osl_root *root = &u->roots.at[i];
        if (root->kind != OSL_ROOT_FOLDER || osl_update_knows_root(u, root) ||
            !osl_changes_is_folder(root->path.bytes))
            continue;
        root->kind = OSL_ROOT_CHANGES;
        osl_update_tell(u, u->roots.shown[i], 0, false,
                        "is read as changes to what is known");
    }
}

osl_status osl_update_find_roots(osl_update *u, const char *const *paths,
                                 size_t path_count, osl_error *err)
{
    const osl_root *named = NULL;
    osl_status status = add_named_roots(u, paths, path_count, err);
    size_t named_count = u->roots.count;
    if (status != OSL_OK)
        return status;
    look_for_changes(u, named_count);
    if (named_count > 0) {
        osl_root *copy = osl_arena_zero(&u->arena, named_count, sizeof *copy);
        if (!copy)
            return osl_update_find_no_memory(err);
        memcpy(copy, u->roots.at, named_count * sizeof *copy);
        named = copy;
    }
    if (!u->options->full || path_count == 0)
        status = add_known_roots(u, err);
    if (status == OSL_OK && u->roots.count == 0)
        status = osl_fail(err, OSL_EINVAL,
                          "nothing to index: no path is given and none is "
                          "known from last time");
    if (status == OSL_OK)
        status = sort_roots(u, err);
    if (status != OSL_OK)
        return status;
    u->roots.aside = osl_arena_zero(&u->arena, u->roots.count, 1);
    if (!u->roots.aside)
        return osl_update_find_no_memory(err);
    for (uint32_t i = 0; i < u->roots.count; i++)
        u->roots.aside[i] =
            !is_named(&u->roots.at[i], named, named_count) || is_away(u, i);
    return OSL_OK;
}
