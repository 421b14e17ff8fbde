/* SPDX-License-Identifier: MIT
 *
 * Titles carry the site's name in front or behind ("Asthma | Hospital"); the
 * page's h1 does not, so where one holds the other the h1 is right. Without
 * an h1, a last part is cut off where it is the site's name. */
#include "corpus/html_meta.h"

#include <string.h>
#include <strings.h>

#include "corpus/prose.h"

typedef struct page_facts {
    const char *title; /* og:title and the like */
    const char *site, *url, *language, *audience;
    const char *dates[3];    /* changed, unclear, published */
    uint32_t title_node, h1; /* 0: none */
    unsigned h1_count;
} page_facts;

static bool is_one_of(const char *name, const char *const *names)
{
    for (; name && *names; names++)
        if (strcasecmp(name, *names) == 0)
            return true;
    return false;
}

/* Which of facts.dates a meta's name is for; 3: none. */
static size_t date_rank(const char *name)
{
    static const char *const changed[] = {"article:modified_time",
                                          "og:updated_time",
                                          "dcterms.modified",
                                          "dc.date.modified",
                                          "dc.date.lastmodified",
                                          "last-modified",
                                          "datemodified",
                                          "lastmod",
                                          "revised",
                                          "date_modified",
                                          "dcterms.date.modified",
                                          "last_updated",
                                          "lastupdated",
                                          "last-updated",
                                          "last-reviewed",
                                          "modified",
                                          "dcterms.updated",
                                          NULL};
    static const char *const unclear[] = {
        "date", "dc.date", "dcterms.date", "citation_date", "pubdate", NULL};
    static const char *const published[] = {"article:published_time",
                                            "dcterms.issued",
                                            "dc.date.issued",
                                            "datepublished",
                                            "dcterms.created",
                                            "dc.date.created",
                                            "citation_publication_date",
                                            NULL};
    return is_one_of(name, changed)     ? 0
           : is_one_of(name, unclear)   ? 1
           : is_one_of(name, published) ? 2
                                        : 3;
}

static void take(const char **slot, const char *value)
{
    if (!*slot && value && *value)
        *slot = value;
}

static void read_meta(page_facts *facts, const osl_html_node *node)
{
    static const char *const titles[] = {"og:title", "dcterms.title",
                                         "dc.title", "citation_title", NULL};
    static const char *const languages[] = {"content-language", "dc.language",
                                            "dcterms.language", NULL};
    static const char *const audiences[] = {"audience", "dcterms.audience",
                                            "dc.audience", NULL};
    const char *value = osl_html_attribute(node, "content");
    static const char *const keys[] = {"name", "property", "itemprop",
                                       "http-equiv"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *name = osl_html_attribute(node, keys[i]);
        if (!name)
            continue;
        size_t rank = date_rank(name);
        if (rank < 3)
            take(&facts->dates[rank], value);
        if (is_one_of(name, titles))
            take(&facts->title, value);
        if (is_one_of(name, languages))
            take(&facts->language, value);
        if (is_one_of(name, audiences))
            take(&facts->audience, value);
        if (strcasecmp(name, "og:site_name") == 0 ||
            strcasecmp(name, "application-name") == 0)
            take(&facts->site, value);
        if (strcasecmp(name, "og:url") == 0)
            take(&facts->url, value);
    }
}

static void read_node(page_facts *facts, const osl_html_tree *tree, uint32_t at)
{
    const osl_html_node *node = &tree->nodes[at];
    const char *rel, *property;
    switch (osl_html_tag(node)) {
    case GUMBO_TAG_META:
        read_meta(facts, node);
        break;
    case GUMBO_TAG_LINK:
        rel = osl_html_attribute(node, "rel");
        if (rel && strcasecmp(rel, "canonical") == 0)
            facts->url = osl_html_attribute(node, "href");
        break;
    case GUMBO_TAG_TITLE:
        if (!facts->title_node)
            facts->title_node = at;
        break;
    case GUMBO_TAG_TIME:
        property = osl_html_attribute(node, "itemprop");
        if (property)
            take(&facts->dates[strcasecmp(property, "dateModified") ? 2 : 0],
                 osl_html_attribute(node, "datetime"));
        break;
    case GUMBO_TAG_H1:
        if (!node->is_dropped && node->text_bytes && facts->h1_count++ == 0)
            facts->h1 = at;
        break;
    case GUMBO_TAG_HTML:
        take(&facts->language, osl_html_attribute(node, "lang"));
        take(&facts->language, osl_html_attribute(node, "xml:lang"));
        break;
    case GUMBO_TAG_BODY:
        take(&facts->language, osl_html_attribute(node, "lang"));
        break;
    default:
        break;
    }
}

/* ---- title ------------------------------------------------------------- */

static bool holds(osl_text in, osl_text part)
{
    for (size_t i = 0; part.length && i + part.length <= in.length; i++)
        if (strncasecmp(in.bytes + i, part.bytes, part.length) == 0)
            return true;
    return false;
}

/* "PB_CB_22", "index": a file's name. */
static bool is_file_name(osl_text title)
{
    return !memchr(title.bytes, ' ', title.length) &&
           (memchr(title.bytes, '_', title.length) ||
            osl_prose_same(title, "index") ||
            osl_prose_same(title, "untitled"));
}

static void find_first_heading(const osl_html_tree *tree, osl_buf *out)
{
    for (uint32_t i = 0; i < tree->count; i++) {
        const osl_html_node *node = &tree->nodes[i];
        const char *class = osl_html_attribute(node, "class");
        const char *given = osl_html_attribute(node, "data-title");
        if (given && *given) {
            osl_buf_put_text(out, osl_text_of(given));
            return;
        }
        bool is_heading =
            node->role == OSL_HTML_HEADING ||
            (class && node->role == OSL_HTML_BLOCK && node->text_bytes < 100 &&
             (strcasestr(class, "head") || strcasestr(class, "title")));
        if (is_heading && node->text_bytes && !node->is_dropped) {
            osl_html_text(tree, i, out);
            return;
        }
    }
}

static void find_title(const page_facts *facts, const osl_html_tree *tree,
                       osl_buf *title)
{
    osl_buf h1_text = {0}, head_text = {0};
    if (facts->h1)
        osl_html_text(tree, facts->h1, &h1_text);
    if (facts->title)
        osl_buf_put_text(&head_text, osl_text_of(facts->title));
    else if (facts->title_node)
        osl_html_text(tree, facts->title_node, &head_text);
    osl_text h1 = osl_prose_trim(osl_buf_text(&h1_text));
    osl_text head = osl_prose_trim(osl_buf_text(&head_text));
    osl_text bare = osl_prose_without_site(head, facts->site);
    bool is_useless = bare.length == 0 || is_file_name(bare);
    if (h1.length && (is_useless || holds(head, h1) ||
                      (facts->h1_count == 1 && !facts->title)))
        osl_buf_put_text(title, h1);
    else if (!is_useless)
        osl_buf_put_text(title, bare);
    else
        find_first_heading(tree, title);
    if (title->length == 0)
        osl_buf_put_text(title, bare);
    title->failed |= h1_text.failed || head_text.failed;
    osl_buf_clear(&h1_text);
    osl_buf_clear(&head_text);
}

/* ---- the rest ---------------------------------------------------------- */

/* "Last updated: 3 May 2019" in a short piece of text. */
static bool find_printed_date(const osl_html_tree *tree, osl_draft *draft)
{
    for (uint32_t i = 1; i < tree->count; i++) {
        const osl_html_node *node = &tree->nodes[i];
        if (node->role != OSL_HTML_TEXT || node->text_bytes < 4 ||
            !osl_prose_begins_date(osl_html_node_text(node)))
            continue;
        const osl_html_node *parent = &tree->nodes[node->parent];
        if (parent->text_bytes > 70 || parent->role == OSL_HTML_SKIP)
            continue;
        osl_buf text = {0};
        osl_text date;
        /* "<b>Updated:</b> 2019": the date may stand behind the element. */
        bool is_alone = parent->text_bytes == node->text_bytes;
        osl_html_text(tree, is_alone ? parent->parent : node->parent, &text);
        if (osl_prose_date_line(osl_buf_text(&text), &date))
            osl_draft_meta(draft, OSL_META_UPDATED, date);
        if (text.failed)
            osl_draft_out_of_memory(draft);
        osl_buf_clear(&text);
        if (osl_draft_has_meta(draft, OSL_META_UPDATED))
            return true;
    }
    return false;
}

/* The string behind `"key":"` in a script of the page. */
static osl_text find_in_script(osl_text source, const char *key)
{
    const char *at = memmem(source.bytes, source.length, key, strlen(key));
    const char *end = source.bytes + source.length;
    if (!at)
        return (osl_text){0};
    at += strlen(key);
    while (at < end && strchr("\": \t", *at) && *at)
        at++;
    const char *close = memchr(at, '"', (size_t)(end - at));
    if (!close || close - at > 64)
        return (osl_text){0};
    return (osl_text){at, (size_t)(close - at)};
}

/* "<!-- saved from url=(0025)https://…  -->" */
static osl_text find_saved_url(osl_text source)
{
    size_t within = source.length < 2048 ? source.length : 2048;
    const char *at = memmem(source.bytes, within, "saved from url=(", 16);
    const char *end = source.bytes + within;
    const char *start = at ? memchr(at, ')', (size_t)(end - at)) : NULL;
    if (!start)
        return (osl_text){0};
    const char *to = ++start;
    while (to < end && *to != ' ' && *to != '-' && *to != '\n')
        to++;
    while (to < end && *to != ' ' && *to != '\n' && *to != '>')
        to++;
    return (osl_text){start, (size_t)(to - start)};
}

static void set(osl_draft *draft, osl_meta what, osl_text value)
{
    value = osl_prose_trim(value);
    if (value.length)
        osl_draft_meta(draft, what, value);
}

static void set_dates(const page_facts *facts, const osl_html_tree *tree,
                      osl_text source, osl_draft *draft)
{
    set(draft, OSL_META_UPDATED, osl_text_of(facts->dates[0]));
    if (!osl_draft_has_meta(draft, OSL_META_UPDATED))
        set(draft, OSL_META_UPDATED,
            find_in_script(source, "\"dateModified\""));
    if (!osl_draft_has_meta(draft, OSL_META_UPDATED) &&
        find_printed_date(tree, draft))
        return;
    for (size_t i = 1; i < 3; i++)
        if (!osl_draft_has_meta(draft, OSL_META_UPDATED))
            set(draft, OSL_META_UPDATED, osl_text_of(facts->dates[i]));
    if (!osl_draft_has_meta(draft, OSL_META_UPDATED))
        set(draft, OSL_META_UPDATED,
            find_in_script(source, "\"datePublished\""));
}

static void set_audience(const page_facts *facts, osl_text title,
                         osl_draft *draft)
{
    if (facts->audience)
        set(draft, OSL_META_AUDIENCE, osl_text_of(facts->audience));
    else if (holds(title, osl_text_of("health professional")))
        set(draft, OSL_META_AUDIENCE, osl_text_of("Health professionals"));
    else if (holds(title, osl_text_of("patient version")))
        set(draft, OSL_META_AUDIENCE, osl_text_of("Patients"));
}

void osl_html_meta(const osl_html_tree *tree, osl_text source, osl_draft *draft,
                   osl_buf *title)
{
    page_facts facts = {0};
    for (uint32_t i = 0; i < tree->count; i++)
        read_node(&facts, tree, i);
    find_title(&facts, tree, title);
    set(draft, OSL_META_TITLE, osl_buf_text(title));
    set(draft, OSL_META_URL, osl_text_of(facts.url));
    if (!osl_draft_has_meta(draft, OSL_META_URL))
        set(draft, OSL_META_URL, find_saved_url(source));
    set(draft, OSL_META_LANGUAGE, osl_text_of(facts.language));
    set_dates(&facts, tree, source, draft);
    set_audience(&facts, osl_buf_text(title), draft);
}
