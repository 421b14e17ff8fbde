/* SPDX-License-Identifier: MIT
 *
 * Only scalars of the outermost mapping are looked at; lists and mappings
 * below are passed over. Several keys may hold a date: the best wins. */
#include "corpus/front_matter.h"

#include <string.h>
#include <yaml.h>

#include "core/base/arena.h"
#include "corpus/prose.h"

/* libyaml's work is quadratic in the depth of nesting. */
enum { DATE_RANKS = 3, LINES_MAX = 2000, DEPTH_MAX = 50 };

typedef struct found_matter {
    osl_arena arena; /* owns the texts */
    osl_text title, url, language, audience, id;
    osl_text dates[DATE_RANKS]; /* changed, unclear, published */
    osl_text key;
    bool is_broken, is_out_of_memory;
    uint32_t broken_line;
} found_matter;

/* ---- the fences -------------------------------------------------------- */

static osl_text first_line(osl_text text)
{
    const char *end = memchr(text.bytes, '\n', text.length);
    return (osl_text){text.bytes,
                      end ? (size_t)(end - text.bytes) : text.length};
}

static bool is_fence(osl_text line, const char *fence)
{
    return osl_prose_same(osl_prose_trim(line), fence) && line.length &&
           line.bytes[0] == fence[0];
}

size_t osl_front_matter_length(osl_text text)
{
    if (text.length < 4)
        return 0;
    osl_text line = first_line(text);
    const char *fence = is_fence(line, "---")   ? "---"
                        : is_fence(line, "+++") ? "+++"
                                                : NULL;
    if (!fence || line.length == text.length)
        return 0;
    size_t at = line.length + 1;
    for (unsigned lines = 0; at < text.length && lines < LINES_MAX; lines++) {
        line = first_line((osl_text){text.bytes + at, text.length - at});
        at += line.length + 1;
        if (is_fence(line, fence) || (*fence == '-' && is_fence(line, "...")))
            return at < text.length ? at : text.length;
        /* A rule, then prose: no front matter. */
        if (lines == 0 && (line.length == 0 || line.bytes[0] == '\r'))
            return 0;
    }
    return 0;
}

/* ---- keys -------------------------------------------------------------- */

/* Letters only, small: "date-modified" and "dateModified" are the same. */
static bool is_key(osl_text key, const char *const *names)
{
    char bare[40];
    size_t length = 0;
    for (size_t i = 0; i < key.length && length < sizeof bare; i++) {
        char c = key.bytes[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)((uint8_t)c | 0x20u);
        if (c >= 'a' && c <= 'z')
            bare[length++] = c;
    }
    for (; *names; names++)
        if (strlen(*names) == length && memcmp(bare, *names, length) == 0)
            return true;
    return false;
}

static size_t date_rank(osl_text key)
{
    static const char *const changed[] = {
        "updated",      "lastupdated", "lastmodified", "modified",
        "datemodified", "lastmod",     "lastreviewed", "reviewed",
        "datereviewed", "lastupdate",  "updatedate",   "revised",
        "dateupdated",  "updatedat",   "modifiedtime", "revisiondate",
        "revdate",      NULL};
    static const char *const unclear[] = {"date", "versiondate", NULL};
    static const char *const published[] = {
        "published",       "publishdate", "datepublished",
        "publicationdate", "created",     "pubdate",
        "issued",          "year",        NULL};
    return is_key(key, changed)     ? 0
           : is_key(key, unclear)   ? 1
           : is_key(key, published) ? 2
                                    : DATE_RANKS;
}

static void keep(found_matter *found, osl_text *slot, osl_text value)
{
    value = osl_prose_trim(value);
    if (slot->length == 0 && value.length)
        found->is_out_of_memory |= !osl_arena_text(&found->arena, value, slot);
}

static bool is_address(osl_text value)
{
    return value.length > 8 && memmem(value.bytes, value.length, "://", 3);
}

static void take(found_matter *found, osl_text key, osl_text value)
{
    static const char *const titles[] = {"title", "doctitle", NULL};
    static const char *const addresses[] = {
        "url",       "canonical", "canonicalurl", "link", "permalink",
        "sourceurl", "source",    "website",      "href", NULL};
    static const char *const languages[] = {"lang", "language", "locale", NULL};
    static const char *const audiences[] = {"audience", "audiencelevel",
                                            "audiencetype", "readers", NULL};
    static const char *const ids[] = {"id", "identifier", "guidelineid",
                                      "docid", NULL};
    size_t rank = date_rank(key);
    if (rank < DATE_RANKS)
        keep(found, &found->dates[rank], value);
    else if (is_key(key, titles))
        keep(found, &found->title, value);
    else if (is_key(key, addresses) && is_address(value))
        keep(found, &found->url, value);
    else if (is_key(key, languages))
        keep(found, &found->language, value);
    else if (is_key(key, audiences))
        keep(found, &found->audience, value);
    else if (is_key(key, ids))
        keep(found, &found->id, value);
}

/* ---- YAML -------------------------------------------------------------- */

/* One event; `depth` counts open collections, `*has_key` tells whether a key
 * of the outermost mapping waits for its value. */
static int read_event(found_matter *found, const yaml_event_t *event, int depth,
                      bool *has_key)
{
    switch (event->type) {
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT:
        return depth + 1;
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        if (depth == 2)
            *has_key = false;
        return depth - 1;
    case YAML_SCALAR_EVENT:
        break;
    case YAML_ALIAS_EVENT:
        if (depth == 1)
            *has_key = false;
        return depth;
    default:
        return depth;
    }
    osl_text value = {(const char *)event->data.scalar.value,
                      event->data.scalar.length};
    if (depth != 1)
        return depth;
    if (*has_key) {
        take(found, found->key, value);
    } else {
        found->key = (osl_text){0};
        keep(found, &found->key, value);
    }
    *has_key = !*has_key;
    return depth;
}

static void read_yaml(found_matter *found, osl_text yaml)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        found->is_out_of_memory = true;
        return;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)yaml.bytes,
                                 yaml.length);
    int depth = 0;
    bool has_key = false, is_over = false;
    while (!is_over) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            found->is_out_of_memory |= parser.error == YAML_MEMORY_ERROR;
            found->is_broken = true;
            found->broken_line = (uint32_t)parser.problem_mark.line + 2;
            break;
        }
        depth = read_event(found, &event, depth, &has_key);
        if (depth > DEPTH_MAX) {
            found->is_broken = true;
            found->broken_line = (uint32_t)event.start_mark.line + 2;
        }
        is_over = found->is_broken || event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
}

/* ---- lines ------------------------------------------------------------- */

static osl_text without_quotes(osl_text value)
{
    value = osl_prose_trim(value);
    bool is_quoted = value.length >= 2 &&
                     (*value.bytes == '"' || *value.bytes == '\'') &&
                     value.bytes[value.length - 1] == *value.bytes;
    return is_quoted ? (osl_text){value.bytes + 1, value.length - 2} : value;
}

/* "key: value" and "key = value" line by line: TOML, and YAML that libyaml
 * cannot read (a title with a colon in it is the usual slip). */
static void read_lines(found_matter *found, osl_text block)
{
    while (block.length) {
        osl_text line = first_line(block);
        size_t next = line.length + (line.length < block.length);
        block = (osl_text){block.bytes + next, block.length - next};
        size_t at = 0;
        while (at < line.length && line.bytes[at] != ':' &&
               line.bytes[at] != '=')
            at++;
        if (at == 0 || at == line.length || *line.bytes == ' ')
            continue;
        osl_text key = osl_prose_trim((osl_text){line.bytes, at});
        osl_text value = {line.bytes + at + 1, line.length - at - 1};
        take(found, key, without_quotes(value));
    }
}

/* ---- to the draft ------------------------------------------------------ */

static void set(osl_draft *draft, osl_meta what, osl_text value)
{
    if (value.length)
        osl_draft_meta(draft, what, value);
}

void osl_front_matter_read(osl_text text, size_t length, osl_draft *draft,
                           osl_buf *title)
{
    found_matter found = {0};
    osl_text first = first_line(text);
    if (length <= first.length + 1)
        return;
    osl_text body = {text.bytes + first.length + 1, length - first.length - 1};
    /* Without the closing fence, which YAML would take for a new document. */
    while (body.length && body.bytes[body.length - 1] != '\n')
        body.length--;
    size_t last = body.length ? body.length - 1 : 0;
    while (last > 0 && body.bytes[last - 1] != '\n')
        last--;
    if (first_line((osl_text){body.bytes + last, body.length - last}).length <
        6)
        body.length = last;
    if (*text.bytes == '-')
        read_yaml(&found, body);
    /* What was taken before the slip may be half of a value. */
    if (found.is_broken)
        found = (found_matter){.arena = found.arena,
                               .is_out_of_memory = found.is_out_of_memory,
                               .is_broken = true,
                               .broken_line = found.broken_line};
    if (*text.bytes == '+' || found.is_broken)
        read_lines(&found, body);
    if (found.is_broken)
        osl_draft_report(draft, found.broken_line,
                         "front matter is no YAML: read line by line");
    osl_buf_put_text(title, osl_prose_without_site(found.title, NULL));
    set(draft, OSL_META_TITLE, osl_buf_text(title));
    set(draft, OSL_META_URL, found.url);
    set(draft, OSL_META_LANGUAGE, found.language);
    set(draft, OSL_META_AUDIENCE, found.audience);
    set(draft, OSL_META_ALIAS, found.id);
    for (size_t i = 0; i < DATE_RANKS; i++)
        if (!osl_draft_has_meta(draft, OSL_META_UPDATED))
            set(draft, OSL_META_UPDATED, found.dates[i]);
    if (found.is_out_of_memory)
        osl_draft_out_of_memory(draft);
    osl_arena_clear(&found.arena);
}
