/* SPDX-License-Identifier: MIT */
#include "core/segment/tables.h"

#include "core/segment/ids.h"
#include "core/segment/segment_internal.h"

#include <stdlib.h>

enum { HEAD = 16, VERSION = 1 };

static void put_bytes(void *user, const void *bytes, size_t length)
{
    osl_writer_put(user, bytes, length);
}

osl_status osl_tables_begin(osl_writer *writer, uint32_t kind,
                            const osl_column_source *sources, size_t count,
                            uint64_t extra_length, osl_error *err)
{
    osl_buf head = {0};
    osl_column columns[OSL_TABLES_COLUMNS_MAX];
    if (count > OSL_TABLES_COLUMNS_MAX)
        return osl_fail(err, OSL_EINVAL, "a table of %zu columns", count);
    uint64_t extra = osl_columns_fit(
        sources, count, HEAD + OSL_COLUMN_DESCRIPTOR * count, columns);
    osl_buf_put64(&head, extra);
    osl_buf_put64(&head, extra_length);
    for (size_t i = 0; i < count; i++)
        osl_column_put(&head, &columns[i]);
    osl_status status = osl_buf_status(&head, "a segment's tables", err);
    if (status == OSL_OK) {
        osl_writer_begin_section(writer, kind, VERSION);
        osl_writer_put(writer, head.bytes, head.length);
        for (size_t i = 0; i < count; i++)
            osl_column_put_numbers(&sources[i], &columns[i], put_bytes, writer);
    }
    osl_buf_clear(&head);
    return status;
}

osl_status osl_tables_put(osl_writer *writer, uint32_t kind,
                          const osl_column_source *columns, size_t column_count,
                          osl_text extra, osl_error *err)
{
    osl_status status = osl_tables_begin(writer, kind, columns, column_count,
                                         extra.length, err);
    if (status != OSL_OK)
        return status;
    osl_writer_put(writer, extra.bytes, extra.length);
    osl_writer_end_section(writer);
    return OSL_OK;
}

static osl_status read_column(const osl_segment *segment, uint32_t kind,
                              unsigned n, osl_column *out, osl_error *err)
{
    const osl_section *section;
    osl_status status =
        osl_segment_find_section(segment, kind, VERSION, &section, err);
    uint64_t at = HEAD + (uint64_t)n * OSL_COLUMN_DESCRIPTOR;
    if (status == OSL_OK)
        status =
            osl_segment_touch(segment, section, at, OSL_COLUMN_DESCRIPTOR, err);
    if (status == OSL_OK &&
        !osl_column_read(out, section->bytes + at, section->length))
        return osl_segment_spoilt(segment, section, "a column leaves it", err);
    return status;
}

/* What was read, for who asks next; of several at once the first. Without
 * memory each reads for himself. */
static void keep_column(osl_column **to, const osl_column *column)
{
    osl_column *none = NULL, *copy = malloc(sizeof *copy);
    if (!copy)
        return;
    *copy = *column;
    if (!__atomic_compare_exchange_n(to, &none, copy, false, __ATOMIC_RELEASE,
                                     __ATOMIC_RELAXED))
        free(copy);
}

/* Where a column is kept once it was read; NULL: nowhere. */
static osl_column **column_place(const osl_segment *segment, uint32_t kind,
                                 unsigned n)
{
    if (kind - OSL_SECTION_OTHERS >= OSL_SECTION_TABLES ||
        n >= OSL_SECTION_COLUMNS_MAX)
        return NULL;
    return &segment->columns[(kind - OSL_SECTION_OTHERS) *
                                 OSL_SECTION_COLUMNS_MAX +
                             n];
}

/* The column, kept or else read into `room`. */
static osl_status find_column(const osl_segment *segment, uint32_t kind,
                              unsigned n, osl_column *room,
                              const osl_column **out, osl_error *err)
{
    osl_column **known = column_place(segment, kind, n);
    *out = known ? __atomic_load_n(known, __ATOMIC_ACQUIRE) : NULL;
    if (*out)
        return OSL_OK;
    osl_status status = read_column(segment, kind, n, room, err);
    if (status == OSL_OK && known)
        keep_column(known, room);
    *out = room;
    return status;
}

osl_status osl_tables_column(const osl_segment *segment, uint32_t kind,
                             unsigned n, osl_column *out, osl_error *err)
{
    const osl_column *column;
    osl_status status = find_column(segment, kind, n, out, &column, err);
    if (status == OSL_OK && column != out)
        *out = *column;
    return status;
}

osl_status osl_tables_view(const osl_segment *segment, uint32_t kind,
                           unsigned n, uint32_t least, osl_column_view *out,
                           osl_error *err)
{
    osl_column_view view;
    const osl_section *section = &segment->sections[kind];
    osl_status status = osl_tables_column(segment, kind, n, &view.column, err);
    if (status == OSL_OK && view.column.count < least)
        status = osl_segment_spoilt(segment, section, "too few numbers", err);
    if (status == OSL_OK)
        status = osl_segment_touch(segment, section, view.column.offset,
                                   osl_column_bytes(&view.column), err);
    if (status != OSL_OK)
        return status;
    view.numbers = section->bytes + view.column.offset;
    *out = view;
    return OSL_OK;
}

/* The block of a column in steps that has value `at`. */
static osl_status find_block(const osl_segment *segment,
                             const osl_section *section,
                             const osl_column *column, uint32_t at,
                             osl_column *out, osl_error *err)
{
    osl_status status = osl_segment_touch(segment, section,
                                          column->offset + osl_column_head(at),
                                          OSL_COLUMN_HEAD, err);
    if (status != OSL_OK)
        return status;
    return osl_column_block(column, section->bytes + column->offset, at, out)
               ? OSL_OK
               : osl_segment_spoilt(segment, section, "a block leaves it", err);
}

/* One of a column in steps: its block's head, then its number. */
static osl_status stepped_value(const osl_segment *segment,
                                const osl_section *section,
                                const osl_column *column, uint32_t at,
                                uint64_t *out, osl_error *err)
{
    osl_column block;
    const uint8_t *numbers = section->bytes + column->offset;
    osl_status status = find_block(segment, section, column, at, &block, err);
    if (status != OSL_OK)
        return status;
    numbers += block.offset;
    at %= OSL_COLUMN_STEP;
    status = osl_segment_touch(segment, section,
                               column->offset + block.offset +
                                   (uint64_t)block.width * at / 8,
                               block.width > 0 ? 8 : 0, err);
    if (status == OSL_OK)
        *out = osl_column_get(&block, numbers, at);
    return status;
}

osl_status osl_tables_value(const osl_segment *segment, uint32_t kind,
                            const osl_column *column, uint64_t at,
                            uint64_t *out, osl_error *err)
{
    const osl_section *section = &segment->sections[kind];
    if (at >= column->count)
        return osl_segment_spoilt(segment, section, "a number is past its end",
                                  err);
    if (column->width == OSL_COLUMN_STEPPED)
        return stepped_value(segment, section, column, (uint32_t)at, out, err);
    osl_status status = osl_segment_touch(
        segment, section, column->offset + column->width * at / 8,
        column->width > 0 ? 8 : 0, err);
    if (status == OSL_OK)
        *out = osl_column_get(column, section->bytes + column->offset,
                              (uint32_t)at);
    return status;
}

/* Most columns of documents are one line: nothing but that is looked at. */
osl_status osl_tables_get(const osl_segment *segment, uint32_t kind, unsigned n,
                          uint64_t at, uint64_t *out, osl_error *err)
{
    osl_column room;
    const osl_column *column;
    osl_status status = find_column(segment, kind, n, &room, &column, err);
    if (status != OSL_OK)
        return status;
    if (column->width > 0 || at >= column->count)
        return osl_tables_value(segment, kind, column, at, out, err);
    *out = column->base + column->slope * at;
    return OSL_OK;
}

osl_status osl_tables_numbers(const osl_segment *segment, uint32_t kind,
                              unsigned n, uint64_t count, osl_numbers *out,
                              osl_error *err)
{
    osl_column_view view;
    if (count > UINT32_MAX)
        return osl_segment_spoilt(segment, &segment->sections[kind],
                                  "a column is too short", err);
    osl_status status =
        osl_tables_view(segment, kind, n, (uint32_t)count, &view, err);
    if (status == OSL_OK && view.column.width == OSL_COLUMN_STEPPED)
        status = osl_segment_spoilt(segment, &segment->sections[kind],
                                    "a column in steps", err);
    if (status == OSL_OK)
        *out = (osl_numbers){view.column.base, view.column.slope,
                             view.column.mask, view.numbers, view.column.width};
    return status;
}

/* What stands behind the columns, not looked at yet. */
static osl_status find_extra(const osl_segment *segment, uint32_t kind,
                             const osl_section **section, uint64_t *extra,
                             uint64_t *length, osl_error *err)
{
    osl_status status =
        osl_segment_find_section(segment, kind, VERSION, section, err);
    if (status == OSL_OK)
        status = osl_segment_touch(segment, *section, 0, HEAD, err);
    if (status != OSL_OK)
        return status;
    *extra = osl_get64((*section)->bytes);
    *length = osl_get64((*section)->bytes + 8);
    if (*extra > (*section)->length || *length > (*section)->length - *extra)
        return osl_segment_spoilt(segment, *section, "bytes are past its end",
                                  err);
    return OSL_OK;
}

osl_status osl_tables_rest(const osl_segment *segment, uint32_t kind,
                           uint64_t start, const uint8_t **out,
                           uint64_t *length, osl_error *err)
{
    const osl_section *section;
    uint64_t extra = 0, all = 0;
    osl_status status = find_extra(segment, kind, &section, &extra, &all, err);
    if (status == OSL_OK && start > all)
        status =
            osl_segment_spoilt(segment, section, "bytes are past its end", err);
    if (status != OSL_OK)
        return status;
    if (*length > all - start)
        *length = all - start;
    *out = section->bytes + extra + start;
    return osl_segment_touch(segment, section, extra + start, *length, err);
}

osl_status osl_tables_extra(const osl_segment *segment, uint32_t kind,
                            uint64_t start, uint64_t length,
                            const uint8_t **out, osl_error *err)
{
    const osl_section *section;
    uint64_t extra = 0, all = 0;
    osl_status status = find_extra(segment, kind, &section, &extra, &all, err);
    if (status == OSL_OK && (start > all || length > all - start))
        status =
            osl_segment_spoilt(segment, section, "bytes are past its end", err);
    if (status == OSL_OK)
        status =
            osl_segment_touch(segment, section, extra + start, length, err);
    if (status == OSL_OK)
        *out = section->bytes + extra + start;
    return status;
}

/* Values `at` and `at` + 1 of a column in steps, both in one block. */
static osl_status stepped_pair(const osl_segment *segment,
                               const osl_section *section,
                               const osl_column *column, uint32_t at,
                               uint64_t out[2], osl_error *err)
{
    osl_column block;
    const uint8_t *numbers = section->bytes + column->offset;
    osl_status status = find_block(segment, section, column, at, &block, err);
    if (status != OSL_OK)
        return status;
    numbers += block.offset;
    at %= OSL_COLUMN_STEP;
    uint64_t first = (uint64_t)block.width * at / 8;
    uint64_t last = (uint64_t)block.width * (at + 1) / 8;
    status = osl_segment_touch(segment, section,
                               column->offset + block.offset + first,
                               block.width > 0 ? last + 8 - first : 0, err);
    if (status != OSL_OK)
        return status;
    out[0] = osl_column_get(&block, numbers, at);
    out[1] = osl_column_get(&block, numbers, at + 1);
    return OSL_OK;
}

/* Where a string begins and ends. */
static osl_status string_ends(const osl_segment *segment, uint64_t number,
                              uint64_t ends[2], osl_error *err)
{
    osl_column room;
    const osl_column *offsets;
    const osl_section *section = &segment->sections[OSL_SECTION_STRINGS];
    osl_status status =
        find_column(segment, OSL_SECTION_STRINGS, 0, &room, &offsets, err);
    if (status != OSL_OK)
        return status;
    if (number >= UINT32_MAX)
        number = UINT32_MAX - 1; /* past the end, refused below */
    if (offsets->width == OSL_COLUMN_STEPPED && number + 1 < offsets->count &&
        (number + 1) % OSL_COLUMN_STEP != 0)
        return stepped_pair(segment, section, offsets, (uint32_t)number, ends,
                            err);
    status = osl_tables_value(segment, OSL_SECTION_STRINGS, offsets, number + 1,
                              &ends[1], err);
    return status == OSL_OK ? osl_tables_value(segment, OSL_SECTION_STRINGS,
                                               offsets, number, &ends[0], err)
                            : status;
}

osl_status osl_tables_raw_string(const osl_segment *segment, uint64_t number,
                                 osl_text *out, osl_error *err)
{
    uint64_t ends[2] = {0, 0};
    const uint8_t *bytes;
    osl_status status = string_ends(segment, number, ends, err);
    if (status == OSL_OK)
        status = osl_tables_extra(segment, OSL_SECTION_STRINGS, ends[0],
                                  ends[1] - ends[0], &bytes, err);
    if (status == OSL_OK)
        *out = (osl_text){(const char *)bytes, (size_t)(ends[1] - ends[0])};
    return status;
}

/* Behind the ids that are numbered stand all others; what these ids begin with
 * is before them. */
osl_status osl_tables_string(const osl_segment *segment, uint64_t number,
                             osl_text *out, osl_error *err)
{
    osl_ids *ids;
    osl_status status = osl_ids_open(&ids, segment, err);
    if (status != OSL_OK)
        return status;
    uint32_t numbered = osl_ids_count(ids);
    if (number < numbered)
        return osl_ids_text(segment, ids, (uint32_t)number, out, err);
    return osl_tables_raw_string(segment, number - numbered + (numbered > 0),
                                 out, err);
}

osl_status osl_tables_string_count(const osl_segment *segment, uint32_t *out,
                                   osl_error *err)
{
    osl_ids *ids;
    osl_column offsets;
    osl_status status = osl_ids_open(&ids, segment, err);
    if (status == OSL_OK)
        status = osl_tables_column(segment, OSL_SECTION_STRINGS,
                                   OSL_STRINGS_OFFSET, &offsets, err);
    if (status != OSL_OK)
        return status;
    uint32_t numbered = osl_ids_count(ids), others = numbered > 0 ? 2 : 1;
    uint64_t count = (uint64_t)numbered + offsets.count - others;
    if (offsets.count < others || count > UINT32_MAX)
        return osl_segment_spoilt(segment,
                                  &segment->sections[OSL_SECTION_STRINGS],
                                  "too few strings, or too many", err);
    *out = (uint32_t)count;
    return OSL_OK;
}
