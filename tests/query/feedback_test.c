/* SPDX-License-Identifier: MIT
 *
 * Feedback and --like over a small corpus: what is added, that it only orders
 * or also finds, that pruning changes no bit, and that explanations add up. */
#include "indexer/indexer.h"
#include "query/query.h"
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILLERS = 40, MANY = 400 };

/* gout goes with colchicine here, and one text has colchicine alone. */
static const char *const texts[] = {
    "{\"id\":\"a\",\"text\":\"Gout flares are treated with colchicine.\"}",
    "{\"id\":\"b\",\"text\":\"Gout: colchicine lowers urate crystals.\"}",
    "{\"id\":\"c\",\"text\":\"Colchicine is toxic to the kidney.\"}",
    "{\"id\":\"0\",\"text\":\"Gout is seen in winter.\"}",
    "{\"id\":\"e\",\"text\":\"Gout is seen with colchicine in spring.\"}",
    "{\"id\":\"f\",\"text\":\"Gout lowers urate crystals in flares.\"}",
};

typedef struct fixture {
    char base[32], index[64];
    osl_searcher *searcher;
} fixture;

static void open_with(fixture *f, int fillers)
{
    osl_error err = {0};
    char path[64];
    snprintf(f->base, sizeof f->base, "/tmp/osl-feedback-XXXXXX");
    assert_non_null(mkdtemp(f->base));
    snprintf(path, sizeof path, "%s/in.jsonl", f->base);
    snprintf(f->index, sizeof f->index, "%s/index", f->base);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        fprintf(file, "%s\n", texts[i]);
    for (int i = 0; i < fillers; i++)
        fprintf(file, "{\"id\":\"z%d\",\"text\":\"Word%c of paragraph.\"}\n", i,
                'a' + i % 26);
    assert_int_equal(fclose(file), 0);
    const char *paths[] = {path};
    osl_index_options options = {.thread_count = 1};
    osl_index_report report;
    assert_ok(
        osl_index_update(f->index, paths, 1, &options, NULL, &report, &err));
    assert_ok(osl_searcher_open(&f->searcher, f->index, 0, &err));
}

static void open_fixture(fixture *f)
{
    open_with(f, FILLERS);
}

static void close_fixture(fixture *f)
{
    char command[96];
    osl_searcher_free(f->searcher);
    snprintf(command, sizeof command, "rm -rf '%s'", f->base);
    assert_int_equal(system(command), 0);
}

static osl_answer *search(const fixture *f, const char *query,
                          const osl_search_options *options)
{
    osl_error err = {0};
    osl_answer *answer;
    assert_ok(
        osl_search(f->searcher, osl_text_of(query), options, &answer, &err));
    return answer;
}

/* The number of hits where it is none. */
static size_t place_of(const osl_answer *answer, const char *id)
{
    size_t i = 0;
    while (i < osl_answer_hit_count(answer) &&
           !osl_text_equal(osl_answer_hit(answer, i)->id, osl_text_of(id)))
        i++;
    return i;
}

static bool has_hit(const osl_answer *answer, const char *id)
{
    return place_of(answer, id) < osl_answer_hit_count(answer);
}

static void the_default_of_records_orders_and_finds_no_more(void **state)
{
    (void)state;
    fixture f;
    osl_search_options options = osl_search_defaults;
    open_fixture(&f);
    osl_answer *answer = search(&f, "gout", &options);
    assert_int_equal(osl_answer_count(answer), 5);
    assert_false(has_hit(answer, "c"));
    /* 0 says gout in as few words as b, but not what the others say. */
    assert_true(place_of(answer, "b") < place_of(answer, "0"));
    osl_answer_free(answer);
    options.no_expand = true; /* nothing is added: a tie, by id */
    answer = search(&f, "gout", &options);
    assert_true(place_of(answer, "0") < place_of(answer, "b"));
    osl_answer_free(answer);
    close_fixture(&f);
}

/* Five paragraphs of four hundred are few. */
static void a_rare_word_finds_the_kin_of_its_paragraphs(void **state)
{
    (void)state;
    fixture f;
    osl_search_options options = osl_search_defaults;
    open_with(&f, MANY);
    osl_answer *answer = search(&f, "gout", &options);
    assert_true(has_hit(answer, "c"));
    assert_int_equal(place_of(answer, "c"), 5); /* behind what was typed */
    assert_non_null(strstr(osl_answer_note(answer, 0), "few paragraphs"));
    osl_answer_free(answer);
    options.no_expand = true;
    answer = search(&f, "gout", &options);
    assert_int_equal(osl_answer_count(answer), 5);
    assert_null(osl_answer_note(answer, 0));
    osl_answer_free(answer);
    close_fixture(&f);
}

static void feedback_finds_what_shares_the_words_of_the_best(void **state)
{
    (void)state;
    fixture f;
    osl_search_options options = osl_search_defaults;
    open_fixture(&f);
    options.feedback = true;
    osl_answer *answer = search(&f, "gout", &options);
    assert_true(has_hit(answer, "c"));
    osl_answer_free(answer);
    close_fixture(&f);
}

static void like_finds_the_paragraph_and_its_kin(void **state)
{
    (void)state;
    fixture f;
    osl_error err = {0};
    osl_search_options options = osl_search_defaults;
    open_fixture(&f);
    options.like = "c";
    osl_answer *answer = search(&f, "", &options);
    assert_true(
        osl_text_equal(osl_answer_hit(answer, 0)->id, osl_text_of("c")));
    assert_true(has_hit(answer, "a"));
    assert_null(osl_answer_note(answer, 0));
    osl_answer_free(answer);
    options.like = "nowhere#3";
    assert_int_equal(
        osl_search(f.searcher, osl_text_of(""), &options, &answer, &err),
        OSL_ENOTFOUND);
    close_fixture(&f);
}

/* The numbers in brackets one level below the first line add up to it. */
static void assert_adds_up(const osl_hit *hit)
{
    char *copy = strndup(hit->explanation.bytes, hit->explanation.length);
    uint64_t sum = 0;
    unsigned number, all = 0;
    size_t top = 0;
    assert_non_null(copy);
    for (char *line = strtok(copy, "\n"); line; line = strtok(NULL, "\n")) {
        const char *bracket = strchr(line, '[');
        assert_non_null(bracket);
        assert_int_equal(sscanf(bracket, "[%u]", &number), 1);
        size_t dot = (size_t)(strchr(line, '.') - line);
        if (!all) {
            all = number;
            top = dot;
        } else if (dot == top + 2) {
            sum += number;
        }
    }
    free(copy);
    assert_int_equal(all, hit->score);
    assert_int_equal(sum, hit->score);
}

static void pruning_changes_no_bit_and_numbers_add_up(void **state)
{
    (void)state;
    static const char *const queries[] = {"gout colchicine", "gout kidney",
                                          "winter gout of paragraph"};
    fixture f;
    open_fixture(&f);
    for (size_t q = 0; q < sizeof queries / sizeof *queries; q++) {
        osl_search_options options = osl_search_defaults;
        options.k = 3;
        options.want_count = false;
        options.feedback = q % 2;
        options.explain = true;
        osl_answer *pruned = search(&f, queries[q], &options);
        options.exhaustive = true;
        osl_answer *all = search(&f, queries[q], &options);
        assert_int_equal(osl_answer_hit_count(pruned),
                         osl_answer_hit_count(all));
        for (size_t i = 0; i < osl_answer_hit_count(all); i++) {
            const osl_hit *a = osl_answer_hit(pruned, i);
            const osl_hit *b = osl_answer_hit(all, i);
            assert_int_equal(a->score, b->score);
            assert_true(osl_text_equal(a->id, b->id));
            assert_adds_up(a);
        }
        osl_answer_free(pruned);
        osl_answer_free(all);
    }
    close_fixture(&f);
}

/* f lacks colchicine, but what it says else those say that have it; 0 lacks
 * it, too, and says something else. */
static void a_hit_that_lacks_a_word_gains_by_those_like_it(void **state)
{
    (void)state;
    fixture f;
    osl_search_options options = osl_search_defaults;
    open_fixture(&f);
    options.explain = true;
    osl_answer *answer = search(&f, "gout colchicine", &options);
    assert_true(place_of(answer, "f") < place_of(answer, "0"));
    const osl_hit *hit = osl_answer_hit(answer, place_of(answer, "f"));
    assert_adds_up(hit);
    assert_non_null(memmem(hit->explanation.bytes, hit->explanation.length,
                           "of their mean score", 19));
    hit = osl_answer_hit(answer, 0); /* lacks nothing: as it is */
    assert_null(memmem(hit->explanation.bytes, hit->explanation.length,
                       "of their mean score", 19));
    osl_answer_free(answer);
    close_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_of_records_orders_and_finds_no_more),
        cmocka_unit_test(a_rare_word_finds_the_kin_of_its_paragraphs),
        cmocka_unit_test(feedback_finds_what_shares_the_words_of_the_best),
        cmocka_unit_test(like_finds_the_paragraph_and_its_kin),
        cmocka_unit_test(pruning_changes_no_bit_and_numbers_add_up),
        cmocka_unit_test(a_hit_that_lacks_a_word_gains_by_those_like_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
