/* SPDX-License-Identifier: MIT */
#include "query/workspace.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Stems of so many searches are kept, and so much memory. */
enum { SEARCHES_MAX = 4096, ARENA_MAX = 4 << 20 };

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "query: memory ran out");
}

/* ---- measures ---------------------------------------------------------- */

static void fill_part(osl_measures *measures, unsigned part, double k1,
                      double b)
{
    osl_statistics *of = &measures->statistics[part];
    of->average = osl_score_average(of->total_length, of->count);
    osl_score_lengths(of->k, k1, b, of->total_length, of->count);
}

static osl_status fill_statistics(osl_measures *measures,
                                  const osl_searcher *searcher, osl_error *err)
{
    const osl_ranking_settings *settings = &measures->settings;
    for (unsigned i = 0; i < OSL_SCORED_FIELDS; i++) {
        osl_statistics *of = &measures->statistics[i];
        osl_index_field_totals(searcher->index, osl_scored_fields[i],
                               &of->count, &of->total_length);
        fill_part(measures, i, settings->k1, settings->b);
    }
    if (!(settings->bag_part > 0))
        return OSL_OK;
    uint64_t titles;
    osl_statistics *bag = &measures->statistics[OSL_SCORED_BAG];
    osl_status status = osl_searcher_title_length(searcher, &titles, err);
    if (status != OSL_OK)
        return status;
    bag->count = measures->statistics[0].count;
    bag->total_length =
        measures->statistics[0].total_length + settings->title_count * titles;
    fill_part(measures, OSL_SCORED_BAG, settings->bag_k1, settings->bag_b);
    return OSL_OK;
}

/* A word of the title counts n times: G is then tf / (tf + K / n), at the
 * length of the title alone, n times itself. */
static void fill_bag_factors(const osl_measures *measures,
                             const osl_segment *segment,
                             osl_segment_factors *to)
{
    const float *k = measures->statistics[OSL_SCORED_BAG].k;
    uint32_t times = measures->settings.title_count;
    float title_k[256];
    for (unsigned code = 0; code < 256; code++) {
        uint64_t length = osl_length_of_code((uint8_t)code) * (uint64_t)times;
        uint32_t capped = length < UINT32_MAX ? (uint32_t)length : UINT32_MAX;
        title_k[code] = k[osl_length_code(capped)] / (float)times;
    }
    to->bag[0] = osl_segment_bound_factor(segment, OSL_FIELD_TEXT, k);
    to->drift = osl_segment_drift(segment, OSL_FIELD_TEXT, k);
    osl_segment_bounds_today(&to->bounds, segment, OSL_FIELD_TEXT, k);
    to->bag[1] = osl_segment_bound_factor(segment, OSL_FIELD_TITLE, title_k);
}

static void fill_factors(osl_measures *measures, const osl_searcher *searcher)
{
    uint32_t count = osl_index_get_info(searcher->index)->segment_count;
    for (uint32_t n = 0; n < count; n++) {
        const osl_segment *segment = osl_index_segment(searcher->index, n);
        osl_segment_factors *to = &measures->factors[n];
        for (unsigned i = 0; i < OSL_SCORED_FIELDS; i++)
            to->fields[i] = osl_segment_bound_factor(
                segment, osl_scored_fields[i], measures->statistics[i].k);
        if (measures->settings.bag_part > 0)
            fill_bag_factors(measures, segment, to);
    }
}

/* Do they depend on the same of both? */
static bool measures_alike(const osl_ranking_settings *a,
                           const osl_ranking_settings *b)
{
    return a->k1 == b->k1 && a->b == b->b && a->bag_k1 == b->bag_k1 &&
           a->bag_b == b->bag_b && a->title_count == b->title_count &&
           (a->bag_part > 0) == (b->bag_part > 0);
}

static osl_status fill_measures(osl_measures *measures,
                                const osl_ranking_settings *settings,
                                const osl_searcher *searcher, osl_error *err)
{
    uint32_t count = osl_index_get_info(searcher->index)->segment_count;
    if (measures->factors && measures_alike(&measures->settings, settings))
        return OSL_OK;
    free(measures->factors);
    measures->settings = *settings;
    measures->factors = calloc(count + (size_t)1, sizeof *measures->factors);
    osl_status status = measures->factors
                            ? fill_statistics(measures, searcher, err)
                            : no_memory(err);
    if (status == OSL_OK) {
        fill_factors(measures, searcher);
        return OSL_OK;
    }
    free(measures->factors);
    measures->factors = NULL;
    return status;
}

/* ---- workspaces -------------------------------------------------------- */

static void free_one(osl_workspace *workspace)
{
    osl_arena_clear(&workspace->arena);
    osl_arena_clear(&workspace->scratch);
    osl_tokens_clear(&workspace->tokens);
    osl_plain_clear(&workspace->plain);
    osl_read_texts_shrink(&workspace->texts, true);
    osl_resolver_free(workspace->resolver);
    free(workspace->measures.factors);
    free(workspace);
}

void osl_workspace_free_all(osl_workspace *first)
{
    while (first) {
        osl_workspace *next = first->next;
        free_one(first);
        first = next;
    }
}

/* Only the lock changes the list; the searcher is as good as constant. */
static osl_status take_idle(osl_workspace **out, const osl_searcher *searcher,
                            osl_error *err)
{
    osl_searcher *open = (osl_searcher *)searcher;
    if (pthread_mutex_lock(&open->lock) != 0)
        return osl_fail(err, OSL_EBUSY, "index: cannot lock");
    *out = open->idle;
    if (*out)
        open->idle = (*out)->next;
    (void)pthread_mutex_unlock(&open->lock);
    if (!*out && !(*out = calloc(1, sizeof **out)))
        return no_memory(err);
    return OSL_OK;
}

static osl_status begin(osl_workspace *workspace, const osl_searcher *searcher,
                        const osl_search_options *options, osl_error *err)
{
    const osl_index_info *info = osl_index_get_info(searcher->index);
    osl_plan *plan = &workspace->plan;
    memset(plan, 0, offsetof(osl_plan, units)); /* of these, none count */
    plan->index = searcher->index;
    plan->analyzer = searcher->analyzer;
    plan->arena = &workspace->arena;
    plan->explained = options->explain;
    plan->measures = &workspace->measures;
    plan->texts = &workspace->texts;
    plan->texts->known = 0;
    plan->settings =
        osl_ranking_of(options, info->paragraph_count == info->document_count);
    if (workspace->searches == SEARCHES_MAX) {
        osl_resolver_free(workspace->resolver);
        workspace->resolver = NULL;
        workspace->searches = 0;
    }
    osl_status status =
        workspace->resolver
            ? OSL_OK
            : osl_resolver_new(&workspace->resolver, searcher->analyzer, err);
    workspace->searches++;
    plan->resolver = workspace->resolver;
    return status == OSL_OK ? fill_measures(&workspace->measures,
                                            &plan->settings, searcher, err)
                            : status;
}

osl_status osl_workspace_take(osl_workspace **out, const osl_searcher *searcher,
                              const osl_search_options *options, osl_error *err)
{
    osl_workspace *workspace = NULL;
    osl_status status = take_idle(&workspace, searcher, err);
    if (status == OSL_OK)
        status = begin(workspace, searcher, options, err);
    if (status == OSL_OK)
        *out = workspace;
    else
        osl_workspace_give(workspace, searcher);
    return status;
}

void osl_workspace_give(osl_workspace *workspace, const osl_searcher *searcher)
{
    osl_searcher *open = (osl_searcher *)searcher;
    if (!workspace)
        return;
    osl_read_texts_shrink(&workspace->texts, false);
    if (workspace->arena.total_bytes > ARENA_MAX)
        osl_arena_clear(&workspace->arena);
    else
        osl_arena_reset(&workspace->arena);
    if (pthread_mutex_lock(&open->lock) != 0) {
        free_one(workspace);
        return;
    }
    workspace->next = open->idle;
    open->idle = workspace;
    (void)pthread_mutex_unlock(&open->lock);
}
