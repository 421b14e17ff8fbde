/* SPDX-License-Identifier: MIT
 *
 * XML of any other kind. xml_shape.c says what the elements are; here is what
 * a document is, and what stands about it in its metadata.
 *
 * A file is one document, unless its root (or a wrapper with one child) has no
 * title and only records of one name that have titles of their own: then each
 * of them is one. */
#include <string.h>

#include "corpus/clean.h"
#include "corpus/html_walk.h"
#include "corpus/reader.h"
#include "corpus/xml_shape.h"

/* How far into a document its metadata is looked for. */
#define META_NODES 2000

/* ---- title ------------------------------------------------------------- */

static bool is_title_name(const char *name)
{
    static const char *const others[] = {
        "journal-title", "series-title",         "alt-title",    "alttitle",
        "subtitle",      "abbrev-journal-title", "journaltitle", "titleabbrev"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(name, others[i]) == 0)
            return false;
    return osl_xml_ends_with(name, "title");
}

static bool has_text(const osl_xml_node *node)
{
    for (const osl_xml_node *at = node; at; at = osl_xml_next(at, node))
        if (at->has_words)
            return true;
    return false;
}

/* The first title within sight: a child of `top`, else one in its front
 * matter, but none of a section, which heads only that. */
static osl_xml_node *title_find(const osl_xml_node *top)
{
    for (osl_xml_node *child = top->first; child; child = child->next)
        if (child->name && is_title_name(child->name) && has_text(child))
            return child;
    unsigned seen = 0;
    for (osl_xml_node *at = osl_xml_next(top, top); at && seen < META_NODES;
         at = osl_xml_next(at, top), seen++)
        if (at->name && is_title_name(at->name) && has_text(at))
            return at;
    return NULL;
}

static osl_xml_node *topic_find(const osl_xml_node *top)
{
    static const char *const names[] = {"focus", "topic", "termname",
                                        "displayname", "name"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        osl_xml_node *child = osl_xml_child(top, names[i]);
        if (child && child->has_words)
            return child;
    }
    return NULL;
}

/* A title that heads the whole document is its metadata, no section. */
static void title_set(osl_xml_flow *flow, osl_xml_node *top)
{
    osl_draft_meta(flow->draft, OSL_META_TITLE,
                   osl_xml_attribute_of(top, "title"));
    osl_xml_node *title = topic_find(top);
    if (!title || strcmp(title->name, "name") == 0) {
        osl_xml_node *found = title_find(top);
        title = found ? found : title;
    }
    if (!title)
        return;
    osl_draft_meta(flow->draft, OSL_META_TITLE,
                   osl_xml_flow_words(flow, title));
    if (title->parent == top)
        title->role = OSL_XML_SKIP;
}

/* ---- dates, address, language ------------------------------------------ */

static const struct meta_name {
    const char *name;
    osl_meta what;
} meta_names[] = {
    /* in falling order of trust */
    {"datelastmodified", OSL_META_UPDATED},
    {"lastmodified", OSL_META_UPDATED},
    {"last-modified", OSL_META_UPDATED},
    {"modified", OSL_META_UPDATED},
    {"lastrevised", OSL_META_UPDATED},
    {"daterevised", OSL_META_UPDATED},
    {"updated", OSL_META_UPDATED},
    {"effectivetime", OSL_META_UPDATED},
    {"pub-date", OSL_META_UPDATED},
    {"pubdate", OSL_META_UPDATED},
    {"date", OSL_META_UPDATED},
    {"self-uri", OSL_META_URL},
    {"url", OSL_META_URL},
    {"language", OSL_META_LANGUAGE},
    {"languagecode", OSL_META_LANGUAGE},
    {"audience", OSL_META_AUDIENCE},
};

/* JATS writes a date in pieces. */
static osl_text date_of(const osl_xml_node *node, char out[16])
{
    static const char *const pieces[] = {"year", "month", "day"};
    size_t length = 0;
    for (size_t i = 0; i < 3; i++) {
        const osl_xml_node *piece = osl_xml_child(node, pieces[i]);
        osl_text text = piece && piece->first
                            ? osl_text_trim(piece->first->text)
                            : (osl_text){"", 0};
        size_t wanted = i == 0 ? 4 : 2;
        if (!text.length || text.length > wanted)
            break;
        if (i > 0)
            out[length++] = '-';
        if (text.length == 1)
            out[length++] = '0';
        memcpy(out + length, text.bytes, text.length);
        length += text.length;
    }
    return (osl_text){out, length};
}

static osl_text meta_value(osl_xml_flow *flow, const osl_xml_node *node,
                           char date[16])
{
    static const char *const attributes[] = {
        "value", "when", "code", "href", "date", "iso-8601-date", "content"};
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
        osl_text value = osl_xml_attribute_of(node, attributes[i]);
        if (value.length)
            return value;
    }
    if (osl_xml_child(node, "year"))
        return date_of(node, date);
    return osl_xml_flow_words(flow, node);
}

static bool is_address(osl_text value)
{
    return osl_text_starts_fold(value, "http://") ||
           osl_text_starts_fold(value, "https://");
}

/* Elements of front matter: not far in, nor in what holds prose. */
static void meta_set_all(osl_xml_flow *flow, const osl_xml_node *top)
{
    osl_text found[sizeof meta_names / sizeof *meta_names] = {0};
    const osl_xml_node *nodes[sizeof meta_names / sizeof *meta_names] = {0};
    unsigned seen = 0;
    for (const osl_xml_node *at = osl_xml_next(top, top);
         at && seen < META_NODES; at = osl_xml_next(at, top), seen++)
        for (size_t i = 0; at->name && i < sizeof found / sizeof *found; i++)
            if (!nodes[i] && strcmp(at->name, meta_names[i].name) == 0)
                nodes[i] = at;
    for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
        char date[16];
        if (!nodes[i])
            continue;
        osl_text value = meta_value(flow, nodes[i], date);
        if (meta_names[i].what == OSL_META_URL && !is_address(value))
            continue;
        if (value.length && value.length < 2000)
            osl_draft_meta(flow->draft, meta_names[i].what, value);
    }
}

static void meta_set(osl_xml_flow *flow, const osl_xml_node *top,
                     const osl_xml_node *root)
{
    osl_draft *draft = flow->draft;
    osl_draft_meta(draft, OSL_META_KIND, osl_text_of("xml"));
    osl_text url = osl_xml_attribute_of(top, "url");
    if (is_address(url))
        osl_draft_meta(draft, OSL_META_URL, url);
    osl_text id = osl_xml_attribute_of(top, "id");
    if (id.length && id.length < 100)
        osl_draft_meta(draft, OSL_META_ALIAS, id);
    osl_draft_meta(draft, OSL_META_LANGUAGE, osl_xml_attribute_of(top, "lang"));
    osl_draft_meta(draft, OSL_META_LANGUAGE,
                   osl_xml_attribute_of(root, "lang"));
    osl_draft_meta(draft, OSL_META_LANGUAGE,
                   osl_xml_attribute_of(top, "language"));
    osl_draft_meta(draft, OSL_META_AUDIENCE,
                   osl_xml_attribute_of(top, "audience"));
    meta_set_all(flow, top);
}

/* ---- documents --------------------------------------------------------- */

/* Names of parts, which never are documents of their own. */
static bool is_part(const char *name)
{
    static const char *const parts[] = {
        "section",  "sec",      "chapter", "part",     "div",
        "qapair",   "question", "item",    "note",     "figure",
        "table",    "list",     "para",    "p",        "sect1",
        "section1", "appendix", "step",    "component"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcmp(name, parts[i]) == 0)
            return true;
    return false;
}

static bool has_own_title(const osl_xml_node *node)
{
    return osl_xml_attribute_of(node, "title").length > 0 || title_find(node);
}

/* Whether the elements in `node` are records: two or more, most of one name,
 * each with a title, and no title above them. */
static bool holds_records(const osl_xml_node *node)
{
    const char *name = NULL;
    unsigned same = 0, others = 0;
    for (const osl_xml_node *child = node->first; child; child = child->next) {
        if (!child->name)
            continue;
        if (is_title_name(child->name))
            return false;
        if (child->first && !child->has_words && !name)
            name = child->name;
        if (!name || strcmp(child->name, name) != 0)
            others++;
        else if (!has_own_title(child) || is_part(name))
            return false;
        else
            same++;
    }
    return same >= 2 && same > others;
}

static osl_xml_node *only_child(const osl_xml_node *node)
{
    osl_xml_node *only = NULL;
    for (osl_xml_node *child = node->first; child; child = child->next) {
        if (!child->name)
            continue;
        if (only || child->has_words)
            return NULL;
        only = child;
    }
    return only;
}

static osl_status document_read(osl_xml_flow *flow, osl_xml_node *top,
                                const osl_xml_node *root, osl_error *err)
{
    osl_draft_begin(flow->draft);
    title_set(flow, top);
    meta_set(flow, top, root);
    if (top->role != OSL_XML_TABLE)
        top->role = OSL_XML_CONTAINER;
    osl_status status = osl_xml_flow_walk(flow, top, err);
    return status == OSL_OK ? osl_draft_end(flow->draft, err) : status;
}

static osl_status documents_read(osl_xml_flow *flow, osl_xml_node *root,
                                 osl_error *err)
{
    osl_xml_node *holder = root;
    for (unsigned i = 0; i < 4 && holder && !holds_records(holder); i++)
        holder = only_child(holder);
    if (!holder || !holds_records(holder))
        return document_read(flow, root, root, err);
    osl_status status = OSL_OK;
    for (osl_xml_node *child = holder->first; child && status == OSL_OK;
         child = child->next)
        if (child->name && child->first)
            status = document_read(flow, child, root, err);
    return status;
}

static osl_status xml_read(const osl_source *source, osl_draft *draft,
                           osl_error *err)
{
    osl_xml_tree tree = {0};
    osl_xml_flow flow = {
        .draft = draft, .role = osl_xml_shape, .markup = osl_html_fragment_at};
    osl_status status = osl_xml_tree_read(&tree, source, osl_xml_names,
                                          osl_xml_name_count, draft, err);
    if (status == OSL_OK)
        status = osl_xml_shape_prepare(&tree, err);
    if (status == OSL_OK && tree.root)
        status = documents_read(&flow, tree.root, err);
    osl_xml_flow_clear(&flow);
    osl_xml_tree_clear(&tree);
    return status;
}

/* ---- sniffing ---------------------------------------------------------- */

/* Roots of JATS, DocBook and others that HTML has, too: it is HTML where its
 * headings or divisions stand below them. */
static bool is_shared_root(osl_text root, osl_text head)
{
    static const char *const roots[] = {"article", "section", "summary"};
    static const char *const html[] = {"<h1", "<h2", "<h3", "<div", "<span"};
    bool is_shared = false;
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        is_shared |= osl_xml_name_is(root, roots[i]);
    for (size_t i = 0; i < sizeof html / sizeof *html && is_shared; i++)
        is_shared = osl_text_find_fold(head, html[i]) >= head.length;
    return is_shared;
}

/* XHTML is the HTML reader's, and so is a fragment that begins with a tag of
 * HTML, unless it says that it is XML. */
static unsigned xml_sniff(const osl_source *source)
{
    bool is_wide;
    osl_text root = osl_xml_root_name(source->bytes, &is_wide);
    osl_text bytes = source->bytes;
    const char *colon = memchr(root.bytes, ':', root.length);
    if (is_wide)
        return osl_text_find_fold(source->name, ".xml") < source->name.length
                   ? 60
                   : 0;
    if (!root.length || osl_xml_name_is(root, "html") ||
        osl_xml_name_is(root, "!doctype"))
        return 0;
    if (bytes.length > 3 && memcmp(bytes.bytes, "\xEF\xBB\xBF", 3) == 0)
        bytes = (osl_text){bytes.bytes + 3, bytes.length - 3};
    bytes = osl_text_trim(
        (osl_text){bytes.bytes, bytes.length < 4096 ? bytes.length : 4096});
    if (osl_text_starts_fold(bytes, "<?xml"))
        return 85;
    if (colon)
        return 70;
    osl_text name = source->name;
    bool is_named =
        name.length > 3 &&
        (osl_xml_name_is((osl_text){name.bytes + name.length - 3, 3}, "xml"));
    size_t left =
        (size_t)(source->bytes.bytes + source->bytes.length - root.bytes) + 1;
    osl_text tag = {root.bytes - 1,
                    root.length + 2 < left ? root.length + 2 : left};
    bool is_html =
        osl_html_looks_like(tag) && !(is_named && is_shared_root(root, bytes));
    return is_html ? (is_named ? 45 : 0) : is_named ? 75 : 55;
}

const osl_reader osl_reader_xml = {"xml", 85, xml_sniff, xml_read};
