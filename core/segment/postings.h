/* SPDX-License-Identifier: MIT
 *
 * The inside of osl_postings, for the evaluation loops, and the making of a
 * term's region. Its streams lie apart, each contiguous over the term's
 * chunks, so that a loop over ranges may prefetch each by itself:
 *
 *     sliced = best header{chunks + 1} bounds counts zero to 64 payload
 *              [high:u32{chunks + 1}] block of positions{chunks}
 *     packed = postings (rare.c) [extra:varint{chunks}]
 *              block of positions{chunks}
 *            | postings (rare.c) [forms] positions in bits
 *     rare   = [best] postings (rare.c) [block of positions]
 *
 * A frequent term that is packed becomes sliced when it is opened (packed.h);
 * `extra`, which stand where the postings have the flag of a side, say what a
 * chunk's block has beyond a byte an occurrence; chunks without postings have
 * neither. Headers, bounds, counts and payload are drawn in chunk.h, blocks of
 * positions in positions.h. `best` (best.h) stands in fields with positions, of
 * a rare term where it has OSL_BEST_RARE_DF postings.
 * `high` has the high 32 bits of each block's start;
 * it stands where cf is 2^32 or more. Fields without positions end at the
 * payload. Where the region begins, and what makes a term frequent, says
 * region.h.
 *
 * The range verbs of segment.h need no checks: osl_postings_open() has
 * checked the structure, of a frequent term once in the segment's life. */
#ifndef OSL_CORE_SEGMENT_POSTINGS_H
#define OSL_CORE_SEGMENT_POSTINGS_H

#include "core/segment/chunk.h"
#include "core/segment/forms.h"
#include "core/segment/gather.h"
#include "core/segment/positions.h"
#include "core/segment/writer.h"

#define OSL_POSTINGS_VERSION       4u
#define OSL_POSTINGS_DENSE_VERSION 6u /* positions are in bits */

struct osl_postings {
    /* Streams; headers at `slot` (osl_postings_slot()), the others where the
     * header says, but `positions` of a rare term's header is the place of the
     * chunk's first posting in its list. At least 64 bytes can be read behind
     * each. */
    const uint8_t *headers, *bounds, *counts, *payload;
    /* Which chunks have a header, 64 a word, and how many before each word;
     * NULL: all have one. */
    const uint64_t *present;
    const uint32_t *ranks;
    uint32_t chunk_count, ordinal_count, df;
    osl_field field;
    uint64_t cf;
    const osl_segment *segment;
    /* Of a rare term: its ordinals, and the occurrences before each (df + 1),
     * unless it was opened without; NULL for a frequent one. */
    const uint32_t *ordinals, *starts;
    /* Of a list that was brought into the shape of a frequent term: the bound
     * of each posting, and 64 more bytes to read; else NULL. */
    const uint8_t *each;
    const uint8_t *best; /* NULL where it has no list */
    unsigned best_count;
    /* Where its region starts, and its blocks of positions, in the postings
     * section. */
    uint64_t region, positions, positions_bytes;
    const uint8_t *high; /* NULL where cf is below 2^32 */
    bool side, forms;    /* of a rare term; forms also before what is in bits */
    /* Where positions are in bits, the blocks that are made of them when they
     * are first asked for (packed.h); NULL: the section has blocks. */
    struct osl_blocks *blocks;
};

/* The place of `ordinal` among a rare term's postings; df: it is none. */
uint32_t osl_postings_place(const osl_postings *of, uint32_t ordinal);

/* Where the streams of a frequent term begin, whose sliced region, of `bytes`, is
 * at `region`; *end is where they end. False where they leave it. `of` has its
 * numbers. */
OSL_MUST_CHECK bool osl_postings_place_streams(osl_postings *of,
                                               const uint8_t *region,
                                               uint64_t bytes, uint64_t *end);

/* The streams of a frequent term of text whose sliced region was made by this
 * program and is not in doubt; false where they leave it. */
OSL_MUST_CHECK bool osl_postings_view(osl_postings *out, const uint8_t *region,
                                      const osl_term_info *info,
                                      uint32_t ordinal_count);

/* Has what osl_postings_open() looks at on its way; `info` may be empty. */
void osl_postings_fetch(const osl_segment *segment, osl_field field,
                        const osl_term_info *info);

/* Opens nothing of a rare term but the list of its best, which stands in
 * `arena`; *out NULL where it has none, or is not rare. */
OSL_MUST_CHECK osl_status osl_postings_open_best(
    const osl_postings **out, const osl_segment *segment, osl_field field,
    const osl_term_info *info, osl_arena *arena, osl_error *err);

/* The header of a chunk that has none of the term. */
extern const uint8_t osl_chunk_none[OSL_CHUNK_HEADER];

/* A chunk's header; chunk < chunk_count. */
static inline const uint8_t *osl_postings_header(const osl_postings *postings,
                                                 uint32_t chunk)
{
    size_t slot = chunk;
    if (postings->present) {
        uint64_t word = postings->present[chunk / 64];
        if (!(word >> (chunk % 64) & 1))
            return osl_chunk_none;
        word &= ((uint64_t)1 << (chunk % 64)) - 1;
        slot = postings->ranks[chunk / 64] + osl_popcount(word);
    }
    return postings->headers + slot * OSL_CHUNK_HEADER;
}

/* The streams of a chunk, given its header. */
static inline osl_chunk osl_postings_chunk(const osl_postings *postings,
                                           const uint8_t *header)
{
    uint32_t rank = osl_chunk_rank(header);
    return (osl_chunk){header, postings->bounds + rank, postings->counts + rank,
                       postings->payload + osl_chunk_payload(header),
                       postings->field != OSL_FIELD_PAIR};
}

/* The occurrences of a rare term, whose list is there. */
OSL_MUST_CHECK osl_status osl_postings_list_block(const osl_postings *of,
                                                  osl_occurrences *out,
                                                  osl_error *err);
/* The occurrences of a frequent term in `chunk`, of which it has some. */
OSL_MUST_CHECK osl_status osl_postings_open_block(const osl_postings *of,
                                                  uint32_t chunk,
                                                  osl_occurrences *out,
                                                  osl_error *err);

/* The low bytes of the positions of a chunk's postings, verified, and their
 * number; of a rare term those of all its postings. Fields with positions. */
OSL_MUST_CHECK osl_status osl_postings_block(const osl_postings *postings,
                                             uint32_t chunk,
                                             const uint8_t **low,
                                             uint64_t *total, osl_error *err);
/* OSL_ECORRUPT: what they say of themselves does not fit. */
OSL_MUST_CHECK osl_status osl_postings_spoilt(const osl_postings *postings,
                                              osl_error *err);

/* ---- writing ----------------------------------------------------------- */

/* The field whose terms are written. */
typedef struct osl_region_field {
    uint32_t ordinal_count;
    uint32_t sliced_from; /* least df of what is sliced in the file */
    bool positions;
    bool dense; /* those of packed terms are in bits */
    const uint8_t *codes;
    const osl_bounds *bounds;
    const osl_kernels *kernels;
} osl_region_field;

/* Scratch for one region; all zero is empty. */
typedef struct osl_region_writer {
    osl_buf headers, bounds, counts, payload, positions, high, keys;
    osl_buf posting_bounds; /* of the term at hand */
    osl_buf extras;         /* u32 of each block of positions */
    osl_buf apart;     /* what blocks that are made have beside low bytes */
    bool has_extras;   /* one is not 0 */
    uint32_t *decoded; /* ordinals and tfs of what is sliced; owns */
    size_t decoded_capacity;
    uint32_t *occurrences; /* positions and forms of a block; owns */
    size_t occurrences_capacity;
} osl_region_writer;

/* Appends the region of a term to `out`, which starts at a multiple of 64 in
 * the file where the term is sliced there. `total` is the sum of tfs; `forms` as
 * osl_forms_add() gave them. */
OSL_MUST_CHECK osl_status osl_region_write(osl_region_writer *writer,
                                           const osl_region_field *field,
                                           const osl_term_postings *postings,
                                           uint64_t total,
                                           const uint32_t *forms, osl_buf *out);
void osl_region_clear(osl_region_writer *writer);

/* A packed region, whose bytes were verified; up to 8 behind it are looked at. */
typedef struct osl_packed {
    const uint8_t *region;
    size_t bytes;
    uint64_t cf;
    uint32_t df;
} osl_packed;

/* What a packed region has behind what was sliced. */
typedef struct osl_slices {
    size_t blocks; /* where its blocks of positions begin, or [forms] and the
                    * stream of its positions, where these are in bits */
    bool forms;    /* there are forms before that stream */
} osl_slices;

/* Appends to `out` what a sliced region of the same term has before its blocks
 * of positions, of `field` but for what is sliced in the file. OSL_ECORRUPT:
 * it contradicts itself; OSL_ENOMEM, OSL_ELIMIT; without words. */
OSL_MUST_CHECK osl_status osl_region_slice(osl_region_writer *writer,
                                           const osl_region_field *field,
                                           const osl_packed *packed,
                                           osl_buf *out, osl_slices *slices);

/* Positions in bits, and forms before them; up to 8 bytes behind are looked
 * at. */
typedef struct osl_dense {
    const uint8_t *bytes;
    size_t length;
    uint64_t cf;
    const uint8_t *codes; /* length codes of the field */
    bool forms;
} osl_dense;

/* Blocks that are made of bits, in writer->positions:
 *
 *     blocks = low:u8{cf} [zero to 4 start:u32{chunks + 1} apart{}]
 *     apart  = kind:u8 [forms] [side], of a chunk that has forms or a side
 *
 * Where none has, *apart is false and nothing stands behind `low`. A header's
 * `positions` say where its chunk's low bytes start, `start` from behind the
 * last of these where its `apart` does; what stands there is drawn in
 * positions.h. `postings` has the slices. Errors as above. */
enum { OSL_APART_FORMS = 1, OSL_APART_SIDE = 2 };
OSL_MUST_CHECK osl_status osl_region_unpack(osl_region_writer *writer,
                                            const osl_dense *of,
                                            const osl_postings *postings,
                                            bool *apart);
/* The block of a rare term, as it would stand in the file, with a side where
 * *side. */
OSL_MUST_CHECK osl_status osl_region_unpack_list(osl_region_writer *writer,
                                                 const osl_dense *of,
                                                 const uint32_t *ordinals,
                                                 const uint32_t *tfs,
                                                 uint32_t df, bool *side);

#endif
