/* SPDX-License-Identifier: MIT */
#include "indexer/strays.h"

#include <stdlib.h>

/* Documents [from, to) of a segment, of one source. */
typedef struct run {
    uint32_t source, from, to;
} run;

typedef struct run_list {
    run *at; /* owns */
    size_t count, capacity;
} run_list;

static int compare_runs(const void *x, const void *y)
{
    const run *a = x, *b = y;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    return a->from < b->from ? -1 : a->from > b->from;
}

static int compare_strays(const void *x, const void *y)
{
    const osl_stray *a = x, *b = y;
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    if (a->place.segment != b->place.segment)
        return a->place.segment < b->place.segment ? -1 : 1;
    return a->place.document < b->place.document
               ? -1
               : a->place.document > b->place.document;
}

static uint64_t order_of(const osl_known *known, uint32_t source,
                         osl_place place)
{
    return (uint64_t)source << 32 | osl_known_line(known, place);
}

size_t osl_known_search_stray(const osl_known *known, osl_place place)
{
    const osl_stray wanted = {
        order_of(known, osl_known_source(known, place), place), place, 0};
    size_t low = 0, high = known->stray_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_strays(&known->strays[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t osl_known_search_block(const osl_known_segment *known,
                                uint32_t document)
{
    uint32_t low = 0, high = known->block_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (known->blocks[middle].first < document)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The documents [from, to) of segment `s` are strays, those that live. */
static bool add_strays(osl_known *known, uint32_t s, uint32_t source,
                       uint32_t from, uint32_t to)
{
    osl_known_segment *segment = &known->segments[s];
    if (!segment->strays)
        segment->strays = calloc(segment->document_count / 64 + (size_t)1, 8);
    if (!segment->strays ||
        !osl_grow(&known->strays, &known->stray_capacity,
                  known->stray_count + (to - from), sizeof *known->strays))
        return false;
    uint32_t block = osl_known_search_block(segment, from);
    for (uint32_t i = from; i < to; i++) {
        if (segment->fates[i] == OSL_FATE_GONE)
            continue;
        const osl_place place = {s, i};
        while (segment->blocks[block].first < i)
            block++;
        segment->strays[i / 64] |= (uint64_t)1 << (i % 64);
        known->strays[known->stray_count++] =
            (osl_stray){order_of(known, source, place), place,
                        segment->blocks[block].first == i ? block : UINT32_MAX};
    }
    return true;
}

static bool list_runs(const osl_catalog *catalog, run_list *out,
                      bool (*is_meant)(const void *user, uint32_t source),
                      const void *user)
{
    bool sorted = true;
    out->count = 0;
    for (uint32_t n = 0; n < catalog->run_count; n++) {
        run next;
        osl_catalog_run(catalog, n, &next.source, &next.from, &next.to);
        if (next.from == next.to || !is_meant(user, next.source))
            continue;
        if (!osl_grow(&out->at, &out->capacity, out->count + 1,
                      sizeof *out->at))
            return false;
        sorted &=
            out->count == 0 || out->at[out->count - 1].source < next.source;
        out->at[out->count++] = next;
    }
    if (!sorted)
        qsort(out->at, out->count, sizeof *out->at, compare_runs);
    return true;
}

/* Of each source's documents those behind the first that falls back. */
static bool list_segment(osl_known *known, uint32_t s, const run_list *runs)
{
    const osl_catalog *catalog = &known->segments[s].catalog;
    uint32_t last = 0;
    bool fell = false;
    for (size_t n = 0; n < runs->count; n++) {
        const run *at = &runs->at[n];
        if (n == 0 || at[-1].source != at->source) {
            last = 0;
            fell = false;
        }
        uint32_t fall = at->from;
        if (!fell && (last == 0 || osl_catalog_line(catalog, fall) > last))
            fall = osl_catalog_find_fall(catalog, at->from, at->to);
        fell |= fall < at->to;
        if (fell && !add_strays(known, s, at->source, fall, at->to))
            return false;
        last = osl_catalog_line(catalog, at->to - 1);
    }
    return true;
}

bool osl_known_list_strays(osl_known *known,
                           bool (*is_meant)(const void *user, uint32_t source),
                           const void *user)
{
    run_list runs = {0};
    bool done = true;
    known->stray_count = 0;
    for (uint32_t s = 0; s < known->segment_count && done; s++) {
        free(known->segments[s].strays);
        known->segments[s].strays = NULL;
        done = list_runs(&known->segments[s].catalog, &runs, is_meant, user) &&
               list_segment(known, s, &runs);
    }
    free(runs.at);
    if (known->stray_count > 0)
        qsort(known->strays, known->stray_count, sizeof *known->strays,
              compare_strays);
    return done;
}
