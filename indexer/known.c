/* SPDX-License-Identifier: MIT */
#include "indexer/known.h"

#include "core/segment/tables.h"

#include <stdlib.h>

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while comparing");
    return OSL_ENOMEM;
}

void osl_known_clear(osl_known *known)
{
    for (uint32_t i = 0; i < known->segment_count; i++) {
        osl_catalog_close(&known->segments[i].catalog);
        free(known->segments[i].fates);
    }
    free(known->segments);
    free(known->records.slots);
    *known = (osl_known){0};
}

/* ---- opening ------------------------------------------------------------ */

static void find_fates(osl_known_segment *known)
{
    const uint64_t *live =
        known->deletions ? osl_deletions_live(known->deletions, OSL_FIELD_TITLE)
                         : NULL;
    for (uint32_t i = 0; i < known->document_count; i++)
        known->fates[i] = !live || (live[i / 64] >> (i % 64) & 1)
                              ? OSL_FATE_STAYS
                              : OSL_FATE_GONE;
}

static osl_status open_segment(osl_known_segment *known, const osl_index *index,
                               uint32_t n, osl_error *err)
{
    const osl_segment *segment = osl_index_segment(index, n);
    const osl_segment_info *info = osl_segment_get_info(segment);
    char *path = osl_catalog_path(osl_segment_path(segment));
    known->segment = segment;
    known->deletions = osl_index_deletions(index, n);
    known->document_count = info->document_count;
    known->fates = malloc((size_t)info->document_count + 1);
    osl_status status = path && known->fates
                            ? osl_catalog_open(&known->catalog, path, err)
                            : no_memory(err);
    if (status == OSL_OK &&
        (known->catalog.segment != osl_segment_identity(segment) ||
         known->catalog.document_count != info->document_count ||
         known->catalog.paragraph_count != info->paragraph_count))
        status = osl_fail(err, OSL_ECORRUPT, "%s: of another segment", path);
    if (status == OSL_OK)
        find_fates(known);
    free(path);
    return status;
}

osl_status osl_known_open(osl_known *known, const osl_index *index,
                          osl_error *err)
{
    uint32_t count = osl_index_get_info(index)->segment_count;
    osl_status status = OSL_OK;
    known->segments = calloc((size_t)count + 1, sizeof *known->segments);
    if (!known->segments)
        return no_memory(err);
    for (uint32_t i = 0; i < count && status == OSL_OK; i++) {
        known->segment_count = i + 1;
        status = open_segment(&known->segments[i], index, i, err);
    }
    return status;
}

/* ---- records ------------------------------------------------------------ */

typedef struct osl_place_slot {
    uint64_t record; /* 0: empty */
    osl_place place;
} osl_place_slot;

/* Where a record is, or the empty slot that it would have. */
static osl_place_slot *find_slot(const osl_place_table *table, uint64_t record)
{
    size_t at = (size_t)record & (table->slot_count - 1);
    while (table->slots[at].record != 0 && table->slots[at].record != record)
        at = (at + 1) & (table->slot_count - 1);
    return &table->slots[at];
}

static bool grow_table(osl_place_table *table)
{
    osl_place_table grown = {
        .slot_count = table->slot_count ? 2 * table->slot_count : 1024,
        .count = table->count};
    grown.slots = calloc(grown.slot_count, sizeof *grown.slots);
    if (!grown.slots)
        return false;
    for (size_t i = 0; i < table->slot_count; i++)
        if (table->slots[i].record != 0)
            *find_slot(&grown, table->slots[i].record) = table->slots[i];
    free(table->slots);
    *table = grown;
    return true;
}

/* Of several places of one record, the last. */
static bool add_record(osl_place_table *table, uint64_t record, osl_place place)
{
    if (2 * (table->count + 1) > table->slot_count && !grow_table(table))
        return false;
    osl_place_slot *slot = find_slot(table, record);
    table->count += slot->record == 0;
    *slot = (osl_place_slot){record, place};
    return true;
}

bool osl_known_find_record(const osl_known *known, uint64_t record,
                           osl_place *out)
{
    if (known->records.count == 0 || record == 0)
        return false;
    const osl_place_slot *slot = find_slot(&known->records, record);
    *out = slot->place;
    return slot->record != 0;
}

/* ---- open documents ----------------------------------------------------- */

static osl_status open_document(osl_known *known, osl_place place,
                                osl_error *err)
{
    osl_known_segment *segment = &known->segments[place.segment];
    uint8_t *fate = &segment->fates[place.document];
    if (*fate != OSL_FATE_STAYS)
        return OSL_OK;
    *fate = OSL_FATE_OPEN;
    uint64_t record = osl_catalog_record(&segment->catalog, place.document);
    if (record != 0 && !add_record(&known->records, record, place))
        return no_memory(err);
    return OSL_OK;
}

osl_status osl_known_open_sources(osl_known *known,
                                  bool (*is_open)(const void *user,
                                                  uint32_t source),
                                  const void *user, osl_error *err)
{
    osl_status status = OSL_OK;
    for (uint32_t s = 0; s < known->segment_count; s++) {
        const osl_catalog *catalog = &known->segments[s].catalog;
        for (uint32_t n = 0; n < catalog->run_count; n++) {
            uint32_t source, from, to;
            osl_catalog_run(catalog, n, &source, &from, &to);
            if (!is_open(user, source))
                continue;
            for (uint32_t i = from; i < to && status == OSL_OK; i++)
                status = open_document(known, (osl_place){s, i}, err);
        }
    }
    return status;
}

/* ---- looking up --------------------------------------------------------- */

/* In one segment; OSL_ENOTFOUND without words. */
static osl_status find_in_segment(const osl_known *known, osl_text id,
                                  osl_place *place, osl_error *err)
{
    const osl_segment *segment = known->segments[place->segment].segment;
    osl_text name;
    osl_status status =
        osl_segment_find_document(segment, id, &place->document, NULL);
    if (status == OSL_ENOTFOUND)
        return status;
    if (status != OSL_OK)
        return osl_fail(err, status, "%s: damaged table of documents",
                        osl_segment_path(segment));
    if (*osl_known_fate(known, *place) == OSL_FATE_GONE)
        return OSL_ENOTFOUND;
    status = osl_known_id(known, *place, &name, err);
    if (status == OSL_OK && !osl_text_equal(name, id))
        return OSL_ENOTFOUND; /* an alias */
    return status;
}

osl_status osl_known_find(const osl_known *known, osl_text id, bool *found,
                          osl_place *out, osl_error *err)
{
    *found = false;
    for (uint32_t i = known->segment_count; i-- > 0;) {
        osl_place place = {i, 0};
        osl_status status = find_in_segment(known, id, &place, err);
        if (status == OSL_ENOTFOUND)
            continue;
        *found = status == OSL_OK;
        *out = place;
        return status;
    }
    return OSL_OK;
}

osl_status osl_known_id(const osl_known *known, osl_place place, osl_text *id,
                        osl_error *err)
{
    const osl_segment *segment = known->segments[place.segment].segment;
    uint64_t string;
    osl_status status =
        osl_tables_get(segment, OSL_SECTION_DOCUMENTS, OSL_STRING_ID,
                       place.document, &string, err);
    if (status == OSL_OK)
        status = osl_tables_string(segment, string, id, err);
    return status;
}

uint32_t osl_known_line(const osl_known *known, osl_place place)
{
    return osl_catalog_line(&known->segments[place.segment].catalog,
                            place.document);
}

uint8_t *osl_known_fate(const osl_known *known, osl_place place)
{
    return &known->segments[place.segment].fates[place.document];
}

uint32_t osl_known_source(const osl_known *known, osl_place place)
{
    return osl_catalog_source(&known->segments[place.segment].catalog,
                              place.document);
}

uint64_t osl_known_hash(const osl_known *known, osl_place place)
{
    return osl_catalog_hash(&known->segments[place.segment].catalog,
                            place.document);
}
