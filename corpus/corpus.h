/* SPDX-License-Identifier: MIT
 *
 * Files to paragraphs. A source (the bytes of a file and its name) goes in;
 * documents come out, one at a time, each whole: metadata, sections,
 * paragraphs of clean prose in reading order.
 *
 *     bytes + name ──reader──▶ draft (cleans text, takes citations out)
 *                                 └──▶ osl_document ──▶ consumer
 *
 * Threads: osl_corpus_read() may run in many threads at once, each with its
 * own consumer; nothing is shared. */
#ifndef OSL_CORPUS_CORPUS_H
#define OSL_CORPUS_CORPUS_H

#include "core/core.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default) /* libosler's symbols */

/* A paragraph's text never holds more bytes: longer ones are cut at a blank
 * and go on in the next paragraph (a JSONL record that is longer is skipped
 * and reported). So a position in it always fits 24 bits. */
#define OSL_PARAGRAPH_BYTES_MAX ((size_t)16 << 20)

typedef enum osl_paragraph_kind {
    OSL_PARAGRAPH_PROSE = 0,
    OSL_PARAGRAPH_ITEM = 1,     /* a list item */
    OSL_PARAGRAPH_ROW = 2,      /* a table row, with its column heads */
    OSL_PARAGRAPH_KEY_POINT = 3 /* a statement set apart by its authors */
} osl_paragraph_kind;

#define OSL_SECTION_NONE UINT32_MAX

/* A heading. Its path is its parents' headings, outermost first. Sections
 * stand in reading order, a parent before its children. */
typedef struct osl_section {
    osl_text heading;
    uint32_t parent; /* an earlier section, or OSL_SECTION_NONE */
    uint32_t level;  /* 1 is outermost; as the source says, may skip */
} osl_section;

/* What is retrieved. */
typedef struct osl_paragraph {
    osl_text text;    /* clean prose; valid UTF-8 but in records of JSONL */
    uint32_t section; /* the innermost, or OSL_SECTION_NONE */
    uint32_t line;    /* where it starts in the source, from 1; 0 unknown */
    osl_paragraph_kind kind;
    const osl_text *citations; /* as printed, one number or range each: "66" */
    size_t citation_count;
    const osl_text *evidence; /* levels as printed: "3iiA", "A1", "1B" */
    size_t evidence_count;
} osl_paragraph;

/* One guideline. Everything is borrowed until the consumer returns. Empty
 * texts where the source does not say. */
typedef struct osl_document {
    osl_text id;     /* record id, or source name, %-escaped */
    osl_text source; /* name of the source as given */
    osl_text title;  /* never empty: the id's last part when all else fails */
    osl_text url;
    osl_text updated;  /* YYYY-MM-DD, YYYY-MM or YYYY */
    osl_text audience; /* "professional", "patient" or empty */
    osl_text language; /* BCP 47, lower-case: "en", "es", "tk" */
    osl_text kind;     /* the reader's name for it: "pdq", "ngc", "html" */
    const osl_text *aliases; /* identifiers in the text: "CDR0000062872" */
    size_t alias_count;
    const osl_section *sections;
    size_t section_count;
    const osl_paragraph *paragraphs;
    size_t paragraph_count;
    bool is_record; /* JSONL without sections: one paragraph, the id its own */
    /* Where the id was made from the source's name: which of its documents
     * this is, from 1; else 0. From 2 on, "!NUMBER" ends the id. */
    uint32_t number;
    /* The bytes that alone it was read from: its line, in a format of one
     * record a line, where the record has an id of its own; else empty. */
    osl_text record;
} osl_document;

/* What stands at the beginning of a line. */
typedef struct osl_step {
    size_t length;  /* of the line, or of all that are known, without the '\n'
                     * behind them */
    uint32_t known; /* so many lines that have given a document each before;
                     * 0: one that is to be looked at */
} osl_step;

/* Where documents and complaints go. */
typedef struct osl_consumer {
    void *user;
    /* A document, whole. Another status than OSL_OK ends the reading. */
    osl_status (*document)(void *user, const osl_document *document,
                           osl_error *err);
    /* Something was skipped or read differently; `line` 0 where unknown;
     * `skipped` is true where the whole source (or record) gave nothing. May
     * be NULL. */
    void (*report)(void *user, osl_text source, uint32_t line, bool skipped,
                   const char *reason);
    /* Whether a record is known that has given a document before: then it is
     * not read, but counted as a document. May be NULL. */
    bool (*knows)(void *user, osl_text record, uint32_t line);
    /* Of a format of one record a line: how to go on from the beginning of
     * line number `line`, of which `rest` has all that follows, too. Lines that
     * are known are not read, but each is counted as a document. May be
     * NULL. */
    osl_step (*step)(void *user, osl_text rest, uint32_t line);
} osl_consumer;

/* The bytes of one file and the name that its documents get. */
typedef struct osl_source {
    osl_text name;      /* path relative to the indexed root, with '/' */
    osl_text bytes;     /* may be mapped; never written */
    const char *format; /* a reader's name to force it; NULL: by content */
} osl_source;

/* Reads one source. Broken input is reported to the consumer and is OSL_OK;
 * failures are memory, an unknown `format` (OSL_EINVAL), and what the
 * consumer itself returned. */
OSL_MUST_CHECK osl_status osl_corpus_read(const osl_source *source,
                                          const osl_consumer *consumer,
                                          osl_error *err);

/* The same for some lines of a file of one record a line (format "jsonl"):
 * `source` has these lines only, whole, of which the first is number
 * `first_line` of the file, from 1. Where nothing is in them that is not
 * reported, and documents are numbered as if there were no others. */
OSL_MUST_CHECK osl_status osl_corpus_read_lines(const osl_source *source,
                                                uint32_t first_line,
                                                const osl_consumer *consumer,
                                                osl_error *err);

/* The name of the reader that content and name choose, or NULL where none
 * can read it (binary). */
const char *osl_corpus_format(const osl_source *source);
/* The n-th reader's name, NULL behind the last: for --help and --format. */
const char *osl_corpus_format_name(size_t n);

/* Another number where readers may give other paragraphs for the same bytes. */
uint32_t osl_corpus_stamp(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
