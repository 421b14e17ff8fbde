/* SPDX-License-Identifier: MIT
 *
 * What the texts of all segments say that a short form stands for. Each
 * segment names the documents that define it so (definitions.h): those that
 * live are counted when a query asks, so that no list of the whole index has
 * to be kept, and none to be made again by each update. */
#include "core/base/buf.h"
#include "core/segment/definitions.h"
#include "core/segment/index.h"

#include <stdlib.h>

typedef struct found {
    osl_arena *arena;  /* of long forms */
    osl_sense *senses; /* owns */
    size_t count, capacity;
} found;

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM,
                    "out of memory while abbreviations are looked up");
}

/* How many living documents define the sense at hand. */
static osl_status count_living(const osl_definition_cursor *at,
                               const osl_deletions *deletions, uint32_t *out,
                               osl_error *err)
{
    *out = at->count;
    if (!deletions)
        return OSL_OK;
    const uint64_t *live = osl_deletions_live(deletions, OSL_FIELD_TITLE);
    uint32_t document = 0;
    *out = 0;
    for (uint32_t n = 0; n < at->count; n++) {
        osl_status status = osl_definitions_document(at, n, &document, err);
        if (status != OSL_OK)
            return status;
        *out += (uint32_t)(live[document / 64] >> (document % 64) & 1);
    }
    return OSL_OK;
}

static osl_status add_sense(found *to, osl_text short_form, osl_text long_form,
                            uint32_t documents, osl_error *err)
{
    osl_sense sense = {.short_form = short_form, .documents = documents};
    if (!osl_grow(&to->senses, &to->capacity, to->count + 1,
                  sizeof *to->senses) ||
        !osl_arena_text(to->arena, long_form, &sense.long_form))
        return no_memory(err);
    to->senses[to->count++] = sense;
    return OSL_OK;
}

static osl_status add_segment(found *to, const osl_index *index, uint32_t n,
                              osl_text short_form, osl_error *err)
{
    osl_definition_cursor at;
    osl_status status =
        osl_definitions_seek(&at, osl_index_segment(index, n), short_form, err);
    while (status == OSL_OK &&
           (status = osl_definitions_next(&at, err)) == OSL_OK &&
           osl_text_equal(at.short_form, short_form)) {
        uint32_t documents;
        status =
            count_living(&at, osl_index_deletions(index, n), &documents, err);
        if (status == OSL_OK && documents > 0)
            status = add_sense(to, short_form, at.long_form, documents, err);
    }
    return status == OSL_END || status == OSL_ENOTFOUND ? OSL_OK : status;
}

static int by_long_form(const void *left, const void *right)
{
    const osl_sense *a = left, *b = right;
    return osl_text_compare(a->long_form, b->long_form);
}

static int by_documents(const void *left, const void *right)
{
    const osl_sense *a = left, *b = right;
    if (a->documents != b->documents)
        return a->documents > b->documents ? -1 : 1;
    return osl_text_compare(a->long_form, b->long_form);
}

/* Those of several segments that are the same become one. */
static void join(found *of)
{
    size_t count = 0;
    qsort(of->senses, of->count, sizeof *of->senses, by_long_form);
    for (size_t i = 0; i < of->count; i++) {
        osl_sense *last = count ? &of->senses[count - 1] : NULL;
        if (last && osl_text_equal(last->long_form, of->senses[i].long_form))
            last->documents += of->senses[i].documents;
        else
            of->senses[count++] = of->senses[i];
    }
    of->count = count;
}

osl_status osl_index_senses(const osl_index *index, osl_text short_form,
                            osl_arena *arena, const osl_sense **senses,
                            size_t *count, osl_error *err)
{
    found all = {.arena = arena};
    uint32_t segments = osl_index_get_info(index)->segment_count;
    osl_status status = OSL_OK;
    *count = 0;
    for (uint32_t n = 0; n < segments && status == OSL_OK; n++)
        status = add_segment(&all, index, n, short_form, err);
    if (status == OSL_OK && all.count > 0) {
        if (segments > 1)
            join(&all);
        qsort(all.senses, all.count, sizeof *all.senses, by_documents);
        osl_sense *list = osl_arena_zero(arena, all.count, sizeof *list);
        if (list)
            memcpy(list, all.senses, all.count * sizeof *list);
        else
            status = no_memory(err);
        *senses = list;
        *count = list ? all.count : 0;
    }
    free(all.senses);
    return status;
}
