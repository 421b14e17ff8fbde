/* SPDX-License-Identifier: MIT
 *
 * What the files of this folder know of each other: the analyzer, the
 * tokeniser's scratch, and folding.
 *
 * Threads: as text.h says. */
#ifndef OSL_TEXT_ANALYZER_H
#define OSL_TEXT_ANALYZER_H

#include "core/kernels/kernels.h"
#include "core/text/text.h"

#include <unicode/ubrk.h>

/* A token is cut, at a character border, when it is longer. */
#define OSL_TOKEN_BYTES_MAX ((size_t)255)
/* So is a folded word. */
#define OSL_FOLDED_BYTES_MAX ((size_t)255)

/* Code points below this have their class in a table. */
#define OSL_CLASS_TABLE_END 0x2300u

/* What is found when it is first asked for, by whichever thread: to find all of
 * it took a program that opens an index half of that time. Read and written
 * atomically; all threads find the same. */
typedef struct osl_analyzer_late {
    UBreakIterator *breaks;               /* owns; only ever cloned */
    uint8_t classes[OSL_CLASS_TABLE_END]; /* class + 1; 0: not known */
} osl_analyzer_late;

struct osl_analyzer {
    const osl_kernels *kernels;
    osl_analyzer_late *late; /* owns */
    uint64_t fingerprint;
    bool fold_acronyms;
    bool english, stems; /* stems: the language is not "none" */
    char language[32];
};

/* What a tokeniser keeps from call to call, in osl_tokens.scratch. */
typedef struct osl_token_scratch osl_token_scratch;
osl_token_scratch *osl_token_scratch_of(osl_tokens *tokens);
void osl_token_scratch_free(osl_token_scratch *scratch); /* NULL is fine */

/* Room for `wanted` tokens in all. */
OSL_MUST_CHECK bool osl_tokens_reserve(osl_tokens *tokens, size_t wanted);
/* Cuts tokens over OSL_TOKEN_BYTES_MAX; false when memory is out. */
OSL_MUST_CHECK bool osl_tokens_cut(osl_tokens *tokens, osl_text text);

/* The classes of the characters in [from, to), as a set: 1 << class. */
unsigned osl_classes_between(osl_text text, uint32_t from, uint32_t to);
/* Looks at the run of capital words that begins at token `first`, flags its
 * words where they are three or more, and returns the token behind it. */
size_t osl_flag_capitals(osl_text text, osl_tokens *tokens, size_t first);

/* Whether `text` begins with a word that says that a hyphen before it hangs
 * ("short- and long-term"): and, or, to and their like. */
bool osl_is_hanging_word(const char *at, const char *end);

/* The sign that ends a token: '+', '-', or 0; *length is its bytes. */
char osl_sign_at_end(osl_text token, size_t *length);

/* Folds a token into `out` (at least OSL_FOLDED_BYTES_MAX bytes): case,
 * diacritics unless kept, Greek letters, numbers, superscripts, possessive.
 * Returns the length; 0 only for a token without letter or digit. */
size_t osl_fold_token(const osl_analyzer *analyzer, osl_text token,
                      bool keep_diacritics, char *out);
/* Takes the diacritics off a word already in folded case (a stem). */
size_t osl_fold_diacritics(osl_text word, char *out);

const osl_analyzer *osl_resolver_analyzer(const osl_resolver *resolver);
/* Its own, for the words of queries one behind the other. */
osl_tokens *osl_resolver_tokens(osl_resolver *resolver);

#endif
