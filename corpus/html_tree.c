/* SPDX-License-Identifier: MIT */
#include "corpus/html_tree.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "corpus/html_prepare.h"
#include "corpus/mend.h"
#include "corpus/prose.h"

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

/* ---- the array --------------------------------------------------------- */

static bool is_text_node(const GumboNode *node)
{
    return node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_CDATA ||
           node->type == GUMBO_NODE_WHITESPACE;
}

static bool style_hides(const char *style)
{
    const char *at = strcasestr(style, "display");
    if (at && strncmp(at + 7 + strspn(at + 7, " :"), "none", 4) == 0)
        return true;
    at = strcasestr(style, "visibility");
    return at && strncmp(at + 10 + strspn(at + 10, " :"), "hidden", 6) == 0;
}

static bool is_hidden(const osl_html_node *node)
{
    if (node->of.attributes.count == 0)
        return false;
    const char *style = osl_html_attribute(node, "style");
    const char *aria = osl_html_attribute(node, "aria-hidden");
    return osl_html_attribute(node, "hidden") ||
           (aria && strcasecmp(aria, "true") == 0) ||
           (style && style_hides(style));
}

static uint32_t add_node(osl_html_tree *tree, uint32_t parent,
                         const osl_html_node *node)
{
    if (tree->count == UINT32_MAX ||
        !osl_grow(&tree->nodes, &tree->capacity, tree->count + 1,
                  sizeof *tree->nodes))
        return UINT32_MAX;
    uint32_t at = (uint32_t)tree->count++;
    tree->nodes[at] = *node;
    tree->nodes[at].parent = parent;
    tree->nodes[at].end = at + 1;
    return at;
}

uint32_t osl_html_add_text(osl_html_tree *tree, uint32_t parent, osl_text text,
                           uint32_t line)
{
    return add_node(tree, parent,
                    &(osl_html_node){.of.text = text,
                                     .line = line,
                                     .text_bytes = osl_prose_letters(text),
                                     .tag = GUMBO_TAG_LAST,
                                     .role = OSL_HTML_TEXT});
}

uint32_t osl_html_add_element(osl_html_tree *tree, uint32_t parent,
                              osl_html_node element)
{
    /* The button that opens an accordion's panel is its heading's text. */
    bool is_header = element.tag == GUMBO_TAG_BUTTON && tree->count > parent &&
                     tree->nodes[parent].role == OSL_HTML_HEADING;
    if (element.role != OSL_HTML_SKIP && !is_header)
        element.role = element.tag < GUMBO_TAG_LAST ? roles[element.tag]
                                                    : (uint8_t)OSL_HTML_INLINE;
    element.is_hidden = is_hidden(&element);
    return add_node(tree, parent, &element);
}

/* The attributes of an element as an array of our own. */
static void take_attributes(osl_html_tree *tree, const GumboVector *given,
                            osl_html_node *node)
{
    osl_html_attr *items =
        given->length ? take(tree, given->length * sizeof *items) : NULL;
    for (unsigned i = 0; i < given->length; i++) {
        const GumboAttribute *one = given->data[i];
        items[i] = (osl_html_attr){one->name, one->value};
    }
    node->of.attributes.items = items;
    node->of.attributes.count = given->length;
}

static uint32_t add_made(osl_html_tree *tree, uint32_t parent,
                         const GumboNode *made)
{
    if (is_text_node(made))
        return osl_html_add_text(tree, parent, osl_text_of(made->v.text.text),
                                 made->v.text.start_pos.line);
    osl_html_node node = {.made_of = made,
                          .line = made->v.element.start_pos.line,
                          .tag = (uint16_t)made->v.element.tag};
    if (made->type == GUMBO_NODE_TEMPLATE)
        node.role = OSL_HTML_SKIP;
    take_attributes(tree, &made->v.element.attributes, &node);
    return osl_html_add_element(tree, parent, node);
}

/* All below node `at` stand in the array: its sums go to its parent. */
void osl_html_end(osl_html_tree *tree, uint32_t at)
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
    const GumboVector *children = &node->made_of->v.element.children;
    while (node->end < children->length) {
        const GumboNode *child = children->data[node->end++];
        if (goes_in(child))
            return child;
    }
    return NULL;
}

static bool flatten(osl_html_tree *tree, const GumboNode *root)
{
    uint32_t at = add_made(tree, 0, root);
    if (at != 0)
        return false;
    tree->nodes[0].end = 0;
    for (;;) {
        const GumboNode *child = next_child(tree, at);
        if (child) {
            at = add_made(tree, at, child);
            if (at == UINT32_MAX)
                return false;
            tree->nodes[at].end = 0;
            continue;
        }
        osl_html_end(tree, at);
        if (at == 0)
            return true;
        at = tree->nodes[at].parent;
    }
}

/* Parser and array in one: memory may end anywhere in both. */
static bool parse(osl_html_tree *tree)
{
    GumboOptions options = kGumboDefaultOptions;
    options.allocator = take;
    options.deallocator = give_back;
    options.userdata = tree;
    options.max_errors = 0;
    options.tab_stop = 1;
    if (setjmp(tree->out_of_memory) != 0)
        return false;
    const GumboOutput *output = gumbo_parse_with_options(
        &options, (const char *)tree->prepared.bytes, tree->prepared.length);
    return flatten(tree, output->root);
}

/* A C1 control, which the parser takes for broken, is a sign of UTF-8 that was
 * read as Latin-1. */
static bool has_c1(osl_text text)
{
    const char *end = text.bytes + text.length;
    for (const char *at = text.bytes;
         (at = memchr(at, 0xC2, (size_t)(end - at))); at++)
        if (at + 1 < end && (uint8_t)at[1] < 0xA0)
            return true;
    return false;
}

static bool prepare(osl_html_tree *tree, osl_text html)
{
    osl_buf *prepared = &tree->prepared;
    /* What is left is less, as a rule. */
    (void)osl_buf_room(prepared, html.length + 1);
    tree->too_deep = osl_html_prepare(prepared, html);
    if (!prepared->failed && prepared->length && has_c1(osl_buf_text(prepared)))
        prepared->length =
            osl_mend_mojibake((char *)prepared->bytes, prepared->length);
    osl_buf_put_byte(&tree->prepared, '\0');
    if (tree->prepared.failed)
        return false;
    tree->prepared.length--;
    return true;
}

bool osl_html_parse(osl_html_tree *tree, osl_text html)
{
    return prepare(tree, html) && (osl_html_parse_simple(tree) || parse(tree));
}

bool osl_html_parse_fully(osl_html_tree *tree, osl_text html)
{
    return prepare(tree, html) && parse(tree);
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
    for (size_t i = 0; i < node->of.attributes.count; i++)
        if (strcmp(node->of.attributes.items[i].name, name) == 0)
            return node->of.attributes.items[i].value;
    return NULL;
}

GumboTag osl_html_tag(const osl_html_node *node)
{
    return (GumboTag)node->tag;
}

uint32_t osl_html_line(const osl_html_node *node)
{
    return node->line;
}

osl_text osl_html_node_text(const osl_html_node *node)
{
    return node->of.text;
}

static void put_folded(osl_buf *out, osl_text text)
{
    uint8_t *to = osl_buf_room(out, text.length);
    if (to == NULL)
        return;
    bool is_blank = out->length == 0 || to[-1] == ' ';
    for (size_t i = 0; i < text.length; i++) {
        uint8_t byte = (uint8_t)text.bytes[i];
        if (byte > ' ')
            *to++ = byte;
        else if (!is_blank)
            *to++ = ' ';
        is_blank = byte <= ' ';
    }
    out->length = (size_t)(to - out->bytes);
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
            put_folded(out, node->of.text);
        else if (node->role != OSL_HTML_INLINE && node->role < OSL_HTML_SUP)
            put_folded(out, osl_text_of(" "));
        i++;
    }
    while (out->length && out->bytes[out->length - 1] == ' ')
        out->length--;
}
