/* SPDX-License-Identifier: MIT
 *
 * The alias table of compounds: what stands in the texts joined by hyphen,
 * slash or :: (BCR-ABL1), by its joined form (bcrabl1), with the terms of its
 * parts, so that a query may type it as one word.
 *
 *   ALIASES  columns: offset of each block of 16 entries, the last has the
 *                     rest (n + 1)
 *            extra: entries, sorted by joined form:
 *                   shared:u8 suffix:u8 byte{suffix} parts
 *   parts    = count:u8 (take:5 skip:2 tail:1 [length:u8 byte{length}]){count}
 *            | 255 length:varint parts with a space between
 *
 * `shared` counts bytes of the joined form before, 0 in a block's first entry.
 * A part takes bytes from the joined form and ends with the tail; then bytes
 * are left out. So most entries are 11 bytes long, not 27.
 *
 * Threads: pure functions. */
#ifndef OSL_CORE_SEGMENT_ALIAS_H
#define OSL_CORE_SEGMENT_ALIAS_H

#include "core/segment/tables.h"

#define OSL_ALIAS_JOINED_MAX 255

typedef struct osl_alias {
    osl_text joined; /* at most OSL_ALIAS_JOINED_MAX bytes */
    osl_text parts;  /* terms with a space between */
} osl_alias;

/* `aliases` rise by joined form; one entry a form. */
OSL_MUST_CHECK osl_status osl_alias_write(osl_writer *writer,
                                          const osl_alias *aliases,
                                          uint32_t count, osl_error *err);

#endif
