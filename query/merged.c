/* SPDX-License-Identifier: MIT */
#include "query/merged.h"

#include "core/base/buf.h"

#include <stdlib.h>

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

/* Whether `a` stands before `b`, of another segment. A document lives in one
 * segment only, so that ids differ. */
static osl_status is_before(const osl_merged *merged, osl_merged_entry *a,
                            osl_merged_entry *b, bool *out, osl_error *err)
{
    *out = a->score > b->score;
    if (a->score != b->score)
        return OSL_OK;
    osl_status status = read_id(merged, a, err);
    if (status == OSL_OK)
        status = read_id(merged, b, err);
    if (status == OSL_OK)
        *out = osl_text_compare(a->id, b->id) < 0;
    return status;
}

static osl_merged_entry entry_of(uint32_t segment, const osl_top *top, size_t n)
{
    if (n == top->count)
        return (osl_merged_entry){0};
    return (osl_merged_entry){.score = (uint32_t)(top->keys[n].key >> 32),
                              .segment = segment,
                              .paragraph = top->keys[n].paragraph};
}

osl_status osl_merged_add(osl_merged *merged, uint32_t segment,
                          const osl_top *top, osl_error *err)
{
    size_t old = 0, fresh = 0, count = 0, most = merged->count + top->count;
    size_t wanted = most < merged->k ? most : merged->k;
    if (top->failed || !osl_grow(&merged->next, &merged->next_capacity,
                                 wanted + 1, sizeof *merged->next))
        return osl_fail(err, OSL_ENOMEM, "out of memory for hits");
    osl_merged_entry at = entry_of(segment, top, 0);
    while (count < wanted) {
        bool take_old = fresh == top->count;
        osl_status status = OSL_OK;
        if (!take_old && old < merged->count)
            status = is_before(merged, &merged->best[old], &at, &take_old, err);
        if (status != OSL_OK)
            return status;
        merged->next[count++] = take_old ? merged->best[old++] : at;
        if (!take_old)
            at = entry_of(segment, top, ++fresh);
    }
    osl_merged_entry *keep = merged->best;
    size_t capacity = merged->best_capacity;
    merged->best = merged->next;
    merged->best_capacity = merged->next_capacity;
    merged->next = keep;
    merged->next_capacity = capacity;
    merged->count = count;
    return OSL_OK;
}
