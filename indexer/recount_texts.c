/* SPDX-License-Identifier: MIT
 *
 * The dying texts of a field, in rounds: their tokens become numbers of forms;
 * the forms that are new mean terms, which are looked up in order of bytes, some
 * at once (each by itself: three times as long); then the tokens are counted. */
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
    bool leads, trails; /* of text: it begins, it ends some pair */
} meaning;

/* The rest of it, which is asked for now and then. */
typedef struct other_meaning {
    uint32_t ordinal; /* of the base term in the segment */
    uint32_t extra, extra_form;
} other_meaning;

/* A term that a form means, to be looked up. */
typedef struct wanted {
    uint32_t form; /* its place in the lexicon */
    bool is_extra;
} wanted;

/* A text of the round. */
typedef struct dying_text {
    uint32_t ordinal, length; /* in tokens */
} dying_text;

/* A pair of the segment, of which there are many more than meet the dead. */
typedef struct pair_entry {
    uint64_t words; /* ordinals: left << 32 | right */
    uint32_t ordinal, df;
    uint32_t tally; /* + 1; 0: not met yet */
} pair_entry;

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
    uint32_t *ids; /* of the round's tokens: places in the lexicon */
    size_t ids_capacity, id_count;
    dying_text *texts;
    size_t texts_capacity, text_count;
    /* Of text: */
    pair_entry *pairs; /* all of the segment, in order; owns */
    uint32_t pair_count;
    uint32_t *pair_slots; /* by their words: place in `pairs`, + 1; owns */
    size_t pair_mask;
    osl_buf left;          /* the first word of the pair before; owns */
    osl_strings words;     /* of pairs: few, and each in many */
    osl_list32 ordinals;   /* of them */
    uint64_t *leads;       /* a bit a term; NULL: no pairs */
    uint64_t *trails;      /* likewise */
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

/* Terms that are looked up together. */
enum { SOME = 256 };

/* A term that was looked up. */
typedef struct known_term {
    osl_text text;
    osl_term_info info;
} known_term;

/* The number of the form `folded` of a term; NONE where it has one only. */
static osl_status find_form(counter *c, osl_form_finder *at,
                            const known_term *term, osl_text folded,
                            uint32_t *out, osl_error *err)
{
    osl_form_place place;
    uint32_t ordinal = term->info.ordinal;
    *out = NONE;
    if (c->field != OSL_FIELD_TEXT ||
        !osl_segment_get_info(c->recount->segment)->has_forms)
        return OSL_OK;
    osl_status status =
        osl_form_finder_find(at, ordinal, term->text, folded, &place, err);
    if (status != OSL_OK || place.count < 2)
        return status;
    if (place.number == UINT32_MAX)
        return disagree(c, "form", err);
    uint64_t key = (uint64_t)ordinal << 32 | place.number;
    return osl_tally_find(&c->recount->tallies[OSL_DIED_FORMS], key, 0, out)
               ? OSL_OK
               : no_memory(err);
}

static osl_status take_term(counter *c, osl_form_finder *at,
                            const known_term *known, const wanted *what,
                            osl_error *err)
{
    meaning *to = &c->meanings[what->form];
    other_meaning *other = &c->others[what->form];
    const osl_term_info *info = &known->info;
    uint32_t term, form;
    if (info->df == 0)
        return disagree(c, "word", err);
    if (!osl_tally_find(&c->recount->tallies[c->field], info->ordinal, info->df,
                        &term))
        return no_memory(err);
    osl_status status =
        find_form(c, at, known, c->lexicon->at[what->form].folded, &form, err);
    if (status != OSL_OK)
        return status;
    if (what->is_extra) {
        other->extra = term;
        other->extra_form = form;
        to->has_extra = true;
        return OSL_OK;
    }
    to->base = term;
    to->base_form = form;
    other->ordinal = info->ordinal;
    if (c->field == OSL_FIELD_TEXT && c->leads) {
        to->leads = osl_bit(c->leads, info->ordinal);
        to->trails = osl_bit(c->trails, info->ordinal);
    }
    return OSL_OK;
}

static osl_text wanted_term(const void *user, uint32_t id)
{
    const counter *c = user;
    const osl_form *meant = &c->lexicon->at[c->wanted[id].form];
    return c->wanted[id].is_extra ? meant->extra : meant->term;
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
        const known_term known = {terms[places[i]], infos[places[i]]};
        status = take_term(c, at, &known, &c->wanted[order[i].id], err);
    }
    return status;
}

/* In order of bytes, as the dictionary has them. */
static osl_status find_terms(counter *c, osl_error *err)
{
    osl_form_finder at = {.segment = c->recount->segment};
    size_t count = c->wanted_count;
    osl_status status = OSL_OK;
    osl_sort_entry *order = malloc((count + 1) * sizeof *order);
    size_t form_count = c->field == OSL_FIELD_TEXT ? count : 0;
    if (!order || !osl_tally_reserve(&c->recount->tallies[c->field], count) ||
        !osl_tally_reserve(&c->recount->tallies[OSL_DIED_FORMS], form_count)) {
        free(order);
        return no_memory(err);
    }
    for (size_t i = 0; i < count; i++)
        order[i] = (osl_sort_entry){
            osl_sort_prefix(wanted_term(c, (uint32_t)i)), 0, (uint32_t)i};
    if (count > 0 && !osl_sort(order, count, wanted_term, c))
        status = no_memory(err);
    for (size_t i = 0; i < count && status == OSL_OK; i += SOME)
        status = find_some(c, &at, order + i,
                           count - i < SOME ? count - i : SOME, err);
    free(order);
    return status;
}

static osl_status want_form(counter *c, uint32_t place, osl_error *err)
{
    const osl_form *form = &c->lexicon->at[place];
    if (!osl_grow(&c->wanted, &c->wanted_capacity, c->wanted_count + 2,
                  sizeof *c->wanted))
        return no_memory(err);
    c->meanings[place] = (meaning){.is_met = true};
    c->wanted[c->wanted_count++] = (wanted){place, false};
    if (form->extra.length > 0 && !osl_text_equal(form->extra, form->term))
        c->wanted[c->wanted_count++] = (wanted){place, true};
    return OSL_OK;
}

/* Room for all that the lexicon has; what is new is not met yet. */
static bool make_meanings(counter *c)
{
    size_t count = c->lexicon->count;
    if (!osl_grow(&c->meanings, &c->meanings_capacity, count + 1,
                  sizeof *c->meanings) ||
        !osl_grow(&c->others, &c->others_capacity, count + 1,
                  sizeof *c->others))
        return false;
    for (; c->meaning_count < count; c->meaning_count++)
        c->meanings[c->meaning_count].is_met = false;
    return true;
}

static osl_status add_meanings(counter *c, osl_error *err)
{
    osl_status status = make_meanings(c) ? OSL_OK : no_memory(err);
    c->wanted_count = 0;
    for (size_t i = 0; i < c->id_count && status == OSL_OK; i++)
        if (!c->meanings[c->ids[i]].is_met)
            status = want_form(c, c->ids[i], err);
    return status == OSL_OK ? find_terms(c, err) : status;
}

/* ---- pairs -------------------------------------------------------------- */

/* Where a pair's place is, or the empty slot that it would have. */
static uint32_t *find_pair(const counter *c, uint64_t words)
{
    size_t at = (size_t)((words * 0x9E3779B97F4A7C15u) >> 32) & c->pair_mask;
    while (c->pair_slots[at] != 0 &&
           c->pairs[c->pair_slots[at] - 1].words != words)
        at = (at + 1) & c->pair_mask;
    return &c->pair_slots[at];
}

static osl_status word_ordinal(counter *c, osl_text word, uint32_t *out,
                               osl_error *err)
{
    osl_term_info info;
    bool found = false;
    uint32_t known = c->words.count, number;
    if (!osl_strings_add(&c->words, word, 0, &number))
        return no_memory(err);
    if (number < known) {
        *out = c->ordinals.at[number];
        return OSL_OK;
    }
    osl_status status = osl_term_find(c->recount->segment, OSL_FIELD_TEXT, word,
                                      &found, &info, err);
    if (status == OSL_OK && !found)
        return disagree(c, "pair", err);
    if (status != OSL_OK)
        return status;
    *out = info.ordinal;
    return osl_list32_add(&c->ordinals, info.ordinal) ? OSL_OK : no_memory(err);
}

/* The same of the first word of a pair, mostly that of the pair before. */
static osl_status left_ordinal(counter *c, osl_text word, uint32_t *out,
                               osl_error *err)
{
    if (c->pair_count > 0 && osl_text_equal(word, osl_buf_text(&c->left))) {
        *out = (uint32_t)(c->pairs[c->pair_count - 1].words >> 32);
        return OSL_OK;
    }
    osl_buf_reset(&c->left);
    osl_buf_put_text(&c->left, word);
    osl_status status = osl_buf_status(&c->left, "a word", err);
    return status == OSL_OK ? word_ordinal(c, word, out, err) : status;
}

static osl_status add_pair(counter *c, osl_text pair, const osl_term_info *info,
                           osl_error *err)
{
    const char *space = memchr(pair.bytes, ' ', pair.length);
    size_t length = space ? (size_t)(space - pair.bytes) : 0;
    uint32_t left = 0, right = 0;
    if (!space)
        return disagree(c, "pair", err);
    osl_status status =
        left_ordinal(c, (osl_text){pair.bytes, length}, &left, err);
    if (status == OSL_OK)
        status = word_ordinal(
            c, (osl_text){space + 1, pair.length - length - 1}, &right, err);
    if (status != OSL_OK)
        return status;
    uint64_t words = (uint64_t)left << 32 | right;
    uint32_t *slot = find_pair(c, words);
    if (*slot != 0)
        return disagree(c, "pair", err);
    c->pairs[c->pair_count++] = (pair_entry){words, info->ordinal, info->df, 0};
    *slot = c->pair_count;
    c->leads[left / 64] |= (uint64_t)1 << (left % 64);
    c->trails[right / 64] |= (uint64_t)1 << (right % 64);
    return OSL_OK;
}

static osl_status load_pairs(counter *c, osl_error *err)
{
    const osl_segment *segment = c->recount->segment;
    const osl_segment_info *info = osl_segment_get_info(segment);
    osl_term_cursor at;
    uint32_t count = info->fields[OSL_FIELD_PAIR].term_count;
    if (count == 0)
        return OSL_OK;
    for (c->pair_mask = 15; c->pair_mask / 2 <= count;)
        c->pair_mask = 2 * c->pair_mask + 1;
    c->pairs = malloc(count * sizeof *c->pairs);
    c->pair_slots = calloc(c->pair_mask + 1, sizeof *c->pair_slots);
    c->leads = calloc((size_t)info->fields[OSL_FIELD_TEXT].term_count / 64 + 1,
                      sizeof *c->leads);
    c->trails = calloc((size_t)info->fields[OSL_FIELD_TEXT].term_count / 64 + 1,
                       sizeof *c->trails);
    if (!c->leads || !c->trails || !c->pairs || !c->pair_slots)
        return no_memory(err);
    osl_status status =
        osl_term_seek(&at, segment, OSL_FIELD_PAIR, osl_text_of(""), err);
    while (status == OSL_OK && (status = osl_term_next(&at, err)) == OSL_OK)
        status = add_pair(c, at.term, &at.info, err);
    return status == OSL_END ? OSL_OK : status;
}

static bool count_pair(counter *c, pair_entry *pair, uint32_t ordinal)
{
    osl_tally *tally = &c->recount->tallies[OSL_FIELD_PAIR];
    uint32_t number = pair->tally - 1;
    if (pair->tally == 0 &&
        !osl_tally_find(tally, pair->ordinal, pair->df, &number))
        return false;
    pair->tally = number + 1;
    osl_tally_add(tally, number, ordinal, 1);
    return true;
}

/* The pair of two forms that follow each other, if it is one. */
static bool count_words(counter *c, uint32_t left, uint32_t right,
                        uint32_t ordinal)
{
    uint32_t place = *find_pair(c, (uint64_t)c->others[left].ordinal << 32 |
                                       c->others[right].ordinal);
    return place == 0 || count_pair(c, &c->pairs[place - 1], ordinal);
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

static bool count_tokens(counter *c, const dying_text *text,
                         const uint32_t *ids)
{
    const osl_tally terms = c->recount->tallies[c->field];
    const osl_tally forms = c->recount->tallies[OSL_DIED_FORMS];
    uint32_t ordinal = text->ordinal;
    bool leads = false; /* the one before */
    for (uint32_t i = 0; i < text->length; i++) {
        const meaning *m = &c->meanings[ids[i]];
        osl_tally_add(&terms, m->base, ordinal, 1);
        osl_tally_add(&forms, m->base_form, ordinal, 1);
        if (m->has_extra) {
            const other_meaning *other = &c->others[ids[i]];
            osl_tally_add(&terms, other->extra, ordinal, 1);
            osl_tally_add(&forms, other->extra_form, ordinal, 1);
        }
        if (leads && m->trails && !count_words(c, ids[i - 1], ids[i], ordinal))
            return false;
        leads = m->leads;
    }
    return true;
}

static osl_status count_round(counter *c, osl_error *err)
{
    const uint32_t *ids = c->ids;
    osl_status status = add_meanings(c, err);
    for (size_t t = 0; t < c->text_count && status == OSL_OK; t++) {
        const dying_text *text = &c->texts[t];
        if (!count_tokens(c, text, ids))
            status = no_memory(err);
        c->recount->lengths[c->field] += text->length;
        ids += text->length;
    }
    c->id_count = c->text_count = 0;
    return status;
}

static osl_status add_text(counter *c, osl_text text, uint32_t ordinal,
                           osl_error *err)
{
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
    if (!osl_strings_name_tokens(c->lexicon->forms, text, &c->tokens, ids))
        return no_memory(err);
    status = osl_lexicon_meet(c->lexicon, ids, count, err);
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
    c->field = field;
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

static osl_status count_titles(counter *c, osl_error *err)
{
    const osl_segment *segment = c->recount->segment;
    uint32_t count = osl_segment_get_info(segment)->document_count;
    osl_status status = OSL_OK;
    begin_field(c, OSL_FIELD_TITLE);
    for (uint32_t d = 0; d < count && status == OSL_OK; d++) {
        osl_text title;
        if (!osl_bit(c->recount->dying[OSL_FIELD_TITLE], d))
            continue;
        status = find_title(segment, d, &title, err);
        if (status == OSL_OK)
            status = add_text(c, title, d, err);
    }
    return status == OSL_OK ? count_round(c, err) : status;
}

static osl_status count_headings(counter *c, osl_error *err)
{
    const osl_segment *segment = c->recount->segment;
    uint32_t count = osl_segment_get_info(segment)->section_count;
    osl_status status = OSL_OK;
    begin_field(c, OSL_FIELD_HEADING);
    for (uint32_t s = 0; s < count && status == OSL_OK; s++) {
        osl_section_record record;
        if (!osl_bit(c->recount->dying[OSL_FIELD_HEADING], s))
            continue;
        status = osl_segment_section(segment, s, &record, err);
        if (status == OSL_OK)
            status = add_text(c, record.heading, s, err);
    }
    return status == OSL_OK ? count_round(c, err) : status;
}

/* A paragraph's text, as it was read before or into `room`. */
static osl_status find_text(counter *c, uint32_t paragraph, osl_buf *room,
                            osl_text *out, osl_error *err)
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
    *out = osl_buf_text(room);
    return status;
}

/* Room for what so many texts may have: grown piece by piece, memory is
 * touched again and again. Distinct words are about 40 times the root of all
 * (Heaps' law); more is no harm. */
static bool foresee(counter *c, uint64_t dying)
{
    const osl_segment_info *info = osl_segment_get_info(c->recount->segment);
    uint64_t tokens = info->fields[OSL_FIELD_TEXT].total_length, forms = 64;
    if (info->paragraph_count > 0 && dying < info->paragraph_count)
        tokens = tokens / info->paragraph_count * dying;
    if (tokens > ROUND)
        tokens = ROUND;
    while (forms * forms < 1600 * tokens)
        forms += forms / 4;
    return osl_grow(&c->ids, &c->ids_capacity, (size_t)tokens + 1,
                    sizeof *c->ids) &&
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
    osl_status status = load_pairs(c, err);
    if (status == OSL_OK &&
        !foresee(c, count_bits(c->recount->dying[OSL_FIELD_TEXT], count)))
        status = no_memory(err);
    for (uint32_t p = 0; p < count && status == OSL_OK; p++) {
        osl_text text = {"", 0};
        if (!osl_bit(c->recount->dying[OSL_FIELD_TEXT], p))
            continue;
        status = find_text(c, p, &room, &text, err);
        if (status == OSL_OK)
            status = add_text(c, text, p, err);
        c->recount->text_bytes += text.length;
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
    free(c.pairs);
    free(c.pair_slots);
    osl_buf_clear(&c.left);
    osl_strings_clear(&c.words);
    free(c.ordinals.at);
    osl_strings_clear(&c.compounds);
    free(c.meanings);
    free(c.others);
    free(c.wanted);
    free(c.ids);
    free(c.texts);
    free(c.leads);
    free(c.trails);
    return status;
}
