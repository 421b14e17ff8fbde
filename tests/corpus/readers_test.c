/* SPDX-License-Identifier: MIT
 *
 * The choice among readers, and what none of them is to see. */
#include "corpus/reader.h"
#include "tests/corpus/corpus_test.h"

static const struct {
    const char *name, *bytes;
    size_t length;
    const char *reason;
} refused[] = {
    {"a.html", "%PDF-1.7\n%\xE2\xE3\xCF\xD3", 13, "a PDF"},
    {"page.html", "\r\n%PDF-1.4\n<html><p>no</p>", 26, "a PDF"},
    {"a.txt", "{\\rtf1\\ansi Give oxygen.}", 25, "RTF"},
    {"a.xml", "\x1F\x8B\x08\x00<a><p>Give oxygen now.</p></a>", 35, "gzip"},
    {"a.jsonl", "\x28\xB5\x2F\xFD{}", 6, "zstd"},
    {"a.md", "PK\x03\x04# Heading", 13, "ZIP"},
    {"a.json", "\x89PNG\r\n\x1A\n{}", 10, "an image"},
    {"a.html", "<p>\x00\x01\x02\x03\x04\x05\x06\x07</p>", 15, "not text"},
    {"a.dtd", "<!-- of lists -->\n<?x y?>\n<!ELEMENT List (Item)+>\n", 50,
     "a DTD"},
    {"a.yaml", "", 0, "empty file"},
};

static void what_is_no_text_is_refused_with_a_reason(void **state)
{
    (void)state;
    osl_buf out = {0};
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        osl_text bytes = {refused[i].bytes, refused[i].length};
        osl_source source = {osl_text_of(refused[i].name), bytes, NULL};
        const char *got = test_read(&out, refused[i].name, NULL, bytes);
        if (memcmp(got, "!! 0 ", 5) != 0 || !strstr(got, refused[i].reason))
            fail_msg("%s gives %s", refused[i].reason, got);
        assert_null(osl_corpus_format(&source));
    }
    osl_buf_clear(&out);
}

static const struct {
    const char *name, *bytes, *format;
} one_of_each[] = {
    {"a.html", "<!doctype html><title>T</title><p>Give 5 \u00B5g now.</p>",
     "html"},
    {"a.md", "# T\n\nGive 5 \u00B5g now.\n", "markdown"},
    {"a.json", "{\"text\": \"Give 5 \u00B5g now.\"}", "json"},
    {"a.jsonl",
     "{\"id\": \"1\", \"text\": \"Give 5 \u00B5g now.\"}\n"
     "{\"id\": \"2\", \"text\": \"Give more later.\"}\n",
     "jsonl"},
    {"a.yaml", "title: T\ntext: Give 5 \u00B5g now.\nnote: It is safe.\n",
     "yaml"},
    {"a.xml", "<?xml version=\"1.0\"?><a><p>Give 5 \u00B5g now.</p></a>",
     "xml"},
    {"a.nxml",
     "<article><front><article-title>T</article-title></front>"
     "<body><sec><title>Dose</title><p>Give 5 \u00B5g now.</p></sec></body>"
     "</article>",
     "xml"},
    {"a.xml",
     "<article><h1>T</h1><p>Give 5 \u00B5g now.</p><p>Or "
     "later.</p></article>",
     "html"},
    {"a.txt", "Give 5 \u00B5g now.\n", "text"},
    {"a.json", "import x from 'y'\nexport let c = <p>Give 5 \u00B5g now.</p>\n",
     "jsx"},
};

static void put_wide(osl_buf *out, const char *text, bool big, bool mark)
{
    osl_buf_reset(out);
    if (mark)
        osl_buf_put(out, big ? "\xFE\xFF" : "\xFF\xFE", 2);
    for (; *text; text++) {
        uint8_t c = (uint8_t)*text;
        if (c == 0xC2) /* of the only sign beyond ASCII, µ */
            continue;
        osl_buf_put_byte(out, big ? 0 : c);
        osl_buf_put_byte(out, big ? c : 0);
    }
}

static void every_format_is_read_from_utf_16(void **state)
{
    (void)state;
    osl_buf wide = {0}, out = {0};
    for (size_t i = 0; i < COUNT_OF(one_of_each) * 4; i++) {
        put_wide(&wide, one_of_each[i / 4].bytes, i & 1, (i & 2) != 0);
        osl_source source = {osl_text_of(one_of_each[i / 4].name),
                             osl_buf_text(&wide), NULL};
        assert_string_equal(osl_corpus_format(&source),
                            one_of_each[i / 4].format);
        const char *got =
            test_read(&out, one_of_each[i / 4].name, NULL, source.bytes);
        if (!strstr(got, "Give 5 \u00B5g now."))
            fail_msg("%s gives %s", one_of_each[i / 4].format, got);
    }
    osl_buf_clear(&wide);
    osl_buf_clear(&out);
}

static void no_reader_is_surer_than_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(one_of_each); i++) {
        osl_source source = {osl_text_of(one_of_each[i].name),
                             osl_text_of(one_of_each[i].bytes), NULL};
        assert_string_equal(osl_corpus_format(&source), one_of_each[i].format);
        for (size_t k = 0; osl_readers[k] != NULL; k++)
            assert_true(osl_readers[k]->sniff(&source) <= osl_readers[k]->most);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_text_is_refused_with_a_reason),
        cmocka_unit_test(every_format_is_read_from_utf_16),
        cmocka_unit_test(no_reader_is_surer_than_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
