/* SPDX-License-Identifier: MIT */
#include "tests/corpus/corpus_test.h"

static void notes_give_their_golden_paragraphs(void **state)
{
    (void)state;
    test_golden("gout_notes.md");
}

static const struct {
    const char *name, *text, *want;
} cases[] = {
    {"links lose their targets, pictures go",
     "Give [5 mg](http://x.example/a_b) of ![a picture](p.png)it daily.\n",
     "= t | t | \np Give 5 mg of it daily.\n"},
    {"indented bullets are no code",
     "Options:\n\n    - first one\n    - second one\n",
     "= t | t | \np Options:\ni first one\ni second one\n"},
    {"a pipe table without outer pipes",
     "Drug | Dose\n---|---\nA1 | 5 mg\nB1 | 6 mg\n",
     "= t | t | \nr Drug: A1; Dose: 5 mg\nr Drug: B1; Dose: 6 mg\n"},
    {"lists of references go, whatever they are for",
     "Rest helps.\n\n## Key References for Gout\n\n- Doe J: Gout. Joints 12 "
     "(3): 45-6, 2012. [[PUBMED Abstract]](https://x.example/1)\n",
     "= t | t | \np Rest helps.\n"},
    {"a column's head keeps its last character",
     "| Drug\xE2\x80\xA0 | Dose |\n|---|---|\n| A1 | 5 mg |\n| B1 | 6 mg |\n",
     "= t | t | \nr Drug\xE2\x80\xA0: A1; Dose: 5 mg\n"
     "r Drug\xE2\x80\xA0: B1; Dose: 6 mg\n"},
    {"pictures amid HTML go",
     "Rest helps.\n\n<figure markdown>\n![the joint](p.png)\n<figcaption>A "
     "swollen joint</figcaption>\n</figure>\n",
     "= t | t | \np Rest helps.\np A swollen joint\n"},
    {"pleas for scripts go",
     "You need to enable JavaScript to run this app.\n\nRest helps.\n",
     "= t | t | \np Rest helps.\n"},
    {"front matter that is no YAML is read by lines",
     "---\ntitle: Gout: the attack\ndate: 2020-05-06\n---\nRest helps.\n",
     "! 2 front matter is no YAML: read line by line\n"
     "= t | Gout: the attack | 2020-05-06\np Rest helps.\n"},
    {"a rule at the start is no front matter", "---\n\nRest helps a lot.\n",
     "= t | t | \np Rest helps a lot.\n"},
    {"admonitions, tabs and shortcodes",
     "!!! danger \"Stop\"\n    Never give both.\n\n{{< pagebreak >}}Go on "
     "now.\n",
     "= t | t | \n > Stop\np Never give both.\np Go on now.\n"},
    {"carriage returns and hard wraps", "# Gout\r\n\r\nRest\r\nhelps.\r\n",
     "= t | Gout | \np Rest helps.\n"},
    {"HTML within a line",
     "Water is H<sub>2</sub>O,<br>a <b>fluid</b>&nbsp;of 37&deg;.\n",
     "= t | t | \np Water is H₂O, a fluid of 37°.\n"},
    {"a price is no formula", "It costs $5 to $10 a day.\n",
     "= t | t | \np It costs $5 to $10 a day.\n"},
    {"formulas between escaped parentheses",
     "SpO\\(_2\\) over \\( 10^{9} \\), \\(\\text{pH} \\leq 7\\).\n",
     "= t | t | \np SpO₂ over 10⁹, pH ≤ 7.\n"},
    {"escaped parentheses are no formula",
     "Give it \\(see a\\_b\\) \\(twice\\), \\(_never\n",
     "= t | t | \np Give it (see a_b) (twice), (_never\n"},
    {"struck out text is not in force", "Give ~~ten~~ five drops.\n",
     "= t | t | \np Give five drops.\n"},
    {"code of a language is no text",
     "```r\nx <- 1\n```\n\nGive one.\n\n```\nCall for help.\n```\n",
     "= t | t | \np Give one.\np Call for help.\n"},
    {"marks in the cells of HTML go",
     "<table>\n<tr><th>Grade</th><th>Basis</th></tr>\n<tr><td>**A** (Ia)</td>"
     "<td>\n\n  * An _excellent_ trial, **or**\n  * see [the list](/l#a) "
     "</td></tr>\n<tr><td>aspirin** 5_mg</td><td>a ** b, snake_case_x, 2 * 3"
     "</td></tr></table>\n",
     "= t | t | \nr Grade: A (Ia); Basis: An excellent trial, or see the list\n"
     "  e A\nr Grade: aspirin** 5_mg; Basis: a ** b, snake_case_x, 2 * 3\n"},
    {"links in other HTML go",
     "<figure markdown>\n<figcaption markdown>[A guide to lines](https://"
     "x.example/w?v=1)</figcaption>\n</figure>\n\nRest helps.\n",
     "= t | t | \np A guide to lines\np Rest helps.\n"},
    {"marks that blanks have spoilt, of emphasis",
     "Either _conditional _ or _imperative _ statements.\n",
     "= t | t | \np Either conditional or imperative statements.\n"},
    {"references for something",
     "Rest helps.\n\n## References for Chapter 2\n\n- Doe J: Gout. 2001.\n",
     "= t | t | \np Rest helps.\n"},
    {"marks that blanks have spoilt",
     "This is **strong **advice, [1-3] to be kept.\n",
     "= t | t | \np This is strong advice, [1-3] to be kept.\n"},
};

static void pieces_of_markdown_become_paragraphs(void **state)
{
    osl_buf out = {0};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *got =
            test_read(&out, "t", "markdown", osl_text_of(cases[i].text));
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("%s: gives\n%s", cases[i].name, got);
    }
    osl_buf_clear(&out);
}

static uint32_t first_line;

static osl_status keep_line(void *user, const osl_document *document,
                            osl_error *err)
{
    (void)user;
    (void)err;
    first_line = document->paragraphs[document->paragraph_count - 1].line;
    return OSL_OK;
}

static void lines_are_those_of_the_source(void **state)
{
    static const struct {
        const char *text;
        uint32_t want;
    } lines[] = {
        {"---\ntitle: a\n---\n\n# A\n\nText is here.\n", 7},
        {"::: {.x}\nText is here.\n:::\n", 2},
        {"<table>\n\n<tr><td>a</td><td>b</td></tr>\n</table>\nBehind it.\n", 5},
        {"| a | b |\n|---|---|\n| c | d |\n", 3},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        osl_error err = {0};
        osl_source source = {osl_text_of("t"), osl_text_of(lines[i].text),
                             "markdown"};
        osl_consumer consumer = {NULL, keep_line, NULL, NULL, NULL};
        first_line = 0;
        assert_ok(osl_corpus_read(&source, &consumer, &err));
        if (first_line != lines[i].want)
            fail_msg("%s: line %u", lines[i].text, first_line);
    }
}

static const struct {
    const char *name, *text, *want;
} choices[] = {
    {"a.md", "# Gout\n\nRest.\n", "markdown"},
    {"a.qmd", "---\ntitle: x\n---\nRest.\n", "markdown"},
    {"a.txt", "# Gout\n\n## Care\n\n* **Rest**\n* Ice\n* [x](y)\n", "markdown"},
    {"a.txt", "Gout is painful.\nIt needs rest.\n", "text"},
    {"a.md",
     "# 1 Gout\n\nREF NO 12 PAGE 1 OF 2 \nRest the joint and \nkeep it cool "
     "for \nsome days. \nThen move it. \n",
     "text"},
};

static void content_chooses_the_reader(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(choices); i++) {
        osl_source source = {osl_text_of(choices[i].name),
                             osl_text_of(choices[i].text), NULL};
        const char *got = osl_corpus_format(&source);
        if (!got || strcmp(got, choices[i].want) != 0)
            fail_msg("%s: %s", choices[i].text, got ? got : "none");
    }
}

static void spoilt_files_are_read_without_a_fault(void **state)
{
    char path[1024];
    (void)state;
    snprintf(path, sizeof path, "%s/gout_notes.md", OSL_GOLDEN_DIR);
    osl_text bytes = test_file(path);
    test_hostile("t", "markdown", bytes, 400);
    free((char *)bytes.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notes_give_their_golden_paragraphs),
        cmocka_unit_test(pieces_of_markdown_become_paragraphs),
        cmocka_unit_test(lines_are_those_of_the_source),
        cmocka_unit_test(content_chooses_the_reader),
        cmocka_unit_test(spoilt_files_are_read_without_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
