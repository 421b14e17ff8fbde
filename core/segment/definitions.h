/* SPDX-License-Identifier: MIT
 *
 * Which documents of a segment define which abbreviations: a query asks what a
 * short form means in each of them, an update what goes with those that die.
 *
 *   DEFINITIONS  columns: offset of each block of 16 senses, the last has the
 *                end; first definition of each sense (n + 1); of definitions
 *                the document, rising within a sense
 *                extra: senses in order of bytes, front-coded in blocks
 *
 *   sense = shared:varint suffix:varint byte{suffix}
 *
 * A sense is a short form, 0, a long form; `shared` counts bytes of the sense
 * before it in its block, 0 at a block's head.
 *
 * Threads: reading is pure; a cursor belongs to one thread. */
#ifndef OSL_CORE_SEGMENT_DEFINITIONS_H
#define OSL_CORE_SEGMENT_DEFINITIONS_H

#include "core/segment/tables.h"

/* Longer ones are no abbreviations. */
enum {
    OSL_SHORT_FORM_MAX = 32,
    OSL_LONG_FORM_MAX = 255,
    OSL_SENSE_MAX = OSL_SHORT_FORM_MAX + 1 + OSL_LONG_FORM_MAX
};

/* All of a segment, borrowed: definitions [firsts[i], firsts[i + 1]) are of
 * sense i, each by a document. */
typedef struct osl_definitions {
    const osl_text *senses; /* in order of bytes, distinct */
    uint32_t count;
    const uint32_t *firsts;    /* count + 1 */
    const uint32_t *documents; /* rising within a sense */
} osl_definitions;

/* Writes the section. The writer's failures come out at its end. */
OSL_MUST_CHECK osl_status osl_definitions_write(
    osl_writer *writer, const osl_definitions *definitions, osl_error *err);

/* Senses one after another. Caller's storage, which holds nothing that is to
 * be freed. */
typedef struct osl_definition_cursor {
    const osl_segment *segment;
    osl_column blocks, firsts, documents;
    const uint8_t *at, *end; /* of the block at hand */
    uint32_t block, sense;   /* the next of each */
    uint32_t document_count; /* of the segment */
    /* The sense at hand: its bytes are the cursor's. */
    osl_text short_form, long_form;
    uint32_t first, count; /* its definitions */
    size_t length;
    char bytes[OSL_SENSE_MAX];
} osl_definition_cursor;

/* Before the first sense of `short_form`, or where it would stand; before the
 * first of all where it is empty. OSL_ENOTFOUND where the segment has no such
 * section. */
OSL_MUST_CHECK osl_status osl_definitions_seek(osl_definition_cursor *out,
                                               const osl_segment *segment,
                                               osl_text short_form,
                                               osl_error *err);
/* The next sense; OSL_END behind the last, OSL_ECORRUPT where it does not come
 * behind the one before. */
OSL_MUST_CHECK osl_status osl_definitions_next(osl_definition_cursor *cursor,
                                               osl_error *err);
/* The document of definition n < count of the sense at hand; asked in order
 * from 0 on, they rise: *document holds the one before. */
OSL_MUST_CHECK osl_status
osl_definitions_document(const osl_definition_cursor *cursor, uint32_t n,
                         uint32_t *document, osl_error *err);

#endif
