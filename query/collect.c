/* SPDX-License-Identifier: MIT
 *
 * Ranges with the greatest bounds first: what cannot reach the k-th best is
 * skipped, whole chunks first, then paragraphs by bounds of their own; what is
 * left is matched exactly, and what matches is scored. A count needs every
 * match, but no score of it: it is taken in a sweep of its own. */
#include "query/collect.h"

#include "core/base/buf.h"
#include "query/updated.h"
#include "query/words.h"

#include <stdlib.h>
#include <string.h>

void osl_collector_clear(osl_collector *collector)
{
    free(collector->entries);
    osl_document_map_clear(&collector->documents_kept);
    collector->entries = NULL;
    collector->entry_count = collector->capacity = 0;
}

/* ---- order ------------------------------------------------------------- */

static osl_status id_of(const osl_collector *collector,
                        const osl_top_entry *entry, osl_text *id,
                        osl_error *err)
{
    const osl_segment *segment =
        osl_index_segment(collector->index, entry->segment);
    uint32_t document = 0;
    osl_status status =
        osl_segment_document_of(segment, entry->paragraph, &document, err);
    return status == OSL_OK
               ? osl_segment_document_id(segment, document, id, err)
               : status;
}

/* Before 0: a is the better. */
static osl_status compare(const osl_collector *collector,
                          const osl_top_entry *a, const osl_top_entry *b,
                          int *order, osl_error *err)
{
    if (a->date != b->date) {
        *order = a->date > b->date ? -1 : 1;
        return OSL_OK;
    }
    if (a->score != b->score) {
        *order = a->score > b->score ? -1 : 1;
        return OSL_OK;
    }
    if (a->segment == b->segment) {
        *order = a->rank < b->rank ? -1 : a->rank > b->rank;
        return OSL_OK;
    }
    /* A document lives in one segment only: its ids differ. */
    osl_text x, y;
    osl_status status = id_of(collector, a, &x, err);
    if (status == OSL_OK)
        status = id_of(collector, b, &y, err);
    if (status != OSL_OK)
        return status;
    *order = osl_text_compare(x, y);
    return OSL_OK;
}

/* ---- the heap ---------------------------------------------------------- */

static void moved(osl_collector *collector, size_t at)
{
    if (collector->by_document)
        collector->documents_kept.nodes[collector->entries[at].node].at = at;
}

static void swap(osl_collector *collector, size_t a, size_t b)
{
    osl_top_entry keep = collector->entries[a];
    collector->entries[a] = collector->entries[b];
    collector->entries[b] = keep;
    moved(collector, a);
    moved(collector, b);
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
        swap(collector, at, parent);
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
        swap(collector, at, worst);
        at = worst;
    }
}

/* The entry's document, as the map's key. */
static osl_status key_of(const osl_collector *collector,
                         const osl_top_entry *entry, uint64_t *key,
                         osl_error *err)
{
    uint32_t document = 0;
    osl_status status = osl_segment_document_of(
        osl_index_segment(collector->index, entry->segment), entry->paragraph,
        &document, err);
    *key = (uint64_t)entry->segment << 32 | document;
    return status;
}

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "query: memory ran out for hits");
}

/* *better: it has taken the place of a worse one; its node is not set. */
static osl_status replace(osl_collector *collector, size_t at,
                          const osl_top_entry *entry, bool *better,
                          osl_error *err)
{
    int order;
    osl_status status =
        compare(collector, entry, &collector->entries[at], &order, err);
    *better = status == OSL_OK && order < 0;
    if (*better)
        collector->entries[at] = *entry;
    return status;
}

static osl_status replace_document(osl_collector *collector, uint32_t node,
                                   const osl_top_entry *entry, osl_error *err)
{
    bool better;
    size_t at = collector->documents_kept.nodes[node].at;
    osl_status status = replace(collector, at, entry, &better, err);
    if (status != OSL_OK || !better)
        return status;
    collector->entries[at].node = node;
    return sift_down(collector, at, collector->entry_count, err);
}

/* Enters the entry at `at` in the map of documents. */
static osl_status enter(osl_collector *collector, size_t at, osl_error *err)
{
    uint64_t key;
    osl_top_entry *entry = &collector->entries[at];
    if (!collector->by_document)
        return OSL_OK;
    osl_status status = key_of(collector, entry, &key, err);
    if (status != OSL_OK)
        return status;
    entry->node = osl_document_map_add(&collector->documents_kept, key, at);
    return entry->node == OSL_DOCUMENT_NODE_NONE ? no_memory(err) : OSL_OK;
}

static osl_status replace_worst(osl_collector *collector,
                                const osl_top_entry *entry, osl_error *err)
{
    bool better;
    uint32_t node = collector->entries[0].node;
    osl_status status = replace(collector, 0, entry, &better, err);
    if (status != OSL_OK || !better)
        return status;
    if (collector->by_document)
        osl_document_map_remove(&collector->documents_kept, node);
    status = enter(collector, 0, err);
    return status == OSL_OK
               ? sift_down(collector, 0, collector->entry_count, err)
               : status;
}

static osl_status push(osl_collector *collector, const osl_top_entry *entry,
                       osl_error *err)
{
    if (collector->by_document) {
        uint64_t key;
        osl_status found = key_of(collector, entry, &key, err);
        if (found != OSL_OK)
            return found;
        uint32_t node = osl_document_map_find(&collector->documents_kept, key);
        if (node != OSL_DOCUMENT_NODE_NONE)
            return replace_document(collector, node, entry, err);
    }
    if (collector->entry_count == collector->k)
        return replace_worst(collector, entry, err);
    if (!osl_grow(&collector->entries, &collector->capacity,
                  collector->entry_count + 1, sizeof *collector->entries))
        return no_memory(err);
    collector->entries[collector->entry_count++] = *entry;
    osl_status status = enter(collector, collector->entry_count - 1, err);
    return status == OSL_OK
               ? sift_up(collector, collector->entry_count - 1, err)
               : status;
}

uint32_t osl_collector_threshold(const osl_collector *collector)
{
    if (!collector->k)
        return UINT32_MAX;
    if (collector->by_date || collector->entry_count < collector->k)
        return 0;
    return collector->entries[0].score;
}

static osl_status offer(osl_collector *collector, osl_top_entry entry,
                        osl_error *err)
{
    osl_status status =
        osl_segment_rank(osl_index_segment(collector->index, entry.segment),
                         entry.paragraph, &entry.rank, err);
    return status == OSL_OK ? push(collector, &entry, err) : status;
}

/* ---- ranges ------------------------------------------------------------ */

typedef struct chunk_state {
    uint64_t ranges;
    uint32_t most;    /* of `bounds`, or no less while there are none */
    uint32_t *bounds; /* by range */
} chunk_state;

typedef struct segment_run {
    osl_collector *collector;
    osl_cursor *cursor;
    const osl_segment *segment;
    const uint64_t *live;
    uint32_t number, paragraph_count;
    uint32_t chunk_count;
    /* While counting: the documents, the next of them, the end of the one
     * before. */
    osl_extents extents;
    uint32_t document_count, document;
    uint64_t document_end;
    bool are_records;    /* every paragraph is a document */
    osl_updated dates;   /* with by_date */
    chunk_state *chunks; /* of the best first */
    osl_sum_units units;
    osl_sums *sums;
    bool is_summed; /* sums are those of the chunk at hand */
} segment_run;

static uint64_t live_word(const segment_run *run, uint32_t range)
{
    uint64_t first = range * (uint64_t)OSL_RANGE_SIZE;
    uint64_t left = run->paragraph_count - first;
    uint64_t mask = left < 64 ? (UINT64_C(1) << left) - 1 : ~UINT64_C(0);
    return run->live ? mask & run->live[range] : mask;
}

/* The end of the document of `paragraph`, which lies behind all before. */
static uint64_t end_of_document(segment_run *run, uint64_t paragraph)
{
    while (run->document_end <= paragraph &&
           run->document < run->document_count) {
        uint32_t first;
        osl_extents_get(&run->extents, run->document++, &first,
                        &run->document_end);
    }
    return run->document_end > paragraph ? run->document_end : paragraph + 1;
}

/* Ranges come in order, and so do documents: each is counted at its first
 * match, and its other paragraphs passed over. */
static void count_matches(segment_run *run, uint32_t range, uint64_t matched)
{
    osl_collector *collector = run->collector;
    uint64_t base = range * (uint64_t)OSL_RANGE_SIZE;
    collector->count += osl_popcount(matched);
    if (run->are_records) {
        collector->documents += osl_popcount(matched);
        return;
    }
    while (matched) {
        uint64_t paragraph = base + (uint64_t)__builtin_ctzll(matched);
        collector->documents += paragraph >= run->document_end;
        uint64_t passed = end_of_document(run, paragraph) - base;
        matched = passed < 64 ? matched & ~UINT64_C(0) << passed : 0;
    }
}

/* Dates of `matched`; those of them that are too old for the best k go. */
static osl_status read_dates(segment_run *run, uint32_t range,
                             uint64_t *matched, uint32_t dates[64],
                             osl_error *err)
{
    const osl_collector *collector = run->collector;
    bool full = collector->entry_count == collector->k;
    uint32_t oldest = full ? collector->entries[0].date : 0;
    for (uint64_t left = *matched; left; left &= left - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(left);
        osl_status status = osl_updated_get(
            &run->dates, range * OSL_RANGE_SIZE + bit, &dates[bit], err);
        if (status != OSL_OK)
            return status;
        if (dates[bit] < oldest)
            *matched &= ~(UINT64_C(1) << bit);
    }
    return OSL_OK;
}

static osl_status score_matches(segment_run *run, uint32_t range,
                                uint64_t matched, osl_error *err)
{
    uint32_t scores[64] = {0}, dates[64] = {0};
    osl_cursor *cursor = run->cursor;
    osl_status status = OSL_OK;
    if (run->collector->by_date)
        status = read_dates(run, range, &matched, dates, err);
    if (status == OSL_OK)
        status = cursor->ops->score(cursor, range, matched,
                                    osl_collector_threshold(run->collector),
                                    scores, err);
    for (; matched && status == OSL_OK; matched &= matched - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(matched);
        if (scores[bit] < osl_collector_threshold(run->collector))
            continue;
        status =
            offer(run->collector,
                  (osl_top_entry){.score = scores[bit],
                                  .segment = run->number,
                                  .paragraph = range * OSL_RANGE_SIZE + bit,
                                  .date = dates[bit]},
                  err);
    }
    return status;
}

static void live_words(const segment_run *run, uint32_t chunk, uint64_t ranges,
                       uint64_t words[64])
{
    memset(words, 0, 64 * sizeof *words);
    for (; ranges; ranges &= ranges - 1) {
        unsigned r = (unsigned)__builtin_ctzll(ranges);
        words[r] = live_word(run, chunk * 64 + r);
    }
}

/* Narrows words, and *ranges to where any are left, to what matches. */
static osl_status match_words(const segment_run *run, uint32_t chunk,
                              uint64_t *ranges, uint64_t words[64],
                              osl_error *err)
{
    uint64_t found[64] = {0};
    osl_cursor *cursor = run->cursor;
    if (!*ranges)
        return OSL_OK;
    osl_status status =
        cursor->ops->match(cursor, chunk, *ranges, words, found, err);
    osl_words_and(words, found);
    *ranges = osl_words_there(words, *ranges);
    return status;
}

static osl_status count_range(segment_run *run, uint32_t range,
                              uint64_t matched, osl_error *err)
{
    osl_collector *collector = run->collector;
    count_matches(run, range, matched);
    return collector->facets ? osl_facets_add(collector->facets, run->number,
                                              range, matched, err)
                             : OSL_OK;
}

/* Ranges of the chunk that may match and are there. */
static uint64_t ranges_of(const segment_run *run, uint32_t chunk)
{
    uint64_t first = chunk * (uint64_t)64;
    uint64_t count =
        (run->paragraph_count + (uint64_t)OSL_RANGE_SIZE - 1) / OSL_RANGE_SIZE;
    uint64_t there = count - first < 64 ? (UINT64_C(1) << (count - first)) - 1
                                        : ~UINT64_C(0);
    return there & run->cursor->ops->ranges(run->cursor, chunk);
}

/* Every match in order: all are counted, and scored where `score` says. */
static osl_status sweep(segment_run *run, bool count, bool score,
                        osl_error *err)
{
    osl_status status = OSL_OK;
    for (uint32_t chunk = 0; chunk < run->chunk_count && status == OSL_OK;
         chunk++) {
        uint64_t words[64], ranges = ranges_of(run, chunk);
        live_words(run, chunk, ranges, words);
        status = match_words(run, chunk, &ranges, words, err);
        for (; ranges && status == OSL_OK; ranges &= ranges - 1) {
            unsigned r = (unsigned)__builtin_ctzll(ranges);
            if (count)
                status = count_range(run, chunk * 64 + r, words[r], err);
            if (status == OSL_OK && score)
                status = score_matches(run, chunk * 64 + r, words[r], err);
        }
    }
    return status;
}

/* ---- the best first ---------------------------------------------------- */

/* Falling cuts through the bounds. Ranges above a cut are taken in order of
 * paragraphs, so that memory is read forwards; the threshold rises fast, and
 * most of what is left is never looked at. */
enum { PASSES = 8 };

static osl_status bound_chunk(segment_run *run, uint32_t chunk, osl_error *err)
{
    chunk_state *at = &run->chunks[chunk];
    at->bounds = osl_arena_zero(run->collector->scratch, 64, sizeof(uint32_t));
    if (!at->bounds)
        return no_memory(err);
    run->cursor->ops->bounds(run->cursor, chunk, at->bounds);
    at->ranges = ranges_of(run, chunk);
    at->most = 0;
    for (unsigned r = 0; r < 64; r++)
        at->most = at->bounds[r] > at->most ? at->bounds[r] : at->most;
    return OSL_OK;
}

/* Ranges of a chunk with least ≤ bound < below that may reach the threshold. */
static uint64_t choose_ranges(const segment_run *run, uint32_t chunk,
                              uint32_t least, uint64_t below)
{
    const chunk_state *at = &run->chunks[chunk];
    uint32_t threshold = osl_collector_threshold(run->collector);
    uint64_t chosen = 0;
    least = least < threshold ? threshold : least;
    for (unsigned r = 0; r < 64; r++)
        chosen |= (uint64_t)(at->bounds[r] >= least && at->bounds[r] < below)
                  << r;
    return chosen & at->ranges;
}

/* Narrows words, and *ranges to where any are left, to what may reach the
 * threshold by bounds of paragraphs. */
static osl_status bound_words(segment_run *run, uint32_t chunk,
                              uint64_t *ranges, uint64_t words[64],
                              osl_error *err)
{
    osl_cursor *cursor = run->cursor;
    uint32_t threshold = osl_collector_threshold(run->collector);
    if (!*ranges || !threshold)
        return OSL_OK;
    run->is_summed = true;
    osl_sum_units_set(&run->units, threshold);
    osl_sums_clear(run->sums, *ranges);
    osl_status status =
        cursor->ops->add(cursor, chunk, *ranges, run->sums, err);
    for (uint64_t left = *ranges; left; left &= left - 1) {
        unsigned r = (unsigned)__builtin_ctzll(left);
        words[r] = osl_sums_reach(run->sums, r, words[r], threshold);
    }
    *ranges = osl_words_there(words, *ranges);
    return status;
}

/* Whether it is no dearer to score them than to look at their bounds. */
static bool are_few(uint64_t ranges, const uint64_t words[64])
{
    enum { FEW = 4 };
    unsigned count = 0, most = FEW * osl_popcount(ranges);
    for (; ranges; ranges &= ranges - 1)
        count += osl_popcount(words[__builtin_ctzll(ranges)]);
    return count <= most;
}

/* What asks for more than one of several words is matched first, and often
 * leaves few; else only what reaches the threshold is looked at. */
static osl_status visit_chunk(segment_run *run, uint32_t chunk, uint64_t ranges,
                              osl_error *err)
{
    uint64_t words[64];
    osl_status status = OSL_OK;
    live_words(run, chunk, ranges, words);
    run->is_summed = false;
    if (run->cursor->narrows)
        status = match_words(run, chunk, &ranges, words, err);
    if (status == OSL_OK && (!run->cursor->narrows || !are_few(ranges, words)))
        status = bound_words(run, chunk, &ranges, words, err);
    /* What reaches a threshold matches, where scores say so. */
    if (status == OSL_OK && !run->cursor->narrows &&
        (run->cursor->adds || !run->is_summed))
        status = match_words(run, chunk, &ranges, words, err);
    for (; ranges && status == OSL_OK; ranges &= ranges - 1) {
        unsigned r = (unsigned)__builtin_ctzll(ranges);
        uint32_t threshold = osl_collector_threshold(run->collector);
        if (run->chunks[chunk].bounds[r] < threshold)
            continue;
        if (run->is_summed) /* the threshold has risen since */
            words[r] = osl_sums_reach(run->sums, r, words[r], threshold);
        if (words[r])
            status = score_matches(run, chunk * 64 + r, words[r], err);
    }
    return status;
}

static osl_status visit(segment_run *run, uint32_t least, uint64_t below,
                        osl_error *err)
{
    osl_status status = OSL_OK;
    for (uint32_t chunk = 0; chunk < run->chunk_count && status == OSL_OK;
         chunk++) {
        const chunk_state *at = &run->chunks[chunk];
        if (at->most < least ||
            at->most < osl_collector_threshold(run->collector))
            continue;
        if (!at->bounds)
            status = bound_chunk(run, chunk, err);
        uint64_t ranges = 0;
        if (status == OSL_OK)
            ranges = choose_ranges(run, chunk, least, below);
        if (ranges)
            status = visit_chunk(run, chunk, ranges, err);
    }
    return status;
}

static osl_status take_best(segment_run *run, osl_error *err)
{
    osl_cursor *cursor = run->cursor;
    uint32_t most = 0;
    run->chunks = osl_arena_zero(run->collector->scratch, run->chunk_count,
                                 sizeof *run->chunks);
    if (!run->chunks)
        return no_memory(err);
    for (uint32_t chunk = 0; chunk < run->chunk_count; chunk++) {
        uint32_t bound = cursor->ops->chunk_bound(cursor, chunk);
        run->chunks[chunk].most = bound;
        most = bound > most ? bound : most;
    }
    run->sums = osl_sums_new(osl_segment_kernels(run->segment)->score,
                             &run->units, run->collector->scratch);
    if (!run->sums)
        return no_memory(err);
    uint64_t below = UINT64_MAX;
    osl_status status = OSL_OK;
    for (unsigned i = 1; i <= PASSES && status == OSL_OK; i++) {
        uint32_t threshold = osl_collector_threshold(run->collector);
        uint32_t cut = (uint32_t)((uint64_t)most * (PASSES - i) / PASSES);
        cut = cut < threshold ? threshold : cut;
        if (cut < below)
            status = visit(run, cut, below, err);
        if (cut <= osl_collector_threshold(run->collector))
            break;
        below = cut;
    }
    return status;
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
    };
    const osl_segment_info *info = osl_segment_get_info(run.segment);
    run.paragraph_count = info->paragraph_count;
    run.document_count = info->document_count;
    run.chunk_count = run.paragraph_count / OSL_CHUNK_SIZE +
                      (run.paragraph_count % OSL_CHUNK_SIZE != 0);
    osl_status status = OSL_OK;
    bool all = collector->exhaustive || collector->by_date;
    if (collector->want_count)
        status = osl_segment_extents(run.segment, OSL_FIELD_TITLE, &run.extents,
                                     err);
    run.are_records =
        run.extents.firsts.slope == 1 && run.extents.firsts.width == 0;
    if (status == OSL_OK && collector->by_date)
        status = osl_updated_open(&run.dates, run.segment, err);
    if (status == OSL_OK && (collector->want_count || all))
        status =
            sweep(&run, collector->want_count, all && collector->k > 0, err);
    if (status == OSL_OK && !all && collector->k > 0)
        status = take_best(&run, err);
    osl_arena_reset(collector->scratch);
    return status;
}

osl_status osl_collect_finish(osl_collector *collector, osl_error *err)
{
    for (size_t end = collector->entry_count; end > 1; end--) {
        swap(collector, 0, end - 1);
        osl_status status = sift_down(collector, 0, end - 1, err);
        if (status != OSL_OK)
            return status;
    }
    return OSL_OK;
}

osl_status osl_collect_again(osl_collector *collector, size_t count,
                             osl_error *err)
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = i; j > 0; j--) {
            int order;
            const osl_top_entry *entries = collector->entries;
            osl_status status =
                compare(collector, &entries[j], &entries[j - 1], &order, err);
            if (status != OSL_OK)
                return status;
            if (order > 0)
                break;
            swap(collector, j, j - 1);
        }
    return OSL_OK;
}
