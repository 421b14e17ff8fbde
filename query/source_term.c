/* SPDX-License-Identifier: MIT
 *
 * A term's postings. Positions are read ordinal by ordinal, or, where many of a
 * chunk will be asked for, of all of it at once: a few ns an occurrence. With
 * `allowed` only some of its forms count (=relapsed, a prefix that a stem
 * hides): then an ordinal matches where an occurrence has such a form, which is
 * read beside the positions. */
#include "query/source.h"

#include "core/segment/postings.h"

#include <string.h>

/* What a chunk's ordinals have. */
typedef struct gathered {
    uint32_t chunk;                 /* UINT32_MAX: none */
    uint32_t first[OSL_CHUNK_SIZE]; /* of the positions of each that has any */
    uint32_t tfs[OSL_CHUNK_SIZE];
    uint32_t *positions; /* in the arena */
    size_t capacity;
    /* Scratch; a chunk is decoded by steps. */
    uint32_t ordinals[OSL_CHUNK_SIZE + OSL_RANGE_SIZE];
    uint32_t counts[OSL_CHUNK_SIZE + OSL_RANGE_SIZE];
} gathered;

typedef struct term_source {
    osl_checked checked;
    const osl_postings *postings;
    const osl_allowed *allowed;
    osl_arena *arena;
    uint32_t *positions, *forms; /* of the ordinal read last */
    size_t capacity;
    gathered *all; /* NULL: none yet */
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

/* Has its chunk been gathered? */
static bool is_gathered(const term_source *source, uint32_t ordinal)
{
    return source->all && source->all->chunk == ordinal / OSL_CHUNK_SIZE;
}

bool osl_source_is_word(const osl_source *source)
{
    const osl_allowed *allowed;
    return osl_source_term_postings(source, &allowed) && !allowed;
}

osl_status osl_source_positions(osl_source *word, uint32_t ordinal,
                                const uint32_t **positions, uint32_t *count,
                                osl_error *err)
{
    term_source *source = (term_source *)word;
    *count = 0;
    if (is_gathered(source, ordinal)) {
        uint32_t at = ordinal % OSL_CHUNK_SIZE;
        *count = source->all->tfs[at];
        *positions = source->all->positions + source->all->first[at];
        return OSL_OK;
    }
    if (!holds_ordinal(source, ordinal))
        return OSL_OK;
    osl_status status = read_positions(source, ordinal, count, err);
    *positions = source->positions;
    return status;
}

static osl_status term_places(osl_source *base, uint32_t ordinal,
                              osl_places *out, osl_error *err)
{
    const uint32_t *positions = NULL;
    uint32_t tf = 0;
    osl_status status =
        osl_source_positions(base, ordinal, &positions, &tf, err);
    return status == OSL_OK && tf
               ? osl_places_add_words(out, positions, tf, 0, err)
               : status;
}

/* Only places of the forms that are allowed. */
static osl_status form_places(osl_source *base, uint32_t ordinal,
                              osl_places *out, osl_error *err)
{
    term_source *source = (term_source *)base;
    uint32_t tf = 0;
    if (!holds_ordinal(source, ordinal))
        return OSL_OK;
    osl_status status = read_positions(source, ordinal, &tf, err);
    if (status == OSL_OK)
        status =
            osl_postings_forms(source->postings, ordinal, source->forms, err);
    for (uint32_t i = 0; i < tf && status == OSL_OK; i++)
        if (osl_is_allowed(source->allowed, source->forms[i]))
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
    .places = form_places,
    .marks = form_places,
};

const osl_postings *osl_source_term_postings(const osl_source *source,
                                             const osl_allowed **allowed)
{
    if (source->ops != &term_ops && source->ops != &form_ops)
        return NULL;
    *allowed = ((const term_source *)source)->allowed;
    return ((const term_source *)source)->postings;
}

/* ---- a chunk at once ---------------------------------------------------- */

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "query: memory ran out at positions");
}

static osl_status make_room(term_source *source, uint64_t total, osl_error *err)
{
    gathered *all = source->all;
    if (all->positions && total <= all->capacity)
        return OSL_OK;
    if (total > UINT32_MAX / 2)
        return no_memory(err);
    all->capacity = (size_t)total * 2 + 1;
    all->positions =
        osl_arena_take(source->arena, all->capacity * sizeof(uint32_t));
    return all->positions ? OSL_OK : no_memory(err);
}

static osl_status gather(term_source *source, uint32_t chunk, osl_error *err)
{
    gathered *all = source->all;
    uint32_t next = 0, df = 0, first = 0;
    uint64_t total = 0;
    all->chunk = UINT32_MAX;
    osl_status status = osl_postings_measure_chunk(source->postings, chunk,
                                                   &next, &df, &total, err);
    if (status == OSL_OK)
        status = make_room(source, total, err);
    const osl_gathered to = {all->ordinals, all->counts, all->positions, NULL};
    if (status == OSL_OK)
        status =
            osl_postings_gather_chunk(source->postings, chunk, next, &to, err);
    if (status != OSL_OK)
        return status;
    memset(all->tfs, 0, sizeof all->tfs);
    for (uint32_t i = 0; i < df; i++) {
        uint32_t at = all->ordinals[i] % OSL_CHUNK_SIZE;
        all->first[at] = first;
        all->tfs[at] = all->counts[i];
        first += all->counts[i];
    }
    all->chunk = chunk;
    return OSL_OK;
}

osl_status osl_source_gather(osl_source *base, uint32_t chunk, uint32_t count,
                             osl_error *err)
{
    enum { LEAST = 64, SHARE = 16 };
    term_source *source = (term_source *)base;
    if (count < LEAST || !osl_source_is_word(base) ||
        source->postings->ordinals || source->postings->field == OSL_FIELD_PAIR)
        return OSL_OK;
    uint32_t df = osl_chunk_count(osl_postings_header(source->postings, chunk));
    if (!df || count < df / SHARE ||
        (source->all && source->all->chunk == chunk))
        return OSL_OK;
    if (!source->all) {
        source->all = osl_arena_take(source->arena, sizeof *source->all);
        if (!source->all)
            return no_memory(err);
        source->all->positions = NULL;
        source->all->capacity = 0;
    }
    return gather(source, chunk, err);
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
