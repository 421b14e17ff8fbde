/* SPDX-License-Identifier: MIT
 *
 * Front-coded blocks of 16 terms under a tree of eight-byte prefixes: no hash
 * table, nothing to load. A node of the tree is three lines of memory: the
 * prefixes of 16 blocks and where these are. What is above the nodes takes
 * half a byte a block and stays in the second-level cache, so a look-up waits
 * twice: for the node and for the block. In a block lengths stand together,
 * and counts: which entries share enough with the term to be compared is told
 * of all sixteen at once, and few are.
 *
 *     section = terms:u32 blocks:u32 bytes:u32 zero to 64
 *               tops node{blocks / 16, rounded up} block{blocks}
 *     tops    = level{}                the smallest first, none for one node
 *     level   = prefix:u64{}           of each 16th of the level (or node)
 *                                      below, while that has more than 16;
 *                                      all ones up to a multiple of 16
 *     node    = prefix:u64{16}         first 8 bytes of the head, the first
 *                                      the most significant, zero-padded;
 *                                      behind the last block all ones
 *               offset:u32{16}         from the first block; behind the last
 *                                      block `bytes`, where the blocks end
 *     block   = region:varint lengths:u8{n} counts:u8{n} long{} suffix{} more{}
 *                                      n = 16, of the last block the rest
 *     long    = [shared − 15:varint] [suffix − 15:varint], of the head
 *               [length − 255:varint]
 *     more    = [df − 16:varint] [cf − df − 7:varint] [bytes:varint]
 *
 *     lengths = bytes shared with the term before (low 4 bits; 15: in `long`),
 *               bytes of the suffix (high 4 bits, likewise); of the head its
 *               length (255: likewise)
 *     counts  = df − 1 (bits 0-3; 15: in `more`), cf − df (bits 4-6; 7: in
 *               `more`), bit 7: no `bytes`, the region is the least for df 1
 *
 * `region` is where the first term's postings start; each following region
 * starts where the last ended (osl_region_start()). */
#ifndef OSL_CORE_SEGMENT_DICTIONARY_LAYOUT_H
#define OSL_CORE_SEGMENT_DICTIONARY_LAYOUT_H

#include "core/base/bytes.h"
#include "core/segment/dictionary.h"

enum {
    HEAD = 64,
    BLOCK = OSL_DICTIONARY_BLOCK,
    WAYS = 16, /* of a node and of a level's group */
    GROUP_BYTES = WAYS * 8,
    NODE_BYTES = WAYS * 12,
    LEVELS_MAX = 8,
    SMALL = 15,       /* from here on, a length is long … */
    SMALL_HEAD = 255, /* … and that of a head */
    SMALL_DF = 15,    /* df − 1 */
    SMALL_MORE = 7,   /* cf − df */
    LEAST_BIT = 0x80  /* no `bytes` */
};

/* The first 8 bytes, the first the most significant, zero-padded. */
static inline uint64_t prefix_of(osl_text term)
{
    return osl_head64(term.bytes, term.length);
}

static inline size_t shared_length(osl_text a, osl_text b)
{
    size_t limit = a.length < b.length ? a.length : b.length, i = 0;
    while (i < limit && a.bytes[i] == b.bytes[i])
        i++;
    return i;
}

static inline uint32_t groups_of(uint32_t count)
{
    return (uint32_t)(((uint64_t)count + WAYS - 1) / WAYS);
}

/* Sizes of the levels above `nodes`, the lowest first; returns how many. */
static inline unsigned size_levels(uint32_t nodes, uint32_t sizes[LEVELS_MAX])
{
    unsigned count = 0;
    for (uint32_t size = nodes; size > 1; size = groups_of(size)) {
        sizes[count++] = size;
        if (size <= WAYS)
            break;
    }
    return count;
}

static inline size_t level_bytes(uint32_t size)
{
    return (size_t)groups_of(size) * GROUP_BYTES;
}

#endif
