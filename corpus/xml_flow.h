/* SPDX-License-Identifier: MIT
 *
 * From a tree of XML to the events of a draft: what all XML readers share. A
 * reader gives each name a role (and decides the roles of names it does not
 * know by their shape); the flow does the rest:
 *
 *   - blocks and items become paragraphs, opened by their first word and
 *     closed by the next block, so that words between blocks are kept too;
 *   - elements with a heading among their children are sections;
 *   - CALS and HTML tables go cell by cell, spans by column names included;
 *   - captions that stand in the middle of a sentence wait for its end.
 *
 * Nothing recurses: nesting costs no stack. */
#ifndef OSL_CORPUS_XML_FLOW_H
#define OSL_CORPUS_XML_FLOW_H

#include "corpus/xml_tree.h"

typedef enum osl_xml_role {
    OSL_XML_UNKNOWN = 0, /* the reader's `role` decides */
    OSL_XML_SKIP,        /* dropped with all that is in it */
    OSL_XML_INLINE,      /* its words belong to the paragraph around it */
    OSL_XML_BREAK,       /* a blank: line break */
    OSL_XML_BLOCK,       /* a paragraph */
    OSL_XML_ITEM,        /* a list item */
    OSL_XML_ENTRY,       /* an item of term and meaning */
    OSL_XML_TERM,        /* the term of an ENTRY; elsewhere inline */
    OSL_XML_CONTAINER,   /* holds blocks; a section where it has a heading */
    OSL_XML_HEADING,     /* of the element that it stands in */
    OSL_XML_POINT,       /* a key point: a paragraph and a heading */
    OSL_XML_QUESTION,    /* a heading of what follows beside it */
    OSL_XML_CAPTION,     /* of a picture or table */
    OSL_XML_NOTE,        /* a footnote: waits like a caption */
    OSL_XML_TABLE,
    OSL_XML_GROUP,  /* CALS tgroup: column names are its own */
    OSL_XML_COLUMN, /* colspec */
    OSL_XML_SPAN,   /* spanspec */
    OSL_XML_HEAD,   /* thead */
    OSL_XML_ROW,
    OSL_XML_CELL,
    OSL_XML_HEAD_CELL,
    OSL_XML_SUPER,
    OSL_XML_SUB,
    OSL_XML_CITE,     /* a citation: refidx=, or its text where that is one */
    OSL_XML_EVIDENCE, /* an evidence level: words and level */
    OSL_XML_MATH,     /* MathML, written on one line */
    OSL_XML_MARKUP,   /* its text is escaped HTML */
    OSL_XML_LABEL,    /* a term that stands beside its meaning (dt, dd) */
    OSL_XML_LINES,    /* flat text whose blank runs stand for structure */
    OSL_XML_ASK = 64  /* and above: the reader's `role` decides */
} osl_xml_role;

#define OSL_XML_COLUMNS_MAX 64

typedef struct osl_xml_column {
    osl_text name;
    unsigned first, last; /* from 1; of a spanspec, both ends */
} osl_xml_column;

/* A caption on hold. */
typedef struct osl_xml_waiting {
    osl_xml_node *node;
} osl_xml_waiting;

/* Caller's storage; all zero but draft, role and user is a new one. */
typedef struct osl_xml_flow {
    osl_draft *draft; /* borrowed */
    /* The role of an element whose name has none, or whose role depends on
     * where it stands. NULL: unknown names are inline. */
    osl_xml_role (*role)(void *user, const osl_xml_node *node);
    void *user;
    /* Reads escaped HTML: osl_html_fragment_at(). NULL: it is dropped. */
    osl_status (*markup)(osl_draft *draft, osl_text html, unsigned level,
                         uint32_t line, osl_error *err);
    osl_buf words;  /* scratch: texts of headings */
    unsigned level; /* headings open, from what the flow itself opened */
    bool open;      /* a paragraph is */
    bool is_term;   /* it holds a term whose meaning is to follow */
    const osl_xml_node *table, *cell; /* the outermost open ones */
    osl_xml_column columns[OSL_XML_COLUMNS_MAX];
    unsigned column_count, columns_given;
    osl_xml_waiting *waiting; /* captions; owns the array */
    size_t waiting_count, waiting_capacity;
    bool is_flushing;
    osl_status status; /* the first failure */
    osl_error *err;
} osl_xml_flow;

/* Sends `top` and all below it to the draft. */
OSL_MUST_CHECK osl_status osl_xml_flow_walk(osl_xml_flow *flow,
                                            osl_xml_node *top, osl_error *err);
void osl_xml_flow_clear(osl_xml_flow *flow);

/* The text below `node` but what is skipped, cited or noted; blanks as they
 * stand. Borrowed until the flow's next event. */
osl_text osl_xml_flow_words(osl_xml_flow *flow, const osl_xml_node *node);

#endif
