/* SPDX-License-Identifier: MIT */
#include "tools/osler/hits.h"

#include "corpus/corpus.h"

#include <inttypes.h>

static const osl_text between = {" \xE2\x80\xBA ", 5}; /* › */

const char *osl_kind_name(uint8_t kind)
{
    static const char *const names[] = {"prose", "item", "row", "key point"};
    return names[kind <= OSL_PARAGRAPH_KEY_POINT ? kind : 0];
}

static osl_text part(osl_text text, size_t from, size_t to)
{
    return (osl_text){text.bytes + from, to - from};
}

void osl_hit_print_snippet(osl_line *line, const osl_hit *hit)
{
    osl_span window = hit->snippet;
    size_t at = window.start;
    if (window.start >= window.end)
        return;
    if (hit->cut_left)
        osl_line_text(line, OSL_STYLE_PLAIN, osl_text_of("\xE2\x80\xA6 "));
    for (size_t i = 0; i < hit->highlight_count; i++) {
        osl_span mark = hit->highlights[i];
        if (mark.start < at || mark.end > window.end)
            continue;
        osl_line_text(line, OSL_STYLE_PLAIN, part(hit->text, at, mark.start));
        osl_line_text(line, OSL_STYLE_MARK,
                      part(hit->text, mark.start, mark.end));
        at = mark.end;
    }
    osl_line_text(line, OSL_STYLE_PLAIN, part(hit->text, at, window.end));
    if (hit->cut_right)
        osl_line_text(line, OSL_STYLE_PLAIN, osl_text_of(" \xE2\x80\xA6"));
    osl_line_print(line, 4, 4);
}

static void print_title(osl_line *line, const osl_hit *hit, size_t rank)
{
    osl_line_printf(line, OSL_STYLE_PLAIN, "%2zu  ", rank);
    osl_line_link(line, OSL_STYLE_TITLE, hit->title, hit->url);
    for (size_t i = 0; i < hit->section_count; i++) {
        osl_line_text(line, OSL_STYLE_DIM, between);
        osl_line_text(line, OSL_STYLE_PLAIN, hit->sections[i]);
    }
    osl_line_print(line, 0, 4);
}

static void print_facts(osl_line *line, const osl_hit *hit)
{
    char score[OSL_COUNT_SIZE];
    osl_line_text(line, OSL_STYLE_DIM, hit->id);
    osl_line_printf(line, OSL_STYLE_DIM, "  %s",
                    osl_format_score(score, hit->score, 2));
    if (hit->updated.length) {
        osl_line_text(line, OSL_STYLE_DIM, osl_text_of("  "));
        osl_line_text(line, OSL_STYLE_DIM, hit->updated);
    }
    for (size_t i = 0; i < hit->evidence_count; i++) {
        osl_line_text(line, OSL_STYLE_PLAIN, osl_text_of(i ? ", " : "  ["));
        osl_line_text(line, OSL_STYLE_PLAIN, hit->evidence[i]);
    }
    if (hit->evidence_count)
        osl_line_text(line, OSL_STYLE_PLAIN, osl_text_of("]"));
    if (hit->citation_count)
        osl_line_printf(line, OSL_STYLE_DIM, "  %zu ref%s", hit->citation_count,
                        hit->citation_count > 1 ? "s" : "");
    osl_line_print(line, 4, 4);
}

void osl_hit_print_head(osl_line *line, const osl_hit *hit, size_t rank)
{
    print_title(line, hit, rank);
    print_facts(line, hit);
}

static void put_highlights(osl_json *json, const osl_hit *hit)
{
    osl_json_open(json, "highlights", '[');
    for (size_t i = 0; i < hit->highlight_count; i++) {
        osl_json_open(json, NULL, '[');
        osl_json_count(json, NULL, hit->highlights[i].start);
        osl_json_count(json, NULL, hit->highlights[i].end);
        osl_json_close(json, ']');
    }
    osl_json_close(json, ']');
}

void osl_hit_json(osl_json *json, const osl_hit *hit, size_t rank)
{
    char score[OSL_COUNT_SIZE];
    if (rank)
        osl_json_count(json, "rank", rank);
    osl_json_text(json, "id", hit->id);
    osl_json_text(json, "document", hit->document);
    osl_json_count(json, "paragraph", hit->paragraph);
    if (rank)
        osl_json_digits(json, "score", osl_format_score(score, hit->score, 6));
    osl_json_text(json, "title", hit->title);
    osl_json_texts(json, "section", hit->sections, hit->section_count);
    osl_json_text(json, "url", hit->url);
    osl_json_text(json, "updated", hit->updated);
    osl_json_text(json, "audience", hit->audience);
    osl_json_text(json, "language", hit->language);
    osl_json_text(json, "source", hit->source);
    osl_json_count(json, "line", hit->line);
    osl_json_text(json, "kind", osl_text_of(osl_kind_name(hit->kind)));
    osl_json_texts(json, "evidence", hit->evidence, hit->evidence_count);
    osl_json_texts(json, "citations", hit->citations, hit->citation_count);
    osl_json_text(json, "text", hit->text);
    if (rank) {
        osl_json_text(json, "snippet",
                      part(hit->text, hit->snippet.start, hit->snippet.end));
        put_highlights(json, hit);
    }
}

static void put_date(osl_json *json, const char *key, uint64_t us)
{
    char time[OSL_COUNT_SIZE];
    if (us)
        osl_json_text(json, key, osl_text_of(osl_format_time(time, us)));
    else
        osl_json_null(json, key);
}

void osl_hit_json_dates(osl_json *json, const osl_hit *hit,
                        osl_history *history)
{
    uint64_t first_seen, changed;
    (void)osl_history_get(history, hit, &first_seen, &changed);
    put_date(json, "first_seen", first_seen);
    put_date(json, "changed", changed);
}
