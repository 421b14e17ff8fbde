/* SPDX-License-Identifier: MIT
 *
 * What an open term says of its ranges, and where it occurs. */
#include "core/segment/postings.h"

#include "core/segment/packed.h"

#include <string.h>

const uint8_t osl_chunk_none[OSL_CHUNK_HEADER];

/* ---- ranges ------------------------------------------------------------ */

uint32_t osl_postings_df(const osl_postings *postings)
{
    return postings->df;
}

uint64_t osl_postings_ranges(const osl_postings *postings, uint32_t chunk)
{
    return osl_chunk_mask(osl_postings_header(postings, chunk));
}

uint64_t osl_postings_word(const osl_postings *postings, uint32_t range)
{
    osl_chunk chunk =
        osl_postings_chunk(postings, osl_postings_header(postings, range / 64));
    unsigned start;
    return osl_chunk_word(&chunk, range % 64, &start);
}

void osl_postings_words(const osl_postings *postings, uint32_t chunk,
                        uint64_t words[64])
{
    const osl_score_kernels *kernels = postings->segment->kernels->score;
    osl_chunk at =
        osl_postings_chunk(postings, osl_postings_header(postings, chunk));
    uint64_t ranges = osl_chunk_mask(at.header);
    if (!ranges)
        return;
    if (osl_chunk_flags(at.header) & OSL_CHUNK_DENSE)
        kernels->dense_or(words, at.payload);
    else
        kernels->sparse_or(words, ranges, at.counts, at.payload,
                           osl_chunk_count(at.header));
}

unsigned osl_postings_bound(const osl_postings *postings, uint32_t range)
{
    const uint8_t *header = osl_postings_header(postings, range / 64);
    uint64_t mask = osl_chunk_mask(header);
    if (!(mask >> (range % 64) & 1))
        return 0;
    mask &= ((uint64_t)1 << (range % 64)) - 1;
    return postings->bounds[osl_chunk_rank(header) + osl_popcount(mask)];
}

void osl_postings_bounds(const osl_postings *postings, uint32_t chunk,
                         uint8_t bounds[64])
{
    const uint8_t *header = osl_postings_header(postings, chunk);
    const uint8_t *from = postings->bounds + osl_chunk_rank(header);
    memset(bounds, 0, 64);
    for (uint64_t mask = osl_chunk_mask(header); mask; mask &= mask - 1)
        bounds[__builtin_ctzll(mask)] = *from++;
}

unsigned osl_postings_chunk_bound(const osl_postings *postings, uint32_t chunk)
{
    return osl_chunk_bound(osl_postings_header(postings, chunk));
}

void osl_postings_tfs(const osl_postings *postings, uint32_t range,
                      uint64_t which, uint32_t tfs[64])
{
    osl_chunk chunk =
        osl_postings_chunk(postings, osl_postings_header(postings, range / 64));
    unsigned start = 0;
    uint64_t word = osl_chunk_word(&chunk, range % 64, &start);
    for (which &= word; which; which &= which - 1) {
        uint64_t below = (which & -which) - 1;
        unsigned place = start + osl_popcount(word & below);
        *tfs++ = osl_chunk_tf(&chunk, place);
    }
}

osl_status osl_postings_decode(const osl_postings *postings, uint32_t *ordinals,
                               uint32_t *tfs, osl_error *err)
{
    (void)err;
    uint32_t at = 0;
    for (uint32_t c = 0; c < postings->chunk_count; c++) {
        const uint8_t *header = osl_postings_header(postings, c);
        osl_chunk chunk = osl_postings_chunk(postings, header);
        osl_chunk_decode(&chunk, c * OSL_CHUNK_SIZE, ordinals + at, tfs + at);
        at += osl_chunk_count(header);
    }
    return OSL_OK;
}

/* ---- occurrences ------------------------------------------------------- */

/* Where one posting's occurrences are. */
typedef struct posting_place {
    osl_occurrences block;
    uint32_t place, tf; /* in the block */
    uint64_t before;
} posting_place;

static osl_status absent(const osl_postings *of, uint32_t ordinal,
                         osl_error *err)
{
    return osl_fail(err, OSL_EINVAL, "%s: ordinal %u does not hold the term",
                    osl_segment_path(of->segment), ordinal);
}

uint32_t osl_postings_place(const osl_postings *of, uint32_t ordinal)
{
    uint32_t low = 0, high = of->df;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (of->ordinals[middle] < ordinal)
            low = middle + 1;
        else
            high = middle;
    }
    return low < of->df && of->ordinals[low] == ordinal ? low : of->df;
}

osl_status osl_postings_list_block(const osl_postings *of, osl_occurrences *out,
                                   osl_error *err)
{
    const osl_section *section = &of->segment->fields[of->field].postings;
    osl_unpacked made = {section->bytes + of->positions,
                         (size_t)of->positions_bytes, of->side};
    if (of->blocks) {
        osl_status status = osl_packed_blocks(of, &made, err);
        if (status != OSL_OK)
            return status;
    }
    return osl_occurrences_open(out, made.bytes, made.length, of->cf, of->forms,
                                made.side)
               ? OSL_OK
               : osl_postings_spoilt(of, err);
}

static osl_status find_rare(const osl_postings *of, uint32_t ordinal,
                            posting_place *out, osl_error *err)
{
    uint32_t place = osl_postings_place(of, ordinal);
    if (place == of->df)
        return absent(of, ordinal, err);
    out->place = place;
    out->before = of->starts[place];
    out->tf = of->starts[place + 1] - of->starts[place];
    return osl_postings_list_block(of, &out->block, err);
}

static uint64_t block_start(const osl_postings *of, uint32_t chunk)
{
    const uint8_t *header = of->headers + (size_t)chunk * OSL_CHUNK_HEADER;
    uint64_t start = osl_chunk_positions(header);
    if (of->high)
        start |= (uint64_t)osl_get32(of->high + (size_t)chunk * 4) << 32;
    return start;
}

/* The block of a chunk whose low bytes are those from `start` to `end`, and what
 * stands apart from them, as osl_region_unpack() made it. */
static osl_status open_made(const osl_postings *of, uint32_t chunk,
                            uint64_t start, uint64_t end, osl_occurrences *out,
                            osl_error *err)
{
    osl_unpacked made;
    osl_status status = osl_packed_blocks(of, &made, err);
    if (status != OSL_OK)
        return status;
    if (start > end || end > of->cf)
        return osl_postings_spoilt(of, err);
    *out = (osl_occurrences){.low = made.bytes + start, .total = end - start};
    if (!made.side)
        return OSL_OK;
    const uint8_t *starts = made.bytes + (of->cf + 3) / 4 * 4;
    const uint8_t *apart = starts + ((size_t)of->chunk_count + 1) * 4;
    uint32_t from = osl_get32(starts + (size_t)chunk * 4);
    uint32_t to = osl_get32(starts + (size_t)chunk * 4 + 4);
    if (from == to)
        return OSL_OK;
    uint8_t kind = apart[from++];
    out->end = apart + to;
    if (kind & OSL_APART_FORMS) {
        out->forms = apart + from;
        from +=
            (uint32_t)osl_forms_block_bytes(out->forms, to - from, out->total);
    }
    if (kind & OSL_APART_SIDE)
        out->side = apart + from;
    return OSL_OK;
}

osl_status osl_postings_open_block(const osl_postings *of, uint32_t chunk,
                                   osl_occurrences *out, osl_error *err)
{
    uint64_t start = block_start(of, chunk), end = block_start(of, chunk + 1);
    if (of->blocks)
        return open_made(of, chunk, start, end, out, err);
    const osl_section *section = &of->segment->fields[of->field].postings;
    if (start > end || end > of->positions_bytes)
        return osl_postings_spoilt(of, err);
    osl_status status = osl_segment_touch(
        of->segment, section, of->positions + start, end - start, err);
    if (status != OSL_OK)
        return status;
    const uint8_t *bytes = section->bytes + of->positions + start;
    unsigned flags =
        osl_chunk_flags(of->headers + (size_t)chunk * OSL_CHUNK_HEADER);
    bool side = false, forms = false;
    uint64_t total = end - start;
    if (flags & OSL_CHUNK_TOTAL) {
        if (total < 4)
            return osl_postings_spoilt(of, err);
        total = osl_get32(bytes);
        side = total & OSL_BLOCK_SIDE;
        forms = total & OSL_BLOCK_FORMS;
        total &= OSL_BLOCK_FORMS - 1;
        start += 4;
        bytes += 4;
    }
    if (!osl_occurrences_open(out, bytes, (size_t)(end - start), total, forms,
                              side))
        return osl_postings_spoilt(of, err);
    return OSL_OK;
}

osl_status osl_postings_block(const osl_postings *postings, uint32_t chunk,
                              const uint8_t **low, uint64_t *total,
                              osl_error *err)
{
    osl_occurrences block = {.low = NULL};
    osl_status status =
        postings->ordinals
            ? osl_postings_list_block(postings, &block, err)
            : osl_postings_open_block(postings, chunk, &block, err);
    if (status != OSL_OK)
        return status;
    *low = block.low;
    *total = block.total;
    return OSL_OK;
}

static osl_status find_frequent(const osl_postings *of, uint32_t ordinal,
                                posting_place *out, osl_error *err)
{
    if (ordinal >= of->ordinal_count)
        return absent(of, ordinal, err);
    uint32_t chunk_number = ordinal / OSL_CHUNK_SIZE;
    osl_chunk chunk =
        osl_postings_chunk(of, osl_postings_header(of, chunk_number));
    unsigned start = 0, range = ordinal / OSL_RANGE_SIZE % 64;
    uint64_t word = osl_chunk_word(&chunk, range, &start);
    uint64_t bit = (uint64_t)1 << (ordinal & 63);
    if (!(word & bit))
        return absent(of, ordinal, err);
    out->place = start + osl_popcount(word & (bit - 1));
    out->tf = osl_chunk_tf(&chunk, out->place);
    out->before = osl_chunk_before(&chunk, range, start, out->place);
    return osl_postings_open_block(of, chunk_number, &out->block, err);
}

static osl_status find(const osl_postings *of, uint32_t ordinal,
                       posting_place *out, osl_error *err)
{
    if (of->field == OSL_FIELD_PAIR)
        return osl_fail(err, OSL_ENOTFOUND, "%s: pairs have no positions",
                        osl_segment_path(of->segment));
    return of->ordinals ? find_rare(of, ordinal, out, err)
                        : find_frequent(of, ordinal, out, err);
}

osl_status osl_postings_positions(const osl_postings *postings,
                                  uint32_t ordinal, uint32_t *out,
                                  osl_error *err)
{
    posting_place found = {0};
    osl_status status = find(postings, ordinal, &found, err);
    if (status != OSL_OK)
        return status;
    if (!osl_occurrences_positions(&found.block, found.place, found.before,
                                   found.tf, out))
        return osl_postings_spoilt(postings, err);
    return OSL_OK;
}

osl_status osl_postings_forms(const osl_postings *postings, uint32_t ordinal,
                              uint32_t *out, osl_error *err)
{
    posting_place found = {0};
    osl_status status = find(postings, ordinal, &found, err);
    if (status != OSL_OK)
        return status;
    if (found.before > found.block.total ||
        found.tf > found.block.total - found.before)
        return osl_postings_spoilt(postings, err);
    if (found.block.forms)
        osl_forms_read_block(found.block.forms, found.block.total, found.before,
                             found.tf, out);
    else
        memset(out, 0, (size_t)found.tf * sizeof *out);
    return OSL_OK;
}
