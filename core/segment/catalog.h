/* SPDX-License-Identifier: MIT
 *
 * The catalog beside a segment: what the next update asks of each document,
 * and what no search needs. Written once with its segment (000017.seg,
 * 000017.cat) and as immutable; it stands apart because it holds dates and
 * sources, and the same text must give the same segment.
 *
 *   0          8      12     16       24       32        40
 *   +----------+------+------+--------+--------+---------+-------
 *   | OslerCat | ver  | head | length | hash   | segment | …
 *   +----------+------+------+--------+--------+---------+-------
 *   40
 *   +------------+---------+
 *   | descriptor | numbers |
 *   +------------+---------+
 *   head    = XXH3 of the 12 bytes before it, the low 32 bits
 *   segment = osl_segment_identity() of the segment it is for
 *   columns (column.h), in order
 *     of documents    hash of the content, 32 bits, or 8 where it is short;
 *                     hash of the record it was read from, 40 bits (0: none);
 *                     line where it began; 1: the hash is short
 *     of runs         source; end of its documents
 *     of stamps       dates of generations, µs since 1970
 *     of spans        end of its paragraphs; first seen, changed: stamps
 *     of blocks       end of its documents, their number; bytes of their
 *                     lines, hash of these, 40 bits
 *
 * `length` and `hash` (XXH3, 64 bits) are of all from byte 32 on. Integers
 * are little-endian. A source is the number that the registry gave it.
 *
 * A block is some documents whose records stood in a file line by line, each
 * the whole of its line: where the same bytes stand in the file, they are
 * found again at once. Its bytes begin with the first line and end before the
 * '\n' of the last.
 *
 * Threads: an open catalog is immutable. */
#ifndef OSL_CORE_SEGMENT_CATALOG_H
#define OSL_CORE_SEGMENT_CATALOG_H

#include "core/base/buf.h"
#include "core/base/file.h"
#include "core/segment/column.h"

/* What is kept of a hash. A document is compared with the one of its id, a
 * record with the nine that may come next in each segment. A short hash tells
 * only that a document is another one: where it is the same, the segment is
 * asked (indexer/known.h). */
#define OSL_CATALOG_HASH   ((UINT64_C(1) << 32) - 1)
#define OSL_CATALOG_SHORT  ((UINT64_C(1) << 8) - 1)
#define OSL_CATALOG_RECORD ((UINT64_C(1) << 40) - 1)
#define OSL_CATALOG_BLOCK  ((UINT64_C(1) << 40) - 1)

/* "000017.seg" to "000017.cat", with a path before it or not; NULL when
 * memory is out. To be freed. */
char *osl_catalog_path(const char *segment_path);

/* ---- writing ------------------------------------------------------------ */

/* Documents in the order of their segment. Caller's storage; all zero is
 * empty. Sticky: osl_catalog_encode() tells. */
typedef struct osl_catalog_maker {
    osl_buf hashes, records, lines, shorts, run_sources, run_ends, stamps,
        span_ends, first_seen, changed, block_ends, block_counts, block_lengths,
        block_hashes;
    uint32_t document_count, paragraph_count, block_count;
    uint32_t source;       /* of the last run */
    uint64_t last_date[2]; /* of the last span */
} osl_catalog_maker;

void osl_catalog_maker_clear(osl_catalog_maker *maker);
/* About so many documents are to come. */
void osl_catalog_expect(osl_catalog_maker *maker, size_t documents);
typedef struct osl_catalog_document {
    uint64_t hash, record; /* OSL_CATALOG_RECORD at most; what is too much of
                            * the hash is left out */
    uint32_t source, line;
    bool is_short;
} osl_catalog_document;
void osl_catalog_add_document(osl_catalog_maker *maker,
                              const osl_catalog_document *document);
/* The documents of a block, and their lines. */
typedef struct osl_catalog_block {
    uint32_t count; /* of documents */
    uint32_t length;
    uint64_t hash; /* OSL_CATALOG_BLOCK at most */
} osl_catalog_block;
/* The documents that were added last are a block; in none before. */
void osl_catalog_add_block(osl_catalog_maker *maker,
                           const osl_catalog_block *block);
/* Of the document added last: its next `count` paragraphs. */
void osl_catalog_add_dates(osl_catalog_maker *maker, uint32_t count,
                           uint64_t first_seen_us, uint64_t changed_us);
/* Appends the whole file, for the segment of this identity. OSL_ENOMEM. */
OSL_MUST_CHECK osl_status osl_catalog_encode(osl_buf *out,
                                             osl_catalog_maker *maker,
                                             uint64_t segment, osl_error *err);

/* ---- reading ------------------------------------------------------------ */

enum {
    OSL_CATALOG_HASHES,
    OSL_CATALOG_RECORDS,
    OSL_CATALOG_LINES,
    OSL_CATALOG_ARE_SHORT,
    OSL_CATALOG_RUN_SOURCES,
    OSL_CATALOG_RUN_ENDS,
    OSL_CATALOG_STAMPS,
    OSL_CATALOG_SPAN_ENDS,
    OSL_CATALOG_FIRST_SEEN,
    OSL_CATALOG_CHANGED,
    OSL_CATALOG_BLOCK_ENDS,
    OSL_CATALOG_BLOCK_COUNTS,
    OSL_CATALOG_BLOCK_LENGTHS,
    OSL_CATALOG_BLOCK_HASHES,
    OSL_CATALOG_COLUMNS
};

/* Caller's storage; all zero is "not open". */
typedef struct osl_catalog {
    osl_map map;      /* of a file */
    osl_text bytes;   /* the same, or the caller's */
    uint64_t segment; /* identity */
    uint32_t document_count, paragraph_count, run_count, span_count,
        block_count;
    osl_column columns[OSL_CATALOG_COLUMNS];
} osl_catalog;

/* Maps the file and checks all of it, so that nothing below can fail.
 * OSL_ENOTFOUND, OSL_ECORRUPT, OSL_EVERSION. */
OSL_MUST_CHECK osl_status osl_catalog_open(osl_catalog *out, const char *path,
                                           osl_error *err);
/* The same over bytes that the caller keeps until the close; `name` is what
 * errors say. */
OSL_MUST_CHECK osl_status osl_catalog_open_memory(osl_catalog *out,
                                                  osl_text bytes,
                                                  const char *name,
                                                  osl_error *err);
void osl_catalog_close(osl_catalog *catalog);

/* document < document_count, paragraph < paragraph_count. */
uint64_t osl_catalog_hash(const osl_catalog *catalog, uint32_t document);
bool osl_catalog_is_short(const osl_catalog *catalog, uint32_t document);
uint64_t osl_catalog_record(const osl_catalog *catalog, uint32_t document);
/* The records of `count` documents from this one on, by turns: sum becomes
 * sum · factor + record, modulo 2^64. */
uint64_t osl_catalog_fold_records(const osl_catalog *catalog, uint32_t document,
                                  uint32_t count, uint64_t sum,
                                  uint64_t factor);
uint32_t osl_catalog_line(const osl_catalog *catalog, uint32_t document);
uint32_t osl_catalog_source(const osl_catalog *catalog, uint32_t document);
/* Whether these documents began at lines that rise by one from `line` on. */
bool osl_catalog_are_at(const osl_catalog *catalog, uint32_t document,
                        uint32_t count, uint32_t line);
/* The first document of [from, to) that began at no later line than the one
 * before it there; `to`: each did. */
uint32_t osl_catalog_find_fall(const osl_catalog *catalog, uint32_t from,
                               uint32_t to);
/* Block n < block_count; its first document. */
uint32_t osl_catalog_get_block(const osl_catalog *catalog, uint32_t n,
                               osl_catalog_block *out);
uint32_t osl_catalog_block_end(const osl_catalog *catalog, uint32_t n);
/* Run n < run_count: its source, and the documents [*from, *to). */
void osl_catalog_run(const osl_catalog *catalog, uint32_t n, uint32_t *source,
                     uint32_t *from, uint32_t *to);
void osl_catalog_dates(const osl_catalog *catalog, uint32_t paragraph,
                       uint64_t *first_seen_us, uint64_t *changed_us);
#endif
