/* SPDX-License-Identifier: MIT
 *
 * A loop over the nodes: enter() in reading order, leave() when the loop has
 * passed a subtree's end. A block's border ends the open paragraph; text opens
 * one when it comes. Three things cannot be told until a block is over, so
 * they are decided at its end:
 *
 *   - a paragraph whose letters are all bold is a heading without the tag. It
 *     waits: when text follows it is emitted as a heading, when another
 *     heading follows it was a sentence and is emitted as such;
 *   - a short paragraph whose letters are all links leads elsewhere: dropped;
 *   - text of a reference list, after its heading: dropped. */
#include "corpus/html_walk.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "corpus/outline.h"
#include "corpus/prose.h"

enum { HEADING_MAX = 200, CELL_MAX = 1200 };

typedef struct walk_state {
    const osl_html_tree *tree;
    osl_draft *draft;
    osl_outline outline; /* owns its text */

    osl_buf number;         /* owns: "1.1.2", which stands before its text */
    osl_buf captured;       /* owns: a heading's or a superscript's text */
    uint32_t capture_end;   /* behind the node being captured; 0: none */
    uint8_t capture_role;   /* HEADING, SUP or SUB */
    unsigned capture_level; /* of a heading */

    bool is_open; /* a paragraph is */
    bool has_item_kind;
    uint32_t letters, link_letters, bold_letters;
    uint32_t first_line; /* of the tree; 0: unknown */
    uint32_t line;
    char last;       /* the last byte of text */
    bool owes_blank; /* after text in a cell, should more come */

    unsigned item_depth, breaks;
    bool joins_detail; /* dd goes on in the paragraph of its dt */
    uint32_t link_end, bold_end, figure_end, caption_end;

    uint32_t table_end; /* behind the data table we are in; 0: none */
    bool in_cell;
    bool has_row; /* of that table, one was seen */
} walk_state;

static const osl_html_node *node_at(const walk_state *walk, uint32_t at)
{
    return &walk->tree->nodes[at];
}

static uint32_t line_of(const walk_state *walk, const osl_html_node *node)
{
    uint32_t line = osl_html_line(node);
    return line && walk->first_line ? line + walk->first_line - 1 : 0;
}

/* ---- paragraphs -------------------------------------------------------- */

/* A short link that leads elsewhere. */
static bool is_navigation(const walk_state *walk, osl_text text)
{
    return walk->letters == walk->link_letters && !walk->has_item_kind &&
           osl_prose_words(text) <= 8 && !osl_prose_is_finished(text);
}

static bool is_bold_heading(const walk_state *walk, osl_text text)
{
    return walk->letters == walk->bold_letters && !walk->has_item_kind &&
           osl_outline_may_head(text);
}

/* "1.1.2": of a recommendation that stands in a block of its own. */
static bool is_number(osl_text text)
{
    size_t dots = 0, digits = 0;
    for (size_t i = 0; i < text.length; i++) {
        bool is_dot = text.bytes[i] == '.';
        dots += is_dot;
        digits += text.bytes[i] >= '0' && text.bytes[i] <= '9';
        if (is_dot && (i == 0 || text.bytes[i - 1] == '.'))
            return false;
    }
    return dots > 0 && dots < digits && dots + digits == text.length;
}

static void end_paragraph(walk_state *walk)
{
    walk->breaks = 0;
    if (!walk->is_open || walk->in_cell)
        return;
    walk->is_open = false;
    osl_text text = osl_prose_trim(osl_draft_open_text(walk->draft));
    if (text.length <= 12 && is_number(text)) {
        osl_buf_reset(&walk->number);
        osl_buf_put_text(&walk->number, text);
        osl_draft_discard(walk->draft);
        return;
    }
    bool is_heading = is_bold_heading(walk, text);
    if (is_heading && !osl_prose_is_control(text, osl_draft_find(walk->draft)))
        osl_outline_wait(&walk->outline, walk->line, text);
    bool is_out = is_heading || is_navigation(walk, text) ||
                  osl_outline_drops(&walk->outline, walk->has_item_kind, text);
    if (is_out)
        osl_draft_discard(walk->draft);
    else
        osl_draft_close(walk->draft);
}

/* Whether the block that text node `at` begins is bold as a whole. */
static bool begins_bold_block(const walk_state *walk, uint32_t at)
{
    uint32_t bold_bytes = 0;
    uint32_t i = node_at(walk, at)->parent;
    while (i && (node_at(walk, i)->role == OSL_HTML_INLINE ||
                 node_at(walk, i)->role >= OSL_HTML_SUP)) {
        if (node_at(walk, i)->role == OSL_HTML_BOLD)
            bold_bytes = node_at(walk, i)->text_bytes;
        i = node_at(walk, i)->parent;
    }
    return bold_bytes && bold_bytes == node_at(walk, i)->text_bytes;
}

/* Called with the paragraph's first text. */
static void begin_paragraph(walk_state *walk, uint32_t at, bool is_item)
{
    const osl_html_node *node = node_at(walk, at);
    osl_outline_settle(&walk->outline, !is_item && begins_bold_block(walk, at));
    walk->line = line_of(walk, node);
    osl_text text = osl_html_node_text(node);
    for (size_t i = 0; i < text.length && (uint8_t)text.bytes[i] <= ' '; i++)
        walk->line += walk->line && text.bytes[i] == '\n';
    walk->has_item_kind = is_item;
    walk->letters = walk->link_letters = walk->bold_letters = 0;
    walk->is_open = true;
    walk->last = ' ';
    osl_draft_open(walk->draft,
                   is_item ? OSL_PARAGRAPH_ITEM : OSL_PARAGRAPH_PROSE,
                   walk->line);
    if (walk->number.length)
        osl_draft_text(walk->draft, osl_buf_text(&walk->number));
    walk->owes_blank = walk->number.length > 0;
    osl_buf_reset(&walk->number);
}

/* A block's border. */
static void border(walk_state *walk)
{
    if (walk->capture_end || walk->joins_detail)
        return;
    if (!walk->in_cell) {
        end_paragraph(walk);
        return;
    }
    walk->owes_blank = true;
    walk->breaks = 0;
}

/* The border of a list item: within a cell the items stay apart. */
static void item_border(walk_state *walk)
{
    bool is_glued = walk->in_cell && !walk->capture_end && walk->last &&
                    !strchr(" .;:,!?", walk->last);
    if (is_glued) {
        osl_draft_text(walk->draft, (osl_text){";", 1});
        walk->last = ';';
    }
    border(walk);
}

/* ---- text -------------------------------------------------------------- */

/* What is left of `text` before and behind a template's mark: {{…}}, {%…%};
 * true where one was taken out. */
static bool cut_template(osl_text text, osl_text *before, osl_text *behind)
{
    const char *at = text.bytes, *end = text.bytes + text.length;
    while ((at = memchr(at, '{', (size_t)(end - at))) && at + 1 < end) {
        const char *mark = at[1] == '{' ? "}}" : at[1] == '%' ? "%}" : NULL;
        const char *close =
            mark ? memmem(at, (size_t)(end - at), mark, 2) : NULL;
        if (close) {
            *before = (osl_text){text.bytes, (size_t)(at - text.bytes)};
            *behind = (osl_text){close + 2, (size_t)(end - close - 2)};
            return true;
        }
        at++;
    }
    return false;
}

/* The last blank of a text is held back: a semicolon or a bracket that closes
 * may follow. */
static void send_text(walk_state *walk, osl_text text, osl_text trimmed)
{
    if (trimmed.length == 0) {
        walk->owes_blank = walk->last != '(';
        return;
    }
    bool has_blank = walk->owes_blank || trimmed.bytes > text.bytes;
    if (has_blank && *trimmed.bytes != ')' && walk->last != '(')
        osl_draft_space(walk->draft);
    walk->owes_blank =
        trimmed.bytes + trimmed.length < text.bytes + text.length;
    walk->last = trimmed.bytes[trimmed.length - 1];
    osl_draft_text(walk->draft, trimmed);
}

/* " [" before a link with a number to a place on the page is a citation, so
 * the blank goes: only marks glued to a word are taken for one. */
static bool is_before_note(const walk_state *walk, uint32_t at, osl_text text)
{
    size_t length = text.length;
    if (length < 2 || memcmp(text.bytes + length - 2, " [", 2) != 0 ||
        at + 1 >= walk->tree->count)
        return false;
    const osl_html_node *link = node_at(walk, at + 1);
    const char *href = osl_html_attribute(link, "href");
    return link->role == OSL_HTML_LINK && href && strchr(href, '#') &&
           link->text_bytes < 8;
}

static void put_text(walk_state *walk, uint32_t at, osl_text text,
                     uint32_t letters)
{
    walk->letters += letters;
    if (at < walk->link_end)
        walk->link_letters += letters;
    if (at < walk->bold_end)
        walk->bold_letters += letters;
    if (walk->joins_detail && letters) {
        walk->joins_detail = false;
        if (walk->last != ':')
            osl_draft_text(walk->draft, osl_text_of(":"));
        walk->owes_blank = true;
    }
    if (is_before_note(walk, at, text)) {
        osl_text before = {text.bytes, text.length - 1};
        send_text(walk, before, osl_prose_trim(before));
        walk->owes_blank = false;
        text = (osl_text){"[", 1};
    }
    send_text(walk, text, osl_prose_trim(text));
}

/* Starts what must stand before text can: a paragraph, or an item where the
 * text after a line break has a bullet. Gives what of the text is left. */
static osl_text prepare_text(walk_state *walk, uint32_t at, osl_text text)
{
    if (walk->in_cell)
        return text;
    osl_text trimmed = osl_prose_trim(text);
    size_t bullet = 0;
    if (!walk->is_open || walk->breaks)
        bullet = osl_prose_bullet(trimmed);
    if (bullet && walk->is_open)
        end_paragraph(walk);
    if (!walk->is_open)
        begin_paragraph(walk, at, bullet || walk->item_depth > 0);
    if (bullet) {
        trimmed.length = (size_t)(text.bytes + text.length - trimmed.bytes);
        text = (osl_text){trimmed.bytes + bullet, trimmed.length - bullet};
    }
    return text;
}

static void put_visible(walk_state *walk, uint32_t at, osl_text text,
                        uint32_t letters)
{
    if (walk->capture_end) {
        osl_buf_put_text(&walk->captured, text);
        return;
    }
    if (letters == 0 && !walk->is_open && !walk->in_cell)
        return;
    if (letters) {
        size_t length = text.length;
        text = prepare_text(walk, at, text);
        if (text.length < length)
            letters = osl_prose_letters(text);
        walk->breaks = 0;
    }
    put_text(walk, at, text, letters);
}

static void put_node_text(walk_state *walk, uint32_t at)
{
    const osl_html_node *node = node_at(walk, at);
    osl_text text = osl_html_node_text(node);
    uint32_t letters = node->text_bytes;
    if (walk->table_end && !walk->in_cell && !walk->capture_end)
        return; /* between cells */
    osl_text before, behind;
    while (cut_template(text, &before, &behind)) {
        put_visible(walk, at, before, osl_prose_letters(before));
        text = behind;
        letters = osl_prose_letters(behind);
    }
    put_visible(walk, at, text, letters);
}

/* ---- headings by tag and by class -------------------------------------- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static unsigned letter_level(char c)
{
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A') + 1;
    return c >= '1' && c <= '6' ? (unsigned)(c - '0') : 0;
}

/* "head-A" is 1, "heading2" 2, "h3" 3, "title" 1; 7 where a word says heading
 * but no level; 0 for another word. */
static unsigned class_word_level(const char *word, size_t length)
{
    static const char *const names[] = {
        "subheading", "subhead",  "heading", "head", "headline",
        "title",      "subtitle", "hd",      "h",    NULL};
    for (const char *const *name = names; *name; name++) {
        size_t size = strlen(*name);
        if (length < size || (*word | 0x20) != **name ||
            strncasecmp(word, *name, size) != 0)
            continue;
        const char *rest = word + size;
        if (length > size && (*rest == '-' || *rest == '_'))
            rest++;
        size_t left = length - (size_t)(rest - word);
        if (left > 0 && letter_level(*rest) &&
            (left == 1 || !is_letter(rest[1]) || rest[1] == '-'))
            return letter_level(*rest);
        if (left == 0 && size > 1)
            return 7;
    }
    return 0;
}

static unsigned class_level(const char *class)
{
    while (class && *class) {
        size_t length = strcspn(class, " \t\n");
        unsigned level = class_word_level(class, length);
        /* "section-title", "CBox-head-1": a word within the name */
        for (size_t i = 1; !level && i < length; i++)
            if (class[i - 1] == '-' || class[i - 1] == '_')
                level = class_word_level(class + i, length - i);
        if (level)
            return level;
        class += length;
        class += strspn(class, " \t\n");
    }
    return 0;
}

/* Only inline elements and text below, few letters, no sentence's end. */
static bool is_heading_like(const walk_state *walk, uint32_t at)
{
    const osl_html_node *node = node_at(walk, at);
    uint32_t last = 0;
    if (node->text_bytes == 0 || node->text_bytes > HEADING_MAX)
        return false;
    for (uint32_t i = at + 1; i < node->end; i++) {
        uint8_t role = node_at(walk, i)->role;
        if (role != OSL_HTML_TEXT && role != OSL_HTML_INLINE &&
            role < OSL_HTML_BREAK)
            return false;
        if (role == OSL_HTML_TEXT && node_at(walk, i)->text_bytes)
            last = i;
    }
    osl_text text = osl_prose_trim(osl_html_node_text(node_at(walk, last)));
    return text.bytes[text.length - 1] != '.';
}

static void capture(walk_state *walk, uint32_t at, uint8_t role, unsigned level)
{
    if (role == OSL_HTML_HEADING)
        end_paragraph(walk);
    osl_buf_reset(&walk->captured);
    walk->capture_end = node_at(walk, at)->end;
    walk->capture_role = role;
    walk->capture_level = level;
}

static void enter_heading(walk_state *walk, uint32_t at)
{
    GumboTag tag = osl_html_tag(node_at(walk, at));
    unsigned level = walk->outline.level + (unsigned)(tag - GUMBO_TAG_H1);
    if (walk->in_cell)
        border(walk);
    else
        capture(walk, at, OSL_HTML_HEADING, level);
    walk->outline.real_level = level;
}

/* Starts a heading where the class of a block says that it is one. */
static bool enter_class_heading(walk_state *walk, uint32_t at)
{
    const char *class = osl_html_attribute(node_at(walk, at), "class");
    if (!class || walk->in_cell || walk->item_depth > 1)
        return false;
    unsigned found = class_level(class);
    if (!found || !is_heading_like(walk, at))
        return false;
    capture(walk, at, OSL_HTML_HEADING,
            found < 7 ? walk->outline.level + found - 1
                      : osl_outline_level_below(&walk->outline));
    /* A class that names no level stands below what names one. */
    if (found < 7)
        walk->outline.real_level = walk->capture_level;
    return true;
}

static void leave_heading(walk_state *walk)
{
    osl_text text = osl_prose_trim(osl_buf_text(&walk->captured));
    osl_buf_reset(&walk->number);
    if (text.length > (size_t)HEADING_MAX * 2)
        osl_outline_paragraph(&walk->outline, OSL_PARAGRAPH_PROSE, walk->line,
                              text);
    else if (text.length &&
             !osl_prose_is_control(text, osl_draft_find(walk->draft)))
        osl_outline_heading(&walk->outline, walk->capture_level, text);
}

static void end_capture(walk_state *walk)
{
    osl_text text = osl_buf_text(&walk->captured);
    walk->capture_end = 0;
    if (walk->capture_role == OSL_HTML_HEADING) {
        leave_heading(walk);
        return;
    }
    if (walk->owes_blank && osl_prose_trim(text).length)
        osl_draft_space(walk->draft);
    walk->owes_blank = false;
    if (walk->capture_role == OSL_HTML_SUP)
        osl_draft_superscript(walk->draft, text);
    else
        osl_draft_subscript(walk->draft, text);
}

/* ---- tables ------------------------------------------------------------ */

static unsigned span_of(const osl_html_node *node, const char *name)
{
    const char *value = osl_html_attribute(node, name);
    if (!value)
        return 1;
    unsigned long span = strtoul(value, NULL, 10);
    return span < 1 ? 1 : span > 1000 ? 1000 : (unsigned)span;
}

/* A table that only places blocks: with headings or tables in its cells, of
 * one column, or with cells that are pages of their own. */
static bool is_layout(const walk_state *walk, uint32_t table)
{
    uint32_t end = node_at(walk, table)->end;
    unsigned in_row = 0, widest = 0;
    for (uint32_t i = table + 1; i < end; i++) {
        const osl_html_node *node = node_at(walk, i);
        if (node->role == OSL_HTML_HEADING && node->text_bytes)
            return true;
        if (node->role == OSL_HTML_TABLE && node->text_bytes)
            return true;
        if (node->role == OSL_HTML_ROW)
            in_row = 0;
        if (node->role != OSL_HTML_CELL)
            continue;
        if (node->text_bytes > CELL_MAX)
            return true;
        if (++in_row > widest)
            widest = in_row;
    }
    return widest < 2;
}

static void put_caption(walk_state *walk, uint32_t table)
{
    for (uint32_t i = table + 1; i < node_at(walk, table)->end;
         i = node_at(walk, i)->end) {
        const osl_html_node *node = node_at(walk, i);
        if (osl_html_tag(node) != GUMBO_TAG_CAPTION || !node->text_bytes)
            continue;
        osl_buf_reset(&walk->captured);
        osl_html_text(walk->tree, i, &walk->captured);
        osl_outline_paragraph(&walk->outline, OSL_PARAGRAPH_PROSE,
                              line_of(walk, node),
                              osl_buf_text(&walk->captured));
    }
}

static void enter_table(walk_state *walk, uint32_t at)
{
    border(walk);
    if (walk->in_cell || walk->capture_end || is_layout(walk, at))
        return;
    put_caption(walk, at);
    osl_outline_settle(&walk->outline, false);
    walk->table_end = node_at(walk, at)->end;
    walk->has_row = false;
    osl_draft_table_open(walk->draft);
}

static bool is_in_head(const walk_state *walk, uint32_t at)
{
    uint32_t parent = node_at(walk, at)->parent;
    return osl_html_tag(node_at(walk, parent)) == GUMBO_TAG_THEAD;
}

/* Whether all text of node `at` stands in one bold element. */
static bool is_bold_whole(const walk_state *walk, uint32_t at)
{
    const osl_html_node *node = node_at(walk, at);
    for (uint32_t i = at + 1; i < node->end; i++)
        if (node_at(walk, i)->role == OSL_HTML_BOLD &&
            node_at(walk, i)->text_bytes == node->text_bytes)
            return true;
    return false;
}

/* Whether a row has two cells at least, and all that have text are bold. */
static bool is_bold_row(const walk_state *walk, uint32_t row)
{
    unsigned bold = 0;
    for (uint32_t i = row + 1; i < node_at(walk, row)->end;
         i = node_at(walk, i)->end) {
        const osl_html_node *cell = node_at(walk, i);
        if (cell->role != OSL_HTML_CELL || cell->text_bytes == 0)
            continue;
        if (!is_bold_whole(walk, i))
            return false;
        bold++;
    }
    return bold > 1;
}

/* A first row of bold cells heads the table where the next one is not. */
static bool is_bold_head(const walk_state *walk, uint32_t row)
{
    uint32_t next = node_at(walk, row)->end;
    if (walk->has_row || !is_bold_row(walk, row))
        return false;
    while (next < walk->table_end && node_at(walk, next)->role != OSL_HTML_ROW)
        next++;
    return next < walk->table_end && !is_bold_row(walk, next);
}

static void enter_row(walk_state *walk, uint32_t at)
{
    if (!walk->table_end || walk->in_cell) {
        border(walk);
        return;
    }
    bool is_head = is_in_head(walk, at) || is_bold_head(walk, at);
    walk->has_row = true;
    osl_draft_row_open(walk->draft, is_head, line_of(walk, node_at(walk, at)));
}

static void enter_cell(walk_state *walk, uint32_t at)
{
    const osl_html_node *node = node_at(walk, at);
    bool is_head = osl_html_tag(node) == GUMBO_TAG_TH;
    if (!walk->table_end) {
        border(walk);
        bool is_row_head =
            is_head && node->end < walk->tree->count &&
            osl_html_tag(node_at(walk, node->end)) != GUMBO_TAG_TH;
        if (is_row_head && !walk->capture_end && is_heading_like(walk, at))
            capture(walk, at, OSL_HTML_HEADING,
                    osl_outline_level_below(&walk->outline));
        return;
    }
    if (walk->in_cell) {
        item_border(walk);
        return;
    }
    osl_draft_cell_open(walk->draft, is_head, span_of(node, "colspan"),
                        span_of(node, "rowspan"));
    walk->in_cell = true;
    walk->owes_blank = false;
    walk->last = ' ';
}

/* ---- the walk ---------------------------------------------------------- */

static bool is_bold_class(const osl_html_node *node)
{
    const char *class = osl_html_attribute(node, "class");
    return class && strcasestr(class, "bold");
}

/* A list of entries of a bibliography: none of its items is text. */
static bool is_reference_list(walk_state *walk, uint32_t at)
{
    const osl_html_node *list = node_at(walk, at);
    unsigned items = 0;
    for (uint32_t i = at + 1; i < list->end && items < 8;
         i = node_at(walk, i)->end) {
        if (node_at(walk, i)->role != OSL_HTML_ITEM)
            continue;
        osl_buf_reset(&walk->captured);
        osl_html_text(walk->tree, i, &walk->captured);
        items++;
        if (!osl_prose_is_reference(osl_buf_text(&walk->captured),
                                    osl_draft_find(walk->draft)))
            return false;
    }
    return items > (walk->outline.skips == OSL_OUTLINE_REFERENCES ? 0u : 2u);
}

static void put_alt_text(walk_state *walk, uint32_t figure)
{
    for (uint32_t i = figure + 1; i < node_at(walk, figure)->end; i++) {
        const osl_html_node *node = node_at(walk, i);
        const char *alt = node->role == OSL_HTML_IMAGE
                              ? osl_html_attribute(node, "alt")
                              : NULL;
        if (!alt || osl_prose_words(osl_text_of(alt)) < 4)
            continue;
        osl_outline_paragraph(&walk->outline, OSL_PARAGRAPH_PROSE,
                              line_of(walk, node), osl_text_of(alt));
        return;
    }
}

static void enter_block(walk_state *walk, uint32_t at)
{
    const osl_html_node *node = node_at(walk, at);
    GumboTag tag = osl_html_tag(node);
    border(walk);
    if (tag == GUMBO_TAG_FIGURE) {
        walk->figure_end = node->end;
        if (node->text_bytes == 0 && !walk->in_cell)
            put_alt_text(walk, at);
    }
    if (tag == GUMBO_TAG_FIGCAPTION)
        walk->caption_end = node->end;
    if (!walk->capture_end)
        (void)enter_class_heading(walk, at);
}

static void enter_link(walk_state *walk, uint32_t at)
{
    walk->link_end = node_at(walk, at)->end;
}

static void line_break(walk_state *walk)
{
    if (walk->capture_end)
        osl_buf_put_byte(&walk->captured, ' ');
    else if (++walk->breaks > 1 && !walk->in_cell)
        end_paragraph(walk);
    else if (walk->in_cell || walk->is_open)
        walk->owes_blank = true;
}

static void enter_inline(walk_state *walk, uint32_t at)
{
    const osl_html_node *node = node_at(walk, at);
    switch (node->role) {
    case OSL_HTML_BREAK:
        line_break(walk);
        break;
    case OSL_HTML_SUP:
    case OSL_HTML_SUB:
        if (!walk->capture_end && (walk->is_open || walk->in_cell))
            capture(walk, at, node->role, 0);
        break;
    case OSL_HTML_BOLD:
        if (node->end > walk->bold_end)
            walk->bold_end = node->end;
        break;
    case OSL_HTML_LINK:
        enter_link(walk, at);
        break;
    default:
        if (is_bold_class(node) && node->end > walk->bold_end)
            walk->bold_end = node->end;
        break;
    }
}

static void enter(walk_state *walk, uint32_t at)
{
    const osl_html_node *node = node_at(walk, at);
    switch (node->role) {
    case OSL_HTML_TEXT:
        put_node_text(walk, at);
        break;
    case OSL_HTML_BLOCK:
        enter_block(walk, at);
        break;
    case OSL_HTML_HEADING:
        enter_heading(walk, at);
        break;
    case OSL_HTML_LIST:
        border(walk);
        break;
    case OSL_HTML_TERM:
        walk->joins_detail = false;
        item_border(walk);
        walk->item_depth++;
        break;
    case OSL_HTML_DETAIL:
    case OSL_HTML_ITEM:
        item_border(walk);
        walk->item_depth++;
        break;
    case OSL_HTML_TABLE:
        enter_table(walk, at);
        break;
    case OSL_HTML_ROW:
        enter_row(walk, at);
        break;
    case OSL_HTML_CELL:
        enter_cell(walk, at);
        break;
    default:
        enter_inline(walk, at);
        break;
    }
}

static void leave_cell(walk_state *walk, uint32_t at)
{
    uint32_t table = node_at(walk, at)->parent;
    while (node_at(walk, table)->role != OSL_HTML_TABLE && table)
        table = node_at(walk, table)->parent;
    if (!walk->in_cell || node_at(walk, table)->end != walk->table_end) {
        border(walk);
        return;
    }
    osl_draft_cell_close(walk->draft);
    walk->in_cell = false;
    walk->is_open = false;
}

/* "<sup>1</sup>Avoid …" begins a note: its number is no part of the word. That
 * of "<sup>18</sup>F-FDG" is. */
static void leave_first_number(walk_state *walk, uint32_t at)
{
    uint32_t next = node_at(walk, at)->end;
    if (!walk->is_open || next >= walk->tree->count ||
        node_at(walk, next)->role != OSL_HTML_TEXT)
        return;
    osl_text text = osl_html_node_text(node_at(walk, next));
    bool is_word = text.length > 2;
    for (size_t i = 0; i < 3 && is_word; i++)
        is_word = is_letter(text.bytes[i]);
    walk->owes_blank |= is_word;
}

static void leave(walk_state *walk, uint32_t at)
{
    const osl_html_node *node = node_at(walk, at);
    if (walk->capture_end == node->end)
        end_capture(walk);
    else if (node->role == OSL_HTML_SUP)
        leave_first_number(walk, at);
    switch (node->role) {
    case OSL_HTML_TERM:
        walk->item_depth--;
        walk->joins_detail = walk->is_open && !walk->in_cell;
        break;
    case OSL_HTML_ITEM:
    case OSL_HTML_DETAIL:
        walk->item_depth--;
        border(walk);
        break;
    case OSL_HTML_CELL:
        leave_cell(walk, at);
        break;
    case OSL_HTML_TABLE:
        if (walk->table_end == node->end && !walk->in_cell) {
            osl_draft_table_close(walk->draft);
            walk->table_end = 0;
        }
        border(walk);
        break;
    case OSL_HTML_LIST:
        walk->joins_detail = false;
        border(walk);
        break;
    case OSL_HTML_BLOCK:
    case OSL_HTML_ROW:
        border(walk);
        break;
    default:
        break;
    }
}

/* A citation's number in a heading: it ends a word. */
static bool is_heading_note(const walk_state *walk, uint32_t at)
{
    const osl_html_node *node = node_at(walk, at);
    const osl_buf *captured = &walk->captured;
    if (node->role != OSL_HTML_SUP || walk->capture_role != OSL_HTML_HEADING ||
        !walk->capture_end || !captured->length)
        return false;
    for (uint32_t i = at + 1; i < node->end; i++) {
        if (node_at(walk, i)->role != OSL_HTML_TEXT)
            continue;
        osl_text text = osl_html_node_text(node_at(walk, i));
        for (size_t j = 0; j < text.length; j++)
            if (!strchr("0123456789,;-[] *", text.bytes[j]))
                return false;
    }
    return !strchr("0123456789", captured->bytes[captured->length - 1]);
}

/* "⇔84", "→ 12": a link to another page, by its number. */
static bool is_page_arrow(const walk_state *walk, uint32_t at)
{
    const osl_html_node *node = node_at(walk, at);
    if (node->role != OSL_HTML_LINK || node->end != at + 2 ||
        node_at(walk, at + 1)->role != OSL_HTML_TEXT)
        return false;
    osl_text text = osl_prose_trim(osl_html_node_text(node_at(walk, at + 1)));
    bool is_arrow = text.length >= 3 && (uint8_t)text.bytes[0] == 0xE2 &&
                    ((uint8_t)text.bytes[1] & 0xFE) == 0x86;
    for (size_t i = 3; i < text.length && is_arrow; i++)
        is_arrow = strchr("0123456789 ,-", text.bytes[i]) && text.bytes[i];
    return is_arrow;
}

/* Whether a subtree gives nothing here. */
static bool is_passed_over(walk_state *walk, uint32_t at)
{
    const osl_html_node *node = node_at(walk, at);
    if (node->is_dropped || node->role == OSL_HTML_SKIP)
        return true;
    if (walk->table_end && osl_html_tag(node) == GUMBO_TAG_CAPTION)
        return true;
    if (is_heading_note(walk, at) || is_page_arrow(walk, at))
        return true;
    if (node->role == OSL_HTML_LINK && at < walk->figure_end &&
        at >= walk->caption_end)
        return true;
    return node->role == OSL_HTML_LIST && !walk->capture_end &&
           !walk->in_cell && is_reference_list(walk, at);
}

bool osl_html_walk(const osl_html_tree *tree, uint32_t root, osl_draft *draft,
                   unsigned level, osl_text title, uint32_t line)
{
    walk_state walk = {
        .tree = tree,
        .draft = draft,
        .first_line = line,
        .outline = {.draft = draft, .level = level, .title = title}};
    uint32_t end = tree->nodes[root].end;
    uint32_t open = root; /* the innermost that was entered */
    for (uint32_t i = root + 1; i < end;) {
        while (open != root && tree->nodes[open].end <= i) {
            leave(&walk, open);
            open = tree->nodes[open].parent;
        }
        if (is_passed_over(&walk, i)) {
            i = tree->nodes[i].end;
            continue;
        }
        enter(&walk, i);
        if (tree->nodes[i].role != OSL_HTML_TEXT)
            open = i;
        i++;
    }
    for (; open != root; open = tree->nodes[open].parent)
        leave(&walk, open);
    walk.joins_detail = false;
    border(&walk);
    bool is_whole = osl_outline_end(&walk.outline) && !walk.captured.failed &&
                    !walk.number.failed;
    osl_buf_clear(&walk.captured);
    osl_buf_clear(&walk.number);
    return is_whole;
}
