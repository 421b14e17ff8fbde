/* SPDX-License-Identifier: MIT
 *
 * One writer, several readers, one index: every answer belongs to one
 * generation, and each generation has one answer, whoever asks and whenever.
 *
 * Readers are processes. Each opens the index again and again, sometimes
 * keeps it open while others come and go, and sometimes refreshes it. The
 * writer publishes version after version of a small tree; or it is killed at a
 * random moment, again and again. */
#ifndef OSL_TESTS_FAULTS_SOAK_H
#define OSL_TESTS_FAULTS_SOAK_H

#include "core/core.h"

typedef struct soak_plan {
    unsigned generations; /* to publish undisturbed */
    unsigned kills;       /* writers to kill, after that */
    unsigned readers;     /* processes */
} soak_plan;

typedef struct soak_report {
    uint64_t published;     /* generations */
    uint64_t kills, missed; /* writers that were done before the kill */
    uint64_t answers, refreshes, generations_seen;
    char wrong[1024]; /* the first thing that was, or empty */
} soak_report;

/* In a folder of its own below the system's temporary one. */
void soak_run(const soak_plan *plan, soak_report *report);

#endif
