/* SPDX-License-Identifier: MIT */
#include "indexer/digest.h"

#include "core/segment/catalog.h"

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

static uint64_t mix_paragraph(uint64_t digest, const osl_paragraph *paragraph,
                              uint32_t first_line)
{
    const uint32_t numbers[] = {paragraph->section,
                                paragraph->line - first_line,
                                (uint32_t)paragraph->kind};
    digest = mix_text(digest, paragraph->text);
    digest = mix(digest, numbers, sizeof numbers);
    digest = mix_texts(digest, paragraph->citations, paragraph->citation_count);
    return mix_texts(digest, paragraph->evidence, paragraph->evidence_count);
}

uint64_t osl_document_digest(const osl_document *document)
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
    for (size_t i = 0; i < document->section_count; i++) {
        const osl_section *section = &document->sections[i];
        const uint32_t place[] = {section->parent, section->level};
        digest = mix_text(digest, section->heading);
        digest = mix(digest, place, sizeof place);
    }
    for (size_t i = 0; i < document->paragraph_count; i++)
        digest = mix_paragraph(digest, &document->paragraphs[i],
                               document->paragraphs[0].line);
    return digest & OSL_CATALOG_HASH;
}
