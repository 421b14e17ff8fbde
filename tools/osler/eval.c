/* SPDX-License-Identifier: MIT
 *
 * osler eval: measures of a run against judgements, and two runs compared. */
#include "tools/osler/command.h"

#include "core/base/file.h"
#include "query/eval.h"
#include "tools/osler/json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct eval_settings {
    osl_common common;
    osl_list measures;
    bool by_query, complete, compare;
} eval_settings;

#define AT(member) offsetof(eval_settings, member)

static const osl_option options[] = {
    {"measure", 'm', "METRIC", "map, ndcg_cut.10, P.5,10 ... (repeatable)",
     OSL_OPTION_LIST, AT(measures)},
    {"by-query", 'q', NULL, "for each query too", OSL_OPTION_FLAG,
     AT(by_query)},
    {"complete", 'c', NULL, "means over all judged queries, also unanswered",
     OSL_OPTION_FLAG, AT(complete)},
    {"compare", 0, NULL, "two runs: means, difference, chance of it",
     OSL_OPTION_FLAG, AT(compare)},
    {NULL, 0, NULL, NULL, OSL_OPTION_FLAG, 0},
};

/* A file mapped and read, or what came from a pipe. */
typedef struct ranking {
    osl_map map;
    osl_buf piped;
    osl_ranking_file *file;
} ranking;

typedef osl_status read_fn(osl_ranking_file **out, osl_text bytes,
                           const char *name, osl_error *err);

static osl_status read_pipe(osl_buf *out, const char *path, osl_error *err)
{
    enum { PIECE = 1 << 16, MOST = 1 << 30 };
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "re");
    if (!file)
        return osl_fail(err, OSL_EIO, "%s: cannot open: %s", path,
                        strerror(errno));
    uint8_t *to;
    while (!feof(file) && !ferror(file) && out->length <= MOST &&
           (to = osl_buf_room(out, PIECE)) != NULL)
        out->length += fread(to, 1, PIECE, file);
    osl_status status = osl_buf_status(out, "what is to be evaluated", err);
    if (ferror(file))
        status = osl_fail(err, OSL_EIO, "%s: cannot read: %s", path,
                          strerror(errno));
    else if (out->length > MOST)
        status = osl_fail(err, OSL_ELIMIT,
                          "%s: more than 1 GiB comes from it; put it into a "
                          "file",
                          path);
    if (!standard)
        (void)fclose(file);
    return status;
}

static osl_status open_ranking(ranking *out, const char *path, read_fn *read,
                               osl_error *err)
{
    osl_status status = strcmp(path, "-") == 0
                            ? OSL_EINVAL
                            : osl_map_open(&out->map, path, err);
    osl_text bytes = {(const char *)out->map.bytes, out->map.length};
    if (status == OSL_EINVAL) { /* no regular file */
        status = read_pipe(&out->piped, path, err);
        bytes = osl_buf_text(&out->piped);
    }
    if (!bytes.bytes)
        bytes = osl_text_of("");
    return status == OSL_OK ? read(&out->file, bytes, path, err) : status;
}

static void close_ranking(ranking *gone)
{
    osl_ranking_file_free(gone->file);
    osl_map_close(&gone->map);
    osl_buf_clear(&gone->piped);
}

typedef struct eval_run {
    const eval_settings *settings;
    osl_measure measures[OSL_MEASURES_MAX];
    size_t measure_count;
    osl_json json;
} eval_run;

/* ---- one run ----------------------------------------------------------- */

static void put_values(eval_run *run, osl_text query, const double *values,
                       bool summary)
{
    char name[OSL_MEASURE_NAME_SIZE];
    for (size_t i = 0; i < run->measure_count; i++) {
        osl_measure measure = run->measures[i];
        if (measure.kind == OSL_MEASURE_NUM_Q && !summary)
            continue;
        osl_measure_name(measure, name);
        int places = osl_measure_is_count(measure) ? 0 : 4;
        if (run->settings->common.json)
            osl_json_real(&run->json, name, values[i], places ? 6 : 0);
        else
            printf("%-22s\t%.*s\t%.*f\n", name, (int)query.length, query.bytes,
                   places, values[i]);
    }
}

static void put_query(eval_run *run, osl_text query, const double *values,
                      bool summary)
{
    if (run->settings->common.json) {
        osl_json_begin(&run->json);
        osl_json_text(&run->json, "query", query);
    }
    put_values(run, query, values, summary);
    if (run->settings->common.json) {
        osl_json_end(&run->json);
        (void)osl_json_flush(&run->json);
    }
}

static void each_query(void *user, osl_text query, const double *values)
{
    put_query(user, query, values, false);
}

static osl_status eval_one(eval_run *run, const ranking *judgements,
                           const ranking *ranked, osl_error *err)
{
    double summary[OSL_MEASURES_MAX];
    const osl_evaluation what = {judgements->file,
                                 ranked->file,
                                 run->measures,
                                 run->measure_count,
                                 run->settings->complete,
                                 run->settings->by_query ? each_query : NULL,
                                 run};
    osl_status status = osl_evaluate(&what, summary, err);
    if (status == OSL_OK)
        put_query(run, osl_text_of("all"), summary, true);
    return status;
}

/* ---- two runs ---------------------------------------------------------- */

/* One run's values, query by query. */
typedef struct value_table {
    const eval_run *run;
    osl_text *queries;
    double *values; /* measure_count a query */
    size_t count, query_capacity, value_capacity;
    bool failed;
} value_table;

static void keep_values(void *user, osl_text query, const double *values)
{
    value_table *table = user;
    size_t wide = table->run->measure_count;
    if (table->failed ||
        !osl_grow(&table->queries, &table->query_capacity, table->count + 1,
                  sizeof *table->queries) ||
        !osl_grow(&table->values, &table->value_capacity,
                  (table->count + 1) * wide, sizeof *table->values)) {
        table->failed = true;
        return;
    }
    table->queries[table->count] = query;
    memcpy(table->values + table->count * wide, values, wide * sizeof *values);
    table->count++;
}

static void table_clear(value_table *table)
{
    free(table->queries);
    free(table->values);
}

typedef struct delta {
    osl_text query;
    double a, b, difference;
} delta;

/* B − A of one measure, a query each; queries that only one run answers count
 * as 0 in the other. Both tables are sorted by query. */
static size_t differences(const value_table *a, const value_table *b,
                          size_t measure, delta *out)
{
    size_t wide = a->run->measure_count, i = 0, j = 0, count = 0;
    while (i < a->count || j < b->count) {
        int order = i == a->count ? 1
                    : j == b->count
                        ? -1
                        : osl_text_compare(a->queries[i], b->queries[j]);
        osl_text query = order <= 0 ? a->queries[i] : b->queries[j];
        double left = order <= 0 ? a->values[i++ * wide + measure] : 0;
        double right = order >= 0 ? b->values[j++ * wide + measure] : 0;
        out[count++] = (delta){query, left, right, right - left};
    }
    return count;
}

/* SplitMix64 (Steele, Lea, Flood 2014), a fixed start: the same p each time. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* Two-sided p of a mean difference by Fisher's randomisation: how often do
 * random signs give one as large (Smucker, Allan, Carterette 2007)? */
static double chance(const delta *deltas, size_t count)
{
    enum { ROUNDS = 10000 };
    double sum = 0;
    uint64_t state = 1;
    unsigned as_large = 0;
    for (size_t i = 0; i < count; i++)
        sum += deltas[i].difference;
    for (unsigned round = 0; round < ROUNDS; round++) {
        double other = 0;
        for (size_t i = 0; i < count; i++)
            other += next_random(&state) >> 63 ? deltas[i].difference
                                               : -deltas[i].difference;
        as_large += fabs(other) >= fabs(sum) - 1e-12;
    }
    return (1 + (double)as_large) / (1 + (double)ROUNDS);
}

typedef struct comparison {
    double a, b, p;
    size_t better, equal, worse;
} comparison;

static comparison compare_measure(const delta *deltas, size_t count, double a,
                                  double b)
{
    comparison got = {a, b, chance(deltas, count), 0, 0, 0};
    for (size_t i = 0; i < count; i++) {
        got.better += deltas[i].difference > 0;
        got.worse += deltas[i].difference < 0;
        got.equal += deltas[i].difference == 0;
    }
    return got;
}

/* A query's own values, with -q. */
static void put_delta(eval_run *run, osl_measure measure, const delta *one)
{
    char name[OSL_MEASURE_NAME_SIZE];
    osl_measure_name(measure, name);
    if (!run->settings->common.json) {
        printf("%-14s %8.4f %8.4f %+8.4f  %.*s\n", name, one->a, one->b,
               one->difference, (int)one->query.length, one->query.bytes);
        return;
    }
    osl_json_begin(&run->json);
    osl_json_text(&run->json, "measure", osl_text_of(name));
    osl_json_text(&run->json, "query", one->query);
    osl_json_real(&run->json, "a", one->a, 6);
    osl_json_real(&run->json, "b", one->b, 6);
    osl_json_real(&run->json, "difference", one->difference, 6);
    osl_json_end(&run->json);
    (void)osl_json_flush(&run->json);
}

static void put_comparison(eval_run *run, osl_measure measure,
                           const comparison *got)
{
    char name[OSL_MEASURE_NAME_SIZE];
    osl_measure_name(measure, name);
    if (!run->settings->common.json) {
        printf("%-14s %8.4f %8.4f %+8.4f %7zu %6zu %6zu  %.4f\n", name, got->a,
               got->b, got->b - got->a, got->better, got->equal, got->worse,
               got->p);
        return;
    }
    osl_json_begin(&run->json);
    osl_json_text(&run->json, "measure", osl_text_of(name));
    osl_json_real(&run->json, "a", got->a, 6);
    osl_json_real(&run->json, "b", got->b, 6);
    osl_json_real(&run->json, "difference", got->b - got->a, 6);
    osl_json_count(&run->json, "better", got->better);
    osl_json_count(&run->json, "equal", got->equal);
    osl_json_count(&run->json, "worse", got->worse);
    osl_json_real(&run->json, "p", got->p, 4);
    osl_json_end(&run->json);
    (void)osl_json_flush(&run->json);
}

static osl_status compare_tables(eval_run *run, const value_table *a,
                                 const value_table *b, const double *means,
                                 osl_error *err)
{
    delta *deltas = calloc(a->count + b->count + 1, sizeof *deltas);
    if (!deltas || a->failed || b->failed) {
        free(deltas);
        return osl_fail(err, OSL_ENOMEM, "out of memory");
    }
    if (!run->settings->common.json)
        printf("%-14s %8s %8s %8s %7s %6s %6s  %s\n", "measure", "A", "B",
               "B-A", "better", "equal", "worse", "p");
    for (size_t i = 0; i < run->measure_count; i++) {
        if (osl_measure_is_count(run->measures[i]))
            continue;
        size_t count = differences(a, b, i, deltas);
        comparison got = compare_measure(deltas, count, means[i],
                                         means[OSL_MEASURES_MAX + i]);
        for (size_t q = 0; run->settings->by_query && q < count; q++)
            put_delta(run, run->measures[i], &deltas[q]);
        put_comparison(run, run->measures[i], &got);
    }
    free(deltas);
    return OSL_OK;
}

static osl_status eval_two(eval_run *run, const ranking *judgements,
                           const ranking *ranked, osl_error *err)
{
    double means[2 * OSL_MEASURES_MAX];
    value_table tables[2] = {{.run = run}, {.run = run}};
    osl_status status = OSL_OK;
    for (size_t i = 0; i < 2 && status == OSL_OK; i++) {
        const osl_evaluation what = {
            judgements->file,   ranked[i].file,          run->measures,
            run->measure_count, run->settings->complete, keep_values,
            &tables[i]};
        status = osl_evaluate(&what, means + i * OSL_MEASURES_MAX, err);
    }
    if (status == OSL_OK)
        status = compare_tables(run, &tables[0], &tables[1], means, err);
    table_clear(&tables[0]);
    table_clear(&tables[1]);
    return status;
}

/* ---- the command ------------------------------------------------------- */

static osl_status choose_measures(eval_run *run, osl_error *err)
{
    const osl_list *asked = &run->settings->measures;
    osl_status status = OSL_OK;
    if (!asked->count)
        run->measure_count = osl_measure_usual(run->measures);
    for (size_t i = 0; i < asked->count && status == OSL_OK; i++)
        status = osl_measure_read(run->measures, &run->measure_count,
                                  asked->items[i], err);
    return status;
}

static osl_status run_eval(eval_run *run, const osl_words *words,
                           osl_error *err)
{
    bool compare = run->settings->compare;
    ranking judgements = {0}, ranked[2] = {0};
    if (words->count != (compare ? 3 : 2))
        return osl_fail(err, OSL_EINVAL, "eval needs %s",
                        compare ? "QRELS RUN_A RUN_B" : "QRELS RUN");
    osl_status status = choose_measures(run, err);
    if (status == OSL_OK)
        status = open_ranking(&judgements, words->items[0], osl_judgements_read,
                              err);
    for (size_t i = 0; i + 1 < words->count && status == OSL_OK; i++)
        status =
            open_ranking(&ranked[i], words->items[i + 1], osl_run_read, err);
    if (status == OSL_OK)
        status = compare ? eval_two(run, &judgements, ranked, err)
                         : eval_one(run, &judgements, ranked, err);
    close_ranking(&judgements);
    close_ranking(&ranked[0]);
    close_ranking(&ranked[1]);
    return status;
}

static int eval_main(const osl_command *command, int argc, char **argv)
{
    eval_settings settings = {0};
    eval_run run = {.settings = &settings};
    osl_error err = {0};
    osl_words words;
    int code;
    if (osl_options_parse(command, argc, argv, &settings, &words, &code))
        code = run_eval(&run, &words, &err) == OSL_OK ? OSL_EXIT_FOUND
                                                      : osl_failed(&err);
    osl_json_clear(&run.json);
    osl_list_clear(&settings.measures);
    osl_common_clear(&settings.common);
    return code;
}

const osl_command osl_command_eval = {
    .name = "eval",
    .summary = "measures of a run against judgements, as trec_eval",
    .synopsis = "eval [OPTION]... QRELS RUN\n       osler eval --compare QRELS "
                "RUN_A RUN_B",
    .examples =
        "  osler eval qrels.trec run.trec\n"
        "  osler eval -m ndcg_cut.10 -m P.5,10 -q -c qrels.trec run.trec\n"
        "  osler eval --compare qrels.trec before.trec after.trec\n",
    .options = options,
    .notes =
        "Definitions, ties and output as trec_eval's; --quiet has no short "
        "form here.\n",
    .run = eval_main,
};
