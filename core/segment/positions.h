/* SPDX-License-Identifier: MIT
 *
 * Where in its paragraphs a term occurs: a block for each chunk of a frequent
 * term, one for a rare term.
 *
 *     block = [total:u32] low:u8{total} [forms] [side]
 *
 * `low` is the low byte of each position, in order of postings. `total` stands
 * only in a frequent term's block that has forms (then bit 30 is set) or a
 * side (bit 31); a rare term's total is its cf. `forms` is drawn in forms.c.
 * The side has the rest of the positions of postings that have one of 256 or
 * more:
 *
 *     side = head:u8 [postings index{postings} start{postings}]
 *            high{occurrences of these postings}
 *     head = bytes of `postings` and of an index (bits 0-2; 0: every posting
 *            of the block is meant, and the three are left out), bytes of a
 *            start (bits 3-5), bytes of a high part (bits 6-7: 1 or 2)
 *
 * Where positions are in bits (osl_segment_info, `dense_positions`), those of
 * packed terms are not in blocks in the file, but in one stream, lowest bits
 * first, in order of postings. Of tf positions from l on and below h, the one
 * with b = ⌊tf / 2⌋ before it comes first, then those before it, then those
 * behind it, each of them likewise (binary interpolation: Moffat, Stuiver 2000;
 * one after the other took 0.2 % of a file more); at first l is 0 and h the most
 * that the paragraph's length code allows. It is p − l − b, a number below
 * n = h − l − tf + 1, and takes ⌊log2 n⌋ bits or one more (truncated binary:
 * Gallager, van Voorhis 1975). Slicing makes blocks of it.
 *
 * index: place of a posting in the block, rising; start: how many occurrences
 * of the side come before its own. Widths are 1, 2 or 4.
 *
 * Threads: pure functions. */
#ifndef OSL_CORE_SEGMENT_POSITIONS_H
#define OSL_CORE_SEGMENT_POSITIONS_H

#include "core/base/buf.h"
#include "core/kernels/middles.h"

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

/* A stream of positions in bits, as it is read: up to 8 bytes behind its end are
 * looked at. */
typedef struct osl_position_stream {
    const uint8_t *bytes;
    uint64_t at, end; /* bits */
} osl_position_stream;

/* Appends the stream of all occurrences; `ordinals` are those of the postings,
 * `codes` the field's length codes, `put` is a level's kernel. False where a
 * position is none that its ordinal's length allows: what was appended is to be
 * dropped. */
OSL_MUST_CHECK bool osl_positions_write_bits(osl_buf *out,
                                             const osl_positions_input *input,
                                             const uint32_t *ordinals,
                                             const uint8_t *codes,
                                             osl_middles_fn *put);
/* The next `count` postings: sum of tfs positions, which rise within each and
 * are below the greatest that the length code has. False where the stream ends
 * before, or a tf is more than there is room for. */
OSL_MUST_CHECK bool osl_positions_read_bits(osl_position_stream *from,
                                            const uint32_t *ordinals,
                                            const uint32_t *tfs, uint32_t count,
                                            const uint8_t *codes,
                                            uint32_t *out);

/* Reads `count` rising numbers below `below`, coded as the positions of a posting
 * of so many are. False where there are no such, or the stream ends before. */
OSL_MUST_CHECK bool osl_positions_read_set(osl_position_stream *from,
                                           uint32_t *out, uint32_t count,
                                           uint32_t below);

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
