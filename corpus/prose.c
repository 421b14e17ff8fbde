/* SPDX-License-Identifier: MIT */
#include "corpus/prose.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

osl_text osl_prose_trim(osl_text text)
{
    while (text.length && is_blank(text.bytes[0])) {
        text.bytes++;
        text.length--;
    }
    while (text.length && is_blank(text.bytes[text.length - 1]))
        text.length--;
    return text;
}

static char lower(char c)
{
    if (c >= 'A' && c <= 'Z')
        c = (char)((uint8_t)c | 0x20u);
    return c;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Of `word`, which ends with NUL, the bytes that `text` begins with; most
 * calls end at the first. */
static size_t common_length(osl_text text, const char *word)
{
    size_t i = 0;
    while (i < text.length && word[i] && lower(text.bytes[i]) == lower(word[i]))
        i++;
    return i;
}

bool osl_prose_same(osl_text a, const char *b)
{
    return common_length(a, b) == a.length && strlen(b) == a.length;
}

static bool is_letter_byte(char c)
{
    return (uint8_t)c > ' ' && (uint8_t)c < 0x80;
}

size_t osl_prose_words(osl_text text)
{
    size_t words = 0;
    for (size_t i = 0; i < text.length; i++)
        words +=
            !is_blank(text.bytes[i]) && (i == 0 || is_blank(text.bytes[i - 1]));
    return words;
}

bool osl_prose_is_finished(osl_text text)
{
    text = osl_prose_trim(text);
    return text.length && strchr(".!?:;", text.bytes[text.length - 1]);
}

static bool has_prefix(osl_text text, const char *prefix)
{
    if (*prefix && (text.length == 0 || lower(*text.bytes) != lower(*prefix)))
        return false;
    return !prefix[common_length(text, prefix)];
}

/* Words that may stand anywhere in a text, and how they begin. */
typedef struct marks {
    const char *const *words;
    osl_find_set stems;
} marks;

/* Whether one of the marks begins where a word of the text does. */
static bool has_any(osl_text text, const marks *all, osl_find_fn *find)
{
    for (size_t i = 0;; i++) {
        i += find(&all->stems, text.bytes + i, text.length - i);
        if (i >= text.length)
            return false;
        if (i > 0 && is_letter(text.bytes[i - 1]) && is_letter(text.bytes[i]))
            continue;
        osl_text rest = {text.bytes + i, text.length - i};
        for (const char *const *word = all->words; *word; word++)
            if (has_prefix(rest, *word))
                return true;
    }
}

/* Without a number before ("7. References") and signs behind. */
static osl_text bare(osl_text text)
{
    text = osl_prose_trim(text);
    while (text.length && (is_digit(*text.bytes) || is_blank(*text.bytes) ||
                           strchr("#.)[]*|", *text.bytes))) {
        text.bytes++;
        text.length--;
    }
    while (text.length && (is_blank(text.bytes[text.length - 1]) ||
                           strchr(":.[]*|", text.bytes[text.length - 1])))
        text.length--;
    return text;
}

/* No word is longer than 64 bytes: most paragraphs are. Words are
 * lower-case. */
static bool is_one_of(osl_text text, const char *const *words)
{
    if (text.length == 0 || text.length > 64)
        return false;
    char first = lower(*text.bytes);
    for (; *words; words++)
        if (first == **words && osl_prose_same(text, *words))
            return true;
    return false;
}

/* "Key References for Plasma Cell Neoplasms", "Further references". */
static bool is_references_for(osl_text heading)
{
    static const char *const kinds[] = {"key ",     "main ",     "further ",
                                        "general ", "selected ", "additional ",
                                        "",         NULL};
    for (const char *const *kind = kinds; *kind; kind++) {
        if (!has_prefix(heading, *kind))
            continue;
        osl_text rest = {heading.bytes + strlen(*kind),
                         heading.length - strlen(*kind)};
        if (osl_prose_same(rest, "references") ||
            has_prefix(rest, "references for ") ||
            has_prefix(rest, "references to "))
            return true;
    }
    return false;
}

bool osl_prose_is_reference_heading(osl_text heading)
{
    static const char *const names[] = {"references",
                                        "reference",
                                        "reference list",
                                        "bibliography",
                                        "citations",
                                        "literature cited",
                                        "works cited",
                                        "endnotes",
                                        "footnotes and references",
                                        "references cited",
                                        "selected references",
                                        "list of references",
                                        "cited literature",
                                        "sources and references",
                                        "literature",
                                        "literatur",
                                        "literaturverzeichnis",
                                        "referencias",
                                        "bibliografía",
                                        "referências",
                                        "références",
                                        "bibliographie",
                                        "bibliografia",
                                        "referenties",
                                        "referenser",
                                        "edebiýat",
                                        "references and resources",
                                        "bibliographic source(s)",
                                        "bibliographic source",
                                        "bibliographic sources",

                                        "evidence and references",
                                        NULL};
    return is_one_of(bare(heading), names) || is_references_for(bare(heading));
}

/* A year from 1900 to 2099 that is not part of a longer number. */
static bool has_year(osl_text text)
{
    for (size_t i = 0; i + 4 <= text.length; i++) {
        const char *at = text.bytes + i;
        bool is_year = (memcmp(at, "19", 2) == 0 || memcmp(at, "20", 2) == 0) &&
                       is_digit(at[2]) && is_digit(at[3]);
        if (is_year && (i == 0 || !is_digit(at[-1])) &&
            (i + 4 == text.length || !is_digit(at[4])))
            return true;
    }
    return false;
}

/* "12 (3): 45-6", "159(4):289-95", "45:1234-40" */
static bool has_pages(osl_text text)
{
    for (size_t i = 1; i + 1 < text.length; i++) {
        const char *at = text.bytes + i;
        if (*at != ':' || !(is_digit(at[-1]) || at[-1] == ')'))
            continue;
        const char *end = text.bytes + text.length;
        const char *page = at + 1;
        while (page < end && (is_blank(*page) || *page == 'e' || *page == 'S'))
            page++;
        const char *digits = page;
        while (page < end && is_digit(*page))
            page++;
        if (page > digits && page < end && page - digits > 1 && at[-1] == ')')
            return true;
        if (page > digits && page < end && *page == '-')
            return true;
    }
    return false;
}

/* "[PUBMED Abstract]" at its end: the entry links to what it cites. */
static bool ends_with_abstract(osl_text text)
{
    static const char mark[] = "PubMed Abstract]";
    size_t length = sizeof mark - 1;
    return text.length > length &&
           osl_prose_same((osl_text){text.bytes + text.length - length, length},
                          mark);
}

bool osl_prose_is_entry(osl_text text, osl_find_fn *find)
{
    return ends_with_abstract(text) && osl_prose_is_reference(text, find);
}

#define REFERENCE_STEMS(X, k, n)                                          \
    X("et a", 1, k, n) | X("doi:", 2, k, n) | X("doi.", 2, k, n) |        \
        X("PMID", 4, k, n) | X("PubM", 4, k, n) | X("Avai", 8, k, n) |    \
        X("Acce", 8, k, n) | X("Last", 16, k, n) | X("ISBN", 16, k, n) |  \
        X("[Int", 32, k, n) | X("eds.", 32, k, n) | X("In p", 64, k, n) | \
        X("J Cl", 128, k, n)

static const marks reference_marks = {
    (const char *const[]){"et al", "doi:", "doi.org", "PMID", "PubMed",
                          "Available at", "Available from", "Accessed ",
                          "Last accessed", "[Internet]", "eds.", "ISBN",
                          "In press", "Available online", "J Clin", NULL},
    OSL_FIND_SET(REFERENCE_STEMS)};

bool osl_prose_is_reference(osl_text text, osl_find_fn *find)
{
    return has_year(text) &&
           (has_any(text, &reference_marks, find) || has_pages(text));
}

static const char *const tail_names[] = {"contact us",
                                         "copyright",
                                         "copyright notice",
                                         "cookies",
                                         "privacy policy",
                                         "terms of use",
                                         "share this page",
                                         "share this",
                                         "related links",
                                         "related content",
                                         "related pages",
                                         "related topics",
                                         "related articles",
                                         "site map",
                                         "follow us",
                                         "page navigation",
                                         "navigation menu",
                                         "in this section",
                                         "on this page",
                                         "table of contents",
                                         "cookie policy",
                                         "follow us on social media",
                                         "permission to use this summary",
                                         "get more information from nci",
                                         "feedback",
                                         "site navigation",
                                         "was this page helpful?",
                                         "was this page helpful",
                                         "leave a comment",
                                         "leave a reply",
                                         "cookies on this site",
                                         "sign up for updates",
                                         "share on social media",
                                         "author information",
                                         "quick links",
                                         "copyright statement",
                                         "disclaimer",
                                         "ngc disclaimer",
                                         "ngc status",
                                         "guideline availability",
                                         "guideline status",
                                         "neats assessment",
                                         "availability of companion documents",
                                         "patient resources",
                                         "related nqmc measures",
                                         "legal notice",
                                         "legal disclaimer",
                                         "site disclaimer",
                                         "website disclaimer",
                                         "imprint",
                                         "impressum",
                                         "cookie notice",
                                         "privacy notice",
                                         "terms and conditions",
                                         NULL};

#define THING_STEMS(X, k, n)                                       \
    X("summ", 1, k, n) | X("page", 2, k, n) | X("site", 4, k, n) | \
        X("webs", 8, k, n) | X("docu", 16, k, n) | X("resu", 32, k, n)

static const marks tail_things = {
    (const char *const[]){"summary", "page", "site", "website", "document",
                          "resumen", NULL},
    OSL_FIND_SET(THING_STEMS)};

static const char *const tail_starts[] = {"about this ",
                                          "changes to this ",
                                          "latest updates to this ",
                                          "updates to this ",
                                          "changes to the ",
                                          "modificaciones a este ",
                                          "última actualización de este ",
                                          "información sobre este ",
                                          "cambios recientes a este ",
                                          NULL};

bool osl_prose_is_tail_heading(osl_text heading)
{
    osl_text text = bare(heading);
    if (is_one_of(text, tail_names))
        return true;
    for (const char *const *start = tail_starts; *start; start++)
        if (has_prefix(text, *start))
            return has_any((osl_text){text.bytes + strlen(*start),
                                      text.length - strlen(*start)},
                           &tail_things, osl_find_scalar);
    return false;
}

static const char *const control_names[] = {"enlarge",
                                            "enlarge image",
                                            "click to enlarge",
                                            "view larger",
                                            "view larger image",
                                            "zoom",
                                            "back to top",
                                            "return to top",
                                            "go to top",
                                            "top of page",
                                            "back to contents",
                                            "to top",
                                            "top",
                                            "print",
                                            "print this page",
                                            "print page",
                                            "share",
                                            "share this page",
                                            "share this",
                                            "email this page",
                                            "download pdf",
                                            "read more",
                                            "learn more",
                                            "show more",
                                            "show less",
                                            "expand all",
                                            "collapse all",
                                            "view summary",
                                            "ampliar",
                                            "edit this page",
                                            "open in new window",
                                            "opens in a new window",
                                            "menu",
                                            "toggle navigation",
                                            "main menu",
                                            "close menu",
                                            "search",
                                            "font size",
                                            "text size",
                                            "advertisement",
                                            "loading...",
                                            "loading…",
                                            "accept all cookies",
                                            "cookie settings",
                                            "accept cookies",
                                            "[edit]",
                                            "edit",
                                            "volver arriba",
                                            "nach oben",
                                            "retour en haut",
                                            "haut de page",
                                            "pubmed abstract",
                                            "go to patient version",
                                            "go to health professional version",
                                            "permalink",
                                            NULL};

/* "![alt](picture.png)" and no more: Markdown amid HTML. */
static bool is_picture_mark(osl_text text)
{
    static const char mark[] = "](";
    return has_prefix(text, "![") && text.bytes[text.length - 1] == ')' &&
           memmem(text.bytes, text.length, mark, 2) != NULL;
}

#define SCRIPT_STEMS(X, k, n) X("java", 1, k, n)
#define WISH_STEMS(X, k, n)                                        \
    X("enab", 1, k, n) | X("disa", 2, k, n) | X("requ", 4, k, n) | \
        X("turn", 8, k, n) | X("swit", 16, k, n)

static const marks script_marks = {(const char *const[]){"javascript", NULL},
                                   OSL_FIND_SET(SCRIPT_STEMS)};
static const marks wish_marks = {
    (const char *const[]){"enable", "enabled", "disabled", "requires",
                          "turn on", "turned off", "switched off", NULL},
    OSL_FIND_SET(WISH_STEMS)};

/* "You need to enable JavaScript to run this app." */
static bool asks_for_scripts(osl_text text, osl_find_fn *find)
{
    return text.length < 240 && has_any(text, &script_marks, find) &&
           has_any(text, &wish_marks, find);
}

bool osl_prose_is_control(osl_text text, osl_find_fn *find)
{
    osl_text given = bare(text);
    if (asks_for_scripts(text, find) || is_picture_mark(osl_prose_trim(text)))
        return true;
    return given.length < 40 &&
           (is_one_of(given, control_names) ||
            is_one_of(osl_prose_trim(text), control_names) ||
            has_prefix(given, "skip to ") ||
            has_prefix(given, "skip navigation"));
}

#define FOOTER_STEMS(X, k, n)                                             \
    X("all ", 1, k, n) | X("alle", 1, k, n) | X("priv", 2, k, n) |        \
        X("term", 4, k, n) | X("regi", 8, k, n) | X("we u", 16, k, n) |   \
        X("uses", 32, k, n) | X("todo", 64, k, n) | X("tous", 64, k, n) | \
        X("goog", 128, k, n)

static const marks footer_marks = {
    (const char *const[]){"all rights reserved", "privacy policy",
                          "terms of use", "terms and conditions",
                          "registered charity", "we use cookies",
                          "uses cookies", "alle rechte vorbehalten",
                          "todos los derechos reservados",
                          "tous droits réservés", "google tag manager", NULL},
    OSL_FIND_SET(FOOTER_STEMS)};

bool osl_prose_is_footer(osl_text text, osl_find_fn *find)
{
    if (text.length > 500)
        return false;
    text = osl_prose_trim(text);
    return has_prefix(text, "©") || has_prefix(text, "copyright ©") ||
           has_prefix(text, "copyright (c)") ||
           has_any(text, &footer_marks, find);
}

static bool is_acronym(osl_text text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.bytes[i] < 'A' || text.bytes[i] > 'Z')
            return false;
    return text.length > 1 && text.length < 8;
}

/* Bars before the fifth always stand before a site's name. */
osl_text osl_prose_without_site(osl_text title, const char *site)
{
    static const char *const bars[] = {" | ", " :: ", " » ", " · ",
                                       " - ", " – ",  " — "};
    for (size_t i = 0; i < sizeof bars / sizeof *bars; i++) {
        size_t length = strlen(bars[i]);
        for (size_t at = title.length; at-- > 4;) {
            if (at + length > title.length ||
                memcmp(title.bytes + at, bars[i], length) != 0)
                continue;
            osl_text last = {title.bytes + at + length,
                             title.length - at - length};
            if (i < 4 || is_acronym(last) ||
                (site && osl_prose_same(last, site)))
                return (osl_text){title.bytes, at};
            break;
        }
    }
    return title;
}

size_t osl_prose_bullet(osl_text text)
{
    static const char *const bullets[] = {"•", "●", "▪", "■", "◦", "‣", "·",
                                          "○", "□", "►", "➢", "✓", "",  NULL};
    size_t length = 0;
    for (const char *const *one = bullets; *one && !length; one++)
        if (text.length >= strlen(*one) &&
            memcmp(text.bytes, *one, strlen(*one)) == 0)
            length = strlen(*one);
    bool is_dash = !length && text.length > 2 &&
                   ((text.bytes[0] == '-' && text.bytes[1] == ' ') ||
                    (text.length > 4 && memcmp(text.bytes, "– ", 4) == 0));
    if (is_dash)
        length = text.bytes[0] == '-' ? 1 : 3;
    while (length && length < text.length && (uint8_t)text.bytes[length] <= ' ')
        length++;
    return length;
}

bool osl_prose_begins_same(osl_text a, osl_text b)
{
    size_t i = 0, j = 0, letters = 0;
    for (;; letters++) {
        while (i < a.length && !is_letter_byte(a.bytes[i]))
            i++;
        while (j < b.length && !is_letter_byte(b.bytes[j]))
            j++;
        if (j == b.length)
            return letters >= 20 || i == a.length;
        if (i == a.length || lower(a.bytes[i++]) != lower(b.bytes[j++]))
            return false;
    }
}

static const char *const date_marks[] = {"page last reviewed",
                                         "page last updated",
                                         "last updated on",
                                         "last reviewed on",
                                         "last updated",
                                         "last reviewed",
                                         "last modified",
                                         "last revised",
                                         "last review",
                                         "last update",
                                         "page updated",
                                         "date updated",
                                         "date modified",
                                         "date released",
                                         "date of publication",
                                         "publication date",
                                         "updated on",
                                         "updated",
                                         "reviewed",
                                         "revised",
                                         "published",
                                         NULL};

bool osl_prose_begins_date(osl_text line)
{
    line = osl_prose_trim(line);
    for (const char *const *mark = date_marks; *mark; mark++)
        if (has_prefix(line, *mark))
            return true;
    return false;
}

bool osl_prose_date_line(osl_text line, osl_text *date)
{
    line = osl_prose_trim(line);
    for (const char *const *mark = date_marks; *mark; mark++) {
        if (!has_prefix(line, *mark))
            continue;
        size_t length = strlen(*mark);
        if (line.length < length + 4 || line.length > length + 40)
            continue;
        osl_text rest = {line.bytes + length, line.length - length};
        while (rest.length && strchr(": \t*_", *rest.bytes)) {
            rest.bytes++;
            rest.length--;
        }
        *date = rest;
        return has_year(rest);
    }
    return false;
}

bool osl_prose_is_date_heading(osl_text heading)
{
    static const char *const names[] = {
        "date released",    "date updated",     "last updated",
        "publication date", "date of release",  "date of publication",
        "last reviewed",    "date of revision", NULL};
    return is_one_of(bare(heading), names);
}

bool osl_prose_is_picture_control(osl_text text)
{
    static const char *const names[] = {
        "enlarge",     "enlarge image",     "click to enlarge",
        "view larger", "view larger image", "ampliar",
        NULL};
    return is_one_of(text, names);
}

bool osl_prose_has_letters(osl_text text)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.bytes[i];
        if (is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            (uint8_t)c >= 0x80)
            return true;
    }
    return false;
}

/* Bytes are counted in pieces whose count fits one, which compilers turn into
 * a few instructions. */
enum { PIECE = 255 };

uint32_t osl_prose_letters(osl_text text)
{
    uint32_t count = 0;
    for (size_t at = 0, end; at < text.length; at = end) {
        uint8_t in_piece = 0;
        end = text.length - at < PIECE ? text.length : at + PIECE;
        for (size_t i = at; i < end; i++)
            in_piece = (uint8_t)(in_piece + ((uint8_t)text.bytes[i] > ' '));
        count += in_piece;
    }
    return count;
}

/* Controls but tab, line feed, vertical tab, form feed, carriage return and
 * escape. */
static size_t count_controls(osl_text text)
{
    size_t count = 0;
    for (size_t at = 0, end; at < text.length; at = end) {
        uint8_t in_piece = 0;
        end = text.length - at < PIECE ? text.length : at + PIECE;
        for (size_t i = at; i < end; i++) {
            uint8_t byte = (uint8_t)text.bytes[i];
            in_piece =
                (uint8_t)(in_piece + ((byte < 9) | ((byte > 13) & (byte < 32) &
                                                    (byte != 27))));
        }
        count += in_piece;
    }
    return count;
}

bool osl_prose_is_binary(osl_text head)
{
    const uint8_t *b = (const uint8_t *)head.bytes;
    if (head.length >= 2 &&
        ((b[0] == 0xFF && b[1] == 0xFE) || (b[0] == 0xFE && b[1] == 0xFF)))
        return false;
    return count_controls(head) * 200 > head.length;
}
