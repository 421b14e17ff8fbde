/* SPDX-License-Identifier: MIT
 *
 * What must not stand in a paragraph's text: markup, references of markup,
 * encoded bytes, citation marks, what belongs to a page and not to its text.
 *
 * Threads: pure functions. */
#ifndef OSL_TESTS_CORPUS_DIRT_H
#define OSL_TESTS_CORPUS_DIRT_H

#include "core/core.h"

typedef struct dirt {
    const char *what; /* in words; NULL: nothing was found */
    size_t at;        /* where it begins, in bytes */
} dirt;

/* The first that is found; U+FFFD only where nothing else is. */
dirt dirt_find(osl_text text);
/* Only who knows the source can say whether U+FFFD stands there, too. */
extern const char dirt_broken[];
/* A record's text is left as it is, its citation marks too. */
extern const char dirt_cited[];

/* Whether a source holds U+FFFD or bytes that are no UTF-8, so that a
 * paragraph of it may. */
bool dirt_source_is_broken(osl_text source);

#endif
