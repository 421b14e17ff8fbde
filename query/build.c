/* SPDX-License-Identifier: MIT
 *
 * The plan in one segment: terms are looked up, what cannot match here is
 * left out, and each unit becomes a small group of its fields' parts. */
#include "query/meanings.h"
#include "query/operator.h"
#include "query/plain_leaf.h"

#include "core/segment/tables.h"

#include <string.h>

/* Members of one of several from which on their lists are made one. */
enum { MERGED_LEAST = 8 };
/* Phrases of a query from which on each is looked for once, and made a list. */
enum { LISTED_LEAST = 16 };
/* Of words near each other: so many remember all that was found (5 KiB for 4,096
 * paragraphs). */
enum { KEPT_MOST = 16 };

/* What documents of the segment mean by a short form; read once. */
typedef struct osl_meant_lists {
    const osl_meanings *of;
    const osl_meant *at;
    size_t count;
    struct osl_meant_lists *next;
} meant_lists;

typedef struct builder {
    const osl_plan *plan;
    const osl_segment *segment;
    uint32_t number; /* of the segment */
    osl_arena *arena;
    osl_error *err;
    bool titles_are_paragraphs;
    uint32_t range_count;
    const osl_score_kernels *kernels;
    const uint8_t *codes[OSL_SCORED_FIELDS];
    osl_gauge *gauges[OSL_SCORED_PARTS]; /* made where they are needed */
    osl_gauge *joint;                    /* of bag and text at once */
    const osl_segment_factors *factors;
    osl_merge_room *room;                         /* borrowed */
    osl_cursor *text_leaves[OSL_QUERY_UNITS_MAX]; /* by unit */
    meant_lists **meant;
    osl_flat *flat; /* that lists phrases; NULL: they are not listed */
    bool keeps;     /* what is found of words near each other */
} builder;

static const char *const field_names[OSL_SCORED_FIELDS] = {"text", "title",
                                                           "section"};

static osl_status no_memory(const builder *b)
{
    return osl_fail(b->err, OSL_ENOMEM, "query: memory ran out in planning");
}

/* ---- sources ----------------------------------------------------------- */

static bool is_among(osl_text form, const osl_text *forms, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (osl_text_equal(form, forms[i]))
            return true;
    return false;
}

/* Which of a term's forms here are asked for. *allowed NULL: all of them. */
static osl_status choose_forms(const builder *b, const osl_plan_source *plan,
                               const osl_term_info *info, osl_allowed **allowed,
                               bool *none)
{
    const osl_term_form *forms;
    size_t count, taken = 0;
    *allowed = NULL;
    *none = false;
    osl_status status =
        osl_term_forms(b->segment, info, b->arena, &forms, &count, b->err);
    if (status == OSL_ENOTFOUND)
        return OSL_OK; /* kept without forms: the stem stands for all */
    if (status != OSL_OK)
        return status;
    osl_allowed *chosen =
        osl_arena_zero(b->arena, 1, sizeof *chosen + count * sizeof(bool));
    if (!chosen)
        return no_memory(b);
    chosen->form_count = count;
    for (size_t i = 0; i < count; i++)
        taken += chosen->forms[i] =
            is_among(forms[i].text, plan->forms, plan->form_count);
    *none = taken == 0;
    *allowed = taken == count ? NULL : chosen;
    return OSL_OK;
}

/* A term without statistics, of a sense that few documents mean, is looked up
 * where it is needed. */
static osl_status find_term(const builder *b, const osl_plan_source *plan,
                            osl_field field, osl_term_info *out)
{
    bool found;
    *out = (osl_term_info){0};
    if (plan->infos) {
        *out = *osl_plan_info(plan, b->number, field);
        return OSL_OK;
    }
    osl_status status =
        osl_term_find(b->segment, field, plan->term, &found, out, b->err);
    if (status == OSL_OK && !found)
        out->df = 0;
    return status;
}

static osl_status build_term(const builder *b, const osl_plan_source *plan,
                             osl_field field, osl_source **out)
{
    osl_term_info found;
    const osl_term_info *info = &found;
    osl_allowed *allowed = NULL;
    bool none = false;
    const osl_postings *postings;
    osl_status status = find_term(b, plan, field, &found);
    *out = NULL;
    if (status != OSL_OK || !found.df ||
        (plan->forms && field != OSL_FIELD_TEXT))
        return status; /* forms are kept of text only */
    if (plan->forms)
        status = choose_forms(b, plan, info, &allowed, &none);
    if (status != OSL_OK || none)
        return status;
    status =
        osl_postings_open(&postings, b->segment, field, info, b->arena, b->err);
    if (status != OSL_OK)
        return status;
    *out = osl_source_term(postings, allowed, b->arena);
    return *out ? OSL_OK : no_memory(b);
}

static osl_status build_pair(const builder *b, osl_text left, osl_text right,
                             osl_source **out)
{
    size_t length = left.length + right.length + 1;
    char *key = osl_arena_take(b->arena, length);
    const osl_postings *postings;
    osl_term_info info;
    bool found = false;
    *out = NULL;
    if (!key)
        return no_memory(b);
    memcpy(key, left.bytes, left.length);
    key[left.length] = ' ';
    memcpy(key + left.length + 1, right.bytes, right.length);
    osl_status status =
        osl_term_find(b->segment, OSL_FIELD_PAIR, (osl_text){key, length},
                      &found, &info, b->err);
    if (status == OSL_OK && found)
        status = osl_postings_open(&postings, b->segment, OSL_FIELD_PAIR, &info,
                                   b->arena, b->err);
    if (status != OSL_OK || !found)
        return status;
    *out = osl_source_term(postings, NULL, b->arena);
    return *out ? OSL_OK : no_memory(b);
}

/* The postings of neighbours of a phrase, where there are any. */
static osl_status build_pairs(const builder *b, const osl_plan_source *plan,
                              osl_source **pairs, size_t *count)
{
    *count = 0;
    if (plan->kind != OSL_PLAN_PHRASE ||
        !osl_segment_get_info(b->segment)->fields[OSL_FIELD_PAIR].term_count)
        return OSL_OK;
    for (size_t i = 0; i + 1 < plan->count; i++) {
        const osl_plan_source *left = plan->children[i];
        const osl_plan_source *right = plan->children[i + 1];
        if (left->kind != OSL_PLAN_TERM || left->forms ||
            right->kind != OSL_PLAN_TERM || right->forms)
            continue;
        osl_status status =
            build_pair(b, left->term, right->term, &pairs[*count]);
        if (status != OSL_OK)
            return status;
        *count += pairs[*count] != NULL;
    }
    return OSL_OK;
}

static osl_source *combine(const builder *b, const osl_plan_source *plan,
                           osl_source **children, size_t pairs, size_t count)
{
    switch (plan->kind) {
    case OSL_PLAN_ANY:
        return osl_source_any(children, count, b->arena);
    case OSL_PLAN_PHRASE:
        return osl_source_phrase(children, pairs, count, b->arena);
    case OSL_PLAN_OPERATOR:
        return plan->op->source(children[0], children[1], plan->distance,
                                b->arena);
    default:
        return osl_source_window(children, plan->classes, count, plan->distance,
                                 b->arena);
    }
}

static osl_status build_source(const builder *b, const osl_plan_source *plan,
                               osl_field field, osl_source **out);

/* ---- what documents mean ------------------------------------------------ */

static osl_status find_meant(const builder *b, const osl_meanings *of,
                             const meant_lists **out)
{
    for (*out = *b->meant; *out; *out = (*out)->next)
        if ((*out)->of == of)
            return OSL_OK;
    meant_lists *list = osl_arena_zero(b->arena, 1, sizeof *list);
    if (!list)
        return no_memory(b);
    list->of = of;
    list->next = *b->meant;
    *b->meant = list;
    *out = list;
    return osl_meanings_read(of, b->segment, b->arena, &list->at, &list->count,
                             b->err);
}

/* The first ordinal of a document in the field. */
static osl_status ordinal_of(const builder *b, osl_field field,
                             uint32_t document, uint32_t *out)
{
    uint64_t first = document;
    osl_status status = OSL_OK;
    if (field != OSL_FIELD_TITLE)
        status = osl_tables_get(b->segment, OSL_SECTION_DOCUMENTS,
                                field == OSL_FIELD_HEADING
                                    ? OSL_DOCUMENT_FIRST_SECTION
                                    : OSL_DOCUMENT_FIRST_PARAGRAPH,
                                document, &first, b->err);
    *out = (uint32_t)first;
    return status;
}

/* The ordinals of documents that define the short form so; or those that
 * define it, and not so. */
static osl_status list_stretches(const builder *b, const osl_plan_source *plan,
                                 osl_field field, osl_stretch **out,
                                 size_t *count)
{
    const meant_lists *meant;
    osl_status status = find_meant(b, plan->meanings, &meant);
    *count = 0;
    if (status != OSL_OK)
        return status;
    osl_stretch *stretches =
        osl_arena_zero(b->arena, meant->count + 1, sizeof *stretches);
    if (!stretches)
        return no_memory(b);
    for (size_t i = 0; i < meant->count && status == OSL_OK; i++) {
        osl_stretch here;
        uint32_t document = meant->at[i].document;
        if ((meant->at[i].senses >> plan->sense & 1) != plan->own)
            continue;
        status = ordinal_of(b, field, document, &here.from);
        if (status == OSL_OK)
            status = ordinal_of(b, field, document + 1, &here.to);
        if (status == OSL_OK &&
            (here.from > here.to ||
             (*count && here.from < stretches[*count - 1].to)))
            status = osl_fail(b->err, OSL_ECORRUPT,
                              "%s: damaged: its documents are out of order; "
                              "index anew or restore the file from a copy",
                              osl_segment_path(b->segment));
        if (status != OSL_OK || here.from == here.to)
            continue;
        if (*count && stretches[*count - 1].to == here.from)
            stretches[*count - 1].to = here.to;
        else
            stretches[(*count)++] = here;
    }
    *out = stretches;
    return status;
}

static osl_status build_meant(const builder *b, const osl_plan_source *plan,
                              osl_field field, osl_source **out)
{
    osl_stretch *stretches;
    size_t count;
    *out = NULL;
    osl_status status = list_stretches(b, plan, field, &stretches, &count);
    if (status != OSL_OK || (plan->own && !count))
        return status;
    status = build_source(b, plan->children[0], field, out);
    if (status != OSL_OK || !*out || !count)
        return status;
    *out = osl_source_meant(*out, stretches, count, plan->own, b->arena);
    return *out ? OSL_OK : no_memory(b);
}

/* ---- several ------------------------------------------------------------ */

static osl_status list_phrase(const builder *b, const osl_plan_source *plan,
                              osl_source **out)
{
    const osl_postings *postings;
    osl_plain_place place = {
        .plan = b->plan, .segment = b->number, .flat = b->flat, .err = b->err};
    osl_status status = osl_plain_list_phrase(&place, plan, &postings);
    if (status != OSL_OK || !postings) {
        *out = NULL;
        return status;
    }
    *out = osl_source_known(*out, postings, b->arena);
    return *out ? OSL_OK : no_memory(b);
}

static bool is_near(const osl_plan_source *plan)
{
    return plan->kind == OSL_PLAN_OPERATOR || plan->kind == OSL_PLAN_WINDOW;
}

static osl_status keep_found(const builder *b, osl_field field,
                             osl_source *near)
{
    uint32_t ordinals =
        osl_segment_get_info(b->segment)->fields[field].ordinal_count;
    return osl_checked_keep(near, ordinals / OSL_CHUNK_SIZE + 1, b->err);
}

/* Where many are put together, or phrases are many: one list of it. */
static osl_status make_list(const builder *b, const osl_plan_source *plan,
                            size_t own, osl_field field, osl_source **out)
{
    osl_status status = OSL_OK;
    size_t count = 0;
    if (plan->kind == OSL_PLAN_ANY && osl_source_any_children(*out, &count) &&
        count - own >= MERGED_LEAST)
        status =
            osl_source_merged(out, *out, b->segment, field, b->room, b->err);
    else if (plan->kind == OSL_PLAN_PHRASE && b->flat &&
             field == OSL_FIELD_TEXT && osl_plain_is_phrase(plan) &&
             !osl_source_merged_postings(*out))
        status = list_phrase(b, plan, out);
    else if (is_near(plan) && b->keeps)
        status = keep_found(b, field, *out);
    else
        return OSL_OK;
    if (status == OSL_OK && plan->made)
        plan->made[(size_t)b->number * OSL_SCORED_FIELDS + field] = *out;
    return status;
}

static osl_status build_source(const builder *b, const osl_plan_source *plan,
                               osl_field field, osl_source **out)
{
    *out = plan->made
               ? plan->made[(size_t)b->number * OSL_SCORED_FIELDS + field]
               : NULL;
    if (*out)
        return OSL_OK;
    if (plan->kind == OSL_PLAN_TERM)
        return build_term(b, plan, field, out);
    if (plan->kind == OSL_PLAN_MEANT)
        return build_meant(b, plan, field, out);
    osl_source **children =
        osl_arena_zero(b->arena, plan->count, 2 * sizeof(void *));
    size_t count = 0, pairs = 0, own = 0;
    *out = NULL;
    if (!children)
        return no_memory(b);
    osl_status status = field == OSL_FIELD_TEXT
                            ? build_pairs(b, plan, children, &pairs)
                            : OSL_OK;
    for (size_t i = 0; i < plan->count && status == OSL_OK; i++) {
        osl_source **child = &children[pairs + count];
        status = build_source(b, plan->children[i], field, child);
        if (status != OSL_OK)
            return status;
        if (*child) {
            count++;
            own += plan->children[i]->own;
        } else if (plan->kind != OSL_PLAN_ANY) {
            return OSL_OK; /* all of them must be there */
        }
    }
    if (status != OSL_OK || !count)
        return status;
    *out = combine(b, plan, children, pairs, count);
    if (!*out)
        return no_memory(b);
    return make_list(b, plan, own, field, out);
}

/* ---- units ------------------------------------------------------------- */

/* Of `part`, a field or the bag, as far as `field` goes into it. */
static osl_status fill_scorer(builder *b, const osl_unit_plan *unit,
                              unsigned part, unsigned field, osl_scorer *scorer)
{
    const osl_plan *plan = b->plan;
    bool bag = part == OSL_SCORED_BAG;
    *scorer = (osl_scorer){
        .weight = unit->weights[part],
        .k = plan->measures->statistics[part].k,
        .codes = b->codes[field],
        .ordinals = osl_scored_fields[field],
        .field = bag ? "title and text" : field_names[field],
        .shown = unit->shown,
        .idf = unit->source->idf[part],
        .user_weight = unit->weight * osl_plan_part_weight(plan, part),
        .average_length = plan->measures->statistics[part].average,
        .df = unit->source->df[part],
        .count = plan->measures->statistics[part].count,
    };
    osl_scorer_bounds(scorer, bag ? b->factors->bag[field > 0]
                                  : b->factors->fields[field]);
    bool paragraphs = field == 0 || (field == 1 && b->titles_are_paragraphs);
    if (!paragraphs || (bag && field != 0))
        return OSL_OK;
    if (!b->gauges[part])
        b->gauges[part] =
            osl_gauge_new(b->kernels, scorer->codes, scorer->k, b->arena);
    scorer->gauge = b->gauges[part];
    return scorer->gauge ? OSL_OK : no_memory(b);
}

static osl_status new_scorer(builder *b, const osl_unit_plan *unit,
                             unsigned field, const osl_scorer **out)
{
    osl_scorer *scorer = osl_arena_take(b->arena, sizeof *scorer);
    *out = scorer;
    return scorer ? fill_scorer(b, unit, field, field, scorer) : no_memory(b);
}

/* One field's part of a unit; *out NULL where it cannot match here. */
static osl_status build_part(builder *b, const osl_unit_plan *unit,
                             unsigned field, osl_cursor **out)
{
    osl_source *source;
    osl_status status =
        build_source(b, unit->source, osl_scored_fields[field], &source);
    *out = NULL;
    if (status != OSL_OK || !source)
        return status;
    const osl_scorer *scorer;
    status = new_scorer(b, unit, field, &scorer);
    if (status != OSL_OK)
        return status;
    bool direct = field == 0 || (field == 1 && b->titles_are_paragraphs);
    if (!direct)
        return osl_cursor_expand(out, b->segment, source, scorer, b->arena,
                                 b->err);
    *out = osl_cursor_leaf(source, scorer, field ? UINT32_MAX : unit->id,
                           b->arena);
    if (field == 0)
        b->text_leaves[unit->id] = *out;
    return *out ? OSL_OK : no_memory(b);
}

/* Bag and text as one. */
static osl_status fill_joint(builder *b, osl_bag *bag)
{
    const osl_plan *plan = b->plan;
    double of_bag = osl_plan_part_weight(plan, OSL_SCORED_BAG) *
                    (plan->settings.bag_k1 + 1);
    double of_text = osl_plan_part_weight(plan, 0) * (plan->settings.k1 + 1);
    double share = of_bag / (of_bag + of_text);
    if (!bag->text || !(of_bag > 0) || !(of_text > 0))
        return OSL_OK;
    osl_scorer_join(&bag->joint, &bag->bag_text, bag->text_scorer, share);
    if (!b->joint)
        b->joint =
            osl_gauge_joint(b->kernels, bag->bag_text.codes, bag->bag_text.k,
                            bag->text_scorer->k, share, b->arena);
    bag->joint.gauge = b->joint;
    return b->joint ? OSL_OK : no_memory(b);
}

/* For the closeness of its places in the text. */
static osl_status add_leaf(builder *b, const osl_unit_plan *unit,
                           const osl_bag *bag)
{
    if (!bag->text)
        return OSL_OK;
    osl_cursor *leaf =
        osl_cursor_leaf(bag->text, bag->text_scorer, unit->id, b->arena);
    b->text_leaves[unit->id] = leaf;
    return leaf ? OSL_OK : no_memory(b);
}

static osl_status build_bag(builder *b, const osl_unit_plan *unit,
                            osl_cursor **out)
{
    const osl_ranking_settings *settings = &b->plan->settings;
    osl_bag bag = {.segment = b->segment,
                   .k1 = settings->bag_k1,
                   .b = settings->bag_b,
                   .share = settings->share,
                   .title_count = settings->title_count,
                   .by_fields = settings->fields,
                   .titles_are_paragraphs = b->titles_are_paragraphs};
    osl_status status =
        build_source(b, unit->source, OSL_FIELD_TEXT, &bag.text);
    if (status == OSL_OK)
        status = build_source(b, unit->source, OSL_FIELD_TITLE, &bag.title);
    *out = NULL;
    if (status != OSL_OK || (!bag.text && !bag.title))
        return status;
    status = fill_scorer(b, unit, OSL_SCORED_BAG, 0, &bag.bag_text);
    if (status == OSL_OK)
        status = fill_scorer(b, unit, OSL_SCORED_BAG, 1, &bag.bag_title);
    if (status == OSL_OK && bag.by_fields)
        status = new_scorer(b, unit, 0, &bag.text_scorer);
    if (status == OSL_OK && bag.by_fields)
        status = new_scorer(b, unit, 1, &bag.title_scorer);
    if (status == OSL_OK && bag.by_fields)
        status = fill_joint(b, &bag);
    if (status == OSL_OK && bag.by_fields)
        status = add_leaf(b, unit, &bag);
    return status == OSL_OK
               ? osl_cursor_bag(out, &bag, unit->id, b->arena, b->err)
               : status;
}

/* The parts of a unit, each a cursor. */
static osl_status build_parts(builder *b, const osl_unit_plan *unit,
                              osl_cursor *parts[OSL_SCORED_FIELDS],
                              size_t *count)
{
    static const unsigned bits[] = {OSL_IN_TEXT, OSL_IN_TITLE, OSL_IN_HEADING};
    bool bag = b->plan->settings.bag_part > 0 && unit->fields == OSL_IN_ALL;
    osl_status status = OSL_OK;
    *count = 0;
    if (bag) {
        status = build_bag(b, unit, &parts[0]);
        *count = parts[0] != NULL;
    }
    bool only_bag = bag && !b->plan->settings.fields;
    for (unsigned i = bag ? 2 : 0;
         i < OSL_SCORED_FIELDS && status == OSL_OK && !only_bag; i++) {
        if (!(unit->fields & bits[i]))
            continue;
        status = build_part(b, unit, i, &parts[*count]);
        *count += status == OSL_OK && parts[*count] != NULL;
    }
    return status;
}

static osl_status build_unit(builder *b, const osl_unit_plan *unit,
                             osl_cursor **out)
{
    osl_cursor *parts[OSL_SCORED_FIELDS] = {NULL};
    size_t count;
    osl_status status = build_parts(b, unit, parts, &count);
    *out = count == 1 ? parts[0] : NULL;
    if (status != OSL_OK || count < 2)
        return status;
    *out = osl_cursor_fields(parts, count, b->plan->settings.share, unit->shown,
                             b->arena);
    return *out ? OSL_OK : no_memory(b);
}

/* ---- groups ------------------------------------------------------------ */

static osl_status build_node(builder *b, const osl_plan_node *node,
                             osl_cursor **out);

/* A group within a group that is as if its children stood in that: all are
 * wanted, and so is it. */
static bool is_absorbed(const osl_plan_node *node)
{
    if (node->kind != OSL_PLAN_GROUP || node->occur != OSL_OCCUR_SHOULD ||
        node->bonus)
        return false;
    for (const osl_plan_node *child = node->children; child;
         child = child->next)
        if (child->occur != OSL_OCCUR_SHOULD || child->bonus)
            return false;
    return true;
}

static size_t count_children(const osl_plan_node *node)
{
    size_t count = 0;
    for (const osl_plan_node *child = node->children; child;
         child = child->next)
        count += is_absorbed(child) ? count_children(child) : 1;
    return count;
}

static bool is_plain(const osl_plan_node *node)
{
    return node->kind == OSL_PLAN_UNIT && node->unit->plain &&
           (node->occur == OSL_OCCUR_SHOULD || node->occur == OSL_OCCUR_MUST);
}

/* Neighbouring plain words of the group, both of them here. */
static size_t find_pairs(const builder *b, const osl_plan_node *node,
                         osl_neighbours *pairs)
{
    size_t count = 0;
    uint32_t number = 0; /* as if all were here */
    for (const osl_plan_node *at = node->children; at; at = at->next) {
        number += is_plain(at);
        if (is_absorbed(at))
            count += find_pairs(b, at, pairs + count);
        if (!at->next || !is_plain(at) || !is_plain(at->next))
            continue;
        const osl_neighbours both = {b->text_leaves[at->unit->id],
                                     b->text_leaves[at->next->unit->id],
                                     number};
        pairs[count] = both;
        count += both.left && both.right;
    }
    return count;
}

static osl_status find_forms(const builder *b, const osl_plan_node *node,
                             osl_typed_form *forms, size_t *count)
{
    for (const osl_plan_node *at = node->children; at; at = at->next) {
        osl_status status =
            is_absorbed(at) ? find_forms(b, at, forms, count) : OSL_OK;
        if (status != OSL_OK)
            return status;
        if (at->kind != OSL_PLAN_UNIT || at->occur > OSL_OCCUR_MUST ||
            !at->unit->typed || !b->text_leaves[at->unit->id])
            continue;
        osl_typed_form *form = &forms[*count];
        status =
            build_source(b, at->unit->typed, OSL_FIELD_TEXT, &form->source);
        if (status != OSL_OK)
            return status;
        form->leaf = b->text_leaves[at->unit->id];
        form->shown = at->unit->shown;
        *count += form->source != NULL;
    }
    return OSL_OK;
}

/* Closeness of neighbouring plain words of the group, and typed forms. */
static osl_status build_proximity(builder *b, const osl_plan_node *node,
                                  osl_group_child *child, size_t *count)
{
    size_t room = count_children(node), form_count = 0;
    osl_neighbours *pairs = osl_arena_zero(b->arena, room, sizeof *pairs);
    osl_typed_form *forms = osl_arena_zero(b->arena, room, sizeof *forms);
    if (!pairs || !forms)
        return no_memory(b);
    size_t pair_count =
        b->plan->settings.closeness ? find_pairs(b, node, pairs) : 0;
    osl_status status = find_forms(b, node, forms, &form_count);
    if (status != OSL_OK || (!pair_count && !form_count))
        return status;
    child->cursor =
        osl_cursor_proximity(pairs, pair_count, forms, form_count, b->arena);
    child->bonus = child->shares = true;
    *count += 1;
    return child->cursor ? OSL_OK : no_memory(b);
}

/* Rarest first, so that required ones narrow soonest; what is forbidden and
 * filters keep their place behind by kind anyway. */
static void sort_by_cost(const osl_plan_node **nodes, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const osl_plan_node *node = nodes[i];
        size_t j = i;
        for (; j > 0 && nodes[j - 1]->cost > node->cost; j--)
            nodes[j] = nodes[j - 1];
        nodes[j] = node;
    }
}

/* The children, and those of groups that are absorbed, from `at` on. */
static size_t list_children(const osl_plan_node *group,
                            const osl_plan_node **nodes, size_t at,
                            bool *has_must)
{
    for (const osl_plan_node *child = group->children; child;
         child = child->next) {
        *has_must |= child->occur == OSL_OCCUR_MUST;
        if (is_absorbed(child))
            at = list_children(child, nodes, at, has_must);
        else
            nodes[at++] = child;
    }
    return at;
}

static const osl_plan_node **ordered(const builder *b,
                                     const osl_plan_node *group, size_t count)
{
    const osl_plan_node **nodes =
        osl_arena_zero(b->arena, count + 1, sizeof(void *));
    bool has_must = false;
    if (!nodes)
        return NULL;
    list_children(group, nodes, 0, &has_must);
    if (has_must)
        sort_by_cost(nodes, count);
    return nodes;
}

/* Children with a bound to be there that are not here: no match. */
static bool ends_group(const osl_plan_node *child)
{
    return child->occur == OSL_OCCUR_MUST || child->occur == OSL_OCCUR_FILTER;
}

static osl_status build_group(builder *b, const osl_plan_node *node,
                              osl_cursor **out)
{
    size_t room = count_children(node), count = 0, wanted = 0, found = 0;
    osl_group_child *children =
        osl_arena_zero(b->arena, room + 1, sizeof *children);
    const osl_plan_node **nodes = ordered(b, node, room);
    bool has_must = false;
    *out = NULL;
    if (!children || !nodes)
        return no_memory(b);
    for (size_t i = 0; i < room; i++) {
        osl_status status = build_node(b, nodes[i], &children[count].cursor);
        if (status != OSL_OK)
            return status;
        bool here = children[count].cursor != NULL;
        if (!here && ends_group(nodes[i]))
            return OSL_OK;
        has_must |= nodes[i]->occur == OSL_OCCUR_MUST;
        bool condition =
            nodes[i]->occur == OSL_OCCUR_SHOULD && !nodes[i]->bonus;
        wanted += condition;
        found += here && condition;
        children[count].bonus = nodes[i]->bonus;
        children[count].occur = nodes[i]->occur;
        count += here;
    }
    if (wanted && !found && !has_must)
        return OSL_OK;
    if (node->close) {
        osl_status status = build_proximity(b, node, &children[count], &count);
        if (status != OSL_OK)
            return status;
    }
    if (count == 1 && children[0].occur == OSL_OCCUR_SHOULD) {
        *out = children[0].cursor;
        return OSL_OK;
    }
    *out = osl_cursor_group(children, count, b->range_count, node->label,
                            b->arena);
    return *out ? OSL_OK : no_memory(b);
}

static osl_status build_node(builder *b, const osl_plan_node *node,
                             osl_cursor **out)
{
    *out = NULL;
    switch (node->kind) {
    case OSL_PLAN_UNIT:
        return build_unit(b, node->unit, out);
    case OSL_PLAN_FILTER:
        return osl_cursor_filter(out, b->segment, &node->filter,
                                 node->segment == b->number ? node->document
                                                            : UINT32_MAX,
                                 b->arena, b->err);
    case OSL_PLAN_GROUP:
        return build_group(b, node, out);
    default:
        return OSL_OK;
    }
}

static osl_status begin_lists(builder *b)
{
    size_t phrases = 0, near = 0;
    for (size_t i = 0; i < b->plan->unit_count; i++) {
        phrases += osl_plain_is_phrase(b->plan->units[i]->source);
        near += is_near(b->plan->units[i]->source);
    }
    b->keeps = near <= KEPT_MOST;
    if (phrases < LISTED_LEAST)
        return OSL_OK;
    b->flat = osl_flat_new(osl_segment_kernels(b->segment));
    if (!b->flat)
        return no_memory(b);
    osl_flat_set_lengths(b->flat, b->plan->measures->statistics[0].k);
    return OSL_OK;
}

osl_status osl_plan_build(osl_cursor **out, const osl_plan *plan,
                          uint32_t number, bool titles_are_paragraphs,
                          osl_arena *arena, osl_error *err)
{
    const osl_segment *segment = osl_index_segment(plan->index, number);
    builder *b = osl_arena_zero(arena, 1, sizeof *b);
    meant_lists *meant = NULL;
    *out = NULL;
    if (!b)
        return osl_fail(err, OSL_ENOMEM, "query: memory ran out in planning");
    osl_merge_room room = {.arena = arena}; /* only while sources are built */
    b->room = &room;
    b->plan = plan;
    b->segment = segment;
    b->number = number;
    b->arena = arena;
    b->err = err;
    b->factors = &plan->measures->factors[number];
    b->titles_are_paragraphs = titles_are_paragraphs;
    b->meant = &meant;
    b->kernels = osl_segment_kernels(segment)->score;
    uint32_t count = osl_segment_get_info(segment)->paragraph_count;
    b->range_count = count / OSL_RANGE_SIZE + (count % OSL_RANGE_SIZE ? 1 : 0);
    for (unsigned i = 0; i < OSL_SCORED_FIELDS; i++) {
        osl_status status = osl_segment_length_codes(
            segment, osl_scored_fields[i], &b->codes[i], err);
        if (status != OSL_OK)
            return status;
    }
    if (!plan->root || !count)
        return OSL_OK;
    osl_status status = begin_lists(b);
    if (status == OSL_OK)
        status = build_node(b, plan->root, out);
    osl_flat_free(b->flat);
    if (*out)
        (*out)->is_root = true;
    return status;
}

osl_status osl_plan_build_source(osl_source **out, const osl_plan *plan,
                                 uint32_t segment, const osl_plan_source *of,
                                 osl_field field, osl_error *err)
{
    osl_merge_room room = {.arena = plan->arena};
    meant_lists *meant = NULL;
    const builder b = {.segment = osl_index_segment(plan->index, segment),
                       .room = &room,
                       .number = segment,
                       .arena = plan->arena,
                       .err = err,
                       .meant = &meant};
    return build_source(&b, of, field, out);
}

osl_status osl_plan_stretches(const osl_plan *plan, uint32_t segment,
                              const osl_plan_source *meant, meant_lists **known,
                              osl_stretches *out, osl_error *err)
{
    const builder b = {.segment = osl_index_segment(plan->index, segment),
                       .number = segment,
                       .arena = plan->arena,
                       .err = err,
                       .meant = known};
    return list_stretches(&b, meant, OSL_FIELD_TEXT, &out->at, &out->count);
}
