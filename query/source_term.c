/* SPDX-License-Identifier: MIT
 *
 * A term's postings. With `allowed` only some of its forms count (=relapsed,
 * a prefix that a stem hides): then an ordinal matches where an occurrence
 * has such a form, which is read beside the positions. */
#include "query/source.h"

typedef struct term_source {
    osl_checked checked;
    const osl_postings *postings;
    const bool *allowed;
    osl_arena *arena;
    uint32_t *positions, *forms; /* of the ordinal read last */
    size_t capacity;
} term_source;

static uint64_t term_ranges(osl_source *source, uint32_t chunk)
{
    return osl_postings_ranges(((term_source *)source)->postings, chunk);
}

static osl_status term_match(osl_source *source, uint32_t range, uint64_t among,
                             uint64_t *out, osl_error *err)
{
    (void)err;
    *out = among & osl_postings_word(((term_source *)source)->postings, range);
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
        if (!source->allowed || source->allowed[source->forms[i]])
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
        *tf += source->allowed[source->forms[i]];
    return status;
}

static const osl_source_ops term_ops = {
    .ranges = term_ranges,
    .match = term_match,
    .bounds = term_bounds,
    .chunk_bound = term_chunk_bound,
    .tfs = term_tfs,
    .places = term_places,
    .marks = term_places,
};

static const osl_source_ops form_ops = {
    .ranges = term_ranges,
    .match = osl_checked_match,
    .bounds = term_bounds,
    .chunk_bound = term_chunk_bound,
    .tfs = osl_checked_tfs,
    .places = term_places,
    .marks = term_places,
};

osl_source *osl_source_term(const osl_postings *postings, const bool *allowed,
                            osl_arena *arena)
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
    osl_checked_init(&source->checked, child, 1);
    source->checked.base.ops = &form_ops;
    source->checked.look = look_at_forms;
    return &source->checked.base;
}
