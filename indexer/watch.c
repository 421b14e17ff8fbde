/* SPDX-License-Identifier: MIT
 *
 * Follows folders. An event says only that something has happened: what, an
 * update finds out, which costs little where little has changed. So nothing
 * depends on the kernel's queue being whole; where it overflows, that is one
 * more event.
 *
 *     events ──▶ quiet for 0.4 s, or 20 s have passed ──▶ an update, whose
 *     walk adds a watch to each folder before it reads it ──▶ events …
 *
 * Watches are of folders, not of paths: one that has left the tree is given up
 * when it says that it has moved, and found again by the next walk if it is
 * still within. A named path that is not there has none, and is asked for again
 * and again. */
#include "indexer/update.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

enum {
    QUIET_MS = 400,
    PATIENCE_MS = 20000,
    RETRY_MS = 5000,
    LOOK_MS = 200, /* how often cancelled() is asked */
    PAUSE_MS = 20  /* how often events are taken, in a burst */
};

typedef struct watch {
    osl_events events;
    const osl_index_watcher *watcher;
    uint64_t first_ms, last_ms; /* of the burst at hand; 0: none */
} watch;

static uint64_t now_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u + 1;
}

static bool is_cancelled(const watch *w)
{
    return w->watcher && w->watcher->cancelled &&
           w->watcher->cancelled(w->watcher->user);
}

static void note_event(watch *w)
{
    w->last_ms = now_ms();
    if (w->first_ms == 0)
        w->first_ms = w->last_ms;
}

static osl_status take_events(watch *w, osl_error *err)
{
    bool any;
    osl_status status = osl_events_take(&w->events, &any, err);
    if (any || (w->first_ms == 0 && osl_events_are_due(&w->events)))
        note_event(w);
    return status;
}

/* Milliseconds until an update is due; 0: now. */
static uint64_t time_left(const watch *w)
{
    uint64_t now = now_ms();
    uint64_t quiet = w->last_ms + QUIET_MS;
    uint64_t patience = w->first_ms + PATIENCE_MS;
    uint64_t due = quiet < patience ? quiet : patience;
    return due > now ? due - now : 0;
}

/* Sleeps until something happens; within a burst a little while, whatever
 * happens: to wake for each event would cost more than it tells. */
static osl_status sleep_a_little(const watch *w, osl_error *err)
{
    bool is_burst = w->first_ms != 0;
    struct pollfd queue = {.fd = w->events.queue, .events = POLLIN};
    if (poll(&queue, !is_burst, is_burst ? PAUSE_MS : LOOK_MS) < 0 &&
        errno != EINTR)
        return osl_fail(err, OSL_EIO, "cannot follow folders: %s",
                        strerror(errno));
    return OSL_OK;
}

/* Until a burst is over, or OSL_ECANCELLED. */
static osl_status wait_for_burst(watch *w, osl_error *err)
{
    osl_status status = OSL_OK;
    while (status == OSL_OK && (w->first_ms == 0 || time_left(w) > 0)) {
        if (is_cancelled(w))
            return osl_fail(err, OSL_ECANCELLED, "stopped");
        status = sleep_a_little(w, err);
        if (status == OSL_OK)
            status = take_events(w, err);
    }
    w->first_ms = 0;
    return status;
}

/* What fails is tried again, even if nothing changes. */
static osl_status follow(watch *w, osl_update_order *order,
                         const osl_index_follower *follower, osl_error *err)
{
    osl_status status = OSL_OK;
    while (status == OSL_OK) {
        osl_index_report report;
        osl_error why = {0};
        osl_status ended = osl_update_run(order, &report, &why);
        if (ended == OSL_ECANCELLED)
            return osl_fail(err, ended, "%s", why.text);
        if (follower && follower->updated)
            follower->updated(follower->user, ended, &report, &why);
        if (ended != OSL_OK) {
            w->first_ms = now_ms();
            w->last_ms = w->first_ms + RETRY_MS;
        }
        status = wait_for_burst(w, err);
    }
    return status;
}

/* NOLINTNEXTLINE(readability-function-size): the seam, one call. */
osl_status osl_index_follow(const char *index_path, const char *const *paths,
                            size_t path_count, const osl_index_options *options,
                            const osl_index_watcher *watcher,
                            const osl_index_follower *follower, osl_error *err)
{
    watch w = {.watcher = watcher};
    osl_status status = osl_events_open(&w.events, err);
    if (status != OSL_OK)
        return status;
    osl_index_options later = *options;
    osl_update_order order = {index_path, paths,   path_count,
                              options,    watcher, &w.events};
    osl_index_report report;
    status = osl_update_run(&order, &report, err);
    if (status == OSL_OK) {
        if (follower && follower->updated)
            follower->updated(follower->user, status, &report, err);
        /* From now on all that is known, other roots of before included. */
        later.full = false;
        later.wait = true;
        order.options = &later;
        order.path_count = 0;
        status = follow(&w, &order, follower, err);
    }
    osl_events_close(&w.events);
    return status;
}
