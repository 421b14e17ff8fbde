/* SPDX-License-Identifier: MIT */
#include "core/base/file.h"

#include "core/base/buf.h"
#include "core/base/drain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A large page, and written where one begins: a file system that keeps what it
 * caches as it was written maps it as one, and a search misses no translation.
 */
enum { WINDOW = 2 << 20 };

/* As much of a file is sent to the disk at once while it is written: the last
 * sync waits for less than that, and a small file needs no thread. */
enum { DRAINED = 4 * WINDOW };

/* Up to here a file is read: a map of it, its fault and its end take longer. */
enum { ROOM = 1 << 20 };

struct osl_file {
    int fd;
    int code; /* errno of the first failure */
    size_t used;
    uint64_t flushed;
    char *path;
    uint8_t *window; /* grows up to WINDOW: small files touch little memory */
    size_t capacity;
    osl_drain *drain; /* owns; NULL: too little was written */
};

static osl_status fail_errno(osl_error *err, const char *path, const char *what,
                             int code)
{
    osl_status status = code == ENOENT || code == ENOTDIR ? OSL_ENOTFOUND
                        : code == ENOMEM                  ? OSL_ENOMEM
                                                          : OSL_EIO;
    return osl_fail(err, status, "%s: cannot %s: %s", path, what,
                    strerror(code));
}

/* The size of a regular file. */
static osl_status size_of(int fd, const char *path, size_t *size,
                          osl_error *err)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return fail_errno(err, path, "stat", errno);
    if (!S_ISREG(info.st_mode))
        return osl_fail(err, OSL_EINVAL, "%s: not a regular file", path);
    *size = (size_t)info.st_size;
    return OSL_OK;
}

static osl_status map_fd(osl_map *out, int fd, size_t size, const char *path,
                         osl_error *err)
{
    osl_map map = {NULL, size};
    if (size > 0) {
        void *bytes = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
        if (bytes == MAP_FAILED)
            return fail_errno(err, path, "map", errno);
        map.bytes = bytes;
    }
    *out = map;
    return OSL_OK;
}

static int open_to_read(const char *path)
{
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

osl_status osl_map_open(osl_map *out, const char *path, osl_error *err)
{
    size_t size = 0;
    int fd = open_to_read(path);
    if (fd < 0)
        return fail_errno(err, path, "open", errno);
    osl_status status = size_of(fd, path, &size, err);
    if (status == OSL_OK)
        status = map_fd(out, fd, size, path, err);
    if (close(fd) != 0 && status == OSL_OK) {
        osl_map_close(out);
        status = fail_errno(err, path, "close", errno);
    }
    return status;
}

osl_status osl_input_open(osl_input *out, const char *path, osl_error *err)
{
    osl_input input = {open_to_read(path), 0, path};
    if (input.fd < 0)
        return fail_errno(err, path, "open", errno);
    osl_status status = size_of(input.fd, path, &input.size, err);
    if (status == OSL_OK)
        *out = input;
    else
        (void)close(input.fd);
    return status;
}

osl_status osl_input_read(const osl_input *input, size_t offset, void *to,
                          size_t length, size_t *done, osl_error *err)
{
    *done = 0;
    while (*done < length) {
        ssize_t more = pread(input->fd, (uint8_t *)to + *done, length - *done,
                             (off_t)(offset + *done));
        if (more == 0)
            break;
        if (more > 0)
            *done += (size_t)more;
        else if (errno != EINTR)
            return fail_errno(err, input->path, "read", errno);
    }
    return OSL_OK;
}

osl_status osl_input_map(const osl_input *input, osl_map *out, osl_error *err)
{
    return map_fd(out, input->fd, input->size, input->path, err);
}

void osl_input_close(osl_input *input)
{
    (void)close(input->fd);
}

bool osl_map_fetch(const osl_map *map, size_t offset, size_t length)
{
#ifdef MADV_POPULATE_READ
    enum { PAGE = 4096 }; /* or a part of one, which is refused */
    uintptr_t from = (uintptr_t)map->bytes + offset, over = from % PAGE;
    return madvise((void *)(from - over), length + over, MADV_POPULATE_READ) ==
           0;
#else
    (void)map, (void)offset, (void)length;
    return false;
#endif
}

/* A file that ends before its size did is as long as it is. */
static osl_status read_whole(osl_contents *contents, int fd, size_t size,
                             const char *path, osl_error *err)
{
    const osl_input input = {fd, size, path};
    size_t length = 0;
    osl_status status =
        osl_input_read(&input, 0, contents->room, size, &length, err);
    if (status != OSL_OK)
        return status;
    contents->bytes = length > 0 ? contents->room : NULL;
    contents->length = length;
    return OSL_OK;
}

static osl_status take_contents(osl_contents *contents, int fd,
                                const char *path, osl_error *err)
{
    size_t size = 0;
    osl_status status = size_of(fd, path, &size, err);
    if (status != OSL_OK)
        return status;
    if (size <= ROOM) {
        if (!contents->room)
            contents->room = malloc(ROOM);
        return contents->room
                   ? read_whole(contents, fd, size, path, err)
                   : osl_fail(err, OSL_ENOMEM, "%s: out of memory", path);
    }
    status = map_fd(&contents->map, fd, size, path, err);
    contents->bytes = contents->map.bytes;
    contents->length = contents->map.length;
    return status;
}

/* To note when a file was read takes as long as to read it, where it is small:
 * its inode is written. */
static int open_unnoted(osl_contents *contents, const char *path)
{
    const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
    int fd = contents->is_noted ? -1 : open(path, flags | O_NOATIME);
    if (fd < 0 && (contents->is_noted || errno == EPERM)) {
        contents->is_noted = true;
        fd = open(path, flags);
    }
    return fd;
}

static void close_contents(osl_contents *contents)
{
    osl_map_close(&contents->map);
    contents->bytes = NULL;
    contents->length = 0;
}

osl_status osl_contents_open(osl_contents *contents, const char *path,
                             osl_error *err)
{
    close_contents(contents);
    int fd = open_unnoted(contents, path);
    if (fd < 0)
        return fail_errno(err, path, "open", errno);
    osl_status status = take_contents(contents, fd, path, err);
    if (close(fd) != 0 && status == OSL_OK)
        status = fail_errno(err, path, "close", errno);
    if (status != OSL_OK)
        close_contents(contents);
    return status;
}

void osl_contents_clear(osl_contents *contents)
{
    close_contents(contents);
    free(contents->room);
    contents->room = NULL;
}

void osl_map_close(osl_map *map)
{
    if (map->bytes)
        (void)munmap((void *)(uintptr_t)map->bytes, map->length);
    *map = (osl_map){0};
}

osl_status osl_file_create(osl_file **out, const char *path, osl_error *err)
{
    osl_file *file = calloc(1, sizeof *file);
    if (!file)
        return osl_fail(err, OSL_ENOMEM, "%s: out of memory", path);
    file->fd = -1;
    file->path = strdup(path);
    if (!file->path) {
        osl_file_abandon(file);
        return osl_fail(err, OSL_ENOMEM, "%s: out of memory", path);
    }
    file->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file->fd < 0) {
        int code = errno;
        osl_file_abandon(file);
        return fail_errno(err, path, "create", code);
    }
    *out = file;
    return OSL_OK;
}

static void write_through(osl_file *file, const uint8_t *bytes, size_t length)
{
    while (length > 0 && file->code == 0) {
        ssize_t done = write(file->fd, bytes, length);
        if (done < 0) {
            if (errno != EINTR)
                file->code = errno;
            continue;
        }
        bytes += done;
        length -= (size_t)done;
        file->flushed += (uint64_t)done;
    }
}

/* After a window was written. */
static void drain(osl_file *file)
{
    if (file->flushed % DRAINED != 0)
        return;
    if (!file->drain)
        file->drain = osl_drain_new(file->fd);
    osl_drain_go(file->drain);
}

static void flush_window(osl_file *file)
{
    size_t length = file->used;
    file->used = 0;
    write_through(file, file->window, length);
    if (file->code != 0 || length != WINDOW)
        return;
    /* Starts the disk early, so that syncs find little. */
    (void)sync_file_range(file->fd, (off_t)(file->flushed - length),
                          (off_t)length, SYNC_FILE_RANGE_WRITE);
    drain(file);
}

/* Bytes that the window still takes: up to where a large page ends. */
static size_t room_of(const osl_file *file)
{
    return WINDOW - (size_t)(file->flushed % WINDOW) - file->used;
}

/* In the window, for so many bytes more: what is large has all of it. */
static bool make_room(osl_file *file, size_t bytes)
{
    size_t wanted =
        file->used + bytes > WINDOW / 2 ? (size_t)WINDOW : file->used + bytes;
    if (!osl_grow(&file->window, &file->capacity, wanted, 1))
        file->code = ENOMEM;
    return file->code == 0;
}

void osl_file_write(osl_file *file, const void *bytes, size_t length)
{
    const uint8_t *from = bytes;
    while (length > 0 && file->code == 0) {
        size_t part = room_of(file);
        if (part > length)
            part = length;
        if (!make_room(file, part))
            return;
        memcpy(file->window + file->used, from, part);
        file->used += part;
        from += part;
        length -= part;
        if (room_of(file) == 0)
            flush_window(file);
    }
}

void osl_file_align(osl_file *file, size_t alignment)
{
    static const uint8_t zeros[64];
    size_t over = (size_t)(osl_file_offset(file) & (alignment - 1));
    for (size_t left = over ? alignment - over : 0; left > 0;) {
        size_t part = left < sizeof zeros ? left : sizeof zeros;
        osl_file_write(file, zeros, part);
        left -= part;
    }
}

uint64_t osl_file_offset(const osl_file *file)
{
    return file->flushed + file->used;
}

void osl_file_flush(osl_file *file)
{
    flush_window(file);
}

static void free_file(osl_file *file)
{
    free(file->window);
    free(file->path);
    free(file);
}

osl_status osl_file_close(osl_file *file, osl_error *err)
{
    flush_window(file);
    int code = osl_drain_end(file->drain);
    if (file->code == 0)
        file->code = code;
    if (file->code == 0 && fsync(file->fd) != 0)
        file->code = errno;
    if (close(file->fd) != 0 && file->code == 0)
        file->code = errno;
    osl_status status = OSL_OK;
    if (file->code != 0)
        status = fail_errno(err, file->path, "write", file->code);
    free_file(file);
    return status;
}

void osl_file_abandon(osl_file *file)
{
    if (!file)
        return;
    int ignored = osl_drain_end(file->drain);
    (void)ignored;
    if (file->fd >= 0) {
        (void)close(file->fd);
        (void)unlink(file->path);
    }
    free_file(file);
}

osl_status osl_file_rename(const char *from, const char *to, osl_error *err)
{
    if (rename(from, to) != 0)
        return fail_errno(err, from, "rename", errno);
    return OSL_OK;
}

osl_status osl_folder_sync(const char *path, osl_error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fail_errno(err, path, "open", errno);
    int code = fsync(fd) == 0 ? 0 : errno;
    if (close(fd) != 0 && code == 0)
        code = errno;
    return code == 0 ? OSL_OK : fail_errno(err, path, "fsync", code);
}
