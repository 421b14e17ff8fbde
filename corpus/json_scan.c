/* SPDX-License-Identifier: MIT
 *
 * One pass. Strings are nearly all of the bytes, so they are crossed sixteen
 * at a time; what is inside the outermost object's values is checked by a loop
 * with a stack of bits (object or array), not by recursion. */
#include "corpus/json_scan.h"

#include <string.h>

#include "core/base/bytes.h"
#include "core/base/utf8.h"

#define DEPTH_MAX 1024

typedef struct scanner {
    const char *start, *at, *end;
    bool odd;
} scanner;

static void skip_space(scanner *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' ||
                              *s->at == '\n' || *s->at == '\r'))
        s->at++;
}

static bool take(scanner *s, char c)
{
    if (s->at == s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

/* ---- strings ----------------------------------------------------------- */

/* Sixteen bytes that are compared at once; a compiler makes one operation of
 * each step where the machine has it. */
typedef uint8_t lanes __attribute__((vector_size(16)));

/* The place of the first byte of sixteen that is a quote, a backslash, a
 * control or beyond ASCII; 16 where none is. */
static unsigned find_special(const char *at)
{
    lanes bytes;
    memcpy(&bytes, at, sizeof bytes);
    lanes special = (lanes)(bytes == '"') | (lanes)(bytes == '\\') |
                    (lanes)(bytes < 0x20) | (lanes)(bytes >= 0x80);
    uint64_t halves[2];
    memcpy(halves, &special, sizeof halves);
    if (halves[0])
        return (unsigned)__builtin_ctzll(halves[0]) >> 3;
    return halves[1] ? 8 + ((unsigned)__builtin_ctzll(halves[1]) >> 3) : 16;
}

/* Crosses bytes that are neither quote, backslash, control nor beyond
 * ASCII. */
static const char *skip_plain(const char *at, const char *end)
{
    while (end - at >= 16) {
        unsigned place = find_special(at);
        at += place;
        if (place < 16)
            return at;
    }
    while (at < end && (unsigned char)*at >= 0x20 &&
           (unsigned char)*at < 0x80 && *at != '"' && *at != '\\')
        at++;
    return at;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Four digits at `at`; OSL_UTF8_BAD where they are not. */
static uint32_t hex4(const char *at, const char *end)
{
    uint32_t value = 0;
    if (end - at < 4)
        return OSL_UTF8_BAD;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(at[i]);
        if (digit < 0)
            return OSL_UTF8_BAD;
        value = value << 4 | (uint32_t)digit;
    }
    return value;
}

/* The character of the escape whose 'u' is at `at`; moves *used behind it. */
static uint32_t unicode_escape(const char *at, const char *end, size_t *used)
{
    uint32_t c = hex4(at + 1, end);
    *used = 5;
    if (c == 0 || c == OSL_UTF8_BAD || (c >= 0xDC00 && c <= 0xDFFF))
        return OSL_UTF8_BAD;
    if (c < 0xD800 || c > 0xDBFF)
        return c;
    if (end - at < 11 || at[5] != '\\' || at[6] != 'u')
        return OSL_UTF8_BAD;
    uint32_t low = hex4(at + 7, end);
    if (low == OSL_UTF8_BAD || low < 0xDC00 || low > 0xDFFF)
        return OSL_UTF8_BAD;
    *used = 11;
    return 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
}

/* Behind the backslash. */
static bool skip_escape(scanner *s)
{
    size_t used = 1;
    if (s->at == s->end)
        return false;
    if (*s->at == 'u') {
        if (unicode_escape(s->at, s->end, &used) == OSL_UTF8_BAD)
            return false;
    } else if (*s->at == '\0' || strchr("\"\\/bfnrt", *s->at) == NULL) {
        return false;
    }
    s->at += used;
    return true;
}

/* A string with its quotes; its inside is *out. */
static bool skip_string(scanner *s, osl_text *out, bool *escaped)
{
    if (!take(s, '"'))
        return false;
    const char *from = s->at;
    *escaped = false;
    for (;;) {
        s->at = skip_plain(s->at, s->end);
        if (s->at == s->end)
            return false;
        unsigned char c = (unsigned char)*s->at;
        unsigned length = 1;
        if (c == '"')
            break;
        if (c >= 0x80) {
            if (osl_utf8_get(s->at, s->end, &length) == OSL_UTF8_BAD)
                return false;
            s->at += length;
            continue;
        }
        s->at++;
        if (c != '\\' || !skip_escape(s))
            return false;
        *escaped = true;
    }
    *out = (osl_text){from, (size_t)(s->at - from)};
    s->at++;
    return true;
}

/* ---- numbers and words ------------------------------------------------- */

static size_t skip_digits(scanner *s)
{
    const char *from = s->at;
    while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
        s->at++;
    return (size_t)(s->at - from);
}

/* Whether a number fits is jansson's to say where it might not. */
static bool skip_number(scanner *s)
{
    (void)take(s, '-');
    const char *first = s->at;
    size_t whole = skip_digits(s), power = 0;
    if (whole == 0 || (whole > 1 && *first == '0'))
        return false;
    if (take(s, '.') && skip_digits(s) == 0)
        return false;
    if (s->at < s->end && (*s->at == 'e' || *s->at == 'E')) {
        s->at++;
        if (!take(s, '+'))
            (void)take(s, '-');
        power = skip_digits(s);
        if (power == 0)
            return false;
    }
    s->odd |= whole > 18 || power > 2;
    return true;
}

static bool skip_word(scanner *s)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < 3; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(s->end - s->at) >= length &&
            memcmp(s->at, words[i], length) == 0) {
            s->at += length;
            return true;
        }
    }
    return false;
}

/* ---- values ------------------------------------------------------------ */

/* The containers that are open, a bit each: 1 for an object. */
typedef struct nest {
    uint64_t bits[DEPTH_MAX / 64];
    size_t depth;
} nest;

static bool nest_is_object(const nest *n)
{
    size_t at = n->depth - 1;
    return n->bits[at / 64] >> (at % 64) & 1;
}

static void nest_push(nest *n, bool object)
{
    uint64_t bit = (uint64_t)1 << (n->depth % 64);
    if (object)
        n->bits[n->depth / 64] |= bit;
    else
        n->bits[n->depth / 64] &= ~bit;
    n->depth++;
}

static bool skip_key(scanner *s)
{
    osl_text key;
    bool escaped;
    skip_space(s);
    if (!skip_string(s, &key, &escaped))
        return false;
    skip_space(s);
    return take(s, ':');
}

/* Opens a container; *empty when it closed at once. */
static bool open_container(scanner *s, nest *n, bool *empty)
{
    bool object = *s->at++ == '{';
    if (n->depth == DEPTH_MAX) {
        s->odd = true;
        return false;
    }
    skip_space(s);
    *empty = take(s, object ? '}' : ']');
    if (*empty)
        return true;
    nest_push(n, object);
    return !object || skip_key(s);
}

/* Behind a value: closes what ends here. True with depth left when another
 * value follows, true with none when all is closed. */
static bool after_value(scanner *s, nest *n)
{
    while (n->depth) {
        bool object = nest_is_object(n);
        skip_space(s);
        if (take(s, ','))
            return !object || skip_key(s);
        if (!take(s, object ? '}' : ']'))
            return false;
        n->depth--;
    }
    return true;
}

static bool skip_scalar(scanner *s)
{
    osl_text string;
    bool escaped;
    if (s->at == s->end)
        return false;
    if (*s->at == '"')
        return skip_string(s, &string, &escaped);
    if (*s->at == '-' || (*s->at >= '0' && *s->at <= '9'))
        return skip_number(s);
    return skip_word(s);
}

static bool skip_container(scanner *s)
{
    nest n = {.depth = 0};
    do {
        skip_space(s);
        bool opens = s->at < s->end && (*s->at == '{' || *s->at == '[');
        bool done = true;
        if (opens ? !open_container(s, &n, &done) : !skip_scalar(s))
            return false;
        if (done && !after_value(s, &n))
            return false;
    } while (n.depth);
    return true;
}

static osl_json_kind kind_of(char c)
{
    switch (c) {
    case '"':
        return OSL_JSON_STRING;
    case '{':
        return OSL_JSON_OBJECT;
    case '[':
        return OSL_JSON_ARRAY;
    case 't':
    case 'f':
    case 'n':
        return OSL_JSON_WORD;
    default:
        return OSL_JSON_NUMBER;
    }
}

/* ---- the outermost object ---------------------------------------------- */

static bool scan_member(scanner *s, osl_json_member *out)
{
    bool escaped_key;
    skip_space(s);
    if (!skip_string(s, &out->key, &escaped_key))
        return false;
    s->odd |= escaped_key;
    skip_space(s);
    if (!take(s, ':'))
        return false;
    skip_space(s);
    if (s->at == s->end)
        return false;
    const char *from = s->at;
    out->kind = kind_of(*from);
    out->escaped = false;
    if (out->kind == OSL_JSON_STRING)
        return skip_string(s, &out->value, &out->escaped);
    bool good = out->kind == OSL_JSON_OBJECT || out->kind == OSL_JSON_ARRAY
                    ? skip_container(s)
                    : skip_scalar(s);
    out->value = (osl_text){from, (size_t)(s->at - from)};
    return good;
}

static bool scan_members(scanner *s, osl_json_object *out)
{
    osl_json_member beyond;
    skip_space(s);
    if (!take(s, '{'))
        return false;
    skip_space(s);
    if (take(s, '}'))
        return true;
    do {
        bool room = out->count < OSL_JSON_MEMBERS_MAX;
        s->odd |= !room;
        if (!scan_member(s, room ? &out->members[out->count] : &beyond))
            return false;
        out->count += room;
        skip_space(s);
    } while (take(s, ','));
    return take(s, '}');
}

osl_json_result osl_json_scan(osl_text line, osl_json_object *out)
{
    scanner s = {line.bytes, line.bytes, line.bytes + line.length, false};
    out->count = 0;
    bool good = scan_members(&s, out);
    if (good) {
        skip_space(&s);
        good = s.at == s.end;
    }
    out->bad_at = (size_t)(s.at - s.start);
    if (s.odd)
        return OSL_JSON_ODD;
    return good ? OSL_JSON_GOOD : OSL_JSON_BAD;
}

/* Most are told apart by their first letter. */
static bool is_key(osl_text name, const char *key)
{
    for (size_t i = 0; i < name.length; i++)
        if (key[i] == '\0' || key[i] != name.bytes[i])
            return false;
    return key[name.length] == '\0';
}

const osl_json_member *osl_json_find(const osl_json_object *object,
                                     const char *key)
{
    for (size_t i = object->count; i-- > 0;)
        if (is_key(object->members[i].key, key))
            return &object->members[i];
    return NULL;
}

/* ---- decoding ---------------------------------------------------------- */

static char plain_escape(char c)
{
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return c;
    }
}

void osl_json_decode(osl_text raw, osl_buf *out)
{
    const char *at = raw.bytes, *end = at + raw.length;
    while (at < end) {
        const char *slash = memchr(at, '\\', (size_t)(end - at));
        if (slash == NULL)
            slash = end;
        osl_buf_put(out, at, (size_t)(slash - at));
        at = slash;
        if (end - at < 2)
            return;
        at++;
        if (*at != 'u') {
            osl_buf_put_byte(out, (uint8_t)plain_escape(*at++));
            continue;
        }
        char bytes[4];
        size_t used;
        uint32_t c = unicode_escape(at, end, &used);
        if (c == OSL_UTF8_BAD)
            return;
        osl_buf_put(out, bytes, osl_utf8_put(bytes, c));
        at += used;
    }
}
