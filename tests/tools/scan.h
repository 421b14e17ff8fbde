/* SPDX-License-Identifier: MIT
 *
 * Looks at the text of every paragraph that an index stores. */
#ifndef OSL_TESTS_TOOLS_SCAN_H
#define OSL_TESTS_TOOLS_SCAN_H

#include "core/core.h"

typedef struct scan_count {
    uint64_t paragraphs, dirty;
} scan_count;

/* Where dirt stands: "FILE:LINE", what it is, and the text around it. */
typedef void scan_tell(void *user, const char *place, const char *what,
                       osl_text around);

/* Scans the newest generation of the index folder `path`. Below `root` (NULL:
 * unknown) stand its sources: a paragraph may hold U+FFFD where its source
 * does, or is no UTF-8. Without a root U+FFFD is not looked at. Records may
 * hold citation marks: their text is left as it is. */
OSL_MUST_CHECK osl_status scan_index(const char *path, const char *root,
                                     scan_tell *tell, void *user,
                                     scan_count *count, osl_error *err);

#endif
