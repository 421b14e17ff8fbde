/* SPDX-License-Identifier: MIT */
#include "core/base/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* That are written at once. */
enum { WINDOW = 64 << 10 };

static osl_status fail_errno(const osl_spill *spill, const char *what, int code,
                             osl_error *err)
{
    return osl_fail(err, code == ENOMEM ? OSL_ENOMEM : OSL_EIO,
                    "%s: cannot %s: %s", spill->path, what, strerror(code));
}

osl_status osl_spill_open(osl_spill *out, const char *path, osl_error *err)
{
    osl_spill spill = {.path = strdup(path)};
    if (!spill.path)
        return osl_fail(err, OSL_ENOMEM, "%s: out of memory", path);
    spill.fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (spill.fd < 0 || unlink(path) != 0) {
        osl_status status = fail_errno(&spill, "create", errno, err);
        if (spill.fd >= 0)
            (void)close(spill.fd);
        free(spill.path);
        return status;
    }
    spill.is_open = true;
    *out = spill;
    return OSL_OK;
}

static void flush(osl_spill *spill)
{
    const uint8_t *bytes = spill->window.bytes;
    size_t left = spill->window.length;
    while (left > 0 && spill->code == 0) {
        ssize_t done = write(spill->fd, bytes, left);
        if (done >= 0) {
            bytes += done;
            left -= (size_t)done;
        } else if (errno != EINTR) {
            spill->code = errno;
        }
    }
    osl_buf_reset(&spill->window);
}

void osl_spill_put(osl_spill *spill, const void *bytes, size_t length)
{
    if (spill->code != 0)
        return;
    osl_buf_put(&spill->window, bytes, length);
    if (spill->window.failed)
        spill->code = ENOMEM;
    else if (spill->window.length >= WINDOW)
        flush(spill);
}

osl_status osl_spill_read(osl_spill *spill, const void **out, osl_error *err)
{
    flush(spill);
    osl_buf_clear(&spill->window);
    if (spill->code != 0)
        return fail_errno(spill, "write", spill->code, err);
    off_t end = lseek(spill->fd, 0, SEEK_CUR);
    if (end < 0)
        return fail_errno(spill, "seek", errno, err);
    const osl_input input = {spill->fd, (size_t)end, spill->path};
    osl_status status = osl_input_map(&input, &spill->map, err);
    *out = spill->map.bytes;
    return status;
}

osl_status osl_spill_room(osl_spill *spill, size_t bytes, void **out,
                          osl_error *err)
{
    /* Not a hole: where the disk is full, one finds out here, not by a signal
     * when a page of it is touched. */
    int code = posix_fallocate(spill->fd, 0, bytes > 0 ? (off_t)bytes : 1);
    if (code != 0)
        return fail_errno(spill, "write", code, err);
    void *room = mmap(NULL, bytes > 0 ? bytes : 1, PROT_READ | PROT_WRITE,
                      MAP_SHARED, spill->fd, 0);
    if (room == MAP_FAILED)
        return fail_errno(spill, "map", errno, err);
    spill->room = *out = room;
    spill->room_bytes = bytes > 0 ? bytes : 1;
    return OSL_OK;
}

void osl_spill_close(osl_spill *spill)
{
    if (!spill->is_open)
        return;
    if (spill->room)
        (void)munmap(spill->room, spill->room_bytes);
    osl_map_close(&spill->map);
    osl_buf_clear(&spill->window);
    (void)close(spill->fd);
    free(spill->path);
    *spill = (osl_spill){0};
}
