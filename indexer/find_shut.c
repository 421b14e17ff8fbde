/* SPDX-License-Identifier: MIT
 *
 * What nobody lets us look at: what is known of such places stays as it was
 * until they can be read. */
#include "indexer/find.h"

#include "indexer/strings.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

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
    if (!osl_update_has_changes(u))
        return OSL_OK;
    for (size_t i = 0; i < files->count; i++) {
        osl_source_file *file = &files->at[i];
        uint32_t root = file->known.root;
        bool is_list = u->roots.at[root].kind == OSL_ROOT_CHANGES &&
                       !file->is_away &&
                       osl_update_knows_root(u, &u->roots.at[root]);
        if (!is_list || access(file->path, R_OK) == 0 || errno != EACCES)
            continue;
        if (!osl_grow(&files->shut, &files->shut_capacity,
                      files->shut_count + 1, sizeof *files->shut))
            return osl_update_find_no_memory(err);
        files->shut[files->shut_count++] =
            (osl_shut_place){root, file->known.name,
                             osl_source_shown(&u->roots, file, &u->arena)};
    }
    for (size_t i = 0; i < files->shut_count; i++) {
        osl_shut_place *place = &files->shut[i];
        if (u->roots.at[place->root].kind == OSL_ROOT_CHANGES &&
            osl_update_knows_root(u, &u->roots.at[place->root])) {
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
            return osl_update_find_no_memory(err);
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
osl_status osl_update_add_shut(osl_update *u, osl_error *err)
{
    shut_places s = {.u = u};
    osl_status status = shut_changes(u, err);
    if (status == OSL_OK && u->files.shut_count > 0)
        status = add_shut_places(&s, err);
    if (status == OSL_OK && s.names.count > 0)
        status = osl_update_add_old(u, is_shut, &s, err);
    if (status == OSL_OK && s.names.count > 0)
        tell_shut(&s);
    if (status == OSL_OK && s.out_of_memory)
        status = osl_update_find_no_memory(err);
    osl_strings_clear(&s.names);
    osl_buf_clear(&s.key);
    free(s.counts.at);
    return status;
}
