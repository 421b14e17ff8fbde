/* SPDX-License-Identifier: MIT
 *
 * The radix sort of strings against whole comparisons. */
#include "indexer/sort.h"
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

/* What is sorted as few, and as many. */
enum { FEW = 600, MOST = 70000, LONGEST = 40 };

typedef struct strings {
    char bytes[MOST][LONGEST];
    size_t lengths[MOST];
} strings;

static osl_text text_of(const void *user, uint32_t id)
{
    const strings *from = user;
    return (osl_text){from->bytes[id], from->lengths[id]};
}

/* Few letters and zeroes, so that beginnings meet at every length. */
static void make_strings(strings *out, test_random *random, uint32_t count)
{
    uint32_t letters = 1 + test_random_below(random, 3);
    uint32_t longest = 1 + test_random_below(random, LONGEST);
    for (uint32_t i = 0; i < count; i++) {
        out->lengths[i] = test_random_below(random, longest + 1);
        for (size_t j = 0; j < out->lengths[i]; j++)
            out->bytes[i][j] =
                (char)("\0ab\xFF"[test_random_below(random, letters + 1)]);
    }
}

static bool is_in_order(const strings *from, const osl_sort_entry *a,
                        const osl_sort_entry *b)
{
    if (a->major != b->major)
        return a->major < b->major;
    int order = osl_text_compare(text_of(from, a->id), text_of(from, b->id));
    return order != 0 ? order < 0 : a->id < b->id;
}

static void strings_come_by_major_then_bytes_then_number(void **state)
{
    (void)state;
    static strings all;
    static osl_sort_entry entries[MOST];
    test_random random = test_random_new(31);
    for (int round = 0; round < 400; round++) {
        uint32_t count =
            round % 200 == 0 ? MOST : 1 + test_random_below(&random, FEW - 1);
        uint32_t majors = 1 + test_random_below(&random, 3);
        static bool seen[MOST];
        memset(seen, 0, sizeof seen);
        make_strings(&all, &random, count);
        for (uint32_t i = 0; i < count; i++)
            entries[i] =
                (osl_sort_entry){osl_sort_prefix(text_of(&all, i)),
                                 test_random_below(&random, majors), i};
        assert_true(osl_sort(entries, count, text_of, &all));
        for (uint32_t i = 0; i < count; i++) {
            assert_false(seen[entries[i].id]);
            seen[entries[i].id] = true;
            if (i > 0 && !is_in_order(&all, &entries[i - 1], &entries[i]))
                fail_msg("round %d: entry %u is out of order", round, i);
        }
    }
}

static void numbers_come_in_order_and_equal_ones_stay(void **state)
{
    (void)state;
    static osl_sort_entry entries[FEW];
    test_random random = test_random_new(32);
    for (int round = 0; round < 400; round++) {
        uint32_t count = test_random_below(&random, FEW);
        unsigned bits = test_random_below(&random, 64);
        for (uint32_t i = 0; i < count; i++)
            entries[i] = (osl_sort_entry){
                ((uint64_t)test_random_below(&random, UINT32_MAX) << 32 |
                 test_random_below(&random, UINT32_MAX)) >>
                    bits,
                test_random_below(&random, 9), i};
        uint64_t before = 0, after = 0;
        for (uint32_t i = 0; i < count; i++)
            before += entries[i].prefix * (2 * entries[i].id + 1);
        assert_true(osl_sort_numbers(entries, count));
        for (uint32_t i = 0; i < count; i++) {
            after += entries[i].prefix * (2 * entries[i].id + 1);
            if (i > 0 && (entries[i - 1].prefix > entries[i].prefix ||
                          (entries[i - 1].prefix == entries[i].prefix &&
                           entries[i - 1].id >= entries[i].id)))
                fail_msg("round %d: entry %u is out of order", round, i);
        }
        assert_true(before == after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_in_order_and_equal_ones_stay),
        cmocka_unit_test(strings_come_by_major_then_bytes_then_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
