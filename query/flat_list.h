/* SPDX-License-Identifier: MIT
 *
 * Rare words as lists (a part of flat_loops.h). One that is required leads:
 * only the ranges of its list are looked at, all of their matches, so that no
 * bounds are needed and no rare word is brought into the sliced shape. */
#ifndef OSL_QUERY_FLAT_LIST_H
#define OSL_QUERY_FLAT_LIST_H

#include "query/flat_place.h"

static bool is_list(const osl_flat *flat, unsigned w)
{
    return !flat->words[w]->headers;
}

/* The rarest list that every match holds; NULL: none. */
static const osl_postings *leading_list(const osl_flat *flat)
{
    const osl_postings *lead = NULL;
    for (unsigned i = 0; i < flat->must_count; i++) {
        const leaf *of = &flat->leaves[i];
        for (unsigned w = of->first_word; w < of->first_word + of->word_count;
             w++)
            if (is_list(flat, w) && (!lead || flat->words[w]->df < lead->df))
                lead = flat->words[w];
    }
    return lead;
}

/* A list's paragraphs in a range; ranges must come in order. */
static void find_in_list(osl_flat *flat, unsigned w, uint32_t range, place *out)
{
    const osl_postings *list = flat->words[w];
    uint32_t at = flat->next[w];
    *out = (place){0};
    while (at < list->df && list->ordinals[at] / 64 < range)
        at++;
    out->start = at;
    for (; at < list->df && list->ordinals[at] / 64 == range; at++)
        out->word |= (uint64_t)1 << (list->ordinals[at] % 64);
    flat->next[w] = at;
}

/* A rare word alone is read from end to end. */
static void score_list(osl_flat *flat)
{
    enum { AHEAD = 16 };
    const osl_flat_query *query = flat->query;
    const osl_postings *word = flat->words[0];
    for (uint32_t i = 0; i < AHEAD && i < word->df; i++)
        prefetch_paragraph(flat, word->ordinals[i]);
    for (uint32_t i = 0; i < word->df; i++) {
        uint32_t paragraph = word->ordinals[i];
        if (i + AHEAD < word->df)
            prefetch_paragraph(flat, word->ordinals[i + AHEAD]);
        if (!(starting_word(flat, paragraph / 64) >> (paragraph % 64) & 1))
            continue;
        flat->matched++;
        uint32_t score =
            contribution(flat, &flat->leaves[0],
                         word->starts[i + 1] - word->starts[i], paragraph);
        if (score >= *flat->sink->threshold)
            flat->sink->keep(flat->sink->user, query->segment, paragraph,
                             score);
    }
}

#endif
