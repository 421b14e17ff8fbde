/* SPDX-License-Identifier: MIT
 *
 * Updates of the small world (world.h), one after the other, each with a fault
 * in it, and what must be true behind each: the index opens, nothing in it is
 * damaged, it is the old generation or the new one, whole; it is the new one
 * where the update said so; and the next update clears away. */
#ifndef OSL_TESTS_FAULTS_ROUND_H
#define OSL_TESTS_FAULTS_ROUND_H

#include "tests/faults/layer.h"
#include "tests/faults/world.h"

typedef struct round {
    place at;
    unsigned version;
    world_answers before;
    unsigned faults, kept, published;
} round;

typedef struct round_fault {
    const char *name;
    fault_kind kind;
    int code;
    bool forever;
} round_fault;

/* An update may have some calls more than the one before it: so many in a row
 * without a fault are behind the last call. */
#define ROUND_MISSES 16u

/* With AddressSanitizer a round takes ten times as long: there an update is
 * killed before every third call, and of three faults in turn each call meets
 * one. In all other builds it is every call, and each fault. */
#if defined(__SANITIZE_ADDRESS__)
#define ROUND_STRIDE 3u
#else
#define ROUND_STRIDE 1u
#endif

/* Three generations. */
round round_begin(void);
/* How many calls an update comes to. */
uint64_t round_count_calls(round *r);
/* After an update that said that it was done, or did not. */
void round_look(round *r, bool acknowledged, const char *where);
/* Each of these faults at each call of an update (ROUND_STRIDE). */
void round_fail_all(const round_fault *faults, size_t count);

#endif
