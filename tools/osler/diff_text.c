/* SPDX-License-Identifier: MIT
 *
 * Two generations for a person: by document, what went and what came. */
#include "tools/osler/diff.h"

#include "tools/osler/output.h"

#include <inttypes.h>
#include <stdio.h>

/* Bytes of a text that stayed which are shown before and behind a change. */
enum { AROUND = 80 };

typedef struct printer {
    osl_screen screen;
    osl_line line;
    bool whole; /* -v: every paragraph, uncut */
} printer;

static const char *const signs[] = {" ", "+", "-", "~", ">"};
static const osl_style sign_styles[] = {OSL_STYLE_PLAIN, OSL_STYLE_TITLE,
                                        OSL_STYLE_TITLE, OSL_STYLE_TITLE,
                                        OSL_STYLE_TITLE};

/* ---- texts -------------------------------------------------------------- */

static osl_text part(osl_text text, size_t from, size_t to)
{
    return (osl_text){text.bytes + from, to - from};
}

/* The blank at or before `at`, or behind it; 0 or the end where none is. */
static size_t blank_before(osl_text text, size_t at)
{
    while (at > 0 && text.bytes[at] != ' ')
        at--;
    return at;
}

static size_t blank_behind(osl_text text, size_t at)
{
    while (at < text.length && text.bytes[at] != ' ')
        at++;
    return at;
}

/* A run that stayed: its middle, or its outer side, is left out. */
static void put_same(printer *p, osl_text text, bool first, bool last)
{
    if (p->whole || text.length <= (first || last ? 1 : 2) * AROUND + 20) {
        osl_line_text(&p->line, OSL_STYLE_PLAIN, text);
        return;
    }
    if (!first)
        osl_line_text(&p->line, OSL_STYLE_PLAIN,
                      part(text, 0, blank_before(text, AROUND)));
    osl_line_text(&p->line, OSL_STYLE_DIM,
                  osl_text_of(first ? "\xE2\x80\xA6" : " \xE2\x80\xA6"));
    if (!last)
        osl_line_text(
            &p->line, OSL_STYLE_PLAIN,
            part(text, blank_behind(text, text.length - AROUND), text.length));
}

static void put_runs(printer *p, const osl_diff_paragraph *paragraph)
{
    for (size_t i = 0; i < paragraph->run_count; i++) {
        const osl_diff_run *run = &paragraph->runs[i];
        if (run->change == OSL_CHANGE_NONE)
            put_same(p, run->text, i == 0, i + 1 == paragraph->run_count);
        else
            osl_line_text(&p->line,
                          run->change == OSL_CHANGE_ADDED ? OSL_STYLE_ADDED
                                                          : OSL_STYLE_REMOVED,
                          run->text);
    }
    osl_line_print(&p->line, 6, 6);
}

static void put_text(printer *p, osl_style style, osl_text text)
{
    if (text.length)
        osl_line_text(&p->line, style, text);
    else
        osl_line_text(&p->line, OSL_STYLE_DIM,
                      osl_text_of("(text not stored)"));
    osl_line_print(&p->line, 6, 6);
}

/* "evidence: 3iiA → 1iiA", where it changed. */
static void put_lists(printer *p, const char *name,
                      const osl_text *const lists[2], const size_t counts[2])
{
    bool same = counts[0] == counts[1];
    for (size_t i = 0; same && i < counts[0]; i++)
        same = osl_text_equal(lists[0][i], lists[1][i]);
    if (same)
        return;
    osl_line_printf(&p->line, OSL_STYLE_DIM, "%s: ", name);
    for (int version = 0; version < 2; version++) {
        if (version)
            osl_line_text(&p->line, OSL_STYLE_PLAIN,
                          osl_text_of(" \xE2\x86\x92 "));
        for (size_t i = 0; i < counts[version]; i++) {
            if (i)
                osl_line_text(&p->line, OSL_STYLE_PLAIN, osl_text_of(", "));
            osl_line_text(&p->line, OSL_STYLE_PLAIN, lists[version][i]);
        }
        if (!counts[version])
            osl_line_text(&p->line, OSL_STYLE_DIM, osl_text_of("none"));
    }
    osl_line_print(&p->line, 6, 6);
}

static void put_sections(printer *p, const osl_hit *hit)
{
    for (size_t i = 0; i < hit->section_count; i++) {
        if (i)
            osl_line_text(&p->line, OSL_STYLE_DIM,
                          osl_text_of(" \xE2\x80\xBA "));
        osl_line_text(&p->line, OSL_STYLE_DIM, hit->sections[i]);
    }
}

static bool same_sections(const osl_hit *a, const osl_hit *b)
{
    if (a->section_count != b->section_count)
        return false;
    for (size_t i = 0; i < a->section_count; i++)
        if (!osl_text_equal(a->sections[i], b->sections[i]))
            return false;
    return true;
}

/* ---- paragraphs and documents ------------------------------------------- */

static void print_place(printer *p, const osl_diff_paragraph *paragraph)
{
    const osl_hit *before = paragraph->before, *after = paragraph->after;
    const osl_hit *hit = after ? after : before;
    osl_line_printf(&p->line, sign_styles[paragraph->change], "%s ",
                    signs[paragraph->change]);
    osl_line_printf(&p->line, OSL_STYLE_PLAIN, "#%" PRIu32, hit->paragraph);
    if (before && after && before->paragraph != after->paragraph)
        osl_line_printf(&p->line, OSL_STYLE_DIM, " (was #%" PRIu32 ")",
                        before->paragraph);
    osl_line_text(&p->line, OSL_STYLE_PLAIN, osl_text_of("  "));
    put_sections(p, hit);
    if (before && after && !same_sections(before, after)) {
        osl_line_text(&p->line, OSL_STYLE_DIM, osl_text_of("  (was below "));
        put_sections(p, before);
        osl_line_text(&p->line, OSL_STYLE_DIM, osl_text_of(")"));
    }
    osl_line_print(&p->line, 2, 6);
}

static void print_paragraph(printer *p, const osl_diff_paragraph *paragraph)
{
    const osl_hit *before = paragraph->before, *after = paragraph->after;
    print_place(p, paragraph);
    if (paragraph->change == OSL_CHANGE_ADDED)
        put_text(p, OSL_STYLE_ADDED, after->text);
    else if (paragraph->change == OSL_CHANGE_REMOVED)
        put_text(p, OSL_STYLE_REMOVED, before->text);
    else if (paragraph->run_count)
        put_runs(p, paragraph);
    else
        put_text(p, OSL_STYLE_DIM, after->text);
    if (!before || !after)
        return;
    put_lists(p, "evidence",
              (const osl_text *const[]){before->evidence, after->evidence},
              (const size_t[]){before->evidence_count, after->evidence_count});
    put_lists(p, "citations",
              (const osl_text *const[]){before->citations, after->citations},
              (const size_t[]){before->citation_count, after->citation_count});
}

static void print_facts(printer *p, const osl_diff_document *document)
{
    unsigned n = 0;
    const char *name;
    osl_text values[2];
    while (osl_diff_next_fact(document, &n, &name, values)) {
        osl_line_printf(&p->line, OSL_STYLE_DIM, "%s: ", name);
        for (int i = 0; i < 2; i++) {
            if (i)
                osl_line_text(&p->line, OSL_STYLE_PLAIN,
                              osl_text_of(" \xE2\x86\x92 "));
            osl_line_text(&p->line,
                          values[i].length ? OSL_STYLE_PLAIN : OSL_STYLE_DIM,
                          values[i].length ? values[i] : osl_text_of("none"));
        }
        osl_line_print(&p->line, 2, 6);
    }
}

static void print_document(printer *p, const osl_diff_document *document)
{
    const osl_hit *hit = document->after ? document->after : document->before;
    printf("\n");
    osl_line_printf(&p->line, OSL_STYLE_TITLE, "%s ", signs[document->change]);
    osl_line_text(&p->line, OSL_STYLE_TITLE, document->id);
    osl_line_text(&p->line, OSL_STYLE_PLAIN, osl_text_of("  "));
    if (hit)
        osl_line_link(&p->line, OSL_STYLE_PLAIN, hit->title, hit->url);
    osl_line_printf(&p->line, OSL_STYLE_DIM,
                    "  (+%" PRIu32 " ~%" PRIu32 " \xE2\x88\x92%" PRIu32,
                    document->added, document->changed, document->removed);
    if (document->moved)
        osl_line_printf(&p->line, OSL_STYLE_DIM, ", %" PRIu32 " moved",
                        document->moved);
    osl_line_text(&p->line, OSL_STYLE_DIM, osl_text_of(")"));
    osl_line_print(&p->line, 0, 4);
    print_facts(p, document);
    if (document->change != OSL_CHANGE_CHANGED && !p->whole)
        return;
    for (size_t i = 0; i < document->paragraph_count; i++)
        print_paragraph(p, &document->paragraphs[i]);
}

static void print_totals(const osl_diff_totals *totals)
{
    const uint64_t *d = totals->documents, *q = totals->paragraphs;
    printf("\ndocuments +%" PRIu64 " ~%" PRIu64 " \xE2\x88\x92%" PRIu64
           ", paragraphs +%" PRIu64 " ~%" PRIu64 " \xE2\x88\x92%" PRIu64
           ", %" PRIu64 " moved\n",
           d[OSL_CHANGE_ADDED], d[OSL_CHANGE_CHANGED], d[OSL_CHANGE_REMOVED],
           q[OSL_CHANGE_ADDED], q[OSL_CHANGE_CHANGED], q[OSL_CHANGE_REMOVED],
           q[OSL_CHANGE_MOVED]);
}

osl_status osl_diff_print(osl_diff *diff, const osl_diff_settings *settings,
                          bool *differs, osl_error *err)
{
    char head[160];
    osl_diff_totals totals = {0};
    const osl_diff_document *document;
    printer p = {.screen = osl_screen_get(settings->common.color),
                 .whole = settings->common.verbose};
    p.line.screen = &p.screen;
    osl_diff_head(diff, head);
    printf("%s\n", head);
    osl_status status;
    while ((status = osl_diff_next(diff, &document, err)) == OSL_OK) {
        *differs = true;
        print_document(&p, document);
        osl_diff_add_up(&totals, document);
    }
    if (status == OSL_END && *differs)
        print_totals(&totals);
    else if (status == OSL_END)
        printf("no difference\n");
    osl_line_clear(&p.line);
    return status == OSL_END ? OSL_OK : status;
}
