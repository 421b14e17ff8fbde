/* SPDX-License-Identifier: MIT
 *
 * Stored texts as word codes. The tokeniser has found the words of every
 * paragraph and given each distinct form a number; a text is kept as those
 * numbers and what stands between them, so that it comes back byte for byte,
 * whatever the bytes were, and each paragraph alone.
 *
 *   words ("relapse") and separators (", ") share one list, most frequent
 *   first; a word's place there is its rank, and its code is
 *     first byte b        bytes  rank
 *     0 … c1−1            1      b
 *     c1 … +c2−1          2      c1 + (b−c1)·2^8 + next byte
 *     … +c3−1             3      … (b−c1−c2)·2^16 + next two
 *     … +c4−1             4      … (b−c1−c2−c3)·2^24 + next three
 *   text = { word | separator }*; between two words that stand side by side
 *   there is one space. A separator stands for itself: the empty one glues.
 *
 *   VOCABULARY  columns: of words with codes of one or two bytes 2 · offset +
 *                        is it a separator (n + 1); offset of each block of
 *                        16 of the others (m + 1)
 *               extra: the words' bytes, then blocks of entries
 *     entry   = shared:3 suffix:4 separator:1 [shared − 7:varint]
 *               [suffix − 15:varint] byte{suffix}
 *                        shared with the word before, in its block: words of
 *                        one count stand in order of bytes
 *   CODES       the codes of all paragraphs, end to end
 *   TEXTS       columns: where each paragraph's codes begin (n + 1);
 *                        c1 c2 c3 c4; where each group begins, and where in
 *                        CODES it stands (m + 1)
 *
 * In a small store paragraphs are put together until their codes are 8 KiB,
 * and CODES has such groups, each a zstd frame; else there are none (m + 1 is
 * 0).
 *
 * 30 % of the text's bytes at 3.5 ns a token, where zstd of the raw text
 * takes 27 ns a token for 35 % and decodes 16 KiB for one paragraph.
 *
 * Threads: a store belongs to one thread. */
#ifndef OSL_CORE_SEGMENT_STORE_H
#define OSL_CORE_SEGMENT_STORE_H

#include "core/segment/tables.h"

/* How many first bytes each length of code has. */
typedef struct osl_store_classes {
    uint32_t counts[4];
} osl_store_classes;

/* The classes that give the shortest codes: `counts` of `n` entries, falling.
 * OSL_ELIMIT where there are more entries than codes. */
OSL_MUST_CHECK osl_status osl_store_choose(osl_store_classes *out,
                                           const uint32_t *counts, uint32_t n,
                                           osl_error *err);
/* The code of a rank as a little-endian number; its bytes count by
 * osl_store_lengths(). */
uint32_t osl_store_code(const osl_store_classes *classes, uint32_t rank);
/* Length of a code (1 to 4) by its first byte; 0 where no code begins so. */
void osl_store_lengths(const osl_store_classes *classes, uint8_t lengths[256]);

/* Vocabulary in order of rank: texts[] and which of them are separators. */
OSL_MUST_CHECK osl_status osl_store_put_vocabulary(
    osl_writer *writer, const osl_store_classes *classes, const osl_text *texts,
    const uint8_t *separators, uint32_t n, osl_error *err);

/* Section CODES as it is streamed. */
typedef struct osl_store_codes osl_store_codes;

/* Begins the section; `small`: to be compressed. */
OSL_MUST_CHECK osl_status osl_store_codes_new(osl_store_codes **out,
                                              osl_writer *writer, bool small,
                                              osl_error *err);
void osl_store_codes_free(osl_store_codes *codes); /* NULL is fine */
/* Appends codes to the paragraph at hand. */
void osl_store_codes_put(osl_store_codes *codes, const uint8_t *bytes,
                         size_t length);
/* A paragraph ends here: all its codes were put. */
void osl_store_codes_end_paragraph(osl_store_codes *codes);
/* Ends the section and writes TEXTS. `starts`: where each paragraph's codes
 * begin among all that were put (n + 1). */
OSL_MUST_CHECK osl_status
osl_store_codes_finish(osl_store_codes *codes, const osl_store_classes *classes,
                       const uint64_t *starts, uint32_t n, osl_error *err);

/* A segment's store from end to end, for merging: its words by rank, then the
 * codes of its paragraphs, best in order (a small store's groups are unpacked
 * one at a time). */
typedef struct osl_store_reader osl_store_reader;

OSL_MUST_CHECK osl_status osl_store_reader_new(osl_store_reader **out,
                                               const osl_segment *segment,
                                               osl_error *err);
void osl_store_reader_free(osl_store_reader *reader); /* NULL is fine */
/* The next word, from rank 0 on, borrowed until the next step; or OSL_END. */
OSL_MUST_CHECK osl_status osl_store_reader_word(osl_store_reader *reader,
                                                osl_text *word,
                                                bool *is_separator,
                                                osl_error *err);
/* Ready for the codes of this paragraph. */
OSL_MUST_CHECK osl_status osl_store_reader_seek(osl_store_reader *reader,
                                                uint32_t paragraph,
                                                osl_error *err);
/* Appends the text of a paragraph, as osl_segment_text() does: for many of
 * them, since the vocabulary is looked at whole. */
OSL_MUST_CHECK osl_status osl_store_reader_text(osl_store_reader *reader,
                                                uint32_t paragraph,
                                                osl_buf *out, osl_error *err);
/* Up to `most` ranks of the paragraph's next codes; *count 0 at its end. Any
 * rank is below 2^32 − 1, but may be none of the vocabulary. */
OSL_MUST_CHECK osl_status osl_store_reader_ranks(osl_store_reader *reader,
                                                 uint32_t *ranks, size_t most,
                                                 size_t *count, osl_error *err);

#endif
