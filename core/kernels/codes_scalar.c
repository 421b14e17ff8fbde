/* SPDX-License-Identifier: MIT */
#include "core/kernels/codes.h"

#include <string.h>

/* Words whose buckets are fetched before the first is read. */
enum { PIECE = 64 };

/* Where a rank is to be looked for. */
typedef struct search {
    const osl_codes_bucket *bucket;
    unsigned table;
} search;

static uint32_t context_behind(uint32_t rank)
{
    const uint32_t last = OSL_CODES_CONTEXTS - 1;
    return rank < last ? rank + 1 : last;
}

/* Returns the context behind them. */
static uint32_t find_buckets(const osl_codes *codes, uint32_t context,
                             const uint32_t *ranks, size_t count,
                             search out[PIECE])
{
    for (size_t i = 0; i < count; i++) {
        uint32_t place = codes->contexts[context];
        out[i].bucket = &codes->buckets[osl_codes_bucket_of(place, ranks[i])];
        out[i].table = place & 15;
        __builtin_prefetch(out[i].bucket);
        context = context_behind(ranks[i]);
    }
    return context;
}

/* A number that is coded, and the first symbol of its kind. */
typedef struct number {
    uint32_t v;
    unsigned first;
} number;

/* All four ranks of a bucket at once: the lowest lane that becomes 0 is
 * right. */
static inline number find_rank(const osl_codes_bucket *bucket, uint32_t rank)
{
    const uint64_t ones = UINT64_C(0x0001000100010001);
    uint64_t lanes;
    memcpy(&lanes, bucket->ranks, sizeof lanes);
    lanes ^= (rank & 0xFFFF) * ones;
    uint64_t equal = (lanes - ones) & ~lanes & ones << 15;
    unsigned lane = (unsigned)__builtin_ctzll(equal | UINT64_C(1) << 63) / 16;
    /* No branch: half of the ranks are found, and none can tell which. */
    uint32_t found = 0 - (uint32_t)((equal != 0) & (rank < OSL_CODES_RANKS));
    uint32_t place = bucket->places[lane] - 1u;
    return (number){rank ^ ((rank ^ place) & found), OSL_CODES_PLACES & ~found};
}

/* Bits from 63 down, fewer than 8 of them. */
typedef struct output {
    uint64_t held;
    unsigned used;
    uint8_t *to;
} output;

static inline void put(output *out, uint64_t value, unsigned length)
{
    uint64_t held = out->held | value << (64 - out->used - length);
    for (unsigned i = 0; i < 8; i++)
        out->to[i] = (uint8_t)(held >> (56 - 8 * i));
    out->used += length;
    out->to += out->used / 8;
    out->held = held << (out->used & ~7u);
    out->used &= 7;
}

uint8_t *osl_codes_scalar(const osl_codes *codes, const uint32_t *ranks,
                          size_t count, uint8_t *to)
{
    search searches[PIECE];
    output out = {0};
    uint32_t context = 0;
    out.to = to;
    for (size_t i = 0; i < count; i++) {
        if (i % PIECE == 0)
            context =
                find_buckets(codes, context, ranks + i,
                             count - i < PIECE ? count - i : PIECE, searches);
        const search *from = &searches[i % PIECE];
        number n = find_rank(from->bucket, ranks[i]);
        uint32_t x = n.v + 2;
        unsigned low = 30 - (unsigned)__builtin_clz(x);
        unsigned symbol = n.first + 2 * low + (x >> low) - 2;
        int32_t code = codes->codes[from->table][symbol];
        put(&out, (uint64_t)((int64_t)(code >> 8) * (INT64_C(1) << low)) + x,
            (unsigned)code & 255);
    }
    if (out.used > 0)
        *out.to++ = (uint8_t)(out.held >> 56 | 0xFFu >> out.used);
    return out.to;
}
