/* SPDX-License-Identifier: MIT */
#include "corpus/reader.h"
#include "tests/corpus/corpus_test.h"

static void a_page_gives_its_golden_paragraphs(void **state)
{
    (void)state;
    test_golden("croup_page.html");
}

static const struct {
    const char *name, *html, *want;
} cases[] = {
    {"a word cut by elements is joined",
     "<p>Para<b>ceta</b><i>mol</i> is safe to give.</p>",
     "= t | t | \np Paracetamol is safe to give.\n"},
    {"blocks part paragraphs, white space is folded",
     "<div>One  sentence\n here.<div>Another one.</div>And more.</div>",
     "= t | t | \np One sentence here.\np Another one.\np And more.\n"},
    {"windows-1252 is read where nothing says UTF-8",
     "<p>37\xB0 in caf\xE9s \x96 or more.</p>",
     "= t | t | \np 37° in cafés – or more.\n"},
    {"the declared encoding is used",
     "<meta charset=iso-8859-2><p>\xB1 is a letter.</p>",
     "= t | t | \np ą is a letter.\n"},
    {"UTF-8 that is declared as windows-1252 is UTF-8",
     "<meta http-equiv=Content-Type content='text/html; charset=windows-1252'>"
     "<p>Give 5–7 mL.</p>",
     "= t | t | \np Give 5–7 mL.\n"},
    {"and under another of its names",
     "<meta charset='Latin1'><p>Give 5–7 mL.</p>",
     "= t | t | \np Give 5–7 mL.\n"},
    {"an encoding that nobody knows is windows-1252",
     "<meta charset=klingon><p>caf\xE9 is closed.</p>",
     "= t | t | \np café is closed.\n"},
    {"broken UTF-8 is shown and reported",
     "<meta charset=utf-8><p>a \xFF b is broken.</p>",
     "! 1 broken UTF-8, shown as U+FFFD\n"
     "= t | t | \np a \xEF\xBF\xBD b is broken.\n"},
    {"a form around the page keeps its text",
     "<body><form><p>Give 5 mg of the drug every four hours until the pain is "
     "gone.</p><input><select><option>x</option></select></form></body>",
     "= t | t | \np Give 5 mg of the drug every four hours until the pain is "
     "gone.\n"},
    {"bold text is a heading only before text",
     "<title>T</title><p><b>Never give aspirin to small "
     "children</b></p><h2>Dose</h2>"
     "<p><b>Adults</b></p><p>One tablet is enough.</p>",
     "= t | T | \np Never give aspirin to small children\n > Dose > Adults\n"
     "p One tablet is enough.\n"},
    {"a layout table is no table",
     "<title>T</title><table><tr><td><h2>Dose</h2><p>One "
     "tablet.</p></td><td><p>Two when "
     "needed.</p></td></tr></table>",
     "= t | T | \n > Dose\np One tablet.\np Two when needed.\n"},
    {"a menu is not text, a list that was announced is",
     "<p>Treatment options include the following:</p><ul><li><a href='#a'>"
     "Surgery</a></li><li><a href='#b'>Radiation</a></li><li><a href='#c'>"
     "Drugs</a></li></ul><div><ul><li><a href='/a'>Home</a></li><li><a "
     "href='/b'>Wards</a></li><li><a href='/c'>Staff</a></li></ul></div>",
     "= t | t | \np Treatment options include the following:\ni Surgery\n"
     "i Radiation\ni Drugs\n"},
    {"templates are taken out",
     "<div data-title='Sponge'>{{> header}}<p>Keep it {{n}}dry.</p></div>",
     "= t | Sponge | \np Keep it dry.\n"},
    {"bullets of a paragraph make items",
     "<p>•\tBreathe in.</p><p>Do:<br>• sit up<br>• lean forward</p>",
     "= t | t | \ni Breathe in.\np Do:\ni sit up\ni lean forward\n"},
};

static void pieces_of_html_become_paragraphs(void **state)
{
    osl_buf out = {0};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *got =
            test_read(&out, "t", "html", osl_text_of(cases[i].html));
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("%s: gives\n%s", cases[i].name, got);
    }
    osl_buf_clear(&out);
}

static void repeat(osl_buf *out, const char *piece, unsigned times)
{
    for (unsigned i = 0; i < times; i++)
        osl_buf_put_text(out, osl_text_of(piece));
}

static void ten_thousand_nested_elements_keep_their_text(void **state)
{
    osl_buf html = {0}, out = {0};
    (void)state;
    repeat(&html, "<p>Before it.</p>\n", 1);
    repeat(&html, "<div>", 10000);
    repeat(&html, "Deep inside.", 1);
    repeat(&html, "</div>", 10000);
    repeat(&html, "<p>Behind it.</p>", 1);
    const char *got = test_read(&out, "t.html", NULL, osl_buf_text(&html));
    assert_string_equal(got,
                        "! 2 elements nested deeper than 512: tags ignored\n"
                        "= t.html | t | \np Before it.\np Deep inside.\n"
                        "p Behind it.\n");
    osl_buf_clear(&html);
    osl_buf_clear(&out);
}

static const struct {
    const char *name, *bytes;
    size_t length;
    const char *want;
} choices[] = {
    {"a.html", "\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\1\0", 20, NULL},
    {"a.txt", "\n\n<!DOCTYPE html><title>x</title>", 33, "html"},
    {"a", "<?xml version='1.0'?><html xmlns='x'/>", 38, "html"},
    {"a.htm", "<div><p>One</p><p>Two</p></div>", 31, "html"},
};

static void content_chooses_the_reader(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(choices); i++) {
        osl_source source = {osl_text_of(choices[i].name),
                             {choices[i].bytes, choices[i].length},
                             NULL};
        const char *got = osl_corpus_format(&source);
        bool is_right = choices[i].want ? got && !strcmp(got, choices[i].want)
                                        : got == NULL;
        if (!is_right)
            fail_msg("%s: %s", choices[i].name, got ? got : "none");
    }
}

static void looks_like_html_by_tags_and_entities(void **state)
{
    static const struct {
        const char *text;
        bool want;
    } looks[] = {
        {"a <b>bold</b> word", true}, {"5 &nbsp;mg", true},
        {"&#8805; 5", true},          {"a < b and c > d", false},
        {"p <0.05 for all", false},   {"R&D; no", true},
        {"<foo>bar</foo>", false},    {"", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(looks); i++)
        if (osl_html_looks_like(osl_text_of(looks[i].text)) != looks[i].want)
            fail_msg("\"%s\"", looks[i].text);
}

static void spoilt_pages_are_read_without_a_fault(void **state)
{
    (void)state;
    osl_text bytes = test_golden_file("croup_page.html");
    test_hostile("t", "html", bytes, 400);
    free((char *)bytes.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_gives_its_golden_paragraphs),
        cmocka_unit_test(pieces_of_html_become_paragraphs),
        cmocka_unit_test(ten_thousand_nested_elements_keep_their_text),
        cmocka_unit_test(content_chooses_the_reader),
        cmocka_unit_test(looks_like_html_by_tags_and_entities),
        cmocka_unit_test(spoilt_pages_are_read_without_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
