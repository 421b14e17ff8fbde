/* SPDX-License-Identifier: MIT
 *
 * Only documents and evidence are counted while matching: a document's
 * paragraphs stand together, so its count is a run; audience and year follow
 * from the documents at the end. Evidence is counted by how it is written, of
 * a paragraph that writes one value twice by the first; at the end the ways of
 * writing one value are put together. */
#include "query/facets.h"

#include "core/base/buf.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "query: memory ran out for facets");
}

/* ---- tallies ----------------------------------------------------------- */

enum { SLOTS_FIRST = 32 };

static void tally_clear(osl_tally *tally)
{
    free(tally->items);
    free(tally->slots);
    *tally = (osl_tally){0};
}

/* FNV-1a: values are a few bytes long. */
static uint64_t hash_of(osl_text text)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (size_t i = 0; i < text.length; i++)
        hash = (hash ^ (unsigned char)text.bytes[i]) * UINT64_C(0x100000001B3);
    return hash ^ hash >> 32;
}

/* The slot of `value`, or the empty one where it belongs. */
static uint32_t *slot_of(const osl_tally *tally, osl_text value)
{
    size_t mask = tally->slot_count - 1, at = hash_of(value) & mask;
    while (tally->slots[at] &&
           !osl_text_equal(tally->items[tally->slots[at] - 1].value, value))
        at = (at + 1) & mask;
    return &tally->slots[at];
}

static bool grow_slots(osl_tally *tally)
{
    size_t count = tally->slot_count ? 2 * tally->slot_count : SLOTS_FIRST;
    uint32_t *slots = calloc(count, sizeof *slots);
    if (!slots)
        return false;
    free(tally->slots);
    tally->slots = slots;
    tally->slot_count = count;
    for (size_t i = 0; i < tally->count; i++)
        *slot_of(tally, tally->items[i].value) = (uint32_t)i + 1;
    return true;
}

/* The item of `value`, made with count 0 where it is new; NULL where memory
 * is out. Borrows the value. */
static osl_facet *item_of(osl_tally *tally, osl_text value, bool *is_new)
{
    if (tally->slot_count < 2 * (tally->count + 1) && !grow_slots(tally))
        return NULL;
    uint32_t *slot = slot_of(tally, value);
    *is_new = !*slot;
    if (*is_new) {
        if (tally->count >= UINT32_MAX - 1 ||
            !osl_grow(&tally->items, &tally->capacity, tally->count + 1,
                      sizeof *tally->items))
            return NULL;
        tally->items[tally->count] = (osl_facet){.value = value};
        *slot = (uint32_t)++tally->count;
    }
    return &tally->items[*slot - 1];
}

static bool tally_add(osl_tally *tally, osl_text value, uint64_t count)
{
    bool is_new;
    osl_facet *item = value.length ? item_of(tally, value, &is_new) : NULL;
    if (item)
        item->count += count;
    return item || !value.length;
}

/* ---- values of one meaning ---------------------------------------------- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Three letters begin words, whose case is that of their place ("Conditional
 * recommendation" begins a sentence); that of a code may be part of it (2a and
 * 2A are levels of two systems). */
static bool is_words(osl_text value)
{
    size_t letters = 0;
    while (letters < value.length && letters < 3 &&
           lower(value.bytes[letters]) >= 'a' &&
           lower(value.bytes[letters]) <= 'z')
        letters++;
    return letters == 3;
}

/* By bytes, those of words without their case: 0 is one value. */
static int compare_values(osl_text a, osl_text b)
{
    bool a_words = is_words(a), b_words = is_words(b);
    for (size_t i = 0; i < a.length && i < b.length; i++) {
        unsigned char x =
            (unsigned char)(a_words ? lower(a.bytes[i]) : a.bytes[i]);
        unsigned char y =
            (unsigned char)(b_words ? lower(b.bytes[i]) : b.bytes[i]);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return (a.length > b.length) - (a.length < b.length);
}

/* ---- while matching ---------------------------------------------------- */

void osl_facets_clear(osl_facets *facets)
{
    free(facets->documents);
    tally_clear(&facets->evidence);
    osl_arena_clear(&facets->scratch);
    osl_arena_clear(&facets->texts);
    *facets = (osl_facets){0};
}

static bool add_document(osl_facets *facets, uint32_t segment,
                         uint32_t document)
{
    osl_document_count *last =
        facets->document_count ? &facets->documents[facets->document_count - 1]
                               : NULL;
    if (!last || last->segment != segment || last->document != document) {
        if (!osl_grow(&facets->documents, &facets->document_capacity,
                      facets->document_count + 1, sizeof *facets->documents))
            return false;
        assert(facets->documents);
        last = &facets->documents[facets->document_count++];
        *last = (osl_document_count){segment, document, 0};
    }
    last->count++;
    return true;
}

static bool seen_before(const osl_text *levels, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (compare_values(levels[i], levels[n]) == 0)
            return true;
    return false;
}

static osl_status add_evidence(osl_facets *facets, uint32_t segment,
                               uint32_t paragraph, osl_error *err)
{
    const osl_text *levels;
    size_t count;
    osl_status status =
        osl_segment_evidence(osl_index_segment(facets->index, segment),
                             paragraph, &facets->scratch, &levels, &count, err);
    for (size_t i = 0; i < count && status == OSL_OK; i++) {
        bool is_new;
        if (!levels[i].length || seen_before(levels, i))
            continue;
        osl_facet *item = item_of(&facets->evidence, levels[i], &is_new);
        if (!item || (is_new &&
                      !osl_arena_text(&facets->texts, levels[i], &item->value)))
            return no_memory(err);
        item->count++;
    }
    return status;
}

osl_status osl_facets_add(osl_facets *facets, uint32_t segment, uint32_t range,
                          uint64_t matched, osl_error *err)
{
    const osl_segment *in = osl_index_segment(facets->index, segment);
    osl_arena_reset(&facets->scratch);
    for (; matched; matched &= matched - 1) {
        uint32_t paragraph =
            range * OSL_RANGE_SIZE + (uint32_t)__builtin_ctzll(matched);
        uint32_t document = 0;
        osl_status status =
            osl_segment_document_of(in, paragraph, &document, err);
        if (status == OSL_OK && !add_document(facets, segment, document))
            return no_memory(err);
        if (status == OSL_OK)
            status = add_evidence(facets, segment, paragraph, err);
        if (status != OSL_OK)
            return status;
    }
    return OSL_OK;
}

/* ---- at the end -------------------------------------------------------- */

static int by_count(const void *a, const void *b)
{
    const osl_facet *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return osl_text_compare(x->value, y->value);
}

/* What a date begins with; empty where that is no year. */
static osl_text year_of(osl_text updated)
{
    size_t digits = 0;
    while (digits < updated.length && updated.bytes[digits] >= '0' &&
           updated.bytes[digits] <= '9')
        digits++;
    return (osl_text){updated.bytes, digits == 4 ? digits : 0};
}

static osl_status read_documents(const osl_facets *facets, osl_tally *tallies,
                                 osl_error *err)
{
    for (size_t i = 0; i < facets->document_count; i++) {
        const osl_document_count *at = &facets->documents[i];
        osl_document_record record;
        bool is_new;
        osl_status status =
            osl_segment_document(osl_index_segment(facets->index, at->segment),
                                 at->document, &record, err);
        if (status != OSL_OK)
            return status;
        osl_facet *item =
            item_of(&tallies[OSL_FACET_DOCUMENT], record.id, &is_new);
        if (!item ||
            !tally_add(&tallies[OSL_FACET_AUDIENCE], record.audience,
                       at->count) ||
            !tally_add(&tallies[OSL_FACET_YEAR], year_of(record.updated),
                       at->count))
            return no_memory(err);
        item->count += at->count;
        item->title = record.title;
    }
    return OSL_OK;
}

static int by_value(const void *a, const void *b)
{
    const osl_facet *x = a, *y = b;
    int order = compare_values(x->value, y->value);
    return order ? order : by_count(a, b);
}

/* What is written in several ways becomes one, as it is written most often.
 * Gives how many are left. */
static size_t join_ways_of_writing(osl_facet *items, size_t count)
{
    size_t kept = 0;
    qsort(items, count, sizeof *items, by_value);
    for (size_t i = 0; i < count; i++)
        if (kept && compare_values(items[kept - 1].value, items[i].value) == 0)
            items[kept - 1].count += items[i].count;
        else
            items[kept++] = items[i];
    return kept;
}

/* Evidence is written in several ways, and copied, since it is freed before. */
static osl_status take_list(const osl_tally *tally, osl_arena *arena,
                            bool is_evidence, const osl_facet **list,
                            size_t *list_count, osl_error *err)
{
    size_t count = tally->count;
    osl_facet *items = osl_arena_zero(arena, count + 1, sizeof *items);
    if (!items)
        return no_memory(err);
    if (count)
        memcpy(items, tally->items, count * sizeof *items);
    if (is_evidence)
        count = join_ways_of_writing(items, count);
    for (size_t i = 0; is_evidence && i < count; i++)
        if (!osl_arena_text(arena, items[i].value, &items[i].value))
            return no_memory(err);
    qsort(items, count, sizeof *items, by_count);
    *list = items;
    *list_count = count;
    return OSL_OK;
}

osl_status osl_facets_finish(osl_facets *facets, osl_arena *arena,
                             const osl_facet *lists[OSL_FACET_KINDS],
                             size_t counts[OSL_FACET_KINDS], osl_error *err)
{
    osl_tally tallies[OSL_FACET_KINDS] = {{0}};
    osl_status status = read_documents(facets, tallies, err);
    for (unsigned i = 0; i < OSL_FACET_KINDS && status == OSL_OK; i++) {
        bool evidence = i == OSL_FACET_EVIDENCE;
        osl_tally *from = evidence ? &facets->evidence : &tallies[i];
        status = take_list(from, arena, evidence, &lists[i], &counts[i], err);
    }
    for (unsigned i = 0; i < OSL_FACET_KINDS; i++)
        tally_clear(&tallies[i]);
    return status;
}
