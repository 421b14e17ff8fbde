/* SPDX-License-Identifier: MIT
 *
 * What is kept of each paragraph beside its text and terms: one section of
 * columns (tables.h).
 *
 *   PARAGRAPHS  columns: section (relative to the document's first, + 1; 0:
 *                        none), line, kind, rank, hash, document of each
 *                        64th paragraph, first citation (n + 1), first
 *                        evidence (n + 1), citations (strings), evidence
 *                        (strings), bytes of the text; hash and bytes only
 *                        where texts are not stored, which say both
 *
 * The document of a paragraph is looked for from its range's first on: a step
 * a document, 63 at most. */
#include "core/segment/ids.h"
#include "core/segment/segment_internal.h"
#include "core/segment/tables.h"

#include <stdlib.h>
#include <xxhash.h>

/* ---- writing ------------------------------------------------------------ */

osl_status osl_columns_write(osl_writer *writer, const osl_tables *tables,
                             bool with_ranks, osl_error *err)
{
    osl_column_source columns[OSL_PARAGRAPH_COLUMNS] = {
        [OSL_PARAGRAPH_SECTION] = tables->paragraph_sections,
        [OSL_PARAGRAPH_LINE] = tables->lines,
        [OSL_PARAGRAPH_KIND] = tables->kinds,
        [OSL_PARAGRAPH_RANK] = tables->ranks,
        [OSL_PARAGRAPH_HASH] = tables->hashes,
        [OSL_PARAGRAPH_RANGE_DOCUMENT] = tables->range_documents,
        [OSL_PARAGRAPH_FIRST_CITATION] = tables->citation_starts,
        [OSL_PARAGRAPH_FIRST_EVIDENCE] = tables->evidence_starts,
        [OSL_PARAGRAPH_CITATIONS] = tables->citations,
        [OSL_PARAGRAPH_EVIDENCE] = tables->evidence,
        [OSL_PARAGRAPH_TEXT_BYTES] = tables->text_bytes,
    };
    if (!with_ranks)
        columns[OSL_PARAGRAPH_RANK] = (osl_column_source){0};
    columns[OSL_PARAGRAPH_SECTION].may_step = true;
    columns[OSL_PARAGRAPH_LINE].may_step = true;
    columns[OSL_PARAGRAPH_FIRST_CITATION].may_step = true;
    return osl_tables_put(writer, OSL_SECTION_PARAGRAPHS, columns,
                          OSL_PARAGRAPH_COLUMNS, osl_text_of(NULL), err);
}

/* ---- reading ------------------------------------------------------------ */

static osl_status paragraph_value(const osl_segment *segment, unsigned column,
                                  uint64_t at, uint64_t *out, osl_error *err)
{
    return osl_tables_get(segment, OSL_SECTION_PARAGRAPHS, column, at, out,
                          err);
}

osl_status osl_segment_document_of(const osl_segment *segment,
                                   uint32_t paragraph, uint32_t *out,
                                   osl_error *err)
{
    osl_column firsts;
    uint64_t document = 0, next = 0;
    osl_status status =
        osl_tables_column(segment, OSL_SECTION_DOCUMENTS,
                          OSL_DOCUMENT_FIRST_PARAGRAPH, &firsts, err);
    if (status == OSL_OK && firsts.width == 0 && firsts.slope == 1 &&
        firsts.base == 0 && paragraph < segment->info.document_count) {
        *out = paragraph; /* each document has one */
        return OSL_OK;
    }
    if (status == OSL_OK)
        status = paragraph_value(segment, OSL_PARAGRAPH_RANGE_DOCUMENT,
                                 paragraph / OSL_RANGE_SIZE, &document, err);
    uint64_t most = document + OSL_RANGE_SIZE;
    while (status == OSL_OK) {
        status = osl_tables_value(segment, OSL_SECTION_DOCUMENTS, &firsts,
                                  document + 1, &next, err);
        if (status != OSL_OK || next > paragraph || document == most)
            break;
        document++;
    }
    if (status == OSL_OK &&
        (document >= segment->info.document_count || document == most))
        return osl_segment_spoilt(segment,
                                  &segment->sections[OSL_SECTION_DOCUMENTS],
                                  "a paragraph of no document", err);
    if (status == OSL_OK)
        *out = (uint32_t)document;
    return status;
}

/* Whether paragraph n is that of document n, for all. */
static osl_status has_one_each(const osl_segment *segment, bool *out,
                               osl_error *err)
{
    osl_column firsts;
    osl_status status =
        osl_tables_column(segment, OSL_SECTION_DOCUMENTS,
                          OSL_DOCUMENT_FIRST_PARAGRAPH, &firsts, err);
    *out = status == OSL_OK && firsts.width == 0 && firsts.slope == 1 &&
           firsts.base == 0 &&
           segment->info.paragraph_count == segment->info.document_count;
    return status;
}

/* How ranks that are held stand in memory. */
static osl_numbers held_numbers(uint32_t count, const uint8_t *bytes)
{
    uint32_t width = 32 - (uint32_t)__builtin_clz(count | 1);
    return (osl_numbers){
        .mask = (UINT64_C(1) << width) - 1, .numbers = bytes, .width = width};
}

static uint8_t *pack_ranks(const uint32_t *order, uint32_t count)
{
    osl_numbers to = held_numbers(count, NULL);
    uint8_t *bytes = calloc(1, (size_t)count * to.width / 8 + 16);
    for (uint32_t i = 0; bytes && i < count; i++) {
        uint64_t at = (uint64_t)to.width * order[i];
        uint8_t *place = bytes + at / 8;
        osl_put64(place, osl_get64(place) | (uint64_t)i << at % 8);
    }
    return bytes;
}

void osl_segment_hold_ranks(const osl_segment *segment, osl_ranks *ranks)
{
    uint32_t count = segment->info.document_count, *order;
    const uint8_t *held = NULL;
    if (!ranks->ids || !(order = malloc((count + (size_t)1) * sizeof *order)))
        return;
    if (osl_segment_order(segment, order, NULL) == OSL_OK)
        held = osl_ids_keep_ranks(ranks->ids, pack_ranks(order, count));
    free(order);
    if (held)
        *ranks = (osl_ranks){held_numbers(count, held), NULL};
}

/* By the ids of documents, where the file has no ranks. */
static osl_status find_ranks(const osl_segment *segment, osl_ranks *out,
                             osl_error *err)
{
    bool is_one = false;
    osl_status status = osl_ids_open(&out->ids, segment, err);
    if (status == OSL_OK)
        status = has_one_each(segment, &is_one, err);
    if (status == OSL_OK && (!is_one || !osl_ids_have_ranks(out->ids)))
        status = osl_segment_spoilt(segment,
                                    &segment->sections[OSL_SECTION_PARAGRAPHS],
                                    "there are no ranks", err);
    return status;
}

osl_status osl_segment_ranks(const osl_segment *segment, osl_ranks *out,
                             osl_error *err)
{
    osl_column column;
    osl_ranks ranks = {.ids = NULL};
    uint32_t count = segment->info.paragraph_count;
    osl_status status = osl_tables_column(segment, OSL_SECTION_PARAGRAPHS,
                                          OSL_PARAGRAPH_RANK, &column, err);
    if (status == OSL_OK && (column.count > 0 || count == 0))
        status =
            osl_tables_numbers(segment, OSL_SECTION_PARAGRAPHS,
                               OSL_PARAGRAPH_RANK, count, &ranks.numbers, err);
    else if (status == OSL_OK)
        status = find_ranks(segment, &ranks, err);
    if (status != OSL_OK)
        return status;
    const uint8_t *held =
        ranks.ids ? osl_ids_keep_ranks(ranks.ids, NULL) : NULL;
    static const uint8_t nothing[8]; /* to be fetched */
    if (held)
        ranks = (osl_ranks){held_numbers(count, held), NULL};
    else if (ranks.ids)
        ranks.numbers.numbers = nothing;
    *out = ranks;
    return OSL_OK;
}

/* By numbers or by ids, never by what is held: it stands beside others. */
osl_status osl_segment_rank(const osl_segment *segment, uint32_t paragraph,
                            uint32_t *out, osl_error *err)
{
    osl_column column;
    osl_ranks ranks;
    uint64_t rank = 0;
    osl_status status = osl_tables_column(segment, OSL_SECTION_PARAGRAPHS,
                                          OSL_PARAGRAPH_RANK, &column, err);
    if (status == OSL_OK &&
        (column.count > 0 || paragraph >= segment->info.paragraph_count))
        status = osl_tables_value(segment, OSL_SECTION_PARAGRAPHS, &column,
                                  paragraph, &rank, err);
    else if (status == OSL_OK &&
             (status = find_ranks(segment, &ranks, err)) == OSL_OK)
        rank = osl_ids_rank(ranks.ids, paragraph);
    *out = (uint32_t)rank;
    return status;
}

/* From a number within the document to one of the segment. */
static osl_status absolute_section(const osl_segment *segment,
                                   osl_paragraph_record *record,
                                   uint64_t relative, osl_error *err)
{
    uint64_t first = 0;
    record->section = UINT32_MAX;
    if (relative == 0)
        return OSL_OK;
    osl_status status = osl_tables_get(segment, OSL_SECTION_DOCUMENTS,
                                       OSL_DOCUMENT_FIRST_SECTION,
                                       record->document, &first, err);
    if (status == OSL_OK &&
        first + relative > osl_segment_get_info(segment)->section_count)
        return osl_segment_spoilt(segment,
                                  &segment->sections[OSL_SECTION_PARAGRAPHS],
                                  "a paragraph's section is not there", err);
    record->section = (uint32_t)(first + relative - 1);
    return status;
}

osl_status osl_segment_paragraph(const osl_segment *segment, uint32_t paragraph,
                                 osl_paragraph_record *out, osl_error *err)
{
    osl_paragraph_record record = {0};
    uint64_t values[OSL_PARAGRAPH_KIND + 1];
    const uint8_t *codes = NULL;
    osl_status status = OSL_OK;
    for (unsigned i = 0; i <= OSL_PARAGRAPH_KIND && status == OSL_OK; i++)
        status = paragraph_value(segment, i, paragraph, &values[i], err);
    if (status == OSL_OK)
        status =
            osl_segment_document_of(segment, paragraph, &record.document, err);
    if (status == OSL_OK)
        status = osl_segment_length_codes(segment, OSL_FIELD_TEXT, &codes, err);
    if (status == OSL_OK &&
        paragraph >= segment->info.fields[OSL_FIELD_TEXT].ordinal_count)
        status =
            osl_segment_spoilt(segment, &segment->sections[OSL_SECTION_INFO],
                               "a paragraph without a length", err);
    if (status == OSL_OK)
        status = absolute_section(segment, &record,
                                  values[OSL_PARAGRAPH_SECTION], err);
    if (status != OSL_OK)
        return status;
    record.line = (uint32_t)values[OSL_PARAGRAPH_LINE];
    record.kind = (uint8_t)values[OSL_PARAGRAPH_KIND];
    record.length_code = codes[paragraph];
    *out = record;
    return OSL_OK;
}

uint64_t osl_text_hash(osl_text text)
{
    return XXH3_64bits(text.bytes, text.length) >> 24;
}

osl_status osl_segment_text_hash(const osl_segment *segment, uint32_t paragraph,
                                 uint64_t *out, osl_error *err)
{
    osl_buf text = {0};
    if (!segment->info.has_texts)
        return paragraph_value(segment, OSL_PARAGRAPH_HASH, paragraph, out,
                               err);
    osl_status status = osl_segment_text(segment, paragraph, &text, err);
    *out = osl_text_hash(osl_buf_text(&text));
    osl_buf_clear(&text);
    return status;
}

osl_status osl_segment_text_bytes(const osl_segment *segment,
                                  uint32_t paragraph, uint64_t *out,
                                  osl_error *err)
{
    osl_buf text = {0};
    if (!segment->info.has_texts)
        return paragraph_value(segment, OSL_PARAGRAPH_TEXT_BYTES, paragraph,
                               out, err);
    osl_status status = osl_segment_text(segment, paragraph, &text, err);
    *out = text.length;
    osl_buf_clear(&text);
    return status;
}

/* Strings first[paragraph] … first[paragraph + 1] of a column. */
typedef struct string_list {
    osl_text *texts;
    size_t count;
} string_list;

static osl_status read_list(const osl_segment *segment, const unsigned pair[2],
                            uint32_t paragraph, osl_arena *arena,
                            string_list *out, osl_error *err)
{
    uint64_t from = 0, to = 0;
    osl_column strings;
    osl_status status =
        paragraph_value(segment, pair[0], paragraph, &from, err);
    if (status == OSL_OK)
        status = paragraph_value(segment, pair[0], (uint64_t)paragraph + 1, &to,
                                 err);
    if (status == OSL_OK)
        status = osl_tables_column(segment, OSL_SECTION_PARAGRAPHS, pair[1],
                                   &strings, err);
    if (status != OSL_OK)
        return status;
    if (from > to || to > strings.count)
        return osl_segment_spoilt(segment,
                                  &segment->sections[OSL_SECTION_PARAGRAPHS],
                                  "a list leaves its column", err);
    out->count = (size_t)(to - from);
    out->texts = osl_arena_zero(arena, out->count, sizeof *out->texts);
    if (!out->texts)
        return osl_fail(err, OSL_ENOMEM, "out of memory");
    for (uint64_t n = from; n < to && status == OSL_OK; n++) {
        uint64_t string = 0;
        status = osl_tables_value(segment, OSL_SECTION_PARAGRAPHS, &strings, n,
                                  &string, err);
        if (status == OSL_OK)
            status =
                osl_tables_string(segment, string, &out->texts[n - from], err);
    }
    return status;
}

osl_status osl_segment_citations(const osl_segment *segment, uint32_t paragraph,
                                 osl_arena *arena, const osl_text **list,
                                 size_t *count, osl_error *err)
{
    static const unsigned pair[2] = {OSL_PARAGRAPH_FIRST_CITATION,
                                     OSL_PARAGRAPH_CITATIONS};
    string_list found = {0};
    osl_status status = read_list(segment, pair, paragraph, arena, &found, err);
    *list = found.texts;
    *count = found.count;
    return status;
}

osl_status osl_segment_evidence(const osl_segment *segment, uint32_t paragraph,
                                osl_arena *arena, const osl_text **list,
                                size_t *count, osl_error *err)
{
    static const unsigned pair[2] = {OSL_PARAGRAPH_FIRST_EVIDENCE,
                                     OSL_PARAGRAPH_EVIDENCE};
    string_list found = {0};
    osl_status status = read_list(segment, pair, paragraph, arena, &found, err);
    *list = found.texts;
    *count = found.count;
    return status;
}

osl_status osl_segment_levels(const osl_segment *segment, osl_numbers *starts,
                              osl_numbers *strings, uint64_t *count,
                              osl_error *err)
{
    osl_column column;
    osl_status status = osl_tables_column(segment, OSL_SECTION_PARAGRAPHS,
                                          OSL_PARAGRAPH_EVIDENCE, &column, err);
    if (status == OSL_OK)
        status = osl_tables_numbers(
            segment, OSL_SECTION_PARAGRAPHS, OSL_PARAGRAPH_FIRST_EVIDENCE,
            segment->info.paragraph_count + (uint64_t)1, starts, err);
    if (status == OSL_OK)
        status = osl_tables_numbers(segment, OSL_SECTION_PARAGRAPHS,
                                    OSL_PARAGRAPH_EVIDENCE, column.count,
                                    strings, err);
    if (status == OSL_OK)
        *count = column.count;
    return status;
}
