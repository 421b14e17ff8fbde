/* SPDX-License-Identifier: MIT
 *
 * How a flat query is answered in one segment:
 *
 *  1. Bounds. Each leaf's one-byte bounds of ranges are summed into `sums`,
 *     16 bits a range; what a unit is worth is chosen so that they fit.
 *     Ranges that a required word does not reach are left at 0.
 *  2. Passes. Ranges are visited in falling order of bound, roughly: a pass
 *     takes those above a falling cut in order of paragraphs, so that memory
 *     is read forwards. The threshold rises fast, and the rest is never read.
 *     (Block-max ideas: Ding, Suel 2011; visiting by bound instead of merging
 *     in order of paragraphs: measured here to need no pivot at all.)
 *  3. Batches. A pass is cut into batches of ranges, and each leaf is taken
 *     through a whole batch before the next, so that misses overlap. Required
 *     words narrow the paragraphs; then 16-bit bounds of 64 scores at once are
 *     added leaf by leaf, heaviest first, and paragraphs that cannot reach the
 *     threshold with what is left drop out.
 *  4. What is left is scored exactly; phrases look at positions last of all.
 *
 * Pruning is strictly below the threshold: paragraphs at it may win by their
 * tie. A bound carries half a unit of slack a leaf for the rounding of its
 * contribution. */
#ifndef OSL_QUERY_FLAT_LOOPS_H
#define OSL_QUERY_FLAT_LOOPS_H

#include "query/flat_best.h"
#include "query/flat_phrase.h"

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
                 .is_phrase = from->word_count > 1};
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
    flat->seed = 0;
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
    for (unsigned w = 0; w < flat->word_count; w++)
        flat->blocks[w].chunk = UINT32_MAX;
    if (flat->leaf_count > 1)
        qsort(flat->leaves, flat->leaf_count, sizeof *flat->leaves,
              compare_leaves);
    return OSL_OK;
}

static unsigned scored_count(const osl_flat *flat)
{
    return flat->must_count + flat->should_count;
}

/* ---- bounds ------------------------------------------------------------- */

/* 64,000 units are the greatest sum; every leaf adds one for rounding. */
static void set_units(osl_flat *flat)
{
    double total = 0;
    unsigned scored = scored_count(flat);
    for (unsigned i = 0; i < scored; i++)
        total += (double)flat->leaves[i].from->weight * flat->query->factor;
    double unit = total > 0 ? total / 60000 : 1;
    /* A hair less, for the rounding of the product. */
    flat->per_unit = (1 - 1e-9) / (unit * OSL_SCORE_ONE);
    flat->last_threshold = flat->least = 0;
    for (unsigned i = 0; i < scored; i++) {
        double most =
            (double)flat->leaves[i].from->weight * flat->query->factor;
        flat->leaves[i].weight = (uint16_t)ceil(most / unit * (256.0 / 255.0));
    }
}

/* A range or paragraph whose bound is below cannot reach the threshold. */
static uint32_t least_units(osl_flat *flat)
{
    uint32_t threshold = least_score(flat);
    if (threshold != flat->last_threshold) {
        double reach =
            ((double)threshold - scored_count(flat)) * flat->per_unit;
        flat->last_threshold = threshold;
        flat->least = reach <= 0 ? 0 : (uint32_t)reach;
    }
    return flat->least;
}

static uint64_t leaf_ranges(const osl_flat *flat, const leaf *of,
                            uint32_t chunk)
{
    uint64_t ranges = ~(uint64_t)0;
    for (unsigned i = 0; i < of->word_count && ranges; i++)
        ranges &= osl_chunk_mask(
            osl_postings_header(flat->words[of->first_word + i], chunk));
    return ranges;
}

static void add_phrase_bound(const osl_flat *flat, const leaf *of,
                             uint32_t chunk, uint64_t ranges, uint16_t *sums)
{
    uint8_t least[64];
    memset(least, 255, sizeof least);
    for (unsigned i = 0; i < of->word_count; i++) {
        const osl_postings *word = flat->words[of->first_word + i];
        const uint8_t *header = osl_postings_header(word, chunk);
        score_bound_least(least, osl_chunk_mask(header),
                          word->bounds + osl_chunk_rank(header));
    }
    score_bound_add_spread(sums, ranges, least, of->weight);
}

static void add_leaf_bound(const osl_flat *flat, const leaf *of, uint32_t chunk,
                           uint16_t *sums)
{
    uint64_t ranges = leaf_ranges(flat, of, chunk);
    if (!ranges)
        return;
    if (of->word_count > 1) {
        add_phrase_bound(flat, of, chunk, ranges, sums);
        return;
    }
    const osl_postings *word = flat->words[of->first_word];
    const uint8_t *header = osl_postings_header(word, chunk);
    score_bound_add(sums, ranges, word->bounds + osl_chunk_rank(header),
                    of->weight);
}

/* Ranges that every required leaf may reach. */
static uint64_t must_ranges(const osl_flat *flat, uint32_t chunk)
{
    uint64_t ranges = ~(uint64_t)0;
    for (unsigned i = 0; i < flat->must_count && ranges; i++)
        ranges &= leaf_ranges(flat, &flat->leaves[i], chunk);
    return ranges;
}

static void clear_outside(uint16_t *sums, uint64_t ranges)
{
    for (uint64_t out = ~ranges; out; out &= out - 1)
        sums[__builtin_ctzll(out)] = 0;
}

/* Where all that match are looked at, no bound matters: 1 for each range in
 * which something may. */
static void mark_ranges(osl_flat *flat, uint32_t chunk, uint16_t *sums)
{
    uint64_t ranges = flat->must_count ? must_ranges(flat, chunk) : 0;
    for (unsigned i = 0; !flat->must_count && i < flat->should_count; i++)
        ranges |= leaf_ranges(flat, &flat->leaves[i], chunk);
    for (unsigned i = 0; i < 64; i++)
        sums[i] = (uint16_t)(ranges >> i & 1);
    flat->chunk_most[chunk] = ranges != 0;
}

/* The bounds of a chunk's ranges, made when the chunk is first looked into;
 * chunk_most becomes the greatest of them. */
static void sum_chunk(osl_flat *flat, uint32_t chunk)
{
    uint16_t *sums = flat->sums + (size_t)chunk * 64;
    flat->summed[chunk] = true;
    if (flat->count_all) {
        mark_ranges(flat, chunk, sums);
        return;
    }
    memset(sums, 0, 64 * sizeof *sums);
    for (unsigned i = 0; i < scored_count(flat); i++)
        add_leaf_bound(flat, &flat->leaves[i], chunk, sums);
    if (flat->must_count)
        clear_outside(sums, must_ranges(flat, chunk));
    flat->chunk_most[chunk] = score_bound_max(sums);
}

/* Whether a chunk has ranges with a bound of at least `least`. */
static bool look_into(osl_flat *flat, uint32_t chunk, uint32_t least)
{
    if (flat->chunk_most[chunk] >= least && !flat->summed[chunk])
        sum_chunk(flat, chunk);
    return flat->chunk_most[chunk] >= least;
}

/* A leaf's bound in a chunk, from its headers alone. */
static uint32_t leaf_in_chunk(const osl_flat *flat, const leaf *of,
                              uint32_t chunk)
{
    uint32_t least = 255;
    for (unsigned i = 0; i < of->word_count; i++) {
        const uint8_t *header =
            osl_postings_header(flat->words[of->first_word + i], chunk);
        uint32_t bound = osl_chunk_bound(header);
        least = bound < least ? bound : least;
    }
    return least ? ((least * 256 * of->weight) >> 16) + 1 : 0;
}

/* Bounds of whole chunks into chunk_most; returns the greatest. Ranges come
 * later, where they are needed: most chunks of a large segment never need
 * theirs. */
static uint16_t bound_chunks(osl_flat *flat)
{
    uint16_t most = 0;
    memset(flat->summed, 0, flat->chunk_count);
    for (uint32_t chunk = 0; chunk < flat->chunk_count; chunk++) {
        uint32_t sum = 0;
        bool may = !flat->must_count || must_ranges(flat, chunk);
        for (unsigned i = 0; may && i < scored_count(flat); i++)
            sum += leaf_in_chunk(flat, &flat->leaves[i], chunk);
        flat->chunk_most[chunk] =
            (uint16_t)(sum < UINT16_MAX ? sum : UINT16_MAX);
        if (flat->chunk_most[chunk] > most)
            most = flat->chunk_most[chunk];
    }
    return most;
}

static osl_status make_room(osl_flat *flat, osl_error *err)
{
    if (flat->room >= flat->chunk_count)
        return OSL_OK;
    free(flat->sums);
    free(flat->chunk_most);
    free(flat->summed);
    flat->room = 0;
    flat->sums = malloc((size_t)flat->chunk_count * 64 * sizeof *flat->sums);
    flat->chunk_most = malloc(flat->chunk_count * sizeof *flat->chunk_most);
    flat->summed = malloc(flat->chunk_count);
    if (!flat->sums || !flat->chunk_most || !flat->summed)
        return osl_fail(err, OSL_ENOMEM, "out of memory for a query");
    flat->room = flat->chunk_count;
    return OSL_OK;
}

/* ---- a paragraph -------------------------------------------------------- */

static void finish_paragraph(osl_flat *flat, unsigned s, unsigned at,
                             bool phrases)
{
    uint32_t paragraph = flat->slots[s].range * 64 + at, score = 0;
    bool matches = false;
    unsigned scored = scored_count(flat);
    for (unsigned i = 0; i < scored; i++) {
        const leaf *of = &flat->leaves[i];
        if (of->is_phrase || !(flat->places[of->first_word][s].word >> at & 1))
            continue;
        matches = true;
        score += contribution(flat, of, tf_in_slot(flat, of->first_word, s, at),
                              paragraph);
    }
    if (phrases)
        put_off(flat, s, at, score, matches);
    else if (matches)
        keep_paragraph(flat, paragraph, score);
}

/* ---- a batch -------------------------------------------------------------- */

static void prefetch_range(const osl_flat *flat, uint32_t range)
{
    __builtin_prefetch(flat->query->codes + (size_t)range * 64);
    for (unsigned w = 0; w < flat->word_count; w++) {
        const osl_postings *word = flat->words[w];
        const uint8_t *header = osl_postings_header(word, range / 64);
        const uint8_t *payload =
            word->payload + (size_t)osl_chunk_payload(header) * 4;
        __builtin_prefetch(word->counts + osl_chunk_rank(header));
        if (osl_chunk_flags(header) & OSL_CHUNK_DENSE)
            payload += (size_t)(range % 64) * 8;
        __builtin_prefetch(payload);
    }
}

/* One word in all open slots: located first, so that misses overlap. */
static void find_in_slots(osl_flat *flat, unsigned w)
{
    place *places = flat->places[w];
    bool there[SLOTS];
    for (unsigned i = 0; i < flat->open_count; i++) {
        unsigned s = flat->open[i];
        there[i] = locate(flat->words[w], flat->slots[s].range, &places[s]);
    }
    for (unsigned i = 0; i < flat->open_count; i++)
        if (there[i])
            read_word(&places[flat->open[i]], flat->slots[flat->open[i]].range);
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

/* Narrows the slots to what all words of required leaves share, and takes
 * away forbidden words. */
static void narrow(osl_flat *flat)
{
    for (unsigned i = 0; i < flat->must_count; i++) {
        const leaf *of = &flat->leaves[i];
        for (unsigned w = of->first_word; w < of->first_word + of->word_count;
             w++) {
            find_in_slots(flat, w);
            for (unsigned n = 0; n < flat->open_count; n++) {
                unsigned s = flat->open[n];
                flat->slots[s].alive &= flat->places[w][s].word;
            }
            close_empty(flat);
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

static bool has_phrase(const osl_flat *flat)
{
    for (unsigned i = 0; i < flat->leaf_count; i++)
        if (flat->leaves[i].is_phrase)
            return true;
    return false;
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

/* Scores the paragraphs of `which` that hold a scored word. */
static void finish_word(osl_flat *flat, unsigned s, uint64_t which,
                        bool phrases)
{
    uint64_t any = 0;
    for (unsigned i = 0; which && i < scored_count(flat); i++)
        any |= flat->places[flat->leaves[i].first_word][s].word;
    for (which &= any; which; which &= which - 1)
        finish_paragraph(flat, s, (unsigned)__builtin_ctzll(which), phrases);
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

/* What the sink looks at is fetched for all before the first is scored; few
 * of those with a phrase come that far. */
static void finish_in_order(osl_flat *flat, bool phrases)
{
    uint32_t least = least_units(flat);
    for (unsigned i = 0; i < flat->open_count; i++) {
        unsigned s = flat->open[i];
        uint64_t left = reaching(flat, s, least);
        flat->slots[s].alive = left;
        for (; left && !phrases; left &= left - 1)
            prefetch_rank(flat, flat->slots[s].range * 64 +
                                    (uint32_t)__builtin_ctzll(left));
    }
    for (unsigned i = 0; i < flat->open_count; i++) {
        unsigned s = flat->open[i];
        finish_word(flat, s, flat->slots[s].alive, phrases);
    }
}

/* Scores all that lives, the best bounds first: the threshold rises on the
 * way and the rest drops out. */
static void finish_best_first(osl_flat *flat, bool phrases)
{
    enum { STEPS = 4 };
    uint32_t most = 0;
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
            uint64_t now = reaching(flat, s, cut > least ? cut : least);
            flat->slots[s].alive &= ~now;
            finish_word(flat, s, now, phrases);
        }
        if (cut <= least_units(flat))
            return;
        close_empty(flat);
    }
}

static void finish_all(osl_flat *flat, bool phrases)
{
    find_rest(flat, 0);
    for (unsigned i = 0; i < flat->open_count && !phrases; i++) {
        const slot *at = &flat->slots[flat->open[i]];
        for (uint64_t left = at->alive; left; left &= left - 1)
            prefetch_rank(flat,
                          at->range * 64 + (uint32_t)__builtin_ctzll(left));
    }
    for (unsigned i = 0; i < flat->open_count; i++) {
        unsigned s = flat->open[i];
        finish_word(flat, s, flat->slots[s].alive, phrases);
    }
}

/* Adds a leaf's bounds in all open slots and drops what cannot reach the
 * threshold any more. A required word is located already. */
static void add_leaf_in_slots(osl_flat *flat, const leaf *of)
{
    uint8_t found[SLOTS];
    unsigned w = of->first_word, count = 0;
    uint32_t least = least_units(flat);
    bool any_lost = false;
    for (unsigned i = 0; i < flat->open_count; i++) {
        unsigned s = flat->open[i];
        found[count] = (uint8_t)s;
        count +=
            of->from->occur == OSL_FLAT_MUST ||
            locate(flat->words[w], flat->slots[s].range, &flat->places[w][s]);
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
        score_lines(&flat->lines[s],
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

static void evaluate(osl_flat *flat, const uint32_t *ranges, unsigned count,
                     bool phrases)
{
    for (unsigned s = 0; s < count; s++) {
        flat->slots[s] = (slot){ranges[s], flat->sums[ranges[s]],
                                starting_word(flat, ranges[s])};
        flat->open[s] = (uint8_t)s;
    }
    flat->open_count = count;
    close_empty(flat);
    narrow(flat);
    if (flat->count_all || (flat->must_count && are_few(flat))) {
        finish_all(flat, phrases);
        verify_waiting(flat);
        return;
    }
    clear_sums(flat);
    for (unsigned i = 0; i < scored_count(flat) && flat->open_count; i++)
        if (!flat->leaves[i].is_phrase)
            add_leaf_in_slots(flat, &flat->leaves[i]);
    find_rest(flat, scored_count(flat));
    finish_in_order(flat, phrases);
    verify_waiting(flat);
}

/* ---- whole chunks ---------------------------------------------------------- */

/* Long lists of wanted words leave most ranges of a chunk alive, so that
 * looking each up costs more than reading through: here a word's ranges are
 * read one behind the other, a chunk at a time, and words are located only
 * for what is left. */

/* A leaf's word in a chunk that is read from range to range. */
typedef struct reader {
    const leaf *of;
    const uint8_t *header, *bounds, *counts, *payload;
    uint64_t mask, alive;
} reader;

static inline void take_bound(osl_flat *flat, const leaf *of, unsigned s,
                              uint8_t bound)
{
    flat->slots[s].left -= ((uint32_t)bound * 256 * of->weight) >> 16;
}

static void add_sparse_through(osl_flat *flat, const reader *from)
{
    const uint8_t *counts = from->counts, *bounds = from->bounds;
    const uint8_t *payload = from->payload;
    for (uint64_t mask = from->mask; mask; mask &= mask - 1, counts++) {
        unsigned s = (unsigned)__builtin_ctzll(mask);
        if (from->alive >> s & 1) {
            take_bound(flat, from->of, s, *bounds);
            score_sparse_add(&flat->accumulators[s], payload, *counts,
                             &flat->lines[s], from->of->weight);
        }
        payload += *counts;
        bounds++;
    }
}

/* Compiled for each number of planes, which then are no loop. */
static inline __attribute__((always_inline)) void
add_dense_through(osl_flat *flat, const reader *from, const uint8_t *plane,
                  unsigned planes)
{
    size_t stride = (osl_chunk_count(from->header) + 63u) / 64 * 8;
    bool open = osl_chunk_flags(from->header) & OSL_CHUNK_EXCEPTIONS;
    const uint8_t *counts = from->counts, *bounds = from->bounds;
    unsigned start = 0;
    for (uint64_t mask = from->mask; mask; mask &= mask - 1, counts++) {
        unsigned s = (unsigned)__builtin_ctzll(mask);
        if (from->alive >> s & 1) {
            uint64_t bits[OSL_CHUNK_PLANES_MAX];
            for (unsigned p = 0; p < planes; p++)
                bits[p] = plane_bits(plane + p * stride, start);
            take_bound(flat, from->of, s, *bounds);
            score_dense_add(&flat->accumulators[s],
                            osl_get64(from->payload + (size_t)s * 8), bits,
                            planes, open, &flat->lines[s], from->of->weight);
        }
        start += *counts;
        bounds++;
    }
}

/* One leaf's bounds in the ranges of `alive`. */
static void add_through(osl_flat *flat, const leaf *of, uint32_t chunk,
                        uint64_t alive)
{
    const osl_postings *word = flat->words[of->first_word];
    osl_chunk at = chunk_of(word, chunk);
    reader from = {of,        at.header,  at.bounds,
                   at.counts, at.payload, osl_chunk_mask(at.header),
                   alive};
    if (!(from.mask & alive))
        return;
    unsigned flags = osl_chunk_flags(at.header);
    const uint8_t *plane =
        at.payload + osl_chunk_planes_at(flags, at.positions);
    if (!(flags & OSL_CHUNK_DENSE)) {
        add_sparse_through(flat, &from);
        return;
    }
    switch (osl_chunk_planes(flags)) {
    case 0:
        add_dense_through(flat, &from, plane, 0);
        break;
    case 1:
        add_dense_through(flat, &from, plane, 1);
        break;
    case 2:
        add_dense_through(flat, &from, plane, 2);
        break;
    default:
        add_dense_through(flat, &from, plane, osl_chunk_planes(flags));
    }
}

static uint64_t drop_lost(osl_flat *flat, uint64_t alive)
{
    uint32_t least = least_units(flat);
    for (uint64_t left = alive; left; left &= left - 1) {
        unsigned s = (unsigned)__builtin_ctzll(left);
        flat->slots[s].alive = reaching(flat, s, least);
        if (!flat->slots[s].alive)
            alive &= ~(left & -left);
    }
    return alive;
}

static void open_slots(osl_flat *flat, uint32_t chunk, uint64_t ranges)
{
    flat->open_count = 0;
    for (; ranges; ranges &= ranges - 1) {
        unsigned s = (unsigned)__builtin_ctzll(ranges);
        uint32_t range = chunk * 64 + s;
        flat->slots[s] =
            (slot){range, flat->sums[range], starting_word(flat, range)};
        flat->open[flat->open_count++] = (uint8_t)s;
    }
    close_empty(flat);
}

/* The weight left at which lost ranges are dropped, in parts of the whole. */
static const double drop_at[] = {0.6, 0.4, 0.25, 0.12, 0.05};

static void evaluate_chunk(osl_flat *flat, uint32_t chunk, uint64_t ranges,
                           bool phrases)
{
    double total = 0, left;
    unsigned next = 0, scored = scored_count(flat);
    open_slots(flat, chunk, ranges);
    clear_sums(flat);
    for (unsigned i = 0; i < scored; i++)
        total += flat->leaves[i].weight;
    left = total;
    uint64_t alive = 0;
    for (unsigned i = 0; i < flat->open_count; i++)
        alive |= (uint64_t)1 << flat->open[i];
    for (unsigned i = 0; i < scored && alive; i++) {
        if (flat->leaves[i].is_phrase)
            continue;
        add_through(flat, &flat->leaves[i], chunk, alive);
        left -= flat->leaves[i].weight;
        for (; next < sizeof drop_at / sizeof *drop_at &&
               left <= drop_at[next] * total;
             next++)
            if (next + 1 == sizeof drop_at / sizeof *drop_at ||
                left > drop_at[next + 1] * total)
                alive = drop_lost(flat, alive);
    }
    alive = drop_lost(flat, alive);
    close_empty(flat);
    if (flat->open_count == 0)
        return;
    find_rest(flat, 0);
    finish_best_first(flat, phrases);
    verify_waiting(flat);
}

/* ---- passes --------------------------------------------------------------- */

typedef struct pass {
    uint32_t ranges[BATCH_MAX];
    unsigned count;
    bool phrases;
} pass;

static void flush(osl_flat *flat, pass *at)
{
    if (at->count == 0)
        return;
    evaluate(flat, at->ranges, at->count, at->phrases);
    at->count = 0;
    flat->batch = flat->batch * 2 < BATCH_MAX ? flat->batch * 2 : BATCH_MAX;
}

/* All ranges with least ≤ sum < below, in order. */
static void visit(osl_flat *flat, pass *at, uint16_t least, uint32_t below)
{
    for (uint32_t chunk = 0;
         chunk < flat->chunk_count && flat->status == OSL_OK; chunk++) {
        if (!look_into(flat, chunk, least))
            continue;
        const uint16_t *sums = flat->sums + (size_t)chunk * 64;
        uint64_t chosen = score_bound_select(sums, least);
        if (below <= UINT16_MAX)
            chosen &= ~score_bound_select(sums, (uint16_t)below);
        uint32_t now = least_units(flat);
        for (; chosen; chosen &= chosen - 1) {
            uint32_t range = chunk * 64 + (uint32_t)__builtin_ctzll(chosen);
            if (flat->sums[range] < now && !flat->count_all)
                continue;
            prefetch_range(flat, range);
            at->ranges[at->count++] = range;
            if (at->count >= flat->batch) {
                flush(flat, at);
                now = least_units(flat);
            }
        }
    }
    flush(flat, at);
}

/* What the first pass has left, chunk by chunk. */
static void visit_chunks(osl_flat *flat, uint32_t below, bool phrases)
{
    for (uint32_t chunk = 0;
         chunk < flat->chunk_count && flat->status == OSL_OK; chunk++) {
        uint32_t least = least_units(flat);
        least = least < 1 ? 1 : least;
        if (!look_into(flat, chunk, least))
            continue;
        const uint16_t *sums = flat->sums + (size_t)chunk * 64;
        uint64_t ranges = score_bound_select(sums, (uint16_t)least) &
                          ~score_bound_select(sums, (uint16_t)below);
        if (ranges)
            evaluate_chunk(flat, chunk, ranges, phrases);
    }
}

static void run_passes(osl_flat *flat, uint16_t most)
{
    pass at = {.phrases = has_phrase(flat)};
    bool whole = flat->must_count == 0 && flat->should_count >= LONG &&
                 scored_count(flat) == flat->leaf_count && !flat->count_all;
    uint32_t below = (uint32_t)UINT16_MAX + 1;
    unsigned passes = flat->must_count ? PASSES_MUST : PASSES_SHOULD;
    flat->batch = BATCH_FIRST;
    for (unsigned i = 1; i <= passes && flat->status == OSL_OK; i++) {
        uint32_t cut = (uint32_t)((uint64_t)most * (passes - i) / passes);
        uint32_t least = flat->count_all ? 0 : least_units(flat);
        cut = cut < least ? least : cut;
        cut = cut < 1 || flat->count_all ? 1 : cut;
        if (cut < below)
            visit(flat, &at, (uint16_t)cut, below);
        if (cut <= 1 || cut <= least_units(flat))
            break;
        if (whole && *flat->sink->threshold > 0) {
            visit_chunks(flat, cut, at.phrases);
            break;
        }
        below = cut;
    }
}

static osl_status flat_count(osl_flat *flat, const osl_flat_query *query,
                             uint64_t *count, osl_error *err);

/* A rare word alone is read from end to end: its list is shorter than the
 * way around it. */
static osl_status score_list(osl_flat *flat, const osl_postings *word,
                             uint64_t *count)
{
    enum { AHEAD = 16 };
    const osl_flat_query *query = flat->query;
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
    if (count)
        *count += flat->matched;
    return OSL_OK;
}

/* ---- searching ------------------------------------------------------------ */

static osl_status flat_search(osl_flat *flat, const osl_flat_query *query,
                              const osl_flat_sink *sink, uint64_t *count,
                              osl_error *err)
{
    osl_status status = set_up(flat, query, err);
    if (status == OSL_OK)
        status = make_room(flat, err);
    if (status != OSL_OK || scored_count(flat) == 0)
        return status;
    flat->sink = sink;
    if (flat->leaf_count == 1 && !flat->leaves[0].is_phrase &&
        flat->words[0]->ordinals)
        return score_list(flat, flat->words[0], count);
    if (count && !has_phrase(flat)) {
        status = flat_count(flat, query, count, err);
        count = NULL;
        if (status != OSL_OK)
            return status;
    }
    flat->count_all = count != NULL;
    if (!count && use_best(flat))
        return OSL_OK;
    set_units(flat);
    uint16_t most = bound_chunks(flat);
    run_passes(flat, most);
    if (count)
        *count += flat->matched;
    return flat->status;
}

/* ---- counts ---------------------------------------------------------------- */

/* Whether a document frequency answers: one word, alone or required beside
 * wanted ones, and everything lives. */
static const osl_postings *counted_by_df(const osl_flat *flat)
{
    if (flat->query->live || flat->query->filter ||
        scored_count(flat) != flat->leaf_count)
        return NULL;
    if (flat->must_count > 1 ||
        (flat->must_count == 0 && flat->should_count > 1))
        return NULL;
    const leaf *of = &flat->leaves[0];
    return of->is_phrase ? NULL : flat->words[of->first_word];
}

/* Counting reads rare words from their lists: `next` moves along. */
static bool is_list(const osl_flat *flat, const leaf *of)
{
    return !flat->words[of->first_word]->headers;
}

/* The word of a range out of a list; ranges must come in order. */
static uint64_t list_word(osl_flat *flat, unsigned w, uint32_t range)
{
    const osl_postings *list = flat->words[w];
    uint32_t at = flat->next[w];
    uint64_t word = 0;
    while (at < list->df && list->ordinals[at] / 64 < range)
        at++;
    for (; at < list->df && list->ordinals[at] / 64 == range; at++)
        word |= (uint64_t)1 << (list->ordinals[at] % 64);
    flat->next[w] = at;
    return word;
}

static void or_list(osl_flat *flat, unsigned w, uint32_t chunk,
                    uint64_t words[64])
{
    const osl_postings *list = flat->words[w];
    uint32_t at = flat->next[w];
    /* Ranges that nobody asked for may lie behind. */
    while (at < list->df && list->ordinals[at] / OSL_CHUNK_SIZE < chunk)
        at++;
    for (; at < list->df && list->ordinals[at] / OSL_CHUNK_SIZE == chunk; at++)
        words[list->ordinals[at] / 64 % 64] |= (uint64_t)1
                                               << (list->ordinals[at] % 64);
    flat->next[w] = at;
}

static void or_words(osl_flat *flat, const leaf *of, uint32_t index,
                     uint64_t words[64])
{
    if (is_list(flat, of)) {
        or_list(flat, of->first_word, index, words);
        return;
    }
    osl_chunk chunk = chunk_of(flat->words[of->first_word], index);
    uint64_t mask = osl_chunk_mask(chunk.header);
    if (!mask)
        return;
    if (osl_chunk_flags(chunk.header) & OSL_CHUNK_DENSE)
        score_dense_or(words, chunk.payload);
    else
        score_sparse_or(words, mask, chunk.counts, chunk.payload);
}

static void and_words(osl_flat *flat, const leaf *of, uint32_t index,
                      bool negate, uint64_t words[64])
{
    uint64_t other[64] = {0};
    if (!is_list(flat, of)) {
        osl_chunk chunk = chunk_of(flat->words[of->first_word], index);
        if (osl_chunk_flags(chunk.header) & OSL_CHUNK_DENSE) {
            score_dense_and(words, chunk.payload, negate);
            return;
        }
    }
    or_words(flat, of, index, other);
    score_dense_and(words, (const uint8_t *)other, negate);
}

static void restrict_words(const osl_flat *flat, uint32_t chunk,
                           uint64_t words[64])
{
    uint32_t first = chunk * 64;
    uint32_t end = (flat->query->paragraph_count + 63) / 64;
    for (uint32_t i = 0; i < 64 && first + i < end; i++)
        words[i] &= starting_word(flat, first + i);
}

/* What of `word` matches in a range, given that of the leaf `known`. */
static unsigned count_range(osl_flat *flat, uint32_t range, uint64_t word,
                            const leaf *known)
{
    place at;
    word &= starting_word(flat, range);
    for (unsigned i = 0; i < flat->leaf_count && word; i++) {
        const leaf *of = &flat->leaves[i];
        if (of->from->occur == OSL_FLAT_SHOULD || of == known)
            continue;
        uint64_t other =
            is_list(flat, of)
                ? list_word(flat, of->first_word, range)
                : find_word(flat->words[of->first_word], range, &at);
        word &= of->from->occur == OSL_FLAT_NOT ? ~other : other;
    }
    return (unsigned)__builtin_popcountll(word);
}

/* A rare required word leads: only its ranges are looked at. */
static uint64_t count_by_list(osl_flat *flat, const leaf *rare)
{
    const osl_postings *list = flat->words[rare->first_word];
    uint64_t sum = 0;
    for (uint32_t at = 0; at < list->df;) {
        uint32_t range = list->ordinals[at] / 64;
        uint64_t word = 0;
        for (; at < list->df && list->ordinals[at] / 64 == range; at++)
            word |= (uint64_t)1 << (list->ordinals[at] % 64);
        sum += count_range(flat, range, word, rare);
    }
    return sum;
}

/* The streams of a chunk that is to be counted soon. */
static void fetch_chunk(const osl_flat *flat, uint32_t chunk)
{
    enum { LINE = 64, DENSE_LINES = 8 };
    if (chunk >= flat->chunk_count)
        return;
    for (unsigned w = 0; w < flat->word_count; w++) {
        const osl_postings *word = flat->words[w];
        if (!word->headers)
            continue;
        osl_chunk at = chunk_of(word, chunk);
        unsigned count = osl_chunk_count(at.header);
        unsigned lines = osl_chunk_flags(at.header) & OSL_CHUNK_DENSE
                             ? DENSE_LINES
                             : (count + LINE - 1) / LINE;
        if (!count)
            continue;
        __builtin_prefetch(at.counts);
        for (unsigned i = 0; i < lines; i++)
            __builtin_prefetch(at.payload + (size_t)i * LINE);
    }
}

static uint64_t count_chunk(osl_flat *flat, uint32_t chunk)
{
    uint64_t words[64] = {0};
    if (flat->must_count) {
        uint64_t ranges = must_ranges(flat, chunk), sum = 0;
        if (__builtin_popcountll(ranges) <= 4) {
            for (; ranges; ranges &= ranges - 1)
                sum += count_range(
                    flat, chunk * 64 + (uint32_t)__builtin_ctzll(ranges),
                    ~(uint64_t)0, NULL);
            return sum;
        }
        or_words(flat, &flat->leaves[0], chunk, words);
        for (unsigned i = 1; i < flat->must_count; i++)
            and_words(flat, &flat->leaves[i], chunk, false, words);
    } else {
        for (unsigned i = 0; i < flat->should_count; i++)
            or_words(flat, &flat->leaves[i], chunk, words);
    }
    for (unsigned i = scored_count(flat); i < flat->leaf_count; i++)
        and_words(flat, &flat->leaves[i], chunk, true, words);
    if (flat->query->live || flat->query->filter)
        restrict_words(flat, chunk, words);
    return score_popcount(words);
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

static osl_status count_by_search(osl_flat *flat, const osl_flat_query *query,
                                  uint64_t *count, osl_error *err)
{
    static const uint32_t none = UINT32_MAX;
    static const osl_flat_sink sink = {NULL, keep_nothing, &none};
    return flat_search(flat, query, &sink, count, err);
}

static osl_status flat_count(osl_flat *flat, const osl_flat_query *query,
                             uint64_t *count, osl_error *err)
{
    enum { AHEAD = 2 };
    osl_status status = set_up(flat, query, err);
    if (status != OSL_OK || scored_count(flat) == 0)
        return status;
    const osl_postings *word = counted_by_df(flat);
    if (word) {
        *count += word->df;
        return OSL_OK;
    }
    if (has_phrase(flat))
        return count_by_search(flat, query, count, err);
    memset(flat->next, 0, flat->word_count * sizeof *flat->next);
    /* Required leaves stand first, the rarest of them first. */
    if (flat->must_count && is_list(flat, &flat->leaves[0])) {
        *count += count_by_list(flat, &flat->leaves[0]);
        return OSL_OK;
    }
    for (uint32_t chunk = 0; chunk < AHEAD; chunk++)
        fetch_chunk(flat, chunk);
    for (uint32_t chunk = 0; chunk < flat->chunk_count; chunk++) {
        fetch_chunk(flat, chunk + AHEAD);
        *count += count_chunk(flat, chunk);
    }
    return OSL_OK;
}

#endif
