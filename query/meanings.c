/* SPDX-License-Identifier: MIT */
#include "query/meanings.h"

#include "core/segment/definitions.h"
#include "core/text/spelling.h"

#include <stdlib.h>
#include <string.h>

/* Words of a sense that are compared: no long form has more. */
enum { WORDS_MAX = 128, SPELLINGS_MAX = 8 };

/* ---- the senses of a short form ----------------------------------------- */

static osl_status list_terms(osl_plan *plan, osl_tokens *tokens,
                             osl_meaning *meaning, osl_error *err)
{
    osl_text text = meaning->long_form;
    osl_status status = osl_tokenize(plan->analyzer, text, tokens, err);
    size_t count = tokens->count < WORDS_MAX ? tokens->count : WORDS_MAX;
    meaning->terms =
        osl_arena_zero(plan->arena, count + 1, sizeof *meaning->terms);
    if (!meaning->terms)
        return osl_plan_no_memory(err);
    for (size_t i = 0; i < count && status == OSL_OK; i++) {
        osl_form form;
        osl_text bytes = {text.bytes + tokens->starts[i],
                          tokens->ends[i] - tokens->starts[i]};
        status = osl_resolve(plan->resolver, bytes,
                             tokens->flags[i] & OSL_TOKEN_KEY, &form, err);
        meaning->terms[i] = form.term;
        meaning->count = i + 1;
    }
    return status;
}

static int by_long_form(const void *left, const void *right)
{
    const osl_meaning *const *a = left, *const *b = right;
    return osl_text_compare((*a)->long_form, (*b)->long_form);
}

osl_status osl_meanings_find(osl_meanings **out, osl_plan *plan,
                             osl_text short_form, osl_error *err)
{
    osl_meanings *found = osl_arena_zero(plan->arena, 1, sizeof *found);
    osl_tokens tokens = {0};
    const osl_sense *senses;
    size_t count;
    if (!found || !osl_arena_text(plan->arena, short_form, &found->short_form))
        return osl_plan_no_memory(err);
    osl_status status = osl_index_senses(plan->index, found->short_form,
                                         plan->arena, &senses, &count, err);
    if (status != OSL_OK)
        return status;
    count = count < OSL_MEANINGS_MAX ? count : OSL_MEANINGS_MAX;
    found->at = osl_arena_zero(plan->arena, count + 1, sizeof *found->at);
    found->by_text =
        osl_arena_zero(plan->arena, count + 1, sizeof(osl_meaning *));
    if (!found->at || !found->by_text)
        return osl_plan_no_memory(err);
    for (size_t i = 0; i < count && status == OSL_OK; i++) {
        found->at[i] = (osl_meaning){.long_form = senses[i].long_form,
                                     .documents = senses[i].documents};
        found->by_text[i] = &found->at[i];
        status = list_terms(plan, &tokens, &found->at[i], err);
    }
    osl_tokens_clear(&tokens);
    if (status != OSL_OK)
        return status;
    qsort(found->by_text, count, sizeof(osl_meaning *), by_long_form);
    found->count = count;
    *out = found;
    return OSL_OK;
}

/* ---- which are alike ---------------------------------------------------- */

/* A word by all its terms. Senses of one short form have many words in common:
 * each is spelt once. */
typedef struct osl_spelt {
    osl_text folded;
    osl_text terms[SPELLINGS_MAX + 1];
    size_t count;
    struct osl_spelt *next;
} word;

static osl_status spell_word(osl_plan *plan, osl_meanings *meanings,
                             const osl_form *form, const word **out,
                             osl_error *err)
{
    for (*out = meanings->spelt; *out; *out = (*out)->next)
        if (osl_text_equal((*out)->folded, form->folded) &&
            osl_text_equal((*out)->terms[0], form->term))
            return OSL_OK;
    osl_text spellings[SPELLINGS_MAX];
    size_t count = 0;
    word *spelt = osl_arena_zero(plan->arena, 1, sizeof *spelt);
    if (!spelt)
        return osl_plan_no_memory(err);
    *spelt = (word){.folded = form->folded,
                    .terms = {form->term},
                    .count = 1,
                    .next = meanings->spelt};
    *out = meanings->spelt = spelt;
    if (strcmp(osl_index_get_info(plan->index)->language, "en") == 0)
        count = osl_spelling_variants(form->folded, spellings, SPELLINGS_MAX,
                                      plan->arena);
    if (count == SIZE_MAX)
        return osl_plan_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        osl_form other;
        osl_status status =
            osl_resolve(plan->resolver, spellings[i], 0, &other, err);
        if (status != OSL_OK)
            return status;
        spelt->terms[spelt->count++] = other.term;
    }
    return OSL_OK;
}

/* The words of a sense, each with its other spellings. */
static osl_status spell_words(osl_plan *plan, osl_meanings *meanings,
                              const osl_meaning *meaning, const word **words,
                              osl_error *err)
{
    osl_tokens tokens = {0};
    osl_text text = meaning->long_form;
    osl_status status = osl_tokenize(plan->analyzer, text, &tokens, err);
    for (size_t i = 0; i < meaning->count && status == OSL_OK; i++) {
        osl_form form;
        osl_text bytes = {text.bytes + tokens.starts[i],
                          tokens.ends[i] - tokens.starts[i]};
        status = osl_resolve(plan->resolver, bytes,
                             tokens.flags[i] & OSL_TOKEN_KEY, &form, err);
        if (status == OSL_OK)
            status = spell_word(plan, meanings, &form, &words[i], err);
    }
    osl_tokens_clear(&tokens);
    return status;
}

static bool has_term(const word *of, osl_text term)
{
    for (size_t i = 0; i < of->count; i++)
        if (osl_text_equal(of->terms[i], term))
            return true;
    return false;
}

/* Words that both have; each of either counts once. */
static size_t count_shared(const word *const *words, size_t count,
                           const osl_meaning *other)
{
    bool taken[WORDS_MAX] = {false};
    size_t shared = 0;
    for (size_t i = 0; i < other->count; i++)
        for (size_t n = 0; n < count; n++)
            if (!taken[n] && has_term(words[n], other->terms[i])) {
                taken[n] = true;
                shared++;
                break;
            }
    return shared;
}

/* The same words in the same order. */
static bool says_same(const word *const *words, size_t count,
                      const osl_meaning *other)
{
    bool same = count == other->count;
    for (size_t i = 0; i < count && same; i++)
        same = has_term(words[i], other->terms[i]);
    return same;
}

osl_status osl_meanings_choose(osl_meanings *meanings, osl_plan *plan, size_t n,
                               bool spelt, osl_error *err)
{
    const osl_meaning *chosen = &meanings->at[n];
    const word **words =
        osl_arena_zero(plan->arena, chosen->count + 1, sizeof *words);
    if (!words)
        return osl_plan_no_memory(err);
    osl_status status = spell_words(plan, meanings, chosen, words, err);
    for (size_t i = 0; i < meanings->count && status == OSL_OK; i++) {
        osl_meaning *other = &meanings->at[i];
        size_t most =
            other->count > chosen->count ? other->count : chosen->count;
        if (i == n || 2 * count_shared(words, chosen->count, other) > most)
            other->alike |= UINT32_C(1) << meanings->chosen;
        other->same |= spelt && says_same(words, chosen->count, other);
    }
    meanings->chosen++;
    return status;
}

/* ---- in a segment ------------------------------------------------------- */

/* A growing list of what documents say, in the arena at the end. */
typedef struct meant_list {
    osl_meant *at; /* owns */
    size_t count, capacity;
} meant_list;

static uint32_t alike_of(const osl_meanings *meanings, osl_text long_form)
{
    osl_meaning key = {.long_form = long_form};
    const osl_meaning *of = &key;
    const osl_meaning *const *found =
        meanings->count ? bsearch(&of, meanings->by_text, meanings->count,
                                  sizeof(osl_meaning *), by_long_form)
                        : NULL;
    return found ? (*found)->alike : 0;
}

static osl_status add_documents(const osl_definition_cursor *at,
                                uint32_t senses, meant_list *list,
                                osl_error *err)
{
    uint32_t document = 0;
    for (uint32_t n = 0; n < at->count; n++) {
        osl_status status = osl_definitions_document(at, n, &document, err);
        if (status != OSL_OK)
            return status;
        if (!osl_grow(&list->at, &list->capacity, list->count + 1,
                      sizeof *list->at))
            return osl_plan_no_memory(err);
        list->at[list->count++] = (osl_meant){document, senses};
    }
    return OSL_OK;
}

static int by_document(const void *left, const void *right)
{
    const osl_meant *a = left, *b = right;
    return a->document < b->document ? -1 : a->document > b->document;
}

/* A document that defines several means all of them. */
static void join_documents(meant_list *list)
{
    size_t kept = 0;
    if (list->count)
        qsort(list->at, list->count, sizeof *list->at, by_document);
    for (size_t i = 0; i < list->count; i++)
        if (kept && list->at[kept - 1].document == list->at[i].document)
            list->at[kept - 1].senses |= list->at[i].senses;
        else
            list->at[kept++] = list->at[i];
    list->count = kept;
}

osl_status osl_meanings_read(const osl_meanings *meanings,
                             const osl_segment *segment, osl_arena *arena,
                             const osl_meant **out, size_t *count,
                             osl_error *err)
{
    osl_definition_cursor at;
    meant_list list = {0};
    osl_status status =
        osl_definitions_seek(&at, segment, meanings->short_form, err);
    while (status == OSL_OK &&
           (status = osl_definitions_next(&at, err)) == OSL_OK &&
           osl_text_equal(at.short_form, meanings->short_form))
        status =
            add_documents(&at, alike_of(meanings, at.long_form), &list, err);
    if (status == OSL_END)
        status = OSL_OK;
    join_documents(&list);
    osl_meant *copy = osl_arena_zero(arena, list.count + 1, sizeof *copy);
    if (status == OSL_OK && !copy)
        status = osl_plan_no_memory(err);
    if (status == OSL_OK && list.count)
        memcpy(copy, list.at, list.count * sizeof *copy);
    *out = copy;
    *count = list.count;
    free(list.at);
    return status;
}
