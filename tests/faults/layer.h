/* SPDX-License-Identifier: MIT
 *
 * Between us and the system: the linker sends every system call of a writer
 * here (meson.build has the list for --wrap), and malloc and its kin. Unless a
 * test arms the layer, calls go through.
 *
 * Armed, calls that the fault can happen to are counted from 1. The N-th, or
 * every one from the N-th on, fails, or the process is killed before it.
 * Nothing is really synced: who loses power here is the model of power_test.c.
 * What a failing call may do to the world it does as the real one would: a
 * short write writes the half, a close closes.
 *
 * Threads: the counters are one test's; an armed update is single-threaded or
 * its calls are counted in no order. */
#ifndef OSL_TESTS_FAULTS_LAYER_H
#define OSL_TESTS_FAULTS_LAYER_H

#include <stdbool.h>
#include <stdint.h>

typedef enum fault_kind {
    FAULT_NONE,  /* only count */
    FAULT_ERROR, /* -1 (or what stands for it) with errno `code` */
    FAULT_SHORT, /* write and pwrite do the half; other calls go through */
    FAULT_KILL   /* SIGKILL before the call */
} fault_kind;

typedef struct fault_plan {
    fault_kind kind;
    int code;     /* errno; ENOSPC only hits calls that can run out of space */
    uint64_t at;  /* the N-th call of those that it can hit */
    bool forever; /* and all that come after */
} fault_plan;

/* System calls from here on follow the plan. */
void faults_arm(const fault_plan *plan);
/* The N-th allocation fails, or all from the N-th on. */
void faults_arm_memory(uint64_t at, bool forever);
/* Back to the system; how many calls (or allocations) there were. */
uint64_t faults_disarm(void);
/* The N-th call came, and the plan was followed. */
bool faults_hit(void);
/* Name of the call that was hit first: "fsync". */
const char *faults_call(void);

/* Times of files are shown in whole multiples of so much, as a file system that
 * keeps coarse ones does; 0: as they are. */
void faults_round_times(int64_t grain_ns);

/* Told of every system call that changes files, after it was done; for the
 * layer that records (power). NULL: nobody. */
typedef struct fault_listener {
    void (*opened)(int fd, const char *path, bool created, bool emptied);
    void (*closed)(int fd);
    void (*written)(int fd, uint64_t offset, const void *bytes,
                    uint64_t length);
    void (*cut)(int fd, uint64_t length);
    void (*synced)(int fd);
    void (*renamed)(const char *from, const char *to);
    void (*unlinked)(const char *path);
} fault_listener;
void faults_listen(const fault_listener *to);

#endif
