/* SPDX-License-Identifier: MIT
 *
 * Sources to a batch, by several threads. What is read is dealt out in
 * slices: a file each, or 1 MiB of a file of one record a line, of which its
 * reader has the bytes in a room of its own. Each thread reads into a batch of
 * its own; the pieces are then joined in the order of the sources, and told
 * about in that order, whoever read what.
 *
 *     files ──slices──▶ threads: read, parse, tokenise ──▶ batches
 *                                     └──join in order──▶ the batch
 *
 * Slices do not depend on the number of threads, nor does anything that is
 * told or written.
 *
 * Threads: one at a time; the watcher's functions are called by the caller's
 * thread only. */
#ifndef OSL_INDEXER_READ_H
#define OSL_INDEXER_READ_H

#include "core/segment/registry.h"
#include "indexer/batch.h"
#include "indexer/known.h"
#include "indexer/lines.h"

/* A file to read. `known` gets its hash and its number of documents. */
typedef struct osl_read_file {
    const char *path;   /* to open */
    const char *shown;  /* for messages */
    const char *format; /* a reader's name, NULL: by content */
    osl_registry_source *known;
    bool *is_shut; /* set where it may not be opened; may be NULL */
} osl_read_file;

/* A document that was met, or a run of them that are kept. */
typedef struct osl_met {
    osl_text id;   /* of the batch's; borrowed for the call */
    uint32_t line; /* of its first paragraph; 0: not known */
    bool is_kept;  /* the index has it as it is */
    bool is_known; /* has its id at all: in `place` */
    osl_place place;
    uint32_t count;    /* kept: so many, places and lines one behind the other;
                        * else 1 */
    uint32_t document; /* else: of the batch */
    uint32_t string;   /* … and its id, of the batch's strings */
    uint64_t digest;   /* osl_document_digest(); of what is kept, 0 */
    bool is_plain;     /* osl_document_is_plain() */
    uint64_t record;   /* hash of the record that it was read from; 0: none */
    /* The documents read last, one behind the other, this one the last of
     * them, are a block. Borrowed for the call; NULL: they are none. */
    const osl_catalog_block *block;
} osl_met;

/* Lines that were passed. */
typedef struct osl_passed {
    size_t length;       /* bytes of the last ones, without their last '\n' */
    osl_lines_hash hash; /* of all */
} osl_passed;

/* Whether the parts of large files are mapped. A file that somebody writes into
 * meanwhile then may not be as its hashes say: for callers who find that out and
 * read it again. What changed just before it was found is never mapped. */
typedef enum osl_mapping {
    OSL_MAPPING_NONE,
    OSL_MAPPING_IF_QUICKER, /* a matter of the machine, which is tried */
    OSL_MAPPING_ALL
} osl_mapping;

/* How to read; borrowed until the reading is closed. */
typedef struct osl_read_options {
    const osl_analyzer *analyzer;
    const osl_kernels *kernels;
    unsigned thread_count; /* 0: processors, at most 8 */
    uint64_t memory_bytes; /* batches of a round; 0: no bound */
    uint64_t slice_bytes;  /* of a large file; 0: 1 MiB */
    osl_mapping mapping;
    void *user; /* for what follows */
    /* A source (or record) gave nothing, or was read differently. */
    void (*tell)(void *user, const char *shown, uint32_t line, bool skipped,
                 const char *reason);
    /* Called often. Another status than OSL_OK ends the reading. */
    osl_status (*progress)(void *user, uint64_t bytes_done, uint64_t documents,
                           uint64_t paragraphs, osl_error *err);
    /* Whether the index has a document of file number `file` as it is, and
     * where: by its record before it is read (id without bytes), or by id and
     * digest. Each reader has a trail. Called by any thread. NULL: it has
     * none. */
    osl_status (*find)(void *user, size_t file, osl_trail *trail, osl_met *met,
                       osl_error *err);
    /* Whether the index has the documents of some lines as they are, which
     * stand at the beginning of `rest`: *met is told where and how many, the
     * lines are added to *passed. NULL where `find` is. */
    bool (*pass)(void *user, size_t file, osl_trail *trail, osl_text rest,
                 osl_met *met, osl_passed *passed);
    /* Before that: so many documents at most are met next. NULL: not told. */
    osl_status (*expect)(void *user, size_t documents, osl_error *err);
    /* Every document, in the order of the sources. NULL: a batch's documents
     * that come again are marked and told. */
    osl_status (*meet)(void *user, size_t file, const osl_met *met,
                       osl_error *err);
} osl_read_options;

typedef struct osl_reading osl_reading;

/* Begins to read `files`, in their order. On OSL_OK the caller owns *out and
 * ends it with osl_reading_close(). OSL_ENOMEM. */
OSL_MUST_CHECK osl_status osl_reading_open(osl_reading **out,
                                           const osl_read_file *files,
                                           size_t file_count,
                                           const osl_read_options *options,
                                           osl_error *err);

/* Reads on into `batch`, which is initialised and empty: all that is left, or
 * until it holds more than options->memory_bytes. *done tells that nothing is
 * left. A
 * file that cannot be read is told, too, and no failure; failures are memory,
 * limits, and what progress() returned. */
OSL_MUST_CHECK osl_status osl_reading_next(osl_reading *reading,
                                           osl_batch *batch, bool *done,
                                           osl_error *err);
void osl_reading_close(osl_reading *reading); /* NULL is fine */

#endif
