/* SPDX-License-Identifier: MIT
 *
 * Sorting of strings by number: first `major`, then bytes, then `id`. A radix
 * sort over the first eight bytes, and whole comparisons only where those are
 * equal.
 *
 * Threads: pure. */
#ifndef OSL_INDEXER_SORT_H
#define OSL_INDEXER_SORT_H

#include "core/core.h"

typedef struct osl_sort_entry {
    uint64_t prefix; /* osl_sort_prefix() of the string */
    uint32_t major;
    uint32_t id;
} osl_sort_entry;

/* The first eight bytes so that numbers order as bytes do. */
uint64_t osl_sort_prefix(osl_text text);

/* False when memory is out. `text_of` gives the string of an id. */
OSL_MUST_CHECK bool osl_sort(osl_sort_entry *entries, size_t count,
                             osl_text (*text_of)(const void *user, uint32_t id),
                             const void *user);

/* By `prefix` alone, as a number; equal ones stay in their order. False when
 * memory is out. */
OSL_MUST_CHECK bool osl_sort_numbers(osl_sort_entry *entries, size_t count);

#endif
