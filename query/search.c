/* SPDX-License-Identifier: MIT
 *
 * One search: text to tree to plan, segment by segment to the best k, and
 * those dressed as hits. The cursors of all segments stay until the hits are
 * dressed: what is highlighted and explained comes from what matched. */
#include "query/alike.h"
#include "query/answer.h"
#include "query/feedback.h"
#include "query/meet.h"
#include "query/snippet.h"
#include "query/workspace.h"

#include <stdlib.h>

const osl_search_options osl_search_defaults = {
    .k = 10, .want_count = true, .k1 = -1, .b = -1, .snippet_words = 40};

typedef struct search {
    const osl_searcher *searcher;
    const osl_search_options *options;
    osl_answer *answer;
    osl_workspace *work; /* the searcher's, taken for this search */
    osl_cursor **cursors;
    osl_collector collector;
    osl_facets facets;
    osl_tree tree;
    osl_error *err;
} search;

static osl_status no_memory(search *s)
{
    return osl_fail(s->err, OSL_ENOMEM, "query: memory ran out");
}

/* ---- planning ---------------------------------------------------------- */

static osl_status make_plan(search *s, osl_text query)
{
    osl_status status =
        osl_workspace_take(&s->work, s->searcher, s->options, s->err);
    if (status == OSL_OK)
        status = osl_language_parse(&s->tree, query, s->options->strict,
                                    &s->work->arena, s->err);
    return status == OSL_OK ? osl_plan_make(&s->work->plan, &s->tree, s->err)
                            : status;
}

static osl_status explain_plan(search *s)
{
    osl_buf text = {0};
    osl_plan *plan = &s->work->plan;
    osl_buf_printf(&text, "tree  ");
    osl_tree_print(s->tree.root, &text);
    osl_buf_put_byte(&text, '\n');
    osl_plan_print(plan, &text);
    osl_status status = osl_buf_status(&text, "a plan", s->err);
    if (status == OSL_OK &&
        !osl_arena_text(&s->answer->arena, osl_buf_text(&text),
                        &s->answer->plan_text))
        status = no_memory(s);
    osl_buf_clear(&text);
    return status;
}

/* ---- collecting -------------------------------------------------------- */

/* What matches in each segment, to be walked or asked. */
static osl_status build_cursors(search *s)
{
    uint32_t segments = osl_index_get_info(s->searcher->index)->segment_count;
    osl_status status = OSL_OK;
    s->cursors =
        osl_arena_zero(&s->work->arena, segments + (size_t)1, sizeof(void *));
    if (!s->cursors)
        return no_memory(s);
    for (uint32_t i = 0; i < segments && status == OSL_OK; i++)
        status = osl_plan_build(&s->cursors[i], &s->work->plan, i,
                                s->searcher->titles_are_paragraphs[i],
                                &s->work->arena, s->err);
    return status;
}

/* The best of all segments into `collector`, set up by the caller. */
static osl_status collect_into(search *s, osl_collector *collector)
{
    const osl_index *index = s->searcher->index;
    uint32_t segments = osl_index_get_info(index)->segment_count;
    collector->index = index;
    collector->scratch = &s->work->scratch;
    collector->exhaustive = s->options->exhaustive;
    s->cursors = NULL;
    if (osl_plain_fits(&s->work->plan, collector))
        return osl_plain_collect(&s->work->plain, &s->work->plan, collector,
                                 s->err);
    osl_status status = build_cursors(s);
    for (uint32_t i = 0; i < segments && status == OSL_OK; i++)
        if (s->cursors[i])
            status = osl_collect(collector, s->cursors[i], i, s->err);
    return status == OSL_OK ? osl_collect_finish(collector, s->err) : status;
}

/* Are the best hits moved by those that are like them? */
static bool lends(const search *s)
{
    const osl_plan *plan = &s->work->plan;
    return plan->settings.alike && s->options->k && !s->options->like &&
           s->options->sort == OSL_SORT_RELEVANCE && osl_feedback_fits(plan);
}

/* What alike hits lend each other; then the first `wanted` stay. */
static osl_status lend(search *s, size_t wanted)
{
    osl_collector *all = &s->collector;
    size_t moved =
        all->entry_count < OSL_ALIKE_HITS ? all->entry_count : OSL_ALIKE_HITS;
    osl_status status = osl_alike(&s->work->plan, all->entries, moved, s->err);
    if (status == OSL_OK)
        status = osl_collect_again(all, moved, s->err);
    all->entry_count = all->entry_count < wanted ? all->entry_count : wanted;
    return status;
}

static osl_status collect(search *s)
{
    const osl_index *index = s->searcher->index;
    size_t wanted;
    if (__builtin_add_overflow(s->options->k, s->options->offset, &wanted))
        wanted = SIZE_MAX;
    s->collector.k = wanted;
    if (lends(s) && wanted < OSL_ALIKE_HITS)
        s->collector.k = OSL_ALIKE_HITS;
    s->collector.by_document = s->options->by_document;
    s->collector.by_date = s->options->sort == OSL_SORT_DATE;
    s->collector.want_count = s->options->want_count || s->options->want_facets;
    s->facets.index = index;
    s->collector.facets = s->options->want_facets ? &s->facets : NULL;
    osl_status status = collect_into(s, &s->collector);
    if (status == OSL_OK && lends(s))
        status = lend(s, wanted);
    if (status == OSL_OK && s->options->want_facets)
        status =
            osl_facets_finish(&s->facets, &s->answer->arena, s->answer->facets,
                              s->answer->facet_counts, s->err);
    return status;
}

/* ---- feedback ---------------------------------------------------------- */

/* A first search, for what its best hits share. */
static osl_status learn_from_hits(search *s)
{
    osl_plan *plan = &s->work->plan;
    osl_collector first = {.k = OSL_FEEDBACK_PARAGRAPHS};
    osl_status status = collect_into(s, &first);
    bool widen = plan->settings.matching || osl_feedback_widens(plan);
    if (status == OSL_OK)
        status = osl_feedback(plan, first.entries, first.entry_count,
                              plan->settings.feedback, widen, s->err);
    if (status == OSL_OK && widen && !plan->settings.matching &&
        first.entry_count)
        osl_plan_note(plan, "few paragraphs have what was typed: those with "
                            "words of the best were looked for, too");
    osl_collector_clear(&first);
    return status;
}

static osl_status learn_from_like(search *s)
{
    osl_top_entry like = {.score = OSL_SCORE_ONE};
    osl_status status =
        osl_find_paragraph(s->searcher->index, osl_text_of(s->options->like),
                           &like.segment, &like.paragraph, s->err);
    return status == OSL_OK
               ? osl_feedback(&s->work->plan, &like, 1, 1, true, s->err)
               : status;
}

/* Does what was learnt show? A count alone knows no scores. */
static bool learning_shows(const search *s)
{
    return s->options->k || s->options->explain ||
           s->work->plan.settings.matching ||
           osl_feedback_widens(&s->work->plan);
}

static osl_status learn(search *s)
{
    const osl_plan *plan = &s->work->plan;
    if (s->options->like)
        return learn_from_like(s);
    if (plan->root && plan->settings.feedback > 0 && learning_shows(s) &&
        (plan->settings.matching || osl_feedback_fits(plan)))
        return learn_from_hits(s);
    return OSL_OK;
}

/* ---- hits -------------------------------------------------------------- */

static osl_status mark(search *s, const osl_top_entry *entry, osl_hit *hit)
{
    osl_places places = {.arena = &s->work->arena};
    osl_cursor *cursor = s->cursors[entry->segment];
    osl_status status = osl_tokenize(s->searcher->analyzer, hit->text,
                                     &s->work->tokens, s->err);
    if (status == OSL_OK)
        status = cursor->ops->marks(cursor, entry->paragraph, &places, s->err);
    if (status != OSL_OK)
        return status;
    osl_span *spans =
        osl_arena_zero(&s->answer->arena, places.count + 1, sizeof *spans);
    if (!spans)
        return no_memory(s);
    hit->highlight_count = osl_snippet_spans(&places, &s->work->tokens, spans);
    hit->highlights = spans;
    hit->snippet = osl_snippet_window(&places, &s->work->tokens, hit->text,
                                      s->options->snippet_words, &hit->cut_left,
                                      &hit->cut_right);
    return OSL_OK;
}

/* What alike hits lend, above what the score is made of; gives the depth of
 * that. */
static unsigned explain_share(const osl_top_entry *entry, osl_buf *text)
{
    if (!entry->share)
        return 0;
    uint32_t kept =
        entry->own - (uint32_t)((uint64_t)entry->own * entry->share >> 8);
    osl_explain_number(entry->score, 0, text);
    osl_buf_printf(text, "moved by hits that are like it, for what it lacks\n");
    osl_explain_number(entry->score - kept, 1, text);
    osl_buf_printf(text, "%u/256 of their mean score\n",
                   (unsigned)entry->share);
    osl_explain_number(kept, 1, text);
    osl_buf_printf(text, "%u/256 of its own\n", 256 - (unsigned)entry->share);
    return 2;
}

static osl_status explain(search *s, const osl_top_entry *entry, osl_hit *hit)
{
    osl_buf text = {0};
    osl_cursor *cursor = s->cursors[entry->segment];
    unsigned depth = explain_share(entry, &text);
    osl_status status =
        cursor->ops->explain(cursor, entry->paragraph, depth, &text, s->err);
    if (status == OSL_OK)
        status = osl_buf_status(&text, "an explanation", s->err);
    if (status == OSL_OK &&
        !osl_arena_text(&s->answer->arena, osl_buf_text(&text),
                        &hit->explanation))
        status = no_memory(s);
    osl_buf_clear(&text);
    return status;
}

static osl_status make_hit(search *s, const osl_top_entry *entry, osl_hit *hit)
{
    uint32_t section;
    osl_answer *answer = s->answer;
    const osl_segment *segment =
        osl_index_segment(s->searcher->index, entry->segment);
    hit->score = entry->score;
    osl_status status =
        s->options->bare
            ? osl_answer_fill_bare(answer, segment, entry->paragraph, hit,
                                   &section, s->err)
            : osl_answer_fill(answer, segment, entry->paragraph, hit, s->err);
    if (status == OSL_OK)
        status = osl_index_line(s->searcher->index, entry->segment,
                                entry->paragraph, &hit->line, s->err);
    if (status == OSL_OK && !s->options->bare)
        status = mark(s, entry, hit);
    if (status == OSL_OK && !s->options->bare && s->options->explain)
        status = explain(s, entry, hit);
    return status;
}

static osl_status make_hits(search *s)
{
    osl_answer *answer = s->answer;
    size_t found = s->collector.entry_count, skip = s->options->offset;
    size_t count = found > skip ? found - skip : 0;
    answer->count = s->collector.want_count ? s->collector.count : found;
    answer->documents = s->collector.documents;
    answer->hits =
        osl_arena_zero(&answer->arena, count + 1, sizeof *answer->hits);
    if (!answer->hits)
        return no_memory(s);
    if (count && !s->options->bare && !s->cursors) {
        osl_status status = build_cursors(s);
        if (status != OSL_OK)
            return status;
    }
    for (size_t i = 0; i < count; i++) {
        osl_status status =
            make_hit(s, &s->collector.entries[skip + i], &answer->hits[i]);
        if (status != OSL_OK)
            return status;
        answer->hit_count++;
    }
    return OSL_OK;
}

/* ---- what never stands together ---------------------------------------- */

static osl_status count_root(void *user, uint64_t *count, osl_top_entry *best,
                             osl_error *err)
{
    search *s = user;
    osl_collector one = {.k = 1, .want_count = true};
    osl_status status = collect_into(s, &one);
    (void)err; /* that of the search */
    *count = one.count;
    if (status == OSL_OK && one.entry_count)
        *best = one.entries[0];
    osl_collector_clear(&one);
    return status;
}

static osl_status meet(search *s)
{
    const osl_search_options *options = s->options;
    if (options->bare || options->like || !options->k || !options->want_count)
        return OSL_OK;
    return osl_meet(&s->work->plan, s->answer, count_root, s, s->err);
}

osl_status osl_search(const osl_searcher *searcher, osl_text query,
                      const osl_search_options *options, osl_answer **out,
                      osl_error *err)
{
    search s = {.searcher = searcher, .options = options, .err = err};
    osl_status status = osl_ranking_check(options, err);
    if (status == OSL_OK)
        status = osl_answer_new(&s.answer, err);
    if (status == OSL_OK)
        status = make_plan(&s, query);
    if (status == OSL_OK)
        status = learn(&s);
    if (status == OSL_OK && !s.work->plan.root)
        osl_plan_note(&s.work->plan,
                      "nothing to search for: the query has no word");
    if (status == OSL_OK && options->explain)
        status = explain_plan(&s);
    if (status == OSL_OK && s.work->plan.root)
        status = collect(&s);
    if (status == OSL_OK)
        status = make_hits(&s);
    if (status == OSL_OK)
        status = meet(&s);
    if (status == OSL_OK)
        status = osl_answer_keep(s.answer, &s.work->plan, err);
    osl_collector_clear(&s.collector);
    osl_facets_clear(&s.facets);
    osl_workspace_give(s.work, searcher);
    if (status == OSL_OK)
        *out = s.answer;
    else
        osl_answer_free(s.answer);
    return status;
}
