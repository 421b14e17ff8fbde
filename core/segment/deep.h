/* SPDX-License-Identifier: MIT
 *
 * The codes of a small store, which give time for bytes. To what model.h has
 * they add three things:
 *
 *   contexts of two words   those that say more than the last word alone have
 *                           lists of their own, found by a hash of both
 *   words said before       a word that is not frequent is put by how long ago
 *                           it stood in this text
 *   tables by kind          contexts whose symbols are alike share a table of
 *                           codes, which each of them names
 *
 * So a rank is coded as a place in the list of two words, as so many rare words
 * ago, as a place in the list of one word, or as itself, whichever is shortest:
 *
 *   v + 2 = 1 c x…x in binary      symbol = 2 · bits(x…x) + c, + the first of
 *   code  = code of the symbol, x…x         its kind
 *
 * Lists and tables are learned from three times the texts of model.h, which
 * stand in memory at two bytes a word.
 *
 * Bits, filling and the last symbol are as there. A text is read alone; what
 * was said before in it goes with who reads it (osl_deep_state).
 *
 * Threads: as a model's. */
#ifndef OSL_CORE_SEGMENT_DEEP_H
#define OSL_CORE_SEGMENT_DEEP_H

#include "core/base/bytes.h"
#include "core/segment/model.h"
#include "core/segment/tables.h"

enum {
    OSL_DEEP_RECENT = 64,  /* rare words that are looked back at */
    OSL_DEEP_COMMON = 256, /* ranks below are none of them */

    OSL_DEEP_SINGLE = 32,   /* tables of contexts of one word */
    OSL_DEEP_TABLES = 64,   /* and of two, behind those */
    OSL_DEEP_PAIRS = 0,     /* symbols: places in the list of two words */
    OSL_DEEP_AGO = 14,      /* how many rare words ago */
    OSL_DEEP_PLACES = 28,   /* places in the list of one word */
    OSL_DEEP_RANKS = 42,    /* ranks */
    OSL_DEEP_END = 42 + 62, /* the last symbol, of no code */
    OSL_DEEP_SYMBOLS,

    /* A bucket: where the lists of its contexts begin among all (u32); of each
     * of 16 contexts a mark (u16, 0: none), the length of its list and its
     * table, less OSL_DEEP_SINGLE (u8 each). Lists stand side by side. */
    OSL_DEEP_SLOTS = 16,
    OSL_DEEP_MARKS = 4,
    OSL_DEEP_LENGTHS = OSL_DEEP_MARKS + 2 * OSL_DEEP_SLOTS,
    OSL_DEEP_KINDS = OSL_DEEP_LENGTHS + OSL_DEEP_SLOTS,
    OSL_DEEP_BUCKET = OSL_DEEP_KINDS + OSL_DEEP_SLOTS
};

/* What stands before a word. */
typedef struct osl_deep_state {
    uint32_t before, last;            /* contexts of one word */
    uint32_t count;                   /* rare words that were put */
    uint32_t recent[OSL_DEEP_RECENT]; /* the last of them, n at n mod 64 */
} osl_deep_state;

static inline void osl_deep_begin(osl_deep_state *state)
{
    state->before = OSL_MODEL_CONTEXTS - 1;
    state->last = 0;
    state->count = 0;
}

/* Behind a rank; `ago`: it was put as a word said before. */
static inline void osl_deep_pass(osl_deep_state *state, uint32_t rank, bool ago)
{
    /* Put anyway, and the next over it: no branch. */
    state->recent[state->count % OSL_DEEP_RECENT] = rank;
    state->count += !ago & (rank >= OSL_DEEP_COMMON);
    state->before = state->last;
    state->last = osl_model_context(rank);
}

/* The context of two words, as its hash; 0: there is none. */
static inline uint64_t osl_deep_hash(const osl_deep_state *state)
{
    uint32_t none = OSL_MODEL_CONTEXTS - 1;
    uint64_t both = (uint64_t)state->before << 15 | state->last;
    return state->before < none && state->last < none
               ? (both + 1) * UINT64_C(0x9E3779B97F4A7C15)
               : 0;
}

static inline uint32_t osl_deep_bucket_of(uint64_t hash, uint32_t count)
{
    return (uint32_t)((hash >> 32) * count >> 32);
}

static inline uint16_t osl_deep_mark(uint64_t hash)
{
    uint16_t mark = (uint16_t)(hash >> 16);
    return mark ? mark : 1;
}

/* The slot of a mark in a bucket, OSL_DEEP_SLOTS where it is not there. */
static inline unsigned osl_deep_slot(const uint8_t *bucket, uint16_t mark)
{
    unsigned found = 0;
    for (unsigned i = 0; i < OSL_DEEP_SLOTS; i++)
        found |= (unsigned)(osl_get16(bucket + OSL_DEEP_MARKS + 2 * i) == mark)
                 << i;
    return (unsigned)__builtin_ctz(found | 1u << OSL_DEEP_SLOTS);
}

/* Where the list of a slot begins. */
static inline uint32_t osl_deep_first(const uint8_t *bucket, unsigned slot)
{
    uint32_t first = osl_get32(bucket);
    for (unsigned i = 0; i < slot; i++)
        first += bucket[OSL_DEEP_LENGTHS + i];
    return first;
}

/* ---- making ------------------------------------------------------------- */

typedef struct osl_deep_code {
    uint16_t bits, cost; /* cost: 16 for each bit */
    uint8_t length;      /* 0: none */
} osl_deep_code;

struct osl_deep {
    uint8_t *buckets; /* as above; owns, as below */
    uint32_t bucket_count;
    uint16_t *followers; /* lists of two words */
    uint32_t follower_count;
    uint8_t tables[OSL_CODES_CONTEXTS]; /* of contexts of one word */
    uint8_t lengths[OSL_DEEP_TABLES][OSL_DEEP_SYMBOLS];
    osl_deep_code codes[OSL_DEEP_TABLES][OSL_DEEP_SYMBOLS];
};

/* A rank of a sample, or UINT32_MAX behind a text: most take two bytes, so that
 * there is memory for many. Behind `to` is room for OSL_DEEP_SAID. */
enum { OSL_DEEP_SAID = 3, OSL_DEEP_SAID_LONG = UINT16_MAX - 1 };

static inline uint16_t *osl_deep_say(uint16_t *to, uint32_t rank)
{
    if (rank < OSL_DEEP_SAID_LONG || rank == UINT32_MAX) {
        *to = (uint16_t)rank;
        return to + 1;
    }
    to[0] = OSL_DEEP_SAID_LONG;
    to[1] = (uint16_t)rank;
    to[2] = (uint16_t)(rank >> 16);
    return to + OSL_DEEP_SAID;
}

static inline uint32_t osl_deep_said(const uint16_t **at)
{
    const uint16_t *from = *at;
    bool is_long = *from == OSL_DEEP_SAID_LONG;
    *at = from + (is_long ? OSL_DEEP_SAID : 1);
    if (is_long)
        return (uint32_t)from[2] << 16 | from[1];
    return *from == UINT16_MAX ? UINT32_MAX : *from;
}

/* Makes the lists of one word, too. OSL_ENOMEM; OSL_EIO where the sample is
 * spilled. */
OSL_MUST_CHECK osl_status osl_deep_make(osl_model *model,
                                        const osl_model_sample *sample,
                                        uint32_t word_count, osl_error *err);
void osl_deep_free(osl_deep *deep); /* NULL is fine */

/* Writes the codes of a text to OSL_MODEL_ROOM(count) bytes; returns their end.
 * Of a model that has `deep`. */
uint8_t *osl_deep_encode(const osl_model *model, const uint32_t *ranks,
                         size_t count, uint8_t *to);

/* ---- reading ------------------------------------------------------------ */

/* What it takes, borrowed from a segment, and where one is in a text. Caller's
 * storage. */
typedef struct osl_deep_reader {
    osl_column_view tables, firsts, followers, followers_of_two;
    const uint8_t *buckets;
    uint32_t bucket_count;
    osl_deep_state state; /* osl_deep_begin() before each text */
} osl_deep_reader;

OSL_MUST_CHECK osl_status osl_deep_open(osl_deep_reader *out,
                                        const osl_segment *segment,
                                        osl_error *err);
/* The rank of the code that `window` begins with (57 bits of it at least, from
 * the highest down), and how many bits that has, 41 at most. False where it is
 * none. */
OSL_MUST_CHECK bool osl_deep_next(osl_deep_reader *reader,
                                  const osl_model_decoder *model,
                                  uint64_t window, unsigned *bits,
                                  uint32_t *rank);

#endif
