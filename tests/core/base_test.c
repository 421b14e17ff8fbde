/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/bytes.h"
#include "core/base/cpu.h"
#include "core/base/drain.h"
#include "core/base/file.h"
#include "core/base/pages.h"
#include "core/base/select.h"
#include "core/base/spill.h"
#include "core/base/utf8.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

static void varints_come_back_and_cut_ones_are_refused(void **state)
{
    (void)state;
    test_random random = test_random_new(1);
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t value = test_random_next(&random) >> (i % 64);
        uint8_t bytes[OSL_VARINT_MAX];
        size_t length = osl_varint_put(bytes, value);
        for (size_t cut = 0; cut < length; cut++) {
            const uint8_t *at = bytes;
            uint64_t got;
            assert_false(osl_varint_get(&at, bytes + cut, &got));
            assert_ptr_equal(at, bytes);
        }
        const uint8_t *at = bytes;
        uint64_t got = 0;
        assert_true(osl_varint_get(&at, bytes + length, &got));
        assert_int_equal(got, value);
        assert_ptr_equal(at, bytes + length);
    }
}

static void a_varint_over_64_bits_is_refused(void **state)
{
    (void)state;
    uint8_t bytes[11];
    memset(bytes, 0xFF, sizeof bytes);
    const uint8_t *at = bytes;
    uint64_t got;
    assert_false(osl_varint_get(&at, bytes + sizeof bytes, &got));
    bytes[9] = 2;
    assert_false(osl_varint_get(&at, bytes + sizeof bytes, &got));
    bytes[9] = 1;
    assert_true(osl_varint_get(&at, bytes + sizeof bytes, &got));
    assert_true(got == UINT64_MAX);
}

static void utf8_takes_what_unicode_allows_and_no_more(void **state)
{
    (void)state;
    static const struct {
        const char *name, *bytes;
        size_t length;
        uint32_t c;
        unsigned took;
    } cases[] = {
        {"ascii", "a", 1, 'a', 1},
        {"two", "\xC2\xB5", 2, 0xB5, 2},
        {"three", "\xE2\x89\xA5", 3, 0x2265, 3},
        {"four", "\xF0\x9F\x98\x80", 4, 0x1F600, 4},
        {"overlong two", "\xC0\x80", 2, OSL_UTF8_BAD, 1},
        {"overlong three", "\xE0\x80\x80", 3, OSL_UTF8_BAD, 1},
        {"surrogate", "\xED\xA0\x80", 3, OSL_UTF8_BAD, 1},
        {"above", "\xF4\x90\x80\x80", 4, OSL_UTF8_BAD, 1},
        {"cut three", "\xE2\x89", 2, OSL_UTF8_BAD, 2},
        {"cut four", "\xF0\x9F\x98", 3, OSL_UTF8_BAD, 3},
        {"lone tail", "\x80", 1, OSL_UTF8_BAD, 1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        unsigned took;
        uint32_t c = osl_utf8_get(cases[i].bytes,
                                  cases[i].bytes + cases[i].length, &took);
        if (c != cases[i].c || took != cases[i].took)
            fail_msg("%s: %x in %u", cases[i].name, c, took);
    }
}

static void every_scalar_value_survives_utf8(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x110000; c++) {
        if (c >= 0xD800 && c < 0xE000)
            continue;
        char bytes[4];
        unsigned took, put = osl_utf8_put(bytes, c);
        assert_int_equal(osl_utf8_get(bytes, bytes + put, &took), c);
        assert_int_equal(took, put);
    }
}

static void a_buffer_holds_what_was_put(void **state)
{
    (void)state;
    osl_error err;
    osl_buf buf = {0};
    osl_buf_put_byte(&buf, 1);
    osl_buf_put16(&buf, 0x0302);
    osl_buf_put32(&buf, 0x07060504);
    osl_buf_align(&buf, 64);
    osl_buf_printf(&buf, "%d%s", 42, "x");
    assert_ok(osl_buf_status(&buf, "a test", &err));
    assert_int_equal(buf.length, 67);
    assert_memory_equal(buf.bytes, "\1\2\3\4\5\6\7\0", 8);
    assert_memory_equal(buf.bytes + 64, "42x", 3);
    osl_buf_clear(&buf);
}

static void a_buffer_that_cannot_grow_says_so_for_ever(void **state)
{
    (void)state;
    osl_error err = {0};
    osl_buf buf = {0};
    osl_buf_put_byte(&buf, 1);
    assert_null(osl_buf_room(&buf, SIZE_MAX - 4));
    osl_buf_put_byte(&buf, 2);
    assert_int_equal(buf.length, 1);
    assert_int_equal(osl_buf_status(&buf, "a test", &err), OSL_ENOMEM);
    assert_non_null(strstr(err.text, "a test"));
    osl_buf_clear(&buf);
}

static void few_bytes_are_copied_as_by_the_library(void **state)
{
    enum { MOST = 48, EDGE = 8 };
    test_random random = test_random_new(8);
    (void)state;
    for (size_t length = 0; length <= MOST; length++) {
        /* Of their own, so that a byte too many is noticed. */
        char *from = malloc(length + 1),
             *to = malloc(length + 2 * (size_t)EDGE);
        assert_true(from && to);
        for (size_t i = 0; i < length; i++)
            from[i] = (char)test_random_below(&random, 256);
        memset(to, 'x', length + 2 * (size_t)EDGE);
        osl_copy_few(to + EDGE, from, length);
        assert_true(length == 0 || memcmp(to + EDGE, from, length) == 0);
        for (size_t i = 0; i < EDGE; i++)
            assert_true(to[i] == 'x' && to[length + EDGE + i] == 'x');
        free(from);
        free(to);
    }
}

static void arena_pieces_do_not_overlap(void **state)
{
    (void)state;
    test_random random = test_random_new(2);
    osl_arena arena = {0};
    for (unsigned round = 0; round < 3; round++) {
        uint8_t *pieces[500];
        size_t sizes[500];
        for (unsigned i = 0; i < 500; i++) {
            sizes[i] = test_random_below(&random, i % 50 ? 300 : 100000);
            pieces[i] = osl_arena_take(&arena, sizes[i]);
            assert_non_null(pieces[i]);
            assert_int_equal((uintptr_t)pieces[i] % 16, 0);
            memset(pieces[i], (int)(i & 0xFF), sizes[i]);
        }
        for (unsigned i = 0; i < 500; i++)
            for (size_t j = 0; j < sizes[i]; j++)
                assert_int_equal(pieces[i][j], i & 0xFF);
        osl_arena_reset(&arena);
    }
    assert_null(osl_arena_zero(&arena, SIZE_MAX, 2));
    osl_arena_clear(&arena);
}

#define PATH_TEMPLATE "/tmp/osler-test-XXXXXX"

/* An empty file of its own, open; `path` is a PATH_TEMPLATE. */
static int make_file(char *path)
{
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    return fd;
}

static void a_file_written_is_the_file_mapped(void **state)
{
    (void)state;
    osl_error err;
    char path[] = PATH_TEMPLATE;
    close(make_file(path));
    osl_file *file;
    assert_ok(osl_file_create(&file, path, &err));
    for (uint32_t i = 0; i < 600000; i++) {
        osl_file_write(file, &i, sizeof i);
        if (i % 200003 == 7)
            osl_file_flush(file); /* in the middle of a window */
    }
    osl_file_write(file, "x", 1);
    osl_file_align(file, 64);
    assert_int_equal(osl_file_offset(file), 2400064);
    assert_ok(osl_file_close(file, &err));
    osl_map map;
    assert_ok(osl_map_open(&map, path, &err));
    assert_int_equal(map.length, 2400064);
    for (uint32_t i = 0; i < 600000; i++)
        assert_int_equal(osl_get32(map.bytes + i * sizeof i), i);
    osl_map_close(&map);
    unlink(path);
    assert_int_equal(osl_map_open(&map, path, &err), OSL_ENOTFOUND);
    assert_int_equal(osl_map_open(&map, "/", &err), OSL_EINVAL);
}

static void a_file_that_is_drained_is_as_it_was_written(void **state)
{
    enum { NUMBERS = 6 << 20 }; /* three times as much as is sent at once */
    (void)state;
    osl_error err;
    char path[] = PATH_TEMPLATE;
    close(make_file(path));
    osl_file *file;
    assert_ok(osl_file_create(&file, path, &err));
    for (uint32_t i = 0; i < NUMBERS; i++)
        osl_file_write(file, &i, sizeof i);
    assert_ok(osl_file_close(file, &err));
    osl_map map;
    assert_ok(osl_map_open(&map, path, &err));
    assert_int_equal(map.length, (size_t)NUMBERS * 4);
    for (uint32_t i = 0; i < NUMBERS; i++)
        if (osl_get32(map.bytes + (size_t)i * 4) != i)
            fail();
    osl_map_close(&map);
    assert_ok(osl_file_create(&file, path, &err));
    for (uint32_t i = 0; i < NUMBERS; i++)
        osl_file_write(file, &i, sizeof i);
    osl_file_abandon(file);
    assert_int_equal(osl_map_open(&map, path, &err), OSL_ENOTFOUND);
}

/* The thread may come to nothing before it is ended: it is given time. */
static void a_sync_on_the_way_that_fails_is_told_at_the_end(void **state)
{
    (void)state;
    int ends[2], code = 0;
    assert_int_equal(pipe(ends), 0);
    for (long ms = 1; ms <= 1000 && code == 0; ms *= 2) {
        const struct timespec pause = {0, ms * 999999};
        osl_drain *drain = osl_drain_new(ends[1]);
        assert_non_null(drain);
        osl_drain_go(drain);
        (void)nanosleep(&pause, NULL);
        osl_drain_go(drain);
        code = osl_drain_end(drain);
    }
    assert_int_equal(code, EINVAL); /* a pipe is on no disk */
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(osl_drain_end(NULL), 0);
}

static void contents_are_those_of_one_file_after_another(void **state)
{
    static const size_t sizes[] = {
        0, 1, 100, 70000, 1048575, 1048576, 1048577, 2000000, 1048576, 5, 0};
    (void)state;
    osl_error err;
    char path[] = PATH_TEMPLATE;
    close(make_file(path));
    osl_contents contents = {0};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        osl_file *file;
        assert_ok(osl_file_create(&file, path, &err));
        for (size_t n = 0; n < sizes[i]; n++) {
            const uint8_t byte = (uint8_t)(n * 7 + i);
            osl_file_write(file, &byte, 1);
        }
        assert_ok(osl_file_close(file, &err));
        assert_ok(osl_contents_open(&contents, path, &err));
        assert_int_equal(contents.length, sizes[i]);
        assert_int_equal(contents.bytes == NULL, sizes[i] == 0);
        for (size_t n = 0; contents.bytes && n < sizes[i]; n++)
            assert_int_equal(contents.bytes[n], (uint8_t)(n * 7 + i));
    }
    unlink(path);
    assert_int_equal(osl_contents_open(&contents, path, &err), OSL_ENOTFOUND);
    assert_int_equal(osl_contents_open(&contents, "/", &err), OSL_EINVAL);
    assert_null(contents.bytes);
    osl_contents_clear(&contents);
}

static void an_input_is_read_at_any_place(void **state)
{
    (void)state;
    osl_error err;
    osl_input input;
    char room[16] = "";
    size_t done;
    char path[] = PATH_TEMPLATE;
    int fd = make_file(path);
    assert_int_equal(write(fd, "0123456789", 10), 10);
    close(fd);
    assert_ok(osl_input_open(&input, path, &err));
    assert_int_equal(input.size, 10);
    assert_ok(osl_input_read(&input, 3, room, 4, &done, &err));
    assert_int_equal(done, 4);
    assert_memory_equal(room, "3456", 4);
    assert_ok(osl_input_read(&input, 8, room, 4, &done, &err));
    assert_int_equal(done, 2);
    assert_memory_equal(room, "8956", 4);
    /* It has become shorter since it was opened. */
    assert_int_equal(truncate(path, 5), 0);
    assert_ok(osl_input_read(&input, 4, room, 4, &done, &err));
    assert_int_equal(done, 1);
    assert_ok(osl_input_read(&input, 7, room, 4, &done, &err));
    assert_int_equal(done, 0);
    osl_map map;
    assert_ok(osl_input_map(&input, &map, &err));
    osl_input_close(&input);
    unlink(path);
    assert_memory_equal(map.bytes, "01234", 5);
    osl_map_close(&map);
    assert_int_equal(osl_input_open(&input, path, &err), OSL_ENOTFOUND);
    assert_int_equal(osl_input_open(&input, "/", &err), OSL_EINVAL);
}

static void pages_of_a_map_are_fetched_where_they_are(void **state)
{
    enum { PAGE = 4096 };
    (void)state;
    osl_error err;
    osl_map map;
    char path[] = PATH_TEMPLATE;
    int fd = make_file(path);
    assert_int_equal(ftruncate(fd, 5 * PAGE + 7), 0);
    assert_ok(osl_map_open(&map, path, &err));
    bool can = osl_map_fetch(&map, 0, 1); /* an old system cannot */
    assert_int_equal(osl_map_fetch(&map, 0, map.length), can);
    assert_int_equal(osl_map_fetch(&map, PAGE + 1, PAGE - 1), can);
    assert_int_equal(osl_map_fetch(&map, PAGE - 1, map.length - PAGE + 1), can);
    /* It has become shorter: no fault, but a word. */
    assert_int_equal(ftruncate(fd, PAGE), 0);
    assert_int_equal(osl_map_fetch(&map, 0, PAGE), can);
    assert_false(osl_map_fetch(&map, 0, map.length));
    assert_false(osl_map_fetch(&map, (size_t)2 * PAGE, 1));
    osl_map_close(&map);
    close(fd);
    unlink(path);
}

static void a_full_disk_is_an_error_with_words(void **state)
{
    (void)state;
    osl_error err;
    osl_file *file;
    assert_ok(osl_file_create(&file, "/dev/full", &err));
    osl_file_write(file, "x", 1);
    assert_int_equal(osl_file_close(file, &err), OSL_EIO);
    assert_non_null(strstr(err.text, "No space"));
}

static void osler_cpu_forces_a_level_and_refuses_others(void **state)
{
    (void)state;
    osl_error err;
    osl_cpu_level level;
    setenv("OSLER_CPU", "scalar", 1);
    assert_ok(osl_cpu_level_get(&level, &err));
    assert_int_equal(level, OSL_CPU_SCALAR);
    setenv("OSLER_CPU", "sse9", 1);
    assert_int_equal(osl_cpu_level_get(&level, &err), OSL_EINVAL);
    unsetenv("OSLER_CPU");
    assert_ok(osl_cpu_level_get(&level, &err));
    assert_int_equal(level, osl_cpu_highest());
}

static int compare_falling(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;
    return (*a < *b) - (*a > *b);
}

static void the_greatest_keys_are_those_that_a_sort_puts_first(void **state)
{
    (void)state;
    enum { MOST = 700 };
    static uint64_t keys[MOST], sorted[MOST];
    test_random random = test_random_new(5);
    for (unsigned i = 0; i < 3000; i++) {
        size_t count = 1 + test_random_below(&random, i % 2 ? 40 : MOST);
        size_t wanted = test_random_below(&random, (uint32_t)count + 1);
        uint32_t values = i % 3 ? UINT32_MAX : 1 + i % 50; /* with ties */
        for (size_t n = 0; n < count; n++)
            keys[n] = sorted[n] = test_random_below(&random, values);
        qsort(sorted, count, sizeof *sorted, compare_falling);
        osl_select_greatest(keys, count, wanted);
        osl_sort_falling(keys, wanted);
        assert_memory_equal(keys, sorted, wanted * sizeof *keys);
        osl_sort_falling(keys, count);
        assert_memory_equal(keys, sorted, count * sizeof *keys);
    }
}

/* No byte from the end on is lost, and of those before it no more than what a
 * file takes, and a little. */
static void give_pages_back(void)
{
    const size_t large = 2 << 20, count = 12 * large, end = 9 * large + 5;
    char *memory = osl_pages_whole(count);
    assert_non_null(memory);
    memset(memory, 1, count);
    osl_pages_used used = {memory + 1, 100, 0};
    osl_pages_give_back(&used, memory + large, 100);
    assert_ptr_equal(used.next, memory + 1);
    for (size_t step = 0; step < 10; step++) {
        osl_pages_give_back(&used, memory + end, 100 + step * large);
        assert_true(used.given <= step * large + 4 * large);
        assert_true(used.next <= memory + end);
        for (char *at = used.next; at < memory + count; at += 4096)
            assert_int_equal(*at, 1);
    }
    assert_ptr_equal(used.next, memory + 9 * large);
    assert_int_equal(memory[0], 1);
    assert_int_equal(memory[large], 0);
    free(memory);
}

/* Pieces below and above what is written at once. */
static void what_is_spilled_is_read_back(void **state)
{
    (void)state;
    enum { BYTES = 1 << 20 };
    osl_error err;
    osl_spill spilled = {0};
    test_random random = test_random_new(83);
    uint8_t *bytes = malloc(BYTES);
    const void *at = NULL;
    assert_non_null(bytes);
    for (size_t i = 0; i < BYTES; i++)
        bytes[i] = (uint8_t)test_random_next(&random);
    assert_int_equal(osl_spill_open(&spilled, "spill_test.tmp", &err), OSL_OK);
    assert_int_not_equal(access("spill_test.tmp", F_OK), 0);
    for (size_t from = 0, part; from < BYTES; from += part) {
        part = (size_t)test_random_below(&random, 100000);
        part = part < BYTES - from ? part : BYTES - from;
        osl_spill_put(&spilled, bytes + from, part);
    }
    assert_int_equal(osl_spill_read(&spilled, &at, &err), OSL_OK);
    assert_memory_equal(at, bytes, BYTES);
    osl_spill_close(&spilled);
    osl_spill_close(&spilled);
    free(bytes);
}

static void a_spill_of_nothing_is_read_as_nothing(void **state)
{
    (void)state;
    osl_error err;
    osl_spill spilled = {0};
    const void *at = &err;
    assert_int_equal(osl_spill_open(&spilled, "spill_test.tmp", &err), OSL_OK);
    osl_spill_put(&spilled, "", 0);
    assert_int_equal(osl_spill_read(&spilled, &at, &err), OSL_OK);
    assert_null(at);
    osl_spill_close(&spilled);
    assert_int_equal(osl_spill_open(&spilled, "no/such/folder", &err), OSL_EIO);
    assert_non_null(strstr(err.text, "no/such/folder: cannot create"));
}

static void room_that_is_spilled_is_zero_and_written_anywhere(void **state)
{
    (void)state;
    enum { COUNT = 100000 };
    osl_error err;
    osl_spill spilled = {0};
    void *room = NULL;
    assert_int_equal(osl_spill_open(&spilled, "spill_test.tmp", &err), OSL_OK);
    assert_int_equal(
        osl_spill_room(&spilled, COUNT * sizeof(uint32_t), &room, &err),
        OSL_OK);
    uint32_t *numbers = room;
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(numbers[i], 0);
    for (uint32_t i = 0; i < COUNT; i++)
        numbers[(size_t)i * 7919 % COUNT] = i;
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(numbers[(size_t)i * 7919 % COUNT], i);
    osl_spill_close(&spilled);
}

/* Sizes below and above those that are advised about and mapped apart. */
static void large_memory_is_as_good_as_any(void **state)
{
    (void)state;
    osl_pages_keep();
    for (size_t megabytes = 1; megabytes <= 16; megabytes *= 2) {
        size_t count = megabytes << 17, capacity = 0;
        uint64_t *taken = osl_pages_take(count, sizeof *taken), *grown = NULL;
        uint64_t *zeros = osl_pages_zero(count, sizeof *zeros);
        assert_true(taken && zeros);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(zeros[i], 0);
            taken[i] = zeros[i] = i;
        }
        for (size_t i = 0; i < count; i++) {
            assert_true(osl_grow(&grown, &capacity, i + 1, sizeof *grown));
            grown[i] = ~i;
        }
        for (size_t i = 0; i < count; i++)
            assert_true(taken[i] == i && zeros[i] == i && grown[i] == ~i);
        if (megabytes >= 2)
            assert_int_equal(
                ((uintptr_t)taken | (uintptr_t)zeros | (uintptr_t)grown) % 64,
                0);
        free(taken);
        free(zeros);
        free(grown);
    }
    void *whole = osl_pages_whole(3 << 20);
    assert_non_null(whole);
    assert_int_equal((uintptr_t)whole % (2 << 20), 0);
    memset(whole, 1, 4 << 20);
    free(whole);
    osl_pages_advise(NULL);
    give_pages_back();
    assert_null(osl_pages_whole(SIZE_MAX - 8));
    assert_null(osl_pages_take(SIZE_MAX / 4, 8));
    assert_null(osl_pages_zero(SIZE_MAX / 4, 8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_greatest_keys_are_those_that_a_sort_puts_first),
        cmocka_unit_test(varints_come_back_and_cut_ones_are_refused),
        cmocka_unit_test(a_varint_over_64_bits_is_refused),
        cmocka_unit_test(utf8_takes_what_unicode_allows_and_no_more),
        cmocka_unit_test(every_scalar_value_survives_utf8),
        cmocka_unit_test(a_buffer_holds_what_was_put),
        cmocka_unit_test(a_buffer_that_cannot_grow_says_so_for_ever),
        cmocka_unit_test(few_bytes_are_copied_as_by_the_library),
        cmocka_unit_test(arena_pieces_do_not_overlap),
        cmocka_unit_test(what_is_spilled_is_read_back),
        cmocka_unit_test(a_spill_of_nothing_is_read_as_nothing),
        cmocka_unit_test(room_that_is_spilled_is_zero_and_written_anywhere),
        cmocka_unit_test(large_memory_is_as_good_as_any),
        cmocka_unit_test(contents_are_those_of_one_file_after_another),
        cmocka_unit_test(an_input_is_read_at_any_place),
        cmocka_unit_test(pages_of_a_map_are_fetched_where_they_are),
        cmocka_unit_test(a_file_written_is_the_file_mapped),
        cmocka_unit_test(a_file_that_is_drained_is_as_it_was_written),
        cmocka_unit_test(a_sync_on_the_way_that_fails_is_told_at_the_end),
        cmocka_unit_test(a_full_disk_is_an_error_with_words),
        cmocka_unit_test(osler_cpu_forces_a_level_and_refuses_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
