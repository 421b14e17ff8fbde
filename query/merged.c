/* SPDX-License-Identifier: MIT */
#include "query/merged.h"

#include "core/base/buf.h"

#include <stdlib.h>
#include <string.h>

void osl_merged_begin(osl_merged *merged, size_t k)
{
    merged->k = k;
    merged->count = 0;
}

void osl_merged_clear(osl_merged *merged)
{
    free(merged->best);
    free(merged->next);
    *merged = (osl_merged){0};
}

uint32_t osl_merged_threshold(const osl_merged *merged)
{
    return merged->count > 0 && merged->count == merged->k
               ? merged->best[merged->count - 1].score
               : 0;
}

void osl_merged_drop(osl_merged *merged, uint32_t segment)
{
    size_t kept = 0;
    for (size_t i = 0; i < merged->count; i++)
        if (merged->best[i].segment != segment)
            merged->best[kept++] = merged->best[i];
    merged->count = kept;
}

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "out of memory for hits");
}

static osl_status read_id(const osl_merged *merged, osl_merged_entry *entry,
                          osl_error *err)
{
    const osl_segment *segment =
        osl_index_segment(merged->index, entry->segment);
    if (entry->id.bytes)
        return OSL_OK;
    osl_status status = osl_segment_document_of(segment, entry->paragraph,
                                                &entry->document, err);
    return status == OSL_OK ? osl_segment_document_id(segment, entry->document,
                                                      &entry->id, err)
                            : status;
}

/* Whether `a` stands before `b`, of another segment and the same score. A
 * document lives in one segment only, so that ids differ. */
static osl_status is_before(const osl_merged *merged, osl_merged_entry *a,
                            osl_merged_entry *b, bool *out, osl_error *err)
{
    osl_status status = read_id(merged, a, err);
    if (status == OSL_OK)
        status = read_id(merged, b, err);
    if (status == OSL_OK)
        *out = osl_text_compare(a->id, b->id) < 0;
    return status;
}

/* How many of the best have a higher score. */
static size_t count_above(const osl_merged *merged, uint32_t score)
{
    size_t low = 0, high = merged->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (merged->best[middle].score > score)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Puts the best from `from` on aside, so that others can come between them. */
static bool move_rest(osl_merged *merged, size_t from, size_t room)
{
    size_t rest = merged->count - from;
    if (!osl_grow(&merged->best, &merged->best_capacity, room + 1,
                  sizeof *merged->best) ||
        !osl_grow(&merged->next, &merged->next_capacity, rest + 1,
                  sizeof *merged->next))
        return false;
    memcpy(merged->next, merged->best + from, rest * sizeof *merged->next);
    return true;
}

osl_status osl_merged_add(osl_merged *merged, uint32_t segment,
                          const osl_top *top, osl_error *err)
{
    const osl_top_key *fresh = top->keys, *end = fresh + top->count;
    size_t old = 0, most = merged->count + top->count;
    size_t wanted = most < merged->k ? most : merged->k;
    if (top->failed)
        return no_memory(err);
    if (!top->count)
        return OSL_OK;
    size_t count = count_above(merged, (uint32_t)(fresh->key >> 32));
    size_t rest = merged->count - count;
    if (!move_rest(merged, count, wanted))
        return no_memory(err);
    for (osl_text id = {NULL, 0}; count < wanted && fresh < end; count++) {
        osl_merged_entry *to = &merged->best[count];
        uint32_t score = (uint32_t)(fresh->key >> 32);
        bool is_old = old < rest && merged->next[old].score > score;
        if (!is_old)
            *to = (osl_merged_entry){score, segment, fresh->paragraph, 0, id};
        if (!is_old && old < rest && merged->next[old].score == score) {
            osl_status status =
                is_before(merged, &merged->next[old], to, &is_old, err);
            if (status != OSL_OK)
                return status;
            id = to->id;
        }
        if (is_old) {
            *to = merged->next[old++];
            continue;
        }
        fresh++;
        id = (osl_text){NULL, 0};
    }
    for (; count < wanted; count++)
        merged->best[count] = merged->next[old++];
    merged->count = count;
    return OSL_OK;
}
