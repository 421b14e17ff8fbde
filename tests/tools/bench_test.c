/* SPDX-License-Identifier: MIT
 *
 * tools/bench/query over a small text: with whatever other engines are
 * installed, counts are the same; with one count that is wrong, it says which
 * query differs and its exit tells. tools/bench/segments: counts are those of
 * a fresh segment. osler bench: every level of kernels gives the same ids,
 * scores and counts. */
#include "tests/tools/command.h"

#include "tests/test.h"

static const char *const words[] = {
    "fever", "of",    "the", "child", "lung", "aspirin", "dose",  "with",
    "acute", "heart", "mg",  "2",     "risk", "airway",  "renal", "stroke",
};

/* Records of words that a small generator of numbers picks. */
static void write_text(const sandbox *box, unsigned count)
{
    osl_buf lines = {0};
    uint32_t state = 1;
    for (unsigned i = 0; i < count; i++) {
        osl_buf_printf(&lines, "{\"id\": \"r%u\", \"text\": \"", i);
        for (unsigned w = 0; w < 10 + i % 30; w++) {
            state = state * 1664525 + 1013904223;
            unsigned word = (state >> 28) & (state >> 24) & 15;
            osl_buf_printf(&lines, "%s%s", w ? " " : "", words[word]);
        }
        osl_buf_printf(&lines, "\"}\n");
    }
    assert_false(lines.failed);
    sandbox_write(box, "text.jsonl", lines.bytes, lines.length);
    osl_buf_clear(&lines);
}

static const char queries[] = "term\tstroke\n"
                              "union\tfever dose airway\n"
                              "intersection\t+lung +aspirin\n"
                              "phrase\t\"of the\"\n"
                              "required_optional\t+heart mg\n"
                              "negation\t+heart -fever\n"
                              "phrase_and\t+\"the child\" +dose\n";

#define RUN                                                         \
    "'" OSL_SOURCE_DIR "/tools/bench/query' \"$OSLER\" text.jsonl " \
    "queries.tsv --work work --warm 0 --rounds 1 --engines xapian,fts5,grep "

static void engines_count_the_same(void **state)
{
    (void)state;
    sandbox box;
    result got = {0};
    sandbox_make(&box);
    write_text(&box, 120);
    sandbox_write(&box, "queries.tsv", queries, sizeof queries - 1);
    run_shell(&box, RUN "--svg plot.svg && grep -c '</svg>' plot.svg", &got);
    if (got.code != 0)
        fail_msg("%s%s", out_of(&got), err_of(&got));
    assert_non_null(strstr(out_of(&got), "| phrase_and |"));
    assert_non_null(strstr(out_of(&got), "7 queries, 0 counted differently"));

    static const char wrong[] = "term\tstroke\t1\n";
    sandbox_write(&box, "wrong.tsv", wrong, sizeof wrong - 1);
    run_shell(&box, RUN "--modes count --counts wrong.tsv", &got);
    assert_int_equal(got.code, 1);
    assert_non_null(strstr(out_of(&got), "counts differ: term\tstroke\t"));
    assert_non_null(strstr(out_of(&got), "given: 1"));

    /* What is kept of one text is not taken for another's. */
    run_shell(&box, "head -5 text.jsonl >other && mv other text.jsonl && " RUN,
              &got);
    assert_int_equal(got.code, 1);
    assert_non_null(strstr(err_of(&got), "made of another text"));
    result_clear(&got);
    sandbox_remove(&box);
}

static void growth_is_a_table_by_size(void **state)
{
    (void)state;
    sandbox box;
    result got = {0};
    sandbox_make(&box);
    write_text(&box, 120);
    sandbox_write(&box, "queries.tsv", queries, sizeof queries - 1);
    run_shell(&box, RUN "--sizes 10,120 --svg plot.svg", &got);
    if (got.code != 0)
        fail_msg("%s%s", out_of(&got), err_of(&got));
    assert_non_null(strstr(out_of(&got), "| count, mean µs | 10 | 120 |"));
    assert_non_null(strstr(out_of(&got), "| MiB of the index |"));
    result_clear(&got);
    sandbox_remove(&box);
}

static void segments_count_as_a_fresh_one(void **state)
{
    (void)state;
    sandbox box;
    result got = {0};
    sandbox_make(&box);
    write_text(&box, 120);
    sandbox_write(&box, "queries.tsv", queries, sizeof queries - 1);
    run_shell(&box,
              "'" OSL_SOURCE_DIR "/tools/bench/segments' \"$OSLER\" "
              "text.jsonl queries.tsv --rounds 1 --turns 1",
              &got);
    if (got.code != 0)
        fail_msg("%s%s", out_of(&got), err_of(&got));
    assert_non_null(strstr(out_of(&got), "**for each posting, and besides"));
    assert_non_null(strstr(out_of(&got), "\n0 counts differ\n"));
    result_clear(&got);
    sandbox_remove(&box);
}

/* Without the times, all that is printed of all shapes in all modes. */
#define AT_A_LEVEL                                                       \
    "OSLER_CPU=$level \"$OSLER\" bench -i ix -j 1 --analysed --ranking " \
    "bm25 --warm 0 --rounds 1 --json many.tsv >printed || exit 1; "      \
    "sed 's/\"us_[a-z]*\":[0-9.]*,//g' printed >$level; "

static void every_level_answers_the_bench_the_same(void **state)
{
    (void)state;
    static const char more[] =
        "union\tof 2\nunion_long\tfever of the child lung with mg\n"
        "phrase\t\"with the\"\nphrase\t\"mg 2 risk\"\n"
        "intersection\t+of +the +with\nterm\tof\n";
    sandbox box;
    result got = {0};
    osl_buf all = {0};
    sandbox_make(&box);
    /* Of more than one chunk of 4,096. */
    write_text(&box, 10000);
    osl_buf_put_text(&all, osl_text_of(queries));
    osl_buf_put_text(&all, osl_text_of(more));
    assert_false(all.failed);
    sandbox_write(&box, "many.tsv", all.bytes, all.length);
    run_shell(&box,
              "\"$OSLER\" index -q -i ix --language none text.jsonl || exit 1; "
              "for level in scalar avx2 avx512; do "
              "OSLER_CPU=$level \"$OSLER\" --version >version 2>&1 || "
              "continue; " AT_A_LEVEL "cmp scalar $level || exit 1; done; "
              "grep -c '\"top\":\\[\\[' scalar; grep -c us_ scalar",
              &got);
    /* 13 queries that list hits in three modes. */
    if (strcmp(out_of(&got), "39\n0\n") != 0)
        fail_msg("%s%s", out_of(&got), err_of(&got));
    osl_buf_clear(&all);
    result_clear(&got);
    sandbox_remove(&box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engines_count_the_same),
        cmocka_unit_test(growth_is_a_table_by_size),
        cmocka_unit_test(segments_count_as_a_fresh_one),
        cmocka_unit_test(every_level_answers_the_bench_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
