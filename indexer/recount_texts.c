/* SPDX-License-Identifier: MIT
 *
 * The dying texts of a field, in rounds: their tokens become numbers of forms;
 * the forms that are new mean terms (recount_forms.h); then the tokens are
 * counted. A text that was decoded to be compared has its words' ranks beside
 * it. */
#include "indexer/recount_forms.h"

#include "core/segment/alias.h"
#include "core/segment/tables.h"
#include "indexer/batch.h"

#include <stdlib.h>
#include <string.h>

/* Tokens of a round. */
#define ROUND ((size_t)1 << 20)

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
    osl_dying_forms forms; /* in the batch's lexicon, or `own` */
    osl_lexicon own;
    osl_strings own_forms; /* its forms; owns, as all below */
    uint32_t *placed; /* by rank below OFTEN: a word's place, + 1; or NULL */
    strange_tokens strange;
    uint32_t *ids; /* of the round's tokens: places in the lexicon */
    size_t ids_capacity, id_count;
    dying_text *texts;
    size_t texts_capacity, text_count;
    /* Of text: */
    osl_strings compounds; /* joined form, 0, places of forms */
    uint64_t next_alias;   /* where the next is looked for */
} counter;

/* ---- compounds ---------------------------------------------------------- */

/* The terms of a compound's words, a space between. */
static bool put_parts(const counter *c, osl_text compound, osl_buf *parts)
{
    size_t joined = strlen(compound.bytes) + 1;
    osl_buf_reset(parts);
    for (size_t at = joined; at < compound.length; at += 4) {
        if (at > joined)
            osl_buf_put_byte(parts, ' ');
        osl_buf_put_text(
            parts, c->forms.lexicon->at[osl_get32(compound.bytes + at)].term);
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
        return osl_recount_disagrees(c->recount, "compound", err);
    if (!osl_tally_find(tally, splits[s].entry, splits[s].uses, &number))
        return osl_recount_no_memory(err);
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
        status = osl_recount_no_memory(err);
    for (size_t i = 0; i < count && status == OSL_OK; i++) {
        osl_text compound = osl_strings_text(&c->compounds, order[i]);
        status = put_parts(c, compound, &parts)
                     ? count_compound(c, compound,
                                      c->compounds.entries[order[i]].count,
                                      osl_buf_text(&parts), err)
                     : osl_recount_no_memory(err);
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
    const osl_tally terms = c->recount->tallies[c->forms.field];
    const osl_tally forms = c->recount->tallies[OSL_DIED_FORMS];
    uint32_t ordinal = text->ordinal;
    for (uint32_t i = 0; i < text->length; i++) {
        const osl_form_meaning *m = &c->forms.meanings[ids[i]];
        osl_tally_add(&terms, m->base, ordinal, 1);
        osl_tally_add(&forms, m->base_form, ordinal, 1);
        if (m->has_extra) {
            const osl_other_meaning *other = &c->forms.others[ids[i]];
            osl_tally_add(&terms, other->extra, ordinal, 1);
            osl_tally_add(&forms, other->extra_form, ordinal, 1);
        }
    }
}

static osl_status count_round(counter *c, osl_error *err)
{
    const uint32_t *ids = c->ids;
    osl_status status =
        osl_dying_forms_meet(&c->forms, c->ids, c->id_count, err);
    for (size_t t = 0; t < c->text_count && status == OSL_OK; t++) {
        const dying_text *text = &c->texts[t];
        count_tokens(c, text, ids);
        c->recount->lengths[c->forms.field] += text->length;
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
    if (!osl_strings_name_tokens(c->forms.lexicon->forms, text, tokens, ids))
        return osl_recount_no_memory(err);
    osl_status status =
        osl_lexicon_meet(c->forms.lexicon, ids, tokens->count, err);
    return status == OSL_OK && !osl_dying_forms_reserve(&c->forms)
               ? osl_recount_no_memory(err)
               : status;
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
        return osl_recount_no_memory(err);
    list_strange(c, of->ranks, ids);
    if (s->tokens.count == 0)
        return OSL_OK;
    osl_status status = place_tokens(c, of->text, &s->tokens, s->ids, err);
    for (size_t n = 0; n < s->tokens.count && status == OSL_OK; n++) {
        uint32_t rank = of->ranks[s->at[n]], place = s->ids[n];
        ids[s->at[n]] = place;
        c->forms.ranks[place] = rank;
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
        return osl_recount_no_memory(err);
    uint32_t *ids = c->ids + c->id_count;
    status = c->placed && count > 0 && of->count == count
                 ? place_words(c, of, ids, err)
                 : place_tokens(c, text, &c->tokens, ids, err);
    if (status != OSL_OK)
        return status;
    if (c->forms.field == OSL_FIELD_TEXT && !note_compounds(c, text, ids))
        return osl_recount_no_memory(err);
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
    osl_dying_forms_begin(&c->forms, field,
                          field == OSL_FIELD_TEXT && shared ? shared : &c->own);
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
           osl_dying_forms_expect(&c->forms, (size_t)forms) &&
           osl_lexicon_expect(c->forms.lexicon, (size_t)forms) &&
           (c->forms.lexicon != &c->own ||
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
        c->placed && foresee(c, dying) ? OSL_OK : osl_recount_no_memory(err);
    if (status == OSL_OK)
        status =
            osl_word_terms_view(c->recount->segment, &c->forms.word_terms, err);
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
    counter c = {.recount = recount, .forms.recount = recount};
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
    osl_dying_forms_clear(&c.forms);
    osl_lexicon_clear(&c.own);
    osl_strings_clear(&c.own_forms);
    osl_strings_clear(&c.compounds);
    free(c.placed);
    free(c.strange.tokens.starts);
    free(c.strange.tokens.ends);
    free(c.strange.tokens.flags);
    free(c.strange.at);
    free(c.strange.ids);
    free(c.ids);
    free(c.texts);
    return status;
}
