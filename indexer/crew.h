/* SPDX-License-Identifier: MIT
 *
 * Threads of one piece of work: as many as asked for, the caller among them.
 * What they share, and how it is guarded, is the work's own affair. */
#ifndef OSL_INDEXER_CREW_H
#define OSL_INDEXER_CREW_H

#include "core/core.h"

/* One worker's share, called once in each thread with its number (0 is the
 * caller's thread). A worker that cannot go on must see to it that the others
 * end, too. */
typedef osl_status osl_crew_work(void *user, unsigned worker, osl_error *err);

/* Threads to use: `asked`, or as many as there are processors to run on where
 * it is 0, at most 8 then. At least 1, at most 64. */
unsigned osl_crew_size(unsigned asked);

/* Runs `work` in `size` threads and waits for all. `idle` (may be NULL) is
 * called now and then by the caller's thread once its own share is done and
 * others are at work. What threads have to do that cannot be started, the
 * caller's does after its own. Gives the first failure by number of worker. */
OSL_MUST_CHECK osl_status osl_crew_run(unsigned size, osl_crew_work *work,
                                       void (*idle)(void *user), void *user,
                                       osl_error *err);

/* One of a few pieces of work that do not know of each other. */
typedef osl_status osl_crew_job(void *user, osl_error *err);

enum { OSL_CREW_JOBS = 4 };

/* All `count` of them, OSL_CREW_JOBS at most: each thread takes the next one.
 * Gives the failure of an earlier one before that of a later one. */
OSL_MUST_CHECK osl_status osl_crew_jobs(unsigned size,
                                        osl_crew_job *const *these,
                                        unsigned count, void *user,
                                        osl_error *err);

#endif
