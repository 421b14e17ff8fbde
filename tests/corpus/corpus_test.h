/* SPDX-License-Identifier: MIT
 *
 * Reading a source into text that a test can compare: one line a thing.
 *
 *     = ID | TITLE | UPDATED
 *     > outer > inner               (where the section changes)
 *     p text   i text   r text   k text
 *       c 66 67                     (citations)
 *       e 3iiA                      (evidence)
 *     ! LINE reason                 (reports; !! where all was skipped) */
#ifndef OSL_TESTS_CORPUS_TEST_H
#define OSL_TESTS_CORPUS_TEST_H

#include "core/base/buf.h"
#include "corpus/corpus.h"
#include "tests/test.h"

static inline void test_put_path(osl_buf *out, const osl_document *document,
                                 uint32_t section)
{
    if (section == OSL_SECTION_NONE)
        return;
    assert_true(section < document->section_count);
    const osl_section *s = &document->sections[section];
    assert_true(s->parent == OSL_SECTION_NONE || s->parent < section);
    test_put_path(out, document, s->parent);
    osl_buf_printf(out, " > ");
    osl_buf_put_text(out, s->heading);
}

static inline void test_put_marks(osl_buf *out, char name,
                                  const osl_text *marks, size_t count)
{
    if (count == 0)
        return;
    osl_buf_printf(out, "  %c", name);
    for (size_t i = 0; i < count; i++) {
        osl_buf_put_byte(out, ' ');
        osl_buf_put_text(out, marks[i]);
    }
    osl_buf_put_byte(out, '\n');
}

static inline osl_status test_put_document(void *user, const osl_document *d,
                                           osl_error *err)
{
    osl_buf *out = user;
    uint32_t section = OSL_SECTION_NONE;
    (void)err;
    osl_buf_printf(out, "= ");
    osl_buf_put_text(out, d->id);
    osl_buf_printf(out, " | ");
    osl_buf_put_text(out, d->title);
    osl_buf_printf(out, " | ");
    osl_buf_put_text(out, d->updated);
    osl_buf_put_byte(out, '\n');
    for (size_t i = 0; i < d->paragraph_count; i++) {
        const osl_paragraph *p = &d->paragraphs[i];
        if (p->section != section) {
            section = p->section;
            test_put_path(out, d, section);
            osl_buf_put_byte(out, '\n');
        }
        osl_buf_printf(out, "%c ", "pirk"[p->kind]);
        osl_buf_put_text(out, p->text);
        osl_buf_put_byte(out, '\n');
        test_put_marks(out, 'c', p->citations, p->citation_count);
        test_put_marks(out, 'e', p->evidence, p->evidence_count);
    }
    return OSL_OK;
}

static inline void test_put_report(void *user, osl_text source, uint32_t line,
                                   bool skipped, const char *reason)
{
    (void)source;
    osl_buf_printf(user, "!%s %u %s\n", skipped ? "!" : "", line, reason);
}

/* What reading `bytes` gives, NUL-terminated; the caller clears *out. */
static inline const char *test_read(osl_buf *out, const char *name,
                                    const char *format, osl_text bytes)
{
    osl_error err = {0};
    osl_source source = {osl_text_of(name), bytes, format};
    osl_consumer consumer = {out, test_put_document, test_put_report, NULL,
                             NULL};
    osl_buf_reset(out);
    assert_ok(osl_corpus_read(&source, &consumer, &err));
    osl_buf_put_byte(out, '\0');
    assert_false(out->failed);
    return (const char *)out->bytes;
}

static inline osl_text test_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("%s: cannot open", path);
    size_t capacity = 1 << 20;
    char *bytes = malloc(capacity);
    assert_non_null(bytes);
    size_t length = fread(bytes, 1, capacity, file);
    assert_true(length < capacity);
    fclose(file);
    return (osl_text){bytes, length};
}

/* The bytes of tests/golden/NAME; the caller frees them. */
static inline osl_text test_golden_file(const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", OSL_GOLDEN_DIR, name);
    return test_file(path);
}

/* Compares what was made of a file with tests/golden/NAME.golden; with
 * OSL_GOLDEN=write in the environment, writes that first. */
static inline void test_is_golden(const char *name, const char *got)
{
    char path[1024];
    const char *mode = getenv("OSL_GOLDEN");
    size_t length = strlen(got);
    snprintf(path, sizeof path, "%s/%s.golden", OSL_GOLDEN_DIR, name);
    if (mode != NULL && strcmp(mode, "write") == 0) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(got, 1, length, file), length);
        assert_int_equal(fclose(file), 0);
    }
    osl_text want = test_file(path);
    if (length != want.length || memcmp(got, want.bytes, length) != 0)
        fail_msg("%s differs; it gives:\n%s", path, got);
    free((char *)want.bytes);
}

/* Reads tests/golden/NAME and compares. */
static inline void test_golden(const char *name)
{
    osl_buf out = {0};
    osl_text bytes = test_golden_file(name);
    test_is_golden(name, test_read(&out, name, NULL, bytes));
    free((char *)bytes.bytes);
    osl_buf_clear(&out);
}

/* Reads every beginning of `bytes`, then copies with bytes flipped; any
 * status but OSL_OK, any fault, fails. Each copy is its own allocation, so
 * that AddressSanitizer sees a byte too far. */
static inline void test_hostile(const char *name, const char *format,
                                osl_text bytes, unsigned flips)
{
    test_random random = test_random_new(bytes.length);
    osl_buf out = {0};
    size_t step = bytes.length / 600 + 1;
    for (size_t length = 0; length <= bytes.length; length += step) {
        char *copy = malloc(length + 1);
        assert_non_null(copy);
        memcpy(copy, bytes.bytes, length);
        char *tight = realloc(copy, length ? length : 1);
        assert_non_null(tight);
        (void)test_read(&out, name, format, (osl_text){tight, length});
        free(tight);
    }
    for (unsigned n = 0; n < flips && bytes.length; n++) {
        char *copy = malloc(bytes.length);
        assert_non_null(copy);
        memcpy(copy, bytes.bytes, bytes.length);
        for (unsigned k = 0; k < 1 + n % 8; k++)
            copy[test_random_below(&random, (uint32_t)bytes.length)] =
                (char)test_random_next(&random);
        (void)test_read(&out, name, format, (osl_text){copy, bytes.length});
        free(copy);
    }
    osl_buf_clear(&out);
}

#endif
