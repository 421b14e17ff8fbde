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

#include <string.h>
#include <strings.h>

#include "core/base/buf.h"

typedef struct span {
    const char *start, *end;
} span;

typedef struct open_element {
    span name;
    uint32_t hash;
    bool is_format, is_block;
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

static bool is_word(span name, const char *word)
{
    size_t length = strlen(word);
    return (size_t)(name.end - name.start) == length &&
           strncasecmp(name.start, word, length) == 0;
}

static bool is_one_of(span name, const char *const *words)
{
    for (; *words; words++)
        if (is_word(name, *words))
            return true;
    return false;
}

static uint32_t hash_of(span name)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const char *at = name.start; at < name.end; at++)
        hash = (hash ^ ((uint8_t)*at | 0x20u)) * 16777619u;
    return hash;
}

/* Their contents are never text of the page. */
static const char *const raw_names[] = {"script",  "style",    "iframe",
                                        "noembed", "noframes", "textarea",
                                        "xmp",     "svg",      NULL};

/* Void elements, and those that end when the next begins. */
static const char *const shallow_names[] = {
    "p",      "li",    "br",    "img",      "a",        "hr",    "td",
    "th",     "tr",    "input", "link",     "meta",     "col",   "tbody",
    "thead",  "tfoot", "dt",    "dd",       "option",   "wbr",   "base",
    "source", "area",  "param", "colgroup", "optgroup", "embed", "track",
    "h1",     "h2",    "h3",    "h4",       "h5",       "h6",    NULL};

/* The parser opens them again in all that follows where they are not closed
 * in order, each time deeper. */
static const char *const format_names[] = {
    "b",    "i", "u",  "em",     "strong", "small", "big",
    "font", "s", "tt", "strike", "code",   "nobr",  NULL};

/* Others that are not blocks. */
static const char *const phrase_names[] = {
    "span", "sup", "sub", "abbr", "cite", "q",   "label", "mark",
    "time", "ins", "del", "var",  "kbd",  "bdi", "bdo",   NULL};

static const char *const kept_attributes[] = {
    "class",      "id",       "role",    "hidden",   "aria-hidden",
    "lang",       "xml:lang", "href",    "rel",      "alt",
    "colspan",    "rowspan",  "content", "name",     "property",
    "http-equiv", "charset",  "scheme",  "datetime", "data-title",
    "itemprop",   "open",     NULL};

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
    if (is_word(given->name, "style"))
        return memmem(given->whole.start, length, "display", 7) ||
               memmem(given->whole.start, length, "visibility", 10);
    return is_one_of(given->name, kept_attributes);
}

/* ---- tags -------------------------------------------------------------- */

/* Whether the tag is to be kept; moves the stack of open elements. */
static bool enters(scanner *scan, span name)
{
    if (is_one_of(name, shallow_names))
        return true;
    if (scan->depth == OSL_HTML_DEPTH_MAX) {
        if (!scan->too_deep)
            scan->too_deep = scan->at;
        return false;
    }
    bool is_format = is_one_of(name, format_names);
    scan->open[scan->depth++] = (open_element){
        .name = name,
        .hash = hash_of(name),
        .is_format = is_format,
        .is_block = !is_format && !is_one_of(name, phrase_names)};
    return true;
}

static bool has_block_above(const scanner *scan, unsigned at)
{
    for (unsigned i = at + 1; i < scan->depth; i++)
        if (scan->open[i].is_block)
            return true;
    return false;
}

/* Takes element `at` off the stack, with all above it: of these, formats get
 * their end tags now. One that a block stands in goes alone. */
static void pop(scanner *scan, unsigned at)
{
    if (scan->open[at].is_format && has_block_above(scan, at)) {
        memmove(scan->open + at, scan->open + at + 1,
                (scan->depth - at - 1) * sizeof *scan->open);
        scan->depth--;
        return;
    }
    while (scan->depth > at + 1) {
        const open_element *top = &scan->open[--scan->depth];
        if (!top->is_format)
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
    if (is_one_of(name, shallow_names))
        return true;
    uint32_t hash = hash_of(name);
    for (unsigned i = scan->depth; i-- > 0;) {
        if (scan->open[i].hash == hash) {
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
    bool raw = is_one_of(name, raw_names);
    bool kept = !raw && enters(scan, name);
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
    if (raw && !(is_empty && is_word(name, "svg")))
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
