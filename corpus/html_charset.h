/* SPDX-License-Identifier: MIT
 *
 * The bytes of a page as UTF-8. The encoding is found as browsers do: byte
 * order mark, then what the first 1,024 bytes declare (XML declaration, meta),
 * then UTF-8 where the bytes are valid, else windows-1252. One step more than
 * browsers: a page that declares a Latin encoding but is valid UTF-8 with
 * other than ASCII in it is UTF-8. */
#ifndef OSL_CORPUS_HTML_CHARSET_H
#define OSL_CORPUS_HTML_CHARSET_H

#include "core/base/buf.h"

/* *out is `bytes` itself where they are UTF-8 (valid or not), else what was
 * put into *buf, which owns it. False when memory ran out. */
OSL_MUST_CHECK bool osl_html_to_utf8(osl_text bytes, osl_buf *buf,
                                     osl_text *out);

#endif
