/* SPDX-License-Identifier: MIT
 *
 * Index folders through osl_index_update() and osl_index_open(): what is
 * found, counted, refused. */
#include "tests/indexer/updating.h"

#include "core/base/file.h"

#include <fcntl.h>
#include <utime.h>

static bool cancel_at_once(void *user)
{
    (void)user;
    return true;
}

static void a_folder_becomes_an_index(void **state)
{
    (void)state;
    place at = place_make();
    put_three(&at);
    osl_index_report report = update_tree(&at);
    assert_int_equal(report.generation, 1);
    assert_int_equal(report.documents, 3);
    assert_int_equal(report.added, 3);
    assert_int_equal(report.paragraphs_written, 3);
    assert_int_equal(report.files, 2);
    osl_index *index = open_index(&at);
    const osl_index_info *info = osl_index_get_info(index);
    assert_int_equal(info->generation, 1);
    assert_int_equal(info->paragraph_count, 3);
    assert_int_equal(info->document_count, 3);
    assert_int_equal(info->text_bytes, report.bytes_text);
    assert_int_equal(info->index_bytes, report.bytes_index);
    assert_string_equal(info->language, "en");
    assert_null(osl_index_note(index));
    assert_int_equal(df_of(index, "relaps"), 3);
    osl_index_free(index);
    place_remove(&at);
}

static void an_unchanged_tree_writes_nothing(void **state)
{
    (void)state;
    place at = place_make();
    struct stat before, after;
    put_three(&at);
    (void)update_tree(&at);
    assert_int_equal(stat(place_name(&at, "index/manifest"), &before), 0);
    osl_index_report report = update_tree(&at);
    assert_int_equal(report.generation, 1);
    assert_int_equal(report.documents, 3);
    assert_int_equal(report.added + report.changed + report.removed, 0);
    assert_true(report.reused == 1.0);
    /* Touched, but with the same bytes. */
    struct utimbuf times = {1000, 1000};
    assert_int_equal(utime(place_name(&at, "tree/a.jsonl"), &times), 0);
    report = update_tree(&at);
    assert_int_equal(report.generation, 1);
    assert_int_equal(stat(place_name(&at, "index/manifest"), &after), 0);
    assert_true(before.st_ino == after.st_ino);
    place_remove(&at);
}

/* One has bytes that give nothing, the other an id that comes again. */
static void records_that_were_touched_write_nothing(void **state)
{
    (void)state;
    static const char *const names[] = {"tree/a.jsonl", "tree/b.jsonl"};
    place at = place_make();
    place_put(&at, names[0],
              RECORD("1", "relapse of leukemia") "no record\n" RECORD(
                  "2", "marrow relapse"));
    place_put(&at, names[1],
              RECORD("2", "isolated relapse") RECORD("3", "one more"));
    (void)update_tree(&at);
    for (size_t i = 0; i < 2; i++) {
        struct utimbuf times = {1000, 1000};
        assert_int_equal(utime(place_name(&at, names[i]), &times), 0);
        osl_index_report report = update_tree(&at);
        assert_int_equal(report.generation, 1);
        assert_int_equal(report.documents, 3);
        assert_int_equal(report.added + report.changed + report.removed, 0);
        assert_true(report.reused == 1.0);
    }
    /* As long as before, and another. */
    place_put(&at, names[1],
              RECORD("2", "isolated relapse") RECORD("3", "two more"));
    assert_int_equal(update_tree(&at).changed, 1);
    place_remove(&at);
}

static void changes_are_counted_by_document(void **state)
{
    (void)state;
    place at = place_make();
    put_three(&at);
    (void)update_tree(&at);
    place_put(&at, "tree/a.jsonl",
              RECORD("1", "relapse of leukemia") RECORD("2", "something else")
                  RECORD("4", "new one"));
    assert_int_equal(unlink(place_name(&at, "tree/deep/er/b.jsonl")), 0);
    osl_index_report report = update_tree(&at);
    assert_int_equal(report.generation, 2);
    assert_int_equal(report.documents, 3);
    assert_int_equal(report.added, 1);
    assert_int_equal(report.changed, 1);
    assert_int_equal(report.removed, 1);
    assert_int_equal(report.paragraphs_written, 2);
    assert_true(report.reused > 0.33 && report.reused < 0.34);
    osl_index *index = open_index(&at);
    assert_int_equal(df_of(index, "relaps"), 1);
    osl_index_free(index);
    place_remove(&at);
}

static void check_same_file(const char *left, const char *right)
{
    osl_error err;
    osl_map a, b;
    assert_ok(osl_map_open(&a, left, &err));
    assert_ok(osl_map_open(&b, right, &err));
    assert_int_equal(a.length, b.length);
    assert_memory_equal(a.bytes, b.bytes, a.length);
    osl_map_close(&a);
    osl_map_close(&b);
}

static void the_order_of_typing_leaves_no_trace(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_index_report report;
    const osl_index_options options = {0};
    put_three(&at);
    place_put(&at, "other/c.jsonl", RECORD("5", "relapse again"));
    const char *one[] = {place_name(&at, "tree"), place_name(&at, "other")};
    const char *two[] = {one[1], one[0], one[1]};
    char left[512], right[512];
    (void)snprintf(left, sizeof left, "%s/left", at.path);
    (void)snprintf(right, sizeof right, "%s/right", at.path);
    assert_ok(osl_index_update(left, one, 2, &options, NULL, &report, &err));
    assert_int_equal(report.documents, 4);
    assert_ok(osl_index_update(right, two, 3, &options, NULL, &report, &err));
    assert_int_equal(report.documents, 4);
    check_same_file(place_name(&at, "left/000001.seg"),
                    place_name(&at, "right/000001.seg"));
    place_remove(&at);
}

static void roots_are_remembered_and_added_to(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_index_report report;
    put_three(&at);
    place_put(&at, "other/c.jsonl", RECORD("5", "relapse again"));
    (void)update_tree(&at);
    const char *more[] = {place_name(&at, "other")};
    assert_ok(update(&at, more, 1, &report, NULL, &err));
    assert_int_equal(report.documents, 4);
    assert_int_equal(report.added, 1);
    place_put(&at, "tree/d.jsonl", RECORD("6", "one more"));
    assert_ok(update(&at, NULL, 0, &report, NULL, &err));
    assert_int_equal(report.documents, 5);
    assert_int_equal(report.generation, 3);
    place_remove(&at);
}

/* ---- what is walked ----------------------------------------------------- */

static void links_and_hidden_files_do_no_harm(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_index_report report;
    watch seen = {0};
    const char *paths[] = {place_name(&at, "tree")};
    put_three(&at);
    place_put(&at, "tree/.git/x.jsonl", RECORD("9", "hidden"));
    place_put(&at, "tree/.hidden.jsonl", RECORD("8", "hidden"));
    assert_int_equal(symlink("..", place_name(&at, "tree/deep/up")), 0);
    assert_int_equal(symlink("self", place_name(&at, "tree/self")), 0);
    assert_int_equal(symlink("nowhere", place_name(&at, "tree/gone")), 0);
    assert_int_equal(mkfifo(place_name(&at, "tree/pipe"), 0600), 0);
    assert_ok(update(&at, paths, 1, &report, &seen, &err));
    assert_int_equal(report.documents, 3);
    assert_int_equal(seen.skipped, 3);
    assert_int_equal(report.skipped, 3);
    place_remove(&at);
}

static void globs_choose_files(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_index_report report;
    static const char *const excludes[] = {"deep"}, *const some[] = {"b.*"};
    put_three(&at);
    const char *glob[] = {place_name(&at, "tree/*.jsonl")};
    assert_ok(update(&at, glob, 1, &report, NULL, &err));
    assert_int_equal(report.documents, 2);
    const char *paths[] = {place_name(&at, "tree")};
    char folder[512];
    (void)snprintf(folder, sizeof folder, "%s/second", at.path);
    osl_index_options options = {.excludes = excludes, .exclude_count = 1};
    assert_ok(
        osl_index_update(folder, paths, 1, &options, NULL, &report, &err));
    assert_int_equal(report.documents, 2);
    (void)snprintf(folder, sizeof folder, "%s/third", at.path);
    options = (osl_index_options){.includes = some, .include_count = 1};
    assert_ok(
        osl_index_update(folder, paths, 1, &options, NULL, &report, &err));
    assert_int_equal(report.documents, 1);
    place_remove(&at);
}

static void standard_input_is_kept_for_the_next_time(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_index_report report;
    put_three(&at);
    place_put(&at, "input", RECORD("77", "from a pipe"));
    int input = open(place_name(&at, "input"), O_RDONLY);
    int saved = dup(STDIN_FILENO);
    assert_true(input >= 0 && saved >= 0);
    assert_int_equal(dup2(input, STDIN_FILENO), STDIN_FILENO);
    const char *dash[] = {"-"};
    assert_ok(update(&at, dash, 1, &report, NULL, &err));
    assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
    (void)close(input);
    (void)close(saved);
    assert_int_equal(report.documents, 1);
    report = update_tree(&at);
    assert_int_equal(report.documents, 4);
    report = update_tree(&at);
    assert_int_equal(report.generation, 2);
    osl_index *index = open_index(&at);
    assert_int_equal(df_of(index, "pipe"), 1);
    osl_index_free(index);
    place_remove(&at);
}

/* ---- refusals ----------------------------------------------------------- */

static void what_cannot_be_indexed_leaves_the_index_alone(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_index_report report;
    put_three(&at);
    place_put(&at, "empty/.keep", "");
    place_put(&at, "binary/x.png", "\x89PNG\r\n\x1A\n");
    place_put(&at, "hollow/x.jsonl", "");
    static const struct {
        const char *name, *path;
        osl_status want;
        const char *words;
    } cases[] = {
        {"not there", "nowhere", OSL_ENOTFOUND, "nowhere"},
        {"empty folder", "empty", OSL_EINVAL, "no file to index"},
        {"glob of nothing", "*.none", OSL_ENOTFOUND, "nothing matches"},
        {"binary", "binary", OSL_EINVAL, "no guideline text"},
        {"empty file", "hollow", OSL_EINVAL, "no guideline text"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *paths[] = {place_name(&at, cases[i].path)};
        osl_status got = update(&at, paths, 1, &report, NULL, &err);
        if (got != cases[i].want || !strstr(err.text, cases[i].words))
            fail_msg("%s: status %d (%s)", cases[i].name, (int)got, err.text);
        assert_int_equal(access(place_name(&at, "index"), F_OK), -1);
    }
    assert_int_equal(update(&at, NULL, 0, &report, NULL, &err), OSL_EINVAL);
    (void)update_tree(&at);
    const char *paths[] = {place_name(&at, "nowhere")};
    assert_int_equal(update(&at, paths, 1, &report, NULL, &err), OSL_ENOTFOUND);
    osl_index *index = open_index(&at);
    assert_int_equal(osl_index_get_info(index)->generation, 1);
    osl_index_free(index);
    place_remove(&at);
}

static void a_folder_of_other_things_is_no_index(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_index_report report;
    osl_index *index;
    put_three(&at);
    place_put(&at, "index/thesis.txt", "mine");
    const char *paths[] = {place_name(&at, "tree")};
    assert_int_equal(update(&at, paths, 1, &report, NULL, &err), OSL_EINVAL);
    assert_non_null(strstr(err.text, "is no index"));
    assert_int_equal(place_count(&at, "index", ""), 3);
    assert_int_equal(
        osl_index_open(&index, place_name(&at, "index"), 0, kernels(), &err),
        OSL_ENOTFOUND);
    assert_non_null(strstr(err.text, "make one with: osler index PATH..."));
    place_remove(&at);
}

static void a_stopped_update_leaves_the_index_alone(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_index_report report;
    const osl_index_options options = {0};
    const osl_index_watcher watcher = {.cancelled = cancel_at_once};
    put_three(&at);
    (void)update_tree(&at);
    place_put(&at, "tree/n.jsonl", RECORD("9", "new"));
    const char *paths[] = {place_name(&at, "tree")};
    assert_int_equal(osl_index_update(place_name(&at, "index"), paths, 1,
                                      &options, &watcher, &report, &err),
                     OSL_ECANCELLED);
    osl_index *index = open_index(&at);
    assert_int_equal(osl_index_get_info(index)->generation, 1);
    osl_index_free(index);
    assert_int_equal(place_count(&at, "index", ".tmp"), 0);
    place_remove(&at);
}

static void a_dry_run_counts_and_writes_nothing(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_index_report report;
    const osl_index_options options = {.dry_run = true};
    put_three(&at);
    const char *paths[] = {place_name(&at, "tree")};
    assert_ok(osl_index_update(place_name(&at, "index"), paths, 1, &options,
                               NULL, &report, &err));
    assert_int_equal(report.added, 3);
    assert_int_equal(access(place_name(&at, "index"), F_OK), -1);
    place_remove(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_becomes_an_index),
        cmocka_unit_test(an_unchanged_tree_writes_nothing),
        cmocka_unit_test(records_that_were_touched_write_nothing),
        cmocka_unit_test(changes_are_counted_by_document),
        cmocka_unit_test(the_order_of_typing_leaves_no_trace),
        cmocka_unit_test(roots_are_remembered_and_added_to),
        cmocka_unit_test(links_and_hidden_files_do_no_harm),
        cmocka_unit_test(globs_choose_files),
        cmocka_unit_test(standard_input_is_kept_for_the_next_time),
        cmocka_unit_test(what_cannot_be_indexed_leaves_the_index_alone),
        cmocka_unit_test(a_folder_of_other_things_is_no_index),
        cmocka_unit_test(a_stopped_update_leaves_the_index_alone),
        cmocka_unit_test(a_dry_run_counts_and_writes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
