/* SPDX-License-Identifier: MIT
 *
 * soak [GENERATIONS [KILLS [READERS]]]: the long form of soak_test, 500
 * generations, 10,000 kills and 4 readers unless told otherwise. Ends with 0
 * where no answer was wrong. */
#include "tests/faults/soak.h"

#include <stdio.h>
#include <stdlib.h>

static unsigned number(int argc, char **argv, int n, unsigned otherwise)
{
    return argc > n ? (unsigned)strtoul(argv[n], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    const soak_plan plan = {.generations = number(argc, argv, 1, 500),
                            .kills = number(argc, argv, 2, 10000),
                            .readers = number(argc, argv, 3, 4)};
    soak_report report;
    soak_run(&plan, &report);
    printf("%llu generations published, %llu writers killed (%llu were done "
           "before), %llu answers of %llu generations, %llu refreshes: %s\n",
           (unsigned long long)report.published,
           (unsigned long long)report.kills, (unsigned long long)report.missed,
           (unsigned long long)report.answers,
           (unsigned long long)report.generations_seen,
           (unsigned long long)report.refreshes,
           report.wrong[0] ? report.wrong : "none wrong");
    return report.wrong[0] != '\0';
}
