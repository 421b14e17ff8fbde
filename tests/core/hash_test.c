/* SPDX-License-Identifier: MIT
 *
 * Hashes: each level gives what the scalar twin does, of every length and from
 * every place, and reads nothing behind the bytes. What the twin gives stands
 * in files: it is held against some that were written down. */
#include "tests/test.h"

#include <sys/mman.h>

#include "core/kernels/kernels.h"

enum { ROOM = 16384 };

/* Bytes whose end is a wall: reading behind them is a fault. */
static uint8_t *room_before_wall(void)
{
    uint8_t *room = mmap(NULL, ROOM + 4096, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(room != MAP_FAILED);
    assert_int_equal(mprotect(room + ROOM, 4096, PROT_NONE), 0);
    return room + ROOM;
}

static void each_level_hashes_as_the_twin(void **state)
{
    (void)state;
    uint8_t *wall = room_before_wall();
    test_random random = test_random_new(7);
    for (size_t i = 0; i < ROOM; i++)
        (wall - ROOM)[i] = (uint8_t)test_random_below(&random, 256);
    for (size_t n = 0; n <= 5000; n++) {
        /* Every length once, then any; from any place, or up to the wall. */
        size_t length =
            n < 2500 ? n : test_random_below(&random, (uint32_t)ROOM + 1);
        size_t behind =
            n % 2 ? test_random_below(&random, (uint32_t)(ROOM - length + 1))
                  : 0;
        const uint8_t *bytes = wall - behind - length;
        uint64_t want = osl_hash_scalar(bytes, length);
        for (int level = 0; level <= (int)osl_cpu_highest(); level++) {
            const osl_kernels *kernels = osl_kernels_get((osl_cpu_level)level);
            if (kernels->hash(bytes, length) != want)
                fail_msg("%s: %zu bytes, %zu before the end",
                         osl_cpu_level_name((osl_cpu_level)level), length,
                         behind);
        }
    }
    munmap(wall - ROOM, ROOM + 4096);
}

static void hashes_are_those_of_files(void **state)
{
    (void)state;
    static const struct {
        size_t length;
        uint64_t hash;
    } cases[] = {
        {0, UINT64_C(0x2D06800538D394C2)},
        {16, UINT64_C(0x9DA23836ADF2BE1E)},
        {240, UINT64_C(0xD6DFBF67B0675B54)},
        {241, UINT64_C(0xC614C8C3575348C1)},
        {1024, UINT64_C(0xF22EF3DC84FF47EA)},
        {5000, UINT64_C(0xCE29A19460EE1BFC)},
    };
    uint8_t bytes[5000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 % 251);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_true(osl_hash_scalar(bytes, cases[i].length) == cases[i].hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_level_hashes_as_the_twin),
        cmocka_unit_test(hashes_are_those_of_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
