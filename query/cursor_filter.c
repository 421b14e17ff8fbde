/* SPDX-License-Identifier: MIT
 *
 * Filters are masks over paragraphs. What a filter says hangs on a string of
 * the document (date, audience, language) or on the levels of evidence of the
 * paragraph: each distinct string is asked about once, and then a range costs
 * a look at the columns. */
#include "query/cursor.h"

#include "core/segment/tables.h"

#include <string.h>

typedef struct filter_cursor {
    osl_cursor base;
    const osl_segment *segment;
    const osl_filter *filter;
    uint64_t *asked, *taken; /* a bit a string */
    uint64_t string_count;
    osl_numbers strings; /* of documents; of evidence: of its levels */
    osl_numbers starts;  /* of evidence: each paragraph's first level */
    uint64_t level_count;
    osl_extents extents; /* of documents */
    uint32_t paragraph_count, range_count;
    /* Paragraphs of document:ID, or of the document looked at last. */
    uint32_t first;
    uint64_t end;
    bool takes_document;
} filter_cursor;

/* ---- strings ----------------------------------------------------------- */

static bool takes_text(const osl_filter *filter, osl_text text)
{
    switch (filter->field) {
    case OSL_FILTER_UPDATED:
        return osl_filter_takes_date(filter, text);
    case OSL_FILTER_EVIDENCE:
        return osl_filter_takes_evidence(filter, text);
    default:
        return osl_filter_takes_name(filter, text);
    }
}

static osl_status ask(filter_cursor *cursor, uint32_t string, bool *takes,
                      osl_error *err)
{
    osl_text text;
    uint64_t bit = UINT64_C(1) << string % 64;
    if (string < cursor->string_count && cursor->asked[string / 64] & bit) {
        *takes = (cursor->taken[string / 64] & bit) != 0;
        return OSL_OK;
    }
    osl_status status = osl_tables_string(cursor->segment, string, &text, err);
    if (status != OSL_OK)
        return status;
    *takes = takes_text(cursor->filter, text);
    cursor->asked[string / 64] |= bit;
    cursor->taken[string / 64] |= *takes ? bit : 0;
    return OSL_OK;
}

/* ---- paragraphs -------------------------------------------------------- */

static osl_status take_levels(filter_cursor *cursor, uint32_t paragraph,
                              bool *takes, osl_error *err)
{
    uint32_t from = osl_numbers_get(&cursor->starts, paragraph);
    uint32_t to = osl_numbers_get(&cursor->starts, paragraph + 1);
    osl_status status = OSL_OK;
    *takes = false;
    if (from > to || to > cursor->level_count)
        return osl_fail(err, OSL_ECORRUPT,
                        "%s: levels of evidence leave their column",
                        osl_segment_path(cursor->segment));
    for (; from < to && status == OSL_OK && !*takes; from++)
        status =
            ask(cursor, osl_numbers_get(&cursor->strings, from), takes, err);
    return status;
}

static osl_status match_levels(filter_cursor *cursor, uint32_t first,
                               uint64_t among, uint64_t *out, osl_error *err)
{
    osl_status status = OSL_OK;
    if (cursor->level_count == 0)
        return OSL_OK;
    for (; among && status == OSL_OK; among &= among - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(among);
        bool takes;
        status = take_levels(cursor, first + bit, &takes, err);
        if (status == OSL_OK && takes)
            *out |= UINT64_C(1) << bit;
    }
    return status;
}

/* Makes the document of `paragraph` the one at hand. */
static osl_status turn_to(filter_cursor *cursor, uint32_t paragraph,
                          osl_error *err)
{
    if (paragraph >= cursor->first && paragraph < cursor->end)
        return OSL_OK;
    uint32_t document = 0;
    osl_status status =
        osl_segment_document_of(cursor->segment, paragraph, &document, err);
    if (status != OSL_OK)
        return status;
    osl_extents_get(&cursor->extents, document, &cursor->first, &cursor->end);
    if (paragraph < cursor->first || paragraph >= cursor->end)
        return osl_fail(err, OSL_ECORRUPT, "%s: a paragraph is in no document",
                        osl_segment_path(cursor->segment));
    return ask(cursor, osl_numbers_get(&cursor->strings, document),
               &cursor->takes_document, err);
}

static osl_status match_documents(filter_cursor *cursor, uint32_t first,
                                  uint64_t among, uint64_t *out, osl_error *err)
{
    while (among) {
        uint32_t paragraph = first + (uint32_t)__builtin_ctzll(among);
        osl_status status = turn_to(cursor, paragraph, err);
        if (status != OSL_OK)
            return status;
        uint64_t left = cursor->end - first;
        uint64_t behind = left < 64 ? ~UINT64_C(0) << left : 0;
        *out |= cursor->takes_document ? among & ~behind : 0;
        among &= behind;
    }
    return OSL_OK;
}

/* document:ID is a stretch of paragraphs. */
static uint64_t match_stretch(const filter_cursor *cursor, uint32_t first)
{
    uint64_t end = cursor->end > first ? cursor->end - first : 0;
    uint64_t start = cursor->first > first ? cursor->first - first : 0;
    uint64_t before = start < 64 ? (UINT64_C(1) << start) - 1 : ~UINT64_C(0);
    uint64_t within = end < 64 ? (UINT64_C(1) << end) - 1 : ~UINT64_C(0);
    return within & ~before;
}

static osl_status match_range(filter_cursor *cursor, uint32_t range,
                              uint64_t among, uint64_t *out, osl_error *err)
{
    uint64_t first = range * (uint64_t)OSL_RANGE_SIZE;
    if (first >= cursor->paragraph_count)
        return OSL_OK;
    if (cursor->paragraph_count - first < OSL_RANGE_SIZE)
        among &= (UINT64_C(1) << (cursor->paragraph_count - first)) - 1;
    switch (cursor->filter->field) {
    case OSL_FILTER_DOCUMENT:
        *out |= among & match_stretch(cursor, (uint32_t)first);
        return OSL_OK;
    case OSL_FILTER_EVIDENCE:
        return match_levels(cursor, (uint32_t)first, among, out, err);
    default:
        return match_documents(cursor, (uint32_t)first, among, out, err);
    }
}

static osl_status filter_match(osl_cursor *base, uint32_t chunk,
                               uint64_t ranges, const uint64_t among[64],
                               uint64_t found[64], osl_error *err)
{
    filter_cursor *cursor = (filter_cursor *)base;
    osl_status status = OSL_OK;
    for (; ranges && status == OSL_OK; ranges &= ranges - 1) {
        unsigned r = (unsigned)__builtin_ctzll(ranges);
        status = match_range(cursor, chunk * 64 + r, among[r], &found[r], err);
    }
    return status;
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

static osl_status filter_add(osl_cursor *base, uint32_t chunk, uint64_t ranges,
                             osl_sums *sums, osl_error *err)
{
    (void)base;
    (void)chunk;
    (void)ranges;
    (void)sums;
    (void)err;
    return OSL_OK;
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
    .add = filter_add,
    .score = filter_score,
    .marks = filter_marks,
    .explain = filter_explain,
};

/* ---- opening ----------------------------------------------------------- */

static osl_status open_strings(filter_cursor *cursor, osl_arena *arena,
                               osl_error *err)
{
    const osl_segment_info *info = osl_segment_get_info(cursor->segment);
    uint32_t count = 0;
    osl_status status = osl_tables_string_count(cursor->segment, &count, err);
    if (status != OSL_OK)
        return status;
    cursor->string_count = count;
    cursor->asked = osl_arena_zero(arena, count / 64 + (size_t)1, 8);
    cursor->taken = osl_arena_zero(arena, count / 64 + (size_t)1, 8);
    if (!cursor->asked || !cursor->taken)
        return osl_fail(err, OSL_ENOMEM, "query: memory ran out at a filter");
    switch (cursor->filter->field) {
    case OSL_FILTER_EVIDENCE:
        return osl_segment_levels(cursor->segment, &cursor->starts,
                                  &cursor->strings, &cursor->level_count, err);
    case OSL_FILTER_UPDATED:
        return osl_tables_numbers(cursor->segment, OSL_SECTION_DOCUMENTS,
                                  OSL_STRING_UPDATED, info->document_count,
                                  &cursor->strings, err);
    case OSL_FILTER_AUDIENCE:
        return osl_tables_numbers(cursor->segment, OSL_SECTION_DOCUMENTS,
                                  OSL_STRING_AUDIENCE, info->document_count,
                                  &cursor->strings, err);
    default:
        return osl_tables_numbers(cursor->segment, OSL_SECTION_DOCUMENTS,
                                  OSL_STRING_LANGUAGE, info->document_count,
                                  &cursor->strings, err);
    }
}

/* Documents that all have one string are one stretch. */
static osl_status join_alike(filter_cursor *cursor, osl_error *err)
{
    if (cursor->filter->field == OSL_FILTER_EVIDENCE ||
        cursor->paragraph_count == 0 || cursor->strings.width > 0 ||
        cursor->strings.slope > 0)
        return OSL_OK;
    cursor->end = cursor->paragraph_count;
    return ask(cursor, osl_numbers_get(&cursor->strings, 0),
               &cursor->takes_document, err);
}

osl_status osl_cursor_filter(osl_cursor **out, const osl_segment *segment,
                             const osl_filter *filter, uint32_t document,
                             osl_arena *arena, osl_error *err)
{
    filter_cursor *cursor = osl_arena_zero(arena, 1, sizeof *cursor);
    if (!cursor)
        return osl_fail(err, OSL_ENOMEM, "query: memory ran out at a filter");
    cursor->base.ops = &filter_ops;
    cursor->segment = segment;
    cursor->filter = filter;
    cursor->paragraph_count = osl_segment_get_info(segment)->paragraph_count;
    cursor->range_count = cursor->paragraph_count / OSL_RANGE_SIZE +
                          (cursor->paragraph_count % OSL_RANGE_SIZE != 0);
    *out = &cursor->base;
    osl_status status =
        osl_segment_extents(segment, OSL_FIELD_TITLE, &cursor->extents, err);
    if (status != OSL_OK)
        return status;
    if (filter->field != OSL_FILTER_DOCUMENT) {
        status = open_strings(cursor, arena, err);
        return status == OSL_OK ? join_alike(cursor, err) : status;
    }
    if (document != UINT32_MAX)
        osl_extents_get(&cursor->extents, document, &cursor->first,
                        &cursor->end);
    return OSL_OK;
}
