/* SPDX-License-Identifier: MIT
 *
 * JSON of unknown make. Nothing says which strings are prose, so the keys and
 * the strings themselves must:
 *
 *   - some keys never hold prose (id, url, code, system, data …): nothing
 *     below them is read;
 *   - some hold the title of what stands around them (title, heading, name);
 *   - some hold text and say nothing about it (text, content, items): no
 *     heading; every other key becomes one: "clinical_features" is "Clinical
 *     features";
 *   - a string is prose when it has several words, mostly letters, and no
 *     sign of code; in a list or under a text key one plain word is enough;
 *   - a long run without a blank is base64, a hash or a URL, never prose.
 *
 * FHIR (resourceType) needs little more: its expressions, codings and
 * attachments are among those keys. */
#include "corpus/json.h"

#include <stdio.h>
#include <string.h>

#include "core/base/utf8.h"
#include "corpus/charset.h"
#include "corpus/clean.h"
#include "corpus/mend.h"
#include "corpus/reader.h"

typedef struct walk {
    osl_draft *draft;
    osl_error *err;
    osl_status status;
    uint32_t line;
    osl_text heading; /* the last one: what repeats it is not read again */
} walk;

/* ---- keys -------------------------------------------------------------- */

typedef enum key_class {
    KEY_OTHER, /* becomes a heading */
    KEY_TEXT,  /* text, and says nothing about it */
    KEY_TITLE, /* names what stands around it */
    KEY_NEVER  /* nothing below it is prose */
} key_class;

typedef struct key_rule {
    const char *key; /* lower-case, without '_' and '-' */
    key_class what;
} key_rule;

static const key_rule key_rules[] = {
    {"title", KEY_TITLE},
    {"longtitle", KEY_TITLE},
    {"heading", KEY_TITLE},
    {"header", KEY_TITLE},
    {"name", KEY_TITLE},
    {"label", KEY_TITLE},
    {"conditionname", KEY_TITLE},
    {"condition", KEY_TITLE},
    {"displayname", KEY_TITLE},
    {"topic", KEY_TITLE},
    {"question", KEY_TITLE},
    {"type", KEY_TITLE},
    {"text", KEY_TEXT},
    {"contents", KEY_TEXT},
    {"content", KEY_TEXT},
    {"body", KEY_TEXT},
    {"html", KEY_TEXT},
    {"div", KEY_TEXT},
    {"value", KEY_TEXT},
    {"paragraphs", KEY_TEXT},
    {"paragraph", KEY_TEXT},
    {"items", KEY_TEXT},
    {"item", KEY_TEXT},
    {"sections", KEY_TEXT},
    {"section", KEY_TEXT},
    {"subsections", KEY_TEXT},
    {"children", KEY_TEXT},
    {"list", KEY_TEXT},
    {"entries", KEY_TEXT},
    {"entry", KEY_TEXT},
    {"description", KEY_TEXT},
    {"abstract", KEY_TEXT},
    {"features", KEY_TEXT},
    {"pages", KEY_TEXT},
    {"page", KEY_TEXT},
    {"action", KEY_TEXT},
    {"actions", KEY_TEXT},
    {"resource", KEY_TEXT},
    {"textequivalent", KEY_TEXT},
    {"documentation", KEY_TEXT},
    {"markdown", KEY_TEXT},
    {"answer", KEY_TEXT},
    {"guidelines", KEY_TEXT},
    {"documents", KEY_TEXT},
    {"prose", KEY_TEXT},
    {"details", KEY_TEXT},
    {"answeroption", KEY_TEXT},
    {"valuecoding", KEY_TEXT},
    {"display", KEY_TEXT},
    {"concept", KEY_TEXT},
    {"definition", KEY_TEXT},
    {"article", KEY_TEXT},
    {"rows", KEY_TEXT},
    {"chapters", KEY_TEXT},
    {"data", KEY_TEXT},
    {"valuestring", KEY_TEXT},
    {"valuemarkdown", KEY_TEXT},
    {"citation", KEY_TEXT},
    {"id", KEY_NEVER},
    {"code", KEY_NEVER},
    {"coding", KEY_NEVER},
    {"system", KEY_NEVER},
    {"url", KEY_NEVER},
    {"uri", KEY_NEVER},
    {"link", KEY_NEVER},
    {"links", KEY_NEVER},
    {"source", KEY_NEVER},
    {"slug", KEY_NEVER},
    {"identifier", KEY_NEVER},
    {"version", KEY_NEVER},
    {"status", KEY_NEVER},
    {"resourcetype", KEY_NEVER},
    {"meta", KEY_NEVER},
    {"metadata", KEY_NEVER},
    {"profile", KEY_NEVER},
    {"language", KEY_NEVER},
    {"lang", KEY_NEVER},
    {"langcode", KEY_NEVER},
    {"library", KEY_NEVER},
    {"expression", KEY_NEVER},
    {"trigger", KEY_NEVER},
    {"dynamicvalue", KEY_NEVER},
    {"usecontext", KEY_NEVER},
    {"jurisdiction", KEY_NEVER},
    {"contact", KEY_NEVER},
    {"publisher", KEY_NEVER},
    {"telecom", KEY_NEVER},
    {"path", KEY_NEVER},
    {"image", KEY_NEVER},
    {"images", KEY_NEVER},
    {"icon", KEY_NEVER},
    {"img", KEY_NEVER},
    {"style", KEY_NEVER},
    {"class", KEY_NEVER},
    {"color", KEY_NEVER},
    {"license", KEY_NEVER},
    {"copyright", KEY_NEVER},
    {"author", KEY_NEVER},
    {"authors", KEY_NEVER},
    {"keywords", KEY_NEVER},
    {"tags", KEY_NEVER},
    {"tag", KEY_NEVER},
    {"audience", KEY_NEVER},
    {"updated", KEY_NEVER},
    {"date", KEY_NEVER},
    {"lastupdated", KEY_NEVER},
    {"hash", KEY_NEVER},
    {"checksum", KEY_NEVER},
    {"embedding", KEY_NEVER},
    {"vector", KEY_NEVER},
    {"references", KEY_NEVER},
    {"bibliography", KEY_NEVER},
    {"contenttype", KEY_NEVER},
    {"mimetype", KEY_NEVER},
    {"relatedaction", KEY_NEVER},
    {"datarequirement", KEY_NEVER},
    {"parameter", KEY_NEVER},
    {"script", KEY_NEVER},
    {"kind", KEY_NEVER},
    {"level", KEY_NEVER},
    {"shorttitle", KEY_NEVER},
    {"level", KEY_NEVER},
    {"attester", KEY_NEVER},
    {"relatedartifact", KEY_NEVER},
    {"enablewhen", KEY_NEVER},
    {"enablebehavior", KEY_NEVER},
};

/* The last word of "page_url", "pageUrl" says it too. */
static const char *const never_last[] = {
    "id",    "ids",  "url",  "urls", "uri",  "href", "src",  "code",
    "codes", "uuid", "guid", "slug", "date", "hash", "path", "datetime"};

static osl_text last_part(osl_text key)
{
    size_t at = key.length;
    while (at > 1) {
        char c = key.bytes[at - 1], before = key.bytes[at - 2];
        if (before == '_' || before == '-' || before == '.' ||
            (c >= 'A' && c <= 'Z' && before >= 'a' && before <= 'z'))
            break;
        at--;
    }
    if (at)
        at--;
    return (osl_text){key.bytes + at, key.length - at};
}

static key_class key_class_of(osl_text key)
{
    char plain[40];
    size_t length = 0;
    for (size_t i = 0; i < key.length && length < sizeof plain; i++)
        if (key.bytes[i] != '_' && key.bytes[i] != '-' && key.bytes[i] != ' ')
            plain[length++] = osl_to_lower(key.bytes[i]);
    for (size_t i = 0; i < sizeof key_rules / sizeof *key_rules; i++)
        if (osl_text_equal((osl_text){plain, length},
                           osl_text_of(key_rules[i].key)))
            return key_rules[i].what;
    osl_text last = last_part(key);
    for (size_t i = 0; i < sizeof never_last / sizeof *never_last; i++)
        if (osl_text_equal_fold(last, osl_text_of(never_last[i])))
            return KEY_NEVER;
    return KEY_OTHER;
}

/* "clinical_features", "nonDrug" to "Clinical features", "Non drug". */
static osl_text words_of_key(osl_text key, char *to, size_t room)
{
    size_t length = 0;
    for (size_t i = 0; i < key.length && length + 2 < room; i++) {
        char c = key.bytes[i];
        bool upper = c >= 'A' && c <= 'Z';
        bool hump =
            upper && i && key.bytes[i - 1] >= 'a' && key.bytes[i - 1] <= 'z';
        if (hump)
            to[length++] = ' ';
        if (c == '_' || c == '-')
            c = ' ';
        to[length++] = (char)(hump ? osl_to_lower(c) : c);
    }
    if (length && to[0] >= 'a' && to[0] <= 'z')
        to[0] = (char)(to[0] - 'a' + 'A');
    return (osl_text){to, length};
}

/* ---- strings ----------------------------------------------------------- */

typedef struct string_look {
    size_t words, letters, signs, longest, solid;
} string_look;

static string_look look_at(osl_text text)
{
    string_look look = {0};
    size_t run = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.bytes[i];
        if (osl_is_space(c)) {
            run = 0;
            continue;
        }
        look.words += run == 0;
        run += (unsigned char)c < 0x80; /* Chinese has no blanks */
        if (run > look.longest)
            look.longest = run;
        look.solid++;
        look.letters += osl_is_alpha(c) || (unsigned char)c >= 0x80;
        look.signs += strchr("{}=\\|;$", c) != NULL;
    }
    return look;
}

/* "Malaise", "X-ray": a word that may stand alone. */
static bool is_plain_word(osl_text text)
{
    bool lower = false;
    if (text.length < 3 || text.length > 40)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.bytes[i], before = (char)(i ? text.bytes[i - 1] : '-');
        bool upper = c >= 'A' && c <= 'Z';
        if (!osl_is_alpha(c) && (unsigned char)c < 0x80 && c != '-' &&
            c != '\'' && c != '/')
            return false;
        if (upper && before >= 'a' && before <= 'z')
            return false;
        lower |= c >= 'a' && c <= 'z';
    }
    return lower;
}

static bool has_scheme(osl_text text)
{
    return osl_text_find_fold(text, "://") < 12 && text.length > 12;
}

static bool is_prose(osl_text text, bool trusted)
{
    string_look look = look_at(text);
    if (look.letters == 0 ||
        (look.longest > 120 && look.longest * 2 > text.length))
        return false;
    if (look.words == 1 && has_scheme(text))
        return false;
    if (look.words == 1)
        return trusted ? look.longest <= 60 : is_plain_word(text);
    if (trusted)
        return true;
    return look.letters * 10 >= look.solid * 4 && look.signs * 25 <= look.solid;
}

/* ---- the walk ---------------------------------------------------------- */

static osl_text text_of(const json_t *string)
{
    return (osl_text){json_string_value(string), json_string_length(string)};
}

static void keep(walk *w, osl_status status)
{
    if (w->status == OSL_OK)
        w->status = status;
}

/* Where "\\n" stands for the end of a line, because the text was escaped once
 * too often: between blanks, not in a name ("C:\\new"). */
static const char *escaped_break(osl_text text)
{
    const char *at = text.bytes, *end = at + text.length;
    while ((at = memchr(at, '\\', (size_t)(end - at))) && end - at > 1) {
        bool opens = at == text.bytes || strchr(" .;,n", at[-1]);
        bool closes = end - at == 2 || at[2] == ' ' || at[2] == '\\';
        if (at[1] == 'n' && opens && closes)
            return at;
        at++;
    }
    return NULL;
}

static void put_clean_string(walk *w, osl_text text, bool item, unsigned level);

/* Such ends of lines become blanks: what they part belongs together. */
static void put_string(walk *w, osl_text text, bool item, unsigned level)
{
    const char *at = text.length ? escaped_break(text) : NULL;
    if (!at) {
        put_clean_string(w, text, item, level);
        return;
    }
    osl_buf mended = {0};
    for (; at; at = text.length ? escaped_break(text) : NULL) {
        size_t before = (size_t)(at - text.bytes);
        osl_buf_put(&mended, text.bytes, before);
        osl_buf_put_byte(&mended, ' ');
        text = (osl_text){at + 2, text.length - before - 2};
    }
    osl_buf_put_text(&mended, text);
    if (mended.failed)
        osl_draft_out_of_memory(w->draft);
    else
        put_clean_string(w, osl_buf_text(&mended), item, level);
    osl_buf_clear(&mended);
}

static void put_clean_string(walk *w, osl_text text, bool item, unsigned level)
{
    osl_draft_close_sections(w->draft, level);
    if (osl_text_equal(osl_text_trim(text), w->heading))
        return;
    if (osl_html_looks_like(text)) {
        keep(w, osl_html_fragment(w->draft, text, level, w->err));
        osl_draft_close(w->draft);
    } else if (memchr(text.bytes, '\n', text.length) != NULL) {
        keep(w, osl_text_fragment(w->draft, text, level, w->err));
    } else {
        osl_draft_paragraph(w->draft,
                            item ? OSL_PARAGRAPH_ITEM : OSL_PARAGRAPH_PROSE,
                            w->line, text);
    }
}

static void put_heading(walk *w, unsigned level, osl_text heading)
{
    osl_draft_heading(w->draft, level, heading);
    w->heading = osl_text_trim(heading);
}

static void walk_value(walk *w, osl_text key, key_class what,
                       const json_t *value, unsigned level);

/* Opens a section named by `key` where it says something; returns the level
 * for what is below. */
static unsigned head_by_key(walk *w, osl_text key, key_class what,
                            unsigned level)
{
    char words[128];
    if (what != KEY_OTHER || key.length == 0)
        return level;
    put_heading(w, level, words_of_key(key, words, sizeof words));
    w->heading = (osl_text){"", 0}; /* `words` goes with this call */
    return level + 1;
}

/* A short line that names what stands around it. */
static bool is_title(osl_text text)
{
    return text.length && text.length <= 250 && !has_scheme(text) &&
           memchr(text.bytes, '\n', text.length) == NULL &&
           !osl_html_looks_like(text) && look_at(text).letters;
}

/* A heading shows words, not a name for machines ("ANC.DT17", "choice"). */
static bool is_heading(osl_text text)
{
    text = osl_text_trim(text);
    return is_title(text) && (look_at(text).words > 1 ||
                              (is_plain_word(text) && *text.bytes <= 'Z'));
}

/* The member that names an object, by the order of the rules; NULL where
 * none does. */
static const json_t *title_of(const json_t *object, bool heading,
                              const char **key)
{
    const json_t *best = NULL;
    size_t best_rule = SIZE_MAX;
    const char *name;
    json_t *value;
    bool is_fhir = json_object_get(object, "resourceType") != NULL;
    json_object_foreach((json_t *)object, name, value)
    {
        char plain[40];
        size_t length = 0;
        if (!json_is_string(value) || (is_fhir && strcmp(name, "type") == 0) ||
            !(heading ? is_heading : is_title)(text_of(value)))
            continue;
        for (const char *c = name; *c && length < sizeof plain; c++)
            if (*c != '_' && *c != '-')
                plain[length++] = osl_to_lower(*c);
        for (size_t i = 0; key_rules[i].what == KEY_TITLE; i++)
            if (i < best_rule &&
                osl_text_equal((osl_text){plain, length},
                               osl_text_of(key_rules[i].key))) {
                best_rule = i;
                best = value;
                *key = name;
            }
    }
    return best;
}

/* Whether a name that is not the title is worth reading: "citation" is not. */
static bool says_more(osl_text text)
{
    return is_prose(text, false) && look_at(text).words > 1;
}

static void walk_members(walk *w, const json_t *object, const json_t *title,
                         unsigned level)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value)
    {
        osl_text key = osl_text_of(name);
        key_class what = key_class_of(key);
        if (value == title || what == KEY_NEVER || w->status != OSL_OK)
            continue;
        if (what == KEY_TITLE && json_is_string(value) &&
            !says_more(text_of(value)))
            continue;
        walk_value(w, key, what == KEY_TITLE ? KEY_TEXT : what, value, level);
    }
}

/* Whether anything but its title may give an object prose. */
static bool has_more(const json_t *object, const json_t *title)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value)
    {
        key_class what = key_class_of(osl_text_of(name));
        if (value == title || what == KEY_NEVER)
            continue;
        if (json_is_object(value) || json_is_array(value) ||
            (json_is_string(value) && says_more(text_of(value))))
            return true;
    }
    return false;
}

static void walk_object(walk *w, osl_text key, key_class what,
                        const json_t *object, unsigned level)
{
    const char *title_key = NULL;
    const json_t *title = title_of(object, true, &title_key);
    const json_t *own = json_object_get(object, "level");
    if (json_is_integer(own) && json_integer_value(own) > 0 &&
        json_integer_value(own) < 32)
        level = (unsigned)json_integer_value(own);
    else
        level = head_by_key(w, key, what, level);
    osl_draft_close_sections(w->draft, level);
    if (title != NULL && !has_more(object, title)) {
        put_string(w, text_of(title), false, level);
        return;
    }
    if (title != NULL)
        put_heading(w, level++, text_of(title));
    walk_members(w, object, title, level);
}

static void walk_array(walk *w, osl_text key, key_class what,
                       const json_t *array, unsigned level)
{
    size_t i;
    json_t *value;
    bool prose = what == KEY_TEXT && osl_text_starts_fold(key, "paragraph");
    level = head_by_key(w, key, what, level);
    json_array_foreach(array, i, value)
    {
        if (w->status != OSL_OK)
            return;
        if (!json_is_string(value))
            walk_value(w, (osl_text){"", 0}, KEY_TEXT, value, level);
        else if (is_prose(text_of(value), what == KEY_TEXT))
            put_string(w, text_of(value), !prose, level);
    }
}

static void walk_value(walk *w, osl_text key, key_class what,
                       const json_t *value, unsigned level)
{
    if (json_is_object(value)) {
        walk_object(w, key, what, value, level);
    } else if (json_is_array(value)) {
        walk_array(w, key, what, value, level);
    } else if (json_is_string(value)) {
        osl_text text = text_of(value);
        bool trusted = what == KEY_TEXT;
        if (!is_prose(text, trusted) || (!trusted && look_at(text).words == 1))
            return;
        level = head_by_key(w, key, what, level);
        put_string(w, text, false, level);
    }
}

/* ---- documents --------------------------------------------------------- */

static void put_meta(osl_draft *draft, const json_t *object, osl_meta what,
                     const char *const *keys)
{
    for (; *keys != NULL; keys++) {
        const json_t *value = json_object_get(object, *keys);
        char number[32];
        if (json_is_string(value)) {
            osl_draft_meta(draft, what, text_of(value));
        } else if (json_is_integer(value) && what == OSL_META_ID) {
            (void)snprintf(number, sizeof number, "%lld",
                           (long long)json_integer_value(value));
            osl_draft_meta(draft, what, osl_text_of(number));
        }
    }
}

static void put_all_meta(osl_draft *draft, const json_t *object, bool is_record)
{
    static const char *const ids[] = {"id",          "_id",  "docid", "doc_id",
                                      "document_id", "uuid", "guid",  NULL};
    static const char *const urls[] = {"url", "link", "source_url", NULL};
    static const char *const dates[] = {
        "updated", "last_updated", "lastUpdated", "date", "last_revised", NULL};
    static const char *const languages[] = {"language", "lang", "langcode",
                                            NULL};
    static const char *const audiences[] = {"audience", NULL};
    const json_t *resource = json_object_get(object, "resourceType");
    const char *title_key = NULL;
    const json_t *title = title_of(object, false, &title_key);
    put_meta(draft, object, is_record ? OSL_META_ID : OSL_META_ALIAS, ids);
    put_meta(draft, object, OSL_META_URL, urls);
    put_meta(draft, object, OSL_META_UPDATED, dates);
    put_meta(draft, object, OSL_META_LANGUAGE, languages);
    put_meta(draft, object, OSL_META_AUDIENCE, audiences);
    if (title != NULL)
        osl_draft_meta(draft, OSL_META_TITLE, text_of(title));
    osl_draft_meta(draft, OSL_META_KIND,
                   osl_text_of(json_is_string(resource) ? "fhir" : "json"));
}

osl_status osl_json_document(osl_draft *draft, const json_t *value,
                             bool is_record, uint32_t line, osl_error *err)
{
    walk w = {draft, err, OSL_OK, line, {"", 0}};
    osl_draft_begin(draft);
    osl_draft_lines(draft, line, true);
    if (json_is_object(value)) {
        const char *title_key = NULL;
        put_all_meta(draft, value, is_record);
        walk_members(&w, value, title_of(value, false, &title_key), 1);
    } else {
        walk_value(&w, (osl_text){"", 0}, KEY_TEXT, value, 1);
    }
    osl_status ended = osl_draft_end(draft, err);
    return w.status == OSL_OK ? ended : w.status;
}

/* An array of objects that have titles or ids of their own: a document
 * each. */
static bool is_collection(const json_t *root)
{
    size_t i, named = 0;
    json_t *value;
    if (!json_is_array(root) || json_array_size(root) < 2)
        return false;
    json_array_foreach(root, i, value)
    {
        const char *key = NULL;
        named += title_of(value, false, &key) != NULL ||
                 json_object_get(value, "id") != NULL ||
                 json_object_get(value, "_id") != NULL;
    }
    return named == json_array_size(root);
}

static osl_status read_root(osl_draft *draft, const json_t *root,
                            osl_error *err)
{
    size_t i;
    json_t *value;
    if (!is_collection(root))
        return osl_json_document(draft, root, false, 0, err);
    osl_status status = OSL_OK;
    json_array_foreach(root, i, value)
    {
        if (status == OSL_OK)
            status = osl_json_document(draft, value, true, 0, err);
    }
    return status;
}

/* A tree takes some ten times its text. */
#define JSON_BYTES_MAX ((size_t)256 << 20)

bool osl_json_is_out_of_memory(const json_error_t *error)
{
    return json_error_code(error) == json_error_out_of_memory ||
           error->text[0] == '\0';
}

static osl_status json_read(const osl_source *source, osl_draft *draft,
                            osl_error *err)
{
    json_error_t error;
    osl_buf room = {0};
    uint32_t bad_line = 0;
    const char *charset = NULL;
    osl_text bytes = source->bytes;
    if (bytes.length > JSON_BYTES_MAX) {
        osl_draft_report(draft, 0,
                         "a JSON document over 256 MiB; split it, or write "
                         "one object a line (JSONL)");
        return OSL_OK;
    }
    bytes = osl_charset_decode(bytes, &room, &charset);
    if (charset != NULL)
        osl_draft_report(draft, 0, "read as %s", charset);
    else if (osl_utf8_valid(bytes) < bytes.length)
        bytes = osl_mend_utf8(bytes, &room, &bad_line, osl_draft_find(draft));
    if (bad_line)
        osl_draft_report(draft, bad_line, "broken UTF-8 is shown as U+FFFD");
    json_t *root =
        room.failed ? NULL : json_loadb(bytes.bytes, bytes.length, 0, &error);
    bool no_memory = room.failed;
    osl_buf_clear(&room);
    if (no_memory)
        return osl_fail(err, OSL_ENOMEM, "memory ran out while reading");
    if (root == NULL) {
        if (osl_json_is_out_of_memory(&error))
            return osl_fail(err, OSL_ENOMEM, "memory ran out while reading");
        osl_draft_report(draft, (uint32_t)(error.line > 0 ? error.line : 0),
                         "no JSON: %s", error.text);
        return OSL_OK;
    }
    osl_status status = read_root(draft, root, err);
    json_decref(root);
    return status;
}

static size_t skip_to(osl_text bytes, size_t at)
{
    while (at < bytes.length && at < 65536 && osl_is_space(bytes.bytes[at]))
        at++;
    return at;
}

static unsigned json_sniff(const osl_source *source)
{
    osl_text bytes = source->bytes;
    osl_text name = source->name;
    bool named =
        name.length > 5 &&
        osl_text_equal_fold((osl_text){name.bytes + name.length - 5, 5},
                            osl_text_of(".json"));
    bytes = osl_charset_without_mark(bytes);
    size_t at = skip_to(bytes, 0);
    if (at >= bytes.length ||
        (bytes.bytes[at] != '{' && bytes.bytes[at] != '['))
        return 0;
    bool object = bytes.bytes[at] == '{';
    at = skip_to(bytes, at + 1);
    if (at >= bytes.length)
        return named ? 60 : 0;
    char next = bytes.bytes[at];
    bool fits = object ? next == '"' || next == '}'
                       : next != '\0' && strchr("{[\"]", next) != NULL;
    if (!fits)
        return 0;
    return (object ? 80u : 60u) + (named ? 5u : 0u);
}

const osl_reader osl_reader_json = {"json", 85, json_sniff, json_read};
