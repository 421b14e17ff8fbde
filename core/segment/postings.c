/* SPDX-License-Identifier: MIT */
#include "core/segment/postings.h"

#include "core/segment/best.h"
#include "core/segment/rare.h"
#include "core/segment/region.h"
#include "core/segment/shape.h"

#include <string.h>

const uint8_t osl_chunk_none[OSL_CHUNK_HEADER];

enum { PADDING = 64 };
/* What a block's total says beside it. */
#define HAS_FORMS ((uint32_t)1 << 30)
#define HAS_SIDE  ((uint32_t)1 << 31)

/* ---- writing ----------------------------------------------------------- */

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
                                              (side ? HAS_SIDE : 0) |
                                              (forms ? HAS_FORMS : 0));
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
        if (field->positions && block.total >= HAS_FORMS)
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

/* ---- opening: frequent terms ------------------------------------------- */

osl_status osl_postings_spoilt(const osl_postings *of, osl_error *err)
{
    return osl_segment_spoilt(of->segment,
                              &of->segment->fields[of->field].postings,
                              "postings that contradict themselves", err);
}

static bool has_positions(const osl_postings *of)
{
    return of->field != OSL_FIELD_PAIR;
}

/* A byte of each occurrence at least: so a spoilt cf, or a tf that is no more,
 * asks for no memory. */
static bool has_occurrences(const osl_postings *of)
{
    return !has_positions(of) || of->cf <= of->positions_bytes;
}

/* Bytes of the list of the best. */
static size_t best_bytes(const osl_postings *of)
{
    return osl_best_bytes(of->best_count, of->ordinal_count);
}

/* Where the streams of a frequent term begin and end, of a region of `bytes`
 * that starts at `region`. False where they leave it. */
static bool place_streams(osl_postings *of, const uint8_t *region,
                          uint64_t offset, uint64_t bytes, uint64_t *ranked)
{
    uint64_t best = best_bytes(of);
    uint64_t headers =
        best + ((uint64_t)of->chunk_count + 1) * OSL_CHUNK_HEADER;
    if (bytes < headers)
        return false;
    const uint8_t *last = region + headers - OSL_CHUNK_HEADER;
    uint64_t ranges = osl_chunk_rank(last);
    uint64_t payload = headers + 2 * ranges;
    payload =
        (payload + OSL_REGION_ALIGN - 1) / OSL_REGION_ALIGN * OSL_REGION_ALIGN;
    uint64_t end = payload + osl_chunk_payload(last);
    of->best = best ? region : NULL;
    of->headers = region + best;
    of->bounds = region + headers;
    of->counts = of->bounds + ranges;
    of->payload = region + payload;
    of->high = NULL;
    if (has_positions(of) && of->cf > UINT32_MAX) {
        of->high = region + end;
        end += ((uint64_t)of->chunk_count + 1) * 4;
    }
    *ranked = end;
    if (end > bytes)
        return false;
    of->positions = offset + end;
    of->positions_bytes = bytes - end;
    return has_occurrences(of);
}

/* One chunk against the next one's offsets. */
static bool chunk_is_sound(const osl_postings *of, uint32_t c)
{
    const uint8_t *header = of->headers + (size_t)c * OSL_CHUNK_HEADER;
    const uint8_t *next = header + OSL_CHUNK_HEADER;
    uint32_t ranges = osl_chunk_rank(next) - osl_chunk_rank(header);
    uint32_t payload = osl_chunk_payload(next) - osl_chunk_payload(header);
    if (osl_chunk_rank(next) < osl_chunk_rank(header) ||
        osl_chunk_payload(next) < osl_chunk_payload(header))
        return false;
    if (osl_chunk_count(header) == 0)
        return osl_chunk_mask(header) == 0 && ranges == 0 &&
               osl_chunk_flags(header) == 0;
    uint32_t left = of->ordinal_count - c * OSL_CHUNK_SIZE;
    osl_chunk chunk = osl_postings_chunk(of, header);
    bool dense = osl_chunk_flags(header) & OSL_CHUNK_DENSE;
    if (dense && osl_chunk_payload(header) % OSL_REGION_ALIGN)
        return false;
    const osl_chunk_limits limits = {
        payload, ranges, left < OSL_CHUNK_SIZE ? left : OSL_CHUNK_SIZE, of->cf};
    return osl_chunk_is_sound(&chunk, &limits);
}

/* Whether entry `n` is a posting of the term. */
static bool is_posting(const osl_postings *of, unsigned n)
{
    osl_best_entry entry =
        osl_best_get(of->best, osl_best_width(of->ordinal_count), n);
    if (entry.ordinal >= of->ordinal_count)
        return false;
    osl_chunk chunk = osl_postings_chunk(
        of, osl_postings_header(of, entry.ordinal / OSL_CHUNK_SIZE));
    unsigned start = 0;
    uint64_t bit = (uint64_t)1 << (entry.ordinal & 63);
    uint64_t word =
        osl_chunk_word(&chunk, entry.ordinal / OSL_RANGE_SIZE % 64, &start);
    if (!(word & bit))
        return false;
    uint32_t tf = osl_chunk_tf(
        &chunk, start + (unsigned)__builtin_popcountll(word & (bit - 1)));
    return entry.tf ? tf == entry.tf : tf > OSL_BEST_TF_MORE;
}

/* Whether its chunks have as many postings as the dictionary says. */
static bool has_all(const osl_postings *of)
{
    uint64_t postings = 0;
    const uint8_t *header = of->headers;
    for (uint32_t c = 0; c < of->chunk_count; c++, header += OSL_CHUNK_HEADER)
        postings += osl_chunk_count(header);
    return postings == of->df;
}

static bool region_is_sound(const osl_postings *of)
{
    if (osl_chunk_rank(of->headers) != 0 || osl_chunk_payload(of->headers) != 0)
        return false;
    for (uint32_t c = 0; c < of->chunk_count; c++)
        if (!chunk_is_sound(of, c))
            return false;
    for (unsigned n = 0; n < of->best_count; n++)
        if (!is_posting(of, n))
            return false;
    return has_all(of);
}

static osl_status check_once(const osl_postings *of, uint64_t offset,
                             osl_error *err)
{
    uint64_t *word =
        &of->segment->fields[of->field].checked[offset / OSL_REGION_ALIGN / 64];
    uint64_t bit = (uint64_t)1 << (offset / OSL_REGION_ALIGN % 64);
    /* A spoilt dictionary may give two terms one region: then it was not
     * checked against this one's df. */
    if (__atomic_load_n(word, __ATOMIC_RELAXED) & bit)
        return has_all(of) ? OSL_OK : osl_postings_spoilt(of, err);
    if (!region_is_sound(of))
        return osl_postings_spoilt(of, err);
    (void)__atomic_fetch_or(word, bit, __ATOMIC_RELAXED);
    return OSL_OK;
}

static osl_status open_frequent(osl_postings *of, const osl_term_info *info,
                                osl_error *err)
{
    const osl_section *section = &of->segment->fields[of->field].postings;
    uint64_t headers =
        best_bytes(of) + ((uint64_t)of->chunk_count + 1) * OSL_CHUNK_HEADER;
    uint64_t ranked;
    osl_status status =
        osl_segment_touch(of->segment, section, info->offset, headers, err);
    if (status != OSL_OK)
        return status;
    if (info->offset % OSL_REGION_ALIGN != 0 ||
        info->bytes > section->length - info->offset ||
        !place_streams(of, section->bytes + info->offset, info->offset,
                       info->bytes, &ranked))
        return osl_postings_spoilt(of, err);
    status = osl_segment_touch(of->segment, section, info->offset, ranked, err);
    if (status == OSL_OK)
        status = check_once(of, info->offset, err);
    return status;
}

/* ---- opening: rare terms ----------------------------------------------- */

/* The list of the best, verified, of a region of at least `bytes`: entries are
 * ordinals of the field, that is all. */
static osl_status open_best(osl_postings *of, const osl_term_info *info,
                            uint64_t bytes, osl_error *err)
{
    const osl_section *section = &of->segment->fields[of->field].postings;
    unsigned width = osl_best_width(of->ordinal_count);
    osl_status status =
        osl_segment_touch(of->segment, section, info->offset, bytes, err);
    if (status != OSL_OK || !of->best_count)
        return status;
    if (bytes < best_bytes(of))
        return osl_postings_spoilt(of, err);
    of->best = section->bytes + info->offset;
    for (unsigned n = 0; n < of->best_count; n++)
        if (osl_best_get(of->best, width, n).ordinal >= of->ordinal_count)
            return osl_postings_spoilt(of, err);
    return OSL_OK;
}

/* Verifies a rare term's region; where its postings stand, up to its end. */
static osl_status find_list(osl_postings *of, const osl_term_info *info,
                            osl_text *out, osl_error *err)
{
    const osl_section *section = &of->segment->fields[of->field].postings;
    osl_status status = open_best(of, info, info->bytes, err);
    if (status != OSL_OK)
        return status;
    size_t best = best_bytes(of);
    *out = (osl_text){(const char *)section->bytes + info->offset + best,
                      (size_t)info->bytes - best};
    return OSL_OK;
}

static osl_status read_rare(osl_postings *of, const osl_term_info *info,
                            uint32_t *ordinals, uint32_t *tfs, osl_error *err)
{
    osl_text list;
    osl_status status = find_list(of, info, &list, err);
    if (status != OSL_OK)
        return status;
    osl_rare rare = {.df = of->df,
                     .ordinal_count = of->ordinal_count,
                     .cf = of->cf,
                     .rice = of->segment->kernels->rice};
    size_t used;
    if (!osl_rare_read((const uint8_t *)list.bytes, list.length, &rare,
                       ordinals, tfs, &used))
        return osl_postings_spoilt(of, err);
    of->side = rare.side;
    of->forms = rare.forms;
    of->positions_bytes = list.length - used;
    of->positions = info->offset + info->bytes - of->positions_bytes;
    return has_occurrences(of) ? OSL_OK : osl_postings_spoilt(of, err);
}

/* The list of a rare term: ordinals and occurrences before each. */
static osl_status open_list(osl_postings *of, const osl_term_info *info,
                            uint32_t **decoded, osl_arena *arena,
                            osl_error *err)
{
    /* A posting takes at least one bit, so a spoilt df asks for no memory. */
    if (of->df / 8 > info->bytes)
        return osl_postings_spoilt(of, err);
    uint32_t *ordinals = osl_arena_take(arena, (size_t)of->df * 4);
    uint32_t *tfs = osl_arena_take(arena, (size_t)of->df * 4);
    uint32_t *starts = osl_arena_take(arena, ((size_t)of->df + 1) * 4);
    if (!ordinals || !tfs || !starts)
        return osl_fail(err, OSL_ENOMEM, "out of memory while opening a term");
    osl_status status = read_rare(of, info, ordinals, tfs, err);
    if (status != OSL_OK)
        return status;
    if (has_positions(of) && of->cf > UINT32_MAX)
        return osl_postings_spoilt(of, err);
    starts[0] = 0;
    for (uint32_t i = 0; i < of->df; i++)
        starts[i + 1] = starts[i] + tfs[i];
    of->ordinals = ordinals;
    of->starts = starts;
    *decoded = tfs;
    return OSL_OK;
}

/* Brings a list into the shape that a frequent term has on disk. */
static osl_status shape_list(osl_postings *of, const uint32_t *tfs,
                             osl_arena *arena, osl_error *err)
{
    const uint8_t *codes;
    osl_status status =
        osl_segment_length_codes(of->segment, of->field, &codes, err);
    if (status == OSL_OK && !osl_shape_list(of, tfs, codes, arena))
        return osl_fail(err, OSL_ENOMEM, "out of memory while opening a term");
    return status;
}

static osl_status open_rare(osl_postings *of, const osl_term_info *info,
                            osl_arena *arena, osl_error *err)
{
    uint32_t *tfs;
    osl_status status = open_list(of, info, &tfs, arena, err);
    return status == OSL_OK ? shape_list(of, tfs, arena, err) : status;
}

/* What opening a term begins with, rare or not. */
static osl_status begin_open(osl_postings **out, const osl_segment *segment,
                             osl_field field, const osl_term_info *info,
                             osl_arena *arena, osl_error *err)
{
    uint32_t ordinal_count = segment->info.fields[field].ordinal_count;
    osl_postings *of = osl_arena_zero(arena, 1, sizeof *of);
    if (!of)
        return osl_fail(err, OSL_ENOMEM, "out of memory while opening a term");
    of->segment = segment;
    of->field = field;
    of->ordinal_count = ordinal_count;
    of->chunk_count =
        (uint32_t)(((uint64_t)ordinal_count + OSL_CHUNK_SIZE - 1) /
                   OSL_CHUNK_SIZE);
    of->df = info->df;
    of->cf = info->cf;
    of->best_count = osl_best_count(info->df, ordinal_count, has_positions(of));
    if (info->df == 0 || info->df > ordinal_count || info->cf < info->df)
        return osl_postings_spoilt(of, err);
    *out = of;
    return OSL_OK;
}

void osl_postings_fetch(const osl_segment *segment, osl_field field,
                        const osl_term_info *info)
{
    enum { LINE = 64 };
    const osl_section *section = &segment->fields[field].postings;
    uint32_t ordinals = segment->info.fields[field].ordinal_count;
    bool positions = field != OSL_FIELD_PAIR;
    if (info->df == 0 || info->offset > section->length)
        return;
    const uint8_t *region = section->bytes + info->offset;
    __builtin_prefetch(region);
    if (!osl_region_is_frequent(info->df, ordinals, positions)) {
        __builtin_prefetch(region + LINE);
        return;
    }
    region +=
        osl_best_bytes(osl_best_count(info->df, ordinals, positions), ordinals);
    __builtin_prefetch(region);
    __builtin_prefetch(region + (((size_t)ordinals + OSL_CHUNK_SIZE - 1) /
                                 OSL_CHUNK_SIZE * OSL_CHUNK_HEADER));
}

osl_status osl_postings_open(const osl_postings **out,
                             const osl_segment *segment, osl_field field,
                             const osl_term_info *info, osl_arena *arena,
                             osl_error *err)
{
    osl_postings *of;
    osl_status status = begin_open(&of, segment, field, info, arena, err);
    if (status != OSL_OK)
        return status;
    status = osl_region_is_frequent(info->df, of->ordinal_count,
                                    field != OSL_FIELD_PAIR)
                 ? open_frequent(of, info, err)
                 : open_rare(of, info, arena, err);
    if (status == OSL_OK)
        *out = of;
    return status;
}

osl_status osl_postings_open_list(const osl_postings **out,
                                  const osl_segment *segment, osl_field field,
                                  const osl_term_info *info, osl_arena *arena,
                                  osl_error *err)
{
    osl_postings *of;
    uint32_t *tfs;
    if (osl_region_is_frequent(info->df,
                               segment->info.fields[field].ordinal_count,
                               field != OSL_FIELD_PAIR))
        return osl_postings_open(out, segment, field, info, arena, err);
    osl_status status = begin_open(&of, segment, field, info, arena, err);
    if (status == OSL_OK)
        status = open_list(of, info, &tfs, arena, err);
    if (status == OSL_OK)
        *out = of;
    return status;
}

static osl_status read_ordinals(osl_postings *of, const osl_term_info *info,
                                osl_arena *arena, osl_error *err)
{
    osl_text list;
    /* A posting takes at least one bit, so a spoilt df asks for no memory. */
    if (of->df / 8 > info->bytes)
        return osl_postings_spoilt(of, err);
    uint32_t *ordinals = osl_arena_take(arena, (size_t)of->df * 4);
    if (!ordinals)
        return osl_fail(err, OSL_ENOMEM, "out of memory while opening a term");
    osl_status status = find_list(of, info, &list, err);
    if (status != OSL_OK)
        return status;
    osl_rare rare = {.df = of->df,
                     .ordinal_count = of->ordinal_count,
                     .cf = of->cf,
                     .rice = of->segment->kernels->rice};
    if (!osl_rare_read_ordinals((const uint8_t *)list.bytes, list.length, &rare,
                                ordinals))
        return osl_postings_spoilt(of, err);
    of->ordinals = ordinals;
    return OSL_OK;
}

osl_status osl_postings_open_ordinals(const osl_postings **out,
                                      const osl_segment *segment,
                                      osl_field field,
                                      const osl_term_info *info,
                                      osl_arena *arena, osl_error *err)
{
    osl_postings *of;
    if (osl_region_is_frequent(info->df,
                               segment->info.fields[field].ordinal_count,
                               field != OSL_FIELD_PAIR))
        return osl_postings_open(out, segment, field, info, arena, err);
    osl_status status = begin_open(&of, segment, field, info, arena, err);
    if (status == OSL_OK)
        status = read_ordinals(of, info, arena, err);
    if (status == OSL_OK)
        *out = of;
    return status;
}

osl_status osl_postings_open_best(const osl_postings **out,
                                  const osl_segment *segment, osl_field field,
                                  const osl_term_info *info, osl_arena *arena,
                                  osl_error *err)
{
    osl_postings *of;
    osl_status status = begin_open(&of, segment, field, info, arena, err);
    *out = NULL;
    if (status != OSL_OK || of->best_count != OSL_BEST_SHORT)
        return status;
    status = open_best(of, info, best_bytes(of), err);
    if (status == OSL_OK)
        *out = of;
    return status;
}

osl_status osl_postings_make(const osl_postings **out,
                             const osl_segment *segment, osl_field field,
                             const osl_listed *list, osl_arena *arena,
                             osl_error *err)
{
    const osl_term_info info = {.df = list->df, .cf = list->df};
    osl_postings *of;
    osl_status status = begin_open(&of, segment, field, &info, arena, err);
    if (status != OSL_OK)
        return status;
    of->ordinals = list->ordinals;
    of->best_count = 0;
    *out = of;
    return shape_list(of, list->tfs, arena, err);
}

osl_status osl_postings_make_list(const osl_postings **out,
                                  const osl_segment *segment, osl_field field,
                                  const osl_listed *list, osl_arena *arena,
                                  osl_error *err)
{
    const osl_term_info info = {.df = list->df, .cf = list->df};
    osl_postings *of;
    if (osl_region_is_frequent(list->df,
                               segment->info.fields[field].ordinal_count,
                               field != OSL_FIELD_PAIR))
        return osl_postings_make(out, segment, field, list, arena, err);
    osl_status status = begin_open(&of, segment, field, &info, arena, err);
    uint32_t *starts =
        osl_arena_take(arena, ((size_t)list->df + 1) * sizeof *starts);
    if (status != OSL_OK)
        return status;
    if (!starts)
        return osl_fail(err, OSL_ENOMEM, "out of memory while opening a term");
    starts[0] = 0;
    for (uint32_t i = 0; i < list->df; i++)
        starts[i + 1] = starts[i] + list->tfs[i];
    of->ordinals = list->ordinals;
    of->starts = starts;
    of->best_count = 0;
    *out = of;
    return OSL_OK;
}

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
        kernels->sparse_or(words, ranges, at.counts, at.payload);
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

static osl_status find_rare(const osl_postings *of, uint32_t ordinal,
                            posting_place *out, osl_error *err)
{
    uint32_t place = osl_postings_place(of, ordinal);
    if (place == of->df)
        return absent(of, ordinal, err);
    out->place = place;
    out->before = of->starts[place];
    out->tf = of->starts[place + 1] - of->starts[place];
    const osl_section *section = &of->segment->fields[of->field].postings;
    if (!osl_occurrences_open(&out->block, section->bytes + of->positions,
                              (size_t)of->positions_bytes, of->cf, of->forms,
                              of->side))
        return osl_postings_spoilt(of, err);
    return OSL_OK;
}

static uint64_t block_start(const osl_postings *of, uint32_t chunk)
{
    const uint8_t *header = of->headers + (size_t)chunk * OSL_CHUNK_HEADER;
    uint64_t start = osl_chunk_positions(header);
    if (of->high)
        start |= (uint64_t)osl_get32(of->high + (size_t)chunk * 4) << 32;
    return start;
}

osl_status osl_postings_open_block(const osl_postings *of, uint32_t chunk,
                                   osl_occurrences *out, osl_error *err)
{
    const osl_section *section = &of->segment->fields[of->field].postings;
    uint64_t start = block_start(of, chunk), end = block_start(of, chunk + 1);
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
        side = total & HAS_SIDE;
        forms = total & HAS_FORMS;
        total &= HAS_FORMS - 1;
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
    const osl_section *section =
        &postings->segment->fields[postings->field].postings;
    if (postings->ordinals) {
        *low = section->bytes + postings->positions;
        *total = postings->cf;
        return postings->cf <= postings->positions_bytes
                   ? OSL_OK
                   : osl_postings_spoilt(postings, err);
    }
    osl_occurrences block;
    osl_status status = osl_postings_open_block(postings, chunk, &block, err);
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
    if (!has_positions(of))
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
