/* SPDX-License-Identifier: MIT */
#include "indexer/generation.h"

#include "indexer/build.h"
#include "indexer/catalogs.h"
#include "indexer/crew.h"
#include "indexer/deletions.h"
#include "indexer/merge.h"
#include "indexer/reorder.h"
#include "indexer/tiers.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A segment that could be of the generation. */
typedef struct part {
    osl_manifest_segment named;
    const osl_known_segment *known; /* NULL: the batch's */
    osl_list32 dead;                /* documents that die now; owns */
    osl_move *moves;                /* of those that live on; owns */
    size_t move_count, move_capacity;
    osl_buf died;                  /* the file of deletions; owns */
    osl_deletions *deletions;      /* opened over `died`; owns */
    const osl_segment *segment;    /* borrowed */
    const osl_deletions *all_dead; /* borrowed; NULL: none */
    osl_tier_segment size;
    bool is_merged;
} part;

typedef struct parts {
    osl_generation *g;
    part *at; /* owns */
    size_t count;
    osl_segment *fresh;     /* the batch's, opened; owns */
    osl_buf catalog;        /* of the batch; owns */
    osl_catalog catalog_of; /* opened over it; owns */
    char *fresh_path;       /* its temporary file; owns */
} parts;

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while writing segments");
    return OSL_ENOMEM;
}

static void parts_clear(parts *p)
{
    for (size_t i = 0; p->at && i < p->count; i++) {
        osl_deletions_close(p->at[i].deletions);
        osl_buf_clear(&p->at[i].died);
        free(p->at[i].dead.at);
        free(p->at[i].moves);
    }
    free(p->at);
    osl_catalog_close(&p->catalog_of);
    osl_segment_free(p->fresh);
    osl_buf_clear(&p->catalog);
    free(p->fresh_path);
}

/* ---- what stays --------------------------------------------------------- */

/* The dead of an update, rising; how many documents live on. */
static osl_status list_dead(part *p, uint32_t *living, osl_error *err)
{
    const osl_known_segment *known = p->known;
    *living = 0;
    for (uint32_t i = 0; i < known->document_count; i++)
        *living += (known->fates[i] == OSL_FATE_STAYS) |
                   (known->fates[i] == OSL_FATE_KEPT);
    uint32_t i = osl_known_next_death(known, 0);
    for (; i < known->document_count; i = osl_known_next_death(known, i + 1))
        if (!osl_list32_add(&p->dead, i))
            return no_memory(err);
    return OSL_OK;
}

static osl_status add_move(part *p, osl_move move, osl_error *err)
{
    if (!osl_grow(&p->moves, &p->move_capacity, p->move_count + 1,
                  sizeof *p->moves))
        return no_memory(err);
    p->moves[p->move_count++] = move;
    return OSL_OK;
}

/* None has moved now: those before stay. */
static osl_status copy_moves(part *p, osl_error *err)
{
    const osl_deletions *before = p->known->deletions;
    uint32_t count = before ? osl_deletions_move_count(before) : 0;
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < count && status == OSL_OK; i++)
        status = add_move(p, osl_deletions_move(before, i), err);
    return status;
}

/* Where the living stand at other lines than the segment says. */
static osl_status list_moves(part *p, const osl_known *known, uint32_t n,
                             osl_error *err)
{
    osl_status status = OSL_OK;
    uint32_t moved = 0;
    if (!p->known->lines)
        return copy_moves(p, err);
    for (uint32_t i = 0; i < p->known->document_count && status == OSL_OK;
         i++) {
        const osl_place place = {n, i};
        uint8_t fate = p->known->fates[i];
        uint32_t written = osl_known_written_line(known, place);
        uint32_t lines = osl_known_line(known, place) - written;
        if ((fate != OSL_FATE_STAYS && fate != OSL_FATE_KEPT) || written == 0 ||
            lines == moved)
            continue;
        status = add_move(p, (osl_move){i, (int32_t)lines}, err);
        moved = lines;
    }
    return status;
}

/* Segment n of those that are known. */
static osl_status count_deletions(osl_update *u, part *p, uint32_t n,
                                  osl_error *err)
{
    osl_status status = OSL_OK;
    p->all_dead = p->known->deletions;
    if (p->dead.count == 0 && !p->known->lines)
        return OSL_OK;
    if (!u->resolver)
        status = osl_resolver_new(&u->resolver, u->analyzer, err);
    u->lexicon.forms = &u->batch.fields[OSL_FIELD_TEXT].forms;
    u->lexicon.resolver = u->resolver;
    const osl_deletions_change change = {
        .before = p->known->deletions,
        .documents = p->dead.at,
        .count = p->dead.count,
        .moves = p->moves,
        .move_count = p->move_count,
        .texts = &u->old_texts,
        .number = n,
        .lexicon = &u->lexicon,
    };
    if (status == OSL_OK)
        status = osl_deletions_build(&p->died, p->segment, &change, u->analyzer,
                                     err);
    if (status == OSL_OK)
        status = osl_buf_status(&p->died, "deletions", err);
    if (status == OSL_OK)
        status =
            osl_deletions_open_memory(&p->deletions, osl_buf_text(&p->died),
                                      "deletions", p->segment, err);
    p->all_dead = p->deletions;
    return status;
}

static osl_status add_old(parts *all, uint32_t n, osl_error *err)
{
    osl_update *u = all->g->u;
    part *p = &all->at[all->count++];
    uint32_t living = 0;
    *p = (part){.named = u->old.segments[n],
                .known = &u->known.segments[n],
                .segment = u->known.segments[n].segment};
    osl_status status = list_dead(p, &living, err);
    if (status == OSL_OK && living > 0)
        status = list_moves(p, &u->known, n, err);
    if (status == OSL_OK && living > 0)
        status = count_deletions(u, p, n, err);
    if (status != OSL_OK)
        return status;
    uint64_t dead =
        p->all_dead ? osl_deletions_get_info(p->all_dead)->paragraph_count : 0;
    p->size = (osl_tier_segment){p->named.paragraph_count - dead, dead};
    if (living == 0) { /* nothing is left to search in it */
        free(p->dead.at);
        all->count--;
    }
    return OSL_OK;
}

static osl_status write_deletions(osl_generation *g, part *p, osl_error *err)
{
    char stem[64];
    const osl_text name = p->named.name;
    (void)snprintf(stem, sizeof stem, "%.*s-", (int)strcspn(name.bytes, "."),
                   name.bytes);
    const char *file = osl_generation_name(g, stem, ".del");
    p->named.deletions = osl_text_of(file);
    p->named.deletions_bytes = p->died.length;
    p->named.deletions_hash = osl_deletions_hash(osl_buf_text(&p->died));
    return osl_generation_write(g, file, &p->died, err);
}

/* ---- what is new -------------------------------------------------------- */

static osl_build_options build_options(const osl_update *u)
{
    return (osl_build_options){
        .kernels = u->kernels,
        .fingerprint = osl_analyzer_fingerprint(u->analyzer),
        .store = u->options->store,
        .pairs = u->options->pairs,
        .thread_count = osl_crew_size(u->options->thread_count),
    };
}

/* A segment that was written under a temporary name. */
static osl_status describe(osl_manifest_segment *named, const char *name,
                           const osl_segment *segment, uint64_t bytes)
{
    const osl_segment_info *info = osl_segment_get_info(segment);
    *named = (osl_manifest_segment){
        .name = osl_text_of(name),
        .deletions = osl_text_of(NULL),
        .bytes = bytes,
        .paragraph_count = info->paragraph_count,
        .document_count = info->document_count,
        .text_bytes = info->text_bytes,
        .identity = osl_segment_identity(segment),
    };
    return OSL_OK;
}

static char *temporary_path(const osl_generation *g, const char *name)
{
    char temporary[80];
    (void)snprintf(temporary, sizeof temporary, "%s.tmp", name ? name : "");
    return name ? osl_folder_file(&g->u->folder, temporary) : NULL;
}

/* Tells the batch which of its documents are dead. */
static void bury(osl_update *u)
{
    osl_list8 *dead = &u->batch.document_dead;
    u->batch.dead_count = 0;
    for (size_t i = 0; i < dead->count; i++) {
        dead->at[i] = u->dead.at[u->runs.document_count + i];
        u->batch.dead_count += dead->at[i];
    }
}

static osl_status reorder(osl_update *u, osl_error *err)
{
    osl_status status = osl_batch_compact(&u->batch, err);
    if (status == OSL_OK)
        status = osl_reorder(&u->batch, &u->catalog, err);
    u->report->reordered = status == OSL_OK;
    return status;
}

/* All that was read and lives, from the batch or from runs. */
static osl_status write_fresh(osl_update *u, const char *path,
                              osl_build_result *result, osl_error *err)
{
    osl_build_options options = build_options(u);
    osl_status status;
    if (u->options->reorder) /* numbers of forms may be others then */
        osl_lexicon_clear(&u->lexicon);
    options.lexicon = u->resolver ? &u->lexicon : NULL;
    if (u->runs.count == 0) {
        bury(u);
        status = u->options->reorder ? reorder(u, err) : OSL_OK;
        return status == OSL_OK
                   ? osl_build_segment(&u->batch, path, &options, result, err)
                   : status;
    }
    status = osl_update_end_run(u, err);
    const osl_runs_options how = osl_update_run_options(u);
    if (status == OSL_OK)
        status = osl_runs_merge(&u->runs, u->dead.at, &how, path, result, err);
    return status;
}

static osl_status add_batch(parts *all, osl_error *err)
{
    osl_generation *g = all->g;
    osl_update *u = g->u;
    osl_build_result result = {0};
    part *p = &all->at[all->count++];
    *p = (part){0};
    const char *name = osl_generation_name(g, "", ".seg");
    all->fresh_path = temporary_path(g, name);
    osl_status status = all->fresh_path
                            ? write_fresh(u, all->fresh_path, &result, err)
                            : no_memory(err);
    osl_batch_clear(&u->batch);
    if (status == OSL_OK)
        status =
            osl_segment_open(&all->fresh, all->fresh_path, u->kernels, err);
    if (status == OSL_OK)
        status = describe(&p->named, name, all->fresh, result.file_bytes);
    if (status == OSL_OK)
        status = osl_catalog_encode(&all->catalog, &u->catalog,
                                    p->named.identity, err);
    if (status == OSL_OK)
        status = osl_catalog_open_memory(
            &all->catalog_of, osl_buf_text(&all->catalog), name, err);
    p->segment = all->fresh;
    p->named.catalog_bytes = all->catalog.length;
    p->size.living = u->catalog.paragraph_count;
    return status;
}

/* What the comparing needed: merging takes memory, too. */
static void forget_entries(osl_update *u)
{
    osl_strings_clear(&u->ids);
    free(u->entries.at);
    u->entries = (osl_entries){0};
    free(u->blocks.at);
    u->blocks = (osl_entry_blocks){0};
}

/* ---- merging ------------------------------------------------------------ */

static osl_status write_catalog(osl_generation *g, osl_manifest_segment *named,
                                const osl_buf *bytes, osl_error *err)
{
    char *name = osl_catalog_path(named->name.bytes);
    const char *copy =
        name ? osl_arena_copy(&g->u->arena, osl_text_of(name)) : NULL;
    free(name);
    named->catalog_bytes = bytes->length;
    return osl_generation_write(g, copy, bytes, err);
}

static osl_status merge_catalogs(const parts *all, osl_manifest_segment *named,
                                 osl_error *err)
{
    osl_catalog_maker maker = {0};
    osl_buf bytes = {0};
    osl_status status = OSL_OK;
    for (size_t i = 0; i < all->count && status == OSL_OK; i++) {
        const part *p = &all->at[i];
        if (p->is_merged)
            status = osl_catalog_append(
                &maker, p->known ? &p->known->catalog : &all->catalog_of,
                p->segment, p->all_dead, err);
    }
    if (status == OSL_OK)
        status = osl_catalog_encode(&bytes, &maker, named->identity, err);
    if (status == OSL_OK)
        status = write_catalog(all->g, named, &bytes, err);
    osl_buf_clear(&bytes);
    osl_catalog_maker_clear(&maker);
    return status;
}

/* The manifest's next segment. */
static void take_segment(osl_generation *g, const osl_manifest_segment *named,
                         const osl_segment *segment)
{
    g->segments[g->manifest.segment_count++] = *named;
    g->terms +=
        osl_segment_get_info(segment)->fields[OSL_FIELD_TEXT].term_count;
}

static osl_status name_merged(const parts *all, const char *name,
                              const char *path, uint64_t bytes, osl_error *err)
{
    osl_generation *g = all->g;
    osl_manifest_segment named = {0};
    osl_segment *segment = NULL;
    osl_status status = osl_segment_open(&segment, path, g->u->kernels, err);
    if (status == OSL_OK)
        status = describe(&named, name, segment, bytes);
    if (status == OSL_OK)
        status = merge_catalogs(all, &named, err);
    if (status == OSL_OK) {
        g->names[g->name_count++] = name;
        g->bytes += bytes;
        take_segment(g, &named, segment);
    }
    osl_segment_free(segment);
    return status;
}

/* *merged false where they do not fit one segment. */
static osl_status merge(const parts *all, bool *merged, osl_error *err)
{
    osl_generation *g = all->g;
    const osl_build_options options = build_options(g->u);
    osl_build_result result = {0};
    osl_merge_input *inputs =
        osl_arena_zero(&g->u->arena, all->count, sizeof *inputs);
    size_t count = 0;
    if (!inputs)
        return no_memory(err);
    for (size_t i = 0; i < all->count; i++)
        if (all->at[i].is_merged)
            inputs[count++] =
                (osl_merge_input){all->at[i].segment, all->at[i].all_dead};
    const char *name = osl_generation_name(g, "", "-1.seg");
    char *path = temporary_path(g, name);
    osl_status status =
        path ? osl_merge_segments(inputs, count, path, &options, &result, err)
             : no_memory(err);
    *merged = status == OSL_OK;
    if (status == OSL_OK)
        status = name_merged(all, name, path, result.file_bytes, err);
    free(path);
    return status == OSL_ELIMIT && !*merged ? OSL_OK : status;
}

static osl_status merge_some(parts *all, osl_error *err)
{
    osl_tier_segment *sizes =
        osl_arena_zero(&all->g->u->arena, all->count, sizeof *sizes);
    bool *chosen = osl_arena_zero(&all->g->u->arena, all->count, 1);
    bool merged = false;
    if (!sizes || !chosen)
        return no_memory(err);
    for (size_t i = 0; i < all->count; i++)
        sizes[i] = all->at[i].size;
    if (osl_tiers_choose(sizes, all->count, all->g->u->options->optimize,
                         chosen) == 0)
        return OSL_OK;
    for (size_t i = 0; i < all->count; i++)
        all->at[i].is_merged = chosen[i];
    osl_status status = merge(all, &merged, err);
    for (size_t i = 0; i < all->count; i++)
        all->at[i].is_merged = merged && chosen[i];
    return status;
}

/* ---- the list ----------------------------------------------------------- */

/* A part that was not merged. */
static osl_status put(parts *all, part *p, osl_error *err)
{
    osl_generation *g = all->g;
    osl_status status = OSL_OK;
    if (p->known) {
        if (p->died.length > 0)
            status = write_deletions(g, p, err);
        else
            g->bytes += p->named.deletions_bytes;
        g->bytes += p->named.catalog_bytes;
    } else {
        g->names[g->name_count++] = p->named.name.bytes;
        status = write_catalog(g, &p->named, &all->catalog, err);
    }
    g->bytes += p->named.bytes;
    take_segment(g, &p->named, p->segment);
    return status;
}

static osl_status put_all(parts *all, osl_error *err)
{
    osl_status status = OSL_OK;
    for (size_t i = 0; i < all->count && status == OSL_OK; i++) {
        part *p = &all->at[i];
        if (!p->is_merged)
            status = put(all, p, err);
        else if (!p->known)
            (void)unlink(all->fresh_path); /* or the next sweep does */
    }
    return status;
}

osl_status osl_generation_segments(osl_generation *g, osl_error *err)
{
    osl_update *u = g->u;
    uint32_t old = u->is_rebuild ? 0 : u->known.segment_count;
    parts all = {.g = g, .at = calloc((size_t)old + 1, sizeof *all.at)};
    osl_status status = all.at ? OSL_OK : no_memory(err);
    forget_entries(u);
    osl_old_texts_sort(&u->old_texts);
    for (uint32_t i = 0; i < old && status == OSL_OK; i++)
        status = add_old(&all, i, err);
    osl_old_texts_clear(&u->old_texts);
    if (status == OSL_OK && u->catalog.document_count > 0)
        status = add_batch(&all, err);
    if (status == OSL_OK)
        status = merge_some(&all, err);
    if (status == OSL_OK)
        status = put_all(&all, err);
    parts_clear(&all);
    return status;
}
