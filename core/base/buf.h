/* SPDX-License-Identifier: MIT
 *
 * A growing run of bytes with a sticky status: after a failure every append
 * does nothing, and one look at the end tells. The one growth function of
 * the project, osl_grow(), stands here too.
 *
 * Threads: one buffer, one thread at a time. */
#ifndef OSL_BASE_BUF_H
#define OSL_BASE_BUF_H

#include "core/base/bytes.h"
#include "core/core.h"

/* Caller's storage; all zero is an empty buffer. */
typedef struct osl_buf {
    uint8_t *bytes; /* owns */
    size_t length, capacity;
    bool failed; /* memory ran out or a size overflowed */
} osl_buf;

void osl_buf_clear(osl_buf *buf); /* gives the memory back, forgets failure */
void osl_buf_reset(osl_buf *buf); /* empty, keeps the memory and failure */

/* Room for `more` bytes behind the end, NULL on failure; they count only
 * when `length` is moved by the caller. */
uint8_t *osl_buf_more_room(osl_buf *buf, size_t more);
static inline uint8_t *osl_buf_room(osl_buf *buf, size_t more)
{
    if (!buf->failed && more <= buf->capacity - buf->length && buf->bytes)
        return buf->bytes + buf->length;
    return osl_buf_more_room(buf, more);
}
void osl_buf_put(osl_buf *buf, const void *bytes, size_t length);
static inline void osl_buf_put_byte(osl_buf *buf, uint8_t byte)
{
    uint8_t *to = osl_buf_room(buf, 1);
    if (!to)
        return;
    *to = byte;
    buf->length++;
}
void osl_buf_put16(osl_buf *buf, uint16_t value);
static inline void osl_buf_put32(osl_buf *buf, uint32_t value)
{
    uint8_t *to = osl_buf_room(buf, sizeof value);
    if (!to)
        return;
    osl_put32(to, value);
    buf->length += sizeof value;
}
void osl_buf_put64(osl_buf *buf, uint64_t value);
void osl_buf_put_long_varint(osl_buf *buf, uint64_t value);
static inline void osl_buf_put_varint(osl_buf *buf, uint64_t value)
{
    if (value < 0x80)
        osl_buf_put_byte(buf, (uint8_t)value); /* as most are */
    else
        osl_buf_put_long_varint(buf, value);
}
void osl_buf_put_text(osl_buf *buf, osl_text text);
void osl_buf_printf(osl_buf *buf, const char *format, ...) OSL_PRINTF(2, 3);
/* Zero bytes up to a multiple of `alignment` (a power of two). */
void osl_buf_align(osl_buf *buf, size_t alignment);

/* The contents as a span; borrowed until the next append. */
osl_text osl_buf_text(const osl_buf *buf);
/* OSL_OK, or OSL_ENOMEM with words naming `what` was being made. */
OSL_MUST_CHECK osl_status osl_buf_status(const osl_buf *buf, const char *what,
                                         osl_error *err);

/* Makes room for at least `wanted` elements of `size` bytes: *array is
 * reallocated to a capacity that grows by half at least. False, with nothing
 * changed, when memory is out or the size does not fit. *array may be NULL
 * with *capacity 0. Elements behind the old capacity are not zeroed. */
OSL_MUST_CHECK bool osl_grow_more(void *array, size_t *capacity, size_t wanted,
                                  size_t size);
OSL_MUST_CHECK static inline bool osl_grow(void *array, size_t *capacity,
                                           size_t wanted, size_t size)
{
    return wanted <= *capacity || osl_grow_more(array, capacity, wanted, size);
}

#endif
