/* SPDX-License-Identifier: MIT
 *
 * A chunk's postings of all words become rows of 4,096 whole numbers, what a
 * word adds in each paragraph. Two rows are added and held against what the
 * pair's list must reach (core/kernels/reach.h), in the ranges whose bounds
 * reach it; few paragraphs do, and these alone are weighed. What the first
 * chunk has, then every SAMPLE-th, tells about what that is in the end, so that
 * hardly more are weighed than are kept; a list that turns out too short is
 * made once more, without such a guess. */
#include "core/segment/joint.h"

#include "core/base/pages.h"
#include "core/segment/score.h"

#include <stdlib.h>
#include <string.h>

enum {
    SAMPLE = 8, /* chunks, of which one is */
    TFS = 16,   /* whose G stands in a table */
    BUCKETS = 256,
    KEPT = OSL_JOINT_COUNT + 1, /* one more says what the others can have */
    KEPT_OF_SAMPLE = OSL_JOINT_COUNT / SAMPLE * 3 / 2 + 8,
    FIRST_LEAST = 6, /* paragraphs of the first chunk that are to reach … */
    FIRST_MOST = 16, /* … what is guessed from it */
    ROOM = 2 * KEPT,
    SAMPLE_ROOM = 4 * KEPT_OF_SAMPLE,
    GREATEST = 32000, /* sum of two, so that none makes it with the lowest */
    ORDINAL_BITS = 26,
    TFS_BITS = 2 * OSL_JOINT_TF_BITS
};

_Static_assert(SAMPLE_ROOM <= ROOM, "a list has room for a sample");

/* What two numbers of rows may be less than their sum, and a bit: both are
 * rounded down, as their scales and G are, by less than one each. */
#define ROUNDED 6.5

/* A list as it is made: keys are the sum's bits, then what tells entries of
 * the same sum apart, the ordinal complemented; the tfs of an entry ride
 * along. */
typedef struct pair_list {
    uint64_t *keys;             /* ROOM */
    uint32_t kept, room, count; /* kept 0: it is done */
    float reached;              /* sums below may be missing; 0: none is */
    int16_t least;              /* the same in rows */
} pair_list;

typedef struct maker {
    const osl_joint_input *input;
    uint32_t words, pairs, chunks;
    uint32_t *firsts, *limits; /* by word; own, as all below */
    float *weights;
    double scale;
    float (*gains)[256]; /* by tf and length code */
    /* 65,536 times that of the tfs that most have, by tf - 1: by length code,
     * and of each paragraph of a chunk. */
    uint16_t by_code[OSL_REACH_TFS][256];
    uint16_t (*shares)[OSL_REACH_COUNT];
    pair_list *lists;
    uint64_t *keys, *spread;
    bool *is_used;                  /* words whose rows are needed */
    int16_t *rows;                  /* of a chunk, a word behind the other */
    uint8_t *tfs;                   /* likewise */
    int16_t *most;                  /* of each range */
    uint32_t *ordinals, *found_tfs; /* of a chunk of a word */
} maker;

/* ---- which words -------------------------------------------------------- */

static int by_df(const void *left, const void *right)
{
    const osl_joint_word *a = left, *b = right;
    if (a->of.df != b->of.df)
        return a->of.df > b->of.df ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

/* df · df · product ≥ ordinals², as whole numbers: ordinals have 26 bits. */
static bool is_pair(const maker *m, uint32_t i, uint32_t n)
{
    const osl_joint_word *words = m->input->words;
    uint64_t ordinals = m->input->ordinal_count;
    uint64_t share = m->input->rule.product;
    uint64_t product = (uint64_t)words[i].of.df * words[n].of.df;
    return share > 0 && product >= (ordinals * ordinals + share - 1) / share;
}

/* The words that have a pair with the most frequent one, and so all that have
 * any. */
static uint32_t count_words(const maker *m)
{
    uint32_t count = m->input->word_count;
    count = count < OSL_JOINT_WORDS_MAX ? count : OSL_JOINT_WORDS_MAX;
    while (count > 1 && !is_pair(m, 0, count - 1))
        count--;
    return count > 1 ? count : 0;
}

static void number_pairs(maker *m)
{
    for (uint32_t i = 0; i < m->words; i++) {
        uint32_t n = i + 1;
        while (n < m->words && is_pair(m, i, n))
            n++;
        m->firsts[i] = m->pairs;
        m->limits[i] = n;
        m->pairs += n - (i + 1);
    }
}

static uint16_t share_of(float gain)
{
    float share = gain * 65536.0f;
    if (!(share > 0.0f)) /* in a spoilt file K may be anything */
        return 0;
    return share < 65535.0f ? (uint16_t)share : 65535;
}

static void weigh(maker *m)
{
    const osl_joint_input *input = m->input;
    float most = 0;
    for (uint32_t i = 0; i < m->words; i++)
        m->weights[i] =
            (float)osl_score_idf(input->ordinal_count, input->words[i].of.df);
    for (uint32_t i = 0; i < m->words; i++) {
        float sum = m->weights[i] + m->weights[m->limits[i] - 1];
        most = sum > most ? sum : most;
    }
    m->scale = GREATEST / (double)most;
    for (uint32_t tf = 0; tf < TFS; tf++)
        for (unsigned code = 0; code < 256; code++)
            m->gains[tf][code] = osl_score_gain(tf, input->k[code]);
    for (uint32_t tf = 1; tf <= OSL_REACH_TFS; tf++)
        for (unsigned code = 0; code < 256; code++)
            m->by_code[tf - 1][code] = share_of(m->gains[tf][code]);
}

static bool begin(maker *m)
{
    size_t words = m->words, row = words * OSL_REACH_COUNT;
    m->chunks = (m->input->ordinal_count + OSL_CHUNK_SIZE - 1) / OSL_CHUNK_SIZE;
    m->firsts = malloc(words * sizeof *m->firsts);
    m->limits = malloc(words * sizeof *m->limits);
    m->weights = malloc(words * sizeof *m->weights);
    m->is_used = malloc(words * sizeof *m->is_used);
    m->gains = malloc(TFS * sizeof *m->gains);
    m->shares = calloc(OSL_REACH_TFS, sizeof *m->shares);
    m->rows = osl_pages_take(row, sizeof *m->rows);
    m->tfs = osl_pages_take(row, 1);
    m->most = malloc(words * 64 * sizeof *m->most);
    m->ordinals = malloc(OSL_CHUNK_SIZE * sizeof *m->ordinals);
    m->found_tfs = malloc(OSL_CHUNK_SIZE * sizeof *m->found_tfs);
    m->spread = malloc(ROOM * sizeof *m->spread);
    if (!m->firsts || !m->limits || !m->weights || !m->is_used || !m->gains ||
        !m->shares || !m->rows || !m->tfs || !m->most || !m->ordinals ||
        !m->found_tfs || !m->spread)
        return false;
    number_pairs(m);
    m->lists = calloc(m->pairs, sizeof *m->lists);
    m->keys = osl_pages_take((size_t)m->pairs * ROOM, sizeof *m->keys);
    if (!m->lists || !m->keys)
        return false;
    for (uint32_t p = 0; p < m->pairs; p++)
        m->lists[p].keys = m->keys + (size_t)p * ROOM;
    weigh(m);
    return true;
}

static void clear(maker *m)
{
    free(m->firsts);
    free(m->limits);
    free(m->weights);
    free(m->is_used);
    free(m->gains);
    free(m->shares);
    free(m->rows);
    free(m->tfs);
    free(m->most);
    free(m->ordinals);
    free(m->found_tfs);
    free(m->spread);
    free(m->lists);
    free(m->keys);
}

/* ---- rows --------------------------------------------------------------- */

static float gain_of(const maker *m, uint32_t tf, uint8_t code)
{
    return tf < TFS ? m->gains[tf][code]
                    : osl_score_gain(tf, m->input->k[code]);
}

static osl_chunk chunk_of(const maker *m, uint32_t word, uint32_t chunk)
{
    const osl_postings *of = &m->input->words[word].of;
    return osl_postings_chunk(of, osl_postings_header(of, chunk));
}

/* What rows of all words are made of. */
static void fill_shares(maker *m, uint32_t chunk)
{
    const uint8_t *codes = m->input->codes + (size_t)chunk * OSL_CHUNK_SIZE;
    uint32_t count = m->input->ordinal_count - chunk * OSL_CHUNK_SIZE;
    count = count < OSL_CHUNK_SIZE ? count : OSL_CHUNK_SIZE;
    for (uint32_t tf = 1; tf <= OSL_REACH_TFS; tf++)
        for (uint32_t i = 0; i < count; i++)
            m->shares[tf - 1][i] = m->by_code[tf - 1][codes[i]];
}

static uint16_t scale_of(const maker *m, uint32_t word)
{
    return (uint16_t)(m->weights[word] * m->scale);
}

static void put_in_row(maker *m, uint32_t word, uint32_t chunk, uint32_t at,
                       uint32_t tf)
{
    size_t place = (size_t)word * OSL_REACH_COUNT + at;
    uint8_t code = m->input->codes[(size_t)chunk * OSL_CHUNK_SIZE + at];
    uint32_t share = share_of(gain_of(m, tf, code));
    m->tfs[place] = (uint8_t)(tf < OSL_REACH_UNTOLD ? tf : OSL_REACH_UNTOLD);
    m->rows[place] = (int16_t)(share * scale_of(m, word) >> 16);
}

/* The tf of a dense chunk's posting, where its planes say it, as mostly. */
static uint32_t tf_of_planes(const osl_chunk *in, const osl_reach_word *of,
                             unsigned posting)
{
    unsigned more = 0;
    for (unsigned p = 0; p < of->plane_count; p++)
        more |= (unsigned)(of->planes[p * of->stride + posting / 8] >>
                               (posting % 8) &
                           1)
                << p;
    bool open = of->has_exceptions && more + 1 == 1u << of->plane_count;
    return open ? osl_chunk_tf(in, posting) : more + 1;
}

/* What of a dense chunk's ranges the kernel has left. */
static void fill_untold(maker *m, uint32_t word, uint32_t chunk,
                        const osl_reach_word *of, const uint64_t untold[64])
{
    osl_chunk in = chunk_of(m, word, chunk);
    unsigned start = 0;
    for (unsigned r = 0; r < 64; r++) {
        uint64_t present = osl_get64(of->words + (size_t)r * 8);
        for (uint64_t left = untold[r]; left; left &= left - 1) {
            uint64_t below = present & ((left & -left) - 1);
            unsigned posting = start + (unsigned)__builtin_popcountll(below);
            put_in_row(m, word, chunk, r * 64 + (unsigned)__builtin_ctzll(left),
                       tf_of_planes(&in, of, posting));
        }
        start += (unsigned)__builtin_popcountll(present);
    }
}

static void fill_dense(maker *m, uint32_t word, uint32_t chunk,
                       const osl_chunk *in)
{
    unsigned flags = osl_chunk_flags(in->header);
    const osl_reach_word of = {
        .words = in->payload,
        .planes = in->payload + osl_chunk_planes_at(flags, true),
        .stride = (size_t)(osl_chunk_count(in->header) + 63u) / 64 * 8,
        .plane_count = osl_chunk_planes(flags),
        .has_exceptions = flags & OSL_CHUNK_EXCEPTIONS};
    size_t row = (size_t)word * OSL_REACH_COUNT;
    uint64_t untold[64];
    if (m->input->kernels->reach->fill(untold, m->rows + row, m->tfs + row, &of,
                                       m->shares, scale_of(m, word)))
        fill_untold(m, word, chunk, &of, untold);
}

static void fill_sparse(maker *m, uint32_t word, uint32_t chunk,
                        const osl_chunk *in)
{
    int16_t *row = m->rows + (size_t)word * OSL_REACH_COUNT;
    unsigned count = osl_chunk_count(in->header);
    for (unsigned i = 0; i < OSL_REACH_COUNT; i++)
        row[i] = OSL_REACH_NONE;
    if (count > 0)
        osl_chunk_decode(in, 0, m->ordinals, m->found_tfs);
    for (unsigned i = 0; i < count; i++)
        put_in_row(m, word, chunk, m->ordinals[i], m->found_tfs[i]);
}

/* What one word has in a chunk, and in its ranges at most: a bound is of 255,
 * and a row's numbers are rounded down. */
static void fill_row(maker *m, uint32_t word, uint32_t chunk)
{
    osl_chunk in = chunk_of(m, word, chunk);
    int16_t *most = m->most + (size_t)word * 64;
    const uint8_t *bound = in.bounds;
    uint32_t scale = scale_of(m, word);
    for (unsigned r = 0; r < 64; r++)
        most[r] = OSL_REACH_NONE;
    for (uint64_t left = osl_chunk_mask(in.header); left; left &= left - 1)
        most[__builtin_ctzll(left)] = (int16_t)((*bound++ * scale + 254) / 255);
    if (osl_chunk_flags(in.header) & OSL_CHUNK_DENSE)
        fill_dense(m, word, chunk, &in);
    else
        fill_sparse(m, word, chunk, &in);
}

/* The tf of a posting that there is. */
static uint32_t tf_at(const maker *m, uint32_t word, uint32_t chunk,
                      unsigned at)
{
    uint32_t tf = m->tfs[(size_t)word * OSL_REACH_COUNT + at];
    if (tf < OSL_REACH_UNTOLD)
        return tf;
    osl_chunk in = chunk_of(m, word, chunk);
    unsigned start;
    uint64_t present = osl_chunk_word(&in, at / 64, &start);
    present &= ((uint64_t)1 << (at % 64)) - 1;
    return osl_chunk_tf(&in, start + (unsigned)__builtin_popcountll(present));
}

/* ---- lists -------------------------------------------------------------- */

static float sum_of(uint64_t key)
{
    uint32_t bits = (uint32_t)(key >> 32);
    float sum;
    memcpy(&sum, &bits, sizeof sum);
    return sum;
}

/* Keys in falling order, by buckets of equal steps, then within each. */
static void sort_keys(const maker *m, uint64_t *keys, uint32_t count)
{
    uint32_t low = UINT32_MAX, high = 0, ends[BUCKETS] = {0}, end = 0;
    for (uint32_t n = 0; n < count; n++) {
        uint32_t sum = (uint32_t)(keys[n] >> 32);
        low = sum < low ? sum : low;
        high = sum > high ? sum : high;
    }
    if (count < 2)
        return;
    uint64_t steps = ((uint64_t)BUCKETS << 32) / ((uint64_t)high - low + 1);
    for (uint32_t n = 0; n < count; n++)
        ends[(high - (keys[n] >> 32)) * steps >> 32]++;
    for (unsigned b = 0; b < BUCKETS; b++) {
        uint32_t here = ends[b];
        ends[b] = end;
        end += here;
    }
    for (uint32_t n = 0; n < count; n++)
        m->spread[ends[(high - (keys[n] >> 32)) * steps >> 32]++] = keys[n];
    for (uint32_t n = 0; n < count; n++) {
        uint32_t at = n;
        for (; at > 0 && keys[at - 1] < m->spread[n]; at--)
            keys[at] = keys[at - 1];
        keys[at] = m->spread[n];
    }
}

/* Keeps the best, so many as are kept, in order. */
static void cut_back(const maker *m, pair_list *list)
{
    if (list->count <= list->kept)
        return;
    sort_keys(m, list->keys, list->count);
    list->count = list->kept;
    list->reached = sum_of(list->keys[list->count - 1]);
    double from = list->reached * m->scale - ROUNDED;
    from = from < INT16_MAX ? from : INT16_MAX;
    list->least = (int16_t)(from > 0 ? from : 0);
}

static uint32_t entry_tf(uint32_t tf)
{
    return tf - 1 < OSL_JOINT_TF_MORE ? tf - 1 : OSL_JOINT_TF_MORE;
}

/* A paragraph that may be among the best of two words. */
static void weigh_one(const maker *m, pair_list *list, const uint32_t words[2],
                      uint32_t chunk, unsigned at)
{
    uint32_t ordinal = chunk * OSL_CHUNK_SIZE + at, bits;
    uint8_t code = m->input->codes[ordinal];
    uint32_t tfs[2] = {tf_at(m, words[0], chunk, at),
                       tf_at(m, words[1], chunk, at)};
    float first = m->weights[words[0]] * gain_of(m, tfs[0], code);
    float sum = first + m->weights[words[1]] * gain_of(m, tfs[1], code);
    if (sum < list->reached)
        return;
    memcpy(&bits, &sum, sizeof bits);
    uint64_t low = (uint64_t)(~ordinal & ((1u << ORDINAL_BITS) - 1))
                   << TFS_BITS;
    low |= entry_tf(tfs[1]) << OSL_JOINT_TF_BITS | entry_tf(tfs[0]);
    list->keys[list->count++] = (uint64_t)bits << 32 | low;
    if (list->count == list->room)
        cut_back(m, list);
}

/* Guesses from the first chunk, by halving, what a list must reach. */
static void guess(const maker *m, pair_list *list, const osl_reach_row *a,
                  const osl_reach_row *b)
{
    uint64_t masks[64];
    int low = 0, high = GREATEST;
    while (high - low > 1) {
        int middle = low + (high - low) / 2;
        unsigned count = 0;
        uint64_t some =
            m->input->kernels->reach->reach(masks, a, b, (int16_t)middle);
        for (; some && count <= FIRST_MOST; some &= some - 1)
            count +=
                (unsigned)__builtin_popcountll(masks[__builtin_ctzll(some)]);
        if (count >= FIRST_LEAST)
            low = middle;
        else
            high = middle;
        if (count >= FIRST_LEAST && count <= FIRST_MOST)
            break;
    }
    list->least = (int16_t)low;
    /* All sums from here on have rows of that. */
    list->reached = low > 0 ? (float)((low + ROUNDED) / m->scale) : 0;
}

static void add_pair(const maker *m, pair_list *list, const uint32_t words[2],
                     uint32_t chunk)
{
    uint64_t masks[64];
    const osl_reach_row a = {m->rows + (size_t)words[0] * OSL_REACH_COUNT,
                             m->most + (size_t)words[0] * 64};
    const osl_reach_row b = {m->rows + (size_t)words[1] * OSL_REACH_COUNT,
                             m->most + (size_t)words[1] * 64};
    if (chunk == 0 && list->kept == KEPT_OF_SAMPLE)
        guess(m, list, &a, &b);
    uint64_t some = m->input->kernels->reach->reach(masks, &a, &b, list->least);
    for (; some; some &= some - 1) {
        unsigned w = (unsigned)__builtin_ctzll(some);
        for (uint64_t mask = masks[w]; mask; mask &= mask - 1) {
            unsigned at = w * 64 + (unsigned)__builtin_ctzll(mask);
            if (a.at[at] + b.at[at] >= list->least)
                weigh_one(m, list, words, chunk, at);
        }
    }
}

/* The chunk's best of all pairs whose lists are not done. */
static void add_chunk(maker *m, uint32_t chunk)
{
    fill_shares(m, chunk);
    for (uint32_t i = 0; i < m->words; i++)
        if (m->is_used[i])
            fill_row(m, i, chunk);
    for (uint32_t i = 0; i < m->words; i++)
        for (uint32_t n = i + 1; n < m->limits[i]; n++) {
            const uint32_t words[2] = {i, n};
            pair_list *list = &m->lists[m->firsts[i] + (n - i - 1)];
            if (list->kept > 0)
                add_pair(m, list, words, chunk);
        }
}

/* Every SAMPLE-th chunk, or all others. */
static void add_chunks(maker *m, bool sample)
{
    for (uint32_t chunk = 0; chunk < m->chunks; chunk++)
        if ((chunk % SAMPLE == 0) == sample)
            add_chunk(m, chunk);
}

/* Lists that have as many as are kept, or all that there are, are done; the
 * others begin anew, and their words are used once more. */
static bool find_short(maker *m)
{
    bool found = false;
    memset(m->is_used, 0, m->words * sizeof *m->is_used);
    for (uint32_t i = 0; i < m->words; i++)
        for (uint32_t n = i + 1; n < m->limits[i]; n++) {
            pair_list *list = &m->lists[m->firsts[i] + (n - i - 1)];
            bool done = list->count >= KEPT || list->reached == 0;
            list->kept = done ? 0 : KEPT;
            if (done)
                continue;
            m->is_used[i] = m->is_used[n] = found = true;
            list->count = 0;
            list->reached = 0;
            list->least = 0;
        }
    return found;
}

static void make_lists(maker *m)
{
    memset(m->is_used, 1, m->words * sizeof *m->is_used);
    for (uint32_t p = 0; p < m->pairs; p++) {
        m->lists[p].kept = KEPT_OF_SAMPLE;
        m->lists[p].room = SAMPLE_ROOM;
    }
    add_chunks(m, true);
    for (uint32_t p = 0; p < m->pairs; p++) {
        cut_back(m, &m->lists[p]);
        m->lists[p].kept = KEPT;
        m->lists[p].room = ROOM;
    }
    add_chunks(m, false);
    if (find_short(m)) {
        add_chunks(m, true);
        add_chunks(m, false);
    }
}

/* ---- the section -------------------------------------------------------- */

static void put_float(osl_buf *out, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    osl_buf_put32(out, bits);
}

static void put_words(const maker *m, osl_buf *out)
{
    osl_buf_put32(out, m->words);
    osl_buf_put32(out, m->pairs);
    osl_buf_put32(out, m->input->rule.df);
    osl_buf_put32(out, m->input->rule.product);
    osl_buf_align(out, OSL_JOINT_HEAD);
    for (uint32_t i = 0; i < m->words; i++) {
        osl_buf_put64(out, m->input->words[i].place);
        osl_buf_put32(out, m->input->words[i].of.df);
        put_float(out, m->weights[i]);
        osl_buf_put32(out, m->firsts[i]);
        osl_buf_put32(out, m->limits[i]);
    }
}

static void put_heads(maker *m, osl_buf *out)
{
    uint32_t start = 0;
    for (uint32_t p = 0; p < m->pairs; p++) {
        pair_list *list = &m->lists[p];
        bool all = list->count < KEPT;
        sort_keys(m, list->keys, list->count);
        osl_buf_put32(out, start);
        put_float(out, all ? 0 : sum_of(list->keys[OSL_JOINT_COUNT]));
        list->count = all ? list->count : OSL_JOINT_COUNT;
        start += list->count;
    }
    osl_buf_put32(out, start);
    put_float(out, 0);
}

static void put_entries(const maker *m, osl_buf *out)
{
    unsigned width = osl_best_width(m->input->ordinal_count);
    for (uint32_t p = 0; p < m->pairs; p++) {
        const pair_list *list = &m->lists[p];
        uint8_t *to = osl_buf_room(out, (size_t)list->count * width + 8);
        if (!to)
            return;
        for (uint32_t n = 0; n < list->count; n++, to += width) {
            uint32_t low = (uint32_t)list->keys[n];
            uint64_t ordinal = ~(low >> TFS_BITS) & ((1u << ORDINAL_BITS) - 1);
            osl_put64(to, ordinal << TFS_BITS | (low & ((1u << TFS_BITS) - 1)));
        }
        out->length += (size_t)list->count * width;
    }
}

osl_status osl_joint_make(const osl_joint_input *input, osl_buf *out,
                          osl_error *err)
{
    maker m = {.input = input};
    if (input->word_count > 0)
        qsort(input->words, input->word_count, sizeof *input->words, by_df);
    m.words = count_words(&m);
    if (m.words == 0)
        return OSL_OK;
    if (!begin(&m)) {
        clear(&m);
        return osl_fail(err, OSL_ENOMEM, "out of memory for lists of the best");
    }
    make_lists(&m);
    put_words(&m, out);
    put_heads(&m, out);
    put_entries(&m, out);
    clear(&m);
    return osl_buf_status(out, "lists of the best", err);
}
