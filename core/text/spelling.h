/* SPDX-License-Identifier: MIT
 *
 * British and American spellings of a word, by the pairs of
 * spelling_pairs.txt. For the words of a query; texts are indexed as they
 * stand. English only: the caller looks at the language.
 *
 * Threads: pure functions. */
#ifndef OSL_TEXT_SPELLING_H
#define OSL_TEXT_SPELLING_H

#include "core/base/arena.h"
#include "core/core.h"

/* The other spellings of a folded, unstemmed word (leukaemia: leukemia;
 * anaesthetised: anesthetised, anaesthetized, anesthetized), at most `max`,
 * in the order of the pairs, without `folded` itself. They may occur nowhere.
 * Spans live in `arena`; returns their number, SIZE_MAX when memory is out. */
size_t osl_spelling_variants(osl_text folded, osl_text out[], size_t max,
                             osl_arena *arena);

#endif
