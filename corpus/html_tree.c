/* SPDX-License-Identifier: MIT */
#include "corpus/html_tree.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "corpus/html_prepare.h"

/* Elements that are not named here are inline. */
static const uint8_t roles[GUMBO_TAG_LAST] = {
    [GUMBO_TAG_HTML] = OSL_HTML_BLOCK,
    [GUMBO_TAG_BODY] = OSL_HTML_BLOCK,
    [GUMBO_TAG_ARTICLE] = OSL_HTML_BLOCK,
    [GUMBO_TAG_SECTION] = OSL_HTML_BLOCK,
    [GUMBO_TAG_NAV] = OSL_HTML_BLOCK,
    [GUMBO_TAG_ASIDE] = OSL_HTML_BLOCK,
    [GUMBO_TAG_HGROUP] = OSL_HTML_BLOCK,
    [GUMBO_TAG_HEADER] = OSL_HTML_BLOCK,
    [GUMBO_TAG_FOOTER] = OSL_HTML_BLOCK,
    [GUMBO_TAG_ADDRESS] = OSL_HTML_BLOCK,
    [GUMBO_TAG_P] = OSL_HTML_BLOCK,
    [GUMBO_TAG_HR] = OSL_HTML_BLOCK,
    [GUMBO_TAG_PRE] = OSL_HTML_BLOCK,
    [GUMBO_TAG_BLOCKQUOTE] = OSL_HTML_BLOCK,
    [GUMBO_TAG_DL] = OSL_HTML_LIST,
    [GUMBO_TAG_FIGURE] = OSL_HTML_BLOCK,
    [GUMBO_TAG_FIGCAPTION] = OSL_HTML_BLOCK,
    [GUMBO_TAG_MAIN] = OSL_HTML_BLOCK,
    [GUMBO_TAG_DIV] = OSL_HTML_BLOCK,
    [GUMBO_TAG_CAPTION] = OSL_HTML_BLOCK,
    [GUMBO_TAG_TBODY] = OSL_HTML_BLOCK,
    [GUMBO_TAG_THEAD] = OSL_HTML_BLOCK,
    [GUMBO_TAG_TFOOT] = OSL_HTML_BLOCK,
    [GUMBO_TAG_FORM] = OSL_HTML_BLOCK,
    [GUMBO_TAG_FIELDSET] = OSL_HTML_BLOCK,
    [GUMBO_TAG_LEGEND] = OSL_HTML_BLOCK,
    [GUMBO_TAG_DETAILS] = OSL_HTML_BLOCK,
    [GUMBO_TAG_SUMMARY] = OSL_HTML_BLOCK,
    [GUMBO_TAG_CENTER] = OSL_HTML_BLOCK,
    [GUMBO_TAG_LISTING] = OSL_HTML_BLOCK,
    [GUMBO_TAG_PLAINTEXT] = OSL_HTML_BLOCK,
    [GUMBO_TAG_MULTICOL] = OSL_HTML_BLOCK,
    [GUMBO_TAG_H1] = OSL_HTML_HEADING,
    [GUMBO_TAG_H2] = OSL_HTML_HEADING,
    [GUMBO_TAG_H3] = OSL_HTML_HEADING,
    [GUMBO_TAG_H4] = OSL_HTML_HEADING,
    [GUMBO_TAG_H5] = OSL_HTML_HEADING,
    [GUMBO_TAG_H6] = OSL_HTML_HEADING,
    [GUMBO_TAG_OL] = OSL_HTML_LIST,
    [GUMBO_TAG_UL] = OSL_HTML_LIST,
    [GUMBO_TAG_MENU] = OSL_HTML_LIST,
    [GUMBO_TAG_DIR] = OSL_HTML_LIST,
    [GUMBO_TAG_LI] = OSL_HTML_ITEM,
    [GUMBO_TAG_DT] = OSL_HTML_TERM,
    [GUMBO_TAG_DD] = OSL_HTML_DETAIL,
    [GUMBO_TAG_TABLE] = OSL_HTML_TABLE,
    [GUMBO_TAG_TR] = OSL_HTML_ROW,
    [GUMBO_TAG_TD] = OSL_HTML_CELL,
    [GUMBO_TAG_TH] = OSL_HTML_CELL,
    [GUMBO_TAG_BR] = OSL_HTML_BREAK,
    [GUMBO_TAG_SUP] = OSL_HTML_SUP,
    [GUMBO_TAG_SUB] = OSL_HTML_SUB,
    [GUMBO_TAG_B] = OSL_HTML_BOLD,
    [GUMBO_TAG_STRONG] = OSL_HTML_BOLD,
    [GUMBO_TAG_A] = OSL_HTML_LINK,
    [GUMBO_TAG_IMG] = OSL_HTML_IMAGE,
    [GUMBO_TAG_HEAD] = OSL_HTML_SKIP,
    [GUMBO_TAG_TITLE] = OSL_HTML_SKIP,
    [GUMBO_TAG_STYLE] = OSL_HTML_SKIP,
    [GUMBO_TAG_SCRIPT] = OSL_HTML_SKIP,
    [GUMBO_TAG_NOSCRIPT] = OSL_HTML_SKIP,
    [GUMBO_TAG_TEMPLATE] = OSL_HTML_SKIP,
    [GUMBO_TAG_IFRAME] = OSL_HTML_SKIP,
    [GUMBO_TAG_OBJECT] = OSL_HTML_SKIP,
    [GUMBO_TAG_VIDEO] = OSL_HTML_SKIP,
    [GUMBO_TAG_AUDIO] = OSL_HTML_SKIP,
    [GUMBO_TAG_CANVAS] = OSL_HTML_SKIP,
    [GUMBO_TAG_MAP] = OSL_HTML_SKIP,
    [GUMBO_TAG_SVG] = OSL_HTML_SKIP,
    [GUMBO_TAG_APPLET] = OSL_HTML_SKIP,
    [GUMBO_TAG_SELECT] = OSL_HTML_SKIP,
    [GUMBO_TAG_TEXTAREA] = OSL_HTML_SKIP,
    [GUMBO_TAG_DATALIST] = OSL_HTML_SKIP,
    [GUMBO_TAG_BUTTON] = OSL_HTML_SKIP,
    [GUMBO_TAG_LABEL] = OSL_HTML_SKIP,
    [GUMBO_TAG_PROGRESS] = OSL_HTML_SKIP,
    [GUMBO_TAG_METER] = OSL_HTML_SKIP,
    [GUMBO_TAG_NOFRAMES] = OSL_HTML_SKIP,
    [GUMBO_TAG_NOEMBED] = OSL_HTML_SKIP,
    [GUMBO_TAG_XMP] = OSL_HTML_SKIP,
    [GUMBO_TAG_ANNOTATION_XML] = OSL_HTML_SKIP,
    [GUMBO_TAG_RT] = OSL_HTML_SKIP,
    [GUMBO_TAG_RP] = OSL_HTML_SKIP,
};

/* ---- the parser -------------------------------------------------------- */

/* libgumbo does not look whether it got memory, so this never returns without
 * any: it jumps out of the parser, which holds nothing but the arena's. */
static void *take(void *user, size_t size)
{
    osl_html_tree *tree = user;
    tree->taken_bytes += size;
    tree->too_large = tree->taken_bytes > OSL_HTML_MEMORY_MAX;
    void *memory = tree->too_large ? NULL : osl_arena_take(&tree->arena, size);
    if (!memory)
        longjmp(tree->out_of_memory, 1);
    return memory;
}

static void give_back(void *user, void *memory)
{
    (void)user;
    (void)memory;
}

static const GumboOutput *parse(osl_html_tree *tree)
{
    GumboOptions options = kGumboDefaultOptions;
    options.allocator = take;
    options.deallocator = give_back;
    options.userdata = tree;
    options.max_errors = 0;
    options.tab_stop = 1;
    if (setjmp(tree->out_of_memory) != 0)
        return NULL;
    return gumbo_parse_with_options(
        &options, (const char *)tree->prepared.bytes, tree->prepared.length);
}

/* ---- the array --------------------------------------------------------- */

static bool is_text_node(const GumboNode *node)
{
    return node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_CDATA ||
           node->type == GUMBO_NODE_WHITESPACE;
}

static bool has_value(const GumboNode *node, const char *name,
                      const char *value)
{
    const GumboAttribute *found =
        gumbo_get_attribute(&node->v.element.attributes, name);
    return found && strcasecmp(found->value, value) == 0;
}

static bool style_hides(const char *style)
{
    const char *at = strcasestr(style, "display");
    if (at && strncmp(at + 7 + strspn(at + 7, " :"), "none", 4) == 0)
        return true;
    at = strcasestr(style, "visibility");
    return at && strncmp(at + 10 + strspn(at + 10, " :"), "hidden", 6) == 0;
}

static bool is_hidden(const GumboNode *node)
{
    const GumboVector *attributes = &node->v.element.attributes;
    if (attributes->length == 0)
        return false;
    const GumboAttribute *style = gumbo_get_attribute(attributes, "style");
    return gumbo_get_attribute(attributes, "hidden") ||
           has_value(node, "aria-hidden", "true") ||
           (style && style_hides(style->value));
}

static uint32_t count_letters(const char *text)
{
    uint32_t count = 0;
    for (; *text; text++)
        count += (uint8_t)*text > ' ';
    return count;
}

static uint8_t role_of(const GumboNode *node)
{
    if (is_text_node(node))
        return OSL_HTML_TEXT;
    if (node->type == GUMBO_NODE_TEMPLATE)
        return OSL_HTML_SKIP;
    GumboTag tag = node->v.element.tag;
    return tag < GUMBO_TAG_LAST ? roles[tag] : (uint8_t)OSL_HTML_INLINE;
}

static bool add_node(osl_html_tree *tree, const GumboNode *node,
                     uint32_t parent)
{
    if (!osl_grow(&tree->nodes, &tree->capacity, tree->count + 1,
                  sizeof *tree->nodes))
        return false;
    osl_html_node *added = &tree->nodes[tree->count++];
    *added = (osl_html_node){.node = node,
                             .parent = parent,
                             .end = (uint32_t)tree->count,
                             .role = role_of(node)};
    if (added->role == OSL_HTML_TEXT)
        added->text_bytes = count_letters(node->v.text.text);
    else
        added->is_hidden = is_hidden(node);
    return true;
}

/* All below node `at` stand in the array: its sums go to its parent. */
static void close_node(osl_html_tree *tree, uint32_t at)
{
    osl_html_node *node = &tree->nodes[at];
    node->end = (uint32_t)tree->count;
    if (node->role == OSL_HTML_LINK) {
        node->link_bytes = node->text_bytes;
        node->links = node->text_bytes > 0;
    }
    if (at == 0 || node->role == OSL_HTML_SKIP)
        return;
    osl_html_node *parent = &tree->nodes[node->parent];
    parent->text_bytes += node->text_bytes;
    parent->link_bytes += node->link_bytes;
    parent->links += node->links;
}

static bool goes_in(const GumboNode *node)
{
    return node->type == GUMBO_NODE_ELEMENT ||
           node->type == GUMBO_NODE_TEMPLATE || is_text_node(node);
}

/* The next child of node `at` that is to stand in the array. How far it has
 * come is kept in `end` until the node is closed. */
static const GumboNode *next_child(osl_html_tree *tree, uint32_t at)
{
    osl_html_node *node = &tree->nodes[at];
    if (node->role == OSL_HTML_TEXT)
        return NULL;
    const GumboVector *children = &node->node->v.element.children;
    while (node->end < children->length) {
        const GumboNode *child = children->data[node->end++];
        if (goes_in(child))
            return child;
    }
    return NULL;
}

static bool flatten(osl_html_tree *tree, const GumboNode *root)
{
    if (!add_node(tree, root, 0))
        return false;
    tree->nodes[0].end = 0;
    uint32_t at = 0;
    for (;;) {
        const GumboNode *child = next_child(tree, at);
        if (child) {
            if (!add_node(tree, child, at))
                return false;
            at = (uint32_t)tree->count - 1;
            tree->nodes[at].end = 0;
            continue;
        }
        close_node(tree, at);
        if (at == 0)
            return true;
        at = tree->nodes[at].parent;
    }
}

bool osl_html_parse(osl_html_tree *tree, osl_text html)
{
    tree->too_deep = osl_html_prepare(&tree->prepared, html);
    osl_buf_put_byte(&tree->prepared, '\0');
    if (tree->prepared.failed)
        return false;
    tree->prepared.length--;
    const GumboOutput *output = parse(tree);
    return output && flatten(tree, output->root);
}

void osl_html_tree_clear(osl_html_tree *tree)
{
    osl_arena_clear(&tree->arena);
    osl_buf_clear(&tree->prepared);
    free(tree->nodes);
    tree->nodes = NULL;
    tree->count = tree->capacity = 0;
}

/* ---- looking ----------------------------------------------------------- */

const char *osl_html_attribute(const osl_html_node *node, const char *name)
{
    if (node->role == OSL_HTML_TEXT)
        return NULL;
    const GumboAttribute *found =
        gumbo_get_attribute(&node->node->v.element.attributes, name);
    return found ? found->value : NULL;
}

GumboTag osl_html_tag(const osl_html_node *node)
{
    return node->role == OSL_HTML_TEXT ? GUMBO_TAG_LAST
                                       : node->node->v.element.tag;
}

uint32_t osl_html_line(const osl_html_node *node)
{
    return node->role == OSL_HTML_TEXT ? node->node->v.text.start_pos.line
                                       : node->node->v.element.start_pos.line;
}

osl_text osl_html_node_text(const osl_html_node *node)
{
    return osl_text_of(node->node->v.text.text);
}

static void put_folded(osl_buf *out, const char *text)
{
    for (; *text; text++) {
        bool is_blank = (uint8_t)*text <= ' ';
        if (!is_blank)
            osl_buf_put_byte(out, (uint8_t)*text);
        else if (out->length && out->bytes[out->length - 1] != ' ')
            osl_buf_put_byte(out, ' ');
    }
}

void osl_html_text(const osl_html_tree *tree, uint32_t at, osl_buf *out)
{
    for (uint32_t i = at; i < tree->nodes[at].end;) {
        const osl_html_node *node = &tree->nodes[i];
        if (node->is_dropped || (node->role == OSL_HTML_SKIP && i != at)) {
            i = node->end;
            continue;
        }
        if (node->role == OSL_HTML_TEXT)
            put_folded(out, node->node->v.text.text);
        else if (node->role != OSL_HTML_INLINE && node->role < OSL_HTML_SUP)
            put_folded(out, " ");
        i++;
    }
    while (out->length && out->bytes[out->length - 1] == ' ')
        out->length--;
}
