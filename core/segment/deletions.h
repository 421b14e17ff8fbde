/* SPDX-License-Identifier: MIT
 *
 * What has happened to one segment since it was written: which paragraphs,
 * documents and sections have died, and what went with them from every
 * statistic, so that df, N and average lengths of the living are exact without
 * reading a posting; and which documents have moved to other lines of their
 * source. A segment never changes; whatever happens next makes a new file that
 * stands for all before it.
 *
 *     000017-000042.del      segment 000017, published by generation 42
 *
 *   0          8      12        16
 *   +----------+------+---------+------+---------+--------+-------+-------+
 *   | OslerDel | ver  | zero    | head | bitmaps | tables | moves | hash  |
 *   +----------+------+---------+------+---------+--------+-------+-------+
 *   head    = segment:u64 text_bytes:u64
 *             paragraphs:u32{all, dead} documents:u32{all, dead}
 *             sections:u32{all, dead}
 *             field{4}
 *   field   = terms:u32{all, dead} length:u64 postings:u64
 *   bitmaps = word:u64{ordinals / 64, rounded up}, of paragraphs, documents,
 *             sections: bit set where live, no bit behind the last
 *   tables  = table{6}: terms of text, titles, headings, pairs; forms of
 *             text; aliases
 *   table   = bytes:u64 count:u32 blocks:u32 index{blocks} entry{count}
 *             zero to a multiple of 8
 *   index   = key:u64 offset:u32 zero:u32    the block's first entry: its key,
 *                                    its place behind the last index
 *   entry   = key − key before − 1:varint value:varint [more:varint]
 *             (the first of a block of 32 has no key: the index has it)
 *   moves   = count:u32 zero:u32 move{count}
 *   move    = document:u32 lines:i32      from this document on (rising),
 *                                    lines are so many further down than the
 *                                    segment says; never as before it
 *
 *   key of terms: ordinal; value: postings that died, less 1; more: their
 *   occurrences, less postings
 *   key of forms: ordinal · 2^32 + form; value: paragraphs with it that died,
 *   less 1 (only of terms with several forms)
 *   key of aliases: number of the entry; value: uses that died, less 1
 *   pairs have none, nor terms and postings in the head: nobody asks
 *
 * `segment` is osl_segment_identity(); `hash` XXH3, 64 bits, of all before
 * it. The whole file is verified when it is opened: the bitmaps stand in the
 * loops of every search. Integers are little-endian.
 *
 * Threads: immutable once open, shared without locks. */
#ifndef OSL_CORE_SEGMENT_DELETIONS_H
#define OSL_CORE_SEGMENT_DELETIONS_H

#include "core/segment/segment.h"

typedef struct osl_deletions osl_deletions;

/* Opens and maps; OSL_ECORRUPT where it is damaged or of another segment,
 * OSL_EVERSION where a newer program wrote it. `segment` is borrowed until the
 * close. */
OSL_MUST_CHECK osl_status osl_deletions_open(osl_deletions **out,
                                             const char *path,
                                             const osl_segment *segment,
                                             osl_error *err);
/* The same over bytes that the caller keeps until the close, at a multiple of
 * 8; `name` is what errors say. */
OSL_MUST_CHECK osl_status osl_deletions_open_memory(osl_deletions **out,
                                                    osl_text bytes,
                                                    const char *name,
                                                    const osl_segment *segment,
                                                    osl_error *err);
void osl_deletions_close(osl_deletions *deletions); /* NULL is fine */
/* What the manifest says of the file, so that an older one of the same
 * segment is not taken for it; of bytes that were not opened: 0 where they
 * are too few. */
uint64_t osl_deletions_hash(osl_text bytes);
osl_text osl_deletions_bytes(const osl_deletions *deletions); /* borrowed */

/* What died. */
typedef struct osl_deletions_field {
    uint32_t ordinal_count; /* paragraphs, documents or sections */
    uint32_t term_count;    /* terms with no live posting left */
    uint64_t posting_count;
    uint64_t total_length; /* positions */
} osl_deletions_field;

typedef struct osl_deletions_info {
    uint32_t paragraph_count, document_count, section_count;
    uint64_t text_bytes;
    osl_deletions_field fields[OSL_FIELD_COUNT];
} osl_deletions_info;
const osl_deletions_info *
osl_deletions_get_info(const osl_deletions *deletions);

/* The ordinals of a field that live, 64 a word, bit set where live: text and
 * pair paragraphs, title documents, heading sections. Borrowed. */
const uint64_t *osl_deletions_live(const osl_deletions *deletions,
                                   osl_field field);

/* What died of a term, given its place in the field's order of terms: *df
 * postings and *cf occurrences; 0 where it has lost none. */
OSL_MUST_CHECK osl_status osl_deletions_term(const osl_deletions *deletions,
                                             osl_field field, uint32_t ordinal,
                                             uint32_t *df, uint64_t *cf,
                                             osl_error *err);
/* *df alone. */
OSL_MUST_CHECK osl_status osl_deletions_df(const osl_deletions *deletions,
                                           osl_field field, uint32_t ordinal,
                                           uint32_t *df, osl_error *err);
/* For who asks for terms of text again and again: from now on these are looked
 * up in a copy (16 bytes for 64 terms, and two for each that has lost some),
 * where there is memory. By any thread, once or more often. */
void osl_deletions_hold(const osl_deletions *deletions);
/* How many paragraphs with form number `form` of a text term died; of a term
 * with one form, ask osl_deletions_term(). */
OSL_MUST_CHECK osl_status osl_deletions_form(const osl_deletions *deletions,
                                             uint32_t ordinal, uint32_t form,
                                             uint32_t *df, osl_error *err);
/* How many uses of an entry of the alias table died. */
OSL_MUST_CHECK osl_status osl_deletions_alias(const osl_deletions *deletions,
                                              uint32_t entry, uint32_t *uses,
                                              osl_error *err);

/* Documents from this one on, up to the next move's, stand so many lines
 * further down in their source than the segment says. Those of no known line
 * (0) stay so. */
typedef struct osl_move {
    uint32_t document;
    int32_t lines;
} osl_move;
uint32_t osl_deletions_move_count(const osl_deletions *deletions);
osl_move osl_deletions_move(const osl_deletions *deletions, uint32_t n);
/* The line of a document, or of a paragraph of it, that the segment says to be
 * `line`. */
uint32_t osl_deletions_line(const osl_deletions *deletions, uint32_t document,
                            uint32_t line);

/* ---- all of it, for making the next file and for tests ------------------ */

typedef struct osl_died {
    uint64_t key;  /* as drawn above */
    uint64_t more; /* terms: occurrences */
    uint32_t count;
} osl_died;

enum {
    OSL_DIED_FORMS = OSL_FIELD_COUNT, /* below: terms, by field */
    OSL_DIED_ALIASES,
    OSL_DIED_TABLES
};

typedef struct osl_deletions_parts {
    uint64_t *live[3]; /* by field: paragraphs, documents, sections */
    osl_deletions_info info;
    struct {
        osl_died *entries; /* rising by key, counts above 0 */
        size_t count;
    } tables[OSL_DIED_TABLES];
    const osl_move *moves; /* rising by document; in files, not read from one */
    size_t move_count;
} osl_deletions_parts;

/* Into `arena`. `deletions` NULL: nothing has died. */
OSL_MUST_CHECK osl_status osl_deletions_read(const osl_deletions *deletions,
                                             const osl_segment *segment,
                                             osl_arena *arena,
                                             osl_deletions_parts *out,
                                             osl_error *err);
/* Appends the bytes of the file. Fails as the buffer does. */
void osl_deletions_encode(osl_buf *out, const osl_segment *segment,
                          const osl_deletions_parts *parts);

#endif
