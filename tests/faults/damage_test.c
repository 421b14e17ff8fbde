/* SPDX-License-Identifier: MIT
 *
 * A small index of several segments with deletions, damaged: bits flipped in
 * every file, each cut short at many lengths, files lost, and files in each
 * other's place. `osler check` names the file; a search fails with words, or
 * answers as this generation or (and says so) as one before it; a repair
 * leaves an index without damage, and indexing again makes it what it was.
 *
 * OSL_ALL_BITS=1 flips every single bit, which takes minutes. */
#include "tests/faults/world.h"

#include "core/base/buf.h"
#include "core/segment/manifest.h"

#include <fcntl.h>

typedef struct victim {
    char name[64];
    uint8_t *bytes;
    size_t length;
} victim;

enum { FILES = 64 };

typedef struct damage_world {
    place at;
    char index[512];
    world_answers whole;
    uint64_t older[4]; /* what the generations before answered */
    size_t older_count;
    victim files[FILES];
    size_t file_count;
    unsigned errors, answers, fallbacks;
} damage_world;

static void load_files(damage_world *w)
{
    DIR *open = opendir(w->index);
    assert_non_null(open);
    const struct dirent *entry;
    w->file_count = 0;
    while ((entry = readdir(open))) {
        char path[96];
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "lock") == 0)
            continue;
        assert_true(w->file_count < FILES);
        victim *of = &w->files[w->file_count++];
        (void)snprintf(of->name, sizeof of->name, "%.60s", entry->d_name);
        (void)snprintf(path, sizeof path, "index/%s", of->name);
        FILE *file = fopen(place_name(&w->at, path), "rb");
        assert_non_null(file);
        of->bytes = malloc(1 << 20);
        assert_non_null(of->bytes);
        of->length = fread(of->bytes, 1, 1 << 20, file);
        assert_int_equal(fclose(file), 0);
    }
    (void)closedir(open);
}

static void put_file(const damage_world *w, const victim *of,
                     const uint8_t *bytes, size_t length)
{
    char path[96];
    (void)snprintf(path, sizeof path, "index/%s", of->name);
    place_put_bytes(&w->at, path, bytes, length);
}

static damage_world make_world(void)
{
    damage_world w = {.at = place_make()};
    (void)snprintf(w.index, sizeof w.index, "%s", place_name(&w.at, "index"));
    for (unsigned version = 0; version < 4; version++) {
        world_put(&w.at, version);
        world_settle(&w.at);
        world_answers now = world_ask(w.index, "whole");
        if (version < 3)
            w.older[w.older_count++] = now.hash;
        else
            w.whole = now;
    }
    load_files(&w);
    assert_true(w.file_count >= 9);
    return w;
}

static void clear_world(damage_world *w)
{
    for (size_t i = 0; i < w->file_count; i++)
        free(w->files[i].bytes);
    place_remove(&w->at);
}

/* ---- what is asked of a damaged index ----------------------------------- */

typedef struct named {
    unsigned damages;
    char first[64], what[256];
    const char *file;
    bool has_file;
} named;

static void note(void *user, const osl_damage *damage)
{
    named *n = user;
    if (n->damages++ == 0) {
        (void)snprintf(n->first, sizeof n->first, "%s", damage->file);
        (void)snprintf(n->what, sizeof n->what, "%s", damage->what);
    }
    n->has_file |= strcmp(damage->file, n->file) == 0;
}

static void expect_named(const damage_world *w, const victim *of,
                         const char *how, size_t where)
{
    osl_error err;
    osl_check_report report;
    named got = {.file = of->name};
    const osl_check_watcher watcher = {.user = &got, .damaged = note};
    if (osl_index_check(w->index, &watcher, &report, &err) != OSL_OK)
        fail_msg("%s, %s %zu: %s", of->name, how, where, err.text);
    if (!got.has_file)
        fail_msg("%s, %s %zu: not named, but %u damages, %s: %s", of->name, how,
                 where, got.damages, got.first, got.what);
}

/* An error with words, the right answers, or those of a generation before,
 * with a word on it. */
static void expect_no_wrong_answer(damage_world *w, const victim *of,
                                   const char *how, size_t where)
{
    osl_error err = {0};
    world_answers got;
    if (!world_try(w->index, 0, &got, &err)) {
        if (!err.text[0])
            fail_msg("%s, %s %zu: no words", of->name, how, where);
        w->errors++;
        return;
    }
    bool is_older = false;
    for (size_t i = 0; i < w->older_count; i++)
        is_older |= got.hash == w->older[i] && got.note[0];
    if (got.hash != w->whole.hash && !is_older)
        fail_msg("%s, %s %zu: a wrong answer", of->name, how, where);
    w->answers += !is_older;
    w->fallbacks += is_older;
}

static void expect_all(damage_world *w, const victim *of, const char *how,
                       size_t where)
{
    expect_named(w, of, how, where);
    expect_no_wrong_answer(w, of, how, where);
}

static void tell(const damage_world *w, const char *what, unsigned count)
{
    print_message("%u %s: %u errors, %u right answers, %u of a generation "
                  "before\n",
                  count, what, w->errors, w->answers, w->fallbacks);
}

/* ---- damage ------------------------------------------------------------- */

static unsigned flip_bits(damage_world *w, const victim *of, size_t step)
{
    char path[96];
    unsigned flips = 0;
    (void)snprintf(path, sizeof path, "index/%s", of->name);
    int fd = open(place_name(&w->at, path), O_WRONLY);
    assert_true(fd >= 0);
    for (size_t bit = 0; bit < 8 * of->length; bit += step) {
        uint8_t spoilt = (uint8_t)(of->bytes[bit / 8] ^ 1u << (bit % 8));
        off_t at = (off_t)(bit / 8);
        assert_int_equal(pwrite(fd, &spoilt, 1, at), 1);
        expect_all(w, of, "bit", bit);
        assert_int_equal(pwrite(fd, &of->bytes[bit / 8], 1, at), 1);
        flips++;
    }
    assert_int_equal(close(fd), 0);
    return flips;
}

static void a_flipped_bit_is_named_and_never_answers_wrong(void **state)
{
    (void)state;
    damage_world w = make_world();
    unsigned flips = 0;
    bool all = getenv("OSL_ALL_BITS") != NULL;
    for (size_t i = 0; i < w.file_count; i++)
        flips += flip_bits(&w, &w.files[i],
                           all                        ? 1
                           : w.files[i].length > 2000 ? 211
                                                      : 29);
    tell(&w, "bits flipped", flips);
    clear_world(&w);
}

static void a_file_that_is_cut_is_named_and_never_answers_wrong(void **state)
{
    (void)state;
    damage_world w = make_world();
    unsigned cuts = 0;
    bool all = getenv("OSL_ALL_BITS") != NULL;
    for (size_t i = 0; i < w.file_count; i++) {
        const victim *of = &w.files[i];
        size_t step = all ? 1 : of->length / 24 + 1;
        for (size_t length = 0; length < of->length; length += step) {
            put_file(&w, of, of->bytes, length);
            expect_all(&w, of, "cut to", length);
            cuts++;
        }
        put_file(&w, of, of->bytes, of->length);
    }
    tell(&w, "lengths cut to", cuts);
    clear_world(&w);
}

static bool is_same_kind(const victim *a, const victim *b)
{
    const char *x = strrchr(a->name, '.'), *y = strrchr(b->name, '.');
    return a != b && (x && y ? strcmp(x, y) == 0 : x == y);
}

static void a_file_in_the_place_of_another_is_named(void **state)
{
    (void)state;
    damage_world w = make_world();
    unsigned swaps = 0;
    for (size_t i = 0; i < w.file_count; i++)
        for (size_t j = 0; j < w.file_count; j++) {
            const victim *of = &w.files[i], *by = &w.files[j];
            bool same = of->length == by->length &&
                        memcmp(of->bytes, by->bytes, of->length) == 0;
            /* An older manifest is an older generation, whole. */
            if (!is_same_kind(of, by) || same ||
                strcmp(of->name, "manifest") == 0)
                continue;
            put_file(&w, of, by->bytes, by->length);
            expect_all(&w, of, by->name, j);
            put_file(&w, of, of->bytes, of->length);
            swaps++;
        }
    tell(&w, "files in the place of others", swaps);
    assert_true(swaps > 8);
    clear_world(&w);
}

/* ---- other rules of analysis -------------------------------------------- */

/* The newest manifest says that its text was read as another language's. */
static void rename_language(const damage_world *w, uint64_t generation)
{
    osl_error err;
    osl_arena arena = {0};
    osl_manifest manifest;
    osl_buf bytes = {0};
    char numbered[32], path[64];
    osl_manifest_name(numbered, generation);
    assert_ok(osl_manifest_read(&manifest, place_name(&w->at, "index/manifest"),
                                &arena, &err));
    assert_true(manifest.generation == generation);
    manifest.language = osl_text_of("de");
    osl_manifest_encode(&bytes, &manifest);
    assert_false(bytes.failed);
    (void)snprintf(path, sizeof path, "index/%s", numbered);
    place_put_bytes(&w->at, path, bytes.bytes, bytes.length);
    place_put_bytes(&w->at, "index/manifest", bytes.bytes, bytes.length);
    osl_buf_clear(&bytes);
    osl_arena_clear(&arena);
}

static void an_index_of_another_analyser_is_told(void **state)
{
    (void)state;
    damage_world w = make_world();
    osl_error err = {0};
    osl_check_report report;
    world_answers got;
    named found = {.file = "manifest"};
    const osl_check_watcher watcher = {.user = &found, .damaged = note};
    rename_language(&w, w.whole.generation);
    assert_false(world_try(w.index, 0, &got, &err));
    assert_non_null(strstr(err.text, "made by other rules of analysis"));
    assert_non_null(strstr(err.text, "osler index --full"));
    assert_ok(osl_index_check(w.index, &watcher, &report, &err));
    assert_true(found.has_file);
    assert_non_null(strstr(found.what, "made by other rules of analysis"));
    /* Who indexes again makes it anew, by the rules that it names. */
    osl_index_options options = {.thread_count = 1};
    osl_index_report done;
    assert_ok(osl_index_update(w.index, NULL, 0, &options, NULL, &done, &err));
    assert_true(done.generation == w.whole.generation + 1);
    (void)world_ask(w.index, "made anew");
    world_check(w.index, "made anew");
    options.language = "en";
    assert_ok(osl_index_update(w.index, NULL, 0, &options, NULL, &done, &err));
    assert_true(world_ask(w.index, "as it was").hash == w.whole.hash);
    clear_world(&w);
}

/* ---- repair ------------------------------------------------------------- */

/* Without damage: whether what a repair has dropped is still to be read. */
static void expect_due(const damage_world *w, const osl_repair_report *first,
                       bool due)
{
    osl_error err;
    osl_repair_report again;
    assert_ok(osl_index_repair(w->index, NULL, &again, &err));
    assert_int_equal(again.damages, 0);
    assert_int_equal(again.generation, 0);
    assert_int_equal(again.reads_again, due);
    if (due) {
        assert_int_equal(again.known_paths, first->known_paths);
        assert_string_equal(again.language, first->language);
        assert_int_equal(again.store, first->store);
    }
}

static void repair_and_index_again(damage_world *w, const victim *of,
                                   const char *how)
{
    osl_error err;
    osl_repair_report report;
    osl_index_report done;
    const osl_index_options options = {.thread_count = 1};
    if (osl_index_repair(w->index, NULL, &report, &err) != OSL_OK)
        fail_msg("%s, %s: not repaired: %s", of->name, how, err.text);
    world_check(w->index, of->name);
    (void)world_ask(w->index, of->name);
    expect_due(w, &report, report.reads_again);
    if (osl_index_update(w->index, NULL, 0, &options, NULL, &done, &err) !=
        OSL_OK)
        fail_msg("%s, %s: not indexed again: %s", of->name, how, err.text);
    expect_due(w, &report, false);
    world_check(w->index, of->name);
    world_answers got = world_ask(w->index, of->name);
    if (got.hash != w->whole.hash || got.note[0])
        fail_msg("%s, %s: other answers after the repair", of->name, how);
}

/* The folder as it was before the damage. */
static void restore(damage_world *w)
{
    DIR *open = opendir(w->index);
    assert_non_null(open);
    const struct dirent *entry;
    while ((entry = readdir(open))) {
        char path[96];
        (void)snprintf(path, sizeof path, "index/%.60s", entry->d_name);
        if (entry->d_name[0] != '.')
            assert_int_equal(unlink(place_name(&w->at, path)), 0);
    }
    (void)closedir(open);
    for (size_t i = 0; i < w->file_count; i++)
        put_file(w, &w->files[i], w->files[i].bytes, w->files[i].length);
}

static void what_is_damaged_is_repaired_from_its_sources(void **state)
{
    (void)state;
    damage_world w = make_world();
    for (size_t i = 0; i < w.file_count; i++) {
        victim *of = &w.files[i];
        of->bytes[of->length / 2] ^= 4;
        put_file(&w, of, of->bytes, of->length);
        of->bytes[of->length / 2] ^= 4;
        repair_and_index_again(&w, of, "a bit");
        restore(&w);
        put_file(&w, of, of->bytes, of->length / 3);
        repair_and_index_again(&w, of, "cut");
        restore(&w);
    }
    clear_world(&w);
}

static void every_segment_may_be_damaged(void **state)
{
    (void)state;
    damage_world w = make_world();
    for (size_t i = 0; i < w.file_count; i++)
        if (strstr(w.files[i].name, ".seg"))
            put_file(&w, &w.files[i], w.files[i].bytes, 100);
    repair_and_index_again(&w, &w.files[0], "every segment cut");
    clear_world(&w);
}

static void what_is_whole_needs_no_repair(void **state)
{
    (void)state;
    damage_world w = make_world();
    osl_error err;
    osl_repair_report report;
    assert_ok(osl_index_repair(w.index, NULL, &report, &err));
    assert_int_equal(report.damages, 0);
    assert_int_equal(report.generation, 0);
    assert_int_equal(world_ask(w.index, "whole").generation,
                     w.whole.generation);
    clear_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flipped_bit_is_named_and_never_answers_wrong),
        cmocka_unit_test(a_file_that_is_cut_is_named_and_never_answers_wrong),
        cmocka_unit_test(a_file_in_the_place_of_another_is_named),
        cmocka_unit_test(an_index_of_another_analyser_is_told),
        cmocka_unit_test(what_is_damaged_is_repaired_from_its_sources),
        cmocka_unit_test(every_segment_may_be_damaged),
        cmocka_unit_test(what_is_whole_needs_no_repair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
