/* SPDX-License-Identifier: MIT
 *
 * Sources made to cost time or memory: nesting without end, marks that open
 * and never close, entities, spans of cells. Each is read in time linear in
 * its length, which a run many times too long would show. */
#include <time.h>

#include "tests/corpus/corpus_test.h"

static const struct {
    const char *name, *head, *piece, *tail;
    size_t count;
} traps[] = {
    {"deep.html", "<body>", "<div>", "Give oxygen.", 10000},
    {"deep.html", "<body>", "<ul><li>", "Give oxygen.", 10000},
    {"deep.html", "<body>", "<table><tr><td>", "Give oxygen.", 10000},
    {"slips.html", "<body>", "<b><i>x</b></i>", "", 20000},
    {"slips.html", "<body>", "<b><i>x</b>", "", 20000},
    {"slips.html", "<body>", "<b><i><div>x</b></div></i>", "", 10000},
    {"slips.html", "<body>", "<a><b>", "", 20000},
    {"slips.html", "<body>", "</b>", "", 100000},
    {"open.html", "", "<", "", 100000},
    {"open.html", "<p>", "&", "", 100000},
    {"open.html", "", "<!--", "", 100000},
    {"open.html", "<p ", "a=\"", "", 100000},
    {"attributes.html", "<p ", "a ", ">x", 100000},
    {"spans.html", "<table>", "<tr><td rowspan=1000 colspan=1000>x</td></tr>",
     "", 3000},
    {"deep.md", "", ">", " Give oxygen.\n", 10000},
    {"deep.md", "", "- ", "Give oxygen.\n", 2000},
    {"open.md", "", "[", "", 100000},
    {"open.md", "", "[a](", "", 100000},
    {"open.md", "", "](x \"", "", 50000},
    {"open.md", "", "![", "", 50000},
    {"open.md", "", "*a ", "", 100000},
    {"open.md", "", "_a*", "", 100000},
    {"open.md", "", "<a ", "", 100000},
    {"open.md", "---\ntitle: ", "[", "\n---\n# x\n", 100000},
    {"deep.xml", "", "<a>", "Give it now.", 100000},
    {"attributes.xml", "<a ", "b=\"x\" ", ">some words here</a>", 50000},
    {"strays.xml", "<a><p>", "& < ", "</p></a>", 50000},
    {"controls.xml", "<a><p>", "word \x0C", "</p></a>", 50000},
    {"broken.xml", "<a><p>", "word \xFF", "</p></a>", 50000},
    {"deep.yaml", "a: ", "[", "", 50000},
    {"deep.yaml", "", "- ", "x", 20000},
    {"deep.json", "", "[", "", 50000},
    {"deep.json", "", "{\"a\":", "", 50000},
    {"deep.jsonl", "", "{\"a\":", "\n{\"text\": \"x\"}\n", 50000},
    {"open.json", "import a\n<p>", "{", "</p>", 100000},
    {"cites.txt", "word.", "[1]", "", 50000},
    {"cites.txt", "word.[", "1,", "", 100000},
    {"levels.txt", "grade 1A,", "1A,", "", 50000},
    {"marks.txt", "", "(a) ", "", 100000},
    {"lines.txt", "", "\n", "x", 100000},
};

static void a_trap_costs_no_more_than_its_length(void **state)
{
    (void)state;
    osl_buf bytes = {0}, out = {0};
    for (size_t i = 0; i < COUNT_OF(traps); i++) {
        osl_buf_reset(&bytes);
        osl_buf_put_text(&bytes, osl_text_of(traps[i].head));
        for (size_t n = 0; n < traps[i].count; n++)
            osl_buf_put_text(&bytes, osl_text_of(traps[i].piece));
        osl_buf_put_text(&bytes, osl_text_of(traps[i].tail));
        clock_t from = clock();
        (void)test_read(&out, traps[i].name, NULL, osl_buf_text(&bytes));
        double seconds = (double)(clock() - from) / CLOCKS_PER_SEC;
        if (seconds > 8)
            fail_msg("%s of \"%s\" took %.1f s", traps[i].name, traps[i].piece,
                     seconds);
    }
    osl_buf_clear(&bytes);
    osl_buf_clear(&out);
}

/* One entity of 50,000 bytes, named 20,000 times: a gigabyte of text. */
static void an_entity_that_stands_for_text_is_bounded(void **state)
{
    (void)state;
    osl_buf bytes = {0}, out = {0};
    osl_buf_printf(&bytes, "<!DOCTYPE a [<!ENTITY e \"");
    for (unsigned i = 0; i < 10000; i++)
        osl_buf_printf(&bytes, "dose ");
    osl_buf_printf(&bytes, "\">]><a>");
    for (unsigned i = 0; i < 20000; i++)
        osl_buf_printf(&bytes, "<p>&e;</p>");
    osl_buf_printf(&bytes, "</a>");
    const char *got = test_read(&out, "a.xml", NULL, osl_buf_text(&bytes));
    assert_non_null(strstr(got, "expand without bound"));
    assert_true(out.length < (size_t)64 << 20);
    osl_buf_clear(&bytes);
    osl_buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trap_costs_no_more_than_its_length),
        cmocka_unit_test(an_entity_that_stands_for_text_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
