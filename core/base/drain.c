/* SPDX-License-Identifier: MIT */
#include "core/base/drain.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

struct osl_drain {
    int fd;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    bool is_due, is_ending;
    int code; /* errno of the first failure */
};

static int sync_data(int fd)
{
    int code = 0;
    do
        code = fdatasync(fd) == 0 ? 0 : errno;
    while (code == EINTR);
    return code;
}

static void *run(void *user)
{
    osl_drain *d = user;
    (void)pthread_mutex_lock(&d->lock);
    while (!d->is_ending) {
        if (!d->is_due) {
            (void)pthread_cond_wait(&d->changed, &d->lock);
            continue;
        }
        d->is_due = false;
        (void)pthread_mutex_unlock(&d->lock);
        int code = sync_data(d->fd);
        (void)pthread_mutex_lock(&d->lock);
        if (d->code == 0)
            d->code = code;
    }
    (void)pthread_mutex_unlock(&d->lock);
    return NULL;
}

static void free_drain(osl_drain *d)
{
    (void)pthread_cond_destroy(&d->changed);
    (void)pthread_mutex_destroy(&d->lock);
    free(d);
}

osl_drain *osl_drain_new(int fd)
{
    osl_drain *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->fd = fd;
    if (pthread_mutex_init(&d->lock, NULL) != 0) {
        free(d);
        return NULL;
    }
    if (pthread_cond_init(&d->changed, NULL) != 0) {
        (void)pthread_mutex_destroy(&d->lock);
        free(d);
        return NULL;
    }
    if (pthread_create(&d->thread, NULL, run, d) == 0)
        return d;
    free_drain(d);
    return NULL;
}

void osl_drain_go(osl_drain *drain)
{
    if (!drain)
        return;
    (void)pthread_mutex_lock(&drain->lock);
    drain->is_due = true;
    (void)pthread_cond_signal(&drain->changed);
    (void)pthread_mutex_unlock(&drain->lock);
}

int osl_drain_end(osl_drain *drain)
{
    if (!drain)
        return 0;
    (void)pthread_mutex_lock(&drain->lock);
    drain->is_ending = true;
    (void)pthread_cond_signal(&drain->changed);
    (void)pthread_mutex_unlock(&drain->lock);
    (void)pthread_join(drain->thread, NULL);
    int code = drain->code;
    free_drain(drain);
    return code;
}
