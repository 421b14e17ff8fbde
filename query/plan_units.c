/* SPDX-License-Identifier: MIT
 *
 * From a typed word to a unit: the phrase of its tokens or one of its other
 * spellings (joined, split, British, American) and, of an abbreviation, what it
 * stands for; scored as one with the typed word's idf. */
#include "query/plan_units.h"

#include "core/text/spelling.h"
#include "query/meanings.h"

#include <string.h>

enum {
    SENSES_MAX = 4, /* that count wherever nothing else is meant */
    OWN_MAX = 12    /* more, that count where they are meant */
};

/* ---- members ----------------------------------------------------------- */

/* Whether `source` may be a member: else its occurrences would count twice. */
static bool has_room(const osl_members *m, const osl_plan_source *source)
{
    for (size_t i = 0; i < m->count; i++)
        if (osl_plan_same_words(m->items[i], source))
            return false;
    return m->count < OSL_MEMBERS_MAX;
}

static void show_added(const osl_members *m, osl_text shown)
{
    osl_buf *added = m->how->added;
    if (!added || !shown.length)
        return;
    if (added->length)
        osl_buf_put_text(added, osl_text_of(", "));
    osl_buf_put_text(added, shown);
}

void osl_members_add(osl_members *m, osl_plan_source *source, osl_text shown)
{
    if (!source || !osl_plan_occurs(source) || !has_room(m, source))
        return;
    m->items[m->count++] = source;
    show_added(m, shown);
}

osl_status osl_members_finish(osl_members *m, osl_plan_source **out)
{
    if (m->count == 1) {
        *out = m->items[0];
        return OSL_OK;
    }
    osl_plan_source *any =
        osl_plan_source_new(m->how->plan, OSL_PLAN_ANY, m->count);
    if (!any)
        return osl_plan_no_memory(m->how->err);
    any->count = m->count;
    memcpy(any->children, m->items, m->count * sizeof(void *));
    osl_plan_settle(any);
    *out = any;
    return OSL_OK;
}

osl_status osl_plan_phrase(const osl_reading *how,
                           osl_plan_source *const *parts, size_t count,
                           osl_plan_source **out)
{
    if (count == 1) {
        *out = parts[0];
        return OSL_OK;
    }
    osl_plan_source *phrase =
        osl_plan_source_new(how->plan, OSL_PLAN_PHRASE, count);
    if (!phrase || !osl_plan_keeps_made(how->plan, phrase))
        return osl_plan_no_memory(how->err);
    phrase->count = count;
    memcpy(phrase->children, parts, count * sizeof(void *));
    osl_plan_settle(phrase);
    *out = phrase;
    return OSL_OK;
}

/* ---- one token --------------------------------------------------------- */

bool osl_plan_is_signed(const osl_form *form)
{
    if (form->extra.length == 0)
        return false;
    char last = form->extra.bytes[form->extra.length - 1];
    return last == '+' || last == '-';
}

static bool is_member(const osl_members *m, osl_text term)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->items[i]->kind == OSL_PLAN_TERM &&
            osl_text_equal(m->items[i]->term, term))
            return true;
    return false;
}

/* The other spellings of a word, where they are asked for; they stand until
 * the next word's. */
static osl_status find_spellings(const osl_reading *how, osl_text folded,
                                 const osl_text **spellings, size_t *count)
{
    osl_plan *plan = how->plan;
    osl_last_read *last = &plan->last;
    *spellings = last->spellings;
    *count = 0;
    if (!plan->settings.expand ||
        strcmp(osl_index_get_info(plan->index)->language, "en") != 0)
        return OSL_OK;
    if (!last->folded.bytes || !osl_text_equal(last->folded, folded)) {
        last->folded = (osl_text){NULL, 0};
        last->spelling_count = osl_spelling_variants(
            folded, last->spellings, OSL_PLAN_SPELLINGS_MAX, plan->arena);
        if (last->spelling_count == SIZE_MAX)
            return osl_plan_no_memory(how->err);
        last->folded = folded; /* kept by the resolver */
    }
    *count = last->spelling_count;
    return OSL_OK;
}

static osl_status add_spellings(osl_members *m, const osl_form *form)
{
    const osl_text *spellings;
    osl_plan *plan = m->how->plan;
    osl_error *err = m->how->err;
    size_t count;
    osl_status found = find_spellings(m->how, form->folded, &spellings, &count);
    if (found != OSL_OK)
        return found;
    for (size_t i = 0; i < count; i++) {
        osl_form other;
        osl_plan_source *source = NULL;
        osl_status status =
            osl_resolve(plan->resolver, spellings[i], 0, &other, err);
        if (status != OSL_OK)
            return status;
        if (is_member(m, other.term))
            continue;
        status = osl_plan_term(plan, other.term, &source, err);
        if (status != OSL_OK)
            return status;
        osl_members_add(m, source, spellings[i]);
    }
    return OSL_OK;
}

/* The base term, or only the form that was typed. */
static osl_status plan_base(const osl_reading *how, const osl_form *form,
                            osl_plan_source **out)
{
    osl_status status = osl_plan_term(how->plan, form->term, out, how->err);
    if (status != OSL_OK || !how->exact)
        return status;
    osl_text *forms = osl_arena_zero(how->plan->arena, 1, sizeof *forms);
    if (!forms || !osl_arena_text(how->plan->arena, form->folded, forms))
        return osl_plan_no_memory(how->err);
    (*out)->forms = forms;
    (*out)->form_count = 1;
    return OSL_OK;
}

/* A token: its term, or the one that was asked for at its place (CD19+, ALL),
 * and its other spellings. `caps`: capitals ask for the acronym. */
static osl_status plan_token(const osl_reading *how, const osl_form *form,
                             bool caps, osl_plan_source **out)
{
    osl_members m = {.how = how};
    osl_status status;
    bool has_sign = osl_plan_is_signed(form);
    if (form->extra.length && !how->exact && (caps || has_sign)) {
        status = osl_plan_term(how->plan, form->extra, out, how->err);
        if (status != OSL_OK || has_sign || osl_plan_occurs(*out))
            return status;
    }
    status = plan_base(how, form, &m.items[m.count++]);
    if (status == OSL_OK && !how->exact)
        status = add_spellings(&m, form);
    return status == OSL_OK ? osl_members_finish(&m, out) : status;
}

osl_status osl_plan_read_tokens(const osl_reading *how, const osl_form *forms,
                                size_t count, osl_plan_source **out)
{
    osl_plan_source **parts =
        osl_arena_zero(how->plan->arena, count + 1, sizeof(void *));
    if (!parts)
        return osl_plan_no_memory(how->err);
    for (size_t i = 0; i < count; i++) {
        osl_status status = plan_token(how, &forms[i], false, &parts[i]);
        if (status != OSL_OK)
            return status;
    }
    return osl_plan_phrase(how, parts, count, out);
}

/* ---- one word ---------------------------------------------------------- */

/* BCRABL1 as the parts that some text has with a hyphen. */
static osl_status add_alias(osl_members *m, osl_text folded)
{
    osl_plan *plan = m->how->plan;
    const osl_text *parts;
    size_t count = 0;
    osl_status status = osl_index_alias(plan->index, folded, plan->arena,
                                        &parts, &count, m->how->err);
    if (status != OSL_OK || !count)
        return status;
    osl_plan_source *phrase,
        **terms = osl_arena_zero(plan->arena, count, sizeof(osl_plan_source *));
    if (!terms)
        return osl_plan_no_memory(m->how->err);
    for (size_t j = 0; j < count && status == OSL_OK; j++)
        status = osl_plan_term(plan, parts[j], &terms[j], m->how->err);
    if (status == OSL_OK)
        status = osl_plan_phrase(m->how, terms, count, &phrase);
    if (status == OSL_OK)
        osl_members_add(m, phrase, (osl_text){0});
    return status;
}

/* angioedema as the parts of angio-oedema. */
static osl_status add_spelled_aliases(osl_members *m, osl_text folded)
{
    const osl_text *spellings;
    size_t count;
    osl_status status = find_spellings(m->how, folded, &spellings, &count);
    for (size_t i = 0; i < count && status == OSL_OK; i++)
        status = add_alias(m, spellings[i]);
    return status;
}

/* ---- what an abbreviation stands for ----------------------------------- */

/* Sense n: a phrase scored as one with the capitals, but where a document
 * means something else by them. */
static osl_status add_sense(osl_members *m, osl_meanings *meanings, size_t n)
{
    osl_plan *plan = m->how->plan;
    osl_plan_source *source = NULL;
    osl_reading quiet = {plan, false, NULL, m->how->err};
    osl_text sense = meanings->at[n].long_form;
    osl_status status = osl_plan_read_text(&quiet, sense, &source);
    if (status != OSL_OK || !source || source->kind == OSL_PLAN_TERM ||
        !osl_plan_occurs(source) || !has_room(m, source))
        return status;
    source = osl_plan_meant(plan, source, meanings, false);
    if (!source)
        return osl_plan_no_memory(m->how->err);
    osl_buf shown = {0};
    osl_buf_put_byte(&shown, '"');
    osl_buf_put_text(&shown, sense);
    osl_buf_put_byte(&shown, '"');
    status = osl_buf_status(&shown, "the reading of a query", m->how->err);
    if (status == OSL_OK)
        osl_members_add(m, source, osl_buf_text(&shown));
    osl_buf_clear(&shown);
    return status == OSL_OK
               ? osl_meanings_choose(meanings, plan, n, true, m->how->err)
               : status;
}

/* Sense n where documents mean it, in the words that they define it by. It
 * counts with the capitals, so it needs no statistics. */
static osl_status add_own_sense(osl_members *m, osl_meanings *meanings,
                                size_t n, size_t *count)
{
    osl_plan *plan = m->how->plan;
    const osl_meaning *meaning = &meanings->at[n];
    osl_plan_source *phrase =
        osl_plan_source_new(plan, OSL_PLAN_PHRASE, meaning->count);
    if (!phrase)
        return osl_plan_no_memory(m->how->err);
    for (size_t i = 0; i < meaning->count; i++) {
        osl_plan_source *term = osl_plan_source_new(plan, OSL_PLAN_TERM, 0);
        if (!term ||
            !osl_arena_text(plan->arena, meaning->terms[i], &term->term))
            return osl_plan_no_memory(m->how->err);
        phrase->children[phrase->count++] = term;
    }
    if (!has_room(m, phrase))
        return OSL_OK;
    osl_plan_source *own = osl_plan_meant(plan, phrase, meanings, true);
    if (!own)
        return osl_plan_no_memory(m->how->err);
    m->items[m->count++] = own;
    ++*count;
    return osl_meanings_choose(meanings, plan, n, false, m->how->err);
}

/* Further senses, which are too rare to count where nobody defines them. Those
 * in other spellings of words chosen before are there already. */
static osl_status add_own_senses(osl_members *m, osl_meanings *meanings)
{
    size_t count = 0;
    osl_status status = OSL_OK;
    for (size_t n = 0; n < meanings->count && count < OWN_MAX &&
                       m->count < OSL_MEMBERS_MAX && status == OSL_OK;
         n++)
        if (!meanings->at[n].same && meanings->at[n].count > 1)
            status = add_own_sense(m, meanings, n, &count);
    if (count)
        show_added(m, osl_text_of("or as a document defines it"));
    return status;
}

/* What the texts say the capitals stand for: the sense that most documents
 * define, and others that a fifth as many do; and what else a document says
 * that they stand for in it. */
static osl_status add_senses(osl_members *m, osl_text capitals)
{
    osl_plan *plan = m->how->plan;
    osl_meanings *meanings;
    if (!plan->settings.expand)
        return OSL_OK;
    osl_status status =
        osl_meanings_find(&meanings, plan, capitals, m->how->err);
    for (size_t n = 0;
         status == OSL_OK && n < meanings->count && n < SENSES_MAX; n++)
        if (!meanings->at[n].same && meanings->at[n].documents * (uint64_t)5 >=
                                         meanings->at[0].documents)
            status = add_sense(m, meanings, n);
    return status == OSL_OK ? add_own_senses(m, meanings) : status;
}

/* ---- a unit ------------------------------------------------------------ */

osl_status osl_plan_unit_of(osl_plan *plan, osl_text word, osl_unit *out,
                            osl_error *err)
{
    osl_last_read *last = &plan->last;
    if (last->word.bytes != word.bytes || last->word.length != word.length) {
        last->word = (osl_text){NULL, 0};
        osl_status status = osl_unit_of_word(plan->resolver, word, plan->arena,
                                             &last->unit, err);
        if (status != OSL_OK)
            return status;
        last->word = word;
    }
    *out = last->unit;
    return OSL_OK;
}

static osl_status add_variants(osl_members *m, const osl_unit *unit)
{
    osl_reading quiet = {m->how->plan, false, NULL, m->how->err};
    for (size_t i = 0; i < unit->variant_count; i++) {
        osl_plan_source *variant = NULL;
        osl_status status =
            osl_plan_read_tokens(&quiet, unit->variants[i].forms,
                                 unit->variants[i].form_count, &variant);
        if (status != OSL_OK)
            return status;
        osl_members_add(m, variant, (osl_text){0});
    }
    return OSL_OK;
}

osl_status osl_plan_read_unit(const osl_reading *how, const osl_unit *unit,
                              osl_text capitals, osl_plan_source **out)
{
    osl_members m = {.how = how, .count = 1};
    bool single = unit->form_count == 1;
    osl_status status =
        single ? plan_token(how, &unit->forms[0],
                            unit->asks_acronym && !how->plan->settings.plain,
                            &m.items[0])
               : osl_plan_read_tokens(how, unit->forms, unit->form_count,
                                      &m.items[0]);
    if (status == OSL_OK && !how->exact)
        status = add_variants(&m, unit);
    if (status == OSL_OK && !how->exact && single)
        status = add_alias(&m, unit->forms[0].folded);
    if (status == OSL_OK && !how->exact && single)
        status = add_spelled_aliases(&m, unit->forms[0].folded);
    if (status == OSL_OK && !how->exact && capitals.length && m.items[0] &&
        m.items[0]->kind == OSL_PLAN_TERM)
        status = add_senses(&m, capitals);
    return status == OSL_OK ? osl_members_finish(&m, out) : status;
}

osl_status osl_plan_read_joined(const osl_reading *how, const osl_unit *unit,
                                osl_plan_source **out)
{
    osl_members m = {.how = how};
    *out = NULL;
    osl_status status = add_variants(&m, unit);
    return status == OSL_OK && m.count ? osl_members_finish(&m, out) : status;
}
