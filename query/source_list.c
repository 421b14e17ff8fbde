/* SPDX-License-Identifier: MIT
 *
 * A source read from end to end: the lists of a word's spellings, merged. */
#include "query/listing.h"
#include "query/source.h"

#include "core/segment/gather.h"
#include "core/segment/postings.h"

#include <string.h>

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "query: memory ran out at a list");
}

static osl_status list_chunk(osl_source *source, uint32_t chunk,
                             osl_listing *list, osl_error *err)
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
        if (!osl_listing_make_room(list, 64))
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
                              osl_listing *list, osl_error *err)
{
    const osl_allowed *allowed = NULL;
    const osl_postings *postings = osl_source_term_postings(source, &allowed);
    if (!postings)
        postings = osl_source_merged_postings(source);
    if (postings && !allowed)
        return osl_listing_add(list, postings) ? OSL_OK : no_memory(err);
    osl_status status = OSL_OK;
    for (uint32_t chunk = 0;
         status == OSL_OK && chunk * (uint64_t)OSL_CHUNK_SIZE < ordinal_count;
         chunk++)
        status = list_chunk(source, chunk, list, err);
    return status;
}

osl_status osl_source_list(const osl_postings **out, osl_source *source,
                           const osl_segment *segment, osl_field field,
                           osl_arena *arena, osl_error *err)
{
    uint32_t ordinals =
        osl_segment_get_info(segment)->fields[field].ordinal_count;
    size_t count = 1;
    osl_source **children = osl_source_any_children(source, &count);
    osl_listing all = {.arena = arena};
    osl_status status = OSL_OK;
    children = children ? children : &source;
    *out = osl_source_merged_postings(source);
    if (*out)
        return OSL_OK;
    for (size_t i = 0; i < count && status == OSL_OK; i++) {
        osl_listing one = {.arena = arena};
        status = list_source(children[i], ordinals, &one, err);
        if (status == OSL_OK && !osl_listing_merge(&all, &one))
            status = no_memory(err);
    }
    if (status != OSL_OK || !all.count)
        return status;
    const osl_listed list = {all.ordinals, all.tfs, (uint32_t)all.count};
    return osl_postings_make(out, segment, field, &list, arena, err);
}
