/* SPDX-License-Identifier: MIT
 *
 * The tree bound to an index: words become units with statistics, repeated
 * words one of double weight, groups keep their logic. Weights that could
 * carry a sum beyond 32 bits are all scaled down together. */
#include "query/plan.h"

#include "query/function_words.h"

#include <string.h>

/* Chosen by questions over guidelines: in an index of documents a title and
 * headings stand above many paragraphs, so that a word that text and heading
 * both say is hardly better than one that either says (docs/RELEVANCE.md). */
static const osl_ranking_settings document_ranking = {
    .k1 = 0.6,
    .b = 0.5,
    .field_weights = {1.0, 0.8, 0.7},
    .share = 16,
    .proximity = true,
    .expand = true,
};
/* Chosen by judged collections, each left out in turn: where every document
 * is one paragraph, its title is a part of it like any other. */
static const osl_ranking_settings record_ranking = {
    .k1 = 0.9,
    .b = 0.6,
    .field_weights = {1.0, 1.2, 1.2},
    .share = 128,
    .feedback = 0.2,
    .proximity = true,
    .expand = true,
};
static const osl_ranking_settings bm25_ranking = {
    .k1 = 1.2,
    .b = 0.75,
    .field_weights = {1.0, 1.0, 1.0},
    .bag = true,
};

osl_ranking_settings osl_ranking_of(const osl_search_options *options,
                                    bool records)
{
    osl_ranking_settings settings = records ? record_ranking : document_ranking;
    if (options->ranking == OSL_RANKING_BM25)
        settings = bm25_ranking;
    if (options->k1 >= 0)
        settings.k1 = options->k1;
    if (options->b >= 0)
        settings.b = options->b;
    settings.proximity &= !options->no_proximity;
    settings.expand &= !options->no_expand;
    settings.nearest = !options->bare;
    settings.feedback = options->no_expand ? 0 : settings.feedback;
    settings.matching = options->feedback;
    if (options->feedback)
        settings.feedback = record_ranking.feedback;
    return settings;
}

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "query: memory ran out while planning");
}

void osl_plan_note(osl_plan *plan, const char *words)
{
    for (size_t i = 0; i < plan->note_count; i++)
        if (strcmp(plan->notes[i], words) == 0)
            return;
    if (plan->note_count < OSL_PLAN_NOTES_MAX)
        plan->notes[plan->note_count++] = words;
}

static osl_status plan_node(osl_plan *plan, osl_node *node,
                            const osl_node *before, double weight,
                            osl_plan_node **out, osl_error *err);

static osl_plan_node *new_node(osl_plan *plan, osl_plan_kind kind,
                               osl_occur occur)
{
    osl_plan_node *node = osl_arena_zero(plan->arena, 1, sizeof *node);
    if (node) {
        node->kind = kind;
        node->occur = occur;
    }
    return node;
}

/* ---- units ------------------------------------------------------------- */

static osl_status note_missing(osl_plan *plan, osl_text word, osl_error *err)
{
    osl_form form;
    if (plan->missing_count == OSL_PLAN_NOTES_MAX)
        return OSL_OK;
    osl_status status = osl_resolve(plan->resolver, word, 0, &form, err);
    osl_missing_word *missing = &plan->missing[plan->missing_count];
    if (status == OSL_OK && plan->settings.nearest)
        status = osl_nearest_spelling(plan->index, form.folded, plan->arena,
                                      &missing->nearest, err);
    if (status != OSL_OK)
        return status;
    missing->word = word;
    plan->missing_count++;
    return OSL_OK;
}

/* What was typed of a node, in one way of writing. */
static osl_status show_typed(osl_plan *plan, osl_node *node, osl_text *shown,
                             osl_error *err)
{
    osl_buf buf = {0};
    osl_occur occur = node->occur;
    osl_text added = node->added;
    node->occur = OSL_OCCUR_SHOULD;
    node->added = (osl_text){0};
    osl_tree_print(node, &buf);
    node->occur = occur;
    node->added = added;
    bool good =
        !buf.failed && osl_arena_text(plan->arena, osl_buf_text(&buf), shown);
    osl_buf_clear(&buf);
    return good ? OSL_OK : no_memory(err);
}

static bool is_plain(const osl_node *node)
{
    return node->kind == OSL_NODE_WORD && node->fields == OSL_IN_ALL &&
           !node->exact;
}

/* A word typed plainly that says nothing of a subject. */
static osl_status find_function_word(osl_plan *plan, const osl_node *node,
                                     osl_unit_plan *unit, osl_error *err)
{
    osl_unit word;
    if (!unit->plain || node->occur != OSL_OCCUR_SHOULD)
        return OSL_OK;
    osl_status status =
        osl_unit_of_word(plan->resolver, node->text, plan->arena, &word, err);
    unit->function_word =
        status == OSL_OK && word.form_count == 1 && !word.asks_acronym &&
        osl_is_function_word(word.forms[0].folded,
                             osl_index_get_info(plan->index)->language);
    return status;
}

static osl_status plan_unit(osl_plan *plan, osl_node *node,
                            const osl_node *before, double weight,
                            osl_plan_node **out, osl_error *err)
{
    osl_plan_source *source;
    osl_status status = osl_plan_words(plan, node, before, &source, err);
    if (status != OSL_OK)
        return status;
    if (!source) {
        *out = NULL; /* no term in it: as if it was not there */
        return OSL_OK;
    }
    if (!osl_plan_occurs(source) && node->kind == OSL_NODE_WORD) {
        status = note_missing(plan, node->text, err);
        if (status != OSL_OK)
            return status;
    }
    if (plan->unit_count == OSL_QUERY_UNITS_MAX) {
        osl_plan_note(plan, "the query has more than 1024 words; the rest "
                            "was left out");
        *out = NULL;
        return OSL_OK;
    }
    osl_unit_plan *unit = osl_arena_zero(plan->arena, 1, sizeof *unit);
    *out = new_node(plan, OSL_PLAN_UNIT, node->occur);
    if (!unit || !*out)
        return no_memory(err);
    unit->source = source;
    unit->fields = node->fields;
    unit->weight = weight * node->weight;
    unit->node = node;
    unit->id = (uint32_t)plan->unit_count;
    unit->plain = is_plain(node);
    unit->exact = node->exact;
    status = show_typed(plan, node, &unit->shown, err);
    if (status != OSL_OK)
        return status;
    plan->units[plan->unit_count++] = unit;
    (*out)->unit = unit;
    (*out)->label = unit->shown;
    for (unsigned i = 0; i < OSL_SCORED_FIELDS; i++)
        (*out)->cost += source->df[i];
    return find_function_word(plan, node, unit, err);
}

/* ---- groups ------------------------------------------------------------ */

static bool is_function_word(const osl_plan_node *node)
{
    return node->kind == OSL_PLAN_UNIT && node->unit->function_word;
}

/* Beside words that say something, function words are not looked for. */
static void drop_function_words(osl_plan_node *group)
{
    bool says_something = false;
    for (const osl_plan_node *child = group->children; child;
         child = child->next)
        says_something |= child->occur <= OSL_OCCUR_MUST &&
                          child->kind != OSL_PLAN_FILTER &&
                          !is_function_word(child);
    if (!says_something)
        return;
    for (osl_plan_node **at = &group->children; *at;)
        if (is_function_word(*at))
            *at = (*at)->next;
        else
            at = &(*at)->next;
}

/* The same word typed again: its weight is added to the first. */
static bool join_repeated(const osl_node *first, osl_node *again)
{
    if (again->kind != OSL_NODE_WORD)
        return false;
    for (const osl_node *node = first; node != again; node = node->next)
        if (node->kind == OSL_NODE_WORD && node->occur == again->occur &&
            node->fields == again->fields && node->exact == again->exact &&
            osl_text_equal(node->text, again->text))
            return true;
    return false;
}

/* Takes repeated words out of the list; at most OSL_QUERY_UNITS_MAX distinct
 * words stay to be compared with. */
static void join_all_repeated(osl_node *group)
{
    osl_node *last = NULL;
    size_t kept = 0;
    for (osl_node *node = group->children; node; node = node->next) {
        if (kept > (size_t)2 * OSL_QUERY_UNITS_MAX ||
            !join_repeated(group->children, node)) {
            last = node;
            kept++;
            continue;
        }
        for (osl_node *same = group->children; same; same = same->next)
            if (same->kind == OSL_NODE_WORD && same->occur == node->occur &&
                same->fields == node->fields && same->exact == node->exact &&
                osl_text_equal(same->text, node->text)) {
                same->weight += node->weight;
                break;
            }
        last->next = node->next;
        node = last;
    }
}

/* In one bag a word of several tokens is its tokens: plain BM25 has no
 * phrases, and scores the parts of zero-one apart. The tokens behind the first become nodes behind it. */
static osl_status split_word(osl_plan *plan, osl_node *word,
                             const osl_tokens *tokens, osl_error *err)
{
    osl_text whole = word->text;
    for (size_t i = 0; i < tokens->count; i++) {
        osl_text part = {whole.bytes + tokens->starts[i],
                         tokens->ends[i] - tokens->starts[i]};
        if (i) {
            osl_node *next = osl_arena_zero(plan->arena, 1, sizeof *next);
            if (!next)
                return no_memory(err);
            *next = *word;
            word->next = next;
            word = next;
        }
        word->text = part;
    }
    return OSL_OK;
}

/* Not T-cell nor R.A.De: letters alone say nothing. */
static bool is_compound(const osl_tokens *tokens)
{
    for (size_t i = 0; i < tokens->count; i++)
        if (tokens->ends[i] - tokens->starts[i] < 2)
            return false;
    return tokens->count > 1;
}

static osl_status split_words(osl_plan *plan, osl_node *group, osl_error *err)
{
    osl_tokens tokens = {0};
    osl_status status = OSL_OK;
    for (osl_node *node = group->children; node && status == OSL_OK;
         node = node->next) {
        if (!is_plain(node) || node->occur != OSL_OCCUR_SHOULD)
            continue;
        status = osl_tokenize(plan->analyzer, node->text, &tokens, err);
        if (status == OSL_OK && is_compound(&tokens))
            status = split_word(plan, node, &tokens, err);
    }
    osl_tokens_clear(&tokens);
    return status;
}

static osl_status plan_group(osl_plan *plan, osl_node *node, double weight,
                             osl_plan_node **out, osl_error *err)
{
    osl_plan_node *group = new_node(plan, OSL_PLAN_GROUP, node->occur);
    if (!group)
        return no_memory(err);
    group->close = plan->settings.proximity;
    osl_plan_node **last = &group->children;
    const osl_node *before = NULL;
    osl_status status = show_typed(plan, node, &group->label, err);
    if (status != OSL_OK)
        return status;
    if (plan->settings.bag)
        status = split_words(plan, node, err);
    if (status != OSL_OK)
        return status;
    join_all_repeated(node);
    for (osl_node *child = node->children; child; child = child->next) {
        status =
            plan_node(plan, child, before, weight * node->weight, last, err);
        if (status != OSL_OK)
            return status;
        before = child;
        if (*last) {
            group->cost += (*last)->cost;
            last = &(*last)->next;
        }
    }
    if (plan->settings.expand && !plan->settings.bag)
        status = osl_plan_short_forms(plan, group, err);
    drop_function_words(group);
    /* A group of nothing but signs is as if it was not there. */
    *out = group->children ? group : NULL;
    return status;
}

static osl_status plan_filter(osl_plan *plan, const osl_node *node,
                              osl_plan_node **out, osl_error *err)
{
    osl_plan_node *filter = new_node(plan, OSL_PLAN_FILTER, node->occur);
    *out = filter;
    if (!filter)
        return no_memory(err);
    filter->filter = node->filter;
    filter->cost = UINT32_MAX; /* looked at last */
    filter->segment = filter->document = UINT32_MAX;
    if (node->filter.field != OSL_FILTER_DOCUMENT)
        return OSL_OK;
    osl_status status =
        osl_index_find_document(plan->index, node->filter.value,
                                &filter->segment, &filter->document, err);
    return status == OSL_ENOTFOUND ? OSL_OK : status;
}

static osl_status plan_node(osl_plan *plan, osl_node *node,
                            const osl_node *before, double weight,
                            osl_plan_node **out, osl_error *err)
{
    if (node->kind == OSL_NODE_GROUP)
        return plan_group(plan, node, weight, out, err);
    if (node->kind != OSL_NODE_FILTER)
        return plan_unit(plan, node, before, weight, out, err);
    return plan_filter(plan, node, out, err);
}

/* ---- weights ----------------------------------------------------------- */

/* Greatest sum that a paragraph can have, in units of one. */
static double greatest_sum(const osl_plan *plan)
{
    double sum = 0;
    for (size_t i = 0; i < plan->unit_count; i++) {
        const osl_unit_plan *unit = plan->units[i];
        for (unsigned f = 0; f < OSL_SCORED_FIELDS; f++)
            sum += unit->weight * plan->settings.field_weights[f] *
                   unit->source->idf[f] * (plan->settings.k1 + 1);
    }
    return sum * 2; /* closeness adds at most a quarter for each neighbour */
}

static void set_weights(osl_plan *plan)
{
    double greatest = greatest_sum(plan), most = 65000;
    plan->scale = 1;
    if (greatest > most) {
        plan->scale = most / greatest;
        osl_plan_note(plan, "the weights of the query were scaled down");
    }
    for (size_t i = 0; i < plan->unit_count; i++) {
        osl_unit_plan *unit = plan->units[i];
        unit->weight *= plan->scale;
        for (unsigned f = 0; f < OSL_SCORED_FIELDS; f++)
            unit->weights[f] =
                osl_score_weight(unit->weight * plan->settings.field_weights[f],
                                 unit->source->idf[f], plan->settings.k1);
    }
}

osl_status osl_plan_add_term(osl_plan *plan, osl_text term, double weight,
                             bool matching, osl_error *err)
{
    osl_plan_source *source;
    osl_status status = osl_plan_term(plan, term, &source, err);
    if (status != OSL_OK || plan->unit_count == OSL_QUERY_UNITS_MAX)
        return status;
    if (!plan->root)
        plan->root = new_node(plan, OSL_PLAN_GROUP, OSL_OCCUR_SHOULD);
    if (!plan->root)
        return no_memory(err);
    osl_unit_plan *unit = osl_arena_zero(plan->arena, 1, sizeof *unit);
    osl_plan_node *node = new_node(plan, OSL_PLAN_UNIT, OSL_OCCUR_SHOULD);
    if (!unit || !node)
        return no_memory(err);
    unit->source = source;
    unit->fields = OSL_IN_ALL;
    unit->weight = weight;
    unit->shown = source->term;
    unit->id = (uint32_t)plan->unit_count;
    plan->units[plan->unit_count++] = unit;
    node->unit = unit;
    node->bonus = !matching;
    node->label = unit->shown;
    for (unsigned i = 0; i < OSL_SCORED_FIELDS; i++)
        node->cost += source->df[i];
    osl_plan_node **last = &plan->root->children;
    while (*last)
        last = &(*last)->next;
    *last = node;
    return OSL_OK;
}

void osl_plan_weigh(osl_plan *plan)
{
    set_weights(plan);
}

/* ---- what is said about it --------------------------------------------- */

static bool has_added(const osl_node *node)
{
    if (node->added.length)
        return true;
    for (const osl_node *child = node->children; child; child = child->next)
        if (has_added(child))
            return true;
    return false;
}

static osl_status set_read_as(osl_plan *plan, const osl_tree *tree,
                              osl_error *err)
{
    osl_buf buf = {0};
    if (!has_added(tree->root))
        return OSL_OK;
    osl_tree_print(tree->root, &buf);
    osl_status status = osl_buf_status(&buf, "the reading of a query", err);
    osl_text text = osl_buf_text(&buf);
    if (text.length > 2 && text.bytes[0] == '(')
        text = (osl_text){text.bytes + 1, text.length - 2};
    if (status == OSL_OK && !osl_arena_text(plan->arena, text, &plan->read_as))
        status = no_memory(err);
    osl_buf_clear(&buf);
    return status;
}

static bool only_forbids(const osl_plan_node *group)
{
    for (const osl_plan_node *child = group->children; child;
         child = child->next)
        if (child->occur != OSL_OCCUR_NOT)
            return false;
    return true;
}

osl_status osl_plan_make(osl_plan *plan, osl_tree *tree, osl_error *err)
{
    for (size_t i = 0; i < tree->note_count; i++)
        osl_plan_note(plan, tree->notes[i]);
    osl_status status = plan_node(plan, tree->root, NULL, 1, &plan->root, err);
    if (status != OSL_OK)
        return status;
    if (plan->root && plan->root->kind == OSL_PLAN_GROUP &&
        only_forbids(plan->root))
        osl_plan_note(plan, "only forbidden words: every other paragraph "
                            "matches, in no order of merit");
    set_weights(plan);
    return set_read_as(plan, tree, err);
}

/* ---- printing ---------------------------------------------------------- */

static void print_source(const osl_plan_source *source, osl_buf *out)
{
    static const char *const names[] = {"", "any", "phrase", "near", "window"};
    if (source->kind == OSL_PLAN_TERM) {
        osl_buf_put_text(out, source->term);
        for (size_t i = 0; i < source->form_count; i++) {
            osl_buf_put_text(out, osl_text_of(i ? "," : "="));
            osl_buf_put_text(out, source->forms[i]);
        }
        return;
    }
    osl_buf_printf(out, "%s%s", names[source->kind],
                   source->kind == OSL_PLAN_NEAR && source->ordered ? ">" : "");
    if (source->kind >= OSL_PLAN_NEAR)
        osl_buf_printf(out, "%u", (unsigned)source->distance);
    osl_buf_put_byte(out, '(');
    for (size_t i = 0; i < source->count; i++) {
        if (i)
            osl_buf_put_byte(out, ' ');
        print_source(source->children[i], out);
    }
    osl_buf_put_byte(out, ')');
}

static void print_node(const osl_plan_node *node, unsigned depth, osl_buf *out)
{
    static const char *const occurs[] = {"wanted", "required", "forbidden",
                                         "filter"};
    osl_buf_printf(out, "%*s%s ", (int)(2 * depth), "", occurs[node->occur]);
    if (node->kind == OSL_PLAN_UNIT) {
        const osl_plan_source *source = node->unit->source;
        osl_buf_put_text(out, node->label);
        osl_buf_printf(out, ": ");
        print_source(source, out);
        osl_buf_printf(out, "  df text %llu, title %llu, section %llu\n",
                       (unsigned long long)source->df[0],
                       (unsigned long long)source->df[1],
                       (unsigned long long)source->df[2]);
        return;
    }
    if (node->kind == OSL_PLAN_FILTER) {
        osl_buf_printf(out, "%s\n", osl_filter_name(node->filter.field));
        return;
    }
    osl_buf_printf(out, "group\n");
    for (const osl_plan_node *child = node->children; child;
         child = child->next)
        print_node(child, depth + 1, out);
}

void osl_plan_print(const osl_plan *plan, osl_buf *out)
{
    if (plan->root)
        print_node(plan->root, 0, out);
}
