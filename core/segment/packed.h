/* SPDX-License-Identifier: MIT
 *
 * Frequent terms that stand packed in the file (region.h), in two thirds of the
 * bytes that slices of them take. Slicing one takes some 3 ns a posting, once in
 * the life of an open segment: it then holds what a sliced region has before
 * its blocks of positions, which stay in the map.
 *
 * Threads: any number; who slices a region that another has just sliced takes
 * that one. */
#ifndef OSL_CORE_SEGMENT_PACKED_H
#define OSL_CORE_SEGMENT_PACKED_H

#include "core/segment/postings.h"

/* Opens a packed term: `of` has its numbers (df, cf …) and gets its streams,
 * from what the segment holds, or is to hold from then on. */
OSL_MUST_CHECK osl_status osl_packed_open(osl_postings *of,
                                          const osl_term_info *info,
                                          osl_error *err);
/* The same into `arena`, for who goes through all terms of a segment. */
OSL_MUST_CHECK osl_status osl_packed_open_once(osl_postings *of,
                                               const osl_term_info *info,
                                               osl_arena *arena,
                                               osl_error *err);
/* Blocks of positions that are made of what is in bits: of a rare term one, as
 * of a list, else as osl_region_unpack() draws them. All zero but `arena` is
 * none yet. */
typedef struct osl_blocks {
    osl_arena *arena; /* that has them; NULL: the segment holds them */
    struct unpacked_blocks *made; /* atomic */
} osl_blocks;
typedef struct osl_unpacked {
    const uint8_t *bytes; /* 64 more can be read */
    size_t length;
    bool side; /* of a rare term; else that forms and sides stand apart */
} osl_unpacked;
/* The blocks of a term that has of->blocks, made now unless they were before.
 * Those of an arena: its thread alone. */
OSL_MUST_CHECK osl_status osl_packed_blocks(const osl_postings *of,
                                            osl_unpacked *out, osl_error *err);
/* A copy of what osl_region_slice() gave, behind `head` bytes, that begins with a
 * line, as streams must, with as much behind it as may be read; of the heap
 * where `arena` is NULL. NULL: no memory. */
uint8_t *osl_packed_copy(osl_arena *arena, size_t head, osl_text streams);
/* Has what osl_packed_open() looks at on its way, if it is held. */
void osl_packed_fetch(const osl_segment *segment, osl_field field,
                      const osl_term_info *info);

/* What a segment holds. NULL: no memory. */
osl_packed_held *osl_packed_new(void);
void osl_packed_free(osl_packed_held *held); /* NULL is fine */

#endif
