/* SPDX-License-Identifier: MIT */
#include "core/base/buf.h"
#include "core/base/utf8.h"
#include "core/text/analyzer.h"
#include "core/text/chars.h"
#include "core/text/scratch.h"

#include <stdlib.h>
#include <string.h>

osl_token_scratch *osl_token_scratch_of(osl_tokens *tokens)
{
    if (!tokens->scratch) {
        tokens->scratch = calloc(1, sizeof(osl_token_scratch));
        tokens->scratch_size = tokens->scratch ? sizeof(osl_token_scratch) : 0;
    }
    return tokens->scratch;
}

static void clear_icu_text(osl_icu_text *copy)
{
    free(copy->points);
    free(copy->offsets);
    free(copy->classes);
    free(copy->bases);
    free(copy->cuts);
    free(copy->units);
    free(copy->where);
    *copy = (osl_icu_text){0};
}

void osl_token_scratch_shrink(osl_token_scratch *scratch)
{
    if (scratch->icu.points_size > OSL_SCRATCH_KEPT)
        clear_icu_text(&scratch->icu);
    if (scratch->blocks_size > OSL_SCRATCH_KEPT / 16) {
        free(scratch->blocks);
        scratch->blocks = NULL;
        scratch->block_count = 0;
        scratch->blocks_size = 0;
    }
}

void osl_token_scratch_free(osl_token_scratch *scratch)
{
    if (!scratch)
        return;
    if (scratch->breaks)
        ubrk_close(scratch->breaks);
    free(scratch->blocks);
    free(scratch->fixes);
    free(scratch->capitals);
    clear_icu_text(&scratch->icu);
    free(scratch);
}

void osl_tokens_clear(osl_tokens *tokens)
{
    osl_token_scratch_free(tokens->scratch);
    free(tokens->starts);
    free(tokens->ends);
    free(tokens->flags);
    *tokens = (osl_tokens){0};
}

bool osl_tokens_reserve(osl_tokens *tokens, size_t wanted)
{
    if (wanted <= tokens->capacity)
        return true;
    size_t starts = tokens->capacity, ends = starts, flags = starts;
    if (!osl_grow(&tokens->starts, &starts, wanted, sizeof *tokens->starts) ||
        !osl_grow(&tokens->ends, &ends, wanted, sizeof *tokens->ends) ||
        !osl_grow(&tokens->flags, &flags, wanted, sizeof *tokens->flags))
        return false;
    tokens->capacity = starts < ends ? starts : ends;
    tokens->capacity = flags < tokens->capacity ? flags : tokens->capacity;
    return true;
}

/* The end of the first piece of [start, end). */
static uint32_t piece_end(osl_text text, uint32_t start, uint32_t end)
{
    if (end - start <= OSL_TOKEN_BYTES_MAX)
        return end;
    uint32_t at = start + (uint32_t)OSL_TOKEN_BYTES_MAX;
    while (at > start + 1 && ((uint8_t)text.bytes[at] & 0xC0) == 0x80)
        at--;
    return at;
}

static size_t count_pieces(osl_text text, uint32_t start, uint32_t end)
{
    size_t count = 0;
    do {
        start = piece_end(text, start, end);
        count++;
    } while (start < end);
    return count;
}

bool osl_tokens_cut(osl_tokens *tokens, osl_text text)
{
    size_t wanted = 0;
    for (size_t i = 0; i < tokens->count; i++)
        wanted += count_pieces(text, tokens->starts[i], tokens->ends[i]);
    if (wanted == tokens->count)
        return true;
    if (!osl_tokens_reserve(tokens, wanted))
        return false;
    size_t to = wanted;
    for (size_t i = tokens->count; i-- > 0;) {
        uint32_t start = tokens->starts[i], end = tokens->ends[i];
        uint8_t flags = tokens->flags[i];
        to -= count_pieces(text, start, end);
        for (size_t piece = to; start < end; piece++) {
            tokens->starts[piece] = start;
            start = piece_end(text, start, end);
            tokens->ends[piece] = start;
            tokens->flags[piece] = flags;
            flags = (flags & (uint8_t)~OSL_TOKEN_SPACED) | OSL_TOKEN_GLUED_LEFT;
        }
    }
    tokens->count = wanted;
    return true;
}

bool osl_is_hanging_word(const char *at, const char *end)
{
    static const char *const words[] = {"and", "or", "to", "und", "oder",
                                        "bis", "et", "ou", "y"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(end - at) < length || memcmp(at, words[i], length) != 0)
            continue;
        if ((size_t)(end - at) == length)
            return true;
        unsigned took;
        if (!osl_char_is_word(
                osl_char_classify(osl_utf8_get(at + length, end, &took))))
            return true;
    }
    return false;
}

unsigned osl_classes_between(osl_text text, uint32_t from, uint32_t to)
{
    unsigned seen = 0;
    for (const char *at = text.bytes + from; at < text.bytes + to;) {
        unsigned length;
        uint32_t c = osl_utf8_get(at, text.bytes + to, &length);
        seen |= 1u << osl_char_classify(c);
        at += length;
    }
    return seen;
}

/* 2: a capital word (two capitals side by side, no other letter); 1: neither
 * ends nor lengthens a run of them (numbers, single capitals); 0: ends it. */
static int capital_rank(osl_text text, uint32_t from, uint32_t to)
{
    osl_char_class last = OSL_CHAR_BREAK;
    int rank = 1;
    for (const char *at = text.bytes + from; at < text.bytes + to;) {
        unsigned length;
        osl_char_class c =
            osl_char_classify(osl_utf8_get(at, text.bytes + to, &length));
        if (c == OSL_CHAR_LETTER || c == OSL_CHAR_COMPLEX)
            return 0;
        if (c == OSL_CHAR_UPPER && last == OSL_CHAR_UPPER)
            rank = 2;
        last = c;
        at += length;
    }
    return rank;
}

size_t osl_flag_capitals(osl_text text, osl_tokens *tokens, size_t first)
{
    const unsigned soft = 1u << OSL_CHAR_BLANK | 1u << OSL_CHAR_MINUS;
    size_t words = 0, end = first;
    for (; end < tokens->count; end++) {
        int rank = capital_rank(text, tokens->starts[end], tokens->ends[end]);
        if (rank == 0 ||
            (end > first && (osl_classes_between(text, tokens->ends[end - 1],
                                                 tokens->starts[end]) &
                             ~soft)))
            break;
        words += rank == 2;
    }
    for (size_t i = first; words >= 3 && i < end; i++)
        if (capital_rank(text, tokens->starts[i], tokens->ends[i]) == 2)
            tokens->flags[i] |= OSL_TOKEN_PLAIN_CAPS;
    return end > first ? end : first + 1;
}
