/* SPDX-License-Identifier: MIT
 *
 * What a person at a terminal sees and a script does not: progress, colours,
 * links, folded lines. The command runs on a pseudo-terminal. */
#include "tests/tools/command.h"

#include "tests/test.h"

#include <errno.h>
#include <pty.h>
#include <regex.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- a terminal -------------------------------------------------------- */

typedef struct terminal {
    const char *term;     /* $TERM */
    const char *no_color; /* $NO_COLOR; NULL: not set */
    unsigned short columns;
} terminal;

static const terminal xterm = {"xterm-256color", NULL, 100};

static void begin_child(const sandbox *box, const terminal *on,
                        const char *line)
{
    char script[4096];
    (void)snprintf(script, sizeof script,
                   "osler() { \"$OSLER\" \"$@\"; }\n%s\n", line);
    if (chdir(box->path) != 0 || setenv("TERM", on->term, 1) != 0 ||
        (on->no_color ? setenv("NO_COLOR", on->no_color, 1)
                      : unsetenv("NO_COLOR")) != 0)
        _exit(126);
    (void)execlp("sh", "sh", "-c", script, (char *)NULL);
    _exit(127);
}

/* Runs a line of the shell on a terminal and gives what it showed there, ended
 * by NUL; returns its exit code. */
static int run_on(const terminal *on, const sandbox *box, const char *line,
                  osl_buf *shown)
{
    struct winsize size = {.ws_row = 30, .ws_col = on->columns};
    int master, how = 0;
    osl_buf_reset(shown);
    pid_t child = forkpty(&master, NULL, NULL, &size);
    assert_true(child >= 0);
    if (child == 0)
        begin_child(box, on, line);
    for (;;) {
        uint8_t bytes[4096];
        ssize_t got = read(master, bytes, sizeof bytes);
        if (got > 0)
            osl_buf_put(shown, bytes, (size_t)got);
        else if (got == 0 || errno != EINTR)
            break; /* EIO: nobody is at the other end any more */
    }
    osl_buf_put_byte(shown, '\0');
    while (waitpid(child, &how, 0) < 0)
        assert_int_equal(errno, EINTR);
    assert_int_equal(close(master), 0);
    assert_false(shown->failed);
    if (strstr((const char *)shown->bytes, "Sanitizer"))
        fail_msg("%s", (const char *)shown->bytes);
    return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
}

static bool fits(const osl_buf *shown, const char *pattern)
{
    regex_t compiled;
    assert_int_equal(regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB), 0);
    bool got = regexec(&compiled, (const char *)shown->bytes, 0, NULL, 0) == 0;
    regfree(&compiled);
    return got;
}

static void expect(const osl_buf *shown, const char *pattern, bool wanted)
{
    if (fits(shown, pattern) != wanted)
        fail_msg("%s %s in:\n%s", pattern, wanted ? "is not" : "is",
                 (const char *)shown->bytes);
}

static double seconds(void)
{
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- progress ---------------------------------------------------------- */

#define WIPE "\r\033\\[K"

/* Progress comes ten times a second at most: not within a short run, but in
 * one of this many seconds, however busy the machine. */
#define LONG_ENOUGH 5.0

/* In files of a thousand each: progress counts files, and pieces of a large
 * one. */
static void put_records(const sandbox *box, unsigned count)
{
    osl_buf out = {0};
    char path[512];
    (void)snprintf(path, sizeof path, "%s/in", box->path);
    assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
    for (unsigned i = 0; i < count; i++) {
        char record[512];
        int length = snprintf(
            record, sizeof record,
            "{\"id\":\"r%u\",\"text\":\"Oxygen at %u litres a minute is given "
            "to every patient with acute severe asthma, until the saturation "
            "is between 94 and 98 percent and stays there; measure it again "
            "in an hour, and once more before the patient goes home.\"}\n",
            i, i % 15);
        osl_buf_put(&out, record, (size_t)length);
        assert_false(out.failed);
        if ((i + 1) % 1000 > 0)
            continue;
        (void)snprintf(path, sizeof path, "in/%u.jsonl", i / 1000);
        sandbox_write(box, path, out.bytes, out.length);
        osl_buf_reset(&out);
    }
    osl_buf_clear(&out);
}

static void put_queries(const sandbox *box, unsigned count)
{
    osl_buf out = {0};
    for (unsigned i = 0; i < count; i++) {
        char query[64];
        int length = snprintf(query, sizeof query,
                              "q%u\toxygen saturation asthma %u\n", i, i % 15);
        osl_buf_put(&out, query, (size_t)length);
    }
    assert_false(out.failed);
    sandbox_write(box, "queries.tsv", out.bytes, out.length);
    osl_buf_clear(&out);
}

/* Doubles the work until the pattern is shown. */
static void expect_at_length(const sandbox *box, const char *line,
                             void (*put)(const sandbox *box, unsigned count),
                             unsigned count, const char *pattern,
                             osl_buf *shown)
{
    for (double spent = 0;; count *= 2) {
        put(box, count);
        double before = seconds();
        if (run_on(&xterm, box, line, shown) != 0)
            fail_msg("%s:\n%s", line, (const char *)shown->bytes);
        spent = seconds() - before;
        if (fits(shown, pattern))
            return;
        if (spent > LONG_ENOUGH || count > 1u << 22)
            expect(shown, pattern, true);
    }
}

static void progress_has_a_rate_and_the_time_left(void **state)
{
    (void)state;
    sandbox box;
    result got = {0};
    osl_buf shown = {0};
    sandbox_make(&box);
    expect_at_length(
        &box, "osler index --full in", put_records, 3000,
        WIPE "[0-9,]+ documents, [0-9,]+ paragraphs, [0-9.]+ [kMG]?B of "
             "[0-9.]+ [kMG]?B, [0-9.]+ [kMG]?B/s, [0-9]+ s left",
        &shown);
    /* It makes room for the last line. */
    expect(&shown, WIPE "[0-9,]+ documents \\(\\+", true);
    assert_int_equal(run_on(&xterm, &box, "osler index -q --full in", &shown),
                     0);
    assert_string_equal((const char *)shown.bytes, "");

    expect_at_length(&box, "osler batch queries.tsv > run.trec", put_queries,
                     32, WIPE "[0-9,]+ queries, [0-9,]+/s, [0-9]+ s left",
                     &shown);
    expect(&shown, WIPE "$", true);

    /* The same files, as a script runs it. */
    run_line(&box, "index --full in", &got);
    assert_int_equal(got.code, 0);
    assert_string_equal(err_of(&got), "");
    run_line(&box, "batch queries.tsv", &got);
    assert_int_equal(got.code, 0);
    assert_string_equal(err_of(&got), "");
    result_clear(&got);
    osl_buf_clear(&shown);
    sandbox_remove(&box);
}

/* ---- colours and links ------------------------------------------------- */

#define COLOUR "\033\\[[0-9;]*m"
#define LINK   "\033\\]8;;https://[^\033]+\033\\\\"

static const struct {
    terminal on;
    const char *line;
    bool colour, link;
} cases[] = {
    {{"xterm-256color", NULL, 100}, "osler search ketoacidosis", true, true},
    {{"xterm-256color", "", 100}, "osler search ketoacidosis", true, true},
    {{"xterm-256color", "1", 100}, "osler search ketoacidosis", false, true},
    {{"xterm-256color", "1", 100},
     "osler search --color always ketoacidosis",
     true,
     true},
    {{"linux", NULL, 100}, "osler search ketoacidosis", true, false},
    {{"dumb", NULL, 100}, "osler search ketoacidosis", false, false},
    {{"", NULL, 100}, "osler search ketoacidosis", false, false},
    {{"xterm-256color", NULL, 100},
     "osler search --color never ketoacidosis",
     false,
     false},
    {{"xterm-256color", NULL, 100},
     "osler search ketoacidosis | cat",
     false,
     false},
    {{"xterm-256color", NULL, 100},
     "osler search --color always ketoacidosis | cat",
     true,
     false},
    {{"xterm-256color", NULL, 100},
     "osler show type-2-diabetes.md",
     true,
     true},
    {{"xterm-256color", "1", 100},
     "osler show type-2-diabetes.md",
     false,
     true},
    {{"xterm-256color", NULL, 100},
     "osler search --json ketoacidosis",
     false,
     false},
};

static void colours_and_links_are_for_terminals_that_show_them(void **state)
{
    (void)state;
    sandbox box;
    osl_buf shown = {0};
    sandbox_make(&box);
    assert_int_equal(
        run_on(&xterm, &box, "osler index -q " OSL_SAMPLE_DIR, &shown), 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        print_message("%s, TERM %s\n", cases[i].line, cases[i].on.term);
        assert_int_equal(run_on(&cases[i].on, &box, cases[i].line, &shown), 0);
        assert_non_null(strstr((const char *)shown.bytes, "etoacidosis"));
        expect(&shown, COLOUR, cases[i].colour);
        expect(&shown, LINK, cases[i].link);
        if (!cases[i].colour && !strstr(cases[i].line, "show") &&
            !strstr(cases[i].line, "json"))
            expect(&shown, "\\*\\*ketoacidosis\\*\\*", true);
    }
    osl_buf_clear(&shown);
    sandbox_remove(&box);
}

/* ---- lines ------------------------------------------------------------- */

/* The most columns that a line takes: without escapes, a character each. */
static unsigned widest(const osl_buf *shown)
{
    unsigned most = 0, columns = 0;
    for (const uint8_t *at = shown->bytes; *at; at++) {
        if (*at == '\n' || *at == '\r') {
            columns = 0;
        } else if (*at == '\033' && at[1] == ']') {
            while (!(at[0] == '\033' && at[1] == '\\'))
                at++;
            at++;
        } else if (*at == '\033') {
            while (*at != 'm' && *at != 'K')
                at++;
        } else {
            columns += (*at & 0xC0) != 0x80;
        }
        most = columns > most ? columns : most;
    }
    return most;
}

static void lines_are_folded_at_the_width(void **state)
{
    (void)state;
    static const unsigned short widths[] = {50, 72, 120};
    sandbox box;
    osl_buf shown = {0};
    sandbox_make(&box);
    assert_int_equal(
        run_on(&xterm, &box, "osler index -q " OSL_SAMPLE_DIR, &shown), 0);
    for (size_t i = 0; i < COUNT_OF(widths); i++) {
        terminal on = xterm;
        on.columns = widths[i];
        assert_int_equal(run_on(&on, &box, "osler show asthma.html", &shown),
                         0);
        assert_in_range(widest(&shown), widths[i] / 2, widths[i]);
    }
    osl_buf_clear(&shown);
    sandbox_remove(&box);
}

/* What a guideline holds never steers the terminal. */
static void control_bytes_of_texts_do_not_reach_the_terminal(void **state)
{
    (void)state;
    static const char text[] =
        "{\"id\":\"1\",\"title\":\"Red \\u001b[31malert\",\"url\":"
        "\"https://x.example/\\u0007\\u001b]0;own\",\"text\":\"Give oxygen "
        "\\u001b[2J\\u0007\\u009b5m \\u202e now\"}\n";
    sandbox box;
    osl_buf shown = {0};
    sandbox_make(&box);
    sandbox_write(&box, "a.jsonl", text, sizeof text - 1);
    assert_int_equal(run_on(&xterm, &box, "osler index -q a.jsonl", &shown), 0);
    static const char *const lines[] = {"osler search oxygen", "osler show 1"};
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        assert_int_equal(run_on(&xterm, &box, lines[i], &shown), 0);
        assert_non_null(strstr((const char *)shown.bytes, "alert"));
        expect(&shown, "\033\\[31m|\033\\[2J|\a|\033\\]0|\xC2\x9B|\xE2\x80\xAE",
               false);
    }
    osl_buf_clear(&shown);
    sandbox_remove(&box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(progress_has_a_rate_and_the_time_left),
        cmocka_unit_test(colours_and_links_are_for_terminals_that_show_them),
        cmocka_unit_test(lines_are_folded_at_the_width),
        cmocka_unit_test(control_bytes_of_texts_do_not_reach_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
