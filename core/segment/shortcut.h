/* SPDX-License-Identifier: MIT
 *
 * Shortcuts past the dictionary: a table, by hash, of the terms that many
 * ordinals hold, each with its bytes and all that the dictionary says of it. A
 * look-up of one of these waits for memory once, where the tree and its blocks
 * take two steps that wait for each other and are to be gone through. The
 * dictionary has all terms: what is not in the table, be it rare, long or
 * without room, is looked for there.
 *
 *     section = buckets:u32 entries:u32 zero to 64
 *               filter:u64[2]{buckets} zero to a multiple of 64
 *               signpost{nodes} zero to a multiple of 64 bucket{buckets}
 *     bucket  = entry{} zero to 128    two lines of memory
 *     entry   = head:u16 term{length} df more ordinal bytes place
 *
 *     head    = bytes of the entry (bits 0-5; 0: none, nor behind it), length
 *               of the term (6-9), and how many bytes numbers take, less 1: df
 *               and more (10-11), ordinal (12-13), bytes (14-15); the rest is
 *               the place's
 *     more    = cf - df
 *     place   = where the term's region begins in the section of postings
 *
 * In the table are terms of 1 to 15 bytes whose df is OSL_SHORTCUT_DF_MIN or
 * more, and whose `bytes` and `more` have 32 bits. They go to their buckets in
 * falling order of df, then in order of bytes: where there is no room to the
 * other bucket of a pair, and if that has none either they are left out.
 *
 * Memory that was not looked at for a while answers after 100 to 300 ns, and
 * sixteen lines of it in the time of one: what counts is how many waits follow
 * one another. So a bucket's filter, which mostly lies in a cache, says which
 * terms are not in it, and these wait for no bucket. They are in the
 * dictionary, if at all, and a signpost for each node of its tree says about
 * where: node and blocks are fetched at once.
 *
 *     filter   = up to three bits a term of the bucket in each of its halves
 *     signpost = offset:u32 shift:u8 step:u8{3} mark:u16{3} zero:u16
 *
 *     offset   = where the first of the node's 16 blocks begins
 *     shift    = which 16 bits of a prefix tell these blocks apart, and from the
 *                next node's
 *     mark     = these bits of the 5th, 9th and 13th block's prefix; this
 *     step     = begins so many 16 bytes behind the first (255: or more)
 *
 * Threads: one builder, one thread; reading is pure. */
#ifndef OSL_CORE_SEGMENT_SHORTCUT_H
#define OSL_CORE_SEGMENT_SHORTCUT_H

#include "core/base/buf.h"
#include "core/segment/segment.h"

#define OSL_SHORTCUT_VERSION 2u

enum {
    OSL_SHORTCUT_DF_MIN = 16,
    OSL_SHORTCUT_LONGEST = 15,
    OSL_SHORTCUT_HEAD = 64,
    OSL_SHORTCUT_BUCKET = 128,
    OSL_SHORTCUT_FILTER = 16, /* bytes of one */
    OSL_SHORTCUT_ENTRY_MIN = 8,
    OSL_SIGNPOST_BYTES = 16,
    OSL_SIGNPOST_BLOCKS = 16, /* of one: those of a node */
    OSL_SIGNPOST_STEP = 16,   /* what a step counts */
    OSL_SIGNPOST_MOST = 2048  /* bytes that one leads to */
};

/* ---- writing ------------------------------------------------------------ */

/* Caller's storage; all zero is empty. */
typedef struct osl_shortcuts {
    osl_buf entries; /* as they will stand, in the order of terms */
    osl_buf keys;    /* df, and how many were before, complemented */
    osl_buf places;  /* starts among the entries */
    osl_buf blocks;  /* of the dictionary: prefix, offset */
} osl_shortcuts;

void osl_shortcuts_begin(osl_shortcuts *shortcuts);
/* A term behind those before, whose ordinal that of `info` need not be;
 * whether it is one for the table is told here. */
void osl_shortcuts_add(osl_shortcuts *shortcuts, osl_text term,
                       uint32_t ordinal, const osl_term_info *info);
/* A block of the dictionary behind those before: the first eight bytes of its
 * first term, and where it begins. */
void osl_shortcuts_add_block(osl_shortcuts *shortcuts, uint64_t prefix,
                             uint64_t offset);
/* Appends the section: nothing where it would have no entries. */
OSL_MUST_CHECK osl_status osl_shortcuts_finish(osl_shortcuts *shortcuts,
                                               osl_buf *out, osl_error *err);
void osl_shortcuts_clear(osl_shortcuts *shortcuts);

/* ---- reading ------------------------------------------------------------ */

/* A term of at most 15 bytes as the table compares it. */
typedef struct osl_shortcut_key {
    uint64_t low, high; /* its bytes, the first the lowest, zeros behind */
    unsigned length;    /* 0: none that could be in the table */
} osl_shortcut_key;

static inline osl_shortcut_key osl_shortcut_key_of(osl_text term)
{
    osl_shortcut_key key = {osl_load64(term.bytes, term.length), 0, 0};
    if (term.length > 8 && term.length <= OSL_SHORTCUT_LONGEST)
        key.high = osl_load64(term.bytes + 8, term.length - 8);
    if (term.length <= OSL_SHORTCUT_LONGEST)
        key.length = (unsigned)term.length;
    return key;
}

/* What a term's place follows from. */
static inline uint64_t osl_shortcut_hash(const osl_shortcut_key *key)
{
    uint64_t mixed = key->low ^ key->high * 0xC2B2AE3D27D4EB4Fu;
    mixed *= 0x9E3779B97F4A7C15u;
    return (mixed ^ mixed >> 32) * 0x9E3779B97F4A7C15u;
}

/* A term as a look-up begins with it. Whoever looks one up again and again keeps
 * it so: what is read from memory is on its way some ten steps earlier, and no
 * branch depends on a length. */
struct osl_term_key {
    osl_text term;
    osl_shortcut_key key;
    uint64_t hash;
};

static inline osl_term_key osl_term_key_of(osl_text term)
{
    osl_term_key key = {term, osl_shortcut_key_of(term), 0};
    key.hash = osl_shortcut_hash(&key.key);
    return key;
}

/* Which of `buckets`, any number below 2^32. */
static inline uint32_t osl_shortcut_bucket(uint64_t hash, uint32_t buckets)
{
    return (uint32_t)((hash >> 32) * buckets >> 32);
}

/* A term's bits in its bucket's filter. */
typedef struct osl_shortcut_bits {
    uint64_t half[2];
} osl_shortcut_bits;

static inline osl_shortcut_bits osl_shortcut_bits_of(uint64_t hash)
{
    return (osl_shortcut_bits){{
        (uint64_t)1 << (hash >> 8 & 63) | (uint64_t)1 << (hash >> 14 & 63) |
            (uint64_t)1 << (hash >> 20 & 63),
        (uint64_t)1 << (hash >> 26 & 63) | (uint64_t)1 << (hash >> 32 & 63) |
            (uint64_t)1 << (hash >> 38 & 63),
    }};
}

/* Whether a filter has all of them: of a term that is not in its bucket in one
 * of two thousand cases, where a bucket has six. */
static inline bool osl_shortcut_may_have(const uint8_t *filter,
                                         osl_shortcut_bits bits)
{
    return ((~osl_get64(filter) & bits.half[0]) |
            (~osl_get64(filter + 8) & bits.half[1])) == 0;
}

/* ---- where what begins in the section ------------------------------------ */

static inline uint64_t osl_shortcut_lines(uint64_t bytes)
{
    return (bytes + OSL_SHORTCUT_HEAD - 1) / OSL_SHORTCUT_HEAD *
           OSL_SHORTCUT_HEAD;
}

static inline uint64_t osl_shortcut_signposts_at(uint32_t buckets)
{
    return OSL_SHORTCUT_HEAD +
           osl_shortcut_lines((uint64_t)buckets * OSL_SHORTCUT_FILTER);
}

static inline uint64_t osl_shortcut_buckets_at(uint32_t buckets, uint32_t nodes)
{
    return osl_shortcut_signposts_at(buckets) +
           osl_shortcut_lines((uint64_t)nodes * OSL_SIGNPOST_BYTES);
}

/* ---- an entry ------------------------------------------------------------ */

/* How much of it is wanted. */
typedef enum osl_shortcut_part {
    OSL_SHORTCUT_COUNTS, /* df, ordinal and cf */
    OSL_SHORTCUT_ALL
} osl_shortcut_part;

/* Looks for a term in its bucket, of which all bytes may be read, and eight
 * behind it. False where an entry is none; else out->df is 0 where the term is
 * not there. */
OSL_MUST_CHECK bool osl_shortcut_find(const uint8_t *bucket,
                                      const osl_shortcut_key *key,
                                      osl_shortcut_part part,
                                      osl_term_info *out);

/* ---- a signpost ---------------------------------------------------------- */

/* Where, from the first block on, those begin of which one would have a term
 * of `prefix`, four as a rule, and how many bytes there are, about; more where
 * a mark alone does not tell. Of any 16 bytes, some numbers. */
typedef struct osl_signpost_range {
    uint32_t start, length; /* length: OSL_SIGNPOST_MOST at most */
} osl_signpost_range;

osl_signpost_range osl_signpost_find(const uint8_t *signpost, uint64_t prefix);

#endif
