/* SPDX-License-Identifier: MIT
 *
 * Strings, documents and sections: three sections of columns (tables.h).
 *
 *   STRINGS     columns: offset (n + 1), then those of ids (ids.h)
 *                        extra: the bytes
 *   DOCUMENTS   columns: id source title url updated audience language kind
 *                        (strings), first paragraph (n + 1), first section
 *                        (n + 1), flags, documents in order of id,
 *                        alias (strings, in order of bytes), its document
 *   SECTIONS    columns: heading (string), parent (relative to the
 *                        document's first section, + 1; 0: none), level,
 *                        first paragraph, paragraphs
 *
 * A record of a JSONL file costs its id's bytes and little else: the columns
 * of what all records share, and of what rises by one, have no width. */
#include "core/segment/ids.h"
#include "core/segment/segment_internal.h"
#include "core/segment/tables.h"

#include <stdlib.h>

/* ---- writing ------------------------------------------------------------ */

/* Bytes of strings go out in larger pieces. */
static osl_status put_strings(osl_writer *writer, const osl_tables *tables,
                              const osl_numbered *ids, osl_error *err)
{
    enum { PIECE = 1 << 16 };
    osl_buf piece = {0};
    uint32_t count = tables->string_offsets.count - 1;
    osl_writer_put(writer, ids->head.bytes, ids->head.length);
    for (uint32_t i = ids->count; i < count; i++) {
        osl_buf_put_text(&piece, tables->string_at(tables->string_user, i));
        if (piece.length < PIECE && i + 1 < count)
            continue;
        osl_writer_put(writer, piece.bytes, piece.length);
        osl_buf_reset(&piece);
    }
    osl_status status = osl_buf_status(&piece, "the strings of a segment", err);
    osl_buf_clear(&piece);
    return status;
}

/* Offsets of strings without the ids that are numbered, behind what these begin
 * with. */
typedef struct rest {
    const osl_tables *tables;
    const osl_numbered *ids;
    uint64_t before; /* bytes of those ids */
} rest;

static void fill_rest(void *user, uint32_t from, uint32_t count, uint64_t *out)
{
    const rest *of = user;
    if (from == 0) {
        *out++ = 0;
        count--;
        from++;
    }
    osl_column_fill(&of->tables->string_offsets, of->ids->count + from - 1,
                    count, out);
    for (uint32_t i = 0; i < count; i++)
        out[i] += of->ids->head.length - of->before;
}

static osl_status write_strings(osl_writer *writer, const osl_tables *tables,
                                const osl_numbered *ids, osl_error *err)
{
    rest others = {tables, ids, 0};
    uint64_t bytes = tables->string_bytes;
    osl_column_source columns[OSL_STRINGS_COLUMNS] = {
        [OSL_STRINGS_OFFSET] = tables->string_offsets};
    if (ids->count > 0) {
        osl_column_fill(&tables->string_offsets, ids->count, 1, &others.before);
        bytes += ids->head.length - others.before;
        columns[OSL_STRINGS_OFFSET] = (osl_column_source){
            .count = tables->string_offsets.count - ids->count + 1,
            .fill = fill_rest,
            .user = &others};
        osl_numbered_columns(ids, columns);
    }
    columns[OSL_STRINGS_OFFSET].may_step = true;
    osl_status status = osl_tables_begin(writer, OSL_SECTION_STRINGS, columns,
                                         OSL_STRINGS_COLUMNS, bytes, err);
    if (status == OSL_OK)
        status = put_strings(writer, tables, ids, err);
    if (status == OSL_OK)
        osl_writer_end_section(writer);
    return status;
}

static osl_status write_documents(osl_writer *writer, const osl_tables *tables,
                                  const osl_numbered *ids, osl_error *err)
{
    osl_column_source columns[OSL_DOCUMENT_COLUMNS];
    for (unsigned i = 0; i < OSL_DOCUMENT_STRINGS; i++)
        columns[i] = tables->document_strings[i];
    columns[OSL_DOCUMENT_FIRST_PARAGRAPH] = tables->first_paragraphs;
    columns[OSL_DOCUMENT_FIRST_SECTION] = tables->first_sections;
    columns[OSL_DOCUMENT_FLAGS] = tables->document_flags;
    columns[OSL_DOCUMENT_ORDER] =
        ids->is_rising ? (osl_column_source){0} : tables->document_order;
    columns[OSL_DOCUMENT_ALIAS_STRING] = tables->alias_strings;
    columns[OSL_DOCUMENT_ALIAS_DOCUMENT] = tables->alias_documents;
    return osl_tables_put(writer, OSL_SECTION_DOCUMENTS, columns,
                          OSL_DOCUMENT_COLUMNS, osl_text_of(NULL), err);
}

static osl_status write_sections(osl_writer *writer, const osl_tables *tables,
                                 osl_error *err)
{
    osl_column_source sections[OSL_SECTION_COLUMNS] = {
        [OSL_SECTION_HEADING] = tables->headings,
        [OSL_SECTION_PARENT] = tables->parents,
        [OSL_SECTION_LEVEL] = tables->levels,
        [OSL_SECTION_PARAGRAPH] = tables->section_paragraphs,
        [OSL_SECTION_LENGTH] = tables->section_lengths,
    };
    sections[OSL_SECTION_PARENT].may_step = true;
    return osl_tables_put(writer, OSL_SECTION_SECTIONS, sections,
                          OSL_SECTION_COLUMNS, osl_text_of(NULL), err);
}

osl_status osl_tables_write(osl_writer *writer, const osl_tables *tables,
                            osl_error *err)
{
    osl_numbered ids;
    osl_status status = osl_numbered_find(&ids, tables, err);
    if (status == OSL_OK)
        status = write_strings(writer, tables, &ids, err);
    if (status == OSL_OK)
        status = write_documents(writer, tables, &ids, err);
    if (status == OSL_OK)
        status = write_sections(writer, tables, err);
    if (status == OSL_OK)
        status = osl_columns_write(writer, tables, !ids.has_ranks, err);
    osl_numbered_clear(&ids);
    return status;
}

/* ---- documents ---------------------------------------------------------- */

static osl_status document_value(const osl_segment *segment, unsigned column,
                                 uint64_t at, uint64_t *out, osl_error *err)
{
    return osl_tables_get(segment, OSL_SECTION_DOCUMENTS, column, at, out, err);
}

static osl_status document_string(const osl_segment *segment, unsigned column,
                                  uint64_t document, osl_text *out,
                                  osl_error *err)
{
    uint64_t string;
    osl_status status = document_value(segment, column, document, &string, err);
    if (status == OSL_OK)
        status = osl_tables_string(segment, string, out, err);
    return status;
}

osl_status osl_segment_document_id(const osl_segment *segment,
                                   uint32_t document, osl_text *out,
                                   osl_error *err)
{
    return document_string(segment, OSL_STRING_ID, document, out, err);
}

/* Entries `at` and `at` + 1 of a column of firsts, of as many rows as the
 * segment has. */
static osl_status document_range(const osl_segment *segment, unsigned column,
                                 uint64_t at, uint32_t *first, uint32_t *count,
                                 osl_error *err)
{
    const osl_segment_info *info = osl_segment_get_info(segment);
    uint64_t from, to,
        rows = column == OSL_DOCUMENT_FIRST_PARAGRAPH ? info->paragraph_count
                                                      : info->section_count;
    osl_status status = document_value(segment, column, at, &from, err);
    if (status == OSL_OK)
        status = document_value(segment, column, at + 1, &to, err);
    if (status != OSL_OK)
        return status;
    if (from > to || to > rows)
        return osl_fail(err, OSL_ECORRUPT,
                        "%s: document table: a document ends before it begins, "
                        "or behind the last",
                        osl_segment_path(segment));
    *first = (uint32_t)from;
    *count = (uint32_t)(to - from);
    return OSL_OK;
}

osl_status osl_segment_extent(const osl_segment *segment, uint32_t document,
                              osl_document_extent *out, osl_error *err)
{
    osl_status status =
        document_range(segment, OSL_DOCUMENT_FIRST_PARAGRAPH, document,
                       &out->first_paragraph, &out->paragraph_count, err);
    return status == OSL_OK
               ? document_range(segment, OSL_DOCUMENT_FIRST_SECTION, document,
                                &out->first_section, &out->section_count, err)
               : status;
}

/* A document's strings, by column. */
typedef struct strings {
    osl_text texts[OSL_DOCUMENT_STRINGS];
    uint64_t numbers[OSL_DOCUMENT_STRINGS];
} strings;

/* String n of a document, which may be one of those before it: most are the
 * empty string. */
static osl_status read_string(const osl_segment *segment, uint32_t document,
                              unsigned n, strings *to, osl_error *err)
{
    unsigned same = 0;
    osl_status status =
        document_value(segment, n, document, &to->numbers[n], err);
    if (status != OSL_OK)
        return status;
    while (same < n && to->numbers[same] != to->numbers[n])
        same++;
    if (same == n)
        return osl_tables_string(segment, to->numbers[n], &to->texts[n], err);
    to->texts[n] = to->texts[same];
    return OSL_OK;
}

/* The strings of which all documents have the same one: a bit a column. */
typedef struct osl_shared_strings {
    unsigned columns;
    strings strings;
} shared_strings;

static osl_status read_shared(const osl_segment *segment, shared_strings *to,
                              osl_error *err)
{
    *to = (shared_strings){0};
    for (unsigned n = 0; n < OSL_DOCUMENT_STRINGS; n++) {
        osl_column column;
        osl_status status =
            osl_tables_column(segment, OSL_SECTION_DOCUMENTS, n, &column, err);
        bool is_shared = status == OSL_OK && column.width == 0 &&
                         column.slope == 0 &&
                         column.count >= segment->info.document_count;
        if (is_shared) {
            to->columns |= 1u << n;
            to->strings.numbers[n] = column.base;
            status = osl_tables_string(segment, column.base,
                                       &to->strings.texts[n], err);
        }
        if (status != OSL_OK)
            return status;
    }
    return OSL_OK;
}

/* Kept for who asks next, as columns are (tables.c). */
static osl_status find_shared(const osl_segment *segment, shared_strings *room,
                              const shared_strings **out, osl_error *err)
{
    shared_strings *none = NULL, *copy;
    *out = __atomic_load_n(segment->shared, __ATOMIC_ACQUIRE);
    if (*out)
        return OSL_OK;
    *out = room;
    osl_status status = read_shared(segment, room, err);
    if (status != OSL_OK || !(copy = malloc(sizeof *copy)))
        return status;
    *copy = *room;
    if (!__atomic_compare_exchange_n(segment->shared, &none, copy, false,
                                     __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        free(copy);
    return OSL_OK;
}

static osl_status read_strings(const osl_segment *segment, uint32_t document,
                               strings *out, osl_error *err)
{
    enum { ALL = (1u << OSL_DOCUMENT_STRINGS) - 1 };
    shared_strings room;
    const shared_strings *shared;
    if (document >= segment->info.document_count)
        return osl_segment_spoilt(segment,
                                  &segment->sections[OSL_SECTION_DOCUMENTS],
                                  "a document that is not there", err);
    osl_status status = find_shared(segment, &room, &shared, err);
    if (status != OSL_OK)
        return status;
    *out = shared->strings;
    for (unsigned left = ALL & ~shared->columns; left && status == OSL_OK;
         left &= left - 1)
        status = read_string(segment, document, (unsigned)__builtin_ctz(left),
                             out, err);
    return status;
}

osl_status osl_segment_document(const osl_segment *segment, uint32_t document,
                                osl_document_record *out, osl_error *err)
{
    strings of;
    osl_document_extent extent;
    uint64_t flags = 0;
    osl_status status = read_strings(segment, document, &of, err);
    if (status == OSL_OK)
        status = osl_segment_extent(segment, document, &extent, err);
    if (status == OSL_OK)
        status =
            document_value(segment, OSL_DOCUMENT_FLAGS, document, &flags, err);
    if (status != OSL_OK)
        return status;
    *out = (osl_document_record){.id = of.texts[OSL_STRING_ID],
                                 .source = of.texts[OSL_STRING_SOURCE],
                                 .title = of.texts[OSL_STRING_TITLE],
                                 .url = of.texts[OSL_STRING_URL],
                                 .updated = of.texts[OSL_STRING_UPDATED],
                                 .audience = of.texts[OSL_STRING_AUDIENCE],
                                 .language = of.texts[OSL_STRING_LANGUAGE],
                                 .kind = of.texts[OSL_STRING_KIND],
                                 .first_paragraph = extent.first_paragraph,
                                 .paragraph_count = extent.paragraph_count,
                                 .first_section = extent.first_section,
                                 .section_count = extent.section_count,
                                 .is_record =
                                     (flags & OSL_DOCUMENT_IS_RECORD) != 0};
    return OSL_OK;
}

/* ---- by id -------------------------------------------------------------- */

/* A sorted list of strings: entry n is the string of row order[n] (documents)
 * or string n itself (aliases). */
typedef struct name_list {
    const osl_segment *segment;
    uint64_t count;
    bool is_alias;
} name_list;

static osl_status name_at(const name_list *list, uint64_t n, osl_text *name,
                          uint32_t *document, osl_error *err)
{
    uint64_t string = 0, row = 0;
    osl_status status = document_value(
        list->segment,
        list->is_alias ? OSL_DOCUMENT_ALIAS_DOCUMENT : OSL_DOCUMENT_ORDER, n,
        &row, err);
    if (status == OSL_OK)
        status = list->is_alias
                     ? document_value(list->segment, OSL_DOCUMENT_ALIAS_STRING,
                                      n, &string, err)
                     : document_value(list->segment, OSL_STRING_ID, row,
                                      &string, err);
    if (status == OSL_OK)
        status = osl_tables_string(list->segment, string, name, err);
    *document = (uint32_t)row;
    return status;
}

/* The first entry of the list that is not before `wanted`. */
static osl_status seek_name(const name_list *list, osl_text wanted,
                            uint64_t *out, osl_error *err)
{
    uint64_t low = 0, high = list->count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        osl_text name;
        uint32_t document;
        osl_status status = name_at(list, middle, &name, &document, err);
        if (status != OSL_OK)
            return status;
        if (osl_text_compare(name, wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *out = low;
    return OSL_OK;
}

/* By the number of an id, where documents are in the order of these. */
static osl_status find_numbered(const osl_segment *segment, osl_text name,
                                uint32_t n, uint32_t *out, osl_error *err)
{
    osl_ids *ids;
    osl_status status = osl_ids_open(&ids, segment, err);
    if (status != OSL_OK)
        return status;
    return n > 0 || osl_ids_count(ids) == 0 ? OSL_END
                                            : osl_ids_seek(ids, name, out);
}

osl_status osl_segment_ordered(const osl_segment *segment, uint32_t at,
                               uint32_t *out, osl_error *err)
{
    osl_column column;
    uint64_t document = 0;
    osl_status status = osl_tables_column(segment, OSL_SECTION_DOCUMENTS,
                                          OSL_DOCUMENT_ORDER, &column, err);
    if (status == OSL_OK && column.count == 0)
        return OSL_END;
    if (status == OSL_OK)
        status = osl_tables_value(segment, OSL_SECTION_DOCUMENTS, &column, at,
                                  &document, err);
    if (status == OSL_OK && document >= segment->info.document_count)
        status = osl_segment_spoilt(segment,
                                    &segment->sections[OSL_SECTION_DOCUMENTS],
                                    "an id leads past its end", err);
    if (status == OSL_OK)
        *out = (uint32_t)document;
    return status;
}

osl_status osl_segment_order(const osl_segment *segment, uint32_t *out,
                             osl_error *err)
{
    osl_ids *ids;
    osl_column column;
    uint32_t count = segment->info.document_count;
    osl_status status = osl_tables_column(segment, OSL_SECTION_DOCUMENTS,
                                          OSL_DOCUMENT_ORDER, &column, err);
    if (status == OSL_OK)
        status = osl_ids_open(&ids, segment, err);
    if (status == OSL_OK && column.count == 0 && osl_ids_count(ids) == count)
        return osl_ids_sort(segment, ids, out, err);
    for (uint32_t i = 0; i < count && status == OSL_OK; i++) {
        uint64_t document = 0;
        status = osl_tables_value(segment, OSL_SECTION_DOCUMENTS, &column, i,
                                  &document, err);
        if (status == OSL_OK && document >= count)
            status = osl_segment_spoilt(
                segment, &segment->sections[OSL_SECTION_DOCUMENTS],
                "an id leads past its end", err);
        out[i] = (uint32_t)document;
    }
    return status;
}

osl_status osl_segment_named(const osl_segment *segment, osl_text name,
                             bool is_alias, uint32_t n, uint32_t *out,
                             osl_error *err)
{
    osl_column column;
    uint64_t at = 0;
    uint32_t document = 0;
    osl_text found = {"", 0};
    osl_status status = osl_tables_column(segment, OSL_SECTION_DOCUMENTS,
                                          is_alias ? OSL_DOCUMENT_ALIAS_DOCUMENT
                                                   : OSL_DOCUMENT_ORDER,
                                          &column, err);
    if (status != OSL_OK)
        return status;
    if (!is_alias && column.count == 0)
        return find_numbered(segment, name, n, out, err);
    const name_list list = {segment, column.count, is_alias};
    status = seek_name(&list, name, &at, err);
    if (status == OSL_OK && at + n >= list.count)
        return OSL_END;
    if (status == OSL_OK)
        status = name_at(&list, at + n, &found, &document, err);
    if (status != OSL_OK)
        return status;
    if (!osl_text_equal(found, name))
        return OSL_END;
    if (document >= osl_segment_get_info(segment)->document_count)
        return osl_fail(err, OSL_ECORRUPT,
                        "%s: document table: an id leads past its end",
                        osl_segment_path(segment));
    *out = document;
    return OSL_OK;
}

osl_status osl_segment_find_document(const osl_segment *segment, osl_text id,
                                     uint32_t *out, osl_error *err)
{
    osl_status status = osl_segment_named(segment, id, false, 0, out, err);
    if (status == OSL_END)
        status = osl_segment_named(segment, id, true, 0, out, err);
    if (status == OSL_END)
        return osl_fail(err, OSL_ENOTFOUND, "no document %.*s", (int)id.length,
                        id.bytes);
    return status;
}

/* ---- sections ----------------------------------------------------------- */

/* The document whose range of `column` holds `at`: the last that begins at or
 * before it. */
static osl_status owner_of(const osl_segment *segment, unsigned column,
                           uint32_t at, uint32_t *out, osl_error *err)
{
    osl_column firsts;
    osl_status status =
        osl_tables_column(segment, OSL_SECTION_DOCUMENTS, column, &firsts, err);
    uint32_t low = 0, high = 0;
    if (status == OSL_OK && firsts.count > 0)
        high = firsts.count - 1;
    while (status == OSL_OK && high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        uint64_t first;
        status = osl_tables_value(segment, OSL_SECTION_DOCUMENTS, &firsts,
                                  middle, &first, err);
        if (status == OSL_OK && first <= at)
            low = middle;
        else
            high = middle;
    }
    if (status == OSL_OK)
        *out = low;
    return status;
}

osl_status osl_segment_extents(const osl_segment *segment, osl_field field,
                               osl_extents *out, osl_error *err)
{
    const osl_segment_info *info = osl_segment_get_info(segment);
    *out = (osl_extents){.is_documents = field == OSL_FIELD_TITLE};
    if (out->is_documents)
        return osl_tables_numbers(
            segment, OSL_SECTION_DOCUMENTS, OSL_DOCUMENT_FIRST_PARAGRAPH,
            info->document_count + (uint64_t)1, &out->firsts, err);
    osl_status status =
        osl_tables_numbers(segment, OSL_SECTION_SECTIONS, OSL_SECTION_PARAGRAPH,
                           info->section_count, &out->firsts, err);
    if (status == OSL_OK)
        status = osl_tables_numbers(segment, OSL_SECTION_SECTIONS,
                                    OSL_SECTION_LENGTH, info->section_count,
                                    &out->counts, err);
    return status;
}

static osl_status section_value(const osl_segment *segment, unsigned column,
                                uint32_t section, uint32_t *out, osl_error *err)
{
    uint64_t value = 0;
    osl_status status = osl_tables_get(segment, OSL_SECTION_SECTIONS, column,
                                       section, &value, err);
    if (status == OSL_OK)
        *out = (uint32_t)value;
    return status;
}

osl_status osl_segment_section(const osl_segment *segment, uint32_t section,
                               osl_section_record *out, osl_error *err)
{
    osl_section_record record = {0};
    uint32_t heading = 0, first = 0, count = 0;
    osl_status status =
        section_value(segment, OSL_SECTION_HEADING, section, &heading, err);
    if (status == OSL_OK)
        status = osl_tables_string(segment, heading, &record.heading, err);
    if (status == OSL_OK)
        status = section_value(segment, OSL_SECTION_PARENT, section,
                               &record.parent, err);
    if (status == OSL_OK)
        status = section_value(segment, OSL_SECTION_LEVEL, section,
                               &record.level, err);
    if (status == OSL_OK)
        status = section_value(segment, OSL_SECTION_PARAGRAPH, section,
                               &record.first_paragraph, err);
    if (status == OSL_OK)
        status = section_value(segment, OSL_SECTION_LENGTH, section,
                               &record.paragraph_count, err);
    if (status == OSL_OK)
        status = owner_of(segment, OSL_DOCUMENT_FIRST_SECTION, section,
                          &record.document, err);
    if (status == OSL_OK)
        status = document_range(segment, OSL_DOCUMENT_FIRST_SECTION,
                                record.document, &first, &count, err);
    if (status != OSL_OK)
        return status;
    if (record.parent > section - first || section - first >= count)
        return osl_fail(err, OSL_ECORRUPT,
                        "%s: section table: section %u has no place",
                        osl_segment_path(segment), section);
    record.parent = record.parent == 0 ? UINT32_MAX : first + record.parent - 1;
    *out = record;
    return OSL_OK;
}
