/* SPDX-License-Identifier: MIT
 *
 * What the targets of all readers share: any bytes are read by one reader,
 * and every paragraph, section and mark of what comes out is touched. */
#ifndef OSL_TESTS_FUZZ_READER_FUZZ_H
#define OSL_TESTS_FUZZ_READER_FUZZ_H

#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "corpus/corpus.h"

static size_t reader_fuzz_sum(const osl_text *texts, size_t count)
{
    size_t sum = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < texts[i].length; k++)
            sum += (unsigned char)texts[i].bytes[k];
    return sum;
}

static osl_status reader_fuzz_document(void *user, const osl_document *document,
                                       osl_error *err)
{
    volatile size_t *sum = user;
    (void)err;
    *sum += reader_fuzz_sum(&document->title, 1);
    *sum += reader_fuzz_sum(document->aliases, document->alias_count);
    for (size_t i = 0; i < document->section_count; i++) {
        const osl_section *section = &document->sections[i];
        if (section->parent != OSL_SECTION_NONE && section->parent >= i)
            abort(); /* a parent comes before its children */
        *sum += reader_fuzz_sum(&section->heading, 1);
    }
    for (size_t i = 0; i < document->paragraph_count; i++) {
        const osl_paragraph *paragraph = &document->paragraphs[i];
        if (paragraph->text.length == 0 ||
            (paragraph->section != OSL_SECTION_NONE &&
             paragraph->section >= document->section_count))
            abort();
        *sum += reader_fuzz_sum(&paragraph->text, 1);
        *sum +=
            reader_fuzz_sum(paragraph->citations, paragraph->citation_count);
        *sum += reader_fuzz_sum(paragraph->evidence, paragraph->evidence_count);
    }
    return OSL_OK;
}

static int reader_fuzz(const char *format, const uint8_t *data, size_t size)
{
    volatile size_t sum = 0;
    osl_error err;
    osl_source source = {
        osl_text_of("fuzz"), {(const char *)data, size}, format};
    osl_consumer consumer = {(void *)&sum, reader_fuzz_document, NULL, NULL};
    osl_status status = osl_corpus_read(&source, &consumer, &err);
    if (status != OSL_OK && status != OSL_ENOMEM)
        abort();
    return 0;
}

#endif
