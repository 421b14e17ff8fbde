/* SPDX-License-Identifier: MIT
 *
 * Manual pages and completions say what --help says: for every command the
 * same options, no more and no fewer. */
#include "tests/tools/command.h"

#include "tests/test.h"

#include <ctype.h>

#include "core/base/file.h"

#define NAMES_MAX 64

/* Words of options or commands, without their dashes. */
typedef struct names {
    char words[NAMES_MAX][32];
    size_t count;
} names;

static bool has(const names *all, const char *word)
{
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->words[i], word) == 0)
            return true;
    return false;
}

static void add(names *all, const char *from, size_t length)
{
    char word[32];
    assert_true(length < sizeof word);
    memcpy(word, from, length);
    word[length] = '\0';
    if (has(all, word))
        return;
    assert_true(all->count < NAMES_MAX);
    memcpy(all->words[all->count++], word, sizeof word);
}

static size_t name_length(const char *at)
{
    size_t length = 0;
    while (islower((unsigned char)at[length]) ||
           isdigit((unsigned char)at[length]) || (length && at[length] == '-'))
        length++;
    return length;
}

/* Adds what stands behind each `mark` in [at, end). */
static void add_behind(names *all, const char *at, const char *end,
                       const char *mark)
{
    while ((at = memmem(at, (size_t)(end - at), mark, strlen(mark)))) {
        at += strlen(mark);
        size_t length = name_length(at);
        if (length)
            add(all, at, length);
    }
}

/* A file of the project as a string, without troff's \ and \fB. */
static char *read_plain(const char *name)
{
    char path[4096];
    osl_error err;
    osl_map map;
    (void)snprintf(path, sizeof path, "%s/%s", OSL_SOURCE_DIR, name);
    assert_ok(osl_map_open(&map, path, &err));
    char *text = malloc(map.length + 1);
    assert_non_null(text);
    size_t length = 0;
    for (size_t i = 0; i < map.length; i++) {
        if (map.bytes[i] != '\\')
            text[length++] = (char)map.bytes[i];
        else if (i + 2 < map.length && map.bytes[i + 1] == 'f')
            i += 2;
    }
    text[length] = '\0';
    osl_map_close(&map);
    return text;
}

static void commands_of(const sandbox *box, names *out)
{
    result got = {0};
    run_line(box, "--help", &got);
    const char *at = strstr(out_of(&got), "ARG]...\n\n");
    assert_non_null(at);
    for (at = strstr(at, "\n\n") + 2; strncmp(at, "  ", 2) == 0;
         at = strchr(at, '\n') + 1)
        add(out, at + 2, name_length(at + 2));
    result_clear(&got);
    assert_true(out->count >= 6);
}

static void options_of(const sandbox *box, const char *command, names *out)
{
    result got = {0};
    char line[64];
    (void)snprintf(line, sizeof line, "%s --help", command);
    run_line(box, line, &got);
    assert_int_equal(got.code, 0);
    for (const char *at = out_of(&got); *at; at = strchr(at, '\n') + 1) {
        /* "  -k, --top N" or "      --offset N" */
        size_t blanks = strspn(at, " ");
        const char *name = strstr(at, "--");
        if (!name || name - at != 6)
            continue;
        if (blanks == 6 || (blanks == 2 && at[2] == '-'))
            add(out, name + 2, name_length(name + 2));
    }
    result_clear(&got);
    assert_true(out->count >= 7);
}

static unsigned differences(const char *where, const char *command,
                            const names *want, const names *got)
{
    unsigned wrong = 0;
    for (size_t i = 0; i < want->count; i++)
        if (!has(got, want->words[i])) {
            print_error("%s: %s has --%s too\n", where, command,
                        want->words[i]);
            wrong++;
        }
    for (size_t i = 0; i < got->count; i++)
        if (!has(want, got->words[i])) {
            print_error("%s: %s has no --%s\n", where, command, got->words[i]);
            wrong++;
        }
    return wrong;
}

static unsigned check_page(const char *command, const names *want)
{
    char name[64];
    names got = {.count = 0};
    (void)snprintf(name, sizeof name, "docs/man/osler-%s.1", command);
    char *text = read_plain(name);
    const char *from = strstr(text, ".SH OPTIONS");
    assert_non_null(from);
    const char *to = strstr(from + 1, "\n.SH ");
    assert_non_null(to);
    add_behind(&got, from, to, "--");
    free(text);
    return differences(name, command, want, &got);
}

/* In each shell's file, the part of a command: from its `open` to `close`. */
static unsigned check_completion(const char *name, const char *open_format,
                                 const char *close, const char *mark,
                                 const char *command, const names *want)
{
    char open[64];
    names got = {.count = 0};
    (void)snprintf(open, sizeof open, open_format, command);
    char *text = read_plain(name);
    const char *from = strstr(text, open);
    const char *to = from ? strstr(from, close) : NULL;
    if (from)
        add_behind(&got, from, to ? to : from + strlen(from), mark);
    free(text);
    return differences(name, command, want, &got);
}

static void pages_and_completions_have_the_options_of_help(void **state)
{
    (void)state;
    sandbox box;
    names commands = {.count = 0};
    unsigned wrong = 0;
    sandbox_make(&box);
    commands_of(&box, &commands);
    char *overview = read_plain("docs/man/osler.1");
    for (size_t i = 0; i < commands.count; i++) {
        const char *command = commands.words[i];
        names options = {.count = 0};
        char reference[64];
        options_of(&box, command, &options);
        wrong += check_page(command, &options);
        wrong +=
            check_completion("tools/completions/osler.bash", "\n    %s) echo",
                             ";;", " --", command, &options);
        wrong += check_completion("tools/completions/_osler", "\n    %s)\n",
                                  ";;", "--", command, &options);
        wrong += check_completion(
            "tools/completions/osler.fish",
            "complete -c osler -n '__fish_seen_subcommand_from %s'", "\n\n",
            " -l ", command, &options);
        (void)snprintf(reference, sizeof reference, ".BR osler-%s (1)",
                       command);
        if (!strstr(overview, reference))
            fail_msg("docs/man/osler.1 does not name %s", command);
    }
    free(overview);
    sandbox_remove(&box);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_and_completions_have_the_options_of_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
