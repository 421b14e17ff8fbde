/* SPDX-License-Identifier: MIT
 *
 * Sends a file to the disk while it is still written. A disk keeps what it is
 * given in a cache of its own, and the sync at the end waits for all of it, at
 * some 2 GB a second: a thread that only waits for the disk has it do most of
 * that meanwhile. */
#ifndef OSL_BASE_DRAIN_H
#define OSL_BASE_DRAIN_H

#include "core/core.h"

typedef struct osl_drain osl_drain;

/* Of an open file that can be written, which stays open until the end. NULL
 * where memory or a thread cannot be had: then all waits for the end. */
osl_drain *osl_drain_new(int fd);

/* Has what was written up to now sent, as soon as what is on its way is there.
 * Does not wait. By the thread that made it; NULL is fine. */
void osl_drain_go(osl_drain *drain);

/* Waits for what is on its way, ends the thread and frees; NULL is fine. Gives
 * the first failure's errno, or 0: the system may tell one but once, so it is
 * the file's. What came since the last sync is not on the disk. */
OSL_MUST_CHECK int osl_drain_end(osl_drain *drain);

#endif
