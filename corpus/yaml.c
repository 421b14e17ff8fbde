/* SPDX-License-Identifier: MIT
 *
 * YAML that holds pages: what a content system exports (each item of the
 * outermost list a page, its text as HTML in block scalars), or a file that a
 * person wrote (keys are headings).
 *
 *   - entity: node
 *     title: 'Breast Cancer Screening (PDQ®)'
 *     langcode: en
 *     field_summary_sections:
 *       - field_pdq_section_title:
 *           - value: 'What is screening?'
 *         field_pdq_section_html:
 *           - value: |
 *               <p>Screening is looking for cancer …
 *
 * The last word of a key says what its value is: "…_title" and "…_heading"
 * head the map that they stand in, "…_id", "…_url", "image…" and such are
 * never prose. "title__ES" is a translation: a document of its own. */
#include <stdio.h>
#include <string.h>

#include "corpus/clean.h"
#include "corpus/html_walk.h"
#include "corpus/mend.h"
#include "corpus/prose.h"
#include "corpus/reader.h"
#include "corpus/xml_shape.h"
#include "corpus/yaml_tree.h"

typedef struct yaml_walk {
    osl_draft *draft;
    osl_error *err;
    osl_status status;
    bool is_export;   /* keys are names of fields, no headings */
    osl_text variant; /* "ES"; empty for the first language */
    bool has_text;
    osl_buf plain;        /* scratch: headings without their mark-up */
    osl_text description; /* of the page: read where there is nothing else */
    uint32_t description_line;
} yaml_walk;

/* ---- keys -------------------------------------------------------------- */

typedef enum key_use {
    KEY_OTHER,
    KEY_TEXT,    /* text, and says nothing about it */
    KEY_HEADING, /* heads the map that it stands in */
    KEY_ABOUT,   /* describes the page */
    KEY_NEVER
} key_use;

typedef struct key_rule {
    const char *word; /* lower-case */
    key_use use;
} key_rule;

/* By the whole key, without "field_" and the mark of a translation. */
static const key_rule whole_keys[] = {
    {"browser_title", KEY_NEVER},
    {"card_title", KEY_NEVER},
    {"cthp_card_title", KEY_NEVER},
    {"override_title", KEY_NEVER},
    {"override_card_title", KEY_NEVER},
    {"citation", KEY_NEVER},
    {"citation_content", KEY_NEVER},
    {"bibliography", KEY_NEVER},
    {"references", KEY_NEVER},
    {"moderation_state", KEY_NEVER},
    {"date_display_mode", KEY_NEVER},
    {"hhs_syndication", KEY_NEVER},
    {"search_engine_restrictions", KEY_NEVER},
    {"schema_org_data", KEY_NEVER},
    {"site_section", KEY_NEVER},
    {"public_use", KEY_NEVER},
    {"related_resources", KEY_NEVER},
    {"internal_link", KEY_NEVER},
    {"external_link", KEY_NEVER},
    {"press_release_type", KEY_NEVER},
    {"page_style", KEY_NEVER},
    {"additional_library", KEY_NEVER},
    {"button_text", KEY_NEVER},
    {"label", KEY_HEADING},
    {"description", KEY_TEXT},
};

/* By the last word of the key. */
static const key_rule last_words[] = {
    {"title", KEY_HEADING},    {"heading", KEY_HEADING},
    {"headline", KEY_HEADING}, {"header", KEY_HEADING},
    {"question", KEY_HEADING}, {"description", KEY_ABOUT},
    {"value", KEY_TEXT},       {"text", KEY_TEXT},
    {"content", KEY_TEXT},     {"contents", KEY_TEXT},
    {"body", KEY_TEXT},        {"html", KEY_TEXT},
    {"paragraphs", KEY_TEXT},  {"items", KEY_TEXT},
    {"sections", KEY_TEXT},    {"section", KEY_TEXT},
    {"children", KEY_TEXT},    {"answer", KEY_TEXT},
    {"pages", KEY_TEXT},       {"nodes", KEY_TEXT},
    {"markdown", KEY_TEXT},    {"id", KEY_NEVER},
    {"uuid", KEY_NEVER},       {"url", KEY_NEVER},
    {"uri", KEY_NEVER},        {"href", KEY_NEVER},
    {"link", KEY_NEVER},       {"links", KEY_NEVER},
    {"path", KEY_NEVER},       {"file", KEY_NEVER},
    {"filename", KEY_NEVER},   {"type", KEY_NEVER},
    {"format", KEY_NEVER},     {"bundle", KEY_NEVER},
    {"entity", KEY_NEVER},     {"status", KEY_NEVER},
    {"langcode", KEY_NEVER},   {"language", KEY_NEVER},
    {"keywords", KEY_NEVER},   {"tags", KEY_NEVER},
    {"alt", KEY_NEVER},        {"image", KEY_NEVER},
    {"images", KEY_NEVER},     {"media", KEY_NEVER},
    {"img", KEY_NEVER},        {"thumbnail", KEY_NEVER},
    {"credit", KEY_NEVER},     {"author", KEY_NEVER},
    {"authors", KEY_NEVER},    {"callback", KEY_NEVER},
    {"args", KEY_NEVER},       {"posted", KEY_NEVER},
    {"updated", KEY_NEVER},    {"reviewed", KEY_NEVER},
    {"date", KEY_NEVER},       {"time", KEY_NEVER},
    {"audience", KEY_NEVER},   {"code", KEY_NEVER},
    {"license", KEY_NEVER},    {"copyright", KEY_NEVER},
    {"item", KEY_TEXT},        {"class", KEY_NEVER},
    {"style", KEY_NEVER},      {"version", KEY_NEVER},
    {"slug", KEY_NEVER},       {"script", KEY_NEVER},
    {"run", KEY_NEVER},        {"command", KEY_NEVER},
};

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* "field_page_description__ES" → "page_description", variant "ES" */
static osl_text key_base(osl_text key, osl_text *variant)
{
    *variant = (osl_text){"", 0};
    if (key.length > 4 && key.bytes[key.length - 3] == '_' &&
        is_capital(key.bytes[key.length - 2]) &&
        is_capital(key.bytes[key.length - 1]) && !is_capital(*key.bytes)) {
        *variant = (osl_text){key.bytes + key.length - 2, 2};
        key.length -= key.bytes[key.length - 4] == '_' ? 4 : 3;
    }
    if (osl_text_starts_fold(key, "field_"))
        key = (osl_text){key.bytes + 6, key.length - 6};
    return key;
}

static osl_text last_word(osl_text key)
{
    size_t at = key.length;
    while (at > 0 && key.bytes[at - 1] != '_' && key.bytes[at - 1] != '-' &&
           key.bytes[at - 1] != ' ')
        at--;
    return (osl_text){key.bytes + at, key.length - at};
}

static bool rule_find(const key_rule *rules, size_t count, osl_text word,
                      key_use *use)
{
    for (size_t i = 0; i < count; i++)
        if (osl_text_equal_fold(word, osl_text_of(rules[i].word))) {
            *use = rules[i].use;
            return true;
        }
    return false;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

static key_use use_of(osl_text key)
{
    osl_text variant;
    key_use use = KEY_OTHER;
    if (key.length && (*key.bytes == '#' || *key.bytes == '$'))
        return KEY_NEVER;
    osl_text base = key_base(key, &variant);
    if (rule_find(whole_keys, COUNT(whole_keys), base, &use) ||
        rule_find(last_words, COUNT(last_words), last_word(base), &use))
        return use;
    return osl_text_starts_fold(base, "image_") ||
                   osl_text_starts_fold(base, "override_img")
               ? KEY_NEVER
               : KEY_OTHER;
}

/* "clinical_features" → "Clinical features" */
static osl_text words_of_key(osl_text key, char *to, size_t room)
{
    size_t length = 0;
    for (; length < key.length && length + 1 < room; length++) {
        to[length] = key.bytes[length];
        if (to[length] == '_' || to[length] == '-')
            to[length] = ' ';
    }
    if (length && to[0] >= 'a' && to[0] <= 'z')
        to[0] = (char)(to[0] - 'a' + 'A');
    return (osl_text){to, length};
}

/* ---- text -------------------------------------------------------------- */

static bool is_path(osl_text text)
{
    return memchr(text.bytes, ' ', text.length) == NULL ||
           osl_text_starts_fold(text, "http://") ||
           osl_text_starts_fold(text, "https://");
}

static bool has_markup(osl_text text)
{
    return text.length && memchr(text.bytes, '<', text.length) &&
           osl_html_looks_like(text);
}

/* A value of a key that says nothing of text needs to be a sentence. */
static bool is_text(const osl_yaml_node *node, key_use use)
{
    osl_text text = osl_text_trim(node->text);
    if (has_markup(text))
        return true;
    if (text.length == 0 || is_path(text) || !osl_xml_is_wordy(text))
        return false;
    return use == KEY_TEXT || node->is_block || osl_prose_words(text) >= 5;
}

static void put_text(yaml_walk *w, const osl_yaml_node *node,
                     osl_paragraph_kind kind, unsigned level)
{
    osl_text text = osl_text_trim(node->text);
    osl_draft_close_sections(w->draft, level);
    w->has_text = true;
    bool is_markup = has_markup(text);
    osl_draft_lines(w->draft, node->line, !node->is_block || !is_markup);
    if (is_markup)
        w->status = osl_html_fragment_at(w->draft, text, level, 1, w->err);
    else if (memchr(text.bytes, '\n', text.length))
        w->status = osl_text_fragment(w->draft, text, level, w->err);
    else
        osl_draft_paragraph(w->draft, kind, 1, text);
    osl_draft_close(w->draft);
    osl_draft_lines(w->draft, 1, false);
}

/* ---- the walk ---------------------------------------------------------- */

/* Recursion is bounded by OSL_YAML_DEPTH_MAX. */
static void walk(yaml_walk *w, const osl_yaml_node *node, key_use use,
                 unsigned level);

static osl_text plain_of(yaml_walk *w, osl_text html)
{
    osl_text plain = osl_mend_plain(html, &w->plain);
    if (w->plain.failed)
        osl_draft_out_of_memory(w->draft);
    return plain;
}

static osl_text heading_text(const osl_yaml_node *node)
{
    const osl_yaml_node *scalar = osl_yaml_scalar(node);
    osl_text text = scalar ? osl_text_trim(scalar->text) : (osl_text){"", 0};
    return text.length <= 500 ? text : (osl_text){"", 0};
}

static const osl_yaml_node *heading_of(const osl_yaml_node *map)
{
    for (const osl_yaml_node *child = map->first; child; child = child->next)
        if (use_of(child->key) == KEY_HEADING && heading_text(child).length)
            return child;
    return NULL;
}

static bool is_own_variant(const yaml_walk *w, const osl_yaml_node *node)
{
    osl_text variant;
    key_base(node->key, &variant);
    return osl_text_equal_fold(variant, w->variant);
}

static bool is_human(const yaml_walk *w, osl_text key)
{
    return !w->is_export && key.length >= 3 && key.length < 100 &&
           osl_is_alpha(*key.bytes);
}

static void walk_child(yaml_walk *w, const osl_yaml_node *child, unsigned level)
{
    char room[128];
    key_use use = use_of(child->key);
    if (use == KEY_NEVER ||
        (child->kind == OSL_YAML_SCALAR && !is_text(child, use)))
        return;
    osl_draft_close_sections(w->draft, level);
    if (use == KEY_OTHER && is_human(w, child->key))
        osl_draft_heading(w->draft, level++,
                          words_of_key(child->key, room, sizeof room));
    walk(w, child, use, level);
}

static void walk_map(yaml_walk *w, const osl_yaml_node *map, unsigned level)
{
    const osl_yaml_node *heading = heading_of(map);
    osl_text words = heading ? heading_text(heading) : (osl_text){"", 0};
    if (heading && osl_prose_is_tail_heading(words))
        return;
    if (heading)
        osl_draft_heading(w->draft, level++, plain_of(w, words));
    for (const osl_yaml_node *child = map->first; child && w->status == OSL_OK;
         child = child->next)
        if (child != heading)
            walk_child(w, child, level);
}

static void walk(yaml_walk *w, const osl_yaml_node *node, key_use use,
                 unsigned level)
{
    if (level > 60)
        level = 60;
    if (node->kind == OSL_YAML_MAP) {
        walk_map(w, node, level);
        return;
    }
    if (node->kind == OSL_YAML_SCALAR) {
        put_text(w, node, OSL_PARAGRAPH_PROSE, level);
        return;
    }
    for (const osl_yaml_node *item = node->first; item && w->status == OSL_OK;
         item = item->next) {
        if (item->kind != OSL_YAML_SCALAR)
            walk(w, item, use, level);
        else if (is_text(item, KEY_TEXT))
            put_text(w, item, OSL_PARAGRAPH_ITEM, level);
    }
}

/* ---- a page ------------------------------------------------------------ */

static bool key_ends(osl_text key, const char *word)
{
    osl_text tail = osl_text_of(word);
    return key.length >= tail.length &&
           osl_text_equal_fold(
               (osl_text){key.bytes + key.length - tail.length, tail.length},
               tail);
}

static void put_cdr(osl_draft *draft, osl_text number)
{
    char id[32];
    if (number.length == 0 || number.length > 10)
        return;
    int length =
        snprintf(id, sizeof id, "CDR%.*s%.*s", (int)(10 - number.length),
                 "0000000000", (int)number.length, number.bytes);
    if (length > 0)
        osl_draft_meta(draft, OSL_META_ALIAS, (osl_text){id, (size_t)length});
}

static const struct meta_key {
    const char *tail;
    osl_meta what;
} meta_keys[] = {
    /* the first that is there wins */
    {"date_updated", OSL_META_UPDATED},
    {"last_updated", OSL_META_UPDATED},
    {"updated", OSL_META_UPDATED},
    {"date_reviewed", OSL_META_UPDATED},
    {"date_posted", OSL_META_UPDATED},
    {"date", OSL_META_UPDATED},
    {"audience", OSL_META_AUDIENCE},
    {"pdq_url", OSL_META_URL},
    {"url", OSL_META_URL},
    {"langcode", OSL_META_LANGUAGE},
    {"language", OSL_META_LANGUAGE},
};

static osl_text value_of(const osl_yaml_node *node)
{
    const osl_yaml_node *scalar = osl_yaml_scalar(node);
    return scalar ? osl_text_trim(scalar->text) : (osl_text){"", 0};
}

static void put_meta(yaml_walk *w, const osl_yaml_node *page)
{
    osl_draft_meta(w->draft, OSL_META_KIND, osl_text_of("yaml"));
    if (w->variant.length)
        osl_draft_meta(w->draft, OSL_META_LANGUAGE, w->variant);
    for (size_t i = 0; i < COUNT(meta_keys); i++)
        for (const osl_yaml_node *child = page->first; child;
             child = child->next)
            if (key_ends(child->key, meta_keys[i].tail) &&
                child->key.length < strlen(meta_keys[i].tail) + 12)
                osl_draft_meta(w->draft, meta_keys[i].what, value_of(child));
    for (const osl_yaml_node *child = page->first; child; child = child->next)
        if (key_ends(child->key, "cdr_id"))
            put_cdr(w->draft, value_of(child));
}

/* The key that names a page, in the language at hand. */
static const osl_yaml_node *title_of(const osl_yaml_node *page,
                                     osl_text variant)
{
    static const char *const names[] = {"title", "name",      "heading",
                                        "topic", "condition", "info"};
    for (size_t i = 0; i < COUNT(names); i++)
        for (const osl_yaml_node *child = page->first; child;
             child = child->next) {
            osl_text own;
            osl_text base = key_base(child->key, &own);
            if (osl_text_equal_fold(base, osl_text_of(names[i])) &&
                osl_text_equal_fold(own, variant) && value_of(child).length)
                return child;
        }
    return NULL;
}

static void page_child(yaml_walk *w, const osl_yaml_node *child)
{
    key_use use = use_of(child->key);
    const osl_yaml_node *scalar = osl_yaml_scalar(child);
    if (use == KEY_ABOUT || (use == KEY_TEXT && !w->has_text &&
                             key_ends(child->key, "description"))) {
        if (scalar && !w->description.length &&
            osl_prose_words(scalar->text) >= 5) {
            w->description = scalar->text;
            w->description_line = scalar->line;
        }
        return;
    }
    if (use == KEY_HEADING) /* another title: of the page's card or tab */
        return;
    walk_child(w, child, 1);
}

static void page_read(yaml_walk *w, const osl_yaml_node *page, osl_text variant)
{
    w->variant = variant;
    w->has_text = false;
    w->description = (osl_text){"", 0};
    osl_draft_begin(w->draft);
    const osl_yaml_node *title = title_of(page, variant);
    if (title)
        osl_draft_meta(w->draft, OSL_META_TITLE, plain_of(w, value_of(title)));
    put_meta(w, page);
    for (const osl_yaml_node *child = page->first; child && w->status == OSL_OK;
         child = child->next)
        if (child != title && is_own_variant(w, child))
            page_child(w, child);
    if (!w->has_text && w->description.length)
        osl_draft_paragraph(w->draft, OSL_PARAGRAPH_PROSE, w->description_line,
                            w->description);
    osl_status ended = osl_draft_end(w->draft, w->err);
    if (w->status == OSL_OK)
        w->status = ended;
}

/* Pictures, files, terms: parts of pages that are named by themselves. */
static bool is_asset(const osl_yaml_node *page)
{
    static const char *const kinds[] = {
        "media", "file", "taxonomy_term", "menu_link_content", "user", "image"};
    const osl_yaml_node *entity = osl_yaml_child(page, "entity");
    for (size_t i = 0; entity && i < COUNT(kinds); i++)
        if (osl_text_equal_fold(value_of(entity), osl_text_of(kinds[i])))
            return true;
    return false;
}

static bool is_export(const osl_yaml_node *page)
{
    if (osl_yaml_child(page, "entity"))
        return true;
    for (const osl_yaml_node *child = page->first; child; child = child->next)
        if (osl_text_starts_fold(child->key, "field_"))
            return true;
    return false;
}

static void pages_read(yaml_walk *w, const osl_yaml_node *page)
{
    osl_text done[8];
    size_t count = 0;
    w->is_export = is_export(page);
    page_read(w, page, (osl_text){"", 0});
    for (const osl_yaml_node *child = page->first;
         child && w->status == OSL_OK && count < COUNT(done);
         child = child->next) {
        osl_text variant;
        size_t i = 0;
        key_base(child->key, &variant);
        while (i < count && !osl_text_equal_fold(done[i], variant))
            i++;
        if (variant.length == 0 || i < count)
            continue;
        done[count++] = variant;
        page_read(w, page, variant);
    }
}

/* ---- a file ------------------------------------------------------------ */

/* A list of maps that have titles: each is a page. */
static bool is_list_of_pages(const osl_yaml_node *list)
{
    size_t titled = 0;
    if (list->kind != OSL_YAML_LIST)
        return false;
    for (const osl_yaml_node *item = list->first; item; item = item->next) {
        if (item->kind != OSL_YAML_MAP)
            return false;
        titled += title_of(item, (osl_text){"", 0}) != NULL;
    }
    return titled > 0;
}

static const osl_yaml_node *list_of_pages(const osl_yaml_node *root)
{
    if (is_list_of_pages(root))
        return root;
    if (root->kind != OSL_YAML_MAP || !root->first || root->first->next)
        return NULL;
    return is_list_of_pages(root->first) ? root->first : NULL;
}

static void root_read(yaml_walk *w, const osl_yaml_node *root)
{
    const osl_yaml_node *list = list_of_pages(root);
    if (root->kind == OSL_YAML_SCALAR)
        return;
    if (list) {
        for (const osl_yaml_node *page = list->first;
             page && w->status == OSL_OK; page = page->next)
            if (!is_asset(page))
                pages_read(w, page);
        return;
    }
    if (root->kind == OSL_YAML_MAP) {
        pages_read(w, root);
        return;
    }
    osl_draft_begin(w->draft);
    osl_draft_meta(w->draft, OSL_META_KIND, osl_text_of("yaml"));
    walk(w, root, KEY_TEXT, 1);
    osl_status ended = osl_draft_end(w->draft, w->err);
    if (w->status == OSL_OK)
        w->status = ended;
}

/* A tree takes some four times its text. */
#define YAML_BYTES_MAX ((size_t)256 << 20)

static osl_status yaml_read(const osl_source *source, osl_draft *draft,
                            osl_error *err)
{
    osl_yaml_tree tree = {0};
    yaml_walk w = {.draft = draft, .err = err};
    if (source->bytes.length > YAML_BYTES_MAX) {
        osl_draft_report(draft, 0, "YAML over 256 MiB; split it");
        return OSL_OK;
    }
    osl_status status = osl_yaml_tree_read(&tree, source, draft, err);
    for (const osl_yaml_node *root = tree.documents;
         root && status == OSL_OK && w.status == OSL_OK; root = root->next)
        root_read(&w, root);
    osl_buf_clear(&w.plain);
    osl_yaml_tree_clear(&tree);
    return status == OSL_OK ? w.status : status;
}

/* ---- sniffing ---------------------------------------------------------- */

typedef struct line_look {
    size_t indent;
    bool is_blank, is_comment, is_item, is_key, opens_block;
} line_look;

static bool is_key_char(char c)
{
    return osl_is_alpha(c) || osl_is_digit(c) || strchr("_-#.'\" ", c);
}

/* "key:" or "key: value" from `at`; the key without its blanks at the end. */
static bool is_key_at(osl_text line, size_t at)
{
    size_t start = at, words = 0;
    while (at < line.length && line.bytes[at] != ':' &&
           is_key_char(line.bytes[at])) {
        words += line.bytes[at] == ' ';
        at++;
    }
    return at > start && words <= 3 && at < line.length &&
           line.bytes[at] == ':' &&
           (at + 1 == line.length || osl_is_space(line.bytes[at + 1]));
}

/* "key: |", "- >-" */
static bool opens_block(osl_text rest)
{
    while (rest.length && strchr("-+0123456789", rest.bytes[rest.length - 1]))
        rest.length--;
    return rest.length && strchr("|>", rest.bytes[rest.length - 1]);
}

static line_look look_at(osl_text line)
{
    line_look look = {0};
    size_t at = 0;
    while (at < line.length && line.bytes[at] == ' ')
        at++;
    look.indent = at;
    osl_text rest =
        osl_text_trim((osl_text){line.bytes + at, line.length - at});
    look.is_blank = rest.length == 0;
    look.is_comment = rest.length && *rest.bytes == '#';
    while (rest.length && *rest.bytes == '-' &&
           (rest.length == 1 || rest.bytes[1] == ' ')) {
        look.is_item = true;
        rest = osl_text_trim((osl_text){rest.bytes + 1, rest.length - 1});
    }
    look.is_key = is_key_at(rest, 0);
    look.opens_block = opens_block(rest);
    return look;
}

typedef struct yaml_score {
    size_t keys, others, starts; /* starts: keys without indent */
    bool in_block;
    size_t block_indent;
} yaml_score;

static void score_line(yaml_score *score, osl_text line)
{
    line_look look = look_at(line);
    if (look.is_blank || (line.length >= 3 && !memcmp(line.bytes, "---", 3)))
        return;
    if (score->in_block && look.indent > score->block_indent)
        return;
    score->in_block = false;
    if (look.is_comment)
        return;
    if (look.is_key) {
        score->keys++;
        score->starts += look.indent == 0;
        score->in_block = look.opens_block;
        score->block_indent = look.indent;
    } else if (!look.is_item || look.indent == 0) {
        score->others++;
    }
}

static bool has_suffix(osl_text name, const char *suffix)
{
    return key_ends(name, suffix);
}

/* Front matter with a page behind it is Markdown's. */
static unsigned yaml_sniff(const osl_source *source)
{
    osl_text bytes = source->bytes;
    bool is_named =
        has_suffix(source->name, ".yml") || has_suffix(source->name, ".yaml");
    yaml_score score = {0};
    size_t end =
        bytes.length < OSL_SNIFF_BYTES ? bytes.length : OSL_SNIFF_BYTES;
    for (size_t at = 0; at < end;) {
        const char *stop = memchr(bytes.bytes + at, '\n', end - at);
        size_t to = stop ? (size_t)(stop - bytes.bytes) : end;
        score_line(&score, (osl_text){bytes.bytes + at, to - at});
        if (at == 0 && bytes.length && strchr("{[<", *bytes.bytes))
            return is_named && *bytes.bytes != '<' ? 20 : 0;
        at = to + 1;
    }
    if (score.starts < 1 || score.keys < 3)
        return is_named && score.keys ? 50 : 0;
    if (is_named)
        return score.others <= score.keys ? 90 : 40;
    return score.others * 20 <= score.keys ? 60 : 0;
}

const osl_reader osl_reader_yaml = {"yaml", 90, yaml_sniff, yaml_read};
