/* SPDX-License-Identifier: MIT
 *
 * A rare word alone (a part of flat_loops.h): all of its list is scored, many
 * postings at once and without a threshold, and then those are found that
 * reach what the k-th best does. Nothing waits for anything but the lengths,
 * and no branch depends on a score. */
#ifndef OSL_QUERY_FLAT_ALONE_H
#define OSL_QUERY_FLAT_ALONE_H

#include "query/flat_candidates.h"
#include "query/flat_list.h"

/* Postings that are scored together: those of a list, or some of them. */
typedef struct scored_list {
    const uint32_t *paragraphs;
    uint32_t *scores;
    unsigned count;
} scored_list;

/* Scores a list's postings from `at` on as the candidates from `to` on. */
static scored_list score_postings(osl_flat *flat, const leaf *of, uint32_t at,
                                  unsigned count, unsigned to)
{
    const osl_postings *list = flat->words[of->first_word];
    const uint32_t *ordinals = list->ordinals + at, *starts = list->starts + at;
    const uint8_t *codes = flat->query->codes;
    candidates *all = &flat->candidates;
    uint8_t *lengths = all->lengths + to, *tfs = all->tfs + to;
    uint32_t *scores = all->scores + to;
    bool untold = false;
    for (unsigned i = 0; i < count; i++)
        lengths[i] = codes[ordinals[i]];
    for (unsigned i = 0; i < count; i++) {
        uint32_t tf = starts[i + 1] - starts[i];
        tfs[i] = (uint8_t)(tf < OSL_TF_UNTOLD ? tf : 0);
        untold |= tf >= OSL_TF_UNTOLD;
    }
    score_look_up(all->ks + to, lengths, count, flat->k);
    memset(scores, 0, count * sizeof *scores);
    add_gains_to(flat, of, to, count);
    for (unsigned i = 0; untold && i < count; i++)
        if (!tfs[i])
            scores[i] =
                contribution(flat, of, starts[i + 1] - starts[i], ordinals[i]);
    return (scored_list){ordinals, scores, count};
}

/* Those that live. */
static void keep_scored_living(osl_flat *flat, scored_list *of)
{
    uint32_t *to = flat->candidates.paragraphs;
    unsigned living = 0;
    if (!is_masked(flat))
        return;
    for (unsigned i = 0; i < of->count; i++) {
        uint32_t paragraph = of->paragraphs[i];
        uint64_t word = starting_word(flat, paragraph / 64);
        to[living] = paragraph;
        of->scores[living] = of->scores[i];
        living += (unsigned)(word >> (paragraph % 64) & 1);
    }
    of->paragraphs = to;
    of->count = living;
}

static unsigned count_reaching(const scored_list *of, uint32_t least)
{
    uint32_t count = 0;
    for (unsigned i = 0; i < of->count; i++)
        count += of->scores[i] >= least;
    return count;
}

/* A score that as many as are wanted reach and not many more, found by halving
 * what it can be; `least` where there are fewer. */
static uint32_t reached_by_most(const scored_list *of, uint32_t least,
                                size_t wanted)
{
    uint32_t low = least, high = 0;
    size_t more = wanted / 4 + 2;
    for (unsigned i = 0; i < of->count; i++)
        high = of->scores[i] > high ? of->scores[i] : high;
    if (of->count <= wanted + more)
        return low;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2 + 1;
        unsigned count = count_reaching(of, middle);
        if (count < wanted)
            high = middle - 1;
        else
            low = middle;
        if (count >= wanted && count <= wanted + more)
            break;
    }
    return low;
}

/* Gives the sink what reaches a score: at once where nothing else comes. */
static void give_reaching(osl_flat *flat, const scored_list *of, uint32_t least,
                          bool is_all)
{
    const osl_flat_sink *sink = flat->sink;
    uint32_t *paragraphs = flat->candidates.paragraphs;
    unsigned kept = 0;
    for (unsigned i = 0; i < of->count; i++) {
        uint32_t paragraph = of->paragraphs[i], score = of->scores[i];
        paragraphs[kept] = paragraph;
        of->scores[kept] = score;
        kept += score >= least;
    }
    if (is_all && sink->keep_list) {
        sink->keep_list(sink->user, paragraphs, of->scores, kept);
        return;
    }
    for (unsigned i = 0; i < kept; i++)
        if (of->scores[i] >= *sink->threshold)
            sink->keep(sink->user, flat->query->segment, paragraphs[i],
                       of->scores[i]);
}

static void score_list(osl_flat *flat)
{
    const osl_postings *word = flat->words[0];
    size_t best = flat->query->best;
    bool is_all = word->df <= OSL_CHUNK_SIZE;
    for (uint32_t at = 0; at < word->df; at += OSL_CHUNK_SIZE) {
        uint32_t left = word->df - at, least = least_score(flat);
        scored_list some =
            score_postings(flat, &flat->leaves[0], at,
                           left < OSL_CHUNK_SIZE ? left : OSL_CHUNK_SIZE, 0);
        keep_scored_living(flat, &some);
        flat->matched += some.count;
        if (best)
            least = reached_by_most(&some, least, best);
        give_reaching(flat, &some, least, is_all);
    }
}

#endif
