/* SPDX-License-Identifier: MIT
 *
 * What is known of a document as a whole: its metadata, in the words that an
 * index keeps them in, and its id. */
#include "corpus/draft_inner.h"

#include <stdio.h>
#include <string.h>

#include "core/base/utf8.h"
#include "corpus/date.h"

/* ---- metadata ---------------------------------------------------------- */

bool osl_draft_has_meta(const osl_draft *draft, osl_meta what)
{
    return what == OSL_META_ALIAS ? draft->aliases.count > 0
                                  : draft->has_meta[what];
}

static osl_text audience_of(osl_text value)
{
    static const char *const professional[] = {
        "professional", "clinician", "physician", "provider", "health worker"};
    static const char *const patient[] = {"patient", "public", "consumer",
                                          "family",  "carer",  "lay"};
    for (size_t i = 0; i < sizeof professional / sizeof *professional; i++)
        if (osl_text_find_fold(value, professional[i]) < value.length)
            return osl_text_of("professional");
    for (size_t i = 0; i < sizeof patient / sizeof *patient; i++)
        if (osl_text_find_fold(value, patient[i]) < value.length)
            return osl_text_of("patient");
    return (osl_text){"", 0};
}

static osl_text language_of(osl_draft *draft, osl_text value)
{
    static const char *const names[][2] = {
        {"english", "en"}, {"spanish", "es"},    {"español", "es"},
        {"french", "fr"},  {"portuguese", "pt"}, {"german", "de"},
        {"italian", "it"}, {"russian", "ru"},    {"turkmen", "tk"},
    };
    value = osl_text_trim(value);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (osl_text_equal_fold(value, osl_text_of(names[i][0])))
            return osl_text_of(names[i][1]);
    char *copy = osl_arena_copy(&draft->arena, value);
    if (copy == NULL) {
        draft->no_memory = true;
        return (osl_text){"", 0};
    }
    for (size_t i = 0; i < value.length; i++) {
        copy[i] = (char)(copy[i] == '_' ? '-' : osl_to_lower(copy[i]));
        if (copy[i] != '-' && !osl_is_alpha(copy[i]) && !osl_is_digit(copy[i]))
            return (osl_text){"", 0};
    }
    return value.length <= 35 ? (osl_text){copy, value.length}
                              : (osl_text){"", 0};
}

static osl_text date_of(osl_draft *draft, osl_text value)
{
    char date[11];
    osl_text copy = {"", 0};
    if (osl_date_parse(value, date) &&
        !osl_arena_text(&draft->arena, osl_text_of(date), &copy))
        draft->no_memory = true;
    return copy;
}

/* Printable ASCII without a blank too many: nothing to clean. */
static bool is_plain(osl_text text)
{
    char last = ' ';
    for (size_t i = 0; i < text.length; i++) {
        char c = text.bytes[i];
        if (c < ' ' || c >= 0x7F || (c == ' ' && last == ' ') || c == '[')
            return false;
        last = c;
    }
    return last != ' ';
}

/* A title, cleaned by way of the buffer; an open paragraph is closed. */
static osl_text title_of(osl_draft *draft, osl_text value)
{
    osl_paragraph title = {0};
    if (is_plain(value)) {
        if (!osl_arena_text(&draft->arena, value, &title.text))
            draft->no_memory = true;
        return title.text;
    }
    osl_draft_open(draft, OSL_PARAGRAPH_PROSE, 0);
    osl_draft_append(draft,
                     (osl_text){value.bytes, osl_draft_piece_length(value)});
    if (!osl_draft_finish(draft, &title))
        title.text = (osl_text){"", 0};
    osl_draft_reset_open(draft);
    return title.text;
}

static osl_text plain_meta(osl_draft *draft, osl_text value)
{
    osl_text copy = {"", 0};
    if (!osl_arena_text(&draft->arena, osl_text_trim(value), &copy))
        draft->no_memory = true;
    return copy;
}

static osl_text meta_value(osl_draft *draft, osl_meta what, osl_text value)
{
    switch (what) {
    case OSL_META_TITLE:
        return title_of(draft, value);
    case OSL_META_UPDATED:
        return date_of(draft, value);
    case OSL_META_AUDIENCE:
        return audience_of(value);
    case OSL_META_LANGUAGE:
        return language_of(draft, value);
    default:
        return plain_meta(draft, value);
    }
}

void osl_draft_meta(osl_draft *draft, osl_meta what, osl_text value)
{
    if (draft->no_memory || (what != OSL_META_ALIAS && draft->has_meta[what]))
        return;
    osl_text clean = meta_value(draft, what, value);
    if (clean.length == 0)
        return;
    if (what == OSL_META_ALIAS) {
        osl_text_list_put(&draft->aliases, clean);
        return;
    }
    draft->meta[what] = clean;
    draft->has_meta[what] = true;
}

/* ---- ids --------------------------------------------------------------- */

/* Bytes at `at` that stay as they are; 0 where one byte is %-escaped: white
 * space, controls, '#', '%', and what is no UTF-8. */
static size_t stays_in_id(const char *at, const char *end)
{
    unsigned char c = (unsigned char)*at;
    unsigned length;
    if (c <= ' ' || c == 0x7F || c == '#' || c == '%')
        return 0;
    if (c < 0x80)
        return 1;
    uint32_t wide = osl_utf8_get(at, end, &length);
    if (wide == OSL_UTF8_BAD || osl_char_class_of(wide) == OSL_CHAR_BLANK ||
        osl_char_class_of(wide) == OSL_CHAR_C1)
        return 0;
    return length;
}

static bool escape_id(osl_draft *draft, osl_text raw, osl_text *out)
{
    static const char hex[] = "0123456789ABCDEF";
    if (raw.length > (SIZE_MAX - 32) / 3)
        return false;
    char *to = osl_arena_take(&draft->arena, raw.length * 3 + 32);
    if (to == NULL)
        return false;
    *out = (osl_text){to, 0};
    for (const char *at = raw.bytes, *end = at + raw.length; at < end;) {
        size_t stays = stays_in_id(at, end);
        if (stays == 0) {
            *to++ = '%';
            *to++ = hex[(unsigned char)*at >> 4];
            *to++ = hex[(unsigned char)*at & 15];
            at++;
            continue;
        }
        while (stays-- > 0)
            *to++ = *at++;
    }
    out->length = (size_t)(to - out->bytes);
    return true;
}

/* The record's own id, else the source's name; from the second document on
 * with its number. */
bool osl_draft_make_id(osl_draft *draft, osl_text *out)
{
    if (draft->has_meta[OSL_META_ID])
        return escape_id(draft, draft->meta[OSL_META_ID], out);
    if (!escape_id(draft, draft->source->name, out))
        return false;
    if (draft->documents) {
        char *end = (char *)out->bytes + out->length; /* room was left */
        out->length += (size_t)snprintf(end, 32, "!%zu", draft->documents + 1);
    }
    return true;
}

/* The last part of the source's name without its extension, or the id. */
osl_text osl_draft_fallback_title(const osl_draft *draft, osl_text id)
{
    osl_text name = draft->has_meta[OSL_META_ID] ? id : draft->source->name;
    for (size_t i = name.length; i-- > 0;)
        if (name.bytes[i] == '/' && i + 1 < name.length) {
            name.bytes += i + 1;
            name.length -= i + 1;
            break;
        }
    for (size_t i = name.length; !draft->has_meta[OSL_META_ID] && i-- > 1;)
        if (name.bytes[i] == '.') {
            name.length = i;
            break;
        }
    return name.length && osl_utf8_valid(name) == name.length ? name : id;
}
