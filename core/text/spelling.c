/* SPDX-License-Identifier: MIT
 *
 * Every pair is tried on the word in both directions and at the first place
 * where it fits, then on what that gave, so that a word with two places
 * (anaesthetised) gets all its spellings. Tried are those of which two letters
 * that the word has side by side are a part. */
#include "core/text/spelling.h"

#include <string.h>

typedef struct spelling_part {
    const char *bytes;
    size_t length;
} spelling_part;

typedef struct spelling_pair {
    spelling_part british, american;
    bool open_head, open_tail; /* letters may stand before, behind */
} spelling_pair;

#define PAIR(british, b, american, a, head, tail) \
    {{british, b}, {american, a}, head, tail},
#define PART(n)
#define END(n)
static const spelling_pair pairs[] = {
#include "spelling_pairs.inc"
};
#undef PAIR
#undef PART
#undef END

/* Which parts to try for each two letters, aa, ab … zz: those from the end of
 * the list before on. Part 2n is the British one of pair n, 2n + 1 the other. */
#define PAIR(british, b, american, a, head, tail)
#define PART(n) n,
#define END(n)
static const uint16_t listed[] = {
#include "spelling_pairs.inc"
};
#undef PART
#undef END

#define PART(n)
#define END(n) n,
static const uint16_t list_ends[] = {
#include "spelling_pairs.inc"
};
#undef PAIR
#undef PART
#undef END

enum {
    LETTERS = 26,
    PARTS = sizeof listed / sizeof *listed,
    PART_WORDS = PARTS / 64 + 1
};
_Static_assert(PARTS == 2 * sizeof pairs / sizeof *pairs, "each part once");
_Static_assert(sizeof list_ends / sizeof *list_ends ==
                   (size_t)LETTERS * LETTERS,
               "a list for each two letters");

/* Words of this length and longer only: -ise would part "rise" from "raise"
 * nowhere, and "prise" and "prize" are two words. */
enum { SHORTEST = 4, SHORTEST_TAIL = 6, LONGEST = 64 };

/* Marks the parts that the word may have, by the letters side by side. */
static void mark_parts(osl_text word, uint64_t marks[PART_WORDS])
{
    memset(marks, 0, PART_WORDS * sizeof *marks);
    for (size_t i = 1; i < word.length; i++) {
        unsigned a = (unsigned char)word.bytes[i - 1] - (unsigned)'a';
        unsigned b = (unsigned char)word.bytes[i] - (unsigned)'a';
        if (a >= LETTERS || b >= LETTERS)
            continue;
        unsigned list = a * LETTERS + b;
        for (unsigned n = list ? list_ends[list - 1] : 0; n < list_ends[list];
             n++)
            marks[listed[n] / 64] |= UINT64_C(1) << listed[n] % 64;
    }
}

/* Where `part` fits in the word, or -1. */
static int find_part(osl_text word, const spelling_part *part,
                     const spelling_pair *pair)
{
    size_t length = part->length;
    if (length > word.length)
        return -1;
    size_t last = word.length - length;
    size_t from = pair->open_head ? 1 : 0;
    if (pair->open_head && !pair->open_tail) {
        from = last;
        if (last == 0 || word.length < SHORTEST_TAIL)
            return -1;
    }
    size_t to = pair->open_head ? last : 0;
    if (!pair->open_tail && !pair->open_head && last != 0)
        return -1;
    for (size_t at = from; at <= to; at++)
        if (word.bytes[at] == part->bytes[0] &&
            memcmp(word.bytes + at, part->bytes, length) == 0)
            return (int)at;
    return -1;
}

static bool is_known(osl_text word, osl_text folded, const osl_text *out,
                     size_t count)
{
    bool known = osl_text_equal(word, folded);
    for (size_t i = 0; i < count && !known; i++)
        known = osl_text_equal(word, out[i]);
    return known;
}

/* `word` with `from` at `at` made `to`; 0 where it does not fit. */
static size_t replace(osl_text word, size_t at, spelling_part from,
                      spelling_part to, char *out)
{
    size_t tail = word.length - at - from.length;
    if (at + to.length + tail > LONGEST)
        return 0;
    memcpy(out, word.bytes, at);
    memcpy(out + at, to.bytes, to.length);
    memcpy(out + at + to.length, word.bytes + at + from.length, tail);
    return at + to.length + tail;
}

/* The word with part `n` made the other of its pair, at the first place where
 * it fits; an empty text where it is nowhere. */
static osl_text respell(osl_text word, unsigned n, char bytes[LONGEST])
{
    const spelling_pair *pair = &pairs[n / 2];
    const spelling_part *from = n % 2 ? &pair->american : &pair->british;
    const spelling_part *to = n % 2 ? &pair->british : &pair->american;
    int at = find_part(word, from, pair);
    size_t length = at < 0 ? 0 : replace(word, (size_t)at, *from, *to, bytes);
    return (osl_text){bytes, length};
}

size_t osl_spelling_variants(osl_text folded, osl_text out[], size_t max,
                             osl_arena *arena)
{
    size_t count = 0, done = 0;
    osl_text word = folded;
    if (folded.length < SHORTEST || folded.length > LONGEST)
        return 0;
    for (;;) {
        uint64_t marks[PART_WORDS];
        mark_parts(word, marks);
        for (unsigned i = 0; i < PART_WORDS; i++) {
            for (; marks[i] && count < max; marks[i] &= marks[i] - 1) {
                char bytes[LONGEST];
                unsigned n = 64 * i + (unsigned)__builtin_ctzll(marks[i]);
                osl_text variant = respell(word, n, bytes);
                if (variant.length == 0 ||
                    is_known(variant, folded, out, count))
                    continue;
                if (!osl_arena_text(arena, variant, &out[count]))
                    return SIZE_MAX;
                count++;
            }
        }
        if (done == count)
            return count;
        word = out[done++];
    }
}
