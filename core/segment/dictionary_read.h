/* SPDX-License-Identifier: MIT
 *
 * A dictionary that is read: where its parts are, and its blocks. A part of
 * dictionary.c and dictionary_find.c; the layout is drawn in
 * dictionary_layout.h.
 *
 * Threads: a view is made by the first that asks, and never changes. */
#ifndef OSL_CORE_SEGMENT_DICTIONARY_READ_H
#define OSL_CORE_SEGMENT_DICTIONARY_READ_H

#include "core/segment/dictionary_layout.h"
#include "core/segment/region.h"
#include "core/segment/segment_internal.h"

/* ---- where its parts are ------------------------------------------------ */

/* The section's parts; bytes not yet touched, but for its head and tops. */
typedef struct osl_dictionary_view {
    const osl_segment *segment;
    const osl_section *section;
    uint32_t term_count, block_count, ordinal_count;
    uint32_t sliced_from; /* as that of the field */
    bool positions;
    uint64_t least; /* the least region of df 1, without what cf adds */
    uint32_t sizes[LEVELS_MAX];
    unsigned levels;
    uint32_t bytes; /* of all blocks */
    const uint8_t *nodes, *blocks;
    const osl_section *shortcuts;
    uint32_t bucket_count; /* of them; 0: there are none */
    /* NULL where there are none. Filters and signposts are read as they are:
     * if they are spoilt, a look-up takes longer. */
    const uint8_t *filters, *signposts, *buckets;
    /* Where the two sections are, if not in the map, and the view that this
     * one stands for, which others may still be reading; NULL: none. Owns. */
    osl_section held[2];
    struct osl_dictionary_view *before;
} osl_dictionary_view;

/* The field's, which the segment keeps; it has terms. */
OSL_MUST_CHECK osl_status osl_dictionary_make_view(
    const osl_dictionary_view **out, const osl_segment *segment,
    osl_field field, osl_error *err);
OSL_MUST_CHECK static inline osl_status
osl_dictionary_open_view(const osl_dictionary_view **out,
                         const osl_segment *segment, osl_field field,
                         osl_error *err)
{
    *out = __atomic_load_n(&segment->views[field], __ATOMIC_ACQUIRE);
    return *out ? OSL_OK : osl_dictionary_make_view(out, segment, field, err);
}

/* The last block whose head is not above `term`; block_count where all are. */
OSL_MUST_CHECK osl_status
osl_dictionary_seek_block(const osl_dictionary_view *at, osl_text term,
                          uint32_t *block, osl_error *err);

static inline osl_status spoilt(const osl_dictionary_view *at, osl_error *err)
{
    return osl_segment_spoilt(at->segment, at->section,
                              "a dictionary that contradicts itself", err);
}

static inline osl_status touch(const osl_dictionary_view *at,
                               const uint8_t *from, size_t length,
                               osl_error *err)
{
    return osl_segment_touch(at->segment, at->section,
                             (uint64_t)(from - at->section->bytes), length,
                             err);
}

static inline uint64_t prefix_at(const osl_dictionary_view *at, uint32_t block)
{
    return osl_get64(at->nodes + (size_t)(block / WAYS) * NODE_BYTES +
                     (size_t)(block % WAYS) * 8);
}

static inline osl_status touch_prefix(const osl_dictionary_view *at,
                                      uint32_t block, osl_error *err)
{
    return touch(at, at->nodes + (size_t)(block / WAYS) * NODE_BYTES,
                 GROUP_BYTES, err);
}

/* ---- a block's entries ------------------------------------------------- */

/* A walk over them. */
typedef struct block_walk {
    const uint8_t *lengths, *counts;        /* of the first entry */
    const uint8_t *longs, *suffixes, *more; /* what the next one reads */
    const uint8_t *end;
    uint32_t next, count; /* entries: given, all */
    uint64_t region;      /* where the last term's ended */
    size_t shared, suffix_length;
    const uint8_t *suffix;
    osl_term_info info;
} block_walk;

static inline uint32_t terms_of_block(const osl_dictionary_view *at,
                                      uint32_t block)
{
    uint32_t left = at->term_count - block * BLOCK;
    return left < BLOCK ? left : BLOCK;
}

/* Where a block stands; of the last one of a node its end is in the next. */
static inline osl_status place_block(const osl_dictionary_view *at,
                                     uint32_t block, const uint8_t **start,
                                     const uint8_t **end, osl_error *err)
{
    const uint8_t *node = at->nodes + (size_t)(block / WAYS) * NODE_BYTES;
    const uint8_t *offset = node + GROUP_BYTES + (size_t)(block % WAYS) * 4;
    const uint8_t *next =
        block % WAYS < WAYS - 1 ? offset + 4 : node + NODE_BYTES + GROUP_BYTES;
    bool is_last = block + 1 == at->block_count;
    const uint8_t *stop = is_last ? offset + 4 : next + 4;
    osl_status status = touch(at, node, (size_t)(stop - node), err);
    if (status != OSL_OK)
        return status;
    uint32_t from = osl_get32(offset);
    uint32_t to = is_last ? at->bytes : osl_get32(next);
    if (from > to || to > at->bytes)
        return spoilt(at, err);
    *start = at->blocks + from;
    *end = at->blocks + to;
    return touch(at, *start, to - from, err);
}

/* osl_varint_get() of up to eight bytes without a step for each, where as many
 * may be read: sevens of bits become 14, 28, 56. */
static inline bool get_region(const uint8_t **from, const uint8_t *end,
                              uint64_t *out)
{
    const uint64_t most = 0x8080808080808080u;
    uint64_t bytes = end - *from >= 8 ? osl_get64(*from) : most;
    uint64_t last = ~bytes & most;
    if (!last)
        return osl_varint_get(from, end, out);
    *from += __builtin_ctzll(last) / 8 + 1;
    bytes &= (last ^ (last - 1)) & ~most;
    bytes = (bytes & 0x007f007f007f007fu) | (bytes >> 1 & 0x3f803f803f803f80u);
    bytes = (bytes & 0x00003fff00003fffu) | (bytes >> 2 & 0x0fffc0000fffc000u);
    *out = (bytes & 0x0fffffffu) | (bytes >> 4 & 0xfffffff0000000u);
    return true;
}

/* All but where suffixes and more begin. */
static inline osl_status open_block(const osl_dictionary_view *at,
                                    uint32_t block, block_walk *out,
                                    osl_error *err)
{
    const uint8_t *from;
    osl_status status = place_block(at, block, &from, &out->end, err);
    if (status != OSL_OK)
        return status;
    for (const uint8_t *ahead = from + 64;
         ahead < out->end && ahead < from + 256; ahead += 64)
        __builtin_prefetch(ahead);
    out->next = 0;
    out->count = terms_of_block(at, block);
    if (!get_region(&from, out->end, &out->region) ||
        (size_t)(out->end - from) < (size_t)2 * out->count)
        return spoilt(at, err);
    out->lengths = from;
    out->counts = from + out->count;
    out->longs = out->counts + out->count;
    out->info = (osl_term_info){.ordinal = block * BLOCK - 1};
    return OSL_OK;
}

static inline bool add_long(block_walk *walk, size_t *length)
{
    uint64_t more;
    if (!osl_varint_get(&walk->longs, walk->end, &more) ||
        more > OSL_TERM_BYTES_MAX)
        return false;
    *length += (size_t)more;
    return true;
}

/* Of entry `n`, whose long lengths come next. */
static inline bool get_lengths(block_walk *walk, uint32_t n)
{
    unsigned lengths = walk->lengths[n];
    walk->shared = n ? lengths & 15 : 0;
    walk->suffix_length = n ? lengths >> 4 : lengths;
    if (walk->shared == SMALL && !add_long(walk, &walk->shared))
        return false;
    if (walk->suffix_length == (n ? SMALL : SMALL_HEAD) &&
        !add_long(walk, &walk->suffix_length))
        return false;
    return walk->shared + walk->suffix_length <= OSL_TERM_BYTES_MAX;
}

/* Where suffixes and more begin: from the first entry on. */
static inline bool find_streams(block_walk *walk)
{
    const uint8_t *longs = walk->longs;
    size_t total = 0;
    for (uint32_t n = 0; n < walk->count; n++) {
        if (!get_lengths(walk, n))
            return false;
        total += walk->suffix_length;
    }
    walk->suffixes = walk->longs;
    if (total > (size_t)(walk->end - walk->suffixes))
        return false;
    walk->more = walk->suffixes + total;
    walk->longs = longs;
    return true;
}

static inline osl_status start_block(const osl_dictionary_view *at,
                                     uint32_t block, block_walk *out,
                                     osl_error *err)
{
    osl_status status = open_block(at, block, out, err);
    if (status == OSL_OK && !find_streams(out))
        status = spoilt(at, err);
    return status;
}

static inline bool get_suffix(block_walk *walk)
{
    if (!get_lengths(walk, walk->next) ||
        walk->suffix_length > (size_t)(walk->end - walk->suffixes))
        return false;
    walk->suffix = walk->suffixes;
    walk->suffixes += walk->suffix_length;
    return true;
}

/* df and cf of counts whose varints come next. */
static inline bool get_counts(const osl_dictionary_view *at, block_walk *walk,
                              unsigned counts)
{
    uint64_t df = counts & 15, more = counts >> 4 & 7, extra = 0;
    if (df == SMALL_DF && !osl_varint_get(&walk->more, walk->end, &extra))
        return false;
    if (extra >= at->ordinal_count)
        return false;
    df += extra + 1;
    extra = 0;
    if (more == SMALL_MORE && !osl_varint_get(&walk->more, walk->end, &extra))
        return false;
    if (df > at->ordinal_count || extra > UINT64_MAX / 2)
        return false;
    walk->info.df = (uint32_t)df;
    walk->info.cf = df + more + extra;
    return true;
}

static inline bool get_info(const osl_dictionary_view *at, block_walk *walk)
{
    unsigned counts = walk->counts[walk->next++];
    osl_term_info *info = &walk->info;
    if (!get_counts(at, walk, counts))
        return false;
    info->ordinal++;
    info->offset = osl_region_start(walk->region, info->df, at->sliced_from);
    info->bytes = at->least + (at->positions ? info->cf : 0);
    if (!(counts & LEAST_BIT) &&
        !osl_varint_get(&walk->more, walk->end, &info->bytes))
        return false;
    return !__builtin_add_overflow(info->offset, info->bytes, &walk->region);
}

#endif
