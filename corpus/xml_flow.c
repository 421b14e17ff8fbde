/* SPDX-License-Identifier: MIT */
#include "corpus/xml_flow.h"

#include <stdlib.h>
#include <string.h>

#include "corpus/clean.h"
#include "corpus/reader.h"

#define LEVEL_MAX 12
#define SPAN_MAX  1000

static osl_xml_role role_of(const osl_xml_flow *flow, osl_xml_node *node)
{
    if (node->role != OSL_XML_UNKNOWN && node->role < OSL_XML_ASK)
        return (osl_xml_role)node->role;
    osl_xml_role role =
        flow->role ? flow->role(flow->user, node) : OSL_XML_INLINE;
    node->role = (uint16_t)role;
    return role;
}

osl_text osl_xml_flow_words(osl_xml_flow *flow, const osl_xml_node *node)
{
    osl_buf_reset(&flow->words);
    for (const osl_xml_node *at = node; at;) {
        bool skip = false;
        switch (at->role) {
        case OSL_XML_SKIP:
        case OSL_XML_CITE:
        case OSL_XML_NOTE:
            skip = at != node;
            break;
        case OSL_XML_BREAK:
            osl_buf_put_byte(&flow->words, ' ');
            break;
        default:
            if (!at->name)
                osl_buf_put_text(&flow->words, at->text);
        }
        at = skip ? osl_xml_after(at, node) : osl_xml_next(at, node);
    }
    if (flow->words.failed)
        osl_draft_out_of_memory(flow->draft);
    return osl_text_trim(osl_buf_text(&flow->words));
}

/* ---- paragraphs -------------------------------------------------------- */

/* The kind of paragraph that words directly in `node` make. */
static osl_paragraph_kind kind_of(const osl_xml_node *node)
{
    for (; node; node = node->parent) {
        switch (node->role) {
        case OSL_XML_ITEM:
        case OSL_XML_ENTRY:
        case OSL_XML_LABEL:
            return OSL_PARAGRAPH_ITEM;
        case OSL_XML_POINT:
            return OSL_PARAGRAPH_KEY_POINT;
        case OSL_XML_BLOCK:
            if (node->parent && (node->parent->role == OSL_XML_ITEM ||
                                 node->parent->role == OSL_XML_ENTRY))
                return OSL_PARAGRAPH_ITEM;
            return OSL_PARAGRAPH_PROSE;
        case OSL_XML_UNKNOWN: /* a text */
        case OSL_XML_INLINE:
        case OSL_XML_TERM:
        case OSL_XML_SUPER:
        case OSL_XML_SUB:
        case OSL_XML_EVIDENCE:
        case OSL_XML_CITE:
            break;
        default:
            return OSL_PARAGRAPH_PROSE;
        }
    }
    return OSL_PARAGRAPH_PROSE;
}

static void flow_waiting(osl_xml_flow *flow);

static void flow_break(osl_xml_flow *flow)
{
    if (flow->is_term)
        return;
    if (flow->open)
        osl_draft_close(flow->draft);
    flow->open = false;
    if (flow->waiting_count && !flow->table)
        flow_waiting(flow);
}

static void flow_open(osl_xml_flow *flow, const osl_xml_node *node)
{
    if (flow->open)
        return;
    osl_draft_open(flow->draft, kind_of(node), node->line);
    flow->open = true;
}

static bool is_all_blank(osl_text text)
{
    return osl_text_trim(text).length == 0;
}

static void on_text(osl_xml_flow *flow, const osl_xml_node *node)
{
    if (flow->table && !flow->cell)
        return;
    if (!flow->open && is_all_blank(node->text))
        return;
    flow_open(flow, node);
    if (flow->is_term && !is_all_blank(node->text))
        flow->is_term = false;
    osl_draft_text(flow->draft, node->text);
}

/* ---- headings ---------------------------------------------------------- */

static const osl_xml_node *heading_of(osl_xml_flow *flow,
                                      const osl_xml_node *node)
{
    const osl_xml_node *point = NULL;
    for (osl_xml_node *child = node->first; child; child = child->next) {
        osl_xml_role role = child->name ? role_of(flow, child) : OSL_XML_SKIP;
        if (role == OSL_XML_HEADING)
            return child;
        if (role == OSL_XML_POINT && !point)
            point = child;
    }
    return point;
}

static bool is_section(const osl_xml_node *node)
{
    return node->role == OSL_XML_CONTAINER || node->role == OSL_XML_TABLE;
}

static void flow_heading(osl_xml_flow *flow, unsigned level,
                         const osl_xml_node *node)
{
    osl_text words = osl_xml_flow_words(flow, node);
    if (words.length)
        osl_draft_heading(flow->draft, level < LEVEL_MAX ? level : LEVEL_MAX,
                          words);
}

/* A section's heading comes first, wherever it stands among the children; a
 * key point that heads one is a statement of what is around it, too. */
static void section_enter(osl_xml_flow *flow, const osl_xml_node *node)
{
    const osl_xml_node *heading = heading_of(flow, node);
    if (!heading)
        return;
    if (heading->role == OSL_XML_POINT)
        osl_draft_paragraph(flow->draft, OSL_PARAGRAPH_KEY_POINT, heading->line,
                            osl_xml_flow_words(flow, heading));
    flow->level++;
    flow_heading(flow, flow->level, heading);
}

static void section_leave(osl_xml_flow *flow, const osl_xml_node *node)
{
    if (!heading_of(flow, node) || flow->level == 0)
        return;
    if (flow->level <= LEVEL_MAX && !flow->cell)
        osl_draft_close_sections(flow->draft, flow->level);
    flow->level--;
}

/* A question or key point heads what follows it in its parent. Its level is
 * below the parent's heading. */
static void point_heading(osl_xml_flow *flow, const osl_xml_node *node)
{
    flow_heading(flow, flow->level + 1, node);
}

/* ---- captions ---------------------------------------------------------- */

static bool waits(osl_xml_flow *flow, osl_xml_node *node)
{
    if ((!flow->open && !flow->table) || flow->is_flushing)
        return false;
    if (!osl_grow(&flow->waiting, &flow->waiting_capacity,
                  flow->waiting_count + 1, sizeof *flow->waiting)) {
        osl_draft_out_of_memory(flow->draft);
        return true;
    }
    flow->waiting[flow->waiting_count++].node = node;
    return true;
}

static void flow_walk(osl_xml_flow *flow, osl_xml_node *top);

/* The list may grow while it is worked off; what is nested in a caption is
 * part of it, so this does not come here again. */
static void flow_waiting(osl_xml_flow *flow)
{
    if (flow->is_flushing)
        return;
    flow->is_flushing = true;
    for (size_t i = 0; i < flow->waiting_count; i++) {
        flow_walk(flow, flow->waiting[i].node);
        flow_break(flow);
    }
    flow->waiting_count = 0;
    flow->is_flushing = false;
}

/* ---- tables ------------------------------------------------------------ */

static unsigned number_of(osl_text text, unsigned otherwise)
{
    unsigned value = 0;
    text = osl_text_trim(text);
    if (text.length == 0)
        return otherwise;
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return otherwise;
        value = value * 10 + (unsigned)(text.bytes[i] - '0');
        if (value > SPAN_MAX)
            return SPAN_MAX;
    }
    return value;
}

static const osl_xml_column *column_find(const osl_xml_flow *flow,
                                         osl_text name)
{
    if (name.length == 0)
        return NULL;
    for (unsigned i = 0; i < flow->column_count; i++)
        if (osl_text_equal(flow->columns[i].name, name))
            return &flow->columns[i];
    return NULL;
}

static void column_add(osl_xml_flow *flow, osl_text name, unsigned first,
                       unsigned last)
{
    if (flow->column_count == OSL_XML_COLUMNS_MAX || last < first)
        return;
    flow->columns[flow->column_count++] = (osl_xml_column){name, first, last};
}

static void column_enter(osl_xml_flow *flow, const osl_xml_node *node)
{
    unsigned number = number_of(osl_xml_attribute_of(node, "colnum"),
                                flow->columns_given + 1);
    flow->columns_given = number;
    column_add(flow, osl_xml_attribute_of(node, "colname"), number, number);
}

static unsigned columns_between(const osl_xml_flow *flow, osl_text start,
                                osl_text end)
{
    const osl_xml_column *first = column_find(flow, start);
    const osl_xml_column *last = column_find(flow, end);
    if (!first || !last || last->last < first->first)
        return 1;
    return last->last - first->first + 1;
}

static void span_enter(osl_xml_flow *flow, const osl_xml_node *node)
{
    const osl_xml_column *first =
        column_find(flow, osl_xml_attribute_of(node, "namest"));
    const osl_xml_column *last =
        column_find(flow, osl_xml_attribute_of(node, "nameend"));
    if (first && last)
        column_add(flow, osl_xml_attribute_of(node, "spanname"), first->first,
                   last->last);
}

static unsigned cell_columns(const osl_xml_flow *flow, const osl_xml_node *node)
{
    osl_text html = osl_xml_attribute_of(node, "colspan");
    if (!html.length)
        html = osl_xml_attribute_of(node, "cols"); /* TEI */
    if (html.length)
        return number_of(html, 1);
    const osl_xml_column *span =
        column_find(flow, osl_xml_attribute_of(node, "spanname"));
    if (span)
        return span->last - span->first + 1;
    return columns_between(flow, osl_xml_attribute_of(node, "namest"),
                           osl_xml_attribute_of(node, "nameend"));
}

static unsigned cell_rows(const osl_xml_node *node)
{
    osl_text html = osl_xml_attribute_of(node, "rowspan");
    if (!html.length)
        html = osl_xml_attribute_of(node, "rows");
    if (html.length)
        return number_of(html, 1);
    return number_of(osl_xml_attribute_of(node, "morerows"), 0) + 1;
}

static bool is_in_head(const osl_xml_flow *flow, const osl_xml_node *node)
{
    for (; node && node != flow->table; node = node->parent)
        if (node->role == OSL_XML_HEAD)
            return true;
    return false;
}

static void table_enter(osl_xml_flow *flow, const osl_xml_node *node)
{
    flow_break(flow);
    if (!flow->table) {
        section_enter(flow, node);
        flow->table = node;
        flow->column_count = flow->columns_given = 0;
    }
    osl_draft_table_open(flow->draft);
}

static void table_leave(osl_xml_flow *flow, const osl_xml_node *node)
{
    flow_break(flow);
    osl_draft_table_close(flow->draft);
    if (flow->table != node)
        return;
    flow->table = flow->cell = NULL;
    flow_break(flow);
    section_leave(flow, node);
}

static void row_enter(osl_xml_flow *flow, const osl_xml_node *node)
{
    flow_break(flow);
    osl_text role = osl_xml_attribute_of(node, "role"); /* TEI */
    bool is_head = is_in_head(flow, node) || osl_xml_name_is(role, "label") ||
                   strcmp(node->name, "sthead") == 0; /* DITA */
    if (flow->table && !flow->cell)
        osl_draft_row_open(flow->draft, is_head, node->line);
}

static void cell_enter(osl_xml_flow *flow, const osl_xml_node *node)
{
    flow_break(flow);
    if (!flow->table || flow->cell)
        return;
    osl_draft_cell_open(flow->draft, node->role == OSL_XML_HEAD_CELL,
                        cell_columns(flow, node), cell_rows(node));
    flow->cell = node;
}

static void cell_leave(osl_xml_flow *flow, const osl_xml_node *node)
{
    flow_break(flow);
    if (flow->cell != node)
        return;
    osl_draft_cell_close(flow->draft);
    flow->cell = NULL;
}

/* ---- words that mean more ---------------------------------------------- */

static bool is_citation(osl_text text)
{
    /* the last three are a dash */
    static const char signs[12] = {',', ';', '-', ' ',    '[',    ']',
                                   '(', ')', '*', '\xE2', '\x80', '\x93'};
    bool has_digit = false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.bytes[i];
        if (osl_is_digit(c))
            has_digit = true;
        else if (!memchr(signs, c, sizeof signs))
            return false;
    }
    return has_digit;
}

static char last_char(const osl_xml_flow *flow)
{
    osl_text text = osl_draft_open_text(flow->draft);
    if (text.length == 0)
        return 0;
    return text.bytes[text.length - 1];
}

/* "<xref>1</xref>-<xref>3</xref>": what joins two citations goes with them. */
static void drop_joint(osl_xml_flow *flow, const osl_xml_node *cite)
{
    osl_xml_node *joint = cite->next;
    if (!joint || joint->name || !joint->next || !joint->next->name ||
        role_of(flow, joint->next) != OSL_XML_CITE)
        return;
    osl_text text = osl_text_trim(joint->text);
    bool is_joint = text.length == 1 && strchr(",;-", *text.bytes);
    if (is_joint || (text.length == 3 && memcmp(text.bytes, "\u2013", 3) == 0))
        joint->text.length = 0;
}

/* Between brackets the draft finds citations itself, brackets included. */
static void cite_enter(osl_xml_flow *flow, const osl_xml_node *node)
{
    osl_text number = osl_xml_attribute_of(node, "refidx");
    if (number.length) {
        flow_open(flow, node);
        osl_draft_cite(flow->draft, number);
        return;
    }
    osl_text words = osl_xml_flow_words(flow, node);
    if (!words.length)
        return;
    flow_open(flow, node);
    char before = last_char(flow);
    bool is_bare = before != '[' && before != '(' && before != ',' &&
                   before != '-' && before != '\x93';
    /* DocBook's: a key, which is not printed as it stands. */
    bool is_key = strcmp(node->name, "citation") == 0 &&
                  !memchr(words.bytes, ' ', words.length);
    if (is_bare && (is_key || is_citation(words))) {
        osl_draft_cite(flow->draft, words);
        drop_joint(flow, node);
    } else if (words.length <= 3) {
        osl_draft_superscript(flow->draft, words); /* "*" of a note */
    } else {
        osl_draft_text(flow->draft, words);
    }
}

/* "Level of evidence: 3iiA" → "3iiA" */
static void evidence_enter(osl_xml_flow *flow, const osl_xml_node *node)
{
    osl_text words = osl_xml_flow_words(flow, node);
    if (!words.length)
        return;
    flow_open(flow, node);
    osl_draft_text(flow->draft, words);
    const char *colon = memrchr(words.bytes, ':', words.length);
    if (!colon)
        return;
    size_t skip = (size_t)(colon - words.bytes) + 1;
    osl_text level =
        osl_text_trim((osl_text){words.bytes + skip, words.length - skip});
    if (level.length && level.length < 16 &&
        !memchr(level.bytes, ' ', level.length))
        osl_draft_evidence(flow->draft, level);
}

static bool is_second(const osl_xml_node *node)
{
    unsigned before = 0;
    if (!node->parent)
        return false;
    for (const osl_xml_node *at = node->parent->first; at && at != node;
         at = at->next)
        before += at->name != NULL;
    return before > 0;
}

static void math_between(const osl_xml_node *node, osl_buf *out)
{
    const char *parent =
        node->parent && node->parent->name ? node->parent->name : "";
    if (!is_second(node))
        return;
    if (strcmp(parent, "mfrac") == 0)
        osl_buf_put_byte(out, '/');
    else if (strcmp(parent, "msup") == 0)
        osl_buf_put_byte(out, '^');
    else if (strcmp(parent, "mfenced") == 0)
        osl_buf_put(out, ", ", 2);
}

/* A sign between two things; not one that stands in an exponent, nor a
 * bracket or comma. */
static bool is_operator(const osl_xml_node *node)
{
    if (!node->name || strcmp(node->name, "mo") != 0 || !node->next ||
        !is_second(node) || !node->first || node->first->name)
        return false;
    osl_text words = osl_text_trim(node->first->text);
    return words.length && !strchr("().,[]", words.bytes[0]) &&
           strcmp(node->parent->name, "msup") != 0 &&
           strcmp(node->parent->name, "msub") != 0;
}

/* Fractions with a stroke, powers with "^": what a person would type. */
static void math_enter(osl_xml_flow *flow, const osl_xml_node *top)
{
    osl_buf *out = &flow->words;
    osl_buf_reset(out);
    for (const osl_xml_node *at = top; at;) {
        bool skip = at->name && strncmp(at->name, "annotation", 10) == 0;
        if (at->name && at != top && !skip)
            math_between(at, out);
        if (!at->name) {
            osl_text words = osl_text_trim(at->text);
            bool is_sign = is_operator(at->parent);
            if (is_sign)
                osl_buf_put_byte(out, ' ');
            osl_buf_put_text(out, words);
            if (is_sign)
                osl_buf_put_byte(out, ' ');
        }
        at = skip ? osl_xml_after(at, top) : osl_xml_next(at, top);
    }
    if (out->failed)
        osl_draft_out_of_memory(flow->draft);
    else if (out->length) {
        flow_open(flow, top);
        osl_draft_text(flow->draft, osl_buf_text(out));
    }
}

static void markup_enter(osl_xml_flow *flow, const osl_xml_node *node)
{
    flow_break(flow);
    osl_buf html = {0};
    osl_xml_text_of(node, &html);
    if (html.failed)
        osl_draft_out_of_memory(flow->draft);
    else if (flow->markup && html.length && flow->status == OSL_OK) {
        flow->status = flow->markup(flow->draft, osl_buf_text(&html),
                                    flow->level + 1, node->line, flow->err);
    }
    osl_buf_clear(&html);
}

/* ---- the walk ---------------------------------------------------------- */

static void script_enter(osl_xml_flow *flow, const osl_xml_node *node,
                         osl_xml_role role)
{
    osl_buf_reset(&flow->words); /* citations in it are words here */
    osl_xml_text_of(node, &flow->words);
    osl_text words = osl_text_trim(osl_buf_text(&flow->words));
    if (!words.length)
        return;
    flow_open(flow, node);
    flow->is_term = false;
    if (role == OSL_XML_SUPER)
        osl_draft_superscript(flow->draft, words);
    else
        osl_draft_subscript(flow->draft, words);
}

/* Whether the heading is said already: by its section, on entering it. */
static bool heading_is_said(osl_xml_flow *flow, const osl_xml_node *node)
{
    return node->parent && is_section(node->parent) &&
           heading_of(flow, node->parent) == node;
}

static bool heading_enter(osl_xml_flow *flow, const osl_xml_node *node)
{
    if (heading_is_said(flow, node))
        return false;
    flow_break(flow);
    return true;
}

/* Elements of one word's size; false: all is said. */
static bool inline_enter(osl_xml_flow *flow, osl_xml_node *node,
                         osl_xml_role role)
{
    switch (role) {
    case OSL_XML_BREAK:
        osl_draft_space(flow->draft);
        return false;
    case OSL_XML_SUPER:
    case OSL_XML_SUB:
        script_enter(flow, node, role);
        return false;
    case OSL_XML_CITE:
        cite_enter(flow, node);
        return false;
    case OSL_XML_EVIDENCE:
        evidence_enter(flow, node);
        return false;
    case OSL_XML_MATH:
        math_enter(flow, node);
        return false;
    default:
        return role != OSL_XML_SKIP;
    }
}

/* ---- flat text --------------------------------------------------------- */

/* Whether the run of blanks [at, to) ends a paragraph: an empty line, three
 * blanks within a line, a line end behind a stop, a line end or two blanks
 * before a bullet. */
static bool run_parts(osl_text text, size_t at, size_t to)
{
    size_t lines = 0;
    for (size_t i = at; i < to; i++)
        lines += text.bytes[i] == '\n';
    if (lines > 1 || (lines == 0 && to - at >= 3))
        return true;
    if (lines == 1 && at > 0 && strchr(".:?!", text.bytes[at - 1]))
        return true;
    return (lines == 1 || to - at > 1) && to + 1 < text.length &&
           strchr("-*", text.bytes[to]) && text.bytes[to + 1] == ' ';
}

static void line_put(osl_xml_flow *flow, osl_text piece, uint32_t line)
{
    osl_paragraph_kind kind = OSL_PARAGRAPH_PROSE;
    if (piece.length > 2 && strchr("-*", piece.bytes[0]) &&
        piece.bytes[1] == ' ') {
        kind = OSL_PARAGRAPH_ITEM;
        piece = (osl_text){piece.bytes + 2, piece.length - 2};
    }
    osl_draft_paragraph(flow->draft, kind, line, piece);
}

static void lines_enter(osl_xml_flow *flow, const osl_xml_node *node)
{
    osl_buf_reset(&flow->words);
    osl_xml_text_of(node, &flow->words);
    osl_text text = osl_text_trim(osl_buf_text(&flow->words));
    uint32_t line = node->line;
    size_t start = 0;
    for (size_t i = 0; i < text.length; i++) {
        size_t to = i;
        while (to < text.length && osl_is_space(text.bytes[to]))
            to++;
        if (to == i || !run_parts(text, i, to)) {
            i = to > i ? to - 1 : i;
            continue;
        }
        line_put(flow, (osl_text){text.bytes + start, i - start}, line);
        start = to;
        i = to - 1;
    }
    line_put(flow, (osl_text){text.bytes + start, text.length - start}, line);
    if (flow->words.failed)
        osl_draft_out_of_memory(flow->draft);
}

static bool block_enter(osl_xml_flow *flow, osl_xml_node *node,
                        osl_xml_role role)
{
    flow_break(flow);
    if (role == OSL_XML_CONTAINER)
        section_enter(flow, node);
    if (role == OSL_XML_POINT && heading_is_said(flow, node))
        return false;
    if (role == OSL_XML_QUESTION) {
        point_heading(flow, node);
        return false;
    }
    if (role == OSL_XML_MARKUP)
        markup_enter(flow, node);
    if (role == OSL_XML_LINES)
        lines_enter(flow, node);
    return role != OSL_XML_MARKUP && role != OSL_XML_LINES;
}

/* Whether to go on with the children. */
static bool enter(osl_xml_flow *flow, osl_xml_node *node)
{
    osl_xml_role role = role_of(flow, node);
    switch (role) {
    case OSL_XML_BLOCK:
    case OSL_XML_ITEM:
    case OSL_XML_ENTRY:
    case OSL_XML_CONTAINER:
    case OSL_XML_POINT:
    case OSL_XML_QUESTION:
    case OSL_XML_MARKUP:
    case OSL_XML_LINES:
        return block_enter(flow, node, role);
    case OSL_XML_LABEL:
        flow->is_term = false;
        flow_break(flow);
        return true;
    case OSL_XML_HEADING:
        return heading_enter(flow, node);
    case OSL_XML_CAPTION:
    case OSL_XML_NOTE:
        if (waits(flow, node))
            return false;
        flow_break(flow);
        return true;
    case OSL_XML_TABLE:
        table_enter(flow, node);
        return true;
    case OSL_XML_GROUP:
        flow->column_count = flow->columns_given = 0;
        return true;
    case OSL_XML_COLUMN:
        column_enter(flow, node);
        return false;
    case OSL_XML_SPAN:
        span_enter(flow, node);
        return false;
    case OSL_XML_ROW:
        row_enter(flow, node);
        return true;
    case OSL_XML_CELL:
    case OSL_XML_HEAD_CELL:
        cell_enter(flow, node);
        return true;
    default:
        return inline_enter(flow, node, role);
    }
}

static void term_leave(osl_xml_flow *flow, const osl_xml_node *node)
{
    bool is_own = node->role == OSL_XML_LABEL ||
                  (node->parent && node->parent->role == OSL_XML_ENTRY);
    char last = last_char(flow);
    if (!is_own || !last)
        return;
    if (last != ':')
        osl_draft_text(flow->draft, osl_text_of(":"));
    osl_draft_space(flow->draft);
    flow->is_term = true;
}

static void leave(osl_xml_flow *flow, const osl_xml_node *node)
{
    switch (node->role) {
    case OSL_XML_ITEM:
    case OSL_XML_ENTRY:
        flow->is_term = false;
        flow_break(flow);
        break;
    case OSL_XML_BLOCK:
    case OSL_XML_CAPTION:
    case OSL_XML_NOTE:
    case OSL_XML_HEADING:
        flow_break(flow);
        break;
    case OSL_XML_CONTAINER:
        flow->is_term = false;
        flow_break(flow);
        section_leave(flow, node);
        break;
    case OSL_XML_POINT:
        flow_break(flow);
        point_heading(flow, node);
        break;
    case OSL_XML_TERM:
    case OSL_XML_LABEL:
        term_leave(flow, node);
        break;
    case OSL_XML_TABLE:
        table_leave(flow, node);
        break;
    case OSL_XML_CELL:
    case OSL_XML_HEAD_CELL:
        cell_leave(flow, node);
        break;
    default:
        break;
    }
}

static void flow_walk(osl_xml_flow *flow, osl_xml_node *top)
{
    osl_xml_node *node = top;
    while (flow->status == OSL_OK) {
        bool inside = node->name && enter(flow, node);
        if (!node->name)
            on_text(flow, node);
        if (inside && node->first) {
            node = node->first;
            continue;
        }
        if (inside)
            leave(flow, node);
        while (node != top && !node->next) {
            node = node->parent;
            leave(flow, node);
        }
        if (node == top)
            break;
        node = node->next;
    }
}

osl_status osl_xml_flow_walk(osl_xml_flow *flow, osl_xml_node *top,
                             osl_error *err)
{
    flow->err = err;
    flow_walk(flow, top);
    flow_break(flow);
    flow->err = NULL;
    return flow->status;
}

void osl_xml_flow_clear(osl_xml_flow *flow)
{
    osl_buf_clear(&flow->words);
    free(flow->waiting);
    flow->waiting = NULL;
    flow->waiting_count = flow->waiting_capacity = 0;
}
