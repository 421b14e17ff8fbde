/* SPDX-License-Identifier: MIT */
#include "core/base/bytes.h"
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
    if (count > k && (top->follows || k <= 16))
        assert_true(top->threshold + 1 >= kth - kth / 64);
}

/* Rank i is (i · step) modulo 2^13, as far as `count` goes: a column of 13
 * bits a number. */
static void put_ranks(osl_ranks *out, uint8_t *bytes, size_t count,
                      uint32_t step)
{
    enum { WIDTH = 13 };
    memset(bytes, 0, count * WIDTH / 8 + 16);
    for (size_t i = 0; i < count; i++) {
        uint64_t rank = i * step % 8192;
        uint8_t *to = bytes + i * WIDTH / 8;
        osl_put64(to, osl_get64(to) | rank << i * WIDTH % 8);
    }
    *out = (osl_ranks){
        .numbers = {.mask = 8191, .numbers = bytes, .width = WIDTH}};
}

/* Pushes `count` entries, all of another rank, and compares what is left with
 * the first of them in order. */
static void check_best(osl_top *top, test_random *random, size_t k,
                       size_t count, unsigned shape)
{
    static osl_top_key all[MOST];
    static uint8_t bytes[2 * MOST + 16];
    uint32_t step = 1 + 2 * test_random_below(random, 1000);
    uint32_t most = shape % 2 ? UINT32_MAX : (uint32_t)count;
    osl_ranks ranks;
    put_ranks(&ranks, bytes, count, step); /* odd: all different */
    assert_true(osl_top_begin(top, &ranks, k, 0, most));
    for (size_t i = 0; i < count; i++) {
        uint32_t score = random_score(random, shape), at = (uint32_t)i;
        uint32_t rank = osl_ranks_get(&ranks, at);
        all[i] = (osl_top_key){(uint64_t)score << 32 | (UINT32_MAX - rank), at};
        osl_top_push(top, score, at);
    }
    qsort(all, count, sizeof *all, compare_falling);
    check_threshold(top, all, k, count);
    osl_top_end(top);
    osl_top_sort(top);
    assert_false(top->failed);
    assert_int_equal(top->count, k < count ? k : count);
    for (size_t i = 0; i < top->count; i++) {
        assert_int_equal(top->keys[i].key >> 32, all[i].key >> 32);
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

/* Takes `count` entries at once, which fall or not, and then compares. */
static void check_taken(osl_top *top, test_random *random, size_t k,
                        size_t count, unsigned shape)
{
    static osl_top_key all[MOST];
    static uint32_t scores[MOST], paragraphs[MOST];
    static uint8_t bytes[2 * MOST + 16];
    uint32_t step = 1 + 2 * test_random_below(random, 1000);
    uint32_t threshold = shape % 3 ? 0 : random_score(random, shape);
    osl_ranks ranks;
    size_t reach = 0;
    put_ranks(&ranks, bytes, count, step);
    for (size_t i = 0; i < count; i++)
        all[i] = (osl_top_key){(uint64_t)random_score(random, shape) << 32,
                               (uint32_t)i};
    if (shape % 5)
        qsort(all, count, sizeof *all, compare_falling);
    for (size_t i = 0; i < count; i++) {
        scores[i] = (uint32_t)(all[i].key >> 32);
        paragraphs[i] = all[i].paragraph;
        all[i].key |= UINT32_MAX - osl_ranks_get(&ranks, paragraphs[i]);
        reach += scores[i] >= threshold;
    }
    qsort(all, count, sizeof *all, compare_falling);
    assert_true(osl_top_begin(top, &ranks, k, threshold, (uint32_t)count));
    osl_top_take(top, paragraphs, scores, count);
    osl_top_end(top);
    osl_top_sort(top);
    assert_false(top->failed);
    assert_int_equal(top->count, k < reach ? k : reach);
    for (size_t i = 0; i < top->count; i++) {
        assert_int_equal(top->keys[i].key >> 32, all[i].key >> 32);
        assert_int_equal(top->keys[i].paragraph, all[i].paragraph);
    }
}

static void those_that_come_at_once_are_put_in_order(void **state)
{
    (void)state;
    osl_top top = {0};
    test_random random = test_random_new(12);
    for (unsigned i = 0; i < 2000; i++) {
        size_t k = 1 + test_random_below(&random, i % 3 ? 200 : 2000);
        size_t count = test_random_below(&random, i % 7 ? 150 : 2000);
        check_taken(&top, &random, k, count, i);
        check_best(&top, &random, k, count, i); /* and the next by pushes */
    }
    osl_top_clear(&top);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_are_those_that_a_sort_puts_first),
        cmocka_unit_test(those_that_come_at_once_are_put_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
