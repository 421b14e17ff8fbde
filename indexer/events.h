/* SPDX-License-Identifier: MIT
 *
 * What the system tells of folders that are followed (inotify), and what an
 * update has to look at because of it.
 *
 *   (watch, name) ──▶ the folder's path ──▶ a place: PATH/NAME
 *
 * A partial look is at these places, and at all that is below them; the rest is
 * as it was when it was looked at last. That holds because each folder is
 * watched before it is read, so that what happens behind a look is an event of
 * the next one, and because a place is only a name: what is there, the look
 * finds out. inotify(7) lists what events do not say; in each of these cases,
 * and wherever else there is doubt, the look is whole:
 *
 *   - the queue has overflowed; a folder that is followed was moved, and nobody
 *     said whence; a watch is not of a folder that is known; something was
 *     mounted or unmounted; memory ran out; an update failed
 *   - somebody else has published a generation
 *   - a file has got another name (it was written under one and changed under
 *     all) or may have had one: something that was written is gone, and what
 *     it was, nobody knows
 *   - folders are in the tree more than once (links): which of their paths
 *     counts depends on the others
 *   - the last whole look is more than ten minutes ago: what is written through
 *     a name outside of the tree, or by another machine, gives no event
 *
 * Links to files, files of several names, and what may not be read now are
 * looked at each time.
 *
 * Threads: one at a time. */
#ifndef OSL_INDEXER_EVENTS_H
#define OSL_INDEXER_EVENTS_H

#include "indexer/list.h"
#include "indexer/sources.h"
#include "indexer/strings.h"

typedef struct osl_followed_folder {
    int watch;
    uint32_t look;   /* the last whole one that met it */
    char *path;      /* owns */
    uint32_t length; /* of the path */
} osl_followed_folder;

/* A file that has lost its name, until it is known whether it got another. */
typedef struct osl_event_move {
    uint32_t cookie; /* 0: none */
    uint8_t state;
} osl_event_move;

/* Caller's storage. */
typedef struct osl_events {
    int queue;  /* inotify's */
    int mounts; /* says when something was mounted; -1: nobody says */
    osl_followed_folder *folders; /* by watch, rising; owns */
    size_t folder_count, folder_capacity;
    osl_strings places; /* paths */
    osl_list8 states;   /* of the file at each */
    osl_buf path;       /* scratch */
    osl_event_move move;
    osl_strings always; /* places of each look */
    osl_strings missed; /* paths that the last look has not found */
    /* Inodes of files of several names: all that this look and that before
     * have met. */
    osl_strings linked, linked_before;
    bool is_whole;   /* the next look, or that at hand, is to be whole */
    bool is_tangled; /* folders are in the tree more than once */
    bool is_settled; /* a look has ended well: */
    uint64_t generation, created_us; /* what it saw */
    uint64_t whole_ms;               /* when the last whole one was */
    uint32_t look;
} osl_events;

/* OSL_EIO where the system has no such thing to give. */
OSL_MUST_CHECK osl_status osl_events_open(osl_events *out, osl_error *err);
void osl_events_close(osl_events *events);

/* Takes what is in the queue; *any: something has happened. */
OSL_MUST_CHECK osl_status osl_events_take(osl_events *events, bool *any,
                                          osl_error *err);
/* Whether something is in the queue. */
bool osl_events_are_waiting(const osl_events *events);

/* What no event says: a path that was missed is there, or all is to be looked at
 * again after so long. */
bool osl_events_are_due(const osl_events *events);

/* Begins a look, at the sources of a generation: takes what is in the queue;
 * *whole: everything is to be looked at. */
OSL_MUST_CHECK osl_status osl_events_begin(osl_events *events,
                                           uint64_t generation,
                                           uint64_t created_us, bool *whole,
                                           osl_error *err);
/* The look at hand, or the next one, is to be whole. */
void osl_events_doubt(osl_events *events);
bool osl_events_are_doubtful(const osl_events *events);
/* Whether the folder of this path is still the one that is followed. */
bool osl_events_hold(const osl_events *events, const char *path);
/* All that was begun since the last end has led to this generation, or to
 * nothing: then the next look is whole. */
void osl_events_end(osl_events *events, bool well, uint64_t generation,
                    uint64_t created_us);

/* A known folder or file is not there, nor a folder that would tell of it;
 * first, that nothing is known to be missed. */
void osl_events_miss(osl_events *events, const char *path);
void osl_events_miss_nothing(osl_events *events);
/* A place that is odd, beside those that the walk meets. */
void osl_events_meet(osl_events *events, osl_oddity kind, const char *path,
                     uint64_t inode);
/* The visitor of a look's walk: folders are followed before they are read. */
osl_folder_visitor osl_events_visitor(osl_events *events);

#endif
