/* SPDX-License-Identifier: MIT
 *
 * Pages as other publishers make them, in our own words: a Quarto notebook, a
 * hospital's page with accordions and a cookie banner, a wiki, a database's
 * rows with HTML in them, a drug label, questions with flat answers, a table of
 * findings, formulas, a DITA topic, a table as text. */
#include "tests/corpus/corpus_test.h"

static const char *const names[] = {
    "unseen/ketoacidosis.qmd", "unseen/accordions.html",
    "unseen/wiki.html",        "unseen/nodes.jsonl",
    "unseen/label.xml",        "unseen/answers.xml",
    "unseen/grade.html",       "unseen/formulas.qmd",
    "unseen/topic.dita",       "unseen/recommendations.csv",
};

static void pages_of_other_makes_give_clean_paragraphs(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        test_golden(names[i]);
}

static void they_survive_cuts_and_flipped_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        osl_text bytes = test_golden_file(names[i]);
        test_hostile(names[i], NULL, bytes, 200);
        free((char *)bytes.bytes);
    }
}

static const struct {
    const char *name, *bytes, *has;
} cases[] = {
    {"a.md", "- Ketones:\n  * >3 mmol/L\n  * <1 mmol/L\n", "i >3 mmol/L\n"},
    {"a.md", ">90% saturation is enough.\n", "p >90% saturation is enough.\n"},
    {"a.md", "# T\n\n> Quoted advice stands here.\n",
     "p Quoted advice stands here.\n"},
    {"a.md", "Some [a card\n\nmore](/x \"Title\") text.\n", "more text."},
    {"a.html",
     "<!doctype html><table><tr><th>Drug<th>Ref<tr><td>A b<td>[8]</table>",
     "r Drug: A b\n  c 8\n"},
    {"a.html",
     "<!doctype html><body><h2>Old</h2><p>See it.</p><h2><button "
     "aria-expanded=false>Fever</button></h2><div class=collapse hidden><p>"
     "Give paracetamol to every child in pain.</p></div>",
     "> Fever\np Give paracetamol to every child in pain.\n"},
    {"a.html", "<!doctype html><p>Check for <a href=x>&hArr;84</a> cough.</p>",
     "p Check for cough.\n"},
    {"a.xml", "<doc><para>The bene\u00EF\u00AC\xC2\x81t is small.</para></doc>",
     "p The bene\uFB01t is small.\n"},
    {"a.html", "<!doctype html><p>The bene\u00EF\u00AC\xC2\x81t is small.",
     "p The bene\uFB01t is small.\n"},
    {"a.html", "<!doctype html><p>Please enable JavaScript to go on.<p>Rest.",
     "\np Rest.\n"},
    {"a.md",
     "Term\n:   its meaning\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n: Doses "
     "{#tbl-x}\n",
     "p Term: its meaning\nr a: 1; b: 2\np Doses\n"},
    {"a.md", "::: {.callout-tip title=\"Key point\"}\nGive it early.\n:::\n",
     " > Key point\np Give it early.\n"},
    {"a.md", "It costs $5,454 to $10,000, and $20.\n",
     "p It costs $5,454 to $10,000, and $20.\n"},
    {"a.html",
     "<table><tr><td><b>BP</b><td><b>Do</b><tr><td>180<td>Refer</table>",
     "r BP: 180; Do: Refer\n"},
    {"a.html",
     "<p>Give aspirin 300mg<sup>1</sup> LOW<sup>a,b</sup>.</p><p><sup>1"
     "</sup>Avoid if allergic.</p><p><sup>18</sup>F-FDG m<sup>2</sup></p>",
     "p Give aspirin 300mg LOW.\n  c 1\np 1 Avoid if allergic.\np 18F-FDG "
     "m\u00B2\n"},
    {"a.xml",
     "<doc><title>T</title><p>Benefit.<xref ref-type=\"bibr\">1</xref>"
     "-<xref ref-type=\"bibr\">3</xref> See it.</p></doc>",
     "p Benefit. See it.\n  c 1 3\n"},
    {"a.xml",
     "<Document><QAPair><Question>What?</Question><Answer>Signs:  -  one "
     " -  two</Answer></QAPair></Document>",
     "p Signs:\ni one\ni two\n"},
    {"a.csv", "Drug;Dose\nA;\"1 \"\"mg\"\"\"\n", "r Drug: A; Dose: 1 \"mg\"\n"},
    {"a.tsv", "1\t2\n3\tfour\n", "r 1; 2\nr 3; four\n"},
    {"a.json", "{\"text\": \"Sj\xF6gren patients need tears.\"}",
     "p Sj\u00F6gren patients need tears.\n"},
};

static void small_things_that_mean_much_stay(void **state)
{
    (void)state;
    osl_buf out = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *got =
            test_read(&out, cases[i].name, NULL, osl_text_of(cases[i].bytes));
        if (!strstr(got, cases[i].has))
            fail_msg("%s gives %s", cases[i].bytes, got);
    }
    osl_buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_of_other_makes_give_clean_paragraphs),
        cmocka_unit_test(they_survive_cuts_and_flipped_bytes),
        cmocka_unit_test(small_things_that_mean_much_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
