/* SPDX-License-Identifier: MIT
 *
 * Plain queries of the language by the flat loops against the cursors: words
 * that may be written otherwise, as another word, as a phrase, as several.
 * Same paragraphs, scores and counts, over several segments and after
 * deletions. */
#include "indexer/indexer.h"
#include "query/query.h"
#include "tests/test.h"

#include <sys/stat.h>
#include <unistd.h>

enum { RECORDS = 6000, QUERIES = 300, WORDS_MAX = 30 };

/* "on set" is onset, "il 2" il2; some are British and American. */
static const char *const vocabulary[] = {
    "on",       "set",        "onset",
    "on-set",   "anti",       "body",
    "antibody", "anti-body",  "il-2",
    "il2",      "il",         "2",
    "tumour",   "tumor",      "leukaemia",
    "leukemia", "non-smoker", "nonsmoker",
    "smoker",   "non",        "CT (computed tomography)",
    "computed", "tomography", "CT",
    "nurse",    "with"};
enum { WORDS = sizeof vocabulary / sizeof *vocabulary };

static const char *random_word(test_random *random)
{
    uint32_t a = test_random_below(random, WORDS);
    uint32_t b = test_random_below(random, WORDS);
    return vocabulary[a < b ? a : b];
}

/* Words of queries: some that no record has, and one that is mostly another,
 * of which few records have the rest. */
static const char *random_asked(test_random *random)
{
    static const char *const others[] = {"nowhere", "oncology"};
    uint32_t n = test_random_below(random, 12);
    return n < 2 ? others[n] : random_word(random);
}

static void write_records(test_random *random, const char *folder,
                          unsigned part, unsigned from, unsigned to)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%u.jsonl", folder, part);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (unsigned i = from; i < to; i++) {
        uint32_t count = 1 + test_random_below(random, WORDS_MAX);
        fprintf(file, "{\"id\":\"r%u\",\"text\":\"%s", i,
                i % 2    ? "oncology "
                : i % 70 ? ""
                         : "onco-logy ");
        for (uint32_t n = 0; n < count; n++)
            fprintf(file, "%s%s", n ? " " : "", random_word(random));
        fprintf(file, "\"}\n");
    }
    assert_int_equal(fclose(file), 0);
}

static void update(const char *index, const char *folder, osl_pairs pairs)
{
    osl_error err = {0};
    osl_index_options options = {.thread_count = 1, .pairs = pairs};
    osl_index_report report;
    const char *paths[] = {folder};
    assert_ok(osl_index_update(index, paths, 1, &options, NULL, &report, &err));
}

static void random_query(test_random *random, char *out, size_t room)
{
    uint32_t count = 1 + test_random_below(random, 4);
    size_t length = 0;
    if (test_random_below(random, 8) == 0)
        count += 9;
    for (uint32_t i = 0; i < count; i++) {
        static const char *const signs[] = {"", "", "", "", "+", "-"};
        const char *word = random_asked(random);
        int bytes = (int)strcspn(word, " ");
        bool quoted = test_random_below(random, 6) == 0;
        length += (size_t)snprintf(out + length, room - length,
                                   quoted ? "%s%s\"%.*s %s\"" : "%s%s%.*s",
                                   i ? " " : "",
                                   i ? signs[test_random_below(random, 6)] : "",
                                   bytes, word, random_word(random));
        assert_true(length < room);
    }
}

static void compare(const osl_searcher *searcher, const char *query,
                    osl_search_options *options)
{
    osl_error err = {0};
    osl_answer *fast, *slow;
    options->exhaustive = false;
    assert_ok(osl_search(searcher, osl_text_of(query), options, &fast, &err));
    options->exhaustive = true;
    assert_ok(osl_search(searcher, osl_text_of(query), options, &slow, &err));
    if ((options->want_count &&
         osl_answer_count(fast) != osl_answer_count(slow)) ||
        osl_answer_hit_count(fast) != osl_answer_hit_count(slow))
        fail_msg("%s: %llu matches, not %llu", query,
                 (unsigned long long)osl_answer_count(fast),
                 (unsigned long long)osl_answer_count(slow));
    for (size_t i = 0; i < osl_answer_hit_count(fast); i++) {
        const osl_hit *a = osl_answer_hit(fast, i);
        const osl_hit *b = osl_answer_hit(slow, i);
        if (a->score != b->score || !osl_text_equal(a->id, b->id))
            fail_msg("%s: hit %zu is %.*s (%u), not %.*s (%u)", query, i,
                     (int)a->id.length, a->id.bytes, a->score,
                     (int)b->id.length, b->id.bytes, b->score);
    }
    osl_answer_free(fast);
    osl_answer_free(slow);
}

static void compare_many(test_random *random, const char *index)
{
    osl_error err = {0};
    osl_searcher *searcher;
    assert_ok(osl_searcher_open(&searcher, index, 0, &err));
    for (int i = 0; i < QUERIES; i++) {
        static const size_t ks[] = {0, 1, 10, 100};
        char query[1024];
        osl_search_options options = osl_search_defaults;
        random_query(random, query, sizeof query);
        options.ranking = OSL_RANKING_BM25;
        options.bare = true;
        options.k = ks[test_random_below(random, 4)];
        options.want_count = !options.k || test_random_below(random, 2);
        compare(searcher, query, &options);
    }
    osl_searcher_free(searcher);
}

/* Without pairs, phrases are verified; with them some are words. */
static void check(osl_pairs pairs)
{
    char base[] = "/tmp/osl-plain-XXXXXX", folder[64], index[64], command[96];
    test_random random = test_random_new(41);
    assert_non_null(mkdtemp(base));
    snprintf(folder, sizeof folder, "%s/in", base);
    snprintf(index, sizeof index, "%s/index", base);
    assert_int_equal(mkdir(folder, 0700), 0);
    write_records(&random, folder, 0, 0, RECORDS);
    update(index, folder, pairs);
    compare_many(&random, index);
    write_records(&random, folder, 1, RECORDS, RECORDS + RECORDS / 4);
    update(index, folder, OSL_PAIRS_AS_BEFORE);
    write_records(&random, folder, 1, RECORDS, RECORDS + RECORDS / 5);
    update(index, folder, OSL_PAIRS_AS_BEFORE);
    compare_many(&random, index);
    snprintf(command, sizeof command, "rm -rf '%s'", base);
    assert_int_equal(system(command), 0);
}

static void flat_loops_answer_as_cursors(void **state)
{
    (void)state;
    check(OSL_PAIRS_NONE);
    check(OSL_PAIRS_DEFAULT);
}

/* ---- rare words that have lists of their best ---------------------------- */

/* So many that a word of 256 to 350 is rare. */
enum { MANY = 90000, RARE_WORDS = 4 };

/* Word n in every (280 + 20 n)-th record, up to nine times. */
static void write_many(test_random *random, const char *folder, unsigned part,
                       unsigned from, unsigned to)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%u.jsonl", folder, part);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (unsigned i = from; i < to; i++) {
        fprintf(file, "{\"id\":\"r%u\",\"text\":\"the", i);
        for (uint32_t n = test_random_below(random, 12); n > 0; n--)
            fprintf(file, " set");
        for (unsigned word = 0; word < RARE_WORDS; word++)
            if (i % (280 + 20 * word) == word)
                for (uint32_t n = test_random_below(random, 9) + 1; n > 0; n--)
                    fprintf(file, " xray%u", word);
        fprintf(file, "\"}\n");
    }
    assert_int_equal(fclose(file), 0);
}

static void compare_session(osl_session *session, const osl_searcher *searcher,
                            const char *word, size_t k)
{
    osl_error err = {0};
    osl_answer *slow;
    osl_prepared *prepared;
    osl_ranked_list hits;
    osl_search_options options = osl_search_defaults;
    options.ranking = OSL_RANKING_BM25;
    options.bare = options.exhaustive = true;
    options.k = k;
    assert_ok(osl_search(searcher, osl_text_of(word), &options, &slow, &err));
    assert_ok(osl_prepare(&prepared, searcher, osl_text_of(word), &options,
                          true, &err));
    assert_ok(osl_session_search(session, prepared, k, NULL, &hits, &err));
    assert_int_equal(hits.count, osl_answer_hit_count(slow));
    for (size_t i = 0; i < hits.count; i++) {
        osl_text id;
        assert_ok(osl_session_id(session, &hits.items[i], &id, &err));
        assert_int_equal(hits.items[i].score, osl_answer_hit(slow, i)->score);
        assert_true(osl_text_equal(id, osl_answer_hit(slow, i)->id));
    }
    osl_prepared_free(prepared);
    osl_answer_free(slow);
}

static void compare_rare(const char *index)
{
    static const size_t ks[] = {1, 3, 10, 16, 17};
    osl_error err = {0};
    osl_searcher *searcher;
    osl_session *session;
    assert_ok(osl_searcher_open(&searcher, index, 0, &err));
    assert_ok(osl_session_open(&session, searcher, &err));
    for (unsigned i = 0; i < RARE_WORDS * COUNT_OF(ks); i++) {
        char word[16];
        osl_search_options options = osl_search_defaults;
        snprintf(word, sizeof word, "xray%u", i % RARE_WORDS);
        options.ranking = OSL_RANKING_BM25;
        options.bare = true;
        options.k = ks[i / RARE_WORDS];
        compare(searcher, word, &options);
        compare_session(session, searcher, word, options.k);
    }
    osl_session_free(session);
    osl_searcher_free(searcher);
}

static void rare_words_are_told_by_their_best(void **state)
{
    (void)state;
    char base[] = "/tmp/osl-plain-XXXXXX", folder[64], index[64], command[96];
    test_random random = test_random_new(43);
    assert_non_null(mkdtemp(base));
    snprintf(folder, sizeof folder, "%s/in", base);
    snprintf(index, sizeof index, "%s/index", base);
    assert_int_equal(mkdir(folder, 0700), 0);
    write_many(&random, folder, 0, 0, MANY);
    update(index, folder, OSL_PAIRS_DEFAULT);
    compare_rare(index);
    /* Another average length, and every record of the end is gone. */
    write_records(&random, folder, 1, 2 * MANY, 2 * MANY + 2000);
    write_many(&random, folder, 0, 0, MANY - MANY / 50);
    update(index, folder, OSL_PAIRS_AS_BEFORE);
    compare_rare(index);
    snprintf(command, sizeof command, "rm -rf '%s'", base);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flat_loops_answer_as_cursors),
        cmocka_unit_test(rare_words_are_told_by_their_best),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
