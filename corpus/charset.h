/* SPDX-License-Identifier: MIT
 *
 * What a text file without a declared charset is written in.
 *
 * Threads: no state. */
#ifndef OSL_CORPUS_CHARSET_H
#define OSL_CORPUS_CHARSET_H

#include "core/base/buf.h"

/* `bytes` as UTF-8 without its byte order mark: UTF-16 of either order (a
 * mark, or every other byte zero) is decoded; a text whose bytes beyond ASCII
 * are mostly no UTF-8 is taken as windows-1252; all else stays as it is,
 * broken bytes included. What had to be decoded stands in `room` and *name
 * says from what; else the span of `bytes` is given back and *name is NULL.
 * Look at room->failed. */
osl_text osl_charset_decode(osl_text bytes, osl_buf *room, const char **name);

#endif
