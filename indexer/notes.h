/* SPDX-License-Identifier: MIT
 *
 * What a try of an update has to tell, kept until it is known that it is not
 * tried again: nothing is told twice.
 *
 * Threads: called from one thread at a time, as a watcher is. */
#ifndef OSL_INDEXER_NOTES_H
#define OSL_INDEXER_NOTES_H

#include "core/base/arena.h"
#include "indexer/indexer.h"

typedef struct osl_note {
    const char *path, *reason;
    uint32_t line;
    bool skipped;
} osl_note;

/* Caller's storage; osl_notes_init() before, osl_notes_clear() behind. */
typedef struct osl_notes {
    osl_index_watcher watcher; /* to be told */
    const osl_index_watcher *to;
    osl_arena arena;
    osl_note *at; /* owns */
    size_t count, capacity;
    bool out_of_memory;
} osl_notes;

/* `to` may be NULL; borrowed, as `notes` is by the watcher in it. */
void osl_notes_init(osl_notes *notes, const osl_index_watcher *to);
void osl_notes_forget(osl_notes *notes);
/* Tells all of it, in order, and forgets it. Where memory has run out the last
 * word says that some is missing. */
void osl_notes_tell(osl_notes *notes);
void osl_notes_clear(osl_notes *notes);

#endif
