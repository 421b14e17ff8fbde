/* SPDX-License-Identifier: MIT */
#include "tests/faults/layer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Names that the linker chooses; with 64 where offsets of files have so many
 * bits. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
#define WRAPPED(type, name, arguments) \
    type __real_##name arguments;      \
    type __wrap_##name arguments

WRAPPED(void *, malloc, (size_t size));
WRAPPED(void *, calloc, (size_t count, size_t size));
WRAPPED(void *, realloc, (void *old, size_t size));
WRAPPED(void *, aligned_alloc, (size_t alignment, size_t size));
WRAPPED(int, open64, (const char *path, int flags, ...));
WRAPPED(int, close, (int fd));
WRAPPED(ssize_t, read, (int fd, void *to, size_t length));
WRAPPED(ssize_t, pread64, (int fd, void *to, size_t length, off_t offset));
WRAPPED(ssize_t, write, (int fd, const void *from, size_t length));
WRAPPED(ssize_t, pwrite64,
        (int fd, const void *from, size_t length, off_t offset));
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
WRAPPED(int, ftruncate64, (int fd, off_t length));
WRAPPED(int, fcntl64, (int fd, int command, ...));
WRAPPED(int, rename, (const char *from, const char *to));
WRAPPED(int, unlink, (const char *path));
WRAPPED(int, rmdir, (const char *path));
WRAPPED(int, mkdir, (const char *path, mode_t mode));
WRAPPED(int, stat64, (const char *path, struct stat *info));
WRAPPED(int, lstat64, (const char *path, struct stat *info));
WRAPPED(int, fstat64, (int fd, struct stat *info));
WRAPPED(int, fstatat64,
        (int fd, const char *path, struct stat *info, int flags));
WRAPPED(void *, mmap64,
        (void *at, size_t length, int protection, int flags, int fd,
         off_t offset));
WRAPPED(DIR *, opendir, (const char *path));
WRAPPED(struct dirent *, readdir64, (DIR * folder));
WRAPPED(int, sync_file_range,
        (int fd, off64_t offset, off64_t length, unsigned flags));

static fault_plan plan;
static bool armed, memory_armed, hit;
static _Atomic uint64_t calls;
static uint64_t memory_at;
static bool memory_forever;
static const char *call_name;
static const fault_listener *listener;
static int64_t time_grain; /* nanoseconds; 0: none */

void faults_arm(const fault_plan *new_plan)
{
    plan = *new_plan;
    calls = 0;
    hit = false;
    call_name = "";
    armed = true;
}

void faults_arm_memory(uint64_t at, bool forever)
{
    memory_at = at;
    memory_forever = forever;
    calls = 0;
    hit = false;
    call_name = "malloc";
    memory_armed = true;
}

uint64_t faults_disarm(void)
{
    armed = memory_armed = false;
    return calls;
}

bool faults_hit(void)
{
    return hit;
}

const char *faults_call(void)
{
    return call_name;
}

void faults_listen(const fault_listener *to)
{
    listener = to;
}

void faults_round_times(int64_t grain_ns)
{
    time_grain = grain_ns;
}

/* ---- the plan ----------------------------------------------------------- */

static bool is_writing(const char *name)
{
    static const char *const names[] = {"write", "pwrite", "fsync",    "open",
                                        "mkdir", "rename", "fdatasync"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* Whether it is a call that such a fault happens to. */
static bool is_counted(const char *name, bool can_be_short)
{
    if (plan.kind == FAULT_SHORT)
        return can_be_short;
    return plan.kind != FAULT_ERROR || plan.code != ENOSPC || is_writing(name);
}

/* Whether this call comes to nothing. */
static bool must_fail(const char *name, bool can_be_short)
{
    if (!armed || !is_counted(name, can_be_short))
        return false;
    uint64_t n = ++calls;
    if (n < plan.at || plan.kind == FAULT_NONE ||
        (n > plan.at && !plan.forever))
        return false;
    if (plan.kind == FAULT_KILL)
        (void)raise(SIGKILL);
    if (!hit)
        call_name = name;
    hit = true;
    errno = plan.code;
    return true;
}

static bool memory_fails(void)
{
    if (!memory_armed)
        return false;
    uint64_t n = ++calls;
    if (n < memory_at || (n > memory_at && !memory_forever))
        return false;
    hit = true;
    return true;
}

/* ---- memory ------------------------------------------------------------- */

void *__wrap_malloc(size_t size)
{
    return memory_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return memory_fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return memory_fails() ? NULL : __real_realloc(old, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return memory_fails() ? NULL : __real_aligned_alloc(alignment, size);
}

/* ---- files -------------------------------------------------------------- */

int __wrap_open64(const char *path, int flags, ...)
{
    mode_t mode = 0;
    if (flags & O_CREAT) {
        va_list more;
        va_start(more, flags);
        mode = va_arg(more, mode_t); /* NOLINT: clang-tidy 14 errs */
        va_end(more);
    }
    if (must_fail("open", false))
        return -1;
    struct stat info;
    bool was_there = listener && __real_stat64(path, &info) == 0;
    int fd = __real_open64(path, flags, mode);
    if (fd >= 0 && listener)
        listener->opened(fd, path, !was_there, (flags & O_TRUNC) != 0);
    return fd;
}

int __wrap_close(int fd)
{
    bool fails = must_fail("close", false);
    int code = errno;
    int result = __real_close(fd);
    if (listener)
        listener->closed(fd);
    if (!fails)
        return result;
    errno = code;
    return -1;
}

ssize_t __wrap_read(int fd, void *to, size_t length)
{
    return must_fail("read", false) ? -1 : __real_read(fd, to, length);
}

ssize_t __wrap_pread64(int fd, void *to, size_t length, off_t offset)
{
    return must_fail("pread", false) ? -1
                                     : __real_pread64(fd, to, length, offset);
}

ssize_t __wrap_write(int fd, const void *from, size_t length)
{
    if (must_fail("write", length > 1)) {
        if (plan.kind != FAULT_SHORT)
            return -1;
        length /= 2;
    }
    off_t at = listener ? lseek(fd, 0, SEEK_CUR) : 0;
    ssize_t done = __real_write(fd, from, length);
    if (done > 0 && listener && at >= 0)
        listener->written(fd, (uint64_t)at, from, (uint64_t)done);
    return done;
}

ssize_t __wrap_pwrite64(int fd, const void *from, size_t length, off_t offset)
{
    if (must_fail("pwrite", length > 1)) {
        if (plan.kind != FAULT_SHORT)
            return -1;
        length /= 2;
    }
    ssize_t done = __real_pwrite64(fd, from, length, offset);
    if (done > 0 && listener)
        listener->written(fd, (uint64_t)offset, from, (uint64_t)done);
    return done;
}

int __wrap_fsync(int fd)
{
    if (must_fail("fsync", false))
        return -1;
    struct stat info;
    int result = __real_fstat64(fd, &info); /* EBADF as it would */
    if (listener)
        listener->synced(fd);
    return result;
}

int __wrap_fdatasync(int fd)
{
    if (must_fail("fdatasync", false))
        return -1;
    struct stat info;
    int result = __real_fstat64(fd, &info);
    if (listener)
        listener->synced(fd);
    return result;
}

int __wrap_ftruncate64(int fd, off_t length)
{
    if (must_fail("ftruncate", false))
        return -1;
    int result = __real_ftruncate64(fd, length);
    if (result == 0 && listener)
        listener->cut(fd, (uint64_t)length);
    return result;
}

int __wrap_fcntl64(int fd, int command, ...)
{
    va_list more;
    va_start(more, command);
    void *argument = va_arg(more, void *); /* NOLINT: clang-tidy 14 errs */
    va_end(more);
    return must_fail("fcntl", false) ? -1
                                     : __real_fcntl64(fd, command, argument);
}

int __wrap_rename(const char *from, const char *to)
{
    if (must_fail("rename", false))
        return -1;
    int result = __real_rename(from, to);
    if (result == 0 && listener)
        listener->renamed(from, to);
    return result;
}

int __wrap_unlink(const char *path)
{
    if (must_fail("unlink", false))
        return -1;
    int result = __real_unlink(path);
    if (result == 0 && listener)
        listener->unlinked(path);
    return result;
}

int __wrap_rmdir(const char *path)
{
    return must_fail("rmdir", false) ? -1 : __real_rmdir(path);
}

int __wrap_mkdir(const char *path, mode_t mode)
{
    return must_fail("mkdir", false) ? -1 : __real_mkdir(path, mode);
}

static void round_time(struct timespec *time)
{
    const int64_t second = 1000000000;
    int64_t ns = (int64_t)time->tv_sec * second + time->tv_nsec;
    ns -= ns % time_grain;
    *time = (struct timespec){.tv_sec = ns / second, .tv_nsec = ns % second};
}

/* What a call for a file's status gave, with times as this file system has
 * them. */
static int shown(int result, struct stat *info)
{
    if (result == 0 && time_grain > 0) {
        round_time(&info->st_mtim);
        round_time(&info->st_ctim);
    }
    return result;
}

int __wrap_stat64(const char *path, struct stat *info)
{
    return must_fail("stat", false) ? -1
                                    : shown(__real_stat64(path, info), info);
}

int __wrap_lstat64(const char *path, struct stat *info)
{
    return must_fail("lstat", false) ? -1
                                     : shown(__real_lstat64(path, info), info);
}

int __wrap_fstat64(int fd, struct stat *info)
{
    return must_fail("fstat", false) ? -1
                                     : shown(__real_fstat64(fd, info), info);
}

int __wrap_fstatat64(int fd, const char *path, struct stat *info, int flags)
{
    return must_fail("fstatat", false)
               ? -1
               : shown(__real_fstatat64(fd, path, info, flags), info);
}

void *__wrap_mmap64(void *at, size_t length, int protection, int flags, int fd,
                    off_t offset)
{
    return must_fail("mmap", false)
               ? MAP_FAILED
               : __real_mmap64(at, length, protection, flags, fd, offset);
}

DIR *__wrap_opendir(const char *path)
{
    return must_fail("opendir", false) ? NULL : __real_opendir(path);
}

struct dirent *__wrap_readdir64(DIR *folder)
{
    return must_fail("readdir", false) ? NULL : __real_readdir64(folder);
}

/* A hint: it has no say in what is promised. */
int __wrap_sync_file_range(int fd, off64_t offset, off64_t length,
                           unsigned flags)
{
    return must_fail("sync_file_range", false)
               ? -1
               : __real_sync_file_range(fd, offset, length, flags);
}
/* NOLINTEND(bugprone-reserved-identifier) */
