/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include "corpus/corpus.h"

static osl_status take(void *user, const osl_document *document, osl_error *err)
{
    (void)err;
    *(size_t *)user += document->paragraph_count;
    return OSL_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t paragraphs = 0;
    osl_error err;
    osl_source source = {
        osl_text_of("fuzz"), {(const char *)data, size}, "jsonl"};
    osl_consumer consumer = {&paragraphs, take, NULL, NULL};
    if (osl_corpus_read(&source, &consumer, &err) != OSL_OK)
        return 0; /* memory ran out */
    return 0;
}
