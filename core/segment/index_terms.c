/* SPDX-License-Identifier: MIT
 *
 * Different terms over all segments: the dictionaries are walked side by
 * side, in order of bytes. */
#include "core/segment/index.h"

#include <stdlib.h>

typedef struct walker {
    osl_term_cursor at;
    uint32_t segment;
    bool ended;
} walker;

/* To the next term with a living posting. */
static osl_status step(const osl_index *index, osl_field field, walker *w,
                       osl_error *err)
{
    osl_status status;
    osl_term_info info;
    do {
        status = osl_term_next(&w->at, err);
        w->ended = status == OSL_END;
        if (status != OSL_OK)
            return w->ended ? OSL_OK : status;
        info = w->at.info;
        status = osl_index_live_term(index, w->segment, field, &info, err);
    } while (status == OSL_OK && info.df == 0);
    return status;
}

static osl_status begin(const osl_index *index, osl_field field, uint32_t n,
                        walker *w, osl_error *err)
{
    const osl_segment *segment = osl_index_segment(index, n);
    w->segment = n;
    w->ended = osl_segment_get_info(segment)->fields[field].term_count == 0;
    if (w->ended)
        return OSL_OK;
    osl_status status =
        osl_term_seek(&w->at, segment, field, osl_text_of(""), err);
    return status == OSL_OK ? step(index, field, w, err) : status;
}

/* The walker whose term is the first; NULL where all have ended. */
static const walker *first_of(const walker *walkers, uint32_t count)
{
    const walker *first = NULL;
    for (uint32_t i = 0; i < count; i++)
        if (!walkers[i].ended &&
            (!first ||
             osl_text_compare(walkers[i].at.term, first->at.term) < 0))
            first = &walkers[i];
    return first;
}

static osl_status walk(const osl_index *index, osl_field field, walker *walkers,
                       uint32_t count, uint64_t *out, osl_error *err)
{
    const walker *first;
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < count && status == OSL_OK; i++)
        status = begin(index, field, i, &walkers[i], err);
    while (status == OSL_OK && (first = first_of(walkers, count))) {
        char bytes[OSL_TERM_BYTES_MAX];
        osl_text term = {bytes, first->at.term.length};
        memcpy(bytes, first->at.term.bytes, term.length);
        ++*out;
        for (uint32_t i = 0; i < count && status == OSL_OK; i++)
            if (!walkers[i].ended && osl_text_equal(walkers[i].at.term, term))
                status = step(index, field, &walkers[i], err);
    }
    return status;
}

osl_status osl_index_term_count(const osl_index *index, osl_field field,
                                uint64_t *out, osl_error *err)
{
    uint32_t count = osl_index_get_info(index)->segment_count;
    *out = 0;
    if (count == 1) {
        const osl_deletions *deletions = osl_index_deletions(index, 0);
        *out = osl_segment_get_info(osl_index_segment(index, 0))
                   ->fields[field]
                   .term_count;
        if (deletions)
            *out -= osl_deletions_get_info(deletions)->fields[field].term_count;
        return OSL_OK;
    }
    walker *walkers = calloc((size_t)count + 1, sizeof *walkers);
    if (!walkers)
        return osl_fail(err, OSL_ENOMEM, "out of memory while counting terms");
    osl_status status = walk(index, field, walkers, count, out, err);
    free(walkers);
    return status;
}
