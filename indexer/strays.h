/* SPDX-License-Identifier: MIT
 *
 * Documents to which no trail through their segment leads (known.h), in the
 * order of sources and lines.
 *
 * Threads: listing, one at a time; looking up is pure. */
#ifndef OSL_INDEXER_STRAYS_H
#define OSL_INDEXER_STRAYS_H

#include "indexer/known.h"

/* Lists the living strays of all sources that `is_meant` says so of, in place
 * of those that were listed. False when memory is out. */
OSL_MUST_CHECK bool osl_known_list_strays(osl_known *known,
                                          bool (*is_meant)(const void *user,
                                                           uint32_t source),
                                          const void *user);

static inline bool osl_known_is_stray(const osl_known_segment *known,
                                      uint32_t document)
{
    return known->strays &&
           (known->strays[document / 64] >> (document % 64) & 1);
}
/* The place of a stray in the list. */
size_t osl_known_search_stray(const osl_known *known, osl_place place);

/* The place of a segment's first block that begins with this document or
 * behind it. */
uint32_t osl_known_search_block(const osl_known_segment *known,
                                uint32_t document);

#endif
