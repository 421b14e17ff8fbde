/* SPDX-License-Identifier: MIT
 *
 * What osler stats says of an index: counts, settings, terms, and of what its
 * bytes are. */
#include "tests/tools/command.h"

#include "tests/test.h"

#include <dirent.h>
#include <jansson.h>
#include <sys/stat.h>

/* Two segments, of which one has deletions; settings that are no defaults. */
static int make_index(void **state)
{
    static sandbox box;
    result got = {0};
    static const char *const lines[] = {
        "index -q --store small --pairs more --fold-acronyms asthma.html "
        "pneumonia.txt sepsis.md",
        "index -q pneumonia.txt"};
    static const char text[] = "# Pneumonia\n\nGive one antibiotic.\n";
    sandbox_make(&box);
    sandbox_copy(&box, OSL_SAMPLE_DIR "/asthma.html", "asthma.html");
    sandbox_copy(&box, OSL_SAMPLE_DIR "/pneumonia.txt", "pneumonia.txt");
    sandbox_copy(&box, OSL_SAMPLE_DIR "/anticoagulation-2024.md", "sepsis.md");
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        run_line(&box, lines[i], &got);
        if (got.code != 0)
            fail_msg("osler %s: %s", lines[i], err_of(&got));
        sandbox_write(&box, "pneumonia.txt", text, strlen(text));
    }
    result_clear(&got);
    *state = &box;
    return 0;
}

static int drop_index(void **state)
{
    sandbox_remove(*state);
    return 0;
}

/* The n-th line of what is printed as JSON; the caller's. */
static json_t *object_at(result *got, unsigned n)
{
    json_error_t problem;
    const char *at = out_of(got);
    for (; n > 0; n--) {
        at = strchr(at, '\n');
        assert_non_null(at);
        at++;
    }
    json_t *line = json_loads(at, JSON_DISABLE_EOF_CHECK, &problem);
    if (!line)
        fail_msg("%s: %s", problem.text, at);
    return line;
}

/* What the files of the newest generation take. */
static uint64_t count_bytes(const sandbox *box)
{
    char path[1024];
    uint64_t sum = 0;
    (void)snprintf(path, sizeof path, "%s/.osler", box->path);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        struct stat about;
        (void)snprintf(path, sizeof path, "%s/.osler/%s", box->path,
                       entry->d_name);
        bool is_old = strcmp(entry->d_name, "000001.reg") == 0;
        if (is_old || entry->d_name[0] != '0')
            continue;
        assert_int_equal(stat(path, &about), 0);
        sum += (uint64_t)about.st_size;
    }
    (void)closedir(folder);
    return sum;
}

static void parts_are_all_bytes_of_the_index_the_largest_first(void **state)
{
    result got = {0};
    json_t *value;
    const char *name;
    json_int_t sum = 0, last = INT64_MAX;
    static const char *const some[] = {"postings of text", "word codes",
                                       "documents",        "catalogs",
                                       "deletions",        "registry"};
    run_line(*state, "stats --json", &got);
    assert_int_equal(got.code, 0);
    json_t *stats = object_at(&got, 0);
    assert_int_equal(json_integer_value(json_object_get(stats, "segments")), 2);
    json_t *parts = json_object_get(stats, "parts");
    json_object_foreach(parts, name, value)
    {
        json_int_t bytes = json_integer_value(value);
        assert_true(bytes > 0 && bytes <= last);
        last = bytes;
        sum += bytes;
    }
    for (size_t i = 0; i < COUNT_OF(some); i++)
        if (!json_object_get(parts, some[i]))
            fail_msg("%s: not named", some[i]);
    assert_int_equal(sum,
                     json_integer_value(json_object_get(stats, "bytes_index")));
    assert_int_equal(sum, count_bytes(*state));
    json_decref(stats);
    result_clear(&got);
}

static void settings_are_as_the_index_was_made(void **state)
{
    result got = {0};
    run_line(*state, "stats --json", &got);
    json_t *stats = object_at(&got, 0);
    static const char *const names[][2] = {
        {"language", "en"}, {"store", "small"}, {"pairs", "more"}};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        json_t *value = json_object_get(stats, names[i][0]);
        assert_non_null(value);
        assert_string_equal(json_string_value(value), names[i][1]);
    }
    assert_true(json_is_true(json_object_get(stats, "fold_acronyms")));
    json_decref(stats);
    result_clear(&got);
}

static void terms_follow_an_object_each(void **state)
{
    result got = {0};
    run_line(*state, "stats --json -k 4", &got);
    assert_int_equal(got.code, 0);
    for (unsigned i = 1; i <= 4; i++) {
        json_t *term = object_at(&got, i);
        assert_true(json_is_string(json_object_get(term, "term")));
        assert_true(json_is_integer(json_object_get(term, "paragraphs")));
        json_decref(term);
    }
    result_clear(&got);
}

/* Small parts are one for a person, but with -v. */
static void a_person_sees_parts_and_settings(void **state)
{
    result got = {0};
    run_line(*state, "stats -k 1", &got);
    const char *out = out_of(&got);
    assert_non_null(strstr(out, "\nstore                    small\n"));
    assert_non_null(strstr(out, "\npairs                     more\n"));
    assert_non_null(strstr(out, "\npart "));
    assert_non_null(strstr(out, "\nword codes "));
    assert_non_null(strstr(out, "\nothers "));
    assert_null(strstr(out, "lengths of titles"));
    run_line(*state, "stats -v -k 1", &got);
    assert_null(strstr(out_of(&got), "\nothers "));
    assert_non_null(strstr(out_of(&got), "\nlengths of titles "));
    result_clear(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_all_bytes_of_the_index_the_largest_first),
        cmocka_unit_test(settings_are_as_the_index_was_made),
        cmocka_unit_test(terms_follow_an_object_each),
        cmocka_unit_test(a_person_sees_parts_and_settings),
    };
    return cmocka_run_group_tests(tests, make_index, drop_index);
}
