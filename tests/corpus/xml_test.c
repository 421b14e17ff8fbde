/* SPDX-License-Identifier: MIT */
#include "tests/corpus/golden.h"

#include <unistd.h>

#include "corpus/mend.h"

static void files_of_every_vocabulary_read_as_expected(void **state)
{
    (void)state;
    static const char *const names[] = {
        "xml/cnxml.xml",   "xml/docbook.xml", "xml/fhir.xml", "xml/jats.xml",
        "xml/medquad.xml", "xml/records.xml", "xml/spl.xml",  "xml/tei.xml"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        golden_check(names[i], "xml");
}

static void cut_and_spoilt_files_do_no_harm(void **state)
{
    (void)state;
    golden_torture("xml/docbook.xml", "xml", 1);
    golden_torture("xml/jats.xml", "xml", 3);
    golden_torture("xml/spl.xml", "xml", 3);
}

/* Each small source, with what must and what must not be in the outcome. */
static const golden_case cases[] = {
    {"html entities without a DTD",
     "<a><p>Give 5&nbsp;&micro;g of it &mdash; now.</p></a>",
     "Give 5 \xC2\xB5g of it \xE2\x80\x94 now.", "report"},
    {"html entities in attributes",
     "<a><x value=\"Keep it &ge; 94&nbsp;percent always\"/></a>",
     "Keep it \xE2\x89\xA5 94 percent always", "report"},
    {"ampersands in attributes",
     "<a><x value=\"Rest &amp; fluids for all &lt; 5 years\"/></a>",
     "Rest & fluids for all < 5 years", "#38"},
    {"strays are text", "<a><p>Salt & water when p < 0.05 or <5 years.</p></a>",
     "Salt & water when p < 0.05 or <5 years.", NULL},
    {"broken UTF-8 is shown, with its line",
     "<a>\n<p>One two \xFF three.</p><p>caf\xC3\xA9 is fine</p></a>",
     "One two \xEF\xBF\xBD three.", "caf\xC3\x83"},
    {"broken UTF-8 is reported", "<a>\n<p>One two \xFF three.</p></a>",
     "report 2: broken UTF-8", NULL},
    {"controls are blanks", "<a><p>One\x01two three.</p></a>", "One two three.",
     NULL},
    {"a missing end tag", "<a>\n<p>One is here.\n<p>Two is here.</p></a>",
     "Two is here.", NULL},
    {"a missing end tag is reported with its line",
     "<a>\n<p>One is here.\n<b>Two is here.</p></a>", "report 3", NULL},
    {"what follows an early end",
     "<a><p>One is here.</p></a><p>Two is here.</p></b><p>Three is here.</p>",
     "Three is here.", NULL},
    {"two roots", "<a><p>One is here.</p></a><b><p>Two is here.</p></b>",
     "Two is here.", NULL},
    {"cut in a tag", "<a><p>One is here.</p><p", "One is here.", NULL},
    {"cut in a text", "<a><p>One is here.</p><p>Two is h", "Two is h", NULL},
    {"CDATA", "<a><p><![CDATA[Less than <5 & more]]></p></a>",
     "Less than <5 & more", "report"},
    {"escaped HTML",
     "<a><body>&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;</body></a>",
     ": Two.", "&lt;"},
    {"base64 is no text",
     "<a><p>Some prose here.</p><data>QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo"
     "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=</data></a>",
     "Some prose here.", "QUJD"},
    {"codes and addresses are no text",
     "<a><p>Some prose here.</p><cui>C0023449</cui><home>https://e.org/a"
     "</home><n>12 13 14</n></a>",
     "Some prose here.", "C0023449"},
    {"mojibake in text",
     "<a><p>The patient\xC3\xA2\xC2\x80\xC2\x99s age.</p></a>",
     "The patient\xE2\x80\x99s age.", NULL},
    {"windows mojibake",
     "<a><p>The patient\xC3\xA2\xE2\x82\xAC\xE2\x84\xA2s age.</p></a>",
     "The patient\xE2\x80\x99s age.", NULL},
    {"Latin letters are no mojibake",
     "<a><p>na\xC3\xAFve \xC3\x89\xE2\x80\x99s caf\xC3\xA9</p></a>",
     "na\xC3\xAFve \xC3\x89\xE2\x80\x99s caf\xC3\xA9", NULL},
    {"a declared encoding",
     "<?xml version='1.0' encoding='windows-1252'?><a><p>Keep it \x96 dry "
     "\xE9t\xE9</p></a>",
     "Keep it \xE2\x80\x93 dry \xC3\xA9t\xC3\xA9", "report"},
    {"blanks before the declaration",
     "\n\n<?xml version='1.0'?><a><p>Some prose here.</p></a>",
     "prose 3: Some prose here.", "report"},
    {"an undeclared prefix", "<a><m:p>Some prose here.</m:p></a>",
     "Some prose here.", "report"},
    {"a wrapped record and its date",
     "<a><r><title>T</title><modified>2019-02-03</modified><p>Prose "
     "one.</p></r></a>",
     "2019-02-03", NULL},
    {"nothing to read", "<a><cui>C12</cui></a>", "skipped", NULL},
};

static void small_sources_read_as_they_should(void **state)
{
    (void)state;
    golden_try(cases, COUNT_OF(cases), "a.xml", "xml");
}

static void utf_16_reads_like_utf_8(void **state)
{
    (void)state;
    static const char text[] = "<?xml version='1.0' encoding='UTF-16'?>"
                               "<a><p>Some prose, 5 \xB5g of it.</p></a>";
    osl_buf wide = {0}, out = {0};
    for (unsigned big = 0; big < 2; big++) {
        osl_buf_reset(&wide);
        osl_buf_put(&wide, big ? "\xFE\xFF" : "\xFF\xFE", 2);
        for (size_t i = 0; i < sizeof text - 1; i++) {
            osl_buf_put_byte(&wide, big ? 0 : (uint8_t)text[i]);
            osl_buf_put_byte(&wide, big ? (uint8_t)text[i] : 0);
        }
        golden_read(&out, "a.xml", NULL, osl_buf_text(&wide));
        assert_non_null(
            strstr((char *)out.bytes, "Some prose, 5 \xC2\xB5g of it."));
    }
    osl_buf_clear(&wide);
    osl_buf_clear(&out);
}

/* Ten entities of ten times the one before: 10^10 words if expanded. */
static void an_entity_bomb_is_reported_and_costs_nothing(void **state)
{
    (void)state;
    osl_buf bomb = {0}, out = {0};
    osl_buf_printf(&bomb, "<!DOCTYPE a [<!ENTITY e0 \"lots of words \">\n");
    for (unsigned i = 1; i < 11; i++) {
        osl_buf_printf(&bomb, "<!ENTITY e%u \"", i);
        for (unsigned k = 0; k < 10; k++)
            osl_buf_printf(&bomb, "&e%u;", i - 1);
        osl_buf_printf(&bomb, "\">\n");
    }
    osl_buf_printf(&bomb, "]>\n<a><p>Before the bomb.</p><p>&e10;</p></a>");
    golden_read(&out, "a.xml", "xml", osl_buf_text(&bomb));
    assert_non_null(strstr((char *)out.bytes, "Before the bomb."));
    assert_non_null(strstr((char *)out.bytes, "expand without bound"));
    assert_true(out.length < 32 << 20);
    osl_buf_clear(&bomb);
    osl_buf_clear(&out);
}

static void one_entity_many_times_is_bounded_too(void **state)
{
    (void)state;
    osl_buf bomb = {0}, out = {0};
    osl_buf_printf(&bomb, "<!DOCTYPE a [<!ENTITY e \"");
    for (unsigned i = 0; i < 20000; i++)
        osl_buf_printf(&bomb, "word ");
    osl_buf_printf(&bomb, "\">]><a><p>Before the bomb.</p><p x=\"");
    for (unsigned i = 0; i < 20000; i++)
        osl_buf_printf(&bomb, "&e;");
    osl_buf_printf(&bomb, "\">");
    for (unsigned i = 0; i < 20000; i++)
        osl_buf_printf(&bomb, "&e;");
    osl_buf_printf(&bomb, "</p></a>");
    golden_read(&out, "a.xml", "xml", osl_buf_text(&bomb));
    assert_non_null(strstr((char *)out.bytes, "Before the bomb."));
    assert_true(out.length < 64 << 20);
    osl_buf_clear(&bomb);
    osl_buf_clear(&out);
}

/* A file beside the source that must never be read. */
static void external_entities_are_not_read(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "<!DOCTYPE a [<!ENTITY x SYSTEM \"%s\">]><a><p>Before it. &x;</p></a>",
        "<!DOCTYPE a [<!ENTITY %% x SYSTEM \"%s\"> %%x;]><a><p>Before it. "
        "&y;</p></a>",
        "<!DOCTYPE a SYSTEM \"%s\"><a><p>Before it. &y;</p></a>",
        "<!DOCTYPE a [<!ENTITY x SYSTEM \"file://%s\">]><a><p "
        "t=\"&x;\">Before it.</p></a>"};
    char path[] = "/tmp/osler-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    static const char secret[] = "<!ENTITY y \"the secret words\">";
    assert_int_equal(write(fd, secret, sizeof secret - 1), sizeof secret - 1);
    close(fd);
    osl_buf source = {0}, out = {0};
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        char text[512];
        (void)snprintf(text, sizeof text, forms[i], path);
        golden_read(&out, "a.xml", "xml", osl_text_of(text));
        if (strstr((char *)out.bytes, "secret") ||
            !strstr((char *)out.bytes, "Before it."))
            fail_msg("form %zu: %s", i, (char *)out.bytes);
    }
    unlink(path);
    osl_buf_clear(&source);
    osl_buf_clear(&out);
}

static void ten_thousand_nested_elements_are_read(void **state)
{
    (void)state;
    static const char *const names[] = {"a",       "section", "list", "item",
                                        "caption", "table",   "td",   "p",
                                        "sup",     "math"};
    osl_buf deep = {0}, out = {0};
    for (size_t n = 0; n < COUNT_OF(names); n++) {
        osl_buf_reset(&deep);
        osl_buf_printf(&deep, "<r><p>Before the depth.</p>");
        for (unsigned i = 0; i < 10000; i++)
            osl_buf_printf(&deep, "<%s>", names[n]);
        osl_buf_printf(&deep, "<p>In the depth.</p>");
        for (unsigned i = 0; i < 10000; i++)
            osl_buf_printf(&deep, "</%s>", names[n]);
        osl_buf_printf(&deep, "<p>After the depth.</p></r>");
        golden_read(&out, "a.xml", "xml", osl_buf_text(&deep));
        if (!strstr((char *)out.bytes, "Before the depth.") ||
            !strstr((char *)out.bytes, "After the depth."))
            fail_msg("%s: %.300s", names[n], (char *)out.bytes);
    }
    osl_buf_clear(&deep);
    osl_buf_clear(&out);
}

static void mending_leaves_clean_text_where_it_is(void **state)
{
    (void)state;
    osl_buf buf = {0};
    uint32_t line;
    osl_text text = osl_text_of("one\ttwo\r\nthree \xE2\x89\xA5");
    osl_text mended = osl_mend_utf8(text, &buf, &line, osl_find_scalar);
    assert_ptr_equal(mended.bytes, text.bytes);
    assert_int_equal(line, 0);
    text = osl_text_of("one\ntwo \xC3( \x02 \xF0\x9F\x98");
    mended = osl_mend_utf8(text, &buf, &line, osl_find_scalar);
    assert_int_equal(line, 2);
    assert_true(osl_text_equal(
        mended, osl_text_of("one\ntwo \xEF\xBF\xBD(   \xEF\xBF\xBD")));
    osl_buf_clear(&buf);
}

static void plain_text_of_markup_has_no_tags(void **state)
{
    (void)state;
    static const struct {
        const char *html, *want;
    } lines[] = {
        {"<b>A &amp; B</b>", "A & B"},
        {"5 &#8805; 4 &#x3b1;", "5 \xE2\x89\xA5 4 \xCE\xB1"},
        {"p < 0.05 & more", "p < 0.05 & more"},
        {"&#0;&#xD800;&nonsense;", "&#0;&#xD800;&nonsense;"},
        {"", ""},
    };
    osl_buf buf = {0};
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        osl_text got = osl_mend_plain(osl_text_of(lines[i].html), &buf);
        if (!osl_text_equal(got, osl_text_of(lines[i].want)))
            fail_msg("%s: %.*s", lines[i].html, (int)got.length, got.bytes);
    }
    osl_buf_clear(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_of_every_vocabulary_read_as_expected),
        cmocka_unit_test(cut_and_spoilt_files_do_no_harm),
        cmocka_unit_test(small_sources_read_as_they_should),
        cmocka_unit_test(utf_16_reads_like_utf_8),
        cmocka_unit_test(an_entity_bomb_is_reported_and_costs_nothing),
        cmocka_unit_test(one_entity_many_times_is_bounded_too),
        cmocka_unit_test(external_entities_are_not_read),
        cmocka_unit_test(ten_thousand_nested_elements_are_read),
        cmocka_unit_test(mending_leaves_clean_text_where_it_is),
        cmocka_unit_test(plain_text_of_markup_has_no_tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
