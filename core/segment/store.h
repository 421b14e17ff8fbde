/* SPDX-License-Identifier: MIT
 *
 * Stored texts as word codes. The tokeniser has found the words of every
 * paragraph and given each distinct form a number; a text is kept as those
 * numbers and what stands between them, so that it comes back byte for byte,
 * whatever the bytes were, and each paragraph alone.
 *
 *   words ("relapse") and separators (", ") share one list, most frequent
 *   first; a word's place there is its rank, coded by what stands before it
 *   (model.h)
 *   text = { word | separator }*; between two words that stand side by side
 *   there is one space. A separator stands for itself: the empty one glues.
 *
 *   VOCABULARY  columns: of the first 16,384 words 2 · offset + is it a
 *                        separator (n + 1); offset of each block of 16 of the
 *                        others (m + 1)
 *               extra: the words' bytes, then blocks of entries
 *     entry   = shared:3 suffix:4 separator:1 [shared − 7:varint]
 *               [suffix − 15:varint] byte{suffix}
 *                        shared with the word before, in its block: words of
 *                        one count stand in order of bytes
 *   CODES       the codes of all paragraphs, end to end, each from a whole
 *               byte on; 8 bytes that may be read
 *   TEXTS       columns: where each paragraph's codes begin (n + 1); where
 *                        each context's list begins (n + 1); the lists' ranks;
 *                        lengths of the codes of each symbol, table by table
 *
 *   WORD TERMS  column: of each word of the vocabulary the ordinal of its base
 *               term, of a separator that of the entry before (0: none)
 *
 * The last one says what the words of a text mean without folding, stemming
 * and looking them up: for who counts what dies with a text. Words of one count
 * stand in order of bytes, so that their terms mostly rise: 9 bits a word. Files
 * of before have none.
 *
 * A small store (--store small) has the blocks of its rare words as letters.h
 * says, where they are not few, and a column of the lengths of letters' codes
 * in VOCABULARY, which is empty elsewhere. It has codes as deep.h says, where
 * its texts are not few: its codes are of version 2, and there stand beside
 * them
 *
 *   TEXTS       columns: the table of each context of one word; the ranks of
 *                        the lists of two
 *               extra: buckets of contexts of two words
 *
 * 20 % of the text's bytes, where zstd of the raw text takes 35 % and decodes
 * 16 KiB for one paragraph.
 *
 * Threads: reading is pure; a reader belongs to one thread. */
#ifndef OSL_CORE_SEGMENT_STORE_H
#define OSL_CORE_SEGMENT_STORE_H

#include "core/segment/letters.h"
#include "core/segment/model.h"
#include "core/segment/tables.h"

/* A vocabulary as it is written. Caller's storage; all zero is none. */
typedef struct osl_vocabulary {
    osl_buf heap;
    uint64_t *offsets; /* of the first words, and the end; owns */
    uint64_t *blocks;  /* of the others, and the end; owns */
    uint32_t direct, block_count;
    osl_letters *letters; /* NULL: words are spelt byte by byte; owns */
} osl_vocabulary;

/* Of texts[] in order of rank, and which of them are separators; `small`: bytes
 * count more than time. To be cleared, whatever comes back. */
OSL_MUST_CHECK osl_status osl_vocabulary_encode(osl_vocabulary *out,
                                                const osl_text *texts,
                                                const uint8_t *separators,
                                                uint32_t n, bool small,
                                                osl_error *err);
OSL_MUST_CHECK osl_status osl_vocabulary_put(osl_writer *writer,
                                             const osl_vocabulary *vocabulary,
                                             osl_error *err);
void osl_vocabulary_clear(osl_vocabulary *vocabulary);

/* Begins the section of codes; the caller puts those of all paragraphs, as
 * osl_model_encode() gives them. */
void osl_store_begin_codes(osl_writer *writer, const osl_model *model);
/* Ends it and writes the section of texts. `starts`: where each paragraph's
 * codes begin (n + 1). */
OSL_MUST_CHECK osl_status osl_store_end_codes(osl_writer *writer,
                                              const osl_model *model,
                                              const uint64_t *starts,
                                              uint32_t n, osl_error *err);

/* The terms of the words, by rank. */
OSL_MUST_CHECK osl_status osl_word_terms_put(osl_writer *writer,
                                             const uint32_t *ordinals,
                                             uint32_t count, osl_error *err);
/* Whether a segment has them. */
bool osl_word_terms_are_there(const osl_segment *segment);
/* Its column, empty where it has none. Ordinals may be of no term. */
OSL_MUST_CHECK osl_status osl_word_terms_view(const osl_segment *segment,
                                              osl_column_view *out,
                                              osl_error *err);

/* What reading the texts of a segment needs, and its rare words where they are
 * spelt by letters, to be freed; NULL where it has none, or none that can be
 * read, which is told when they are. OSL_ENOMEM. */
OSL_MUST_CHECK osl_status osl_store_open(const osl_segment *segment,
                                         osl_model_decoder **out,
                                         osl_model_decoder **letters,
                                         osl_error *err);

/* A segment's store from end to end, for merging: its words by rank, then the
 * ranks of its paragraphs. */
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
/* The same, with the ranks of its words (separators left out) behind those in
 * `words`, four bytes each. */
OSL_MUST_CHECK osl_status osl_store_reader_words(osl_store_reader *reader,
                                                 uint32_t paragraph,
                                                 osl_buf *out, osl_buf *words,
                                                 osl_error *err);
/* The ranks of several paragraphs that stand side by side, decoded at once:
 * what is next in one is known before what is next in another is waited for.
 * Caller's storage, all zero before the first; osl_store_group_clear(). */
enum { OSL_STORE_GROUP = 16 };
typedef struct osl_store_group {
    uint32_t count;                   /* paragraphs */
    uint32_t *ranks[OSL_STORE_GROUP]; /* of each, into `room` */
    size_t counts[OSL_STORE_GROUP];
    uint32_t *room; /* owns */
    size_t capacity;
} osl_store_group;
/* Reads the paragraphs from `first` on, `most` at most, OSL_STORE_GROUP at
 * most; none where the first is so long that its ranks are to be read piece by
 * piece. */
OSL_MUST_CHECK osl_status osl_store_reader_group(osl_store_reader *reader,
                                                 uint32_t first, uint32_t most,
                                                 osl_store_group *out,
                                                 osl_error *err);
void osl_store_group_clear(osl_store_group *group);
/* Up to `most` ranks of the paragraph's next codes; *count 0 at its end. Any
 * rank is below 2^32 − 1, but may be none of the vocabulary. */
OSL_MUST_CHECK osl_status osl_store_reader_ranks(osl_store_reader *reader,
                                                 uint32_t *ranks, size_t most,
                                                 size_t *count, osl_error *err);

#endif
