/* SPDX-License-Identifier: MIT
 *
 * The longest common subsequence by its edit graph (Myers 1986, "An O(ND)
 * difference algorithm and its variations", greedy, forwards): after d edits,
 * how far along each diagonal one can come. The furthest points of every d are
 * kept to walk back by: d + 1 numbers each, 2 MB for the 1,000 edits that are
 * looked for. Beyond that, the n-th of equal members stands for the n-th, and
 * the longest run of them that rises in both lists is taken (Fredman 1975, by
 * piles, as in a patience sort): a common subsequence, if not the longest. */
#include "query/diff_align.h"

#include <stdlib.h>
#include <string.h>

typedef struct edit_graph {
    osl_diff_list a, b;
    uint32_t start; /* what both begin with is left out */
    int32_t n, m;   /* of the middle */
    osl_arena *arena;
} edit_graph;

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "diff: memory ran out");
}

/* ---- few edits ---------------------------------------------------------- */

/* The furthest x on diagonal k after d edits, before following equal members:
 * one of its neighbours after d - 1 and an edit. `before` holds the diagonals
 * -(d - 1), -(d - 3) … d - 1. */
static int32_t step(const int32_t *before, int32_t d, int32_t k)
{
    if (d == 0)
        return 0;
    int32_t at = (k + d) / 2; /* of diagonal k + 1 among them */
    bool down = k == -d || (k != d && before[at - 1] < before[at]);
    return down ? before[at] : before[at - 1] + 1;
}

/* A row of furthest points; true where the end is reached. Points beyond the
 * graph stand for themselves and lead nowhere. */
static bool walk(const edit_graph *g, const int32_t *before, int32_t d,
                 int32_t *row)
{
    const uint64_t *a = g->a.at + g->start, *b = g->b.at + g->start;
    for (int32_t k = -d; k <= d; k += 2) {
        int32_t x = step(before, d, k), y = x - k;
        while (x < g->n && y < g->m && y >= 0 && a[x] == b[y])
            x++, y++;
        row[(k + d) / 2] = x;
        if (x >= g->n && y >= g->m)
            return true;
    }
    return false;
}

static void trace(const edit_graph *g, int32_t *const *rows, int32_t d,
                  uint32_t *match)
{
    int32_t x = g->n, y = g->m;
    for (; d >= 0; d--) {
        const int32_t *before = d > 0 ? rows[d - 1] : NULL;
        int32_t k = x - y, from = step(before, d, k);
        while (x > from) {
            x--, y--;
            match[g->start + (uint32_t)x] = g->start + (uint32_t)y;
        }
        if (d == 0)
            return;
        int32_t at = (k + d) / 2;
        bool down = k == -d || (k != d && before[at - 1] < before[at]);
        x = down ? x : x - 1;
        y = down ? y - 1 : y;
    }
}

static osl_status match_exactly(const edit_graph *g, uint32_t most, bool *done,
                                uint32_t *match, osl_error *err)
{
    int32_t **rows = osl_arena_zero(g->arena, most + (size_t)1, sizeof *rows);
    if (!rows)
        return no_memory(err);
    for (int32_t d = 0; d <= (int32_t)most; d++) {
        rows[d] = osl_arena_zero(g->arena, (size_t)d + 1, sizeof **rows);
        if (!rows[d])
            return no_memory(err);
        *done = walk(g, d > 0 ? rows[d - 1] : NULL, d, rows[d]);
        if (*done) {
            trace(g, rows, d, match);
            return OSL_OK;
        }
    }
    return OSL_OK;
}

/* ---- many --------------------------------------------------------------- */

typedef struct member {
    uint64_t number;
    uint32_t place;
} member;

static int compare_members(const void *left, const void *right)
{
    const member *x = left, *y = right;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static member *sorted(const edit_graph *g, const osl_diff_list *list,
                      int32_t count)
{
    member *members =
        osl_arena_zero(g->arena, (size_t)count + 1, sizeof *members);
    for (uint32_t i = 0; members && i < (uint32_t)count; i++)
        members[i] = (member){list->at[g->start + i], i};
    if (members)
        qsort(members, (size_t)count, sizeof *members, compare_members);
    return members;
}

/* partner[i]: where the same stands in b, the n-th for the n-th. */
static bool pair_up(const edit_graph *g, uint32_t *partner)
{
    const member *a = sorted(g, &g->a, g->n), *b = sorted(g, &g->b, g->m);
    if (!a || !b)
        return false;
    for (int32_t i = 0; i < g->n; i++)
        partner[i] = OSL_DIFF_NONE;
    for (int32_t i = 0, j = 0; i < g->n && j < g->m;) {
        if (a[i].number == b[j].number)
            partner[a[i++].place] = b[j++].place;
        else if (a[i].number < b[j].number)
            i++;
        else
            j++;
    }
    return true;
}

/* The longest rising run of partners: piles[l] ends the run of l + 1 that ends
 * lowest; link[i] is what stands before i. */
static osl_status match_rising(const edit_graph *g, uint32_t *match,
                               osl_error *err)
{
    size_t room = (size_t)g->n + 1;
    uint32_t *partner = osl_arena_zero(g->arena, room, sizeof *partner);
    uint32_t *piles = osl_arena_zero(g->arena, room, sizeof *piles);
    uint32_t *link = osl_arena_zero(g->arena, room, sizeof *link);
    uint32_t count = 0;
    if (!partner || !piles || !link || !pair_up(g, partner))
        return no_memory(err);
    for (uint32_t i = 0; i < (uint32_t)g->n; i++) {
        uint32_t low = 0, high = count;
        if (partner[i] == OSL_DIFF_NONE)
            continue;
        while (low < high) {
            uint32_t middle = low + (high - low) / 2;
            if (partner[piles[middle]] < partner[i])
                low = middle + 1;
            else
                high = middle;
        }
        link[i] = low > 0 ? piles[low - 1] : OSL_DIFF_NONE;
        piles[low] = i;
        count += low == count;
    }
    uint32_t at = count > 0 ? piles[count - 1] : OSL_DIFF_NONE;
    for (; at != OSL_DIFF_NONE; at = link[at])
        match[g->start + at] = g->start + partner[at];
    return OSL_OK;
}

/* ---- the seam ----------------------------------------------------------- */

/* What both begin and end with is common in any case. */
static edit_graph trim(osl_diff_list a, osl_diff_list b, uint32_t *match)
{
    edit_graph g = {.a = a, .b = b};
    uint32_t n = a.count, m = b.count;
    while (g.start < n && g.start < m && a.at[g.start] == b.at[g.start]) {
        match[g.start] = g.start;
        g.start++;
    }
    while (n > g.start && m > g.start && a.at[n - 1] == b.at[m - 1])
        match[--n] = --m;
    g.n = (int32_t)(n - g.start);
    g.m = (int32_t)(m - g.start);
    return g;
}

osl_status osl_diff_common(osl_diff_list a, osl_diff_list b, uint32_t exact,
                           osl_arena *arena, uint32_t *match, osl_error *err)
{
    bool done = false;
    if (a.count > INT32_MAX / 2 || b.count > INT32_MAX / 2)
        return osl_fail(err, OSL_ELIMIT, "diff: too long to compare");
    for (uint32_t i = 0; i < a.count; i++)
        match[i] = OSL_DIFF_NONE;
    edit_graph g = trim(a, b, match);
    g.arena = arena;
    if (g.n == 0 || g.m == 0)
        return OSL_OK;
    uint32_t all = (uint32_t)(g.n + g.m);
    osl_status status =
        match_exactly(&g, exact < all ? exact : all, &done, match, err);
    return status == OSL_OK && !done ? match_rising(&g, match, err) : status;
}
