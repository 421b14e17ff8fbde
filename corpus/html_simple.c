/* SPDX-License-Identifier: MIT
 *
 * Fragments without a fault. Half of the time that goes into NGC, YAML and
 * FHIR is libgumbo's, whose care (repairs, one character at a time through
 * two state machines) such HTML does not need: what a content system wrote
 * closes every tag in order. This parser takes just that and nothing else:
 *
 *   - elements of a list, each closed by its own end tag while it is the
 *     innermost one (or by the end of the fragment);
 *   - no p in a p, no link in a link, no heading right in a heading, li only
 *     in lists, rows and cells only where they belong;
 *   - references with their semicolon, no controls, nothing above U+FFFF.
 *
 * At the first thing else it gives up and libgumbo reads the fragment from
 * its start. What it accepts, it makes into exactly libgumbo's tree, implied
 * elements and lines included: a differential test holds it to that.
 *
 * Texts without references are not copied: they point into `prepared`. */
#include <libxml/HTMLparser.h>
#include <string.h>

#include "core/base/utf8.h"
#include "corpus/clean.h"
#include "corpus/html_tree.h"

typedef enum kind {
    NOT_SIMPLE,
    INLINE,
    LINK,
    VOID, /* br, img */
    BLOCK,
    LIST,
    ITEM,
    PARAGRAPH,
    RULE, /* hr */
    HEADING,
    TABLE,
    SECTION, /* tbody, thead, tfoot */
    ROW,
    CELL
} kind;

static const uint8_t kinds[GUMBO_TAG_LAST] = {
    [GUMBO_TAG_P] = PARAGRAPH,      [GUMBO_TAG_DIV] = BLOCK,
    [GUMBO_TAG_SECTION] = BLOCK,    [GUMBO_TAG_ARTICLE] = BLOCK,
    [GUMBO_TAG_ASIDE] = BLOCK,      [GUMBO_TAG_FIGURE] = BLOCK,
    [GUMBO_TAG_FIGCAPTION] = BLOCK, [GUMBO_TAG_BLOCKQUOTE] = BLOCK,
    [GUMBO_TAG_CENTER] = BLOCK,     [GUMBO_TAG_UL] = LIST,
    [GUMBO_TAG_OL] = LIST,          [GUMBO_TAG_LI] = ITEM,
    [GUMBO_TAG_HR] = RULE,          [GUMBO_TAG_H1] = HEADING,
    [GUMBO_TAG_H2] = HEADING,       [GUMBO_TAG_H3] = HEADING,
    [GUMBO_TAG_H4] = HEADING,       [GUMBO_TAG_H5] = HEADING,
    [GUMBO_TAG_H6] = HEADING,       [GUMBO_TAG_TABLE] = TABLE,
    [GUMBO_TAG_TBODY] = SECTION,    [GUMBO_TAG_THEAD] = SECTION,
    [GUMBO_TAG_TFOOT] = SECTION,    [GUMBO_TAG_TR] = ROW,
    [GUMBO_TAG_TD] = CELL,          [GUMBO_TAG_TH] = CELL,
    [GUMBO_TAG_A] = LINK,           [GUMBO_TAG_BR] = VOID,
    [GUMBO_TAG_IMG] = VOID,         [GUMBO_TAG_B] = INLINE,
    [GUMBO_TAG_STRONG] = INLINE,    [GUMBO_TAG_EM] = INLINE,
    [GUMBO_TAG_I] = INLINE,         [GUMBO_TAG_U] = INLINE,
    [GUMBO_TAG_SMALL] = INLINE,     [GUMBO_TAG_FONT] = INLINE,
    [GUMBO_TAG_SPAN] = INLINE,      [GUMBO_TAG_SUP] = INLINE,
    [GUMBO_TAG_SUB] = INLINE,       [GUMBO_TAG_ABBR] = INLINE,
    [GUMBO_TAG_CITE] = INLINE,      [GUMBO_TAG_Q] = INLINE,
};

typedef struct parser {
    osl_html_tree *tree;
    const char *at, *end;
    uint32_t line;
    uint32_t open;       /* the innermost element's node */
    uint32_t in_p, in_a; /* how many are open */
    bool is_begun;       /* html, head and body stand */
} parser;

/* ---- nodes ------------------------------------------------------------- */

static kind kind_of(const parser *p, uint32_t node)
{
    return (kind)kinds[p->tree->nodes[node].tag];
}

static bool add_element(parser *p, GumboTag tag, osl_html_attr *items,
                        size_t count, uint32_t line)
{
    osl_html_node node = {.line = line, .tag = (uint16_t)tag};
    node.of.attributes.items = items;
    node.of.attributes.count = count;
    uint32_t at = osl_html_add_element(p->tree, p->open, node);
    if (at == UINT32_MAX)
        return false;
    p->open = at;
    p->in_p += tag == GUMBO_TAG_P;
    p->in_a += tag == GUMBO_TAG_A;
    return true;
}

static void close_element(parser *p)
{
    const osl_html_node *node = &p->tree->nodes[p->open];
    uint32_t parent = node->parent;
    p->in_p -= node->tag == GUMBO_TAG_P;
    p->in_a -= node->tag == GUMBO_TAG_A;
    osl_html_end(p->tree, p->open);
    p->open = parent;
}

/* What a parser puts around every fragment. */
static bool begin(parser *p)
{
    if (p->is_begun)
        return true;
    p->is_begun = true;
    if (!add_element(p, GUMBO_TAG_HTML, NULL, 0, p->line) ||
        !add_element(p, GUMBO_TAG_HEAD, NULL, 0, p->line))
        return false;
    close_element(p);
    return add_element(p, GUMBO_TAG_BODY, NULL, 0, p->line);
}

/* ---- characters -------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f';
}

static uint32_t reference_number(const char *at, const char *end)
{
    uint32_t value = 0, base = 10;
    if (at < end && (*at == 'x' || *at == 'X')) {
        base = 16;
        at++;
    }
    if (at == end || end - at > 6)
        return 0;
    for (; at < end; at++) {
        char c = osl_to_lower(*at);
        uint32_t digit = osl_is_digit(c)        ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10
                                                : base;
        if (digit >= base)
            return 0;
        value = value * base + digit;
    }
    return value;
}

/* The character of "&name;" between `at` and `end` (the '&' and the ';'); 0
 * where it is not simple. HTML 5 moved ⟨ and ⟩. */
static uint32_t reference(const char *at, const char *end)
{
    char name[16];
    size_t length = (size_t)(end - at) - 1;
    if (length == 0 || length >= sizeof name)
        return 0;
    memcpy(name, at + 1, length);
    name[length] = '\0';
    if (*name == '#') {
        uint32_t value = reference_number(at + 2, end);
        bool is_plain = (value >= ' ' && value < 0x7F) || value == '\t' ||
                        value == '\n' || (value >= 0xA0 && value < 0xD800) ||
                        (value >= 0xE000 && value < 0xFDD0) ||
                        (value >= 0xFDF0 && value < 0xFFFE);
        return is_plain ? value : 0;
    }
    if (strcmp(name, "lang") == 0 || strcmp(name, "rang") == 0)
        return 0;
    const htmlEntityDesc *found = htmlEntityLookup((const xmlChar *)name);
    return found ? found->value : 0;
}

/* Whether a byte beyond ASCII at `at` begins a character that is kept as it
 * is. The whole is UTF-8. */
static bool is_plain_wide(const char *at)
{
    uint8_t lead = (uint8_t)at[0], next = (uint8_t)at[1];
    if (lead == 0xC2)
        return next >= 0xA0;
    if (lead == 0xEF)
        return next != 0xB7 && !(next == 0xBF && (uint8_t)at[2] >= 0xBE);
    return lead < 0xF0;
}

/* What a run of characters needs. */
typedef struct run {
    bool has_references, has_returns, has_words, is_simple;
    uint32_t lines;
} run;

static run look_at(const char *at, const char *end)
{
    run seen = {.is_simple = true};
    for (; at < end && seen.is_simple; at++) {
        char c = *at;
        seen.has_words |= (uint8_t)c > ' ';
        seen.has_references |= c == '&';
        if ((uint8_t)c >= 0xC2)
            seen.is_simple = is_plain_wide(at);
        else if (c == '\n')
            seen.lines++;
        else if (c == '\r')
            seen.is_simple = seen.has_returns = at + 1 < end && at[1] == '\n';
        else if ((uint8_t)c < ' ')
            seen.is_simple = c == '\t' || c == '\f';
        else
            seen.is_simple = c != 0x7F;
    }
    return seen;
}

static bool is_reference_char(char c)
{
    return osl_is_alpha(c) || osl_is_digit(c) || c == '#';
}

/* One '&' at `at`: its character to *to; the bytes it took, 0 where it is not
 * simple. In an attribute "&b=2" is what it looks like. */
static size_t decode_one(const char *at, const char *end, bool in_attribute,
                         char **to)
{
    const char *stop = at + 1;
    while (stop < end && is_reference_char(*stop))
        stop++;
    bool is_alone = stop == at + 1 && (stop == end || is_blank(*stop));
    bool is_query = in_attribute && stop > at + 1 && at[1] != '#' &&
                    stop < end && *stop == '=';
    if (is_alone || is_query) {
        *(*to)++ = '&';
        return 1;
    }
    uint32_t c = stop < end && *stop == ';' ? reference(at, stop) : 0;
    if (c == 0)
        return 0;
    *to += osl_utf8_put(*to, c);
    return (size_t)(stop + 1 - at);
}

/* [at, end) with references decoded and line ends folded, NUL-terminated;
 * false where it is not simple or memory ran out. No reference is shorter
 * than its character. */
static bool decode(parser *p, const char *at, const char *end,
                   bool in_attribute, osl_text *out)
{
    char *to = osl_arena_take(&p->tree->arena, (size_t)(end - at) + 1);
    if (to == NULL)
        return false;
    out->bytes = to;
    while (at < end) {
        size_t used = 1;
        if (*at == '&')
            used = decode_one(at, end, in_attribute, &to);
        else if (*at != '\r')
            *to++ = *at;
        if (used == 0)
            return false;
        at += used;
    }
    *to = '\0';
    out->length = (size_t)(to - out->bytes);
    return true;
}

/* ---- texts ------------------------------------------------------------- */

static void skip_blanks(parser *p)
{
    while (p->at < p->end && (is_blank(*p->at) || *p->at == '\r')) {
        p->line += *p->at == '\n';
        p->at++;
    }
}

/* Text up to the next tag. */
static bool take_text(parser *p)
{
    if (!p->is_begun)
        skip_blanks(p);
    if (p->at == p->end)
        return true;
    const char *stop = memchr(p->at, '<', (size_t)(p->end - p->at));
    if (stop == p->at)
        return true;
    stop = stop ? stop : p->end;
    run seen = look_at(p->at, stop);
    osl_text text = {p->at, (size_t)(stop - p->at)};
    if (!seen.is_simple || !begin(p))
        return false;
    kind around = kind_of(p, p->open);
    if ((seen.has_words || seen.has_references) && around >= TABLE &&
        around != CELL)
        return false;
    if ((seen.has_references || seen.has_returns) &&
        !decode(p, p->at, stop, false, &text))
        return false;
    uint32_t line = p->line;
    p->at = stop;
    p->line += seen.lines;
    uint32_t at = osl_html_add_text(p->tree, p->open, text, line);
    if (at == UINT32_MAX)
        return false;
    osl_html_end(p->tree, at);
    return true;
}

/* ---- tags -------------------------------------------------------------- */

#define ATTRIBUTES_MAX 12

static bool is_name_char(char c)
{
    return osl_is_alpha(c) || c == '-' || c == ':';
}

/* The value behind '=': quoted and simple. */
static bool take_value(parser *p, osl_text *value)
{
    char quote = p->at < p->end ? *p->at : '\0';
    if (quote != '"' && quote != '\'')
        return false;
    const char *from = ++p->at;
    const char *stop = memchr(from, quote, (size_t)(p->end - from));
    if (stop == NULL)
        return false;
    run seen = look_at(from, stop);
    p->line += seen.lines;
    p->at = stop + 1;
    return seen.is_simple && decode(p, from, stop, true, value);
}

static bool has_name(const osl_html_attr *items, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(items[i].name, name) == 0)
            return true;
    return false;
}

/* One attribute; prepare has put one blank before it. */
static bool take_attribute(parser *p, osl_html_attr *items, size_t count)
{
    const char *from = p->at;
    while (p->at < p->end && is_name_char(*p->at))
        p->at++;
    size_t length = (size_t)(p->at - from);
    osl_text value = {"", 0};
    char *name = osl_arena_copy(&p->tree->arena, (osl_text){from, length});
    if (name == NULL || length == 0 || p->at == p->end)
        return false;
    for (size_t i = 0; i < length; i++)
        name[i] = osl_to_lower(name[i]);
    if (*p->at == '=') {
        p->at++;
        if (!take_value(p, &value))
            return false;
    }
    items[count] = (osl_html_attr){name, value.bytes};
    return !has_name(items, count, name);
}

/* From behind the name to behind the '>'. */
static bool take_attributes(parser *p, osl_html_attr **items, size_t *count)
{
    osl_html_attr found[ATTRIBUTES_MAX];
    *count = 0;
    *items = NULL;
    while (p->at < p->end && *p->at == ' ' && *count < ATTRIBUTES_MAX) {
        p->at++;
        if (!take_attribute(p, found, *count))
            return false;
        ++*count;
    }
    if (p->at == p->end || *p->at != '>')
        return false;
    p->at++;
    if (*count == 0)
        return true;
    *items = osl_arena_take(&p->tree->arena, *count * sizeof **items);
    if (*items)
        memcpy(*items, found, *count * sizeof **items);
    return *items != NULL;
}

/* Whether an element may begin here without a repair. */
static bool may_begin(const parser *p, kind what)
{
    uint32_t open = p->open;
    kind around = kind_of(p, open);
    if (around == TABLE)
        return what == SECTION || what == ROW;
    if (around == SECTION)
        return what == ROW;
    if (around == ROW)
        return what == CELL;
    switch (what) {
    case INLINE:
    case VOID:
        return true;
    case LINK:
        return p->in_a == 0;
    case ITEM:
        return around == LIST;
    case HEADING:
        return p->in_p == 0 && around != HEADING;
    case BLOCK:
    case LIST:
    case PARAGRAPH:
    case RULE:
    case TABLE:
        return p->in_p == 0;
    default:
        return false;
    }
}

static bool is_implied_body(const parser *p)
{
    const osl_html_node *node = &p->tree->nodes[p->open];
    return node->tag == GUMBO_TAG_TBODY && node->is_implied;
}

static bool start_tag(parser *p, GumboTag tag)
{
    osl_html_attr *items;
    size_t count;
    uint32_t line = p->line;
    kind what = (kind)kinds[tag];
    if (!take_attributes(p, &items, &count) || !begin(p))
        return false;
    if (what == SECTION && is_implied_body(p))
        close_element(p);
    if (!may_begin(p, what))
        return false;
    if (what == ROW && kind_of(p, p->open) == TABLE) {
        if (!add_element(p, GUMBO_TAG_TBODY, NULL, 0, line))
            return false;
        p->tree->nodes[p->open].is_implied = true;
    }
    if (!add_element(p, tag, items, count, line))
        return false;
    if (what == VOID || what == RULE)
        close_element(p);
    return true;
}

static bool end_tag(parser *p, GumboTag tag)
{
    while (p->at < p->end && is_blank(*p->at)) {
        p->line += *p->at == '\n';
        p->at++;
    }
    if (p->at == p->end || *p->at != '>' || !p->is_begun)
        return false;
    p->at++;
    if (tag == GUMBO_TAG_TABLE && is_implied_body(p))
        close_element(p);
    if (p->tree->nodes[p->open].tag != tag)
        return false;
    close_element(p);
    return true;
}

/* A tag at '<'. */
static bool take_tag(parser *p)
{
    bool ends = p->end - p->at > 1 && p->at[1] == '/';
    const char *name = p->at + (ends ? 2 : 1);
    const char *stop = name;
    while (stop < p->end && (osl_is_alpha(*stop) || osl_is_digit(*stop)))
        stop++;
    if (stop == name || stop - name > 12)
        return false;
    GumboTag tag = gumbo_tagn_enum(name, (unsigned)(stop - name));
    if (tag >= GUMBO_TAG_LAST || kinds[tag] == NOT_SIMPLE)
        return false;
    p->at = stop;
    return ends ? end_tag(p, tag) : start_tag(p, tag);
}

static bool parse(parser *p)
{
    osl_text all = osl_buf_text(&p->tree->prepared);
    if (osl_utf8_valid(all) < all.length)
        return false;
    while (p->at < p->end)
        if (!take_text(p) || (p->at < p->end && !take_tag(p)))
            return false;
    if (!begin(p))
        return false;
    while (p->open != 0)
        close_element(p);
    osl_html_end(p->tree, 0);
    return true;
}

bool osl_html_parse_simple(osl_html_tree *tree)
{
    parser p = {.tree = tree,
                .at = (const char *)tree->prepared.bytes,
                .end =
                    (const char *)tree->prepared.bytes + tree->prepared.length,
                .line = 1};
    if (parse(&p))
        return true;
    tree->count = 0;
    osl_arena_reset(&tree->arena);
    return false;
}
