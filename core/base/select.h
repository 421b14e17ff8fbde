/* SPDX-License-Identifier: MIT
 *
 * The greatest of many keys, and keys in falling order. Keys that are all
 * different have one order; equal ones cannot be told apart.
 *
 * Threads: pure functions. */
#ifndef OSL_BASE_SELECT_H
#define OSL_BASE_SELECT_H

#include <stddef.h>
#include <stdint.h>

/* Moves the `wanted` greatest of `count` keys to the front, in no order;
 * wanted ≤ count. Linear on average. */
void osl_select_greatest(uint64_t *keys, size_t count, size_t wanted);
/* The greatest first. */
void osl_sort_falling(uint64_t *keys, size_t count);

#endif
