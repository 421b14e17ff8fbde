/* SPDX-License-Identifier: MIT
 *
 * osler bench: times of queries inside the process. With --analysed a query is
 * read once; each timed search looks its terms up, matches, scores and
 * collects. Without, it is typed in the language, and a timed search is all
 * that osler batch does for it: it is parsed, planned, searched, and its hits
 * are named. For each query and mode all rounds' times are kept; their median
 * is what is quoted, as the other engines' drivers do (tools/bench/peers). */
#include "tools/osler/command.h"

#include "core/base/file.h"
#include "tools/osler/json.h"
#include "tools/osler/output.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct bench_settings {
    osl_common common;
    unsigned warm, rounds;
    const char *modes;
    bool analysed;
    int ranking;
    double k1, b;
} bench_settings;

#define AT(member) offsetof(bench_settings, member)

static const osl_option options[] = {
    {"warm", 0, "N", "rounds that are not timed (1)", OSL_OPTION_COUNT,
     AT(warm)},
    {"rounds", 0, "N", "timed rounds (5)", OSL_OPTION_COUNT, AT(rounds)},
    {"mode", 0, "LIST", "of top10,top100,count,top100_count (all)",
     OSL_OPTION_TEXT, AT(modes)},
    {"analysed", 0, NULL, "words are terms of the index already",
     OSL_OPTION_FLAG, AT(analysed)},
    {"ranking", 0, "default|bm25", "how paragraphs are scored",
     OSL_OPTION_CHOICE, AT(ranking)},
    {"k1", 0, "X", "BM25's k1", OSL_OPTION_REAL, AT(k1)},
    {"b", 0, "X", "BM25's b", OSL_OPTION_REAL, AT(b)},
    {NULL, 0, NULL, NULL, OSL_OPTION_FLAG, 0},
};

typedef struct mode {
    const char *name;
    size_t k;
    bool count;
} mode;

static const mode modes[] = {{"top10", 10, false},
                             {"top100", 100, false},
                             {"count", 0, true},
                             {"top100_count", 100, true}};

enum { MODES = sizeof modes / sizeof *modes, TOP_SHOWN = 10 };

typedef struct bench_query {
    osl_text shape, text;
    osl_prepared *prepared; /* NULL: of the language */
} bench_query;

typedef struct bench {
    const bench_settings *settings;
    osl_search_options search;
    osl_searcher *searcher;
    osl_map map;
    bench_query *queries;
    size_t count, capacity;
    osl_error err;
} bench;

static double now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* Memory of this process that is in use just now, mapped files included; 0
 * where the system does not say. */
static double resident_mib(void)
{
    char line[128] = "";
    FILE *file = fopen("/proc/self/statm", "re");
    if (file && !fgets(line, sizeof line, file))
        line[0] = '\0';
    if (file)
        (void)fclose(file);
    /* All pages, a blank, those in use. */
    unsigned long pages = strtoul(line + strcspn(line, " "), NULL, 10);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

/* ---- queries ------------------------------------------------------------ */

static osl_status add_query(bench *of, osl_text line)
{
    const char *tab = memchr(line.bytes, '\t', line.length);
    if (!tab)
        return OSL_OK;
    if (!osl_grow(&of->queries, &of->capacity, of->count + 1,
                  sizeof *of->queries))
        return osl_fail(&of->err, OSL_ENOMEM, "out of memory for queries");
    bench_query *to = &of->queries[of->count++];
    size_t shape = (size_t)(tab - line.bytes);
    *to = (bench_query){.shape = {line.bytes, shape},
                        .text = {tab + 1, line.length - shape - 1}};
    if (!of->settings->analysed)
        return OSL_OK;
    return osl_prepare(&to->prepared, of->searcher, to->text, &of->search, true,
                       &of->err);
}

static osl_status read_queries(bench *of, const char *path)
{
    const bench_settings *settings = of->settings;
    of->search = osl_search_defaults;
    of->search.ranking =
        settings->ranking ? OSL_RANKING_BM25 : OSL_RANKING_DEFAULT;
    of->search.k1 = settings->k1;
    of->search.b = settings->b;
    of->search.bare = true;
    of->search.snippet_words = 0;
    osl_status status = osl_map_open(&of->map, path, &of->err);
    const char *at = (const char *)of->map.bytes;
    const char *end = at ? at + of->map.length : at;
    while (at < end && status == OSL_OK) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop : end;
        size_t length = (size_t)(stop - at);
        length -= length > 0 && at[length - 1] == '\r';
        status = add_query(of, (osl_text){at, length});
        at = stop + 1;
    }
    if (status == OSL_OK && of->count == 0)
        status =
            osl_fail(&of->err, OSL_EINVAL,
                     "%s: no queries; a line is SHAPE, a tab, QUERY", path);
    return status;
}

/* ---- timing ------------------------------------------------------------- */

/* A thread's times of one mode, and what was found. */
typedef struct runner {
    bench *of;
    const mode *mode;
    double *times; /* by query and round */
    uint64_t *counts;
    osl_status status;
    osl_error err;
    double wall_us; /* of the timed rounds */
    osl_session *session;
} runner;

/* *out is the caller's to free. */
static osl_status search_language(runner *run, const bench_query *query,
                                  osl_answer **out)
{
    osl_search_options how = run->of->search;
    how.k = run->mode->k;
    how.want_count = run->mode->count;
    return osl_search(run->of->searcher, query->text, &how, out, &run->err);
}

static void time_query(runner *run, size_t q, double *took)
{
    const bench_query *query = &run->of->queries[q];
    const osl_prepared *prepared = query->prepared; /* not the search's time */
    osl_ranked_list hits;
    osl_answer *answer = NULL;
    uint64_t count = 0;
    double start = now_us();
    if (prepared)
        run->status = osl_session_search(run->session, prepared, run->mode->k,
                                         run->mode->count ? &count : NULL,
                                         &hits, &run->err);
    else
        run->status = search_language(run, query, &answer);
    *took = now_us() - start;
    run->counts[q] = answer ? osl_answer_count(answer) : count;
    osl_answer_free(answer);
}

static void *run_rounds(void *user)
{
    runner *run = user;
    const bench_settings *settings = run->of->settings;
    double unused, start = 0;
    for (unsigned round = 0; round < settings->warm + settings->rounds;
         round++) {
        if (round == settings->warm)
            start = now_us();
        for (size_t q = 0; q < run->of->count && run->status == OSL_OK; q++) {
            double *to = round < settings->warm
                             ? &unused
                             : &run->times[q * settings->rounds + round -
                                           settings->warm];
            time_query(run, q, to);
        }
    }
    run->wall_us = now_us() - start;
    return NULL;
}

static int compare_doubles(const void *left, const void *right)
{
    const double *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

static double median(double *times, size_t count)
{
    qsort(times, count, sizeof *times, compare_doubles);
    return (times[(count - 1) / 2] + times[count / 2]) / 2;
}

/* ---- results ------------------------------------------------------------ */

static void put_hit(osl_json *json, osl_text id, uint32_t score)
{
    char digits[OSL_COUNT_SIZE];
    osl_json_open(json, NULL, '[');
    osl_json_text(json, NULL, id);
    osl_json_digits(json, NULL, osl_format_score(digits, score, 6));
    osl_json_close(json, ']');
}

static osl_status put_prepared_hits(runner *run, const bench_query *query,
                                    osl_json *json)
{
    osl_ranked_list hits;
    uint64_t count;
    osl_status status =
        osl_session_search(run->session, query->prepared, run->mode->k,
                           run->mode->count ? &count : NULL, &hits, &run->err);
    for (size_t i = 0; i < hits.count && i < TOP_SHOWN && status == OSL_OK;
         i++) {
        osl_text id;
        status = osl_session_id(run->session, &hits.items[i], &id, &run->err);
        if (status == OSL_OK)
            put_hit(json, id, hits.items[i].score);
    }
    return status;
}

static osl_status put_language_hits(runner *run, const bench_query *query,
                                    osl_json *json)
{
    osl_answer *answer = NULL;
    osl_status status = search_language(run, query, &answer);
    size_t count = answer ? osl_answer_hit_count(answer) : 0;
    for (size_t i = 0; i < TOP_SHOWN && i < count; i++)
        put_hit(json, osl_answer_hit(answer, i)->id,
                osl_answer_hit(answer, i)->score);
    osl_answer_free(answer);
    return status;
}

static osl_status put_hits(runner *run, size_t q, osl_json *json)
{
    const bench_query *query = &run->of->queries[q];
    osl_json_open(json, "top", '[');
    osl_status status = query->prepared ? put_prepared_hits(run, query, json)
                                        : put_language_hits(run, query, json);
    osl_json_close(json, ']');
    return status;
}

static osl_status print_json(runner *run)
{
    osl_json json = {0};
    bench *of = run->of;
    unsigned rounds = of->settings->rounds;
    for (size_t q = 0; q < of->count; q++) {
        double *times = run->times + q * rounds;
        double middle = median(times, rounds);
        osl_json_begin(&json);
        osl_json_text(&json, "engine", osl_text_of("osler"));
        osl_json_text(&json, "shape", of->queries[q].shape);
        osl_json_text(&json, "q", of->queries[q].text);
        osl_json_text(&json, "mode", osl_text_of(run->mode->name));
        osl_json_real(&json, "us_min", times[0], 3);
        osl_json_real(&json, "us_med", middle, 3);
        if (run->mode->count)
            osl_json_count(&json, "count", run->counts[q]);
        else
            osl_json_null(&json, "count");
        osl_status status = put_hits(run, q, &json);
        osl_json_end(&json);
        if (status != OSL_OK || !osl_json_flush(&json)) {
            osl_json_clear(&json);
            return status != OSL_OK
                       ? status
                       : osl_fail(&run->err, OSL_ENOMEM, "out of memory");
        }
    }
    osl_json_clear(&json);
    return OSL_OK;
}

/* Mean, p50 and p99 over the queries of a shape that starts at `first`. */
static void print_shape(runner *run, size_t first, double *medians)
{
    bench *of = run->of;
    unsigned rounds = of->settings->rounds;
    osl_text shape = of->queries[first].shape;
    double sum = 0;
    size_t count = 0;
    for (size_t q = first; q < of->count; q++) {
        if (!osl_text_equal(of->queries[q].shape, shape))
            continue;
        medians[count] = median(run->times + q * rounds, rounds);
        sum += medians[count++];
    }
    double middle = median(medians, count);
    printf("%-13s %-18.*s %6zu %10.1f %10.1f %10.1f\n", run->mode->name,
           (int)shape.length, shape.bytes, count, sum / (double)count, middle,
           medians[count * 99 / 100]);
}

static bool is_first_of_shape(const bench *of, size_t q)
{
    for (size_t i = 0; i < q; i++)
        if (osl_text_equal(of->queries[i].shape, of->queries[q].shape))
            return false;
    return true;
}

static osl_status print_table(runner *run)
{
    double *medians = calloc(run->of->count, sizeof *medians);
    if (!medians)
        return osl_fail(&run->err, OSL_ENOMEM, "out of memory for times");
    for (size_t q = 0; q < run->of->count; q++)
        if (is_first_of_shape(run->of, q))
            print_shape(run, q, medians);
    free(medians);
    return OSL_OK;
}

/* ---- modes -------------------------------------------------------------- */

static osl_status open_runner(runner *run, bench *of, const mode *wanted)
{
    *run = (runner){.of = of, .mode = wanted};
    run->times = calloc(of->count, sizeof(double) * of->settings->rounds);
    run->counts = calloc(of->count, sizeof *run->counts);
    if (!run->times || !run->counts)
        return osl_fail(&run->err, OSL_ENOMEM, "out of memory for times");
    return osl_session_open(&run->session, of->searcher, &run->err);
}

static void close_runner(runner *run)
{
    osl_session_free(run->session);
    free(run->times);
    free(run->counts);
}

/* All threads answer all queries; what is printed is the first thread's. */
static osl_status run_threads(runner *runs, unsigned threads)
{
    pthread_t ids[64];
    unsigned started = 1;
    for (; started < threads; started++)
        if (pthread_create(&ids[started], NULL, run_rounds, &runs[started]))
            break;
    run_rounds(&runs[0]);
    for (unsigned i = 1; i < started; i++)
        (void)pthread_join(ids[i], NULL);
    if (started < threads)
        return osl_fail(&runs[0].err, OSL_ENOMEM, "cannot start a thread");
    for (unsigned i = 0; i < threads; i++)
        if (runs[i].status != OSL_OK) {
            runs[0].err = runs[i].err;
            return runs[i].status;
        }
    return OSL_OK;
}

static void print_rate(const runner *runs, unsigned threads)
{
    double rate = 0;
    size_t searches = runs[0].of->count * runs[0].of->settings->rounds;
    for (unsigned i = 0; i < threads; i++)
        rate += (double)searches / runs[i].wall_us * 1e6;
    printf("%-13s %u thread%s: %.0f queries a second\n", runs[0].mode->name,
           threads, threads > 1 ? "s" : "", rate);
}

static osl_status run_mode(bench *of, const mode *wanted, unsigned threads)
{
    runner runs[64] = {0};
    osl_status status = OSL_OK;
    for (unsigned i = 0; i < threads && status == OSL_OK; i++)
        if ((status = open_runner(&runs[i], of, wanted)) != OSL_OK)
            of->err = runs[i].err;
    if (status == OSL_OK) {
        status = run_threads(runs, threads);
        if (status == OSL_OK && of->settings->common.json)
            status = print_json(&runs[0]);
        else if (status == OSL_OK)
            status = print_table(&runs[0]);
        if (status == OSL_OK && !of->settings->common.json)
            print_rate(runs, threads);
        of->err = runs[0].err;
    }
    for (unsigned i = 0; i < threads; i++)
        close_runner(&runs[i]);
    return status;
}

static bool is_wanted(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; at && *at;) {
        size_t part = strcspn(at, ",");
        if (part == length && memcmp(at, name, length) == 0)
            return true;
        at += part + (at[part] == ',');
    }
    return !list;
}

/* Every one of a list is a mode. */
static osl_status check_modes(const char *list, osl_error *err)
{
    for (const char *at = list; at && *at;) {
        size_t part = strcspn(at, ","), m = 0;
        while (m < MODES && (strlen(modes[m].name) != part ||
                             memcmp(at, modes[m].name, part) != 0))
            m++;
        if (m == MODES)
            return osl_fail(err, OSL_EINVAL,
                            "--mode LIST: '%.*s' is none of top10, top100, "
                            "count, top100_count",
                            (int)part, at);
        at += part + (at[part] == ',');
    }
    return OSL_OK;
}

static osl_status run_bench(bench *of, const char *path)
{
    const bench_settings *settings = of->settings;
    unsigned threads = settings->common.threads;
    threads = threads < 1 ? 1 : threads > 64 ? 64 : threads;
    double before = resident_mib(), start = now_us();
    osl_status status = check_modes(settings->modes, &of->err);
    if (status == OSL_OK)
        status =
            osl_open_searcher(&of->searcher, &settings->common, 0, &of->err);
    double opening = now_us() - start;
    if (status == OSL_OK)
        status = read_queries(of, path);
    if (status == OSL_OK && !settings->common.json)
        printf("%-13s %-18s %6s %10s %10s %10s\n", "mode", "shape", "count",
               "mean us", "p50", "p99");
    for (unsigned m = 0; m < MODES && status == OSL_OK; m++)
        if (is_wanted(settings->modes, modes[m].name))
            status = run_mode(of, &modes[m], threads);
    if (status == OSL_OK && !settings->common.json)
        printf("opened in %.2f ms; resident memory grew by %.1f MiB\n",
               opening / 1e3, resident_mib() - before);
    return status;
}

static int run(const osl_command *command, int argc, char **argv)
{
    bench_settings settings = {.warm = 1, .rounds = 5, .k1 = -1, .b = -1};
    bench of = {.settings = &settings};
    osl_words words;
    int code;
    if (osl_options_parse(command, argc, argv, &settings, &words, &code)) {
        if (words.count != 1 || settings.rounds == 0) {
            osl_complain("bench needs a file of queries and a round; see: "
                         "osler bench --help");
            code = OSL_EXIT_USAGE;
        } else {
            code = run_bench(&of, words.items[0]) == OSL_OK
                       ? OSL_EXIT_FOUND
                       : osl_failed(&of.err);
        }
    }
    for (size_t q = 0; q < of.count; q++)
        osl_prepared_free(of.queries[q].prepared);
    free(of.queries);
    osl_map_close(&of.map);
    osl_searcher_free(of.searcher);
    osl_common_clear(&settings.common);
    return code;
}

const osl_command osl_command_bench = {
    .name = "bench",
    .summary = "times of queries, by shape and mode",
    .synopsis = "bench [OPTION]... QUERIES",
    .examples = "  osler bench --ranking bm25 --analysed queries.tsv\n"
                "  osler bench --mode top10,count -j 2 queries.tsv\n",
    .options = options,
    .notes =
        "A line of QUERIES is SHAPE, a tab, QUERY: a b (union), +a +b "
        "(intersection),\n\"a b\" (phrase), +a b, +a -b, +\"a b\" +c; without "
        "--analysed any query of\nosler search.\n",
    .run = run,
};
