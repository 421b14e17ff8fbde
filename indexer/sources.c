/* SPDX-License-Identifier: MIT */
#include "indexer/sources.h"

#include "indexer/strings.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 200 };

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while listing sources");
    return OSL_ENOMEM;
}

/* "a/b" in the arena; `a` may be empty. */
static const char *join(osl_arena *arena, const char *a, const char *b)
{
    size_t a_length = strlen(a), b_length = strlen(b);
    char *joined = osl_arena_take(arena, a_length + b_length + 2);
    bool slash = a_length > 0 && a[a_length - 1] != '/';
    if (!joined)
        return NULL;
    char *at = stpcpy(joined, a);
    if (slash)
        *at++ = '/';
    (void)stpcpy(at, b);
    return joined;
}

/* ---- roots -------------------------------------------------------------- */

void osl_roots_clear(osl_roots *roots)
{
    free(roots->at);
    free(roots->shown);
    *roots = (osl_roots){0};
}

osl_status osl_roots_add(osl_roots *roots, const osl_root *root,
                         const char *shown, osl_error *err)
{
    for (size_t i = 0; i < roots->count; i++)
        if (roots->at[i].kind == root->kind &&
            osl_text_equal(roots->at[i].path, root->path))
            return OSL_OK;
    if (!osl_grow(&roots->at, &roots->capacity, roots->count + 1,
                  sizeof *roots->at) ||
        !osl_grow(&roots->shown, &roots->shown_capacity, roots->count + 1,
                  sizeof *roots->shown))
        return no_memory(err);
    roots->shown[roots->count] = shown;
    roots->at[roots->count++] = *root;
    return OSL_OK;
}

uint32_t osl_roots_layer(const osl_roots *roots, uint32_t root)
{
    uint32_t layer = 0;
    if (roots->at[root].kind != OSL_ROOT_CHANGES)
        return 0;
    for (uint32_t i = 0; i <= root; i++)
        layer += roots->at[i].kind == OSL_ROOT_CHANGES;
    return layer;
}

/* A path that is there. */
static osl_status add_real(osl_roots *roots, const char *path, osl_arena *arena,
                           osl_error *err)
{
    struct stat info;
    char *real = realpath(path, NULL);
    if (!real || stat(real, &info) != 0) {
        int code = errno;
        free(real);
        return osl_fail(err,
                        code == ENOENT || code == ENOTDIR ? OSL_ENOTFOUND
                        : code == ENOMEM                  ? OSL_ENOMEM
                                                          : OSL_EIO,
                        "%s: cannot index it: %s", path, strerror(code));
    }
    osl_root root = {S_ISDIR(info.st_mode) ? OSL_ROOT_FOLDER : OSL_ROOT_FILE,
                     {"", 0}};
    const char *shown = osl_arena_copy(arena, osl_text_of(path));
    osl_status status =
        shown && osl_arena_text(arena, osl_text_of(real), &root.path)
            ? osl_roots_add(roots, &root, shown, err)
            : no_memory(err);
    free(real);
    return status;
}

osl_status osl_roots_add_path(osl_roots *roots, const char *path,
                              osl_arena *arena, osl_error *err)
{
    struct stat info;
    if (stat(path, &info) == 0 || !strpbrk(path, "*?["))
        return add_real(roots, path, arena, err);
    glob_t found = {0};
    int code = glob(path, 0, NULL, &found);
    osl_status status = OSL_OK;
    if (code == GLOB_NOSPACE)
        status = no_memory(err);
    else if (code != 0)
        status = osl_fail(err, OSL_ENOTFOUND,
                          "%s: cannot index it: nothing matches", path);
    for (size_t i = 0; i < found.gl_pathc && status == OSL_OK; i++)
        status = add_real(roots, found.gl_pathv[i], arena, err);
    globfree(&found);
    return status;
}

/* ---- walking ------------------------------------------------------------ */

typedef struct walk {
    osl_source_files *files;
    const osl_source_rules *rules;
    osl_arena *arena;
    uint32_t root;
    osl_strings folders; /* seen: device and inode */
} walk;

static void tell(const walk *w, const char *shown, const char *reason)
{
    const osl_index_watcher *watcher = w->rules->watcher;
    if (watcher && watcher->skipped)
        watcher->skipped(watcher->user, shown, 0, true, reason);
}

/* A glob with a slash is over the whole name, one without also over its last
 * part. */
static bool matches(const char *glob_text, const char *name)
{
    const char *last = strrchr(name, '/');
    return fnmatch(glob_text, name, 0) == 0 ||
           (last && !strchr(glob_text, '/') &&
            fnmatch(glob_text, last + 1, 0) == 0);
}

static bool matches_any(const char *const *globs, size_t count,
                        const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (matches(globs[i], name))
            return true;
    return false;
}

static void note_state(osl_registry_source *of, const struct stat *info)
{
    of->size = (uint64_t)info->st_size;
    of->mtime_ns = (uint64_t)info->st_mtim.tv_sec * 1000000000u +
                   (uint64_t)info->st_mtim.tv_nsec;
    of->ctime_ns = (uint64_t)info->st_ctim.tv_sec * 1000000000u +
                   (uint64_t)info->st_ctim.tv_nsec;
    of->inode = (uint64_t)info->st_ino;
}

bool osl_source_has_moved(const osl_source_file *file)
{
    struct stat info;
    osl_registry_source now = {0};
    if (stat(file->path, &info) != 0)
        return true;
    note_state(&now, &info);
    return now.size != file->known.size ||
           now.mtime_ns != file->known.mtime_ns ||
           now.ctime_ns != file->known.ctime_ns ||
           now.inode != file->known.inode;
}

static osl_status add_file(walk *w, const osl_source_file *place,
                           const struct stat *info, osl_error *err)
{
    osl_source_files *files = w->files;
    const char *name = place->known.name.bytes;
    const osl_source_rules *rules = w->rules;
    if (rules->include_count > 0 &&
        !matches_any(rules->includes, rules->include_count, name))
        return OSL_OK;
    if (!S_ISREG(info->st_mode)) {
        tell(w, place->shown, "not a regular file");
        return OSL_OK;
    }
    if (!osl_grow(&files->at, &files->capacity, files->count + 1,
                  sizeof *files->at))
        return no_memory(err);
    osl_source_file *file = &files->at[files->count++];
    *file = *place;
    file->known.root = w->root;
    note_state(&file->known, info);
    files->bytes += (uint64_t)info->st_size;
    return OSL_OK;
}

/* Notes a folder; false in *first where it was walked before. */
static osl_status enter_folder(walk *w, const struct stat *info, bool *first,
                               osl_error *err)
{
    uint64_t key[2] = {(uint64_t)info->st_dev, (uint64_t)info->st_ino};
    uint32_t before = w->folders.count, id;
    if (!osl_strings_add(&w->folders, (osl_text){(const char *)key, sizeof key},
                         0, &id))
        return no_memory(err);
    *first = w->folders.count > before;
    return OSL_OK;
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* A place that nobody lets us look at. */
static osl_status note_shut(const walk *w, const osl_source_file *place,
                            osl_error *err)
{
    osl_source_files *files = w->files;
    if (!osl_grow(&files->shut, &files->shut_capacity, files->shut_count + 1,
                  sizeof *files->shut))
        return no_memory(err);
    files->shut[files->shut_count++] =
        (osl_shut_place){w->root, place->known.name, place->shown};
    return OSL_OK;
}

/* What cannot be looked at is told and left out; where the system fails (a
 * broken disk, no memory, no file descriptors), nobody knows what is there, and
 * to leave it out would take it from the index. */
static osl_status cannot_look(const walk *w, const osl_source_file *place,
                              int code, osl_error *err)
{
    switch (code) {
    case EACCES:
    case EPERM:
        tell(w, place->shown, strerror(code));
        return note_shut(w, place, err);
    case ELOOP:
    case ENAMETOOLONG:
    case ENOENT:
    case ENOTDIR:
        tell(w, place->shown, strerror(code));
        return OSL_OK;
    default:
        return osl_fail(err, code == ENOMEM ? OSL_ENOMEM : OSL_EIO,
                        "%s: %s; the index is as it was", place->shown,
                        strerror(code));
    }
}

/* Names in a folder but hidden ones, sorted; *names is the caller's. */
static osl_status list_folder(const walk *w, const osl_source_file *place,
                              DIR *folder, const char ***names, size_t *count,
                              osl_error *err)
{
    size_t capacity = 0;
    const struct dirent *entry;
    *names = NULL;
    *count = 0;
    while ((void)(errno = 0), (entry = readdir(folder))) {
        if (entry->d_name[0] == '.')
            continue;
        const char *name = osl_arena_copy(w->arena, osl_text_of(entry->d_name));
        if (!name || !osl_grow(names, &capacity, *count + 1, sizeof **names))
            return no_memory(err);
        (*names)[(*count)++] = name;
    }
    if (errno != 0)
        return cannot_look(w, place, errno, err);
    if (*count > 0)
        qsort((void *)*names, *count, sizeof **names, compare_names);
    return OSL_OK;
}

static osl_status walk_folder(walk *w, const osl_source_file *place,
                              unsigned depth, osl_error *err);

/* `fd` is the open folder: so the system need not find it for each name. */
static osl_status walk_entry(walk *w, const osl_source_file *folder, int fd,
                             const char *name, unsigned depth, osl_error *err)
{
    osl_source_file place = {.path = join(w->arena, folder->path, name),
                             .shown = join(w->arena, folder->shown, name)};
    const char *full = join(w->arena, folder->known.name.bytes, name);
    struct stat info;
    if (!place.path || !place.shown || !full)
        return no_memory(err);
    place.known.name = osl_text_of(full);
    if (matches_any(w->rules->excludes, w->rules->exclude_count, full))
        return OSL_OK;
    if (fstatat(fd, name, &info, 0) != 0)
        return cannot_look(w, &place, errno, err);
    if (S_ISDIR(info.st_mode))
        return walk_folder(w, &place, depth + 1, err);
    return add_file(w, &place, &info, err);
}

/* The index's own folder is no source. */
static bool is_index(const walk *w, const struct stat *info)
{
    struct stat index;
    return stat(w->rules->index_path, &index) == 0 &&
           index.st_dev == info->st_dev && index.st_ino == info->st_ino;
}

static osl_status visit(const walk *w, const char *path, osl_error *err)
{
    const osl_folder_visitor *visitor = w->rules->visitor;
    return visitor ? visitor->visit(visitor->user, path, err) : OSL_OK;
}

static osl_status walk_folder(walk *w, const osl_source_file *place,
                              unsigned depth, osl_error *err)
{
    struct stat info;
    bool first = false;
    if (depth > DEPTH_MAX) {
        tell(w, place->shown, "folders are nested too deeply");
        return OSL_OK;
    }
    if (stat(place->path, &info) != 0)
        return cannot_look(w, place, errno, err);
    osl_status status = enter_folder(w, &info, &first, err);
    if (status != OSL_OK || !first || is_index(w, &info))
        return status;
    status = visit(w, place->path, err);
    if (status != OSL_OK)
        return status;
    DIR *folder = opendir(place->path);
    if (!folder)
        return cannot_look(w, place, errno, err);
    const char **names = NULL;
    size_t count = 0;
    status = list_folder(w, place, folder, &names, &count, err);
    for (size_t i = 0; i < count && status == OSL_OK; i++)
        status = walk_entry(w, place, dirfd(folder), names[i], depth, err);
    (void)closedir(folder);
    free((void *)names);
    return status;
}

static osl_status walk_root(walk *w, const osl_root *root, const char *shown,
                            osl_error *err)
{
    const char *last = strrchr(root->path.bytes, '/');
    osl_source_file place = {.path = root->path.bytes, .shown = shown};
    struct stat info;
    place.known.name = osl_text_of("");
    if (root->kind == OSL_ROOT_FOLDER || root->kind == OSL_ROOT_CHANGES)
        return walk_folder(w, &place, 0, err);
    if (root->kind == OSL_ROOT_INPUT)
        place.path = join(w->arena, w->rules->index_path, root->path.bytes);
    if (!place.path)
        return no_memory(err);
    place.known.name = root->kind == OSL_ROOT_INPUT ? osl_text_of("-")
                       : last                       ? osl_text_of(last + 1)
                                                    : root->path;
    if (root->kind == OSL_ROOT_FILE && last) {
        osl_text folder = {
            root->path.bytes,
            last > root->path.bytes ? (size_t)(last - root->path.bytes) : 1};
        const char *path = osl_arena_copy(w->arena, folder);
        osl_status status = path ? visit(w, path, err) : no_memory(err);
        if (status != OSL_OK)
            return status;
    }
    if (stat(place.path, &info) != 0)
        return cannot_look(w, &place, errno, err);
    return add_file(w, &place, &info, err);
}

/* ---- one order ---------------------------------------------------------- */

/* By path; of two names for one path that of a folder of changes first, then
 * the longer (from the outer root). */
static int compare_paths(const void *left, const void *right)
{
    const osl_source_file *a = left, *b = right;
    int order = strcmp(a->path, b->path);
    if (order != 0)
        return order;
    if (a->layer != b->layer)
        return a->layer > b->layer ? -1 : 1;
    if (a->known.name.length != b->known.name.length)
        return a->known.name.length > b->known.name.length ? -1 : 1;
    return 0;
}

static int compare_files(const void *left, const void *right)
{
    const osl_source_file *a = left, *b = right;
    if (a->layer != b->layer)
        return a->layer < b->layer ? -1 : 1;
    int order = osl_text_compare(a->known.name, b->known.name);
    return order != 0 ? order : strcmp(a->path, b->path);
}

/* Mostly they are in order as they come. */
static void sort_files(osl_source_files *files,
                       int (*compare)(const void *, const void *))
{
    size_t sorted = 1;
    while (sorted < files->count &&
           compare(&files->at[sorted - 1], &files->at[sorted]) <= 0)
        sorted++;
    if (sorted < files->count)
        qsort(files->at, files->count, sizeof *files->at, compare);
}

static void drop_doubles(osl_source_files *files)
{
    size_t kept = 0;
    for (size_t i = 0; i < files->count; i++) {
        if (kept > 0 &&
            strcmp(files->at[kept - 1].path, files->at[i].path) == 0) {
            files->bytes -= files->at[i].known.size;
            continue;
        }
        files->at[kept++] = files->at[i];
    }
    files->count = kept;
}

osl_status osl_source_files_add(osl_source_files *files, const osl_roots *roots,
                                const osl_registry_source *source,
                                const char *index_path, osl_arena *arena,
                                osl_error *err)
{
    const osl_root *from = &roots->at[source->root];
    const char *path = from->path.bytes, *shown = roots->shown[source->root];
    if (from->kind == OSL_ROOT_INPUT)
        path = join(arena, index_path, path);
    if (from->kind == OSL_ROOT_FOLDER || from->kind == OSL_ROOT_CHANGES) {
        path = join(arena, path, source->name.bytes);
        shown = join(arena, shown, source->name.bytes);
    }
    if (!path || !shown ||
        !osl_grow(&files->at, &files->capacity, files->count + 1,
                  sizeof *files->at))
        return no_memory(err);
    files->at[files->count++] = (osl_source_file){
        .known = *source, .path = path, .shown = shown, .is_away = true};
    return OSL_OK;
}

osl_status osl_source_files_find(osl_source_files *files,
                                 const osl_roots *roots,
                                 const osl_source_rules *rules,
                                 osl_arena *arena, osl_error *err)
{
    osl_status status = OSL_OK;
    for (size_t i = 0; i < roots->count && status == OSL_OK; i++) {
        if (roots->aside && roots->aside[i])
            continue;
        walk w = {.files = files,
                  .rules = rules,
                  .arena = arena,
                  .root = (uint32_t)i};
        status = walk_root(&w, &roots->at[i], roots->shown[i], err);
        osl_strings_clear(&w.folders);
    }
    return status;
}

void osl_source_files_order(osl_source_files *files, const osl_roots *roots)
{
    for (size_t i = 0; i < files->count; i++)
        files->at[i].layer = osl_roots_layer(roots, files->at[i].known.root);
    sort_files(files, compare_paths);
    drop_doubles(files);
    osl_source_files_sort(files);
}

void osl_source_files_sort(osl_source_files *files)
{
    sort_files(files, compare_files);
}

void osl_source_files_clear(osl_source_files *files)
{
    free(files->at);
    free(files->shut);
    *files = (osl_source_files){0};
}
