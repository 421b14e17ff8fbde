/* SPDX-License-Identifier: MIT
 *
 * A document in the making. Readers send events; the draft keeps one document
 * in an arena, cleans every text in one place, and hands the finished
 * document to the consumer:
 *
 *   - white space folded, no-break spaces are spaces, controls dropped;
 *     broken UTF-8 is U+FFFD, reported once a source;
 *   - citation marks taken out into the paragraph's citations;
 *   - evidence levels kept in the text and also parsed;
 *   - empty paragraphs, headings without any, and a heading that is the
 *     title again are dropped;
 *   - paragraphs over OSL_PARAGRAPH_BYTES_MAX are cut at a blank.
 *
 * Errors are sticky: after a failure every event does nothing and
 * osl_draft_end() tells. A reader never needs to check in between.
 *
 * Threads: one draft, one thread. */
#ifndef OSL_CORPUS_DRAFT_H
#define OSL_CORPUS_DRAFT_H

#include "core/kernels/find.h"
#include "corpus/corpus.h"

typedef struct osl_draft osl_draft;

typedef enum osl_meta {
    OSL_META_TITLE,
    OSL_META_URL,
    OSL_META_UPDATED,  /* any usual form of a date; parsed by the draft */
    OSL_META_AUDIENCE, /* any usual word; "Health professionals" … */
    OSL_META_LANGUAGE,
    OSL_META_KIND,
    OSL_META_ID,   /* the record's own id */
    OSL_META_ALIAS /* may be set many times; the others: the first wins */
} osl_meta;

/* ---- a document -------------------------------------------------------- */

/* Begins a document. Without osl_draft_meta(OSL_META_ID) its id is the
 * source's name; a second document of one source gets "NAME!2" and so on. */
void osl_draft_begin(osl_draft *draft);
/* Ends it and hands it to the consumer; a document without paragraphs is
 * dropped silently (the caller of the reader reports a source that gave
 * none). Returns the first failure since osl_draft_begin(). */
OSL_MUST_CHECK osl_status osl_draft_end(osl_draft *draft, osl_error *err);
void osl_draft_meta(osl_draft *draft, osl_meta what, osl_text value);
/* Whether `what` is set already: fall-backs ask. */
bool osl_draft_has_meta(const osl_draft *draft, osl_meta what);
/* A JSONL record: one paragraph, its text left byte for byte as it is and
 * borrowed until osl_draft_end(). Empty only where there is a title. */
void osl_draft_record(osl_draft *draft, uint32_t line, osl_text text);

/* ---- sections ---------------------------------------------------------- */

/* Opens a section at `level` (1 …) after closing all at that level or
 * deeper. The heading is cleaned like a paragraph (its citations dropped); an
 * empty one opens nothing but still closes. */
void osl_draft_heading(osl_draft *draft, unsigned level, osl_text heading);
/* Closes all sections at `level` or deeper. */
void osl_draft_close_sections(osl_draft *draft, unsigned level);
/* Level of the innermost open section; 0 where none is. */
unsigned osl_draft_level(const osl_draft *draft);

/* ---- paragraphs -------------------------------------------------------- */

/* A paragraph piece by piece: open, text…, close. Opening closes one that is
 * open. Text without an open paragraph opens a prose one. */
void osl_draft_open(osl_draft *draft, osl_paragraph_kind kind, uint32_t line);
/* Text as the parser gave it (entities decoded). White space is folded across
 * calls; no blank is added between them. */
void osl_draft_text(osl_draft *draft, osl_text text);
/* A blank, unless one is there or the paragraph is empty (line break, cell
 * border). */
void osl_draft_space(osl_draft *draft);
/* Text of <sup> and <sub>: digits and signs become super- or subscript
 * characters; a <sup> that is a citation (glued to a word or stop, only
 * numbers, commas, dashes, brackets) becomes one. */
void osl_draft_superscript(osl_draft *draft, osl_text text);
void osl_draft_subscript(osl_draft *draft, osl_text text);
/* A citation that the format itself marks (PDQ <Reference>): "66". Not in the
 * text. */
void osl_draft_cite(osl_draft *draft, osl_text citation);
/* An evidence level that the format itself marks (PDQ <LOERef>); the text as
 * printed ("[Level of evidence: 3iiA]") is given to osl_draft_text() too. */
void osl_draft_evidence(osl_draft *draft, osl_text level);
void osl_draft_close(osl_draft *draft);
/* Drops the open paragraph: it turned out to be navigation. */
void osl_draft_discard(osl_draft *draft);
/* The open paragraph's text so far, cleaned of white space only; borrowed
 * until the next event. */
osl_text osl_draft_open_text(const osl_draft *draft);

/* The three in one. */
void osl_draft_paragraph(osl_draft *draft, osl_paragraph_kind kind,
                         uint32_t line, osl_text text);

/* ---- tables ------------------------------------------------------------ */

/* A table cell by cell; the draft repeats spanned cells, finds the head rows
 * and makes each body row one paragraph: "Head: cell; Head: cell". A table of
 * one column, or whose cells hold whole paragraphs only for layout, becomes
 * plain paragraphs. Cells hold text events; nested tables are flattened into
 * the outer cell. Spans are bounded (1 to 1000). */
void osl_draft_table_open(osl_draft *draft);
void osl_draft_row_open(osl_draft *draft, bool is_head, uint32_t line);
void osl_draft_cell_open(osl_draft *draft, bool is_head, unsigned columns,
                         unsigned rows);
void osl_draft_cell_close(osl_draft *draft);
void osl_draft_table_close(osl_draft *draft);

/* Says where the text of a fragment stands: line n of it is line first + n − 1
 * of the source, or `first` whatever n where `all` is set (0: unknown). Holds
 * until the next call or osl_draft_begin(). */
void osl_draft_lines(osl_draft *draft, uint32_t first, bool all);

/* ---- the rest ---------------------------------------------------------- */

void osl_draft_report(osl_draft *draft, uint32_t line, const char *format, ...)
    OSL_PRINTF(3, 4);
/* The same, where the whole source or record gave nothing. */
void osl_draft_report_skipped(osl_draft *draft, uint32_t line,
                              const char *format, ...) OSL_PRINTF(3, 4);
/* Makes the sticky failure of memory; readers call it when a parser's own
 * allocation fails. */
void osl_draft_out_of_memory(osl_draft *draft);

/* For osl_corpus_read() and tests. `consumer` is borrowed until the free. */
osl_draft *osl_draft_new(const osl_source *source,
                         const osl_consumer *consumer); /* NULL: no memory */
void osl_draft_free(osl_draft *draft);
/* The kernel that finds words and signs, of the level that is in use. */
osl_find_fn *osl_draft_find(const osl_draft *draft);
/* Begins a record: bytes that one document is read from, and nothing else.
 * True: the consumer knows it, and it is not to be read. */
bool osl_draft_knows(osl_draft *draft, osl_text record, uint32_t line);
/* How to go on from the beginning of a line; what the consumer knows is counted
 * as documents. */
osl_step osl_draft_step(osl_draft *draft, osl_text rest, uint32_t line);
/* Documents handed over so far, with those that were known. */
size_t osl_draft_documents(const osl_draft *draft);
/* Lines of the file that stand before the source's bytes; 0 unless set. */
uint32_t osl_draft_lines_before(const osl_draft *draft);
void osl_draft_set_lines_before(osl_draft *draft, uint32_t lines);

#endif
