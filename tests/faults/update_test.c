/* SPDX-License-Identifier: MIT
 *
 * An update in which the N-th system call fails, for every N: as if the disk
 * were broken or full, once or from then on, or by writing only the half; and
 * one that is killed before the N-th call. Whatever happens, the index opens,
 * nothing in it is damaged, it is the old generation or the new one, whole;
 * it is the new one where the update said so; and the next update clears
 * away. Allocations likewise. */
#include "tests/faults/layer.h"
#include "tests/faults/world.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

typedef struct round {
    place at;
    unsigned version;
    world_answers before;
    unsigned faults, kept, published;
} round;

static round begin(void)
{
    round r = {.at = place_make()};
    for (unsigned i = 0; i < 3; i++) {
        world_put(&r.at, r.version++);
        world_settle(&r.at);
    }
    r.before = world_ask(place_name(&r.at, "index"), "before");
    return r;
}

/* How many calls an update comes to. */
static uint64_t count_calls(round *r)
{
    const fault_plan plan = {.kind = FAULT_NONE};
    osl_error err;
    osl_index_report report;
    world_put(&r->at, r->version++);
    faults_arm(&plan);
    osl_status status = world_update(&r->at, &report, &err);
    uint64_t calls = faults_disarm();
    assert_ok(status);
    r->before = world_ask(place_name(&r->at, "index"), "before");
    return calls;
}

/* After an update that came to `status`, or was killed. */
static void look(round *r, bool acknowledged, const char *where)
{
    world_answers after = world_ask(place_name(&r->at, "index"), where);
    world_check(place_name(&r->at, "index"), where);
    if (after.note[0])
        fail_msg("%s: %s", where, after.note);
    world_settle(&r->at);
    world_answers settled = world_ask(place_name(&r->at, "index"), where);
    bool is_new = after.hash == settled.hash;
    if (!is_new && after.hash != r->before.hash)
        fail_msg("%s: neither the old answers nor the new ones", where);
    if (!is_new && acknowledged)
        fail_msg("%s: it said that it was done, and is not", where);
    if (settled.generation > r->before.generation + 1 + !acknowledged)
        fail_msg("%s: generation %llu after %llu", where,
                 (unsigned long long)settled.generation,
                 (unsigned long long)r->before.generation);
    r->kept += !is_new;
    r->published += is_new;
    r->before = settled;
}

static const struct {
    const char *name;
    fault_kind kind;
    int code;
    bool forever;
} faults[] = {
    {"EIO once", FAULT_ERROR, EIO, false},
    {"EIO for ever", FAULT_ERROR, EIO, true},
    {"ENOSPC once", FAULT_ERROR, ENOSPC, false},
    {"ENOSPC for ever", FAULT_ERROR, ENOSPC, true},
    {"short write once", FAULT_SHORT, 0, false},
    {"short writes for ever", FAULT_SHORT, 0, true},
};

static void fail_at(round *r, size_t f, uint64_t n)
{
    const fault_plan plan = {.kind = faults[f].kind,
                             .code = faults[f].code,
                             .at = n,
                             .forever = faults[f].forever};
    char where[512];
    osl_error err = {0};
    osl_index_report report;
    if (!faults_can_hit(&plan, n))
        return;
    world_put(&r->at, r->version++);
    faults_arm(&plan);
    osl_status status = world_update(&r->at, &report, &err);
    (void)faults_disarm();
    (void)snprintf(where, sizeof where, "%s, call %llu (%s): status %d %.200s",
                   faults[f].name, (unsigned long long)n, faults_call(),
                   (int)status, status == OSL_OK ? "" : err.text);
    if (status != OSL_OK && !err.text[0])
        fail_msg("%s: without words", where);
    r->faults += faults_hit();
    look(r, status == OSL_OK, where);
}

static void an_update_survives_every_failing_call(void **state)
{
    (void)state;
    round r = begin();
    uint64_t calls = count_calls(&r);
    for (size_t f = 0; f < COUNT_OF(faults); f++)
        for (uint64_t n = 1; n <= calls; n++)
            fail_at(&r, f, n);
    print_message("%llu calls; %u faults: %u times the old, %u the new\n",
                  (unsigned long long)calls, r.faults, r.kept, r.published);
    assert_true(r.kept > 50 && r.published > 50);
    place_remove(&r.at);
}

/* In a process of its own. */
static void kill_at(round *r, uint64_t n)
{
    const fault_plan plan = {.kind = FAULT_KILL, .at = n};
    char where[64];
    int ended = 0;
    world_put(&r->at, r->version++);
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
    (void)snprintf(where, sizeof where, "killed before call %llu",
                   (unsigned long long)n);
    r->faults += WIFSIGNALED(ended) && WTERMSIG(ended) == SIGKILL;
    look(r, !WIFSIGNALED(ended), where);
}

static void an_update_may_be_killed_before_every_call(void **state)
{
    (void)state;
    round r = begin();
    uint64_t calls = count_calls(&r);
    for (uint64_t n = 1; n <= calls; n++)
        kill_at(&r, n);
    print_message("%u kills: %u times the old, %u the new\n", r.faults, r.kept,
                  r.published);
    assert_int_equal(r.faults, calls);
    assert_true(r.kept > 10 && r.published > 1);
    place_remove(&r.at);
}

static void memory_that_is_gone_for_good_leaves_the_old(void **state)
{
    (void)state;
    round r = begin();
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
        look(&r, status == OSL_OK, where);
    }
    print_message("%u times without memory: %u times the old, %u the new\n",
                  r.faults, r.kept, r.published);
    assert_true(r.kept > 50);
    place_remove(&r.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_update_survives_every_failing_call),
        cmocka_unit_test(an_update_may_be_killed_before_every_call),
        cmocka_unit_test(memory_that_is_gone_for_good_leaves_the_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
