/* SPDX-License-Identifier: MIT
 *
 * Three ways in: a label ("level of evidence", "grade", "class") followed by
 * a code; GRADE's pairs of words ("strong recommendation"); SIGN's single
 * letter in brackets at the end of a sentence. A code is short and of few
 * letters, so that "level of the knee" or "grade 3 toxicity" gives none:
 * toxicity and tumour grades are plain digits, which a lone "grade" refuses.
 *
 * PDQ's codes: before 2024 design (1-3, i-iii) and endpoint (A-D):
 * "3iiiDiv"; since then a letter and a digit: "A1" to "C3". */
#include "corpus/evidence.h"

#include <string.h>

typedef enum code_kind {
    CODE_ANY,     /* digits alone are a level: the label says evidence */
    CODE_LETTERED /* needs a letter that is no common word: "1B", "A" */
} code_kind;

typedef struct label {
    const char *words; /* lower-case */
    code_kind kind;
} label;

/* Longer labels stand before those that they begin with. */
static const label labels[] = {
    {"levels of evidence", CODE_ANY},
    {"level of evidence", CODE_ANY},
    {"evidence levels", CODE_ANY},
    {"evidence level", CODE_ANY},
    {"evidence grade", CODE_ANY},
    {"evidence rating", CODE_ANY},
    {"quality of evidence", CODE_LETTERED},
    {"grade of recommendation", CODE_ANY},
    {"recommendation grade", CODE_ANY},
    {"strength of recommendation", CODE_ANY},
    {"strength of evidence", CODE_ANY},
    {"grade", CODE_LETTERED},
    {"level", CODE_LETTERED},
    {"class", CODE_LETTERED},
    {"category", CODE_LETTERED},
    {"loe", CODE_ANY},
};

static bool is_word_char(char c)
{
    return osl_is_alpha(c) || osl_is_digit(c) || (unsigned char)c >= 0x80;
}

static bool is_code_char(char c)
{
    return osl_is_digit(c) ||
           (c != '\0' && strchr("ivxIVXABCDEabcd", c) != NULL);
}

/* "1++", "2+", "1-" (SIGN). */
static size_t code_signs(osl_text text, size_t at)
{
    size_t from = at;
    while (at < text.length && at - from < 2 && text.bytes[at] == '+')
        at++;
    return at;
}

static bool has_upper_or_roman(osl_text code)
{
    bool upper = false, digit = false, lower = false;
    for (size_t i = 0; i < code.length; i++) {
        char c = code.bytes[i];
        upper |= c >= 'A' && c <= 'Z';
        lower |= c >= 'a' && c <= 'z';
        digit |= osl_is_digit(c);
    }
    return upper || (digit && lower);
}

/* Roman numerals alone after a bare "grade", "level" or "class" are stages
 * of something else ("class III heart failure"). */
static bool is_roman(osl_text code)
{
    for (size_t i = 0; i < code.length; i++)
        if (strchr("IVX", code.bytes[i]) == NULL)
            return false;
    return true;
}

/* The code at `at`, of length 0 where none stands there. */
static osl_text code_at(osl_text text, size_t at, code_kind kind)
{
    size_t end = at;
    while (end < text.length && is_code_char(text.bytes[end]))
        end++;
    size_t plain = end;
    if (end > at && osl_is_digit(text.bytes[at]))
        end = code_signs(text, end);
    osl_text code = {text.bytes + at, end - at};
    if (code.length == 0 || code.length > 8 ||
        (end == plain && end < text.length && is_word_char(text.bytes[end])))
        return (osl_text){text.bytes + at, 0};
    bool lettered = has_upper_or_roman(code);
    bool word =
        code.length == 1 && code.bytes[0] >= 'a' && code.bytes[0] <= 'z';
    bool bare = kind == CODE_LETTERED && (!lettered || is_roman(code));
    if (word || bare ||
        (!lettered && !osl_is_digit(code.bytes[0]) &&
         !strchr("iv", code.bytes[0])))
        return (osl_text){text.bytes + at, 0};
    return code;
}

static void put_once(osl_text_list *found, osl_text level)
{
    for (size_t i = 0; i < found->count; i++)
        if (osl_text_equal(found->items[i], level))
            return;
    osl_text_list_put(found, level);
}

/* Behind blanks, colons, stars and opening brackets. */
static size_t skip_to_code(osl_text text, size_t at)
{
    while (at < text.length && text.bytes[at] != '\0' &&
           strchr(" :=*_([\"-", text.bytes[at]) != NULL)
        at++;
    if (osl_text_starts_fold((osl_text){text.bytes + at, text.length - at},
                             "level "))
        at += 6;
    return at;
}

/* ", 2A", " and 3iii", "/B" after a code: the next one. */
static size_t skip_joint(osl_text text, size_t at)
{
    size_t from = at;
    while (at < text.length && strchr(" ,;/*", text.bytes[at]) &&
           text.bytes[at] != '\0')
        at++;
    osl_text rest = {text.bytes + at, text.length - at};
    if (osl_text_starts_fold(rest, "and "))
        at += 4;
    else if (osl_text_starts_fold(rest, "or "))
        at += 3;
    else if (memchr(text.bytes + from, ' ', at - from) == text.bytes + from)
        return from; /* only a blank: the code has ended */
    return at;
}

static size_t take_codes(osl_text text, size_t at, code_kind kind,
                         osl_text_list *found)
{
    at = skip_to_code(text, at);
    for (;;) {
        osl_text code = code_at(text, at, kind);
        if (code.length == 0)
            return at;
        put_once(found, code);
        at += code.length;
        size_t next = skip_joint(text, at);
        if (next == at)
            return at;
        at = next;
    }
}

static size_t take_label(osl_text text, size_t at, osl_text_list *found)
{
    osl_text rest = {text.bytes + at, text.length - at};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        if (!osl_text_starts_fold(rest, labels[i].words))
            continue;
        size_t end = at + strlen(labels[i].words);
        if (end < text.length && is_word_char(text.bytes[end]))
            continue;
        return take_codes(text, end, labels[i].kind, found);
    }
    return at;
}

/* ---- GRADE ------------------------------------------------------------- */

static const char *const strengths[] = {
    "strong recommendation",        "strongly recommended",
    "weak recommendation",          "conditional recommendation",
    "discretionary recommendation", "good practice statement",
};
static const char *const qualities[] = {"very low", "very-low", "low",
                                        "moderate", "high",     "insufficient"};
static const char *const evidences[] = {
    "quality evidence",
    "quality of evidence",
    "certainty evidence",
    "certainty of evidence",
    "quality",
    "certainty",
};

static size_t match_any(osl_text text, size_t at, const char *const *words,
                        size_t count)
{
    osl_text rest = {text.bytes + at, text.length - at};
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(words[i]);
        if (osl_text_starts_fold(rest, words[i]) &&
            (rest.length == length || !is_word_char(rest.bytes[length])))
            return length;
    }
    return 0;
}

static size_t take_grade_words(osl_text text, size_t at, osl_text_list *found)
{
    size_t length =
        match_any(text, at, strengths, sizeof strengths / sizeof *strengths);
    if (length == 0) {
        size_t first = match_any(text, at, qualities,
                                 sizeof qualities / sizeof *qualities);
        size_t next = at + first;
        if (first == 0 || next >= text.length ||
            (text.bytes[next] != '-' && text.bytes[next] != ' '))
            return at;
        size_t second = match_any(text, next + 1, evidences,
                                  sizeof evidences / sizeof *evidences);
        bool vague = second && osl_text_find_fold(
                                   (osl_text){text.bytes + next + 1, second},
                                   "evidence") == second;
        if (second == 0 || (vague && text.bytes[next] == ' '))
            return at;
        length = first + 1 + second;
    }
    put_once(found, (osl_text){text.bytes + at, length});
    return at + length;
}

/* ---- SIGN -------------------------------------------------------------- */

/* "(A)", "[B]" behind a blank and before the end or a stop. */
static void take_letter(osl_text text, size_t at, osl_text_list *found)
{
    const char *b = text.bytes + at;
    bool opens = (b[0] == '(' || b[0] == '[') && at > 0 && b[-1] == ' ';
    if (!opens || text.length - at < 3 || b[1] < 'A' || b[1] > 'D' ||
        b[2] != (b[0] == '(' ? ')' : ']'))
        return;
    size_t behind = at + 3;
    if (behind < text.length && text.bytes[behind] == '.')
        behind++;
    if (behind == text.length)
        put_once(found, (osl_text){b + 1, 1});
}

/* ---- all --------------------------------------------------------------- */

#define STEM(a, b, c) ((uint32_t)(a) << 16 | (uint32_t)(b) << 8 | (uint32_t)(c))

/* Whether a label or GRADE's words can begin at `at`: by their first three
 * letters, so that nearly every word is passed by at once. */
static bool may_begin(osl_text text, size_t at)
{
    const char *b = text.bytes + at;
    if (text.length - at < 3)
        return false;
    switch (STEM(b[0] | 0x20, b[1] | 0x20, b[2] | 0x20) & 0xFFFFFF) {
    case STEM('l', 'e', 'v'):
    case STEM('e', 'v', 'i'):
    case STEM('q', 'u', 'a'):
    case STEM('g', 'r', 'a'):
    case STEM('r', 'e', 'c'):
    case STEM('s', 't', 'r'):
    case STEM('c', 'l', 'a'):
    case STEM('c', 'a', 't'):
    case STEM('l', 'o', 'e'):
    case STEM('w', 'e', 'a'):
    case STEM('c', 'o', 'n'):
    case STEM('d', 'i', 's'):
    case STEM('g', 'o', 'o'):
    case STEM('v', 'e', 'r'):
    case STEM('l', 'o', 'w'):
    case STEM('m', 'o', 'd'):
    case STEM('h', 'i', 'g'):
    case STEM('i', 'n', 's'):
        return true;
    default:
        return false;
    }
}

static size_t word_end(osl_text text, size_t at)
{
    while (at < text.length && is_word_char(text.bytes[at]))
        at++;
    return at;
}

void osl_evidence_find(osl_text text, osl_text_list *found)
{
    for (size_t at = 0; at < text.length;) {
        size_t next = at;
        if (!is_word_char(text.bytes[at])) {
            take_letter(text, at++, found);
            continue;
        }
        if (may_begin(text, at))
            next = take_label(text, at, found);
        if (next == at && may_begin(text, at))
            next = take_grade_words(text, at, found);
        at = next == at ? word_end(text, at) : next;
    }
}
