/* SPDX-License-Identifier: MIT
 *
 * The tree bound to an index: words become units with statistics, repeated
 * words one of double weight, groups keep their logic. Weights that could
 * carry a sum beyond 32 bits are all scaled down together. */
#include "query/plan.h"

#include "query/function_words.h"
#include "query/operator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const osl_field osl_scored_fields[OSL_SCORED_FIELDS] = {
    OSL_FIELD_TEXT, OSL_FIELD_TITLE, OSL_FIELD_HEADING};

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

static bool is_plain(const osl_node *node)
{
    return node->kind == OSL_NODE_WORD && node->fields == OSL_IN_ALL &&
           !node->exact && !node->joined;
}

/* What was typed of a node, in one way of writing; borrowed from it where that
 * is the word alone. */
static osl_status show_typed(osl_plan *plan, osl_node *node, osl_text *shown,
                             osl_error *err)
{
    osl_buf buf = {0};
    osl_occur occur = node->occur;
    osl_text added = node->added;
    if (is_plain(node) && node->weight == 1 && node->distance < 0) {
        *shown = node->text;
        return OSL_OK;
    }
    node->occur = OSL_OCCUR_SHOULD;
    node->added = (osl_text){0};
    osl_tree_print(node, &buf);
    node->occur = occur;
    node->added = added;
    bool good =
        !buf.failed && osl_arena_text(plan->arena, osl_buf_text(&buf), shown);
    osl_buf_clear(&buf);
    return good ? OSL_OK : osl_plan_no_memory(err);
}

/* One token, or the letters of e.g. and i.e. put together. */
static osl_text function_word_of(const osl_unit *word, char letters[8])
{
    size_t count = 0;
    if (word->form_count == 1)
        return word->forms[0].folded;
    for (size_t i = 0; i < word->form_count && i < 8; i++)
        if (word->forms[i].folded.length == 1)
            letters[count++] = word->forms[i].folded.bytes[0];
    return (osl_text){letters, count == word->form_count ? count : 0};
}

/* A word typed plainly that says nothing of a subject. */
static osl_status find_function_word(osl_plan *plan, const osl_node *node,
                                     osl_unit_plan *unit, osl_error *err)
{
    osl_unit word;
    char letters[8];
    if (!unit->plain || node->occur != OSL_OCCUR_SHOULD)
        return OSL_OK;
    osl_status status = osl_plan_unit_of(plan, node->text, &word, err);
    unit->function_word =
        status == OSL_OK && !word.asks_acronym &&
        osl_is_function_word(function_word_of(&word, letters),
                             osl_index_get_info(plan->index)->language);
    return status;
}

/* A word that comes several times where it comes is what a text is about
 * (average term frequency: Kwok 1996). */
static double burst_of(const osl_plan *plan, const osl_plan_source *source)
{
    return plan->settings.burst && source->burst > 0 ? sqrt(source->burst) : 1;
}

/* A letter, or letters with full stops: initials more often than not. */
static bool is_letters(const osl_plan_source *source)
{
    if (source->kind == OSL_PLAN_ANY)
        source = source->children[0];
    if (source->kind == OSL_PLAN_TERM)
        return source->term.length == 1 &&
               (source->term.bytes[0] < '0' || source->term.bytes[0] > '9');
    for (size_t i = 0; i < source->count; i++)
        if (!is_letters(source->children[i]))
            return false;
    return source->kind == OSL_PLAN_PHRASE;
}

static osl_status plan_unit(osl_plan *plan, osl_node *node,
                            const osl_node *before, double weight,
                            osl_plan_node **out, osl_error *err)
{
    osl_plan_source *source;
    if (plan->unit_count == OSL_QUERY_UNITS_MAX) {
        osl_plan_note(plan, "the query has more than 1024 words; the rest "
                            "was left out");
        *out = NULL;
        return OSL_OK;
    }
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
    osl_unit_plan *unit = osl_arena_zero(plan->arena, 1, sizeof *unit);
    *out = new_node(plan, OSL_PLAN_UNIT, node->occur);
    if (!unit || !*out)
        return osl_plan_no_memory(err);
    unit->source = source;
    unit->fields = node->fields;
    unit->weight = weight * node->weight * burst_of(plan, source);
    if (plan->settings.letters && is_plain(node) && is_letters(source))
        unit->weight /= 2;
    unit->again = node->again;
    unit->node = node;
    unit->id = (uint32_t)plan->unit_count;
    unit->plain = is_plain(node);
    unit->exact = node->exact;
    status = show_typed(plan, node, &unit->shown, err);
    if (status == OSL_OK && plan->settings.typed_form)
        status = osl_plan_typed(plan, node, source, &unit->typed, err);
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

static bool says_again(const osl_node *first, const osl_node *again)
{
    return first->occur == again->occur && first->fields == again->fields &&
           first->exact == again->exact &&
           osl_text_equal(first->text, again->text);
}

/* The slot of a word like `node`, or the empty one where it belongs. */
static osl_node **slot_of(osl_node **slots, size_t count, const osl_node *node)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325); /* FNV-1a */
    for (size_t i = 0; i < node->text.length; i++)
        hash = (hash ^ (unsigned char)node->text.bytes[i]) *
               UINT64_C(0x100000001B3);
    size_t at = (hash ^ hash >> 32) & (count - 1);
    while (slots[at] && !says_again(slots[at], node))
        at = (at + 1) & (count - 1);
    return &slots[at];
}

/* The same word typed again: its weight is added to the first, and it goes. */
static osl_status join_all_repeated(const osl_plan *plan, osl_node *group,
                                    osl_error *err)
{
    size_t count = 16, nodes = 0;
    for (const osl_node *node = group->children; node; node = node->next)
        nodes++;
    while (count < 2 * nodes)
        count *= 2;
    osl_node **slots = osl_arena_zero(plan->arena, count, sizeof(void *));
    if (!slots)
        return osl_plan_no_memory(err);
    for (osl_node **at = &group->children; *at;) {
        osl_node *node = *at, **slot = NULL;
        if (node->kind == OSL_NODE_WORD)
            slot = slot_of(slots, count, node);
        if (slot && *slot) {
            (*slot)->weight += node->weight;
            (*slot)->again++;
            *at = node->next;
            continue;
        }
        if (slot)
            *slot = node;
        at = &node->next;
    }
    return OSL_OK;
}

/* The tokens behind the first become nodes behind it. */
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
                return osl_plan_no_memory(err);
            *next = *word;
            word->next = next;
            word = next;
        }
        word->text = part;
    }
    return OSL_OK;
}

/* The other spellings of a word taken apart: BCRABL1 for BCR-ABL1. */
static osl_status keep_joined(osl_plan *plan, const osl_node *word,
                              osl_node **joined, osl_error *err)
{
    osl_node *node = osl_arena_zero(plan->arena, 1, sizeof *node);
    if (!node)
        return osl_plan_no_memory(err);
    *node = *word;
    node->joined = true;
    node->next = *joined;
    *joined = node;
    return OSL_OK;
}

/* - or a dash of any length, which begin with 0xE2 in UTF-8. */
static bool is_hyphen_between(osl_text word, const osl_tokens *tokens, size_t i)
{
    char c = word.bytes[tokens->ends[i - 1]];
    return tokens->ends[i - 1] < tokens->starts[i] && (c == '-' || c == '\xE2');
}

/* Not T-cell nor R.A.De: letters alone say nothing. Beside plain BM25, which
 * knows no units, not mg/m2 either: a dose is one thing. */
static bool is_compound(const osl_plan *plan, osl_text word,
                        const osl_tokens *tokens)
{
    for (size_t i = 0; i < tokens->count; i++) {
        uint32_t least = 2;
        if (i && !plan->settings.plain && !is_hyphen_between(word, tokens, i))
            least = 3;
        if (tokens->ends[i] - tokens->starts[i] < least ||
            (i && tokens->ends[i - 1] - tokens->starts[i - 1] < least))
            return false;
    }
    return tokens->count > 1;
}

/* ASCII letters: no tokeniser parts these. */
static bool is_one_token(osl_text word)
{
    bool letters = word.length <= 64;
    for (size_t i = 0; i < word.length && letters; i++)
        letters =
            (word.bytes[i] | 0x20) >= 'a' && (word.bytes[i] | 0x20) <= 'z';
    return letters;
}

/* Where plain words are scored one by one, a word of several tokens is its
 * tokens; what else it may be written as comes last. */
static osl_status split_words(osl_plan *plan, osl_node *group, osl_error *err)
{
    osl_tokens tokens = {0};
    osl_node *joined = NULL, **last = &group->children;
    osl_status status = OSL_OK;
    for (osl_node *node = *last; node && status == OSL_OK;
         last = &node->next, node = node->next) {
        if (!is_plain(node) || node->occur != OSL_OCCUR_SHOULD ||
            is_one_token(node->text))
            continue;
        status = osl_tokenize(plan->analyzer, node->text, &tokens, err);
        if (status != OSL_OK || !is_compound(plan, node->text, &tokens))
            continue;
        if (!plan->settings.plain)
            status = keep_joined(plan, node, &joined, err);
        if (status == OSL_OK)
            status = split_word(plan, node, &tokens, err);
    }
    if (status == OSL_OK)
        *last = joined;
    osl_tokens_clear(&tokens);
    return status;
}

/* Words of one stem typed again: what they add falls with each. */
static bool says_same(const osl_plan_node *a, const osl_plan_node *b)
{
    return a->kind == OSL_PLAN_UNIT && b->kind == OSL_PLAN_UNIT &&
           a->occur == b->occur && a->unit->plain && b->unit->plain &&
           osl_plan_same_words(a->unit->source, b->unit->source);
}

static void join_stems(const osl_plan *plan, osl_plan_node *group)
{
    double repeats = plan->settings.repeats;
    if (!(repeats > 0))
        return;
    for (osl_plan_node *node = group->children; node; node = node->next) {
        for (osl_plan_node **at = &node->next; *at;)
            if (says_same(node, *at)) {
                node->unit->weight += (*at)->unit->weight;
                node->unit->again += 1 + (*at)->unit->again;
                (*at)->unit->weight = 0;
                *at = (*at)->next;
            } else {
                at = &(*at)->next;
            }
        if (node->kind == OSL_PLAN_UNIT)
            node->unit->weight *=
                (repeats + 1) / (repeats + 1 + node->unit->again);
    }
}

static osl_status plan_group(osl_plan *plan, osl_node *node, double weight,
                             osl_plan_node **out, osl_error *err)
{
    osl_plan_node *group = new_node(plan, OSL_PLAN_GROUP, node->occur);
    if (!group)
        return osl_plan_no_memory(err);
    group->close = plan->settings.closeness || plan->settings.typed_form;
    osl_plan_node **last = &group->children;
    const osl_node *before = NULL;
    osl_status status = OSL_OK;
    if (plan->explained)
        status = show_typed(plan, node, &group->label, err);
    if (status != OSL_OK)
        return status;
    if (plan->settings.apart)
        status = split_words(plan, node, err);
    if (status != OSL_OK)
        return status;
    status = join_all_repeated(plan, node, err);
    if (status != OSL_OK)
        return status;
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
    if (status == OSL_OK && plan->settings.expand && !plan->settings.plain)
        status = osl_plan_short_forms(plan, group, err);
    if (plan->settings.function_words)
        drop_function_words(group);
    join_stems(plan, group);
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
        return osl_plan_no_memory(err);
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

double osl_plan_part_weight(const osl_plan *plan, unsigned part)
{
    const osl_ranking_settings *settings = &plan->settings;
    if (part == OSL_SCORED_BAG)
        return settings->bag_part;
    double rest = settings->fields ? 1 - settings->bag_part : 1;
    return rest * settings->field_weights[part];
}

static double part_k1(const osl_plan *plan, unsigned part)
{
    return part == OSL_SCORED_BAG ? plan->settings.bag_k1 : plan->settings.k1;
}

/* Greatest sum that a paragraph can have, in units of one. */
static double greatest_sum(const osl_plan *plan)
{
    double sum = 0;
    for (size_t i = 0; i < plan->unit_count; i++)
        for (unsigned part = 0; part < OSL_SCORED_PARTS; part++)
            sum += plan->units[i]->weight * osl_plan_part_weight(plan, part) *
                   plan->units[i]->source->idf[part] *
                   (part_k1(plan, part) + 1);
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
        for (unsigned part = 0; part < OSL_SCORED_PARTS; part++)
            unit->weights[part] = osl_score_weight(
                unit->weight * osl_plan_part_weight(plan, part),
                unit->source->idf[part], part_k1(plan, part));
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
        return osl_plan_no_memory(err);
    osl_unit_plan *unit = osl_arena_zero(plan->arena, 1, sizeof *unit);
    osl_plan_node *node = new_node(plan, OSL_PLAN_UNIT, OSL_OCCUR_SHOULD);
    if (!unit || !node)
        return osl_plan_no_memory(err);
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
        status = osl_plan_no_memory(err);
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

static bool is_wanted_word(const osl_plan_node *node)
{
    return node->kind == OSL_PLAN_UNIT && node->unit->plain &&
           node->occur == OSL_OCCUR_SHOULD;
}

static size_t gather_weights(const osl_plan_node *node, double *weights)
{
    size_t count = 0;
    if (is_wanted_word(node))
        weights[count++] = node->unit->weight * node->unit->source->idf[0];
    for (const osl_plan_node *child = node->children; child;
         child = child->next)
        count += gather_weights(child, weights + count);
    return count;
}

static void leave_out(osl_plan_node *node, double least)
{
    for (osl_plan_node **at = &node->children; *at;) {
        leave_out(*at, least);
        if (is_wanted_word(*at) &&
            (*at)->unit->weight * (*at)->unit->source->idf[0] < least)
            *at = (*at)->next;
        else
            at = &(*at)->next;
    }
}

static int falling(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x < *y) - (*x > *y);
}

/* A text given as a query: of its words those that say most. */
static void limit_words(osl_plan *plan)
{
    double weights[OSL_QUERY_UNITS_MAX];
    size_t count = plan->root ? gather_weights(plan->root, weights) : 0;
    if (count <= OSL_QUERY_WANTED_MAX)
        return;
    qsort(weights, count, sizeof *weights, falling);
    leave_out(plan->root, weights[OSL_QUERY_WANTED_MAX - 1]);
    osl_plan_note(plan, "the query has very many words; the 128 that say most "
                        "were looked for");
}

osl_status osl_plan_make(osl_plan *plan, osl_tree *tree, osl_error *err)
{
    for (size_t i = 0; i < tree->note_count; i++)
        osl_plan_note(plan, tree->notes[i]);
    osl_status status = plan_node(plan, tree->root, NULL, 1, &plan->root, err);
    if (status != OSL_OK)
        return status;
    limit_words(plan);
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
    static const char *const names[] = {"", "any",    "phrase",
                                        "", "window", "meant"};
    if (source->kind == OSL_PLAN_TERM) {
        osl_buf_put_text(out, source->term);
        for (size_t i = 0; i < source->form_count; i++) {
            osl_buf_put_text(out, osl_text_of(i ? "," : "="));
            osl_buf_put_text(out, source->forms[i]);
        }
        return;
    }
    bool joined = source->kind == OSL_PLAN_OPERATOR;
    osl_buf_printf(out, "%s",
                   source->own ? "own"
                   : joined    ? source->op->plan
                               : names[source->kind]);
    if (joined || source->kind == OSL_PLAN_WINDOW)
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
