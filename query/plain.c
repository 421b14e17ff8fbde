/* SPDX-License-Identifier: MIT */
#include "query/plain.h"

#include "core/base/buf.h"
#include "core/segment/postings.h"
#include "core/segment/region.h"

#include <string.h>

/* What it takes to list a posting, and a paragraph that has all of a phrase's
 * words, of which twice as many are reckoned with as chance would give; and how
 * much slower a unit is by cursors, the more so the more there are. */
enum { LIST_NS = 25, VERIFY_NS = 200, CURSOR_NS = 8000, MANY = 8 };

/* A plan's words and phrases, and the segment at hand. */
typedef struct flattened {
    osl_plain *plain;
    const osl_plan *plan;
    const osl_unit_plan *units[OSL_FLAT_LEAVES_MAX];
    osl_flat_occur occurs[OSL_FLAT_LEAVES_MAX];
    unsigned count, word_count;
    bool has_phrase, has_not;
    unsigned musts;
    double list_ns; /* what lists of spellings cost */
    osl_collector *collector;
    uint32_t segment;
    osl_error *err;
} flattened;

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "query: memory ran out for hits");
}

/* ---- what fits --------------------------------------------------------- */

static bool is_word(const osl_plan_source *source)
{
    return source->kind == OSL_PLAN_TERM && !source->forms;
}

static unsigned words_of(const osl_plan_source *source)
{
    return source->kind == OSL_PLAN_PHRASE ? (unsigned)source->count : 1;
}

static const osl_plan_source *word_of(const osl_plan_source *source, unsigned w)
{
    return source->kind == OSL_PLAN_TERM ? source : source->children[w];
}

/* Spellings and the like, scored as one: their lists are made one. */
static bool is_listed(const osl_plan_source *source)
{
    return source->kind == OSL_PLAN_ANY;
}

/* Paragraphs that have all words of `source` by chance. */
static double expected(const flattened *f, const osl_plan_source *source)
{
    double all = (double)f->plan->measures->statistics[0].count, share = 1;
    for (size_t i = 0; i < source->count; i++)
        share *= (double)source->children[i]->df[OSL_FIELD_TEXT] / all;
    return share * all;
}

static double list_cost(const flattened *f, const osl_plan_source *source)
{
    double cost = 0;
    for (size_t i = 0; is_listed(source) && i < source->count; i++) {
        const osl_plan_source *child = source->children[i];
        if (child->kind == OSL_PLAN_MEANT)
            child = child->children[0];
        cost += LIST_NS * (double)child->df[OSL_FIELD_TEXT];
        if (child->kind != OSL_PLAN_TERM)
            cost += VERIFY_NS * 2 * expected(f, child);
    }
    return cost;
}

/* A word, or a phrase of words that the loops have room for. */
static bool is_leaf(const osl_plan_source *source)
{
    if (source->kind == OSL_PLAN_TERM || is_listed(source))
        return is_word(source) || is_listed(source);
    if (source->kind != OSL_PLAN_PHRASE || source->count > OSL_FLAT_WORDS_MAX)
        return false;
    for (size_t i = 0; i < source->count; i++)
        if (!is_word(source->children[i]))
            return false;
    return true;
}

static bool add_unit(flattened *f, const osl_plan_node *node)
{
    static const osl_flat_occur occurs[] = {[OSL_OCCUR_SHOULD] =
                                                OSL_FLAT_SHOULD,
                                            [OSL_OCCUR_MUST] = OSL_FLAT_MUST,
                                            [OSL_OCCUR_NOT] = OSL_FLAT_NOT};
    const osl_unit_plan *unit = node->unit;
    unsigned words = words_of(unit->source);
    if (f->count == OSL_FLAT_LEAVES_MAX || node->bonus ||
        unit->fields != OSL_IN_ALL || !is_leaf(unit->source) ||
        f->word_count + 2 * words > OSL_FLAT_WORDS_ALL)
        return false;
    if (node->occur != OSL_OCCUR_NOT && !(unit->weights[OSL_SCORED_BAG] > 0))
        return false;
    f->word_count += words > 1 ? 2 * words - 1 : 1; /* and pairs */
    f->list_ns += list_cost(f, unit->source);
    f->has_phrase |= words > 1;
    f->has_not |= node->occur == OSL_OCCUR_NOT;
    f->musts += node->occur == OSL_OCCUR_MUST;
    f->units[f->count] = unit;
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

static bool flatten(flattened *f)
{
    const osl_plan_node *root = f->plan->root;
    if (root->kind == OSL_PLAN_UNIT)
        return root->occur == OSL_OCCUR_SHOULD && add_unit(f, root);
    if (root->kind != OSL_PLAN_GROUP || root->occur != OSL_OCCUR_SHOULD ||
        !add_group(f, root, false))
        return false;
    bool matches = false;
    for (unsigned i = 0; i < f->count; i++)
        matches |= f->occurs[i] != OSL_FLAT_NOT;
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
    flattened f = {.plan = plan};
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
    return osl_plan_info(word_of(of->source, w), f->segment, OSL_FIELD_TEXT);
}

/* Whether rare words are read from end to end in the segment: alone, where
 * matches are only counted, and where one of them is required, which leads. */
static bool wants_lists(const flattened *f)
{
    uint32_t paragraphs = osl_segment_get_info(segment_of(f))->paragraph_count;
    bool wants = f->count == 1 || (!f->collector->k && !f->has_phrase);
    for (unsigned i = 0; i < f->count && !wants; i++)
        for (unsigned w = 0; w < words_of(f->units[i]->source); w++)
            wants |= f->occurs[i] == OSL_FLAT_MUST &&
                     !is_listed(f->units[i]->source) &&
                     !osl_region_is_frequent(info_of(f, f->units[i], w)->df,
                                             paragraphs, true);
    return wants;
}

static osl_status open_word(const flattened *f, bool lists, osl_field field,
                            const osl_term_info *info, const osl_postings **out)
{
    return lists ? osl_postings_open_list(out, segment_of(f), field, info,
                                          f->plan->arena, f->err)
                 : osl_postings_open(out, segment_of(f), field, info,
                                     f->plan->arena, f->err);
}

static osl_status open_pair(const flattened *f, bool lists, osl_text left,
                            osl_text right, const osl_postings **out)
{
    osl_term_info info;
    bool found;
    char *key = osl_arena_take(f->plan->arena, left.length + right.length + 1);
    if (!key)
        return no_memory(f->err);
    memcpy(key, left.bytes, left.length);
    key[left.length] = ' ';
    memcpy(key + left.length + 1, right.bytes, right.length);
    osl_status status = osl_term_find(
        segment_of(f), OSL_FIELD_PAIR,
        (osl_text){key, left.length + right.length + 1}, &found, &info, f->err);
    return status == OSL_OK && found
               ? open_word(f, lists, OSL_FIELD_PAIR, &info, out)
               : status;
}

/* A phrase of two words with its pair is a word. */
static osl_status open_pairs(const flattened *f, bool lists,
                             const osl_plan_source *phrase, osl_flat_leaf *leaf)
{
    osl_status status = OSL_OK;
    for (size_t i = 0; i + 1 < phrase->count && status == OSL_OK; i++)
        status = open_pair(f, lists, phrase->children[i]->term,
                           phrase->children[i + 1]->term, &leaf->pairs[i]);
    if (phrase->count == 2 && leaf->pairs[0]) {
        leaf->words[0] = leaf->pairs[0];
        leaf->pairs[0] = NULL;
        leaf->word_count = 1;
    }
    return status;
}

/* *present false where none of its members occurs in the segment. */
static osl_status open_listed(const flattened *f, const osl_unit_plan *unit,
                              osl_flat_leaf *leaf, bool *present)
{
    osl_source *source;
    osl_arena *arena = f->plan->arena;
    osl_status status = osl_plan_build_source(
        &source, f->plan, f->segment, unit->source, OSL_FIELD_TEXT, f->err);
    if (status == OSL_OK && source)
        status = osl_source_list(&leaf->words[0], source, segment_of(f),
                                 OSL_FIELD_TEXT, arena, f->err);
    *present = leaf->words[0] != NULL;
    return status;
}

/* *present false where a word of it does not occur in the segment. */
static osl_status open_leaf(const flattened *f, unsigned i, bool lists,
                            osl_flat_leaf *leaf, bool *present)
{
    const osl_unit_plan *unit = f->units[i];
    *leaf = (osl_flat_leaf){.occur = f->occurs[i],
                            .word_count = words_of(unit->source)};
    if (leaf->occur != OSL_FLAT_NOT)
        leaf->weight = unit->weights[OSL_SCORED_BAG];
    *present = true;
    if (is_listed(unit->source))
        return open_listed(f, unit, leaf, present);
    for (unsigned w = 0; w < leaf->word_count; w++)
        *present &= info_of(f, unit, w)->df != 0;
    if (!*present)
        return OSL_OK;
    osl_status status = OSL_OK;
    if (leaf->word_count > 1 &&
        osl_segment_get_info(segment_of(f))->fields[OSL_FIELD_PAIR].term_count)
        status = open_pairs(f, lists, unit->source, leaf);
    if (leaf->word_count != words_of(unit->source))
        return status;
    for (unsigned w = 0; w < leaf->word_count && status == OSL_OK; w++)
        status = open_word(f, lists, OSL_FIELD_TEXT, info_of(f, unit, w),
                           &leaf->words[w]);
    return status;
}

/* *count 0 where nothing of the segment can match. */
static osl_status open_leaves(const flattened *f, osl_flat_leaf *leaves,
                              unsigned *count)
{
    bool lists = wants_lists(f), matches = false;
    unsigned opened = 0;
    *count = 0;
    for (unsigned i = 0; i < f->count; i++) {
        bool present;
        osl_status status = open_leaf(f, i, lists, &leaves[opened], &present);
        if (status != OSL_OK)
            return status;
        if (!present && f->occurs[i] == OSL_FLAT_MUST)
            return OSL_OK;
        matches |= present && f->occurs[i] != OSL_FLAT_NOT;
        opened += present;
    }
    *count = matches ? opened : 0;
    return OSL_OK;
}

static void keep(void *user, uint32_t segment, uint32_t paragraph,
                 uint32_t score)
{
    osl_plain *plain = user;
    (void)segment;
    osl_top_push(&plain->top, score, osl_numbers_get(plain->ranks, paragraph),
                 paragraph);
}

static osl_status search_segment(flattened *f, uint64_t *count)
{
    osl_flat_leaf leaves[OSL_FLAT_LEAVES_MAX];
    osl_numbers ranks;
    osl_plain *plain = f->plain;
    const osl_segment *segment = segment_of(f);
    const osl_segment_factors *factors =
        &f->plan->measures->factors[f->segment];
    osl_flat_query query = {.leaves = leaves,
                            .factor = factors->bag[0],
                            .least = factors->least,
                            .best = f->collector->k,
                            .ranks = &ranks,
                            .live = osl_index_live(f->plan->index, f->segment),
                            .segment = f->segment,
                            .paragraph_count =
                                osl_segment_get_info(segment)->paragraph_count};
    osl_status status = open_leaves(f, leaves, &query.leaf_count);
    plain->top.count = 0;
    if (status != OSL_OK || !query.leaf_count)
        return status;
    status =
        osl_segment_length_codes(segment, OSL_FIELD_TEXT, &query.codes, f->err);
    if (status == OSL_OK)
        status = osl_segment_ranks(segment, &ranks, f->err);
    if (status != OSL_OK)
        return status;
    if (!f->collector->k)
        return count ? osl_flat_count(plain->flat, &query, count, f->err)
                     : OSL_OK;
    plain->ranks = &ranks;
    if (!osl_top_begin(&plain->top, f->collector->k,
                       osl_merged_threshold(&plain->merged)))
        return no_memory(f->err);
    osl_flat_sink sink = {plain, keep, &plain->top.threshold};
    status = osl_flat_search(plain->flat, &query, &sink, count, f->err);
    osl_top_end(&plain->top);
    osl_top_sort(&plain->top);
    return status;
}

/* ---- all segments ------------------------------------------------------ */

static osl_status take_hits(flattened *f)
{
    osl_collector *to = f->collector;
    const osl_merged *merged = &f->plain->merged;
    if (!osl_grow(&to->entries, &to->capacity, merged->count + 1,
                  sizeof *to->entries))
        return no_memory(f->err);
    for (size_t i = 0; i < merged->count; i++)
        to->entries[i] =
            (osl_top_entry){.score = merged->best[i].score,
                            .segment = merged->best[i].segment,
                            .paragraph = merged->best[i].paragraph};
    to->entry_count = merged->count;
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
    flattened f = {
        .plain = plain, .plan = plan, .collector = collector, .err = err};
    uint32_t segments = osl_index_get_info(plan->index)->segment_count;
    (void)flatten(&f);
    const osl_unit_plan *only = collector->want_count ? sole_unit(&f) : NULL;
    uint64_t *count = collector->want_count && !only ? &collector->count : NULL;
    if (only)
        collector->count = only->source->df[OSL_FIELD_TEXT];
    plain->merged.index = plan->index;
    osl_merged_begin(&plain->merged, collector->k);
    osl_status status = OSL_OK;
    if (collector->k || count)
        status = set_lengths(plain, plan, err);
    for (; f.segment < segments && (collector->k || count) && status == OSL_OK;
         f.segment++) {
        status = search_segment(&f, count);
        if (status == OSL_OK && plain->top.count)
            status =
                osl_merged_add(&plain->merged, f.segment, &plain->top, err);
    }
    collector->documents = collector->count;
    return status == OSL_OK ? take_hits(&f) : status;
}

void osl_plain_clear(osl_plain *plain)
{
    osl_flat_free(plain->flat);
    osl_top_clear(&plain->top);
    osl_merged_clear(&plain->merged);
}
