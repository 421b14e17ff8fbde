/* SPDX-License-Identifier: MIT
 *
 * Surface forms: for each term of text the words that were seen for it, and
 * for each occurrence which of them it was.
 *
 * Threads: one writer, one thread; reading is pure. */
#ifndef OSL_CORE_SEGMENT_FORMS_H
#define OSL_CORE_SEGMENT_FORMS_H

#include "core/segment/segment.h"
#include "core/segment/writer.h"

#define OSL_FORMS_VERSION 2u

/* ---- occurrences ------------------------------------------------------- */

/* A block for `total` occurrences. */
void osl_forms_write_block(osl_buf *out, const uint32_t *forms, uint64_t total);
/* Bytes of the block for `total` occurrences at `bytes`; 0 where it does not
 * fit in `length`. */
size_t osl_forms_block_bytes(const uint8_t *bytes, size_t length,
                             uint64_t total);
/* Forms of occurrences first … first + count − 1 of a block that
 * osl_forms_block_bytes() has measured; first + count ≤ total. */
void osl_forms_read_block(const uint8_t *bytes, uint64_t total, uint64_t first,
                          uint32_t count, uint32_t *out);

/* ---- lists ------------------------------------------------------------- */

/* Caller's storage; all zero is empty. */
typedef struct osl_forms_writer {
    uint32_t term_count;
    osl_buf offsets, entries;
    size_t block; /* of entries: where the last one begins */
    /* Of the term at hand: numbering by falling count. */
    struct form_count *counts; /* owns */
    size_t counts_capacity;
    uint32_t *numbers, *occurrences; /* own */
    size_t numbers_capacity, occurrences_capacity;
} osl_forms_writer;

void osl_forms_begin(osl_forms_writer *writer);
/* Adds the forms of the next term and numbers them anew, the most frequent
 * first: *occurrences has the new number of each of its `total` occurrences,
 * borrowed until the next call. NULL where the term has one form. Where the
 * term comes without forms, its own bytes are taken for its form. */
OSL_MUST_CHECK osl_status osl_forms_add(osl_forms_writer *writer,
                                        const osl_term_postings *postings,
                                        uint64_t total,
                                        const uint32_t **occurrences,
                                        osl_error *err);
/* The same for who has numbered the forms so: their list goes in with their
 * dfs. */
void osl_forms_add_counted(osl_forms_writer *writer,
                           const osl_term_postings *postings,
                           const uint32_t *dfs);
/* Appends an entry that another writer of forms has made. */
void osl_forms_take(osl_forms_writer *writer, const uint8_t *entry,
                    size_t length);
OSL_MUST_CHECK osl_status osl_forms_finish(osl_forms_writer *writer,
                                           osl_buf *out, osl_error *err);
void osl_forms_clear(osl_forms_writer *writer);

/* Lists of all terms of text, one term after the other. Caller's storage: the
 * segment, the rest zero. */
typedef struct osl_forms_cursor {
    const osl_segment *segment;
    uint32_t next; /* the term's place in the order of terms */
    uint32_t listed;
    const uint8_t *at, *end;
} osl_forms_cursor;

/* The forms of the next term, as osl_term_forms() gives them; `term` stands
 * at it. */
OSL_MUST_CHECK osl_status osl_forms_next(osl_forms_cursor *cursor,
                                         const osl_term_cursor *term,
                                         osl_arena *arena,
                                         const osl_term_form **forms,
                                         size_t *count, osl_error *err);

#endif
