/* SPDX-License-Identifier: MIT
 *
 * A term's worth is the sum over the paragraphs of their share of the scores
 * times the term's share of the paragraph's words. Terms in more than a tenth
 * of all paragraphs, function words, single letters and all that holds a
 * figure (a dose of another drug) are left out. Only additions, products and
 * quotients in a fixed order: every machine adds the same terms. */
#include "query/feedback.h"

#include "query/function_words.h"

#include <stdlib.h>

/* Left out: words in more than a tenth of all paragraphs. Few: a fiftieth. */
enum { TOKENS_MAX = 400, LETTERS_LEAST = 2, FREQUENT = 10, RARE = 50 };

/* One occurrence, later one term. */
typedef struct seen {
    osl_text term;
    uint32_t paragraph; /* which of the entries */
    double weight;
} seen;

typedef struct gathered {
    osl_plan *plan;
    seen *items; /* owns */
    size_t count, capacity;
    osl_tokens tokens;
    osl_buf text;
    osl_error *err;
} gathered;

/* ---- gathering --------------------------------------------------------- */

/* A word that can say what a paragraph is about. */
static bool is_telling(const gathered *g, const osl_form *form)
{
    if (form->folded.length < LETTERS_LEAST)
        return false;
    for (size_t i = 0; i < form->folded.length; i++)
        if (form->folded.bytes[i] >= '0' && form->folded.bytes[i] <= '9')
            return false;
    return !osl_is_function_word(form->folded,
                                 osl_index_get_info(g->plan->index)->language);
}

static osl_status gather_text(gathered *g, osl_text text, uint32_t paragraph,
                              double weight)
{
    osl_status status =
        osl_tokenize(g->plan->analyzer, text, &g->tokens, g->err);
    size_t count = g->tokens.count < TOKENS_MAX ? g->tokens.count : TOKENS_MAX;
    for (size_t i = 0; i < count && status == OSL_OK; i++) {
        osl_form form;
        osl_text bytes = {text.bytes + g->tokens.starts[i],
                          g->tokens.ends[i] - g->tokens.starts[i]};
        status = osl_resolve(g->plan->resolver, bytes,
                             g->tokens.flags[i] & OSL_TOKEN_KEY, &form, g->err);
        if (status != OSL_OK || !is_telling(g, &form))
            continue;
        if (!osl_grow(&g->items, &g->capacity, g->count + 1, sizeof *g->items))
            return osl_fail(g->err, OSL_ENOMEM,
                            "query: memory ran out for feedback");
        g->items[g->count++] =
            (seen){form.term, paragraph, weight / (double)count};
    }
    return status;
}

osl_status osl_feedback_text(const osl_plan *plan, const osl_top_entry *entry,
                             osl_buf *out, osl_error *err)
{
    const osl_segment *segment = osl_index_segment(plan->index, entry->segment);
    uint32_t ordinal = osl_segment_document_of(segment, entry->paragraph);
    osl_document_record document;
    const uint8_t *codes;
    osl_status status = osl_segment_document(segment, ordinal, &document, err);
    if (status == OSL_OK)
        status =
            osl_segment_length_codes(segment, OSL_FIELD_TITLE, &codes, err);
    if (status != OSL_OK)
        return status;
    /* A document without a title is shown by its id, which says nothing. */
    if (document.paragraph_count == 1 && codes[ordinal]) {
        osl_buf_put_text(out, document.title);
        osl_buf_put_byte(out, '\n');
    }
    status = osl_segment_text(segment, entry->paragraph, out, err);
    if (status == OSL_ENOTFOUND)
        status = OSL_OK; /* kept without texts: nothing to learn from */
    return status == OSL_OK ? osl_buf_status(out, "feedback", err) : status;
}

static osl_status gather_paragraph(gathered *g, const osl_top_entry *entry,
                                   uint32_t number, double weight)
{
    osl_buf_reset(&g->text);
    osl_status status = osl_feedback_text(g->plan, entry, &g->text, g->err);
    return status == OSL_OK
               ? gather_text(g, osl_buf_text(&g->text), number, weight)
               : status;
}

/* ---- weighing ---------------------------------------------------------- */

static int by_term(const void *a, const void *b)
{
    const seen *x = a, *y = b;
    int order = osl_text_compare(x->term, y->term);
    if (order == 0)
        order = x->paragraph < y->paragraph ? -1 : x->paragraph > y->paragraph;
    return order;
}

static int by_weight(const void *a, const void *b)
{
    const seen *x = a, *y = b;
    if (x->weight > y->weight || x->weight < y->weight)
        return x->weight > y->weight ? -1 : 1;
    return osl_text_compare(x->term, y->term);
}

/* Of the first `count` terms, by weight, those that are not too common stay:
 * OSL_FEEDBACK_TERMS at most, so that few are looked up. */
static osl_status choose(gathered *g, size_t count)
{
    size_t kept = 0;
    uint64_t all = g->plan->measures->statistics[0].count;
    for (size_t i = 0; i < count && kept < OSL_FEEDBACK_TERMS; i++) {
        uint64_t df;
        osl_status status = osl_index_df(g->plan->index, OSL_FIELD_TEXT,
                                         g->items[i].term, &df, g->err);
        if (status != OSL_OK)
            return status;
        if (df && df <= all / FREQUENT)
            g->items[kept++] = g->items[i];
    }
    g->count = kept;
    return OSL_OK;
}

/* Occurrences become terms, the weightiest first. */
static osl_status weigh(gathered *g)
{
    size_t count = 0;
    if (g->count)
        qsort(g->items, g->count, sizeof *g->items, by_term);
    for (size_t i = 0, next; i < g->count; i = next) {
        seen term = g->items[i];
        for (next = i + 1;
             next < g->count && osl_text_equal(g->items[next].term, term.term);
             next++)
            term.weight += g->items[next].weight;
        g->items[count++] = term;
    }
    if (count)
        qsort(g->items, count, sizeof *g->items, by_weight);
    return choose(g, count);
}

/* ---- adding ------------------------------------------------------------ */

/* The unit of a typed word that is this term. */
static osl_unit_plan *unit_of(osl_plan *plan, osl_text term)
{
    for (size_t i = 0; i < plan->unit_count; i++) {
        osl_unit_plan *unit = plan->units[i];
        const osl_plan_source *source = unit->source;
        if (source->kind == OSL_PLAN_ANY)
            source = source->children[0];
        if (unit->plain && source->kind == OSL_PLAN_TERM &&
            osl_text_equal(source->term, term))
            return unit;
    }
    return NULL;
}

static double typed_weight(const osl_plan *plan)
{
    double sum = 0;
    for (size_t i = 0; i < plan->unit_count; i++)
        if (!plan->units[i]->function_word)
            sum += plan->units[i]->weight;
    return sum > 0 ? sum : 1;
}

static osl_status add_terms(gathered *g, double weight, bool matching)
{
    double sum = 0, typed = typed_weight(g->plan);
    osl_status status = OSL_OK;
    for (size_t i = 0; i < g->count; i++)
        sum += g->items[i].weight;
    for (size_t i = 0; i < g->count && status == OSL_OK; i++) {
        double part = weight * typed * g->items[i].weight / sum;
        osl_unit_plan *unit = unit_of(g->plan, g->items[i].term);
        if (unit)
            unit->weight += part;
        else
            status = osl_plan_add_term(g->plan, g->items[i].term, part,
                                       matching, g->err);
    }
    return status;
}

/* The sixth power of its score: where one paragraph stands out it is the one
 * to learn from, where all are alike each is. */
static double merit_of(const osl_top_entry *entry)
{
    double score = (double)entry->score / OSL_SCORE_ONE, square = score * score;
    return square * square * square;
}

osl_status osl_feedback(osl_plan *plan, const osl_top_entry *entries,
                        size_t count, double weight, bool matching,
                        osl_error *err)
{
    gathered g = {.plan = plan, .err = err};
    osl_status status = OSL_OK;
    double scores = 0;
    for (size_t i = 0; i < count; i++)
        scores += merit_of(&entries[i]);
    for (size_t i = 0; i < count && status == OSL_OK; i++)
        status =
            gather_paragraph(&g, &entries[i], (uint32_t)i,
                             scores > 0 ? merit_of(&entries[i]) / scores : 1);
    if (status == OSL_OK)
        status = weigh(&g);
    if (status == OSL_OK)
        status = add_terms(&g, weight, matching);
    if (status == OSL_OK)
        osl_plan_weigh(plan);
    osl_tokens_clear(&g.tokens);
    osl_buf_clear(&g.text);
    free(g.items);
    return status;
}

bool osl_feedback_fits(const osl_plan *plan)
{
    const osl_plan_node *node = plan->root && plan->root->kind == OSL_PLAN_GROUP
                                    ? plan->root->children
                                    : NULL;
    while (node && (node->kind != OSL_PLAN_UNIT || !node->unit->plain ||
                    node->occur != OSL_OCCUR_SHOULD))
        node = node->next;
    return node != NULL;
}

static uint64_t reach_of(const osl_plan_node *node)
{
    uint64_t reach = 0;
    if (node->kind == OSL_PLAN_FILTER)
        return UINT32_MAX;
    if (node->kind == OSL_PLAN_UNIT)
        return node->cost;
    for (const osl_plan_node *child = node->children; child;
         child = child->next)
        reach += child->occur == OSL_OCCUR_NOT ? 0 : reach_of(child);
    return reach;
}

bool osl_feedback_widens(const osl_plan *plan)
{
    uint64_t few = plan->measures->statistics[0].count / RARE;
    few = few < plan->settings.few ? few : plan->settings.few;
    return plan->root && reach_of(plan->root) <= few;
}
