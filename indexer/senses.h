/* SPDX-License-Identifier: MIT
 *
 * Abbreviations that the texts define, with the documents of each sense.
 *
 * Threads: one at a time. */
#ifndef OSL_INDEXER_SENSES_H
#define OSL_INDEXER_SENSES_H

#include "core/segment/registry.h"
#include "indexer/list.h"
#include "indexer/strings.h"

/* Caller's storage; all zero is empty. */
typedef struct osl_sense_table {
    osl_strings senses; /* short form, 0, long form with small ASCII letters */
    osl_list32 last;    /* document + 1 that defined it last, by sense */
    osl_list32 uses, documents; /* a sense and a document that defines it */
} osl_sense_table;

void osl_sense_table_clear(osl_sense_table *table);
/* Notes the definitions in a paragraph of `document`. False: no memory. */
OSL_MUST_CHECK bool osl_sense_table_add(osl_sense_table *table, osl_text text,
                                        uint32_t document);
/* Appends what `from` has; its documents come behind `before` others. `from`
 * may give its memory. False: no memory. */
OSL_MUST_CHECK bool osl_sense_table_append(osl_sense_table *to,
                                           osl_sense_table *from,
                                           uint32_t before);
/* How many documents define a sense: `before` (NULL: nobody) and so many more,
 * modulo 2^32, by number in a table's `senses`. */
typedef struct osl_sense_counts {
    const osl_senses *before;
    const osl_strings *senses;
    uint32_t *more;
} osl_sense_counts;

/* Those that some document defines, in the registry's order; texts borrowed,
 * the list from `arena`. `more` is changed. */
OSL_MUST_CHECK osl_status osl_senses_list(const osl_sense_counts *counts,
                                          osl_arena *arena,
                                          const osl_sense **list, size_t *count,
                                          osl_error *err);

#endif
