/* SPDX-License-Identifier: MIT
 *
 * Compounds: a typed word that breaks into several tokens, and the compounds
 * of a text that a word typed in one piece may mean. Both sides join by the
 * same rule, so that what the alias table holds is what a query asks for. */
#include "core/base/arena.h"
#include "core/base/bytes.h"
#include "core/base/utf8.h"
#include "core/text/analyzer.h"
#include "core/text/chars.h"

#include <string.h>

/* Whether what stands between two tokens joins a compound: one hyphen, one
 * slash, or "::". */
static bool joins(osl_text text, uint32_t from, uint32_t to)
{
    const char *at = text.bytes + from, *end = text.bytes + to;
    if (at == end)
        return false;
    if (at + 1 == end)
        return *at == '/' || *at == '-';
    if (to - from == 2 && at[0] == ':' && at[1] == ':')
        return true;
    unsigned took;
    uint32_t c = osl_utf8_get(at, end, &took);
    return at + took == end &&
           (c == '/' || osl_char_classify(c) == OSL_CHAR_MINUS);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_number(osl_text word)
{
    for (size_t i = 0; i < word.length; i++)
        if (!is_digit(word.bytes[i]) && word.bytes[i] != '.')
            return false;
    return true;
}

/* Compounds with a one-letter part whose joined form is what people mean. */
static bool is_known_joined(const char *word, size_t length)
{
    static const char *const known[] = {"xray",  "xrays",  "email", "emails",
                                        "tcell", "tcells", "bcell", "bcells"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i]) == length && memcmp(known[i], word, length) == 0)
            return true;
    return false;
}

/* Joins folded parts. 0 where they are not to be joined: two numbers side by
 * side (10-30), or letters only with a part of one letter, which is where
 * plain words come from by accident (T-ALL: tall); or over `room` bytes. */
static size_t join_parts(const osl_text *parts, size_t count, char *out,
                         size_t room)
{
    size_t length = 0;
    bool digits = false, single = false;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && is_number(parts[i]) && is_number(parts[i - 1]))
            return 0;
        if (parts[i].length > room - length)
            return 0;
        osl_copy_few(out + length, parts[i].bytes, parts[i].length);
        length += parts[i].length;
        single |= parts[i].length == 1;
    }
    for (size_t i = 0; i < length; i++)
        digits |= out[i] >= '0' && out[i] <= '9';
    return single && !digits && !is_known_joined(out, length) ? 0 : length;
}

/* ---- text: the next compound ------------------------------------------- */

static bool join_tokens(osl_text text, const osl_tokens *tokens, size_t first,
                        size_t count, char joined[64])
{
    /* Folding needs no stemmer, and commas do not stand in compounds. */
    static const osl_analyzer plain = {.english = true, .stems = true};
    char folded[OSL_COMPOUND_PARTS][OSL_FOLDED_BYTES_MAX];
    osl_text parts[OSL_COMPOUND_PARTS];
    for (size_t i = 0; i < count; i++) {
        osl_text token = {text.bytes + tokens->starts[first + i],
                          tokens->ends[first + i] - tokens->starts[first + i]};
        if (token.length > 63)
            return false;
        parts[i].bytes = folded[i];
        parts[i].length = osl_fold_token(&plain, token, false, folded[i]);
        if (parts[i].length == 0)
            return false;
    }
    size_t length = join_parts(parts, count, joined, 63);
    joined[length] = '\0';
    return length > 0;
}

/* Two numbers side by side: 10-30, 1995/96. */
static bool are_numbers(osl_text text, const osl_tokens *tokens, size_t i)
{
    if (!is_digit(text.bytes[tokens->ends[i - 1] - 1]) ||
        !is_digit(text.bytes[tokens->starts[i]]))
        return false;
    for (size_t n = i - 1; n <= i; n++)
        if (!is_number((osl_text){text.bytes + tokens->starts[n],
                                  tokens->ends[n] - tokens->starts[n]}))
            return false;
    return true;
}

/* Whether token `i` is glued by a joiner to the one before it, and may be
 * joined to it. */
static bool is_joined(osl_text text, const osl_tokens *tokens, size_t i)
{
    return i < tokens->count && (tokens->flags[i] & OSL_TOKEN_GLUED_LEFT) &&
           !(tokens->flags[i - 1] & OSL_TOKEN_SIGNED) &&
           joins(text, tokens->ends[i - 1], tokens->starts[i]) &&
           !are_numbers(text, tokens, i);
}

/* The first token from `at` on that is glued to the one before it, eight
 * flags at a time: most are not. */
static size_t next_glued(const osl_tokens *tokens, size_t at)
{
    static const uint64_t each = 0x0101010101010101u * OSL_TOKEN_GLUED_LEFT;
    for (; at + 8 <= tokens->count; at += 8) {
        uint64_t flags;
        memcpy(&flags, tokens->flags + at, sizeof flags);
        if (flags & each)
            return at + (size_t)__builtin_ctzll(flags & each) / 8;
    }
    while (at < tokens->count && !(tokens->flags[at] & OSL_TOKEN_GLUED_LEFT))
        at++;
    return at;
}

bool osl_next_glued(osl_text text, const osl_tokens *tokens, size_t *first,
                    size_t *count)
{
    size_t at = *first, parts = *count < 2 ? 2 : *count + 1;
    for (; at + 1 < tokens->count; at++, parts = 2) {
        if (parts == 2)
            at = next_glued(tokens, at + 1) - 1;
        /* The parts before the last were found joined the last time. */
        if (parts <= OSL_COMPOUND_PARTS &&
            is_joined(text, tokens, at + parts - 1)) {
            *first = at;
            *count = parts;
            return true;
        }
    }
    return false;
}

bool osl_join_glued(osl_text text, const osl_tokens *tokens, size_t first,
                    size_t count, char joined[64])
{
    return join_tokens(text, tokens, first, count, joined);
}

bool osl_next_compound(osl_text text, const osl_tokens *tokens, size_t *first,
                       size_t *count, char joined[64])
{
    size_t at = *first, parts = *count;
    while (osl_next_glued(text, tokens, &at, &parts))
        if (join_tokens(text, tokens, at, parts, joined)) {
            *first = at;
            *count = parts;
            return true;
        }
    return false;
}

/* ---- queries: the unit of a word --------------------------------------- */

typedef struct unit_builder {
    osl_resolver *resolver;
    osl_arena *arena;
    osl_error *err;
    struct osl_unit_variant *variants;
    size_t count;
} unit_builder;

enum { VARIANTS_MAX = 4 };

static osl_status add_variant(unit_builder *builder, const osl_form *forms,
                              size_t count)
{
    if (builder->count == VARIANTS_MAX)
        return OSL_OK;
    osl_form *kept = osl_arena_zero(builder->arena, count, sizeof *kept);
    if (!kept)
        return osl_fail(builder->err, OSL_ENOMEM, "out of memory in a query");
    memcpy(kept, forms, count * sizeof *kept);
    builder->variants[builder->count++] =
        (struct osl_unit_variant){.forms = kept, .form_count = count};
    return OSL_OK;
}

/* Adds the unit's forms with parts [from, from + joined) made one. */
static osl_status add_joined(unit_builder *builder, const osl_form *forms,
                             size_t count, size_t from, size_t joined)
{
    osl_text parts[OSL_COMPOUND_PARTS];
    osl_form variant[OSL_COMPOUND_PARTS];
    char word[64];
    for (size_t i = 0; i < joined; i++)
        parts[i] = forms[from + i].folded;
    size_t length = join_parts(parts, joined, word, sizeof word - 1);
    if (length == 0)
        return OSL_OK;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (i == from) {
            osl_status status =
                osl_resolve(builder->resolver, (osl_text){word, length}, 0,
                            &variant[kept++], builder->err);
            if (status != OSL_OK)
                return status;
        } else if (i < from || i >= from + joined) {
            variant[kept++] = forms[i];
        }
    }
    return add_variant(builder, variant, kept);
}

static osl_status add_all_joined(unit_builder *builder, osl_text word,
                                 const osl_tokens *tokens,
                                 const osl_form *forms)
{
    size_t count = tokens->count;
    if (count > OSL_COMPOUND_PARTS)
        return OSL_OK;
    for (size_t i = 1; i < count; i++)
        if (!is_joined(word, tokens, i))
            return OSL_OK;
    osl_status status = add_joined(builder, forms, count, 0, count);
    for (size_t i = 0; count == 3 && i < 2 && status == OSL_OK; i++)
        status = add_joined(builder, forms, count, i, 2);
    return status;
}

/* IL2 as "il 2", 10mg as "10 mg": one change between letters and digits. */
static osl_status add_split(unit_builder *builder, osl_text folded)
{
    size_t changes = 0, at = 0;
    for (size_t i = 0; i < folded.length; i++) {
        char byte = folded.bytes[i];
        if (byte == '\'' || byte == ',')
            return OSL_OK;
        bool digit = (byte >= '0' && byte <= '9') || byte == '.';
        char last = folded.bytes[i ? i - 1 : 0];
        if (digit != ((last >= '0' && last <= '9') || last == '.')) {
            at = i;
            changes++;
        }
    }
    if (changes != 1)
        return OSL_OK;
    osl_form forms[2];
    osl_status status =
        osl_resolve(builder->resolver, (osl_text){folded.bytes, at}, 0,
                    &forms[0], builder->err);
    if (status == OSL_OK)
        status = osl_resolve(builder->resolver,
                             (osl_text){folded.bytes + at, folded.length - at},
                             0, &forms[1], builder->err);
    return status == OSL_OK ? add_variant(builder, forms, 2) : status;
}

static osl_status build_unit(unit_builder *builder, osl_text word,
                             const osl_tokens *tokens, osl_unit *out)
{
    osl_form *forms =
        osl_arena_zero(builder->arena, tokens->count + 1, sizeof *forms);
    builder->variants =
        osl_arena_zero(builder->arena, VARIANTS_MAX, sizeof *builder->variants);
    if (!forms || !builder->variants)
        return osl_fail(builder->err, OSL_ENOMEM, "out of memory in a query");
    osl_status status = OSL_OK;
    for (size_t i = 0; i < tokens->count && status == OSL_OK; i++)
        status = osl_resolve(builder->resolver,
                             (osl_text){word.bytes + tokens->starts[i],
                                        tokens->ends[i] - tokens->starts[i]},
                             tokens->flags[i] & OSL_TOKEN_KEY, &forms[i],
                             builder->err);
    if (status == OSL_OK && tokens->count == 1 && forms[0].extra.length == 0)
        status = add_split(builder, forms[0].folded);
    if (status == OSL_OK && tokens->count > 1)
        status = add_all_joined(builder, word, tokens, forms);
    *out = (osl_unit){.forms = forms,
                      .form_count = tokens->count,
                      .variants = builder->variants,
                      .variant_count = builder->count};
    out->asks_acronym = tokens->count == 1 && forms[0].extra.length > 0 &&
                        !(tokens->flags[0] & OSL_TOKEN_SIGNED);
    return status;
}

/* Tokens [first, first + count) as if they were all. */
static osl_tokens slice(const osl_tokens *tokens, size_t first, size_t count)
{
    return (osl_tokens){.starts = tokens->starts + first,
                        .ends = tokens->ends + first,
                        .flags = tokens->flags + first,
                        .count = count};
}

osl_status osl_unit_of_word(osl_resolver *resolver, osl_text word,
                            osl_arena *arena, osl_unit *out, osl_error *err)
{
    osl_tokens *tokens = osl_resolver_tokens(resolver);
    unit_builder builder = {resolver, arena, err, NULL, 0};
    osl_status status =
        osl_tokenize(osl_resolver_analyzer(resolver), word, tokens, err);
    return status == OSL_OK ? build_unit(&builder, word, tokens, out) : status;
}

/* Whether two words side by side are a short name and a number (IL 2), or a
 * number and a unit (10 mg). */
static bool are_pair(const osl_unit *left, const osl_unit *right)
{
    if (left->form_count != 1 || right->form_count != 1)
        return false;
    osl_text a = left->forms[0].folded, b = right->forms[0].folded;
    bool number = is_number(a);
    osl_text name = number ? b : a;
    if (number == is_number(b) || name.length > 5)
        return false;
    for (size_t i = 0; i < name.length; i++)
        if (name.bytes[i] < 'a' || name.bytes[i] > 'z')
            return false;
    return true;
}

/* Makes one unit of two, with the joined word as its variant. */
static osl_status add_pair(unit_builder *builder, osl_unit *left,
                           const osl_unit *right)
{
    osl_form *forms = osl_arena_zero(builder->arena, 2, sizeof *forms);
    builder->variants =
        osl_arena_zero(builder->arena, VARIANTS_MAX, sizeof *builder->variants);
    builder->count = 0;
    if (!forms || !builder->variants)
        return osl_fail(builder->err, OSL_ENOMEM, "out of memory in a query");
    forms[0] = left->forms[0];
    forms[1] = right->forms[0];
    osl_status status = add_joined(builder, forms, 2, 0, 2);
    *left = (osl_unit){.forms = forms,
                       .form_count = 2,
                       .variants = builder->variants,
                       .variant_count = builder->count};
    return status;
}

static osl_status build_units(unit_builder *builder, osl_text text,
                              const osl_tokens *tokens, bool phrase,
                              osl_units *out)
{
    osl_unit *units =
        osl_arena_zero(builder->arena, tokens->count + 1, sizeof *units);
    size_t count = 0;
    if (!units)
        return osl_fail(builder->err, OSL_ENOMEM, "out of memory in a query");
    for (size_t first = 0, end; first < tokens->count; first = end) {
        end = first + 1;
        while (end < tokens->count &&
               (tokens->flags[end] & OSL_TOKEN_GLUED_LEFT))
            end++;
        osl_tokens word = slice(tokens, first, end - first);
        builder->count = 0;
        osl_status status = build_unit(builder, text, &word, &units[count]);
        if (status == OSL_OK && phrase && count > 0 &&
            are_pair(&units[count - 1], &units[count])) {
            status = add_pair(builder, &units[count - 1], &units[count]);
            count--;
        }
        if (status != OSL_OK)
            return status;
        count++;
    }
    *out = (osl_units){.units = units, .count = count};
    return OSL_OK;
}

osl_status osl_units_of_text(osl_resolver *resolver, osl_text text, bool phrase,
                             osl_arena *arena, osl_units *out, osl_error *err)
{
    osl_tokens tokens = {0};
    unit_builder builder = {resolver, arena, err, NULL, 0};
    osl_status status =
        osl_tokenize(osl_resolver_analyzer(resolver), text, &tokens, err);
    if (status == OSL_OK)
        status = build_units(&builder, text, &tokens, phrase, out);
    osl_tokens_clear(&tokens);
    return status;
}
