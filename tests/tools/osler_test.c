/* SPDX-License-Identifier: MIT
 *
 * The command as a person and a script meet it, over corpus/sample/. */
#include "tests/tools/command.h"

#include "tests/test.h"

#include <jansson.h>
#include <regex.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "core/base/bytes.h"
#include "core/base/file.h"

/* One folder with the sample's index in .osler, for all tests that only read;
 * the others make their own. */
static int make_shared(void **state)
{
    static sandbox box;
    result got = {0};
    sandbox_make(&box);
    run_line(&box, "index -q " OSL_SAMPLE_DIR, &got);
    if (got.code != 0)
        print_error("%s\n", err_of(&got));
    assert_int_equal(got.code, 0);
    assert_string_equal(out_of(&got), "");
    result_clear(&got);
    *state = &box;
    return 0;
}

static int remove_shared(void **state)
{
    sandbox_remove(*state);
    return 0;
}

static bool fits(const char *text, const char *pattern)
{
    regex_t compiled;
    assert_int_equal(
        regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB | REG_NEWLINE), 0);
    bool got = regexec(&compiled, text, 0, NULL, 0) == 0;
    regfree(&compiled);
    return got;
}

/* ---- codes and words --------------------------------------------------- */

/* Command lines, how they end, and what must be in either stream (NULL: the
 * stream is empty; "": whatever). */
static const struct {
    const char *line;
    int code;
    const char *out, *err;
} lines[] = {
    {"--version", 0, "^osler [0-9]", NULL},
    {"--help", 0, "usage: osler COMMAND", NULL},
    {"", 2, NULL, "usage: osler COMMAND"},
    {"find relapse", 2, NULL, "^osler: there is no command 'find'"},
    {"search --help", 0, "^usage: osler search", NULL},
    {"help index", 0, "^usage: osler index", NULL},
    {"search relapse", 0,
     "^[0-9,]+ of [0-9,]+ paragraphs, [0-9,]+ documents, "
     "[0-9]+ ms · generation [0-9]+ · newest text "
     "20[0-9]{2}-[0-9]{2}-[0-9]{2}$",
     NULL},
    {"search '\"isolated CNS relapse\"'", 0, "\\*\\*isolated CNS relapse\\*\\*",
     NULL},
    {"search isolated 'CNS relapse'", 0, "\\*\\*isolated", NULL},
    {"search +relapse -cns", 0, "relapse", NULL},
    {"search --no-expand +relapse -cns -k", 0, "relapse", ""},
    {"search -- -cns +relapse", 0, "relapse", ""},
    {"search -cns +relapse", 2, NULL, "no option -n|no option -c"},
    {"bench --mode top10,top nowhere", 2, NULL, "'top' is none of top10"},
    {"search xyzzyplugh", 1, "^nothing found$", NULL},
    {"search asthmaa", 1, "asthmaa occurs nowhere; nearest: asthma", ""},
    {"search warfarin AND HSCT", 1,
     "^  warfarin, HSCT: never in one paragraph$", NULL},
    {"search '\"relapse stroke\"'", 1, "^  stroke: 14 paragraphs, the best ",
     NULL},
    {"search warfarin HSCT", 0, "^no paragraph has all of these words$", NULL},
    {"search AND OR", 1, "nothing found", "."},
    {"search '()'", 1, "nothing found", "."},
    {"search --strict '(relapse'", 2, NULL, "."},
    {"search", 2, NULL, "nothing to search for"},
    {"search -k", 2, NULL, "--top needs a value"},
    {"search -k x relapse", 2, NULL, "'x'"},
    {"search --colour always relapse", 2, NULL, "no option --colour"},
    {"search --color sometimes relapse", 2, NULL, "'sometimes'"},
    {"search --count relapse", 0, "^[0-9]+$", NULL},
    {"search --count xyzzyplugh", 1, "^0$", NULL},
    {"search -k 1 --color always relapse", 0, "\033\\[1;33m", NULL},
    {"search -i nowhere relapse", 3, NULL,
     "^osler: no index in nowhere; make "
     "one with: osler index"},
    {"search --facets relapse", 0, "^audience +professional [0-9]+", NULL},
    {"search --facets xyzzyplugh", 1, "nothing found", NULL},
    {"search --sort date relapse", 0, "^ 1  ", NULL},
    {"search --sort length relapse", 2, NULL, "'length'"},
    {"search --sort relevance --engine native relapse", 0, "relapse", NULL},
    {"search --document asthma.html prednisolone", 0, "asthma.html#", NULL},
    {"search --document asthma.html imatinib", 1, "nothing found", NULL},
    {"search --since 2024 --count stroke", 0, "^[0-9]+$", NULL},
    {"search --since 20x4 stroke", 2, NULL, "'20x4' is no date"},
    {"search --since 2014-13 stroke", 2, NULL, "'2014-13' is no date"},
    {"search --until 2014-12-32 stroke", 2, NULL, "'2014-12-32' is no date"},
    {"search --until 0000 stroke", 2, NULL, "'0000' is no date"},
    {"search --b 1.5 stroke", 2, NULL, "b of 1\\.5: .* from 0 to 1"},
    {"search --b 1 --count stroke", 0, "^[0-9]+$", NULL},
    {"search --without closeness,alike relapse", 0, "^ 1  ", NULL},
    {"search --ranking bm25 --with fields relapse", 0, "^ 1  ", NULL},
    {"search --without near relapse", 2, NULL, "'near' is no part of a ran"},
    {"search --with fields, relapse", 2, NULL, "'' is no part of a ranking"},
    {"search relapse --json", 0, "", "--json stands behind the query"},
    {"search --by-document relapse", 0, "^ 2  ", NULL},
    {"search -k 1 --offset 1 relapse", 0, "^ 2  ", NULL},
    {"index --dry-run -v -i dry " OSL_SAMPLE_DIR, 0, "dry run", "^12 files"},
    {"search --offset 9999 relapse", 0, "^none is left behind the first 9,999$",
     ""},
    {"search --since 2030 stroke", 1, "^nothing found$", NULL},
    {"search --since 2030 +stroke -relapse", 1,
     "^  without the filters: 14 paragraphs$", NULL},
    {"stats relapse", 2, NULL, "^osler: stats takes no 'relapse'; terms as: "},
    {"search --audience professional relapse", 0, "childhood-all", NULL},
    {"search --evidence 3iiA relapse", 0, "\\[3iiA\\]", NULL},
    {"search --explain -k 1 relapse", 0, "relaps", NULL},
    {"search --context 1 -k 1 'low-dose MART'", 0, "#[0-9]+  ", NULL},
    {"search --snippet 0 -k 1 relapse", 0, "childhood-all", NULL},
    {"search --ranking bm25 --k1 1.2 --b 0.75 relapse", 0, "relapse", NULL},
    {"show asthma.html", 0, "# Diagnosis", NULL},
    {"show asthma.html#2", 0, "^#2  ", NULL},
    {"show asthma.html#2 --context 1", 0, "^#3  ", NULL},
    {"show nothing.html", 1, NULL, "nothing.html"},
    {"show asthma.html#999", 1, NULL, "999"},
    {"show", 2, NULL, "show what"},
    {"stats", 0, "^documents +13$", NULL},
    {"check", 0, "^no damage: 4 files", NULL},
    {"check -q", 0, NULL, NULL},
    {"check --json", 0, "\"whole\":true", NULL},
    {"check xyzzy", 2, NULL, "takes no 'xyzzy'"},
    {"stats --terms relaps", 0, "^relaps ", NULL},
    {"stats --terms xyzzy", 1, ".", NULL},
    {"index --shards 2", 2, NULL, "--shards 2 is not in this version"},
    {"index --watch --dry-run", 2, NULL, "do not go together"},
    {"index --format word x.doc", 2, NULL, "--format word"},
    {"suggest relap", 0, "^relapse +word, [0-9]+ paragraphs$", NULL},
    {"suggest bone mar", 0, "^bone marrow +phrase", NULL},
    {"suggest -k 1 'bone mar'", 0, "^bone marrow", NULL},
    {"suggest xyzzy", 1, NULL, NULL},
    {"suggest", 2, NULL, "suggest what"},
    {"suggest -i nowhere relap", 3, NULL, "no index in nowhere"},
    {"search -i '' relapse", 2, NULL, "the index folder's name is empty"},
    {"batch", 2, NULL, "one FILE"},
    {"batch nowhere.tsv", 3, NULL, "nowhere.tsv"},
    {"eval one", 2, NULL, "QRELS RUN"},
};

static bool stream_fits(const char *text, const char *want)
{
    return want ? fits(text, want) : !*text;
}

static void every_line_ends_as_it_should(void **state)
{
    result got = {0};
    unsigned wrong = 0;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        run_line(*state, lines[i].line, &got);
        if (got.code == lines[i].code &&
            stream_fits(out_of(&got), lines[i].out) &&
            stream_fits(err_of(&got), lines[i].err))
            continue;
        wrong++;
        print_error("osler %s\n  code %d, not %d\n  out: %s\n  err: %s\n",
                    lines[i].line, got.code, lines[i].code, out_of(&got),
                    err_of(&got));
    }
    result_clear(&got);
    assert_int_equal(wrong, 0);
}

static void the_same_question_has_the_same_answer_twice(void **state)
{
    result first = {0}, second = {0};
    static const char *const ask[] = {"search", "--json", "relapse marrow HSCT",
                                      NULL};
    run_osler(*state, ask, NULL, &first);
    run_osler(*state, ask, NULL, &second);
    const char *one = strchr(out_of(&first), '\n');
    const char *two = strchr(out_of(&second), '\n');
    assert_non_null(one);
    assert_non_null(two); /* the first line holds the time it took */
    assert_string_equal(one, two);
    result_clear(&first);
    result_clear(&second);
}

/* Who asks for no hits is told how many there are, not that there is none. */
static void no_hits_that_are_wanted_are_not_nothing(void **state)
{
    result got = {0};
    run_line(*state, "search -k 0 relapse", &got);
    assert_int_equal(got.code, 0);
    if (!fits(out_of(&got), "^[0-9,]+ of ") ||
        strchr(out_of(&got), '\n')[1] != '\0')
        fail_msg("%s", out_of(&got));
    result_clear(&got);
}

/* ---- making and updating ----------------------------------------------- */

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
    if (got->code != 0 || !fits(out_of(got), pattern))
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
    assert_true(fits(err_of(&got), "^osler: .*000001\\.seg: damaged: "));
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
    assert_true(fits(out_of(&got), "^    one  "));
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
            !stream_fits(out_of(&got), cases[i].out) ||
            !stream_fits(err_of(&got), cases[i].err))
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
    assert_true(fits(out_of(&got), "generation 1,"));
    put_other_readers(&box, ".osler/000001.reg", ".osler/manifest");
    run_line(&box, "index", &got);
    assert_true(fits(out_of(&got), "generation 2,"));
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
    if (got.code != 3 || !fits(err_of(&got), "newer"))
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
        if (!fits(err_of(&got), said[i]))
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
            !fits(err_of(&got), asked[i].err))
            fail_msg("%s: code %d, %s", asked[i].line, got.code, err_of(&got));
    }
    result_clear(&got);
    sandbox_remove(&box);
}

static void a_query_of_1_mb_is_answered(void **state)
{
    /* Longer than one argument may be, so it comes as a line of a batch. */
    result got = {0};
    size_t length = 1 << 20;
    char *query = malloc(length + 1);
    assert_non_null(query);
    for (size_t i = 0; i < length; i++)
        query[i] = "relapse (marrow \"cns "[i % 21];
    query[length] = '\0';
    static const char *const ask[] = {"batch", "--format", "tsv", "-", NULL};
    run_osler(*state, ask, query, &got);
    free(query);
    if (got.code != 0)
        fail_msg("code %d: %s", got.code, err_of(&got));
    assert_true(fits(out_of(&got), "^1\t1\tchildhood-all\\.xml#"));
    result_clear(&got);
}

static void a_phrase_of_many_words_is_cut(void **state)
{
    result got = {0};
    run_shell(*state, "osler search \"\\\"$(yes relapse | head -n 5000)\\\"\"",
              &got);
    assert_int_equal(got.code, 1);
    assert_true(fits(err_of(&got), "^osler: the phrases of the query have "
                                   "more than 4096 words; the rest was"));
    result_clear(&got);
}

/* ---- JSON -------------------------------------------------------------- */

static json_t *next_line(const char **at)
{
    const char *end = strchr(*at, '\n');
    assert_non_null(end);
    json_t *object = json_loadb(*at, (size_t)(end - *at), 0, NULL);
    if (!object)
        fail_msg("no JSON: %.*s", (int)(end - *at), *at);
    assert_int_equal(json_integer_value(json_object_get(object, "v")), 1);
    *at = end + 1;
    return object;
}

static void expect_members(const json_t *object, const char *const *names)
{
    for (; *names; names++)
        if (!json_object_get(object, *names))
            fail_msg("no member \"%s\"", *names);
}

static void expect_highlights(const json_t *hit)
{
    const char *text = json_string_value(json_object_get(hit, "text"));
    json_t *spans = json_object_get(hit, "highlights");
    json_int_t last = 0, length = (json_int_t)strlen(text);
    assert_true(json_array_size(spans) > 0);
    for (size_t i = 0; i < json_array_size(spans); i++) {
        json_t *span = json_array_get(spans, i);
        json_int_t from = json_integer_value(json_array_get(span, 0));
        json_int_t to = json_integer_value(json_array_get(span, 1));
        assert_true(from >= last && to > from && to <= length);
        /* Never inside a character. */
        assert_true((text[from] & 0xC0) != 0x80);
        assert_true((text[to] & 0xC0) != 0x80);
        last = to;
    }
}

/* The words of a meeting, as a query that requires them. */
static json_int_t count_of_words(void *box, const json_t *words)
{
    result got = {0};
    char line[200] = "search --count --no-expand";
    for (size_t i = 0; i < json_array_size(words); i++) {
        strncat(line, " +", sizeof line - strlen(line) - 1);
        strncat(line, json_string_value(json_array_get(words, i)),
                sizeof line - strlen(line) - 1);
    }
    run_line(box, line, &got);
    json_int_t count = strtoll(out_of(&got), NULL, 10);
    result_clear(&got);
    return count;
}

static void what_never_stands_together_is_counted(void **state)
{
    /* How many are counted: each alone, and two that occur at a time. */
    static const struct {
        const char *line;
        size_t count;
    } cases[] = {
        {"+warfarin +HSCT", 3},
        {"+warfarin +HSCT +relapse", 6},
        {"'\"relapse stroke\"'", 3},
        {"warfarin HSCT relapse", 6},
        {"warfarin anticoagulant", 0},        /* they meet */
        {"warfarin HSCT relapse aspirin", 0}, /* too many, and some found */
        {"+warfarin +HSCT +zzyzx", 0},        /* named as missing */
        {"+warfarin +HSCT updated:2001", 2},  /* nothing there at all */
        {"relapse", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        result got = {0};
        char line[200];
        snprintf(line, sizeof line, "search --no-expand --json %s",
                 cases[i].line);
        run_line(*state, line, &got);
        const char *at = out_of(&got);
        json_t *head = next_line(&at);
        const json_t *all = json_object_get(head, "meetings");
        if (json_array_size(all) != cases[i].count)
            fail_msg("%s: %zu meetings", line, json_array_size(all));
        for (size_t n = 0; n < json_array_size(all); n++) {
            const json_t *one = json_array_get(all, n);
            json_int_t count =
                json_integer_value(json_object_get(one, "count"));
            const char *best = json_string_value(json_object_get(one, "best"));
            assert_true((count > 0) == (*best != 0));
            if (!strstr(line, "updated"))
                assert_int_equal(
                    count,
                    count_of_words(*state, json_object_get(one, "words")));
        }
        json_decref(head);
        result_clear(&got);
    }
}

static void search_prints_a_head_and_an_object_a_hit(void **state)
{
    result got = {0};
    static const char *const head_names[] = {
        "query",      "read_as", "count",   "documents",
        "generation", "facets",  "missing", NULL};
    static const char *const hit_names[] = {
        "rank",      "id",      "document", "paragraph",  "score",
        "title",     "section", "url",      "updated",    "evidence",
        "citations", "text",    "snippet",  "highlights", NULL};
    run_line(*state, "search --json -k 3 relapse HSCT", &got);
    assert_int_equal(got.code, 0);
    const char *at = out_of(&got);
    json_t *head = next_line(&at);
    expect_members(head, head_names);
    assert_string_equal(json_string_value(json_object_get(head, "query")),
                        "relapse HSCT");
    json_decref(head);
    double last = 1e9;
    json_int_t rank = 0;
    while (*at) {
        json_t *hit = next_line(&at);
        expect_members(hit, hit_names);
        expect_highlights(hit);
        assert_int_equal(json_integer_value(json_object_get(hit, "rank")),
                         ++rank);
        double score = json_number_value(json_object_get(hit, "score"));
        assert_true(score > 0 && score <= last);
        last = score;
        json_decref(hit);
    }
    assert_int_equal(rank, 3);
    result_clear(&got);
}

static void show_prints_an_object(void **state)
{
    result got = {0};
    static const char *const document_names[] = {"id",      "title",      "url",
                                                 "updated", "paragraphs", NULL};
    run_line(*state, "show --json asthma.html", &got);
    assert_int_equal(got.code, 0);
    const char *at = out_of(&got);
    json_t *document = next_line(&at);
    expect_members(document, document_names);
    assert_true(json_array_size(json_object_get(document, "paragraphs")) > 9);
    json_decref(document);
    result_clear(&got);
}

/* ---- batch ------------------------------------------------------------- */

static void batch_takes_three_forms_and_keeps_their_order(void **state)
{
    result got = {0}, other = {0};
    osl_buf tsv = {0}, jsonl = {0}, plain = {0};
    static const char *const words[] = {"relapse", "asthma", "stroke",
                                        "\"blood pressure\"", "metformin"};
    for (unsigned i = 0; i < 300; i++) {
        const char *word = words[i % COUNT_OF(words)];
        bool phrase = *word == '"';
        osl_buf_printf(&plain, "%s\n", word);
        osl_buf_printf(&tsv, "%u\t%s\n", i + 1, word);
        osl_buf_printf(&jsonl, "{\"_id\":%u,\"text\":\"%s%.15s%s\"}\n", i + 1,
                       phrase ? "\\" : "", word, phrase ? "\\\"" : "");
    }
    osl_buf forms[] = {plain, tsv, jsonl};
    static const char *const ask[] = {"batch", "-j", "4", "-k", "3", "-", NULL};
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        char *input = strndup((const char *)forms[i].bytes, forms[i].length);
        assert_non_null(input);
        run_osler(*state, ask, input, i ? &other : &got);
        free(input);
        if (i)
            assert_string_equal(out_of(&got), out_of(&other));
    }
    assert_int_equal(got.code, 0);
    unsigned last = 0;
    for (const char *at = out_of(&got); *at; at = strchr(at, '\n') + 1) {
        unsigned id = (unsigned)strtoul(at, NULL, 10);
        assert_true(id >= last);
        last = id;
    }
    assert_int_equal(last, 300);
    osl_buf_clear(&plain);
    osl_buf_clear(&tsv);
    osl_buf_clear(&jsonl);
    result_clear(&got);
    result_clear(&other);
}

static void a_batch_answers_as_search_does(void **state)
{
    result one = {0}, many = {0};
    static const char *const queries[] = {
        "relapse HSCT", "\"blood pressure\" -stroke", "asthma OR copd",
        "title:sepsis antibiotics", "prednisolon*"};
    static const char *const ask[] = {"batch", "--json", "-k", "5", "-", NULL};
    for (size_t i = 0; i < COUNT_OF(queries); i++) {
        const char *const search[] = {"search", "--json",   "-k",
                                      "5",      queries[i], NULL};
        run_osler(*state, search, NULL, &one);
        run_osler(*state, ask, queries[i], &many);
        const char *at = out_of(&many);
        json_t *answer = next_line(&at);
        json_t *hits = json_object_get(answer, "hits");
        at = out_of(&one);
        json_decref(next_line(&at));
        assert_true(json_array_size(hits) > 0);
        for (size_t n = 0; n < json_array_size(hits); n++) {
            json_t *hit = next_line(&at);
            assert_int_equal(json_object_del(hit, "v"), 0);
            /* A batch does not open the catalogs. */
            assert_int_equal(json_object_del(hit, "first_seen"), 0);
            assert_int_equal(json_object_del(hit, "changed"), 0);
            if (!json_equal(hit, json_array_get(hits, n)))
                fail_msg("%s: hit %zu differs", queries[i], n + 1);
            json_decref(hit);
        }
        assert_string_equal(at, "");
        json_decref(answer);
    }
    result_clear(&one);
    result_clear(&many);
}

static void trec_scores_fall_strictly(void **state)
{
    result got = {0};
    static const char *const ask[] = {"batch", "-k", "1000", "--tag",
                                      "mine",  "-",  NULL};
    run_osler(*state, ask, "q1\tthe of and\nq 2\tpatients\n", &got);
    assert_int_equal(got.code, 0);
    double last = 1e9;
    char query[32] = "", seen[32] = "";
    unsigned lines_seen = 0, rank_wanted = 0;
    for (const char *at = out_of(&got); *at; at = strchr(at, '\n') + 1) {
        char document[128], rank[16], score[32], tag[16];
        assert_int_equal(sscanf(at, "%31s Q0 %127s %15s %31s %15s", query,
                                document, rank, score, tag),
                         5);
        if (strcmp(query, seen) != 0) {
            last = 1e9;
            rank_wanted = 0;
            memcpy(seen, query, sizeof seen);
        }
        assert_true(strtod(score, NULL) < last);
        assert_int_equal(strtoul(rank, NULL, 10), ++rank_wanted);
        assert_string_equal(tag, "mine");
        last = strtod(score, NULL);
        lines_seen++;
    }
    assert_true(lines_seen > 20);
    assert_string_equal(query, "q%202");
    result_clear(&got);
}

static void a_query_that_fails_does_not_stop_the_others(void **state)
{
    result got = {0};
    static const char *const ask[] = {"batch", "--format", "tsv", "-", NULL};
    run_osler(*state, ask,
              "{\"id\":\"a\",\"query\":\"asthma\",\"k\":1}\n"
              "{\"id\":\"b\"}\n"
              "{\"id\":\"c\",\"query\":\"(asthma\",\"strict\":true}\n"
              "{\"id\":\"d\",\"query\":\"asthma\",\"k\":2}\n",
              &got);
    assert_int_equal(got.code, 3);
    assert_true(fits(err_of(&got), "^osler: query 2: "));
    assert_true(fits(err_of(&got), "^osler: query 3: "));
    assert_true(fits(out_of(&got), "^a\t1\t"));
    assert_false(fits(out_of(&got), "^a\t2\t"));
    assert_true(fits(out_of(&got), "^d\t2\t"));
    result_clear(&got);
}

static void two_runs_are_compared_query_by_query(void **state)
{
    result got = {0};
    osl_buf judged = {0}, good = {0}, poor = {0};
    /* Ten queries, better by one each: of 2^10 signs two are as large. */
    for (int i = 0; i < 10; i++) {
        osl_buf_printf(&judged, "q%d 0 a 1\n", i);
        osl_buf_printf(&good, "q%d Q0 a 1 2 t\n", i);
        osl_buf_printf(&poor, "q%d Q0 b 1 2 t\n", i);
    }
    sandbox_write(*state, "judged", judged.bytes, judged.length);
    sandbox_write(*state, "good", good.bytes, good.length);
    sandbox_write(*state, "poor", poor.bytes, poor.length);
    run_line(*state, "eval --compare -q -m map judged poor good", &got);
    assert_int_equal(got.code, 0);
    assert_true(
        fits(out_of(&got), "^map +0\\.0000 +1\\.0000 +\\+1\\.0000 +q7$"));
    assert_true(fits(out_of(&got), "^map +0\\.0000 +1\\.0000 +\\+1\\.0000 +"
                                   "10 +0 +0 +0\\.00[0-4][0-9]$"));
    run_line(*state, "eval --compare -m map judged good good", &got);
    assert_false(fits(out_of(&got), " q7$"));
    assert_true(fits(out_of(&got), " 0 +10 +0 +1\\.0000$"));
    run_shell(*state, "cat poor | \"$OSLER\" eval -m P.1 judged -", &got);
    assert_true(fits(out_of(&got), "^P_1 +\tall\t0\\.0000$"));
    run_shell(*state, "cat good | \"$OSLER\" eval -m P.1 judged /dev/stdin",
              &got);
    assert_true(fits(out_of(&got), "^P_1 +\tall\t1\\.0000$"));
    run_line(*state, "eval judged .", &got);
    assert_int_equal(got.code, 3);
    assert_true(fits(err_of(&got), "^osler: \\.: cannot read: Is a directory"));
    result_clear(&got);
    osl_buf_clear(&judged);
    osl_buf_clear(&good);
    osl_buf_clear(&poor);
}

/* ---- places, defaults, the terminal ------------------------------------ */

static void the_index_is_found_where_it_should(void **state)
{
    const sandbox *box = *state;
    sandbox elsewhere, below;
    result got = {0};
    char index[512];
    sandbox_make(&elsewhere);
    run_line(&elsewhere, "search asthma", &got);
    assert_int_equal(got.code, 3);
    assert_true(fits(err_of(&got), "^osler: no index in .osler; make one with: "
                                   "osler index PATH...$"));
    (void)snprintf(index, sizeof index, "%s/.osler", box->path);
    assert_int_equal(setenv("OSLER_INDEX", index, 1), 0);
    run_line(&elsewhere, "search asthma", &got);
    assert_int_equal(unsetenv("OSLER_INDEX"), 0);
    assert_int_equal(got.code, 0);
    (void)snprintf(below.path, sizeof below.path, "%.240s/a", box->path);
    assert_int_equal(mkdir(below.path, 0700), 0);
    run_line(&below, "search asthma", &got);
    assert_int_equal(got.code, 0);
    assert_int_equal(rmdir(below.path), 0);
    result_clear(&got);
    sandbox_remove(&elsewhere);
}

static void the_configuration_gives_defaults(void **state)
{
    result got = {0};
    sandbox box;
    char folder[512];
    sandbox_make(&box);
    (void)snprintf(folder, sizeof folder, "%s/osler", box.path);
    assert_int_equal(mkdir(folder, 0700), 0);
    static const char good[] = "# mine\n top = 2\nsnippet=5\nno-expand = yes\n"
                               "store = small\n";
    sandbox_write(&box, "osler/config", good, sizeof good - 1);
    assert_int_equal(setenv("XDG_CONFIG_HOME", box.path, 1), 0);
    run_line(*state, "search --json relapse", &got);
    assert_int_equal(got.code, 0);
    size_t count = 0;
    for (const char *at = out_of(&got); *at; at = strchr(at, '\n') + 1)
        count++;
    assert_int_equal(count, 3);
    run_line(*state, "search --json -k 1 relapse", &got);
    assert_null(strstr(out_of(&got), "\"rank\":2"));
    static const char bad[] = "top = 2\nnonsense = 1\n";
    sandbox_write(&box, "osler/config", bad, sizeof bad - 1);
    run_line(*state, "search relapse", &got);
    assert_int_equal(got.code, 2);
    assert_true(fits(err_of(&got), "config:2: .*nonsense"));
    assert_int_equal(unsetenv("XDG_CONFIG_HOME"), 0);
    result_clear(&got);
    sandbox_remove(&box);
}

static void a_reader_that_goes_away_is_no_error(void **state)
{
    result got = {0};
    run_shell(*state, "osler search --json -k 1000 the of and | head -n 1",
              &got);
    assert_int_equal(got.code, 0);
    assert_string_equal(err_of(&got), "");
    run_shell(*state, "osler search relapse > /dev/full", &got);
    assert_int_equal(got.code, 3);
    assert_true(fits(err_of(&got), "^osler: cannot write"));
    result_clear(&got);
}

/* A batch opens the index, then reads its queries. */
static void an_index_that_is_cut_while_it_is_read_is_said(void **state)
{
    (void)state;
    sandbox box;
    result got = {0};
    sandbox_make(&box);
    run_line(&box, "index -q " OSL_SAMPLE_DIR, &got);
    assert_int_equal(got.code, 0);
    run_shell(&box,
              "mkfifo pipe; \"$OSLER\" batch pipe & pid=$!\n"
              "exec 3> pipe; sleep 0.7; truncate -s 4096 .osler/000001.seg\n"
              "echo relapse >&3; exec 3>&-; wait $pid",
              &got);
    assert_int_equal(got.code, 3);
    assert_true(
        fits(err_of(&got), "^osler: a file was cut short while it was"));
    result_clear(&got);
    sandbox_remove(&box);
}

static void what_is_named_moves_no_cursor(void **state)
{
    result got = {0};
    run_shell(*state, "osler show \"$(printf 'a\\033[2Jb\\377')\"", &got);
    assert_int_equal(got.code, 1);
    assert_true(
        fits(err_of(&got), "^osler: a\xEF\xBF\xBD\\[2Jb\xEF\xBF\xBD: "));
    result_clear(&got);
}

/* Whatever is opened next would have the number of a stream that is closed. */
static void streams_that_are_closed_are_not_files_of_the_index(void **state)
{
    (void)state;
    sandbox box;
    result got = {0};
    sandbox_make(&box);
    sandbox_copy(&box, OSL_SAMPLE_DIR "/asthma.html", "a.html");
    run_shell(&box, "osler index - <&-", &got);
    assert_int_equal(got.code, 3);
    assert_true(fits(err_of(&got), "standard input: .*Bad file descriptor"));
    run_shell(&box, "osler index a.html nowhere.html >&- 2>&-", &got);
    assert_int_equal(got.code, 3);
    run_shell(&box, "echo x > b.txt; osler index a.html b.txt <&- >&- 2>&-",
              &got);
    assert_int_equal(got.code, 3);
    run_shell(&box, "osler check && tr -d '0-9\\n' < .osler/lock | wc -c",
              &got);
    assert_int_equal(got.code, 0);
    assert_true(fits(out_of(&got), "^0$"));
    result_clear(&got);
    sandbox_remove(&box);
}

static void a_file_that_may_not_grow_is_said(void **state)
{
    (void)state;
    sandbox box;
    result got = {0};
    sandbox_make(&box);
    /* ThreadSanitizer maps a larger file of its own, if it finds a folder. */
    run_shell(&box,
              "ulimit -f 1; TEST_TMPDIR=nowhere osler index -q " OSL_SAMPLE_DIR,
              &got);
    assert_int_equal(got.code, 3);
    assert_true(fits(err_of(&got), "^osler: .*: File too large"));
    result_clear(&got);
    sandbox_remove(&box);
}

static void interrupting_an_update_ends_with_130(void **state)
{
    (void)state;
    sandbox box;
    result got = {0};
    sandbox_make(&box);
    sandbox_copy(&box, OSL_SAMPLE_DIR "/asthma.html", "a.html");
    run_line(&box, "index -q a.html", &got);
    assert_int_equal(got.code, 0);
    /* Waits for its standard input until it is interrupted. */
    run_shell(
        &box,
        "mkfifo pipe; sleep 5 > pipe & \"$OSLER\" index - < pipe & pid=$!\n"
        "sleep 0.7; kill -INT $pid; wait $pid; code=$?\n"
        "rm pipe; exit $code",
        &got);
    if (got.code != 130)
        fail_msg("code %d: %s", got.code, err_of(&got));
    run_line(&box, "search --count prednisolone", &got);
    assert_int_equal(got.code, 0);
    result_clear(&got);
    sandbox_remove(&box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_ends_as_it_should),
        cmocka_unit_test(the_same_question_has_the_same_answer_twice),
        cmocka_unit_test(no_hits_that_are_wanted_are_not_nothing),
        cmocka_unit_test(an_index_follows_its_files),
        cmocka_unit_test(bench_says_what_damage_it_met),
        cmocka_unit_test(jsonl_comes_from_standard_input),
        cmocka_unit_test(bad_input_is_refused_and_the_index_stays),
        cmocka_unit_test(a_folder_that_is_no_index_is_said),
        cmocka_unit_test(an_index_of_other_readers_is_read_again),
        cmocka_unit_test(an_index_of_a_newer_format_is_said),
        cmocka_unit_test(broken_and_hostile_files_are_named),
        cmocka_unit_test(a_query_of_1_mb_is_answered),
        cmocka_unit_test(a_phrase_of_many_words_is_cut),
        cmocka_unit_test(what_never_stands_together_is_counted),
        cmocka_unit_test(search_prints_a_head_and_an_object_a_hit),
        cmocka_unit_test(show_prints_an_object),
        cmocka_unit_test(batch_takes_three_forms_and_keeps_their_order),
        cmocka_unit_test(a_batch_answers_as_search_does),
        cmocka_unit_test(trec_scores_fall_strictly),
        cmocka_unit_test(a_query_that_fails_does_not_stop_the_others),
        cmocka_unit_test(two_runs_are_compared_query_by_query),
        cmocka_unit_test(the_index_is_found_where_it_should),
        cmocka_unit_test(the_configuration_gives_defaults),
        cmocka_unit_test(a_reader_that_goes_away_is_no_error),
        cmocka_unit_test(an_index_that_is_cut_while_it_is_read_is_said),
        cmocka_unit_test(what_is_named_moves_no_cursor),
        cmocka_unit_test(streams_that_are_closed_are_not_files_of_the_index),
        cmocka_unit_test(a_file_that_may_not_grow_is_said),
        cmocka_unit_test(interrupting_an_update_ends_with_130),
    };
    return cmocka_run_group_tests(tests, make_shared, remove_shared);
}
