/* SPDX-License-Identifier: MIT
 *
 * Opening takes no lock. The manifest names files that stay as long as it is
 * a kept generation; if one is gone, a writer has published twice meanwhile,
 * so the manifest is read again. Where what is there never is whole (a copy
 * made during an update, damage), kept manifests are tried from the newest
 * on. */
#include "core/segment/index.h"

#include "core/base/file.h"
#include "core/base/pages.h"
#include "core/segment/dictionary.h"
#include "core/segment/manifest.h"
#include "core/segment/registry.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { TRIES = 8 };

/* In which a term is looked up together: as many as there are, mostly. */
enum { SEGMENTS_AT_ONCE = 16 };

/* More of dictionaries is not copied: it would take longer than 5 ms. */
enum { HELD_MOST = 16 << 20 };

struct osl_index {
    osl_arena arena; /* texts of the manifest */
    osl_manifest manifest;
    osl_segment **segments;    /* owns each */
    osl_deletions **deletions; /* owns each; NULL: none */
    osl_map registry;
    uint8_t **held; /* copies of dictionaries; atomic; owns the place and it */
    osl_index_info info;
    char note[512]; /* empty: none */
};

void osl_index_free(osl_index *index)
{
    if (!index)
        return;
    size_t count = index->manifest.segment_count;
    for (size_t i = 0; index->deletions && i < count; i++)
        osl_deletions_close(index->deletions[i]);
    for (size_t i = 0; index->segments && i < count; i++)
        osl_segment_free(index->segments[i]);
    free(index->deletions);
    free(index->segments);
    if (index->held)
        free(*index->held);
    free(index->held);
    osl_map_close(&index->registry);
    osl_arena_clear(&index->arena);
    free(index);
}

/* "PATH/NAME", to be freed; NULL when memory is out. */
static char *join(const char *path, osl_text name)
{
    osl_buf joined = {0};
    osl_buf_printf(&joined, "%s/%.*s", path, (int)name.length, name.bytes);
    osl_buf_put_byte(&joined, 0);
    if (!joined.failed)
        return (char *)joined.bytes;
    osl_buf_clear(&joined);
    return NULL;
}

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while opening an index");
    return OSL_ENOMEM;
}

/* ---- one generation ----------------------------------------------------- */

static osl_status check_size(const char *path, uint64_t bytes, osl_error *err)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return osl_fail(err, errno == ENOENT ? OSL_ENOTFOUND : OSL_EIO,
                        "%s: cannot stat: %s", path, strerror(errno));
    if ((uint64_t)info.st_size != bytes)
        return osl_fail(err, OSL_ECORRUPT,
                        "%s: has %" PRIu64 " bytes where the manifest says "
                        "%" PRIu64,
                        path, (uint64_t)info.st_size, bytes);
    return OSL_OK;
}

/* Rows are found by ordinals of fields and the other way round: there are as
 * many of both, or no pairs at all. */
static bool fields_fit(const osl_segment_info *info)
{
    const uint32_t rows[OSL_FIELD_COUNT] = {
        info->paragraph_count, info->document_count, info->section_count,
        info->paragraph_count};
    for (unsigned f = 0; f < OSL_FIELD_COUNT; f++) {
        uint32_t ordinals = info->fields[f].ordinal_count;
        if (ordinals != rows[f] && (f != OSL_FIELD_PAIR || ordinals != 0))
            return false;
    }
    return true;
}

static osl_status open_segment(osl_index *index, const char *path, size_t n,
                               const osl_kernels *kernels, osl_error *err)
{
    const osl_manifest_segment *named = &index->manifest.segments[n];
    char *file = join(path, named->name);
    osl_status status =
        file ? check_size(file, named->bytes, err) : no_memory(err);
    if (status == OSL_OK)
        status = osl_segment_open(&index->segments[n], file, kernels, err);
    if (status == OSL_OK) {
        const osl_segment_info *info = osl_segment_get_info(index->segments[n]);
        if (info->fingerprint != index->manifest.fingerprint ||
            info->paragraph_count != named->paragraph_count ||
            !fields_fit(info) ||
            osl_segment_identity(index->segments[n]) != named->identity)
            status =
                osl_fail(err, OSL_ECORRUPT,
                         "%s: not the segment that the manifest names", file);
    }
    free(file);
    return status;
}

static osl_status open_deletions(osl_index *index, const char *path, size_t n,
                                 osl_error *err)
{
    const osl_manifest_segment *named = &index->manifest.segments[n];
    if (named->deletions.length == 0)
        return OSL_OK;
    char *file = join(path, named->deletions);
    osl_status status =
        file ? check_size(file, named->deletions_bytes, err) : no_memory(err);
    if (status == OSL_OK)
        status = osl_deletions_open(&index->deletions[n], file,
                                    index->segments[n], err);
    if (status == OSL_OK && osl_deletions_hash(osl_deletions_bytes(
                                index->deletions[n])) != named->deletions_hash)
        status =
            osl_fail(err, OSL_ECORRUPT,
                     "%s: not the deletions that the manifest names", file);
    free(file);
    return status;
}

static osl_status open_registry(osl_index *index, const char *path,
                                osl_error *err)
{
    char *file = join(path, index->manifest.registry);
    osl_status status =
        file ? check_size(file, index->manifest.registry_bytes, err)
             : no_memory(err);
    if (status == OSL_OK)
        status = osl_map_open(&index->registry, file, err);
    if (status == OSL_OK &&
        osl_registry_hash((osl_text){(const char *)index->registry.bytes,
                                     index->registry.length}) !=
            index->manifest.registry_hash)
        status = osl_fail(err, OSL_ECORRUPT,
                          "%s: not the registry that the manifest names", file);
    if (status == OSL_OK)
        status = osl_registry_check(&index->registry, file, err);
    free(file);
    return status;
}

/* What died in segment n: zeros where nothing has. */
static osl_deletions_info died_of(const osl_index *index, size_t n)
{
    if (index->deletions[n])
        return *osl_deletions_get_info(index->deletions[n]);
    return (osl_deletions_info){0};
}

static void sum_up(osl_index *index)
{
    const osl_manifest *manifest = &index->manifest;
    osl_index_info *info = &index->info;
    info->generation = manifest->generation;
    info->created_us = manifest->created_us;
    info->fingerprint = manifest->fingerprint;
    info->language = manifest->language.bytes;
    info->fold_acronyms = manifest->fold_acronyms;
    info->segment_count = (uint32_t)manifest->segment_count;
    info->store = manifest->store;
    info->pairs = manifest->pairs;
    info->registry_bytes = manifest->registry_bytes;
    info->index_bytes = manifest->registry_bytes;
    for (size_t i = 0; i < manifest->segment_count; i++) {
        const osl_manifest_segment *segment = &manifest->segments[i];
        const osl_deletions_info died = died_of(index, i);
        info->paragraph_count +=
            segment->paragraph_count - died.paragraph_count;
        info->document_count += segment->document_count - died.document_count;
        info->text_bytes += segment->text_bytes - died.text_bytes;
        info->index_bytes +=
            segment->bytes + segment->catalog_bytes + segment->deletions_bytes;
        info->catalog_bytes += segment->catalog_bytes;
        info->deletions_bytes += segment->deletions_bytes;
    }
}

static osl_status open_segments(osl_index *index, const char *path,
                                const osl_kernels *kernels, osl_error *err)
{
    size_t count = index->manifest.segment_count;
    osl_status status = OSL_OK;
    index->segments = calloc(count + 1, sizeof(osl_segment *));
    index->deletions = calloc(count + 1, sizeof(osl_deletions *));
    index->held = calloc(1, sizeof(uint8_t *));
    if (!index->segments || !index->deletions || !index->held)
        return no_memory(err);
    for (size_t i = 0; status == OSL_OK && i < count; i++) {
        status = open_segment(index, path, i, kernels, err);
        if (status == OSL_OK)
            status = open_deletions(index, path, i, err);
    }
    return status;
}

/* Opens what the manifest file `name` names. */
static osl_status open_generation(osl_index **out, const char *path,
                                  const char *name, const osl_kernels *kernels,
                                  osl_error *err)
{
    osl_index *index = calloc(1, sizeof *index);
    char *file = join(path, osl_text_of(name));
    osl_status status = index && file ? OSL_OK : no_memory(err);
    if (status == OSL_OK)
        status = osl_manifest_read(&index->manifest, file, &index->arena, err);
    if (status == OSL_OK)
        status = open_segments(index, path, kernels, err);
    if (status == OSL_OK)
        status = open_registry(index, path, err);
    free(file);
    if (status == OSL_EINVAL) { /* a folder, say, where a file of ours was */
        status = OSL_ECORRUPT;
        if (err)
            err->status = status;
    }
    if (status != OSL_OK) {
        osl_index_free(index);
        return status;
    }
    sum_up(index);
    *out = index;
    return OSL_OK;
}

/* ---- which generation --------------------------------------------------- */

/* The newest kept generation below `below`; 0 where none is left. */
static uint64_t newest_kept(const char *path, uint64_t below)
{
    uint64_t newest = 0;
    DIR *folder = opendir(path);
    if (!folder)
        return 0;
    const struct dirent *entry;
    while ((entry = readdir(folder))) {
        uint64_t generation = osl_manifest_generation(entry->d_name);
        if (generation < below && generation > newest)
            newest = generation;
    }
    (void)closedir(folder);
    return newest;
}

uint64_t osl_index_generation_before(const char *path, uint64_t generation)
{
    return newest_kept(path, generation);
}

static osl_status open_current(osl_index **out, const char *path,
                               const osl_kernels *kernels, osl_error *err)
{
    osl_status status = OSL_ENOTFOUND;
    for (int i = 0; i < TRIES && status == OSL_ENOTFOUND; i++)
        status = open_generation(out, path, "manifest", kernels, err);
    return status;
}

static bool is_damage(osl_status status)
{
    return status == OSL_ENOTFOUND || status == OSL_ECORRUPT;
}

/* Kept generations from the newest on; `why` the current one will not do. */
static osl_status open_older(osl_index **out, const char *path,
                             const osl_kernels *kernels, const osl_error *why)
{
    uint64_t below = UINT64_MAX;
    while ((below = newest_kept(path, below)) > 0) {
        char name[32];
        osl_manifest_name(name, below);
        if (open_generation(out, path, name, kernels, NULL) != OSL_OK)
            continue;
        (void)snprintf((*out)->note, sizeof(*out)->note,
                       "the newest generation cannot be opened (%.300s); "
                       "generation %" PRIu64 " was opened instead",
                       why->text, below);
        return OSL_OK;
    }
    return why->status;
}

static osl_status fail_no_index(const char *path, osl_error *err)
{
    return osl_fail(err, OSL_ENOTFOUND,
                    "no index in %s; make one with: osler index PATH...", path);
}

/* OSL_ENOTFOUND where there is none, OSL_EIO where nobody lets us look. */
static osl_status find_manifest(const char *path, osl_error *err)
{
    char *file = join(path, osl_text_of("manifest"));
    struct stat info;
    if (!file)
        return osl_fail(err, OSL_ENOMEM, "out of memory opening %s", path);
    int code = stat(file, &info) == 0 ? 0 : errno;
    free(file);
    if (code == 0 || newest_kept(path, UINT64_MAX) > 0)
        return OSL_OK;
    if (code == ENOENT || code == ENOTDIR)
        return fail_no_index(path, err);
    return osl_fail(err, OSL_EIO, "%s: cannot look into the index folder: %s",
                    path, strerror(code));
}

/* A generation asked for by number: the current one or a kept one. */
static osl_status open_asked(osl_index **out, const char *path,
                             uint64_t generation, const osl_kernels *kernels,
                             osl_error *err)
{
    osl_index *current = NULL;
    if (open_generation(&current, path, "manifest", kernels, NULL) == OSL_OK) {
        if (current->info.generation == generation) {
            *out = current;
            return OSL_OK;
        }
        osl_index_free(current);
    }
    char name[32];
    osl_manifest_name(name, generation);
    osl_status status = open_generation(out, path, name, kernels, err);
    if (status == OSL_ENOTFOUND)
        return osl_fail(err, OSL_ENOTFOUND,
                        "%s: generation %" PRIu64 " is not kept", path,
                        generation);
    return status;
}

osl_status osl_index_open(osl_index **out, const char *path,
                          uint64_t generation, const osl_kernels *kernels,
                          osl_error *err)
{
    osl_error why = {0};
    if (generation == OSL_GENERATION_PREPARED)
        return open_generation(out, path, "manifest.tmp", kernels, err);
    osl_status status = find_manifest(path, err);
    if (status != OSL_OK)
        return status;
    if (generation != 0)
        return open_asked(out, path, generation, kernels, err);
    status = open_current(out, path, kernels, &why);
    if (is_damage(status))
        status = open_older(out, path, kernels, &why);
    if (status != OSL_OK)
        return osl_fail(err, why.status, "%s", why.text);
    return OSL_OK;
}

osl_status osl_index_newest(const char *path, uint64_t *out, osl_error *err)
{
    osl_arena arena = {0};
    osl_manifest manifest;
    char *file = join(path, osl_text_of("manifest"));
    osl_status status =
        file ? osl_manifest_read(&manifest, file, &arena, err) : no_memory(err);
    if (status == OSL_OK)
        *out = manifest.generation;
    osl_arena_clear(&arena);
    free(file);
    return status;
}

/* ---- getters ------------------------------------------------------------ */

const char *osl_index_note(const osl_index *index)
{
    return index->note[0] ? index->note : NULL;
}

const osl_index_info *osl_index_get_info(const osl_index *index)
{
    return &index->info;
}

const osl_segment *osl_index_segment(const osl_index *index, uint32_t n)
{
    return index->segments[n];
}

const osl_deletions *osl_index_deletions(const osl_index *index, uint32_t n)
{
    return index->deletions[n];
}

const uint64_t *osl_index_live(const osl_index *index, uint32_t n)
{
    const osl_deletions *deletions = index->deletions[n];
    return deletions && osl_deletions_get_info(deletions)->document_count > 0
               ? osl_deletions_live(deletions, OSL_FIELD_TEXT)
               : NULL;
}

osl_status osl_index_line(const osl_index *index, uint32_t n,
                          uint32_t paragraph, uint32_t *line, osl_error *err)
{
    uint32_t document = 0;
    const osl_deletions *deletions = index->deletions[n];
    if (!deletions || osl_deletions_move_count(deletions) == 0)
        return OSL_OK;
    osl_status status =
        osl_segment_document_of(index->segments[n], paragraph, &document, err);
    if (status == OSL_OK)
        *line = osl_deletions_line(deletions, document, *line);
    return status;
}

void osl_index_field_totals(const osl_index *index, osl_field field,
                            uint64_t *count, uint64_t *total_length)
{
    *count = *total_length = 0;
    for (uint32_t i = 0; i < index->info.segment_count; i++) {
        const osl_field_info *info =
            &osl_segment_get_info(index->segments[i])->fields[field];
        const osl_deletions_info died = died_of(index, i);
        *count += info->ordinal_count - died.fields[field].ordinal_count;
        *total_length += info->total_length - died.fields[field].total_length;
    }
}

uint64_t osl_index_posting_count(const osl_index *index, osl_field field)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < index->info.segment_count; i++)
        count += osl_segment_get_info(index->segments[i])
                     ->fields[field]
                     .posting_count -
                 died_of(index, i).fields[field].posting_count;
    return count;
}

/* ---- documents ---------------------------------------------------------- */

bool osl_index_lives(const osl_index *index, uint32_t n, uint32_t document)
{
    if (!index->deletions[n])
        return true;
    const uint64_t *live =
        osl_deletions_live(index->deletions[n], OSL_FIELD_TITLE);
    return live[document / 64] >> (document % 64) & 1;
}

/* The best so far of the documents that have a name. */
typedef struct named {
    bool found;
    uint32_t segment, document;
    osl_text id;
} named;

static osl_status look_for_name(const osl_index *index, uint32_t n,
                                osl_text name, bool is_alias, named *best,
                                osl_error *err)
{
    osl_status status = OSL_OK;
    for (uint32_t i = 0; status == OSL_OK; i++) {
        uint32_t document = 0;
        osl_document_record record;
        status = osl_segment_named(index->segments[n], name, is_alias, i,
                                   &document, err);
        if (status != OSL_OK || !osl_index_lives(index, n, document))
            continue;
        status =
            osl_segment_document(index->segments[n], document, &record, err);
        if (status == OSL_OK &&
            (!best->found || osl_text_compare(record.id, best->id) < 0))
            *best = (named){true, n, document, record.id};
    }
    return status == OSL_END ? OSL_OK : status;
}

osl_status osl_index_find_document(const osl_index *index, osl_text name,
                                   uint32_t *n, uint32_t *document,
                                   osl_error *err)
{
    named best = {.found = false};
    osl_status status = OSL_OK;
    for (unsigned way = 0; way < 2 && !best.found; way++)
        for (uint32_t i = 0; i < index->info.segment_count; i++) {
            status = look_for_name(index, i, name, way == 1, &best, err);
            if (status != OSL_OK)
                return status;
        }
    if (!best.found)
        return OSL_ENOTFOUND;
    *n = best.segment;
    *document = best.document;
    return OSL_OK;
}

/* ---- terms -------------------------------------------------------------- */

static osl_status too_many_died(const osl_index *index, uint32_t n,
                                osl_error *err)
{
    return osl_fail(err, OSL_ECORRUPT,
                    "%s: its deletions say that more postings died than "
                    "it has; index anew or restore them from a copy",
                    osl_segment_path(index->segments[n]));
}

osl_status osl_index_live_df(const osl_index *index, uint32_t n,
                             osl_field field, osl_term_info *info,
                             osl_error *err)
{
    uint32_t df = 0;
    if (!index->deletions[n])
        return OSL_OK;
    osl_status status =
        osl_deletions_df(index->deletions[n], field, info->ordinal, &df, err);
    if (status == OSL_OK && df > info->df)
        return too_many_died(index, n, err);
    info->df -= df;
    return status;
}

osl_status osl_index_live_term(const osl_index *index, uint32_t n,
                               osl_field field, osl_term_info *info,
                               osl_error *err)
{
    uint32_t df = 0;
    uint64_t cf = 0;
    if (!index->deletions[n])
        return OSL_OK;
    osl_status status = osl_deletions_term(index->deletions[n], field,
                                           info->ordinal, &df, &cf, err);
    if (status == OSL_OK && (df > info->df || cf > info->cf))
        return too_many_died(index, n, err);
    info->df -= df;
    info->cf -= cf;
    return status;
}

/* Of segment n's. */
static osl_status add_living(const osl_index *index, uint32_t n,
                             osl_field field, osl_term_info *info, uint64_t *df,
                             osl_error *err)
{
    osl_status status = OSL_OK;
    if (info->df > 0)
        status = osl_index_live_df(index, n, field, info, err);
    *df += info->df;
    return status;
}

/* Segments from `first` on. */
static osl_segment_list list_from(const osl_index *index, uint32_t first,
                                  uint32_t count)
{
    const osl_segment *const *all = (const osl_segment *const *)index->segments;
    return (osl_segment_list){all + first, count};
}

osl_status osl_index_df_of(const osl_index *index, osl_field field,
                           const osl_term_key *term, uint64_t *df,
                           osl_error *err)
{
    osl_term_info infos[SEGMENTS_AT_ONCE];
    uint32_t count = index->info.segment_count;
    uint32_t step = count <= SEGMENTS_AT_ONCE ? count : 1;
    osl_status status = OSL_OK;
    *df = 0;
    for (uint32_t n = 0; n < count && status == OSL_OK; n += step) {
        status = osl_term_count_in(list_from(index, n, step), field, term,
                                   infos, err);
        for (uint32_t i = 0; i < step && status == OSL_OK; i++)
            status = add_living(index, n + i, field, &infos[i], df, err);
    }
    return status;
}

osl_status osl_index_df(const osl_index *index, osl_field field, osl_text term,
                        uint64_t *df, osl_error *err)
{
    const osl_term_key key = osl_term_key_of(term);
    return osl_index_df_of(index, field, &key, df, err);
}

osl_status osl_index_find_terms(const osl_index *index, osl_field field,
                                const osl_text *terms, unsigned count,
                                osl_term_info *infos, osl_error *err)
{
    return osl_terms_find_in(list_from(index, 0, index->info.segment_count),
                             field, terms, count, infos, err);
}

void osl_index_hold_terms(const osl_index *index)
{
    uint32_t count = index->info.segment_count;
    size_t all = 0, at = 0;
    for (uint32_t i = 0; i < count; i++)
        all += osl_dictionary_held_bytes(index->segments[i], OSL_FIELD_TEXT);
    if (all == 0 || all > HELD_MOST ||
        __atomic_load_n(index->held, __ATOMIC_RELAXED))
        return;
    uint8_t *none = NULL, *room = osl_pages_whole(all);
    if (!room ||
        !__atomic_compare_exchange_n(index->held, &none, room, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
        free(room); /* another was first */
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        osl_dictionary_hold(index->segments[i], OSL_FIELD_TEXT, room + at);
        if (index->deletions[i])
            osl_deletions_hold(index->deletions[i]);
        at += osl_dictionary_held_bytes(index->segments[i], OSL_FIELD_TEXT);
    }
}

static osl_status live_form(const osl_deletions *deletions,
                            const osl_term_info *info, uint32_t form,
                            bool is_only, osl_term_form *out, osl_error *err)
{
    uint32_t died = 0;
    uint64_t cf = 0;
    osl_status status =
        is_only
            ? osl_deletions_term(deletions, OSL_FIELD_TEXT, info->ordinal,
                                 &died, &cf, err)
            : osl_deletions_form(deletions, info->ordinal, form, &died, err);
    out->df -= died < out->df ? died : out->df;
    return status;
}

osl_status osl_index_live_forms(const osl_index *index, uint32_t n,
                                const osl_term_cursor *at, osl_arena *arena,
                                osl_form_list *out, osl_error *err)
{
    const osl_deletions *deletions = index->deletions[n];
    osl_status status = osl_term_forms_at(index->segments[n], at, arena,
                                          &out->forms, &out->count, err);
    if (status != OSL_OK || !deletions)
        return status;
    osl_term_form *live = osl_arena_zero(arena, out->count, sizeof *live);
    if (!live)
        return no_memory(err);
    for (uint32_t f = 0; f < out->count && status == OSL_OK; f++) {
        live[f] = out->forms[f];
        status =
            live_form(deletions, &at->info, f, out->count == 1, &live[f], err);
    }
    out->forms = live;
    return status;
}
