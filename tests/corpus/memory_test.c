/* SPDX-License-Identifier: MIT
 *
 * Memory that runs out at the n-th asking, for every n, in every reader: the
 * answer is OSL_ENOMEM or the whole document, nothing leaks, nothing crashes.
 * Our own calls are wrapped by the linker; libxml2 takes its memory from the
 * same place by its hooks, libyaml because it finds our functions of its names
 * first, libgumbo from our arena. jansson is left out: its own code does not
 * survive it. */
#include <libxml/xmlmemory.h>
#include <yaml.h>

#include "tests/corpus/corpus_test.h"

/* The linker chose these names. NOLINTBEGIN(bugprone-reserved-identifier) */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *given, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *given, size_t size);

static struct {
    bool counts;
    size_t asked, fails_at; /* 0: never */
} memory;

static bool is_out(void)
{
    return memory.counts && ++memory.asked == memory.fails_at;
}

void *__wrap_malloc(size_t size)
{
    return is_out() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_out() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *given, size_t size)
{
    return is_out() ? NULL : __real_realloc(given, size);
}

/* NOLINTEND(bugprone-reserved-identifier) */

/* libyaml's own names. */
void *yaml_malloc(size_t size);
void *yaml_realloc(void *given, size_t size);
yaml_char_t *yaml_strdup(const yaml_char_t *string);

void *yaml_malloc(size_t size)
{
    return __wrap_malloc(size ? size : 1);
}

void *yaml_realloc(void *given, size_t size)
{
    return __wrap_realloc(given, size ? size : 1);
}

yaml_char_t *yaml_strdup(const yaml_char_t *string)
{
    size_t length = string ? strlen((const char *)string) + 1 : 0;
    yaml_char_t *copy = length ? __wrap_malloc(length) : NULL;
    if (copy != NULL)
        memcpy(copy, string, length);
    return copy;
}

static char *copy_string(const char *string)
{
    size_t length = strlen(string) + 1;
    char *copy = __wrap_malloc(length);
    if (copy != NULL)
        memcpy(copy, string, length);
    return copy;
}

/* The consumer's own memory never runs out. */
static osl_status keep_document(void *user, const osl_document *document,
                                osl_error *err)
{
    bool counts = memory.counts;
    memory.counts = false;
    osl_status status = test_put_document(user, document, err);
    memory.counts = counts;
    return status;
}

static void keep_report(void *user, osl_text source, uint32_t line,
                        bool skipped, const char *reason)
{
    bool counts = memory.counts;
    memory.counts = false;
    test_put_report(user, source, line, skipped, reason);
    memory.counts = counts;
}

static osl_status read_with(osl_buf *out, const char *name, osl_text bytes,
                            size_t fails_at)
{
    osl_error err = {0};
    osl_source source = {osl_text_of(name), bytes, NULL};
    osl_consumer consumer = {out, keep_document, keep_report, NULL, NULL};
    osl_buf_reset(out);
    memory.asked = 0;
    memory.fails_at = fails_at;
    memory.counts = true;
    osl_status status = osl_corpus_read(&source, &consumer, &err);
    memory.counts = false;
    return status;
}

/* The first allocation whose failure gives something else, 0 for none. */
static size_t find_fault(const char *name)
{
    osl_buf whole = {0}, out = {0};
    osl_text bytes = test_golden_file(name);
    assert_int_equal(read_with(&whole, name, bytes, 0), OSL_OK);
    /* What libraries set up once is there from here on. */
    assert_int_equal(read_with(&whole, name, bytes, 0), OSL_OK);
    size_t most = memory.asked, fault = 0;
    for (size_t n = 1; n <= most && fault == 0; n++) {
        osl_status status = read_with(&out, name, bytes, n);
        if (status == OSL_ENOMEM)
            continue;
        if (status == OSL_OK &&
            osl_text_equal(osl_buf_text(&out), osl_buf_text(&whole)))
            continue;
        print_error("%s, allocation %zu of %zu: status %d\n%.*s", name, n, most,
                    (int)status, (int)out.length, (const char *)out.bytes);
        fault = n;
    }
    free((char *)bytes.bytes);
    osl_buf_clear(&whole);
    osl_buf_clear(&out);
    return fault;
}

static const char *const names[] = {
    "records.jsonl",
    "condition.json",
    "chapter_jsx.json",
    "leaflet.fsh",
    "asthma_page.txt",
    "gout_notes.md",
    "croup_page.html",
    "unseen/accordions.html",
    "unseen/ketoacidosis.qmd",
    "unseen/nodes.jsonl",
    "unseen/recommendations.csv",
    "xml/pdq-wrapped.xml",
    "xml/ngc.xml",
    "xml/cnxml.xml",
    "xml/fhir.xml",
    "xml/spl.xml",
    "yaml/export.content.yml",
};

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    size_t faults = 0;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        faults += find_fault(names[i]) > 0;
    assert_int_equal(faults, 0);
}

static int use_our_memory(void **state)
{
    (void)state;
    return xmlMemSetup(free, __wrap_malloc, __wrap_realloc, copy_string);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_may_run_out_anywhere),
    };
    return cmocka_run_group_tests(tests, use_our_memory, NULL);
}
