/* SPDX-License-Identifier: MIT
 *
 * Markdown by libmd4c, with tables, as it is written: indented text is no
 * code, headings need no blank behind the '#'.
 *
 *     front matter ─▶ title, date …
 *     text ─prepare─▶ CommonMark ─md4c─▶ spans ─▶ paragraph ─outline─▶ draft
 *                                    └─▶ blocks of HTML ─osl_html_fragment()
 *
 * A paragraph is gathered in a buffer before anything is decided: whether it
 * is a heading (all bold), navigation (all links), an entry of a reference
 * list. Super- and subscripts stand in it between marks of one byte. */
#include <libxml/HTMLparser.h>
#include <md4c.h>
#include <string.h>

#include "core/base/utf8.h"
#include "corpus/charset.h"
#include "corpus/front_matter.h"
#include "corpus/html_walk.h"
#include "corpus/markdown_inline.h"
#include "corpus/markdown_prepare.h"
#include "corpus/outline.h"
#include "corpus/prose.h"
#include "corpus/reader.h"

#define MARKDOWN_BYTES_MAX ((size_t)64 << 20)

enum {
    SUP_OPENS = 1,
    SUB_OPENS = 2,
    SCRIPT_CLOSES = 3,
    STOPPED = 1 /* md_parse() passes it on */
};

typedef struct md_state {
    osl_draft *draft;
    osl_error *err;
    const osl_markdown_text *prepared;
    osl_outline outline; /* owns its text */
    osl_status status;

    osl_buf text;       /* owns: the paragraph, heading or cell */
    osl_buf html;       /* owns: a block of HTML */
    uint32_t html_line; /* where it begins */
    osl_buf title;      /* owns */
    const char *first;  /* where the paragraph's text began */
    uint32_t letters, bold_letters, link_letters;
    size_t link_start, link_end; /* in `text`, of the last link */
    bool is_after_break;

    unsigned item_depth, bold_depth, link_depth, image_depth, del_depth;
    unsigned heading_level; /* in a heading; 0: none */
    bool is_item_kind;      /* a bullet made an item of it */
    bool has_text;          /* a paragraph was sent */
    bool is_behind_title;   /* nothing stands between */
    bool is_date;           /* the heading above says that a date follows */
    osl_buf byline;         /* owns: a line below the title, of names */
    uint32_t byline_line;
    bool in_html, in_code, skips_code, in_table, in_head, in_cell, is_head_cell,
        owes_row;
    uint64_t cells, cells_max;
} md_state;

/* ---- the paragraph ----------------------------------------------------- */

static void reset_text(md_state *md)
{
    osl_buf_reset(&md->text);
    md->first = NULL;
    md->letters = md->bold_letters = md->link_letters = 0;
    md->link_start = md->link_end = 0;
    md->is_after_break = md->is_item_kind = false;
}

/* The source line of a piece of text that the parser gave. */
static uint32_t line_at(const md_state *md, const char *text)
{
    uintptr_t base = (uintptr_t)md->prepared->text.bytes;
    uintptr_t first = (uintptr_t)text;
    bool is_inside = first >= base && first - base < md->prepared->text.length;
    return is_inside ? osl_markdown_line(md->prepared, first - base) : 0;
}

static uint32_t line_of(const md_state *md)
{
    return line_at(md, md->first);
}

/* "( **Level B** )" and "[ PubMed ](…) ." of converters: the blanks within
 * brackets and before a stop are theirs. */
#define LOOSE(X, k, n)                                                   \
    X("( ??", 1, k, n) | X(" )??", 2, k, n) | X(" . ?", 4, k, n) |       \
        X(" .\0?", 4, k, n) | X(" , ?", 8, k, n) | X(" ,\0?", 8, k, n) | \
        X(" ; ?", 16, k, n) | X(" ;\0?", 16, k, n)
static const osl_find_set loose = OSL_FIND_SET(LOOSE);

static void drop_loose_blanks(osl_buf *text, osl_find_fn *find)
{
    size_t to = find(&loose, (const char *)text->bytes, text->length);
    for (size_t at = to; at < text->length; at++) {
        if (text->bytes[at] != ' ') {
            text->bytes[to++] = text->bytes[at];
            continue;
        }
        uint8_t before = to ? text->bytes[to - 1] : (uint8_t)' ';
        uint8_t next =
            at + 1 < text->length ? text->bytes[at + 1] : (uint8_t)' ';
        uint8_t behind =
            at + 2 < text->length ? text->bytes[at + 2] : (uint8_t)' ';
        bool is_loose =
            before == '(' || next == ')' ||
            ((next == '.' || next == ',' || next == ';') && behind == ' ');
        if (!is_loose)
            text->bytes[to++] = ' ';
    }
    text->length = to;
}

#define SCRIPT_MARKS(X, k, n) \
    X("\1???", 1, k, n) | X("\2???", 2, k, n) | X("\3???", 4, k, n)
static const osl_find_set script_marks = OSL_FIND_SET(SCRIPT_MARKS);

/* Sends a script that stands behind a mark; where it ends. */
static size_t send_script(md_state *md, osl_text text, size_t at)
{
    const char *close =
        text.bytes[at] == SCRIPT_CLOSES
            ? NULL
            : memchr(text.bytes + at, SCRIPT_CLOSES, text.length - at);
    if (!close)
        return at;
    size_t end = (size_t)(close - text.bytes);
    osl_text script = {text.bytes + at + 1, end - at - 1};
    if (text.bytes[at] == SUP_OPENS)
        osl_draft_superscript(md->draft, script);
    else
        osl_draft_subscript(md->draft, script);
    return end;
}

/* Sends the gathered text into the open paragraph or cell. */
static void send_text(md_state *md)
{
    osl_find_fn *find = osl_draft_find(md->draft);
    drop_loose_blanks(&md->text, find);
    osl_text text = osl_prose_trim(osl_buf_text(&md->text));
    for (size_t at = 0; at < text.length; at++) {
        size_t length = find(&script_marks, text.bytes + at, text.length - at);
        osl_draft_text(md->draft, (osl_text){text.bytes + at, length});
        at += length;
        if (at < text.length)
            at = send_script(md, text, at);
    }
}

static bool is_navigation(const md_state *md, osl_text text, bool is_item)
{
    return !is_item && md->letters == md->link_letters &&
           osl_prose_words(text) <= 8 && !osl_prose_is_finished(text);
}

static bool is_capital(char c)
{
    return (c >= 'A' && c <= 'Z') || c < 0;
}

/* "Lauren Waskowicz, Ann Lee MD and John Doe": only names. */
static bool is_byline(osl_text text)
{
    size_t words = osl_prose_words(text);
    if (words < 2 || words > 24 || osl_prose_is_finished(text))
        return false;
    for (size_t i = 0; i < text.length; i++) {
        bool is_start = i == 0 || text.bytes[i - 1] == ' ';
        osl_text rest = {text.bytes + i, text.length - i};
        bool is_small =
            is_start && !is_capital(text.bytes[i]) &&
            !(rest.length > 4 && memcmp(rest.bytes, "and ", 4) == 0) &&
            !(rest.length > 3 && memcmp(rest.bytes, "by ", 3) == 0);
        if (is_small && !strchr("&-,(/|", text.bytes[i]))
            return false;
        if (text.bytes[i] == ':' ||
            (text.bytes[i] >= '0' && text.bytes[i] <= '9'))
            return false;
    }
    return true;
}

/* Names between the title and a rule or heading are the authors'; before
 * anything else they were text. */
static void settle_byline(md_state *md, bool is_byline)
{
    if (md->byline.length == 0)
        return;
    if (!is_byline)
        osl_outline_paragraph(&md->outline, OSL_PARAGRAPH_PROSE,
                              md->byline_line, osl_buf_text(&md->byline));
    osl_buf_reset(&md->byline);
}

static void take_date(md_state *md, osl_text text)
{
    osl_text date;
    if (!text.length)
        return;
    if (md->is_date && text.length < 60)
        osl_draft_meta(md->draft, OSL_META_UPDATED, text);
    else if (text.length < 60 && osl_prose_date_line(text, &date))
        osl_draft_meta(md->draft, OSL_META_UPDATED, date);
    md->is_date = false;
}

static void end_paragraph(md_state *md)
{
    if (md->in_cell)
        return;
    osl_markdown_drop_marks(&md->text, osl_draft_find(md->draft));
    osl_text text = osl_prose_trim(osl_buf_text(&md->text));
    bool is_item = md->item_depth > 0 || md->is_item_kind;
    bool is_bold = !is_item && md->letters == md->bold_letters &&
                   osl_outline_may_head(text);
    take_date(md, text);
    if (!osl_prose_has_letters(text) || is_navigation(md, text, is_item) ||
        osl_outline_drops(&md->outline, is_item, text)) {
        reset_text(md);
        return;
    }
    bool may_be_byline = md->is_behind_title && is_byline(text);
    md->is_behind_title = false;
    md->has_text = true;
    if (may_be_byline && !is_item) {
        osl_buf_put_text(&md->byline, text);
        md->byline_line = line_of(md);
        reset_text(md);
        return;
    }
    osl_outline_settle(&md->outline, is_bold);
    if (is_bold) {
        osl_outline_wait(&md->outline, line_of(md), text);
    } else {
        osl_draft_open(md->draft,
                       is_item ? OSL_PARAGRAPH_ITEM : OSL_PARAGRAPH_PROSE,
                       line_of(md));
        send_text(md);
        osl_draft_close(md->draft);
    }
    reset_text(md);
}

/* Without the marks of scripts, for headings. */
static void drop_marks(osl_buf *text)
{
    size_t to = 0;
    for (size_t at = 0; at < text->length; at++)
        if (text->bytes[at] > SCRIPT_CLOSES)
            text->bytes[to++] = text->bytes[at];
    text->length = to;
}

/* The first heading names a document without another title. */
static void take_title(md_state *md, osl_text heading, unsigned level)
{
    if (md->outline.title.length || md->has_text || level > 2)
        return;
    if (!osl_draft_has_meta(md->draft, OSL_META_TITLE))
        osl_draft_meta(md->draft, OSL_META_TITLE, heading);
    if (level > 1)
        return;
    osl_buf_put_text(&md->title, osl_prose_without_site(heading, NULL));
    md->outline.title = osl_buf_text(&md->title);
}

static void end_heading(md_state *md)
{
    unsigned level = md->heading_level;
    md->heading_level = 0;
    drop_marks(&md->text);
    osl_text text = osl_prose_trim(osl_buf_text(&md->text));
    if (text.length && !osl_prose_is_control(text, osl_draft_find(md->draft))) {
        take_title(md, text, level);
        osl_outline_heading(&md->outline, level, text);
        md->outline.real_level = level;
        md->is_date = osl_prose_is_date_heading(text);
        md->is_behind_title = level == 1 && !md->has_text;
    }
    reset_text(md);
}

/* ---- text -------------------------------------------------------------- */

static bool is_silent(const md_state *md)
{
    return md->image_depth || md->del_depth || md->skips_code;
}

static void put_text(md_state *md, osl_text text)
{
    if (is_silent(md))
        return;
    uint32_t letters = osl_prose_letters(text);
    if (md->is_after_break && letters && !md->in_cell && !md->heading_level) {
        size_t bullet = osl_prose_bullet(text);
        if (bullet) {
            end_paragraph(md);
            md->is_item_kind = true;
            text = (osl_text){text.bytes + bullet, text.length - bullet};
        }
        md->is_after_break = false;
    }
    if (!md->first && letters)
        md->first = text.bytes;
    md->letters += letters;
    md->bold_letters += md->bold_depth ? letters : 0;
    md->link_letters += md->link_depth ? letters : 0;
    osl_buf_put_text(&md->text, text);
}

static void put_char(md_state *md, uint32_t c)
{
    char bytes[4];
    unsigned length = osl_utf8_put(bytes, c);
    if (is_silent(md))
        return;
    osl_buf_put(&md->text, bytes, length);
    md->letters += c > ' ';
    md->bold_letters += c > ' ' && md->bold_depth;
    md->link_letters += c > ' ' && md->link_depth;
}

static bool is_scalar(uint32_t c)
{
    return c >= ' ' && c <= 0x10FFFF && !(c >= 0xD800 && c < 0xE000);
}

/* "&#8211;", "&#x2013;", "&ndash;" */
static void put_entity(md_state *md, osl_text entity)
{
    char name[52];
    size_t length = entity.length < 3 ? 0 : entity.length - 2;
    if (length == 0 || length >= sizeof name) {
        put_text(md, entity);
        return;
    }
    memcpy(name, entity.bytes + 1, length);
    name[length] = '\0';
    uint32_t c = 0;
    if (name[0] == '#') {
        bool is_hex = name[1] == 'x' || name[1] == 'X';
        for (const char *at = name + (is_hex ? 2 : 1); *at && c <= 0x10FFFF;
             at++) {
            uint32_t digit = *at <= '9' ? (uint32_t)(*at - '0')
                                        : ((uint32_t)*at | 32u) - 'a' + 10;
            c = c * (is_hex ? 16 : 10) + digit;
        }
    } else {
        const htmlEntityDesc *known = htmlEntityLookup((const xmlChar *)name);
        c = known ? known->value : 0;
    }
    if (is_scalar(c))
        put_char(md, c);
    else if (name[0] != '#')
        put_text(md, entity);
}

/* A tag within a line. */
static void put_tag(md_state *md, osl_text tag)
{
    static const struct {
        const char *name;
        uint8_t mark;
    } known[] = {
        {"<sup>", SUP_OPENS}, {"</sup>", SCRIPT_CLOSES},
        {"<sub>", SUB_OPENS}, {"</sub>", SCRIPT_CLOSES},
        {"<br>", ' '},        {"<br/>", ' '},
        {"<br />", ' '},      {"</p>", ' '},
        {"</li>", ' '},       {"</div>", ' '},
        {"<p>", ' '},         {"<li>", ' '},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (osl_prose_same(tag, known[i].name) && !is_silent(md))
            osl_buf_put_byte(&md->text, known[i].mark);
    bool is_break =
        tag.length > 3 && osl_prose_same((osl_text){tag.bytes, 3}, "<br");
    md->is_after_break |= is_break;
}

static void put_html(md_state *md, osl_text text)
{
    if (md->html.length == 0)
        md->html_line = line_at(md, text.bytes);
    osl_buf_put_text(&md->html, text);
}

static int on_text(MD_TEXTTYPE type, const MD_CHAR *bytes, MD_SIZE size,
                   void *user)
{
    md_state *md = user;
    osl_text text = {bytes, size};
    switch (type) {
    case MD_TEXT_NULLCHAR: /* a control, as others that nobody sees */
        put_char(md, ' ');
        break;
    case MD_TEXT_BR:
    case MD_TEXT_SOFTBR:
        if (!is_silent(md))
            osl_buf_put_byte(&md->text, ' ');
        md->is_after_break = true;
        break;
    case MD_TEXT_ENTITY:
        if (md->in_html)
            put_html(md, text);
        else
            put_entity(md, text);
        break;
    case MD_TEXT_HTML:
        if (md->in_html)
            put_html(md, text);
        else
            put_tag(md, text);
        break;
    default:
        put_text(md, text);
        break;
    }
    return 0;
}

/* ---- spans ------------------------------------------------------------- */

static int enter_span(MD_SPANTYPE type, void *detail, void *user)
{
    md_state *md = user;
    (void)detail;
    switch (type) {
    case MD_SPAN_STRONG:
        md->bold_depth++;
        break;
    case MD_SPAN_A:
        if (md->link_depth++ == 0)
            md->link_start = md->text.length;
        break;
    case MD_SPAN_IMG:
        /* "[Enlarge](…)![…](…)": the link is part of the picture. */
        if (md->link_end && md->link_end == md->text.length &&
            md->link_end - md->link_start < 24)
            md->text.length = md->link_start;
        md->image_depth++;
        break;
    case MD_SPAN_DEL:
        md->del_depth++;
        break;
    default:
        break;
    }
    return 0;
}

/* " [" before a link with a number to a place on the page is a citation, so
 * the blank goes: only marks glued to a word are taken for one. "[Enlarge](…)"
 * is a button wherever it stands. */
static void end_link(md_state *md, const MD_SPAN_A_DETAIL *detail)
{
    size_t start = md->link_start, length = md->text.length - start;
    osl_text text = {(const char *)md->text.bytes, length};
    if (start > 0) /* or there may be no bytes yet */
        text.bytes += start;
    md->link_end = md->text.length;
    if (length && osl_prose_is_picture_control(osl_prose_trim(text))) {
        md->text.length = md->link_end = start;
        osl_buf_put_byte(&md->text, ' ');
        return;
    }
    bool is_number = length > 0 && length < 8;
    for (size_t i = 0; i < length && is_number; i++)
        is_number = text.bytes[i] >= '0' && text.bytes[i] <= '9';
    bool is_near = detail->href.size && detail->href.text[0] == '#';
    if (!is_number || !is_near || start < 2 ||
        memcmp(text.bytes - 2, " [", 2) != 0)
        return;
    uint8_t *bytes = md->text.bytes + start - 2;
    memmove(bytes, bytes + 1, length + 1);
    md->text.length--;
    md->link_end--;
}

static int leave_span(MD_SPANTYPE type, void *detail, void *user)
{
    md_state *md = user;
    switch (type) {
    case MD_SPAN_STRONG:
        md->bold_depth--;
        break;
    case MD_SPAN_A:
        md->link_depth--;
        end_link(md, detail);
        break;
    case MD_SPAN_IMG:
        md->image_depth--;
        break;
    case MD_SPAN_DEL:
        md->del_depth--;
        break;
    default:
        break;
    }
    return 0;
}

/* ---- blocks ------------------------------------------------------------ */

/* Code is no prose, but a block without a language often is. */
static bool is_prose_code(const MD_BLOCK_CODE_DETAIL *detail)
{
    osl_text info = {detail->info.text, detail->info.size};
    return info.length == 0 || osl_prose_same(info, "text") ||
           osl_prose_same(info, "txt") || osl_prose_same(info, "markdown") ||
           osl_prose_same(info, "md");
}

static bool shows_tables(const md_state *md)
{
    return md->outline.skips == OSL_OUTLINE_KEEP;
}

static void enter_table(md_state *md)
{
    end_paragraph(md);
    if (!shows_tables(md))
        return;
    osl_outline_settle(&md->outline, false);
    md->in_table = true;
    osl_draft_table_open(md->draft);
}

static int enter_cell(md_state *md, bool is_head)
{
    /* Short rows are filled up to the width of the head: a short file could
     * ask for any number of cells. */
    if (++md->cells > md->cells_max)
        return STOPPED;
    md->in_cell = true;
    md->is_head_cell = is_head;
    return 0;
}

/* The cell is opened now that its text tells the line. */
static void leave_cell(md_state *md)
{
    if (md->in_table) {
        osl_markdown_drop_marks(&md->text, osl_draft_find(md->draft));
        if (md->owes_row)
            osl_draft_row_open(md->draft, md->in_head, line_of(md));
        md->owes_row = false;
        osl_draft_cell_open(md->draft, md->is_head_cell, 1, 1);
        send_text(md);
        osl_draft_cell_close(md->draft);
    }
    md->in_cell = false;
    reset_text(md);
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *user)
{
    md_state *md = user;
    if (type != MD_BLOCK_TH && type != MD_BLOCK_TD) {
        end_paragraph(md);
        settle_byline(md, type == MD_BLOCK_H || type == MD_BLOCK_HR);
    }
    switch (type) {
    case MD_BLOCK_LI:
        md->item_depth++;
        break;
    case MD_BLOCK_H:
        md->heading_level = ((const MD_BLOCK_H_DETAIL *)detail)->level;
        break;
    case MD_BLOCK_CODE:
        md->skips_code = !is_prose_code(detail);
        break;
    case MD_BLOCK_HTML:
        md->in_html = true;
        osl_buf_reset(&md->html);
        break;
    case MD_BLOCK_TABLE:
        enter_table(md);
        break;
    case MD_BLOCK_THEAD:
        md->in_head = true;
        break;
    case MD_BLOCK_TR:
        md->owes_row = true;
        break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
        return enter_cell(md, type == MD_BLOCK_TH);
    default:
        break;
    }
    return 0;
}

static int leave_html(md_state *md)
{
    md->in_html = false;
    osl_markdown_plain_html(&md->html);
    osl_text html = osl_buf_text(&md->html);
    bool is_comment = html.length > 4 && memcmp(html.bytes, "<!--", 4) == 0 &&
                      memcmp(html.bytes + html.length - 4, "-->\n", 4) == 0;
    if (!shows_tables(md) || is_comment || html.length == 0)
        return 0;
    osl_outline_settle(&md->outline, false);
    md->status = osl_html_fragment_at(md->draft, html,
                                      osl_outline_level_below(&md->outline),
                                      md->html_line, md->err);
    return md->status == OSL_OK ? 0 : STOPPED;
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *user)
{
    md_state *md = user;
    (void)detail;
    switch (type) {
    case MD_BLOCK_H:
        end_heading(md);
        break;
    case MD_BLOCK_HTML:
        return leave_html(md);
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
        leave_cell(md);
        break;
    case MD_BLOCK_THEAD:
        md->in_head = false;
        break;
    case MD_BLOCK_TABLE:
        if (md->in_table)
            osl_draft_table_close(md->draft);
        md->in_table = false;
        break;
    case MD_BLOCK_LI:
        end_paragraph(md);
        md->item_depth--;
        break;
    case MD_BLOCK_CODE:
        end_paragraph(md);
        md->skips_code = false;
        break;
    default:
        if (type != MD_BLOCK_TR && type != MD_BLOCK_TBODY)
            end_paragraph(md);
        break;
    }
    return 0;
}

/* ---- reading ----------------------------------------------------------- */

/* What the first headings say outweighs the front matter, which is often one
 * for a whole site. */
static void find_audience(osl_text text, osl_draft *draft)
{
    size_t within = text.length < 2048 ? text.length : 2048;
    if (memmem(text.bytes, within, "Health Professional Version", 27))
        osl_draft_meta(draft, OSL_META_AUDIENCE,
                       osl_text_of("Health professionals"));
    else if (memmem(text.bytes, within, "Patient Version", 15) &&
             !memmem(text.bytes, within, "Go to Patient Version", 21))
        osl_draft_meta(draft, OSL_META_AUDIENCE, osl_text_of("Patients"));
}

static uint32_t count_lines(osl_text text, size_t length)
{
    uint32_t lines = 0;
    for (size_t i = 0; i < length; i++)
        lines += text.bytes[i] == '\n';
    return lines;
}

static void parse(md_state *md)
{
    static const MD_PARSER parser = {
        .flags = MD_FLAG_COLLAPSEWHITESPACE | MD_FLAG_TABLES |
                 MD_FLAG_STRIKETHROUGH | MD_FLAG_NOINDENTEDCODEBLOCKS |
                 MD_FLAG_PERMISSIVEATXHEADERS,
        .enter_block = enter_block,
        .leave_block = leave_block,
        .enter_span = enter_span,
        .leave_span = leave_span,
        .text = on_text,
    };
    osl_text text = osl_buf_text(&md->prepared->text);
    md->cells_max = (uint64_t)text.length * 4 + 1024;
    int result = md_parse(text.bytes, (MD_SIZE)text.length, &parser, md);
    if (result < 0)
        osl_draft_out_of_memory(md->draft);
    if (md->cells > md->cells_max)
        osl_draft_report(md->draft, 0,
                         "a table with more cells than the file has bytes: "
                         "not read to its end");
    end_paragraph(md);
    settle_byline(md, false);
    bool is_whole = osl_outline_end(&md->outline) && !md->text.failed &&
                    !md->html.failed && !md->title.failed && !md->byline.failed;
    if (!is_whole)
        osl_draft_out_of_memory(md->draft);
}

static osl_status read_text(osl_text text, osl_draft *draft, osl_error *err)
{
    osl_markdown_text prepared = {0};
    size_t skipped = osl_front_matter_length(text);
    osl_text body = {text.bytes + skipped, text.length - skipped};
    find_audience(body, draft);
    md_state md = {.draft = draft,
                   .err = err,
                   .prepared = &prepared,
                   .outline = {.draft = draft, .level = 1}};
    osl_front_matter_read(text, skipped, draft, &md.title);
    md.outline.title = osl_buf_text(&md.title);
    if (osl_markdown_prepare(&prepared, body, count_lines(text, skipped) + 1,
                             osl_draft_find(draft)))
        parse(&md);
    else
        osl_draft_out_of_memory(draft);
    osl_buf_clear(&md.text);
    osl_buf_clear(&md.html);
    osl_buf_clear(&md.title);
    osl_buf_clear(&md.byline);
    osl_markdown_text_clear(&prepared);
    return md.status;
}

static osl_status read(const osl_source *source, osl_draft *draft,
                       osl_error *err)
{
    osl_status status = OSL_OK;
    osl_buf converted = {0};
    osl_text text = source->bytes;
    osl_draft_begin(draft);
    osl_draft_meta(draft, OSL_META_KIND, osl_text_of("markdown"));
    if (text.length > MARKDOWN_BYTES_MAX)
        osl_draft_report(draft, 0,
                         "Markdown over %zu MiB is not read: split it",
                         MARKDOWN_BYTES_MAX >> 20);
    else {
        const char *charset;
        text = osl_charset_decode(source->bytes, &converted, &charset);
        if (charset != NULL)
            osl_draft_report(draft, 0, "read as %s", charset);
        if (converted.failed)
            osl_draft_out_of_memory(draft);
        else
            status = read_text(text, draft, err);
    }
    osl_buf_clear(&converted);
    osl_status ended = osl_draft_end(draft, status == OSL_OK ? err : NULL);
    return status == OSL_OK ? ended : status;
}

/* ---- sniffing ---------------------------------------------------------- */

enum { SNIFFED = 16 * 1024 };

/* What Markdown and what the text of a PDF has, counted over lines. */
typedef struct md_signs {
    unsigned lines, headings, items, inlines, tables;
    unsigned trailing, pages;
} md_signs;

/* Where `what` stands in a line; its first byte is rare. */
static const char *place_of(osl_text in, const char *what)
{
    const char *at = in.bytes, *end = in.bytes + in.length;
    size_t length = strlen(what);
    while (at && (at = memchr(at, *what, (size_t)(end - at)))) {
        if ((size_t)(end - at) >= length && memcmp(at, what, length) == 0)
            return at;
        at++;
    }
    return NULL;
}

static bool has_page_number(osl_text line)
{
    const char *at = place_of(line, "PAGE ");
    if (!at)
        at = place_of(line, "Page ");
    if (!at)
        return false;
    size_t left = line.length - (size_t)(at - line.bytes);
    return left > 9 && at[5] >= '0' && at[5] <= '9' &&
           (memmem(at, left, " of ", 4) || memmem(at, left, " OF ", 4));
}

static bool is_atx_heading(osl_text line)
{
    size_t hashes = 0;
    while (hashes < line.length && line.bytes[hashes] == '#')
        hashes++;
    return hashes >= 1 && hashes <= 6 && hashes + 1 < line.length &&
           line.bytes[hashes] == ' ';
}

static bool is_table_rule(osl_text line)
{
    size_t bars = 0, dashes = 0;
    for (size_t i = 0; i < line.length; i++) {
        bars += line.bytes[i] == '|';
        dashes += line.bytes[i] == '-';
        if (!strchr("|-: ", line.bytes[i]) || !line.bytes[i])
            return false;
    }
    return bars && dashes > 2;
}

static void count_line(md_signs *signs, osl_text line)
{
    osl_text trimmed = osl_prose_trim(line);
    if (trimmed.length == 0)
        return;
    signs->lines++;
    size_t tail = line.length;
    if (tail && line.bytes[tail - 1] == '\r')
        tail--;
    signs->trailing +=
        tail > 1 && line.bytes[tail - 1] == ' ' && line.bytes[tail - 2] != ' ';
    signs->pages += has_page_number(trimmed);
    signs->headings += is_atx_heading(trimmed);
    signs->tables += is_table_rule(trimmed);
    signs->items += trimmed.length > 2 && strchr("-*+", *trimmed.bytes) &&
                    trimmed.bytes[1] == ' ';
    signs->inlines += place_of(trimmed, "](") || place_of(trimmed, "**") ||
                      place_of(trimmed, "<td");
}

static bool has_markdown_name(osl_text name)
{
    static const char *const endings[] = {".md",  ".markdown", ".qmd",   ".rmd",
                                          ".mdx", ".mkd",      ".mdown", NULL};
    for (const char *const *ending = endings; *ending; ending++) {
        size_t length = strlen(*ending);
        if (name.length > length &&
            osl_prose_same(
                (osl_text){name.bytes + name.length - length, length}, *ending))
            return true;
    }
    return false;
}

static unsigned sniff(const osl_source *source)
{
    osl_text head = source->bytes;
    if (head.length > SNIFFED)
        head.length = SNIFFED;
    if (head.length == 0)
        return 0;
    bool is_named = has_markdown_name(source->name);
    size_t front = osl_front_matter_length(source->bytes);
    md_signs signs = {0};
    for (size_t at = front < head.length ? front : head.length;
         at < head.length;) {
        const char *stop = memchr(head.bytes + at, '\n', head.length - at);
        size_t end = stop ? (size_t)(stop - head.bytes) : head.length;
        count_line(&signs, (osl_text){head.bytes + at, end - at});
        at = end + 1;
    }
    unsigned marks =
        signs.headings + signs.tables * 2 + (signs.inlines + signs.items) / 3;
    bool is_pdf_text = !front && signs.headings <= 1 && signs.tables == 0 &&
                       signs.inlines == 0 && signs.lines > 5 &&
                       (signs.pages > 0 || signs.trailing * 2 > signs.lines);
    if (is_pdf_text)
        return 0;
    if (is_named)
        return marks || front ? 75 : 45;
    if (front)
        return 65;
    /* Without the name: headings, and something else that is Markdown's. */
    return signs.headings && marks >= 3 && marks * 40 > signs.lines ? 60 : 0;
}

const osl_reader osl_reader_markdown = {"markdown", 75, sniff, read};
