/* SPDX-License-Identifier: MIT
 *
 * Completions against a count by hand over a random corpus whose words, and
 * which of them are one word, are known. */
#include "core/base/buf.h"
#include "indexer/indexer.h"
#include "query/query.h"
#include "tests/indexer/place.h"
#include "tests/test.h"

/* Rows of forms of one term. */
static const char *const groups[][3] = {
    {"relapse", "relapsed", "relapsing"},
    {"remission", "remissions", NULL},
    {"renal", NULL, NULL},
    {"biopsy", "biopsies", NULL},
    {"bone", "bones", NULL},
    {"marrow", NULL, NULL},
    {"bilirubin", NULL, NULL},
    {"die", "dying", NULL},
    {"relation", "relations", NULL},
};
static const char *const headings[] = {"Relapse of bone", "Renal", "renal care",
                                       "Bone marrow", "Biopsy"};

enum { GROUPS = COUNT_OF(groups), FORMS = 3, LENGTH_MAX = 10, MOST = 300 };

typedef struct row {
    unsigned char words[LENGTH_MAX]; /* group * FORMS + form */
    size_t length;
    unsigned heading;
} row;

typedef struct table {
    row rows[MOST];
    size_t count;
} table;

static const char *word_of(unsigned char word)
{
    return groups[word / FORMS][word % FORMS];
}

static void put_paragraph(test_random *random, table *t, unsigned heading,
                          FILE *file)
{
    row *r = &t->rows[t->count++];
    *r = (row){.length = 1 + test_random_below(random, LENGTH_MAX),
               .heading = heading};
    for (size_t i = 0; i < r->length; i++) {
        do {
            r->words[i] =
                (unsigned char)test_random_below(random, GROUPS * FORMS);
        } while (!word_of(r->words[i]));
        fprintf(file, "%s%s", i ? " " : "", word_of(r->words[i]));
    }
}

static void put_document(test_random *random, table *t, unsigned number,
                         FILE *file)
{
    uint32_t sections = 1 + test_random_below(random, 3);
    fprintf(file, "{\"id\":\"d%u\",\"title\":\"Zzz %u\",\"sections\":[", number,
            number);
    for (uint32_t i = 0; i < sections; i++) {
        uint32_t heading = test_random_below(random, COUNT_OF(headings));
        fprintf(file, "%s{\"heading\":\"%s\",\"level\":1,\"paragraphs\":[\"",
                i ? "," : "", headings[heading]);
        put_paragraph(random, t, heading, file);
        fprintf(file, "\",\"");
        put_paragraph(random, t, heading, file);
        fprintf(file, "\"]}");
    }
    fprintf(file, "]}\n");
}

static void index_part(test_random *random, const place *at, table *t,
                       const char *name, unsigned first, unsigned documents)
{
    osl_error err = {0};
    osl_index_report report;
    osl_index_options options = {.thread_count = 1};
    const char *path = place_name(at, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (unsigned i = 0; i < documents; i++)
        put_document(random, t, first + i, file);
    assert_int_equal(fclose(file), 0);
    assert_ok(osl_index_update(place_name(at, "index"), &path, 1, &options,
                               NULL, &report, &err));
}

/* Two segments; documents of the first that were deleted again. */
static osl_searcher *make_index(test_random *random, const place *at, table *t)
{
    osl_error err = {0};
    osl_searcher *searcher;
    *t = (table){.count = 0};
    index_part(random, at, t, "gone.jsonl", 100, 6);
    *t = (table){.count = 0};
    index_part(random, at, t, "a.jsonl", 0, 12);
    index_part(random, at, t, "gone.jsonl", 200, 2);
    assert_ok(osl_searcher_open(&searcher, place_name(at, "index"), 0, &err));
    return searcher;
}

/* ---- by hand ----------------------------------------------------------- */

static bool begins(const char *text, const char *with)
{
    return strncasecmp(text, with, strlen(with)) == 0;
}

/* Paragraphs with the word; `form` below FORMS: in this form alone. */
static uint64_t count_group(const table *t, unsigned group, unsigned form)
{
    uint64_t count = 0;
    for (size_t i = 0; i < t->count; i++) {
        bool found = false;
        for (size_t w = 0; w < t->rows[i].length; w++)
            found |= t->rows[i].words[w] / FORMS == group &&
                     (form >= FORMS || t->rows[i].words[w] % FORMS == form);
        count += found;
    }
    return count;
}

static uint64_t count_heading(const table *t, const char *heading)
{
    uint64_t count = 0;
    for (size_t i = 0; i < t->count; i++)
        count += strcmp(headings[t->rows[i].heading], heading) == 0;
    return count;
}

/* The group of a suggested word: of one of its forms that begins so. */
static unsigned group_of(osl_text text, const char *prefix)
{
    for (unsigned g = 0; g < GROUPS; g++)
        for (unsigned f = 0; f < FORMS && groups[g][f]; f++)
            if (osl_text_equal(text, osl_text_of(groups[g][f])) &&
                begins(groups[g][f], prefix))
                return g;
    fail_msg("%.*s is no completion of %s", (int)text.length, text.bytes,
             prefix);
    return 0;
}

static osl_suggestions *ask(const osl_searcher *searcher, const char *prefix,
                            size_t k)
{
    osl_error err = {0};
    osl_suggestions *found;
    assert_ok(osl_suggest(searcher, osl_text_of(prefix), k, &found, &err));
    const osl_suggestion *one;
    uint64_t last = UINT64_MAX;
    size_t n = 0;
    for (; (one = osl_suggestions_get(found, n)); n++) {
        assert_true(one->count > 0 && one->count <= last);
        last = one->count;
    }
    assert_true(n <= k);
    return found;
}

static void compare_one_word(const osl_searcher *searcher, const table *t,
                             const char *prefix)
{
    bool seen[GROUPS] = {false}, lines[COUNT_OF(headings)] = {false};
    osl_suggestions *found = ask(searcher, prefix, 1000);
    const osl_suggestion *one;
    for (size_t n = 0; (one = osl_suggestions_get(found, n)); n++) {
        if (one->kind == OSL_SUGGESTION_HEADING) {
            size_t h = 0;
            while (!osl_text_equal(one->text, osl_text_of(headings[h])))
                assert_true(++h < COUNT_OF(headings));
            assert_int_equal(one->count, count_heading(t, headings[h]));
            assert_false(lines[h]);
            lines[h] = true;
            continue;
        }
        assert_int_equal(one->kind, OSL_SUGGESTION_WORD);
        unsigned group = group_of(one->text, prefix);
        assert_int_equal(one->count, count_group(t, group, FORMS));
        assert_false(seen[group]);
        seen[group] = true;
    }
    for (unsigned g = 0; g < GROUPS; g++) {
        bool want = false;
        for (unsigned f = 0; f < FORMS && groups[g][f]; f++)
            want |= begins(groups[g][f], prefix) && count_group(t, g, f);
        if (seen[g] != want)
            fail_msg("%s: the word %s", prefix, groups[g][0]);
    }
    for (size_t h = 0; h < COUNT_OF(headings); h++)
        assert_int_equal(lines[h], begins(headings[h], prefix) &&
                                       count_heading(t, headings[h]));
    osl_suggestions_free(found);
}

static void a_beginning_gives_all_words_and_headings(void **state)
{
    (void)state;
    test_random random = test_random_new(31);
    for (int round = 0; round < 3; round++) {
        place at = place_make();
        static table t;
        osl_searcher *searcher = make_index(&random, &at, &t);
        for (unsigned g = 0; g < GROUPS; g++)
            for (unsigned f = 0; f < FORMS && groups[g][f]; f++)
                for (size_t l = 1; l <= strlen(groups[g][f]); l++) {
                    char prefix[32] = "";
                    memcpy(prefix, groups[g][f], l);
                    compare_one_word(searcher, &t, prefix);
                }
        compare_one_word(searcher, &t, "x");
        compare_one_word(searcher, &t, "BON");
        osl_searcher_free(searcher);
        place_remove(&at);
    }
}

/* ---- the form that is shown --------------------------------------------- */

static void the_commonest_form_that_fits_is_shown(void **state)
{
    (void)state;
    static const char corpus[] =
        "{\"id\":\"a\",\"title\":\"t\",\"sections\":[{\"paragraphs\":["
        "\"relapsed\",\"relapsed ALL\",\"relapse\",\"relapsing all\","
        "\"relapsing\",\"relapsing\"]}]}\n";
    static const struct {
        const char *prefix, *text;
        uint64_t count;
    } cases[] = {
        {"r", "relapsing", 6},
        {"relapse", "relapsed", 6},
        {"relapsi", "relapsing", 6},
        {"AL", "all", 2},
    };
    osl_error err = {0};
    place at = place_make();
    osl_searcher *searcher;
    osl_index_report report;
    osl_index_options options = {.thread_count = 1};
    place_put(&at, "a.jsonl", corpus);
    const char *path = place_name(&at, "a.jsonl");
    assert_ok(osl_index_update(place_name(&at, "index"), &path, 1, &options,
                               NULL, &report, &err));
    assert_ok(osl_searcher_open(&searcher, place_name(&at, "index"), 0, &err));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        osl_suggestions *found = ask(searcher, cases[i].prefix, 10);
        const osl_suggestion *one = osl_suggestions_get(found, 0);
        assert_non_null(one);
        if (!osl_text_equal(one->text, osl_text_of(cases[i].text)))
            fail_msg("%s: %.*s", cases[i].prefix, (int)one->text.length,
                     one->text.bytes);
        assert_int_equal(one->count, cases[i].count);
        osl_suggestions_free(found);
    }
    osl_suggestions *found = ask(searcher, "AL", 10);
    assert_true(osl_text_equal(osl_suggestions_get(found, 1)->text,
                               osl_text_of("ALL")));
    assert_int_equal(osl_suggestions_get(found, 1)->count, 1);
    osl_suggestions_free(found);
    osl_searcher_free(searcher);
    place_remove(&at);
}

/* ---- phrases ----------------------------------------------------------- */

/* Paragraphs where words of the two groups follow each other. */
static uint64_t count_pair(const table *t, unsigned a, unsigned b)
{
    uint64_t count = 0;
    for (size_t i = 0; i < t->count; i++) {
        const row *r = &t->rows[i];
        bool found = false;
        for (size_t w = 0; w + 1 < r->length; w++)
            found |= r->words[w] / FORMS == a && r->words[w + 1] / FORMS == b;
        count += found;
    }
    return count;
}

static void words_before_make_it_a_phrase(void **state)
{
    (void)state;
    enum { BILIRUBIN = 6 };
    test_random random = test_random_new(32);
    place at = place_make();
    static table t;
    osl_searcher *searcher = make_index(&random, &at, &t);
    unsigned compared = 0;
    for (unsigned b = 0; b < GROUPS; b++) {
        char prefix[64], text[64];
        const osl_suggestion *one;
        (void)snprintf(prefix, sizeof prefix, "bilirubin %.2s", groups[b][0]);
        osl_suggestions *found = ask(searcher, prefix, 100);
        for (size_t n = 0; (one = osl_suggestions_get(found, n)); n++) {
            (void)snprintf(text, sizeof text, "%.*s", (int)one->text.length,
                           one->text.bytes);
            assert_true(begins(text, prefix));
            assert_int_equal(one->kind, OSL_SUGGESTION_PHRASE);
            osl_text last = osl_text_of(text + strlen("bilirubin "));
            unsigned group = group_of(last, text + strlen("bilirubin "));
            assert_int_equal(one->count, count_pair(&t, BILIRUBIN, group));
            compared++;
        }
        osl_suggestions_free(found);
    }
    assert_true(compared > 4);
    osl_searcher_free(searcher);
    place_remove(&at);
}

static void nothing_typed_has_no_completion(void **state)
{
    (void)state;
    test_random random = test_random_new(33);
    place at = place_make();
    static table t;
    osl_searcher *searcher = make_index(&random, &at, &t);
    static const char *const nothing[] = {"", " ", "\"", "...", "\xFF\xFE"};
    for (size_t i = 0; i < COUNT_OF(nothing); i++) {
        osl_suggestions *found = ask(searcher, nothing[i], 10);
        assert_null(osl_suggestions_get(found, 0));
        osl_suggestions_free(found);
    }
    osl_suggestions *none = ask(searcher, "r", 0);
    assert_null(osl_suggestions_get(none, 0));
    osl_suggestions_free(none);
    osl_searcher_free(searcher);
    place_remove(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_beginning_gives_all_words_and_headings),
        cmocka_unit_test(the_commonest_form_that_fits_is_shown),
        cmocka_unit_test(words_before_make_it_a_phrase),
        cmocka_unit_test(nothing_typed_has_no_completion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
