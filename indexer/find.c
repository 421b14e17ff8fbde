/* SPDX-License-Identifier: MIT
 *
 * Which files there are, and which are as they were.
 *
 * Quick test: size, times and inode. A file one of whose times is too near to
 * that of the update could change once more without a new one; it is noted
 * without a time (as git does), so that next time its bytes are compared. */
#include "indexer/update.h"

#include "indexer/changes.h"
#include "indexer/lines.h"
#include "indexer/strings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while listing sources");
    return OSL_ENOMEM;
}

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

/* Roots in one order, so that the order of typing leaves no trace. */
static osl_status sort_roots(osl_update *u, osl_error *err)
{
    size_t count = u->roots.count;
    osl_root *sorted = osl_arena_zero(&u->arena, count, sizeof *sorted);
    const char **shown = osl_arena_zero(&u->arena, count, sizeof *shown);
    if (!sorted || !shown)
        return no_memory(err);
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

/* ---- roots at hand ------------------------------------------------------ */

static bool is_known_root(const osl_update *u, const osl_root *root)
{
    for (size_t i = 0; i < u->old_registry.root_count; i++)
        if (compare_roots(root, &u->old_registry.roots[i]) == 0)
            return true;
    return false;
}

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
    const char *path = root->path.bytes, *slash = strrchr(path, '/');
    if (root->kind == OSL_ROOT_INPUT || is_there(path))
        return false;
    if (root->kind == OSL_ROOT_FILE && slash) {
        osl_text folder = {path, slash > path ? (size_t)(slash - path) : 1};
        char *copy = osl_arena_copy(&u->arena, folder);
        if (copy && is_there(copy))
            return false;
    }
    if (u->events)
        osl_events_miss(u->events, path);
    if (u->watcher && u->watcher->skipped)
        u->watcher->skipped(u->watcher->user, u->roots.shown[n], 0, false,
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
        if (root->kind != OSL_ROOT_FOLDER || is_known_root(u, root) ||
            !osl_changes_is_folder(root->path.bytes))
            continue;
        root->kind = OSL_ROOT_CHANGES;
        if (u->watcher && u->watcher->skipped)
            u->watcher->skipped(u->watcher->user, u->roots.shown[i], 0, false,
                                "is read as changes to what is known");
    }
}

static osl_status find_roots(osl_update *u, const char *const *paths,
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
            return no_memory(err);
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
        return no_memory(err);
    for (uint32_t i = 0; i < u->roots.count; i++)
        u->roots.aside[i] =
            !is_named(&u->roots.at[i], named, named_count) || is_away(u, i);
    return OSL_OK;
}

/* ---- files -------------------------------------------------------------- */

/* Files of a root within another may be listed as the other's. */
static bool has_file(osl_update *u, uint32_t root)
{
    osl_text path = u->roots.at[root].path;
    for (size_t i = 0; i < u->files.count; i++)
        if (u->files.at[i].known.root == root)
            return true;
    for (size_t i = 0; i < u->files.count; i++) {
        const char *of = osl_source_path(&u->files.at[i], &u->roots, &u->arena);
        if (of && strncmp(of, path.bytes, path.length) == 0)
            return true;
    }
    return false;
}

/* Tells of folders with no file to index; where all that is new is such, the
 * update is refused. */
static osl_status look_for_empty_roots(osl_update *u, osl_error *err)
{
    size_t fresh = 0, empty = 0, last = 0;
    for (uint32_t r = 0; r < u->roots.count; r++) {
        bool known = is_known_root(u, &u->roots.at[r]);
        fresh += !known;
        if (u->roots.aside[r] || has_file(u, r))
            continue;
        empty += !known;
        last = known ? last : r;
        if (u->watcher && u->watcher->skipped)
            u->watcher->skipped(u->watcher->user, u->roots.shown[r], 0, false,
                                "no file to index in it");
    }
    if (fresh == 0 || empty < fresh)
        return OSL_OK;
    return osl_fail(err, OSL_EINVAL,
                    "no file to index in %s; the index is as it was",
                    u->roots.shown[last]);
}

static uint32_t root_of(const osl_update *u, const osl_root *old)
{
    for (uint32_t i = 0; i < u->roots.count; i++) {
        const osl_root *root = &u->roots.at[i];
        if (root->kind == old->kind && (root->kind == OSL_ROOT_INPUT ||
                                        osl_text_equal(root->path, old->path)))
            return i;
    }
    return OSL_NONE;
}

/* Adds old sources of roots that are aside, or that are `wanted` for another
 * reason. */
static osl_status add_old_sources(osl_update *u,
                                  bool (*wanted)(void *user,
                                                 const osl_registry_source *,
                                                 uint32_t root),
                                  void *user, osl_error *err)
{
    const osl_registry *old = &u->old_registry;
    uint32_t *roots = osl_arena_zero(&u->arena, old->root_count, 4);
    osl_status status = roots ? OSL_OK : no_memory(err);
    for (size_t i = 0; i < old->root_count && status == OSL_OK; i++)
        roots[i] = root_of(u, &old->roots[i]);
    for (size_t i = 0; i < old->source_count && status == OSL_OK; i++) {
        osl_registry_source source = old->sources[i];
        source.root = roots[source.root];
        if (source.root == OSL_NONE ||
            !wanted(user, &old->sources[i], source.root))
            continue;
        if (source.root != old->sources[i].root)
            source.encoded = osl_text_of("");
        status =
            osl_source_files_add(&u->files, &u->roots, &source, &u->arena, err);
    }
    return status;
}

static bool is_aside(void *user, const osl_registry_source *source,
                     uint32_t root)
{
    const osl_update *u = user;
    (void)source;
    return u->roots.aside[root];
}

/* ---- what nobody lets us look at ---------------------------------------- */

static bool has_changes(const osl_update *u)
{
    for (size_t i = 0; i < u->roots.count; i++)
        if (u->roots.at[i].kind == OSL_ROOT_CHANGES)
            return true;
    return false;
}

/* Places by root and name, and how many old sources each has. */
typedef struct shut_places {
    osl_update *u;
    osl_strings names;
    osl_list32 counts; /* owns */
    osl_buf key;
    bool out_of_memory;
} shut_places;

static osl_text shut_key(shut_places *s, uint32_t root, osl_text name)
{
    osl_buf_reset(&s->key);
    osl_buf_put32(&s->key, root);
    osl_buf_put_text(&s->key, name);
    s->out_of_memory |= s->key.failed;
    return osl_buf_text(&s->key);
}

/* Whether a source is in such a place, by its name and those of all folders
 * that it is in. */
static bool is_shut(void *user, const osl_registry_source *source,
                    uint32_t root)
{
    shut_places *s = user;
    osl_text name = source->name;
    for (size_t length = name.length;; length--) {
        bool is_place =
            length == 0 || length == name.length || name.bytes[length] == '/';
        uint32_t place = UINT32_MAX;
        if (is_place)
            place = osl_strings_find(
                &s->names, shut_key(s, root, (osl_text){name.bytes, length}),
                0);
        if (place != UINT32_MAX) {
            s->counts.at[place]++;
            return true;
        }
        if (length == 0)
            return false;
    }
}

/* A folder of changes is taken whole or not at all: of one that cannot be read
 * nobody knows what it hides. */
static osl_status shut_changes(osl_update *u, osl_error *err)
{
    osl_source_files *files = &u->files;
    size_t kept = 0;
    if (!has_changes(u))
        return OSL_OK;
    for (size_t i = 0; i < files->count; i++) {
        osl_source_file *file = &files->at[i];
        uint32_t root = file->known.root;
        bool is_list = u->roots.at[root].kind == OSL_ROOT_CHANGES &&
                       !file->is_away && is_known_root(u, &u->roots.at[root]);
        if (!is_list || access(file->path, R_OK) == 0 || errno != EACCES)
            continue;
        if (!osl_grow(&files->shut, &files->shut_capacity,
                      files->shut_count + 1, sizeof *files->shut))
            return no_memory(err);
        files->shut[files->shut_count++] =
            (osl_shut_place){root, file->known.name,
                             osl_source_shown(&u->roots, file, &u->arena)};
    }
    for (size_t i = 0; i < files->shut_count; i++) {
        osl_shut_place *place = &files->shut[i];
        if (u->roots.at[place->root].kind == OSL_ROOT_CHANGES &&
            is_known_root(u, &u->roots.at[place->root])) {
            u->roots.aside[place->root] = 1;
            place->name = osl_text_of("");
        }
    }
    for (size_t i = 0; i < files->count; i++)
        if (files->at[i].is_away || !u->roots.aside[files->at[i].known.root])
            files->at[kept++] = files->at[i];
    files->count = kept;
    return OSL_OK;
}

static osl_status add_shut_places(shut_places *s, osl_error *err)
{
    const osl_source_files *files = &s->u->files;
    for (size_t i = 0; i < files->shut_count; i++) {
        const osl_shut_place *place = &files->shut[i];
        uint32_t number, before = s->names.count;
        osl_text key = shut_key(s, place->root, place->name);
        if (s->out_of_memory || !osl_strings_add(&s->names, key, 0, &number) ||
            (number == before && !osl_list32_add(&s->counts, 0)))
            return no_memory(err);
    }
    return OSL_OK;
}

static void tell_shut(shut_places *s)
{
    osl_update *u = s->u;
    for (size_t i = 0; i < u->files.shut_count; i++) {
        const osl_shut_place *place = &u->files.shut[i];
        uint32_t number = osl_strings_find(
            &s->names, shut_key(s, place->root, place->name), 0);
        if (number == UINT32_MAX || s->counts.at[number] == 0)
            continue;
        s->counts.at[number] = 0; /* once */
        osl_update_tell(u, place->shown, 0, false,
                        "what is known of it stays until it can be read");
    }
}

/* Old sources in such places stay as they were. */
static osl_status add_sources_shut(osl_update *u, osl_error *err)
{
    shut_places s = {.u = u};
    osl_status status = shut_changes(u, err);
    if (status == OSL_OK && u->files.shut_count > 0)
        status = add_shut_places(&s, err);
    if (status == OSL_OK && s.names.count > 0)
        status = add_old_sources(u, is_shut, &s, err);
    if (status == OSL_OK && s.names.count > 0)
        tell_shut(&s);
    if (status == OSL_OK && s.out_of_memory)
        status = no_memory(err);
    osl_strings_clear(&s.names);
    osl_buf_clear(&s.key);
    free(s.counts.at);
    return status;
}

/* ---- all of them, or where events say so -------------------------------- */

static osl_status find_all_files(osl_update *u, const osl_source_rules *rules,
                                 osl_error *err)
{
    size_t hidden = 0, before = u->old_registry.source_count;
    /* Mostly as many as before, and some more: a list of many that grows is
     * copied again and again. */
    if (!osl_grow(&u->files.at, &u->files.capacity, before + before / 16 + 1,
                  sizeof *u->files.at))
        return no_memory(err);
    osl_status status = add_old_sources(u, is_aside, u, err);
    if (status == OSL_OK)
        status =
            osl_source_files_find(&u->files, &u->roots, rules, &u->arena, err);
    if (status == OSL_OK)
        status = add_sources_shut(u, err);
    if (status == OSL_OK)
        osl_source_files_order(&u->files, &u->roots);
    if (status == OSL_OK && has_changes(u))
        status = osl_changes_apply(&u->files, &u->arena, &hidden, err);
    return status;
}

/* Whether the folders that roots stand for are those that are followed. */
static bool hold_roots(osl_update *u)
{
    for (size_t i = 0; i < u->roots.count; i++) {
        const osl_root *root = &u->roots.at[i];
        const char *path = root->path.bytes, *slash = strrchr(path, '/');
        if (root->kind == OSL_ROOT_INPUT)
            continue;
        if (root->kind == OSL_ROOT_FILE && slash)
            path = osl_arena_copy(
                &u->arena,
                (osl_text){path, slash > path ? (size_t)(slash - path) : 1});
        if (!path || u->roots.aside[i] || !osl_events_hold(u->events, path))
            return false;
    }
    return true;
}

/* Whether roots have their numbers of before, and so sources their order. */
static bool has_old_roots(const osl_update *u)
{
    bool same = u->roots.count == u->old_registry.root_count;
    for (uint32_t i = 0; same && i < u->roots.count; i++)
        same = compare_roots(&u->roots.at[i], &u->old_registry.roots[i]) == 0;
    return same;
}

/* Takes events; *partial: what they say, and what is known, is enough. Folders
 * of changes are not: what their files do to others, all of them say. */
static osl_status begin_look(osl_update *u, bool *partial, osl_error *err)
{
    bool whole = true;
    if (u->events && (!u->old_index || u->is_rebuild || has_changes(u) ||
                      !has_old_roots(u) || !hold_roots(u)))
        osl_events_doubt(u->events);
    osl_status status = u->events
                            ? osl_events_begin(u->events, u->old.generation,
                                               u->old.created_us, &whole, err)
                            : OSL_OK;
    /* So many that to look at all costs less. */
    if (!whole &&
        u->events->places.count > u->old_registry.source_count / 2 + 64)
        osl_events_doubt(u->events);
    *partial = !whole;
    return status;
}

/* Old sources at places of events, which are looked at. */
typedef struct changed_places {
    osl_update *u;
    osl_text *at; /* none is below another */
    size_t count;
    uint8_t *marks; /* by old source */
    osl_buf key;
} changed_places;

/* The first old source whose name is not before this one. */
static size_t first_named(const osl_registry *old, osl_text name)
{
    size_t low = 0, high = old->source_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (osl_text_compare(old->sources[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Sources of an old root that have this name, or one below it. */
static void mark_named(changed_places *c, uint32_t root, osl_text name)
{
    const osl_registry *old = &c->u->old_registry;
    for (size_t i = first_named(old, name);
         i < old->source_count && osl_text_equal(old->sources[i].name, name);
         i++)
        c->marks[i] |= old->sources[i].root == root;
    osl_buf_reset(&c->key);
    osl_buf_put_text(&c->key, name);
    osl_buf_put_byte(&c->key, '/');
    osl_text below = osl_buf_text(&c->key);
    for (size_t i = first_named(old, below);
         i < old->source_count &&
         osl_path_is_within(old->sources[i].name, name);
         i++)
        c->marks[i] |= old->sources[i].root == root;
}

static void mark_all(changed_places *c, uint32_t root)
{
    const osl_registry *old = &c->u->old_registry;
    for (size_t i = 0; i < old->source_count; i++)
        c->marks[i] |= old->sources[i].root == root;
}

static void mark_place(changed_places *c, osl_text path)
{
    const osl_registry *old = &c->u->old_registry;
    for (uint32_t r = 0; r < old->root_count; r++) {
        osl_text name;
        if (osl_path_is_within(old->roots[r].path, path) &&
            old->roots[r].kind != OSL_ROOT_INPUT)
            mark_all(c, r);
        else if (osl_root_name_of(&old->roots[r], path, &name))
            mark_named(c, r, name);
    }
}

static bool is_below_another(const osl_events *events, osl_text path)
{
    for (size_t length = path.length; length-- > 1;)
        if (path.bytes[length] == '/' &&
            osl_strings_find(&events->places, (osl_text){path.bytes, length},
                             0) != OSL_NONE)
            return true;
    return path.length > 1 &&
           osl_strings_find(&events->places, osl_text_of("/"), 0) != OSL_NONE;
}

static osl_status list_places(changed_places *c, osl_error *err)
{
    osl_update *u = c->u;
    const osl_events *events = u->events;
    c->at = osl_arena_zero(&u->arena, events->places.count, sizeof *c->at);
    c->marks = osl_arena_zero(&u->arena, u->old_registry.source_count, 1);
    if (!c->at || !c->marks)
        return no_memory(err);
    for (uint32_t i = 0; i < events->places.count; i++) {
        osl_text path = osl_strings_text(&events->places, i);
        mark_place(c, path);
        if (is_below_another(events, path))
            continue;
        if (!osl_arena_text(&u->arena, path, &c->at[c->count++]))
            return no_memory(err);
    }
    return c->key.failed ? no_memory(err) : OSL_OK;
}

/* Where a file that was found stands among the old sources: before the first
 * one that is behind it. */
static size_t place_of(changed_places *c, osl_source_file *file)
{
    osl_update *u = c->u;
    const osl_registry *old = &u->old_registry;
    size_t at = first_named(old, file->known.name);
    for (; at < old->source_count &&
           osl_text_equal(old->sources[at].name, file->known.name);
         at++) {
        osl_source_file other = {.known = old->sources[at]};
        const char *path = osl_source_path(&other, &u->roots, &u->arena);
        if (!c->marks[at] && path && strcmp(file->path, path) < 0)
            break;
    }
    return at;
}

static const osl_registry_source *source_before(const osl_registry *old,
                                                const osl_source_file *file)
{
    for (size_t i = first_named(old, file->known.name);
         i < old->source_count &&
         osl_text_equal(old->sources[i].name, file->known.name);
         i++)
        if (old->sources[i].root == file->known.root)
            return &old->sources[i];
    return NULL;
}

/* Adds old sources [from, to) but those that are marked, as they were. Paths
 * are made when they are asked for, as most never are. */
static void keep_sources(changed_places *c, size_t from, size_t to)
{
    osl_update *u = c->u;
    for (size_t i = from; i < to; i++) {
        const osl_registry_source *source = &u->old_registry.sources[i];
        if (c->marks[i])
            continue;
        u->before[u->files.count] = source;
        osl_source_file *file = &u->files.at[u->files.count++];
        file->known = *source;
        file->path = NULL;
        file->found_ns = 0;
        file->layer = 0;
        file->is_removal = false;
        file->is_away = true;
    }
}

/* What was found among what is as it was: both are in order. */
static osl_status merge_found(changed_places *c, osl_error *err)
{
    osl_update *u = c->u;
    const osl_registry *old = &u->old_registry;
    osl_source_files found = u->files;
    size_t room = found.count + old->source_count, from = 0;
    osl_status status = OSL_OK;
    u->files.at = NULL;
    u->files.count = u->files.capacity = 0;
    u->before = calloc(room + 1, sizeof *u->before);
    if (!u->before || !osl_grow(&u->files.at, &u->files.capacity, room + 1,
                                sizeof *u->files.at))
        status = no_memory(err);
    for (size_t i = 0; i < found.count && status == OSL_OK; i++) {
        size_t to = place_of(c, &found.at[i]);
        keep_sources(c, from, to);
        from = to;
        u->before[u->files.count] = source_before(old, &found.at[i]);
        u->files.at[u->files.count++] = found.at[i];
    }
    if (status == OSL_OK)
        keep_sources(c, from, old->source_count);
    free(found.at);
    return status;
}

static osl_status find_changed_files(osl_update *u, osl_source_rules *rules,
                                     bool *doubtful, osl_error *err)
{
    changed_places c = {.u = u};
    osl_status status = list_places(&c, err);
    rules->places = c.at;
    rules->place_count = c.count;
    if (status == OSL_OK)
        status =
            osl_source_files_find(&u->files, &u->roots, rules, &u->arena, err);
    if (status == OSL_OK)
        status = add_sources_shut(u, err);
    if (status == OSL_OK)
        osl_source_files_order(&u->files, &u->roots);
    *doubtful = osl_events_are_doubtful(u->events);
    if (status == OSL_OK && !*doubtful)
        status = merge_found(&c, err);
    osl_buf_clear(&c.key);
    return status;
}

/* What the walk leaves out is counted, too. */
static void tell_left_out(void *user, const char *path, uint32_t line,
                          bool skipped, const char *reason)
{
    osl_update_tell(user, path, line, skipped, reason);
}

static osl_status find_files(osl_update *u, bool *doubtful, osl_error *err)
{
    const osl_index_watcher counting = {.user = u, .skipped = tell_left_out};
    osl_folder_visitor visitor;
    osl_source_rules rules = {
        .includes = u->options->includes,
        .include_count = u->options->include_count,
        .excludes = u->options->excludes,
        .exclude_count = u->options->exclude_count,
        .index_path = u->folder.path,
        .watcher = &counting,
    };
    if (u->events) {
        visitor = osl_events_visitor(u->events);
        rules.visitor = &visitor;
    }
    osl_status status = begin_look(u, &u->is_partial, err);
    if (status == OSL_OK)
        status = u->is_partial ? find_changed_files(u, &rules, doubtful, err)
                               : find_all_files(u, &rules, err);
    if (*doubtful)
        return status;
    if (status == OSL_OK && u->files.count == 0)
        status = osl_fail(err, OSL_EINVAL,
                          "no file to index in %s%s; the index is as it was",
                          u->roots.shown[0],
                          u->roots.count > 1 ? " and the other paths" : "");
    if (status == OSL_OK)
        status = look_for_empty_roots(u, err);
    u->report->files = u->files.count;
    return status;
}

/* ---- as they were? ------------------------------------------------------ */

/* In the order of sources, as far as names tell. */
static int compare_before(const osl_update *u, const uint32_t *roots,
                          const osl_registry_source *before,
                          const osl_source_file *file)
{
    uint32_t root = roots[before->root];
    uint32_t layer = root == OSL_NONE ? 0 : osl_roots_layer(&u->roots, root);
    if (layer != file->layer)
        return layer < file->layer ? -1 : 1;
    return osl_text_compare(before->name, file->known.name);
}

/* Old and new sources stand in the same order, and mostly they are the same:
 * the next of the one is looked for as the next of the other. */
static osl_status find_before(osl_update *u, osl_error *err)
{
    const osl_registry *old = &u->old_registry;
    uint32_t *roots = osl_arena_zero(&u->arena, old->root_count, 4);
    if (!roots)
        return no_memory(err);
    for (size_t i = 0; i < old->root_count; i++)
        roots[i] = root_of(u, &old->roots[i]);
    size_t first = 0;
    for (size_t n = 0; n < u->files.count; n++) {
        const osl_source_file *file = &u->files.at[n];
        if (first < old->source_count &&
            roots[old->sources[first].root] == file->known.root &&
            osl_text_equal(old->sources[first].name, file->known.name)) {
            u->before[n] = &old->sources[first++];
            continue;
        }
        while (first < old->source_count &&
               compare_before(u, roots, &old->sources[first], file) < 0)
            first++;
        for (size_t i = first;
             i < old->source_count && !u->before[n] &&
             compare_before(u, roots, &old->sources[i], file) == 0;
             i++)
            if (roots[old->sources[i].root] == file->known.root)
                u->before[n] = &old->sources[i];
    }
    return OSL_OK;
}

static bool hash_file(const osl_update *u, osl_contents *contents,
                      const char *path, uint64_t like, uint64_t *hash)
{
    if (osl_contents_open(contents, path, NULL) != OSL_OK)
        return false;
    *hash = osl_hash_file(
        u->kernels, (osl_text){(const char *)contents->bytes, contents->length},
        like);
    return true;
}

static bool is_same_source(const osl_update *u, osl_contents *contents,
                           const osl_source_file *file,
                           const osl_registry_source *before)
{
    const osl_registry_source *now = &file->known;
    uint64_t hash = 0;
    if (now->size != before->size)
        return false;
    if (now->mtime_ns == before->mtime_ns &&
        now->ctime_ns == before->ctime_ns && now->inode == before->inode)
        return true;
    /* To find lines again takes as long as to hash them. */
    return !osl_hash_is_of_lines(before->hash) &&
           hash_file(u, contents, file->path, before->hash, &hash) &&
           hash == before->hash;
}

/* Whether a time may be that of the update or later. Time stamps may be as
 * coarse as two seconds where they show no parts of a second, else as a tick of
 * the system's clock. */
static bool is_recent(const osl_update *u, uint64_t time_ns)
{
    const uint64_t second = 1000000000u;
    uint64_t grain = time_ns % second == 0 ? 2 * second : second / 20;
    return time_ns + grain > u->now_us * 1000;
}

/* What is to be written of a source, as far as it is known before reading. */
static osl_status look_at_source(osl_update *u, size_t n,
                                 osl_contents *contents, osl_error *err)
{
    uint32_t *next = &u->next_number;
    const osl_registry_source *before = u->before[n];
    osl_registry_source *source = &u->files.at[n].known;
    bool away = u->files.at[n].is_away;
    u->has_shadows |= before && before->shadowed.count > 0;
    if (away && before && !u->is_rebuild)
        return OSL_OK; /* it is what was before */
    if (before)
        source->number = before->number;
    else if (*next == OSL_NONE)
        return osl_fail(err, OSL_ELIMIT,
                        "more sources than an index may number (2^32); index "
                        "anew with --full");
    else
        source->number = (*next)++;
    if (!u->files.at[n].is_removal &&
        (u->is_rebuild || !before ||
         !(away || is_same_source(u, contents, &u->files.at[n], before))))
        u->is_read[n] = OSL_READ_DUE;
    if (before && !u->is_read[n]) {
        source->hash = before->hash;
        source->documents = before->documents;
        source->shadowed = before->shadowed;
    }
    /* Who writes may put the one back, and not the other. */
    if (!away &&
        (is_recent(u, source->mtime_ns) || is_recent(u, source->ctime_ns)))
        source->mtime_ns = 0;
    return OSL_OK;
}

static bool are_same_ids(osl_registry_ids a, osl_registry_ids b)
{
    return a.count == b.count && (a.count == 0 || a.at == b.at);
}

static bool is_as_before(const osl_registry_source *now,
                         const osl_registry_source *before)
{
    return now->root == before->root && now->number == before->number &&
           now->size == before->size && now->mtime_ns == before->mtime_ns &&
           now->ctime_ns == before->ctime_ns && now->inode == before->inode &&
           now->hash == before->hash && now->documents == before->documents &&
           osl_text_equal(now->name, before->name) &&
           are_same_ids(now->shadowed, before->shadowed) &&
           are_same_ids(now->removed, before->removed);
}

/* What was not looked at has them, but where a shadow has come to it. */
void osl_update_reuse_encoded(osl_update *u)
{
    for (size_t n = 0; n < u->files.count; n++) {
        osl_source_file *file = &u->files.at[n];
        const osl_registry_source *before = u->before[n];
        if (!file->is_away || u->is_read[n])
            file->known.encoded = before && is_as_before(&file->known, before)
                                      ? before->encoded
                                      : osl_text_of("");
    }
}

/* What was not read is looked at only where something that was read was
 * written since the update began: who writes to several files may have come to
 * the others before it, but behind our first look at them. Where events say
 * what has changed, they say that, too. */
bool osl_update_has_moved(const osl_update *u)
{
    bool is_late = false;
    for (unsigned was_read = 2; was_read-- > 0;)
        for (size_t n = 0; n < u->files.count && (was_read || is_late); n++) {
            const osl_source_file *file = &u->files.at[n];
            if ((u->is_read[n] != OSL_READ_NOT) != was_read || file->is_away)
                continue;
            if (osl_source_has_moved(file))
                return true;
            is_late |= is_recent(u, file->known.ctime_ns);
        }
    return is_late && u->is_partial && osl_events_are_waiting(u->events);
}

static int compare_numbers(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;
    return *a < *b ? -1 : *a > *b;
}

static osl_status sort_numbers(osl_update *u, osl_error *err)
{
    size_t count = u->files.count;
    u->numbers = osl_arena_zero(&u->arena, count, sizeof *u->numbers);
    if (!u->numbers)
        return no_memory(err);
    bool rises = true;
    for (size_t n = 0; n < count; n++) {
        u->numbers[n] = (uint64_t)u->files.at[n].known.number << 32 | n;
        rises &= n == 0 || u->numbers[n - 1] < u->numbers[n];
    }
    if (!rises)
        qsort(u->numbers, count, sizeof *u->numbers, compare_numbers);
    return OSL_OK;
}

/* Of the numbers below it, at most those that were given and are gone are
 * missing: so far before its own place can it stand, and no farther. */
uint32_t osl_update_source_of(const osl_update *u, uint32_t number)
{
    size_t count = u->files.count, gone = u->next_number - count;
    size_t low = number > gone ? number - gone : 0;
    size_t high = number < count ? (size_t)number + 1 : count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (u->numbers[middle] >> 32 < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < u->files.count && u->numbers[low] >> 32 == number
               ? (uint32_t)u->numbers[low]
               : OSL_NONE;
}

/* Whether what was read of a source are the bytes of before. */
static bool is_read_again(const osl_update *u, size_t n)
{
    const osl_registry_source *now = &u->files.at[n].known;
    const osl_registry_source *before = u->before[n];
    return u->is_read[n] == OSL_READ_DONE && !u->is_rebuild && before &&
           now->hash == before->hash && now->size == before->size &&
           now->documents == before->documents;
}

bool osl_update_is_idle(const osl_update *u)
{
    size_t same = 0;
    for (size_t n = 0; n < u->files.count; n++) {
        if (u->is_read[n] && !is_read_again(u, n))
            return false;
        same += u->before[n] != NULL;
    }
    return u->old_index && same == u->old_registry.source_count &&
           u->roots.count == u->old_registry.root_count;
}

osl_status osl_update_find(osl_update *u, const char *const *paths,
                           size_t path_count, bool *doubtful, osl_error *err)
{
    osl_contents contents = {0};
    *doubtful = false;
    u->roots.index_path = u->folder.path;
    if (u->events)
        osl_events_miss_nothing(u->events);
    osl_status status = find_roots(u, paths, path_count, err);
    if (status == OSL_OK)
        status = find_files(u, doubtful, err);
    if (status != OSL_OK || *doubtful)
        return status;
    size_t count = u->files.count;
    if (!u->is_partial)
        u->before = calloc(count, sizeof *u->before);
    u->is_read = calloc(count, 1);
    u->is_shut = calloc(count, sizeof *u->is_shut);
    if (!u->before || !u->is_read || !u->is_shut)
        return no_memory(err);
    if (!u->is_partial)
        status = find_before(u, err);
    u->next_number = u->old_registry.next_number;
    for (size_t n = 0; n < count && status == OSL_OK; n++)
        status = look_at_source(u, n, &contents, err);
    osl_contents_clear(&contents);
    if (status == OSL_OK)
        status = sort_numbers(u, err);
    return status;
}
