/* SPDX-License-Identifier: MIT
 *
 * osler suggest: what the index has that begins so. */
#include "tools/osler/command.h"

#include "tools/osler/json.h"
#include "tools/osler/output.h"

#include <stdio.h>

typedef struct suggest_settings {
    osl_common common;
    unsigned top;
} suggest_settings;

static const osl_option options[] = {
    {"top", 'k', "N", "so many completions (10)", OSL_OPTION_COUNT,
     offsetof(suggest_settings, top)},
    {NULL, 0, NULL, NULL, OSL_OPTION_FLAG, 0},
};

static const char *const kind_names[] = {
    [OSL_SUGGESTION_WORD] = "word",
    [OSL_SUGGESTION_PHRASE] = "phrase",
    [OSL_SUGGESTION_HEADING] = "heading",
    [OSL_SUGGESTION_TITLE] = "title",
};

static void print_one(osl_line *line, const osl_suggestion *one)
{
    char count[OSL_COUNT_SIZE];
    size_t wide = one->text.length;
    osl_line_text(line, OSL_STYLE_PLAIN, one->text);
    osl_line_printf(line, OSL_STYLE_DIM, "%*s  %s, %s paragraph%s",
                    wide < 32 ? (int)(32 - wide) : 0, "", kind_names[one->kind],
                    osl_format_count(count, one->count),
                    one->count == 1 ? "" : "s");
    osl_line_write(line, stdout);
}

static void json_one(osl_json *json, const osl_suggestion *one)
{
    osl_json_begin(json);
    osl_json_text(json, "text", one->text);
    osl_json_text(json, "kind", osl_text_of(kind_names[one->kind]));
    osl_json_count(json, "paragraphs", one->count);
    osl_json_end(json);
}

static int print_suggestions(const osl_suggestions *found,
                             const suggest_settings *settings)
{
    osl_json json = {0};
    osl_screen screen = osl_screen_get(settings->common.color);
    osl_line line = {.screen = &screen};
    const osl_suggestion *one;
    size_t n = 0;
    for (; (one = osl_suggestions_get(found, n)); n++) {
        if (settings->common.json)
            json_one(&json, one);
        else
            print_one(&line, one);
    }
    (void)osl_json_flush(&json);
    osl_json_clear(&json);
    osl_line_clear(&line);
    return n ? OSL_EXIT_FOUND : OSL_EXIT_NOTHING;
}

static int run_suggest(const suggest_settings *settings, const osl_words *words)
{
    osl_error err = {0};
    osl_searcher *searcher = NULL;
    osl_suggestions *found = NULL;
    osl_buf prefix = {0};
    if (!words->count) {
        osl_complain("suggest what? as: osler suggest leuk");
        return OSL_EXIT_USAGE;
    }
    for (size_t i = 0; i < words->count; i++)
        osl_buf_printf(&prefix, "%s%s", i ? " " : "", words->items[i]);
    osl_status status = osl_buf_status(&prefix, "the words", &err);
    if (status == OSL_OK)
        status = osl_open_searcher(&searcher, &settings->common, 0, &err);
    if (status == OSL_OK)
        status = osl_suggest(searcher, osl_buf_text(&prefix), settings->top,
                             &found, &err);
    int code = status == OSL_OK ? print_suggestions(found, settings)
                                : osl_failed(&err);
    osl_suggestions_free(found);
    osl_searcher_free(searcher);
    osl_buf_clear(&prefix);
    return code;
}

static int suggest_main(const osl_command *command, int argc, char **argv)
{
    suggest_settings settings = {.top = 10};
    osl_words words;
    int code;
    if (osl_options_parse(command, argc, argv, &settings, &words, &code))
        code = run_suggest(&settings, &words);
    osl_common_clear(&settings.common);
    return code;
}

const osl_command osl_command_suggest = {
    .name = "suggest",
    .summary = "completions from the index's own words and headings",
    .synopsis = "suggest [OPTION]... PREFIX",
    .examples =
        "  osler suggest leuk                  words, headings, titles\n"
        "  osler suggest bone mar              the last word is cut\n"
        "  osler suggest --json -k 5 treat | jq -r .text\n",
    .options = options,
    .notes = "By the number of paragraphs that hold the word or phrase, or "
             "stand below the\nheading or title. Exit: 0 found, 1 nothing "
             "found, 2 wrong use, 3 failed.\n",
    .run = suggest_main,
};
