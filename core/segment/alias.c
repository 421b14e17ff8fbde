/* SPDX-License-Identifier: MIT */
#include "core/segment/alias.h"

#include "core/segment/segment_internal.h"

#include <stdlib.h>

enum { JOINED_MAX = 255 };

osl_status osl_alias_write(osl_writer *writer, const osl_alias *aliases,
                           uint32_t count, osl_error *err)
{
    osl_buf entries = {0};
    uint64_t *offsets = malloc(((size_t)count + 1) * sizeof *offsets);
    if (!offsets)
        return osl_fail(err, OSL_ENOMEM, "out of memory while making aliases");
    for (uint32_t i = 0; i < count; i++) {
        offsets[i] = entries.length;
        osl_buf_put_byte(&entries, (uint8_t)aliases[i].joined.length);
        osl_buf_put_text(&entries, aliases[i].joined);
        osl_buf_put_text(&entries, aliases[i].parts);
    }
    offsets[count] = entries.length;
    osl_column_source column = {offsets, count + 1, 8};
    osl_status status = osl_buf_status(&entries, "aliases", err);
    if (status == OSL_OK)
        status = osl_tables_put(writer, OSL_SECTION_ALIASES, &column, 1,
                                osl_buf_text(&entries), err);
    osl_buf_clear(&entries);
    free(offsets);
    return status;
}

static osl_status spoilt(const osl_segment *segment, osl_error *err)
{
    return osl_segment_spoilt(segment, &segment->sections[OSL_SECTION_ALIASES],
                              "an entry makes no sense", err);
}

static osl_status read_entry(const osl_segment *segment,
                             const osl_column *offsets, uint64_t n,
                             osl_alias *out, osl_error *err)
{
    uint64_t from = 0, to = 0;
    const uint8_t *bytes = NULL;
    osl_status status =
        osl_tables_value(segment, OSL_SECTION_ALIASES, offsets, n, &from, err);
    if (status == OSL_OK)
        status = osl_tables_value(segment, OSL_SECTION_ALIASES, offsets, n + 1,
                                  &to, err);
    if (status == OSL_OK && from >= to)
        status = spoilt(segment, err);
    if (status == OSL_OK)
        status = osl_tables_extra(segment, OSL_SECTION_ALIASES, from, to - from,
                                  &bytes, err);
    if (status != OSL_OK)
        return status;
    size_t length = (size_t)(to - from) - 1;
    if (bytes[0] > length)
        return spoilt(segment, err);
    out->joined = (osl_text){(const char *)bytes + 1, bytes[0]};
    out->parts =
        (osl_text){(const char *)bytes + 1 + bytes[0], length - bytes[0]};
    return OSL_OK;
}

static osl_status split_parts(osl_text parts, osl_arena *arena,
                              const osl_text **out, size_t *count,
                              osl_error *err)
{
    size_t spaces = 0;
    for (size_t i = 0; i < parts.length; i++)
        spaces += parts.bytes[i] == ' ';
    osl_text *list = osl_arena_zero(arena, spaces + 1, sizeof *list);
    if (!list)
        return osl_fail(err, OSL_ENOMEM, "out of memory");
    size_t n = 0;
    list[0].bytes = parts.bytes;
    for (size_t i = 0; i < parts.length; i++) {
        if (parts.bytes[i] == ' ')
            list[++n].bytes = parts.bytes + i + 1;
        else
            list[n].length++;
    }
    *out = list;
    *count = n + 1;
    return OSL_OK;
}

osl_status osl_segment_alias(const osl_segment *segment, osl_text joined,
                             osl_arena *arena, const osl_text **parts,
                             size_t *count, osl_error *err)
{
    osl_column offsets;
    osl_status status =
        osl_tables_column(segment, OSL_SECTION_ALIASES, 0, &offsets, err);
    uint64_t low = 0, high = 0;
    if (status == OSL_OK && offsets.count > 0)
        high = offsets.count - 1;
    *count = 0;
    *parts = NULL;
    while (status == OSL_OK && low < high) {
        uint64_t middle = low + (high - low) / 2;
        osl_alias alias = {0};
        status = read_entry(segment, &offsets, middle, &alias, err);
        if (status != OSL_OK)
            break;
        int order = osl_text_compare(alias.joined, joined);
        if (order == 0)
            return split_parts(alias.parts, arena, parts, count, err);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return status;
}
