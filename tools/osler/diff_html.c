/* SPDX-License-Identifier: MIT
 *
 * Two generations as one page: no script, nothing from elsewhere; every text
 * escaped. The table of documents at its head is known at the end, so the
 * page's body waits in memory. */
#include "tools/osler/diff.h"

#include "core/base/utf8.h"

#include <inttypes.h>
#include <stdio.h>

static const char page_head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<title>What changed in the guidelines</title>\n<style>\n"
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;"
    "padding:0 1rem;color:#1a1a1a;background:#fff}\n"
    "ins{background:#d5f5d9;text-decoration:none;border-bottom:2px solid "
    "#19702b}\n"
    "del{background:#fbdcdc;text-decoration:line-through}\n"
    "article{border-top:2px solid #ccc;margin-top:2rem}\n"
    ".p{margin:1rem 0;padding-left:.8rem;border-left:4px solid #bbb}\n"
    ".added{border-color:#19702b}.removed{border-color:#a11}"
    ".changed{border-color:#b57a00}\n"
    ".w{color:#555;font-size:.875rem;margin:0}\n"
    "table{border-collapse:collapse}td,th{padding:.2rem .8rem .2rem 0;"
    "text-align:left}td.n,th.n{text-align:right}\n"
    "@media print{a{color:inherit}}\n"
    "</style>\n</head>\n<body>\n<h1>What changed in the guidelines</h1>\n";

typedef struct page {
    osl_buf table, body;
    uint64_t documents;
} page;

static void put(osl_buf *out, const char *words)
{
    osl_buf_put_text(out, osl_text_of(words));
}

/* Markup and quotes escaped; what is no character of HTML is U+FFFD. */
static void put_text(osl_buf *out, osl_text text)
{
    const char *at = text.bytes, *end = at + text.length;
    while (at < end) {
        unsigned length;
        uint32_t c = osl_utf8_get(at, end, &length);
        bool is_bad = c == OSL_UTF8_BAD || c == 0x7F ||
                      (c < 0x20 && c != '\t' && c != '\n') ||
                      (c >= 0x80 && c < 0xA0);
        if (is_bad)
            put(out, "\xEF\xBF\xBD");
        else if (c == '<' || c == '>' || c == '&' || c == '"' || c == '\'')
            osl_buf_printf(out, "&#%u;", (unsigned)c);
        else
            osl_buf_put(out, at, length);
        at += length;
    }
}

/* ---- paragraphs --------------------------------------------------------- */

static void put_path(osl_buf *out, const osl_hit *hit)
{
    for (size_t i = 0; i < hit->section_count; i++) {
        if (i)
            put(out, " \xE2\x80\xBA ");
        put_text(out, hit->sections[i]);
    }
}

static void put_list(osl_buf *out, const osl_text *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i)
            put(out, ", ");
        put_text(out, list[i]);
    }
    if (!count)
        put(out, "none");
}

static bool same_list(const osl_text *a, size_t n, const osl_text *b, size_t m)
{
    if (n != m)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!osl_text_equal(a[i], b[i]))
            return false;
    return true;
}

/* A line of a paragraph's marks, where they changed. */
static void put_marks(osl_buf *out, const osl_hit *before, const osl_hit *after)
{
    if (!same_list(before->evidence, before->evidence_count, after->evidence,
                   after->evidence_count)) {
        put(out, "<p>Evidence: <del>");
        put_list(out, before->evidence, before->evidence_count);
        put(out, "</del> <ins>");
        put_list(out, after->evidence, after->evidence_count);
        put(out, "</ins></p>\n");
    }
    if (!same_list(before->citations, before->citation_count, after->citations,
                   after->citation_count)) {
        put(out, "<p>Citations: <del>");
        put_list(out, before->citations, before->citation_count);
        put(out, "</del> <ins>");
        put_list(out, after->citations, after->citation_count);
        put(out, "</ins></p>\n");
    }
}

static void put_marked(osl_buf *out, osl_change change, osl_text text)
{
    const char *tag = change == OSL_CHANGE_ADDED     ? "ins"
                      : change == OSL_CHANGE_REMOVED ? "del"
                                                     : NULL;
    if (tag)
        osl_buf_printf(out, "<%s>", tag);
    put_text(out, text);
    if (tag)
        osl_buf_printf(out, "</%s>", tag);
}

static void put_where(osl_buf *out, const osl_diff_paragraph *paragraph)
{
    const osl_hit *before = paragraph->before, *after = paragraph->after;
    const osl_hit *hit = after ? after : before;
    osl_buf_printf(out, "<p class=\"w\">%s \xC2\xB7 %" PRIu32,
                   osl_change_name(paragraph->change), hit->paragraph);
    if (hit->section_count)
        put(out, " \xC2\xB7 ");
    put_path(out, hit);
    if (before && after &&
        !same_list(before->sections, before->section_count, after->sections,
                   after->section_count)) {
        put(out, " (was below ");
        put_path(out, before);
        put(out, ")");
    }
    put(out, "</p>\n");
}

static void put_paragraph(osl_buf *out, const osl_diff_paragraph *paragraph)
{
    const osl_hit *before = paragraph->before, *after = paragraph->after;
    osl_buf_printf(out, "<div class=\"p %s\">\n",
                   osl_change_name(paragraph->change));
    put_where(out, paragraph);
    put(out, "<p>");
    for (size_t i = 0; i < paragraph->run_count; i++)
        put_marked(out, paragraph->runs[i].change, paragraph->runs[i].text);
    if (!paragraph->run_count)
        put_marked(out, paragraph->change, after ? after->text : before->text);
    put(out, "</p>\n");
    if (before && after)
        put_marks(out, before, after);
    put(out, "</div>\n");
}

/* ---- documents ---------------------------------------------------------- */

static void put_facts(osl_buf *out, const osl_diff_document *document)
{
    unsigned n = 0;
    const char *name;
    osl_text values[2];
    while (osl_diff_next_fact(document, &n, &name, values)) {
        osl_buf_printf(out, "<p>%s: ", name);
        put_marked(out, OSL_CHANGE_REMOVED, values[0]);
        put(out, " ");
        put_marked(out, OSL_CHANGE_ADDED, values[1]);
        put(out, "</p>\n");
    }
}

static void put_row(page *p, const osl_diff_document *document, osl_text title)
{
    osl_buf_printf(&p->table, "<tr><td><a href=\"#d%" PRIu64 "\">",
                   p->documents);
    put_text(&p->table, title);
    osl_buf_printf(&p->table,
                   "</a></td><td>%s</td><td class=\"n\">%" PRIu32
                   "</td><td class=\"n\">%" PRIu32
                   "</td><td class=\"n\">%" PRIu32
                   "</td><td class=\"n\">%" PRIu32 "</td></tr>\n",
                   osl_change_name(document->change), document->added,
                   document->changed, document->removed, document->moved);
}

static void put_document(page *p, const osl_diff_document *document)
{
    const osl_hit *hit = document->after ? document->after : document->before;
    osl_text title = hit && hit->title.length ? hit->title : document->id;
    bool whole = document->change != OSL_CHANGE_CHANGED;
    osl_buf *out = &p->body;
    p->documents++;
    put_row(p, document, title);
    osl_buf_printf(out, "<article id=\"d%" PRIu64 "\">\n<h2>", p->documents);
    put_text(out, title);
    osl_buf_printf(out, "</h2>\n<p class=\"w\">%s \xC2\xB7 ",
                   osl_change_name(document->change));
    put_text(out, document->id);
    put(out, "</p>\n");
    put_facts(out, document);
    if (whole)
        osl_buf_printf(out,
                       "<details><summary>%" PRIu32 " paragraphs</summary>\n",
                       document->added + document->removed);
    for (size_t i = 0; i < document->paragraph_count; i++)
        put_paragraph(out, &document->paragraphs[i]);
    put(out, whole ? "</details>\n</article>\n" : "</article>\n");
}

static void write_buf(const osl_buf *buf)
{
    if (buf->length)
        (void)fwrite(buf->bytes, 1, buf->length, stdout);
}

static void write_page(const osl_diff *diff, const page *p)
{
    char head[160];
    osl_diff_head(diff, head);
    printf("%s<p>%s. <ins>What came</ins>, <del>what went</del>.</p>\n",
           page_head, head);
    if (p->documents)
        printf("<table>\n<tr><th>document</th><th></th><th "
               "class=\"n\">added</th><th class=\"n\">changed</th><th "
               "class=\"n\">removed</th><th class=\"n\">moved</th></tr>\n");
    write_buf(&p->table);
    printf("%s", p->documents ? "</table>\n" : "<p>No difference.</p>\n");
    write_buf(&p->body);
    printf("</body>\n</html>\n");
}

osl_status osl_diff_html(osl_diff *diff, bool *differs, osl_error *err)
{
    page p = {0};
    const osl_diff_document *document;
    osl_status status;
    while ((status = osl_diff_next(diff, &document, err)) == OSL_OK)
        put_document(&p, document);
    *differs = p.documents > 0;
    if (status == OSL_END)
        status = osl_buf_status(&p.table, "a page", err);
    if (status == OSL_OK)
        status = osl_buf_status(&p.body, "a page", err);
    if (status == OSL_OK)
        write_page(diff, &p);
    osl_buf_clear(&p.table);
    osl_buf_clear(&p.body);
    return status;
}
