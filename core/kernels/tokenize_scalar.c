/* SPDX-License-Identifier: MIT
 *
 * The twins that define right. Classification by a table of bytes; the class
 * bits of eight bytes at a time are gathered into the block's first words. */
#include "core/kernels/tokenize.h"

#include <string.h>

enum {
    L = OSL_CLASS_LETTER,
    U = OSL_CLASS_LETTER | OSL_CLASS_UPPER,
    D = OSL_CLASS_DIGIT,
    B = OSL_CLASS_BLANK,
    J = OSL_CLASS_JOINER,
    P = OSL_CLASS_PLUS,
    M = OSL_CLASS_MINUS,
    S = OSL_CLASS_SLASH,
    /* No byte is both, so that these need no bits of their own: an opening
     * bracket, a space, what ends a clause. */
    O = L | D,
    W = B | D,
    E = L | B
};

const uint8_t osl_class_of_ascii[128] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, B, B, B, B, B, 0, 0, /* 00 */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 10 */
    W, E, 0, 0, 0, 0, 0, J, O, E, 0, P, J, M, J, S, /*   ! " # $ % & ' */
    D, D, D, D, D, D, D, D, D, D, E, E, 0, 0, 0, E, /* 0 1 2 */
    0, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, /* @ A B */
    U, U, U, U, U, U, U, U, U, U, U, O, 0, E, J, 0, /* P Q R */
    0, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, /* ` a b */
    L, L, L, L, L, L, L, L, L, L, L, 0, 0, 0, 0, 0, /* p q r */
};

/* The class bytes of `length` bytes, at most eight; 0 for those from 0x80 on,
 * which show in *high. */
static uint64_t classes_of(const uint8_t *text, size_t length, uint64_t *high)
{
    uint64_t classes = 0;
    *high = 0;
    for (size_t i = 0; i < length; i++) {
        uint64_t over = text[i] >> 7;
        *high |= over << i;
        classes |= (uint64_t)osl_class_of_ascii[text[i] & 0x7F] * (1 - over)
                   << 8 * i;
    }
    return classes;
}

/* Bit 0 of each byte, gathered: byte i's to bit i. The product puts all of
 * them side by side in the top byte. */
static uint64_t gather(uint64_t bytes)
{
    return (bytes & 0x0101010101010101u) * 0x0102040810204080u >> 56;
}

static void classify_block(const uint8_t *text, size_t length,
                           osl_class_block *block)
{
    uint64_t words[9] = {0};
    for (size_t at = 0; at < length; at += 8) {
        size_t left = length - at;
        uint64_t high;
        uint64_t classes = classes_of(text + at, left < 8 ? left : 8, &high);
        for (unsigned bit = 0; bit < 8; bit++)
            words[bit] |= gather(classes >> bit) << at;
        words[8] |= high << at;
    }
    uint64_t open = words[0] & words[1], space = words[3] & words[1];
    uint64_t stop = words[0] & words[3];
    *block = (osl_class_block){.letter = words[0] & ~(open | stop),
                               .digit = words[1] & ~(open | space),
                               .upper = words[2],
                               .blank = words[3] & ~stop,
                               .joiner = words[4],
                               .plus = words[5],
                               .minus = words[6],
                               .slash = words[7],
                               .high = words[8],
                               .open = open,
                               .stop = stop,
                               .space = space};
}

uint64_t osl_classify_scalar(const uint8_t *text, size_t length,
                             osl_class_block *blocks)
{
    uint64_t high = 0;
    for (size_t at = 0;; at += 64) {
        size_t left = length - at;
        classify_block(text + at, left < 64 ? left : 64, blocks);
        high |= blocks++->high;
        if (left < 64)
            return high;
    }
}

void osl_borders_scalar(const osl_border_block *blocks, size_t count,
                        uint32_t base, osl_border_flags flags,
                        osl_span_arrays *spans)
{
    for (size_t i = 0; i < count; i++, base += 64) {
        for (uint64_t left = blocks[i].starts; left; left &= left - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(left);
            spans->starts[spans->start_count] = base + bit;
            spans->flags[spans->start_count++] =
                (uint8_t)((blocks[i].glued >> bit & 1) * flags.glued |
                          (blocks[i].spaced >> bit & 1) * flags.spaced);
        }
        for (uint64_t left = blocks[i].ends; left; left &= left - 1)
            spans->ends[spans->end_count++] =
                base + (unsigned)__builtin_ctzll(left);
    }
}
