/* SPDX-License-Identifier: MIT
 *
 * A file for what does not fit the memory at hand: it has no name by the time
 * it has content, and is gone with its last map. What is put one behind the
 * other is then mapped and read; or it is room that is written to at any place.
 * Either way the system may write its pages out and take them.
 *
 * Threads: a spill belongs to one thread; what is mapped of it may be read by
 * others. */
#ifndef OSL_BASE_SPILL_H
#define OSL_BASE_SPILL_H

#include "core/base/buf.h"
#include "core/base/file.h"
#include "core/core.h"

/* Caller's storage; all zero is "not open". */
typedef struct osl_spill {
    bool is_open;
    int fd;
    int code;   /* errno of the first failure */
    char *path; /* that it had, for messages; owns */
    osl_buf window;
    osl_map map; /* of what was put */
    void *room;
    size_t room_bytes;
} osl_spill;

/* Makes the file `path`, which is unlinked at once. On failure nothing is
 * open. OSL_EIO, OSL_ENOMEM. */
OSL_MUST_CHECK osl_status osl_spill_open(osl_spill *out, const char *path,
                                         osl_error *err);
/* Behind what was put before. Sticky: after a failure, as of a full disk,
 * nothing is put and osl_spill_read() tells. */
void osl_spill_put(osl_spill *spill, const void *bytes, size_t length);
/* All that was put, from *out on (NULL where it is nothing), until the close;
 * nothing more is put. */
OSL_MUST_CHECK osl_status osl_spill_read(osl_spill *spill, const void **out,
                                         osl_error *err);
/* Zero bytes to be written to at any place, until the close; of a spill in
 * which nothing was put, once. The disk has room for them, or OSL_EIO. */
OSL_MUST_CHECK osl_status osl_spill_room(osl_spill *spill, size_t bytes,
                                         void **out, osl_error *err);
void osl_spill_close(osl_spill *spill); /* one that is not open is fine */

#endif
