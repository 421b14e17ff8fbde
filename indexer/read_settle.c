/* SPDX-License-Identifier: MIT
 *
 * Telling, in the order of the sources, whoever read what: documents are met,
 * those of parts get their numbers in the file, and notes come before the
 * document that they came before. */
#include "indexer/read_inner.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void tell(osl_reading *r, const osl_read_slice *s, uint32_t line,
                 bool skipped, const char *reason)
{
    r->file_skips |= skipped;
    if (r->options->tell)
        r->options->tell(r->options->user, r->files[s->file].shown, line,
                         skipped, reason);
}

/* What holds for a whole file is told by each of its parts. */
static bool was_told(const osl_read_slice *first, const osl_read_slice *s,
                     const osl_read_note *what)
{
    if (what->skipped || s->part == 0)
        return false;
    while (s-- > first && s->is_part)
        for (size_t i = 0; i < s->note_count; i++)
            if (!s->notes[i].skipped &&
                strcmp(s->notes[i].reason, what->reason) == 0)
                return true;
    return false;
}

/* A document of a part that is named by its number in the file. */
static osl_status number_document(const osl_reading *r, osl_batch *batch,
                                  uint32_t document, osl_error *err)
{
    uint32_t number = batch->document_numbers.at[document];
    if (number == 0 || r->file_documents == 0)
        return OSL_OK;
    osl_text id = osl_strings_text(
        &batch->strings, batch->document_strings[OSL_STRING_ID].at[document]);
    size_t length = id.length;
    for (size_t i = id.length; number > 1 && i-- > 0;)
        if (id.bytes[i] == '!') {
            length = i;
            break;
        }
    osl_buf name = {0};
    osl_buf_put(&name, id.bytes, length);
    osl_buf_printf(&name, "!%" PRIu32, r->file_documents + number);
    osl_status status = osl_buf_status(&name, "a name", err);
    if (status == OSL_OK)
        status = osl_batch_rename(batch, document, osl_buf_text(&name), err);
    osl_buf_clear(&name);
    return status;
}

static osl_status claim(osl_reading *r, const osl_read_slice *s,
                        osl_batch *batch, uint32_t document, osl_error *err)
{
    bool replaced = false;
    osl_status status = osl_batch_claim(batch, document, &replaced, err);
    if (status != OSL_OK || !replaced)
        return status;
    char reason[256];
    osl_text id = osl_strings_text(
        &batch->strings, batch->document_strings[OSL_STRING_ID].at[document]);
    (void)snprintf(reason, sizeof reason,
                   "document %.*s comes again; the one before is left out",
                   id.length > 150 ? 150 : (int)id.length, id.bytes);
    tell(r, s, batch->lines.at[batch->first_paragraphs.at[document]], false,
         reason);
    return OSL_OK;
}

/* A document that was met in a slice whose first one of the batch is
 * `first`. */
static osl_status settle_document(osl_reading *r, const osl_read_slice *s,
                                  osl_batch *batch, uint32_t first, osl_met met,
                                  osl_error *err)
{
    osl_status status = OSL_OK;
    if (!met.is_kept) {
        met.document += first;
        if (s->part > 0)
            status = number_document(r, batch, met.document, err);
        met.string = batch->document_strings[OSL_STRING_ID].at[met.document];
        met.id = osl_strings_text(&batch->strings, met.string);
    }
    if (status != OSL_OK)
        return status;
    if (r->options->meet)
        return r->options->meet(r->options->user, s->file, &met, err);
    return met.is_kept ? OSL_OK : claim(r, s, batch, met.document, err);
}

/* The documents of a slice from `*document` on, which moves behind them. */
static osl_status settle_slice(osl_reading *r, const osl_read_slice *s,
                               osl_batch *batch, uint32_t *document,
                               osl_error *err)
{
    const size_t *first = s->piece.first.counts, *end = s->piece.end.counts;
    uint32_t count = (uint32_t)s->met_count;
    size_t told = 0, blocks = 0;
    if (s->part == 0) {
        r->file_documents = 0;
        r->file_hash = (osl_lines_hash){0};
        r->file_skips = false;
    }
    for (uint32_t i = 0; i <= count; i++) {
        for (;
             told < s->note_count && (i == count || s->notes[told].before <= i);
             told++)
            if (!was_told(r->slices, s, &s->notes[told]))
                tell(r, s, s->notes[told].line, s->notes[told].skipped,
                     s->notes[told].reason);
        if (i == count)
            break;
        bool ends = blocks < s->block_count && s->blocks[blocks].last == i;
        osl_met met = s->mets[i];
        met.block = ends ? &s->blocks[blocks].is : NULL;
        osl_status status = settle_document(r, s, batch, *document, met, err);
        if (status != OSL_OK)
            return status;
        blocks += ends;
    }
    *document +=
        (uint32_t)(end[OSL_MARK_DOCUMENTS] - first[OSL_MARK_DOCUMENTS]);
    r->file_documents += s->document_count;
    osl_lines_hash_join(&r->file_hash, &s->hash);
    if (!s->is_last)
        return OSL_OK;
    r->files[s->file].known->documents = r->file_documents;
    if (r->file_hash.count > 0)
        r->files[s->file].known->hash = osl_lines_hash_end(&r->file_hash);
    if (r->file_documents == 0 && (s->is_part || !r->file_skips))
        tell(r, s, 0, true,
             s->is_part ? "no guideline text in it (read as jsonl)"
                        : "no guideline text in it");
    return OSL_OK;
}

osl_status osl_read_settle(osl_reading *r, osl_batch *batch, osl_error *err)
{
    const osl_read_options *options = r->options;
    uint32_t document = 0;
    size_t met = 0;
    osl_status status = OSL_OK;
    for (size_t i = 0; i < r->slice_count; i++)
        met += r->slices[i].met_count;
    if (options->expect)
        status = options->expect(options->user, met, err);
    for (size_t i = 0; i < r->slice_count && status == OSL_OK; i++)
        status = settle_slice(r, &r->slices[i], batch, &document, err);
    return status;
}
