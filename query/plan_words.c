/* SPDX-License-Identifier: MIT
 *
 * From what was typed to terms. A typed word is one unit: the phrase of its
 * tokens or one of its other spellings (joined, split, British, American),
 * scored as one with the typed word's idf. In a phrase each word is such a
 * unit, so that "BCRABL1 positive" finds BCR-ABL1 positive. */
#include "query/plan.h"

#include "core/text/spelling.h"
#include "query/meanings.h"
#include "query/scan.h"

#include <string.h>

enum {
    MEMBERS_MAX = 32,
    SENSES_MAX = 4, /* that count wherever nothing else is meant */
    OWN_MAX = 12,   /* more, that count where they are meant */
    WINDOW_WORDS_MAX = 64
};

/* How words are to be read, passed down. */
typedef struct reading {
    osl_plan *plan;
    bool exact;     /* this form, not its stem */
    osl_buf *added; /* other spellings, for the "read as" line; may be NULL */
    osl_error *err;
} reading;

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "query: memory ran out while planning");
}

/* ---- sources and their statistics -------------------------------------- */

bool osl_plan_keeps_made(osl_plan *plan, osl_plan_source *source)
{
    uint32_t segments = osl_index_get_info(plan->index)->segment_count;
    source->made = osl_arena_zero(plan->arena, segments,
                                  OSL_SCORED_FIELDS * sizeof *source->made);
    return source->made != NULL;
}

static osl_plan_source *new_source(osl_plan *plan, osl_plan_source_kind kind,
                                   size_t children)
{
    osl_plan_source *source = osl_arena_zero(plan->arena, 1, sizeof *source);
    if (!source)
        return NULL;
    source->kind = kind;
    source->children =
        osl_arena_zero(plan->arena, children + 1, sizeof(osl_plan_source *));
    return source->children ? source : NULL;
}

bool osl_plan_occurs(const osl_plan_source *source)
{
    return source && (source->df[0] || source->df[1] || source->df[2]);
}

/* ANY: the first child is what was typed; where it does not occur, the child
 * that occurs most stands for it. */
static void settle_any(osl_plan_source *source, unsigned field)
{
    const osl_plan_source *best = source->children[0];
    for (size_t i = 1; i < source->count && !source->children[0]->df[field];
         i++)
        if (source->children[i]->df[field] > best->df[field])
            best = source->children[i];
    source->df[field] = best->df[field];
    source->idf[field] = best->idf[field];
    if (field == 0)
        source->burst = best->burst;
}

static void settle_all(osl_plan_source *source, unsigned field)
{
    uint64_t least = UINT64_MAX;
    double sum = 0;
    for (size_t i = 0; i < source->count; i++) {
        const osl_plan_source *child = source->children[i];
        least = child->df[field] < least ? child->df[field] : least;
        sum += child->idf[field];
    }
    source->df[field] = least;
    source->idf[field] = sum;
}

void osl_plan_settle(osl_plan_source *source)
{
    for (unsigned field = 0; field < OSL_SCORED_PARTS; field++)
        if (source->kind == OSL_PLAN_ANY)
            settle_any(source, field);
        else if (source->kind != OSL_PLAN_TERM)
            settle_all(source, field);
}

/* ---- members ----------------------------------------------------------- */

typedef struct members {
    const reading *how;
    osl_plan_source *items[MEMBERS_MAX];
    size_t count;
} members;

bool osl_plan_same_words(const osl_plan_source *a, const osl_plan_source *b)
{
    if (a->kind == OSL_PLAN_MEANT)
        return osl_plan_same_words(a->children[0], b);
    if (b->kind == OSL_PLAN_MEANT)
        return osl_plan_same_words(a, b->children[0]);
    if (a->kind != b->kind || a->count != b->count)
        return false;
    if (a->kind == OSL_PLAN_TERM)
        return osl_text_equal(a->term, b->term);
    for (size_t i = 0; i < a->count; i++)
        if (!osl_plan_same_words(a->children[i], b->children[i]))
            return false;
    return true;
}

/* Whether `source` may be a member: else its occurrences would count twice. */
static bool has_room(const members *m, const osl_plan_source *source)
{
    for (size_t i = 0; i < m->count; i++)
        if (osl_plan_same_words(m->items[i], source))
            return false;
    return m->count < MEMBERS_MAX;
}

static void show_added(const members *m, osl_text shown)
{
    osl_buf *added = m->how->added;
    if (!added || !shown.length)
        return;
    if (added->length)
        osl_buf_put_text(added, osl_text_of(", "));
    osl_buf_put_text(added, shown);
}

/* Adds a member beside what was typed: only where it occurs. */
static void add_member(members *m, osl_plan_source *source, osl_text shown)
{
    if (!source || !osl_plan_occurs(source) || !has_room(m, source))
        return;
    m->items[m->count++] = source;
    show_added(m, shown);
}

static osl_status finish_members(members *m, osl_plan_source **out)
{
    if (m->count == 1) {
        *out = m->items[0];
        return OSL_OK;
    }
    osl_plan_source *any = new_source(m->how->plan, OSL_PLAN_ANY, m->count);
    if (!any)
        return no_memory(m->how->err);
    any->count = m->count;
    memcpy(any->children, m->items, m->count * sizeof(void *));
    osl_plan_settle(any);
    *out = any;
    return OSL_OK;
}

static osl_status make_phrase(const reading *how, osl_plan_source *const *parts,
                              size_t count, osl_plan_source **out)
{
    if (count == 1) {
        *out = parts[0];
        return OSL_OK;
    }
    osl_plan_source *phrase = new_source(how->plan, OSL_PLAN_PHRASE, count);
    if (!phrase)
        return no_memory(how->err);
    if (!osl_plan_keeps_made(how->plan, phrase))
        return no_memory(how->err);
    phrase->count = count;
    memcpy(phrase->children, parts, count * sizeof(void *));
    osl_plan_settle(phrase);
    *out = phrase;
    return OSL_OK;
}

/* ---- one token --------------------------------------------------------- */

static bool is_signed(const osl_form *form)
{
    if (form->extra.length == 0)
        return false;
    char last = form->extra.bytes[form->extra.length - 1];
    return last == '+' || last == '-';
}

static bool is_member(const members *m, osl_text term)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->items[i]->kind == OSL_PLAN_TERM &&
            osl_text_equal(m->items[i]->term, term))
            return true;
    return false;
}

/* The other spellings of a word, where they are asked for; they stand until
 * the next word's. */
static osl_status find_spellings(const reading *how, osl_text folded,
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
            return no_memory(how->err);
        last->folded = folded; /* kept by the resolver */
    }
    *count = last->spelling_count;
    return OSL_OK;
}

static osl_status add_spellings(members *m, const osl_form *form)
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
        add_member(m, source, spellings[i]);
    }
    return OSL_OK;
}

/* The base term, or only the form that was typed. */
static osl_status plan_base(const reading *how, const osl_form *form,
                            osl_plan_source **out)
{
    osl_status status = osl_plan_term(how->plan, form->term, out, how->err);
    if (status != OSL_OK || !how->exact)
        return status;
    osl_text *forms = osl_arena_zero(how->plan->arena, 1, sizeof *forms);
    if (!forms || !osl_arena_text(how->plan->arena, form->folded, forms))
        return no_memory(how->err);
    (*out)->forms = forms;
    (*out)->form_count = 1;
    return OSL_OK;
}

/* A token: its term, or the one that was asked for at its place (CD19+, ALL),
 * and its other spellings. `caps`: capitals ask for the acronym. */
static osl_status plan_token(const reading *how, const osl_form *form,
                             bool caps, osl_plan_source **out)
{
    members m = {.how = how};
    osl_status status;
    bool has_sign = is_signed(form);
    if (form->extra.length && !how->exact && (caps || has_sign)) {
        status = osl_plan_term(how->plan, form->extra, out, how->err);
        if (status != OSL_OK || has_sign || osl_plan_occurs(*out))
            return status;
    }
    status = plan_base(how, form, &m.items[m.count++]);
    if (status == OSL_OK && !how->exact)
        status = add_spellings(&m, form);
    return status == OSL_OK ? finish_members(&m, out) : status;
}

static osl_status plan_tokens(const reading *how, const osl_form *forms,
                              size_t count, osl_plan_source **out)
{
    osl_plan_source **parts =
        osl_arena_zero(how->plan->arena, count + 1, sizeof(void *));
    if (!parts)
        return no_memory(how->err);
    for (size_t i = 0; i < count; i++) {
        osl_status status = plan_token(how, &forms[i], false, &parts[i]);
        if (status != OSL_OK)
            return status;
    }
    return make_phrase(how, parts, count, out);
}

/* ---- one word ---------------------------------------------------------- */

/* BCRABL1 as the parts that some text has with a hyphen. */
static osl_status add_alias(members *m, osl_text folded)
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
        return no_memory(m->how->err);
    for (size_t j = 0; j < count && status == OSL_OK; j++)
        status = osl_plan_term(plan, parts[j], &terms[j], m->how->err);
    if (status == OSL_OK)
        status = make_phrase(m->how, terms, count, &phrase);
    if (status == OSL_OK)
        add_member(m, phrase, (osl_text){0});
    return status;
}

/* angioedema as the parts of angio-oedema. */
static osl_status add_spelled_aliases(members *m, osl_text folded)
{
    const osl_text *spellings;
    size_t count;
    osl_status status = find_spellings(m->how, folded, &spellings, &count);
    for (size_t i = 0; i < count && status == OSL_OK; i++)
        status = add_alias(m, spellings[i]);
    return status;
}

static osl_status plan_text(const reading *how, osl_text text,
                            osl_plan_source **out);

osl_plan_source *osl_plan_meant(osl_plan *plan, osl_plan_source *source,
                                const osl_meanings *meanings, bool own)
{
    osl_plan_source *meant = new_source(plan, OSL_PLAN_MEANT, 1);
    if (!meant)
        return NULL;
    meant->children[0] = source;
    meant->count = 1;
    meant->meanings = meanings;
    meant->sense = meanings->chosen;
    meant->own = own;
    osl_plan_settle(meant);
    return meant;
}

/* Sense n: a phrase scored as one with the capitals, but where a document
 * means something else by them. */
static osl_status add_sense(members *m, osl_meanings *meanings, size_t n)
{
    osl_plan *plan = m->how->plan;
    osl_plan_source *source = NULL;
    reading quiet = {plan, false, NULL, m->how->err};
    osl_text sense = meanings->at[n].long_form;
    osl_status status = plan_text(&quiet, sense, &source);
    if (status != OSL_OK || !source || source->kind == OSL_PLAN_TERM ||
        !osl_plan_occurs(source) || !has_room(m, source))
        return status;
    source = osl_plan_meant(plan, source, meanings, false);
    if (!source)
        return no_memory(m->how->err);
    osl_buf shown = {0};
    osl_buf_put_byte(&shown, '"');
    osl_buf_put_text(&shown, sense);
    osl_buf_put_byte(&shown, '"');
    status = osl_buf_status(&shown, "the reading of a query", m->how->err);
    if (status == OSL_OK)
        add_member(m, source, osl_buf_text(&shown));
    osl_buf_clear(&shown);
    return status == OSL_OK
               ? osl_meanings_choose(meanings, plan, n, true, m->how->err)
               : status;
}

/* Sense n where documents mean it, in the words that they define it by. It
 * counts with the capitals, so it needs no statistics. */
static osl_status add_own_sense(members *m, osl_meanings *meanings, size_t n,
                                size_t *count)
{
    osl_plan *plan = m->how->plan;
    const osl_meaning *meaning = &meanings->at[n];
    osl_plan_source *phrase = new_source(plan, OSL_PLAN_PHRASE, meaning->count);
    if (!phrase)
        return no_memory(m->how->err);
    for (size_t i = 0; i < meaning->count; i++) {
        osl_plan_source *term = new_source(plan, OSL_PLAN_TERM, 0);
        if (!term ||
            !osl_arena_text(plan->arena, meaning->terms[i], &term->term))
            return no_memory(m->how->err);
        phrase->children[phrase->count++] = term;
    }
    if (!has_room(m, phrase))
        return OSL_OK;
    osl_plan_source *own = osl_plan_meant(plan, phrase, meanings, true);
    if (!own)
        return no_memory(m->how->err);
    m->items[m->count++] = own;
    ++*count;
    return osl_meanings_choose(meanings, plan, n, false, m->how->err);
}

/* Further senses, which are too rare to count where nobody defines them. Those
 * in other spellings of words chosen before are there already. */
static osl_status add_own_senses(members *m, osl_meanings *meanings)
{
    size_t count = 0;
    osl_status status = OSL_OK;
    for (size_t n = 0; n < meanings->count && count < OWN_MAX &&
                       m->count < MEMBERS_MAX && status == OSL_OK;
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
static osl_status add_senses(members *m, osl_text capitals)
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

static osl_status add_variants(members *m, const osl_unit *unit)
{
    reading quiet = {m->how->plan, false, NULL, m->how->err};
    for (size_t i = 0; i < unit->variant_count; i++) {
        osl_plan_source *variant = NULL;
        osl_status status = plan_tokens(&quiet, unit->variants[i].forms,
                                        unit->variants[i].form_count, &variant);
        if (status != OSL_OK)
            return status;
        add_member(m, variant, (osl_text){0});
    }
    return OSL_OK;
}

/* `capitals`: an abbreviation that is expanded (none inside a phrase). */
static osl_status plan_unit(const reading *how, const osl_unit *unit,
                            osl_text capitals, osl_plan_source **out)
{
    members m = {.how = how, .count = 1};
    bool single = unit->form_count == 1;
    osl_status status =
        single ? plan_token(how, &unit->forms[0],
                            unit->asks_acronym && !how->plan->settings.plain,
                            &m.items[0])
               : plan_tokens(how, unit->forms, unit->form_count, &m.items[0]);
    if (status == OSL_OK && !how->exact)
        status = add_variants(&m, unit);
    if (status == OSL_OK && !how->exact && single)
        status = add_alias(&m, unit->forms[0].folded);
    if (status == OSL_OK && !how->exact && single)
        status = add_spelled_aliases(&m, unit->forms[0].folded);
    if (status == OSL_OK && !how->exact && capitals.length && m.items[0] &&
        m.items[0]->kind == OSL_PLAN_TERM)
        status = add_senses(&m, capitals);
    return status == OSL_OK ? finish_members(&m, out) : status;
}

/* Only what a word of several tokens may be written as otherwise. */
static osl_status plan_joined(const reading *how, const osl_unit *unit,
                              osl_plan_source **out)
{
    members m = {.how = how};
    *out = NULL;
    osl_status status = add_variants(&m, unit);
    return status == OSL_OK && m.count ? finish_members(&m, out) : status;
}

/* ---- phrases ----------------------------------------------------------- */

typedef struct parts {
    osl_plan_source **items;
    size_t count, capacity, token_count;
    osl_text before; /* the word before, where it is letters only */
} parts;

static osl_status add_part(const reading *how, parts *list,
                           osl_plan_source *part)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 16;
        osl_plan_source **more =
            osl_arena_zero(how->plan->arena, capacity, sizeof(void *));
        if (!more)
            return no_memory(how->err);
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
static osl_status plan_in_context(const reading *how, const word_in_text *at,
                                  osl_plan_source **out)
{
    size_t count = at->to - at->from;
    osl_form *forms =
        osl_arena_zero(how->plan->arena, count + 1, sizeof *forms);
    if (!forms)
        return no_memory(how->err);
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
    return plan_tokens(how, forms, count, out);
}

/* Does the word alone read as it does in its context? */
static bool reads_alike(const osl_unit *unit, const word_in_text *at)
{
    if (unit->form_count != at->to - at->from)
        return false;
    for (size_t i = 0; i < unit->form_count; i++) {
        unsigned flags = at->tokens->flags[at->from + i];
        if ((flags & OSL_TOKEN_POWER) ||
            is_signed(&unit->forms[i]) != ((flags & OSL_TOKEN_SIGNED) != 0))
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
static osl_status join_figure(const reading *how, osl_text word, parts *list)
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
    members m = {.how = how};
    osl_status status = osl_resolve(
        how->plan->resolver, (osl_text){bytes, before.length + word.length}, 0,
        &form, how->err);
    if (status == OSL_OK)
        status = osl_plan_term(how->plan, form.term, &joined, how->err);
    if (status != OSL_OK || !osl_plan_occurs(joined))
        return status;
    status =
        make_phrase(how, list->items + list->count - 2, 2, &m.items[m.count++]);
    if (status != OSL_OK)
        return status;
    add_member(&m, joined, (osl_text){0});
    list->count--;
    return finish_members(&m, &list->items[list->count - 1]);
}

static osl_status plan_part(const reading *how, const word_in_text *at,
                            parts *list)
{
    osl_plan_source *part = NULL;
    osl_unit unit;
    osl_status status = osl_unit_of_word(how->plan->resolver, at->word,
                                         how->plan->arena, &unit, how->err);
    if (status == OSL_OK)
        status = reads_alike(&unit, at)
                     ? plan_unit(how, &unit, (osl_text){0}, &part)
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
static osl_status split_text(const reading *how, osl_text text, parts *list)
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

static osl_status plan_text(const reading *how, osl_text text,
                            osl_plan_source **out)
{
    parts list = {0};
    osl_status status = split_text(how, text, &list);
    *out = NULL;
    if (status == OSL_OK)
        limit_phrase(how->plan, &list);
    if (status != OSL_OK || !list.count)
        return status;
    return make_phrase(how, list.items, list.count, out);
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
static osl_status plan_window(const reading *how, const osl_node *node,
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
        new_source(how->plan, OSL_PLAN_WINDOW, list.count);
    uint32_t *classes =
        osl_arena_zero(how->plan->arena, list.count, sizeof *classes);
    if (!window || !classes || !osl_plan_keeps_made(how->plan, window))
        return no_memory(how->err);
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
        status = no_memory(err);
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
        reading how = {plan, false, NULL, err};
        status = plan_text(&how, osl_buf_text(&text), out);
    }
    osl_buf_clear(&text);
    return status;
}

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
    reading how = {plan, node->exact, &added, err};
    status = node->joined ? plan_joined(&how, &unit, out)
                          : plan_unit(&how, &unit,
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
        status = no_memory(err);
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
    osl_plan_source *joined = new_source(plan, OSL_PLAN_OPERATOR, 2);
    if (!joined || !osl_plan_keeps_made(plan, joined))
        return no_memory(err);
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
    reading how = {plan, false, NULL, err};
    members m = {.how = &how};
    *out = NULL;
    for (osl_node *child = node->children; child; child = child->next) {
        osl_plan_source *source = NULL;
        osl_status status = osl_plan_words(plan, child, NULL, &source, err);
        if (status != OSL_OK)
            return status;
        if (source && m.count < MEMBERS_MAX)
            m.items[m.count++] = source;
    }
    return m.count ? finish_members(&m, out) : OSL_OK;
}

osl_status osl_plan_words(osl_plan *plan, osl_node *node,
                          const osl_node *before, osl_plan_source **out,
                          osl_error *err)
{
    osl_text folded;
    osl_status status;
    reading how = {plan, node->exact, NULL, err};
    switch (node->kind) {
    case OSL_NODE_WORD:
        return plan_word(plan, node, before, out, err);
    case OSL_NODE_PHRASE:
        return node->distance >= 0 ? plan_window(&how, node, out)
                                   : plan_text(&how, node->text, out);
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
    osl_plan_source *typed = new_source(plan, OSL_PLAN_TERM, 0);
    osl_text *form = osl_arena_zero(plan->arena, 1, sizeof *form);
    if (!typed || !form ||
        !osl_arena_text(plan->arena, unit.forms[0].folded, form))
        return no_memory(err);
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
    reading how = {plan, true, NULL, err};
    osl_status status = plan_text(&how, node->text, &phrase);
    *out = phrase;
    return status;
}
