/* SPDX-License-Identifier: MIT
 *
 * One update: roots → files → (all as they were? done) → documents → who has
 * which id → segment, deletions, registry, manifest → published. */
#include "indexer/indexer.h"

#include "core/base/cpu.h"
#include "core/base/file.h"
#include "corpus/corpus.h"
#include "indexer/crew.h"
#include "indexer/notes.h"
#include "indexer/read.h"
#include "indexer/update.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { KEEP_DEFAULT = 2, TRIES = 8 };

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while indexing");
    return OSL_ENOMEM;
}

void osl_update_tell(osl_update *u, const char *path, uint32_t line,
                     bool skipped, const char *reason)
{
    u->report->skipped += skipped;
    if (u->watcher && u->watcher->skipped)
        u->watcher->skipped(u->watcher->user, path, line, skipped, reason);
}

osl_status osl_update_check_cancelled(const osl_update *u, osl_error *err)
{
    if (u->watcher && u->watcher->cancelled &&
        u->watcher->cancelled(u->watcher->user))
        return osl_fail(err, OSL_ECANCELLED,
                        "stopped; the index is as it was before");
    return OSL_OK;
}

static uint64_t now_us(clockid_t clock)
{
    struct timespec now = {0};
    (void)clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

/* ---- reading ------------------------------------------------------------ */

/* A document that is as it was, wherever it stands in its source: by its
 * record, or by its id. Called by any thread. */
static osl_status find_same(void *user, size_t file, osl_trail *trail,
                            osl_met *met, osl_error *err)
{
    const osl_update *u = user;
    uint32_t number = u->files.at[u->due[file]].known.number;
    if (met->id.length == 0) {
        met->is_known = met->is_kept =
            !u->is_rebuild && osl_known_find_record(&u->known, trail, number,
                                                    met->record, &met->place);
        return OSL_OK;
    }
    osl_status status = OSL_OK;
    met->is_known =
        trail && osl_known_find_next(&u->known, trail, met->id, &met->place);
    if (!met->is_known)
        status = osl_known_find(&u->known, met->id, &met->is_known, &met->place,
                                err);
    if (status != OSL_OK || !met->is_known || u->is_rebuild)
        return status;
    if (osl_known_source(&u->known, met->place) == number)
        status = osl_known_is_same(
            &u->known, met->place,
            &(osl_known_content){met->digest, 0, met->is_plain}, &met->is_kept,
            err);
    if (trail)
        osl_trail_follow(&u->known, trail, met->place);
    return status;
}

/* Documents that are as they were, by all their lines. Called by any thread. */
static bool find_block(void *user, size_t file, osl_trail *trail, osl_text rest,
                       osl_met *met, osl_passed *passed)
{
    const osl_update *u = user;
    uint32_t number = u->files.at[u->due[file]].known.number;
    osl_catalog_block block;
    if (u->is_rebuild || !osl_known_find_block(&u->known, trail, number, rest,
                                               &met->place, &block))
        return false;
    osl_lines_hash_add_records(&passed->hash,
                               &u->known.segments[met->place.segment].catalog,
                               met->place.document, block.count);
    met->count = block.count;
    passed->length = block.length;
    return true;
}

static osl_status add_entry(osl_update *u, osl_entry entry, osl_error *err)
{
    if (!osl_grow(&u->entries.at, &u->entries.capacity, u->entries.count + 1,
                  sizeof *u->entries.at))
        return no_memory(err);
    u->entries.at[u->entries.count++] = entry;
    return OSL_OK;
}

/* The entry added last is of the last of a block's documents. */
static osl_status add_block(osl_update *u, const osl_catalog_block *block,
                            osl_error *err)
{
    if (!osl_grow(&u->blocks.at, &u->blocks.capacity, u->blocks.count + 1,
                  sizeof *u->blocks.at))
        return no_memory(err);
    u->blocks.at[u->blocks.count++] =
        (osl_entry_block){u->entries.count - 1, *block};
    return OSL_OK;
}

/* A document that was found again is an entry only where another one of its
 * id was met. */
static osl_status add_kept(osl_update *u, osl_place place, uint32_t line,
                           osl_error *err)
{
    osl_text id;
    osl_entry entry = {
        .source = osl_update_source_of(u, osl_known_source(&u->known, place)),
        .line = line,
        .document = OSL_NONE,
        .is_known = true,
        .place = place};
    osl_status status = osl_known_id(&u->known, place, &id, err);
    if (status == OSL_OK && !osl_strings_add(&u->ids, id, 0, &entry.id))
        return no_memory(err);
    return status == OSL_OK ? add_entry(u, entry, err) : status;
}

/* What was met again under the id of a document that was found again. */
static osl_status contest(osl_update *u, osl_place place, osl_error *err)
{
    uint8_t *fate = osl_known_fate(&u->known, place);
    osl_status status = OSL_OK;
    if (*fate == OSL_FATE_KEPT)
        status = add_kept(u, place, osl_known_line(&u->known, place), err);
    if (*fate == OSL_FATE_KEPT || *fate == OSL_FATE_OPEN)
        *fate = OSL_FATE_CONTESTED;
    return status;
}

static osl_status take_kept(osl_update *u, osl_place place, uint32_t line,
                            osl_error *err)
{
    uint8_t *fate = osl_known_fate(&u->known, place);
    if (*fate == OSL_FATE_OPEN) {
        *fate = OSL_FATE_KEPT;
        return osl_known_move(&u->known, place, line) ? OSL_OK : no_memory(err);
    }
    osl_status status = contest(u, place, err);
    return status == OSL_OK ? add_kept(u, place, line, err) : status;
}

static osl_status take_all_kept(osl_update *u, const osl_met *met,
                                osl_error *err)
{
    osl_status status = OSL_OK;
    bool kept = false;
    if (!osl_known_keep(&u->known, met->place, met->count, met->line, &kept))
        return no_memory(err);
    for (uint32_t i = 0; i < met->count && status == OSL_OK && !kept; i++)
        status = take_kept(
            u, (osl_place){met->place.segment, met->place.document + i},
            met->line + i, err);
    return status;
}

/* Tables that need not grow are touched but once. Most documents are new where
 * nothing is known, and few where much is. */
static osl_status expect_documents(void *user, size_t documents, osl_error *err)
{
    osl_update *u = user;
    size_t ids = u->ids.count + documents;
    if (u->known.segment_count > 0 || ids > UINT32_MAX / 2)
        return OSL_OK;
    if (u->names_strings)
        osl_strings_expect(&u->ids, ids);
    else if (!osl_strings_reserve(&u->ids, (uint32_t)ids))
        return no_memory(err);
    if (!osl_grow(&u->entries.at, &u->entries.capacity,
                  u->entries.count + documents, sizeof *u->entries.at))
        return no_memory(err);
    return OSL_OK;
}

/* The number of a new document's id. */
static bool number_id(osl_update *u, const osl_met *met, uint32_t *id)
{
    osl_list32 *numbers = &u->id_of_string;
    if (!u->names_strings)
        return osl_strings_add(&u->ids, met->id, 0, id);
    while (numbers->count <= met->string)
        if (!osl_list32_add(numbers, 0))
            return false;
    uint32_t *number = &numbers->at[met->string];
    if (*number == 0) {
        if (!osl_strings_append(&u->ids, met->id, id))
            return false;
        *number = *id + 1;
    }
    *id = *number - 1;
    return true;
}

static osl_status take_document(void *user, size_t file, const osl_met *met,
                                osl_error *err)
{
    osl_update *u = user;
    osl_met found = *met;
    osl_status status = OSL_OK;
    /* In a later part of a file it may not have had its id. */
    if (!met->is_known && u->known.segment_count > 0)
        status = find_same(u, file, NULL, &found, err);
    if (status == OSL_OK && found.is_kept)
        return take_all_kept(u, &found, err);
    if (status == OSL_OK && found.is_known)
        status = contest(u, found.place, err);
    osl_entry entry = {.source = u->due[file],
                       .line = met->line,
                       .document = u->documents_before + met->document,
                       .is_known = found.is_known,
                       .place = found.place,
                       .digest = met->digest,
                       .is_plain = met->is_plain,
                       .record = met->record};
    if (status == OSL_OK && !number_id(u, met, &entry.id))
        return no_memory(err);
    if (status == OSL_OK)
        status = add_entry(u, entry, err);
    return status == OSL_OK && met->block ? add_block(u, met->block, err)
                                          : status;
}

static void tell_read(void *user, const char *path, uint32_t line, bool skipped,
                      const char *reason)
{
    osl_update_tell(user, path, line, skipped, reason);
}

static osl_status show_progress(void *user, uint64_t bytes_done,
                                uint64_t documents, uint64_t paragraphs,
                                osl_error *err)
{
    const osl_update *u = user;
    if (u->watcher && u->watcher->progress)
        u->watcher->progress(u->watcher->user, u->bytes_done + bytes_done,
                             u->bytes_total, documents, paragraphs);
    return osl_update_check_cancelled(u, err);
}

static uint64_t memory_bound(const osl_update *u)
{
    return u->options->memory_bytes ? u->options->memory_bytes
                                    : osl_memory_default();
}

osl_runs_options osl_update_run_options(const osl_update *u)
{
    return (osl_runs_options){
        .stem = u->run_stem,
        .analyzer = u->analyzer,
        .build = {.kernels = u->kernels,
                  .fingerprint = osl_analyzer_fingerprint(u->analyzer),
                  .store = u->options->store,
                  .pairs = u->options->pairs,
                  .thread_count = osl_crew_size(u->options->thread_count),
                  .memory_bytes = memory_bound(u)}};
}

/* "INDEX/000042-0", which runs' names begin with. */
static osl_status name_runs(osl_update *u, osl_error *err)
{
    char name[48];
    (void)snprintf(name, sizeof name, "%06" PRIu64 "-0", u->old.generation + 1);
    u->run_stem = osl_folder_file(&u->folder, name);
    return u->run_stem ? OSL_OK : no_memory(err);
}

osl_status osl_update_end_run(osl_update *u, osl_error *err)
{
    osl_status status = u->run_stem ? OSL_OK : name_runs(u, err);
    const osl_runs_options options = osl_update_run_options(u);
    if (status == OSL_OK)
        status = osl_runs_add(&u->runs, &u->batch, &options, err);
    return status;
}

/* The sources that are due, for the reader. */
static osl_read_file *list_due(osl_update *u, size_t *count)
{
    size_t all = u->files.count, due = 0;
    for (size_t i = 0; i < all; i++)
        due += u->is_read[i] == OSL_READ_DUE;
    osl_read_file *files = osl_arena_zero(&u->arena, due, sizeof *files);
    u->due = osl_arena_zero(&u->arena, due, sizeof *u->due);
    *count = 0;
    for (uint32_t i = 0; files && u->due && i < all; i++) {
        osl_source_file *file = &u->files.at[i];
        bool is_input = u->roots.at[file->known.root].kind == OSL_ROOT_INPUT;
        const char *format = u->options->format;
        if (u->is_read[i] != OSL_READ_DUE)
            continue;
        u->is_read[i] = OSL_READ_DONE;
        u->bytes_total += file->known.size;
        u->due[*count] = i;
        files[*count] = (osl_read_file){
            .path = osl_source_path(file, &u->roots, &u->arena),
            .shown = osl_source_shown(&u->roots, file, &u->arena),
            .format = is_input && !format ? "jsonl" : format,
            .known = &u->files.at[i].known,
            .is_shut = &u->is_shut[i],
        };
        if (!files[(*count)++].path)
            return NULL;
    }
    return u->due ? files : NULL;
}

/* Whether the documents of a source, by its number, are to be found again. */
static bool is_open_source(const void *user, uint32_t number)
{
    const osl_update *u = user;
    uint32_t source = osl_update_source_of(u, number);
    return u->is_rebuild || source == OSL_NONE || u->is_read[source];
}

/* What was woken behind what was read before. */
static osl_status join(osl_update *u, osl_batch *more, osl_error *err)
{
    osl_batch *const from[] = {&u->batch, more};
    const osl_batch_piece pieces[] = {
        {.from = 0, .end = osl_batch_get_mark(&u->batch)},
        {.from = 1, .end = osl_batch_get_mark(more)},
    };
    const osl_batch_parts parts = {from, 2, pieces, 2};
    osl_batch joined = {0};
    osl_batch_init(&joined, u->analyzer, u->batch.keep_texts);
    osl_status status = osl_batch_join(&joined, &parts, 1, err);
    osl_batch_clear(&u->batch);
    osl_batch_clear(more);
    u->batch = joined;
    return status;
}

/* What a batch may hold beside what is known of each document. */
static uint64_t batch_bound(const osl_update *u)
{
    uint64_t other = u->entries.capacity * sizeof *u->entries.at +
                     osl_strings_bytes(&u->ids);
    uint64_t bytes = osl_memory_of_batch(memory_bound(u), other);
    /* Its columns are there twice while they are put into order: by then what
     * inverting takes is not there yet. */
    return u->options->reorder ? bytes / 4 * 3 : bytes;
}

/* The next round: what was read so far becomes a run where more is to come. */
static osl_status read_round(osl_update *u, osl_reading *reading, bool *done,
                             osl_error *err)
{
    osl_batch batch = {0};
    osl_batch_init(&batch, u->analyzer, u->batch.keep_texts);
    u->documents_before = osl_update_documents(u);
    u->names_strings = u->known.segment_count == 0 && u->ids.count == 0;
    osl_status status = osl_reading_next(reading, &batch, done, err);
    free(u->id_of_string.at);
    u->id_of_string = (osl_list32){0};
    if (osl_batch_documents(&u->batch) > 0 && status == OSL_OK) {
        status = join(u, &batch, err);
    } else {
        osl_batch_clear(&u->batch);
        u->batch = batch;
    }
    if (status == OSL_OK && !*done)
        status = osl_update_end_run(u, err);
    return status;
}

/* Most of what is known is looked at once. Who follows files stays where one is
 * cut while it is mapped, which ends a process. */
static osl_mapping choose_mapping(const osl_update *u)
{
    return u->may_repeat && !u->events && u->known.segment_count > 0
               ? OSL_MAPPING_IF_QUICKER
               : OSL_MAPPING_NONE;
}

static osl_status read_files(osl_update *u, const osl_read_file *files,
                             size_t count, osl_error *err)
{
    osl_read_options options = {
        .analyzer = u->analyzer,
        .kernels = u->kernels,
        .thread_count = u->options->thread_count,
        .memory_bytes = batch_bound(u),
        .slice_bytes = osl_memory_of_slice(memory_bound(u)),
        .user = u,
        .tell = tell_read,
        .progress = show_progress,
        .mapping = choose_mapping(u),
        .find = u->known.segment_count > 0 ? find_same : NULL,
        .pass = find_block,
        .expect = expect_documents,
        .meet = take_document,
    };
    osl_reading *reading = NULL;
    bool done = false;
    osl_status status = osl_reading_open(&reading, files, count, &options, err);
    while (status == OSL_OK && !done) {
        status = read_round(u, reading, &done, err);
        options.memory_bytes = batch_bound(u);
    }
    osl_reading_close(reading);
    return status;
}

/* Of a source that was woken, documents whose ids were met before. */
static void contest_woken(osl_update *u)
{
    for (size_t i = 0; i < u->entries.count; i++) {
        const osl_entry *entry = &u->entries.at[i];
        uint8_t *fate =
            entry->is_known ? osl_known_fate(&u->known, entry->place) : NULL;
        if (fate && *fate == OSL_FATE_OPEN)
            *fate = OSL_FATE_CONTESTED;
    }
}

static bool is_shut_source(const void *user, uint32_t number)
{
    const osl_update *u = user;
    uint32_t source = osl_update_source_of(u, number);
    return source != OSL_NONE && u->is_shut[source];
}

/* What was known of sources that may not be read now stays as it was. */
static void keep_shut_sources(osl_update *u)
{
    bool any = false;
    for (size_t n = 0; n < u->files.count; n++) {
        const osl_registry_source *before = u->before[n];
        u->is_shut[n] &= before != NULL && !u->is_rebuild;
        if (!u->is_shut[n] || u->is_read[n] == OSL_READ_NOT)
            continue;
        any = true;
        osl_source_file *file = &u->files.at[n];
        uint32_t root = file->known.root;
        file->known = *before;
        file->known.root = root;
        if (root != before->root)
            file->known.encoded = osl_text_of("");
        file->is_away = true;
        u->is_read[n] = OSL_READ_NOT;
        if (u->events)
            osl_events_meet(u->events, OSL_ODD_SHUT, file->path, 0);
        osl_update_tell(u, osl_source_shown(&u->roots, file, &u->arena), 0,
                        false,
                        "what is known of it stays until it can be read");
    }
    if (any)
        osl_known_close_sources(&u->known, is_shut_source, u);
}

osl_status osl_update_read(osl_update *u, osl_error *err)
{
    size_t count = 0;
    if (!osl_known_open_sources(&u->known, is_open_source, u))
        return no_memory(err);
    contest_woken(u);
    u->bytes_done = u->bytes_total;
    const osl_read_file *files = list_due(u, &count);
    osl_status status =
        files ? read_files(u, files, count, err) : no_memory(err);
    if (status == OSL_OK)
        keep_shut_sources(u);
    return status;
}

/* ---- the generation before ---------------------------------------------- */

static osl_status open_registry(osl_update *u, osl_error *err)
{
    char *path = osl_folder_file(&u->folder, u->old.registry.bytes);
    osl_status status =
        path ? osl_registry_open(&u->old_registry, &u->old_registry_map, path,
                                 &u->arena, err)
             : no_memory(err);
    free(path);
    return status;
}

static osl_status open_segments(osl_update *u, osl_error *err)
{
    osl_status status =
        osl_index_open(&u->old_index, u->folder.path, 0, u->kernels, err);
    if (status == OSL_OK &&
        osl_index_get_info(u->old_index)->generation != u->old.generation)
        status = osl_fail(err, OSL_ECORRUPT, "%s: an older generation",
                          u->folder.path);
    return status;
}

/* Its registry, segments and catalogs; all of it, or nothing. To a program of
 * another format a registry may look damaged: then segments, whose beginning
 * stays as it is, tell which it is. */
static osl_status open_generation(osl_update *u, osl_error *err)
{
    osl_error other = {0};
    osl_status status = open_registry(u, err);
    if (status == OSL_OK)
        status = open_segments(u, err);
    else if (status == OSL_ECORRUPT && open_segments(u, &other) == OSL_EVERSION)
        status = osl_fail(err, OSL_EVERSION, "%s", other.text);
    if (status == OSL_OK)
        status = osl_known_open(&u->known, u->old_index, err);
    return status;
}

static void forget_generation(osl_update *u)
{
    osl_known_clear(&u->known);
    osl_index_free(u->old_index);
    u->old_index = NULL;
}

static void rebuild(osl_update *u, const char *why)
{
    u->is_rebuild = true;
    if (why)
        osl_update_tell(u, u->folder.path, 0, false, why);
}

static osl_status open_old(osl_update *u, osl_error *err)
{
    bool found = false;
    osl_error why = {0};
    osl_status status =
        osl_folder_manifest(&u->folder, &u->old, &found, &u->arena, err);
    if (status == OSL_ECORRUPT && u->options->full)
        return OSL_OK;
    if (status != OSL_OK || !found)
        return status;
    status = open_generation(u, &why);
    if (status == OSL_ECORRUPT || status == OSL_ENOTFOUND ||
        (status == OSL_EVERSION && u->options->full)) {
        forget_generation(u);
        rebuild(u, "is damaged, or of an older format; all is made anew");
        return OSL_OK;
    }
    return status == OSL_OK ? OSL_OK : osl_fail(err, status, "%s", why.text);
}

/* What the options leave open is as it was, or the default. */
static void settle_options(osl_update *u)
{
    static const osl_manifest none = {.fold_acronyms = false};
    const osl_manifest *old = u->options->full ? &none : &u->old;
    osl_text format = u->old_registry.format;
    osl_index_options *o = &u->settled;
    *o = *u->options;
    u->options = o;
    if (!o->language)
        o->language = old->language.length > 0 ? old->language.bytes
                                               : osl_analysis_defaults.language;
    o->fold_acronyms |= old->fold_acronyms;
    if (o->store == OSL_STORE_AS_BEFORE)
        o->store = (osl_store)old->store;
    if (o->pairs == OSL_PAIRS_AS_BEFORE)
        o->pairs = (osl_pairs)old->pairs;
    if (!o->format && !o->full && format.length > 0)
        o->format = format.bytes;
}

static osl_status open_analyzer(osl_update *u, osl_error *err)
{
    const osl_analysis_settings settings = {
        .language = u->options->language,
        .fold_acronyms = u->options->fold_acronyms,
    };
    return osl_analyzer_open(&u->analyzer, &settings, u->level, err);
}

/* Other settings than last time's, or other readers, read everything anew. */
static void look_at_settings(osl_update *u)
{
    const osl_manifest *old = &u->old;
    const osl_registry *registry = &u->old_registry;
    if (!u->old_index)
        return;
    if (u->options->full)
        rebuild(u, NULL);
    else if (old->fingerprint != osl_analyzer_fingerprint(u->analyzer) ||
             old->store != u->options->store ||
             old->pairs != u->options->pairs ||
             !osl_text_equal(registry->format, osl_text_of(u->options->format)))
        rebuild(u, "was made with other settings; all is made anew");
    else if (registry->readers != osl_corpus_stamp())
        rebuild(u, "was read by other readers than today's; all is read anew");
}

/* ---- the whole ---------------------------------------------------------- */

static osl_status open_all(osl_update *u, const char *index_path,
                           osl_error *err)
{
    osl_status status = osl_cpu_level_get(&u->level, err);
    if (status != OSL_OK)
        return status;
    u->kernels = osl_kernels_get(u->level);
    status = osl_folder_open(&u->folder, index_path,
                             u->options->wait ? OSL_FOR_EVER
                                              : u->options->patience_ms,
                             u->watcher, err);
    if (status == OSL_OK)
        status = open_old(u, err);
    if (status != OSL_OK)
        return status;
    settle_options(u);
    status = open_analyzer(u, err);
    if (status == OSL_OK)
        look_at_settings(u);
    return status;
}

static void close_all(osl_update *u)
{
    osl_known_clear(&u->known);
    osl_index_free(u->old_index);
    osl_runs_clear(&u->runs);
    free(u->run_stem);
    free(u->dead.at);
    osl_batch_clear(&u->batch);
    osl_catalog_maker_clear(&u->catalog);
    osl_strings_clear(&u->ids);
    osl_old_texts_clear(&u->old_texts);
    osl_lexicon_clear(&u->lexicon);
    osl_resolver_free(u->resolver);
    osl_analyzer_free(u->analyzer);
    free(u->entries.at);
    free(u->blocks.at);
    free((void *)u->before);
    free(u->is_read);
    free(u->is_shut);
    osl_source_files_clear(&u->files);
    osl_roots_clear(&u->roots);
    osl_folder_close(&u->folder);
    osl_map_close(&u->old_registry_map);
    osl_arena_clear(&u->arena);
}

static void report_unchanged(osl_update *u)
{
    const osl_index_info *info = osl_index_get_info(u->old_index);
    osl_index_report *report = u->report;
    report->generation = info->generation;
    report->documents = info->document_count;
    report->paragraphs = info->paragraph_count;
    report->reused = 1;
    report->bytes_text = info->text_bytes;
    report->bytes_index = info->index_bytes;
    for (uint32_t i = 0; i < info->segment_count; i++)
        report->terms +=
            osl_segment_get_info(osl_index_segment(u->old_index, i))
                ->fields[OSL_FIELD_TEXT]
                .term_count;
}

/* Nothing is to be written but, where it is damaged, what names the rest. */
static osl_status leave_as_it_is(osl_update *u, osl_error *err)
{
    report_unchanged(u);
    return u->options->dry_run ? OSL_OK
                               : osl_folder_restore(&u->folder, &u->old, err);
}

static osl_status read_and_settle(osl_update *u, osl_error *err)
{
    bool woken = true;
    osl_status status = OSL_OK;
    osl_batch_init(&u->batch, u->analyzer, u->options->store != OSL_STORE_NONE);
    while (status == OSL_OK && woken) {
        status = osl_update_read(u, err);
        if (status == OSL_OK)
            status = osl_update_settle(u, &woken, err);
    }
    if (status == OSL_OK)
        status = osl_update_check_input(u, err);
    if (status == OSL_OK && u->report->documents == 0)
        status = osl_fail(err, OSL_EINVAL,
                          "no guideline text in %s%s; the index is as it was",
                          u->roots.shown[0],
                          u->roots.count > 1 ? " and the other paths" : "");
    return status;
}

/* Whether an index that is as it should be is still to be made one segment. */
static bool is_to_be_merged(const osl_update *u)
{
    const osl_known *known = &u->known;
    return u->options->optimize &&
           (known->segment_count > 1 ||
            (known->segment_count == 1 && known->segments[0].deletions));
}

/* *again: where files move meanwhile, nothing need be written yet; then whether
 * it was so. */
static osl_status run(osl_update *u, const char *const *paths,
                      size_t path_count, bool *again, osl_error *err)
{
    u->may_repeat = *again;
    osl_status status = osl_update_find(u, paths, path_count, again, err);
    if (status != OSL_OK || *again)
        return status;
    if (osl_update_is_idle(u) && !is_to_be_merged(u))
        return leave_as_it_is(u, err);
    status = read_and_settle(u, err);
    /* What was read by other threads alone has asked nobody. */
    if (status == OSL_OK)
        status = osl_update_check_cancelled(u, err);
    if (status != OSL_OK)
        return status;
    /* What was to be read may not be, or has the bytes of before. */
    if (osl_update_is_idle(u) && !is_to_be_merged(u))
        return leave_as_it_is(u, err);
    if (u->options->dry_run)
        return OSL_OK;
    *again = u->may_repeat && !u->input[0] && osl_update_has_moved(u);
    return *again ? OSL_OK : osl_update_write(u, err);
}

/* What is known from now on is what this update has published, or what was
 * there and is as it should be. */
static void end_look(const osl_update *u, bool well)
{
    uint64_t generation = u->report->generation;
    bool is_new = generation != u->old.generation;
    osl_events_end(u->events, well, generation,
                   is_new ? u->now_us : u->old.created_us);
}

static osl_status try_update(osl_update *u, const osl_update_order *order,
                             bool *again, osl_error *err)
{
    bool may_repeat = *again;
    *again = false;
    osl_status status = open_all(u, order->index_path, err);
    if (status == OSL_OK) {
        *again = may_repeat;
        status = run(u, order->paths, order->path_count, again, err);
    }
    if (u->events && !*again)
        end_look(u, status == OSL_OK);
    if (u->folder.lock > 0 && (status != OSL_OK || u->options->dry_run))
        osl_folder_sweep(&u->folder,
                         u->options->keep ? u->options->keep : KEEP_DEFAULT);
    close_all(u);
    return status;
}

osl_status osl_update_run(const osl_update_order *order,
                          osl_index_report *report, osl_error *err)
{
    static const struct timespec pause = {0, 20000000};
    uint64_t start = now_us(CLOCK_MONOTONIC);
    osl_status status = OSL_OK;
    bool again = true;
    osl_notes notes;
    osl_notes_init(&notes, order->watcher);
    for (unsigned i = 1; again; i++) {
        if (i > 1)
            (void)nanosleep(&pause, NULL);
        osl_notes_forget(&notes);
        *report = (osl_index_report){0};
        osl_update u = {.options = order->options,
                        .watcher = &notes.watcher,
                        .events = order->events,
                        .report = report,
                        .now_us = now_us(CLOCK_REALTIME)};
        again = i < TRIES;
        if (!again && order->events)
            osl_events_doubt(order->events);
        status = try_update(&u, order, &again, err);
    }
    osl_notes_tell(&notes);
    osl_notes_clear(&notes);
    report->seconds = (double)(now_us(CLOCK_MONOTONIC) - start) / 1e6;
    return status;
}

/* NOLINTNEXTLINE(readability-function-size): the seam, one call. */
osl_status osl_index_update(const char *index_path, const char *const *paths,
                            size_t path_count, const osl_index_options *options,
                            const osl_index_watcher *watcher,
                            osl_index_report *report, osl_error *err)
{
    const osl_update_order order = {index_path, paths,   path_count,
                                    options,    watcher, NULL};
    return osl_update_run(&order, report, err);
}
