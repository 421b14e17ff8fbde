/* SPDX-License-Identifier: MIT */
#include "corpus/charset.h"

#include <string.h>

#include "core/base/utf8.h"
#include "corpus/clean.h"

#define SEEN ((size_t)65536)

typedef enum wide_order { WIDE_NONE, WIDE_LITTLE, WIDE_BIG } wide_order;

/* Without a mark: text in an alphabet has a zero in every other byte. */
static wide_order order_of(osl_text bytes)
{
    const uint8_t *b = (const uint8_t *)bytes.bytes;
    size_t zeros[2] = {0, 0}, seen = bytes.length < SEEN ? bytes.length : SEEN;
    if (seen >= 2 && b[0] == 0xFF && b[1] == 0xFE)
        return WIDE_LITTLE;
    if (seen >= 2 && b[0] == 0xFE && b[1] == 0xFF)
        return WIDE_BIG;
    if (seen == 0 || memchr(b, 0, seen) == NULL)
        return WIDE_NONE;
    for (size_t i = 0; i < seen; i++)
        zeros[i & 1] += b[i] == 0;
    if (seen < 8 || zeros[0] + zeros[1] < seen / 4)
        return WIDE_NONE;
    if (zeros[0] * 16 < zeros[1])
        return WIDE_LITTLE;
    return zeros[1] * 16 < zeros[0] ? WIDE_BIG : WIDE_NONE;
}

static uint32_t unit_at(const uint8_t *b, size_t i, wide_order order)
{
    return order == WIDE_LITTLE ? (uint32_t)b[i] | (uint32_t)b[i + 1] << 8
                                : (uint32_t)b[i] << 8 | b[i + 1];
}

static void put_char(osl_buf *room, uint32_t c)
{
    char bytes[4];
    osl_buf_put(room, bytes, osl_utf8_put(bytes, c));
}

bool osl_charset_is_utf16(osl_text bytes)
{
    return order_of(bytes) != WIDE_NONE;
}

void osl_charset_from_utf16(osl_text bytes, osl_buf *room)
{
    const uint8_t *b = (const uint8_t *)bytes.bytes;
    wide_order order = order_of(bytes);
    for (size_t i = 0; i + 1 < bytes.length; i += 2) {
        uint32_t c = unit_at(b, i, order), low = 0;
        bool high = c >= 0xD800 && c <= 0xDBFF;
        if (high && i + 3 < bytes.length)
            low = unit_at(b, i + 2, order);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            i += 2;
        } else if (c >= 0xD800 && c <= 0xDFFF) {
            c = 0xFFFD;
        }
        if (c != 0xFEFF || i > 0)
            put_char(room, c);
    }
    if (bytes.length & 1)
        put_char(room, 0xFFFD);
}

/* No byte of prose in windows-1252: it has no meaning there, is a letter that
 * hardly any language has, or begins a character of UTF-8 that was cut. */
static bool is_unlikely_1252(const char *at)
{
    unsigned c = (unsigned char)*at;
    return c >= 0xFE || c == 0xC2 || c == 0xC3 ||
           (c >= 0x80 && c <= 0x9F && osl_char_of_1252(c) == 0);
}

/* Of the characters beyond ASCII, more are broken than whole, and all that are
 * broken make sense in windows-1252. Else it is UTF-8 that was spoilt. */
static bool is_1252(osl_text bytes)
{
    const char *at = bytes.bytes, *end = at + bytes.length;
    size_t whole = 0, broken = 0;
    if (osl_utf8_valid(bytes) == bytes.length)
        return false;
    while (at < end) {
        unsigned length = 1;
        if ((unsigned char)*at >= 0x80) {
            bool bad = osl_utf8_get(at, end, &length) == OSL_UTF8_BAD;
            if (bad && is_unlikely_1252(at))
                return false;
            broken += bad;
            whole += !bad;
        }
        at += length;
    }
    return broken > whole;
}

static void decode_1252(osl_text bytes, osl_buf *room)
{
    for (size_t i = 0; i < bytes.length; i++) {
        uint32_t c = (unsigned char)bytes.bytes[i];
        uint32_t mapped = osl_char_of_1252(c);
        if (c >= 0x80 && c <= 0x9F && mapped == 0)
            mapped = 0xFFFD;
        if (c < 0x80)
            osl_buf_put_byte(room, (uint8_t)c);
        else
            put_char(room, mapped ? mapped : c);
    }
}

osl_text osl_charset_without_mark(osl_text bytes)
{
    if (bytes.length >= 3 && memcmp(bytes.bytes, "\xEF\xBB\xBF", 3) == 0)
        return (osl_text){bytes.bytes + 3, bytes.length - 3};
    return bytes;
}

osl_text osl_charset_decode(osl_text bytes, osl_buf *room, const char **name)
{
    bytes = osl_charset_without_mark(bytes);
    *name = NULL;
    if (!is_1252(bytes))
        return bytes;
    *name = "windows-1252";
    decode_1252(bytes, room);
    return osl_buf_text(room);
}
