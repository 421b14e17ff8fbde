/* SPDX-License-Identifier: MIT
 *
 * The project's own files, for tests that read them. */
#ifndef OSL_TESTS_HOUSE_TREE_H
#define OSL_TESTS_HOUSE_TREE_H

#include "core/base/file.h"
#include "core/core.h"

/* Calls `each` with the path relative to the project's folder of every file
 * that git tracks or would track; in a copy without git, of every file
 * outside build folders. Fails the test where there is none. */
void tree_each(void (*each)(void *user, const char *path), void *user);
/* The file's bytes; the test fails where it cannot be read. */
void tree_map(osl_map *out, const char *path);
/* Whether `path` ends in `suffix`. */
bool tree_ends(const char *path, const char *suffix);

#endif
