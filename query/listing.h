/* SPDX-License-Identifier: MIT
 *
 * A list that is made: what several words or phrases have, read from end to end
 * and merged. */
#ifndef OSL_QUERY_LISTING_H
#define OSL_QUERY_LISTING_H

#include "core/base/arena.h"
#include "core/segment/postings.h"

/* Ordinals, strictly rising, and their tfs. Begin with {.arena = …}. */
typedef struct osl_listing {
    uint32_t *ordinals, *tfs; /* in the arena */
    size_t count, room;
    osl_arena *arena;
    bool failed; /* memory ran out */
} osl_listing;

/* Room for so many more; false: memory ran out, here and below. */
OSL_MUST_CHECK bool osl_listing_make_room(osl_listing *list, size_t more);
/* Puts all of a term's behind those of the list, which are smaller. */
OSL_MUST_CHECK bool osl_listing_add(osl_listing *list,
                                    const osl_postings *postings);
/* Joins `more` to `list`; of an ordinal that both have the tfs are added. */
OSL_MUST_CHECK bool osl_listing_merge(osl_listing *list,
                                      const osl_listing *more);

#endif
