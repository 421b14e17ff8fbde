/* SPDX-License-Identifier: MIT
 *
 * What is around a text and not of it.
 *
 * Pages: a line with a page number ("PAGE 1 OF 2") is furniture, and so are
 * lines next to one that come again, digits aside, next to another: running
 * titles, revision lines. A line that comes again elsewhere ("Adults:") is
 * text.
 *
 * Sites: text scraped off a web page begins with its menus and ends with its
 * disclaimer and links. Both are told by their words, and only where what
 * would go holds no prose: a guideline may well speak of its own limits. */
#include "corpus/text_lines.h"

#include <string.h>

#include "corpus/date.h"

/* ---- pages ------------------------------------------------------------- */

static size_t skip_blanks(osl_text line, size_t at)
{
    while (at < line.length && osl_is_space(line.bytes[at]))
        at++;
    return at;
}

static size_t skip_digits(osl_text line, size_t at)
{
    while (at < line.length && osl_is_digit(line.bytes[at]))
        at++;
    return at;
}

static bool has_at(osl_text line, size_t at, const char *word)
{
    return osl_text_starts_fold((osl_text){line.bytes + at, line.length - at},
                                word);
}

/* "1 of 12", "1/12", at the end of the line. */
static bool is_n_of_m(osl_text line, size_t at)
{
    size_t end = skip_digits(line, at);
    if (end == at || end - at > 4)
        return false;
    end = skip_blanks(line, end);
    if (has_at(line, end, "of "))
        end += 3;
    else if (end < line.length && line.bytes[end] == '/')
        end++;
    else
        return false;
    end = skip_blanks(line, end);
    size_t stop = skip_digits(line, end);
    return stop > end && stop == line.length;
}

/* "page 3", "PAGE 1 OF 2" at the end of the line, or the line is nothing but
 * a page's number in dashes. */
bool osl_text_is_page_mark(osl_text line)
{
    if (line.length > 120 || line.length == 0)
        return false;
    size_t at = osl_text_find_fold(line, "page ");
    if (at < line.length && (at == 0 || osl_is_space(line.bytes[at - 1]) ||
                             line.bytes[at - 1] == '|')) {
        at = skip_blanks(line, at + 5);
        size_t end = skip_digits(line, at);
        bool only = end > at && end == line.length;
        if ((only && osl_text_words(line) <= 8) || is_n_of_m(line, at))
            return true;
    }
    if (is_n_of_m(line, 0) && memchr(line.bytes, '/', line.length) == NULL)
        return true;
    if (line.bytes[0] != '-' || line.bytes[line.length - 1] != '-')
        return false;
    at = skip_blanks(line, 1);
    size_t end = skip_digits(line, at);
    return end > at && skip_blanks(line, end) == line.length - 1;
}

/* Equal, a number for a number and whatever blanks. */
static bool same_but_digits(osl_text a, osl_text b)
{
    size_t i = 0, k = 0;
    while (i < a.length && k < b.length) {
        if (osl_is_digit(a.bytes[i]) && osl_is_digit(b.bytes[k])) {
            i = skip_digits(a, i);
            k = skip_digits(b, k);
        } else if (osl_is_space(a.bytes[i]) && osl_is_space(b.bytes[k])) {
            i = skip_blanks(a, i);
            k = skip_blanks(b, k);
        } else if (osl_to_lower(a.bytes[i]) == osl_to_lower(b.bytes[k])) {
            i++;
            k++;
        } else {
            return false;
        }
    }
    return i == a.length && k == b.length;
}

#define AROUND 8 /* lines that are not blank, to each side of a page's end */

/* The numbers of the lines near a page mark, nearest first, up to AROUND in
 * the direction `step`. */
static size_t lines_around(const text_lines *lines, size_t mark, int step,
                           size_t *out)
{
    size_t count = 0;
    for (size_t at = mark; count < AROUND;) {
        if (step < 0 ? at == 0 : at + 1 >= lines->count)
            break;
        at = step < 0 ? at - 1 : at + 1;
        if (lines->items[at].text.length)
            out[count++] = at;
    }
    return count;
}

/* Drops of the lines around two page marks what stands at both. */
static void drop_common(text_lines *lines, size_t a, size_t b, int step)
{
    size_t near_a[AROUND], near_b[AROUND];
    size_t count_a = lines_around(lines, a, step, near_a);
    size_t count_b = lines_around(lines, b, step, near_b);
    for (size_t i = 0; i < count_a; i++)
        for (size_t k = 0; k < count_b; k++) {
            text_line *one = &lines->items[near_a[i]];
            text_line *other = &lines->items[near_b[k]];
            if (one == other || one->text.length > 160 ||
                !same_but_digits(one->text, other->text))
                continue;
            one->dropped = one->running = true;
            other->dropped = other->running = true;
        }
}

/* "REVISED: 07-01-25" and nothing but such words and dates. */
static bool is_revision(osl_text line)
{
    static const char *const words[] = {"revised", "supersedes", "effective",
                                        "issued", "revision date"};
    size_t letters = 0;
    bool starts = false, digits = false;
    if (line.length > 90 || memchr(line.bytes, ':', line.length) == NULL)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        starts |= osl_text_starts_fold(line, words[i]);
    for (size_t i = 0; i < line.length; i++) {
        letters += osl_is_alpha(line.bytes[i]);
        digits |= osl_is_digit(line.bytes[i]);
    }
    return starts &&
           (letters <= 16 ||
            (digits && letters <= 40 && osl_text_words(line) <= 8)) &&
           !osl_text_ends_sentence((osl_text){line.bytes, line.length - 1});
}

static void drop_revisions(text_lines *lines, osl_text *updated)
{
    char date[11];
    for (size_t i = 0; i < lines->count; i++) {
        text_line *line = &lines->items[i];
        if (line->text.length == 0 || !is_revision(line->text))
            continue;
        line->dropped = true;
        if (updated->length == 0 &&
            osl_text_find_fold(line->text, "supersedes") == line->text.length &&
            osl_date_parse(line->text, date))
            *updated = line->text;
    }
}

void osl_text_drop_pages(text_lines *lines, osl_arena *arena, osl_text *updated)
{
    size_t *marks = osl_arena_zero(arena, lines->count + 1, sizeof *marks);
    size_t count = 0;
    if (marks == NULL)
        return;
    drop_revisions(lines, updated);
    for (size_t i = 0; i < lines->count; i++) {
        text_line *line = &lines->items[i];
        if (osl_text_is_page_mark(line->text)) {
            marks[count++] = i;
            line->dropped = true;
        } else if (line->page) {
            marks[count++] = i;
        }
    }
    for (size_t i = 0; i + 1 < count; i++) {
        drop_common(lines, marks[i], marks[i + 1], -1);
        drop_common(lines, marks[i], marks[i + 1], 1);
        if (lines->items[marks[i]].page &&
            same_but_digits(lines->items[marks[i]].text,
                            lines->items[marks[i + 1]].text)) {
            lines->items[marks[i]].dropped = true;
            lines->items[marks[i + 1]].dropped = true;
        }
    }
}

/* ---- sites ------------------------------------------------------------- */

/* Said of a line as a whole. */
static const char *const menu_lines[] = {
    "home",         "menu",
    "main menu",    "search",
    "share",        "print",
    "email",        "close",
    "login",        "register",
    "subscribe",    "contact us",
    "about us",     "site map",
    "sitemap",      "navigation",
    "newsletter",   "advertisement",
    "sponsored",    "bookmark",
    "feedback",     "language",
    "top of page",  "back to top",
    "on this page", "table of contents",
};
/* Said of a short line that they begin or stand in. */
static const char *const menu_words[] = {
    "skip to ",
    "sign in",
    "sign up",
    "log in",
    "log out",
    "font size",
    "text size",
    "my account",
    "accept all",
    "cookie",
    "you are here",
    "toggle navigation",
    "create account",
    "switch to ",
    "change text size",
    "print this",
    "email this",
    "share this",
    "go to patient version",
    "go to health professional version",
};
static const char *const disclaimers[] = {
    "not intended to replace",
    "not a substitute for",
    "not intended as a substitute",
    "disclaims any liability",
    "disclaims all liability",
    "should not be used as a substitute",
    "not intended to be a substitute",
    "does not replace the advice",
    "does not constitute medical advice",
    "all rights reserved",
    "should not replace the advice",
};
/* Each of them has one of these. */
static const char *const disclaimer_parts[] = {"disclaims a", "all rights",
                                               "not "};
static const char *const tails[] = {
    "next article",
    "previous article",
    "related articles",
    "related links",
    "related topics",
    "related content",
    "today on ",
    "more from ",
    "you may also like",
    "recommended for you",
    "follow us",
    "share this",
    "terms of use",
    "privacy policy",
    "sponsored content",
    "popular articles",
    "further reading on this site",
};
static const char *const credits[] = {
    "last updated", "last reviewed", "last modified", "last revised",
    "reviewed on",  "updated:",      "updated on",    "published on",
    "date last",    "reviewed by",   "source:",       "copyright",
    "\xC2\xA9",
};

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* Longer lines are of the text: a disclaimer is a sentence or two. */
#define SAID_MAX 2000

static bool says_any(osl_text line, const char *const *words, size_t count)
{
    if (line.length > SAID_MAX)
        return false;
    for (size_t i = 0; i < count; i++)
        if (osl_text_find_fold(line, words[i]) < line.length)
            return true;
    return false;
}

static bool is_disclaimer(osl_text line)
{
    return says_any(line, disclaimer_parts, COUNT_OF(disclaimer_parts)) &&
           says_any(line, disclaimers, COUNT_OF(disclaimers));
}

static bool starts_any(osl_text line, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (osl_text_starts_fold(line, words[i]))
            return true;
    return false;
}

/* "Home > Cancer > Treatment" */
static bool is_breadcrumb(osl_text line)
{
    static const char *const joints[] = {" > ", " » ", " › "};
    if (line.length >= 160)
        return false;
    for (size_t i = 0; i < COUNT_OF(joints); i++) {
        size_t first = osl_text_find_fold(line, joints[i]);
        if (first == line.length)
            continue;
        osl_text rest = {line.bytes + first + 3, line.length - first - 3};
        if (osl_text_starts_fold(line, "home") ||
            osl_text_find_fold(rest, joints[i]) < rest.length)
            return !osl_text_ends_sentence(line);
    }
    return false;
}

static bool is_menu(osl_text line)
{
    if (line.length == 0 || line.length > 80)
        return false;
    for (size_t i = 0; i < COUNT_OF(menu_lines); i++)
        if (osl_text_equal_fold(line, osl_text_of(menu_lines[i])))
            return true;
    return (osl_text_words(line) <= 9 && !osl_text_ends_sentence(line) &&
            says_any(line, menu_words, COUNT_OF(menu_words)));
}

/* A sentence long enough to be of the text. */
static bool is_prose_line(osl_text line)
{
    return line.length >= 120 ||
           (osl_text_words(line) >= 9 && osl_text_ends_sentence(line));
}

#define FRONT        60
#define SENTENCE_MIN 5 /* words */

static void drop_front(text_lines *lines)
{
    size_t behind = 0, menus = 0;
    for (size_t i = 0; i < lines->count && i < FRONT; i++) {
        osl_text line = lines->items[i].text;
        bool crumb = is_breadcrumb(line);
        if (is_menu(line) || crumb) {
            behind = i + 1;
            menus += 1 + crumb;
        } else if (is_prose_line(line)) {
            break;
        }
    }
    if (menus < 2) /* one such line may be a heading ("Search") */
        return;
    for (size_t i = 0; i < behind; i++)
        lines->items[i].dropped = true;
}

/* Whether what stands behind `at` is more than a line or two of prose. */
static bool has_prose_behind(const text_lines *lines, size_t at)
{
    size_t prose = 0;
    for (size_t i = at + 1; i < lines->count; i++)
        prose += is_prose_line(lines->items[i].text) &&
                 !is_disclaimer(lines->items[i].text);
    return prose > 2;
}

/* Where the site's tail begins: the first disclaimer or link list that no
 * prose follows; lines->count where there is none. */
static size_t find_tail(const text_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        osl_text line = lines->items[i].text;
        bool tail =
            is_disclaimer(line) ||
            (line.length < 60 && starts_any(line, tails, COUNT_OF(tails)));
        if (tail && !has_prose_behind(lines, i))
            return i;
    }
    return lines->count;
}

/* Credits just before a tail, or at the end of the text, go with it. */
static size_t back_over_credits(const text_lines *lines, size_t tail,
                                osl_text *updated)
{
    size_t seen = 0;
    bool dated = false;
    for (size_t i = tail; i-- > 0 && seen < 4;) {
        osl_text line = lines->items[i].text;
        if (line.length == 0)
            continue;
        seen++;
        bool credit =
            line.length < 120 && starts_any(line, credits, COUNT_OF(credits));
        bool publisher = dated && line.length < 100 &&
                         !osl_text_ends_sentence(line) &&
                         osl_text_mark(line) == 0 &&
                         osl_text_find_fold(line, "information") < line.length;
        if (!credit && !publisher)
            break;
        char date[11];
        if (credit && osl_date_parse(line, date)) {
            *updated = line;
            dated = true;
        }
        tail = i;
    }
    return tail;
}

/* "## Heading" */
static bool is_marked_heading(osl_text line)
{
    size_t hashes = 0;
    while (hashes < line.length && line.bytes[hashes] == '#')
        hashes++;
    return hashes > 0 && hashes <= 6 && hashes + 1 < line.length &&
           line.bytes[hashes] == ' ';
}

/* Where somebody has written on behind the tail: no site's tail has a marked
 * heading with prose below. lines->count where there is none. */
static size_t end_of_tail(const text_lines *lines, size_t tail)
{
    for (size_t i = tail; i < lines->count; i++) {
        if (!is_marked_heading(lines->items[i].text))
            continue;
        size_t next = i + 1;
        while (next < lines->count && lines->items[next].text.length == 0)
            next++;
        if (next < lines->count &&
            osl_text_words(lines->items[next].text) >= SENTENCE_MIN &&
            osl_text_ends_sentence(lines->items[next].text))
            return i;
    }
    return lines->count;
}

void osl_text_drop_site(text_lines *lines, osl_text *updated)
{
    drop_front(lines);
    size_t tail = back_over_credits(lines, find_tail(lines), updated);
    size_t end = end_of_tail(lines, tail);
    for (size_t i = tail; i < end; i++)
        lines->items[i].dropped = true;
}
