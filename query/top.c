/* SPDX-License-Identifier: MIT */
#include "query/top.h"

#include "core/base/buf.h"

#include <stdlib.h>
#include <string.h>

enum { FEW = 16, MORE = 64, BUCKETS = 128 };
enum { STEP_BITS = 6, STEPS = 32 << STEP_BITS };

/* ---- steps of score ------------------------------------------------------ */

/* The least key of a score. */
static uint64_t key_of(uint32_t score)
{
    return score * ((uint64_t)UINT32_MAX + 1);
}

/* The highest bit of a score and the six behind it. */
static unsigned step_of(uint32_t score)
{
    unsigned high = 31u - (unsigned)__builtin_clz(score | 1);
    return high << STEP_BITS |
           (unsigned)(((uint64_t)score << STEP_BITS >> high) &
                      (STEPS / 32 - 1));
}

/* The least score of a step. */
static uint32_t least_of(unsigned step)
{
    uint64_t head = STEPS / 32 + step % (STEPS / 32);
    return step ? (uint32_t)(head << (step >> STEP_BITS) >> STEP_BITS) : 0;
}

static bool begin_steps(osl_top *top)
{
    if (!top->steps) {
        top->steps = calloc(STEPS, sizeof *top->steps);
        top->lowest = STEPS;
    }
    if (top->steps && top->lowest < STEPS)
        memset(top->steps + top->lowest, 0,
               (top->highest - top->lowest + 1) * sizeof *top->steps);
    top->lowest = top->step = STEPS;
    top->highest = 0;
    top->reached = 0;
    return top->steps;
}

/* Counts an entry. Scores below the step in which the k-th best is cannot
 * enter any more. */
static void count_step(osl_top *top, uint32_t score)
{
    unsigned step = step_of(score);
    top->steps[step]++;
    top->lowest = step < top->lowest ? step : top->lowest;
    top->highest = step > top->highest ? step : top->highest;
    if (top->reached < top->k)
        top->step = top->lowest;
    else if (step < top->step)
        return;
    if (++top->reached < top->k)
        return;
    while (top->reached - top->steps[top->step] >= top->k)
        top->reached -= top->steps[top->step++];
    uint32_t least = least_of(top->step);
    if (least > top->threshold) {
        top->threshold = least;
        top->least = key_of(least);
    }
}

/* An entry was added. */
static void follow(osl_top *top)
{
    size_t from = top->reached > 0 ? top->count - 1 : 0;
    if (top->reached == 0 && top->count <= top->k)
        return;
    for (size_t i = from; i < top->count; i++)
        count_step(top, top->scores[i]);
}

/* ---- ranks -------------------------------------------------------------- */

static void put_rank(const osl_top *top, osl_top_key *entry)
{
    if (!(uint32_t)entry->key)
        entry->key |= UINT32_MAX - osl_ranks_get(top->ranks, entry->paragraph);
}

static bool have_same_score(const osl_top_key *a, const osl_top_key *b)
{
    return (a->key ^ b->key) >> 32 == 0;
}

/* Whether `a` stands before `b`; ranks are looked up where these decide. */
static bool stands_before(const osl_top *top, osl_top_key *a, osl_top_key *b)
{
    if (have_same_score(a, b)) {
        put_rank(top, a);
        put_rank(top, b);
    }
    return a->key > b->key;
}

/* ---- the pile ----------------------------------------------------------- */

bool osl_top_begin(osl_top *top, const osl_ranks *ranks, size_t k,
                   uint32_t threshold, uint32_t most)
{
    enum { MANY = 8 }; /* times k */
    size_t room;
    top->ranks = ranks;
    top->k = k;
    top->count = 0;
    top->failed = top->sorted = false;
    top->reached = 0;
    top->follows = k > FEW && most / MANY > k;
    top->threshold = threshold;
    top->least = key_of(threshold);
    if (__builtin_add_overflow(k, k <= FEW ? 1 : k / 2 + MORE, &room))
        return false;
    /* A k beyond all paragraphs takes no more memory than there are hits. */
    top->room = room;
    size_t first = room < 4096 ? room : 4096;
    return (!top->follows || begin_steps(top)) &&
           osl_grow(&top->keys, &top->capacity, first, sizeof *top->keys) &&
           osl_grow(&top->scores, &top->score_capacity, first,
                    sizeof *top->scores);
}

void osl_top_clear(osl_top *top)
{
    free(top->keys);
    free(top->scores);
    free(top->steps);
    free(top->spread);
    *top = (osl_top){0};
}

static void swap(osl_top_key *a, osl_top_key *b)
{
    osl_top_key keep = *a;
    *a = *b;
    *b = keep;
}

/* Moves the k greatest to the front (Hoare's selection). */
static void select_best(osl_top *top)
{
    osl_top_key *keys = top->keys;
    size_t low = 0, high = top->count - 1, target = top->k - 1;
    while (low < high) {
        uint64_t pivot = keys[low + (high - low) / 2].key;
        size_t i = low, j = high;
        for (;; i++, j--) {
            while (keys[i].key > pivot)
                i++;
            while (keys[j].key < pivot)
                j--;
            if (i >= j)
                break;
            swap(&keys[i], &keys[j]);
        }
        if (target <= j)
            high = j;
        else
            low = j + 1;
    }
}

/* The k entries there are: what is below the least cannot enter. */
static void raise_threshold(osl_top *top)
{
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < top->k; i++)
        least = top->keys[i].key < least ? top->keys[i].key : least;
    top->least = least;
    top->threshold = (uint32_t)(least >> 32);
}

static size_t count_from(const osl_top *top, uint32_t least)
{
    uint32_t count = 0;
    for (size_t i = 0; i < top->count; i++)
        count += top->scores[i] >= least;
    return count;
}

/* Scores between which the k-th best is: those of its step, or all. */
static void find_limits(const osl_top *top, uint32_t *low, uint32_t *high)
{
    *low = *high = top->threshold;
    if (top->reached > 0) {
        /* Behind all steps: 0 - 1. The first has 0 and 1. */
        *high = top->step ? least_of(top->step + 1) - 1 : 1;
        return;
    }
    for (size_t i = 0; i < top->count; i++)
        *high = top->scores[i] > *high ? top->scores[i] : *high;
}

/* The greatest score that k entries reach, or a lower one that at most `more`
 * others do. By halving what it can be: each step is a count, without a branch
 * on any entry. */
static uint32_t kth_score(const osl_top *top, size_t more)
{
    uint32_t low, high;
    find_limits(top, &low, &high);
    size_t reached = count_from(top, low);
    while (low < high && reached > top->k + more) {
        uint32_t middle = low + (high - low) / 2 + 1;
        size_t count = count_from(top, middle);
        if (count >= top->k) {
            low = middle;
            reached = count;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

/* Drops what is not among the k best, but for `more` at most. */
static void cut_back(osl_top *top, size_t more)
{
    size_t kept = 0;
    if (top->count <= top->k + more)
        return;
    uint32_t least = kth_score(top, more);
    for (size_t i = 0; i < top->count; i++) {
        top->keys[kept] = top->keys[i];
        top->scores[kept] = top->scores[i];
        kept += top->scores[kept] >= least;
    }
    top->count = kept;
    top->threshold = least;
    top->least = key_of(least);
    if (kept <= top->k + more)
        return;
    /* Many have the very score: ranks decide. */
    for (size_t i = 0; i < kept; i++)
        if (top->scores[i] == least)
            put_rank(top, &top->keys[i]);
    select_best(top);
    top->count = top->k;
    for (size_t i = 0; i < top->count; i++)
        top->scores[i] = (uint32_t)(top->keys[i].key >> 32);
    raise_threshold(top);
}

static void insert(osl_top *top, osl_top_key entry)
{
    osl_top_key *keys = top->keys;
    size_t at = top->count;
    if (at < top->k)
        top->count++;
    else if (!stands_before(top, &entry, &keys[--at]))
        return;
    for (; at > 0 && stands_before(top, &entry, &keys[at - 1]); at--)
        keys[at] = keys[at - 1];
    keys[at] = entry;
    if (top->count == top->k)
        top->threshold = (uint32_t)(keys[top->k - 1].key >> 32);
}

void osl_top_push(osl_top *top, uint32_t score, uint32_t paragraph)
{
    osl_top_key entry = {key_of(score), paragraph};
    if (score < top->threshold || top->k == 0)
        return;
    if (top->k <= FEW) {
        insert(top, entry);
        return;
    }
    if (score == top->threshold && (uint32_t)top->least) {
        put_rank(top, &entry);
        if (entry.key < top->least)
            return;
    }
    if (top->count == top->room)
        cut_back(top, top->k / 16);
    if (!osl_grow(&top->keys, &top->capacity, top->count + 1,
                  sizeof *top->keys) ||
        !osl_grow(&top->scores, &top->score_capacity, top->count + 1,
                  sizeof *top->scores)) {
        top->failed = true;
        return;
    }
    top->scores[top->count] = score;
    top->keys[top->count++] = entry;
    if (top->follows)
        follow(top);
}

void osl_top_end(osl_top *top)
{
    if (top->k > FEW && !top->sorted)
        cut_back(top, 0);
}

static void sort_few(osl_top_key *keys, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        osl_top_key entry = keys[i];
        size_t at = i;
        for (; at > 0 && keys[at - 1].key < entry.key; at--)
            keys[at] = keys[at - 1];
        keys[at] = entry;
    }
}

/* Quicksort; the smaller half by recursion, so it is never deep. */
static void sort_keys(osl_top_key *keys, size_t count)
{
    while (count > FEW) {
        uint64_t pivot = keys[(count - 1) / 2].key;
        size_t i = 0, j = count - 1;
        for (;; i++, j--) {
            while (keys[i].key > pivot)
                i++;
            while (keys[j].key < pivot)
                j--;
            if (i >= j)
                break;
            swap(&keys[i], &keys[j]);
        }
        size_t left = j + 1, right = count - left;
        if (left < right) {
            sort_keys(keys, left);
            keys += left;
            count = right;
        } else {
            sort_keys(keys + left, right);
            count = left;
        }
    }
    sort_few(keys, count);
}

static size_t bucket_of(const osl_top_key *entry, uint32_t high, uint64_t scale)
{
    return (size_t)((high - (entry->key >> 32)) * scale >> 32);
}

/* Puts entries into buckets of equal steps of score, the best first, so that
 * few are to be ordered in each. False: no memory. */
static bool spread_keys(osl_top *top)
{
    size_t ends[BUCKETS] = {0}, end = 0;
    uint32_t low = UINT32_MAX, high = 0;
    if (!osl_grow(&top->spread, &top->spread_capacity, top->count,
                  sizeof *top->spread))
        return false;
    for (size_t i = 0; i < top->count; i++) {
        uint32_t score = (uint32_t)(top->keys[i].key >> 32);
        low = score < low ? score : low;
        high = score > high ? score : high;
    }
    uint64_t scale = ((uint64_t)BUCKETS << 32) / ((uint64_t)(high - low) + 1);
    for (size_t i = 0; i < top->count; i++)
        ends[bucket_of(&top->keys[i], high, scale)]++;
    for (size_t b = 0; b < BUCKETS; b++)
        ends[b] = end += ends[b];
    for (size_t i = top->count; i-- > 0;) {
        const osl_top_key *entry = &top->keys[i];
        top->spread[--ends[bucket_of(entry, high, scale)]] = *entry;
    }
    memcpy(top->keys, top->spread, top->count * sizeof *top->keys);
    for (size_t b = 0; b < BUCKETS; b++) {
        size_t next = b + 1 < BUCKETS ? ends[b + 1] : top->count;
        if (next - ends[b] > FEW)
            sort_keys(top->keys + ends[b], next - ends[b]);
    }
    return true;
}

/* Ranks of what may have the score of another are on their way. */
static void sort_by_score(osl_top *top)
{
    const osl_numbers *ranks = &top->ranks->numbers;
    for (size_t i = 0; i < top->count; i++)
        __builtin_prefetch(ranks->numbers +
                           (uint64_t)ranks->width * top->keys[i].paragraph / 8);
    if (top->count > MORE && spread_keys(top))
        sort_few(top->keys, top->count);
    else
        sort_keys(top->keys, top->count);
}

/* Puts entries of the same score, as far as they are among the first k, in the
 * order of their ranks. */
static void settle_ties(osl_top *top)
{
    osl_top_key *keys = top->keys;
    for (size_t i = 0, end; i < top->count && i < top->k; i = end) {
        for (end = i + 1;
             end < top->count && have_same_score(&keys[end], &keys[i]);)
            end++;
        if (end == i + 1)
            continue;
        for (size_t n = i; n < end; n++)
            put_rank(top, &keys[n]);
        sort_keys(keys + i, end - i);
    }
}

void osl_top_sort(osl_top *top)
{
    if (top->sorted)
        return;
    if (top->k > FEW) /* few are in order */
        sort_by_score(top);
    settle_ties(top);
}

/* ---- all at once -------------------------------------------------------- */

/* What reaches the threshold, without ranks; whether the scores fall. */
static bool take_scores(osl_top *top, const uint32_t *paragraphs,
                        const uint32_t *scores, size_t count)
{
    uint32_t last = UINT32_MAX;
    bool falls = true;
    for (size_t i = 0; i < count; i++) {
        top->keys[top->count] = (osl_top_key){key_of(scores[i]), paragraphs[i]};
        falls &= scores[i] <= last;
        last = scores[i];
        top->count += scores[i] >= top->threshold;
    }
    return falls;
}

void osl_top_take(osl_top *top, const uint32_t *paragraphs,
                  const uint32_t *scores, size_t count)
{
    if (!osl_grow(&top->keys, &top->capacity, count + 1, sizeof *top->keys)) {
        top->failed = true;
        return;
    }
    top->sorted = true;
    if (!take_scores(top, paragraphs, scores, count))
        sort_by_score(top);
    settle_ties(top);
    top->count = top->count < top->k ? top->count : top->k;
}
