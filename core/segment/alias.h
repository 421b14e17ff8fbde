/* SPDX-License-Identifier: MIT
 *
 * The alias table of compounds: what stands in the texts joined by hyphen,
 * slash or :: (BCR-ABL1), by its joined form (bcrabl1), with the terms of its
 * parts, so that a query may type it as one word. A joined form that was split
 * in several ways has an entry for each, with how often it was: so tables of
 * several segments can be added up, and what dies taken away.
 *
 *   ALIASES  columns: offset of each block of 16 entries, the last has the
 *                     rest (n + 1); where texts are not stored, first use of
 *                     each paragraph (n + 1), entries used; first eight bytes
 *                     of each block's first joined form, the first byte highest
 *            extra: entries, by joined form, falling uses, parts:
 *                   shared:4 suffix:4 [shared − 15:varint]
 *                   [suffix − 15:varint] byte{suffix} parts
 *   parts    = take:5 skip:2 0:1 left:2 uses − 1:6 [uses − 64:varint]
 *            | 128 + count:u8 (take:5 skip:2 tail:1 [length:u8
 *              byte{length}]){count} uses − 1:varint
 *            | 255 length:varint parts with a space between uses − 1:varint
 *
 * `shared` counts bytes of the joined form before, 0 in a block's first entry.
 * A part takes bytes from the joined form and ends with the tail; then bytes
 * are left out. Most are two parts without a tail, of which the second goes up
 * to the last `left` bytes: of such an entry the first shape has two bytes. So
 * most entries are 9 bytes long, not 28. The uses of each
 * paragraph can be found in its text; they are listed where there is none.
 *
 * Threads: pure functions. */
#ifndef OSL_CORE_SEGMENT_ALIAS_H
#define OSL_CORE_SEGMENT_ALIAS_H

#include "core/segment/tables.h"

#define OSL_ALIAS_JOINED_MAX 255

typedef struct osl_alias {
    osl_text joined; /* at most OSL_ALIAS_JOINED_MAX bytes */
    osl_text parts;  /* terms with a space between */
    uint32_t uses;   /* at least 1 */
} osl_alias;

/* By joined form, falling uses, parts. */
int osl_alias_compare(const osl_alias *a, const osl_alias *b);

/* Which entries each paragraph uses, end to end. */
typedef struct osl_alias_uses {
    osl_column_source starts; /* paragraphs + 1 */
    osl_column_source entries;
} osl_alias_uses;

/* Entries as bytes, apart from the file they go to. Caller's storage; all zero
 * is empty. */
typedef struct osl_alias_blocks {
    osl_buf entries;
    uint64_t *offsets; /* of each block and the end, then its head; owns */
    uint32_t count;
} osl_alias_blocks;

/* `aliases` rise as osl_alias_compare() has it, each (joined, parts) once.
 * `out` is empty; it is to be cleared whatever is returned. */
OSL_MUST_CHECK osl_status osl_alias_encode(osl_alias_blocks *out,
                                           const osl_alias *aliases,
                                           uint32_t count, osl_error *err);
void osl_alias_blocks_clear(osl_alias_blocks *blocks);

/* The section. `uses`: NULL where texts are stored. */
OSL_MUST_CHECK osl_status osl_alias_put(osl_writer *writer,
                                        const osl_alias_blocks *blocks,
                                        const osl_alias_uses *uses,
                                        osl_error *err);
/* Both. */
OSL_MUST_CHECK osl_status osl_alias_write(osl_writer *writer,
                                          const osl_alias *aliases,
                                          uint32_t count,
                                          const osl_alias_uses *uses,
                                          osl_error *err);

/* As osl_segment_alias() for joined forms that rise: *from is 0 before the
 * first, then where the next is looked for. */
OSL_MUST_CHECK osl_status osl_alias_find(const osl_segment *segment,
                                         osl_text joined, uint64_t *from,
                                         osl_arena *arena,
                                         const osl_alias_split **splits,
                                         size_t *count, osl_error *err);

/* All entries in their order; caller's storage, to be closed. */
typedef struct osl_alias_cursor {
    const osl_segment *segment;
    osl_column offsets;
    uint64_t next_block;
    uint32_t number;               /* of the entry at hand, from 0 */
    osl_alias alias;               /* borrowed until the next step */
    struct osl_alias_block *block; /* owns */
} osl_alias_cursor;

OSL_MUST_CHECK osl_status osl_alias_open(osl_alias_cursor *out,
                                         const osl_segment *segment,
                                         osl_error *err);
/* OSL_OK with number and alias filled, or OSL_END. */
OSL_MUST_CHECK osl_status osl_alias_next(osl_alias_cursor *cursor,
                                         osl_error *err);
void osl_alias_close(osl_alias_cursor *cursor);

/* The entries that a paragraph uses, in order of its text, appended to
 * `list` from `arena`; for segments without stored texts. */
OSL_MUST_CHECK osl_status osl_alias_uses_of(const osl_segment *segment,
                                            uint32_t paragraph,
                                            osl_arena *arena,
                                            const uint32_t **entries,
                                            size_t *count, osl_error *err);

#endif
