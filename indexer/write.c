/* SPDX-License-Identifier: MIT
 *
 * The files of a generation: what stays of the old segments, with what has
 * died in each; the batch as a new one; registry and manifest. */
#include "indexer/catalogs.h"
#include "indexer/crew.h"
#include "indexer/update.h"

#include "core/base/file.h"
#include "corpus/corpus.h"
#include "indexer/build.h"
#include "indexer/deletions.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEEP_DEFAULT = 2, NAME_SIZE = 48 };

/* Names and segments of the new generation; texts are the update's arena's. */
typedef struct generation {
    osl_update *u;
    uint64_t number;
    osl_manifest manifest;
    osl_manifest_segment *segments;
    const char **names; /* new files, ends with NULL */
    size_t name_count;
    const osl_sense *senses;
    size_t sense_count;
    uint64_t bytes, terms;
} generation;

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while writing an index");
    return OSL_ENOMEM;
}

/* A name of the new generation's, to be published with it. */
static const char *add_name(generation *g, const char *stem, const char *ending)
{
    char name[NAME_SIZE];
    int length = snprintf(name, sizeof name, "%s%06" PRIu64 "%s", stem,
                          g->number, ending);
    if (length < 0 || (size_t)length >= sizeof name)
        return NULL;
    const char *copy = osl_arena_copy(&g->u->arena, osl_text_of(name));
    if (copy)
        g->names[g->name_count++] = copy;
    return copy;
}

static osl_status write_file(generation *g, const char *name,
                             const osl_buf *bytes, osl_error *err)
{
    if (!name)
        return no_memory(err);
    g->bytes += bytes->length;
    return osl_folder_write(&g->u->folder, name, osl_buf_text(bytes), err);
}

/* ---- what stays --------------------------------------------------------- */

static const char *file_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The dead of an update in one segment, rising; how many live on. */
static osl_status list_dead(const osl_known_segment *known, osl_list32 *dead,
                            uint32_t *living, osl_error *err)
{
    *living = 0;
    for (uint32_t i = 0; i < known->document_count; i++) {
        if (osl_fate_is_death(known->fates[i]) && !osl_list32_add(dead, i))
            return no_memory(err);
        *living += known->fates[i] == OSL_FATE_STAYS ||
                   known->fates[i] == OSL_FATE_KEPT;
    }
    return OSL_OK;
}

static osl_status write_deletions(generation *g, const osl_known_segment *known,
                                  const osl_list32 *dead,
                                  osl_manifest_segment *named, osl_error *err)
{
    osl_buf bytes = {0};
    char stem[NAME_SIZE];
    (void)snprintf(stem, sizeof stem, "%.*s-",
                   (int)strcspn(file_of(osl_segment_path(known->segment)), "."),
                   file_of(osl_segment_path(known->segment)));
    osl_status status =
        osl_deletions_build(&bytes, known->segment, known->deletions, dead->at,
                            dead->count, g->u->analyzer, err);
    if (status == OSL_OK)
        status = osl_buf_status(&bytes, "deletions", err);
    if (status == OSL_OK) {
        const char *name = add_name(g, stem, ".del");
        named->deletions = osl_text_of(name);
        named->deletions_bytes = bytes.length;
        named->deletions_hash = osl_deletions_hash(osl_buf_text(&bytes));
        status = write_file(g, name, &bytes, err);
    }
    osl_buf_clear(&bytes);
    return status;
}

static osl_status keep_segment(generation *g, uint32_t n, osl_error *err)
{
    const osl_known_segment *known = &g->u->known.segments[n];
    osl_list32 dead = {0};
    uint32_t living = 0;
    osl_status status = list_dead(known, &dead, &living, err);
    if (status == OSL_OK && living > 0) {
        osl_manifest_segment *named = &g->segments[g->manifest.segment_count++];
        *named = g->u->old.segments[n];
        if (dead.count > 0)
            status = write_deletions(g, known, &dead, named, err);
        else
            g->bytes += named->deletions_bytes;
        g->bytes += named->bytes + named->catalog_bytes;
        g->terms += osl_segment_get_info(known->segment)
                        ->fields[OSL_FIELD_TEXT]
                        .term_count;
    }
    free(dead.at);
    return status;
}

/* ---- what is new -------------------------------------------------------- */

static osl_status write_catalog(generation *g, osl_manifest_segment *named,
                                osl_error *err)
{
    osl_buf bytes = {0};
    osl_status status =
        osl_catalog_encode(&bytes, &g->u->catalog, named->identity, err);
    if (status == OSL_OK)
        status = write_file(g, add_name(g, "", ".cat"), &bytes, err);
    named->catalog_bytes = bytes.length;
    osl_buf_clear(&bytes);
    return status;
}

static osl_status identify(const osl_update *u, const char *path,
                           uint64_t *identity, osl_error *err)
{
    osl_segment *segment = NULL;
    osl_status status = osl_segment_open(&segment, path, u->kernels, err);
    if (status == OSL_OK)
        *identity = osl_segment_identity(segment);
    osl_segment_free(segment);
    return status;
}

static osl_status write_segment(generation *g, osl_error *err)
{
    osl_update *u = g->u;
    const osl_build_options options = {
        .kernels = u->kernels,
        .fingerprint = osl_analyzer_fingerprint(u->analyzer),
        .store = u->options->store,
        .pairs = u->options->pairs,
        .thread_count = osl_crew_size(u->options->thread_count),
    };
    osl_build_result result = {0};
    char temporary[NAME_SIZE];
    const char *name = add_name(g, "", ".seg");
    (void)snprintf(temporary, sizeof temporary, "%s.tmp", name ? name : "");
    char *path = name ? osl_folder_file(&u->folder, temporary) : NULL;
    osl_status status =
        path ? osl_build_segment(&u->batch, path, &options, &result, err)
             : no_memory(err);
    uint64_t identity = 0;
    if (status == OSL_OK)
        status = identify(u, path, &identity, err);
    free(path);
    if (status != OSL_OK)
        return status;
    osl_manifest_segment *named = &g->segments[g->manifest.segment_count++];
    *named = (osl_manifest_segment){
        .name = osl_text_of(name),
        .identity = identity,
        .deletions = osl_text_of(NULL),
        .bytes = result.file_bytes,
        .paragraph_count = u->catalog.paragraph_count,
        .document_count = u->catalog.document_count,
        .text_bytes = u->batch.text_bytes,
    };
    g->bytes += result.file_bytes;
    g->terms += result.terms;
    return write_catalog(g, named, err);
}

static osl_status write_segments(generation *g, osl_error *err)
{
    osl_update *u = g->u;
    osl_status status = OSL_OK;
    for (uint32_t i = 0;
         !u->is_rebuild && i < u->known.segment_count && status == OSL_OK; i++)
        status = keep_segment(g, i, err);
    if (status == OSL_OK && u->catalog.document_count > 0)
        status = write_segment(g, err);
    return status;
}

static osl_status write_registry(generation *g, osl_error *err)
{
    osl_update *u = g->u;
    const char *format = u->options->format;
    const osl_registry registry = {
        .readers = osl_corpus_stamp(),
        .next_number = u->next_number,
        .format = osl_text_of(format),
        .roots = u->roots.at,
        .root_count = u->roots.count,
        .sources = u->sources,
        .source_count = u->files.count,
        .senses = g->senses,
        .sense_count = g->sense_count,
    };
    osl_buf bytes = {0};
    osl_registry_encode(&bytes, &registry);
    osl_status status = osl_buf_status(&bytes, "a registry", err);
    if (status == OSL_OK) {
        const char *name = add_name(g, "", ".reg");
        g->manifest.registry = osl_text_of(name);
        g->manifest.registry_bytes = bytes.length;
        status = write_file(g, name, &bytes, err);
    }
    osl_buf_clear(&bytes);
    return status;
}

/* ---- the generation ----------------------------------------------------- */

/* A new input's root gets its lasting name. */
static osl_text settle_input(osl_update *u)
{
    osl_text name = {"", 0};
    for (size_t i = 0; i < u->roots.count; i++) {
        if (u->roots.at[i].kind != OSL_ROOT_INPUT)
            continue;
        if (u->input[0])
            u->roots.at[i].path = osl_text_of(u->input);
        name = u->roots.at[i].path;
    }
    return name;
}

static void describe(generation *g)
{
    const osl_update *u = g->u;
    const char *language = u->options->language;
    g->manifest = (osl_manifest){
        .generation = g->number,
        .created_us = u->now_us,
        .fingerprint = osl_analyzer_fingerprint(u->analyzer),
        .fold_acronyms = u->options->fold_acronyms,
        .store = (uint8_t)u->options->store,
        .pairs = (uint8_t)u->options->pairs,
        .language = osl_text_of(language ? language : "en"),
        .input = settle_input(g->u),
        .segments = g->segments,
    };
}

static osl_status publish(generation *g, osl_error *err)
{
    osl_update *u = g->u;
    osl_status status =
        osl_folder_publish(&u->folder, g->names, &g->manifest, err);
    if (status != OSL_OK)
        return status;
    u->folder.is_new = false;
    u->report->generation = g->number;
    u->report->terms = g->terms;
    u->report->bytes_index = g->bytes;
    for (size_t i = 0; i < g->manifest.segment_count; i++)
        u->report->bytes_text += g->segments[i].text_bytes;
    /* What cannot be swept now is swept by the next writer. */
    osl_folder_sweep(&u->folder,
                     u->options->keep ? u->options->keep : KEEP_DEFAULT);
    return OSL_OK;
}

osl_status osl_update_write(osl_update *update, osl_error *err)
{
    size_t segments = (size_t)update->known.segment_count + 1;
    generation g = {
        .u = update,
        .number = update->old.generation + 1,
        .segments =
            osl_arena_zero(&update->arena, segments, sizeof *g.segments),
        /* deletions of each, segment, catalog, registry, input, NULL */
        .names = osl_arena_zero(&update->arena, segments + 5, sizeof *g.names),
    };
    if (!g.segments || !g.names)
        return no_memory(err);
    describe(&g);
    if (update->input[0])
        g.names[g.name_count++] = update->input;
    /* Before the batch is compacted, and its documents numbered anew. */
    osl_status status =
        osl_update_senses(update, &g.senses, &g.sense_count, err);
    if (status == OSL_OK)
        status = write_segments(&g, err);
    if (status == OSL_OK)
        status = write_registry(&g, err);
    if (status == OSL_OK)
        status = publish(&g, err);
    return status;
}
