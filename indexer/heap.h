/* SPDX-License-Identifier: MIT
 *
 * Which of several cursors is least: a binary heap of their numbers.
 *
 * Threads: one heap, one thread. */
#ifndef OSL_INDEXER_HEAP_H
#define OSL_INDEXER_HEAP_H

#include "core/core.h"

/* Caller's storage. compare() orders cursors; equal ones go by number. */
typedef struct osl_heap {
    uint32_t *at; /* borrowed: room for every cursor */
    uint32_t count;
    int (*compare)(const void *user, uint32_t a, uint32_t b);
    const void *user;
} osl_heap;

void osl_heap_push(osl_heap *heap, uint32_t cursor);
/* Takes the least out; count > 0. */
uint32_t osl_heap_pop(osl_heap *heap);

#endif
