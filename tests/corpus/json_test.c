/* SPDX-License-Identifier: MIT
 *
 * JSON, JSX and FHIR Shorthand. */
#include "tests/corpus/corpus_test.h"

static const char *const goldens[] = {"condition.json", "chapter_jsx.json",
                                      "leaflet.fsh"};

static void files_give_their_golden_paragraphs(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(goldens); i++)
        test_golden(goldens[i]);
}

static void readers_are_chosen_by_content(void **state)
{
    static const struct {
        const char *name, *bytes, *want;
    } cases[] = {
        {"a.json", "{\"a\": \"b\"}", "json"},
        {"a.txt", "[{\"a\": \"b\"}]", "json"},
        {"a.json", "import a from 'a';\nexport let b = <p>c</p>;", "jsx"},
        {"a.json", "{\"id\": 1}\n{\"id\": 2}\n", "jsonl"},
        {"a.jsonl", "{\"id\": 1}\n", "jsonl"},
        {"a.json", "just words, no JSON", "text"},
        {"a.fsh", "Instance: a\nInstanceOf: B\n* title = \"c\"\n", "fsh"},
        {"a.md", "[a link](b) in text", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        osl_source source = {osl_text_of(cases[i].name),
                             osl_text_of(cases[i].bytes), NULL};
        const char *got = osl_corpus_format(&source);
        assert_non_null(got);
        if (cases[i].want != NULL && strcmp(got, cases[i].want) != 0)
            fail_msg("%s is read as %s", cases[i].bytes, got);
        if (cases[i].want == NULL)
            assert_string_not_equal(got, "json");
    }
}

static void an_array_of_named_objects_is_a_document_each(void **state)
{
    osl_buf out = {0};
    (void)state;
    assert_string_equal(
        test_read(&out, "a.json", NULL,
                  osl_text_of("[{\"id\": \"x\", \"title\": \"First one\", "
                              "\"text\": \"Rest in bed.\"},"
                              "{\"id\": 7, \"text\": \"Drink enough.\"}]")),
        "= x | First one | \np Rest in bed.\n= 7 | 7 | \np Drink enough.\n");
    osl_buf_clear(&out);
}

static void ends_of_lines_that_were_escaped_twice_are_blanks(void **state)
{
    osl_buf out = {0};
    (void)state;
    assert_string_equal(
        test_read(&out, "a.json", NULL,
                  osl_text_of("{\"text\": \"Paracetamol \\\\n Adult: 1 g.\\\\n"
                              "\\\\n Kept in C:\\\\new as \\\\nu.\\\\n\"}")),
        "= a.json | a | \np Paracetamol Adult: 1 g. Kept in C:\\new as "
        "\\nu.\n");
    osl_buf_clear(&out);
}

static void broken_json_is_reported_with_its_line(void **state)
{
    osl_buf out = {0};
    (void)state;
    const char *got = test_read(&out, "a.json", NULL,
                                osl_text_of("{\"a\": \"b\",\n \"c\": }\n"));
    assert_non_null(strstr(got, "! 2 no JSON"));
    assert_non_null(strstr(got, "!! 0 no guideline text"));
    osl_buf_clear(&out);
}

static void put(char *to, const char *bytes)
{
    while (*bytes)
        *to++ = *bytes++;
}

static void deep_nesting_does_no_harm(void **state)
{
    size_t depth = 10000;
    char *bytes = malloc(6 * depth);
    osl_buf out = {0};
    (void)state;
    assert_non_null(bytes);
    for (size_t i = 0; i < depth; i++) {
        put(bytes + i * 5, "{\"a\":");
        bytes[5 * depth + i] = '}';
    }
    (void)test_read(&out, "a.json", "json", (osl_text){bytes, 6 * depth});
    (void)test_read(&out, "a.json", "jsonl", (osl_text){bytes, 6 * depth});
    memset(bytes, '[', depth);
    (void)test_read(&out, "a.json", "json", (osl_text){bytes, depth});
    for (size_t i = 0; i < depth; i++)
        put(bytes + i * 4, "<p>{");
    (void)test_read(&out, "a.json", "jsx", (osl_text){bytes, 4 * depth});
    free(bytes);
    osl_buf_clear(&out);
}

static void hostile_files_do_no_harm(void **state)
{
    static const char *const formats[] = {"json", "jsx", "fsh"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(goldens); i++) {
        osl_text bytes = test_golden_file(goldens[i]);
        test_hostile("t", formats[i], bytes, 200);
        free((char *)bytes.bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_give_their_golden_paragraphs),
        cmocka_unit_test(readers_are_chosen_by_content),
        cmocka_unit_test(an_array_of_named_objects_is_a_document_each),
        cmocka_unit_test(ends_of_lines_that_were_escaped_twice_are_blanks),
        cmocka_unit_test(broken_json_is_reported_with_its_line),
        cmocka_unit_test(deep_nesting_does_no_harm),
        cmocka_unit_test(hostile_files_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
