/* SPDX-License-Identifier: MIT
 *
 * Lines of plain text: cut, looked at one by one, and rid of what belongs to
 * a page or a site rather than to the text.
 *
 * Threads: no state. */
#ifndef OSL_CORPUS_TEXT_LINES_H
#define OSL_CORPUS_TEXT_LINES_H

#include "core/base/arena.h"
#include "corpus/clean.h"

typedef struct text_line {
    osl_text text;   /* without blanks at its ends */
    uint32_t number; /* in the source, from 1; 0 unknown */
    uint32_t indent; /* columns; a tab goes to the next multiple of 4 */
    bool page;       /* a form feed stands before it */
    bool dropped;    /* furniture of a page or a site */
    bool running;    /* dropped as a line that comes again at each page */
} text_line;

typedef struct text_lines {
    text_line *items; /* owns */
    size_t count, capacity;
    bool failed;
} text_lines;

/* Cuts lines off the front of *rest until it is empty or `most` are there;
 * stops at a blank line where it can. `number` is the first one's, 0 where
 * unknown. */
void osl_text_lines_cut(text_lines *lines, osl_text *rest, uint32_t number,
                        size_t most);
void osl_text_lines_clear(text_lines *lines);

/* The bytes of a list mark ("•", "-", "1.", "(a)") and the blanks behind it;
 * 0 where the line begins no item. */
size_t osl_text_mark(osl_text line);
/* Depth of a section number ("2.3 Dosage" is 2) with its blanks in *bytes; 0
 * where none stands there. */
unsigned osl_text_section_number(osl_text line, size_t *bytes);
/* A rule of dashes, stars, underscores or equal signs. */
bool osl_text_is_rule(osl_text line);
/* Ends like a sentence or a clause. */
bool osl_text_ends_sentence(osl_text line);
size_t osl_text_words(osl_text line);
/* No lower-case letter and at least three others. */
bool osl_text_is_capitals(osl_text line);
/* "G  E  N  E  R  A  L" to "GENERAL", copied to `arena`; the line itself where
 * its letters are not spaced out, or memory ran out (*failed). */
osl_text osl_text_unspace(osl_text line, osl_arena *arena, bool *failed);

/* Whether a line holds a page's number: "PAGE 1 OF 2", "- 3 -". */
bool osl_text_is_page_mark(osl_text line);
/* Where Markdown's bold stands ("**word**"), from `at` on: its first and its
 * last star pair; false where none does ("HA**" is a footnote's mark). */
bool osl_text_bold(osl_text line, size_t at, size_t *opens, size_t *closes);
/* Drops page numbers ("PAGE 1 OF 2", "- 3 -") and the lines around them that
 * come again at other pages, and lines that only date a revision ("REVISED:
 * 07-01-25"), the first of whose dates goes to *updated. */
void osl_text_drop_pages(text_lines *lines, osl_arena *arena,
                         osl_text *updated);
/* Drops what a site puts before the title (menus, sign-in) and behind the
 * text (disclaimers, links to other pages). A "Last updated" line
 * there goes to *updated. */
void osl_text_drop_site(text_lines *lines, osl_text *updated);

#endif
