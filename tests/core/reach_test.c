/* SPDX-License-Identifier: MIT
 *
 * Rows of a chunk, and what two of them reach: each level against what is
 * worked out paragraph by paragraph. */
#include "tests/test.h"

#include "core/kernels/kernels.h"

#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 300, PLANES = 5, SLACK = 16 };

typedef struct sample {
    uint64_t words[64];
    uint8_t *planes; /* of just their size, and what may be read behind */
    uint32_t more[OSL_REACH_COUNT]; /* tf - 1, by paragraph */
    osl_reach_word of;
} sample;

static void make_sample(test_random *random, sample *out)
{
    static uint32_t more[OSL_REACH_COUNT];
    uint32_t every = 1 + test_random_below(random, 20), count = 0;
    unsigned planes = test_random_below(random, PLANES + 1);
    bool open = planes > 0 && test_random_below(random, 2);
    uint32_t most = 1u << planes;
    memset(out->words, 0, sizeof out->words);
    for (unsigned i = 0; i < OSL_REACH_COUNT; i++) {
        if (i / 64 % 5 == 3 || test_random_below(random, every))
            continue;
        uint32_t here = 0;
        while (here + 1 < most && test_random_below(random, 3) == 0)
            here++;
        out->words[i / 64] |= (uint64_t)1 << (i % 64);
        out->more[i] = more[count++] = here;
    }
    size_t stride = ((size_t)count + 63) / 64 * 8;
    out->planes = calloc(1, stride * planes + SLACK);
    assert_non_null(out->planes);
    for (uint32_t n = 0; n < count; n++)
        for (unsigned p = 0; p < planes; p++)
            out->planes[p * stride + n / 8] |=
                (uint8_t)((more[n] >> p & 1) << (n % 8));
    out->of = (osl_reach_word){(const uint8_t *)out->words, out->planes, stride,
                               planes, open};
}

static void check_fill(test_random *random, const osl_reach_kernels *kernels)
{
    static uint16_t gains[OSL_REACH_TFS][OSL_REACH_COUNT];
    static int16_t row[OSL_REACH_COUNT];
    static uint8_t tfs[OSL_REACH_COUNT];
    uint64_t untold[64];
    sample in;
    make_sample(random, &in);
    for (unsigned i = 0; i < OSL_REACH_TFS * OSL_REACH_COUNT; i++)
        gains[i / OSL_REACH_COUNT][i % OSL_REACH_COUNT] =
            (uint16_t)test_random_next(random);
    uint16_t scale = (uint16_t)test_random_below(random, 32001);
    uint64_t some = kernels->fill(untold, row, tfs, &in.of, gains, scale);
    for (unsigned i = 0; i < OSL_REACH_COUNT; i++) {
        bool has = in.words[i / 64] >> (i % 64) & 1;
        uint32_t more = in.more[i];
        bool told =
            more < OSL_REACH_TFS &&
            !(in.of.has_exceptions && more + 1 == 1u << in.of.plane_count);
        assert_int_equal(untold[i / 64] >> (i % 64) & 1, has && !told);
        if (!has)
            assert_int_equal(row[i], OSL_REACH_NONE);
        else
            assert_int_equal(tfs[i], told ? more + 1 : OSL_REACH_UNTOLD);
        if (has && told)
            assert_int_equal(row[i], (uint32_t)gains[more][i] * scale >> 16);
    }
    for (unsigned r = 0; r < 64; r++)
        assert_int_equal(some >> r & 1, untold[r] != 0);
    free(in.planes);
}

static void fill_rows(test_random *random, int16_t *row, int16_t *most)
{
    uint32_t every = 1 + test_random_below(random, 4);
    for (unsigned r = 0; r < 64; r++)
        most[r] = OSL_REACH_NONE;
    for (unsigned i = 0; i < OSL_REACH_COUNT; i++) {
        bool has = test_random_below(random, every) == 0;
        row[i] =
            has ? (int16_t)test_random_below(random, 32001) : OSL_REACH_NONE;
        most[i / 64] = row[i] > most[i / 64] ? row[i] : most[i / 64];
    }
}

static void check_reach(test_random *random, const osl_reach_kernels *kernels)
{
    static int16_t rows[2][OSL_REACH_COUNT], most[2][64];
    static const int16_t leasts[] = {INT16_MIN, 0, 1, INT16_MAX};
    uint64_t masks[64];
    fill_rows(random, rows[0], most[0]);
    fill_rows(random, rows[1], most[1]);
    const osl_reach_row a = {rows[0], most[0]}, b = {rows[1], most[1]};
    unsigned n = test_random_below(random, 2 * COUNT_OF(leasts));
    int16_t least = n < COUNT_OF(leasts)
                        ? leasts[n]
                        : (int16_t)test_random_below(random, 32000);
    uint64_t some = kernels->reach(masks, &a, &b, least);
    for (unsigned i = 0; i < OSL_REACH_COUNT; i++) {
        int sum = rows[0][i] + rows[1][i];
        sum = sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum;
        bool reached = some >> (i / 64) & 1 && masks[i / 64] >> (i % 64) & 1;
        assert_int_equal(reached, sum >= least);
    }
}

static void check_level(osl_cpu_level level)
{
    test_random random = test_random_new(71);
    if (level > osl_cpu_highest()) {
        print_message("this machine has no %s: not tested\n",
                      osl_cpu_level_name(level));
        return;
    }
    for (unsigned n = 0; n < ROUNDS; n++) {
        check_fill(&random, osl_kernels_get(level)->reach);
        check_reach(&random, osl_kernels_get(level)->reach);
    }
}

static void scalar_reaches_as_each_paragraph_does(void **state)
{
    (void)state;
    check_level(OSL_CPU_SCALAR);
}

static void avx2_reaches_as_each_paragraph_does(void **state)
{
    (void)state;
    check_level(OSL_CPU_AVX2);
}

static void avx512_reaches_as_each_paragraph_does(void **state)
{
    (void)state;
    check_level(OSL_CPU_AVX512);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalar_reaches_as_each_paragraph_does),
        cmocka_unit_test(avx2_reaches_as_each_paragraph_does),
        cmocka_unit_test(avx512_reaches_as_each_paragraph_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
