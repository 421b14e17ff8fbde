/* SPDX-License-Identifier: MIT */
#include "indexer/terms.h"

#include "core/base/bytes.h"
#include "core/base/pages.h"
#include "indexer/crew.h"
#include "indexer/turns.h"

#include <string.h>

/* Forms that a thread resolves before their terms are looked up. */
enum { SHARE = 1024 };

/* One (term, form). */
typedef struct use {
    uint32_t form;
    bool is_extra;
} use;

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while resolving terms");
    return OSL_ENOMEM;
}

void osl_terms_end_resolving(osl_terms *terms)
{
    for (unsigned i = 0; i < terms->resolver_count; i++)
        if (terms->resolvers[i] != terms->shared)
            osl_resolver_forget(terms->resolvers[i]);
}

void osl_terms_clear(osl_terms *terms)
{
    osl_strings_clear(&terms->terms);
    free(terms->texts);
    free(terms->text_starts);
    free(terms->is_plain);
    free(terms->forms);
    free(terms->folded);
    free(terms->are_terms);
    free(terms->counts);
    free(terms->list_starts);
    free(terms->lists);
    for (unsigned i = 0; i < terms->resolver_count; i++)
        if (terms->resolvers[i] != terms->shared)
            osl_resolver_free(terms->resolvers[i]);
    free((void *)terms->resolvers);
    *terms = (osl_terms){0};
}

/* ---- resolving ---------------------------------------------------------- */

typedef struct resolving {
    osl_terms *terms;
    const osl_strings *forms;
    uint32_t next; /* form; guarded by the turns' lock */
    osl_turns turns;
} resolving;

/* Forms [from, to) of one share that occur: their terms, and which have a
 * second one. */
typedef struct share {
    uint32_t from, to;
    uint64_t turn;
    uint32_t forms[SHARE], ids[SHARE], extra_forms[SHARE];
    osl_text terms[SHARE], extras[SHARE];
    uint32_t count, extra_count;
} share;

/* Forms that are resolved together. */
enum { GROUP = 64 };
typedef struct group {
    uint32_t forms[GROUP];
    osl_text texts[GROUP];
    uint8_t flags[GROUP];
    osl_form means[GROUP];
    size_t count;
} group;

static bool take_share(resolving *r, share *s)
{
    uint32_t count = r->forms->count;
    osl_turns_lock(&r->turns);
    s->from = r->next;
    s->to = r->next = count - s->from < SHARE ? count : s->from + SHARE;
    bool found = s->to > s->from;
    if (found)
        s->turn = osl_turns_take(&r->turns);
    osl_turns_unlock(&r->turns);
    return found;
}

static void take_form(const resolving *r, share *s, uint32_t form,
                      const osl_form *means)
{
    r->terms->folded[form] = means->folded;
    r->terms->are_terms[form] = osl_text_equal(means->folded, means->term);
    s->forms[s->count] = form;
    s->terms[s->count++] = means->term;
    if (means->extra.length == 0 || osl_text_equal(means->extra, means->term))
        return;
    s->extra_forms[s->extra_count] = form;
    s->extras[s->extra_count++] = means->extra;
}

static osl_status resolve_group(const resolving *r, share *s, group *of,
                                osl_resolver *resolver, osl_error *err)
{
    osl_status status = osl_resolve_all(resolver, of->texts, of->flags,
                                        of->count, of->means, err);
    for (size_t i = 0; i < of->count && status == OSL_OK; i++)
        take_form(r, s, of->forms[i], &of->means[i]);
    of->count = 0;
    return status;
}

static osl_status resolve_share(const resolving *r, share *s,
                                osl_resolver *resolver, osl_error *err)
{
    const osl_lexicon *lexicon = r->terms->lexicon;
    osl_status status = OSL_OK;
    group together = {0};
    s->count = s->extra_count = 0;
    for (uint32_t i = s->from; i < s->to && status == OSL_OK; i++) {
        if (r->terms->counts[i] == 0)
            continue;
        const osl_form *met = lexicon ? osl_lexicon_find(lexicon, i) : NULL;
        if (met) {
            take_form(r, s, i, met);
            continue;
        }
        together.forms[together.count] = i;
        together.texts[together.count] = osl_strings_text(r->forms, i);
        together.flags[together.count++] =
            (uint8_t)osl_strings_flag(r->forms, i);
        if (together.count == GROUP)
            status = resolve_group(r, s, &together, resolver, err);
    }
    return status == OSL_OK ? resolve_group(r, s, &together, resolver, err)
                            : status;
}

/* In turn: the terms get their numbers. */
static bool add_share(resolving *r, share *s)
{
    osl_form_terms *forms = r->terms->forms;
    osl_strings *terms = &r->terms->terms;
    if (!osl_strings_add_texts(terms, s->terms, s->count, s->ids))
        return false;
    for (uint32_t i = 0; i < s->count; i++)
        forms[s->forms[i]] = (osl_form_terms){s->ids[i], OSL_TERM_NONE, 0, 0};
    if (!osl_strings_add_texts(terms, s->extras, s->extra_count, s->ids))
        return false;
    for (uint32_t i = 0; i < s->extra_count; i++)
        forms[s->extra_forms[i]].extra = s->ids[i];
    return true;
}

static osl_status resolve_shares(void *user, unsigned worker, osl_error *err)
{
    resolving *r = user;
    osl_status status = OSL_OK;
    share *s = calloc(1, sizeof *s);
    if (!s)
        return no_memory(err);
    while (status == OSL_OK && take_share(r, s)) {
        status = resolve_share(r, s, r->terms->resolvers[worker], err);
        osl_turns_begin(&r->turns, s->turn);
        if (status == OSL_OK && !add_share(r, s))
            status = no_memory(err);
        osl_turns_end(&r->turns);
    }
    free(s);
    return status;
}

static osl_status resolve_all(osl_terms *terms, const osl_batch *batch,
                              osl_field field, unsigned size, osl_error *err)
{
    resolving r = {.terms = terms, .forms = &batch->fields[field].forms};
    unsigned most = r.forms->count / (4 * SHARE) + 1;
    size = size == 0 ? 1 : size < most ? size : most;
    terms->resolvers = (osl_resolver **)calloc(size, sizeof(osl_resolver *));
    if (!terms->resolvers)
        return no_memory(err);
    while (terms->resolver_count < size) {
        osl_resolver **own = &terms->resolvers[terms->resolver_count];
        osl_status status = OSL_OK;
        if (terms->resolver_count == 0 && terms->shared)
            *own = terms->shared;
        else
            status = osl_resolver_new(own, batch->analyzer, err);
        if (status != OSL_OK)
            return status;
        terms->resolver_count++;
        /* Tables that need not grow are touched but once. */
        uint32_t met = terms->lexicon ? terms->lexicon->count : 0;
        uint32_t more = met < r.forms->count ? r.forms->count - met : 0;
        if (!osl_resolver_reserve(*own, more / size + SHARE))
            return no_memory(err);
    }
    if (!osl_strings_reserve(&terms->terms, r.forms->count) ||
        !osl_turns_init(&r.turns))
        return no_memory(err);
    osl_status status = osl_crew_run(size, resolve_shares, NULL, &r, err);
    osl_turns_clear(&r.turns);
    return status;
}

/* ---- ranks -------------------------------------------------------------- */

/* Texts that are fetched before they are copied. */
enum { NEAR = 16, FAR = 32 };

/* The terms' texts in their order, so that who goes through them finds them
 * side by side. */
static bool copy_texts(osl_terms *terms, const uint32_t *order)
{
    uint32_t count = terms->count;
    uint64_t at = 0;
    terms->texts = osl_pages_take(terms->terms.heap.length + 1, 1);
    terms->text_starts =
        malloc(((size_t)count + 1) * sizeof *terms->text_starts);
    if (!terms->texts || !terms->text_starts)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (count - i > FAR)
            __builtin_prefetch(&terms->terms.entries[order[i + FAR]]);
        if (count - i > NEAR)
            __builtin_prefetch(
                osl_strings_text(&terms->terms, order[i + NEAR]).bytes);
        osl_text text = osl_strings_text(&terms->terms, order[i]);
        terms->text_starts[i] = at;
        osl_copy_few(terms->texts + at, text.bytes, text.length);
        at += text.length;
    }
    terms->text_starts[count] = at;
    return true;
}

/* Numbers of terms become ranks; the table of terms is gone then. */
static osl_status rank_terms(osl_terms *terms, uint32_t form_count,
                             osl_error *err)
{
    terms->count = terms->terms.count;
    size_t size = ((size_t)terms->count + 1) * sizeof(uint32_t);
    uint32_t *places = malloc(size), *order = malloc(size);
    for (uint32_t i = 0; order && i < terms->count; i++)
        order[i] = i;
    if (!places || !order ||
        !osl_strings_sort(&terms->terms, order, terms->count) ||
        !copy_texts(terms, order)) {
        free(places);
        free(order);
        return no_memory(err);
    }
    for (uint32_t i = 0; i < terms->count; i++)
        places[order[i]] = i;
    for (uint32_t i = 0; i < form_count; i++) {
        osl_form_terms *form = &terms->forms[i];
        if (terms->counts[i] == 0)
            continue;
        form->base = places[form->base];
        if (form->extra != OSL_TERM_NONE)
            form->extra = places[form->extra];
    }
    free(places);
    free(order);
    osl_strings_clear(&terms->terms);
    return OSL_OK;
}

/* ---- lists of forms ----------------------------------------------------- */

/* A folded form of the term at hand. */
typedef struct local {
    osl_text folded;
    uint64_t count;
    uint32_t use, form; /* one that is folded so */
} local;

static int by_text(const void *left, const void *right)
{
    const local *a = left, *b = right;
    int order = osl_text_compare(a->folded, b->folded);
    return order != 0 ? order : a->use < b->use ? -1 : a->use > b->use;
}

/* Most terms have two or three forms. */
static void sort_locals(local *locals, size_t count)
{
    enum { FEW = 8 };
    if (count > FEW) {
        qsort(locals, count, sizeof *locals, by_text);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        const local one = locals[i];
        size_t at = i;
        for (; at > 0 && by_text(&locals[at - 1], &one) > 0; at--)
            locals[at] = locals[at - 1];
        locals[at] = one;
    }
}

static int by_falling_count(const void *left, const void *right)
{
    const local *a = left, *b = right;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return osl_text_compare(a->folded, b->folded);
}

static void set_local(osl_terms *terms, const use *of, uint32_t number)
{
    osl_form_terms *form = &terms->forms[of->form];
    if (of->is_extra)
        form->extra_local = number;
    else
        form->base_local = number;
}

/* The `count` uses of one term: its list from `list` on, and the places of
 * forms in it; returns how many it has. `locals` has room for two a use. */
static uint32_t fill_list(osl_terms *terms, const use *uses, uint32_t count,
                          uint32_t *list, local *locals)
{
    local *merged = locals + count;
    uint32_t distinct = 0;
    if (count == 1) {
        list[0] = uses[0].form;
        set_local(terms, &uses[0], 0);
        return 1;
    }
    for (uint32_t i = 0; i < count; i++)
        locals[i] = (local){terms->folded[uses[i].form],
                            terms->counts[uses[i].form], i, uses[i].form};
    sort_locals(locals, count);
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || !osl_text_equal(locals[i].folded, locals[i - 1].folded)) {
            merged[distinct] = locals[i];
            merged[distinct++].use = i;
            continue;
        }
        merged[distinct - 1].count += locals[i].count;
    }
    if (distinct > 1)
        qsort(merged, distinct, sizeof *merged, by_falling_count);
    for (uint32_t n = 0; n < distinct; n++) {
        list[n] = merged[n].form;
        for (uint32_t i = merged[n].use;
             i < count && osl_text_equal(locals[i].folded, merged[n].folded);
             i++)
            set_local(terms, &uses[locals[i].use], n);
    }
    return distinct;
}

/* Uses dealt out to terms: those of a rank end at ends[rank]. */
static void deal_uses(const osl_terms *terms, uint32_t form_count,
                      uint32_t *ends, use *uses)
{
    for (uint32_t i = 0; i < form_count; i++) {
        const osl_form_terms *form = &terms->forms[i];
        if (terms->counts[i] == 0)
            continue;
        ends[form->base]++;
        if (form->extra != OSL_TERM_NONE)
            ends[form->extra]++;
    }
    uint32_t start = 0;
    for (uint32_t rank = 0; rank < terms->count; rank++) {
        uint32_t here = ends[rank];
        ends[rank] = start;
        start += here;
    }
    for (uint32_t i = 0; i < form_count; i++) {
        const osl_form_terms *form = &terms->forms[i];
        if (terms->counts[i] == 0)
            continue;
        uses[ends[form->base]++] = (use){i, false};
        if (form->extra != OSL_TERM_NONE)
            uses[ends[form->extra]++] = (use){i, true};
    }
}

/* What is asked of the forms of uses that come soon; they stand in any order. */
static void fetch_uses(const osl_terms *terms, const use *uses, size_t count,
                       size_t from, size_t end)
{
    for (size_t i = from + FAR; i < end + FAR && i < count; i++) {
        __builtin_prefetch(&terms->folded[uses[i].form]);
        __builtin_prefetch(&terms->counts[uses[i].form]);
    }
    for (size_t i = from + NEAR; i < end + NEAR && i < count; i++)
        __builtin_prefetch(terms->folded[uses[i].form].bytes);
}

/* Gives each term its list of distinct folded forms, and each form its place
 * in it. */
static bool fill_lists(osl_terms *terms, const uint32_t *ends, const use *uses)
{
    uint32_t most = 1, start = 0, entries = 0;
    size_t count = terms->count > 0 ? ends[terms->count - 1] : 0;
    for (uint32_t rank = 0; rank < terms->count; rank++) {
        most = ends[rank] - start > most ? ends[rank] - start : most;
        start = ends[rank];
    }
    local *locals = malloc(2 * (size_t)most * sizeof *locals);
    if (!locals)
        return false;
    start = 0;
    for (uint32_t rank = 0; rank < terms->count; rank++) {
        const use *first = uses + start;
        fetch_uses(terms, uses, count, start, ends[rank]);
        terms->list_starts[rank] = entries;
        terms->is_plain[rank] = ends[rank] - start == 1 && !first->is_extra &&
                                terms->are_terms[first->form];
        entries += fill_list(terms, uses + start, ends[rank] - start,
                             terms->lists + entries, locals);
        start = ends[rank];
    }
    terms->list_starts[terms->count] = entries;
    free(locals);
    return true;
}

static osl_status make_lists(osl_terms *terms, uint32_t form_count,
                             osl_error *err)
{
    size_t most = 2 * (size_t)form_count + 1;
    uint32_t *ends = calloc((size_t)terms->count + 1, sizeof *ends);
    use *uses = osl_pages_take(most, sizeof *uses);
    terms->lists = malloc(most * sizeof *terms->lists);
    terms->list_starts =
        malloc(((size_t)terms->count + 1) * sizeof *terms->list_starts);
    terms->is_plain = malloc((size_t)terms->count + 1);
    bool done =
        ends && uses && terms->lists && terms->list_starts && terms->is_plain;
    if (done) {
        deal_uses(terms, form_count, ends, uses);
        done = fill_lists(terms, ends, uses);
    }
    free(ends);
    free(uses);
    return done ? OSL_OK : no_memory(err);
}

osl_status osl_terms_resolve(osl_terms *terms, const osl_batch *batch,
                             osl_field field, unsigned size, osl_error *err)
{
    const osl_strings *forms = &batch->fields[field].forms;
    terms->forms =
        osl_pages_take((size_t)forms->count + 1, sizeof *terms->forms);
    terms->folded =
        osl_pages_take((size_t)forms->count + 1, sizeof *terms->folded);
    terms->counts = calloc((size_t)forms->count + 1, sizeof *terms->counts);
    terms->are_terms = malloc((size_t)forms->count + 1);
    if (!terms->forms || !terms->folded || !terms->counts || !terms->are_terms)
        return no_memory(err);
    osl_batch_count_forms(batch, field, terms->counts);
    /* Forms that do not occur mean nothing, but are looked at. */
    for (uint32_t i = 0; i < forms->count; i++)
        if (terms->counts[i] == 0)
            terms->forms[i] = (osl_form_terms){0, OSL_TERM_NONE, 0, 0};
    return resolve_all(terms, batch, field, size, err);
}

osl_status osl_terms_rank(osl_terms *terms, const osl_batch *batch,
                          osl_field field, osl_error *err)
{
    uint32_t count = batch->fields[field].forms.count;
    osl_status status = rank_terms(terms, count, err);
    return status == OSL_OK ? make_lists(terms, count, err) : status;
}
