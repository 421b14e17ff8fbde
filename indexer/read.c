/* SPDX-License-Identifier: MIT */
#include "indexer/read.h"

#include "core/base/file.h"
#include "core/segment/catalog.h"
#include "indexer/crew.h"
#include "indexer/digest.h"
#include "indexer/lines.h"
#include "indexer/queue.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SLICE_BYTES ((size_t)1 << 20)

/* By so much a part is read on for the end of its last line. */
#define MORE_BYTES ((size_t)16 << 10)

/* Documents between two looks at progress(). */
enum { DOCUMENTS_A_LOOK = 64 };

/* Bytes of a block's lines, about. Blocks take 0.1 % of the file; of 4 KiB twice
 * as much, and an update where one record of a hundred is revised takes as
 * long. */
enum { BLOCK_BYTES = 8192 };

/* What a reader had to say, before document `before` of its slice. */
typedef struct note {
    uint32_t before, line;
    bool skipped;
    char *reason; /* owns */
} note;

/* Documents of a slice whose lines can be found again together. */
typedef struct block {
    size_t last; /* of the slice's mets */
    osl_catalog_block is;
} block;

/* Lines that are to be a block: documents were read from all of them. */
typedef struct open_block {
    const char *from;
    size_t length;
    uint32_t count;
    size_t last; /* of the slice's mets */
} open_block;

/* A large file of one record a line that is dealt out in parts. Of lines that
 * are looked at once and are in no cache, a part takes two thirds of the time
 * mapped that it takes copied, or five times as long where page tables are
 * shadowed: so one is copied, the next one mapped, and the others are as it was
 * quicker. */
typedef struct split {
    osl_input input;
    osl_map map; /* not open: no part was mapped */
    osl_mapping mapping;
    bool is_mapped;
    uint64_t copied_ns; /* what it took to copy the part of the trial */
    size_t file, offset;
    uint32_t line, parts; /* of the next part; given so far */
    unsigned users;
} split;

typedef struct slice {
    size_t file;
    uint32_t part; /* from 0 */
    bool is_last;  /* of its file */
    bool is_part;
    osl_text bytes; /* of a part, in its reader's room */
    uint32_t first_line;
    osl_lines_hash hash; /* of its lines, where it has any */
    split *split;        /* borrowed; NULL: a whole file */
    osl_batch_piece piece;
    osl_met *mets; /* owns; ids are not kept, documents count from its first */
    size_t met_count, met_capacity;
    uint32_t document_count;
    block *blocks; /* owns */
    size_t block_count, block_capacity;
    note *notes; /* owns */
    size_t note_count, note_capacity;
} slice;

/* What a reader has done so far: it alone writes, all may look. */
typedef struct work {
    uint64_t bytes, documents, paragraphs;
} work;

typedef struct reader {
    osl_reading *reading;
    work done;
    osl_batch own;         /* unused by a reader that is alone */
    osl_batch *batch;      /* own, or the caller's */
    slice slice;           /* at hand */
    osl_contents contents; /* of a whole file */
    char *room;            /* for a part; owns */
    size_t room_capacity;
    osl_trail trail; /* goes on in the next slice of a file */
    size_t trail_file;
    uint64_t record;           /* hash of the one that was asked for last */
    const char *lines;         /* of the slice: the first line, or NULL */
    osl_text line;             /* the one at hand … */
    uint64_t line_hash;        /* … and its hash */
    open_block open;           /* the lines before it */
    uint64_t bytes_expected;   /* of this round */
    uint32_t documents_before; /* in the batch, before the slice */
    size_t mets_before;        /* of the slice before; the next has as many */
    unsigned number, since_look;
} reader;

struct osl_reading {
    const osl_read_file *files; /* borrowed */
    size_t file_count;
    const osl_read_options *options; /* borrowed */
    unsigned size;
    size_t slice_bytes;
    reader *readers; /* owns */
    /* Told over rounds: of the file that is being told about. */
    uint32_t file_documents;
    osl_lines_hash file_hash;
    bool file_skips;
    bool stop;
    pthread_mutex_t lock; /* guards what follows */
    osl_queue queue;
    split *split;  /* of which parts are left; owns */
    slice *slices; /* that were read; owns */
    size_t slice_count, slice_capacity;
    uint64_t held_bytes; /* by the readers' batches */
    osl_status status;   /* the first failure, and its words */
    osl_error error;
};

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while reading");
    return OSL_ENOMEM;
}

/* Ends the reading; the first failure is the one to tell. */
static void stop(osl_reading *r, osl_status status, const osl_error *err)
{
    (void)pthread_mutex_lock(&r->lock);
    if (r->status == OSL_OK) {
        r->status = status;
        r->error = *err;
    }
    (void)pthread_mutex_unlock(&r->lock);
    __atomic_store_n(&r->stop, true, __ATOMIC_RELAXED);
}

static bool is_stopped(osl_reading *r)
{
    return __atomic_load_n(&r->stop, __ATOMIC_RELAXED);
}

static uint64_t get64(const uint64_t *from)
{
    return __atomic_load_n(from, __ATOMIC_RELAXED);
}

/* Of a counter that nobody else writes to: adding at once (lock add) would wait
 * for all that is on its way to memory, 70 ns a document. */
static void add64(uint64_t *to, uint64_t more)
{
    __atomic_store_n(to, get64(to) + more, __ATOMIC_RELAXED);
}

/* By all readers. */
static work work_done(const osl_reading *r)
{
    work sum = {0};
    for (unsigned i = 0; i < r->size; i++) {
        const work *done = &r->readers[i].done;
        sum.bytes += get64(&done->bytes);
        sum.documents += get64(&done->documents);
        sum.paragraphs += get64(&done->paragraphs);
    }
    return sum;
}

/* ---- slices ------------------------------------------------------------- */

static void free_slice(slice *s)
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

static void free_split(split *s)
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
static osl_status open_split(osl_reading *r, size_t n, split **out,
                             osl_error *err)
{
    const osl_read_file *file = &r->files[n];
    osl_input input;
    *out = NULL;
    if (!is_to_be_split(r, file) ||
        osl_input_open(&input, file->path, NULL) != OSL_OK)
        return OSL_OK; /* likewise */
    split *made = calloc(1, sizeof *made);
    if (!made) {
        osl_input_close(&input);
        return no_memory(err);
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
static uint32_t line_behind(uint32_t line, uint64_t count)
{
    return count < UINT32_MAX - line ? line + (uint32_t)count : UINT32_MAX;
}

/* More of a part, behind what the reader's room has of it. */
static osl_status read_more(reader *w, const split *from, size_t more,
                            size_t *length, osl_error *err)
{
    size_t done = 0, bytes = *length + more + MORE_BYTES;
    /* And for the end of the last line, mostly. */
    if (bytes > w->room_capacity &&
        !osl_grow(&w->room, &w->room_capacity, bytes + MORE_BYTES, 1))
        return no_memory(err);
    osl_status status = osl_input_read(&from->input, from->offset + *length,
                                       w->room + *length, more, &done, err);
    *length += done;
    return status;
}

/* The bytes of the next part, whole lines, into the reader's room: some more
 * are read to find the end of the last one. */
static osl_status read_lines(const osl_reading *r, reader *w, const split *from,
                             size_t *length, osl_error *err)
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
static bool map_lines(const osl_reading *r, const split *from, osl_text *out)
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
static bool is_to_be_mapped(split *from)
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
static void end_trial(split *from, uint64_t ns)
{
    if (from->parts == COPIED_PART)
        from->copied_ns = ns;
    if (from->parts == MAPPED_PART && from->mapping == OSL_MAPPING_IF_QUICKER &&
        ns + ns / 2 > from->copied_ns)
        from->is_mapped = false;
}

static osl_status take_lines(const osl_reading *r, reader *w, split *from,
                             osl_text *out, osl_error *err)
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
static osl_status take_part(osl_reading *r, reader *w, osl_error *err)
{
    split *from = r->split;
    slice *s = &w->slice;
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
        from->line = line_behind(from->line, osl_count_lines(s->bytes));
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
static osl_status take_file(osl_reading *r, const reader *w, bool is_full,
                            bool *found, size_t *file, osl_error *err)
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
        return no_memory(err);
    return *found ? open_split(r, *file, &r->split, err) : OSL_OK;
}

/* The next slice, with the lock held; *found false where none is left. */
static osl_status take_locked(osl_reading *r, reader *w, bool *found,
                              osl_error *err)
{
    slice *s = &w->slice;
    uint64_t bound = r->options->memory_bytes;
    bool is_full = bound > 0 && r->held_bytes > bound;
    *found = false;
    *s = (slice){0};
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

static osl_status take(osl_reading *r, reader *w, bool *found, osl_error *err)
{
    (void)pthread_mutex_lock(&r->lock);
    osl_status status = take_locked(r, w, found, err);
    (void)pthread_mutex_unlock(&r->lock);
    return status;
}

/* A form's share of what making terms of forms, and a dictionary with shortcuts
 * of these, takes more than tokens do. */
enum { FORM_BYTES = 96 };

static uint64_t bytes_of(const osl_batch *batch)
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
static osl_status give_back(reader *w, uint64_t held_before, osl_error *err)
{
    osl_reading *r = w->reading;
    split *done = NULL;
    (void)pthread_mutex_lock(&r->lock);
    bool kept = osl_grow(&r->slices, &r->slice_capacity, r->slice_count + 1,
                         sizeof *r->slices);
    if (kept)
        r->slices[r->slice_count++] = w->slice;
    r->held_bytes += bytes_of(w->batch) - held_before;
    split *used = w->slice.split;
    if (used && --used->users == 0 && used != r->split)
        done = used;
    (void)pthread_mutex_unlock(&r->lock);
    free_split(done);
    if (!kept)
        free_slice(&w->slice);
    w->mets_before = w->slice.met_count + w->slice.met_count / 16;
    w->slice = (slice){0};
    return kept ? OSL_OK : no_memory(err);
}

/* ---- reading ------------------------------------------------------------ */

static osl_status look(reader *w, osl_error *err)
{
    osl_reading *r = w->reading;
    if (is_stopped(r))
        return osl_fail(err, OSL_ECANCELLED, "stopped with the others");
    if (w->number != 0 || !r->options->progress)
        return OSL_OK;
    work done = work_done(r);
    return r->options->progress(r->options->user, done.bytes, done.documents,
                                done.paragraphs, err);
}

/* Whether a kept document follows those met last, with nothing noted in
 * between. */
static bool goes_on(const slice *s, const osl_met *last, const osl_met *met)
{
    return met->is_kept && last->is_kept &&
           met->place.segment == last->place.segment &&
           met->place.document == last->place.document + last->count &&
           met->line == last->line + last->count &&
           (s->note_count == 0 ||
            s->notes[s->note_count - 1].before < s->met_count);
}

static bool add_met(reader *w, const osl_met *met)
{
    slice *s = &w->slice;
    s->document_count += met->count;
    if (s->met_count > 0 && goes_on(s, &s->mets[s->met_count - 1], met)) {
        s->mets[s->met_count - 1].count += met->count;
        return true;
    }
    size_t wanted = s->met_count > 0 ? s->met_count + 1 : w->mets_before + 1;
    if (!osl_grow(&s->mets, &s->met_capacity, wanted, sizeof *s->mets))
        return false;
    s->mets[s->met_count++] = *met;
    return true;
}

/* Whether a record is the line at hand and nothing beside it. */
static bool is_line(const reader *w, osl_text record)
{
    return record.bytes == w->line.bytes && record.length == w->line.length;
}

/* The lines of a slice one by one, or some that are known. */
static osl_step step_line(void *user, osl_text rest, uint32_t line)
{
    reader *w = user;
    slice *s = &w->slice;
    const osl_read_options *options = w->reading->options;
    osl_met met = {.line = line, .is_kept = true, .is_known = true};
    osl_passed passed = {0, s->hash};
    if (!w->lines)
        w->lines = rest.bytes;
    if (options->find && line < UINT32_MAX / 2 && !is_stopped(w->reading) &&
        options->pass(options->user, s->file, &w->trail, rest, &met, &passed) &&
        add_met(w, &met)) {
        s->hash = passed.hash;
        add64(&w->done.documents, met.count);
        return (osl_step){passed.length, met.count};
    }
    const char *stop = memchr(rest.bytes, '\n', rest.length);
    size_t length = stop ? (size_t)(stop - rest.bytes) : rest.length;
    w->line = (osl_text){rest.bytes, length};
    w->line_hash = osl_line_hash(options->kernels, w->line);
    osl_lines_hash_add(&s->hash, w->line_hash);
    return (osl_step){length, 0};
}

/* A failure here shows again when the record is read. */
static bool knows_record(void *user, osl_text record, uint32_t line)
{
    reader *w = user;
    const osl_read_options *options = w->reading->options;
    w->record = is_line(w, record) ? w->line_hash
                                   : osl_line_hash(options->kernels, record);
    osl_met met = {.line = line, .count = 1, .record = w->record};
    osl_error ignored;
    if (!options->find || is_stopped(w->reading) ||
        options->find(options->user, w->slice.file, &w->trail, &met,
                      &ignored) != OSL_OK ||
        !met.is_kept || !add_met(w, &met))
        return false;
    add64(&w->done.documents, 1);
    return true;
}

/* The lines up to here are a block, if they are several. */
static bool end_block(reader *w)
{
    const open_block open = w->open;
    slice *s = &w->slice;
    w->open = (open_block){0};
    if (open.count < 2)
        return true;
    if (!osl_grow(&s->blocks, &s->block_capacity, s->block_count + 1,
                  sizeof *s->blocks))
        return false;
    s->blocks[s->block_count++] =
        (block){open.last,
                {open.count, (uint32_t)open.length,
                 w->reading->options->kernels->hash(open.from, open.length) &
                     OSL_CATALOG_BLOCK}};
    return true;
}

/* The document met last was read from this record. */
static bool extend_block(reader *w, osl_text record)
{
    open_block *open = &w->open;
    if (!is_line(w, record) || record.length > UINT32_MAX / 2)
        return true; /* the next line does not go on where `open` ends */
    if (open->count > 0 && open->from + open->length + 1 != record.bytes &&
        !end_block(w))
        return false;
    if (open->count == 0) {
        open->from = record.bytes;
        open->length = 0;
    } else
        open->length = (size_t)(record.bytes - open->from);
    open->length += record.length;
    open->last = w->slice.met_count - 1;
    open->count++;
    return open->length < BLOCK_BYTES || end_block(w);
}

/* Takes in what the index does not have as it is. */
static osl_status meet(reader *w, const osl_document *document, osl_error *err)
{
    const osl_read_options *options = w->reading->options;
    slice *s = &w->slice;
    osl_status status = OSL_OK;
    osl_met met = {.id = document->id,
                   .line = document->paragraphs[0].line,
                   .count = 1,
                   .digest = osl_document_digest(document),
                   .is_plain = osl_document_is_plain(document),
                   .record = document->record.length > 0 ? w->record : 0};
    /* In a later part of a file, numbers that make ids are not known yet. */
    if (options->find && (s->part == 0 || document->number == 0))
        status = options->find(options->user, s->file, &w->trail, &met, err);
    if (status == OSL_OK && !met.is_kept) {
        met.document = osl_batch_documents(w->batch) - w->documents_before;
        status = osl_batch_put(w->batch, document, err);
        /* Paragraphs of what was revised are matched by these. */
        if (status == OSL_OK && options->find)
            osl_batch_hash(w->batch, document);
    }
    if (status != OSL_OK)
        return status;
    bool done = add_met(w, &met);
    if (done && !met.is_kept)
        done = extend_block(w, document->record);
    return done ? OSL_OK : no_memory(err);
}

static osl_status take_document(void *user, const osl_document *document,
                                osl_error *err)
{
    reader *w = user;
    osl_status status = OSL_OK;
    if (w->since_look++ % DOCUMENTS_A_LOOK == 0)
        status = look(w, err);
    if (status == OSL_OK && document->paragraph_count > 0)
        status = meet(w, document, err);
    add64(&w->done.documents, 1);
    add64(&w->done.paragraphs, document->paragraph_count);
    return status;
}

static bool add_note(reader *w, uint32_t line, bool skipped, const char *reason)
{
    slice *s = &w->slice;
    if (!osl_grow(&s->notes, &s->note_capacity, s->note_count + 1,
                  sizeof *s->notes))
        return false;
    char *copy = strdup(reason);
    if (!copy)
        return false;
    s->notes[s->note_count++] =
        (note){(uint32_t)s->met_count, line, skipped, copy};
    return true;
}

/* What cannot be noted for want of memory is not told. */
static void take_report(void *user, osl_text source, uint32_t line,
                        bool skipped, const char *reason)
{
    (void)source;
    (void)add_note(user, line, skipped, reason);
}

/* Whether the lines that were read are those of all the bytes: a mark before
 * them, or another charset, and they are not. */
static bool has_lines(const reader *w, osl_text bytes)
{
    return w->lines == bytes.bytes && bytes.length > 1 && bytes.bytes[1] != 0;
}

static osl_status read_by(reader *w, osl_text bytes,
                          const osl_consumer *consumer, osl_error *err)
{
    const osl_read_file *file = &w->reading->files[w->slice.file];
    const osl_source source = {file->known->name, bytes, file->format};
    if (w->slice.is_part)
        return osl_corpus_read_lines(&source, w->slice.first_line, consumer,
                                     err);
    return osl_corpus_read(&source, consumer, err);
}

/* A file ends with a line, be it empty. */
static osl_status read_bytes(reader *w, osl_text bytes, osl_error *err)
{
    const osl_consumer consumer = {w, take_document, take_report, knows_record,
                                   step_line};
    slice *s = &w->slice;
    const osl_text none = {"", 0};
    w->open = (open_block){0};
    w->lines = NULL;
    osl_status status = read_by(w, bytes, &consumer, err);
    if (status == OSL_OK && !end_block(w))
        status = no_memory(err);
    w->line = none;
    if (!has_lines(w, bytes))
        s->hash = (osl_lines_hash){0};
    else if (s->is_last && bytes.bytes[bytes.length - 1] == '\n')
        osl_lines_hash_add(&s->hash,
                           osl_line_hash(w->reading->options->kernels, none));
    return status;
}

/* The path is said by who shows the note, as it was typed. */
static const char *without_path(const char *words, const char *path)
{
    size_t length = strlen(path);
    bool begins = strncmp(words, path, length) == 0 &&
                  strncmp(words + length, ": ", 2) == 0;
    return begins ? words + length + 2 : words;
}

static osl_status read_file(reader *w, osl_error *err)
{
    const osl_read_file *file = &w->reading->files[w->slice.file];
    osl_contents *contents = &w->contents;
    osl_error why = {0};
    osl_status status = osl_contents_open(contents, file->path, &why);
    /* What the system fails to read may be there: it is not left out. */
    if (status == OSL_ENOMEM ||
        (status == OSL_EIO && access(file->path, R_OK) == 0))
        return osl_fail(err, status, "%s; the index is as it was", why.text);
    if (status != OSL_OK) {
        if (file->is_shut)
            *file->is_shut = status == OSL_EIO; /* it is there */
        return add_note(w, 0, true, without_path(why.text, file->path))
                   ? OSL_OK
                   : no_memory(err);
    }
    const osl_text bytes = {(const char *)contents->bytes, contents->length};
    if (bytes.length > 0)
        status = read_bytes(w, bytes, err);
    else if (!add_note(w, 0, true, "the file is empty"))
        status = no_memory(err);
    if (w->slice.hash.count == 0)
        file->known->hash =
            osl_hash_file(w->reading->options->kernels, bytes, 0);
    add64(&w->done.bytes, bytes.length);
    return status;
}

static osl_status read_part(reader *w, osl_error *err)
{
    const slice *s = &w->slice;
    osl_status status = read_bytes(w, s->bytes, err);
    if (w->reading->size == 1)
        s->split->line = line_behind(s->first_line, s->hash.count);
    return status;
}

static osl_status read_slice(reader *w, osl_error *err)
{
    slice *s = &w->slice;
    uint64_t held = bytes_of(w->batch);
    w->documents_before = osl_batch_documents(w->batch);
    if (s->part == 0 || s->file != w->trail_file)
        w->trail = (osl_trail){0};
    w->trail_file = s->file;
    s->piece.from = w->number;
    s->piece.first = osl_batch_get_mark(w->batch);
    osl_status status = look(w, err);
    if (status == OSL_OK && !s->is_part)
        status = read_file(w, err);
    else if (status == OSL_OK)
        status = read_part(w, err);
    add64(&w->done.bytes, s->bytes.length);
    s->piece.end = osl_batch_get_mark(w->batch);
    osl_error ignored;
    osl_status given = give_back(w, held, status == OSL_OK ? err : &ignored);
    return status == OSL_OK ? given : status;
}

static osl_status read_slices(void *user, unsigned number, osl_error *err)
{
    osl_reading *r = user;
    reader *w = &r->readers[number];
    bool found = true;
    osl_status status = OSL_OK;
    osl_batch_expect(w->batch, w->bytes_expected); /* touches it */
    while (status == OSL_OK && found) {
        status = take(r, w, &found, err);
        if (status == OSL_OK && found)
            status = read_slice(w, err);
    }
    if (status != OSL_OK)
        stop(r, status, err);
    return status;
}

/* While others are at work. */
static void idle(void *user)
{
    osl_reading *r = user;
    osl_error why;
    osl_status status = is_stopped(r) ? OSL_OK : look(&r->readers[0], &why);
    if (status != OSL_OK)
        stop(r, status, &why);
}

/* ---- telling, in the order of the sources ------------------------------- */

static int compare_slices(const void *left, const void *right)
{
    const slice *a = left, *b = right;
    if (a->file != b->file)
        return a->file < b->file ? -1 : 1;
    return a->part < b->part ? -1 : a->part > b->part;
}

static void tell(osl_reading *r, const slice *s, uint32_t line, bool skipped,
                 const char *reason)
{
    r->file_skips |= skipped;
    if (r->options->tell)
        r->options->tell(r->options->user, r->files[s->file].shown, line,
                         skipped, reason);
}

/* What holds for a whole file is told by each of its parts. */
static bool was_told(const slice *first, const slice *s, const note *what)
{
    if (what->skipped || s->part == 0)
        return false;
    while (s-- > first && s->is_part)
        for (size_t i = 0; i < s->note_count; i++)
            if (!s->notes[i].skipped &&
                strcmp(s->notes[i].reason, what->reason) == 0)
                return true;
    return false;
}

/* A document of a part that is named by its number in the file. */
static osl_status number_document(const osl_reading *r, osl_batch *batch,
                                  uint32_t document, osl_error *err)
{
    uint32_t number = batch->document_numbers.at[document];
    if (number == 0 || r->file_documents == 0)
        return OSL_OK;
    osl_text id = osl_strings_text(
        &batch->strings, batch->document_strings[OSL_STRING_ID].at[document]);
    size_t length = id.length;
    for (size_t i = id.length; number > 1 && i-- > 0;)
        if (id.bytes[i] == '!') {
            length = i;
            break;
        }
    osl_buf name = {0};
    osl_buf_put(&name, id.bytes, length);
    osl_buf_printf(&name, "!%" PRIu32, r->file_documents + number);
    osl_status status = osl_buf_status(&name, "a name", err);
    if (status == OSL_OK)
        status = osl_batch_rename(batch, document, osl_buf_text(&name), err);
    osl_buf_clear(&name);
    return status;
}

static osl_status claim(osl_reading *r, const slice *s, osl_batch *batch,
                        uint32_t document, osl_error *err)
{
    bool replaced = false;
    osl_status status = osl_batch_claim(batch, document, &replaced, err);
    if (status != OSL_OK || !replaced)
        return status;
    char reason[256];
    osl_text id = osl_strings_text(
        &batch->strings, batch->document_strings[OSL_STRING_ID].at[document]);
    (void)snprintf(reason, sizeof reason,
                   "document %.*s comes again; the one before is left out",
                   id.length > 150 ? 150 : (int)id.length, id.bytes);
    tell(r, s, batch->lines.at[batch->first_paragraphs.at[document]], false,
         reason);
    return OSL_OK;
}

/* A document that was met in a slice whose first one of the batch is
 * `first`. */
static osl_status settle_document(osl_reading *r, const slice *s,
                                  osl_batch *batch, uint32_t first, osl_met met,
                                  osl_error *err)
{
    osl_status status = OSL_OK;
    if (!met.is_kept) {
        met.document += first;
        if (s->part > 0)
            status = number_document(r, batch, met.document, err);
        met.string = batch->document_strings[OSL_STRING_ID].at[met.document];
        met.id = osl_strings_text(&batch->strings, met.string);
    }
    if (status != OSL_OK)
        return status;
    if (r->options->meet)
        return r->options->meet(r->options->user, s->file, &met, err);
    return met.is_kept ? OSL_OK : claim(r, s, batch, met.document, err);
}

/* The documents of a slice from `*document` on, which moves behind them. */
static osl_status settle_slice(osl_reading *r, const slice *s, osl_batch *batch,
                               uint32_t *document, osl_error *err)
{
    const size_t *first = s->piece.first.counts, *end = s->piece.end.counts;
    uint32_t count = (uint32_t)s->met_count;
    size_t told = 0, blocks = 0;
    if (s->part == 0) {
        r->file_documents = 0;
        r->file_hash = (osl_lines_hash){0};
        r->file_skips = false;
    }
    for (uint32_t i = 0; i <= count; i++) {
        for (;
             told < s->note_count && (i == count || s->notes[told].before <= i);
             told++)
            if (!was_told(r->slices, s, &s->notes[told]))
                tell(r, s, s->notes[told].line, s->notes[told].skipped,
                     s->notes[told].reason);
        if (i == count)
            break;
        bool ends = blocks < s->block_count && s->blocks[blocks].last == i;
        osl_met met = s->mets[i];
        met.block = ends ? &s->blocks[blocks].is : NULL;
        osl_status status = settle_document(r, s, batch, *document, met, err);
        if (status != OSL_OK)
            return status;
        blocks += ends;
    }
    *document +=
        (uint32_t)(end[OSL_MARK_DOCUMENTS] - first[OSL_MARK_DOCUMENTS]);
    r->file_documents += s->document_count;
    osl_lines_hash_join(&r->file_hash, &s->hash);
    if (!s->is_last)
        return OSL_OK;
    r->files[s->file].known->documents = r->file_documents;
    if (r->file_hash.count > 0)
        r->files[s->file].known->hash = osl_lines_hash_end(&r->file_hash);
    if (r->file_documents == 0 && (s->is_part || !r->file_skips))
        tell(r, s, 0, true,
             s->is_part ? "no guideline text in it (read as jsonl)"
                        : "no guideline text in it");
    return OSL_OK;
}

static osl_status settle(osl_reading *r, osl_batch *batch, osl_error *err)
{
    const osl_read_options *options = r->options;
    uint32_t document = 0;
    size_t met = 0;
    osl_status status = OSL_OK;
    for (size_t i = 0; i < r->slice_count; i++)
        met += r->slices[i].met_count;
    if (options->expect)
        status = options->expect(options->user, met, err);
    for (size_t i = 0; i < r->slice_count && status == OSL_OK; i++)
        status = settle_slice(r, &r->slices[i], batch, &document, err);
    return status;
}

/* ---- a round ------------------------------------------------------------ */

static osl_status join(osl_reading *r, osl_batch *batch, osl_error *err)
{
    if (r->size == 1)
        return OSL_OK; /* it was read into at once */
    osl_batch **batches = calloc(r->size, sizeof *batches);
    osl_batch_piece *pieces = calloc(r->slice_count + 1, sizeof *pieces);
    osl_status status = batches && pieces ? OSL_OK : no_memory(err);
    if (status == OSL_OK) {
        for (unsigned i = 0; i < r->size; i++)
            batches[i] = &r->readers[i].own;
        for (size_t i = 0; i < r->slice_count; i++)
            pieces[i] = r->slices[i].piece;
        const osl_batch_parts parts = {batches, r->size, pieces,
                                       r->slice_count};
        status = osl_batch_join(batch, &parts, r->size, err);
    }
    for (unsigned i = 0; i < r->size; i++)
        osl_batch_clear(&r->readers[i].own);
    free(batches);
    free(pieces);
    return status;
}

/* What readers hold, and what they have read, but not the split at hand. */
static void end_round(osl_reading *r)
{
    for (unsigned i = 0; i < r->size; i++) {
        osl_batch_clear(&r->readers[i].own);
        osl_contents_clear(&r->readers[i].contents);
        free(r->readers[i].room);
        r->readers[i].room = NULL;
        r->readers[i].room_capacity = 0;
    }
    for (size_t i = 0; i < r->slice_count; i++)
        free_slice(&r->slices[i]);
    r->slice_count = 0;
    r->held_bytes = 0;
}

/* What is left to be read, as far as a round goes: under a bound that is a
 * quarter of it, for a text's words take more than the text. The first reader
 * has room for all of it, since its batch becomes the whole.
 * What is little needs no room beforehand. Of what was read before, little is
 * new as a rule: room for all of it would be touched here and there, a large
 * page each time. */
static uint64_t bytes_to_come(const osl_reading *r)
{
    enum { LITTLE = 8 << 20, NEW_SHARE = 64 };
    uint64_t bytes = 0, bound = r->options->memory_bytes;
    for (size_t i = r->queue.next - (r->split != NULL); i < r->file_count; i++)
        bytes += r->files[i].known->size;
    if (bound > 0 && bytes > bound / 4)
        bytes = bound / 4;
    if (bytes < LITTLE)
        return 0;
    return r->options->find ? bytes / NEW_SHARE : bytes;
}

osl_status osl_reading_next(osl_reading *r, osl_batch *batch, bool *done,
                            osl_error *err)
{
    const uint64_t bytes = bytes_to_come(r);
    for (unsigned i = 0; i < r->size; i++) {
        reader *w = &r->readers[i];
        osl_batch_init(&w->own, r->options->analyzer, batch->keep_texts);
        w->reading = r;
        w->number = i;
        w->batch = r->size == 1 ? batch : &w->own;
        w->bytes_expected = i == 0 ? bytes : bytes / r->size;
    }
    osl_status status = osl_crew_run(r->size, read_slices, idle, r, err);
    if (r->status != OSL_OK)
        status = osl_fail(err, r->status, "%s", r->error.text);
    if (r->slice_count > 0)
        qsort(r->slices, r->slice_count, sizeof *r->slices, compare_slices);
    if (status == OSL_OK)
        status = join(r, batch, err);
    if (status == OSL_OK)
        status = settle(r, batch, err);
    *done = !r->split && r->queue.next == r->file_count;
    end_round(r);
    return status;
}

osl_status osl_reading_open(osl_reading **out, const osl_read_file *files,
                            size_t file_count, const osl_read_options *options,
                            osl_error *err)
{
    osl_reading *r = calloc(1, sizeof *r);
    if (!r)
        return no_memory(err);
    r->files = files;
    r->file_count = file_count;
    r->options = options;
    r->size = osl_crew_size(options->thread_count);
    r->slice_bytes =
        options->slice_bytes ? (size_t)options->slice_bytes : SLICE_BYTES;
    r->readers = calloc(r->size, sizeof *r->readers);
    if (!r->readers || !osl_queue_init(&r->queue, file_count) ||
        pthread_mutex_init(&r->lock, NULL) != 0) {
        osl_queue_clear(&r->queue);
        free(r->readers);
        free(r);
        return no_memory(err);
    }
    *out = r;
    return OSL_OK;
}

void osl_reading_close(osl_reading *r)
{
    if (!r)
        return;
    end_round(r);
    free_split(r->split);
    (void)pthread_mutex_destroy(&r->lock);
    osl_queue_clear(&r->queue);
    free(r->slices);
    free(r->readers);
    free(r);
}
