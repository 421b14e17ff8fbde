/* SPDX-License-Identifier: MIT
 *
 * cmocka with what it needs before it, and a random generator whose seed is
 * printed, so that a failure can be made again (OSL_SEED=n). */
#ifndef OSL_TESTS_TEST_H
#define OSL_TESTS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/core.h"

/* Fails with the error's words where a call did not come to OSL_OK. */
#define assert_ok(call)                                                \
    do {                                                               \
        osl_status status_of_call = (call);                            \
        if (status_of_call != OSL_OK)                                  \
            fail_msg("%s: status %d (%s)", #call, (int)status_of_call, \
                     err.text);                                        \
    } while (0)

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* SplitMix64 (Steele, Lea, Flood 2014). */
typedef struct test_random {
    uint64_t state;
} test_random;

static inline test_random test_random_new(uint64_t fallback)
{
    const char *asked = getenv("OSL_SEED");
    uint64_t seed = asked ? strtoull(asked, NULL, 10) : fallback;
    print_message("OSL_SEED=%llu\n", (unsigned long long)seed);
    return (test_random){seed};
}

static inline uint64_t test_random_next(test_random *random)
{
    uint64_t z = (random->state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* 0 … below − 1 */
static inline uint32_t test_random_below(test_random *random, uint32_t below)
{
    uint64_t value = test_random_next(random);
    return below ? (uint32_t)(value % below) : 0;
}

#endif
