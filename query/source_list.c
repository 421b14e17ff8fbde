/* SPDX-License-Identifier: MIT
 *
 * A source read from end to end: the lists of a word's spellings, merged. */
#include "query/source.h"

#include "core/segment/gather.h"
#include "core/segment/postings.h"

#include <string.h>

/* Ordinals, rising, and their tfs. */
typedef struct listing {
    uint32_t *ordinals, *tfs; /* in the arena */
    size_t count, room;
    osl_arena *arena;
} listing;

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "query: memory ran out at a list");
}

static bool make_room(listing *list, size_t more)
{
    size_t room = list->room * 2 > list->count + more ? list->room * 2
                                                      : list->count + more;
    if (list->count + more <= list->room)
        return true;
    uint32_t *ordinals = osl_arena_take(list->arena, room * sizeof *ordinals);
    uint32_t *tfs = osl_arena_take(list->arena, room * sizeof *tfs);
    if (!ordinals || !tfs)
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

static osl_status list_term(const osl_postings *postings, listing *list,
                            osl_error *err)
{
    /* Chunks are decoded to where there is room for a whole one. */
    if (!make_room(list, postings->df + (size_t)OSL_CHUNK_SIZE))
        return no_memory(err);
    for (uint32_t c = 0; c < postings->chunk_count; c++) {
        osl_chunk chunk =
            osl_postings_chunk(postings, osl_postings_header(postings, c));
        unsigned count = osl_chunk_count(chunk.header);
        if (!count)
            continue;
        osl_chunk_decode(&chunk, c * OSL_CHUNK_SIZE,
                         list->ordinals + list->count, list->tfs + list->count);
        list->count += count;
    }
    return OSL_OK;
}

static osl_status list_chunk(osl_source *source, uint32_t chunk, listing *list,
                             osl_error *err)
{
    uint64_t ranges = source->ops->ranges(source, chunk), all[64];
    uint64_t words[64] = {0};
    if (!ranges)
        return OSL_OK;
    memset(all, 255, sizeof all);
    osl_status status =
        source->ops->match(source, chunk, ranges, all, words, err);
    for (; ranges && status == OSL_OK; ranges &= ranges - 1) {
        unsigned r = (unsigned)__builtin_ctzll(ranges);
        uint32_t tfs[64] = {0}, range = chunk * 64 + r;
        if (!make_room(list, 64))
            return no_memory(err);
        if (words[r])
            status = source->ops->tfs(source, range, words[r], tfs, err);
        for (; words[r]; words[r] &= words[r] - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(words[r]);
            list->ordinals[list->count] = range * OSL_RANGE_SIZE + bit;
            list->tfs[list->count++] = tfs[bit];
        }
    }
    return status;
}

static osl_status list_source(osl_source *source, uint32_t ordinal_count,
                              listing *list, osl_error *err)
{
    const osl_allowed *allowed = NULL;
    const osl_postings *postings = osl_source_term_postings(source, &allowed);
    if (!postings)
        postings = osl_source_merged_postings(source);
    if (postings && !allowed)
        return list_term(postings, list, err);
    osl_status status = OSL_OK;
    for (uint32_t chunk = 0;
         status == OSL_OK && chunk * (uint64_t)OSL_CHUNK_SIZE < ordinal_count;
         chunk++)
        status = list_chunk(source, chunk, list, err);
    return status;
}

/* Adds `more` to `list`. */
static osl_status merge(listing *list, const listing *more, osl_error *err)
{
    listing both = {.arena = list->arena};
    size_t i = 0, j = 0;
    if (!make_room(&both, list->count + more->count))
        return no_memory(err);
    while (i < list->count || j < more->count) {
        bool first =
            j == more->count ||
            (i < list->count && list->ordinals[i] <= more->ordinals[j]);
        const listing *from = first ? list : more;
        size_t at = first ? i++ : j++;
        if (both.count && both.ordinals[both.count - 1] == from->ordinals[at]) {
            both.tfs[both.count - 1] += from->tfs[at];
            continue;
        }
        both.ordinals[both.count] = from->ordinals[at];
        both.tfs[both.count++] = from->tfs[at];
    }
    *list = both;
    return OSL_OK;
}

osl_status osl_source_list(const osl_postings **out, osl_source *source,
                           const osl_segment *segment, osl_field field,
                           osl_arena *arena, osl_error *err)
{
    uint32_t ordinals =
        osl_segment_get_info(segment)->fields[field].ordinal_count;
    size_t count = 1;
    osl_source **children = osl_source_any_children(source, &count);
    listing all = {.arena = arena};
    osl_status status = OSL_OK;
    children = children ? children : &source;
    *out = osl_source_merged_postings(source);
    if (*out)
        return OSL_OK;
    for (size_t i = 0; i < count && status == OSL_OK; i++) {
        listing one = {.arena = arena};
        status = list_source(children[i], ordinals, &one, err);
        if (status == OSL_OK && one.count)
            status = merge(&all, &one, err);
    }
    if (status != OSL_OK || !all.count)
        return status;
    const osl_listed list = {all.ordinals, all.tfs, (uint32_t)all.count};
    return osl_postings_make(out, segment, field, &list, arena, err);
}
