/* SPDX-License-Identifier: MIT
 *
 * The table of strings: numbers in the order in which layout.c gives them
 * (ids of all documents, their sources, titles …, headings, citations,
 * evidence, other names), each distinct string once.
 *
 * Strings stay in the inputs' maps; what is kept of each is where it stands
 * and half a hash. */
#include "indexer/merge_inner.h"

#include "core/segment/ids.h"
#include "indexer/heap.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { FIRST_SLOTS = 1024 };

/* ---- inputs ------------------------------------------------------------- */

/* All that are numbered: who asks for one later is never told of a failure. */
static osl_status make_ids(osl_merge *m, uint32_t input, osl_error *err)
{
    const osl_segment *segment = osl_merge_segment(m, input);
    osl_ids *ids;
    osl_status status = osl_ids_open(&ids, segment, err);
    if (status != OSL_OK)
        return status;
    m->strings.numbered[input] = osl_ids_count(ids);
    for (uint32_t i = 0; i < osl_ids_count(ids) && status == OSL_OK; i++) {
        osl_text ignored;
        status = osl_ids_text(segment, ids, i, &ignored, err);
    }
    return status;
}

static osl_status open_strings(osl_merge *m, uint32_t input, osl_error *err)
{
    const osl_segment *segment = osl_merge_segment(m, input);
    osl_merge_strings *s = &m->strings;
    osl_column_view *offsets = &s->offsets[input];
    osl_status status = osl_tables_view(segment, OSL_SECTION_STRINGS,
                                        OSL_STRINGS_OFFSET, 1, offsets, err);
    if (status == OSL_OK)
        status = osl_tables_string_count(segment, &s->counts[input], err);
    if (status == OSL_OK)
        status = make_ids(m, input, err);
    if (status != OSL_OK)
        return status;
    uint32_t count = s->counts[input];
    s->heap_lengths[input] =
        osl_column_view_get(offsets, offsets->column.count - 1);
    status = osl_tables_extra(segment, OSL_SECTION_STRINGS, 0,
                              s->heap_lengths[input], &s->heaps[input], err);
    if (status != OSL_OK)
        return status;
    s->maps[input] = malloc(((size_t)count + 1) * sizeof *s->maps[input]);
    if (!s->maps[input])
        return osl_merge_no_memory(err);
    memset(s->maps[input], 0xFF, (size_t)count * sizeof *s->maps[input]);
    return OSL_OK;
}

static osl_status open_all(osl_merge *m, osl_error *err)
{
    osl_merge_strings *s = &m->strings;
    s->offsets = osl_arena_zero(&m->arena, m->input_count, sizeof *s->offsets);
    s->heaps =
        osl_arena_zero(&m->arena, m->input_count, sizeof(const uint8_t *));
    s->heap_lengths =
        osl_arena_zero(&m->arena, m->input_count, sizeof *s->heap_lengths);
    s->maps = osl_arena_zero(&m->arena, m->input_count, sizeof(uint32_t *));
    s->counts = osl_arena_zero(&m->arena, m->input_count, sizeof *s->counts);
    s->numbered =
        osl_arena_zero(&m->arena, m->input_count, sizeof *s->numbered);
    if (!s->offsets || !s->heaps || !s->heap_lengths || !s->maps ||
        !s->counts || !s->numbered)
        return osl_merge_no_memory(err);
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < m->input_count && status == OSL_OK; i++)
        status = open_strings(m, i, err);
    return status;
}

osl_text osl_merge_input_string(const osl_merge *m, uint32_t input,
                                uint32_t number)
{
    const osl_merge_strings *s = &m->strings;
    const osl_column_view *offsets = &s->offsets[input];
    uint32_t numbered = s->numbered[input];
    osl_text made = {"", 0};
    if (number >= s->counts[input])
        return made;
    if (number < numbered)
        return osl_tables_string(osl_merge_segment(m, input), number, &made,
                                 NULL) == OSL_OK
                   ? made
                   : osl_text_of("");
    number -= numbered - (numbered > 0);
    uint64_t from = osl_column_view_get(offsets, number);
    uint64_t to = osl_column_view_get(offsets, number + 1);
    /* The checksums are right, so this is of a writer that erred. */
    if (from > to || to > s->heap_lengths[input])
        return (osl_text){"", 0};
    return (osl_text){(const char *)s->heaps[input] + from,
                      (size_t)(to - from)};
}

osl_text osl_merge_string_at(void *merge, uint32_t number)
{
    const osl_merge *m = merge;
    const osl_merge_string *origin = &m->strings.origins[number];
    return osl_merge_input_string(m, origin->input, origin->number);
}

/* ---- numbers ------------------------------------------------------------ */

static bool grow_slots(osl_merge_strings *s)
{
    size_t next = s->slot_count ? 2 * s->slot_count : FIRST_SLOTS;
    uint64_t *slots = calloc(next, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < s->slot_count; i++) {
        if (s->slots[i] == 0)
            continue;
        size_t at = (size_t)(s->slots[i] >> 32) & (next - 1);
        while (slots[at])
            at = (at + 1) & (next - 1);
        slots[at] = s->slots[i];
    }
    free(s->slots);
    s->slots = slots;
    s->slot_count = next;
    return true;
}

/* The number of a text that may be known; `from` is where it stands. */
static osl_status number_text(osl_merge *m, osl_text text,
                              osl_merge_string from, uint32_t *out,
                              osl_error *err)
{
    osl_merge_strings *s = &m->strings;
    uint64_t hash = XXH3_64bits(text.bytes, text.length) & UINT32_MAX;
    if ((size_t)s->count * 4 >= s->slot_count * 3 && !grow_slots(s))
        return osl_merge_no_memory(err);
    size_t at = (size_t)hash & (s->slot_count - 1);
    for (; s->slots[at]; at = (at + 1) & (s->slot_count - 1)) {
        uint32_t number = (uint32_t)s->slots[at] - 1;
        if (s->slots[at] >> 32 == hash &&
            osl_text_equal(osl_merge_string_at(m, number), text)) {
            *out = number;
            return OSL_OK;
        }
    }
    if (s->count >= UINT32_MAX - 1)
        return osl_fail(err, OSL_ELIMIT,
                        "more strings than a segment may hold (2^32)");
    if (!osl_grow(&s->origins, &s->origins_capacity, (size_t)s->count + 1,
                  sizeof *s->origins))
        return osl_merge_no_memory(err);
    s->origins[s->count] = from;
    s->slots[at] = hash << 32 | (s->count + 1);
    *out = s->count++;
    return OSL_OK;
}

osl_status osl_merge_string_number(osl_merge *m, uint32_t input,
                                   uint64_t string, uint32_t *out,
                                   osl_error *err)
{
    osl_merge_strings *s = &m->strings;
    if (string >= s->counts[input])
        return osl_fail(err, OSL_ECORRUPT,
                        "%s: damaged: a table names a string that is none",
                        osl_segment_path(osl_merge_segment(m, input)));
    uint32_t number = (uint32_t)string;
    uint32_t *known = &s->maps[input][number];
    osl_status status = OSL_OK;
    if (*known == UINT32_MAX)
        status = number_text(m, osl_merge_input_string(m, input, number),
                             (osl_merge_string){input, number}, known, err);
    *out = *known;
    return status;
}

static osl_status number_column(osl_merge *m, uint32_t section, unsigned column,
                                unsigned rows, osl_error *err)
{
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < m->run_count && status == OSL_OK; i++) {
        const osl_merge_run *run = &m->runs[i];
        osl_column_view view;
        uint32_t ignored;
        status = osl_tables_view(osl_merge_segment(m, run->input), section,
                                 column, run->to[rows], &view, err);
        for (uint32_t n = run->from[rows];
             n < run->to[rows] && status == OSL_OK; n++)
            status = osl_merge_string_number(
                m, run->input, osl_column_view_get(&view, n), &ignored, err);
    }
    return status;
}

/* ---- other names of documents -------------------------------------------- */

/* One input's, in order of bytes. */
typedef struct name_input {
    osl_column_view strings, documents;
    uint32_t next;
} name_input;

typedef struct name_merger {
    osl_merge *m;
    name_input *inputs; /* owns */
    osl_heap heap;
} name_merger;

static int compare_names(const void *user, uint32_t a, uint32_t b)
{
    const name_merger *n = user;
    const name_input *x = &n->inputs[a], *y = &n->inputs[b];
    return osl_text_compare(
        osl_merge_input_string(
            n->m, a, (uint32_t)osl_column_view_get(&x->strings, x->next)),
        osl_merge_input_string(
            n->m, b, (uint32_t)osl_column_view_get(&y->strings, y->next)));
}

static osl_status open_names(name_merger *n, osl_error *err)
{
    osl_merge *m = n->m;
    osl_status status = OSL_OK;
    size_t total = 0;
    n->inputs = calloc(m->input_count, sizeof *n->inputs);
    n->heap.at = calloc(m->input_count, sizeof *n->heap.at);
    if (!n->inputs || !n->heap.at)
        return osl_merge_no_memory(err);
    n->heap.compare = compare_names;
    n->heap.user = n;
    for (uint32_t i = 0; i < m->input_count && status == OSL_OK; i++) {
        const osl_segment *segment = osl_merge_segment(m, i);
        name_input *input = &n->inputs[i];
        status =
            osl_tables_view(segment, OSL_SECTION_DOCUMENTS,
                            OSL_DOCUMENT_ALIAS_STRING, 0, &input->strings, err);
        if (status == OSL_OK)
            status = osl_tables_view(
                segment, OSL_SECTION_DOCUMENTS, OSL_DOCUMENT_ALIAS_DOCUMENT,
                input->strings.column.count, &input->documents, err);
        if (status == OSL_OK && input->strings.column.count > 0)
            osl_heap_push(&n->heap, i);
        total += status == OSL_OK ? input->strings.column.count : 0;
    }
    m->aliases = malloc((total + 1) * sizeof *m->aliases);
    m->alias_documents = malloc((total + 1) * sizeof *m->alias_documents);
    if (!m->aliases || !m->alias_documents)
        return osl_merge_no_memory(err);
    return status;
}

static osl_status merge_names(osl_merge *m, osl_error *err)
{
    name_merger n = {.m = m};
    osl_status status = open_names(&n, err);
    while (status == OSL_OK && n.heap.count > 0) {
        uint32_t i = osl_heap_pop(&n.heap), document;
        name_input *input = &n.inputs[i];
        uint64_t string = osl_column_view_get(&input->strings, input->next);
        uint32_t old =
            (uint32_t)osl_column_view_get(&input->documents, input->next);
        if (osl_merge_row(m, i, OSL_ROWS_DOCUMENTS, old, &document)) {
            m->alias_documents[m->alias_count] = document;
            status = osl_merge_string_number(
                m, i, string, &m->aliases[m->alias_count++], err);
        }
        if (++input->next < input->strings.column.count)
            osl_heap_push(&n.heap, i);
    }
    free(n.inputs);
    free(n.heap.at);
    return status;
}

/* ---- all ---------------------------------------------------------------- */

osl_status osl_merge_number_strings(osl_merge *m, osl_error *err)
{
    osl_status status = open_all(m, err);
    for (unsigned i = 0; i < OSL_DOCUMENT_STRINGS && status == OSL_OK; i++)
        status =
            number_column(m, OSL_SECTION_DOCUMENTS, i, OSL_ROWS_DOCUMENTS, err);
    if (status == OSL_OK)
        status = number_column(m, OSL_SECTION_SECTIONS, OSL_SECTION_HEADING,
                               OSL_ROWS_SECTIONS, err);
    if (status == OSL_OK)
        status =
            number_column(m, OSL_SECTION_PARAGRAPHS, OSL_PARAGRAPH_CITATIONS,
                          OSL_ROWS_CITATIONS, err);
    if (status == OSL_OK)
        status = number_column(m, OSL_SECTION_PARAGRAPHS,
                               OSL_PARAGRAPH_EVIDENCE, OSL_ROWS_EVIDENCE, err);
    if (status == OSL_OK)
        status = merge_names(m, err);
    return status;
}
