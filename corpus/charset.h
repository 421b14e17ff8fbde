/* SPDX-License-Identifier: MIT
 *
 * What a text or Markdown file, which declares none, is written in.
 *
 * Threads: no state. */
#ifndef OSL_CORPUS_CHARSET_H
#define OSL_CORPUS_CHARSET_H

#include "core/base/buf.h"

/* More UTF-16 than this is not decoded. */
#define OSL_UTF16_BYTES_MAX ((size_t)256 << 20)

/* Whether `bytes` are UTF-16: a byte order mark says so, or every other one
 * of their first 64 KiB is zero. */
bool osl_charset_is_utf16(osl_text bytes);
/* UTF-16 as UTF-8, without its mark, appended to *room (look at its status):
 * what is no character is U+FFFD. */
void osl_charset_from_utf16(osl_text bytes, osl_buf *room);

/* `bytes` as UTF-8 without its byte order mark: a text whose bytes beyond
 * ASCII are mostly no UTF-8 is taken as windows-1252; all else stays as it
 * is, broken bytes included. What had to be decoded stands in `room` and
 * *name says from what; else the span of `bytes` is given back and *name is
 * NULL. Look at room->failed. */
osl_text osl_charset_decode(osl_text bytes, osl_buf *room, const char **name);
/* Without the mark of UTF-8 at its start. */
osl_text osl_charset_without_mark(osl_text bytes);

#endif
