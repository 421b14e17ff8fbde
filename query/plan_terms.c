/* SPDX-License-Identifier: MIT
 *
 * A term's statistics over the whole index, exact at every generation: df by
 * field, df of title and text as one bag, and how often it comes in a
 * paragraph that has it. */
#include "query/plan.h"

/* One segment, as far as statistics of one term need it. */
typedef struct place {
    osl_text term;
    osl_arena *arena;
    const osl_segment *segment;
    const uint64_t *live;             /* NULL: all */
    const osl_postings *text, *title; /* NULL: not there */
    osl_term_info in_text;
} place;

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "query: memory ran out while planning");
}

static osl_status open_field(const place *at, osl_field field,
                             osl_term_info *info, const osl_postings **out,
                             osl_error *err)
{
    bool found;
    *out = NULL;
    osl_status status =
        osl_term_find(at->segment, field, at->term, &found, info, err);
    if (status != OSL_OK || !found)
        return status;
    return osl_postings_open(out, at->segment, field, info, at->arena, err);
}

static uint64_t live_word(const place *at, uint32_t range)
{
    return at->live ? at->live[range] : ~UINT64_C(0);
}

/* ---- title and text as one bag ----------------------------------------- */

static bool titles_are_paragraphs(const osl_segment *segment)
{
    const osl_segment_info *info = osl_segment_get_info(segment);
    return info->document_count == info->paragraph_count;
}

/* Paragraphs that have the term in the title alone, where titles and
 * paragraphs have the same numbers. */
static uint64_t count_by_words(const place *at)
{
    uint64_t df = 0;
    uint32_t count = osl_segment_get_info(at->segment)->paragraph_count;
    for (uint32_t chunk = 0; chunk * (uint64_t)OSL_CHUNK_SIZE < count; chunk++)
        for (uint64_t left = osl_postings_ranges(at->title, chunk); left;
             left &= left - 1) {
            uint32_t range = chunk * 64 + (uint32_t)__builtin_ctzll(left);
            uint64_t hits = osl_postings_word(at->title, range);
            hits &= live_word(at, range);
            if (at->text)
                hits &= ~osl_postings_word(at->text, range);
            df += (uint64_t)__builtin_popcountll(hits);
        }
    return df;
}

static uint64_t count_in_document(const place *at,
                                  const osl_document_record *document)
{
    uint64_t df = 0;
    uint64_t end =
        document->first_paragraph + (uint64_t)document->paragraph_count;
    for (uint64_t p = document->first_paragraph; p < end; p++) {
        uint32_t range = (uint32_t)(p / OSL_RANGE_SIZE);
        uint64_t word = at->text ? osl_postings_word(at->text, range) : 0;
        df += (live_word(at, range) & ~word) >> (p % OSL_RANGE_SIZE) & 1;
    }
    return df;
}

static osl_status count_by_documents(const place *at, uint64_t *df,
                                     osl_error *err)
{
    uint32_t count = osl_segment_get_info(at->segment)->document_count;
    for (uint32_t range = 0; range * (uint64_t)OSL_RANGE_SIZE < count;
         range++) {
        uint64_t hits = osl_postings_word(at->title, range);
        for (; hits; hits &= hits - 1) {
            osl_document_record document;
            uint32_t ordinal =
                range * OSL_RANGE_SIZE + (uint32_t)__builtin_ctzll(hits);
            osl_status status =
                osl_segment_document(at->segment, ordinal, &document, err);
            if (status != OSL_OK)
                return status;
            *df += count_in_document(at, &document);
        }
    }
    return OSL_OK;
}

static osl_status add_title_df(const place *at, uint64_t *df, osl_error *err)
{
    if (!at->title)
        return OSL_OK;
    if (!titles_are_paragraphs(at->segment))
        return count_by_documents(at, df, err);
    *df += count_by_words(at);
    return OSL_OK;
}

/* ---- the term ---------------------------------------------------------- */

/* What fields do not say: the bag's df, and the bursts. */
static osl_status look_closer(const osl_plan *plan, osl_plan_source *source,
                              osl_error *err)
{
    uint32_t segments = osl_index_get_info(plan->index)->segment_count;
    uint64_t occurrences = 0;
    source->df[OSL_SCORED_BAG] = source->df[0];
    for (uint32_t i = 0; i < segments; i++) {
        place at = {.term = source->term,
                    .arena = plan->arena,
                    .segment = osl_index_segment(plan->index, i),
                    .live = osl_index_live(plan->index, i)};
        osl_term_info info;
        osl_status status =
            open_field(&at, OSL_FIELD_TEXT, &at.in_text, &at.text, err);
        if (status == OSL_OK)
            status = open_field(&at, OSL_FIELD_TITLE, &info, &at.title, err);
        if (status == OSL_OK)
            status = add_title_df(&at, &source->df[OSL_SCORED_BAG], err);
        if (status == OSL_OK && at.text)
            status = osl_index_live_term(plan->index, i, OSL_FIELD_TEXT,
                                         &at.in_text, err);
        if (at.text)
            occurrences += at.in_text.cf;
        if (status != OSL_OK)
            return status;
    }
    if (plan->settings.burst && source->df[0])
        source->burst = (double)occurrences / (double)source->df[0];
    return OSL_OK;
}

osl_status osl_plan_term(osl_plan *plan, osl_text term, osl_plan_source **out,
                         osl_error *err)
{
    osl_plan_source *source = osl_arena_zero(plan->arena, 1, sizeof *source);
    osl_status status = OSL_OK;
    if (!source || !osl_arena_text(plan->arena, term, &source->term))
        return no_memory(err);
    source->kind = OSL_PLAN_TERM;
    for (unsigned i = 0; i < OSL_SCORED_FIELDS && status == OSL_OK; i++)
        status = osl_index_df(plan->index, osl_scored_fields[i], source->term,
                              &source->df[i], err);
    if (status == OSL_OK &&
        (plan->settings.bag_part > 0 || plan->settings.burst))
        status = look_closer(plan, source, err);
    for (unsigned i = 0; i < OSL_SCORED_PARTS; i++)
        if (source->df[i] && plan->measures->statistics[i].count)
            source->idf[i] = osl_score_idf(plan->measures->statistics[i].count,
                                           source->df[i]);
    *out = source;
    return status;
}
