/* SPDX-License-Identifier: MIT
 *
 * Finding what a page is about. It works by taking away, because losing a
 * recommendation is worse than keeping a menu's line:
 *
 *   1. furniture goes by what it says of itself (nav, footer, roles, words in
 *      class and id) or by what it is made of (blocks of short links), always
 *      guarded by how much of the page's prose would go with it;
 *   2. the content's root is <main> or its like where it holds enough of what
 *      is left; else we go down from the body as long as one child holds all
 *      but crumbs (compare Readability, Arc90 2009, which climbs up from
 *      paragraphs and loses side by side sections). */
#include "corpus/html_tree.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "corpus/prose.h"

typedef struct page_parts {
    osl_html_tree *tree;
    uint32_t *kept; /* prose bytes before each node, dropped parts not in */
    uint32_t prose; /* of the whole page, before anything is dropped */
    uint32_t content_end; /* end of the <main> or <article> we are in */
} page_parts;

static uint32_t prose_of(const osl_html_node *node)
{
    return node->text_bytes - node->link_bytes;
}

static bool is_most(const page_parts *page, const osl_html_node *node)
{
    return prose_of(node) > page->prose / 3;
}

/* ---- words of class, id and role --------------------------------------- */

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* The next word of "main-nav skipLink" in *word, cut at signs, digits and
 * where a capital follows a small letter; false behind the last. */
static bool next_word(const char **at, osl_text *word)
{
    const char *start = *at;
    while (*start && !is_word_char(*start))
        start++;
    const char *end = start;
    while (is_word_char(*end) &&
           (end == start || !is_upper(*end) || is_upper(end[-1])))
        end++;
    *at = end;
    *word = (osl_text){start, (size_t)(end - start)};
    return end > start;
}

static bool names_one_of(const char *value, const char *const *words)
{
    osl_text word;
    while (value && next_word(&value, &word))
        for (const char *const *one = words; *one; one++)
            if ((*word.bytes | 0x20) == **one && osl_prose_same(word, *one))
                return true;
    return false;
}

static bool is_named(const osl_html_node *node, const char *const *words)
{
    return names_one_of(osl_html_attribute(node, "class"), words) ||
           names_one_of(osl_html_attribute(node, "id"), words);
}

/* Furniture by these names alone. */
static const char *const strong_names[] = {
    "breadcrumb",   "breadcrumbs", "crumbs",        "cookie",     "cookies",
    "consent",      "gdpr",        "skip",          "skiplink",   "skiplinks",
    "skipnav",      "share",       "sharing",       "social",     "addthis",
    "addtoany",     "sharethis",   "pagination",    "pager",      "paginator",
    "newsletter",   "subscribe",   "login",         "signin",     "toolbar",
    "advert",       "advertising", "advertisement", "adsense",    "sponsored",
    "popup",        "lightbox",    "navbar",        "disqus",     "survey",
    "searchbar",    "byline",      "backtotop",     "headerlink", "noprint",
    "screenreader", "hidden",      "masthead",      "feedback",   "editsection",
    "catlinks",     "printfooter", "postmeta",      NULL};

/* Furniture where it is also made of links, or has a few words only. */
static const char *const weak_names[] = {
    "nav",   "navigation", "menu",     "footer", "sidebar", "tools",
    "toc",   "related",    "banner",   "header", "widget",  "search",
    "promo", "links",      "dropdown", "toggle", "modal",   "copyright",
    "tags",  "aside",      "rail",     "ad",     "ads",     "language",
    "print", "tooltip",    NULL};

/* Seen by nobody: for screen readers. */
static bool is_for_screen_readers(const osl_html_node *node)
{
    const char *class = osl_html_attribute(node, "class");
    return class && node->text_bytes < 80 &&
           (strcasestr(class, "sr-only") ||
            strcasestr(class, "screen-reader") ||
            strcasestr(class, "visually-hidden") ||
            strcasestr(class, "visuallyhidden"));
}

/* ---- what goes --------------------------------------------------------- */

static bool has_heading(const page_parts *page, uint32_t at)
{
    const osl_html_node *nodes = page->tree->nodes;
    for (uint32_t i = at + 1; i < nodes[at].end; i++)
        if (nodes[i].role == OSL_HTML_HEADING)
            return true;
    return false;
}

/* A collapsed panel of an accordion is hidden only until someone clicks. */
static bool is_collapsed(const osl_html_node *node)
{
    static const char *const names[] = {
        "accordion", "collapse",   "collapsed", "collapsible", "panel",
        "tab",       "expandable", "expand",    "details",     NULL};
    static const char *const vague[] = {"content", NULL};
    const char *role = osl_html_attribute(node, "role");
    if (prose_of(node) < 30 || node->link_bytes * 3 >= node->text_bytes)
        return false;
    return (role &&
            (strcmp(role, "tabpanel") == 0 || strcmp(role, "region") == 0)) ||
           is_named(node, names) ||
           (prose_of(node) >= 150 && is_named(node, vague));
}

static bool is_furniture_tag(const page_parts *page, uint32_t at)
{
    const osl_html_node *node = &page->tree->nodes[at];
    bool inside = at < page->content_end;
    bool is_linked = node->link_bytes * 2 > node->text_bytes;
    switch (osl_html_tag(node)) {
    case GUMBO_TAG_NAV:
    case GUMBO_TAG_FOOTER:
    case GUMBO_TAG_FORM:
    case GUMBO_TAG_DEL:
    case GUMBO_TAG_S:
    case GUMBO_TAG_STRIKE:
        return true;
    case GUMBO_TAG_HEADER:
        return !inside &&
               (is_linked || prose_of(node) < 120 || !has_heading(page, at));
    case GUMBO_TAG_ASIDE:
        return !inside || is_linked;
    default:
        return false;
    }
}

static bool is_furniture_role(const osl_html_node *node)
{
    static const char *const roles[] = {
        "navigation", "banner",        "contentinfo", "search",  "menu",
        "menubar",    "dialog",        "alertdialog", "toolbar", "menuitem",
        "tooltip",    "complementary", NULL};
    const char *role = osl_html_attribute(node, "role");
    return role && names_one_of(role, roles);
}

static bool is_furniture_name(const osl_html_node *node)
{
    if (is_for_screen_readers(node))
        return true;
    bool is_block =
        node->role != OSL_HTML_INLINE && node->role != OSL_HTML_BOLD;
    if (!is_block && node->text_bytes > 60)
        return false;
    if (is_named(node, strong_names))
        return true;
    return is_block && node->role != OSL_HTML_HEADING &&
           (node->link_bytes * 2 > node->text_bytes ||
            (node->text_bytes < 40 && node->links > 0)) &&
           is_named(node, weak_names);
}

/* Whether the text before node `at` ends with a colon: what follows belongs
 * to it. */
static bool is_announced(const osl_html_tree *tree, uint32_t at)
{
    while (at-- > 0) {
        const osl_html_node *node = &tree->nodes[at];
        if (node->role != OSL_HTML_TEXT || node->text_bytes == 0)
            continue;
        osl_text text = osl_prose_trim(osl_html_node_text(node));
        return text.bytes[text.length - 1] == ':';
    }
    return false;
}

/* A block of nothing but short links. */
static bool is_link_block(const page_parts *page, uint32_t at)
{
    const osl_html_node *node = &page->tree->nodes[at];
    bool is_candidate = node->role == OSL_HTML_LIST ||
                        node->role == OSL_HTML_TABLE ||
                        node->role == OSL_HTML_BLOCK;
    if (!is_candidate || node->links < 3 ||
        node->link_bytes * 5 < node->text_bytes * 4)
        return false;
    uint32_t mean = node->link_bytes / node->links;
    return mean < (at < page->content_end ? 50u : 80u) &&
           !is_announced(page->tree, at);
}

static bool is_furniture(const page_parts *page, uint32_t at)
{
    const osl_html_node *node = &page->tree->nodes[at];
    if (node->is_hidden)
        return !is_collapsed(node);
    if (node->role == OSL_HTML_TEXT || is_most(page, node))
        return false;
    return is_furniture_tag(page, at) || is_furniture_role(node) ||
           is_furniture_name(node) || is_link_block(page, at);
}

static bool is_content_tag(const osl_html_node *node)
{
    GumboTag tag = osl_html_tag(node);
    const char *role = osl_html_attribute(node, "role");
    return tag == GUMBO_TAG_MAIN || tag == GUMBO_TAG_ARTICLE ||
           (role && strcasecmp(role, "main") == 0);
}

static void drop_furniture(page_parts *page)
{
    osl_html_tree *tree = page->tree;
    for (uint32_t i = 0; i < tree->count;) {
        osl_html_node *node = &tree->nodes[i];
        if (i > page->content_end && is_content_tag(node))
            page->content_end = node->end;
        bool is_out = node->role == OSL_HTML_SKIP || is_furniture(page, i);
        node->is_dropped = is_out;
        i = is_out ? node->end : i + 1;
    }
}

/* ---- what stays -------------------------------------------------------- */

/* Fills page->kept. */
static void count_kept(page_parts *page)
{
    const osl_html_tree *tree = page->tree;
    uint32_t sum = 0, link_end = 0;
    for (uint32_t i = 0; i < tree->count;) {
        const osl_html_node *node = &tree->nodes[i];
        uint32_t next = node->is_dropped ? node->end : i + 1;
        if (node->role == OSL_HTML_LINK && node->end > link_end)
            link_end = node->end;
        for (uint32_t j = i; j < next; j++)
            page->kept[j] = sum;
        if (node->role == OSL_HTML_TEXT && i >= link_end && !node->is_dropped)
            sum += node->text_bytes;
        i = next;
    }
    page->kept[tree->count] = sum;
}

static uint32_t kept_in(const page_parts *page, uint32_t at)
{
    return page->kept[page->tree->nodes[at].end] - page->kept[at];
}

static bool is_main_name(const osl_html_node *node)
{
    static const char *const names[] = {"main",
                                        "main-content",
                                        "maincontent",
                                        "content",
                                        "main_content",
                                        "page-content",
                                        "article-body",
                                        "article-content",
                                        "post-content",
                                        "entry-content",
                                        "bodycontent",
                                        "mw-content-text",
                                        "articlebody",
                                        "quarto-document-content",
                                        NULL};
    const char *id = osl_html_attribute(node, "id");
    for (const char *const *name = names; id && *name; name++)
        if (strcasecmp(id, *name) == 0)
            return true;
    return false;
}

/* The best node that says it is the content, or 0. */
static uint32_t find_declared(const page_parts *page)
{
    const osl_html_tree *tree = page->tree;
    uint32_t total = page->kept[tree->count], best = 0, best_kept = 0;
    for (uint32_t i = 1; i < tree->count; i++) {
        const osl_html_node *node = &tree->nodes[i];
        if (node->role == OSL_HTML_TEXT || node->role == OSL_HTML_SKIP)
            continue;
        GumboTag tag = osl_html_tag(node);
        bool says_main = tag == GUMBO_TAG_MAIN ||
                         (tag != GUMBO_TAG_ARTICLE && is_content_tag(node));
        if (!says_main && tag != GUMBO_TAG_ARTICLE && !is_main_name(node))
            continue;
        uint32_t kept = kept_in(page, i);
        /* An article may be one of many, an id may lie. */
        bool is_enough = says_main ? kept > total / 3 : kept > total / 5 * 4;
        if (is_enough && kept > best_kept) {
            best = i;
            best_kept = kept;
        }
    }
    return best;
}

/* Whether a node beside the content is to be missed. */
static bool is_crumb(const page_parts *page, uint32_t at)
{
    const osl_html_node *node = &page->tree->nodes[at];
    return kept_in(page, at) < 60 && node->role != OSL_HTML_HEADING &&
           osl_html_tag(node) != GUMBO_TAG_P &&
           (node->role == OSL_HTML_TEXT || !has_heading(page, at));
}

/* The only child of `at` that is no crumb, or 0. */
static uint32_t sole_child(const page_parts *page, uint32_t at)
{
    const osl_html_node *nodes = page->tree->nodes;
    uint32_t sole = 0;
    for (uint32_t i = at + 1; i < nodes[at].end; i = nodes[i].end) {
        if (nodes[i].is_dropped || is_crumb(page, i))
            continue;
        if (sole)
            return 0;
        sole = i;
    }
    return sole && nodes[sole].role == OSL_HTML_BLOCK ? sole : 0;
}

uint32_t osl_html_find_main(osl_html_tree *tree)
{
    page_parts page = {.tree = tree, .prose = prose_of(&tree->nodes[0])};
    drop_furniture(&page);
    page.kept = calloc(tree->count + 1, sizeof *page.kept);
    if (!page.kept)
        return 0; /* all that is not dropped */
    count_kept(&page);
    uint32_t root = find_declared(&page);
    if (!root)
        for (uint32_t child; (child = sole_child(&page, root));)
            root = child;
    free(page.kept);
    return root;
}

void osl_html_drop_hidden(osl_html_tree *tree)
{
    for (uint32_t i = 0; i < tree->count; i++) {
        osl_html_node *node = &tree->nodes[i];
        if (node->role == OSL_HTML_TEXT)
            continue;
        GumboTag tag = osl_html_tag(node);
        bool is_short = node->text_bytes < 400;
        node->is_dropped = tag == GUMBO_TAG_NAV || tag == GUMBO_TAG_DEL ||
                           tag == GUMBO_TAG_S || tag == GUMBO_TAG_STRIKE ||
                           (node->is_hidden && is_short) ||
                           (is_short && is_named(node, strong_names));
    }
}
