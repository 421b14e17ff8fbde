/* SPDX-License-Identifier: MIT
 *
 * osler stats: what an index holds. */
#include "tools/osler/command.h"

#include "core/base/pages.h"
#include "tools/osler/json.h"
#include "tools/osler/output.h"

#include <inttypes.h>
#include <stdio.h>

typedef struct stats_settings {
    osl_common common;
    const char *prefix;
    unsigned top, generation;
} stats_settings;

static const osl_option options[] = {
    {"terms", 0, "PREFIX", "the most frequent terms that begin so",
     OSL_OPTION_TEXT, offsetof(stats_settings, prefix)},
    {"top", 'k', "N", "so many terms (10)", OSL_OPTION_COUNT,
     offsetof(stats_settings, top)},
    {"generation", 0, "G", "of an older generation that is kept",
     OSL_OPTION_COUNT, offsetof(stats_settings, generation)},
    {NULL, 0, NULL, NULL, OSL_OPTION_FLAG, 0},
};

static void print_row(const char *name, uint64_t count)
{
    char number[OSL_COUNT_SIZE];
    printf("%-14s %15s\n", name, osl_format_count(number, count));
}

/* As options of osler index say them; a newer program may know others. */
static const char *store_name(const osl_searcher_info *info)
{
    static const char *const names[] = {"full", "small", "none"};
    return info->store < sizeof names / sizeof *names ? names[info->store] : "";
}

static const char *pairs_name(const osl_searcher_info *info)
{
    static const char *const names[] = {"default", "none", "more"};
    return info->pairs < sizeof names / sizeof *names ? names[info->pairs] : "";
}

static void print_info(const osl_searcher_info *info)
{
    char size[OSL_COUNT_SIZE];
    print_row("generation", info->generation);
    print_row("documents", info->documents);
    print_row("paragraphs", info->paragraphs);
    print_row("segments", info->segments);
    print_row("terms", info->terms);
    print_row("postings", info->postings);
    printf("%-14s %15s\n", "bytes of text",
           osl_format_bytes(size, info->bytes_text));
    printf("%-14s %15s", "bytes of index",
           osl_format_bytes(size, info->bytes_index));
    if (info->bytes_text)
        printf("  %.0f %% of the text",
               100 * (double)info->bytes_index / (double)info->bytes_text);
    printf("\n%-14s %15s\n", "language", info->language ? info->language : "");
    if (info->fold_acronyms)
        printf("%-14s %15s\n", "acronyms", "folded");
    printf("%-14s %15s\n", "store", store_name(info));
    printf("%-14s %15s\n", "pairs", pairs_name(info));
    printf("%-14s %15.*s\n", "newest text", (int)info->newest.length,
           info->newest.bytes ? info->newest.bytes : "");
}

/* Parts below a hundredth of the index are printed as one, but with -v. */
typedef struct part_output {
    uint64_t all, others;
    bool verbose;
} part_output;

static void print_part(const part_output *out, const char *name, uint64_t bytes)
{
    char size[OSL_COUNT_SIZE];
    printf("%-26s %12s %10.0f %%\n", name, osl_format_bytes(size, bytes),
           100 * (double)bytes / (double)out->all);
}

static void take_part(void *user, const char *name, uint64_t bytes)
{
    part_output *out = user;
    if (out->verbose || bytes >= out->all / 100)
        print_part(out, name, bytes);
    else
        out->others += bytes;
}

static void print_parts(const osl_searcher *searcher,
                        const osl_searcher_info *info, bool verbose)
{
    part_output out = {.all = info->bytes_index, .verbose = verbose};
    printf("\n%-26s %12s %12s\n", "part", "bytes", "of the index");
    osl_searcher_parts(searcher, take_part, &out);
    if (out.others)
        print_part(&out, "others", out.others);
    printf("\n%-26s %12s %12s\n", "term", "paragraphs", "times");
}

static void json_part(void *user, const char *name, uint64_t bytes)
{
    osl_json_count(user, name, bytes);
}

static void json_info(const osl_searcher *searcher,
                      const osl_searcher_info *info, osl_json *json)
{
    osl_json_begin(json);
    osl_json_count(json, "generation", info->generation);
    osl_json_count(json, "documents", info->documents);
    osl_json_count(json, "paragraphs", info->paragraphs);
    osl_json_count(json, "segments", info->segments);
    osl_json_count(json, "terms", info->terms);
    osl_json_count(json, "postings", info->postings);
    osl_json_count(json, "bytes_text", info->bytes_text);
    osl_json_count(json, "bytes_index", info->bytes_index);
    osl_json_text(json, "language", osl_text_of(info->language));
    osl_json_text(json, "newest", info->newest);
    osl_json_text(json, "store", osl_text_of(store_name(info)));
    osl_json_text(json, "pairs", osl_text_of(pairs_name(info)));
    osl_json_bool(json, "fold_acronyms", info->fold_acronyms);
    osl_json_open(json, "parts", '{');
    osl_searcher_parts(searcher, json_part, json);
    osl_json_close(json, '}');
    osl_json_end(json);
}

typedef struct term_output {
    osl_json *json; /* NULL: for a person */
    osl_line line;
    uint64_t count;
} term_output;

static void put_term(void *user, osl_text term, uint64_t df, uint64_t cf)
{
    term_output *out = user;
    char paragraphs[OSL_COUNT_SIZE], times[OSL_COUNT_SIZE];
    out->count++;
    if (out->json) {
        osl_json_begin(out->json);
        osl_json_text(out->json, "term", term);
        osl_json_count(out->json, "paragraphs", df);
        osl_json_count(out->json, "times", cf);
        osl_json_end(out->json);
        return;
    }
    osl_line_text(&out->line, OSL_STYLE_PLAIN, term);
    osl_line_printf(&out->line, OSL_STYLE_PLAIN, "%*s %12s %12s",
                    term.length < 26 ? (int)(26 - term.length) : 0, "",
                    osl_format_count(paragraphs, df),
                    osl_format_count(times, cf));
    osl_line_write(&out->line, stdout);
}

static int print_stats(const osl_searcher *searcher,
                       const stats_settings *settings)
{
    osl_error err = {0};
    osl_searcher_info info;
    osl_json json = {0};
    osl_screen plain = {0};
    term_output out = {.json = settings->common.json ? &json : NULL,
                       .line = {.screen = &plain}};
    osl_status status = osl_searcher_get_info(searcher, &info, &err);
    if (status == OSL_OK && out.json) {
        json_info(searcher, &info, &json);
    } else if (status == OSL_OK) {
        print_info(&info);
        print_parts(searcher, &info, settings->common.verbose);
    }
    if (status == OSL_OK)
        status = osl_searcher_terms(searcher, osl_text_of(settings->prefix),
                                    settings->top, put_term, &out, &err);
    (void)osl_json_flush(&json);
    osl_json_clear(&json);
    osl_line_clear(&out.line);
    if (status != OSL_OK)
        return osl_failed(&err);
    return out.count || !settings->prefix ? OSL_EXIT_FOUND : OSL_EXIT_NOTHING;
}

static int stats_main(const osl_command *command, int argc, char **argv)
{
    stats_settings settings = {.top = 10};
    osl_error err = {0};
    osl_searcher *searcher = NULL;
    osl_words words;
    int code;
    if (osl_options_parse(command, argc, argv, &settings, &words, &code)) {
        code = OSL_EXIT_USAGE;
        osl_pages_keep(); /* all terms are listed */
        if (words.count)
            osl_complain("stats takes no '%s'; terms as: osler stats --terms "
                         "leuk",
                         words.items[0]);
        else if (osl_open_searcher(&searcher, &settings.common,
                                   settings.generation, &err) == OSL_OK)
            code = print_stats(searcher, &settings);
        else
            code = osl_failed(&err);
        osl_searcher_free(searcher);
    }
    osl_common_clear(&settings.common);
    return code;
}

const osl_command osl_command_stats = {
    .name = "stats",
    .summary =
        "generation, counts, bytes by part, settings, most frequent terms",
    .synopsis = "stats [OPTION]...",
    .examples = "  osler stats\n"
                "  osler stats --terms leuk -k 20\n"
                "  osler stats --json\n",
    .options = options,
    .run = stats_main,
};
