/* SPDX-License-Identifier: MIT
 *
 * Plain queries to an index of several wide segments with the dead among them,
 * as updates leave it, against sums over all living records: how many match,
 * and the scores of the best. Segments are so wide that words have dense
 * chunks, and words and pairs of them lists of their best; these were made for
 * other weights, lengths, k1 and b than are asked for. */
#include "tests/indexer/place.h"
#include "tests/test.h"

#include "core/base/buf.h"
#include "core/segment/score.h"
#include "indexer/indexer.h"
#include "query/query.h"

enum {
    FILES = 3,
    RECORDS = 12000, /* of a file, at most */
    WORDS = 40,
    LONGEST = 60,
    CLAUSES = 5,
    QUERIES = 120
};

typedef struct record {
    uint32_t number; /* its id */
    uint8_t length, words[LONGEST];
} record;

typedef struct world {
    test_random random;
    place at;
    osl_pairs pairs;
    record *files[FILES]; /* RECORDS each; own, as below */
    uint32_t counts[FILES];
    uint32_t next; /* number */
    const record **by_number;
    uint32_t *met; /* by number: the last search that had it */
    uint32_t searches;
    unsigned most_segments; /* that were met */
} world;

enum { NUMBERS = 3 * FILES * RECORDS };

/* ---- records ------------------------------------------------------------- */

/* The first words are in most records, the last in few. */
static uint8_t any_word(test_random *random)
{
    return (uint8_t)(test_random_below(random, 1000) *
                     test_random_below(random, 1000) * WORDS / 1000000);
}

static void write_record(test_random *random, record *to)
{
    uint32_t most = test_random_below(random, 4) ? 12 : LONGEST;
    to->length = (uint8_t)(1 + test_random_below(random, most));
    for (unsigned i = 0; i < to->length; i++)
        to->words[i] = any_word(random);
}

static void put_word(osl_buf *out, unsigned word)
{
    osl_buf_printf(out, "q%c%c", 'a' + word / 26, 'a' + word % 26);
}

static void put_file(world *of, unsigned file)
{
    char name[32];
    osl_buf out = {0};
    for (uint32_t i = 0; i < of->counts[file]; i++) {
        const record *r = &of->files[file][i];
        osl_buf_printf(&out, "{\"id\":\"%u\",\"text\":\"", r->number);
        for (unsigned w = 0; w < r->length; w++) {
            osl_buf_put_text(&out, osl_text_of(w ? " " : ""));
            put_word(&out, r->words[w]);
        }
        osl_buf_printf(&out, "\"}\n");
    }
    (void)snprintf(name, sizeof name, "in/%u.jsonl", file);
    assert_false(out.failed);
    place_put_bytes(&of->at, name, out.bytes, out.length);
    osl_buf_clear(&out);
}

/* Some go, some are written anew, and some come; then the file is written. */
static void change_file(world *of, unsigned file, uint32_t gone,
                        uint32_t changed, uint32_t come)
{
    test_random *random = &of->random;
    record *records = of->files[file];
    uint32_t count = of->counts[file];
    for (; gone > 0 && count > 0; gone--) {
        uint32_t which = test_random_below(random, count);
        records[which] = records[--count];
    }
    for (; changed > 0 && count > 0; changed--)
        write_record(random, &records[test_random_below(random, count)]);
    for (; come > 0 && count < RECORDS; come--) {
        assert_true(of->next < NUMBERS);
        records[count].number = of->next++;
        write_record(random, &records[count++]);
    }
    of->counts[file] = count;
    put_file(of, file);
}

static void update(const world *of)
{
    osl_error err;
    osl_index_report report;
    const char *paths[] = {place_name(&of->at, "in")};
    const osl_index_options options = {
        .language = "none", .store = OSL_STORE_NONE, .pairs = of->pairs};
    assert_ok(osl_index_update(place_name(&of->at, "index"), paths, 1, &options,
                               NULL, &report, &err));
}

/* ---- queries ------------------------------------------------------------- */

typedef enum occur { SHOULD, MUST, NOT } occur;

typedef struct clause {
    occur occurs;
    unsigned count;
    uint8_t words[3];
    float weight;
} clause;

typedef struct query {
    clause clauses[CLAUSES];
    unsigned count;
    double k1, b;
} query;

/* Different words: a query that has one twice is another matter. */
static uint8_t other_word(test_random *random, uint64_t *met)
{
    uint8_t word;
    do
        word = any_word(random);
    while (*met >> word & 1);
    *met |= (uint64_t)1 << word;
    return word;
}

static query any_query(test_random *random)
{
    static const double k1s[] = {1.2, 1.2, 0.9, 3, 100, 0};
    static const double bs[] = {0.75, 0.75, 0.4, 1, 0};
    static const occur shapes[][3] = {
        {SHOULD, SHOULD, SHOULD}, {MUST, MUST, MUST}, {MUST, MUST, NOT},
        {MUST, SHOULD, SHOULD},   {SHOULD, NOT, NOT}, {MUST, SHOULD, NOT}};
    uint64_t met = 0;
    query q = {.count = 1 + test_random_below(random, CLAUSES),
               .k1 = k1s[test_random_below(random, COUNT_OF(k1s))],
               .b = bs[test_random_below(random, COUNT_OF(bs))]};
    const occur *shape = shapes[test_random_below(random, COUNT_OF(shapes))];
    bool words = test_random_below(random, 3) > 0;
    for (unsigned i = 0; i < q.count; i++) {
        clause *c = &q.clauses[i];
        c->occurs = shape[i < 1 ? 0 : i + 1 < q.count ? 1 : 2];
        c->count = words || test_random_below(random, 2)
                       ? 1
                       : 2 + test_random_below(random, 2);
        for (unsigned w = 0; w < c->count; w++)
            c->words[w] = other_word(random, &met);
    }
    return q;
}

static void put_query(osl_buf *out, const query *q)
{
    static const char *const signs[] = {"", "+", "-"};
    for (unsigned i = 0; i < q->count; i++) {
        const clause *c = &q->clauses[i];
        const char *quote = c->count > 1 ? "\"" : "";
        osl_buf_printf(out, "%s%s%s", i ? " " : "", signs[c->occurs], quote);
        for (unsigned w = 0; w < c->count; w++) {
            osl_buf_put_text(out, osl_text_of(w ? " " : ""));
            put_word(out, c->words[w]);
        }
        osl_buf_put_text(out, osl_text_of(quote));
    }
}

/* ---- sums over all records ---------------------------------------------- */

typedef struct sums {
    uint32_t scores[FILES * RECORDS]; /* falling */
    uint32_t count;
    float k[256];
} sums;

static uint32_t tf_of(const record *r, const clause *c)
{
    uint32_t tf = 0;
    for (unsigned i = 0; i + c->count <= r->length; i++)
        tf += memcmp(r->words + i, c->words, c->count) == 0;
    return tf;
}

static bool score_of(const sums *of, const query *q, const record *r,
                     uint32_t *score)
{
    bool must = false, any = false;
    float k = of->k[osl_length_code(r->length)];
    *score = 0;
    for (unsigned i = 0; i < q->count; i++) {
        const clause *c = &q->clauses[i];
        uint32_t tf = tf_of(r, c);
        if ((c->occurs == MUST && !tf) || (c->occurs == NOT && tf))
            return false;
        must |= c->occurs == MUST;
        any |= c->occurs == SHOULD && tf;
        if (c->occurs != NOT)
            *score += osl_score_contribution(c->weight, osl_score_gain(tf, k));
    }
    return must || any;
}

/* What a word is worth, and K. */
static void weigh(const world *of, query *q, sums *to)
{
    uint64_t dfs[WORDS] = {0}, length = 0, count = 0;
    for (unsigned f = 0; f < FILES; f++)
        for (uint32_t i = 0; i < of->counts[f]; i++) {
            const record *r = &of->files[f][i];
            uint64_t met = 0;
            for (unsigned w = 0; w < r->length; w++)
                met |= (uint64_t)1 << r->words[w];
            for (; met; met &= met - 1)
                dfs[__builtin_ctzll(met)]++;
            length += r->length;
            count++;
        }
    osl_score_lengths(to->k, q->k1, q->b, length, count);
    for (unsigned i = 0; i < q->count; i++) {
        clause *c = &q->clauses[i];
        double idf = 0;
        for (unsigned w = 0; w < c->count; w++)
            idf +=
                dfs[c->words[w]] ? osl_score_idf(count, dfs[c->words[w]]) : 0;
        c->weight = osl_score_weight(1, idf, q->k1);
    }
}

static int by_falling(const void *left, const void *right)
{
    const uint32_t *a = left, *b = right;
    return *a > *b ? -1 : *a < *b;
}

static void sum_up(world *of, query *q, sums *to)
{
    to->count = 0;
    weigh(of, q, to);
    memset(of->by_number, 0, NUMBERS * sizeof(const record *));
    for (unsigned f = 0; f < FILES; f++)
        for (uint32_t i = 0; i < of->counts[f]; i++) {
            const record *r = &of->files[f][i];
            of->by_number[r->number] = r;
            to->count += score_of(to, q, r, &to->scores[to->count]);
        }
    qsort(to->scores, to->count, sizeof *to->scores, by_falling);
}

/* ---- both ---------------------------------------------------------------- */

/* A hit is a living record of this score, and none comes twice. */
static bool is_right(world *of, const query *q, const sums *want, osl_text id,
                     uint32_t score)
{
    char text[16];
    uint32_t twin;
    if (id.length >= sizeof text)
        return false;
    memcpy(text, id.bytes, id.length);
    text[id.length] = '\0';
    unsigned long number = strtoul(text, NULL, 10);
    const record *r = number < NUMBERS ? of->by_number[number] : NULL;
    if (!r || of->met[number] == of->searches || !score_of(want, q, r, &twin) ||
        twin != score)
        return false;
    of->met[number] = of->searches;
    return true;
}

static bool are_right(world *of, const query *q, const sums *want,
                      osl_session *session, const osl_ranked_list *hits,
                      size_t k)
{
    osl_error err;
    bool right = hits->count == (k < want->count ? k : want->count);
    for (size_t i = 0; i < hits->count && right; i++) {
        osl_text id;
        assert_ok(osl_session_id(session, &hits->items[i], &id, &err));
        right = hits->items[i].score == want->scores[i] &&
                is_right(of, q, want, id, hits->items[i].score);
    }
    return right;
}

static void check_query(world *of, const osl_searcher *searcher,
                        osl_session *session)
{
    static const size_t ks[] = {0,   1,   3,   10,   16,   17,
                                100, 128, 129, 1000, 50000};
    static sums want;
    osl_error err;
    osl_buf text = {0};
    osl_prepared *prepared;
    osl_ranked_list hits;
    query q = any_query(&of->random);
    osl_search_options options = osl_search_defaults;
    options.ranking = OSL_RANKING_BM25;
    options.k1 = q.k1;
    options.b = q.b;
    put_query(&text, &q);
    assert_ok(osl_prepare(&prepared, searcher, osl_buf_text(&text), &options,
                          true, &err));
    sum_up(of, &q, &want);
    for (unsigned i = 0; i < 4; i++) {
        size_t k = ks[test_random_below(&of->random, COUNT_OF(ks))];
        bool counts = k == 0 || test_random_below(&of->random, 2);
        uint64_t count = 0;
        of->searches++;
        assert_ok(osl_session_search(session, prepared, k,
                                     counts ? &count : NULL, &hits, &err));
        if ((counts && count != want.count) ||
            !are_right(of, &q, &want, session, &hits, k))
            fail_msg("%.*s: k1 %g, b %g, k %zu: %zu hits, %llu of %u count",
                     (int)text.length, (const char *)text.bytes, q.k1, q.b, k,
                     hits.count, (unsigned long long)count, want.count);
    }
    osl_prepared_free(prepared);
    osl_buf_clear(&text);
}

static void check_index(world *of)
{
    osl_error err;
    osl_searcher *searcher;
    osl_session *session;
    osl_searcher_info info;
    update(of);
    assert_ok(
        osl_searcher_open(&searcher, place_name(&of->at, "index"), 0, &err));
    assert_ok(osl_searcher_get_brief(searcher, &info, &err));
    if (info.segments > of->most_segments)
        of->most_segments = (unsigned)info.segments;
    assert_ok(osl_session_open(&session, searcher, &err));
    for (unsigned i = 0; i < QUERIES; i++)
        check_query(of, searcher, session);
    osl_session_free(session);
    osl_searcher_free(searcher);
}

static void any_update_is_asked_as_all_its_records(void **state)
{
    (void)state;
    static const osl_pairs pairs[] = {OSL_PAIRS_DEFAULT, OSL_PAIRS_MORE};
    world of = {.random = test_random_new(1), .at = place_make()};
    of.pairs = pairs[of.random.state % COUNT_OF(pairs)];
    of.by_number = calloc(NUMBERS, sizeof *of.by_number);
    of.met = calloc(NUMBERS, sizeof *of.met);
    assert_true(of.by_number && of.met);
    for (unsigned f = 0; f < FILES; f++) {
        of.files[f] = calloc(RECORDS, sizeof **of.files);
        assert_non_null(of.files[f]);
    }
    change_file(&of, 0, 0, 0, 11000);
    check_index(&of);
    change_file(&of, 0, 150, 300, 40);
    change_file(&of, 1, 0, 0, 9000);
    check_index(&of);
    change_file(&of, 1, 800, 20, 0);
    change_file(&of, 2, 0, 0, 300);
    check_index(&of);
    change_file(&of, 0, 9000, 0, 0); /* most of a segment is dead */
    check_index(&of);
    assert_true(of.most_segments > 1);
    for (unsigned f = 0; f < FILES; f++)
        free(of.files[f]);
    free(of.by_number);
    free(of.met);
    place_remove(&of.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_update_is_asked_as_all_its_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
