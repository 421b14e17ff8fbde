/* SPDX-License-Identifier: MIT
 *
 * At each bracket there are two readings: what stands in it is the short form
 * and the long form ends before it, or the word before it is the short form
 * and the long form stands inside. Either way the letters of the short form
 * are looked for in the long form from right to left; the first one must
 * begin a word. Besides the paper: where the letters are the initials of the
 * last words, those are the long form (else AAN is "Academy of Neurology");
 * square brackets count, a plural s does not, a short form is one word with
 * capitals, and a definition stays within its sentence. Time is linear: a long
 * form is at most LONG_MAX bytes away. */
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
    ['('] = true, [')'] = true, ['['] = true, [']'] = true, ['\n'] = true,
};

/* A text, and where the classes of its bytes are known, these: what is looked
 * for byte by byte without them is found 64 bytes a step. */
typedef struct source {
    osl_text text;
    const osl_class_block *blocks; /* NULL: not known */
} source;

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
    size_t words = span.length > 0 && span.bytes[0] != ' ';
    for (size_t i = 1; i < span.length; i++)
        words += (span.bytes[i] != ' ') & (span.bytes[i - 1] == ' ');
    return words;
}

/* Up to four bytes as a number. */
static uint32_t word_of(const char *word, size_t length)
{
    uint32_t number = 0;
    for (size_t i = 0; i < length; i++)
        number |= (uint32_t)(uint8_t)word[i] << 8 * i;
    return number;
}

#define WORD(a, b, c, d)                                        \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | \
     (uint32_t)(d) << 24)

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
    static const uint32_t words[] = {
        WORD('a', 0, 0, 0),     WORD('a', 'n', 0, 0),
        WORD('a', 'n', 'd', 0), WORD('b', 'y', 0, 0),
        WORD('f', 'o', 'r', 0), WORD('i', 'n', 0, 0),
        WORD('o', 'f', 0, 0),   WORD('o', 'n', 0, 0),
        WORD('o', 'r', 0, 0),   WORD('t', 'h', 'e', 0),
        WORD('t', 'o', 0, 0),   WORD('w', 'i', 't', 'h')};
    if (length > 4)
        return false;
    uint32_t number = word_of(word, length);
    bool found = false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        found |= words[i] == number;
    return found;
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

/* ---- the same by bits of classes ---------------------------------------- */

/* Of the 64 bytes before `end`, the last of which is bit 63; 0 for those before
 * the text. */
typedef struct window {
    uint64_t stops; /* and others that may end a clause; to be looked at */
    uint64_t points, spaces, words;
} window;

static window classes_of(const osl_class_block *block)
{
    return (window){block->stop | block->open | (block->blank & ~block->space),
                    block->joiner, block->space,
                    block->letter | block->digit | block->high};
}

static window window_before(const osl_class_block *blocks, size_t end)
{
    unsigned upper = end % 64, lower = 64 - upper;
    window to = {0, 0, 0, 0};
    if (end >= 64) {
        to = classes_of(&blocks[end / 64 - 1]);
        if (upper == 0)
            return to;
        to.stops >>= upper, to.points >>= upper;
        to.spaces >>= upper, to.words >>= upper;
    }
    if (upper > 0) {
        window next = classes_of(&blocks[end / 64]);
        to.stops |= next.stops << lower, to.points |= next.points << lower;
        to.spaces |= next.spaces << lower, to.words |= next.words << lower;
    }
    return to;
}

static unsigned highest(uint64_t bits)
{
    return 63 - (unsigned)__builtin_clzll(bits);
}

/* Matching initials, from word to word backwards. */
typedef struct initials {
    osl_text form, text;
    size_t left; /* characters of the form not yet met */
    size_t end;  /* of the span, in the text */
} initials;

/* Whether the word at `at` goes on with the match. */
static bool take_initial(initials *match, size_t at)
{
    const char *word = match->text.bytes + at;
    size_t length = 0;
    while (match->left > 0 && !is_alnum(match->form.bytes[match->left - 1]))
        match->left--;
    if (match->left > 0 &&
        lower(*word) == lower(match->form.bytes[match->left - 1])) {
        match->left--;
        return true;
    }
    while (length <= 4 && at + length < match->end && is_alnum(word[length]))
        length++;
    return is_small_word(word, length);
}

/* `span` is of the text, and begins with a word or no word's part. */
static osl_text find_initials(const source *from, osl_text form, osl_text span)
{
    size_t first = (size_t)(span.bytes - from->text.bytes);
    initials match = {form, from->text, form.length, first + span.length};
    for (size_t top = match.end; top > first; top -= top < 64 ? top : 64) {
        uint64_t words = window_before(from->blocks, top).words;
        uint64_t before =
            top > 64 ? (uint64_t)is_alnum(from->text.bytes[top - 65]) : 0;
        uint64_t starts = words & ~(words << 1 | before);
        if (top - first < 64)
            starts &= ~(uint64_t)0 << (64 - (top - first));
        for (; starts; starts &= ~((uint64_t)1 << highest(starts))) {
            size_t at = top - 64 + highest(starts);
            if (!take_initial(&match, at))
                return (osl_text){"", 0};
            if (match.left == 0)
                return (osl_text){from->text.bytes + at, match.end - at};
        }
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
    static const uint32_t words[] = {
        WORD('a', 'n', 'd', 0), WORD('b', 'y', 0, 0),    WORD('f', 'o', 'r', 0),
        WORD('o', 'f', 0, 0),   WORD('o', 'r', 0, 0),    WORD('t', 'h', 'e', 0),
        WORD('t', 'o', 0, 0),   WORD('w', 'i', 't', 'h')};
    size_t length = 0;
    while (length <= 4 && length < span.length && span.bytes[length] != ' ')
        length++;
    if (length > 4 || span.length <= length + 1)
        return false;
    uint32_t number = word_of(span.bytes, length);
    bool found = false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        found |= words[i] == number;
    return found;
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
static osl_text long_form_in(const source *from, osl_text form, osl_text span)
{
    osl_text found = from->blocks ? find_initials(from, form, span)
                                  : match_initials(form, span);
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

/* Where what stands before byte `end` begins in its sentence, as
 * clause_before() has it, at `limit` or behind it. */
static size_t start_by_bytes(osl_text text, size_t end, size_t limit,
                             size_t words)
{
    size_t start = end, passed = 0;
    while (start > limit) {
        uint8_t kind = kinds[(uint8_t)text.bytes[start - 1]];
        bool at_blank = start < end && text.bytes[start] == ' ';
        if (kind == ENDS || (kind == MAY_END && at_blank))
            break;
        passed += kind == BLANK && start < end && !at_blank;
        if (passed > words + 2)
            break;
        start--;
    }
    return start;
}

/* The highest of `stops` that ends a clause, bit 63 being the byte before
 * `top`, as a bit; 0 where none does. */
static uint64_t last_stop(osl_text text, size_t top, uint64_t stops)
{
    for (; stops; stops &= ~((uint64_t)1 << highest(stops))) {
        uint8_t kind = kinds[(uint8_t)text.bytes[top - 64 + highest(stops)]];
        if (kind == ENDS || kind == MAY_END)
            return (uint64_t)1 << highest(stops);
    }
    return 0;
}

/* The same by bits. */
static size_t start_by_bits(const source *from, size_t end, size_t limit,
                            size_t words)
{
    const uint64_t last = (uint64_t)1 << 63;
    /* Spaces that are yet to be passed; the one before `end` does not count. */
    size_t left = words + 3;
    uint64_t before_space = 0, before_word = last;
    for (size_t top = end; top > limit; top -= top < 64 ? top : 64) {
        window here = window_before(from->blocks, top);
        uint64_t before = here.spaces >> 1;
        uint64_t stop =
            last_stop(from->text, top,
                      here.stops | (here.points & (before | before_space)));
        uint64_t spaces = here.spaces & ~(before | before_word);
        for (spaces &= stop ? ~(stop | (stop - 1)) : ~(uint64_t)0;
             spaces && left > 0; left--) {
            stop = left == 1 ? (uint64_t)1 << highest(spaces) : stop;
            spaces &= ~((uint64_t)1 << highest(spaces));
        }
        if (stop) {
            size_t start = top - 63 + highest(stop);
            return start > limit ? start : limit;
        }
        before_space = before_word = here.spaces & 1 ? last : 0;
    }
    return limit;
}

/* What stands before byte `end` in its sentence, not over a bracket: `words`
 * words and some more where there are so many. */
static osl_text clause_before(const source *from, size_t end, size_t words)
{
    osl_text text = from->text;
    size_t limit = end > LONG_MAX ? end - LONG_MAX : 0;
    size_t start = from->blocks ? start_by_bits(from, end, limit, words)
                                : start_by_bytes(text, end, limit, words);
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
    size_t length = 0;
    while (length < span.length && !is_in(ends, span.bytes[length]))
        length++;
    return trim((osl_text){span.bytes, length});
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

/* A bracket that may define something. */
typedef struct bracket {
    size_t open, close;
    bool before, inside; /* where a short form may be */
} bracket;

/* "long form (SF)" */
static bool read_inside(const source *from, const bracket *at,
                        osl_abbreviation *out)
{
    osl_text inside = {from->text.bytes + at->open + 1,
                       at->close - at->open - 1};
    osl_text form = singular(up_to(inside, list_ends));
    if (!is_short_form(form))
        return false;
    osl_text clause = clause_before(from, at->open, most_words(form));
    *out = (osl_abbreviation){form, long_form_in(from, form, clause)};
    return out->long_form.length > 0;
}

/* "SF (long form)" */
static bool read_before(const source *from, const bracket *at,
                        osl_abbreviation *out)
{
    osl_text inside = {from->text.bytes + at->open + 1,
                       at->close - at->open - 1};
    osl_text form = singular(last_word(clause_before(from, at->open, 1)));
    if (!is_short_form(form))
        return false;
    inside = up_to(inside, inner_ends);
    osl_text found = long_form_in(from, form, inside);
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

/* The capitals of ASCII. */
static uint64_t capitals_of(const osl_class_block *block)
{
    return block->upper & ~block->high;
}

/* As ends_in_capitals(), where one space at most stands before `end`. */
static bool word_before_has_capitals(const source *from, size_t end)
{
    const uint64_t near = ~(uint64_t)0 << (64 - (SHORT_MAX + 1));
    if (end > 0 && from->text.bytes[end - 1] == ' ')
        end--;
    if (end == 0)
        return false;
    if (is_trimmed(from->text.bytes[end - 1]))
        return ends_in_capitals(from->text, end);
    const osl_class_block *block = &from->blocks[end / 64];
    unsigned upper = end % 64;
    uint64_t spaces = upper ? block->space << (64 - upper) : 0;
    uint64_t capitals = upper ? capitals_of(block) << (64 - upper) : 0;
    if (end >= 64) {
        spaces |= block[-1].space >> upper;
        capitals |= capitals_of(block - 1) >> upper;
    }
    spaces &= near;
    uint64_t word = spaces ? ~(uint64_t)0 << highest(spaces) : near;
    return (capitals & word & near) != 0;
}

/* As begins_with_capitals(), where a word begins at once. */
static bool word_behind_has_capitals(const source *from, size_t open)
{
    osl_text text = from->text;
    size_t at = open + 1;
    const osl_class_block *block = &from->blocks[at / 64];
    unsigned lower = at % 64;
    uint64_t words = classes_of(block).words >> lower;
    uint64_t capitals = capitals_of(block) >> lower;
    if (lower > 0) {
        words |= classes_of(block + 1).words << (64 - lower);
        capitals |= capitals_of(block + 1) << (64 - lower);
    }
    unsigned length = (unsigned)__builtin_ctzll(~words | (uint64_t)1 << 63);
    if (length > SHORT_MAX + 1 || at + length >= text.length)
        return false;
    char c = text.bytes[at + length];
    if (length == 0 || is_in(short_signs, c))
        return begins_with_capitals(text, open);
    return (capitals & (((uint64_t)1 << length) - 1)) != 0 &&
           (is_trimmed(c) || is_in(list_ends, c) || brackets[(uint8_t)c]);
}

/* Where the inside of the bracket at `open` ends, or the text's length. */
static size_t find_close(const source *from, size_t open)
{
    osl_text text = from->text;
    size_t at = open + 1;
    size_t end =
        text.length - open > LONG_MAX ? open + LONG_MAX + 1 : text.length;
    if (!from->blocks) {
        while (at < end && !brackets[(uint8_t)text.bytes[at]])
            at++;
        return at < end ? at : text.length;
    }
    uint64_t all = ~(uint64_t)0 << (at % 64);
    for (size_t i = at / 64; 64 * i < end; i++, all = ~(uint64_t)0)
        for (uint64_t left = classes_of(&from->blocks[i]).stops & all; left;
             left &= left - 1) {
            at = 64 * i + (size_t)__builtin_ctzll(left);
            if (brackets[(uint8_t)text.bytes[at]])
                return at < end ? at : text.length;
        }
    return text.length;
}

/* Reads the bracket at `open`. */
static bool read_at(const source *from, size_t open, osl_abbreviation *out)
{
    bracket at = {.open = open};
    if (from->blocks) {
        at.before = word_before_has_capitals(from, open);
        at.inside = word_behind_has_capitals(from, open);
    } else {
        at.before = ends_in_capitals(from->text, open);
        at.inside = begins_with_capitals(from->text, open);
    }
    if (!at.before && !at.inside)
        return false;
    at.close = find_close(from, open);
    return at.close < from->text.length &&
           ((at.inside && read_inside(from, &at, out)) ||
            (at.before && read_before(from, &at, out)));
}

bool osl_next_abbreviation(osl_text text, const osl_tokens *tokens, size_t *at,
                           osl_abbreviation *out)
{
    const osl_token_scratch *scratch = tokens ? tokens->scratch : NULL;
    bool has_bits = scratch && scratch->block_count == text.length / 64 + 1;
    const source from = {text, has_bits ? scratch->blocks : NULL};
    while (*at < text.length) {
        size_t open =
            has_bits ? next_open(text, from.blocks, *at) : find_open(text, *at);
        *at = open + 1;
        if (open < text.length && read_at(&from, open, out))
            return true;
    }
    *at = text.length;
    return false;
}
