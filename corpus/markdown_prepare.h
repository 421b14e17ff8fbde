/* SPDX-License-Identifier: MIT
 *
 * Markdown of any dialect made fit for a CommonMark parser. Line by line:
 *
 *   fences of divs (:::), admonitions (!!!), templates, imports    taken out
 *   {#id .class key=value}, {: .class}, [^1], [@key], @sec-x       taken out
 *   H~2~O, 10^9^                                       <sub>, <sup> of HTML
 *   grid tables (+---+)                                        pipe tables
 *   <table> over several lines, blank ones too                     one line
 *
 * Threads: one result, one thread. */
#ifndef OSL_CORPUS_MARKDOWN_PREPARE_H
#define OSL_CORPUS_MARKDOWN_PREPARE_H

#include "core/base/buf.h"
#include "core/kernels/find.h"

/* Caller's storage; all zero is empty. */
typedef struct osl_markdown_text {
    osl_buf text;    /* owns: the prepared text */
    osl_buf origins; /* owns: of each line of it: offset, source line (u32) */
} osl_markdown_text;

/* Appends what `text`, which begins at source line `line`, becomes. False
 * when memory ran out. */
OSL_MUST_CHECK bool osl_markdown_prepare(osl_markdown_text *out, osl_text text,
                                         uint32_t line, osl_find_fn *find);
/* The source line of an offset into the prepared text. */
uint32_t osl_markdown_line(const osl_markdown_text *text, size_t offset);
void osl_markdown_text_clear(osl_markdown_text *text);

#endif
