/* SPDX-License-Identifier: MIT
 *
 * A page as a flat array of nodes in reading order: each knows where its
 * subtree ends, so a walk is a loop and no depth of nesting needs a stack.
 *
 *     0 html        end 6
 *     1   body      end 6
 *     2     p       end 4
 *     3       "…"   end 4
 *     4     ul      end 6
 *     5       li    end 6
 *
 * The parser (libgumbo) takes its memory from an arena: nothing of it is ever
 * destroyed node by node (its own destroy recurses), and where memory ends or
 * a page wants more than OSL_HTML_MEMORY_MAX, it is left by a jump.
 *
 * Threads: one tree, one thread at a time. */
#ifndef OSL_CORPUS_HTML_TREE_H
#define OSL_CORPUS_HTML_TREE_H

#include <gumbo.h>
#include <setjmp.h>

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/kernels/find.h"

/* A page that is larger is refused; it is no page. */
#define OSL_HTML_BYTES_MAX  ((size_t)64 << 20)
#define OSL_HTML_MEMORY_MAX ((size_t)2 << 30)

/* What an element does to the text. */
typedef enum osl_html_role {
    OSL_HTML_INLINE,
    OSL_HTML_TEXT,
    OSL_HTML_BLOCK,
    OSL_HTML_SKIP, /* never text: forms' fields, media, heads */
    OSL_HTML_HEADING,
    OSL_HTML_LIST,
    OSL_HTML_ITEM,
    OSL_HTML_TERM,   /* dt */
    OSL_HTML_DETAIL, /* dd */
    OSL_HTML_TABLE,
    OSL_HTML_ROW,
    OSL_HTML_CELL,
    OSL_HTML_BREAK,
    OSL_HTML_SUP,
    OSL_HTML_SUB,
    OSL_HTML_BOLD,
    OSL_HTML_LINK,
    OSL_HTML_IMAGE
} osl_html_role;

typedef struct osl_html_attr {
    const char *name; /* lower-case */
    const char *value;
} osl_html_attr;

typedef struct osl_html_node {
    union {
        osl_text text; /* of a text node */
        struct {
            const osl_html_attr *items;
            size_t count;
        } attributes; /* of an element */
    } of;
    const GumboNode *made_of; /* NULL where the tree was made without gumbo */
    uint32_t line;            /* where it begins, 0 unknown */
    uint32_t parent;          /* of the root: itself */
    uint32_t end;             /* behind the subtree */
    uint32_t text_bytes;      /* of the subtree, without blanks */
    uint32_t link_bytes;      /* of these, in links */
    uint32_t links;           /* with text */
    uint16_t tag;             /* GumboTag; GUMBO_TAG_LAST: text */
    uint8_t role;             /* osl_html_role */
    uint8_t is_dropped;       /* the subtree is no content */
    uint8_t is_hidden;        /* it says that it is not to be seen */
    uint8_t is_implied;       /* a tbody without a tag (html_simple.c) */
} osl_html_node;

/* Caller's storage; all zero before the parse, but for `find`. */
typedef struct osl_html_tree {
    osl_find_fn *find;
    osl_arena arena;      /* owns what the nodes point to */
    osl_buf prepared;     /* owns the text they point into */
    osl_html_node *nodes; /* owns */
    size_t count, capacity;
    uint32_t too_deep; /* line of the first element too deep; 0 none */
    bool too_large;    /* it wanted more than OSL_HTML_MEMORY_MAX */
    size_t taken_bytes;
    jmp_buf out_of_memory;
} osl_html_tree;

/* Parses `html` (UTF-8; broken bytes become U+FFFD). False when memory ran
 * out, or with `too_large` set. */
OSL_MUST_CHECK bool osl_html_parse(osl_html_tree *tree, osl_text html);
/* The same by libgumbo alone, which defines what is right. */
OSL_MUST_CHECK bool osl_html_parse_fully(osl_html_tree *tree, osl_text html);
/* html_simple.c: parses tree->prepared where it is a fragment without any
 * fault, which needs none of a parser's repairs; the tree is then the one
 * that libgumbo makes. False, with no nodes, where it is not, or where memory
 * ran out. */
bool osl_html_parse_simple(osl_html_tree *tree);
void osl_html_tree_clear(osl_html_tree *tree);

/* The value of an attribute, NULL where there is none; borrowed until the
 * clear. Text nodes have none. */
const char *osl_html_attribute(const osl_html_node *node, const char *name);
GumboTag osl_html_tag(const osl_html_node *node); /* GUMBO_TAG_LAST: text */
/* The source line of a node, 0 where it has none. */
uint32_t osl_html_line(const osl_html_node *node);
/* The text of a subtree, white space folded, dropped parts left out, appended
 * to *out. */
void osl_html_text(const osl_html_tree *tree, uint32_t at, osl_buf *out);
/* The text of a text node. */
osl_text osl_html_node_text(const osl_html_node *node);

/* While a tree is made: a text, an element (whose attributes are final), and
 * the end of what was added last or of one that it stands in. The new node's
 * place, or UINT32_MAX where memory ran out. */
uint32_t osl_html_add_text(osl_html_tree *tree, uint32_t parent, osl_text text,
                           uint32_t line);
uint32_t osl_html_add_element(osl_html_tree *tree, uint32_t parent,
                              osl_html_node element);
void osl_html_end(osl_html_tree *tree, uint32_t at);

/* html_main.c: marks what is no content of the page (is_dropped) and gives
 * the node that holds the content. */
uint32_t osl_html_find_main(osl_html_tree *tree);
/* The same for a fragment, where only little can be furniture. */
void osl_html_drop_hidden(osl_html_tree *tree);

#endif
