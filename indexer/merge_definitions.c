/* SPDX-License-Identifier: MIT
 *
 * Abbreviations of several segments: sense by sense over all inputs, without
 * the documents that died and the senses that none is left of. */
#include "indexer/merge_inner.h"

#include "core/segment/definitions.h"
#include "indexer/heap.h"

#include <stdlib.h>

typedef struct definition_merger {
    const osl_merge *m;
    osl_definition_cursor *cursors; /* owns, as all below */
    osl_heap heap;
    osl_buf texts;
    osl_list64 ends;   /* of each sense in `texts` */
    osl_list32 firsts; /* of each sense, and the end */
    osl_list32 documents;
} definition_merger;

static void clear(definition_merger *d)
{
    free(d->cursors);
    free(d->heap.at);
    osl_buf_clear(&d->texts);
    free(d->ends.at);
    free(d->firsts.at);
    free(d->documents.at);
}

static osl_text sense_at(const osl_definition_cursor *cursor)
{
    return (osl_text){cursor->bytes, cursor->length};
}

/* Equal senses come by input: so their documents rise. */
static int compare_cursors(const void *user, uint32_t a, uint32_t b)
{
    const osl_definition_cursor *cursors = user;
    return osl_text_compare(sense_at(&cursors[a]), sense_at(&cursors[b]));
}

static osl_status advance(definition_merger *d, uint32_t input, osl_error *err)
{
    osl_status status = osl_definitions_next(&d->cursors[input], err);
    if (status == OSL_OK)
        osl_heap_push(&d->heap, input);
    return status == OSL_END ? OSL_OK : status;
}

static osl_status open_inputs(definition_merger *d, osl_error *err)
{
    uint32_t count = d->m->input_count;
    d->cursors = calloc(count, sizeof *d->cursors);
    d->heap.at = calloc(count, sizeof *d->heap.at);
    if (!d->cursors || !d->heap.at)
        return osl_merge_no_memory(err);
    d->heap.compare = compare_cursors;
    d->heap.user = d->cursors;
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < count && status == OSL_OK; i++) {
        status = osl_definitions_seek(
            &d->cursors[i], osl_merge_segment(d->m, i), osl_text_of(""), err);
        if (status == OSL_OK)
            status = advance(d, i, err);
    }
    return status;
}

/* The living documents of the sense at an input's cursor, under their new
 * numbers. */
static osl_status take_documents(definition_merger *d, uint32_t input,
                                 osl_error *err)
{
    const osl_definition_cursor *cursor = &d->cursors[input];
    osl_status status = OSL_OK;
    uint32_t document = 0, number;
    for (uint32_t n = 0; n < cursor->count && status == OSL_OK; n++) {
        status = osl_definitions_document(cursor, n, &document, err);
        if (status == OSL_OK &&
            osl_merge_row(d->m, input, OSL_ROWS_DOCUMENTS, document, &number) &&
            !osl_list32_add(&d->documents, number))
            status = osl_merge_no_memory(err);
    }
    return status;
}

/* The least sense, of all inputs that have it. */
static osl_status merge_sense(definition_merger *d, osl_error *err)
{
    size_t start = d->texts.length, first = d->documents.count;
    osl_status status = OSL_OK;
    osl_buf_put_text(&d->texts, sense_at(&d->cursors[d->heap.at[0]]));
    if (d->texts.failed)
        return osl_merge_no_memory(err);
    const osl_text sense = {(const char *)d->texts.bytes + start,
                            d->texts.length - start};
    while (status == OSL_OK && d->heap.count > 0 &&
           osl_text_equal(sense_at(&d->cursors[d->heap.at[0]]), sense)) {
        uint32_t input = osl_heap_pop(&d->heap);
        status = take_documents(d, input, err);
        if (status == OSL_OK)
            status = advance(d, input, err);
    }
    if (d->documents.count == first) {
        d->texts.length = start; /* all have died */
        return status;
    }
    if (status == OSL_OK && (!osl_list64_add(&d->ends, d->texts.length) ||
                             !osl_list32_add(&d->firsts, (uint32_t)first)))
        status = osl_merge_no_memory(err);
    return status;
}

/* Each sense where it stands in `texts`. */
static void list_senses(const definition_merger *d, osl_text *senses)
{
    size_t from = 0;
    for (size_t i = 0; i < d->ends.count; i++) {
        senses[i] = (osl_text){(const char *)d->texts.bytes + from,
                               (size_t)d->ends.at[i] - from};
        from = (size_t)d->ends.at[i];
    }
}

static osl_status write_all(definition_merger *d, osl_error *err)
{
    size_t count = d->ends.count;
    if (d->documents.count > UINT32_MAX)
        return osl_fail(err, OSL_ELIMIT,
                        "more abbreviations than a segment may hold (2^32)");
    osl_text *senses = calloc(count + 1, sizeof *senses);
    if (!senses || !osl_list32_add(&d->firsts, (uint32_t)d->documents.count)) {
        free(senses);
        return osl_merge_no_memory(err);
    }
    list_senses(d, senses);
    const osl_definitions all = {senses, (uint32_t)count, d->firsts.at,
                                 d->documents.at};
    osl_status status = osl_definitions_write(d->m->writer, &all, err);
    free(senses);
    return status;
}

osl_status osl_merge_definitions(osl_merge *m, osl_error *err)
{
    definition_merger d = {.m = m};
    osl_status status = open_inputs(&d, err);
    while (status == OSL_OK && d.heap.count > 0)
        status = merge_sense(&d, err);
    if (status == OSL_OK)
        status = write_all(&d, err);
    clear(&d);
    return status;
}
