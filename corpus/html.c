/* SPDX-License-Identifier: MIT
 *
 * Pages and fragments of HTML.
 *
 *     bytes ─charset─▶ UTF-8 ─prepare─▶ less ─gumbo─▶ tree ─main─▶ what counts
 *                                                       └─meta─▶ title, date …
 *                                                       └─walk─▶ draft
 */
#include <gumbo.h>
#include <string.h>
#include <strings.h>

#include "core/base/utf8.h"
#include "corpus/html_charset.h"
#include "corpus/html_meta.h"
#include "corpus/html_prepare.h"
#include "corpus/html_tree.h"
#include "corpus/html_walk.h"
#include "corpus/prose.h"
#include "corpus/reader.h"

/* ---- what looks like HTML ---------------------------------------------- */

enum { SNIFFED = 16 * 1024, TAG_MAX = 400 };

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether a tag of HTML stands at `at`, which is a '<'. */
static bool is_tag(const char *at, const char *end)
{
    const char *name = at + 1;
    if (name < end && *name == '/')
        name++;
    const char *behind = name;
    while (behind < end &&
           (is_letter(*behind) ||
            (behind > name && *behind >= '1' && *behind <= '6')))
        behind++;
    if (behind == name || behind == end || !strchr(" \t\r\n/>", *behind) ||
        gumbo_tagn_enum(name, (unsigned)(behind - name)) == GUMBO_TAG_UNKNOWN)
        return false;
    size_t left = (size_t)(end - behind);
    return memchr(behind, '>', left < TAG_MAX ? left : (size_t)TAG_MAX);
}

static bool is_entity(const char *at, const char *end)
{
    const char *name = at + 1;
    if (name < end && *name == '#')
        name++;
    const char *behind = name;
    while (behind < end && behind - name < 24 &&
           (is_letter(*behind) || (*behind >= '0' && *behind <= '9')))
        behind++;
    return behind > name && behind < end && *behind == ';';
}

bool osl_html_looks_like(osl_text text)
{
    const char *end = text.bytes + text.length;
    for (const char *at = text.bytes; at < end; at++)
        if ((*at == '<' && is_tag(at, end)) ||
            (*at == '&' && is_entity(at, end)))
            return true;
    return false;
}

/* ---- sniffing ---------------------------------------------------------- */

static bool has_suffix(osl_text name, const char *suffix)
{
    size_t length = strlen(suffix);
    return name.length > length &&
           strncasecmp(name.bytes + name.length - length, suffix, length) == 0;
}

static bool has_html_name(osl_text name)
{
    return has_suffix(name, ".html") || has_suffix(name, ".htm") ||
           has_suffix(name, ".xhtml");
}

/* Behind white space, marks, comments and the XML declaration. */
static osl_text first_markup(osl_text head)
{
    const char *at = head.bytes, *end = head.bytes + head.length;
    for (;;) {
        while (at < end && ((uint8_t)*at <= ' ' || (uint8_t)*at >= 0xBB))
            at++;
        osl_text left = {at, (size_t)(end - at)};
        const char *close = NULL;
        if (left.length > 4 && memcmp(at, "<!--", 4) == 0) {
            close = memmem(at, left.length, "-->", 3);
            close = close ? close + 3 : NULL;
        } else if (left.length > 2 && memcmp(at, "<?", 2) == 0) {
            close = memchr(at, '>', left.length);
            close = close ? close + 1 : NULL;
        }
        if (!close)
            return left;
        at = close;
    }
}

static bool starts_with(osl_text text, const char *word)
{
    size_t length = strlen(word);
    return text.length >= length && strncasecmp(text.bytes, word, length) == 0;
}

static unsigned count_tags(osl_text head, unsigned most)
{
    const char *at = head.bytes, *end = head.bytes + head.length;
    unsigned count = 0;
    while (count < most && (at = memchr(at, '<', (size_t)(end - at)))) {
        count += is_tag(at, end);
        at++;
    }
    return count;
}

static unsigned sniff_text(osl_text head, bool is_named)
{
    osl_text first = first_markup(head);
    unsigned bonus = is_named ? 5 : 0;
    if (starts_with(first, "<!doctype html") || starts_with(first, "<html"))
        return 90 + bonus;
    if (!first.length || *first.bytes != '<')
        return is_named && count_tags(head, 3) >= 3 ? 60 : 0;
    if (!is_tag(first.bytes, first.bytes + first.length))
        return is_named && count_tags(head, 3) >= 3 ? 40 : 0;
    return (count_tags(head, 4) >= 4 ? 55 : 20) + bonus * 4;
}

static unsigned sniff(const osl_source *source)
{
    osl_text head = source->bytes;
    if (head.length > SNIFFED)
        head.length = SNIFFED;
    if (head.length == 0)
        return 0;
    const uint8_t *b = (const uint8_t *)head.bytes;
    bool is_wide = head.length > 3 && (b[0] == 0xFF || b[0] == 0xFE) &&
                   (b[1] == 0xFF || b[1] == 0xFE);
    if (is_wide) /* UTF-16, which only the name can tell apart here */
        return has_html_name(source->name) ? 80 : 0;
    return sniff_text(head, has_html_name(source->name));
}

/* ---- reading ----------------------------------------------------------- */

static uint32_t line_of(osl_text text, size_t at)
{
    uint32_t line = 1;
    for (size_t i = 0; i < at; i++)
        line += text.bytes[i] == '\n';
    return line;
}

/* False, with the reason reported, where the page was too much. */
static bool parse(osl_html_tree *tree, osl_text html, osl_draft *draft)
{
    if (html.length > OSL_HTML_BYTES_MAX) {
        osl_draft_report(draft, 0, "HTML over %zu MiB is not read: split it",
                         OSL_HTML_BYTES_MAX >> 20);
        return false;
    }
    if (osl_html_parse(tree, html)) {
        if (tree->too_deep)
            osl_draft_report(draft, tree->too_deep,
                             "elements nested deeper than %d: tags ignored",
                             OSL_HTML_DEPTH_MAX);
        return true;
    }
    if (tree->too_large)
        osl_draft_report(draft, 0, "HTML that needs more than %zu MiB to parse",
                         OSL_HTML_MEMORY_MAX >> 20);
    else
        osl_draft_out_of_memory(draft);
    return false;
}

static void read_page(const osl_source *source, osl_text html, osl_draft *draft)
{
    osl_html_tree tree = {.find = osl_draft_find(draft)};
    osl_buf title = {0};
    if (parse(&tree, html, draft)) {
        uint32_t root = osl_html_find_main(&tree);
        osl_html_meta(&tree, source->bytes, draft, &title);
        if (title.failed ||
            !osl_html_walk(&tree, root, draft, 1, osl_buf_text(&title), 1))
            osl_draft_out_of_memory(draft);
    }
    osl_buf_clear(&title);
    osl_html_tree_clear(&tree);
}

static osl_status read(const osl_source *source, osl_draft *draft,
                       osl_error *err)
{
    osl_buf converted = {0};
    osl_text html;
    osl_draft_begin(draft);
    osl_draft_meta(draft, OSL_META_KIND, osl_text_of("html"));
    if (source->bytes.length > OSL_HTML_BYTES_MAX)
        html = source->bytes; /* refused before it costs anything */
    else if (!osl_html_to_utf8(source->bytes, &converted, &html))
        osl_draft_out_of_memory(draft);
    size_t valid =
        html.length > OSL_HTML_BYTES_MAX ? html.length : osl_utf8_valid(html);
    if (valid < html.length)
        osl_draft_report(draft, line_of(html, valid),
                         "broken UTF-8, shown as U+FFFD");
    read_page(source, html, draft);
    osl_buf_clear(&converted);
    return osl_draft_end(draft, err);
}

const osl_reader osl_reader_html = {"html", 95, sniff, read};

/* ---- fragments --------------------------------------------------------- */

osl_status osl_html_fragment(osl_draft *draft, osl_text html, unsigned level,
                             osl_error *err)
{
    return osl_html_fragment_at(draft, html, level, 0, err);
}

osl_status osl_html_fragment_at(osl_draft *draft, osl_text html, unsigned level,
                                uint32_t line, osl_error *err)
{
    osl_html_tree tree = {.find = osl_draft_find(draft)};
    osl_status status = OSL_OK;
    if (parse(&tree, html, draft)) {
        osl_html_drop_hidden(&tree);
        if (!osl_html_walk(&tree, 0, draft, level, (osl_text){0}, line)) {
            osl_draft_out_of_memory(draft);
            status = osl_fail(err, OSL_ENOMEM, "no memory to read HTML");
        }
    } else if (!tree.too_large && html.length <= OSL_HTML_BYTES_MAX) {
        status = osl_fail(err, OSL_ENOMEM, "no memory to read HTML");
    }
    osl_html_tree_clear(&tree);
    return status;
}
