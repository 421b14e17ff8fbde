/* SPDX-License-Identifier: MIT
 *
 * The container: what a segment file is made of before any codec looks.
 *
 *     0       8         12        16
 *     +-------+---------+---------+----------+---------+-----+----------+
 *     | magic | version | hash:32 | zero to  | section | ... | table of |
 *     |       |         | of 0-11 | 64       |         |     | sections |
 *     +-------+---------+---------+----------+---------+-----+----------+
 *
 *     entry of the table, 32 bytes
 *     | kind:u32 | version:u32 | offset:u64 | length:u64 | zero:u64 |
 *
 *     footer, the last 64 bytes
 *     | table offset:u64 | entries:u32 | version:u32 | hash of table:u64 |
 *     | file length:u64 | hash of checksums:u64 | zero:8 |
 *     | hash of the 48 bytes before:u64 | magic |
 *
 * Sections start at multiples of 64. The last one holds the checksums: XXH3's
 * low 32 bits of each 4 KiB of what comes before it. It needs none itself: a
 * spoilt checksum shows as a spoilt block. Nothing but the table and the info
 * section is read at open; blocks are verified when first touched. The hash of
 * all checksums is for the file's identity, so that these are not read, either.
 *
 * Blocks are small because what is touched is scattered: an update reads one
 * text of a hundred, and of blocks of 64 KiB that is every one. */
#include "core/segment/segment_internal.h"

#include "core/base/bytes.h"
#include "core/segment/dictionary.h"
#include "core/segment/forms.h"
#include "core/segment/ids.h"
#include "core/segment/joint.h"
#include "core/segment/packed.h"
#include "core/segment/postings.h"
#include "core/segment/score.h"
#include "core/segment/store.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { HEADER = 64, FOOTER = 64, ENTRY = 32, INFO = 48, INFO_FIELD = 56 };
enum { READ_BEHIND = 64 }; /* what kernels look at behind lengths */
/* tfs whose bounds stand in a table: rare words are shaped by it. */
enum { OPEN_TFS = 4 };
enum { COLUMNS = OSL_SECTION_TABLES * OSL_SECTION_COLUMNS_MAX };

static const char *const field_names[OSL_FIELD_COUNT] = {"text", "titles",
                                                         "headings", "pairs"};

const char *osl_section_name(uint32_t kind)
{
    static const char *const names[5][OSL_FIELD_COUNT] = {
        {"dictionary of text", "dictionary of titles", "dictionary of headings",
         "dictionary of pairs"},
        {"postings of text", "postings of titles", "postings of headings",
         "postings of pairs"},
        {"lengths of text", "lengths of titles", "lengths of headings",
         "lengths of pairs"},
        {"forms of text", "forms of titles", "forms of headings",
         "forms of pairs"},
        {"shortcuts of text", "shortcuts of titles", "shortcuts of headings",
         "shortcuts of pairs"},
    };
    /* Kinds of tables.h, from OSL_SECTION_OTHERS on. */
    static const char *const others[] = {
        "strings",       "documents",     "sections",   "paragraphs",
        "aliases",       "vocabulary",    "word codes", "places of texts",
        "abbreviations", "terms of words"};
    if (kind == OSL_SECTION_INFO)
        return "info";
    if (kind == OSL_SECTION_CHECKSUMS)
        return "checksums";
    if (kind == OSL_SECTION_JOINT)
        return "best of two words";
    if (kind >= OSL_SECTION_DICTIONARY && kind < OSL_SECTION_SHORTCUTS + 8 &&
        kind % 8 < OSL_FIELD_COUNT)
        return names[(kind - OSL_SECTION_DICTIONARY) / 8][kind % 8];
    if (kind >= OSL_SECTION_OTHERS &&
        kind - OSL_SECTION_OTHERS < sizeof others / sizeof *others)
        return others[kind - OSL_SECTION_OTHERS];
    return "stored data";
}

static uint32_t kind_of(const osl_segment *segment, const osl_section *section)
{
    for (uint32_t kind = 0; kind < OSL_SECTION_KIND_END; kind++)
        if (segment->sections[kind].bytes &&
            segment->sections[kind].offset == section->offset)
            return kind;
    return 0;
}

void osl_segment_spoilt_words(const osl_segment *segment,
                              const osl_section *section, const char *what,
                              osl_error *err)
{
    osl_fail_words(err, OSL_ECORRUPT,
                   "%s: damaged: %s, in its %s; index anew or restore the "
                   "file from a copy",
                   segment->path, what,
                   osl_section_name(kind_of(segment, section)));
}

/* ---- checksums --------------------------------------------------------- */

static osl_status verify_block(const osl_segment *segment,
                               const osl_section *section, size_t block,
                               osl_error *err)
{
    if (block >= segment->block_count)
        return osl_segment_spoilt(segment, section, "bytes out of place", err);
    size_t start = block * OSL_CHECKSUM_BLOCK;
    size_t end = (size_t)segment->sections[OSL_SECTION_CHECKSUMS].offset;
    size_t length = end - start;
    if (length > OSL_CHECKSUM_BLOCK)
        length = OSL_CHECKSUM_BLOCK;
    uint32_t hash =
        (uint32_t)segment->kernels->hash(segment->bytes + start, length);
    if (hash != osl_get32(segment->checksums + 4 * block))
        return osl_fail(err, OSL_ECORRUPT,
                        "%s: damaged: block %zu (bytes %zu to %zu), in its %s, "
                        "does not match its checksum; index anew or restore "
                        "the file from a copy",
                        segment->path, block, start, start + length,
                        osl_section_name(kind_of(segment, section)));
    (void)__atomic_fetch_or(&segment->verified[block / 64],
                            (uint64_t)1 << (block % 64), __ATOMIC_RELAXED);
    return OSL_OK;
}

/* Of blocks `first` to `last`, whose bits stand in one word, those that were
 * not verified yet. */
static osl_status verify_some(const osl_segment *segment,
                              const osl_section *section, size_t first,
                              size_t last, osl_error *err)
{
    uint64_t wanted = UINT64_MAX >> (63 - (last - first)) << (first % 64);
    uint64_t left = wanted & ~__atomic_load_n(&segment->verified[first / 64],
                                              __ATOMIC_RELAXED);
    osl_status status = OSL_OK;
    for (; left && status == OSL_OK; left &= left - 1) {
        size_t block = first / 64 * 64 + (unsigned)__builtin_ctzll(left);
        status = verify_block(segment, section, block, err);
    }
    return status;
}

osl_status osl_segment_touch_blocks(const osl_segment *segment,
                                    const osl_section *section, uint64_t offset,
                                    uint64_t length, osl_error *err)
{
    if (offset > section->length || length > section->length - offset)
        return osl_segment_spoilt(segment, section, "an offset out of bounds",
                                  err);
    if (length == 0 || !segment->verify)
        return OSL_OK;
    size_t first = (size_t)((section->offset + offset) / OSL_CHECKSUM_BLOCK);
    size_t last =
        (size_t)((section->offset + offset + length - 1) / OSL_CHECKSUM_BLOCK);
    osl_status status = OSL_OK;
    for (size_t next; first <= last && status == OSL_OK; first = next) {
        next = first / 64 * 64 + 64;
        status = verify_some(segment, section, first,
                             next <= last ? next - 1 : last, err);
    }
    return status;
}

/* ---- opening ----------------------------------------------------------- */

static osl_status damaged(const osl_segment *segment, const char *what,
                          osl_error *err)
{
    return osl_fail(err, OSL_ECORRUPT,
                    "%s: %s; index anew or restore the file from a copy",
                    segment->path, what);
}

static osl_status read_header(const osl_segment *segment, osl_error *err)
{
    const uint8_t *bytes = segment->bytes;
    if (segment->length < HEADER + FOOTER ||
        osl_get64(bytes) != OSL_SEGMENT_MAGIC)
        return damaged(segment, "not a segment file of Osler, or cut short",
                       err);
    if (segment->verify &&
        (uint32_t)XXH3_64bits(bytes, 12) != osl_get32(bytes + 12))
        return damaged(segment, "damaged at its beginning", err);
    uint32_t version = osl_get32(bytes + 8);
    if (version > OSL_SEGMENT_VERSION)
        return osl_fail(err, OSL_EVERSION,
                        "%s: written in format %u, this program knows up to "
                        "%u; use a newer osler, or index anew",
                        segment->path, version, OSL_SEGMENT_VERSION);
    if (version < OSL_SEGMENT_VERSION)
        return osl_fail(err, OSL_EVERSION,
                        "%s: made by an older version (format %u, this program "
                        "reads %u); index again with: osler index --full "
                        "PATH...",
                        segment->path, version, OSL_SEGMENT_VERSION);
    return OSL_OK;
}

static osl_status read_entry(osl_segment *segment, const uint8_t *entry,
                             uint64_t limit, osl_error *err)
{
    uint32_t kind = osl_get32(entry);
    osl_section section = {.version = osl_get32(entry + 4),
                           .offset = osl_get64(entry + 8)};
    uint64_t length = osl_get64(entry + 16);
    if (section.offset % OSL_SECTION_ALIGN != 0 || section.offset < HEADER ||
        section.offset > limit || length > limit - section.offset)
        return damaged(segment, "damaged: its table names bytes out of it",
                       err);
    section.bytes = segment->bytes + section.offset;
    section.length = (size_t)length;
    if (kind >= OSL_SECTION_KIND_END)
        return OSL_OK; /* of a later minor change: not for us */
    if (segment->sections[kind].bytes)
        return damaged(segment, "damaged: its table names a section twice",
                       err);
    segment->sections[kind] = section;
    return OSL_OK;
}

static osl_status read_table(osl_segment *segment, osl_error *err)
{
    const uint8_t *footer = segment->bytes + segment->length - FOOTER;
    if (osl_get64(footer + 56) != OSL_SEGMENT_MAGIC ||
        osl_get64(footer + 24) != segment->length)
        return damaged(segment, "cut short, or damaged at its end", err);
    if (segment->verify && XXH3_64bits(footer, 48) != osl_get64(footer + 48))
        return damaged(segment, "damaged at its end", err);
    uint64_t offset = osl_get64(footer), limit = segment->length - FOOTER;
    uint32_t count = osl_get32(footer + 8);
    if (offset > limit || (limit - offset) % ENTRY != 0 ||
        (limit - offset) / ENTRY != count)
        return damaged(segment, "damaged at its end", err);
    const uint8_t *table = segment->bytes + offset;
    if (segment->verify &&
        XXH3_64bits(table, (size_t)count * ENTRY) != osl_get64(footer + 16))
        return damaged(segment, "damaged in its table of sections", err);
    for (uint32_t i = 0; i < count; i++) {
        osl_status status =
            read_entry(segment, table + (size_t)i * ENTRY, offset, err);
        if (status != OSL_OK)
            return status;
    }
    return OSL_OK;
}

static osl_status read_checksums(osl_segment *segment, osl_error *err)
{
    const osl_section *sums = &segment->sections[OSL_SECTION_CHECKSUMS];
    size_t count =
        (size_t)((sums->offset + OSL_CHECKSUM_BLOCK - 1) / OSL_CHECKSUM_BLOCK);
    if (!sums->bytes || sums->length != 4 * count)
        return damaged(segment, "damaged: its checksums are missing", err);
    for (uint32_t kind = 0; kind < OSL_SECTION_KIND_END; kind++) {
        const osl_section *section = &segment->sections[kind];
        if (kind != OSL_SECTION_CHECKSUMS && section->bytes &&
            section->offset + section->length > sums->offset)
            return damaged(segment, "damaged: a section lies out of place",
                           err);
    }
    segment->checksums = sums->bytes;
    segment->block_count = count;
    segment->verified = calloc(count / 64 + 1, sizeof *segment->verified);
    if (!segment->verified)
        return osl_fail(err, OSL_ENOMEM, "%s: out of memory", segment->path);
    return OSL_OK;
}

static double get_double(const uint8_t *from)
{
    double value;
    memcpy(&value, from, sizeof value);
    return value;
}

static void read_info_field(osl_segment *segment, unsigned f,
                            const uint8_t *from)
{
    osl_field_info *info = &segment->info.fields[f];
    info->ordinal_count = osl_get32(from);
    info->term_count = osl_get32(from + 4);
    info->posting_count = osl_get64(from + 8);
    info->total_length = osl_get64(from + 16);
    for (unsigned i = 0; i < 4; i++)
        segment->fields[f].codes[i] = osl_get64(from + 24 + (size_t)i * 8);
}

static osl_status read_info(osl_segment *segment, osl_error *err)
{
    const osl_section *section = &segment->sections[OSL_SECTION_INFO];
    osl_status status =
        osl_segment_find_section(segment, OSL_SECTION_INFO, 1, &section, err);
    if (status == OSL_OK)
        status = osl_segment_touch(segment, section, 0,
                                   INFO + OSL_FIELD_COUNT * INFO_FIELD, err);
    if (status != OSL_OK)
        return status;
    const uint8_t *from = section->bytes;
    osl_segment_info *info = &segment->info;
    info->paragraph_count = osl_get32(from);
    info->document_count = osl_get32(from + 4);
    info->section_count = osl_get32(from + 8);
    info->has_texts = from[12] & 1;
    info->has_forms = from[12] >> 1 & 1;
    info->sliced_shift = from[13] & OSL_SLICED_SHIFT_MAX;
    info->dense_positions = from[13] >> 4 & 1;
    info->fingerprint = osl_get64(from + 16);
    info->k1 = get_double(from + 24);
    info->b = get_double(from + 32);
    info->text_bytes = osl_get64(from + 40);
    for (unsigned f = 0; f < OSL_FIELD_COUNT; f++)
        read_info_field(segment, f, from + INFO + (size_t)f * INFO_FIELD);
    if (info->paragraph_count > OSL_SEGMENT_PARAGRAPHS_MAX)
        return osl_segment_spoilt(segment, section, "too many paragraphs", err);
    return OSL_OK;
}

static osl_status open_field(osl_segment *segment, unsigned f, osl_error *err)
{
    osl_segment_field *field = &segment->fields[f];
    const osl_field_info *info = &segment->info.fields[f];
    unsigned lengths = f == OSL_FIELD_PAIR ? OSL_FIELD_TEXT : f;
    field->dictionary = segment->sections[OSL_SECTION_DICTIONARY + f];
    field->postings = segment->sections[OSL_SECTION_POSTINGS + f];
    field->lengths = segment->sections[OSL_SECTION_LENGTHS + lengths];
    field->forms = segment->sections[OSL_SECTION_FORMS + f];
    field->shortcuts = segment->sections[OSL_SECTION_SHORTCUTS + f];
    if (field->shortcuts.version < OSL_SHORTCUT_VERSION)
        field->shortcuts = (osl_section){0}; /* the dictionary has all */
    bool all_zero = osl_codes_are_zero(field->codes);
    if (info->ordinal_count > OSL_SEGMENT_PARAGRAPHS_MAX ||
        (!all_zero && field->lengths.length < info->ordinal_count) ||
        (info->term_count > 0 &&
         !(field->dictionary.bytes && field->postings.bytes)))
        return damaged(segment, "damaged: a field lacks its sections", err);
    if (field->dictionary.version > OSL_DICTIONARY_VERSION ||
        field->postings.version > OSL_POSTINGS_DENSE_VERSION ||
        field->lengths.version > 1 ||
        field->forms.version > OSL_FORMS_VERSION ||
        field->shortcuts.version > OSL_SHORTCUT_VERSION ||
        segment->sections[OSL_SECTION_JOINT].version > OSL_JOINT_VERSION)
        return osl_fail(err, OSL_EVERSION,
                        "%s: its %s are in a newer format than this program "
                        "knows; use a newer osler, or index anew",
                        segment->path, field_names[f]);
    field->dense = f != OSL_FIELD_PAIR && segment->info.dense_positions;
    if (field->postings.bytes &&
        field->dense != (field->postings.version == OSL_POSTINGS_DENSE_VERSION))
        return osl_fail(err, OSL_EVERSION,
                        "%s: made by an older version (positions in other "
                        "bits); index again with: osler index --full PATH...",
                        segment->path);
    field->sliced_from = osl_region_sliced_from(
        info->ordinal_count, f != OSL_FIELD_PAIR, segment->info.sliced_shift);
    /* What has no term has nothing that a table would be asked for. */
    osl_bounds_init(&field->bounds, info->term_count > 0 ? OPEN_TFS : 0,
                    segment->info.k1, segment->info.b, info->total_length,
                    info->ordinal_count);
    field->checked =
        calloc(field->postings.length / 4096 + 1, sizeof *field->checked);
    if (all_zero)
        field->zeros = calloc((size_t)info->ordinal_count + READ_BEHIND, 1);
    if (!field->checked || (all_zero && !field->zeros))
        return osl_fail(err, OSL_ENOMEM, "%s: out of memory", segment->path);
    return OSL_OK;
}

static osl_status open_bytes(osl_segment *segment, osl_error *err)
{
    osl_status status = read_header(segment, err);
    if (status == OSL_OK)
        status = read_table(segment, err);
    if (status == OSL_OK)
        status = read_checksums(segment, err);
    if (status == OSL_OK)
        status = read_info(segment, err);
    for (unsigned f = 0; status == OSL_OK && f < OSL_FIELD_COUNT; f++)
        status = open_field(segment, f, err);
    if (status == OSL_OK)
        status =
            osl_store_open(segment, &segment->decoder, &segment->letters, err);
    return status;
}

static osl_segment *new_segment(const char *name, const osl_kernels *kernels)
{
    osl_segment *segment = calloc(1, sizeof *segment);
    char *path = strdup(name);
    struct osl_column **columns = calloc(COLUMNS, sizeof *columns);
    struct osl_dictionary_view **views = calloc(OSL_FIELD_COUNT, sizeof *views);
    struct osl_shared_strings **shared = calloc(1, sizeof *shared);
    osl_packed_held *packed = osl_packed_new();
    struct osl_ids **ids = calloc(1, sizeof *ids);
    if (!segment || !path || !columns || !views || !shared || !packed || !ids) {
        free(segment);
        free(path);
        free(columns);
        free(views);
        free(shared);
        osl_packed_free(packed);
        free(ids);
        return NULL;
    }
    segment->path = path;
    segment->columns = columns;
    segment->views = views;
    segment->shared = shared;
    segment->packed = packed;
    segment->ids = ids;
    segment->kernels = kernels;
    segment->verify = true;
    return segment;
}

osl_status osl_segment_open(osl_segment **out, const char *path,
                            const osl_kernels *kernels, osl_error *err)
{
    osl_segment *segment = new_segment(path, kernels);
    if (!segment)
        return osl_fail(err, OSL_ENOMEM, "%s: out of memory", path);
    osl_status status = osl_map_open(&segment->map, path, err);
    if (status == OSL_OK) {
        segment->bytes = segment->map.bytes;
        segment->length = segment->map.length;
        status = open_bytes(segment, err);
    }
    if (status != OSL_OK) {
        osl_segment_free(segment);
        return status;
    }
    *out = segment;
    return OSL_OK;
}

osl_status osl_segment_open_memory(osl_segment **out, osl_text bytes,
                                   const char *name, const osl_kernels *kernels,
                                   bool verify, osl_error *err)
{
    osl_segment *segment = new_segment(name, kernels);
    if (!segment)
        return osl_fail(err, OSL_ENOMEM, "%s: out of memory", name);
    segment->bytes = (const uint8_t *)bytes.bytes;
    segment->length = bytes.length;
    segment->verify = verify;
    osl_status status = open_bytes(segment, err);
    if (status != OSL_OK) {
        osl_segment_free(segment);
        return status;
    }
    *out = segment;
    return OSL_OK;
}

void osl_segment_free(osl_segment *segment)
{
    if (!segment)
        return;
    free(segment->decoder);
    free(segment->letters);
    for (unsigned f = 0; f < OSL_FIELD_COUNT; f++) {
        free(segment->fields[f].checked);
        free(segment->fields[f].zeros);
    }
    osl_packed_free(segment->packed);
    osl_dictionary_free_views(segment);
    free(segment->views);
    osl_ids_free(*segment->ids);
    free(segment->ids);
    free(*segment->shared);
    free(segment->shared);
    for (unsigned n = 0; segment->columns && n < COLUMNS; n++)
        free(segment->columns[n]);
    free(segment->columns);
    free(segment->verified);
    osl_map_close(&segment->map);
    free(segment->path);
    free(segment);
}

const osl_segment_info *osl_segment_get_info(const osl_segment *segment)
{
    return &segment->info;
}

const char *osl_segment_path(const osl_segment *segment)
{
    return segment->path;
}

uint64_t osl_segment_identity(const osl_segment *segment)
{
    return XXH3_64bits(segment->bytes + segment->length - FOOTER, FOOTER);
}

osl_status osl_segment_find_section(const osl_segment *segment, uint32_t kind,
                                    uint32_t newest, const osl_section **out,
                                    osl_error *err)
{
    if (kind >= OSL_SECTION_KIND_END || !segment->sections[kind].bytes)
        return osl_fail(err, OSL_ENOTFOUND, "%s: it has no %s", segment->path,
                        osl_section_name(kind));
    if (segment->sections[kind].version > newest)
        return osl_fail(err, OSL_EVERSION,
                        "%s: its %s is of version %u, this program knows up to "
                        "%u; use a newer osler, or index anew",
                        segment->path, osl_section_name(kind),
                        segment->sections[kind].version, newest);
    *out = &segment->sections[kind];
    return OSL_OK;
}

/* ---- lengths and bounds ------------------------------------------------ */

const osl_kernels *osl_segment_kernels(const osl_segment *segment)
{
    return segment->kernels;
}

/* Codes from 192 on, the last 64, stand for several (score.h). */
bool osl_segment_lengths_are_exact(const osl_segment *segment, osl_field field)
{
    return segment->fields[field].codes[3] == 0;
}

osl_status osl_segment_length_codes(const osl_segment *segment, osl_field field,
                                    const uint8_t **codes, osl_error *err)
{
    const osl_section *section = &segment->fields[field].lengths;
    if (segment->fields[field].zeros) {
        *codes = segment->fields[field].zeros;
        return OSL_OK;
    }
    osl_status status = osl_segment_touch(
        segment, section, 0, segment->info.fields[field].ordinal_count, err);
    if (status == OSL_OK)
        *codes = section->bytes;
    return status;
}

void osl_bounds_init(osl_bounds *bounds, uint32_t tfs, double k1, double b,
                     uint64_t total_length, uint64_t count)
{
    bounds->tfs = tfs;
    osl_score_lengths(bounds->k, k1, b, total_length, count);
    for (uint32_t tf = 1; tf <= tfs; tf++)
        for (unsigned code = 0; code < 256; code++)
            bounds->low[tf - 1][code] = osl_bound_of(bounds, tf, (uint8_t)code);
}

/* 255 · G is exact in double, so the byte is never too small. */
uint8_t osl_bound_of(const osl_bounds *bounds, uint32_t tf, uint8_t code)
{
    double scaled = 255.0 * (double)osl_score_gain(tf, bounds->k[code]);
    if (!(scaled < 255.0)) /* k1 of 0; and NaN from a spoilt file */
        return 255;
    unsigned bound = scaled > 0.0 ? (unsigned)scaled : 0;
    return (uint8_t)(bound + ((double)bound < scaled || bound == 0));
}

/* G'/G = (tf + K) / (tf + K') falls with tf towards 1 where K > K' and rises
 * towards 1 where K < K': its greatest value is at tf = 1, or 1. The hair on
 * top is for the roundings of G, G' and of the ratio. */
float osl_segment_bound_factor(const osl_segment *segment, osl_field field,
                               const float k[256])
{
    const osl_segment_field *of = &segment->fields[field];
    double greatest = 1.0;
    bool same = true;
    for (unsigned code = 0; code < 256; code++) {
        if (!(of->codes[code / 64] >> (code % 64) & 1))
            continue;
        double then = (double)of->bounds.k[code], now = (double)k[code];
        double ratio = (1.0 + then) / (1.0 + now);
        same = same && then == now;
        if (ratio > greatest)
            greatest = ratio;
    }
    return same ? 1.0f : (float)(greatest * 1.000001);
}

/* A K of 0 at writing, whose G is 1, can be any today. */
osl_drift osl_segment_drift(const osl_segment *segment, osl_field field,
                            const float k[256])
{
    const osl_segment_field *of = &segment->fields[field];
    osl_drift drift = {INFINITY, 0};
    bool same = true;
    for (unsigned code = 0; code < 256; code++) {
        if (!(of->codes[code / 64] >> (code % 64) & 1))
            continue;
        double then = (double)of->bounds.k[code], now = (double)k[code];
        double ratio = then > 0 ? now / then : INFINITY;
        same = same && then == now;
        if (ratio < drift.low)
            drift.low = ratio;
        if (!(ratio <= drift.high)) /* NaN of a spoilt file, too */
            drift.high = ratio;
    }
    return same ? (osl_drift){1, 1} : drift;
}

/* With x = tf / K at writing, G was x / (x + 1) and is x / (x + low) at most;
 * both rise with x. A byte more for rounding up is more than a small drift. */
void osl_segment_bounds_today(osl_bounds_today *out, const osl_segment *segment,
                              osl_field field, const float k[256])
{
    const double near = 0.01, most = 255;
    double low = osl_segment_drift(segment, field, k).low;
    out->factor = osl_segment_bound_factor(segment, field, k);
    out->is_map = low > 0 && low < INFINITY && fabs(low - 1) > near;
    if (!out->is_map)
        return;
    out->factor = 1;
    for (unsigned bound = 0; bound < 256; bound++) {
        double gain = bound / most;
        gain /= gain + low * (1 - gain);
        gain = ceil(gain * (1 + 1e-6 * (1 + low)) * most);
        out->of[bound] = (uint8_t)(gain < most ? gain : most);
    }
}
