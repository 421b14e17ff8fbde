/* SPDX-License-Identifier: MIT */
#include "corpus/text_lines.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/utf8.h"

/* ---- cutting ----------------------------------------------------------- */

void osl_text_lines_clear(text_lines *lines)
{
    free(lines->items);
    *lines = (text_lines){0};
}

/* The bytes of white space of any kind at `at`, 0 where none stands there. */
static size_t blank_at(const char *at, const char *end)
{
    unsigned length;
    if ((unsigned char)*at < 0x80)
        return osl_is_space(*at) ? 1 : 0;
    uint32_t c = osl_utf8_get(at, end, &length);
    osl_char_class what = osl_char_class_of(c);
    bool blank =
        c != OSL_UTF8_BAD && (what == OSL_CHAR_BLANK || what == OSL_CHAR_DROP);
    return blank ? length : 0;
}

static text_line make_line(osl_text raw, uint32_t number)
{
    text_line line = {.number = number};
    const char *at = raw.bytes, *end = at + raw.length;
    size_t blank;
    while (at < end && (blank = blank_at(at, end)) != 0) {
        line.page |= *at == '\f';
        line.indent = *at == '\t' ? (line.indent / 4 + 1) * 4 : line.indent + 1;
        at += blank;
    }
    while (end > at && osl_is_space(end[-1]))
        end--;
    line.text = (osl_text){at, (size_t)(end - at)};
    return line;
}

/* The end of a line: "\n", "\r\n" or "\r" alone. */
static size_t line_length(osl_text rest, size_t *used)
{
    const char *feed = memchr(rest.bytes, '\n', rest.length);
    size_t length = feed ? (size_t)(feed - rest.bytes) : rest.length;
    const char *carriage = memchr(rest.bytes, '\r', length);
    *used = length + (feed != NULL);
    if (carriage == NULL)
        return length;
    size_t at = (size_t)(carriage - rest.bytes);
    if (at + 1 < length)
        *used = at + 1;
    return at;
}

void osl_text_lines_cut(text_lines *lines, osl_text *rest, uint32_t number,
                        size_t most)
{
    lines->count = 0;
    while (rest->length) {
        size_t used, length = line_length(*rest, &used);
        text_line line = make_line((osl_text){rest->bytes, length}, number);
        bool full = lines->count >= most;
        if ((full && line.text.length == 0) || lines->count >= 2 * most)
            return;
        if (!osl_grow(&lines->items, &lines->capacity, lines->count + 1,
                      sizeof *lines->items)) {
            lines->failed = true;
            return;
        }
        lines->items[lines->count++] = line;
        rest->bytes += used;
        rest->length -= used;
        number += number && number < UINT32_MAX;
    }
}

/* ---- one line ---------------------------------------------------------- */

static size_t skip_blanks(osl_text line, size_t at)
{
    while (at < line.length && osl_is_space(line.bytes[at]))
        at++;
    return at;
}

/* Marks that begin an item even when glued to its first word. */
static bool is_bullet(uint32_t c)
{
    static const uint16_t bullets[] = {
        0x00B7, 0x2022, 0x2023, 0x2043, 0x2219, 0x25A0, 0x25A1, 0x25AA,
        0x25AB, 0x25B6, 0x25B8, 0x25BA, 0x25C6, 0x25C7, 0x25CB, 0x25CF,
        0x25D8, 0x25E6, 0x2605, 0x2666, 0x2713, 0x2714, 0x2756, 0x27A2,
        0x27A4, 0x30FB, 0xF0A7, 0xF0B7, 0xF0D8, 0xFF65, 0xFFED};
    for (size_t i = 0; i < sizeof bullets / sizeof *bullets; i++)
        if (bullets[i] == c)
            return true;
    return c >= 0x2776 && c <= 0x277F; /* ❶ … ❿ */
}

/* Marks that need a blank behind them: they stand in text as well. */
static bool is_dash_mark(osl_text line)
{
    static const char *const marks[] = {"-", "*", "+", "–", "—", "o", "‐", "−"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        size_t length = strlen(marks[i]);
        if (line.length > length + 1 &&
            memcmp(line.bytes, marks[i], length) == 0 &&
            osl_is_space(line.bytes[length]))
            return true;
    }
    return false;
}

static bool is_roman(osl_text text)
{
    for (size_t i = 0; i < text.length; i++)
        if (strchr("ivxIVX", text.bytes[i]) == NULL || !text.bytes[i])
            return false;
    return text.length > 0 && text.length <= 4;
}

/* "1.", "12)", "(a)", "iv." and the like; the bytes up to the blank. */
static size_t numbered(osl_text line)
{
    size_t at = line.length && line.bytes[0] == '(', from = at, digits = 0;
    while (at < line.length && at - from < 4 && osl_is_digit(line.bytes[at])) {
        at++;
        digits++;
    }
    while (digits == 0 && at < line.length && at - from < 4 &&
           osl_is_alpha(line.bytes[at]))
        at++;
    osl_text label = {line.bytes + from, at - from};
    bool good = digits ? digits <= 3 : label.length == 1 || is_roman(label);
    if (!good || at + 1 >= line.length)
        return 0;
    char close = line.bytes[at++];
    if (close != ')' && (from || close != '.'))
        return 0;
    if (digits == 0 && close == '.' && label.bytes[0] < 'a' && !from &&
        label.length == 1 && at < line.length && line.bytes[at] != ' ')
        return 0;
    return osl_is_space(line.bytes[at]) ? at : 0;
}

size_t osl_text_mark(osl_text line)
{
    unsigned length;
    if (line.length < 2)
        return 0;
    if (is_dash_mark(line)) {
        size_t at = 0;
        while (!osl_is_space(line.bytes[at]))
            at++;
        return skip_blanks(line, at);
    }
    size_t number = numbered(line);
    if (number)
        return skip_blanks(line, number);
    uint32_t c = osl_utf8_get(line.bytes, line.bytes + line.length, &length);
    if (c == OSL_UTF8_BAD || !is_bullet(c) || length == line.length)
        return 0;
    return skip_blanks(line, length);
}

unsigned osl_text_section_number(osl_text line, size_t *bytes)
{
    unsigned depth = 0;
    size_t at = 0;
    while (at < line.length && osl_is_digit(line.bytes[at])) {
        size_t from = at;
        while (at < line.length && osl_is_digit(line.bytes[at]))
            at++;
        if (at - from > 2)
            return 0;
        depth++;
        if (at == line.length || line.bytes[at] != '.')
            break;
        at++;
    }
    if (depth == 0 || at >= line.length || !osl_is_space(line.bytes[at]))
        return 0;
    *bytes = skip_blanks(line, at);
    return depth;
}

bool osl_text_is_rule(osl_text line)
{
    if (line.length < 3 || strchr("-=*_~#.", line.bytes[0]) == NULL)
        return false;
    for (size_t i = 1; i < line.length; i++)
        if (line.bytes[i] != line.bytes[0] && line.bytes[i] != ' ')
            return false;
    return true;
}

bool osl_text_ends_sentence(osl_text line)
{
    size_t at = line.length;
    while (at && strchr(")]\"'*_", line.bytes[at - 1]) != NULL)
        at--;
    return at && strchr(".!?;:,", line.bytes[at - 1]) != NULL;
}

size_t osl_text_words(osl_text line)
{
    size_t words = 0;
    for (size_t i = 0; i < line.length; i++)
        words += !osl_is_space(line.bytes[i]) &&
                 (i == 0 || osl_is_space(line.bytes[i - 1]));
    return words;
}

bool osl_text_is_capitals(osl_text line)
{
    size_t upper = 0;
    for (size_t i = 0; i < line.length; i++) {
        if (line.bytes[i] >= 'a' && line.bytes[i] <= 'z')
            return false;
        upper += line.bytes[i] >= 'A' && line.bytes[i] <= 'Z';
    }
    return upper >= 3;
}

bool osl_text_bold(osl_text line, size_t at, size_t *opens, size_t *closes)
{
    const char *end = line.bytes + line.length;
    const char *first = memmem(line.bytes + at, line.length - at, "**", 2);
    if (first == NULL || end - first < 5 || osl_is_space(first[2]))
        return false;
    const char *second = memmem(first + 2, (size_t)(end - first) - 2, "**", 2);
    if (second == NULL || second == first + 2 || osl_is_space(second[-1]))
        return false;
    *opens = (size_t)(first - line.bytes);
    *closes = (size_t)(second - line.bytes);
    return true;
}

/* ---- spaced-out letters ------------------------------------------------ */

/* Blanks from `at` on. */
static size_t gap_at(osl_text line, size_t at)
{
    return skip_blanks(line, at) - at;
}

/* The end of a run of single letters with blanks between them, from `at`; the
 * least of its gaps in *gap. 0 where fewer than four stand there. */
static size_t spaced_run(osl_text line, size_t at, size_t *gap)
{
    size_t letters = 0, end = at;
    *gap = SIZE_MAX;
    while (at < line.length && osl_is_alpha(line.bytes[at]) &&
           (at + 1 == line.length || osl_is_space(line.bytes[at + 1]))) {
        letters++;
        end = at + 1;
        size_t blanks = gap_at(line, end);
        at = end + blanks;
        if (at < line.length && blanks < *gap)
            *gap = blanks;
    }
    return letters >= 4 ? end : 0;
}

static size_t put_run(char *to, osl_text line, size_t at, size_t end,
                      size_t gap)
{
    size_t length = 0;
    while (at < end) {
        to[length++] = line.bytes[at++];
        size_t blanks = gap_at(line, at);
        if (blanks > gap && at + blanks < end)
            to[length++] = ' ';
        at += blanks;
    }
    return length;
}

osl_text osl_text_unspace(osl_text line, osl_arena *arena, bool *failed)
{
    char *to = NULL;
    size_t length = 0, gap;
    if (line.length < 7 || line.length > 400)
        return line;
    for (size_t at = 0; at < line.length;) {
        bool starts = at == 0 || osl_is_space(line.bytes[at - 1]);
        size_t end = starts ? spaced_run(line, at, &gap) : 0;
        if (end && to == NULL) {
            to = osl_arena_take(arena, line.length);
            if (to == NULL) {
                *failed = true;
                return line;
            }
            memcpy(to, line.bytes, at);
            length = at;
        }
        if (end) {
            length += put_run(to + length, line, at, end, gap);
            at = end;
            continue;
        }
        if (to != NULL)
            to[length++] = line.bytes[at];
        at++;
    }
    return to ? (osl_text){to, length} : line;
}
