/* SPDX-License-Identifier: MIT
 *
 * Indexing under a bound on memory: the segment is the same, byte for byte,
 * whatever the bound and the number of threads, and nothing is left over; an
 * index made one segment keeps what lives. */
#include "indexer/indexer.h"
#include "tests/indexer/place.h"

#include "core/base/buf.h"
#include "core/base/file.h"
#include "core/segment/index.h"
#include "core/segment/joint.h"
#include "core/segment/segment_internal.h"
#include "core/segment/tables.h"

#include <stdio.h>
#include <string.h>

enum { FILES = 70, RECORDS = 25 };

/* Records with words that meet again; some ids come in other files, too. */
static void put_files(const place *at, test_random *random, uint32_t files)
{
    for (uint32_t f = 0; f < files; f++) {
        osl_buf text = {0};
        char name[32];
        for (uint32_t i = 0; i < RECORDS; i++) {
            bool again = test_random_below(random, 20) == 0;
            uint32_t id = again ? test_random_below(random, FILES * RECORDS)
                                : f * RECORDS + i;
            osl_buf_printf(&text, "{\"id\":\"r%u\",\"text\":\"", id);
            for (uint32_t n = test_random_below(random, 60); n < 90; n++) {
                uint32_t word = test_random_below(random, 900);
                word = word * word / 900;
                osl_buf_printf(&text, "%sw%u%s", n % 7 ? " " : ", ", word,
                               n % 31 ? "" : " BCR-ABL1 (BA)");
            }
            osl_buf_printf(&text, "\"}\n");
        }
        assert_false(text.failed);
        (void)snprintf(name, sizeof name, "files/%03u.jsonl", f);
        place_put_bytes(at, name, text.bytes, text.length);
        osl_buf_clear(&text);
    }
}

static void update(const place *at, const char *index,
                   const osl_index_options *options, osl_index_report *report)
{
    osl_error err;
    const char *const paths[] = {place_name(at, "files")};
    assert_ok(osl_index_update(place_name(at, index), paths, 1, options, NULL,
                               report, &err));
    assert_int_equal(place_count(at, index, ".tmp"), 0);
}

static osl_map map_segment(const place *at, const char *index,
                           const char *segment)
{
    osl_error err;
    osl_map map;
    char name[64];
    (void)snprintf(name, sizeof name, "%s/%s.seg", index, segment);
    assert_ok(osl_map_open(&map, place_name(at, name), &err));
    return map;
}

/* The first segment of `a`, and one of `b`. */
static void check_same_as(const place *at, const char *a, const char *b,
                          const char *segment)
{
    osl_map left = map_segment(at, a, "000001");
    osl_map right = map_segment(at, b, segment);
    assert_int_equal(left.length, right.length);
    assert_memory_equal(left.bytes, right.bytes, left.length);
    osl_map_close(&left);
    osl_map_close(&right);
}

static void check_same(const place *at, const char *a, const char *b)
{
    check_same_as(at, a, b, "000001");
}

static void the_bound_leaves_no_trace(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t memory;
        unsigned threads;
        osl_store store;
        osl_pairs pairs;
    } cases[] = {
        {"least", 1, 1, OSL_STORE_FULL, OSL_PAIRS_DEFAULT},
        {"least, two threads", 1, 2, OSL_STORE_FULL, OSL_PAIRS_MORE},
        {"some runs", 2000000, 1, OSL_STORE_SMALL, OSL_PAIRS_DEFAULT},
        {"least, small", 1, 1, OSL_STORE_SMALL, OSL_PAIRS_NONE},
        {"least, no texts", 1, 2, OSL_STORE_NONE, OSL_PAIRS_DEFAULT},
    };
    test_random random = test_random_new(71);
    place at = place_make();
    put_files(&at, &random, FILES);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        osl_index_report free_report, bound_report;
        char unbound[16], bound[16];
        osl_index_options options = {.store = cases[i].store,
                                     .pairs = cases[i].pairs,
                                     .thread_count = 1,
                                     .memory_bytes = UINT64_MAX / 2};
        (void)snprintf(unbound, sizeof unbound, "free%zu", i);
        (void)snprintf(bound, sizeof bound, "bound%zu", i);
        update(&at, unbound, &options, &free_report);
        options.memory_bytes = cases[i].memory;
        options.thread_count = cases[i].threads;
        update(&at, bound, &options, &bound_report);
        check_same(&at, unbound, bound);
        assert_int_equal(free_report.documents, bound_report.documents);
        assert_int_equal(free_report.paragraphs, bound_report.paragraphs);
        assert_int_equal(free_report.terms, bound_report.terms);
    }
    place_remove(&at);
}

/* As many short records as there must be for lists of the best of two words. */
static void put_short_records(const place *at, test_random *random)
{
    osl_buf text = {0};
    for (uint32_t i = 0; i < OSL_JOINT_ORDINALS_MIN + 300; i++) {
        osl_buf_printf(&text, "{\"id\":\"s%u\",\"text\":\"", i);
        for (uint32_t n = test_random_below(random, 6); n < 9; n++)
            osl_buf_printf(&text, "w%u ", test_random_below(random, 12));
        osl_buf_printf(&text, "only%u\"}\n", i);
    }
    assert_false(text.failed);
    place_put_bytes(at, "files/short.jsonl", text.bytes, text.length);
    osl_buf_clear(&text);
}

static bool has_lists_of_two(const place *at, const char *index)
{
    osl_error err;
    osl_segment *segment;
    const osl_section *section;
    char name[64];
    (void)snprintf(name, sizeof name, "%s/000001.seg", index);
    assert_ok(osl_segment_open(&segment, place_name(at, name),
                               osl_kernels_get(OSL_CPU_SCALAR), &err));
    bool has =
        osl_segment_find_section(segment, OSL_SECTION_JOINT, OSL_JOINT_VERSION,
                                 &section, &err) == OSL_OK;
    osl_segment_free(segment);
    return has;
}

static void the_bound_leaves_no_trace_in_lists_of_two_words(void **state)
{
    (void)state;
    test_random random = test_random_new(73);
    place at = place_make();
    osl_index_report report;
    osl_index_options options = {.thread_count = 1,
                                 .memory_bytes = UINT64_MAX / 2};
    put_short_records(&at, &random);
    update(&at, "free", &options, &report);
    assert_true(has_lists_of_two(&at, "free"));
    options.memory_bytes = 400000; /* some runs */
    update(&at, "bound", &options, &report);
    check_same(&at, "free", "bound");
    options.thread_count = 2;
    update(&at, "two", &options, &report);
    check_same(&at, "free", "two");
    options.pairs = OSL_PAIRS_NONE;
    update(&at, "none", &options, &report);
    assert_false(has_lists_of_two(&at, "none"));
    place_remove(&at);
}

enum { DEEP_FILES = 20 };

/* Files [from, to) with as many words as deep codes begin with, and as many rare
 * ones as are spelt by letters. */
static void put_many_words(const place *at, uint32_t from, uint32_t to)
{
    for (uint32_t f = from; f < to; f++) {
        test_random random = test_random_new(100 + f);
        osl_buf text = {0};
        char name[32];
        for (uint32_t i = 0; i < 150; i++) {
            osl_buf_printf(&text, "{\"id\":\"d%u.%u\",\"text\":\"", f, i);
            for (uint32_t n = 0; n < 100; n++) {
                uint32_t word = test_random_below(&random, 300);
                if (n % 4 == 0)
                    word = test_random_below(&random, 40000);
                osl_buf_printf(&text, "w%u ", n % 4 ? word * word / 300 : word);
            }
            osl_buf_printf(&text, "\"}\n");
        }
        assert_false(text.failed);
        (void)snprintf(name, sizeof name, "files/%03u.jsonl", f);
        place_put_bytes(at, name, text.bytes, text.length);
        osl_buf_clear(&text);
    }
}

static osl_segment *open_segment(const place *at, const char *index)
{
    osl_error err;
    osl_segment *segment;
    char name[64];
    (void)snprintf(name, sizeof name, "%s/000001.seg", index);
    assert_ok(osl_segment_open(&segment, place_name(at, name),
                               osl_kernels_get(OSL_CPU_SCALAR), &err));
    return segment;
}

static void check_texts(const place *at, const char *small, const char *full)
{
    enum { VERSION_DEEP = 2 };
    osl_error err;
    osl_segment *a = open_segment(at, small), *b = open_segment(at, full);
    osl_buf left = {0}, right = {0};
    uint32_t count = osl_segment_get_info(b)->paragraph_count;
    assert_int_equal(a->sections[OSL_SECTION_CODES].version, VERSION_DEEP);
    assert_non_null(a->letters);
    assert_int_equal(osl_segment_get_info(a)->paragraph_count, count);
    for (uint32_t i = 0; i < count; i++) {
        osl_buf_reset(&left);
        osl_buf_reset(&right);
        assert_ok(osl_segment_text(a, i, &left, &err));
        assert_ok(osl_segment_text(b, i, &right, &err));
        assert_true(osl_text_equal(osl_buf_text(&left), osl_buf_text(&right)));
    }
    osl_buf_clear(&left);
    osl_buf_clear(&right);
    osl_segment_free(a);
    osl_segment_free(b);
}

/* One build, runs that are merged, and an update that is merged with what was
 * merged of runs itself. */
static void deep_codes_are_the_same_however_they_came(void **state)
{
    (void)state;
    place at = place_make();
    osl_index_report report;
    osl_index_options options = {.thread_count = 1,
                                 .store = OSL_STORE_SMALL,
                                 .pairs = OSL_PAIRS_NONE,
                                 .memory_bytes = 1};
    put_many_words(&at, 0, DEEP_FILES / 2);
    update(&at, "updated", &options, &report);
    put_many_words(&at, DEEP_FILES / 2, DEEP_FILES);
    options.optimize = true;
    update(&at, "updated", &options, &report);
    options.optimize = false;
    update(&at, "bound", &options, &report);
    options.memory_bytes = UINT64_MAX / 2;
    update(&at, "fresh", &options, &report);
    options.store = OSL_STORE_FULL;
    update(&at, "full", &options, &report);
    check_same(&at, "fresh", "bound");
    check_texts(&at, "fresh", "full");
    check_same_as(&at, "fresh", "updated", "000002-1");
    place_remove(&at);
}

static uint32_t count_segments(const place *at, uint64_t *paragraphs,
                               bool *dead)
{
    osl_error err;
    osl_index *index;
    assert_ok(osl_index_open(&index, place_name(at, "index"), 0,
                             osl_kernels_get(OSL_CPU_SCALAR), &err));
    const osl_index_info *info = osl_index_get_info(index);
    uint32_t count = info->segment_count;
    *paragraphs = info->paragraph_count;
    *dead = false;
    for (uint32_t i = 0; i < count; i++)
        *dead |= osl_index_deletions(index, i) != NULL;
    osl_index_free(index);
    return count;
}

static void optimizing_leaves_one_segment_without_dead(void **state)
{
    (void)state;
    test_random random = test_random_new(72);
    place at = place_make();
    osl_index_options options = {.memory_bytes = 1};
    osl_index_report report;
    uint64_t before, after;
    bool dead;
    put_files(&at, &random, 12);
    update(&at, "index", &options, &report);
    put_files(&at, &random, 2);
    update(&at, "index", &options, &report);
    assert_true(count_segments(&at, &before, &dead) > 1);
    assert_true(dead);
    options.optimize = true;
    update(&at, "index", &options, &report);
    assert_int_equal(count_segments(&at, &after, &dead), 1);
    assert_false(dead);
    assert_int_equal(before, after);
    uint64_t generation = report.generation;
    update(&at, "index", &options, &report);
    assert_int_equal(report.generation, generation);
    put_files(&at, &random, 1);
    update(&at, "index", &options, &report);
    assert_int_equal(count_segments(&at, &after, &dead), 1);
    assert_false(dead);
    place_remove(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bound_leaves_no_trace),
        cmocka_unit_test(the_bound_leaves_no_trace_in_lists_of_two_words),
        cmocka_unit_test(deep_codes_are_the_same_however_they_came),
        cmocka_unit_test(optimizing_leaves_one_segment_without_dead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
