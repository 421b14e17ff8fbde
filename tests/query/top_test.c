/* SPDX-License-Identifier: MIT */
#include "query/top.h"
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 6000 };

static int compare_falling(const void *left, const void *right)
{
    const osl_top_key *a = left, *b = right;
    return (a->key < b->key) - (a->key > b->key);
}

/* Scores of many shapes: spread evenly, few that are equal to many, most of
 * them near the least, all but one in one place. */
static uint32_t random_score(test_random *random, unsigned shape)
{
    uint32_t any = test_random_below(random, UINT32_MAX);
    switch (shape % 4) {
    case 0:
        return any;
    case 1:
        return any % 5;
    case 2:
        return 1000000 + (uint32_t)((double)(any % 65536) * (any % 65536) *
                                    (any % 65536) / 4294967296.0);
    default:
        return any % 500 ? 7000 + any % 300 : UINT32_MAX - any % 3;
    }
}

/* It is at most the k-th score, and once there are more than k not much less:
 * a step of a 64th. */
static void check_threshold(const osl_top *top, const osl_top_key *sorted,
                            size_t k, size_t count)
{
    uint32_t kth = count >= k ? (uint32_t)(sorted[k - 1].key >> 32) : 0;
    assert_true(top->threshold <= kth);
    if (count > k)
        assert_true(top->threshold + 1 >= kth - kth / 64);
}

/* Pushes `count` entries, all of another rank, and compares what is left with
 * the first of them in order. */
static void check_best(osl_top *top, test_random *random, size_t k,
                       size_t count, unsigned shape)
{
    static osl_top_key all[MOST];
    uint32_t step = 1 + 2 * test_random_below(random, 1000);
    assert_true(osl_top_begin(top, k, 0));
    for (size_t i = 0; i < count; i++) {
        uint32_t score = random_score(random, shape);
        uint32_t rank = (uint32_t)i * step % 8192; /* odd: all different */
        all[i] = (osl_top_key){(uint64_t)score << 32 | (UINT32_MAX - rank),
                               (uint32_t)i};
        osl_top_push(top, score, rank, (uint32_t)i);
    }
    qsort(all, count, sizeof *all, compare_falling);
    check_threshold(top, all, k, count);
    osl_top_end(top);
    osl_top_sort(top);
    assert_false(top->failed);
    assert_int_equal(top->count, k < count ? k : count);
    for (size_t i = 0; i < top->count; i++) {
        assert_true(top->keys[i].key == all[i].key);
        assert_int_equal(top->keys[i].paragraph, all[i].paragraph);
    }
}

static void the_best_are_those_that_a_sort_puts_first(void **state)
{
    (void)state;
    osl_top top = {0};
    test_random random = test_random_new(11);
    for (unsigned i = 0; i < 2000; i++) {
        size_t k = 1 + test_random_below(&random, i % 3 ? 200 : 2000);
        size_t count = test_random_below(&random, i % 5 ? 600 : MOST);
        check_best(&top, &random, k, count, i);
    }
    osl_top_clear(&top);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_are_those_that_a_sort_puts_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
