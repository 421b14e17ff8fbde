/* SPDX-License-Identifier: MIT */
#include "query/language.h"

#include "tests/test.h"

static const struct {
    const char *query, *tree;
} readings[] = {
    {"", "()"},
    {"relapse bone marrow", "(relapse bone marrow)"},
    {"+relapse -cns", "(+relapse -cns)"},
    {"relapse AND (cns OR testicular) NOT adult",
     "((+relapse +(cns testicular)) -adult)"},
    {"relapse cns NOT adult", "(relapse cns -adult)"},
    {"a AND b c OR d", "((+a +b) (c d))"},
    {"a OR b AND c", "((a (+b +c)))"},
    {"a NOT b OR c", "(((+a -b) c))"},
    {"a AND NOT b", "((+a -b))"},
    {"a OR NOT b", "((a (-b)))"},
    {"NOT b", "(-b)"},
    {"NOT NOT b", "(b)"},
    {"a -(b c)", "(a -(b c))"},
    {"+(a b)^2 c", "(+(a b)^2 c)"},
    {"\"isolated CNS relapse\"", "(\"isolated CNS relapse\")"},
    {"\"b a\"~4^1.5", "(\"b a\"~4^1.5)"},
    {"\xE2\x80\x9C"
     "b a\xE2\x80\x9D c",
     "(\"b a\" c)"},
    {"a NEAR/5 b", "((a NEAR/5 b))"},
    {"a ADJ/3 \"b c\"", "((a ADJ/3 \"b c\"))"},
    {"a NEAR/5 b NEAR/2 c d", "(((a NEAR/5 b) NEAR/2 c) d)"},
    {"(a OR b) NEAR/5 c", "(((a b) NEAR/5 c))"},
    {"title:leukemia", "(title:leukemia)"},
    {"section:\"treatment of relapse\"", "(section:\"treatment of relapse\")"},
    {"title:(a b) c", "((title:a title:b) c)"},
    {"a updated:>=2014-02-01", "(a #updated:20140201..99991231)"},
    {"updated:2013..2014", "(#updated:20130101..20141231)"},
    {"updated:<2014", "(#updated:1..20140100)"},
    {"updated:>2014", "(#updated:20141232..99991231)"},
    {"evidence:3iiA a", "(#evidence:3iiA a)"},
    {"a AND evidence:>=B", "((+a +evidence:>=B))"},
    {"evidence:(A1 OR B1) a", "(#(evidence:A1 evidence:B1) a)"},
    {"-audience:\"health professionals\" a",
     "(-audience:health professionals a)"},
    {"language:en document:pdq/child-all", "(#language:en "
                                           "#document:pdq/child-all)"},
    {"hemato* h?matology what?", "(hemato* h?matology what?)"},
    {"leukemai~1 leukemai~", "(leukemai~1 leukemai~2)"},
    {"relapse^2.5", "(relapse^2.5)"},
    {"10^9/L mg/m^2 m^2", "(10^9/L mg/m^2 m^2)"},
    {"=relapsed =\"was relapsed\"", "(=relapsed =\"was relapsed\")"},
    {"=(a b)", "((=a =b))"},
    {"t(9;22)(q34;q11.2)", "(t(9;22)(q34;q11.2))"},
    {"(t(9;22) x)", "((t(9;22) x))"},
    {"\\\"a\\\" \\+b \\AND", "(\"a\" +b AND)"},
    {"\"AND\" \"a \\\" b\"", "(\"AND\" \"a \" b\")"},
    {"CD19+ ER- p=0.05", "(CD19+ ER- p=0.05)"},
    {"near and not or", "(near and not or)"},
    {"foo:bar title: x", "(foo:bar title: x)"},
    {"HLA-B*57:01", "(HLA-B*57:01)"},
};

static void every_form_is_read_as_the_manual_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(readings); i++) {
        osl_arena arena = {0};
        osl_buf out = {0};
        osl_error err;
        osl_tree tree;
        assert_ok(osl_language_parse(&tree, osl_text_of(readings[i].query),
                                     false, &arena, &err));
        osl_tree_print(tree.root, &out);
        osl_buf_put_byte(&out, 0);
        if (strcmp((char *)out.bytes, readings[i].tree) != 0)
            fail_msg("%s: read as %s, not %s", readings[i].query, out.bytes,
                     readings[i].tree);
        osl_buf_clear(&out);
        osl_arena_clear(&arena);
    }
}

static const struct {
    const char *query, *tree, *words;
    unsigned column;
} strays[] = {
    {"relapse \"cns", "(relapse cns)", "quotation mark", 8},
    {"relapse OR", "(relapse)", "operator", 8},
    {"AND relapse", "(relapse)", "operator", 0},
    {"AND OR NOT", "()", "operator", 0},
    {"a + b", "(a b)", "+ and -", 2},
    {"a )b", "(a b)", "closing parenthesis", 2},
    {"(a b", "((a b))", "not closed", 0},
    {"a NEAR/3", "(a)", "operator", 2},
    {"a NEAR/3 (b AND c)", "((+a +(+b +c)))", "read as AND", 0},
    {"dose 50mg~1", "(dose 50mg~1)", "figure", 5},
    {"word~7", "(word~2)", "at most two", 0},
    {"* a", "(* a)", "wildcard", 0},
    {"updated:soon x", "(soon x)", "date", 8},
    {"na\xC3\xAFve OR", "(na\xC3\xAFve)", "operator", 6},
};

static void what_is_no_syntax_is_words_and_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(strays); i++) {
        osl_arena arena = {0};
        osl_buf out = {0};
        osl_error err;
        osl_tree tree;
        osl_text query = osl_text_of(strays[i].query);
        assert_ok(osl_language_parse(&tree, query, false, &arena, &err));
        osl_tree_print(tree.root, &out);
        osl_buf_put_byte(&out, 0);
        if (strcmp((char *)out.bytes, strays[i].tree) != 0)
            fail_msg("%s: read as %s", strays[i].query, out.bytes);
        assert_true(tree.note_count > 0);
        assert_non_null(strstr(tree.notes[0], strays[i].words));

        osl_status status =
            osl_language_parse(&tree, query, true, &arena, &err);
        assert_int_equal(status, OSL_EINVAL);
        const char *last = strrchr(err.text, '\n');
        assert_non_null(last);
        if (strlen(last + 1) != 2 + strays[i].column + 1)
            fail_msg("%s: caret misplaced:\n%s", strays[i].query, err.text);
        osl_buf_clear(&out);
        osl_arena_clear(&arena);
    }
}

static void good_queries_pass_strictly(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(readings); i++) {
        osl_arena arena = {0};
        osl_error err;
        osl_tree tree;
        if (strstr(readings[i].query, "HLA"))
            continue; /* a star that is text: said, on purpose */
        osl_status status = osl_language_parse(
            &tree, osl_text_of(readings[i].query), true, &arena, &err);
        if (status != OSL_OK)
            fail_msg("%s: %s", readings[i].query, err.text);
        osl_arena_clear(&arena);
    }
}

static void parse_bytes(osl_text query)
{
    osl_arena arena = {0};
    osl_buf out = {0};
    osl_error err;
    osl_tree tree;
    assert_ok(osl_language_parse(&tree, query, false, &arena, &err));
    assert_non_null(tree.root);
    osl_tree_print(tree.root, &out);
    assert_false(out.failed);
    (void)!osl_language_parse(&tree, query, true, &arena, &err);
    osl_buf_clear(&out);
    osl_arena_clear(&arena);
}

static void any_bytes_are_a_query(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "(",
        ")",
        "\"",
        "+",
        "-",
        "NOT",
        "AND",
        "OR",
        " ",
        "a",
        "NEAR/3",
        "~2",
        "^2",
        "title:",
        "=",
        "*",
        "?",
        "\\",
        "b",
        "ADJ/1",
        "updated:>2014",
        "\xFF",
        "\xE2\x80\x9C",
        "evidence:",
        "\0",
        "t(9;22)",
        ":",
    };
    test_random random = test_random_new(7);
    for (int round = 0; round < 4000; round++) {
        osl_buf query = {0};
        uint32_t count = test_random_below(&random, 30);
        for (uint32_t i = 0; i < count; i++) {
            const char *piece =
                pieces[test_random_below(&random, COUNT_OF(pieces))];
            osl_buf_put(&query, piece, strlen(piece) + (*piece == 0));
            if (test_random_below(&random, 2))
                osl_buf_put_byte(&query, ' ');
        }
        parse_bytes(osl_buf_text(&query));
        osl_buf_reset(&query);
        for (uint32_t i = 0; i < count; i++)
            osl_buf_put_byte(&query, (uint8_t)test_random_next(&random));
        parse_bytes(osl_buf_text(&query));
        osl_buf_clear(&query);
    }
}

static void long_and_deep_queries_are_bounded(void **state)
{
    (void)state;
    static const char *const pieces[] = {"(",  "NOT ",  "a ",     "-",
                                         "\"", "a OR ", "title:", "a NEAR/2 "};
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        osl_buf query = {0};
        while (query.length < 1 << 20)
            osl_buf_put_text(&query, osl_text_of(pieces[i]));
        parse_bytes(osl_buf_text(&query));
        osl_buf_clear(&query);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_read_as_the_manual_says),
        cmocka_unit_test(what_is_no_syntax_is_words_and_said),
        cmocka_unit_test(good_queries_pass_strictly),
        cmocka_unit_test(any_bytes_are_a_query),
        cmocka_unit_test(long_and_deep_queries_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
