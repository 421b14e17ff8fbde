/* SPDX-License-Identifier: MIT */
#include "core/base/pages.h"

#include <limits.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of the smallest kind; the size from which on memory is large. */
enum { PAGE = 4096, LARGE = 2 << 20 };

/* Of a cache: what is large begins with one, so that objects of half a line or
 * a quarter never lie across two. */
enum { LINE = 64 };

/* The heap begins with so many addresses, in large pages, and then grows by
 * steps; what is larger than APART and finds no room there is mapped apart, and
 * so grows without a copy. */
enum { HEAP_FIRST = 1 << 30, HEAP_STEP = 32 << 20, APART = 8 << 20 };

/* More than the heap has that is there before it grows so. */
enum { HEAP_LEAST = 192 << 10 };

/* Of what is written, that is given back before. */
enum { AHEAD = 2 * LARGE };

/* Where the advice ends: with the memory itself, or, where it stands in the
 * heap that brk() makes, with that, whose rest is next to be touched. */
static uintptr_t end_of(uintptr_t from, size_t bytes)
{
    uintptr_t end = from + bytes, heap_end = (uintptr_t)sbrk(0);
    return end <= heap_end && heap_end - end <= HEAP_STEP ? heap_end : end;
}

void osl_pages_advise(void *memory)
{
    size_t bytes = memory ? malloc_usable_size(memory) : 0;
    if (bytes < LARGE)
        return;
    /* From the page where it begins to the one where it ends: a mapping of
     * malloc()'s that is of one kind throughout can grow without a copy. */
    size_t before = (uintptr_t)memory % PAGE;
    size_t all = end_of((uintptr_t)memory, bytes) - (uintptr_t)memory + before;
    /* Advice only: a system without huge pages refuses it. */
    (void)madvise((char *)memory - before, (all + PAGE - 1) / PAGE * PAGE,
                  MADV_HUGEPAGE);
}

/* Lets the heap that brk() makes go on a little before a large page begins: up
 * to there half a large page, on average, would be touched in small ones. By so
 * little that what malloc() notes behind HEAP_LEAST bytes, which it does before
 * they can be advised about, is no part of the large page. */
static void align_heap(void)
{
    enum { BEFORE = HEAP_LEAST + 2 * PAGE };
    uintptr_t over = ((uintptr_t)sbrk(0) + BEFORE) % LARGE;
    if (over > 0)
        (void)sbrk((intptr_t)(LARGE - over));
}

/* What comes before the first large page is in small ones, which cost less
 * filled in together than met one by one. */
static void fill_in(void *first)
{
#ifdef MADV_POPULATE_WRITE
    uintptr_t over = (uintptr_t)first % PAGE;
    if (first)
        (void)madvise((char *)first - over, HEAP_LEAST + PAGE,
                      MADV_POPULATE_WRITE);
#else
    (void)first;
#endif
}

/* Makes the heap that much longer, in large pages from the first whole one on.
 * False where the system gives no so many addresses. */
static bool extend_heap(int bytes)
{
    (void)mallopt(M_TOP_PAD, bytes);
    void *next = malloc(HEAP_LEAST);
    uintptr_t heap_end = (uintptr_t)sbrk(0);
    uintptr_t from = ((uintptr_t)next + LARGE - 1) / LARGE * LARGE;
    if (next && from < heap_end)
        (void)madvise((char *)next + (from - (uintptr_t)next), heap_end - from,
                      MADV_HUGEPAGE);
    bool done = next != NULL;
    fill_in(next);
    free(next);
    return done;
}

void osl_pages_keep(void)
{
    int first = HEAP_FIRST;
    (void)mallopt(M_MMAP_THRESHOLD, APART);
    (void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
    /* Threads share it: heaps of their own would be in small pages. */
    (void)mallopt(M_ARENA_MAX, 1);
    align_heap();
    while (!extend_heap(first) && first > HEAP_STEP)
        first /= 2;
    (void)mallopt(M_TOP_PAD, HEAP_STEP);
}

void osl_pages_spare(void)
{
    enum { SPARE_APART = 2 << 20, SPARE_LEFT = 16 << 20 };
    (void)mallopt(M_MMAP_THRESHOLD, SPARE_APART);
    (void)mallopt(M_TRIM_THRESHOLD, SPARE_LEFT);
    (void)mallopt(M_TOP_PAD, SPARE_APART);
    (void)mallopt(M_ARENA_MAX, 1);
}

void osl_pages_trim(void)
{
    (void)malloc_trim(0);
}

void *osl_pages_take(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - LINE)
        return NULL;
    void *memory = bytes < LARGE
                       ? malloc(bytes)
                       : aligned_alloc(LINE, (bytes + LINE - 1) / LINE * LINE);
    osl_pages_advise(memory);
    return memory;
}

void *osl_pages_zero(size_t count, size_t size)
{
    size_t bytes;
    /* What calloc() clears is touched before it can be advised about. */
    if (__builtin_mul_overflow(count, size, &bytes) || bytes < LARGE)
        return calloc(count, size);
    void *memory = osl_pages_take(count, size);
    return memory ? memset(memory, 0, bytes) : NULL;
}

void *osl_pages_whole(size_t bytes)
{
    if (bytes > SIZE_MAX - LARGE)
        return NULL;
    size_t all = (bytes + LARGE - 1) / LARGE * LARGE;
    void *memory = aligned_alloc(LARGE, all);
    if (memory)
        (void)madvise(memory, all, MADV_HUGEPAGE);
    return memory;
}

void osl_pages_give_back(osl_pages_used *used, const void *end, uint64_t offset)
{
    uintptr_t from = ((uintptr_t)used->next + LARGE - 1) / LARGE * LARGE;
    uint64_t most = offset - used->offset + AHEAD;
    if ((uintptr_t)end < from + LARGE || most < used->given + LARGE)
        return;
    uint64_t bytes = (uintptr_t)end - from;
    if (bytes > most - used->given)
        bytes = most - used->given;
    bytes -= bytes % LARGE;
    char *first = used->next + (from - (uintptr_t)used->next);
    (void)madvise(first, bytes, MADV_DONTNEED);
    used->next = first + bytes;
    used->given += bytes;
}

/* What realloc() copies within the heap is touched before it can be advised
 * about; what is mapped apart is not copied, and begins where it did. */
void *osl_pages_grow(void *memory, size_t kept, size_t bytes)
{
    bool in_heap = (uintptr_t)memory < (uintptr_t)sbrk(0);
    if (bytes < LARGE || (!in_heap && (uintptr_t)memory % LINE == 0)) {
        void *grown = realloc(memory, bytes);
        osl_pages_advise(grown);
        return grown;
    }
    void *grown = osl_pages_take(bytes, 1);
    if (grown && kept > 0)
        memcpy(grown, memory, kept);
    if (grown)
        free(memory);
    return grown;
}
