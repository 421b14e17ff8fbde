/* SPDX-License-Identifier: MIT
 *
 * Feedback and --like over a small corpus: what is added, that it only orders
 * or also finds, that pruning changes no bit whatever part of the ranking is
 * left out, that explanations add up, and what alike hits lend, against a
 * twin. */
#include "indexer/indexer.h"
#include "query/query.h"
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILLERS = 40, MANY = 400 };

/* gout goes with colchicine here, and one text has colchicine alone. */
static const char *const texts[] = {
    "{\"id\":\"a\",\"text\":\"Gout flares are treated with colchicine.\"}",
    "{\"id\":\"b\",\"text\":\"Gout: colchicine lowers urate crystals.\"}",
    "{\"id\":\"c\",\"text\":\"Colchicine is toxic to the kidney.\"}",
    "{\"id\":\"0\",\"text\":\"Gout is seen in winter.\"}",
    "{\"id\":\"e\",\"text\":\"Gout is seen with colchicine in spring.\"}",
    "{\"id\":\"f\",\"text\":\"Gout lowers urate crystals in flares.\"}",
};

typedef struct fixture {
    char base[32], index[64];
    osl_searcher *searcher;
} fixture;

static void open_with(fixture *f, int fillers)
{
    osl_error err = {0};
    char path[64];
    snprintf(f->base, sizeof f->base, "/tmp/osl-feedback-XXXXXX");
    assert_non_null(mkdtemp(f->base));
    snprintf(path, sizeof path, "%s/in.jsonl", f->base);
    snprintf(f->index, sizeof f->index, "%s/index", f->base);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        fprintf(file, "%s\n", texts[i]);
    for (int i = 0; i < fillers; i++)
        fprintf(file, "{\"id\":\"z%d\",\"text\":\"Word%c of paragraph.\"}\n", i,
                'a' + i % 26);
    assert_int_equal(fclose(file), 0);
    const char *paths[] = {path};
    osl_index_options options = {.thread_count = 1};
    osl_index_report report;
    assert_ok(
        osl_index_update(f->index, paths, 1, &options, NULL, &report, &err));
    assert_ok(osl_searcher_open(&f->searcher, f->index, 0, &err));
}

static void open_fixture(fixture *f)
{
    open_with(f, FILLERS);
}

static void close_fixture(fixture *f)
{
    char command[96];
    osl_searcher_free(f->searcher);
    snprintf(command, sizeof command, "rm -rf '%s'", f->base);
    assert_int_equal(system(command), 0);
}

static osl_answer *search(const fixture *f, const char *query,
                          const osl_search_options *options)
{
    osl_error err = {0};
    osl_answer *answer;
    assert_ok(
        osl_search(f->searcher, osl_text_of(query), options, &answer, &err));
    return answer;
}

/* The number of hits where it is none. */
static size_t place_of(const osl_answer *answer, const char *id)
{
    size_t i = 0;
    while (i < osl_answer_hit_count(answer) &&
           !osl_text_equal(osl_answer_hit(answer, i)->id, osl_text_of(id)))
        i++;
    return i;
}

static bool has_hit(const osl_answer *answer, const char *id)
{
    return place_of(answer, id) < osl_answer_hit_count(answer);
}

static void the_default_of_records_orders_and_finds_no_more(void **state)
{
    (void)state;
    fixture f;
    osl_search_options options = osl_search_defaults;
    open_fixture(&f);
    osl_answer *answer = search(&f, "gout", &options);
    assert_int_equal(osl_answer_count(answer), 5);
    assert_false(has_hit(answer, "c"));
    /* 0 says gout in as few words as b, but not what the others say. */
    assert_true(place_of(answer, "b") < place_of(answer, "0"));
    osl_answer_free(answer);
    options.no_expand = true; /* nothing is added: a tie, by id */
    answer = search(&f, "gout", &options);
    assert_true(place_of(answer, "0") < place_of(answer, "b"));
    osl_answer_free(answer);
    close_fixture(&f);
}

/* Five paragraphs of four hundred are few. */
static void a_rare_word_finds_the_kin_of_its_paragraphs(void **state)
{
    (void)state;
    fixture f;
    osl_search_options options = osl_search_defaults;
    open_with(&f, MANY);
    osl_answer *answer = search(&f, "gout", &options);
    assert_true(has_hit(answer, "c"));
    assert_int_equal(place_of(answer, "c"), 5); /* behind what was typed */
    assert_non_null(strstr(osl_answer_note(answer, 0), "few paragraphs"));
    osl_answer_free(answer);
    options.no_expand = true;
    answer = search(&f, "gout", &options);
    assert_int_equal(osl_answer_count(answer), 5);
    assert_null(osl_answer_note(answer, 0));
    osl_answer_free(answer);
    close_fixture(&f);
}

static void
a_word_that_is_nowhere_widens_nothing_and_no_note_says_so(void **state)
{
    (void)state;
    fixture f;
    open_with(&f, MANY);
    osl_answer *answer = search(&f, "xyzzy", &osl_search_defaults);
    assert_int_equal(osl_answer_count(answer), 0);
    assert_null(osl_answer_note(answer, 0));
    osl_answer_free(answer);
    close_fixture(&f);
}

static void feedback_finds_what_shares_the_words_of_the_best(void **state)
{
    (void)state;
    fixture f;
    osl_search_options options = osl_search_defaults;
    open_fixture(&f);
    options.feedback = true;
    osl_answer *answer = search(&f, "gout", &options);
    assert_true(has_hit(answer, "c"));
    osl_answer_free(answer);
    close_fixture(&f);
}

static void like_finds_the_paragraph_and_its_kin(void **state)
{
    (void)state;
    fixture f;
    osl_error err = {0};
    osl_search_options options = osl_search_defaults;
    open_fixture(&f);
    options.like = "c";
    osl_answer *answer = search(&f, "", &options);
    assert_true(
        osl_text_equal(osl_answer_hit(answer, 0)->id, osl_text_of("c")));
    assert_true(has_hit(answer, "a"));
    assert_null(osl_answer_note(answer, 0));
    osl_answer_free(answer);
    options.like = "nowhere#3";
    assert_int_equal(
        osl_search(f.searcher, osl_text_of(""), &options, &answer, &err),
        OSL_ENOTFOUND);
    close_fixture(&f);
}

/* The numbers in brackets one level below the first line, if any, add up to
 * it. */
static void assert_adds_up(const osl_hit *hit)
{
    char *copy = strndup(hit->explanation.bytes, hit->explanation.length);
    uint64_t sum = 0;
    unsigned number, all = 0, parts = 0;
    size_t top = 0;
    assert_non_null(copy);
    for (char *line = strtok(copy, "\n"); line; line = strtok(NULL, "\n")) {
        const char *bracket = strchr(line, '[');
        assert_non_null(bracket);
        assert_int_equal(sscanf(bracket, "[%u]", &number), 1);
        size_t dot = (size_t)(strchr(line, '.') - line);
        if (!all) {
            all = number;
            top = dot;
        } else if (dot == top + 2) {
            sum += number;
            parts++;
        }
    }
    free(copy);
    assert_int_equal(all, hit->score);
    assert_int_equal(parts ? sum : all, hit->score);
}

static void compare_with_all(const fixture *f, const char *query,
                             osl_search_options options)
{
    options.k = 3;
    options.want_count = false;
    options.explain = true;
    osl_answer *pruned = search(f, query, &options);
    options.exhaustive = true;
    osl_answer *all = search(f, query, &options);
    assert_int_equal(osl_answer_hit_count(pruned), osl_answer_hit_count(all));
    for (size_t i = 0; i < osl_answer_hit_count(all); i++) {
        const osl_hit *a = osl_answer_hit(pruned, i);
        const osl_hit *b = osl_answer_hit(all, i);
        assert_int_equal(a->score, b->score);
        assert_true(osl_text_equal(a->id, b->id));
        assert_adds_up(a);
    }
    osl_answer_free(pruned);
    osl_answer_free(all);
}

static void pruning_changes_no_bit_and_numbers_add_up(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "gout colchicine", "gout kidney", "winter gout of paragraph",
        "colchicine-gout gout \"gout lowers\" flare a"};
    fixture f;
    open_fixture(&f);
    for (size_t q = 0; q < sizeof queries / sizeof *queries; q++) {
        osl_search_options options = osl_search_defaults;
        options.feedback = q % 2;
        compare_with_all(&f, queries[q], options);
        for (unsigned part = 0; osl_ranking_part_name(part); part++) {
            options = osl_search_defaults;
            options.without = 1u << part;
            compare_with_all(&f, queries[q], options);
            options.without = 0;
            options.with = 1u << part;
            options.ranking = OSL_RANKING_BM25;
            compare_with_all(&f, queries[q], options);
        }
    }
    close_fixture(&f);
}

static void parts_have_names_that_read_back(void **state)
{
    (void)state;
    osl_error err = {0};
    uint32_t parts, all = 0;
    char list[256] = "";
    size_t length = 0;
    unsigned n = 0;
    for (; osl_ranking_part_name(n); n++) {
        const char *name = osl_ranking_part_name(n);
        assert_ok(osl_ranking_parts(osl_text_of(name), &parts, &err));
        assert_int_equal(parts, 1u << n);
        all |= parts;
        length += (size_t)snprintf(list + length, sizeof list - length, "%s%s",
                                   n ? "," : "", name);
    }
    assert_int_equal(n, 13);
    assert_ok(osl_ranking_parts(osl_text_of(list), &parts, &err));
    assert_int_equal(parts, all);
    static const char *const wrong[] = {"", "bag,", ",bag", "bags", "bag bag"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(osl_ranking_parts(osl_text_of(wrong[i]), &parts, &err),
                         OSL_EINVAL);
        assert_non_null(strstr(err.text, "closeness"));
    }
}

/* Without the only part that a query is scored by otherwise than by plain
 * BM25, and with it beside that: the same. */
static void all_parts_added_to_plain_are_the_default(void **state)
{
    (void)state;
    fixture f;
    osl_search_options options = osl_search_defaults, plain = options;
    open_fixture(&f);
    plain.ranking = OSL_RANKING_BM25;
    plain.with = (1u << 13) - 1;
    osl_answer *a = search(&f, "gout colchicine", &options);
    osl_answer *b = search(&f, "gout colchicine", &plain);
    assert_int_equal(osl_answer_hit_count(a), osl_answer_hit_count(b));
    for (size_t i = 0; i < osl_answer_hit_count(a); i++)
        assert_int_equal(osl_answer_hit(a, i)->score,
                         osl_answer_hit(b, i)->score);
    osl_answer_free(a);
    osl_answer_free(b);
    close_fixture(&f);
}

/* ---- alike hits, against a twin ---------------------------------------- */

enum { TWIN_HITS = 40, TWIN_LOOKED_AT = 32, TWIN_WORDS = 26 };

/* Paragraph i says some of 26 words of two letters, a hundred times over. */
static unsigned twin_count(unsigned paragraph, unsigned word)
{
    unsigned x = (paragraph * 7919 + word * 104729 + 17) % 1009;
    return x % 5 == 0 ? x % 4 : 0;
}

static void open_twin(fixture *f)
{
    osl_error err = {0};
    char path[64];
    snprintf(f->base, sizeof f->base, "/tmp/osl-feedback-XXXXXX");
    assert_non_null(mkdtemp(f->base));
    snprintf(path, sizeof path, "%s/in.jsonl", f->base);
    snprintf(f->index, sizeof f->index, "%s/index", f->base);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (unsigned i = 0; i < TWIN_HITS; i++) {
        fprintf(file, "{\"id\":\"%02u\",\"text\":\"Zz", i);
        for (unsigned w = 0; w < TWIN_WORDS; w++)
            for (unsigned n = 0; n < twin_count(i, w); n++)
                fprintf(file, " q%c", 'a' + w);
        fprintf(file, "\"}\n");
    }
    assert_int_equal(fclose(file), 0);
    const char *paths[] = {path};
    osl_index_options options = {.thread_count = 1};
    osl_index_report report;
    assert_ok(
        osl_index_update(f->index, paths, 1, &options, NULL, &report, &err));
    assert_ok(osl_searcher_open(&f->searcher, f->index, 0, &err));
}

static unsigned number_of(const osl_hit *hit)
{
    return (unsigned)(hit->id.bytes[0] - '0') * 10 +
           (unsigned)(hit->id.bytes[1] - '0');
}

/* ln(1 + tf) ln(hits / df), of a word of the paragraphs looked at. */
static double twin_weight(const unsigned *hits, unsigned hit, unsigned word)
{
    unsigned df = 0, tf = twin_count(hits[hit], word);
    for (unsigned i = 0; i < TWIN_LOOKED_AT; i++)
        df += twin_count(hits[i], word) > 0;
    return tf ? log(1.0 + tf) * log((double)TWIN_LOOKED_AT / df) : 0;
}

static double twin_likeness(const unsigned *hits, unsigned a, unsigned b)
{
    double dot = 0, aa = 0, bb = 0;
    for (unsigned w = 0; w < TWIN_WORDS; w++) {
        double x = twin_weight(hits, a, w), y = twin_weight(hits, b, w);
        dot += x * y;
        aa += x * x;
        bb += y * y;
    }
    return aa * bb > 0 ? dot * dot / (aa * bb) : 0;
}

/* zz is in all, qa and qb weigh alike: a hit may lack one or both. */
static void what_alike_hits_lend_is_what_the_twin_says(void **state)
{
    (void)state;
    fixture f;
    osl_search_options options = osl_search_defaults;
    open_twin(&f);
    options.k = TWIN_HITS;
    options.without = OSL_PART_FEEDBACK;
    options.explain = true;
    osl_answer *moved = search(&f, "zz qa qb", &options);
    options.without |= OSL_PART_ALIKE;
    osl_answer *own = search(&f, "zz qa qb", &options);
    assert_int_equal(osl_answer_hit_count(own), TWIN_HITS);
    unsigned hits[TWIN_HITS], lending = 0;
    for (unsigned i = 0; i < TWIN_HITS; i++)
        hits[i] = number_of(osl_answer_hit(own, i));
    for (unsigned i = 0; i < TWIN_HITS; i++) {
        const osl_hit *hit = osl_answer_hit(moved, i);
        unsigned at = 0, share = 0;
        double sum = 0, all = 0;
        while (hits[at] != number_of(hit))
            at++;
        const osl_hit *before = osl_answer_hit(own, at);
        const char *said = memmem(hit->explanation.bytes,
                                  hit->explanation.length, "/256 of their", 13);
        assert_true((i < TWIN_LOOKED_AT) == (at < TWIN_LOOKED_AT));
        if (!said) {
            assert_int_equal(hit->score, before->score);
            continue;
        }
        while (said[-1] >= '0' && said[-1] <= '9')
            said--;
        assert_int_equal(sscanf(said, "%u/", &share), 1);
        assert_true(twin_count(hits[at], 0) == 0 ||
                    twin_count(hits[at], 1) == 0);
        for (unsigned j = 0; j < TWIN_LOOKED_AT; j++) {
            double like = j == at ? 0 : twin_likeness(hits, at, j);
            sum += like * osl_answer_hit(own, j)->score;
            all += like;
        }
        double mean = all > 0 ? sum / all : before->score;
        double wanted = before->score + (mean - before->score) * share / 256;
        assert_true(fabs(wanted - hit->score) < 4);
        lending++;
    }
    assert_true(lending > 5);
    osl_answer_free(moved);
    osl_answer_free(own);
    close_fixture(&f);
}

/* f lacks colchicine, but what it says else those say that have it; 0 lacks
 * it, too, and says something else. */
static void a_hit_that_lacks_a_word_gains_by_those_like_it(void **state)
{
    (void)state;
    fixture f;
    osl_search_options options = osl_search_defaults;
    open_fixture(&f);
    options.explain = true;
    osl_answer *answer = search(&f, "gout colchicine", &options);
    assert_true(place_of(answer, "f") < place_of(answer, "0"));
    const osl_hit *hit = osl_answer_hit(answer, place_of(answer, "f"));
    assert_adds_up(hit);
    assert_non_null(memmem(hit->explanation.bytes, hit->explanation.length,
                           "of their mean score", 19));
    hit = osl_answer_hit(answer, 0); /* lacks nothing: as it is */
    assert_null(memmem(hit->explanation.bytes, hit->explanation.length,
                       "of their mean score", 19));
    osl_answer_free(answer);
    close_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_of_records_orders_and_finds_no_more),
        cmocka_unit_test(a_rare_word_finds_the_kin_of_its_paragraphs),
        cmocka_unit_test(
            a_word_that_is_nowhere_widens_nothing_and_no_note_says_so),
        cmocka_unit_test(feedback_finds_what_shares_the_words_of_the_best),
        cmocka_unit_test(like_finds_the_paragraph_and_its_kin),
        cmocka_unit_test(pruning_changes_no_bit_and_numbers_add_up),
        cmocka_unit_test(parts_have_names_that_read_back),
        cmocka_unit_test(all_parts_added_to_plain_are_the_default),
        cmocka_unit_test(what_alike_hits_lend_is_what_the_twin_says),
        cmocka_unit_test(a_hit_that_lacks_a_word_gains_by_those_like_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
