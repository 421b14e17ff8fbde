/* SPDX-License-Identifier: MIT
 *
 * The command makes and updates indexes, of files as they may be, and says what
 * it met. */
#include "tests/tools/command.h"

#include "tests/test.h"

#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "core/base/bytes.h"
#include "core/base/file.h"

#define SUMMARY                                                            \
    "^%s documents \\(\\+%s ~%s −%s\\), [0-9,]+ paragraphs \\([0-9,]+ "  \
    "written, [0-9.]+ %% reused\\), %s files skipped, generation [0-9]+, " \
    "[0-9]+\\.[0-9] s$"

static void expect_summary(result *got, const char *documents,
                           const char *added, const char *changed,
                           const char *removed, const char *skipped)
{
    char pattern[512];
    (void)snprintf(pattern, sizeof pattern, SUMMARY, documents, added, changed,
                   removed, skipped);
    if (got->code != 0 || !text_fits(out_of(got), pattern))
        fail_msg("code %d\n%s%s", got->code, out_of(got), err_of(got));
}

static void an_index_follows_its_files(void **state)
{
    (void)state;
    sandbox box;
    result got = {0};
    char folder[512];
    sandbox_make(&box);
    (void)snprintf(folder, sizeof folder, "%s/in", box.path);
    assert_int_equal(mkdir(folder, 0700), 0);
    sandbox_copy(&box, OSL_SAMPLE_DIR "/anticoagulation-2019.md", "in/af.md");
    sandbox_copy(&box, OSL_SAMPLE_DIR "/asthma.html", "in/asthma.html");
    run_line(&box, "index in", &got);
    expect_summary(&got, "2", "2", "0", "0", "0");
    run_line(&box, "search --count \"HAS-BLED\"", &got);
    assert_int_equal(got.code, 0);
    run_line(&box, "index", &got);
    expect_summary(&got, "2", "0", "0", "0", "0");
    sandbox_copy(&box, OSL_SAMPLE_DIR "/anticoagulation-2024.md", "in/af.md");
    run_line(&box, "index", &got);
    expect_summary(&got, "2", "0", "1", "0", "0");
    run_line(&box, "search --count \"HAS-BLED\"", &got);
    assert_int_equal(got.code, 1);
    run_line(&box, "search --count ORBIT", &got);
    assert_int_equal(got.code, 0);
    (void)snprintf(folder, sizeof folder, "%s/in/asthma.html", box.path);
    assert_int_equal(unlink(folder), 0);
    run_line(&box, "index", &got);
    expect_summary(&got, "1", "0", "0", "1", "0");
    run_line(&box, "index --full in", &got);
    expect_summary(&got, "1", "[01]", "0", "[01]", "0");
    result_clear(&got);
    sandbox_remove(&box);
}

/* What a search of its fails with, bench says, too. */
static void bench_says_what_damage_it_met(void **state)
{
    (void)state;
    sandbox box;
    result got = {0};
    sandbox_make(&box);
    run_shell(&box,
              "seq 4000 | sed 's/.*/{\"id\":\"&\",\"text\":\"aspirin w&x\"}/'"
              " | osler index -",
              &got);
    assert_int_equal(got.code, 0);
    sandbox_write(&box, "queries.tsv", "term\taspirin\n", 13);
    run_line(&box, "bench queries.tsv", &got);
    assert_int_equal(got.code, 0);
    run_shell(&box,
              "head -c 8192 /dev/zero | tr '\\0' x | dd of=.osler/000001.seg "
              "bs=64 seek=1 conv=notrunc",
              &got);
    assert_int_equal(got.code, 0);
    run_line(&box, "bench queries.tsv", &got);
    assert_int_equal(got.code, 3);
    assert_true(text_fits(err_of(&got), "^osler: .*000001\\.seg: damaged: "));
    result_clear(&got);
    sandbox_remove(&box);
}

static void jsonl_comes_from_standard_input(void **state)
{
    (void)state;
    sandbox box;
    result got = {0};
    sandbox_make(&box);
    static const char *const make[] = {"index", "--json", "-", NULL};
    run_osler(&box, make,
              "{\"id\":\"one\",\"text\":\"aspirin after stroke\"}\n"
              "{\"_id\":\"two\",\"title\":\"Heparin\",\"text\":\"bleeding\"}\n"
              "not json\n",
              &got);
    json_t *report = json_loads(out_of(&got), 0, NULL);
    assert_non_null(report);
    assert_int_equal(json_integer_value(json_object_get(report, "v")), 1);
    assert_int_equal(json_integer_value(json_object_get(report, "added")), 2);
    json_t *skipped = json_object_get(report, "skipped");
    assert_int_equal(json_array_size(skipped), 1);
    json_t *first = json_array_get(skipped, 0);
    assert_int_equal(json_integer_value(json_object_get(first, "line")), 3);
    assert_non_null(json_string_value(json_object_get(first, "reason")));
    json_decref(report);
    run_line(&box, "search aspirin", &got);
    assert_int_equal(got.code, 0);
    assert_true(text_fits(out_of(&got), "^    one  "));
    result_clear(&got);
    sandbox_remove(&box);
}

/* What was to write it has failed: what it gave last time stays, beside another
 * path, too. */
static void standard_input_that_is_not_whole_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *name, *input;
        int code;
        const char *says;
    } cases[] = {
        {"cut in a string", "{\"id\":\"two\",\"text\":\"x\"}\n{\"id\":\"on", 3,
         "^osler: standard input ends within a record .*; the index is as it "
         "was"},
        {"cut in its only record", "{\"id\":\"a\\\"}\",", 3, "within a record"},
        {"cut in a list", "{\"id\":\"a\"}\n{\"sections\":[{}", 3,
         "within a record"},
        {"not JSON", "not json\n", 2,
         "^osler: no guideline text in standard input; the index is as it was"},
        {"empty", "", 2, "no guideline text in standard input"},
    };
    static const char *const make[] = {"index", "-", NULL};
    sandbox box;
    result got = {0};
    sandbox_make(&box);
    sandbox_copy(&box, OSL_SAMPLE_DIR "/asthma.html", "good.html");
    run_osler(&box, make, "{\"id\":\"one\",\"text\":\"xylophone\"}\n", &got);
    assert_int_equal(got.code, 0);
    run_line(&box, "index good.html", &got);
    assert_int_equal(got.code, 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        run_osler(&box, make, cases[i].input, &got);
        if (got.code != cases[i].code ||
            !text_fits(err_of(&got), cases[i].says))
            fail_msg("%s: %d: %s", cases[i].name, got.code, err_of(&got));
        run_line(&box, "search --count xylophone", &got);
        if (strcmp(out_of(&got), "1\n") != 0)
            fail_msg("%s: %s", cases[i].name, out_of(&got));
    }
    /* The last line need not be ended. */
    run_osler(&box, make, "{\"id\":\"two\",\"text\":\"a } b\"}", &got);
    assert_int_equal(got.code, 0);
    run_line(&box, "search --count xylophone", &got);
    assert_string_equal(out_of(&got), "0\n");
    result_clear(&got);
    sandbox_remove(&box);
}

/* What cannot be indexed: said, with the place, and nothing is lost. */
static void bad_input_is_refused_and_the_index_stays(void **state)
{
    (void)state;
    sandbox box;
    result got = {0};
    char path[512];
    sandbox_make(&box);
    sandbox_copy(&box, OSL_SAMPLE_DIR "/asthma.html", "good.html");
    run_line(&box, "index good.html", &got);
    expect_summary(&got, "1", "1", "0", "0", "0");
    (void)snprintf(path, sizeof path, "%s/void", box.path);
    assert_int_equal(mkdir(path, 0700), 0);
    sandbox_write(&box, "empty.html", "", 0);
    static const char binary[] = "\x7F"
                                 "ELF\0\0\1\2\3\xFF\xFE\0\0\0";
    sandbox_write(&box, "binary.html", binary, sizeof binary);
    sandbox_write(&box, "broken.json", "{\"a\": ", 6);
    static const struct {
        const char *line;
        int code;
        const char *out, *err;
    } cases[] = {
        {"index not-there", 3, NULL,
         "^osler: not-there: cannot index it: No such file or directory$"},
        {"index good.html/x", 3, NULL,
         "^osler: good\\.html/x: cannot index it: Not a directory$"},
        {"index no*.html", 3, NULL,
         "^osler: no\\*\\.html: cannot index it: nothing matches$"},
        {"index void", 2, NULL,
         "^osler: no file to index in void; the index is as it was$"},
        {"index -i other void", 2, NULL,
         "^osler: no file to index in void; the index is as it was$"},
        {"index -i other empty.html", 2, NULL,
         "^osler: no guideline text in empty\\.html; the index is as it was$"},
        {"index empty.html", 0, "^1 documents .* 1 files skipped",
         "^skipped empty\\.html: the file is empty$"},
        {"index binary.html", 0, "^1 documents .* 1 files skipped",
         "^skipped binary\\.html: not text: no reader knows it$"},
        {"index broken.json", 0, "^1 documents .* 1 files skipped",
         "^note: broken\\.json:1: no JSON: .*end of file$"},
        {"index --full broken.json", 2, NULL,
         "^osler: no guideline text in broken\\.json; the index is as it was$"},
        {"index --full empty.html binary.html", 2, NULL,
         "^osler: no guideline text in .*; the index is as it was$"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        run_line(&box, cases[i].line, &got);
        if (got.code != cases[i].code ||
            !text_fits(out_of(&got), cases[i].out) ||
            !text_fits(err_of(&got), cases[i].err))
            fail_msg("%s: code %d\n%s%s", cases[i].line, got.code, out_of(&got),
                     err_of(&got));
        run_line(&box, "search --count prednisolone", &got);
        if (got.code != 0)
            fail_msg("%s lost the index", cases[i].line);
    }
    result_clear(&got);
    sandbox_remove(&box);
}

/* A byte of a file in the index folder becomes `byte`. */
static void patch(const sandbox *box, const char *name, long at, int byte)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", box->path, name);
    FILE *file = fopen(path, "r+be");
    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    assert_int_equal(fputc(byte, file), byte);
    assert_int_equal(fclose(file), 0);
}

static void change(const sandbox *box, const char *name, const char *old,
                   const char *new, size_t length)
{
    char path[512];
    osl_error err;
    osl_map map;
    (void)snprintf(path, sizeof path, "%s/%s", box->path, name);
    assert_ok(osl_map_open(&map, path, &err));
    const uint8_t *at = memmem(map.bytes, map.length, old, length);
    assert_non_null(at);
    for (size_t i = 0; i < length; i++)
        patch(box, name, (long)(at - map.bytes) + (long)i, (uint8_t) new[i]);
    osl_map_close(&map);
}

/* Other readers' number, 4 bytes at 12 of the registry, and the hashes of
 * what it stands in, here and in the manifest. */
static void put_other_readers(const sandbox *box, const char *registry,
                              const char *manifest)
{
    char path[512], old[8], new[8];
    osl_error err;
    osl_map map;
    for (int i = 0; i < 4; i++)
        patch(box, registry, 12 + i, 1 + i);
    (void)snprintf(path, sizeof path, "%s/%s", box->path, registry);
    assert_ok(osl_map_open(&map, path, &err));
    osl_put64((uint8_t *)new, XXH3_64bits(map.bytes, 32));
    memcpy(old, map.bytes + 32, sizeof old);
    osl_map_close(&map);
    change(box, registry, old, new, sizeof old);
    change(box, manifest, old, new, sizeof old);
    (void)snprintf(path, sizeof path, "%s/%s", box->path, manifest);
    assert_ok(osl_map_open(&map, path, &err));
    assert_in_range(map.length, 33, 1024);
    memcpy(old, map.bytes + 24, sizeof old);
    osl_put64((uint8_t *)new, XXH3_64bits(map.bytes + 32, map.length - 32));
    osl_map_close(&map);
    change(box, manifest, old, new, sizeof old);
}

static void an_index_of_other_readers_is_read_again(void **state)
{
    (void)state;
    sandbox box;
    result got = {0};
    sandbox_make(&box);
    sandbox_copy(&box, OSL_SAMPLE_DIR "/asthma.html", "good.html");
    run_line(&box, "index good.html", &got);
    assert_int_equal(got.code, 0);
    run_line(&box, "index", &got);
    assert_true(text_fits(out_of(&got), "generation 1,"));
    put_other_readers(&box, ".osler/000001.reg", ".osler/manifest");
    run_line(&box, "index", &got);
    assert_true(text_fits(out_of(&got), "generation 2,"));
    result_clear(&got);
    sandbox_remove(&box);
}

static void an_index_of_a_newer_format_is_said(void **state)
{
    (void)state;
    sandbox box;
    result got = {0};
    sandbox_make(&box);
    sandbox_copy(&box, OSL_SAMPLE_DIR "/asthma.html", "good.html");
    run_line(&box, "index good.html", &got);
    assert_int_equal(got.code, 0);
    /* The version, and the hash of the 12 bytes that it ends. */
    static const uint8_t newer[] = {99, 0, 0, 0, 0x48, 0x22, 0x5e, 0xb3};
    for (size_t i = 0; i < sizeof newer; i++)
        patch(&box, ".osler/manifest", (long)(8 + i), newer[i]);
    run_line(&box, "search prednisolone", &got);
    if (got.code != 3 || !text_fits(err_of(&got), "newer"))
        fail_msg("code %d: %s", got.code, err_of(&got));
    result_clear(&got);
    sandbox_remove(&box);
}

static void write_nested(const sandbox *box, const char *name, unsigned depth)
{
    osl_buf out = {0};
    osl_buf_put_text(&out, osl_text_of("<html><body><h1>Sepsis</h1>"));
    for (unsigned i = 0; i < depth; i++)
        osl_buf_put_text(&out, osl_text_of("<div><p>"));
    osl_buf_put_text(&out, osl_text_of("Give antibiotics within the first "
                                       "hour of deepestwords.</p>"));
    sandbox_write(box, name, out.bytes, out.length);
    osl_buf_clear(&out);
}

/* Files that mean harm or are broken: what is readable is found beside them,
 * and each is named once with what is wrong. */
static void broken_and_hostile_files_are_named(void **state)
{
    (void)state;
    sandbox box;
    result got = {0};
    sandbox_make(&box);
    sandbox_copy(&box, OSL_SAMPLE_DIR "/asthma.html", "good.html");
    write_nested(&box, "deep.html", 10000);
    static const char utf8[] = "# Fever\n\nGive paracetamol\xFF for a fever "
                               "above 39 degrees.\n\nMind \xC3( the dose of "
                               "halfbroken drugs.\n";
    sandbox_write(&box, "broken.md", utf8, sizeof utf8 - 1);
    static const char bomb[] =
        "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY a \"aaaaaaaaaa\">"
        "<!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">"
        "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">"
        "<!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\">"
        "<!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;\">"
        "<!ENTITY f \"&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;\">"
        "<!ENTITY g \"&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;\">]>"
        "<a><title>Bomb</title><p>&g;</p></a>";
    sandbox_write(&box, "bomb.xml", bomb, sizeof bomb - 1);
    static const char cut[] =
        "<?xml version=\"1.0\"?>\n<guide><title>Croup</title>\n<p>Give "
        "one dose of dexamethasone to every child.</p>\n<p>Then <b>watch\n";
    sandbox_write(&box, "cut.xml", cut, sizeof cut - 1);
    run_line(&box, "index .", &got);
    if (got.code != 0)
        fail_msg("code %d: %s", got.code, err_of(&got));
    static const char *const said[] = {"broken\\.md:[0-9]+: broken UTF-8",
                                       "bomb\\.xml", "cut\\.xml:[0-9]+: "};
    for (size_t i = 0; i < COUNT_OF(said); i++)
        if (!text_fits(err_of(&got), said[i]))
            fail_msg("%s is not in: %s", said[i], err_of(&got));
    const char *first = strstr(err_of(&got), "broken.md");
    assert_null(strstr(first + 1, "broken.md"));
    run_line(&box, "search prednisolone", &got);
    assert_int_equal(got.code, 0);
    run_line(&box, "search --color never paracetamol", &got);
    assert_non_null(strstr(out_of(&got), "\xEF\xBF\xBD"));
    result_clear(&got);
    sandbox_remove(&box);
}

static void a_folder_that_is_no_index_is_said(void **state)
{
    (void)state;
    sandbox box;
    result got = {0};
    char path[512];
    sandbox_make(&box);
    (void)snprintf(path, sizeof path, "%s/folder", box.path);
    assert_int_equal(mkdir(path, 0700), 0);
    sandbox_write(&box, "folder/manifest", "hello", 5);
    sandbox_write(&box, "file", "hello", 5);
    static const struct {
        const char *line;
        int code;
        const char *err;
    } asked[] = {
        {"search -i folder x", 3,
         "^osler: folder/manifest: not a manifest of Osler$"},
        {"show -i folder x", 3, "not a manifest of Osler$"},
        {"stats -i folder", 3, "not a manifest of Osler$"},
        {"index -i folder file", 3, "not a manifest of Osler$"},
        {"search -i file x", 3, "^osler: no index in file; make one with: "},
        {"search -i folder/manifest x", 3, "^osler: no index in "},
        {"index -i file file", 2,
         "^osler: file: cannot open the index folder: Not a directory$"},
    };
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        run_line(&box, asked[i].line, &got);
        if (got.code != asked[i].code || *out_of(&got) ||
            !text_fits(err_of(&got), asked[i].err))
            fail_msg("%s: code %d, %s", asked[i].line, got.code, err_of(&got));
    }
    result_clear(&got);
    sandbox_remove(&box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_index_follows_its_files),
        cmocka_unit_test(bench_says_what_damage_it_met),
        cmocka_unit_test(jsonl_comes_from_standard_input),
        cmocka_unit_test(standard_input_that_is_not_whole_changes_nothing),
        cmocka_unit_test(bad_input_is_refused_and_the_index_stays),
        cmocka_unit_test(an_index_of_other_readers_is_read_again),
        cmocka_unit_test(an_index_of_a_newer_format_is_said),
        cmocka_unit_test(broken_and_hostile_files_are_named),
        cmocka_unit_test(a_folder_that_is_no_index_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
