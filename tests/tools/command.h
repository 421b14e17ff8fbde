/* SPDX-License-Identifier: MIT
 *
 * Runs the built command ($OSLER) in a folder of its own, and keeps what it
 * printed. Every helper fails the test where it cannot do its work. */
#ifndef OSL_TESTS_TOOLS_COMMAND_H
#define OSL_TESTS_TOOLS_COMMAND_H

#include "core/base/buf.h"
#include "core/core.h"

/* A folder below the system's temporary one; removed by sandbox_remove(). */
typedef struct sandbox {
    char path[256];
} sandbox;

void sandbox_make(sandbox *out);
void sandbox_remove(sandbox *box);
/* Writes a file into it. */
void sandbox_write(const sandbox *box, const char *name, const void *bytes,
                   size_t length);
void sandbox_copy(const sandbox *box, const char *from, const char *name);

#define ARGUMENTS_MAX 24

typedef struct result {
    int code; /* of exit; 128 + signal where one ended it */
    osl_buf out, err;
} result;

/* Runs `osler arguments…` (NULL-ended) in the folder, with `input` (may be
 * NULL) as standard input; *out is cleared first. */
void run_osler(const sandbox *box, const char *const *arguments,
               const char *input, result *out);
/* The words of `line`, split at blanks; 'quotes' keep blanks. */
void run_line(const sandbox *box, const char *line, result *out);
/* A line for the shell, with `osler` in its path. */
void run_shell(const sandbox *box, const char *line, result *out);
void result_clear(result *got);

/* Whether a line of `text` fits an extended regular expression; NULL: whether
 * it is empty. */
bool text_fits(const char *text, const char *pattern);

/* NUL-terminated; borrowed until the next run. */
const char *out_of(result *got);
const char *err_of(result *got);

#endif
