/* SPDX-License-Identifier: MIT */
#include "core/segment/tables.h"

#include "core/segment/segment_internal.h"

enum { HEAD = 16, VERSION = 1 };

osl_status osl_tables_put(osl_writer *writer, uint32_t kind,
                          const osl_column_source *columns, size_t column_count,
                          osl_text extra, osl_error *err)
{
    osl_buf section = {0};
    osl_buf_put64(&section, 0);
    osl_buf_put64(&section, extra.length);
    osl_columns_put(&section, columns, column_count);
    osl_status status = osl_buf_status(&section, "a segment's tables", err);
    if (status == OSL_OK) {
        osl_put64(section.bytes, section.length);
        osl_writer_begin_section(writer, kind, VERSION);
        osl_writer_put(writer, section.bytes, section.length);
        osl_writer_put(writer, extra.bytes, extra.length);
        osl_writer_end_section(writer);
    }
    osl_buf_clear(&section);
    return status;
}

osl_status osl_tables_column(const osl_segment *segment, uint32_t kind,
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

osl_status osl_tables_value(const osl_segment *segment, uint32_t kind,
                            const osl_column *column, uint64_t at,
                            uint64_t *out, osl_error *err)
{
    const osl_section *section = &segment->sections[kind];
    if (at >= column->count)
        return osl_segment_spoilt(segment, section, "a number is past its end",
                                  err);
    osl_status status =
        osl_segment_touch(segment, section, column->offset + column->width * at,
                          column->width, err);
    if (status == OSL_OK)
        *out = osl_column_get(column, section->bytes + column->offset,
                              (uint32_t)at);
    return status;
}

osl_status osl_tables_get(const osl_segment *segment, uint32_t kind, unsigned n,
                          uint64_t at, uint64_t *out, osl_error *err)
{
    osl_column column;
    osl_status status = osl_tables_column(segment, kind, n, &column, err);
    if (status == OSL_OK)
        status = osl_tables_value(segment, kind, &column, at, out, err);
    return status;
}

osl_status osl_tables_numbers(const osl_segment *segment, uint32_t kind,
                              unsigned n, uint64_t count, osl_numbers *out,
                              osl_error *err)
{
    osl_column column;
    const osl_section *section = &segment->sections[kind];
    osl_status status = osl_tables_column(segment, kind, n, &column, err);
    if (status == OSL_OK && column.count < count)
        return osl_segment_spoilt(segment, section, "a column is too short",
                                  err);
    if (status == OSL_OK)
        status = osl_segment_touch(segment, section, column.offset,
                                   (uint64_t)column.width * column.count, err);
    if (status == OSL_OK)
        *out = (osl_numbers){column.base, column.slope, column.mask,
                             section->bytes + column.offset, column.width};
    return status;
}

osl_status osl_tables_extra(const osl_segment *segment, uint32_t kind,
                            uint64_t start, uint64_t length,
                            const uint8_t **out, osl_error *err)
{
    const osl_section *section;
    osl_status status =
        osl_segment_find_section(segment, kind, VERSION, &section, err);
    if (status == OSL_OK)
        status = osl_segment_touch(segment, section, 0, HEAD, err);
    if (status != OSL_OK)
        return status;
    uint64_t extra = osl_get64(section->bytes);
    uint64_t extra_length = osl_get64(section->bytes + 8);
    if (extra > section->length || extra_length > section->length - extra ||
        start > extra_length || length > extra_length - start)
        return osl_segment_spoilt(segment, section, "bytes are past its end",
                                  err);
    status = osl_segment_touch(segment, section, extra + start, length, err);
    if (status == OSL_OK)
        *out = section->bytes + extra + start;
    return status;
}

osl_status osl_tables_string(const osl_segment *segment, uint64_t number,
                             osl_text *out, osl_error *err)
{
    osl_column offsets;
    uint64_t start = 0, end = 0;
    const uint8_t *bytes;
    osl_status status =
        osl_tables_column(segment, OSL_SECTION_STRINGS, 0, &offsets, err);
    if (status == OSL_OK && number >= UINT32_MAX)
        number = UINT32_MAX - 1; /* past the end, refused below */
    if (status == OSL_OK)
        status = osl_tables_value(segment, OSL_SECTION_STRINGS, &offsets,
                                  number + 1, &end, err);
    if (status == OSL_OK)
        status = osl_tables_value(segment, OSL_SECTION_STRINGS, &offsets,
                                  number, &start, err);
    if (status == OSL_OK)
        status = osl_tables_extra(segment, OSL_SECTION_STRINGS, start,
                                  end - start, &bytes, err);
    if (status == OSL_OK)
        *out = (osl_text){(const char *)bytes, (size_t)(end - start)};
    return status;
}
