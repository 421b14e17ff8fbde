/* SPDX-License-Identifier: MIT
 *
 * Positions as bits: each level writes what its scalar twin does, and refuses
 * what that refuses. */
#include "tests/test.h"

#include "core/kernels/kernels.h"

#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 3000, POSTINGS = 700, MOST = 1 << 24 };

typedef struct sample {
    osl_middles middles;
    uint32_t *positions, *tfs, *mosts; /* of just their size */
    size_t total;
} sample;

/* What positions a paragraph can have, and how many of them a word takes. */
static const struct {
    const char *name;
    uint32_t most, tf;
} shapes[] = {
    {"a sentence", 12, 2},    {"an abstract", 200, 4},
    {"all positions", 40, 0}, {"a frequent word", 300, 60},
    {"a chapter", 70000, 3},  {"the most there can be", MOST, 12},
    {"mixed", 0, 12},         {"one position", 1, 1},
};

static uint32_t draw_most(test_random *random, size_t shape)
{
    if (shapes[shape].most != 0)
        return test_random_below(random, 3)
                   ? 1 + test_random_below(random, shapes[shape].most)
                   : shapes[shape].most;
    return 1 + test_random_below(random,
                                 (uint32_t)1 << test_random_below(random, 25));
}

/* `tf` positions below `most`, each of them as likely. */
static void draw_positions(test_random *random, uint32_t *out, uint32_t tf,
                           uint32_t most)
{
    uint32_t next = 0;
    for (uint32_t i = 0; i < tf; i++) {
        uint32_t left = tf - i - 1, n = most - left - next;
        uint32_t step = left > 0 ? n / (left + 1) + 1 : n;
        out[i] = next + test_random_below(random, step < n ? step : n);
        next = out[i] + 1;
    }
}

static void make_sample(test_random *random, size_t shape, sample *out)
{
    uint32_t count = 1 + test_random_below(random, POSTINGS);
    *out = (sample){.tfs = malloc(count * sizeof(uint32_t)),
                    .mosts = malloc(count * sizeof(uint32_t))};
    assert_true(out->tfs && out->mosts);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t most = draw_most(random, shape), tf = shapes[shape].tf;
        tf = tf == 0 ? most : 1 + test_random_below(random, tf);
        out->mosts[i] = most;
        out->tfs[i] = tf < most ? tf : most;
        out->total += out->tfs[i];
    }
    out->positions = malloc(out->total * sizeof(uint32_t));
    assert_non_null(out->positions);
    uint32_t *to = out->positions;
    for (uint32_t i = 0; i < count; i++) {
        draw_positions(random, to, out->tfs[i], out->mosts[i]);
        to += out->tfs[i];
    }
    out->middles = (osl_middles){out->positions, out->tfs, out->mosts, count};
}

static void clear_sample(sample *of)
{
    free(of->positions);
    free(of->tfs);
    free(of->mosts);
}

/* Into room of just the size that is asked for. */
static bool put(osl_middles_fn *kernel, const sample *of, unsigned used,
                uint8_t **bytes, size_t *length)
{
    uint8_t *to = malloc(of->total * OSL_MIDDLES_BYTES + OSL_MIDDLES_SLACK);
    assert_non_null(to);
    osl_middles_end end = {to, ((uint64_t)1 << used) - 1, used};
    bool good = kernel(&of->middles, &end);
    if (good) {
        *end.to = (uint8_t)end.bits;
        *length = (size_t)(end.to - to) + 1;
        assert_true(end.used < 8 && end.bits >> end.used == 0);
    }
    *bytes = to;
    return good;
}

static void each_level_puts_what_the_scalar_one_does(void **state)
{
    (void)state;
    test_random random = test_random_new(171);
    for (unsigned round = 0; round < ROUNDS; round++) {
        size_t shape = round % (sizeof shapes / sizeof *shapes);
        size_t want_length = 0;
        unsigned used = test_random_below(&random, 8);
        sample of;
        uint8_t *want;
        make_sample(&random, shape, &of);
        assert_true(put(osl_middles_scalar, &of, used, &want, &want_length));
        for (osl_cpu_level level = OSL_CPU_SCALAR; level <= osl_cpu_highest();
             level++) {
            size_t length = 0;
            uint8_t *got;
            bool good =
                put(osl_kernels_get(level)->middles, &of, used, &got, &length);
            if (!good || length != want_length ||
                memcmp(got, want, length) != 0)
                fail_msg("%s, level %d, round %u", shapes[shape].name,
                         (int)level, round);
            free(got);
        }
        free(want);
        clear_sample(&of);
    }
}

/* Positions that do not rise, or reach their bound; more than there can be. */
static void spoil(test_random *random, sample *of)
{
    uint32_t posting = test_random_below(random, of->middles.count);
    uint32_t *at = of->positions, tf = of->tfs[posting];
    for (uint32_t i = 0; i < posting; i++)
        at += of->tfs[i];
    if (test_random_below(random, 4) == 0)
        of->mosts[posting] = test_random_below(random, tf);
    else if (test_random_below(random, 2) || tf == 1)
        at[tf - 1] = of->mosts[posting] + test_random_below(random, MOST - 1);
    else
        at[1 + test_random_below(random, tf - 1)] = at[0];
}

static void what_does_not_rise_or_fit_is_refused(void **state)
{
    (void)state;
    test_random random = test_random_new(172);
    for (unsigned round = 0; round < ROUNDS; round++) {
        sample of;
        make_sample(&random, round % (sizeof shapes / sizeof *shapes), &of);
        spoil(&random, &of);
        for (osl_cpu_level level = OSL_CPU_SCALAR; level <= osl_cpu_highest();
             level++) {
            size_t length;
            uint8_t *bytes;
            assert_false(
                put(osl_kernels_get(level)->middles, &of, 0, &bytes, &length));
            free(bytes);
        }
        clear_sample(&of);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_level_puts_what_the_scalar_one_does),
        cmocka_unit_test(what_does_not_rise_or_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
