/* SPDX-License-Identifier: MIT
 *
 * A YAML stream as a small tree, built from libyaml's events: a title may
 * stand behind the text that it heads. Aliases are not followed (so a file
 * cannot grow), nesting is bounded, and what was read before a fault is kept.
 *
 * Threads: a tree belongs to one thread. */
#ifndef OSL_CORPUS_YAML_TREE_H
#define OSL_CORPUS_YAML_TREE_H

#include "core/base/arena.h"
#include "corpus/draft.h"

/* Deeper nesting ends the reading, with a report. */
#define OSL_YAML_DEPTH_MAX 200

typedef enum osl_yaml_kind {
    OSL_YAML_SCALAR,
    OSL_YAML_MAP,
    OSL_YAML_LIST
} osl_yaml_kind;

typedef struct osl_yaml_node osl_yaml_node;
struct osl_yaml_node {
    osl_yaml_kind kind;
    bool is_block; /* a scalar written with | or > */
    uint32_t line; /* where its text begins, from 1 */
    osl_text key;  /* in a map; empty elsewhere */
    osl_text text; /* of a scalar */
    osl_yaml_node *parent, *first, *last, *next;
};

/* Caller's storage; all zero is empty. */
typedef struct osl_yaml_tree {
    osl_yaml_node *documents; /* linked by `next` */
    osl_arena arena;
} osl_yaml_tree;

/* Reads `source`. Broken input is reported to `draft` with its line and is
 * OSL_OK with what could be read; memory is the only failure. The tree is to
 * be cleared either way. */
OSL_MUST_CHECK osl_status osl_yaml_tree_read(osl_yaml_tree *tree,
                                             const osl_source *source,
                                             osl_draft *draft, osl_error *err);
void osl_yaml_tree_clear(osl_yaml_tree *tree);

/* The first child with the key `key`, or NULL. */
const osl_yaml_node *osl_yaml_child(const osl_yaml_node *node, const char *key);
/* The scalar that a node comes to: itself, or the first below it that is
 * not an empty one, by preference one with the key "value"; NULL: none. */
const osl_yaml_node *osl_yaml_scalar(const osl_yaml_node *node);

#endif
