/* SPDX-License-Identifier: MIT */
#include "core/segment/model.h"

#include "core/base/buf.h"
#include "core/base/bytes.h"
#include "core/base/pages.h"
#include "core/segment/deep.h"

#include <stdlib.h>

/* Pairs that are looked at for the lists, about; a quarter of as many words
 * decides which codes are short. */
enum {
    PAIRS_ROUGH = 250000,
    PAIRS = 2000000,
    PAIRS_SMALL = 6000000,
    TRIAL_SHARE = 4
};
/* Long paragraphs may give more than they were asked for, up to this. */
#define PAIRS_MOST      ((size_t)12000000)
#define SAID_SMALL_MOST ((size_t)(PAIRS_SMALL / 4 * 5))

/* A pair in a list takes two bytes and saves some five bits whenever it
 * occurs; in the sample it has to occur as often as pays for it. */
enum { PAIR_LEAST = 2, PAIR_PAYS = 4 };

/* Of fewer words and separators, lists take more bytes than they save: 8 % of a
 * segment of 500 paragraphs of medical prose, 4 % of 1,000, nothing of 2,400. To
 * make them is a sixth of the time of such a segment, too. */
enum { TOO_FEW = 250000 };

/* Words of the trial that are looked up at once. */
enum { PIECE = 64 };

/* ---- the sample --------------------------------------------------------- */

void osl_model_sample_init(osl_model_sample *sample, uint64_t code_count,
                           osl_model_kind kind)
{
    static const uint32_t wanted[] = {[OSL_MODEL_ROUGH] = PAIRS_ROUGH,
                                      [OSL_MODEL_USUAL] = PAIRS,
                                      [OSL_MODEL_DEEP] = PAIRS_SMALL};
    uint64_t pairs = wanted[kind];
    uint64_t every = (code_count + pairs - 1) / pairs;
    *sample = (osl_model_sample){.every = every < 1          ? 1
                                          : every > 1u << 20 ? 1u << 20
                                                             : (uint32_t)every};
    sample->is_listed = code_count >= TOO_FEW;
    sample->is_deep = sample->is_listed && kind == OSL_MODEL_DEEP;
    /* About as many as there will be: what grows touches more memory. */
    size_t room = (size_t)(code_count / sample->every);
    if (sample->is_deep)
        sample->failed = !osl_grow(&sample->said, &sample->said_capacity,
                                   room + room / 4, sizeof *sample->said);
    else if (sample->is_listed)
        sample->failed = !osl_grow(&sample->pairs, &sample->pair_capacity,
                                   room + 64, sizeof *sample->pairs);
}

osl_status osl_model_sample_spill(osl_model_sample *sample, const char *path,
                                  osl_error *err)
{
    free(sample->pairs);
    free(sample->said);
    sample->pairs = NULL;
    sample->said = NULL;
    sample->pair_capacity = sample->said_capacity = 0;
    sample->is_spilled = true;
    return osl_spill_open(&sample->spill, path, err);
}

void osl_model_sample_clear(osl_model_sample *sample)
{
    bool is_mapped = sample->spill.map.bytes != NULL;
    free(is_mapped && !sample->is_deep ? NULL : sample->pairs);
    free(is_mapped && sample->is_deep ? NULL : sample->said);
    free(sample->trial);
    osl_spill_close(&sample->spill);
    *sample = (osl_model_sample){0};
}

static bool is_for_lists(const osl_model_sample *sample, uint32_t paragraph)
{
    return sample->is_listed && paragraph % sample->every == 0 &&
           sample->pair_count < PAIRS_MOST &&
           sample->said_count < SAID_SMALL_MOST;
}

static bool is_for_trial(const osl_model_sample *sample, uint32_t paragraph)
{
    return !sample->is_deep && paragraph % sample->every == sample->every / 2 &&
           paragraph / sample->every % TRIAL_SHARE == 0 &&
           sample->trial_count < PAIRS;
}

bool osl_model_sample_wants(const osl_model_sample *sample, uint32_t paragraph)
{
    return is_for_lists(sample, paragraph) || is_for_trial(sample, paragraph);
}

/* Puts what is held of a list, `count` in all, to the file. */
static void spill(osl_model_sample *sample, const void *held, size_t count,
                  size_t size)
{
    if (!sample->is_spilled)
        return;
    osl_spill_put(&sample->spill, held, (count - sample->spilled) * size);
    sample->spilled = count;
}

static void add_pairs(osl_model_sample *sample, const uint32_t *ranks,
                      size_t count)
{
    size_t held = sample->pair_count - sample->spilled;
    if (!osl_grow(&sample->pairs, &sample->pair_capacity, held + count,
                  sizeof *sample->pairs)) {
        sample->failed = true;
        return;
    }
    uint32_t context = 0, *to = sample->pairs + held;
    for (size_t i = 0; i < count; i++) {
        /* Put anyway, and the next over it: no branch. */
        *to = context << 16 | ranks[i];
        to += (context < OSL_MODEL_CONTEXTS - 1) & (ranks[i] < OSL_MODEL_RANKS);
        context = osl_model_context(ranks[i]);
    }
    sample->pair_count = sample->spilled + (size_t)(to - sample->pairs);
    spill(sample, sample->pairs, sample->pair_count, sizeof *sample->pairs);
}

static void add_said(osl_model_sample *sample, const uint32_t *ranks,
                     size_t count)
{
    size_t held = sample->said_count - sample->spilled;
    if (!osl_grow(&sample->said, &sample->said_capacity,
                  held + OSL_DEEP_SAID * (count + 1), sizeof *sample->said)) {
        sample->failed = true;
        return;
    }
    uint16_t *to = sample->said + held;
    for (size_t i = 0; i < count; i++)
        to = osl_deep_say(to, ranks[i]);
    to = osl_deep_say(to, UINT32_MAX);
    sample->said_count = sample->spilled + (size_t)(to - sample->said);
    spill(sample, sample->said, sample->said_count, sizeof *sample->said);
}

void osl_model_sample_add(osl_model_sample *sample, uint32_t paragraph,
                          const uint32_t *ranks, size_t count)
{
    bool for_lists = is_for_lists(sample, paragraph);
    bool for_trial = is_for_trial(sample, paragraph);
    if (for_lists && sample->is_deep)
        add_said(sample, ranks, count);
    else if (for_lists)
        add_pairs(sample, ranks, count);
    if (!for_trial || sample->failed)
        return;
    if (!osl_grow(&sample->trial, &sample->trial_capacity,
                  sample->trial_count + count + 1, sizeof *sample->trial)) {
        sample->failed = true;
        return;
    }
    memcpy(sample->trial + sample->trial_count, ranks, count * sizeof *ranks);
    sample->trial_count += count + 1;
    sample->trial[sample->trial_count - 1] = UINT32_MAX;
}

/* ---- lists -------------------------------------------------------------- */

/* Pairs that are sorted at once where memory is little. */
enum { FRUGAL = 1 << 18 };

/* Of a pair, the lowest bits first: the last digit has a value more, that of
 * the words that have no list. */
enum { DIGITS = 3, BITS = 10, VALUES = (1 << BITS) + 1 };
_Static_assert((OSL_MODEL_CONTEXTS - 2) << 16 >> (DIGITS - 1) * BITS < VALUES,
               "digits for all bits of a pair");

static unsigned digit_of(uint32_t pair, unsigned digit)
{
    uint32_t rest = pair >> BITS * digit;
    return digit + 1 < DIGITS ? rest & ((1u << BITS) - 1) : rest;
}

/* By context, then by rank. `spare` has as much room; returns which of both has
 * the result. */
static const uint32_t *sort_pairs(uint32_t *pairs, uint32_t *spare,
                                  size_t count)
{
    uint32_t starts[DIGITS][VALUES] = {{0}};
    for (size_t i = 0; i < count; i++)
        for (unsigned digit = 0; digit < DIGITS; digit++)
            starts[digit][digit_of(pairs[i], digit)]++;
    for (unsigned digit = 0; digit < DIGITS; digit++) {
        uint32_t *to = starts[digit], sum = 0;
        for (unsigned i = 0; i < VALUES; i++) {
            uint32_t here = to[i];
            to[i] = sum;
            sum += here;
        }
        for (size_t i = 0; i < count; i++)
            spare[to[digit_of(pairs[i], digit)]++] = pairs[i];
        uint32_t *swap = pairs;
        pairs = spare;
        spare = swap;
    }
    return pairs;
}

/* Of one context: what occurred most often goes first, then the lower rank. */
typedef struct osl_model_candidate {
    uint32_t count, rank;
} candidate;

static int compare_candidates(const void *left, const void *right)
{
    const candidate *a = left, *b = right;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return a->rank < b->rank ? -1 : a->rank > b->rank;
}

/* Stable: of equal counts the one before stays before. */
static void sort_few(candidate *candidates, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const candidate one = candidates[i];
        size_t at = i;
        for (; at > 0 && candidates[at - 1].count < one.count; at--)
            candidates[at] = candidates[at - 1];
        candidates[at] = one;
    }
}

/* Candidates that are sorted by insertion; counts that are told apart. */
enum { FEW = 24, CLASSES = 256 };

static unsigned class_of(const candidate *one)
{
    return one->count < CLASSES ? CLASSES - 1 - one->count : 0;
}

/* Candidates that come by rank, by falling count: those of each count are
 * counted; large counts, which are few, have one class. `spare` has as much
 * room. */
static void sort_candidates(candidate *candidates, candidate *spare,
                            size_t count)
{
    uint32_t ends[CLASSES] = {0};
    if (count <= FEW) {
        sort_few(candidates, count);
        return;
    }
    for (size_t i = 0; i < count; i++)
        ends[class_of(&candidates[i])]++;
    for (unsigned i = 1; i < CLASSES; i++)
        ends[i] += ends[i - 1];
    uint32_t large = ends[0];
    for (size_t i = count; i-- > 0;)
        spare[--ends[class_of(&candidates[i])]] = candidates[i];
    qsort(spare, large, sizeof *spare, compare_candidates);
    memcpy(candidates, spare, count * sizeof *candidates);
}

static const osl_codes_bucket no_ranks = {
    .ranks = {OSL_CODES_RANKS, OSL_CODES_RANKS, OSL_CODES_RANKS,
              OSL_CODES_RANKS}};

static bool put_in_bucket(osl_codes_bucket *bucket, uint32_t rank, size_t place)
{
    for (unsigned i = 0; i < 4; i++) {
        if (bucket->ranks[i] != OSL_MODEL_RANKS)
            continue;
        bucket->ranks[i] = (uint16_t)rank;
        bucket->places[i] = (uint16_t)(place + 1);
        return true;
    }
    return false;
}

/* Which of a context's pairs may be in its list. */
static size_t find_candidates(osl_model_lister *lister, const uint32_t *from,
                              const uint32_t *to)
{
    size_t count = 0;
    if ((size_t)(to - from) < lister->least)
        return 0;
    while (from < to) {
        const uint32_t *first = from;
        while (from < to && (*from & 0xFFFF) == (*first & 0xFFFF))
            from++;
        if ((uint32_t)(from - first) >= lister->least)
            lister->candidates[count++] =
                (candidate){(uint32_t)(from - first), *first & 0xFFFF};
    }
    sort_candidates(lister->candidates, lister->spare, count);
    return count < OSL_MODEL_LIST ? count : OSL_MODEL_LIST;
}

/* A context's list, and its buckets behind those of the ones before: one or two
 * ranks to each of four places. What finds its bucket full is left out of both,
 * so that a look-up needs no more than one bucket. Returns its length. */
static uint32_t put_list(osl_model_lister *lister, uint32_t context,
                         size_t count)
{
    osl_model *model = lister->model;
    uint16_t *followers = model->followers + model->firsts[context];
    uint32_t length = 0;
    unsigned bits = osl_model_table((uint32_t)count) - 1;
    uint32_t place = lister->bucket_count << 8 | bits << 4;
    for (uint32_t i = 0; i < 1u << bits; i++)
        model->buckets[lister->bucket_count++] = no_ranks;
    for (size_t i = 0; i < count; i++) {
        uint32_t rank = lister->candidates[i].rank;
        osl_codes_bucket *bucket =
            &model->buckets[osl_codes_bucket_of(place, rank)];
        if (put_in_bucket(bucket, rank, length))
            followers[length++] = (uint16_t)rank;
    }
    model->places[context] = place | osl_model_table(length);
    return length;
}

bool osl_model_lister_add(osl_model_lister *lister, uint32_t context,
                          const uint32_t *from, const uint32_t *to)
{
    osl_model *model = lister->model;
    size_t count = find_candidates(lister, from, to);
    uint32_t first = model->firsts[context];
    if (!osl_grow(&model->followers, &lister->follower_capacity, first + count,
                  sizeof *model->followers) ||
        !osl_grow(&model->buckets, &lister->bucket_capacity,
                  lister->bucket_count + count, sizeof *model->buckets))
        return false;
    model->firsts[context + 1] =
        first + (count > 0 ? put_list(lister, context, count) : 0);
    return true;
}

/* A candidate occurs twice at least: there are no more than half as many as
 * pairs, and no more buckets. Bucket 0 is that of contexts without a list. */
bool osl_model_lister_begin(osl_model_lister *lister, osl_model *model,
                            uint32_t every, size_t pair_count)
{
    size_t most = pair_count / PAIR_LEAST + 1;
    uint32_t least = (PAIR_PAYS + every - 1) / every;
    *lister =
        (osl_model_lister){.model = model,
                           .follower_capacity = most,
                           .bucket_capacity = most + 1,
                           .least = least < PAIR_LEAST ? PAIR_LEAST : least,
                           .bucket_count = 1};
    lister->candidates =
        malloc(2 * (size_t)OSL_MODEL_RANKS * sizeof *lister->candidates);
    lister->spare =
        lister->candidates ? lister->candidates + OSL_MODEL_RANKS : NULL;
    model->firsts = calloc((size_t)OSL_MODEL_CONTEXTS + 1, 4);
    model->places = calloc(OSL_MODEL_CONTEXTS, 4);
    model->followers = malloc(most * sizeof *model->followers);
    model->buckets = osl_pages_take(most + 1, sizeof *model->buckets);
    if (!lister->candidates || !model->firsts || !model->places ||
        !model->followers || !model->buckets)
        return false;
    model->buckets[0] = no_ranks;
    return true;
}

void osl_model_lister_end(osl_model_lister *lister)
{
    free(lister->candidates);
}

/* The lists of contexts [from, to), whose pairs these are, in any order; `spare`
 * has as much room. */
static bool list_contexts(osl_model_lister *lister, const uint32_t range[2],
                          uint32_t *pairs, uint32_t *spare, size_t count)
{
    const uint32_t *sorted = sort_pairs(pairs, spare, count);
    size_t at = 0;
    bool done = true;
    for (uint32_t context = range[0]; context < range[1] && done; context++) {
        size_t from = at;
        while (at < count && sorted[at] >> 16 == context)
            at++;
        done =
            osl_model_lister_add(lister, context, sorted + from, sorted + at);
    }
    return done;
}

/* Contexts [range[0], range[1]) whose pairs are looked at at once, *sum of
 * them. */
static void next_part(const uint32_t *counts, uint32_t range[2], size_t *sum)
{
    range[0] = range[1];
    *sum = 0;
    while (range[1] < OSL_MODEL_CONTEXTS &&
           (range[1] == range[0] || *sum + counts[range[1]] <= FRUGAL))
        *sum += counts[range[1]++];
}

/* Some contexts after the others, whose pairs are picked out of all: twice the
 * time for a quarter of the memory that sorting takes. */
static bool list_by_parts(osl_model_lister *lister,
                          const osl_model_sample *sample)
{
    uint32_t *counts = calloc(OSL_MODEL_CONTEXTS, sizeof *counts);
    uint32_t range[2] = {0, 0};
    size_t most = 0, sum;
    bool done = counts != NULL;
    for (size_t i = 0; i < sample->pair_count && done; i++)
        counts[sample->pairs[i] >> 16]++;
    while (done && range[1] < OSL_MODEL_CONTEXTS) {
        next_part(counts, range, &sum);
        most = sum > most ? sum : most;
    }
    uint32_t *picked = malloc((2 * most + 1) * sizeof *picked);
    done = done && picked;
    for (range[1] = 0; done && range[1] < OSL_MODEL_CONTEXTS;) {
        size_t count = 0;
        next_part(counts, range, &sum);
        for (size_t i = 0; i < sample->pair_count && count < sum; i++) {
            uint32_t context = sample->pairs[i] >> 16;
            picked[count] = sample->pairs[i];
            count += context >= range[0] && context < range[1];
        }
        done = list_contexts(lister, range, picked, picked + sum, sum);
    }
    free(counts);
    free(picked);
    return done;
}

static bool list_at_once(osl_model_lister *lister,
                         const osl_model_sample *sample)
{
    static const uint32_t all[] = {0, OSL_MODEL_CONTEXTS};
    uint32_t *spare = osl_pages_take(sample->pair_count + 1, sizeof *spare);
    bool done = spare && list_contexts(lister, all, sample->pairs, spare,
                                       sample->pair_count);
    free(spare);
    return done;
}

static bool make_lists(osl_model *model, const osl_model_sample *sample)
{
    osl_model_lister lister;
    bool is_frugal = sample->is_spilled;
    bool done = osl_model_lister_begin(&lister, model, sample->every,
                                       is_frugal ? 0 : sample->pair_count);
    done = done && (is_frugal ? list_by_parts(&lister, sample)
                              : list_at_once(&lister, sample));
    osl_model_lister_end(&lister);
    return done;
}

/* ---- codes -------------------------------------------------------------- */

/* The symbol of a number among those from `first` on. */
static unsigned symbol_of(uint32_t v, unsigned first)
{
    uint32_t x = v + 2;
    unsigned bits = 30 - (unsigned)__builtin_clz(x);
    return first + 2 * bits + (x >> bits & 1);
}

static uint32_t find_place(const osl_codes_bucket *bucket, uint32_t rank)
{
    for (unsigned i = 0; i < 4 && rank < OSL_MODEL_RANKS; i++)
        if (bucket->ranks[i] == rank)
            return bucket->places[i] - 1u;
    return UINT32_MAX;
}

uint32_t osl_model_place(const osl_model *model, uint32_t context,
                         uint32_t rank)
{
    uint32_t place = osl_codes_bucket_of(model->places[context], rank);
    return find_place(&model->buckets[place], rank);
}

/* The symbol of a rank that is looked for in a bucket. */
static unsigned symbol_of_rank(const osl_codes_bucket *bucket, uint32_t rank)
{
    uint32_t place = find_place(bucket, rank);
    return place < UINT32_MAX ? symbol_of(place, 0)
                              : symbol_of(rank, OSL_MODEL_PLACES);
}

/* A tree in the making: symbols that have a weight, by weight, equal ones in
 * their order; behind them what was joined, which comes by weight by itself. Of
 * equal weights a symbol goes first. */
enum { LEAVES = 128 };
typedef struct tree {
    uint64_t weights[2 * LEAVES];
    uint8_t symbols[LEAVES];
    uint8_t parents[2 * LEAVES];
    unsigned leaf, leaf_count, node, count; /* nodes are from leaf_count on */
} tree;

static void plant(tree *t, const uint64_t *weights, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        unsigned at = t->leaf_count;
        if (weights[i] == 0)
            continue;
        for (; at > 0 && t->weights[at - 1] > weights[i]; at--) {
            t->weights[at] = t->weights[at - 1];
            t->symbols[at] = t->symbols[at - 1];
        }
        t->weights[at] = weights[i];
        t->symbols[at] = (uint8_t)i;
        t->leaf_count++;
    }
    t->node = t->count = t->leaf_count;
}

/* The lightest of what is left. */
static unsigned take_lightest(tree *t)
{
    bool is_leaf =
        t->leaf < t->leaf_count &&
        (t->node == t->count || t->weights[t->leaf] <= t->weights[t->node]);
    return is_leaf ? t->leaf++ : t->node++;
}

unsigned osl_model_huffman(const uint64_t *weights, unsigned count,
                           uint8_t *lengths)
{
    tree t = {.leaf = 0};
    uint8_t depths[2 * LEAVES] = {0};
    unsigned greatest = 0;
    memset(lengths, 0, count);
    plant(&t, weights, count);
    for (unsigned joins = t.leaf_count; joins > 1; joins--) {
        unsigned first = take_lightest(&t), second = take_lightest(&t);
        t.weights[t.count] = t.weights[first] + t.weights[second];
        t.parents[first] = t.parents[second] = (uint8_t)t.count++;
    }
    for (unsigned i = t.count; i-- > 0;) {
        bool is_root = i + 1 == t.count;
        depths[i] = is_root ? 0 : (uint8_t)(depths[t.parents[i]] + 1);
        if (i >= t.leaf_count)
            continue;
        lengths[t.symbols[i]] = depths[i];
        greatest = depths[i] > greatest ? depths[i] : greatest;
    }
    return greatest;
}

/* No code above OSL_MODEL_BITS: weights are halved until it is so. The last
 * symbol weighs less than any other, and so has the longest code. */
static void choose_lengths(const uint64_t counts[OSL_MODEL_SYMBOLS],
                           uint32_t word_count, unsigned table,
                           uint8_t lengths[OSL_MODEL_SYMBOLS])
{
    unsigned last =
        symbol_of(word_count > 0 ? word_count - 1 : 0, OSL_MODEL_PLACES);
    for (unsigned shift = 0;; shift++) {
        uint64_t weights[OSL_MODEL_SYMBOLS] = {0};
        for (unsigned i = table > 0 ? 0 : OSL_MODEL_PLACES; i <= last; i++) {
            uint64_t weight = (8 * counts[i] + 2) >> shift;
            weights[i] = weight < 2 ? 2 : weight;
        }
        weights[OSL_MODEL_END] = 1;
        if (osl_model_huffman(weights, OSL_MODEL_SYMBOLS, lengths) <=
            OSL_MODEL_BITS)
            return;
    }
}

/* A code as the kernel takes it: with x = 1 c x…x under it, it loses what x
 * brings. */
static int32_t for_kernel(int32_t code, int32_t length, unsigned symbol)
{
    int32_t digit =
        (int32_t)(symbol < OSL_MODEL_PLACES ? symbol
                                            : symbol - OSL_MODEL_PLACES);
    return (code - 2 - digit % 2) * 256 + length + digit / 2;
}

/* Codes in order of length, then of symbols. */
static void give_codes(const uint8_t lengths[OSL_MODEL_SYMBOLS],
                       int32_t codes[OSL_MODEL_SYMBOLS])
{
    int32_t next = 0;
    for (int32_t length = 1; length <= OSL_MODEL_BITS; length++) {
        for (unsigned i = 0; i < OSL_MODEL_SYMBOLS; i++)
            if (lengths[i] == length)
                codes[i] = for_kernel(next++, length, i);
        next *= 2;
    }
}

/* Counts what `count` ranks, PIECE at most, become behind `context`; returns
 * the context behind them. Buckets are fetched before the first is read. */
static uint32_t count_symbols(const osl_model *model, uint32_t context,
                              const uint32_t *ranks, size_t count,
                              uint64_t counts[][OSL_MODEL_SYMBOLS])
{
    const osl_codes_bucket *buckets[PIECE];
    unsigned tables[PIECE];
    for (size_t i = 0; i < count; i++) {
        uint32_t place = model->places[context];
        buckets[i] = &model->buckets[osl_codes_bucket_of(place, ranks[i])];
        __builtin_prefetch(buckets[i]);
        tables[i] = place & 15;
        context = ranks[i] == UINT32_MAX ? 0 : osl_model_context(ranks[i]);
    }
    for (size_t i = 0; i < count; i++)
        if (ranks[i] != UINT32_MAX)
            counts[tables[i]][symbol_of_rank(buckets[i], ranks[i])]++;
    return context;
}

static void make_codes(osl_model *model, const osl_model_sample *sample,
                       uint32_t word_count)
{
    uint64_t counts[OSL_MODEL_TABLES][OSL_MODEL_SYMBOLS] = {{0}};
    uint32_t context = 0;
    for (size_t i = 0; i < sample->trial_count; i += PIECE) {
        size_t left = sample->trial_count - i;
        context = count_symbols(model, context, sample->trial + i,
                                left < PIECE ? left : PIECE, counts);
    }
    for (unsigned i = 0; i < OSL_MODEL_TABLES; i++) {
        choose_lengths(counts[i], word_count, i, model->lengths[i]);
        give_codes(model->lengths[i], model->codes[i]);
    }
}

static bool make_model(osl_model *model, const osl_model_sample *sample,
                       uint32_t word_count)
{
    bool done = make_lists(model, sample);
    if (done)
        make_codes(model, sample, word_count);
    return done;
}

/* What was spilled is read from its file. */
static osl_status read_spilled(osl_model_sample *sample, osl_error *err)
{
    const void *at = NULL;
    osl_status status = osl_spill_read(&sample->spill, &at, err);
    if (status != OSL_OK || !at)
        return status;
    if (sample->is_deep) {
        free(sample->said);
        sample->said = (uint16_t *)(uintptr_t)at;
    } else {
        free(sample->pairs);
        sample->pairs = (uint32_t *)(uintptr_t)at;
    }
    return OSL_OK;
}

osl_status osl_model_make(osl_model *out, osl_model_sample *sample,
                          uint32_t word_count, osl_error *err)
{
    *out = (osl_model){.firsts = NULL};
    if (sample->is_spilled && !sample->failed) {
        osl_status status = read_spilled(sample, err);
        if (status != OSL_OK)
            return status;
    }
    osl_status status = OSL_OK;
    if (!sample->failed && sample->is_deep)
        status = osl_deep_make(out, sample, word_count, err);
    else if (sample->failed || !make_model(out, sample, word_count))
        status = osl_fail(err, OSL_ENOMEM, "out of memory while coding texts");
    if (status != OSL_OK)
        osl_model_clear(out);
    return status;
}

void osl_model_clear(osl_model *model)
{
    free(model->firsts);
    free(model->followers);
    free(model->places);
    free(model->buckets);
    osl_deep_free(model->deep);
    *model = (osl_model){0};
}

osl_codes osl_model_codes(const osl_model *model)
{
    return (osl_codes){model->places, model->buckets, model->codes};
}

uint8_t *osl_model_encode(const osl_model *model, osl_codes_fn *kernel,
                          const uint32_t *ranks, size_t count, uint8_t *to)
{
    const osl_codes codes = osl_model_codes(model);
    return model->deep ? osl_deep_encode(model, ranks, count, to)
                       : kernel(&codes, ranks, count, to);
}

/* ---- reading ------------------------------------------------------------ */

/* False where the codes of `lengths` do not fill the table. */
static bool fill_table(uint16_t table[1 << OSL_MODEL_BITS],
                       const uint8_t *lengths, unsigned symbols)
{
    size_t ends[OSL_MODEL_BITS + 1] = {0}, sum = 0;
    for (unsigned i = 0; i < symbols; i++) {
        if (lengths[i] > OSL_MODEL_BITS)
            return false;
        ends[lengths[i]]++;
    }
    for (unsigned length = 1; length <= OSL_MODEL_BITS; length++) {
        size_t here = ends[length] << (OSL_MODEL_BITS - length);
        ends[length] = sum;
        sum += here;
    }
    if (sum != 1 << OSL_MODEL_BITS)
        return false;
    /* Where the codes of a length end by now. */
    for (unsigned i = 0; i < symbols; i++) {
        unsigned length = lengths[i];
        size_t count = (size_t)1 << (OSL_MODEL_BITS - length);
        for (size_t j = 0; j < count && length > 0; j++)
            table[ends[length]++] = (uint16_t)(i | length << 8);
    }
    return true;
}

osl_status osl_model_decoder_new(osl_model_decoder **out, uint32_t tables,
                                 uint32_t symbols, const uint8_t *lengths,
                                 osl_error *err)
{
    osl_model_decoder *decoder =
        malloc(sizeof *decoder + tables * sizeof *decoder->codes);
    *out = NULL;
    if (!decoder)
        return osl_fail(err, OSL_ENOMEM, "out of memory for texts");
    decoder->tables = tables;
    decoder->symbols = symbols;
    for (uint32_t i = 0; i < tables; i++) {
        if (fill_table(decoder->codes[i], lengths + (size_t)i * symbols,
                       symbols))
            continue;
        free(decoder);
        return OSL_OK;
    }
    *out = decoder;
    return OSL_OK;
}
