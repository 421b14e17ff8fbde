/* SPDX-License-Identifier: MIT
 *
 * The linker sends malloc and its kin here (--wrap); several threads may ask at
 * once. */
#include "tests/faults/failing_memory.h"

#include <stdbool.h>
#include <stddef.h>

/* Names that the linker chooses. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

uint64_t failing_countdown, failing_calls;

static bool must_fail(void)
{
    (void)__atomic_add_fetch(&failing_calls, 1, __ATOMIC_RELAXED);
    uint64_t left = __atomic_load_n(&failing_countdown, __ATOMIC_RELAXED);
    while (left > 0)
        if (__atomic_compare_exchange_n(&failing_countdown, &left, left - 1,
                                        false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED))
            return left == 1;
    return false;
}

void *__wrap_malloc(size_t size)
{
    return must_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return must_fail() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return must_fail() ? NULL : __real_realloc(old, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return must_fail() ? NULL : __real_aligned_alloc(alignment, size);
}
/* NOLINTEND(bugprone-reserved-identifier) */
