/* SPDX-License-Identifier: MIT
 *
 * A frequent term's best postings, by the parameters of writing: where these
 * hold, a search for one word reads nothing else, and a search for several
 * knows a score that its hits must reach before it begins.
 *
 *     best  = entry{128}
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
    OSL_BEST_COUNT = 128,
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

static inline size_t osl_best_bytes(uint32_t ordinal_count)
{
    return (size_t)OSL_BEST_COUNT * osl_best_width(ordinal_count);
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
    uint32_t df, ordinal_count;     /* df ≥ OSL_BEST_COUNT */
    const osl_bounds *bounds;
    const uint8_t *codes;          /* length codes of the field */
    const uint8_t *posting_bounds; /* df, as osl_chunk_bounds() has them */
    const uint8_t *range_bounds;   /* of the ranges that hold the term */
    size_t range_count;
} osl_best_input;

/* Appends the list to `out`; `scratch` is emptied and used. */
void osl_best_write(osl_buf *out, const osl_best_input *input,
                    osl_buf *scratch);

#endif
