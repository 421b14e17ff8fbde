/* SPDX-License-Identifier: MIT */
#include "indexer/events.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { WHOLE_MS = 600000, PLACES_MAX = 1 << 20 };

static const uint32_t mask = IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB |
                             IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                             IN_MOVED_TO | IN_MOVE_SELF | IN_ONLYDIR;

/* Of the file at a place: whether it came there since the last look began, and
 * was written since. */
enum { CAME = 1, WRITTEN = 2 };

static uint64_t now_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

osl_status osl_events_open(osl_events *out, osl_error *err)
{
    int queue = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (queue < 0)
        return osl_fail(err, OSL_EIO, "cannot follow folders: %s",
                        strerror(errno));
    *out = (osl_events){
        .queue = queue,
        .mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC),
        .is_whole = true,
    };
    return OSL_OK;
}

static void forget_places(osl_events *e)
{
    osl_strings_clear(&e->places);
    e->states.count = 0;
    e->move.cookie = 0;
}

void osl_events_close(osl_events *e)
{
    for (size_t i = 0; i < e->folder_count; i++)
        free(e->folders[i].path);
    free(e->folders);
    forget_places(e);
    free(e->states.at);
    osl_buf_clear(&e->path);
    osl_strings_clear(&e->always);
    osl_strings_clear(&e->missed);
    osl_strings_clear(&e->linked);
    osl_strings_clear(&e->linked_before);
    if (e->mounts >= 0)
        (void)close(e->mounts);
    (void)close(e->queue);
}

void osl_events_doubt(osl_events *e)
{
    e->is_whole = true;
}

bool osl_events_are_doubtful(const osl_events *e)
{
    return e->is_whole;
}

/* ---- folders ------------------------------------------------------------ */

/* Where a watch stands, or would: the system counts them up. */
static size_t folder_place(const osl_events *e, int watch)
{
    size_t low = 0, high = e->folder_count;
    if (high > 0 && e->folders[high - 1].watch < watch)
        return high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (e->folders[middle].watch < watch)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static osl_followed_folder *find_folder(const osl_events *e, int watch)
{
    size_t at = folder_place(e, watch);
    return at < e->folder_count && e->folders[at].watch == watch
               ? &e->folders[at]
               : NULL;
}

static void drop_folder(osl_events *e, size_t at)
{
    free(e->folders[at].path);
    memmove(&e->folders[at], &e->folders[at + 1],
            (e->folder_count - at - 1) * sizeof *e->folders);
    e->folder_count--;
}

static bool is_below(const osl_followed_folder *folder, osl_text path)
{
    return folder->length >= path.length &&
           memcmp(folder->path, path.bytes, path.length) == 0 &&
           (folder->length == path.length || folder->path[path.length] == '/');
}

/* Folders that `path` meant no longer have their paths; where they are still in
 * the tree, the next look finds them. */
static void leave_folders(osl_events *e, osl_text path)
{
    size_t kept = 0;
    for (size_t i = 0; i < e->folder_count; i++) {
        osl_followed_folder *folder = &e->folders[i];
        if (is_below(folder, path)) {
            (void)inotify_rm_watch(e->queue, folder->watch);
            free(folder->path);
        } else {
            e->folders[kept++] = *folder;
        }
    }
    e->folder_count = kept;
}

/* Folders that the last whole look has not met. */
static void leave_unmet_folders(osl_events *e)
{
    size_t kept = 0;
    for (size_t i = 0; i < e->folder_count; i++) {
        osl_followed_folder *folder = &e->folders[i];
        if (folder->look != e->look) {
            (void)inotify_rm_watch(e->queue, folder->watch);
            free(folder->path);
        } else {
            e->folders[kept++] = *folder;
        }
    }
    e->folder_count = kept;
}

/* Notes that a watch is of the folder of this path: a new one, or one that has
 * come here. */
static bool note_folder(osl_events *e, int watch, const char *path)
{
    size_t at = folder_place(e, watch), length = strlen(path);
    osl_followed_folder *folder = find_folder(e, watch);
    char *copy = NULL;
    if (folder && strcmp(folder->path, path) == 0) {
        folder->look = e->look;
        return true;
    }
    if (length >= UINT32_MAX || !(copy = strdup(path)))
        return false;
    if (folder) {
        free(folder->path);
    } else if (!osl_grow(&e->folders, &e->folder_capacity, e->folder_count + 1,
                         sizeof *e->folders)) {
        free(copy);
        return false;
    } else {
        memmove(&e->folders[at + 1], &e->folders[at],
                (e->folder_count - at) * sizeof *e->folders);
        e->folder_count++;
    }
    e->folders[at] =
        (osl_followed_folder){watch, e->look, copy, (uint32_t)length};
    return true;
}

static osl_status visit(void *user, const char *path, osl_error *err)
{
    osl_events *e = user;
    int watch = inotify_add_watch(e->queue, path, mask);
    if (watch >= 0 && note_folder(e, watch, path))
        return OSL_OK;
    if (watch >= 0 || errno == ENOMEM)
        return osl_fail(err, OSL_ENOMEM, "out of memory while following");
    if (errno == ENOSPC)
        return osl_fail(err, OSL_ELIMIT,
                        "%s: too many folders to follow; raise the system's "
                        "fs.inotify.max_user_watches",
                        path);
    return OSL_OK; /* gone meanwhile, or not to be read: the walk tells */
}

bool osl_events_hold(const osl_events *e, const char *path)
{
    /* The same folder has the same watch. Another one gets a watch that nobody
     * knows of until the whole look, which comes at once. */
    int watch = inotify_add_watch(e->queue, path, mask);
    const osl_followed_folder *folder =
        watch >= 0 ? find_folder(e, watch) : NULL;
    return folder && strcmp(folder->path, path) == 0;
}

/* ---- what a walk meets -------------------------------------------------- */

static osl_text inode_key(const uint64_t *inode)
{
    return (osl_text){(const char *)inode, sizeof *inode};
}

static bool is_linked(const osl_strings *inodes, const uint64_t *inode)
{
    return inodes->count > 0 &&
           osl_strings_find(inodes, inode_key(inode), 0) != UINT32_MAX;
}

/* All names of a file that had several are looked at each time; of one that has
 * several now, only this one may be known. */
static bool meet_names(osl_events *e, uint64_t inode)
{
    uint32_t number;
    if (!is_linked(&e->linked_before, &inode))
        osl_events_doubt(e);
    return osl_strings_add(&e->linked, inode_key(&inode), 0, &number);
}

void osl_events_meet(osl_events *e, osl_oddity kind, const char *path,
                     uint64_t inode)
{
    uint32_t number;
    bool noted = true;
    if (kind != OSL_ODD_TANGLE)
        noted = osl_strings_add(&e->always, osl_text_of(path), 0, &number);
    if (kind == OSL_ODD_NAMES)
        noted &= meet_names(e, inode);
    if (kind == OSL_ODD_TANGLE)
        osl_events_doubt(e); /* a look that was partial is to be whole */
    e->is_tangled |= kind == OSL_ODD_TANGLE || !noted;
}

static void meet(void *user, osl_oddity kind, const char *path, uint64_t inode)
{
    osl_events_meet(user, kind, path, inode);
}

osl_folder_visitor osl_events_visitor(osl_events *e)
{
    return (osl_folder_visitor){e, visit, meet};
}

/* ---- places ------------------------------------------------------------- */

/* What is known of the file there; NULL, and doubt, when memory is out or there
 * are too many. */
static uint8_t *add_place(osl_events *e, osl_text path)
{
    uint32_t number;
    if (e->places.count < PLACES_MAX &&
        osl_strings_add(&e->places, path, 0, &number) &&
        (number < e->states.count || osl_list8_add(&e->states, 0)))
        return &e->states.at[number];
    osl_events_doubt(e);
    return NULL;
}

/* A file is no longer where it was. What was written and is gone may have other
 * names, which have changed, too. Of what was there when the last look began
 * they are known. */
static void lose(osl_events *e, uint8_t state)
{
    if (state == (CAME | WRITTEN))
        osl_events_doubt(e);
}

static void lose_moved(osl_events *e)
{
    if (e->move.cookie != 0)
        lose(e, e->move.state);
    e->move.cookie = 0;
}

/* An event of a file, of which is known what `state` says. */
static void follow_file(osl_events *e, const struct inotify_event *event,
                        uint8_t *state)
{
    if (event->mask & (IN_CLOSE_WRITE | IN_MODIFY))
        *state |= WRITTEN;
    if (event->mask & IN_MOVED_FROM) {
        lose_moved(e);
        e->move = (osl_event_move){event->cookie, *state};
    } else if (event->mask & (IN_DELETE | IN_CREATE | IN_MOVED_TO)) {
        lose(e, *state);
    }
    if (event->mask & (IN_DELETE | IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO))
        *state = CAME;
    if (event->mask & IN_MOVED_TO && e->move.cookie != 0 &&
        e->move.cookie == event->cookie) {
        *state |= e->move.state & WRITTEN;
        e->move.cookie = 0;
    }
}

static void follow_name(osl_events *e, const osl_followed_folder *folder,
                        const struct inotify_event *event, const char *name)
{
    osl_buf_reset(&e->path);
    osl_buf_put(&e->path, folder->path, folder->length);
    if (*name && !(folder->length == 1 && *folder->path == '/'))
        osl_buf_put_byte(&e->path, '/');
    osl_buf_put_text(&e->path, osl_text_of(name));
    osl_text path = osl_buf_text(&e->path);
    if (e->path.failed) {
        osl_buf_clear(&e->path);
        osl_events_doubt(e);
        return;
    }
    if (event->mask & IN_ISDIR && event->mask & IN_MOVED_FROM)
        leave_folders(e, path);
    uint8_t *state = add_place(e, path);
    if (state && !(event->mask & IN_ISDIR))
        follow_file(e, event, state);
}

/* Where all will be looked at, only watches that have ended matter. */
static void follow_event(osl_events *e, const struct inotify_event *event,
                         const char *name)
{
    const osl_followed_folder *folder = find_folder(e, event->wd);
    if (event->mask & (IN_Q_OVERFLOW | IN_UNMOUNT))
        osl_events_doubt(e);
    if (event->mask & IN_MOVE_SELF && folder)
        osl_events_doubt(e); /* nobody who follows it has said so before */
    if (event->mask & IN_IGNORED) {
        if (folder && !e->is_whole)
            follow_name(e, folder, event, "");
        if (folder)
            drop_folder(e, (size_t)(folder - e->folders));
        return;
    }
    if (e->is_whole || event->mask & IN_MOVE_SELF)
        return;
    if (folder)
        follow_name(e, folder, event, name);
    else
        osl_events_doubt(e);
}

osl_status osl_events_take(osl_events *e, bool *any, osl_error *err)
{
    _Alignas(struct inotify_event) char events[65536];
    *any = false;
    for (;;) {
        ssize_t length = read(e->queue, events, sizeof events);
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
            at += sizeof event;
            follow_event(e, &event, event.len > 0 ? at : "");
            *any |= !(event.mask & IN_IGNORED);
            at += event.len;
        }
    }
}

bool osl_events_are_waiting(const osl_events *e)
{
    struct pollfd queue = {.fd = e->queue, .events = POLLIN};
    return poll(&queue, 1, 0) != 0;
}

/* ---- what gives no event ------------------------------------------------ */

void osl_events_miss(osl_events *e, const char *path)
{
    uint32_t number;
    osl_text with_end = {path, strlen(path) + 1};
    if (!osl_strings_add(&e->missed, with_end, 0, &number))
        e->is_tangled = true; /* no memory for it */
}

void osl_events_miss_nothing(osl_events *e)
{
    osl_strings_clear(&e->missed);
}

static bool is_long_ago(const osl_events *e)
{
    return e->is_settled && now_ms() - e->whole_ms > WHOLE_MS;
}

bool osl_events_are_due(const osl_events *e)
{
    struct stat info;
    for (uint32_t i = 0; i < e->missed.count; i++)
        if (stat(osl_strings_text(&e->missed, i).bytes, &info) == 0)
            return true;
    return is_long_ago(e);
}

/* ---- looks -------------------------------------------------------------- */

/* Since it was asked last. */
static bool have_mounts_changed(const osl_events *e)
{
    struct pollfd mounts = {.fd = e->mounts, .events = POLLPRI};
    return e->mounts >= 0 && poll(&mounts, 1, 0) != 0;
}

static void add_always(osl_events *e)
{
    for (uint32_t i = 0; i < e->always.count; i++)
        if (!add_place(e, osl_strings_text(&e->always, i)))
            return;
}

osl_status osl_events_begin(osl_events *e, uint64_t generation,
                            uint64_t created_us, bool *whole, osl_error *err)
{
    bool any;
    osl_status status = osl_events_take(e, &any, err);
    if (status != OSL_OK)
        return status;
    lose_moved(e);
    if (!e->is_settled || e->is_tangled || e->generation != generation ||
        e->created_us != created_us || is_long_ago(e) || have_mounts_changed(e))
        osl_events_doubt(e);
    if (!e->is_whole)
        add_always(e);
    osl_strings_clear(&e->always);
    osl_strings_clear(&e->linked_before);
    e->linked_before = e->linked;
    e->linked = (osl_strings){0};
    *whole = e->is_whole;
    if (!e->is_whole)
        return OSL_OK;
    e->is_tangled = false;
    forget_places(e);
    e->look++;
    return OSL_OK;
}

void osl_events_end(osl_events *e, bool well, uint64_t generation,
                    uint64_t created_us)
{
    forget_places(e);
    e->is_settled = well;
    if (!well || !e->is_whole) {
        e->is_whole |= !well;
    } else {
        leave_unmet_folders(e);
        e->whole_ms = now_ms();
        e->is_whole = false;
    }
    e->generation = generation;
    e->created_us = created_us;
}
