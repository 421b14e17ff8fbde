/* SPDX-License-Identifier: MIT
 *
 * A term's postings. With `allowed` only some of its forms count (=relapsed,
 * a prefix that a stem hides): then an ordinal matches where an occurrence
 * has such a form, which is read beside the positions. */
#include "query/source.h"

#include "core/segment/postings.h"

typedef struct term_source {
    osl_checked checked;
    const osl_postings *postings;
    const osl_allowed *allowed;
    osl_arena *arena;
    uint32_t *positions, *forms; /* of the ordinal read last */
    size_t capacity;
} term_source;

static uint64_t term_ranges(osl_source *source, uint32_t chunk)
{
    return osl_postings_ranges(((term_source *)source)->postings, chunk);
}

static osl_status term_match(osl_source *base, uint32_t chunk, uint64_t ranges,
                             const uint64_t among[64], uint64_t found[64],
                             osl_error *err)
{
    enum { FEW = 4 };
    (void)among;
    (void)err;
    const osl_postings *postings = ((term_source *)base)->postings;
    ranges &= osl_postings_ranges(postings, chunk);
    if (osl_popcount(ranges) > FEW) {
        osl_postings_words(postings, chunk, found);
        return OSL_OK;
    }
    for (; ranges; ranges &= ranges - 1) {
        unsigned r = (unsigned)__builtin_ctzll(ranges);
        found[r] |= osl_postings_word(postings, chunk * 64 + r);
    }
    return OSL_OK;
}

static void term_bounds(osl_source *source, uint32_t chunk, uint8_t bounds[64])
{
    osl_postings_bounds(((term_source *)source)->postings, chunk, bounds);
}

static unsigned term_chunk_bound(osl_source *source, uint32_t chunk)
{
    return osl_postings_chunk_bound(((term_source *)source)->postings, chunk);
}

/* 64 bits of a plane from bit `at` on; what lies behind it is not looked at. */
static uint64_t plane_bits(const uint8_t *plane, unsigned at)
{
    plane += (size_t)at / 64 * 8;
    return osl_get64(plane) >> (at % 64) | osl_get64(plane + 8)
                                               << 1 << (63 - at % 64);
}

static void add_dense(const osl_chunk *chunk, unsigned r, unsigned start,
                      const osl_score_lines *lines, uint16_t weight,
                      osl_sums *sums)
{
    uint64_t bits[OSL_CHUNK_PLANES_MAX] = {0};
    unsigned flags = osl_chunk_flags(chunk->header);
    unsigned planes = osl_chunk_planes(flags);
    size_t stride = (osl_chunk_count(chunk->header) + (size_t)63) / 64 * 8;
    const uint8_t *plane =
        chunk->payload + osl_chunk_planes_at(flags, chunk->positions);
    for (unsigned p = 0; p < planes; p++)
        bits[p] = plane_bits(plane + p * stride, start);
    sums->kernels->dense_add(
        &sums->at[r], osl_get64(chunk->payload + (size_t)r * 8), bits, planes,
        flags & OSL_CHUNK_EXCEPTIONS, lines, weight);
}

static osl_status term_add(osl_source *base, const osl_scorer *scorer,
                           uint32_t chunk, uint64_t ranges, osl_sums *sums,
                           osl_error *err)
{
    const osl_postings *postings = ((term_source *)base)->postings;
    osl_chunk at =
        osl_postings_chunk(postings, osl_postings_header(postings, chunk));
    uint64_t mask = osl_chunk_mask(at.header);
    bool dense = osl_chunk_flags(at.header) & OSL_CHUNK_DENSE;
    (void)err;
    ranges &= mask;
    if (!ranges)
        return OSL_OK;
    uint16_t weight =
        osl_sums_weight(sums, OSL_SCORE_ONE * (double)scorer->weight);
    for (; ranges; ranges &= ranges - 1) {
        unsigned r = (unsigned)__builtin_ctzll(ranges);
        unsigned before = osl_popcount(mask & (((uint64_t)1 << r) - 1));
        unsigned start = sums->kernels->sum(at.counts, before);
        const osl_score_lines *lines =
            osl_gauge_lines(scorer->gauge, chunk * 64 + r);
        if (dense)
            add_dense(&at, r, start, lines, weight, sums);
        else
            sums->kernels->sparse_add(&sums->at[r], at.payload + start,
                                      at.counts[before], lines, weight);
        sums->lost[r]++;
    }
    return OSL_OK;
}

static osl_status term_tfs(osl_source *source, uint32_t range, uint64_t which,
                           uint32_t tfs[64], osl_error *err)
{
    (void)err;
    const osl_postings *postings = ((term_source *)source)->postings;
    uint32_t dense[64];
    which &= osl_postings_word(postings, range);
    if (!which)
        return OSL_OK;
    osl_postings_tfs(postings, range, which, dense);
    for (unsigned i = 0; which; which &= which - 1)
        tfs[__builtin_ctzll(which)] += dense[i++];
    return OSL_OK;
}

/* Positions of `ordinal`, which holds the term, into the scratch. */
static osl_status read_positions(term_source *source, uint32_t ordinal,
                                 uint32_t *tf, osl_error *err)
{
    uint32_t dense[64];
    osl_postings_tfs(source->postings, ordinal / OSL_RANGE_SIZE,
                     UINT64_C(1) << ordinal % OSL_RANGE_SIZE, dense);
    *tf = dense[0];
    if (*tf > source->capacity) {
        size_t capacity = *tf * (size_t)2;
        source->positions =
            osl_arena_zero(source->arena, capacity, 2 * sizeof(uint32_t));
        if (!source->positions) {
            source->capacity = 0;
            return osl_fail(err, OSL_ENOMEM,
                            "query: memory ran out at positions");
        }
        source->forms = source->positions + capacity;
        source->capacity = capacity;
    }
    return osl_postings_positions(source->postings, ordinal, source->positions,
                                  err);
}

static bool holds_ordinal(const term_source *source, uint32_t ordinal)
{
    return osl_postings_word(source->postings, ordinal / OSL_RANGE_SIZE) >>
               (ordinal % OSL_RANGE_SIZE) &
           1;
}

static osl_status term_places(osl_source *base, uint32_t ordinal,
                              osl_places *out, osl_error *err)
{
    term_source *source = (term_source *)base;
    uint32_t tf = 0;
    if (!holds_ordinal(source, ordinal))
        return OSL_OK;
    osl_status status = read_positions(source, ordinal, &tf, err);
    if (status == OSL_OK && source->allowed)
        status =
            osl_postings_forms(source->postings, ordinal, source->forms, err);
    for (uint32_t i = 0; i < tf && status == OSL_OK; i++)
        if (!source->allowed ||
            osl_is_allowed(source->allowed, source->forms[i]))
            status = osl_places_add(out, source->positions[i],
                                    source->positions[i], 0, err);
    return status;
}

/* Occurrences of the forms that are allowed. */
static osl_status look_at_forms(osl_checked *checked, uint32_t ordinal,
                                uint32_t *tf, osl_error *err)
{
    term_source *source = (term_source *)checked;
    uint32_t all = 0;
    osl_status status = read_positions(source, ordinal, &all, err);
    if (status == OSL_OK)
        status =
            osl_postings_forms(source->postings, ordinal, source->forms, err);
    *tf = 0;
    for (uint32_t i = 0; i < all && status == OSL_OK; i++)
        *tf += osl_is_allowed(source->allowed, source->forms[i]);
    return status;
}

static const osl_source_ops term_ops = {
    .ranges = term_ranges,
    .match = term_match,
    .bounds = term_bounds,
    .chunk_bound = term_chunk_bound,
    .add = term_add,
    .tfs = term_tfs,
    .places = term_places,
    .marks = term_places,
};

static const osl_source_ops form_ops = {
    .ranges = term_ranges,
    .match = osl_checked_match,
    .bounds = term_bounds,
    .chunk_bound = term_chunk_bound,
    .add = term_add,
    .tfs = osl_checked_tfs,
    .places = term_places,
    .marks = term_places,
};

const osl_postings *osl_source_term_postings(const osl_source *source,
                                             const osl_allowed **allowed)
{
    if (source->ops != &term_ops && source->ops != &form_ops)
        return NULL;
    *allowed = ((const term_source *)source)->allowed;
    return ((const term_source *)source)->postings;
}

osl_source *osl_source_term(const osl_postings *postings,
                            const osl_allowed *allowed, osl_arena *arena)
{
    term_source *source = osl_arena_zero(arena, 1, sizeof *source);
    if (!source)
        return NULL;
    source->postings = postings;
    source->allowed = allowed;
    source->arena = arena;
    source->checked.base.ops = &term_ops;
    if (!allowed)
        return &source->checked.base;
    /* The one child of the check is the term without its forms. */
    osl_source **child = osl_arena_take(arena, sizeof(osl_source *));
    osl_source *plain = osl_source_term(postings, NULL, arena);
    if (!child || !plain)
        return NULL;
    *child = plain;
    osl_checked_init(&source->checked, child, 1, arena);
    source->checked.base.ops = &form_ops;
    source->checked.look = look_at_forms;
    return &source->checked.base;
}
