/* SPDX-License-Identifier: MIT
 *
 * Dates are compared as numbers yyyymmdd, so that a year or a month is a
 * range of days: updated:>2014 begins on 2015-01-01, updated:2014 is the
 * whole year. Evidence levels come in families that have nothing to do with
 * each other; an order exists only within one. */
#include "query/filter.h"

#include <string.h>

enum { DATE_MIN = 1, DATE_MAX = 99991231 };

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return lower(c) >= 'a' && lower(c) <= 'z';
}

static osl_text text_from(osl_text text, size_t from)
{
    return (osl_text){text.bytes + from, text.length - from};
}

static bool begins_with(osl_text text, osl_text with)
{
    if (with.length > text.length)
        return false;
    for (size_t i = 0; i < with.length; i++)
        if (lower(text.bytes[i]) != lower(with.bytes[i]))
            return false;
    return true;
}

/* ---- dates ------------------------------------------------------------- */

/* `digits` figures at *at, moved behind them; −1 where they are not there. */
static int take_number(osl_text date, size_t *at, size_t digits)
{
    if (date.length - *at < digits)
        return -1;
    int value = 0;
    for (size_t i = 0; i < digits; i++) {
        char c = date.bytes[*at + i];
        if (!is_digit(c))
            return -1;
        value = value * 10 + (c - '0');
    }
    *at += digits;
    return value;
}

/* The part behind a hyphen, 0 where there is none. */
static int take_part(osl_text date, size_t *at, int greatest)
{
    if (*at >= date.length || date.bytes[*at] != '-')
        return 0;
    size_t behind = *at + 1;
    int value = take_number(date, &behind, 2);
    if (value < 1 || value > greatest)
        return 0;
    *at = behind;
    return value;
}

/* Reads year[-month[-day]]; false where it begins with no year. */
static bool read_date(osl_text date, int parts[3], size_t *length)
{
    size_t at = 0;
    parts[0] = take_number(date, &at, 4);
    if (parts[0] < 1)
        return false;
    if (at < date.length && is_digit(date.bytes[at]))
        return false;
    parts[1] = take_part(date, &at, 12);
    parts[2] = parts[1] ? take_part(date, &at, 31) : 0;
    *length = at;
    return true;
}

static uint32_t pack_date(const int parts[3], int month, int day)
{
    int m = parts[1] ? parts[1] : month;
    int d = parts[2] ? parts[2] : day;
    return (uint32_t)(parts[0] * 10000 + m * 100 + d);
}

uint32_t osl_date_first(osl_text date)
{
    int parts[3];
    size_t length;
    return read_date(date, parts, &length) ? pack_date(parts, 1, 1) : 0;
}

uint32_t osl_date_last(osl_text date)
{
    int parts[3];
    size_t length;
    return read_date(date, parts, &length) ? pack_date(parts, 12, 31) : 0;
}

uint32_t osl_date_order(osl_text date)
{
    int parts[3];
    size_t length;
    return read_date(date, parts, &length) ? pack_date(parts, 0, 0) : 0;
}

static bool is_whole_date(osl_text date)
{
    int parts[3];
    size_t length;
    return read_date(date, parts, &length) && length == date.length;
}

static bool split_range(osl_text text, osl_text *from, osl_text *to)
{
    for (size_t i = 0; i + 1 < text.length; i++)
        if (text.bytes[i] == '.' && text.bytes[i + 1] == '.') {
            *from = (osl_text){text.bytes, i};
            *to = text_from(text, i + 2);
            return true;
        }
    return false;
}

static const char *read_range(osl_filter *out, osl_text from, osl_text to)
{
    if ((from.length && !is_whole_date(from)) ||
        (to.length && !is_whole_date(to)) || from.length + to.length == 0)
        return "updated: takes dates such as 2014, 2014-02 or 2013..2014-06";
    out->from = from.length ? osl_date_first(from) : DATE_MIN;
    out->to = to.length ? osl_date_last(to) : DATE_MAX;
    return NULL;
}

static const char *read_updated(osl_filter *out)
{
    osl_text from, to;
    if (out->compare == OSL_COMPARE_EQUAL &&
        split_range(out->value, &from, &to))
        return read_range(out, from, to);
    if (!is_whole_date(out->value))
        return "updated: takes a date such as 2014, 2014-02 or 2014-02-01";
    uint32_t first = osl_date_first(out->value);
    uint32_t last = osl_date_last(out->value);
    out->from = DATE_MIN;
    out->to = DATE_MAX;
    if (out->compare == OSL_COMPARE_EQUAL ||
        out->compare == OSL_COMPARE_AT_LEAST)
        out->from = first;
    if (out->compare == OSL_COMPARE_ABOVE)
        out->from = last + 1;
    if (out->compare == OSL_COMPARE_EQUAL ||
        out->compare == OSL_COMPARE_AT_MOST)
        out->to = last;
    if (out->compare == OSL_COMPARE_BELOW)
        out->to = first - 1;
    return NULL;
}

bool osl_filter_takes_date(const osl_filter *filter, osl_text updated)
{
    uint32_t day = osl_date_first(updated);
    return day != 0 && day >= filter->from && day <= filter->to;
}

/* ---- evidence ---------------------------------------------------------- */

/* A level as something to compare: less is stronger. */
typedef struct level_key {
    enum { NO_FAMILY, LETTER_FIRST, FIGURE_FIRST, GRADE_WORD } family;
    uint32_t parts[3];
    unsigned part_count; /* parts that were given */
} level_key;

/* i, ii, iii, iv as 1 to 4; 0 where there is none. */
static uint32_t take_roman(osl_text text, size_t *at)
{
    size_t ones = 0;
    while (*at + ones < text.length && ones < 3 &&
           lower(text.bytes[*at + ones]) == 'i')
        ones++;
    *at += ones;
    if (ones == 1 && *at < text.length && lower(text.bytes[*at]) == 'v') {
        *at += 1;
        return 4;
    }
    return (uint32_t)ones;
}

static level_key grade_word_key(osl_text text)
{
    static const char *const words[] = {"high", "moderate", "low", "very"};
    for (uint32_t i = 0; i < 4; i++)
        if (begins_with(text, osl_text_of(words[i])))
            return (level_key){GRADE_WORD, {i, 0, 0}, 1};
    return (level_key){NO_FAMILY, {0, 0, 0}, 0};
}

static level_key letter_first_key(osl_text text)
{
    level_key key = {LETTER_FIRST, {(uint32_t)lower(text.bytes[0]), 0, 0}, 1};
    if (text.length > 1 && is_digit(text.bytes[1])) {
        key.parts[1] = (uint32_t)(text.bytes[1] - '0');
        key.part_count = 2;
    }
    return key;
}

static level_key figure_first_key(osl_text text)
{
    level_key key = {FIGURE_FIRST, {(uint32_t)(text.bytes[0] - '0'), 0, 0}, 1};
    size_t at = 1;
    key.parts[1] = take_roman(text, &at);
    if (key.parts[1])
        key.part_count = 2;
    if (at < text.length && is_letter(text.bytes[at])) {
        key.parts[2] = (uint32_t)lower(text.bytes[at]);
        key.part_count = 3;
    }
    return key;
}

static level_key key_of(osl_text text)
{
    level_key none = {NO_FAMILY, {0, 0, 0}, 0};
    if (!text.length)
        return none;
    bool one_letter = text.length == 1 || !is_letter(text.bytes[1]);
    if (is_letter(text.bytes[0]))
        return one_letter ? letter_first_key(text) : grade_word_key(text);
    return is_digit(text.bytes[0]) ? figure_first_key(text) : none;
}

/* Only as many parts as the query gave: >=B takes B3 too. */
static int compare_keys(const level_key *level, const level_key *asked)
{
    for (unsigned i = 0; i < asked->part_count; i++)
        if (level->parts[i] != asked->parts[i])
            return level->parts[i] < asked->parts[i] ? -1 : 1;
    return 0;
}

static bool holds_word(osl_text text, osl_text word)
{
    bool at_start = true;
    for (size_t i = 0; i < text.length; i++) {
        if (at_start && begins_with(text_from(text, i), word))
            return true;
        at_start = !is_letter(text.bytes[i]) && !is_digit(text.bytes[i]) &&
                   (unsigned char)text.bytes[i] < 0x80;
    }
    return false;
}

bool osl_filter_takes_evidence(const osl_filter *filter, osl_text level)
{
    if (filter->compare == OSL_COMPARE_EQUAL)
        return begins_with(level, filter->value) ||
               (filter->value.length > 2 && holds_word(level, filter->value));
    level_key asked = key_of(filter->value);
    level_key key = key_of(level);
    if (key.family != asked.family || key.family == NO_FAMILY)
        return false;
    int order = compare_keys(&key, &asked);
    switch (filter->compare) {
    case OSL_COMPARE_AT_LEAST: /* at least as strong: not behind it */
        return order <= 0;
    case OSL_COMPARE_ABOVE:
        return order < 0;
    case OSL_COMPARE_AT_MOST:
        return order >= 0;
    default:
        return order > 0;
    }
}

bool osl_filter_takes_name(const osl_filter *filter, osl_text name)
{
    if (filter->field == OSL_FILTER_LANGUAGE)
        return begins_with(name, filter->value) &&
               (name.length == filter->value.length ||
                name.bytes[filter->value.length] == '-' ||
                name.bytes[filter->value.length] == '_');
    return holds_word(name, filter->value);
}

/* ---- reading ----------------------------------------------------------- */

static osl_compare take_compare(osl_text *text)
{
    static const struct {
        const char *sign;
        osl_compare compare;
    } signs[] = {
        {">=", OSL_COMPARE_AT_LEAST},
        {"<=", OSL_COMPARE_AT_MOST},
        {"\xE2\x89\xA5", OSL_COMPARE_AT_LEAST}, /* ≥ */
        {"\xE2\x89\xA4", OSL_COMPARE_AT_MOST},  /* ≤ */
        {">", OSL_COMPARE_ABOVE},
        {"<", OSL_COMPARE_BELOW},
        {"=", OSL_COMPARE_EQUAL},
    };
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        osl_text sign = osl_text_of(signs[i].sign);
        if (begins_with(*text, sign)) {
            *text = text_from(*text, sign.length);
            return signs[i].compare;
        }
    }
    return OSL_COMPARE_EQUAL;
}

const char *osl_filter_read(osl_filter *out, osl_filter_field field,
                            osl_text text)
{
    *out = (osl_filter){.field = field};
    if (field == OSL_FILTER_UPDATED || field == OSL_FILTER_EVIDENCE)
        out->compare = take_compare(&text);
    while (text.length && text.bytes[0] == ' ')
        text = text_from(text, 1);
    while (text.length && text.bytes[text.length - 1] == ' ')
        text.length--;
    out->value = text;
    if (!text.length)
        return "a filter without a value";
    if (field == OSL_FILTER_UPDATED)
        return read_updated(out);
    if (field == OSL_FILTER_EVIDENCE && out->compare != OSL_COMPARE_EQUAL &&
        key_of(text).family == NO_FAMILY)
        return "evidence: has an order for levels such as B, C2, 3iiA, low";
    return NULL;
}

const char *osl_filter_name(osl_filter_field field)
{
    static const char *const names[] = {"document", "evidence", "audience",
                                        "language", "updated"};
    return names[field];
}
