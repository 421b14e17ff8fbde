/* SPDX-License-Identifier: MIT */
#include "query/eval.h"

#include "tests/test.h"

#include <math.h>

/* Query 1: relevant a (2), b (1), d (1), judged not c and x; query 2 has no
 * relevant document; query 3 is judged but not answered; query 9 is answered
 * but not judged. Equal scores: the greater id first. */
static const char qrels[] = "1 0 a 2\n1 0 b 1\n1\t0\td\t1\r\n1 0 c 0\n1 0 x 0\n"
                            "\n2 0 a 0\n3 0 a 1\n3 0 b 1";
static const char run[] = "2 Q0 a 1 5 t\n1 Q0 a 9 3.5 t\n1 Q0 c 1 4 t\n"
                          "1 Q0 b 3 3.5 t\n1 Q0 u 4 1e-3 t\n9 Q0 a 1 1 t\n";

typedef struct seen {
    char queries[16];
    double values[4][OSL_MEASURES_MAX];
    size_t count;
} seen;

static void see(void *user, osl_text query, const double *values)
{
    seen *got = user;
    assert_int_equal(query.length, 1);
    got->queries[got->count] = query.bytes[0];
    memcpy(got->values[got->count++], values, 13 * sizeof *values);
}

static void evaluate(bool complete, seen *got, double *summary)
{
    osl_error err;
    osl_ranking_file *judgements, *ranked;
    osl_measure measures[OSL_MEASURES_MAX];
    size_t count = osl_measure_usual(measures);
    assert_int_equal(count, 13);
    assert_ok(osl_judgements_read(&judgements, osl_text_of(qrels), "q", &err));
    assert_ok(osl_run_read(&ranked, osl_text_of(run), "r", &err));
    const osl_evaluation what = {judgements, ranked, measures, count,
                                 complete,   see,    got};
    assert_ok(osl_evaluate(&what, summary, &err));
    osl_ranking_file_free(judgements);
    osl_ranking_file_free(ranked);
}

static void measures_are_those_worked_out_by_hand(void **state)
{
    (void)state;
    seen got = {0};
    double summary[OSL_MEASURES_MAX];
    evaluate(false, &got, summary);
    assert_string_equal(got.queries, "12");
    /* The order is c (0), b (1), a (2), u (not judged); three are relevant. */
    double gain = 1 / log2(3) + 2 / log2(4);
    double ideal = 2 / log2(2) + 1 / log2(3) + 1 / log2(4);
    const struct {
        const char *name;
        double want;
    } cases[] = {
        {"num_q", 1},
        {"num_ret", 4},
        {"num_rel", 3},
        {"num_rel_ret", 2},
        {"map", (1.0 / 2 + 2.0 / 3) / 3},
        {"ndcg", gain / ideal},
        {"ndcg_cut_10", gain / ideal},
        {"P_5", 2.0 / 5},
        {"P_10", 2.0 / 10},
        {"recall_100", 2.0 / 3},
        {"recip_rank", 1.0 / 2},
        {"bpref", (0.5 + 0.5) / 3},
        {"Rprec", 2.0 / 3},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (fabs(got.values[0][i] - cases[i].want) > 1e-12)
            fail_msg("%s: %f, not %f", cases[i].name, got.values[0][i],
                     cases[i].want);
    /* Nothing is relevant: nothing can be good. */
    for (size_t i = 4; i < 13; i++)
        assert_true(got.values[1][i] == 0);
}

static void summaries_are_sums_and_means(void **state)
{
    (void)state;
    seen got = {0}, all = {0};
    double some[OSL_MEASURES_MAX], complete[OSL_MEASURES_MAX];
    evaluate(false, &got, some);
    evaluate(true, &all, complete);
    assert_string_equal(all.queries, "123");
    assert_true(some[0] == 2 && some[1] == 5 && some[2] == 3 && some[3] == 2);
    assert_true(complete[0] == 3 && complete[1] == 5 && complete[2] == 5);
    assert_true(some[4] == got.values[0][4] / 2);
    assert_true(complete[4] == got.values[0][4] / 3);
}

static void a_measure_is_read_with_its_depths(void **state)
{
    (void)state;
    osl_error err;
    static const struct {
        const char *name;
        size_t count;
        const char *first;
    } cases[] = {
        {"map", 1, "map"},
        {"P.5,10", 2, "P_5"},
        {"ndcg_cut_10", 1, "ndcg_cut_10"},
        {"ndcg_cut.20", 1, "ndcg_cut_20"},
        {"recall", 9, "recall_5"},
        {"num_rel_ret", 1, "num_rel_ret"},
        {"P.", 0, NULL},
        {"P.0", 0, NULL},
        {"P.5,", 0, NULL},
        {"P.5,x", 0, NULL},
        {"ndcg.5", 0, NULL},
        {"maps", 0, NULL},
        {"", 0, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        osl_measure measures[OSL_MEASURES_MAX];
        char name[OSL_MEASURE_NAME_SIZE];
        size_t count = 0;
        osl_status status =
            osl_measure_read(measures, &count, cases[i].name, &err);
        if ((status == OSL_OK) != (cases[i].count > 0))
            fail_msg("'%s': status %d", cases[i].name, (int)status);
        if (status != OSL_OK)
            continue;
        assert_int_equal(count, cases[i].count);
        assert_string_equal(osl_measure_name(measures[0], name),
                            cases[i].first);
    }
    osl_measure measures[OSL_MEASURES_MAX];
    size_t count = OSL_MEASURES_MAX;
    assert_int_equal(osl_measure_read(measures, &count, "map", &err),
                     OSL_ELIMIT);
}

static void broken_files_are_refused_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *words;
        bool run;
    } cases[] = {
        {"too short", "1 0 a 1\n1 0 a\n", "q:2", false},
        {"no number", "1 0 a one\n", "q:1", false},
        {"twice", "1 0 a 1\n2 0 b 1\n1 0 a 0\n", "document a", false},
        {"no score", "1 Q0 a 1 x tag\n", "q:1", true},
        {"no tag", "1 Q0 a 1 2\n", "q:1", true},
        {"not a number", "1 Q0 a 1 nan tag\n", "q:1", true},
        {"a run twice", "1 Q0 a 1 2 t\n1 Q0 a 2 1 t\n", "query 1", true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        osl_error err = {0};
        osl_ranking_file *file = NULL;
        osl_text text = osl_text_of(cases[i].text);
        osl_status status = cases[i].run
                                ? osl_run_read(&file, text, "q", &err)
                                : osl_judgements_read(&file, text, "q", &err);
        assert_null(file);
        if (status != OSL_ECORRUPT || !strstr(err.text, cases[i].words))
            fail_msg("%s: %d (%s)", cases[i].name, (int)status, err.text);
    }
}

static void empty_files_give_an_empty_summary(void **state)
{
    (void)state;
    osl_error err;
    osl_ranking_file *judgements, *ranked;
    osl_measure measures[OSL_MEASURES_MAX];
    double summary[OSL_MEASURES_MAX];
    size_t count = osl_measure_usual(measures);
    assert_ok(osl_judgements_read(&judgements, osl_text_of(""), "q", &err));
    assert_ok(osl_run_read(&ranked, osl_text_of("\n \n"), "r", &err));
    const osl_evaluation what = {judgements, ranked, measures, count,
                                 true,       NULL,   NULL};
    assert_ok(osl_evaluate(&what, summary, &err));
    for (size_t i = 0; i < count; i++)
        assert_true(summary[i] == 0);
    osl_ranking_file_free(judgements);
    osl_ranking_file_free(ranked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measures_are_those_worked_out_by_hand),
        cmocka_unit_test(summaries_are_sums_and_means),
        cmocka_unit_test(a_measure_is_read_with_its_depths),
        cmocka_unit_test(broken_files_are_refused_with_their_line),
        cmocka_unit_test(empty_files_give_an_empty_summary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
