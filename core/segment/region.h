/* SPDX-License-Identifier: MIT
 *
 * Where one term's postings stand: in a region of its field's postings
 * section, in one of three shapes.
 *
 * Frequent terms (at least one posting in 256 ordinals) are sliced so that a
 * range can be read alone. In the file only the most frequent of them are, as
 * the segment says; their regions start at multiples of 64. The others are
 * packed there, and sliced in memory when they are first asked for
 * (packed.h). Rare ones are packed tight, and read whole each time. */
#ifndef OSL_CORE_SEGMENT_REGION_H
#define OSL_CORE_SEGMENT_REGION_H

#include <stdbool.h>
#include <stdint.h>

#define OSL_REGION_ALIGN 64u
/* Fewer postings than this are rare in the smallest segment, too. */
#define OSL_FREQUENT_MIN 128u

/* A field without positions is one of pairs, of which a query has few: of the
 * rarest frequent ones a posting takes 3.5 bytes, and 1.5 in a list. */
static inline bool osl_region_is_frequent(uint32_t df, uint32_t ordinal_count,
                                          bool positions)
{
    return df >= OSL_FREQUENT_MIN &&
           df >= ordinal_count / (positions ? 256 : 128);
}

/* The least df of which a term is sliced in the file: it is frequent, and in
 * one of 2^shift ordinals. */
static inline uint32_t osl_region_sliced_from(uint32_t ordinal_count,
                                              bool positions, unsigned shift)
{
    uint32_t least = ordinal_count / (positions ? 256 : 128);
    if (least < OSL_FREQUENT_MIN)
        least = OSL_FREQUENT_MIN;
    return ordinal_count >> shift > least ? ordinal_count >> shift : least;
}

/* Whether the positions of a packed term are in bits, where a field's may be:
 * not those of one posting, of which the dictionary knows the bytes. */
static inline bool osl_region_is_dense(uint32_t df, bool dense_field)
{
    return dense_field && df > 1;
}

/* The start of a term's region where the one before ends at `end`. */
static inline uint64_t osl_region_start(uint64_t end, uint32_t df,
                                        uint32_t sliced_from)
{
    if (df < sliced_from)
        return end;
    return (end + OSL_REGION_ALIGN - 1) & ~(uint64_t)(OSL_REGION_ALIGN - 1);
}

/* Bits of an ordinal below `count`. */
static inline unsigned osl_region_ordinal_bits(uint32_t count)
{
    return count > 1 ? 32u - (unsigned)__builtin_clz(count - 1) : 0;
}

/* The size of a region of df 1 where nothing is out of the ordinary: two flag
 * bits, the ordinal, a byte a position. */
static inline uint64_t osl_region_least(uint32_t ordinal_count, uint64_t cf,
                                        bool positions)
{
    return (osl_region_ordinal_bits(ordinal_count) + 2 + 7) / 8 +
           (positions ? cf : 0);
}

#endif
