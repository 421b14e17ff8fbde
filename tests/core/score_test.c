/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <math.h>

#include "core/segment/score.h"

static double ulps_apart(double a, double b)
{
    double unit = nextafter(fabs(b), INFINITY) - fabs(b);
    return fabs(a - b) / unit;
}

static void the_log_is_within_two_ulps(void **state)
{
    (void)state;
    test_random random = test_random_new(3);
    for (unsigned i = 0; i < 2000000; i++) {
        uint64_t bits = test_random_next(&random) >> 1;
        double x;
        if (i % 2) /* around 1, where digits are easily lost */
            x = 0.5 + (double)(bits >> 10) * 0x1p-53 * 3.0;
        else
            memcpy(&x, &bits, sizeof x);
        if (!(x > 0.0) || isinf(x))
            continue;
        if (ulps_apart(osl_log(x), log(x)) > 2.0)
            fail_msg("log(%a) = %a, not %a", x, osl_log(x), log(x));
    }
    assert_true(osl_log(1.0) == 0.0);
    assert_true(ulps_apart(osl_log(0x1p-1074), log(0x1p-1074)) <= 2.0);
}

static void a_code_stands_for_the_middle_of_its_lengths(void **state)
{
    (void)state;
    for (uint32_t code = 0, least = 0, end; code < 255; code++, least = end) {
        uint32_t length = osl_length_of_code((uint8_t)code);
        assert_int_equal(osl_length_code(length), code);
        for (end = least; osl_length_code(end) == code;)
            end++;
        assert_int_equal(length, (least + end - 1) / 2);
    }
    for (uint32_t length = 0; length < 192; length++)
        assert_int_equal(osl_length_of_code(osl_length_code(length)), length);
    assert_int_equal(osl_length_code(1 << 24), 255);
    assert_int_equal(osl_length_code(UINT32_MAX), 255);
}

static void scores_are_those_of_the_formula(void **state)
{
    (void)state;
    float k[256];
    osl_score_lengths(k, 1.2, 0.75, 97000, 1000);
    test_random random = test_random_new(4);
    for (unsigned i = 0; i < 100000; i++) {
        uint32_t tf = 1 + test_random_below(&random, 1u << (i % 20));
        uint8_t code = (uint8_t)test_random_below(&random, 256);
        uint64_t df = 1 + test_random_below(&random, 1000);
        double idf = log(1 + (1000.0 - (double)df + 0.5) / ((double)df + 0.5));
        double length = osl_length_of_code(code);
        double want =
            idf * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * length / 97.0));
        float weight = osl_score_weight(1.0, osl_score_idf(1000, df), 1.2);
        uint32_t got =
            osl_score_contribution(weight, osl_score_gain(tf, k[code]));
        if (fabs(got / 65536.0 - want) > 1e-5 * (1 + want))
            fail_msg("tf %u code %u df %u: %f, not %f", tf, code, (unsigned)df,
                     got / 65536.0, want);
    }
}

static void a_contribution_rounds_to_even_and_saturates(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        float weight, gain;
        uint32_t want;
    } cases[] = {
        {"nothing", 0.0f, 1.0f, 0},
        {"one", 1.0f, 1.0f, 65536},
        {"half to even below", 0.5f / 65536, 1.0f, 0},
        {"half to even above", 1.5f / 65536, 1.0f, 2},
        {"two and a half", 2.5f / 65536, 1.0f, 2},
        {"just above half", 0.50001f / 65536, 1.0f, 1},
        {"at 2^23", 8388607.5f / 65536, 1.0f, 8388608},
        {"whole above 2^23", 8388609.0f / 65536, 1.0f, 8388609},
        {"greatest", 65535.996f, 1.0f, 4294967040u},
        {"too great", 65536.0f, 1.0f, UINT32_MAX},
        {"infinite", INFINITY, 1.0f, UINT32_MAX},
        {"negative", -1.0f, 1.0f, 0},
        {"not a number", NAN, 1.0f, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint32_t got = osl_score_contribution(cases[i].weight, cases[i].gain);
        if (got != cases[i].want)
            fail_msg("%s: %u, not %u", cases[i].name, got, cases[i].want);
    }
}

static void degenerate_statistics_give_finite_scores(void **state)
{
    (void)state;
    float k[256];
    osl_score_lengths(k, 1.2, 0.75, 0, 0);
    assert_true(k[0] > 0.0f && isfinite(k[255]));
    osl_score_lengths(k, 0.0, 0.75, 10, 1);
    assert_true(osl_score_gain(1, k[100]) == 1.0f);
    assert_true(osl_score_gain(0, k[100]) == 0.0f);
    assert_true(osl_score_idf(5, 5) > 0.0);
    assert_true(osl_score_idf(5, 9) > 0.0);
    assert_true(osl_score_idf(UINT64_MAX, 0) < 100.0);
}

static void gain_rises_with_tf_and_falls_with_length(void **state)
{
    (void)state;
    float k[256];
    osl_score_lengths(k, 1.2, 0.75, 5000, 50);
    for (unsigned code = 1; code < 256; code++)
        for (uint32_t tf = 1; tf < 300; tf++) {
            assert_true(osl_score_gain(tf, k[code]) <=
                        osl_score_gain(tf, k[code - 1]));
            assert_true(osl_score_gain(tf + 1, k[code]) >=
                        osl_score_gain(tf, k[code]));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_log_is_within_two_ulps),
        cmocka_unit_test(a_code_stands_for_the_middle_of_its_lengths),
        cmocka_unit_test(scores_are_those_of_the_formula),
        cmocka_unit_test(a_contribution_rounds_to_even_and_saturates),
        cmocka_unit_test(degenerate_statistics_give_finite_scores),
        cmocka_unit_test(gain_rises_with_tf_and_falls_with_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
