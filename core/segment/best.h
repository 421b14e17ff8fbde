/* SPDX-License-Identifier: MIT
 *
 * A term's best postings, by the parameters of writing: where these hold, a
 * search for one word reads nothing else, and a search for several knows a
 * score that its hits must reach before it begins. A frequent term has 128; a
 * rare one that is long to read, of 256 postings or more, has 16.
 *
 *     best  = entry{128 or 16}
 *     entry = tf − 1 (6 bits; 63: larger, or 64) ordinal (the bits that the
 *             greatest ordinal needs), in as many whole bytes as that takes
 *
 * in falling order of G (core/segment/score.h), rising ordinals where G is
 * equal.
 *
 * Threads: pure functions. */
#ifndef OSL_CORE_SEGMENT_BEST_H
#define OSL_CORE_SEGMENT_BEST_H

#include "core/base/buf.h"
#include "core/base/bytes.h"
#include "core/segment/region.h"
#include "core/segment/segment_internal.h"

enum {
    OSL_BEST_COUNT = 128,   /* of a frequent term; the most */
    OSL_BEST_SHORT = 16,    /* of a rare one */
    OSL_BEST_RARE_DF = 256, /* that has so many postings, or more */
    OSL_BEST_TF_BITS = 6,
    OSL_BEST_TF_MORE = 63 /* tf − 1 of this or more */
};

_Static_assert(OSL_BEST_COUNT <= OSL_FREQUENT_MIN,
               "a frequent term fills its list");

/* Bytes of an entry. */
static inline unsigned osl_best_width(uint32_t ordinal_count)
{
    return (OSL_BEST_TF_BITS + osl_region_ordinal_bits(ordinal_count) + 7) / 8;
}

/* Entries of a term's list; 0: it has none, as all in fields without
 * positions. */
static inline unsigned osl_best_count(uint32_t df, uint32_t ordinal_count,
                                      bool positions)
{
    if (!positions)
        return 0;
    if (osl_region_is_frequent(df, ordinal_count, positions))
        return OSL_BEST_COUNT;
    return df >= OSL_BEST_RARE_DF ? OSL_BEST_SHORT : 0;
}

/* Whether a rare term in a field with positions has a list that may tell its
 * best k, so that nothing else of it need be opened. */
static inline bool osl_best_may_tell(uint32_t df, uint32_t ordinal_count,
                                     size_t k)
{
    return k <= OSL_BEST_SHORT &&
           osl_best_count(df, ordinal_count, true) == OSL_BEST_SHORT;
}

static inline size_t osl_best_bytes(unsigned count, uint32_t ordinal_count)
{
    return (size_t)count * osl_best_width(ordinal_count);
}

typedef struct osl_best_entry {
    uint32_t ordinal;
    uint32_t tf; /* 0: more than an entry says */
} osl_best_entry;

/* Entry `i`; up to 8 bytes behind the list are looked at. */
static inline osl_best_entry osl_best_get(const uint8_t *best, unsigned width,
                                          unsigned i)
{
    uint64_t bits = osl_get64(best + (size_t)i * width) &
                    (~(uint64_t)0 >> (64 - 8 * width));
    uint32_t more = (uint32_t)bits & OSL_BEST_TF_MORE;
    return (osl_best_entry){(uint32_t)(bits >> OSL_BEST_TF_BITS),
                            more < OSL_BEST_TF_MORE ? more + 1 : 0};
}

typedef struct osl_best_input {
    const uint32_t *ordinals, *tfs; /* df, rising */
    uint32_t df, ordinal_count;
    unsigned count; /* of the list: at most df */
    const osl_bounds *bounds;
    const uint8_t *codes; /* length codes of the field */
    /* df, as osl_chunk_bounds() has them, and of the ranges that hold the term;
     * no ranges: all postings are weighed, without bounds. */
    const uint8_t *posting_bounds, *range_bounds;
    size_t range_count;
} osl_best_input;

/* Appends the list to `out`; `scratch` is emptied and used. */
void osl_best_write(osl_buf *out, const osl_best_input *input,
                    osl_buf *scratch);

#endif
