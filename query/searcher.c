/* SPDX-License-Identifier: MIT */
#include "core/segment/tables.h"
#include "query/workspace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "index: memory ran out while opening");
}

/* ---- opening ----------------------------------------------------------- */

/* Does every paragraph have a document of its own, in order? No document is
 * without a paragraph, and paragraphs stand in the order of documents. */
static bool are_records(const osl_segment *segment)
{
    const osl_segment_info *info = osl_segment_get_info(segment);
    return info->document_count == info->paragraph_count;
}

static osl_status look_at_segments(osl_searcher *searcher, osl_error *err)
{
    uint32_t count = osl_index_get_info(searcher->index)->segment_count;
    searcher->titles_are_paragraphs =
        calloc(count + (size_t)1, sizeof *searcher->titles_are_paragraphs);
    if (!searcher->titles_are_paragraphs)
        return no_memory(err);
    for (uint32_t i = 0; i < count; i++)
        searcher->titles_are_paragraphs[i] =
            are_records(osl_index_segment(searcher->index, i));
    return OSL_OK;
}

static osl_status open_analyzer(osl_searcher *searcher, osl_error *err)
{
    const osl_index_info *info = osl_index_get_info(searcher->index);
    osl_cpu_level level;
    (void)snprintf(searcher->language, sizeof searcher->language, "%s",
                   info->language ? info->language : "en");
    osl_analysis_settings settings = {.language = searcher->language,
                                      .fold_acronyms = info->fold_acronyms};
    osl_status status = osl_cpu_level_get(&level, err);
    if (status == OSL_OK)
        status = osl_analyzer_open(&searcher->analyzer, &settings, level, err);
    if (status == OSL_OK &&
        osl_analyzer_fingerprint(searcher->analyzer) != info->fingerprint)
        return osl_fail(err, OSL_EVERSION,
                        "the index was made by other rules of analysis; make "
                        "it anew with: osler index --full PATH...");
    return status;
}

osl_status osl_searcher_open(osl_searcher **out, const char *path,
                             uint64_t generation, osl_error *err)
{
    osl_cpu_level level;
    osl_searcher *searcher = calloc(1, sizeof *searcher);
    if (!searcher)
        return no_memory(err);
    searcher->path = strdup(path);
    if (pthread_mutex_init(&searcher->lock, NULL) != 0) {
        free(searcher);
        return no_memory(err);
    }
    osl_status status =
        searcher->path ? osl_cpu_level_get(&level, err) : no_memory(err);
    if (status == OSL_OK)
        status = osl_index_open(&searcher->index, path, generation,
                                osl_kernels_get(level), err);
    if (status == OSL_OK)
        status = open_analyzer(searcher, err);
    if (status == OSL_OK)
        status = look_at_segments(searcher, err);
    if (status != OSL_OK) {
        osl_searcher_free(searcher);
        return status;
    }
    *out = searcher;
    return OSL_OK;
}

void osl_searcher_free(osl_searcher *searcher)
{
    if (!searcher)
        return;
    osl_workspace_free_all(searcher->idle);
    osl_analyzer_free(searcher->analyzer);
    osl_index_free(searcher->index);
    free(searcher->titles_are_paragraphs);
    free(searcher->path);
    (void)pthread_mutex_destroy(&searcher->lock);
    free(searcher);
}

osl_status osl_searcher_refresh(osl_searcher **out,
                                const osl_searcher *searcher, osl_error *err)
{
    uint64_t newest = 0;
    *out = NULL;
    osl_status status = osl_index_newest(searcher->path, &newest, err);
    /* What is damaged now is no reason to give up what is open. */
    if (status == OSL_ECORRUPT || status == OSL_ENOTFOUND)
        return OSL_OK;
    if (status != OSL_OK ||
        newest <= osl_index_get_info(searcher->index)->generation)
        return status;
    osl_searcher *newer = NULL;
    status = osl_searcher_open(&newer, searcher->path, 0, err);
    if (status == OSL_OK && osl_index_get_info(newer->index)->generation <=
                                osl_index_get_info(searcher->index)->generation)
        osl_searcher_free(newer);
    else
        *out = newer;
    return status;
}

const char *osl_searcher_note(const osl_searcher *searcher)
{
    return osl_index_note(searcher->index);
}

/* ---- titles, paragraph by paragraph ------------------------------------ */

/* Told without looking at documents: where there are no titles, and of records,
 * each with one paragraph. Not where codes stand for several lengths. */
static bool know_titles(const osl_index *index, uint32_t n, uint64_t *total)
{
    const osl_segment *segment = osl_index_segment(index, n);
    const osl_deletions *deletions = osl_index_deletions(index, n);
    uint64_t length =
        osl_segment_get_info(segment)->fields[OSL_FIELD_TITLE].total_length;
    if (!osl_segment_lengths_are_exact(segment, OSL_FIELD_TITLE) ||
        (length > 0 && !are_records(segment)))
        return false;
    if (deletions)
        length -= osl_deletions_get_info(deletions)
                      ->fields[OSL_FIELD_TITLE]
                      .total_length;
    *total += length;
    return true;
}

static osl_status add_titles(const osl_index *index, uint32_t n,
                             uint64_t *total, osl_error *err)
{
    const uint8_t *codes;
    osl_column_view firsts;
    const osl_segment *segment = osl_index_segment(index, n);
    uint32_t count = osl_segment_get_info(segment)->document_count;
    if (know_titles(index, n, total))
        return OSL_OK;
    osl_status status =
        osl_segment_length_codes(segment, OSL_FIELD_TITLE, &codes, err);
    if (status == OSL_OK)
        status = osl_tables_view(segment, OSL_SECTION_DOCUMENTS,
                                 OSL_DOCUMENT_FIRST_PARAGRAPH, count + 1,
                                 &firsts, err);
    for (uint32_t i = 0; i < count && status == OSL_OK; i++)
        if (codes[i] && osl_index_lives(index, n, i))
            *total += osl_length_of_code(codes[i]) *
                      (osl_column_view_get(&firsts, i + 1) -
                       osl_column_view_get(&firsts, i));
    return status;
}

static osl_status count_titles(osl_searcher *searcher, osl_error *err)
{
    uint64_t total = 0;
    const osl_index *index = searcher->index;
    uint32_t segments = osl_index_get_info(index)->segment_count;
    for (uint32_t i = 0; i < segments; i++) {
        osl_status status = add_titles(index, i, &total, err);
        if (status != OSL_OK)
            return status;
    }
    searcher->title_length = total;
    searcher->titles_known = true;
    return OSL_OK;
}

osl_status osl_searcher_title_length(const osl_searcher *searcher,
                                     uint64_t *out, osl_error *err)
{
    /* Made late, as is the list of idle workspaces: behind the lock. */
    osl_searcher *open = (osl_searcher *)searcher;
    osl_status status = OSL_OK;
    if (pthread_mutex_lock(&open->lock) != 0)
        return osl_fail(err, OSL_EBUSY, "index: cannot lock");
    if (!open->titles_known)
        status = count_titles(open, err);
    *out = open->title_length;
    (void)pthread_mutex_unlock(&open->lock);
    return status;
}

/* ---- what is in it ----------------------------------------------------- */

/* Numbers of dates that were looked at: those of a segment stand together, so
 * that few meet in one place. */
enum { SEEN = 1024 };

static bool was_seen(uint32_t seen[SEEN], uint32_t string)
{
    uint32_t *place = &seen[string % SEEN];
    bool yes = *place == string;
    *place = string;
    return yes;
}

/* In one pass over the numbers of their strings; where all have one, there is
 * none to make. */
static osl_status find_newest(const osl_index *index, uint32_t n,
                              osl_text *newest, osl_error *err)
{
    osl_column_view strings;
    uint32_t seen[SEEN];
    const osl_segment *segment = osl_index_segment(index, n);
    uint32_t count = osl_segment_get_info(segment)->document_count;
    osl_status status =
        osl_tables_view(segment, OSL_SECTION_DOCUMENTS, OSL_STRING_UPDATED,
                        count, &strings, err);
    if (status != OSL_OK)
        return status;
    bool alike = strings.column.width == 0 && strings.column.slope == 0;
    memset(seen, 0xFF, sizeof seen);
    for (uint32_t i = 0; i < count; i++) {
        osl_text updated;
        if (!osl_index_lives(index, n, i))
            continue;
        uint64_t string = osl_column_view_get(&strings, i);
        if (string < UINT32_MAX && was_seen(seen, (uint32_t)string))
            continue;
        status = osl_tables_string(segment, string, &updated, err);
        if (status != OSL_OK)
            return status;
        if (osl_text_compare(updated, *newest) > 0)
            *newest = updated;
        if (alike)
            break;
    }
    return OSL_OK;
}

osl_status osl_searcher_get_brief(const osl_searcher *searcher,
                                  osl_searcher_info *out, osl_error *err)
{
    const osl_index_info *info = osl_index_get_info(searcher->index);
    *out = (osl_searcher_info){
        .generation = info->generation,
        .paragraphs = info->paragraph_count,
        .documents = info->document_count,
        .segments = info->segment_count,
        .bytes_text = info->text_bytes,
        .bytes_index = info->index_bytes,
        .postings = osl_index_posting_count(searcher->index, OSL_FIELD_TEXT),
        .newest = {"", 0},
        .language = searcher->language,
        .store = info->store,
        .pairs = info->pairs,
        .fold_acronyms = info->fold_acronyms};
    for (uint32_t i = 0; i < info->segment_count; i++) {
        osl_status status = find_newest(searcher->index, i, &out->newest, err);
        if (status != OSL_OK)
            return status;
    }
    return OSL_OK;
}

osl_status osl_searcher_get_info(const osl_searcher *searcher,
                                 osl_searcher_info *out, osl_error *err)
{
    osl_status status = osl_searcher_get_brief(searcher, out, err);
    return status == OSL_OK
               ? osl_index_term_count(searcher->index, OSL_FIELD_TEXT,
                                      &out->terms, err)
               : status;
}

void osl_searcher_parts(const osl_searcher *searcher,
                        void (*each)(void *user, const char *name,
                                     uint64_t bytes),
                        void *user)
{
    osl_index_parts(searcher->index, each, user);
}

/* ---- terms ------------------------------------------------------------- */

typedef struct term_count {
    osl_text term;
    uint64_t df, cf;
} term_count;

typedef struct term_list {
    term_count *items;
    size_t count, capacity;
    osl_arena arena;
} term_list;

static int by_bytes(const void *a, const void *b)
{
    return osl_text_compare(((const term_count *)a)->term,
                            ((const term_count *)b)->term);
}

static int by_df(const void *a, const void *b)
{
    const term_count *x = a, *y = b;
    if (x->df != y->df)
        return x->df > y->df ? -1 : 1;
    return osl_text_compare(x->term, y->term);
}

static osl_status list_terms(term_list *list, const osl_index *index,
                             uint32_t n, osl_text prefix, osl_error *err)
{
    osl_term_cursor at;
    osl_status status = osl_term_seek(&at, osl_index_segment(index, n),
                                      OSL_FIELD_TEXT, prefix, err);
    while (status == OSL_OK && (status = osl_term_next(&at, err)) == OSL_OK) {
        if (at.term.length < prefix.length ||
            (prefix.length &&
             memcmp(at.term.bytes, prefix.bytes, prefix.length) != 0))
            return OSL_OK;
        osl_term_info live = at.info;
        status = osl_index_live_term(index, n, OSL_FIELD_TEXT, &live, err);
        if (status != OSL_OK)
            return status;
        term_count item = {.df = live.df, .cf = live.cf};
        if (!item.df)
            continue;
        if (!osl_arena_text(&list->arena, at.term, &item.term) ||
            !osl_grow(&list->items, &list->capacity, list->count + 1,
                      sizeof *list->items))
            return osl_fail(err, OSL_ENOMEM, "terms: memory ran out");
        list->items[list->count++] = item;
    }
    return status == OSL_END ? OSL_OK : status;
}

/* Segments' counts of one term become one. */
static void join_equal(term_list *list)
{
    size_t kept = 0;
    if (!list->count)
        return;
    qsort(list->items, list->count, sizeof *list->items, by_bytes);
    for (size_t i = 1; i < list->count; i++) {
        if (by_bytes(&list->items[kept], &list->items[i]) != 0) {
            list->items[++kept] = list->items[i];
            continue;
        }
        list->items[kept].df += list->items[i].df;
        list->items[kept].cf += list->items[i].cf;
    }
    list->count = kept + 1;
    qsort(list->items, list->count, sizeof *list->items, by_df);
}

osl_status osl_searcher_terms(const osl_searcher *searcher, osl_text prefix,
                              size_t limit,
                              void (*each)(void *user, osl_text term,
                                           uint64_t df, uint64_t cf),
                              void *user, osl_error *err)
{
    term_list list = {0};
    uint32_t segments = osl_index_get_info(searcher->index)->segment_count;
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < segments && status == OSL_OK; i++)
        status = list_terms(&list, searcher->index, i, prefix, err);
    if (status == OSL_OK)
        join_equal(&list);
    for (size_t i = 0; i < list.count && i < limit && status == OSL_OK; i++)
        each(user, list.items[i].term, list.items[i].df, list.items[i].cf);
    osl_arena_clear(&list.arena);
    free(list.items);
    return status;
}
