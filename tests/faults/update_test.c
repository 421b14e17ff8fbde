/* SPDX-License-Identifier: MIT
 *
 * An update in which the N-th system call fails, for every N: as if the disk
 * were broken or full for a moment, or a write came to the half. */
#include "tests/faults/round.h"

#include <errno.h>

static const round_fault faults[] = {
    {"EIO once", FAULT_ERROR, EIO, false},
    {"ENOSPC once", FAULT_ERROR, ENOSPC, false},
    {"short write once", FAULT_SHORT, 0, false},
};

static void an_update_survives_every_call_that_fails_once(void **state)
{
    (void)state;
    round_fail_all(faults, COUNT_OF(faults));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_update_survives_every_call_that_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
