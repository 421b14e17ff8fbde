/* SPDX-License-Identifier: MIT
 *
 * What no file of the project may be: large, or bound to one machine. */
#include "tests/house/tree.h"

#include "tests/test.h"

#define LARGEST_BYTES ((size_t)1 << 20)

/* Folders that exist on one person's machine. Written in two pieces, so that
 * this file does not find itself. */
static const char *const foreign[] = {
    "/wo"
    "rk/",
    "/ho"
    "me/",
    "/ro"
    "ot/",
    "/Us"
    "ers/",
};

static bool is_path_start(const char *text, const char *at)
{
    /* In "https://x.org/home/" it is a part of an address. */
    return at == text || !(at[-1] == '.' || at[-1] == '_' || at[-1] == '-' ||
                           at[-1] == '/' || at[-1] == '}' || at[-1] == '*' ||
                           (at[-1] >= '0' && at[-1] <= '9') ||
                           (at[-1] >= 'A' && at[-1] <= 'Z') ||
                           (at[-1] >= 'a' && at[-1] <= 'z'));
}

static const char *foreign_path(const char *text, size_t length)
{
    for (size_t i = 0; i < COUNT_OF(foreign); i++) {
        const char *at = text;
        while ((at = memmem(at, length - (size_t)(at - text), foreign[i],
                            strlen(foreign[i])))) {
            if (is_path_start(text, at))
                return foreign[i];
            at++;
        }
    }
    return NULL;
}

static void look_at_size(void *user, const char *path)
{
    unsigned *wrong = user;
    osl_map map;
    tree_map(&map, path);
    if (map.length > LARGEST_BYTES) {
        print_error("%s has %zu bytes\n", path, map.length);
        ++*wrong;
    }
    osl_map_close(&map);
}

static void look_at_paths(void *user, const char *path)
{
    unsigned *wrong = user;
    osl_map map;
    tree_map(&map, path);
    const char *name =
        map.length ? foreign_path((const char *)map.bytes, map.length) : NULL;
    if (name) {
        print_error("%s names the folder %s of some machine\n", path, name);
        ++*wrong;
    }
    osl_map_close(&map);
}

static void no_file_is_over_1_mb(void **state)
{
    (void)state;
    unsigned wrong = 0;
    tree_each(look_at_size, &wrong);
    assert_int_equal(wrong, 0);
}

static void no_file_names_a_folder_of_some_machine(void **state)
{
    (void)state;
    static const char bad[] = "see '/ho"
                              "me/anna/x'";
    static const char good[] = "https://a.org/ho"
                               "me/x";
    assert_non_null(foreign_path(bad, sizeof bad - 1));
    assert_null(foreign_path(good, sizeof good - 1));
    unsigned wrong = 0;
    tree_each(look_at_paths, &wrong);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_file_is_over_1_mb),
        cmocka_unit_test(no_file_names_a_folder_of_some_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
