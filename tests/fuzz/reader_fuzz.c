/* SPDX-License-Identifier: MIT
 *
 * The target of every reader: any bytes are read by the one that READER names,
 * and every paragraph, section and mark of what comes out is touched. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "corpus/corpus.h"

static size_t sum_of(const osl_text *texts, size_t count)
{
    size_t sum = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < texts[i].length; k++)
            sum += (unsigned char)texts[i].bytes[k];
    return sum;
}

static osl_status take(void *user, const osl_document *document, osl_error *err)
{
    volatile size_t *sum = user;
    (void)err;
    *sum += sum_of(&document->title, 1);
    *sum += sum_of(document->aliases, document->alias_count);
    for (size_t i = 0; i < document->section_count; i++) {
        const osl_section *section = &document->sections[i];
        if (section->parent != OSL_SECTION_NONE && section->parent >= i)
            abort(); /* a parent comes before its children */
        *sum += sum_of(&section->heading, 1);
    }
    for (size_t i = 0; i < document->paragraph_count; i++) {
        const osl_paragraph *paragraph = &document->paragraphs[i];
        if ((paragraph->text.length == 0 && !document->is_record) ||
            (paragraph->section != OSL_SECTION_NONE &&
             paragraph->section >= document->section_count))
            abort();
        *sum += sum_of(&paragraph->text, 1);
        *sum += sum_of(paragraph->citations, paragraph->citation_count);
        *sum += sum_of(paragraph->evidence, paragraph->evidence_count);
    }
    return OSL_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    volatile size_t sum = 0;
    osl_error err;
    osl_source source = {
        osl_text_of("fuzz"), {(const char *)data, size}, READER};
    osl_consumer consumer = {(void *)&sum, take, NULL, NULL, NULL};
    osl_status status = osl_corpus_read(&source, &consumer, &err);
    if (status != OSL_OK && status != OSL_ENOMEM)
        abort();
    return 0;
}
