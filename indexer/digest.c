/* SPDX-License-Identifier: MIT */
#include "indexer/digest.h"

#include <xxhash.h>

/* Each piece seeds the next, with its length: "ab" "c" is not "a" "bc". */
static uint64_t mix(uint64_t digest, const void *bytes, size_t length)
{
    return XXH3_64bits_withSeed(bytes, length, digest + length);
}

static uint64_t mix_text(uint64_t digest, osl_text text)
{
    return mix(digest, text.bytes, text.length);
}

static uint64_t mix_texts(uint64_t digest, const osl_text *texts, size_t count)
{
    digest = mix(digest, &count, sizeof count);
    for (size_t i = 0; i < count; i++)
        digest = mix_text(digest, texts[i]);
    return digest;
}

/* What is known of a text where it is not kept. */
typedef struct told_text {
    uint64_t hash, bytes;
} told_text;

static uint64_t mix_paragraph(uint64_t digest, const osl_paragraph *paragraph,
                              told_text text, uint32_t first_line)
{
    const uint32_t numbers[] = {paragraph->section,
                                paragraph->line - first_line,
                                (uint32_t)paragraph->kind};
    digest = mix(digest, &text, sizeof text);
    digest = mix(digest, numbers, sizeof numbers);
    digest = mix_texts(digest, paragraph->citations, paragraph->citation_count);
    return mix_texts(digest, paragraph->evidence, paragraph->evidence_count);
}

static uint64_t mix_head(const osl_document *document)
{
    const osl_text head[] = {document->source,   document->title,
                             document->url,      document->updated,
                             document->audience, document->language,
                             document->kind};
    const uint64_t counts[] = {document->is_record, document->section_count,
                               document->paragraph_count};
    uint64_t digest = mix(0, counts, sizeof counts);
    digest = mix_texts(digest, head, sizeof head / sizeof *head);
    digest = mix_texts(digest, document->aliases, document->alias_count);
    return digest;
}

uint64_t osl_document_digest(const osl_document *document)
{
    uint64_t digest = mix_head(document);
    for (size_t i = 0; i < document->section_count; i++) {
        const osl_section *section = &document->sections[i];
        const uint32_t place[] = {section->parent, section->level};
        digest = mix_text(digest, section->heading);
        digest = mix(digest, place, sizeof place);
    }
    for (size_t i = 0; i < document->paragraph_count; i++) {
        const osl_paragraph *paragraph = &document->paragraphs[i];
        told_text text = {osl_text_hash(paragraph->text),
                          paragraph->text.length};
        digest = mix_paragraph(digest, paragraph, text,
                               document->paragraphs[0].line);
    }
    return digest;
}

/* ---- of what a segment keeps --------------------------------------------- */

bool osl_document_is_plain(const osl_document *document)
{
    return document->is_record && document->paragraph_count == 1 &&
           document->section_count == 0 && document->alias_count == 0;
}

static osl_status tell_text(const osl_segment *segment, uint32_t paragraph,
                            told_text *out, osl_error *err)
{
    osl_buf text = {0};
    osl_status status = OSL_OK;
    if (osl_segment_get_info(segment)->has_texts) {
        status = osl_segment_text(segment, paragraph, &text, err);
        *out = (told_text){osl_text_hash(osl_buf_text(&text)), text.length};
        osl_buf_clear(&text);
        return status;
    }
    status = osl_segment_text_hash(segment, paragraph, &out->hash, err);
    return status == OSL_OK
               ? osl_segment_text_bytes(segment, paragraph, &out->bytes, err)
               : status;
}

/* Its paragraph but for the text; lists are the arena's. */
static osl_status read_paragraph(const osl_segment *segment, uint32_t paragraph,
                                 osl_arena *arena, osl_paragraph *out,
                                 osl_error *err)
{
    osl_paragraph_record record;
    osl_status status = osl_segment_paragraph(segment, paragraph, &record, err);
    if (status != OSL_OK)
        return status;
    *out = (osl_paragraph){.section = record.section,
                           .line = record.line,
                           .kind = (osl_paragraph_kind)record.kind};
    status = osl_segment_citations(segment, paragraph, arena, &out->citations,
                                   &out->citation_count, err);
    return status == OSL_OK
               ? osl_segment_evidence(segment, paragraph, arena, &out->evidence,
                                      &out->evidence_count, err)
               : status;
}

osl_status osl_plain_digest(const osl_segment *segment, uint32_t document,
                            uint64_t *out, osl_error *err)
{
    osl_document_record record;
    osl_paragraph paragraph;
    told_text text = {0, 0};
    osl_arena arena = {0};
    osl_status status = osl_segment_document(segment, document, &record, err);
    if (status == OSL_OK)
        status = read_paragraph(segment, record.first_paragraph, &arena,
                                &paragraph, err);
    if (status == OSL_OK)
        status = tell_text(segment, record.first_paragraph, &text, err);
    if (status == OSL_OK) {
        const osl_document is = {.source = record.source,
                                 .title = record.title,
                                 .url = record.url,
                                 .updated = record.updated,
                                 .audience = record.audience,
                                 .language = record.language,
                                 .kind = record.kind,
                                 .is_record = record.is_record,
                                 .paragraph_count = 1};
        *out = mix_paragraph(mix_head(&is), &paragraph, text, paragraph.line);
    }
    osl_arena_clear(&arena);
    return status;
}
