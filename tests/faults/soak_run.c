/* SPDX-License-Identifier: MIT */
#include "tests/faults/soak.h"

#include "query/query.h"
#include "tests/faults/world.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

enum { GENERATIONS = 1 << 16 };

/* Between the processes. */
typedef struct shared {
    _Atomic bool end;
    _Atomic uint64_t answers, refreshes, seen;
    _Atomic uint64_t newest;              /* a generation that was published */
    _Atomic uint64_t hashes[GENERATIONS]; /* of a generation's answers */
    _Atomic bool is_wrong;
    char wrong[1024];
} shared;

static void complain(shared *s, const char *what, const char *why,
                     uint64_t generation)
{
    if (!atomic_exchange(&s->is_wrong, true))
        (void)snprintf(s->wrong, sizeof s->wrong,
                       "generation %llu: %s (%.900s)",
                       (unsigned long long)generation, what, why);
}

/* ---- readers ------------------------------------------------------------ */

/* False where the answers are not those that its generation always gives. */
static bool compare(shared *s, const world_answers *got)
{
    uint64_t none = 0;
    if (got->generation >= GENERATIONS) {
        complain(s, "a number that was never published", "", got->generation);
        return false;
    }
    _Atomic uint64_t *slot = &s->hashes[got->generation];
    if (atomic_compare_exchange_strong(slot, &none, got->hash))
        atomic_fetch_add(&s->seen, 1);
    else if (none != got->hash) {
        complain(s, "answers of another", "", got->generation);
        return false;
    }
    if (got->note[0]) {
        complain(s, "fell back", got->note, got->generation);
        return false;
    }
    atomic_fetch_add(&s->answers, 1);
    return true;
}

static bool ask(shared *s, const osl_searcher *searcher)
{
    osl_error err;
    world_answers got;
    if (world_ask_searcher(searcher, &got, &err))
        return compare(s, &got);
    complain(s, "cannot be asked", err.text, 0);
    return false;
}

/* To the newest generation, or a newer one. */
static bool refresh(shared *s, osl_searcher **searcher)
{
    osl_error err;
    osl_searcher *newer = NULL;
    osl_searcher_info info;
    uint64_t newest = atomic_load(&s->newest);
    if (osl_searcher_refresh(&newer, *searcher, &err) != OSL_OK) {
        complain(s, "cannot be refreshed", err.text, 0);
        return false;
    }
    if (newer) {
        osl_searcher_free(*searcher);
        *searcher = newer;
        atomic_fetch_add(&s->refreshes, 1);
    }
    if (osl_searcher_get_info(*searcher, &info, &err) != OSL_OK ||
        info.generation < newest) {
        complain(s, "is not the newest", "after a refresh", info.generation);
        return false;
    }
    return true;
}

/* Asks, lets generations pass, asks the same again, refreshes, asks. */
static bool ask_long(shared *s, osl_searcher **searcher, unsigned rounds)
{
    static const struct timespec pause = {0, 2000000};
    for (unsigned i = 0; i < rounds; i++) {
        if (!ask(s, *searcher))
            return false;
        (void)nanosleep(&pause, NULL);
        if (!ask(s, *searcher))
            return false;
        if (!refresh(s, searcher))
            return false;
    }
    return true;
}

static void read_on(shared *s, const char *index, unsigned number)
{
    bool good = true;
    for (unsigned turn = number; good && !atomic_load(&s->end); turn++) {
        osl_error err;
        osl_searcher *searcher = NULL;
        if (osl_searcher_open(&searcher, index, 0, &err) != OSL_OK) {
            complain(s, "cannot be opened", err.text, 0);
            return;
        }
        good = ask(s, searcher);
        if (good && turn % 4 == 0)
            good = ask_long(s, &searcher, 1 + turn % 7);
        osl_searcher_free(searcher);
    }
}

/* ---- writers ------------------------------------------------------------ */

/* Each generation answers as a fresh build does, whoever asked it first. */
static void publish(shared *s, const place *at, unsigned count,
                    unsigned *version, soak_report *report)
{
    for (unsigned i = 0; i < count && !atomic_load(&s->is_wrong); i++) {
        osl_error err;
        osl_index_report done;
        world_put(at, (*version)++);
        if (world_update(at, &done, &err) != OSL_OK) {
            complain(s, "cannot be published", err.text, 0);
            return;
        }
        atomic_store(&s->newest, done.generation);
        report->published++;
        world_answers anew = world_build_anew(at);
        anew.generation = done.generation;
        if (!compare(s, &anew))
            return;
    }
}

static void wait_us(unsigned us)
{
    struct timespec time = {us / 1000000, (long)(us % 1000000) * 1000};
    (void)nanosleep(&time, NULL);
}

static int update_alone(const place *at)
{
    osl_error err;
    osl_index_report done;
    return world_update(at, &done, &err) == OSL_OK ? 0 : 3;
}

/* A writer of its own process; killed after `us`. False: it was done. */
static bool kill_one(const place *at, unsigned us)
{
    int ended = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(update_alone(at));
    wait_us(us);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &ended, 0), child);
    if (WIFEXITED(ended) && WEXITSTATUS(ended) != 0)
        fail_msg("a writer ended with %d", WEXITSTATUS(ended));
    return WIFSIGNALED(ended);
}

/* How long a writer takes when it is left alone, and a little more. */
static unsigned measure(const place *at, unsigned *version)
{
    struct timespec from, to;
    enum { WRITERS = 3 };
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &from), 0);
    for (int i = 0; i < WRITERS; i++) {
        int ended = 0;
        world_put(at, (*version)++);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            _exit(update_alone(at));
        assert_int_equal(waitpid(child, &ended, 0), child);
        assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
    }
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &to), 0);
    int64_t us = (to.tv_sec - from.tv_sec) * (int64_t)1000000 +
                 (to.tv_nsec - from.tv_nsec) / 1000;
    return (unsigned)(us / WRITERS * 5 / 4) + 1;
}

static void kill_writers(shared *s, const place *at, const soak_plan *plan,
                         unsigned *version, soak_report *report)
{
    uint64_t random = 7;
    unsigned longest = plan->kills ? measure(at, version) : 1;
    for (unsigned i = 0; i < plan->kills && !atomic_load(&s->is_wrong); i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        world_put(at, (*version)++);
        if (kill_one(at, (unsigned)((random >> 33) % longest)))
            report->kills++;
        else
            report->missed++;
        if (i % 16 == 0)
            world_check(place_name(at, "index"), "after a kill");
    }
}

/* ---- the whole ---------------------------------------------------------- */

static pid_t start_reader(shared *s, const place *at, unsigned number)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char index[512];
        (void)snprintf(index, sizeof index, "%s", place_name(at, "index"));
        read_on(s, index, number);
        _exit(0);
    }
    return child;
}

void soak_run(const soak_plan *plan, soak_report *report)
{
    enum { READERS = 64 };
    pid_t readers[READERS];
    place at = place_make();
    unsigned version = 0;
    assert_in_range(plan->readers, 1, READERS);
    shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(s != MAP_FAILED);
    *report = (soak_report){0};
    publish(s, &at, 1, &version, report);
    for (unsigned i = 0; i < plan->readers; i++)
        readers[i] = start_reader(s, &at, i);
    publish(s, &at, plan->generations, &version, report);
    kill_writers(s, &at, plan, &version, report);
    publish(s, &at, 1, &version, report);
    world_check(place_name(&at, "index"), "at the end");
    assert_int_equal(place_count(&at, "index", ".tmp"), 0);
    atomic_store(&s->end, true);
    for (unsigned i = 0; i < plan->readers; i++) {
        int ended = 0;
        assert_int_equal(waitpid(readers[i], &ended, 0), readers[i]);
        if (!WIFEXITED(ended) || WEXITSTATUS(ended) != 0)
            complain(s, "a reader ended badly", "", 0);
    }
    report->answers = s->answers;
    report->refreshes = s->refreshes;
    report->generations_seen = s->seen;
    (void)snprintf(report->wrong, sizeof report->wrong, "%s", s->wrong);
    (void)munmap(s, sizeof *s);
    place_remove(&at);
}
