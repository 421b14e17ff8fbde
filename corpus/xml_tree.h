/* SPDX-License-Identifier: MIT
 *
 * An XML file as a small tree of our own, built from libxml2's events.
 *
 * Why not libxml2's tree: ours is a third of the size, knows names without
 * their case and prefix, carries a role for each name so that readers switch
 * on a number, and has lines above 65,535.
 *
 * What is safe about it: no network, no external entity, no DTD is loaded;
 * entities that a file declares expand only as far as libxml2's own bound on
 * amplification; nesting has no bound (walks do not recurse); broken files
 * are read as far as anything can be read, and the first fault is reported
 * with its line. Broken UTF-8 is mended first.
 *
 * Threads: a tree belongs to one thread. */
#ifndef OSL_CORPUS_XML_TREE_H
#define OSL_CORPUS_XML_TREE_H

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "corpus/draft.h"

/* A name (lower-case, without prefix) and what it means to the reader;
 * tables are sorted by name (strcmp). */
typedef struct osl_xml_name {
    const char *name;
    uint16_t role;
} osl_xml_name;

typedef struct osl_xml_attribute {
    const char *name; /* lower-case, without prefix */
    osl_text value;
} osl_xml_attribute;

/* An element, or a run of text (CDATA included) between tags. */
typedef struct osl_xml_node osl_xml_node;
struct osl_xml_node {
    osl_xml_node *parent, *first, *next;
    union {
        osl_xml_node *last; /* child; of an element */
        size_t text_at;     /* of a text, while the tree is made */
    } made;
    const char *name; /* lower-case, without prefix; NULL: text */
    osl_text text;    /* of a text; empty for an element */
    const osl_xml_attribute *attributes;
    uint32_t attribute_count;
    uint32_t line;  /* where its tag or text begins, from 1 */
    uint16_t role;  /* of the reader's table; 0 where it has none */
    bool has_words; /* text that is not blank stands directly in it */
};

/* Caller's storage; all zero is empty. */
typedef struct osl_xml_tree {
    osl_xml_node *root; /* NULL where no element could be read */
    osl_arena arena;
    osl_buf text;
} osl_xml_tree;

/* Reads `source` with `names` (sorted) giving the roles. Broken input is
 * reported to `draft` and is OSL_OK with what could be read; memory is the
 * only failure. The tree is to be cleared either way. */
OSL_MUST_CHECK osl_status osl_xml_tree_read(osl_xml_tree *tree,
                                            const osl_source *source,
                                            const osl_xml_name *names,
                                            size_t name_count, osl_draft *draft,
                                            osl_error *err);
void osl_xml_tree_clear(osl_xml_tree *tree);

/* The value of the attribute `name` (lower-case), empty where there is none;
 * borrowed until the tree is cleared. */
osl_text osl_xml_attribute_of(const osl_xml_node *node, const char *name);
/* The next node below `top` in document order, NULL at its end: first with
 * its children, second without. */
osl_xml_node *osl_xml_next(const osl_xml_node *node, const osl_xml_node *top);
osl_xml_node *osl_xml_after(const osl_xml_node *node, const osl_xml_node *top);
/* The first element `name` below `top` (not itself), or NULL. */
osl_xml_node *osl_xml_find(const osl_xml_node *top, const char *name);
/* The first child element `name`, or NULL. */
osl_xml_node *osl_xml_child(const osl_xml_node *node, const char *name);
/* All text below `node` appended to `out`, white space as it stands. */
void osl_xml_text_of(const osl_xml_node *node, osl_buf *out);

/* For sniffing: skips BOM, declaration, comments, DOCTYPE and gives the root
 * element's name as it stands, prefix included; empty where the bytes are no
 * XML (or UTF-16: then *is_wide is true). */
osl_text osl_xml_root_name(osl_text bytes, bool *is_wide);
bool osl_xml_name_is(osl_text name, const char *lower); /* without case */

#endif
