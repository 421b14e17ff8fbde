/* SPDX-License-Identifier: MIT
 *
 * Documents, sections and columns of paragraphs: each column of the output is
 * read from the inputs' while it is written. Only the order of documents by id
 * and the ranks that follow from it are worked out beforehand. */
#include "indexer/merge_inner.h"

#include "indexer/heap.h"

#include <stdlib.h>

/* ---- columns ------------------------------------------------------------ */

osl_status osl_merge_column_open(osl_merge_column *out, const osl_merge *m,
                                 const osl_merge_column_kind *kind,
                                 osl_error *err)
{
    *out = (osl_merge_column){.m = m, .kind = *kind};
    out->views = calloc(m->input_count, sizeof *out->views);
    if (!out->views)
        return osl_merge_no_memory(err);
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < m->run_count && status == OSL_OK; i++) {
        const osl_merge_run *run = &m->runs[i];
        status = osl_tables_view(
            osl_merge_segment(m, run->input), kind->section, kind->column,
            run->to[kind->rows], &out->views[run->input], err);
    }
    return status;
}

void osl_merge_column_close(osl_merge_column *column)
{
    free(column->views);
    column->views = NULL;
}

/* The values of rows of one run. */
static void fill_run(const osl_merge_column *c, const osl_merge_run *run,
                     uint32_t at, uint32_t count, uint64_t *out)
{
    const osl_column_view *view = &c->views[run->input];
    unsigned shift = c->kind.shift;
    uint64_t more = 0;
    if (shift < OSL_ROWS_COUNT)
        more = (uint64_t)run->out[shift] - run->from[shift];
    for (uint32_t i = 0; i < count; i++)
        out[i] = osl_column_view_get(view, at + i) + more;
    for (uint32_t i = 0; i < count && shift == OSL_SHIFT_STRING; i++)
        out[i] = c->m->strings.maps[run->input][out[i]];
    for (uint32_t i = 0; i < count && shift == OSL_SHIFT_LINE; i++)
        out[i] = out[i] > 0 ? (uint32_t)(out[i] + run->lines) : 0;
}

static void fill(void *user, uint32_t from, uint32_t count, uint64_t *out)
{
    const osl_merge_column *c = user;
    unsigned rows = c->kind.rows;
    uint32_t total = c->m->totals[rows];
    while (count > 0 && from < total) {
        const osl_merge_run *run = osl_merge_find_run(c->m, rows, from);
        uint32_t at = from - run->out[rows] + run->from[rows];
        uint32_t part = run->to[rows] - at;
        part = part < count ? part : count;
        fill_run(c, run, at, part, out);
        from += part;
        out += part;
        count -= part;
    }
    if (count > 0)
        *out = c->m->totals[c->kind.shift];
}

osl_column_source osl_merge_column_source(osl_merge_column *column)
{
    uint32_t count = column->m->totals[column->kind.rows];
    return (osl_column_source){
        .count = count + column->kind.has_end, .fill = fill, .user = column};
}

/* ---- order of documents ------------------------------------------------- */

typedef struct table_merger {
    osl_merge *m;
    uint32_t **orders; /* by input, its documents by id; own, as all below */
    osl_column_view *firsts, *ids;
    uint32_t *next; /* in `orders` */
    osl_heap heap;
    uint32_t *order; /* documents by id */
    uint32_t *ranks; /* of each document's first paragraph */
    uint32_t string; /* the next of offsets, and its offset */
    uint64_t offset;
    osl_tables tables;
} table_merger;

static void clear(table_merger *t)
{
    for (uint32_t i = 0; t->orders && i < t->m->input_count; i++)
        free(t->orders[i]);
    free(t->orders);
    free(t->firsts);
    free(t->ids);
    free(t->next);
    free(t->heap.at);
    free(t->order);
    free(t->ranks);
}

static osl_text id_at(const table_merger *t, uint32_t input)
{
    const osl_column_view *ids = &t->ids[input];
    uint32_t row = t->orders[input][t->next[input]];
    if (row >= ids->column.count)
        return (osl_text){"", 0};
    return osl_merge_input_string(t->m, input,
                                  (uint32_t)osl_column_view_get(ids, row));
}

static int compare_ids(const void *user, uint32_t a, uint32_t b)
{
    return osl_text_compare(id_at(user, a), id_at(user, b));
}

static osl_status open_documents(table_merger *t, uint32_t input,
                                 osl_error *err)
{
    static const struct {
        unsigned column, more;
    } columns[] = {{OSL_DOCUMENT_FIRST_PARAGRAPH, 1}, {OSL_STRING_ID, 0}};
    osl_column_view *views[] = {&t->firsts[input], &t->ids[input]};
    const osl_segment *segment = osl_merge_segment(t->m, input);
    uint32_t count = osl_segment_get_info(segment)->document_count;
    osl_status status = OSL_OK;
    for (unsigned i = 0; i < 2 && status == OSL_OK; i++)
        status =
            osl_tables_view(segment, OSL_SECTION_DOCUMENTS, columns[i].column,
                            count + columns[i].more, views[i], err);
    t->orders[input] = malloc(((size_t)count + 1) * sizeof *t->orders[input]);
    if (status == OSL_OK && !t->orders[input])
        return osl_merge_no_memory(err);
    if (status == OSL_OK)
        status = osl_segment_order(segment, t->orders[input], err);
    if (status == OSL_OK && count > 0)
        osl_heap_push(&t->heap, input);
    return status;
}

static osl_status open_inputs(table_merger *t, osl_error *err)
{
    size_t inputs = t->m->input_count;
    size_t documents = (size_t)t->m->totals[OSL_ROWS_DOCUMENTS];
    t->orders = calloc(inputs, sizeof *t->orders);
    t->firsts = calloc(inputs, sizeof *t->firsts);
    t->ids = calloc(inputs, sizeof *t->ids);
    t->next = calloc(inputs, sizeof *t->next);
    t->heap = (osl_heap){.at = calloc(inputs, sizeof *t->heap.at),
                         .compare = compare_ids,
                         .user = t};
    t->order = calloc(documents + 1, sizeof *t->order);
    t->ranks = calloc(documents + 1, sizeof *t->ranks);
    if (!t->orders || !t->firsts || !t->ids || !t->next || !t->heap.at ||
        !t->order || !t->ranks)
        return osl_merge_no_memory(err);
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < inputs && status == OSL_OK; i++)
        status = open_documents(t, i, err);
    return status;
}

static osl_status order_documents(table_merger *t, osl_error *err)
{
    const osl_merge *m = t->m;
    uint32_t count = 0, rank = 0;
    while (t->heap.count > 0) {
        uint32_t input = osl_heap_pop(&t->heap), document;
        const osl_column_view *firsts = &t->firsts[input];
        uint32_t row = t->orders[input][t->next[input]++];
        if (t->next[input] <
            osl_segment_get_info(osl_merge_segment(m, input))->document_count)
            osl_heap_push(&t->heap, input);
        if (!osl_merge_row(m, input, OSL_ROWS_DOCUMENTS, row, &document))
            continue;
        if (count == m->totals[OSL_ROWS_DOCUMENTS])
            return osl_fail(err, OSL_ECORRUPT,
                            "%s: damaged: a document is listed twice",
                            osl_segment_path(osl_merge_segment(m, input)));
        t->order[count++] = document;
        t->ranks[document] = rank;
        rank += (uint32_t)(osl_column_view_get(firsts, row + 1) -
                           osl_column_view_get(firsts, row));
    }
    return OSL_OK;
}

/* The document that an input's paragraph belongs to, among those of a run. */
static uint32_t document_of(const table_merger *t, const osl_merge_run *run,
                            uint32_t paragraph)
{
    const osl_column_view *firsts = &t->firsts[run->input];
    uint32_t low = run->from[OSL_ROWS_DOCUMENTS];
    uint32_t high = run->to[OSL_ROWS_DOCUMENTS];
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (osl_column_view_get(firsts, middle) <= paragraph)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void fill_ranks(void *user, uint32_t from, uint32_t count, uint64_t *out)
{
    const table_merger *t = user;
    while (count > 0) {
        const osl_merge_run *run =
            osl_merge_find_run(t->m, OSL_ROWS_PARAGRAPHS, from);
        const osl_column_view *firsts = &t->firsts[run->input];
        uint32_t at = from - run->out[OSL_ROWS_PARAGRAPHS] +
                      run->from[OSL_ROWS_PARAGRAPHS];
        uint32_t document = document_of(t, run, at);
        for (; count > 0 && at < run->to[OSL_ROWS_PARAGRAPHS];
             count--, from++, at++) {
            while (document + 1 < run->to[OSL_ROWS_DOCUMENTS] &&
                   osl_column_view_get(firsts, document + 1) <= at)
                document++;
            uint32_t place = document - run->from[OSL_ROWS_DOCUMENTS] +
                             run->out[OSL_ROWS_DOCUMENTS];
            *out++ = t->ranks[place] + at -
                     (uint32_t)osl_column_view_get(firsts, document);
        }
    }
}

static void fill_documents(void *user, uint32_t from, uint32_t count,
                           uint64_t *out)
{
    const table_merger *t = user;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t paragraph = (from + i) * OSL_RANGE_SIZE;
        const osl_merge_run *run =
            osl_merge_find_run(t->m, OSL_ROWS_PARAGRAPHS, paragraph);
        uint32_t at = paragraph - run->out[OSL_ROWS_PARAGRAPHS] +
                      run->from[OSL_ROWS_PARAGRAPHS];
        out[i] = document_of(t, run, at) - run->from[OSL_ROWS_DOCUMENTS] +
                 run->out[OSL_ROWS_DOCUMENTS];
    }
}

static void fill_offsets(void *user, uint32_t from, uint32_t count,
                         uint64_t *out)
{
    table_merger *t = user;
    if (from < t->string) {
        t->string = 0;
        t->offset = 0;
    }
    while (t->string < from)
        t->offset += osl_merge_string_at(t->m, t->string++).length;
    for (uint32_t i = 0; i < count; i++) {
        out[i] = t->offset;
        if (t->string < t->m->strings.count)
            t->offset += osl_merge_string_at(t->m, t->string).length;
        t->string++;
    }
}

/* ---- tables ------------------------------------------------------------- */

enum { COLUMNS_MAX = 32 };

/* A column of the output and where its source belongs. */
typedef struct table_column {
    osl_merge_column_kind kind;
    size_t offset; /* in osl_tables */
} table_column;

#define DOCUMENTS(n, shift, has_end, member)                            \
    {                                                                   \
        {OSL_SECTION_DOCUMENTS, n, OSL_ROWS_DOCUMENTS, shift, has_end}, \
            offsetof(osl_tables, member)                                \
    }
#define SECTIONS(n, shift, member)                                  \
    {                                                               \
        {OSL_SECTION_SECTIONS, n, OSL_ROWS_SECTIONS, shift, false}, \
            offsetof(osl_tables, member)                            \
    }
#define PARAGRAPHS(n, rows, shift, has_end, member)        \
    {                                                      \
        {OSL_SECTION_PARAGRAPHS, n, rows, shift, has_end}, \
            offsetof(osl_tables, member)                   \
    }

static const table_column table_columns[] = {
    DOCUMENTS(OSL_DOCUMENT_FIRST_PARAGRAPH, OSL_ROWS_PARAGRAPHS, true,
              first_paragraphs),
    DOCUMENTS(OSL_DOCUMENT_FIRST_SECTION, OSL_ROWS_SECTIONS, true,
              first_sections),
    DOCUMENTS(OSL_DOCUMENT_FLAGS, OSL_SHIFT_NONE, false, document_flags),
    SECTIONS(OSL_SECTION_HEADING, OSL_SHIFT_STRING, headings),
    SECTIONS(OSL_SECTION_PARENT, OSL_SHIFT_NONE, parents),
    SECTIONS(OSL_SECTION_LEVEL, OSL_SHIFT_NONE, levels),
    SECTIONS(OSL_SECTION_PARAGRAPH, OSL_ROWS_PARAGRAPHS, section_paragraphs),
    SECTIONS(OSL_SECTION_LENGTH, OSL_SHIFT_NONE, section_lengths),
    PARAGRAPHS(OSL_PARAGRAPH_SECTION, OSL_ROWS_PARAGRAPHS, OSL_SHIFT_NONE,
               false, paragraph_sections),
    PARAGRAPHS(OSL_PARAGRAPH_LINE, OSL_ROWS_PARAGRAPHS, OSL_SHIFT_LINE, false,
               lines),
    PARAGRAPHS(OSL_PARAGRAPH_KIND, OSL_ROWS_PARAGRAPHS, OSL_SHIFT_NONE, false,
               kinds),
    PARAGRAPHS(OSL_PARAGRAPH_FIRST_CITATION, OSL_ROWS_PARAGRAPHS,
               OSL_ROWS_CITATIONS, true, citation_starts),
    PARAGRAPHS(OSL_PARAGRAPH_FIRST_EVIDENCE, OSL_ROWS_PARAGRAPHS,
               OSL_ROWS_EVIDENCE, true, evidence_starts),
    PARAGRAPHS(OSL_PARAGRAPH_CITATIONS, OSL_ROWS_CITATIONS, OSL_SHIFT_STRING,
               false, citations),
    PARAGRAPHS(OSL_PARAGRAPH_EVIDENCE, OSL_ROWS_EVIDENCE, OSL_SHIFT_STRING,
               false, evidence),
    /* Not where texts are stored, so the last two. */
    PARAGRAPHS(OSL_PARAGRAPH_HASH, OSL_ROWS_PARAGRAPHS, OSL_SHIFT_NONE, false,
               hashes),
    PARAGRAPHS(OSL_PARAGRAPH_TEXT_BYTES, OSL_ROWS_PARAGRAPHS, OSL_SHIFT_NONE,
               false, text_bytes),
};

enum { TABLE_COLUMNS = sizeof table_columns / sizeof table_columns[0] };

static osl_status open_columns(table_merger *t, osl_merge_column *columns,
                               osl_error *err)
{
    osl_status status = OSL_OK;
    for (unsigned i = 0; i < OSL_DOCUMENT_STRINGS && status == OSL_OK; i++) {
        const osl_merge_column_kind kind = {OSL_SECTION_DOCUMENTS, i,
                                            OSL_ROWS_DOCUMENTS,
                                            OSL_SHIFT_STRING, false};
        status = osl_merge_column_open(columns, t->m, &kind, err);
        t->tables.document_strings[i] = osl_merge_column_source(columns++);
    }
    unsigned count = TABLE_COLUMNS - (t->m->has_texts ? 2 : 0);
    for (unsigned i = 0; i < count && status == OSL_OK; i++) {
        status =
            osl_merge_column_open(columns, t->m, &table_columns[i].kind, err);
        char *at = (char *)&t->tables + table_columns[i].offset;
        *(osl_column_source *)(void *)at = osl_merge_column_source(columns++);
    }
    return status;
}

/* What is no column of the inputs. */
static void set_sources(table_merger *t)
{
    const osl_merge *m = t->m;
    uint32_t documents = m->totals[OSL_ROWS_DOCUMENTS];
    uint32_t paragraphs = m->totals[OSL_ROWS_PARAGRAPHS];
    uint32_t strings = m->strings.count, ranges;
    osl_tables *tables = &t->tables;
    ranges = paragraphs / OSL_RANGE_SIZE + (paragraphs % OSL_RANGE_SIZE > 0);
    tables->string_offsets = (osl_column_source){
        .count = strings + 1, .fill = fill_offsets, .user = t};
    fill_offsets(t, strings, 1, &tables->string_bytes);
    tables->string_at = osl_merge_string_at;
    tables->string_user = t->m;
    tables->document_order = osl_column_array(t->order, documents, 4);
    tables->alias_strings = osl_column_array(m->aliases, m->alias_count, 4);
    tables->alias_documents =
        osl_column_array(m->alias_documents, m->alias_count, 4);
    tables->ranks =
        (osl_column_source){.count = paragraphs, .fill = fill_ranks, .user = t};
    tables->range_documents =
        (osl_column_source){.count = ranges, .fill = fill_documents, .user = t};
}

osl_status osl_merge_tables(osl_merge *m, osl_error *err)
{
    table_merger t = {.m = m};
    osl_merge_column columns[COLUMNS_MAX] = {{0}};
    osl_status status = open_inputs(&t, err);
    if (status == OSL_OK)
        status = order_documents(&t, err);
    if (status == OSL_OK)
        status = open_columns(&t, columns, err);
    if (status == OSL_OK) {
        set_sources(&t);
        status = osl_tables_write(m->writer, &t.tables, err);
    }
    for (unsigned i = 0; i < COLUMNS_MAX; i++)
        osl_merge_column_close(&columns[i]);
    clear(&t);
    return status;
}
