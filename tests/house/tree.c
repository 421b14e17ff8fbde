/* SPDX-License-Identifier: MIT */
#include "tests/house/tree.h"

#include "tests/test.h"

#include <unistd.h>

/* One process for the whole list: git where it is, else find. */
static const char list_command[] =
    "cd '" OSL_SOURCE_DIR "' && { "
    "git ls-files -z --cached --others --exclude-standard 2>/dev/null || "
    "find . -path './build*' -prune -o -type f -printf '%P\\0'; }";

void tree_each(void (*each)(void *user, const char *path), void *user)
{
    /* The command is a constant of the build: nobody's input. */
    FILE *list = popen(list_command, "r"); // NOLINT(cert-env33-c)
    assert_non_null(list);
    char *path = NULL;
    size_t capacity = 0, count = 0;
    while (getdelim(&path, &capacity, '\0', list) > 0) {
        char full[4096];
        (void)snprintf(full, sizeof full, "%s/%s", OSL_SOURCE_DIR, path);
        if (access(full, R_OK) != 0)
            continue; /* deleted, not yet committed */
        each(user, path);
        count++;
    }
    free(path);
    assert_int_equal(pclose(list), 0);
    assert_true(count > 50);
}

void tree_map(osl_map *out, const char *path)
{
    osl_error err;
    char full[4096];
    int length = snprintf(full, sizeof full, "%s/%s", OSL_SOURCE_DIR, path);
    assert_true(length > 0 && (size_t)length < sizeof full);
    assert_ok(osl_map_open(out, full, &err));
}

bool tree_ends(const char *path, const char *suffix)
{
    size_t length = strlen(path), wanted = strlen(suffix);
    return length >= wanted && strcmp(path + length - wanted, suffix) == 0;
}
