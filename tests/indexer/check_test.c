/* SPDX-License-Identifier: MIT
 *
 * osl_index_check(): what is whole is called whole, and what is lost, mistaken
 * or damaged is named by its file. */
#include "tests/indexer/check_index.h"
#include "tests/indexer/foreign.h"

#include "core/segment/segment_internal.h"
#include "core/segment/store.h"
#include "core/text/text.h"
#include "indexer/check_words.h"

#include <fcntl.h>

/* ---- whole -------------------------------------------------------------- */

static void what_is_whole_is_called_whole(void **state)
{
    (void)state;
    place at = make_index();
    osl_error err;
    osl_check_report report;
    seen got;
    assert_ok(check(&at, &got, &report, &err));
    assert_int_equal(report.damages, 0);
    assert_int_equal(got.damages, 0);
    assert_int_equal(got.generations, 2);
    assert_int_equal(got.whole, 2);
    assert_int_equal(report.opened, 2);
    /* Litter is no damage. */
    place_put(&at, "index/000009.seg.tmp", "half");
    place_put(&at, "index/000009.seg", "of a writer that was killed");
    assert_ok(check(&at, &got, &report, &err));
    assert_int_equal(report.damages, 0);
    place_remove(&at);
}

static void where_there_is_no_index_it_says_so(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_check_report report;
    seen got;
    assert_int_equal(check(&at, &got, &report, &err), OSL_ENOTFOUND);
    assert_int_equal(mkdir(place_name(&at, "index"), 0777), 0);
    assert_int_equal(check(&at, &got, &report, &err), OSL_ENOTFOUND);
    assert_non_null(strstr(err.text, "osler index"));
    place_remove(&at);
}

/* ---- other formats ------------------------------------------------------ */

/* Two generations that share a segment, and one behind them of its own. */
static place make_index_of_three(void)
{
    place at = make_index();
    osl_error err;
    osl_index_report report;
    const osl_index_options options = {.full = true, .keep = 3};
    const char *paths[] = {place_name(&at, "tree")};
    assert_ok(osl_index_update(place_name(&at, "index"), paths, 1, &options,
                               NULL, &report, &err));
    return at;
}

static void kept_generations_of_another_format_are_no_damage(void **state)
{
    (void)state;
    static const uint32_t versions[] = {1, 99};
    place at = make_index_of_three();
    osl_error err;
    osl_check_report report;
    seen got;
    assert_ok(check(&at, &got, &report, &err));
    assert_int_equal(got.whole, 3);
    assert_int_equal(got.other_format, 0);
    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        make_foreign(&at, "index/000001.seg", versions[i]);
        assert_ok(check(&at, &got, &report, &err));
        assert_int_equal(report.damages, 0);
        assert_int_equal(got.generations, 3);
        assert_int_equal(got.whole, 1);
        assert_int_equal(got.other_format, 2);
        assert_int_equal(report.opened, 3);
    }
    place_remove(&at);
}

static void a_newest_generation_of_another_format_is_refused(void **state)
{
    (void)state;
    place at = make_index_of_three();
    osl_error err;
    osl_check_report report;
    seen got;
    make_foreign(&at, "index/000003.seg", 1);
    assert_int_equal(check(&at, &got, &report, &err), OSL_EVERSION);
    assert_non_null(strstr(err.text, "osler index --full"));
    place_remove(&at);
}

/* ---- damaged ------------------------------------------------------------ */

static void a_file_that_is_gone_is_named(void **state)
{
    (void)state;
    place at = make_index();
    static bytes whole;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        if (strcmp(files[i], "index/manifest-000001") == 0)
            continue; /* as if it had been swept */
        read_bytes(&at, files[i], &whole);
        assert_int_equal(unlink(place_name(&at, files[i])), 0);
        expect_named(&at, files[i], "gone", 0);
        write_bytes(&at, files[i], &whole, whole.length);
    }
    place_remove(&at);
}

static void files_that_changed_places_are_named(void **state)
{
    (void)state;
    place at = make_index();
    static bytes one, two;
    for (size_t i = 0; i + 1 < COUNT_OF(files); i += 2) {
        read_bytes(&at, files[i], &one);
        read_bytes(&at, files[i + 1], &two);
        if (i == 0) {
            write_bytes(&at, files[1], &one, one.length);
            expect_named(&at, files[1], "in the place of", 0);
        } else {
            write_bytes(&at, files[i], &two, two.length);
            expect_named(&at, files[i], "in the place of", i);
        }
        write_bytes(&at, files[i], &one, one.length);
        write_bytes(&at, files[i + 1], &two, two.length);
    }
    place_remove(&at);
}

/* Records of many words, so that the segment has several blocks. */
static void put_many(const place *at)
{
    static char text[1 << 18];
    size_t length = 0;
    uint32_t random = 1;
    for (unsigned i = 0; i < 1500; i++) {
        length += (size_t)snprintf(text + length, sizeof text - length,
                                   "{\"id\":\"%u\",\"text\":\"", i);
        for (unsigned w = 0; w < 12; w++) {
            random = random * 1664525 + 1013904223;
            length += (size_t)snprintf(text + length, sizeof text - length,
                                       "w%x ", random >> 18);
        }
        length +=
            (size_t)snprintf(text + length, sizeof text - length, "\"}\n");
    }
    place_put(at, "tree/a.jsonl", text);
}

static void a_damaged_block_is_told_with_section_and_meaning(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_check_report report;
    seen got;
    put_many(&at);
    update(&at);
    int fd = open(place_name(&at, "index/000001.seg"), O_RDWR);
    uint8_t byte;
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, 70000), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, 70000), 1);
    assert_int_equal(close(fd), 0);
    assert_ok(check(&at, &got, &report, &err));
    assert_int_equal(report.damages, 1);
    assert_int_equal(got.whole, 0);
    assert_int_equal(report.opened, 1);
    assert_int_equal(got.block, 70000 / 4096);
    assert_true(got.section[0] && got.meaning[0]);
    assert_non_null(strstr(got.what, "checksum"));
    place_remove(&at);
}

static void blocks_next_to_each_other_are_told_as_one(void **state)
{
    (void)state;
    place at = place_make();
    osl_error err;
    osl_check_report report;
    seen got;
    static uint8_t piece[5 * 4096];
    put_many(&at);
    update(&at);
    int fd = open(place_name(&at, "index/000001.seg"), O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, piece, sizeof piece, 70000), sizeof piece);
    for (size_t i = 0; i < sizeof piece; i++)
        piece[i] ^= 1;
    assert_int_equal(pwrite(fd, piece, sizeof piece, 70000), sizeof piece);
    assert_int_equal(close(fd), 0);
    assert_ok(check(&at, &got, &report, &err));
    assert_int_equal(report.damages, 1);
    assert_int_equal(got.block, 70000 / 4096);
    assert_int_equal(got.length, 6 * 4096);
    place_remove(&at);
}

static void a_lost_segment_is_told_with_its_meaning(void **state)
{
    (void)state;
    place at = make_index();
    osl_error err;
    osl_check_report report;
    seen got;
    assert_int_equal(unlink(place_name(&at, "index/000002.seg")), 0);
    assert_ok(check(&at, &got, &report, &err));
    assert_int_equal(report.damages, 1);
    assert_int_equal(got.whole, 1);
    assert_non_null(strstr(got.what, "not there"));
    assert_non_null(strstr(got.meaning, "the one before"));
    assert_int_equal(report.opened, 1);
    assert_int_equal(unlink(place_name(&at, "index/000001.seg")), 0);
    assert_ok(check(&at, &got, &report, &err));
    assert_int_equal(report.damages, 2);
    assert_int_equal(report.opened, 0);
    place_remove(&at);
}

/* Whatever its checksums say: each bit of the numbers, flipped, names another
 * term for a word, or none. */
static void a_word_of_another_term_is_named(void **state)
{
    (void)state;
    place at = make_index();
    osl_error err;
    osl_analyzer *analyzer;
    osl_segment *segment;
    osl_column_view terms;
    static bytes whole;
    read_bytes(&at, "index/000001.seg", &whole);
    osl_cpu_level level;
    assert_ok(osl_cpu_level_get(&level, &err));
    assert_ok(
        osl_analyzer_open(&analyzer, &osl_analysis_defaults, level, &err));
    assert_ok(osl_segment_open_memory(
        &segment, (osl_text){(const char *)whole.at, whole.length}, "made",
        osl_kernels_get(level), false, &err));
    assert_ok(osl_word_terms_view(segment, &terms, &err));
    assert_ok(osl_check_words(segment, analyzer, &err));
    size_t bits = (size_t)terms.column.width * terms.column.count;
    size_t start = (size_t)(terms.numbers - whole.at) * 8;
    assert_in_range(terms.column.width, 1, 57);
    assert_in_range(terms.column.count, 10, 100);
    for (size_t bit = start; bit < start + bits; bit++) {
        whole.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(osl_check_words(segment, analyzer, &err),
                         OSL_ECORRUPT);
        assert_non_null(strstr(err.text, "not of the term"));
        whole.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_ok(osl_check_words(segment, analyzer, &err));
    osl_segment_free(segment);
    osl_analyzer_free(analyzer);
    place_remove(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_whole_is_called_whole),
        cmocka_unit_test(where_there_is_no_index_it_says_so),
        cmocka_unit_test(kept_generations_of_another_format_are_no_damage),
        cmocka_unit_test(a_newest_generation_of_another_format_is_refused),
        cmocka_unit_test(a_file_that_is_gone_is_named),
        cmocka_unit_test(files_that_changed_places_are_named),
        cmocka_unit_test(a_damaged_block_is_told_with_section_and_meaning),
        cmocka_unit_test(blocks_next_to_each_other_are_told_as_one),
        cmocka_unit_test(a_lost_segment_is_told_with_its_meaning),
        cmocka_unit_test(a_word_of_another_term_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
