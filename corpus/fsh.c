/* SPDX-License-Identifier: MIT
 *
 * FHIR Shorthand: rules, one a line, whose values are codes but for a few:
 *
 *   Title: "…"                          the document's title
 *   * section[=].section[+]             how deep the next title is
 *     * title = "…"                     a heading
 *     * text.div = """<div …>…</div>""" XHTML
 *     * description = "…"               prose, where it has enough words
 *
 * Everything else (codes, references, narrative that is switched off) goes. */
#include <string.h>

#include "core/base/buf.h"
#include "corpus/clean.h"
#include "corpus/reader.h"

typedef struct fsh {
    osl_draft *draft;
    osl_error *err;
    osl_status status;
    osl_text rest;
    osl_buf value;
    uint32_t line;
    unsigned depth; /* of the open section path */
} fsh;

static bool ends_with(osl_text text, const char *word)
{
    osl_text end = osl_text_of(word);
    return text.length >= end.length &&
           osl_text_equal_fold(
               (osl_text){text.bytes + text.length - end.length, end.length},
               end);
}

static unsigned count_of(osl_text text, const char *word)
{
    unsigned count = 0;
    size_t length = strlen(word), at;
    while ((at = osl_text_find_fold(text, word)) < text.length) {
        count++;
        text.bytes += at + length;
        text.length -= at + length;
    }
    return count;
}

static osl_text next_line(fsh *f)
{
    const char *feed = memchr(f->rest.bytes, '\n', f->rest.length);
    size_t length = feed ? (size_t)(feed - f->rest.bytes) : f->rest.length;
    osl_text line = {f->rest.bytes, length};
    f->rest.bytes += length + (feed != NULL);
    f->rest.length -= length + (feed != NULL);
    f->line++;
    return line;
}

/* What stands between """ and """, from `at` on over lines. */
static osl_text long_value(fsh *f, const char *at)
{
    const char *end = f->rest.bytes + f->rest.length;
    osl_text all = {at, (size_t)(end - at)};
    size_t length = osl_text_find_fold(all, "\"\"\"");
    const char *behind = at + length;
    while (f->rest.length && f->rest.bytes <= behind)
        (void)next_line(f);
    return (osl_text){at, length};
}

/* A quoted value without its quotes and escapes. */
static osl_text short_value(fsh *f, const char *at, const char *end)
{
    osl_buf_reset(&f->value);
    while (at < end && *at != '"') {
        if (*at == '\\' && at + 1 < end)
            at++;
        osl_buf_put_byte(&f->value, (uint8_t)*at++);
    }
    if (f->value.failed)
        osl_draft_out_of_memory(f->draft);
    return osl_buf_text(&f->value);
}

static size_t words_in(osl_text text)
{
    size_t words = 0;
    for (size_t i = 0; i < text.length; i++)
        words += !osl_is_space(text.bytes[i]) &&
                 (i == 0 || osl_is_space(text.bytes[i - 1]));
    return words;
}

static bool is_title_key(osl_text key)
{
    return osl_text_equal_fold(key, osl_text_of("title")) ||
           ends_with(key, ".title");
}

static void put_title(fsh *f, osl_text value)
{
    if (f->depth == 0)
        osl_draft_meta(f->draft, OSL_META_TITLE, value);
    else
        osl_draft_heading(f->draft, f->depth, value);
}

static void put_prose(fsh *f, osl_text value, uint32_t line)
{
    osl_draft_lines(f->draft, line, false);
    if (osl_html_looks_like(value))
        f->status = osl_html_fragment(f->draft, value, f->depth + 1, f->err);
    else if (words_in(value) >= 5 &&
             osl_text_find_fold(value, "://") == value.length)
        osl_draft_paragraph(f->draft, OSL_PARAGRAPH_PROSE, 1, value);
    osl_draft_lines(f->draft, 1, false);
}

/* key = value, key: value */
static void put_rule(fsh *f, osl_text key, const char *at, const char *end)
{
    uint32_t line = f->line;
    while (at < end && osl_is_space(*at))
        at++;
    bool is_long = end - at >= 3 && memcmp(at, "\"\"\"", 3) == 0;
    if (at == end || *at != '"')
        return;
    osl_text value =
        is_long ? long_value(f, at + 3) : short_value(f, at + 1, end);
    if (is_title_key(key))
        put_title(f, value);
    else if (!osl_text_starts_fold(key, "code") && !ends_with(key, "id") &&
             !ends_with(key, "name") && !ends_with(key, "version") &&
             !ends_with(key, "copyright"))
        put_prose(f, value, line);
}

static void put_line(fsh *f, osl_text raw)
{
    osl_text line = osl_text_trim(raw);
    bool rule = line.length > 2 && line.bytes[0] == '*' && line.bytes[1] == ' ';
    bool outer = raw.length && !osl_is_space(raw.bytes[0]);
    if (rule)
        line = osl_text_trim((osl_text){line.bytes + 2, line.length - 2});
    if (line.length == 0 || osl_text_starts_fold(line, "//"))
        return;
    size_t name = 0;
    while (name < line.length && !osl_is_space(line.bytes[name]) &&
           line.bytes[name] != '=' && line.bytes[name] != ':')
        name++;
    osl_text key = {line.bytes, name};
    if (rule && (outer || osl_text_starts_fold(key, "section")))
        f->depth = count_of(key, "section[");
    const char *at = line.bytes + name, *end = line.bytes + line.length;
    while (at < end && osl_is_space(*at))
        at++;
    if (at < end && (*at == '=' || *at == ':'))
        put_rule(f, key, at + 1, end);
}

static osl_status fsh_read(const osl_source *source, osl_draft *draft,
                           osl_error *err)
{
    fsh f = {.draft = draft, .err = err, .rest = source->bytes};
    osl_draft_begin(draft);
    osl_draft_meta(draft, OSL_META_KIND, osl_text_of("fsh"));
    while (f.rest.length && f.status == OSL_OK)
        put_line(&f, next_line(&f));
    osl_buf_clear(&f.value);
    osl_status ended = osl_draft_end(draft, err);
    return f.status == OSL_OK ? ended : f.status;
}

static unsigned fsh_sniff(const osl_source *source)
{
    static const char *const heads[] = {
        "\nInstanceOf:", "\nParent:",   "\nExtension:",
        "\nRuleSet:",    "\nValueSet:", "\nCodeSystem:"};
    osl_text head = source->bytes;
    bool said = false;
    if (head.length > OSL_SNIFF_BYTES)
        head.length = OSL_SNIFF_BYTES;
    if (memmem(head.bytes, head.length, "\n* ", 3) == NULL)
        return 0;
    for (size_t i = 0; i < sizeof heads / sizeof *heads && !said; i++)
        said = memmem(head.bytes, head.length, heads[i], strlen(heads[i]));
    return said ? 86 : 0;
}

const osl_reader osl_reader_fsh = {"fsh", 86, fsh_sniff, fsh_read};
