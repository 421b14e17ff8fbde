/* SPDX-License-Identifier: MIT
 *
 * A list of postings in memory in the shape that frequent terms have on disk
 * (chunk.h): where a rare term is wanted beside others, and of what several
 * terms have together. */
#ifndef OSL_CORE_SEGMENT_SHAPE_H
#define OSL_CORE_SEGMENT_SHAPE_H

#include "core/segment/postings.h"

/* Sets the streams of `of`, whose ordinals, of at least one posting, are
 * there; they stand in `arena`. `codes` are the field's length codes. False:
 * no memory. */
bool osl_shape_list(osl_postings *of, const uint32_t *tfs, const uint8_t *codes,
                    osl_arena *arena);

#endif
