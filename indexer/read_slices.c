/* SPDX-License-Identifier: MIT
 *
 * What is read next: a file, or a part of a large one of one record a line. A
 * part is 1 MiB and what is left of its last line. */
#include "indexer/read_inner.h"

#include <string.h>
#include <time.h>

/* By so much a part is read on for the end of its last line. */
#define MORE_BYTES ((size_t)16 << 10)

void osl_read_slice_clear(osl_read_slice *s)
{
    free(s->mets);
    s->mets = NULL;
    s->met_count = s->met_capacity = 0;
    free(s->blocks);
    s->blocks = NULL;
    s->block_count = s->block_capacity = 0;
    for (size_t i = 0; i < s->note_count; i++)
        free(s->notes[i].reason);
    free(s->notes);
    s->notes = NULL;
    s->note_count = s->note_capacity = 0;
}

void osl_read_split_free(osl_read_split *s)
{
    if (!s)
        return;
    osl_map_close(&s->map);
    osl_input_close(&s->input);
    free(s);
}

/* Whether a file is to be dealt out in parts, by its format. */
static bool is_to_be_split(const osl_reading *r, const osl_read_file *file)
{
    osl_map map;
    if (file->known->size < 2 * (uint64_t)r->slice_bytes ||
        osl_map_open(&map, file->path, NULL) != OSL_OK)
        return false; /* who reads it says why it cannot */
    const char *format = file->format;
    osl_source source = {
        file->known->name, {(const char *)map.bytes, map.length}, NULL};
    if (!format && map.length > 0)
        format = osl_corpus_format(&source);
    bool fits = format && strcmp(format, "jsonl") == 0 &&
                map.length >= 2 * r->slice_bytes && map.bytes[0] < 0x80 &&
                map.bytes[1] != 0;
    osl_map_close(&map);
    return fits;
}

/* The split of a file that is one. Called with the lock held, so that no later
 * file is begun before this one. */
static osl_status open_split(osl_reading *r, size_t n, osl_read_split **out,
                             osl_error *err)
{
    const osl_read_file *file = &r->files[n];
    osl_input input;
    *out = NULL;
    if (!is_to_be_split(r, file) ||
        osl_input_open(&input, file->path, NULL) != OSL_OK)
        return OSL_OK; /* likewise */
    osl_read_split *made = calloc(1, sizeof *made);
    if (!made) {
        osl_input_close(&input);
        return osl_read_no_memory(err);
    }
    made->input = input;
    if (file->known->mtime_ns != 0)
        made->mapping = r->options->mapping;
    made->file = n;
    made->line = 1;
    *out = made;
    return OSL_OK;
}

/* Lines that are too many to be numbered have the last number. */
uint32_t osl_read_line_behind(uint32_t line, uint64_t count)
{
    return count < UINT32_MAX - line ? line + (uint32_t)count : UINT32_MAX;
}

/* More of a part, behind what the reader's room has of it. */
static osl_status read_more(osl_read_thread *w, const osl_read_split *from,
                            size_t more, size_t *length, osl_error *err)
{
    size_t done = 0, bytes = *length + more + MORE_BYTES;
    /* And for the end of the last line, mostly. */
    if (bytes > w->room_capacity &&
        !osl_grow(&w->room, &w->room_capacity, bytes + MORE_BYTES, 1))
        return osl_read_no_memory(err);
    osl_status status = osl_input_read(&from->input, from->offset + *length,
                                       w->room + *length, more, &done, err);
    *length += done;
    return status;
}

/* The bytes of the next part, whole lines, into the reader's room: some more
 * are read to find the end of the last one. */
static osl_status read_lines(const osl_reading *r, osl_read_thread *w,
                             const osl_read_split *from, size_t *length,
                             osl_error *err)
{
    size_t left = from->input.size - from->offset, most = r->slice_bytes;
    bool is_last = left <= most + most / 2;
    const char *end = NULL;
    osl_error why;
    *length = 0;
    osl_status status = read_more(w, from, is_last ? left : most, length, &why);
    while (status == OSL_OK && !is_last && !end) {
        size_t before = *length, more = left - before;
        status = read_more(w, from, more < MORE_BYTES ? more : MORE_BYTES,
                           length, &why);
        is_last = *length == before;
        end = memchr(w->room + before, '\n', *length - before);
    }
    if (end)
        *length = (size_t)(end - w->room) + 1;
    return status == OSL_OK
               ? OSL_OK
               : osl_fail(err, status, "%s; the index is as it was", why.text);
}

/* The same of a file that is mapped. False where the system will not. */
static bool map_lines(const osl_reading *r, const osl_read_split *from,
                      osl_text *out)
{
    size_t left = from->map.length - from->offset, most = r->slice_bytes;
    const char *bytes = (const char *)from->map.bytes + from->offset;
    *out = (osl_text){bytes, left};
    if (left <= most + most / 2)
        return osl_map_fetch(&from->map, from->offset, left);
    if (!osl_map_fetch(&from->map, from->offset, most))
        return false;
    const char *end = memchr(bytes + most, '\n', left - most);
    if (end)
        out->length = (size_t)(end - bytes) + 1;
    return true;
}

/* Of the thread. */
static uint64_t cpu_ns(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The parts of the trial: before them, the room is touched first. */
enum { COPIED_PART = 1, MAPPED_PART };

/* Whether the next part is to be mapped. */
static bool is_to_be_mapped(osl_read_split *from)
{
    uint32_t first = from->mapping == OSL_MAPPING_ALL ? 0 : MAPPED_PART;
    if (from->mapping == OSL_MAPPING_NONE)
        return false;
    if (from->parts == first)
        from->is_mapped =
            osl_input_map(&from->input, &from->map, NULL) == OSL_OK;
    return from->is_mapped;
}

/* What is mapped is in no cache yet, which costs another half. */
static void end_trial(osl_read_split *from, uint64_t ns)
{
    if (from->parts == COPIED_PART)
        from->copied_ns = ns;
    if (from->parts == MAPPED_PART && from->mapping == OSL_MAPPING_IF_QUICKER &&
        ns + ns / 2 > from->copied_ns)
        from->is_mapped = false;
}

static osl_status take_lines(const osl_reading *r, osl_read_thread *w,
                             osl_read_split *from, osl_text *out,
                             osl_error *err)
{
    uint64_t start = from->parts <= MAPPED_PART ? cpu_ns() : 0;
    osl_status status = OSL_OK;
    if (!is_to_be_mapped(from) || !map_lines(r, from, out)) {
        from->is_mapped = false;
        status = read_lines(r, w, from, &out->length, err);
        out->bytes = w->room;
    }
    if (from->parts <= MAPPED_PART)
        end_trial(from, cpu_ns() - start);
    return status;
}

/* The next part of a split. Who is alone counts its lines as they are read. */
static osl_status take_part(osl_reading *r, osl_read_thread *w, osl_error *err)
{
    osl_read_split *from = r->split;
    osl_read_slice *s = &w->slice;
    osl_text lines;
    osl_status status = take_lines(r, w, from, &lines, err);
    if (status != OSL_OK)
        return status;
    size_t length = lines.length;
    s->file = from->file;
    s->part = from->parts++;
    s->is_part = true;
    s->bytes = lines;
    s->first_line = from->line;
    s->split = from;
    from->users++;
    from->offset += length;
    /* A file that has become shorter meanwhile ends where it does. */
    s->is_last = length == 0 || from->offset == from->input.size;
    if (r->size > 1)
        from->line =
            osl_read_line_behind(from->line, osl_count_lines(s->bytes));
    if (s->is_last)
        r->split = NULL; /* its last user frees it */
    return OSL_OK;
}

static uint64_t size_of_file(const void *user, size_t n)
{
    const osl_reading *r = user;
    return r->files[n].known->size;
}

static bool is_shared_file(const void *user, size_t n)
{
    const osl_reading *r = user;
    return is_to_be_split(r, &r->files[n]);
}

/* The next file of a reader. Of what may be held, a window is a small part: it
 * is read to its end. */
static osl_status take_file(osl_reading *r, const osl_read_thread *w,
                            bool is_full, bool *found, size_t *file,
                            osl_error *err)
{
    enum { WINDOW_SHARE = 64 };
    const osl_queue_files files = {
        .window_bytes = r->options->memory_bytes / WINDOW_SHARE,
        .user = r,
        .size = size_of_file,
        .is_shared = is_shared_file,
    };
    if (!osl_queue_take(&r->queue, &files, is_full ? 0 : w->number, found,
                        file))
        return osl_read_no_memory(err);
    return *found ? open_split(r, *file, &r->split, err) : OSL_OK;
}

/* The next slice, with the lock held; *found false where none is left. */
static osl_status take_locked(osl_reading *r, osl_read_thread *w, bool *found,
                              osl_error *err)
{
    osl_read_slice *s = &w->slice;
    uint64_t bound = r->options->memory_bytes;
    bool is_full = bound > 0 && r->held_bytes > bound;
    *found = false;
    *s = (osl_read_slice){0};
    if (is_full && osl_queue_may_end(&r->queue))
        return OSL_OK;
    if (!r->split) {
        osl_status status = take_file(r, w, is_full, found, &s->file, err);
        if (status != OSL_OK || !*found)
            return status;
    }
    *found = true;
    s->is_last = true;
    return r->split ? take_part(r, w, err) : OSL_OK;
}

osl_status osl_read_take(osl_reading *r, osl_read_thread *w, bool *found,
                         osl_error *err)
{
    (void)pthread_mutex_lock(&r->lock);
    osl_status status = take_locked(r, w, found, err);
    (void)pthread_mutex_unlock(&r->lock);
    return status;
}

/* A form's share of what making terms of forms, and a dictionary with shortcuts
 * of these, takes more than tokens do. */
enum { FORM_BYTES = 96 };

uint64_t osl_read_bytes_of(const osl_batch *batch)
{
    uint64_t bytes = osl_strings_bytes(&batch->strings);
    for (unsigned i = 0; i < 3; i++)
        bytes +=
            osl_strings_bytes(&batch->fields[i].forms) +
            batch->fields[i].forms.count * (size_t)FORM_BYTES +
            4 * (batch->fields[i].ids.count + batch->fields[i].lengths.count);
    bytes += batch->gaps.codes.count + 4 * batch->gaps.side.count;
    bytes += 48 * (uint64_t)batch->kinds.count;
    bytes += 64 * (uint64_t)batch->document_flags.count;
    return bytes;
}

/* Keeps what was read; ends the use of a split. */
osl_status osl_read_give_back(osl_read_thread *w, uint64_t held_before,
                              osl_error *err)
{
    osl_reading *r = w->reading;
    osl_read_split *done = NULL;
    (void)pthread_mutex_lock(&r->lock);
    bool kept = osl_grow(&r->slices, &r->slice_capacity, r->slice_count + 1,
                         sizeof *r->slices);
    if (kept)
        r->slices[r->slice_count++] = w->slice;
    r->held_bytes += osl_read_bytes_of(w->batch) - held_before;
    osl_read_split *used = w->slice.split;
    if (used && --used->users == 0 && used != r->split)
        done = used;
    (void)pthread_mutex_unlock(&r->lock);
    osl_read_split_free(done);
    if (!kept)
        osl_read_slice_clear(&w->slice);
    w->mets_before = w->slice.met_count + w->slice.met_count / 16;
    w->slice = (osl_read_slice){0};
    return kept ? OSL_OK : osl_read_no_memory(err);
}
