/* SPDX-License-Identifier: MIT
 *
 * Forms in bits: what was put in comes back, in pieces of any size and the same
 * bytes at every level, and spoilt bytes give forms, or none. */
#include "core/segment/forms_bits.h"

#include "core/kernels/kernels.h"

#include <stdlib.h>
#include <string.h>

#include "tests/test.h"

enum { MOST = 3 * OSL_FORMS_BLOCK };

static uint32_t forms[MOST], got[MOST];

/* One occurrence in `every` has another form than the one before it, which is
 * 0 more often than not, or below `count`. */
static const struct {
    const char *name;
    uint32_t every, count;
} shapes[] = {
    {"all the first", 1, 1},
    {"two, any", 1, 2},
    {"two, in runs", 30, 2},
    {"a few", 2, 5},
    {"as many as levels", 1, 16},
    {"one more", 1, 17},
    {"many", 1, 300},
    {"more than 16 bits", 3, 100000},
    {"as large as can be", 1, UINT32_MAX / 2},
};

static void make_forms(test_random *random, uint32_t total, size_t shape)
{
    uint32_t form = 0;
    for (uint32_t i = 0; i < total; i++) {
        if (test_random_below(random, shapes[shape].every) == 0)
            form = test_random_below(random, 2)
                       ? 0
                       : test_random_below(random, shapes[shape].count);
        forms[i] = form;
    }
}

/* Bytes that end where reading has to: 8 more may be looked at. */
static bool read_forms(test_random *random, const uint8_t *bytes, size_t length,
                       uint32_t total, size_t *used)
{
    static osl_forms_reader reader;
    uint8_t *exact = calloc(length + 8, 1);
    assert_non_null(exact);
    memcpy(exact, bytes, length);
    *used = osl_forms_open_bits(&reader, exact, length, total);
    bool good = *used > 0;
    for (uint32_t at = 0, step; good && at < total; at += step) {
        step = 1 + test_random_below(random, total - at);
        good = osl_forms_take_bits(&reader, step, got + at);
    }
    uint32_t more;
    if (good)
        assert_false(osl_forms_take_bits(&reader, 1, &more));
    free(exact);
    return good;
}

static void check_levels(const osl_buf *bytes, uint32_t total)
{
    osl_cpu_level highest = osl_cpu_highest();
    for (osl_cpu_level level = OSL_CPU_SCALAR; level <= highest; level++) {
        osl_buf same = {0};
        osl_forms_write_bits(&same, forms, total,
                             osl_kernels_get(level)->middles);
        assert_false(same.failed);
        assert_int_equal(same.length, bytes->length);
        assert_memory_equal(same.bytes, bytes->bytes, same.length);
        osl_buf_clear(&same);
    }
}

static void check_spoilt(test_random *random, osl_buf *bytes, uint32_t total)
{
    size_t used;
    for (size_t cut = 0; cut < bytes->length; cut += 1 + cut / 4)
        assert_false(read_forms(random, bytes->bytes, cut, total, &used));
    for (unsigned round = 0; round < 20; round++) {
        size_t at = test_random_below(random, (uint32_t)bytes->length);
        uint8_t bit = (uint8_t)(1u << test_random_below(random, 8));
        bytes->bytes[at] ^= bit;
        (void)read_forms(random, bytes->bytes, bytes->length, total, &used);
        bytes->bytes[at] ^= bit;
    }
}

static void forms_come_back_whatever_they_are(void **state)
{
    (void)state;
    test_random random = test_random_new(91);
    for (size_t shape = 0; shape < COUNT_OF(shapes); shape++)
        for (unsigned round = 0; round < 24; round++) {
            osl_buf bytes = {0};
            size_t used;
            uint32_t most = round < 16 ? 40 : MOST;
            uint32_t total = 1 + test_random_below(&random, most);
            make_forms(&random, total, shape);
            osl_forms_write_bits(&bytes, forms, total, osl_middles_scalar);
            assert_false(bytes.failed);
            assert_true(
                read_forms(&random, bytes.bytes, bytes.length, total, &used));
            assert_int_equal(used, bytes.length);
            assert_memory_equal(got, forms, (size_t)total * sizeof *got);
            check_levels(&bytes, total);
            check_spoilt(&random, &bytes, total);
            osl_buf_clear(&bytes);
        }
}

/* Which form a tenth has, of which most stand together. */
static void what_clusters_takes_few_bits(void **state)
{
    (void)state;
    osl_buf bytes = {0};
    for (uint32_t i = 0; i < MOST; i++)
        forms[i] = i % 1000 < 100;
    osl_forms_write_bits(&bytes, forms, MOST, osl_middles_scalar);
    assert_in_range(bytes.length, 1, MOST / 8 / 6);
    osl_buf_clear(&bytes);
}

/* All ones: many levels with nothing left out, then numbers. */
static void ones_and_zeros_end(void **state)
{
    (void)state;
    static uint8_t bytes[1 << 16];
    test_random random = test_random_new(92);
    size_t used;
    for (unsigned fill = 0; fill < 256; fill += 85) {
        memset(bytes, (int)fill, sizeof bytes);
        bytes[0] = bytes[1] = 0xFF; /* length: 2^14 and more */
        bytes[2] = 1;
        (void)read_forms(&random, bytes, sizeof bytes, MOST, &used);
        assert_int_equal(used, 3 + 0x7FFF);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_come_back_whatever_they_are),
        cmocka_unit_test(what_clusters_takes_few_bits),
        cmocka_unit_test(ones_and_zeros_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
