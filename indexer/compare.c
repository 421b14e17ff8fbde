/* SPDX-License-Identifier: MIT */
#include "indexer/compare.h"

#include <xxhash.h>

/* The generation before: ids with the hash of each document, and hashes of
 * paragraphs (8 bytes each, as strings of a table). */
typedef struct before {
    osl_strings ids, paragraphs;
    osl_list64 hashes; /* by number of id */
} before;

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while comparing");
    return OSL_ENOMEM;
}

static bool add_hash(osl_strings *paragraphs, uint64_t hash)
{
    uint32_t id;
    osl_text key = {(const char *)&hash, sizeof hash};
    return osl_strings_add(paragraphs, key, 0, &id);
}

/* Documents are equal when this is: metadata and texts in their order. */
typedef struct document_hash {
    uint64_t value;
} document_hash;

static void mix(document_hash *hash, const void *bytes, size_t length)
{
    hash->value = XXH3_64bits_withSeed(bytes, length, hash->value + length);
}

static void mix_text(document_hash *hash, osl_text text)
{
    mix(hash, text.bytes, text.length);
}

static osl_status hash_old(const osl_segment *segment,
                           const osl_document_record *record, before *b,
                           uint64_t *out, osl_error *err)
{
    document_hash hash = {0};
    const osl_text texts[] = {record->title,    record->url,
                              record->updated,  record->audience,
                              record->language, record->kind};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        mix_text(&hash, texts[i]);
    for (uint32_t i = 0; i < record->paragraph_count; i++) {
        osl_paragraph_record paragraph;
        osl_status status = osl_segment_paragraph(
            segment, record->first_paragraph + i, &paragraph, err);
        if (status != OSL_OK)
            return status;
        mix(&hash, &paragraph.hash, sizeof paragraph.hash);
        if (!add_hash(&b->paragraphs, paragraph.hash))
            return no_memory(err);
    }
    *out = hash.value;
    return OSL_OK;
}

static osl_status read_segment(const osl_segment *segment, before *b,
                               osl_error *err)
{
    uint32_t count = osl_segment_get_info(segment)->document_count;
    for (uint32_t i = 0; i < count; i++) {
        osl_document_record record;
        uint64_t hash = 0;
        uint32_t id;
        osl_status status = osl_segment_document(segment, i, &record, err);
        if (status == OSL_OK)
            status = hash_old(segment, &record, b, &hash, err);
        if (status != OSL_OK)
            return status;
        if (!osl_strings_add(&b->ids, record.id, 0, &id))
            return no_memory(err);
        if (id == b->hashes.count && !osl_list64_add(&b->hashes, hash))
            return no_memory(err);
        b->hashes.at[id] = hash;
    }
    return OSL_OK;
}

static osl_text batch_string(const osl_batch *batch, unsigned which,
                             uint32_t document)
{
    return osl_strings_text(&batch->strings,
                            batch->document_strings[which].at[document]);
}

static uint32_t end_of(const osl_batch *batch, uint32_t document)
{
    return document + 1 < osl_batch_documents(batch)
               ? batch->first_paragraphs.at[document + 1]
               : osl_batch_paragraphs(batch);
}

static uint64_t hash_new(const osl_batch *batch, uint32_t document)
{
    static const unsigned which[] = {OSL_STRING_TITLE,    OSL_STRING_URL,
                                     OSL_STRING_UPDATED,  OSL_STRING_AUDIENCE,
                                     OSL_STRING_LANGUAGE, OSL_STRING_KIND};
    document_hash hash = {0};
    for (size_t i = 0; i < sizeof which / sizeof *which; i++)
        mix_text(&hash, batch_string(batch, which[i], document));
    const uint64_t *hashes = batch->hashes.at;
    for (uint32_t i = batch->first_paragraphs.at[document];
         hashes && i < end_of(batch, document); i++)
        mix(&hash, &hashes[i], sizeof hashes[i]);
    return hash.value;
}

static void count_documents(const osl_batch *batch, const before *b,
                            osl_index_report *report)
{
    uint64_t found = 0;
    const uint64_t *hashes = b->hashes.at; /* one an id */
    for (uint32_t i = 0; i < osl_batch_documents(batch); i++) {
        uint32_t id =
            osl_strings_find(&b->ids, batch_string(batch, OSL_STRING_ID, i), 0);
        if (id == UINT32_MAX || !hashes) {
            report->added++;
            continue;
        }
        found++;
        report->changed += hashes[id] != hash_new(batch, i);
    }
    report->removed = b->ids.count - found;
}

static void count_paragraphs(const osl_batch *batch, const before *b,
                             osl_index_report *report)
{
    uint64_t reused = 0;
    report->paragraphs = osl_batch_paragraphs(batch);
    for (size_t i = 0; i < batch->hashes.count; i++) {
        osl_text key = {(const char *)&batch->hashes.at[i], 8};
        reused += osl_strings_find(&b->paragraphs, key, 0) != UINT32_MAX;
    }
    report->paragraphs_written = report->paragraphs - reused;
    if (report->paragraphs > 0)
        report->reused = (double)reused / (double)report->paragraphs;
}

osl_status osl_compare(const osl_batch *batch, const osl_index *old,
                       osl_index_report *report, osl_error *err)
{
    before b = {0};
    osl_status status = OSL_OK;
    uint32_t segments = old ? osl_index_get_info(old)->segment_count : 0;
    for (uint32_t i = 0; i < segments && status == OSL_OK; i++)
        status = read_segment(osl_index_segment(old, i), &b, err);
    if (status == OSL_OK && batch->kinds.at) {
        report->documents = osl_batch_documents(batch);
        count_documents(batch, &b, report);
        count_paragraphs(batch, &b, report);
    }
    osl_strings_clear(&b.ids);
    osl_strings_clear(&b.paragraphs);
    free(b.hashes.at);
    return status;
}
