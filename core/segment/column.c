/* SPDX-License-Identifier: MIT */
#include "core/segment/column.h"

enum { SLACK = 8 };

void osl_column_fill(const osl_column_source *source, uint32_t from,
                     uint32_t count, uint64_t *out)
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
    osl_column_fill(source, 0, 1, &first);
    osl_column_fill(source, source->count - 1, 1, &last);
    return last > first ? (last - first) / (source->count - 1) : 0;
}

static void set_mask(osl_column *column)
{
    column->mask =
        column->width >= 64 ? UINT64_MAX : (UINT64_C(1) << column->width) - 1;
}

/* The line of a block in steps, of 1 to OSL_COLUMN_STEP values. */
static osl_column choose_step(const uint64_t *values, uint32_t count)
{
    line flat = {0}, rising = {0};
    uint64_t first = values[0], last = values[count - 1];
    if (last > first && (last - first) / (count - 1) < UINT64_C(1) << 24)
        rising.slope = (last - first) / (count - 1);
    for (uint32_t i = 0; i < count; i++) {
        fit_value(&flat, i, values[i]);
        fit_value(&rising, i, values[i]);
    }
    osl_column best = {.count = count, .width = 64}, other = best;
    if (is_line(&flat, &other))
        best = other;
    if (is_line(&rising, &other) && other.width < best.width)
        best = other;
    return best;
}

typedef void block_fn(void *user, const uint64_t *values,
                      const osl_column *block);

/* Goes along the blocks of a column in steps. Returns the bytes of all. */
static uint64_t for_each_step(const osl_column_source *source, block_fn *visit,
                              void *user)
{
    uint64_t values[OSL_COLUMN_BLOCK];
    uint64_t bytes = osl_column_head(source->count + OSL_COLUMN_STEP - 1);
    for (uint32_t from = 0; from < source->count;) {
        uint32_t count = block_at(source, from);
        osl_column_fill(source, from, count, values);
        for (uint32_t i = 0; i < count; i += OSL_COLUMN_STEP) {
            uint32_t left = count - i;
            osl_column block = choose_step(
                values + i, left < OSL_COLUMN_STEP ? left : OSL_COLUMN_STEP);
            block.offset = bytes;
            bytes += osl_column_bytes(&block);
            if (visit)
                visit(user, values + i, &block);
        }
        from += count;
    }
    return bytes;
}

static osl_column choose_line(const osl_column_source *source)
{
    uint64_t values[OSL_COLUMN_BLOCK];
    line flat = {0}, rising = {.slope = slope_of(source)};
    for (uint32_t from = 0; from < source->count;) {
        uint32_t count = block_at(source, from);
        osl_column_fill(source, from, count, values);
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

static osl_column choose_shape(const osl_column_source *source)
{
    osl_column plain = choose_line(source);
    if (!source->may_step || plain.width == 0 ||
        source->count > UINT32_MAX - OSL_COLUMN_STEP)
        return plain;
    uint64_t bytes = for_each_step(source, NULL, NULL);
    if (bytes >= osl_column_bytes(&plain) || bytes > UINT32_MAX)
        return plain;
    return (osl_column){
        .slope = bytes, .count = source->count, .width = OSL_COLUMN_STEPPED};
}

uint64_t osl_columns_fit(const osl_column_source *sources, size_t count,
                         uint64_t offset, osl_column *out)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = choose_shape(&sources[i]);
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

/* Where the bytes of a column go. */
typedef struct sink {
    void (*put)(void *user, const void *bytes, size_t length);
    void *user;
} sink;

/* Up to OSL_COLUMN_BLOCK numbers, from value `from` on. Nothing is read back of
 * what was just written: that would wait for it. */
static void put_block(const sink *to, const uint64_t *values, uint32_t from,
                      uint32_t count, const osl_column *column)
{
    uint8_t numbers[OSL_COLUMN_BLOCK * 8 + SLACK], *at = numbers;
    uint64_t held = 0; /* the `used` lowest bits of it, fewer than 8 */
    unsigned used = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t number = values[i] - column->base - column->slope * (from + i);
        held |= number << used;
        osl_put64(at, held);
        used += column->width;
        at += used / 8;
        held = used < 64 ? held >> (used & ~7u) : 0;
        used &= 7;
    }
    if (used > 0)
        *at++ = (uint8_t)held;
    to->put(to->user, numbers, (size_t)(at - numbers));
}

static void put_step_head(void *user, const uint64_t *values,
                          const osl_column *block)
{
    const sink *to = user;
    uint8_t head[OSL_COLUMN_HEAD];
    (void)values;
    osl_put64(head, block->base);
    osl_put32(head + 8, (uint32_t)block->offset);
    osl_put32(head + 12, (uint32_t)block->slope | block->width << 24);
    to->put(to->user, head, sizeof head);
}

static void put_step(void *user, const uint64_t *values,
                     const osl_column *block)
{
    if (block->width > 0)
        put_block(user, values, 0, block->count, block);
}

void osl_column_put_numbers(
    const osl_column_source *source, const osl_column *column,
    void (*put)(void *user, const void *bytes, size_t length), void *user)
{
    static const uint8_t slack[SLACK];
    sink to = {put, user};
    uint64_t values[OSL_COLUMN_BLOCK];
    bool stepped = column->width == OSL_COLUMN_STEPPED;
    if (stepped) {
        (void)for_each_step(source, put_step_head, &to);
        (void)for_each_step(source, put_step, &to);
    }
    for (uint32_t from = 0;
         !stepped && from < source->count && column->width > 0;) {
        uint32_t count = block_at(source, from);
        osl_column_fill(source, from, count, values);
        put_block(&to, values, from, count, column);
        from += count;
    }
    put(user, slack, SLACK);
}

static bool is_width(uint32_t width)
{
    return width <= 57 || width == 64;
}

bool osl_column_read(osl_column *out, const uint8_t *bytes,
                     uint64_t section_length)
{
    osl_column column = {.base = osl_get64(bytes),
                         .slope = osl_get64(bytes + 8),
                         .count = osl_get32(bytes + 16),
                         .width = osl_get32(bytes + 20),
                         .offset = osl_get64(bytes + 24)};
    bool stepped = column.width == OSL_COLUMN_STEPPED;
    if ((!is_width(column.width) && !stepped) || column.offset > section_length)
        return false;
    uint64_t length = osl_column_bytes(&column);
    uint64_t heads = ((uint64_t)column.count + OSL_COLUMN_STEP - 1) /
                     OSL_COLUMN_STEP * OSL_COLUMN_HEAD;
    if (section_length - column.offset < SLACK ||
        section_length - column.offset - SLACK < length ||
        (stepped && length < heads))
        return false;
    set_mask(&column);
    *out = column;
    return true;
}

bool osl_column_block(const osl_column *column, const uint8_t *numbers,
                      uint32_t n, osl_column *out)
{
    const uint8_t *head = numbers + osl_column_head(n);
    uint32_t left = column->count - n / OSL_COLUMN_STEP * OSL_COLUMN_STEP;
    osl_column block = {.base = osl_get64(head),
                        .slope = osl_get32(head + 12) & 0xFFFFFFu,
                        .count =
                            left < OSL_COLUMN_STEP ? left : OSL_COLUMN_STEP,
                        .width = head[15],
                        .offset = osl_get32(head + 8)};
    uint64_t bytes = osl_column_bytes(column);
    if (!is_width(block.width) || block.offset > bytes ||
        osl_column_bytes(&block) > bytes - block.offset)
        return false;
    set_mask(&block);
    *out = block;
    return true;
}

uint64_t osl_column_get_stepped(const osl_column *column,
                                const uint8_t *numbers, uint32_t n)
{
    osl_column block;
    if (!osl_column_block(column, numbers, n, &block))
        return 0;
    return osl_column_get(&block, numbers + block.offset, n % OSL_COLUMN_STEP);
}
