/* SPDX-License-Identifier: MIT
 *
 * One line of 65 MiB in every format: what comes out is exactly known, either
 * all of its text in pieces that the index can hold, or a reason. Time and
 * memory stay bounded. Each runs in a process of its own, so that its memory
 * can be told. */
#include "tests/corpus/corpus_test.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONG_BYTES ((size_t)65 << 20)

/* "Oxygen is given at once to all " without end; a letter in each word. */
static const char words[] = "Oxygen is given at once to all ";
#define WORDS_LENGTH (sizeof words - 1)

typedef struct outcome {
    size_t documents, paragraphs, letters, longest;
    size_t reports;
    char said[160]; /* the first report */
    double seconds;
    size_t rss_bytes; /* over that of before */
    osl_status status;
} outcome;

static osl_status take(void *user, const osl_document *document, osl_error *err)
{
    outcome *out = user;
    (void)err;
    out->documents++;
    for (size_t i = 0; i < document->paragraph_count; i++) {
        osl_text text = document->paragraphs[i].text;
        out->paragraphs++;
        if (text.length > out->longest)
            out->longest = text.length;
        for (size_t k = 0; k < text.length; k++)
            out->letters += text.bytes[k] != ' ';
    }
    return OSL_OK;
}

static void keep_report(void *user, osl_text source, uint32_t line,
                        bool skipped, const char *reason)
{
    outcome *out = user;
    (void)source;
    (void)line;
    (void)skipped;
    if (out->reports++ == 0)
        (void)snprintf(out->said, sizeof out->said, "%s", reason);
}

static const struct {
    const char *name, *before, *after;
    size_t more_letters; /* of paragraphs around the long one */
    size_t documents;
    bool is_whole;    /* the long text comes out */
    const char *said; /* "": nothing is */
} cases[] = {
    {"a.txt", "", "\n", 0, 1, true, ""},
    {"a.xml", "<?xml version='1.0'?><guide><title>T</title><p>", "</p></guide>",
     0, 1, true, ""},
    {"pdq.xml",
     "<?xml version='1.0'?><Summary id='CDR1'><SummaryTitle>T</SummaryTitle>"
     "<SummarySection><Title>A</Title><Para>",
     "</Para></SummarySection></Summary>", 0, 1, true, ""},
    {"jsx.json",
     "import x from 'y'\nexport let a = <div><h1>T</h1></div>\n"
     "export let c = <div><p>",
     "</p></div>\n", 0, 0, false, "HTML over 64 MiB is not read: split it"},
    {"a.json", "{\"title\":\"T\",\"text\":\"", "\"}", 0, 1, true, ""},
    {"a.yaml", "title: T\ntext: \"", "\"\nkind: guide\n", 0, 1, true, ""},
    {"a.html", "<!doctype html><title>T</title><p>", "</p>", 0, 0, false,
     "HTML over 64 MiB is not read: split it"},
    {"a.md", "# T\n\n", "\n", 0, 0, false,
     "Markdown over 64 MiB is not read: split it"},
    {"a.fsh",
     "Instance: a\nInstanceOf: Composition\n* title = \"T\"\n"
     "* section.text.div = \"<div><p>",
     "</p></div>\"\n", 0, 0, false, "HTML over 64 MiB is not read: split it"},
    {"ngc.xml",
     "<?xml version='1.0'?><Version><Section Name='R'><Field Name='M' "
     "Type='text'><FieldValue Value='",
     "'/></Field></Section></Version>", 0, 1, true,
     "broken XML (AttValue length too long), read as far as it goes"},
    {"a.jsonl", "{\"id\":\"1\",\"text\":\"one\"}\n{\"id\":\"2\",\"text\":\"",
     "\"}\n{\"id\":\"3\",\"text\":\"three\"}\n", 8, 2, false,
     "a record over 16 MiB; split it"},
    {"ours.jsonl",
     "{\"id\":\"1\",\"sections\":[{\"heading\":\"H\",\"level\":1,"
     "\"paragraphs\":[\"",
     "\"]}]}\n{\"id\":\"3\",\"text\":\"three\"}\n", 5, 1, false,
     "an object over 64 MiB that is no record of \"id\" and \"text\"; split "
     "it"},
};

static char *fill(const char *before, const char *after, size_t *length)
{
    size_t first = strlen(before), last = strlen(after);
    char *bytes = malloc(first + LONG_BYTES + last);
    assert_non_null(bytes);
    memcpy(bytes, before, first);
    for (size_t i = 0; i < LONG_BYTES; i += WORDS_LENGTH)
        memcpy(bytes + first + i, words,
               LONG_BYTES - i < WORDS_LENGTH ? LONG_BYTES - i : WORDS_LENGTH);
    memcpy(bytes + first + LONG_BYTES, after, last);
    *length = first + LONG_BYTES + last;
    return bytes;
}

static size_t letters_expected(void)
{
    size_t letters = 0;
    for (size_t i = 0; i < LONG_BYTES; i++)
        letters += words[i % WORDS_LENGTH] != ' ';
    return letters;
}

static double cpu_seconds(const struct rusage *used)
{
    return (double)(used->ru_utime.tv_sec + used->ru_stime.tv_sec) +
           (double)(used->ru_utime.tv_usec + used->ru_stime.tv_usec) / 1e6;
}

/* In the child. */
static void read_one(size_t n, outcome *out)
{
    osl_error err = {0};
    struct rusage before, after;
    size_t length;
    char *bytes = fill(cases[n].before, cases[n].after, &length);
    osl_source source = {osl_text_of(cases[n].name), {bytes, length}, NULL};
    osl_consumer consumer = {out, take, keep_report, NULL, NULL};
    assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
    out->status = osl_corpus_read(&source, &consumer, &err);
    assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
    out->seconds = cpu_seconds(&after) - cpu_seconds(&before);
    out->rss_bytes =
        (size_t)(after.ru_maxrss - before.ru_maxrss) * (size_t)1024;
    free(bytes);
}

static outcome outcome_of(size_t n)
{
    outcome *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    *shared = (outcome){.status = OSL_EIO};
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        read_one(n, shared);
        _exit(0);
    }
    int how = 0;
    assert_int_equal(waitpid(child, &how, 0), child);
    outcome out = *shared;
    assert_int_equal(munmap(shared, sizeof *shared), 0);
    if (how != 0)
        fail_msg("%s: ended with %d", cases[n].name, how);
    return out;
}

/* Copies of the text that a reader may hold at once: as decoded, as parsed,
 * as a paragraph and as a buffer that has doubled; and what the sanitizers
 * keep of what was freed. */
#define COPIES_MAX  7
#define SECONDS_MAX 60.0
#define PARAGRAPHS  5 /* of 16 MiB at most */

static void one_long_line_is_read_or_refused(void **state)
{
    (void)state;
    size_t letters = letters_expected();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        outcome got = outcome_of(i);
        print_message("%s: %zu paragraphs, %.1f s, %zu MiB\n", cases[i].name,
                      got.paragraphs, got.seconds, got.rss_bytes >> 20);
        assert_int_equal(got.status, OSL_OK);
        assert_int_equal(got.documents, cases[i].documents);
        assert_int_equal(got.letters, cases[i].more_letters +
                                          (cases[i].is_whole ? letters : 0));
        assert_true(got.longest <= OSL_PARAGRAPH_BYTES_MAX);
        if (cases[i].is_whole)
            assert_int_equal(got.paragraphs, PARAGRAPHS);
        assert_string_equal(got.said, cases[i].said);
        assert_true(got.rss_bytes < COPIES_MAX * LONG_BYTES);
        assert_true(got.seconds < SECONDS_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_long_line_is_read_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
