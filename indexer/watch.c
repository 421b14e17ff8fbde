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
 * still within. */
#include "indexer/update.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

enum {
    QUIET_MS = 400,
    PATIENCE_MS = 20000,
    RETRY_MS = 5000,
    LOOK_MS = 200 /* how often cancelled() is asked */
};

static const uint32_t mask = IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB |
                             IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                             IN_MOVED_TO | IN_MOVE_SELF | IN_ONLYDIR;

typedef struct watch {
    int fd;
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

static osl_status add_folder(void *user, const char *path, osl_error *err)
{
    const watch *w = user;
    if (inotify_add_watch(w->fd, path, mask) >= 0)
        return OSL_OK;
    if (errno == ENOSPC)
        return osl_fail(err, OSL_ELIMIT,
                        "%s: too many folders to follow; raise the system's "
                        "fs.inotify.max_user_watches",
                        path);
    if (errno == ENOMEM)
        return osl_fail(err, OSL_ENOMEM, "out of memory while following");
    return OSL_OK; /* gone meanwhile, or not to be read: the walk tells */
}

static void note_event(watch *w)
{
    w->last_ms = now_ms();
    if (w->first_ms == 0)
        w->first_ms = w->last_ms;
}

/* Takes what is in the queue. */
static osl_status drain(watch *w, osl_error *err)
{
    _Alignas(struct inotify_event) char events[16384];
    for (;;) {
        ssize_t length = read(w->fd, events, sizeof events);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0 && errno == EAGAIN)
            return OSL_OK;
        if (length <= 0)
            return osl_fail(err, OSL_EIO, "cannot follow folders: %s",
                            strerror(errno));
        for (const char *at = events; at < events + length;) {
            struct inotify_event event;
            memcpy(&event, at, sizeof event);
            if (event.mask & IN_MOVE_SELF)
                (void)inotify_rm_watch(w->fd, event.wd);
            if (!(event.mask & IN_IGNORED))
                note_event(w);
            at += sizeof event + event.len;
        }
    }
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

/* Until a burst is over, or OSL_ECANCELLED. */
static osl_status wait_for_burst(watch *w, osl_error *err)
{
    while (w->first_ms == 0 || time_left(w) > 0) {
        uint64_t left = w->first_ms == 0 ? LOOK_MS : time_left(w);
        struct pollfd events = {.fd = w->fd, .events = POLLIN};
        if (is_cancelled(w))
            return osl_fail(err, OSL_ECANCELLED, "stopped");
        int count = poll(&events, 1, (int)(left < LOOK_MS ? left : LOOK_MS));
        if (count < 0 && errno != EINTR)
            return osl_fail(err, OSL_EIO, "cannot follow folders: %s",
                            strerror(errno));
        osl_status status = count > 0 ? drain(w, err) : OSL_OK;
        if (status != OSL_OK)
            return status;
    }
    w->first_ms = 0;
    return OSL_OK;
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
    watch w = {.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC),
               .watcher = watcher};
    const osl_folder_visitor visitor = {&w, add_folder};
    osl_index_options later = *options;
    osl_update_order order = {index_path, paths,   path_count,
                              options,    watcher, &visitor};
    osl_index_report report;
    if (w.fd < 0)
        return osl_fail(err, OSL_EIO, "cannot follow folders: %s",
                        strerror(errno));
    osl_status status = osl_update_run(&order, &report, err);
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
    (void)close(w.fd);
    return status;
}
