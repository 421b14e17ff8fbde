/* SPDX-License-Identifier: MIT */
#include "indexer/crew.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

enum { SIZE_MAX_ASKED = 64, SIZE_MAX_DEFAULT = 8 };

/* How often idle() is called. */
enum { IDLE_NS = 20 * 1000 * 1000, SECOND_NS = 1000 * 1000 * 1000 };

typedef struct crew {
    osl_crew_work *work;
    void *user;
    pthread_mutex_t lock;
    pthread_cond_t done;
    unsigned at_work; /* guarded by lock */
} crew;

typedef struct worker {
    crew *crew;
    pthread_t thread;
    unsigned number;
    osl_status status;
    osl_error error;
} worker;

unsigned osl_crew_size(unsigned asked)
{
    if (asked > 0)
        return asked < SIZE_MAX_ASKED ? asked : SIZE_MAX_ASKED;
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    unsigned count = (unsigned)CPU_COUNT(&set);
    count = count > 0 ? count : 1;
    return count < SIZE_MAX_DEFAULT ? count : SIZE_MAX_DEFAULT;
}

static void *run(void *user)
{
    worker *w = user;
    crew *all = w->crew;
    w->status = all->work(all->user, w->number, &w->error);
    (void)pthread_mutex_lock(&all->lock);
    all->at_work--;
    (void)pthread_cond_signal(&all->done);
    (void)pthread_mutex_unlock(&all->lock);
    return NULL;
}

static void wait_for_all(crew *all, void (*idle)(void *user))
{
    (void)pthread_mutex_lock(&all->lock);
    while (all->at_work > 0) {
        struct timespec until;
        (void)clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += IDLE_NS;
        if (until.tv_nsec >= SECOND_NS) {
            until.tv_nsec -= SECOND_NS;
            until.tv_sec++;
        }
        (void)pthread_cond_timedwait(&all->done, &all->lock, &until);
        if (!idle)
            continue;
        (void)pthread_mutex_unlock(&all->lock);
        idle(all->user);
        (void)pthread_mutex_lock(&all->lock);
    }
    (void)pthread_mutex_unlock(&all->lock);
}

static osl_status run_many(crew *all, unsigned size, void (*idle)(void *user),
                           osl_error *err)
{
    worker workers[SIZE_MAX_ASKED];
    unsigned started = 1;
    all->at_work = size - 1;
    for (unsigned i = 0; i < size; i++) {
        workers[i].crew = all;
        workers[i].number = i;
        workers[i].status = OSL_OK;
    }
    while (started < size && pthread_create(&workers[started].thread, NULL, run,
                                            &workers[started]) == 0)
        started++;
    (void)pthread_mutex_lock(&all->lock);
    all->at_work -= size - started;
    (void)pthread_mutex_unlock(&all->lock);
    workers[0].status = all->work(all->user, 0, &workers[0].error);
    for (unsigned i = started; i < size; i++)
        workers[i].status = all->work(all->user, i, &workers[i].error);
    wait_for_all(all, idle);
    osl_status status = OSL_OK;
    for (unsigned i = 0; i < size; i++) {
        if (i > 0 && i < started)
            (void)pthread_join(workers[i].thread, NULL);
        if (status == OSL_OK && workers[i].status != OSL_OK)
            status =
                osl_fail(err, workers[i].status, "%s", workers[i].error.text);
    }
    return status;
}

osl_status osl_crew_run(unsigned size, osl_crew_work *work,
                        void (*idle)(void *user), void *user, osl_error *err)
{
    if (size <= 1)
        return work(user, 0, err);
    crew all = {.work = work, .user = user};
    if (pthread_mutex_init(&all.lock, NULL) != 0)
        return osl_fail(err, OSL_ENOMEM, "out of memory for threads");
    if (pthread_cond_init(&all.done, NULL) != 0) {
        (void)pthread_mutex_destroy(&all.lock);
        return osl_fail(err, OSL_ENOMEM, "out of memory for threads");
    }
    osl_status status = run_many(
        &all, size < SIZE_MAX_ASKED ? size : SIZE_MAX_ASKED, idle, err);
    (void)pthread_cond_destroy(&all.done);
    (void)pthread_mutex_destroy(&all.lock);
    return status;
}

typedef struct jobs {
    osl_crew_job *const *jobs;
    unsigned count, next;
    void *user;
    osl_status *status; /* by job */
    osl_error *errors;
} jobs;

static osl_status run_jobs(void *user, unsigned number, osl_error *err)
{
    jobs *all = user;
    (void)number;
    (void)err;
    for (;;) {
        unsigned n = __atomic_fetch_add(&all->next, 1, __ATOMIC_RELAXED);
        if (n >= all->count)
            return OSL_OK;
        all->status[n] = all->jobs[n](all->user, &all->errors[n]);
    }
}

osl_status osl_crew_jobs(unsigned size, osl_crew_job *const *these,
                         unsigned count, void *user, osl_error *err)
{
    osl_status statuses[OSL_CREW_JOBS];
    osl_error errors[OSL_CREW_JOBS];
    assert(count <= OSL_CREW_JOBS);
    jobs all = {.jobs = these,
                .count = count,
                .user = user,
                .status = statuses,
                .errors = errors};
    osl_status status =
        osl_crew_run(size < count ? size : count, run_jobs, NULL, &all, err);
    for (unsigned i = 0; i < count && status == OSL_OK; i++)
        if (statuses[i] != OSL_OK)
            status = osl_fail(err, statuses[i], "%s", errors[i].text);
    return status;
}
