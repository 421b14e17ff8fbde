/* SPDX-License-Identifier: MIT
 *
 * Each rule is a function that says whether its dirt begins at a byte. They
 * are written apart from the readers' own cleaning and share no code with it:
 * a fault must not hide itself. */
#include "tests/corpus/dirt.h"

#include <string.h>

#include "core/base/utf8.h"

const char dirt_broken[] = "U+FFFD";
const char dirt_cited[] = "a citation mark";

typedef struct place {
    const char *start, *at, *end;
} place;

static char here(const place *p, size_t ahead)
{
    return (size_t)(p->end - p->at) > ahead ? p->at[ahead] : '\0';
}

static char before(const place *p)
{
    return p->at > p->start ? p->at[-1] : '\0';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_number(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_wide(char c)
{
    return (unsigned char)c >= 0x80;
}

static bool starts(const place *p, const char *with)
{
    size_t length = strlen(with);
    return (size_t)(p->end - p->at) >= length &&
           memcmp(p->at, with, length) == 0;
}

static bool is_one_of(const char *name, size_t length, const char *const *names,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
            return true;
    return false;
}

/* ---- markup ------------------------------------------------------------ */

static bool is_element(const char *name, size_t length)
{
    static const char *const names[] = {
        "a",    "article", "b",     "blockquote", "body",   "br",    "button",
        "dd",   "div",     "dl",    "dt",         "em",     "font",  "footer",
        "form", "h1",      "h2",    "h3",         "h4",     "head",  "header",
        "hr",   "html",    "i",     "iframe",     "img",    "input", "li",
        "link", "meta",    "nav",   "ol",         "option", "p",     "pre",
        "q",    "s",       "small", "script",     "select", "span",  "strong",
        "sub",  "sup",     "style", "svg",        "table",  "tbody", "td",
        "th",   "thead",   "title", "tr",         "u",      "ul",    "Para",
    };
    return is_one_of(name, length, names, sizeof names / sizeof *names);
}

/* "<p>", "</Anything>", "<x y=…", "<!--", "<?xml"; not "<HER2>", "p <0.05". */
static bool is_tag(const place *p)
{
    static const char *const others[] = {"<!--", "<![CDATA[", "<?xml",
                                         "<!DOCTYPE", "<!ELEMENT"};
    if (here(p, 0) != '<')
        return false;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (starts(p, others[i]))
            return true;
    bool closes = here(p, 1) == '/';
    size_t name = closes ? 2 : 1, at = name;
    while (is_letter(here(p, at)) || is_number(here(p, at)) ||
           (at > name && (here(p, at) == ':' || here(p, at) == '-')))
        at++;
    if (at == name || !is_letter(here(p, name)))
        return false;
    if (here(p, at) == '>')
        return closes || is_element(p->at + name, at - name);
    while (here(p, at) == ' ')
        at++;
    if (here(p, at) == '/' && here(p, at + 1) == '>')
        return true;
    size_t value = at;
    while (is_letter(here(p, value)) || here(p, value) == '-' ||
           here(p, value) == ':')
        value++;
    return value > at && here(p, value) == '=' &&
           (here(p, value + 1) == '"' || here(p, value + 1) == '\'');
}

/* "&nbsp;", "&#160;", "&#xA0;"; not "MPH&TM;", "R&D;". */
static bool is_reference(const place *p)
{
    static const char *const names[] = {
        "nbsp",  "amp",    "lt",     "gt",    "quot",   "apos",  "ndash",
        "mdash", "rsquo",  "lsquo",  "rdquo", "ldquo",  "bull",  "hellip",
        "sect",  "deg",    "plusmn", "micro", "middot", "le",    "ge",
        "times", "alpha",  "beta",   "gamma", "mu",     "copy",  "reg",
        "trade", "eacute", "ensp",   "emsp",  "thinsp", "minus", "frac12",
    };
    size_t at = 1;
    if (here(p, 0) != '&')
        return false;
    if (here(p, at) == '#') {
        at += here(p, 2) == 'x' ? 2 : 1;
        size_t digits = at;
        while (is_number(here(p, at)) ||
               (here(p, at) >= 'a' && here(p, at) <= 'f') ||
               (here(p, at) >= 'A' && here(p, at) <= 'F'))
            at++;
        return at > digits && here(p, at) == ';';
    }
    while (is_letter(here(p, at)) || is_number(here(p, at)))
        at++;
    return here(p, at) == ';' &&
           is_one_of(p->at + 1, at - 1, names, sizeof names / sizeof *names);
}

/* "](https://…)", "](#place)", "](page.html)"; not "[a](pyrene)". */
static bool is_link(const place *p)
{
    bool is_address = false;
    if (here(p, 0) != ']' || here(p, 1) != '(')
        return false;
    for (size_t at = 2; here(p, at) && here(p, at) != ' '; at++) {
        if (here(p, at) == ')')
            return is_address;
        is_address |= strchr("/#.:", here(p, at)) != NULL;
    }
    return is_address;
}

/* "**words**", "__words__"; a footnote's stars stand alone. */
static bool is_bold(const place *p)
{
    char mark = here(p, 0);
    if ((mark != '*' && mark != '_') || here(p, 1) != mark ||
        here(p, 2) == mark || here(p, 2) == ' ' || before(p) == mark ||
        is_letter(before(p)) || is_number(before(p)) || is_wide(before(p)))
        return false;
    for (const char *at = p->at + 2; at + 1 < p->end; at++)
        if (*at == mark)
            return at[1] == mark && at[-1] != ' ' && is_letter(p->at[2]);
    return false;
}

/* "Text\n\nmore", "\u00e9": escapes of a program's string. */
static bool is_escape(const place *p)
{
    if (here(p, 0) != '\\')
        return false;
    if (here(p, 1) == 'u')
        return is_number(here(p, 2)) && is_number(here(p, 3));
    return here(p, 1) == 'n' && (before(p) == ' ' || before(p) == '.') &&
           (here(p, 2) == ' ' || here(p, 2) == '\\');
}

/* ---- what was never text ----------------------------------------------- */

/* 80 characters of base64 in a row with capitals, small letters and digits
 * mixed as in no word, path or address. */
static bool is_base64(const place *p)
{
    size_t at = 0, changes = 0;
    if (is_letter(before(p)) || is_number(before(p)) || before(p) == '/' ||
        before(p) == '+')
        return false;
    for (int last = 0; is_letter(here(p, at)) || is_number(here(p, at)) ||
                       here(p, at) == '+' || here(p, at) == '/';
         at++) {
        char c = here(p, at);
        int kind = is_number(c) ? 1 : (c >= 'a' && c <= 'z') ? 2 : 3;
        changes += kind != last;
        last = kind;
    }
    return at >= 80 && changes * 4 > at;
}

static bool is_phrase(const place *p)
{
    static const char *const phrases[] = {
        "skip to main content",
        "skip to content",
        "skip navigation",
        "google tag manager",
        "go to patient version",
        "back to top",
        "go to health professional version",
        "charoverride",
        "enable javascript",
        "javascript is disabled",
        "accept cookies",
        "accept all cookies",
        "cookie policy",
        "[pubmed abstract]",
        "[pubmed: ",
        "share this page",
        "print this page",
        "click to enlarge",
        "toggle navigation",
        "email this page",
    };
    if (is_letter(before(p)))
        return false;
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        size_t n = 0;
        while (phrases[i][n] && (here(p, n) | 0x20) == (phrases[i][n] | 0x20))
            n++;
        if (!phrases[i][n] && !is_letter(here(p, n)))
            return true;
    }
    return false;
}

/* "range[12-30]", "95% CI[1,2]" */
static bool is_interval(const place *p)
{
    static const char *const words[] = {"range", "interval", "CI", "IQR", "SD"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(p->at - p->start) >= length &&
            memcmp(p->at - length, words[i], length) == 0)
            return true;
    }
    return false;
}

/* "relapse.[66]", "EFS[70,71]", "[[9](": numbers in brackets that nothing but
 * a citation glues to a word. "[12-30]" behind a blank is an interval,
 * "benzo[3]pyrene" a name, "guideline[2018]" a year. */
static bool is_citation(const place *p)
{
    char glue = before(p);
    size_t at = 1, digits = 0;
    if (here(p, 0) != '[')
        return false;
    if (here(p, 1) == '[' && is_number(here(p, 2)))
        return true;
    if (!(is_letter(glue) || (glue && strchr(".,;:)\"", glue))) ||
        here(p, 1) == '0')
        return false;
    while (is_number(here(p, at)) ||
           (here(p, at) && strchr(", -", here(p, at)))) {
        digits = is_number(here(p, at)) ? digits + 1 : 0;
        if (digits > 3)
            return false;
        at++;
    }
    return at > 1 && digits > 0 && here(p, at) == ']' &&
           !is_letter(here(p, at + 1)) && !is_interval(p);
}

static bool is_broken(const place *p)
{
    return here(p, 0) == '\xEF' && here(p, 1) == '\xBF' && here(p, 2) == '\xBD';
}

static const struct {
    const char *what;
    bool (*is)(const place *p);
} rules[] = {
    {"a tag", is_tag},
    {"a reference of markup", is_reference},
    {"a link of Markdown", is_link},
    {"bold of Markdown", is_bold},
    {"an escape", is_escape},
    {"base64", is_base64},
    {"words of a page's furniture", is_phrase},
    {dirt_cited, is_citation},
};

dirt dirt_find(osl_text text)
{
    dirt broken = {NULL, 0};
    place p = {text.bytes, text.bytes, text.bytes + text.length};
    for (; p.at < p.end; p.at++) {
        size_t at = (size_t)(p.at - p.start);
        for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
            if (rules[i].is(&p))
                return (dirt){rules[i].what, at};
        if (!broken.what && is_broken(&p))
            broken = (dirt){dirt_broken, at};
    }
    return broken;
}

bool dirt_source_is_broken(osl_text source)
{
    return (source.length > 2 &&
            memmem(source.bytes, source.length, "\xEF\xBF\xBD", 3)) ||
           osl_utf8_valid(source) != source.length;
}
