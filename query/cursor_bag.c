/* SPDX-License-Identifier: MIT
 *
 * Title and text as one bag, as plain BM25 does it: tf and length are summed,
 * a word of the title counting `title_count` times (BM25F: Robertson,
 * Zaragoza, Taylor 2004). Beside it the same word may be scored by fields, as
 * in cursor_fields.c; both parts come from one reading of the postings.
 *
 *     score = best + floor(share / 256 · other) + bag
 *
 * G is concave in tf and falls with length, so what each field's bound gives
 * at the length of that field alone can be summed. */
#include "query/cursor.h"

#include <string.h>

typedef struct bag {
    osl_cursor base;
    osl_bag parts;
    const uint8_t *text_codes, *title_codes;
    uint32_t unit, document_count, paragraph_count;
    unsigned title_most; /* greatest bound of the title in the segment */
    /* The range looked at last. */
    uint32_t range;
    uint64_t known, matched;
    uint32_t text_tfs[64], title_tfs[64];
} bag;

/* ---- matching ---------------------------------------------------------- */

static osl_status read_tfs(osl_source *source, uint32_t range, uint64_t which,
                           uint32_t tfs[64], uint64_t *matched, osl_error *err)
{
    uint64_t hits;
    osl_status status = source->ops->match(source, range, which, &hits, err);
    if (status == OSL_OK && hits)
        status = source->ops->tfs(source, range, hits, tfs, err);
    *matched |= hits;
    return status;
}

/* The title's tf of each document, to its paragraphs among `which`. */
static osl_status spread_titles(bag *cursor, uint64_t which, osl_error *err)
{
    uint32_t last_document = UINT32_MAX, tf = 0;
    for (; which; which &= which - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(which);
        uint32_t document = osl_segment_document_of(
            cursor->parts.segment, cursor->range * OSL_RANGE_SIZE + bit);
        if (document != last_document) {
            uint32_t tfs[64] = {0};
            uint64_t matched = 0;
            osl_status status = read_tfs(
                cursor->parts.title, document / OSL_RANGE_SIZE,
                UINT64_C(1) << document % OSL_RANGE_SIZE, tfs, &matched, err);
            if (status != OSL_OK)
                return status;
            tf = tfs[document % OSL_RANGE_SIZE];
            last_document = document;
        }
        cursor->title_tfs[bit] = tf;
        if (tf)
            cursor->matched |= UINT64_C(1) << bit;
    }
    return OSL_OK;
}

static osl_status look(bag *cursor, uint64_t which, osl_error *err)
{
    osl_status status = OSL_OK;
    const osl_bag *parts = &cursor->parts;
    for (uint64_t left = which; left; left &= left - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(left);
        cursor->text_tfs[bit] = cursor->title_tfs[bit] = 0;
    }
    if (parts->text)
        status = read_tfs(parts->text, cursor->range, which, cursor->text_tfs,
                          &cursor->matched, err);
    if (status != OSL_OK || !parts->title)
        return status;
    return parts->titles_are_paragraphs
               ? read_tfs(parts->title, cursor->range, which, cursor->title_tfs,
                          &cursor->matched, err)
               : spread_titles(cursor, which, err);
}

static osl_status bag_match(osl_cursor *base, uint32_t range, uint64_t among,
                            uint64_t *out, osl_error *err)
{
    bag *cursor = (bag *)base;
    if (cursor->range != range) {
        cursor->range = range;
        cursor->known = cursor->matched = 0;
    }
    uint64_t start = range * (uint64_t)OSL_RANGE_SIZE;
    if (start >= cursor->paragraph_count)
        among = 0;
    else if (cursor->paragraph_count - start < OSL_RANGE_SIZE)
        among &= (UINT64_C(1) << (cursor->paragraph_count - start)) - 1;
    osl_status status = OSL_OK;
    if (among & ~cursor->known)
        status = look(cursor, among & ~cursor->known, err);
    cursor->known |= among;
    *out = cursor->matched & among;
    return status;
}

/* ---- where it may be --------------------------------------------------- */

/* Documents of the paragraphs of the range, first and last. */
static bool documents_of(const bag *cursor, uint32_t range, uint32_t *first,
                         uint32_t *last)
{
    const osl_segment *segment = cursor->parts.segment;
    uint32_t all = cursor->paragraph_count;
    uint64_t start = range * (uint64_t)OSL_RANGE_SIZE;
    if (start >= all)
        return false;
    uint64_t end = start + OSL_RANGE_SIZE - 1;
    *first = osl_segment_document_of(segment, (uint32_t)start);
    *last =
        osl_segment_document_of(segment, end < all ? (uint32_t)end : all - 1);
    return true;
}

/* Does a range of documents that may have the title lie in first .. last? */
static bool title_between(const bag *cursor, uint32_t first, uint32_t last)
{
    osl_source *title = cursor->parts.title;
    uint32_t from = first / OSL_RANGE_SIZE, to = last / OSL_RANGE_SIZE;
    for (uint32_t chunk = first / OSL_CHUNK_SIZE;
         chunk <= last / OSL_CHUNK_SIZE; chunk++)
        for (uint64_t hits = title->ops->ranges(title, chunk); hits;
             hits &= hits - 1) {
            uint32_t hit = chunk * 64 + (uint32_t)__builtin_ctzll(hits);
            if (hit >= from && hit <= to)
                return true;
        }
    return false;
}

static uint64_t bag_ranges(osl_cursor *base, uint32_t chunk)
{
    bag *cursor = (bag *)base;
    osl_source *text = cursor->parts.text, *title = cursor->parts.title;
    uint64_t ranges = text ? text->ops->ranges(text, chunk) : 0;
    if (!title)
        return ranges;
    if (cursor->parts.titles_are_paragraphs)
        return ranges | title->ops->ranges(title, chunk);
    for (uint32_t i = 0; i < 64; i++) {
        uint32_t first, last;
        if (!documents_of(cursor, chunk * 64 + i, &first, &last))
            break;
        if (title_between(cursor, first, last))
            ranges |= UINT64_C(1) << i;
    }
    return ranges;
}

static uint32_t bound_of(const bag *cursor, unsigned text, unsigned title)
{
    const osl_bag *parts = &cursor->parts;
    uint32_t sum = osl_add_score(parts->bag_text.bounds[text],
                                 parts->bag_title.bounds[title]);
    if (!parts->by_fields)
        return sum;
    uint32_t a = parts->text_scorer->bounds[text];
    uint32_t b = parts->title_scorer->bounds[title];
    return osl_add_score(sum, osl_best_and_share(a, b, parts->share));
}

static void bag_bounds(osl_cursor *base, uint32_t chunk, uint32_t bounds[64])
{
    bag *cursor = (bag *)base;
    osl_source *text = cursor->parts.text, *title = cursor->parts.title;
    uint8_t in_text[64] = {0}, in_title[64];
    memset(in_title, (int)cursor->title_most, sizeof in_title);
    if (text)
        text->ops->bounds(text, chunk, in_text);
    if (title && cursor->parts.titles_are_paragraphs)
        title->ops->bounds(title, chunk, in_title);
    for (unsigned r = 0; r < 64; r++)
        bounds[r] = in_text[r] || in_title[r]
                        ? bound_of(cursor, in_text[r], in_title[r])
                        : 0;
}

static uint32_t bag_chunk_bound(osl_cursor *base, uint32_t chunk)
{
    bag *cursor = (bag *)base;
    osl_source *text = cursor->parts.text, *title = cursor->parts.title;
    unsigned in_title = cursor->title_most;
    if (title && cursor->parts.titles_are_paragraphs)
        in_title = title->ops->chunk_bound(title, chunk);
    return bound_of(cursor, text ? text->ops->chunk_bound(text, chunk) : 0,
                    in_title);
}

/* ---- scores ------------------------------------------------------------ */

/* What one paragraph scores, and what of. */
typedef struct bag_parts {
    uint32_t document, text, title, bag, tf, length;
    float k;
} bag_parts;

/* tf and length, a title counted `times`; saturating. */
static uint32_t weighed(uint32_t text, uint32_t title, uint32_t times)
{
    uint64_t sum = text + title * (uint64_t)times;
    return sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
}

static bag_parts parts_of(const bag *cursor, uint32_t paragraph)
{
    const osl_bag *parts = &cursor->parts;
    unsigned bit = paragraph % OSL_RANGE_SIZE;
    uint32_t in_text = cursor->text_tfs[bit], text_length = 0;
    uint32_t in_title = cursor->title_tfs[bit], title_length = 0;
    bag_parts out = {.document = paragraph};
    if (!parts->titles_are_paragraphs)
        out.document = osl_segment_document_of(parts->segment, paragraph);
    if (cursor->text_codes)
        text_length = osl_length_of_code(cursor->text_codes[paragraph]);
    if (cursor->title_codes && out.document < cursor->document_count)
        title_length = osl_length_of_code(cursor->title_codes[out.document]);
    out.tf = weighed(in_text, in_title, parts->title_count);
    out.length = weighed(text_length, title_length, parts->title_count);
    out.k = osl_score_length(parts->k1, parts->b,
                             parts->bag_text.average_length, out.length);
    out.bag = osl_score_contribution(parts->bag_text.weight,
                                     osl_score_gain(out.tf, out.k));
    if (parts->by_fields && in_text)
        out.text = osl_scorer_score(parts->text_scorer, paragraph, in_text);
    if (parts->by_fields && in_title)
        out.title =
            osl_scorer_score(parts->title_scorer, out.document, in_title);
    return out;
}

static uint32_t by_fields(const bag *cursor, const bag_parts *parts)
{
    return osl_best_and_share(parts->text, parts->title, cursor->parts.share);
}

static osl_status bag_score(osl_cursor *base, uint32_t range, uint64_t which,
                            uint32_t least, uint32_t scores[64], osl_error *err)
{
    (void)least;
    bag *cursor = (bag *)base;
    osl_status status = bag_match(base, range, which, &which, err);
    for (; which && status == OSL_OK; which &= which - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(which);
        bag_parts parts = parts_of(cursor, range * OSL_RANGE_SIZE + bit);
        uint32_t score = osl_add_score(parts.bag, by_fields(cursor, &parts));
        scores[bit] = osl_add_score(scores[bit], score);
    }
    return status;
}

/* ---- what is shown ----------------------------------------------------- */

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

static void explain_bag(const bag *cursor, const bag_parts *parts,
                        unsigned depth, osl_buf *out)
{
    osl_scorer_explain_at(&cursor->parts.bag_text, parts->length, parts->k,
                          parts->tf, depth, out);
}

static void explain_fields(const bag *cursor, uint32_t paragraph,
                           const bag_parts *parts, unsigned depth, osl_buf *out)
{
    unsigned bit = paragraph % OSL_RANGE_SIZE;
    osl_explain_number(by_fields(cursor, parts), depth, out);
    osl_buf_printf(out, "best field and %u/256 of the others\n",
                   (unsigned)cursor->parts.share);
    if (cursor->text_tfs[bit])
        osl_scorer_explain(cursor->parts.text_scorer, paragraph,
                           cursor->text_tfs[bit], depth + 1, out);
    if (cursor->title_tfs[bit])
        osl_scorer_explain(cursor->parts.title_scorer, parts->document,
                           cursor->title_tfs[bit], depth + 1, out);
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
    bag_parts parts = parts_of(cursor, paragraph);
    if (!cursor->parts.by_fields) {
        explain_bag(cursor, &parts, depth, out);
        return OSL_OK;
    }
    osl_explain_number(osl_add_score(parts.bag, by_fields(cursor, &parts)),
                       depth, out);
    osl_buf_printf(out, "sum: ");
    osl_buf_put_text(out, cursor->parts.bag_text.shown);
    osl_buf_put_byte(out, '\n');
    explain_fields(cursor, paragraph, &parts, depth + 1, out);
    explain_bag(cursor, &parts, depth + 1, out);
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
static unsigned most_of_titles(const bag *cursor)
{
    osl_source *title = cursor->parts.title;
    unsigned most = 0;
    for (uint32_t d = 0; title && d < cursor->document_count;
         d += OSL_CHUNK_SIZE) {
        unsigned bound = title->ops->chunk_bound(title, d / OSL_CHUNK_SIZE);
        most = bound > most ? bound : most;
    }
    return most;
}

osl_cursor *osl_cursor_bag(const osl_bag *parts, uint32_t unit,
                           osl_arena *arena)
{
    bag *cursor = osl_arena_zero(arena, 1, sizeof *cursor);
    if (!cursor)
        return NULL;
    const osl_segment_info *info = osl_segment_get_info(parts->segment);
    cursor->base.ops = &bag_ops;
    cursor->parts = *parts;
    cursor->text_codes = parts->bag_text.codes;
    cursor->title_codes = parts->bag_title.codes;
    cursor->unit = unit;
    cursor->range = UINT32_MAX;
    cursor->document_count = info->document_count;
    cursor->paragraph_count = info->paragraph_count;
    if (!parts->titles_are_paragraphs)
        cursor->title_most = most_of_titles(cursor);
    return &cursor->base;
}
