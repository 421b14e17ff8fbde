/* SPDX-License-Identifier: MIT
 *
 * The query language (docs/QUERY.md): any text to a tree.
 *
 * What is not syntax is words. A note says what was read otherwise than it
 * may have been meant; with `strict` the first such place is an error, with a
 * caret under it.
 *
 * Threads: pure. Memory: everything is in the caller's arena or points into
 * the query's bytes, which must live as long. */
#ifndef OSL_QUERY_LANGUAGE_H
#define OSL_QUERY_LANGUAGE_H

#include "query/tree.h"

/* Parentheses nest at most this deep; further ones are text. */
#define OSL_QUERY_DEPTH_MAX 64
/* Words, phrases and groups of one query; what stands behind is not read. */
#define OSL_QUERY_NODES_MAX 16384
#define OSL_QUERY_NOTES_MAX 8

typedef struct osl_tree {
    osl_node *root; /* a group, maybe without children; never NULL */
    const char *notes[OSL_QUERY_NOTES_MAX];
    size_t note_count;
} osl_tree;

/* OSL_EINVAL only with `strict`; OSL_ENOMEM. */
OSL_MUST_CHECK osl_status osl_language_parse(osl_tree *out, osl_text query,
                                             bool strict, osl_arena *arena,
                                             osl_error *err);

#endif
