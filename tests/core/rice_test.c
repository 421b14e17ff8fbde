/* SPDX-License-Identifier: MIT
 *
 * Each level's reading of Rice codes: numbers come back, and of any bytes it
 * says what the scalar twin does. */
#include "tests/test.h"

#include "core/kernels/kernels.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM = OSL_RICE_MAX + OSL_RICE_SLACK, BYTES = 4096, ROUNDS = 6000 };

typedef struct sample {
    osl_rice codes;
    uint32_t values[OSL_RICE_MAX];
    uint8_t bytes[BYTES + OSL_RICE_BEHIND];
    uint64_t end; /* bits */
} sample;

static void put_bit(sample *to, uint64_t bit)
{
    to->bytes[to->end / 8] |= (uint8_t)(bit << (to->end % 8));
    to->end++;
}

/* Runs are short, but for a long one now and then. */
static void make_sample(sample *out, test_random *random)
{
    unsigned widest = test_random_below(random, 32);
    memset(out, 0, sizeof *out);
    out->codes.count = 1 + test_random_below(random, OSL_RICE_MAX);
    out->codes.at = out->end = test_random_below(random, 70);
    for (unsigned g = 0; g < OSL_RICE_GROUPS; g++)
        out->codes.k[g] = test_random_below(random, widest + 1);
    for (unsigned i = 0; i < out->codes.count; i++) {
        unsigned k = out->codes.k[i / OSL_RICE_GROUP];
        uint32_t low = test_random_below(random, 1u << k);
        uint32_t most = test_random_below(random, 60) ? 4 : 200;
        uint32_t run = k < 24 ? test_random_below(random, most) : 0;
        out->values[i] = run << k | low;
        for (unsigned b = 0; b < k; b++)
            put_bit(out, low >> b & 1);
    }
    for (unsigned i = 0; i < out->codes.count; i++) {
        uint32_t run = out->values[i] >> out->codes.k[i / OSL_RICE_GROUP];
        for (uint32_t n = 0; n < run; n++)
            put_bit(out, 0);
        put_bit(out, 1);
    }
}

/* What a kernel says of the first `length` bytes, which stand alone. */
static uint64_t read_codes(osl_rice_fn *kernel, const sample *of, size_t length,
                           uint32_t values[ROOM])
{
    uint8_t *exact = calloc(length + OSL_RICE_BEHIND, 1);
    assert_non_null(exact);
    memcpy(exact, of->bytes, length);
    osl_rice codes = of->codes;
    codes.bytes = exact;
    codes.end = (uint64_t)length * 8;
    uint64_t last = kernel(&codes, values);
    free(exact);
    return last;
}

static void check_spoilt(test_random *random, sample *of, osl_rice_fn *kernel)
{
    uint32_t got[ROOM], twin[ROOM];
    size_t length = (size_t)(of->end + 7) / 8;
    size_t cut = test_random_below(random, (uint32_t)length + 1);
    size_t at = test_random_below(random, (uint32_t)length);
    uint8_t flipped = (uint8_t)(1u << test_random_below(random, 8));
    of->bytes[at] ^= flipped;
    for (unsigned i = 0; i < 2; i++, cut = length) {
        uint64_t last = read_codes(kernel, of, cut, got);
        assert_true(last == read_codes(osl_rice_scalar, of, cut, twin));
        if (last)
            assert_memory_equal(got, twin, of->codes.count * sizeof *got);
    }
    of->bytes[at] ^= flipped;
}

static void each_level_reads_what_was_put(void **state)
{
    (void)state;
    static sample of;
    uint32_t got[ROOM];
    test_random random = test_random_new(83);
    for (osl_cpu_level level = OSL_CPU_SCALAR; level <= osl_cpu_highest();
         level++) {
        osl_rice_fn *kernel = osl_kernels_get(level)->rice;
        for (unsigned round = 0; round < ROUNDS; round++) {
            make_sample(&of, &random);
            size_t length = (size_t)(of.end + 7) / 8;
            assert_in_range(length, 1, BYTES);
            assert_true(read_codes(kernel, &of, length, got) == of.end);
            assert_memory_equal(got, of.values, of.codes.count * sizeof *got);
            check_spoilt(&random, &of, kernel);
        }
    }
}

/* A run that its low bits push beyond 32 is none, nor is one without end. */
static void what_is_too_large_is_refused(void **state)
{
    (void)state;
    static sample of;
    uint32_t got[ROOM];
    for (osl_cpu_level level = OSL_CPU_SCALAR; level <= osl_cpu_highest();
         level++) {
        osl_rice_fn *kernel = osl_kernels_get(level)->rice;
        memset(&of, 0, sizeof of);
        of.codes.count = 1;
        of.codes.k[0] = 25;
        of.end = 25 + 127;
        put_bit(&of, 1);
        assert_true(read_codes(kernel, &of, 20, got) == 25 + 128);
        assert_int_equal(got[0], 127u << 25);
        memset(&of.bytes, 0, sizeof of.bytes);
        of.end = 25 + 128;
        put_bit(&of, 1);
        assert_true(read_codes(kernel, &of, 20, got) == 0);
        memset(&of.bytes, 0, sizeof of.bytes);
        assert_true(read_codes(kernel, &of, BYTES, got) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_level_reads_what_was_put),
        cmocka_unit_test(what_is_too_large_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
