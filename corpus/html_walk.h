/* SPDX-License-Identifier: MIT
 *
 * From a tree to a draft: headings, paragraphs, items, tables. What it decides
 * it decides by the make of a block, the same for pages and fragments.
 *
 * Threads: one walk, one thread. */
#ifndef OSL_CORPUS_HTML_WALK_H
#define OSL_CORPUS_HTML_WALK_H

#include "corpus/draft.h"
#include "corpus/html_tree.h"

/* Walks the subtree of `root` into the open document. h1 becomes a section at
 * `level`. A heading that says the same as `title` (may be empty) opens no
 * section. The tree's first line is source line `line`, 0: unknown. False when
 * memory ran out. */
OSL_MUST_CHECK bool osl_html_walk(const osl_html_tree *tree, uint32_t root,
                                  osl_draft *draft, unsigned level,
                                  osl_text title, uint32_t line);

/* osl_html_fragment() whose first line is source line `line`; 0: unknown. */
OSL_MUST_CHECK osl_status osl_html_fragment_at(osl_draft *draft, osl_text html,
                                               unsigned level, uint32_t line,
                                               osl_error *err);

#endif
