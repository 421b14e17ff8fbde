/* SPDX-License-Identifier: MIT
 *
 * Lists of rare terms: what was put in comes back, and spoilt bytes give a
 * list that rises and adds up, or none. */
#include "core/segment/rare.h"

#include "core/kernels/kernels.h"

#include <stdlib.h>
#include <string.h>

#include "tests/test.h"

enum { MOST = 1000, ORDINALS = 300000 };

typedef struct list {
    osl_rare rare;
    uint32_t ordinals[MOST], tfs[MOST];
} list;

/* How tfs are drawn: one in `every` is above 1, and then up to `most`. */
static const struct {
    const char *name;
    uint32_t every, most;
} shapes[] = {
    {"all of one", 0, 1},          {"few of two", 40, 2},
    {"some of several", 8, 9},     {"most of many", 1, 40},
    {"a huge one", 300, 1u << 30},
};

static void make_list(test_random *random, list *of, uint32_t df, size_t shape)
{
    uint32_t next = 0, room = ORDINALS / df;
    of->rare = (osl_rare){.df = df,
                          .ordinal_count = ORDINALS,
                          .side = test_random_below(random, 2),
                          .forms = test_random_below(random, 2)};
    for (uint32_t i = 0; i < df; i++) {
        next += test_random_below(random, room);
        of->ordinals[i] = next++;
        uint32_t every = shapes[shape].every;
        bool more = every && test_random_below(random, every) == 0;
        of->tfs[i] =
            more ? 2 + test_random_below(random, shapes[shape].most) : 1;
        of->rare.cf += of->tfs[i];
    }
}

/* Bytes that end where reading has to: 8 more may be looked at. */
static bool read_list(const osl_buf *bytes, size_t length, const list *of,
                      list *out, size_t *used)
{
    uint8_t *exact = calloc(length + 8, 1);
    assert_non_null(exact);
    memcpy(exact, bytes->bytes, length);
    out->rare = (osl_rare){.df = of->rare.df,
                           .cf = of->rare.cf,
                           .ordinal_count = of->rare.ordinal_count,
                           .rice = osl_kernels_get(osl_cpu_highest())->rice};
    bool good =
        osl_rare_read(exact, length, &out->rare, out->ordinals, out->tfs, used);
    static uint32_t alone[MOST];
    bool good_alone = osl_rare_read_ordinals(exact, length, &out->rare, alone);
    if (good) { /* and where it is not, it is sound or none */
        assert_true(good_alone);
        assert_memory_equal(alone, out->ordinals, (size_t)of->rare.df * 4);
    }
    for (uint32_t i = 1; good_alone && i < of->rare.df; i++)
        assert_true(alone[i] > alone[i - 1] && alone[i] < ORDINALS);
    free(exact);
    return good;
}

static void check_sound(const list *of)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < of->rare.df; i++) {
        assert_true(i == 0 || of->ordinals[i] > of->ordinals[i - 1]);
        assert_in_range(of->ordinals[i], 0, ORDINALS - 1);
        assert_true(of->tfs[i] > 0);
        sum += of->tfs[i];
    }
    assert_true(sum == of->rare.cf);
}

static void check_list(test_random *random, const list *of)
{
    static list got;
    osl_buf bytes = {0};
    size_t used;
    uint32_t df = of->rare.df;
    osl_rare_write(&bytes, &of->rare, of->ordinals, of->tfs);
    assert_false(bytes.failed);
    assert_true(read_list(&bytes, bytes.length, of, &got, &used));
    assert_int_equal(used, bytes.length);
    assert_true(got.rare.side == of->rare.side);
    assert_true(got.rare.forms == of->rare.forms);
    assert_memory_equal(got.ordinals, of->ordinals, df * sizeof *got.ordinals);
    assert_memory_equal(got.tfs, of->tfs, df * sizeof *got.tfs);
    for (size_t cut = 0; cut < bytes.length; cut += 1 + cut / 8)
        assert_false(read_list(&bytes, cut, of, &got, &used));
    for (unsigned round = 0; round < 50; round++) {
        size_t at = test_random_below(random, (uint32_t)bytes.length);
        uint8_t bit = (uint8_t)(1u << test_random_below(random, 8));
        bytes.bytes[at] ^= bit;
        if (read_list(&bytes, bytes.length, of, &got, &used))
            check_sound(&got);
        bytes.bytes[at] ^= bit;
    }
    osl_buf_clear(&bytes);
}

static void lists_come_back_whatever_their_tfs(void **state)
{
    (void)state;
    static list of;
    test_random random = test_random_new(71);
    for (size_t shape = 0; shape < COUNT_OF(shapes); shape++)
        for (unsigned round = 0; round < 60; round++) {
            uint32_t most = round < 30 ? 20 : MOST;
            make_list(&random, &of, 1 + test_random_below(&random, most),
                      shape);
            check_list(&random, &of);
        }
}

/* Where few tfs are above 1, they cost less than a bit a posting. */
static void tfs_of_one_cost_little(void **state)
{
    (void)state;
    static list of;
    osl_buf without = {0}, with = {0};
    test_random random = test_random_new(72);
    make_list(&random, &of, MOST, 0);
    osl_rare_write(&without, &of.rare, of.ordinals, of.tfs);
    for (uint32_t i = 0; i < MOST; i += 100)
        of.rare.cf += of.tfs[i]++;
    osl_rare_write(&with, &of.rare, of.ordinals, of.tfs);
    assert_in_range(with.length - without.length, 1, MOST / 8 / 3);
    osl_buf_clear(&without);
    osl_buf_clear(&with);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_come_back_whatever_their_tfs),
        cmocka_unit_test(tfs_of_one_cost_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
