/* SPDX-License-Identifier: MIT */
#include "query/function_words.h"
#include "tests/test.h"

/* One word of each quarter of each table: it is searched by halves. */
static const struct {
    const char *language, *word;
    bool is;
} cases[] = {
    {"en", "a", true},         {"en", "how", true},      {"en", "of", true},
    {"en", "yourself", true},  {"en", "dose", false},    {"en", "under", false},
    {"en", "leukemia", false}, {"en", "", false},        {"de", "aber", true},
    {"de", "fur", true},       {"de", "zwischen", true}, {"de", "the", false},
    {"fr", "a", true},         {"fr", "ou", true},       {"fr", "y", true},
    {"es", "segun", true},     {"es", "yo", true},       {"none", "the", false},
    {"it", "il", false},
};

static void function_words_are_those_of_their_language(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (osl_is_function_word(osl_text_of(cases[i].word),
                                 cases[i].language) != cases[i].is)
            fail_msg("%s: %s", cases[i].language, cases[i].word);
}

/* Every word of a long list, as it stands in the table's order. */
static void no_word_is_lost_to_the_order_of_the_table(void **state)
{
    (void)state;
    static const char words[] =
        "about after again all also am an and any are as at be because been "
        "before being both but by can cannot could did do does doing down "
        "during each for from further had has have having he her here him his "
        "how however i if in into is it its may might more most must my no nor "
        "not of off on or other our out own per same shall she should so some "
        "such than that the their them then there these they this those "
        "through to too until up upon us very was we were what when where "
        "whether which while who whom whose why will with within without would "
        "you";
    for (const char *at = words; *at;) {
        size_t length = strcspn(at, " ");
        if (!osl_is_function_word((osl_text){at, length}, "en"))
            fail_msg("%.*s", (int)length, at);
        at += length + (at[length] == ' ');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(function_words_are_those_of_their_language),
        cmocka_unit_test(no_word_is_lost_to_the_order_of_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
