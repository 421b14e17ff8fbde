/* SPDX-License-Identifier: MIT
 *
 * The fast path: exactly the authority's tokens from bitmaps of classes, 64
 * bytes a machine word.
 *
 *     classify   a kernel: ASCII bytes to bitmaps
 *     widen      characters beyond ASCII, one by one, set all their bytes'
 *                bits; a script without blanks sends the text to ICU
 *     join       what may join or part words (points, commas, apostrophes,
 *                carets, signs, flattened powers) is looked for by masks and
 *                decided one by one; most blocks have one or none
 *     borders    W: bytes of words, K: forced breaks;
 *                starts = W & (~(W << 1) | K), ends = (W << 1) & (~W | K)
 *     spans      a kernel: borders to numbers
 *     flags      signs, exponents, runs of capitals: where there are any
 *
 * A start is glued when no blank stands in the gap before it: adding the
 * blanks to the gaps (N = ~W) carries a one through each gap from its first
 * blank on, out into the start behind it. */
#include "core/base/buf.h"
#include "core/base/utf8.h"
#include "core/text/analyzer.h"
#include "core/text/chars.h"
#include "core/text/scratch.h"

#include <string.h>

/* Blocks whose borders are written at once. */
enum { BATCH = 64 };

typedef struct tokenizer {
    const osl_analyzer *analyzer;
    osl_text text;
    osl_class_block *blocks;
    size_t block_count;
    osl_token_scratch *scratch;
    bool failed; /* memory ran out */
    bool long_words;
} tokenizer;

static uint8_t byte_at(const tokenizer *t, size_t at)
{
    return at < t->text.length ? (uint8_t)t->text.bytes[at] : 0;
}

/* ---- bits of single bytes ---------------------------------------------- */

static bool test(uint64_t word, size_t at)
{
    return word >> (at & 63) & 1;
}

static bool is_digit(const tokenizer *t, size_t at)
{
    return test(t->blocks[at >> 6].digit, at);
}

static bool is_letter(const tokenizer *t, size_t at)
{
    return test(t->blocks[at >> 6].letter, at);
}

static bool is_blank(const tokenizer *t, size_t at)
{
    return test(t->blocks[at >> 6].blank, at);
}

static bool is_word(const tokenizer *t, size_t at)
{
    const osl_class_block *block = &t->blocks[at >> 6];
    return test(block->letter | block->digit | block->super, at);
}

/* Whether a point behind byte `at` begins no number. */
static bool is_close(const tokenizer *t, size_t at)
{
    uint8_t byte = byte_at(t, at);
    if (byte >= 0x80)
        return test(t->blocks[at >> 6].close, at);
    osl_char_class class = osl_char_classify(byte);
    return class == OSL_CHAR_CLOSE || class == OSL_CHAR_APOSTROPHE;
}

/* Whether byte `at` is an apostrophe's last. */
static bool is_apostrophe(const tokenizer *t, size_t at)
{
    const osl_class_block *block = &t->blocks[at >> 6];
    return byte_at(t, at) == '\'' || test(block->joiner & block->close, at);
}

static void join(tokenizer *t, size_t from, size_t to)
{
    for (size_t at = from; at < to; at++)
        t->blocks[at >> 6].joined |= (uint64_t)1 << (at & 63);
}

static void cut(tokenizer *t, size_t at)
{
    t->blocks[at >> 6].cuts |= (uint64_t)1 << (at & 63);
}

static void fix(tokenizer *t, size_t at, uint32_t flag)
{
    osl_token_scratch *scratch = t->scratch;
    if (!osl_grow(&scratch->fixes, &scratch->fixes_size, scratch->fix_count + 1,
                  sizeof *scratch->fixes)) {
        t->failed = true;
        return;
    }
    scratch->fixes[scratch->fix_count++] = (osl_token_fix){(uint32_t)at, flag};
}

/* ---- widen: characters beyond ASCII ------------------------------------ */

static osl_char_class class_of(const osl_analyzer *analyzer, uint32_t c)
{
    if (c >= OSL_CLASS_TABLE_END || (c >= 0x800 && c < 0x2000))
        return osl_char_classify(c);
    uint8_t *known = &analyzer->late->classes[c];
    unsigned class = __atomic_load_n(known, __ATOMIC_RELAXED);
    if (class == 0) {
        class = osl_char_classify(c) + 1u;
        __atomic_store_n(known, (uint8_t) class, __ATOMIC_RELAXED);
    }
    return (osl_char_class)(class - 1);
}

/* A mark has the bits of what it belongs to, the byte before it; it is no
 * capital of its own. */
static osl_char_class class_of_mark(const tokenizer *t, size_t at)
{
    if (at == 0)
        return OSL_CHAR_BREAK;
    const osl_class_block *block = &t->blocks[(at - 1) >> 6];
    if (test(block->letter, at - 1))
        return OSL_CHAR_LETTER;
    if (test(block->digit, at - 1))
        return OSL_CHAR_DIGIT;
    if (test(block->super, at - 1))
        return OSL_CHAR_SUPER;
    return is_close(t, at - 1) ? OSL_CHAR_CLOSE : OSL_CHAR_BREAK;
}

static void set_byte(osl_class_block *block, uint64_t bit, osl_char_class class)
{
    switch (class) {
    case OSL_CHAR_UPPER:
        block->upper |= bit;
        block->letter |= bit;
        return;
    case OSL_CHAR_LETTER:
        block->letter |= bit;
        return;
    case OSL_CHAR_DIGIT:
        block->digit |= bit;
        return;
    case OSL_CHAR_SUPER:
        block->super |= bit;
        return;
    case OSL_CHAR_BLANK:
        block->blank |= bit;
        return;
    case OSL_CHAR_CLOSE:
    case OSL_CHAR_APOSTROPHE:
        block->close |= bit;
        return;
    default:
        return;
    }
}

/* The character of `length` bytes at `at`. Signs show at their first byte,
 * joiners at their last, so that the byte beside them is a neighbour. */
static void set_character(tokenizer *t, size_t at, unsigned length,
                          osl_char_class class)
{
    for (size_t i = at; i < at + length; i++)
        set_byte(&t->blocks[i >> 6], (uint64_t)1 << (i & 63), class);
    size_t last = at + length - 1;
    if (class == OSL_CHAR_APOSTROPHE || class == OSL_CHAR_MIDDOT)
        t->blocks[last >> 6].joiner |= (uint64_t)1 << (last & 63);
    else if (class == OSL_CHAR_PLUS)
        t->blocks[at >> 6].plus |= (uint64_t)1 << (at & 63);
    else if (class == OSL_CHAR_MINUS)
        t->blocks[at >> 6].minus |= (uint64_t)1 << (at & 63);
}

/* False where a character needs ICU. */
static bool widen(tokenizer *t)
{
    const char *end = t->text.bytes + t->text.length;
    size_t next = 0;
    for (size_t i = 0; i < t->block_count; i++) {
        uint64_t left = t->blocks[i].high;
        while (left) {
            size_t at = 64 * i + (size_t)__builtin_ctzll(left);
            left &= left - 1;
            if (at < next)
                continue;
            unsigned length;
            uint32_t c = osl_utf8_get(t->text.bytes + at, end, &length);
            next = at + length;
            osl_char_class class =
                c == OSL_UTF8_BAD ? OSL_CHAR_BREAK : class_of(t->analyzer, c);
            if (class == OSL_CHAR_COMPLEX)
                return false;
            if (class == OSL_CHAR_MARK)
                class = class_of_mark(t, at);
            if (class != OSL_CHAR_BREAK)
                set_character(t, at, length, class);
        }
    }
    return true;
}

/* ---- join: one candidate at a time ------------------------------------- */

/* Digits (not bytes) of the run behind `*at`, which moves behind it. */
static size_t count_digits(const tokenizer *t, size_t *at)
{
    const char *end = t->text.bytes + t->text.length;
    size_t digits = 0;
    while (is_digit(t, *at)) {
        unsigned length;
        uint32_t c = osl_utf8_get(t->text.bytes + *at, end, &length);
        digits += class_of(t->analyzer, c) == OSL_CHAR_DIGIT;
        *at += length;
    }
    return digits;
}

static bool comma_joins(const tokenizer *t, size_t at)
{
    if (!is_digit(t, at - 1) || !is_digit(t, at + 1))
        return false;
    size_t after = at + 1;
    if (count_digits(t, &after) == 3)
        return true;
    if (byte_at(t, after) == ',' && is_digit(t, after + 1))
        return false;
    size_t before = at;
    while (before > 0 && is_digit(t, before - 1))
        before--;
    if (before == 0)
        return true;
    return !is_word(t, before - 1) && !(byte_at(t, before - 1) == ',' &&
                                        before > 1 && is_digit(t, before - 2));
}

/* A word character stands behind byte `at`. */
static void decide_joiner(tokenizer *t, size_t at)
{
    uint8_t byte = byte_at(t, at);
    size_t first = at;
    if (byte >= 0x80)
        first -= byte_at(t, at - 1) >= 0xC0 ? 1 : 2;
    bool opens = first == 0;
    bool joins = false;
    switch (byte) {
    case '.':
        joins = is_digit(t, at + 1) &&
                (opens || is_digit(t, at - 1) ||
                 (!is_word(t, at - 1) && !is_close(t, at - 1)));
        break;
    case ',':
        joins = !opens && comma_joins(t, at);
        break;
    case '^':
        joins = !opens && is_letter(t, at - 1) && is_digit(t, at + 1);
        break;
    case 0xB7:
        joins = !opens && is_digit(t, first - 1) && is_digit(t, at + 1);
        break;
    default:
        joins = !opens && is_letter(t, first - 1) && is_letter(t, at + 1);
        break;
    }
    if (joins)
        join(t, first, at + 1);
}

/* The token that ends before `at` is one that may have a sign: letters and
 * digits, six at most. *marked: a digit or a capital is among them. */
static bool is_short_name(const tokenizer *t, size_t at, bool *marked)
{
    bool letters = false;
    unsigned characters = 0;
    *marked = false;
    while (at > 0 && is_word(t, at - 1) && characters <= 6) {
        const osl_class_block *block = &t->blocks[(at - 1) >> 6];
        bool super = test(block->super, at - 1);
        bool digit = test(block->digit, at - 1);
        characters += (byte_at(t, at - 1) & 0xC0) != 0x80;
        letters |= test(block->letter, at - 1);
        *marked |= super || digit || test(block->upper, at - 1);
        at--;
        if (at > 0 && ((super && is_digit(t, at - 1)) ||
                       (digit && test(t->blocks[(at - 1) >> 6].super, at - 1))))
            return letters && characters <= 6;
    }
    bool joined = at > 0 && test(t->blocks[(at - 1) >> 6].joined, at - 1) &&
                  !test(t->blocks[at >> 6].cuts, at);
    return letters && characters <= 6 && !joined;
}

/* A word character stands before byte `at`. */
static void decide_sign(tokenizer *t, size_t at, bool plus)
{
    const char *end = t->text.bytes + t->text.length;
    unsigned length;
    bool marked;
    (void)osl_utf8_get(t->text.bytes + at, end, &length);
    size_t next = at + length;
    if (!plus && (is_word(t, next) || byte_at(t, next) == ','))
        return;
    if (!is_short_name(t, at, &marked) || !(plus || marked))
        return;
    for (size_t blank = next; !plus && blank <= t->text.length; blank++) {
        if (is_blank(t, blank))
            continue;
        if (osl_is_hanging_word(t->text.bytes + blank, end))
            return;
        break;
    }
    join(t, at, next);
    cut(t, next);
    fix(t, at, OSL_TOKEN_SIGNED);
}

/* A digit stands before the slash at `at`: × 109/L. */
static void decide_power(tokenizer *t, size_t at)
{
    size_t digits = at;
    while (digits > 0 && at - digits < 5 && byte_at(t, digits - 1) >= '0' &&
           byte_at(t, digits - 1) <= '9')
        digits--;
    if (at - digits < 3 || at - digits > 4 || byte_at(t, digits) != '1' ||
        byte_at(t, digits + 1) != '0')
        return;
    size_t times = digits;
    while (times > 0 && is_blank(t, times - 1))
        times--;
    if (times == 0)
        return;
    times--;
    bool is_x =
        (byte_at(t, times) | 0x20) == 'x' &&
        (times == 0 || (!is_apostrophe(t, times - 1) &&
                        (is_digit(t, times - 1) || !is_word(t, times - 1))));
    bool is_times =
        byte_at(t, times) == 0x97 && times > 0 && byte_at(t, times - 1) == 0xC3;
    if (!is_x && !is_times)
        return;
    if (is_x)
        cut(t, times);
    cut(t, digits);
    cut(t, digits + 2);
    fix(t, digits + 2, OSL_TOKEN_POWER);
}

static uint64_t word_bits(const osl_class_block *block)
{
    return block->letter | block->digit | block->super;
}

static void decide_all(tokenizer *t, size_t base, const uint64_t candidates[4])
{
    for (unsigned kind = 0; kind < 4; kind++)
        for (uint64_t left = candidates[kind]; left; left &= left - 1) {
            size_t at = base + (size_t)__builtin_ctzll(left);
            if (kind == 0)
                decide_joiner(t, at);
            else if (kind == 3)
                decide_power(t, at);
            else
                decide_sign(t, at, kind == 1);
        }
}

static void join_words(tokenizer *t)
{
    uint64_t word_carry = 0, digit_carry = 0;
    uint64_t words = word_bits(&t->blocks[0]);
    for (size_t i = 0; i < t->block_count; i++) {
        const osl_class_block *block = &t->blocks[i];
        uint64_t next =
            i + 1 < t->block_count ? word_bits(&t->blocks[i + 1]) : 0;
        uint64_t before = words << 1 | word_carry;
        uint64_t after = words >> 1 | next << 63;
        uint64_t digit_before = block->digit << 1 | digit_carry;
        uint64_t candidates[4] = {block->joiner & after, block->plus & before,
                                  block->minus & before & ~after,
                                  block->slash & digit_before};
        if (candidates[0] | candidates[1] | candidates[2] | candidates[3])
            decide_all(t, 64 * i, candidates);
        word_carry = words >> 63;
        digit_carry = block->digit >> 63;
        words = next;
    }
}

/* ---- borders and spans ------------------------------------------------- */

typedef struct border_carry {
    uint64_t word, digit, super, upper, pair, blank, spaced;
    uint64_t small; /* not 0: a small letter since capitals met */
} border_carry;

/* Of a place where capitals meet: one before it in the text cannot be in the
 * same run, for a small letter stands between them. */
#define APART ((uint32_t)1 << 31)

/* `small`: the small letters of ASCII; `before`: not 0 where one stands between
 * the last place and this block. Returns that for the block behind it. */
static uint64_t note_capitals(tokenizer *t, uint64_t pairs, uint64_t small,
                              uint64_t before, size_t base)
{
    osl_token_scratch *scratch = t->scratch;
    if (!osl_grow(&scratch->capitals, &scratch->capitals_size,
                  scratch->capital_count + 64, sizeof *scratch->capitals)) {
        t->failed = true;
        return 0;
    }
    for (; pairs; pairs &= pairs - 1) {
        uint64_t under = (pairs & -pairs) - 1;
        bool apart = ((small & under) | before) != 0;
        scratch->capitals[scratch->capital_count++] =
            (uint32_t)(base + (size_t)__builtin_ctzll(pairs)) | apart * APART;
        small &= ~under;
        before = 0;
    }
    return small;
}

static void find_borders(tokenizer *t, size_t i, border_carry *carry,
                         osl_border_block *out)
{
    const osl_class_block *block = &t->blocks[i];
    uint64_t words = word_bits(block) | block->joined;
    uint64_t cuts = block->cuts |
                    (block->super & (block->digit << 1 | carry->digit)) |
                    (block->digit & (block->super << 1 | carry->super));
    uint64_t before = words << 1 | carry->word;
    out->starts = words & (~before | cuts);
    out->ends = before & (~words | cuts);
    uint64_t gaps = ~words, sum, carried;
    bool over = __builtin_add_overflow(gaps, block->blank & gaps, &sum);
    over |= __builtin_add_overflow(sum, carry->blank, &carried);
    out->glued = out->starts & ~carried;
    uint64_t spaces = out->ends & block->space;
    out->spaced = out->starts & (spaces << 1 | carry->spaced);
    t->long_words |= (~words | out->starts) == 0;
    uint64_t pairs = block->upper & (block->upper << 1 | carry->upper);
    uint64_t first_pairs = pairs & ~(pairs << 1 | carry->pair);
    uint64_t small = block->letter & ~(block->upper | block->high);
    uint64_t small_since =
        first_pairs ? note_capitals(t, first_pairs, small, carry->small, 64 * i)
                    : carry->small | small;
    *carry = (border_carry){.word = words >> 63,
                            .digit = block->digit >> 63,
                            .super = block->super >> 63,
                            .upper = block->upper >> 63,
                            .pair = pairs >> 63,
                            .blank = over,
                            .spaced = spaces >> 63,
                            .small = small_since};
}

static void find_spans(tokenizer *t, osl_tokens *tokens)
{
    osl_border_block borders[BATCH];
    const osl_border_flags flags = {OSL_TOKEN_GLUED_LEFT, OSL_TOKEN_SPACED};
    osl_span_arrays spans = {0};
    border_carry carry = {.blank = 1}; /* as if a blank stood before */
    for (size_t i = 0; i < t->block_count && !t->failed;) {
        size_t count = 0, base = 64 * i;
        for (; count < BATCH && i < t->block_count; count++)
            find_borders(t, i++, &carry, &borders[count]);
        if (!osl_tokens_reserve(tokens, spans.start_count + 64 * (count + 2))) {
            t->failed = true;
            return;
        }
        spans.starts = tokens->starts;
        spans.ends = tokens->ends;
        spans.flags = tokens->flags;
        t->analyzer->kernels->borders(borders, count, (uint32_t)base, flags,
                                      &spans);
    }
    tokens->count = spans.end_count;
}

/* ---- flags ------------------------------------------------------------- */

/* The last token from `from` on that starts at or before byte `at`. */
static size_t token_at(const osl_tokens *tokens, size_t from, uint32_t at)
{
    size_t low = from, high = tokens->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (tokens->starts[middle] <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void flag_capitals(const tokenizer *t, osl_tokens *tokens, bool all)
{
    const uint32_t *capitals = t->scratch->capitals;
    size_t behind = 0, links = 0;
    for (size_t i = 0; all && i < tokens->count;)
        i = osl_flag_capitals(t->text, tokens, i);
    if (all)
        return;
    for (size_t i = 1; i < t->scratch->capital_count; i++) {
        links = capitals[i] & APART ? 0 : links + 1;
        if (links < 2)
            continue;
        size_t token =
            token_at(tokens, behind ? behind - 1 : 0, capitals[i - 2] & ~APART);
        if (token >= behind)
            behind = osl_flag_capitals(t->text, tokens, token);
    }
}

static void finish(tokenizer *t, osl_tokens *tokens)
{
    for (size_t i = 0; i < t->scratch->fix_count; i++) {
        const osl_token_fix *flaw = &t->scratch->fixes[i];
        tokens->flags[token_at(tokens, 0, flaw->at)] |= (uint8_t)flaw->flag;
    }
    size_t whole = tokens->count;
    if (t->long_words && !osl_tokens_cut(tokens, t->text)) {
        t->failed = true;
        return;
    }
    flag_capitals(t, tokens, tokens->count != whole);
}

osl_status osl_tokenize(const osl_analyzer *analyzer, osl_text text,
                        osl_tokens *tokens, osl_error *err)
{
    tokens->count = 0;
    /* As titles of records are. */
    if (text.length == 0)
        return OSL_OK;
    tokenizer t = {.analyzer = analyzer, .text = text};
    t.block_count = text.length / 64 + 1;
    t.scratch = osl_token_scratch_of(tokens);
    /* One block more, so that a look behind the text finds none. */
    if (text.length > INT32_MAX / 4)
        return osl_tokenize_icu(analyzer, text, tokens, err);
    if (!t.scratch || !osl_grow(&t.scratch->blocks, &t.scratch->blocks_size,
                                t.block_count + 1, sizeof *t.scratch->blocks))
        goto no_memory;
    t.blocks = t.scratch->blocks;
    t.scratch->fix_count = t.scratch->capital_count = 0;
    uint64_t high = analyzer->kernels->classify((const uint8_t *)text.bytes,
                                                text.length, t.blocks);
    t.scratch->block_count = t.block_count;
    t.blocks[t.block_count] = (osl_class_block){0};
    if (high && !widen(&t))
        return osl_tokenize_icu(analyzer, text, tokens, err);
    join_words(&t);
    find_spans(&t, tokens);
    if (!t.failed)
        finish(&t, tokens);
    osl_token_scratch_shrink(t.scratch);
    if (!t.failed)
        return OSL_OK;

no_memory:
    return osl_fail(err, OSL_ENOMEM, "out of memory analysing %zu bytes",
                    text.length);
}
