/* SPDX-License-Identifier: MIT
 *
 * What a line of text is when it is no guideline text: words that pages and
 * documents of every make use for their furniture. Shared by the readers of
 * markup.
 *
 * What has to look at every word takes the kernel to find words with.
 *
 * Threads: pure functions. */
#ifndef OSL_CORPUS_PROSE_H
#define OSL_CORPUS_PROSE_H

#include "core/core.h"
#include "core/kernels/find.h"

/* Without white space at both ends. */
osl_text osl_prose_trim(osl_text text);
/* The same letters, whatever case (ASCII). */
bool osl_prose_same(osl_text a, const char *b);
/* Whether `a` is `b`, up to case, white space and all that is not ASCII (®,
 * –), or begins with it where `b` has 20 letters at least. */
bool osl_prose_begins_same(osl_text a, osl_text b);
/* Bytes that are no white space. */
uint32_t osl_prose_letters(osl_text text);
/* Blank-separated words. */
size_t osl_prose_words(osl_text text);
/* Ends like a sentence or with a colon. */
bool osl_prose_is_finished(osl_text text);

/* "References", "Bibliography", "Literaturverzeichnis" … */
bool osl_prose_is_reference_heading(osl_text heading);
/* One entry of a reference list: a year, and what only citations have. */
bool osl_prose_is_reference(osl_text text, osl_find_fn *find);
/* One beyond doubt, wherever it stands: it ends with "[PubMed Abstract]". */
bool osl_prose_is_entry(osl_text text, osl_find_fn *find);
/* A heading whose whole section is about the page and not its subject:
 * "About This Summary", "Changes to This Summary (04/21/2025)", "Contact
 * Us", "Copyright" … */
bool osl_prose_is_tail_heading(osl_text heading);
/* "Skip to main content", "Back to top", "Enlarge": never text. */
bool osl_prose_is_control(osl_text text, osl_find_fn *find);
/* "© 2019 …", "All rights reserved": the foot of a page. */
bool osl_prose_is_footer(osl_text text, osl_find_fn *find);

/* A page's title without the name of its site: what stands behind a " | ", and
 * behind a " - " where it is `site` (NULL: unknown) or an acronym. */
osl_text osl_prose_without_site(osl_text title, const char *site);

/* The length of a bullet (•, –, - …) that stands for a list item at the start
 * of `text`, with the blanks behind it; 0 where there is none. */
size_t osl_prose_bullet(osl_text text);

/* "Last updated: 3 May 2019": the date in *date. */
bool osl_prose_date_line(osl_text line, osl_text *date);
bool osl_prose_begins_date(osl_text line); /* "Last updated", no more */
/* "Date Released": the paragraph below is a date. */
bool osl_prose_is_date_heading(osl_text heading);

/* "Enlarge": a button on a picture, even amid text. */
bool osl_prose_is_picture_control(osl_text text);
/* Whether a letter, a digit or anything beyond ASCII stands in it. */
bool osl_prose_has_letters(osl_text text);
/* Whether bytes stand in it that no text has, beyond what a slip explains;
 * UTF-16 by its mark is text. */
bool osl_prose_is_binary(osl_text head);

#endif
