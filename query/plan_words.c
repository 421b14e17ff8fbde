/* SPDX-License-Identifier: MIT
 *
 * From nodes of the tree to what they look for. In a phrase each word is a unit
 * as it is alone, so that "BCRABL1 positive" finds BCR-ABL1 positive; but what
 * a token is may depend on the text around it. */
#include "query/plan_units.h"

#include "query/scan.h"

#include <string.h>

enum { WINDOW_WORDS_MAX = 64 };

/* ---- phrases ----------------------------------------------------------- */

typedef struct parts {
    osl_plan_source **items;
    size_t count, capacity, token_count;
    osl_text before; /* the word before, where it is letters only */
} parts;

static osl_status add_part(const osl_reading *how, parts *list,
                           osl_plan_source *part)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 16;
        osl_plan_source **more =
            osl_arena_zero(how->plan->arena, capacity, sizeof(void *));
        if (!more)
            return osl_plan_no_memory(how->err);
        if (list->count)
            memcpy(more, list->items, list->count * sizeof(void *));
        list->items = more;
        list->capacity = capacity;
    }
    list->items[list->count++] = part;
    return OSL_OK;
}

/* One blank-separated word of a text: tokens [from, to) of the whole. */
typedef struct word_in_text {
    osl_text text, word;
    const osl_tokens *tokens;
    size_t from, to;
} word_in_text;

/* Tokens as they read in their context: a flattened power (× 109/L), a word
 * whose sign is none (short- and long-term). */
static osl_status plan_in_context(const osl_reading *how,
                                  const word_in_text *at, osl_plan_source **out)
{
    size_t count = at->to - at->from;
    osl_form *forms =
        osl_arena_zero(how->plan->arena, count + 1, sizeof *forms);
    if (!forms)
        return osl_plan_no_memory(how->err);
    for (size_t i = 0; i < count; i++) {
        uint32_t start = at->tokens->starts[at->from + i];
        osl_text bytes = {at->text.bytes + start,
                          at->tokens->ends[at->from + i] - start};
        osl_status status =
            osl_resolve(how->plan->resolver, bytes,
                        at->tokens->flags[at->from + i] & OSL_TOKEN_KEY,
                        &forms[i], how->err);
        if (status != OSL_OK)
            return status;
    }
    return osl_plan_read_tokens(how, forms, count, out);
}

/* Does the word alone read as it does in its context? */
static bool reads_alike(const osl_unit *unit, const word_in_text *at)
{
    if (unit->form_count != at->to - at->from)
        return false;
    for (size_t i = 0; i < unit->form_count; i++) {
        unsigned flags = at->tokens->flags[at->from + i];
        if ((flags & OSL_TOKEN_POWER) || osl_plan_is_signed(&unit->forms[i]) !=
                                             ((flags & OSL_TOKEN_SIGNED) != 0))
            return false;
    }
    return true;
}

static bool is_made_of(osl_text word, char low, char high)
{
    for (size_t i = 0; i < word.length; i++)
        if ((word.bytes[i] | 0x20) < low || (word.bytes[i] | 0x20) > high)
            return false;
    return word.length > 0;
}

/* "IL 2" is written IL2 too: letters and a figure behind them, one part. */
static osl_status join_figure(const osl_reading *how, osl_text word,
                              parts *list)
{
    enum { JOINED_MAX = 16 };
    char bytes[JOINED_MAX];
    osl_text before = list->before;
    bool letters = is_made_of(word, 'a', 'z');
    list->before = letters ? word : (osl_text){0};
    if (letters || !before.length || how->exact || list->count < 2 ||
        !is_made_of(word, '0', '9') || before.length + word.length > JOINED_MAX)
        return OSL_OK;
    memcpy(bytes, before.bytes, before.length);
    memcpy(bytes + before.length, word.bytes, word.length);
    osl_form form;
    osl_plan_source *joined = NULL;
    osl_members m = {.how = how};
    osl_status status = osl_resolve(
        how->plan->resolver, (osl_text){bytes, before.length + word.length}, 0,
        &form, how->err);
    if (status == OSL_OK)
        status = osl_plan_term(how->plan, form.term, &joined, how->err);
    if (status != OSL_OK || !osl_plan_occurs(joined))
        return status;
    status = osl_plan_phrase(how, list->items + list->count - 2, 2,
                             &m.items[m.count++]);
    if (status != OSL_OK)
        return status;
    osl_members_add(&m, joined, (osl_text){0});
    list->count--;
    return osl_members_finish(&m, &list->items[list->count - 1]);
}

static osl_status plan_part(const osl_reading *how, const word_in_text *at,
                            parts *list)
{
    osl_plan_source *part = NULL;
    osl_unit unit;
    osl_status status = osl_unit_of_word(how->plan->resolver, at->word,
                                         how->plan->arena, &unit, how->err);
    if (status == OSL_OK)
        status = reads_alike(&unit, at)
                     ? osl_plan_read_unit(how, &unit, (osl_text){0}, &part)
                     : plan_in_context(how, at, &part);
    list->token_count += at->to - at->from;
    if (status == OSL_OK)
        status = add_part(how, list, part);
    return status == OSL_OK ? join_figure(how, at->word, list) : status;
}

static bool is_space_between(osl_text text, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (osl_scan_blank(text.bytes + i, text.bytes + text.length))
            return true;
    return false;
}

static osl_text word_around(osl_text text, size_t start, size_t end)
{
    while (start > 0 && !is_space_between(text, start - 1, start))
        start--;
    while (end < text.length && !is_space_between(text, end, end + 1))
        end++;
    return (osl_text){text.bytes + start, end - start};
}

/* The words of a text as parts, in order. */
static osl_status split_text(const osl_reading *how, osl_text text, parts *list)
{
    osl_tokens tokens = {0};
    osl_status status =
        osl_tokenize(how->plan->analyzer, text, &tokens, how->err);
    for (size_t from = 0, to; from < tokens.count && status == OSL_OK &&
                              list->count <= OSL_QUERY_PHRASE_WORDS_MAX;
         from = to) {
        to = from + 1;
        while (to < tokens.count &&
               !is_space_between(text, tokens.ends[to - 1], tokens.starts[to]))
            to++;
        word_in_text at = {
            text, word_around(text, tokens.starts[from], tokens.ends[to - 1]),
            &tokens, from, to};
        status = plan_part(how, &at, list);
    }
    osl_tokens_clear(&tokens);
    return status;
}

/* Each has its postings open in each segment. */
static void limit_phrase(osl_plan *plan, parts *list)
{
    size_t left = OSL_QUERY_PHRASE_WORDS_MAX - plan->phrase_words;
    if (list->count > left) {
        osl_plan_note(plan, "the phrases of the query have more than 4096 "
                            "words; the rest was left out");
        list->count = left;
    }
    plan->phrase_words += list->count;
}

osl_status osl_plan_read_text(const osl_reading *how, osl_text text,
                              osl_plan_source **out)
{
    parts list = {0};
    osl_status status = split_text(how, text, &list);
    *out = NULL;
    if (status == OSL_OK)
        limit_phrase(how->plan, &list);
    if (status != OSL_OK || !list.count)
        return status;
    return osl_plan_phrase(how, list.items, list.count, out);
}

/* Equal words are one class, numbered in order of their first. */
static void set_classes(const parts *list, uint32_t *classes)
{
    uint32_t next = 0;
    for (size_t i = 0; i < list->count; i++) {
        size_t j = 0;
        while (j < i && !osl_plan_same_words(list->items[i], list->items[j]))
            j++;
        classes[i] = j < i ? classes[j] : next++;
    }
}

/* "…"~n */
static osl_status plan_window(const osl_reading *how, const osl_node *node,
                              osl_plan_source **out)
{
    parts list = {0};
    osl_status status = split_text(how, node->text, &list);
    *out = NULL;
    if (status != OSL_OK || !list.count)
        return status;
    if (list.count == 1) {
        *out = list.items[0];
        return OSL_OK;
    }
    if (list.count > WINDOW_WORDS_MAX) {
        osl_plan_note(how->plan, "a phrase with ~ takes at most 64 words; the "
                                 "rest was left out");
        list.count = WINDOW_WORDS_MAX;
    }
    osl_plan_source *window =
        osl_plan_source_new(how->plan, OSL_PLAN_WINDOW, list.count);
    uint32_t *classes =
        osl_arena_zero(how->plan->arena, list.count, sizeof *classes);
    if (!window || !classes || !osl_plan_keeps_made(how->plan, window))
        return osl_plan_no_memory(how->err);
    set_classes(&list, classes);
    window->count = list.count;
    memcpy(window->children, list.items, list.count * sizeof(void *));
    window->classes = classes;
    window->distance = (uint32_t)list.token_count + (uint32_t)node->distance;
    osl_plan_settle(window);
    *out = window;
    return OSL_OK;
}

/* ---- nodes ------------------------------------------------------------- */

static osl_status keep_added(osl_plan *plan, osl_node *node, osl_buf *added,
                             osl_error *err)
{
    osl_status status = osl_buf_status(added, "the reading of a query", err);
    if (status == OSL_OK && added->length &&
        !osl_arena_text(plan->arena, osl_buf_text(added), &node->added))
        status = osl_plan_no_memory(err);
    osl_buf_clear(added);
    return status;
}

/* A flattened power typed without quotes: the × is the word before. */
static bool is_power(osl_text word, const osl_node *before)
{
    return before && before->kind == OSL_NODE_WORD && word.length > 2 &&
           memcmp(word.bytes, "10", 2) == 0 &&
           (osl_text_equal(before->text, osl_text_of("\xC3\x97")) ||
            osl_text_equal(before->text, osl_text_of("x")));
}

static osl_status plan_power(osl_plan *plan, const osl_node *node,
                             osl_plan_source **out, osl_error *err)
{
    osl_buf text = {0};
    osl_buf_printf(&text, "\xC3\x97 %.*s", (int)node->text.length,
                   node->text.bytes);
    osl_status status = osl_buf_status(&text, "a query", err);
    if (status == OSL_OK) {
        osl_reading how = {plan, false, NULL, err};
        status = osl_plan_read_text(&how, osl_buf_text(&text), out);
    }
    osl_buf_clear(&text);
    return status;
}

static osl_status plan_word(osl_plan *plan, osl_node *node,
                            const osl_node *before, osl_plan_source **out,
                            osl_error *err)
{
    osl_unit unit;
    osl_buf added = {0};
    *out = NULL;
    if (is_power(node->text, before))
        return plan_power(plan, node, out, err);
    osl_status status = osl_plan_unit_of(plan, node->text, &unit, err);
    if (status != OSL_OK || !unit.form_count)
        return status;
    osl_reading how = {plan, node->exact, &added, err};
    status = node->joined
                 ? osl_plan_read_joined(&how, &unit, out)
                 : osl_plan_read_unit(&how, &unit,
                                      unit.asks_acronym ? unit.forms[0].extra
                                                        : (osl_text){0},
                                      out);
    osl_status kept = keep_added(plan, node, &added, err);
    return status == OSL_OK ? kept : status;
}

/* Folded as the index's words are; wildcards stay. */
static osl_status fold(osl_plan *plan, osl_text text, osl_text *out,
                       osl_error *err)
{
    osl_buf folded = {0};
    size_t at = 0;
    osl_status status = OSL_OK;
    while (at < text.length && status == OSL_OK) {
        size_t from = at;
        while (at < text.length && text.bytes[at] != '*' &&
               text.bytes[at] != '?')
            at++;
        osl_form form = {0};
        if (at > from)
            status = osl_resolve(plan->resolver,
                                 (osl_text){text.bytes + from, at - from}, 0,
                                 &form, err);
        if (status == OSL_OK)
            osl_buf_put_text(&folded, form.folded);
        if (at < text.length)
            osl_buf_put_byte(&folded, (uint8_t)text.bytes[at++]);
    }
    if (status == OSL_OK)
        status = osl_buf_status(&folded, "a query", err);
    if (status == OSL_OK &&
        !osl_arena_text(plan->arena, osl_buf_text(&folded), out))
        status = osl_plan_no_memory(err);
    osl_buf_clear(&folded);
    return status;
}

/* An operator over words, phrases, or groups of alternatives. */
static osl_status plan_operator(osl_plan *plan, osl_node *node,
                                osl_plan_source **out, osl_error *err)
{
    osl_plan_source *sides[2] = {NULL, NULL};
    osl_node *child = node->children;
    *out = NULL;
    for (int i = 0; i < 2; i++, child = child->next) {
        osl_status status = osl_plan_words(plan, child, NULL, &sides[i], err);
        if (status != OSL_OK || !sides[i])
            return status;
    }
    osl_plan_source *joined = osl_plan_source_new(plan, OSL_PLAN_OPERATOR, 2);
    if (!joined || !osl_plan_keeps_made(plan, joined))
        return osl_plan_no_memory(err);
    joined->count = 2;
    joined->children[0] = sides[0];
    joined->children[1] = sides[1];
    joined->distance = (uint32_t)node->distance;
    joined->op = node->op;
    osl_plan_settle(joined);
    *out = joined;
    return OSL_OK;
}

/* (a OR b) as an operand. */
static osl_status plan_alternatives(osl_plan *plan, osl_node *node,
                                    osl_plan_source **out, osl_error *err)
{
    osl_reading how = {plan, false, NULL, err};
    osl_members m = {.how = &how};
    *out = NULL;
    for (osl_node *child = node->children; child; child = child->next) {
        osl_plan_source *source = NULL;
        osl_status status = osl_plan_words(plan, child, NULL, &source, err);
        if (status != OSL_OK)
            return status;
        if (source && m.count < OSL_MEMBERS_MAX)
            m.items[m.count++] = source;
    }
    return m.count ? osl_members_finish(&m, out) : OSL_OK;
}

osl_status osl_plan_words(osl_plan *plan, osl_node *node,
                          const osl_node *before, osl_plan_source **out,
                          osl_error *err)
{
    osl_text folded;
    osl_status status;
    osl_reading how = {plan, node->exact, NULL, err};
    switch (node->kind) {
    case OSL_NODE_WORD:
        return plan_word(plan, node, before, out, err);
    case OSL_NODE_PHRASE:
        return node->distance >= 0 ? plan_window(&how, node, out)
                                   : osl_plan_read_text(&how, node->text, out);
    case OSL_NODE_OPERATOR:
        return plan_operator(plan, node, out, err);
    case OSL_NODE_GROUP:
        return plan_alternatives(plan, node, out, err);
    case OSL_NODE_PATTERN:
        status = fold(plan, node->text, &folded, err);
        return status == OSL_OK ? osl_expand_pattern(plan, folded, out, err)
                                : status;
    case OSL_NODE_FUZZY:
        status = fold(plan, node->text, &folded, err);
        return status == OSL_OK
                   ? osl_expand_fuzzy(plan, folded, (unsigned)node->distance,
                                      out, err)
                   : status;
    default:
        *out = NULL;
        return OSL_OK;
    }
}

/* ---- the typed form ---------------------------------------------------- */

static osl_status typed_word(osl_plan *plan, osl_text word,
                             const osl_plan_source *source,
                             const osl_plan_source **out, osl_error *err)
{
    osl_unit unit;
    if (source->kind == OSL_PLAN_ANY)
        source = source->children[0];
    osl_status status = osl_plan_unit_of(plan, word, &unit, err);
    if (status != OSL_OK || unit.form_count != 1 ||
        source->kind != OSL_PLAN_TERM || source->forms ||
        !osl_text_equal(source->term, unit.forms[0].term))
        return status;
    osl_plan_source *typed = osl_plan_source_new(plan, OSL_PLAN_TERM, 0);
    osl_text *form = osl_arena_zero(plan->arena, 1, sizeof *form);
    if (!typed || !form ||
        !osl_arena_text(plan->arena, unit.forms[0].folded, form))
        return osl_plan_no_memory(err);
    typed->term = source->term;
    typed->infos = source->infos;
    typed->forms = form;
    typed->form_count = 1;
    *out = typed;
    return OSL_OK;
}

osl_status osl_plan_typed(osl_plan *plan, const osl_node *node,
                          const osl_plan_source *source,
                          const osl_plan_source **out, osl_error *err)
{
    *out = NULL;
    if (node->exact || !(node->fields & OSL_IN_TEXT) || node->joined)
        return OSL_OK;
    if (node->kind == OSL_NODE_WORD)
        return typed_word(plan, node->text, source, out, err);
    if (node->kind != OSL_NODE_PHRASE || node->distance >= 0)
        return OSL_OK;
    osl_plan_source *phrase = NULL;
    osl_reading how = {plan, true, NULL, err};
    osl_status status = osl_plan_read_text(&how, node->text, &phrase);
    *out = phrase;
    return status;
}
