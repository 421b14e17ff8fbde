/* SPDX-License-Identifier: MIT
 *
 * Texts as lists of words, blanks and signs: how alike two of them are, and
 * what was changed between them. */
#include "query/diff_align.h"

#include "core/base/utf8.h"
#include "query/scan.h"

#include <stdlib.h>

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "diff: memory ran out");
}

/* ---- cutting ------------------------------------------------------------ */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static unsigned blank_at(const char *at, const char *end)
{
    if (*at == ' ' || (*at >= '\t' && *at <= '\r'))
        return 1;
    return osl_scan_blank(at, end);
}

/* Bytes of the letter, figure or mark at `at`; 0 where it is none. Above
 * ASCII all but general punctuation and the signs of Latin 1 are. */
static unsigned letter_at(const char *at, const char *end)
{
    unsigned length;
    uint32_t c = osl_utf8_get(at, end, &length);
    if (c < 0x80)
        return is_digit(*at) || (*at >= 'a' && *at <= 'z') ||
               (*at >= 'A' && *at <= 'Z');
    bool is_sign = (c < 0xC0 && c != 0xAA && c != 0xB5 && c != 0xBA &&
                    c != 0xB2 && c != 0xB3 && c != 0xB9) ||
                   c == 0xD7 || c == 0xF7 || (c >= 0x2000 && c < 0x2070) ||
                   (c >= 0x2190 && c < 0x2C00) || (c >= 0x3000 && c < 0x3003) ||
                   c == OSL_UTF8_BAD;
    return is_sign || blank_at(at, end) ? 0 : length;
}

static const char *word_end(const char *at, const char *end)
{
    unsigned length;
    const char *start = at;
    while (at < end) {
        if ((length = letter_at(at, end)) > 0)
            at += length;
        else if ((*at == '.' || *at == ',') && at > start && is_digit(at[-1]) &&
                 at + 1 < end && is_digit(at[1]))
            at++;
        else
            break;
    }
    return at;
}

/* The token that begins at `at`. */
static osl_diff_token cut(const char *at, const char *end)
{
    osl_diff_token token = {.text = {at, 0}};
    const char *stop = word_end(at, end);
    token.is_word = stop > at;
    unsigned length = 0;
    while (!token.is_word && stop < end && (length = blank_at(stop, end)) > 0)
        stop += length;
    token.is_blank = !token.is_word && stop > at;
    if (stop == at) {
        (void)osl_utf8_get(at, end, &length);
        stop += length;
    }
    token.text.length = (size_t)(stop - at);
    return token;
}

static uint32_t count_tokens(osl_text text)
{
    uint32_t count = 0;
    for (size_t at = 0; at < text.length; count++)
        at += cut(text.bytes + at, text.bytes + text.length).text.length;
    return count;
}

static osl_status split(osl_text text, osl_arena *arena, osl_diff_text *out,
                        osl_error *err)
{
    if (text.length > INT32_MAX / 2)
        return osl_fail(err, OSL_ELIMIT, "diff: too long to compare");
    *out = (osl_diff_text){.token_count = count_tokens(text)};
    out->tokens = osl_arena_zero(arena, out->token_count + (size_t)1,
                                 sizeof *out->tokens);
    if (!out->tokens)
        return no_memory(err);
    const char *at = text.bytes, *end = at + text.length;
    for (uint32_t i = 0; i < out->token_count; i++) {
        out->tokens[i] = cut(at, end);
        at += out->tokens[i].text.length;
        out->word_count += out->tokens[i].is_word;
    }
    return OSL_OK;
}

/* ---- numbering ---------------------------------------------------------- */

static int compare_tokens(const void *left, const void *right)
{
    const osl_diff_token *const *a = left, *const *b = right;
    return osl_text_compare((*a)->text, (*b)->text);
}

static int compare_numbers(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

static osl_status number(osl_diff_text *texts, uint32_t count, size_t total,
                         osl_arena *arena, osl_error *err)
{
    osl_diff_token **all = osl_arena_zero(arena, total + 1, sizeof *all);
    size_t at = 0;
    if (!all)
        return no_memory(err);
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t t = 0; t < texts[i].token_count; t++)
            all[at++] = &texts[i].tokens[t];
    qsort(all, total, sizeof *all, compare_tokens);
    for (size_t i = 1; i < total; i++)
        all[i]->number =
            all[i - 1]->number + (compare_tokens(&all[i - 1], &all[i]) != 0);
    return OSL_OK;
}

static osl_status gather_words(osl_diff_text *text, osl_arena *arena,
                               osl_error *err)
{
    uint32_t count = 0;
    text->words = osl_arena_zero(arena, text->word_count + (size_t)1,
                                 sizeof *text->words);
    if (!text->words)
        return no_memory(err);
    for (uint32_t i = 0; i < text->token_count; i++)
        if (text->tokens[i].is_word)
            text->words[count++] = text->tokens[i].number;
    qsort(text->words, count, sizeof *text->words, compare_numbers);
    return OSL_OK;
}

osl_status osl_diff_split(const osl_text *texts, uint32_t count,
                          osl_arena *arena, osl_diff_text *out, osl_error *err)
{
    size_t total = 0;
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < count && status == OSL_OK; i++) {
        status = split(texts[i], arena, &out[i], err);
        total += out[i].token_count;
    }
    if (status == OSL_OK)
        status = number(out, count, total, arena, err);
    for (uint32_t i = 0; i < count && status == OSL_OK; i++)
        status = gather_words(&out[i], arena, err);
    return status;
}

double osl_diff_similarity(const osl_diff_text *a, const osl_diff_text *b)
{
    uint32_t i = 0, j = 0, both = 0;
    while (i < a->word_count && j < b->word_count) {
        if (a->words[i] == b->words[j])
            both++, i++, j++;
        else if (a->words[i] < b->words[j])
            i++;
        else
            j++;
    }
    return both > 0 ? 2.0 * both / ((double)a->word_count + b->word_count) : 0;
}

/* ---- runs --------------------------------------------------------------- */

static uint64_t *numbers_of(const osl_diff_text *text, osl_arena *arena)
{
    uint64_t *numbers =
        osl_arena_zero(arena, text->token_count + (size_t)1, sizeof *numbers);
    for (uint32_t i = 0; numbers && i < text->token_count; i++)
        numbers[i] = text->tokens[i].number;
    return numbers;
}

/* A blank that stayed between two tokens that did not is read as changed. */
static void drop_blanks(const osl_diff_text *before, const osl_diff_text *after,
                        uint32_t *match)
{
    uint32_t last = OSL_DIFF_NONE; /* in `after`, of the last match */
    for (uint32_t i = 0; i < before->token_count; i++) {
        if (match[i] == OSL_DIFF_NONE)
            continue;
        bool alone_before = i > 0 && match[i - 1] == OSL_DIFF_NONE;
        bool alone_after = last + 1 != match[i]; /* NONE + 1 is 0 */
        uint32_t next = i + 1;
        bool ends =
            next == before->token_count && match[i] + 1 == after->token_count;
        bool goes_on =
            next < before->token_count && match[next] == match[i] + 1;
        last = match[i];
        if (before->tokens[i].is_blank && (alone_before || alone_after) &&
            !ends && !goes_on)
            match[i] = OSL_DIFF_NONE;
    }
}

typedef struct runs {
    osl_diff_run *at;
    size_t count;
} runs;

/* Texts of one kind that touch become one run. */
static void add_run(runs *list, osl_change change, const osl_diff_token *from,
                    const osl_diff_token *to)
{
    if (from == to)
        return;
    const char *end = to[-1].text.bytes + to[-1].text.length;
    osl_diff_run *last = list->count ? &list->at[list->count - 1] : NULL;
    if (last && last->change == change) {
        last->text.length = (size_t)(end - last->text.bytes);
        return;
    }
    list->at[list->count++] = (osl_diff_run){
        change, {from->text.bytes, (size_t)(end - from->text.bytes)}};
}

static void list_runs(const osl_diff_text *before, const osl_diff_text *after,
                      const uint32_t *match, runs *list)
{
    uint32_t i = 0, j = 0;
    while (i < before->token_count || j < after->token_count) {
        uint32_t from_i = i, from_j = j;
        while (i < before->token_count && match[i] == OSL_DIFF_NONE)
            i++;
        j = i < before->token_count ? match[i] : after->token_count;
        add_run(list, OSL_CHANGE_REMOVED, before->tokens + from_i,
                before->tokens + i);
        add_run(list, OSL_CHANGE_ADDED, after->tokens + from_j,
                after->tokens + j);
        from_j = j;
        while (i < before->token_count && match[i] == j)
            i++, j++;
        add_run(list, OSL_CHANGE_NONE, after->tokens + from_j,
                after->tokens + j);
    }
}

static osl_status match_tokens(const osl_diff_text *before,
                               const osl_diff_text *after, osl_arena *scratch,
                               uint32_t *match, osl_error *err)
{
    osl_diff_list a = {numbers_of(before, scratch), before->token_count};
    osl_diff_list b = {numbers_of(after, scratch), after->token_count};
    if (!a.at || !b.at)
        return no_memory(err);
    osl_status status =
        osl_diff_common(a, b, OSL_DIFF_EXACT, scratch, match, err);
    if (status == OSL_OK)
        drop_blanks(before, after, match);
    return status;
}

osl_status osl_diff_runs(const osl_diff_text *before,
                         const osl_diff_text *after, osl_arena *arena,
                         const osl_diff_run **out, size_t *count,
                         osl_error *err)
{
    osl_arena scratch = {0};
    size_t most = (size_t)before->token_count + after->token_count + 1;
    runs list = {osl_arena_zero(arena, most, sizeof(osl_diff_run)), 0};
    uint32_t *match = osl_arena_zero(&scratch, before->token_count + (size_t)1,
                                     sizeof *match);
    osl_status status = list.at && match ? OSL_OK : no_memory(err);
    if (status == OSL_OK)
        status = match_tokens(before, after, &scratch, match, err);
    if (status == OSL_OK)
        list_runs(before, after, match, &list);
    osl_arena_clear(&scratch);
    *out = list.at;
    *count = list.count;
    return status;
}
