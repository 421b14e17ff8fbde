/* SPDX-License-Identifier: MIT */
#include "indexer/sources.h"

#include "indexer/sort.h"
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
static char *join(osl_arena *arena, osl_text a, osl_text b)
{
    char *joined = osl_arena_take(arena, a.length + b.length + 2);
    bool slash = a.length > 0 && a.bytes[a.length - 1] != '/';
    if (!joined)
        return NULL;
    memcpy(joined, a.bytes, a.length);
    if (slash)
        joined[a.length] = '/';
    char *at = joined + a.length + slash;
    memcpy(at, b.bytes, b.length);
    at[b.length] = '\0';
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

/* A name in a folder: where it stands among those of all open folders. */
typedef struct listed_name {
    uint32_t length;
    bool may_be_link;
    size_t offset;
} listed_name;

typedef struct walk {
    osl_source_files *files;
    const osl_roots *roots;
    const osl_source_rules *rules;
    osl_arena *arena;
    uint32_t root;
    unsigned depth;      /* of folders */
    size_t below;        /* where, in a path, the name below the root begins */
    struct stat index;   /* all zero: there is none */
    osl_strings folders; /* seen: device and inode */
    osl_buf names;       /* of the open folders, outer ones first */
    osl_sort_entry *order; /* likewise, sorted; owns */
    listed_name *listed;   /* owns */
    size_t order_count, order_capacity, listed_capacity;
} walk;

/* A file or folder that the walk has come to. */
typedef struct walked {
    const char *path;
    size_t length;
} walked;

static osl_text name_of(const walk *w, const walked *place)
{
    return place->length > w->below
               ? (osl_text){place->path + w->below, place->length - w->below}
               : osl_text_of("");
}

static const char *shown_of(const osl_roots *roots, uint32_t root,
                            const char *path, osl_arena *arena)
{
    const osl_root *of = &roots->at[root];
    const char *shown = roots->shown[root];
    size_t length = of->path.length;
    if (of->kind == OSL_ROOT_FILE || of->kind == OSL_ROOT_INPUT ||
        strlen(path) <= length)
        return shown;
    length += path[length] == '/';
    const char *joined =
        join(arena, osl_text_of(shown), osl_text_of(path + length));
    return joined ? joined : path;
}

const char *osl_source_path(osl_source_file *file, const osl_roots *roots,
                            osl_arena *arena)
{
    const osl_root *root = &roots->at[file->known.root];
    if (!file->path && root->kind == OSL_ROOT_FILE)
        file->path = root->path.bytes;
    else if (!file->path && root->kind == OSL_ROOT_INPUT)
        file->path = join(arena, osl_text_of(roots->index_path), root->path);
    else if (!file->path)
        file->path = join(arena, root->path, file->known.name);
    return file->path;
}

const char *osl_source_shown(const osl_roots *roots, osl_source_file *file,
                             osl_arena *arena)
{
    const char *path = osl_source_path(file, roots, arena);
    return path ? shown_of(roots, file->known.root, path, arena)
                : roots->shown[file->known.root];
}

static void tell(const walk *w, const walked *place, const char *reason)
{
    const osl_index_watcher *watcher = w->rules->watcher;
    if (watcher && watcher->skipped)
        watcher->skipped(watcher->user,
                         shown_of(w->roots, w->root, place->path, w->arena), 0,
                         true, reason);
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
    return now.size != file->known.size || now.mtime_ns != file->found_ns ||
           now.ctime_ns != file->known.ctime_ns ||
           now.inode != file->known.inode;
}

static void meet(const walk *w, osl_oddity kind, const char *path,
                 uint64_t inode)
{
    const osl_folder_visitor *visitor = w->rules->visitor;
    if (visitor && visitor->meet)
        visitor->meet(visitor->user, kind, path, inode);
}

static void meet_link(const walk *w, const char *path, bool is_folder)
{
    meet(w, is_folder ? OSL_ODD_TANGLE : OSL_ODD_LINK, path, 0);
}

static void meet_names(const walk *w, const char *path, const struct stat *info)
{
    if (info->st_nlink > 1 && S_ISREG(info->st_mode))
        meet(w, OSL_ODD_NAMES, path, (uint64_t)info->st_ino);
}

/* `name` ends with a NUL. */
static osl_status add_file(walk *w, const walked *place, osl_text name,
                           const struct stat *info, osl_error *err)
{
    osl_source_files *files = w->files;
    const osl_source_rules *rules = w->rules;
    meet_names(w, place->path, info);
    if (rules->include_count > 0 &&
        !matches_any(rules->includes, rules->include_count, name.bytes))
        return OSL_OK;
    if (!S_ISREG(info->st_mode)) {
        tell(w, place, "not a regular file");
        return OSL_OK;
    }
    if (!osl_grow(&files->at, &files->capacity, files->count + 1,
                  sizeof *files->at))
        return no_memory(err);
    osl_source_file *file = &files->at[files->count++];
    *file = (osl_source_file){.path = place->path,
                              .known = {.root = w->root, .name = name}};
    note_state(&file->known, info);
    file->found_ns = file->known.mtime_ns;
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

/* A place that nobody lets us look at. */
static osl_status note_shut(const walk *w, const walked *place, osl_text name,
                            osl_error *err)
{
    osl_source_files *files = w->files;
    if (!osl_grow(&files->shut, &files->shut_capacity, files->shut_count + 1,
                  sizeof *files->shut))
        return no_memory(err);
    meet(w, OSL_ODD_SHUT, place->path, 0);
    files->shut[files->shut_count++] = (osl_shut_place){
        w->root, name, shown_of(w->roots, w->root, place->path, w->arena)};
    return OSL_OK;
}

/* What cannot be looked at is told and left out; where the system fails (a
 * broken disk, no memory, no file descriptors), nobody knows what is there, and
 * to leave it out would take it from the index. */
static osl_status cannot_look(const walk *w, const walked *place, osl_text name,
                              int code, osl_error *err)
{
    switch (code) {
    case EACCES:
    case EPERM:
        tell(w, place, strerror(code));
        return note_shut(w, place, name, err);
    case ELOOP:
    case ENAMETOOLONG:
    case ENOENT:
    case ENOTDIR:
        tell(w, place, strerror(code));
        return OSL_OK;
    default:
        return osl_fail(err, code == ENOMEM ? OSL_ENOMEM : OSL_EIO,
                        "%s: %s; the index is as it was",
                        shown_of(w->roots, w->root, place->path, w->arena),
                        strerror(code));
    }
}

static bool list_name(walk *w, const struct dirent *entry)
{
    const char *name = entry->d_name;
    const listed_name listed = {(uint32_t)strlen(name),
                                entry->d_type == DT_LNK ||
                                    entry->d_type == DT_UNKNOWN,
                                w->names.length};
    osl_buf_put(&w->names, name, (size_t)listed.length + 1);
    if (w->names.failed || w->order_count == UINT32_MAX ||
        !osl_grow(&w->listed, &w->listed_capacity, w->order_count + 1,
                  sizeof *w->listed) ||
        !osl_grow(&w->order, &w->order_capacity, w->order_count + 1,
                  sizeof *w->order))
        return false;
    w->listed[w->order_count] = listed;
    w->order[w->order_count] =
        (osl_sort_entry){osl_sort_prefix((osl_text){name, listed.length}), 0,
                         (uint32_t)w->order_count};
    w->order_count++;
    return true;
}

/* Valid until the next name is listed. */
static osl_text listed_text(const void *user, uint32_t id)
{
    const walk *w = user;
    return (osl_text){(const char *)w->names.bytes + w->listed[id].offset,
                      w->listed[id].length};
}

/* Adds the names in a folder but hidden ones, sorted. */
static osl_status list_folder(walk *w, const walked *place, DIR *folder,
                              osl_error *err)
{
    size_t first = w->order_count;
    const struct dirent *entry;
    while ((void)(errno = 0), (entry = readdir(folder))) {
        if (entry->d_name[0] != '.' && !list_name(w, entry))
            return no_memory(err);
    }
    if (errno != 0) {
        w->order_count = first;
        return cannot_look(w, place, name_of(w, place), errno, err);
    }
    if (w->order_count > first &&
        !osl_sort(w->order + first, w->order_count - first, listed_text, w))
        return no_memory(err);
    return OSL_OK;
}

static osl_status walk_folder(walk *w, const walked *place, osl_error *err);

/* `fd` is the open folder: so the system need not find it for each name. */
static osl_status walk_entry(walk *w, const walked *folder, int fd,
                             uint32_t number, osl_error *err)
{
    osl_text last = listed_text(w, number);
    const char *path =
        join(w->arena, (osl_text){folder->path, folder->length}, last);
    struct stat info;
    if (!path)
        return no_memory(err);
    const walked place = {path, folder->length +
                                    (folder->path[folder->length - 1] != '/') +
                                    last.length};
    osl_text name = name_of(w, &place);
    if (matches_any(w->rules->excludes, w->rules->exclude_count, name.bytes))
        return OSL_OK;
    bool is_there = fstatat(fd, last.bytes, &info, 0) == 0;
    int code = errno;
    if (w->listed[number].may_be_link)
        meet_link(w, path, is_there && S_ISDIR(info.st_mode));
    if (!is_there)
        return cannot_look(w, &place, name, code, err);
    if (S_ISDIR(info.st_mode))
        return walk_folder(w, &place, err);
    return add_file(w, &place, name, &info, err);
}

/* The index's own folder is no source. */
static bool is_index(const walk *w, const struct stat *info)
{
    return w->index.st_dev == info->st_dev && w->index.st_ino == info->st_ino;
}

static osl_status visit(const walk *w, const char *path, osl_error *err)
{
    const osl_folder_visitor *visitor = w->rules->visitor;
    return visitor ? visitor->visit(visitor->user, path, err) : OSL_OK;
}

static osl_status walk_names(walk *w, const walked *place, DIR *folder,
                             osl_error *err)
{
    size_t first = w->order_count, length = w->names.length;
    osl_status status = list_folder(w, place, folder, err);
    size_t end = w->order_count;
    w->depth++;
    for (size_t i = first; i < end && status == OSL_OK; i++)
        status = walk_entry(w, place, dirfd(folder), w->order[i].id, err);
    w->depth--;
    w->order_count = first;
    w->names.length = length;
    return status;
}

static osl_status walk_folder(walk *w, const walked *place, osl_error *err)
{
    osl_text name = name_of(w, place);
    struct stat info;
    bool first = false;
    if (w->depth > DEPTH_MAX) {
        tell(w, place, "folders are nested too deeply");
        return OSL_OK;
    }
    if (stat(place->path, &info) != 0)
        return cannot_look(w, place, name, errno, err);
    osl_status status = enter_folder(w, &info, &first, err);
    if (status == OSL_OK && !first)
        meet(w, OSL_ODD_TANGLE, place->path, 0);
    if (status != OSL_OK || !first || is_index(w, &info))
        return status;
    status = visit(w, place->path, err);
    if (status != OSL_OK)
        return status;
    DIR *folder = opendir(place->path);
    if (!folder)
        return cannot_look(w, place, name, errno, err);
    status = walk_names(w, place, folder, err);
    (void)closedir(folder);
    return status;
}

/* The folder that a file is in. */
static osl_status visit_folder_of(const walk *w, const osl_root *root,
                                  const char *slash, osl_error *err)
{
    const osl_text folder = {
        root->path.bytes,
        slash > root->path.bytes ? (size_t)(slash - root->path.bytes) : 1};
    const char *path = osl_arena_copy(w->arena, folder);
    return path ? visit(w, path, err) : no_memory(err);
}

static osl_status walk_root(walk *w, osl_error *err)
{
    const osl_root *root = &w->roots->at[w->root];
    const char *last = strrchr(root->path.bytes, '/');
    walked place = {root->path.bytes, root->path.length};
    struct stat info;
    if (root->kind == OSL_ROOT_FOLDER || root->kind == OSL_ROOT_CHANGES) {
        w->below = place.length + (place.path[place.length - 1] != '/');
        return walk_folder(w, &place, err);
    }
    if (root->kind == OSL_ROOT_INPUT)
        place.path =
            join(w->arena, osl_text_of(w->rules->index_path), root->path);
    if (!place.path)
        return no_memory(err);
    osl_text name = root->kind == OSL_ROOT_INPUT ? osl_text_of("-")
                    : last                       ? osl_text_of(last + 1)
                                                 : root->path;
    osl_status status = root->kind == OSL_ROOT_FILE && last
                            ? visit_folder_of(w, root, last, err)
                            : OSL_OK;
    if (status != OSL_OK)
        return status;
    if (lstat(place.path, &info) == 0 && S_ISLNK(info.st_mode))
        meet_link(w, place.path, false);
    if (stat(place.path, &info) != 0)
        return cannot_look(w, &place, name, errno, err);
    return add_file(w, &place, name, &info, err);
}

/* ---- places ------------------------------------------------------------- */

bool osl_path_is_within(osl_text inner, osl_text outer)
{
    return inner.length >= outer.length &&
           memcmp(inner.bytes, outer.bytes, outer.length) == 0 &&
           (inner.length == outer.length || inner.bytes[outer.length] == '/' ||
            (outer.length > 0 && outer.bytes[outer.length - 1] == '/'));
}

bool osl_root_name_of(const osl_root *root, osl_text path, osl_text *name)
{
    size_t length = root->path.length;
    if (root->kind == OSL_ROOT_INPUT || !osl_path_is_within(path, root->path))
        return false;
    if (root->kind == OSL_ROOT_FILE) {
        const char *last = memrchr(path.bytes, '/', path.length);
        *name = last ? osl_text_of(last + 1) : path;
        return path.length == length;
    }
    length += length < path.length && path.bytes[length] == '/';
    *name = (osl_text){path.bytes + length, path.length - length};
    return true;
}

/* Whether a walk from the root would come to a place: no part of its name is
 * hidden, and nothing on the way to it is left out. */
static osl_status is_on_the_way(walk *w, osl_text name, bool *is,
                                osl_error *err)
{
    char *prefix = osl_arena_copy(w->arena, name);
    if (!prefix)
        return no_memory(err);
    *is = true;
    w->depth = 1;
    for (char *part = prefix; *is && part;) {
        char *slash = strchr(part, '/');
        if (slash)
            *slash = '\0';
        *is = *part != '.' &&
              !matches_any(w->rules->excludes, w->rules->exclude_count, prefix);
        w->depth += slash != NULL;
        if (slash)
            *slash = '/';
        part = slash ? slash + 1 : NULL;
    }
    return OSL_OK;
}

static osl_status walk_place(walk *w, osl_text path, osl_error *err)
{
    struct stat info;
    bool is_wanted;
    const char *copy = osl_arena_copy(w->arena, path);
    if (!copy)
        return no_memory(err);
    const walked place = {copy, path.length};
    osl_text name = name_of(w, &place);
    osl_status status = is_on_the_way(w, name, &is_wanted, err);
    bool is_there = status == OSL_OK && lstat(copy, &info) == 0;
    if (status != OSL_OK ||
        (!is_there && (errno == ENOENT || errno == ENOTDIR)))
        return status;
    if (is_there)
        meet_names(w, copy, &info);
    if (!is_wanted)
        return OSL_OK;
    if (is_there && S_ISLNK(info.st_mode)) {
        is_there = stat(copy, &info) == 0;
        int code = errno;
        meet_link(w, copy, is_there && S_ISDIR(info.st_mode));
        errno = code;
    }
    if (!is_there)
        return cannot_look(w, &place, name, errno, err);
    return S_ISDIR(info.st_mode) ? walk_folder(w, &place, err)
                                 : add_file(w, &place, name, &info, err);
}

static osl_status walk_places(walk *w, osl_error *err)
{
    const osl_root *root = &w->roots->at[w->root];
    const osl_text *places = w->rules->places;
    osl_status status = OSL_OK;
    w->below =
        root->path.length + (root->path.bytes[root->path.length - 1] != '/');
    for (size_t i = 0; i < w->rules->place_count && status == OSL_OK; i++) {
        osl_text name;
        if (osl_path_is_within(root->path, places[i]))
            return walk_root(w, err); /* all of it */
        if (osl_root_name_of(root, places[i], &name))
            status = walk_place(w, places[i], err);
    }
    return status;
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
                                osl_arena *arena, osl_error *err)
{
    osl_source_file file = {.known = *source, .is_away = true};
    if (!osl_source_path(&file, roots, arena) ||
        !osl_grow(&files->at, &files->capacity, files->count + 1,
                  sizeof *files->at))
        return no_memory(err);
    files->at[files->count++] = file;
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
                  .roots = roots,
                  .rules = rules,
                  .arena = arena,
                  .root = (uint32_t)i};
        if (stat(rules->index_path, &w.index) != 0)
            w.index = (struct stat){0};
        status = rules->places ? walk_places(&w, err) : walk_root(&w, err);
        osl_strings_clear(&w.folders);
        osl_buf_clear(&w.names);
        free(w.order);
        free(w.listed);
    }
    return status;
}

void osl_source_files_order(osl_source_files *files, const osl_roots *roots)
{
    for (size_t i = 0; i < files->count; i++)
        files->at[i].layer = osl_roots_layer(roots, files->at[i].known.root);
    if (roots->count > 1) { /* or a path is met once */
        sort_files(files, compare_paths);
        drop_doubles(files);
    }
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
