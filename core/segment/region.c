/* SPDX-License-Identifier: MIT
 *
 * A term's region is made: its postings become chunks, its positions blocks
 * (drawn in postings.h). */
#include "core/segment/region.h"

#include "core/segment/best.h"
#include "core/segment/forms_bits.h"
#include "core/segment/postings.h"
#include "core/segment/rare.h"
#include "core/segment/score.h"

#include <stdlib.h>
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
    osl_buf_clear(&writer->extras);
    osl_buf_clear(&writer->apart);
    free(writer->decoded);
    writer->decoded = NULL;
    writer->decoded_capacity = 0;
    free(writer->occurrences);
    writer->occurrences = NULL;
    writer->occurrences_capacity = 0;
}

static void reset(osl_region_writer *writer)
{
    osl_buf_reset(&writer->headers);
    osl_buf_reset(&writer->bounds);
    osl_buf_reset(&writer->counts);
    osl_buf_reset(&writer->payload);
    osl_buf_reset(&writer->positions);
    osl_buf_reset(&writer->high);
    osl_buf_reset(&writer->extras);
    osl_buf_reset(&writer->apart);
    writer->has_extras = false;
}

/* A header that says where its chunk's streams begin, so far, and its block of
 * positions, at `place` among them. */
static void put_header(osl_region_writer *writer, const uint8_t *header,
                       uint64_t place)
{
    uint8_t *to = osl_buf_room(&writer->headers, OSL_CHUNK_HEADER);
    if (!to)
        return;
    memcpy(to, header, OSL_CHUNK_HEADER);
    osl_chunk_place(to, (uint32_t)(writer->payload.length),
                    (uint32_t)writer->bounds.length, (uint32_t)place);
    osl_buf_put32(&writer->high, (uint32_t)(place >> 32));
    writer->headers.length += OSL_CHUNK_HEADER;
}

/* ---- blocks of positions ------------------------------------------------ */

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

/* The block of a chunk. */
static void put_block(osl_region_writer *writer,
                      const osl_positions_input *input, const uint32_t *forms)
{
    size_t start = writer->positions.length;
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
    size_t extra = writer->positions.length - start - (size_t)input->total;
    osl_buf_put32(&writer->extras, (uint32_t)extra);
    writer->has_extras |= extra > 0;
}

/* The end of the postings below `end`, from `at` on. */
static uint32_t chunk_end(const uint32_t *ordinals, uint32_t df, uint32_t at,
                          uint64_t end)
{
    while (df - at >= 16 && ordinals[at + 15] < end)
        at += 16;
    while (at < df && ordinals[at] < end)
        at++;
    return at;
}

/* The same of the chunk in which the posting at `at` is. */
static uint32_t this_chunk_end(const uint32_t *ordinals, uint32_t df,
                               uint32_t at)
{
    uint64_t chunk = ordinals[at] / OSL_CHUNK_SIZE;
    return chunk_end(ordinals, df, at, (chunk + 1) * OSL_CHUNK_SIZE);
}

static uint64_t sum_of(const uint32_t *tfs, uint32_t count)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += tfs[i];
    return sum;
}

/* The blocks of all chunks, and what each has beyond a byte an occurrence. */
static osl_status put_blocks(osl_region_writer *writer,
                             const osl_term_postings *postings,
                             const uint32_t *forms)
{
    const uint32_t *positions = postings->positions;
    uint32_t next;
    for (uint32_t at = 0; at < postings->df; at = next) {
        next = this_chunk_end(postings->ordinals, postings->df, at);
        const osl_positions_input block = {
            positions, postings->tfs + at, next - at,
            sum_of(postings->tfs + at, next - at)};
        if (block.total >= OSL_BLOCK_FORMS)
            return OSL_ELIMIT;
        put_block(writer, &block, forms);
        positions += block.total;
        if (forms)
            forms += block.total;
    }
    return OSL_OK;
}

/* ---- slices ------------------------------------------------------------- */

static void put_chunk(osl_region_writer *writer, const osl_chunk_input *input,
                      uint64_t place, bool has_extra)
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
    put_header(writer, header, place);
    writer->bounds.length += output.range_count;
    writer->counts.length += output.range_count;
    writer->payload.length += output.payload_bytes;
    if (!writer->headers.failed)
        writer->headers.bytes[writer->headers.length - 2] |=
            has_extra ? OSL_CHUNK_TOTAL : 0;
}

/* Every chunk of the field has a header. `writer` has what each block has
 * beyond a byte an occurrence, or nothing where no block has. */
static osl_status put_chunks(osl_region_writer *writer,
                             const osl_region_field *field,
                             const osl_term_postings *postings)
{
    const uint8_t *bounds = writer->posting_bounds.bytes;
    const uint8_t *extras = writer->extras.bytes;
    bool has_extras = writer->extras.length > 0;
    uint64_t place = 0;
    uint32_t at = 0;
    for (uint64_t end = OSL_CHUNK_SIZE;
         end < (uint64_t)field->ordinal_count + OSL_CHUNK_SIZE;
         end += OSL_CHUNK_SIZE) {
        uint32_t next = chunk_end(postings->ordinals, postings->df, at, end);
        if (next == at) {
            put_header(writer, osl_chunk_none, place);
            continue;
        }
        const osl_chunk_input input = {postings->ordinals + at,
                                       postings->tfs + at,
                                       next - at,
                                       bounds + at,
                                       field->positions,
                                       field->kernels->slice};
        uint32_t extra = has_extras ? osl_get32(extras) : 0;
        put_chunk(writer, &input, place, extra > 0);
        if (field->positions) {
            place += sum_of(postings->tfs + at, next - at) + extra;
            extras += has_extras ? 4 : 0;
        }
        at = next;
    }
    if (writer->payload.length > UINT32_MAX)
        return OSL_ELIMIT;
    put_header(writer, osl_chunk_none, place);
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

/* All of a sliced region before its blocks of positions. */
static osl_status put_slices(osl_region_writer *writer,
                             const osl_region_field *field,
                             const osl_term_postings *postings, uint64_t total,
                             osl_buf *out)
{
    osl_buf_reset(&writer->posting_bounds);
    uint8_t *bounds = osl_buf_room(&writer->posting_bounds,
                                   (size_t)postings->df + OSL_SLICE_SLACK);
    if (!bounds) {
        out->failed = true;
        return OSL_OK;
    }
    osl_chunk_bounds(bounds, field->bounds, field->codes, postings->ordinals,
                     postings->tfs, postings->df);
    osl_status status = put_chunks(writer, field, postings);
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
    out->failed |= writer->headers.failed || writer->bounds.failed ||
                   writer->counts.failed || writer->payload.failed ||
                   writer->high.failed;
    return OSL_OK;
}

/* ---- whole regions ------------------------------------------------------ */

/* [forms] and the stream of positions, where these are in bits. */
static osl_status put_dense(const osl_region_field *field,
                            const osl_term_postings *postings, uint64_t total,
                            const uint32_t *forms, osl_buf *out)
{
    const osl_positions_input input = {postings->positions, postings->tfs,
                                       postings->df, total};
    if (forms)
        osl_forms_write_bits(out, forms, total, field->kernels->middles);
    return osl_positions_write_bits(out, &input, postings->ordinals,
                                    field->codes, field->kernels->middles)
               ? OSL_OK
               : OSL_EINVAL;
}

static osl_status put_packed(osl_region_writer *writer,
                             const osl_region_field *field,
                             const osl_term_postings *postings, uint64_t total,
                             const uint32_t *forms, osl_buf *out)
{
    if (forms && are_zero(forms, total))
        forms = NULL;
    const osl_rare list = {.df = postings->df,
                           .ordinal_count = field->ordinal_count,
                           .cf = total,
                           .side = writer->has_extras,
                           .forms = field->dense && forms};
    osl_rare_write(out, &list, postings->ordinals, postings->tfs);
    if (field->dense)
        return put_dense(field, postings, total, forms, out);
    for (size_t at = 0; writer->has_extras && at < writer->extras.length;
         at += 4)
        osl_buf_put_varint(out, osl_get32(writer->extras.bytes + at));
    osl_buf_put_text(out, osl_buf_text(&writer->positions));
    return OSL_OK;
}

static osl_status write_frequent(osl_region_writer *writer,
                                 const osl_region_field *field,
                                 const osl_term_postings *postings,
                                 uint64_t total, const uint32_t *forms,
                                 osl_buf *out)
{
    osl_status status = OSL_OK;
    bool sliced = postings->df >= field->sliced_from;
    reset(writer);
    if (!sliced && field->positions && total > UINT32_MAX)
        return OSL_ELIMIT;
    if (field->positions && (sliced || !field->dense))
        status = put_blocks(writer, postings, forms);
    out->failed |= writer->positions.failed || writer->extras.failed;
    if (status != OSL_OK || out->failed)
        return status;
    if (!sliced)
        return put_packed(writer, field, postings, total, forms, out);
    status = put_slices(writer, field, postings, total, out);
    osl_buf_put_text(out, osl_buf_text(&writer->positions));
    return status;
}

static osl_status write_rare(osl_region_writer *writer,
                             const osl_region_field *field,
                             const osl_term_postings *postings, uint64_t total,
                             const uint32_t *forms, osl_buf *out)
{
    osl_positions_input input = {postings->positions, postings->tfs,
                                 postings->df, total};
    bool dense = osl_region_is_dense(postings->df, field->dense);
    if (field->positions && total > UINT32_MAX)
        return OSL_ELIMIT;
    osl_rare rare = {.df = postings->df,
                     .ordinal_count = field->ordinal_count,
                     .cf = total,
                     .side = field->positions && !dense &&
                             osl_positions_need_side(&input),
                     .forms = forms != NULL};
    osl_buf_reset(&writer->bounds); /* a list has none */
    put_best(writer, field, postings, out);
    osl_rare_write(out, &rare, postings->ordinals, postings->tfs);
    if (!field->positions)
        return OSL_OK;
    if (dense)
        return put_dense(field, postings, total, forms, out);
    osl_positions_write_low(out, &input);
    if (forms)
        osl_forms_write_block(out, forms, total);
    if (rare.side)
        osl_positions_write_side(out, &input);
    return OSL_OK;
}

osl_status osl_region_write(osl_region_writer *writer,
                            const osl_region_field *field,
                            const osl_term_postings *postings, uint64_t total,
                            const uint32_t *forms, osl_buf *out)
{
    return osl_region_is_frequent(postings->df, field->ordinal_count,
                                  field->positions)
               ? write_frequent(writer, field, postings, total, forms, out)
               : write_rare(writer, field, postings, total, forms, out);
}

/* ---- a packed region is sliced ------------------------------------------ */

/* What each block has beyond a byte an occurrence; *at moves behind them. */
static bool get_extras(osl_region_writer *writer,
                       const osl_term_postings *postings, const uint8_t **at,
                       const uint8_t *end)
{
    uint32_t next;
    for (uint32_t i = 0; i < postings->df; i = next) {
        uint64_t extra = 0;
        next = this_chunk_end(postings->ordinals, postings->df, i);
        if (!osl_varint_get(at, end, &extra) || extra > UINT32_MAX)
            return false;
        osl_buf_put32(&writer->extras, (uint32_t)extra);
    }
    return true;
}

osl_status osl_region_slice(osl_region_writer *writer,
                            const osl_region_field *field,
                            const osl_packed *packed, osl_buf *out,
                            osl_slices *slices)
{
    /* A posting takes at least one bit, so a spoilt df asks for no memory. */
    if (packed->df / 8 > packed->bytes)
        return OSL_ECORRUPT;
    reset(writer);
    if (!osl_grow(&writer->decoded, &writer->decoded_capacity,
                  2 * (size_t)packed->df, sizeof *writer->decoded))
        return OSL_ENOMEM;
    uint32_t *ordinals = writer->decoded, *tfs = ordinals + packed->df;
    osl_rare list = {.df = packed->df,
                     .ordinal_count = field->ordinal_count,
                     .cf = packed->cf,
                     .rice = field->kernels->rice};
    size_t used;
    if (!osl_rare_read(packed->region, packed->bytes, &list, ordinals, tfs,
                       &used) ||
        (list.forms && !field->dense) ||
        (list.side && (!field->positions || field->dense)))
        return OSL_ECORRUPT;
    const osl_term_postings postings = {
        .ordinals = ordinals, .tfs = tfs, .df = packed->df};
    const uint8_t *at = packed->region + used;
    if (list.side &&
        !get_extras(writer, &postings, &at, packed->region + packed->bytes))
        return OSL_ECORRUPT;
    if (writer->extras.failed)
        return OSL_ENOMEM;
    slices->blocks = (size_t)(at - packed->region);
    slices->forms = list.forms;
    osl_status status = put_slices(writer, field, &postings, packed->cf, out);
    return status == OSL_OK && out->failed ? OSL_ENOMEM : status;
}

/* ---- positions in bits become blocks ------------------------------------ */

/* A stream, and the forms before it, as they are gone along. */
typedef struct dense_reader {
    const osl_dense *of;
    osl_position_stream stream;
    osl_forms_reader forms; /* where of->forms says so; else all are 0 */
    uint64_t done;          /* occurrences */
} dense_reader;

static bool begin_dense(dense_reader *reader, const osl_dense *of)
{
    size_t forms = 0;
    if (of->forms) {
        forms =
            osl_forms_open_bits(&reader->forms, of->bytes, of->length, of->cf);
        if (forms == 0)
            return false;
    }
    reader->of = of;
    reader->stream = (osl_position_stream){of->bytes + forms, 0,
                                           (uint64_t)(of->length - forms) * 8};
    reader->done = 0;
    return true;
}

/* Whether tfs are within the lengths of their ordinals. */
static bool have_room(const osl_dense *of, const uint32_t *ordinals,
                      const uint32_t *tfs, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (tfs[i] > osl_length_most(of->codes[ordinals[i]]))
            return false;
    return true;
}

/* The next `count` postings, whose occurrences are `total`. */
static osl_status read_dense(dense_reader *reader, osl_region_writer *writer,
                             const uint32_t *ordinals, const uint32_t *tfs,
                             uint32_t count, uint64_t total)
{
    /* A tf asks for memory before its positions are read: of many, none is to
     * be more than a text can have. */
    enum { MANY = 256 };
    if (total > reader->of->cf - reader->done ||
        (total / MANY > count && !have_room(reader->of, ordinals, tfs, count)))
        return OSL_ECORRUPT;
    if (!osl_grow(&writer->occurrences, &writer->occurrences_capacity,
                  2 * (size_t)total, sizeof *writer->occurrences))
        return OSL_ENOMEM;
    if (!osl_positions_read_bits(&reader->stream, ordinals, tfs, count,
                                 reader->of->codes, writer->occurrences))
        return OSL_ECORRUPT;
    if (reader->of->forms && !osl_forms_take_bits(&reader->forms, total,
                                                  writer->occurrences + total))
        return OSL_ECORRUPT;
    reader->done += total;
    return OSL_OK;
}

/* What a chunk's block has beside its low bytes goes apart. */
static void put_apart(osl_region_writer *writer,
                      const osl_positions_input *input, const uint32_t *forms)
{
    bool side = osl_positions_need_side(input);
    if (forms && are_zero(forms, input->total))
        forms = NULL;
    writer->has_extras |= side || forms;
    if (side || forms)
        osl_buf_put_byte(&writer->apart,
                         (uint8_t)((side ? OSL_APART_SIDE : 0) |
                                   (forms ? OSL_APART_FORMS : 0)));
    if (forms)
        osl_forms_write_block(&writer->apart, forms, input->total);
    if (side)
        osl_positions_write_side(&writer->apart, input);
}

static osl_status unpack_chunk(dense_reader *reader, osl_region_writer *writer,
                               const osl_postings *postings, uint32_t c)
{
    uint32_t ordinals[OSL_CHUNK_SIZE], tfs[OSL_CHUNK_SIZE];
    const uint8_t *header = osl_postings_header(postings, c);
    uint32_t count = osl_chunk_count(header);
    osl_chunk chunk = osl_postings_chunk(postings, header);
    if (count == 0)
        return OSL_OK;
    osl_chunk_decode(&chunk, c * OSL_CHUNK_SIZE, ordinals, tfs);
    uint64_t total = sum_of(tfs, count);
    osl_status status = read_dense(reader, writer, ordinals, tfs, count, total);
    if (status != OSL_OK)
        return status;
    const osl_positions_input block = {writer->occurrences, tfs, count, total};
    osl_positions_write_low(&writer->positions, &block);
    put_apart(writer, &block,
              reader->of->forms ? writer->occurrences + total : NULL);
    return writer->apart.length <= UINT32_MAX ? OSL_OK : OSL_ELIMIT;
}

osl_status osl_region_unpack(osl_region_writer *writer, const osl_dense *of,
                             const osl_postings *postings, bool *apart)
{
    dense_reader reader;
    osl_status status = OSL_OK;
    reset(writer);
    if (!begin_dense(&reader, of))
        return OSL_ECORRUPT;
    for (uint32_t c = 0; c < postings->chunk_count && status == OSL_OK; c++) {
        osl_buf_put32(&writer->extras, (uint32_t)writer->apart.length);
        status = unpack_chunk(&reader, writer, postings, c);
    }
    if (status == OSL_OK && writer->positions.length != of->cf)
        status = OSL_ECORRUPT;
    osl_buf_put32(&writer->extras, (uint32_t)writer->apart.length);
    *apart = writer->has_extras;
    if (*apart) {
        osl_buf_align(&writer->positions, 4);
        osl_buf_put_text(&writer->positions, osl_buf_text(&writer->extras));
        osl_buf_put_text(&writer->positions, osl_buf_text(&writer->apart));
    }
    if (writer->positions.failed || writer->extras.failed ||
        writer->apart.failed)
        return OSL_ENOMEM;
    return status;
}

osl_status osl_region_unpack_list(osl_region_writer *writer,
                                  const osl_dense *of, const uint32_t *ordinals,
                                  const uint32_t *tfs, uint32_t df, bool *side)
{
    dense_reader reader;
    osl_buf *block = &writer->positions;
    reset(writer);
    if (!begin_dense(&reader, of))
        return OSL_ECORRUPT;
    osl_status status = read_dense(&reader, writer, ordinals, tfs, df, of->cf);
    if (status != OSL_OK)
        return status;
    const osl_positions_input input = {writer->occurrences, tfs, df, of->cf};
    *side = osl_positions_need_side(&input);
    osl_positions_write_low(block, &input);
    if (of->forms)
        osl_forms_write_block(block, writer->occurrences + of->cf, of->cf);
    if (*side)
        osl_positions_write_side(block, &input);
    return block->failed ? OSL_ENOMEM : OSL_OK;
}
