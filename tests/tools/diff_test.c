/* SPDX-License-Identifier: MIT
 *
 * osler diff, and older generations, as a person and a script meet them. */
#include "tests/tools/command.h"

#include "tests/test.h"

#include <jansson.h>

/* Four states of two guidelines; each is published as a generation. */
static const char *const states[][2] = {
    {"# Fever\n\n## Dose\n\nGive 5 mg of the drug once a day for a week.\n\n"
     "Stop when the fever is gone. <script>alert(1)</script>\n\n"
     "## Follow-up\n\nSee the child again after three days.\n",
     "# Cough\n\nOffer honey at bedtime.\n"},
    {"# Fever\n\n## Dose\n\nWeigh every child before treatment.\n\n"
     "Give 10 mg of the drug once a day for a week.\n\n"
     "## Follow-up\n\nSee the child again after three days.\n",
     "# Cough\n\nOffer honey at bedtime.\n"},
    {"# Fever\n\n## Dose\n\nWeigh every child before treatment.\n\n"
     "Give 10 mg of the drug once a day for a week.\n\n"
     "## Follow-up\n\nSee the child again after three days.\n",
     NULL},
    {"# Fever\n\n## Dose\n\nSee the child again after three days.\n\n"
     "Weigh every child before treatment.\n\n"
     "Give 10 mg of the drug once a day for a week.\n",
     "# Cough\n\nOffer honey at bedtime & a <b>drink</b>.\n"},
};

static void write_state(const sandbox *box, size_t n)
{
    result got = {0};
    sandbox_write(box, "fever.md", states[n][0], strlen(states[n][0]));
    if (states[n][1])
        sandbox_write(box, "cough.md", states[n][1], strlen(states[n][1]));
    else
        run_shell(box, "rm cough.md", &got);
    result_clear(&got);
}

/* An index with the generations 1 to `count`. */
static sandbox make_index(size_t count, const char *options)
{
    sandbox box;
    result got = {0};
    char line[256];
    sandbox_make(&box);
    for (size_t i = 0; i < count; i++) {
        write_state(&box, i);
        (void)snprintf(line, sizeof line,
                       "osler index -q --include '*.md' %s .", options);
        run_shell(&box, line, &got);
        assert_string_equal(err_of(&got), "");
        assert_int_equal(got.code, 0);
    }
    result_clear(&got);
    return box;
}

/* Command lines, how they end, and words that must be there (or, behind "!",
 * must not). */
static const struct {
    const char *line;
    int code;
    const char *words[6];
} lines[] = {
    {"diff --from 1 --to 2",
     0,
     {"generation 1 (20",
      "~ fever.md  Fever  (+1 ~1 \xE2\x88\x92"
      "1)",
      "Give [-5-]{+10+} mg", "+ #1  Dose", "[-Stop when the fever",
      "documents +0 ~1 \xE2\x88\x92"
      "0, paragraphs +1 ~1 \xE2\x88\x92"
      "1"}},
    {"diff --from 2 --to 1", 0, {"Give [-10-]{+5+} mg", "+ #2", "!cough"}},
    {"diff --from 2 --to 2", 1, {"no difference"}},
    {"diff", 0, {"+ cough.md", "> #1 (was #3)  Dose  (was below Follow-up)"}},
    {"diff --from 2 --to 3", 0, {"- cough.md", "!honey"}},
    {"diff -v --from 2 --to 3", 0, {"- cough.md", "[-Offer honey"}},
    {"diff --color always --from 1 --to 2", 0, {"\033[32m10\033[0m"}},
    {"diff --from 9", 3, {"generation 9 is not kept"}},
    {"diff --to 1", 3, {"no generation before 1 is kept"}},
    {"diff --from 1 --to 2 --html",
     0,
     {"<!DOCTYPE html>", "Give <del>5</del><ins>10</ins> mg", "!<script",
      "href=\"#d1\"", "</html>"}},
    {"diff --from 3 --to 4 --html", 0, {"honey at bedtime &#38; a"}},
    {"diff --from 2 --to 2 --html", 1, {"No difference.", "</html>"}},
    {"diff --html --json", 2, {"--html goes neither"}},
    {"diff 1 2", 2, {"diff takes no '1'"}},
    {"diff --queries nowhere.tsv", 3, {"nowhere.tsv"}},
    {"search --generation 1 --count honey", 0, {"1"}},
    {"search --generation 3 --count honey", 1, {"0"}},
    {"search --generation 2 honey", 0, {"generation 2"}},
    {"search --generation 5 honey", 3, {"generation 5 is not kept"}},
    {"show --generation 1 fever.md#1", 0, {"Give 5 mg"}},
    {"show --generation 3 cough.md", 1, {"cough.md"}},
    {"stats --generation 3", 0, {"documents                    1"}},
    {"stats --generation 7", 3, {"not kept"}},
};

static void check_words(const char *text, const char *const *words)
{
    for (size_t i = 0; i < 6 && words[i]; i++) {
        bool wanted = *words[i] != '!';
        if ((strstr(text, words[i] + !wanted) != NULL) != wanted)
            fail_msg("'%s' in:\n%s", words[i], text);
    }
}

static void differences_are_told_and_exit_codes_say_so(void **state)
{
    (void)state;
    sandbox box = make_index(4, "--keep 9");
    result got = {0};
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        run_line(&box, lines[i].line, &got);
        if (got.code != lines[i].code)
            fail_msg("%s: %d %s%s", lines[i].line, got.code, out_of(&got),
                     err_of(&got));
        check_words(got.code > 1 || !got.out.length ? err_of(&got)
                                                    : out_of(&got),
                    lines[i].words);
    }
    result_clear(&got);
    sandbox_remove(&box);
}

static void generations_are_kept_as_many_as_asked_for(void **state)
{
    (void)state;
    result got = {0};
    for (unsigned keep = 2; keep <= 4; keep++) {
        char option[32], line[64];
        (void)snprintf(option, sizeof option, "--keep %u", keep);
        sandbox box = make_index(4, option);
        for (unsigned g = 1; g <= 4; g++) {
            (void)snprintf(line, sizeof line, "search --generation %u child",
                           g);
            run_line(&box, line, &got);
            assert_int_equal(got.code, g + keep > 4 ? 0 : 3);
        }
        sandbox_remove(&box);
    }
    result_clear(&got);
}

static void without_texts_it_says_so(void **state)
{
    (void)state;
    sandbox box = make_index(2, "--store none");
    result got = {0};
    run_line(&box, "diff", &got);
    assert_int_equal(got.code, 0);
    check_words(err_of(&got), (const char *const[6]){"texts are not stored"});
    check_words(out_of(&got), (const char *const[6]){"(+2 ~0 \xE2\x88\x92"
                                                     "2)",
                                                     "(text not stored)"});
    result_clear(&got);
    sandbox_remove(&box);
}

/* ---- queries ------------------------------------------------------------ */

static const char *const query_files[][2] = {
    {"auto", "honey\ndrug\nnothing like it\n"},
    {"tsv", "1\thoney\n2\tdrug\n3\tnothing like it\n"},
    {"jsonl", "{\"id\":1,\"query\":\"honey\"}\n{\"_id\":\"2\",\"text\":"
              "\"drug\"}\n{\"id\":\"3\",\"query\":\"nothing like it\"}\n"},
};

static void check_hit(const json_t *object, const char *list, const char *id,
                      json_int_t before, json_int_t now)
{
    const json_t *hit = json_array_get(json_object_get(object, list), 0);
    assert_non_null(hit);
    assert_string_equal(json_string_value(json_object_get(hit, "id")), id);
    assert_int_equal(json_integer_value(json_object_get(hit, "rank_before")),
                     before);
    assert_int_equal(json_integer_value(json_object_get(hit, "rank")), now);
}

static json_t *next_object(const char **at)
{
    json_error_t why;
    json_t *object = json_loads(*at, JSON_DISABLE_EOF_CHECK, &why);
    const char *end = strchr(*at, '\n');
    assert_non_null(object);
    assert_non_null(end);
    *at = end + 1;
    return object;
}

static void queries_whose_answers_changed_are_told(void **state)
{
    (void)state;
    sandbox box = make_index(3, "--keep 9");
    result got = {0};
    for (size_t i = 0; i < COUNT_OF(query_files); i++) {
        char line[128];
        sandbox_write(&box, "queries", query_files[i][1],
                      strlen(query_files[i][1]));
        (void)snprintf(line, sizeof line,
                       "diff --json --input %s --queries queries",
                       query_files[i][0]);
        run_line(&box, line, &got);
        assert_int_equal(got.code, 0);
        const char *at = out_of(&got);
        json_t *object = next_object(&at);
        check_hit(object, "left", "cough.md#1", 1, 0);
        json_decref(object);
        object = next_object(&at);
        assert_int_equal(json_integer_value(json_object_get(object, "queries")),
                         3);
        assert_int_equal(
            json_integer_value(json_object_get(object, "queries_changed")), 1);
        assert_int_equal(*at, '\0');
        json_decref(object);
        /* From 1 to 2 the dose has changed, and its number: the same hit. */
        (void)snprintf(line, sizeof line,
                       "diff --input %s --queries queries --from 1 --to 2",
                       query_files[i][0]);
        run_line(&box, line, &got);
        assert_int_equal(got.code, 1);
    }
    run_line(&box, "diff --queries queries", &got);
    check_words(out_of(&got),
                (const char *const[6]){"1  honey", "left     1 \xE2\x86\x92",
                                       "1 of 3 queries changed"});
    run_line(&box, "diff --by-document -k 1 --queries queries --to 2", &got);
    assert_int_equal(got.code, 1);
    sandbox_write(&box, "queries", "{\"id\":1}\n", 9);
    run_line(&box, "diff --queries queries", &got);
    assert_int_equal(got.code, 2);
    check_words(err_of(&got), (const char *const[6]){"queries:1: not an"});
    result_clear(&got);
    sandbox_remove(&box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_are_told_and_exit_codes_say_so),
        cmocka_unit_test(generations_are_kept_as_many_as_asked_for),
        cmocka_unit_test(without_texts_it_says_so),
        cmocka_unit_test(queries_whose_answers_changed_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
