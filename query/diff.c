/* SPDX-License-Identifier: MIT
 *
 * Which documents of two generations may differ, and each of them in turn. */
#include "query/diff.h"

#include "core/segment/catalog.h"
#include "query/diff_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A document that is not in a segment which both have, or dead in one. */
typedef struct spot {
    osl_text id; /* of the map */
    uint32_t segment, document;
} spot;

typedef struct spot_list {
    spot *at; /* owns */
    size_t count, capacity;
} spot_list;

enum { CATALOG_NEW, CATALOG_OPEN, CATALOG_NONE };

/* The catalog of one segment, opened when it is asked for. */
typedef struct diff_shelf {
    osl_catalog catalog;
    int state;
} diff_shelf;

typedef struct diff_side {
    osl_searcher *searcher; /* owns */
    spot_list spots;        /* by id */
    diff_shelf *shelves;    /* owns; by segment */
    size_t next;
} diff_side;

/* What became of the paragraphs of a document, once somebody asked. */
typedef struct diff_trail {
    osl_text id;
    uint32_t *after; /* N of each, or 0 */
    uint32_t count;
} diff_trail;

struct osl_diff {
    diff_side before, after;
    osl_answer *answer; /* memory of the document at hand */
    osl_diff_document document;
    osl_arena arena;    /* of the trails */
    diff_trail *trails; /* owns; by id */
    size_t trail_count, trail_capacity;
    osl_diff_hit *hits; /* owns; of the answers compared last */
    size_t hit_capacity;
};

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "diff: memory ran out");
}

const char *osl_change_name(osl_change change)
{
    static const char *const names[] = {"same", "added", "removed", "changed",
                                        "moved"};
    return names[change];
}

/* ---- candidates --------------------------------------------------------- */

static const char *file_of(const osl_segment *segment)
{
    const char *path = osl_segment_path(segment);
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The number of a segment in another generation; UINT32_MAX where it is not
 * there. */
static uint32_t find_segment(const osl_index *index, const osl_segment *segment)
{
    uint32_t count = osl_index_get_info(index)->segment_count;
    for (uint32_t i = 0; i < count; i++) {
        const osl_segment *other = osl_index_segment(index, i);
        if (osl_segment_identity(other) == osl_segment_identity(segment) &&
            strcmp(file_of(other), file_of(segment)) == 0)
            return i;
    }
    return UINT32_MAX;
}

static const uint64_t *living(const osl_index *index, uint32_t n)
{
    const osl_deletions *deletions = osl_index_deletions(index, n);
    return deletions ? osl_deletions_live(deletions, OSL_FIELD_TITLE) : NULL;
}

static osl_status add_spot(spot_list *list, const osl_segment *segment,
                           uint32_t n, uint32_t document, osl_error *err)
{
    osl_document_record record;
    osl_status status = osl_segment_document(segment, document, &record, err);
    if (status != OSL_OK)
        return status;
    if (!osl_grow(&list->at, &list->capacity, list->count + 1,
                  sizeof *list->at))
        return no_memory(err);
    list->at[list->count++] = (spot){record.id, n, document};
    return OSL_OK;
}

/* The documents of segment n that live here and not there. */
static osl_status add_segment(spot_list *list, const osl_index *here,
                              uint32_t n, const osl_index *there,
                              osl_error *err)
{
    const osl_segment *segment = osl_index_segment(here, n);
    uint32_t count = osl_segment_get_info(segment)->document_count;
    uint32_t other = find_segment(there, segment);
    const uint64_t *live = living(here, n);
    const uint64_t *also = other == UINT32_MAX ? NULL : living(there, other);
    osl_status status = OSL_OK;
    if (other != UINT32_MAX && !also)
        return OSL_OK; /* all of it lives there */
    for (uint32_t i = 0; i < count && status == OSL_OK; i++) {
        if (also && i % 64 == 0 &&
            ((live ? live[i / 64] : ~UINT64_C(0)) & ~also[i / 64]) == 0) {
            i += 63;
            continue;
        }
        uint64_t bit = UINT64_C(1) << (i % 64);
        if ((!live || (live[i / 64] & bit)) && !(also && (also[i / 64] & bit)))
            status = add_spot(list, segment, n, i, err);
    }
    return status;
}

static int compare_spots(const void *left, const void *right)
{
    return osl_text_compare(((const spot *)left)->id,
                            ((const spot *)right)->id);
}

static osl_status add_side(diff_side *here, const diff_side *there,
                           osl_error *err)
{
    const osl_index *index = here->searcher->index;
    uint32_t count = osl_index_get_info(index)->segment_count;
    osl_status status = OSL_OK;
    here->shelves = calloc(count + (size_t)1, sizeof *here->shelves);
    if (!here->shelves)
        return no_memory(err);
    for (uint32_t i = 0; i < count && status == OSL_OK; i++)
        status =
            add_segment(&here->spots, index, i, there->searcher->index, err);
    if (here->spots.count > 0)
        qsort(here->spots.at, here->spots.count, sizeof *here->spots.at,
              compare_spots);
    return status;
}

/* ---- opening ------------------------------------------------------------ */

static osl_status open_before(osl_diff *diff, const char *path, uint64_t from,
                              osl_error *err)
{
    uint64_t to = osl_index_get_info(diff->after.searcher->index)->generation;
    if (from == 0)
        from = osl_index_generation_before(path, to);
    if (from == 0)
        return osl_fail(err, OSL_ENOTFOUND,
                        "%s: no generation before %" PRIu64 " is kept; osler "
                        "index --keep N keeps N",
                        path, to);
    return osl_searcher_open(&diff->before.searcher, path, from, err);
}

osl_status osl_diff_open(osl_diff **out, const char *path, uint64_t from,
                         uint64_t to, osl_error *err)
{
    osl_diff *diff = calloc(1, sizeof *diff);
    if (!diff)
        return no_memory(err);
    osl_status status = osl_searcher_open(&diff->after.searcher, path, to, err);
    if (status == OSL_OK)
        status = open_before(diff, path, from, err);
    if (status == OSL_OK)
        status = add_side(&diff->before, &diff->after, err);
    if (status == OSL_OK)
        status = add_side(&diff->after, &diff->before, err);
    if (status == OSL_OK)
        *out = diff;
    else
        osl_diff_free(diff);
    return status;
}

static void clear_side(diff_side *side)
{
    uint32_t count =
        side->shelves ? osl_index_get_info(side->searcher->index)->segment_count
                      : 0;
    for (uint32_t i = 0; i < count; i++)
        osl_catalog_close(&side->shelves[i].catalog);
    free(side->shelves);
    free(side->spots.at);
    osl_searcher_free(side->searcher);
}

void osl_diff_free(osl_diff *diff)
{
    if (!diff)
        return;
    osl_answer_free(diff->answer);
    clear_side(&diff->before);
    clear_side(&diff->after);
    osl_arena_clear(&diff->arena);
    free(diff->trails);
    free(diff->hits);
    free(diff);
}

const osl_searcher *osl_diff_before(const osl_diff *diff)
{
    return diff->before.searcher;
}

const osl_searcher *osl_diff_after(const osl_diff *diff)
{
    return diff->after.searcher;
}

osl_diff_generation osl_diff_get_generation(const osl_searcher *searcher)
{
    const osl_index_info *info = osl_index_get_info(searcher->index);
    return (osl_diff_generation){info->generation, info->created_us};
}

static bool has_texts(const diff_side *side)
{
    const osl_index *index = side->searcher->index;
    for (uint32_t i = 0; i < osl_index_get_info(index)->segment_count; i++)
        if (!osl_segment_get_info(osl_index_segment(index, i))->has_texts)
            return false;
    return true;
}

bool osl_diff_has_texts(const osl_diff *diff)
{
    return has_texts(&diff->before) && has_texts(&diff->after);
}

/* ---- documents that were written again as they were --------------------- */

/* The catalog of a segment; NULL where it cannot be had, and then texts are
 * compared. */
static const osl_catalog *get_catalog(const diff_side *side, uint32_t n)
{
    const osl_segment *segment = osl_index_segment(side->searcher->index, n);
    diff_shelf *shelf = &side->shelves[n];
    if (shelf->state == CATALOG_NEW) {
        char *path = osl_catalog_path(osl_segment_path(segment));
        shelf->state = CATALOG_NONE;
        if (path && osl_catalog_open(&shelf->catalog, path, NULL) == OSL_OK &&
            shelf->catalog.segment == osl_segment_identity(segment) &&
            shelf->catalog.document_count ==
                osl_segment_get_info(segment)->document_count)
            shelf->state = CATALOG_OPEN;
        free(path);
    }
    return shelf->state == CATALOG_OPEN ? &shelf->catalog : NULL;
}

static bool is_same(const osl_diff *diff, const spot *before, const spot *after)
{
    const osl_catalog *a = get_catalog(&diff->before, before->segment);
    const osl_catalog *b = get_catalog(&diff->after, after->segment);
    return a && b &&
           osl_catalog_hash(a, before->document) ==
               osl_catalog_hash(b, after->document);
}

/* ---- one document ------------------------------------------------------- */

static osl_diff_version version_of(const diff_side *side, const spot *at)
{
    osl_diff_version version = {0};
    if (at) {
        version.index = side->searcher->index;
        version.number = at->segment;
        version.segment = osl_index_segment(version.index, at->segment);
        version.document = at->document;
    }
    return version;
}

/* Reads and matches both versions; either may be NULL. */
static osl_status match(const osl_diff *diff, const spot *const at[2],
                        osl_answer *answer, osl_diff_version versions[2],
                        osl_error *err)
{
    versions[0] = version_of(&diff->before, at[0]);
    versions[1] = version_of(&diff->after, at[1]);
    osl_status status = osl_diff_version_read(&versions[0], answer, err);
    if (status == OSL_OK)
        status = osl_diff_version_read(&versions[1], answer, err);
    return status == OSL_OK
               ? osl_diff_match(&versions[0], &versions[1], &answer->arena, err)
               : status;
}

static bool facts_differ(const osl_hit *a, const osl_hit *b)
{
    return !osl_text_equal(a->title, b->title) ||
           !osl_text_equal(a->url, b->url) ||
           !osl_text_equal(a->updated, b->updated) ||
           !osl_text_equal(a->audience, b->audience) ||
           !osl_text_equal(a->language, b->language);
}

static osl_status compare(osl_diff *diff, const spot *before, const spot *after,
                          osl_error *err)
{
    osl_diff_version versions[2];
    osl_diff_document *out = &diff->document;
    osl_answer_free(diff->answer);
    diff->answer = NULL;
    *out = (osl_diff_document){.change = !before  ? OSL_CHANGE_ADDED
                                         : !after ? OSL_CHANGE_REMOVED
                                                  : OSL_CHANGE_CHANGED,
                               .id = before ? before->id : after->id};
    osl_status status = osl_answer_new(&diff->answer, err);
    if (status == OSL_OK)
        status = match(diff, (const spot *const[2]){before, after},
                       diff->answer, versions, err);
    if (status != OSL_OK)
        return status;
    out->before = before && versions[0].count ? versions[0].hits : NULL;
    out->after = after && versions[1].count ? versions[1].hits : NULL;
    out->facts_differ =
        out->before && out->after && facts_differ(out->before, out->after);
    return osl_diff_list_paragraphs(&versions[0], &versions[1],
                                    &diff->answer->arena, out, err);
}

/* The next id of either side: *before and *after where it is there; false
 * behind the last. */
static bool take_next(osl_diff *diff, const spot **before, const spot **after)
{
    diff_side *a = &diff->before, *b = &diff->after;
    *before = a->next < a->spots.count ? &a->spots.at[a->next] : NULL;
    *after = b->next < b->spots.count ? &b->spots.at[b->next] : NULL;
    int order = *before && *after ? compare_spots(*before, *after) : 0;
    if (order < 0)
        *after = NULL;
    if (order > 0)
        *before = NULL;
    a->next += *before != NULL;
    b->next += *after != NULL;
    return *before || *after;
}

osl_status osl_diff_next(osl_diff *diff, const osl_diff_document **out,
                         osl_error *err)
{
    const spot *before, *after;
    while (take_next(diff, &before, &after)) {
        if (before && after && is_same(diff, before, after))
            continue;
        osl_status status = compare(diff, before, after, err);
        if (status != OSL_OK)
            return status;
        *out = &diff->document;
        if (diff->document.paragraph_count > 0 || diff->document.facts_differ)
            return OSL_OK;
    }
    return OSL_END;
}

/* ---- following one paragraph -------------------------------------------- */

static const spot *find_spot(const diff_side *side, osl_text id)
{
    const spot wanted = {.id = id};
    return side->spots.count
               ? bsearch(&wanted, side->spots.at, side->spots.count,
                         sizeof wanted, compare_spots)
               : NULL;
}

/* Where the trail of a document stands, or is to stand. */
static size_t trail_place(const osl_diff *diff, osl_text id)
{
    size_t low = 0, high = diff->trail_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (osl_text_compare(diff->trails[middle].id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static osl_status fill_trail(osl_diff *diff, const spot *before,
                             const spot *after, diff_trail *out, osl_error *err)
{
    osl_diff_version versions[2];
    osl_answer *answer = NULL;
    osl_status status = osl_answer_new(&answer, err);
    if (status == OSL_OK)
        status = match(diff, (const spot *const[2]){before, after}, answer,
                       versions, err);
    if (status == OSL_OK) {
        out->id = before->id;
        out->count = versions[0].count;
        out->after = osl_arena_zero(&diff->arena, out->count + (size_t)1,
                                    sizeof *out->after);
        if (!out->after)
            status = no_memory(err);
    }
    for (uint32_t i = 0; status == OSL_OK && i < out->count; i++)
        if (versions[0].partner[i] != OSL_DIFF_NONE)
            out->after[i] = versions[0].partner[i] + 1;
    osl_answer_free(answer);
    return status;
}

static osl_status add_trail(osl_diff *diff, size_t place, const spot *before,
                            const spot *after, osl_error *err)
{
    diff_trail found = {0};
    osl_status status = fill_trail(diff, before, after, &found, err);
    if (status != OSL_OK)
        return status;
    if (!osl_grow(&diff->trails, &diff->trail_capacity, diff->trail_count + 1,
                  sizeof *diff->trails))
        return no_memory(err);
    memmove(&diff->trails[place + 1], &diff->trails[place],
            (diff->trail_count - place) * sizeof *diff->trails);
    diff->trails[place] = found;
    diff->trail_count++;
    return OSL_OK;
}

osl_status osl_diff_follow(osl_diff *diff, osl_text document, uint32_t before,
                           uint32_t *after, osl_error *err)
{
    const spot *from = find_spot(&diff->before, document);
    const spot *to = find_spot(&diff->after, document);
    *after = from ? 0 : before;
    if (!from || !to || before == 0)
        return OSL_OK;
    if (is_same(diff, from, to)) {
        *after = before;
        return OSL_OK;
    }
    size_t place = trail_place(diff, document);
    osl_status status = OSL_OK;
    if (place == diff->trail_count ||
        !osl_text_equal(diff->trails[place].id, document))
        status = add_trail(diff, place, from, to, err);
    if (status != OSL_OK)
        return status;
    const diff_trail *found = &diff->trails[place];
    *after = before <= found->count ? found->after[before - 1] : before;
    return OSL_OK;
}

/* ---- answers ------------------------------------------------------------ */

/* The hit of an answer that this document and paragraph is; its count where
 * there is none. */
static size_t find_hit(const osl_answer *answer, osl_text document,
                       uint32_t paragraph)
{
    size_t i = 0;
    for (; i < osl_answer_hit_count(answer); i++) {
        const osl_hit *hit = osl_answer_hit(answer, i);
        if ((paragraph == 0 || hit->paragraph == paragraph) &&
            osl_text_equal(hit->document, document))
            break;
    }
    return i;
}

static void put_hit(osl_diff_hit *to, const osl_answer *before, size_t i,
                    const osl_answer *after, size_t j)
{
    if (i < osl_answer_hit_count(before)) {
        to->before = osl_answer_hit(before, i);
        to->rank_before = i + 1;
    }
    if (j < osl_answer_hit_count(after)) {
        to->after = osl_answer_hit(after, j);
        to->rank_after = j + 1;
    }
    to->change = !to->before                         ? OSL_CHANGE_ADDED
                 : !to->after                        ? OSL_CHANGE_REMOVED
                 : to->rank_before != to->rank_after ? OSL_CHANGE_MOVED
                                                     : OSL_CHANGE_NONE;
}

typedef struct answer_pair {
    const osl_answer *before, *after;
    bool by_document;
} answer_pair;

/* Puts the n-th hit of the earlier answer with the one that it is now. */
static osl_status follow_hit(osl_diff *diff, const answer_pair *pair, size_t n,
                             osl_diff_answer *out, osl_error *err)
{
    const osl_hit *hit = osl_answer_hit(pair->before, n);
    size_t count = osl_answer_hit_count(pair->after), j = count;
    uint32_t now = 0;
    osl_status status = OSL_OK;
    if (!pair->by_document)
        status =
            osl_diff_follow(diff, hit->document, hit->paragraph, &now, err);
    if (status != OSL_OK)
        return status;
    if (pair->by_document || now > 0)
        j = find_hit(pair->after, hit->document, now);
    put_hit(&diff->hits[j < count ? j : out->count++], pair->before, n,
            pair->after, j);
    return OSL_OK;
}

osl_status osl_diff_answers(osl_diff *diff, const osl_answer *before,
                            const osl_answer *after, bool by_document,
                            osl_diff_answer *out, osl_error *err)
{
    const answer_pair pair = {before, after, by_document};
    size_t n = osl_answer_hit_count(before), m = osl_answer_hit_count(after);
    osl_status status = OSL_OK;
    if (!osl_grow(&diff->hits, &diff->hit_capacity, n + m + 1,
                  sizeof *diff->hits))
        return no_memory(err);
    memset(diff->hits, 0, (n + m + 1) * sizeof *diff->hits);
    *out = (osl_diff_answer){.hits = diff->hits, .count = m};
    for (size_t i = 0; i < n && status == OSL_OK; i++)
        status = follow_hit(diff, &pair, i, out, err);
    for (size_t j = 0; j < m; j++)
        if (!diff->hits[j].after)
            put_hit(&diff->hits[j], before, n, after, j);
    for (size_t j = 0; j < out->count; j++)
        out->differs |= diff->hits[j].change != OSL_CHANGE_NONE;
    return status;
}
