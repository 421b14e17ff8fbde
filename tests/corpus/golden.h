/* SPDX-License-Identifier: MIT
 *
 * What a reader makes of a source, as text, and the comparison with a file in
 * tests/golden. OSL_GOLDEN_WRITE=1 writes the files anew: look at the
 * difference before committing it. */
#ifndef OSL_TESTS_CORPUS_GOLDEN_H
#define OSL_TESTS_CORPUS_GOLDEN_H

#include "tests/test.h"

#include "core/base/buf.h"
#include "core/base/file.h"
#include "corpus/corpus.h"

static inline void golden_path(osl_buf *out, const osl_document *document,
                               uint32_t section)
{
    if (section == OSL_SECTION_NONE)
        return;
    assert_true(section < document->section_count);
    const osl_section *at = &document->sections[section];
    assert_true(at->parent == OSL_SECTION_NONE || at->parent < section);
    golden_path(out, document, at->parent);
    osl_buf_printf(out, " > %.*s", (int)at->heading.length, at->heading.bytes);
}

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
            golden_path(out, d, p->section);
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

static inline void golden_path_of(char *path, size_t room, const char *name,
                                  const char *suffix)
{
    int length = snprintf(path, room, "%s/%s%s", OSL_GOLDEN_DIR, name, suffix);
    assert_true(length > 0 && (size_t)length < room);
}

/* Reads tests/golden/NAME by content and compares with NAME.expect; the
 * reader that was chosen must be `format`. */
static inline void golden_check(const char *name, const char *format)
{
    char path[1024], expected[1024];
    osl_error err = {0};
    osl_buf out = {0};
    osl_map map = {0}, want = {0};
    golden_path_of(path, sizeof path, name, "");
    golden_path_of(expected, sizeof expected, name, ".expect");
    assert_ok(osl_map_open(&map, path, &err));
    osl_text bytes = {(const char *)map.bytes, map.length};
    osl_source source = {osl_text_of(name), bytes, NULL};
    assert_string_equal(osl_corpus_format(&source), format);
    golden_read(&out, name, NULL, bytes);
    if (getenv("OSL_GOLDEN_WRITE")) {
        FILE *file = fopen(expected, "w");
        assert_non_null(file);
        assert_int_equal(fwrite(out.bytes, 1, out.length - 1, file),
                         out.length - 1);
        assert_int_equal(fclose(file), 0);
    }
    assert_ok(osl_map_open(&want, expected, &err));
    if (want.length != out.length - 1 ||
        memcmp(want.bytes, out.bytes, want.length) != 0)
        fail_msg("%s: is not as expected but:\n%s", name,
                 (const char *)out.bytes);
    osl_map_close(&map);
    osl_map_close(&want);
    osl_buf_clear(&out);
}

/* Reads the file cut at every length (every `step`-th), and with bytes
 * flipped; nothing must be asserted but that it ends with OSL_OK. */
static inline void golden_torture(const char *name, const char *format,
                                  size_t step)
{
    char path[1024];
    osl_error err = {0};
    osl_buf out = {0};
    osl_map map = {0};
    test_random random = test_random_new(4711);
    golden_path_of(path, sizeof path, name, "");
    assert_ok(osl_map_open(&map, path, &err));
    for (size_t cut = 1; cut < map.length; cut += step) {
        char *copy = malloc(cut); /* exact, so that an overrun shows */
        assert_non_null(copy);
        memcpy(copy, map.bytes, cut);
        golden_read(&out, name, format, (osl_text){copy, cut});
        free(copy);
    }
    for (unsigned round = 0; round < 200; round++) {
        char *copy = malloc(map.length);
        assert_non_null(copy);
        memcpy(copy, map.bytes, map.length);
        for (unsigned flips = 1 + round % 8; flips > 0; flips--)
            copy[test_random_below(&random, (uint32_t)map.length)] =
                (char)test_random_next(&random);
        golden_read(&out, name, format, (osl_text){copy, map.length});
        free(copy);
    }
    osl_map_close(&map);
    osl_buf_clear(&out);
}

#endif
