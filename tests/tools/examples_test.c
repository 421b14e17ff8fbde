/* SPDX-License-Identifier: MIT
 *
 * The examples of the documents are run. In a fenced block `console`, lines
 * that begin with "$ " are commands for the shell, what follows is what they
 * print; a line "…" stands for any lines. Times, sizes and scores may differ.
 *
 * OSL_UPDATE_EXAMPLES=1 writes what is printed today into the documents
 * (where no line is "…") instead of comparing. */
#include "tests/tools/command.h"

#include "tests/test.h"

#include <regex.h>
#include <unistd.h>

#include "core/base/file.h"

static const char *const documents[] = {"README.md", "docs/JSON.md"};

/* ---- what may differ --------------------------------------------------- */

static const char *const variable[] = {
    "[0-9]+ ms",
    "[0-9.]+ s$",
    "\"(milli)?seconds\":[0-9.]+",
    "\"([a-z]+_created|first_seen|changed)\":\"[0-9TZ:-]+\"",
    "\"(bytes_text|bytes_index|terms|postings)\":[0-9]+",
    "\"parts\":\\{[^}]*\\}",
    "\"score\":[0-9.]+",
    "[0-9.]+ (k|M|G)?B( |$)",
    "[0-9]+ % of the text",
    " [0-9]+\\.[0-9]{6} ",
    "  [0-9]+\\.[0-9][0-9]($|  )",
};

/* Replaces every match by "~". */
static void blank_out(char *line, const char *pattern)
{
    regex_t compiled;
    regmatch_t match;
    assert_int_equal(regcomp(&compiled, pattern, REG_EXTENDED), 0);
    while (regexec(&compiled, line, 1, &match, 0) == 0) {
        char *from = line + match.rm_so, *to = line + match.rm_eo;
        *from = '~';
        memmove(from + 1, to, strlen(to) + 1);
    }
    regfree(&compiled);
}

static bool same_line(osl_text a, osl_text b)
{
    char *left = strndup(a.bytes, a.length),
         *right = strndup(b.bytes, b.length);
    assert_non_null(left);
    assert_non_null(right);
    for (size_t i = 0; i < COUNT_OF(variable); i++) {
        blank_out(left, variable[i]);
        blank_out(right, variable[i]);
    }
    bool same = strcmp(left, right) == 0;
    free(left);
    free(right);
    return same;
}

/* ---- lines ------------------------------------------------------------- */

/* The next line of *rest, without its line feed; false at the end. */
static bool next_line(osl_text *rest, osl_text *line)
{
    if (!rest->length)
        return false;
    const char *stop = memchr(rest->bytes, '\n', rest->length);
    line->bytes = rest->bytes;
    line->length = stop ? (size_t)(stop - rest->bytes) : rest->length;
    size_t taken = line->length + (stop != NULL);
    rest->bytes += taken;
    rest->length -= taken;
    return true;
}

static bool begins(osl_text line, const char *with)
{
    size_t length = strlen(with);
    return line.length >= length && memcmp(line.bytes, with, length) == 0;
}

/* Whether `got` is what `want` says; "…" takes as few lines as it can. */
static bool same_output(osl_text want, osl_text got)
{
    osl_text wanted = {NULL, 0}, printed = {NULL, 0};
    bool skipping = false;
    while (next_line(&want, &wanted)) {
        if (osl_text_equal(wanted, osl_text_of("…"))) {
            skipping = true;
            continue;
        }
        do {
            if (!next_line(&got, &printed))
                return false;
        } while (skipping && !same_line(wanted, printed));
        if (!same_line(wanted, printed))
            return false;
        skipping = false;
    }
    return skipping || !got.length;
}

/* ---- one document ------------------------------------------------------ */

typedef struct run {
    const char *name;
    sandbox box;
    result got;
    osl_buf updated; /* the document with today's output */
    unsigned commands, wrong;
} run;

static void run_command(run *r, osl_text command, osl_text want)
{
    char line[2048];
    int length = snprintf(line, sizeof line, "{ %.*s\n} 2>&1",
                          (int)command.length, command.bytes);
    assert_true(length > 0 && (size_t)length < sizeof line);
    run_shell(&r->box, line, &r->got);
    r->commands++;
    osl_text got = osl_buf_text(&r->got.out);
    bool same = same_output(want, got);
    bool cut = want.length &&
               memmem(want.bytes, want.length, "…\n", strlen("…\n")) != NULL;
    osl_buf_put_text(&r->updated, cut || same ? want : got);
    if (same)
        return;
    r->wrong++;
    print_error("%s: %.*s\n--- wanted\n%.*s--- got\n%.*s", r->name,
                (int)command.length, command.bytes, (int)want.length,
                want.bytes, (int)got.length, got.bytes);
}

/* From behind the opening fence to the closing one. */
static void run_block(run *r, osl_text *rest)
{
    osl_text line = {NULL, 0}, command = {NULL, 0}, want = {NULL, 0};
    for (;;) {
        osl_text before = *rest;
        if (!next_line(rest, &line))
            fail_msg("%s: a block that nothing closes", r->name);
        bool closes = begins(line, "```"), asks = begins(line, "$ ");
        if (!closes && !asks) {
            want.length += (size_t)(rest->bytes - before.bytes);
            continue;
        }
        if (command.bytes)
            run_command(r, command, want);
        osl_buf_put(&r->updated, line.bytes, line.length);
        osl_buf_put_byte(&r->updated, '\n');
        if (closes)
            return;
        command = (osl_text){line.bytes + 2, line.length - 2};
        want = (osl_text){rest->bytes, 0};
    }
}

static void run_document(run *r)
{
    char path[4096];
    osl_error err;
    osl_map map;
    (void)snprintf(path, sizeof path, "%s/%s", OSL_SOURCE_DIR, r->name);
    assert_ok(osl_map_open(&map, path, &err));
    osl_text rest = {(const char *)map.bytes, map.length}, line;
    while (next_line(&rest, &line)) {
        osl_buf_put(&r->updated, line.bytes, line.length);
        osl_buf_put_byte(&r->updated, '\n');
        if (osl_text_equal(line, osl_text_of("```console")))
            run_block(r, &rest);
    }
    osl_map_close(&map);
    if (getenv("OSL_UPDATE_EXAMPLES") && r->wrong) {
        osl_file *file;
        assert_ok(osl_file_create(&file, path, &err));
        osl_file_write(file, r->updated.bytes, r->updated.length);
        assert_ok(osl_file_close(file, &err));
    }
}

static void every_example_prints_what_it_says(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < COUNT_OF(documents); i++) {
        run r = {.name = documents[i]};
        char corpus[512];
        sandbox_make(&r.box);
        (void)snprintf(corpus, sizeof corpus, "%s/corpus", r.box.path);
        assert_int_equal(symlink(OSL_SOURCE_DIR "/corpus", corpus), 0);
        run_document(&r);
        print_message("%s: %u commands\n", r.name, r.commands);
        assert_true(r.commands > 3);
        wrong += r.wrong;
        result_clear(&r.got);
        osl_buf_clear(&r.updated);
        sandbox_remove(&r.box);
    }
    assert_int_equal(wrong, 0);
}

static void the_comparison_sees_what_differs(void **state)
{
    (void)state;
    static const struct {
        const char *want, *got;
        bool same;
    } cases[] = {
        {"a\nb\n", "a\nb\n", true},
        {"a\nb\n", "a\nc\n", false},
        {"a\n", "a\nb\n", false},
        {"a\nb\n", "a\n", false},
        {"a\n…\n", "a\nb\nc\n", true},
        {"…\nc\n", "a\nb\nc\n", true},
        {"…\nb\n", "a\nb\nc\n", false},
        {"in 3 ms\n", "in 14 ms\n", true},
        {"x  3.10  2024\n", "x  4.99  2024\n", true},
        {"3 ms of 5\n", "4 ms of 6\n", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (same_output(osl_text_of(cases[i].want),
                        osl_text_of(cases[i].got)) != cases[i].same)
            fail_msg("%s / %s", cases[i].want, cases[i].got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_comparison_sees_what_differs),
        cmocka_unit_test(every_example_prints_what_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
