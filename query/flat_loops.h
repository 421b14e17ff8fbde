/* SPDX-License-Identifier: MIT
 *
 * How a flat query is answered in one segment:
 *
 *  1. Bounds. Each leaf's one-byte bounds of ranges are summed into `sums`,
 *     16 bits a range; what a unit is worth is chosen so that they fit.
 *     Ranges that a required word does not reach are left at 0.
 *  2. Seeds. The four chunks with the best ranges come first or, where few
 *     are wanted, single ranges, in falling order of bound, roughly: a pass
 *     takes those above a falling cut in order of paragraphs. They raise the
 *     threshold, and most of the rest is never read. (Block-max ideas:
 *     Ding, Suel 2011; visiting by bound instead of merging in order of
 *     paragraphs: measured here to need no pivot at all.)
 *  3. The rest is taken a chunk at a time (flat_chunk.h) where it is dense,
 *     else, and with phrases, in batches of ranges: each leaf is taken through
 *     a whole batch before the next, so that misses overlap. Required words
 *     narrow the paragraphs; then 16-bit bounds of 64 scores at once are added
 *     leaf by leaf, heaviest first, and paragraphs that cannot reach the
 *     threshold with what is left drop out.
 *  4. What is left is scored exactly; phrases look at positions last of all.
 *
 * Where a rare word is required, its list leads instead (flat_list.h).
 *
 * Pruning is strictly below the threshold: paragraphs at it may win by their
 * tie. A bound carries half a unit of slack a leaf for the rounding of its
 * contribution. */
#ifndef OSL_QUERY_FLAT_LOOPS_H
#define OSL_QUERY_FLAT_LOOPS_H

#include "query/flat_best.h"
#include "query/flat_bounds.h"
#include "query/flat_candidates.h"
#include "query/flat_count.h"
#include "query/flat_list.h"
#include "query/flat_match.h"
#include "query/flat_phrase.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- setting up --------------------------------------------------------- */

static void add_word(osl_flat *flat, const osl_postings *postings)
{
    flat->words[flat->word_count++] = postings;
}

static void add_leaf(osl_flat *flat, const osl_flat_leaf *from)
{
    leaf *to = &flat->leaves[flat->leaf_count++];
    *to = (leaf){.from = from,
                 .first_word = flat->word_count,
                 .phrase_words = from->word_count,
                 .df = UINT32_MAX,
                 .is_phrase = from->word_count > 1,
                 .head = -1};
    for (unsigned i = 0; i < from->word_count; i++)
        add_word(flat, from->words[i]);
    for (unsigned i = 0; to->is_phrase && i + 1 < from->word_count; i++)
        if (from->pairs[i])
            add_word(flat, from->pairs[i]);
    to->word_count = flat->word_count - to->first_word;
    for (unsigned i = 0; i < to->word_count; i++)
        if (flat->words[to->first_word + i]->df < to->df)
            to->df = flat->words[to->first_word + i]->df;
}

static int compare_leaves(const void *left, const void *right)
{
    const leaf *a = left, *b = right;
    static const int order[] = {
        [OSL_FLAT_MUST] = 0, [OSL_FLAT_SHOULD] = 1, [OSL_FLAT_NOT] = 2};
    if (a->from->occur != b->from->occur)
        return order[a->from->occur] - order[b->from->occur];
    if (a->from->occur == OSL_FLAT_SHOULD && a->from->weight != b->from->weight)
        return a->from->weight > b->from->weight ? -1 : 1;
    if (a->df != b->df)
        return a->df < b->df ? -1 : 1;
    return a->from < b->from ? -1 : 1;
}

/* A phrase alone is required, so that its words narrow each other. */
static void require_phrase(osl_flat *flat)
{
    if (flat->leaf_count == 1 && flat->should_count == 1 &&
        flat->leaves[0].is_phrase) {
        flat->must_count = 1;
        flat->should_count = 0;
    }
}

/* Which phrases are scored as one with other leaves. */
static void find_heads(osl_flat *flat)
{
    for (unsigned i = 0; i < flat->leaf_count; i++) {
        leaf *of = &flat->leaves[i];
        for (unsigned n = 0; of->from->joins && n < flat->leaf_count; n++) {
            leaf *head = &flat->leaves[n];
            if (head->from != of->from->joins)
                continue;
            of->head = (int8_t)n;
            head->head = (int8_t)n;
        }
    }
}

/* All words are located in slots. */
static void read_all(osl_flat *flat)
{
    flat->read_count = flat->word_count;
    for (unsigned w = 0; w < flat->word_count; w++)
        flat->read[w] = (uint8_t)w;
}

/* Leaves in the order in which they are taken: required ones, rarest first,
 * wanted ones, heaviest first, forbidden ones. */
static osl_status set_up(osl_flat *flat, const osl_flat_query *query,
                         osl_error *err)
{
    flat->query = query;
    flat->leaf_count = flat->must_count = flat->should_count = 0;
    flat->word_count = 0;
    flat->matched = 0;
    flat->count_all = false;
    flat->is_scored = true;
    flat->is_narrowed = false;
    flat->seed = 0;
    flat->evaluated = 0;
    flat->unbounded = false;
    flat->whole.ready = false;
    flat->waiting_count = 0;
    flat->status = OSL_OK;
    flat->err = err;
    flat->chunk_count =
        (query->paragraph_count + OSL_CHUNK_SIZE - 1) / OSL_CHUNK_SIZE;
    for (unsigned i = 0; i < query->leaf_count; i++) {
        const osl_flat_leaf *from = &query->leaves[i];
        if (flat->leaf_count == OSL_FLAT_LEAVES_MAX ||
            flat->word_count + 2 * from->word_count > WORDS_MAX)
            return osl_fail(err, OSL_ELIMIT, "too many words for a flat query");
        add_leaf(flat, from);
        flat->must_count += from->occur == OSL_FLAT_MUST;
        flat->should_count += from->occur == OSL_FLAT_SHOULD;
    }
    for (unsigned w = 0; w < flat->word_count; w++) {
        flat->blocks[w].chunk = UINT32_MAX;
        flat->next[w] = 0;
    }
    read_all(flat);
    if (flat->leaf_count > 1)
        qsort(flat->leaves, flat->leaf_count, sizeof *flat->leaves,
              compare_leaves);
    require_phrase(flat);
    find_heads(flat);
    flat->phrases = 0;
    for (unsigned i = 0; i < flat->leaf_count; i++)
        flat->phrases |= (uint64_t)flat->leaves[i].is_phrase << i;
    return OSL_OK;
}

/* ---- memory -------------------------------------------------------------- */

static osl_status make_room(osl_flat *flat, osl_error *err)
{
    if (flat->room >= flat->chunk_count)
        return OSL_OK;
    free(flat->sums);
    free(flat->chunk_most);
    free(flat->summed);
    flat->room = 0;
    flat->sums = malloc((size_t)flat->chunk_count * 64 * sizeof *flat->sums);
    flat->chunk_most =
        malloc(chunks_in_room(flat->chunk_count) * sizeof *flat->chunk_most);
    flat->summed = malloc(flat->chunk_count);
    if (!flat->sums || !flat->chunk_most || !flat->summed)
        return osl_fail(err, OSL_ENOMEM, "out of memory for a query");
    flat->room = flat->chunk_count;
    return OSL_OK;
}

/* ---- the candidates of a batch ----------------------------------------------
 *
 * As those of a chunk (flat_candidates.h), in open slots. */

/* The tfs in a slot that are not told, or of a list. */
static __attribute__((noinline)) void look_up_slot(osl_flat *flat,
                                                   const leaf *of, unsigned n)
{
    const candidates *to = &flat->candidates;
    unsigned k = to->first[n];
    for (uint64_t left = to->words[n]; left; left &= left - 1, k++)
        if (to->tfs[k] == OSL_TF_UNTOLD)
            put_rest(flat, of, k,
                     tf_in_slot(flat, of->first_word, to->slots[n],
                                (unsigned)__builtin_ctzll(left)));
}

/* Whether some are not told. */
static bool find_in_slot(osl_flat *flat, const leaf *of, unsigned n)
{
    candidates *to = &flat->candidates;
    const place *in = &flat->places[of->first_word][to->slots[n]];
    uint8_t *tfs = to->tfs + to->first[n];
    uint64_t which = to->words[n];
    if (!in->header) {
        for (uint64_t left = which; left; left &= left - 1, tfs++)
            *tfs = in->word & left & -left ? OSL_TF_UNTOLD : 0;
        return (in->word & which) != 0;
    }
    if (!(osl_chunk_flags(in->header) & OSL_CHUNK_DENSE))
        return score_sparse_tfs(tfs, in->payload + in->start, in->count, which);
    uint64_t bits[OSL_CHUNK_PLANES_MAX];
    osl_score_planes planes = read_planes(flat, of, in, bits);
    return score_dense_tfs(tfs, in->word, bits, planes, which);
}

/* A required word, which all candidates hold. */
static void score_required(osl_flat *flat, const leaf *of)
{
    for (unsigned n = 0; n < flat->candidates.range_count; n++)
        if (find_in_slot(flat, of, n))
            look_up_slot(flat, of, n);
    add_gains(flat, of);
}

/* What a located word adds to one paragraph of a slot, which holds it. */
static uint32_t score_in_slot(const osl_flat *flat, const leaf *of, unsigned s,
                              unsigned at)
{
    uint32_t tf = tf_in_slot(flat, of->first_word, s, at);
    return contribution(flat, of, tf, flat->slots[s].range * 64 + at);
}

/* A wanted word: few hold it, each of which is looked up alone. */
static void score_wanted(osl_flat *flat, const leaf *of)
{
    candidates *to = &flat->candidates;
    for (unsigned n = 0; n < to->range_count; n++) {
        unsigned s = to->slots[n];
        uint32_t *scores = to->scores + to->first[n];
        uint64_t which = to->words[n] & flat->places[of->first_word][s].word;
        for (; which; which &= which - 1) {
            unsigned at = (unsigned)__builtin_ctzll(which);
            uint64_t below = to->words[n] & (((uint64_t)1 << at) - 1);
            scores[__builtin_popcountll(below)] +=
                score_in_slot(flat, of, s, at);
        }
    }
}

static void score_in_slots(osl_flat *flat)
{
    list_candidates(flat);
    for (unsigned i = 0; i < scored_count(flat); i++) {
        const leaf *of = &flat->leaves[i];
        if (i < flat->must_count && !of->is_phrase)
            score_required(flat, of);
        else if (!of->is_phrase)
            score_wanted(flat, of);
    }
}

static bool has_scored_word(const osl_flat *flat)
{
    unsigned words = 0;
    for (unsigned i = 0; i < scored_count(flat); i++)
        words += !flat->leaves[i].is_phrase;
    return words > 0;
}

/* Of some of a slot's paragraphs, those that hold a scored word or, where
 * `words`, one that is no phrase. */
static uint64_t holders(const osl_flat *flat, unsigned s, uint64_t which,
                        bool words)
{
    uint64_t any = 0;
    for (unsigned i = 0; i < scored_count(flat); i++) {
        const leaf *of = &flat->leaves[i];
        uint64_t word = which; /* of what all have */
        if (i >= flat->must_count)
            word &= flat->places[of->first_word][s].word;
        any |= words && of->is_phrase ? 0 : word;
    }
    return any;
}

/* Has the phrases of all candidates verified; `scored`: these have words,
 * too. */
static void put_off_all(osl_flat *flat, bool scored)
{
    const candidates *of = &flat->candidates;
    for (unsigned n = 0, k = 0; n < of->range_count; n++) {
        unsigned s = of->slots[n];
        uint64_t matching = holders(flat, s, of->words[n], true);
        for (uint64_t left = of->words[n]; left; left &= left - 1, k++) {
            unsigned at = (unsigned)__builtin_ctzll(left);
            put_off(flat, s, at, scored ? of->scores[k] : 0,
                    matching >> at & 1);
        }
    }
}

/* Scores a slot's paragraphs where no word is required and there are no
 * phrases: few words are in each, and the threshold rises from slot to slot. */
static void finish_wanted(osl_flat *flat, unsigned s, uint64_t which)
{
    uint32_t scores[64] = {0};
    uint64_t any = 0;
    if (!which)
        return;
    for (unsigned i = 0; i < flat->should_count; i++) {
        const leaf *of = &flat->leaves[i];
        uint64_t word = which & flat->places[of->first_word][s].word;
        for (any |= word; word; word &= word - 1) {
            unsigned at = (unsigned)__builtin_ctzll(word);
            scores[at] += score_in_slot(flat, of, s, at);
        }
    }
    for (; any; any &= any - 1) {
        unsigned at = (unsigned)__builtin_ctzll(any);
        keep_paragraph(flat, flat->slots[s].range * 64 + at, scores[at]);
    }
}

/* Those of `which`, by slot, in some slots, that hold a scored word are scored,
 * word by word. */
static void finish_slots(osl_flat *flat, const uint8_t *slots, unsigned count,
                         const uint64_t which[SLOTS], bool phrases)
{
    candidates *to = &flat->candidates;
    if (!flat->must_count && !phrases) {
        for (unsigned i = 0; i < count; i++)
            finish_wanted(flat, slots[i], which[slots[i]]);
        return;
    }
    begin_candidates(flat);
    for (unsigned i = 0; i < count; i++) {
        unsigned s = slots[i], n = to->range_count;
        to->slots[n] = (uint8_t)s;
        add_range(flat, flat->slots[s].range,
                  holders(flat, s, which[s], false));
        to->range_count -= to->words[n] == 0;
    }
    bool scored = flat->is_scored && has_scored_word(flat);
    if (scored && to->range_count)
        score_in_slots(flat);
    if (phrases) {
        put_off_all(flat, scored);
        return;
    }
    if (to->range_count) {
        flat->matched += to->count;
        keep_candidates(flat);
    }
}

/* ---- a batch -------------------------------------------------------------- */

static void prefetch_range(const osl_flat *flat, uint32_t range)
{
    __builtin_prefetch(flat->query->codes + (size_t)range * 64);
    for (unsigned i = 0; i < flat->read_count; i++) {
        unsigned w = flat->read[i];
        const osl_postings *word = flat->words[w];
        if (is_list(flat, w))
            continue;
        const uint8_t *header = osl_postings_header(word, range / 64);
        const uint8_t *payload = word->payload + osl_chunk_payload(header);
        size_t dense = osl_chunk_flags(header) & OSL_CHUNK_DENSE; /* 1 or 0 */
        __builtin_prefetch(word->counts + osl_chunk_rank(header));
        __builtin_prefetch(payload + dense * (range % 64) * 8);
    }
}

/* One word in all open slots: located first, so that misses overlap. */
static void find_in_slots(osl_flat *flat, unsigned w)
{
    place *places = flat->places[w];
    uint8_t found[SLOTS];
    if (is_list(flat, w)) {
        for (unsigned i = 0; i < flat->open_count; i++) {
            unsigned s = flat->open[i];
            find_in_list(flat, w, flat->slots[s].range, &places[s]);
        }
        return;
    }
    unsigned count = slots_with(flat, w, found);
    for (unsigned i = 0; i < count; i++)
        locate(flat->words[w], flat->slots[found[i]].range, &places[found[i]]);
    for (unsigned i = 0; i < count; i++)
        read_word(&places[found[i]], flat->slots[found[i]].range);
}

/* Closes the slots in which nothing lives. */
static void close_empty(osl_flat *flat)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < flat->open_count; i++) {
        flat->open[kept] = flat->open[i];
        kept += flat->slots[flat->open[i]].alive != 0;
    }
    flat->open_count = kept;
}

static void keep_word(osl_flat *flat, unsigned w)
{
    for (unsigned n = 0; n < flat->open_count; n++) {
        unsigned s = flat->open[n];
        flat->slots[s].alive &= flat->places[w][s].word;
    }
    close_empty(flat);
}

/* Whether a word of a required leaf is looked at in slots that have all that
 * is required: where it stands, or what it adds to a score. */
static bool is_read(const osl_flat *flat, const leaf *of, unsigned n)
{
    return of->is_phrase ? n < of->phrase_words : flat->is_scored;
}

/* Narrows the slots to what all words of required leaves share, and takes
 * away forbidden words. */
static void narrow(osl_flat *flat)
{
    for (unsigned i = 0; i < flat->must_count; i++) {
        const leaf *of = &flat->leaves[i];
        for (unsigned n = of->word_count; n-- > 0;) { /* pairs first */
            if (flat->is_narrowed && !is_read(flat, of, n))
                continue;
            find_in_slots(flat, of->first_word + n);
            if (!flat->is_narrowed)
                keep_word(flat, of->first_word + n);
        }
    }
    for (unsigned i = scored_count(flat); i < flat->leaf_count; i++) {
        const leaf *of = &flat->leaves[i];
        for (unsigned n = 0; n < of->word_count; n++)
            find_in_slots(flat, of->first_word + n);
        for (unsigned n = 0; n < flat->open_count && !of->is_phrase; n++) {
            unsigned s = flat->open[n];
            flat->slots[s].alive &= ~flat->places[of->first_word][s].word;
        }
        close_empty(flat);
    }
}

/* Words that no step before has looked for: those of wanted leaves from
 * `first` on, and of wanted phrases. */
static void find_rest(osl_flat *flat, unsigned first)
{
    for (unsigned i = flat->must_count; i < scored_count(flat); i++) {
        const leaf *of = &flat->leaves[i];
        if (i < first && !of->is_phrase)
            continue;
        for (unsigned n = 0; n < of->word_count; n++)
            find_in_slots(flat, of->first_word + n);
    }
}

/* Which living paragraphs of a slot have a bound of at least `least`. */
static uint64_t reaching(const osl_flat *flat, unsigned s, uint32_t least)
{
    const slot *at = &flat->slots[s];
    if (least <= at->left)
        return at->alive;
    uint32_t need = least - at->left;
    return need > UINT16_MAX
               ? 0
               : score_reach(&flat->accumulators[s], at->alive, (uint16_t)need);
}

static void finish_in_order(osl_flat *flat, bool phrases)
{
    uint64_t which[SLOTS];
    uint32_t least = least_units(flat);
    for (unsigned i = 0; i < flat->open_count; i++) {
        unsigned s = flat->open[i];
        which[s] = reaching(flat, s, least);
        for (uint64_t left = flat->must_count || phrases ? 0 : which[s]; left;
             left &= left - 1)
            prefetch_rank(flat, flat->slots[s].range * 64 +
                                    (uint32_t)__builtin_ctzll(left));
    }
    finish_slots(flat, flat->open, flat->open_count, which, phrases);
}

/* Scores all that lives, the best bounds first: the threshold rises on the
 * way and the rest drops out; from slot to slot where there are phrases, whose
 * positions are far, or no word is required. */
static void finish_best_first(osl_flat *flat, bool phrases)
{
    enum { STEPS = 4 };
    uint64_t which[SLOTS];
    uint32_t most = 0;
    bool each = phrases || !flat->must_count;
    for (unsigned i = 0; i < flat->open_count; i++) {
        unsigned s = flat->open[i];
        uint32_t here =
            score_greatest(&flat->accumulators[s]) + flat->slots[s].left;
        most = here > most ? here : most;
    }
    for (unsigned step = 1; step <= STEPS && flat->open_count; step++) {
        uint32_t cut = most - most * step / STEPS;
        for (unsigned i = 0; i < flat->open_count; i++) {
            unsigned s = flat->open[i];
            uint32_t least = least_units(flat);
            which[s] = reaching(flat, s, cut > least ? cut : least);
            flat->slots[s].alive &= ~which[s];
            if (each)
                finish_slots(flat, &flat->open[i], 1, which, phrases);
        }
        if (!each)
            finish_slots(flat, flat->open, flat->open_count, which, false);
        if (cut <= least_units(flat))
            return;
        close_empty(flat);
    }
}

static void finish_all(osl_flat *flat, bool phrases)
{
    uint64_t which[SLOTS];
    find_rest(flat, 0);
    for (unsigned i = 0; i < flat->open_count; i++)
        which[flat->open[i]] = flat->slots[flat->open[i]].alive;
    finish_slots(flat, flat->open, flat->open_count, which, phrases);
}

/* Adds a leaf's bounds in all open slots and drops what cannot reach the
 * threshold any more. A required word is located already. */
static void add_leaf_in_slots(osl_flat *flat, const leaf *of)
{
    uint8_t found[SLOTS];
    unsigned w = of->first_word, count = flat->open_count;
    uint32_t least = least_units(flat);
    bool any_lost = false;
    if (of->from->occur == OSL_FLAT_MUST) {
        memcpy(found, flat->open, count);
    } else {
        count = slots_with(flat, w, found);
        for (unsigned i = 0; i < count; i++)
            locate(flat->words[w], flat->slots[found[i]].range,
                   &flat->places[w][found[i]]);
    }
    for (unsigned i = 0; i < count; i++) {
        unsigned s = found[i];
        add_word_in_slot(flat, of, s);
        flat->slots[s].alive = reaching(flat, s, least);
        any_lost |= flat->slots[s].alive == 0;
    }
    if (any_lost)
        close_empty(flat);
}

static void clear_sums(osl_flat *flat)
{
    for (unsigned i = 0; i < flat->open_count; i++) {
        unsigned s = flat->open[i];
        memset(&flat->accumulators[s], 0, sizeof flat->accumulators[s]);
        score_lengths(lengths_in(flat, s),
                      flat->query->codes + (size_t)flat->slots[s].range * 64,
                      &flat->tables);
    }
}

static bool are_few(const osl_flat *flat)
{
    unsigned alive = 0;
    for (unsigned i = 0; i < flat->open_count; i++)
        alive +=
            (unsigned)__builtin_popcountll(flat->slots[flat->open[i]].alive);
    return alive <= FEW * flat->open_count;
}

/* Ranges together; `alive`, unless NULL, has what of each may match. */
static void evaluate(osl_flat *flat, const uint32_t *ranges,
                     const uint64_t *alive, unsigned count, bool phrases)
{
    for (unsigned s = 0; s < count; s++) {
        flat->slots[s] =
            (slot){.range = ranges[s], .alive = starting_word(flat, ranges[s])};
        if (alive)
            flat->slots[s].alive &= alive[s];
        if (!flat->unbounded)
            flat->slots[s].left = flat->sums[ranges[s]];
        flat->open[s] = (uint8_t)s;
    }
    flat->open_count = count;
    close_empty(flat);
    narrow(flat);
    if (flat->unbounded || (flat->must_count && are_few(flat))) {
        finish_all(flat, phrases);
        verify_waiting(flat);
        return;
    }
    clear_sums(flat);
    for (unsigned i = 0; i < scored_count(flat) && flat->open_count; i++)
        if (!flat->leaves[i].is_phrase)
            add_leaf_in_slots(flat, &flat->leaves[i]);
    find_rest(flat, scored_count(flat));
    if (flat->evaluated < SEEDS)
        finish_best_first(flat, phrases);
    else
        finish_in_order(flat, phrases);
    verify_waiting(flat);
}

/* ---- passes --------------------------------------------------------------- */

typedef struct pass {
    uint32_t ranges[BATCH_MAX];
    uint64_t alive[BATCH_MAX]; /* where they are narrowed */
    unsigned count;
    bool phrases;
} pass;

/* Words that every match holds beside the leading list: other lists, each with
 * how far it was read, and words that are none. */
typedef struct beside {
    const osl_postings *lists[WORDS_MAX], *words[WORDS_MAX];
    uint32_t next[WORDS_MAX];
    unsigned list_count, word_count;
} beside;

static beside beside_list(const osl_flat *flat, const osl_postings *lead)
{
    beside out;
    out.list_count = out.word_count = 0;
    for (unsigned i = 0; i < flat->must_count; i++) {
        const leaf *of = &flat->leaves[i];
        for (unsigned n = 0; n < of->word_count; n++) {
            const osl_postings *word = flat->words[of->first_word + n];
            if (!word->headers && word != lead) {
                out.next[out.list_count] = 0;
                out.lists[out.list_count++] = word;
            } else if (word->headers) {
                out.words[out.word_count++] = word;
            }
        }
    }
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

/* The ranges of a list, in order, in which something may match: fetching them
 * is most of the work. */
static void visit_list(osl_flat *flat, const osl_postings *lead)
{
    uint32_t ranges[BATCH_MAX + 1], last = UINT32_MAX;
    bool phrases = has_phrase(flat);
    beside others = beside_list(flat, lead);
    flat->unbounded = true;
    for (uint32_t at = 0; at < lead->df && flat->status == OSL_OK;) {
        unsigned count = 0;
        for (; at < lead->df && count < BATCH_MAX; at++) {
            uint32_t range = lead->ordinals[at] / 64;
            bool may = may_match(&others, lead->ordinals[at]) & (range != last);
            ranges[count] = range;
            count += may;
            last = may ? range : last;
        }
        for (unsigned i = 0; i < count; i++)
            prefetch_range(flat, ranges[i]);
        evaluate(flat, ranges, NULL, count, phrases);
    }
}

/* A range that is evaluated has no bound any more: no pass sees it again. */
static void flush(osl_flat *flat, pass *at)
{
    if (at->count == 0)
        return;
    evaluate(flat, at->ranges, flat->is_narrowed ? at->alive : NULL, at->count,
             at->phrases);
    for (unsigned i = 0; i < at->count; i++)
        flat->sums[at->ranges[i]] = 0;
    flat->evaluated += at->count;
    at->count = 0;
    flat->batch = flat->batch * 2 < BATCH_MAX ? flat->batch * 2 : BATCH_MAX;
}

static void visit_range(osl_flat *flat, pass *at, uint32_t range)
{
    prefetch_range(flat, range);
    at->ranges[at->count++] = range;
    if (at->count >= flat->batch)
        flush(flat, at);
}

/* A chunk's ranges with a bound of at least `least`. */
static void visit_ranges(osl_flat *flat, pass *at, uint32_t chunk,
                         uint16_t least)
{
    if (!look_into(flat, chunk, least))
        return;
    const uint16_t *sums = flat->sums + (size_t)chunk * 64;
    uint64_t chosen = score_bound_select(sums, least);
    for (; chosen; chosen &= chosen - 1) {
        uint32_t range = chunk * 64 + (uint32_t)__builtin_ctzll(chosen);
        if (flat->sums[range] >= least_units(flat))
            visit_range(flat, at, range);
    }
}

/* Ranges with a bound of at least `least`, in order, up to about `most`. */
static void visit(osl_flat *flat, pass *at, uint16_t least, unsigned most)
{
    for (uint32_t first = 0; first < flat->chunk_count; first += 64) {
        uint64_t chunks = score_bound_select(flat->chunk_most + first, least);
        for (; chunks && flat->status == OSL_OK && flat->evaluated < most;
             chunks &= chunks - 1)
            visit_ranges(flat, at, first + (uint32_t)__builtin_ctzll(chunks),
                         least);
    }
    flush(flat, at);
}

/* What is left of a chunk: whole, or its ranges. */
static void visit_chunk(osl_flat *flat, pass *at, uint32_t chunk)
{
    uint32_t least = least_units(flat);
    least = least < 1 ? 1 : least;
    if (least > UINT16_MAX || !look_into(flat, chunk, least))
        return;
    uint64_t ranges =
        score_bound_select(flat->sums + (size_t)chunk * 64, (uint16_t)least);
    if (__builtin_popcountll(ranges) >= WHOLE_MIN) {
        evaluate_chunk(flat, chunk, ranges);
        return;
    }
    for (; ranges; ranges &= ranges - 1)
        visit_range(flat, at, chunk * 64 + (uint32_t)__builtin_ctzll(ranges));
}

/* What passes have left, chunk by chunk. */
static void visit_chunks(osl_flat *flat, pass *at)
{
    for (uint32_t chunk = 0;
         chunk < flat->chunk_count && flat->status == OSL_OK; chunk++) {
        uint32_t least = least_units(flat);
        least = least < 1 ? 1 : least;
        if (chunk + 1 < flat->chunk_count &&
            flat->chunk_most[chunk + 1] >= least)
            fetch_chunk(flat, chunk + 1, true);
        visit_chunk(flat, at, chunk);
    }
    flush(flat, at);
}

/* The chunk with the greatest bound that is not summed yet or, its ranges
 * summed, can have the best paragraphs. */
static uint32_t find_best_chunk(const osl_flat *flat)
{
    uint16_t most = 0;
    uint32_t at = 0;
    for (uint32_t chunk = 0; chunk < flat->chunk_count; chunk++)
        most = flat->chunk_most[chunk] > most ? flat->chunk_most[chunk] : most;
    while (flat->chunk_most[at] != most)
        at++;
    return at;
}

/* The chunks with the best ranges, one behind the other. */
static void visit_best_chunks(osl_flat *flat, pass *at)
{
    for (unsigned i = 0; i < BEST_CHUNKS && flat->status == OSL_OK; i++) {
        uint32_t chunk = find_best_chunk(flat);
        while (!flat->summed[chunk]) {
            sum_chunk(flat, chunk);
            chunk = find_best_chunk(flat);
        }
        visit_chunk(flat, at, chunk);
        flush(flat, at);
        flat->chunk_most[chunk] = 0;
    }
}

/* Whether whole chunks tell sooner what must be reached than single ranges,
 * each of which takes as long as eight of a chunk: where many are wanted, or
 * many words. */
static bool are_chunks_first(const osl_flat *flat)
{
    enum { FEW_WANTED = 16, FEW_WORDS = 8 };
    unsigned scored = scored_count(flat);
    bool few = flat->query->best > 0 && flat->query->best <= FEW_WANTED;
    return scored > (few ? FEW_WORDS : 1);
}

/* The best ranges come first: they show what the others must reach. Where
 * there are phrases it goes on so to the end; else the rest is taken as it
 * comes, which is cheaper for each. */
static void run_passes(osl_flat *flat, uint16_t most)
{
    pass at = {.phrases = has_phrase(flat)};
    unsigned seeds = SEEDS + (unsigned)(flat->query->best / SEED_SHARE);
    uint32_t passes =
        at.phrases && !flat->must_count ? PASSES_SHOULD : PASSES_MUST;
    seeds = at.phrases ? UINT32_MAX : seeds;
    flat->batch = BATCH_FIRST;
    if (flat->is_reached) {
        if (at.phrases)
            passes = 1;
        else {
            flat->batch = BATCH_MAX;
            visit_chunks(flat, &at);
            return;
        }
    }
    if (!at.phrases && are_chunks_first(flat)) {
        visit_best_chunks(flat, &at);
        visit_chunks(flat, &at);
        return;
    }
    for (uint32_t i = 1; i <= passes && flat->status == OSL_OK; i++) {
        uint32_t cut = (uint32_t)((uint64_t)most * (passes - i) / passes);
        uint32_t least = least_units(flat);
        cut = cut < least ? least : cut;
        cut = cut < 1 ? 1 : cut;
        if (cut > UINT16_MAX)
            return;
        visit(flat, &at, (uint16_t)cut, seeds);
        if (flat->evaluated >= seeds) {
            visit_chunks(flat, &at);
            return;
        }
        if (cut <= 1 || cut <= least_units(flat))
            return;
    }
}

/* The words that are left to be located where ranges are narrowed. */
static void choose_read(osl_flat *flat)
{
    flat->read_count = 0;
    for (unsigned i = 0; i < flat->leaf_count; i++) {
        const leaf *of = &flat->leaves[i];
        for (unsigned n = 0; n < of->word_count; n++)
            if (i >= flat->must_count || is_read(flat, of, n))
                flat->read[flat->read_count++] = (uint8_t)(of->first_word + n);
    }
}

/* A chunk's ranges in which something may match, to be looked at; returns how
 * many paragraphs of them may, where that is known. */
static unsigned visit_matching(osl_flat *flat, pass *at, uint32_t chunk)
{
    uint64_t words[64], ranges = 0;
    unsigned sum = 0;
    if (flat->is_narrowed)
        ranges = matching_words(flat, chunk, words);
    for (unsigned i = 0; !flat->is_narrowed && i < flat->should_count; i++)
        ranges |= leaf_ranges(flat, &flat->leaves[i], chunk);
    for (; ranges; ranges &= ranges - 1) {
        unsigned r = (unsigned)__builtin_ctzll(ranges);
        at->alive[at->count] = flat->is_narrowed ? words[r] : 0;
        sum += (unsigned)__builtin_popcountll(at->alive[at->count]);
        visit_range(flat, at, chunk * 64 + r);
    }
    return sum;
}

/* All that may match, without bounds, chunk by chunk until these are more than
 * `most`; returns the chunk that would come next. */
static uint32_t visit_all(osl_flat *flat, unsigned most)
{
    pass at = {.count = 0, .phrases = has_phrase(flat)};
    uint32_t chunk = 0;
    unsigned sum = 0;
    flat->is_narrowed = flat->must_count > 0;
    flat->unbounded = true;
    if (flat->is_narrowed)
        choose_read(flat);
    flat->batch = BATCH_MAX;
    fetch_chunk(flat, 0, false);
    for (; chunk < flat->chunk_count && flat->status == OSL_OK && sum <= most;
         chunk++) {
        fetch_chunk(flat, chunk + 1, false);
        sum += visit_matching(flat, &at, chunk);
    }
    flush(flat, &at);
    flat->is_narrowed = flat->unbounded = false;
    return chunk;
}

/* Required phrases: where few paragraphs have all of their words, finding
 * these costs less than bounds. Returns the first chunk that is left. */
static uint32_t visit_few(osl_flat *flat)
{
    unsigned limit = matches_limit(flat);
    return expected_matches(flat) > limit ? 0 : visit_all(flat, limit);
}

/* ---- searching ------------------------------------------------------------ */

/* flat_search(), set up. */
static osl_status run(osl_flat *flat, const osl_flat_sink *sink,
                      uint64_t *count)
{
    osl_status status = make_room(flat, flat->err);
    if (status != OSL_OK || scored_count(flat) == 0)
        return status;
    flat->sink = sink;
    flat->count_all = count != NULL;
    const osl_postings *lead = leading_list(flat);
    if (lead || (flat->leaf_count == 1 && is_list(flat, 0))) {
        if (flat->leaf_count == 1 && !flat->leaves[0].is_phrase)
            score_list(flat);
        else
            visit_list(flat, lead);
        if (count)
            *count += flat->matched;
        return flat->status;
    }
    if (is_by_best(flat)) {
        if (count)
            *count += count_words(flat);
        count = NULL;
        if (answer_by_best(flat, &flat->leaves[0]))
            return OSL_OK;
    }
    if (flat->must_count && !has_phrase(flat)) {
        bool listed = list_matches(flat, count);
        count = NULL;
        if (listed) {
            flat->count_all = false;
            score_matches(flat);
            return flat->status;
        }
    } else if (count && !has_phrase(flat)) {
        *count += count_words(flat);
        count = NULL;
    }
    flat->count_all = count != NULL;
    flat->is_reached = *sink->threshold > 0;
    if (!count && flat->query->best > 0 && !flat->is_reached)
        seed_by_best(flat);
    flat->narrows = flat->must_count && has_phrase(flat);
    if (flat->count_all) {
        visit_all(flat, UINT_MAX);
        *count += flat->matched;
        return flat->status;
    }
    set_units(flat);
    uint32_t first = flat->narrows ? visit_few(flat) : 0;
    read_all(flat);
    if (first < flat->chunk_count)
        run_passes(flat, bound_chunks(flat, first));
    return flat->status;
}

static osl_status flat_search(osl_flat *flat, const osl_flat_query *query,
                              const osl_flat_sink *sink, uint64_t *count,
                              osl_error *err)
{
    osl_status status = set_up(flat, query, err);
    if (status != OSL_OK || !query->by_best)
        return status == OSL_OK ? run(flat, sink, count) : status;
    flat->sink = sink;
    return is_by_best(flat) && answer_by_best(flat, &flat->leaves[0]) ? OSL_OK
                                                                      : OSL_END;
}

/* Nothing reaches it: everything that matches is verified and dropped. */
static void keep_nothing(void *user, uint32_t segment, uint32_t paragraph,
                         uint32_t score)
{
    (void)user;
    (void)segment;
    (void)paragraph;
    (void)score;
}

static osl_status count_by_search(osl_flat *flat, uint64_t *count)
{
    static const uint32_t none = UINT32_MAX;
    static const osl_flat_sink sink = {NULL, keep_nothing, &none, NULL};
    flat->is_scored = false;
    return run(flat, &sink, count);
}

static osl_status flat_count(osl_flat *flat, const osl_flat_query *query,
                             uint64_t *count, osl_error *err)
{
    osl_status status = set_up(flat, query, err);
    if (status != OSL_OK || scored_count(flat) == 0)
        return status;
    if (has_phrase(flat))
        return count_by_search(flat, count);
    *count += count_words(flat);
    return OSL_OK;
}

#endif
