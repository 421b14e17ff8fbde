/* SPDX-License-Identifier: MIT
 *
 * What makes text clean prose: white space and characters, citation marks,
 * mojibake. Pure functions over spans and buffers.
 *
 * Threads: no state. */
#ifndef OSL_CORPUS_CLEAN_H
#define OSL_CORPUS_CLEAN_H

#include "core/base/arena.h"
#include "core/base/buf.h"

/* A growing list of texts; the array is heap, the bytes borrowed. */
typedef struct osl_text_list {
    osl_text *items; /* owns */
    size_t count, capacity;
    bool failed; /* memory ran out */
} osl_text_list;

void osl_text_list_put(osl_text_list *list, osl_text text);
void osl_text_list_clear(osl_text_list *list);

/* What a character is to clean prose. */
typedef enum osl_char_class {
    OSL_CHAR_TEXT,  /* stays */
    OSL_CHAR_BLANK, /* any white space, no-break ones too: one blank */
    OSL_CHAR_DROP,  /* controls, soft hyphen, zero-width and bidi marks */
    OSL_CHAR_C1     /* U+0080 to U+009F: mojibake or windows-1252 */
} osl_char_class;

osl_char_class osl_char_class_of(uint32_t c);
/* The character that windows-1252 has at byte `c` (0x80 to 0x9F), 0 where it
 * has none. */
uint32_t osl_char_of_1252(uint32_t c);

/* ASCII white space, as C's isspace() in the C locale. */
static inline bool osl_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool osl_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool osl_is_alpha(char c) /* an ASCII letter */
{
    return (unsigned char)((c | 0x20) - 'a') < 26;
}

static inline char osl_to_lower(char c) /* ASCII only */
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool osl_text_equal_fold(osl_text a, osl_text b); /* ASCII letters folded */
/* The first place of `needle` (lower-case ASCII) in `text`, letters folded;
 * text.length where it is not. */
size_t osl_text_find_fold(osl_text text, const char *needle);
bool osl_text_starts_fold(osl_text text, const char *prefix);
/* Without ASCII white space at either end. */
osl_text osl_text_trim(osl_text text);

/* Repairs UTF-8 that was decoded as Latin-1 and encoded again ("â\u0084¢" is
 * "™") and C1 controls that are windows-1252 ("\u0092" is "’"); what is
 * neither is dropped. Only for text that holds a C1 control. */
void osl_clean_mojibake(osl_buf *text);

/* Takes citation marks ([66], [70,71], [77-79], chains of them) out of `text`
 * in place, where they are glued to a word or a stop; what stood in them goes
 * to `found`, copied to `arena`: one number or range each. */
void osl_clean_citations(osl_buf *text, osl_arena *arena, osl_text_list *found);
/* The items of a list of citation numbers ("70,71-73"; brackets and blanks
 * around it are fine) to `found`; false, with nothing found, where it is
 * none. */
bool osl_citation_list(osl_text text, osl_arena *arena, osl_text_list *found);

#endif
