/* SPDX-License-Identifier: MIT
 *
 * The threads of a reading, and what each does with what it was dealt: lines
 * that the index has are passed over, documents go to its batch, and lines that
 * stand together become blocks. */
#include "indexer/read_inner.h"

#include "indexer/crew.h"
#include "indexer/digest.h"

#include <string.h>
#include <unistd.h>

#define SLICE_BYTES ((size_t)1 << 20)

/* Documents between two looks at progress(). */
enum { DOCUMENTS_A_LOOK = 64 };

/* Bytes of a block's lines, about. Blocks take 0.1 % of the file; of 4 KiB twice
 * as much, and an update where one record of a hundred is revised takes as
 * long. */
enum { BLOCK_BYTES = 8192 };

osl_status osl_read_no_memory(osl_error *err)
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
static osl_read_work work_done(const osl_reading *r)
{
    osl_read_work sum = {0};
    for (unsigned i = 0; i < r->size; i++) {
        const osl_read_work *done = &r->readers[i].done;
        sum.bytes += get64(&done->bytes);
        sum.documents += get64(&done->documents);
        sum.paragraphs += get64(&done->paragraphs);
    }
    return sum;
}

/* ---- reading ------------------------------------------------------------ */

static osl_status look(osl_read_thread *w, osl_error *err)
{
    osl_reading *r = w->reading;
    if (is_stopped(r))
        return osl_fail(err, OSL_ECANCELLED, "stopped with the others");
    if (w->number != 0 || !r->options->progress)
        return OSL_OK;
    osl_read_work done = work_done(r);
    return r->options->progress(r->options->user, done.bytes, done.documents,
                                done.paragraphs, err);
}

/* Whether a kept document follows those met last, with nothing noted in
 * between. */
static bool goes_on(const osl_read_slice *s, const osl_met *last,
                    const osl_met *met)
{
    return met->is_kept && last->is_kept &&
           met->place.segment == last->place.segment &&
           met->place.document == last->place.document + last->count &&
           met->line == last->line + last->count &&
           (s->note_count == 0 ||
            s->notes[s->note_count - 1].before < s->met_count);
}

static bool add_met(osl_read_thread *w, const osl_met *met)
{
    osl_read_slice *s = &w->slice;
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
static bool is_line(const osl_read_thread *w, osl_text record)
{
    return record.bytes == w->line.bytes && record.length == w->line.length;
}

/* The lines of a slice one by one, or some that are known. */
static osl_step step_line(void *user, osl_text rest, uint32_t line)
{
    osl_read_thread *w = user;
    osl_read_slice *s = &w->slice;
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
    osl_read_thread *w = user;
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
static bool end_block(osl_read_thread *w)
{
    const osl_read_lines open = w->open;
    osl_read_slice *s = &w->slice;
    w->open = (osl_read_lines){0};
    if (open.count < 2)
        return true;
    if (!osl_grow(&s->blocks, &s->block_capacity, s->block_count + 1,
                  sizeof *s->blocks))
        return false;
    s->blocks[s->block_count++] = (osl_read_block){
        open.last,
        {open.count, (uint32_t)open.length,
         w->reading->options->kernels->hash(open.from, open.length) &
             OSL_CATALOG_BLOCK}};
    return true;
}

/* The document met last was read from this record. */
static bool extend_block(osl_read_thread *w, osl_text record)
{
    osl_read_lines *open = &w->open;
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
static osl_status meet(osl_read_thread *w, const osl_document *document,
                       osl_error *err)
{
    const osl_read_options *options = w->reading->options;
    osl_read_slice *s = &w->slice;
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
    return done ? OSL_OK : osl_read_no_memory(err);
}

static osl_status take_document(void *user, const osl_document *document,
                                osl_error *err)
{
    osl_read_thread *w = user;
    osl_status status = OSL_OK;
    if (w->since_look++ % DOCUMENTS_A_LOOK == 0)
        status = look(w, err);
    if (status == OSL_OK && document->paragraph_count > 0)
        status = meet(w, document, err);
    add64(&w->done.documents, 1);
    add64(&w->done.paragraphs, document->paragraph_count);
    return status;
}

static bool add_note(osl_read_thread *w, uint32_t line, bool skipped,
                     const char *reason)
{
    osl_read_slice *s = &w->slice;
    if (!osl_grow(&s->notes, &s->note_capacity, s->note_count + 1,
                  sizeof *s->notes))
        return false;
    char *copy = strdup(reason);
    if (!copy)
        return false;
    s->notes[s->note_count++] =
        (osl_read_note){(uint32_t)s->met_count, line, skipped, copy};
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
static bool has_lines(const osl_read_thread *w, osl_text bytes)
{
    return w->lines == bytes.bytes && bytes.length > 1 && bytes.bytes[1] != 0;
}

static osl_status read_by(osl_read_thread *w, osl_text bytes,
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
static osl_status read_bytes(osl_read_thread *w, osl_text bytes, osl_error *err)
{
    const osl_consumer consumer = {w, take_document, take_report, knows_record,
                                   step_line};
    osl_read_slice *s = &w->slice;
    const osl_text none = {"", 0};
    w->open = (osl_read_lines){0};
    w->lines = NULL;
    osl_status status = read_by(w, bytes, &consumer, err);
    if (status == OSL_OK && !end_block(w))
        status = osl_read_no_memory(err);
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

static osl_status read_file(osl_read_thread *w, osl_error *err)
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
                   : osl_read_no_memory(err);
    }
    const osl_text bytes = {(const char *)contents->bytes, contents->length};
    if (bytes.length > 0)
        status = read_bytes(w, bytes, err);
    else if (!add_note(w, 0, true, "the file is empty"))
        status = osl_read_no_memory(err);
    if (w->slice.hash.count == 0)
        file->known->hash =
            osl_hash_file(w->reading->options->kernels, bytes, 0);
    add64(&w->done.bytes, bytes.length);
    return status;
}

static osl_status read_part(osl_read_thread *w, osl_error *err)
{
    const osl_read_slice *s = &w->slice;
    osl_status status = read_bytes(w, s->bytes, err);
    if (w->reading->size == 1)
        s->split->line = osl_read_line_behind(s->first_line, s->hash.count);
    return status;
}

static osl_status read_slice(osl_read_thread *w, osl_error *err)
{
    osl_read_slice *s = &w->slice;
    uint64_t held = osl_read_bytes_of(w->batch);
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
    osl_status given =
        osl_read_give_back(w, held, status == OSL_OK ? err : &ignored);
    return status == OSL_OK ? given : status;
}

static osl_status read_slices(void *user, unsigned number, osl_error *err)
{
    osl_reading *r = user;
    osl_read_thread *w = &r->readers[number];
    bool found = true;
    osl_status status = OSL_OK;
    osl_batch_expect(w->batch, w->bytes_expected); /* touches it */
    while (status == OSL_OK && found) {
        status = osl_read_take(r, w, &found, err);
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

/* ---- a round ------------------------------------------------------------ */

static int compare_slices(const void *left, const void *right)
{
    const osl_read_slice *a = left, *b = right;
    if (a->file != b->file)
        return a->file < b->file ? -1 : 1;
    return a->part < b->part ? -1 : a->part > b->part;
}

static osl_status join(osl_reading *r, osl_batch *batch, osl_error *err)
{
    if (r->size == 1)
        return OSL_OK; /* it was read into at once */
    osl_batch **batches = calloc(r->size, sizeof *batches);
    osl_batch_piece *pieces = calloc(r->slice_count + 1, sizeof *pieces);
    osl_status status = batches && pieces ? OSL_OK : osl_read_no_memory(err);
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
        osl_read_slice_clear(&r->slices[i]);
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
        osl_read_thread *w = &r->readers[i];
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
        status = osl_read_settle(r, batch, err);
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
        return osl_read_no_memory(err);
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
        return osl_read_no_memory(err);
    }
    *out = r;
    return OSL_OK;
}

void osl_reading_close(osl_reading *r)
{
    if (!r)
        return;
    end_round(r);
    osl_read_split_free(r->split);
    (void)pthread_mutex_destroy(&r->lock);
    osl_queue_clear(&r->queue);
    free(r->slices);
    free(r->readers);
    free(r);
}
