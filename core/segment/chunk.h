/* SPDX-License-Identifier: MIT
 *
 * A chunk: the postings of one term among 4,096 ordinals, sliced into ranges
 * of 64 so that any range is read alone. Frequent terms lie on disk in this
 * shape; rare ones are brought into it when they are opened.
 *
 *     header, 24 bytes
 *      0      which ranges hold the term: u64
 *      8      start of the chunk's payload: u32
 *     12      place of its first range in bounds and counts: u32
 *     16      start of its block of positions, the low 32 bits: u32
 *     20      postings, at most 4,096: u16
 *     22      flags: u8 (OSL_CHUNK_*; bits 3 to 5: number of tf planes, 6 and
 *             7: `more` is of 1, 2 or 4 bytes)
 *     23      greatest bound of its ranges: u8
 *
 *     bounds  u8 for each range that holds the term: ceil(255 · max G)
 *     counts  u8 for each such range: postings in it
 *
 *     payload of a sparse chunk (fewer than 256 postings)
 *       posting:u8{n}    offset in its range (6 bits), tf − 1 above it where
 *                        that is at most 2; 3: an exception
 *       [exceptions, indexes of 1 byte]
 *     payload of a dense chunk, at a multiple of 64 bytes
 *       word:u64{64}     the ordinals of each range
 *       [more:u8{64}]    in fields with positions: by how much occurrences
 *                        before each range are more than postings before it;
 *                        u16 or u32 where the flags say so
 *       plane:u64{(n + 63) / 64}{planes}
 *                        bits of tf − 1 in order of postings; all ones: an
 *                        exception, where the chunk has any
 *       [exceptions, indexes of 2 bytes]
 *     exceptions = count large index{count} tf:u8{count} large:u32{large}
 *                        count, large and index as wide as an index; a tf of
 *                        255 stands in `large`, in order
 *
 * After a term's last chunk stands a header of no postings, whose offsets end
 * the streams. */
#ifndef OSL_CORE_SEGMENT_CHUNK_H
#define OSL_CORE_SEGMENT_CHUNK_H

#include "core/base/bytes.h"
#include "core/kernels/slice.h"
#include "core/segment/segment_internal.h"

enum {
    OSL_CHUNK_HEADER = 24,
    OSL_CHUNK_DENSE_MIN = 256, /* postings */
    OSL_CHUNK_PLANES_MAX = 5,
    OSL_CHUNK_MORE = 512, /* where `more` stands in a dense payload */
    /* What a dense chunk can have beside exceptions of 7 bytes each: words,
     * more, 5 planes, the head of exceptions. */
    OSL_CHUNK_HEAD_MAX = OSL_CHUNK_MORE + 256 + 5 * 512 + 4,

    OSL_CHUNK_DENSE = 1,
    OSL_CHUNK_EXCEPTIONS = 2,
    OSL_CHUNK_TOTAL = 4, /* its block of positions begins with a total */
    OSL_CHUNK_PLANES_SHIFT = 3,
    OSL_CHUNK_MORE_SHIFT = 6
};

/* ---- headers ----------------------------------------------------------- */

static inline uint64_t osl_chunk_mask(const uint8_t *header)
{
    return osl_get64(header);
}

static inline uint32_t osl_chunk_payload(const uint8_t *header)
{
    return osl_get32(header + 8);
}

static inline uint32_t osl_chunk_rank(const uint8_t *header)
{
    return osl_get32(header + 12);
}

static inline uint32_t osl_chunk_positions(const uint8_t *header)
{
    return osl_get32(header + 16);
}

static inline unsigned osl_chunk_count(const uint8_t *header)
{
    return osl_get16(header + 20);
}

static inline unsigned osl_chunk_flags(const uint8_t *header)
{
    return header[22];
}

static inline unsigned osl_chunk_bound(const uint8_t *header)
{
    return header[23];
}

static inline unsigned osl_chunk_planes(unsigned flags)
{
    return flags >> OSL_CHUNK_PLANES_SHIFT & 7;
}

/* Bytes of a dense payload before its planes. */
static inline size_t osl_chunk_planes_at(unsigned flags, bool positions)
{
    size_t more = (size_t)64 << (flags >> OSL_CHUNK_MORE_SHIFT & 3);
    return OSL_CHUNK_MORE + (positions ? more : 0);
}

/* By how much the occurrences before `range` of a dense chunk are more than
 * the postings before it. */
static inline uint32_t osl_chunk_more(const uint8_t *payload, unsigned flags,
                                      unsigned range)
{
    unsigned shift = flags >> OSL_CHUNK_MORE_SHIFT & 3;
    const uint8_t *at = payload + OSL_CHUNK_MORE + ((size_t)range << shift);
    return osl_get32(at) & (uint32_t)(((uint64_t)1 << (8u << shift)) - 1);
}

/* ---- writing ----------------------------------------------------------- */

typedef struct osl_chunk_input {
    const uint32_t *ordinals, *tfs; /* rising, all of one chunk */
    uint32_t count;                 /* 1 to 4,096 */
    const uint8_t *bounds; /* of each, and OSL_SLICE_SLACK more bytes to read */
    bool positions;        /* the field has them */
    const osl_slice_kernels *kernels;
} osl_chunk_input;

/* The bounds of some postings; `codes` are the field's length codes. */
void osl_chunk_bounds(uint8_t *to, const osl_bounds *bounds,
                      const uint8_t *codes, const uint32_t *ordinals,
                      const uint32_t *tfs, uint32_t count);

/* The caller's room, and what was put there. */
typedef struct osl_chunk_output {
    uint8_t *header;  /* OSL_CHUNK_HEADER; `payload`, `rank` and `positions`
                       * in it are the caller's */
    uint8_t *bounds;  /* 64 */
    uint8_t *counts;  /* 64 */
    uint8_t *payload; /* osl_chunk_room(); for a dense chunk, aligned to 8 */
    unsigned range_count;
    size_t payload_bytes;
} osl_chunk_output;

static inline size_t osl_chunk_room(uint32_t count)
{
    return count < OSL_CHUNK_DENSE_MIN ? (size_t)count * 7 + 2
                                       : OSL_CHUNK_HEAD_MAX + (size_t)count * 7;
}

void osl_chunk_write(const osl_chunk_input *input, osl_chunk_output *output);
/* Sets what osl_chunk_write() leaves to the caller. */
void osl_chunk_place(uint8_t *header, uint32_t payload, uint32_t rank,
                     uint32_t positions);

/* ---- reading; the bytes were checked ----------------------------------- */

/* One chunk at hand. */
typedef struct osl_chunk {
    const uint8_t *header, *bounds, *counts, *payload;
    bool positions;
} osl_chunk;

/* Sum of the first n bytes, n ≤ 63; reads up to 7 behind them. */
unsigned osl_chunk_sum(const uint8_t *bytes, unsigned n);
/* The word of `range` (0 to 63 in the chunk), 0 where it is empty; *start is
 * the place of its first posting in the chunk. */
uint64_t osl_chunk_word(const osl_chunk *chunk, unsigned range,
                        unsigned *start);
/* tf of the posting at `place` in the chunk. */
uint32_t osl_chunk_tf(const osl_chunk *chunk, unsigned place);
/* Occurrences before the posting at `place`, which is in `range`, whose first
 * posting is at `start`. */
uint64_t osl_chunk_before(const osl_chunk *chunk, unsigned range,
                          unsigned start, unsigned place);
/* What the exceptions among its postings from … to − 1 have above `counted`
 * each, which their codes or planes say. */
uint64_t osl_chunk_exceed(const osl_chunk *chunk, unsigned from, unsigned to,
                          uint32_t counted);
/* All its postings: `first` is the chunk's first ordinal. */
void osl_chunk_decode(const osl_chunk *chunk, uint32_t first,
                      uint32_t *ordinals, uint32_t *tfs);

/* What a chunk has to keep within. */
typedef struct osl_chunk_limits {
    size_t payload_bytes;
    uint64_t range_count;
    uint32_t end; /* above its ordinals, counted from the chunk's first */
    uint64_t tf;  /* greatest; tfs that postings or planes hold may be more */
} osl_chunk_limits;

/* Whether the chunk is what a writer makes, so that the functions above stay
 * within the limits, and give rising ordinals. */
bool osl_chunk_is_sound(const osl_chunk *chunk, const osl_chunk_limits *limits);

#endif
