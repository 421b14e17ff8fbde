/* SPDX-License-Identifier: MIT */
#include "tests/tools/command.h"

#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <regex.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/file.h"

/* ---- folders ----------------------------------------------------------- */

void sandbox_make(sandbox *out)
{
    const char *base = getenv("TMPDIR");
    (void)snprintf(out->path, sizeof out->path, "%s/osler-test-XXXXXX",
                   base && *base ? base : "/tmp");
    assert_non_null(mkdtemp(out->path));
}

static int remove_one(const char *path, const struct stat *what, int kind,
                      struct FTW *where)
{
    (void)what;
    (void)kind;
    (void)where;
    return remove(path);
}

void sandbox_remove(sandbox *box)
{
    assert_int_equal(nftw(box->path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void path_in(const sandbox *box, const char *name, char *out,
                    size_t size)
{
    int length = snprintf(out, size, "%s/%s", box->path, name);
    assert_true(length > 0 && (size_t)length < size);
}

void sandbox_write(const sandbox *box, const char *name, const void *bytes,
                   size_t length)
{
    char path[512];
    path_in(box, name, path, sizeof path);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

void sandbox_copy(const sandbox *box, const char *from, const char *name)
{
    osl_error err;
    osl_map map;
    assert_ok(osl_map_open(&map, from, &err));
    sandbox_write(box, name, map.bytes ? map.bytes : (const uint8_t *)"",
                  map.length);
    osl_map_close(&map);
}

/* ---- running ----------------------------------------------------------- */

static void read_all(const sandbox *box, const char *name, osl_buf *out)
{
    char path[512];
    osl_error err;
    osl_map map;
    path_in(box, name, path, sizeof path);
    osl_buf_reset(out);
    assert_ok(osl_map_open(&map, path, &err));
    if (map.length)
        osl_buf_put(out, map.bytes, map.length);
    osl_buf_put_byte(out, '\0');
    out->length--;
    osl_map_close(&map);
    assert_int_equal(unlink(path), 0);
    assert_false(out->failed);
}

static int wait_for(pid_t child)
{
    int how = 0;
    while (waitpid(child, &how, 0) < 0)
        assert_int_equal(errno, EINTR);
    return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
}

static int spawn(const sandbox *box, const char *program,
                 const char *const *arguments)
{
    posix_spawn_file_actions_t actions;
    pid_t child;
    if (!program)
        return -1;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(posix_spawn_file_actions_addchdir_np(&actions, box->path),
                     0);
    assert_int_equal(posix_spawn_file_actions_addopen(&actions, 0, "stdin.test",
                                                      O_RDONLY, 0),
                     0);
    assert_int_equal(
        posix_spawn_file_actions_addopen(&actions, 1, "stdout.test",
                                         O_WRONLY | O_CREAT | O_TRUNC, 0600),
        0);
    assert_int_equal(
        posix_spawn_file_actions_addopen(&actions, 2, "stderr.test",
                                         O_WRONLY | O_CREAT | O_TRUNC, 0600),
        0);
    assert_int_equal(posix_spawnp(&child, program, &actions, NULL,
                                  (char *const *)arguments, environ),
                     0);
    assert_int_equal(posix_spawn_file_actions_destroy(&actions), 0);
    return wait_for(child);
}

static void run_program(const sandbox *box, const char *program,
                        const char *const *arguments, const char *input,
                        result *out)
{
    char path[512];
    if (!input)
        input = "";
    sandbox_write(box, "stdin.test", input, strlen(input));
    out->code = spawn(box, program, arguments);
    read_all(box, "stdout.test", &out->out);
    read_all(box, "stderr.test", &out->err);
    path_in(box, "stdin.test", path, sizeof path);
    assert_int_equal(unlink(path), 0);
    /* The sanitizers' own exit must never pass for the command's. */
    if (strstr(err_of(out), "Sanitizer") ||
        strstr(err_of(out), "runtime error"))
        fail_msg("%s", err_of(out));
}

static const char *osler_path(void)
{
    const char *path = getenv("OSLER");
    assert_non_null(path);
    return path;
}

void run_osler(const sandbox *box, const char *const *arguments,
               const char *input, result *out)
{
    const char *all[ARGUMENTS_MAX + 2] = {osler_path()};
    size_t count = 1;
    for (; *arguments; arguments++) {
        assert_true(count <= ARGUMENTS_MAX);
        all[count++] = *arguments;
    }
    run_program(box, all[0], all, input, out);
}

void run_line(const sandbox *box, const char *line, result *out)
{
    char copy[1024];
    const char *words[ARGUMENTS_MAX + 1];
    size_t count = 0;
    assert_true(strlen(line) < sizeof copy);
    (void)snprintf(copy, sizeof copy, "%s", line);
    for (char *at = copy; *at;) {
        bool quoted = *at == '\'';
        char *end = strchr(at + quoted, quoted ? '\'' : ' ');
        assert_true(count < ARGUMENTS_MAX);
        words[count++] = at + quoted;
        if (!end)
            break;
        *end = '\0';
        at = end + 1;
        at += strspn(at, " ");
    }
    words[count] = NULL;
    run_osler(box, words, NULL, out);
}

void run_shell(const sandbox *box, const char *line, result *out)
{
    char script[4096];
    int length = snprintf(script, sizeof script,
                          "osler() { \"$OSLER\" \"$@\"; }\n%s\n", line);
    assert_true(length > 0 && (size_t)length < sizeof script);
    const char *const arguments[] = {"sh", "-c", script, NULL};
    run_program(box, "sh", arguments, NULL, out);
}

void result_clear(result *got)
{
    osl_buf_clear(&got->out);
    osl_buf_clear(&got->err);
}

const char *out_of(result *got)
{
    return (const char *)got->out.bytes;
}

const char *err_of(result *got)
{
    return (const char *)got->err.bytes;
}

bool text_fits(const char *text, const char *pattern)
{
    regex_t compiled;
    if (!pattern)
        return !*text;
    assert_int_equal(
        regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB | REG_NEWLINE), 0);
    bool got = regexec(&compiled, text, 0, NULL, 0) == 0;
    regfree(&compiled);
    return got;
}
