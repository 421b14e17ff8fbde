/* SPDX-License-Identifier: MIT */
#include "query/answer.h"

#include <stdlib.h>
#include <string.h>

osl_status osl_answer_new(osl_answer **out, osl_error *err)
{
    *out = calloc(1, sizeof **out);
    if (!*out)
        return osl_fail(err, OSL_ENOMEM, "query: memory ran out");
    return OSL_OK;
}

static bool keep_missing(osl_answer *answer, const osl_missing_word *missing)
{
    osl_missing_word *to = &answer->missing[answer->missing_count++];
    return osl_arena_text(&answer->arena, missing->word, &to->word) &&
           osl_arena_text(&answer->arena, missing->nearest, &to->nearest);
}

osl_status osl_answer_keep(osl_answer *answer, const osl_plan *plan,
                           osl_error *err)
{
    bool good = !plan->read_as.length ||
                osl_arena_text(&answer->arena, plan->read_as, &answer->read_as);
    for (size_t i = 0; i < plan->note_count; i++)
        answer->notes[i] = plan->notes[i];
    answer->note_count = plan->note_count;
    for (size_t i = 0; good && i < plan->missing_count; i++)
        good = keep_missing(answer, &plan->missing[i]);
    return good ? OSL_OK : osl_fail(err, OSL_ENOMEM, "query: memory ran out");
}

void osl_answer_free(osl_answer *answer)
{
    if (!answer)
        return;
    osl_arena_clear(&answer->arena);
    free(answer);
}

size_t osl_answer_hit_count(const osl_answer *answer)
{
    return answer->hit_count;
}

const osl_hit *osl_answer_hit(const osl_answer *answer, size_t n)
{
    return n < answer->hit_count ? &answer->hits[n] : NULL;
}

uint64_t osl_answer_count(const osl_answer *answer)
{
    return answer->count;
}

uint64_t osl_answer_document_count(const osl_answer *answer)
{
    return answer->documents;
}

osl_text osl_answer_read_as(const osl_answer *answer)
{
    return answer->read_as;
}

const char *osl_answer_note(const osl_answer *answer, size_t n)
{
    return n < answer->note_count ? answer->notes[n] : NULL;
}

osl_text osl_answer_plan(const osl_answer *answer)
{
    return answer->plan_text;
}

bool osl_answer_missing(const osl_answer *answer, size_t n, osl_text *word,
                        osl_text *nearest)
{
    if (n >= answer->missing_count)
        return false;
    *word = answer->missing[n].word;
    *nearest = answer->missing[n].nearest;
    return true;
}

const osl_meeting *osl_answer_meeting(const osl_answer *answer, size_t n)
{
    return n < answer->meeting_count ? &answer->meetings[n] : NULL;
}

const osl_facet *osl_answer_facet(const osl_answer *answer, osl_facet_kind kind,
                                  size_t n)
{
    if ((unsigned)kind >= OSL_FACET_KINDS || n >= answer->facet_counts[kind])
        return NULL;
    return &answer->facets[kind][n];
}

/* ---- a hit ------------------------------------------------------------- */

/* Headings above a section, the outermost first. */
static osl_status fill_sections(osl_answer *answer, const osl_segment *segment,
                                uint32_t section, osl_hit *hit, osl_error *err)
{
    enum { DEPTH_MAX = 64 };
    osl_text headings[DEPTH_MAX];
    size_t depth = 0;
    for (; section != UINT32_MAX && depth < DEPTH_MAX; depth++) {
        osl_section_record record;
        osl_status status = osl_segment_section(segment, section, &record, err);
        if (status != OSL_OK)
            return status;
        headings[depth] = record.heading;
        section = record.parent;
    }
    osl_text *list = osl_arena_zero(&answer->arena, depth + 1, sizeof *list);
    if (!list)
        return osl_fail(err, OSL_ENOMEM, "query: memory ran out for hits");
    for (size_t i = 0; i < depth; i++)
        list[i] = headings[depth - 1 - i];
    hit->sections = list;
    hit->section_count = depth;
    return OSL_OK;
}

static osl_status fill_text(osl_answer *answer, const osl_segment *segment,
                            uint32_t paragraph, osl_hit *hit, osl_error *err)
{
    osl_buf buf = {0};
    osl_status status = osl_segment_text(segment, paragraph, &buf, err);
    if (status == OSL_ENOTFOUND) { /* kept without texts */
        hit->text = (osl_text){"", 0};
        status = OSL_OK;
    } else if (status == OSL_OK) {
        status = osl_buf_status(&buf, "a hit", err);
        if (status == OSL_OK &&
            !osl_arena_text(&answer->arena, osl_buf_text(&buf), &hit->text))
            status = osl_fail(err, OSL_ENOMEM, "query: memory ran out");
    }
    osl_buf_clear(&buf);
    return status;
}

/* DOCUMENT#N, where it is no record of its own. */
static osl_status fill_id(osl_answer *answer,
                          const osl_document_record *document, osl_hit *hit,
                          osl_error *err)
{
    char digits[10];
    size_t count = 0, length = document->id.length;
    hit->id = document->id;
    if (document->is_record)
        return OSL_OK;
    for (uint32_t left = hit->paragraph; left || !count; left /= 10)
        digits[count++] = (char)('0' + left % 10);
    char *id = osl_arena_take(&answer->arena, length + 1 + count);
    if (!id)
        return osl_fail(err, OSL_ENOMEM, "query: memory ran out for hits");
    if (length)
        memcpy(id, document->id.bytes, length);
    hit->id = (osl_text){id, length + 1 + count};
    id[length++] = '#';
    while (count)
        id[length++] = digits[--count];
    return OSL_OK;
}

osl_status osl_answer_fill_bare(osl_answer *answer, const osl_segment *segment,
                                uint32_t paragraph, osl_hit *hit,
                                uint32_t *section, osl_error *err)
{
    osl_paragraph_record record;
    osl_document_record document;
    osl_status status = osl_segment_paragraph(segment, paragraph, &record, err);
    if (status == OSL_OK)
        status = osl_segment_document(segment, record.document, &document, err);
    if (status != OSL_OK)
        return status;
    hit->document = document.id;
    hit->paragraph = paragraph - document.first_paragraph + 1;
    hit->title = document.title;
    hit->url = document.url;
    hit->updated = document.updated;
    hit->audience = document.audience;
    hit->language = document.language;
    hit->source = document.source;
    hit->line = record.line;
    hit->kind = record.kind;
    *section = record.section;
    return fill_id(answer, &document, hit, err);
}

osl_status osl_answer_fill(osl_answer *answer, const osl_segment *segment,
                           uint32_t paragraph, osl_hit *hit, osl_error *err)
{
    uint32_t section;
    osl_status status =
        osl_answer_fill_bare(answer, segment, paragraph, hit, &section, err);
    if (status == OSL_OK)
        status = fill_sections(answer, segment, section, hit, err);
    if (status == OSL_OK)
        status =
            osl_segment_evidence(segment, paragraph, &answer->arena,
                                 &hit->evidence, &hit->evidence_count, err);
    if (status == OSL_OK)
        status =
            osl_segment_citations(segment, paragraph, &answer->arena,
                                  &hit->citations, &hit->citation_count, err);
    return status == OSL_OK ? fill_text(answer, segment, paragraph, hit, err)
                            : status;
}
