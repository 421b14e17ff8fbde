/* SPDX-License-Identifier: MIT */
#include "query/plain.h"

#include "core/base/buf.h"
#include "core/segment/best.h"
#include "core/segment/postings.h"
#include "core/segment/region.h"
#include "query/plain_leaf.h"

#include <string.h>

/* How much slower a unit is by cursors, the more so the more there are; and
 * what a list must cost for its phrases to be looked for apart. */
enum { CURSOR_NS = 8000, MANY = 8, APART_NS = 10000 };

/* What a search of a few paragraphs by themselves takes, and of each of them by
 * the units of the query. */
enum { ASIDE_NS = 5000, ASIDE_EACH_NS = 30 };

/* A plan's words and phrases, and the segment at hand. */
typedef struct flattened {
    osl_plain *plain;
    const osl_plan *plan;
    const osl_unit_plan *units[OSL_FLAT_LEAVES_MAX];
    const osl_plan_source *sources[OSL_FLAT_LEAVES_MAX]; /* of these */
    osl_flat_occur occurs[OSL_FLAT_LEAVES_MAX];
    unsigned count;
    unsigned leaf_count, word_count; /* at most */
    bool apart[OSL_FLAT_LEAVES_MAX]; /* phrases of several have leaves */
    /* Of several, where the rest is searched by itself; else NULL. */
    const osl_plan_source *mains[OSL_FLAT_LEAVES_MAX];
    bool any_apart, any_aside, has_phrase, has_not;
    bool missing; /* a wanted word occurs nowhere … */
    bool nothing; /* … or a required one, or none that does: no match */
    unsigned musts;
    double list_ns; /* what lists of spellings cost */
    osl_collector *collector;
    size_t best; /* that it wants */
    uint32_t segment;
    struct aside *aside; /* of the segment; NULL: nothing is */
    bool within;         /* and that is searched just now */
    osl_error *err;
} flattened;

/* Paragraphs of a segment that have more of several spellings than the most
 * frequent word: they are searched by themselves. */
typedef struct aside {
    osl_listing rests[OSL_FLAT_LEAVES_MAX]; /* by unit */
    osl_listing all;
    const uint64_t *others; /* which of the other paragraphs live */
} aside;

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "query: memory ran out for hits");
}

/* ---- what fits --------------------------------------------------------- */

/* A word that no living paragraph has. */
static bool is_missing(const osl_plan_source *source)
{
    return source->kind == OSL_PLAN_TERM && !source->df[OSL_FIELD_TEXT];
}

static bool add_unit(flattened *f, const osl_plan_node *node)
{
    static const osl_flat_occur occurs[] = {[OSL_OCCUR_SHOULD] =
                                                OSL_FLAT_SHOULD,
                                            [OSL_OCCUR_MUST] = OSL_FLAT_MUST,
                                            [OSL_OCCUR_NOT] = OSL_FLAT_NOT};
    const osl_unit_plan *unit = node->unit;
    const osl_plan_source *source = osl_plain_spell_out(f->plan, unit->source);
    unsigned words = osl_plain_words(source);
    if (f->count == OSL_FLAT_LEAVES_MAX || node->bonus ||
        unit->fields != OSL_IN_ALL || !osl_plain_is_leaf(source) ||
        f->word_count + 2 * words > OSL_FLAT_WORDS_ALL)
        return false;
    if (is_missing(source)) {
        f->missing |= node->occur == OSL_OCCUR_SHOULD;
        f->nothing |= node->occur == OSL_OCCUR_MUST;
        return true;
    }
    if (node->occur != OSL_OCCUR_NOT && !(unit->weights[OSL_SCORED_BAG] > 0))
        return false;
    f->leaf_count++;
    f->word_count += words > 1 ? 2 * words - 1 : 1; /* and pairs */
    f->has_phrase |= words > 1;
    f->has_not |= node->occur == OSL_OCCUR_NOT;
    f->musts += node->occur == OSL_OCCUR_MUST;
    f->units[f->count] = unit;
    f->sources[f->count] = source;
    f->occurs[f->count++] = occurs[node->occur];
    return true;
}

/* The units of a group; groups of wanted ones within are as if their units
 * stood in it. */
static bool add_group(flattened *f, const osl_plan_node *group, bool wanted)
{
    for (const osl_plan_node *node = group->children; node; node = node->next) {
        bool good = node->occur == OSL_OCCUR_SHOULD ||
                    (node->occur != OSL_OCCUR_FILTER && !wanted);
        if (good && node->kind == OSL_PLAN_UNIT)
            good = add_unit(f, node);
        else if (good && node->kind == OSL_PLAN_GROUP)
            good = node->occur == OSL_OCCUR_SHOULD && !node->bonus &&
                   add_group(f, node, true);
        else
            good = false;
        if (!good)
            return false;
    }
    return true;
}

/* Where a list would take long, a wanted or forbidden word and the phrases that
 * it may be written as are leaves apart; but where the best of many words are
 * looked for, whole chunks win, which know no phrases. */
static bool is_apart(const flattened *f, unsigned i, osl_plain_cost cost)
{
    osl_plain_apart apart = osl_plain_apart_of(f->sources[i]);
    unsigned more = apart.phrases > 1 ? apart.phrases : 1;
    return apart.phrases && cost.words + cost.phrases > APART_NS &&
           f->occurs[i] != OSL_FLAT_MUST && (f->count <= MANY || !f->best) &&
           f->leaf_count + more < OSL_FLAT_LEAVES_MAX &&
           f->word_count + apart.words + 2 <= OSL_FLAT_WORDS_ALL;
}

/* Whether the few paragraphs that have the rest are searched by themselves, so
 * that the most frequent word is not read from end to end. */
static bool is_aside(const flattened *f, osl_plain_cost cost)
{
    return cost.most > ASIDE_NS + ASIDE_EACH_NS * cost.rest * f->count &&
           f->leaf_count < OSL_FLAT_LEAVES_MAX &&
           f->word_count + 2 <= OSL_FLAT_WORDS_ALL;
}

static void choose_way(flattened *f, unsigned i)
{
    const osl_plan_source *source = f->sources[i];
    osl_plain_cost cost = osl_plain_list_cost(f->plan, source);
    bool apart = is_apart(f, i, cost);
    f->list_ns += cost.words + cost.phrases;
    if (is_aside(f, cost) && (!apart || cost.phrases <= APART_NS)) {
        f->mains[i] = osl_plain_main_word(source);
        f->any_aside = true;
        f->list_ns -= cost.most;
    } else if (apart) {
        osl_plain_apart of = osl_plain_apart_of(source);
        f->apart[i] = f->any_apart = true;
        f->leaf_count += of.phrases > 1 ? of.phrases : 1;
        f->word_count += of.words;
        f->list_ns -= cost.phrases + (of.word ? cost.words : 0);
    }
}

static bool flatten(flattened *f)
{
    const osl_plan_node *root = f->plan->root;
    if (root->kind == OSL_PLAN_UNIT) {
        if (root->occur != OSL_OCCUR_SHOULD || !add_unit(f, root))
            return false;
    } else if (root->kind != OSL_PLAN_GROUP ||
               root->occur != OSL_OCCUR_SHOULD || !add_group(f, root, false)) {
        return false;
    }
    bool matches = false;
    for (unsigned i = 0; i < f->count; i++) {
        matches |= f->occurs[i] != OSL_FLAT_NOT;
        choose_way(f, i);
    }
    f->nothing |= f->missing && !matches;
    if (f->nothing)
        return true;
    double cursors_ns = (double)CURSOR_NS * f->count * (MANY + f->count) / MANY;
    return matches && f->list_ns <= cursors_ns;
}

/* Every document one paragraph, and no title. */
static bool is_one_field(const osl_index *index)
{
    uint32_t count = osl_index_get_info(index)->segment_count;
    for (uint32_t i = 0; i < count; i++) {
        const osl_segment_info *info =
            osl_segment_get_info(osl_index_segment(index, i));
        if (info->document_count != info->paragraph_count ||
            info->fields[OSL_FIELD_TITLE].term_count)
            return false;
    }
    return true;
}

bool osl_plain_fits(const osl_plan *plan, const osl_collector *collector)
{
    const osl_ranking_settings *settings = &plan->settings;
    flattened f = {.plan = plan, .best = collector->k};
    return !settings->fields && settings->bag_part == 1 &&
           !collector->by_date && !collector->by_document &&
           !collector->exhaustive && !collector->facets && plan->root &&
           is_one_field(plan->index) && flatten(&f);
}

/* ---- one segment ------------------------------------------------------- */

static const osl_segment *segment_of(const flattened *f)
{
    return osl_index_segment(f->plan->index, f->segment);
}

static const osl_term_info *info_of(const flattened *f, const osl_unit_plan *of,
                                    unsigned w)
{
    return osl_plan_info(osl_plain_word(of->source, w), f->segment,
                         OSL_FIELD_TEXT);
}

/* What is opened of a unit where all other paragraphs are searched. */
static const osl_plan_source *source_of(const flattened *f, unsigned i)
{
    return f->mains[i] ? f->mains[i] : f->sources[i];
}

static bool has_rare(const flattened *f, unsigned i)
{
    const osl_plan_source *source = source_of(f, i);
    uint32_t paragraphs = osl_segment_get_info(segment_of(f))->paragraph_count;
    bool rare = false;
    for (unsigned w = 0;
         w < osl_plain_words(source) && !osl_plain_is_listed(source); w++)
        rare |= !osl_region_is_frequent(
            osl_plan_info(osl_plain_word(source, w), f->segment, OSL_FIELD_TEXT)
                ->df,
            paragraphs, true);
    return rare;
}

/* Whether all are wanted words, and the rare ones of the segment scored by
 * themselves. */
static bool are_rare_apart(const flattened *f)
{
    uint32_t paragraphs = osl_segment_get_info(segment_of(f))->paragraph_count;
    osl_flat_wanted all = {0};
    if (f->within || f->any_apart || f->has_phrase)
        return false;
    for (unsigned i = 0; i < f->count; i++) {
        const osl_plan_source *source = source_of(f, i);
        if (f->occurs[i] != OSL_FLAT_SHOULD || osl_plain_is_listed(source))
            return false;
        uint32_t df =
            osl_plan_info(osl_plain_word(source, 0), f->segment, OSL_FIELD_TEXT)
                ->df;
        osl_flat_want(&all, df, osl_region_is_frequent(df, paragraphs, true));
    }
    return osl_flat_lists_wanted(&all);
}

/* Whether rare words are read from end to end in the segment: alone, where
 * matches are only counted, where one of them is required, which leads, and
 * where few paragraphs have one. */
static bool wants_lists(const flattened *f, bool counted)
{
    bool wants = (counted && !f->has_phrase) ||
                 (f->count == 1 && (counted || !f->apart[0]));
    for (unsigned i = 0; i < f->count && !wants; i++)
        wants = f->occurs[i] == OSL_FLAT_MUST && has_rare(f, i);
    return wants || are_rare_apart(f);
}

/* A unit of which paragraphs are searched by themselves: these, or the
 * others. */
static osl_status open_aside(const flattened *f, osl_plain_place *place,
                             unsigned i, osl_flat_leaf *leaf, unsigned *count)
{
    bool present;
    osl_status status =
        f->within
            ? osl_plain_open_within(place, f->sources[i], &f->aside->rests[i],
                                    &f->aside->all, leaf, &present)
            : osl_plain_open(place, source_of(f, i), leaf, &present);
    *count = present;
    return status;
}

/* *count 0 where it cannot occur in the segment. */
static osl_status open_unit(const flattened *f, osl_plain_place *place,
                            unsigned i, bool counted, osl_flat_leaf *leaf,
                            unsigned *count)
{
    const osl_plan_source *source = f->sources[i];
    bool present;
    *leaf = (osl_flat_leaf){.occur = f->occurs[i]};
    if (leaf->occur != OSL_FLAT_NOT)
        leaf->weight = f->units[i]->weights[OSL_SCORED_BAG];
    if (f->aside && f->mains[i])
        return open_aside(f, place, i, leaf, count);
    if (f->apart[i])
        return (counted ? osl_plain_open_counted
                        : osl_plain_open_apart)(place, source, leaf, count);
    osl_status status = osl_plain_open(place, source, leaf, &present);
    *count = present;
    return status;
}

/* The paragraphs that are searched by themselves, required of each match; a
 * list leads, as any rare word would. */
static osl_status open_paragraphs(const flattened *f, osl_plain_place *place,
                                  osl_flat_leaf *leaf)
{
    *leaf = (osl_flat_leaf){.occur = OSL_FLAT_MUST, .word_count = 1};
    place->lists = true;
    osl_status status =
        osl_plain_open_listing(place, &f->aside->all, &leaf->words[0]);
    place->lists = status == OSL_OK && !leaf->words[0]->headers;
    return status;
}

/* For the best, for a count, for the best by their list alone. */
typedef enum opening { OPEN_ALL, OPEN_COUNTED, OPEN_BEST } opening;

/* *count 0 where nothing of the segment can match. Where matches are only
 * counted, nothing is wanted beside what is required. */
static osl_status open_leaves(const flattened *f, opening how,
                              osl_flat_leaf *leaves, unsigned *count)
{
    bool matches = false, counted = how == OPEN_COUNTED;
    unsigned opened = 0;
    osl_plain_place place = {.plan = f->plan,
                             .segment = f->segment,
                             .flat = f->plain->flat,
                             .lists = wants_lists(f, counted),
                             .best = how == OPEN_BEST,
                             .ordinals = counted && !f->has_phrase,
                             .err = f->err};
    *count = 0;
    if (f->within) {
        osl_status status = open_paragraphs(f, &place, &leaves[opened++]);
        if (status != OSL_OK)
            return status;
    }
    for (unsigned i = 0; i < f->count; i++) {
        unsigned more;
        if (counted && f->musts && f->occurs[i] == OSL_FLAT_SHOULD)
            continue;
        osl_status status =
            open_unit(f, &place, i, counted, &leaves[opened], &more);
        if (status != OSL_OK)
            return status;
        if (!more && f->occurs[i] == OSL_FLAT_MUST)
            return OSL_OK;
        matches |= more && f->occurs[i] != OSL_FLAT_NOT;
        opened += more;
    }
    *count = matches ? opened : 0;
    return OSL_OK;
}

static void keep(void *user, uint32_t segment, uint32_t paragraph,
                 uint32_t score)
{
    osl_plain *plain = user;
    (void)segment;
    osl_top_push(&plain->top, score, paragraph);
}

static void keep_list(void *user, const uint32_t *paragraphs,
                      const uint32_t *scores, size_t count)
{
    osl_plain *plain = user;
    if (!plain->top.count) {
        osl_top_take(&plain->top, paragraphs, scores, count);
        return;
    }
    for (size_t i = 0; i < count; i++)
        keep(plain, 0, paragraphs[i], scores[i]);
}

/* What of the query is the same, whatever its leaves. */
static osl_status begin_query(const flattened *f, osl_flat_query *query)
{
    const osl_segment *segment = segment_of(f);
    const osl_segment_factors *factors =
        &f->plan->measures->factors[f->segment];
    *query = (osl_flat_query){
        .factor = factors->bounds.factor,
        .bounds = factors->bounds.is_map ? factors->bounds.of : NULL,
        .drift = factors->drift,
        .best = f->collector->k,
        .live = f->aside && !f->within
                    ? f->aside->others
                    : osl_index_live(f->plan->index, f->segment),
        .segment = f->segment,
        .paragraph_count = osl_segment_get_info(segment)->paragraph_count};
    return osl_segment_length_codes(segment, OSL_FIELD_TEXT, &query->codes,
                                    f->err);
}

static osl_status count_paragraphs(const flattened *f, uint64_t *count)
{
    osl_flat_query query;
    osl_flat_leaf leaves[OSL_FLAT_LEAVES_MAX];
    osl_status status = begin_query(f, &query);
    query.leaves = leaves;
    if (status == OSL_OK)
        status = open_leaves(f, OPEN_COUNTED, leaves, &query.leaf_count);
    return status == OSL_OK && query.leaf_count
               ? osl_flat_count(f->plain->flat, &query, count, f->err)
               : status;
}

static bool is_word(const flattened *f)
{
    return f->count == 1 && f->sources[0]->kind == OSL_PLAN_TERM;
}

/* Whether it is a word alone whose list may tell its best. */
static bool has_short_best(const flattened *f)
{
    return is_word(f) &&
           osl_best_may_tell(
               info_of(f, f->units[0], 0)->df,
               osl_segment_get_info(segment_of(f))->paragraph_count,
               f->collector->k);
}

/* OSL_END where nothing was found out: by lists of the best alone. */
static osl_status search_opened(const flattened *f, const osl_flat_query *of,
                                uint64_t *count)
{
    osl_plain *plain = f->plain;
    osl_flat_leaf leaves[OSL_FLAT_LEAVES_MAX];
    /* Behind what is searched by itself others come. */
    osl_flat_sink sink = {plain, keep, &plain->top.threshold,
                          f->within ? NULL : keep_list};
    osl_flat_query query = *of;
    query.leaves = leaves;
    osl_status status = open_leaves(f, of->by_best ? OPEN_BEST : OPEN_ALL,
                                    leaves, &query.leaf_count);
    return status == OSL_OK && query.leaf_count
               ? osl_flat_search(plain->flat, &query, &sink, count, f->err)
               : status;
}

static osl_status search_paragraphs(const flattened *f, uint64_t *count)
{
    osl_flat_query query;
    osl_status status = begin_query(f, &query);
    if (status != OSL_OK)
        return status;
    query.by_best = !count && has_short_best(f);
    status = search_opened(f, &query, count);
    if (status == OSL_END) {
        query.by_best = false;
        status = search_opened(f, &query, count);
    }
    return status;
}

/* Both parts of the segment, where some paragraphs are searched by themselves:
 * these first, since a list of the best among the others may be all there is. */
static osl_status visit_parts(flattened *f,
                              osl_status (*visit)(const flattened *f,
                                                  uint64_t *count),
                              uint64_t *count)
{
    osl_status status = OSL_OK;
    f->within = f->aside && f->aside->all.count;
    if (f->within)
        status = visit(f, count);
    f->within = false;
    return status == OSL_OK ? visit(f, count) : status;
}

static osl_status search_segment(flattened *f, uint64_t *count)
{
    osl_ranks ranks;
    osl_plain *plain = f->plain;
    osl_status status = osl_segment_ranks(segment_of(f), &ranks, f->err);
    if (status != OSL_OK)
        return status;
    if (!osl_top_begin(&plain->top, &ranks, f->collector->k,
                       osl_merged_threshold(&plain->merged),
                       is_word(f) ? info_of(f, f->units[0], 0)->df
                                  : UINT32_MAX))
        return no_memory(f->err);
    status = visit_parts(f, search_paragraphs, count);
    osl_top_end(&plain->top);
    osl_top_sort(&plain->top);
    return status;
}

/* ---- a few paragraphs by themselves ------------------------------------ */

/* The other paragraphs that live. */
static osl_status leave_others(const flattened *f, aside *of)
{
    uint32_t paragraphs = osl_segment_get_info(segment_of(f))->paragraph_count;
    size_t words = (paragraphs + (size_t)63) / 64;
    const uint64_t *live = osl_index_live(f->plan->index, f->segment);
    of->others = live;
    if (!of->all.count)
        return OSL_OK;
    uint64_t *others = osl_arena_take(f->plan->arena, words * sizeof *others);
    if (!others)
        return no_memory(f->err);
    if (live)
        memcpy(others, live, words * sizeof *others);
    else
        memset(others, 0xFF, words * sizeof *others);
    for (size_t i = 0; i < of->all.count; i++)
        others[of->all.ordinals[i] / 64] &=
            ~((uint64_t)1 << of->all.ordinals[i] % 64);
    of->others = others;
    return OSL_OK;
}

/* Which paragraphs of the segment are searched by themselves. */
static osl_status set_aside(flattened *f)
{
    osl_plain_place place = {.plan = f->plan,
                             .segment = f->segment,
                             .flat = f->plain->flat,
                             .err = f->err};
    aside *of = osl_arena_zero(f->plan->arena, 1, sizeof *of);
    if (!of)
        return no_memory(f->err);
    f->aside = NULL;
    of->all.arena = f->plan->arena;
    for (unsigned i = 0; i < f->count; i++) {
        if (!f->mains[i])
            continue;
        of->rests[i].arena = f->plan->arena;
        osl_status status =
            osl_plain_list_rest(&place, f->sources[i], &of->rests[i]);
        if (status == OSL_OK && !osl_listing_merge(&of->all, &of->rests[i]))
            status = no_memory(f->err);
        if (status != OSL_OK)
            return status;
    }
    f->aside = of;
    return leave_others(f, of);
}

/* The best of the segment into `top`, and all that match. Leaves apart are
 * others for counting. */
static osl_status visit_segment(flattened *f, uint64_t *count)
{
    osl_status status = f->any_aside ? set_aside(f) : OSL_OK;
    f->plain->top.count = 0;
    if (status == OSL_OK && count && (f->any_apart || !f->collector->k)) {
        status = visit_parts(f, count_paragraphs, count);
        count = NULL;
    }
    return status == OSL_OK && f->collector->k ? search_segment(f, count)
                                               : status;
}

/* ---- all segments ------------------------------------------------------ */

static osl_status make_room(flattened *f, size_t count)
{
    osl_collector *to = f->collector;
    to->entry_count = count;
    return osl_grow(&to->entries, &to->capacity, count + 1, sizeof *to->entries)
               ? OSL_OK
               : no_memory(f->err);
}

/* The hits of an index of one segment: no other order than its own. */
static osl_status take_only(flattened *f)
{
    const osl_top *top = &f->plain->top;
    osl_status status =
        top->failed ? no_memory(f->err) : make_room(f, top->count);
    for (size_t i = 0; i < top->count && status == OSL_OK; i++)
        f->collector->entries[i] =
            (osl_top_entry){.score = (uint32_t)(top->keys[i].key >> 32),
                            .paragraph = top->keys[i].paragraph};
    return status;
}

static osl_status take_hits(flattened *f)
{
    osl_collector *to = f->collector;
    const osl_merged *merged = &f->plain->merged;
    osl_status status = make_room(f, merged->count);
    if (status != OSL_OK)
        return status;
    for (size_t i = 0; i < merged->count; i++)
        to->entries[i] =
            (osl_top_entry){.score = merged->best[i].score,
                            .segment = merged->best[i].segment,
                            .paragraph = merged->best[i].paragraph};
    return OSL_OK;
}

static osl_status set_lengths(osl_plain *plain, const osl_plan *plan,
                              osl_error *err)
{
    const osl_measures *measures = plan->measures;
    double k1 = measures->settings.bag_k1, b = measures->settings.bag_b;
    if (plain->flat && plain->k1 == k1 && plain->b == b)
        return OSL_OK;
    if (!plain->flat)
        plain->flat = osl_flat_new(
            osl_segment_kernels(osl_index_segment(plan->index, 0)));
    if (!plain->flat)
        return no_memory(err);
    plain->k1 = k1;
    plain->b = b;
    osl_flat_set_lengths(plain->flat, measures->statistics[OSL_SCORED_BAG].k);
    return OSL_OK;
}

/* The word whose df counts all that match: alone, or required beside wanted
 * ones. NULL where others matter. */
static const osl_unit_plan *sole_unit(const flattened *f)
{
    const osl_unit_plan *only = f->count ? f->units[0] : NULL;
    if (f->has_not || f->musts > 1 || (!f->musts && f->count > 1))
        return NULL;
    for (unsigned i = 0; i < f->count; i++)
        if (f->occurs[i] == OSL_FLAT_MUST)
            only = f->units[i];
    return only && only->source->kind == OSL_PLAN_TERM ? only : NULL;
}

osl_status osl_plain_collect(osl_plain *plain, const osl_plan *plan,
                             osl_collector *collector, osl_error *err)
{
    flattened f = {.plain = plain,
                   .plan = plan,
                   .collector = collector,
                   .best = collector->k,
                   .err = err};
    uint32_t segments = osl_index_get_info(plan->index)->segment_count;
    bool is_only = segments == 1;
    (void)flatten(&f);
    if (f.nothing)
        segments = 0;
    const osl_unit_plan *only =
        collector->want_count && !f.nothing ? sole_unit(&f) : NULL;
    uint64_t *count = collector->want_count && !only ? &collector->count : NULL;
    if (only)
        collector->count = only->source->df[OSL_FIELD_TEXT];
    plain->merged.index = plan->index;
    plain->top.count = 0;
    plain->top.failed = false;
    osl_merged_begin(&plain->merged, collector->k);
    osl_status status = OSL_OK;
    if (collector->k || count)
        status = set_lengths(plain, plan, err);
    for (; f.segment < segments && (collector->k || count) && status == OSL_OK;
         f.segment++) {
        status = visit_segment(&f, count);
        if (status == OSL_OK && plain->top.count && !is_only)
            status =
                osl_merged_add(&plain->merged, f.segment, &plain->top, err);
    }
    collector->documents = collector->count;
    if (status != OSL_OK)
        return status;
    return is_only ? take_only(&f) : take_hits(&f);
}

void osl_plain_clear(osl_plain *plain)
{
    osl_flat_free(plain->flat);
    osl_top_clear(&plain->top);
    osl_merged_clear(&plain->merged);
}
