/* SPDX-License-Identifier: MIT
 *
 * osler search: the best paragraphs for a question. */
#include "tools/osler/command.h"

#include "core/base/pages.h"
#include "tools/osler/facets.h"
#include "tools/osler/hits.h"
#include "tools/osler/request.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct search_settings {
    osl_common common;
    osl_request request;
    bool count;
} search_settings;

#define REQUEST offsetof(search_settings, request)

static const osl_option options[] = {
    {"count", 0, NULL, "print the number of matching paragraphs alone",
     OSL_OPTION_FLAG, offsetof(search_settings, count)},
    {"snippet", 0, "N", "words of a snippet (40; 0: none)", OSL_OPTION_COUNT,
     OSL_REQUEST_AT(REQUEST, snippet)},
    {"context", 0, "N", "show N paragraphs before and behind a hit",
     OSL_OPTION_COUNT, OSL_REQUEST_AT(REQUEST, context)},
    {"explain", 0, NULL, "how the query was read and each score made",
     OSL_OPTION_FLAG, OSL_REQUEST_AT(REQUEST, explain)},
    OSL_REQUEST_OPTIONS(REQUEST),
    {NULL, 0, NULL, NULL, OSL_OPTION_FLAG, 0},
};

typedef struct search_run {
    const search_settings *settings;
    osl_searcher *searcher;
    osl_searcher_info info;
    osl_buf query;   /* with the filters before it */
    size_t typed_at; /* where what was typed begins */
    osl_answer *answer;
    double seconds;
    int failed; /* code to end with, where something beside a hit is damaged */
    osl_screen screen;
    osl_line line;
    osl_json json;
} search_run;

static double now_seconds(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- for a person ------------------------------------------------------ */

static void print_head(search_run *run)
{
    char count[OSL_COUNT_SIZE], all[OSL_COUNT_SIZE], documents[OSL_COUNT_SIZE];
    const osl_answer *answer = run->answer;
    printf("%s of %s paragraphs, %s document%s, %.0f ms \xC2\xB7 generation "
           "%" PRIu64,
           osl_format_count(count, osl_answer_count(answer)),
           osl_format_count(all, run->info.paragraphs),
           osl_format_count(documents, osl_answer_document_count(answer)),
           osl_answer_document_count(answer) == 1 ? "" : "s",
           ceil(1000 * run->seconds), run->info.generation);
    if (run->info.newest.length)
        printf(" \xC2\xB7 newest text %.*s", (int)run->info.newest.length,
               run->info.newest.bytes);
    printf("\n");
    osl_text read_as = osl_answer_read_as(answer);
    if (read_as.length) {
        osl_line_text(&run->line, OSL_STYLE_DIM, osl_text_of("read as: "));
        osl_line_text(&run->line, OSL_STYLE_PLAIN, read_as);
        osl_line_print(&run->line, 0, 0);
    }
}

/* Lines of text as the library made them, indented. */
static void print_lines(search_run *run, osl_text text, unsigned indent)
{
    while (text.length) {
        const char *stop = memchr(text.bytes, '\n', text.length);
        size_t length = stop ? (size_t)(stop - text.bytes) : text.length;
        osl_line_text(&run->line, OSL_STYLE_PLAIN,
                      (osl_text){text.bytes, length});
        printf("%*s", (int)indent, "");
        osl_line_write(&run->line, stdout);
        length += stop != NULL;
        text = (osl_text){text.bytes + length, text.length - length};
    }
}

/* The paragraphs around a hit, itself left out; failing to find them leaves
 * the hit alone, damage there is told once. */
static osl_answer *context_of(search_run *run, const osl_hit *hit)
{
    osl_error err;
    osl_answer *around = NULL;
    unsigned context = run->settings->request.context;
    if (!context)
        return NULL;
    osl_status status =
        osl_show(run->searcher, hit->id, context, &around, &err);
    if (status != OSL_OK && status != OSL_ENOTFOUND && !run->failed)
        run->failed = osl_failed(&err);
    return status == OSL_OK ? around : NULL;
}

static void print_context(search_run *run, const osl_answer *around,
                          const osl_hit *hit, bool before)
{
    for (size_t i = 0; around && i < osl_answer_hit_count(around); i++) {
        const osl_hit *near = osl_answer_hit(around, i);
        if (near->paragraph == hit->paragraph ||
            (near->paragraph < hit->paragraph) != before)
            continue;
        osl_line_printf(&run->line, OSL_STYLE_DIM, "#%" PRIu32 "  ",
                        near->paragraph);
        osl_line_text(&run->line, OSL_STYLE_DIM, near->text);
        osl_line_print(&run->line, 4, 4);
    }
}

static void print_hit(search_run *run, const osl_hit *hit, size_t rank)
{
    osl_answer *around = context_of(run, hit);
    printf("\n");
    osl_hit_print_head(&run->line, hit, rank);
    print_context(run, around, hit, true);
    osl_hit_print_snippet(&run->line, hit);
    print_context(run, around, hit, false);
    print_lines(run, hit->explanation, 4);
    osl_answer_free(around);
}

static void print_nothing(search_run *run)
{
    osl_text word, nearest;
    printf("nothing found\n");
    for (size_t n = 0; osl_answer_missing(run->answer, n, &word, &nearest);
         n++) {
        osl_line_text(&run->line, OSL_STYLE_TITLE, word);
        osl_line_text(&run->line, OSL_STYLE_PLAIN,
                      osl_text_of(" occurs nowhere"));
        if (nearest.length) {
            osl_line_text(&run->line, OSL_STYLE_PLAIN,
                          osl_text_of("; nearest: "));
            osl_line_text(&run->line, OSL_STYLE_TITLE, nearest);
        }
        osl_line_print(&run->line, 2, 2);
    }
}

/* "scurvy: 8 paragraphs", "scurvy, warfarin: never in one paragraph". */
static void print_meeting(search_run *run, const osl_meeting *meeting)
{
    char count[OSL_COUNT_SIZE];
    osl_line *line = &run->line;
    osl_line_text(line, OSL_STYLE_TITLE, meeting->first);
    if (meeting->second.length) {
        osl_line_text(line, OSL_STYLE_PLAIN, osl_text_of(", "));
        osl_line_text(line, OSL_STYLE_TITLE, meeting->second);
    }
    if (meeting->count)
        osl_line_printf(line, OSL_STYLE_PLAIN, ": %s paragraph%s, the best ",
                        osl_format_count(count, meeting->count),
                        meeting->count == 1 ? "" : "s");
    else
        osl_line_text(line, OSL_STYLE_PLAIN,
                      osl_text_of(meeting->second.length
                                      ? ": never in one paragraph"
                                      : ": in no paragraph"));
    osl_line_text(line, OSL_STYLE_PLAIN, meeting->best);
    osl_line_print(line, 2, 2);
}

static void print_meetings(search_run *run)
{
    const osl_meeting *meeting = osl_answer_meeting(run->answer, 0);
    if (!meeting)
        return;
    if (osl_answer_count(run->answer))
        printf("no paragraph has all of these words\n");
    for (size_t n = 0; (meeting = osl_answer_meeting(run->answer, n)); n++)
        print_meeting(run, meeting);
}

/* Where filters leave nothing of what the words alone find. */
static void print_unfiltered(search_run *run)
{
    osl_error err;
    osl_answer *all = NULL;
    char count[OSL_COUNT_SIZE];
    osl_search_options how = osl_request_options(&run->settings->request);
    osl_text query = osl_buf_text(&run->query);
    osl_text typed = {query.bytes + run->typed_at,
                      query.length - run->typed_at};
    how.k = 0;
    how.offset = 0;
    how.want_facets = false;
    /* Nothing more is said where this fails. */
    if (run->typed_at > 0 &&
        osl_search(run->searcher, typed, &how, &all, &err) == OSL_OK &&
        osl_answer_count(all) > 0)
        printf("  without the filters: %s paragraph%s\n",
               osl_format_count(count, osl_answer_count(all)),
               osl_answer_count(all) == 1 ? "" : "s");
    osl_answer_free(all);
}

static void print_no_hits(search_run *run)
{
    char offset[OSL_COUNT_SIZE];
    const osl_request *request = &run->settings->request;
    if (!osl_answer_count(run->answer)) {
        print_nothing(run);
        print_unfiltered(run);
    } else if (request->offset) {
        printf("none is left behind the first %s\n",
               osl_format_count(offset, request->offset));
    }
}

static void print_answer(search_run *run)
{
    size_t count = osl_answer_hit_count(run->answer);
    print_head(run);
    print_lines(run, osl_answer_plan(run->answer), 0);
    if (!count)
        print_no_hits(run);
    print_meetings(run);
    for (size_t i = 0; i < count; i++)
        print_hit(run, osl_answer_hit(run->answer, i),
                  run->settings->request.offset + i + 1);
    if (osl_answer_count(run->answer) && run->settings->request.facets) {
        printf("\n");
        osl_facets_print(&run->line, run->answer);
    }
}

/* ---- JSON -------------------------------------------------------------- */

static void json_missing(search_run *run)
{
    osl_text word, nearest;
    osl_json_open(&run->json, "missing", '[');
    for (size_t n = 0; osl_answer_missing(run->answer, n, &word, &nearest);
         n++) {
        osl_json_open(&run->json, NULL, '{');
        osl_json_text(&run->json, "word", word);
        osl_json_text(&run->json, "nearest", nearest);
        osl_json_close(&run->json, '}');
    }
    osl_json_close(&run->json, ']');
}

static void json_meetings(search_run *run)
{
    const osl_meeting *meeting;
    osl_json_open(&run->json, "meetings", '[');
    for (size_t n = 0; (meeting = osl_answer_meeting(run->answer, n)); n++) {
        osl_json_open(&run->json, NULL, '{');
        osl_json_open(&run->json, "words", '[');
        osl_json_text(&run->json, NULL, meeting->first);
        if (meeting->second.length)
            osl_json_text(&run->json, NULL, meeting->second);
        osl_json_close(&run->json, ']');
        osl_json_count(&run->json, "count", meeting->count);
        osl_json_text(&run->json, "best", meeting->best);
        osl_json_close(&run->json, '}');
    }
    osl_json_close(&run->json, ']');
}

static void json_notes(search_run *run)
{
    const char *note;
    osl_json_open(&run->json, "notes", '[');
    for (size_t n = 0; (note = osl_answer_note(run->answer, n)); n++)
        osl_json_text(&run->json, NULL, osl_text_of(note));
    osl_json_close(&run->json, ']');
}

static void json_head(search_run *run)
{
    const osl_answer *answer = run->answer;
    osl_json *json = &run->json;
    osl_text query = osl_buf_text(&run->query);
    osl_json_begin(json);
    osl_json_text(
        json, "query",
        (osl_text){query.bytes + run->typed_at, query.length - run->typed_at});
    osl_json_text(json, "read_as", osl_answer_read_as(answer));
    osl_json_count(json, "count", osl_answer_count(answer));
    osl_json_count(json, "documents", osl_answer_document_count(answer));
    osl_json_count(json, "generation", run->info.generation);
    if (run->settings->request.facets)
        osl_facets_json(json, answer);
    else
        osl_json_null(json, "facets");
    osl_json_count(json, "paragraphs", run->info.paragraphs);
    osl_json_text(json, "newest", run->info.newest);
    osl_json_real(json, "milliseconds", 1000 * run->seconds, 3);
    json_notes(run);
    json_missing(run);
    json_meetings(run);
    if (run->settings->request.explain)
        osl_json_text(json, "plan", osl_answer_plan(answer));
    osl_json_end(json);
}

static void json_context(search_run *run, const osl_hit *hit)
{
    osl_answer *around = context_of(run, hit);
    osl_json_open(&run->json, "context", '[');
    for (size_t i = 0; around && i < osl_answer_hit_count(around); i++) {
        const osl_hit *near = osl_answer_hit(around, i);
        if (near->paragraph == hit->paragraph)
            continue;
        osl_json_open(&run->json, NULL, '{');
        osl_json_count(&run->json, "paragraph", near->paragraph);
        osl_json_text(&run->json, "text", near->text);
        osl_json_close(&run->json, '}');
    }
    osl_json_close(&run->json, ']');
    osl_answer_free(around);
}

static osl_status json_answer(search_run *run, osl_error *err)
{
    osl_history *history = NULL;
    osl_status status = osl_history_open(&history, run->searcher, err);
    if (status != OSL_OK)
        return status;
    json_head(run);
    for (size_t i = 0; i < osl_answer_hit_count(run->answer); i++) {
        const osl_hit *hit = osl_answer_hit(run->answer, i);
        osl_json_begin(&run->json);
        osl_hit_json(&run->json, hit, run->settings->request.offset + i + 1);
        osl_hit_json_dates(&run->json, hit, history);
        if (run->settings->request.context)
            json_context(run, hit);
        if (run->settings->request.explain)
            osl_json_text(&run->json, "explanation", hit->explanation);
        osl_json_end(&run->json);
        if (!osl_json_flush(&run->json))
            break;
    }
    (void)osl_json_flush(&run->json);
    osl_history_free(history);
    return OSL_OK;
}

/* ---- the run ----------------------------------------------------------- */

static void say_notes(const search_run *run)
{
    const char *note;
    if (run->settings->common.quiet)
        return;
    for (size_t n = 0; (note = osl_answer_note(run->answer, n)); n++)
        osl_complain("%s", note);
}

static osl_status answer(search_run *run, osl_error *err)
{
    osl_search_options how = osl_request_options(&run->settings->request);
    if (run->settings->count) {
        how.k = 0;
        how.offset = 0;
    }
    double start = now_seconds();
    osl_status status = osl_search(run->searcher, osl_buf_text(&run->query),
                                   &how, &run->answer, err);
    run->seconds = now_seconds() - start;
    if (status == OSL_OK)
        status = osl_searcher_get_brief(run->searcher, &run->info, err);
    return status;
}

static osl_status make_query(search_run *run, const osl_words *words,
                             osl_error *err)
{
    if (!words->count && !run->settings->request.like)
        return osl_fail(err, OSL_EINVAL,
                        "nothing to search for; as: osler search relapse "
                        "\"bone marrow\"");
    osl_status status = osl_request_check(&run->settings->request, err);
    if (status != OSL_OK)
        return status;
    osl_request_filters(&run->settings->request, &run->query);
    run->typed_at = run->query.length;
    osl_request_words(words, &run->query);
    return osl_buf_status(&run->query, "the query", err);
}

/* "osler search relapse --json": a word of the query by the contract, and
 * hardly what was meant. */
static void say_late_options(const osl_command *command, const osl_words *words)
{
    for (size_t i = 1; i < words->count; i++) {
        const char *word = words->items[i];
        osl_text name =
            osl_text_of(strncmp(word, "--", 2) == 0 ? word + 2 : "");
        if (name.length && osl_option_by_name(command, name))
            osl_complain("%s stands behind the query and is read as a word of "
                         "it; options come first",
                         word);
    }
}

static int run_search(search_run *run, const osl_words *words)
{
    osl_error err = {0};
    const search_settings *settings = run->settings;
    osl_status status = make_query(run, words, &err);
    osl_pages_keep(); /* what it takes goes by the index, not by the answer */
    if (status == OSL_OK)
        status = osl_open_searcher(&run->searcher, &settings->common,
                                   settings->request.generation, &err);
    if (status == OSL_OK)
        status = answer(run, &err);
    if (status != OSL_OK)
        return osl_failed(&err);
    say_notes(run);
    if (settings->count)
        printf("%" PRIu64 "\n", osl_answer_count(run->answer));
    else if (settings->common.json)
        status = json_answer(run, &err);
    else
        print_answer(run);
    if (status != OSL_OK)
        return osl_failed(&err);
    if (run->failed)
        return run->failed;
    return osl_answer_count(run->answer) ? OSL_EXIT_FOUND : OSL_EXIT_NOTHING;
}

static int search_main(const osl_command *command, int argc, char **argv)
{
    search_settings settings = {.request = osl_request_defaults};
    search_run run = {.settings = &settings};
    osl_words words;
    int code;
    if (osl_options_parse(command, argc, argv, &settings, &words, &code)) {
        run.screen = osl_screen_get(settings.common.color);
        run.line.screen = &run.screen;
        if (!settings.common.quiet)
            say_late_options(command, &words);
        code = run_search(&run, &words);
    }
    osl_answer_free(run.answer);
    osl_searcher_free(run.searcher);
    osl_buf_clear(&run.query);
    osl_line_clear(&run.line);
    osl_json_clear(&run.json);
    osl_common_clear(&settings.common);
    return code;
}

const osl_command osl_command_search = {
    .name = "search",
    .summary = "the best paragraphs for a question",
    .synopsis = "search [OPTION]... QUERY...",
    .examples =
        "  osler search relapse bone marrow          any of the words\n"
        "  osler search '\"isolated CNS relapse\"'     an exact phrase\n"
        "  osler search +relapse -cns title:leukemia required, forbidden, "
        "field\n"
        "  osler search --since 2020 --evidence A1 imatinib\n"
        "  osler search --json -k 100 asthma | jq .text\n",
    .options = options,
    .notes =
        "The language: words; \"a phrase\"; \"within four\"~4; +required "
        "-forbidden; AND OR\nNOT ( ); a NEAR/5 b, a ADJ/3 b; title: section: "
        "document: evidence: audience:\nlanguage: updated:; prefix*, w?ldcard, "
        "fuzzy~1; weight^2; =this-very-form.\nOptions end at the first word of "
        "the query, or at --.\nExit: 0 found, 1 nothing found, 2 wrong use, 3 "
        "failed.\n",
    .options_first = true,
    .run = search_main,
};
