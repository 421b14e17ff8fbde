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

/* ---- what stands beside it ---------------------------------------------- */

/* A word of a phrase that one of its pairs implies. */
static bool is_implied(const leaf *of, unsigned n)
{
    if (!of->is_phrase || n >= of->phrase_words)
        return false;
    return (n > 0 && of->from->pairs[n - 1]) ||
           (n + 1 < of->phrase_words && of->from->pairs[n]);
}

/* Words that every match holds beside the leading list, and behind them those
 * that none holds: other lists, each with how far it was read, and words that
 * are none. */
typedef struct beside {
    const osl_postings *lists[WORDS_MAX], *words[WORDS_MAX];
    uint32_t next[WORDS_MAX];
    unsigned list_count, word_count; /* held … */
    unsigned lists_end, words_end;   /* … and not */
} beside;

static void put_beside(beside *to, const osl_postings *word)
{
    if (!word->headers) {
        to->next[to->lists_end] = 0;
        to->lists[to->lists_end++] = word;
    } else {
        to->words[to->words_end++] = word;
    }
}

/* Words that are held, the rarest first; those of a phrase that its pairs
 * imply are left out, and phrases that are forbidden. */
static beside beside_list(const osl_flat *flat, const osl_postings *lead)
{
    beside out;
    out.lists_end = out.words_end = 0;
    for (unsigned i = 0; i < flat->must_count; i++) {
        const leaf *of = &flat->leaves[i];
        for (unsigned n = 0; n < of->word_count; n++) {
            const osl_postings *word = flat->words[of->first_word + n];
            if (word == lead || (word->headers && is_implied(of, n)))
                continue;
            put_beside(&out, word);
            unsigned at = word->headers ? out.words_end - 1 : 0;
            for (; at > 0 && out.words[at - 1]->df > word->df; at--)
                out.words[at] = out.words[at - 1];
            if (word->headers)
                out.words[at] = word;
        }
    }
    out.list_count = out.lists_end;
    out.word_count = out.words_end;
    for (unsigned i = scored_count(flat); i < flat->leaf_count; i++)
        if (!flat->leaves[i].is_phrase)
            put_beside(&out, flat->words[flat->leaves[i].first_word]);
    return out;
}

/* Whether a paragraph of the leading list is in the others, and the other
 * words somewhere in its range; paragraphs come in order. Nothing foretells
 * it, so that no word is passed over. */
static bool may_match(beside *of, uint32_t paragraph)
{
    bool may = true;
    for (unsigned i = 0; i < of->list_count; i++) {
        const osl_postings *list = of->lists[i];
        uint32_t at = of->next[i];
        while (at < list->df && list->ordinals[at] < paragraph)
            at++;
        of->next[i] = at;
        may &= at < list->df && list->ordinals[at] == paragraph;
    }
    for (unsigned i = 0; i < of->word_count; i++)
        may &= is_in_range(of->words[i], paragraph / 64);
    return may;
}

/* Some of a list's paragraphs from *at on, in whose ranges all words are that
 * must be. */
static unsigned list_some(const osl_postings *list, const beside *others,
                          uint32_t *at, uint32_t some[CHECKS])
{
    uint32_t chunk = UINT32_MAX;
    uint64_t ranges = 0;
    unsigned count = 0;
    for (; *at < list->df && count < CHECKS; ++*at) {
        uint32_t paragraph = list->ordinals[*at];
        if (paragraph / OSL_CHUNK_SIZE != chunk) {
            chunk = paragraph / OSL_CHUNK_SIZE;
            ranges = ~(uint64_t)0;
            for (unsigned i = 0; i < others->word_count; i++)
                ranges &= osl_chunk_mask(
                    osl_postings_header(others->words[i], chunk));
        }
        some[count] = paragraph;
        count += (unsigned)(ranges >> (paragraph / 64 % 64) & 1);
    }
    return count;
}

/* Those of some paragraphs that live. */
static unsigned keep_living(const osl_flat *flat, uint32_t *some,
                            unsigned count)
{
    unsigned kept = 0;
    for (unsigned k = 0; k < count; k++) {
        uint32_t at = some[k];
        some[kept] = at;
        kept += (unsigned)(starting_word(flat, at / 64) >> (at % 64) & 1);
    }
    return kept;
}

/* Those of some paragraphs that the n-th other list has, or has not. */
static unsigned keep_listed(beside *others, unsigned n, uint32_t *some,
                            unsigned count)
{
    const osl_postings *list = others->lists[n];
    uint32_t at = others->next[n];
    bool wanted = n < others->list_count;
    unsigned kept = 0;
    for (unsigned k = 0; k < count; k++) {
        uint32_t paragraph = some[k];
        while (at < list->df && list->ordinals[at] < paragraph)
            at++;
        some[kept] = paragraph;
        kept += (at < list->df && list->ordinals[at] == paragraph) == wanted;
    }
    others->next[n] = at;
    return kept;
}

/* Those that the n-th other word is in, or is not. */
static unsigned keep_with(const beside *others, unsigned n, uint32_t *some,
                          unsigned count)
{
    const osl_postings *word = others->words[n];
    unsigned kept = 0, unwanted = n >= others->word_count;
    for (unsigned k = 0; k < count; k++)
        fetch_word(word, some[k] / 64);
    for (unsigned k = 0; k < count; k++) {
        uint32_t at = some[k];
        some[kept] = at;
        kept += (unsigned)(word_in(word, at / 64) >> (at % 64) & 1) ^ unwanted;
    }
    return kept;
}

/* Some of a list's paragraphs from *at on that have all words that must be,
 * and none that must not. */
static unsigned match_some(const osl_flat *flat, const osl_postings *list,
                           beside *others, uint32_t *at, uint32_t some[CHECKS])
{
    unsigned count = list_some(list, others, at, some);
    for (unsigned i = 0; i < others->lists_end; i++)
        count = keep_listed(others, i, some, count);
    if (is_masked(flat))
        count = keep_living(flat, some, count);
    for (unsigned i = 0; i < others->words_end && count; i++)
        count = keep_with(others, i, some, count);
    return count;
}

/* ---- a list in a range -------------------------------------------------- */

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

#endif
