/* SPDX-License-Identifier: MIT
 *
 * A merge at work, as its files share it: merge.c has the whole, merge_terms.c
 * the fields, merge_pairs.c pairs, merge_words.c stored texts, merge_aliases.c
 * compounds, merge_definitions.c abbreviations, merge_strings.c and
 * merge_tables.c the rest.
 *
 * What lives is a list of runs: documents one behind the other in one input,
 * and with them their rows in every table. In a run a row's new number is the
 * old one plus a constant, and its line is as far from that in the input.
 *
 * Threads: one merge, one thread. */
#ifndef OSL_INDEXER_MERGE_INNER_H
#define OSL_INDEXER_MERGE_INNER_H

#include "indexer/merge.h"

#include "core/segment/tables.h"
#include "indexer/list.h"
#include "indexer/pairs.h"

/* What is numbered. The first three are ordinals of fields (osl_field). */
enum {
    OSL_ROWS_PARAGRAPHS,
    OSL_ROWS_DOCUMENTS,
    OSL_ROWS_SECTIONS,
    OSL_ROWS_CITATIONS,
    OSL_ROWS_EVIDENCE,
    OSL_ROWS_USES, /* of aliases; where texts are not stored */
    OSL_ROWS_COUNT
};

typedef struct osl_merge_run {
    uint32_t input;
    uint32_t from[OSL_ROWS_COUNT], to[OSL_ROWS_COUNT]; /* in the input */
    uint32_t out[OSL_ROWS_COUNT];                      /* of the first */
    uint32_t lines; /* further down, modulo 2^32 */
} osl_merge_run;

/* A string: of input and number there. */
typedef struct osl_merge_string {
    uint32_t input, number;
} osl_merge_string;

/* Numbers of strings, given in order of use. */
typedef struct osl_merge_strings {
    osl_column_view *offsets; /* by input; arena's, as all to `maps` */
    uint32_t *counts;         /* of all strings */
    uint32_t *numbered;       /* the first of them, ids of numbers (ids.h) */
    const uint8_t **heaps;
    uint64_t *heap_lengths;
    uint32_t **maps; /* by input, old number: new, or UINT32_MAX; own */
    osl_merge_string *origins; /* by new number; owns */
    size_t origins_capacity;
    uint64_t *slots; /* half a hash and number + 1; owns */
    size_t slot_count;
    uint32_t count;
} osl_merge_strings;

typedef struct osl_merge {
    const osl_merge_input *inputs;
    uint32_t input_count;
    const osl_build_options *options;
    osl_writer *writer;
    osl_arena arena;
    osl_merge_run *runs; /* arena's, as below */
    uint32_t run_count;
    uint32_t *first_runs; /* of each input, and the end */
    uint32_t totals[OSL_ROWS_COUNT];
    bool has_texts;
    osl_merge_strings strings;
    /* Terms of text that pairs may have, found while text is merged. */
    osl_pair_rule pair_rule;
    osl_pair_words pair_words; /* at: owns */
    size_t pair_words_capacity;
    /* By input and ordinal of a term of text: the new ordinal, or UINT32_MAX.
     * NULL where not all inputs say which terms their words are. Own. */
    uint32_t **term_maps;
    uint32_t *aliases, *alias_documents; /* of documents; own */
    uint32_t alias_count;
    char *spill_path; /* for what memory is short for; owns */
    osl_build_result result;
} osl_merge;

/* Where memory is short, what is looked at once or twice goes to a file. */
static inline bool osl_merge_is_frugal(const osl_merge *m)
{
    static const uint64_t short_bytes = (uint64_t)256 << 20;
    return m->options->memory_bytes > 0 &&
           m->options->memory_bytes < short_bytes;
}

osl_status osl_merge_no_memory(osl_error *err);

static inline const osl_segment *osl_merge_segment(const osl_merge *m,
                                                   uint32_t input)
{
    return m->inputs[input].segment;
}

/* The run with output row `row` (of `rows`), row < its total. */
const osl_merge_run *osl_merge_find_run(const osl_merge *m, unsigned rows,
                                        uint32_t row);
/* The new number of an input's row; false where it died. */
bool osl_merge_row(const osl_merge *m, uint32_t input, unsigned rows,
                   uint32_t row, uint32_t *out);
/* Sum of positions of a field's living ordinals. */
uint64_t osl_merge_length(const osl_merge *m, osl_field field);
/* Begins a field of the output. */
osl_status osl_merge_begin_field(osl_merge *m, osl_field field, osl_error *err);

/* ---- columns ------------------------------------------------------------ */

/* A column of the inputs as one of the output. */
enum { OSL_SHIFT_NONE = OSL_ROWS_COUNT, OSL_SHIFT_STRING, OSL_SHIFT_LINE };
typedef struct osl_merge_column_kind {
    uint32_t section;
    unsigned column;
    unsigned rows;  /* what it has one value for */
    unsigned shift; /* what its values number: OSL_ROWS_*, OSL_SHIFT_* */
    bool has_end;   /* one more value behind the last row's */
} osl_merge_column_kind;

typedef struct osl_merge_column {
    const osl_merge *m;
    osl_merge_column_kind kind;
    osl_column_view *views; /* by input; owns */
} osl_merge_column;

OSL_MUST_CHECK osl_status
osl_merge_column_open(osl_merge_column *out, const osl_merge *m,
                      const osl_merge_column_kind *kind, osl_error *err);
void osl_merge_column_close(osl_merge_column *column);
/* `column` may not move as long as the source is in use. */
osl_column_source osl_merge_column_source(osl_merge_column *column);

/* ---- steps, in order of the file; the writer's failures come out last ---- */

OSL_MUST_CHECK osl_status osl_merge_field(osl_merge *m, osl_field field,
                                          osl_error *err);
OSL_MUST_CHECK osl_status osl_merge_pairs(osl_merge *m, osl_error *err);
OSL_MUST_CHECK osl_status osl_merge_aliases(osl_merge *m, osl_error *err);
OSL_MUST_CHECK osl_status osl_merge_words(osl_merge *m, osl_error *err);
OSL_MUST_CHECK osl_status osl_merge_number_strings(osl_merge *m,
                                                   osl_error *err);
OSL_MUST_CHECK osl_status osl_merge_tables(osl_merge *m, osl_error *err);
OSL_MUST_CHECK osl_status osl_merge_definitions(osl_merge *m, osl_error *err);

/* A string by its new number. */
osl_text osl_merge_string_at(void *merge, uint32_t number);
/* A string of an input. */
osl_text osl_merge_input_string(const osl_merge *m, uint32_t input,
                                uint32_t number);
/* The new number of a string, given now where it has none. */
OSL_MUST_CHECK osl_status osl_merge_string_number(osl_merge *m, uint32_t input,
                                                  uint64_t string,
                                                  uint32_t *out,
                                                  osl_error *err);

#endif
