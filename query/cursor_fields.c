/* SPDX-License-Identifier: MIT
 *
 * One word in text, title and headings: what the best field gives counts
 * whole, what the others give only by a share. A paragraph below a heading
 * that says the word is about it; that the text says it again is worth less
 * than another word of the query would be. (Summing them whole puts short
 * paragraphs under matching titles before those that answer;
 * docs/RELEVANCE.md has the figures.)
 *
 *     score = best + floor(share / 256 · (sum − best))
 *
 * rises with each of its parts, so the parts' bounds give its bound. */
#include "query/cursor.h"

enum { FIELDS_MAX = 3 };

typedef struct fields {
    osl_cursor base;
    osl_cursor *parts[FIELDS_MAX];
    size_t count;
    uint32_t share; /* of 256 */
    osl_text label;
} fields;

/* In 32 bits: floor(share · (256 q + r) / 256) is share · q and the floor of
 * share · r / 256. */
static uint32_t mixed(const fields *cursor, uint32_t best, uint32_t sum)
{
    uint32_t rest = sum - best;
    rest = (rest >> 8) * cursor->share + ((rest & 255) * cursor->share >> 8);
    return osl_add_score(best, rest);
}

static void mix_in(uint32_t part, uint32_t *best, uint32_t *sum)
{
    *best = part > *best ? part : *best;
    *sum = osl_add_score(*sum, part);
}

static uint64_t fields_ranges(osl_cursor *base, uint32_t chunk)
{
    const fields *cursor = (const fields *)base;
    uint64_t ranges = 0;
    for (size_t i = 0; i < cursor->count; i++)
        ranges |= cursor->parts[i]->ops->ranges(cursor->parts[i], chunk);
    return ranges;
}

static osl_status fields_match(osl_cursor *base, uint32_t chunk,
                               uint64_t ranges, const uint64_t among[64],
                               uint64_t found[64], osl_error *err)
{
    const fields *cursor = (const fields *)base;
    osl_status status = OSL_OK;
    for (size_t i = 0; i < cursor->count && status == OSL_OK; i++)
        status = cursor->parts[i]->ops->match(cursor->parts[i], chunk, ranges,
                                              among, found, err);
    return status;
}

/* The parts that have anything in the chunk; how many. */
static size_t parts_in(const fields *cursor, uint32_t chunk,
                       osl_cursor *parts[FIELDS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < cursor->count; i++) {
        osl_cursor *part = cursor->parts[i];
        if (part->ops->chunk_bound(part, chunk))
            parts[count++] = part;
    }
    return count;
}

static void fields_bounds(osl_cursor *base, uint32_t chunk, uint32_t bounds[64])
{
    const fields *cursor = (const fields *)base;
    osl_cursor *parts[FIELDS_MAX];
    size_t count = parts_in(cursor, chunk, parts);
    uint32_t best[64] = {0}, sum[64] = {0};
    if (count == 1) {
        parts[0]->ops->bounds(parts[0], chunk, bounds);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t part[64];
        parts[i]->ops->bounds(parts[i], chunk, part);
        for (unsigned r = 0; r < 64; r++)
            mix_in(part[r], &best[r], &sum[r]);
    }
    for (unsigned r = 0; r < 64; r++)
        bounds[r] = mixed(cursor, best[r], sum[r]);
}

static uint32_t fields_chunk_bound(osl_cursor *base, uint32_t chunk)
{
    const fields *cursor = (const fields *)base;
    uint32_t best = 0, sum = 0;
    for (size_t i = 0; i < cursor->count; i++)
        mix_in(cursor->parts[i]->ops->chunk_bound(cursor->parts[i], chunk),
               &best, &sum);
    return mixed(cursor, best, sum);
}

/* Ranges in which two parts or more may be: there they are mixed. */
static uint64_t shared_ranges(const fields *cursor, uint32_t chunk)
{
    uint64_t any = 0, shared = 0;
    for (size_t i = 0; i < cursor->count; i++) {
        uint64_t here = cursor->parts[i]->ops->ranges(cursor->parts[i], chunk);
        shared |= any & here;
        any |= here;
    }
    return shared;
}

static osl_status fields_add(osl_cursor *base, uint32_t chunk, uint64_t ranges,
                             osl_sums *sums, osl_error *err)
{
    const fields *cursor = (const fields *)base;
    uint64_t shared = ranges & shared_ranges(cursor, chunk);
    osl_sums *best = osl_sums_beside(sums, shared);
    osl_sums *lesser = best ? osl_sums_beside(best, shared) : NULL;
    if (!lesser)
        return osl_fail(err, OSL_ENOMEM, "query: memory ran out at bounds");
    for (size_t i = 0; i < cursor->count; i++) {
        osl_cursor *of = cursor->parts[i];
        osl_status status =
            of->ops->add(of, chunk, ranges & ~shared, sums, err);
        if (status != OSL_OK)
            return status;
        osl_sums *part = shared ? osl_sums_beside(lesser, shared) : NULL;
        if (!shared)
            continue;
        if (!part)
            return osl_fail(err, OSL_ENOMEM, "query: memory ran out at bounds");
        status = of->ops->add(of, chunk, shared, part, err);
        if (status != OSL_OK)
            return status;
        osl_sums_gather(best, lesser, part, shared);
    }
    osl_sums_mix(sums, best, lesser, cursor->share, shared);
    return OSL_OK;
}

static osl_status fields_score(osl_cursor *base, uint32_t range, uint64_t which,
                               uint32_t least, uint32_t scores[64],
                               osl_error *err)
{
    (void)least;
    const fields *cursor = (const fields *)base;
    uint32_t parts[FIELDS_MAX][64];
    for (size_t i = 0; i < cursor->count; i++) {
        for (uint64_t left = which; left; left &= left - 1)
            parts[i][__builtin_ctzll(left)] = 0;
        osl_status status = cursor->parts[i]->ops->score(
            cursor->parts[i], range, which, 0, parts[i], err);
        if (status != OSL_OK)
            return status;
    }
    for (; which; which &= which - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(which);
        uint32_t best = 0, sum = 0;
        for (size_t i = 0; i < cursor->count; i++)
            mix_in(parts[i][bit], &best, &sum);
        scores[bit] = osl_add_score(scores[bit], mixed(cursor, best, sum));
    }
    return OSL_OK;
}

static osl_status fields_marks(osl_cursor *base, uint32_t paragraph,
                               osl_places *out, osl_error *err)
{
    const fields *cursor = (const fields *)base;
    osl_status status = OSL_OK;
    for (size_t i = 0; i < cursor->count && status == OSL_OK; i++)
        status =
            cursor->parts[i]->ops->marks(cursor->parts[i], paragraph, out, err);
    return status;
}

static osl_status explain_parts(const fields *cursor, uint32_t paragraph,
                                unsigned depth, osl_buf *out, size_t *said,
                                osl_error *err)
{
    osl_status status = OSL_OK;
    for (size_t i = 0; i < cursor->count && status == OSL_OK; i++)
        status = osl_explain_part(cursor->parts[i], paragraph, depth, out, said,
                                  err);
    return status;
}

static osl_status fields_explain(osl_cursor *base, uint32_t paragraph,
                                 unsigned depth, osl_buf *out, osl_error *err)
{
    const fields *cursor = (const fields *)base;
    uint32_t scores[64] = {0};
    uint64_t which = UINT64_C(1) << paragraph % OSL_RANGE_SIZE;
    osl_buf parts = {0};
    size_t said = 0;
    osl_status status =
        osl_cursor_match(base, paragraph / OSL_RANGE_SIZE, which, &which, err);
    if (status != OSL_OK || !which)
        return status;
    status =
        fields_score(base, paragraph / OSL_RANGE_SIZE, which, 0, scores, err);
    if (status == OSL_OK)
        status =
            explain_parts(cursor, paragraph, depth + 1, &parts, &said, err);
    if (status == OSL_OK && said == 1) {
        osl_buf_clear(&parts);
        return explain_parts(cursor, paragraph, depth, out, &said, err);
    }
    osl_explain_number(scores[paragraph % OSL_RANGE_SIZE], depth, out);
    osl_buf_printf(
        out, "best field and %u/256 of the others: ", (unsigned)cursor->share);
    osl_buf_put_text(out, cursor->label);
    osl_buf_put_byte(out, '\n');
    osl_buf_put_text(out, osl_buf_text(&parts));
    out->failed |= parts.failed;
    osl_buf_clear(&parts);
    return status;
}

static const osl_cursor_ops fields_ops = {
    .ranges = fields_ranges,
    .match = fields_match,
    .bounds = fields_bounds,
    .chunk_bound = fields_chunk_bound,
    .add = fields_add,
    .score = fields_score,
    .marks = fields_marks,
    .explain = fields_explain,
};

osl_cursor *osl_cursor_fields(osl_cursor *const *parts, size_t count,
                              uint32_t share, osl_text label, osl_arena *arena)
{
    fields *cursor = osl_arena_zero(arena, 1, sizeof *cursor);
    if (!cursor)
        return NULL;
    cursor->base.ops = &fields_ops;
    for (size_t i = 0; i < count; i++)
        cursor->parts[i] = parts[i];
    cursor->count = count;
    cursor->share = share;
    cursor->label = label;
    return &cursor->base;
}
