/* SPDX-License-Identifier: MIT
 *
 * What a query says, before anything is known about an index: the tree that
 * the language gives and the planner reads. One kind of inner node is enough:
 * a group whose children are wanted, required, forbidden or filters.
 *
 *     relapse AND (cns OR testicular) NOT adult
 *       (+relapse +(cns testicular) -adult)
 *
 * A group matches where all required children, all filters and no forbidden
 * child do; where it has no required child, one of the wanted ones must; with
 * neither, everything matches that is not forbidden or filtered out.
 *
 * Nodes live in the arena that the parser was given. */
#ifndef OSL_QUERY_TREE_H
#define OSL_QUERY_TREE_H

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "query/filter.h"

typedef enum osl_occur {
    OSL_OCCUR_SHOULD = 0, /* wanted: more is better */
    OSL_OCCUR_MUST,
    OSL_OCCUR_NOT,
    OSL_OCCUR_FILTER /* required, never scored */
} osl_occur;

typedef enum osl_node_kind {
    OSL_NODE_GROUP,
    OSL_NODE_WORD,     /* text: as typed */
    OSL_NODE_PATTERN,  /* text: with * and ? */
    OSL_NODE_FUZZY,    /* text, distance 1 or 2 */
    OSL_NODE_PHRASE,   /* text: what stood in the quotes; distance: slop */
    OSL_NODE_OPERATOR, /* two children; op; distance: its number */
    OSL_NODE_FILTER
} osl_node_kind;

enum { OSL_IN_TEXT = 1, OSL_IN_TITLE = 2, OSL_IN_HEADING = 4 };
#define OSL_IN_ALL (OSL_IN_TEXT | OSL_IN_TITLE | OSL_IN_HEADING)

typedef struct osl_node {
    osl_node_kind kind;
    osl_occur occur; /* in the group above */
    unsigned fields; /* OSL_IN_… that it looks into */
    bool exact;      /* =: this form, not its stem */
    bool as_operand; /* joined by AND, OR, NOT: no plain text around it */
    const struct osl_operator *op; /* OPERATOR */
    int32_t distance;              /* PHRASE: −1 exact, else extra places */
    double weight;                 /* 1 where none was typed */
    osl_text text;                 /* in the arena or the query's bytes */
    uint32_t start, end;           /* bytes of the query */
    osl_filter filter;
    osl_text added; /* by the planner: other spellings, for "read as" */
    uint32_t again; /* by the planner: how often the word comes again */
    bool joined;    /* by the planner: its other spellings, not its tokens */
    struct osl_node *children, *next;
} osl_node;

/* The tree in one line, as drawn above: + required, - forbidden, # filter;
 * phrases in quotes, operators as (a NEAR/5 b), fields and weights as typed. */
void osl_tree_print(const osl_node *node, osl_buf *out);

#endif
