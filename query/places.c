/* SPDX-License-Identifier: MIT */
#include "query/places.h"

#include <stdlib.h>
#include <string.h>

static osl_status make_room(osl_places *places, size_t more, osl_error *err)
{
    if (places->capacity - places->count >= more)
        return OSL_OK;
    size_t capacity = places->capacity * 2 + more + 14;
    osl_place *items =
        osl_arena_zero(places->arena, capacity, sizeof *places->items);
    if (!items)
        return osl_fail(err, OSL_ENOMEM, "query: memory ran out at positions");
    if (places->count)
        memcpy(items, places->items, places->count * sizeof *items);
    places->items = items;
    places->capacity = capacity;
    return OSL_OK;
}

osl_status osl_places_add(osl_places *places, uint32_t start, uint32_t end,
                          uint32_t unit, osl_error *err)
{
    if (places->count == places->capacity) {
        osl_status status = make_room(places, 1, err);
        if (status != OSL_OK)
            return status;
    }
    places->items[places->count++] = (osl_place){start, end, unit};
    return OSL_OK;
}

osl_status osl_places_append(osl_places *places, const osl_places *more,
                             osl_error *err)
{
    osl_status status = make_room(places, more->count, err);
    if (status != OSL_OK || !more->count)
        return status;
    memcpy(places->items + places->count, more->items,
           more->count * sizeof *more->items);
    places->count += more->count;
    return OSL_OK;
}

static int compare(const void *a, const void *b)
{
    const osl_place *x = a, *y = b;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    if (x->end != y->end)
        return x->end < y->end ? -1 : 1;
    return x->unit < y->unit ? -1 : x->unit > y->unit;
}

static bool is_sorted(const osl_places *places)
{
    for (size_t i = 1; i < places->count; i++)
        if (compare(&places->items[i - 1], &places->items[i]) >= 0)
            return false;
    return true;
}

void osl_places_sort(osl_places *places)
{
    if (places->count < 2 || is_sorted(places))
        return;
    qsort(places->items, places->count, sizeof *places->items, compare);
    size_t kept = 1;
    for (size_t i = 1; i < places->count; i++) {
        const osl_place *last = &places->items[kept - 1];
        if (last->start != places->items[i].start ||
            last->end != places->items[i].end)
            places->items[kept++] = places->items[i];
    }
    places->count = kept;
}

size_t osl_places_find(const osl_places *places, uint32_t start)
{
    size_t low = 0, high = places->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (places->items[middle].start < start)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
