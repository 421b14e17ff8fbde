/* SPDX-License-Identifier: MIT
 *
 * All that a reader makes of a source, as text: what corpus_test.h shows, and
 * metadata, lines and kinds. */
#ifndef OSL_TESTS_CORPUS_GOLDEN_H
#define OSL_TESTS_CORPUS_GOLDEN_H

#include "tests/corpus/corpus_test.h"

static inline void golden_list(osl_buf *out, const char *what,
                               const osl_text *items, size_t count)
{
    if (count)
        osl_buf_printf(out, "    %s:", what);
    for (size_t i = 0; i < count; i++)
        osl_buf_printf(out, " %.*s", (int)items[i].length, items[i].bytes);
    if (count)
        osl_buf_put_byte(out, '\n');
}

static inline osl_status golden_document(void *user, const osl_document *d,
                                         osl_error *err)
{
    static const char *const kinds[] = {"prose", "item", "row", "key"};
    osl_buf *out = user;
    (void)err;
    osl_buf_printf(out, "document %.*s | %.*s | %.*s | %.*s | %.*s | %.*s\n",
                   (int)d->title.length, d->title.bytes, (int)d->kind.length,
                   d->kind.bytes, (int)d->updated.length, d->updated.bytes,
                   (int)d->language.length, d->language.bytes,
                   (int)d->audience.length, d->audience.bytes,
                   (int)d->url.length, d->url.bytes);
    golden_list(out, "aliases", d->aliases, d->alias_count);
    for (size_t i = 0; i < d->paragraph_count; i++) {
        const osl_paragraph *p = &d->paragraphs[i];
        if (i == 0 || p->section != d->paragraphs[i - 1].section) {
            osl_buf_printf(out, "  at");
            test_put_path(out, d, p->section);
            osl_buf_put_byte(out, '\n');
        }
        osl_buf_printf(out, "  %s %u: ", kinds[p->kind], p->line);
        osl_buf_put_text(out, p->text);
        osl_buf_put_byte(out, '\n');
        golden_list(out, "cites", p->citations, p->citation_count);
        golden_list(out, "evidence", p->evidence, p->evidence_count);
    }
    return OSL_OK;
}

static inline void golden_report(void *user, osl_text source, uint32_t line,
                                 bool skipped, const char *reason)
{
    (void)source;
    osl_buf_printf(user, "report %u%s: %s\n", line, skipped ? " skipped" : "",
                   reason);
}

/* Reads `bytes` with the reader `format` (NULL: by content) into `out`. */
static inline void golden_read(osl_buf *out, const char *name,
                               const char *format, osl_text bytes)
{
    osl_error err = {0};
    osl_source source = {osl_text_of(name), bytes, format};
    osl_consumer consumer = {out, golden_document, golden_report, NULL, NULL};
    osl_buf_reset(out);
    assert_ok(osl_corpus_read(&source, &consumer, &err));
    osl_buf_put_byte(out, 0);
    assert_false(out->failed);
}

/* A small source, with what must (and must not, unless NULL) be in what is made
 * of it. */
typedef struct golden_case {
    const char *name, *bytes, *has, *has_not;
} golden_case;

static inline void golden_try(const golden_case *cases, size_t count,
                              const char *source, const char *format)
{
    osl_buf out = {0};
    for (size_t i = 0; i < count; i++) {
        golden_read(&out, source, format, osl_text_of(cases[i].bytes));
        const char *got = (const char *)out.bytes;
        if (!strstr(got, cases[i].has) ||
            (cases[i].has_not && strstr(got, cases[i].has_not)))
            fail_msg("%s: %s", cases[i].name, got);
    }
    osl_buf_clear(&out);
}

/* Reads tests/golden/NAME by content and compares; the reader that was chosen
 * must be `format`. */
static inline void golden_check(const char *name, const char *format)
{
    osl_buf out = {0};
    osl_text bytes = test_golden_file(name);
    osl_source source = {osl_text_of(name), bytes, NULL};
    assert_string_equal(osl_corpus_format(&source), format);
    golden_read(&out, name, NULL, bytes);
    test_is_golden(name, (const char *)out.bytes);
    free((char *)bytes.bytes);
    osl_buf_clear(&out);
}

/* Reads the file cut at every length (every `step`-th), and with bytes
 * flipped; nothing must be asserted but that it ends with OSL_OK. */
static inline void golden_torture(const char *name, const char *format,
                                  size_t step)
{
    osl_buf out = {0};
    osl_text file = test_golden_file(name);
    test_random random = test_random_new(4711);
    for (size_t cut = 1; cut < file.length; cut += step) {
        char *copy = malloc(cut); /* exact, so that an overrun shows */
        assert_non_null(copy);
        memcpy(copy, file.bytes, cut);
        golden_read(&out, name, format, (osl_text){copy, cut});
        free(copy);
    }
    for (unsigned round = 0; round < 200; round++) {
        char *copy = malloc(file.length);
        assert_non_null(copy);
        memcpy(copy, file.bytes, file.length);
        for (unsigned flips = 1 + round % 8; flips > 0; flips--)
            copy[test_random_below(&random, (uint32_t)file.length)] =
                (char)test_random_next(&random);
        golden_read(&out, name, format, (osl_text){copy, file.length});
        free(copy);
    }
    free((char *)file.bytes);
    osl_buf_clear(&out);
}

#endif
