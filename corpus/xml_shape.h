/* SPDX-License-Identifier: MIT
 *
 * What the elements of an XML file are that no reader knows by its DTD: by
 * their names, as the usual vocabularies have them (CNXML, DocBook, JATS,
 * TEI, SPL, FHIR, MedQuAD, XHTML), and by their shape.
 *
 * Threads: pure functions over a tree. */
#ifndef OSL_CORPUS_XML_SHAPE_H
#define OSL_CORPUS_XML_SHAPE_H

#include "corpus/xml_flow.h"

/* Sorted, for osl_xml_tree_read(). */
extern const osl_xml_name osl_xml_names[];
extern const size_t osl_xml_name_count;

/* The role of an element for which the table says nothing or "ask":
 *
 *   words of its own        a paragraph; within one, part of it
 *   only elements           a container
 *   one word, a number, an
 *   address, a long token   dropped: codes, ids, base64
 *   name ends in "title"    a heading
 *   escaped HTML            read as HTML
 *
 * `user` is not used. */
osl_xml_role osl_xml_shape(void *user, const osl_xml_node *node);

/* Makes what stands in attributes (FHIR's value="…", Name="…" of a section,
 * prose) children of their elements, and takes brackets around empty links
 * away. OSL_ENOMEM is the only failure. */
OSL_MUST_CHECK osl_status osl_xml_shape_prepare(osl_xml_tree *tree,
                                                osl_error *err);

/* Words of a person: more than one, mostly letters, no address. */
bool osl_xml_is_wordy(osl_text text);
bool osl_xml_ends_with(const char *name, const char *tail);

#endif
