/* SPDX-License-Identifier: MIT
 *
 * A dictionary is opened, and read in order: all of its terms, or many of
 * them. */
#include "core/segment/dictionary_read.h"

#include <stdlib.h>

/* ---- opening ------------------------------------------------------------ */

static osl_status read_shortcuts(osl_dictionary_view *at, osl_error *err)
{
    const osl_segment *segment = at->segment;
    const uint8_t *bytes = at->shortcuts->bytes;
    if (!bytes)
        return OSL_OK;
    osl_status status =
        osl_segment_touch(segment, at->shortcuts, 0, OSL_SHORTCUT_HEAD, err);
    if (status != OSL_OK)
        return status;
    uint32_t count = osl_get32(bytes);
    uint64_t start = osl_shortcut_buckets_at(count, groups_of(at->block_count));
    if (at->shortcuts->length !=
            start + (uint64_t)count * OSL_SHORTCUT_BUCKET ||
        count % 2 != 0)
        return osl_segment_spoilt(segment, at->shortcuts,
                                  "another number of buckets", err);
    at->bucket_count = count;
    at->filters = bytes + OSL_SHORTCUT_HEAD;
    at->signposts = bytes + osl_shortcut_signposts_at(count);
    at->buckets = bytes + start;
    return OSL_OK;
}

/* Reads where the parts are, all of which the sections, those of the map or
 * those that are held, must have. */
static osl_status read_view(osl_dictionary_view *at, const osl_segment *segment,
                            osl_field field, osl_error *err)
{
    const osl_field_info *info = &segment->info.fields[field];
    bool is_held = at->held[0].bytes != NULL;
    at->segment = segment;
    at->section = is_held ? &at->held[0] : &segment->fields[field].dictionary;
    at->shortcuts = is_held ? &at->held[1] : &segment->fields[field].shortcuts;
    at->term_count = info->term_count;
    at->ordinal_count = info->ordinal_count;
    at->positions = field != OSL_FIELD_PAIR;
    at->sliced_from = segment->fields[field].sliced_from;
    at->least = osl_region_least(info->ordinal_count, 0, at->positions);
    const uint8_t *bytes = at->section->bytes;
    osl_status status = osl_segment_touch(segment, at->section, 0, HEAD, err);
    if (status != OSL_OK)
        return status;
    at->block_count = osl_get32(bytes + 4);
    at->bytes = osl_get32(bytes + 8);
    if (osl_get32(bytes) != at->term_count ||
        at->block_count != (at->term_count + (uint64_t)BLOCK - 1) / BLOCK)
        return spoilt(at, err);
    uint32_t nodes = groups_of(at->block_count);
    uint64_t tops = HEAD;
    at->levels = size_levels(nodes, at->sizes);
    for (unsigned level = 0; level < at->levels; level++)
        tops += level_bytes(at->sizes[level]);
    uint64_t index = tops + (uint64_t)nodes * NODE_BYTES;
    if (index + at->bytes > at->section->length)
        return spoilt(at, err);
    at->nodes = bytes + tops;
    at->blocks = bytes + index;
    status = osl_segment_touch(segment, at->section, HEAD, tops - HEAD, err);
    return status == OSL_OK ? read_shortcuts(at, err) : status;
}

osl_status osl_dictionary_make_view(const osl_dictionary_view **out,
                                    const osl_segment *segment, osl_field field,
                                    osl_error *err)
{
    osl_dictionary_view **kept = segment->views + field, *none = NULL;
    osl_dictionary_view *made = calloc(1, sizeof *made);
    if (!made)
        return osl_fail(err, OSL_ENOMEM, "%s: out of memory", segment->path);
    osl_status status = read_view(made, segment, field, err);
    if (status == OSL_OK &&
        !__atomic_compare_exchange_n(kept, &none, made, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        free(made); /* another was first */
        made = none;
    } else if (status != OSL_OK) {
        free(made);
        return status;
    }
    *out = made;
    return OSL_OK;
}

/* ---- held ---------------------------------------------------------------- */

/* A section's room, with the bytes behind it that may be read. */
static size_t room_of(const osl_section *section)
{
    return section->bytes ? (section->length + HEAD - 1) / HEAD * HEAD + HEAD
                          : 0;
}

size_t osl_dictionary_held_bytes(const osl_segment *segment, osl_field field)
{
    return segment->info.fields[field].term_count > 0
               ? room_of(&segment->fields[field].dictionary) +
                     room_of(&segment->fields[field].shortcuts)
               : 0;
}

/* Verified first: what is copied is not compared with its checksums again. */
static bool hold_section(const osl_segment *segment, const osl_section *section,
                         uint8_t *room, osl_section *out)
{
    if (!section->bytes)
        return true;
    if (osl_segment_touch(segment, section, 0, section->length, NULL) != OSL_OK)
        return false;
    memcpy(room, section->bytes, section->length);
    memset(room + section->length, 0, room_of(section) - section->length);
    *out = *section;
    out->bytes = room;
    return true;
}

void osl_dictionary_hold(const osl_segment *segment, osl_field field,
                         uint8_t *room)
{
    const osl_segment_field *from = &segment->fields[field];
    osl_dictionary_view *made = calloc(1, sizeof *made);
    bool is_good =
        made &&
        hold_section(segment, &from->dictionary, room, &made->held[0]) &&
        hold_section(segment, &from->shortcuts,
                     room + room_of(&from->dictionary), &made->held[1]) &&
        read_view(made, segment, field, NULL) == OSL_OK;
    if (is_good)
        made->before =
            __atomic_exchange_n(segment->views + field, made, __ATOMIC_ACQ_REL);
    else
        free(made);
}

void osl_dictionary_free_views(osl_segment *segment)
{
    for (unsigned f = 0; f < OSL_FIELD_COUNT; f++)
        for (osl_dictionary_view *at = segment->views[f], *before; at;
             at = before) {
            before = at->before;
            free(at);
        }
}

osl_status osl_dictionary_block_offset(const osl_segment *segment,
                                       osl_field field, uint32_t block,
                                       uint32_t *offset, osl_error *err)
{
    const osl_dictionary_view *at;
    const uint8_t *start, *end;
    osl_status status = osl_dictionary_open_view(&at, segment, field, err);
    if (status == OSL_OK)
        status = place_block(at, block, &start, &end, err);
    if (status == OSL_OK)
        *offset = (uint32_t)(start - at->blocks);
    return status;
}

/* ---- in order ---------------------------------------------------------- */

/* The cursor's state: where the next entry's long lengths, suffix and more
 * stand (offsets in the blocks), where the last region ended, the length of the
 * term at hand and whether it is still to be given, then its bytes. */
enum {
    STATE_LONGS,
    STATE_SUFFIXES,
    STATE_MORE,
    STATE_REGION,
    STATE_LENGTH,
    STATE_PENDING,
    STATE_BYTES
};

_Static_assert(sizeof((osl_term_cursor){0}.state) >=
                   STATE_BYTES * 8 + OSL_TERM_BYTES_MAX,
               "a term fits the cursor");

static osl_status resume(const osl_dictionary_view *at, osl_term_cursor *cursor,
                         block_walk *out, osl_error *err)
{
    uint32_t block = cursor->next / BLOCK;
    if (cursor->next % BLOCK == 0)
        return start_block(at, block, out, err);
    osl_status status = open_block(at, block, out, err);
    out->longs = at->blocks + cursor->state[STATE_LONGS];
    out->suffixes = at->blocks + cursor->state[STATE_SUFFIXES];
    out->more = at->blocks + cursor->state[STATE_MORE];
    out->region = cursor->state[STATE_REGION];
    out->next = cursor->next % BLOCK;
    out->info.ordinal = cursor->next - 1;
    return status;
}

/* Decodes the entry of cursor->next into the cursor. */
static osl_status decode_next(const osl_dictionary_view *at,
                              osl_term_cursor *cursor, osl_error *err)
{
    block_walk walk;
    osl_status status = resume(at, cursor, &walk, err);
    if (status != OSL_OK)
        return status;
    bool head = cursor->next % BLOCK == 0;
    size_t length = head ? 0 : (size_t)cursor->state[STATE_LENGTH];
    if (!get_suffix(&walk) || !get_info(at, &walk) || walk.shared > length)
        return spoilt(at, err);
    char *bytes = (char *)&cursor->state[STATE_BYTES];
    memcpy(bytes + walk.shared, walk.suffix, walk.suffix_length);
    cursor->state[STATE_LONGS] = (uint64_t)(walk.longs - at->blocks);
    cursor->state[STATE_SUFFIXES] = (uint64_t)(walk.suffixes - at->blocks);
    cursor->state[STATE_MORE] = (uint64_t)(walk.more - at->blocks);
    cursor->state[STATE_REGION] = walk.region;
    cursor->state[STATE_LENGTH] = walk.shared + walk.suffix_length;
    cursor->term = (osl_text){bytes, walk.shared + walk.suffix_length};
    cursor->info = walk.info;
    return OSL_OK;
}

osl_status osl_term_seek(osl_term_cursor *cursor, const osl_segment *segment,
                         osl_field field, osl_text from, osl_error *err)
{
    cursor->segment = segment;
    cursor->field = field;
    cursor->next = 0;
    cursor->state[STATE_PENDING] = 0;
    if (segment->info.fields[field].term_count == 0)
        return OSL_OK;
    const osl_dictionary_view *at;
    uint32_t block = 0;
    osl_status status = osl_dictionary_open_view(&at, segment, field, err);
    if (status == OSL_OK)
        status = osl_dictionary_seek_block(at, from, &block, err);
    if (status != OSL_OK)
        return status;
    if (block < at->block_count)
        cursor->next = block * BLOCK;
    while (cursor->next < at->term_count) {
        status = decode_next(at, cursor, err);
        if (status != OSL_OK)
            return status;
        if (osl_text_compare(cursor->term, from) >= 0) {
            cursor->state[STATE_PENDING] = 1;
            return OSL_OK;
        }
        cursor->next++;
    }
    return OSL_OK;
}

osl_status osl_term_next(osl_term_cursor *cursor, osl_error *err)
{
    if (cursor->next >= cursor->segment->info.fields[cursor->field].term_count)
        return OSL_END;
    if (!cursor->state[STATE_PENDING]) {
        const osl_dictionary_view *at;
        osl_status status =
            osl_dictionary_open_view(&at, cursor->segment, cursor->field, err);
        if (status == OSL_OK)
            status = decode_next(at, cursor, err);
        if (status != OSL_OK)
            return status;
    }
    cursor->state[STATE_PENDING] = 0;
    cursor->next++;
    return OSL_OK;
}

osl_status osl_dictionary_term(const osl_segment *segment, osl_field field,
                               uint32_t ordinal, char *to, size_t *length,
                               osl_error *err)
{
    const osl_dictionary_view *at;
    osl_status status = osl_dictionary_open_view(&at, segment, field, err);
    if (status != OSL_OK)
        return status;
    if (ordinal >= at->term_count)
        return osl_fail(err, OSL_EINVAL, "%s: it has no term %u",
                        osl_segment_path(segment), ordinal);
    block_walk walk;
    status = start_block(at, ordinal / BLOCK, &walk, err);
    if (status != OSL_OK)
        return status;
    *length = 0;
    for (uint32_t i = 0; i <= ordinal % BLOCK; i++) {
        if (!get_suffix(&walk) || !get_info(at, &walk) || walk.shared > *length)
            return spoilt(at, err);
        memcpy(to + walk.shared, walk.suffix, walk.suffix_length);
        *length = walk.shared + walk.suffix_length;
    }
    return OSL_OK;
}
