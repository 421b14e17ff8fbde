/* SPDX-License-Identifier: MIT
 *
 * osler diff: what changed between two generations, or in their answers. */
#include "tools/osler/diff.h"

#include "tools/osler/output.h"
#include "tools/osler/place.h"

#include <inttypes.h>
#include <stdio.h>

#define AT(member) offsetof(osl_diff_settings, member)

static const osl_option options[] = {
    {"from", 0, "G", "the older generation (the one before)", OSL_OPTION_COUNT,
     AT(from)},
    {"to", 0, "G", "the newer one (the current one)", OSL_OPTION_COUNT, AT(to)},
    {"html", 0, NULL, "one page to read in a browser", OSL_OPTION_FLAG,
     AT(html)},
    {"queries", 0, "FILE", "queries whose first hits changed, and how",
     OSL_OPTION_TEXT, AT(queries)},
    {"top", 'k', "N", "with --queries: hits to compare (10)", OSL_OPTION_COUNT,
     OSL_REQUEST_AT(AT(request), k)},
    {"by-document", 0, NULL, "with --queries: the best of each document",
     OSL_OPTION_FLAG, OSL_REQUEST_AT(AT(request), by_document)},
    {"input", 0, "auto|plain|tsv|jsonl", "form of the queries (auto)",
     OSL_OPTION_CHOICE, AT(input)},
    {NULL, 0, NULL, NULL, OSL_OPTION_FLAG, 0},
};

/* ---- shared ------------------------------------------------------------- */

void osl_diff_add_up(osl_diff_totals *totals, const osl_diff_document *one)
{
    totals->documents[one->change]++;
    totals->paragraphs[OSL_CHANGE_ADDED] += one->added;
    totals->paragraphs[OSL_CHANGE_REMOVED] += one->removed;
    totals->paragraphs[OSL_CHANGE_CHANGED] += one->changed;
    totals->paragraphs[OSL_CHANGE_MOVED] += one->moved;
}

bool osl_diff_next_fact(const osl_diff_document *document, unsigned *n,
                        const char **name, osl_text values[2])
{
    const osl_hit *a = document->before, *b = document->after;
    if (!document->facts_differ)
        return false;
    const struct {
        const char *name;
        osl_text values[2];
    } facts[] = {{"title", {a->title, b->title}},
                 {"url", {a->url, b->url}},
                 {"updated", {a->updated, b->updated}},
                 {"audience", {a->audience, b->audience}},
                 {"language", {a->language, b->language}}};
    while (*n < sizeof facts / sizeof *facts) {
        unsigned at = (*n)++;
        if (osl_text_equal(facts[at].values[0], facts[at].values[1]))
            continue;
        *name = facts[at].name;
        values[0] = facts[at].values[0];
        values[1] = facts[at].values[1];
        return true;
    }
    return false;
}

void osl_diff_head(const osl_diff *diff, char out[160])
{
    char times[2][OSL_COUNT_SIZE];
    osl_diff_generation before = osl_diff_get_generation(osl_diff_before(diff));
    osl_diff_generation after = osl_diff_get_generation(osl_diff_after(diff));
    (void)snprintf(out, 160,
                   "generation %" PRIu64 " (%s) \xE2\x86\x92 %" PRIu64 " (%s)",
                   before.number, osl_format_time(times[0], before.created_us),
                   after.number, osl_format_time(times[1], after.created_us));
}

/* ---- the run ------------------------------------------------------------ */

static osl_status open_diff(osl_diff **out, const osl_diff_settings *settings,
                            osl_error *err)
{
    char path[OSL_PLACE_SIZE];
    osl_status status =
        osl_place_find(path, settings->common.index, false, err);
    if (status == OSL_OK)
        status = osl_diff_open(out, path, settings->from, settings->to, err);
    if (status != OSL_OK || settings->common.quiet)
        return status;
    const char *note = osl_searcher_note(osl_diff_after(*out));
    if (note)
        osl_complain("%s", note);
    if (!settings->queries && !osl_diff_has_texts(*out))
        osl_complain("texts are not stored in this index (--store none): what "
                     "changed is told, not how, and a changed paragraph is "
                     "one removed and one added");
    return OSL_OK;
}

static osl_status show(osl_diff *diff, const osl_diff_settings *settings,
                       bool *differs, osl_error *err)
{
    if (settings->queries)
        return osl_diff_queries(diff, settings, differs, err);
    if (settings->html)
        return osl_diff_html(diff, differs, err);
    if (settings->common.json)
        return osl_diff_json(diff, differs, err);
    return osl_diff_print(diff, settings, differs, err);
}

static int run_diff(const osl_diff_settings *settings, const osl_words *words)
{
    osl_error err = {0};
    osl_diff *diff = NULL;
    bool differs = false;
    if (words->count) {
        osl_complain("diff takes no '%s'; generations as: osler diff --from 41 "
                     "--to 42",
                     words->items[0]);
        return OSL_EXIT_USAGE;
    }
    if (settings->html && (settings->common.json || settings->queries)) {
        osl_complain("--html goes neither with --json nor with --queries");
        return OSL_EXIT_USAGE;
    }
    osl_status status = open_diff(&diff, settings, &err);
    if (status == OSL_OK)
        status = show(diff, settings, &differs, &err);
    osl_diff_free(diff);
    if (status != OSL_OK)
        return osl_failed(&err);
    return differs ? OSL_EXIT_FOUND : OSL_EXIT_NOTHING;
}

static int diff_main(const osl_command *command, int argc, char **argv)
{
    osl_diff_settings settings = {.request = osl_request_defaults};
    osl_words words;
    int code;
    if (osl_options_parse(command, argc, argv, &settings, &words, &code))
        code = run_diff(&settings, &words);
    osl_common_clear(&settings.common);
    return code;
}

const osl_command osl_command_diff = {
    .name = "diff",
    .summary = "what changed between two generations",
    .synopsis = "diff [OPTION]...",
    .examples = "  osler diff                          since the update "
                "before\n"
                "  osler diff --from 41 --to 42\n"
                "  osler diff --html > changes.html    to read in a browser\n"
                "  osler diff --queries questions.tsv  answers that changed\n",
    .options = options,
    .notes = "Generations are kept by: osler index --keep N. Without colour, "
             "{+what came+} and\n[-what went-]. Exit: 0 something differs, 1 "
             "nothing does.\n",
    .run = diff_main,
};
