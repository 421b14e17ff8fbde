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

osl_status osl_places_add_words(osl_places *places, const uint32_t *positions,
                                uint32_t count, uint32_t unit, osl_error *err)
{
    osl_status status = make_room(places, count, err);
    for (uint32_t i = 0; i < count && status == OSL_OK; i++)
        places->items[places->count++] =
            (osl_place){positions[i], positions[i], unit};
    return status;
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

/* Of neighbours at one place the first stays. */
static void drop_equal(osl_places *places)
{
    size_t kept = 0;
    for (size_t i = 0; i < places->count; i++) {
        const osl_place *at = &places->items[i];
        if (kept && places->items[kept - 1].start == at->start &&
            places->items[kept - 1].end == at->end)
            continue;
        places->items[kept++] = *at;
    }
    places->count = kept;
}

osl_status osl_places_merge(osl_places *places, const osl_places *more,
                            osl_error *err)
{
    osl_status status = make_room(places, more->count, err);
    if (status != OSL_OK)
        return status;
    size_t a = places->count, b = more->count;
    places->count += more->count;
    for (size_t to = a + b; b > 0;) {
        bool first =
            a > 0 && compare(&places->items[a - 1], &more->items[b - 1]) > 0;
        places->items[--to] = first ? places->items[--a] : more->items[--b];
    }
    drop_equal(places);
    return OSL_OK;
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
    drop_equal(places);
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
