/* SPDX-License-Identifier: MIT
 *
 * The authority. The text is decoded into code points, tailored into a UTF-16
 * copy whose every unit knows the code point it stands for, and ICU's word
 * breaks (UAX #29) over that copy are the tokens:
 *
 *     text  "5·10⁹/L, CD19+"         bytes, code points, classes
 *     copy  "5.10 9 L  CD19 "        breaks and joins put in by the rules
 *     ICU   5.10|9|L|CD19            segments that hold a word
 *     span  5·10 ⁹ L CD19+           back in bytes; a sign joins its token
 *
 * Written for plainness: whatever the fast path does must come out as here. */
#include "core/base/buf.h"
#include "core/base/utf8.h"
#include "core/text/analyzer.h"
#include "core/text/chars.h"
#include "core/text/scratch.h"

#include <stdlib.h>
#include <string.h>

#define SPACE 0x20

/* The class of the character before `i`, marks looked through (UAX #29, rule
 * WB4). */
static osl_char_class class_before(const osl_icu_text *copy, size_t i)
{
    return i > 0 ? (osl_char_class)copy->bases[i - 1] : OSL_CHAR_BREAK;
}

static osl_char_class class_at(const osl_icu_text *copy, size_t i)
{
    return i < copy->count ? (osl_char_class)copy->classes[i] : OSL_CHAR_BREAK;
}

static uint32_t point_at(const osl_icu_text *copy, size_t i)
{
    return i < copy->count ? copy->points[i] : 0;
}

/* Room for a text: counted first, for a guess by its bytes is too much for
 * just those scripts that come here most. A point gives two units at most
 * and may have a break before it. */
static bool reserve(osl_icu_text *copy, osl_text text)
{
    size_t points = 1, units = 1;
    const char *end = text.bytes + text.length;
    for (const char *at = text.bytes; at < end; points++) {
        unsigned length;
        uint32_t c = osl_utf8_get(at, end, &length);
        units += c > 0xFFFF ? 3 : 2;
        at += length;
    }
    return osl_grow(&copy->points, &copy->points_size, points,
                    sizeof *copy->points) &&
           osl_grow(&copy->offsets, &copy->offsets_size, points,
                    sizeof *copy->offsets) &&
           osl_grow(&copy->classes, &copy->classes_size, points,
                    sizeof *copy->classes) &&
           osl_grow(&copy->bases, &copy->bases_size, points,
                    sizeof *copy->bases) &&
           osl_grow(&copy->cuts, &copy->cuts_size, points,
                    sizeof *copy->cuts) &&
           osl_grow(&copy->units, &copy->units_size, units,
                    sizeof *copy->units) &&
           osl_grow(&copy->where, &copy->where_size, units,
                    sizeof *copy->where);
}

static void decode(osl_icu_text *copy, osl_text text)
{
    const char *end = text.bytes + text.length;
    copy->count = 0;
    for (const char *at = text.bytes; at < end;) {
        unsigned length;
        uint32_t c = osl_utf8_get(at, end, &length);
        osl_char_class class = osl_char_classify(c);
        size_t i = copy->count;
        copy->points[i] = c;
        copy->offsets[i] = (uint32_t)(at - text.bytes);
        copy->classes[i] = (uint8_t) class;
        copy->bases[i] =
            (uint8_t)(class == OSL_CHAR_MARK ? class_before(copy, i) : class);
        copy->cuts[i] = 0;
        copy->count++;
        at += length;
    }
    copy->offsets[copy->count] = (uint32_t)text.length;
}

static bool is_ascii_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

/* The slash at `i` may end a flattened power, "× 109/": marks the cuts before
 * "x", "10" and the exponent. */
static void find_power(osl_icu_text *copy, size_t i)
{
    size_t digits = i;
    while (digits > 0 && i - digits < 5 &&
           is_ascii_digit(copy->points[digits - 1]))
        digits--;
    if (i - digits < 3 || i - digits > 4 || copy->points[digits] != '1' ||
        copy->points[digits + 1] != '0')
        return;
    size_t at = digits;
    while (at > 0 && copy->classes[at - 1] == OSL_CHAR_BLANK)
        at--;
    if (at == 0)
        return;
    uint32_t times = copy->points[at - 1];
    osl_char_class before = class_before(copy, at - 1);
    bool is_x = (times == 'x' || times == 'X') &&
                !(at > 1 && copy->classes[at - 2] == OSL_CHAR_APOSTROPHE) &&
                (before == OSL_CHAR_DIGIT || !osl_char_is_word(before));
    if (times != 0xD7 && !is_x)
        return;
    copy->cuts[at - 1] = is_x ? 1 : 0;
    copy->cuts[digits] = 1;
    copy->cuts[digits + 2] = 2;
}

/* A comma between digits belongs to the number when exactly three digits
 * follow it (grouping), or when it is the number's only comma (decimal) and
 * no letter stands before its digits. Else it parts a list: 70,71,72. */
static bool comma_joins(const osl_icu_text *copy, size_t i)
{
    if (class_before(copy, i) != OSL_CHAR_DIGIT ||
        class_at(copy, i + 1) != OSL_CHAR_DIGIT)
        return false;
    size_t after = i + 1, digits = 0;
    for (; after < copy->count && copy->bases[after] == OSL_CHAR_DIGIT; after++)
        digits += copy->classes[after] == OSL_CHAR_DIGIT;
    if (digits == 3)
        return true;
    if (point_at(copy, after) == ',' &&
        class_at(copy, after + 1) == OSL_CHAR_DIGIT)
        return false;
    size_t before = i;
    while (class_before(copy, before) == OSL_CHAR_DIGIT)
        before--;
    if (before == 0)
        return true;
    return !osl_char_is_word(class_before(copy, before)) &&
           !(copy->points[before - 1] == ',' &&
             class_before(copy, before - 1) == OSL_CHAR_DIGIT);
}

static bool letter_or_complex(unsigned char_class)
{
    return osl_char_is_letter(char_class) || char_class == OSL_CHAR_COMPLEX;
}

/* What stands in the copy for a character that is no word by itself; 0 for
 * nothing at all (a caret between a letter and its exponent). */
static uint32_t tailored_mark(const osl_icu_text *copy, size_t i)
{
    osl_char_class before = class_before(copy, i);
    osl_char_class after = class_at(copy, i + 1);
    bool numeric = before == OSL_CHAR_DIGIT && after == OSL_CHAR_DIGIT;
    switch (copy->points[i]) {
    case '.':
        if (numeric)
            return '.';
        return after == OSL_CHAR_DIGIT && !osl_char_is_word(before) &&
                       before != OSL_CHAR_CLOSE && before != OSL_CHAR_APOSTROPHE
                   ? '0'
                   : SPACE;
    case ',':
        return comma_joins(copy, i) ? ',' : SPACE;
    case '^':
        return osl_char_is_letter(before) && after == OSL_CHAR_DIGIT ? 0
                                                                     : SPACE;
    default:
        break;
    }
    if (copy->classes[i] == OSL_CHAR_MIDDOT)
        return numeric ? '.' : SPACE;
    if (copy->classes[i] == OSL_CHAR_APOSTROPHE)
        return letter_or_complex(before) && letter_or_complex(after) ? '\''
                                                                     : SPACE;
    return SPACE;
}

static void put(osl_icu_text *copy, uint32_t c, size_t point)
{
    copy->where[copy->unit_count] = (uint32_t)point;
    if (c < 0x10000) {
        copy->units[copy->unit_count++] = (UChar)c;
        return;
    }
    copy->units[copy->unit_count++] = (UChar)(0xD7C0 + (c >> 10));
    copy->where[copy->unit_count] = (uint32_t)point;
    copy->units[copy->unit_count++] = (UChar)(0xDC00 | (c & 0x3FF));
}

static void tailor_point(osl_icu_text *copy, size_t i)
{
    osl_char_class before = class_before(copy, i);
    if (copy->cuts[i])
        put(copy, SPACE, i);
    switch (copy->classes[i]) {
    case OSL_CHAR_SUPER:
        if (before == OSL_CHAR_DIGIT)
            put(copy, SPACE, i);
        put(copy, '9', i);
        return;
    case OSL_CHAR_DIGIT:
        if (before == OSL_CHAR_SUPER)
            put(copy, SPACE, i);
        put(copy, copy->points[i], i);
        return;
    case OSL_CHAR_MARK:
        /* A joiner (ZWJ) would glue a blank to a pictograph (WB3c); for
         * words a non-joiner does the same. */
        put(copy, copy->points[i] == 0x200D ? 0x200C : copy->points[i], i);
        return;
    case OSL_CHAR_LETTER:
    case OSL_CHAR_UPPER:
    case OSL_CHAR_COMPLEX:
        put(copy, copy->points[i], i);
        return;
    default: {
        uint32_t c = tailored_mark(copy, i);
        if (c)
            put(copy, c, i);
    }
    }
}

static void tailor(osl_icu_text *copy)
{
    for (size_t i = 1; i < copy->count; i++)
        if (copy->points[i] == '/')
            find_power(copy, i);
    copy->unit_count = 0;
    for (size_t i = 0; i < copy->count; i++)
        tailor_point(copy, i);
    copy->where[copy->unit_count] = (uint32_t)copy->count;
}

/* Whether a sign follows the token of points [start, end). */
static bool is_signed(const osl_icu_text *copy, osl_text text, size_t start,
                      size_t end)
{
    if (end - start > 6 || (class_at(copy, end) != OSL_CHAR_PLUS &&
                            class_at(copy, end) != OSL_CHAR_MINUS))
        return false;
    bool letters = false, marked = false;
    for (size_t i = start; i < end; i++) {
        osl_char_class c = (osl_char_class)copy->classes[i];
        if (c < OSL_CHAR_LETTER || (c > OSL_CHAR_SUPER && c != OSL_CHAR_MARK))
            return false;
        letters |= osl_char_is_letter(c);
        marked |=
            c == OSL_CHAR_UPPER || c == OSL_CHAR_DIGIT || c == OSL_CHAR_SUPER;
    }
    if (!letters || class_at(copy, end) == OSL_CHAR_PLUS)
        return letters;
    if (!marked || osl_char_is_word(class_at(copy, end + 1)) ||
        point_at(copy, end + 1) == ',')
        return false;
    size_t next = end + 1;
    while (class_at(copy, next) == OSL_CHAR_BLANK)
        next++;
    return !osl_is_hanging_word(text.bytes + copy->offsets[next],
                                text.bytes + text.length);
}

static bool add_token(osl_icu_text *copy, osl_text text, size_t start,
                      size_t end, osl_tokens *tokens)
{
    if (!osl_tokens_reserve(tokens, tokens->count + 1))
        return false;
    unsigned flags = copy->cuts[start] == 2 ? OSL_TOKEN_POWER : 0;
    if (is_signed(copy, text, start, end)) {
        flags |= OSL_TOKEN_SIGNED;
        end++;
    }
    tokens->starts[tokens->count] = copy->offsets[start];
    tokens->ends[tokens->count] = copy->offsets[end];
    tokens->flags[tokens->count++] = (uint8_t)flags;
    return true;
}

static bool find_tokens(osl_icu_text *copy, UBreakIterator *breaks,
                        osl_text text, osl_tokens *tokens)
{
    UErrorCode failure = U_ZERO_ERROR;
    ubrk_setText(breaks, copy->units, (int32_t)copy->unit_count, &failure);
    if (U_FAILURE(failure))
        return false;
    int32_t start = ubrk_first(breaks);
    for (;;) {
        int32_t end = ubrk_next(breaks);
        if (end == UBRK_DONE)
            return true;
        if (ubrk_getRuleStatus(breaks) >= UBRK_WORD_NONE_LIMIT &&
            !add_token(copy, text, copy->where[start], copy->where[end],
                       tokens))
            return false;
        start = end;
    }
}

static void flag_glue_and_capitals(osl_text text, osl_tokens *tokens)
{
    for (size_t i = 1; i < tokens->count; i++) {
        uint32_t from = tokens->ends[i - 1], to = tokens->starts[i];
        if (!(osl_classes_between(text, from, to) & 1u << OSL_CHAR_BLANK))
            tokens->flags[i] |= OSL_TOKEN_GLUED_LEFT;
        if (to - from == 1 && text.bytes[from] == ' ')
            tokens->flags[i] |= OSL_TOKEN_SPACED;
    }
    for (size_t i = 0; i < tokens->count;)
        i = osl_flag_capitals(text, tokens, i);
}

/* ICU's rules of word breaks, opened once for all threads: of two that open
 * them at the same time, one gives up its own. NULL: out of memory. */
static const UBreakIterator *breaks_of(const osl_analyzer *analyzer)
{
    UBreakIterator **kept = &analyzer->late->breaks, *none = NULL;
    UBreakIterator *breaks = __atomic_load_n(kept, __ATOMIC_ACQUIRE);
    if (breaks)
        return breaks;
    UErrorCode failure = U_ZERO_ERROR;
    breaks = ubrk_open(UBRK_WORD, "", NULL, 0, &failure);
    if (U_FAILURE(failure) || !breaks)
        return NULL;
    if (__atomic_compare_exchange_n(kept, &none, breaks, false,
                                    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return breaks;
    ubrk_close(breaks);
    return none;
}

static UBreakIterator *clone_breaks(const osl_analyzer *analyzer)
{
    const UBreakIterator *breaks = breaks_of(analyzer);
    UErrorCode failure = U_ZERO_ERROR;
    return breaks ? ubrk_clone(breaks, &failure) : NULL;
}

osl_status osl_tokenize_icu(const osl_analyzer *analyzer, osl_text text,
                            osl_tokens *tokens, osl_error *err)
{
    tokens->count = 0;
    osl_token_scratch *scratch = osl_token_scratch_of(tokens);
    if (!scratch)
        goto no_memory;
    scratch->block_count = 0;
    if (text.length > INT32_MAX / 4)
        return osl_fail(err, OSL_ELIMIT,
                        "a paragraph of %zu bytes: at most %d can be analysed",
                        text.length, INT32_MAX / 4);
    if (!scratch->breaks)
        scratch->breaks = clone_breaks(analyzer);
    if (!scratch->breaks)
        goto no_memory;
    osl_icu_text *copy = &scratch->icu;
    if (!reserve(copy, text))
        goto no_memory;
    decode(copy, text);
    tailor(copy);
    if (!find_tokens(copy, scratch->breaks, text, tokens) ||
        !osl_tokens_cut(tokens, text))
        goto no_memory;
    flag_glue_and_capitals(text, tokens);
    osl_token_scratch_shrink(scratch);
    return OSL_OK;

no_memory:
    return osl_fail(err, OSL_ENOMEM, "out of memory analysing %zu bytes",
                    text.length);
}
