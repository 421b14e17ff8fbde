/* SPDX-License-Identifier: MIT */
#include "corpus/mend.h"

#include <string.h>

#include <libxml/HTMLparser.h>

#include "core/base/utf8.h"
#include "corpus/clean.h"

/* All controls but tab, line feed and carriage return. */
static const osl_find_set controls = {
    .low = {{3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 2, 3, 3, 2, 3, 3},
            OSL_FIND_ALL(3),
            OSL_FIND_ALL(3),
            OSL_FIND_ALL(3)},
    .high = {{1, 2}, OSL_FIND_ALL(3), OSL_FIND_ALL(3), OSL_FIND_ALL(3)}};

/* The first control character of [at, end), or `end`. */
static size_t next_control(osl_text text, size_t at, size_t end,
                           osl_find_fn *find)
{
    return at + find(&controls, text.bytes + at, end - at);
}

static uint32_t line_of(osl_text text, size_t at)
{
    uint32_t line = 1;
    for (size_t i = 0; i < at; i++)
        line += text.bytes[i] == '\n';
    return line;
}

/* Copies text.bytes[at, end), which is UTF-8, controls as blanks. */
static void put_valid(osl_text text, size_t at, size_t end, osl_buf *buf,
                      osl_find_fn *find)
{
    while (at < end) {
        size_t control = next_control(text, at, end, find);
        osl_buf_put(buf, text.bytes + at, control - at);
        if (control < end)
            osl_buf_put_byte(buf, ' ');
        at = control + 1;
    }
}

osl_text osl_mend_utf8(osl_text text, osl_buf *buf, uint32_t *bad_line,
                       osl_find_fn *find)
{
    size_t valid = osl_utf8_valid(text);
    *bad_line = 0;
    osl_buf_reset(buf);
    if (valid == text.length && next_control(text, 0, valid, find) == valid)
        return text;
    if (valid < text.length)
        *bad_line = line_of(text, valid);
    for (size_t at = 0;;) {
        put_valid(text, at, at + valid, buf, find);
        at += valid;
        if (at == text.length || buf->failed)
            return osl_buf_text(buf);
        unsigned took;
        osl_utf8_get(text.bytes + at, text.bytes + text.length, &took);
        osl_buf_put(buf, "\xEF\xBF\xBD", 3);
        at += took;
        valid = osl_utf8_valid((osl_text){text.bytes + at, text.length - at});
    }
}

/* What windows-1252 makes of the bytes 0x80 … 0x9F; 0 where it has nothing. */
static const uint16_t windows_1252[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
    0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

/* The byte that was read as `c`, or −1 where no byte is. */
static int byte_of(uint32_t c)
{
    if (c >= 0x80 && c < 0x100)
        return (int)c;
    if (c < 0x0152 || c > 0x2122)
        return -1;
    for (int i = 0; i < 32; i++)
        if (windows_1252[i] == c)
            return 0x80 + i;
    return -1;
}

/* Leads of what is found so broken: signs and letters of Western and Greek
 * text, punctuation. Others are left alone ("É’" is no mistake). */
static bool is_lead(unsigned char byte)
{
    return (byte >= 0xC2 && byte <= 0xC5) || byte == 0xCE || byte == 0xCF ||
           byte == 0xE2;
}

/* U+FB00 to U+FB3F: "ﬁ" of a PDF; U+F000 to U+F0FF: signs and bullets of the
 * fonts Symbol and Wingdings. */
static bool is_presentation(osl_text decoded, size_t at)
{
    if (at + 2 >= decoded.length || decoded.bytes[at] != '\xEF')
        return false;
    unsigned char next = (unsigned char)decoded.bytes[at + 1];
    return next == 0xAC || (next >= 0x80 && next <= 0x83);
}

static bool is_plausible(osl_text decoded)
{
    if (decoded.length < 2 || osl_utf8_valid(decoded) != decoded.length)
        return false;
    for (size_t i = 0; i < decoded.length; i++)
        if ((decoded.bytes[i] & 0xC0) == 0xC0 &&
            !is_lead((unsigned char)decoded.bytes[i]) &&
            !is_presentation(decoded, i))
            return false;
    return true;
}

#define RUN_MAX 64

/* Reads the run of such characters that begins at `at`; gives its bytes and
 * how long it is in the text. */
static size_t run_read(const char *at, const char *end, char *run,
                       size_t *run_length)
{
    const char *start = at;
    *run_length = 0;
    while (at < end && (*at & 0x80) && *run_length < RUN_MAX) {
        unsigned took;
        uint32_t c = osl_utf8_get(at, end, &took);
        int byte = c == OSL_UTF8_BAD ? -1 : byte_of(c);
        if (byte < 0)
            break;
        run[(*run_length)++] = (char)byte;
        at += took;
    }
    return (size_t)(at - start);
}

size_t osl_mend_mojibake(char *bytes, size_t length)
{
    /* Lead bytes of UTF-8 (0xC2 … 0xF4) are characters that begin with 0xC3;
     * text without one is whole, and most is. */
    if (length == 0 || !memchr(bytes, 0xC3, length))
        return length;
    const char *from = bytes, *end = bytes + length;
    char *to = bytes;
    while (from < end) {
        char run[RUN_MAX];
        size_t run_length = 0, took = 0;
        if (*from & 0x80)
            took = run_read(from, end, run, &run_length);
        osl_text decoded = {run, run_length};
        if (is_plausible(decoded)) {
            memcpy(to, run, run_length);
            to += run_length;
        } else {
            if (took == 0)
                took = 1;
            memmove(to, from, took);
            to += took;
        }
        from += took;
    }
    return (size_t)(to - bytes);
}

/* ---- plain ------------------------------------------------------------- */

/* "#8805", "#x2265": the number, 0 where it is none or no character. */
static uint32_t number_read(const char *name)
{
    uint32_t c = 0, base = 10;
    if (*name == 'x' || *name == 'X') {
        base = 16;
        name++;
    }
    for (; *name; name++) {
        char low = osl_to_lower(*name);
        uint32_t digit = osl_is_digit(low) ? (uint32_t)(low - '0')
                         : (low >= 'a' && low <= 'f')
                             ? (uint32_t)(low - 'a') + 10
                             : base;
        if (digit >= base || c > 0x10FFFF)
            return 0;
        c = c * base + digit;
    }
    bool is_character = c < 0x110000 && (c < 0xD800 || c > 0xDFFF);
    return is_character ? c : 0;
}

/* The character that a reference names and its length; 0 where it is none. */
static uint32_t reference_read(osl_text text, size_t *length)
{
    char name[12];
    const char *end = memchr(text.bytes, ';', text.length);
    size_t count = end ? (size_t)(end - text.bytes) : 0;
    if (count < 2 || count > sizeof name)
        return 0;
    memcpy(name, text.bytes + 1, count - 1);
    name[count - 1] = 0;
    *length = count + 1;
    if (*name == '#')
        return number_read(name + 1);
    const htmlEntityDesc *known = htmlEntityLookup((const xmlChar *)name);
    return known ? known->value : 0;
}

/* A reference is never shorter than the character that it names: "&le;". */
size_t osl_mend_references(char *bytes, size_t length)
{
    char *to = length ? memchr(bytes, '&', length) : NULL;
    if (to == NULL)
        return length;
    const char *from = to, *end = bytes + length;
    while (from < end) {
        size_t took = 1;
        osl_text rest = {from, (size_t)(end - from)};
        uint32_t c = *from == '&' ? reference_read(rest, &took) : 0;
        if (c == 0) {
            *to++ = *from++;
            continue;
        }
        osl_char_class what = osl_char_class_of(c);
        if (what == OSL_CHAR_BLANK)
            *to++ = ' ';
        else if (what == OSL_CHAR_TEXT)
            to += osl_utf8_put(to, c);
        from += took;
    }
    return (size_t)(to - bytes);
}

osl_text osl_mend_plain(osl_text html, osl_buf *buf)
{
    osl_buf_reset(buf);
    for (size_t i = 0; i < html.length;) {
        osl_text rest = {html.bytes + i, html.length - i};
        size_t length = 1;
        uint32_t c = *rest.bytes == '&' ? reference_read(rest, &length) : 0;
        const char *tag_end =
            *rest.bytes == '<' ? memchr(rest.bytes, '>', rest.length) : NULL;
        if (tag_end) {
            osl_buf_put_byte(buf, ' ');
            length = (size_t)(tag_end - rest.bytes) + 1;
        } else if (c) {
            uint8_t *to = osl_buf_room(buf, 4);
            if (to)
                buf->length += osl_utf8_put((char *)to, c);
        } else {
            length = 1;
            osl_buf_put_byte(buf, (uint8_t)*rest.bytes);
        }
        i += length;
    }
    return osl_text_trim(osl_buf_text(buf));
}
