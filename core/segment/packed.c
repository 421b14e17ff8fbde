/* SPDX-License-Identifier: MIT
 *
 * A list a head, of nodes in front of their streams, so that who has found one
 * has the first header in the next lines of memory. Lists only grow; a node is
 * put at the head when all of it is written. */
#include "core/segment/packed.h"

#include <stdlib.h>
#include <string.h>

enum { LINE = 64, READ_BEHIND = 64, HEAD_BITS = 12, HEADS = 1 << HEAD_BITS };

typedef struct osl_packed_region {
    struct osl_packed_region *next;
    uint64_t offset; /* in the postings section */
    osl_postings of; /* as who asks next gets it */
    osl_blocks blocks;
} region;

/* In front of blocks that were made. */
typedef struct unpacked_blocks {
    size_t length;
    bool side;
} unpacked_blocks;

typedef struct osl_packed_room osl_packed_room;

struct osl_packed_held {
    region *heads[HEADS];  /* atomics; owns the lists */
    osl_packed_room *room; /* atomic; owns */
};

enum { HEAD_BYTES = (sizeof(region) + LINE - 1) / LINE * LINE };

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "out of memory while opening a term");
}

uint8_t *osl_packed_copy(osl_arena *arena, size_t head, osl_text streams)
{
    size_t bytes = head + streams.length + READ_BEHIND;
    size_t whole = (bytes + LINE - 1) / LINE * LINE;
    uint8_t *memory = arena ? osl_arena_take(arena, whole + LINE - 1)
                            : aligned_alloc(LINE, whole);
    if (!memory)
        return NULL;
    if (arena)
        memory += -(uintptr_t)memory & (LINE - 1);
    memcpy(memory + head, streams.bytes, streams.length);
    memset(memory + head + streams.length, 0, READ_BEHIND);
    return memory;
}

static region **head_of(const osl_segment *segment, osl_field field,
                        uint64_t offset)
{
    uint64_t mixed = (offset ^ (uint64_t)field << 60) * 0x9E3779B97F4A7C15u;
    return &segment->packed->heads[mixed >> (64 - HEAD_BITS)];
}

static region *find(region *from, const region *until, osl_field field,
                    uint64_t offset)
{
    while (from != until && (from->offset != offset || from->of.field != field))
        from = from->next;
    return from == until ? NULL : from;
}

/* ---- room to work in ---------------------------------------------------- */

struct osl_packed_room {
    osl_region_writer writer;
    osl_buf streams;
    osl_bounds
        bounds; /* those of text, of more tfs than a segment has at hand */
};

/* The segment keeps one, so that what one term has touched the next one has at
 * hand; who finds it taken makes another. */
static osl_packed_room *take_room(const osl_segment *segment)
{
    osl_packed_room *room =
        __atomic_exchange_n(&segment->packed->room, NULL, __ATOMIC_ACQUIRE);
    if (room)
        return room;
    room = calloc(1, sizeof *room);
    const osl_segment_info *info = &segment->info;
    const osl_field_info *text = &info->fields[OSL_FIELD_TEXT];
    if (room)
        osl_bounds_init(&room->bounds, OSL_BOUNDS_TFS, info->k1, info->b,
                        text->total_length, text->ordinal_count);
    return room;
}

static void free_room(osl_packed_room *room)
{
    if (!room)
        return;
    osl_region_clear(&room->writer);
    osl_buf_clear(&room->streams);
    free(room);
}

/* What failed for lack of memory does not fail for ever. */
static void give_room(const osl_segment *segment, osl_packed_room *room,
                      osl_status status)
{
    if (status == OSL_ENOMEM) {
        free_room(room);
        return;
    }
    free_room(
        __atomic_exchange_n(&segment->packed->room, room, __ATOMIC_ACQ_REL));
}

/* ---- slicing ------------------------------------------------------------ */

/* Bytes that the list and what stands between it and the blocks of positions
 * may take: an occurrence has a byte of the blocks at least. */
static osl_status touch_list(const osl_postings *of, const osl_term_info *info,
                             size_t *bytes, osl_error *err)
{
    const osl_segment_field *field = &of->segment->fields[of->field];
    uint64_t least = of->field == OSL_FIELD_PAIR || field->dense ? 0 : of->cf;
    if (least > info->bytes)
        return osl_postings_spoilt(of, err);
    *bytes = (size_t)(info->bytes - least);
    return osl_segment_touch(of->segment, &field->postings, info->offset,
                             *bytes, err);
}

static osl_status slice(const osl_postings *of, const osl_term_info *info,
                        osl_packed_room *room, osl_slices *out, osl_error *err)
{
    const osl_segment *segment = of->segment;
    const uint8_t *codes;
    osl_packed packed = {.cf = of->cf, .df = of->df};
    osl_status status = touch_list(of, info, &packed.bytes, err);
    if (status == OSL_OK)
        status = osl_segment_length_codes(segment, of->field, &codes, err);
    if (status != OSL_OK)
        return status;
    packed.region = segment->fields[of->field].postings.bytes + info->offset;
    const osl_region_field field = {
        .ordinal_count = of->ordinal_count,
        .positions = of->field != OSL_FIELD_PAIR,
        .dense = segment->fields[of->field].dense,
        .codes = codes,
        .bounds = of->field == OSL_FIELD_TEXT
                      ? &room->bounds
                      : &segment->fields[of->field].bounds,
        .kernels = segment->kernels};
    status =
        osl_region_slice(&room->writer, &field, &packed, &room->streams, out);
    if (status == OSL_ENOMEM)
        return no_memory(err);
    return status == OSL_OK ? OSL_OK : osl_postings_spoilt(of, err);
}

/* Where its streams are, and its positions in the packed region. */
static osl_status set_streams(osl_postings *of, const osl_term_info *info,
                              const uint8_t *streams, size_t length,
                              const osl_slices *slices, osl_error *err)
{
    uint64_t end, most;
    if (!osl_postings_place_streams(of, streams, length, &end))
        return osl_postings_spoilt(of, err);
    of->positions = info->offset + slices->blocks;
    of->positions_bytes = info->bytes - slices->blocks;
    of->forms = slices->forms;
    most = of->segment->fields[of->field].dense
               ? of->segment->info.fields[of->field].total_length
               : of->positions_bytes;
    return of->field == OSL_FIELD_PAIR || of->cf <= most
               ? OSL_OK
               : osl_postings_spoilt(of, err);
}

/* Slices into memory of its own, behind `head` bytes of it. */
static osl_status make(osl_postings *of, const osl_term_info *info, size_t head,
                       osl_arena *arena, uint8_t **out, osl_error *err)
{
    osl_packed_room *room = take_room(of->segment);
    if (!room)
        return no_memory(err);
    osl_buf *streams = &room->streams;
    osl_slices slices;
    osl_buf_reset(streams);
    osl_status status = slice(of, info, room, &slices, err);
    if (status == OSL_OK) {
        *out = osl_packed_copy(arena, head, osl_buf_text(streams));
        status = *out ? set_streams(of, info, *out + head, streams->length,
                                    &slices, err)
                      : no_memory(err);
    }
    give_room(of->segment, room, status);
    return status;
}

osl_status osl_packed_open_once(osl_postings *of, const osl_term_info *info,
                                osl_arena *arena, osl_error *err)
{
    uint8_t *memory;
    osl_status status = make(of, info, 0, arena, &memory, err);
    if (status != OSL_OK || !of->segment->fields[of->field].dense)
        return status;
    of->blocks = osl_arena_zero(arena, 1, sizeof *of->blocks);
    if (!of->blocks)
        return no_memory(err);
    of->blocks->arena = arena;
    return OSL_OK;
}

/* ---- what is held ------------------------------------------------------- */

/* Puts `made` into the list, or takes the same that another thread has put
 * there meanwhile. */
static const region *publish(region **head, region *made)
{
    region *first = __atomic_load_n(head, __ATOMIC_ACQUIRE);
    const region *seen = NULL;
    do {
        const region *other = find(first, seen, made->of.field, made->offset);
        if (other) {
            free(made);
            return other;
        }
        seen = made->next = first;
    } while (!__atomic_compare_exchange_n(head, &first, made, false,
                                          __ATOMIC_RELEASE, __ATOMIC_ACQUIRE));
    return made;
}

static osl_status hold(const region **out, region **head, osl_postings *of,
                       const osl_term_info *info, osl_error *err)
{
    uint8_t *memory = NULL;
    osl_status status = make(of, info, HEAD_BYTES, NULL, &memory, err);
    if (status != OSL_OK) {
        free(memory);
        return status;
    }
    region *made = (region *)(void *)memory;
    *made = (region){.offset = info->offset, .of = *of};
    if (of->segment->fields[of->field].dense)
        made->of.blocks = &made->blocks;
    *out = publish(head, made);
    return OSL_OK;
}

osl_status osl_packed_open(osl_postings *of, const osl_term_info *info,
                           osl_error *err)
{
    region **head = head_of(of->segment, of->field, info->offset);
    const region *found = find(__atomic_load_n(head, __ATOMIC_ACQUIRE), NULL,
                               of->field, info->offset);
    osl_status status = OSL_OK;
    if (!found)
        status = hold(&found, head, of, info, err);
    if (status != OSL_OK)
        return status;
    /* A spoilt dictionary may give two terms one region. */
    if (found->of.df != of->df || found->of.cf != of->cf)
        return osl_postings_spoilt(of, err);
    *of = found->of;
    return OSL_OK;
}

/* ---- positions in bits -------------------------------------------------- */

enum { BLOCKS_AT = LINE }; /* from the start of unpacked_blocks */

_Static_assert(sizeof(unpacked_blocks) <= BLOCKS_AT,
               "blocks begin with a line");

/* A rare term's, whose tfs are the steps of its starts. */
static osl_status unpack_list(const osl_postings *of, const osl_dense *dense,
                              osl_region_writer *writer, bool *side)
{
    if (!osl_grow(&writer->decoded, &writer->decoded_capacity, of->df,
                  sizeof *writer->decoded))
        return OSL_ENOMEM;
    for (uint32_t i = 0; i < of->df; i++)
        writer->decoded[i] = of->starts[i + 1] - of->starts[i];
    return osl_region_unpack_list(writer, dense, of->ordinals, writer->decoded,
                                  of->df, side);
}

/* Makes blocks in writer->positions. */
static osl_status unpack(const osl_postings *of, osl_region_writer *writer,
                         bool *side, osl_error *err)
{
    const osl_section *section = &of->segment->fields[of->field].postings;
    osl_dense dense = {.bytes = section->bytes + of->positions,
                       .length = (size_t)of->positions_bytes,
                       .cf = of->cf,
                       .forms = of->forms};
    osl_status status = osl_segment_touch(of->segment, section, of->positions,
                                          of->positions_bytes, err);
    if (status == OSL_OK)
        status =
            osl_segment_length_codes(of->segment, of->field, &dense.codes, err);
    if (status != OSL_OK)
        return status;
    status = of->ordinals ? unpack_list(of, &dense, writer, side)
                          : osl_region_unpack(writer, &dense, of, side);
    if (status == OSL_ENOMEM)
        return no_memory(err);
    return status == OSL_OK ? OSL_OK : osl_postings_spoilt(of, err);
}

static osl_status make_blocks(const osl_postings *of, unpacked_blocks **out,
                              osl_error *err)
{
    osl_packed_room *room = take_room(of->segment);
    bool side = false;
    if (!room)
        return no_memory(err);
    osl_status status = unpack(of, &room->writer, &side, err);
    if (status == OSL_OK) {
        osl_text blocks = osl_buf_text(&room->writer.positions);
        *out = (unpacked_blocks *)(void *)osl_packed_copy(of->blocks->arena,
                                                          BLOCKS_AT, blocks);
        if (*out)
            **out = (unpacked_blocks){blocks.length, side};
        else
            status = no_memory(err);
    }
    give_room(of->segment, room, status);
    return status;
}

osl_status osl_packed_blocks(const osl_postings *of, osl_unpacked *out,
                             osl_error *err)
{
    unpacked_blocks *made =
        __atomic_load_n(&of->blocks->made, __ATOMIC_ACQUIRE);
    if (!made) {
        unpacked_blocks *first = NULL;
        osl_status status = make_blocks(of, &made, err);
        if (status != OSL_OK)
            return status;
        /* Another thread may have been quicker. */
        if (!__atomic_compare_exchange_n(&of->blocks->made, &first, made, false,
                                         __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            if (!of->blocks->arena)
                free(made);
            made = first;
        }
    }
    *out = (osl_unpacked){(const uint8_t *)made + BLOCKS_AT, made->length,
                          made->side};
    return OSL_OK;
}

void osl_packed_fetch(const osl_segment *segment, osl_field field,
                      const osl_term_info *info)
{
    region **head = head_of(segment, field, info->offset);
    const region *found = find(__atomic_load_n(head, __ATOMIC_ACQUIRE), NULL,
                               field, info->offset);
    if (!found)
        return;
    __builtin_prefetch(found->of.headers);
    __builtin_prefetch(found->of.best);
    __builtin_prefetch(found->of.headers +
                       (size_t)found->of.chunk_count * OSL_CHUNK_HEADER);
}

osl_packed_held *osl_packed_new(void)
{
    return calloc(1, sizeof(osl_packed_held));
}

void osl_packed_free(osl_packed_held *held)
{
    for (unsigned h = 0; held && h < HEADS; h++) {
        region *at = held->heads[h];
        while (at) {
            region *next = at->next;
            free(at->blocks.made);
            free(at);
            at = next;
        }
    }
    if (held)
        free_room(held->room);
    free(held);
}
