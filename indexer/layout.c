/* SPDX-License-Identifier: MIT */
#include "indexer/layout.h"

#include "indexer/sort.h"

#include <string.h>

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while making tables");
    return OSL_ENOMEM;
}

/* ---- strings ------------------------------------------------------------ */

/* New numbers in order of use. */
typedef struct renumbering {
    uint32_t *numbers; /* by old number; UINT32_MAX: none yet */
    uint32_t *old;     /* by new number */
    uint32_t count;
} renumbering;

static void renumber(renumbering *r, osl_list32 *list)
{
    for (size_t i = 0; i < list->count; i++) {
        uint32_t *number = &r->numbers[list->at[i]];
        if (*number == UINT32_MAX) {
            r->old[r->count] = list->at[i];
            *number = r->count++;
        }
        list->at[i] = *number;
    }
}

static osl_status copy_strings(const osl_batch *batch, const renumbering *r,
                               osl_arena *arena, osl_tables *tables,
                               osl_error *err)
{
    uint64_t *offsets = osl_arena_take(arena, (r->count + 1) * sizeof *offsets);
    uint64_t length = 0;
    if (!offsets)
        return no_memory(err);
    for (uint32_t i = 0; i < r->count; i++) {
        offsets[i] = length;
        length += osl_strings_text(&batch->strings, r->old[i]).length;
    }
    offsets[r->count] = length;
    uint8_t *heap = osl_arena_take(arena, length + 1);
    if (!heap)
        return no_memory(err);
    for (uint32_t i = 0; i < r->count; i++) {
        osl_text text = osl_strings_text(&batch->strings, r->old[i]);
        memcpy(heap + offsets[i], text.bytes, text.length);
    }
    tables->string_count = r->count;
    tables->string_offsets = offsets;
    tables->string_heap = heap;
    return OSL_OK;
}

static osl_status number_strings(osl_batch *batch, osl_arena *arena,
                                 osl_tables *tables, osl_error *err)
{
    size_t count = batch->strings.count;
    renumbering r = {osl_arena_take(arena, (count + 1) * sizeof(uint32_t)),
                     osl_arena_take(arena, (count + 1) * sizeof(uint32_t)), 0};
    if (!r.numbers || !r.old)
        return no_memory(err);
    memset(r.numbers, 0xFF, count * sizeof *r.numbers);
    for (unsigned i = 0; i < OSL_DOCUMENT_STRINGS; i++)
        renumber(&r, &batch->document_strings[i]);
    renumber(&r, &batch->headings);
    renumber(&r, &batch->citations);
    renumber(&r, &batch->evidence);
    renumber(&r, &batch->alias_strings);
    return copy_strings(batch, &r, arena, tables, err);
}

static osl_text string_at(const void *user, uint32_t number)
{
    const osl_tables *tables = user;
    uint64_t start = tables->string_offsets[number];
    return (osl_text){(const char *)tables->string_heap + start,
                      (size_t)(tables->string_offsets[number + 1] - start)};
}

/* ---- order of documents and aliases ------------------------------------- */

/* Rows by the bytes of their strings, equal ones in order of rows. */
typedef struct by_string {
    const osl_tables *tables;
    const uint32_t *strings;
} by_string;

static osl_text row_text(const void *user, uint32_t row)
{
    const by_string *by = user;
    return string_at(by->tables, by->strings[row]);
}

static uint32_t *sorted_rows(const osl_tables *tables, const uint32_t *strings,
                             size_t count, osl_arena *arena)
{
    by_string by = {tables, strings};
    uint32_t *rows = osl_arena_take(arena, (count + 1) * sizeof *rows);
    osl_sort_entry *entries = malloc((count + 1) * sizeof *entries);
    bool done = rows && entries;
    for (uint32_t i = 0; i < count && done; i++)
        entries[i] = (osl_sort_entry){osl_sort_prefix(row_text(&by, i)), 0, i};
    done = done && osl_sort(entries, count, row_text, &by);
    for (size_t i = 0; i < count && done; i++)
        rows[i] = entries[i].id;
    free(entries);
    return done ? rows : NULL;
}

static osl_status order_aliases(const osl_batch *batch, osl_arena *arena,
                                osl_tables *tables, osl_error *err)
{
    size_t count = batch->alias_strings.count;
    uint32_t *rows = sorted_rows(tables, batch->alias_strings.at, count, arena);
    uint32_t *strings = osl_arena_take(arena, (count + 1) * 4);
    uint32_t *documents = osl_arena_take(arena, (count + 1) * 4);
    if (!rows || !strings || !documents)
        return no_memory(err);
    for (size_t i = 0; i < count; i++) {
        strings[i] = batch->alias_strings.at[rows[i]];
        documents[i] = batch->alias_documents.at[rows[i]];
    }
    tables->alias_count = (uint32_t)count;
    tables->alias_strings = strings;
    tables->alias_documents = documents;
    return OSL_OK;
}

static osl_status rank_paragraphs(osl_arena *arena, osl_tables *tables,
                                  osl_error *err)
{
    uint32_t *ranks =
        osl_arena_take(arena, ((size_t)tables->paragraph_count + 1) * 4);
    uint32_t *order =
        sorted_rows(tables, tables->document_strings[OSL_STRING_ID],
                    tables->document_count, arena);
    uint32_t rank = 0;
    if (!ranks || !order)
        return no_memory(err);
    for (uint32_t i = 0; i < tables->document_count; i++) {
        uint32_t from = tables->first_paragraphs[order[i]];
        uint32_t to = tables->first_paragraphs[order[i] + 1];
        for (uint32_t paragraph = from; paragraph < to; paragraph++)
            ranks[paragraph] = rank++;
    }
    tables->document_order = order;
    tables->ranks = ranks;
    return OSL_OK;
}

/* ---- lists -------------------------------------------------------------- */

/* Starts of lists from their lengths. */
static uint32_t *starts_of(const osl_list32 *counts, osl_arena *arena)
{
    uint32_t *starts = osl_arena_take(arena, (counts->count + 1) * 4);
    uint32_t sum = 0;
    if (!starts)
        return NULL;
    for (size_t i = 0; i < counts->count; i++) {
        starts[i] = sum;
        sum += counts->at[i];
    }
    starts[counts->count] = sum;
    return starts;
}

static void borrow(const osl_batch *batch, osl_tables *tables)
{
    tables->document_count = osl_batch_documents(batch);
    for (unsigned i = 0; i < OSL_DOCUMENT_STRINGS; i++)
        tables->document_strings[i] = batch->document_strings[i].at;
    tables->first_paragraphs = batch->first_paragraphs.at;
    tables->first_sections = batch->first_sections.at;
    tables->document_flags = batch->document_flags.at;
    tables->section_count = (uint32_t)batch->headings.count;
    tables->headings = batch->headings.at;
    tables->parents = batch->parents.at;
    tables->levels = batch->levels.at;
    tables->section_paragraphs = batch->section_paragraphs.at;
    tables->section_lengths = batch->section_lengths.at;
    tables->paragraph_count = osl_batch_paragraphs(batch);
    tables->paragraph_sections = batch->paragraph_sections.at;
    tables->lines = batch->lines.at;
    tables->kinds = batch->kinds.at;
    tables->hashes = batch->hashes.at;
    tables->citations = batch->citations.at;
    tables->evidence = batch->evidence.at;
    if (!batch->keep_texts)
        tables->text_bytes = batch->paragraph_bytes.at;
}

osl_status osl_layout_tables(osl_batch *batch, osl_arena *arena,
                             osl_tables *tables, osl_error *err)
{
    *tables = (osl_tables){0};
    osl_status status = number_strings(batch, arena, tables, err);
    if (status != OSL_OK)
        return status;
    /* The ends of the last document. */
    if (!osl_list32_add(&batch->first_paragraphs,
                        osl_batch_paragraphs(batch)) ||
        !osl_list32_add(&batch->first_sections,
                        (uint32_t)batch->headings.count))
        return no_memory(err);
    borrow(batch, tables);
    tables->citation_starts = starts_of(&batch->citation_counts, arena);
    tables->evidence_starts = starts_of(&batch->evidence_counts, arena);
    if (!tables->citation_starts || !tables->evidence_starts)
        return no_memory(err);
    status = rank_paragraphs(arena, tables, err);
    if (status == OSL_OK)
        status = order_aliases(batch, arena, tables, err);
    return status;
}
