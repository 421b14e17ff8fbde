/* SPDX-License-Identifier: MIT
 *
 * Tables: cells are kept as they come, and laid out when the table closes.
 *
 *   1. Each cell is put on a grid at the first free column of its row; one
 *      that spans rows holds its columns in the rows below.
 *   2. Head rows: those that say so, else a first row of short, wordy cells
 *      above longer ones. A column's head is what its head cells say, from
 *      the top, each text once.
 *   3. Every body row is "Head: cell; Head: cell". A cell that spans rows is
 *      repeated in each, so that a row can be read alone; repeating is
 *      bounded, because a span of 1000 is nine bytes in a file.
 *   4. One column, or cells that hold whole pages (headings, other tables,
 *      many paragraphs): layout; its blocks become plain paragraphs. */
#include "corpus/draft_inner.h"

#include <stdlib.h>
#include <string.h>

#define SPAN_MAX    1000
#define COLUMNS_MAX 1000

void osl_draft_table_reset(osl_draft *draft)
{
    draft_table *table = &draft->table;
    table->depth = 0;
    table->in_cell = false;
    table->nested = false;
    table->block_count = 0;
    table->cell_count = 0;
    table->row_count = 0;
}

void osl_draft_table_free(osl_draft *draft)
{
    free(draft->table.blocks);
    free(draft->table.cells);
    free(draft->table.rows);
}

/* ---- taking it in ------------------------------------------------------ */

void osl_draft_table_open(osl_draft *draft)
{
    draft_table *table = &draft->table;
    osl_draft_close(draft);
    if (table->depth == 0)
        osl_draft_table_reset(draft);
    else
        table->nested = true;
    table->depth++;
}

static void add_row(osl_draft *draft, bool is_head, uint32_t line)
{
    draft_table *table = &draft->table;
    if (draft->no_memory)
        return;
    if (!osl_grow(&table->rows, &table->row_capacity, table->row_count + 1,
                  sizeof *table->rows)) {
        draft->no_memory = true;
        return;
    }
    table->rows[table->row_count++] =
        (draft_row){table->cell_count, 0, line, is_head};
}

void osl_draft_row_open(osl_draft *draft, bool is_head, uint32_t line)
{
    osl_draft_close(draft);
    if (draft->table.depth != 1)
        return;
    osl_draft_cell_close(draft);
    add_row(draft, is_head, osl_draft_line(draft, line));
}

static unsigned span_of(unsigned asked)
{
    if (asked < 1)
        return 1;
    return asked > SPAN_MAX ? SPAN_MAX : asked;
}

void osl_draft_cell_open(osl_draft *draft, bool is_head, unsigned columns,
                         unsigned rows)
{
    draft_table *table = &draft->table;
    osl_draft_close(draft);
    if (table->depth != 1)
        return;
    osl_draft_cell_close(draft);
    if (table->row_count == 0)
        add_row(draft, false, draft->line);
    if (draft->no_memory)
        return;
    if (!osl_grow(&table->cells, &table->cell_capacity, table->cell_count + 1,
                  sizeof *table->cells)) {
        draft->no_memory = true;
        return;
    }
    table->cells[table->cell_count++] = (draft_cell){
        table->block_count, 0, span_of(columns), span_of(rows), is_head};
    table->rows[table->row_count - 1].count++;
    table->in_cell = true;
}

void osl_draft_cell_block(osl_draft *draft, const draft_block *block)
{
    draft_table *table = &draft->table;
    if (draft->no_memory || (block->paragraph.text.length == 0 &&
                             block->paragraph.citation_count == 0))
        return;
    if (!osl_grow(&table->blocks, &table->block_capacity,
                  table->block_count + 1, sizeof *table->blocks)) {
        draft->no_memory = true;
        return;
    }
    table->blocks[table->block_count++] = *block;
    table->cells[table->cell_count - 1].count++;
}

void osl_draft_cell_close(osl_draft *draft)
{
    osl_draft_close(draft);
    if (draft->table.depth == 1)
        draft->table.in_cell = false;
}

/* ---- laying it out ----------------------------------------------------- */

#define NO_CELL UINT32_MAX

/* A row at a time: which cell holds each column, and for how many rows. */
typedef struct grid {
    uint32_t *cell; /* by column; NO_CELL where none */
    uint32_t *left; /* rows that it holds the column below this one */
    osl_text *head; /* what head rows said of the column */
    size_t columns; /* used by the widest row so far */
    size_t budget;  /* bytes that may still be repeated */
} grid;

static bool grid_make(osl_draft *draft, grid *g)
{
    size_t bytes = 1 << 20;
    for (size_t i = 0; i < draft->table.block_count; i++)
        bytes += 8 * draft->table.blocks[i].paragraph.text.length;
    *g = (grid){
        .cell = osl_arena_zero(&draft->arena, COLUMNS_MAX, sizeof *g->cell),
        .left = osl_arena_zero(&draft->arena, COLUMNS_MAX, sizeof *g->left),
        .head = osl_arena_zero(&draft->arena, COLUMNS_MAX, sizeof *g->head),
        .budget = bytes,
    };
    if (g->cell == NULL || g->left == NULL || g->head == NULL) {
        draft->no_memory = true;
        return false;
    }
    for (size_t i = 0; i < COLUMNS_MAX; i++)
        g->head[i] = (osl_text){"", 0};
    return true;
}

/* Moves the grid to `row`: what spans from above stays, its cells fill the
 * free columns. */
static void grid_row(const draft_table *table, grid *g, const draft_row *row)
{
    size_t column = 0;
    for (size_t i = 0; i < g->columns; i++) {
        if (g->left[i])
            g->left[i]--;
        else
            g->cell[i] = NO_CELL;
    }
    for (size_t i = 0; i < row->count; i++) {
        const draft_cell *cell = &table->cells[row->first + i];
        while (column < g->columns && g->cell[column] != NO_CELL)
            column++;
        for (unsigned k = 0; k < cell->columns && column < COLUMNS_MAX; k++) {
            if (column < g->columns && g->cell[column] != NO_CELL)
                break;
            g->cell[column] = (uint32_t)(row->first + i);
            g->left[column] = cell->rows - 1;
            column++;
            if (column > g->columns)
                g->columns = column;
        }
    }
}

static size_t cell_bytes(const draft_table *table, const draft_cell *cell)
{
    size_t bytes = 0;
    for (size_t i = 0; i < cell->count; i++)
        bytes += table->blocks[cell->first + i].paragraph.text.length + 1;
    return bytes;
}

static void put_cell(osl_buf *to, const draft_table *table,
                     const draft_cell *cell)
{
    for (size_t i = 0; i < cell->count; i++) {
        if (i)
            osl_buf_put_byte(to, ' ');
        osl_buf_put_text(to, table->blocks[cell->first + i].paragraph.text);
    }
}

/* ---- heads ------------------------------------------------------------- */

static bool all_heads(const draft_table *table, const draft_row *row)
{
    size_t heads = 0;
    for (size_t i = 0; i < row->count; i++)
        heads += table->cells[row->first + i].is_head;
    return row->is_head || (row->count > 1 && heads == row->count);
}

static bool is_wordy_head(const draft_table *table, const draft_cell *cell)
{
    if (cell->count != 1)
        return false;
    osl_text text = table->blocks[cell->first].paragraph.text;
    char last = text.bytes[text.length - 1];
    return text.length <= 60 && last != '.' && last != ';' &&
           !osl_is_digit(text.bytes[0]);
}

/* A first row that does not say it is one: each cell short and wordy, and
 * what stands below at least half as long again. */
static bool looks_like_head(const draft_table *table)
{
    const draft_row *first = &table->rows[0];
    size_t head_bytes = 0, body_bytes = 0, body_cells = 0;
    if (table->row_count < 3 || first->count < 2)
        return false;
    for (size_t i = 0; i < first->count; i++) {
        const draft_cell *cell = &table->cells[first->first + i];
        if (!is_wordy_head(table, cell))
            return false;
        head_bytes += cell_bytes(table, cell);
    }
    for (size_t i = first->count; i < table->cell_count; i++) {
        body_bytes += cell_bytes(table, &table->cells[i]);
        body_cells += table->cells[i].count > 0;
    }
    return body_cells &&
           2 * body_bytes / body_cells > 3 * head_bytes / first->count;
}

static size_t head_rows(const draft_table *table)
{
    size_t count = 0;
    while (count < table->row_count && all_heads(table, &table->rows[count]))
        count++;
    if (count == table->row_count) /* heads of nothing */
        return 0;
    return count ? count : looks_like_head(table);
}

/* Adds a head cell's text to a column's head, unless it ends with it. */
static bool join_head(osl_draft *draft, osl_text *head, osl_text more)
{
    if (more.length > 256) {
        more.length = 256;
        /* Back to the start of the character that is cut. */
        while (more.length &&
               ((unsigned char)more.bytes[more.length] & 0xC0) == 0x80)
            more.length--;
    }
    if (more.length == 0 || osl_text_equal(*head, more))
        return true;
    if (head->length == 0) {
        *head = more;
        return true;
    }
    char *joined =
        osl_arena_take(&draft->arena, head->length + more.length + 1);
    if (joined == NULL)
        return false;
    memcpy(joined, head->bytes, head->length);
    joined[head->length] = ' ';
    memcpy(joined + head->length + 1, more.bytes, more.length);
    *head = (osl_text){joined, head->length + more.length + 1};
    return true;
}

static void take_heads(osl_draft *draft, grid *g, size_t rows)
{
    const draft_table *table = &draft->table;
    for (size_t r = 0; r < rows; r++) {
        grid_row(table, g, &table->rows[r]);
        for (size_t c = 0; c < g->columns; c++) {
            if (g->cell[c] == NO_CELL)
                continue;
            const draft_cell *cell = &table->cells[g->cell[c]];
            for (size_t b = 0; b < cell->count && g->head[c].length < 1024; b++)
                if (!join_head(draft, &g->head[c],
                               table->blocks[cell->first + b].paragraph.text))
                    draft->no_memory = true;
        }
    }
}

/* ---- body rows --------------------------------------------------------- */

static void take_marks(osl_draft *draft, const draft_cell *cell)
{
    for (size_t i = 0; i < cell->count; i++) {
        const osl_paragraph *p =
            &draft->table.blocks[cell->first + i].paragraph;
        for (size_t k = 0; k < p->citation_count; k++)
            osl_text_list_put(&draft->citations, p->citations[k]);
        for (size_t k = 0; k < p->evidence_count; k++)
            osl_text_list_put(&draft->evidence, p->evidence[k]);
    }
}

/* The head of columns [from, to): their texts, each once. */
static void put_heads(osl_buf *to, grid *g, size_t from, size_t end)
{
    size_t before = to->length;
    for (size_t c = from; c < end; c++) {
        if (g->head[c].length == 0 ||
            (c > from && osl_text_equal(g->head[c], g->head[c - 1])) ||
            g->head[c].length > g->budget)
            continue;
        if (to->length > before)
            osl_buf_put(to, ", ", 2);
        osl_buf_put_text(to, g->head[c]);
        g->budget -= g->head[c].length;
    }
    if (to->length > before) {
        if (to->bytes[to->length - 1] != ':')
            osl_buf_put_byte(to, ':');
        osl_buf_put_byte(to, ' ');
    }
}

/* One cell of a row, at columns [from, end), with its heads. */
static void put_row_cell(osl_draft *draft, grid *g, const draft_row *row,
                         size_t from, size_t end, bool alone)
{
    const draft_table *table = &draft->table;
    const draft_cell *cell = &table->cells[g->cell[from]];
    bool repeated = g->cell[from] < row->first;
    size_t bytes = cell_bytes(table, cell);
    if (cell->count == 0)
        return;
    if (bytes == cell->count) { /* nothing but citations */
        take_marks(draft, cell);
        return;
    }
    if (repeated) {
        if (bytes > g->budget || bytes > 4096)
            return;
        g->budget -= bytes;
    }
    osl_buf *text = &draft->text;
    if (text->length) {
        uint8_t last = text->bytes[text->length - 1];
        osl_buf_put(text, "; ", last == ';' ? 0 : 2);
        if (last == ';')
            osl_buf_put_byte(text, ' ');
    }
    if (!alone)
        put_heads(text, g, from, end);
    put_cell(text, table, cell);
    take_marks(draft, cell);
}

/* Whether the row has words of its own, not only of cells from above. */
static bool has_own(const draft_table *table, const draft_row *row)
{
    for (size_t i = 0; i < row->count; i++)
        if (table->cells[row->first + i].count)
            return true;
    return false;
}

static void put_row(osl_draft *draft, grid *g, const draft_row *row)
{
    if (!has_own(&draft->table, row))
        return;
    bool alone = row->count == 1 && g->columns > 1 &&
                 draft->table.cells[row->first].columns >= g->columns;
    osl_draft_open(draft, OSL_PARAGRAPH_ROW, 0);
    draft->line = row->line;
    for (size_t c = 0; c < g->columns && !draft->no_memory;) {
        size_t end = c + 1;
        while (end < g->columns && g->cell[c] != NO_CELL &&
               g->cell[end] == g->cell[c])
            end++;
        if (g->cell[c] != NO_CELL)
            put_row_cell(draft, g, row, c, end, alone);
        c = end;
    }
    osl_draft_text(draft, (osl_text){" ", 1}); /* cuts it where too long */
    osl_draft_close(draft);
}

/* ---- layout ------------------------------------------------------------ */

/* Whether the cells hold pages rather than values. */
static bool is_layout(const draft_table *table, size_t heads)
{
    size_t widest = 0;
    for (size_t i = 0; i < table->row_count; i++)
        if (table->rows[i].count > widest)
            widest = table->rows[i].count;
    if (widest <= 1)
        return true;
    if (heads)
        return false;
    for (size_t i = 0; i < table->cell_count; i++) {
        const draft_cell *cell = &table->cells[i];
        size_t bytes = cell_bytes(table, cell);
        for (size_t b = 0; b < cell->count; b++)
            if (table->blocks[cell->first + b].level && cell->count > 1)
                return true;
        if ((cell->count >= 4 && bytes > 1500) ||
            (table->nested && bytes > 1000))
            return true;
    }
    return false;
}

static void put_layout(osl_draft *draft)
{
    const draft_table *table = &draft->table;
    for (size_t i = 0; i < table->block_count; i++) {
        const draft_block *block = &table->blocks[i];
        if (block->level)
            osl_draft_section(draft, block->level, block->paragraph.text);
        else
            osl_draft_add(draft, &block->paragraph);
    }
}

static void put_rows(osl_draft *draft, size_t heads)
{
    grid g;
    if (!grid_make(draft, &g))
        return;
    take_heads(draft, &g, heads);
    for (size_t i = heads; i < draft->table.row_count && !draft->no_memory;
         i++) {
        grid_row(&draft->table, &g, &draft->table.rows[i]);
        put_row(draft, &g, &draft->table.rows[i]);
    }
}

void osl_draft_table_close(osl_draft *draft)
{
    draft_table *table = &draft->table;
    osl_draft_close(draft);
    if (table->depth == 0 || --table->depth > 0)
        return;
    table->in_cell = false;
    if (draft->no_memory || table->row_count == 0)
        return;
    size_t heads = head_rows(table);
    if (is_layout(table, heads))
        put_layout(draft);
    else
        put_rows(draft, heads);
    osl_draft_table_reset(draft);
}
