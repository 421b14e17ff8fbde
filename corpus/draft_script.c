/* SPDX-License-Identifier: MIT
 *
 * Super- and subscripts. A raised number is a reference, a power or a
 * footnote's mark, by what it is glued to. */
#include "corpus/draft_inner.h"

#include <string.h>

#include "core/base/utf8.h"

typedef struct script_char {
    char plain;
    const char *super, *sub;
} script_char;

static const script_char script_chars[] = {
    {'0', "⁰", "₀"}, {'1', "¹", "₁"}, {'2', "²", "₂"}, {'3', "³", "₃"},
    {'4', "⁴", "₄"}, {'5', "⁵", "₅"}, {'6', "⁶", "₆"}, {'7', "⁷", "₇"},
    {'8', "⁸", "₈"}, {'9', "⁹", "₉"}, {'+', "⁺", "₊"}, {'-', "⁻", "₋"},
    {'=', "⁼", "₌"}, {'(', "⁽", "₍"}, {')', "⁾", "₎"},
};

/* A minus sign or a dash in an exponent is a minus. */
static size_t minus_at(osl_text text, size_t at)
{
    unsigned length;
    uint32_t c =
        osl_utf8_get(text.bytes + at, text.bytes + text.length, &length);
    return c == 0x2212 || (c >= 0x2010 && c <= 0x2013) ? length : 0;
}

static void put_script(osl_draft *draft, osl_text text, bool super)
{
    for (size_t i = 0; i < text.length;) {
        size_t length = minus_at(text, i);
        char plain = (char)(length ? '-' : text.bytes[i]);
        const char *mapped = NULL;
        for (size_t k = 0; k < sizeof script_chars / sizeof *script_chars; k++)
            if (script_chars[k].plain == plain)
                mapped = super ? script_chars[k].super : script_chars[k].sub;
        if (mapped != NULL) {
            osl_draft_text(draft, osl_text_of(mapped));
            i += length ? length : 1;
            continue;
        }
        size_t end = i + 1;
        while (end < text.length &&
               ((unsigned char)text.bytes[end] & 0xC0) == 0x80)
            end++;
        osl_draft_text(draft, (osl_text){text.bytes + i, end - i});
        i = end;
    }
}

/* The word that a superscript is glued to: the letters at the end. */
static osl_text last_word(osl_text text)
{
    size_t at = text.length;
    while (at && osl_is_alpha(text.bytes[at - 1]))
        at--;
    return (osl_text){text.bytes + at, text.length - at};
}

static bool is_one_of(osl_text word, const char *const *words)
{
    for (; *words; words++)
        if (osl_text_equal_fold(word, osl_text_of(*words)))
            return true;
    return false;
}

/* A power ("m²", "10⁹", "mm³", "R²") rather than a reference: nothing is to
 * the power of one, and no milligram squared. */
static bool takes_power(osl_text word, osl_text before, osl_text power)
{
    static const char *const bases[] = {"log", "chi", "sec",
                                        "min", "cmm", NULL};
    static const char *const never[] = {"mg", "ml", "kg", "dl", "hr", NULL};
    if (before.length && osl_is_digit(before.bytes[before.length - 1]))
        return true;
    if (word.length == 0)
        return false;
    if (osl_text_equal(power, osl_text_of("1")) || is_one_of(word, never))
        return false;
    return word.length <= 2 || is_one_of(word, bases);
}

/* Whether a superscript behind `before` is a reference; a list always is. */
static bool is_reference(const osl_draft *draft, osl_text text,
                         const osl_text_list *numbers)
{
    osl_text before = osl_draft_open_text(draft);
    if (draft->blank || before.length == 0)
        return false;
    if (numbers->count > 1 || text.bytes[0] == '[')
        return true;
    return !takes_power(last_word(before), before, text);
}

/* "dose<sup>a,b</sup>", "effects<sup>*</sup>": a footnote's, not the word's. */
static bool is_footnote(const osl_draft *draft, osl_text text)
{
    static const char *const stars[] = {"*", "**", "†", "‡", "§", "¶"};
    osl_text before = osl_draft_open_text(draft);
    if (draft->blank || before.length == 0)
        return false;
    for (size_t i = 0; i < sizeof stars / sizeof *stars; i++)
        if (osl_text_equal(text, osl_text_of(stars[i])))
            return true;
    for (size_t i = 0; i < text.length; i++) {
        bool fits = i % 2 ? text.bytes[i] == ',' || text.bytes[i] == ' '
                          : text.bytes[i] >= 'a' && text.bytes[i] <= 'h';
        if (!fits)
            return false;
    }
    return text.length % 2 == 1 &&
           (text.length > 1 || last_word(before).length >= 3);
}

void osl_draft_superscript(osl_draft *draft, osl_text text)
{
    text = osl_text_trim(text);
    if (!osl_draft_ready(draft, text))
        return;
    osl_text_list *list = &draft->citations;
    size_t before = list->count;
    if (osl_citation_list(text, &draft->arena, list)) {
        osl_text_list numbers = {NULL, list->count - before, 0, false};
        if (numbers.count > 0)
            numbers.items = list->items + before;
        if (is_reference(draft, text, &numbers))
            return;
        list->count = before;
    }
    if (!is_footnote(draft, text))
        put_script(draft, text, true);
}

void osl_draft_subscript(osl_draft *draft, osl_text text)
{
    text = osl_text_trim(text);
    if (osl_draft_ready(draft, text))
        put_script(draft, text, false);
}
