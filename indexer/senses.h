/* SPDX-License-Identifier: MIT
 *
 * Abbreviations that the texts define, with the documents of each sense.
 *
 * Threads: one at a time. */
#ifndef OSL_INDEXER_SENSES_H
#define OSL_INDEXER_SENSES_H

#include "core/segment/definitions.h"
#include "indexer/list.h"
#include "indexer/strings.h"

/* Definitions of a paragraph that wait until their places are fetched. */
enum { OSL_SENSES_WAITING = 4 };
typedef struct osl_waiting_sense {
    char key[OSL_SENSE_MAX];
    size_t length;
    osl_string_probe probe;
} osl_waiting_sense;

/* Caller's storage; all zero is empty. */
typedef struct osl_sense_table {
    osl_strings senses; /* short form, 0, long form with small ASCII letters */
    osl_list32 last;    /* document + 1 that defined it last, by sense */
    osl_list32 uses, documents; /* a sense and a document that defines it */
    osl_waiting_sense waiting[OSL_SENSES_WAITING];
    size_t waiting_count;
} osl_sense_table;

void osl_sense_table_clear(osl_sense_table *table);
/* Notes the definitions in a paragraph of `document`, whose tokens these are:
 * they are found, and added, with other work between that need not wait for
 * memory then. False: no memory. */
OSL_MUST_CHECK bool osl_sense_table_find(osl_sense_table *table, osl_text text,
                                         const osl_tokens *tokens,
                                         uint32_t document);
void osl_sense_table_fetch(osl_sense_table *table); /* what was found */
OSL_MUST_CHECK bool osl_sense_table_add(osl_sense_table *table,
                                        uint32_t document);
/* Forgets what dead documents define (a byte a document); the others get the
 * `numbers`, which rise. */
void osl_sense_table_compact(osl_sense_table *table, const uint8_t *dead,
                             const uint32_t *numbers);
/* Writes all that is defined; documents come in rising order. */
OSL_MUST_CHECK osl_status osl_sense_table_write(const osl_sense_table *table,
                                                osl_writer *writer,
                                                osl_error *err);
#endif
