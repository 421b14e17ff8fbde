/* SPDX-License-Identifier: MIT
 *
 * osler batch over many queries: its memory does not grow with their number,
 * many threads give what one gives, and a terminal sees how far it is. */
#include "tests/tools/command.h"

#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const questions[] = {"relapse bone marrow",
                                        "\"isolated CNS relapse\"",
                                        "+stroke -aspirin",
                                        "title:asthma",
                                        "HSCT",
                                        "a OR (b NEAR/3 c)",
                                        "asthmaa nosuchword",
                                        "treat*",
                                        "\"unclosed phrase of",
                                        "evidence:A treatment"};

/* `count` lines "number, tab, question". */
static void write_queries(const sandbox *box, const char *name, unsigned count)
{
    osl_buf lines = {0};
    for (unsigned i = 0; i < count; i++)
        osl_buf_printf(&lines, "%u\t%s\n", i,
                       questions[i % COUNT_OF(questions)]);
    assert_false(lines.failed);
    sandbox_write(box, name, lines.bytes, lines.length);
    osl_buf_clear(&lines);
}

static void make_index(sandbox *box)
{
    result got = {0};
    sandbox_make(box);
    run_line(box, "index -q " OSL_SAMPLE_DIR, &got);
    assert_int_equal(got.code, 0);
    result_clear(&got);
}

/* ---- memory ------------------------------------------------------------ */

/* Most memory, in KB, that a batch over the file held at once. */
static long peak_of(const sandbox *box, const char *name)
{
    struct rusage used;
    int how = 0;
    const char *program = getenv("OSLER");
    if (!program) {
        fail_msg("OSLER does not name the command");
        return 0;
    }
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        /* Freed memory that the sanitizer keeps back would grow. */
        bool ready = null >= 0 && dup2(null, STDOUT_FILENO) >= 0 &&
                     chdir(box->path) == 0 &&
                     setenv("ASAN_OPTIONS",
                            "quarantine_size_mb=1:"
                            "thread_local_quarantine_size_kb=64",
                            1) == 0;
        if (ready)
            (void)execl(program, "osler", "batch", "-q", "-j", "2", name,
                        (char *)NULL);
        _exit(99);
    }
    while (wait4(child, &how, 0, &used) < 0)
        assert_int_equal(errno, EINTR);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), 0);
    return used.ru_maxrss;
}

static void memory_does_not_grow_with_the_queries(void **state)
{
    (void)state;
    enum { FEW = 300, MANY = 6000, SLACK_KB = 8192 };
    sandbox box;
    make_index(&box);
    write_queries(&box, "few.tsv", FEW);
    write_queries(&box, "many.tsv", MANY);
    long few = peak_of(&box, "few.tsv"), many = peak_of(&box, "many.tsv");
    print_message("%d queries: %ld KB, %d: %ld KB\n", FEW, few, MANY, many);
    assert_true(many < few + SLACK_KB);
    sandbox_remove(&box);
}

/* ---- order ------------------------------------------------------------- */

static void any_number_of_threads_prints_the_same(void **state)
{
    (void)state;
    static const char *const formats[] = {"trec", "tsv", "jsonl"};
    sandbox box;
    make_index(&box);
    write_queries(&box, "queries.tsv", 400);
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        result one = {0}, many = {0};
        char line[128];
        (void)snprintf(line, sizeof line,
                       "batch -k 5 -j 1 --format %s queries.tsv", formats[i]);
        run_line(&box, line, &one);
        (void)snprintf(line, sizeof line,
                       "batch -k 5 -j 5 --format %s queries.tsv", formats[i]);
        run_line(&box, line, &many);
        assert_int_equal(one.code, 0);
        assert_true(one.out.length > 10000);
        assert_string_equal(out_of(&one), out_of(&many));
        result_clear(&one);
        result_clear(&many);
    }
    sandbox_remove(&box);
}

/* ---- progress ---------------------------------------------------------- */

/* Runs the line for the shell with a terminal as standard error; what the
 * terminal saw is appended to `seen`. */
static void run_on_terminal(const sandbox *box, const char *line, osl_buf *seen)
{
    char bytes[4096];
    int how = 0, terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(terminal >= 0);
    assert_int_equal(grantpt(terminal), 0);
    assert_int_equal(unlockpt(terminal), 0);
    /* Kept open, so that what the child wrote last is not lost with it. */
    int other = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(other >= 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (dup2(other, STDERR_FILENO) >= 0 && chdir(box->path) == 0)
            (void)execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(99);
    }
    for (bool alive = true, more = true; alive || more;) {
        struct pollfd ready = {.fd = terminal, .events = POLLIN};
        more = poll(&ready, 1, 20) == 1;
        if (more) {
            ssize_t length = read(terminal, bytes, sizeof bytes);
            assert_true(length > 0);
            osl_buf_put(seen, bytes, (size_t)length);
        }
        if (alive)
            alive = waitpid(child, &how, WNOHANG) == 0;
    }
    (void)close(other);
    (void)close(terminal);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), 0);
    osl_buf_put_byte(seen, '\0');
    assert_false(seen->failed);
}

static void a_terminal_sees_how_far_it_is(void **state)
{
    (void)state;
    static const char line[] = "(cat some.tsv; sleep 0.3; cat some.tsv) | "
                               "\"$OSLER\" batch %s -j 1 - >/dev/null";
    sandbox box;
    osl_buf shown = {0}, quiet = {0};
    char command[256];
    make_index(&box);
    write_queries(&box, "some.tsv", 20);
    (void)snprintf(command, sizeof command, line, "");
    run_on_terminal(&box, command, &shown);
    assert_non_null(strstr((char *)shown.bytes, " queries, "));
    assert_non_null(strstr((char *)shown.bytes, "/s"));
    (void)snprintf(command, sizeof command, line, "-q");
    run_on_terminal(&box, command, &quiet);
    assert_null(strstr((char *)quiet.bytes, "queries"));
    osl_buf_clear(&shown);
    osl_buf_clear(&quiet);
    sandbox_remove(&box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_does_not_grow_with_the_queries),
        cmocka_unit_test(any_number_of_threads_prints_the_same),
        cmocka_unit_test(a_terminal_sees_how_far_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
