/* SPDX-License-Identifier: MIT
 *
 * An update that is killed before its N-th system call, for every N; and one
 * whose memory is gone for good from the N-th allocation on. */
#include "tests/faults/round.h"

#include <signal.h>
#include <sys/wait.h>

/* An update of the tree as it is, in a process of its own, killed before its
 * n-th call. False: it was done before that. */
static bool kill_update(const round *r, uint64_t n)
{
    const fault_plan plan = {.kind = FAULT_KILL, .at = n};
    int ended = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        osl_error err;
        osl_index_report report;
        faults_arm(&plan);
        (void)world_update(&r->at, &report, &err);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &ended, 0), child);
    return WIFSIGNALED(ended) && WTERMSIG(ended) == SIGKILL;
}

static bool kill_at(round *r, uint64_t n)
{
    char where[64];
    world_put(&r->at, r->version++);
    bool killed = kill_update(r, n);
    (void)snprintf(where, sizeof where, "killed before call %llu",
                   (unsigned long long)n);
    r->faults += killed;
    round_look(r, !killed, where);
    return killed;
}

static void an_update_may_be_killed_before_every_call(void **state)
{
    (void)state;
    round r = round_begin();
    uint64_t calls = round_count_calls(&r);
    unsigned missed = 0;
    for (uint64_t n = 1; missed < ROUND_MISSES; n += ROUND_STRIDE)
        missed = kill_at(&r, n) ? 0 : missed + 1;
    print_message("%u kills: %u times the old, %u the new\n", r.faults, r.kept,
                  r.published);
    assert_true(r.faults >= (calls - calls / 8) / ROUND_STRIDE);
    assert_true(r.kept > 10 && r.published > 1);
    place_remove(&r.at);
}

/* Whether a manifest is there under its number that was never published. */
static bool has_unpublished(const round *r)
{
    char name[64];
    (void)snprintf(name, sizeof name, "index/manifest-%06llu",
                   (unsigned long long)r->before.generation + 1);
    return access(place_name(&r->at, name), F_OK) == 0 &&
           world_ask(place_name(&r->at, "index"), name).generation ==
               r->before.generation;
}

static void copy_index(const round *r, const char *from, const char *to)
{
    char line[1100];
    (void)snprintf(line, sizeof line, "rm -rf '%s' && cp -a '%s' '%s'",
                   place_name(&r->at, to), place_name(&r->at, from),
                   place_name(&r->at, to));
    assert_int_equal(system(line), 0);
}

/* Kills another update of what "half" is, wherever it writes. */
static void kill_behind(round *r, uint64_t first, uint64_t calls)
{
    const world_answers before = r->before;
    for (uint64_t n = calls / 3; n <= calls; n += ROUND_STRIDE) {
        char where[96];
        copy_index(r, "half", "index");
        bool killed = kill_update(r, n);
        (void)snprintf(where, sizeof where, "killed before %llu, then %llu",
                       (unsigned long long)first, (unsigned long long)n);
        r->faults += killed;
        round_look(r, !killed, where);
        r->before = before;
    }
}

/* What a killed update has left does not mix with what the next one writes
 * under the same names, wherever that is killed. */
static void an_update_may_be_killed_behind_a_killed_one(void **state)
{
    (void)state;
    round r = round_begin();
    unsigned places = 0;
    copy_index(&r, "index", "saved");
    uint64_t generation = r.before.generation;
    const world_answers before = r.before;
    uint64_t calls = round_count_calls(&r);
    assert_true(r.before.generation == generation + 1);
    r.before = before;
    for (uint64_t n = calls / 2; n <= calls; n += ROUND_STRIDE) {
        copy_index(&r, "saved", "index");
        if (!kill_update(&r, n) || !has_unpublished(&r))
            continue;
        copy_index(&r, "index", "half");
        if (places++ == 0)
            kill_behind(&r, n, calls);
    }
    print_message("%u places, %u kills\n", places, r.faults);
    assert_true(places > 0 && r.faults > 50 / ROUND_STRIDE);
    place_remove(&r.at);
}

static void memory_that_is_gone_for_good_leaves_the_old(void **state)
{
    (void)state;
    round r = round_begin();
    osl_error err;
    osl_index_report report;
    world_put(&r.at, r.version++);
    faults_arm_memory(UINT64_MAX, true);
    osl_status status = world_update(&r.at, &report, &err);
    uint64_t calls = faults_disarm();
    assert_ok(status);
    r.before = world_ask(place_name(&r.at, "index"), "before");
    for (uint64_t n = 1; n <= calls; n += 1 + n / 40) {
        char where[64];
        world_put(&r.at, r.version++);
        faults_arm_memory(n, true);
        status = world_update(&r.at, &report, &err);
        (void)faults_disarm();
        (void)snprintf(where, sizeof where, "no memory from %llu on: %d",
                       (unsigned long long)n, (int)status);
        r.faults += faults_hit();
        round_look(&r, status == OSL_OK, where);
    }
    print_message("%u times without memory: %u times the old, %u the new\n",
                  r.faults, r.kept, r.published);
    assert_true(r.kept > 50);
    place_remove(&r.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_update_may_be_killed_before_every_call),
        cmocka_unit_test(an_update_may_be_killed_behind_a_killed_one),
        cmocka_unit_test(memory_that_is_gone_for_good_leaves_the_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
