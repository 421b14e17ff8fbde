/* SPDX-License-Identifier: MIT
 *
 * A term's statistics over the whole index, exact at every generation: df by
 * field, df of title and text as one bag, and how often it comes in a
 * paragraph that has it. */
#include "query/plan.h"

/* One segment, as far as a bag's statistics of one term need it. */
typedef struct place {
    osl_arena *arena;
    const osl_segment *segment;
    const uint64_t *live;             /* NULL: all */
    const osl_postings *text, *title; /* text NULL: not there */
} place;

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

/* Adds paragraphs that have the term in the title alone. */
static osl_status add_title_df(const osl_plan *plan,
                               const osl_plan_source *source, uint32_t segment,
                               uint64_t *df, osl_error *err)
{
    const osl_term_info *text = osl_plan_info(source, segment, OSL_FIELD_TEXT);
    const osl_term_info *title =
        osl_plan_info(source, segment, OSL_FIELD_TITLE);
    place at = {.arena = plan->arena,
                .segment = osl_index_segment(plan->index, segment),
                .live = osl_index_live(plan->index, segment)};
    if (!title->df)
        return OSL_OK;
    osl_status status = osl_postings_open(
        &at.title, at.segment, OSL_FIELD_TITLE, title, at.arena, err);
    if (status == OSL_OK && text->df)
        status = osl_postings_open(&at.text, at.segment, OSL_FIELD_TEXT, text,
                                   at.arena, err);
    if (status != OSL_OK)
        return status;
    if (!titles_are_paragraphs(at.segment))
        return count_by_documents(&at, df, err);
    *df += count_by_words(&at);
    return OSL_OK;
}

/* ---- the term ---------------------------------------------------------- */

/* A term that is counted. */
typedef struct counting {
    const osl_plan *plan;
    osl_plan_source *source;
    osl_term_info *infos; /* of the source */
    uint64_t occurrences; /* living, in text */
    osl_error *err;
} counting;

/* Looks the term up in a field of a segment: its living postings are added. */
static osl_status look_up(counting *c, uint32_t segment, unsigned field)
{
    bool found;
    const osl_plan *plan = c->plan;
    osl_term_info *info =
        &c->infos[(size_t)segment * OSL_SCORED_FIELDS + field];
    osl_status status = osl_term_find(osl_index_segment(plan->index, segment),
                                      osl_scored_fields[field], c->source->term,
                                      &found, info, c->err);
    if (status != OSL_OK || !found)
        return status;
    osl_term_info live = *info;
    status = osl_index_live_term(plan->index, segment, osl_scored_fields[field],
                                 &live, c->err);
    c->source->df[field] += live.df;
    c->occurrences += field == OSL_FIELD_TEXT ? live.cf : 0;
    return status;
}

static osl_status count(const osl_plan *plan, osl_plan_source *source,
                        osl_error *err)
{
    uint32_t segments = osl_index_get_info(plan->index)->segment_count;
    counting c = {.plan = plan, .source = source, .err = err};
    bool has_bag = plan->settings.bag_part > 0;
    c.infos = osl_arena_zero(plan->arena, segments,
                             OSL_SCORED_FIELDS * sizeof *c.infos);
    if (!c.infos)
        return osl_plan_no_memory(err);
    source->infos = c.infos;
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < segments && status == OSL_OK; i++) {
        for (unsigned f = 0; f < OSL_SCORED_FIELDS && status == OSL_OK; f++)
            status = look_up(&c, i, f);
        if (status == OSL_OK && has_bag)
            status =
                add_title_df(plan, source, i, &source->df[OSL_SCORED_BAG], err);
    }
    source->df[OSL_SCORED_BAG] += has_bag ? source->df[0] : 0;
    if (plan->settings.burst && source->df[0])
        source->burst = (double)c.occurrences / (double)source->df[0];
    return status;
}

osl_status osl_plan_term(osl_plan *plan, osl_text term, osl_plan_source **out,
                         osl_error *err)
{
    osl_plan_source *source = osl_arena_zero(plan->arena, 1, sizeof *source);
    if (!source || !osl_arena_text(plan->arena, term, &source->term))
        return osl_plan_no_memory(err);
    source->kind = OSL_PLAN_TERM;
    osl_status status = count(plan, source, err);
    for (unsigned i = 0; i < OSL_SCORED_PARTS; i++) {
        uint64_t all = plan->measures->statistics[i].count;
        if (source->df[i] && all)
            source->idf[i] = osl_score_idf(all, source->df[i]);
    }
    *out = source;
    return status;
}
