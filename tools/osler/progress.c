/* SPDX-License-Identifier: MIT */
#include "tools/osler/progress.h"

#include "tools/osler/output.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static double now_seconds(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void osl_progress_begin(osl_progress *progress, bool quiet, int file)
{
    struct stat info;
    *progress = (osl_progress){
        .terminal = !quiet && isatty(STDERR_FILENO) == 1,
        .started = now_seconds(),
    };
    progress->last = progress->started;
    if (fstat(file, &info) == 0 && S_ISREG(info.st_mode))
        progress->expected_bytes = (uint64_t)info.st_size;
}

void osl_progress_show(osl_progress *progress, const char *things,
                       uint64_t count, size_t bytes)
{
    char done[OSL_COUNT_SIZE], speed[OSL_COUNT_SIZE];
    progress->bytes += bytes;
    if (!progress->terminal)
        return;
    double now = now_seconds(), spent = now - progress->started;
    if (now - progress->last < 0.1)
        return;
    progress->last = now;
    progress->shown = true;
    (void)fprintf(stderr, "\r\033[K%s %s, %s/s", osl_format_count(done, count),
                  things,
                  osl_format_count(speed, (uint64_t)((double)count / spent)));
    if (progress->expected_bytes > progress->bytes)
        (void)fprintf(stderr, ", %.0f s left",
                      spent *
                          (double)(progress->expected_bytes - progress->bytes) /
                          (double)progress->bytes);
    (void)fflush(stderr);
}

void osl_progress_wipe(osl_progress *progress)
{
    if (progress->shown)
        (void)fputs("\r\033[K", stderr);
    progress->shown = false;
}
