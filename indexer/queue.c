/* SPDX-License-Identifier: MIT */
#include "indexer/queue.h"

#include "core/base/buf.h"

#include <stdlib.h>

/* From so many bytes on a file is large: it takes some milliseconds. */
enum { LARGE = 64 << 10 };

typedef struct osl_queue_file {
    uint64_t size;
    size_t file;
} queue_file;

bool osl_queue_init(osl_queue *queue, size_t count)
{
    *queue = (osl_queue){.count = count};
    queue->is_taken = calloc(count + 1, sizeof *queue->is_taken);
    return queue->is_taken != NULL;
}

void osl_queue_clear(osl_queue *queue)
{
    free(queue->is_taken);
    free(queue->large);
    *queue = (osl_queue){0};
}

static int by_falling_size(const void *left, const void *right)
{
    const queue_file *a = left, *b = right;
    if (a->size != b->size)
        return a->size < b->size ? 1 : -1;
    return a->file < b->file ? -1 : a->file > b->file;
}

/* The window from `next` on: up to a file that is shared, or that alone. */
static bool open_window(osl_queue *q, const osl_queue_files *files)
{
    uint64_t bytes = 0;
    q->large_count = q->large_next = 0;
    for (q->end = q->next; q->end < q->count; q->end++) {
        uint64_t size = files->size(files->user, q->end);
        if (files->window_bytes > 0 && bytes > files->window_bytes)
            break;
        if (files->is_shared(files->user, q->end)) {
            q->end += q->end == q->next;
            break;
        }
        bytes += size;
        if (size < LARGE)
            continue;
        if (!osl_grow(&q->large, &q->large_capacity, q->large_count + 1,
                      sizeof *q->large))
            return false;
        q->large[q->large_count++] = (queue_file){size, q->end};
    }
    if (q->large_count > 0)
        qsort(q->large, q->large_count, sizeof *q->large, by_falling_size);
    return true;
}

/* `next` behind what was taken ahead. */
static void pass_taken(osl_queue *q)
{
    while (q->next < q->count && q->is_taken[q->next]) {
        q->next++;
        q->ahead--;
    }
}

static bool take_large(osl_queue *q, size_t *file)
{
    while (q->large_next < q->large_count) {
        *file = q->large[q->large_next++].file;
        if (*file >= q->next && !q->is_taken[*file]) {
            q->is_taken[*file] = true;
            q->ahead++;
            return true;
        }
    }
    return false;
}

bool osl_queue_take(osl_queue *queue, const osl_queue_files *files,
                    unsigned reader, bool *found, size_t *file)
{
    *found = queue->next < queue->count;
    if (!*found)
        return true;
    if (queue->next >= queue->end && !open_window(queue, files))
        return false;
    if (reader == 0 || !take_large(queue, file))
        *file = queue->next++;
    pass_taken(queue);
    return true;
}

bool osl_queue_may_end(const osl_queue *queue)
{
    return queue->ahead == 0;
}
