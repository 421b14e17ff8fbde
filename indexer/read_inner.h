/* SPDX-License-Identifier: MIT
 *
 * A reading at work, as its files share it: read.c has the threads and what
 * they do with a document, read_slices.c what is dealt out to them,
 * read_settle.c what is told, in the order of the sources, when all have done.
 *
 * Threads: as each function says. */
#ifndef OSL_INDEXER_READ_INNER_H
#define OSL_INDEXER_READ_INNER_H

#include "indexer/read.h"

#include "core/base/file.h"
#include "core/segment/catalog.h"
#include "indexer/queue.h"

#include <pthread.h>

/* What a reader had to say, before document `before` of its slice. */
typedef struct osl_read_note {
    uint32_t before, line;
    bool skipped;
    char *reason; /* owns */
} osl_read_note;

/* Documents of a slice whose lines can be found again together. */
typedef struct osl_read_block {
    size_t last; /* of the slice's mets */
    osl_catalog_block is;
} osl_read_block;

/* Lines that are to be a block: documents were read from all of them. */
typedef struct osl_read_lines {
    const char *from;
    size_t length;
    uint32_t count;
    size_t last; /* of the slice's mets */
} osl_read_lines;

/* A large file of one record a line that is dealt out in parts. Of lines that
 * are looked at once and are in no cache, a part takes two thirds of the time
 * mapped that it takes copied, or five times as long where page tables are
 * shadowed: so one is copied, the next one mapped, and the others are as it was
 * quicker. */
typedef struct osl_read_split {
    osl_input input;
    osl_map map; /* not open: no part was mapped */
    osl_mapping mapping;
    bool is_mapped;
    uint64_t copied_ns; /* what it took to copy the part of the trial */
    size_t file, offset;
    uint32_t line, parts; /* of the next part; given so far */
    unsigned users;
} osl_read_split;

typedef struct osl_read_slice {
    size_t file;
    uint32_t part; /* from 0 */
    bool is_last;  /* of its file */
    bool is_part;
    osl_text bytes; /* of a part, in its reader's room */
    uint32_t first_line;
    osl_lines_hash hash;   /* of its lines, where it has any */
    osl_read_split *split; /* borrowed; NULL: a whole file */
    osl_batch_piece piece;
    osl_met *mets; /* owns; ids are not kept, documents count from its first */
    size_t met_count, met_capacity;
    uint32_t document_count;
    osl_read_block *blocks; /* owns */
    size_t block_count, block_capacity;
    osl_read_note *notes; /* owns */
    size_t note_count, note_capacity;
} osl_read_slice;

/* What a reader has done so far: it alone writes, all may look. */
typedef struct osl_read_work {
    uint64_t bytes, documents, paragraphs;
} osl_read_work;

typedef struct osl_read_thread {
    osl_reading *reading;
    osl_read_work done;
    osl_batch own;         /* unused by a reader that is alone */
    osl_batch *batch;      /* own, or the caller's */
    osl_read_slice slice;  /* at hand */
    osl_contents contents; /* of a whole file */
    char *room;            /* for a part; owns */
    size_t room_capacity;
    osl_trail trail; /* goes on in the next slice of a file */
    size_t trail_file;
    uint64_t record;           /* hash of the one that was asked for last */
    const char *lines;         /* of the slice: the first line, or NULL */
    osl_text line;             /* the one at hand … */
    uint64_t line_hash;        /* … and its hash */
    osl_read_lines open;       /* the lines before it */
    uint64_t bytes_expected;   /* of this round */
    uint32_t documents_before; /* in the batch, before the slice */
    size_t mets_before;        /* of the slice before; the next has as many */
    unsigned number, since_look;
} osl_read_thread;

struct osl_reading {
    const osl_read_file *files; /* borrowed */
    size_t file_count;
    const osl_read_options *options; /* borrowed */
    unsigned size;
    size_t slice_bytes;
    osl_read_thread *readers; /* owns */
    /* Told over rounds: of the file that is being told about. */
    uint32_t file_documents;
    osl_lines_hash file_hash;
    bool file_skips;
    bool stop;
    pthread_mutex_t lock; /* guards what follows */
    osl_queue queue;
    osl_read_split *split;  /* of which parts are left; owns */
    osl_read_slice *slices; /* that were read; owns */
    size_t slice_count, slice_capacity;
    uint64_t held_bytes; /* by the readers' batches */
    osl_status status;   /* the first failure, and its words */
    osl_error error;
};

osl_status osl_read_no_memory(osl_error *err);

/* Takes the next slice of thread `w` into w->slice; *found false where none is
 * left. Any thread. */
osl_status osl_read_take(osl_reading *r, osl_read_thread *w, bool *found,
                         osl_error *err);

/* Keeps what was read of w->slice, whose batch held `held_before` bytes, and
 * ends its use of a split. Any thread. */
osl_status osl_read_give_back(osl_read_thread *w, uint64_t held_before,
                              osl_error *err);

/* What a batch takes, with what making a segment of it will. */
uint64_t osl_read_bytes_of(const osl_batch *batch);

/* The line `count` lines behind; those that are too many to be numbered have
 * the last number. */
uint32_t osl_read_line_behind(uint32_t line, uint64_t count);

void osl_read_slice_clear(osl_read_slice *s);
void osl_read_split_free(osl_read_split *s); /* NULL is fine */

/* Meets and tells what all slices gave, which are sorted and joined into
 * `batch`. The caller's thread alone. */
osl_status osl_read_settle(osl_reading *r, osl_batch *batch, osl_error *err);

#endif
