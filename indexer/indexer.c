/* SPDX-License-Identifier: MIT
 *
 * One update: roots → files → (unchanged? done) → documents → batch →
 * segment, registry, manifest → published. The whole tree is read again when
 * anything in it has changed. */
#include "indexer/indexer.h"

#include "core/base/cpu.h"
#include "core/base/file.h"
#include "core/segment/index.h"
#include "corpus/corpus.h"
#include "indexer/build.h"
#include "indexer/compare.h"
#include "indexer/publish.h"
#include "indexer/read.h"
#include "indexer/sources.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

enum { KEEP_DEFAULT = 2 };

typedef struct update {
    const osl_index_options *options;
    const osl_index_watcher *watcher; /* may be NULL */
    osl_index_report *report;
    osl_arena arena; /* paths, names, the old manifest */
    osl_folder folder;
    osl_manifest old; /* generation 0: none */
    osl_registry old_registry;
    osl_index *old_index;
    osl_roots roots;
    osl_source_files files;
    char input[32]; /* name of the file of standard input, or empty */
    const osl_kernels *kernels;
    osl_cpu_level level;
    osl_analyzer *analyzer;
    osl_batch batch;
    osl_registry_source *sources; /* as read: hashes, documents; owns */
} update;

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while indexing");
    return OSL_ENOMEM;
}

static void tell(update *u, const char *path, uint32_t line, bool skipped,
                 const char *reason)
{
    u->report->skipped += skipped;
    if (u->watcher && u->watcher->skipped)
        u->watcher->skipped(u->watcher->user, path, line, skipped, reason);
}

static osl_status check_cancelled(const update *u, osl_error *err)
{
    if (u->watcher && u->watcher->cancelled &&
        u->watcher->cancelled(u->watcher->user))
        return osl_fail(err, OSL_ECANCELLED,
                        "stopped; the index is as it was before");
    return OSL_OK;
}

/* ---- roots and files ---------------------------------------------------- */

/* Standard input becomes a file of the index folder, read as any other and
 * again at the next update. */
static osl_status save_input(update *u, osl_error *err)
{
    enum { WINDOW = 1 << 16 };
    (void)snprintf(u->input, sizeof u->input, "%06" PRIu64 ".in",
                   u->old.generation + 1);
    char temporary[40];
    (void)snprintf(temporary, sizeof temporary, "%s.tmp", u->input);
    char *path = osl_folder_file(&u->folder, temporary);
    uint8_t *window = malloc(WINDOW);
    osl_file *file = NULL;
    osl_status status =
        path && window ? osl_file_create(&file, path, err) : no_memory(err);
    while (status == OSL_OK) {
        ssize_t length = read(STDIN_FILENO, window, WINDOW);
        if (length == 0)
            break;
        if (length > 0)
            osl_file_write(file, window, (size_t)length);
        else if (errno != EINTR)
            status = osl_fail(err, OSL_EIO, "standard input: cannot read: %s",
                              strerror(errno));
        if (status == OSL_OK)
            status = check_cancelled(u, err);
    }
    if (status == OSL_OK)
        status = osl_file_close(file, err);
    else
        osl_file_abandon(file);
    free(window);
    free(path);
    return status;
}

/* The root of a new standard input stands for the temporary file, too: it is
 * found under that name until it is published. */
static osl_status add_input(update *u, osl_error *err)
{
    char temporary[40];
    osl_root root = {OSL_ROOT_INPUT, {"", 0}};
    osl_status status = save_input(u, err);
    if (status != OSL_OK)
        return status;
    (void)snprintf(temporary, sizeof temporary, "%s.tmp", u->input);
    if (!osl_arena_text(&u->arena, osl_text_of(temporary), &root.path))
        return no_memory(err);
    return osl_roots_add(&u->roots, &root, "standard input", err);
}

static osl_status add_known_roots(update *u, osl_error *err)
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

static osl_status find_roots(update *u, const char *const *paths,
                             size_t path_count, osl_error *err)
{
    osl_status status = OSL_OK;
    for (size_t i = 0; i < path_count && status == OSL_OK; i++) {
        if (strcmp(paths[i], "-") != 0)
            status = osl_roots_add_path(&u->roots, paths[i], &u->arena, err);
        else if (!u->input[0])
            status = add_input(u, err);
    }
    if (status == OSL_OK && (!u->options->full || path_count == 0))
        status = add_known_roots(u, err);
    if (status == OSL_OK && u->roots.count == 0)
        status = osl_fail(err, OSL_EINVAL,
                          "nothing to index: no path is given and none is "
                          "known from last time");
    return status;
}

static int compare_roots(const void *left, const void *right)
{
    const osl_root *a = left, *b = right;
    int order = osl_text_compare(a->path, b->path);
    return order != 0 ? order : (int)a->kind - (int)b->kind;
}

/* Roots in one order, so that the order of typing leaves no trace. */
static osl_status sort_roots(update *u, osl_error *err)
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

static bool is_known_root(const update *u, const osl_root *root)
{
    for (size_t i = 0; i < u->old_registry.root_count; i++)
        if (compare_roots(root, &u->old_registry.roots[i]) == 0)
            return true;
    return false;
}

/* Files of a root within another may be listed as the other's. */
static bool has_file(const update *u, uint32_t root)
{
    osl_text path = u->roots.at[root].path;
    for (size_t i = 0; i < u->files.count; i++) {
        const osl_source_file *file = &u->files.at[i];
        if (file->known.root == root ||
            strncmp(file->path, path.bytes, path.length) == 0)
            return true;
    }
    return false;
}

/* Tells of folders with no file to index; where all that is new is such, the
 * update is refused. */
static osl_status look_for_empty_roots(const update *u, osl_error *err)
{
    size_t fresh = 0, empty = 0, last = 0;
    for (uint32_t r = 0; r < u->roots.count; r++) {
        bool known = is_known_root(u, &u->roots.at[r]);
        fresh += !known;
        if (has_file(u, r))
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

static osl_status find_files(update *u, osl_error *err)
{
    const osl_source_rules rules = {
        .includes = u->options->includes,
        .include_count = u->options->include_count,
        .excludes = u->options->excludes,
        .exclude_count = u->options->exclude_count,
        .index_path = u->folder.path,
        .watcher = u->watcher,
    };
    osl_status status = sort_roots(u, err);
    if (status == OSL_OK)
        status =
            osl_source_files_find(&u->files, &u->roots, &rules, &u->arena, err);
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

/* ---- unchanged? --------------------------------------------------------- */

static osl_status hash_file(const char *path, uint64_t *hash, osl_error *err)
{
    osl_map map;
    osl_status status = osl_map_open(&map, path, err);
    if (status != OSL_OK)
        return status;
    *hash = XXH3_64bits(map.bytes, map.length);
    osl_map_close(&map);
    return OSL_OK;
}

static bool is_same_root(const update *u, uint32_t new_root, uint32_t old_root)
{
    const osl_root *a = &u->roots.at[new_root];
    const osl_root *b = &u->old_registry.roots[old_root];
    return a->kind == b->kind && osl_text_equal(a->path, b->path);
}

static bool is_same_source(const update *u, size_t n)
{
    const osl_source_file *file = &u->files.at[n];
    const osl_registry_source *old = &u->old_registry.sources[n];
    uint64_t hash = 0;
    if (!is_same_root(u, file->known.root, old->root) ||
        !osl_text_equal(file->known.name, old->name) ||
        file->known.size != old->size)
        return false;
    if (file->known.mtime_ns == old->mtime_ns &&
        file->known.inode == old->inode)
        return true;
    return hash_file(file->path, &hash, NULL) == OSL_OK && hash == old->hash;
}

static bool is_unchanged(const update *u)
{
    const osl_manifest *old = &u->old;
    if (!u->old_index || u->options->full || u->input[0] ||
        old->fingerprint != osl_analyzer_fingerprint(u->analyzer) ||
        u->old_registry.readers != osl_corpus_stamp() ||
        old->store != u->options->store || old->pairs != u->options->pairs ||
        u->files.count != u->old_registry.source_count ||
        u->roots.count != u->old_registry.root_count)
        return false;
    for (size_t i = 0; i < u->files.count; i++)
        if (!is_same_source(u, i))
            return false;
    return true;
}

static void report_unchanged(update *u)
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

/* ---- reading ------------------------------------------------------------ */

static void tell_read(void *user, const char *path, uint32_t line, bool skipped,
                      const char *reason)
{
    tell(user, path, line, skipped, reason);
}

static osl_status show_progress(void *user, uint64_t bytes_done,
                                uint64_t documents, uint64_t paragraphs,
                                osl_error *err)
{
    const update *u = user;
    if (u->watcher && u->watcher->progress)
        u->watcher->progress(u->watcher->user, bytes_done, u->files.bytes,
                             documents, paragraphs);
    return check_cancelled(u, err);
}

static osl_read_file *list_files(update *u)
{
    osl_read_file *files =
        osl_arena_zero(&u->arena, u->files.count, sizeof *files);
    for (size_t i = 0; files && i < u->files.count; i++) {
        const osl_source_file *file = &u->files.at[i];
        bool is_input = u->roots.at[file->known.root].kind == OSL_ROOT_INPUT;
        const char *format = u->options->format;
        u->sources[i] = file->known;
        files[i] = (osl_read_file){
            .path = file->path,
            .shown = file->shown,
            .format = is_input && !format ? "jsonl" : format,
            .known = &u->sources[i],
        };
    }
    return files;
}

static osl_status read_files(update *u, osl_error *err)
{
    const osl_read_options options = {
        .analyzer = u->analyzer,
        .thread_count = u->options->thread_count,
        .user = u,
        .tell = tell_read,
        .progress = show_progress,
    };
    osl_reading *reading = NULL;
    bool done = false;
    osl_batch_init(&u->batch, u->analyzer, u->options->store != OSL_STORE_NONE);
    u->sources = calloc(u->files.count, sizeof *u->sources);
    const osl_read_file *files = u->sources ? list_files(u) : NULL;
    if (!files)
        return no_memory(err);
    osl_status status =
        osl_reading_open(&reading, files, u->files.count, &options, err);
    if (status == OSL_OK)
        status = osl_reading_next(reading, &u->batch, &done, err);
    osl_reading_close(reading);
    if (status == OSL_OK && osl_batch_documents(&u->batch) == 0)
        status = osl_fail(err, OSL_EINVAL,
                          "no guideline text in %s%s; the index is as it was",
                          u->roots.shown[0],
                          u->roots.count > 1 ? " and the other paths" : "");
    return status;
}

/* ---- writing ------------------------------------------------------------ */

/* Names of a generation's files. */
typedef struct new_files {
    char segment[32], registry[32];
    const char *names[4]; /* ends with NULL */
} new_files;

static void name_files(const update *u, new_files *files)
{
    uint64_t generation = u->old.generation + 1;
    size_t count = 0;
    (void)snprintf(files->segment, sizeof files->segment, "%06" PRIu64 ".seg",
                   generation);
    (void)snprintf(files->registry, sizeof files->registry, "%06" PRIu64 ".reg",
                   generation);
    files->names[count++] = files->segment;
    files->names[count++] = files->registry;
    if (u->input[0])
        files->names[count++] = u->input;
    files->names[count] = NULL;
}

static osl_status write_segment(update *u, const new_files *files,
                                osl_build_result *result, osl_error *err)
{
    const osl_build_options options = {
        .kernels = u->kernels,
        .fingerprint = osl_analyzer_fingerprint(u->analyzer),
        .store = u->options->store,
        .pairs = u->options->pairs,
    };
    char name[40];
    (void)snprintf(name, sizeof name, "%s.tmp", files->segment);
    char *path = osl_folder_file(&u->folder, name);
    osl_status status =
        path ? osl_build_segment(&u->batch, path, &options, result, err)
             : no_memory(err);
    free(path);
    return status;
}

/* A new input's root gets its lasting name. */
static void settle_input(update *u)
{
    for (size_t i = 0; i < u->roots.count; i++)
        if (u->input[0] && u->roots.at[i].kind == OSL_ROOT_INPUT)
            u->roots.at[i].path = osl_text_of(u->input);
}

static osl_status write_registry(update *u, const new_files *files,
                                 const osl_registry *registry, uint64_t *bytes,
                                 osl_error *err)
{
    osl_buf encoded = {0};
    osl_registry_encode(&encoded, registry);
    osl_status status = osl_buf_status(&encoded, "a registry", err);
    if (status == OSL_OK)
        status = osl_folder_write(&u->folder, files->registry,
                                  osl_buf_text(&encoded), err);
    *bytes = encoded.length;
    osl_buf_clear(&encoded);
    return status;
}

static uint64_t now_us(clockid_t clock)
{
    struct timespec now = {0};
    (void)clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

static osl_text input_name(const update *u)
{
    for (size_t i = 0; i < u->roots.count; i++)
        if (u->roots.at[i].kind == OSL_ROOT_INPUT)
            return u->roots.at[i].path;
    return osl_text_of(NULL);
}

static osl_status publish(update *u, const new_files *files,
                          uint64_t registry_bytes,
                          const osl_build_result *result, osl_error *err)
{
    const osl_manifest_segment segment = {
        .name = osl_text_of(files->segment),
        .deletions = osl_text_of(NULL),
        .bytes = result->file_bytes,
        .paragraph_count = u->report->paragraphs,
        .document_count = u->report->documents,
        .text_bytes = u->batch.text_bytes,
    };
    const char *language = u->options->language;
    const osl_manifest manifest = {
        .generation = u->old.generation + 1,
        .created_us = now_us(CLOCK_REALTIME),
        .fingerprint = osl_analyzer_fingerprint(u->analyzer),
        .fold_acronyms = u->options->fold_acronyms,
        .store = (uint8_t)u->options->store,
        .pairs = (uint8_t)u->options->pairs,
        .language = osl_text_of(language ? language : "en"),
        .registry = osl_text_of(files->registry),
        .registry_bytes = registry_bytes,
        .input = input_name(u),
        .segments = &segment,
        .segment_count = 1,
    };
    osl_status status =
        osl_folder_publish(&u->folder, files->names, &manifest, err);
    if (status != OSL_OK)
        return status;
    u->folder.is_new = false;
    u->report->generation = manifest.generation;
    u->report->terms = result->terms;
    u->report->bytes_text = u->batch.text_bytes;
    u->report->bytes_index = result->file_bytes + registry_bytes;
    /* What cannot be swept now is swept by the next writer. */
    unsigned keep = u->options->keep ? u->options->keep : KEEP_DEFAULT;
    osl_folder_sweep(&u->folder, keep);
    return OSL_OK;
}

static osl_status write_generation(update *u, osl_error *err)
{
    new_files files;
    osl_build_result result = {0};
    uint64_t registry_bytes = 0;
    osl_registry registry = {.readers = osl_corpus_stamp(),
                             .sources = u->sources,
                             .source_count = u->files.count};
    osl_status status = osl_sense_table_list(
        &u->batch.senses, u->batch.document_dead.at, &u->arena,
        &registry.senses, &registry.sense_count, err);
    if (status == OSL_OK)
        status = osl_batch_compact(&u->batch, err);
    if (status == OSL_OK)
        status = osl_compare(&u->batch, u->old_index, u->report, err);
    /* What is damaged is made anew: all that was read counts as new. */
    if (status == OSL_ECORRUPT)
        status = osl_compare(&u->batch, NULL, u->report, err);
    if (status != OSL_OK || u->options->dry_run)
        return status;
    name_files(u, &files);
    status = write_segment(u, &files, &result, err);
    settle_input(u);
    registry.roots = u->roots.at;
    registry.root_count = u->roots.count;
    if (status == OSL_OK)
        status = write_registry(u, &files, &registry, &registry_bytes, err);
    if (status == OSL_OK)
        status = publish(u, &files, registry_bytes, &result, err);
    return status;
}

/* ---- the whole ---------------------------------------------------------- */

static osl_status open_old(update *u, osl_error *err)
{
    bool found = false;
    osl_status status =
        osl_folder_manifest(&u->folder, &u->old, &found, &u->arena, err);
    if (status == OSL_ECORRUPT && u->options->full)
        return OSL_OK;
    if (status != OSL_OK || !found)
        return status;
    char *path = osl_folder_file(&u->folder, u->old.registry.bytes);
    status = path ? osl_registry_read(&u->old_registry, path, &u->arena, err)
                  : no_memory(err);
    free(path);
    if (status == OSL_OK)
        status =
            osl_index_open(&u->old_index, u->folder.path, 0, u->kernels, err);
    if (status == OSL_ECORRUPT || status == OSL_ENOTFOUND)
        return OSL_OK; /* what is damaged is made anew */
    return status;
}

static osl_status open_all(update *u, const char *index_path, osl_error *err)
{
    const osl_analysis_settings settings = {
        .language = u->options->language ? u->options->language
                                         : osl_analysis_defaults.language,
        .fold_acronyms = u->options->fold_acronyms,
    };
    osl_status status = osl_cpu_level_get(&u->level, err);
    if (status != OSL_OK)
        return status;
    u->kernels = osl_kernels_get(u->level);
    status = osl_analyzer_open(&u->analyzer, &settings, u->level, err);
    if (status == OSL_OK)
        status = osl_folder_open(&u->folder, index_path, u->options->wait,
                                 u->watcher, err);
    if (status == OSL_OK)
        status = open_old(u, err);
    return status;
}

static void close_all(update *u)
{
    osl_index_free(u->old_index);
    osl_batch_clear(&u->batch);
    osl_analyzer_free(u->analyzer);
    free(u->sources);
    osl_source_files_clear(&u->files);
    osl_roots_clear(&u->roots);
    osl_folder_close(&u->folder);
    osl_arena_clear(&u->arena);
}

static osl_status run(update *u, const char *const *paths, size_t path_count,
                      osl_error *err)
{
    osl_status status = find_roots(u, paths, path_count, err);
    if (status == OSL_OK)
        status = find_files(u, err);
    if (status != OSL_OK)
        return status;
    if (is_unchanged(u)) {
        report_unchanged(u);
        return OSL_OK;
    }
    status = read_files(u, err);
    if (status == OSL_OK)
        status = write_generation(u, err);
    return status;
}

/* NOLINTNEXTLINE(readability-function-size): the seam, one call. */
osl_status osl_index_update(const char *index_path, const char *const *paths,
                            size_t path_count, const osl_index_options *options,
                            const osl_index_watcher *watcher,
                            osl_index_report *report, osl_error *err)
{
    uint64_t start = now_us(CLOCK_MONOTONIC);
    *report = (osl_index_report){0};
    update u = {.options = options, .watcher = watcher, .report = report};
    osl_status status = open_all(&u, index_path, err);
    if (status == OSL_OK)
        status = run(&u, paths, path_count, err);
    if (u.folder.lock > 0 && (status != OSL_OK || options->dry_run))
        osl_folder_sweep(&u.folder,
                         options->keep ? options->keep : KEEP_DEFAULT);
    close_all(&u);
    report->seconds = (double)(now_us(CLOCK_MONOTONIC) - start) / 1e6;
    return status;
}
