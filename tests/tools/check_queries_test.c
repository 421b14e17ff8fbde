/* SPDX-License-Identifier: MIT
 *
 * osler index --check-queries: what no longer answers its questions is not
 * published. */
#include "tests/tools/command.h"

#include "tests/test.h"

#include <jansson.h>

static const char fever[] = "# Fever\n\nGive 5 mg of paracetamol.\n\n"
                            "Cool sponges do not help.\n";
/* The same paragraphs, each one place further down. */
static const char shifted[] = "# Fever\n\nWeigh the child.\n\n"
                              "Give 5 mg of paracetamol.\n\n"
                              "Cool sponges do not help.\n";
static const char fallen[] = "# Fever\n\nGive 5 mg of paracetamol.\n";

static void write_text(const sandbox *box, const char *name, const char *text)
{
    sandbox_write(box, name, text, strlen(text));
}

/* The published generation's number. */
static long generation(const sandbox *box)
{
    result got = {0};
    run_line(box, "stats --json", &got);
    assert_int_equal(got.code, 0);
    const char *at = strstr(out_of(&got), "\"generation\":");
    assert_non_null(at);
    long number = strtol(at + strlen("\"generation\":"), NULL, 10);
    result_clear(&got);
    return number;
}

/* Files of the index folder, one a line. */
static void list_files(const sandbox *box, result *out)
{
    run_shell(box, "ls .osler", out);
    assert_int_equal(out->code, 0);
}

static const struct {
    const char *form; /* options that name the questions */
    const char *questions, *judgements;
} forms[] = {
    {"--check-queries q", "paracetamol\tfever.md#1\nsponges\tfever.md#2\n", ""},
    {"--check-queries q",
     "{\"id\":1,\"query\":\"paracetamol\",\"expected\":\"fever.md#1\"}\n"
     "{\"id\":2,\"query\":\"sponges\",\"expected\":[\"fever.md#2\"]}\n",
     ""},
    {"--check-queries q --check-qrels j", "a\tparacetamol\nb\tsponges\n",
     "a 0 fever.md#1 1\nb 0 fever.md#2 2\nb 0 fever.md#1 0\nz 0 x 1\n"},
};

/* Runs `osler index OPTIONS MORE fever.md`. */
static void run_index(const sandbox *box, const char *options, const char *more,
                      result *out)
{
    char line[256];
    (void)snprintf(line, sizeof line, "index %s %s fever.md", options, more);
    run_line(box, line, out);
}

static void check_form(size_t n)
{
    sandbox box;
    result got = {0}, before = {0}, after = {0};
    sandbox_make(&box);
    write_text(&box, "fever.md", fever);
    write_text(&box, "q", forms[n].questions);
    write_text(&box, "j", forms[n].judgements);
    run_index(&box, forms[n].form, "--min-recall 1", &got);
    assert_int_equal(got.code, 0);
    /* Another number is no fall, and it is said. */
    write_text(&box, "fever.md", shifted);
    run_index(&box, forms[n].form, "--min-recall 1", &got);
    assert_int_equal(got.code, 0);
    assert_non_null(strstr(err_of(&got), "fever.md#1 is now #2: bring q"));
    assert_int_equal(generation(&box), 2);
    write_text(&box, "fever.md", fever);
    run_index(&box, "", "", &got);
    assert_int_equal(got.code, 0);
    /* What falls is not published, and nothing of it is left. */
    list_files(&box, &before);
    write_text(&box, "fever.md", fallen);
    run_index(&box, forms[n].form, "--min-recall 0.9", &got);
    assert_int_equal(got.code, 3);
    assert_non_null(strstr(err_of(&got), "recall is 0.500, below 0.900"));
    assert_non_null(strstr(
        err_of(&got), "fell from 1.000 to 0.000: sponges; without fever.md#2"));
    assert_null(strstr(err_of(&got), "paracetamol"));
    list_files(&box, &after);
    assert_string_equal(out_of(&before), out_of(&after));
    assert_int_equal(generation(&box), 3);
    run_line(&box, "search --count sponges", &got);
    assert_string_equal(out_of(&got), "1\n");
    /* Without a bound: that of the generation before. */
    run_index(&box, forms[n].form, "", &got);
    assert_int_equal(got.code, 3);
    /* Below the bound, and published: what fell is said. */
    run_index(&box, forms[n].form, "--min-recall 0.5", &got);
    assert_int_equal(got.code, 0);
    assert_non_null(strstr(err_of(&got), "fell from 1.000 to 0.000: sponges"));
    assert_int_equal(generation(&box), 4);
    run_line(&box, "check", &got);
    assert_int_equal(got.code, 0);
    result_clear(&got);
    result_clear(&before);
    result_clear(&after);
    sandbox_remove(&box);
}

static void what_falls_is_not_published(void **state)
{
    (void)state;
    for (size_t n = 0; n < COUNT_OF(forms); n++)
        check_form(n);
}

static void a_first_index_that_falls_leaves_nothing(void **state)
{
    (void)state;
    sandbox box;
    result got = {0};
    sandbox_make(&box);
    write_text(&box, "fever.md", fallen);
    write_text(&box, "q", "sponges\tfever.md#2\nparacetamol\tfever.md\n");
    run_line(&box, "index --json --check-queries q --min-recall 0.8 fever.md",
             &got);
    assert_int_equal(got.code, 3);
    json_t *object = json_loads(out_of(&got), 0, NULL);
    assert_non_null(object);
    assert_true(json_is_false(json_object_get(object, "published")));
    assert_true(json_is_null(json_object_get(object, "recall_before")));
    assert_int_equal(json_array_size(json_object_get(object, "fell")), 1);
    json_decref(object);
    run_shell(&box, "ls .osler", &got);
    assert_int_not_equal(got.code, 0);
    result_clear(&got);
    sandbox_remove(&box);
}

/* Options, what stands in the file q, and what is said. */
static const struct {
    const char *options, *file, *said;
    int code;
} wrong[] = {
    {"--min-recall 0.5", "", "go with --check-queries", 2},
    {"--check-qrels q", "", "go with --check-queries", 2},
    {"--check-queries q --min-recall 1.5", "a\tb#1\n", "a share", 2},
    {"--check-queries q --dry-run", "a\tb#1\n", "--dry-run", 2},
    {"--check-queries q --watch", "a\tb#1\n", "--watch", 2},
    {"--check-queries nowhere", "", "nowhere: cannot open", 3},
    {"--check-queries q", "", "no query with expected", 2},
    {"--check-queries q", "only a query\n", "q:1: not a line like", 2},
    {"--check-queries q", "a\tb\nquery\t \n", "q:2: a query without", 2},
    {"--check-queries q", "{\"id\":1,\"query\":\"a\"}\n", "\"expected\"", 2},
    {"--check-queries q", "{\"id\":1,\"query\":\"a\",\"expected\":[1]}\n",
     "\"expected\"", 2},
    {"--check-queries q", "{\"id\":1,\n", "q:1: not JSON", 2},
    {"--check-queries q --check-qrels q", "a\tb\n", "query 0 paragraph 1", 2},
};

static void what_is_no_check_is_said_before_anything_is_read(void **state)
{
    (void)state;
    sandbox box;
    result got = {0};
    sandbox_make(&box);
    write_text(&box, "fever.md", fever);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        write_text(&box, "q", wrong[i].file);
        run_index(&box, wrong[i].options, "", &got);
        if (got.code != wrong[i].code || !strstr(err_of(&got), wrong[i].said))
            fail_msg("%s: %d %s", wrong[i].options, got.code, err_of(&got));
    }
    run_shell(&box, "ls .osler", &got);
    assert_int_not_equal(got.code, 0);
    result_clear(&got);
    sandbox_remove(&box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_falls_is_not_published),
        cmocka_unit_test(a_first_index_that_falls_leaves_nothing),
        cmocka_unit_test(what_is_no_check_is_said_before_anything_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
