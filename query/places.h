/* SPDX-License-Identifier: MIT
 *
 * Places in a text: runs of positions, both ends included. A list grows in
 * the query's arena; it is emptied and filled again, never given back. */
#ifndef OSL_QUERY_PLACES_H
#define OSL_QUERY_PLACES_H

#include "core/base/arena.h"

typedef struct osl_place {
    uint32_t start, end; /* positions */
    uint32_t unit;       /* which word or phrase of the query */
} osl_place;

typedef struct osl_places {
    osl_place *items;
    size_t count, capacity;
    osl_arena *arena; /* borrowed */
} osl_places;

/* Appends; OSL_ENOMEM. */
OSL_MUST_CHECK osl_status osl_places_add(osl_places *places, uint32_t start,
                                         uint32_t end, uint32_t unit,
                                         osl_error *err);
/* One a word, at each position. */
OSL_MUST_CHECK osl_status osl_places_add_words(osl_places *places,
                                               const uint32_t *positions,
                                               uint32_t count, uint32_t unit,
                                               osl_error *err);
OSL_MUST_CHECK osl_status osl_places_append(osl_places *places,
                                            const osl_places *more,
                                            osl_error *err);
/* Adds those of `more`; both in order, the result too: by (start, end, unit),
 * of one place the first. */
OSL_MUST_CHECK osl_status osl_places_merge(osl_places *places,
                                           const osl_places *more,
                                           osl_error *err);
/* In order of (start, end), each once. */
void osl_places_sort(osl_places *places);
/* The first place that starts at or behind `start`; count where none does. */
size_t osl_places_find(const osl_places *places, uint32_t start);

#endif
