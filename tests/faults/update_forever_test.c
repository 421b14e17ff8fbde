/* SPDX-License-Identifier: MIT
 *
 * An update in which every system call from the N-th on fails, for every N: as
 * if the disk were broken or full for good. */
#include "tests/faults/round.h"

#include <errno.h>

static const round_fault faults[] = {
    {"EIO for ever", FAULT_ERROR, EIO, true},
    {"ENOSPC for ever", FAULT_ERROR, ENOSPC, true},
    {"short writes for ever", FAULT_SHORT, 0, true},
};

static void an_update_survives_every_call_that_fails_from_then_on(void **state)
{
    (void)state;
    round_fail_all(faults, COUNT_OF(faults));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_update_survives_every_call_that_fails_from_then_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
