/* SPDX-License-Identifier: MIT
 *
 * A dictionary is written: blocks as terms come, the tree over them at the
 * end. The layout is drawn in dictionary_layout.h. */
#include "core/segment/dictionary_layout.h"

#include "core/segment/region.h"

/* ---- building ---------------------------------------------------------- */

void osl_dictionary_begin(osl_dictionary *dictionary, uint32_t ordinal_count,
                          bool positions)
{
    dictionary->ordinal_count = ordinal_count;
    dictionary->positions = positions;
    dictionary->term_count = 0;
    osl_buf_reset(&dictionary->prefixes);
    osl_buf_reset(&dictionary->offsets);
    osl_buf_reset(&dictionary->blocks);
    osl_buf_reset(&dictionary->last);
    osl_buf_reset(&dictionary->longs);
    osl_buf_reset(&dictionary->suffixes);
    osl_buf_reset(&dictionary->more);
    osl_shortcuts_begin(&dictionary->shortcuts);
}

void osl_dictionary_clear(osl_dictionary *dictionary)
{
    osl_buf_clear(&dictionary->prefixes);
    osl_buf_clear(&dictionary->offsets);
    osl_buf_clear(&dictionary->blocks);
    osl_buf_clear(&dictionary->last);
    osl_buf_clear(&dictionary->longs);
    osl_buf_clear(&dictionary->suffixes);
    osl_buf_clear(&dictionary->more);
    osl_shortcuts_clear(&dictionary->shortcuts);
}

/* `length`, or `small` and the rest as a long one. */
static size_t put_length(osl_buf *longs, size_t length, size_t small)
{
    if (length < small)
        return length;
    osl_buf_put_varint(longs, length - small);
    return small;
}

static void put_term(osl_dictionary *dictionary, osl_text term, size_t shared)
{
    uint32_t at = dictionary->term_count % BLOCK;
    size_t suffix = term.length - shared, lengths;
    if (at == 0) {
        lengths = put_length(&dictionary->longs, suffix, SMALL_HEAD);
    } else {
        lengths = put_length(&dictionary->longs, shared, SMALL);
        lengths |= put_length(&dictionary->longs, suffix, SMALL) << 4;
    }
    dictionary->lengths[at] = (uint8_t)lengths;
    osl_buf_put(&dictionary->suffixes, term.bytes + shared, suffix);
}

static void put_info(osl_dictionary *dictionary, const osl_term_info *info)
{
    osl_buf *to = &dictionary->more;
    uint64_t more = info->cf - info->df;
    uint32_t low = info->df - 1 < SMALL_DF ? info->df - 1 : SMALL_DF;
    uint64_t high = more < SMALL_MORE ? more : SMALL_MORE;
    bool least =
        info->df == 1 &&
        info->bytes == osl_region_least(dictionary->ordinal_count, info->cf,
                                        dictionary->positions);
    dictionary->counts[dictionary->term_count % BLOCK] =
        (uint8_t)(low | high << 4 | (least ? LEAST_BIT : 0));
    if (low == SMALL_DF)
        osl_buf_put_varint(to, info->df - 1 - SMALL_DF);
    if (high == SMALL_MORE)
        osl_buf_put_varint(to, more - SMALL_MORE);
    if (!least)
        osl_buf_put_varint(to, info->bytes);
}

/* The block at hand, of `count` terms, to the others. */
static void end_block(osl_dictionary *dictionary, uint32_t count)
{
    osl_buf *to = &dictionary->blocks;
    osl_buf_put64(&dictionary->offsets, to->length);
    osl_buf_put_varint(to, dictionary->region);
    osl_buf_put(to, dictionary->lengths, count);
    osl_buf_put(to, dictionary->counts, count);
    osl_buf_put_text(to, osl_buf_text(&dictionary->longs));
    osl_buf_put_text(to, osl_buf_text(&dictionary->suffixes));
    osl_buf_put_text(to, osl_buf_text(&dictionary->more));
    to->failed |= dictionary->longs.failed || dictionary->suffixes.failed ||
                  dictionary->more.failed;
    osl_buf_reset(&dictionary->longs);
    osl_buf_reset(&dictionary->suffixes);
    osl_buf_reset(&dictionary->more);
}

bool osl_dictionary_add(osl_dictionary *dictionary, osl_text term,
                        const osl_term_info *info)
{
    osl_text last = osl_buf_text(&dictionary->last);
    if (dictionary->term_count > 0 && osl_text_compare(last, term) >= 0)
        return false;
    size_t shared = 0;
    if (dictionary->term_count % BLOCK == 0) {
        if (dictionary->term_count > 0)
            end_block(dictionary, BLOCK);
        osl_buf_put64(&dictionary->prefixes, prefix_of(term));
        dictionary->region = info->offset;
        if (dictionary->positions)
            osl_shortcuts_add_block(&dictionary->shortcuts, prefix_of(term),
                                    dictionary->blocks.length);
    } else {
        shared = shared_length(last, term);
    }
    put_term(dictionary, term, shared);
    put_info(dictionary, info);
    if (dictionary->positions)
        osl_shortcuts_add(&dictionary->shortcuts, term, dictionary->term_count,
                          info);
    dictionary->term_count++;
    osl_buf_reset(&dictionary->last);
    osl_buf_put_text(&dictionary->last, term);
    return true;
}

/* ---- the tree ---------------------------------------------------------- */

/* Each `step`th prefix, and ones up to a group. */
static void put_level(const osl_dictionary *dictionary, osl_buf *out,
                      uint32_t size, size_t step)
{
    for (uint32_t i = 0; i < groups_of(size) * WAYS; i++)
        osl_buf_put64(
            out, i < size ? osl_get64(dictionary->prefixes.bytes + i * step * 8)
                          : UINT64_MAX);
}

static void put_tops(const osl_dictionary *dictionary, osl_buf *out,
                     uint32_t nodes)
{
    uint32_t sizes[LEVELS_MAX];
    for (unsigned level = size_levels(nodes, sizes); level-- > 0;)
        put_level(dictionary, out, sizes[level], (size_t)WAYS << 4 * level);
}

static void put_node(const osl_dictionary *dictionary, osl_buf *out,
                     size_t first, size_t blocks)
{
    for (size_t i = first; i < first + WAYS; i++)
        osl_buf_put64(out, i < blocks
                               ? osl_get64(dictionary->prefixes.bytes + i * 8)
                               : UINT64_MAX);
    for (size_t i = first; i < first + WAYS; i++)
        osl_buf_put32(
            out,
            (uint32_t)(i < blocks ? osl_get64(dictionary->offsets.bytes + i * 8)
                                  : dictionary->blocks.length));
}

osl_status osl_dictionary_finish(osl_dictionary *dictionary, osl_buf *out,
                                 osl_error *err)
{
    if (dictionary->term_count > 0)
        end_block(dictionary, (dictionary->term_count - 1) % BLOCK + 1);
    if (dictionary->blocks.length > UINT32_MAX)
        return osl_fail(err, OSL_ELIMIT,
                        "the dictionary of one segment passes 4 GiB; use a "
                        "smaller --memory, which makes more segments");
    if (dictionary->last.failed || dictionary->offsets.failed ||
        dictionary->prefixes.failed || dictionary->blocks.failed)
        return osl_fail(err, OSL_ENOMEM, "out of memory for a dictionary");
    size_t blocks = dictionary->offsets.length / 8, start = out->length;
    uint32_t nodes = groups_of((uint32_t)blocks);
    osl_buf_put32(out, dictionary->term_count);
    osl_buf_put32(out, (uint32_t)blocks);
    osl_buf_put32(out, (uint32_t)dictionary->blocks.length);
    while (out->length - start < HEAD && !out->failed)
        osl_buf_put_byte(out, 0);
    put_tops(dictionary, out, nodes);
    for (uint32_t node = 0; node < nodes; node++)
        put_node(dictionary, out, (size_t)node * WAYS, blocks);
    osl_buf_put_text(out, osl_buf_text(&dictionary->blocks));
    return osl_buf_status(out, "a dictionary", err);
}
