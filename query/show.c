/* SPDX-License-Identifier: MIT
 *
 * A document or a paragraph as it stands, without a query. */
#include "query/answer.h"

#include <string.h>

typedef struct place {
    uint32_t segment, document;
    osl_document_record record;
} place;

/* The live document of this id; OSL_ENOTFOUND without words. */
static osl_status find(const osl_index *index, osl_text id, place *out,
                       osl_error *err)
{
    osl_status status =
        osl_index_find_document(index, id, &out->segment, &out->document, err);
    if (status == OSL_OK)
        status = osl_segment_document(osl_index_segment(index, out->segment),
                                      out->document, &out->record, err);
    return status;
}

/* Splits "DOCUMENT#12"; 0 where no number stands there. */
static uint32_t split(osl_text what, osl_text *document)
{
    uint64_t number = 0;
    size_t at = what.length;
    while (at > 0 && what.bytes[at - 1] >= '0' && what.bytes[at - 1] <= '9')
        at--;
    if (at == 0 || at == what.length || what.bytes[at - 1] != '#' ||
        what.length - at > 9)
        return 0;
    for (size_t i = at; i < what.length; i++)
        number = number * 10 + (uint64_t)(what.bytes[i] - '0');
    *document = (osl_text){what.bytes, at - 1};
    return (uint32_t)number;
}

static osl_status fill(const osl_index *index, const place *at, uint32_t from,
                       uint32_t to, osl_answer *answer, osl_error *err)
{
    const osl_segment *segment = osl_index_segment(index, at->segment);
    const uint64_t *live = osl_index_live(index, at->segment);
    answer->hits =
        osl_arena_zero(&answer->arena, to - from + (size_t)1, sizeof(osl_hit));
    if (!answer->hits)
        return osl_fail(err, OSL_ENOMEM, "show: memory ran out");
    for (uint32_t i = from; i < to; i++) {
        uint32_t paragraph = at->record.first_paragraph + i;
        if (live && !(live[paragraph / 64] >> (paragraph % 64) & 1))
            continue;
        osl_hit *hit = &answer->hits[answer->hit_count];
        osl_status status =
            osl_answer_fill(answer, segment, paragraph, hit, err);
        if (status == OSL_OK)
            status =
                osl_index_line(index, at->segment, paragraph, &hit->line, err);
        if (status != OSL_OK)
            return status;
        hit->snippet = (osl_span){0, (uint32_t)hit->text.length};
        answer->hit_count++;
    }
    answer->count = answer->hit_count;
    answer->documents = answer->hit_count > 0;
    return OSL_OK;
}

static osl_status not_found(osl_text what, osl_error *err)
{
    return osl_fail(err, OSL_ENOTFOUND,
                    "%.*s: no such document or paragraph in the index; ids "
                    "stand behind each hit of osler search",
                    (int)(what.length < 400 ? what.length : 400), what.bytes);
}

/* *number 0 where the whole document is meant. */
static osl_status find_what(const osl_index *index, osl_text what, place *at,
                            uint32_t *number, osl_error *err)
{
    osl_text document = what;
    osl_status status = find(index, what, at, err);
    *number = 0;
    if (status == OSL_ENOTFOUND && (*number = split(what, &document)) != 0)
        status = find(index, document, at, err);
    if (status == OSL_ENOTFOUND ||
        (status == OSL_OK && *number > at->record.paragraph_count))
        return not_found(what, err);
    return status;
}

osl_status osl_find_paragraph(const osl_index *index, osl_text what,
                              uint32_t *segment, uint32_t *paragraph,
                              osl_error *err)
{
    place at;
    uint32_t number;
    osl_status status = find_what(index, what, &at, &number, err);
    if (status != OSL_OK)
        return status;
    *segment = at.segment;
    *paragraph = at.record.first_paragraph + (number ? number - 1 : 0);
    return OSL_OK;
}

osl_status osl_show(const osl_searcher *searcher, osl_text what,
                    unsigned context, osl_answer **out, osl_error *err)
{
    place at;
    uint32_t from = 0, number;
    osl_status status = find_what(searcher->index, what, &at, &number, err);
    if (status != OSL_OK)
        return status;
    uint32_t to = at.record.paragraph_count;
    if (number) {
        from = number - 1 > context ? number - 1 - context : 0;
        if (to - number > context)
            to = number + context;
    }
    osl_answer *answer;
    status = osl_answer_new(&answer, err);
    if (status == OSL_OK)
        status = fill(searcher->index, &at, from, to, answer, err);
    if (status == OSL_OK)
        *out = answer;
    else
        osl_answer_free(answer);
    return status;
}
