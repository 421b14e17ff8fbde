/* SPDX-License-Identifier: MIT
 *
 * The catalog beside a segment: what the next update asks of each document,
 * and what no search needs. Written once with its segment (000017.seg,
 * 000017.cat) and as immutable; it stands apart because it holds dates and
 * sources, and the same text must give the same segment.
 *
 *   0          8      12     16       24       32        40        72
 *   +----------+------+------+--------+--------+---------+---------+-------
 *   | OslerCat | ver  | head | length | hash   | segment | count{8}| arrays
 *   +----------+------+------+--------+--------+---------+---------+-------
 *   head   = XXH3 of the 12 bytes before it, the low 32 bits
 *   segment = osl_segment_identity() of the segment it is for
 *   count  = documents paragraphs runs stamps spans definitions senses
 *            sense_bytes, u32 each
 *   arrays = hash:u64{documents}     of a document's content
 *            record:u64{documents}   of the record it was read from; 0: none
 *            stamp:u64{stamps}       dates of generations, µs since 1970
 *            end:u32{documents}      of its definitions
 *            line:u32{documents}     where it began in its source
 *            run{runs}   = source:u32 end:u32            end of documents
 *            span{spans} = end:u32 first_seen:u32 changed:u32
 *                                                   end of paragraphs, stamps
 *            definition:u32{definitions}             senses
 *            offset:u32{senses + 1}
 *            byte{sense_bytes}       a sense: short form, 0, long form
 *
 * `length` and `hash` (XXH3, 64 bits) are of all from byte 32 on. Integers
 * are little-endian. A source is the number that the registry gave it.
 *
 * Threads: an open catalog is immutable. */
#ifndef OSL_CORE_SEGMENT_CATALOG_H
#define OSL_CORE_SEGMENT_CATALOG_H

#include "core/base/buf.h"
#include "core/base/file.h"
#include "core/core.h"

/* "000017.seg" to "000017.cat", with a path before it or not; NULL when
 * memory is out. To be freed. */
char *osl_catalog_path(const char *segment_path);

/* ---- writing ------------------------------------------------------------ */

/* Documents in the order of their segment. Caller's storage; all zero is
 * empty. Sticky: osl_catalog_encode() tells. */
typedef struct osl_catalog_maker {
    osl_buf hashes, records, stamps, ends, lines, runs, spans, definitions,
        offsets, senses;
    uint32_t document_count, paragraph_count, definition_count;
    uint32_t source;       /* of the last run */
    uint64_t last_date[2]; /* of the last span */
} osl_catalog_maker;

void osl_catalog_maker_clear(osl_catalog_maker *maker);
typedef struct osl_catalog_document {
    uint64_t hash, record;
    uint32_t source, line;
} osl_catalog_document;
void osl_catalog_add_document(osl_catalog_maker *maker,
                              const osl_catalog_document *document);
/* Of the document added last: its next `count` paragraphs; a sense (number,
 * in the order of osl_catalog_add_sense()) that it defines. */
void osl_catalog_add_dates(osl_catalog_maker *maker, uint32_t count,
                           uint64_t first_seen_us, uint64_t changed_us);
void osl_catalog_add_definition(osl_catalog_maker *maker, uint32_t sense);
/* The next sense: short form, 0, long form. */
void osl_catalog_add_sense(osl_catalog_maker *maker, osl_text sense);
/* Appends the whole file, for the segment of this identity. OSL_ENOMEM,
 * OSL_ELIMIT. */
OSL_MUST_CHECK osl_status osl_catalog_encode(osl_buf *out,
                                             const osl_catalog_maker *maker,
                                             uint64_t segment, osl_error *err);

/* ---- reading ------------------------------------------------------------ */

/* Caller's storage; all zero is "not open". */
typedef struct osl_catalog {
    osl_map map;      /* of a file */
    osl_text bytes;   /* the same, or the caller's */
    uint64_t segment; /* identity */
    uint32_t document_count, paragraph_count, run_count, span_count,
        sense_count;
    const uint8_t *hashes, *records, *stamps, *ends, *lines, *runs, *spans,
        *definitions, *offsets, *senses;
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

/* document < document_count, paragraph < paragraph_count, sense <
 * sense_count. */
uint64_t osl_catalog_hash(const osl_catalog *catalog, uint32_t document);
uint64_t osl_catalog_record(const osl_catalog *catalog, uint32_t document);
uint32_t osl_catalog_line(const osl_catalog *catalog, uint32_t document);
uint32_t osl_catalog_source(const osl_catalog *catalog, uint32_t document);
/* Run n < run_count: its source, and the documents [*from, *to). */
void osl_catalog_run(const osl_catalog *catalog, uint32_t n, uint32_t *source,
                     uint32_t *from, uint32_t *to);
void osl_catalog_dates(const osl_catalog *catalog, uint32_t paragraph,
                       uint64_t *first_seen_us, uint64_t *changed_us);
/* The definitions of a document are [*from, *to); the sense of one. */
void osl_catalog_definitions(const osl_catalog *catalog, uint32_t document,
                             uint32_t *from, uint32_t *to);
uint32_t osl_catalog_definition(const osl_catalog *catalog, uint32_t n);
/* Short form, 0, long form; borrowed. */
osl_text osl_catalog_sense(const osl_catalog *catalog, uint32_t sense);

#endif
