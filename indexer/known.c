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
    osl_strings_clear(&known->ids);
    osl_strings_clear(&known->records);
    free(known->id_places.at);
    free(known->record_places.at);
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

static uint64_t pack(osl_place place)
{
    return (uint64_t)place.segment << 32 | place.document;
}

static osl_place unpack(uint64_t packed)
{
    return (osl_place){(uint32_t)(packed >> 32), (uint32_t)packed};
}

/* `key` leads to `place`, the last one where there are several. */
static bool add_place(osl_strings *keys, osl_list64 *places, osl_text key,
                      osl_place place)
{
    uint32_t number;
    if (!osl_strings_add(keys, key, 0, &number) ||
        (number == places->count && !osl_list64_add(places, 0)))
        return false;
    places->at[number] = pack(place);
    return true;
}

static osl_status open_document(osl_known *known, osl_place place,
                                osl_error *err)
{
    osl_known_segment *segment = &known->segments[place.segment];
    uint8_t *fate = &segment->fates[place.document];
    osl_text id;
    if (*fate != OSL_FATE_STAYS)
        return OSL_OK;
    *fate = OSL_FATE_OPEN;
    osl_status status = osl_known_id(known, place, &id, err);
    if (status != OSL_OK)
        return status;
    uint64_t record = osl_catalog_record(&segment->catalog, place.document);
    osl_text key = {(const char *)&record, sizeof record};
    if (!add_place(&known->ids, &known->id_places, id, place) ||
        (record != 0 &&
         !add_place(&known->records, &known->record_places, key, place)))
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

static bool find_place(const osl_strings *keys, const osl_list64 *places,
                       osl_text key, osl_place *out)
{
    uint32_t number =
        keys->count > 0 ? osl_strings_find(keys, key, 0) : UINT32_MAX;
    if (number == UINT32_MAX)
        return false;
    *out = unpack(places->at[number]);
    return true;
}

bool osl_known_find_open(const osl_known *known, osl_text id, osl_place *out)
{
    return find_place(&known->ids, &known->id_places, id, out);
}

bool osl_known_find_record(const osl_known *known, uint64_t record,
                           osl_place *out)
{
    return find_place(&known->records, &known->record_places,
                      (osl_text){(const char *)&record, sizeof record}, out);
}

osl_status osl_known_find_staying(const osl_known *known, osl_text id,
                                  bool *found, osl_place *out, osl_error *err)
{
    *found = false;
    for (uint32_t i = 0; i < known->segment_count && !*found; i++) {
        osl_place place = {i, 0};
        osl_text name;
        osl_status status = osl_segment_find_document(
            known->segments[i].segment, id, &place.document, NULL);
        if (status == OSL_ENOTFOUND)
            continue;
        if (status == OSL_OK)
            status = osl_known_id(known, place, &name, err);
        if (status != OSL_OK)
            return osl_fail(err, status, "%s: damaged table of documents",
                            osl_segment_path(known->segments[i].segment));
        *out = place;
        *found = *osl_known_fate(known, place) == OSL_FATE_STAYS &&
                 osl_text_equal(name, id); /* not an alias */
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

osl_status osl_known_line(const osl_known *known, osl_place place,
                          uint32_t *line, osl_error *err)
{
    const osl_segment *segment = known->segments[place.segment].segment;
    osl_document_record record;
    osl_paragraph_record paragraph = {0};
    osl_status status =
        osl_segment_document(segment, place.document, &record, err);
    if (status == OSL_OK && record.paragraph_count > 0)
        status = osl_segment_paragraph(segment, record.first_paragraph,
                                       &paragraph, err);
    *line = paragraph.line;
    return status;
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
