/* SPDX-License-Identifier: MIT */
#include "indexer/pairs.h"

#include "core/base/pages.h"
#include "core/segment/encode.h"
#include "indexer/crew.h"
#include "indexer/turns.h"

#include <string.h>

/* Places in the table of counts: so many, and so many more a token. Where
 * the rule asks for more (paragraphs of thousands of words), it is made
 * stricter until they do. */
#define PLACES_MIN       ((uint64_t)1 << 24)
#define PLACES_PER_TOKEN 4u

/* Of words that have lists of their best together (core/segment/joint.h). */
enum {
    JOINT_DF = 8,
    JOINT_PRODUCT = 40,
    JOINT_DF_MORE = 20,
    JOINT_PRODUCT_MORE = 100
};

/* Left words whose pairs a thread encodes before they are written. */
enum { SHARE = 8 };

typedef struct follower {
    uint32_t rank, word;
} follower;

/* Entries that are placed before the first is written. */
enum { CHUNK = 256 };

/* The cursor of a pair that is not sorted now. */
#define OUT_OF_RANGE UINT32_MAX

/* Pairs on their way to the writer. */
typedef struct pair_sender {
    const osl_pair_words *words;
    const osl_pairs_found *found;
    osl_writer *writer;
    unsigned size;     /* threads that sort */
    uint32_t *cursors; /* a table each, by place; owns, as all below */
    uint32_t *counts;  /* of each pair, where some are sorted at once */
    uint32_t *places;  /* where the pair's entries end */
    uint32_t *out;     /* ordinals, pair by pair */
    uint32_t most;     /* entries of one pair */
    follower *order;   /* words by rank */
    uint32_t next;     /* of `order`; guarded by the turns' lock */
    uint32_t end;      /* of those of `order` that are sent now */
    osl_turns turns;
} pair_sender;

/* One thread's room: a pair as the writer takes it. */
typedef struct pair_scratch {
    uint32_t *ordinals, *tfs; /* own, as all */
    osl_encoder *encoder;
} pair_scratch;

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
    case OSL_PAIRS_AS_BEFORE: /* settled by then */
        break;
    }
    return (osl_pair_rule){0, 0};
}

osl_joint_rule osl_pairs_joint_rule(osl_pairs pairs)
{
    switch (pairs) {
    case OSL_PAIRS_DEFAULT:
        return (osl_joint_rule){JOINT_DF, JOINT_PRODUCT};
    case OSL_PAIRS_MORE:
        return (osl_joint_rule){JOINT_DF_MORE, JOINT_PRODUCT_MORE};
    case OSL_PAIRS_NONE:
    case OSL_PAIRS_AS_BEFORE: /* settled by then */
        break;
    }
    return (osl_joint_rule){0, 0};
}

/* ---- which words -------------------------------------------------------- */

static int by_falling_df(const void *left, const void *right)
{
    const osl_pair_word *a = left, *b = right;
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

bool osl_pairs_can_have(osl_pair_rule rule, osl_text term, uint32_t df,
                        uint32_t ordinal_count)
{
    return df > 0 && df >= rule.df &&
           (uint64_t)df * ordinal_count >= rule.product &&
           can_be_joined(term) && !osl_term_is_extra(term);
}

/* Places that the pairs of this product need; sets them where they fit. */
static uint64_t set_limits(osl_pair_words *words, uint64_t product)
{
    uint64_t places = 0;
    uint32_t limit = words->count;
    for (uint32_t i = 0; i < words->count; i++) {
        osl_pair_word *word = &words->at[i];
        while (limit > 0 &&
               (uint64_t)word->df * words->at[limit - 1].df < product)
            limit--;
        word->limit = limit;
        word->first = (uint32_t)places;
        places += limit;
    }
    words->place_count = (uint32_t)places;
    return places;
}

void osl_pairs_choose(osl_pair_words *words, osl_pair_rule rule,
                      uint64_t tokens)
{
    if (words->count > 0)
        qsort(words->at, words->count, sizeof *words->at, by_falling_df);
    uint64_t most = PLACES_MIN + PLACES_PER_TOKEN * tokens;
    most = most < UINT32_MAX ? most : UINT32_MAX;
    while (set_limits(words, rule.product) > most)
        rule.product += rule.product / 4 + 1;
}

/* ---- in order of pairs -------------------------------------------------- */

/* Where each thread's parts have the entries of a pair: first how many, then
 * where they begin. */
static uint32_t *cursors_of(const pair_sender *m, unsigned worker)
{
    return m->cursors + (size_t)worker * m->words->place_count;
}

/* The parts of a worker. */
static unsigned parts_before(const pair_sender *m, unsigned worker)
{
    return (unsigned)((uint64_t)m->found->part_count * worker / m->size);
}

static osl_status count_parts(void *user, unsigned worker, osl_error *err)
{
    const pair_sender *m = user;
    uint32_t *cursors = cursors_of(m, worker);
    unsigned end = parts_before(m, worker + 1);
    (void)err;
    for (unsigned p = parts_before(m, worker); p < end; p++) {
        const osl_list32 *places = &m->found->parts[p].places;
        for (size_t i = 0; i < places->count; i++)
            cursors[places->at[i]]++;
    }
    return OSL_OK;
}

/* An entry to come: its pair's place, then its own. */
typedef struct pending {
    uint32_t place, ordinal;
} pending;

/* Places are told and fetched for all of them before the first is written. */
static void write_pending(uint32_t *restrict out, uint32_t *restrict cursors,
                          pending *restrict at, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t place = cursors[at[i].place]++;
        __builtin_prefetch(&out[place], 1);
        at[i].place = place;
    }
    for (size_t i = 0; i < count; i++)
        out[at[i].place] = at[i].ordinal;
}

static void scatter_part(const pair_sender *m, const osl_pair_part *part,
                         uint32_t *cursors)
{
    pending chunk[CHUNK];
    size_t count = 0;
    const uint32_t *place = part->places.at;
    for (size_t i = part->first; i < part->end; i++)
        for (uint32_t n = m->found->counts[i]; n > 0; n--) {
            chunk[count++] = (pending){*place++, (uint32_t)i};
            if (count < CHUNK)
                continue;
            write_pending(m->out, cursors, chunk, count);
            count = 0;
        }
    write_pending(m->out, cursors, chunk, count);
}

static osl_status scatter_parts(void *user, unsigned worker, osl_error *err)
{
    const pair_sender *m = user;
    unsigned end = parts_before(m, worker + 1);
    (void)err;
    for (unsigned p = parts_before(m, worker); p < end; p++)
        scatter_part(m, &m->found->parts[p], cursors_of(m, worker));
    return OSL_OK;
}

/* Where the entries of each pair end, and where each worker's begin. */
static void place_parts(pair_sender *m)
{
    uint32_t end = 0, count = m->words->place_count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t start = end;
        for (unsigned worker = 0; worker < m->size; worker++) {
            uint32_t *cursor = &cursors_of(m, worker)[i];
            uint32_t here = *cursor;
            *cursor = end;
            end += here;
        }
        m->most = end - start > m->most ? end - start : m->most;
        m->places[i] = end;
    }
}

/* By as many threads as there are parts for, and as make tables that are
 * smaller than what is sorted. */
static osl_status sort_pairs(pair_sender *m, uint64_t total, osl_error *err)
{
    size_t count = m->words->place_count;
    m->size = m->found->thread_count < m->found->part_count
                  ? m->found->thread_count
                  : m->found->part_count;
    while (m->size > 1 && count * m->size > total)
        m->size--;
    m->size = m->size ? m->size : 1;
    m->places = malloc((count + 1) * sizeof *m->places);
    m->cursors = calloc(count * m->size + 1, sizeof *m->cursors);
    m->out = osl_pages_take((size_t)total + 1, sizeof *m->out);
    if (!m->places || !m->cursors || !m->out)
        return no_memory(err);
    osl_status status = osl_crew_run(m->size, count_parts, NULL, m, err);
    place_parts(m);
    if (status == OSL_OK)
        status = osl_crew_run(m->size, scatter_parts, NULL, m, err);
    free(m->cursors);
    m->cursors = NULL;
    return status;
}

/* ---- to the writer ------------------------------------------------------ */

static uint32_t start_of(const pair_sender *m, uint64_t place)
{
    return place > 0 ? m->places[place - 1] : 0;
}

static void encode_pair(const pair_sender *m, const pair_scratch *s,
                        osl_text term, uint64_t place)
{
    uint32_t df = 0, tf = 0, last = UINT32_MAX;
    uint32_t from = start_of(m, place), to = m->places[place];
    for (uint32_t i = from; i < to; i++) {
        bool is_new = m->out[i] != last;
        last = m->out[i];
        df += is_new;
        tf = is_new ? 1 : tf + 1;
        s->ordinals[df - 1] = last;
        s->tfs[df - 1] = tf;
    }
    const osl_term_postings postings = {
        .term = term, .df = df, .ordinals = s->ordinals, .tfs = s->tfs};
    osl_encoder_counted_term(s->encoder, &postings, to - from, NULL);
}

static int by_rank(const void *left, const void *right)
{
    const follower *a = left, *b = right;
    return a->rank < b->rank ? -1 : a->rank > b->rank;
}

/* All pairs of one left word, in order of bytes: that of all words. */
static void encode_followers(const pair_sender *m, const pair_scratch *s,
                             const osl_pair_word *left)
{
    char bytes[OSL_TERM_BYTES_MAX];
    osl_text text = left->term;
    memcpy(bytes, text.bytes, text.length);
    bytes[text.length] = ' ';
    for (uint32_t i = 0; i < m->words->count; i++) {
        uint32_t word = m->order[i].word;
        uint64_t place = (uint64_t)left->first + word;
        osl_text right = m->words->at[word].term;
        if (word >= left->limit || m->places[place] == start_of(m, place))
            continue;
        memcpy(bytes + text.length + 1, right.bytes, right.length);
        encode_pair(m, s, (osl_text){bytes, text.length + 1 + right.length},
                    place);
    }
}

static void clear_scratch(pair_scratch *s)
{
    free(s->ordinals);
    free(s->tfs);
    osl_encoder_free(s->encoder);
}

static bool make_scratch(pair_scratch *s, const pair_sender *m)
{
    s->ordinals = malloc(((size_t)m->most + 1) * sizeof *s->ordinals);
    s->tfs = malloc(((size_t)m->most + 1) * sizeof *s->tfs);
    s->encoder = osl_encoder_new();
    return s->ordinals && s->tfs && s->encoder;
}

static bool take_share(pair_sender *m, uint32_t *from, uint32_t *to,
                       uint64_t *turn)
{
    osl_turns_lock(&m->turns);
    *from = m->next;
    *to = m->next = m->end - *from < SHARE ? m->end : *from + SHARE;
    bool found = *to > *from;
    if (found)
        *turn = osl_turns_take(&m->turns);
    osl_turns_unlock(&m->turns);
    return found;
}

static osl_status encode(void *user, unsigned worker, osl_error *err)
{
    pair_sender *m = user;
    pair_scratch s = {0};
    uint32_t from, to;
    uint64_t turn;
    (void)worker;
    if (!make_scratch(&s, m)) {
        clear_scratch(&s);
        return no_memory(err);
    }
    osl_encoder_begin(s.encoder, m->writer);
    while (take_share(m, &from, &to, &turn)) {
        for (uint32_t i = from; i < to; i++)
            encode_followers(m, &s, &m->words->at[m->order[i].word]);
        osl_turns_begin(&m->turns, turn);
        osl_writer_take(m->writer, s.encoder);
        osl_turns_end(&m->turns);
    }
    clear_scratch(&s);
    return OSL_OK;
}

/* No term has a byte below the space's, so pairs in order of their words'
 * ranks are in order of bytes. */
static osl_status order_words(pair_sender *m, osl_error *err)
{
    m->order = malloc(((size_t)m->words->count + 1) * sizeof *m->order);
    if (!m->order)
        return no_memory(err);
    for (uint32_t i = 0; i < m->words->count; i++)
        m->order[i] = (follower){m->words->at[i].rank, i};
    qsort(m->order, m->words->count, sizeof *m->order, by_rank);
    return OSL_OK;
}

/* Pairs of left words [from, to) of the order. */
static osl_status encode_range(pair_sender *m, uint32_t from, uint32_t to,
                               osl_error *err)
{
    m->next = from;
    m->end = to;
    if (!osl_turns_init(&m->turns))
        return no_memory(err);
    osl_status status =
        osl_crew_run(m->found->thread_count, encode, NULL, m, err);
    osl_turns_clear(&m->turns);
    return status;
}

/* ---- some left words after the others ----------------------------------- */

/* Left words [from, returned) of the order, whose entries are sorted at once;
 * *sum of them. */
static uint32_t end_of_range(const pair_sender *m, uint32_t from, uint64_t *sum)
{
    uint32_t to = from;
    *sum = 0;
    while (to < m->words->count) {
        const osl_pair_word *left = &m->words->at[m->order[to].word];
        uint64_t here = 0;
        for (uint32_t i = 0; i < left->limit; i++)
            here += m->counts[left->first + i];
        if (to > from && *sum + here > m->found->entries_at_once)
            break;
        *sum += here;
        to++;
    }
    return to;
}

/* As place_parts(), where other left words have no entries. */
static void place_range(pair_sender *m, uint32_t from, uint32_t to)
{
    uint32_t end = 0;
    memset(m->cursors, 0xff, m->words->place_count * sizeof *m->cursors);
    for (uint32_t n = from; n < to; n++)
        m->cursors[m->words->at[m->order[n].word].first] = 0;
    m->most = 0;
    for (uint32_t w = 0; w < m->words->count; w++) {
        const osl_pair_word *left = &m->words->at[w];
        /* Words without followers have no place. */
        bool is_in = left->limit > 0 && m->cursors[left->first] == 0;
        for (uint32_t i = left->first; i < left->first + left->limit; i++) {
            uint32_t here = is_in ? m->counts[i] : 0;
            m->cursors[i] = is_in ? end : OUT_OF_RANGE;
            m->places[i] = end += here;
            m->most = here > m->most ? here : m->most;
        }
    }
}

static void scatter_range(const pair_sender *m)
{
    const osl_pair_part *part = &m->found->parts[0];
    const uint32_t *place = part->places.at;
    pending chunk[CHUNK];
    size_t count = 0;
    for (size_t i = part->first; i < part->end; i++)
        for (uint32_t n = m->found->counts[i]; n > 0; n--, place++) {
            if (m->cursors[*place] == OUT_OF_RANGE)
                continue;
            chunk[count++] = (pending){*place, (uint32_t)i};
            if (count < CHUNK)
                continue;
            write_pending(m->out, m->cursors, chunk, count);
            count = 0;
        }
    write_pending(m->out, m->cursors, chunk, count);
}

static osl_status send_range(pair_sender *m, uint32_t from, uint32_t to,
                             uint64_t sum, osl_error *err)
{
    m->out = malloc(((size_t)sum + 1) * sizeof *m->out);
    if (!m->out)
        return no_memory(err);
    place_range(m, from, to);
    scatter_range(m);
    osl_status status = encode_range(m, from, to, err);
    free(m->out);
    m->out = NULL;
    return status;
}

/* For less memory: what was found is gone through several times. */
static osl_status send_by_ranges(pair_sender *m, osl_error *err)
{
    size_t count = m->words->place_count;
    m->places = malloc((count + 1) * sizeof *m->places);
    m->cursors = malloc((count + 1) * sizeof *m->cursors);
    m->counts = calloc(count + 1, sizeof *m->counts);
    if (!m->places || !m->cursors || !m->counts)
        return no_memory(err);
    const osl_list32 *found = &m->found->parts[0].places;
    for (size_t i = 0; i < found->count; i++)
        m->counts[found->at[i]]++;
    osl_status status = OSL_OK;
    for (uint32_t from = 0, to; from < m->words->count && status == OSL_OK;
         from = to) {
        uint64_t sum;
        to = end_of_range(m, from, &sum);
        status = send_range(m, from, to, sum, err);
    }
    return status;
}

osl_status osl_pairs_send(const osl_pair_words *words,
                          const osl_pairs_found *found, osl_writer *writer,
                          osl_error *err)
{
    pair_sender m = {.words = words, .found = found, .writer = writer};
    uint64_t total = 0;
    for (unsigned p = 0; p < found->part_count; p++)
        total += found->parts[p].places.count;
    if (total > UINT32_MAX)
        return osl_fail(err, OSL_ELIMIT,
                        "more pairs of words than a segment may hold (2^32); "
                        "index with --pairs none");
    osl_status status = order_words(&m, err);
    if (status == OSL_OK && found->entries_at_once > 0 &&
        total > found->entries_at_once) {
        status = send_by_ranges(&m, err);
    } else if (status == OSL_OK) {
        status = sort_pairs(&m, total, err);
        if (status == OSL_OK)
            status = encode_range(&m, 0, words->count, err);
    }
    free(m.counts);
    free(m.cursors);
    free(m.places);
    free(m.out);
    free(m.order);
    return status;
}

/* ---- of a batch --------------------------------------------------------- */

/* What a left word needs in the loop over tokens. */
typedef struct pair_left {
    uint32_t limit; /* 0 for what takes no part */
    uint32_t first;
} pair_left;

typedef struct pair_finder {
    const osl_pairs_input *input;
    const osl_batch_field *field;
    osl_pair_words words;   /* owns, as all below */
    uint32_t *word_of_form; /* words.count: takes no part */
    pair_left *lefts;       /* by word; words.count + 1 */
    osl_pair_part *parts;   /* each thread takes the next */
    size_t *first_ids;      /* of each part */
    uint32_t *pair_counts;  /* pairs of each ordinal */
    unsigned size, part_count, next;
} pair_finder;

/* Of one thread there is one. Memory that was touched before takes a part less
 * long than other memory. */
enum { PARTS_A_THREAD = 4 };

static void clear(pair_finder *m)
{
    free(m->words.at);
    free(m->word_of_form);
    free(m->lefts);
    for (unsigned i = 0; m->parts && i < m->part_count; i++)
        free(m->parts[i].places.at);
    free(m->parts);
    free(m->first_ids);
    free(m->pair_counts);
}

static osl_status choose_words(pair_finder *m, osl_pair_rule rule,
                               osl_error *err)
{
    const osl_terms *terms = m->input->terms;
    uint32_t ordinals = (uint32_t)m->field->lengths.count;
    size_t capacity = 0;
    for (uint32_t rank = 0; rank < terms->count; rank++) {
        osl_text term = osl_terms_text(terms, rank);
        uint32_t df = m->input->dfs[rank];
        if (!osl_pairs_can_have(rule, term, df, ordinals))
            continue;
        if (!osl_grow(&m->words.at, &capacity, (size_t)m->words.count + 1,
                      sizeof *m->words.at))
            return no_memory(err);
        m->words.at[m->words.count++] =
            (osl_pair_word){.term = term, .rank = rank, .df = df};
    }
    osl_pairs_choose(&m->words, rule, m->field->ids.count);
    return OSL_OK;
}

static osl_status number_forms(pair_finder *m, osl_error *err)
{
    const osl_terms *terms = m->input->terms;
    size_t count = m->field->forms.count;
    uint32_t *words = malloc(((size_t)terms->count + 1) * sizeof *words);
    m->word_of_form = malloc((count + 1) * sizeof *m->word_of_form);
    m->lefts = calloc((size_t)m->words.count + 1, sizeof *m->lefts);
    if (!words || !m->word_of_form || !m->lefts) {
        free(words);
        return no_memory(err);
    }
    for (uint32_t i = 0; i < terms->count; i++)
        words[i] = m->words.count;
    for (uint32_t i = 0; i < m->words.count; i++) {
        const osl_pair_word *word = &m->words.at[i];
        words[word->rank] = i;
        m->lefts[i] = (pair_left){word->limit, word->first};
    }
    for (uint32_t i = 0; i < count; i++)
        m->word_of_form[i] =
            terms->counts[i] > 0 ? words[terms->forms[i].base] : m->words.count;
    free(words);
    return OSL_OK;
}

static osl_status make_parts(pair_finder *m, osl_error *err)
{
    const osl_list32 *lengths = &m->field->lengths;
    m->part_count = m->size > 1 ? m->size * PARTS_A_THREAD : 1;
    size_t share = m->field->ids.count / m->part_count + 1, ordinal = 0, id = 0;
    m->parts = calloc(m->part_count, sizeof *m->parts);
    m->first_ids = calloc(m->part_count, sizeof *m->first_ids);
    m->pair_counts = malloc((lengths->count + 1) * sizeof *m->pair_counts);
    if (!m->parts || !m->first_ids || !m->pair_counts)
        return no_memory(err);
    for (unsigned i = 0; i < m->part_count; i++) {
        m->parts[i].first = ordinal;
        m->first_ids[i] = id;
        while (ordinal < lengths->count &&
               (id < share * (i + 1) || i + 1 == m->part_count))
            id += lengths->at[ordinal++];
        m->parts[i].end = ordinal;
    }
    return OSL_OK;
}

/* Notes the places of the pairs of one ordinal. Every token writes; what is no
 * pair is written over. */
static size_t note_pairs(const pair_finder *m, const uint32_t *ids,
                         uint32_t length, uint32_t *to)
{
    pair_left left = {0, 0};
    size_t count = 0;
    for (uint32_t n = 0; n < length; n++) {
        uint32_t right = m->word_of_form[ids[n]];
        to[count] = left.first + right;
        count += right < left.limit;
        left = m->lefts[right];
    }
    return count;
}

static osl_status find_pairs_of(const pair_finder *m, unsigned part,
                                osl_error *err)
{
    osl_pair_part *at = &m->parts[part];
    osl_list32 *places = &at->places;
    const uint32_t *ids = m->field->ids.at + m->first_ids[part];
    size_t likely = m->field->ids.count / m->part_count / 4;
    if (!osl_grow(&places->at, &places->capacity, likely, sizeof *places->at))
        return no_memory(err);
    for (size_t i = at->first; i < at->end; i++) {
        uint32_t length = m->field->lengths.at[i];
        if (!osl_grow(&places->at, &places->capacity, places->count + length,
                      sizeof *places->at))
            return no_memory(err);
        size_t found =
            length ? note_pairs(m, ids, length, places->at + places->count) : 0;
        m->pair_counts[i] = (uint32_t)found;
        places->count += found;
        ids += length;
    }
    return OSL_OK;
}

static osl_status find_pairs(void *user, unsigned worker, osl_error *err)
{
    pair_finder *m = user;
    osl_status status = OSL_OK;
    (void)worker;
    while (status == OSL_OK) {
        unsigned part = __atomic_fetch_add(&m->next, 1, __ATOMIC_RELAXED);
        if (part >= m->part_count)
            break;
        status = find_pairs_of(m, part, err);
    }
    return status;
}

static osl_status send_found(const pair_finder *m, osl_writer *writer,
                             osl_error *err)
{
    const osl_pairs_found found = {.counts = m->pair_counts,
                                   .parts = m->parts,
                                   .part_count = m->part_count,
                                   .thread_count = m->size};
    osl_writer_begin_field(writer, OSL_FIELD_PAIR,
                           (uint32_t)m->field->lengths.count,
                           m->field->lengths.at);
    osl_status status = osl_pairs_send(&m->words, &found, writer, err);
    osl_writer_end_field(writer);
    return status;
}

osl_status osl_pairs_write(const osl_pairs_input *input, osl_writer *writer,
                           osl_error *err)
{
    pair_finder m = {.input = input,
                     .field = &input->batch->fields[OSL_FIELD_TEXT],
                     .size = input->thread_count ? input->thread_count : 1};
    osl_pair_rule rule =
        osl_pairs_rule(input->pairs, (uint32_t)m.field->lengths.count);
    if (rule.product == 0)
        return OSL_OK;
    osl_status status = choose_words(&m, rule, err);
    if (status == OSL_OK)
        status = number_forms(&m, err);
    if (status == OSL_OK)
        status = make_parts(&m, err);
    if (status == OSL_OK)
        status = osl_crew_run(m.size, find_pairs, NULL, &m, err);
    if (status == OSL_OK)
        status = send_found(&m, writer, err);
    clear(&m);
    return status;
}

uint8_t osl_sliced_shift(osl_store store)
{
    /* Slicing what a quarter of the paragraphs have takes 0.1 ms for 200,000 of
     * them; of the more frequent terms, which have most of all postings, slices
     * take hardly more bytes. */
    enum { QUARTER = 2 };
    return store == OSL_STORE_FULL ? QUARTER : 0;
}
