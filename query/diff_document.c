/* SPDX-License-Identifier: MIT
 *
 * Two versions of a document: which paragraph is which. */
#include "query/diff_internal.h"

#include <stdlib.h>

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "diff: memory ran out");
}

/* ---- reading ------------------------------------------------------------ */

osl_status osl_diff_version_read(osl_diff_version *version, osl_answer *answer,
                                 osl_error *err)
{
    osl_document_record record = {0};
    osl_status status = OSL_OK;
    if (version->segment)
        status = osl_segment_document(version->segment, version->document,
                                      &record, err);
    if (status != OSL_OK)
        return status;
    size_t count = record.paragraph_count, room = count + 1;
    version->count = record.paragraph_count;
    version->hits = osl_arena_zero(&answer->arena, room, sizeof(osl_hit));
    version->hashes = osl_arena_zero(&answer->arena, room, sizeof(uint64_t));
    version->partner = osl_arena_zero(&answer->arena, room, sizeof(uint32_t));
    version->change = osl_arena_zero(&answer->arena, room, sizeof(osl_change));
    version->stays = osl_arena_zero(&answer->arena, room, sizeof(bool));
    if (!version->hits || !version->hashes || !version->partner ||
        !version->change || !version->stays)
        return no_memory(err);
    for (uint32_t i = 0; i < count && status == OSL_OK; i++) {
        uint32_t at = record.first_paragraph + i;
        version->partner[i] = OSL_DIFF_NONE;
        status = osl_segment_text_hash(version->segment, at,
                                       &version->hashes[i], err);
        if (status == OSL_OK)
            status = osl_answer_fill(answer, version->segment, at,
                                     &version->hits[i], err);
        if (status == OSL_OK)
            status = osl_index_line(version->index, version->number, at,
                                    &version->hits[i].line, err);
    }
    return status;
}

/* ---- the same texts ----------------------------------------------------- */

static bool same_texts(const osl_text *a, size_t count_a, const osl_text *b,
                       size_t count_b)
{
    if (count_a != count_b)
        return false;
    for (size_t i = 0; i < count_a; i++)
        if (!osl_text_equal(a[i], b[i]))
            return false;
    return true;
}

static bool same_sections(const osl_hit *a, const osl_hit *b)
{
    return same_texts(a->sections, a->section_count, b->sections,
                      b->section_count);
}

static bool same_marks(const osl_hit *a, const osl_hit *b)
{
    return same_texts(a->evidence, a->evidence_count, b->evidence,
                      b->evidence_count) &&
           same_texts(a->citations, a->citation_count, b->citations,
                      b->citation_count);
}

/* What became of a paragraph whose text stayed. */
static osl_change change_of(const osl_hit *before, const osl_hit *after,
                            bool in_place)
{
    if (!same_marks(before, after))
        return OSL_CHANGE_CHANGED;
    return in_place && same_sections(before, after) ? OSL_CHANGE_NONE
                                                    : OSL_CHANGE_MOVED;
}

static void join(osl_diff_version *before, osl_diff_version *after, uint32_t i,
                 uint32_t j, osl_change change)
{
    before->partner[i] = j;
    after->partner[j] = i;
    before->change[i] = after->change[j] = change;
}

typedef struct loose {
    uint64_t hash;
    uint32_t place;
} loose;

static int compare_loose(const void *left, const void *right)
{
    const loose *a = left, *b = right;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

/* The paragraphs without a partner, by hash, then place. */
static loose *list_loose(const osl_diff_version *version, osl_arena *arena,
                         uint32_t *count)
{
    loose *list =
        osl_arena_zero(arena, version->count + (size_t)1, sizeof *list);
    *count = 0;
    for (uint32_t i = 0; list && i < version->count; i++)
        if (version->partner[i] == OSL_DIFF_NONE)
            list[(*count)++] = (loose){version->hashes[i], i};
    if (list)
        qsort(list, *count, sizeof *list, compare_loose);
    return list;
}

static osl_status match_moved(osl_diff_version *before, osl_diff_version *after,
                              osl_arena *arena, osl_error *err)
{
    uint32_t n, m, i = 0, j = 0;
    const loose *a = list_loose(before, arena, &n);
    const loose *b = list_loose(after, arena, &m);
    if (!a || !b)
        return no_memory(err);
    while (i < n && j < m) {
        uint32_t x = a[i].place, y = b[j].place;
        if (a[i].hash == b[j].hash) {
            join(before, after, x, y,
                 change_of(&before->hits[x], &after->hits[y], false));
            i++, j++;
        } else if (a[i].hash < b[j].hash) {
            i++;
        } else {
            j++;
        }
    }
    return OSL_OK;
}

static osl_status match_same(osl_diff_version *before, osl_diff_version *after,
                             osl_arena *arena, osl_error *err)
{
    uint32_t *match =
        osl_arena_zero(arena, before->count + (size_t)1, sizeof *match);
    osl_diff_list a = {before->hashes, before->count};
    osl_diff_list b = {after->hashes, after->count};
    if (!match)
        return no_memory(err);
    osl_status status =
        osl_diff_common(a, b, OSL_DIFF_EXACT, arena, match, err);
    for (uint32_t i = 0; i < before->count && status == OSL_OK; i++) {
        uint32_t j = match[i];
        if (j == OSL_DIFF_NONE)
            continue;
        before->stays[i] = after->stays[j] = true;
        join(before, after, i, j,
             change_of(&before->hits[i], &after->hits[j], true));
    }
    return status;
}

/* ---- alike texts -------------------------------------------------------- */

enum { BETWEEN_THE_SAME, BELOW_THE_SAME, ANYWHERE };

/* Paragraphs of one version that have no partner yet. */
typedef struct remainder {
    const osl_diff_version *version;
    uint32_t *places;     /* in the version */
    uint32_t *gaps;       /* how many in place stand before */
    uint32_t *steps;      /* place among those of its gap */
    osl_diff_text *texts; /* split */
    uint32_t count;
} remainder;

typedef struct candidate {
    double likeness;
    uint32_t a, b; /* of the remainders */
    uint32_t apart;
    uint8_t where;
} candidate;

typedef struct candidates {
    candidate *at; /* owns */
    size_t count, capacity;
} candidates;

static osl_status gather(remainder *out, const osl_diff_version *version,
                         osl_arena *arena, osl_error *err)
{
    size_t room = version->count + (size_t)1;
    uint32_t gap = 0, step = 0;
    *out = (remainder){.version = version};
    out->places = osl_arena_zero(arena, room, sizeof(uint32_t));
    out->gaps = osl_arena_zero(arena, room, sizeof(uint32_t));
    out->steps = osl_arena_zero(arena, room, sizeof(uint32_t));
    if (!out->places || !out->gaps || !out->steps)
        return no_memory(err);
    for (uint32_t i = 0; i < version->count; i++) {
        if (version->stays[i]) {
            gap++;
            step = 0;
        }
        if (version->partner[i] != OSL_DIFF_NONE)
            continue;
        out->places[out->count] = i;
        out->gaps[out->count] = gap;
        out->steps[out->count++] = step++;
    }
    return OSL_OK;
}

static osl_status split_both(remainder *a, remainder *b, osl_arena *arena,
                             osl_error *err)
{
    uint32_t count = a->count + b->count;
    osl_text *texts = osl_arena_zero(arena, count + (size_t)1, sizeof *texts);
    a->texts = osl_arena_zero(arena, count + (size_t)1, sizeof *a->texts);
    if (!texts || !a->texts)
        return no_memory(err);
    b->texts = a->texts + a->count;
    for (uint32_t i = 0; i < a->count; i++)
        texts[i] = a->version->hits[a->places[i]].text;
    for (uint32_t i = 0; i < b->count; i++)
        texts[a->count + i] = b->version->hits[b->places[i]].text;
    return osl_diff_split(texts, count, arena, a->texts, err);
}

static osl_status try_pair(candidates *list, const remainder *a,
                           const remainder *b, uint32_t i, uint32_t j,
                           osl_error *err)
{
    double likeness = osl_diff_similarity(&a->texts[i], &b->texts[j]);
    if (likeness < OSL_DIFF_ALIKE)
        return OSL_OK;
    const osl_hit *before = &a->version->hits[a->places[i]];
    const osl_hit *after = &b->version->hits[b->places[j]];
    if (!osl_grow(&list->at, &list->capacity, list->count + 1,
                  sizeof *list->at))
        return no_memory(err);
    uint32_t x = a->steps[i], y = b->steps[j];
    list->at[list->count++] =
        (candidate){.likeness = likeness,
                    .a = i,
                    .b = j,
                    .apart = x > y ? x - y : y - x,
                    .where = a->gaps[i] == b->gaps[j]       ? BETWEEN_THE_SAME
                             : same_sections(before, after) ? BELOW_THE_SAME
                                                            : ANYWHERE};
    return OSL_OK;
}

static osl_status try_all(candidates *list, const remainder *a,
                          const remainder *b, osl_error *err)
{
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < a->count && status == OSL_OK; i++)
        for (uint32_t j = 0; j < b->count && status == OSL_OK; j++)
            status = try_pair(list, a, b, i, j, err);
    return status;
}

/* Gaps rise in both, and steps within them. */
static osl_status try_near(candidates *list, const remainder *a,
                           const remainder *b, osl_error *err)
{
    uint32_t first = 0;
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < a->count && status == OSL_OK; i++) {
        while (first < b->count &&
               (b->gaps[first] < a->gaps[i] ||
                (b->gaps[first] == a->gaps[i] &&
                 b->steps[first] + OSL_DIFF_APART_MAX < a->steps[i])))
            first++;
        for (uint32_t j = first;
             j < b->count && status == OSL_OK && b->gaps[j] == a->gaps[i] &&
             b->steps[j] <= a->steps[i] + OSL_DIFF_APART_MAX;
             j++)
            status = try_pair(list, a, b, i, j, err);
    }
    return status;
}

static int compare_candidates(const void *left, const void *right)
{
    const candidate *x = left, *y = right;
    if (x->where != y->where)
        return x->where < y->where ? -1 : 1;
    if (x->likeness < y->likeness || x->likeness > y->likeness)
        return x->likeness > y->likeness ? -1 : 1;
    if (x->apart != y->apart)
        return x->apart < y->apart ? -1 : 1;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    return x->b < y->b ? -1 : x->b > y->b;
}

static osl_status match_remainders(osl_diff_version *before,
                                   osl_diff_version *after, remainder *a,
                                   remainder *b, osl_error *err)
{
    candidates list = {0};
    bool few = (uint64_t)a->count * b->count <= OSL_DIFF_PAIRS_MAX;
    osl_status status =
        few ? try_all(&list, a, b, err) : try_near(&list, a, b, err);
    if (status == OSL_OK && list.count > 0)
        qsort(list.at, list.count, sizeof *list.at, compare_candidates);
    for (size_t i = 0; i < list.count && status == OSL_OK; i++) {
        uint32_t x = a->places[list.at[i].a], y = b->places[list.at[i].b];
        if (before->partner[x] == OSL_DIFF_NONE &&
            after->partner[y] == OSL_DIFF_NONE)
            join(before, after, x, y, OSL_CHANGE_CHANGED);
    }
    free(list.at);
    return status;
}

static osl_status match_alike(osl_diff_version *before, osl_diff_version *after,
                              osl_arena *arena, osl_error *err)
{
    remainder a, b;
    osl_status status = gather(&a, before, arena, err);
    if (status == OSL_OK)
        status = gather(&b, after, arena, err);
    if (status != OSL_OK || a.count == 0 || b.count == 0)
        return status;
    status = split_both(&a, &b, arena, err);
    return status == OSL_OK ? match_remainders(before, after, &a, &b, err)
                            : status;
}

osl_status osl_diff_match(osl_diff_version *before, osl_diff_version *after,
                          osl_arena *arena, osl_error *err)
{
    osl_status status = match_same(before, after, arena, err);
    if (status == OSL_OK)
        status = match_moved(before, after, arena, err);
    if (status == OSL_OK)
        status = match_alike(before, after, arena, err);
    return status;
}

/* ---- the list ----------------------------------------------------------- */

static osl_status compare_words(osl_diff_paragraph *paragraph, osl_arena *arena,
                                osl_error *err)
{
    osl_diff_text split[2];
    const osl_text texts[2] = {paragraph->before->text, paragraph->after->text};
    if (osl_text_equal(texts[0], texts[1]))
        return OSL_OK;
    osl_status status = osl_diff_split(texts, 2, arena, split, err);
    return status == OSL_OK
               ? osl_diff_runs(&split[0], &split[1], arena, &paragraph->runs,
                               &paragraph->run_count, err)
               : status;
}

typedef struct lister {
    const osl_diff_version *before, *after;
    osl_arena *arena;
    osl_diff_document *out;
    osl_diff_paragraph *list;
} lister;

static void put_removed(lister *l, uint32_t *i, uint32_t to)
{
    for (; *i < to; ++*i) {
        if (l->before->partner[*i] != OSL_DIFF_NONE)
            continue;
        l->list[l->out->paragraph_count++] = (osl_diff_paragraph){
            .change = OSL_CHANGE_REMOVED, .before = &l->before->hits[*i]};
        l->out->removed++;
    }
}

static osl_status put_present(lister *l, uint32_t j, osl_error *err)
{
    osl_diff_document *out = l->out;
    uint32_t partner = l->after->partner[j];
    osl_diff_paragraph paragraph = {
        .change =
            partner == OSL_DIFF_NONE ? OSL_CHANGE_ADDED : l->after->change[j],
        .before = partner == OSL_DIFF_NONE ? NULL : &l->before->hits[partner],
        .after = &l->after->hits[j]};
    out->same += paragraph.change == OSL_CHANGE_NONE;
    out->added += paragraph.change == OSL_CHANGE_ADDED;
    out->moved += paragraph.change == OSL_CHANGE_MOVED;
    out->changed += paragraph.change == OSL_CHANGE_CHANGED;
    if (paragraph.change == OSL_CHANGE_NONE)
        return OSL_OK;
    osl_status status = OSL_OK;
    if (paragraph.change == OSL_CHANGE_CHANGED)
        status = compare_words(&paragraph, l->arena, err);
    l->list[out->paragraph_count++] = paragraph;
    return status;
}

osl_status osl_diff_list_paragraphs(const osl_diff_version *before,
                                    const osl_diff_version *after,
                                    osl_arena *arena, osl_diff_document *out,
                                    osl_error *err)
{
    size_t room = (size_t)before->count + after->count + 1;
    lister l = {before, after, arena, out,
                osl_arena_zero(arena, room, sizeof(osl_diff_paragraph))};
    uint32_t i = 0;
    osl_status status = l.list ? OSL_OK : no_memory(err);
    for (uint32_t j = 0; j < after->count && status == OSL_OK; j++) {
        uint32_t partner = after->partner[j];
        if (after->stays[j])
            put_removed(&l, &i, partner);
        status = put_present(&l, j, err);
    }
    if (status == OSL_OK)
        put_removed(&l, &i, before->count);
    out->paragraphs = l.list;
    return status;
}
