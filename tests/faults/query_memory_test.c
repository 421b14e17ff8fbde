/* SPDX-License-Identifier: MIT
 *
 * Opening, searching, showing and completing where the N-th allocation fails,
 * for every N: the answer is the whole one, or memory is out and said; nothing
 * leaks (the leak checker sees to it), nothing crashes. */
#include "tests/faults/failing_memory.h"
#include "tests/indexer/place.h"

#include "indexer/indexer.h"
#include "query/query.h"

/* ---- what is asked ------------------------------------------------------ */

static place at;
static osl_searcher *searcher;

/* What came out, as text: two answers are the same where it is. The numbers
 * of bytes are fixed, so that writing it takes no memory. */
typedef struct written {
    char text[16384];
    size_t length;
} written;

static void put(written *out, const char *format, ...) OSL_PRINTF(2, 3);

static void put(written *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(out->text + out->length,
                           sizeof out->text - out->length, format, arguments);
    va_end(arguments);
    out->length += (size_t)length;
    assert_true(out->length < sizeof out->text);
}

static void put_answer(written *out, const osl_answer *answer)
{
    osl_text word, nearest, read_as = osl_answer_read_as(answer);
    put(out, "%llu of %llu, %.*s\n",
        (unsigned long long)osl_answer_count(answer),
        (unsigned long long)osl_answer_document_count(answer),
        (int)read_as.length, read_as.bytes);
    for (size_t i = 0; i < osl_answer_hit_count(answer); i++) {
        const osl_hit *hit = osl_answer_hit(answer, i);
        put(out, "%.*s %u %u-%u %.60s", (int)hit->id.length, hit->id.bytes,
            hit->score, hit->snippet.start, hit->snippet.end, hit->text.bytes);
        for (size_t k = 0; k < hit->highlight_count; k++)
            put(out, " %u-%u", hit->highlights[k].start,
                hit->highlights[k].end);
        for (size_t k = 0; k < hit->section_count; k++)
            put(out, " > %.*s", (int)hit->sections[k].length,
                hit->sections[k].bytes);
        put(out, " %.*s\n", (int)hit->explanation.length,
            hit->explanation.bytes);
    }
    for (size_t i = 0; osl_answer_note(answer, i); i++)
        put(out, "note %s\n", osl_answer_note(answer, i));
    for (size_t i = 0; osl_answer_missing(answer, i, &word, &nearest); i++)
        put(out, "missing %.*s: %.*s\n", (int)word.length, word.bytes,
            (int)nearest.length, nearest.bytes);
    for (int kind = 0; kind < OSL_FACET_KINDS; kind++)
        for (size_t i = 0; osl_answer_facet(answer, (osl_facet_kind)kind, i);
             i++) {
            const osl_facet *facet =
                osl_answer_facet(answer, (osl_facet_kind)kind, i);
            put(out, "%d %.*s %llu\n", kind, (int)facet->value.length,
                facet->value.bytes, (unsigned long long)facet->count);
        }
}

typedef osl_status task(written *out, const void *what, osl_error *err);

typedef struct asked {
    const char *query;
    bool feedback, facets, explain, by_document;
} asked;

static osl_status search(written *out, const void *what, osl_error *err)
{
    const asked *a = what;
    osl_search_options options = osl_search_defaults;
    osl_answer *answer = NULL;
    options.k = 3;
    options.feedback = a->feedback;
    options.want_facets = a->facets;
    options.explain = a->explain;
    options.by_document = a->by_document;
    osl_status status =
        osl_search(searcher, osl_text_of(a->query), &options, &answer, err);
    if (status == OSL_OK)
        put_answer(out, answer);
    osl_answer_free(answer);
    return status;
}

static osl_status show(written *out, const void *what, osl_error *err)
{
    osl_answer *answer = NULL;
    osl_status status = osl_show(searcher, osl_text_of(what), 1, &answer, err);
    if (status == OSL_OK)
        put_answer(out, answer);
    osl_answer_free(answer);
    return status;
}

static osl_status suggest(written *out, const void *what, osl_error *err)
{
    osl_suggestions *found = NULL;
    const osl_suggestion *one;
    osl_status status =
        osl_suggest(searcher, osl_text_of(what), 5, &found, err);
    for (size_t i = 0;
         status == OSL_OK && (one = osl_suggestions_get(found, i)); i++)
        put(out, "%.*s %d %llu\n", (int)one->text.length, one->text.bytes,
            (int)one->kind, (unsigned long long)one->count);
    osl_suggestions_free(found);
    return status;
}

/* A batch: one session, prepared queries, ids. */
static osl_status batch(written *out, const void *what, osl_error *err)
{
    osl_session *session = NULL;
    osl_prepared *prepared = NULL;
    osl_ranked_list hits = {0};
    uint64_t count = 0;
    osl_search_options options = osl_search_defaults;
    options.ranking = OSL_RANKING_BM25;
    osl_status status = osl_session_open(&session, searcher, err);
    if (status == OSL_OK)
        status = osl_prepare(&prepared, searcher, osl_text_of(what), &options,
                             true, err);
    for (int round = 0; round < 2 && status == OSL_OK; round++)
        status = osl_session_search(session, prepared, 3, &count, &hits, err);
    for (size_t i = 0; i < hits.count && status == OSL_OK; i++) {
        osl_text id;
        status = osl_session_id(session, &hits.items[i], &id, err);
        if (status == OSL_OK)
            put(out, "%llu %.*s %u\n", (unsigned long long)count,
                (int)id.length, id.bytes, hits.items[i].score);
    }
    osl_prepared_free(prepared);
    osl_session_free(session);
    return status;
}

/* Opens anew and asks what opening knows. */
static osl_status reopen(written *out, const void *what, osl_error *err)
{
    osl_searcher *other = NULL;
    osl_searcher_info info = {0};
    osl_status status =
        osl_searcher_open(&other, place_name(&at, what), 0, err);
    if (status == OSL_OK)
        status = osl_searcher_get_info(other, &info, err);
    if (status == OSL_OK)
        put(out, "%llu %llu %s %s\n", (unsigned long long)info.generation,
            (unsigned long long)info.terms, info.language,
            osl_searcher_note(other) ? osl_searcher_note(other) : "");
    osl_searcher_free(other);
    return status;
}

static const asked queries[] = {
    {"relapse marrow", false, false, false, false},
    {"\"isolated CNS relapse\" OR (testicular NEAR/5 relapse)", false, false,
     true, false},
    {"+asthma -child* title:asthma updated:>=2000 HSCT", false, true, false,
     false},
    {"leukemai~1 BCRABL1 =relapsed \"bone marrow\"~3 xyzzyplugh", false, false,
     false, true},
    {"ketoacidosis", true, false, false, false},
    {"oedema haematopoietic IL2 T-cell", false, false, false, false},
};

static const struct {
    const char *name;
    task *run;
    const void *what;
} tasks[] = {
    {"open", reopen, "index"},
    {"search by words", search, &queries[0]},
    {"search for phrases, explained", search, &queries[1]},
    {"search in fields, with facets", search, &queries[2]},
    {"search for spellings", search, &queries[3]},
    {"search with feedback", search, &queries[4]},
    {"search for compounds", search, &queries[5]},
    {"show", show, "asthma.html#2"},
    {"show a document", show, "melanoma.yaml"},
    {"suggest a word", suggest, "relap"},
    {"suggest a phrase", suggest, "bone mar"},
    {"batch", batch, "relaps \"bone marrow\" +hsct -asthma"},
};

/* ---- every allocation --------------------------------------------------- */

/* The number of the first allocation whose failure does harm, 0 for none;
 * *failures gets how many were made to fail. */
static uint64_t find_fault(size_t i, uint64_t *failures)
{
    static written whole, got;
    osl_error err = {0};
    whole.length = got.length = 0;
    osl_status right = tasks[i].run(&whole, tasks[i].what, &err);
    assert_int_equal(right, OSL_OK);
    assert_true(whole.length > 0);
    for (uint64_t n = 1;; n++) {
        got.length = 0;
        err = (osl_error){0};
        failing_countdown = n;
        osl_status status = tasks[i].run(&got, tasks[i].what, &err);
        bool failed = failing_countdown == 0;
        failing_countdown = 0;
        bool is_right = status == right && got.length == whole.length &&
                        memcmp(got.text, whole.text, got.length) == 0;
        bool is_said = status == OSL_ENOMEM && err.text[0] != '\0';
        if (!is_right && !(failed && is_said)) {
            print_error("%s, allocation %llu: status %d (%s)\n%.*snot\n%.*s",
                        tasks[i].name, (unsigned long long)n, (int)status,
                        err.text, (int)got.length, got.text, (int)whole.length,
                        whole.text);
            return n;
        }
        if (!failed)
            return 0;
        ++*failures;
    }
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < COUNT_OF(tasks); i++) {
        uint64_t failures = 0;
        wrong += find_fault(i, &failures) > 0;
        print_message("%s: %llu allocations made to fail\n", tasks[i].name,
                      (unsigned long long)failures);
        assert_true(failures > 0);
    }
    assert_int_equal(wrong, 0);
}

static int make_index(void **state)
{
    (void)state;
    osl_error err = {0};
    const osl_index_options options = {.thread_count = 1};
    osl_index_report report;
    const char *paths[] = {OSL_SAMPLE_DIR};
    at = place_make();
    assert_ok(osl_index_update(place_name(&at, "index"), paths, 1, &options,
                               NULL, &report, &err));
    assert_ok(osl_searcher_open(&searcher, place_name(&at, "index"), 0, &err));
    return 0;
}

static int remove_index(void **state)
{
    (void)state;
    osl_searcher_free(searcher);
    place_remove(&at);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_may_run_out_anywhere),
    };
    return cmocka_run_group_tests(tests, make_index, remove_index);
}
