/* SPDX-License-Identifier: MIT
 *
 * A token's bytes to its folded word. ASCII in one loop; anything else by
 * ICU: the named characters first (superscripts to digits, µg to ug), then
 * NFKC with case folding, then Greek letters and diacritics. Never the other
 * way round: NFKC alone would make 109 of 10⁹ (docs/ANALYSIS.md). */
#include "core/base/utf8.h"
#include "core/text/analyzer.h"
#include "core/text/chars.h"

#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>

/* The longest: 255 bytes of text give at most 255 units, and NFKC at most 18
 * for one. */
enum { ROOM = 255 * 18 + 64 };

char osl_sign_at_end(osl_text token, size_t *length)
{
    *length = 0;
    for (size_t back = 1; back <= 3 && back < token.length; back++) {
        const char *at = token.bytes + token.length - back;
        if (back < 3 && ((uint8_t)*at & 0xC0) == 0x80)
            continue;
        unsigned took;
        uint32_t c = osl_utf8_get(at, at + back, &took);
        osl_char_class class = osl_char_classify(c);
        if (took != back || (class != OSL_CHAR_PLUS && class != OSL_CHAR_MINUS))
            return 0;
        *length = back;
        return class == OSL_CHAR_PLUS ? '+' : '-';
    }
    return 0;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Whether the letters after a micro sign are a unit that µ goes before. */
static bool is_micro_unit(const char *at, const char *end)
{
    size_t letters = 0;
    while (at + letters < end && ((at[letters] | 0x20) >= 'a') &&
           ((at[letters] | 0x20) <= 'z'))
        letters++;
    if (letters == 1)
        return strchr("glmGLM", at[0]) != NULL;
    return letters == 3 && (at[0] | 0x20) == 'm' && (at[1] | 0x20) == 'o' &&
           (at[2] | 0x20) == 'l';
}

/* ---- characters beyond ASCII ------------------------------------------- */

static const char *const greek[] = {
    "alpha",   "beta", "gamma", "delta",  "epsilon", "zeta", "eta",
    "theta",   "iota", "kappa", "lambda", "mu",      "nu",   "xi",
    "omicron", "pi",   "rho",   "sigma",  "sigma",   "tau",  "upsilon",
    "phi",     "chi",  "psi",   "omega"};

static const char *greek_name(UChar c)
{
    return c >= 0x3B1 && c <= 0x3C9 ? greek[c - 0x3B1] : NULL;
}

/* Letters that Unicode does not take apart though people do. */
static const char *plain_letters(UChar c)
{
    static const struct {
        UChar c;
        const char *plain;
    } table[] = {{0xE6, "ae"},  {0xF0, "d"},  {0xF8, "o"},  {0xFE, "th"},
                 {0x111, "d"},  {0x127, "h"}, {0x131, "i"}, {0x142, "l"},
                 {0x153, "oe"}, {0x167, "t"}, {0xDF, "ss"}, {0x138, "k"},
                 {0x149, "'n"}, {0x192, "f"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].c == c)
            return table[i].plain;
    return NULL;
}

static bool is_diacritic(UChar c)
{
    if (c < 0x300 || c == 0x3099 || c == 0x309A ||
        u_charType(c) != U_NON_SPACING_MARK)
        return false;
    UErrorCode failure = U_ZERO_ERROR;
    UScriptCode script = uscript_getScript(c, &failure);
    return script == USCRIPT_INHERITED || script == USCRIPT_ARABIC ||
           script == USCRIPT_HEBREW;
}

static int32_t put_ascii(UChar *to, int32_t at, const char *word)
{
    for (; *word && at < ROOM; word++)
        to[at++] = (UChar)*word;
    return at;
}

/* Greek letters that stand alone or in pairs are names in a formula (TNF-α,
 * γδ); longer runs are words of the Greek language and stay. */
static int32_t spell(const UChar *from, int32_t length, UChar *to)
{
    int32_t out = 0;
    for (int32_t i = 0; i < length;) {
        int32_t run = 0;
        while (i + run < length && greek_name(from[i + run]))
            run++;
        if (run == 1 || run == 2) {
            for (int32_t j = 0; j < run; j++)
                out = put_ascii(to, out, greek_name(from[i + j]));
            i += run;
            continue;
        }
        if (run == 0)
            run = 1;
        for (int32_t j = 0; j < run && out < ROOM; j++) {
            const char *plain = plain_letters(from[i + j]);
            if (plain)
                out = put_ascii(to, out, plain);
            else
                to[out++] = from[i + j];
        }
        i += run;
    }
    return out;
}

/* Takes diacritics off and spells letters: UTF-16 in folded case. */
static int32_t strip_units(UChar *units, int32_t length, UChar *work)
{
    UErrorCode failure = U_ZERO_ERROR;
    const UNormalizer2 *nfd = unorm2_getNFDInstance(&failure);
    const UNormalizer2 *nfc = unorm2_getNFCInstance(&failure);
    length = unorm2_normalize(nfd, units, length, work, ROOM, &failure);
    if (U_FAILURE(failure))
        return 0;
    int32_t kept = 0;
    for (int32_t i = 0; i < length; i++)
        if (!is_diacritic(work[i]))
            work[kept++] = work[i];
    length = spell(work, kept, units);
    kept = unorm2_normalize(nfc, units, length, work, ROOM, &failure);
    if (U_FAILURE(failure))
        return 0;
    u_memcpy(units, work, kept);
    return kept;
}

static size_t to_utf8(const UChar *units, int32_t length, char *out)
{
    size_t used = 0;
    for (int32_t i = 0; i < length;) {
        uint32_t c = units[i++];
        if (c >= 0xD800 && c < 0xDC00 && i < length)
            c = (c << 10) + units[i++] - 0x35FDC00u;
        char bytes[4];
        unsigned took = osl_utf8_put(bytes, c);
        if (used + took > OSL_FOLDED_BYTES_MAX)
            break;
        memcpy(out + used, bytes, took);
        used += took;
    }
    return used;
}

/* The named characters, before any normalisation. */
static int32_t name_characters(osl_text token, UChar *units)
{
    const char *end = token.bytes + token.length;
    int32_t used = 0;
    for (const char *at = token.bytes; at < end;) {
        unsigned took;
        uint32_t c = osl_utf8_get(at, end, &took);
        osl_char_class class = osl_char_classify(c);
        bool first = used == 0 ||
                     (units[used - 1] < 128 && is_digit((char)units[used - 1]));
        at += took;
        if (c == OSL_UTF8_BAD || c == '^')
            continue;
        if (class == OSL_CHAR_SUPER)
            c = (uint32_t)('0' + u_getNumericValue((UChar32)c));
        else if (class == OSL_CHAR_DIGIT)
            c = (uint32_t)('0' + u_charDigitValue((UChar32)c));
        else if (class == OSL_CHAR_APOSTROPHE)
            c = '\'';
        else if (class == OSL_CHAR_MIDDOT)
            c = '.';
        else if ((c == 0xB5 || c == 0x3BC) && first && is_micro_unit(at, end))
            c = 'u';
        if (c >= 0x10000)
            units[used++] = (UChar)(0xD7C0 + (c >> 10));
        units[used++] = (UChar)(c < 0x10000 ? c : 0xDC00 | (c & 0x3FF));
    }
    return used;
}

static size_t fold_beyond_ascii(osl_text token, bool keep_diacritics, char *out)
{
    UChar units[ROOM], work[ROOM];
    UErrorCode failure = U_ZERO_ERROR;
    const UNormalizer2 *folding = unorm2_getNFKCCasefoldInstance(&failure);
    int32_t named = name_characters(token, work);
    int32_t length =
        unorm2_normalize(folding, work, named, units, ROOM, &failure);
    if (U_FAILURE(failure))
        return 0;
    if (!keep_diacritics)
        length = strip_units(units, length, work);
    return to_utf8(units, length, out);
}

/* ---- rules on folded bytes --------------------------------------------- */

/* Commas in numbers: 50,000 is 50000 and 1,5 is 1.5 in English; elsewhere a
 * single comma is always the decimal point. .01 is 0.01. */
static size_t fold_number(const osl_analyzer *analyzer, char *word,
                          size_t length)
{
    size_t commas = 0, to = 0;
    for (size_t i = 0; i < length; i++)
        commas += word[i] == ',';
    for (size_t i = 0; i < length; i++) {
        if (word[i] != ',') {
            word[to++] = word[i];
            continue;
        }
        size_t digits = 0;
        while (i + 1 + digits < length && is_digit(word[i + 1 + digits]))
            digits++;
        bool english = analyzer->english || !analyzer->stems;
        if (digits != 3 || !(english || commas > 1))
            word[to++] = '.';
    }
    if (to > 0 && word[0] == '.' && to < OSL_FOLDED_BYTES_MAX) {
        memmove(word + 1, word, to++);
        word[0] = '0';
    }
    return to;
}

/* An article or pronoun elided before a vowel (l'œdème) is not the word. */
static size_t elided_bytes(const osl_analyzer *analyzer, const char *word,
                           size_t length)
{
    static const char french[] = " l d j m t s n c qu jusqu lorsqu puisqu "
                                 "quoiqu ";
    static const char italian[] = " l d c m t s v n un dell all dall nell "
                                  "sull coll quest quell ";
    const char *list = NULL;
    if (strncmp(analyzer->language, "fr", 2) == 0)
        list = french;
    else if (strncmp(analyzer->language, "it", 2) == 0 ||
             strncmp(analyzer->language, "ca", 2) == 0)
        list = italian;
    const char *quote = list ? memchr(word, '\'', length) : NULL;
    size_t head = quote ? (size_t)(quote - word) : 0;
    if (head == 0 || head > 8 || head + 1 == length)
        return 0;
    char wanted[16];
    wanted[0] = ' ';
    memcpy(wanted + 1, word, head);
    wanted[head + 1] = ' ';
    wanted[head + 2] = '\0';
    return strstr(list, wanted) ? head + 1 : 0;
}

static size_t fold_apostrophes(const osl_analyzer *analyzer, char *word,
                               size_t length)
{
    if (length > 2 && word[length - 2] == '\'' && word[length - 1] == 's')
        length -= 2;
    size_t elided = elided_bytes(analyzer, word, length);
    if (elided)
        memmove(word, word + elided, length - elided);
    return length - elided;
}

/* mcg, mcl and mcmol are µg, µl and µmol: ug, ul, umol. */
static size_t fold_micro(char *word, size_t length)
{
    size_t digits = 0;
    while (digits < length && is_digit(word[digits]))
        digits++;
    size_t left = length - digits;
    char *unit = word + digits;
    if (!(left == 3 &&
          (memcmp(unit, "mcg", 3) == 0 || memcmp(unit, "mcl", 3) == 0)) &&
        !(left == 5 && memcmp(unit, "mcmol", 5) == 0))
        return length;
    unit[0] = 'u';
    memmove(unit + 1, unit + 2, left - 2);
    return length - 1;
}

/* Most tokens: letters of ASCII alone. False where it is another, with `out`
 * of no use. */
static bool fold_letters(osl_text token, char *out)
{
    unsigned others = 0;
    for (size_t i = 0; i < token.length; i++) {
        unsigned letter = (uint8_t)token.bytes[i] | 0x20u;
        others |= letter - 'a' >= 26;
        out[i] = (char)letter;
    }
    return !others;
}

size_t osl_fold_token(const osl_analyzer *analyzer, osl_text token,
                      bool keep_diacritics, char *out)
{
    enum { SHORT = 64 };
    size_t sign, length = 0;
    if (token.length < SHORT && fold_letters(token, out))
        return analyzer->stems && token.length >= 3
                   ? fold_micro(out, token.length)
                   : token.length;
    (void)osl_sign_at_end(token, &sign);
    token.length -= sign;
    if (token.length > OSL_TOKEN_BYTES_MAX) {
        token.length = OSL_TOKEN_BYTES_MAX;
        while (token.length > 1 &&
               ((uint8_t)token.bytes[token.length] & 0xC0) == 0x80)
            token.length--;
    }
    uint8_t seen = 0;
    bool commas = false, quotes = false;
    for (size_t i = 0; i < token.length; i++) {
        char byte = token.bytes[i];
        seen |= (uint8_t)byte;
        if (byte == '^')
            continue;
        if (byte >= 'A' && byte <= 'Z')
            byte = (char)(byte | 0x20);
        out[length++] = byte;
    }
    if (seen & 0x80)
        length = fold_beyond_ascii(token, keep_diacritics, out);
    for (size_t i = 0; i < length; i++) {
        commas |= out[i] == ',' || (i == 0 && out[i] == '.');
        quotes |= out[i] == '\'';
    }
    if (commas)
        length = fold_number(analyzer, out, length);
    if (quotes)
        length = fold_apostrophes(analyzer, out, length);
    if (analyzer->stems && length >= 3 && length < 64)
        length = fold_micro(out, length);
    return length;
}

size_t osl_fold_diacritics(osl_text word, char *out)
{
    return fold_beyond_ascii(word, false, out);
}
