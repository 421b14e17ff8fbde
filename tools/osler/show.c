/* SPDX-License-Identifier: MIT
 *
 * osler show: a document or a paragraph, in reading order with its headings. */
#include "tools/osler/command.h"

#include "tools/osler/hits.h"

#include <inttypes.h>
#include <stdio.h>

typedef struct show_settings {
    osl_common common;
    unsigned context, generation;
} show_settings;

static const osl_option options[] = {
    {"context", 0, "N", "N paragraphs before and behind as well",
     OSL_OPTION_COUNT, offsetof(show_settings, context)},
    {"generation", 0, "G", "of an older generation that is kept",
     OSL_OPTION_COUNT, offsetof(show_settings, generation)},
    {NULL, 0, NULL, NULL, OSL_OPTION_FLAG, 0},
};

/* ---- for a person ------------------------------------------------------ */

static void put_fact(osl_line *line, osl_text fact)
{
    if (!fact.length)
        return;
    osl_line_text(line, OSL_STYLE_DIM, osl_text_of("  "));
    osl_line_text(line, OSL_STYLE_DIM, fact);
}

static void print_document(osl_line *line, const osl_hit *hit)
{
    osl_line_link(line, OSL_STYLE_TITLE, hit->title, hit->url);
    osl_line_print(line, 0, 0);
    osl_line_text(line, OSL_STYLE_DIM, hit->document);
    put_fact(line, hit->updated);
    put_fact(line, hit->audience);
    put_fact(line, hit->language);
    put_fact(line, hit->url);
    osl_line_print(line, 0, 0);
}

/* The headings that the paragraph before did not stand under. */
static void print_headings(osl_line *line, const osl_hit *before,
                           const osl_hit *hit)
{
    size_t same = 0, most = before ? before->section_count : 0;
    while (same < most && same < hit->section_count &&
           osl_text_equal(before->sections[same], hit->sections[same]))
        same++;
    for (size_t i = same; i < hit->section_count; i++) {
        printf("\n");
        osl_line_printf(line, OSL_STYLE_DIM, "%.*s ", i < 6 ? (int)i + 1 : 6,
                        "######");
        osl_line_text(line, OSL_STYLE_TITLE, hit->sections[i]);
        osl_line_print(line, 0, 0);
    }
}

static void put_citations(osl_line *line, const osl_hit *hit)
{
    for (size_t i = 0; i < hit->citation_count; i++) {
        osl_line_text(line, OSL_STYLE_DIM, osl_text_of(i ? "," : "  refs "));
        osl_line_text(line, OSL_STYLE_DIM, hit->citations[i]);
    }
}

static void print_paragraph(osl_line *line, const osl_hit *hit)
{
    printf("\n");
    osl_line_printf(line, OSL_STYLE_DIM, "#%" PRIu32 "  ", hit->paragraph);
    if (hit->text.length)
        osl_line_text(line, OSL_STYLE_PLAIN, hit->text);
    else
        osl_line_text(line, OSL_STYLE_DIM, osl_text_of("(text not stored)"));
    put_citations(line, hit);
    osl_line_print(line, 0, 0);
}

static void print_answer(const osl_answer *answer, int color)
{
    osl_screen screen = osl_screen_get(color);
    osl_line line = {.screen = &screen};
    const osl_hit *before = NULL;
    for (size_t i = 0; i < osl_answer_hit_count(answer); i++) {
        const osl_hit *hit = osl_answer_hit(answer, i);
        if (!before)
            print_document(&line, hit);
        print_headings(&line, before, hit);
        print_paragraph(&line, hit);
        before = hit;
    }
    osl_line_clear(&line);
}

/* ---- JSON -------------------------------------------------------------- */

static void json_paragraph(osl_json *json, const osl_hit *hit,
                           osl_history *history)
{
    osl_json_open(json, NULL, '{');
    osl_json_text(json, "id", hit->id);
    osl_json_count(json, "paragraph", hit->paragraph);
    osl_json_texts(json, "section", hit->sections, hit->section_count);
    osl_json_count(json, "line", hit->line);
    osl_json_text(json, "kind", osl_text_of(osl_kind_name(hit->kind)));
    osl_json_texts(json, "evidence", hit->evidence, hit->evidence_count);
    osl_json_texts(json, "citations", hit->citations, hit->citation_count);
    osl_json_text(json, "text", hit->text);
    osl_hit_json_dates(json, hit, history);
    osl_json_close(json, '}');
}

static void json_answer(const osl_answer *answer, osl_history *history)
{
    osl_json json = {0};
    const osl_hit *first = osl_answer_hit(answer, 0);
    osl_json_begin(&json);
    osl_json_text(&json, "id", first->document);
    osl_json_text(&json, "title", first->title);
    osl_json_text(&json, "url", first->url);
    osl_json_text(&json, "updated", first->updated);
    osl_json_text(&json, "audience", first->audience);
    osl_json_text(&json, "language", first->language);
    osl_json_text(&json, "source", first->source);
    osl_json_open(&json, "paragraphs", '[');
    for (size_t i = 0; i < osl_answer_hit_count(answer); i++)
        json_paragraph(&json, osl_answer_hit(answer, i), history);
    osl_json_close(&json, ']');
    osl_json_end(&json);
    (void)osl_json_flush(&json);
    osl_json_clear(&json);
}

/* ---- the run ----------------------------------------------------------- */

static int show_one(const osl_searcher *searcher, const show_settings *settings,
                    const char *what)
{
    osl_error err = {0};
    osl_answer *answer = NULL;
    osl_history *history = NULL;
    osl_status status =
        osl_show(searcher, osl_text_of(what), settings->context, &answer, &err);
    if (status == OSL_ENOTFOUND) {
        osl_complain("%s", err.text);
        return OSL_EXIT_NOTHING;
    }
    if (status == OSL_OK)
        status = osl_history_open(&history, searcher, &err);
    if (status != OSL_OK) {
        osl_answer_free(answer);
        return osl_failed(&err);
    }
    bool found = osl_answer_hit_count(answer) > 0;
    if (found && settings->common.json)
        json_answer(answer, history);
    else if (found)
        print_answer(answer, settings->common.color);
    osl_history_free(history);
    osl_answer_free(answer);
    return found ? OSL_EXIT_FOUND : OSL_EXIT_NOTHING;
}

static int run_show(const show_settings *settings, const osl_words *words)
{
    osl_error err = {0};
    osl_searcher *searcher = NULL;
    if (!words->count) {
        osl_complain("show what? as: osler show DOCUMENT or DOCUMENT#N");
        return OSL_EXIT_USAGE;
    }
    if (osl_open_searcher(&searcher, &settings->common, settings->generation,
                          &err) != OSL_OK)
        return osl_failed(&err);
    int code = OSL_EXIT_FOUND;
    for (size_t i = 0; i < words->count; i++) {
        int one = show_one(searcher, settings, words->items[i]);
        code = one > code ? one : code;
    }
    osl_searcher_free(searcher);
    return code;
}

static int show_main(const osl_command *command, int argc, char **argv)
{
    show_settings settings = {0};
    osl_words words;
    int code;
    if (osl_options_parse(command, argc, argv, &settings, &words, &code))
        code = run_show(&settings, &words);
    osl_common_clear(&settings.common);
    return code;
}

const osl_command osl_command_show = {
    .name = "show",
    .summary = "a document or paragraph with its headings",
    .synopsis = "show [OPTION]... DOCUMENT[#N]...",
    .examples = "  osler show asthma.html              the whole document\n"
                "  osler show asthma.html#12 --context 2\n"
                "  osler show --json asthma.html | jq .title\n",
    .options = options,
    .run = show_main,
};
