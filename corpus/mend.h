/* SPDX-License-Identifier: MIT
 *
 * Bytes that strict parsers refuse, mended before they see them. libxml2
 * reads everything behind one broken byte as Latin-1, and libyaml stops
 * there; so broken UTF-8 and control characters go first.
 *
 * Threads: pure functions over the caller's storage. */
#ifndef OSL_CORPUS_MEND_H
#define OSL_CORPUS_MEND_H

#include "core/base/buf.h"
#include "core/kernels/find.h"

/* `text` as strict UTF-8 without control characters: broken bytes become
 * U+FFFD, controls other than tab and line ends become blanks. Returns `text`
 * itself where nothing is wrong, else the contents of *buf (emptied before;
 * borrowed until its next change; look at its status). *bad_line is the line
 * of the first broken byte, 0 where there is none; lines never change. */
osl_text osl_mend_utf8(osl_text text, osl_buf *buf, uint32_t *bad_line,
                       osl_find_fn *find);

/* UTF-8 that was read as Latin-1 or windows-1252 and encoded again ("â€™" for
 * an apostrophe) is decoded, run by run, where a whole run of such characters
 * decodes; other text stays. In place; returns the new length, never greater
 * than `length`. `bytes` is UTF-8. */
size_t osl_mend_mojibake(char *bytes, size_t length);

/* References that are left in text because it was escaped once too often
 * ("&nbsp;", "&#8805;") become what they name; a blank of any kind is ' ',
 * what nobody sees goes. In place; returns the new length. */
size_t osl_mend_references(char *bytes, size_t length);

/* One line of HTML (a title in an attribute or a field) without its tags,
 * references decoded, trimmed. Returns the contents of *buf (emptied before;
 * look at its status). */
osl_text osl_mend_plain(osl_text html, osl_buf *buf);

#endif
