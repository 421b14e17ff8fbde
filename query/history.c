/* SPDX-License-Identifier: MIT
 *
 * When paragraphs came, from the catalogs beside the segments. A catalog is
 * opened, and all of it verified, when the first paragraph of its segment is
 * asked for: 20 bytes a document. */
#include "core/segment/catalog.h"
#include "query/answer.h"

#include <stdlib.h>

enum { SHELF_NEW, SHELF_OPEN, SHELF_NONE };

typedef struct shelf_place {
    osl_catalog catalog;
    int state;
} shelf_place;

struct osl_history {
    const osl_index *index; /* borrowed */
    shelf_place *places;    /* owns; by segment */
};

osl_status osl_history_open(osl_history **out, const osl_searcher *searcher,
                            osl_error *err)
{
    osl_history *history = calloc(1, sizeof *history);
    uint32_t count = osl_index_get_info(searcher->index)->segment_count;
    shelf_place *places = calloc(count + (size_t)1, sizeof *places);
    if (!history || !places) {
        free(history);
        free(places);
        return osl_fail(err, OSL_ENOMEM, "out of memory for dates");
    }
    *history = (osl_history){searcher->index, places};
    *out = history;
    return OSL_OK;
}

void osl_history_free(osl_history *history)
{
    if (!history)
        return;
    uint32_t count = osl_index_get_info(history->index)->segment_count;
    for (uint32_t i = 0; i < count; i++)
        osl_catalog_close(&history->places[i].catalog);
    free(history->places);
    free(history);
}

static const osl_catalog *get_catalog(osl_history *history, uint32_t n)
{
    const osl_segment *segment = osl_index_segment(history->index, n);
    shelf_place *place = &history->places[n];
    if (place->state == SHELF_NEW) {
        char *path = osl_catalog_path(osl_segment_path(segment));
        place->state = SHELF_NONE;
        if (path && osl_catalog_open(&place->catalog, path, NULL) == OSL_OK &&
            place->catalog.segment == osl_segment_identity(segment))
            place->state = SHELF_OPEN;
        free(path);
    }
    return place->state == SHELF_OPEN ? &place->catalog : NULL;
}

bool osl_history_get(osl_history *history, const osl_hit *hit,
                     uint64_t *first_seen_us, uint64_t *changed_us)
{
    uint32_t n, document;
    osl_document_record record;
    *first_seen_us = *changed_us = 0;
    if (osl_index_find_document(history->index, hit->document, &n, &document,
                                NULL) != OSL_OK ||
        osl_segment_document(osl_index_segment(history->index, n), document,
                             &record, NULL) != OSL_OK)
        return false;
    const osl_catalog *catalog = get_catalog(history, n);
    uint64_t paragraph = (uint64_t)record.first_paragraph + hit->paragraph - 1;
    if (!catalog || paragraph >= catalog->paragraph_count)
        return false;
    osl_catalog_dates(catalog, (uint32_t)paragraph, first_seen_us, changed_us);
    return true;
}
