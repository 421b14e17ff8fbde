/* SPDX-License-Identifier: MIT
 *
 * Queries that a rare word leads (a part of flat_loops.h): one that stands
 * alone, or is required. Its list is shorter than any way around it, so its
 * paragraphs are taken 64 at a time, met with the other words one word after
 * the other, and what is left is scored; no bounds are needed. */
#ifndef OSL_QUERY_FLAT_LIST_H
#define OSL_QUERY_FLAT_LIST_H

#include "query/flat_place.h"

/* Counting and meeting read rare words from their lists. */
static bool is_list(const osl_flat *flat, const leaf *of)
{
    return !flat->words[of->first_word]->headers;
}

/* Required leaves stand first, the rarest of them first. */
static bool is_led_by_list(const osl_flat *flat)
{
    return (flat->must_count || flat->leaf_count == 1) && !has_phrase(flat) &&
           is_list(flat, &flat->leaves[0]);
}

/* The next paragraphs of the leading word; false at its end. */
static bool take_listed(osl_flat *flat, uint32_t *next)
{
    listed *at = &flat->listed;
    const osl_postings *lead = flat->words[flat->leaves[0].first_word];
    at->count = 0;
    if (*next == lead->df)
        return false;
    for (; *next < lead->df && at->count < SLOTS; ++*next) {
        uint32_t paragraph = lead->ordinals[*next];
        at->paragraphs[at->count] = paragraph;
        at->tfs[at->count] = lead->starts[*next + 1] - lead->starts[*next];
        at->scores[at->count] = 0;
        if (starting_word(flat, paragraph / 64) >> (paragraph % 64) & 1)
            at->count++;
    }
    return true;
}

/* Whether paragraph `n` stays, given that it has the word or not. */
static void keep_listed(osl_flat *flat, const leaf *of, unsigned n, bool holds,
                        unsigned *kept)
{
    listed *at = &flat->listed;
    osl_flat_occur occur = of->from->occur;
    at->paragraphs[*kept] = at->paragraphs[n];
    at->tfs[*kept] = at->tfs[n];
    at->scores[*kept] = at->scores[n];
    *kept += occur == OSL_FLAT_SHOULD || holds == (occur == OSL_FLAT_MUST);
}

static void meet_list(osl_flat *flat, const leaf *of)
{
    listed *at = &flat->listed;
    unsigned w = of->first_word, kept = 0;
    const osl_postings *word = flat->words[w];
    uint32_t next = flat->next[w];
    for (unsigned n = 0; n < at->count; n++) {
        uint32_t paragraph = at->paragraphs[n];
        while (next < word->df && word->ordinals[next] < paragraph)
            next++;
        bool holds = next < word->df && word->ordinals[next] == paragraph;
        if (holds && of->from->occur != OSL_FLAT_NOT)
            at->scores[n] += contribution(
                flat, of, word->starts[next + 1] - word->starts[next],
                paragraph);
        keep_listed(flat, of, n, holds, &kept);
    }
    flat->next[w] = next;
    at->count = kept;
}

/* Located all first, so that misses overlap. */
static void meet_sliced(osl_flat *flat, const leaf *of)
{
    listed *at = &flat->listed;
    unsigned w = of->first_word, kept = 0;
    place *places = flat->places[w];
    bool there[SLOTS];
    for (unsigned n = 0; n < at->count; n++)
        there[n] = locate(flat->words[w], at->paragraphs[n] / 64, &places[n]);
    for (unsigned n = 0; n < at->count; n++) {
        uint32_t paragraph = at->paragraphs[n];
        uint64_t word = there[n] ? read_word(&places[n], paragraph / 64) : 0;
        bool holds = word >> (paragraph % 64) & 1;
        if (holds && of->from->occur != OSL_FLAT_NOT) {
            unsigned posting = posting_of(&places[n], paragraph % 64);
            at->scores[n] += contribution(
                flat, of, tf_of_posting(flat, w, &places[n], posting),
                paragraph);
        }
        keep_listed(flat, of, n, holds, &kept);
    }
    at->count = kept;
}

static void meet(osl_flat *flat, unsigned first, unsigned end)
{
    for (unsigned i = first; i < end && flat->listed.count; i++) {
        if (is_list(flat, &flat->leaves[i]))
            meet_list(flat, &flat->leaves[i]);
        else
            meet_sliced(flat, &flat->leaves[i]);
    }
}

static void search_by_list(osl_flat *flat)
{
    const listed *at = &flat->listed;
    uint32_t next = 0;
    memset(flat->next, 0, flat->word_count * sizeof *flat->next);
    while (take_listed(flat, &next)) {
        meet(flat, 1, flat->must_count);
        meet(flat, scored_count(flat), flat->leaf_count);
        for (unsigned n = 0; n < at->count; n++)
            prefetch_paragraph(flat, at->paragraphs[n]);
        if (flat->must_count)
            meet(flat, flat->must_count, scored_count(flat));
        flat->matched += at->count;
        for (unsigned n = 0; n < at->count; n++) {
            uint32_t paragraph = at->paragraphs[n];
            uint32_t score =
                at->scores[n] +
                contribution(flat, &flat->leaves[0], at->tfs[n], paragraph);
            if (score >= *flat->sink->threshold)
                flat->sink->keep(flat->sink->user, flat->query->segment,
                                 paragraph, score);
        }
    }
}

#endif
