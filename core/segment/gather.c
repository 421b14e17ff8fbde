/* SPDX-License-Identifier: MIT
 *
 * A whole term in one go: what postings.c gives ordinal by ordinal, at a few
 * nanoseconds an occurrence. */
#include "core/segment/gather.h"

#include "core/segment/postings.h"

/* What is still to be filled. */
typedef struct gatherer {
    const osl_postings *of;
    osl_gathered to;
    uint64_t left; /* occurrences */
} gatherer;

static uint64_t sum_of(const uint32_t *tfs, uint32_t count)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += tfs[i];
    return sum;
}

static bool gather_positions(const osl_occurrences *block, const uint32_t *tfs,
                             uint32_t count, uint32_t *out)
{
    if (!block->side) {
        for (uint64_t i = 0; i < block->total; i++)
            out[i] = block->low[i];
        return true;
    }
    uint64_t before = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!osl_occurrences_positions(block, i, before, tfs[i], out + before))
            return false;
        before += tfs[i];
    }
    return true;
}

/* `count` postings whose occurrences are the block's. */
static osl_status gather_block(gatherer *g, const osl_occurrences *block,
                               uint32_t count, osl_error *err)
{
    uint64_t total = sum_of(g->to.tfs, count);
    if (total != block->total || total > g->left)
        return osl_postings_spoilt(g->of, err);
    if (g->to.positions) {
        if (!gather_positions(block, g->to.tfs, count, g->to.positions))
            return osl_postings_spoilt(g->of, err);
        g->to.positions += total;
    }
    if (g->to.forms) {
        if (block->forms && total > UINT32_MAX)
            return osl_postings_spoilt(g->of, err);
        if (block->forms)
            osl_forms_read_block(block->forms, total, 0, (uint32_t)total,
                                 g->to.forms);
        else
            memset(g->to.forms, 0, (size_t)total * sizeof *g->to.forms);
        g->to.forms += total;
    }
    g->left -= total;
    g->to.ordinals += count;
    g->to.tfs += count;
    return OSL_OK;
}

static osl_status gather_rare(gatherer *g, osl_error *err)
{
    const osl_postings *of = g->of;
    osl_occurrences block;
    memcpy(g->to.ordinals, of->ordinals, (size_t)of->df * 4);
    for (uint32_t i = 0; i < of->df; i++)
        g->to.tfs[i] = of->starts[i + 1] - of->starts[i];
    if (of->field == OSL_FIELD_PAIR)
        return OSL_OK;
    osl_status status = osl_postings_list_block(of, &block, err);
    return status == OSL_OK ? gather_block(g, &block, of->df, err) : status;
}

static osl_status gather_frequent(gatherer *g, osl_error *err)
{
    const osl_postings *of = g->of;
    osl_status status = OSL_OK;
    for (uint32_t c = 0; c < of->chunk_count && status == OSL_OK; c++) {
        const uint8_t *header = osl_postings_header(of, c);
        uint32_t count = osl_chunk_count(header);
        osl_chunk chunk = osl_postings_chunk(of, header);
        osl_occurrences block;
        if (count == 0)
            continue;
        osl_chunk_decode(&chunk, c * OSL_CHUNK_SIZE, g->to.ordinals, g->to.tfs);
        if (of->field == OSL_FIELD_PAIR) {
            g->to.ordinals += count;
            g->to.tfs += count;
            continue;
        }
        status = osl_postings_open_block(of, c, &block, err);
        if (status == OSL_OK)
            status = gather_block(g, &block, count, err);
    }
    return status;
}

osl_status osl_postings_gather(const osl_postings *postings,
                               const osl_gathered *to, osl_error *err)
{
    gatherer g = {.of = postings, .to = *to, .left = postings->cf};
    osl_status status =
        postings->ordinals ? gather_rare(&g, err) : gather_frequent(&g, err);
    if (status == OSL_OK && g.left > 0 && postings->field != OSL_FIELD_PAIR)
        status = osl_postings_spoilt(postings, err);
    return status;
}

/* ---- one chunk ---------------------------------------------------------- */

static uint32_t list_end(const osl_postings *of, uint32_t chunk, uint32_t next)
{
    while (next < of->df && of->ordinals[next] / OSL_CHUNK_SIZE <= chunk)
        next++;
    return next;
}

osl_status osl_postings_measure_chunk(const osl_postings *postings,
                                      uint32_t chunk, uint32_t *next,
                                      uint32_t *df, uint64_t *cf,
                                      osl_error *err)
{
    *cf = 0;
    if (!postings->ordinals) {
        osl_occurrences block;
        *df = osl_chunk_count(osl_postings_header(postings, chunk));
        if (*df == 0)
            return OSL_OK;
        osl_status status =
            osl_postings_open_block(postings, chunk, &block, err);
        if (status == OSL_OK)
            *cf = block.total;
        return status;
    }
    while (*next < postings->df &&
           postings->ordinals[*next] / OSL_CHUNK_SIZE < chunk)
        ++*next;
    uint32_t end = list_end(postings, chunk, *next);
    *df = end - *next;
    *cf = postings->starts[end] - postings->starts[*next];
    return OSL_OK;
}

static osl_status gather_list(const osl_postings *of, uint32_t from,
                              uint32_t end, const osl_gathered *to,
                              osl_error *err)
{
    uint32_t *positions = to->positions;
    osl_status status = OSL_OK;
    for (uint32_t i = from; i < end && status == OSL_OK; i++) {
        uint32_t tf = of->starts[i + 1] - of->starts[i];
        to->ordinals[i - from] = of->ordinals[i];
        to->tfs[i - from] = tf;
        status = osl_postings_positions(of, of->ordinals[i], positions, err);
        positions += tf;
    }
    return status;
}

osl_status osl_postings_gather_chunk(const osl_postings *postings,
                                     uint32_t chunk, uint32_t next,
                                     const osl_gathered *to, osl_error *err)
{
    if (postings->ordinals)
        return gather_list(postings, next, list_end(postings, chunk, next), to,
                           err);
    const uint8_t *header = osl_postings_header(postings, chunk);
    uint32_t count = osl_chunk_count(header);
    osl_chunk at = osl_postings_chunk(postings, header);
    osl_occurrences block;
    gatherer g = {.of = postings, .to = *to, .left = UINT64_MAX};
    g.to.forms = NULL;
    osl_chunk_decode(&at, chunk * OSL_CHUNK_SIZE, to->ordinals, to->tfs);
    osl_status status = osl_postings_open_block(postings, chunk, &block, err);
    return status == OSL_OK ? gather_block(&g, &block, count, err) : status;
}
