/* SPDX-License-Identifier: MIT */
#include "indexer/publish.h"

#include "core/base/file.h"
#include "core/segment/catalog.h"
#include "core/segment/registry.h"
#include "core/segment/segment.h"
#include "indexer/strings.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while writing an index");
    return OSL_ENOMEM;
}

static char *file_with(const osl_folder *folder, const char *name,
                       const char *ending)
{
    osl_buf path = {0};
    osl_buf_printf(&path, "%s/%s%s", folder->path, name, ending);
    osl_buf_put_byte(&path, 0);
    if (!path.failed)
        return (char *)path.bytes;
    osl_buf_clear(&path);
    return NULL;
}

char *osl_folder_file(const osl_folder *folder, const char *name)
{
    return file_with(folder, name, "");
}

/* ---- names in the folder ------------------------------------------------ */

static osl_status fail_list(const osl_folder *folder, osl_error *err)
{
    return osl_fail(err,
                    errno == ENOMEM    ? OSL_ENOMEM
                    : errno == ENOTDIR ? OSL_EINVAL
                                       : OSL_EIO,
                    "%s: cannot open the index folder: %s", folder->path,
                    strerror(errno));
}

/* The next name; NULL behind the last, with errno 0, or where it cannot be
 * read. */
static const char *next_name(DIR *open)
{
    errno = 0;
    const struct dirent *entry = readdir(open);
    return entry ? entry->d_name : NULL;
}

/* ---- names -------------------------------------------------------------- */

/* "000017.seg", "000017.cat", "000017-000042.del", "000042.reg", "000042.in":
 * digits and dashes, then an ending of ours. */
static bool is_data_name(const char *name)
{
    static const char *const endings[] = {".seg", ".cat", ".del", ".reg",
                                          ".in"};
    size_t digits = strspn(name, "0123456789-");
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (digits >= 6 && strcmp(name + digits, endings[i]) == 0)
            return true;
    return false;
}

static bool is_manifest_name(const char *name)
{
    return strcmp(name, "manifest") == 0 || osl_manifest_generation(name) > 0;
}

static bool is_temporary_name(const char *name)
{
    char stem[64];
    size_t length = strlen(name);
    if (length < 5 || length >= sizeof stem ||
        strcmp(name + length - 4, ".tmp") != 0)
        return false;
    memcpy(stem, name, length - 4);
    stem[length - 4] = '\0';
    return is_data_name(stem) || is_manifest_name(stem);
}

static bool is_our_name(const char *name)
{
    return is_data_name(name) || is_manifest_name(name) ||
           is_temporary_name(name) || strcmp(name, "lock") == 0;
}

/* ---- manifests ---------------------------------------------------------- */

/* *below becomes the number of the newest kept manifest below it; 0 where
 * there is none. */
static osl_status newest_below(const osl_folder *folder, uint64_t *below,
                               osl_error *err)
{
    uint64_t newest = 0;
    DIR *open = opendir(folder->path);
    if (!open)
        return fail_list(folder, err);
    const char *name;
    while ((name = next_name(open))) {
        uint64_t generation = osl_manifest_generation(name);
        if (generation < *below && generation > newest)
            newest = generation;
    }
    osl_status status = errno == 0 ? OSL_OK : fail_list(folder, err);
    (void)closedir(open);
    *below = newest;
    return status;
}

static osl_status read_manifest(const osl_folder *folder, const char *name,
                                osl_manifest *out, osl_arena *arena,
                                osl_error *err)
{
    char *path = osl_folder_file(folder, name);
    osl_status status =
        path ? osl_manifest_read(out, path, arena, err) : no_memory(err);
    free(path);
    return status;
}

osl_status osl_folder_manifest(const osl_folder *folder, osl_manifest *out,
                               bool *found, osl_arena *arena, osl_error *err)
{
    osl_status status = read_manifest(folder, "manifest", out, arena, err);
    uint64_t below = UINT64_MAX;
    bool gone = status == OSL_ENOTFOUND;
    while (status == OSL_ENOTFOUND || status == OSL_ECORRUPT) {
        char name[32];
        osl_status listed = newest_below(folder, &below, err);
        if (listed != OSL_OK)
            return listed;
        if (below == 0)
            break;
        osl_manifest_name(name, below);
        status = read_manifest(folder, name, out, arena, err);
        gone = false;
    }
    *found = status == OSL_OK;
    return status == OSL_ENOTFOUND && gone ? OSL_OK : status;
}

/* ---- lock --------------------------------------------------------------- */

/* Another writer that is about to end is waited for in any case. */
enum { PATIENCE_MS = 10000, PAUSE_MS = 20 };

/* The process that signed the lock file; 0 where it is not there any more. */
static long find_holder(int fd)
{
    char line[32] = "";
    ssize_t length = pread(fd, line, sizeof line - 1, 0);
    long holder = length > 0 ? strtol(line, NULL, 10) : 0;
    bool is_alive =
        holder > 0 && (kill((pid_t)holder, 0) == 0 || errno == EPERM);
    return is_alive ? holder : 0;
}

static osl_status fail_busy(const osl_folder *folder, int fd, osl_error *err)
{
    char number[32] = "";
    long holder = find_holder(fd);
    if (holder > 0)
        (void)snprintf(number, sizeof number, ", number %ld,", holder);
    return osl_fail(err, OSL_EBUSY,
                    "%s: another process%s is writing this index; try again "
                    "when it is done, or use --wait",
                    folder->path, number);
}

static osl_status take_lock(const osl_folder *folder, int fd,
                            unsigned patience_ms,
                            const osl_index_watcher *watcher, osl_error *err)
{
    static const struct timespec pause = {0, PAUSE_MS * 1000000L};
    for (unsigned waited = 0;; waited += PAUSE_MS) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
            return OSL_OK;
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN && errno != EACCES)
            return osl_fail(err, OSL_EIO, "%s/lock: cannot lock: %s",
                            folder->path, strerror(errno));
        if (waited >= (patience_ms ? patience_ms : PATIENCE_MS) &&
            patience_ms != OSL_FOR_EVER)
            return fail_busy(folder, fd, err);
        if (watcher && watcher->cancelled && watcher->cancelled(watcher->user))
            return osl_fail(err, OSL_ECANCELLED, "cancelled");
        (void)nanosleep(&pause, NULL);
    }
}

/* Whether the file that is locked is still the one of that name: a writer that
 * made a folder for nothing removes both. */
static bool is_file_of(int fd, const char *name)
{
    struct stat held, named;
    return fstat(fd, &held) == 0 && stat(name, &named) == 0 &&
           held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

static osl_status open_lock(osl_folder *folder, const char *name,
                            unsigned patience_ms,
                            const osl_index_watcher *watcher, osl_error *err)
{
    enum { TRIES = 8 };
    for (int i = 0; i < TRIES; i++) {
        int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (fd < 0)
            return osl_fail(err, OSL_EIO, "%s: cannot open: %s", name,
                            strerror(errno));
        osl_status status = take_lock(folder, fd, patience_ms, watcher, err);
        if (status == OSL_OK && is_file_of(fd, name)) {
            folder->lock = fd + 1;
            return OSL_OK;
        }
        (void)close(fd);
        if (status != OSL_OK)
            return status;
    }
    return osl_fail(err, OSL_EIO, "%s: cannot lock: it is always removed",
                    name);
}

/* The holder's process number, for the message of the next one. It is always
 * as long: a file that is cut, and written, is written to the disk when it is
 * closed. */
static void sign_lock(const osl_folder *folder)
{
    char line[32];
    int fd = folder->lock - 1;
    int length = snprintf(line, sizeof line, "%010ld\n", (long)getpid());
    if (length > 0 && pwrite(fd, line, (size_t)length, 0) != length)
        (void)ftruncate(fd, 0); /* no name is better than half of one */
}

/* An index, or an empty folder; not a folder of other things. */
static osl_status check_folder(const osl_folder *folder, bool *is_index,
                               osl_error *err)
{
    DIR *open = opendir(folder->path);
    if (!open)
        return fail_list(folder, err);
    *is_index = false;
    bool has_others = false;
    const char *name;
    while ((name = next_name(open))) {
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        *is_index |= is_manifest_name(name);
        has_others |= !is_our_name(name);
    }
    osl_status status = errno == 0 ? OSL_OK : fail_list(folder, err);
    (void)closedir(open);
    if (status != OSL_OK)
        return status;
    if (has_others && !*is_index)
        return osl_fail(err, OSL_EINVAL,
                        "%s: holds other files and is no index; name an empty "
                        "or new folder",
                        folder->path);
    return OSL_OK;
}

/* Removes manifests of generations that were never published: a writer was
 * stopped between the two names of its manifest, and their numbers come
 * again. */
static osl_status clear_unpublished(const osl_folder *folder, osl_error *err)
{
    osl_arena arena = {0};
    osl_manifest manifest;
    uint64_t newest = UINT64_MAX;
    bool removed = false;
    osl_status status =
        read_manifest(folder, "manifest", &manifest, &arena, err);
    osl_arena_clear(&arena);
    if (status == OSL_ENOTFOUND || status == OSL_ECORRUPT)
        return OSL_OK; /* they are all there is */
    if (status != OSL_OK)
        return status;
    while ((status = newest_below(folder, &newest, err)) == OSL_OK &&
           newest > manifest.generation) {
        char name[32];
        osl_manifest_name(name, newest);
        char *path = osl_folder_file(folder, name);
        if (!path)
            return no_memory(err);
        if (unlink(path) != 0)
            status = osl_fail(err, OSL_EIO, "%s: cannot remove: %s", path,
                              strerror(errno));
        free(path);
        if (status != OSL_OK)
            return status;
        removed = true;
    }
    return status == OSL_OK && removed ? osl_folder_sync(folder->path, err)
                                       : status;
}

/* The name of a new folder is on the disk, too. */
static osl_status sync_parent(const osl_folder *folder, osl_error *err)
{
    char *path = osl_folder_file(folder, "..");
    osl_status status = path ? osl_folder_sync(path, err) : no_memory(err);
    free(path);
    return status;
}

/* What must be so before anything is written. */
static osl_status prepare(const osl_folder *folder, bool is_index,
                          osl_error *err)
{
    sign_lock(folder);
    osl_status status = is_index ? OSL_OK : sync_parent(folder, err);
    return status == OSL_OK ? clear_unpublished(folder, err) : status;
}

osl_status osl_folder_open(osl_folder *out, const char *path,
                           unsigned patience_ms,
                           const osl_index_watcher *watcher, osl_error *err)
{
    osl_folder folder = {.path = path, .watcher = watcher};
    bool is_index = false, is_new = mkdir(path, 0777) == 0;
    if (!is_new && errno != EEXIST)
        return osl_fail(err, OSL_EIO, "%s: cannot make the index folder: %s",
                        path, strerror(errno));
    char *name = osl_folder_file(&folder, "lock");
    osl_status status =
        name ? check_folder(&folder, &is_index, err) : no_memory(err);
    if (status == OSL_OK)
        status = open_lock(&folder, name, patience_ms, watcher, err);
    free(name);
    /* Another's folder by now, unless the lock is ours. */
    folder.is_new = is_new && folder.lock > 0;
    if (status == OSL_OK)
        status = prepare(&folder, is_index, err);
    if (status == OSL_OK) {
        *out = folder;
        return OSL_OK;
    }
    osl_folder_close(&folder);
    if (is_new)
        (void)rmdir(path); /* refused where another is at work in it */
    return status;
}

void osl_folder_close(osl_folder *folder)
{
    char *lock = folder->is_new ? osl_folder_file(folder, "lock") : NULL;
    if (lock) {
        /* rmdir refuses where something was published. */
        (void)unlink(lock);
        (void)rmdir(folder->path);
    }
    free(lock);
    if (folder->lock > 0)
        (void)close(folder->lock - 1);
    *folder = (osl_folder){0};
}

/* ---- publishing --------------------------------------------------------- */

osl_status osl_folder_write(const osl_folder *folder, const char *name,
                            osl_text bytes, osl_error *err)
{
    char *path = file_with(folder, name, ".tmp");
    osl_file *file = NULL;
    osl_status status =
        path ? osl_file_create(&file, path, err) : no_memory(err);
    if (status == OSL_OK) {
        osl_file_write(file, bytes.bytes, bytes.length);
        status = osl_file_close(file, err);
    }
    free(path);
    return status;
}

static osl_status rename_new(const osl_folder *folder, const char *name,
                             osl_error *err)
{
    char *from = file_with(folder, name, ".tmp");
    char *to = osl_folder_file(folder, name);
    osl_status status =
        from && to ? osl_file_rename(from, to, err) : no_memory(err);
    free(from);
    free(to);
    return status;
}

static osl_status identify_segment(const osl_folder *folder,
                                   osl_manifest_segment *named, osl_error *err)
{
    osl_segment *segment = NULL;
    char *path = osl_folder_file(folder, named->name.bytes);
    osl_status status =
        path ? osl_segment_open(&segment, path, osl_kernels_get(OSL_CPU_SCALAR),
                                err)
             : no_memory(err);
    if (status == OSL_OK)
        named->identity = osl_segment_identity(segment);
    osl_segment_free(segment);
    free(path);
    return status;
}

static osl_status identify_registry(const osl_folder *folder,
                                    osl_manifest *manifest, osl_error *err)
{
    osl_map map = {0};
    char *path = osl_folder_file(folder, manifest->registry.bytes);
    osl_status status = path ? osl_map_open(&map, path, err) : no_memory(err);
    if (status == OSL_OK)
        manifest->registry_hash =
            osl_registry_hash((osl_text){(const char *)map.bytes, map.length});
    osl_map_close(&map);
    free(path);
    return status;
}

/* Appends the manifest with what tells its files from any others. */
static osl_status encode(const osl_folder *folder, osl_manifest manifest,
                         osl_buf *out, osl_error *err)
{
    osl_arena arena = {0};
    osl_status status = OSL_OK;
    size_t count = manifest.segment_count;
    osl_manifest_segment *segments =
        osl_arena_zero(&arena, count, sizeof *segments);
    if (!segments)
        return no_memory(err);
    for (size_t i = 0; i < count && status == OSL_OK; i++) {
        segments[i] = manifest.segments[i];
        if (segments[i].identity == 0)
            status = identify_segment(folder, &segments[i], err);
    }
    if (status == OSL_OK && manifest.registry_hash == 0)
        status = identify_registry(folder, &manifest, err);
    manifest.segments = segments;
    if (status == OSL_OK) {
        osl_manifest_encode(out, &manifest);
        status = osl_buf_status(out, "a manifest", err);
    }
    osl_arena_clear(&arena);
    return status;
}

/* Writes the manifest as NAME and renames it, both synced but for the name. */
static osl_status put_manifest(const osl_folder *folder, const char *name,
                               osl_text bytes, osl_error *err)
{
    osl_status status = osl_folder_write(folder, name, bytes, err);
    return status == OSL_OK ? rename_new(folder, name, err) : status;
}

/* Lets the watcher look at the generation before it is one. */
static osl_status show_prepared(const osl_folder *folder, osl_text manifest,
                                osl_error *err)
{
    const osl_index_watcher *watcher = folder->watcher;
    if (!watcher || !watcher->prepared)
        return OSL_OK;
    osl_status status = osl_folder_write(folder, "manifest", manifest, err);
    return status == OSL_OK
               ? watcher->prepared(watcher->user, folder->path, err)
               : status;
}

/* First under its number: a copy of the folder that begins before the update
 * and ends behind it has the files of one generation under a name of theirs,
 * whichever `manifest` it got. */
osl_status osl_folder_publish(const osl_folder *folder,
                              const char *const *names,
                              const osl_manifest *manifest, osl_error *err)
{
    osl_buf bytes = {0};
    char name[32];
    osl_status status = OSL_OK;
    osl_manifest_name(name, manifest->generation);
    for (size_t i = 0; names[i] && status == OSL_OK; i++)
        status = rename_new(folder, names[i], err);
    if (status == OSL_OK)
        status = osl_folder_sync(folder->path, err);
    if (status == OSL_OK)
        status = encode(folder, *manifest, &bytes, err);
    if (status == OSL_OK)
        status = show_prepared(folder, osl_buf_text(&bytes), err);
    if (status == OSL_OK)
        status = put_manifest(folder, name, osl_buf_text(&bytes), err);
    if (status == OSL_OK)
        status = put_manifest(folder, "manifest", osl_buf_text(&bytes), err);
    if (status == OSL_OK)
        status = osl_folder_sync(folder->path, err);
    osl_buf_clear(&bytes);
    return status;
}

osl_status osl_folder_restore(const osl_folder *folder,
                              const osl_manifest *manifest, osl_error *err)
{
    static const char *const none[] = {NULL};
    osl_arena arena = {0};
    osl_manifest current;
    osl_error why;
    osl_status status =
        read_manifest(folder, "manifest", &current, &arena, &why);
    osl_arena_clear(&arena);
    return status == OSL_ENOTFOUND || status == OSL_ECORRUPT
               ? osl_folder_publish(folder, none, manifest, err)
               : OSL_OK;
}

/* ---- sweeping ----------------------------------------------------------- */

static bool keep_name(osl_strings *kept, osl_text name)
{
    uint32_t id;
    return name.length == 0 || osl_strings_add(kept, name, 0, &id);
}

/* A segment's file, and the catalog beside it. */
static bool keep_segment(osl_strings *kept, osl_text name)
{
    char *catalog = osl_catalog_path(name.bytes);
    bool done = catalog && keep_name(kept, name) &&
                keep_name(kept, osl_text_of(catalog));
    free(catalog);
    return done;
}

/* Adds what a manifest names, and its generation's own name. */
static osl_status keep_files(const osl_folder *folder, const char *name,
                             uint64_t *generation, osl_strings *kept,
                             osl_error *err)
{
    char numbered[32];
    osl_arena arena = {0};
    osl_manifest manifest = {0};
    osl_status status = read_manifest(folder, name, &manifest, &arena, err);
    bool done = true;
    if (status == OSL_OK) {
        *generation = manifest.generation;
        osl_manifest_name(numbered, manifest.generation);
        done = keep_name(kept, osl_text_of(numbered)) &&
               keep_name(kept, manifest.registry) &&
               keep_name(kept, manifest.input);
        for (size_t i = 0; i < manifest.segment_count && done; i++)
            done = keep_segment(kept, manifest.segments[i].name) &&
                   keep_name(kept, manifest.segments[i].deletions);
    }
    osl_arena_clear(&arena);
    return done ? status : no_memory(err);
}

/* The newest `keep` generations, the current one among them. Where its
 * manifest is damaged, the kept ones are all there is. */
static osl_status keep_generations(const osl_folder *folder, unsigned keep,
                                   osl_strings *kept, osl_error *err)
{
    uint64_t below = UINT64_MAX;
    osl_status status = keep_files(folder, "manifest", &below, kept, err);
    if (status != OSL_OK && status != OSL_ENOTFOUND)
        return status; /* what a damaged one names may still be saved */
    for (unsigned i = status == OSL_OK ? 1 : 0; i < keep; i++) {
        char name[32];
        uint64_t generation;
        status = newest_below(folder, &below, err);
        if (status != OSL_OK || below == 0)
            return status;
        osl_manifest_name(name, below);
        status = keep_files(folder, name, &generation, kept, err);
        if (status != OSL_OK && status != OSL_ECORRUPT)
            return status;
    }
    return OSL_OK;
}

/* What is not kept of the manifests, or of the other files. False where some
 * of it is still there. */
static bool remove_others(const osl_folder *folder, DIR *open,
                          const osl_strings *kept, bool manifests)
{
    const char *name;
    while ((name = next_name(open))) {
        if (strcmp(name, "lock") == 0 || strcmp(name, "manifest") == 0 ||
            !is_our_name(name) || is_manifest_name(name) != manifests ||
            osl_strings_find(kept, osl_text_of(name), 0) != UINT32_MAX)
            continue;
        char *path = osl_folder_file(folder, name);
        bool done = path && unlink(path) == 0;
        free(path);
        if (!done)
            return false;
    }
    return errno == 0;
}

void osl_folder_sweep(const osl_folder *folder, unsigned keep)
{
    osl_strings kept = {0};
    osl_status status = keep_generations(folder, keep, &kept, NULL);
    DIR *open = status == OSL_OK ? opendir(folder->path) : NULL;
    if (open) {
        /* Manifests go first, and for good: one that is there has its files,
         * also for a reader without a lock and after a loss of power. */
        if (remove_others(folder, open, &kept, true) &&
            osl_folder_sync(folder->path, NULL) == OSL_OK) {
            rewinddir(open);
            (void)remove_others(folder, open, &kept, false);
        }
        (void)closedir(open);
    }
    osl_strings_clear(&kept);
}
