/* SPDX-License-Identifier: MIT
 *
 * Long forms that were typed as plain words: for "mild cognitive impairment"
 * a text may say MCI. For each run of neighbouring plain words, its initials
 * are looked up among the abbreviations that the texts define; where a sense
 * says just these words, the abbreviation counts as each of them, with each
 * word's own idf: a paragraph with MCI says mild, and cognitive, and
 * impairment, and never weighs more than one that spells it out. */
#include "query/meanings.h"

#include <string.h>

enum { RUN_MAX = 6, SENSES_MAX = 8 };

typedef struct run {
    osl_plan *plan;
    osl_plan_node *nodes[RUN_MAX];
    size_t count;
    char initials[RUN_MAX];
} run;

/* What was typed, without what was added to it. */
static const osl_plan_source *typed_term(const osl_plan_node *node)
{
    const osl_plan_source *source = node->unit->source;
    if (source->kind == OSL_PLAN_ANY)
        source = source->children[0];
    return source->kind == OSL_PLAN_TERM ? source : NULL;
}

static bool can_run(const osl_plan_node *node)
{
    return node && node->kind == OSL_PLAN_UNIT && node->unit->plain &&
           node->occur != OSL_OCCUR_NOT && typed_term(node) &&
           ((node->unit->shown.bytes[0] | 0x20) >= 'a' &&
            (node->unit->shown.bytes[0] | 0x20) <= 'z');
}

/* Do the words of `sense` have the terms of the run? */
static osl_status says(const run *words, osl_text sense, bool *same,
                       osl_error *err)
{
    osl_tokens tokens = {0};
    osl_status status =
        osl_tokenize(words->plan->analyzer, sense, &tokens, err);
    *same = status == OSL_OK && tokens.count == words->count;
    for (size_t i = 0; *same && i < tokens.count; i++) {
        osl_form form;
        osl_text bytes = {sense.bytes + tokens.starts[i],
                          tokens.ends[i] - tokens.starts[i]};
        status = osl_resolve(words->plan->resolver, bytes,
                             tokens.flags[i] & OSL_TOKEN_KEY, &form, err);
        *same = status == OSL_OK &&
                osl_text_equal(form.term, typed_term(words->nodes[i])->term);
    }
    osl_tokens_clear(&tokens);
    return status;
}

/* Is the run a sense of its own initials? *sense is its place among them. */
static osl_status is_long_form(const run *words, bool *is, size_t *sense,
                               osl_error *err)
{
    osl_text initials = {words->initials, words->count};
    const osl_sense *senses;
    size_t count;
    osl_status status = osl_index_senses(
        words->plan->index, initials, words->plan->arena, &senses, &count, err);
    *is = false;
    for (size_t n = 0; status == OSL_OK && n < count && n < SENSES_MAX && !*is;
         n++) {
        status = says(words, senses[n].long_form, is, err);
        *sense = n;
    }
    return status;
}

/* `source` or the abbreviation, as one. */
static osl_status add_member(osl_plan *plan, osl_unit_plan *unit,
                             osl_plan_source *short_form, osl_error *err)
{
    const osl_plan_source *source = unit->source;
    size_t count = source->kind == OSL_PLAN_ANY ? source->count : 1;
    osl_plan_source *any = osl_plan_source_new(plan, OSL_PLAN_ANY, count + 1);
    if (!any)
        return osl_plan_no_memory(err);
    if (source->kind == OSL_PLAN_ANY)
        memcpy(any->children, source->children, count * sizeof(void *));
    else
        any->children[0] = (osl_plan_source *)source;
    any->children[count] = short_form;
    any->count = count + 1;
    osl_plan_settle(any);
    unit->source = any;
    return OSL_OK;
}

static osl_status say_added(osl_plan *plan, osl_node *node, osl_text words,
                            osl_error *err)
{
    osl_buf added = {0};
    osl_buf_put_text(&added, node->added);
    if (added.length)
        osl_buf_put_text(&added, osl_text_of(", "));
    osl_buf_put_text(&added, words);
    osl_status status = osl_buf_status(&added, "the reading of a query", err);
    if (status == OSL_OK &&
        !osl_arena_text(plan->arena, osl_buf_text(&added), &node->added))
        status = osl_plan_no_memory(err);
    osl_buf_clear(&added);
    return status;
}

/* The short form counts where a document does not say that it means something
 * else. */
static osl_status take(const run *words, size_t sense, osl_error *err)
{
    osl_plan *plan = words->plan;
    osl_text initials = {words->initials, words->count};
    osl_plan_source *short_form = NULL;
    osl_meanings *meanings;
    osl_status status = osl_plan_term(plan, initials, &short_form, err);
    if (status != OSL_OK || !osl_plan_occurs(short_form))
        return status;
    status = osl_meanings_find(&meanings, plan, initials, err);
    if (status != OSL_OK)
        return status;
    short_form = osl_plan_meant(plan, short_form, meanings, false);
    if (!short_form)
        return osl_plan_no_memory(err);
    status = osl_meanings_choose(meanings, plan, sense, true, err);
    for (size_t i = 0; i < words->count && status == OSL_OK; i++)
        status = add_member(plan, words->nodes[i]->unit, short_form, err);
    if (status == OSL_OK)
        status = say_added(plan, words->nodes[words->count - 1]->unit->node,
                           initials, err);
    return status;
}

/* The longest run from `node` on that is a long form. */
static osl_status look_from(osl_plan *plan, osl_plan_node *node, size_t *taken,
                            osl_error *err)
{
    run words = {.plan = plan};
    for (; words.count < RUN_MAX && can_run(node); node = node->next) {
        char first = node->unit->shown.bytes[0];
        bool small = first >= 'a';
        words.initials[words.count] = (char)(small ? first - 'a' + 'A' : first);
        words.nodes[words.count++] = node;
    }
    for (*taken = 0; words.count > 1; words.count--) {
        bool is;
        size_t sense = 0;
        osl_status status = is_long_form(&words, &is, &sense, err);
        if (status == OSL_OK && is) {
            *taken = words.count;
            return take(&words, sense, err);
        }
        if (status != OSL_OK)
            return status;
    }
    return OSL_OK;
}

osl_status osl_plan_short_forms(osl_plan *plan, osl_plan_node *group,
                                osl_error *err)
{
    size_t skip = 0;
    for (osl_plan_node *node = group->children; node; node = node->next) {
        size_t taken = 0;
        osl_status status = OSL_OK;
        if (skip)
            skip--;
        else
            status = look_from(plan, node, &taken, err);
        if (status != OSL_OK)
            return status;
        skip += taken ? taken - 1 : 0;
    }
    return OSL_OK;
}
