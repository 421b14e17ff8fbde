/* SPDX-License-Identifier: MIT
 *
 * The files of a generation: what stays of the old segments, with what has
 * died in each; the batch as a new one; registry and manifest. */
#include "indexer/catalogs.h"
#include "indexer/crew.h"
#include "indexer/update.h"

#include "core/base/file.h"
#include "corpus/corpus.h"
#include "indexer/generation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEEP_DEFAULT = 2, NAME_SIZE = 64 };

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while writing an index");
    return OSL_ENOMEM;
}

const char *osl_generation_name(osl_generation *g, const char *stem,
                                const char *ending)
{
    char name[NAME_SIZE];
    (void)snprintf(name, sizeof name, "%s%06" PRIu64 "%s", stem, g->number,
                   ending);
    return osl_arena_copy(&g->u->arena, osl_text_of(name));
}

osl_status osl_generation_write(osl_generation *g, const char *name,
                                const osl_buf *bytes, osl_error *err)
{
    if (!name)
        return no_memory(err);
    g->names[g->name_count++] = name;
    g->bytes += bytes->length;
    return osl_folder_write(&g->u->folder, name, osl_buf_text(bytes), err);
}

static osl_status write_registry(osl_generation *g, osl_error *err)
{
    osl_update *u = g->u;
    const char *format = u->options->format;
    const osl_registry registry = {
        .readers = osl_corpus_stamp(),
        .next_number = u->next_number,
        .format = osl_text_of(format),
        .roots = u->roots.at,
        .root_count = u->roots.count,
        .sources = &u->files.at->known,
        .source_stride = sizeof *u->files.at,
        .source_count = u->files.count,
    };
    osl_buf bytes = {0};
    /* About as much as before, so that it need not be moved as it grows. */
    (void)osl_buf_room(&bytes, u->old_registry_map.length + ((size_t)1 << 16));
    osl_update_reuse_encoded(u);
    osl_registry_encode(&bytes, &registry);
    osl_status status = osl_buf_status(&bytes, "a registry", err);
    if (status == OSL_OK) {
        const char *name = osl_generation_name(g, "", ".reg");
        g->manifest.registry = osl_text_of(name);
        g->manifest.registry_bytes = bytes.length;
        status = osl_generation_write(g, name, &bytes, err);
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

static void describe(osl_generation *g)
{
    const osl_update *u = g->u;
    g->manifest = (osl_manifest){
        .generation = g->number,
        .created_us = u->now_us,
        .fingerprint = osl_analyzer_fingerprint(u->analyzer),
        .fold_acronyms = u->options->fold_acronyms,
        .store = (uint8_t)u->options->store,
        .pairs = (uint8_t)u->options->pairs,
        .language = osl_text_of(u->options->language),
        .input = settle_input(g->u),
        .segments = g->segments,
    };
}

static osl_status publish(osl_generation *g, osl_error *err)
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
    osl_generation g = {
        .u = update,
        .number = update->old.generation + 1,
        .segments =
            osl_arena_zero(&update->arena, segments, sizeof *g.segments),
        /* deletions of each; new and merged segment, catalogs, registry,
         * input, NULL */
        .names = osl_arena_zero(&update->arena, segments + 8, sizeof *g.names),
    };
    if (!g.segments || !g.names)
        return no_memory(err);
    describe(&g);
    if (update->input[0])
        g.names[g.name_count++] = update->input;
    osl_status status = osl_generation_segments(&g, err);
    if (status == OSL_OK)
        status = write_registry(&g, err);
    if (status == OSL_OK)
        status = publish(&g, err);
    return status;
}
