/* SPDX-License-Identifier: MIT
 *
 * Streams a segment: bytes go to the file and into the checksum of their
 * block at once; of each section only its place is kept. The container is
 * drawn in segment.c. */
#include "core/segment/writer.h"

#include "core/base/bytes.h"
#include "core/base/file.h"
#include "core/segment/dictionary.h"
#include "core/segment/encode_internal.h"
#include "core/segment/joint.h"
#include "core/segment/packed.h"
#include "core/segment/region.h"
#include "core/segment/score.h"
#include "core/segment/segment_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct osl_writer {
    osl_file *file; /* owns; NULL: all goes aside */
    osl_buf aside;
    char *path; /* owns */
    osl_status status;
    osl_error error; /* the first failure */
    osl_segment_info info;
    XXH3_state_t *hash; /* of the block at hand; owns */
    size_t hashed;      /* bytes of it */
    osl_buf table, checksums, scratch;
    uint32_t section_kind, section_version;
    bool in_section;
    uint64_t section_start;
    uint64_t codes[OSL_FIELD_COUNT][4]; /* which length codes occur */
    /* Of the field at hand. */
    osl_field field;
    bool in_field;
    uint8_t *length_codes; /* owns */
    const osl_kernels *kernels;
    osl_bounds bounds;
    osl_region_field region_field;
    osl_encoder *encoder; /* for terms that come one by one; owns */
    osl_dictionary dictionary;
    osl_forms_writer forms;
    osl_joint_rule joint;
    bool leaves_shortcuts;
    osl_term_info *joint_terms; /* of text, that may have lists; owns */
    size_t joint_count, joint_capacity;
    uint64_t postings_start; /* of the field that ended last */
};

static void refuse(osl_writer *writer, osl_status status, const char *what)
{
    if (writer->status == OSL_OK)
        writer->status = osl_fail(&writer->error, status, "%s: %s",
                                  writer->path ? writer->path : "aside", what);
}

/* ---- bytes ------------------------------------------------------------- */

static void end_block(osl_writer *writer)
{
    osl_buf_put32(&writer->checksums,
                  (uint32_t)XXH3_64bits_digest(writer->hash));
    (void)XXH3_64bits_reset(writer->hash);
    writer->hashed = 0;
}

uint64_t osl_writer_offset(const osl_writer *writer)
{
    return writer->file ? osl_file_offset(writer->file) : writer->aside.length;
}

static void emit(osl_writer *writer, const void *bytes, size_t length)
{
    if (writer->status != OSL_OK || length == 0)
        return;
    if (!writer->file) {
        osl_buf_put(&writer->aside, bytes, length);
        return;
    }
    osl_file_write(writer->file, bytes, length);
    const uint8_t *from = bytes;
    while (length > 0) {
        size_t part = OSL_CHECKSUM_BLOCK - writer->hashed;
        if (part > length)
            part = length;
        (void)XXH3_64bits_update(writer->hash, from, part);
        writer->hashed += part;
        from += part;
        length -= part;
        if (writer->hashed == OSL_CHECKSUM_BLOCK)
            end_block(writer);
    }
}

static void align(osl_writer *writer)
{
    static const uint8_t zeros[OSL_SECTION_ALIGN];
    size_t over = (size_t)(osl_writer_offset(writer) % OSL_SECTION_ALIGN);
    emit(writer, zeros, over ? OSL_SECTION_ALIGN - over : 0);
}

/* ---- sections ---------------------------------------------------------- */

/* Fields come first: behind them nothing needs what encoded them. */
static void end_fields(osl_writer *writer)
{
    bool has_fields = writer->postings_start > 0;
    if (!writer->encoder || !has_fields)
        return;
    osl_dictionary_clear(&writer->dictionary);
    osl_forms_clear(&writer->forms);
    osl_encoder_free(writer->encoder);
    writer->encoder = NULL;
    if (writer->scratch.failed)
        refuse(writer, OSL_ENOMEM, "out of memory while writing a segment");
    osl_buf_clear(&writer->scratch);
}

void osl_writer_begin_section(osl_writer *writer, uint32_t kind,
                              uint32_t version)
{
    if (writer->in_section || kind == 0 || kind >= OSL_SECTION_KIND_END)
        refuse(writer, OSL_EINVAL, "a section begins out of place");
    if (writer->status != OSL_OK)
        return;
    if (!writer->in_field)
        end_fields(writer);
    align(writer);
    writer->in_section = true;
    writer->section_kind = kind;
    writer->section_version = version;
    writer->section_start = osl_writer_offset(writer);
}

void osl_writer_put(osl_writer *writer, const void *bytes, size_t length)
{
    if (!writer->in_section)
        refuse(writer, OSL_EINVAL, "bytes outside of a section");
    emit(writer, bytes, length);
}

static void put_entry(osl_writer *writer, uint64_t end)
{
    osl_buf_put32(&writer->table, writer->section_kind);
    osl_buf_put32(&writer->table, writer->section_version);
    osl_buf_put64(&writer->table, writer->section_start);
    osl_buf_put64(&writer->table, end - writer->section_start);
    osl_buf_put64(&writer->table, 0);
}

void osl_writer_end_section(osl_writer *writer)
{
    if (!writer->in_section)
        refuse(writer, OSL_EINVAL, "a section ends that did not begin");
    if (writer->status != OSL_OK)
        return;
    put_entry(writer, osl_writer_offset(writer));
    writer->in_section = false;
}

static void put_section(osl_writer *writer, uint32_t kind, uint32_t version,
                        const osl_buf *bytes)
{
    osl_writer_begin_section(writer, kind, version);
    osl_writer_put(writer, bytes->bytes, bytes->length);
    osl_writer_end_section(writer);
}

/* ---- aside -------------------------------------------------------------- */

osl_status osl_writer_open_aside(osl_writer **out, osl_error *err)
{
    osl_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return osl_fail(err, OSL_ENOMEM, "out of memory for sections");
    *out = writer;
    return OSL_OK;
}

void osl_writer_put_aside(osl_writer *writer, osl_writer *aside)
{
    enum { ENTRY = 32 };
    if (aside->status != OSL_OK)
        refuse(writer, aside->status, aside->error.text);
    if (aside->aside.failed || aside->table.failed)
        refuse(writer, OSL_ENOMEM, "out of memory for sections");
    for (size_t at = 0; at < aside->table.length && writer->status == OSL_OK;
         at += ENTRY) {
        const uint8_t *entry = aside->table.bytes + at;
        osl_writer_begin_section(writer, osl_get32(entry),
                                 osl_get32(entry + 4));
        osl_writer_put(writer, aside->aside.bytes + osl_get64(entry + 8),
                       (size_t)osl_get64(entry + 16));
        osl_writer_end_section(writer);
    }
    osl_writer_abandon(aside);
}

/* ---- opening and closing ----------------------------------------------- */

static void free_writer(osl_writer *writer)
{
    (void)XXH3_freeState(writer->hash);
    osl_buf_clear(&writer->aside);
    osl_buf_clear(&writer->table);
    osl_buf_clear(&writer->checksums);
    osl_buf_clear(&writer->scratch);
    osl_dictionary_clear(&writer->dictionary);
    osl_forms_clear(&writer->forms);
    osl_encoder_free(writer->encoder);
    free(writer->joint_terms);
    free(writer->length_codes);
    free(writer->path);
    free(writer);
}

static void put_header(osl_writer *writer)
{
    uint8_t header[64] = {0};
    osl_put64(header, OSL_SEGMENT_MAGIC);
    osl_put32(header + 8, OSL_SEGMENT_VERSION);
    osl_put32(header + 12, (uint32_t)XXH3_64bits(header, 12));
    emit(writer, header, sizeof header);
}

osl_status osl_writer_open(osl_writer **out, const char *path,
                           const osl_kernels *kernels, osl_error *err)
{
    osl_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return osl_fail(err, OSL_ENOMEM, "%s: out of memory", path);
    writer->kernels = kernels;
    writer->path = strdup(path);
    writer->hash = XXH3_createState();
    writer->encoder = osl_encoder_new();
    if (!writer->path || !writer->hash || !writer->encoder) {
        free_writer(writer);
        return osl_fail(err, OSL_ENOMEM, "%s: out of memory", path);
    }
    osl_status status = osl_file_create(&writer->file, path, err);
    if (status != OSL_OK) {
        free_writer(writer);
        return status;
    }
    (void)XXH3_64bits_reset(writer->hash);
    put_header(writer);
    *out = writer;
    return OSL_OK;
}

void osl_writer_abandon(osl_writer *writer)
{
    if (!writer)
        return;
    osl_file_abandon(writer->file);
    free_writer(writer);
}

void osl_writer_set_info(osl_writer *writer, const osl_segment_info *info)
{
    writer->info = *info;
    if (info->sliced_shift > OSL_SLICED_SHIFT_MAX)
        refuse(writer, OSL_EINVAL, "a share of terms that cannot be kept");
    memset(writer->info.fields, 0, sizeof writer->info.fields);
    if (info->paragraph_count > OSL_SEGMENT_PARAGRAPHS_MAX)
        refuse(writer, OSL_ELIMIT, "too many paragraphs for one segment");
}

void osl_writer_set_joint(osl_writer *writer, const osl_joint_rule *rule)
{
    writer->joint = *rule;
}

void osl_writer_leave_shortcuts(osl_writer *writer)
{
    writer->leaves_shortcuts = true;
}

static void put_double(osl_buf *out, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    osl_buf_put64(out, bits);
}

static void put_info(osl_writer *writer)
{
    const osl_segment_info *info = &writer->info;
    osl_buf bytes = {0}, *out = &bytes;
    osl_buf_put32(out, info->paragraph_count);
    osl_buf_put32(out, info->document_count);
    osl_buf_put32(out, info->section_count);
    osl_buf_put32(out, (info->has_texts ? 1u : 0) | (info->has_forms ? 2u : 0) |
                           (uint32_t)info->sliced_shift << 8 |
                           (info->dense_positions ? 1u << 12 : 0));
    osl_buf_put64(out, info->fingerprint);
    put_double(out, info->k1);
    put_double(out, info->b);
    osl_buf_put64(out, info->text_bytes);
    for (unsigned f = 0; f < OSL_FIELD_COUNT; f++) {
        osl_buf_put32(out, info->fields[f].ordinal_count);
        osl_buf_put32(out, info->fields[f].term_count);
        osl_buf_put64(out, info->fields[f].posting_count);
        osl_buf_put64(out, info->fields[f].total_length);
        for (unsigned i = 0; i < 4; i++)
            osl_buf_put64(out, writer->codes[f][i]);
    }
    if (out->failed)
        refuse(writer, OSL_ENOMEM, "out of memory while writing a segment");
    put_section(writer, OSL_SECTION_INFO, 1, out);
    osl_buf_clear(out);
}

/* What no checksum block covers: the checksums, the table, the footer. */
static void put_end(osl_writer *writer)
{
    align(writer);
    writer->section_kind = OSL_SECTION_CHECKSUMS;
    writer->section_version = 1;
    writer->section_start = osl_file_offset(writer->file);
    if (writer->hashed > 0)
        end_block(writer);
    uint64_t offset = writer->section_start + writer->checksums.length;
    put_entry(writer, offset);
    uint8_t footer[64] = {0};
    osl_put64(footer, offset);
    osl_put32(footer + 8, (uint32_t)(writer->table.length / 32));
    osl_put32(footer + 12, OSL_SEGMENT_VERSION);
    osl_put64(footer + 16,
              XXH3_64bits(writer->table.bytes, writer->table.length));
    osl_put64(footer + 24, offset + writer->table.length + sizeof footer);
    osl_put64(footer + 32,
              XXH3_64bits(writer->checksums.bytes, writer->checksums.length));
    osl_put64(footer + 48, XXH3_64bits(footer, 48));
    osl_put64(footer + 56, OSL_SEGMENT_MAGIC);
    osl_file_write(writer->file, writer->checksums.bytes,
                   writer->checksums.length);
    osl_file_write(writer->file, writer->table.bytes, writer->table.length);
    osl_file_write(writer->file, footer, sizeof footer);
}

osl_status osl_writer_close(osl_writer *writer, uint64_t *file_bytes,
                            osl_error *err)
{
    if (writer->in_section || writer->in_field)
        refuse(writer, OSL_EINVAL, "closed within a section");
    put_info(writer);
    if (writer->table.failed || writer->checksums.failed ||
        writer->scratch.failed)
        refuse(writer, OSL_ENOMEM, "out of memory while writing a segment");
    if (writer->status != OSL_OK) {
        osl_status status =
            osl_fail(err, writer->status, "%s", writer->error.text);
        osl_writer_abandon(writer);
        return status;
    }
    put_end(writer);
    if (writer->table.failed || writer->checksums.failed) {
        osl_writer_abandon(writer);
        return osl_fail(err, OSL_ENOMEM, "out of memory while writing");
    }
    if (file_bytes)
        *file_bytes = osl_file_offset(writer->file);
    osl_status status = osl_file_close(writer->file, err);
    if (status != OSL_OK)
        (void)remove(writer->path);
    free_writer(writer);
    return status;
}

/* ---- fields ------------------------------------------------------------ */

static bool has_forms(const osl_writer *writer)
{
    return writer->field == OSL_FIELD_TEXT && writer->info.has_forms;
}

/* Takes `codes` over. */
static void begin_field(osl_writer *writer, osl_field field,
                        uint32_t ordinal_count, uint8_t *codes,
                        uint64_t total_length)
{
    writer->in_field = true;
    writer->field = field;
    writer->length_codes = codes;
    for (uint32_t i = 0; i < ordinal_count; i++)
        writer->codes[field][codes[i] / 64] |= (uint64_t)1 << (codes[i] % 64);
    osl_field_info *info = &writer->info.fields[field];
    info->ordinal_count = ordinal_count;
    info->total_length = total_length;
    osl_bounds_init(&writer->bounds, OSL_BOUNDS_TFS, writer->info.k1,
                    writer->info.b, info->total_length, ordinal_count);
    bool positions = field != OSL_FIELD_PAIR;
    writer->region_field = (osl_region_field){
        .ordinal_count = ordinal_count,
        .sliced_from = osl_region_sliced_from(ordinal_count, positions,
                                              writer->info.sliced_shift),
        .positions = positions,
        .dense = positions && writer->info.dense_positions,
        .codes = codes,
        .bounds = &writer->bounds,
        .kernels = writer->kernels};
    osl_dictionary_begin(&writer->dictionary, ordinal_count, positions);
    osl_forms_begin(&writer->forms);
    osl_encoder_begin(writer->encoder, writer);
    osl_writer_begin_section(writer, OSL_SECTION_POSTINGS + field,
                             writer->region_field.dense
                                 ? OSL_POSTINGS_DENSE_VERSION
                                 : OSL_POSTINGS_VERSION);
}

/* Room for the codes of a field that may begin now; else NULL. */
static uint8_t *take_codes(osl_writer *writer, osl_field field,
                           uint32_t ordinal_count)
{
    if (writer->in_section || writer->in_field || !writer->encoder ||
        writer->info.fields[field].ordinal_count > 0)
        refuse(writer, OSL_EINVAL, "a field begins out of place");
    if (ordinal_count > OSL_SEGMENT_PARAGRAPHS_MAX)
        refuse(writer, OSL_ELIMIT, "too many paragraphs for one segment");
    if (field == OSL_FIELD_PAIR &&
        ordinal_count != writer->info.fields[OSL_FIELD_TEXT].ordinal_count)
        refuse(writer, OSL_EINVAL, "pairs come after text, over its ordinals");
    uint8_t *codes =
        writer->status == OSL_OK ? malloc((size_t)ordinal_count + 1) : NULL;
    if (!codes)
        refuse(writer, OSL_ENOMEM, "out of memory while writing lengths");
    return codes;
}

void osl_writer_begin_field(osl_writer *writer, osl_field field,
                            uint32_t ordinal_count, const uint32_t *lengths)
{
    uint8_t *codes = take_codes(writer, field, ordinal_count);
    uint64_t total = 0;
    if (!codes)
        return;
    for (uint32_t i = 0; i < ordinal_count; i++) {
        codes[i] = osl_length_code(lengths[i]);
        total += lengths[i];
    }
    begin_field(writer, field, ordinal_count, codes, total);
}

void osl_writer_begin_field_coded(osl_writer *writer, osl_field field,
                                  uint32_t ordinal_count, const uint8_t *codes,
                                  uint64_t total_length)
{
    uint8_t *copy = take_codes(writer, field, ordinal_count);
    if (!copy)
        return;
    if (ordinal_count > 0)
        memcpy(copy, codes, ordinal_count);
    begin_field(writer, field, ordinal_count, copy, total_length);
}

void osl_encoder_begin(osl_encoder *encoder, const osl_writer *writer)
{
    encoder->field = &writer->region_field;
    encoder->with_forms = has_forms(writer);
    /* Where the field could not be begun, the writer knows why. */
    encoder->status = writer->in_field ? OSL_OK
                                       : osl_fail(&encoder->error, OSL_EINVAL,
                                                  "a term outside of a field");
    encoder->term_count = 0;
    osl_buf_reset(&encoder->texts);
    osl_buf_reset(&encoder->regions);
    osl_forms_begin(&encoder->forms);
}

/* Keeps where a term of text is that may have lists with others. */
static void note_joint(osl_writer *writer, const osl_term_info *info)
{
    uint32_t ordinals = writer->region_field.ordinal_count;
    if (writer->field != OSL_FIELD_TEXT || !writer->joint.product ||
        !osl_joint_may_have(writer->joint, info->df, ordinals) ||
        !osl_region_is_frequent(info->df, ordinals, true))
        return;
    if (!osl_grow(&writer->joint_terms, &writer->joint_capacity,
                  writer->joint_count + 1, sizeof *writer->joint_terms)) {
        refuse(writer, OSL_ENOMEM, "out of memory for lists of the best");
        return;
    }
    writer->joint_terms[writer->joint_count++] = *info;
}

/* One term's region to where it belongs, and the term to the dictionary. */
static void take_term(osl_writer *writer, osl_text text,
                      const osl_encoded_term *term, const uint8_t *region)
{
    static const uint8_t zeros[OSL_REGION_ALIGN];
    uint64_t end = osl_file_offset(writer->file) - writer->section_start;
    osl_term_info info = {.df = term->df,
                          .cf = term->cf,
                          .offset = osl_region_start(
                              end, term->df, writer->region_field.sliced_from),
                          .bytes = term->region_bytes};
    emit(writer, zeros, (size_t)(info.offset - end));
    emit(writer, region, term->region_bytes);
    note_joint(writer, &info);
    if (!osl_dictionary_add(&writer->dictionary, text, &info))
        refuse(writer, OSL_EINVAL, "terms are out of order");
}

void osl_writer_take(osl_writer *writer, osl_encoder *encoder)
{
    osl_field_info *info = &writer->info.fields[writer->field];
    const uint8_t *region = encoder->regions.bytes;
    const uint8_t *entry = encoder->forms.entries.bytes;
    const char *text = osl_buf_text(&encoder->texts).bytes;
    if (encoder->status != OSL_OK)
        refuse(writer, encoder->status, encoder->error.text);
    if (encoder->forms.entries.failed || encoder->forms.offsets.failed)
        refuse(writer, OSL_ENOMEM, "out of memory while writing forms");
    for (size_t i = 0; i < encoder->term_count && writer->status == OSL_OK;
         i++) {
        const osl_encoded_term *term = &encoder->terms[i];
        take_term(writer, (osl_text){text, term->text_bytes}, term, region);
        if (encoder->with_forms)
            osl_forms_take(&writer->forms, entry, term->entry_bytes);
        info->term_count++;
        info->posting_count += term->df;
        text += term->text_bytes;
        region += term->region_bytes;
        entry = entry ? entry + term->entry_bytes : NULL;
    }
    osl_encoder_begin(encoder, writer);
}

void osl_writer_term(osl_writer *writer, const osl_term_postings *postings)
{
    if (writer->status == OSL_OK && !writer->in_field)
        refuse(writer, OSL_EINVAL, "a term outside of a field");
    if (writer->status != OSL_OK)
        return;
    osl_encoder_term(writer->encoder, postings);
    osl_writer_take(writer, writer->encoder);
}

/* A field without frequent terms has none. */
static void put_shortcuts(osl_writer *writer)
{
    osl_buf *out = &writer->scratch;
    if (writer->status != OSL_OK || writer->leaves_shortcuts)
        return;
    osl_buf_reset(out);
    writer->status = osl_shortcuts_finish(&writer->dictionary.shortcuts, out,
                                          &writer->error);
    if (writer->status == OSL_OK && out->length > 0)
        put_section(writer, OSL_SECTION_SHORTCUTS + writer->field,
                    OSL_SHORTCUT_VERSION, out);
}

static void put_dictionary(osl_writer *writer)
{
    osl_buf *out = &writer->scratch;
    osl_buf_reset(out);
    writer->status =
        osl_dictionary_finish(&writer->dictionary, out, &writer->error);
    put_section(writer, OSL_SECTION_DICTIONARY + writer->field,
                OSL_DICTIONARY_VERSION, out);
    put_shortcuts(writer);
    if (writer->status != OSL_OK || !has_forms(writer))
        return;
    osl_buf_reset(out);
    writer->status = osl_forms_finish(&writer->forms, out, &writer->error);
    put_section(writer, OSL_SECTION_FORMS + writer->field, OSL_FORMS_VERSION,
                out);
}

/* The streams of a term whose region was written at `region`; of a packed one
 * they are made again, in `arena`. */
static osl_status view_region(osl_writer *writer, const osl_term_info *info,
                              const uint8_t *region, osl_arena *arena,
                              osl_postings *out)
{
    const osl_region_field *field = &writer->region_field;
    const osl_packed packed = {region, (size_t)info->bytes, info->cf, info->df};
    osl_term_info sliced = *info;
    osl_buf made = {0};
    osl_slices slices;
    osl_status status = OSL_OK;
    if (info->df < field->sliced_from) {
        status = osl_region_slice(&writer->encoder->region, field, &packed,
                                  &made, &slices);
        sliced.bytes = made.length;
        if (status == OSL_OK)
            region = osl_packed_copy(arena, 0, osl_buf_text(&made));
        if (!region)
            status = OSL_ENOMEM;
    }
    if (status == OSL_OK &&
        !osl_postings_view(out, region, &sliced, field->ordinal_count))
        status = OSL_EINVAL;
    osl_buf_clear(&made);
    return status;
}

/* The streams of the noted terms, in the file that is being written. */
static void view_joint(osl_writer *writer, const uint8_t *postings,
                       osl_arena *arena, osl_joint_word *words)
{
    for (size_t i = 0; i < writer->joint_count && writer->status == OSL_OK;
         i++) {
        const osl_term_info *info = &writer->joint_terms[i];
        words[i].place = info->offset;
        osl_status status = view_region(writer, info, postings + info->offset,
                                        arena, &words[i].of);
        if (status == OSL_ENOMEM)
            refuse(writer, status, "out of memory for lists of the best");
        else if (status != OSL_OK)
            refuse(writer, status, "a region that is not its own");
    }
}

static void make_joint(osl_writer *writer, const uint8_t *postings)
{
    osl_joint_word *words = malloc((writer->joint_count + 1) * sizeof *words);
    osl_buf *out = &writer->scratch;
    osl_arena arena = {0};
    const osl_joint_input input = {.rule = writer->joint,
                                   .words = words,
                                   .word_count = (uint32_t)writer->joint_count,
                                   .ordinal_count =
                                       writer->region_field.ordinal_count,
                                   .codes = writer->length_codes,
                                   .k = writer->bounds.k,
                                   .kernels = writer->kernels};
    osl_buf_reset(out);
    if (words)
        view_joint(writer, postings, &arena, words);
    else
        refuse(writer, OSL_ENOMEM, "out of memory for lists of the best");
    if (writer->status == OSL_OK)
        writer->status = osl_joint_make(&input, out, &writer->error);
    free(words);
    osl_arena_clear(&arena);
    if (writer->status == OSL_OK && out->length > 0)
        put_section(writer, OSL_SECTION_JOINT, OSL_JOINT_VERSION, out);
}

/* Postings of text are read again from the file, so that they need not be
 * kept in memory. */
static void put_joint(osl_writer *writer)
{
    osl_map map = {0};
    if (writer->status != OSL_OK || writer->joint_count < 2)
        return;
    osl_file_flush(writer->file);
    writer->status = osl_map_open(&map, writer->path, &writer->error);
    if (writer->status != OSL_OK)
        return;
    if (map.length < osl_file_offset(writer->file))
        refuse(writer, OSL_EIO, "cannot write");
    else
        make_joint(writer, map.bytes + writer->postings_start);
    osl_map_close(&map);
    writer->joint_count = 0;
}

/* Of a field in which nothing stands, as titles of records without any, a
 * reader knows all lengths. */
static bool has_lengths(const osl_writer *writer)
{
    return !osl_codes_are_zero(writer->codes[writer->field]);
}

void osl_writer_end_field(osl_writer *writer)
{
    if (writer->status == OSL_OK && !writer->in_field)
        refuse(writer, OSL_EINVAL, "a field ends that did not begin");
    osl_writer_end_section(writer);
    writer->postings_start = writer->section_start;
    if (writer->status == OSL_OK)
        put_dictionary(writer);
    if (writer->field != OSL_FIELD_PAIR && has_lengths(writer)) {
        osl_writer_begin_section(writer, OSL_SECTION_LENGTHS + writer->field,
                                 1);
        osl_writer_put(writer, writer->length_codes,
                       writer->region_field.ordinal_count);
        osl_writer_end_section(writer);
    }
    put_joint(writer);
    free(writer->length_codes);
    writer->length_codes = NULL;
    writer->in_field = false;
}
