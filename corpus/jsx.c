/* SPDX-License-Identifier: MIT
 *
 * JavaScript modules that hold markup (JSX), under whatever name; a page of
 * an app rather than data. No parser of JavaScript: the code is crossed with
 * just enough of its grammar to tell strings, comments and markup apart.
 *
 *   code:    `title: "…"` names a section; other strings of several words are
 *            prose; `<` before a letter or `>` where a value may stand begins
 *            markup
 *   markup:  copied up to its closing tag; `{…}` is code again, of which only
 *            strings and nested markup are kept; attributes in braces go
 *
 * What is copied is HTML and read as such. */
#include <string.h>

#include "core/base/buf.h"
#include "corpus/clean.h"
#include "corpus/reader.h"

/* Braces within markup within braces …: deeper ones are crossed flat. */
#define NEST_MAX 64

typedef struct jsx {
    const char *at, *end;
    osl_draft *draft;
    osl_error *err;
    osl_status status;
    osl_buf markup;
    osl_text key;        /* the last `name:` */
    const char *counted; /* lines are counted up to here */
    uint32_t line;
    char before; /* the last byte of code that is no blank */
    unsigned nest;
} jsx;

static bool looking_at(const jsx *j, const char *word)
{
    size_t length = strlen(word);
    return (size_t)(j->end - j->at) >= length &&
           memcmp(j->at, word, length) == 0;
}

static bool is_name(char c)
{
    return osl_is_alpha(c) || osl_is_digit(c) || c == '_' || c == '$';
}

/* Behind a comment at j->at; false where none stands there. */
static bool skip_comment(jsx *j)
{
    bool line = looking_at(j, "//");
    if (!line && !looking_at(j, "/*"))
        return false;
    const char *close = line ? "\n" : "*/";
    j->at += 2;
    while (j->at < j->end && !looking_at(j, close))
        j->at++;
    if (j->at < j->end)
        j->at += strlen(close);
    return true;
}

/* A string at j->at to `out` without its quotes and escapes. */
static void take_string(jsx *j, osl_buf *out)
{
    char quote = *j->at++;
    while (j->at < j->end && *j->at != quote) {
        if (*j->at == '\n' && quote != '`')
            return; /* it was an apostrophe */
        if (*j->at == '\\' && j->at + 1 < j->end) {
            j->at++;
            if (*j->at == 'n' || *j->at == 't')
                osl_buf_put_byte(out, ' ');
            else
                osl_buf_put_byte(out, (uint8_t)*j->at);
        } else {
            osl_buf_put_byte(out, (uint8_t)*j->at);
        }
        j->at++;
    }
    if (j->at < j->end)
        j->at++;
}

/* ---- markup ------------------------------------------------------------ */

static void take_braces(jsx *j, bool keep);

static bool opens_markup(const jsx *j)
{
    return j->at + 1 < j->end && *j->at == '<' &&
           (osl_is_alpha(j->at[1]) || j->at[1] == '>');
}

/* A tag at j->at, copied but for attributes in braces and names of
 * components. +1 where it opens an element, -1 where it closes one, 0 where
 * it does neither. */
static int take_tag(jsx *j)
{
    const char *name = j->at + 1;
    bool closes = name < j->end && *name == '/';
    name += closes;
    bool html = name < j->end && *name >= 'a' && *name <= 'z';
    size_t from = j->markup.length;
    while (j->at < j->end && *j->at != '>') {
        if (*j->at == '{') {
            take_braces(j, false);
            continue;
        }
        if (*j->at == '"' || *j->at == '\'') {
            osl_buf_put(&j->markup, "\"", 1);
            take_string(j, &j->markup);
            osl_buf_put(&j->markup, "\"", 1);
            continue;
        }
        osl_buf_put_byte(&j->markup, (uint8_t)*j->at++);
    }
    bool self = j->at[-1] == '/';
    if (j->at < j->end)
        j->at++;
    osl_buf_put_byte(&j->markup, '>');
    if (!html && !j->markup.failed)
        j->markup.length = from; /* <>, </>, <Component …> */
    static const char *const voids[] = {"br", "img", "hr", "input", "col"};
    osl_text rest = {name, (size_t)(j->end - name)};
    for (size_t i = 0; i < sizeof voids / sizeof *voids; i++)
        if (osl_text_starts_fold(rest, voids[i]) &&
            rest.length > strlen(voids[i]) && !is_name(name[strlen(voids[i])]))
            return 0;
    if (self)
        return 0;
    return closes ? -1 : 1;
}

/* An element from its tag at j->at to the end of its content. */
static void take_markup(jsx *j)
{
    size_t depth = 0;
    j->nest++;
    do {
        if (*j->at == '<' && (opens_markup(j) || looking_at(j, "</"))) {
            int change = take_tag(j);
            if (change < 0 && depth == 0)
                break;
            depth += change > 0;
            depth -= change < 0;
        } else if (*j->at == '{') {
            take_braces(j, true);
        } else {
            osl_buf_put_byte(&j->markup, (uint8_t)*j->at++);
        }
    } while (depth && j->at < j->end);
    j->nest--;
}

/* Code in braces; of it, strings and markup are kept where `keep`. */
static void take_braces(jsx *j, bool keep)
{
    size_t depth = 0;
    do {
        if (skip_comment(j))
            continue;
        char c = *j->at;
        if (c == '"' || c == '\'' || c == '`') {
            size_t from = j->markup.length;
            take_string(j, &j->markup);
            if (!keep || depth > 1)
                j->markup.length = from;
            continue;
        }
        if (keep && opens_markup(j) && j->nest < NEST_MAX) {
            take_markup(j);
            continue;
        }
        depth += c == '{';
        depth -= c == '}';
        j->at++;
    } while (depth && j->at < j->end);
}

/* ---- code -------------------------------------------------------------- */

static bool key_names(osl_text key)
{
    static const char *const names[] = {"title", "heading", "name", "label"};
    if (osl_text_starts_fold(key, "short"))
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (osl_text_find_fold(key, names[i]) < key.length)
            return true;
    return false;
}

static size_t words_in(osl_text text)
{
    size_t words = 0;
    for (size_t i = 0; i < text.length; i++)
        words += !osl_is_space(text.bytes[i]) &&
                 (i == 0 || osl_is_space(text.bytes[i - 1]));
    return words;
}

static void put_code_string(jsx *j)
{
    osl_buf_reset(&j->markup);
    take_string(j, &j->markup);
    osl_text text = osl_buf_text(&j->markup);
    bool value = j->before == ':' || j->before == '[' || j->before == ',' ||
                 j->before == '(';
    if (!value || text.length == 0)
        return;
    if (key_names(j->key) && j->before == ':') {
        if (osl_draft_has_meta(j->draft, OSL_META_TITLE))
            osl_draft_heading(j->draft, 1, text);
        else
            osl_draft_meta(j->draft, OSL_META_TITLE, text);
    } else if (words_in(text) >= 4) {
        if (osl_html_looks_like(text))
            j->status = osl_html_fragment(j->draft, text, 1, j->err);
        else
            osl_draft_paragraph(j->draft, OSL_PARAGRAPH_PROSE, 0, text);
    }
}

/* Counts lines up to where the walk is. */
static void count_lines(jsx *j)
{
    for (; j->counted < j->at; j->counted++)
        j->line += *j->counted == '\n';
    osl_draft_lines(j->draft, j->line, false);
}

static void put_code_markup(jsx *j)
{
    osl_buf_reset(&j->markup);
    count_lines(j);
    take_markup(j);
    if (j->markup.failed)
        osl_draft_out_of_memory(j->draft);
    else
        j->status =
            osl_html_fragment(j->draft, osl_buf_text(&j->markup), 1, j->err);
}

static void take_name(jsx *j)
{
    const char *from = j->at;
    while (j->at < j->end && is_name(*j->at))
        j->at++;
    j->key = (osl_text){from, (size_t)(j->at - from)};
}

static void walk_code(jsx *j)
{
    while (j->at < j->end && j->status == OSL_OK) {
        char c = *j->at;
        if (skip_comment(j))
            continue;
        if (c == '"' || c == '\'' || c == '`') {
            put_code_string(j);
            j->before = '"';
        } else if (opens_markup(j) && !is_name(j->before)) {
            put_code_markup(j);
            j->before = '>';
        } else if (is_name(c)) {
            take_name(j);
            j->before = c;
        } else {
            if (!osl_is_space(c))
                j->before = c;
            j->at++;
        }
    }
}

static osl_status jsx_read(const osl_source *source, osl_draft *draft,
                           osl_error *err)
{
    jsx j = {.at = source->bytes.bytes,
             .end = source->bytes.bytes + source->bytes.length,
             .draft = draft,
             .err = err,
             .line = 1};
    j.counted = j.at;
    osl_draft_begin(draft);
    osl_draft_meta(draft, OSL_META_KIND, osl_text_of("jsx"));
    walk_code(&j);
    osl_buf_clear(&j.markup);
    osl_status ended = osl_draft_end(draft, err);
    return j.status == OSL_OK ? ended : j.status;
}

/* ---- is it one? -------------------------------------------------------- */

/* Beginnings of lines of code; of the first two one is enough. */
static const char *const starts[] = {
    "import ", "export ", "const ", "module.exports", "function ",
};

/* Which of them begin a line, a bit each. */
static unsigned starts_in(osl_text head)
{
    unsigned seen = 0;
    for (size_t at = 0; at < head.length;) {
        osl_text rest = {head.bytes + at, head.length - at};
        for (unsigned i = 0; i < sizeof starts / sizeof *starts; i++)
            seen |= (unsigned)osl_text_starts_fold(rest, starts[i]) << i;
        const char *feed = memchr(rest.bytes, '\n', rest.length);
        if (feed == NULL)
            break;
        at = (size_t)(feed - head.bytes) + 1;
    }
    return seen;
}

static unsigned jsx_sniff(const osl_source *source)
{
    osl_text head = source->bytes;
    if (head.length > OSL_SNIFF_BYTES)
        head.length = OSL_SNIFF_BYTES;
    osl_text first = osl_text_trim(head);
    if (first.length == 0 || first.bytes[0] == '<' || first.bytes[0] == '#')
        return 0;
    unsigned seen = starts_in(head);
    bool is_code = (seen & 3) != 0 || (seen & (seen - 1)) != 0;
    return is_code && osl_text_find_fold(head, "</") < head.length ? 88 : 0;
}

const osl_reader osl_reader_jsx = {"jsx", 88, jsx_sniff, jsx_read};
