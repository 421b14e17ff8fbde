/* SPDX-License-Identifier: MIT
 *
 * Every header compiles alone: it includes what it needs. */
#include "tests/house/tree.h"

#include "tests/test.h"

#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

static const char compiler[] = OSL_COMPILER;

static bool compiles(const char *path)
{
    char full[4096];
    (void)snprintf(full, sizeof full, "%s/%s", OSL_SOURCE_DIR, path);
    /* What is of one level of kernels is compiled for it. */
    bool is_x86 = strstr(path, "kernels/x86/") != NULL;
    /* -include from an empty file: "#pragma once in main file" is no matter
     * then. Of unused statics clang warns all the same. */
    const char *const arguments[] = {compiler,
                                     "-std=c17",
                                     "-D_GNU_SOURCE",
                                     "-DOSL_GOLDEN_DIR=\"\"",
                                     "-DOSL_SAMPLE_DIR=\"\"",
                                     "-DOSL_SOURCE_DIR=\"\"",
                                     "-Wall",
                                     "-Wextra",
                                     "-Wpedantic",
                                     "-Wno-unused-function",
                                     "-Werror",
                                     "-fsyntax-only",
                                     is_x86 ? "-march=x86-64-v4" : "-O0",
                                     "-I",
                                     OSL_SOURCE_DIR,
                                     "-x",
                                     "c",
                                     "-include",
                                     full,
                                     "/dev/null",
                                     NULL};
    /* posix_spawn() takes char *const *, and writes none of them. */
    char *const *words = (char *const *)arguments;
    pid_t child;
    if (posix_spawnp(&child, compiler, NULL, NULL, words, environ) != 0)
        return false;
    int how = -1;
    while (waitpid(child, &how, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(how) && WEXITSTATUS(how) == 0;
}

struct found {
    unsigned headers, broken;
};

static void look_at_file(void *user, const char *path)
{
    struct found *found = user;
    if (!tree_ends(path, ".h"))
        return;
#ifndef __x86_64__
    if (strstr(path, "kernels/x86/"))
        return;
#endif
    found->headers++;
    if (!compiles(path)) {
        print_error("%s does not compile alone\n", path);
        found->broken++;
    }
}

static void every_header_compiles_alone(void **state)
{
    (void)state;
    struct found found = {0};
    tree_each(look_at_file, &found);
    print_message("%u headers\n", found.headers);
    assert_true(found.headers > 15);
    assert_int_equal(found.broken, 0);
}

static void a_file_that_is_no_c_does_not(void **state)
{
    (void)state;
    assert_false(compiles("README.md"));
    assert_false(compiles("core/there-is-none.h"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_header_compiles_alone),
        cmocka_unit_test(a_file_that_is_no_c_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
