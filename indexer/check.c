/* SPDX-License-Identifier: MIT
 *
 * Reads an index whole, as nobody does who only searches: manifests, then the
 * files that they name, each once, then one against another.
 *
 * No lock is taken. Files never change once they have their name, and a writer
 * removes the manifest of a generation before its files; so damage that was
 * found while the manifests stayed the same is real, and otherwise everything
 * is looked at again. */
#include "indexer/indexer.h"

#include "core/base/cpu.h"
#include "core/base/file.h"
#include "core/segment/catalog.h"
#include "core/segment/check.h"
#include "core/segment/deletions.h"
#include "core/segment/index.h"
#include "core/segment/manifest.h"
#include "core/segment/registry.h"
#include "core/text/text.h"
#include "indexer/check_words.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <xxhash.h>

enum { TRIES = 8 };

/* A file that was looked at. */
typedef struct seen_file {
    osl_text name;
    bool whole, is_foreign;
    uint64_t documents, paragraphs; /* of deletions: that died */
} seen_file;

typedef struct checker {
    const char *path;
    const osl_kernels *kernels;
    osl_cpu_level level;
    osl_arena arena; /* all texts */
    osl_damage *damages;
    size_t damage_count, damage_capacity;
    osl_checked_generation *generations;
    size_t generation_count, generation_capacity;
    seen_file *files;
    size_t file_count, file_capacity;
    uint64_t bytes;
    const char *file; /* at hand */
    bool is_older;   /* what is at hand is of a generation that stands behind */
    bool is_foreign; /* and the file of a format that is not read here */
    bool out_of_memory;
    osl_error newer; /* a newer format was met */
} checker;

/* What damage means to whoever searches. */
static const char falls_back[] =
    "the generation cannot be opened; searches get the one before, if that is "
    "whole";
static const char no_step_back[] =
    "searches are not touched; there is one generation less to fall back to";

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while checking an index");
    return OSL_ENOMEM;
}

/* "PATH/NAME" in the arena; NULL when memory is out. */
static char *join(checker *c, const char *name)
{
    size_t room = strlen(c->path) + strlen(name) + 2;
    char *joined = osl_arena_take(&c->arena, room);
    if (joined)
        (void)snprintf(joined, room, "%s/%s", c->path, name);
    else
        c->out_of_memory = true;
    return joined;
}

static const char *copy(checker *c, const char *text)
{
    const char *copied = osl_arena_copy(&c->arena, osl_text_of(text));
    if (!copied)
        c->out_of_memory = true;
    return copied ? copied : "";
}

static void add_damage(checker *c, osl_damage damage)
{
    if (!osl_grow(&c->damages, &c->damage_capacity, c->damage_count + 1,
                  sizeof *c->damages)) {
        c->out_of_memory = true;
        return;
    }
    damage.file = copy(c, c->file);
    damage.section = copy(c, damage.section ? damage.section : "");
    damage.what = copy(c, damage.what);
    if (c->is_older)
        damage.meaning = no_step_back;
    c->damages[c->damage_count++] = damage;
}

static void damaged(checker *c, const char *what, const char *meaning)
{
    add_damage(c, (osl_damage){.what = what, .meaning = meaning});
}

/* The words of an error without the path before and the advice behind. */
static void damaged_by(checker *c, const osl_error *why, const char *meaning)
{
    char what[sizeof why->text];
    size_t path = strlen(c->path), file = strlen(c->file);
    const char *from = why->text;
    if (strncmp(from, c->path, path) == 0 && from[path] == '/' &&
        strncmp(from + path + 1, c->file, file) == 0 &&
        strncmp(from + path + 1 + file, ": ", 2) == 0)
        from += path + file + 3;
    (void)snprintf(what, sizeof what, "%s", from);
    char *advice = strstr(what, "; index anew");
    if (advice)
        *advice = '\0';
    damaged(c, what, meaning);
}

/* False, with a note kept, where the status is none of damage. Behind a
 * generation that can be read, one of another format is only kept. */
static bool is_damage(checker *c, osl_status status, const osl_error *why)
{
    if (status == OSL_ENOMEM)
        c->out_of_memory = true;
    if (status == OSL_EVERSION && c->generation_count > 0)
        c->is_foreign = true;
    else if (status == OSL_EVERSION && c->newer.status == OSL_OK)
        c->newer = *why;
    return status != OSL_ENOMEM && status != OSL_EVERSION;
}

/* ---- files -------------------------------------------------------------- */

static seen_file *find_seen(checker *c, osl_text name)
{
    for (size_t i = 0; i < c->file_count; i++)
        if (osl_text_equal(c->files[i].name, name))
            return &c->files[i];
    return NULL;
}

static void add_seen(checker *c, osl_text name, bool whole)
{
    if (!osl_grow(&c->files, &c->file_capacity, c->file_count + 1,
                  sizeof *c->files)) {
        c->out_of_memory = true;
        return;
    }
    c->files[c->file_count++] =
        (seen_file){.name = name, .whole = whole, .is_foreign = c->is_foreign};
}

/* The file is there and has `bytes` (UINT64_MAX: any number). */
static bool check_size(checker *c, uint64_t bytes)
{
    struct stat info;
    char words[160];
    const char *path = join(c, c->file);
    if (!path)
        return false;
    if (stat(path, &info) != 0) {
        (void)snprintf(words, sizeof words, "%s",
                       errno == ENOENT ? "is not there" : strerror(errno));
        damaged(c, words, falls_back);
        return false;
    }
    c->bytes += (uint64_t)info.st_size;
    if (bytes == UINT64_MAX || (uint64_t)info.st_size == bytes)
        return true;
    (void)snprintf(words, sizeof words,
                   "has %" PRIu64 " bytes where the manifest says %" PRIu64,
                   (uint64_t)info.st_size, bytes);
    damaged(c, words, falls_back);
    return false;
}

/* ---- segments ----------------------------------------------------------- */

static void block_told(void *user, const osl_bad_block *bad)
{
    static const char *const meanings[] = {
        [OSL_BLOCK_SEARCH] = "searches that need it fail with an error",
        [OSL_BLOCK_POSTINGS] =
            "searches for words that stand there fail; others are right",
        [OSL_BLOCK_SHOW] =
            "searches are right; texts that lie there cannot be shown",
        [OSL_BLOCK_SPARE] = "searches are right; nothing stands there",
    };
    checker *c = user;
    add_damage(c, (osl_damage){.section = bad->sections,
                               .block = bad->block,
                               .offset = bad->offset,
                               .length = bad->length,
                               .what = "does not match its checksum",
                               .meaning = meanings[bad->use]});
}

/* What the manifest says of it. */
static bool is_as_named(checker *c, const osl_segment *segment,
                        const osl_manifest *manifest,
                        const osl_manifest_segment *named)
{
    const osl_segment_info *info = osl_segment_get_info(segment);
    const char *what = NULL;
    if (info->fingerprint != manifest->fingerprint)
        what = "was written by other rules of analysis than the manifest says";
    else if (info->paragraph_count != named->paragraph_count ||
             info->document_count != named->document_count ||
             info->text_bytes != named->text_bytes ||
             osl_segment_identity(segment) != named->identity)
        what = "is another segment than the manifest names";
    if (what)
        damaged(c, what, falls_back);
    return !what;
}

static bool check_inside(checker *c, osl_segment *segment)
{
    osl_error why = {0};
    uint64_t count = 0;
    osl_status status =
        osl_segment_check_blocks(segment, block_told, c, &count, &why);
    if (status != OSL_OK || count > 0)
        return is_damage(c, status, &why) && count == 0;
    status = osl_segment_check(segment, &why);
    if (status != OSL_OK && is_damage(c, status, &why))
        damaged_by(c, &why, "searches that need it fail with an error");
    return status == OSL_OK;
}

/* What its words mean is asked by updates alone. An analysis that is not to be
 * had is told of the manifest. */
static bool check_words(checker *c, const osl_segment *segment,
                        const osl_manifest *manifest)
{
    const osl_analysis_settings settings = {
        .language = manifest->language.bytes,
        .fold_acronyms = manifest->fold_acronyms,
    };
    osl_error why = {0};
    osl_analyzer *analyzer = NULL;
    osl_status status = osl_analyzer_open(&analyzer, &settings, c->level, NULL);
    if (status == OSL_ENOMEM)
        c->out_of_memory = true;
    bool is_read_so = status == OSL_OK && osl_analyzer_fingerprint(analyzer) ==
                                              manifest->fingerprint;
    status = is_read_so ? osl_check_words(segment, analyzer, &why) : OSL_OK;
    osl_analyzer_free(analyzer);
    if (status != OSL_OK && is_damage(c, status, &why))
        damaged_by(c, &why,
                   "the next update fails; osler index --full mends it");
    return status == OSL_OK;
}

/* The catalog beside a segment: no search looks at it. */
static bool check_catalog(checker *c, const osl_segment *segment,
                          const osl_manifest_segment *named)
{
    const char *file = c->file;
    const osl_segment_info *info = osl_segment_get_info(segment);
    osl_error why = {0};
    osl_catalog catalog = {0};
    char *name = osl_catalog_path(file);
    const char *path = name ? join(c, name) : NULL;
    osl_status status =
        path ? osl_catalog_open(&catalog, path, &why) : no_memory(&why);
    if (status == OSL_OK && (catalog.segment != osl_segment_identity(segment) ||
                             catalog.bytes.length != named->catalog_bytes ||
                             catalog.document_count != info->document_count ||
                             catalog.paragraph_count != info->paragraph_count))
        status = osl_fail(&why, OSL_ECORRUPT, "is of another segment");
    c->bytes += catalog.bytes.length;
    osl_catalog_close(&catalog);
    c->file = name;
    if (status != OSL_OK && is_damage(c, status, &why))
        damaged_by(c, &why,
                   "searches are right; the next update reads every source");
    c->file = file;
    free(name);
    return status == OSL_OK;
}

static bool check_segment(checker *c, const osl_manifest *manifest,
                          const osl_manifest_segment *named)
{
    osl_error why = {0};
    osl_segment *segment = NULL;
    if (!check_size(c, named->bytes))
        return false;
    const char *path = join(c, c->file);
    if (!path)
        return false;
    osl_status status = osl_segment_open(&segment, path, c->kernels, &why);
    if (status != OSL_OK) {
        if (is_damage(c, status, &why))
            damaged_by(c, &why, falls_back);
        return false;
    }
    bool whole = is_as_named(c, segment, manifest, named);
    if (check_inside(c, segment))
        whole &= check_words(c, segment, manifest);
    else
        whole = false;
    whole &= check_catalog(c, segment, named);
    osl_segment_free(segment);
    return whole;
}

/* ---- deletions ---------------------------------------------------------- */

/* Every bit of them: they are verified whole when they are opened. */
static osl_status open_deletions(checker *c, const osl_manifest_segment *named,
                                 osl_deletions_info *info, osl_error *err)
{
    osl_segment *segment = NULL;
    osl_deletions *deletions = NULL;
    const char *beside = join(c, named->name.bytes), *path = join(c, c->file);
    if (!beside || !path)
        return no_memory(err);
    if (osl_segment_open(&segment, beside, c->kernels, NULL) != OSL_OK)
        return OSL_OK; /* told of the segment */
    osl_status status = osl_deletions_open(&deletions, path, segment, err);
    if (status == OSL_OK)
        *info = *osl_deletions_get_info(deletions);
    if (status == OSL_OK && osl_deletions_hash(osl_deletions_bytes(
                                deletions)) != named->deletions_hash)
        status = osl_fail(err, OSL_ECORRUPT,
                          "are other deletions than the manifest names");
    osl_deletions_close(deletions);
    osl_segment_free(segment);
    return status;
}

static const seen_file *check_deletions(checker *c,
                                        const osl_manifest_segment *named)
{
    osl_error why = {0};
    osl_deletions_info info = {0};
    c->file = named->deletions.bytes;
    c->is_foreign = false;
    if (!find_seen(c, named->deletions)) {
        bool whole = check_size(c, named->deletions_bytes);
        osl_status status =
            whole ? open_deletions(c, named, &info, &why) : OSL_OK;
        if (status != OSL_OK && is_damage(c, status, &why))
            damaged_by(c, &why, falls_back);
        add_seen(c, named->deletions, whole && status == OSL_OK);
        seen_file *seen = find_seen(c, named->deletions);
        if (seen) {
            seen->documents = info.document_count;
            seen->paragraphs = info.paragraph_count;
        }
    }
    return find_seen(c, named->deletions);
}

/* ---- registry ----------------------------------------------------------- */

/* Whether it is a registry, and the one that the manifest names. */
static osl_status look_at_registry(const char *path, uint64_t hash,
                                   osl_error *err)
{
    osl_map map = {0};
    osl_status status = osl_map_open(&map, path, err);
    if (status == OSL_OK)
        status = osl_registry_check(&map, path, err);
    if (status == OSL_OK && osl_registry_hash((osl_text){
                                (const char *)map.bytes, map.length}) != hash)
        status = osl_fail(err, OSL_ECORRUPT,
                          "is another registry than the manifest names");
    osl_map_close(&map);
    return status;
}

static bool check_registry(checker *c, const osl_manifest *manifest)
{
    osl_error why = {0};
    osl_registry registry;
    if (!check_size(c, manifest->registry_bytes))
        return false;
    const char *path = join(c, c->file);
    if (!path)
        return false;
    osl_status status = look_at_registry(path, manifest->registry_hash, &why);
    const char *meaning = falls_back;
    if (status == OSL_OK) {
        meaning = "searches are right; the next update reads every source";
        status = osl_registry_read(&registry, path, &c->arena, &why);
    }
    if (status != OSL_OK && is_damage(c, status, &why))
        damaged_by(c, &why, meaning);
    return status == OSL_OK;
}

/* ---- generations -------------------------------------------------------- */

/* Looks at the file unless that was done before. */
static bool check_file(checker *c, osl_text name, const osl_manifest *manifest,
                       const osl_manifest_segment *segment)
{
    const seen_file *seen = find_seen(c, name);
    c->is_foreign = seen && seen->is_foreign;
    if (seen)
        return seen->whole;
    bool whole;
    c->file = name.bytes;
    if (segment)
        whole = check_segment(c, manifest, segment);
    else if (osl_text_equal(name, manifest->registry))
        whole = check_registry(c, manifest);
    else
        whole = check_size(c, UINT64_MAX);
    add_seen(c, name, whole);
    return whole;
}

static void check_generation(checker *c, const osl_manifest *manifest,
                             bool current)
{
    osl_checked_generation checked = {
        .generation = manifest->generation,
        .created_us = manifest->created_us,
        .current = current,
        .whole = true,
        .segments = manifest->segment_count,
        .bytes = manifest->registry_bytes,
    };
    c->is_older = c->generation_count > 0;
    for (size_t i = 0; i < manifest->segment_count; i++) {
        const osl_manifest_segment *segment = &manifest->segments[i];
        checked.whole &= check_file(c, segment->name, manifest, segment);
        checked.other_format |= c->is_foreign;
        checked.documents += segment->document_count;
        checked.paragraphs += segment->paragraph_count;
        checked.bytes += segment->bytes;
        const seen_file *dead =
            segment->deletions.length ? check_deletions(c, segment) : NULL;
        if (!dead)
            continue;
        checked.whole &= dead->whole;
        checked.other_format |= dead->is_foreign;
        checked.documents -= dead->documents;
        checked.paragraphs -= dead->paragraphs;
        checked.bytes += segment->deletions_bytes;
    }
    /* What nobody can open is not looked at any further. */
    if (!checked.other_format)
        checked.whole &= check_file(c, manifest->registry, manifest, NULL);
    if (!checked.other_format && manifest->input.length)
        checked.whole &= check_file(c, manifest->input, manifest, NULL);
    if (osl_grow(&c->generations, &c->generation_capacity,
                 c->generation_count + 1, sizeof *c->generations))
        c->generations[c->generation_count++] = checked;
    else
        c->out_of_memory = true;
}

/* Whether this program reads text as the index's was: else searches refuse. */
static void check_analysis(checker *c, const osl_manifest *manifest)
{
    const osl_analysis_settings settings = {
        .language = manifest->language.bytes,
        .fold_acronyms = manifest->fold_acronyms,
    };
    osl_analyzer *analyzer = NULL;
    osl_status status = osl_analyzer_open(&analyzer, &settings, c->level, NULL);
    if (status == OSL_ENOMEM)
        c->out_of_memory = true;
    else if (status != OSL_OK ||
             osl_analyzer_fingerprint(analyzer) != manifest->fingerprint)
        damaged(c, "was made by other rules of analysis than this program has",
                "searches refuse it; osler index makes it anew");
    osl_analyzer_free(analyzer);
}

static bool is_seen_generation(const checker *c, uint64_t generation)
{
    for (size_t i = 0; i < c->generation_count; i++)
        if (c->generations[i].generation == generation)
            return true;
    return false;
}

/* `number` 0: the file `manifest`. */
static void check_manifest(checker *c, uint64_t number)
{
    char name[32] = "manifest";
    osl_error why = {0};
    osl_manifest manifest;
    if (number)
        osl_manifest_name(name, number);
    c->file = name;
    const char *path = join(c, name);
    if (!path)
        return;
    c->is_older = number != 0;
    osl_status status = osl_manifest_read(&manifest, path, &c->arena, &why);
    if (status == OSL_OK && number && manifest.generation != number)
        status = osl_fail(&why, OSL_ECORRUPT,
                          "is the manifest of generation %" PRIu64,
                          manifest.generation);
    if (status == OSL_OK) {
        add_seen(c, osl_text_of(copy(c, name)), true);
        if (!number)
            check_analysis(c, &manifest);
        /* While a manifest is replaced, it is there twice. */
        if (!is_seen_generation(c, manifest.generation))
            check_generation(c, &manifest, !number);
    } else if (status == OSL_ENOTFOUND && !number) {
        damaged(c, "is not there", falls_back);
    } else if (status != OSL_ENOTFOUND && is_damage(c, status, &why)) {
        damaged_by(c, &why, falls_back);
    }
}

/* ---- the folder --------------------------------------------------------- */

static int by_falling_number(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? 1 : a > b ? -1 : 0;
}

/* Numbers of the kept manifests, the newest first; owned by the arena. */
static osl_status list_kept(const char *path, uint64_t **out, size_t *count,
                            osl_error *err)
{
    size_t capacity = 0;
    *out = NULL;
    *count = 0;
    DIR *folder = opendir(path);
    if (!folder)
        return osl_fail(err, OSL_ENOTFOUND, "%s: cannot open the folder: %s",
                        path, strerror(errno));
    const struct dirent *entry;
    while ((entry = readdir(folder))) {
        uint64_t number = osl_manifest_generation(entry->d_name);
        if (number == 0)
            continue;
        if (!osl_grow(out, &capacity, *count + 1, sizeof **out)) {
            (void)closedir(folder);
            free(*out);
            *out = NULL;
            return no_memory(err);
        }
        (*out)[(*count)++] = number;
    }
    (void)closedir(folder);
    if (*count)
        qsort(*out, *count, sizeof **out, by_falling_number);
    return OSL_OK;
}

/* Changes whenever a generation is published or swept; 0 where there is
 * neither a manifest nor a kept one. */
static uint64_t stamp_of(checker *c, const uint64_t *kept, size_t count)
{
    osl_map map = {0};
    const char *path = join(c, "manifest");
    uint64_t hash = 0;
    if (path && osl_map_open(&map, path, NULL) == OSL_OK)
        hash = XXH3_64bits(map.bytes, map.length);
    osl_map_close(&map);
    return count ? XXH3_64bits_withSeed(kept, count * sizeof *kept, hash)
                 : hash;
}

static void forget(checker *c)
{
    osl_arena_clear(&c->arena);
    c->damage_count = c->generation_count = c->file_count = 0;
    c->bytes = 0;
    c->newer.status = OSL_OK;
}

/* Looks at everything; *stable where no writer came in between. */
static osl_status check_once(checker *c, bool *stable, osl_error *err)
{
    uint64_t *kept = NULL;
    size_t count = 0;
    osl_status status = list_kept(c->path, &kept, &count, err);
    if (status != OSL_OK)
        return status;
    forget(c);
    uint64_t before = stamp_of(c, kept, count);
    if (count == 0 && before == 0) {
        free(kept);
        return osl_fail(err, OSL_ENOTFOUND,
                        "no index in %s; make one with: osler index PATH...",
                        c->path);
    }
    check_manifest(c, 0);
    for (size_t i = 0; i < count; i++)
        check_manifest(c, kept[i]);
    free(kept);
    if (c->out_of_memory)
        return no_memory(err);
    status = list_kept(c->path, &kept, &count, err);
    if (status == OSL_OK)
        *stable = stamp_of(c, kept, count) == before;
    free(kept);
    return status;
}

static void tell(const checker *c, const osl_check_watcher *watcher,
                 osl_check_report *report)
{
    for (size_t i = 0; watcher && watcher->damaged && i < c->damage_count; i++)
        watcher->damaged(watcher->user, &c->damages[i]);
    for (size_t i = 0;
         watcher && watcher->generation && i < c->generation_count; i++)
        watcher->generation(watcher->user, &c->generations[i]);
    report->damages = c->damage_count;
    report->generations = c->generation_count;
    report->files = c->file_count;
    report->bytes = c->bytes;
}

static osl_status check_folder(checker *c, osl_check_report *report,
                               osl_error *err)
{
    osl_index *index = NULL;
    bool stable = false;
    osl_status status = OSL_OK;
    for (int i = 0; i < TRIES && status == OSL_OK && !stable; i++) {
        status = check_once(c, &stable, err);
        stable |= c->damage_count == 0;
    }
    if (status == OSL_OK && c->newer.status != OSL_OK)
        return osl_fail(err, c->newer.status, "%s", c->newer.text);
    if (status == OSL_OK &&
        osl_index_open(&index, c->path, 0, c->kernels, NULL) == OSL_OK) {
        report->opened = osl_index_get_info(index)->generation;
        osl_index_free(index);
    }
    return status;
}

static double seconds_now(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

osl_status osl_index_check(const char *index_path,
                           const osl_check_watcher *watcher,
                           osl_check_report *report, osl_error *err)
{
    double start = seconds_now();
    osl_cpu_level level;
    checker c = {.path = index_path};
    *report = (osl_check_report){0};
    osl_status status = osl_cpu_level_get(&level, err);
    if (status == OSL_OK) {
        c.level = level;
        c.kernels = osl_kernels_get(level);
        status = check_folder(&c, report, err);
    }
    if (status == OSL_OK)
        tell(&c, watcher, report);
    osl_arena_clear(&c.arena);
    free(c.damages);
    free(c.generations);
    free(c.files);
    report->seconds = seconds_now() - start;
    return status;
}
