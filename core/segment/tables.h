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
    OSL_SECTION_TEXTS = 135,
    OSL_SECTION_DEFINITIONS = 136,
    OSL_SECTION_WORD_TERMS = 137
};

/* Columns of strings (ids.h). */
enum {
    OSL_STRINGS_OFFSET, /* n + 1, of those that stand there */
    OSL_STRINGS_RUN,    /* of each 128th id */
    OSL_STRINGS_FIRST,  /* id of each run */
    OSL_STRINGS_NUMBER, /* of that id */
    OSL_STRINGS_FORM,   /* digits of a number, and the most */
    OSL_STRINGS_COLUMNS
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

/* Columns of documents, behind those of their strings. */
enum {
    OSL_DOCUMENT_FIRST_PARAGRAPH = OSL_DOCUMENT_STRINGS, /* n + 1 */
    OSL_DOCUMENT_FIRST_SECTION,                          /* n + 1 */
    OSL_DOCUMENT_FLAGS,
    OSL_DOCUMENT_ORDER,
    OSL_DOCUMENT_ALIAS_STRING,
    OSL_DOCUMENT_ALIAS_DOCUMENT,
    OSL_DOCUMENT_COLUMNS
};

enum {
    OSL_SECTION_HEADING,
    OSL_SECTION_PARENT,
    OSL_SECTION_LEVEL,
    OSL_SECTION_PARAGRAPH,
    OSL_SECTION_LENGTH,
    OSL_SECTION_COLUMNS
};

enum {
    OSL_PARAGRAPH_SECTION,
    OSL_PARAGRAPH_LINE,
    OSL_PARAGRAPH_KIND,
    OSL_PARAGRAPH_RANK,
    OSL_PARAGRAPH_HASH,
    OSL_PARAGRAPH_RANGE_DOCUMENT, /* of each 64th */
    OSL_PARAGRAPH_FIRST_CITATION, /* n + 1 */
    OSL_PARAGRAPH_FIRST_EVIDENCE, /* n + 1 */
    OSL_PARAGRAPH_CITATIONS,
    OSL_PARAGRAPH_EVIDENCE,
    OSL_PARAGRAPH_TEXT_BYTES,
    OSL_PARAGRAPH_COLUMNS
};

enum {
    OSL_ALIAS_BLOCKS,
    OSL_ALIAS_FIRST_USE, /* by paragraph, n + 1 */
    OSL_ALIAS_USES,
    OSL_ALIAS_HEADS, /* of each block's first joined form */
    OSL_ALIAS_COLUMNS
};

enum {
    OSL_DEFINITION_BLOCKS,
    OSL_DEFINITION_FIRSTS, /* by sense, n + 1 */
    OSL_DEFINITION_DOCUMENTS,
    OSL_DEFINITION_COLUMNS
};

enum {
    OSL_TEXTS_START,
    OSL_TEXTS_FIRSTS,
    OSL_TEXTS_FOLLOWERS,
    OSL_TEXTS_LENGTHS,
    OSL_TEXTS_COLUMNS,
    /* Where codes are as deep.h says. */
    OSL_TEXTS_TABLES = OSL_TEXTS_COLUMNS,
    OSL_TEXTS_FOLLOWERS_OF_TWO,
    OSL_TEXTS_COLUMNS_DEEP
};

/* All borrowed; counts stand in the sources. "n + 1": one more entry behind
 * the last, the end. */
typedef struct osl_tables {
    osl_column_source string_offsets; /* n + 1 */
    uint64_t string_bytes;
    osl_text (*string_at)(void *user, uint32_t number); /* in order */
    void *string_user;

    osl_column_source document_strings[OSL_DOCUMENT_STRINGS];
    osl_column_source first_paragraphs; /* n + 1 */
    osl_column_source first_sections;   /* n + 1 */
    osl_column_source document_flags;
    osl_column_source document_order; /* documents by bytes of their id */
    osl_column_source alias_strings;  /* of documents, by bytes */
    osl_column_source alias_documents;

    osl_column_source headings;
    osl_column_source
        parents; /* relative to the document's first, + 1; 0 none */
    osl_column_source levels;
    osl_column_source section_paragraphs; /* its first */
    osl_column_source section_lengths;    /* paragraphs, with all below */

    osl_column_source paragraph_sections; /* relative, + 1; 0 none */
    osl_column_source lines;
    osl_column_source kinds;
    osl_column_source ranks;
    osl_column_source range_documents; /* of each 64th paragraph */
    osl_column_source citation_starts, evidence_starts; /* n + 1 */
    osl_column_source citations, evidence;              /* strings */
    /* None where texts are stored. */
    osl_column_source hashes, text_bytes;
} osl_tables;

/* Writes the sections of documents.c and columns.c. Sticky: the writer tells;
 * what runs out of memory here is told at once. */
OSL_MUST_CHECK osl_status osl_tables_write(osl_writer *writer,
                                           const osl_tables *tables,
                                           osl_error *err);
/* That of columns.c alone. */
OSL_MUST_CHECK osl_status osl_columns_write(osl_writer *writer,
                                            const osl_tables *tables,
                                            bool with_ranks, osl_error *err);
/* Begins section `kind`, version 1, with these columns; the caller puts the
 * `extra_length` bytes of its extra part and ends it. */
#define OSL_TABLES_COLUMNS_MAX 16u
OSL_MUST_CHECK osl_status osl_tables_begin(osl_writer *writer, uint32_t kind,
                                           const osl_column_source *columns,
                                           size_t column_count,
                                           uint64_t extra_length,
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
/* Which paragraphs and sections a document has: of osl_segment_document() what
 * takes no strings, for many of them. */
typedef struct osl_document_extent {
    uint32_t first_paragraph, paragraph_count;
    uint32_t first_section, section_count;
} osl_document_extent;
OSL_MUST_CHECK osl_status osl_segment_extent(const osl_segment *segment,
                                             uint32_t document,
                                             osl_document_extent *out,
                                             osl_error *err);
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
/* What there is of it from `start` on: *length bytes at most, and then so many
 * there are. */
OSL_MUST_CHECK osl_status osl_tables_rest(const osl_segment *segment,
                                          uint32_t kind, uint64_t start,
                                          const uint8_t **out, uint64_t *length,
                                          osl_error *err);
/* A column at hand, all its bytes verified: for who reads it from end to end.
 * OSL_ECORRUPT where it has fewer than `least` values. */
typedef struct osl_column_view {
    osl_column column;
    const uint8_t *numbers; /* borrowed from the map */
} osl_column_view;
OSL_MUST_CHECK osl_status osl_tables_view(const osl_segment *segment,
                                          uint32_t kind, unsigned n,
                                          uint32_t least, osl_column_view *out,
                                          osl_error *err);
/* at < view->column.count. */
static inline uint64_t osl_column_view_get(const osl_column_view *view,
                                           uint32_t at)
{
    return osl_column_get(&view->column, view->numbers, at);
}

/* A string of the table of strings; borrowed until the segment is freed. */
OSL_MUST_CHECK osl_status osl_tables_string(const osl_segment *segment,
                                            uint64_t number, osl_text *out,
                                            osl_error *err);
/* How many there are. */
OSL_MUST_CHECK osl_status osl_tables_string_count(const osl_segment *segment,
                                                  uint32_t *out,
                                                  osl_error *err);
/* The same of those that stand there, ids that are numbered not among them. */
OSL_MUST_CHECK osl_status osl_tables_raw_string(const osl_segment *segment,
                                                uint64_t number, osl_text *out,
                                                osl_error *err);
/* The document that is at a place below their number in the order of ids'
 * bytes; OSL_END: that order does not stand in the file. */
OSL_MUST_CHECK osl_status osl_segment_ordered(const osl_segment *segment,
                                              uint32_t at, uint32_t *out,
                                              osl_error *err);
/* All documents in order of their ids' bytes, as many as there are. */
OSL_MUST_CHECK osl_status osl_segment_order(const osl_segment *segment,
                                            uint32_t *out, osl_error *err);

/* Levels of evidence of all paragraphs: those of n are strings[starts[n]] up to
 * strings[starts[n + 1]], numbers of strings; *count of them in all. */
OSL_MUST_CHECK osl_status osl_segment_levels(const osl_segment *segment,
                                             osl_numbers *starts,
                                             osl_numbers *strings,
                                             uint64_t *count, osl_error *err);

#endif
