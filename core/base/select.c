/* SPDX-License-Identifier: MIT */
#include "core/base/select.h"

enum { FEW = 16 };

/* Hoare's partition of keys[low … high], low < high: returns j with every key
 * up to j ≥ every key behind it; j < high, as the pivot is not the last. */
static size_t partition(uint64_t *keys, size_t low, size_t high)
{
    uint64_t pivot = keys[low + (high - low) / 2];
    size_t i = low, j = high;
    for (;; i++, j--) {
        while (keys[i] > pivot)
            i++;
        while (keys[j] < pivot)
            j--;
        if (i >= j)
            return j;
        uint64_t keep = keys[i];
        keys[i] = keys[j];
        keys[j] = keep;
    }
}

void osl_select_greatest(uint64_t *keys, size_t count, size_t wanted)
{
    if (wanted == 0 || wanted >= count)
        return;
    size_t low = 0, high = count - 1, target = wanted - 1;
    while (low < high) {
        size_t j = partition(keys, low, high);
        if (target <= j)
            high = j;
        else
            low = j + 1;
    }
}

static void sort_few(uint64_t *keys, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        uint64_t key = keys[i];
        size_t at = i;
        for (; at > 0 && keys[at - 1] < key; at--)
            keys[at] = keys[at - 1];
        keys[at] = key;
    }
}

/* Quicksort; the smaller part by recursion, so it is never deep. */
void osl_sort_falling(uint64_t *keys, size_t count)
{
    while (count > FEW) {
        size_t left = partition(keys, 0, count - 1) + 1, right = count - left;
        if (left < right) {
            osl_sort_falling(keys, left);
            keys += left;
            count = right;
        } else {
            osl_sort_falling(keys + left, right);
            count = left;
        }
    }
    sort_few(keys, count);
}
