/* SPDX-License-Identifier: MIT
 *
 * Which file is whose: the first reader's in order, the others' by size, and
 * where a round may end. */
#include "indexer/queue.h"

#include "tests/test.h"

#define K UINT64_C(1024)
enum { SHARED = 1 };

static uint64_t size_of(const void *user, size_t file)
{
    const uint64_t *sizes = user;
    return sizes[file];
}

static bool is_shared(const void *user, size_t file)
{
    const uint64_t *sizes = user;
    return sizes[file] == SHARED;
}

/* The files that readers get, one behind the other. */
static void take_all(const uint64_t *sizes, size_t count, uint64_t window,
                     const unsigned *readers, size_t *got)
{
    const osl_queue_files files = {window, sizes, size_of, is_shared};
    osl_queue queue;
    bool found = false;
    assert_true(osl_queue_init(&queue, count));
    for (size_t i = 0; i < count; i++) {
        assert_true(
            osl_queue_take(&queue, &files, readers[i], &found, &got[i]));
        assert_true(found);
        /* All before some file, or not. */
        size_t most = 0;
        for (size_t n = 0; n <= i; n++)
            most = got[n] > most ? got[n] : most;
        assert_int_equal(osl_queue_may_end(&queue), most == i);
    }
    assert_true(osl_queue_take(&queue, &files, 0, &found, &got[0]));
    assert_false(found);
    osl_queue_clear(&queue);
}

static void large_files_go_to_the_others_first(void **state)
{
    static const uint64_t all[] = {5, 300 * K, 7, 8, 900 * K, 9};
    static const uint64_t parted[] = {100 * K, 5, SHARED, 6, 300 * K};
    static const struct {
        const char *name;
        const uint64_t *sizes;
        size_t count;
        uint64_t window;
        unsigned readers[6];
        size_t want[6];
    } cases[] = {
        {"one reader", all, 6, 0, {0}, {0, 1, 2, 3, 4, 5}},
        {"two", all, 6, 0, {0, 1, 0, 1, 0, 1}, {0, 4, 1, 2, 3, 5}},
        {"only the second", all, 6, 0, {1, 1, 1, 1, 1, 1}, {4, 1, 0, 2, 3, 5}},
        {"a small window",
         all,
         6,
         100 * K,
         {1, 1, 1, 1, 1, 1},
         {1, 0, 4, 2, 3, 5}},
        {"a shared file", parted, 5, 0, {1, 1, 1, 1, 0}, {0, 1, 2, 4, 3}},
        {"before a shared file",
         parted,
         5,
         0,
         {0, 1, 1, 0, 1},
         {0, 1, 2, 3, 4}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t got[6], want[6];
        memcpy(want, cases[i].want, sizeof want);
        take_all(cases[i].sizes, cases[i].count, cases[i].window,
                 cases[i].readers, got);
        for (size_t n = 1; n < cases[i].count; n++)
            if (got[n] != want[n])
                fail_msg("%s: take %zu is file %zu", cases[i].name, n, got[n]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_files_go_to_the_others_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
