/* SPDX-License-Identifier: MIT
 *
 * A bracket is a citation only when it is glued to a word or a stop, holds
 * nothing but numbers, and nothing before it says that it is an interval:
 *
 *   family donor.[66]          citation
 *   long-term EFS.[70,71,72]   three
 *   HSCT.[74]; [75][Level …]   a chain: two, and "; " goes with them
 *   95% CI [12, 30]            stays: a blank before it
 *   (range[12-30])             stays: the word before it
 *   disease-free interval:[7]  citation: no interval has one end
 *   benzo[3,4]pyrene           stays: a letter follows, no stop before
 *   guideline[2018]            stays: a year */
#include "corpus/clean.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/utf8.h"

/* ---- lists and characters ---------------------------------------------- */

void osl_text_list_put(osl_text_list *list, osl_text text)
{
    if (list->count == list->capacity &&
        !osl_grow(&list->items, &list->capacity, list->count + 1,
                  sizeof *list->items)) {
        list->failed = true;
        return;
    }
    list->items[list->count++] = text;
}

void osl_text_list_clear(osl_text_list *list)
{
    free(list->items);
    *list = (osl_text_list){0};
}

static bool equal_fold(const char *a, const char *b, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (osl_to_lower(a[i]) != osl_to_lower(b[i]))
            return false;
    return true;
}

bool osl_text_equal_fold(osl_text a, osl_text b)
{
    return a.length == b.length && equal_fold(a.bytes, b.bytes, a.length);
}

/* Where `c` comes next in [at, end); `end` where it does not. */
static const char *next_of(const char *at, const char *end, char c)
{
    const char *found = memchr(at, c, (size_t)(end - at));
    return found ? found : end;
}

size_t osl_text_find_fold(osl_text text, const char *needle)
{
    size_t length = strlen(needle);
    if (text.length < length)
        return text.length;
    /* Only where the first letter stands, in either case. */
    char upper = (char)(*needle >= 'a' && *needle <= 'z' ? *needle - 'a' + 'A'
                                                         : *needle);
    const char *end = text.bytes + (text.length - length) + 1;
    const char *low = next_of(text.bytes, end, *needle);
    const char *high = upper == *needle ? end : next_of(text.bytes, end, upper);
    while (low < end || high < end) {
        const char *at = low < high ? low : high;
        if (equal_fold(at, needle, length))
            return (size_t)(at - text.bytes);
        if (low < high)
            low = next_of(low + 1, end, *needle);
        else
            high = next_of(high + 1, end, upper);
    }
    return text.length;
}

/* Most calls end at the first letter. */
bool osl_text_starts_fold(osl_text text, const char *prefix)
{
    size_t i = 0;
    while (i < text.length && prefix[i] &&
           osl_to_lower(text.bytes[i]) == osl_to_lower(prefix[i]))
        i++;
    return !prefix[i];
}

osl_text osl_text_trim(osl_text text)
{
    while (text.length && osl_is_space(text.bytes[0])) {
        text.bytes++;
        text.length--;
    }
    while (text.length && osl_is_space(text.bytes[text.length - 1]))
        text.length--;
    return text;
}

static bool is_wide_blank(uint32_t c)
{
    return c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
           c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
           c == 0x3000;
}

static bool is_invisible(uint32_t c)
{
    return c == 0xAD || c == 0x200B || c == 0x200E || c == 0x200F ||
           (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) ||
           c == 0xFEFF || (c & 0xFFFE) == 0xFFFE;
}

osl_char_class osl_char_class_of(uint32_t c)
{
    if (c < 0x80) {
        if (osl_is_space((char)c))
            return OSL_CHAR_BLANK;
        return c < 0x20 || c == 0x7F ? OSL_CHAR_DROP : OSL_CHAR_TEXT;
    }
    if (c < 0xA0)
        return OSL_CHAR_C1;
    if (is_wide_blank(c))
        return OSL_CHAR_BLANK;
    return is_invisible(c) ? OSL_CHAR_DROP : OSL_CHAR_TEXT;
}

uint32_t osl_char_of_1252(uint32_t c)
{
    static const uint16_t table[32] = {
        0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
        0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
        0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
        0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};
    return c >= 0x80 && c <= 0x9F ? table[c - 0x80] : 0;
}

/* ---- mojibake ---------------------------------------------------------- */

/* The bytes that the characters from `at` stand for, when they are Latin-1
 * for one character of UTF-8: its length in the text, 0 where they are not. */
static size_t mojibake_at(const char *at, const char *end, uint32_t *c)
{
    char bytes[4];
    size_t used = 0;
    unsigned count = 0, length;
    while (count < 4 && at + used < end) {
        uint32_t one = osl_utf8_get(at + used, end, &length);
        if (one < 0x80 || one > 0xFF)
            break;
        bytes[count++] = (char)one;
        used += length;
        *c = osl_utf8_get(bytes, bytes + count, &length);
        if (*c != OSL_UTF8_BAD && length == count)
            return used;
    }
    return 0;
}

/* The next character as it should be, 0 where nothing stays of it; its bytes
 * in *used. */
static uint32_t mend_at(const char *at, const char *end, size_t *used)
{
    uint32_t c;
    unsigned length;
    *used = mojibake_at(at, end, &c);
    if (*used == 0) {
        c = osl_utf8_get(at, end, &length);
        *used = length;
        if (osl_char_class_of(c) == OSL_CHAR_C1)
            c = osl_char_of_1252(c);
    }
    osl_char_class what = osl_char_class_of(c);
    if (what == OSL_CHAR_BLANK)
        return ' ';
    return what == OSL_CHAR_TEXT ? c : 0;
}

void osl_clean_mojibake(osl_buf *text)
{
    osl_buf mended = {0}; /* two bytes may become three */
    const char *at = (const char *)text->bytes, *end = at + text->length;
    while (at < end) {
        char bytes[4];
        size_t used;
        uint32_t c = mend_at(at, end, &used);
        if (c)
            osl_buf_put(&mended, bytes, osl_utf8_put(bytes, c));
        at += used;
    }
    mended.failed |= text->failed;
    osl_buf_clear(text);
    *text = mended;
}

/* ---- citations --------------------------------------------------------- */

typedef struct scan {
    const char *start, *at, *end;
} scan;

static void skip_blanks(scan *s)
{
    while (s->at < s->end && osl_is_space(*s->at))
        s->at++;
}

/* A hyphen or dash of any kind. */
static bool take_dash(scan *s)
{
    unsigned length;
    if (s->at == s->end)
        return false;
    uint32_t c = osl_utf8_get(s->at, s->end, &length);
    if (c != '-' && !(c >= 0x2010 && c <= 0x2015) && c != 0x2212)
        return false;
    s->at += length;
    return true;
}

/* A number that a reference can have: 1 to 4 digits, no zero before it, no
 * year; one letter may follow ("12a"). */
static bool take_number(scan *s)
{
    const char *from = s->at;
    unsigned value = 0;
    while (s->at < s->end && osl_is_digit(*s->at) && s->at - from < 4)
        value = value * 10 + (unsigned)(*s->at++ - '0');
    if (s->at == from || *from == '0' || (value >= 1800 && value <= 2100))
        return false;
    if (s->at < s->end && *s->at >= 'a' && *s->at <= 'c')
        s->at++;
    return s->at == s->end || !(osl_is_digit(*s->at) || osl_is_alpha(*s->at));
}

/* number | number dash number */
static bool take_item(scan *s)
{
    if (!take_number(s))
        return false;
    scan rest = *s;
    skip_blanks(&rest);
    if (!take_dash(&rest))
        return true;
    skip_blanks(&rest);
    if (!take_number(&rest))
        return false;
    *s = rest;
    return true;
}

static bool keep_item(osl_text item, osl_arena *arena, osl_text_list *found)
{
    osl_text copy;
    if (!osl_arena_text(arena, item, &copy)) {
        found->failed = true;
        return false;
    }
    osl_text_list_put(found, copy);
    return true;
}

/* item ((',' | ';') item)*; each goes to `found`. */
static bool take_items(scan *s, osl_arena *arena, osl_text_list *found)
{
    size_t before = found->count;
    for (;;) {
        skip_blanks(s);
        const char *from = s->at;
        if (!take_item(s) ||
            !keep_item((osl_text){from, (size_t)(s->at - from)}, arena, found))
            break;
        skip_blanks(s);
        if (s->at == s->end || (*s->at != ',' && *s->at != ';'))
            return true;
        s->at++;
    }
    found->count = before;
    return false;
}

bool osl_citation_list(osl_text text, osl_arena *arena, osl_text_list *found)
{
    text = osl_text_trim(text);
    if (text.length >= 2 &&
        ((text.bytes[0] == '[' && text.bytes[text.length - 1] == ']') ||
         (text.bytes[0] == '(' && text.bytes[text.length - 1] == ')'))) {
        text.bytes++;
        text.length -= 2;
    }
    while (text.length && (text.bytes[text.length - 1] == ',' ||
                           text.bytes[text.length - 1] == ';'))
        text.length--;
    size_t before = found->count;
    scan s = {text.bytes, text.bytes, text.bytes + text.length};
    if (take_items(&s, arena, found) && s.at == s.end)
        return true;
    found->count = before;
    return false;
}

/* Whether what stands before `at` says that a bracket holds an interval. */
static bool interval_before(const char *start, const char *at)
{
    static const char *const words[] = {"ci",  "range",    "iqr", "interval",
                                        "cri", "quartile", "sd",  "="};
    while (at > start && (osl_is_space(at[-1]) || at[-1] == ':'))
        at--;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(at - start) < length ||
            !equal_fold(at - length, words[i], length))
            continue;
        if (*words[i] == '=' || (size_t)(at - start) == length ||
            !osl_is_alpha(at[-(ptrdiff_t)length - 1]))
            return true;
    }
    return false;
}

static bool is_stop(char c)
{
    return c != '\0' && strchr(".,;:!?)]\"'", c) != NULL;
}

/* Whether a bracket at `at` is glued to a word or a stop. */
static bool is_glued(const char *start, const char *at)
{
    if (at == start || osl_is_space(at[-1]) || at[-1] == '(' || at[-1] == '[')
        return false;
    return is_stop(at[-1]) || osl_is_alpha(at[-1]) || osl_is_digit(at[-1]) ||
           at[-1] == '%' || (unsigned char)at[-1] >= 0x80;
}

/* The end of a citation mark at s->at ('['), NULL where it is none. */
static const char *take_mark(scan *s, bool glued_to_stop, osl_arena *arena,
                             osl_text_list *found)
{
    scan in = {s->start, s->at + 1, s->end};
    size_t before = found->count;
    if (!take_items(&in, arena, found))
        return NULL;
    bool closes = in.at < in.end && *in.at == ']';
    /* A letter right behind it: a chemical name, unless a sentence ended. */
    bool name = closes && in.at + 1 < in.end && osl_is_alpha(in.at[1]) &&
                !glued_to_stop;
    if (!closes || name) {
        found->count = before;
        return NULL;
    }
    return in.at + 1;
}

/* Behind a mark: the next one of a chain ("[74]; [75]", "[1] [2]"), NULL where
 * none follows. */
static const char *next_of_chain(const char *start, const char *at,
                                 const char *end, osl_arena *arena,
                                 osl_text_list *found)
{
    scan s = {start, at, end};
    skip_blanks(&s);
    if (s.at < s.end && (*s.at == ';' || *s.at == ',' || *s.at == '-'))
        s.at++;
    skip_blanks(&s);
    if (s.at == s.end || *s.at != '[')
        return NULL;
    return take_mark(&s, true, arena, found);
}

/* An interval has two ends: "progression-free interval:[7]" is cited. */
static bool is_one_number(const osl_text_list *found, size_t from)
{
    if (found->count != from + 1)
        return false;
    osl_text item = found->items[from];
    for (size_t i = 0; i < item.length; i++)
        if (!osl_is_digit(item.bytes[i]))
            return false;
    return true;
}

/* `to` is the end of the text before the mark. */
static const char *take_chain(scan *s, const char *to, osl_arena *arena,
                              osl_text_list *found)
{
    size_t before = found->count;
    if (!is_glued(s->start, to))
        return NULL;
    const char *last = take_mark(s, is_stop(to[-1]), arena, found);
    if (last && interval_before(s->start, to) &&
        !is_one_number(found, before)) {
        found->count = before;
        return NULL;
    }
    for (const char *next = last; next != NULL;
         next = next_of_chain(s->start, next, s->end, arena, found))
        last = next;
    return last;
}

void osl_clean_citations(osl_buf *text, osl_arena *arena, osl_text_list *found)
{
    const char *start = (const char *)text->bytes;
    const char *first = text->length ? memchr(start, '[', text->length) : NULL;
    if (first == NULL)
        return;
    /* Writing never overtakes reading: a mark is longer than the blank that
     * may take its place. */
    char *to = (char *)text->bytes + (first - start);
    scan s = {start, first, start + text->length};
    while (s.at < s.end) {
        const char *behind = NULL;
        if (*s.at == '[')
            behind = take_chain(&s, to, arena, found);
        if (behind == NULL) {
            *to++ = *s.at++;
            continue;
        }
        s.at = behind;
        bool touches = s.at < s.end && (osl_is_alpha(*s.at) || *s.at == '[' ||
                                        (unsigned char)*s.at >= 0x80);
        if (touches && to > start && to[-1] != ' ')
            *to++ = ' ';
    }
    text->length = (size_t)(to - start);
}
