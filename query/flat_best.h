/* SPDX-License-Identifier: MIT
 *
 * Lists of the best (core/segment/best.h) in a flat query (a part of
 * flat_loops.h). A list stands in the order of G at writing; today's K may
 * be another, and some of its paragraphs may have died. What stands behind an
 * entry has at most its tf / K of writing, so that K's drift bounds its G of
 * today, and what stands before it at least: so lists go on answering a word
 * alone, and telling unions what score to reach, while N and the average
 * length drift. Near the best, where G is near 1, this is much nearer than a
 * factor for every G. */
#ifndef OSL_QUERY_FLAT_BEST_H
#define OSL_QUERY_FLAT_BEST_H

#include "core/segment/best.h"
#include "query/flat_place.h"

enum {
    FIRST_FETCHED = 8, /* entries of a list */
    REACHED_STEPS = 256,
    REACHED_SEEN_BITS = 14,
    REACHED_SEEN = 1 << REACHED_SEEN_BITS
};

/* A word's list. */
typedef struct best_list {
    const leaf *of;
    const osl_postings *word;
    const float *then; /* K of writing, by length code */
    unsigned width, count;
} best_list;

static best_list list_of(const osl_flat *flat, const leaf *of)
{
    const osl_postings *word = flat->words[of->first_word];
    return (best_list){of, word, word->segment->fields[OSL_FIELD_TEXT].bounds.k,
                       osl_best_width(word->ordinal_count), word->best_count};
}

/* Its tf is 0 where neither it nor a word that is sliced tells it. */
static osl_best_entry read_best(const best_list *list, unsigned n)
{
    osl_best_entry entry = osl_best_get(list->word->best, list->width, n);
    uint32_t tfs[64];
    tfs[0] = 0; /* of what is no posting, in a spoilt list */
    if (!entry.tf && list->word->headers) {
        osl_postings_tfs(list->word, entry.ordinal / 64,
                         (uint64_t)1 << (entry.ordinal % 64), tfs);
        entry.tf = tfs[0];
    }
    return entry;
}

static bool has_word(const osl_postings *word, uint32_t paragraph)
{
    return word->headers ? word_in(word, paragraph / 64) >> (paragraph % 64) & 1
                         : osl_postings_place(word, paragraph) < word->df;
}

/* Whether all paragraphs of the words that tell (seed_by_best()) are. */
static bool may_all_be_found(const osl_flat *flat)
{
    return !is_masked(flat) && flat->must_count <= 1 &&
           scored_count(flat) == flat->leaf_count;
}

/* Whether a paragraph of a scored word lives, has all required words and no
 * forbidden one. */
static bool may_be_found(const osl_flat *flat, const leaf *of,
                         uint32_t paragraph)
{
    if (may_all_be_found(flat))
        return true;
    uint64_t word = starting_word(flat, paragraph / 64);
    bool is_in = word >> (paragraph % 64) & 1;
    for (unsigned i = 0; i < flat->must_count && is_in; i++) {
        const leaf *other = &flat->leaves[i];
        is_in =
            other == of || has_word(flat->words[other->first_word], paragraph);
    }
    for (unsigned i = scored_count(flat); i < flat->leaf_count && is_in; i++)
        is_in = !has_word(flat->words[flat->leaves[i].first_word], paragraph);
    return is_in;
}

static bool forbids_phrase(const osl_flat *flat)
{
    bool found = false;
    for (unsigned i = scored_count(flat); i < flat->leaf_count; i++)
        found |= flat->leaves[i].is_phrase;
    return found;
}

/* More than the roundings of G: lists are in its order, by which tf / K = x may
 * differ by some (1 + x) times that, as long as this is little. */
#define DRIFT_SLACK 2.5e-7
#define DRIFT_MOST  0.01

/* What a word can add today where tf / K was x at writing, or less. A K that
 * was next to nothing, or below, tells nothing. */
static uint32_t most_drifted(const osl_flat *flat, const leaf *of, double x)
{
    if (!(x >= 0 && x * DRIFT_SLACK < DRIFT_MOST))
        return osl_score_contribution(of->from->weight, 1.0f);
    x *= 1 + DRIFT_SLACK * (1 + x);
    double gain = x / (x + flat->query->drift.low) * (1 + DRIFT_SLACK);
    return osl_score_contribution(of->from->weight,
                                  gain < 1 ? (float)gain : 1.0f);
}

/* What it adds at least where it was x or more. */
static uint32_t least_drifted(const osl_flat *flat, const leaf *of, double x)
{
    x *= 1 - DRIFT_SLACK * (1 + x);
    double gain = x / (x + flat->query->drift.high) * (1 - DRIFT_SLACK);
    return osl_score_contribution(of->from->weight,
                                  x > 0 && gain > 0 ? (float)gain : 0.0f);
}

/* tf / K at writing. */
static double x_then(const osl_flat *flat, const best_list *list,
                     osl_best_entry entry)
{
    uint8_t code = flat->query->codes[entry.ordinal];
    return (double)entry.tf / (double)list->then[code];
}

/* The entries of a list that live, with today's scores. */
typedef struct best_found {
    uint32_t paragraphs[OSL_BEST_COUNT], scores[OSL_BEST_COUNT];
    uint32_t top[OSL_BEST_COUNT]; /* the wanted greatest, falling */
    size_t count;
} best_found;

/* Keeps the `wanted` greatest scores, falling, of which `count` were seen. */
static inline void keep_greatest(uint32_t *top, size_t count, size_t wanted,
                                 uint32_t score)
{
    size_t at = count < wanted ? count : wanted;
    if (at == wanted && score <= top[--at])
        return;
    for (; at > 0 && top[at - 1] < score; at--)
        top[at] = top[at - 1];
    top[at] = score;
}

static void add_found(best_found *found, uint32_t paragraph, uint32_t score,
                      size_t wanted)
{
    keep_greatest(found->top, found->count, wanted, score);
    found->paragraphs[found->count] = paragraph;
    found->scores[found->count++] = score;
}

static void prefetch_best(const osl_flat *flat, const best_list *list,
                          unsigned from, size_t to)
{
    for (unsigned n = from; n < list->count && n < to; n++) {
        uint32_t paragraph =
            osl_best_get(list->word->best, list->width, n).ordinal;
        prefetch_paragraph(flat, paragraph);
        for (unsigned i = scored_count(flat); i < flat->leaf_count; i++) {
            const osl_postings *other = flat->words[flat->leaves[i].first_word];
            if (other->headers)
                fetch_word(other, paragraph / 64);
        }
    }
}

static void give_found(const osl_flat *flat, const best_found *found)
{
    const osl_flat_sink *sink = flat->sink;
    if (sink->keep_list && !flat->is_without) {
        sink->keep_list(sink->user, found->paragraphs, found->scores,
                        found->count);
        return;
    }
    for (size_t i = 0; i < found->count; i++)
        if (found->scores[i] >= *sink->threshold)
            sink->keep(sink->user, flat->query->segment, found->paragraphs[i],
                       found->scores[i]);
}

/* Whether K is that of writing. */
static bool is_of_writing(const osl_flat_query *query)
{
    return query->drift.low == 1 && query->drift.high == 1;
}

/* Whether what scores less than `most` is not among the wanted. */
static bool is_enough(const osl_flat *flat, const best_found *found,
                      uint32_t most)
{
    size_t wanted = flat->query->best;
    return most < least_score(flat) ||
           (found->count >= wanted && most < found->top[wanted - 1]);
}

/* What is behind an entry, or it, scores today at most. */
static uint32_t most_behind(const osl_flat *flat, const best_list *list,
                            osl_best_entry entry, uint32_t score)
{
    return is_of_writing(flat->query)
               ? score
               : most_drifted(flat, list->of, x_then(flat, list, entry));
}

/* A word alone, or but for forbidden ones, whose list holds all that can be
 * among the wanted: what follows has a lower score than the last of these, or
 * than what is asked for. If not, the list may tell what score to reach; or
 * what it has is given, where others may show that it is enough. */
static bool answer_by_best(osl_flat *flat, const leaf *of)
{
    const osl_flat_query *query = flat->query;
    best_list list = list_of(flat, of);
    best_found found;
    size_t wanted = query->best;
    uint32_t score = 0;
    bool complete = false;
    osl_best_entry entry = {0, 0};
    found.count = 0;
    /* Beside the best of other segments, the first few may tell. */
    bool few = *flat->sink->threshold > 0;
    prefetch_best(flat, &list, 0,
                  few ? FIRST_FETCHED : wanted + wanted / 4 + 4);
    for (unsigned n = 0; n < list.count && !complete; n++) {
        if (few)
            prefetch_best(flat, &list, n + FIRST_FETCHED,
                          n + FIRST_FETCHED + 1);
        entry = read_best(&list, n);
        if (!entry.tf)
            return false;
        score = contribution(flat, of, entry.tf, entry.ordinal);
        /* What is behind may have as much, at least: mostly that is enough. */
        complete =
            is_enough(flat, &found, score) &&
            is_enough(flat, &found, most_behind(flat, &list, entry, score));
        if (!complete && may_be_found(flat, of, entry.ordinal))
            add_found(&found, entry.ordinal, score, wanted);
    }
    if (query->rest)
        *query->rest = complete ? 0 : most_behind(flat, &list, entry, score);
    if (complete || query->rest)
        give_found(flat, &found);
    else if (found.count >= wanted && found.top[wanted - 1] > flat->seed)
        flat->seed = found.top[wanted - 1];
    return complete || query->rest;
}

/* Whether what is behind the n-th entry of a list, or it, may tell more than
 * is known already. */
static bool may_raise(const osl_flat *flat, const best_list *list, size_t n)
{
    osl_best_entry entry = read_best(list, (unsigned)n);
    return !entry.tf ||
           most_drifted(flat, list->of, x_then(flat, list, entry)) > flat->seed;
}

/* A score that the wanted number of paragraphs reach by this word alone; 0
 * where its list has not so many that live. */
static uint32_t reached_by(const osl_flat *flat, const leaf *of)
{
    const osl_flat_query *query = flat->query;
    best_list list = list_of(flat, of);
    size_t living = 0;
    unsigned n = 0;
    if (may_all_be_found(flat))
        n = (unsigned)(living = query->best);
    else if (!may_raise(flat, &list, query->best - 1))
        return 0;
    for (; n < list.count && living < query->best; n++)
        living += may_be_found(
            flat, of, osl_best_get(list.word->best, list.width, n).ordinal);
    if (living < query->best)
        return 0;
    osl_best_entry last = read_best(&list, n - 1);
    return last.tf ? least_drifted(flat, of, x_then(flat, &list, last)) : 0;
}

/* Whether a leaf has a list that can tell the wanted ones. */
static bool has_best(const osl_flat *flat, const leaf *of)
{
    const osl_postings *word = flat->words[of->first_word];
    return !of->is_phrase && word->best &&
           flat->query->best <= word->best_count;
}

/* ---- what several words' postings tell together ------------------------- */

/* Paragraphs by the least that they score: by one word's posting each, and
 * each once, though some may be taken for others, so that no more are counted
 * than there are. */
typedef struct tally {
    uint32_t low, high; /* scores below are not counted; the greatest */
    uint64_t scale;     /* steps of one, times 2^32 */
    unsigned count;
    uint16_t steps[REACHED_STEPS];
    uint64_t seen[REACHED_SEEN / 64];
} tally;

static void begin_tally(tally *out, const osl_flat *flat)
{
    /* Leaves come the heaviest first. */
    uint32_t most = osl_score_contribution(flat->leaves[0].from->weight, 1.0f);
    memset(out, 0, sizeof *out);
    out->low = flat->seed;
    out->high = most > out->low ? most : out->low;
    out->scale = ((uint64_t)REACHED_STEPS << 32) /
                 ((uint64_t)(out->high - out->low) + 1);
}

static void add_reached(tally *to, uint32_t paragraph, uint32_t score)
{
    if (score < to->low)
        return;
    uint32_t at = paragraph * 0x9E3779B1u >> (32 - REACHED_SEEN_BITS);
    uint64_t bit = (uint64_t)1 << (at % 64), seen = to->seen[at / 64];
    unsigned is_new = !(seen & bit);
    score = score < to->high ? score : to->high;
    to->seen[at / 64] = seen | bit;
    to->steps[(score - to->low) * to->scale >> 32] += (uint16_t)is_new;
    to->count += is_new;
}

/* The least score of the step in which the wanted one is. */
static uint32_t reached_by_all(const tally *of, size_t wanted)
{
    unsigned step = REACHED_STEPS;
    size_t count = 0;
    if (of->count < wanted)
        return 0;
    while (count < wanted)
        count += of->steps[--step];
    return of->low +
           (uint32_t)((((uint64_t)step << 32) + of->scale - 1) / of->scale);
}

static void add_best_entries(const osl_flat *flat, const leaf *of, tally *to)
{
    best_list list = list_of(flat, of);
    for (unsigned n = 0; n < list.count; n++) {
        osl_best_entry entry = read_best(&list, n);
        if (!entry.tf)
            return;
        uint32_t score = contribution(flat, of, entry.tf, entry.ordinal);
        if (score < to->low)
            return; /* but for drift, so are all behind */
        if (may_be_found(flat, of, entry.ordinal))
            add_reached(to, entry.ordinal, score);
    }
}

/* Which of 64 postings of a list, from `at` on, have a bound of `least`. */
static uint64_t bounds_from(const osl_postings *word, uint32_t at,
                            uint8_t least)
{
    uint64_t live = ~(uint64_t)0;
    if (word->df - at < 64)
        live = ((uint64_t)1 << (word->df - at)) - 1;
    return score_byte_select(word->each + at, least) & live;
}

/* The postings of a rare word that may reach what is counted. */
static void add_rare_entries(const osl_flat *flat, const leaf *of, tally *to)
{
    const osl_postings *word = flat->words[of->first_word];
    float share = (float)to->low / (float)OSL_SCORE_ONE / of->from->weight;
    uint8_t least = share < 1 ? (uint8_t)(share * 255) : 255;
    for (uint32_t at = 0; at < word->df; at += 64) {
        uint64_t found = bounds_from(word, at, least);
        for (; found; found &= found - 1) {
            uint32_t n = at + (uint32_t)__builtin_ctzll(found);
            uint32_t ordinal = word->ordinals[n];
            uint32_t tf = word->starts[n + 1] - word->starts[n];
            if (may_be_found(flat, of, ordinal))
                add_reached(to, ordinal, contribution(flat, of, tf, ordinal));
        }
    }
}

/* A score that the wanted number of a rare word's postings reach; 0 where it
 * has not so many, or some may be dead. */
static uint32_t reached_by_rare(const osl_flat *flat, const leaf *of)
{
    const osl_flat_query *query = flat->query;
    const osl_postings *word = flat->words[of->first_word];
    unsigned low = 1, high = 256;
    if (!may_all_be_found(flat) || word->df < query->best)
        return 0;
    while (high - low > 1) {
        unsigned middle = low + (high - low) / 2;
        size_t count = 0;
        for (uint32_t at = 0; at < word->df; at += 64)
            count += (unsigned)__builtin_popcountll(
                bounds_from(word, at, (uint8_t)middle));
        if (count >= query->best)
            low = middle;
        else
            high = middle;
    }
    double gain = (double)(low - 1) / 255;
    return least_drifted(flat, of, gain / (1 - gain));
}

static bool is_rare(const osl_flat *flat, const leaf *of)
{
    const osl_postings *word = flat->words[of->first_word];
    return !of->is_phrase && word->each && word->starts;
}

/* All of several words together tell a higher score than each alone. */
static void seed_by_all(osl_flat *flat)
{
    tally all;
    begin_tally(&all, flat);
    for (unsigned i = 0; i < flat->should_count; i++) {
        const leaf *of = &flat->leaves[i];
        if (is_rare(flat, of))
            add_rare_entries(flat, of, &all);
        else if (!of->is_phrase && flat->words[of->first_word]->best)
            add_best_entries(flat, of, &all);
    }
    uint32_t score = reached_by_all(&all, flat->query->best);
    if (score > flat->seed)
        flat->seed = score;
}

/* The postings of every wanted word, or of the one that is required, tell a
 * score that the best reach. Of several required words the best of one seldom
 * have the others: short paragraphs have few words. */
static void seed_by_best(osl_flat *flat)
{
    enum { MANY_WORDS = 8 };
    unsigned tell = flat->must_count ? flat->must_count : flat->should_count;
    if (forbids_phrase(flat) || flat->must_count > 1)
        return;
    for (unsigned i = 0; i < tell; i++) {
        const leaf *of = &flat->leaves[i];
        uint32_t score = 0;
        if (is_rare(flat, of))
            score = reached_by_rare(flat, of);
        else if (has_best(flat, of))
            score = reached_by(flat, of);
        if (score > flat->seed)
            flat->seed = score;
    }
    if (flat->query->best > FEW_WANTED && !flat->must_count && tell > 1 &&
        tell <= MANY_WORDS)
        seed_by_all(flat);
}

/* Whether one word is scored, has a list of the best, and all others are
 * forbidden words. */
static bool is_by_best(const osl_flat *flat)
{
    return flat->query->best > 0 && scored_count(flat) == 1 &&
           has_best(flat, &flat->leaves[0]) && !forbids_phrase(flat);
}

#endif
