/* SPDX-License-Identifier: MIT
 *
 * osl_index_check(): what is whole is called whole, and each damage is named
 * by its file, bits of a small index among them. */
#include "tests/indexer/place.h"

#include "core/base/file.h"
#include "core/segment/index.h"
#include "indexer/indexer.h"

#include <fcntl.h>

typedef struct seen {
    unsigned damages, generations, whole;
    uint64_t block;
    char file[64], section[512], what[512], meaning[512]; /* the first */
} seen;

static void see_damage(void *user, const osl_damage *damage)
{
    seen *s = user;
    if (s->damages++)
        return;
    (void)snprintf(s->file, sizeof s->file, "%s", damage->file);
    s->block = damage->length ? damage->block : UINT64_MAX;
    (void)snprintf(s->section, sizeof s->section, "%s", damage->section);
    (void)snprintf(s->what, sizeof s->what, "%s", damage->what);
    (void)snprintf(s->meaning, sizeof s->meaning, "%s", damage->meaning);
}

static void see_generation(void *user, const osl_checked_generation *checked)
{
    seen *s = user;
    s->generations++;
    s->whole += checked->whole;
}

static osl_status check(const place *at, seen *got, osl_check_report *report,
                        osl_error *err)
{
    const osl_check_watcher watcher = {got, see_damage, see_generation};
    *got = (seen){0};
    return osl_index_check(place_name(at, "index"), &watcher, report, err);
}

static void update(const place *at)
{
    osl_error err;
    osl_index_report report;
    const osl_index_options options = {0};
    const char *paths[] = {place_name(at, "tree")};
    assert_ok(osl_index_update(place_name(at, "index"), paths, 1, &options,
                               NULL, &report, &err));
}

/* Two generations, in five or more files. */
static place make_index(void)
{
    place at = place_make();
    place_put(&at, "tree/a.jsonl",
              "{\"id\":\"1\",\"text\":\"stem cell transplant (SCT)\"}\n");
    update(&at);
    place_put(&at, "tree/a.jsonl",
              "{\"id\":\"1\",\"text\":\"stem cell transplant (SCT)\"}\n"
              "{\"id\":\"2\",\"text\":\"BCR-ABL1 relapse, relapsed\"}\n");
    update(&at);
    return at;
}

/* ---- bytes -------------------------------------------------------------- */

typedef struct bytes {
    uint8_t at[1 << 16];
    size_t length;
} bytes;

static void read_bytes(const place *at, const char *name, bytes *out)
{
    FILE *file = fopen(place_name(at, name), "rb");
    assert_non_null(file);
    out->length = fread(out->at, 1, sizeof out->at, file);
    assert_in_range(out->length, 1, sizeof out->at - 1);
    assert_int_equal(fclose(file), 0);
}

static void write_bytes(const place *at, const char *name, const bytes *from,
                        size_t length)
{
    place_put_bytes(at, name, from->at, length);
}

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

/* ---- damaged ------------------------------------------------------------ */

static const char *const files[] = {
    "index/manifest",   "index/manifest-000001", "index/000002.reg",
    "index/000001.reg", "index/000002.seg",      "index/000001.seg",
};

static void expect_named(const place *at, const char *name, const char *how,
                         size_t where)
{
    osl_error err = {0};
    osl_check_report report;
    seen got;
    osl_status status = check(at, &got, &report, &err);
    const char *base = strrchr(name, '/') + 1;
    if (status != OSL_OK)
        fail_msg("%s %s %zu: status %d, %s", name, how, where, (int)status,
                 err.text);
    if (report.damages == 0 || strcmp(got.file, base) != 0 || !got.what[0] ||
        !got.meaning[0])
        fail_msg("%s %s %zu: %llu damages, %s: %s", name, how, where,
                 (unsigned long long)report.damages, got.file, got.what);
}

static unsigned flip_bits(const place *at, const char *name, size_t step)
{
    static bytes whole;
    unsigned flips = 0;
    read_bytes(at, name, &whole);
    int fd = open(place_name(at, name), O_WRONLY);
    assert_true(fd >= 0);
    for (size_t bit = 0; bit < 8 * whole.length; bit += step) {
        size_t n = bit / 8;
        uint8_t spoilt = (uint8_t)(whole.at[n] ^ 1u << (bit % 8));
        assert_int_equal(pwrite(fd, &spoilt, 1, (off_t)n), 1);
        expect_named(at, name, "bit", bit);
        assert_int_equal(pwrite(fd, &whole.at[n], 1, (off_t)n), 1);
        flips++;
    }
    assert_int_equal(close(fd), 0);
    return flips;
}

static void bits_that_are_flipped_are_named(void **state)
{
    (void)state;
    place at = make_index();
    unsigned flips = 0;
    for (size_t i = 0; i < COUNT_OF(files); i++)
        flips += flip_bits(&at, files[i], strstr(files[i], ".seg") ? 5 : 1);
    print_message("%u bits flipped\n", flips);
    place_remove(&at);
}

static void lengths_that_are_cut_to_are_named(void **state)
{
    (void)state;
    place at = make_index();
    static bytes whole;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        size_t step = strstr(files[i], ".seg") ? 13 : 1;
        read_bytes(&at, files[i], &whole);
        for (size_t length = 0; length < whole.length; length += step) {
            write_bytes(&at, files[i], &whole, length);
            expect_named(&at, files[i], "cut to", length);
        }
        write_bytes(&at, files[i], &whole, whole.length);
    }
    place_remove(&at);
}

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
    for (size_t i = 0; i < COUNT_OF(files); i += 2) {
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
    assert_int_equal(got.block, 1);
    assert_true(got.section[0] && got.meaning[0]);
    assert_non_null(strstr(got.what, "checksum"));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_whole_is_called_whole),
        cmocka_unit_test(where_there_is_no_index_it_says_so),
        cmocka_unit_test(bits_that_are_flipped_are_named),
        cmocka_unit_test(lengths_that_are_cut_to_are_named),
        cmocka_unit_test(a_file_that_is_gone_is_named),
        cmocka_unit_test(files_that_changed_places_are_named),
        cmocka_unit_test(a_damaged_block_is_told_with_section_and_meaning),
        cmocka_unit_test(a_lost_segment_is_told_with_its_meaning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
