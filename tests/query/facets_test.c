/* SPDX-License-Identifier: MIT
 *
 * Facets, order by date and the best of each document against a count by
 * hand: a random corpus is kept as a table, every paragraph is looked at. */
#include "core/base/buf.h"
#include "indexer/indexer.h"
#include "query/document_map.h"
#include "query/query.h"
#include "tests/indexer/place.h"
#include "tests/test.h"

static const char *const words[] = {"bax", "dov", "fim", "gub", "kel", "mop"};
static const char *const dates[] = {"",        "2012",       "2014-02-01",
                                    "2014",    "2014-02",    "2014-11-30",
                                    "2019-07", "2021-01-01", "2021-01-02"};
static const char *const audiences[] = {"", "professional", "patient"};
static const char *const levels[] = {"A", "B", "1B", "2C"};

enum {
    WORDS = COUNT_OF(words),
    LEVELS = COUNT_OF(levels),
    DOCUMENTS = 40,
    MOST = 400
};

typedef struct row {
    unsigned document, number; /* from 1 in its document */
    unsigned has;              /* bit a word */
    unsigned levels;           /* bit a level */
} row;

typedef struct table {
    const char *dates[DOCUMENTS], *audiences[DOCUMENTS];
    row rows[MOST];
    size_t count;
} table;

/* ---- the corpus -------------------------------------------------------- */

static void put_paragraph(test_random *random, row *r, FILE *file)
{
    uint32_t length = 1 + test_random_below(random, 12);
    for (uint32_t i = 0; i < length; i++) {
        uint32_t a = test_random_below(random, WORDS),
                 b = test_random_below(random, WORDS);
        uint32_t word = a < b ? a : b;
        r->has |= 1u << word;
        fprintf(file, "%s ", words[word]);
    }
    for (uint32_t i = test_random_below(random, 3); i > 0; i--) {
        uint32_t level = test_random_below(random, LEVELS);
        r->levels |= 1u << level;
        fprintf(file, "(Grade %s). ", levels[level]);
    }
}

static void put_document(test_random *random, table *t, unsigned document,
                         FILE *file)
{
    uint32_t count = 1 + test_random_below(random, 6);
    t->dates[document] = dates[test_random_below(random, COUNT_OF(dates))];
    t->audiences[document] =
        audiences[test_random_below(random, COUNT_OF(audiences))];
    fprintf(file,
            "{\"id\":\"d%02u\",\"title\":\"zzz d%02u\",\"updated\":\"%s\","
            "\"audience\":\"%s\",\"sections\":[{\"heading\":\"yyy\","
            "\"paragraphs\":[",
            document, document, t->dates[document], t->audiences[document]);
    for (uint32_t i = 0; i < count; i++) {
        row *r = &t->rows[t->count++];
        *r = (row){.document = document, .number = i + 1};
        fprintf(file, "%s\"", i ? "," : "");
        put_paragraph(random, r, file);
        fprintf(file, "\"");
    }
    fprintf(file, "]}]}\n");
}

/* Two files, indexed one after the other: two segments. */
static osl_searcher *make_index(test_random *random, const place *at, table *t)
{
    osl_error err = {0};
    osl_searcher *searcher;
    *t = (table){.count = 0};
    for (unsigned half = 0; half < 2; half++) {
        osl_buf name = {0};
        osl_index_report report;
        osl_index_options options = {.thread_count = 1};
        osl_buf_printf(&name, "%s/%u.jsonl", at->path, half);
        osl_buf_put_byte(&name, 0);
        FILE *file = fopen((char *)name.bytes, "w");
        assert_non_null(file);
        for (unsigned d = half; d < DOCUMENTS; d += 2)
            put_document(random, t, d, file);
        assert_int_equal(fclose(file), 0);
        const char *paths[] = {(char *)name.bytes};
        assert_ok(osl_index_update(place_name(at, "index"), paths, 1, &options,
                                   NULL, &report, &err));
        osl_buf_clear(&name);
    }
    assert_ok(osl_searcher_open(&searcher, place_name(at, "index"), 0, &err));
    return searcher;
}

/* ---- facets ------------------------------------------------------------ */

static bool has_value(const table *t, const row *r, osl_facet_kind kind,
                      osl_text value)
{
    char document[8];
    const char *date = t->dates[r->document];
    switch (kind) {
    case OSL_FACET_EVIDENCE:
        for (unsigned i = 0; i < LEVELS; i++)
            if ((r->levels >> i & 1) &&
                osl_text_equal(value, osl_text_of(levels[i])))
                return true;
        return false;
    case OSL_FACET_AUDIENCE:
        return osl_text_equal(value, osl_text_of(t->audiences[r->document]));
    case OSL_FACET_DOCUMENT:
        (void)snprintf(document, sizeof document, "d%02u", r->document);
        return osl_text_equal(value, osl_text_of(document));
    default:
        return *date && value.length == 4 && memcmp(date, value.bytes, 4) == 0;
    }
}

static uint64_t pairs_of(const table *t, const row *r, osl_facet_kind kind)
{
    if (kind == OSL_FACET_EVIDENCE)
        return (uint64_t)__builtin_popcount(r->levels);
    if (kind == OSL_FACET_AUDIENCE)
        return *t->audiences[r->document] != '\0';
    return kind == OSL_FACET_DOCUMENT || *t->dates[r->document];
}

/* Each count is what is counted by hand, they fall, and none is missing: the
 * sum over all values is the number of (paragraph, value) pairs. */
static void expect_facets(const table *t, unsigned word,
                          const osl_answer *answer, osl_facet_kind kind)
{
    uint64_t sum = 0, want_sum = 0, last = UINT64_MAX;
    const osl_facet *facet;
    for (size_t i = 0; i < t->count; i++)
        if (t->rows[i].has >> word & 1)
            want_sum += pairs_of(t, &t->rows[i], kind);
    for (size_t n = 0; (facet = osl_answer_facet(answer, kind, n)); n++) {
        uint64_t want = 0;
        for (size_t i = 0; i < t->count; i++)
            want += (t->rows[i].has >> word & 1) &&
                    has_value(t, &t->rows[i], kind, facet->value);
        assert_int_equal(facet->count, want);
        assert_true(facet->count <= last && facet->count > 0);
        assert_int_equal(facet->title.length > 0, kind == OSL_FACET_DOCUMENT);
        last = facet->count;
        sum += facet->count;
    }
    assert_int_equal(sum, want_sum);
}

static void check_facets_of_word(const table *t, const osl_searcher *searcher,
                                 unsigned word, size_t k)
{
    osl_error err = {0};
    osl_answer *answer;
    uint64_t want = 0;
    osl_search_options options = osl_search_defaults;
    options.want_facets = true;
    options.want_count = false; /* facets count anyway */
    options.k = k;
    assert_ok(osl_search(searcher, osl_text_of(words[word]), &options, &answer,
                         &err));
    for (size_t i = 0; i < t->count; i++)
        want += t->rows[i].has >> word & 1;
    assert_int_equal(osl_answer_count(answer), want);
    for (int kind = 0; kind < OSL_FACET_KINDS; kind++)
        expect_facets(t, word, answer, (osl_facet_kind)kind);
    assert_null(osl_answer_facet(answer, (osl_facet_kind)9, 0));
    osl_answer_free(answer);
}

static void facets_are_what_is_counted_by_hand(void **state)
{
    (void)state;
    test_random random = test_random_new(21);
    for (int round = 0; round < 4; round++) {
        place at = place_make();
        static table t;
        osl_searcher *searcher = make_index(&random, &at, &t);
        for (unsigned word = 0; word < WORDS; word++)
            check_facets_of_word(&t, searcher, word,
                                 test_random_below(&random, 4));
        osl_searcher_free(searcher);
        place_remove(&at);
    }
}

/* One value is written in several ways: as most paragraphs write it, each
 * paragraph once. A code keeps its case. */
static void words_of_evidence_are_one_value_in_any_case(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        uint64_t count;
    } want[] = {{"Conditional recommendation", 4},
                {"2A", 2},
                {"2a", 1},
                {"strong recommendation", 1}};
    osl_error err = {0};
    osl_searcher *searcher;
    osl_answer *answer;
    osl_index_report report;
    osl_index_options index_options = {.thread_count = 1};
    osl_search_options options = osl_search_defaults;
    place at = place_make();
    place_put(&at, "a.txt",
              "Conditional recommendation: take bax in the morning.\n\n"
              "Take bax at noon (conditional recommendation).\n\n"
              "Conditional recommendation: no bax at night, which is a "
              "conditional recommendation.\n\n"
              "CONDITIONAL RECOMMENDATION: bax.\n\n"
              "Take bax with milk (strong recommendation, grade 2A).\n\n"
              "Take bax with water (grade 2A).\n\n"
              "Take bax with tea (grade 2a).\n");
    const char *paths[] = {place_name(&at, "a.txt")};
    assert_ok(osl_index_update(place_name(&at, "index"), paths, 1,
                               &index_options, NULL, &report, &err));
    assert_ok(osl_searcher_open(&searcher, place_name(&at, "index"), 0, &err));
    options.want_facets = true;
    assert_ok(
        osl_search(searcher, osl_text_of("bax"), &options, &answer, &err));
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        const osl_facet *got = osl_answer_facet(answer, OSL_FACET_EVIDENCE, i);
        assert_non_null(got);
        if (!osl_text_equal(got->value, osl_text_of(want[i].value)) ||
            got->count != want[i].count)
            fail_msg("%s: got %.*s, %u paragraphs", want[i].value,
                     (int)got->value.length, got->value.bytes,
                     (unsigned)got->count);
    }
    assert_null(osl_answer_facet(answer, OSL_FACET_EVIDENCE, COUNT_OF(want)));
    osl_answer_free(answer);
    osl_searcher_free(searcher);
    place_remove(&at);
}

static void without_the_wish_there_are_no_facets(void **state)
{
    (void)state;
    osl_error err = {0};
    test_random random = test_random_new(22);
    place at = place_make();
    static table t;
    osl_searcher *searcher = make_index(&random, &at, &t);
    osl_answer *answer;
    assert_ok(osl_search(searcher, osl_text_of("bax"), &osl_search_defaults,
                         &answer, &err));
    assert_true(osl_answer_count(answer) > 0);
    for (int kind = 0; kind < OSL_FACET_KINDS; kind++)
        assert_null(osl_answer_facet(answer, (osl_facet_kind)kind, 0));
    osl_answer_free(answer);
    osl_searcher_free(searcher);
    place_remove(&at);
}

/* ---- order ------------------------------------------------------------- */

/* Insertion sort by date (its text), newest first, keeping the order of
 * equal ones: that of relevance. */
static size_t sorted_by_hand(const osl_answer *answer, const osl_hit **out)
{
    size_t count = osl_answer_hit_count(answer);
    for (size_t i = 0; i < count; i++) {
        const osl_hit *hit = osl_answer_hit(answer, i);
        size_t at = i;
        for (;
             at > 0 && osl_text_compare(out[at - 1]->updated, hit->updated) < 0;
             at--)
            out[at] = out[at - 1];
        out[at] = hit;
    }
    return count;
}

/* Of each document the first alone stays. */
static size_t first_of_each_document(const osl_hit **hits, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        size_t j = 0;
        while (j < kept &&
               !osl_text_equal(hits[j]->document, hits[i]->document))
            j++;
        if (j == kept)
            hits[kept++] = hits[i];
    }
    return kept;
}

static void compare_order(test_random *random, const osl_searcher *searcher,
                          const char *query)
{
    osl_error err = {0};
    osl_answer *all, *some;
    const osl_hit *want[MOST] = {NULL};
    osl_search_options options = osl_search_defaults;
    options.k = MOST;
    assert_ok(osl_search(searcher, osl_text_of(query), &options, &all, &err));
    options.k = 1 + test_random_below(random, 30);
    options.offset = test_random_below(random, 5);
    options.sort = OSL_SORT_DATE;
    options.by_document = test_random_below(random, 2);
    options.want_count = test_random_below(random, 2);
    assert_ok(osl_search(searcher, osl_text_of(query), &options, &some, &err));
    size_t count = sorted_by_hand(all, want);
    if (options.by_document)
        count = first_of_each_document(want, count);
    size_t left = count > options.offset ? count - options.offset : 0;
    assert_int_equal(osl_answer_hit_count(some),
                     left < options.k ? left : options.k);
    for (size_t i = 0; i < osl_answer_hit_count(some); i++) {
        const osl_hit *hit = osl_answer_hit(some, i),
                      *wanted = want[options.offset + i];
        if (!wanted || !osl_text_equal(hit->id, wanted->id) ||
            hit->score != wanted->score)
            fail_msg("%s: hit %zu is %.*s", query, i, (int)hit->id.length,
                     hit->id.bytes);
    }
    osl_answer_free(some);
    osl_answer_free(all);
}

static void by_date_is_the_whole_answer_sorted(void **state)
{
    (void)state;
    test_random random = test_random_new(23);
    static const char *const queries[] = {
        "bax",         "mop",      "bax dov",       "kel mop",
        "\"bax dov\"", "+fim gub", "bax -dov",      "zzz",
        "yyy bax",     "nosuch",   "bax (dov fim)", "updated:>=2014 bax"};
    for (int round = 0; round < 3; round++) {
        place at = place_make();
        static table t;
        osl_searcher *searcher = make_index(&random, &at, &t);
        for (size_t i = 0; i < 4 * COUNT_OF(queries); i++)
            compare_order(&random, searcher, queries[i % COUNT_OF(queries)]);
        osl_searcher_free(searcher);
        place_remove(&at);
    }
}

/* ---- the map of documents ---------------------------------------------- */

static void the_map_finds_what_is_in_it_alone(void **state)
{
    (void)state;
    enum { KEYS = 500, STEPS = 20000 };
    test_random random = test_random_new(24);
    static uint32_t nodes[KEYS];
    osl_document_map map = {0};
    for (size_t i = 0; i < KEYS; i++)
        nodes[i] = OSL_DOCUMENT_NODE_NONE;
    for (size_t i = 0; i < STEPS; i++) {
        uint32_t n = test_random_below(&random, KEYS);
        uint64_t key = (uint64_t)(n % 3) << 32 | n;
        assert_int_equal(osl_document_map_find(&map, key), nodes[n]);
        if (nodes[n] == OSL_DOCUMENT_NODE_NONE) {
            nodes[n] = osl_document_map_add(&map, key, i);
            assert_int_not_equal(nodes[n], OSL_DOCUMENT_NODE_NONE);
            assert_int_equal(map.nodes[nodes[n]].at, i);
        } else {
            osl_document_map_remove(&map, nodes[n]);
            nodes[n] = OSL_DOCUMENT_NODE_NONE;
        }
    }
    osl_document_map_reset(&map);
    assert_int_equal(osl_document_map_find(&map, 1), OSL_DOCUMENT_NODE_NONE);
    osl_document_map_clear(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facets_are_what_is_counted_by_hand),
        cmocka_unit_test(words_of_evidence_are_one_value_in_any_case),
        cmocka_unit_test(without_the_wish_there_are_no_facets),
        cmocka_unit_test(by_date_is_the_whole_answer_sorted),
        cmocka_unit_test(the_map_finds_what_is_in_it_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
