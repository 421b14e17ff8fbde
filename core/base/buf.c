/* SPDX-License-Identifier: MIT */
#include "core/base/buf.h"

#include "core/base/bytes.h"
#include "core/base/pages.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* What is small doubles: growing it takes the heap's lock, for which threads
 * that parse files wait. What is smaller still does not, for there are many of
 * that. */
enum { SMALLEST = 256, SMALL = 64 << 10 };

/* The next capacity. */
static size_t capacity_behind(size_t capacity, size_t wanted, size_t size)
{
    size_t next, more = capacity / 2 + 16;
    if (size > 0 && capacity >= SMALLEST / size && capacity < SMALL / size)
        more = capacity + 16;
    if (__builtin_add_overflow(capacity, more, &next) || next < wanted)
        next = wanted;
    return next;
}

bool osl_grow_more(void *array, size_t *capacity, size_t wanted, size_t size)
{
    size_t next = capacity_behind(*capacity, wanted, size);
    size_t bytes;
    if (__builtin_mul_overflow(next, size, &bytes))
        return false;
    void *old;
    memcpy(&old, array, sizeof old);
    void *grown = osl_pages_grow(old, *capacity * size, bytes);
    if (!grown)
        return false;
    memcpy(array, &grown, sizeof grown);
    *capacity = next;
    return true;
}

void osl_buf_clear(osl_buf *buf)
{
    free(buf->bytes);
    *buf = (osl_buf){0};
}

void osl_buf_reset(osl_buf *buf)
{
    buf->length = 0;
}

uint8_t *osl_buf_more_room(osl_buf *buf, size_t more)
{
    size_t wanted;
    if (buf->failed || __builtin_add_overflow(buf->length, more, &wanted) ||
        !osl_grow(&buf->bytes, &buf->capacity, wanted, 1)) {
        buf->failed = true;
        return NULL;
    }
    return wanted > 0 ? buf->bytes + buf->length : buf->bytes;
}

void osl_buf_put(osl_buf *buf, const void *bytes, size_t length)
{
    if (length == 0)
        return;
    uint8_t *to = osl_buf_room(buf, length);
    if (!to)
        return;
    osl_copy_few(to, bytes, length);
    buf->length += length;
}

void osl_buf_put16(osl_buf *buf, uint16_t value)
{
    uint8_t *to = osl_buf_room(buf, sizeof value);
    if (!to)
        return;
    osl_put16(to, value);
    buf->length += sizeof value;
}

void osl_buf_put64(osl_buf *buf, uint64_t value)
{
    uint8_t *to = osl_buf_room(buf, sizeof value);
    if (!to)
        return;
    osl_put64(to, value);
    buf->length += sizeof value;
}

void osl_buf_put_long_varint(osl_buf *buf, uint64_t value)
{
    uint8_t *to = osl_buf_room(buf, OSL_VARINT_MAX);
    if (to)
        buf->length += osl_varint_put(to, value);
}

void osl_buf_put_text(osl_buf *buf, osl_text text)
{
    osl_buf_put(buf, text.bytes, text.length);
}

void osl_buf_printf(osl_buf *buf, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    uint8_t *to = length < 0 ? NULL : osl_buf_room(buf, (size_t)length + 1);
    if (!to) {
        buf->failed = true;
        return;
    }
    va_start(arguments, format);
    if (vsnprintf((char *)to, (size_t)length + 1, format, arguments) == length)
        buf->length += (size_t)length;
    va_end(arguments);
}

void osl_buf_align(osl_buf *buf, size_t alignment)
{
    static const uint8_t zeros[64];
    size_t over = buf->length & (alignment - 1);
    for (size_t left = over ? alignment - over : 0; left > 0;) {
        size_t part = left < sizeof zeros ? left : sizeof zeros;
        osl_buf_put(buf, zeros, part);
        left -= part;
    }
}

osl_text osl_buf_text(const osl_buf *buf)
{
    return (osl_text){buf->bytes ? (const char *)buf->bytes : "", buf->length};
}

osl_status osl_buf_status(const osl_buf *buf, const char *what, osl_error *err)
{
    if (!buf->failed)
        return OSL_OK;
    return osl_fail(err, OSL_ENOMEM, "out of memory while making %s", what);
}
