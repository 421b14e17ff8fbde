/* SPDX-License-Identifier: MIT
 *
 * Lists of the best of two words (core/segment/joint.h) in a flat query whose
 * words are all required (a part of flat_loops.h). Two words are answered from
 * their list, as one is from its own (flat_best.h). Of three and four, lists of
 * their pairs are gone along together, what has all words is scored, and what
 * a paragraph that was not met can have at most follows from where the lists
 * stand: nothing else is read once that is below the last of the wanted ones
 * (the threshold algorithm: Fagin, Lotem, Naor 2001). Where the lists end
 * before, they have told a score that must be reached. */
#ifndef OSL_QUERY_FLAT_JOINT_H
#define OSL_QUERY_FLAT_JOINT_H

#include "core/segment/joint.h"
#include "query/flat_best.h"

#include <math.h>
#include <string.h>

enum {
    JOINT_WORDS = 4,   /* of which lists are gone along together … */
    JOINT_WANTED = 16, /* … for so many */
    JOINT_PAIRS = 6,
    JOINT_FOUND = 2048,
    JOINT_SEEN = 4096, /* places by hash of what was found */
    JOINT_FIRST = 16,  /* entries of each list that are read first */
    JOINT_STEP = 16    /* entries that are fetched together */
};

/* A list that is being read. */
typedef struct joint_read {
    osl_joint_list list;
    const leaf *of[2];
    double ratios[2]; /* today's weights to those of writing */
    unsigned next;
    uint32_t most; /* what is left of it has at most, of the two words */
} joint_read;

/* What has all words, with today's scores. */
typedef struct joint_found {
    uint32_t paragraphs[JOINT_FOUND], scores[JOINT_FOUND];
    uint32_t top[OSL_BEST_COUNT]; /* the wanted greatest, falling */
    uint32_t seen[JOINT_SEEN];    /* paragraph + 1 */
    size_t count;
    bool many; /* lists: what is in one may be in another */
} joint_found;

/* ---- bounds ------------------------------------------------------------- */

/* What G was at writing is today at most, where K may have become less by a
 * factor of `low`. */
static inline double gain_today(double gain, double low)
{
    return gain / (gain + low * (1 - gain));
}

/* How a sum of two words' shares at writing is shared so that it is most today:
 * the first one's G, which lies between `least` and `most`. Where G only becomes
 * more (low < 1) it does so by a concave function, whose slopes are to be in the
 * ratio of what the weights have become; else an end has most. */
static double share_of_first(const joint_read *of, double sum, double low,
                             double least, double most)
{
    double first = (double)of->list.weights[0];
    double second = (double)of->list.weights[1];
    if (!(of->ratios[0] > 0))
        return least;
    if (!(of->ratios[1] > 0))
        return most;
    double root = sqrt(of->ratios[0] / of->ratios[1]);
    double all = sum * (1 - low) + low * (first + second);
    double gain = (root * all / (first * root + second) - low) / (1 - low);
    if (!(gain > least))
        return least;
    return gain < most ? gain : most;
}

/* What they add today where the first one's share was of this G. */
static double shared_sum(const joint_read *of, double sum, double low,
                         double gain)
{
    double first = (double)of->list.weights[0];
    double second = (double)of->list.weights[1];
    double other = (sum - first * gain) / second;
    other = other > 0 ? other : 0;
    other = other < 1 ? other : 1;
    return first * of->ratios[0] * gain_today(gain, low) +
           second * of->ratios[1] * gain_today(other, low);
}

/* What two words add today at most where their sum was `sum` at writing, or
 * less. Weights have become other ones, each by its own ratio: near the best,
 * where either G is near 1, the word whose weight rose can have little more of
 * the sum than its part. */
static uint32_t most_together(const osl_flat *flat, const joint_read *of,
                              double sum)
{
    double low = flat->query->drift.low;
    double first = (double)of->list.weights[0];
    double second = (double)of->list.weights[1];
    double all = first * of->ratios[0] + second * of->ratios[1];
    sum *= 1 + DRIFT_SLACK;
    if (low > 0 && low < INFINITY && sum >= 0 && sum < first + second) {
        double least = sum > second ? (sum - second) / first : 0;
        double most = sum < first ? sum / first : 1;
        if (low < 1) {
            all = shared_sum(of, sum, low,
                             share_of_first(of, sum, low, least, most));
        } else {
            double ends[2] = {shared_sum(of, sum, low, least),
                              shared_sum(of, sum, low, most)};
            all = ends[0] > ends[1] ? ends[0] : ends[1];
        }
    }
    all = all * (1 + 4 * DRIFT_SLACK) * OSL_SCORE_ONE + 2;
    return all < UINT32_MAX ? (uint32_t)all : UINT32_MAX;
}

/* The sum of an entry's two words as it was when the list was made. */
static double sum_then(const osl_flat *flat, const joint_read *of,
                       const osl_joint_entry *entry)
{
    const leaf *first = of->of[0];
    const float *then = flat->words[first->first_word]
                            ->segment->fields[OSL_FIELD_TEXT]
                            .bounds.k;
    float k = then[flat->query->codes[entry->ordinal]];
    return (double)(of->list.weights[0] * osl_score_gain(entry->tfs[0], k)) +
           (double)(of->list.weights[1] * osl_score_gain(entry->tfs[1], k));
}

/* What a word adds at most, as the first of its own list tells. */
static uint32_t most_alone(const osl_flat *flat, const leaf *of)
{
    uint32_t all = osl_score_contribution(of->from->weight, 1.0f);
    if (!has_best(flat, of))
        return all;
    best_list list = list_of(flat, of);
    osl_best_entry entry = read_best(&list, 0);
    if (!entry.tf)
        return all;
    uint32_t most = most_drifted(flat, of, x_then(flat, &list, entry));
    return most < all ? most : all;
}

/* ---- entries ------------------------------------------------------------ */

static uint32_t tf_in_word(const osl_flat *flat, unsigned w, uint32_t paragraph)
{
    place at;
    locate(flat->words[w], paragraph / 64, &at);
    if (!(read_word(&at, paragraph / 64) >> (paragraph % 64) & 1))
        return 0;
    return tf_of_posting(flat, w, &at, posting_of(&at, paragraph % 64));
}

/* Entry `n`, with its tfs; a tf of 0: what is no posting, in a spoilt list. */
static osl_joint_entry read_joint(const osl_flat *flat, const joint_read *of,
                                  unsigned n)
{
    osl_joint_entry entry = osl_joint_get(&of->list, n);
    if (entry.ordinal >= flat->query->paragraph_count)
        return (osl_joint_entry){0, {0, 0}};
    for (unsigned i = 0; i < 2; i++)
        if (!entry.tfs[i] &&
            has_word(flat->words[of->of[i]->first_word], entry.ordinal))
            entry.tfs[i] =
                tf_in_word(flat, of->of[i]->first_word, entry.ordinal);
    return entry;
}

/* Whether a paragraph with the list's words lives, has the other ones and
 * none that is forbidden. */
static bool has_others(const osl_flat *flat, const joint_read *of,
                       uint32_t paragraph)
{
    bool is_in = starting_word(flat, paragraph / 64) >> (paragraph % 64) & 1;
    for (unsigned i = 0; i < flat->leaf_count && is_in; i++) {
        const leaf *other = &flat->leaves[i];
        if (other != of->of[0] && other != of->of[1])
            is_in = has_word(flat->words[other->first_word], paragraph) ==
                    (other->from->occur == OSL_FLAT_MUST);
    }
    return is_in;
}

static uint32_t score_joint(const osl_flat *flat, const joint_read *of,
                            const osl_joint_entry *entry)
{
    uint32_t score = 0;
    for (unsigned i = 0; i < flat->must_count; i++) {
        const leaf *word = &flat->leaves[i];
        uint32_t tf = word == of->of[0] ? entry->tfs[0]
                      : word == of->of[1]
                          ? entry->tfs[1]
                          : tf_in_word(flat, word->first_word, entry->ordinal);
        score += contribution(flat, word, tf, entry->ordinal);
    }
    return score;
}

/* Whether a paragraph was found before; it is from now on. */
static bool was_found(joint_found *found, uint32_t paragraph)
{
    uint32_t at = paragraph * 0x9E3779B1u >> 20;
    while (found->seen[at] && found->seen[at] != paragraph + 1)
        at = (at + 1) % JOINT_SEEN;
    bool was = found->seen[at] != 0;
    found->seen[at] = paragraph + 1;
    return was;
}

static void add_joint(joint_found *found, uint32_t paragraph, uint32_t score,
                      size_t wanted)
{
    keep_greatest(found->top, found->count, wanted, score);
    found->paragraphs[found->count] = paragraph;
    found->scores[found->count++] = score;
}

static void fetch_entries(const osl_flat *flat, const joint_read *of,
                          unsigned from, unsigned to)
{
    for (unsigned n = from; n < to && n < of->list.count; n++) {
        osl_joint_entry entry = osl_joint_get(&of->list, n);
        uint32_t paragraph = entry.ordinal;
        if (paragraph >= flat->query->paragraph_count)
            return;
        prefetch_paragraph(flat, paragraph);
        for (unsigned i = 0; i < flat->leaf_count; i++) {
            const leaf *other = &flat->leaves[i];
            const osl_postings *word = flat->words[other->first_word];
            bool told = (other == of->of[0] && entry.tfs[0]) ||
                        (other == of->of[1] && entry.tfs[1]);
            if (!told && word->headers)
                fetch_word(word, paragraph / 64);
        }
    }
}

/* Whether nothing that is not found can be among the wanted ones. */
static bool is_complete(const osl_flat *flat, const joint_found *found,
                        uint32_t most)
{
    size_t wanted = flat->query->best;
    return most < *flat->sink->threshold ||
           (found->count >= wanted && most < found->top[wanted - 1]);
}

/* Some entries of a list; false where it is spoilt, or more is found than
 * there is room for. */
static bool read_some(osl_flat *flat, joint_read *of, joint_found *found,
                      unsigned to)
{
    osl_joint_entry entry = {0, {0, 0}};
    unsigned end = to < of->list.count ? to : of->list.count;
    bool had = of->next < end;
    while (of->next < end) {
        if (of->next % JOINT_STEP == 0)
            fetch_entries(flat, of, of->next + JOINT_STEP,
                          of->next + 2 * JOINT_STEP);
        entry = read_joint(flat, of, of->next++);
        if (!entry.tfs[0] || !entry.tfs[1] || found->count == JOINT_FOUND)
            return false;
        if (!has_others(flat, of, entry.ordinal) ||
            (found->many && was_found(found, entry.ordinal)))
            continue;
        add_joint(found, entry.ordinal, score_joint(flat, of, &entry),
                  flat->query->best);
    }
    if (of->next == of->list.count)
        of->most = of->list.bound > 0
                       ? most_together(flat, of, (double)of->list.bound)
                       : 0;
    else if (had)
        of->most = most_together(flat, of, sum_then(flat, of, &entry));
    return true;
}

/* ---- answers ------------------------------------------------------------ */

/* The wanted ones in falling order of score. */
static void give_joint(const osl_flat *flat, joint_found *found)
{
    size_t wanted = flat->query->best, kept = 0;
    uint32_t least = found->count > wanted ? found->top[wanted - 1] : 0;
    const osl_flat_sink *sink = flat->sink;
    for (size_t i = 0; i < found->count; i++) {
        uint32_t score = found->scores[i], paragraph = found->paragraphs[i];
        if (score < least)
            continue;
        size_t at = kept++;
        for (; at > 0 && found->scores[at - 1] < score; at--) {
            found->scores[at] = found->scores[at - 1];
            found->paragraphs[at] = found->paragraphs[at - 1];
        }
        found->scores[at] = score;
        found->paragraphs[at] = paragraph;
    }
    if (sink->keep_list && !flat->is_without) {
        sink->keep_list(sink->user, found->paragraphs, found->scores, kept);
        return;
    }
    for (size_t i = 0; i < kept; i++)
        if (found->scores[i] >= *sink->threshold)
            sink->keep(sink->user, flat->query->segment, found->paragraphs[i],
                       found->scores[i]);
}

/* Whether leaves `a` and `b` have a list. */
static bool open_joint(osl_flat *flat, const leaf *a, const leaf *b,
                       joint_read *out)
{
    *out = (joint_read){.of = {a, b}};
    if (flat->status != OSL_OK)
        return false;
    flat->status = osl_joint_find(&out->list, flat->words[a->first_word],
                                  flat->words[b->first_word], flat->err);
    const float *then = out->list.weights;
    if (flat->status != OSL_OK || !out->list.entries)
        return false;
    if (!(then[0] > 0 && then[1] > 0))
        return false;
    out->ratios[0] = (double)a->from->weight / (double)then[0];
    out->ratios[1] = (double)b->from->weight / (double)then[1];
    double both = out->ratios[0] + out->ratios[1];
    return both > 0 && isfinite(both);
}

static void begin_found(joint_found *found, bool many)
{
    found->count = 0;
    found->many = many;
    if (many)
        memset(found->seen, 0, sizeof found->seen);
}

/* What the lists have told, where it is not all. */
static void seed_by_joint(osl_flat *flat, const joint_found *found)
{
    size_t wanted = flat->query->best;
    if (found->count >= wanted && found->top[wanted - 1] > flat->seed)
        flat->seed = found->top[wanted - 1];
}

/* Whether what two words' list leaves out will probably be below the best of
 * all segments, of which this one has a part: to be wrong costs much. */
static bool may_leave_rest(const osl_flat *flat, const joint_found *found,
                           uint32_t most)
{
    enum { PART = 5, OF = 8 };
    size_t part = flat->query->best * PART / OF;
    return flat->query->rest && part < found->count && most < found->top[part];
}

static bool answer_two(osl_flat *flat)
{
    joint_read of;
    joint_found found;
    if (!open_joint(flat, &flat->leaves[0], &flat->leaves[1], &of))
        return false;
    begin_found(&found, false);
    unsigned wanted = (unsigned)flat->query->best;
    of.most = UINT32_MAX;
    fetch_entries(flat, &of, 0, JOINT_STEP);
    for (unsigned to = wanted + 1; !is_complete(flat, &found, of.most);
         to += wanted / 8 + 2) {
        unsigned before = of.next;
        if (!read_some(flat, &of, &found, to))
            return false;
        if (of.next == of.list.count && (of.most == 0 || before == of.next))
            break;
    }
    bool done = of.most == 0 || is_complete(flat, &found, of.most);
    if (!done && may_leave_rest(flat, &found, of.most)) {
        *flat->query->rest = of.most;
        done = true;
    }
    if (done)
        give_joint(flat, &found);
    else
        seed_by_joint(flat, &found);
    return done;
}

/* ---- three and four words ----------------------------------------------- */

/* The pairs of the words, and what is not met can have of each. */
typedef struct joint_plan {
    joint_read reads[JOINT_PAIRS];
    uint8_t pair[JOINT_WORDS][JOINT_WORDS]; /* its number */
    bool is_read[JOINT_PAIRS];
    uint32_t least[JOINT_PAIRS]; /* when its list is at its end */
    uint32_t alone[JOINT_WORDS];
    unsigned words, pairs;
} joint_plan;

/* Which pairs cover each word once, by their numbers; of three words with the
 * one that is left. */
static uint64_t sum_cover(const joint_plan *of, unsigned n,
                          const uint32_t *most)
{
    if (of->words == 3)
        return (uint64_t)most[n] + of->alone[2 - n];
    return (uint64_t)most[n] + most[5 - n];
}

/* All pairs together have each word words - 1 times. */
static uint64_t sum_even(const joint_plan *of, const uint32_t *most)
{
    uint64_t sum = 0;
    for (unsigned p = 0; p < of->pairs; p++)
        sum += most[p];
    return sum / (of->words - 1) + 1;
}

/* Opens the lists; whether there is one. Pairs are numbered so that of four
 * words 5 - n has those that n has not, of three the word 2 - n is not in n. */
static bool open_plan(osl_flat *flat, joint_plan *of)
{
    bool found = false;
    of->words = flat->must_count;
    of->pairs = 0;
    for (unsigned i = 0; i < of->words; i++)
        of->alone[i] = most_alone(flat, &flat->leaves[i]);
    for (unsigned i = 0; i < of->words; i++)
        for (unsigned n = i + 1; n < of->words; n++) {
            joint_read *read = &of->reads[of->pairs];
            bool has =
                open_joint(flat, &flat->leaves[i], &flat->leaves[n], read);
            uint64_t both = (uint64_t)of->alone[i] + of->alone[n];
            read->most = both < UINT32_MAX ? (uint32_t)both : UINT32_MAX;
            of->least[of->pairs] = read->most;
            if (has) {
                uint32_t end =
                    read->list.bound > 0
                        ? most_together(flat, read, (double)read->list.bound)
                        : 0;
                if (end < read->most)
                    of->least[of->pairs] = end;
            } else {
                read->list.count = 0;
                read->list.entries = NULL;
            }
            found |= has;
            of->pairs++;
        }
    return found;
}

/* Reads the lists that will tell the least in the end: those of a cover, or
 * all of them. */
static void choose_lists(joint_plan *of, bool *even, unsigned *cover)
{
    uint64_t least = sum_even(of, of->least);
    unsigned covers = 3;
    *even = true;
    *cover = 0;
    for (unsigned n = 0; n < covers; n++)
        if (sum_cover(of, n, of->least) <= least) {
            least = sum_cover(of, n, of->least);
            *even = false;
            *cover = n;
        }
    for (unsigned p = 0; p < of->pairs; p++)
        of->is_read[p] =
            of->reads[p].list.entries &&
            (*even || p == *cover || (of->words == 4 && p == 5 - *cover));
}

static uint32_t most_of_plan(const joint_plan *of, bool even, unsigned cover)
{
    uint32_t most[JOINT_PAIRS];
    for (unsigned p = 0; p < of->pairs; p++)
        most[p] = of->reads[p].most;
    uint64_t sum = even ? sum_even(of, most) : sum_cover(of, cover, most);
    return sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
}

/* How many entries the chosen lists have. */
static size_t count_entries(const joint_plan *of, bool read)
{
    size_t sum = 0;
    for (unsigned p = 0; p < of->pairs; p++)
        if (of->is_read[p])
            sum += read ? of->reads[p].next : of->reads[p].list.count;
    return sum;
}

/* Whether it pays to read on: as many as are wanted will be found if those
 * ahead match as those before, and what the lists leave at their ends is below
 * what has been reached. */
static bool may_tell(const osl_flat *flat, const joint_plan *of,
                     const joint_found *found, uint64_t least)
{
    size_t read = count_entries(of, true), all = count_entries(of, false);
    size_t at = flat->query->best * read / (all + 1);
    return at < found->count && least < found->top[at];
}

static bool answer_more(osl_flat *flat)
{
    joint_plan plan;
    joint_found found;
    bool even;
    unsigned cover;
    if (!open_plan(flat, &plan))
        return false;
    begin_found(&found, true);
    choose_lists(&plan, &even, &cover);
    uint64_t least = even ? sum_even(&plan, plan.least)
                          : sum_cover(&plan, cover, plan.least);
    bool left = true, done = false;
    for (unsigned to = JOINT_FIRST; left && !done; to *= 2) {
        left = false;
        for (unsigned p = 0; p < plan.pairs; p++) {
            joint_read *read = &plan.reads[p];
            uint32_t most = read->most;
            if (!plan.is_read[p])
                continue;
            if (!read_some(flat, read, &found, to))
                return false;
            read->most = read->most < most ? read->most : most;
            left |= read->next < read->list.count;
        }
        done = is_complete(flat, &found, most_of_plan(&plan, even, cover));
        left &= may_tell(flat, &plan, &found, least);
    }
    if (done)
        give_joint(flat, &found);
    else
        seed_by_joint(flat, &found);
    return done;
}

/* Whether all that is asked for is in lists of its words' pairs, and given; if
 * not, they may have told what score to reach. */
static bool answer_by_joint(osl_flat *flat)
{
    if (flat->must_count < 2 || flat->should_count > 0 || has_phrase(flat) ||
        flat->query->best == 0 || flat->query->best > OSL_JOINT_COUNT ||
        !flat->words[0]->segment->sections[OSL_SECTION_JOINT].bytes)
        return false;
    if (flat->must_count == 2)
        return answer_two(flat);
    return flat->must_count <= JOINT_WORDS &&
           flat->query->best <= JOINT_WANTED && answer_more(flat);
}

#endif
