/* SPDX-License-Identifier: MIT
 *
 * What draft.c and draft_table.c share: how a draft looks inside. */
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

/* Adds a finished paragraph below the innermost section; empty ones too are
 * dropped here. */
void osl_draft_add(osl_draft *draft, const osl_paragraph *paragraph);
/* Opens a prose paragraph where none is open; false where nothing is to be
 * done with `text`. */
bool osl_draft_ready(osl_draft *draft, osl_text text);
/* The line of the source that line `n` of the fragment is. */
uint32_t osl_draft_line(const osl_draft *draft, uint32_t n);
/* Opens the section of a heading that is clean and copied. */
void osl_draft_section(osl_draft *draft, unsigned level, osl_text heading);
/* Adds a block to the open cell. */
void osl_draft_cell_block(osl_draft *draft, const draft_block *block);
void osl_draft_table_reset(osl_draft *draft);
void osl_draft_table_free(osl_draft *draft);

#endif
