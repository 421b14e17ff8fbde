/* SPDX-License-Identifier: MIT
 *
 * Most chunks of a rare term have a handful of postings, so that what a chunk
 * costs is what shaping costs: sliced one by one, they took 35 cycles a posting,
 * and take 15. Where all chunks are sparse, the postings are gone through once,
 * whatever chunk and range they are in, without a branch on either. */
#include "core/segment/shape.h"

#include "core/segment/region.h"

#include <string.h>

enum {
    PADDING = 64,
    DIRECT_MAX = 256, /* chunks that have a header each, if only of zeroes */
    EXCEPTION = 4     /* least tf that a sparse posting does not say */
};

/* Room for the streams. */
typedef struct streams {
    uint8_t *headers, *bounds, *counts, *payload;
    uint8_t *each;  /* bound of each posting */
    uint8_t *codes; /* of each, what a sparse chunk has of it */
    uint32_t *exceptions;
    struct run *runs; /* a chunk each */
    uint64_t *present;
    uint32_t *ranks;
    size_t header_count, range_count, payload_bytes, exception_count;
    bool direct; /* the chunk's number is its header's */
} streams;

/* A sparse chunk, as the list is gone through. */
typedef struct run {
    uint64_t mask;
    uint32_t end, range_end; /* of the list's postings and ranges */
    uint32_t bound;
} run;

static uint32_t count_chunks(const uint32_t *ordinals, uint32_t df)
{
    uint32_t count = 1;
    for (uint32_t i = 1; i < df; i++)
        count +=
            ordinals[i] / OSL_CHUNK_SIZE != ordinals[i - 1] / OSL_CHUNK_SIZE;
    return count;
}

static bool take_streams(streams *out, const osl_postings *of, osl_arena *arena)
{
    size_t chunks = count_chunks(of->ordinals, of->df);
    out->direct =
        of->chunk_count <= DIRECT_MAX || of->chunk_count <= 2 * chunks;
    size_t words = out->direct ? 0 : (size_t)of->chunk_count / 64 + 1;
    /* Seven bytes a posting at most, a head and a unit a chunk, and what dense
     * chunks have before their planes. */
    size_t payload = (size_t)of->df * 7 + chunks * 2 +
                     ((size_t)of->df / OSL_CHUNK_DENSE_MIN) *
                         (OSL_CHUNK_HEAD_MAX + OSL_REGION_ALIGN) +
                     OSL_REGION_ALIGN;
    size_t headers =
        ((out->direct ? of->chunk_count : chunks) + 1) * OSL_CHUNK_HEADER;
    size_t ranges = (size_t)of->df + 64 + PADDING;
    uint8_t *at = osl_arena_take(arena, words * 12 + headers + 4 * ranges +
                                            payload + PADDING);
    out->runs = osl_arena_take(arena, chunks * sizeof *out->runs);
    out->exceptions =
        osl_arena_take(arena, (size_t)of->df * sizeof *out->exceptions);
    if (!at || !out->runs || !out->exceptions)
        return false;
    memset(at, 0, words * 12 + (out->direct ? headers : 0));
    out->present = (uint64_t *)(void *)at;
    out->ranks = (uint32_t *)(void *)(at + words * 8);
    out->headers = at + words * 12;
    out->bounds = out->headers + headers;
    out->counts = out->bounds + ranges;
    out->each = out->counts + ranges;
    out->codes = out->each + ranges;
    out->payload = out->codes + ranges;
    out->payload += -(uintptr_t)out->payload % OSL_REGION_ALIGN;
    out->header_count = out->range_count = out->payload_bytes = 0;
    out->exception_count = 0;
    return true;
}

static uint8_t *header_of(const streams *to, uint32_t chunk)
{
    size_t at = to->direct ? chunk : to->header_count;
    return to->headers + at * OSL_CHUNK_HEADER;
}

/* ---- chunk by chunk ----------------------------------------------------- */

static void shape_chunk(streams *to, const osl_chunk_input *input,
                        uint32_t place)
{
    bool dense = input->count >= OSL_CHUNK_DENSE_MIN;
    size_t align = dense ? OSL_REGION_ALIGN : 1;
    to->payload_bytes = (to->payload_bytes + align - 1) / align * align;
    uint8_t *header = header_of(to, input->ordinals[0] / OSL_CHUNK_SIZE);
    osl_chunk_output output = {.header = header,
                               .bounds = to->bounds + to->range_count,
                               .counts = to->counts + to->range_count,
                               .payload = to->payload + to->payload_bytes};
    osl_chunk_write(input, &output);
    osl_chunk_place(header, (uint32_t)to->payload_bytes,
                    (uint32_t)to->range_count, place);
    to->header_count++;
    to->range_count += output.range_count;
    to->payload_bytes += output.payload_bytes;
}

static void shape_chunks(streams *to, const osl_postings *of,
                         const uint32_t *tfs)
{
    uint32_t next;
    for (uint32_t at = 0; at < of->df; at = next) {
        uint32_t chunk = of->ordinals[at] / OSL_CHUNK_SIZE;
        next = at + 1;
        while (next < of->df && of->ordinals[next] / OSL_CHUNK_SIZE == chunk)
            next++;
        osl_chunk_input input = {of->ordinals + at,
                                 tfs + at,
                                 next - at,
                                 to->each + at,
                                 of->field != OSL_FIELD_PAIR,
                                 of->segment->kernels->slice};
        shape_chunk(to, &input, at);
    }
}

/* ---- posting by posting ------------------------------------------------- */

static bool has_dense(const osl_postings *of)
{
    const uint32_t *ordinals = of->ordinals;
    uint32_t any = 0;
    for (uint32_t i = OSL_CHUNK_DENSE_MIN - 1; i < of->df; i++)
        any |= ordinals[i] / OSL_CHUNK_SIZE ==
               ordinals[i - (OSL_CHUNK_DENSE_MIN - 1)] / OSL_CHUNK_SIZE;
    return any != 0;
}

/* All ones, or none where `is`: what is and-ed to it is kept, or begun anew. A
 * choice would become a branch. */
static inline uint64_t keep_unless(bool is)
{
    return (uint64_t)is - 1;
}

static inline uint32_t greater(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* Ranges and runs. Everything is stored anew with each posting, so that nothing
 * depends on which is the last one. */
static void shape_postings(streams *to, const osl_postings *of,
                           const uint32_t *tfs)
{
    const uint32_t *ordinals = of->ordinals, df = of->df;
    const uint8_t *each = to->each;
    uint8_t *bounds = to->bounds, *counts = to->counts, *codes = to->codes;
    uint32_t last = ordinals[0] / 64, bound = 0, count = 0, most = 0;
    uint32_t exceptions = 0;
    uint64_t mask = 0;
    size_t range_at = 0;
    run *at = to->runs;
    for (uint32_t i = 0; i < df; i++) {
        uint32_t ordinal = ordinals[i], range = ordinal / 64, tf = tfs[i];
        bool new_range = range != last, new_chunk = (range ^ last) >= 64;
        uint32_t keep_range = (uint32_t)keep_unless(new_range);
        uint64_t keep_chunk = keep_unless(new_chunk);
        last = range;
        at += new_chunk;
        range_at += new_range;
        bound = greater(bound & keep_range, each[i]);
        count = (count & keep_range) + 1;
        most = greater(most & (uint32_t)keep_chunk, each[i]);
        mask = (mask & keep_chunk) | (uint64_t)1 << (range % 64);
        if (__builtin_expect(tf >= EXCEPTION, 0)) {
            to->exceptions[exceptions++] = i;
            tf = EXCEPTION;
        }
        bounds[range_at] = (uint8_t)bound;
        counts[range_at] = (uint8_t)count;
        codes[i] = (uint8_t)(ordinal % 64 | (tf - 1) << 6);
        at->mask = mask;
        at->end = i + 1;
        at->range_end = (uint32_t)range_at + 1;
        at->bound = most;
    }
    to->exception_count = exceptions;
    to->header_count = (size_t)(at - to->runs) + 1;
}

/* Copies a sparse chunk's codes, up to 63 bytes more. */
static void copy_codes(uint8_t *to, const uint8_t *codes, uint32_t count)
{
    enum { STEP = 64 };
    for (uint32_t i = 0; i < count; i += STEP)
        memcpy(to + i, codes + i, STEP);
}

/* Some of the exceptions, all of a chunk whose postings begin at `place`, as
 * chunk.h draws them; returns the bytes. */
static size_t put_exceptions(uint8_t *to, const uint32_t *exceptions,
                             size_t count, const uint32_t *tfs, uint32_t place)
{
    uint8_t *index = to + 2, *small = index + count, *wide = small + count;
    to[0] = (uint8_t)count;
    for (size_t i = 0; i < count; i++) {
        uint32_t tf = tfs[exceptions[i]];
        index[i] = (uint8_t)(exceptions[i] - place);
        small[i] = (uint8_t)(tf < 255 ? tf : 255);
        if (tf >= 255) {
            osl_put32(wide, tf);
            wide += 4;
        }
    }
    to[1] = (uint8_t)((size_t)(wide - (small + count)) / 4);
    return (size_t)(wide - to);
}

/* How many of the exceptions from `first` on are of postings before `end`. */
static size_t exceptions_before(const streams *to, size_t first, uint32_t end)
{
    size_t next = first;
    while (next < to->exception_count && to->exceptions[next] < end)
        next++;
    return next - first;
}

/* Headers and payload. Headers name the place of the chunk's first posting in
 * the list where those of frequent terms have their block of positions. */
static void put_chunks(streams *to, const osl_postings *of, const uint32_t *tfs)
{
    uint32_t place = 0, range = 0;
    size_t first = 0;
    for (size_t i = 0; i < to->header_count; i++) {
        const run *at = &to->runs[i];
        uint32_t chunk = of->ordinals[place] / OSL_CHUNK_SIZE;
        uint32_t count = at->end - place;
        uint8_t *header =
            to->headers + (to->direct ? chunk : i) * OSL_CHUNK_HEADER;
        uint8_t *payload = to->payload + to->payload_bytes;
        size_t exceptions = exceptions_before(to, first, at->end);
        osl_put64(header, at->mask);
        osl_chunk_place(header, (uint32_t)to->payload_bytes, range, place);
        osl_put16(header + 20, (uint16_t)count);
        header[22] = exceptions ? OSL_CHUNK_EXCEPTIONS : 0;
        header[23] = (uint8_t)at->bound;
        copy_codes(payload, to->codes + place, count);
        to->payload_bytes += count;
        if (exceptions)
            to->payload_bytes +=
                put_exceptions(payload + count, to->exceptions + first,
                               exceptions, tfs, place);
        first += exceptions;
        place = at->end;
        range = at->range_end;
    }
    to->range_count = range;
}

/* Which chunks have a header. */
static void put_present(const streams *to, const osl_postings *of)
{
    for (size_t h = 0; h < to->header_count; h++) {
        const uint8_t *header = to->headers + h * OSL_CHUNK_HEADER;
        uint32_t chunk =
            of->ordinals[osl_chunk_positions(header)] / OSL_CHUNK_SIZE;
        to->present[chunk / 64] |= (uint64_t)1 << (chunk % 64);
    }
    uint32_t before = 0;
    for (size_t word = 0; word < (size_t)of->chunk_count / 64 + 1; word++) {
        to->ranks[word] = before;
        before += (uint32_t)osl_popcount(to->present[word]);
    }
}

bool osl_shape_list(osl_postings *of, const uint32_t *tfs, const uint8_t *codes,
                    osl_arena *arena)
{
    streams to;
    if (!take_streams(&to, of, arena))
        return false;
    osl_chunk_bounds(to.each, &of->segment->fields[of->field].bounds, codes,
                     of->ordinals, tfs, of->df);
    if (has_dense(of)) {
        shape_chunks(&to, of, tfs);
    } else {
        shape_postings(&to, of, tfs);
        put_chunks(&to, of, tfs);
    }
    if (!to.direct)
        put_present(&to, of);
    of->headers = to.headers;
    of->bounds = to.bounds;
    of->each = to.each;
    of->counts = to.counts;
    of->payload = to.payload;
    of->present = to.direct ? NULL : to.present;
    of->ranks = to.direct ? NULL : to.ranks;
    return true;
}
