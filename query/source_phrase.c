/* SPDX-License-Identifier: MIT
 *
 * One directly behind the other. The places so far are kept in order of their
 * starts; each child continues those that it follows at once. A child may be
 * several positions long (spellings), so a place may have several ends.
 *
 * Pairs of frequent neighbours have postings of their own: they narrow where
 * positions are looked at, bound better, and of a phrase of two such words are
 * the whole answer.
 *
 * tf is the number of places where it begins, and never more than any of its
 * words occurs: a bound of the phrase is the least of its words'. */
#include "query/source.h"

typedef struct phrase_source {
    osl_checked checked; /* its children: the pairs, then the words */
    osl_source **words;
    size_t word_count;
    osl_places now, next, child;
} phrase_source;

/* Continues every place of source->now by those of source->child. */
static osl_status extend(phrase_source *source, osl_error *err)
{
    const osl_places *child = &source->child;
    source->next.count = 0;
    for (size_t i = 0; i < source->now.count; i++) {
        osl_place place = source->now.items[i];
        for (size_t j = osl_places_find(child, place.end + 1);
             j < child->count && child->items[j].start == place.end + 1; j++) {
            osl_status status = osl_places_add(&source->next, place.start,
                                               child->items[j].end, 0, err);
            if (status != OSL_OK)
                return status;
        }
    }
    osl_places_sort(&source->next);
    osl_places swap = source->now;
    source->now = source->next;
    source->next = swap;
    return OSL_OK;
}

/* Leaves the places of the phrase in source->now. */
static osl_status find(phrase_source *source, uint32_t ordinal, osl_error *err)
{
    osl_source **children = source->words;
    source->now.count = 0;
    osl_status status =
        children[0]->ops->places(children[0], ordinal, &source->now, err);
    for (size_t i = 1; i < source->word_count && status == OSL_OK; i++) {
        if (!source->now.count)
            return OSL_OK;
        source->child.count = 0;
        status =
            children[i]->ops->places(children[i], ordinal, &source->child, err);
        if (status == OSL_OK)
            status = extend(source, err);
    }
    return status;
}

static osl_status phrase_look(osl_checked *checked, uint32_t ordinal,
                              uint32_t *tf, osl_error *err)
{
    phrase_source *source = (phrase_source *)checked;
    osl_status status = find(source, ordinal, err);
    if (status != OSL_OK)
        return status;
    uint32_t starts = 0, least = UINT32_MAX;
    for (size_t i = 0; i < source->now.count; i++)
        starts += i == 0 ||
                  source->now.items[i].start != source->now.items[i - 1].start;
    if (starts > 1) {
        status = osl_checked_least(checked, ordinal, &least, err);
        if (status != OSL_OK)
            return status;
    }
    *tf = starts < least ? starts : least;
    return OSL_OK;
}

static osl_status phrase_places(osl_source *base, uint32_t ordinal,
                                osl_places *out, osl_error *err)
{
    phrase_source *source = (phrase_source *)base;
    osl_status status = find(source, ordinal, err);
    return status == OSL_OK ? osl_places_append(out, &source->now, err)
                            : status;
}

static const osl_source_ops phrase_ops = {
    .ranges = osl_checked_ranges,
    .match = osl_checked_match,
    .bounds = osl_checked_bounds,
    .chunk_bound = osl_checked_chunk_bound,
    .add = osl_checked_add,
    .tfs = osl_checked_tfs,
    .places = phrase_places,
    .marks = phrase_places,
};

osl_source *osl_source_phrase(osl_source **children, size_t pair_count,
                              size_t count, osl_arena *arena)
{
    if (count == 1)
        return children[pair_count];
    phrase_source *source = osl_arena_zero(arena, 1, sizeof *source);
    if (!source)
        return NULL;
    osl_checked_init(&source->checked, children, pair_count + count, arena);
    source->words = children + pair_count;
    source->word_count = count;
    source->checked.base.ops = &phrase_ops;
    source->checked.look = phrase_look;
    source->now.arena = source->next.arena = source->child.arena = arena;
    const osl_allowed *allowed;
    if (count == 2 && pair_count == 1)
        return osl_source_known(&source->checked.base,
                                osl_source_term_postings(children[0], &allowed),
                                arena);
    return &source->checked.base;
}
