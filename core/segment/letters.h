/* SPDX-License-Identifier: MIT
 *
 * Rare words letter by letter, for a small store: a block of the vocabulary is
 * a stream of bits, from the highest of a byte down, of Huffman codes as
 * model.h has them.
 *
 *   word   = head letter{} end
 *   head   = symbol 2 · shared + separator of table 30; 31 stands for all that
 *            is more, with as much more in 16 bits
 *   letter = a byte as its symbol, in the table of the byte before it: 0 where
 *            there is none, 1 to 26 a to z, 27 A to Z, 28 0 to 9, 29 others;
 *            127 stands for 0 and all from 127 on, which follow in 8 bits
 *   end    = symbol 0
 *
 * Behind the last word are ones up to a whole byte; the last symbol of the
 * heads, which is never put, has a code of ones alone.
 *
 * Threads: letters belong to one. */
#ifndef OSL_CORE_SEGMENT_LETTERS_H
#define OSL_CORE_SEGMENT_LETTERS_H

#include "core/base/buf.h"
#include "core/segment/model.h"

enum {
    OSL_LETTERS_HEAD = 30, /* the table of heads */
    OSL_LETTERS_TABLES,
    OSL_LETTERS_END = 0,
    OSL_LETTERS_SHARED = 31,
    OSL_LETTERS_OTHER = 127,
    OSL_LETTERS_SYMBOLS
};

/* Caller's storage, all zero at first. Each word is put twice, with the one
 * before in its block: once with `to` NULL, for the codes; then, after
 * osl_letters_make(), with `to` what the bits go to. */
typedef struct osl_letters {
    uint64_t counts[OSL_LETTERS_TABLES][OSL_LETTERS_SYMBOLS];
    uint8_t lengths[OSL_LETTERS_TABLES][OSL_LETTERS_SYMBOLS];
    uint16_t codes[OSL_LETTERS_TABLES][OSL_LETTERS_SYMBOLS];
    osl_buf *to;
    uint32_t held; /* the lowest `used` bits are not put yet */
    unsigned used;
} osl_letters;

void osl_letters_put(osl_letters *letters, osl_text before, osl_text word,
                     bool is_separator);
void osl_letters_make(osl_letters *letters);
/* Ends a block. */
void osl_letters_fill(osl_letters *letters);

/* Where one is in a block. 8 bytes behind it may be read. */
typedef struct osl_letters_place {
    const uint8_t *bytes;
    uint64_t at, end; /* bits */
} osl_letters_place;

bool osl_letters_is_end(const osl_letters_place *place);
/* The next word onto the one before. False where it makes no sense. Fails as
 * the buffer does. */
OSL_MUST_CHECK bool osl_letters_take(const osl_model_decoder *model,
                                     osl_letters_place *place, osl_buf *word,
                                     bool *is_separator);

#endif
