/* SPDX-License-Identifier: MIT */
#include "indexer/known.h"

#include "core/segment/tables.h"
#include "indexer/digest.h"
#include "indexer/strays.h"

#include <stdlib.h>
#include <string.h>

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
        free(known->segments[i].blocks);
        free(known->segments[i].lines);
        free(known->segments[i].strays);
    }
    free(known->segments);
    free(known->strays);
    *known = (osl_known){0};
}

/* ---- opening ------------------------------------------------------------ */

static void find_fates(osl_known_segment *known)
{
    const uint64_t *live =
        known->deletions ? osl_deletions_live(known->deletions, OSL_FIELD_TITLE)
                         : NULL;
    memset(known->fates, OSL_FATE_STAYS, known->document_count);
    for (uint32_t i = 0; live && i < known->document_count; i++)
        if (!(live[i / 64] >> (i % 64) & 1))
            known->fates[i] = OSL_FATE_GONE;
}

/* Those of which all documents live; behind them one that is none. */
static osl_status list_blocks(osl_known_segment *known, osl_error *err)
{
    const osl_catalog *catalog = &known->catalog;
    osl_known_block block;
    known->blocks =
        malloc((catalog->block_count + (size_t)1) * sizeof *known->blocks);
    if (!known->blocks)
        return no_memory(err);
    for (uint32_t i = 0; i < catalog->block_count; i++) {
        block.first = osl_catalog_get_block(catalog, i, &block.is);
        if (!memchr(known->fates + block.first, OSL_FATE_GONE, block.is.count))
            known->blocks[known->block_count++] = block;
    }
    known->blocks[known->block_count].first = UINT32_MAX;
    return OSL_OK;
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
    if (status == OSL_OK) {
        find_fates(known);
        status = list_blocks(known, err);
    }
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

/* How far the trail is searched: so many records may have gone at once. */
enum { AHEAD = 8 };

/* Whether no trail through its segment leads to a document. */
static bool is_passed(const osl_known_segment *known, uint32_t document)
{
    return known->fates[document] == OSL_FATE_GONE ||
           osl_known_is_stray(known, document);
}

/* Of the next `ahead` documents of a segment on the trail, the one from this
 * record. */
static bool find_ahead(const osl_known_segment *known, uint32_t *next,
                       unsigned ahead, uint64_t record)
{
    uint32_t at = *next;
    bool is_first = true;
    for (; at < known->document_count && ahead > 0; at++) {
        if (is_passed(known, at))
            continue;
        if (is_first)
            *next = at; /* those that are none are passed once */
        is_first = false;
        if (osl_catalog_record(&known->catalog, at) == record) {
            *next = at;
            return true;
        }
        ahead--;
    }
    return false;
}

/* The same among the next strays. */
static bool find_stray(const osl_known *known, size_t *next, unsigned ahead,
                       uint64_t record)
{
    for (size_t i = *next; i < known->stray_count && i - *next < ahead; i++)
        if (osl_known_record(known, known->strays[i].place) == record) {
            *next = i;
            return true;
        }
    return false;
}

void osl_trail_follow(const osl_known *known, osl_trail *trail, osl_place place)
{
    if (osl_known_is_stray(&known->segments[place.segment], place.document)) {
        trail->stray = osl_known_search_stray(known, place) + 1;
        return;
    }
    if (place.segment >= OSL_TRAIL_SEGMENTS)
        return;
    trail->segment = place.segment;
    trail->next[place.segment] = place.document + 1;
}

/* The segment to look at after i others: first the one of the last time. */
static uint32_t turn(const osl_trail *trail, uint32_t i, uint32_t count)
{
    uint32_t s = trail->segment + i;
    return s < count ? s : s - count;
}

bool osl_known_find_record(const osl_known *known, osl_trail *trail,
                           uint32_t source, uint64_t record, osl_place *out)
{
    uint32_t count = known->segment_count;
    count = count < OSL_TRAIL_SEGMENTS ? count : OSL_TRAIL_SEGMENTS;
    for (unsigned ahead = 1; ahead <= AHEAD && record != 0;
         ahead += AHEAD - 1) {
        for (uint32_t i = 0; i < count; i++) {
            uint32_t s = turn(trail, i, count);
            if (!find_ahead(&known->segments[s], &trail->next[s], ahead,
                            record))
                continue;
            *out = (osl_place){s, trail->next[s]};
            trail->segment = s;
            trail->next[s]++;
            return osl_known_source(known, *out) == source;
        }
        if (!find_stray(known, &trail->stray, ahead, record))
            continue;
        *out = known->strays[trail->stray++].place;
        return osl_known_source(known, *out) == source;
    }
    return false;
}

/* The next document of a segment on the trail. */
static uint32_t pass(const osl_known_segment *known, uint32_t *next)
{
    while (*next < known->document_count && is_passed(known, *next))
        ++*next;
    return *next;
}

/* The same; mostly it is that of the last time or the next. */
static const osl_known_block *find_block(const osl_known_segment *known,
                                         uint32_t document, uint32_t *at)
{
    const osl_known_block *blocks = known->blocks;
    if (blocks[*at].first < document)
        ++*at;
    if (blocks[*at].first < document ||
        (*at > 0 && blocks[*at - 1].first >= document))
        *at = osl_known_search_block(known, document);
    return &blocks[*at];
}

static bool is_block(const osl_known_segment *known,
                     const osl_catalog_block *block, osl_text rest)
{
    return block->length <= rest.length &&
           (osl_segment_kernels(known->segment)
                ->hash(rest.bytes, block->length) &
            OSL_CATALOG_BLOCK) == block->hash &&
           (block->length == rest.length || rest.bytes[block->length] == '\n');
}

/* A block of strays, which stand in their list as in their segment unless some
 * were moved apart. */
static bool find_stray_block(const osl_known *known, osl_trail *trail,
                             uint32_t source, osl_text rest, osl_place *out,
                             osl_catalog_block *block)
{
    size_t left = known->stray_count - trail->stray;
    if (left == 0)
        return false;
    const osl_stray *first = &known->strays[trail->stray];
    if (first->block == UINT32_MAX || first->order >> 32 != source)
        return false;
    const osl_known_segment *segment = &known->segments[first->place.segment];
    *block = segment->blocks[first->block].is;
    if (block->count > left || !is_block(segment, block, rest))
        return false;
    const osl_place last = first[block->count - 1].place;
    if (last.segment != first->place.segment ||
        last.document != first->place.document + block->count - 1)
        return false;
    *out = first->place;
    trail->stray += block->count;
    return true;
}

bool osl_known_find_block(const osl_known *known, osl_trail *trail,
                          uint32_t source, osl_text rest, osl_place *out,
                          osl_catalog_block *block)
{
    uint32_t count = known->segment_count;
    count = count < OSL_TRAIL_SEGMENTS ? count : OSL_TRAIL_SEGMENTS;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t s = turn(trail, i, count);
        const osl_known_segment *segment = &known->segments[s];
        if (segment->block_count == 0)
            continue; /* scattered lines were revised */
        uint32_t document = pass(segment, &trail->next[s]);
        const osl_known_block *found =
            find_block(segment, document, &trail->block[s]);
        if (found->first != document || !is_block(segment, &found->is, rest) ||
            osl_catalog_source(&segment->catalog, document) != source)
            continue;
        *out = (osl_place){s, document};
        *block = found->is;
        trail->segment = s;
        trail->next[s] = document + block->count;
        return true;
    }
    return find_stray_block(known, trail, source, rest, out, block);
}

/* Whether a document is not gone and has this id. */
static bool has_id(const osl_known *known, osl_place place, osl_text id)
{
    osl_text name;
    return *osl_known_fate(known, place) != OSL_FATE_GONE &&
           osl_known_id(known, place, &name, NULL) == OSL_OK &&
           osl_text_equal(name, id);
}

bool osl_known_find_next(const osl_known *known, const osl_trail *trail,
                         osl_text id, osl_place *out)
{
    for (uint32_t s = 0; s < known->segment_count && s < OSL_TRAIL_SEGMENTS;
         s++) {
        *out = (osl_place){s, trail->next[s]};
        if (out->document < known->segments[s].document_count &&
            has_id(known, *out, id))
            return true;
    }
    if (trail->stray >= known->stray_count)
        return false;
    *out = known->strays[trail->stray].place;
    return has_id(known, *out, id);
}

/* ---- open documents ----------------------------------------------------- */

static void set_open(osl_known *known,
                     bool (*is_meant)(const void *user, uint32_t source),
                     const void *user, bool open)
{
    for (uint32_t s = 0; s < known->segment_count; s++) {
        const osl_catalog *catalog = &known->segments[s].catalog;
        uint8_t *fates = known->segments[s].fates;
        for (uint32_t n = 0; n < catalog->run_count; n++) {
            uint32_t source, from, to;
            osl_catalog_run(catalog, n, &source, &from, &to);
            if (!is_meant(user, source))
                continue;
            for (uint32_t i = from; i < to; i++)
                if (open && fates[i] == OSL_FATE_STAYS)
                    fates[i] = OSL_FATE_OPEN;
                else if (!open && osl_fate_is_death(fates[i]))
                    fates[i] = OSL_FATE_STAYS;
        }
    }
}

bool osl_known_open_sources(osl_known *known,
                            bool (*is_open)(const void *user, uint32_t source),
                            const void *user)
{
    set_open(known, is_open, user, true);
    return osl_known_list_strays(known, is_open, user);
}

void osl_known_close_sources(osl_known *known,
                             bool (*is_closed)(const void *user,
                                               uint32_t source),
                             const void *user)
{
    set_open(known, is_closed, user, false);
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

uint32_t osl_known_written_line(const osl_known *known, osl_place place)
{
    return osl_catalog_line(&known->segments[place.segment].catalog,
                            place.document);
}

uint32_t osl_known_line(const osl_known *known, osl_place place)
{
    const osl_known_segment *segment = &known->segments[place.segment];
    uint32_t line = segment->lines ? segment->lines[place.document]
                                   : osl_known_written_line(known, place);
    return segment->deletions && !segment->lines
               ? osl_deletions_line(segment->deletions, place.document, line)
               : line;
}

/* Lines of a segment that can be changed. */
static bool make_lines(osl_known *known, uint32_t n)
{
    osl_known_segment *segment = &known->segments[n];
    uint32_t *lines = malloc((segment->document_count + (size_t)1) * 4);
    for (uint32_t i = 0; lines && i < segment->document_count; i++)
        lines[i] = osl_known_line(known, (osl_place){n, i});
    segment->lines = lines;
    return lines != NULL;
}

bool osl_known_move(osl_known *known, osl_place place, uint32_t line)
{
    osl_known_segment *segment = &known->segments[place.segment];
    uint32_t before = osl_known_line(known, place);
    if (line == before || line == 0 || before == 0)
        return true;
    if (!segment->lines && !make_lines(known, place.segment))
        return false;
    segment->lines[place.document] = line;
    return true;
}

/* Whether documents begin at lines that rise by one from `line` on. */
static bool are_at(const osl_known *known, osl_place place, uint32_t count,
                   uint32_t line)
{
    const osl_known_segment *segment = &known->segments[place.segment];
    if (!segment->lines && (!segment->deletions ||
                            osl_deletions_move_count(segment->deletions) == 0))
        return osl_catalog_are_at(&segment->catalog, place.document, count,
                                  line);
    for (uint32_t i = 0; i < count; i++, place.document++)
        if (osl_known_line(known, place) != line + i)
            return false;
    return true;
}

bool osl_known_keep(osl_known *known, osl_place place, uint32_t count,
                    uint32_t line, bool *kept)
{
    uint8_t *fates = osl_known_fate(known, place);
    *kept = false;
    for (uint32_t i = 0; i < count; i++)
        if (fates[i] != OSL_FATE_OPEN)
            return true;
    *kept = true;
    memset(fates, OSL_FATE_KEPT, count);
    bool done = true;
    if (!are_at(known, place, count, line))
        for (uint32_t i = 0; i < count && done; i++, place.document++)
            done = osl_known_move(known, place, line + i);
    return done;
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

uint64_t osl_known_record(const osl_known *known, osl_place place)
{
    return osl_catalog_record(&known->segments[place.segment].catalog,
                              place.document);
}

osl_status osl_known_is_same(const osl_known *known, osl_place place,
                             const osl_known_content *content, bool *out,
                             osl_error *err)
{
    const osl_known_segment *of = &known->segments[place.segment];
    bool is_short = osl_catalog_is_short(&of->catalog, place.document);
    uint64_t digest, mask = is_short ? OSL_CATALOG_SHORT : OSL_CATALOG_HASH;
    *out = is_short == content->is_plain &&
           osl_catalog_hash(&of->catalog, place.document) ==
               (content->digest & mask);
    if (!*out || !is_short ||
        (content->record && osl_known_record(known, place) == content->record))
        return OSL_OK;
    osl_status status =
        osl_plain_digest(of->segment, place.document, &digest, err);
    *out = status == OSL_OK && digest == content->digest;
    return status;
}
