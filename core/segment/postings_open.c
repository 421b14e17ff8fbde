/* SPDX-License-Identifier: MIT
 *
 * A term's region is opened: where its streams are, whether they are sound (of
 * a frequent term once in the segment's life), and a rare term's list. */
#include "core/segment/best.h"
#include "core/segment/packed.h"
#include "core/segment/postings.h"
#include "core/segment/rare.h"
#include "core/segment/region.h"
#include "core/segment/shape.h"

#include <string.h>

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

/* A byte of each occurrence at least, or, where they are in bits, a position of
 * an ordinal: so a spoilt cf, or a tf that is no more, asks for no memory. */
static bool has_occurrences(const osl_postings *of)
{
    const osl_segment *segment = of->segment;
    return !has_positions(of) ||
           of->cf <= (of->blocks ? segment->info.fields[of->field].total_length
                                 : of->positions_bytes);
}

/* Bytes of the list of the best. */
static size_t best_bytes(const osl_postings *of)
{
    return osl_best_bytes(of->best_count, of->ordinal_count);
}

bool osl_postings_place_streams(osl_postings *of, const uint8_t *region,
                                uint64_t bytes, uint64_t *end)
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
    *end = payload + osl_chunk_payload(last);
    of->best = best ? region : NULL;
    of->headers = region + best;
    of->bounds = region + headers;
    of->counts = of->bounds + ranges;
    of->payload = region + payload;
    of->high = NULL;
    if (has_positions(of) && of->cf > UINT32_MAX) {
        of->high = region + *end;
        *end += ((uint64_t)of->chunk_count + 1) * 4;
    }
    return *end <= bytes;
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

static osl_status open_sliced(osl_postings *of, const osl_term_info *info,
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
        !osl_postings_place_streams(of, section->bytes + info->offset,
                                    info->bytes, &ranked))
        return osl_postings_spoilt(of, err);
    of->positions = info->offset + ranked;
    of->positions_bytes = info->bytes - ranked;
    if (!has_occurrences(of))
        return osl_postings_spoilt(of, err);
    status = osl_segment_touch(of->segment, section, info->offset, ranked, err);
    if (status == OSL_OK)
        status = check_once(of, info->offset, err);
    return status;
}

/* `arena`: of who goes through all terms, else NULL. */
static osl_status open_frequent(osl_postings *of, const osl_term_info *info,
                                osl_arena *arena, osl_error *err)
{
    if (of->df >= of->segment->fields[of->field].sliced_from)
        return open_sliced(of, info, err);
    return arena ? osl_packed_open_once(of, info, arena, err)
                 : osl_packed_open(of, info, err);
}

bool osl_postings_view(osl_postings *out, const uint8_t *region,
                       const osl_term_info *info, uint32_t ordinal_count)
{
    uint64_t end;
    *out = (osl_postings){
        .df = info->df,
        .cf = info->cf,
        .field = OSL_FIELD_TEXT,
        .ordinal_count = ordinal_count,
        .chunk_count =
            (uint32_t)(((uint64_t)ordinal_count + OSL_CHUNK_SIZE - 1) /
                       OSL_CHUNK_SIZE),
        .best_count = osl_best_count(info->df, ordinal_count, true)};
    return osl_postings_place_streams(out, region, info->bytes, &end);
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

/* Where what is made of positions in bits is to be, of this term. */
static osl_status begin_blocks(osl_postings *of, osl_arena *arena,
                               osl_error *err)
{
    if (!osl_region_is_dense(of->df, of->segment->fields[of->field].dense))
        return OSL_OK;
    of->blocks = osl_arena_zero(arena, 1, sizeof *of->blocks);
    if (!of->blocks)
        return osl_fail(err, OSL_ENOMEM, "out of memory while opening a term");
    of->blocks->arena = arena;
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
    osl_status status = begin_blocks(of, arena, err);
    if (status == OSL_OK)
        status = read_rare(of, info, ordinals, tfs, err);
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
    of->region = info->offset;
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
    if (info->df < segment->fields[field].sliced_from) {
        osl_packed_fetch(segment, field, info);
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
                 ? open_frequent(of, info, NULL, err)
                 : open_rare(of, info, arena, err);
    if (status == OSL_OK)
        *out = of;
    return status;
}

/* A list where the term is rare; `held`: what is sliced is the segment's from
 * then on. */
static osl_status open_any(osl_postings *of, const osl_term_info *info,
                           bool held, osl_arena *arena, osl_error *err)
{
    uint32_t *tfs;
    return osl_region_is_frequent(info->df, of->ordinal_count,
                                  has_positions(of))
               ? open_frequent(of, info, held ? NULL : arena, err)
               : open_list(of, info, &tfs, arena, err);
}

osl_status osl_postings_open_list(const osl_postings **out,
                                  const osl_segment *segment, osl_field field,
                                  const osl_term_info *info, osl_arena *arena,
                                  osl_error *err)
{
    osl_postings *of;
    osl_status status = begin_open(&of, segment, field, info, arena, err);
    if (status == OSL_OK)
        status = open_any(of, info, true, arena, err);
    if (status == OSL_OK)
        *out = of;
    return status;
}

osl_status osl_postings_open_once(const osl_postings **out,
                                  const osl_segment *segment, osl_field field,
                                  const osl_term_info *info, osl_arena *arena,
                                  osl_error *err)
{
    osl_postings *of;
    osl_status status = begin_open(&of, segment, field, info, arena, err);
    if (status == OSL_OK)
        status = open_any(of, info, false, arena, err);
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
