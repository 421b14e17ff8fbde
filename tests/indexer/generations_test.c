/* SPDX-License-Identifier: MIT
 *
 * Generations: what is published while files move, what is kept of those
 * before, and what becomes of one that is damaged or of another format. */
#include "tests/indexer/foreign.h"
#include "tests/indexer/updating.h"

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

/* What a manifest is made; NULL: it is gone. */
static const char *const spoilt[] = {"rubbish", "", NULL};

static void spoil_manifest(place *at, const char *bytes)
{
    if (bytes)
        place_put(at, "index/manifest", bytes);
    else
        assert_int_equal(unlink(place_name(at, "index/manifest")), 0);
}

static void a_damaged_manifest_is_there_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(spoilt); i++) {
        place at = place_make();
        publish_often(&at, 2);
        spoil_manifest(&at, spoilt[i]);
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

static void an_update_without_changes_mends_the_manifest(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(spoilt); i++) {
        place at = place_make();
        publish_often(&at, 2);
        spoil_manifest(&at, spoilt[i]);
        (void)update_tree(&at);
        osl_index *index = open_index(&at);
        assert_int_equal(osl_index_get_info(index)->generation, 2);
        assert_null(osl_index_note(index));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_that_move_are_read_again),
        cmocka_unit_test(two_generations_are_kept_and_litter_is_swept),
        cmocka_unit_test(a_damaged_manifest_is_there_twice),
        cmocka_unit_test(an_update_without_changes_mends_the_manifest),
        cmocka_unit_test(a_damaged_generation_gives_way_to_the_one_before),
        cmocka_unit_test(what_a_damaged_manifest_named_is_not_swept),
        cmocka_unit_test(a_damaged_segment_is_made_anew),
        cmocka_unit_test(a_newer_format_is_told_and_not_touched),
        cmocka_unit_test(an_index_whose_registry_is_foreign_is_not_touched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
