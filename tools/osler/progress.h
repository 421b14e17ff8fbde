/* SPDX-License-Identifier: MIT
 *
 * How far a long run is, on a terminal alone: one line on standard error,
 * written over. */
#ifndef OSL_TOOLS_OSLER_PROGRESS_H
#define OSL_TOOLS_OSLER_PROGRESS_H

#include "core/core.h"

/* Caller's storage; the members are its own. */
typedef struct osl_progress {
    bool terminal, shown;
    double started, last;           /* seconds */
    uint64_t bytes, expected_bytes; /* read so far, of the file; 0: unknown */
} osl_progress;

/* `file` is the descriptor that is read: a file has a length, a pipe none. */
void osl_progress_begin(osl_progress *progress, bool quiet, int file);
/* `count` things are done, the last of which took `bytes` of the input. */
void osl_progress_show(osl_progress *progress, const char *things,
                       uint64_t count, size_t bytes);
/* Before anything else is said, and at the end. */
void osl_progress_wipe(osl_progress *progress);

#endif
