/* SPDX-License-Identifier: MIT
 *
 * Title and text as one bag, as plain BM25 does it: tf and length are summed.
 * G is concave in tf and falls with length, so the sum of both fields' bounds
 * holds. */
#include "query/cursor.h"

typedef struct bag {
    osl_cursor base;
    osl_bag parts;
    const uint8_t *text_codes, *title_codes;
    uint32_t unit, document_count, title_bound;
    /* The range looked at last. */
    uint32_t range;
    uint64_t known, matched;
    uint32_t tfs[64];
} bag;

/* Paragraphs of the range, as [first, end) of documents. */
static bool documents_of(const bag *cursor, uint32_t range, uint32_t *first,
                         uint32_t *last)
{
    const osl_segment *segment = cursor->parts.segment;
    uint32_t all = osl_segment_get_info(segment)->paragraph_count;
    uint64_t start = range * (uint64_t)OSL_RANGE_SIZE;
    if (start >= all)
        return false;
    uint64_t end = start + OSL_RANGE_SIZE - 1;
    *first = osl_segment_document_of(segment, (uint32_t)start);
    *last =
        osl_segment_document_of(segment, end < all ? (uint32_t)end : all - 1);
    return true;
}

/* Adds the title's tf of `document` to its paragraphs among `which`. */
static osl_status add_title_tf(bag *cursor, uint64_t which, osl_error *err)
{
    osl_source *title = cursor->parts.title;
    uint32_t last_document = UINT32_MAX, tf = 0;
    for (; which; which &= which - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(which);
        uint32_t document = osl_segment_document_of(
            cursor->parts.segment, cursor->range * OSL_RANGE_SIZE + bit);
        if (document != last_document) {
            uint32_t tfs[64] = {0};
            uint64_t hit = UINT64_C(1) << document % OSL_RANGE_SIZE;
            uint32_t range = document / OSL_RANGE_SIZE;
            osl_status status = title->ops->match(title, range, hit, &hit, err);
            if (status == OSL_OK && hit)
                status = title->ops->tfs(title, range, hit, tfs, err);
            if (status != OSL_OK)
                return status;
            tf = tfs[document % OSL_RANGE_SIZE];
            last_document = document;
        }
        cursor->tfs[bit] += tf;
        if (tf)
            cursor->matched |= UINT64_C(1) << bit;
    }
    return OSL_OK;
}

static osl_status look(bag *cursor, uint64_t which, osl_error *err)
{
    osl_status status = OSL_OK;
    for (uint64_t left = which; left; left &= left - 1)
        cursor->tfs[__builtin_ctzll(left)] = 0;
    osl_source *text = cursor->parts.text;
    if (text) {
        uint64_t hits;
        status = text->ops->match(text, cursor->range, which, &hits, err);
        if (status == OSL_OK && hits)
            status =
                text->ops->tfs(text, cursor->range, hits, cursor->tfs, err);
        if (status != OSL_OK)
            return status;
        cursor->matched |= hits;
    }
    if (cursor->parts.title)
        status = add_title_tf(cursor, which, err);
    return status;
}

static osl_status bag_match(osl_cursor *base, uint32_t range, uint64_t among,
                            uint64_t *out, osl_error *err)
{
    bag *cursor = (bag *)base;
    if (cursor->range != range) {
        cursor->range = range;
        cursor->known = cursor->matched = 0;
    }
    uint32_t all = osl_segment_get_info(cursor->parts.segment)->paragraph_count;
    uint64_t start = range * (uint64_t)OSL_RANGE_SIZE;
    if (start >= all)
        among = 0;
    else if (all - start < OSL_RANGE_SIZE)
        among &= (UINT64_C(1) << (all - start)) - 1;
    osl_status status = look(cursor, among & ~cursor->known, err);
    cursor->known |= among;
    *out = cursor->matched & among;
    return status;
}

static uint64_t bag_ranges(osl_cursor *base, uint32_t chunk)
{
    bag *cursor = (bag *)base;
    osl_source *text = cursor->parts.text, *title = cursor->parts.title;
    uint64_t ranges = text ? text->ops->ranges(text, chunk) : 0;
    for (uint32_t i = 0; title && i < 64; i++) {
        uint32_t first, last;
        if (!documents_of(cursor, chunk * 64 + i, &first, &last))
            break;
        for (uint32_t d = first / OSL_CHUNK_SIZE; d <= last / OSL_CHUNK_SIZE;
             d++) {
            uint64_t hits = title->ops->ranges(title, d);
            uint32_t low = d * 64, from = first / OSL_RANGE_SIZE,
                     to = last / OSL_RANGE_SIZE;
            for (; hits; hits &= hits - 1) {
                uint32_t hit = low + (uint32_t)__builtin_ctzll(hits);
                if (hit >= from && hit <= to)
                    ranges |= UINT64_C(1) << i;
            }
        }
    }
    return ranges;
}

/* The title's part is bounded once for the whole segment: a title belongs to
 * many paragraphs, and this ranking is for comparisons. */
static void bag_bounds(osl_cursor *base, uint32_t chunk, uint32_t bounds[64])
{
    bag *cursor = (bag *)base;
    osl_source *text = cursor->parts.text;
    uint8_t stored[64] = {0};
    if (text)
        text->ops->bounds(text, chunk, stored);
    for (unsigned r = 0; r < 64; r++)
        bounds[r] = osl_add_score(
            text ? cursor->parts.text_scorer.bounds[stored[r]] : 0,
            cursor->title_bound);
}

static uint32_t bag_chunk_bound(osl_cursor *base, uint32_t chunk)
{
    bag *cursor = (bag *)base;
    osl_source *text = cursor->parts.text;
    uint32_t bound = text ? cursor->parts.text_scorer
                                .bounds[text->ops->chunk_bound(text, chunk)]
                          : 0;
    return osl_add_score(bound, cursor->title_bound);
}

static uint8_t code_of(const bag *cursor, uint32_t paragraph)
{
    uint32_t document =
        osl_segment_document_of(cursor->parts.segment, paragraph);
    uint32_t length = 0;
    if (cursor->text_codes)
        length = osl_length_of_code(cursor->text_codes[paragraph]);
    if (cursor->title_codes && document < cursor->document_count)
        length += osl_length_of_code(cursor->title_codes[document]);
    return osl_length_code(length);
}

static osl_status bag_score(osl_cursor *base, uint32_t range, uint64_t which,
                            uint32_t least, uint32_t scores[64], osl_error *err)
{
    (void)least;
    bag *cursor = (bag *)base;
    const osl_scorer *scorer = &cursor->parts.text_scorer;
    osl_status status = bag_match(base, range, which, &which, err);
    for (; which && status == OSL_OK; which &= which - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(which);
        uint8_t code = code_of(cursor, range * OSL_RANGE_SIZE + bit);
        float gain = osl_score_gain(cursor->tfs[bit], scorer->k[code]);
        scores[bit] = osl_add_score(
            scores[bit], osl_score_contribution(scorer->weight, gain));
    }
    return status;
}

static osl_status bag_marks(osl_cursor *base, uint32_t paragraph,
                            osl_places *out, osl_error *err)
{
    bag *cursor = (bag *)base;
    osl_source *text = cursor->parts.text;
    uint64_t matched = 0;
    size_t before = out->count;
    osl_status status = OSL_OK;
    if (text)
        status = text->ops->match(text, paragraph / OSL_RANGE_SIZE,
                                  UINT64_C(1) << paragraph % OSL_RANGE_SIZE,
                                  &matched, err);
    if (status == OSL_OK && matched)
        status = text->ops->marks(text, paragraph, out, err);
    for (size_t i = before; i < out->count; i++)
        out->items[i].unit = cursor->unit;
    return status;
}

static osl_status bag_explain(osl_cursor *base, uint32_t paragraph,
                              unsigned depth, osl_buf *out, osl_error *err)
{
    bag *cursor = (bag *)base;
    uint64_t which = UINT64_C(1) << paragraph % OSL_RANGE_SIZE;
    osl_status status =
        bag_match(base, paragraph / OSL_RANGE_SIZE, which, &which, err);
    if (status != OSL_OK || !which)
        return status;
    uint8_t code = code_of(cursor, paragraph);
    osl_scorer scorer = cursor->parts.text_scorer;
    scorer.codes = &code;
    osl_scorer_explain(&scorer, 0, cursor->tfs[paragraph % OSL_RANGE_SIZE],
                       depth, out);
    return OSL_OK;
}

static const osl_cursor_ops bag_ops = {
    .ranges = bag_ranges,
    .match = bag_match,
    .bounds = bag_bounds,
    .chunk_bound = bag_chunk_bound,
    .score = bag_score,
    .marks = bag_marks,
    .explain = bag_explain,
};

/* The greatest bound that the title has anywhere in the segment. */
static uint32_t title_bound_of(const bag *cursor)
{
    osl_source *title = cursor->parts.title;
    unsigned most = 0;
    for (uint32_t d = 0; title && d < cursor->document_count;
         d += OSL_CHUNK_SIZE) {
        unsigned bound = title->ops->chunk_bound(title, d / OSL_CHUNK_SIZE);
        most = bound > most ? bound : most;
    }
    return cursor->parts.title_scorer.bounds[most];
}

osl_cursor *osl_cursor_bag(const osl_bag *parts, uint32_t unit,
                           osl_arena *arena)
{
    bag *cursor = osl_arena_zero(arena, 1, sizeof *cursor);
    if (!cursor)
        return NULL;
    cursor->base.ops = &bag_ops;
    cursor->parts = *parts;
    cursor->text_codes = parts->text_scorer.codes;
    cursor->title_codes = parts->title_scorer.codes;
    cursor->unit = unit;
    cursor->range = UINT32_MAX;
    cursor->document_count =
        osl_segment_get_info(parts->segment)->document_count;
    cursor->title_bound = title_bound_of(cursor);
    return &cursor->base;
}
