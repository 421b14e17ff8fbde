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
 *     else, and with phrases, in batches of ranges (flat_batch.h): each leaf
 *     is taken through a whole batch before the next, so that misses overlap.
 *     Required words narrow the paragraphs; then 16-bit bounds of 64 scores at
 *     once are added leaf by leaf, heaviest first, and paragraphs that cannot
 *     reach the threshold with what is left drop out.
 *  4. What is left is scored exactly; phrases look at positions last of all.
 *
 * Where a rare word is required, its list leads instead (flat_list.h). Where
 * rare words are wanted, paragraphs that have one come first (flat_rare.h).
 *
 * Pruning is strictly below the threshold: paragraphs at it may win by their
 * tie. A bound carries half a unit of slack a leaf for the rounding of its
 * contribution. */
#ifndef OSL_QUERY_FLAT_LOOPS_H
#define OSL_QUERY_FLAT_LOOPS_H

#include "query/flat_alone.h"
#include "query/flat_batch.h"
#include "query/flat_best.h"
#include "query/flat_bounds.h"
#include "query/flat_candidates.h"
#include "query/flat_check.h"
#include "query/flat_count.h"
#include "query/flat_joint.h"
#include "query/flat_list.h"
#include "query/flat_match.h"
#include "query/flat_order.h"
#include "query/flat_phrase.h"
#include "query/flat_rare.h"
#include "query/flat_two.h"

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

/* … or but for lists. */
static void read_frequent(osl_flat *flat)
{
    flat->read_count = 0;
    for (unsigned w = 0; w < flat->word_count; w++)
        if (!is_list(flat, w))
            flat->read[flat->read_count++] = (uint8_t)w;
}

/* Leaves in the order in which they are taken. */
static osl_status add_leaves(osl_flat *flat, const osl_flat_query *query)
{
    uint8_t order[OSL_FLAT_LEAVES_MAX];
    if (query->leaf_count > OSL_FLAT_LEAVES_MAX)
        return osl_fail(flat->err, OSL_ELIMIT,
                        "too many words for a flat query");
    if (!flat->is_scored && may_stay(query))
        keep_order(query, order);
    else
        order_leaves(query, order);
    for (unsigned i = 0; i < query->leaf_count; i++) {
        const osl_flat_leaf *from = &query->leaves[order[i]];
        if (flat->word_count + 2 * from->word_count > WORDS_MAX)
            return osl_fail(flat->err, OSL_ELIMIT,
                            "too many words for a flat query");
        add_leaf(flat, from);
        flat->must_count += from->occur == OSL_FLAT_MUST;
        flat->should_count += from->occur == OSL_FLAT_SHOULD;
    }
    return OSL_OK;
}

static osl_status set_up(osl_flat *flat, const osl_flat_query *query,
                         bool is_scored, osl_error *err)
{
    flat->query = query;
    flat->leaf_count = flat->must_count = flat->should_count = 0;
    flat->word_count = 0;
    flat->matched = 0;
    flat->count_all = false;
    flat->is_scored = is_scored;
    flat->is_narrowed = flat->narrows = false;
    flat->seed = 0;
    flat->evaluated = 0;
    flat->unbounded = false;
    flat->whole.ready = false;
    flat->waiting_count = 0;
    flat->status = OSL_OK;
    flat->err = err;
    flat->chunk_count =
        (query->paragraph_count + OSL_CHUNK_SIZE - 1) / OSL_CHUNK_SIZE;
    osl_status status = add_leaves(flat, query);
    if (status != OSL_OK)
        return status;
    for (unsigned w = 0; w < flat->word_count; w++) {
        flat->blocks[w].chunk = UINT32_MAX;
        flat->next[w] = 0;
    }
    read_all(flat);
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
    free(flat->without);
    flat->room = 0;
    flat->sums = malloc((size_t)flat->chunk_count * 64 * sizeof *flat->sums);
    flat->chunk_most =
        malloc(chunks_in_room(flat->chunk_count) * sizeof *flat->chunk_most);
    flat->summed = malloc(flat->chunk_count);
    flat->without =
        calloc((size_t)flat->chunk_count * 64, sizeof *flat->without);
    if (!flat->sums || !flat->chunk_most || !flat->summed || !flat->without)
        return osl_fail(err, OSL_ENOMEM, "out of memory for a query");
    flat->room = flat->chunk_count;
    return OSL_OK;
}

/* ---- passes ------------------------------------------------------------- */

typedef struct pass {
    uint32_t ranges[BATCH_MAX];
    uint64_t alive[BATCH_MAX]; /* where they are narrowed */
    unsigned count;
    bool phrases;
} pass;

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
    uint32_t first = 0;
    for (uint32_t at = 0; at < flat->chunk_count; at += 64) {
        uint16_t here = score_bound_max(flat->chunk_most + at);
        first = here > most ? at : first;
        most = here > most ? here : most;
    }
    return first + (uint32_t)__builtin_ctzll(
                       score_bound_select(flat->chunk_most + first, most));
}

/* The chunks with the best ranges: all are on their way before the first is
 * looked at. */
static void visit_best_chunks(osl_flat *flat, pass *at)
{
    uint32_t chunks[BEST_CHUNKS];
    uint16_t most[BEST_CHUNKS];
    for (unsigned i = 0; i < BEST_CHUNKS; i++) {
        uint32_t chunk = find_best_chunk(flat);
        while (!flat->summed[chunk]) {
            sum_chunk(flat, chunk);
            chunk = find_best_chunk(flat);
        }
        fetch_chunk(flat, chunk, false);
        chunks[i] = chunk;
        most[i] = flat->chunk_most[chunk];
        flat->chunk_most[chunk] = 0;
    }
    for (unsigned i = 0; i < BEST_CHUNKS && flat->status == OSL_OK; i++) {
        flat->chunk_most[chunks[i]] = most[i];
        visit_chunk(flat, at, chunks[i]);
        flat->chunk_most[chunks[i]] = 0;
    }
    flush(flat, at);
}

/* Whether whole chunks tell sooner what must be reached than single ranges,
 * each of which takes as long as eight of a chunk: where many are wanted, or
 * many words. */
static bool are_chunks_first(const osl_flat *flat)
{
    enum { FEW_WORDS = 8 };
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

/* Paragraphs that show whether matches are scarce. */
enum { PROBE = 256 };

/* Whether so few match, as far as some chunks show, that bounds would leave
 * out few of the others. */
static bool are_scarce(const osl_flat *flat, uint32_t chunks)
{
    enum { EACH = 4, MANY = 256 };
    uint64_t best = flat->query->best ? flat->query->best : MANY;
    return flat->matched * flat->chunk_count < EACH * best * chunks;
}

static void fetch_first_chunks(const osl_flat *flat)
{
    for (uint32_t chunk = 0; chunk < FETCH_MATCHING; chunk++)
        fetch_chunk(flat, chunk, false);
}

/* What narrowed chunks have is checked until that is more than `most`, and
 * matches not scarce, or much in one chunk; returns the chunk that would come
 * next. */
static uint32_t check_chunks(osl_flat *flat, unsigned most)
{
    uint32_t chunk = 0;
    unsigned sum = 0;
    fetch_first_chunks(flat);
    for (; chunk < flat->chunk_count && flat->status == OSL_OK &&
           (sum <= most || are_scarce(flat, chunk));
         chunk++) {
        unsigned room = sum < most && most - sum > PROBE ? most - sum : PROBE;
        fetch_chunk(flat, chunk + FETCH_MATCHING, false);
        unsigned here = check_chunk(flat, chunk, room);
        if (here > room)
            break;
        sum += here;
    }
    check_all(flat);
    return chunk;
}

/* All that may match, without bounds, chunk by chunk until these are more than
 * `most`; returns the chunk that would come next. */
static uint32_t visit_all(osl_flat *flat, unsigned most)
{
    pass at = {.count = 0, .phrases = has_phrase(flat)};
    uint32_t chunk = 0;
    unsigned sum = 0;
    if (are_chunks_checked(flat))
        return check_chunks(flat, most);
    flat->is_narrowed = flat->must_count > 0;
    flat->unbounded = true;
    if (flat->is_narrowed)
        choose_read(flat);
    flat->batch = BATCH_MAX;
    fetch_first_chunks(flat);
    for (; chunk < flat->chunk_count && flat->status == OSL_OK && sum <= most;
         chunk++) {
        fetch_chunk(flat, chunk + FETCH_MATCHING, false);
        sum += visit_matching(flat, &at, chunk);
    }
    flush(flat, &at);
    flat->is_narrowed = flat->unbounded = false;
    return chunk;
}

/* Required phrases: where few paragraphs have all of their words, or few of
 * these the phrases, finding these costs less than bounds. Returns the first
 * chunk that is left. */
static uint32_t visit_few(osl_flat *flat)
{
    unsigned limit = matches_limit(flat);
    if (expected_matches(flat) <= limit)
        return visit_all(flat, limit);
    return are_chunks_checked(flat) ? visit_all(flat, PROBE) : 0;
}

/* ---- searching ---------------------------------------------------------- */

/* Matches of required words where they are few; else false. */
static bool search_matches(osl_flat *flat, uint64_t *count)
{
    bool listed = list_matches(flat, count);
    if (listed)
        score_matches(flat);
    return listed;
}

static void search_by_bounds(osl_flat *flat)
{
    set_units(flat);
    run_passes(flat, bound_chunks(flat, 0));
}

/* Frequent words, wanted alone. */
static void search_frequent(osl_flat *flat)
{
    osl_flat_leaf both[2];
    if (is_by_two(flat) && answer_by_two(flat)) {
        require_both(flat, both);
        if (answer_by_joint(flat) || flat->status != OSL_OK ||
            search_matches(flat, NULL))
            return;
    }
    search_by_bounds(flat);
}

/* Wanted words alone: rare ones, then the others in what has none of these. */
static void search_wanted(osl_flat *flat)
{
    flat->apart.count = 0;
    if (has_lists(flat)) {
        if (answer_by_rare(flat))
            return;
        read_frequent(flat);
        flat->is_reached = true;
    } else {
        seed_wanted(flat);
    }
    if (!is_by_best(flat) || !answer_by_best(flat, &flat->leaves[0]))
        search_frequent(flat);
    end_leaving_out(flat);
}

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
        else if (choose_checked(flat))
            check_list(flat, lead);
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
    if (answer_by_joint(flat)) {
        if (count)
            *count += count_words(flat);
        return flat->status;
    }
    if (flat->status != OSL_OK)
        return flat->status;
    if (flat->must_count && !has_phrase(flat)) {
        flat->count_all = false;
        if (search_matches(flat, count))
            return flat->status;
        count = NULL;
    } else if (count && !has_phrase(flat)) {
        *count += count_words(flat);
        count = NULL;
    }
    flat->count_all = count != NULL;
    flat->is_reached = *sink->threshold > 0;
    if (!flat->must_count && !has_phrase(flat) &&
        scored_count(flat) == flat->leaf_count) {
        search_wanted(flat);
        return flat->status;
    }
    if (!count && flat->query->best > 0 && !flat->is_reached)
        seed_by_best(flat);
    flat->narrows = flat->must_count && has_phrase(flat);
    if (flat->narrows)
        choose_narrowing(flat);
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
    osl_status status = set_up(flat, query, true, err);
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
    return run(flat, &sink, count);
}

static osl_status flat_count(osl_flat *flat, const osl_flat_query *query,
                             uint64_t *count, osl_error *err)
{
    osl_status status = set_up(flat, query, false, err);
    if (status != OSL_OK || scored_count(flat) == 0)
        return status;
    if (has_phrase(flat))
        return count_by_search(flat, count);
    *count += count_words(flat);
    return OSL_OK;
}

#endif
