/* SPDX-License-Identifier: MIT
 *
 * An index without what is damaged in it: the newest manifest that can be
 * read, with those of its segments that are whole, is published as a new
 * generation. Deletions that are spoilt take their segment with them: nobody
 * knows which of its documents live.
 *
 * Where a segment or the registry had to go, the new registry names the roots
 * but no source, so that the next update reads all of them; what it finds in
 * the segments that stayed is recognised and not written again. */
#include "indexer/indexer.h"

#include "core/base/file.h"
#include "core/segment/catalog.h"
#include "core/segment/registry.h"
#include "indexer/publish.h"
#include "indexer/strings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct repair {
    const osl_repair_watcher *watcher;
    osl_repair_report *report;
    osl_folder folder;
    osl_arena arena;
    osl_strings damaged; /* names of files */
    uint64_t whole;      /* the newest whole generation */
    bool out_of_memory;
    osl_manifest manifest; /* to be published */
    osl_registry registry;
    bool has_registry;
} repair;

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while repairing an index");
    return OSL_ENOMEM;
}

/* ---- what is damaged ---------------------------------------------------- */

static void note_damage(void *user, const osl_damage *damage)
{
    repair *r = user;
    uint32_t id;
    if (!osl_strings_add(&r->damaged, osl_text_of(damage->file), 0, &id))
        r->out_of_memory = true;
}

static void note_generation(void *user, const osl_checked_generation *checked)
{
    repair *r = user;
    if (checked->whole && checked->generation > r->whole)
        r->whole = checked->generation;
}

static bool is_damaged(const repair *r, osl_text name)
{
    return name.length > 0 &&
           osl_strings_find(&r->damaged, name, 0) != UINT32_MAX;
}

static void tell_dropped(repair *r, osl_text name, uint64_t documents)
{
    r->report->dropped_files++;
    r->report->dropped_documents += documents;
    if (r->watcher && r->watcher->dropped)
        r->watcher->dropped(r->watcher->user, name, documents);
}

/* ---- segments ----------------------------------------------------------- */

static bool is_whole_segment(repair *r, const osl_manifest_segment *segment)
{
    char *catalog = osl_catalog_path(segment->name.bytes);
    if (!catalog)
        r->out_of_memory = true;
    bool whole = catalog && !is_damaged(r, segment->name) &&
                 !is_damaged(r, segment->deletions) &&
                 !is_damaged(r, osl_text_of(catalog));
    free(catalog);
    return whole;
}

static osl_status drop_segments(repair *r, osl_error *err)
{
    size_t count = r->manifest.segment_count, kept = 0;
    osl_manifest_segment *segments =
        osl_arena_zero(&r->arena, count, sizeof *segments);
    if (!segments)
        return no_memory(err);
    for (size_t i = 0; i < count; i++) {
        const osl_manifest_segment *segment = &r->manifest.segments[i];
        if (is_whole_segment(r, segment))
            segments[kept++] = *segment;
        else
            tell_dropped(r, segment->name, segment->document_count);
    }
    r->manifest.segments = segments;
    r->manifest.segment_count = kept;
    return r->out_of_memory ? no_memory(err) : OSL_OK;
}

/* ---- registry ----------------------------------------------------------- */

/* Numbers of sources that the kept catalogs name are not given again. */
static osl_status count_numbers(const repair *r, uint32_t *next, osl_error *err)
{
    osl_status status = OSL_OK;
    for (size_t i = 0; i < r->manifest.segment_count && status == OSL_OK; i++) {
        osl_catalog catalog = {0};
        char *name = osl_catalog_path(r->manifest.segments[i].name.bytes);
        char *path = name ? osl_folder_file(&r->folder, name) : NULL;
        status = path ? osl_catalog_open(&catalog, path, err) : no_memory(err);
        for (uint32_t n = 0; status == OSL_OK && n < catalog.run_count; n++) {
            uint32_t source, from, to;
            osl_catalog_run(&catalog, n, &source, &from, &to);
            if (source >= *next && source < UINT32_MAX)
                *next = source + 1;
        }
        osl_catalog_close(&catalog);
        free(name);
        free(path);
    }
    return status;
}

/* The registry of the manifest, or of any generation that has one left. */
static osl_status find_registry(repair *r, osl_error *err)
{
    for (uint64_t n = r->manifest.generation; n > 0; n--) {
        char name[32];
        osl_error why;
        (void)snprintf(name, sizeof name, "%06" PRIu64 ".reg", n);
        if (is_damaged(r, osl_text_of(name)))
            continue;
        char *path = osl_folder_file(&r->folder, name);
        if (!path)
            return no_memory(err);
        osl_status status =
            osl_registry_read(&r->registry, path, &r->arena, &why);
        free(path);
        r->has_registry = status == OSL_OK;
        if (status == OSL_OK)
            return OSL_OK;
        if (status == OSL_ENOMEM)
            return no_memory(err);
    }
    r->registry = (osl_registry){0};
    return OSL_OK;
}

/* The options that the index was made with, and what it was made of. */
static void describe(repair *r)
{
    osl_repair_report *report = r->report;
    (void)snprintf(report->language, sizeof report->language, "%.*s",
                   (int)r->manifest.language.length,
                   r->manifest.language.bytes);
    report->fold_acronyms = r->manifest.fold_acronyms;
    report->store = (osl_store)r->manifest.store;
    report->pairs = (osl_pairs)r->manifest.pairs;
}

/* What was dropped is still to be read from these. */
static void tell_due(repair *r)
{
    r->report->reads_again = true;
    r->report->known_paths = r->registry.root_count;
    (void)snprintf(r->report->format, sizeof r->report->format, "%.*s",
                   (int)r->registry.format.length, r->registry.format.bytes);
    for (size_t i = 0; i < r->registry.root_count; i++) {
        if (r->watcher && r->watcher->due)
            r->watcher->due(r->watcher->user, r->registry.roots[i].path);
    }
}

/* Roots, no sources: all of them are due. */
static osl_status write_registry(repair *r, const char *name, osl_error *err)
{
    osl_buf bytes = {0};
    osl_status status = find_registry(r, err);
    r->registry.sources = NULL;
    r->registry.source_count = 0;
    if (status == OSL_OK)
        status = count_numbers(r, &r->registry.next_number, err);
    if (status != OSL_OK)
        return status;
    tell_due(r);
    osl_registry_encode(&bytes, &r->registry);
    status = osl_buf_status(&bytes, "a registry", err);
    if (status == OSL_OK)
        status = osl_folder_write(&r->folder, name, osl_buf_text(&bytes), err);
    r->manifest.registry = osl_text_of(name);
    r->manifest.registry_bytes = bytes.length;
    r->manifest.registry_hash = 0;
    osl_buf_clear(&bytes);
    return status;
}

/* ---- the whole ---------------------------------------------------------- */

static uint64_t now_us(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

static osl_status publish(repair *r, osl_error *err)
{
    char name[32];
    const char *names[] = {name, NULL};
    bool is_whole = r->whole == r->manifest.generation;
    uint64_t number = r->manifest.generation + 1;
    osl_status status = OSL_OK;
    describe(r);
    (void)snprintf(name, sizeof name, "%06" PRIu64 ".reg", number);
    if (is_whole)
        names[0] = NULL;
    else
        status = drop_segments(r, err);
    if (status == OSL_OK && !is_whole)
        status = write_registry(r, name, err);
    if (is_damaged(r, r->manifest.input))
        r->manifest.input = osl_text_of("");
    r->manifest.generation = number;
    r->manifest.created_us = now_us();
    if (status == OSL_OK)
        status = osl_folder_publish(&r->folder, names, &r->manifest, err);
    if (status != OSL_OK)
        return status;
    r->report->generation = number;
    /* Nothing before it is whole, or worth falling back to. */
    osl_folder_sweep(&r->folder, 1);
    return OSL_OK;
}

/* Where a repair was the last to publish, there are roots and no sources, as
 * an update never leaves it: whoever was to index again has been stopped. */
static osl_status look_behind_a_repair(repair *r, osl_error *err)
{
    osl_status status = find_registry(r, err);
    if (status != OSL_OK || !r->has_registry || r->registry.source_count > 0)
        return status;
    describe(r);
    tell_due(r);
    return OSL_OK;
}

static osl_status run(repair *r, const char *index_path, osl_error *err)
{
    const osl_check_watcher watcher = {r, note_damage, note_generation};
    osl_check_report checked;
    bool found = false;
    osl_status status = osl_index_check(index_path, &watcher, &checked, err);
    if (status == OSL_OK && r->out_of_memory)
        status = no_memory(err);
    if (status != OSL_OK)
        return status;
    r->report->damages = checked.damages;
    status =
        osl_folder_manifest(&r->folder, &r->manifest, &found, &r->arena, err);
    if (checked.damages == 0)
        return status == OSL_OK && found ? look_behind_a_repair(r, err)
                                         : status;
    if (status == OSL_ECORRUPT || (status == OSL_OK && !found))
        return osl_fail(err, OSL_ECORRUPT,
                        "%s: no manifest can be read, so nothing says which "
                        "files belong together; make the index anew with: "
                        "osler index --full PATH...",
                        index_path);
    return status == OSL_OK ? publish(r, err) : status;
}

osl_status osl_index_repair(const char *index_path,
                            const osl_repair_watcher *watcher,
                            osl_repair_report *report, osl_error *err)
{
    repair r = {.watcher = watcher, .report = report};
    *report = (osl_repair_report){0};
    osl_status status = osl_folder_open(&r.folder, index_path, 0, NULL, err);
    if (status == OSL_OK)
        status = run(&r, index_path, err);
    osl_strings_clear(&r.damaged);
    osl_folder_close(&r.folder);
    osl_arena_clear(&r.arena);
    return status;
}
