/* SPDX-License-Identifier: MIT
 *
 * Title and headings. A hit in a title belongs to all paragraphs of the
 * document, one in a heading to all paragraphs below it, however deep. Where
 * several headings above a paragraph have the word, the best one counts, not
 * their sum: "Relapse › Treatment of relapse" says relapse once.
 *
 * All hits are read at the start and painted into stretches of paragraphs
 * that do not overlap, each with its score: the ranges of sections are nested
 * or apart, so one sweep with a stack does it. */
#include "query/cursor.h"

#include <stdlib.h>
#include <string.h>

typedef struct stretch {
    uint32_t first, end; /* paragraphs [first, end) */
    uint32_t score;
    uint32_t ordinal, tf; /* the hit that gives it */
} stretch;

/* The stretches of a chunk, the ranges they touch, and their best score. */
typedef struct at_chunk {
    uint64_t ranges;
    uint32_t first, end;
    uint32_t greatest;
} at_chunk;

typedef struct expand {
    osl_cursor base;
    const osl_scorer *scorer;
    const osl_segment *segment;
    osl_extents extents; /* of the field's ordinals */
    stretch *stretches;
    size_t count, capacity;
    uint32_t greatest;
    at_chunk *chunks;
    osl_arena *arena;
} expand;

/* ---- reading ----------------------------------------------------------- */

static osl_status add_stretch(expand *cursor, stretch hit, osl_error *err)
{
    if (hit.first >= hit.end)
        return OSL_OK;
    if (cursor->count == cursor->capacity) {
        size_t capacity = cursor->capacity * 2 + 16;
        stretch *more = osl_arena_take(cursor->arena, capacity * sizeof *more);
        if (!more)
            return osl_fail(err, OSL_ENOMEM,
                            "query: memory ran out at headings");
        if (cursor->count)
            memcpy(more, cursor->stretches, cursor->count * sizeof *more);
        cursor->stretches = more;
        cursor->capacity = capacity;
    }
    cursor->stretches[cursor->count++] = hit;
    cursor->greatest =
        hit.score > cursor->greatest ? hit.score : cursor->greatest;
    return OSL_OK;
}

/* What a hit's paragraphs are. */
static osl_status extent_of(const expand *cursor, stretch *hit, osl_error *err)
{
    uint64_t end;
    const osl_segment *segment = cursor->segment;
    osl_extents_get(&cursor->extents, hit->ordinal, &hit->first, &end);
    if (end > osl_segment_get_info(segment)->paragraph_count)
        return osl_fail(err, OSL_ECORRUPT,
                        "%s: a heading's paragraphs leave the segment",
                        osl_segment_path(segment));
    hit->end = (uint32_t)end;
    return OSL_OK;
}

static osl_status read_range(expand *cursor, osl_source *source, uint32_t range,
                             uint64_t hits, osl_error *err)
{
    uint32_t tfs[64] = {0};
    osl_status status = source->ops->tfs(source, range, hits, tfs, err);
    for (; hits && status == OSL_OK; hits &= hits - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(hits);
        uint32_t ordinal = range * OSL_RANGE_SIZE + bit;
        stretch hit = {.ordinal = ordinal, .tf = tfs[bit]};
        hit.score = osl_scorer_score(cursor->scorer, ordinal, tfs[bit]);
        status = extent_of(cursor, &hit, err);
        if (status == OSL_OK)
            status = add_stretch(cursor, hit, err);
    }
    return status;
}

static osl_status read_hits(expand *cursor, osl_source *source, osl_error *err)
{
    osl_field field = cursor->scorer->ordinals;
    uint32_t ordinals =
        osl_segment_get_info(cursor->segment)->fields[field].ordinal_count;
    uint64_t all[64];
    osl_status status =
        osl_segment_extents(cursor->segment, field, &cursor->extents, err);
    memset(all, 255, sizeof all);
    for (uint32_t chunk = 0;
         status == OSL_OK && chunk * (uint64_t)OSL_CHUNK_SIZE < ordinals;
         chunk++) {
        uint64_t ranges = source->ops->ranges(source, chunk), words[64] = {0};
        if (ranges)
            status = source->ops->match(source, chunk, ranges, all, words, err);
        for (; ranges && status == OSL_OK; ranges &= ranges - 1) {
            unsigned r = (unsigned)__builtin_ctzll(ranges);
            if (words[r])
                status =
                    read_range(cursor, source, chunk * 64 + r, words[r], err);
        }
    }
    return status;
}

/* ---- painting ---------------------------------------------------------- */

/* Outer before inner. */
static int compare(const void *a, const void *b)
{
    const stretch *x = a, *y = b;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    if (x->end != y->end)
        return x->end > y->end ? -1 : 1;
    return x->ordinal < y->ordinal ? -1 : x->ordinal > y->ordinal;
}

/* Documents and sections mostly come so. */
static bool in_order(const expand *cursor)
{
    for (size_t i = 1; i < cursor->count; i++)
        if (compare(&cursor->stretches[i - 1], &cursor->stretches[i]) > 0)
            return false;
    return true;
}

static bool overlap(const expand *cursor)
{
    for (size_t i = 1; i < cursor->count; i++)
        if (cursor->stretches[i].first < cursor->stretches[i - 1].end)
            return true;
    return false;
}

/* A part of `from`, up to `end`. */
static osl_status paint(expand *to, const stretch *from, uint32_t *at,
                        uint32_t end, osl_error *err)
{
    stretch part = *from;
    part.first = *at;
    part.end = end;
    if (end > *at)
        *at = end;
    return add_stretch(to, part, err);
}

/* Stretches in order of compare() become stretches apart. */
static osl_status paint_all(expand *cursor, osl_error *err)
{
    size_t count = cursor->count, depth = 0;
    stretch *hits = cursor->stretches;
    stretch *stack = osl_arena_zero(cursor->arena, count, sizeof *stack);
    if (!stack)
        return osl_fail(err, OSL_ENOMEM, "query: memory ran out at headings");
    expand out = {.arena = cursor->arena};
    uint32_t at = 0;
    osl_status status = OSL_OK;
    for (size_t i = 0; i <= count && status == OSL_OK; i++) {
        uint32_t until = i < count ? hits[i].first : UINT32_MAX;
        while (depth && stack[depth - 1].end <= until && status == OSL_OK) {
            depth--;
            status = paint(&out, &stack[depth], &at, stack[depth].end, err);
        }
        if (i == count || status != OSL_OK)
            break;
        if (depth)
            status = paint(&out, &stack[depth - 1], &at, until, err);
        stretch hit = hits[i];
        if (depth && stack[depth - 1].score > hit.score) {
            hit.score = stack[depth - 1].score;
            hit.ordinal = stack[depth - 1].ordinal;
            hit.tf = stack[depth - 1].tf;
        }
        at = hit.first;
        stack[depth++] = hit;
    }
    cursor->stretches = out.stretches;
    cursor->count = out.count;
    return status;
}

/* ---- by chunk ---------------------------------------------------------- */

/* Bits first … end − 1 of the 64 things of `size` each from `base` on. */
static uint64_t bits(const stretch *hit, uint64_t base, uint32_t size)
{
    uint64_t first = hit->first > base ? (hit->first - base) / size : 0;
    uint64_t last = (hit->end - 1 - base) / size;
    last = last > 63 ? 63 : last;
    return (~UINT64_C(0) >> (63 - last)) & (~UINT64_C(0) << first);
}

/* Stretches that lie apart are told which chunks they touch. */
static osl_status divide(expand *cursor, osl_error *err)
{
    uint32_t paragraphs =
        osl_segment_get_info(cursor->segment)->paragraph_count;
    uint32_t count = paragraphs / OSL_CHUNK_SIZE + 1;
    cursor->chunks =
        osl_arena_zero(cursor->arena, count, sizeof *cursor->chunks);
    if (!cursor->chunks || cursor->count >= UINT32_MAX)
        return osl_fail(err, OSL_ENOMEM, "query: memory ran out at headings");
    for (uint32_t i = 0; i < cursor->count; i++) {
        const stretch *of = &cursor->stretches[i];
        for (uint32_t chunk = of->first / OSL_CHUNK_SIZE;
             chunk <= (of->end - 1) / OSL_CHUNK_SIZE; chunk++) {
            at_chunk *at = &cursor->chunks[chunk];
            at->first = at->ranges ? at->first : i;
            at->end = i + 1;
            at->ranges |=
                bits(of, chunk * (uint64_t)OSL_CHUNK_SIZE, OSL_RANGE_SIZE);
            at->greatest = of->score > at->greatest ? of->score : at->greatest;
        }
    }
    return OSL_OK;
}

/* ---- the cursor -------------------------------------------------------- */

/* The first stretch that ends behind `paragraph`. */
static size_t find(const expand *cursor, uint32_t paragraph)
{
    size_t low = 0, high = cursor->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (cursor->stretches[middle].end <= paragraph)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static uint64_t expand_ranges(osl_cursor *base, uint32_t chunk)
{
    return ((const expand *)base)->chunks[chunk].ranges;
}

static osl_status expand_match(osl_cursor *base, uint32_t chunk,
                               uint64_t ranges, const uint64_t among[64],
                               uint64_t found[64], osl_error *err)
{
    (void)among;
    (void)err;
    const expand *cursor = (const expand *)base;
    const at_chunk *at = &cursor->chunks[chunk];
    uint64_t start = chunk * (uint64_t)OSL_CHUNK_SIZE;
    for (size_t i = at->first; i < at->end; i++) {
        const stretch *of = &cursor->stretches[i];
        uint64_t in = bits(of, start, OSL_RANGE_SIZE) & ranges;
        for (; in; in &= in - 1) {
            unsigned r = (unsigned)__builtin_ctzll(in);
            found[r] |= bits(of, start + (uint64_t)r * OSL_RANGE_SIZE, 1);
        }
    }
    return OSL_OK;
}

/* Exact, not bounds. */
static void expand_bounds(osl_cursor *base, uint32_t chunk, uint32_t bounds[64])
{
    const expand *cursor = (const expand *)base;
    const at_chunk *at = &cursor->chunks[chunk];
    uint64_t start = chunk * (uint64_t)OSL_CHUNK_SIZE;
    memset(bounds, 0, 64 * sizeof *bounds);
    for (size_t i = at->first; i < at->end; i++) {
        const stretch *of = &cursor->stretches[i];
        for (uint64_t in = bits(of, start, OSL_RANGE_SIZE); in; in &= in - 1) {
            uint32_t *bound = &bounds[__builtin_ctzll(in)];
            *bound = of->score > *bound ? of->score : *bound;
        }
    }
}

static uint32_t expand_chunk_bound(osl_cursor *base, uint32_t chunk)
{
    return ((const expand *)base)->chunks[chunk].greatest;
}

/* The stretches of a range as bytes, 255 being the greatest of all; the
 * paragraphs that have any. `i` is the first that may touch it. */
static uint64_t fill_bytes(const expand *cursor, size_t i, uint64_t start,
                           uint8_t bytes[64])
{
    uint64_t word = 0;
    for (; i < cursor->count &&
           cursor->stretches[i].first < start + OSL_RANGE_SIZE;
         i++) {
        const stretch *of = &cursor->stretches[i];
        if (of->end <= start)
            continue;
        uint64_t here = bits(of, start, 1);
        uint64_t byte = ((uint64_t)of->score * 255 + cursor->greatest - 1) /
                        cursor->greatest;
        memset(bytes + __builtin_ctzll(here), (int)byte, osl_popcount(here));
        word |= here;
    }
    return word;
}

static osl_status expand_add(osl_cursor *base, uint32_t chunk, uint64_t ranges,
                             osl_sums *sums, osl_error *err)
{
    (void)err;
    const expand *cursor = (const expand *)base;
    const at_chunk *at = &cursor->chunks[chunk];
    uint64_t start = chunk * (uint64_t)OSL_CHUNK_SIZE;
    size_t i = at->first;
    ranges &= at->ranges;
    if (!ranges || !cursor->greatest)
        return OSL_OK;
    uint16_t weight = osl_sums_weight(sums, cursor->greatest);
    for (; ranges; ranges &= ranges - 1) {
        unsigned r = (unsigned)__builtin_ctzll(ranges);
        uint64_t from = start + (uint64_t)r * OSL_RANGE_SIZE;
        uint8_t bytes[64];
        while (cursor->stretches[i].end <= from)
            i++;
        uint64_t word = fill_bytes(cursor, i, from, bytes);
        osl_sums_add_bytes(sums, r, word, bytes, weight);
    }
    return OSL_OK;
}

static osl_status expand_score(osl_cursor *base, uint32_t range, uint64_t which,
                               uint32_t least, uint32_t scores[64],
                               osl_error *err)
{
    (void)least;
    (void)err;
    const expand *cursor = (const expand *)base;
    const at_chunk *at = &cursor->chunks[range / 64];
    uint64_t start = range * (uint64_t)OSL_RANGE_SIZE;
    if (!(at->ranges >> range % 64 & 1))
        return OSL_OK;
    for (size_t i = at->first; i < at->end; i++) {
        const stretch *of = &cursor->stretches[i];
        if (of->end <= start)
            continue;
        if (of->first >= start + OSL_RANGE_SIZE)
            break;
        for (uint64_t here = bits(of, start, 1) & which; here;
             here &= here - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(here);
            scores[bit] = osl_add_score(scores[bit], of->score);
        }
    }
    return OSL_OK;
}

static osl_status expand_marks(osl_cursor *base, uint32_t paragraph,
                               osl_places *out, osl_error *err)
{
    (void)base;
    (void)paragraph;
    (void)out;
    (void)err;
    return OSL_OK;
}

static osl_status expand_explain(osl_cursor *base, uint32_t paragraph,
                                 unsigned depth, osl_buf *out, osl_error *err)
{
    (void)err;
    const expand *cursor = (const expand *)base;
    size_t i = find(cursor, paragraph);
    if (i < cursor->count && cursor->stretches[i].first <= paragraph)
        osl_scorer_explain(cursor->scorer, cursor->stretches[i].ordinal,
                           cursor->stretches[i].tf, depth, out);
    return OSL_OK;
}

static const osl_cursor_ops expand_ops = {
    .ranges = expand_ranges,
    .match = expand_match,
    .bounds = expand_bounds,
    .chunk_bound = expand_chunk_bound,
    .add = expand_add,
    .score = expand_score,
    .marks = expand_marks,
    .explain = expand_explain,
};

uint32_t osl_cursor_expand_tf(osl_cursor *base, uint32_t paragraph,
                              uint32_t *ordinal)
{
    const expand *cursor = (const expand *)base;
    size_t i = find(cursor, paragraph);
    if (i == cursor->count || cursor->stretches[i].first > paragraph)
        return 0;
    *ordinal = cursor->stretches[i].ordinal;
    return cursor->stretches[i].tf;
}

osl_status osl_cursor_expand(osl_cursor **out, const osl_segment *segment,
                             osl_source *source, const osl_scorer *scorer,
                             osl_arena *arena, osl_error *err)
{
    expand *cursor = osl_arena_zero(arena, 1, sizeof *cursor);
    if (!cursor)
        return osl_fail(err, OSL_ENOMEM, "query: memory ran out at headings");
    cursor->base.ops = &expand_ops;
    cursor->scorer = scorer;
    cursor->arena = arena;
    cursor->segment = segment;
    osl_status status = read_hits(cursor, source, err);
    if (status != OSL_OK)
        return status;
    if (!in_order(cursor))
        qsort(cursor->stretches, cursor->count, sizeof(stretch), compare);
    if (overlap(cursor))
        status = paint_all(cursor, err);
    if (status == OSL_OK)
        status = divide(cursor, err);
    *out = &cursor->base;
    return status;
}
