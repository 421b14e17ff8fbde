/* SPDX-License-Identifier: MIT
 *
 * A column: `count` unsigned numbers of which any can be had at once. Numbers
 * that rise evenly (offsets, first paragraphs, lines of a JSONL file) cost
 * next to nothing: what is stored is the distance from a straight line.
 *
 *   descriptor, 32 bytes
 *   0        8        16       20      24        32
 *   +--------+--------+--------+-------+---------+
 *   | base   | slope  | count  | width | offset  |
 *   +--------+--------+--------+-------+---------+
 *   value(n) = base + slope · n + number of `width` bits at bit width · n
 *              behind offset, the lowest of a byte first    (modulo 2^64)
 *
 * width is 0 to 57, or 64; offset counts from the start of the section; behind
 * the byte of the last number stand 8 bytes that may be read.
 *
 * A column in steps has a line for each 128 values, where that is shorter:
 * offsets wander off one line as far as lengths add up. Its width is 128, its
 * base 0, its slope the bytes of heads and numbers:
 *
 *   head{count / 128, rounded up} numbers of each block, from a whole byte on
 *   head = base:u64 place:u32 slope:u24 width:u8
 *
 * `place` counts from the column's offset; within the block, value(n) is as
 * above. Offsets of strings and of texts take 5 and 12 bits so, instead of 18
 * and 22, for one more look at memory.
 *
 * Threads: an open column is a value. */
#ifndef OSL_CORE_SEGMENT_COLUMN_H
#define OSL_CORE_SEGMENT_COLUMN_H

#include "core/base/buf.h"
#include "core/base/bytes.h"
#include "core/core.h"

#define OSL_COLUMN_DESCRIPTOR 32u

/* What is to be written: `count` values, in an array of `size` bytes each (1,
 * 2, 4 or 8), or given block by block by `fill`, mostly in order: the values of
 * from … from + count − 1, at most OSL_COLUMN_BLOCK of them. */
typedef struct osl_column_source {
    const void *values; /* NULL: fill */
    uint32_t count;
    unsigned size;
    bool may_step; /* may be written in steps */
    void (*fill)(void *user, uint32_t from, uint32_t count, uint64_t *out);
    void *user;
} osl_column_source;

#define OSL_COLUMN_BLOCK   1024u
#define OSL_COLUMN_STEP    128u
#define OSL_COLUMN_STEPPED 128u /* width */

static inline osl_column_source osl_column_array(const void *values,
                                                 uint32_t count, unsigned size)
{
    return (osl_column_source){.values = values, .count = count, .size = size};
}

/* The same, in steps where that is shorter. */
static inline osl_column_source osl_column_steps(const void *values,
                                                 uint32_t count, unsigned size)
{
    osl_column_source source = osl_column_array(values, count, size);
    source.may_step = true;
    return source;
}

typedef struct osl_column {
    uint64_t base, slope, mask;
    uint64_t offset; /* of the numbers in the section */
    uint32_t count;
    uint32_t width; /* bits */
} osl_column;

/* The source's values from … from + count − 1, at most OSL_COLUMN_BLOCK. */
void osl_column_fill(const osl_column_source *source, uint32_t from,
                     uint32_t count, uint64_t *out);
/* Columns whose numbers stand one after another from `offset` of their section
 * on, each with the bytes that may be read behind it. Returns their end. */
uint64_t osl_columns_fit(const osl_column_source *sources, size_t count,
                         uint64_t offset, osl_column *out);
/* Appends the descriptor. Fails as the buffer does. */
void osl_column_put(osl_buf *out, const osl_column *column);
/* Gives the numbers of a column that was fitted, and what may be read behind
 * them, piece by piece. */
void osl_column_put_numbers(
    const osl_column_source *source, const osl_column *column,
    void (*put)(void *user, const void *bytes, size_t length), void *user);

/* Reads the descriptor at `bytes` (32 of them). False where it is no
 * descriptor or its numbers do not fit a section of `section_length`. */
OSL_MUST_CHECK bool osl_column_read(osl_column *out, const uint8_t *bytes,
                                    uint64_t section_length);

enum { OSL_COLUMN_HEAD = 16 };

/* Of a column in steps: where the head of the block of value n stands, counted
 * from the column's offset. */
static inline uint64_t osl_column_head(uint32_t n)
{
    return (uint64_t)(n / OSL_COLUMN_STEP) * OSL_COLUMN_HEAD;
}
/* The block of value n as a column of its own, its offset counted from that of
 * the column, so that value n is its value n % OSL_COLUMN_STEP. False where it
 * leaves the column. */
OSL_MUST_CHECK bool osl_column_block(const osl_column *column,
                                     const uint8_t *numbers, uint32_t n,
                                     osl_column *out);
/* As osl_column_get(), of a column in steps; 0 where its block is spoilt. */
uint64_t osl_column_get_stepped(const osl_column *column,
                                const uint8_t *numbers, uint32_t n);

/* The n-th value, n < count; `numbers` is the place of column->offset. */
static inline uint64_t osl_column_get(const osl_column *column,
                                      const uint8_t *numbers, uint32_t n)
{
    if (column->width == OSL_COLUMN_STEPPED)
        return osl_column_get_stepped(column, numbers, n);
    uint64_t at = (uint64_t)column->width * n;
    return column->base + column->slope * n +
           (osl_get64(numbers + at / 8) >> at % 8 & column->mask);
}

/* Bytes of all its numbers, and heads. */
static inline uint64_t osl_column_bytes(const osl_column *column)
{
    if (column->width == OSL_COLUMN_STEPPED)
        return column->slope;
    return ((uint64_t)column->width * column->count + 7) / 8;
}

#endif
