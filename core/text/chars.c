/* SPDX-License-Identifier: MIT */
#include "core/text/chars.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>

enum { B = OSL_CHAR_BLANK, L = OSL_CHAR_LETTER, U = OSL_CHAR_UPPER };
enum { D = OSL_CHAR_DIGIT, Q = OSL_CHAR_APOSTROPHE, P = OSL_CHAR_PLUS };
enum { M = OSL_CHAR_MINUS, C = OSL_CHAR_CLOSE };

static const uint8_t ascii[128] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, B, B, B, B, B, 0, 0, /* 00 */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 10 */
    B, 0, C, 0, 0, C, 0, Q, 0, C, 0, P, 0, M, C, 0, /*   ! " # $ % & ' */
    D, D, D, D, D, D, D, D, D, D, 0, 0, 0, 0, 0, 0, /* 0 1 2 */
    0, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, /* @ A B */
    U, U, U, U, U, U, U, U, U, U, U, 0, 0, C, 0, 0, /* P Q R */
    0, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, /* ` a b */
    L, L, L, L, L, L, L, L, L, L, L, 0, 0, C, 0, 0, /* p q r */
};

/* The characters that the tailoring names; OSL_CHAR_BREAK for all others. */
static osl_char_class named(uint32_t c)
{
    switch (c) {
    case 0xB2:
    case 0xB3:
    case 0xB9:
    case 0x2070:
        return OSL_CHAR_SUPER;
    case 0x2018:
    case 0x2019:
    case 0x02BC:
    case 0xFF07:
        return OSL_CHAR_APOSTROPHE;
    case 0x207A:
    case 0xFF0B:
        return OSL_CHAR_PLUS;
    case 0x2010:
    case 0x2011:
    case 0x2012:
    case 0x2013:
    case 0x207B:
    case 0x2212:
    case 0xFF0D:
        return OSL_CHAR_MINUS;
    case 0xB7:
        return OSL_CHAR_MIDDOT;
    case 0xBB:
    case 0x201D:
    case 0x2026:
        return OSL_CHAR_CLOSE;
    default:
        if ((c >= 0x2074 && c <= 0x2079) || (c >= 0x2080 && c <= 0x2089))
            return OSL_CHAR_SUPER;
        return OSL_CHAR_BREAK;
    }
}

/* Scripts whose words ICU finds by dictionary or by rules of their own. */
static bool is_complex(UChar32 c)
{
    if (u_getIntPropertyValue(c, UCHAR_LINE_BREAK) == U_LB_COMPLEX_CONTEXT ||
        u_getIntPropertyValue(c, UCHAR_WORD_BREAK) == U_WB_KATAKANA ||
        u_hasBinaryProperty(c, UCHAR_IDEOGRAPHIC))
        return true;
    if (c >= 0xAC00 && c <= 0xD7A3)
        return true;
    UErrorCode failure = U_ZERO_ERROR;
    UScriptCode script = uscript_getScript(c, &failure);
    return script == USCRIPT_HAN || script == USCRIPT_HIRAGANA ||
           script == USCRIPT_KATAKANA;
}

osl_char_class osl_char_classify(uint32_t c)
{
    if (c < 128)
        return (osl_char_class)ascii[c];
    if (c > 0x10FFFF)
        return OSL_CHAR_BREAK;
    osl_char_class special = named(c);
    if (special != OSL_CHAR_BREAK)
        return special;
    UChar32 point = (UChar32)c;
    if (u_isUWhiteSpace(point))
        return OSL_CHAR_BLANK;
    if (is_complex(point))
        return OSL_CHAR_COMPLEX;
    switch (u_getIntPropertyValue(point, UCHAR_WORD_BREAK)) {
    case U_WB_ALETTER:
    case U_WB_HEBREW_LETTER:
        return u_charType(point) == U_UPPERCASE_LETTER ||
                       u_charType(point) == U_TITLECASE_LETTER
                   ? OSL_CHAR_UPPER
                   : OSL_CHAR_LETTER;
    case U_WB_NUMERIC:
        return OSL_CHAR_DIGIT;
    case U_WB_EXTEND:
    case U_WB_FORMAT:
    case U_WB_ZWJ:
        return OSL_CHAR_MARK;
    default:
        return OSL_CHAR_BREAK;
    }
}
