/* SPDX-License-Identifier: MIT
 *
 * Roots to files. All of them are walked, or, where who follows them (--watch)
 * has seen all that has happened, only where events say that something has; the
 * old sources then stand for the rest. */
#include "indexer/find.h"

#include "indexer/changes.h"
#include "indexer/strings.h"

#include <stdlib.h>
#include <string.h>

/* ---- old sources that stay ---------------------------------------------- */

osl_status osl_update_add_old(osl_update *u,
                              bool (*wanted)(void *user,
                                             const osl_registry_source *,
                                             uint32_t root),
                              void *user, osl_error *err)
{
    const osl_registry *old = &u->old_registry;
    uint32_t *roots = osl_arena_zero(&u->arena, old->root_count, 4);
    osl_status status = roots ? OSL_OK : osl_update_find_no_memory(err);
    for (size_t i = 0; i < old->root_count && status == OSL_OK; i++)
        roots[i] = osl_update_root_of(u, &old->roots[i]);
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

/* ---- all of them -------------------------------------------------------- */

static osl_status walk(osl_update *u, const osl_source_rules *rules,
                       osl_error *err)
{
    osl_status status =
        osl_source_files_find(&u->files, &u->roots, rules, &u->arena, err);
    if (status == OSL_OK)
        status = osl_update_add_shut(u, err);
    if (status == OSL_OK)
        osl_source_files_order(&u->files, &u->roots);
    return status;
}

static osl_status find_all_files(osl_update *u, const osl_source_rules *rules,
                                 osl_error *err)
{
    size_t hidden = 0, before = u->old_registry.source_count;
    /* Mostly as many as before, and some more: a list of many that grows is
     * copied again and again. */
    if (!osl_grow(&u->files.at, &u->files.capacity, before + before / 16 + 1,
                  sizeof *u->files.at))
        return osl_update_find_no_memory(err);
    osl_status status = osl_update_add_old(u, is_aside, u, err);
    if (status == OSL_OK)
        status = walk(u, rules, err);
    if (status == OSL_OK && osl_update_has_changes(u))
        status = osl_changes_apply(&u->files, &u->arena, &hidden, err);
    return status;
}

/* ---- where events say so ------------------------------------------------ */

/* Whether the folders that roots stand for are those that are followed. */
static bool hold_roots(osl_update *u)
{
    for (size_t i = 0; i < u->roots.count; i++) {
        const osl_root *root = &u->roots.at[i];
        if (root->kind == OSL_ROOT_INPUT)
            continue;
        const char *folder = osl_update_folder_of(u, root);
        if (!folder || u->roots.aside[i] || !osl_events_hold(u->events, folder))
            return false;
    }
    return true;
}

/* Takes events; *partial: what they say, and what is known, is enough. Folders
 * of changes are not: what their files do to others, all of them say. */
static osl_status begin_look(osl_update *u, bool *partial, osl_error *err)
{
    bool whole = true;
    if (u->events &&
        (!u->old_index || u->is_rebuild || osl_update_has_changes(u) ||
         !osl_update_has_old_roots(u) || !hold_roots(u)))
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
        return osl_update_find_no_memory(err);
    for (uint32_t i = 0; i < events->places.count; i++) {
        osl_text path = osl_strings_text(&events->places, i);
        mark_place(c, path);
        if (is_below_another(events, path))
            continue;
        if (!osl_arena_text(&u->arena, path, &c->at[c->count++]))
            return osl_update_find_no_memory(err);
    }
    return c->key.failed ? osl_update_find_no_memory(err) : OSL_OK;
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
        status = osl_update_find_no_memory(err);
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
        status = walk(u, rules, err);
    *doubtful = osl_events_are_doubtful(u->events);
    if (status == OSL_OK && !*doubtful)
        status = merge_found(&c, err);
    osl_buf_clear(&c.key);
    return status;
}

/* ---- the one or the other ----------------------------------------------- */

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
        bool known = osl_update_knows_root(u, &u->roots.at[r]);
        fresh += !known;
        if (u->roots.aside[r] || has_file(u, r))
            continue;
        empty += !known;
        last = known ? last : r;
        osl_update_tell(u, u->roots.shown[r], 0, false,
                        "no file to index in it");
    }
    if (fresh == 0 || empty < fresh)
        return OSL_OK;
    return osl_fail(err, OSL_EINVAL,
                    "no file to index in %s; the index is as it was",
                    u->roots.shown[last]);
}

/* What the walk leaves out is counted, too. */
static void tell_left_out(void *user, const char *path, uint32_t line,
                          bool skipped, const char *reason)
{
    osl_update_tell(user, path, line, skipped, reason);
}

osl_status osl_update_find_files(osl_update *u, bool *doubtful, osl_error *err)
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
