/* SPDX-License-Identifier: MIT
 *
 * PDQ: the cancer information summaries, glossary terms and drug summaries
 * that the National Cancer Institute gives to its partners. The vocabulary is
 * pdq.dtd; documents come bare, or in a wrapper (<Request>…<XML><Summary>),
 * several in one.
 *
 *   Summary
 *     SummaryMetaData     audience, language, address; nothing for readers
 *     SummaryTitle
 *     SummarySection*     SectMetaData? Title? KeyPoint* blocks or sections
 *       ReferenceSection  what <Reference refidx="7"/> points to: dropped
 *     DateLastModified
 *
 * A key point is both: a statement worth finding, and the heading of what
 * explains it. What tells about the summary rather than the disease (changes,
 * "About This PDQ Summary") is dropped. */
#include <string.h>

#include "corpus/clean.h"
#include "corpus/prose.h"
#include "corpus/reader.h"
#include "corpus/xml_flow.h"

/* Sorted. What is not here is inline: GeneName, Strong, SummaryRef … */
static const osl_xml_name names[] = {
    {"alttitle", OSL_XML_SKIP},
    {"answer", OSL_XML_BLOCK},
    {"audience", OSL_XML_SKIP},
    {"caption", OSL_XML_CAPTION},
    {"citation", OSL_XML_SKIP},
    {"colspec", OSL_XML_COLUMN},
    {"contact", OSL_XML_SKIP},
    {"datefirstpublished", OSL_XML_SKIP},
    {"datelastmodified", OSL_XML_SKIP},
    {"definition", OSL_XML_CONTAINER},
    {"definitiontext", OSL_XML_BLOCK},
    {"definitiontype", OSL_XML_SKIP},
    {"dictionary", OSL_XML_SKIP},
    {"druginfodisclaimer", OSL_XML_SKIP},
    {"druginfometadata", OSL_XML_SKIP},
    {"druginfotitle", OSL_XML_SKIP},
    {"entry", OSL_XML_CELL},
    {"itemizedlist", OSL_XML_CONTAINER},
    {"keypoint", OSL_XML_POINT},
    {"listitem", OSL_XML_ITEM},
    {"listtitle", OSL_XML_BLOCK},
    {"literallayout", OSL_XML_BLOCK},
    {"loelink", OSL_XML_EVIDENCE},
    {"loeref", OSL_XML_EVIDENCE},
    {"markeduptitle", OSL_XML_HEADING},
    {"menuinformation", OSL_XML_SKIP},
    {"note", OSL_XML_INLINE},
    {"orderedlist", OSL_XML_CONTAINER},
    {"othername", OSL_XML_SKIP},
    {"para", OSL_XML_BLOCK},
    {"patientversionof", OSL_XML_SKIP},
    {"permatarg", OSL_XML_SKIP},
    {"permatargs", OSL_XML_SKIP},
    {"preferredname", OSL_XML_SKIP},
    {"professionaldisclaimer", OSL_XML_SKIP},
    {"qandadiv", OSL_XML_CONTAINER},
    {"qandaentry", OSL_XML_CONTAINER},
    {"qandaset", OSL_XML_CONTAINER},
    {"question", OSL_XML_HEADING},
    {"quote", OSL_XML_BLOCK},
    {"reference", OSL_XML_CITE},
    {"referencesection", OSL_XML_SKIP},
    {"relatedinformation", OSL_XML_SKIP},
    {"row", OSL_XML_ROW},
    {"section", OSL_XML_CONTAINER},
    {"sectmetadata", OSL_XML_SKIP},
    {"semantictype", OSL_XML_SKIP},
    {"spanishtermdefinition", OSL_XML_CONTAINER},
    {"spanishtermname", OSL_XML_SKIP},
    {"spanspec", OSL_XML_SPAN},
    {"subscript", OSL_XML_SUB},
    {"summarymetadata", OSL_XML_SKIP},
    {"summarysection", OSL_XML_CONTAINER},
    {"summarytitle", OSL_XML_SKIP},
    {"superscript", OSL_XML_SUPER},
    {"table", OSL_XML_TABLE},
    {"termdefinition", OSL_XML_CONTAINER},
    {"termname", OSL_XML_SKIP},
    {"termpronunciation", OSL_XML_SKIP},
    {"termref", OSL_XML_SKIP},
    {"termrelationship", OSL_XML_SKIP},
    {"termtypename", OSL_XML_SKIP},
    {"tgroup", OSL_XML_GROUP},
    {"thead", OSL_XML_HEAD},
    {"title", OSL_XML_HEADING},
    {"titleabbrev", OSL_XML_SKIP},
    {"translationof", OSL_XML_SKIP},
    {"videotitle", OSL_XML_SKIP},
};

/* What stands for a document; its title and what says who it is for. */
static const struct document_name {
    const char *root, *title, *audience, *url;
} documents[] = {
    {"summary", "summarytitle", "summaryaudience", "summaryurl"},
    {"glossaryterm", "termname", NULL, NULL},
    {"druginformationsummary", "druginfotitle", "druginfoaudience",
     "druginfourl"},
    {"term", "preferredname", NULL, NULL},
};

static const struct document_name *document_known(const osl_xml_node *node)
{
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
        if (node->name && strcmp(node->name, documents[i].root) == 0)
            return &documents[i];
    return NULL;
}

/* ---- what tells about the summary, not the disease --------------------- */

static void drop_about(osl_xml_flow *flow, osl_xml_node *document)
{
    for (osl_xml_node *node = document->first; node; node = node->next) {
        if (!node->name || strcmp(node->name, "summarysection") != 0)
            continue;
        const osl_xml_node *title = osl_xml_child(node, "title");
        if (title && osl_prose_is_tail_heading(osl_xml_flow_words(flow, title)))
            node->role = OSL_XML_SKIP;
    }
}

/* ---- metadata ---------------------------------------------------------- */

static void meta_from(osl_xml_flow *flow, osl_meta what,
                      const osl_xml_node *document, const char *name)
{
    const osl_xml_node *node = name ? osl_xml_find(document, name) : NULL;
    if (node)
        osl_draft_meta(flow->draft, what, osl_xml_flow_words(flow, node));
}

static void meta_set(osl_xml_flow *flow, const osl_xml_node *document,
                     const struct document_name *known)
{
    osl_draft *draft = flow->draft;
    osl_draft_meta(draft, OSL_META_KIND, osl_text_of("pdq"));
    osl_text id = osl_xml_attribute_of(document, "id");
    if (id.length)
        osl_draft_meta(draft, OSL_META_ALIAS, id);
    meta_from(flow, OSL_META_TITLE, document, known->title);
    meta_from(flow, OSL_META_TITLE, document, known->url);
    meta_from(flow, OSL_META_AUDIENCE, document, known->audience);
    meta_from(flow, OSL_META_LANGUAGE, document, "summarylanguage");
    osl_draft_meta(draft, OSL_META_LANGUAGE, osl_text_of("en"));
    const osl_xml_node *url =
        known->url ? osl_xml_find(document, known->url) : NULL;
    if (url)
        osl_draft_meta(draft, OSL_META_URL, osl_xml_attribute_of(url, "xref"));
    meta_from(flow, OSL_META_UPDATED, document, "datelastmodified");
    meta_from(flow, OSL_META_UPDATED, document, "datefirstpublished");
}

/* ---- terms in two languages -------------------------------------------- */

static bool begins_with(osl_text text, const char *start)
{
    return osl_text_starts_fold(text, start);
}

/* A term is explained in English and Spanish: two documents, each without the
 * other's definitions and captions. */
static void term_keep(osl_xml_node *term, bool spanish)
{
    for (osl_xml_node *node = term->first; node; node = node->next) {
        if (!node->name)
            continue;
        if (strcmp(node->name, "spanishtermdefinition") == 0)
            node->role = spanish ? OSL_XML_CONTAINER : OSL_XML_SKIP;
        else if (strcmp(node->name, "termdefinition") == 0)
            node->role = spanish ? OSL_XML_SKIP : OSL_XML_CONTAINER;
        osl_text language = osl_xml_attribute_of(node, "language");
        if (language.length)
            node->role = begins_with(language, "es") == spanish ? OSL_XML_INLINE
                                                                : OSL_XML_SKIP;
    }
}

static osl_status spanish_read(osl_xml_flow *flow, osl_xml_node *term,
                               osl_error *err)
{
    if (!osl_xml_child(term, "spanishtermdefinition"))
        return OSL_OK;
    osl_draft *draft = flow->draft;
    osl_draft_begin(draft);
    osl_draft_meta(draft, OSL_META_LANGUAGE, osl_text_of("es"));
    meta_from(flow, OSL_META_TITLE, term, "spanishtermname");
    meta_set(flow, term, document_known(term));
    term_keep(term, true);
    osl_status status = osl_xml_flow_walk(flow, term, err);
    return status == OSL_OK ? osl_draft_end(draft, err) : status;
}

/* ---- documents --------------------------------------------------------- */

static osl_status document_read(osl_xml_flow *flow, osl_xml_node *document,
                                osl_error *err)
{
    const struct document_name *known = document_known(document);
    bool is_term = strcmp(document->name, "glossaryterm") == 0;
    osl_draft_begin(flow->draft);
    meta_set(flow, document, known);
    drop_about(flow, document);
    document->role = OSL_XML_CONTAINER;
    if (is_term)
        term_keep(document, false);
    osl_status status = osl_xml_flow_walk(flow, document, err);
    if (status == OSL_OK)
        status = osl_draft_end(flow->draft, err);
    if (status == OSL_OK && is_term)
        status = spanish_read(flow, document, err);
    return status;
}

static osl_status pdq_read(const osl_source *source, osl_draft *draft,
                           osl_error *err)
{
    osl_xml_tree tree = {0};
    osl_xml_flow flow = {.draft = draft};
    osl_status status = osl_xml_tree_read(
        &tree, source, names, sizeof names / sizeof *names, draft, err);
    osl_xml_node *node = tree.root;
    while (status == OSL_OK && node) {
        if (!document_known(node)) {
            node = osl_xml_next(node, tree.root);
            continue;
        }
        status = document_read(&flow, node, err);
        node = osl_xml_after(node, tree.root);
    }
    osl_xml_flow_clear(&flow);
    osl_xml_tree_clear(&tree);
    return status;
}

/* ---- sniffing ---------------------------------------------------------- */

/* A wrapper is short; its document's first element stands here. */
#define SNIFFED ((size_t)8 << 10)

static bool has(osl_text text, const char *needle)
{
    return memmem(text.bytes, text.length, needle, strlen(needle)) != NULL;
}

static unsigned pdq_sniff(const osl_source *source)
{
    bool is_wide;
    osl_text root = osl_xml_root_name(source->bytes, &is_wide);
    osl_text start = {source->bytes.bytes, source->bytes.length < SNIFFED
                                               ? source->bytes.length
                                               : SNIFFED};
    if (!root.length)
        return 0;
    if (osl_xml_name_is(root, "summary"))
        return has(start, "<SummaryMetaData") || has(start, "<SummarySection")
                   ? 95
                   : 0;
    if (osl_xml_name_is(root, "glossaryterm"))
        return has(start, "<TermName") ? 95 : 0;
    if (osl_xml_name_is(root, "druginformationsummary"))
        return has(start, "<DrugInfo") ? 95 : 0;
    if (osl_xml_name_is(root, "term"))
        return has(start, "<PreferredName") ? 95 : 0;
    bool wraps = has(start, "<SummaryMetaData") ||
                 (has(start, "<GlossaryTerm") && has(start, "<TermName")) ||
                 has(start, "<DrugInfoMetaData");
    return wraps && !osl_xml_name_is(root, "html") ? 90 : 0;
}

const osl_reader osl_reader_pdq_xml = {"pdq-xml", 95, pdq_sniff, pdq_read};
