/* SPDX-License-Identifier: MIT
 *
 * HTML made fit for the parser: what is never text (scripts, styles,
 * comments, drawings, attributes that nobody reads) is cut out before it
 * costs a node, and nesting is bounded. The parser's work is quadratic in the
 * depth of nesting, so elements deeper than OSL_HTML_DEPTH_MAX lose their
 * tags, as in browsers; their text stays.
 *
 * Line ends are kept, so the parser's line numbers are those of the source.
 *
 * Threads: a pure function. */
#ifndef OSL_CORPUS_HTML_PREPARE_H
#define OSL_CORPUS_HTML_PREPARE_H

#include "core/base/buf.h"

#define OSL_HTML_DEPTH_MAX 512

/* Appends `html` (UTF-8) to *out. Returns the line, from 1, of the first tag
 * that was too deep; 0 where none was. */
uint32_t osl_html_prepare(osl_buf *out, osl_text html);

#endif
