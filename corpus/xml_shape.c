/* SPDX-License-Identifier: MIT */
#include "corpus/xml_shape.h"

#include <string.h>

#include "corpus/clean.h"
#include "corpus/prose.h"
#include "corpus/reader.h"

/* Names whose role depends on where they stand. */
enum {
    ASK_ANSWER = OSL_XML_ASK,
    ASK_CAPTION,
    ASK_CELL,
    ASK_DEFINITION,
    ASK_ENTRY,
    ASK_HEAD,
    ASK_ITEM,
    ASK_LABEL,
    ASK_MEANING,
    ASK_NAME,
    ASK_REFERENCE
};

const osl_xml_name osl_xml_names[] = {
    {"a", OSL_XML_INLINE},
    {"ab", OSL_XML_BLOCK},
    {"abbr", OSL_XML_INLINE},
    {"abbrev", OSL_XML_INLINE},
    {"abbreviation", OSL_XML_INLINE},
    {"abstract", OSL_XML_CONTAINER},
    {"abstracttext", OSL_XML_BLOCK},
    {"accessdate", OSL_XML_SKIP},
    {"ack", OSL_XML_SKIP},
    {"acknowledgement", OSL_XML_SKIP},
    {"acronym", OSL_XML_INLINE},
    {"address", OSL_XML_SKIP},
    {"aff", OSL_XML_SKIP},
    {"affiliation", OSL_XML_SKIP},
    {"alt", OSL_XML_SKIP},
    {"alternatives", OSL_XML_SKIP},
    {"altname", OSL_XML_SKIP},
    {"anchor", OSL_XML_INLINE},
    {"annotation-xml", OSL_XML_SKIP},
    {"answer", ASK_ANSWER},
    {"app-group", OSL_XML_CONTAINER},
    {"appendix", OSL_XML_CONTAINER},
    {"application", OSL_XML_INLINE},
    {"article", OSL_XML_CONTAINER},
    {"article-meta", OSL_XML_CONTAINER},
    {"article-title", OSL_XML_HEADING},
    {"articleid", OSL_XML_SKIP},
    {"articleidlist", OSL_XML_SKIP},
    {"articletitle", OSL_XML_HEADING},
    {"assignedauthor", OSL_XML_SKIP},
    {"assignedentity", OSL_XML_SKIP},
    {"attachment", OSL_XML_SKIP},
    {"attrib", OSL_XML_BLOCK},
    {"audioobject", OSL_XML_SKIP},
    {"author", OSL_XML_SKIP},
    {"author-notes", OSL_XML_SKIP},
    {"authorgroup", OSL_XML_SKIP},
    {"authorlist", OSL_XML_SKIP},
    {"authors", OSL_XML_SKIP},
    {"award-group", OSL_XML_SKIP},
    {"b", OSL_XML_INLINE},
    {"back", OSL_XML_CONTAINER},
    {"base64binary", OSL_XML_SKIP},
    {"bdy", OSL_XML_CONTAINER},
    {"bibl", OSL_XML_INLINE},
    {"biblioentry", OSL_XML_SKIP},
    {"bibliography", OSL_XML_SKIP},
    {"bibliolist", OSL_XML_SKIP},
    {"biblstruct", OSL_XML_SKIP},
    {"big", OSL_XML_INLINE},
    {"binary", OSL_XML_SKIP},
    {"blockquote", OSL_XML_BLOCK},
    {"body", OSL_XML_CONTAINER},
    {"bold", OSL_XML_INLINE},
    {"book", OSL_XML_CONTAINER},
    {"booktitle", OSL_XML_HEADING},
    {"boxed-text", OSL_XML_CONTAINER},
    {"br", OSL_XML_BREAK},
    {"break", OSL_XML_BREAK},
    {"bridgehead", OSL_XML_QUESTION},
    {"calloutlist", OSL_XML_CONTAINER},
    {"caption", ASK_CAPTION},
    {"caution", OSL_XML_CONTAINER},
    {"cell", ASK_CELL},
    {"chapter", OSL_XML_CONTAINER},
    {"chapter-title", OSL_XML_HEADING},
    {"chemicallist", OSL_XML_SKIP},
    {"chemistry", OSL_XML_INLINE},
    {"citation", ASK_REFERENCE},
    {"cite", OSL_XML_INLINE},
    {"citetitle", OSL_XML_INLINE},
    {"city", OSL_XML_INLINE},
    {"code", OSL_XML_SKIP},
    {"coding", OSL_XML_SKIP},
    {"colophon", OSL_XML_SKIP},
    {"colspec", OSL_XML_COLUMN},
    {"command", OSL_XML_INLINE},
    {"component", OSL_XML_CONTAINER},
    {"contact", OSL_XML_SKIP},
    {"contained", OSL_XML_SKIP},
    {"content-id", OSL_XML_SKIP},
    {"contrib", OSL_XML_SKIP},
    {"contrib-group", OSL_XML_SKIP},
    {"contributor", OSL_XML_SKIP},
    {"copyright", OSL_XML_SKIP},
    {"copyright-holder", OSL_XML_SKIP},
    {"copyright-statement", OSL_XML_SKIP},
    {"copyrightholder", OSL_XML_SKIP},
    {"corr", OSL_XML_INLINE},
    {"creator", OSL_XML_SKIP},
    {"cui", OSL_XML_SKIP},
    {"custom-meta", OSL_XML_SKIP},
    {"custom-meta-group", OSL_XML_SKIP},
    {"datecompleted", OSL_XML_SKIP},
    {"datecreated", OSL_XML_SKIP},
    {"daterevised", OSL_XML_SKIP},
    {"dd", ASK_MEANING},
    {"def", ASK_MEANING},
    {"def-item", OSL_XML_ENTRY},
    {"def-list", OSL_XML_CONTAINER},
    {"definition", ASK_DEFINITION},
    {"definitiontext", OSL_XML_BLOCK},
    {"del", OSL_XML_INLINE},
    {"dfn", OSL_XML_INLINE},
    {"disp-formula", OSL_XML_BLOCK},
    {"disp-quote", OSL_XML_BLOCK},
    {"distinct", OSL_XML_INLINE},
    {"div", OSL_XML_CONTAINER},
    {"div1", OSL_XML_CONTAINER},
    {"div2", OSL_XML_CONTAINER},
    {"div3", OSL_XML_CONTAINER},
    {"div4", OSL_XML_CONTAINER},
    {"div5", OSL_XML_CONTAINER},
    {"dl", OSL_XML_CONTAINER},
    {"dt", OSL_XML_LABEL},
    {"edition", OSL_XML_SKIP},
    {"editor", OSL_XML_SKIP},
    {"email", OSL_XML_SKIP},
    {"emph", OSL_XML_INLINE},
    {"emphasis", OSL_XML_INLINE},
    {"encoding", OSL_XML_SKIP},
    {"encodingdesc", OSL_XML_SKIP},
    {"entry", ASK_ENTRY},
    {"entrytbl", OSL_XML_GROUP},
    {"epigraph", OSL_XML_BLOCK},
    {"equation", OSL_XML_BLOCK},
    {"example", OSL_XML_CONTAINER},
    {"exercise", OSL_XML_SKIP},
    {"ext-link", OSL_XML_INLINE},
    {"extension", OSL_XML_SKIP},
    {"fax", OSL_XML_SKIP},
    {"fig", OSL_XML_CONTAINER},
    {"fig-group", OSL_XML_CONTAINER},
    {"figdesc", OSL_XML_SKIP},
    {"figure", OSL_XML_CONTAINER},
    {"filedesc", OSL_XML_SKIP},
    {"filename", OSL_XML_INLINE},
    {"fileref", OSL_XML_SKIP},
    {"fixed-case", OSL_XML_INLINE},
    {"fn", OSL_XML_NOTE},
    {"focusannotations", OSL_XML_SKIP},
    {"font", OSL_XML_INLINE},
    {"footnote", OSL_XML_NOTE},
    {"footnoteref", OSL_XML_SKIP},
    {"foreign", OSL_XML_INLINE},
    {"foreignphrase", OSL_XML_INLINE},
    {"formalpara", OSL_XML_CONTAINER},
    {"fpage", OSL_XML_SKIP},
    {"front", OSL_XML_CONTAINER},
    {"funding-group", OSL_XML_SKIP},
    {"funding-statement", OSL_XML_SKIP},
    {"generator", OSL_XML_SKIP},
    {"geogname", OSL_XML_SKIP},
    {"givenname", OSL_XML_SKIP},
    {"gloss", OSL_XML_INLINE},
    {"glossary", OSL_XML_CONTAINER},
    {"glossentry", OSL_XML_ENTRY},
    {"glosslist", OSL_XML_CONTAINER},
    {"glossterm", OSL_XML_TERM},
    {"grantlist", OSL_XML_SKIP},
    {"graphic", OSL_XML_SKIP},
    {"head", ASK_HEAD},
    {"heading", OSL_XML_HEADING},
    {"headline", OSL_XML_HEADING},
    {"health-topic", OSL_XML_CONTAINER},
    {"hi", OSL_XML_INLINE},
    {"i", OSL_XML_INLINE},
    {"identifier", OSL_XML_SKIP},
    {"iframe", OSL_XML_SKIP},
    {"image", OSL_XML_SKIP},
    {"imageobject", OSL_XML_SKIP},
    {"img", OSL_XML_SKIP},
    {"important", OSL_XML_CONTAINER},
    {"indexdiv", OSL_XML_SKIP},
    {"indexmarker", OSL_XML_INLINE},
    {"indexterm", OSL_XML_SKIP},
    {"informalexample", OSL_XML_CONTAINER},
    {"informaltable", OSL_XML_TABLE},
    {"inline-formula", OSL_XML_INLINE},
    {"inline-graphic", OSL_XML_INLINE},
    {"inlineequation", OSL_XML_INLINE},
    {"ins", OSL_XML_INLINE},
    {"institution", OSL_XML_SKIP},
    {"isbn", OSL_XML_SKIP},
    {"issn", OSL_XML_SKIP},
    {"issue-id", OSL_XML_SKIP},
    {"issue-title", OSL_XML_SKIP},
    {"italic", OSL_XML_INLINE},
    {"item", ASK_ITEM},
    {"itemizedlist", OSL_XML_CONTAINER},
    {"journal", OSL_XML_SKIP},
    {"journal-meta", OSL_XML_SKIP},
    {"journalissue", OSL_XML_SKIP},
    {"keyword", OSL_XML_SKIP},
    {"keywordlist", OSL_XML_SKIP},
    {"keywordset", OSL_XML_SKIP},
    {"kwd", OSL_XML_SKIP},
    {"kwd-group", OSL_XML_SKIP},
    {"l", OSL_XML_BLOCK},
    {"label", ASK_LABEL},
    {"language-mapped-topic", OSL_XML_SKIP},
    {"langusage", OSL_XML_SKIP},
    {"lb", OSL_XML_BREAK},
    {"legalauthenticator", OSL_XML_SKIP},
    {"legalnotice", OSL_XML_SKIP},
    {"li", OSL_XML_ITEM},
    {"license", OSL_XML_SKIP},
    {"line", OSL_XML_BLOCK},
    {"linegroup", OSL_XML_CONTAINER},
    {"link", ASK_REFERENCE},
    {"linkhtml", OSL_XML_INLINE},
    {"list", OSL_XML_CONTAINER},
    {"list-item", OSL_XML_ITEM},
    {"listbibl", OSL_XML_SKIP},
    {"listitem", OSL_XML_ITEM},
    {"literal", OSL_XML_INLINE},
    {"literallayout", OSL_XML_BLOCK},
    {"lpage", OSL_XML_SKIP},
    {"mark", OSL_XML_INLINE},
    {"material", OSL_XML_INLINE},
    {"math", OSL_XML_MATH},
    {"meaning", OSL_XML_INLINE},
    {"measure", OSL_XML_INLINE},
    {"mediaobject", OSL_XML_CONTAINER},
    {"medlinejournalinfo", OSL_XML_SKIP},
    {"medlinepgn", OSL_XML_SKIP},
    {"member", OSL_XML_BLOCK},
    {"mentioned", OSL_XML_INLINE},
    {"mesh", OSL_XML_SKIP},
    {"mesh-heading", OSL_XML_SKIP},
    {"meshheadinglist", OSL_XML_SKIP},
    {"meta", OSL_XML_SKIP},
    {"metadata", OSL_XML_SKIP},
    {"milestone-end", OSL_XML_INLINE},
    {"milestone-start", OSL_XML_INLINE},
    {"modified", OSL_XML_SKIP},
    {"monospace", OSL_XML_INLINE},
    {"name", ASK_NAME},
    {"named-content", OSL_XML_INLINE},
    {"newline", OSL_XML_BREAK},
    {"nlmuniqueid", OSL_XML_SKIP},
    {"note", OSL_XML_CONTAINER},
    {"num", OSL_XML_INLINE},
    {"object-id", OSL_XML_SKIP},
    {"observationmedia", OSL_XML_SKIP},
    {"ol", OSL_XML_CONTAINER},
    {"olink", OSL_XML_INLINE},
    {"ordered", OSL_XML_CONTAINER},
    {"orderedlist", OSL_XML_CONTAINER},
    {"orderinfo", OSL_XML_SKIP},
    {"organization", OSL_XML_SKIP},
    {"orgname", OSL_XML_SKIP},
    {"orig", OSL_XML_INLINE},
    {"other-language", OSL_XML_SKIP},
    {"overline", OSL_XML_INLINE},
    {"overline-start", OSL_XML_INLINE},
    {"p", OSL_XML_BLOCK},
    {"pagenums", OSL_XML_SKIP},
    {"pagination", OSL_XML_SKIP},
    {"para", OSL_XML_BLOCK},
    {"paragraph", OSL_XML_BLOCK},
    {"part", OSL_XML_CONTAINER},
    {"partintro", OSL_XML_CONTAINER},
    {"pb", OSL_XML_SKIP},
    {"permissions", OSL_XML_SKIP},
    {"person", OSL_XML_SKIP},
    {"personalname", OSL_XML_SKIP},
    {"personblurb", OSL_XML_SKIP},
    {"personname", OSL_XML_SKIP},
    {"phone", OSL_XML_SKIP},
    {"phrase", OSL_XML_INLINE},
    {"pmid", OSL_XML_SKIP},
    {"postalcode", OSL_XML_SKIP},
    {"postcode", OSL_XML_SKIP},
    {"pre", OSL_XML_BLOCK},
    {"preface", OSL_XML_CONTAINER},
    {"primary-institute", OSL_XML_SKIP},
    {"printhistory", OSL_XML_SKIP},
    {"private-char", OSL_XML_INLINE},
    {"problem", OSL_XML_SKIP},
    {"procedure", OSL_XML_CONTAINER},
    {"processing-meta", OSL_XML_SKIP},
    {"productname", OSL_XML_INLINE},
    {"profiledesc", OSL_XML_CONTAINER},
    {"programlisting", OSL_XML_SKIP},
    {"prompt", OSL_XML_INLINE},
    {"ptr", OSL_XML_INLINE},
    {"pub-date", OSL_XML_SKIP},
    {"pubdate", OSL_XML_SKIP},
    {"pubhistory", OSL_XML_SKIP},
    {"publicationtypelist", OSL_XML_SKIP},
    {"publisher", OSL_XML_SKIP},
    {"publisher-loc", OSL_XML_SKIP},
    {"publisher-name", OSL_XML_SKIP},
    {"pubmeddata", OSL_XML_SKIP},
    {"q", OSL_XML_INLINE},
    {"qandadiv", OSL_XML_CONTAINER},
    {"qandaentry", OSL_XML_CONTAINER},
    {"qandaset", OSL_XML_CONTAINER},
    {"qapair", OSL_XML_CONTAINER},
    {"qapairs", OSL_XML_CONTAINER},
    {"question", OSL_XML_QUESTION},
    {"quote", OSL_XML_INLINE},
    {"ref", ASK_REFERENCE},
    {"ref-list", OSL_XML_SKIP},
    {"refsect1", OSL_XML_CONTAINER},
    {"refsect2", OSL_XML_CONTAINER},
    {"related-article", OSL_XML_SKIP},
    {"related-object", OSL_XML_SKIP},
    {"related-topic", OSL_XML_SKIP},
    {"relatedartifact", OSL_XML_SKIP},
    {"relatesto", OSL_XML_SKIP},
    {"releaseinfo", OSL_XML_SKIP},
    {"remark", OSL_XML_SKIP},
    {"replaceable", OSL_XML_INLINE},
    {"representedorganization", OSL_XML_SKIP},
    {"revhistory", OSL_XML_SKIP},
    {"revisiondesc", OSL_XML_SKIP},
    {"roman", OSL_XML_INLINE},
    {"row", OSL_XML_ROW},
    {"s", OSL_XML_INLINE},
    {"sansserif", OSL_XML_INLINE},
    {"sc", OSL_XML_INLINE},
    {"screen", OSL_XML_BLOCK},
    {"script", OSL_XML_SKIP},
    {"sec", OSL_XML_CONTAINER},
    {"sect1", OSL_XML_CONTAINER},
    {"sect2", OSL_XML_CONTAINER},
    {"sect3", OSL_XML_CONTAINER},
    {"sect4", OSL_XML_CONTAINER},
    {"sect5", OSL_XML_CONTAINER},
    {"section", OSL_XML_CONTAINER},
    {"section-title", OSL_XML_HEADING},
    {"sectiontitle", OSL_XML_HEADING},
    {"see-reference", OSL_XML_SKIP},
    {"seg", OSL_XML_INLINE},
    {"segmentedlist", OSL_XML_CONTAINER},
    {"self-uri", OSL_XML_SKIP},
    {"semanticgroup", OSL_XML_SKIP},
    {"semantictype", OSL_XML_SKIP},
    {"semantictypes", OSL_XML_SKIP},
    {"seriesinfo", OSL_XML_SKIP},
    {"seriesvolnums", OSL_XML_SKIP},
    {"setid", OSL_XML_SKIP},
    {"sic", OSL_XML_INLINE},
    {"sidebar", OSL_XML_CONTAINER},
    {"simpara", OSL_XML_BLOCK},
    {"simplelist", OSL_XML_CONTAINER},
    {"simplesect", OSL_XML_CONTAINER},
    {"simpletable", OSL_XML_TABLE},
    {"site", OSL_XML_SKIP},
    {"small", OSL_XML_INLINE},
    {"socalled", OSL_XML_INLINE},
    {"solution", OSL_XML_SKIP},
    {"sourceinfo", OSL_XML_SKIP},
    {"span", OSL_XML_INLINE},
    {"spanspec", OSL_XML_SPAN},
    {"speech", OSL_XML_BLOCK},
    {"statement", OSL_XML_CONTAINER},
    {"stentry", OSL_XML_CELL},
    {"step", OSL_XML_CONTAINER},
    {"steps", OSL_XML_CONTAINER},
    {"sthead", OSL_XML_ROW},
    {"strike", OSL_XML_INLINE},
    {"strong", OSL_XML_INLINE},
    {"strow", OSL_XML_ROW},
    {"structuredbody", OSL_XML_CONTAINER},
    {"style", OSL_XML_SKIP},
    {"styled-content", OSL_XML_INLINE},
    {"sub", OSL_XML_SUB},
    {"subj-group", OSL_XML_SKIP},
    {"subject", OSL_XML_SKIP},
    {"subjectset", OSL_XML_SKIP},
    {"subscript", OSL_XML_SUB},
    {"subsection", OSL_XML_CONTAINER},
    {"substeps", OSL_XML_CONTAINER},
    {"subtitle", OSL_XML_HEADING},
    {"sup", OSL_XML_SUPER},
    {"superscript", OSL_XML_SUPER},
    {"supplementary-material", OSL_XML_CONTAINER},
    {"supplied", OSL_XML_INLINE},
    {"surname", OSL_XML_SKIP},
    {"surnames", OSL_XML_SKIP},
    {"svg", OSL_XML_SKIP},
    {"synonyms", OSL_XML_SKIP},
    {"table", OSL_XML_TABLE},
    {"table-wrap", OSL_XML_CONTAINER},
    {"table-wrap-foot", OSL_XML_CONTAINER},
    {"table-wrap-group", OSL_XML_CONTAINER},
    {"tag", OSL_XML_INLINE},
    {"taxonomy", OSL_XML_SKIP},
    {"td", OSL_XML_CELL},
    {"tei", OSL_XML_CONTAINER},
    {"teicorpus", OSL_XML_CONTAINER},
    {"teiheader", OSL_XML_CONTAINER},
    {"telecom", OSL_XML_SKIP},
    {"templateid", OSL_XML_SKIP},
    {"term", OSL_XML_TERM},
    {"tex-math", OSL_XML_SKIP},
    {"textclass", OSL_XML_SKIP},
    {"textobject", OSL_XML_SKIP},
    {"tgroup", OSL_XML_GROUP},
    {"th", OSL_XML_HEAD_CELL},
    {"thead", OSL_XML_HEAD},
    {"tip", OSL_XML_CONTAINER},
    {"title", OSL_XML_HEADING},
    {"title-group", OSL_XML_SKIP},
    {"titleabbrev", OSL_XML_SKIP},
    {"titlestmt", OSL_XML_SKIP},
    {"topic", OSL_XML_CONTAINER},
    {"tr", OSL_XML_ROW},
    {"trademark", OSL_XML_INLINE},
    {"trans-title-group", OSL_XML_SKIP},
    {"tt", OSL_XML_INLINE},
    {"typeid", OSL_XML_SKIP},
    {"u", OSL_XML_INLINE},
    {"ul", OSL_XML_CONTAINER},
    {"ulink", OSL_XML_INLINE},
    {"umls", OSL_XML_SKIP},
    {"underline", OSL_XML_INLINE},
    {"underline-start", OSL_XML_INLINE},
    {"unorderedlist", OSL_XML_CONTAINER},
    {"uri", OSL_XML_INLINE},
    {"url", OSL_XML_SKIP},
    {"usecontext", OSL_XML_SKIP},
    {"userinput", OSL_XML_INLINE},
    {"uuid", OSL_XML_SKIP},
    {"var", OSL_XML_INLINE},
    {"variablelist", OSL_XML_CONTAINER},
    {"varlistentry", OSL_XML_ENTRY},
    {"verse-group", OSL_XML_CONTAINER},
    {"verse-line", OSL_XML_BLOCK},
    {"versionid", OSL_XML_SKIP},
    {"videoobject", OSL_XML_SKIP},
    {"volume", OSL_XML_SKIP},
    {"volume-id", OSL_XML_SKIP},
    {"volumenum", OSL_XML_SKIP},
    {"warning", OSL_XML_CONTAINER},
    {"wordasword", OSL_XML_INLINE},
    {"xenodata", OSL_XML_SKIP},
    {"xmlsource", OSL_XML_SKIP},
    {"xref", ASK_REFERENCE},
    {"year", OSL_XML_SKIP},
};

const size_t osl_xml_name_count = sizeof osl_xml_names / sizeof *osl_xml_names;

/* ---- words ------------------------------------------------------------- */

bool osl_xml_ends_with(const char *name, const char *tail)
{
    size_t length = strlen(name), tail_length = strlen(tail);
    return length >= tail_length &&
           strcmp(name + length - tail_length, tail) == 0;
}

typedef struct word_count {
    size_t words, letters, others, longest;
} word_count;

static word_count words_of(osl_text text)
{
    word_count count = {0};
    size_t run = 0;
    for (size_t i = 0; i < text.length && i < 4096; i++) {
        char c = text.bytes[i];
        if (osl_is_space(c)) {
            run = 0;
            continue;
        }
        count.words += run++ == 0;
        count.longest = run > count.longest ? run : count.longest;
        if (osl_is_alpha(c) || (c & 0x80))
            count.letters++;
        else
            count.others++;
    }
    return count;
}

bool osl_xml_is_wordy(osl_text text)
{
    word_count count = words_of(text);
    if (count.words < 2 || count.letters < 4)
        return false;
    if (count.longest > 100 && count.longest > text.length / 4)
        return false; /* base64 in lines */
    return count.letters > count.others || count.words > 8;
}

/* A heading may be a single word. */
static bool is_title(osl_text text)
{
    word_count count = words_of(text);
    return count.letters >= 3 && count.longest <= 60 && text.length <= 1000 &&
           !memmem(text.bytes, text.length, "://", 3);
}

/* The one text below an element without elements; empty where there are. */
static osl_text leaf_text(const osl_xml_node *node)
{
    const osl_xml_node *child = node->first;
    if (!child || child->name || child->next)
        return (osl_text){"", 0};
    return osl_text_trim(child->text);
}

static bool has_elements(const osl_xml_node *node)
{
    for (const osl_xml_node *child = node->first; child; child = child->next)
        if (child->name)
            return true;
    return false;
}

/* ---- shape ------------------------------------------------------------- */

/* Within these, an unknown name is a word's mark-up. */
static bool is_in_prose(const osl_xml_node *node)
{
    const osl_xml_node *parent = node->parent;
    if (!parent)
        return false;
    if (parent->has_words)
        return true;
    switch (parent->role) {
    case OSL_XML_BLOCK:
    case OSL_XML_INLINE:
    case OSL_XML_HEADING:
    case OSL_XML_TERM:
    case OSL_XML_LABEL:
    case OSL_XML_ITEM:
    case OSL_XML_CELL:
    case OSL_XML_HEAD_CELL:
    case OSL_XML_CAPTION:
    case OSL_XML_NOTE:
    case OSL_XML_QUESTION:
        return true;
    default:
        return false;
    }
}

static bool is_markup(osl_text text)
{
    return text.length && memchr(text.bytes, '<', text.length) &&
           osl_html_looks_like(text);
}

static bool has_runs(osl_text text)
{
    return text.length > 200 && text.bytes &&
           (memmem(text.bytes, text.length, "   ", 3) ||
            memchr(text.bytes, '\n', text.length));
}

static osl_xml_role leaf_role(const osl_xml_node *node)
{
    osl_text text = leaf_text(node);
    if (is_markup(text))
        return OSL_XML_MARKUP;
    if (osl_xml_ends_with(node->name, "title") ||
        osl_xml_ends_with(node->name, "heading"))
        return is_title(text) ? OSL_XML_HEADING : OSL_XML_SKIP;
    if (!osl_xml_is_wordy(text))
        return OSL_XML_SKIP;
    return has_runs(text) ? OSL_XML_LINES : OSL_XML_BLOCK;
}

static osl_xml_role shape_of(const osl_xml_node *node)
{
    if (!node->first)
        return OSL_XML_SKIP;
    bool in_prose = is_in_prose(node);
    if (words_of(leaf_text(node)).longest > 200)
        return OSL_XML_SKIP;
    if (!has_elements(node))
        return in_prose ? OSL_XML_INLINE : leaf_role(node);
    if (node->has_words)
        return in_prose ? OSL_XML_INLINE : OSL_XML_BLOCK;
    return OSL_XML_CONTAINER;
}

static bool parent_is(const osl_xml_node *node, osl_xml_role role)
{
    return node->parent && node->parent->role == role;
}

static bool has_sibling(const osl_xml_node *node, const char *name)
{
    return node->parent && osl_xml_child(node->parent, name) != NULL;
}

/* A number or bullet before an item or title says nothing. */
static osl_xml_role label_role(const osl_xml_node *node)
{
    bool is_head = has_sibling(node, "title") || has_sibling(node, "caption");
    osl_text text = leaf_text(node);
    if (parent_is(node, OSL_XML_ITEM) || is_head)
        return words_of(text).letters >= 4 && !is_head ? OSL_XML_INLINE
                                                       : OSL_XML_SKIP;
    if (has_sibling(node, "item"))
        return OSL_XML_LABEL; /* TEI */
    if (!node->has_words && !has_elements(node))
        return OSL_XML_SKIP;
    return is_title(text) || has_elements(node) ? OSL_XML_HEADING
                                                : OSL_XML_SKIP;
}

static osl_xml_role caption_role(const osl_xml_node *node)
{
    if (parent_is(node, OSL_XML_TABLE))
        return OSL_XML_HEADING;
    if (parent_is(node, OSL_XML_ITEM)) /* SPL: the bullet */
        return words_of(leaf_text(node)).letters >= 4 ? OSL_XML_BLOCK
                                                      : OSL_XML_SKIP;
    return OSL_XML_CAPTION;
}

static osl_xml_role reference_role(const osl_xml_node *node)
{
    osl_text type = osl_xml_attribute_of(node, "ref-type");
    if (!type.length)
        type = osl_xml_attribute_of(node, "type");
    if (osl_xml_name_is(type, "bibr") || osl_xml_name_is(type, "bibl") ||
        strcmp(node->name, "citation") == 0)
        return OSL_XML_CITE;
    return is_in_prose(node) ? OSL_XML_INLINE : shape_of(node);
}

/* XHTML's has metadata, TEI's is a heading. */
static osl_xml_role head_role(const osl_xml_node *node)
{
    return osl_xml_child(node, "meta") || osl_xml_child(node, "title")
               ? OSL_XML_SKIP
               : OSL_XML_HEADING;
}

static osl_xml_role entry_role(const osl_xml_node *node)
{
    return parent_is(node, OSL_XML_ROW) ? OSL_XML_CELL : shape_of(node);
}

static osl_xml_role item_role(const osl_xml_node *node)
{
    if (osl_xml_child(node, "title") || osl_xml_child(node, "description"))
        return OSL_XML_CONTAINER; /* RSS, FHIR */
    return OSL_XML_ITEM;
}

osl_xml_role osl_xml_shape(void *user, const osl_xml_node *node)
{
    (void)user;
    switch (node->role) {
    case ASK_ANSWER:
        return has_elements(node)           ? shape_of(node)
               : is_markup(leaf_text(node)) ? OSL_XML_MARKUP
                                            : OSL_XML_LINES;
    case ASK_CAPTION:
        return caption_role(node);
    case ASK_CELL: /* TEI */
        return parent_is(node, OSL_XML_ROW) ? OSL_XML_CELL : shape_of(node);
    case ASK_DEFINITION:
        return osl_xml_child(node, "term") ? OSL_XML_ENTRY : shape_of(node);
    case ASK_ENTRY:
        return entry_role(node);
    case ASK_HEAD:
        return head_role(node);
    case ASK_ITEM:
        return item_role(node);
    case ASK_LABEL:
        return label_role(node);
    case ASK_MEANING:
        return has_elements(node) && !node->has_words ? OSL_XML_CONTAINER
               : parent_is(node, OSL_XML_ENTRY)       ? OSL_XML_INLINE
                                                      : OSL_XML_BLOCK;
    case ASK_NAME:
        return is_in_prose(node) ? OSL_XML_INLINE : OSL_XML_SKIP;
    case ASK_REFERENCE:
        return reference_role(node);
    default:
        return shape_of(node);
    }
}

/* ---- attributes -------------------------------------------------------- */

static osl_xml_node *node_new(osl_xml_tree *tree, osl_xml_node *parent)
{
    osl_xml_node *node = osl_arena_zero(&tree->arena, 1, sizeof *node);
    if (!node)
        return NULL;
    node->parent = parent;
    node->line = parent->line;
    node->next = parent->first;
    parent->first = node;
    return node;
}

static bool text_add(osl_xml_tree *tree, osl_xml_node *parent, osl_text text)
{
    osl_xml_node *node = node_new(tree, parent);
    if (!node)
        return false;
    node->text = text;
    parent->has_words = true;
    return true;
}

static bool child_add(osl_xml_tree *tree, osl_xml_node *parent,
                      const char *name, osl_xml_role role, osl_text text)
{
    osl_xml_node *node = node_new(tree, parent);
    if (!node)
        return false;
    node->name = name;
    node->role = (uint16_t)role;
    return text_add(tree, node, text);
}

/* Attributes that never hold prose for readers, whatever they look like. */
static bool is_technical(const char *name)
{
    static const char *const technical[] = {
        "alt",     "class",   "code",     "d",         "displayname",
        "href",    "id",      "keywords", "longdesc",  "meta-desc",
        "onclick", "pattern", "points",   "rend",      "schemalocation",
        "src",     "style",   "summary",  "transform", "viewbox"};
    for (size_t i = 0; i < sizeof technical / sizeof *technical; i++)
        if (strcmp(name, technical[i]) == 0)
            return true;
    return false;
}

static bool is_prose(osl_text text)
{
    word_count count = words_of(text);
    return count.words >= 5 && count.letters > 4 * count.others &&
           count.longest < 40;
}

static bool names_heading(const osl_xml_attribute *attribute)
{
    if (strcmp(attribute->name, "title") == 0 ||
        strcmp(attribute->name, "heading") == 0)
        return is_title(attribute->value);
    return strcmp(attribute->name, "name") == 0 &&
           osl_xml_is_wordy(attribute->value);
}

static bool has_heading(const osl_xml_node *node)
{
    for (const osl_xml_node *child = node->first; child; child = child->next)
        if (child->name && (child->role == OSL_XML_HEADING ||
                            osl_xml_ends_with(child->name, "title")))
            return true;
    return false;
}

static bool value_wanted(const osl_xml_node *node, osl_text value)
{
    if (osl_xml_ends_with(node->name, "title"))
        return is_title(value);
    return osl_xml_is_wordy(value) || is_markup(value);
}

static bool attributes_use(osl_xml_tree *tree, osl_xml_node *node)
{
    bool is_leaf = !node->first;
    for (uint32_t i = 0; i < node->attribute_count; i++) {
        const osl_xml_attribute *attribute = &node->attributes[i];
        bool fits = true;
        if (strcmp(attribute->name, "value") == 0 && is_leaf) {
            if (value_wanted(node, attribute->value))
                fits = text_add(tree, node, attribute->value);
        } else if (names_heading(attribute)) {
            if (!is_leaf && !node->has_words && !has_heading(node))
                fits = child_add(tree, node, "title", OSL_XML_HEADING,
                                 attribute->value);
        } else if (!is_technical(attribute->name) && !node->has_words &&
                   (is_prose(attribute->value) || is_markup(attribute->value)))
            fits = child_add(tree, node, attribute->name,
                             is_markup(attribute->value) ? OSL_XML_MARKUP
                                                         : OSL_XML_BLOCK,
                             attribute->value);
        if (!fits)
            return false;
    }
    return true;
}

/* ---- links in brackets ------------------------------------------------- */

static bool is_empty_link(const osl_xml_node *node)
{
    return node && node->name && !node->first && node->role == ASK_REFERENCE;
}

static bool is_digits(osl_text text)
{
    for (size_t i = 0; i < text.length; i++)
        if (!osl_is_digit(text.bytes[i]))
            return false;
    return text.length > 0;
}

static bool is_numbered_link(const osl_xml_node *node)
{
    return node && node->name && node->role == ASK_REFERENCE &&
           reference_role(node) == OSL_XML_CITE && is_digits(leaf_text(node));
}

static osl_text without_blanks_behind(osl_text text)
{
    while (text.length && osl_is_space(text.bytes[text.length - 1]))
        text.length--;
    return text;
}

/* Where "(", "[" or "(see" stands at the end of `text`; its length where it
 * does not. */
static size_t bracket_at(osl_text text)
{
    text = without_blanks_behind(text);
    size_t length = text.length;
    if (length && strchr("([", text.bytes[length - 1]))
        return length - 1;
    return length >= 4 && osl_text_starts_fold(
                              (osl_text){text.bytes + length - 4, 4}, "(see")
               ? length - 4
               : SIZE_MAX;
}

/* What stands between two links of one bracket: a comma, a dash. */
static bool is_between(const osl_xml_node *node)
{
    osl_text text = osl_text_trim(node->text);
    return !node->name && text.length <= 3 &&
           !memchr(text.bytes, ')', text.length) &&
           !memchr(text.bytes, ']', text.length);
}

/* The text behind a row of links, NULL where it closes no bracket. */
static osl_xml_node *bracket_end(osl_xml_node *at,
                                 bool (*is_link)(const osl_xml_node *))
{
    while (is_link(at) && at->next && is_between(at->next) &&
           is_link(at->next->next))
        at = at->next->next;
    osl_xml_node *after = is_link(at) ? at->next : NULL;
    if (!after || after->name)
        return NULL;
    osl_text rest = osl_text_trim(after->text);
    return rest.length && strchr(")]", rest.bytes[0]) ? after : NULL;
}

/* "(see <link/>)" says nothing once the link is gone, and "[<xref>1</xref>,
 * <xref>2</xref>]" is a citation: both lose their brackets. */
static void bracket_drop(osl_xml_node *before)
{
    size_t open = bracket_at(before->text);
    if (open == SIZE_MAX)
        return;
    osl_xml_node *after = bracket_end(before->next, is_empty_link);
    if (!after)
        after = bracket_end(before->next, is_numbered_link);
    if (!after)
        return;
    for (osl_xml_node *middle = before->next; middle != after;
         middle = middle->next)
        if (!middle->name)
            middle->text.length = 0;
    before->text.length = open;
    before->text = without_blanks_behind(before->text);
    osl_text rest = after->text;
    while (osl_is_space(rest.bytes[0]))
        rest.bytes++, rest.length--;
    after->text = (osl_text){rest.bytes + 1, rest.length - 1};
}

/* A list of references is a section of its own, by its class or heading. */
static bool is_reference_list(const osl_xml_node *node)
{
    osl_text class = osl_xml_attribute_of(node, "class");
    if (osl_xml_name_is(class, "references") ||
        osl_xml_name_is(class, "bibliography"))
        return true;
    const osl_xml_node *title = osl_xml_child(node, "title");
    if (!title)
        title = osl_xml_child(node, "head");
    return title && osl_prose_is_reference_heading(leaf_text(title));
}

osl_status osl_xml_shape_prepare(osl_xml_tree *tree, osl_error *err)
{
    for (osl_xml_node *node = tree->root; node;
         node = osl_xml_next(node, tree->root)) {
        if (!node->name) {
            if (node->next && node->next->role == ASK_REFERENCE)
                bracket_drop(node);
            continue;
        }
        if (node->attribute_count && !attributes_use(tree, node))
            return osl_fail(err, OSL_ENOMEM, "no memory to read XML");
        if (node->role == OSL_XML_CONTAINER && is_reference_list(node))
            node->role = OSL_XML_SKIP;
        if (node->role != OSL_XML_SKIP && is_markup(leaf_text(node)))
            node->role = OSL_XML_MARKUP;
    }
    return OSL_OK;
}
