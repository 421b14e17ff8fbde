/* SPDX-License-Identifier: MIT
 *
 * Which writings of a thing are the same to a search, and which are not, row
 * by row, through a real index: every writing of a row is a paragraph of its
 * own and is looked for, quoted. */
#include "indexer/indexer.h"
#include "query/query.h"
#include "tests/test.h"

#include <sys/stat.h>
#include <unistd.h>

enum { WRITINGS_MAX = 8 };

/* Each quoted finds all the others. */
static const char *const same[][WRITINGS_MAX] = {
    {"T-cell", "T cell",
     "T\xE2\x80\x91"
     "cell",
     "T\xE2\x80\x90"
     "cell"},
    {"relapse", "relapsed", "relapses"},
    {"leukaemia", "leukemia"},
    {"oedema", "edema"},
    {"angioedema", "angio-oedema", "angiooedema", "angio-edema"},
    {"tumour", "tumor"},
    {"haematopoietic", "hematopoietic"},
    {"mg/m2", "mg/m\xC2\xB2", "mg/m^2"},
    {"\xC3\x97"
     "10^9/L",
     "\xC3\x97"
     "10\xE2\x81\xB9/L",
     "\xC3\x97"
     "10\xE2\x81\xB9/l",
     "\xC3\x97 109/L"},
    {"0.01%", "0.01 %", ".01%"},
    {"BCR-ABL1", "BCR::ABL1", "BCR/ABL1", "BCRABL1"},
    {"BCR-ABL1 positive", "BCR::ABL1 positive", "BCR/ABL1 positive",
     "BCRABL1 positive"},
    {"t(9;22)(q34;q11.2)", "t 9 22 q34 q11.2"},
    {"interferon-\xCE\xB1", "interferon alpha"},
    {"na\xC3\xAFve", "naive"},
    {"Sj\xC3\xB6gren's", "Sjogren", "Sjogrens"},
    {"can't", "can\xE2\x80\x99t"},
    {"IL-2", "IL 2", "IL2"},
    {"T-ALL", "T ALL"},
    {"\xC2\xB5g", "\xCE\xBCg", "mcg"},
};

/* The left, quoted, does not find the right. */
static const char *const apart[][2] = {
    {"T cell", "B cell"},
    {"mg", "mcg"},
    {"10 9", "109 elsewhere"},
    {"10^9/L", "109 patients"},
    {"0.01%", "0.1"},
    {"0.01%", "01"},
    {"10 30", "1030"},
    {"t(9;22)", "t922"},
    {"interferon alpha", "interferon beta"},
    {"CD19+", "CD19-"},
    {"ALL", "all patients"},
    {"IL-2", "IL-12"},
    {"T-ALL", "tall"},
    {"\xC2\xB5g", "mg"},
    {"BCR-ABL1", "BCR alone"},
};

/* The left, quoted, finds the right. */
static const char *const finds[][2] = {
    {"CD19", "CD19+ cells"},
    {"CD19", "CD19- cells"},
    {"10 to 30", "10% to 30%"},
    {"ALL", "childhood ALL"},
    {"rabies", "RABIES EXPOSURE CATEGORIES"},
    {"10 30", "10%-30%"},
    {"10 30", "10\xE2\x80\x93"
              "30 %"},
};

static osl_searcher *searcher;

static void put_writing(FILE *file, const char *id, const char *text)
{
    fprintf(file, "{\"id\":\"%s\",\"text\":\"%s\"}\n", id, text);
}

/* Ids: s-ROW-COLUMN, a-ROW, f-ROW. */
static int make_index(void **state)
{
    char base[] = "/tmp/osl-same-XXXXXX", path[64], index[64], id[32];
    (void)state;
    assert_non_null(mkdtemp(base));
    snprintf(path, sizeof path, "%s/texts.jsonl", base);
    snprintf(index, sizeof index, "%s/index", base);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < COUNT_OF(same); i++)
        for (size_t j = 0; j < WRITINGS_MAX && same[i][j]; j++) {
            snprintf(id, sizeof id, "s-%zu-%zu", i, j);
            put_writing(file, id, same[i][j]);
        }
    for (size_t i = 0; i < COUNT_OF(apart); i++) {
        snprintf(id, sizeof id, "a-%zu", i);
        put_writing(file, id, apart[i][1]);
    }
    for (size_t i = 0; i < COUNT_OF(finds); i++) {
        snprintf(id, sizeof id, "f-%zu", i);
        put_writing(file, id, finds[i][1]);
    }
    assert_int_equal(fclose(file), 0);
    osl_error err = {0};
    osl_index_options options = {.thread_count = 1};
    osl_index_report report;
    const char *paths[] = {path};
    assert_ok(osl_index_update(index, paths, 1, &options, NULL, &report, &err));
    assert_ok(osl_searcher_open(&searcher, index, 0, &err));
    snprintf(path, sizeof path, "rm -rf '%s'", base);
    assert_int_equal(system(path), 0); /* it stays mapped */
    return 0;
}

static int drop_index(void **state)
{
    (void)state;
    osl_searcher_free(searcher);
    return 0;
}

/* Does `text`, quoted, find the paragraph `id`? */
static bool found(const char *text, const char *id)
{
    osl_search_options options = osl_search_defaults;
    osl_error err = {0};
    osl_answer *answer;
    char query[128];
    bool is = false;
    snprintf(query, sizeof query, "\"%s\"", text);
    options.k = 1000;
    assert_ok(
        osl_search(searcher, osl_text_of(query), &options, &answer, &err));
    for (size_t i = 0; i < osl_answer_hit_count(answer); i++)
        is |= osl_text_equal(osl_answer_hit(answer, i)->id, osl_text_of(id));
    osl_answer_free(answer);
    return is;
}

static void each_writing_finds_the_others(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT_OF(same); i++)
        for (size_t j = 0; j < WRITINGS_MAX && same[i][j]; j++)
            for (size_t k = 0; k < WRITINGS_MAX && same[i][k]; k++) {
                char id[32];
                snprintf(id, sizeof id, "s-%zu-%zu", i, k);
                if (found(same[i][j], id))
                    continue;
                print_message("\"%s\" does not find %s\n", same[i][j],
                              same[i][k]);
                wrong++;
            }
    assert_int_equal(wrong, 0);
}

static void what_is_apart_is_not_found(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT_OF(apart); i++) {
        char id[32];
        snprintf(id, sizeof id, "a-%zu", i);
        if (!found(apart[i][0], id))
            continue;
        print_message("\"%s\" finds %s\n", apart[i][0], apart[i][1]);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void words_and_figures_are_found_in_their_dress(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT_OF(finds); i++) {
        char id[32];
        snprintf(id, sizeof id, "f-%zu", i);
        if (found(finds[i][0], id))
            continue;
        print_message("\"%s\" does not find %s\n", finds[i][0], finds[i][1]);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void an_exact_form_is_not_its_stem(void **state)
{
    (void)state;
    osl_search_options options = osl_search_defaults;
    osl_error err = {0};
    osl_answer *answer;
    assert_ok(
        osl_search(searcher, osl_text_of("=relapse"), &options, &answer, &err));
    assert_int_equal(osl_answer_hit_count(answer), 1);
    assert_true(osl_text_equal(osl_answer_hit(answer, 0)->text,
                               osl_text_of("relapse")));
    osl_answer_free(answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_writing_finds_the_others),
        cmocka_unit_test(what_is_apart_is_not_found),
        cmocka_unit_test(words_and_figures_are_found_in_their_dress),
        cmocka_unit_test(an_exact_form_is_not_its_stem),
    };
    return cmocka_run_group_tests(tests, make_index, drop_index);
}
