/* SPDX-License-Identifier: MIT
 *
 * Wanted words of which some are rare (a part of flat_loops.h). The paragraphs
 * of rare words are few: they are scored by themselves, many postings at once,
 * and frequent words are looked up in those alone that may be among the best
 * with them. What is left has frequent words only, and a score to reach that
 * mostly leaves little of it: a rare word is never brought into the sliced
 * shape, nor met chunk by chunk. (Two kinds of lists, the short ones scored
 * first: MaxScore, Turtle, Flood 1995.) */
#ifndef OSL_QUERY_FLAT_RARE_H
#define OSL_QUERY_FLAT_RARE_H

#include "query/flat_alone.h"
#include "query/flat_joint.h"

enum {
    LOOKED_UP = 32, /* paragraphs whose words are fetched together */
    SEEN_BITS = 14  /* at most, so that places lie in the first cache */
};

static bool has_lists(const osl_flat *flat)
{
    bool any = false;
    for (unsigned i = 0; i < flat->should_count; i++)
        any |= is_list(flat, flat->leaves[i].first_word);
    return any;
}

/* ---- the rare words ----------------------------------------------------- */

/* Postings of one paragraph become one, with the sum of their scores. */
static void join_postings(osl_flat *flat, scored_list *all)
{
    uint32_t *paragraphs = flat->candidates.paragraphs;
    uint16_t *seen = flat->apart.seen;
    unsigned bits = 4, kept = 0;
    while (1u << bits < 8 * all->count && bits < SEEN_BITS)
        bits++;
    memset(seen, 0, sizeof *seen << bits);
    for (unsigned i = 0; i < all->count; i++) {
        uint32_t paragraph = paragraphs[i], score = all->scores[i];
        uint32_t at = paragraph * 0x9E3779B1u >> (32 - bits);
        while (seen[at] && paragraphs[seen[at] - 1] != paragraph)
            at = (at + 1) & ((1u << bits) - 1);
        if (seen[at]) {
            all->scores[seen[at] - 1] += score;
            continue;
        }
        paragraphs[kept] = paragraph;
        all->scores[kept] = score;
        seen[at] = (uint16_t)++kept;
    }
    all->count = kept;
}

/* All paragraphs that have a rare word and live, with what rare words add;
 * these leave the query. */
static scored_list score_rare(osl_flat *flat)
{
    uint32_t *paragraphs = flat->candidates.paragraphs;
    scored_list all = {paragraphs, flat->candidates.scores, 0};
    unsigned lists = 0, kept = 0;
    for (unsigned i = 0; i < flat->should_count; i++) {
        const leaf *of = &flat->leaves[i];
        const osl_postings *word = flat->words[of->first_word];
        if (word->headers) {
            flat->leaves[kept++] = *of;
            continue;
        }
        (void)score_postings(flat, of, 0, word->df, all.count);
        memcpy(paragraphs + all.count, word->ordinals,
               word->df * sizeof *paragraphs);
        all.count += word->df;
        lists++;
    }
    flat->leaf_count = flat->should_count = kept;
    if (lists > 1)
        join_postings(flat, &all);
    keep_scored_living(flat, &all);
    return all;
}

/* ---- what frequent words add -------------------------------------------- */

/* Looks a word up in some paragraphs; each is on its way before the first is
 * read. */
static void look_up_some(osl_flat *flat, const leaf *of,
                         const uint32_t *paragraphs, uint32_t *scores,
                         unsigned count)
{
    const osl_postings *word = flat->words[of->first_word];
    place places[LOOKED_UP];
    uint8_t found[LOOKED_UP];
    unsigned held = 0;
    for (unsigned i = 0; i < count; i++) {
        found[held] = (uint8_t)i;
        held += is_in_range(word, paragraphs[i] / 64);
    }
    for (unsigned n = 0; n < held; n++)
        locate(word, paragraphs[found[n]] / 64, &places[n]);
    for (unsigned n = 0; n < held; n++) {
        uint32_t paragraph = paragraphs[found[n]], at = paragraph % 64;
        if (read_word(&places[n], paragraph / 64) >> at & 1)
            scores[found[n]] +=
                contribution(flat, of,
                             tf_of_posting(flat, of->first_word, &places[n],
                                           posting_of(&places[n], at)),
                             paragraph);
    }
}

/* The same in those that are apart, from `first` on. */
static void look_up_leaf(osl_flat *flat, const leaf *of, unsigned first)
{
    rare_apart *to = &flat->apart;
    for (unsigned at = first; at < to->count; at += LOOKED_UP) {
        unsigned left = to->count - at;
        look_up_some(flat, of, to->paragraphs + at, to->scores + at,
                     left < LOOKED_UP ? left : LOOKED_UP);
    }
}

/* What a paragraph must have of rare words where the others add `most` at
 * most. */
static uint32_t least_of_rare(const osl_flat *flat, uint32_t most)
{
    uint32_t least = least_score(flat);
    return least > most ? least - most : 0;
}

/* Of those that are apart, from `first` on, those of at least `least`. */
static void keep_apart(rare_apart *of, unsigned first, uint32_t least)
{
    unsigned kept = first;
    for (unsigned i = first; i < of->count; i++) {
        uint32_t score = of->scores[i];
        of->paragraphs[kept] = of->paragraphs[i];
        of->scores[kept] = score;
        kept += score >= least;
    }
    of->count = kept;
}

/* All frequent words, which add `most` at most, in those that are
 * apart, from `first` on; what cannot reach the threshold any more drops
 * out. */
static void look_up_apart(osl_flat *flat, unsigned first, uint32_t most)
{
    rare_apart *to = &flat->apart;
    for (unsigned i = 0; i < flat->should_count && first < to->count; i++) {
        const leaf *of = &flat->leaves[i];
        look_up_leaf(flat, of, first);
        most -= most_alone(flat, of);
        keep_apart(to, first, least_of_rare(flat, most));
    }
}

/* Those with a score of `cut` are put apart, those below `least` drop out. */
static void put_apart(osl_flat *flat, scored_list *from, uint32_t cut,
                      uint32_t least)
{
    uint32_t *paragraphs = flat->candidates.paragraphs, *scores = from->scores;
    rare_apart *to = &flat->apart;
    unsigned kept = 0;
    for (unsigned i = 0; i < from->count; i++) {
        uint32_t paragraph = from->paragraphs[i], score = scores[i];
        to->paragraphs[to->count] = paragraph;
        to->scores[to->count] = score;
        to->count += score >= cut;
        paragraphs[kept] = paragraph;
        scores[kept] = score;
        kept += (score < cut) & (score >= least);
    }
    *from = (scored_list){paragraphs, scores, kept};
}

/* Raises the seed to what as many as are wanted of these have. */
static void seed_by_scores(osl_flat *flat, const scored_list *of)
{
    size_t best = flat->query->best;
    if (best && of->count >= best)
        flat->seed = reached_by_most(of, flat->seed, best);
}

/* Scores what may be among the best, the best first; they show what the others
 * must reach. */
static void score_apart(osl_flat *flat, scored_list *all, uint32_t most)
{
    rare_apart *to = &flat->apart;
    size_t best = flat->query->best;
    uint32_t least = least_of_rare(flat, most), cut = least;
    if (best)
        cut = reached_by_most(all, least, best);
    put_apart(flat, all, cut, least);
    look_up_apart(flat, 0, most);
    scored_list some = {to->paragraphs, to->scores, to->count};
    seed_by_scores(flat, &some);
    unsigned first = to->count;
    least = least_of_rare(flat, most);
    put_apart(flat, all, least, least);
    look_up_apart(flat, first, most);
}

/* Those from `first` on. */
static void give_apart(osl_flat *flat, unsigned first)
{
    const rare_apart *of = &flat->apart;
    for (unsigned i = first; i < of->count; i++)
        if (of->scores[i] >= least_score(flat))
            flat->sink->keep(flat->sink->user, flat->query->segment,
                             of->paragraphs[i], of->scores[i]);
}

/* What frequent words add at most, all of them. */
static uint32_t most_of_all(const osl_flat *flat)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < flat->should_count; i++)
        sum += most_alone(flat, &flat->leaves[i]);
    return sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
}

/* ---- all but these ------------------------------------------------------ */

/* Those that are apart, from `first` on, are not looked at any more. */
static void leave_out(osl_flat *flat, unsigned first)
{
    const rare_apart *of = &flat->apart;
    for (unsigned i = first; i < of->count; i++)
        flat->without[of->paragraphs[i] / 64] |= (uint64_t)1
                                                 << (of->paragraphs[i] % 64);
    flat->is_without = true;
}

static void end_leaving_out(osl_flat *flat)
{
    const rare_apart *of = &flat->apart;
    for (unsigned i = 0; flat->is_without && i < of->count; i++)
        flat->without[of->paragraphs[i] / 64] = 0;
    flat->is_without = false;
}

static void seed_wanted(osl_flat *flat)
{
    if (flat->query->best && !flat->is_reached)
        seed_by_best(flat);
}

/* Rare words, which leave the query. Returns whether that is all: nothing that
 * has none of them can be among the best. Else what was scored is left out of
 * what comes, until end_leaving_out(). */
static bool answer_by_rare(osl_flat *flat)
{
    scored_list all = score_rare(flat);
    if (flat->should_count == 0) {
        uint32_t least = least_score(flat);
        if (flat->query->best)
            least = reached_by_most(&all, least, flat->query->best);
        give_reaching(flat, &all, least, true);
        return true;
    }
    uint32_t most = most_of_all(flat);
    seed_wanted(flat);
    seed_by_scores(flat, &all);
    score_apart(flat, &all, most);
    give_apart(flat, 0);
    if (most < least_score(flat))
        return true;
    leave_out(flat, 0);
    return false;
}

#endif
