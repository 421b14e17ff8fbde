/* SPDX-License-Identifier: MIT
 *
 * Chunk by chunk, range by range: what cannot reach the k-th best is skipped
 * by its bound, whole chunks first; what is left is matched exactly, and what
 * matches is scored. A count needs every match, but no score of it. */
#include "query/collect.h"

#include "core/base/buf.h"

#include <stdlib.h>

void osl_collector_clear(osl_collector *collector)
{
    free(collector->entries);
    collector->entries = NULL;
    collector->entry_count = collector->capacity = 0;
}

/* ---- order ------------------------------------------------------------- */

static osl_status id_of(const osl_collector *collector,
                        const osl_top_entry *entry,
                        osl_document_record *document, osl_error *err)
{
    const osl_segment *segment =
        osl_index_segment(collector->index, entry->segment);
    return osl_segment_document(
        segment, osl_segment_document_of(segment, entry->paragraph), document,
        err);
}

/* Before 0: a is the better. */
static osl_status compare(const osl_collector *collector,
                          const osl_top_entry *a, const osl_top_entry *b,
                          int *order, osl_error *err)
{
    if (a->score != b->score) {
        *order = a->score > b->score ? -1 : 1;
        return OSL_OK;
    }
    if (a->segment == b->segment) {
        *order = a->rank < b->rank ? -1 : a->rank > b->rank;
        return OSL_OK;
    }
    osl_document_record x, y;
    osl_status status = id_of(collector, a, &x, err);
    if (status == OSL_OK)
        status = id_of(collector, b, &y, err);
    if (status != OSL_OK)
        return status;
    *order = osl_text_compare(x.id, y.id);
    if (*order == 0) {
        uint32_t m = a->paragraph - x.first_paragraph;
        uint32_t n = b->paragraph - y.first_paragraph;
        *order = m < n ? -1 : m > n;
    }
    return OSL_OK;
}

/* ---- the heap ---------------------------------------------------------- */

static void swap(osl_top_entry *a, osl_top_entry *b)
{
    osl_top_entry keep = *a;
    *a = *b;
    *b = keep;
}

static osl_status sift_up(osl_collector *collector, size_t at, osl_error *err)
{
    osl_top_entry *heap = collector->entries;
    while (at > 0) {
        size_t parent = (at - 1) / 2;
        int order;
        osl_status status =
            compare(collector, &heap[at], &heap[parent], &order, err);
        if (status != OSL_OK || order <= 0)
            return status;
        swap(&heap[at], &heap[parent]);
        at = parent;
    }
    return OSL_OK;
}

static osl_status sift_down(osl_collector *collector, size_t at, size_t count,
                            osl_error *err)
{
    osl_top_entry *heap = collector->entries;
    for (;;) {
        size_t worst = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < count;
             child++) {
            int order;
            osl_status status =
                compare(collector, &heap[child], &heap[worst], &order, err);
            if (status != OSL_OK)
                return status;
            worst = order > 0 ? child : worst;
        }
        if (worst == at)
            return OSL_OK;
        swap(&heap[at], &heap[worst]);
        at = worst;
    }
}

/* The entry of the same document; entry_count where there is none. */
static size_t find_document(const osl_collector *collector,
                            const osl_top_entry *entry)
{
    const osl_segment *segment =
        osl_index_segment(collector->index, entry->segment);
    uint32_t document = osl_segment_document_of(segment, entry->paragraph);
    size_t i = 0;
    for (; i < collector->entry_count; i++) {
        const osl_top_entry *other = &collector->entries[i];
        if (other->segment == entry->segment &&
            osl_segment_document_of(segment, other->paragraph) == document)
            break;
    }
    return i;
}

static osl_status replace(osl_collector *collector, size_t at,
                          const osl_top_entry *entry, osl_error *err)
{
    int order;
    osl_status status =
        compare(collector, entry, &collector->entries[at], &order, err);
    if (status != OSL_OK || order >= 0)
        return status;
    collector->entries[at] = *entry;
    return sift_down(collector, at, collector->entry_count, err);
}

static osl_status push(osl_collector *collector, const osl_top_entry *entry,
                       osl_error *err)
{
    if (collector->by_document) {
        size_t at = find_document(collector, entry);
        if (at < collector->entry_count)
            return replace(collector, at, entry, err);
    }
    if (collector->entry_count == collector->k)
        return replace(collector, 0, entry, err);
    if (!osl_grow(&collector->entries, &collector->capacity,
                  collector->entry_count + 1, sizeof *collector->entries))
        return osl_fail(err, OSL_ENOMEM, "query: memory ran out for hits");
    collector->entries[collector->entry_count++] = *entry;
    return sift_up(collector, collector->entry_count - 1, err);
}

uint32_t osl_collector_threshold(const osl_collector *collector)
{
    if (!collector->k)
        return UINT32_MAX;
    return collector->entry_count < collector->k ? 0
                                                 : collector->entries[0].score;
}

osl_status osl_collector_offer(osl_collector *collector, uint32_t segment,
                               uint32_t paragraph, uint32_t score,
                               osl_error *err)
{
    if (!collector->k || score < osl_collector_threshold(collector))
        return OSL_OK;
    osl_top_entry entry = {
        score, segment, paragraph,
        osl_segment_rank(osl_index_segment(collector->index, segment),
                         paragraph)};
    return push(collector, &entry, err);
}

/* ---- ranges ------------------------------------------------------------ */

typedef struct segment_run {
    osl_collector *collector;
    osl_cursor *cursor;
    const osl_segment *segment;
    const uint64_t *live;
    uint32_t number, paragraph_count;
    uint32_t last_document; /* counted last */
} segment_run;

static uint64_t live_word(const segment_run *run, uint32_t range)
{
    uint64_t first = range * (uint64_t)OSL_RANGE_SIZE;
    uint64_t left = run->paragraph_count - first;
    uint64_t mask = left < 64 ? (UINT64_C(1) << left) - 1 : ~UINT64_C(0);
    return run->live ? mask & run->live[range] : mask;
}

static void count_matches(segment_run *run, uint32_t range, uint64_t matched)
{
    run->collector->count += (uint64_t)__builtin_popcountll(matched);
    for (; matched; matched &= matched - 1) {
        uint32_t paragraph =
            range * OSL_RANGE_SIZE + (uint32_t)__builtin_ctzll(matched);
        uint32_t document = osl_segment_document_of(run->segment, paragraph);
        run->collector->documents += document != run->last_document;
        run->last_document = document;
    }
}

static osl_status score_matches(segment_run *run, uint32_t range,
                                uint64_t matched, osl_error *err)
{
    uint32_t scores[64] = {0};
    osl_cursor *cursor = run->cursor;
    osl_status status = cursor->ops->score(cursor, range, matched, scores, err);
    for (; matched && status == OSL_OK; matched &= matched - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(matched);
        uint32_t paragraph = range * OSL_RANGE_SIZE + bit;
        status = osl_collector_offer(run->collector, run->number, paragraph,
                                     scores[bit], err);
    }
    return status;
}

static osl_status visit_range(segment_run *run, uint32_t range, osl_error *err)
{
    osl_collector *collector = run->collector;
    osl_cursor *cursor = run->cursor;
    bool score = collector->k > 0;
    if (score && !collector->exhaustive)
        score = cursor->ops->bound(cursor, range) >=
                osl_collector_threshold(collector);
    if (!score && !collector->want_count)
        return OSL_OK;
    uint64_t matched;
    osl_status status =
        cursor->ops->match(cursor, range, live_word(run, range), &matched, err);
    if (status != OSL_OK || !matched)
        return status;
    if (collector->want_count)
        count_matches(run, range, matched);
    return score ? score_matches(run, range, matched, err) : OSL_OK;
}

static osl_status visit_chunk(segment_run *run, uint32_t chunk, osl_error *err)
{
    osl_collector *collector = run->collector;
    osl_cursor *cursor = run->cursor;
    if (!collector->want_count && !collector->exhaustive &&
        cursor->ops->chunk_bound(cursor, chunk) <
            osl_collector_threshold(collector))
        return OSL_OK;
    uint64_t ranges = cursor->ops->ranges(cursor, chunk);
    for (; ranges; ranges &= ranges - 1) {
        uint32_t range = chunk * 64 + (uint32_t)__builtin_ctzll(ranges);
        if (range * (uint64_t)OSL_RANGE_SIZE >= run->paragraph_count)
            break;
        osl_status status = visit_range(run, range, err);
        if (status != OSL_OK)
            return status;
    }
    return OSL_OK;
}

osl_status osl_collect(osl_collector *collector, osl_cursor *cursor,
                       uint32_t segment, osl_error *err)
{
    segment_run run = {
        .collector = collector,
        .cursor = cursor,
        .segment = osl_index_segment(collector->index, segment),
        .live = osl_index_live(collector->index, segment),
        .number = segment,
        .last_document = UINT32_MAX,
    };
    run.paragraph_count = osl_segment_get_info(run.segment)->paragraph_count;
    for (uint32_t chunk = 0;
         chunk * (uint64_t)OSL_CHUNK_SIZE < run.paragraph_count; chunk++) {
        osl_status status = visit_chunk(&run, chunk, err);
        if (status != OSL_OK)
            return status;
    }
    return OSL_OK;
}

osl_status osl_collect_finish(osl_collector *collector, osl_error *err)
{
    for (size_t end = collector->entry_count; end > 1; end--) {
        swap(&collector->entries[0], &collector->entries[end - 1]);
        osl_status status = sift_down(collector, 0, end - 1, err);
        if (status != OSL_OK)
            return status;
    }
    return OSL_OK;
}
