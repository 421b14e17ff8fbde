/* SPDX-License-Identifier: MIT
 *
 * What forms of dying texts mean in their segment.
 *
 * Where the segment says which term is each word's (store.h), the dictionary
 * says the rest, terms in their order: such a form is neither stemmed nor
 * looked for. The terms of others are looked up in order of bytes, some at once
 * (each by itself: three times as long). */
#include "indexer/recount_forms.h"

#include <stdlib.h>

#define NONE OSL_TALLY_NONE

/* A term that a form means, to be looked up. */
struct osl_wanted_term {
    uint32_t form; /* its place in the lexicon */
    bool is_extra;
    /* Once it is found: */
    uint32_t ordinal, df;
    uint32_t number; /* of the form among the term's; NONE: it has one only */
};

/* ---- what forms mean ---------------------------------------------------- */

/* Terms that are looked up together; entries that are fetched before they are
 * looked at. */
enum { SOME = 256, AHEAD = 16 };

/* The number of a form whose term was found. */
static osl_status find_form(osl_dying_forms *f, osl_form_finder *at,
                            osl_wanted_term *what, osl_text term,
                            osl_error *err)
{
    osl_form_place place;
    osl_text folded = f->lexicon->at[what->form].folded;
    what->number = NONE;
    if (what->df == 0)
        return osl_recount_disagrees(f->recount, "word", err);
    if (f->field != OSL_FIELD_TEXT ||
        !osl_segment_get_info(f->recount->segment)->has_forms)
        return OSL_OK;
    osl_status status =
        osl_form_finder_find(at, what->ordinal, term, folded, &place, err);
    if (status != OSL_OK || place.count < 2)
        return status;
    what->number = place.number;
    return place.number == UINT32_MAX
               ? osl_recount_disagrees(f->recount, "form", err)
               : OSL_OK;
}

static osl_text wanted_term(const void *user, uint32_t id)
{
    const osl_dying_forms *f = user;
    const osl_form *meant = &f->lexicon->at[f->wanted[id].form];
    return f->wanted[id].is_extra ? meant->extra : meant->term;
}

/* What is counted of a form. */
static osl_status take_term(osl_dying_forms *f, const osl_wanted_term *what,
                            osl_error *err)
{
    osl_tally *tallies = f->recount->tallies;
    uint64_t key = (uint64_t)what->ordinal << 32 | what->number;
    osl_form_meaning *to = &f->meanings[what->form];
    uint32_t term, form = NONE;
    if (!osl_tally_find(&tallies[f->field], what->ordinal, what->df, &term) ||
        (what->number != NONE &&
         !osl_tally_find(&tallies[OSL_DIED_FORMS], key, 0, &form)))
        return osl_recount_no_memory(err);
    if (what->is_extra) {
        f->others[what->form] = (osl_other_meaning){term, form};
        to->has_extra = true;
        return OSL_OK;
    }
    to->base = term;
    to->base_form = form;
    return OSL_OK;
}

/* What `count` forms mean, up to SOME; those of one term are side by side. */
static osl_status find_some(osl_dying_forms *f, osl_form_finder *at,
                            const osl_sort_entry *order, size_t count,
                            osl_error *err)
{
    osl_text terms[SOME];
    osl_term_info infos[SOME];
    unsigned places[SOME], last = 0; /* of each form's term; of the last one */
    for (size_t i = 0; i < count; i++) {
        osl_text term = wanted_term(f, order[i].id);
        last += i > 0 && !osl_text_equal(term, terms[last]);
        terms[last] = term;
        places[i] = last;
    }
    osl_status status = osl_term_count_all(f->recount->segment, f->field, terms,
                                           last + 1, infos, err);
    for (size_t i = 0; i < count && status == OSL_OK; i++) {
        osl_wanted_term *what = &f->wanted[order[i].id];
        what->ordinal = infos[places[i]].ordinal;
        what->df = infos[places[i]].df;
        status = find_form(f, at, what, terms[places[i]], err);
    }
    return status;
}

/* Those from number `first` on, looked up in order of bytes, as the dictionary
 * has them: `order` is theirs. */
static osl_status find_terms(osl_dying_forms *f, uint32_t first,
                             osl_sort_entry *order, osl_error *err)
{
    osl_form_finder at = {.segment = f->recount->segment};
    size_t count = f->wanted_count - first;
    osl_status status = OSL_OK;
    for (size_t i = 0; i < count; i++) {
        uint32_t id = first + (uint32_t)i;
        order[i] = (osl_sort_entry){osl_sort_prefix(wanted_term(f, id)), 0, id};
    }
    if (count > 0 && !osl_sort(order, count, wanted_term, f))
        status = osl_recount_no_memory(err);
    for (size_t i = 0; i < count && status == OSL_OK; i += SOME)
        status = find_some(f, &at, order + i,
                           count - i < SOME ? count - i : SOME, err);
    return status;
}

/* Those before number `first` rise, those in `order` are the others: takes all
 * as they rise. */
static osl_status take_terms(osl_dying_forms *f, uint32_t first,
                             const osl_sort_entry *order, osl_error *err)
{
    uint32_t k = 0, n = 0, others = (uint32_t)f->wanted_count - first;
    osl_status status = OSL_OK;
    while ((k < first || n < others) && status == OSL_OK) {
        bool is_known = n == others ||
                        (k < first &&
                         f->wanted[k].ordinal < f->wanted[order[n].id].ordinal);
        uint32_t id = is_known ? k++ : order[n++].id;
        if (k + AHEAD < first)
            __builtin_prefetch(&f->meanings[f->wanted[k + AHEAD].form], 1);
        status = take_term(f, &f->wanted[id], err);
    }
    return status;
}

/* ---- words whose terms are known ---------------------------------------- */

/* The term of a new form where the segment says it. */
static bool know_form(const osl_dying_forms *f, uint32_t place)
{
    uint32_t rank = f->ranks[place];
    return rank < f->word_terms.column.count;
}

static osl_status want(osl_dying_forms *f, osl_wanted_term what, osl_error *err)
{
    if (!osl_grow(&f->wanted, &f->wanted_capacity, f->wanted_count + 1,
                  sizeof *f->wanted))
        return osl_recount_no_memory(err);
    f->wanted[f->wanted_count++] = what;
    return OSL_OK;
}

/* A form of the term at which `at` stands. */
static osl_status take_known(osl_dying_forms *f, uint32_t place,
                             const osl_term_cursor *at, osl_form_finder *forms,
                             osl_error *err)
{
    osl_wanted_term what = {
        .form = place, .ordinal = at->info.ordinal, .df = at->info.df};
    osl_status status = OSL_OK;
    if (!osl_lexicon_is_resolved(f->lexicon, place))
        status = osl_lexicon_resolve(f->lexicon, place, &at->term, err);
    else if (!osl_text_equal(f->lexicon->at[place].term, at->term))
        status = osl_recount_disagrees(f->recount, "word", err);
    if (status != OSL_OK)
        return status;
    status = find_form(f, forms, &what, at->term, err);
    return status == OSL_OK ? want(f, what, err) : status;
}

/* What is looked at for the forms that come next, step by step. */
static void fetch_known(const osl_dying_forms *f, const osl_sort_entry *known,
                        size_t count)
{
    const osl_lexicon *lexicon = f->lexicon;
    uint32_t ordinals[AHEAD];
    for (size_t i = 0; i < count; i++) {
        ordinals[i] = (uint32_t)known[i].prefix;
        __builtin_prefetch(&lexicon->at[known[i].id], 1);
        __builtin_prefetch(
            &lexicon->forms->entries[lexicon->numbers[known[i].id]]);
    }
    osl_term_fetch(f->recount->segment, f->field, ordinals, (unsigned)count);
    for (size_t i = 0; i < count; i++)
        __builtin_prefetch(
            osl_strings_text(lexicon->forms, lexicon->numbers[known[i].id])
                .bytes);
}

/* Forms whose terms are known, in the order of these. */
static osl_status take_known_forms(osl_dying_forms *f, osl_error *err)
{
    const osl_segment *segment = f->recount->segment;
    osl_term_cursor at = {.segment = segment, .field = f->field};
    osl_form_finder forms = {.segment = segment};
    uint32_t term_count =
        osl_segment_get_info(segment)->fields[f->field].term_count;
    osl_status status = OSL_OK;
    bool stands = false;
    if (f->known_count > 0 && !osl_sort_numbers(f->known, f->known_count))
        return osl_recount_no_memory(err);
    for (size_t i = 0; i < f->known_count && status == OSL_OK; i++) {
        size_t left = f->known_count - i;
        uint64_t ordinal = f->known[i].prefix;
        if (i % AHEAD == 0)
            fetch_known(f, f->known + i, left < AHEAD ? left : AHEAD);
        if (ordinal >= term_count)
            return osl_recount_disagrees(f->recount, "word", err);
        if (!stands || at.info.ordinal != ordinal)
            status = osl_term_pass(&at, (uint32_t)ordinal, err);
        stands = true;
        if (status == OSL_OK)
            status = take_known(f, f->known[i].id, &at, &forms, err);
    }
    return status;
}

/* ---- forms that are new ------------------------------------------------- */

/* Room for what so many forms mean. */
static bool expect_meanings(osl_dying_forms *f, size_t count)
{
    return osl_grow(&f->meanings, &f->meanings_capacity, count + 1,
                    sizeof *f->meanings) &&
           osl_grow(&f->others, &f->others_capacity, count + 1,
                    sizeof *f->others) &&
           osl_grow(&f->ranks, &f->ranks_capacity, count + 1, sizeof *f->ranks);
}

bool osl_dying_forms_reserve(osl_dying_forms *f)
{
    size_t count = f->lexicon->count;
    if (!expect_meanings(f, count))
        return false;
    for (; f->meaning_count < count; f->meaning_count++) {
        f->meanings[f->meaning_count].is_met = false;
        f->ranks[f->meaning_count] = NONE;
    }
    return true;
}

/* A form is known, or resolved. */
static osl_status meet_form(osl_dying_forms *f, uint32_t place, osl_error *err)
{
    f->meanings[place] = (osl_form_meaning){.is_met = true};
    if (know_form(f, place)) {
        if (!osl_grow(&f->known, &f->known_capacity, f->known_count + 1,
                      sizeof *f->known))
            return osl_recount_no_memory(err);
        f->known[f->known_count++] = (osl_sort_entry){
            osl_column_view_get(&f->word_terms, f->ranks[place]), 0, place};
        return OSL_OK;
    }
    return osl_lexicon_is_resolved(f->lexicon, place)
               ? OSL_OK
               : osl_lexicon_resolve(f->lexicon, place, NULL, err);
}

/* What is to be looked up of a form. */
static osl_status want_form(osl_dying_forms *f, uint32_t place, osl_error *err)
{
    const osl_form *form = &f->lexicon->at[place];
    bool has_extra =
        form->extra.length > 0 && !osl_text_equal(form->extra, form->term);
    osl_status status = OSL_OK;
    if (!know_form(f, place))
        status = want(f, (osl_wanted_term){.form = place}, err);
    if (status == OSL_OK && has_extra)
        status =
            want(f, (osl_wanted_term){.form = place, .is_extra = true}, err);
    return status;
}

static osl_status find_meanings(osl_dying_forms *f, osl_error *err)
{
    uint32_t first = (uint32_t)f->known_count;
    size_t count = f->wanted_count;
    size_t form_count = f->field == OSL_FIELD_TEXT ? count : 0;
    osl_sort_entry *order = malloc((count - first + 1) * sizeof *order);
    if (!order || !osl_tally_reserve(&f->recount->tallies[f->field], count) ||
        !osl_tally_reserve(&f->recount->tallies[OSL_DIED_FORMS], form_count)) {
        free(order);
        return osl_recount_no_memory(err);
    }
    osl_status status = find_terms(f, first, order, err);
    if (status == OSL_OK)
        status = take_terms(f, first, order, err);
    free(order);
    return status;
}

static osl_status meet_forms(osl_dying_forms *f, const uint32_t *places,
                             size_t count, osl_error *err)
{
    osl_status status =
        osl_dying_forms_reserve(f) ? OSL_OK : osl_recount_no_memory(err);
    for (size_t i = 0; i < count && status == OSL_OK; i++) {
        uint32_t place = places[i];
        if (f->meanings[place].is_met)
            continue;
        status = meet_form(f, place, err);
        if (status == OSL_OK && !osl_grow(&f->fresh, &f->fresh_capacity,
                                          f->fresh_count + 1, sizeof *f->fresh))
            status = osl_recount_no_memory(err);
        if (status == OSL_OK)
            f->fresh[f->fresh_count++] = place;
    }
    return status;
}

osl_status osl_dying_forms_meet(osl_dying_forms *f, const uint32_t *places,
                                size_t count, osl_error *err)
{
    f->wanted_count = f->known_count = f->fresh_count = 0;
    osl_status status = meet_forms(f, places, count, err);
    if (status == OSL_OK)
        status = take_known_forms(f, err);
    for (size_t i = 0; i < f->fresh_count && status == OSL_OK; i++)
        status = want_form(f, f->fresh[i], err);
    return status == OSL_OK ? find_meanings(f, err) : status;
}

/* ---- a field after the other -------------------------------------------- */

void osl_dying_forms_begin(osl_dying_forms *f, osl_field field,
                           osl_lexicon *lexicon)
{
    f->field = field;
    f->lexicon = lexicon;
    f->meaning_count = 0;
    f->word_terms = (osl_column_view){.numbers = NULL};
}

bool osl_dying_forms_expect(osl_dying_forms *f, size_t count)
{
    return expect_meanings(f, count) &&
           osl_grow(&f->fresh, &f->fresh_capacity, count, sizeof *f->fresh) &&
           osl_grow(&f->known, &f->known_capacity, count, sizeof *f->known) &&
           osl_grow(&f->wanted, &f->wanted_capacity, count, sizeof *f->wanted);
}

void osl_dying_forms_clear(osl_dying_forms *f)
{
    free(f->meanings);
    free(f->others);
    free(f->ranks);
    free(f->wanted);
    free(f->fresh);
    free(f->known);
    *f = (osl_dying_forms){.recount = f->recount};
}

osl_status osl_recount_disagrees(const osl_recount *recount, const char *what,
                                 osl_error *err)
{
    return osl_fail(err, OSL_ECORRUPT,
                    "%s: damaged: its texts have a %s that its tables do not "
                    "list; index anew",
                    osl_segment_path(recount->segment), what);
}
