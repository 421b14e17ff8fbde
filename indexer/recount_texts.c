/* SPDX-License-Identifier: MIT */
#include "indexer/recount.h"

#include "core/segment/store.h"
#include "indexer/batch.h"

#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

/* What a form of the texts means in the segment: numbers of tallies. */
typedef struct meaning {
    osl_text term;    /* the base term; the resolver's */
    uint32_t ordinal; /* of it in the segment */
    uint32_t base, extra;
    uint32_t base_form, extra_form; /* NONE: the term has one form only */
    bool leads;                     /* it is the first word of some pair */
} meaning;

/* A pair of the segment, of which there are many more than meet the dead. */
typedef struct pair_slot {
    uint64_t words; /* ordinals: left << 32 | right, + 1; 0: empty */
    uint32_t ordinal, df;
    uint32_t tally; /* + 1; 0: not met yet */
} pair_slot;

typedef struct counter {
    osl_recount *recount;
    osl_resolver *resolver;
    osl_arena scratch;
    osl_tokens tokens;
    /* Of the field at hand: */
    osl_field field;
    osl_strings forms;
    meaning *meanings; /* by form; owns, as all below */
    size_t meanings_capacity, meaning_count;
    uint32_t *ids;
    size_t ids_capacity;
    /* Of text: */
    pair_slot *pairs; /* all of the segment, by their words; owns */
    size_t pair_mask;
    osl_strings words;     /* of pairs: few, and each in many */
    osl_list32 ordinals;   /* of them */
    uint64_t *leads;       /* a bit a term */
    osl_strings compounds; /* joined form, 0, ids of forms */
    uint32_t *entries;     /* by compound: number of the tally */
    size_t entries_capacity;
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

/* ---- what a form means -------------------------------------------------- */

/* The number of the form `folded` of a term; NONE where it has one only. */
static osl_status find_form(counter *c, const osl_term_info *info,
                            osl_text term, osl_text folded, uint32_t *out,
                            osl_error *err)
{
    const osl_segment *segment = c->recount->segment;
    osl_form_place place;
    *out = NONE;
    if (c->field != OSL_FIELD_TEXT || !osl_segment_get_info(segment)->has_forms)
        return OSL_OK;
    osl_status status =
        osl_term_form_find(segment, info, term, folded, &place, err);
    if (status != OSL_OK || place.count < 2)
        return status;
    if (place.number == UINT32_MAX)
        return disagree(c, "form", err);
    uint64_t key = (uint64_t)info->ordinal << 32 | place.number;
    return osl_tally_find(&c->recount->tallies[OSL_DIED_FORMS], key, 0, out)
               ? OSL_OK
               : no_memory(err);
}

/* A term and one of its forms, as numbers of tallies. */
typedef struct numbers {
    uint32_t ordinal, term, form;
} numbers;

static osl_status find_term(counter *c, osl_text term, osl_text folded,
                            numbers *out, osl_error *err)
{
    osl_term_info info;
    bool found = false;
    osl_status status =
        osl_term_find(c->recount->segment, c->field, term, &found, &info, err);
    if (status != OSL_OK)
        return status;
    if (!found)
        return disagree(c, "word", err);
    if (!osl_tally_find(&c->recount->tallies[c->field], info.ordinal, info.df,
                        &out->term))
        return no_memory(err);
    out->ordinal = info.ordinal;
    return find_form(c, &info, term, folded, &out->form, err);
}

static osl_status add_meaning(counter *c, uint32_t id, osl_error *err)
{
    numbers base, extra = {.term = NONE, .form = NONE};
    osl_form form;
    if (!osl_grow(&c->meanings, &c->meanings_capacity, (size_t)id + 1,
                  sizeof *c->meanings))
        return no_memory(err);
    osl_status status =
        osl_resolve(c->resolver, osl_strings_text(&c->forms, id),
                    osl_strings_flag(&c->forms, id), &form, err);
    if (status == OSL_OK)
        status = find_term(c, form.term, form.folded, &base, err);
    if (status == OSL_OK && form.extra.length > 0 &&
        !osl_text_equal(form.extra, form.term))
        status = find_term(c, form.extra, form.folded, &extra, err);
    if (status != OSL_OK)
        return status;
    bool leads = c->field == OSL_FIELD_TEXT && c->leads &&
                 osl_bit(c->leads, base.ordinal);
    c->meanings[id] = (meaning){form.term, base.ordinal, base.term, extra.term,
                                base.form, extra.form,   leads};
    c->meaning_count = (size_t)id + 1;
    return OSL_OK;
}

/* ---- pairs -------------------------------------------------------------- */

/* Where a pair is, or the empty slot that it would have. */
static pair_slot *find_pair(const counter *c, uint32_t left, uint32_t right)
{
    uint64_t words = ((uint64_t)left << 32 | right) + 1;
    size_t at = (size_t)((words * 0x9E3779B97F4A7C15u) >> 20) & c->pair_mask;
    while (c->pairs[at].words != 0 && c->pairs[at].words != words)
        at = (at + 1) & c->pair_mask;
    return &c->pairs[at];
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

static osl_status add_pair(counter *c, osl_text pair, const osl_term_info *info,
                           osl_error *err)
{
    const char *space = memchr(pair.bytes, ' ', pair.length);
    size_t length = space ? (size_t)(space - pair.bytes) : 0;
    uint32_t left = 0, right = 0;
    if (!space)
        return disagree(c, "pair", err);
    osl_status status =
        word_ordinal(c, (osl_text){pair.bytes, length}, &left, err);
    if (status == OSL_OK)
        status = word_ordinal(
            c, (osl_text){space + 1, pair.length - length - 1}, &right, err);
    if (status != OSL_OK)
        return status;
    pair_slot *slot = find_pair(c, left, right);
    if (slot->words != 0)
        return disagree(c, "pair", err);
    *slot = (pair_slot){((uint64_t)left << 32 | right) + 1, info->ordinal,
                        info->df, 0};
    c->leads[left / 64] |= (uint64_t)1 << (left % 64);
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
    c->pairs = calloc(c->pair_mask + 1, sizeof *c->pairs);
    c->leads = calloc((size_t)info->fields[OSL_FIELD_TEXT].term_count / 64 + 1,
                      sizeof *c->leads);
    if (!c->leads || !c->pairs)
        return no_memory(err);
    osl_status status =
        osl_term_seek(&at, segment, OSL_FIELD_PAIR, osl_text_of(""), err);
    while (status == OSL_OK && (status = osl_term_next(&at, err)) == OSL_OK)
        status = add_pair(c, at.term, &at.info, err);
    return status == OSL_END ? OSL_OK : status;
}

static bool count_pair(counter *c, pair_slot *pair, uint32_t ordinal)
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

static bool count_pairs(counter *c, uint32_t ordinal)
{
    for (size_t i = 1; i < c->tokens.count; i++) {
        const meaning *left = &c->meanings[c->ids[i - 1]];
        if (!left->leads)
            continue;
        pair_slot *pair =
            find_pair(c, left->ordinal, c->meanings[c->ids[i]].ordinal);
        if (pair->words != 0 && !count_pair(c, pair, ordinal))
            return false;
    }
    return true;
}

/* ---- compounds ---------------------------------------------------------- */

/* The entry of a compound whose tokens begin at `first`. */
static osl_status find_entry(counter *c, const char *joined, size_t first,
                             size_t count, uint32_t *number, osl_error *err)
{
    osl_buf parts = {0};
    const osl_alias_split *splits;
    size_t split_count = 0, s = 0;
    osl_status status = OSL_OK;
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            osl_buf_put_byte(&parts, ' ');
        osl_buf_put_text(&parts, c->meanings[c->ids[first + i]].term);
    }
    osl_arena_reset(&c->scratch);
    status = osl_buf_status(&parts, "a compound", err);
    if (status == OSL_OK)
        status = osl_segment_alias(c->recount->segment, osl_text_of(joined),
                                   &c->scratch, &splits, &split_count, err);
    while (s < split_count &&
           !osl_text_equal(splits[s].parts, osl_buf_text(&parts)))
        s++;
    if (status == OSL_OK && s == split_count)
        status = disagree(c, "compound", err);
    if (status == OSL_OK &&
        !osl_tally_find(&c->recount->tallies[OSL_DIED_ALIASES], splits[s].entry,
                        splits[s].uses, number))
        status = no_memory(err);
    osl_buf_clear(&parts);
    return status;
}

static osl_status count_compound(counter *c, const char *joined, size_t first,
                                 size_t count, osl_error *err)
{
    char key[64 + 64 * 4];
    size_t length = strlen(joined) + 1;
    uint32_t id, before = c->compounds.count;
    osl_status status = OSL_OK;
    if (count > 64)
        return OSL_OK;
    memcpy(key, joined, length);
    memcpy(key + length, c->ids + first, 4 * count);
    if (!osl_strings_add(&c->compounds, (osl_text){key, length + 4 * count}, 0,
                         &id) ||
        !osl_grow(&c->entries, &c->entries_capacity, (size_t)id + 1,
                  sizeof *c->entries))
        return no_memory(err);
    if (id == before)
        status = find_entry(c, joined, first, count, &c->entries[id], err);
    if (status == OSL_OK)
        c->recount->tallies[OSL_DIED_ALIASES].at[c->entries[id]].died.count++;
    return status;
}

static osl_status count_compounds(counter *c, osl_text text, osl_error *err)
{
    char joined[64];
    size_t first = 0, count = 0;
    osl_status status = OSL_OK;
    while (status == OSL_OK &&
           osl_next_compound(text, &c->tokens, &first, &count, joined))
        status = count_compound(c, joined, first, count, err);
    return status;
}

/* ---- one text ----------------------------------------------------------- */

static void count_token(counter *c, const meaning *m, uint32_t ordinal)
{
    osl_tally *terms = &c->recount->tallies[c->field];
    osl_tally *forms = &c->recount->tallies[OSL_DIED_FORMS];
    osl_tally_add(terms, m->base, ordinal, 1);
    if (m->extra != NONE)
        osl_tally_add(terms, m->extra, ordinal, 1);
    if (m->base_form != NONE)
        osl_tally_add(forms, m->base_form, ordinal, 1);
    if (m->extra_form != NONE)
        osl_tally_add(forms, m->extra_form, ordinal, 1);
}

static osl_status count_text(counter *c, osl_text text, uint32_t ordinal,
                             osl_error *err)
{
    osl_status status =
        osl_tokenize(c->recount->analyzer, text, &c->tokens, err);
    if (status != OSL_OK)
        return status;
    if (!osl_grow(&c->ids, &c->ids_capacity, c->tokens.count + 1,
                  sizeof *c->ids) ||
        !osl_strings_add_tokens(&c->forms, text, &c->tokens, c->ids))
        return no_memory(err);
    while (c->meaning_count < c->forms.count && status == OSL_OK)
        status = add_meaning(c, (uint32_t)c->meaning_count, err);
    for (size_t i = 0; i < c->tokens.count && status == OSL_OK; i++)
        count_token(c, &c->meanings[c->ids[i]], ordinal);
    c->recount->lengths[c->field] += c->tokens.count;
    if (status != OSL_OK || c->field != OSL_FIELD_TEXT)
        return status;
    if (c->leads && !count_pairs(c, ordinal))
        return no_memory(err);
    return count_compounds(c, text, err);
}

/* ---- the fields --------------------------------------------------------- */

static void begin_field(counter *c, osl_field field)
{
    osl_strings_clear(&c->forms);
    c->meaning_count = 0;
    c->field = field;
}

static osl_status count_titles(counter *c, osl_error *err)
{
    const osl_segment *segment = c->recount->segment;
    uint32_t count = osl_segment_get_info(segment)->document_count;
    osl_status status = OSL_OK;
    begin_field(c, OSL_FIELD_TITLE);
    for (uint32_t d = 0; d < count && status == OSL_OK; d++) {
        osl_document_record record;
        if (!osl_bit(c->recount->dying[OSL_FIELD_TITLE], d))
            continue;
        status = osl_segment_document(segment, d, &record, err);
        if (status == OSL_OK)
            status = count_text(
                c, osl_indexed_title(record.title, record.id, record.is_record),
                d, err);
    }
    return status;
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
            status = count_text(c, record.heading, s, err);
    }
    return status;
}

static osl_status count_paragraphs(counter *c, osl_error *err)
{
    const osl_segment *segment = c->recount->segment;
    uint32_t count = osl_segment_get_info(segment)->paragraph_count;
    osl_buf text = {0};
    osl_store_reader *reader = NULL;
    begin_field(c, OSL_FIELD_TEXT);
    osl_status status = osl_store_reader_new(&reader, segment, err);
    if (status == OSL_OK)
        status = load_pairs(c, err);
    for (uint32_t p = 0; p < count && status == OSL_OK; p++) {
        if (!osl_bit(c->recount->dying[OSL_FIELD_TEXT], p))
            continue;
        osl_buf_reset(&text);
        status = osl_store_reader_text(reader, p, &text, err);
        if (status == OSL_OK)
            status = count_text(c, osl_buf_text(&text), p, err);
        c->recount->text_bytes += text.length;
    }
    osl_store_reader_free(reader);
    osl_buf_clear(&text);
    return status;
}

osl_status osl_recount_texts(osl_recount *recount, osl_error *err)
{
    counter c = {.recount = recount};
    osl_status status = osl_resolver_new(&c.resolver, recount->analyzer, err);
    if (status == OSL_OK)
        status = count_titles(&c, err);
    if (status == OSL_OK)
        status = count_headings(&c, err);
    if (status == OSL_OK && osl_segment_get_info(recount->segment)->has_texts)
        status = count_paragraphs(&c, err);
    osl_resolver_free(c.resolver);
    osl_arena_clear(&c.scratch);
    osl_tokens_clear(&c.tokens);
    osl_strings_clear(&c.forms);
    free(c.pairs);
    osl_strings_clear(&c.words);
    free(c.ordinals.at);
    osl_strings_clear(&c.compounds);
    free(c.meanings);
    free(c.ids);
    free(c.leads);
    free(c.entries);
    return status;
}
