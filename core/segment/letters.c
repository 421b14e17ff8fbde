/* SPDX-License-Identifier: MIT */
#include "core/segment/letters.h"

#include "core/base/bytes.h"

/* More shared bytes than are shared. */
#define SHARED_MOST ((size_t)OSL_LETTERS_SHARED + UINT16_MAX)

/* ---- writing ------------------------------------------------------------ */

/* The table of the byte behind this one. */
static unsigned table_behind(unsigned byte)
{
    if (byte >= 'a' && byte <= 'z')
        return 1 + byte - 'a';
    if (byte >= 'A' && byte <= 'Z')
        return 27;
    return byte >= '0' && byte <= '9' ? 28 : 29;
}

static void put_bits(osl_letters *l, uint32_t value, unsigned length)
{
    l->held = l->held << length | value;
    l->used += length;
    for (; l->used >= 8; l->used -= 8)
        osl_buf_put_byte(l->to, (uint8_t)(l->held >> (l->used - 8)));
}

/* A symbol, and bits behind it. */
static void put(osl_letters *l, unsigned table, unsigned symbol, uint32_t more,
                unsigned more_length)
{
    if (!l->to) {
        l->counts[table][symbol]++;
        return;
    }
    put_bits(l, l->codes[table][symbol], l->lengths[table][symbol]);
    if (more_length > 0)
        put_bits(l, more, more_length);
}

void osl_letters_put(osl_letters *letters, osl_text before, osl_text word,
                     bool is_separator)
{
    size_t shared = 0;
    while (shared < word.length && shared < before.length &&
           shared < SHARED_MOST && word.bytes[shared] == before.bytes[shared])
        shared++;
    bool is_long = shared >= OSL_LETTERS_SHARED;
    unsigned head = is_long ? (unsigned)OSL_LETTERS_SHARED : (unsigned)shared;
    put(letters, OSL_LETTERS_HEAD, 2 * head + is_separator,
        (uint32_t)shared - head, is_long ? 16 : 0);
    unsigned table =
        shared > 0 ? table_behind((uint8_t)word.bytes[shared - 1]) : 0;
    for (size_t i = shared; i < word.length; i++) {
        uint8_t byte = (uint8_t)word.bytes[i];
        bool is_other = byte == OSL_LETTERS_END || byte >= OSL_LETTERS_OTHER;
        put(letters, table, is_other ? (unsigned)OSL_LETTERS_OTHER : byte, byte,
            is_other ? 8 : 0);
        table = table_behind(byte);
    }
    put(letters, table, OSL_LETTERS_END, 0, 0);
}

void osl_letters_fill(osl_letters *letters)
{
    unsigned left = (8 - letters->used % 8) % 8;
    put_bits(letters, (1u << left) - 1, left);
}

/* Of what occurred alone, and of two symbols always, so that it is a code. The
 * last one weighs less than any other, and has a code of ones. */
static void choose_lengths(const uint64_t *counts, uint8_t *lengths)
{
    for (unsigned shift = 0;; shift++) {
        uint64_t weights[OSL_LETTERS_SYMBOLS] = {0};
        for (unsigned i = 0; i < OSL_LETTERS_SYMBOLS; i++) {
            uint64_t weight = (4 * counts[i]) >> shift;
            if (counts[i] > 0)
                weights[i] = weight < 2 ? 2 : weight;
        }
        if (weights[OSL_LETTERS_END] == 0)
            weights[OSL_LETTERS_END] = 2;
        if (weights[OSL_LETTERS_OTHER] == 0)
            weights[OSL_LETTERS_OTHER] = 1;
        if (osl_model_huffman(weights, OSL_LETTERS_SYMBOLS, lengths) <=
            OSL_MODEL_BITS)
            return;
    }
}

void osl_letters_make(osl_letters *letters)
{
    for (unsigned table = 0; table < OSL_LETTERS_TABLES; table++) {
        uint8_t *lengths = letters->lengths[table];
        unsigned next = 0;
        choose_lengths(letters->counts[table], lengths);
        for (unsigned length = 1; length <= OSL_MODEL_BITS; length++) {
            for (unsigned i = 0; i < OSL_LETTERS_SYMBOLS; i++)
                if (lengths[i] == length)
                    letters->codes[table][i] = (uint16_t)next++;
            next *= 2;
        }
    }
}

/* ---- reading ------------------------------------------------------------ */

/* The bits from `at` on, from bit 63 down; 57 at least are right. */
static inline uint64_t look(const osl_letters_place *place)
{
    return __builtin_bswap64(osl_get64(place->bytes + place->at / 8))
           << place->at % 8;
}

bool osl_letters_is_end(const osl_letters_place *place)
{
    uint64_t left = place->end - place->at;
    return left == 0 || (left < 8 && ~look(place) >> (64 - left) == 0);
}

/* The next symbol, and the bits behind it in *more, from bit 63 down. */
static inline unsigned take(const osl_model_decoder *model,
                            osl_letters_place *place, unsigned table,
                            uint64_t *more)
{
    uint64_t window = look(place);
    unsigned code = model->codes[table][window >> (64 - OSL_MODEL_BITS)];
    place->at += code >> 8;
    *more = window << (code >> 8);
    return code & 255;
}

/* How many bytes are kept of the word before. False: as many as it has not. */
static bool take_head(const osl_model_decoder *model, osl_letters_place *place,
                      osl_buf *word, bool *is_separator)
{
    uint64_t more;
    unsigned head = take(model, place, OSL_LETTERS_HEAD, &more);
    size_t shared = head / 2;
    *is_separator = head % 2;
    if (shared == OSL_LETTERS_SHARED) {
        shared += more >> 48;
        place->at += 16;
    }
    if (head > 2 * OSL_LETTERS_SHARED + 1 || shared > word->length)
        return false;
    word->length = shared;
    return true;
}

bool osl_letters_take(const osl_model_decoder *model, osl_letters_place *place,
                      osl_buf *word, bool *is_separator)
{
    if (place->at >= place->end || !take_head(model, place, word, is_separator))
        return false;
    unsigned table =
        word->length > 0 ? table_behind(word->bytes[word->length - 1]) : 0;
    while (place->at < place->end) {
        uint64_t more;
        unsigned byte = take(model, place, table, &more);
        if (byte == OSL_LETTERS_END)
            return place->at <= place->end;
        if (byte == OSL_LETTERS_OTHER) {
            byte = (unsigned)(more >> 56);
            place->at += 8;
        }
        osl_buf_put_byte(word, (uint8_t)byte);
        table = table_behind(byte);
    }
    return false;
}
