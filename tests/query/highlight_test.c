/* SPDX-License-Identifier: MIT
 *
 * What is marked in a hit, byte for byte: stems, emoji, combining marks; a
 * phrase is one mark; of words near each other only those that met. */
#include "core/base/buf.h"
#include "indexer/indexer.h"
#include "query/query.h"
#include "tests/test.h"

#include <unistd.h>

/* `marked`: the text, with [ ] around what is to be marked. */
static const struct {
    const char *query, *marked;
} cases[] = {
    {"relapse", "Isolated CNS [relapse] is rare; CNS [relapses] recur."},
    {"\"cns relapse\"", "Isolated [CNS relapse] is rare; [CNS relapses] "
                        "recur."},
    {"isolated NEAR/1 cns", "[Isolated] [CNS] relapse is rare; CNS relapses "
                            "recur."},
    {"recur ADJ/2 cns", NULL},
    {"cns ADJ/2 recur", "Isolated CNS relapse is rare; [CNS] relapses "
                        "[recur]."},
    {"\"recur rare\"~3", "Isolated CNS relapse is [rare]; CNS relapses "
                         "[recur]."},
    {"dose",
     "\xF0\x9F\x92\x8A [dose] na\xC3\xAFve Pe\xCC\x81ter 5 mg/m\xC2\xB2"},
    {"naive", "\xF0\x9F\x92\x8A dose [na\xC3\xAFve] Pe\xCC\x81ter 5 "
              "mg/m\xC2\xB2"},
    {"P\xC3\xA9ter", "\xF0\x9F\x92\x8A dose na\xC3\xAFve [Pe\xCC\x81ter] 5 "
                     "mg/m\xC2\xB2"},
    {"mg/m^2", "\xF0\x9F\x92\x8A dose na\xC3\xAFve Pe\xCC\x81ter 5 "
               "[mg/m\xC2\xB2]"},
};

static const char *const texts[] = {
    "Isolated CNS relapse is rare; CNS relapses recur.",
    "\xF0\x9F\x92\x8A dose na\xC3\xAFve Pe\xCC\x81ter 5 mg/m\xC2\xB2",
};

static osl_searcher *open_texts(void)
{
    char base[] = "/tmp/osl-marks-XXXXXX", path[64], index[64];
    osl_searcher *searcher;
    osl_error err = {0};
    osl_index_options options = {.thread_count = 1};
    osl_index_report report;
    const char *paths[] = {path};
    assert_non_null(mkdtemp(base));
    snprintf(path, sizeof path, "%s/texts.jsonl", base);
    snprintf(index, sizeof index, "%s/index", base);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        fprintf(file, "{\"id\":\"%zu\",\"text\":\"%s\"}\n", i, texts[i]);
    assert_int_equal(fclose(file), 0);
    assert_ok(osl_index_update(index, paths, 1, &options, NULL, &report, &err));
    assert_ok(osl_searcher_open(&searcher, index, 0, &err));
    snprintf(path, sizeof path, "rm -rf '%s'", base);
    assert_int_equal(system(path), 0); /* it stays mapped */
    return searcher;
}

static void mark(const osl_hit *hit, osl_buf *out)
{
    uint32_t at = 0;
    for (size_t i = 0; i < hit->highlight_count; i++) {
        osl_span span = hit->highlights[i];
        osl_buf_put(out, hit->text.bytes + at, span.start - at);
        osl_buf_put_byte(out, '[');
        osl_buf_put(out, hit->text.bytes + span.start, span.end - span.start);
        osl_buf_put_byte(out, ']');
        at = span.end;
    }
    osl_buf_put(out, hit->text.bytes + at, hit->text.length - at);
    osl_buf_put_byte(out, 0);
}

static void what_matched_is_marked_byte_for_byte(void **state)
{
    (void)state;
    osl_searcher *searcher = open_texts();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        osl_error err = {0};
        osl_answer *answer;
        osl_buf out = {0};
        assert_ok(osl_search(searcher, osl_text_of(cases[i].query),
                             &osl_search_defaults, &answer, &err));
        if (osl_answer_hit_count(answer) != (cases[i].marked ? 1u : 0u))
            fail_msg("%s: %zu hits", cases[i].query,
                     osl_answer_hit_count(answer));
        if (cases[i].marked) {
            mark(osl_answer_hit(answer, 0), &out);
            if (strcmp((char *)out.bytes, cases[i].marked) != 0)
                fail_msg("%s: %s", cases[i].query, out.bytes);
        }
        osl_buf_clear(&out);
        osl_answer_free(answer);
    }
    osl_searcher_free(searcher);
}

static void a_snippet_is_the_window_that_shows_the_most(void **state)
{
    (void)state;
    osl_searcher *searcher = open_texts();
    osl_search_options options = osl_search_defaults;
    osl_error err = {0};
    osl_answer *answer;
    options.snippet_words = 3;
    assert_ok(osl_search(searcher, osl_text_of("isolated relapses recur"),
                         &options, &answer, &err));
    const osl_hit *hit = osl_answer_hit(answer, 0);
    assert_non_null(hit);
    osl_text shown = {hit->text.bytes + hit->snippet.start,
                      hit->snippet.end - hit->snippet.start};
    assert_true(osl_text_equal(shown, osl_text_of("Isolated CNS relapse")) ||
                osl_text_equal(shown, osl_text_of("CNS relapses recur.")));
    assert_true(hit->cut_left || hit->cut_right);
    osl_answer_free(answer);
    osl_searcher_free(searcher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_matched_is_marked_byte_for_byte),
        cmocka_unit_test(a_snippet_is_the_window_that_shows_the_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
