/* SPDX-License-Identifier: MIT
 *
 * What a page says about itself: title, date, language, address, audience.
 *
 * Threads: one draft, one thread. */
#ifndef OSL_CORPUS_HTML_META_H
#define OSL_CORPUS_HTML_META_H

#include "corpus/draft.h"
#include "corpus/html_tree.h"

/* Gives the draft what the page says. `source` are the page's own bytes, for
 * what stands in comments and scripts. The title is appended to *title, empty
 * where the page has none. */
void osl_html_meta(const osl_html_tree *tree, osl_text source, osl_draft *draft,
                   osl_buf *title);

#endif
