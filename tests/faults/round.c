/* SPDX-License-Identifier: MIT */
#include "tests/faults/round.h"

round round_begin(void)
{
    round r = {.at = place_make()};
    for (unsigned i = 0; i < 3; i++) {
        world_put(&r.at, r.version++);
        world_settle(&r.at);
    }
    r.before = world_ask(place_name(&r.at, "index"), "before");
    return r;
}

uint64_t round_count_calls(round *r)
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

/* The generation before the newest is whole, too. */
static void look_behind(const round *r, const world_answers *newest,
                        uint64_t expected, const char *where)
{
    osl_error err;
    world_answers behind;
    if (!world_try(place_name(&r->at, "index"), newest->generation - 1, &behind,
                   &err))
        fail_msg("%s: the one before: %s", where, err.text);
    if (behind.hash != expected)
        fail_msg("%s: the one before answers otherwise", where);
}

void round_look(round *r, bool acknowledged, const char *where)
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
    look_behind(r, &settled,
                settled.generation > after.generation ? after.hash
                                                      : r->before.hash,
                where);
    r->kept += !is_new;
    r->published += is_new;
    r->before = settled;
}

/* False: the update was done before the n-th call. */
static bool fail_at(round *r, const round_fault *fault, uint64_t n)
{
    const fault_plan plan = {.kind = fault->kind,
                             .code = fault->code,
                             .at = n,
                             .forever = fault->forever};
    char where[512];
    osl_error err = {0};
    osl_index_report report;
    world_put(&r->at, r->version++);
    faults_arm(&plan);
    osl_status status = world_update(&r->at, &report, &err);
    (void)faults_disarm();
    (void)snprintf(where, sizeof where, "%s, call %llu (%s): status %d %.200s",
                   fault->name, (unsigned long long)n, faults_call(),
                   (int)status, status == OSL_OK ? "" : err.text);
    if (status != OSL_OK && !err.text[0])
        fail_msg("%s: without words", where);
    r->faults += faults_hit();
    round_look(r, status == OSL_OK, where);
    return faults_hit();
}

void round_fail_all(const round_fault *faults, size_t count)
{
    round r = round_begin();
    for (size_t f = 0; f < count; f++) {
        unsigned missed = 0;
        for (uint64_t n = 1 + f % ROUND_STRIDE; missed < ROUND_MISSES;
             n += ROUND_STRIDE)
            missed = fail_at(&r, &faults[f], n) ? 0 : missed + 1;
    }
    print_message("%u faults: %u times the old, %u the new\n", r.faults, r.kept,
                  r.published);
    assert_true(r.kept > 50 && r.published > 20 / ROUND_STRIDE);
    place_remove(&r.at);
}
