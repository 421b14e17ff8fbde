/* SPDX-License-Identifier: MIT
 *
 * Every pair is tried on the word in both directions and at the first place
 * where it fits, then on what that gave, so that a word with two places
 * (anaesthetised) gets all its spellings. Most are told by sets of letters and
 * of neighbours that the word lacks. */
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

#define PAIR(british, b, b_set, american, a, a_set, head, tail) \
    {{british, b}, {american, a}, head, tail},
static const spelling_pair pairs[] = {
#include "spelling_pairs.inc"
};
#undef PAIR

/* set_of() each part: British, American, by pair. */
#define PAIR(british, b, b_set, american, a, a_set, head, tail) b_set, a_set,
static const uint64_t sets[] = {
#include "spelling_pairs.inc"
};
#undef PAIR

/* Words of this length and longer only: -ise would part "rise" from "raise"
 * nowhere, and "prise" and "prize" are two words. */
enum { SHORTEST = 4, SHORTEST_TAIL = 6, LONGEST = 64 };

/* A bit for each letter, and one for each two neighbours: what has others is
 * not in the word. embed_pairs.py makes the same. */
static uint64_t set_of(osl_text word)
{
    uint64_t set = 0;
    for (size_t i = 0; i < word.length; i++) {
        unsigned byte = (unsigned char)word.bytes[i];
        set |= UINT64_C(1) << byte % 32;
        if (i > 0)
            set |= UINT64_C(1)
                   << (32 + (5 * (unsigned char)word.bytes[i - 1] + byte) % 32);
    }
    return set;
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

size_t osl_spelling_variants(osl_text folded, osl_text out[], size_t max,
                             osl_arena *arena)
{
    size_t count = 0, done = 0;
    osl_text word = folded;
    if (folded.length < SHORTEST || folded.length > LONGEST)
        return 0;
    for (;;) {
        uint64_t lacks = ~set_of(word);
        for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
            if (sets[i] & lacks)
                continue;
            const spelling_pair *pair = &pairs[i / 2];
            const spelling_part *from =
                i % 2 ? &pair->american : &pair->british;
            const spelling_part *to = i % 2 ? &pair->british : &pair->american;
            int at = find_part(word, from, pair);
            char bytes[LONGEST];
            if (at < 0 || count == max)
                continue;
            osl_text variant = {bytes,
                                replace(word, (size_t)at, *from, *to, bytes)};
            if (variant.length == 0 || is_known(variant, folded, out, count))
                continue;
            if (!osl_arena_text(arena, variant, &out[count]))
                return SIZE_MAX;
            count++;
        }
        if (done == count)
            return count;
        word = out[done++];
    }
}
