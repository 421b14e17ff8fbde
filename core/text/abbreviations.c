/* SPDX-License-Identifier: MIT
 *
 * At each bracket there are two readings: what stands in it is the short form
 * and the long form ends before it, or the word before it is the short form
 * and the long form stands inside. Either way the letters of the short form
 * are looked for in the long form from right to left; the first one must
 * begin a word. Besides the paper: where the letters are the initials of the
 * last words, those are the long form (else AAN is "Academy of Neurology");
 * square brackets count, a plural s does not, a short form is one word with
 * capitals, and a definition stays within its sentence. Time is linear: a long form is at most LONG_MAX bytes away. */
#include "core/text/abbreviations.h"

#include "core/text/scratch.h"

#include <string.h>

enum { SHORT_MIN = 2, SHORT_MAX = 10, LONG_MAX = 300 };

static bool is_capital(char c)
{
    return (uint8_t)(c - 'A') < 26;
}

static char lower(char c)
{
    return (char)(c | is_capital(c) << 5);
}

static bool is_letter(char c)
{
    return (uint8_t)((c | 0x20) - 'a') < 26;
}

/* Bytes beyond ASCII are letters here: Greek, accents. No branches: none could
 * be foretold. */
static bool is_alnum(char c)
{
    static const uint64_t set[4] = {UINT64_C(0x3FF) << ('0' % 64),
                                    UINT64_C(0x3FFFFFF) << ('A' % 64) |
                                        UINT64_C(0x3FFFFFF) << ('a' % 64),
                                    UINT64_MAX, UINT64_MAX};
    uint8_t byte = (uint8_t)c;
    return set[byte / 64] >> (byte % 64) & 1;
}

/* Sets of ASCII characters: two words of bits. */
static bool is_in(const uint64_t set[2], char c)
{
    unsigned char byte = (unsigned char)c;
    return byte < 128 && (set[byte / 64] >> (byte % 64) & 1);
}

#define BIT(c) ((uint64_t)1 << ((c) % 64))
static const uint64_t list_ends[2] = {BIT(',') | BIT(';') | BIT(':') | BIT('='),
                                      0};
static const uint64_t inner_ends[2] = {BIT(';') | BIT(':') | BIT('='), 0};

/* Characters that a short form may have beside letters and digits. */
static const uint64_t short_signs[2] = {
    BIT('-') | BIT('/') | BIT('&') | BIT('.') | BIT('+'), 0};

/* What ends a bracket. */
static const bool brackets[256] = {
    ['('] = true, [')'] = true,  ['['] = true,
    [']'] = true, ['\n'] = true, ['\0'] = true,
};

static osl_text trim(osl_text span)
{
    while (span.length && (span.bytes[0] == ' ' || span.bytes[0] == '"')) {
        span.bytes++;
        span.length--;
    }
    while (span.length && (span.bytes[span.length - 1] == ' ' ||
                           span.bytes[span.length - 1] == '"' ||
                           span.bytes[span.length - 1] == ','))
        span.length--;
    return span;
}

static size_t count_words(osl_text span)
{
    size_t words = 0;
    for (size_t i = 0; i < span.length; i++)
        words += span.bytes[i] != ' ' && (i == 0 || span.bytes[i - 1] == ' ');
    return words;
}

/* Takes a plural's s off: capitals (and digits) before a last small s. */
static osl_text singular(osl_text form)
{
    if (form.length < 3 || form.bytes[form.length - 1] != 's' ||
        !is_capital(form.bytes[form.length - 2]))
        return form;
    form.length--;
    return form;
}

static bool is_short_form(osl_text form)
{
    size_t capitals = 0, letters = 0;
    if (form.length < SHORT_MIN || form.length > SHORT_MAX ||
        !is_alnum(form.bytes[0]))
        return false;
    for (size_t i = 0; i < form.length; i++) {
        char c = form.bytes[i];
        if (!is_alnum(c) && !is_in(short_signs, c))
            return false;
        capitals += is_capital(c);
        letters += is_letter(c);
    }
    return capitals > (form.length > 4) && letters >= 2;
}

/* Finds the shortest end of `span` that spells `form`; empty where none. */
static osl_text match_backwards(osl_text form, osl_text span)
{
    size_t at = span.length;
    for (size_t i = form.length; i-- > 0;) {
        char wanted = lower(form.bytes[i]);
        if (!is_alnum(wanted))
            continue;
        /* Twice the same where it is no letter. */
        char capital = (char)(wanted ^ is_letter(wanted) << 5);
        for (;;) {
            if (at == 0)
                return (osl_text){"", 0};
            char c = span.bytes[--at];
            if (((c == wanted) | (c == capital)) &&
                (i > 0 || at == 0 || !is_alnum(span.bytes[at - 1])))
                break;
        }
    }
    return (osl_text){span.bytes + at, span.length - at};
}

static bool is_small_word(const char *word, size_t length)
{
    static const char *const words[] = {"a",   "an",  "and", "by",
                                        "for", "in",  "of",  "on",
                                        "or",  "the", "to",  "with"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == length && memcmp(words[i], word, length) == 0)
            return true;
    return false;
}

/* The words at the end of `span` whose initials are `form`, small words
 * besides; empty where there are none. */
static osl_text match_initials(osl_text form, osl_text span)
{
    size_t left = form.length, end = span.length;
    for (size_t at = span.length; at-- > 0;) {
        if (!is_alnum(span.bytes[at])) {
            end = at;
            continue;
        }
        if (at > 0 && is_alnum(span.bytes[at - 1]))
            continue;
        while (left > 0 && !is_alnum(form.bytes[left - 1]))
            left--;
        if (left > 0 && lower(span.bytes[at]) == lower(form.bytes[left - 1]))
            left--;
        else if (!is_small_word(span.bytes + at, end - at))
            break;
        if (left == 0)
            return (osl_text){span.bytes + at, span.length - at};
    }
    return (osl_text){"", 0};
}

static bool holds(osl_text span, osl_text form)
{
    for (size_t i = 0; i + form.length <= span.length; i++)
        if (span.bytes[i] == form.bytes[0] &&
            memcmp(span.bytes + i, form.bytes, form.length) == 0)
            return true;
    return false;
}

/* "and lead to", "to suppress thyrotropin": no name begins so. */
static bool begins_badly(osl_text span)
{
    static const char *const words[] = {"and ", "by ",  "for ", "of ",
                                        "or ",  "the ", "to ",  "with "};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (span.length > strlen(words[i]) &&
            memcmp(span.bytes, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

/* With the α- or N- that its first word hangs on. */
static osl_text with_prefix(osl_text found, osl_text span)
{
    size_t before = (size_t)(found.bytes - span.bytes);
    if (before < 2 || span.bytes[before - 1] != '-')
        return found;
    size_t start = before - 2;
    while (start > 0 && (span.bytes[start] & 0xC0) == 0x80)
        start--; /* to the first byte of a letter */
    if (!is_alnum(span.bytes[start]) ||
        (start > 0 && span.bytes[start - 1] != ' '))
        return found;
    return (osl_text){span.bytes + start, found.length + before - start};
}

/* Most words of the long form of `form`. */
static size_t most_words(osl_text form)
{
    size_t letters = 0;
    for (size_t i = 0; i < form.length; i++)
        letters += is_alnum(form.bytes[i]);
    return letters + 5 < 2 * letters ? letters + 5 : 2 * letters;
}

/* The long form of `form` at the end of `span`. */
static osl_text long_form_in(osl_text form, osl_text span)
{
    osl_text found = match_initials(form, span);
    if (found.length == 0)
        found = match_backwards(form, span);
    if (found.length <= form.length || count_words(found) > most_words(form) ||
        holds(found, form) || begins_badly(found))
        return (osl_text){"", 0};
    return with_prefix(found, span);
}

/* Where a clause ends; a point does where a blank follows. */
enum { ENDS = 1, MAY_END = 2, BLANK = 3 };
static const uint8_t kinds[256] = {
    ['('] = ENDS,  [')'] = ENDS,    [':'] = ENDS,  [';'] = ENDS,
    ['?'] = ENDS,  ['!'] = ENDS,    ['['] = ENDS,  [']'] = ENDS,
    ['\n'] = ENDS, ['.'] = MAY_END, [' '] = BLANK,
};

/* What stands before byte `end` in its sentence, not over a bracket: `words`
 * words and some more where there are so many. */
static osl_text clause_before(osl_text text, size_t end, size_t words)
{
    size_t start = end, passed = 0;
    while (start > 0 && end - start < LONG_MAX) {
        uint8_t kind = kinds[(uint8_t)text.bytes[start - 1]];
        bool at_blank = start < end && text.bytes[start] == ' ';
        if (kind == ENDS || (kind == MAY_END && at_blank))
            break;
        passed += kind == BLANK && start < end && !at_blank;
        if (passed > words + 2)
            break;
        start--;
    }
    while (start > 0 && start < end && is_alnum(text.bytes[start]) &&
           is_alnum(text.bytes[start - 1]))
        start++;
    return trim((osl_text){text.bytes + start, end - start});
}

static osl_text last_word(osl_text span)
{
    size_t start = span.length;
    while (start > 0 && span.bytes[start - 1] != ' ')
        start--;
    return (osl_text){span.bytes + start, span.length - start};
}

static osl_text up_to(osl_text span, const uint64_t ends[2])
{
    for (size_t i = 0; i < span.length; i++)
        if (is_in(ends, span.bytes[i]))
            span.length = i;
    return trim(span);
}

/* What is taken off the ends of a span. */
static bool is_trimmed(char c)
{
    return c == ' ' || c == '"' || c == ',';
}

/* Whether the word before `end` can be a short form: most can not, and need
 * no look at their bracket. */
static bool ends_in_capitals(osl_text text, size_t end)
{
    while (end > 0 && is_trimmed(text.bytes[end - 1]))
        end--;
    size_t start = end > SHORT_MAX + 1 ? end - (SHORT_MAX + 1) : 0;
    for (; end > start && text.bytes[end - 1] != ' '; end--)
        if (is_capital(text.bytes[end - 1]))
            return true;
    return false;
}

/* Whether what begins behind `open` can be a short form: one word, with a
 * capital, that ends soon. */
static bool begins_with_capitals(osl_text text, size_t open)
{
    size_t at = open + 1;
    bool capital = false;
    while (at < text.length && (text.bytes[at] == ' ' || text.bytes[at] == '"'))
        at++;
    size_t most = at + SHORT_MAX + 1;
    for (; at < text.length && at < most; at++) {
        char c = text.bytes[at];
        if (!is_alnum(c) && !is_in(short_signs, c))
            break;
        capital |= is_capital(c);
    }
    return capital && at < text.length &&
           (is_trimmed(text.bytes[at]) || is_in(list_ends, text.bytes[at]) ||
            brackets[(uint8_t)text.bytes[at]]);
}

/* Reads the bracket at `open` whose inside ends at `close`; `before`: the word
 * before it can be a short form. */
static bool read_bracket(osl_text text, size_t open, size_t close, bool before,
                         osl_abbreviation *out)
{
    osl_text inside = {text.bytes + open + 1, close - open - 1};
    osl_text form = singular(up_to(inside, list_ends));
    bool is_short = is_short_form(form);
    if (is_short) {
        osl_text clause = clause_before(text, open, most_words(form));
        *out = (osl_abbreviation){form, long_form_in(form, clause)};
        if (out->long_form.length)
            return true;
    }
    if (!before)
        return false;
    form = singular(last_word(clause_before(text, open, 1)));
    if (!is_short_form(form))
        return false;
    inside = up_to(inside, inner_ends);
    osl_text found = long_form_in(form, inside);
    /* All of the inside, but for an article, is the long form. */
    if (found.length == 0 || found.length + 4 < inside.length)
        return false;
    *out = (osl_abbreviation){form, found};
    return true;
}

/* ---- brackets ----------------------------------------------------------- */

/* Bits from `from` on, whatever blocks they stand in; behind the last one of a
 * text there is one of zeroes. */
static uint64_t capitals_from(const osl_class_block *blocks, size_t from)
{
    const osl_class_block *block = &blocks[from / 64];
    unsigned shift = from % 64;
    return shift ? block[0].upper >> shift | block[1].upper << (64 - shift)
                 : block[0].upper;
}

static bool is_trimmed_twice(osl_text text, size_t at)
{
    return at + 1 < text.length && is_trimmed(text.bytes[at]) &&
           is_trimmed(text.bytes[at + 1]);
}

/* Whether there may be a short form beside the bracket at `open`: no word
 * without a capital nearby is one. Where more than one character is trimmed it
 * may be farther away. */
static bool has_capitals_near(osl_text text, const osl_class_block *blocks,
                              size_t open)
{
    enum { NEAR = SHORT_MAX + 4 };
    size_t from = open > NEAR ? open - NEAR : 0;
    uint64_t near = ((uint64_t)1 << (2 * NEAR + 1)) - 1;
    return (capitals_from(blocks, from) & near) != 0 ||
           (open > 1 && is_trimmed_twice(text, open - 2)) ||
           is_trimmed_twice(text, open + 1);
}

/* The first bracket from `at` on that may define something, or the text's
 * length. */
static size_t next_open(osl_text text, const osl_class_block *blocks, size_t at)
{
    size_t end = text.length / 64;
    uint64_t all = ~(uint64_t)0 << (at % 64);
    for (size_t i = at / 64; i <= end; i++, all = ~(uint64_t)0)
        for (uint64_t left = blocks[i].open & all; left; left &= left - 1) {
            size_t open = 64 * i + (size_t)__builtin_ctzll(left);
            if (has_capitals_near(text, blocks, open))
                return open;
        }
    return text.length;
}

/* The same where no bits are at hand. */
static size_t find_open(osl_text text, size_t at)
{
    while (at < text.length && text.bytes[at] != '(' && text.bytes[at] != '[')
        at++;
    return at;
}

/* Reads the bracket at `open`. */
static bool read_at(osl_text text, size_t open, osl_abbreviation *out)
{
    size_t close = open + 1;
    bool before = ends_in_capitals(text, open);
    if (!before && !begins_with_capitals(text, open))
        return false;
    while (close < text.length && close - open <= LONG_MAX &&
           !brackets[(uint8_t)text.bytes[close]])
        close++;
    return close < text.length && close - open <= LONG_MAX &&
           read_bracket(text, open, close, before, out);
}

bool osl_next_abbreviation(osl_text text, const osl_tokens *tokens, size_t *at,
                           osl_abbreviation *out)
{
    const osl_token_scratch *scratch = tokens ? tokens->scratch : NULL;
    bool has_bits = scratch && scratch->block_count == text.length / 64 + 1;
    while (*at < text.length) {
        size_t open = has_bits ? next_open(text, scratch->blocks, *at)
                               : find_open(text, *at);
        *at = open + 1;
        if (open < text.length && read_at(text, open, out))
            return true;
    }
    *at = text.length;
    return false;
}
