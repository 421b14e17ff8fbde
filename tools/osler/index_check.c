/* SPDX-License-Identifier: MIT */
#include "tools/osler/index_check.h"

#include "core/base/arena.h"
#include "query/diff.h"
#include "tools/osler/output.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A paragraph (or document, where `paragraph` is 0) that should be found. */
typedef struct target {
    osl_text id;
    osl_text document;
    uint32_t paragraph;
    uint32_t now;   /* its number in the prepared generation; 0: it is gone */
    bool is_missed; /* by the prepared generation */
} target;

typedef struct check_query {
    osl_question question; /* owns */
    target *targets;       /* owns; ids are the arena's */
    size_t count, capacity;
    double before, recall;
} check_query;

struct osl_query_check {
    check_query *queries; /* owns */
    size_t count, capacity;
    osl_arena arena;
    osl_request request;
    bool has_qrels, was_run, has_before, refused;
    const char *name; /* of the file; borrowed */
    double bound, before, recall;
};

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "out of memory while checking queries");
}

void osl_query_check_free(osl_query_check *check)
{
    if (!check)
        return;
    for (size_t i = 0; i < check->count; i++) {
        osl_question_clear(&check->queries[i].question);
        free(check->queries[i].targets);
    }
    free(check->queries);
    osl_arena_clear(&check->arena);
    free(check);
}

/* ---- reading ------------------------------------------------------------ */

/* "DOCUMENT#12"; without a number the document is meant. */
static void split_id(target *out)
{
    size_t at = out->id.length;
    uint64_t number = 0, power = 1;
    out->document = out->id;
    while (at > 0 && out->id.bytes[at - 1] >= '0' &&
           out->id.bytes[at - 1] <= '9' && power < 1000000000) {
        number += power * (uint64_t)(out->id.bytes[--at] - '0');
        power *= 10;
    }
    if (at == out->id.length || at < 2 || out->id.bytes[at - 1] != '#')
        return;
    out->document.length = at - 1;
    out->paragraph = (uint32_t)number;
}

static osl_status add_target(osl_query_check *check, check_query *query,
                             osl_text id, osl_error *err)
{
    target found = {0};
    if (id.length == 0)
        return OSL_OK;
    if (!osl_arena_text(&check->arena, id, &found.id) ||
        !osl_grow(&query->targets, &query->capacity, query->count + 1,
                  sizeof *query->targets))
        return no_memory(err);
    split_id(&found);
    found.now = found.paragraph;
    query->targets[query->count++] = found;
    return OSL_OK;
}

/* The next run of bytes without blanks of *rest; empty at the end. */
static osl_text next_word(osl_text *rest)
{
    size_t at = 0, end;
    while (at < rest->length && strchr(" \t", rest->bytes[at]))
        at++;
    for (end = at; end < rest->length && !strchr(" \t", rest->bytes[end]);)
        end++;
    osl_text word = {rest->bytes + at, end - at};
    rest->bytes += end;
    rest->length -= end;
    return word;
}

static osl_status add_words(osl_query_check *check, check_query *query,
                            osl_text words, osl_error *err)
{
    osl_status status = OSL_OK;
    osl_text word;
    while (status == OSL_OK && (word = next_word(&words)).length > 0)
        status = add_target(check, query, word, err);
    return status;
}

static osl_status add_member(osl_query_check *check, check_query *query,
                             const json_t *id, osl_error *err)
{
    if (!json_is_string(id))
        return osl_fail(err, OSL_EINVAL,
                        "\"expected\" is no id, and no list of ids");
    return add_target(check, query,
                      (osl_text){json_string_value(id), json_string_length(id)},
                      err);
}

static osl_status add_expected(osl_query_check *check, check_query *query,
                               osl_text line, osl_error *err)
{
    osl_status status = OSL_OK;
    json_t *object = json_loadb(line.bytes, line.length, 0, NULL);
    const json_t *list = json_object_get(object, "expected");
    if (json_is_array(list))
        for (size_t i = 0; i < json_array_size(list) && status == OSL_OK; i++)
            status = add_member(check, query, json_array_get(list, i), err);
    else
        status = add_member(check, query, list, err);
    json_decref(object);
    return status;
}

/* A line that has its ids with it. */
static osl_status read_both(osl_query_check *check, check_query *query,
                            osl_text line, uint64_t number, osl_error *err)
{
    const char *tab = memchr(line.bytes, '\t', line.length);
    if (*line.bytes == '{') {
        osl_status status =
            osl_question_read(&query->question, line, number, OSL_INPUT_JSONL,
                              &check->request, err);
        return status == OSL_OK ? add_expected(check, query, line, err)
                                : status;
    }
    if (!tab)
        return osl_fail(err, OSL_EINVAL,
                        "not a line like: query, tab, ids of paragraphs");
    size_t length = (size_t)(tab - line.bytes);
    osl_status status =
        osl_question_read(&query->question, (osl_text){line.bytes, length},
                          number, OSL_INPUT_PLAIN, &check->request, err);
    return status == OSL_OK
               ? add_words(check, query, (osl_text){tab, line.length - length},
                           err)
               : status;
}

static osl_status read_query(void *user, osl_text line, uint64_t number,
                             osl_error *err)
{
    osl_query_check *check = user;
    if (!osl_grow(&check->queries, &check->capacity, check->count + 1,
                  sizeof *check->queries))
        return no_memory(err);
    check_query *query = &check->queries[check->count++];
    *query = (check_query){0};
    if (check->has_qrels)
        return osl_question_read(&query->question, line, number,
                                 osl_batch_form(line), &check->request, err);
    osl_status status = read_both(check, query, line, number, err);
    if (status == OSL_OK && query->count == 0)
        status = osl_fail(err, OSL_EINVAL, "a query without expected ids");
    return status;
}

static check_query *find_query(osl_query_check *check, osl_text id)
{
    for (size_t i = 0; i < check->count; i++)
        if (osl_text_equal(osl_buf_text(&check->queries[i].question.id), id))
            return &check->queries[i];
    return NULL;
}

/* "query iteration document judgement"; queries that are not asked are left
 * out. */
static osl_status read_judgement(void *user, osl_text line, uint64_t number,
                                 osl_error *err)
{
    osl_query_check *check = user;
    osl_text words[4];
    (void)number;
    for (int i = 0; i < 4; i++)
        words[i] = next_word(&line);
    if (words[3].length == 0 || next_word(&line).length > 0)
        return osl_fail(err, OSL_EINVAL,
                        "not a line like: query 0 paragraph 1");
    check_query *query = find_query(check, words[0]);
    bool counts = *words[3].bytes != '0' && *words[3].bytes != '-';
    return query && counts ? add_target(check, query, words[2], err) : OSL_OK;
}

osl_status osl_query_check_read(osl_query_check **out, const char *queries,
                                const char *qrels, unsigned k, double bound,
                                osl_error *err)
{
    osl_query_check *check = calloc(1, sizeof *check);
    size_t targets = 0;
    if (!check)
        return no_memory(err);
    check->request = osl_request_defaults;
    check->request.k = k;
    check->has_qrels = qrels != NULL;
    check->name = queries;
    check->bound = bound;
    osl_status status = osl_lines_read(queries, read_query, check, err);
    if (status == OSL_OK && qrels)
        status = osl_lines_read(qrels, read_judgement, check, err);
    for (size_t i = 0; i < check->count; i++)
        targets += check->queries[i].count;
    if (status == OSL_OK && targets == 0)
        status = osl_fail(err, OSL_EINVAL,
                          "%s: no query with expected paragraphs", queries);
    if (status == OSL_OK)
        *out = check;
    else
        osl_query_check_free(check);
    return status;
}

/* ---- asking ------------------------------------------------------------- */

static bool is_hit(const target *wanted, uint32_t paragraph,
                   const osl_answer *answer)
{
    for (size_t i = 0; i < osl_answer_hit_count(answer); i++) {
        const osl_hit *hit = osl_answer_hit(answer, i);
        if (wanted->paragraph == 0
                ? osl_text_equal(hit->document, wanted->id)
                : hit->paragraph == paragraph &&
                      osl_text_equal(hit->document, wanted->document))
            return true;
        if (osl_text_equal(hit->id, wanted->id) &&
            wanted->paragraph == paragraph)
            return true;
    }
    return false;
}

/* The share of a query's targets that the searcher finds. */
static osl_status ask(const osl_searcher *searcher, check_query *query,
                      bool is_prepared, double *recall, osl_error *err)
{
    size_t found = 0;
    osl_answer *answer = NULL;
    osl_search_options how = osl_request_options(&query->question.request);
    how.want_count = how.want_facets = how.explain = false;
    how.bare = true;
    how.snippet_words = 0;
    osl_status status = osl_search(
        searcher, osl_buf_text(&query->question.query), &how, &answer, err);
    for (size_t i = 0; i < query->count && status == OSL_OK; i++) {
        target *wanted = &query->targets[i];
        bool is_there =
            (wanted->paragraph == 0 || !is_prepared || wanted->now > 0) &&
            is_hit(wanted, is_prepared ? wanted->now : wanted->paragraph,
                   answer);
        found += is_there;
        if (is_prepared)
            wanted->is_missed = !is_there;
    }
    osl_answer_free(answer);
    *recall = query->count ? (double)found / (double)query->count : 0;
    return status;
}

/* Mean over the queries that expect anything. */
static osl_status ask_all(osl_query_check *check, const osl_searcher *searcher,
                          bool is_prepared, double *mean, osl_error *err)
{
    double sum = 0;
    size_t count = 0;
    osl_status status = OSL_OK;
    for (size_t i = 0; i < check->count && status == OSL_OK; i++) {
        check_query *query = &check->queries[i];
        double *recall = is_prepared ? &query->recall : &query->before;
        if (query->count == 0)
            continue;
        status = ask(searcher, query, is_prepared, recall, err);
        sum += *recall;
        count++;
    }
    *mean = count ? sum / (double)count : 0;
    return status;
}

static osl_status follow_targets(osl_query_check *check, osl_diff *diff,
                                 osl_error *err)
{
    osl_status status = OSL_OK;
    for (size_t i = 0; i < check->count; i++)
        for (size_t n = 0; n < check->queries[i].count && status == OSL_OK;
             n++) {
            target *wanted = &check->queries[i].targets[n];
            if (wanted->paragraph > 0)
                status = osl_diff_follow(diff, wanted->document,
                                         wanted->paragraph, &wanted->now, err);
        }
    return status;
}

static osl_status ask_before(osl_query_check *check,
                             const osl_searcher *published,
                             const char *index_path, osl_error *err)
{
    osl_diff *diff = NULL;
    osl_searcher_info info;
    osl_status status = osl_searcher_get_brief(published, &info, err);
    if (status == OSL_OK)
        status = ask_all(check, published, false, &check->before, err);
    if (status == OSL_OK)
        status = osl_diff_open(&diff, index_path, info.generation,
                               OSL_GENERATION_PREPARED, err);
    if (status == OSL_OK)
        status = follow_targets(check, diff, err);
    osl_diff_free(diff);
    check->has_before = status == OSL_OK;
    return status;
}

osl_status osl_query_check_run(osl_query_check *check, const char *index_path,
                               osl_error *err)
{
    osl_searcher *published = NULL, *prepared = NULL;
    osl_status status = OSL_OK;
    /* None, or one of other rules: nothing to compare with. */
    if (osl_searcher_open(&published, index_path, 0, NULL) == OSL_OK)
        status = ask_before(check, published, index_path, err);
    if (status == OSL_OK)
        status = osl_searcher_open(&prepared, index_path,
                                   OSL_GENERATION_PREPARED, err);
    if (status == OSL_OK)
        status = ask_all(check, prepared, true, &check->recall, err);
    osl_searcher_free(published);
    osl_searcher_free(prepared);
    if (status != OSL_OK)
        return status;
    check->was_run = true;
    if (check->bound < 0)
        check->bound = check->has_before ? check->before : 0;
    check->refused = check->recall < check->bound - 1e-9;
    return check->refused ? osl_fail(err, OSL_ECANCELLED, "%s: recall is %.3f",
                                     check->name, check->recall)
                          : OSL_OK;
}

bool osl_query_check_refused(const osl_query_check *check)
{
    return check && check->refused;
}

/* ---- telling ------------------------------------------------------------ */

/* Told: what fell, or without a generation before, what is not found. */
static bool is_told(const osl_query_check *check, const check_query *query)
{
    if (query->count == 0)
        return false;
    return query->recall <
           (check->has_before && !check->refused ? query->before : 1) - 1e-9;
}

static void say_query(const osl_query_check *check, const check_query *query)
{
    osl_screen plain = {0};
    osl_line line = {.screen = &plain};
    if (check->has_before && query->recall < query->before)
        osl_line_printf(&line, OSL_STYLE_PLAIN,
                        "  fell from %.3f to %.3f: ", query->before,
                        query->recall);
    else
        osl_line_printf(&line, OSL_STYLE_PLAIN, "  %.3f: ", query->recall);
    osl_line_text(&line, OSL_STYLE_PLAIN, osl_buf_text(&query->question.query));
    osl_line_text(&line, OSL_STYLE_PLAIN, osl_text_of("; without"));
    for (size_t i = 0; i < query->count; i++) {
        if (!query->targets[i].is_missed)
            continue;
        osl_line_text(&line, OSL_STYLE_PLAIN, osl_text_of(" "));
        osl_line_text(&line, OSL_STYLE_PLAIN, query->targets[i].id);
    }
    osl_line_write(&line, stderr);
    osl_line_clear(&line);
}

static void say_moved(const osl_query_check *check)
{
    osl_screen plain = {0};
    osl_line line = {.screen = &plain};
    for (size_t i = 0; i < check->count; i++)
        for (size_t n = 0; n < check->queries[i].count; n++) {
            const target *wanted = &check->queries[i].targets[n];
            if (wanted->now == wanted->paragraph || wanted->now == 0)
                continue;
            osl_line_text(&line, OSL_STYLE_PLAIN, osl_text_of("note: "));
            osl_line_text(&line, OSL_STYLE_PLAIN, wanted->id);
            osl_line_printf(&line, OSL_STYLE_PLAIN,
                            " is now #%" PRIu32 ": bring ", wanted->now);
            osl_line_text(&line, OSL_STYLE_PLAIN, osl_text_of(check->name));
            osl_line_text(&line, OSL_STYLE_PLAIN, osl_text_of(" up to date"));
            osl_line_write(&line, stderr);
        }
    osl_line_clear(&line);
}

void osl_query_check_say(const osl_query_check *check)
{
    if (!check->was_run)
        return;
    if (check->refused)
        osl_complain("%s: recall is %.3f, below %.3f: nothing is published, "
                     "the index is as it was",
                     check->name, check->recall, check->bound);
    for (size_t i = 0; i < check->count; i++)
        if (is_told(check, &check->queries[i]))
            say_query(check, &check->queries[i]);
    if (!check->refused)
        say_moved(check);
}

static void json_query(osl_json *json, const osl_query_check *check,
                       const check_query *query)
{
    osl_json_open(json, NULL, '{');
    osl_json_text(json, "id", osl_buf_text(&query->question.id));
    osl_json_text(json, "query", osl_buf_text(&query->question.query));
    if (check->has_before)
        osl_json_real(json, "recall_before", query->before, 3);
    else
        osl_json_null(json, "recall_before");
    osl_json_real(json, "recall", query->recall, 3);
    osl_json_open(json, "missing", '[');
    for (size_t i = 0; i < query->count; i++)
        if (query->targets[i].is_missed)
            osl_json_text(json, NULL, query->targets[i].id);
    osl_json_close(json, ']');
    osl_json_close(json, '}');
}

void osl_query_check_json(const osl_query_check *check, osl_json *json)
{
    if (!check || !check->was_run)
        return;
    osl_json_real(json, "recall", check->recall, 3);
    if (check->has_before)
        osl_json_real(json, "recall_before", check->before, 3);
    else
        osl_json_null(json, "recall_before");
    osl_json_real(json, "min_recall", check->bound, 3);
    osl_json_open(json, "fell", '[');
    for (size_t i = 0; i < check->count; i++)
        if (is_told(check, &check->queries[i]))
            json_query(json, check, &check->queries[i]);
    osl_json_close(json, ']');
}
