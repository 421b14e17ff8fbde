/* SPDX-License-Identifier: MIT
 *
 * Two wanted words that are frequent (a part of flat_loops.h). What has one of
 * them alone and is among the best stands in the list of that one's best, which
 * mostly goes far enough; what has both is looked for as if both were
 * required, for which bitmaps leave little. */
#ifndef OSL_QUERY_FLAT_TWO_H
#define OSL_QUERY_FLAT_TWO_H

#include "query/flat_match.h"
#include "query/flat_rare.h"

/* Whether it is two wanted words, each with a list of its best, of which many
 * are asked for: of few, ranges of the best bounds take less. */
static bool is_by_two(const osl_flat *flat)
{
    return flat->query->best > FEW_WANTED && flat->should_count == 2 &&
           flat->leaf_count == 2 &&
           flat->apart.count + 2 * OSL_BEST_COUNT <= OSL_FLAT_LISTED_MAX &&
           has_best(flat, &flat->leaves[0]) && has_best(flat, &flat->leaves[1]);
}

/* Puts apart what of a word's list may be among the best; returns what all else
 * that has this word alone scores at most. */
static uint32_t put_best_apart(osl_flat *flat, const leaf *of)
{
    best_list list = list_of(flat, of);
    rare_apart *to = &flat->apart;
    uint32_t least = least_score(flat), most = UINT32_MAX;
    prefetch_best(flat, &list, 0, list.count);
    for (unsigned n = 0; n < list.count && most >= least; n++) {
        osl_best_entry entry = read_best(&list, n);
        if (!entry.tf)
            return UINT32_MAX;
        uint32_t paragraph = entry.ordinal;
        uint32_t score = contribution(flat, of, entry.tf, paragraph);
        most = most_behind(flat, &list, entry, score);
        to->paragraphs[to->count] = paragraph;
        to->scores[to->count] = score;
        to->count +=
            (unsigned)(starting_word(flat, paragraph / 64) >> (paragraph % 64) &
                       1);
    }
    return most;
}

/* A word's list, with what the other one adds, to the sink; returns as above. */
static uint32_t take_best(osl_flat *flat, const leaf *of, const leaf *other)
{
    rare_apart *to = &flat->apart;
    unsigned first = to->count;
    uint32_t most = put_best_apart(flat, of);
    look_up_leaf(flat, other, first);
    give_apart(flat, first);
    leave_out(flat, first);
    scored_list all = {to->paragraphs, to->scores, to->count};
    seed_by_scores(flat, &all);
    return most;
}

/* Both words are required, the rarer one first. */
static void require_both(osl_flat *flat, osl_flat_leaf both[2])
{
    leaf *leaves = flat->leaves;
    if (leaves[1].df < leaves[0].df) {
        leaf first = leaves[0];
        leaves[0] = leaves[1];
        leaves[1] = first;
    }
    for (unsigned i = 0; i < 2; i++) {
        both[i] = *leaves[i].from;
        both[i].occur = OSL_FLAT_MUST;
        leaves[i].from = &both[i];
    }
    flat->must_count = 2;
    flat->should_count = 0;
}

/* Whether all that has one of two words alone was told by their lists; what
 * these have has gone to the sink and is left out of what comes. */
static bool answer_by_two(osl_flat *flat)
{
    const leaf *leaves = flat->leaves;
    uint32_t first = take_best(flat, &leaves[0], &leaves[1]);
    uint32_t second = take_best(flat, &leaves[1], &leaves[0]);
    uint32_t least = least_score(flat);
    return first < least && second < least;
}

#endif
