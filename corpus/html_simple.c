/* SPDX-License-Identifier: MIT
 *
 * Pages and fragments without a fault. Half of the time that goes into web
 * pages, NGC, YAML and FHIR is libgumbo's, whose care (repairs, one character
 * at a time through two state machines) such HTML does not need: what a
 * content system wrote closes every tag in order. This parser takes just that
 * and nothing else:
 *
 *   - a doctype, html, head and body, or nothing of these;
 *   - elements of a list, each closed by its own end tag while it is the
 *     innermost one (or by the end of the fragment; a p by the next block);
 *   - no link in a link, no heading right in a heading, li only in lists, rows
 *     and cells only where they belong;
 *   - references with their semicolon, no controls, nothing above U+FFFF.
 *
 * At the first thing else it gives up and libgumbo reads the whole from its
 * start. What it accepts, it makes into exactly libgumbo's tree, implied
 * elements and lines included: a differential test holds it to that.
 *
 * Texts without references are not copied: they point into `prepared`. */
#include <libxml/HTMLparser.h>
#include <string.h>
#include <strings.h>

#include "core/base/utf8.h"
#include "corpus/clean.h"
#include "corpus/html_tree.h"
#include "corpus/prose.h"

typedef enum kind {
    NOT_SIMPLE,
    INLINE,
    LINK,
    BUTTON,
    VOID,  /* br, img … */
    BLOCK, /* those of kinds up to RULE end an open p */
    LIST,
    DEFINITIONS,
    FORM,
    PARAGRAPH,
    HEADING,
    RULE, /* hr */
    ITEM,
    TERM, /* dt, dd */
    SELECT,
    OPTION,
    TABLE, /* in those of kinds from here to ROW no text stands */
    COLUMNS,
    SECTION, /* tbody, thead, tfoot */
    ROW,
    CELL,
    CAPTION,
    COLUMN,
    HTML,
    HEAD,
    BODY,
    TITLE,
    META /* void, in the head too */
} kind;

static const uint8_t kinds[GUMBO_TAG_LAST] = {
    [GUMBO_TAG_HTML] = HTML,        [GUMBO_TAG_HEAD] = HEAD,
    [GUMBO_TAG_BODY] = BODY,        [GUMBO_TAG_TITLE] = TITLE,
    [GUMBO_TAG_META] = META,        [GUMBO_TAG_LINK] = META,
    [GUMBO_TAG_BASE] = META,        [GUMBO_TAG_P] = PARAGRAPH,
    [GUMBO_TAG_DIV] = BLOCK,        [GUMBO_TAG_SECTION] = BLOCK,
    [GUMBO_TAG_ARTICLE] = BLOCK,    [GUMBO_TAG_ASIDE] = BLOCK,
    [GUMBO_TAG_NAV] = BLOCK,        [GUMBO_TAG_HEADER] = BLOCK,
    [GUMBO_TAG_FOOTER] = BLOCK,     [GUMBO_TAG_MAIN] = BLOCK,
    [GUMBO_TAG_ADDRESS] = BLOCK,    [GUMBO_TAG_HGROUP] = BLOCK,
    [GUMBO_TAG_DETAILS] = BLOCK,    [GUMBO_TAG_SUMMARY] = BLOCK,
    [GUMBO_TAG_FIELDSET] = BLOCK,   [GUMBO_TAG_FIGURE] = BLOCK,
    [GUMBO_TAG_FIGCAPTION] = BLOCK, [GUMBO_TAG_BLOCKQUOTE] = BLOCK,
    [GUMBO_TAG_CENTER] = BLOCK,     [GUMBO_TAG_UL] = LIST,
    [GUMBO_TAG_OL] = LIST,          [GUMBO_TAG_LI] = ITEM,
    [GUMBO_TAG_DL] = DEFINITIONS,   [GUMBO_TAG_DT] = TERM,
    [GUMBO_TAG_DD] = TERM,          [GUMBO_TAG_FORM] = FORM,
    [GUMBO_TAG_HR] = RULE,          [GUMBO_TAG_H1] = HEADING,
    [GUMBO_TAG_H2] = HEADING,       [GUMBO_TAG_H3] = HEADING,
    [GUMBO_TAG_H4] = HEADING,       [GUMBO_TAG_H5] = HEADING,
    [GUMBO_TAG_H6] = HEADING,       [GUMBO_TAG_SELECT] = SELECT,
    [GUMBO_TAG_OPTION] = OPTION,    [GUMBO_TAG_TABLE] = TABLE,
    [GUMBO_TAG_CAPTION] = CAPTION,  [GUMBO_TAG_COLGROUP] = COLUMNS,
    [GUMBO_TAG_COL] = COLUMN,       [GUMBO_TAG_TBODY] = SECTION,
    [GUMBO_TAG_THEAD] = SECTION,    [GUMBO_TAG_TFOOT] = SECTION,
    [GUMBO_TAG_TR] = ROW,           [GUMBO_TAG_TD] = CELL,
    [GUMBO_TAG_TH] = CELL,          [GUMBO_TAG_A] = LINK,
    [GUMBO_TAG_BUTTON] = BUTTON,    [GUMBO_TAG_BR] = VOID,
    [GUMBO_TAG_IMG] = VOID,         [GUMBO_TAG_INPUT] = VOID,
    [GUMBO_TAG_WBR] = VOID,         [GUMBO_TAG_SOURCE] = VOID,
    [GUMBO_TAG_B] = INLINE,         [GUMBO_TAG_STRONG] = INLINE,
    [GUMBO_TAG_EM] = INLINE,        [GUMBO_TAG_I] = INLINE,
    [GUMBO_TAG_U] = INLINE,         [GUMBO_TAG_SMALL] = INLINE,
    [GUMBO_TAG_FONT] = INLINE,      [GUMBO_TAG_SPAN] = INLINE,
    [GUMBO_TAG_SUP] = INLINE,       [GUMBO_TAG_SUB] = INLINE,
    [GUMBO_TAG_ABBR] = INLINE,      [GUMBO_TAG_CITE] = INLINE,
    [GUMBO_TAG_Q] = INLINE,         [GUMBO_TAG_LABEL] = INLINE,
    [GUMBO_TAG_CODE] = INLINE,      [GUMBO_TAG_MARK] = INLINE,
    [GUMBO_TAG_TIME] = INLINE,      [GUMBO_TAG_INS] = INLINE,
    [GUMBO_TAG_DEL] = INLINE,       [GUMBO_TAG_S] = INLINE,
    [GUMBO_TAG_DFN] = INLINE,       [GUMBO_TAG_VAR] = INLINE,
    [GUMBO_TAG_NOSCRIPT] = INLINE,  [GUMBO_TAG_UNKNOWN] = INLINE,
};

/* How far the page has come. A fragment is in its body from the start. */
typedef enum stage {
    AT_START,
    BEFORE_HEAD,
    IN_HEAD,
    BEHIND_HEAD,
    IN_BODY,
    BEHIND_BODY
} stage;

typedef struct parser {
    osl_html_tree *tree;
    osl_find_fn *find;
    const char *at, *end;
    uint32_t line;
    uint32_t open;                           /* the innermost element's node */
    uint32_t in_p, in_a, in_form, in_button; /* how many are open */
    stage stage;
    bool has_doctype;
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
    p->in_form += tag == GUMBO_TAG_FORM;
    p->in_button += tag == GUMBO_TAG_BUTTON;
    return true;
}

static void close_element(parser *p)
{
    const osl_html_node *node = &p->tree->nodes[p->open];
    uint32_t parent = node->parent;
    p->in_p -= node->tag == GUMBO_TAG_P;
    p->in_a -= node->tag == GUMBO_TAG_A;
    p->in_form -= node->tag == GUMBO_TAG_FORM;
    p->in_button -= node->tag == GUMBO_TAG_BUTTON;
    osl_html_end(p->tree, p->open);
    p->open = parent;
}

/* What a parser puts around every fragment. */
static bool begin(parser *p, uint32_t line)
{
    if (p->stage != AT_START)
        return p->stage == IN_BODY;
    p->stage = IN_BODY;
    if (!add_element(p, GUMBO_TAG_HTML, NULL, 0, line) ||
        !add_element(p, GUMBO_TAG_HEAD, NULL, 0, line))
        return false;
    close_element(p);
    return add_element(p, GUMBO_TAG_BODY, NULL, 0, line);
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
static uint32_t reference(const char *at, const char *end, bool in_attribute)
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
                        (value == '\r' && in_attribute) ||
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

/* What is not plain, by buckets: 1 '&', 2 DEL, 4 controls, 8 what begins a
 * character beyond ASCII. */
static const osl_find_set signs = {
    .low = {{12, 12, 12, 12, 12, 12, 13, 12, 12, 12, 12, 12, 12, 12, 12, 14},
            OSL_FIND_ALL(15),
            OSL_FIND_ALL(15),
            OSL_FIND_ALL(15)},
    .high = {{4, 4, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 8, 8, 8, 8},
             OSL_FIND_ALL(15),
             OSL_FIND_ALL(15),
             OSL_FIND_ALL(15)}};

/* What a run of characters needs. */
typedef struct run {
    bool has_references, has_returns, is_simple;
    uint32_t lines;
} run;

static run look_at(const parser *p, const char *at, const char *end)
{
    run seen = {.is_simple = true};
    while (seen.is_simple) {
        at += p->find(&signs, at, (size_t)(end - at));
        if (at == end)
            break;
        char c = *at;
        if (c == '&')
            seen.has_references = true;
        else if ((uint8_t)c >= 0x80)
            seen.is_simple = (uint8_t)c < 0xC2 || is_plain_wide(at);
        else if (c == '\n')
            seen.lines++;
        else if (c == '\r')
            seen.is_simple = seen.has_returns = at + 1 < end && at[1] == '\n';
        else
            seen.is_simple = c == '\t' || c == '\f';
        at++;
    }
    return seen;
}

static bool is_reference_char(char c)
{
    return osl_is_alpha(c) || osl_is_digit(c) || c == '#';
}

/* Whether [at, end), behind '&' and before '_', is no name that needs no
 * semicolon: those are of HTML 4, or in capitals. */
static bool is_free_name(const char *at, const char *end)
{
    char name[16];
    size_t length = (size_t)(end - at);
    bool has_small = false;
    if (length == 0 || length >= sizeof name)
        return false;
    for (size_t i = 0; i < length; i++)
        has_small |= at[i] >= 'a' && at[i] <= 'z';
    memcpy(name, at, length);
    name[length] = '\0';
    return has_small && !htmlEntityLookup((const xmlChar *)name);
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
    bool is_query =
        in_attribute && stop > at + 1 && at[1] != '#' && stop < end &&
        (*stop == '=' || (*stop == '_' && is_free_name(at + 1, stop)));
    if (is_alone || is_query) {
        *(*to)++ = '&';
        return 1;
    }
    uint32_t c =
        stop < end && *stop == ';' ? reference(at, stop, in_attribute) : 0;
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

static bool is_blank_only(osl_text text)
{
    for (size_t i = 0; i < text.length; i++)
        if ((uint8_t)text.bytes[i] > ' ')
            return false;
    return true;
}

/* Where the next tag begins: "<5 mg" is text. */
static const char *next_tag(const parser *p)
{
    const char *at = p->at;
    while ((at = memchr(at, '<', (size_t)(p->end - at)))) {
        if (p->end - at < 2 || osl_is_alpha(at[1]) || at[1] == '/' ||
            at[1] == '!' || at[1] == '?')
            return at;
        at++;
    }
    return p->end;
}

/* Whether text may stand here; `is_blank` where it is white space. */
static bool may_stand(const parser *p, bool is_blank_text)
{
    kind around = kind_of(p, p->open);
    if (is_blank_text || around == TITLE)
        return true;
    return p->stage == IN_BODY && !(around >= TABLE && around <= ROW);
}

/* A text behind another: both are one. */
static bool join_text(parser *p, osl_html_node *last, osl_text more)
{
    osl_text first = last->of.text;
    char *joined =
        osl_arena_take(&p->tree->arena, first.length + more.length + 1);
    if (joined == NULL)
        return false;
    memcpy(joined, first.bytes, first.length);
    memcpy(joined + first.length, more.bytes, more.length);
    joined[first.length + more.length] = '\0';
    uint32_t letters = osl_prose_letters(more);
    last->of.text = (osl_text){joined, first.length + more.length};
    last->text_bytes += letters;
    p->tree->nodes[p->open].text_bytes += letters;
    return true;
}

static bool put_text(parser *p, osl_text text, uint32_t line)
{
    osl_html_node *last = &p->tree->nodes[p->tree->count - 1];
    if (last->role == OSL_HTML_TEXT && last->parent == p->open)
        return join_text(p, last, text);
    uint32_t at = osl_html_add_text(p->tree, p->open, text, line);
    if (at == UINT32_MAX)
        return false;
    osl_html_end(p->tree, at);
    return true;
}

/* The text up to `stop`. */
static bool add_text(parser *p, const char *stop)
{
    run seen = look_at(p, p->at, stop);
    osl_text text = {p->at, (size_t)(stop - p->at)};
    if (!seen.is_simple || (p->stage == AT_START && !begin(p, p->line)))
        return false;
    if (!may_stand(p, !seen.has_references && is_blank_only(text)))
        return false;
    if ((seen.has_references || seen.has_returns) &&
        !decode(p, p->at, stop, false, &text))
        return false;
    uint32_t line = p->line;
    p->at = stop;
    p->line += seen.lines;
    return put_text(p, text, line);
}

/* Text up to the next tag. */
static bool take_text(parser *p)
{
    if (p->stage <= BEFORE_HEAD)
        skip_blanks(p);
    const char *stop = next_tag(p);
    return stop == p->at || add_text(p, stop);
}

/* ---- tags -------------------------------------------------------------- */

#define ATTRIBUTES_MAX 12

static bool is_name_char(char c)
{
    return osl_is_alpha(c) || c == '-' || c == ':';
}

/* A value without quotes: letters, digits and a few signs. */
static bool take_bare_value(parser *p, osl_text *value)
{
    const char *from = p->at;
    while (p->at < p->end && (osl_is_alpha(*p->at) || osl_is_digit(*p->at) ||
                              (*p->at && strchr("-_.%#:;,", *p->at))))
        p->at++;
    bool ends = p->at < p->end && (is_blank(*p->at) || *p->at == '>');
    return p->at > from && ends && decode(p, from, p->at, true, value);
}

/* The value behind '='. */
static bool take_value(parser *p, osl_text *value)
{
    char quote = p->at < p->end ? *p->at : '\0';
    if (quote != '"' && quote != '\'')
        return take_bare_value(p, value);
    const char *from = ++p->at;
    const char *stop = memchr(from, quote, (size_t)(p->end - from));
    if (stop == NULL)
        return false;
    run seen = look_at(p, from, stop);
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
    while (p->at < p->end && is_blank(*p->at)) {
        skip_blanks(p);
        if (p->at == p->end || *p->at == '>')
            break;
        if (*count == ATTRIBUTES_MAX || !take_attribute(p, found, *count))
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
    kind around = kind_of(p, p->open);
    switch (around) {
    case TABLE:
        return what == SECTION || what == ROW || what == CAPTION ||
               what == COLUMNS;
    case COLUMNS:
        return what == COLUMN;
    case SECTION:
        return what == ROW;
    case ROW:
        return what == CELL;
    case SELECT:
        return what == OPTION;
    case OPTION:
        return false;
    default:
        break;
    }
    switch (what) {
    case INLINE:
    case VOID:
    case SELECT:
        return true;
    case LINK:
        return p->in_a == 0;
    case BUTTON:
        return p->in_button == 0;
    case ITEM:
        return around == LIST;
    case TERM:
        return around == DEFINITIONS;
    case HEADING:
        return p->in_p == 0 && around != HEADING;
    case FORM:
        return p->in_p == 0 && p->in_form == 0;
    case BLOCK:
    case LIST:
    case DEFINITIONS:
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

/* Closes what the start of an element ends. */
static void close_before(parser *p, kind what)
{
    bool ends_p = what >= BLOCK && what <= RULE;
    if ((ends_p && kind_of(p, p->open) == PARAGRAPH) ||
        (what == SECTION && is_implied_body(p)))
        close_element(p);
}

static bool start_in_body(parser *p, GumboTag tag, uint32_t line,
                          osl_html_attr *items, size_t count)
{
    kind what = (kind)kinds[tag];
    bool is_of_head = tag == GUMBO_TAG_NOSCRIPT && p->stage == AT_START;
    if (is_of_head || !begin(p, line))
        return false;
    close_before(p, what);
    if (!may_begin(p, what))
        return false;
    if (what == ROW && kind_of(p, p->open) == TABLE) {
        if (!add_element(p, GUMBO_TAG_TBODY, NULL, 0, line))
            return false;
        p->tree->nodes[p->open].is_implied = true;
    }
    if (!add_element(p, tag, items, count, line))
        return false;
    if (what == VOID || what == RULE || what == COLUMN)
        close_element(p);
    return true;
}

/* The title, whose text is all up to its end tag. */
static bool take_title(parser *p)
{
    const char *stop = p->at;
    while ((stop = memchr(stop, '<', (size_t)(p->end - stop))) &&
           !(p->end - stop > 7 && strncasecmp(stop, "</title>", 8) == 0))
        stop++;
    if (stop == NULL || (stop > p->at && !add_text(p, stop)))
        return false;
    p->at = stop + 8;
    close_element(p);
    return true;
}

/* html, head, body and what stands in the head. */
static bool start_in_page(parser *p, GumboTag tag, uint32_t line,
                          osl_html_attr *items, size_t count)
{
    kind what = (kind)kinds[tag];
    stage at = p->stage;
    bool is_in_order = (what == HTML && at == AT_START) ||
                       (what == HEAD && at == BEFORE_HEAD) ||
                       ((what == TITLE || what == META) && at == IN_HEAD) ||
                       (what == BODY && at == BEHIND_HEAD);
    if (!is_in_order || !add_element(p, tag, items, count, line))
        return false;
    if (what == META)
        close_element(p);
    else if (what != TITLE)
        p->stage = what == HTML   ? BEFORE_HEAD
                   : what == HEAD ? IN_HEAD
                                  : IN_BODY;
    return what != TITLE || take_title(p);
}

static bool start_tag(parser *p, GumboTag tag)
{
    osl_html_attr *items;
    size_t count;
    uint32_t line = p->line;
    if (!take_attributes(p, &items, &count))
        return false;
    return kinds[tag] >= HTML ? start_in_page(p, tag, line, items, count)
                              : start_in_body(p, tag, line, items, count);
}

/* The page's own end tags leave their elements open: white space may follow. */
static bool end_of_page(parser *p, GumboTag tag)
{
    if (tag == GUMBO_TAG_HEAD && p->stage == IN_HEAD) {
        close_element(p);
        p->stage = BEHIND_HEAD;
        return true;
    }
    bool is_body = tag == GUMBO_TAG_BODY && p->stage == IN_BODY &&
                   kind_of(p, p->open) == BODY;
    if (is_body)
        p->stage = BEHIND_BODY;
    return is_body || (tag == GUMBO_TAG_HTML && p->stage == BEHIND_BODY);
}

/* libgumbo lets white space before </form> stand behind it. */
static bool end_form(parser *p)
{
    uint32_t form = p->open, last = (uint32_t)p->tree->count - 1;
    osl_html_node *nodes = p->tree->nodes;
    bool moves =
        nodes[last].role == OSL_HTML_TEXT && nodes[last].parent == form;
    if (nodes[form].tag != GUMBO_TAG_FORM || (moves && nodes[last].text_bytes))
        return false;
    close_element(p);
    if (moves) {
        nodes[last].parent = nodes[form].parent;
        nodes[form].end = last;
    }
    return true;
}

static bool end_tag(parser *p, GumboTag tag)
{
    uint32_t line = p->line;
    skip_blanks(p);
    if (p->at == p->end || *p->at != '>')
        return false;
    p->at++;
    if (kinds[tag] >= HTML)
        return end_of_page(p, tag);
    if (p->stage != IN_BODY)
        return false;
    if (tag == GUMBO_TAG_FORM)
        return end_form(p);
    if (tag == GUMBO_TAG_TABLE && is_implied_body(p))
        close_element(p);
    bool is_late =
        tag == GUMBO_TAG_P && p->in_p == 0 && may_begin(p, PARAGRAPH);
    if (is_late && !add_element(p, tag, NULL, 0, line))
        return false;
    if (p->tree->nodes[p->open].tag != tag)
        return false;
    close_element(p);
    return true;
}

/* "<!doctype …>", before all else. */
static bool take_doctype(parser *p)
{
    static const char begins[] = "<!doctype ";
    size_t length = sizeof begins - 1;
    const char *stop = memchr(p->at, '>', (size_t)(p->end - p->at));
    if (p->stage != AT_START || p->has_doctype || stop == NULL ||
        (size_t)(stop - p->at) <= length ||
        strncasecmp(p->at, begins, length) != 0 ||
        !look_at(p, p->at, stop).is_simple)
        return false;
    p->line += look_at(p, p->at, stop).lines;
    p->at = stop + 1;
    p->has_doctype = true;
    return true;
}

/* A tag at '<'. */
static bool take_tag(parser *p)
{
    bool ends = p->end - p->at > 1 && p->at[1] == '/';
    if (p->end - p->at > 1 && p->at[1] == '!')
        return take_doctype(p);
    const char *name = p->at + (ends ? 2 : 1);
    const char *stop = name;
    while (stop < p->end && (is_name_char(*stop) || osl_is_digit(*stop)))
        stop++;
    if (stop == name || !osl_is_alpha(*name))
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
    if (p->stage < IN_BODY && !begin(p, p->line))
        return false;
    while (p->open != 0)
        close_element(p);
    osl_html_end(p->tree, 0);
    return true;
}

bool osl_html_parse_simple(osl_html_tree *tree)
{
    parser p = {.tree = tree,
                .find = tree->find,
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
