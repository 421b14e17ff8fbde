/* SPDX-License-Identifier: MIT
 *
 * A date is read from its words and numbers alone: the text is cut into runs
 * of digits and runs of letters, and three runs next to each other that make
 * a day, a month and a year are one. No locale, no strptime(). */
#include "corpus/date.h"

#include <stdio.h>
#include <string.h>

#include "corpus/clean.h"

typedef struct date_part {
    osl_text run;
    unsigned number; /* 0 where it is no number */
    unsigned month;  /* 1 to 12 where it is a month's name */
    char before;     /* the byte before it, 0 at the start */
} date_part;

#define PARTS_MAX 64

static unsigned month_of(osl_text word)
{
    static const char *const names[] = {
        "january", "february", "march",     "april",   "may",      "june",
        "july",    "august",   "september", "october", "november", "december"};
    for (unsigned i = 0; i < 12; i++) {
        osl_text name = osl_text_of(names[i]);
        if (osl_text_equal_fold(word, name))
            return i + 1;
        name.length = 3;
        if (osl_text_equal_fold(word, name))
            return i + 1;
    }
    return osl_text_equal_fold(word, osl_text_of("sept")) ? 9 : 0;
}

static unsigned number_of(osl_text run)
{
    unsigned value = 0;
    if (run.length > 8)
        return 0;
    for (size_t i = 0; i < run.length; i++)
        value = value * 10 + (unsigned)(run.bytes[i] - '0');
    return value;
}

static size_t split(osl_text text, date_part *parts)
{
    size_t count = 0, i = 0;
    while (i < text.length && count < PARTS_MAX) {
        size_t from = i;
        bool digits = osl_is_digit(text.bytes[i]);
        while (i < text.length && (digits ? osl_is_digit(text.bytes[i])
                                          : osl_is_alpha(text.bytes[i])))
            i++;
        if (i == from) {
            i++;
            continue;
        }
        osl_text run = {text.bytes + from, i - from};
        parts[count++] = (date_part){
            .run = run,
            .number = digits ? number_of(run) : 0,
            .month = digits ? 0 : month_of(run),
            .before = (char)(from ? text.bytes[from - 1] : '\0'),
        };
    }
    return count;
}

static bool is_year(const date_part *part)
{
    return part->run.length == 4 && part->number >= 1500 &&
           part->number <= 2200;
}

static bool is_day(const date_part *part)
{
    return part->run.length <= 2 && part->number >= 1 && part->number <= 31;
}

static bool is_month(const date_part *part)
{
    return part->run.length <= 2 && part->number >= 1 && part->number <= 12;
}

static void print(char out[11], unsigned year, unsigned month, unsigned day)
{
    char text[40];
    if (day)
        (void)snprintf(text, sizeof text, "%04u-%02u-%02u", year, month, day);
    else if (month)
        (void)snprintf(text, sizeof text, "%04u-%02u", year, month);
    else
        (void)snprintf(text, sizeof text, "%04u", year);
    memcpy(out, text, 10);
    out[10] = '\0';
}

static bool numbers_only(const date_part *p, char out[11])
{
    if (is_year(&p[0]) && is_month(&p[1]) && is_day(&p[2])) {
        print(out, p[0].number, p[1].number, p[2].number);
        return true;
    }
    if (!is_year(&p[2]) || !is_day(&p[0]) || !is_day(&p[1]))
        return false;
    bool american = p[1].before == '/' || p[1].before == '-';
    bool month_first = is_month(&p[0]) && (american || !is_month(&p[1]));
    const date_part *month = month_first ? &p[0] : &p[1];
    const date_part *day = month_first ? &p[1] : &p[0];
    if (!is_month(month))
        return false;
    print(out, p[2].number, month->number, day->number);
    return true;
}

/* An ordinal's ending ("30th of December") does not stand between. */
static bool is_filler(const date_part *part)
{
    static const char *const words[] = {"st", "nd", "rd", "th", "of"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (osl_text_equal_fold(part->run, osl_text_of(words[i])))
            return true;
    return false;
}

static bool whole_date(const date_part *p, char out[11])
{
    if (p[0].month && is_day(&p[1]) && is_year(&p[2])) {
        print(out, p[2].number, p[0].month, p[1].number);
        return true;
    }
    if (is_day(&p[0]) && p[1].month && is_year(&p[2])) {
        print(out, p[2].number, p[1].month, p[0].number);
        return true;
    }
    if (is_year(&p[0]) && p[1].month && is_day(&p[2])) {
        print(out, p[0].number, p[1].month, p[2].number);
        return true;
    }
    return numbers_only(p, out);
}

static bool compact_date(const date_part *p, char out[11])
{
    unsigned month = p->number / 100 % 100, day = p->number % 100;
    if (p->run.length != 8 || p->number < 15000101 || p->number > 22001231 ||
        month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    print(out, p->number / 10000, month, day);
    return true;
}

/* "07-01-25", "7/1/98": month first, years of two digits from 1941 on. */
static bool short_year(const date_part *p, char out[11])
{
    unsigned year = p[2].number;
    bool joined = (p[1].before == '/' || p[1].before == '-') &&
                  p[1].before == p[2].before;
    if (!joined || p[2].run.length != 2 || !is_month(&p[0]) || !is_day(&p[1]))
        return false;
    print(out, year > 40 ? 1900 + year : 2000 + year, p[0].number, p[1].number);
    return true;
}

static bool year_and_month(const date_part *p, char out[11])
{
    if (p[0].month && is_year(&p[1])) {
        print(out, p[1].number, p[0].month, 0);
        return true;
    }
    if (is_year(&p[0]) && p[1].month) {
        print(out, p[0].number, p[1].month, 0);
        return true;
    }
    if (is_year(&p[0]) && is_month(&p[1]) && p[1].run.length == 2 &&
        p[1].before == '-') {
        print(out, p[0].number, p[1].number, 0);
        return true;
    }
    if (is_month(&p[0]) && is_year(&p[1]) && p[1].before == '/') {
        print(out, p[1].number, p[0].number, 0);
        return true;
    }
    return false;
}

bool osl_date_parse(osl_text text, char out[11])
{
    date_part parts[PARTS_MAX];
    size_t raw = split(text, parts), count = 0;
    for (size_t i = 0; i < raw; i++)
        if (!is_filler(&parts[i]))
            parts[count++] = parts[i];
    for (size_t i = 0; i + 3 <= count; i++)
        if (whole_date(&parts[i], out))
            return true;
    for (size_t i = 0; i < count; i++)
        if (compact_date(&parts[i], out))
            return true;
    for (size_t i = 0; i + 3 <= count; i++)
        if (short_year(&parts[i], out))
            return true;
    for (size_t i = 0; i + 2 <= count; i++)
        if (year_and_month(&parts[i], out))
            return true;
    for (size_t i = 0; i < count; i++)
        if (is_year(&parts[i])) {
            print(out, parts[i].number, 0, 0);
            return true;
        }
    return false;
}
