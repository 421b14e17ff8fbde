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
    osl_cursor *painted; /* the title's, where titles are not paragraphs */
    const uint8_t *text_codes, *title_codes;
    uint32_t unit, document_count;
    uint32_t bag_most;   /* of the bag: G is never more than 1 */
    uint32_t alone[256]; /* bounds of the text where no title has the word */
    bool has_alone;
} bag;

/* ---- matching ---------------------------------------------------------- */

static osl_status bag_match(osl_cursor *base, uint32_t chunk, uint64_t ranges,
                            const uint64_t among[64], uint64_t found[64],
                            osl_error *err)
{
    const bag *cursor = (const bag *)base;
    osl_source *text = cursor->parts.text, *title = cursor->parts.title;
    osl_cursor *painted = cursor->painted;
    osl_status status = OSL_OK;
    if (text)
        status = text->ops->match(text, chunk, ranges, among, found, err);
    if (status != OSL_OK || !title)
        return status;
    return painted
               ? painted->ops->match(painted, chunk, ranges, among, found, err)
               : title->ops->match(title, chunk, ranges, among, found, err);
}

static uint64_t title_ranges(const bag *cursor, uint32_t chunk)
{
    osl_source *title = cursor->parts.title;
    if (cursor->painted)
        return cursor->painted->ops->ranges(cursor->painted, chunk);
    return title ? title->ops->ranges(title, chunk) : 0;
}

static uint64_t bag_ranges(osl_cursor *base, uint32_t chunk)
{
    const bag *cursor = (const bag *)base;
    osl_source *text = cursor->parts.text;
    return (text ? text->ops->ranges(text, chunk) : 0) |
           title_ranges(cursor, chunk);
}

/* ---- bounds ------------------------------------------------------------ */

static uint32_t bound_of(const bag *cursor, unsigned text, unsigned title)
{
    const osl_bag *parts = &cursor->parts;
    uint32_t sum = osl_add_score(parts->bag_text.bounds[text],
                                 parts->bag_title.bounds[title]);
    sum = sum < cursor->bag_most ? sum : cursor->bag_most;
    if (!parts->by_fields)
        return sum;
    uint32_t a = parts->text_scorer->bounds[text];
    uint32_t b = parts->title_scorer->bounds[title];
    return osl_add_score(sum, osl_best_and_share(a, b, parts->share));
}

/* Most chunks have the word in no title. */
static void bound_alone(bag *cursor, const uint8_t in_text[64],
                        uint32_t bounds[64])
{
    for (unsigned i = 1; i < 256 && !cursor->has_alone; i++)
        cursor->alone[i] = bound_of(cursor, i, 0);
    cursor->has_alone = true;
    for (unsigned r = 0; r < 64; r++)
        bounds[r] = cursor->alone[in_text[r]];
}

static void bag_bounds(osl_cursor *base, uint32_t chunk, uint32_t bounds[64])
{
    const bag *cursor = (const bag *)base;
    osl_source *text = cursor->parts.text, *title = cursor->parts.title;
    uint8_t in_text[64] = {0}, in_title[64] = {0};
    uint64_t titled = title_ranges(cursor, chunk);
    if (text)
        text->ops->bounds(text, chunk, in_text);
    if (!titled) {
        bound_alone((bag *)base, in_text, bounds);
        return;
    }
    if (title && !cursor->painted)
        title->ops->bounds(title, chunk, in_title);
    for (uint64_t in = cursor->painted ? titled : 0; in; in &= in - 1)
        in_title[__builtin_ctzll(in)] = OSL_BOUND_MAX;
    for (unsigned r = 0; r < 64; r++)
        bounds[r] = in_text[r] || in_title[r]
                        ? bound_of(cursor, in_text[r], in_title[r])
                        : 0;
}

static uint32_t bag_chunk_bound(osl_cursor *base, uint32_t chunk)
{
    const bag *cursor = (const bag *)base;
    osl_source *text = cursor->parts.text, *title = cursor->parts.title;
    unsigned in_title = 0;
    if (title && !cursor->painted)
        in_title = title->ops->chunk_bound(title, chunk);
    else if (title && title_ranges(cursor, chunk))
        in_title = OSL_BOUND_MAX;
    return bound_of(cursor, text ? text->ops->chunk_bound(text, chunk) : 0,
                    in_title);
}

/* The bag where `ranges` may have the title: what the text gives, but to those
 * whose title has the word the most that a bag can give. */
static osl_status add_title(const bag *cursor, uint32_t chunk, uint64_t ranges,
                            osl_sums *sums, osl_error *err)
{
    osl_source *text = cursor->parts.text, *title = cursor->parts.title;
    osl_sums *part = ranges ? osl_sums_beside(sums, ranges) : NULL;
    uint64_t all[64], words[64] = {0};
    if (!ranges)
        return OSL_OK;
    if (!part)
        return osl_fail(err, OSL_ENOMEM, "query: memory ran out at bounds");
    memset(all, 255, sizeof all);
    osl_status status =
        cursor->painted
            ? cursor->painted->ops->match(cursor->painted, chunk, ranges, all,
                                          words, err)
            : title->ops->match(title, chunk, ranges, all, words, err);
    if (status == OSL_OK && text)
        status = text->ops->add(text, &cursor->parts.bag_text, chunk, ranges,
                                part, err);
    for (uint64_t left = ranges; left && status == OSL_OK; left &= left - 1) {
        unsigned r = (unsigned)__builtin_ctzll(left);
        osl_sums_set_score(part, r, words[r], cursor->bag_most);
    }
    osl_sums_join(sums, part, ranges);
    return status;
}

/* Text and title by fields, in `ranges` where both may be. */
static osl_status add_fields(const bag *cursor, uint32_t chunk, uint64_t ranges,
                             osl_sums *sums, osl_error *err)
{
    const osl_bag *parts = &cursor->parts;
    osl_source *text = parts->text, *title = parts->title;
    osl_sums *best = osl_sums_beside(sums, ranges);
    osl_sums *lesser = best ? osl_sums_beside(best, ranges) : NULL;
    osl_sums *part = lesser ? osl_sums_beside(lesser, ranges) : NULL;
    if (!part)
        return osl_fail(err, OSL_ENOMEM, "query: memory ran out at bounds");
    osl_status status = OSL_OK;
    if (text)
        status =
            text->ops->add(text, parts->text_scorer, chunk, ranges, best, err);
    if (status != OSL_OK || !title)
        return status;
    if (cursor->painted)
        status = cursor->painted->ops->add(cursor->painted, chunk, ranges, part,
                                           err);
    else
        status = title->ops->add(title, parts->title_scorer, chunk, ranges,
                                 part, err);
    osl_sums_gather(best, lesser, part, ranges);
    osl_sums_mix(sums, best, lesser, parts->share, ranges);
    return status;
}

static osl_status bag_add(osl_cursor *base, uint32_t chunk, uint64_t ranges,
                          osl_sums *sums, osl_error *err)
{
    const bag *cursor = (const bag *)base;
    const osl_bag *parts = &cursor->parts;
    osl_source *text = parts->text;
    uint64_t both = ranges & title_ranges(cursor, chunk);
    osl_status status = add_title(cursor, chunk, both, sums, err);
    bool joint = parts->joint.gauge != NULL;
    if (status == OSL_OK && text)
        status = text->ops->add(text, joint ? &parts->joint : &parts->bag_text,
                                chunk, ranges & ~both, sums, err);
    if (status == OSL_OK && parts->by_fields && text && !joint)
        status = text->ops->add(text, parts->text_scorer, chunk, ranges & ~both,
                                sums, err);
    return status == OSL_OK && both && parts->by_fields
               ? add_fields(cursor, chunk, both, sums, err)
               : status;
}

/* ---- scores ------------------------------------------------------------ */

/* What one paragraph scores, and what of. */
typedef struct bag_parts {
    uint32_t document, in_text, in_title; /* occurrences */
    uint32_t text, title, bag, tf, length;
    float k;
} bag_parts;

/* tf and length, a title counted `times`; saturating. */
static uint32_t weighed(uint32_t text, uint32_t title, uint32_t times)
{
    uint64_t sum = text + title * (uint64_t)times;
    return sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
}

/* Occurrences in each of `which`. */
static osl_status read_tfs(const bag *cursor, uint32_t range, uint64_t which,
                           bag_parts out[64], osl_error *err)
{
    osl_source *text = cursor->parts.text, *title = cursor->parts.title;
    uint32_t in_text[64] = {0}, in_title[64] = {0};
    osl_status status = OSL_OK;
    if (text)
        status = text->ops->tfs(text, range, which, in_text, err);
    if (status == OSL_OK && title && !cursor->painted)
        status = title->ops->tfs(title, range, which, in_title, err);
    for (; which; which &= which - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(which);
        bag_parts *of = &out[bit];
        of->document = range * OSL_RANGE_SIZE + bit;
        of->in_text = in_text[bit];
        of->in_title = in_title[bit];
        if (cursor->painted)
            of->in_title = osl_cursor_expand_tf(
                cursor->painted, range * OSL_RANGE_SIZE + bit, &of->document);
    }
    return status;
}

/* Sets what its occurrences give. */
static osl_status weigh(const bag *cursor, uint32_t paragraph, bag_parts *out,
                        osl_error *err)
{
    const osl_bag *parts = &cursor->parts;
    uint32_t text_length = 0, title_length = 0;
    osl_status status = OSL_OK;
    if (!parts->titles_are_paragraphs)
        status = osl_segment_document_of(parts->segment, paragraph,
                                         &out->document, err);
    if (status != OSL_OK)
        return status;
    if (cursor->text_codes)
        text_length = osl_length_of_code(cursor->text_codes[paragraph]);
    if (cursor->title_codes && out->document < cursor->document_count)
        title_length = osl_length_of_code(cursor->title_codes[out->document]);
    out->tf = weighed(out->in_text, out->in_title, parts->title_count);
    out->length = weighed(text_length, title_length, parts->title_count);
    out->k = osl_score_length(parts->k1, parts->b,
                              parts->bag_text.average_length, out->length);
    out->bag = osl_score_contribution(parts->bag_text.weight,
                                      osl_score_gain(out->tf, out->k));
    out->text = out->title = 0;
    if (parts->by_fields && out->in_text)
        out->text =
            osl_scorer_score(parts->text_scorer, paragraph, out->in_text);
    if (parts->by_fields && out->in_title)
        out->title =
            osl_scorer_score(parts->title_scorer, out->document, out->in_title);
    return OSL_OK;
}

static uint32_t by_fields(const bag *cursor, const bag_parts *parts)
{
    return osl_best_and_share(parts->text, parts->title, cursor->parts.share);
}

static osl_status bag_score(osl_cursor *base, uint32_t range, uint64_t which,
                            uint32_t least, uint32_t scores[64], osl_error *err)
{
    (void)least;
    const bag *cursor = (const bag *)base;
    bag_parts parts[64];
    osl_status status = read_tfs(cursor, range, which, parts, err);
    for (; which && status == OSL_OK; which &= which - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(which);
        if (!parts[bit].in_text && !parts[bit].in_title)
            continue;
        status = weigh(cursor, range * OSL_RANGE_SIZE + bit, &parts[bit], err);
        if (status != OSL_OK)
            break;
        uint32_t score =
            osl_add_score(parts[bit].bag, by_fields(cursor, &parts[bit]));
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
        status = osl_source_match(text, paragraph / OSL_RANGE_SIZE,
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
    osl_explain_number(by_fields(cursor, parts), depth, out);
    osl_buf_printf(out, "best field and %u/256 of the others\n",
                   (unsigned)cursor->parts.share);
    if (parts->in_text)
        osl_scorer_explain(cursor->parts.text_scorer, paragraph, parts->in_text,
                           depth + 1, out);
    if (parts->in_title)
        osl_scorer_explain(cursor->parts.title_scorer, parts->document,
                           parts->in_title, depth + 1, out);
}

static osl_status bag_explain(osl_cursor *base, uint32_t paragraph,
                              unsigned depth, osl_buf *out, osl_error *err)
{
    bag *cursor = (bag *)base;
    unsigned bit = paragraph % OSL_RANGE_SIZE;
    bag_parts all[64];
    osl_status status = read_tfs(cursor, paragraph / OSL_RANGE_SIZE,
                                 UINT64_C(1) << bit, all, err);
    bag_parts parts = all[bit];
    if (status != OSL_OK || (!parts.in_text && !parts.in_title))
        return status;
    status = weigh(cursor, paragraph, &parts, err);
    if (status != OSL_OK)
        return status;
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
    .add = bag_add,
    .score = bag_score,
    .marks = bag_marks,
    .explain = bag_explain,
};

osl_status osl_cursor_bag(osl_cursor **out, const osl_bag *parts, uint32_t unit,
                          osl_arena *arena, osl_error *err)
{
    bag *cursor = osl_arena_zero(arena, 1, sizeof *cursor);
    if (!cursor)
        return osl_fail(err, OSL_ENOMEM, "query: memory ran out in planning");
    cursor->base.ops = &bag_ops;
    cursor->parts = *parts;
    cursor->text_codes = parts->bag_text.codes;
    cursor->title_codes = parts->bag_title.codes;
    cursor->unit = unit;
    cursor->bag_most = osl_score_contribution(parts->bag_text.weight, 1);
    cursor->document_count =
        osl_segment_get_info(parts->segment)->document_count;
    *out = &cursor->base;
    if (!parts->title || parts->titles_are_paragraphs)
        return OSL_OK;
    return osl_cursor_expand(&cursor->painted, parts->segment, parts->title,
                             parts->title_scorer ? parts->title_scorer
                                                 : &cursor->parts.bag_title,
                             arena, err);
}
