/* SPDX-License-Identifier: MIT
 *
 * Where in its paragraphs a term occurs: a block for each chunk of a frequent
 * term, one for a rare term.
 *
 *     block = [total:u32] low:u8{total} [forms] [side]
 *
 * `low` is the low byte of each position, in order of postings. `total` stands
 * only in a frequent term's block that has forms (then bit 30 is set) or a
 * side (bit 31); a rare term's total is its cf. `forms` is drawn in forms.c. The side has the rest of the
 * positions of postings that have one of 256 or more:
 *
 *     side = head:u8 [postings index{postings} start{postings}]
 *            high{occurrences of these postings}
 *     head = bytes of `postings` and of an index (bits 0-2; 0: every posting
 *            of the block is meant, and the three are left out), bytes of a
 *            start (bits 3-5), bytes of a high part (bits 6-7: 1 or 2)
 *
 * index: place of a posting in the block, rising; start: how many occurrences
 * of the side come before its own. Widths are 1, 2 or 4.
 *
 * Threads: pure functions. */
#ifndef OSL_CORE_SEGMENT_POSITIONS_H
#define OSL_CORE_SEGMENT_POSITIONS_H

#include "core/base/buf.h"

#define OSL_POSITION_END 0x1000000u /* positions are below 2^24 */

/* What a block's total says beside it. */
#define OSL_BLOCK_FORMS ((uint32_t)1 << 30)
#define OSL_BLOCK_SIDE  ((uint32_t)1 << 31)

typedef struct osl_positions_input {
    const uint32_t *positions; /* sum of tfs */
    const uint32_t *tfs;
    uint32_t count; /* postings */
    uint64_t total; /* sum of tfs */
} osl_positions_input;

/* Whether each posting's positions rise and are below OSL_POSITION_END. */
bool osl_positions_are_right(const osl_positions_input *input);
bool osl_positions_need_side(const osl_positions_input *input);
void osl_positions_write_low(osl_buf *out, const osl_positions_input *input);
void osl_positions_write_side(osl_buf *out, const osl_positions_input *input);

/* A block at hand. */
typedef struct osl_occurrences {
    const uint8_t *low, *forms, *side; /* forms, side: NULL where none */
    const uint8_t *end;
    uint64_t total;
} osl_occurrences;

/* False where `length` is too short. */
OSL_MUST_CHECK bool osl_occurrences_open(osl_occurrences *out,
                                         const uint8_t *bytes, size_t length,
                                         uint64_t total, bool forms, bool side);
/* Positions of the posting at `place`, which has `tf` occurrences after
 * `before` others. False where the block contradicts itself. */
OSL_MUST_CHECK bool osl_occurrences_positions(const osl_occurrences *of,
                                              uint32_t place, uint64_t before,
                                              uint32_t tf, uint32_t *out);

#endif
