/* SPDX-License-Identifier: MIT
 *
 * Marks of Markdown that its parser leaves in the text: because blanks stand
 * in their way, or because they stand in a block of HTML, where no parser
 * looks for them but converters put them.
 *
 * Threads: pure functions over the caller's storage. */
#ifndef OSL_CORPUS_MARKDOWN_INLINE_H
#define OSL_CORPUS_MARKDOWN_INLINE_H

#include "core/base/buf.h"
#include "core/kernels/find.h"

/* Takes them out of a paragraph's text: "**strong **text", "_conditional _",
 * "[a card …](/address)". In place. */
void osl_markdown_drop_marks(osl_buf *text, osl_find_fn *find);

/* Takes links, pictures, bold, emphasis and bullets out of the texts of HTML;
 * its tags stay as they are. In place. */
void osl_markdown_plain_html(osl_buf *html);

#endif
