/* SPDX-License-Identifier: MIT */
#include "indexer/bisect.h"

#include "core/base/select.h"

#include <stdlib.h>
#include <string.h>

/* Rounds end when fewer than one document in so many moved. */
enum { MOVED_LEAST = 50 };

/* Logarithms that are looked up. */
enum { LOGS = 4096 };

/* A part of one in so many gets lists of its own. */
enum { APART = 8 };

/* How far ahead the lists of documents are fetched. */
enum { AHEAD = 4 };

typedef struct by_half {
    uint32_t left, right;
} by_half;

/* What one part needs at a time; `order` is the part's own piece. */
typedef struct bisection {
    const osl_bisect_lists *lists;
    by_half *degrees; /* by term; all 0 between parts */
    /* By term, of this round: of leaving the left half, the right one. A
     * gain is less than the logarithm of a size, 32 · 2^8. */
    int16_t *from_left, *from_right;
    uint32_t *touched; /* terms with a degree */
    uint32_t touched_count;
    uint8_t *is_right;           /* by place */
    uint64_t *keys, *candidates; /* by place */
    uint32_t *spare;
    const uint32_t *logs; /* of numbers below LOGS */
} bisection;

/* ---- cost --------------------------------------------------------------- */

/* A bit of the fraction by each squaring. */
uint32_t osl_bisect_log2(uint32_t value)
{
    unsigned whole = 31 - (unsigned)__builtin_clz(value);
    uint64_t part = (uint64_t)value << (31 - whole); /* 1 to 2, in 2^-31 */
    uint32_t log = whole << 16;
    for (uint32_t bit = 1u << 15; bit > 0; bit >>= 1) {
        part = part * part >> 31;
        if (part >> 32) {
            part >>= 1;
            log |= bit;
        }
    }
    return log;
}

static uint32_t log_of(const bisection *b, uint32_t value)
{
    return value < LOGS ? b->logs[value] : osl_bisect_log2(value);
}

static int64_t cost(const bisection *b, uint32_t size_log, uint32_t degree)
{
    return (int64_t)degree * ((int64_t)size_log - log_of(b, degree + 1));
}

/* Sizes of halves, and degrees of a term in them: what is gained when one
 * document with it leaves the first half for the second. */
static int16_t gain_of(const bisection *b, const uint32_t size_logs[2],
                       uint32_t from, uint32_t to)
{
    if (from == 0 || from + to == 1)
        return 0;
    int64_t before = cost(b, size_logs[0], from) + cost(b, size_logs[1], to);
    int64_t after =
        cost(b, size_logs[0], from - 1) + cost(b, size_logs[1], to + 1);
    return (int16_t)((before - after) / 256);
}

/* ---- one part ----------------------------------------------------------- */

static void count_degrees(bisection *b, const uint32_t *order, uint32_t count)
{
    const osl_bisect_lists *lists = b->lists;
    b->touched_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t end = lists->starts[order[i] + 1];
        for (uint32_t n = lists->starts[order[i]]; n < end; n++) {
            by_half *degree = &b->degrees[lists->terms[n]];
            if (degree->left + degree->right == 0)
                b->touched[b->touched_count++] = lists->terms[n];
            if (b->is_right[i])
                degree->right++;
            else
                degree->left++;
        }
    }
}

static void find_gains(bisection *b, uint32_t count)
{
    uint32_t left = log_of(b, count / 2), right = log_of(b, count - count / 2);
    for (uint32_t i = 0; i < b->touched_count; i++) {
        uint32_t term = b->touched[i];
        by_half at = b->degrees[term];
        b->from_left[term] =
            gain_of(b, (const uint32_t[]){left, right}, at.left, at.right);
        b->from_right[term] =
            gain_of(b, (const uint32_t[]){right, left}, at.right, at.left);
    }
}

/* How much a document wants to be in the left half. */
static int64_t preference(const bisection *b, uint32_t document, bool is_right)
{
    const osl_bisect_lists *lists = b->lists;
    const uint32_t *at = lists->terms + lists->starts[document];
    const uint32_t *end = lists->terms + lists->starts[document + 1];
    const int16_t *gains = is_right ? b->from_right : b->from_left;
    int64_t sum = 0;
    for (; at < end; at++)
        sum += gains[*at];
    return is_right ? sum : -sum;
}

/* The greater, the more it is to be in the left half; who is there stays
 * where others want it as much; no two are the same. */
static uint64_t key_of(int64_t preference, bool is_right, uint32_t place)
{
    int64_t most = INT32_MAX;
    int64_t limited = preference > most    ? most
                      : preference < -most ? -most
                                           : preference;
    return (uint64_t)(limited + most) << 32 |
           (uint64_t)(is_right ? 0 : 1u << 31) | (INT32_MAX - place);
}

static void make_keys(bisection *b, const uint32_t *order, uint32_t count)
{
    const osl_bisect_lists *lists = b->lists;
    for (uint32_t i = 0; i < count; i++) {
        if (i + AHEAD < count)
            __builtin_prefetch(lists->terms + lists->starts[order[i + AHEAD]]);
        bool is_right = b->is_right[i];
        b->keys[i] = key_of(preference(b, order[i], is_right), is_right, i);
    }
}

static void move(bisection *b, uint32_t document, bool to_right)
{
    const osl_bisect_lists *lists = b->lists;
    uint32_t by = to_right ? 1 : UINT32_MAX; /* or −1 */
    for (uint32_t n = lists->starts[document]; n < lists->starts[document + 1];
         n++) {
        by_half *degree = &b->degrees[lists->terms[n]];
        degree->right += by;
        degree->left -= by;
    }
}

/* The left half becomes those with the greatest keys; returns how many have
 * moved. */
static uint32_t move_all(bisection *b, const uint32_t *order, uint32_t count)
{
    uint32_t left = count / 2, moved = 0;
    uint64_t least = UINT64_MAX;
    memcpy(b->candidates, b->keys, count * sizeof *b->keys);
    osl_select_greatest(b->candidates, count, left);
    for (uint32_t i = 0; i < left; i++)
        least = b->candidates[i] < least ? b->candidates[i] : least;
    for (uint32_t i = 0; i < count; i++) {
        bool to_right = b->keys[i] < least;
        if (to_right == b->is_right[i])
            continue;
        move(b, order[i], to_right);
        b->is_right[i] = to_right;
        moved++;
    }
    return moved;
}

/* Left ones before right ones, else as they were. */
static void part(const bisection *b, uint32_t *order, uint32_t count)
{
    uint32_t left = 0, right = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (b->is_right[i])
            b->spare[right++] = order[i];
        else
            order[left++] = order[i];
    }
    memcpy(order + left, b->spare, right * sizeof *order);
}

static void forget_degrees(bisection *b)
{
    for (uint32_t i = 0; i < b->touched_count; i++)
        b->degrees[b->touched[i]] = (by_half){0, 0};
}

static void halve(bisection *b, uint32_t *order, uint32_t count)
{
    uint32_t left = count / 2, moved = count;
    for (uint32_t i = 0; i < count; i++)
        b->is_right[i] = i >= left;
    count_degrees(b, order, count);
    for (unsigned round = 0;
         round < OSL_BISECT_ROUNDS && moved >= count / MOVED_LEAST; round++) {
        find_gains(b, count);
        make_keys(b, order, count);
        moved = move_all(b, order, count);
    }
    forget_degrees(b);
    part(b, order, count);
}

/* ---- parts of parts ----------------------------------------------------- */

static bool bisect_lists(const osl_bisect_lists *lists, const uint32_t *logs,
                         uint32_t *order);

/* The lists of a part's documents, with numbers of their own for its terms,
 * of which there are as many as it returns; but none of what one document has
 * alone, since that says nothing. */
static uint32_t copy_lists(bisection *b, const uint32_t *order, uint32_t count,
                           uint32_t *starts, uint32_t *terms)
{
    const osl_bisect_lists *from = b->lists;
    uint32_t numbers = 0, end = 0;
    memset(b->is_right, 0, count);
    count_degrees(b, order, count);
    /* A number and 1, in place of the right half's degree. */
    for (uint32_t i = 0; i < b->touched_count; i++) {
        by_half *at = &b->degrees[b->touched[i]];
        at->right = at->left > 1 ? ++numbers : 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        starts[i] = end;
        for (uint32_t n = from->starts[order[i]];
             n < from->starts[order[i] + 1]; n++) {
            uint32_t number = b->degrees[from->terms[n]].right;
            if (number > 0)
                terms[end++] = number - 1;
        }
    }
    starts[count] = end;
    forget_degrees(b);
    return numbers;
}

/* The same as in place, but all that is read lies close together. */
static bool bisect_apart(bisection *b, uint32_t *order, uint32_t count)
{
    size_t length = 0;
    for (uint32_t i = 0; i < count; i++)
        length += b->lists->starts[order[i] + 1] - b->lists->starts[order[i]];
    uint32_t *starts = malloc(((size_t)count + 1) * sizeof *starts);
    uint32_t *inner = malloc(((size_t)count + 1) * sizeof *inner);
    uint32_t *terms = malloc((length + 1) * sizeof *terms);
    bool done = starts && inner && terms;
    if (done) {
        osl_bisect_lists lists = {starts, terms, count, 0, b->lists->leaf};
        lists.term_count = copy_lists(b, order, count, starts, terms);
        done = bisect_lists(&lists, b->logs, inner);
    }
    for (uint32_t i = 0; i < count && done; i++)
        b->spare[i] = order[inner[i]];
    if (done)
        memcpy(order, b->spare, count * sizeof *order);
    free(starts);
    free(inner);
    free(terms);
    return done;
}

static bool bisect(bisection *b, uint32_t *order, uint32_t count)
{
    if (count <= b->lists->leaf)
        return true;
    if (count <= b->lists->document_count / APART)
        return bisect_apart(b, order, count);
    halve(b, order, count);
    return bisect(b, order, count / 2) &&
           bisect(b, order + count / 2, count - count / 2);
}

/* ---- all ---------------------------------------------------------------- */

static bool bisect_lists(const osl_bisect_lists *lists, const uint32_t *logs,
                         uint32_t *order)
{
    size_t terms = (size_t)lists->term_count + 1;
    size_t documents = (size_t)lists->document_count + 1;
    bisection b = {
        .lists = lists,
        .degrees = calloc(terms, sizeof *b.degrees),
        .from_left = calloc(terms, sizeof *b.from_left),
        .from_right = calloc(terms, sizeof *b.from_right),
        .touched = calloc(terms, sizeof *b.touched),
        .is_right = calloc(documents, sizeof *b.is_right),
        .keys = calloc(documents, sizeof *b.keys),
        .candidates = calloc(documents, sizeof *b.candidates),
        .spare = calloc(documents, sizeof *b.spare),
        .logs = logs,
    };
    bool done = b.degrees && b.from_left && b.from_right && b.touched &&
                b.is_right && b.keys && b.candidates && b.spare;
    for (uint32_t i = 0; i < lists->document_count; i++)
        order[i] = i;
    done = done && bisect(&b, order, lists->document_count);
    free(b.degrees);
    free(b.from_left);
    free(b.from_right);
    free(b.touched);
    free(b.is_right);
    free(b.keys);
    free(b.candidates);
    free(b.spare);
    return done;
}

osl_status osl_bisect(const osl_bisect_lists *lists, uint32_t *order,
                      osl_error *err)
{
    uint32_t logs[LOGS] = {0};
    for (uint32_t i = 1; i < LOGS; i++)
        logs[i] = osl_bisect_log2(i);
    return bisect_lists(lists, logs, order)
               ? OSL_OK
               : osl_fail(err, OSL_ENOMEM,
                          "out of memory while ordering documents");
}
