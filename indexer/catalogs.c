/* SPDX-License-Identifier: MIT */
#include "indexer/catalogs.h"

#include "core/segment/tables.h"

#include <stdlib.h>
#include <string.h>

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while comparing");
    return OSL_ENOMEM;
}

/* ---- dates -------------------------------------------------------------- */

/* A paragraph of the document before. */
typedef struct old_paragraph {
    uint64_t hash, first_seen_us, changed_us;
    uint32_t ordinal; /* in its document */
    uint32_t match;   /* the new paragraph with its text, or OSL_NONE */
} old_paragraph;

typedef struct dates {
    uint64_t first_seen_us, changed_us;
    uint32_t match; /* ordinal of the old paragraph with its text */
} dates;

/* One document against the one before; grown from document to document. */
typedef struct matching {
    old_paragraph *old, *sorted; /* own */
    dates *now;                  /* owns */
    size_t old_capacity, sorted_capacity, now_capacity;
    uint32_t old_count, now_count;
    osl_list64 hashes; /* of the paragraphs at hand; owns */
} matching;

static int compare_hashes(const void *left, const void *right)
{
    const old_paragraph *a = left, *b = right;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return a->ordinal < b->ordinal ? -1 : a->ordinal > b->ordinal;
}

/* The hash of an old paragraph's text, as osl_segment_text_hash() gives it;
 * what is decoded is kept for who counts the dead. */
static osl_status hash_old(osl_update *u, osl_place place, uint32_t paragraph,
                           uint64_t *out, osl_error *err)
{
    const osl_segment *segment = u->known.segments[place.segment].segment;
    osl_text text;
    if (!osl_segment_get_info(segment)->has_texts)
        return osl_segment_text_hash(segment, paragraph, out, err);
    /* They are about as long as those that come in their place. */
    osl_old_texts_expect(&u->old_texts, u->batch.text_bytes);
    osl_status status = osl_old_texts_read(
        &u->old_texts, segment, osl_old_text_place(place.segment, paragraph),
        &text, err);
    if (status == OSL_OK)
        *out = osl_text_hash(text);
    return status;
}

static osl_status read_old(osl_update *u, matching *m, osl_place place,
                           osl_error *err)
{
    const osl_known_segment *known = &u->known.segments[place.segment];
    osl_document_extent extent;
    osl_status status =
        osl_segment_extent(known->segment, place.document, &extent, err);
    if (status != OSL_OK)
        return status;
    uint32_t count = extent.paragraph_count;
    if (!osl_grow(&m->old, &m->old_capacity, (size_t)count + 1,
                  sizeof *m->old) ||
        !osl_grow(&m->sorted, &m->sorted_capacity, (size_t)count + 1,
                  sizeof *m->sorted))
        return no_memory(err);
    for (uint32_t i = 0; i < count && status == OSL_OK; i++) {
        uint32_t at = extent.first_paragraph + i;
        m->old[i] = (old_paragraph){.ordinal = i, .match = OSL_NONE};
        status = hash_old(u, place, at, &m->old[i].hash, err);
        if (at < known->catalog.paragraph_count)
            osl_catalog_dates(&known->catalog, at, &m->old[i].first_seen_us,
                              &m->old[i].changed_us);
    }
    m->old_count = count;
    memcpy(m->sorted, m->old, count * sizeof *m->sorted);
    qsort(m->sorted, count, sizeof *m->sorted, compare_hashes);
    return status;
}

/* The first in order with this text that no paragraph has matched yet. */
static uint32_t take_match(matching *m, uint64_t hash)
{
    uint32_t low = 0, high = m->old_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (m->sorted[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    /* `match` of the first counts how many of them were taken. */
    if (low == m->old_count || m->sorted[low].hash != hash)
        return OSL_NONE;
    uint32_t taken =
        m->sorted[low].match == OSL_NONE ? 0 : m->sorted[low].match;
    if (taken >= m->old_count - low || m->sorted[low + taken].hash != hash)
        return OSL_NONE;
    m->sorted[low].match = taken + 1;
    return m->sorted[low + taken].ordinal;
}

static void match_texts(matching *m, const uint64_t *hashes, uint64_t now_us)
{
    for (uint32_t i = 0; i < m->now_count; i++) {
        uint32_t match = take_match(m, hashes[i]);
        m->now[i] = (dates){now_us, now_us, match};
        if (match == OSL_NONE)
            continue;
        m->old[match].match = i;
        m->now[i].first_seen_us = m->old[match].first_seen_us;
        m->now[i].changed_us = m->old[match].changed_us;
    }
}

/* New paragraphs [from, to) without a match stand for as many old ones
 * between the same neighbours. */
static void revise_gap(matching *m, uint32_t from, uint32_t to)
{
    uint32_t first = from > 0 ? m->now[from - 1].match + 1 : 0;
    uint32_t end = to < m->now_count ? m->now[to].match : m->old_count;
    if (end < first || end - first != to - from)
        return;
    for (uint32_t i = 0; i < to - from; i++)
        if (m->old[first + i].match == OSL_NONE)
            m->now[from + i].first_seen_us = m->old[first + i].first_seen_us;
}

static void revise_gaps(matching *m)
{
    for (uint32_t from = 0; from < m->now_count;) {
        uint32_t to = from;
        while (to < m->now_count && m->now[to].match == OSL_NONE)
            to++;
        if (to > from && m->old_count > 0)
            revise_gap(m, from, to);
        from = to + 1;
    }
}

static void matching_clear(matching *m)
{
    free(m->old);
    free(m->sorted);
    free(m->now);
    free(m->hashes.at);
}

/* ---- documents of the batch --------------------------------------------- */

static uint32_t end_of(const osl_batch *batch, uint32_t document)
{
    return document + 1 < osl_batch_documents(batch)
               ? batch->first_paragraphs.at[document + 1]
               : osl_batch_paragraphs(batch);
}

/* The paragraphs of a document that was read: of a run's segment, or of the
 * batch. */
typedef struct read_paragraphs {
    const osl_segment *run; /* NULL: the batch's */
    uint32_t from, to;
} read_paragraphs;

static read_paragraphs find_read(const osl_update *u, uint32_t document)
{
    read_paragraphs found = {0};
    if (document < u->runs.document_count) {
        found.run =
            osl_runs_paragraphs(&u->runs, document, &found.from, &found.to);
        return found;
    }
    document -= u->runs.document_count;
    found.from = u->batch.first_paragraphs.at[document];
    found.to = end_of(&u->batch, document);
    return found;
}

static osl_status list_hashes(const osl_update *u, const read_paragraphs *read,
                              osl_list64 *hashes, osl_error *err)
{
    osl_status status = OSL_OK;
    hashes->count = 0;
    for (uint32_t i = read->from; i < read->to && status == OSL_OK; i++) {
        uint64_t hash = 0;
        if (read->run)
            status = osl_segment_text_hash(read->run, i, &hash, err);
        else
            hash = u->batch.hashes.at[i];
        if (status == OSL_OK && !osl_list64_add(hashes, hash))
            status = no_memory(err);
    }
    return status;
}

static osl_status add_dates(osl_update *u, matching *m, const osl_entry *entry,
                            osl_error *err)
{
    const read_paragraphs read = find_read(u, entry->document);
    m->now_count = read.to - read.from;
    m->old_count = 0;
    if (!entry->is_known) {
        osl_catalog_add_dates(&u->catalog, m->now_count, u->now_us, u->now_us);
        return OSL_OK;
    }
    osl_status status = list_hashes(u, &read, &m->hashes, err);
    if (status != OSL_OK)
        return status;
    if (!osl_grow(&m->now, &m->now_capacity, (size_t)m->now_count + 1,
                  sizeof *m->now))
        return no_memory(err);
    status = read_old(u, m, entry->place, err);
    if (status != OSL_OK)
        return status;
    match_texts(m, m->hashes.at, u->now_us);
    revise_gaps(m);
    for (uint32_t i = 0; i < m->now_count; i++) {
        u->reused += m->now[i].match != OSL_NONE;
        osl_catalog_add_dates(&u->catalog, 1, m->now[i].first_seen_us,
                              m->now[i].changed_us);
    }
    return OSL_OK;
}

/* The block that ends with this entry, if all its documents live: they are one
 * behind the other, and so are those of the catalog. */
static void add_block(osl_update *u, size_t entry, size_t *next)
{
    const osl_entry_blocks *blocks = &u->blocks;
    while (*next < blocks->count && blocks->at[*next].entry < entry)
        ++*next;
    if (*next == blocks->count || blocks->at[*next].entry > entry)
        return;
    const osl_catalog_block *block = &blocks->at[*next].is;
    uint32_t end = u->entries.at[entry].document + 1;
    if (!memchr(u->dead.at + (end - block->count), 1, block->count))
        osl_catalog_add_block(&u->catalog, block);
}

static osl_status describe_batch(osl_update *u, matching *m, osl_error *err)
{
    osl_status status = OSL_OK;
    const uint8_t *dead = u->dead.at;
    size_t block = 0;
    osl_catalog_expect(&u->catalog, osl_batch_documents(&u->batch));
    for (size_t i = 0; i < u->entries.count && status == OSL_OK; i++) {
        const osl_entry *entry = &u->entries.at[i];
        if (entry->document == OSL_NONE || !dead || dead[entry->document])
            continue;
        osl_catalog_add_document(
            &u->catalog,
            &(osl_catalog_document){entry->digest, entry->record,
                                    u->files.at[entry->source].known.number,
                                    entry->line, entry->is_plain});
        add_block(u, i, &block);
        status = add_dates(u, m, entry, err);
    }
    return status;
}

/* ---- counting ----------------------------------------------------------- */

/* What the segments lose, from what they had. */
static osl_status count_old(osl_update *u, uint64_t *documents,
                            uint64_t *paragraphs, osl_error *err)
{
    *documents = *paragraphs = 0;
    if (!u->old_index || u->is_rebuild)
        return OSL_OK;
    const osl_index_info *info = osl_index_get_info(u->old_index);
    *documents = info->document_count;
    *paragraphs = info->paragraph_count;
    for (uint32_t s = 0; s < u->known.segment_count; s++) {
        const osl_known_segment *known = &u->known.segments[s];
        uint32_t i = osl_known_next_death(known, 0);
        for (; i < known->document_count;
             i = osl_known_next_death(known, i + 1)) {
            uint64_t first = 0, end = 0;
            osl_status status =
                osl_tables_get(known->segment, OSL_SECTION_DOCUMENTS,
                               OSL_DOCUMENT_FIRST_PARAGRAPH, i, &first, err);
            if (status == OSL_OK)
                status = osl_tables_get(known->segment, OSL_SECTION_DOCUMENTS,
                                        OSL_DOCUMENT_FIRST_PARAGRAPH,
                                        i + (uint64_t)1, &end, err);
            if (status != OSL_OK)
                return status;
            --*documents;
            *paragraphs -= end - first;
        }
    }
    return OSL_OK;
}

osl_status osl_update_count(osl_update *u, osl_error *err)
{
    matching m = {0};
    uint64_t documents = 0, paragraphs = 0;
    osl_status status = count_old(u, &documents, &paragraphs, err);
    if (status == OSL_OK)
        status = describe_batch(u, &m, err);
    osl_index_report *report = u->report;
    report->documents = documents + u->catalog.document_count;
    report->paragraphs = paragraphs + u->catalog.paragraph_count;
    report->paragraphs_written = u->catalog.paragraph_count - u->reused;
    if (report->paragraphs > 0)
        report->reused =
            (double)(report->paragraphs - report->paragraphs_written) /
            (double)report->paragraphs;
    matching_clear(&m);
    return status;
}

/* ---- merging ------------------------------------------------------------ */

static void append_dates(osl_catalog_maker *to, const osl_catalog *from,
                         const osl_document_record *record)
{
    for (uint32_t i = 0; i < record->paragraph_count; i++) {
        uint64_t first_seen_us, changed_us;
        osl_catalog_dates(from, record->first_paragraph + i, &first_seen_us,
                          &changed_us);
        osl_catalog_add_dates(to, 1, first_seen_us, changed_us);
    }
}

/* Where one who goes along the documents of a catalog is in its blocks. */
typedef struct block_trail {
    uint32_t next;  /* the block at hand */
    uint32_t added; /* of its documents */
} block_trail;

/* Behind a document that was added, or is dead. */
static void append_block(osl_catalog_maker *to, const osl_catalog *from,
                         uint32_t document, bool is_added, block_trail *trail)
{
    osl_catalog_block block;
    if (trail->next == from->block_count)
        return;
    uint32_t first = osl_catalog_get_block(from, trail->next, &block);
    trail->added += is_added && first <= document;
    if (first + block.count != document + 1)
        return;
    if (trail->added == block.count)
        osl_catalog_add_block(to, &block);
    trail->added = 0;
    trail->next++;
}

osl_status osl_catalog_append(osl_catalog_maker *to, const osl_catalog *from,
                              const osl_segment *segment,
                              const osl_deletions *deletions, osl_error *err)
{
    const uint64_t *live =
        deletions ? osl_deletions_live(deletions, OSL_FIELD_TITLE) : NULL;
    block_trail blocks = {0};
    for (uint32_t i = 0; i < from->document_count; i++) {
        osl_document_record record;
        uint32_t line = osl_catalog_line(from, i);
        if (live && !(live[i / 64] >> (i % 64) & 1)) {
            append_block(to, from, i, false, &blocks);
            continue;
        }
        osl_status status = osl_segment_document(segment, i, &record, err);
        if (status != OSL_OK)
            return status;
        osl_catalog_add_document(
            to, &(osl_catalog_document){
                    osl_catalog_hash(from, i), osl_catalog_record(from, i),
                    osl_catalog_source(from, i),
                    deletions ? osl_deletions_line(deletions, i, line) : line,
                    osl_catalog_is_short(from, i)});
        append_dates(to, from, &record);
        append_block(to, from, i, true, &blocks);
    }
    return OSL_OK;
}
