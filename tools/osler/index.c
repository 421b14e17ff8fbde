/* SPDX-License-Identifier: MIT
 *
 * osler index: makes the index or brings it up to date. */
#include "tools/osler/command.h"

#include "core/base/arena.h"
#include "core/base/pages.h"
#include "corpus/corpus.h"
#include "indexer/indexer.h"
#include "tools/osler/index_check.h"
#include "tools/osler/json.h"
#include "tools/osler/output.h"
#include "tools/osler/place.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct index_settings {
    osl_common common;
    const char *language, *format;
    osl_list includes, excludes;
    uint64_t memory_bytes;
    unsigned keep, top;
    const char *check_queries, *check_qrels;
    double min_recall; /* negative: that of the generation before */
    int store, pairs;
    bool full, dry_run, wait, watch, optimize, reorder, fold_acronyms;
} index_settings;

#define AT(member) offsetof(index_settings, member)

static const osl_option options[] = {
    {"full", 0, NULL, "from scratch", OSL_OPTION_FLAG, AT(full)},
    {"dry-run", 0, NULL, "say what would be done, write nothing",
     OSL_OPTION_FLAG, AT(dry_run)},
    {"wait", 0, NULL, "wait while another process writes the index",
     OSL_OPTION_FLAG, AT(wait)},
    {"watch", 0, NULL,
     "stay and follow the folders: one update a burst of changes",
     OSL_OPTION_FLAG, AT(watch)},
    {"include", 0, "GLOB", "only files that fit (may be repeated)",
     OSL_OPTION_LIST, AT(includes)},
    {"exclude", 0, "GLOB", "no files that fit (may be repeated)",
     OSL_OPTION_LIST, AT(excludes)},
    {"format", 0, "NAME", "force a reader instead of looking at the content",
     OSL_OPTION_TEXT, AT(format)},
    {"language", 0, "LANG", "of the text: en (default), de, fr, es ... or none",
     OSL_OPTION_TEXT, AT(language)},
    {"fold-acronyms", 0, NULL, "ALL is no other word than all", OSL_OPTION_FLAG,
     AT(fold_acronyms)},
    {"store", 0, "full|small|none",
     "keep the texts, keep them small, or not (then no snippets)",
     OSL_OPTION_CHOICE, AT(store)},
    {"pairs", 0, "default|none|more",
     "postings of word pairs, for phrases of frequent words", OSL_OPTION_CHOICE,
     AT(pairs)},
    {"memory", 0, "SIZE", "bound on memory, as 500M or 2G", OSL_OPTION_BYTES,
     AT(memory_bytes)},
    {"optimize", 0, NULL, "merge all into one segment, without what has died",
     OSL_OPTION_FLAG, AT(optimize)},
    {"reorder", 0, NULL, "documents of like words side by side",
     OSL_OPTION_FLAG, AT(reorder)},
    {"keep", 0, "N", "generations to keep (2)", OSL_OPTION_COUNT, AT(keep)},
    {"check-queries", 0, "FILE",
     "publish only if these queries find the paragraphs they expect",
     OSL_OPTION_TEXT, AT(check_queries)},
    {"check-qrels", 0, "FILE",
     "what they expect, as TREC's judgements (else in their file)",
     OSL_OPTION_TEXT, AT(check_qrels)},
    {"min-recall", 0, "X",
     "the least mean recall, 0 to 1 (that of the generation before)",
     OSL_OPTION_REAL, AT(min_recall)},
    {"top", 'k', "N", "hits that --check-queries looks at (10)",
     OSL_OPTION_COUNT, AT(top)},
    {"engine", 0, "native", NULL, OSL_OPTION_LATER, 0},
    {"shards", 0, "1", NULL, OSL_OPTION_LATER, 0},
    {"spelling-pairs", 0, "FILE", NULL, OSL_OPTION_LATER, 0},
    {"filter", 0, "TYPE:COMMAND", NULL, OSL_OPTION_LATER, 0},
    {NULL, 0, NULL, NULL, OSL_OPTION_FLAG, 0},
};

/* ---- while it runs ----------------------------------------------------- */

/* Set by SIGINT and SIGTERM; the only way a handler can tell. */
static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
    (void)signal;
    if (interrupted)
        _exit(OSL_EXIT_INTERRUPTED); /* asked twice */
    interrupted = 1;
}

typedef struct run_state {
    const index_settings *settings;
    osl_query_check *check; /* NULL: publish whatever comes */
    osl_json skipped;       /* for --json: the elements of "skipped" */
    bool terminal;          /* progress is shown */
    bool shown;             /* a progress line stands there */
    double started, last;
    uint64_t generation; /* that was told of, with --watch */
} run_state;

static double now_seconds(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void wipe_progress(run_state *run)
{
    if (run->shown)
        (void)fputs("\r\033[K", stderr);
    run->shown = false;
}

static void on_skipped(void *user, const char *path, uint32_t line,
                       bool skipped, const char *reason)
{
    run_state *run = user;
    if (skipped && run->settings->common.json) {
        osl_json_open(&run->skipped, NULL, '{');
        osl_json_text(&run->skipped, "path", osl_text_of(path));
        if (line)
            osl_json_count(&run->skipped, "line", line);
        osl_json_text(&run->skipped, "reason", osl_text_of(reason));
        osl_json_close(&run->skipped, '}');
    }
    if (run->settings->common.quiet)
        return;
    char where[16] = "";
    if (line)
        (void)snprintf(where, sizeof where, ":%" PRIu32, line);
    /* Names come from the file system and may hold anything. */
    osl_screen plain = {0};
    osl_line out = {.screen = &plain};
    wipe_progress(run);
    osl_line_printf(&out, OSL_STYLE_PLAIN, "%s ",
                    skipped ? "skipped" : "note:");
    osl_line_text(&out, OSL_STYLE_PLAIN, osl_text_of(path));
    osl_line_printf(&out, OSL_STYLE_PLAIN, "%s: ", where);
    osl_line_text(&out, OSL_STYLE_PLAIN, osl_text_of(reason));
    osl_line_write(&out, stderr);
    osl_line_clear(&out);
}

static void on_progress(void *user, uint64_t bytes_done, uint64_t bytes_total,
                        uint64_t documents, uint64_t paragraphs)
{
    run_state *run = user;
    double now = now_seconds(), spent = now - run->started;
    if (!run->terminal || now - run->last < 0.1)
        return;
    run->last = now;
    run->shown = true;
    double rate = spent > 0 ? (double)bytes_done / spent : 0;
    char done[OSL_COUNT_SIZE], total[OSL_COUNT_SIZE], speed[OSL_COUNT_SIZE];
    char documents_words[OSL_COUNT_SIZE], paragraphs_words[OSL_COUNT_SIZE];
    (void)fprintf(stderr, "\r\033[K%s documents, %s paragraphs, %s",
                  osl_format_count(documents_words, documents),
                  osl_format_count(paragraphs_words, paragraphs),
                  osl_format_bytes(done, bytes_done));
    if (bytes_total >= bytes_done && bytes_total)
        (void)fprintf(stderr, " of %s", osl_format_bytes(total, bytes_total));
    (void)fprintf(stderr, ", %s/s", osl_format_bytes(speed, (uint64_t)rate));
    if (bytes_total > bytes_done && rate > 0)
        (void)fprintf(stderr, ", %.0f s left",
                      (double)(bytes_total - bytes_done) / rate);
    (void)fflush(stderr);
}

static bool on_cancelled(void *user)
{
    (void)user;
    return interrupted != 0;
}

static osl_status on_prepared(void *user, const char *index_path,
                              osl_error *err)
{
    run_state *run = user;
    wipe_progress(run);
    return osl_query_check_run(run->check, index_path, err);
}

/* ---- the end ----------------------------------------------------------- */

static void print_summary(const index_settings *settings,
                          const osl_index_report *report)
{
    char documents[OSL_COUNT_SIZE], paragraphs[OSL_COUNT_SIZE];
    char added[OSL_COUNT_SIZE], changed[OSL_COUNT_SIZE];
    char removed[OSL_COUNT_SIZE], written[OSL_COUNT_SIZE];
    char skipped[OSL_COUNT_SIZE];
    printf("%s documents (+%s ~%s \xE2\x88\x92%s), %s paragraphs (%s written, "
           "%.1f %% reused), %s files skipped, generation %" PRIu64
           ", %.1f s%s\n",
           osl_format_count(documents, report->documents),
           osl_format_count(added, report->added),
           osl_format_count(changed, report->changed),
           osl_format_count(removed, report->removed),
           osl_format_count(paragraphs, report->paragraphs),
           osl_format_count(written, report->paragraphs_written),
           100 * report->reused, osl_format_count(skipped, report->skipped),
           report->generation, report->seconds,
           settings->dry_run ? " (dry run: nothing is written)" : "");
}

/* With -v: what the figures of the summary come from. */
static void say_more(const osl_index_report *report)
{
    char files[OSL_COUNT_SIZE], text[OSL_COUNT_SIZE], index[OSL_COUNT_SIZE];
    char terms[OSL_COUNT_SIZE];
    (void)fprintf(stderr, "%s files, %s of text, %s of index, %s terms\n",
                  osl_format_count(files, report->files),
                  osl_format_bytes(text, report->bytes_text),
                  osl_format_bytes(index, report->bytes_index),
                  osl_format_count(terms, report->terms));
}

static void print_json(run_state *run, const osl_index_report *report)
{
    osl_json json = {0};
    osl_json_begin(&json);
    osl_json_count(&json, "generation", report->generation);
    osl_json_count(&json, "documents", report->documents);
    osl_json_count(&json, "added", report->added);
    osl_json_count(&json, "changed", report->changed);
    osl_json_count(&json, "removed", report->removed);
    osl_json_count(&json, "paragraphs", report->paragraphs);
    osl_json_count(&json, "paragraphs_written", report->paragraphs_written);
    osl_json_real(&json, "reused", report->reused, 3);
    osl_json_open(&json, "skipped", '[');
    osl_text skipped = osl_buf_text(&run->skipped.out);
    if (skipped.length)
        osl_buf_put_text(&json.out, skipped);
    osl_json_close(&json, ']');
    osl_json_count(&json, "files", report->files);
    osl_json_count(&json, "terms", report->terms);
    osl_json_count(&json, "bytes_text", report->bytes_text);
    osl_json_count(&json, "bytes_index", report->bytes_index);
    osl_json_real(&json, "seconds", report->seconds, 3);
    osl_query_check_json(run->check, &json);
    osl_json_end(&json);
    (void)osl_json_flush(&json);
    osl_json_clear(&json);
}

static osl_status refuse_format(const char *format, osl_error *err)
{
    char names[256] = "";
    size_t used = 0;
    const char *name;
    for (size_t n = 0; (name = osl_corpus_format_name(n)); n++) {
        if (strcmp(name, format) == 0)
            return OSL_OK;
        int length = snprintf(names + used, sizeof names - used, " %s", name);
        if (length < 0 || (size_t)length >= sizeof names - used)
            break;
        used += (size_t)length;
    }
    return osl_fail(err, OSL_EINVAL, "--format %s: there are%s", format, names);
}

static void say_what(run_state *run, const osl_index_report *report)
{
    const index_settings *settings = run->settings;
    wipe_progress(run);
    if (settings->common.json)
        print_json(run, report);
    else if (!settings->common.quiet)
        print_summary(settings, report);
    if (settings->common.verbose)
        say_more(report);
    if (settings->reorder && !report->reordered && !settings->common.quiet &&
        report->added + report->changed > 0)
        osl_complain("in the order of the files: what was read is more than "
                     "--memory holds at once");
}

/* With --watch: each update that has published something. */
static void on_updated(void *user, osl_status status,
                       const osl_index_report *report, const osl_error *error)
{
    run_state *run = user;
    if (status != OSL_OK) {
        wipe_progress(run);
        osl_complain("%s", error->text);
    } else if (report->generation != run->generation) {
        say_what(run, report);
        (void)fflush(stdout);
        run->generation = report->generation;
    }
    osl_json_clear(&run->skipped);
    run->started = now_seconds();
}

static osl_index_options options_of(const index_settings *s)
{
    return (osl_index_options){
        .language = s->language,
        .fold_acronyms = s->fold_acronyms,
        .store = (osl_store)s->store,
        .pairs = (osl_pairs)s->pairs,
        .format = s->format,
        .includes = s->includes.items,
        .include_count = s->includes.count,
        .excludes = s->excludes.items,
        .exclude_count = s->excludes.count,
        .thread_count = s->common.threads,
        .memory_bytes = s->memory_bytes,
        .keep = s->keep,
        .full = s->full,
        .optimize = s->optimize,
        .reorder = s->reorder,
        .dry_run = s->dry_run,
        .wait = s->wait,
    };
}

static osl_status update(run_state *run, const osl_words *words,
                         osl_index_report *report, osl_error *err)
{
    const index_settings *s = run->settings;
    char path[OSL_PLACE_SIZE];
    const osl_index_options how = options_of(s);
    const osl_index_watcher watcher = {run, on_skipped, on_progress,
                                       on_cancelled,
                                       run->check ? on_prepared : NULL};
    const osl_index_follower follower = {run, on_updated};
    osl_status status = s->format ? refuse_format(s->format, err) : OSL_OK;
    if (status == OSL_OK && s->watch && s->dry_run)
        status = osl_fail(err, OSL_EINVAL,
                          "--watch and --dry-run do not go together");
    if (status == OSL_OK)
        status = osl_place_find(path, s->common.index, true, err);
    if (status != OSL_OK)
        return status;
    const char *const *paths = (const char *const *)words->items;
    /* Below that, what a heap keeps and large pages round up would count. */
    static const uint64_t spare_bytes = (uint64_t)112 << 20;
    if (s->memory_bytes > 0 && s->memory_bytes < spare_bytes)
        osl_pages_spare();
    else if (!s->watch)
        osl_pages_keep();
    return s->watch ? osl_index_follow(path, paths, words->count, &how,
                                       &watcher, &follower, err)
                    : osl_index_update(path, paths, words->count, &how,
                                       &watcher, report, err);
}

/* Exit code of a mistake among the options of the check; 0 where it can go
 * on, with run->check read. */
static int read_check(run_state *run)
{
    const index_settings *s = run->settings;
    osl_error err = {0};
    if (!s->check_queries && (s->check_qrels || s->min_recall >= 0)) {
        osl_complain("--check-qrels and --min-recall go with --check-queries");
        return OSL_EXIT_USAGE;
    }
    if (s->check_queries && (s->dry_run || s->watch)) {
        osl_complain("--check-queries goes neither with --dry-run nor with "
                     "--watch");
        return OSL_EXIT_USAGE;
    }
    if (s->min_recall > 1) {
        osl_complain("--min-recall is a share, from 0 to 1");
        return OSL_EXIT_USAGE;
    }
    if (s->check_queries &&
        osl_query_check_read(&run->check, s->check_queries, s->check_qrels,
                             s->top, s->min_recall, &err) != OSL_OK)
        return osl_failed(&err);
    return OSL_EXIT_FOUND;
}

static int refuse(run_state *run)
{
    if (run->settings->common.json) {
        osl_json json = {0};
        osl_json_begin(&json);
        osl_json_bool(&json, "published", false);
        osl_query_check_json(run->check, &json);
        osl_json_end(&json);
        (void)osl_json_flush(&json);
        osl_json_clear(&json);
    }
    osl_query_check_say(run->check);
    return OSL_EXIT_FAILED;
}

static int run_update(run_state *run, const osl_words *words)
{
    const index_settings *settings = run->settings;
    osl_error err = {0};
    osl_index_report report = {0};
    osl_status status = update(run, words, &report, &err);
    wipe_progress(run);
    if (osl_query_check_refused(run->check))
        return refuse(run);
    if (status == OSL_OK)
        say_what(run, &report);
    if (status == OSL_OK && run->check && !settings->common.quiet)
        osl_query_check_say(run->check);
    if (status == OSL_ECANCELLED && !settings->watch)
        osl_complain("interrupted; the index is as it was");
    return status == OSL_OK           ? OSL_EXIT_FOUND
           : status == OSL_ECANCELLED ? OSL_EXIT_INTERRUPTED
                                      : osl_failed(&err);
}

static int run_index(const index_settings *settings, const osl_words *words)
{
    run_state run = {.settings = settings, .started = now_seconds()};
    run.terminal = !settings->common.quiet && isatty(STDERR_FILENO) == 1;
    struct sigaction stop = {.sa_handler = interrupt};
    if (sigaction(SIGINT, &stop, NULL) != 0 ||
        sigaction(SIGTERM, &stop, NULL) != 0)
        return OSL_EXIT_FAILED;
    int code = read_check(&run);
    if (code == OSL_EXIT_FOUND)
        code = run_update(&run, words);
    osl_query_check_free(run.check);
    osl_json_clear(&run.skipped);
    return code;
}

static int index_main(const osl_command *command, int argc, char **argv)
{
    index_settings settings = {.min_recall = -1,
                               .top = 10,
                               .store = OSL_STORE_AS_BEFORE,
                               .pairs = OSL_PAIRS_AS_BEFORE};
    osl_words words;
    int code;
    if (osl_options_parse(command, argc, argv, &settings, &words, &code))
        code = run_index(&settings, &words);
    osl_list_clear(&settings.includes);
    osl_list_clear(&settings.excludes);
    osl_common_clear(&settings.common);
    return code;
}

const osl_command osl_command_index = {
    .name = "index",
    .summary = "make the index or bring it up to date",
    .synopsis = "index [OPTION]... [PATH|-]...",
    .examples =
        "  osler index guidelines/             a folder, any format, into "
        ".osler\n"
        "  osler index                         those of last time, what "
        "changed\n"
        "  osler index -i all.osler *.xml more.jsonl\n"
        "  export-guidelines | osler index -   JSONL on standard input\n",
    .options = options,
    .notes = "Readers look at the content, then at the name. Files that cannot "
             "be read are\nskipped and named on standard error.\n",
    .run = index_main,
};
