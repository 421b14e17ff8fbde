/* SPDX-License-Identifier: MIT
 *
 * A batch of ranges (a part of flat_loops.h), in order of paragraphs: each leaf
 * is taken through all of them before the next, so that misses overlap.
 * Required words narrow the paragraphs, forbidden ones leave some out, then
 * bounds of 64 scores at once are added, the heaviest word first; what may
 * still reach the threshold is scored exactly. */
#ifndef OSL_QUERY_FLAT_BATCH_H
#define OSL_QUERY_FLAT_BATCH_H

#include "query/flat_candidates.h"
#include "query/flat_list.h"
#include "query/flat_phrase.h"

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

/* ---- a batch ------------------------------------------------------------ */

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

#endif
