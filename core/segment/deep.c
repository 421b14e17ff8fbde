/* SPDX-License-Identifier: MIT */
#include "core/segment/deep.h"

#include "core/base/buf.h"
#include "core/base/pages.h"

#include <stdlib.h>
#include <string.h>

/* Costs are in sixteenths of a bit. */
enum { BIT = 16, NO_CODE = UINT16_MAX };

/* Contexts of two words: in how many of a bucket's slots there are as many
 * contexts; bytes of one and of a word in its list, which it has to save; how
 * often a word must have been seen there. */
enum { LOAD = 13, PAYS_CONTEXT = 60, PAYS_WORD = 24, SEEN_LEAST = 4 };

/* Keys that are looked at at once, about. */
enum { KEYS = 1 << 20 };

/* Words and separators that choose codes, about; how often they do; how often
 * contexts then look for the table that suits them. */
enum { TRIAL = 6000000, TRIALS = 3, TURNS = 4 };

/* 16 · log2, the same on every machine; of 0 that of 1. */
static uint32_t log_of(uint64_t x)
{
    static const uint8_t fine[16] = {0, 1,  3,  4,  5,  6,  7,  8,
                                     9, 10, 11, 12, 13, 14, 15, 15};
    unsigned top = 63 - (unsigned)__builtin_clzll(x | 1);
    return BIT * top + fine[(x | 1) << (63 - top) >> 59 & 15];
}

/* ---- what a rank becomes ------------------------------------------------ */

/* Where a rank stands. */
typedef struct context {
    const osl_deep_code *codes; /* of its table */
    const uint16_t *list;       /* of two words */
    uint32_t length;            /* of that */
    uint32_t number; /* among all: those of one word, then all slots */
} context;

static inline context find_context(const osl_deep *deep,
                                   const osl_deep_state *state)
{
    uint64_t hash = osl_deep_hash(state);
    uint32_t at = osl_deep_bucket_of(hash, deep->bucket_count);
    const uint8_t *bucket = deep->buckets + (size_t)at * OSL_DEEP_BUCKET;
    unsigned slot = hash ? osl_deep_slot(bucket, osl_deep_mark(hash))
                         : (unsigned)OSL_DEEP_SLOTS;
    if (slot == OSL_DEEP_SLOTS)
        return (context){.codes = deep->codes[deep->tables[state->last]],
                         .number = state->last};
    return (context){
        .codes = deep->codes[OSL_DEEP_SINGLE + bucket[OSL_DEEP_KINDS + slot]],
        .list = deep->followers + osl_deep_first(bucket, slot),
        .length = bucket[OSL_DEEP_LENGTHS + slot],
        .number = OSL_MODEL_CONTEXTS + at * OSL_DEEP_SLOTS + slot,
    };
}

/* The cheapest of what was offered. */
typedef struct choice {
    uint32_t cost, x; /* v + 2 */
    unsigned symbol, low;
} choice;

/* A number as a symbol of the kind that begins with `first`. */
static inline void offer(choice *best, const context *in, uint32_t v,
                         unsigned first)
{
    uint32_t x = v + 2;
    unsigned low = 30 - (unsigned)__builtin_clz(x);
    unsigned symbol = first + 2 * low + (x >> low) - 2;
    uint32_t cost = in->codes[symbol].cost + BIT * low;
    if (cost < best->cost)
        *best = (choice){cost, x, symbol, low};
}

static inline void offer_place_of_two(choice *best, const context *in,
                                      uint32_t rank)
{
    for (uint32_t i = 0; i < in->length; i++) {
        if (in->list[i] != rank)
            continue;
        offer(best, in, i, OSL_DEEP_PAIRS);
        return;
    }
}

static inline void offer_ago(choice *best, const context *in,
                             const osl_deep_state *state, uint32_t rank)
{
    uint32_t most =
        state->count < OSL_DEEP_RECENT ? state->count : OSL_DEEP_RECENT;
    if (rank < OSL_DEEP_COMMON)
        return;
    for (uint32_t i = 0; i < most; i++) {
        if (state->recent[(state->count - 1 - i) % OSL_DEEP_RECENT] != rank)
            continue;
        offer(best, in, i, OSL_DEEP_AGO);
        return;
    }
}

static inline choice choose(const osl_model *model, const context *in,
                            const osl_deep_state *state, uint32_t rank)
{
    choice best = {.cost = UINT32_MAX};
    if (rank < OSL_MODEL_RANKS)
        offer_place_of_two(&best, in, rank);
    offer_ago(&best, in, state, rank);
    uint32_t place = osl_model_place(model, state->last, rank);
    if (place < UINT32_MAX)
        offer(&best, in, place, OSL_DEEP_PLACES);
    offer(&best, in, rank, OSL_DEEP_RANKS);
    return best;
}

static inline bool is_ago(unsigned symbol)
{
    return symbol >= OSL_DEEP_AGO && symbol < OSL_DEEP_PLACES;
}

/* Bits from 63 down, fewer than 8 of them. */
typedef struct output {
    uint64_t held;
    unsigned used;
    uint8_t *to;
} output;

static inline void put(output *out, uint64_t value, unsigned length)
{
    uint64_t held = out->held | value << (64 - out->used - length);
    osl_put64(out->to, __builtin_bswap64(held));
    out->used += length;
    out->to += out->used / 8;
    out->held = held << (out->used & ~7u);
    out->used &= 7;
}

uint8_t *osl_deep_encode(const osl_model *model, const uint32_t *ranks,
                         size_t count, uint8_t *to)
{
    osl_deep_state state;
    output out = {0};
    out.to = to;
    osl_deep_begin(&state);
    for (size_t i = 0; i < count; i++) {
        context in = find_context(model->deep, &state);
        choice best = choose(model, &in, &state, ranks[i]);
        const osl_deep_code *code = &in.codes[best.symbol];
        uint64_t low = best.x & ((UINT64_C(1) << best.low) - 1);
        put(&out, (uint64_t)code->bits << best.low | low,
            code->length + best.low);
        osl_deep_pass(&state, ranks[i], is_ago(best.symbol));
    }
    if (out.used > 0)
        *out.to++ = (uint8_t)(out.held >> 56 | 0xFFu >> out.used);
    return out.to;
}

/* ---- contexts of two words ---------------------------------------------- */

/* One that pays: its words, and its list. */
typedef struct pair {
    uint32_t before, last, first;
    uint8_t length;
} pair;

typedef struct candidate {
    uint32_t count, rank;
} candidate;

typedef struct finder {
    osl_model *model;
    const osl_model_sample *sample;
    osl_model_lister lister;
    uint32_t *counts;      /* of each last word's keys; all own */
    uint32_t *starts;      /* of those that are looked at */
    uint32_t *keys;        /* context before << 16 | rank, by last word */
    uint32_t *spare;       /* as many as a word has */
    candidate *candidates; /* of one context */
    pair *pairs;
    uint16_t *followers;
    size_t pair_count, pair_capacity, follower_count, follower_capacity;
} finder;

static void finder_clear(finder *f)
{
    osl_model_lister_end(&f->lister);
    free(f->counts);
    free(f->starts);
    free(f->keys);
    free(f->spare);
    free(f->candidates);
    free(f->pairs);
    free(f->followers);
}

/* Goes through the sample: how many keys each last word has. */
static void count_keys(const osl_model_sample *sample, uint32_t *counts)
{
    const uint16_t *at = sample->said, *end = at + sample->said_count;
    uint32_t last = 0;
    while (at < end) {
        uint32_t rank = osl_deep_said(&at);
        counts[last] += rank < OSL_MODEL_RANKS;
        last = rank == UINT32_MAX ? 0 : osl_model_context(rank);
    }
}

/* And puts those of the last words [from, to) where starts[] says. */
static void put_keys(finder *f, uint32_t from, uint32_t to)
{
    const uint16_t *at = f->sample->said, *end = at + f->sample->said_count;
    uint32_t before = OSL_MODEL_CONTEXTS - 1, last = 0;
    while (at < end) {
        uint32_t rank = osl_deep_said(&at);
        if (last - from < to - from && rank < OSL_MODEL_RANKS)
            f->keys[f->starts[last]++] = before << 16 | rank;
        before = rank == UINT32_MAX ? OSL_MODEL_CONTEXTS - 1 : last;
        last = rank == UINT32_MAX ? 0 : osl_model_context(rank);
    }
}

/* Last words [from, returned) whose keys are looked at at once; *sum of them. */
static uint32_t end_of_part(const finder *f, uint32_t from, size_t *sum)
{
    uint32_t to = from;
    *sum = 0;
    while (to < OSL_MODEL_CONTEXTS - 1 &&
           (to == from || *sum + f->counts[to] <= KEYS))
        *sum += f->counts[to++];
    return to;
}

/* As many as the largest part has, and the most frequent word. */
static bool make_room(finder *f)
{
    size_t most = 0, most_of_one = 0, sum;
    f->counts = calloc(OSL_MODEL_CONTEXTS, sizeof *f->counts);
    f->starts = calloc(OSL_MODEL_CONTEXTS, sizeof *f->starts);
    if (!f->counts || !f->starts)
        return false;
    count_keys(f->sample, f->counts);
    for (uint32_t i = 0; i + 1 < OSL_MODEL_CONTEXTS;) {
        i = end_of_part(f, i, &sum);
        most = sum > most ? sum : most;
    }
    for (uint32_t i = 0; i + 1 < OSL_MODEL_CONTEXTS; i++)
        most_of_one = f->counts[i] > most_of_one ? f->counts[i] : most_of_one;
    f->keys = osl_pages_take(most + 1, sizeof *f->keys);
    f->spare = malloc((most_of_one + 1) * sizeof *f->spare);
    f->candidates = malloc(OSL_MODEL_RANKS * sizeof *f->candidates);
    return f->keys && f->spare && f->candidates;
}

enum { FEW = 32 };

static void sort_few(uint32_t *keys, size_t count, unsigned shift)
{
    for (size_t i = 1; i < count; i++) {
        uint32_t key = keys[i];
        size_t at = i;
        for (; at > 0 &&
               (uint16_t)(keys[at - 1] >> shift) > (uint16_t)(key >> shift);
             at--)
            keys[at] = keys[at - 1];
        keys[at] = key;
    }
}

/* By the 16 bits from `shift` on; stable. By two digits: what was moved comes
 * back. */
static void sort_keys(uint32_t *keys, uint32_t *spare, size_t count,
                      unsigned shift)
{
    uint32_t ends[2][256] = {{0}};
    if (count <= FEW) {
        sort_few(keys, count, shift);
        return;
    }
    for (size_t i = 0; i < count; i++)
        for (unsigned digit = 0; digit < 2; digit++)
            ends[digit][keys[i] >> (shift + 8 * digit) & 255]++;
    for (unsigned digit = 0; digit < 2; digit++) {
        uint32_t *to = ends[digit], sum = 0;
        for (unsigned i = 0; i < 256; i++) {
            uint32_t here = to[i];
            to[i] = sum;
            sum += here;
        }
        for (size_t i = 0; i < count; i++)
            spare[to[keys[i] >> (shift + 8 * digit) & 255]++] = keys[i];
        uint32_t *swap = keys;
        keys = spare;
        spare = swap;
    }
}

/* What a word costs in the context of one, about; and in that of two. */
static uint32_t cost_behind_one(const osl_model *model, uint32_t last,
                                uint32_t rank)
{
    uint32_t place = osl_model_place(model, last, rank);
    return place < UINT32_MAX
               ? 5 * BIT / 2 + 11 * (log_of(2 * (uint64_t)place + 3) - BIT) / 8
               : 5 * BIT + log_of((uint64_t)rank + 2);
}

static uint32_t cost_behind_two(size_t count, size_t all)
{
    return 10 + log_of(16 * (uint64_t)all) - log_of(16 * (uint64_t)count);
}

static int compare_candidates(const void *left, const void *right)
{
    const candidate *a = left, *b = right;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return a->rank < b->rank ? -1 : a->rank > b->rank;
}

/* Candidates of a context of two words, whose keys are [from, to); *gain is
 * what they save. */
static size_t find_candidates(const finder *f, uint32_t last,
                              const uint32_t *from, const uint32_t *to,
                              int64_t *gain)
{
    const uint32_t every = f->sample->every;
    size_t count = 0, all = (size_t)(to - from), covered = 0;
    *gain = 0;
    while (from < to) {
        const uint32_t *key = from;
        while (from < to && *from == *key)
            from++;
        size_t seen = (size_t)(from - key);
        if (seen < 2 || seen * every < SEEN_LEAST)
            continue;
        int64_t saved =
            (int64_t)(seen * every) *
                ((int64_t)cost_behind_one(f->model, last, *key & 0xFFFF) -
                 cost_behind_two(seen, all)) -
            (int64_t)PAYS_WORD * BIT;
        if (saved <= 0)
            continue;
        *gain += saved;
        covered += seen;
        f->candidates[count++] = (candidate){(uint32_t)seen, *key & 0xFFFF};
    }
    /* The others are told from these, which half of them would need anyway. */
    size_t others = all - covered;
    if (others > 0)
        *gain -= (int64_t)(others * every) *
                 (log_of(16 * (uint64_t)all) - log_of(16 * (uint64_t)others)) /
                 2;
    return count;
}

static bool add_pair(finder *f, uint32_t before, uint32_t last, size_t count)
{
    qsort(f->candidates, count, sizeof *f->candidates, compare_candidates);
    count = count < OSL_MODEL_LIST ? count : OSL_MODEL_LIST;
    if (!osl_grow(&f->pairs, &f->pair_capacity, f->pair_count + 1,
                  sizeof *f->pairs) ||
        !osl_grow(&f->followers, &f->follower_capacity,
                  f->follower_count + count, sizeof *f->followers))
        return false;
    f->pairs[f->pair_count++] =
        (pair){before, last, (uint32_t)f->follower_count, (uint8_t)count};
    for (size_t i = 0; i < count; i++)
        f->followers[f->follower_count++] = (uint16_t)f->candidates[i].rank;
    return true;
}

/* Of two words, the last of which is this: keys are by both that are left. */
static bool find_pairs_of(finder *f, uint32_t last, const uint32_t *from,
                          const uint32_t *to)
{
    while (from < to) {
        const uint32_t *first = from;
        int64_t gain;
        while (from < to && *from >> 16 == *first >> 16)
            from++;
        if (*first >> 16 == OSL_MODEL_CONTEXTS - 1 ||
            (size_t)(from - first) * f->sample->every < SEEN_LEAST)
            continue;
        size_t count = find_candidates(f, last, first, from, &gain);
        if (count > 0 && gain >= (int64_t)PAYS_CONTEXT * BIT &&
            !add_pair(f, *first >> 16, last, count))
            return false;
    }
    return true;
}

/* Lists of one word, and of two that it is the last of. */
static bool list_word(finder *f, uint32_t last, uint32_t *keys)
{
    size_t count = f->counts[last];
    sort_keys(keys, f->spare, count, 0);
    if (!osl_model_lister_add(&f->lister, last, keys, keys + count))
        return false;
    sort_keys(keys, f->spare, count, 16);
    return find_pairs_of(f, last, keys, keys + count);
}

static bool list_part(finder *f, uint32_t from, uint32_t to)
{
    uint32_t sum = 0;
    for (uint32_t i = from; i < to; i++) {
        f->starts[i] = sum;
        sum += f->counts[i];
    }
    put_keys(f, from, to);
    /* Each start is its end by now. */
    for (uint32_t i = from; i < to; i++)
        if (!list_word(f, i, f->keys + (f->starts[i] - f->counts[i])))
            return false;
    return true;
}

static bool find_lists(finder *f)
{
    if (!osl_model_lister_begin(&f->lister, f->model, f->sample->every, 0) ||
        !make_room(f))
        return false;
    for (uint32_t from = 0, to; from + 1 < OSL_MODEL_CONTEXTS; from = to) {
        size_t sum;
        to = end_of_part(f, from, &sum);
        if (!list_part(f, from, to))
            return false;
    }
    /* The last context has none. */
    return osl_model_lister_add(&f->lister, OSL_MODEL_CONTEXTS - 1, NULL, NULL);
}

static uint64_t hash_of(const pair *p)
{
    return osl_deep_hash(
        &(osl_deep_state){.before = p->before, .last = p->last});
}

/* A slot for a context: a bucket that is full, or has its mark, has none. */
static void place_pair(const osl_deep *deep, uint32_t *slots, const pair *p,
                       uint32_t number)
{
    uint64_t hash = hash_of(p);
    uint32_t at = osl_deep_bucket_of(hash, deep->bucket_count);
    uint8_t *bucket = deep->buckets + (size_t)at * OSL_DEEP_BUCKET;
    uint16_t mark = osl_deep_mark(hash);
    unsigned slot = osl_deep_slot(bucket, 0);
    if (slot == OSL_DEEP_SLOTS || osl_deep_slot(bucket, mark) < OSL_DEEP_SLOTS)
        return;
    osl_put16(bucket + OSL_DEEP_MARKS + 2 * (size_t)slot, mark);
    bucket[OSL_DEEP_LENGTHS + slot] = p->length;
    slots[(size_t)at * OSL_DEEP_SLOTS + slot] = number;
}

/* Lists in the order of the slots. */
static void put_lists(osl_deep *deep, const finder *f, const uint32_t *slots)
{
    for (uint32_t i = 0; i < deep->bucket_count; i++) {
        uint8_t *bucket = deep->buckets + (size_t)i * OSL_DEEP_BUCKET;
        osl_put32(bucket, deep->follower_count);
        for (unsigned j = 0; j < OSL_DEEP_SLOTS; j++) {
            const pair *p = &f->pairs[slots[(size_t)i * OSL_DEEP_SLOTS + j]];
            uint8_t length = bucket[OSL_DEEP_LENGTHS + j];
            for (uint8_t k = 0; k < length; k++)
                deep->followers[deep->follower_count++] =
                    f->followers[p->first + k];
        }
    }
}

static bool make_buckets(osl_deep *deep, const finder *f)
{
    size_t count = f->pair_count / LOAD + 1;
    uint32_t *slots = calloc(count * OSL_DEEP_SLOTS, sizeof *slots);
    deep->bucket_count = (uint32_t)count;
    deep->buckets = calloc(count, OSL_DEEP_BUCKET);
    deep->followers = malloc((f->follower_count + 1) * sizeof *deep->followers);
    bool done = slots && deep->buckets && deep->followers;
    for (uint32_t i = 0; i < f->pair_count && done; i++)
        place_pair(deep, slots, &f->pairs[i], i);
    if (done && f->pair_count > 0)
        put_lists(deep, f, slots);
    free(slots);
    return done;
}

/* ---- tables ------------------------------------------------------------- */

/* How often each context of the trial put which symbol. */
typedef struct trainer {
    const osl_model *model;
    const osl_model_sample *sample;
    unsigned last_rank;    /* symbol of the greatest rank */
    uint32_t count, width; /* contexts; symbols that there may be of each */
    uint32_t *ones;        /* of contexts of one word; own */
    uint16_t *twos;        /* of two, which are many */
    osl_spill spill;       /* has them where memory is little */
    uint64_t sums[OSL_DEEP_TABLES][OSL_DEEP_SYMBOLS];
} trainer;

/* The table of a context, less the first of its kind. */
static uint8_t *kind_of(const trainer *t, uint32_t number)
{
    osl_deep *deep = t->model->deep;
    if (number < OSL_MODEL_CONTEXTS)
        return &deep->tables[number];
    uint32_t slot = number - OSL_MODEL_CONTEXTS;
    return &deep->buckets[(size_t)(slot / OSL_DEEP_SLOTS) * OSL_DEEP_BUCKET +
                          OSL_DEEP_KINDS + slot % OSL_DEEP_SLOTS];
}

static unsigned base_of(uint32_t number)
{
    return number < OSL_MODEL_CONTEXTS ? 0 : OSL_DEEP_SINGLE;
}

static inline uint32_t seen(const trainer *t, uint32_t number, unsigned symbol)
{
    return number < OSL_MODEL_CONTEXTS
               ? t->ones[(size_t)number * t->width + symbol]
               : t->twos[(size_t)(number - OSL_MODEL_CONTEXTS) * t->width +
                         symbol];
}

static inline void see(trainer *t, uint32_t number, unsigned symbol)
{
    if (number < OSL_MODEL_CONTEXTS) {
        t->ones[(size_t)number * t->width + symbol]++;
        return;
    }
    uint16_t *count =
        &t->twos[(size_t)(number - OSL_MODEL_CONTEXTS) * t->width + symbol];
    *count = (uint16_t)(*count + (*count < UINT16_MAX));
}

static bool has_code(const trainer *t, unsigned table, unsigned symbol)
{
    if (symbol < OSL_DEEP_AGO)
        return table >= OSL_DEEP_SINGLE;
    return symbol != OSL_DEEP_PLACES - 1 && symbol <= t->last_rank;
}

/* Before anything is known. */
static unsigned first_cost(unsigned symbol)
{
    if (symbol < OSL_DEEP_AGO)
        return BIT + 5 * (symbol / 2);
    if (symbol < OSL_DEEP_PLACES)
        return 5 * BIT + 5 * ((symbol - OSL_DEEP_AGO) / 2);
    if (symbol < OSL_DEEP_RANKS)
        return 2 * BIT + 5 * ((symbol - OSL_DEEP_PLACES) / 2);
    return 5 * BIT - (symbol - OSL_DEEP_RANKS) / 2;
}

static void begin_costs(const trainer *t)
{
    for (unsigned table = 0; table < OSL_DEEP_TABLES; table++)
        for (unsigned i = 0; i < OSL_DEEP_SYMBOLS; i++)
            t->model->deep->codes[table][i].cost =
                has_code(t, table, i) ? (uint16_t)first_cost(i) : NO_CODE;
}

/* Counts what the texts of the trial become with the costs as they are. */
static void try_codes(trainer *t)
{
    const uint16_t *at = t->sample->said, *end = at + t->sample->said_count;
    size_t step = t->sample->said_count / TRIAL + 1, text = 0;
    osl_deep_state state;
    osl_deep_begin(&state);
    memset(t->ones, 0, (size_t)OSL_MODEL_CONTEXTS * t->width * sizeof *t->ones);
    memset(t->twos, 0,
           (size_t)(t->count - OSL_MODEL_CONTEXTS) * t->width *
               sizeof *t->twos);
    while (at < end) {
        uint32_t rank = osl_deep_said(&at);
        if (rank == UINT32_MAX) {
            osl_deep_begin(&state);
            text++;
        }
        if (rank == UINT32_MAX || text % step != 0)
            continue;
        context in = find_context(t->model->deep, &state);
        choice best = choose(t->model, &in, &state, rank);
        see(t, in.number, best.symbol);
        osl_deep_pass(&state, rank, is_ago(best.symbol));
    }
}

/* A context that is to have a table: by what one word costs, about. */
typedef struct weighed {
    uint32_t mean, number, count;
} weighed;

static int compare_weighed(const void *left, const void *right)
{
    const weighed *a = left, *b = right;
    if (a->mean != b->mean)
        return a->mean < b->mean ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

static weighed weigh(const trainer *t, uint32_t number)
{
    uint64_t count = 0, cost = 0;
    for (unsigned i = 0; i < t->width; i++) {
        unsigned kind = i < OSL_DEEP_AGO      ? OSL_DEEP_PAIRS
                        : i < OSL_DEEP_PLACES ? OSL_DEEP_AGO
                        : i < OSL_DEEP_RANKS  ? OSL_DEEP_PLACES
                                              : OSL_DEEP_RANKS;
        count += seen(t, number, i);
        cost += (uint64_t)seen(t, number, i) *
                (first_cost(i) + BIT * ((i - kind) / 2));
    }
    return (weighed){count > 0 ? (uint32_t)(cost / count) : 0, number,
                     (uint32_t)count};
}

/* Contexts [from, to) in order of what they cost, as much to each table. */
static bool share_out(const trainer *t, uint32_t from, uint32_t to)
{
    weighed *all = malloc(((size_t)(to - from) + 1) * sizeof *all);
    uint64_t sum = 0, passed = 0;
    if (!all)
        return false;
    for (uint32_t i = from; i < to; i++) {
        all[i - from] = weigh(t, i);
        sum += all[i - from].count;
    }
    qsort(all, to - from, sizeof *all, compare_weighed);
    for (uint32_t i = 0; i < to - from; i++) {
        *kind_of(t, all[i].number) =
            (uint8_t)(passed * OSL_DEEP_SINGLE / (sum + 1));
        passed += all[i].count;
    }
    free(all);
    return true;
}

static void sum_up(trainer *t)
{
    memset(t->sums, 0, sizeof t->sums);
    for (uint32_t n = 0; n < t->count; n++) {
        uint64_t *to = t->sums[base_of(n) + *kind_of(t, n)];
        for (unsigned i = 0; i < t->width; i++)
            to[i] += seen(t, n, i);
    }
}

/* Costs of a code for what was counted: a bit at least, no more than codes
 * take. */
static void set_costs(const trainer *t)
{
    for (unsigned table = 0; table < OSL_DEEP_TABLES; table++) {
        uint64_t all = 0;
        for (unsigned i = 0; i < OSL_DEEP_SYMBOLS; i++)
            all += t->sums[table][i];
        for (unsigned i = 0; i < OSL_DEEP_SYMBOLS; i++) {
            uint32_t cost = log_of(16 * all + OSL_DEEP_SYMBOLS) -
                            log_of(16 * t->sums[table][i] + 1);
            cost = cost < BIT ? BIT : cost;
            cost = cost > OSL_MODEL_BITS * BIT ? OSL_MODEL_BITS * BIT : cost;
            t->model->deep->codes[table][i].cost =
                has_code(t, table, i) ? (uint16_t)cost : NO_CODE;
        }
    }
}

/* The cheapest table for each context of those [from, to) that were seen. */
static void choose_tables(const trainer *t, uint32_t from, uint32_t to)
{
    uint32_t costs[OSL_DEEP_SYMBOLS][OSL_DEEP_SINGLE];
    unsigned base = base_of(from);
    for (unsigned i = 0; i < OSL_DEEP_SYMBOLS; i++)
        for (unsigned table = 0; table < OSL_DEEP_SINGLE; table++)
            costs[i][table] = t->model->deep->codes[base + table][i].cost;
    for (uint32_t n = from; n < to; n++) {
        uint64_t sums[OSL_DEEP_SINGLE] = {0};
        unsigned best = 0;
        for (unsigned i = 0; i < t->width; i++) {
            uint32_t times = seen(t, n, i);
            for (unsigned table = 0; times > 0 && table < OSL_DEEP_SINGLE;
                 table++)
                sums[table] += (uint64_t)times * costs[i][table];
        }
        for (unsigned table = 1; table < OSL_DEEP_SINGLE; table++)
            best = sums[table] < sums[best] ? table : best;
        if (sums[best] > 0)
            *kind_of(t, n) = (uint8_t)best;
    }
}

/* No code above OSL_MODEL_BITS, as in model.c. */
static void choose_lengths(const trainer *t, unsigned table)
{
    uint8_t *lengths = t->model->deep->lengths[table];
    for (unsigned shift = 0;; shift++) {
        uint64_t weights[OSL_DEEP_SYMBOLS] = {0};
        for (unsigned i = 0; i < OSL_DEEP_END; i++) {
            uint64_t weight = (8 * t->sums[table][i] + 2) >> shift;
            if (has_code(t, table, i))
                weights[i] = weight < 2 ? 2 : weight;
        }
        weights[OSL_DEEP_END] = 1;
        if (osl_model_huffman(weights, OSL_DEEP_SYMBOLS, lengths) <=
            OSL_MODEL_BITS)
            return;
    }
}

/* Codes in order of length, then of symbols. */
static void give_codes(osl_deep *deep, unsigned table)
{
    const uint8_t *lengths = deep->lengths[table];
    unsigned next = 0;
    for (unsigned i = 0; i < OSL_DEEP_SYMBOLS; i++)
        deep->codes[table][i] = (osl_deep_code){0, NO_CODE, 0};
    for (unsigned length = 1; length <= OSL_MODEL_BITS; length++) {
        for (unsigned i = 0; i < OSL_DEEP_SYMBOLS; i++)
            if (lengths[i] == length)
                deep->codes[table][i] =
                    (osl_deep_code){(uint16_t)next++, (uint16_t)(BIT * length),
                                    (uint8_t)length};
        next *= 2;
    }
}

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "out of memory while coding texts");
}

static osl_status make_counts(trainer *t, osl_error *err)
{
    const uint32_t single = OSL_MODEL_CONTEXTS;
    size_t twos = (size_t)(t->count - single) * t->width;
    void *room = NULL;
    osl_status status = OSL_OK;
    t->ones = osl_pages_take((size_t)single * t->width, sizeof *t->ones);
    if (!t->sample->is_spilled)
        room = osl_pages_take(twos, sizeof *t->twos);
    else
        status = osl_spill_open(&t->spill, t->sample->spill.path, err);
    if (status == OSL_OK && t->spill.is_open)
        status = osl_spill_room(&t->spill, twos * sizeof *t->twos, &room, err);
    t->twos = room;
    if (status == OSL_OK && (!t->ones || !t->twos))
        status = no_memory(err);
    return status;
}

static osl_status train(trainer *t, osl_error *err)
{
    const uint32_t single = OSL_MODEL_CONTEXTS;
    osl_status status = make_counts(t, err);
    if (status != OSL_OK)
        return status;
    begin_costs(t);
    for (unsigned trial = 0; trial < TRIALS; trial++) {
        try_codes(t);
        if (trial == 0 &&
            (!share_out(t, 0, single) || !share_out(t, single, t->count)))
            return no_memory(err);
        for (unsigned turn = 0; turn < TURNS; turn++) {
            sum_up(t);
            set_costs(t);
            choose_tables(t, 0, single);
            choose_tables(t, single, t->count);
        }
        sum_up(t);
        set_costs(t);
    }
    for (unsigned table = 0; table < OSL_DEEP_TABLES; table++) {
        choose_lengths(t, table);
        give_codes(t->model->deep, table);
    }
    return OSL_OK;
}

osl_status osl_deep_make(osl_model *model, const osl_model_sample *sample,
                         uint32_t word_count, osl_error *err)
{
    finder f = {.model = model, .sample = sample};
    uint32_t x = word_count + 1;
    unsigned bits = 30 - (unsigned)__builtin_clz(x | 2);
    model->deep = calloc(1, sizeof *model->deep);
    bool done = model->deep && find_lists(&f) && make_buckets(model->deep, &f);
    finder_clear(&f);
    if (!done)
        return no_memory(err);
    trainer *t = calloc(1, sizeof *t);
    if (!t)
        return no_memory(err);
    t->model = model;
    t->sample = sample;
    t->last_rank = OSL_DEEP_RANKS + 2 * bits + (x >> bits & 1);
    t->width = t->last_rank + 1;
    t->count = OSL_MODEL_CONTEXTS + model->deep->bucket_count * OSL_DEEP_SLOTS;
    osl_status status = train(t, err);
    free(t->ones);
    if (!t->sample->is_spilled)
        free(t->twos);
    osl_spill_close(&t->spill);
    free(t);
    return status;
}

void osl_deep_free(osl_deep *deep)
{
    if (!deep)
        return;
    free(deep->buckets);
    free(deep->followers);
    free(deep);
}
