/* SPDX-License-Identifier: MIT
 *
 * What a query may ask for before the rest of it is left out, and that this is
 * said: wildcards whose words occur very often, and such as go through the
 * dictionary again and again. */
#include "core/base/buf.h"
#include "indexer/indexer.h"
#include "query/query.h"
#include "tests/indexer/place.h"
#include "tests/test.h"

#include <string.h>

enum { LETTERS = 20, RECORDS = 60000, SPELT = 40000, LINE_WORDS = 40 };

static const char frequent_note[] =
    "the wildcards stand for very many words; the most frequent were looked "
    "for";
static const char walks_note[] =
    "the wildcards go through very many words; the last ones were left out";
static const char loose_note[] =
    "very many words are matched loosely; the last ones were looked for as "
    "they stand";

static osl_searcher *make_index(const place *at, const osl_buf *text)
{
    osl_error err = {0};
    osl_searcher *searcher;
    osl_index_report report;
    osl_index_options options = {.thread_count = 1};
    FILE *file = fopen(place_name(at, "records.jsonl"), "w");
    assert_non_null(file);
    assert_false(text->failed);
    assert_int_equal(fwrite(text->bytes, 1, text->length, file), text->length);
    assert_int_equal(fclose(file), 0);
    const char *paths[] = {place_name(at, "records.jsonl")};
    assert_ok(osl_index_update(place_name(at, "index"), paths, 1, &options,
                               NULL, &report, &err));
    assert_ok(osl_searcher_open(&searcher, place_name(at, "index"), 0, &err));
    return searcher;
}

/* How many match; *has: does the answer say `note`? */
static uint64_t ask(const osl_searcher *searcher, const osl_buf *query,
                    const char *note, bool *has)
{
    osl_error err = {0};
    osl_answer *answer;
    osl_search_options options = osl_search_defaults;
    options.ranking = OSL_RANKING_BM25;
    assert_ok(
        osl_search(searcher, osl_buf_text(query), &options, &answer, &err));
    *has = false;
    for (size_t n = 0; osl_answer_note(answer, n); n++)
        *has |= strcmp(osl_answer_note(answer, n), note) == 0;
    uint64_t count = osl_answer_count(answer);
    osl_answer_free(answer);
    return count;
}

/* ---- words that occur very often ---------------------------------------- */

/* Most records have a word of each letter, half of these another, too; the
 * others have the last letter's other word alone. */
static void put_records(osl_buf *out)
{
    for (unsigned i = 0; i < RECORDS; i++) {
        osl_buf_printf(out, "{\"text\":\"");
        for (unsigned c = 0; i % 64 && c < LETTERS; c++)
            osl_buf_printf(out, i % 2 ? "%cqk %cqz " : "%cqk ", 'a' + c,
                           'a' + c);
        if (i % 64 == 0)
            osl_buf_printf(out, "%cqz", 'a' + LETTERS - 1);
        osl_buf_printf(out, "\"}\n");
    }
}

static void frequent_wildcards_stand_for_fewer_words(void **state)
{
    (void)state;
    osl_buf text = {0}, query = {0};
    place at = place_make();
    bool has;
    put_records(&text);
    osl_searcher *searcher = make_index(&at, &text);
    osl_buf_printf(&query, "%c*", 'a' + LETTERS - 1);
    assert_int_equal(ask(searcher, &query, frequent_note, &has), RECORDS);
    assert_false(has);
    osl_buf_printf(&query, " a* b* c*");
    assert_int_equal(ask(searcher, &query, frequent_note, &has), RECORDS);
    assert_false(has);
    osl_buf_reset(&query);
    for (unsigned c = 0; c < LETTERS; c++)
        osl_buf_printf(&query, "%c* ", 'a' + c);
    assert_int_equal(ask(searcher, &query, frequent_note, &has),
                     RECORDS - (RECORDS + 63) / 64);
    assert_true(has);
    osl_searcher_free(searcher);
    osl_buf_clear(&query);
    osl_buf_clear(&text);
    place_remove(&at);
}

/* ---- going through the dictionary ---------------------------------------- */

/* A word of its own for each number. */
static void put_word(osl_buf *out, unsigned n)
{
    osl_buf_put_byte(out, 'q');
    for (unsigned i = 0; i < 4; i++, n /= 26)
        osl_buf_put_byte(out, (uint8_t)('a' + n % 26));
}

static void put_lines(osl_buf *out)
{
    for (unsigned n = 0; n < SPELT; n++) {
        osl_buf_printf(out, n % LINE_WORDS ? " " : "{\"text\":\"");
        put_word(out, n);
        if (n % LINE_WORDS == LINE_WORDS - 1)
            osl_buf_printf(out, "\"}\n");
    }
}

/* Wildcards that no word fits. */
static void put_wildcards(osl_buf *out, unsigned count)
{
    for (unsigned n = 0; n < count; n++)
        osl_buf_printf(out, "*zz%czz%c ", 'a' + n / 26, 'a' + n % 26);
}

static void the_last_of_many_walks_are_left_out(void **state)
{
    (void)state;
    osl_buf text = {0}, query = {0};
    place at = place_make();
    bool has;
    put_lines(&text);
    osl_searcher *searcher = make_index(&at, &text);
    put_wildcards(&query, 40);
    osl_buf_printf(&query, "*aaaa");
    assert_int_equal(ask(searcher, &query, walks_note, &has), 1);
    assert_false(has);
    osl_buf_reset(&query);
    put_wildcards(&query, 70);
    osl_buf_printf(&query, "*aaaa");
    assert_int_equal(ask(searcher, &query, walks_note, &has), 0);
    assert_true(has);
    /* One of those that a letter parts from it is as far from it. */
    osl_buf_printf(&query, " qaaaa~1");
    assert_int_equal(ask(searcher, &query, loose_note, &has), 1);
    assert_true(has);
    osl_searcher_free(searcher);
    osl_buf_clear(&query);
    osl_buf_clear(&text);
    place_remove(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frequent_wildcards_stand_for_fewer_words),
        cmocka_unit_test(the_last_of_many_walks_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
