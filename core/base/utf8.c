/* SPDX-License-Identifier: MIT */
#include "core/base/utf8.h"

#include <string.h>

static bool is_tail(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

uint32_t osl_utf8_get(const char *at, const char *end, unsigned *length)
{
    const uint8_t *byte = (const uint8_t *)at;
    size_t left = (size_t)(end - at);
    uint8_t lead = byte[0];
    *length = 1;
    if (lead < 0x80)
        return lead;
    if (lead < 0xC2 || lead > 0xF4)
        return OSL_UTF8_BAD;
    unsigned tails = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    uint8_t least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    uint8_t most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    uint32_t c = lead & (0x3Fu >> tails);
    if (left < 2 || byte[1] < least || byte[1] > most)
        return OSL_UTF8_BAD;
    for (unsigned i = 1; i <= tails; i++) {
        if (i >= left || !is_tail(byte[i])) {
            *length = i;
            return OSL_UTF8_BAD;
        }
        c = c << 6 | (byte[i] & 0x3F);
    }
    *length = tails + 1;
    return c;
}

unsigned osl_utf8_put(char *to, uint32_t c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    unsigned tails = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint8_t leads[] = {0, 0xC0, 0xE0, 0xF0};
    for (unsigned i = tails; i > 0; i--) {
        to[i] = (char)(0x80 | (c & 0x3F));
        c >>= 6;
    }
    to[0] = (char)(leads[tails] | c);
    return tails + 1;
}

/* Behind the ASCII at `at`: 32 bytes at a time, most text is nothing else. */
static const char *skip_ascii(const char *at, const char *end)
{
    for (; end - at >= 32; at += 32) {
        uint64_t words[4];
        memcpy(words, at, sizeof words);
        if ((words[0] | words[1] | words[2] | words[3]) & 0x8080808080808080u)
            break;
    }
    while (at < end && (uint8_t)*at < 0x80)
        at++;
    return at;
}

size_t osl_utf8_valid(osl_text text)
{
    const char *end = text.bytes + text.length;
    const char *at = skip_ascii(text.bytes, end);
    while (at < end) {
        unsigned length;
        if (osl_utf8_get(at, end, &length) == OSL_UTF8_BAD)
            return (size_t)(at - text.bytes);
        at = skip_ascii(at + length, end);
    }
    return text.length;
}
