/* SPDX-License-Identifier: MIT */
#include "indexer/pairs.h"

#include <string.h>

/* Places in the table of counts: so many, and so many more a token. Where
 * the rule asks for more (paragraphs of thousands of words), it is made
 * stricter until they do. */
#define PLACES_MIN       ((uint64_t)1 << 24)
#define PLACES_PER_TOKEN 4u

#define NO_WORD UINT32_MAX

/* A term that takes part; number: its place by falling df. */
typedef struct pair_word {
    uint32_t rank, df;
    uint32_t limit; /* words 0 … limit − 1 may follow it */
    uint64_t first; /* place of its pair with word 0 */
} pair_word;

typedef struct pair_maker {
    const osl_batch_field *field;
    const osl_terms *terms;
    osl_writer *writer;
    pair_word *words; /* owns, as all below */
    uint32_t word_count;
    uint32_t *word_of_form; /* NO_WORD: takes no part */
    uint64_t place_count;
    uint32_t *places; /* counts; then where the pair's entries end */
    uint32_t *out;    /* ordinals, pair by pair */
    /* One pair, as the writer takes it. */
    uint32_t *ordinals, *tfs;
} pair_maker;

static void clear(pair_maker *m)
{
    free(m->words);
    free(m->word_of_form);
    free(m->places);
    free(m->out);
    free(m->ordinals);
    free(m->tfs);
}

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while pairing words");
    return OSL_ENOMEM;
}

static uint64_t divided(uint64_t value, uint64_t by)
{
    return value / by + (value % by != 0);
}

osl_pair_rule osl_pairs_rule(osl_pairs pairs, uint32_t ordinal_count)
{
    uint64_t square = (uint64_t)ordinal_count * ordinal_count;
    switch (pairs) {
    case OSL_PAIRS_DEFAULT:
        return (osl_pair_rule){divided(square, 100),
                               (uint32_t)divided(ordinal_count, 20)};
    case OSL_PAIRS_MORE:
        return (osl_pair_rule){divided(square, 500), 1};
    case OSL_PAIRS_NONE:
        break;
    }
    return (osl_pair_rule){0, 0};
}

/* ---- which words -------------------------------------------------------- */

static int by_falling_df(const void *left, const void *right)
{
    const pair_word *a = left, *b = right;
    if (a->df != b->df)
        return a->df < b->df ? 1 : -1;
    return a->rank < b->rank ? -1 : a->rank > b->rank;
}

/* "a b" is to say which words, in their order. */
static bool can_be_joined(osl_text term)
{
    for (size_t i = 0; i < term.length; i++)
        if ((unsigned char)term.bytes[i] <= ' ')
            return false;
    return term.length > 0 && term.length < OSL_TERM_BYTES_MAX / 2;
}

/* Leaves dfs of no use (0) to terms that are a second meaning. */
static void drop_extras(const pair_maker *m, uint32_t *dfs)
{
    for (uint32_t i = 0; i < m->field->forms.count; i++)
        if (m->terms->counts[i] > 0 &&
            m->terms->forms[i].extra != OSL_TERM_NONE)
            dfs[m->terms->forms[i].extra] = 0;
}

static uint64_t set_limits(pair_maker *m, uint64_t product)
{
    uint64_t places = 0;
    uint32_t limit = m->word_count;
    for (uint32_t i = 0; i < m->word_count; i++) {
        while (limit > 0 &&
               (uint64_t)m->words[i].df * m->words[limit - 1].df < product)
            limit--;
        m->words[i].limit = limit;
        m->words[i].first = places;
        places += limit;
    }
    return places;
}

static osl_status choose_words(pair_maker *m, const uint32_t *dfs,
                               osl_pair_rule rule, osl_error *err)
{
    uint32_t count = m->terms->count, greatest = 0;
    uint32_t *usable = malloc(((size_t)count + 1) * sizeof *usable);
    m->words = malloc(((size_t)count + 1) * sizeof *m->words);
    if (!usable || !m->words) {
        free(usable);
        return no_memory(err);
    }
    memcpy(usable, dfs, (size_t)count * sizeof *dfs);
    drop_extras(m, usable);
    for (uint32_t rank = 0; rank < count; rank++)
        greatest = usable[rank] > greatest ? usable[rank] : greatest;
    for (uint32_t rank = 0; rank < count; rank++)
        if (usable[rank] >= rule.df &&
            (uint64_t)usable[rank] * greatest >= rule.product &&
            can_be_joined(osl_terms_text(m->terms, rank)))
            m->words[m->word_count++] = (pair_word){rank, usable[rank], 0, 0};
    free(usable);
    qsort(m->words, m->word_count, sizeof *m->words, by_falling_df);
    uint64_t most = PLACES_MIN + PLACES_PER_TOKEN * m->field->ids.count;
    m->place_count = set_limits(m, rule.product);
    while (m->place_count > most) {
        rule.product += rule.product / 4 + 1;
        m->place_count = set_limits(m, rule.product);
    }
    return OSL_OK;
}

static osl_status number_forms(pair_maker *m, osl_error *err)
{
    size_t count = m->field->forms.count;
    uint32_t *words = malloc(((size_t)m->terms->count + 1) * sizeof *words);
    m->word_of_form = malloc((count + 1) * sizeof *m->word_of_form);
    if (!words || !m->word_of_form) {
        free(words);
        return no_memory(err);
    }
    memset(words, 0xFF, (size_t)m->terms->count * sizeof *words);
    for (uint32_t i = 0; i < m->word_count; i++)
        words[m->words[i].rank] = i;
    for (uint32_t i = 0; i < count; i++)
        m->word_of_form[i] =
            m->terms->counts[i] > 0 ? words[m->terms->forms[i].base] : NO_WORD;
    free(words);
    return OSL_OK;
}

/* ---- occurrences -------------------------------------------------------- */

/* Where no word takes part, no limit is passed. */
static bool is_pair(const pair_maker *m, uint32_t left, uint32_t right)
{
    return left != NO_WORD && right < m->words[left].limit;
}

static uint64_t count_pairs(pair_maker *m)
{
    const uint32_t *id = m->field->ids.at;
    uint64_t total = 0;
    for (size_t i = 0; i < m->field->lengths.count; i++) {
        const uint32_t *end = id + m->field->lengths.at[i];
        uint32_t left = NO_WORD;
        for (; id < end; id++) {
            uint32_t right = m->word_of_form[*id];
            if (is_pair(m, left, right)) {
                m->places[m->words[left].first + right]++;
                total++;
            }
            left = right;
        }
    }
    return total;
}

static void scatter(pair_maker *m)
{
    const uint32_t *id = m->field->ids.at;
    for (size_t i = 0; i < m->field->lengths.count; i++) {
        const uint32_t *end = id + m->field->lengths.at[i];
        uint32_t left = NO_WORD;
        for (; id < end; id++) {
            uint32_t right = m->word_of_form[*id];
            if (is_pair(m, left, right))
                m->out[m->places[m->words[left].first + right]++] = (uint32_t)i;
            left = right;
        }
    }
}

static osl_status sort_pairs(pair_maker *m, osl_error *err)
{
    m->places = calloc((size_t)m->place_count + 1, sizeof *m->places);
    if (!m->places)
        return no_memory(err);
    uint64_t total = count_pairs(m);
    uint32_t most = 0, start = 0;
    for (uint64_t i = 0; i < m->place_count; i++) {
        uint32_t here = m->places[i];
        most = here > most ? here : most;
        m->places[i] = start;
        start += here;
    }
    m->out = calloc((size_t)total + 1, sizeof *m->out);
    m->ordinals = malloc(((size_t)most + 1) * sizeof *m->ordinals);
    m->tfs = malloc(((size_t)most + 1) * sizeof *m->tfs);
    if (!m->out || !m->ordinals || !m->tfs)
        return no_memory(err);
    scatter(m);
    return OSL_OK;
}

/* ---- to the writer ------------------------------------------------------ */

static uint32_t start_of(const pair_maker *m, uint64_t place)
{
    return place > 0 ? m->places[place - 1] : 0;
}

static void send_pair(pair_maker *m, osl_text term, uint64_t place)
{
    uint32_t df = 0;
    for (uint32_t i = start_of(m, place); i < m->places[place]; i++) {
        if (df == 0 || m->ordinals[df - 1] != m->out[i]) {
            m->ordinals[df] = m->out[i];
            m->tfs[df++] = 0;
        }
        m->tfs[df - 1]++;
    }
    osl_term_postings postings = {
        .term = term, .df = df, .ordinals = m->ordinals, .tfs = m->tfs};
    osl_writer_term(m->writer, &postings);
}

typedef struct follower {
    uint32_t rank, word;
} follower;

static int by_rank(const void *left, const void *right)
{
    const follower *a = left, *b = right;
    return a->rank < b->rank ? -1 : a->rank > b->rank;
}

/* All pairs of one left word, in order of bytes. */
static void send_followers(pair_maker *m, const pair_word *left,
                           follower *followers)
{
    char bytes[OSL_TERM_BYTES_MAX];
    osl_text text = osl_terms_text(m->terms, left->rank);
    uint32_t count = 0;
    for (uint32_t i = 0; i < left->limit; i++)
        if (m->places[left->first + i] > start_of(m, left->first + i))
            followers[count++] = (follower){m->words[i].rank, i};
    if (count == 0)
        return;
    qsort(followers, count, sizeof *followers, by_rank);
    memcpy(bytes, text.bytes, text.length);
    bytes[text.length] = ' ';
    for (uint32_t i = 0; i < count; i++) {
        osl_text right = osl_terms_text(m->terms, followers[i].rank);
        memcpy(bytes + text.length + 1, right.bytes, right.length);
        send_pair(m, (osl_text){bytes, text.length + 1 + right.length},
                  left->first + followers[i].word);
    }
}

/* No term has a byte below the space's, so pairs in order of their words'
 * ranks are in order of bytes. */
static osl_status send_pairs(pair_maker *m, osl_error *err)
{
    size_t room = (size_t)m->word_count + 1;
    follower *lefts = malloc(room * sizeof *lefts);
    follower *followers = malloc(room * sizeof *followers);
    osl_status status = lefts && followers ? OSL_OK : no_memory(err);
    if (status == OSL_OK) {
        for (uint32_t i = 0; i < m->word_count; i++)
            lefts[i] = (follower){m->words[i].rank, i};
        qsort(lefts, m->word_count, sizeof *lefts, by_rank);
        osl_writer_begin_field(m->writer, OSL_FIELD_PAIR,
                               (uint32_t)m->field->lengths.count,
                               m->field->lengths.at);
        for (uint32_t i = 0; i < m->word_count; i++)
            send_followers(m, &m->words[lefts[i].word], followers);
        osl_writer_end_field(m->writer);
    }
    free(lefts);
    free(followers);
    return status;
}

osl_status osl_pairs_write(const osl_batch *batch, const osl_terms *terms,
                           const uint32_t *dfs, osl_pairs pairs,
                           osl_writer *writer, osl_error *err)
{
    pair_maker m = {.field = &batch->fields[OSL_FIELD_TEXT],
                    .terms = terms,
                    .writer = writer};
    osl_pair_rule rule =
        osl_pairs_rule(pairs, (uint32_t)m.field->lengths.count);
    if (rule.product == 0)
        return OSL_OK;
    osl_status status = choose_words(&m, dfs, rule, err);
    if (status == OSL_OK)
        status = number_forms(&m, err);
    if (status == OSL_OK)
        status = sort_pairs(&m, err);
    if (status == OSL_OK)
        status = send_pairs(&m, err);
    clear(&m);
    return status;
}
