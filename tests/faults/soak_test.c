/* SPDX-License-Identifier: MIT
 *
 * The soak in short: readers never see anything but whole generations, while
 * some are published and while writers are killed. `soak` does it for long. */
#include "tests/faults/soak.h"

#include "tests/test.h"

static void run(const soak_plan *plan, soak_report *report)
{
    soak_run(plan, report);
    if (report->wrong[0])
        fail_msg("%s", report->wrong);
    print_message("%llu generations, %llu kills, %llu answers, %llu refreshes, "
                  "%llu generations seen\n",
                  (unsigned long long)report->published,
                  (unsigned long long)report->kills,
                  (unsigned long long)report->answers,
                  (unsigned long long)report->refreshes,
                  (unsigned long long)report->generations_seen);
    assert_true(report->answers > 10);
}

static void readers_see_whole_generations_while_others_come(void **state)
{
    (void)state;
    soak_report report;
    run(&(soak_plan){.generations = 60, .readers = 4}, &report);
    assert_int_equal(report.published, 62);
    assert_true(report.generations_seen > 2);
}

static void readers_see_whole_generations_while_writers_are_killed(void **state)
{
    (void)state;
    soak_report report;
    run(&(soak_plan){.kills = 100, .readers = 2}, &report);
    assert_int_equal(report.kills + report.missed, 100);
    assert_true(report.kills > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_see_whole_generations_while_others_come),
        cmocka_unit_test(
            readers_see_whole_generations_while_writers_are_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
