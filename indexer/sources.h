/* SPDX-License-Identifier: MIT
 *
 * Paths to sources: what a person names (files, folders, globs) becomes roots,
 * and roots are walked into a list of files in one order, whatever the file
 * system's is.
 *
 *   root /data/nice (folder) ─▶ ng51/sepsis.html   name: below the root
 *   root /data/a.xml (file)  ─▶ a.xml              name: its last part
 *
 * Hidden files and folders are left out, and the index's own folder. Links
 * are followed; a folder is walked once, so that loops end.
 *
 * Threads: one at a time. */
#ifndef OSL_INDEXER_SOURCES_H
#define OSL_INDEXER_SOURCES_H

#include "core/base/arena.h"
#include "core/segment/registry.h"
#include "indexer/indexer.h"

typedef struct osl_roots {
    osl_root *at;       /* owns the array */
    const char **shown; /* as typed, for messages; owns the array */
    uint8_t *aside; /* by root, the arena's: not to be walked; may be NULL */
    const char *index_path; /* where inputs are; borrowed */
    size_t count, capacity, shown_capacity;
} osl_roots;

typedef struct osl_source_file {
    osl_registry_source known; /* as found; then what is to be written */
    const char *path;          /* to open; NULL: osl_source_path() makes it */
    uint64_t found_ns;         /* mtime as it was found */
    uint32_t layer;            /* 0, or the order among folders of changes */
    bool is_removal;           /* says what goes; it is not read */
    bool is_away; /* known from last time and not looked at: stays as it was */
} osl_source_file;

/* What the walk was not allowed to look at: a file, or a folder and all below
 * it. */
typedef struct osl_shut_place {
    uint32_t root;
    osl_text name;
    const char *shown;
} osl_shut_place;

typedef struct osl_source_files {
    osl_source_file *at; /* owns the array; texts are the arena's */
    size_t count, capacity;
    uint64_t bytes;
    osl_shut_place *shut; /* likewise */
    size_t shut_count, shut_capacity;
} osl_source_files;

/* What else than its name tells that a place has changed. */
typedef enum osl_oddity {
    OSL_ODD_LINK,   /* what it leads to, if anything */
    OSL_ODD_SHUT,   /* that it may be looked at */
    OSL_ODD_NAMES,  /* a file: its other names, too */
    OSL_ODD_TANGLE, /* a folder that a link leads to, or that was met before */
} osl_oddity;

/* `visit` is told of each folder before it is read, and of the folder of each
 * file that is a root; `meet` of what is odd. */
typedef struct osl_folder_visitor {
    void *user;
    osl_status (*visit)(void *user, const char *path, osl_error *err);
    void (*meet)(void *user, osl_oddity kind, const char *path, uint64_t inode);
} osl_folder_visitor;

typedef struct osl_source_rules {
    const char *const *includes, *const *excludes;
    size_t include_count, exclude_count;
    const char *index_path;            /* not walked */
    const osl_index_watcher *watcher;  /* told what cannot be read */
    const osl_folder_visitor *visitor; /* may be NULL */
    /* NULL: all is walked; else what is at these places, and below them
     * (absolute paths that end with a NUL, none below another). */
    const osl_text *places;
    size_t place_count;
} osl_source_rules;

/* Adds what a person typed; known roots are not added again. A glob gives all
 * that it matches. OSL_ENOTFOUND where nothing is there. */
OSL_MUST_CHECK osl_status osl_roots_add_path(osl_roots *roots, const char *path,
                                             osl_arena *arena, osl_error *err);
OSL_MUST_CHECK osl_status osl_roots_add(osl_roots *roots, const osl_root *root,
                                        const char *shown, osl_error *err);
/* Whether a path is that of another or below it. */
bool osl_path_is_within(osl_text inner, osl_text outer);
/* The name of a path within a root; false where it is not within. */
bool osl_root_name_of(const osl_root *root, osl_text path, osl_text *name);
/* 0, or the place of a folder of changes among them. */
uint32_t osl_roots_layer(const osl_roots *roots, uint32_t root);
void osl_roots_clear(osl_roots *roots);

/* Adds a source as the registry has it (but for its root), without looking:
 * is_away. */
OSL_MUST_CHECK osl_status osl_source_files_add(
    osl_source_files *files, const osl_roots *roots,
    const osl_registry_source *source, osl_arena *arena, osl_error *err);
/* Adds files of the roots that are not aside. What cannot be looked at is
 * told to the watcher and left out. Input roots (standard input) are files of
 * the index folder. */
OSL_MUST_CHECK osl_status osl_source_files_find(osl_source_files *files,
                                                const osl_roots *roots,
                                                const osl_source_rules *rules,
                                                osl_arena *arena,
                                                osl_error *err);
/* Gives all their layers and sorts them; each path once. */
void osl_source_files_order(osl_source_files *files, const osl_roots *roots);
/* By layer, name, path. */
void osl_source_files_sort(osl_source_files *files);
void osl_source_files_clear(osl_source_files *files);
/* Its path, made where there is none yet; NULL when memory is out. */
const char *osl_source_path(osl_source_file *file, const osl_roots *roots,
                            osl_arena *arena);
/* Its path as its root was typed, for messages: a text of its own, copied to
 * the arena, or borrowed. */
const char *osl_source_shown(const osl_roots *roots, osl_source_file *file,
                             osl_arena *arena);
/* Whether a file is not as it was when it was found, by its status. */
bool osl_source_has_moved(const osl_source_file *file);

#endif
