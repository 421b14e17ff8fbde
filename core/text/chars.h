/* SPDX-License-Identifier: MIT
 *
 * What a character is to the rules of analysis. The properties are ICU's;
 * the named characters (signs, superscripts, apostrophes) are the tailoring
 * of docs/ANALYSIS.md. Both tokenisers ask here, so that they agree on
 * characters and can be compared on rules.
 *
 * Threads: pure functions. */
#ifndef OSL_TEXT_CHARS_H
#define OSL_TEXT_CHARS_H

#include "core/core.h"

typedef enum osl_char_class {
    OSL_CHAR_BREAK = 0,  /* part of no word */
    OSL_CHAR_BLANK,      /* white space, no-break spaces too */
    OSL_CHAR_LETTER,     /* but no capital */
    OSL_CHAR_UPPER,      /* a capital letter */
    OSL_CHAR_DIGIT,      /* 0-9 and the digits of other scripts */
    OSL_CHAR_SUPER,      /* ⁰-⁹ and ₀-₉ */
    OSL_CHAR_APOSTROPHE, /* ' ’ ‘ ʼ */
    OSL_CHAR_PLUS,       /* + ⁺ */
    OSL_CHAR_MINUS,      /* - − ⁻ and the hyphens up to the en dash */
    OSL_CHAR_MIDDOT,     /* ·, a decimal point between digits */
    OSL_CHAR_CLOSE,      /* after it a point begins no number: ) ] . % ” */
    OSL_CHAR_MARK,       /* combining or invisible: belongs to what precedes */
    OSL_CHAR_COMPLEX     /* of a script without blanks: ICU's dictionaries */
} osl_char_class;

/* The class of a code point; OSL_UTF8_BAD is a break. */
osl_char_class osl_char_classify(uint32_t c);

static inline bool osl_char_is_letter(unsigned char_class)
{
    return char_class == OSL_CHAR_LETTER || char_class == OSL_CHAR_UPPER;
}

/* Part of a word by itself. */
static inline bool osl_char_is_word(unsigned char_class)
{
    return (char_class >= OSL_CHAR_LETTER && char_class <= OSL_CHAR_SUPER) ||
           char_class == OSL_CHAR_COMPLEX;
}

#endif
