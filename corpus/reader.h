/* SPDX-License-Identifier: MIT
 *
 * What a reader is, and the table of all; CONTRIBUTING.md says how to add
 * one. */
#ifndef OSL_CORPUS_READER_H
#define OSL_CORPUS_READER_H

#include "corpus/draft.h"

typedef struct osl_reader {
    const char *name;
    /* The most that `sniff` ever gives: it is not asked where another reader
     * is as sure. */
    unsigned most;
    /* How sure the reader is that the source is its own: 0 (not at all) to
     * 100. Content decides, the name only breaks ties (a few points). Looks
     * at OSL_SNIFF_BYTES or so; must be cheap and must not allocate. The
     * source is no binary, and no UTF-16. */
    unsigned (*sniff)(const osl_source *source);
    /* Reads the source into the draft, document by document. Broken input is
     * osl_draft_report()ed and OSL_OK; what was readable is kept. */
    osl_status (*read)(const osl_source *source, osl_draft *draft,
                       osl_error *err);
} osl_reader;

#define OSL_SNIFF_BYTES ((size_t)16 << 10)

/* In falling order of how special they are; ends with NULL. Equal sniffs go
 * to the earlier. */
extern const osl_reader *const osl_readers[];

/* One per file of this folder. */
extern const osl_reader osl_reader_pdq_xml;
extern const osl_reader osl_reader_ngc_xml;
extern const osl_reader osl_reader_xml; /* any other: CNXML, FHIR, SPL … */
extern const osl_reader osl_reader_yaml;
extern const osl_reader osl_reader_html;
extern const osl_reader osl_reader_markdown;
extern const osl_reader osl_reader_jsonl;
extern const osl_reader osl_reader_json;
extern const osl_reader osl_reader_jsx;
extern const osl_reader osl_reader_csv; /* and TSV */
extern const osl_reader osl_reader_fsh; /* FHIR Shorthand */
extern const osl_reader osl_reader_text;

/* Shared between readers: markup that stands inside something else. */

/* Walks an HTML fragment (no charset sniffing: `html` is UTF-8) into the open
 * document: its headings become sections below the current ones, starting at
 * level `level` (h1 → level, h2 → level + 1 …). Used for NGC's attributes,
 * YAML scalars, FHIR text.div, JSON strings, HTML in Markdown. */
OSL_MUST_CHECK osl_status osl_html_fragment(osl_draft *draft, osl_text html,
                                            unsigned level, osl_error *err);
/* Whether a string looks like HTML: a known tag or entity stands in it. */
bool osl_html_looks_like(osl_text text);
/* The same for a fragment that begins at `line` of the source (0: unknown):
 * its paragraphs know their lines. */
OSL_MUST_CHECK osl_status osl_html_fragment_at(osl_draft *draft, osl_text html,
                                               unsigned level, uint32_t line,
                                               osl_error *err);
/* Plain text or Markdown-ish prose of unknown make into the open document:
 * headings, wrapped lines joined, list items. Used by text and fall-backs. */
OSL_MUST_CHECK osl_status osl_text_fragment(osl_draft *draft, osl_text text,
                                            unsigned level, osl_error *err);

#endif
