/* SPDX-License-Identifier: MIT */
#include "query/merged.h"

#include "core/base/buf.h"
#include "core/segment/tables.h"

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
    free(merged->marks);
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

/* ---- marks -------------------------------------------------------------- */

/* Documents of a segment in the order of their ids. */
typedef struct ordered {
    const osl_segment *segment;
    uint32_t *all; /* where the file has no order of them; owns */
    uint32_t count;
} ordered;

static osl_status open_ordered(ordered *out, const osl_segment *segment)
{
    uint32_t document, count = osl_segment_get_info(segment)->document_count;
    *out = (ordered){segment, NULL, count};
    osl_status status =
        count ? osl_segment_ordered(segment, 0, &document, NULL) : OSL_OK;
    if (status != OSL_END)
        return status;
    out->all = malloc(count * sizeof *out->all);
    return out->all ? osl_segment_order(segment, out->all, NULL) : OSL_ENOMEM;
}

static osl_status document_at(const ordered *of, uint32_t at, uint32_t *out)
{
    if (of->all) {
        *out = of->all[at];
        return OSL_OK;
    }
    return osl_segment_ordered(of->segment, at, out, NULL);
}

static osl_status id_at(const ordered *of, uint32_t at, osl_text *out)
{
    uint32_t document = 0;
    osl_status status = document_at(of, at, &document);
    return status == OSL_OK
               ? osl_segment_document_id(of->segment, document, out, NULL)
               : status;
}

/* Ids at even distances; fewer documents give the same ones again. */
static osl_status choose_marks(const ordered *of,
                               osl_text marks[OSL_MERGED_MARKS])
{
    osl_status status = OSL_OK;
    for (uint64_t i = 0; i < OSL_MERGED_MARKS && status == OSL_OK; i++)
        status =
            id_at(of, (uint32_t)((i + 1) * of->count / (OSL_MERGED_MARKS + 1)),
                  &marks[i]);
    return status;
}

/* The first document from `from` on whose id does not come before a mark. */
static osl_status seek_mark(const ordered *of, osl_text mark, uint32_t from,
                            uint32_t *out)
{
    uint32_t low = from, high = of->count;
    osl_status status = OSL_OK;
    while (low < high && status == OSL_OK) {
        uint32_t middle = low + (high - low) / 2;
        osl_text id = {NULL, 0};
        status = id_at(of, middle, &id);
        if (status == OSL_OK && osl_text_compare(id, mark) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *out = low;
    return status;
}

/* The rank of the first paragraph from the document at `at` on. */
static osl_status rank_from(const ordered *of, const osl_ranks *ranks,
                            uint32_t at, uint32_t *out)
{
    *out = UINT32_MAX;
    for (; at < of->count; at++) {
        uint32_t document = 0;
        osl_document_extent extent = {0};
        osl_status status = document_at(of, at, &document);
        if (status == OSL_OK)
            status = osl_segment_extent(of->segment, document, &extent, NULL);
        if (status != OSL_OK)
            return status;
        if (extent.paragraph_count > 0) {
            *out = osl_ranks_get(ranks, extent.first_paragraph);
            return OSL_OK;
        }
    }
    return OSL_OK;
}

static osl_status set_marks(osl_merged_marks *to, const osl_segment *segment,
                            const osl_text marks[OSL_MERGED_MARKS])
{
    ordered documents;
    uint32_t at = 0;
    osl_status status = osl_segment_ranks(segment, &to->ranks, NULL);
    if (status != OSL_OK)
        return status;
    status = open_ordered(&documents, segment);
    for (unsigned i = 0; i < OSL_MERGED_MARKS && status == OSL_OK; i++) {
        status = seek_mark(&documents, marks[i], at, &at);
        if (status == OSL_OK)
            status = rank_from(&documents, &to->ranks, at, &to->firsts[i]);
    }
    free(documents.all);
    return status;
}

/* Those of the segment with most documents tell it best for the others. */
static osl_status find_marks(const osl_merged *merged, osl_merged_marks *to)
{
    osl_text marks[OSL_MERGED_MARKS];
    ordered most = {NULL, NULL, 0};
    uint32_t segments = osl_index_get_info(merged->index)->segment_count;
    const osl_segment *largest = osl_index_segment(merged->index, 0);
    for (uint32_t s = 1; s < segments; s++) {
        const osl_segment *other = osl_index_segment(merged->index, s);
        if (osl_segment_get_info(other)->document_count >
            osl_segment_get_info(largest)->document_count)
            largest = other;
    }
    osl_status status = open_ordered(&most, largest);
    if (status == OSL_OK)
        status = most.count ? choose_marks(&most, marks) : OSL_END;
    free(most.all);
    for (uint32_t s = 0; s < segments && status == OSL_OK; s++)
        status = set_marks(&to[s], osl_index_segment(merged->index, s), marks);
    return status;
}

void osl_merged_hold(osl_merged *merged)
{
    uint32_t segments = osl_index_get_info(merged->index)->segment_count;
    if (segments < 2 || merged->marks)
        return;
    osl_merged_marks *marks = calloc(segments, sizeof *marks);
    if (marks && find_marks(merged, marks) == OSL_OK)
        merged->marks = marks;
    else
        free(marks);
}

/* How many marks do not come behind an entry. */
static unsigned marks_before(const osl_merged *merged,
                             const osl_merged_entry *entry)
{
    const osl_merged_marks *marks = &merged->marks[entry->segment];
    uint32_t rank = osl_ranks_get(&marks->ranks, entry->paragraph);
    unsigned at = 0;
    for (unsigned step = (OSL_MERGED_MARKS + 1) / 2; step > 0; step /= 2)
        at += marks->firsts[at + step - 1] <= rank ? step : 0;
    return at;
}

/* ---- merging ------------------------------------------------------------ */

/* Whether `a` stands before `b`, of another segment and the same score. A
 * document lives in one segment only, so that ids differ. */
static osl_status is_before(const osl_merged *merged, osl_merged_entry *a,
                            osl_merged_entry *b, bool *out, osl_error *err)
{
    if (merged->marks) {
        unsigned first = marks_before(merged, a);
        unsigned second = marks_before(merged, b);
        *out = first < second;
        if (first != second)
            return OSL_OK;
    }
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
