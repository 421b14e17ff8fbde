/* SPDX-License-Identifier: MIT
 *
 * Which file is read next. The first reader goes through the files in their
 * order; the others take the large ones first, the largest before all, so that
 * none is begun when little else is left:
 *
 *     files     a B c d E f       first reader    a c d …
 *     (large: B, E)               others          E B f …
 *
 * They look ahead as far as a window goes. Where a round ends, all files before
 * some one were taken, and none behind it.
 *
 * Threads: the caller's lock is held. */
#ifndef OSL_INDEXER_QUEUE_H
#define OSL_INDEXER_QUEUE_H

#include "core/core.h"

typedef struct osl_queue {
    size_t count, next;           /* files; all before `next` were taken */
    size_t end;                   /* of the window that `next` is in */
    size_t ahead;                 /* behind `next`, but taken */
    bool *is_taken;               /* by file; owns */
    struct osl_queue_file *large; /* of the window; owns */
    size_t large_count, large_capacity, large_next;
} osl_queue;

/* What a queue asks. */
typedef struct osl_queue_files {
    uint64_t window_bytes; /* 0: all files are one */
    const void *user;
    uint64_t (*size)(const void *user, size_t file);
    /* Whether a file is shared by several readers: nothing is taken ahead
     * across it. */
    bool (*is_shared)(const void *user, size_t file);
} osl_queue_files;

/* False when memory is out. */
OSL_MUST_CHECK bool osl_queue_init(osl_queue *queue, size_t count);
void osl_queue_clear(osl_queue *queue);

/* The next file of reader number `reader`; *found false where none is left.
 * False when memory is out. */
OSL_MUST_CHECK bool osl_queue_take(osl_queue *queue,
                                   const osl_queue_files *files,
                                   unsigned reader, bool *found, size_t *file);
/* Whether a round may end here: until it does, the first reader's files are
 * everyone's. */
bool osl_queue_may_end(const osl_queue *queue);

#endif
