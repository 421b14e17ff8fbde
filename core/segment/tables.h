/* SPDX-License-Identifier: MIT
 *
 * The tables of a segment beside its postings: strings, documents, sections,
 * columns of paragraphs. Here is what the writer is given (struct of arrays,
 * one entry a document, section or paragraph) and how the readers get at a
 * section of columns; each codec file writes and reads its own.
 *
 *   section = head columns… extra
 *   head    = extra_offset:u64 extra_length:u64
 *   columns = descriptor[] (column.h), their numbers
 *
 * Every text of a document, heading, citation or evidence level is a number
 * into the one table of distinct strings.
 *
 * Threads: reading is pure; a writer belongs to one thread. */
#ifndef OSL_CORE_SEGMENT_TABLES_H
#define OSL_CORE_SEGMENT_TABLES_H

#include "core/segment/column.h"
#include "core/segment/segment.h"
#include "core/segment/writer.h"

/* Kinds of sections, from OSL_SECTION_OTHERS on. */
enum {
    OSL_SECTION_STRINGS = 128,
    OSL_SECTION_DOCUMENTS = 129,
    OSL_SECTION_SECTIONS = 130,
    OSL_SECTION_PARAGRAPHS = 131,
    OSL_SECTION_ALIASES = 132,
    OSL_SECTION_VOCABULARY = 133,
    OSL_SECTION_CODES = 134,
    OSL_SECTION_TEXTS = 135
};

enum {
    OSL_STRING_ID,
    OSL_STRING_SOURCE,
    OSL_STRING_TITLE,
    OSL_STRING_URL,
    OSL_STRING_UPDATED,
    OSL_STRING_AUDIENCE,
    OSL_STRING_LANGUAGE,
    OSL_STRING_KIND,
    OSL_DOCUMENT_STRINGS
};

enum { OSL_DOCUMENT_IS_RECORD = 1 };

/* All borrowed. "n + 1": one more entry behind the last, the end. */
typedef struct osl_tables {
    uint32_t string_count;
    const uint64_t *string_offsets; /* n + 1 */
    const uint8_t *string_heap;

    uint32_t document_count;
    const uint32_t *document_strings[OSL_DOCUMENT_STRINGS];
    const uint32_t *first_paragraphs; /* n + 1 */
    const uint32_t *first_sections;   /* n + 1 */
    const uint8_t *document_flags;
    const uint32_t *document_order; /* documents by bytes of their id */
    uint32_t alias_count;           /* of documents, by bytes */
    const uint32_t *alias_strings, *alias_documents;

    uint32_t section_count;
    const uint32_t *headings;
    const uint32_t *parents; /* relative to the document's first, + 1; 0 none */
    const uint32_t *levels;
    const uint32_t *section_paragraphs; /* its first */
    const uint32_t *section_lengths;    /* paragraphs, with all below */

    uint32_t paragraph_count;
    const uint32_t *paragraph_sections; /* relative, + 1; 0 none */
    const uint32_t *lines;
    const uint8_t *kinds;
    const uint32_t *ranks;
    const uint64_t *hashes;
    const uint32_t *citation_starts, *evidence_starts; /* n + 1 */
    const uint32_t *citations, *evidence;              /* strings */
    const uint64_t *text_bytes; /* NULL where texts are stored */
} osl_tables;

/* Write the sections of documents.c and columns.c. Sticky: the writer tells;
 * what runs out of memory here is told at once. */
OSL_MUST_CHECK osl_status osl_documents_write(osl_writer *writer,
                                              const osl_tables *tables,
                                              osl_error *err);
OSL_MUST_CHECK osl_status osl_columns_write(osl_writer *writer,
                                            const osl_tables *tables,
                                            osl_error *err);
/* Writes `columns` and `extra` as section `kind`, version 1. */
OSL_MUST_CHECK osl_status osl_tables_put(osl_writer *writer, uint32_t kind,
                                         const osl_column_source *columns,
                                         size_t column_count, osl_text extra,
                                         osl_error *err);

/* ---- reading ----------------------------------------------------------- */

/* Column `n` of section `kind`. */
OSL_MUST_CHECK osl_status osl_tables_column(const osl_segment *segment,
                                            uint32_t kind, unsigned n,
                                            osl_column *out, osl_error *err);
/* Its value at `at`; OSL_ECORRUPT where at ≥ count. */
OSL_MUST_CHECK osl_status osl_tables_value(const osl_segment *segment,
                                           uint32_t kind,
                                           const osl_column *column,
                                           uint64_t at, uint64_t *out,
                                           osl_error *err);
/* Both at once. */
OSL_MUST_CHECK osl_status osl_tables_get(const osl_segment *segment,
                                         uint32_t kind, unsigned n, uint64_t at,
                                         uint64_t *out, osl_error *err);
/* `count` of its values for loops, verified at once. */
OSL_MUST_CHECK osl_status osl_tables_numbers(const osl_segment *segment,
                                             uint32_t kind, unsigned n,
                                             uint64_t count, osl_numbers *out,
                                             osl_error *err);
/* `length` bytes of the extra part from `start` on; borrowed from the map. */
OSL_MUST_CHECK osl_status osl_tables_extra(const osl_segment *segment,
                                           uint32_t kind, uint64_t start,
                                           uint64_t length, const uint8_t **out,
                                           osl_error *err);
/* A string of the table of strings; borrowed from the map. */
OSL_MUST_CHECK osl_status osl_tables_string(const osl_segment *segment,
                                            uint64_t number, osl_text *out,
                                            osl_error *err);

/* Levels of evidence of all paragraphs: those of n are strings[starts[n]] up to
 * strings[starts[n + 1]], numbers of strings; *count of them in all. */
OSL_MUST_CHECK osl_status osl_segment_levels(const osl_segment *segment,
                                             osl_numbers *starts,
                                             osl_numbers *strings,
                                             uint64_t *count, osl_error *err);

#endif
