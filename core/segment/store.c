/* SPDX-License-Identifier: MIT */
#include "core/segment/store.h"

#include "core/segment/segment_internal.h"

#include <stdlib.h>

enum { VERSION = 1 };
enum { TEXTS_START, TEXTS_CLASSES, TEXTS_COLUMNS };

/* No stored text is longer than a paragraph may be. */
#define TEXT_BYTES_MAX ((size_t)1 << 28)

/* ---- codes -------------------------------------------------------------- */

static uint64_t capacity_of(const uint32_t counts[4])
{
    return counts[0] + ((uint64_t)counts[1] << 8) +
           ((uint64_t)counts[2] << 16) + ((uint64_t)counts[3] << 24);
}

/* Bytes saved against codes of four bytes each: sums[i] is the count of the
 * first i ranks. */
static uint64_t saved_by(const uint32_t counts[4], const uint64_t *sums,
                         uint32_t n)
{
    uint64_t saved = 0, end = 0;
    for (unsigned i = 0; i < 3; i++) {
        end += (uint64_t)counts[i] << 8 * i;
        saved += sums[end < n ? end : n];
    }
    return saved;
}

osl_status osl_store_choose(osl_store_classes *out, const uint32_t *counts,
                            uint32_t n, osl_error *err)
{
    uint64_t *sums = malloc(((size_t)n + 1) * sizeof *sums);
    if (!sums)
        return osl_fail(err, OSL_ENOMEM, "out of memory while coding texts");
    sums[0] = 0;
    for (uint32_t i = 0; i < n; i++)
        sums[i + 1] = sums[i] + counts[i];
    uint64_t best = 0;
    bool found = false;
    uint32_t least = n >> 24;
    for (uint32_t four = least; four <= least + 1 && four < 256; four++) {
        for (uint32_t one = 0; one <= 256 - four; one++) {
            for (uint32_t two = 0; two <= 256 - four - one; two++) {
                uint32_t tried[4] = {one, two, 256 - four - one - two, four};
                if (capacity_of(tried) < n)
                    continue;
                uint64_t saved = saved_by(tried, sums, n);
                if (found && saved <= best)
                    continue;
                memcpy(out->counts, tried, sizeof tried);
                best = saved;
                found = true;
            }
        }
    }
    free(sums);
    if (!found)
        return osl_fail(err, OSL_ELIMIT,
                        "%u distinct words do not fit one "
                        "segment",
                        n);
    return OSL_OK;
}

uint32_t osl_store_code(const osl_store_classes *classes, uint32_t rank)
{
    uint64_t left = rank;
    uint32_t first = 0;
    for (unsigned i = 0; i < 4; i++) {
        uint64_t size = (uint64_t)classes->counts[i] << 8 * i;
        if (left < size) {
            uint32_t low = (uint32_t)(left & ((UINT64_C(1) << 8 * i) - 1));
            return (first + (uint32_t)(left >> 8 * i)) | low << 8;
        }
        left -= size;
        first += classes->counts[i];
    }
    return 0;
}

void osl_store_lengths(const osl_store_classes *classes, uint8_t lengths[256])
{
    unsigned byte = 0;
    memset(lengths, 0, 256);
    for (unsigned i = 0; i < 4; i++)
        for (uint32_t j = 0; j < classes->counts[i] && byte < 256; j++)
            lengths[byte++] = (uint8_t)(i + 1);
}

/* ---- writing ------------------------------------------------------------ */

osl_status osl_store_put_vocabulary(osl_writer *writer, const osl_text *texts,
                                    const uint8_t *separators, uint32_t n,
                                    osl_error *err)
{
    osl_buf heap = {0};
    uint64_t *offsets = malloc(((size_t)n + 1) * sizeof *offsets);
    osl_status status = OSL_OK;
    if (!offsets)
        return osl_fail(err, OSL_ENOMEM, "out of memory while coding texts");
    for (uint32_t i = 0; i < n; i++) {
        offsets[i] = 2 * (uint64_t)heap.length + (separators[i] != 0);
        osl_buf_put_text(&heap, texts[i]);
    }
    offsets[n] = 2 * (uint64_t)heap.length;
    osl_column_source column = {offsets, n + 1, 8};
    status = osl_buf_status(&heap, "the vocabulary", err);
    if (status == OSL_OK)
        status = osl_tables_put(writer, OSL_SECTION_VOCABULARY, &column, 1,
                                osl_buf_text(&heap), err);
    osl_buf_clear(&heap);
    free(offsets);
    return status;
}

osl_status osl_store_put_texts(osl_writer *writer,
                               const osl_store_classes *classes,
                               const uint64_t *starts, uint32_t n,
                               osl_error *err)
{
    const osl_column_source columns[TEXTS_COLUMNS] = {
        [TEXTS_START] = {starts, n + 1, 8},
        [TEXTS_CLASSES] = {classes->counts, 4, 4},
    };
    return osl_tables_put(writer, OSL_SECTION_TEXTS, columns, TEXTS_COLUMNS,
                          osl_text_of(NULL), err);
}

/* ---- reading ------------------------------------------------------------ */

typedef struct decoder {
    const osl_segment *segment;
    osl_column words;    /* of the vocabulary */
    uint64_t heap_start; /* of its bytes in its section */
    uint64_t heap_length;
    osl_store_classes classes;
    uint8_t lengths[256];
    const uint8_t *at, *end;
} decoder;

static osl_status spoilt_codes(const decoder *d, osl_error *err)
{
    return osl_segment_spoilt(d->segment,
                              &d->segment->sections[OSL_SECTION_CODES],
                              "a text's codes make no sense", err);
}

static osl_status open_words(decoder *d, osl_error *err)
{
    osl_column classes;
    osl_status status = osl_tables_column(d->segment, OSL_SECTION_VOCABULARY, 0,
                                          &d->words, err);
    if (status == OSL_OK)
        status = osl_tables_column(d->segment, OSL_SECTION_TEXTS, TEXTS_CLASSES,
                                   &classes, err);
    for (unsigned i = 0; i < 4 && status == OSL_OK; i++) {
        uint64_t count = 0;
        status = osl_tables_value(d->segment, OSL_SECTION_TEXTS, &classes, i,
                                  &count, err);
        if (status == OSL_OK && count > 256)
            status = spoilt_codes(d, err);
        d->classes.counts[i] = (uint32_t)count;
    }
    if (status == OSL_OK)
        osl_store_lengths(&d->classes, d->lengths);
    return status;
}

static osl_status open_codes(decoder *d, uint32_t paragraph, osl_error *err)
{
    const osl_section *codes = NULL;
    osl_column starts;
    uint64_t from = 0, to = 0;
    osl_status status = osl_segment_find_section(d->segment, OSL_SECTION_CODES,
                                                 VERSION, &codes, err);
    if (status == OSL_OK)
        status = osl_tables_column(d->segment, OSL_SECTION_TEXTS, TEXTS_START,
                                   &starts, err);
    if (status == OSL_OK)
        status = osl_tables_value(d->segment, OSL_SECTION_TEXTS, &starts,
                                  paragraph, &from, err);
    if (status == OSL_OK)
        status = osl_tables_value(d->segment, OSL_SECTION_TEXTS, &starts,
                                  (uint64_t)paragraph + 1, &to, err);
    if (status == OSL_OK && from > to)
        status = spoilt_codes(d, err);
    if (status == OSL_OK)
        status = osl_segment_touch(d->segment, codes, from, to - from, err);
    if (status != OSL_OK)
        return status;
    d->at = codes->bytes + from;
    d->end = codes->bytes + to;
    return OSL_OK;
}

/* The rank of the code at d->at; UINT64_MAX where there is none whole. */
static uint64_t next_rank(decoder *d)
{
    unsigned byte = *d->at;
    unsigned length = d->lengths[byte];
    if (length == 0 || (size_t)(d->end - d->at) < length)
        return UINT64_MAX;
    uint64_t rank = 0, low = 0;
    for (unsigned i = 1; i < length; i++) {
        low |= (uint64_t)d->at[i] << 8 * (i - 1);
        rank += (uint64_t)d->classes.counts[i - 1] << 8 * (i - 1);
        byte -= d->classes.counts[i - 1];
    }
    d->at += length;
    return rank + ((uint64_t)byte << 8 * (length - 1)) + low;
}

static osl_status read_word(const decoder *d, uint64_t rank, osl_text *word,
                            bool *is_separator, osl_error *err)
{
    uint64_t start = 0, end = 0;
    const uint8_t *bytes = NULL;
    osl_status status = osl_tables_value(d->segment, OSL_SECTION_VOCABULARY,
                                         &d->words, rank, &start, err);
    if (status == OSL_OK)
        status = osl_tables_value(d->segment, OSL_SECTION_VOCABULARY, &d->words,
                                  rank + 1, &end, err);
    *is_separator = start & 1;
    start /= 2;
    end /= 2;
    if (status == OSL_OK && start > end)
        status = spoilt_codes(d, err);
    if (status == OSL_OK)
        status = osl_tables_extra(d->segment, OSL_SECTION_VOCABULARY, start,
                                  end - start, &bytes, err);
    if (status == OSL_OK)
        *word = (osl_text){(const char *)bytes, (size_t)(end - start)};
    return status;
}

static osl_status decode(decoder *d, osl_buf *out, osl_error *err)
{
    size_t start = out->length;
    bool after_word = false;
    while (d->at < d->end) {
        uint64_t rank = next_rank(d);
        osl_text word;
        bool is_separator;
        if (rank >= UINT32_MAX)
            return spoilt_codes(d, err);
        osl_status status = read_word(d, rank, &word, &is_separator, err);
        if (status != OSL_OK)
            return status;
        if (after_word && !is_separator)
            osl_buf_put_byte(out, ' ');
        osl_buf_put_text(out, word);
        after_word = !is_separator;
        if (out->length - start > TEXT_BYTES_MAX)
            return spoilt_codes(d, err);
    }
    return osl_buf_status(out, "a paragraph's text", err);
}

osl_status osl_segment_text(const osl_segment *segment, uint32_t paragraph,
                            osl_buf *out, osl_error *err)
{
    if (!osl_segment_get_info(segment)->has_texts)
        return osl_fail(err, OSL_ENOTFOUND,
                        "this index stores no texts; index again without "
                        "--store none to have them");
    decoder d = {.segment = segment};
    osl_status status = open_words(&d, err);
    if (status == OSL_OK)
        status = open_codes(&d, paragraph, err);
    if (status == OSL_OK)
        status = decode(&d, out, err);
    return status;
}
