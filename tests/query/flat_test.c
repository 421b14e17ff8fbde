/* SPDX-License-Identifier: MIT
 *
 * The fast way through plain queries against a scan over arrays: paragraphs,
 * scores and counts, at every level of kernels. */
#include "tests/core/segment_twin.h"

#include "core/segment/postings.h"
#include "core/segment/score.h"
#include "query/flat.h"

enum { PARAGRAPHS = 100011, TERMS = 15, QUERIES = 400, LEAVES = 15 };
/* Two that stand in the same chunks, and where one follows the other. */
enum { TOGETHER = TERMS - 3, PAIR = TERMS - 1 };

static const twin_shape shapes[PAIR] = {
    {"rare", 0.0005, 0, 0, 600, 12, 800, 0},
    {"rare, long", 0.0032, 0, 0, 9, 3, 12, 0},
    {"rare, in one chunk", 0.05, 8192, 4096, 9, 4, 12, 0},
    {"one", 0, 0, 0, 2, 0, 12, 0},
    {"sparse", 0.01, 0, 0, 4, 0, 12, 0},
    {"sparse", 0.03, 0, 0, 9, 3, 12, 0},
    {"dense", 0.15, 0, 0, 2, 0, 12, 0},
    {"dense", 0.3, 0, 0, 9, 2, 12, 0},
    {"dense", 0.6, 0, 0, 300, 50, 400, 0},
    {"dense, tf 1", 0.4, 0, 0, 1, 0, 12, 0},
    {"all", 1, 0, 0, 3, 0, 12, 0},
    {"clustered", 0.9, 5000, 3000, 3, 0, 12, 0},
    {"together", 0.25, 20000, 12000, 3, 0, 6, 0},
    {"together", 0.25, 20000, 12000, 3, 0, 6, 0},
};

typedef struct test_leaf {
    osl_flat_occur occur;
    unsigned word_count, words[4];
    float weight;
    bool has_pair; /* its first two words are those of PAIR */
    int joins;     /* the leaf that this is another way of writing; -1: none */
} test_leaf;

typedef struct world {
    twin_field field;
    osl_segment *segment;
    osl_arena arena;
    const osl_postings *postings[TERMS];
    const osl_postings *lists[TERMS]; /* rare ones from end to end */
    const osl_postings *bests[TERMS]; /* rare ones by their best; or NULL */
    /* By term and paragraph: tf, and where its positions start. */
    uint32_t *tf[TERMS], *at[TERMS];
    float k[2][256]; /* as at writing; of later */
    const float *today;
    osl_bounds_today bounds; /* of these */
    const uint8_t *codes;
    uint64_t *live, *filter;
} world;

static void open_terms(world *at)
{
    osl_error err = {0};
    for (size_t t = 0; t < TERMS; t++) {
        const twin_term *term = &at->field.terms[t];
        osl_term_info info;
        bool found;
        assert_ok(osl_term_find(at->segment, OSL_FIELD_TEXT,
                                (osl_text){term->text, term->length}, &found,
                                &info, &err));
        assert_true(found);
        assert_ok(osl_postings_open(&at->postings[t], at->segment,
                                    OSL_FIELD_TEXT, &info, &at->arena, &err));
        assert_ok(osl_postings_open_list(&at->lists[t], at->segment,
                                         OSL_FIELD_TEXT, &info, &at->arena,
                                         &err));
        assert_ok(osl_postings_open_best(&at->bests[t], at->segment,
                                         OSL_FIELD_TEXT, &info, &at->arena,
                                         &err));
        at->tf[t] = calloc(PARAGRAPHS, sizeof **at->tf);
        at->at[t] = calloc(PARAGRAPHS, sizeof **at->at);
        uint32_t before = 0;
        for (uint32_t i = 0; i < term->df; i++) {
            at->tf[t][term->ordinals[i]] = term->tfs[i];
            at->at[t][term->ordinals[i]] = before;
            before += term->tfs[i];
        }
    }
}

/* Occurrences of the term `first` in its posting `n` that the next term
 * follows, into `to`. */
static uint32_t follow(const twin_term *first, const uint32_t *positions,
                       uint32_t n, uint32_t *to)
{
    const twin_term *next = first + 1;
    const uint32_t *others = next->positions;
    uint32_t found = 0;
    for (uint32_t i = 0; i < next->df; others += next->tfs[i++])
        for (uint32_t a = 0;
             next->ordinals[i] == first->ordinals[n] && a < first->tfs[n]; a++)
            for (uint32_t b = 0; b < next->tfs[i]; b++)
                if (others[b] == positions[a] + 1)
                    to[found++] = positions[a];
    return found;
}

/* A term that stands where the term TOGETHER is followed by the next. */
static void make_pair(twin_field *field)
{
    const twin_term *first = &field->terms[TOGETHER];
    twin_term *to = &field->terms[PAIR];
    const uint32_t *positions = first->positions;
    to->ordinals = calloc((size_t)first->df + 1, 4);
    to->tfs = calloc((size_t)first->df + 1, 4);
    to->positions = calloc(first->cf + 1, 4);
    for (uint32_t n = 0; n < first->df; positions += first->tfs[n++]) {
        uint32_t tf = follow(first, positions, n, to->positions + to->cf);
        to->ordinals[to->df] = first->ordinals[n];
        to->tfs[to->df] = tf;
        to->df += tf > 0;
        to->cf += tf;
    }
}

static void world_open(world *at, test_random *random, osl_cpu_level level,
                       double k1)
{
    osl_error err = {0};
    *at = (world){.field = {.field = OSL_FIELD_TEXT,
                            .ordinal_count = PARAGRAPHS,
                            .term_count = TERMS}};
    twin_lengths(random, &at->field);
    at->field.terms = calloc(TERMS, sizeof *at->field.terms);
    for (size_t t = 0; t < TERMS; t++) {
        twin_term *term = &at->field.terms[t];
        term->length = (size_t)snprintf(term->text, 8, "t%02zu", t);
        if (t < PAIR)
            twin_make(random, term, &shapes[t], PARAGRAPHS);
    }
    make_pair(&at->field);
    twin_dense_positions = k1 > 1.0; /* both are asked */
    twin_write_for(&at->field, 1, k1);
    assert_ok(osl_segment_open(&at->segment, twin_path(),
                               osl_kernels_get(level), &err));
    unlink(twin_path());
    assert_ok(osl_segment_length_codes(at->segment, OSL_FIELD_TEXT, &at->codes,
                                       &err));
    const osl_segment_info *info = osl_segment_get_info(at->segment);
    osl_score_lengths(at->k[0], info->k1, info->b,
                      info->fields[OSL_FIELD_TEXT].total_length, PARAGRAPHS);
    osl_score_lengths(at->k[1], 0.9, 0.4, 1000000, 20000);
    open_terms(at);
    at->live = calloc(PARAGRAPHS / 64 + 2, sizeof *at->live);
    at->filter = calloc(PARAGRAPHS / 64 + 2, sizeof *at->filter);
    for (size_t i = 0; i < PARAGRAPHS / 64 + 1; i++) {
        at->filter[i] = i % 3 ? test_random_next(random) : 0;
        at->live[i] = test_random_next(random);
        at->live[i] |= test_random_next(random); /* three of four live */
    }
}

static void world_close(world *at)
{
    for (size_t t = 0; t < TERMS; t++) {
        free(at->tf[t]);
        free(at->at[t]);
    }
    free(at->live);
    free(at->filter);
    osl_segment_free(at->segment);
    osl_arena_clear(&at->arena);
    twin_free(&at->field);
}

static bool has_position(const world *at, unsigned t, uint32_t paragraph,
                         uint32_t position)
{
    const uint32_t *from = at->field.terms[t].positions + at->at[t][paragraph];
    for (uint32_t i = 0; i < at->tf[t][paragraph]; i++)
        if (from[i] == position)
            return true;
    return false;
}

static uint32_t twin_leaf_tf(const world *at, const test_leaf *leaf,
                             uint32_t paragraph)
{
    uint32_t tf = at->tf[leaf->words[0]][paragraph], found = 0;
    if (leaf->word_count == 1)
        return tf;
    const uint32_t *from = at->field.terms[leaf->words[0]].positions +
                           at->at[leaf->words[0]][paragraph];
    for (uint32_t i = 0; i < tf; i++) {
        bool all = true;
        for (unsigned w = 1; w < leaf->word_count && all; w++)
            all = has_position(at, leaf->words[w], paragraph, from[i] + w);
        found += all;
    }
    return found;
}

/* The tf that a leaf is scored by: with those that join it; 0 of one that
 * joins. */
static uint32_t twin_joint_tf(const world *at, const test_leaf *leaves,
                              unsigned count, unsigned i, uint32_t paragraph)
{
    uint32_t tf = 0;
    if (leaves[i].joins >= 0)
        return 0;
    for (unsigned n = 0; n < count; n++)
        if (n == i || leaves[n].joins == (int)i)
            tf += twin_leaf_tf(at, &leaves[n], paragraph);
    return tf;
}

/* The score of a paragraph; false where it does not match. */
static bool twin_score(const world *at, const test_leaf *leaves, unsigned count,
                       uint32_t paragraph, uint32_t *score)
{
    bool should = false, must = false, must_all = true;
    *score = 0;
    for (unsigned i = 0; i < count; i++) {
        uint32_t tf = twin_leaf_tf(at, &leaves[i], paragraph);
        if (leaves[i].occur == OSL_FLAT_NOT) {
            if (tf)
                return false;
            continue;
        }
        must |= leaves[i].occur == OSL_FLAT_MUST;
        must_all &= leaves[i].occur != OSL_FLAT_MUST || tf;
        should |= tf != 0;
        tf = twin_joint_tf(at, leaves, count, i, paragraph);
        float gain = osl_score_gain(tf, at->today[at->codes[paragraph]]);
        *score += osl_score_contribution(leaves[i].weight, gain);
    }
    return must ? must_all : should;
}

/* The k best, by score, then paragraph, of what reaches a threshold: other
 * segments may have set one before. */
enum { BEST_MAX = 300 }; /* more than any list has */
typedef struct best {
    uint64_t keys[BEST_MAX];
    unsigned k, count;
    uint32_t threshold;
} best;

static void keep(void *user, uint32_t segment, uint32_t paragraph,
                 uint32_t score)
{
    best *of = user;
    assert_int_equal(segment, 7);
    uint64_t key = (uint64_t)score << 32 | (UINT32_MAX - paragraph);
    unsigned at = of->count;
    if (score < of->threshold || (at == of->k && key < of->keys[at - 1]))
        return;
    if (at == of->k)
        at--;
    else
        of->count++;
    for (; at > 0 && of->keys[at - 1] < key; at--)
        of->keys[at] = of->keys[at - 1];
    of->keys[at] = key;
    if (of->count == of->k)
        of->threshold = (uint32_t)(of->keys[of->k - 1] >> 32);
}

/* Wanted phrases join a wanted leaf before them, one in two. */
static void random_joins(test_random *random, test_leaf *leaves, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        leaves[i].joins = -1;
        unsigned head = test_random_below(random, i + 1);
        if (head == i || leaves[i].word_count == 1 ||
            leaves[i].occur != OSL_FLAT_SHOULD ||
            leaves[head].occur != OSL_FLAT_SHOULD || leaves[head].joins >= 0 ||
            test_random_below(random, 2))
            continue;
        leaves[i].joins = (int)head;
        leaves[i].weight = leaves[head].weight;
    }
}

/* Every fourth query is long, and most of these have only wanted leaves, half
 * of them only words. */
static unsigned random_leaves(test_random *random, unsigned n,
                              test_leaf *leaves)
{
    unsigned count = 1 + test_random_below(random, 5);
    bool wanted = n % 4 == 0 && n % 16 != 0;
    bool words = n % 4 == 1 || n % 8 == 4;
    if (n % 4 == 0)
        count = LEAVES - test_random_below(random, 6);
    bool any = false;
    for (unsigned i = 0; i < count; i++) {
        leaves[i].occur = (osl_flat_occur)test_random_below(random, 3);
        if (wanted || test_random_below(random, 2))
            leaves[i].occur = OSL_FLAT_SHOULD;
        any |= leaves[i].occur != OSL_FLAT_NOT;
        leaves[i].word_count = 1;
        leaves[i].has_pair = false;
        if (!words && test_random_below(random, 4) == 0)
            leaves[i].word_count = 2 + test_random_below(random, 3);
        for (unsigned w = 0; w < leaves[i].word_count; w++)
            leaves[i].words[w] = test_random_below(random, TERMS);
        leaves[i].weight =
            leaves[i].occur == OSL_FLAT_NOT
                ? 0
                : 0.01F + (float)test_random_below(random, 100000) / 9000;
    }
    if (!any) {
        leaves[0].occur = OSL_FLAT_MUST;
        leaves[0].weight = 2;
    }
    random_joins(random, leaves, count);
    return count;
}

/* Whether all are wanted words, and the rare ones so few that they may be
 * lists. */
static bool may_be_apart(const world *at, const test_leaf *leaves,
                         unsigned count)
{
    uint64_t postings = 0;
    for (unsigned i = 0; i < count; i++) {
        const osl_postings *word = at->lists[leaves[i].words[0]];
        if (leaves[i].occur != OSL_FLAT_SHOULD || leaves[i].word_count > 1)
            return false;
        postings += word->headers ? 0 : word->df;
    }
    return postings <= OSL_FLAT_LISTED_MAX;
}

/* Whether rare words are read from lists when the best are searched: alone,
 * or where one of them is required. */
static bool is_led_by_list(const world *at, const test_leaf *leaves,
                           unsigned count)
{
    bool led = count == 1;
    for (unsigned i = 0; i < count; i++)
        for (unsigned w = 0; w < leaves[i].word_count; w++)
            led |= leaves[i].occur == OSL_FLAT_MUST &&
                   !at->lists[leaves[i].words[w]]->headers;
    return led;
}

/* `lists`: as a count without phrases, or what a list leads, is opened. */
static void fill_query(const world *at, const test_leaf *leaves, unsigned count,
                       bool lists, osl_flat_leaf *to)
{
    for (unsigned i = 0; i < count; i++) {
        to[i] = (osl_flat_leaf){.occur = leaves[i].occur,
                                .word_count = leaves[i].word_count,
                                .weight = leaves[i].weight};
        if (leaves[i].joins >= 0)
            to[i].joins = &to[leaves[i].joins];
        for (unsigned w = 0; w < leaves[i].word_count; w++)
            to[i].words[w] = lists ? at->lists[leaves[i].words[w]]
                                   : at->postings[leaves[i].words[w]];
        if (leaves[i].has_pair)
            to[i].pairs[0] = lists ? at->lists[PAIR] : at->postings[PAIR];
    }
}

/* As a sink may have it; without it each is told by itself. */
static void keep_list(void *user, const uint32_t *paragraphs,
                      const uint32_t *scores, size_t count)
{
    const best *to = user;
    for (size_t i = 0; i < count; i++)
        if (scores[i] >= to->threshold)
            keep(user, 7, paragraphs[i], scores[i]);
}

/* What a scan finds. A bit for each match: it may score nothing. */
typedef struct scan {
    uint32_t scores[PARAGRAPHS];
    uint64_t matches[PARAGRAPHS / 64 + 1];
    uint64_t count;
    uint32_t greatest;
} scan;

static void scan_all(const world *at, const osl_flat_query *query,
                     const test_leaf *leaves, unsigned count, scan *to)
{
    *to = (scan){.count = 0};
    for (uint32_t p = 0; p < PARAGRAPHS; p++) {
        uint32_t score;
        if ((query->live && !(query->live[p / 64] >> (p % 64) & 1)) ||
            (query->filter && !(query->filter[p / 64] >> (p % 64) & 1)) ||
            !twin_score(at, leaves, count, p, &score))
            continue;
        to->scores[p] = score;
        to->matches[p / 64] |= (uint64_t)1 << (p % 64);
        to->count++;
        to->greatest = score > to->greatest ? score : to->greatest;
    }
}

static void keep_scanned(const scan *of, best *to)
{
    for (uint32_t p = 0; p < PARAGRAPHS; p++)
        if (of->matches[p / 64] >> (p % 64) & 1)
            keep(to, 7, p, of->scores[p]);
}

static void check_leaves(const world *at, osl_flat *flat, test_random *random,
                         unsigned n, const test_leaf *leaves, unsigned count)
{
    static scan all;
    osl_error err = {0};
    osl_flat_leaf flat_leaves[LEAVES];
    bool plain = true;
    for (unsigned i = 0; i < count; i++)
        plain &= leaves[i].word_count == 1;
    bool apart =
        may_be_apart(at, leaves, count) && test_random_below(random, 4);
    fill_query(at, leaves, count, apart || is_led_by_list(at, leaves, count),
               flat_leaves);
    const uint64_t *live = test_random_below(random, 2) ? at->live : NULL;
    const uint64_t *filter = test_random_below(random, 4) ? NULL : at->filter;
    static const unsigned ks[] = {1, 10, 100, 128, BEST_MAX};
    osl_flat_query query = {
        flat_leaves,
        count,
        at->bounds.factor,
        osl_segment_drift(at->segment, OSL_FIELD_TEXT, at->today),
        ks[n % COUNT_OF(ks)],
        at->codes,
        live,
        filter,
        7,
        PARAGRAPHS,
        false,
        false,
        NULL,
        at->bounds.is_map ? at->bounds.of : NULL};
    assert_int_equal(query.drift.low == 1 && query.drift.high == 1,
                     at->today == at->k[0]);
    scan_all(at, &query, leaves, count, &all);
    /* Most reach it, or hardly any, or the best alone. */
    uint32_t reached = test_random_below(random, 4) ? 0 : all.greatest;
    if (n % 2)
        reached = (uint32_t)((uint64_t)reached *
                             test_random_below(random, 100) / 100);
    best want = {.k = (unsigned)query.best, .threshold = reached};
    best got = want, both = want;
    uint64_t got_count = 0, both_count = 0;
    keep_scanned(&all, &want);
    osl_flat_sink sink = {&got, keep, &got.threshold, keep_list};
    osl_flat_sink both_sink = {&both, keep, &both.threshold, NULL};
    assert_ok(osl_flat_search(flat, &query, &sink, NULL, &err));
    assert_ok(osl_flat_search(flat, &query, &both_sink, &both_count, &err));
    fill_query(at, leaves, count, plain || is_led_by_list(at, leaves, count),
               flat_leaves);
    assert_ok(osl_flat_count(flat, &query, &got_count, &err));
    if (got_count != all.count || both_count != all.count)
        fail_msg("query %u: counts %llu and %llu of %llu", n,
                 (unsigned long long)got_count, (unsigned long long)both_count,
                 (unsigned long long)all.count);
    if (got.count != want.count ||
        memcmp(got.keys, want.keys, want.count * sizeof *want.keys) != 0 ||
        both.count != want.count ||
        memcmp(both.keys, want.keys, want.count * sizeof *want.keys) != 0)
        fail_msg("query %u: other paragraphs or scores", n);
}

static void check_query(const world *at, osl_flat *flat, test_random *random,
                        unsigned n)
{
    test_leaf leaves[LEAVES];
    unsigned count = random_leaves(random, n, leaves);
    check_leaves(at, flat, random, n, leaves, count);
}

/* Required phrases whose words stand together more often than by chance: what
 * begins as few matches becomes many on the way. */
static void check_together(const world *at, osl_flat *flat, test_random *random,
                           unsigned n)
{
    test_leaf leaves[] = {
        {OSL_FLAT_MUST, 2, {TOGETHER, TOGETHER + 1}, 3.5F, false, -1},
        {OSL_FLAT_MUST, 1, {TOGETHER}, 1.25F, false, -1},
        {OSL_FLAT_SHOULD, 1, {0}, 0.5F, false, -1}};
    leaves[2].words[0] = test_random_below(random, TERMS);
    leaves[0].has_pair = n / 16 % 2;
    check_leaves(at, flat, random, n, leaves, 2 + n / 8 % 2);
}

/* ---- phrases told by how often they stand -------------------------------- */

typedef struct told {
    const world *at;
    const test_leaf *leaf;
    uint32_t next; /* the first paragraph that was not looked at */
    const uint64_t *live;
} told;

static void check_told(told *of, uint32_t to)
{
    for (; of->next < to; of->next++)
        if (of->live[of->next / 64] >> (of->next % 64) & 1)
            assert_int_equal(twin_leaf_tf(of->at, of->leaf, of->next), 0);
}

static void take_told(void *user, uint32_t segment, uint32_t paragraph,
                      uint32_t tf)
{
    told *of = user;
    (void)segment;
    assert_true(paragraph >= of->next);
    check_told(of, paragraph);
    assert_int_equal(tf, twin_leaf_tf(of->at, of->leaf, paragraph));
    assert_true(of->live[paragraph / 64] >> (paragraph % 64) & 1);
    of->next++;
}

static void check_phrase(const world *at, osl_flat *flat, test_random *random)
{
    static const uint32_t none = 0;
    osl_error err = {0};
    osl_flat_leaf leaf;
    uint64_t count = 0;
    test_leaf phrase = {.occur = OSL_FLAT_SHOULD, .weight = 1, .joins = -1};
    phrase.word_count = 2 + test_random_below(random, 3);
    for (unsigned w = 0; w < phrase.word_count; w++)
        phrase.words[w] = test_random_below(random, TERMS);
    fill_query(at, &phrase, 1, test_random_below(random, 2), &leaf);
    osl_flat_query query = {.leaves = &leaf,
                            .leaf_count = 1,
                            .factor = 1,
                            .drift = {1, 1},
                            .codes = at->codes,
                            .live = at->live,
                            .paragraph_count = PARAGRAPHS,
                            .tells_tf = true};
    told got = {at, &phrase, 0, at->live};
    osl_flat_sink sink = {&got, take_told, &none, NULL};
    assert_ok(osl_flat_search(flat, &query, &sink, &count, &err));
    check_told(&got, PARAGRAPHS);
}

/* ---- rare words by their best alone -------------------------------------- */

/* False where the list does not tell, and then gives nothing. */
static bool check_best(const world *at, osl_flat *flat, test_random *random,
                       unsigned word)
{
    static const unsigned ks[] = {1, 3, 10, 16};
    osl_error err = {0};
    test_leaf leaf = {.occur = OSL_FLAT_SHOULD, .weight = 3, .joins = -1};
    leaf.word_count = 1;
    leaf.words[0] = word;
    osl_flat_leaf flat_leaf = {.occur = OSL_FLAT_SHOULD,
                               .word_count = 1,
                               .words = {at->bests[word]},
                               .weight = 3};
    osl_flat_query query = {
        .leaves = &flat_leaf,
        .leaf_count = 1,
        .factor = at->bounds.factor,
        .bounds = at->bounds.is_map ? at->bounds.of : NULL,
        .drift = osl_segment_drift(at->segment, OSL_FIELD_TEXT, at->today),
        .best = ks[test_random_below(random, COUNT_OF(ks))],
        .codes = at->codes,
        .live = test_random_below(random, 2) ? at->live : NULL,
        .segment = 7,
        .paragraph_count = PARAGRAPHS,
        .by_best = true};
    best want = {.k = (unsigned)query.best}, got = want;
    const twin_term *term = &at->field.terms[word];
    for (uint32_t i = 0; i < term->df; i++) {
        uint32_t score, p = term->ordinals[i];
        if ((!query.live || query.live[p / 64] >> (p % 64) & 1) &&
            twin_score(at, &leaf, 1, p, &score))
            keep(&want, 7, p, score);
    }
    osl_flat_sink sink = {&got, keep, &got.threshold, keep_list};
    osl_status status = osl_flat_search(flat, &query, &sink, NULL, &err);
    if (status == OSL_END) {
        assert_int_equal(got.count, 0);
        return false;
    }
    assert_ok(status);
    assert_int_equal(got.count, want.count);
    assert_memory_equal(got.keys, want.keys, want.count * sizeof *want.keys);
    return true;
}

static void check_bests(const world *at, osl_flat *flat, test_random *random)
{
    unsigned answered = 0, words = 0;
    for (unsigned word = 0; word < TERMS; word++) {
        words += at->bests[word] != NULL;
        for (unsigned i = 0; i < 40 && at->bests[word]; i++)
            answered += check_best(at, flat, random, word);
    }
    assert_true(words > 0);
    /* Else the factor, or many equal scores, may keep all from telling. */
    if (at->today == at->k[0] && at->k[0][1] > 0.01f)
        assert_true(answered > 0);
}

/* ---- required words ----------------------------------------------------- */

/* Two to four words of many paragraphs, of which lists of their best tell most:
 * by weights as df gives them, or by any. */
static void check_required(const world *at, osl_flat *flat, test_random *random,
                           unsigned n)
{
    static const unsigned words[] = {5, 6, 7, 8, 9, 10};
    test_leaf leaves[5];
    unsigned count = 2 + test_random_below(random, 3);
    unsigned first = test_random_below(random, COUNT_OF(words));
    for (unsigned i = 0; i < count; i++) {
        unsigned word = words[(first + i) % COUNT_OF(words)];
        double idf = osl_score_idf(PARAGRAPHS, at->postings[word]->df);
        leaves[i] = (test_leaf){.occur = OSL_FLAT_MUST,
                                .word_count = 1,
                                .words = {word},
                                .weight = (float)(idf * 2.2),
                                .joins = -1};
        if (n % 3 == 0)
            leaves[i].weight *= 0.5F + (float)test_random_below(random, 4);
    }
    if (n % 4 == 0)
        leaves[count++] = (test_leaf){
            .occur = OSL_FLAT_NOT, .word_count = 1, .words = {4}, .joins = -1};
    check_leaves(at, flat, random, n, leaves, count);
}

static void check_level(osl_cpu_level level, double k1, unsigned queries)
{
    if (level > osl_cpu_highest()) {
        print_message("this machine has no %s: not tested\n",
                      osl_cpu_level_name(level));
        return;
    }
    test_random random = test_random_new(31);
    world at;
    world_open(&at, &random, level, k1);
    osl_flat *flat = osl_flat_new(osl_kernels_get(level));
    assert_non_null(flat);
    for (unsigned n = 0; n < queries; n++) {
        at.today = at.k[n / 2 % 2];
        osl_flat_set_lengths(flat, at.today);
        osl_segment_bounds_today(&at.bounds, at.segment, OSL_FIELD_TEXT,
                                 at.today);
        check_query(&at, flat, &random, n);
        if (n % 4 == 0 || n % 4 == 3)
            check_required(&at, flat, &random, n / 2);
        if (n % 8 == 0) {
            check_phrase(&at, flat, &random);
            check_together(&at, flat, &random, n);
        }
        if (n % 200 == 0 || n % 200 == 2)
            check_bests(&at, flat, &random);
    }
    osl_flat_free(flat);
    world_close(&at);
}

static void scalar_answers_as_a_scan(void **state)
{
    (void)state;
    check_level(OSL_CPU_SCALAR, 1.2, QUERIES);
}

static void avx2_answers_as_a_scan(void **state)
{
    (void)state;
    check_level(OSL_CPU_AVX2, 1.2, QUERIES);
}

static void avx512_answers_as_a_scan(void **state)
{
    (void)state;
    check_level(OSL_CPU_AVX512, 1.2, QUERIES);
}

/* As a file that is made to harm may have it: with a K of next to nothing at
 * writing, every G was as good as 1, so that the order of a list of the best
 * tells nothing of today's. */
static void lists_written_for_no_k_tell_nothing_wrong(void **state)
{
    (void)state;
    static const double k1[] = {1e-9, 0};
    for (size_t i = 0; i < COUNT_OF(k1); i++)
        check_level(osl_cpu_highest(), k1[i], 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalar_answers_as_a_scan),
        cmocka_unit_test(avx2_answers_as_a_scan),
        cmocka_unit_test(avx512_answers_as_a_scan),
        cmocka_unit_test(lists_written_for_no_k_tell_nothing_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
