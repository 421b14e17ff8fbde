/* SPDX-License-Identifier: MIT
 *
 * osl_index_check() names the file of every bit that is flipped in a small
 * index, and of every length that a file is cut to. */
#include "tests/indexer/check_index.h"

#include <fcntl.h>

static unsigned flip_bits(const place *at, const char *name, size_t step)
{
    static bytes whole;
    unsigned flips = 0;
    read_bytes(at, name, &whole);
    int fd = open(place_name(at, name), O_WRONLY);
    assert_true(fd >= 0);
    for (size_t bit = 0; bit < 8 * whole.length; bit += step) {
        size_t n = bit / 8;
        uint8_t spoilt = (uint8_t)(whole.at[n] ^ 1u << (bit % 8));
        assert_int_equal(pwrite(fd, &spoilt, 1, (off_t)n), 1);
        expect_named(at, name, "bit", bit);
        assert_int_equal(pwrite(fd, &whole.at[n], 1, (off_t)n), 1);
        flips++;
    }
    assert_int_equal(close(fd), 0);
    return flips;
}

static void bits_that_are_flipped_are_named(void **state)
{
    (void)state;
    place at = make_index();
    unsigned flips = 0;
    for (size_t i = 0; i < COUNT_OF(files); i++)
        flips += flip_bits(&at, files[i], strstr(files[i], ".seg") ? 17 : 3);
    print_message("%u bits flipped\n", flips);
    place_remove(&at);
}

static void lengths_that_are_cut_to_are_named(void **state)
{
    (void)state;
    place at = make_index();
    static bytes whole;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        size_t step = strstr(files[i], ".seg") ? 29 : 2;
        read_bytes(&at, files[i], &whole);
        for (size_t length = 0; length < whole.length; length += step) {
            write_bytes(&at, files[i], &whole, length);
            expect_named(&at, files[i], "cut to", length);
        }
        write_bytes(&at, files[i], &whole, whole.length);
    }
    place_remove(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_that_are_flipped_are_named),
        cmocka_unit_test(lengths_that_are_cut_to_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
