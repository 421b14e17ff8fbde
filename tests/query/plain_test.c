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

static void write_records(test_random *random, const char *folder,
                          unsigned part, unsigned from, unsigned to)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%u.jsonl", folder, part);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (unsigned i = from; i < to; i++) {
        uint32_t count = 1 + test_random_below(random, WORDS_MAX);
        fprintf(file, "{\"id\":\"r%u\",\"text\":\"", i);
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
        const char *word = random_word(random);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flat_loops_answer_as_cursors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
