/* SPDX-License-Identifier: MIT */
#include "indexer/old_texts.h"

#include <stdlib.h>

/* All that are kept together. */
#define KEPT_BYTES ((size_t)8 << 20)

static void forget_readers(osl_old_texts *texts)
{
    for (size_t i = 0; i < texts->reader_count; i++)
        osl_store_reader_free(texts->readers[i]);
    free((void *)texts->readers);
    texts->readers = NULL;
    texts->reader_count = texts->reader_capacity = 0;
}

void osl_old_texts_clear(osl_old_texts *texts)
{
    forget_readers(texts);
    free(texts->at);
    osl_buf_clear(&texts->bytes);
    osl_buf_clear(&texts->words);
    osl_buf_clear(&texts->other);
    *texts = (osl_old_texts){0};
}

/* Room that is not there is asked for again when it is needed. */
void osl_old_texts_expect(osl_old_texts *texts, uint64_t bytes)
{
    enum { WORD_BYTES = 6 };
    size_t most = bytes < KEPT_BYTES ? (size_t)bytes : KEPT_BYTES;
    size_t words = most / WORD_BYTES + 1;
    most += most / 16;
    (void)!osl_grow(&texts->bytes.bytes, &texts->bytes.capacity, most, 1);
    (void)!osl_grow(&texts->words.bytes, &texts->words.capacity,
                    words * sizeof(uint32_t), 1);
}

/* The reader of segment number `n`. */
static osl_status open_reader(osl_old_texts *texts, const osl_segment *segment,
                              size_t n, osl_store_reader **out, osl_error *err)
{
    osl_status status = OSL_OK;
    if (!osl_grow(&texts->readers, &texts->reader_capacity, n + 1,
                  sizeof *texts->readers))
        return osl_fail(err, OSL_ENOMEM, "out of memory for old texts");
    while (texts->reader_count <= n)
        texts->readers[texts->reader_count++] = NULL;
    if (!texts->readers[n])
        status = osl_store_reader_new(&texts->readers[n], segment, err);
    *out = texts->readers[n];
    return status;
}

osl_status osl_old_texts_read(osl_old_texts *texts, const osl_segment *segment,
                              uint64_t place, osl_text *out, osl_error *err)
{
    bool is_kept = texts->bytes.length < KEPT_BYTES;
    osl_buf *to = is_kept ? &texts->bytes : &texts->other;
    size_t start = is_kept ? to->length : 0;
    size_t first_word = texts->words.length / sizeof(uint32_t);
    osl_store_reader *reader = NULL;
    osl_status status =
        open_reader(texts, segment, (size_t)(place >> 32), &reader, err);
    if (status != OSL_OK)
        return status;
    if (is_kept && !osl_grow(&texts->at, &texts->capacity, texts->count + 1,
                             sizeof *texts->at))
        return osl_fail(err, OSL_ENOMEM, "out of memory for old texts");
    to->length = start;
    status = is_kept ? osl_store_reader_words(reader, (uint32_t)place, to,
                                              &texts->words, err)
                     : osl_store_reader_text(reader, (uint32_t)place, to, err);
    if (status != OSL_OK) {
        to->length = start;
        return status;
    }
    size_t length = to->length - start;
    *out =
        (osl_text){length > 0 ? (const char *)to->bytes + start : "", length};
    if (is_kept)
        texts->at[texts->count++] = (osl_old_text){
            .place = place,
            .start = start,
            .length = (uint32_t)length,
            .words =
                (uint32_t)(texts->words.length / sizeof(uint32_t) - first_word),
            .first_word = first_word};
    return OSL_OK;
}

static int by_place(const void *left, const void *right)
{
    const osl_old_text *a = left, *b = right;
    return a->place < b->place ? -1 : a->place > b->place;
}

void osl_old_texts_sort(osl_old_texts *texts)
{
    size_t rising = 1;
    forget_readers(texts);
    osl_buf_clear(&texts->other);
    while (rising < texts->count &&
           texts->at[rising - 1].place <= texts->at[rising].place)
        rising++;
    if (rising < texts->count)
        qsort(texts->at, texts->count, sizeof *texts->at, by_place);
}

bool osl_old_texts_find(const osl_old_texts *texts, uint64_t place,
                        osl_ranked_text *out)
{
    const osl_old_text wanted = {.place = place};
    const osl_old_text *found = texts->count > 0
                                    ? bsearch(&wanted, texts->at, texts->count,
                                              sizeof *texts->at, by_place)
                                    : NULL;
    if (!found)
        return false;
    const char *bytes = (const char *)texts->bytes.bytes;
    const uint32_t *words = (const void *)texts->words.bytes;
    *out = (osl_ranked_text){
        {found->length > 0 ? bytes + found->start : "", found->length},
        found->words > 0 ? words + found->first_word : NULL,
        found->words};
    return true;
}
