/* SPDX-License-Identifier: MIT
 *
 * The alias table of compounds: what stands in the texts joined by hyphen,
 * slash or :: (BCR-ABL1), by its joined form (bcrabl1), with the terms of its
 * parts, so that a query may type it as one word.
 *
 *   ALIASES  columns: offset of each entry (n + 1)
 *            extra: entries, sorted by joined form:
 *                   length:u8 joined, then parts with a space between
 *
 * Threads: pure functions. */
#ifndef OSL_CORE_SEGMENT_ALIAS_H
#define OSL_CORE_SEGMENT_ALIAS_H

#include "core/segment/tables.h"

typedef struct osl_alias {
    osl_text joined; /* at most 255 bytes */
    osl_text parts;  /* terms with a space between */
} osl_alias;

/* `aliases` rise by joined form; one entry a form. */
OSL_MUST_CHECK osl_status osl_alias_write(osl_writer *writer,
                                          const osl_alias *aliases,
                                          uint32_t count, osl_error *err);

#endif
