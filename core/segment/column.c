/* SPDX-License-Identifier: MIT */
#include "core/segment/column.h"

enum { SLACK = 8 };

static void fill(const osl_column_source *source, uint32_t from, uint32_t count,
                 uint64_t *out)
{
    const uint8_t *bytes = source->values;
    if (!bytes) {
        source->fill(source->user, from, count, out);
        return;
    }
    bytes += (size_t)from * source->size;
    for (uint32_t i = 0; i < count; i++) {
        if (source->size == 1)
            out[i] = bytes[i];
        else if (source->size == 2)
            out[i] = osl_get16(bytes + (size_t)i * 2);
        else if (source->size == 4)
            out[i] = osl_get32(bytes + (size_t)i * 4);
        else
            out[i] = osl_get64(bytes + (size_t)i * 8);
    }
}

static uint32_t block_at(const osl_column_source *source, uint32_t from)
{
    uint32_t left = source->count - from;
    return left < OSL_COLUMN_BLOCK ? left : OSL_COLUMN_BLOCK;
}

/* Bits that hold every number up to `greatest`; a number of 58 to 63 might lie
 * in nine bytes. */
static unsigned width_of(uint64_t greatest)
{
    unsigned width =
        greatest > 0 ? 64 - (unsigned)__builtin_clzll(greatest) : 0;
    return width > 57 ? 64 : width;
}

/* A line of some slope, and how far values are off it. Distances are signed:
 * a line may rise above values by up to 2^62, or it is not for us. */
typedef struct line {
    uint64_t slope;
    int64_t least, greatest;
} line;

static void fit_value(line *to, uint32_t n, uint64_t value)
{
    int64_t distance = (int64_t)(value - to->slope * n);
    if (n == 0)
        to->least = to->greatest = distance;
    to->least = distance < to->least ? distance : to->least;
    to->greatest = distance > to->greatest ? distance : to->greatest;
}

/* Whether the column can be that line, with none of the values below it. */
static bool is_line(const line *of, osl_column *out)
{
    if (of->least < -(INT64_MAX / 2) || of->greatest > INT64_MAX / 2)
        return false;
    out->base = (uint64_t)of->least;
    out->slope = of->slope;
    out->width = width_of((uint64_t)(of->greatest - of->least));
    return true;
}

/* From the first value to the last; 0 where they do not rise. */
static uint64_t slope_of(const osl_column_source *source)
{
    uint64_t first = 0, last = 0;
    if (source->count < 2)
        return 0;
    fill(source, 0, 1, &first);
    fill(source, source->count - 1, 1, &last);
    return last > first ? (last - first) / (source->count - 1) : 0;
}

static osl_column choose_line(const osl_column_source *source)
{
    uint64_t values[OSL_COLUMN_BLOCK];
    line flat = {0}, rising = {.slope = slope_of(source)};
    for (uint32_t from = 0; from < source->count;) {
        uint32_t count = block_at(source, from);
        fill(source, from, count, values);
        for (uint32_t i = 0; i < count; i++)
            fit_value(&flat, from + i, values[i]);
        for (uint32_t i = 0; i < count && rising.slope > 0; i++)
            fit_value(&rising, from + i, values[i]);
        from += count;
    }
    osl_column best = {.count = source->count, .width = 64}, other = best;
    if (is_line(&flat, &other))
        best = other;
    if (rising.slope > 0 && is_line(&rising, &other) &&
        other.width < best.width)
        best = other;
    return best;
}

uint64_t osl_columns_fit(const osl_column_source *sources, size_t count,
                         uint64_t offset, osl_column *out)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = choose_line(&sources[i]);
        out[i].offset = offset;
        offset += osl_column_bytes(&out[i]) + SLACK;
    }
    return offset;
}

void osl_column_put(osl_buf *out, const osl_column *column)
{
    osl_buf_put64(out, column->base);
    osl_buf_put64(out, column->slope);
    osl_buf_put32(out, column->count);
    osl_buf_put32(out, column->width);
    osl_buf_put64(out, column->offset);
}

void osl_column_put_numbers(
    const osl_column_source *source, const osl_column *column,
    void (*put)(void *user, const void *bytes, size_t length), void *user)
{
    static const uint8_t slack[SLACK];
    uint64_t values[OSL_COLUMN_BLOCK];
    uint8_t numbers[OSL_COLUMN_BLOCK * 8 + SLACK];
    for (uint32_t from = 0; from < source->count && column->width > 0;) {
        uint32_t count = block_at(source, from);
        size_t bit = 0; /* a whole block ends with a byte */
        fill(source, from, count, values);
        memset(numbers, 0, sizeof numbers);
        for (uint32_t i = 0; i < count; i++, bit += column->width) {
            uint64_t number =
                values[i] - column->base - column->slope * (from + i);
            uint8_t *to = numbers + bit / 8;
            osl_put64(to, osl_get64(to) | number << bit % 8);
        }
        put(user, numbers, (bit + 7) / 8);
        from += count;
    }
    put(user, slack, SLACK);
}

bool osl_column_read(osl_column *out, const uint8_t *bytes,
                     uint64_t section_length)
{
    osl_column column = {.base = osl_get64(bytes),
                         .slope = osl_get64(bytes + 8),
                         .count = osl_get32(bytes + 16),
                         .width = osl_get32(bytes + 20),
                         .offset = osl_get64(bytes + 24)};
    if (column.width > 64 || (column.width > 57 && column.width < 64) ||
        column.offset > section_length)
        return false;
    uint64_t needed = osl_column_bytes(&column) + SLACK;
    if (section_length - column.offset < needed)
        return false;
    column.mask =
        column.width == 64 ? UINT64_MAX : (UINT64_C(1) << column.width) - 1;
    *out = column;
    return true;
}
