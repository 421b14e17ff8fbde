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
    char first = osl_to_lower(*rest.bytes);
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        if (first != *labels[i].words ||
            !osl_text_starts_fold(rest, labels[i].words))
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
    for (size_t i = 0; rest.length && i < count; i++) {
        if (osl_to_lower(*rest.bytes) != *words[i] ||
            !osl_text_starts_fold(rest, words[i]))
            continue;
        size_t length = strlen(words[i]);
        if (rest.length == length || !is_word_char(rest.bytes[length]))
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

/* "(A)", "[B]" behind a blank, with or without a stop, at the end. */
static void take_letter(osl_text text, osl_text_list *found)
{
    size_t end = text.length;
    if (end && text.bytes[end - 1] == '.')
        end--;
    if (end < 4)
        return;
    const char *b = text.bytes + end - 4;
    bool closes = (b[1] == '(' && b[3] == ')') || (b[1] == '[' && b[3] == ']');
    if (b[0] == ' ' && closes && b[2] >= 'A' && b[2] <= 'D')
        put_once(found, (osl_text){b + 2, 1});
}

/* ---- all --------------------------------------------------------------- */

/* How labels and GRADE's words begin: nearly every word is passed by. */
#define STEMS(X, k, n)                                                       \
    X("leve", 1, k, n) | X("loe?", 1, k, n) | X("evid", 2, k, n) |           \
        X("qual", 4, k, n) | X("high", 4, k, n) | X("grad", 8, k, n) |       \
        X("good", 8, k, n) | X("reco", 16, k, n) | X("weak", 16, k, n) |     \
        X("stre", 32, k, n) | X("stro", 32, k, n) | X("insu", 32, k, n) |    \
        X("clas", 64, k, n) | X("cate", 64, k, n) | X("cond", 64, k, n) |    \
        X("disc", 128, k, n) | X("very", 128, k, n) | X("low ", 128, k, n) | \
        X("low-", 128, k, n) | X("mode", 128, k, n)

static const osl_find_set stems = OSL_FIND_SET(STEMS);

void osl_evidence_find(osl_text text, osl_text_list *found, osl_find_fn *find)
{
    for (size_t at = 0;;) {
        at += find(&stems, text.bytes + at, text.length - at);
        if (at >= text.length)
            break;
        size_t next = at;
        if (at == 0 || !is_word_char(text.bytes[at - 1])) {
            next = take_label(text, at, found);
            if (next == at)
                next = take_grade_words(text, at, found);
        }
        at = next == at ? at + 1 : next;
    }
    take_letter(text, found);
}
