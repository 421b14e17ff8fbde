/* SPDX-License-Identifier: MIT
 *
 * One pass, from '<' to '<' by memchr. A tag is copied with the attributes
 * that the reader looks at; raw text elements and comments are replaced by
 * their line ends. Open elements stand on a stack of name hashes, so that the
 * depth is about the parser's own: an end tag pops what it closes, elements
 * that close each other (p, li, cells) do not count. Where an end tag closes
 * over bold or italics that are still open, these are closed first: the
 * parser would nest them deeper with each such slip. */
#include "corpus/html_prepare.h"

#include <gumbo.h>
#include <string.h>
#include <strings.h>

typedef struct span {
    const char *start, *end;
} span;

typedef struct open_element {
    span name;
    uint32_t id;
    uint8_t kind;
} open_element;

typedef struct scanner {
    osl_buf *out;
    const char *at, *end, *start;
    const char *too_deep; /* the first tag that was */
    open_element open[OSL_HTML_DEPTH_MAX];
    unsigned depth;
} scanner;

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static uint32_t hash_of(span name)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const char *at = name.start; at < name.end; at++)
        hash = (hash ^ ((uint8_t)*at | 0x20u)) * 16777619u;
    return hash;
}

/* What an element is to the depth of nesting; BLOCK unless named below. */
typedef enum element_kind {
    BLOCK,
    RAW,     /* its contents are never text of the page */
    SHALLOW, /* void, or it ends when the next begins */
    FORMAT,  /* not closed in order, it is opened again in all that follows,
                each time deeper */
    PHRASE   /* others that are not blocks */
} element_kind;

static const uint8_t kinds[GUMBO_TAG_LAST] = {
    [GUMBO_TAG_SCRIPT] = RAW,       [GUMBO_TAG_STYLE] = RAW,
    [GUMBO_TAG_IFRAME] = RAW,       [GUMBO_TAG_NOEMBED] = RAW,
    [GUMBO_TAG_NOFRAMES] = RAW,     [GUMBO_TAG_TEXTAREA] = RAW,
    [GUMBO_TAG_XMP] = RAW,          [GUMBO_TAG_SVG] = RAW,
    [GUMBO_TAG_P] = SHALLOW,        [GUMBO_TAG_LI] = SHALLOW,
    [GUMBO_TAG_BR] = SHALLOW,       [GUMBO_TAG_IMG] = SHALLOW,
    [GUMBO_TAG_A] = SHALLOW,        [GUMBO_TAG_HR] = SHALLOW,
    [GUMBO_TAG_TD] = SHALLOW,       [GUMBO_TAG_TH] = SHALLOW,
    [GUMBO_TAG_TR] = SHALLOW,       [GUMBO_TAG_INPUT] = SHALLOW,
    [GUMBO_TAG_LINK] = SHALLOW,     [GUMBO_TAG_META] = SHALLOW,
    [GUMBO_TAG_COL] = SHALLOW,      [GUMBO_TAG_TBODY] = SHALLOW,
    [GUMBO_TAG_THEAD] = SHALLOW,    [GUMBO_TAG_TFOOT] = SHALLOW,
    [GUMBO_TAG_DT] = SHALLOW,       [GUMBO_TAG_DD] = SHALLOW,
    [GUMBO_TAG_OPTION] = SHALLOW,   [GUMBO_TAG_WBR] = SHALLOW,
    [GUMBO_TAG_BASE] = SHALLOW,     [GUMBO_TAG_SOURCE] = SHALLOW,
    [GUMBO_TAG_AREA] = SHALLOW,     [GUMBO_TAG_PARAM] = SHALLOW,
    [GUMBO_TAG_COLGROUP] = SHALLOW, [GUMBO_TAG_OPTGROUP] = SHALLOW,
    [GUMBO_TAG_EMBED] = SHALLOW,    [GUMBO_TAG_TRACK] = SHALLOW,
    [GUMBO_TAG_H1] = SHALLOW,       [GUMBO_TAG_H2] = SHALLOW,
    [GUMBO_TAG_H3] = SHALLOW,       [GUMBO_TAG_H4] = SHALLOW,
    [GUMBO_TAG_H5] = SHALLOW,       [GUMBO_TAG_H6] = SHALLOW,
    [GUMBO_TAG_B] = FORMAT,         [GUMBO_TAG_I] = FORMAT,
    [GUMBO_TAG_U] = FORMAT,         [GUMBO_TAG_EM] = FORMAT,
    [GUMBO_TAG_STRONG] = FORMAT,    [GUMBO_TAG_SMALL] = FORMAT,
    [GUMBO_TAG_BIG] = FORMAT,       [GUMBO_TAG_FONT] = FORMAT,
    [GUMBO_TAG_S] = FORMAT,         [GUMBO_TAG_TT] = FORMAT,
    [GUMBO_TAG_STRIKE] = FORMAT,    [GUMBO_TAG_CODE] = FORMAT,
    [GUMBO_TAG_NOBR] = FORMAT,      [GUMBO_TAG_SPAN] = PHRASE,
    [GUMBO_TAG_SUP] = PHRASE,       [GUMBO_TAG_SUB] = PHRASE,
    [GUMBO_TAG_ABBR] = PHRASE,      [GUMBO_TAG_CITE] = PHRASE,
    [GUMBO_TAG_Q] = PHRASE,         [GUMBO_TAG_LABEL] = PHRASE,
    [GUMBO_TAG_MARK] = PHRASE,      [GUMBO_TAG_TIME] = PHRASE,
    [GUMBO_TAG_INS] = PHRASE,       [GUMBO_TAG_DEL] = PHRASE,
    [GUMBO_TAG_VAR] = PHRASE,       [GUMBO_TAG_KBD] = PHRASE,
    [GUMBO_TAG_BDI] = PHRASE,       [GUMBO_TAG_BDO] = PHRASE,
};

static GumboTag tag_of(span name)
{
    return gumbo_tagn_enum(name.start, (unsigned)(name.end - name.start));
}

static element_kind kind_of(GumboTag tag)
{
    return tag < GUMBO_TAG_LAST ? (element_kind)kinds[tag] : BLOCK;
}

/* The same for the same name: the parser's number, where it has one. */
static uint32_t id_of(GumboTag tag, span name)
{
    return tag < GUMBO_TAG_UNKNOWN ? (uint32_t)tag : hash_of(name) | 1u << 31;
}

static const struct kept_attribute {
    const char *name;
    size_t length;
} kept_attributes[] = {
    {"class", 5},    {"id", 2},       {"href", 4},     {"colspan", 7},
    {"rowspan", 7},  {"role", 4},     {"hidden", 6},   {"aria-hidden", 11},
    {"lang", 4},     {"xml:lang", 8}, {"rel", 3},      {"alt", 3},
    {"content", 7},  {"name", 4},     {"property", 8}, {"http-equiv", 10},
    {"charset", 7},  {"scheme", 6},   {"datetime", 8}, {"data-title", 10},
    {"itemprop", 8}, {"open", 4},
};

static bool is_word(span name, const char *word, size_t length)
{
    return (size_t)(name.end - name.start) == length &&
           (*name.start | 0x20) == *word &&
           strncasecmp(name.start, word, length) == 0;
}

/* Copies the line ends of a piece that is cut out. */
static void skip_to(scanner *scan, const char *to)
{
    while (scan->at < to) {
        const char *line = memchr(scan->at, '\n', (size_t)(to - scan->at));
        if (!line)
            break;
        osl_buf_put_byte(scan->out, '\n');
        scan->at = line + 1;
    }
    scan->at = to;
}

static void copy_to(scanner *scan, const char *to)
{
    osl_buf_put(scan->out, scan->at, (size_t)(to - scan->at));
    scan->at = to;
}

static void skip_comment(scanner *scan)
{
    const char *body = scan->at + 4;
    if (body < scan->end && *body == '>') {
        skip_to(scan, body + 1);
        return;
    }
    const char *close =
        body >= scan->end ? NULL
                          : memmem(body, (size_t)(scan->end - body), "-->", 3);
    skip_to(scan, close ? close + 3 : scan->end);
}

/* Moves behind "</name …>" of a raw text element; without one the rest of
 * the page is raw. */
static void skip_raw(scanner *scan, span name)
{
    size_t length = (size_t)(name.end - name.start);
    const char *at = scan->at;
    while ((at = memmem(at, (size_t)(scan->end - at), "</", 2))) {
        at += 2;
        if ((size_t)(scan->end - at) >= length &&
            strncasecmp(at, name.start, length) == 0)
            break;
    }
    const char *close = at ? memchr(at, '>', (size_t)(scan->end - at)) : NULL;
    skip_to(scan, close ? close + 1 : scan->end);
}

/* ---- attributes -------------------------------------------------------- */

/* The next attribute of a tag: its name and the whole of it. */
typedef struct attribute {
    span name, whole;
} attribute;

static const char *value_end(const char *at, const char *end)
{
    if (at < end && (*at == '"' || *at == '\'')) {
        const char *close = memchr(at + 1, *at, (size_t)(end - at - 1));
        return close ? close + 1 : end;
    }
    while (at < end && !is_blank(*at) && *at != '>')
        at++;
    return at;
}

/* Reads one attribute from `at`, which is behind the tag's name or another
 * attribute; false where the tag ends, with *next at its '>' or the end. */
static bool read_attribute(const char *at, const char *end, attribute *out,
                           const char **next)
{
    while (at < end && (is_blank(*at) || *at == '/'))
        at++;
    *next = at;
    if (at >= end || *at == '>')
        return false;
    out->name.start = out->whole.start = at++;
    while (at < end && !is_blank(*at) && *at != '/' && *at != '>' && *at != '=')
        at++;
    out->name.end = out->whole.end = *next = at;
    while (at < end && is_blank(*at))
        at++;
    if (at < end && *at == '=') {
        at++;
        while (at < end && is_blank(*at))
            at++;
        out->whole.end = *next = value_end(at, end);
    }
    return true;
}

static bool keeps_attribute(const attribute *given)
{
    size_t length = (size_t)(given->whole.end - given->whole.start);
    if (is_word(given->name, "style", 5))
        return memmem(given->whole.start, length, "display", 7) ||
               memmem(given->whole.start, length, "visibility", 10);
    for (size_t i = 0; i < sizeof kept_attributes / sizeof *kept_attributes;
         i++)
        if (is_word(given->name, kept_attributes[i].name,
                    kept_attributes[i].length))
            return true;
    return false;
}

/* ---- tags -------------------------------------------------------------- */

/* Whether the tag is to be kept; moves the stack of open elements. */
static bool enters(scanner *scan, span name, GumboTag tag)
{
    element_kind kind = kind_of(tag);
    if (kind == SHALLOW)
        return true;
    if (scan->depth == OSL_HTML_DEPTH_MAX) {
        if (!scan->too_deep)
            scan->too_deep = scan->at;
        return false;
    }
    scan->open[scan->depth++] =
        (open_element){name, id_of(tag, name), (uint8_t)kind};
    return true;
}

static bool has_block_above(const scanner *scan, unsigned at)
{
    for (unsigned i = at + 1; i < scan->depth; i++)
        if (scan->open[i].kind == BLOCK)
            return true;
    return false;
}

/* Takes element `at` off the stack, with all above it: of these, formats get
 * their end tags now. One that a block stands in goes alone. */
static void pop(scanner *scan, unsigned at)
{
    if (scan->open[at].kind == FORMAT && has_block_above(scan, at)) {
        memmove(scan->open + at, scan->open + at + 1,
                (scan->depth - at - 1) * sizeof *scan->open);
        scan->depth--;
        return;
    }
    while (scan->depth > at + 1) {
        const open_element *top = &scan->open[--scan->depth];
        if (top->kind != FORMAT)
            continue;
        osl_buf_put(scan->out, "</", 2);
        osl_buf_put(scan->out, top->name.start,
                    (size_t)(top->name.end - top->name.start));
        osl_buf_put_byte(scan->out, '>');
    }
    scan->depth = at;
}

static bool leaves(scanner *scan, span name)
{
    GumboTag tag = tag_of(name);
    if (kind_of(tag) == SHALLOW)
        return true;
    uint32_t id = id_of(tag, name);
    for (unsigned i = scan->depth; i-- > 0;) {
        if (scan->open[i].id == id) {
            pop(scan, i);
            return true;
        }
    }
    return false;
}

static void end_tag(scanner *scan, span name)
{
    const char *close = memchr(name.end, '>', (size_t)(scan->end - name.end));
    const char *behind = close ? close + 1 : scan->end;
    if (close && leaves(scan, name))
        copy_to(scan, behind);
    else
        skip_to(scan, behind);
}

static void start_tag(scanner *scan, span name)
{
    GumboTag tag = tag_of(name);
    bool raw = kind_of(tag) == RAW;
    bool kept = !raw && enters(scan, name, tag);
    if (kept)
        osl_buf_put(scan->out, scan->at, (size_t)(name.end - scan->at));
    scan->at = name.end;
    attribute given;
    const char *next;
    while (read_attribute(scan->at, scan->end, &given, &next)) {
        if (kept && keeps_attribute(&given)) {
            skip_to(scan, given.whole.start);
            osl_buf_put_byte(scan->out, ' ');
            copy_to(scan, given.whole.end);
        }
        skip_to(scan, next);
    }
    bool is_empty = next > scan->at && next[-1] == '/';
    skip_to(scan, next < scan->end ? next + 1 : next);
    if (kept)
        osl_buf_put_byte(scan->out, '>');
    if (raw && !(is_empty && tag == GUMBO_TAG_SVG))
        skip_raw(scan, name);
}

static void markup(scanner *scan)
{
    size_t left = (size_t)(scan->end - scan->at);
    if (left >= 4 && memcmp(scan->at, "<!--", 4) == 0) {
        skip_comment(scan);
        return;
    }
    bool ends = left > 1 && scan->at[1] == '/';
    span name = {scan->at + (ends ? 2 : 1), NULL};
    if (name.start >= scan->end || !is_letter(*name.start)) {
        copy_to(scan, scan->at + 1);
        return;
    }
    name.end = name.start;
    while (name.end < scan->end && !is_blank(*name.end) && *name.end != '/' &&
           *name.end != '>')
        name.end++;
    if (ends)
        end_tag(scan, name);
    else
        start_tag(scan, name);
}

static uint32_t line_of(const char *start, const char *at)
{
    uint32_t line = 1;
    while ((start = memchr(start, '\n', (size_t)(at - start)))) {
        start++;
        line++;
    }
    return line;
}

uint32_t osl_html_prepare(osl_buf *out, osl_text html)
{
    scanner scan = {.out = out,
                    .at = html.bytes,
                    .start = html.bytes,
                    .end = html.bytes + html.length};
    while (scan.at < scan.end) {
        const char *open = memchr(scan.at, '<', (size_t)(scan.end - scan.at));
        copy_to(&scan, open ? open : scan.end);
        if (open)
            markup(&scan);
    }
    return scan.too_deep ? line_of(scan.start, scan.too_deep) : 0;
}
