/* SPDX-License-Identifier: MIT */
#include "indexer/heap.h"

static bool is_before(const osl_heap *heap, uint32_t a, uint32_t b)
{
    int order = heap->compare(heap->user, a, b);
    return order != 0 ? order < 0 : a < b;
}

void osl_heap_push(osl_heap *heap, uint32_t cursor)
{
    uint32_t at = heap->count++;
    while (at > 0 && is_before(heap, cursor, heap->at[(at - 1) / 2])) {
        heap->at[at] = heap->at[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap->at[at] = cursor;
}

uint32_t osl_heap_pop(osl_heap *heap)
{
    uint32_t least = heap->at[0], last = heap->at[--heap->count], at = 0;
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= heap->count)
            break;
        if (child + 1 < heap->count &&
            is_before(heap, heap->at[child + 1], heap->at[child]))
            child++;
        if (!is_before(heap, heap->at[child], last))
            break;
        heap->at[at] = heap->at[child];
        at = child;
    }
    heap->at[at] = last;
    return least;
}
