/* SPDX-License-Identifier: MIT
 *
 * The dying texts of a field, in rounds: their tokens become numbers of forms;
 * the forms that are new mean terms; then the tokens are counted.
 *
 * A text that was decoded to be compared has its words' ranks beside it, and
 * where the segment says which term is each word's (store.h), the dictionary
 * says the rest, terms in their order: such a form is neither stemmed nor
 * looked for. The terms of others are looked up in order of bytes, some at once
 * (each by itself: three times as long). */
#include "indexer/recount.h"

#include "core/segment/alias.h"
#include "core/segment/store.h"
#include "core/segment/tables.h"
#include "indexer/batch.h"
#include "indexer/sort.h"

#include <stdlib.h>
#include <string.h>

#define NONE OSL_TALLY_NONE

/* Tokens of a round. */
#define ROUND ((size_t)1 << 20)

/* What a form of the texts means in the segment: numbers of tallies. */
typedef struct meaning {
    uint32_t base;
    uint32_t base_form; /* NONE: the term has one form only */
    bool is_met;        /* else all else is of no meaning */
    bool has_extra;
} meaning;

/* The rest of it, which is asked for now and then. */
typedef struct other_meaning {
    uint32_t extra, extra_form;
} other_meaning;

/* A term that a form means, to be looked up. */
typedef struct wanted {
    uint32_t form; /* its place in the lexicon */
    bool is_extra;
    /* Once it is found: */
    uint32_t ordinal, df;
    uint32_t number; /* of the form among the term's; NONE: it has one only */
} wanted;

/* Ranks whose words' places are at hand: nearly all words of a text have one
 * of them. */
enum { OFTEN = 16384 };

/* Tokens of a text whose places are not at hand. */
typedef struct strange_tokens {
    osl_tokens tokens;
    uint32_t *at;    /* which of the text's each is; owns, as all here */
    uint32_t *ids;   /* then: their places in the lexicon */
    size_t capacity; /* of all lists */
} strange_tokens;

/* A text of the round. */
typedef struct dying_text {
    uint32_t ordinal, length; /* in tokens */
} dying_text;

typedef struct counter {
    osl_recount *recount;
    osl_resolver *resolver;
    osl_store_reader *reader; /* of the texts, where one is needed */
    osl_arena scratch;
    osl_tokens tokens;
    /* Of the field at hand: */
    osl_field field;
    osl_lexicon *lexicon; /* that of the batch, or `own` */
    osl_lexicon own;
    osl_strings own_forms; /* its forms; owns, as all below */
    meaning *meanings;     /* by place in the lexicon */
    other_meaning *others; /* likewise */
    size_t meanings_capacity, others_capacity, meaning_count;
    wanted *wanted;
    size_t wanted_capacity, wanted_count;
    osl_column_view word_terms; /* of the segment; empty: it has none */
    uint32_t *ranks; /* of words, by place in the lexicon; NONE: not known */
    size_t ranks_capacity;
    uint32_t *placed; /* by rank below OFTEN: a word's place, + 1; or NULL */
    strange_tokens strange;
    uint32_t *fresh; /* places that are new in the round */
    size_t fresh_capacity, fresh_count;
    osl_sort_entry *known; /* those whose terms are known, by ordinal */
    size_t known_capacity, known_count;
    uint32_t *ids; /* of the round's tokens: places in the lexicon */
    size_t ids_capacity, id_count;
    dying_text *texts;
    size_t texts_capacity, text_count;
    /* Of text: */
    osl_strings compounds; /* joined form, 0, places of forms */
    uint64_t next_alias;   /* where the next is looked for */
} counter;

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "out of memory while counting the dead");
}

static osl_status disagree(const counter *c, const char *what, osl_error *err)
{
    return osl_fail(err, OSL_ECORRUPT,
                    "%s: damaged: its texts have a %s that its tables do not "
                    "list; index anew",
                    osl_segment_path(c->recount->segment), what);
}

/* ---- what forms mean ---------------------------------------------------- */

/* Terms that are looked up together; entries that are fetched before they are
 * looked at. */
enum { SOME = 256, AHEAD = 16 };

/* The number of a form whose term was found. */
static osl_status find_form(counter *c, osl_form_finder *at, wanted *what,
                            osl_text term, osl_error *err)
{
    osl_form_place place;
    osl_text folded = c->lexicon->at[what->form].folded;
    what->number = NONE;
    if (what->df == 0)
        return disagree(c, "word", err);
    if (c->field != OSL_FIELD_TEXT ||
        !osl_segment_get_info(c->recount->segment)->has_forms)
        return OSL_OK;
    osl_status status =
        osl_form_finder_find(at, what->ordinal, term, folded, &place, err);
    if (status != OSL_OK || place.count < 2)
        return status;
    what->number = place.number;
    return place.number == UINT32_MAX ? disagree(c, "form", err) : OSL_OK;
}

static osl_text wanted_term(const void *user, uint32_t id)
{
    const counter *c = user;
    const osl_form *meant = &c->lexicon->at[c->wanted[id].form];
    return c->wanted[id].is_extra ? meant->extra : meant->term;
}

/* What is counted of a form. */
static osl_status take_term(counter *c, const wanted *what, osl_error *err)
{
    osl_tally *tallies = c->recount->tallies;
    uint64_t key = (uint64_t)what->ordinal << 32 | what->number;
    meaning *to = &c->meanings[what->form];
    uint32_t term, form = NONE;
    if (!osl_tally_find(&tallies[c->field], what->ordinal, what->df, &term) ||
        (what->number != NONE &&
         !osl_tally_find(&tallies[OSL_DIED_FORMS], key, 0, &form)))
        return no_memory(err);
    if (what->is_extra) {
        c->others[what->form] = (other_meaning){term, form};
        to->has_extra = true;
        return OSL_OK;
    }
    to->base = term;
    to->base_form = form;
    return OSL_OK;
}

/* What `count` forms mean, up to SOME; those of one term are side by side. */
static osl_status find_some(counter *c, osl_form_finder *at,
                            const osl_sort_entry *order, size_t count,
                            osl_error *err)
{
    osl_text terms[SOME];
    osl_term_info infos[SOME];
    unsigned places[SOME], last = 0; /* of each form's term; of the last one */
    for (size_t i = 0; i < count; i++) {
        osl_text term = wanted_term(c, order[i].id);
        last += i > 0 && !osl_text_equal(term, terms[last]);
        terms[last] = term;
        places[i] = last;
    }
    osl_status status = osl_term_count_all(c->recount->segment, c->field, terms,
                                           last + 1, infos, err);
    for (size_t i = 0; i < count && status == OSL_OK; i++) {
        wanted *what = &c->wanted[order[i].id];
        what->ordinal = infos[places[i]].ordinal;
        what->df = infos[places[i]].df;
        status = find_form(c, at, what, terms[places[i]], err);
    }
    return status;
}

/* Those from number `first` on, looked up in order of bytes, as the dictionary
 * has them: `order` is theirs. */
static osl_status find_terms(counter *c, uint32_t first, osl_sort_entry *order,
                             osl_error *err)
{
    osl_form_finder at = {.segment = c->recount->segment};
    size_t count = c->wanted_count - first;
    osl_status status = OSL_OK;
    for (size_t i = 0; i < count; i++) {
        uint32_t id = first + (uint32_t)i;
        order[i] = (osl_sort_entry){osl_sort_prefix(wanted_term(c, id)), 0, id};
    }
    if (count > 0 && !osl_sort(order, count, wanted_term, c))
        status = no_memory(err);
    for (size_t i = 0; i < count && status == OSL_OK; i += SOME)
        status = find_some(c, &at, order + i,
                           count - i < SOME ? count - i : SOME, err);
    return status;
}

/* Those before number `first` rise, those in `order` are the others: takes all
 * as they rise. */
static osl_status take_terms(counter *c, uint32_t first,
                             const osl_sort_entry *order, osl_error *err)
{
    uint32_t k = 0, n = 0, others = (uint32_t)c->wanted_count - first;
    osl_status status = OSL_OK;
    while ((k < first || n < others) && status == OSL_OK) {
        bool is_known = n == others ||
                        (k < first &&
                         c->wanted[k].ordinal < c->wanted[order[n].id].ordinal);
        uint32_t id = is_known ? k++ : order[n++].id;
        if (k + AHEAD < first)
            __builtin_prefetch(&c->meanings[c->wanted[k + AHEAD].form], 1);
        status = take_term(c, &c->wanted[id], err);
    }
    return status;
}

/* ---- words whose terms are known ---------------------------------------- */

/* The term of a new form where the segment says it. */
static bool know_form(counter *c, uint32_t place)
{
    uint32_t rank = c->ranks[place];
    return rank < c->word_terms.column.count;
}

static osl_status want(counter *c, wanted what, osl_error *err)
{
    if (!osl_grow(&c->wanted, &c->wanted_capacity, c->wanted_count + 1,
                  sizeof *c->wanted))
        return no_memory(err);
    c->wanted[c->wanted_count++] = what;
    return OSL_OK;
}

/* A form of the term at which `at` stands. */
static osl_status take_known(counter *c, uint32_t place,
                             const osl_term_cursor *at, osl_form_finder *forms,
                             osl_error *err)
{
    wanted what = {
        .form = place, .ordinal = at->info.ordinal, .df = at->info.df};
    osl_status status = OSL_OK;
    if (!osl_lexicon_is_resolved(c->lexicon, place))
        status = osl_lexicon_resolve(c->lexicon, place, &at->term, err);
    else if (!osl_text_equal(c->lexicon->at[place].term, at->term))
        status = disagree(c, "word", err);
    if (status != OSL_OK)
        return status;
    status = find_form(c, forms, &what, at->term, err);
    return status == OSL_OK ? want(c, what, err) : status;
}

/* What is looked at for the forms that come next, step by step. */
static void fetch_known(const counter *c, const osl_sort_entry *known,
                        size_t count)
{
    const osl_lexicon *lexicon = c->lexicon;
    uint32_t ordinals[AHEAD];
    for (size_t i = 0; i < count; i++) {
        ordinals[i] = (uint32_t)known[i].prefix;
        __builtin_prefetch(&lexicon->at[known[i].id], 1);
        __builtin_prefetch(
            &lexicon->forms->entries[lexicon->numbers[known[i].id]]);
    }
    osl_term_fetch(c->recount->segment, c->field, ordinals, (unsigned)count);
    for (size_t i = 0; i < count; i++)
        __builtin_prefetch(
            osl_strings_text(lexicon->forms, lexicon->numbers[known[i].id])
                .bytes);
}

/* Forms whose terms are known, in the order of these. */
static osl_status take_known_forms(counter *c, osl_error *err)
{
    const osl_segment *segment = c->recount->segment;
    osl_term_cursor at = {.segment = segment, .field = c->field};
    osl_form_finder forms = {.segment = segment};
    uint32_t term_count =
        osl_segment_get_info(segment)->fields[c->field].term_count;
    osl_status status = OSL_OK;
    bool stands = false;
    if (c->known_count > 0 && !osl_sort_numbers(c->known, c->known_count))
        return no_memory(err);
    for (size_t i = 0; i < c->known_count && status == OSL_OK; i++) {
        size_t left = c->known_count - i;
        uint64_t ordinal = c->known[i].prefix;
        if (i % AHEAD == 0)
            fetch_known(c, c->known + i, left < AHEAD ? left : AHEAD);
        if (ordinal >= term_count)
            return disagree(c, "word", err);
        if (!stands || at.info.ordinal != ordinal)
            status = osl_term_pass(&at, (uint32_t)ordinal, err);
        stands = true;
        if (status == OSL_OK)
            status = take_known(c, c->known[i].id, &at, &forms, err);
    }
    return status;
}

/* ---- forms that are new ------------------------------------------------- */

/* Room for what so many forms mean. */
static bool expect_meanings(counter *c, size_t count)
{
    return osl_grow(&c->meanings, &c->meanings_capacity, count + 1,
                    sizeof *c->meanings) &&
           osl_grow(&c->others, &c->others_capacity, count + 1,
                    sizeof *c->others) &&
           osl_grow(&c->ranks, &c->ranks_capacity, count + 1, sizeof *c->ranks);
}

/* Room for all that the lexicon has; what is new is not met yet. */
static bool make_meanings(counter *c)
{
    size_t count = c->lexicon->count;
    if (!expect_meanings(c, count))
        return false;
    for (; c->meaning_count < count; c->meaning_count++) {
        c->meanings[c->meaning_count].is_met = false;
        c->ranks[c->meaning_count] = NONE;
    }
    return true;
}

/* A form is known, or resolved. */
static osl_status meet_form(counter *c, uint32_t place, osl_error *err)
{
    c->meanings[place] = (meaning){.is_met = true};
    if (know_form(c, place)) {
        if (!osl_grow(&c->known, &c->known_capacity, c->known_count + 1,
                      sizeof *c->known))
            return no_memory(err);
        c->known[c->known_count++] = (osl_sort_entry){
            osl_column_view_get(&c->word_terms, c->ranks[place]), 0, place};
        return OSL_OK;
    }
    return osl_lexicon_is_resolved(c->lexicon, place)
               ? OSL_OK
               : osl_lexicon_resolve(c->lexicon, place, NULL, err);
}

/* What is to be looked up of a form. */
static osl_status want_form(counter *c, uint32_t place, osl_error *err)
{
    const osl_form *form = &c->lexicon->at[place];
    bool has_extra =
        form->extra.length > 0 && !osl_text_equal(form->extra, form->term);
    osl_status status = OSL_OK;
    if (!know_form(c, place))
        status = want(c, (wanted){.form = place}, err);
    if (status == OSL_OK && has_extra)
        status = want(c, (wanted){.form = place, .is_extra = true}, err);
    return status;
}

static osl_status find_meanings(counter *c, osl_error *err)
{
    uint32_t first = (uint32_t)c->known_count;
    size_t count = c->wanted_count;
    size_t form_count = c->field == OSL_FIELD_TEXT ? count : 0;
    osl_sort_entry *order = malloc((count - first + 1) * sizeof *order);
    if (!order || !osl_tally_reserve(&c->recount->tallies[c->field], count) ||
        !osl_tally_reserve(&c->recount->tallies[OSL_DIED_FORMS], form_count)) {
        free(order);
        return no_memory(err);
    }
    osl_status status = find_terms(c, first, order, err);
    if (status == OSL_OK)
        status = take_terms(c, first, order, err);
    free(order);
    return status;
}

static osl_status meet_forms(counter *c, osl_error *err)
{
    osl_status status = make_meanings(c) ? OSL_OK : no_memory(err);
    for (size_t i = 0; i < c->id_count && status == OSL_OK; i++) {
        uint32_t place = c->ids[i];
        if (c->meanings[place].is_met)
            continue;
        status = meet_form(c, place, err);
        if (status == OSL_OK && !osl_grow(&c->fresh, &c->fresh_capacity,
                                          c->fresh_count + 1, sizeof *c->fresh))
            status = no_memory(err);
        if (status == OSL_OK)
            c->fresh[c->fresh_count++] = place;
    }
    return status;
}

static osl_status add_meanings(counter *c, osl_error *err)
{
    c->wanted_count = c->known_count = c->fresh_count = 0;
    osl_status status = meet_forms(c, err);
    if (status == OSL_OK)
        status = take_known_forms(c, err);
    for (size_t i = 0; i < c->fresh_count && status == OSL_OK; i++)
        status = want_form(c, c->fresh[i], err);
    return status == OSL_OK ? find_meanings(c, err) : status;
}

/* ---- compounds ---------------------------------------------------------- */

/* The terms of a compound's words, a space between. */
static bool put_parts(const counter *c, osl_text compound, osl_buf *parts)
{
    size_t joined = strlen(compound.bytes) + 1;
    osl_buf_reset(parts);
    for (size_t at = joined; at < compound.length; at += 4) {
        if (at > joined)
            osl_buf_put_byte(parts, ' ');
        osl_buf_put_text(parts,
                         c->lexicon->at[osl_get32(compound.bytes + at)].term);
    }
    return !parts->failed;
}

static osl_status count_compound(counter *c, osl_text compound, uint32_t uses,
                                 osl_text parts, osl_error *err)
{
    osl_tally *tally = &c->recount->tallies[OSL_DIED_ALIASES];
    const osl_alias_split *splits;
    size_t count = 0, s = 0;
    uint32_t number;
    osl_arena_reset(&c->scratch);
    osl_status status =
        osl_alias_find(c->recount->segment, osl_text_of(compound.bytes),
                       &c->next_alias, &c->scratch, &splits, &count, err);
    if (status != OSL_OK)
        return status;
    while (s < count && !osl_text_equal(splits[s].parts, parts))
        s++;
    if (s == count)
        return disagree(c, "compound", err);
    if (!osl_tally_find(tally, splits[s].entry, splits[s].uses, &number))
        return no_memory(err);
    osl_tally_count(tally, number)->count += uses;
    return OSL_OK;
}

/* All that were noted, in order of joined forms: so are their entries. */
static osl_status count_compounds(counter *c, osl_error *err)
{
    osl_buf parts = {0};
    size_t count = c->compounds.count;
    osl_status status = OSL_OK;
    uint32_t *order = malloc((count + 1) * sizeof *order);
    for (uint32_t i = 0; order && i < count; i++)
        order[i] = i;
    if (!order || !osl_strings_sort(&c->compounds, order, count))
        status = no_memory(err);
    for (size_t i = 0; i < count && status == OSL_OK; i++) {
        osl_text compound = osl_strings_text(&c->compounds, order[i]);
        status = put_parts(c, compound, &parts)
                     ? count_compound(c, compound,
                                      c->compounds.entries[order[i]].count,
                                      osl_buf_text(&parts), err)
                     : no_memory(err);
    }
    osl_buf_clear(&parts);
    free(order);
    return status;
}

/* `ids`: of the text's tokens. */
static bool note_compounds(counter *c, osl_text text, const uint32_t *ids)
{
    char joined[64], key[64 + 64 * 4];
    size_t first = 0, count = 0;
    uint32_t id;
    while (osl_next_compound(text, &c->tokens, &first, &count, joined)) {
        size_t length = strlen(joined) + 1;
        memcpy(key, joined, length);
        memcpy(key + length, ids + first, 4 * count);
        if (!osl_strings_add(&c->compounds, (osl_text){key, length + 4 * count},
                             0, &id))
            return false;
    }
    return true;
}

/* ---- rounds ------------------------------------------------------------- */

static void count_tokens(const counter *c, const dying_text *text,
                         const uint32_t *ids)
{
    const osl_tally terms = c->recount->tallies[c->field];
    const osl_tally forms = c->recount->tallies[OSL_DIED_FORMS];
    uint32_t ordinal = text->ordinal;
    for (uint32_t i = 0; i < text->length; i++) {
        const meaning *m = &c->meanings[ids[i]];
        osl_tally_add(&terms, m->base, ordinal, 1);
        osl_tally_add(&forms, m->base_form, ordinal, 1);
        if (m->has_extra) {
            const other_meaning *other = &c->others[ids[i]];
            osl_tally_add(&terms, other->extra, ordinal, 1);
            osl_tally_add(&forms, other->extra_form, ordinal, 1);
        }
    }
}

static osl_status count_round(counter *c, osl_error *err)
{
    const uint32_t *ids = c->ids;
    osl_status status = add_meanings(c, err);
    for (size_t t = 0; t < c->text_count && status == OSL_OK; t++) {
        const dying_text *text = &c->texts[t];
        count_tokens(c, text, ids);
        c->recount->lengths[c->field] += text->length;
        ids += text->length;
    }
    c->id_count = c->text_count = 0;
    return status;
}

/* Places in the lexicon of tokens of a text. */
static osl_status place_tokens(counter *c, osl_text text,
                               const osl_tokens *tokens, uint32_t *ids,
                               osl_error *err)
{
    if (!osl_strings_name_tokens(c->lexicon->forms, text, tokens, ids))
        return no_memory(err);
    osl_status status = osl_lexicon_meet(c->lexicon, ids, tokens->count, err);
    return status == OSL_OK && !make_meanings(c) ? no_memory(err) : status;
}

static bool make_strange(strange_tokens *s, size_t count)
{
    size_t starts = s->capacity, ends = starts, flags = starts, at = starts;
    if (count <= s->capacity)
        return true;
    if (!osl_grow(&s->tokens.starts, &starts, count, sizeof(uint32_t)) ||
        !osl_grow(&s->tokens.ends, &ends, count, sizeof(uint32_t)) ||
        !osl_grow(&s->tokens.flags, &flags, count, 1) ||
        !osl_grow(&s->at, &at, count, sizeof *s->at) ||
        !osl_grow(&s->ids, &s->capacity, count, sizeof *s->ids))
        return false;
    return true;
}

/* The places that are at hand, all others listed. */
static void list_strange(counter *c, const uint32_t *ranks, uint32_t *ids)
{
    const osl_tokens *tokens = &c->tokens;
    strange_tokens *s = &c->strange;
    size_t n = 0;
    for (size_t i = 0; i < tokens->count; i++) {
        bool is_often = ranks[i] < OFTEN && !(tokens->flags[i] & OSL_TOKEN_KEY);
        uint32_t place = is_often ? c->placed[ranks[i]] : 0;
        ids[i] = place - 1;
        s->tokens.starts[n] = tokens->starts[i];
        s->tokens.ends[n] = tokens->ends[i];
        s->tokens.flags[n] = tokens->flags[i];
        s->at[n] = (uint32_t)i;
        n += place == 0;
    }
    s->tokens.count = n;
}

/* Where the text's tokens are its words, these are told by their ranks, and
 * looked up by their bytes but once. */
static osl_status place_words(counter *c, const osl_ranked_text *of,
                              uint32_t *ids, osl_error *err)
{
    strange_tokens *s = &c->strange;
    if (!make_strange(s, c->tokens.count))
        return no_memory(err);
    list_strange(c, of->ranks, ids);
    if (s->tokens.count == 0)
        return OSL_OK;
    osl_status status = place_tokens(c, of->text, &s->tokens, s->ids, err);
    for (size_t n = 0; n < s->tokens.count && status == OSL_OK; n++) {
        uint32_t rank = of->ranks[s->at[n]], place = s->ids[n];
        ids[s->at[n]] = place;
        c->ranks[place] = rank;
        if (rank < OFTEN && !(s->tokens.flags[n] & OSL_TOKEN_KEY))
            c->placed[rank] = place + 1;
    }
    return status;
}

static osl_status add_text(counter *c, const osl_ranked_text *of,
                           uint32_t ordinal, osl_error *err)
{
    const osl_text text = of->text;
    osl_status status =
        osl_tokenize(c->recount->analyzer, text, &c->tokens, err);
    if (status != OSL_OK)
        return status;
    size_t count = c->tokens.count;
    if (!osl_grow(&c->ids, &c->ids_capacity, c->id_count + count + 1,
                  sizeof *c->ids) ||
        !osl_grow(&c->texts, &c->texts_capacity, c->text_count + 1,
                  sizeof *c->texts))
        return no_memory(err);
    uint32_t *ids = c->ids + c->id_count;
    status = c->placed && count > 0 && of->count == count
                 ? place_words(c, of, ids, err)
                 : place_tokens(c, text, &c->tokens, ids, err);
    if (status != OSL_OK)
        return status;
    if (c->field == OSL_FIELD_TEXT && !note_compounds(c, text, ids))
        return no_memory(err);
    c->texts[c->text_count++] = (dying_text){ordinal, (uint32_t)count};
    c->id_count += count;
    return c->id_count >= ROUND ? count_round(c, err) : OSL_OK;
}

/* ---- the fields --------------------------------------------------------- */

static void begin_field(counter *c, osl_field field)
{
    osl_lexicon *shared = c->recount->lexicon;
    osl_lexicon_clear(&c->own);
    osl_strings_clear(&c->own_forms);
    c->own = (osl_lexicon){.forms = &c->own_forms, .resolver = c->resolver};
    c->lexicon = field == OSL_FIELD_TEXT && shared ? shared : &c->own;
    c->meaning_count = 0;
    c->word_terms = (osl_column_view){.numbers = NULL};
    c->field = field;
}

/* The first of the dying from `from` on, or `count`. */
static uint32_t next_dying(const counter *c, osl_field field, uint32_t from,
                           uint32_t count)
{
    const uint64_t *bits = c->recount->dying[field];
    if (from >= count)
        return count;
    uint64_t left = bits[from / 64] >> (from % 64) << (from % 64);
    uint32_t at = from / 64;
    while (left == 0 && ++at <= (count - 1) / 64)
        left = bits[at];
    return left ? 64 * at + (uint32_t)__builtin_ctzll(left) : count;
}

/* A document's title where it is indexed, else nothing. Most records have no
 * other title than their id: the same string. */
static osl_status find_title(const osl_segment *segment, uint32_t document,
                             osl_text *out, osl_error *err)
{
    static const unsigned columns[] = {OSL_DOCUMENT_FLAGS, OSL_STRING_ID,
                                       OSL_STRING_TITLE};
    uint64_t values[3] = {0};
    osl_document_record record;
    osl_status status = OSL_OK;
    *out = (osl_text){"", 0};
    for (unsigned i = 0; i < 3 && status == OSL_OK; i++)
        status = osl_tables_get(segment, OSL_SECTION_DOCUMENTS, columns[i],
                                document, &values[i], err);
    if (status != OSL_OK ||
        (values[0] & OSL_DOCUMENT_IS_RECORD && values[1] == values[2]))
        return status;
    status = osl_segment_document(segment, document, &record, err);
    if (status == OSL_OK)
        *out = osl_indexed_title(record.title, record.id, record.is_record);
    return status;
}

static bool has_terms(const counter *c, osl_field field)
{
    return osl_segment_get_info(c->recount->segment)->fields[field].term_count >
           0;
}

static osl_status count_titles(counter *c, osl_error *err)
{
    const osl_segment *segment = c->recount->segment;
    uint32_t count = osl_segment_get_info(segment)->document_count;
    osl_status status = OSL_OK;
    if (!has_terms(c, OSL_FIELD_TITLE))
        return OSL_OK;
    begin_field(c, OSL_FIELD_TITLE);
    for (uint32_t d = next_dying(c, OSL_FIELD_TITLE, 0, count);
         d < count && status == OSL_OK;
         d = next_dying(c, OSL_FIELD_TITLE, d + 1, count)) {
        osl_ranked_text title = {.count = 0};
        status = find_title(segment, d, &title.text, err);
        if (status == OSL_OK)
            status = add_text(c, &title, d, err);
    }
    return status == OSL_OK ? count_round(c, err) : status;
}

static osl_status count_headings(counter *c, osl_error *err)
{
    const osl_segment *segment = c->recount->segment;
    uint32_t count = osl_segment_get_info(segment)->section_count;
    osl_status status = OSL_OK;
    if (!has_terms(c, OSL_FIELD_HEADING))
        return OSL_OK;
    begin_field(c, OSL_FIELD_HEADING);
    for (uint32_t s = next_dying(c, OSL_FIELD_HEADING, 0, count);
         s < count && status == OSL_OK;
         s = next_dying(c, OSL_FIELD_HEADING, s + 1, count)) {
        osl_section_record record;
        status = osl_segment_section(segment, s, &record, err);
        if (status == OSL_OK)
            status =
                add_text(c, &(osl_ranked_text){.text = record.heading}, s, err);
    }
    return status == OSL_OK ? count_round(c, err) : status;
}

/* A paragraph's text, as it was read before or into `room`. */
static osl_status find_text(counter *c, uint32_t paragraph, osl_buf *room,
                            osl_ranked_text *out, osl_error *err)
{
    const osl_recount *recount = c->recount;
    uint64_t place = osl_old_text_place(recount->number, paragraph);
    osl_status status = OSL_OK;
    if (recount->texts && osl_old_texts_find(recount->texts, place, out))
        return OSL_OK;
    if (!c->reader)
        status = osl_store_reader_new(&c->reader, recount->segment, err);
    osl_buf_reset(room);
    if (status == OSL_OK)
        status = osl_store_reader_text(c->reader, paragraph, room, err);
    *out = (osl_ranked_text){.text = osl_buf_text(room)};
    return status;
}

/* Room for what so many texts may have: grown piece by piece, memory is
 * touched again and again. Distinct words are about 40 times the root of all
 * (Heaps' law); more is no harm. */
static bool foresee(counter *c, uint64_t dying)
{
    const osl_segment_info *info = osl_segment_get_info(c->recount->segment);
    uint64_t tokens = info->fields[OSL_FIELD_TEXT].total_length, forms = 64;
    uint64_t known = c->recount->texts
                         ? c->recount->texts->words.length / sizeof(uint32_t)
                         : 0;
    if (info->paragraph_count > 0 && dying < info->paragraph_count)
        tokens = tokens / info->paragraph_count * dying;
    /* Of all segments, and words only; the mean is of this one. */
    if (known > 0)
        tokens = known < tokens + tokens / 4 ? known : tokens + tokens / 4;
    if (tokens > ROUND)
        tokens = ROUND;
    while (forms * forms < 1600 * tokens)
        forms += forms / 4;
    return osl_grow(&c->ids, &c->ids_capacity, (size_t)tokens + 1,
                    sizeof *c->ids) &&
           osl_grow(&c->texts, &c->texts_capacity, (size_t)dying + 1,
                    sizeof *c->texts) &&
           expect_meanings(c, (size_t)forms) &&
           osl_grow(&c->fresh, &c->fresh_capacity, (size_t)forms,
                    sizeof *c->fresh) &&
           osl_grow(&c->known, &c->known_capacity, (size_t)forms,
                    sizeof *c->known) &&
           osl_grow(&c->wanted, &c->wanted_capacity, (size_t)forms,
                    sizeof *c->wanted) &&
           osl_lexicon_expect(c->lexicon, (size_t)forms) &&
           (c->lexicon != &c->own ||
            (osl_strings_reserve(&c->own_forms, (uint32_t)forms) &&
             osl_grow(&c->own_forms.entries, &c->own_forms.entries_capacity,
                      (size_t)forms, sizeof *c->own_forms.entries)));
}

static uint64_t count_bits(const uint64_t *bits, uint32_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i <= count / 64; i++)
        sum += (unsigned)__builtin_popcountll(bits[i]);
    return sum;
}

static osl_status count_paragraphs(counter *c, osl_error *err)
{
    uint32_t count = osl_segment_get_info(c->recount->segment)->paragraph_count;
    osl_buf room = {0};
    begin_field(c, OSL_FIELD_TEXT);
    uint64_t dying = count_bits(c->recount->dying[OSL_FIELD_TEXT], count);
    c->placed = calloc(OFTEN, sizeof *c->placed);
    osl_status status =
        c->placed && foresee(c, dying) ? OSL_OK : no_memory(err);
    if (status == OSL_OK)
        status = osl_word_terms_view(c->recount->segment, &c->word_terms, err);
    for (uint32_t p = next_dying(c, OSL_FIELD_TEXT, 0, count);
         p < count && status == OSL_OK;
         p = next_dying(c, OSL_FIELD_TEXT, p + 1, count)) {
        osl_ranked_text text = {.count = 0};
        status = find_text(c, p, &room, &text, err);
        if (status == OSL_OK)
            status = add_text(c, &text, p, err);
        c->recount->text_bytes += text.text.length;
    }
    if (status == OSL_OK)
        status = count_round(c, err);
    if (status == OSL_OK)
        status = count_compounds(c, err);
    osl_store_reader_free(c->reader);
    osl_buf_clear(&room);
    return status;
}

osl_status osl_recount_texts(osl_recount *recount, osl_error *err)
{
    counter c = {.recount = recount};
    osl_status status = OSL_OK;
    if (recount->lexicon)
        c.resolver = recount->lexicon->resolver;
    else
        status = osl_resolver_new(&c.resolver, recount->analyzer, err);
    if (status == OSL_OK)
        status = count_titles(&c, err);
    if (status == OSL_OK)
        status = count_headings(&c, err);
    if (status == OSL_OK && osl_segment_get_info(recount->segment)->has_texts)
        status = count_paragraphs(&c, err);
    if (!recount->lexicon)
        osl_resolver_free(c.resolver);
    osl_arena_clear(&c.scratch);
    osl_tokens_clear(&c.tokens);
    osl_lexicon_clear(&c.own);
    osl_strings_clear(&c.own_forms);
    osl_strings_clear(&c.compounds);
    free(c.meanings);
    free(c.others);
    free(c.wanted);
    free(c.ranks);
    free(c.placed);
    free(c.strange.tokens.starts);
    free(c.strange.tokens.ends);
    free(c.strange.tokens.flags);
    free(c.strange.at);
    free(c.strange.ids);
    free(c.fresh);
    free(c.known);
    free(c.ids);
    free(c.texts);
    return status;
}
