/* SPDX-License-Identifier: MIT
 *
 * How a draft looks inside, and what its files share: the document (draft.c),
 * what is known of it as a whole (draft_meta.c), the open paragraph
 * (draft_text.c, draft_script.c), tables (draft_table.c).
 *
 * Memory that runs out is noted in the draft; osl_draft_end() tells. What is
 * made is the arena's, which lives until the next document. */
#ifndef OSL_CORPUS_DRAFT_INNER_H
#define OSL_CORPUS_DRAFT_INNER_H

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "corpus/clean.h"
#include "corpus/draft.h"

/* A finished run of clean text: a paragraph, a piece of a cell, or (level
 * over 0) a heading within a cell. */
typedef struct draft_block {
    osl_paragraph paragraph;
    unsigned level;
} draft_block;

typedef struct draft_cell {
    size_t first, count; /* its blocks */
    unsigned columns, rows;
    bool is_head;
} draft_cell;

typedef struct draft_row {
    size_t first, count; /* its cells */
    uint32_t line;
    bool is_head;
} draft_row;

/* The outermost table that is open; inner ones only count. */
typedef struct draft_table {
    unsigned depth;
    bool in_cell;
    bool nested; /* another table stood in it */
    draft_block *blocks;
    size_t block_count, block_capacity;
    draft_cell *cells;
    size_t cell_count, cell_capacity;
    draft_row *rows;
    size_t row_count, row_capacity;
} draft_table;

#define DRAFT_META_COUNT (OSL_META_ALIAS + 1)

struct osl_draft {
    const osl_source *source;
    const osl_consumer *consumer;
    osl_find_fn *find;
    osl_arena arena; /* of the document */
    bool no_memory;
    bool told_utf8;        /* broken UTF-8 was reported for this source */
    bool told_wreck;       /* … and text that is none */
    uint32_t lines_before; /* of the file, where only a part is read */
    size_t documents;
    osl_text record; /* what the document at hand is read from; may be empty */

    osl_text meta[DRAFT_META_COUNT];
    bool has_meta[DRAFT_META_COUNT];
    osl_text_list aliases;
    bool is_record;

    osl_section *sections;
    size_t section_count, section_capacity;
    uint32_t innermost; /* of the open sections */

    osl_paragraph *paragraphs;
    size_t paragraph_count, paragraph_capacity;

    /* the open paragraph */
    bool is_open;
    bool blank;  /* one is due before the next character */
    bool has_c1; /* text holds C1 controls: mojibake */
    osl_paragraph_kind kind;
    uint32_t line;
    uint32_t first_line; /* of the fragment that is being read */
    bool all_lines;      /* … is the line of all of it */
    osl_buf text;
    osl_text_list citations, evidence;

    draft_table table;
};

/* ---- the document (draft.c) -------------------------------------------- */

/* Adds a finished paragraph below the innermost section; one without words is
 * dropped. Its texts are borrowed until the next document. */
void osl_draft_add(osl_draft *draft, const osl_paragraph *paragraph);
/* Opens the section of a heading that is clean and the arena's. */
void osl_draft_section(osl_draft *draft, unsigned level, osl_text heading);
/* The line of the source that line `n` of the fragment is; 0: not known. */
uint32_t osl_draft_line(const osl_draft *draft, uint32_t n);

/* ---- what is known of it (draft_meta.c) -------------------------------- */

/* *out: the record's own id, else the source's name, from the second document
 * on with its number; copied to the arena, with nothing in it that a line of
 * output could be cut at. False: memory. */
bool osl_draft_make_id(osl_draft *draft, osl_text *out);
/* The title where none was given: the last part of the source's name without
 * its extension, or the id. Borrowed of these. */
osl_text osl_draft_fallback_title(const osl_draft *draft, osl_text id);

/* ---- the open paragraph (draft_text.c) --------------------------------- */

/* Opens a prose paragraph where none is open; false where nothing is to be
 * done with `text`. */
bool osl_draft_ready(osl_draft *draft, osl_text text);
/* How much of a text is taken at once: a MiB at most, to the end of a
 * character. */
size_t osl_draft_piece_length(osl_text text);
/* Adds a text of that length, white space folded, however long the paragraph
 * becomes. */
void osl_draft_append(osl_draft *draft, osl_text text);
/* *out: the open paragraph, cleaned and copied to the arena; it stays open.
 * False: memory. */
bool osl_draft_finish(osl_draft *draft, osl_paragraph *out);
/* No paragraph is open, the buffer is empty. */
void osl_draft_reset_open(osl_draft *draft);

/* ---- tables (draft_table.c) -------------------------------------------- */

/* Adds a block, which is copied, to the open cell. */
void osl_draft_cell_block(osl_draft *draft, const draft_block *block);
/* Forgets all tables, and keeps their room. */
void osl_draft_table_reset(osl_draft *draft);
void osl_draft_table_free(osl_draft *draft);

#endif
