/* SPDX-License-Identifier: MIT
 *
 * How many definitions are learned, and how many of those learned are right:
 * 200 definitions drawn at random from guideline texts and judged by hand
 * (abbreviations.tsv), with the words before them, and what was read wrongly
 * in the same draw. docs/RELEVANCE.md states the figures. */
#include "core/base/buf.h"
#include "core/base/file.h"
#include "core/text/abbreviations.h"
#include "tests/test.h"

#include <string.h>

/* A line of the list: verdict, short form, long form, which of them stands
 * first, words before. */
typedef struct judged {
    osl_text verdict, short_form, long_form, first, before;
} judged;

typedef struct tally {
    unsigned defined, found, wrong;
} tally;

static osl_text next_column(osl_text *line)
{
    osl_text column = *line;
    const char *tab = memchr(line->bytes, '\t', line->length);
    if (tab)
        column.length = (size_t)(tab - line->bytes);
    size_t taken = column.length + (tab != NULL);
    line->bytes += taken;
    line->length -= taken;
    return column;
}

/* The sentence that the line stands for. */
static void put_sentence(const judged *at, osl_buf *out)
{
    bool long_first = osl_text_equal(at->first, osl_text_of("long"));
    osl_buf_put_text(out, at->before);
    if (at->before.length)
        osl_buf_put_byte(out, ' ');
    osl_buf_put_text(out, long_first ? at->long_form : at->short_form);
    osl_buf_printf(out, " (");
    osl_buf_put_text(out, long_first ? at->short_form : at->long_form);
    osl_buf_printf(out, ") is meant.");
    assert_false(out->failed);
}

static void judge(const judged *at, tally *sum)
{
    osl_buf text = {0};
    osl_abbreviation read;
    size_t from = 0;
    bool right = osl_text_equal(at->verdict, osl_text_of("right"));
    put_sentence(at, &text);
    sum->defined += right;
    while (osl_next_abbreviation(osl_buf_text(&text), NULL, &from, &read)) {
        if (!osl_text_equal(read.short_form, at->short_form))
            continue;
        bool same = osl_text_equal(read.long_form, at->long_form);
        sum->found += right && same;
        sum->wrong += right != same;
    }
    osl_buf_clear(&text);
}

static tally judge_all(void)
{
    osl_error err = {0};
    osl_map map;
    tally sum = {0};
    assert_ok(osl_map_open(&map, OSL_SOURCE_DIR "/tests/core/abbreviations.tsv",
                           &err));
    osl_text left = {(const char *)map.bytes, map.length};
    while (left.length) {
        const char *end = memchr(left.bytes, '\n', left.length);
        assert_non_null(end);
        osl_text line = {left.bytes, (size_t)(end - left.bytes)};
        left.bytes += line.length + 1;
        left.length -= line.length + 1;
        judged at = {.verdict = next_column(&line)};
        at.short_form = next_column(&line);
        at.long_form = next_column(&line);
        at.first = next_column(&line);
        at.before = line;
        judge(&at, &sum);
    }
    osl_map_close(&map);
    return sum;
}

static void most_definitions_are_learned_and_nearly_all_rightly(void **state)
{
    (void)state;
    tally sum = judge_all();
    print_message("recall %u of %u, precision %u of %u\n", sum.found,
                  sum.defined, sum.found, sum.found + sum.wrong);
    assert_int_equal(sum.defined, 200);
    assert_true(sum.found >= 180);
    assert_true(sum.wrong <= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(most_definitions_are_learned_and_nearly_all_rightly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
