/* SPDX-License-Identifier: MIT */
#include "core/segment/column.h"

enum { SLACK = 8 };

static uint64_t value_at(const osl_column_source *source, uint32_t n)
{
    if (source->size == 1)
        return ((const uint8_t *)source->values)[n];
    if (source->size == 4)
        return ((const uint32_t *)source->values)[n];
    return ((const uint64_t *)source->values)[n];
}

/* Bytes that hold every number up to `greatest`. */
static unsigned width_of(uint64_t greatest)
{
    unsigned width = 0;
    while (greatest > 0) {
        greatest >>= 8;
        width++;
    }
    return width;
}

/* The line of this slope that leaves no value below it. Distances are signed:
 * a line may rise above values by up to 2^62, or it is not for us. */
static bool fit_line(const osl_column_source *source, uint64_t slope,
                     osl_column *out)
{
    int64_t least = 0, greatest = 0;
    for (uint32_t n = 0; n < source->count; n++) {
        int64_t distance = (int64_t)(value_at(source, n) - slope * n);
        if (n == 0)
            least = greatest = distance;
        least = distance < least ? distance : least;
        greatest = distance > greatest ? distance : greatest;
    }
    if (least < -(INT64_MAX / 2) || greatest > INT64_MAX / 2)
        return false;
    *out = (osl_column){.base = (uint64_t)least,
                        .slope = slope,
                        .count = source->count,
                        .width = width_of((uint64_t)(greatest - least))};
    return true;
}

static osl_column choose_line(const osl_column_source *source)
{
    osl_column best = {.count = source->count, .width = 8};
    osl_column other;
    if (fit_line(source, 0, &other))
        best = other;
    if (source->count < 2)
        return best;
    uint64_t first = value_at(source, 0);
    uint64_t last = value_at(source, source->count - 1);
    if (last <= first)
        return best;
    uint64_t slope = (last - first) / (source->count - 1);
    if (slope > 0 && fit_line(source, slope, &other) &&
        other.width < best.width)
        best = other;
    return best;
}

static void put_descriptor(osl_buf *section, const osl_column *column)
{
    osl_buf_put64(section, column->base);
    osl_buf_put64(section, column->slope);
    osl_buf_put32(section, column->count);
    osl_buf_put32(section, column->width);
    osl_buf_put64(section, column->offset);
}

static void put_numbers(osl_buf *section, const osl_column_source *source,
                        const osl_column *column)
{
    size_t bytes = (size_t)column->width * source->count;
    uint8_t *to = osl_buf_room(section, bytes + SLACK);
    if (!to)
        return;
    memset(to + bytes, 0, SLACK);
    for (uint32_t n = 0; n < source->count && column->width > 0; n++) {
        /* Eight bytes a time: the next number writes over what is too much,
         * the last one has the slack. */
        uint64_t number =
            value_at(source, n) - column->base - column->slope * n;
        osl_put64(to, number);
        to += column->width;
    }
    if (column->width > 0)
        memset(to, 0, SLACK);
    section->length += bytes + SLACK;
}

void osl_columns_put(osl_buf *section, const osl_column_source *columns,
                     size_t column_count)
{
    size_t descriptors = section->length;
    for (size_t i = 0; i < column_count; i++)
        put_descriptor(section, &(osl_column){0});
    for (size_t i = 0; i < column_count && !section->failed; i++) {
        osl_column column = choose_line(&columns[i]);
        column.offset = section->length;
        put_numbers(section, &columns[i], &column);
        if (section->failed)
            return;
        osl_buf descriptor = {section->bytes + descriptors +
                                  i * OSL_COLUMN_DESCRIPTOR,
                              0, OSL_COLUMN_DESCRIPTOR, false};
        put_descriptor(&descriptor, &column);
    }
}

bool osl_column_read(osl_column *out, const uint8_t *bytes,
                     uint64_t section_length)
{
    osl_column column = {.base = osl_get64(bytes),
                         .slope = osl_get64(bytes + 8),
                         .count = osl_get32(bytes + 16),
                         .width = osl_get32(bytes + 20),
                         .offset = osl_get64(bytes + 24)};
    if (column.width > 8 || column.offset > section_length)
        return false;
    uint64_t needed = (uint64_t)column.width * column.count + SLACK;
    if (section_length - column.offset < needed)
        return false;
    column.mask = column.width == 8 ? UINT64_MAX
                                    : (UINT64_C(1) << (8 * column.width)) - 1;
    *out = column;
    return true;
}
