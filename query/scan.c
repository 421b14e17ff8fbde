/* SPDX-License-Identifier: MIT */
#include "query/scan.h"

#include "core/base/utf8.h"

#include <string.h>

enum { NUMBER_MAX = 1000000 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

unsigned osl_scan_blank(const char *at, const char *end)
{
    if (at >= end)
        return 0;
    if (*at == ' ' || (*at >= '\t' && *at <= '\r'))
        return 1;
    if ((unsigned char)*at < 0xC2)
        return 0;
    unsigned length;
    uint32_t c = osl_utf8_get(at, end, &length);
    bool blank = c == 0x85 || c == 0xA0 || c == 0x1680 ||
                 (c >= 0x2000 && c <= 0x200B) || c == 0x2028 || c == 0x2029 ||
                 c == 0x202F || c == 0x205F || c == 0x3000 || c == 0xFEFF;
    return blank ? length : 0;
}

unsigned osl_scan_quote(const char *at, const char *end)
{
    if (at >= end)
        return 0;
    if (*at == '"')
        return 1;
    if ((unsigned char)*at < 0xC2)
        return 0;
    unsigned length;
    uint32_t c = osl_utf8_get(at, end, &length);
    bool quote = (c >= 0x201C && c <= 0x201F) || c == 0xAB || c == 0xBB ||
                 c == 0xFF02 || c == 0x2033;
    return quote ? length : 0;
}

static bool ends_keyword(const char *at, const char *end)
{
    return at == end || *at == '(' || *at == ')' || osl_scan_blank(at, end) ||
           osl_scan_quote(at, end);
}

size_t osl_scan_keyword(const char *at, const char *end, const char *keyword)
{
    size_t length = strlen(keyword);
    if ((size_t)(end - at) < length || memcmp(at, keyword, length) != 0)
        return 0;
    return ends_keyword(at + length, end) ? length : 0;
}

/* A whole number, at most NUMBER_MAX; moves *at. */
static int32_t take_number(const char **at, const char *end)
{
    int32_t value = 0;
    while (*at < end && is_digit(**at)) {
        value = value * 10 + (**at - '0');
        if (value > NUMBER_MAX)
            value = NUMBER_MAX;
        ++*at;
    }
    return value;
}

size_t osl_scan_numbered(const char *at, const char *end, const char *name,
                         int32_t *number)
{
    size_t length = strlen(name);
    if ((size_t)(end - at) < length + 2 || memcmp(at, name, length) != 0 ||
        at[length] != '/' || !is_digit(at[length + 1]))
        return 0;
    const char *behind = at + length + 1;
    int32_t value = take_number(&behind, end);
    if (!ends_keyword(behind, end))
        return 0;
    *number = value ? value : 1;
    return (size_t)(behind - at);
}

const char *osl_scan_word(const char *at, const char *end, bool in_group)
{
    size_t open = 0;
    while (at < end) {
        if (*at == '\\' && at + 1 < end) {
            unsigned length;
            (void)osl_utf8_get(at + 1, end, &length);
            at += 1 + length;
            continue;
        }
        if (osl_scan_blank(at, end) || osl_scan_quote(at, end))
            break;
        if (*at == '(')
            open++;
        if (*at == ')') {
            if (!open && in_group)
                break;
            open -= open > 0;
        }
        at++;
    }
    return at;
}

/* Reads "2", "2.5", ".5" as a whole of [at, end); −1 where it is none. A
 * reader of our own: strtod() follows the locale. */
static double read_decimal(const char *at, const char *end, const char **behind)
{
    double value = 0, unit = 1;
    size_t digits = 0;
    for (; at < end && is_digit(*at); at++, digits++)
        if (value < NUMBER_MAX)
            value = value * 10 + (*at - '0');
    if (at + 1 < end && *at == '.' && is_digit(at[1]))
        for (at++; at < end && is_digit(*at); at++, digits++)
            if (unit < NUMBER_MAX) {
                unit *= 10;
                value += (*at - '0') / unit;
            }
    *behind = at;
    return digits ? value : -1;
}

size_t osl_scan_weight(const char *at, const char *end, double *weight)
{
    if (at >= end || *at != '^')
        return 0;
    const char *behind;
    double value = read_decimal(at + 1, end, &behind);
    if (value < 0)
        return 0;
    *weight = value;
    return (size_t)(behind - at);
}

static bool can_be_weighted(osl_text word)
{
    size_t letters = 0;
    for (size_t i = 0; i < word.length; i++) {
        unsigned char c = (unsigned char)word.bytes[i];
        if (is_digit((char)c) || c == '/')
            return false;
        letters += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                   c >= 0xC2; /* the first byte of another letter */
    }
    return letters >= 2;
}

size_t osl_scan_word_weight(osl_text word, double *weight)
{
    size_t at = word.length;
    while (at > 0 &&
           (is_digit(word.bytes[at - 1]) || word.bytes[at - 1] == '.'))
        at--;
    if (at == 0 || at == word.length || word.bytes[at - 1] != '^')
        return 0;
    at--;
    const char *end = word.bytes + word.length, *behind;
    double value = read_decimal(word.bytes + at + 1, end, &behind);
    if (value < 0 || behind != end ||
        !can_be_weighted((osl_text){word.bytes, at}))
        return 0;
    *weight = value;
    return word.length - at;
}

size_t osl_scan_tilde(const char *at, const char *end, int32_t *number)
{
    if (at >= end || *at != '~')
        return 0;
    const char *behind = at + 1;
    *number = -1;
    if (behind < end && is_digit(*behind))
        *number = take_number(&behind, end);
    return (size_t)(behind - at);
}
