/* SPDX-License-Identifier: MIT */
#include "query/listing.h"

#include <string.h>

bool osl_listing_make_room(osl_listing *list, size_t more)
{
    size_t room = list->count + more;
    if (room <= list->room)
        return true;
    room = room > 2 * list->room ? room : 2 * list->room;
    uint32_t *ordinals = osl_arena_take(list->arena, room * sizeof *ordinals);
    uint32_t *tfs = osl_arena_take(list->arena, room * sizeof *tfs);
    list->failed |= !ordinals || !tfs;
    if (list->failed)
        return false;
    if (list->count) {
        memcpy(ordinals, list->ordinals, list->count * sizeof *ordinals);
        memcpy(tfs, list->tfs, list->count * sizeof *tfs);
    }
    list->ordinals = ordinals;
    list->tfs = tfs;
    list->room = room;
    return true;
}

bool osl_listing_add(osl_listing *list, const osl_postings *postings)
{
    /* Chunks are decoded to where there is room for a whole one. */
    if (!osl_listing_make_room(list, postings->df + (size_t)OSL_CHUNK_SIZE))
        return false;
    for (uint32_t i = 0; !postings->headers && i < postings->df; i++) {
        list->ordinals[list->count] = postings->ordinals[i];
        list->tfs[list->count++] =
            postings->starts[i + 1] - postings->starts[i];
    }
    for (uint32_t c = 0; postings->headers && c < postings->chunk_count; c++) {
        osl_chunk chunk =
            osl_postings_chunk(postings, osl_postings_header(postings, c));
        unsigned count = osl_chunk_count(chunk.header);
        if (!count)
            continue;
        osl_chunk_decode(&chunk, c * OSL_CHUNK_SIZE,
                         list->ordinals + list->count, list->tfs + list->count);
        list->count += count;
    }
    return true;
}

bool osl_listing_merge(osl_listing *list, const osl_listing *more)
{
    osl_listing both = {.arena = list->arena};
    size_t i = 0, j = 0;
    if (!more->count)
        return true;
    if (!list->count) {
        *list = *more;
        return true;
    }
    if (!osl_listing_make_room(&both, list->count + more->count) ||
        !both.ordinals || !both.tfs)
        return false;
    while (i < list->count && j < more->count) {
        uint32_t a = list->ordinals[i], b = more->ordinals[j];
        both.ordinals[both.count] = a < b ? a : b;
        both.tfs[both.count++] =
            (a <= b ? list->tfs[i] : 0) + (b <= a ? more->tfs[j] : 0);
        i += a <= b;
        j += b <= a;
    }
    const osl_listing *rest = i < list->count ? list : more;
    size_t from = i < list->count ? i : j, left = rest->count - from;
    if (left) {
        memcpy(both.ordinals + both.count, rest->ordinals + from,
               left * sizeof *both.ordinals);
        memcpy(both.tfs + both.count, rest->tfs + from,
               left * sizeof *both.tfs);
    }
    both.count += left;
    *list = both;
    return true;
}
