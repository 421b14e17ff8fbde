/* SPDX-License-Identifier: MIT */
#include "indexer/reorder.h"

#include "indexer/bisect.h"

#include <assert.h>
#include <string.h>

/* Words that say something of a document's matter: in so many documents at
 * least (of few documents, in fewer), and in one of so many at most. */
enum { DOCUMENTS_LEAST = 64, SHARE_LEAST = 1024, SHARE_MOST = 10 };

/* How far documents are told apart: down to the number of paragraphs of a
 * range, which for many is mostly that of documents. */
enum { LEAF = 64, FEW = 4096, LEAF_OF_FEW = 8 };

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while ordering documents");
    return OSL_ENOMEM;
}

/* ---- words by document -------------------------------------------------- */

/* Where each document's words end in the ids of text; count + 1. */
static uint32_t *find_starts(const osl_batch *batch)
{
    const osl_list32 *lengths = &batch->fields[OSL_FIELD_TEXT].lengths;
    uint32_t count = osl_batch_documents(batch), id = 0;
    uint32_t *starts = malloc(((size_t)count + 1) * sizeof *starts);
    for (uint32_t i = 0, paragraph = 0; starts && i <= count; i++) {
        uint32_t first = i < count ? batch->first_paragraphs.at[i]
                                   : osl_batch_paragraphs(batch);
        for (; paragraph < first; paragraph++)
            id += lengths->at[paragraph];
        starts[i] = id;
    }
    return starts;
}

/* In how many documents each form stands; `last` is room by form. */
static void count_documents(const osl_batch *batch, const uint32_t *starts,
                            uint32_t *last, uint32_t *dfs)
{
    const uint32_t *ids = batch->fields[OSL_FIELD_TEXT].ids.at;
    for (uint32_t i = 0; i < osl_batch_documents(batch); i++) {
        for (uint32_t n = starts[i]; n < starts[i + 1]; n++) {
            dfs[ids[n]] += last[ids[n]] != i + 1;
            last[ids[n]] = i + 1;
        }
    }
}

/* Dfs become numbers of terms; UINT32_MAX: it is none. */
static uint32_t choose_terms(uint32_t *dfs, uint32_t forms, uint32_t documents)
{
    uint32_t count = 0, least = 2 + documents / SHARE_LEAST;
    least = least < DOCUMENTS_LEAST ? least : DOCUMENTS_LEAST;
    for (uint32_t i = 0; i < forms; i++)
        dfs[i] = dfs[i] >= least && dfs[i] <= documents / SHARE_MOST
                     ? count++
                     : UINT32_MAX;
    return count;
}

/* The ids of each document's terms, once each, in place of all its words. */
static void list_terms(const osl_batch *batch, uint32_t *starts,
                       const uint32_t *numbers, uint32_t *last, uint32_t *terms)
{
    const uint32_t *ids = batch->fields[OSL_FIELD_TEXT].ids.at;
    uint32_t end = 0, from = starts[0];
    for (uint32_t i = 0; i < osl_batch_documents(batch); i++) {
        uint32_t to = starts[i + 1];
        for (uint32_t n = from; n < to; n++) {
            if (numbers[ids[n]] == UINT32_MAX || last[ids[n]] == i + 1)
                continue;
            last[ids[n]] = i + 1;
            terms[end++] = numbers[ids[n]];
        }
        from = to;
        starts[i + 1] = end;
    }
}

static osl_status find_order(const osl_batch *batch, uint32_t *order,
                             osl_error *err)
{
    const osl_batch_field *field = &batch->fields[OSL_FIELD_TEXT];
    size_t forms = (size_t)field->forms.count + 1;
    uint32_t *starts = find_starts(batch);
    uint32_t *numbers = calloc(forms, sizeof *numbers);
    uint32_t *last = calloc(forms, sizeof *last);
    uint32_t *terms = malloc((field->ids.count + 1) * sizeof *terms);
    osl_status status =
        starts && numbers && last && terms ? OSL_OK : no_memory(err);
    if (status == OSL_OK) {
        osl_bisect_lists lists = {
            .starts = starts,
            .terms = terms,
            .document_count = osl_batch_documents(batch),
            .leaf = osl_batch_documents(batch) < FEW ? LEAF_OF_FEW : LEAF,
        };
        count_documents(batch, starts, last, numbers);
        lists.term_count =
            choose_terms(numbers, field->forms.count, lists.document_count);
        memset(last, 0, forms * sizeof *last);
        list_terms(batch, starts, numbers, last, terms);
        status = osl_bisect(&lists, order, err);
    }
    free(starts);
    free(numbers);
    free(last);
    free(terms);
    return status;
}

/* ---- the batch ---------------------------------------------------------- */

static size_t sum_of(const osl_list32 *list, size_t from, size_t to)
{
    size_t sum = 0;
    for (size_t i = from; i < to; i++)
        sum += list->at[i];
    return sum;
}

/* The place behind document `i`, `*mark` being the one before it. */
static void pass_document(const osl_batch *batch, uint32_t i,
                          osl_batch_mark *mark)
{
    size_t *to = mark->counts;
    bool is_last = i + 1 == osl_batch_documents(batch);
    size_t paragraph = to[OSL_MARK_PARAGRAPHS];
    size_t section = to[OSL_MARK_SECTIONS], gap = to[OSL_MARK_GAPS];
    size_t paragraphs =
        is_last ? batch->kinds.count : batch->first_paragraphs.at[i + 1];
    size_t sections =
        is_last ? batch->headings.count : batch->first_sections.at[i + 1];
    size_t words =
        sum_of(&batch->fields[OSL_FIELD_TEXT].lengths, paragraph, paragraphs);
    to[OSL_MARK_DOCUMENTS] = (size_t)i + 1;
    to[OSL_MARK_PARAGRAPHS] = paragraphs;
    to[OSL_MARK_SECTIONS] = sections;
    to[OSL_MARK_IDS + OSL_FIELD_TEXT] += words;
    to[OSL_MARK_IDS + OSL_FIELD_TITLE] +=
        batch->fields[OSL_FIELD_TITLE].lengths.at[i];
    to[OSL_MARK_IDS + OSL_FIELD_HEADING] +=
        sum_of(&batch->fields[OSL_FIELD_HEADING].lengths, section, sections);
    if (batch->keep_texts)
        to[OSL_MARK_GAPS] += words + paragraphs - paragraph;
    for (; gap < to[OSL_MARK_GAPS]; gap++)
        to[OSL_MARK_SIDE] += batch->gaps.codes.at[gap] == OSL_GAP_SIDE;
    to[OSL_MARK_CITATIONS] +=
        sum_of(&batch->citation_counts, paragraph, paragraphs);
    to[OSL_MARK_EVIDENCE] +=
        sum_of(&batch->evidence_counts, paragraph, paragraphs);
    to[OSL_MARK_COMPOUNDS] +=
        sum_of(&batch->compound_counts, paragraph, paragraphs);
    while (to[OSL_MARK_ALIASES] < batch->alias_documents.count &&
           batch->alias_documents.at[to[OSL_MARK_ALIASES]] == i)
        to[OSL_MARK_ALIASES]++;
    while (to[OSL_MARK_USES] < batch->senses.documents.count &&
           batch->senses.documents.at[to[OSL_MARK_USES]] == i)
        to[OSL_MARK_USES]++;
    for (; paragraph < paragraphs; paragraph++)
        mark->text_bytes += batch->paragraph_bytes.at[paragraph];
}

/* A piece for each document, joined in the new order. */
static osl_status order_batch(osl_batch *batch, const uint32_t *order,
                              osl_error *err)
{
    uint32_t count = osl_batch_documents(batch);
    osl_batch_mark *marks = calloc((size_t)count + 1, sizeof *marks);
    osl_batch_piece *pieces = calloc((size_t)count + 1, sizeof *pieces);
    osl_status status = marks && pieces ? OSL_OK : no_memory(err);
    osl_batch ordered = {0};
    osl_batch_init(&ordered, batch->analyzer, batch->keep_texts);
    for (uint32_t i = 0; i < count && status == OSL_OK; i++) {
        marks[i + 1] = marks[i];
        pass_document(batch, i, &marks[i + 1]);
    }
    for (uint32_t i = 0; i < count && status == OSL_OK; i++)
        pieces[i] = (osl_batch_piece){.first = marks[order[i]],
                                      .end = marks[order[i] + 1]};
    free(marks);
    if (status == OSL_OK) {
        const osl_batch_parts parts = {&batch, 1, pieces, count};
        status = osl_batch_join(&ordered, &parts, 1, err);
    }
    free(pieces);
    ordered.was_compacted = batch->was_compacted;
    osl_batch_clear(batch);
    *batch = ordered;
    return status;
}

/* ---- the catalog -------------------------------------------------------- */

static void copy_document(osl_catalog_maker *to, const osl_catalog *from,
                          uint32_t document, uint32_t first, uint32_t end)
{
    osl_catalog_add_document(
        to, &(osl_catalog_document){osl_catalog_hash(from, document),
                                    osl_catalog_record(from, document),
                                    osl_catalog_source(from, document),
                                    osl_catalog_line(from, document),
                                    osl_catalog_is_short(from, document)});
    for (; first < end; first++) {
        uint64_t first_seen_us, changed_us;
        osl_catalog_dates(from, first, &first_seen_us, &changed_us);
        osl_catalog_add_dates(to, 1, first_seen_us, changed_us);
    }
}

/* `firsts`: the first paragraph of each document, and the end. */
static osl_status order_catalog(osl_catalog_maker *maker, const uint32_t *order,
                                const uint32_t *firsts, osl_error *err)
{
    osl_buf bytes = {0};
    osl_catalog from = {0};
    osl_catalog_maker to = {0};
    osl_status status = osl_catalog_encode(&bytes, maker, 0, err);
    if (status == OSL_OK)
        status = osl_catalog_open_memory(&from, osl_buf_text(&bytes),
                                         "the catalog to be", err);
    for (uint32_t i = 0; i < from.document_count && status == OSL_OK; i++)
        copy_document(&to, &from, order[i], firsts[order[i]],
                      firsts[order[i] + 1]);
    osl_catalog_close(&from);
    osl_buf_clear(&bytes);
    osl_catalog_maker_clear(maker);
    *maker = to;
    return status;
}

/* ---- both --------------------------------------------------------------- */

osl_status osl_reorder(osl_batch *batch, osl_catalog_maker *catalog,
                       osl_error *err)
{
    size_t count = osl_batch_documents(batch);
    uint32_t *order = malloc((count + 1) * sizeof *order);
    uint32_t *firsts = malloc((count + 1) * sizeof *firsts);
    osl_status status = order && firsts ? OSL_OK : no_memory(err);
    assert(batch->dead_count == 0);
    assert(catalog->document_count == count);
    if (status == OSL_OK) {
        if (count > 0)
            memcpy(firsts, batch->first_paragraphs.at, count * sizeof *firsts);
        firsts[count] = osl_batch_paragraphs(batch);
        status = find_order(batch, order, err);
    }
    if (status == OSL_OK)
        status = order_batch(batch, order, err);
    if (status == OSL_OK)
        status = order_catalog(catalog, order, firsts, err);
    free(order);
    free(firsts);
    return status;
}
