/* SPDX-License-Identifier: MIT
 *
 * A term's region is made: its postings become chunks, its positions blocks
 * (drawn in postings.h). */
#include "core/segment/region.h"

#include "core/segment/best.h"
#include "core/segment/postings.h"
#include "core/segment/rare.h"

#include <string.h>

void osl_region_clear(osl_region_writer *writer)
{
    osl_buf_clear(&writer->headers);
    osl_buf_clear(&writer->bounds);
    osl_buf_clear(&writer->counts);
    osl_buf_clear(&writer->payload);
    osl_buf_clear(&writer->positions);
    osl_buf_clear(&writer->high);
    osl_buf_clear(&writer->keys);
    osl_buf_clear(&writer->posting_bounds);
}

static void reset(osl_region_writer *writer)
{
    osl_buf_reset(&writer->headers);
    osl_buf_reset(&writer->bounds);
    osl_buf_reset(&writer->counts);
    osl_buf_reset(&writer->payload);
    osl_buf_reset(&writer->positions);
    osl_buf_reset(&writer->high);
}

/* A header that says where its chunk's streams begin, so far. */
static void put_header(osl_region_writer *writer, const uint8_t *header)
{
    uint8_t *to = osl_buf_room(&writer->headers, OSL_CHUNK_HEADER);
    if (!to)
        return;
    memcpy(to, header, OSL_CHUNK_HEADER);
    osl_chunk_place(to, (uint32_t)(writer->payload.length),
                    (uint32_t)writer->bounds.length,
                    (uint32_t)writer->positions.length);
    osl_buf_put32(&writer->high,
                  (uint32_t)((uint64_t)writer->positions.length >> 32));
    writer->headers.length += OSL_CHUNK_HEADER;
}

/* Most chunks of a term have but its most frequent form, which is number 0. */
static bool are_zero(const uint32_t *forms, uint64_t total)
{
    enum { STEP = 64 };
    for (; total >= STEP; total -= STEP, forms += STEP) {
        uint32_t all = 0;
        for (unsigned i = 0; i < STEP; i++)
            all |= forms[i];
        if (all != 0)
            return false;
    }
    while (total > 0)
        if (forms[--total] != 0)
            return false;
    return true;
}

/* Flags of what the block has beside low bytes. */
static unsigned put_positions(osl_region_writer *writer,
                              const osl_positions_input *input,
                              const uint32_t *forms)
{
    bool side = osl_positions_need_side(input);
    if (forms && are_zero(forms, input->total))
        forms = NULL;
    if (side || forms)
        osl_buf_put32(&writer->positions, (uint32_t)input->total |
                                              (side ? OSL_BLOCK_SIDE : 0) |
                                              (forms ? OSL_BLOCK_FORMS : 0));
    osl_positions_write_low(&writer->positions, input);
    if (forms)
        osl_forms_write_block(&writer->positions, forms, input->total);
    if (side)
        osl_positions_write_side(&writer->positions, input);
    return side || forms ? OSL_CHUNK_TOTAL : 0;
}

static void put_chunk(osl_region_writer *writer, const osl_chunk_input *input,
                      const osl_positions_input *positions,
                      const uint32_t *forms)
{
    uint8_t header[OSL_CHUNK_HEADER];
    bool dense = input->count >= OSL_CHUNK_DENSE_MIN;
    if (dense)
        osl_buf_align(&writer->payload, OSL_REGION_ALIGN);
    osl_chunk_output output = {
        .header = header,
        .bounds = osl_buf_room(&writer->bounds, 64),
        .counts = osl_buf_room(&writer->counts, 64),
        .payload =
            osl_buf_room(&writer->payload, osl_chunk_room(input->count))};
    if (!output.bounds || !output.counts || !output.payload)
        return;
    osl_chunk_write(input, &output);
    put_header(writer, header);
    writer->bounds.length += output.range_count;
    writer->counts.length += output.range_count;
    writer->payload.length += output.payload_bytes;
    unsigned flags = 0;
    if (positions)
        flags = put_positions(writer, positions, forms);
    if (!writer->headers.failed)
        writer->headers.bytes[writer->headers.length - 2] |= (uint8_t)flags;
}

/* The end of the postings below `end`, from `at` on. */
static uint32_t chunk_end(const osl_term_postings *postings, uint32_t at,
                          uint64_t end)
{
    while (postings->df - at >= 16 && postings->ordinals[at + 15] < end)
        at += 16;
    while (at < postings->df && postings->ordinals[at] < end)
        at++;
    return at;
}

static osl_status put_chunks(osl_region_writer *writer,
                             const osl_region_field *field,
                             const osl_term_postings *postings,
                             const uint32_t *forms)
{
    const uint32_t *positions = postings->positions;
    const uint8_t *bounds = writer->posting_bounds.bytes;
    uint32_t at = 0;
    for (uint64_t end = OSL_CHUNK_SIZE;
         end < (uint64_t)field->ordinal_count + OSL_CHUNK_SIZE;
         end += OSL_CHUNK_SIZE) {
        uint32_t next = chunk_end(postings, at, end);
        if (next == at) {
            put_header(writer, osl_chunk_none);
            continue;
        }
        osl_chunk_input input = {postings->ordinals + at,
                                 postings->tfs + at,
                                 next - at,
                                 bounds + at,
                                 field->positions,
                                 field->kernels->slice};
        osl_positions_input block = {positions, postings->tfs + at, next - at,
                                     0};
        for (uint32_t i = at; i < next; i++)
            block.total += postings->tfs[i];
        if (field->positions && block.total >= OSL_BLOCK_FORMS)
            return OSL_ELIMIT;
        put_chunk(writer, &input, field->positions ? &block : NULL, forms);
        at = next;
        if (positions)
            positions += block.total;
        if (forms)
            forms += block.total;
    }
    if (writer->payload.length > UINT32_MAX)
        return OSL_ELIMIT;
    put_header(writer, osl_chunk_none);
    return OSL_OK;
}

/* `writer` has the bounds of ranges, if any. */
static void put_best(osl_region_writer *writer, const osl_region_field *field,
                     const osl_term_postings *postings, osl_buf *out)
{
    unsigned count =
        osl_best_count(postings->df, field->ordinal_count, field->positions);
    if (!count)
        return;
    osl_best_input input = {.ordinals = postings->ordinals,
                            .tfs = postings->tfs,
                            .df = postings->df,
                            .ordinal_count = field->ordinal_count,
                            .count = count,
                            .bounds = field->bounds,
                            .codes = field->codes,
                            .posting_bounds = writer->posting_bounds.bytes,
                            .range_bounds = writer->bounds.bytes,
                            .range_count = writer->bounds.length};
    osl_best_write(out, &input, &writer->keys);
}

static osl_status write_frequent(osl_region_writer *writer,
                                 const osl_region_field *field,
                                 const osl_term_postings *postings,
                                 uint64_t total, const uint32_t *forms,
                                 osl_buf *out)
{
    reset(writer);
    osl_buf_reset(&writer->posting_bounds);
    uint8_t *bounds = osl_buf_room(&writer->posting_bounds,
                                   (size_t)postings->df + OSL_SLICE_SLACK);
    if (!bounds) {
        out->failed = true;
        return OSL_OK;
    }
    osl_chunk_bounds(bounds, field->bounds, field->codes, postings->ordinals,
                     postings->tfs, postings->df);
    osl_status status = put_chunks(writer, field, postings, forms);
    if (status != OSL_OK)
        return status;
    size_t start = out->length;
    put_best(writer, field, postings, out);
    osl_buf_put_text(out, osl_buf_text(&writer->headers));
    osl_buf_put_text(out, osl_buf_text(&writer->bounds));
    osl_buf_put_text(out, osl_buf_text(&writer->counts));
    while ((out->length - start) % OSL_REGION_ALIGN != 0 && !out->failed)
        osl_buf_put_byte(out, 0);
    osl_buf_put_text(out, osl_buf_text(&writer->payload));
    if (field->positions && total > UINT32_MAX)
        osl_buf_put_text(out, osl_buf_text(&writer->high));
    osl_buf_put_text(out, osl_buf_text(&writer->positions));
    if (writer->headers.failed || writer->bounds.failed ||
        writer->counts.failed || writer->payload.failed ||
        writer->positions.failed || writer->high.failed)
        out->failed = true;
    return OSL_OK;
}

osl_status osl_region_write(osl_region_writer *writer,
                            const osl_region_field *field,
                            const osl_term_postings *postings, uint64_t total,
                            const uint32_t *forms, osl_buf *out)
{
    if (osl_region_is_frequent(postings->df, field->ordinal_count,
                               field->positions))
        return write_frequent(writer, field, postings, total, forms, out);
    osl_positions_input input = {postings->positions, postings->tfs,
                                 postings->df, total};
    if (field->positions && total > UINT32_MAX)
        return OSL_ELIMIT;
    osl_rare rare = {.df = postings->df,
                     .ordinal_count = field->ordinal_count,
                     .cf = total,
                     .side =
                         field->positions && osl_positions_need_side(&input),
                     .forms = forms != NULL};
    osl_buf_reset(&writer->bounds); /* a list has none */
    put_best(writer, field, postings, out);
    osl_rare_write(out, &rare, postings->ordinals, postings->tfs);
    if (!field->positions)
        return OSL_OK;
    osl_positions_write_low(out, &input);
    if (forms)
        osl_forms_write_block(out, forms, total);
    if (rare.side)
        osl_positions_write_side(out, &input);
    return OSL_OK;
}
