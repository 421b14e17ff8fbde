/* SPDX-License-Identifier: MIT
 *
 * Filters look at what the segment knows of a document or paragraph, and only
 * for paragraphs that everything else lets through. A document's verdict is
 * remembered: two bits a document, asked and taken. */
#include "query/cursor.h"

#include <string.h>

typedef struct filter_cursor {
    osl_cursor base;
    const osl_segment *segment;
    const osl_filter *filter;
    uint64_t *asked, *taken; /* a bit a document; of evidence: a paragraph */
    osl_arena *arena;
    uint32_t range_count;
    uint32_t document; /* of document:ID; UINT32_MAX: not here */
} filter_cursor;

static osl_status ask_document(filter_cursor *cursor, uint32_t document,
                               bool *takes, osl_error *err)
{
    osl_document_record record;
    osl_status status =
        osl_segment_document(cursor->segment, document, &record, err);
    if (status != OSL_OK)
        return status;
    switch (cursor->filter->field) {
    case OSL_FILTER_UPDATED:
        *takes = osl_filter_takes_date(cursor->filter, record.updated);
        break;
    case OSL_FILTER_AUDIENCE:
        *takes = osl_filter_takes_name(cursor->filter, record.audience);
        break;
    default:
        *takes = osl_filter_takes_name(cursor->filter, record.language);
    }
    return OSL_OK;
}

static osl_status ask_evidence(filter_cursor *cursor, uint32_t paragraph,
                               bool *takes, osl_error *err)
{
    osl_arena arena = {0};
    const osl_text *levels;
    size_t count = 0;
    osl_status status = osl_segment_evidence(cursor->segment, paragraph, &arena,
                                             &levels, &count, err);
    *takes = false;
    for (size_t i = 0; i < count && status == OSL_OK && !*takes; i++)
        *takes = osl_filter_takes_evidence(cursor->filter, levels[i]);
    osl_arena_clear(&arena);
    return status;
}

static osl_status ask(filter_cursor *cursor, uint32_t paragraph, bool *takes,
                      osl_error *err)
{
    osl_filter_field field = cursor->filter->field;
    uint32_t document = osl_segment_document_of(cursor->segment, paragraph);
    if (field == OSL_FILTER_DOCUMENT) {
        *takes = document == cursor->document;
        return OSL_OK;
    }
    uint32_t key = field == OSL_FILTER_EVIDENCE ? paragraph : document;
    uint64_t bit = UINT64_C(1) << key % 64;
    osl_status status = OSL_OK;
    if (!(cursor->asked[key / 64] & bit)) {
        status = field == OSL_FILTER_EVIDENCE
                     ? ask_evidence(cursor, key, takes, err)
                     : ask_document(cursor, key, takes, err);
        if (status != OSL_OK)
            return status;
        cursor->asked[key / 64] |= bit;
        cursor->taken[key / 64] |= *takes ? bit : 0;
    }
    *takes = (cursor->taken[key / 64] & bit) != 0;
    return status;
}

static osl_status filter_match(osl_cursor *base, uint32_t range, uint64_t among,
                               uint64_t *out, osl_error *err)
{
    filter_cursor *cursor = (filter_cursor *)base;
    uint32_t all = osl_segment_get_info(cursor->segment)->paragraph_count;
    *out = 0;
    for (; among; among &= among - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(among);
        uint64_t paragraph = range * (uint64_t)OSL_RANGE_SIZE + bit;
        bool takes = false;
        if (paragraph >= all)
            break;
        osl_status status = ask(cursor, (uint32_t)paragraph, &takes, err);
        if (status != OSL_OK)
            return status;
        *out |= takes ? UINT64_C(1) << bit : 0;
    }
    return OSL_OK;
}

static uint64_t filter_ranges(osl_cursor *base, uint32_t chunk)
{
    const filter_cursor *cursor = (const filter_cursor *)base;
    uint64_t first = chunk * (uint64_t)64;
    if (first >= cursor->range_count)
        return 0;
    uint64_t left = cursor->range_count - first;
    return left < 64 ? (UINT64_C(1) << left) - 1 : ~UINT64_C(0);
}

static void filter_bounds(osl_cursor *base, uint32_t chunk, uint32_t bounds[64])
{
    (void)base;
    (void)chunk;
    memset(bounds, 0, 64 * sizeof *bounds);
}

static uint32_t filter_chunk_bound(osl_cursor *base, uint32_t chunk)
{
    (void)base;
    (void)chunk;
    return 0;
}

/* The table of ops wants this signature.
 * NOLINTBEGIN(readability-non-const-parameter) */
static osl_status filter_score(osl_cursor *base, uint32_t range, uint64_t which,
                               uint32_t least, uint32_t scores[64],
                               osl_error *err)
{
    (void)least;
    (void)base;
    (void)range;
    (void)which;
    (void)scores;
    (void)err;
    return OSL_OK;
}
/* NOLINTEND(readability-non-const-parameter) */

static osl_status filter_marks(osl_cursor *base, uint32_t paragraph,
                               osl_places *out, osl_error *err)
{
    (void)base;
    (void)paragraph;
    (void)out;
    (void)err;
    return OSL_OK;
}

static osl_status filter_explain(osl_cursor *base, uint32_t paragraph,
                                 unsigned depth, osl_buf *out, osl_error *err)
{
    (void)base;
    (void)paragraph;
    (void)depth;
    (void)out;
    (void)err;
    return OSL_OK;
}

static const osl_cursor_ops filter_ops = {
    .ranges = filter_ranges,
    .match = filter_match,
    .bounds = filter_bounds,
    .chunk_bound = filter_chunk_bound,
    .score = filter_score,
    .marks = filter_marks,
    .explain = filter_explain,
};

osl_status osl_cursor_filter(osl_cursor **out, const osl_segment *segment,
                             const osl_filter *filter, uint32_t document,
                             osl_arena *arena, osl_error *err)
{
    filter_cursor *cursor = osl_arena_zero(arena, 1, sizeof *cursor);
    const osl_segment_info *info = osl_segment_get_info(segment);
    size_t keys = filter->field == OSL_FILTER_EVIDENCE ? info->paragraph_count
                                                       : info->document_count;
    if (!cursor || !(cursor->asked = osl_arena_zero(arena, keys / 64 + 1, 8)) ||
        !(cursor->taken = osl_arena_zero(arena, keys / 64 + 1, 8)))
        return osl_fail(err, OSL_ENOMEM, "query: memory ran out at a filter");
    cursor->base.ops = &filter_ops;
    cursor->segment = segment;
    cursor->filter = filter;
    cursor->document = document;
    cursor->arena = arena;
    cursor->range_count =
        (info->paragraph_count + OSL_RANGE_SIZE - 1) / OSL_RANGE_SIZE;
    *out = &cursor->base;
    return OSL_OK;
}
