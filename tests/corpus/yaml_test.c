/* SPDX-License-Identifier: MIT */
#include "tests/corpus/golden.h"

#include "corpus/yaml_tree.h"

static void exports_and_written_files_read_as_expected(void **state)
{
    (void)state;
    golden_check("yaml/export.content.yml", "yaml");
    golden_check("yaml/written.yaml", "yaml");
}

static void cut_and_spoilt_files_do_no_harm(void **state)
{
    (void)state;
    golden_torture("yaml/export.content.yml", "yaml", 1);
    golden_torture("yaml/written.yaml", "yaml", 1);
}

static const golden_case cases[] = {
    {"a fault keeps what stands before it",
     "title: T\nbody: Some prose stands here.\nother: [1, 2\nmore: {",
     "Some prose stands here.", NULL},
    {"a fault says its line",
     "title: T\nbody: Some prose stands here.\nother: [1, 2\nmore: {",
     "report 4: broken YAML", NULL},
    {"aliases do not grow",
     "a: &a [\"lots of words here\", \"and more of them\"]\n"
     "b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
     "c: [*b, *b, *b, *b, *b, *b, *b, *b, *b]\n",
     "lots of words here",
     "lots of words here\n  item 1: and more of them\n  "
     "item 1: lots"},
    {"an alias as a key", "? &k key\n: one two three four five\n*k : x\n",
     "one two three four five", NULL},
    {"a map as a key", "? {a: b}\n: {text: one two three four five}\nx: y\n",
     "one two three four five", NULL},
    {"broken UTF-8", "title: T\nbody: Some \xFF prose stands here.\n",
     "report 2: broken UTF-8", NULL},
    {"a byte order mark", "\xEF\xBB\xBFtitle: T\nbody: Some prose is here.\n",
     "document T", "report"},
    {"no prose", "a: 1\nb: [2, 3]\nc: /some/path\n", "skipped", NULL},
    {"commands are no prose",
     "title: T\nscript: make all the things now please\ntext: Rest in bed.\n",
     "Rest in bed.", "make all"},
    {"a list of lists", "- - - one two three\n    - four five six\n",
     "four five", NULL},
};

static void small_sources_read_as_they_should(void **state)
{
    (void)state;
    golden_try(cases, COUNT_OF(cases), "a.yml", "yaml");
}

static void deep_nesting_is_reported_and_bounded(void **state)
{
    (void)state;
    osl_buf deep = {0}, out = {0};
    osl_buf_printf(&deep, "title: T\nbody: Some prose stands here.\nmore: ");
    for (unsigned i = 0; i < 10000; i++)
        osl_buf_put_byte(&deep, '[');
    golden_read(&out, "a.yml", "yaml", osl_buf_text(&deep));
    assert_non_null(strstr((char *)out.bytes, "Some prose stands here."));
    assert_non_null(strstr((char *)out.bytes, "nested deeper"));
    osl_buf_clear(&deep);
    osl_buf_clear(&out);
}

static void front_matter_is_not_taken_for_yaml(void **state)
{
    (void)state;
    static const struct {
        const char *name, *file, *bytes;
        bool is_yaml;
    } files[] = {
        {"front matter", "a.md",
         "---\ntitle: T\nauthor: N\ntags: x\n---\n\n# One\n\nText of it goes "
         "on.\n\nMore of the text.\n",
         false},
        {"notes", "a.txt",
         "Note: this is a text.\nIt has lines.\nSee: below\nAnd more.\n",
         false},
        {"plain YAML without a name", "a.dat",
         "title: T\nbody: Some prose.\nmore:\n  - x: y\n", true},
        {"YAML by name", "a.yaml", "title: T\nbody: Some prose.\n", true},
        {"JSON", "a.json", "{\"a\": 1}", false},
    };
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        osl_source source = {osl_text_of(files[i].file),
                             osl_text_of(files[i].bytes), NULL};
        const char *format = osl_corpus_format(&source);
        if ((format && strcmp(format, "yaml") == 0) != files[i].is_yaml)
            fail_msg("%s: read as %s", files[i].name, format);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exports_and_written_files_read_as_expected),
        cmocka_unit_test(cut_and_spoilt_files_do_no_harm),
        cmocka_unit_test(small_sources_read_as_they_should),
        cmocka_unit_test(deep_nesting_is_reported_and_bounded),
        cmocka_unit_test(front_matter_is_not_taken_for_yaml),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
