/* SPDX-License-Identifier: MIT */
#include "indexer/layout.h"

#include "core/base/bytes.h"
#include "indexer/sort.h"

#include <string.h>

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while making tables");
    return OSL_ENOMEM;
}

/* ---- order of documents and aliases ------------------------------------- */

/* Rows by the bytes of their strings, equal ones in order of rows. */
typedef struct by_string {
    const osl_strings *strings;
    const uint32_t *numbers;
} by_string;

static osl_text row_text(const void *user, uint32_t row)
{
    const by_string *by = user;
    return osl_strings_text(by->strings, by->numbers[row]);
}

static uint32_t *sorted_rows(const osl_batch *batch, const osl_list32 *numbers,
                             osl_arena *arena)
{
    size_t count = numbers->count;
    by_string by = {&batch->strings, numbers->at};
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

/* Before strings get their numbers: so these follow from what lives alone. */
static osl_status order_aliases(osl_batch *batch, osl_arena *arena,
                                osl_error *err)
{
    size_t count = batch->alias_strings.count;
    uint32_t *rows = sorted_rows(batch, &batch->alias_strings, arena);
    uint32_t *copies = osl_arena_take(arena, (2 * count + 1) * 4);
    if (!rows || !copies)
        return no_memory(err);
    for (size_t i = 0; i < count; i++) {
        copies[i] = batch->alias_strings.at[rows[i]];
        copies[count + i] = batch->alias_documents.at[rows[i]];
    }
    if (count > 0) {
        memcpy(batch->alias_strings.at, copies, count * 4);
        memcpy(batch->alias_documents.at, copies + count, count * 4);
    }
    return OSL_OK;
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
                               osl_arena *arena, osl_layout *layout,
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
        osl_copy_few(heap + offsets[i], text.bytes, text.length);
    }
    layout->string_count = r->count;
    layout->string_offsets = offsets;
    layout->string_heap = heap;
    return OSL_OK;
}

static osl_text string_at(void *user, uint32_t number)
{
    const osl_layout *layout = user;
    uint64_t start = layout->string_offsets[number];
    return (osl_text){(const char *)layout->string_heap + start,
                      (size_t)(layout->string_offsets[number + 1] - start)};
}

static void set_strings(osl_layout *layout)
{
    osl_tables *tables = &layout->tables;
    tables->string_offsets =
        osl_column_array(layout->string_offsets, layout->string_count + 1, 8);
    tables->string_bytes = layout->string_offsets[layout->string_count];
    tables->string_at = string_at;
    tables->string_user = layout;
}

static osl_status number_strings(osl_batch *batch, osl_arena *arena,
                                 osl_layout *layout, osl_error *err)
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
    osl_status status = copy_strings(batch, &r, arena, layout, err);
    if (status == OSL_OK)
        set_strings(layout);
    return status;
}

/* ---- paragraphs --------------------------------------------------------- */

static osl_status rank_paragraphs(osl_arena *arena, osl_layout *layout,
                                  const uint32_t *order, osl_error *err)
{
    uint32_t *ranks =
        osl_arena_take(arena, ((size_t)layout->paragraph_count + 1) * 4);
    uint32_t rank = 0;
    if (!ranks)
        return no_memory(err);
    for (uint32_t i = 0; i < layout->document_count; i++) {
        uint32_t from = layout->first_paragraphs[order[i]];
        uint32_t to = layout->first_paragraphs[order[i] + 1];
        for (uint32_t paragraph = from; paragraph < to; paragraph++)
            ranks[paragraph] = rank++;
    }
    layout->tables.document_order =
        osl_column_array(order, layout->document_count, 4);
    layout->tables.ranks = osl_column_array(ranks, layout->paragraph_count, 4);
    return OSL_OK;
}

/* The document of each 64th paragraph. */
static osl_status list_ranges(osl_arena *arena, osl_layout *layout,
                              osl_error *err)
{
    uint32_t count = layout->paragraph_count / OSL_RANGE_SIZE +
                     (layout->paragraph_count % OSL_RANGE_SIZE > 0);
    uint32_t *ranges = osl_arena_take(arena, ((size_t)count + 1) * 4);
    uint32_t document = 0;
    if (!ranges)
        return no_memory(err);
    for (uint32_t range = 0; range < count; range++) {
        while (layout->first_paragraphs[document + 1] <= range * OSL_RANGE_SIZE)
            document++;
        ranges[range] = document;
    }
    layout->tables.range_documents = osl_column_array(ranges, count, 4);
    return OSL_OK;
}

/* ---- lists -------------------------------------------------------------- */

/* Starts of lists from their lengths, as a column; none where memory is out. */
static osl_column_source starts_of(const osl_list32 *counts, osl_arena *arena)
{
    uint32_t *starts = osl_arena_take(arena, (counts->count + 1) * 4);
    uint32_t sum = 0;
    if (!starts)
        return (osl_column_source){0};
    for (size_t i = 0; i < counts->count; i++) {
        starts[i] = sum;
        sum += counts->at[i];
    }
    starts[counts->count] = sum;
    return osl_column_array(starts, (uint32_t)counts->count + 1, 4);
}

static osl_column_source column32(const osl_list32 *list)
{
    return osl_column_array(list->at, (uint32_t)list->count, 4);
}

static void borrow(const osl_batch *batch, osl_layout *layout)
{
    osl_tables *tables = &layout->tables;
    layout->document_count = osl_batch_documents(batch);
    layout->paragraph_count = osl_batch_paragraphs(batch);
    layout->first_paragraphs = batch->first_paragraphs.at;
    for (unsigned i = 0; i < OSL_DOCUMENT_STRINGS; i++)
        tables->document_strings[i] = column32(&batch->document_strings[i]);
    tables->first_paragraphs = column32(&batch->first_paragraphs);
    tables->first_sections = column32(&batch->first_sections);
    tables->document_flags =
        osl_column_array(batch->document_flags.at, layout->document_count, 1);
    tables->alias_strings = column32(&batch->alias_strings);
    tables->alias_documents = column32(&batch->alias_documents);
    tables->headings = column32(&batch->headings);
    tables->parents = column32(&batch->parents);
    tables->levels = column32(&batch->levels);
    tables->section_paragraphs = column32(&batch->section_paragraphs);
    tables->section_lengths = column32(&batch->section_lengths);
    tables->paragraph_sections = column32(&batch->paragraph_sections);
    tables->lines = column32(&batch->lines);
    tables->kinds =
        osl_column_array(batch->kinds.at, layout->paragraph_count, 1);
    tables->citations = column32(&batch->citations);
    tables->evidence = column32(&batch->evidence);
    if (batch->keep_texts)
        return;
    tables->hashes =
        osl_column_array(batch->hashes.at, layout->paragraph_count, 8);
    tables->text_bytes =
        osl_column_array(batch->paragraph_bytes.at, layout->paragraph_count, 8);
}

osl_status osl_layout_tables(osl_batch *batch, osl_arena *arena,
                             osl_layout *layout, osl_error *err)
{
    *layout = (osl_layout){.string_count = 0};
    const uint32_t *order =
        sorted_rows(batch, &batch->document_strings[OSL_STRING_ID], arena);
    osl_status status =
        order ? order_aliases(batch, arena, err) : no_memory(err);
    if (status == OSL_OK)
        status = number_strings(batch, arena, layout, err);
    if (status != OSL_OK)
        return status;
    /* The ends of the last document. */
    if (!osl_list32_add(&batch->first_paragraphs,
                        osl_batch_paragraphs(batch)) ||
        !osl_list32_add(&batch->first_sections,
                        (uint32_t)batch->headings.count))
        return no_memory(err);
    borrow(batch, layout);
    osl_tables *tables = &layout->tables;
    tables->citation_starts = starts_of(&batch->citation_counts, arena);
    tables->evidence_starts = starts_of(&batch->evidence_counts, arena);
    if (!tables->citation_starts.values || !tables->evidence_starts.values)
        return no_memory(err);
    status = rank_paragraphs(arena, layout, order, err);
    if (status == OSL_OK)
        status = list_ranges(arena, layout, err);
    return status;
}
