/* SPDX-License-Identifier: MIT
 *
 * Index folders through osl_index_update() and osl_index_open(): what is
 * found, counted, published, kept, refused. */
#include "tests/indexer/foreign.h"
#include "tests/indexer/updating.h"

#include "core/base/file.h"
#include "core/segment/dates.h"
#include "core/segment/manifest.h"
#include "core/segment/registry.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <utime.h>

static bool cancel_at_once(void *user)
{
    (void)user;
    return true;
}

static void put_three(const place *at)
{
    place_put(at, "tree/a.jsonl",
              RECORD("1", "relapse of leukemia") RECORD("2", "marrow relapse"));
    place_put(at, "tree/deep/er/b.jsonl", RECORD("3", "isolated relapse"));
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

static void the_second_writer_is_told_who_holds_the_lock(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_index_report report;
    char number[32];
    put_three(&at);
    (void)update_tree(&at);
    int fd = open(place_name(&at, "index/lock"), O_RDWR);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
    const char *paths[] = {place_name(&at, "tree")};
    assert_int_equal(update(&at, paths, 1, &report, NULL, &err), OSL_EBUSY);
    (void)snprintf(number, sizeof number, "number %ld", (long)getpid());
    assert_non_null(strstr(err.text, number));
    (void)close(fd);
    (void)update_tree(&at);
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

/* ---- generations -------------------------------------------------------- */

static void publish_often(const place *at, int count)
{
    for (int i = 0; i < count; i++) {
        char text[128];
        (void)snprintf(text, sizeof text, RECORD("v", "version w%d"), i);
        place_put(at, "tree/v.jsonl", text);
        (void)update_tree(at);
    }
}

static void put_all(const place *at, unsigned version)
{
    char text[64], name[32];
    (void)snprintf(text, sizeof text, "# Care\n\nVersion w%u.\n", version);
    for (int file = 'a'; file <= 'e'; file++) {
        (void)snprintf(name, sizeof name, "tree/%c.md", file);
        place_put(at, name, text);
    }
}

typedef struct mover {
    const place *at;
    bool moved;
} mover;

/* Somebody writes all files anew when some have been read. */
static void move_files(void *user, uint64_t bytes_done, uint64_t bytes_total,
                       uint64_t documents, uint64_t paragraphs)
{
    mover *of = user;
    (void)bytes_total;
    (void)documents;
    (void)paragraphs;
    if (!of->moved && bytes_done > 0)
        put_all(of->at, 3);
    of->moved |= bytes_done > 0;
}

static void files_that_move_are_read_again(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_index_report report;
    mover of = {&at, false};
    const osl_index_options options = {.thread_count = 1};
    const osl_index_watcher watcher = {.user = &of, .progress = move_files};
    put_all(&at, 1);
    (void)update_tree(&at);
    put_all(&at, 2);
    const char *paths[] = {place_name(&at, "tree")};
    assert_ok(osl_index_update(place_name(&at, "index"), paths, 1, &options,
                               &watcher, &report, &err));
    assert_true(of.moved);
    osl_index *index = open_index(&at);
    assert_int_equal(osl_index_get_info(index)->generation, 2);
    assert_int_equal(df_of(index, "w2"), 0);
    assert_int_equal(df_of(index, "w3"), 5);
    osl_index_free(index);
    place_remove(&at);
}

static void two_generations_are_kept_and_litter_is_swept(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_index *older = NULL;
    put_three(&at);
    publish_often(&at, 3);
    place_put(&at, "index/000077.seg.tmp", "litter");
    place_put(&at, "index/000078.seg", "litter");
    publish_often(&at, 4);
    osl_index *index = open_index(&at);
    uint64_t generation = osl_index_get_info(index)->generation;
    assert_int_equal(generation, 7);
    assert_int_equal(place_count(&at, "index", ".tmp"), 0);
    /* The first has what never changed; the last two of each generation. */
    assert_int_equal(place_count(&at, "index", ".seg"), 3);
    assert_int_equal(place_count(&at, "index", ".cat"), 3);
    assert_int_equal(place_count(&at, "index", ".reg"), 2);
    assert_int_equal(place_count(&at, "index", "manifest"), 3);
    assert_int_equal(df_of(index, "w3"), 1);
    osl_index_free(index);
    assert_ok(osl_index_open(&older, place_name(&at, "index"), generation - 1,
                             kernels(), &err));
    assert_int_equal(df_of(older, "w2"), 1);
    assert_int_equal(df_of(older, "w3"), 0);
    osl_index_free(older);
    assert_int_equal(
        osl_index_open(&older, place_name(&at, "index"), 2, kernels(), &err),
        OSL_ENOTFOUND);
    place_remove(&at);
}

static void a_damaged_manifest_is_there_twice(void **state)
{
    (void)state;
    static const char *const bytes[] = {"rubbish", "", NULL};
    for (size_t i = 0; i < COUNT_OF(bytes); i++) {
        place at = place_make();
        publish_often(&at, 2);
        if (bytes[i])
            place_put(&at, "index/manifest", bytes[i]);
        else
            assert_int_equal(unlink(place_name(&at, "index/manifest")), 0);
        osl_index *index = open_index(&at);
        assert_int_equal(osl_index_get_info(index)->generation, 2);
        assert_non_null(osl_index_note(index));
        osl_index_free(index);
        place_put(&at, "index/manifest-000002", "rubbish");
        index = open_index(&at);
        assert_int_equal(osl_index_get_info(index)->generation, 1);
        assert_non_null(osl_index_note(index));
        osl_index_free(index);
        place_put(&at, "tree/x.jsonl", RECORD("x", "more"));
        (void)update_tree(&at);
        index = open_index(&at);
        assert_null(osl_index_note(index));
        assert_int_equal(df_of(index, "more"), 1);
        osl_index_free(index);
        place_remove(&at);
    }
}

static void a_damaged_generation_gives_way_to_the_one_before(void **state)
{
    (void)state;
    static const struct {
        const char *name, *file, *bytes;
        bool is_folder;
        uint64_t opened; /* of a generation the kept manifest is as good */
    } cases[] = {
        {"segment gone", "index/000002.seg", NULL, false, 1},
        {"segment cut", "index/000002.seg", "cut", false, 1},
        {"segment a folder", "index/000002.seg", NULL, true, 1},
        {"registry gone", "index/000002.reg", NULL, false, 1},
        {"registry a folder", "index/000002.reg", NULL, true, 1},
        {"manifest a folder", "index/manifest", NULL, true, 2},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        place at = place_make();
        publish_often(&at, 2);
        const char *file = place_name(&at, cases[i].file);
        if (cases[i].bytes)
            place_put(&at, cases[i].file, cases[i].bytes);
        else
            assert_int_equal(unlink(file), 0);
        if (cases[i].is_folder)
            assert_int_equal(mkdir(file, 0700), 0);
        osl_index *index = open_index(&at);
        if (osl_index_get_info(index)->generation != cases[i].opened ||
            !osl_index_note(index))
            fail_msg("%s: generation %llu, note %s", cases[i].name,
                     (unsigned long long)osl_index_get_info(index)->generation,
                     osl_index_note(index) ? osl_index_note(index) : "none");
        osl_index_free(index);
        if (cases[i].is_folder)
            assert_int_equal(rmdir(file), 0);
        /* The next writer makes it whole again. */
        place_put(&at, "tree/x.jsonl", RECORD("x", "more"));
        (void)update_tree(&at);
        index = open_index(&at);
        assert_null(osl_index_note(index));
        assert_int_equal(df_of(index, "more"), 1);
        osl_index_free(index);
        place_remove(&at);
    }
}

static void what_a_damaged_manifest_named_is_not_swept(void **state)
{
    (void)state;
    place at = place_make();
    publish_often(&at, 1);
    place_put(&at, "index/manifest", "rubbish");
    const char *paths[] = {place_name(&at, "tree")};
    osl_error err;
    osl_index_report report;
    const osl_index_options options = {0};
    osl_status status = osl_index_update(place_name(&at, "index"), paths, 1,
                                         &options, NULL, &report, &err);
    assert_true(status == OSL_OK || status == OSL_ECORRUPT);
    assert_int_equal(access(place_name(&at, "index/000001.seg"), F_OK), 0);
    assert_int_equal(access(place_name(&at, "index/000001.reg"), F_OK), 0);
    place_remove(&at);
}

/* One byte that only the reading of a block finds. */
static void spoil_middle(const char *path)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long middle = ftell(file) / 2;
    assert_int_equal(fseek(file, middle, SEEK_SET), 0);
    int byte = fgetc(file);
    assert_int_equal(fseek(file, middle, SEEK_SET), 0);
    assert_true(fputc(byte ^ 1, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void a_damaged_segment_is_made_anew(void **state)
{
    (void)state;
    place at = place_make();
    put_three(&at);
    (void)update_tree(&at);
    spoil_middle(place_name(&at, "index/000001.seg"));
    place_put(&at, "tree/x.jsonl", RECORD("x", "more"));
    osl_index_report report = update_tree(&at);
    assert_int_equal(report.generation, 2);
    assert_int_equal(report.documents, 4);
    assert_int_equal(report.added, 4);
    osl_index *index = open_index(&at);
    assert_int_equal(df_of(index, "relaps"), 3);
    osl_index_free(index);
    place_remove(&at);
}

static void a_newer_format_is_told_and_not_touched(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_index_report report;
    osl_index *index = NULL;
    publish_often(&at, 1);
    FILE *file = fopen(place_name(&at, "index/manifest"), "r+b");
    assert_non_null(file);
    /* The version, and the hash of the 12 bytes that it ends. */
    static const uint8_t newer[] = {99, 0, 0, 0, 0x48, 0x22, 0x5e, 0xb3};
    assert_int_equal(fseek(file, 8, SEEK_SET), 0);
    assert_int_equal(fwrite(newer, 1, sizeof newer, file), sizeof newer);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(
        osl_index_open(&index, place_name(&at, "index"), 0, kernels(), &err),
        OSL_EVERSION);
    const char *paths[] = {place_name(&at, "tree")};
    assert_int_equal(update(&at, paths, 1, &report, NULL, &err), OSL_EVERSION);
    assert_int_equal(place_count(&at, "index", ".seg"), 1);
    place_remove(&at);
}

/* Its registry has a head that this program knows nothing of. */
static void an_index_whose_registry_is_foreign_is_not_touched(void **state)
{
    (void)state;
    static const uint32_t versions[] = {1, 99};
    place at = place_make();
    osl_error err;
    osl_index_report report;
    char tree[512];
    publish_often(&at, 1);
    (void)snprintf(tree, sizeof tree, "%s/tree", at.path);
    const char *paths[] = {tree};
    write_over(&at, "index/000001.reg", 8, "\143\0\0\0", 4);
    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        make_foreign(&at, "index/000001.seg", versions[i]);
        assert_int_equal(update(&at, paths, 1, &report, NULL, &err),
                         OSL_EVERSION);
        assert_non_null(strstr(err.text, "index"));
        assert_int_equal(place_count(&at, "index", ".seg"), 1);
    }
    const osl_index_options full = {.full = true};
    assert_ok(osl_index_update(place_name(&at, "index"), paths, 1, &full, NULL,
                               &report, &err));
    assert_int_equal(report.generation, 2);
    place_remove(&at);
}

/* ---- abbreviations ------------------------------------------------------ */

static void abbreviations_are_kept_with_their_documents(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_arena arena = {0};
    const osl_sense *senses;
    size_t count;
    place_put(&at, "tree/a.jsonl",
              RECORD("1", "acute lymphoblastic leukemia (ALL) in children")
                  RECORD("2", "Acute lymphoblastic leukemia (ALL) relapses")
                      RECORD("3", "the anterior lymph line (ALL) is another"));
    (void)update_tree(&at);
    osl_index *index = open_index(&at);
    osl_text all = osl_text_of("ALL");
    assert_ok(osl_index_senses(index, all, &arena, &senses, &count, &err));
    assert_int_equal(count, 2);
    assert_int_equal(senses[0].documents, 2);
    assert_true(osl_text_equal(senses[0].long_form,
                               osl_text_of("acute lymphoblastic leukemia")));
    assert_int_equal(senses[1].documents, 1);
    assert_ok(osl_index_senses(index, osl_text_of("AL"), &arena, &senses,
                               &count, &err));
    assert_int_equal(count, 0);
    osl_arena_clear(&arena);
    osl_index_free(index);
    place_remove(&at);
}

/* ---- settings ----------------------------------------------------------- */

/* What is not said stays as it was, so that all is as it was; `full` begins
 * anew. */
static void settings_that_are_not_said_stay(void **state)
{
    (void)state;
    static const osl_index_options open = {.store = OSL_STORE_AS_BEFORE,
                                           .pairs = OSL_PAIRS_AS_BEFORE};
    place at = place_make();
    osl_error err;
    osl_index_report report;
    osl_arena arena = {0};
    osl_manifest manifest;
    const char *paths[] = {place_name(&at, "tree")};
    const char *folder = place_name(&at, "index");
    const osl_index_options said = {.language = "de",
                                    .fold_acronyms = true,
                                    .store = OSL_STORE_SMALL,
                                    .pairs = OSL_PAIRS_MORE,
                                    .format = "jsonl"};
    osl_index_options anew = open;
    anew.full = true;
    put_three(&at);
    assert_ok(osl_index_update(folder, paths, 1, &said, NULL, &report, &err));
    assert_ok(osl_index_update(folder, NULL, 0, &open, NULL, &report, &err));
    assert_int_equal(report.generation, 1);
    place_put(&at, "tree/c.jsonl", RECORD("4", "Rezidive"));
    for (int round = 0; round < 2; round++) {
        assert_ok(osl_index_update(folder, NULL, 0, round ? &anew : &open, NULL,
                                   &report, &err));
        assert_int_equal(report.documents, 4);
        assert_ok(osl_manifest_read(
            &manifest, place_name(&at, "index/manifest"), &arena, &err));
        assert_string_equal(manifest.language.bytes, round ? "en" : "de");
        assert_int_equal(manifest.fold_acronyms, round == 0);
        assert_int_equal(manifest.store,
                         round ? OSL_STORE_FULL : OSL_STORE_SMALL);
        assert_int_equal(manifest.pairs,
                         round ? OSL_PAIRS_DEFAULT : OSL_PAIRS_MORE);
    }
    osl_arena_clear(&arena);
    place_remove(&at);
}

/* ---- what an update leaves alone ---------------------------------------- */

static uint64_t date_of(const place *at, uint64_t generation)
{
    osl_error err;
    osl_index *index = NULL;
    assert_ok(osl_index_open(&index, place_name(at, "index"), generation,
                             kernels(), &err));
    uint64_t date = osl_index_get_info(index)->created_us;
    osl_index_free(index);
    return date;
}

static bool is_live(const osl_index *index, uint32_t segment,
                    uint32_t paragraph)
{
    const uint64_t *live = osl_index_live(index, segment);
    return !live || (live[paragraph / 64] >> (paragraph % 64) & 1);
}

static bool begins_with(const osl_segment *segment, uint32_t paragraph,
                        const char *text)
{
    osl_error err;
    osl_buf found = {0};
    assert_ok(osl_segment_text(segment, paragraph, &found, &err));
    osl_buf_put_byte(&found, 0);
    bool begins = strncmp((const char *)found.bytes, text, strlen(text)) == 0;
    osl_buf_clear(&found);
    return begins;
}

/* Dates of the living paragraphs whose text begins with `text`. */
static void check_dates(const place *at, const char *text, uint64_t first_seen,
                        uint64_t changed)
{
    osl_error err;
    osl_dates *dates = NULL;
    osl_index *index = open_index(at);
    unsigned count = 0;
    assert_ok(osl_dates_open(&dates, index, &err));
    for (uint32_t s = 0; s < osl_index_get_info(index)->segment_count; s++) {
        const osl_segment *segment = osl_index_segment(index, s);
        for (uint32_t i = 0; i < osl_segment_get_info(segment)->paragraph_count;
             i++) {
            uint64_t got[2];
            if (!is_live(index, s, i) || !begins_with(segment, i, text))
                continue;
            count++;
            osl_dates_get(dates, s, i, &got[0], &got[1]);
            if (got[0] != first_seen || got[1] != changed)
                fail_msg("%s: %llu %llu", text, (unsigned long long)got[0],
                         (unsigned long long)got[1]);
        }
    }
    assert_int_equal(count, 1);
    osl_dates_free(dates);
    osl_index_free(index);
}

static void paragraphs_carry_their_dates(void **state)
{
    (void)state;
    place at = place_make();
    place_put(&at, "tree/a.md", "# A\n\nfirst\n\nsecond\n\nthird\n");
    place_put(&at, "tree/b.md", "# B\n\nstays\n");
    (void)update_tree(&at);
    uint64_t one = date_of(&at, 1);
    place_put(&at, "tree/a.md",
              "# A\n\nfirst\n\nsecond revised\n\nthird\n\nfourth\n");
    osl_index_report report = update_tree(&at);
    assert_int_equal(report.changed, 1);
    assert_int_equal(report.paragraphs_written, 2);
    uint64_t two = date_of(&at, 2);
    assert_true(two > one);
    check_dates(&at, "first", one, one);
    check_dates(&at, "second", one, two);
    check_dates(&at, "third", one, one);
    check_dates(&at, "fourth", two, two);
    check_dates(&at, "stays", one, one);
    /* Merged, and made anew by other settings: dates stay. */
    for (int i = 0; i < 6; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "# C\n\nversion %d\n", i);
        place_put(&at, "tree/c.md", text);
        (void)update_tree(&at);
        check_dates(&at, "fourth", two, two);
        check_dates(&at, "second", one, two);
    }
    osl_error err;
    const osl_index_options options = {.fold_acronyms = true};
    const char *paths[] = {place_name(&at, "tree")};
    assert_ok(osl_index_update(place_name(&at, "index"), paths, 1, &options,
                               NULL, &report, &err));
    assert_int_equal(report.changed + report.added + report.removed, 0);
    check_dates(&at, "second", one, two);
    check_dates(&at, "stays", one, one);
    place_remove(&at);
}

static void only_roots_at_hand_lose_files(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_index_report report;
    watch seen = {0};
    put_three(&at);
    place_put(&at, "other/c.jsonl", RECORD("5", "relapse again"));
    (void)update_tree(&at);
    const char *other[] = {place_name(&at, "other")};
    assert_ok(update(&at, other, 1, &report, NULL, &err));
    /* Another root is named: this one's files are not looked for. */
    assert_int_equal(unlink(place_name(&at, "tree/a.jsonl")), 0);
    place_put(&at, "other/d.jsonl", RECORD("6", "one more"));
    assert_ok(update(&at, other, 1, &report, NULL, &err));
    assert_int_equal(report.documents, 5);
    /* A root that is not there keeps its documents. */
    assert_int_equal(rename(place_name(&at, "other"), place_name(&at, "away")),
                     0);
    assert_ok(update(&at, NULL, 0, &report, &seen, &err));
    assert_int_equal(report.documents, 3);
    assert_int_equal(report.removed, 2);
    assert_non_null(strstr(seen.last, "documents stay"));
    osl_index *index = open_index(&at);
    assert_int_equal(df_of(index, "more"), 1);
    osl_index_free(index);
    place_remove(&at);
}

static bool holds_document(const osl_index *index, osl_text id)
{
    osl_error err;
    for (uint32_t s = 0; s < osl_index_get_info(index)->segment_count; s++) {
        uint32_t document;
        osl_document_record record;
        const osl_segment *segment = osl_index_segment(index, s);
        if (osl_segment_find_document(segment, id, &document, &err) != OSL_OK)
            continue;
        assert_ok(osl_segment_document(segment, document, &record, &err));
        if (is_live(index, s, record.first_paragraph))
            return true;
    }
    return false;
}

/* The documents of the index, sorted, each with a space behind. */
static void check_documents(const place *at, const char *want)
{
    osl_index *index = open_index(at);
    const char *rest = want;
    uint64_t count = 0;
    while (*rest) {
        size_t length = strcspn(rest, " ");
        if (!holds_document(index, (osl_text){rest, length}))
            fail_msg("no %.*s", (int)length, rest);
        count++;
        rest += length + (rest[length] == ' ');
    }
    assert_int_equal(osl_index_get_info(index)->document_count, count);
    osl_index_free(index);
}

static void a_folder_of_change_files_is_applied(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_index_report report;
    watch seen = {0};
    place_put(&at, "full/Summary/CDR1.md", "# One\n\nalpha\n");
    place_put(&at, "full/Summary/CDR2.md", "# Two\n\nbeta\n");
    place_put(&at, "full/Drug/CDR3.md", "# Three\n\ngamma\n");
    place_put(&at, "full/Drug/CDR4.md", "# Four\n\ndelta\n");
    place_put(&at, "full/all.jsonl", RECORD("r1", "kept") RECORD("r2", "old"));
    const char *full[] = {place_name(&at, "full")};
    assert_ok(update(&at, full, 1, &report, NULL, &err));
    assert_int_equal(report.documents, 6);
    place_put(&at, "c1/modified/CDR2.md", "# Two\n\nbeta revised\n");
    place_put(&at, "c1/added/Summary/CDR5.md", "# Five\n\nepsilon\n");
    place_put(&at, "c1/removed/CDR3.md", "");
    place_put(&at, "c1/removed.txt", "CDR4\n\nnothing-known\n");
    place_put(&at, "c1/more.jsonl", RECORD("r2", "renewed"));
    const char *one[] = {place_name(&at, "c1")};
    assert_ok(update(&at, one, 1, &report, &seen, &err));
    assert_int_equal(seen.notes, 2); /* as changes; r2 comes again */
    assert_int_equal(report.added, 1);
    assert_int_equal(report.changed, 2);
    assert_int_equal(report.removed, 2);
    check_documents(&at,
                    "Summary/CDR1.md Summary/CDR2.md Summary/CDR5.md r1 r2");
    osl_index *index = open_index(&at);
    assert_int_equal(df_of(index, "renew"), 1);
    assert_int_equal(df_of(index, "old"), 0);
    osl_index_free(index);
    /* The next ones are over these; a rescan changes nothing. */
    place_put(&at, "c2/revised/CDR5.md", "# Five\n\nepsilon again\n");
    place_put(&at, "c2/deleted/Summary/CDR1.md", "");
    const char *two[] = {place_name(&at, "c2")};
    assert_ok(update(&at, two, 1, &report, NULL, &err));
    assert_int_equal(report.changed, 1);
    assert_int_equal(report.removed, 1);
    check_documents(&at, "Summary/CDR2.md Summary/CDR5.md r1 r2");
    assert_ok(update(&at, NULL, 0, &report, NULL, &err));
    assert_int_equal(report.generation, 3);
    /* Without its list, what was removed is back. */
    assert_int_equal(unlink(place_name(&at, "c1/removed.txt")), 0);
    assert_ok(update(&at, NULL, 0, &report, NULL, &err));
    assert_int_equal(report.added, 1);
    check_documents(&at, "Drug/CDR4.md Summary/CDR2.md Summary/CDR5.md r1 r2");
    /* All at once is the same. */
    char folder[512];
    (void)snprintf(folder, sizeof folder, "%s/index2", at.path);
    const char *all[] = {place_name(&at, "c2"), place_name(&at, "full"),
                         place_name(&at, "c1")};
    const osl_index_options options = {0};
    assert_ok(osl_index_update(folder, all, 3, &options, NULL, &report, &err));
    assert_int_equal(report.documents, 5);
    place_remove(&at);
}

/* Some begin alike, some with another's name whole, some are folders. */
static void files_of_any_names_are_found(void **state)
{
    static const char *const names[] = {
        "a",        "a.txt",         "a.txt.txt",     "a-b.txt",
        "aaaaaaaa", "aaaaaaaa1.txt", "aaaaaaaa2.txt", "aaaaaaa",
        "ab/a.txt", "ab/b.txt",      "ab.txt",        "abc/d/e/f.txt",
        "abc/d.md", "abc/d/e.txt",   "\xC3\xA4.txt",  "\xC3\xA4/z.txt"};
    (void)state;
    place at = place_make();
    osl_error err;
    osl_arena arena = {0};
    osl_registry registry;
    char name[200], text[64];
    for (unsigned round = 0; round < 12; round++)
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            (void)snprintf(name, sizeof name, "tree/%u/%s", round * 7,
                           names[i]);
            (void)snprintf(text, sizeof text, "One is %zu of %u.\n", i, round);
            place_put(&at, name, text);
        }
    osl_index_report report = update_tree(&at);
    assert_int_equal(report.files, 12 * sizeof names / sizeof *names);
    assert_ok(osl_registry_read(&registry, place_name(&at, "index/000001.reg"),
                                &arena, &err));
    assert_int_equal(registry.source_count, report.files);
    for (size_t i = 0; i < registry.source_count; i++) {
        osl_text source = registry.sources[i].name;
        assert_true(i == 0 ||
                    osl_text_compare(registry.sources[i - 1].name, source) < 0);
        (void)snprintf(name, sizeof name, "tree/%.*s", (int)source.length,
                       source.bytes);
        assert_int_equal(access(place_name(&at, name), F_OK), 0);
    }
    osl_arena_clear(&arena);
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
        cmocka_unit_test(the_second_writer_is_told_who_holds_the_lock),
        cmocka_unit_test(a_stopped_update_leaves_the_index_alone),
        cmocka_unit_test(a_dry_run_counts_and_writes_nothing),
        cmocka_unit_test(files_that_move_are_read_again),
        cmocka_unit_test(two_generations_are_kept_and_litter_is_swept),
        cmocka_unit_test(a_damaged_manifest_is_there_twice),
        cmocka_unit_test(a_damaged_generation_gives_way_to_the_one_before),
        cmocka_unit_test(what_a_damaged_manifest_named_is_not_swept),
        cmocka_unit_test(a_damaged_segment_is_made_anew),
        cmocka_unit_test(a_newer_format_is_told_and_not_touched),
        cmocka_unit_test(an_index_whose_registry_is_foreign_is_not_touched),
        cmocka_unit_test(abbreviations_are_kept_with_their_documents),
        cmocka_unit_test(settings_that_are_not_said_stay),
        cmocka_unit_test(paragraphs_carry_their_dates),
        cmocka_unit_test(only_roots_at_hand_lose_files),
        cmocka_unit_test(a_folder_of_change_files_is_applied),
        cmocka_unit_test(files_of_any_names_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
