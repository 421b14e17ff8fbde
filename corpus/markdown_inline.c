/* SPDX-License-Identifier: MIT */
#include "corpus/markdown_inline.h"

#include <string.h>

#include "corpus/clean.h"

/* A link's target is no longer, nor what stands between two marks. */
enum { TARGET_MAX = 2048, LABEL_MAX = 1024, EMPHASIS_MAX = 400 };

/* The bytes of "](target)" or "](target "title")" at `at`, 0 where it is
 * none. */
static size_t target_length(const char *at, size_t left)
{
    size_t most = left < TARGET_MAX ? left : TARGET_MAX;
    size_t end = 2;
    if (left < 3 || memcmp(at, "](", 2) != 0)
        return 0;
    while (end < most && at[end] != ' ' && at[end] != ')')
        end++;
    if (end == most)
        return 0;
    if (at[end] == ')')
        return end + 1;
    bool has_title = end + 1 < most && at[end + 1] == '"';
    const char *close =
        has_title ? memmem(at + end + 2, most - end - 2, "\")", 2) : NULL;
    return close ? (size_t)(close - at) + 2 : 0;
}

static bool is_word(char c)
{
    return osl_is_alpha(c) || osl_is_digit(c) || (unsigned char)c >= 0x80;
}

/* Where the emphasis that `at` ("_" at `start` or behind what is no word)
 * opens is closed by another "_" before what is no word; NULL where it is
 * not. */
static const char *underscore_close(const char *start, const char *at,
                                    const char *end)
{
    bool opens = end - at > 2 && osl_is_alpha(at[1]) &&
                 (at == start || !(is_word(at[-1]) || at[-1] == '_'));
    size_t most = (size_t)(end - at) - 1;
    if (!opens)
        return NULL;
    const char *close =
        memchr(at + 1, '_', most < EMPHASIS_MAX ? most : EMPHASIS_MAX);
    if (!close || memchr(at, '<', (size_t)(close - at)))
        return NULL;
    return close + 1 == end || !(is_word(close[1]) || close[1] == '_') ? close
                                                                       : NULL;
}

/* "_conditional _": the parser has seen all others. */
static bool opens_blank(const char *start, const char *at, const char *end,
                        const char **close)
{
    const char *found = underscore_close(start, at, end);
    if (!found || found[-1] != ' ')
        return false;
    *close = found;
    return true;
}

#define MARKS(X, k, n) \
    X("](??", 1, k, n) | X("**??", 2, k, n) | X("_???", 4, k, n)
static const osl_find_set marks = OSL_FIND_SET(MARKS);

void osl_markdown_drop_marks(osl_buf *text, osl_find_fn *find)
{
    if (text->length == 0)
        return;
    const char *start = (const char *)text->bytes;
    const char *end = start + text->length, *close = NULL;
    char *to = (char *)text->bytes;
    for (const char *at = start; at < end;) {
        size_t kept = find(&marks, at, (size_t)(end - at));
        if (at > to)
            memmove(to, at, kept);
        to += kept;
        at += kept;
        if (at == end)
            break;
        size_t left = (size_t)(end - at);
        size_t taken = *at == ']' ? target_length(at, left) : 0;
        if (*at == '*')
            taken = left > 2 && at[2] == '*' ? 3 : 2;
        if (*at == '_' && (at == close || opens_blank(start, at, end, &close)))
            taken = 1;
        at += taken;
        if (!taken)
            *to++ = *at++;
    }
    text->length = (size_t)(to - (char *)text->bytes);
}

/* ---- HTML -------------------------------------------------------------- */

typedef struct plain_html {
    const char *start, *at, *end; /* what is read */
    char *first, *to;             /* what is written */
    const char *bold, *emphasis;  /* marks that close; NULL: none is open */
} plain_html;

static bool begins_tag(const plain_html *p)
{
    return *p->at == '<' && p->end - p->at > 1 &&
           (osl_is_alpha(p->at[1]) || p->at[1] == '/' || p->at[1] == '!');
}

static void copy_tag(plain_html *p)
{
    const char *close = memchr(p->at, '>', (size_t)(p->end - p->at));
    size_t length = (size_t)((close ? close + 1 : p->end) - p->at);
    memmove(p->to, p->at, length);
    p->at += length;
    p->to += length;
}

/* "](target)": the label's bracket goes as well, a picture with its label. */
static bool take_link(plain_html *p)
{
    size_t length = target_length(p->at, (size_t)(p->end - p->at));
    char *label = p->to;
    if (!length || (!memchr(p->at, '/', length) &&
                    !memchr(p->at, '#', length) && !memchr(p->at, '.', length)))
        return false;
    while (label > p->first && p->to - label < LABEL_MAX && label[-1] != '[')
        label--;
    if (label == p->first || label[-1] != '[')
        return false;
    p->at += length;
    if (label - p->first > 1 && label[-2] == '!') {
        p->to = label - 2;
        return true;
    }
    memmove(label - 1, label, (size_t)(p->to - label));
    p->to--;
    return true;
}

/* "**words**" within one text; a footnote's stars stand behind its word. */
static bool take_bold(plain_html *p)
{
    size_t left = (size_t)(p->end - p->at);
    if (left < 2 || memcmp(p->at, "**", 2) != 0)
        return false;
    if (p->at == p->bold) {
        p->bold = NULL;
        p->at += 2;
        return true;
    }
    bool opens =
        left > 4 && !osl_is_space(p->at[2]) && p->at[2] != '*' &&
        (p->at == p->start || !(is_word(p->at[-1]) || p->at[-1] == '*'));
    const char *close = opens ? memmem(p->at + 2, left - 2, "**", 2) : NULL;
    if (!close || p->bold || memchr(p->at, '<', (size_t)(close - p->at)))
        return false;
    p->bold = close;
    p->at += 2;
    return true;
}

static bool take_emphasis(plain_html *p)
{
    if (*p->at != '_')
        return false;
    if (p->at == p->emphasis) {
        p->emphasis = NULL;
    } else {
        const char *close =
            p->emphasis ? NULL : underscore_close(p->start, p->at, p->end);
        if (!close)
            return false;
        p->emphasis = close;
    }
    p->at++;
    return true;
}

/* "  * At least one …": lists in cells, their lines folded to blanks. */
static bool take_bullet(plain_html *p)
{
    bool opens = *p->at == '*' && p->end - p->at > 2 && p->at[1] == ' ' &&
                 p->to - p->first > 1 && osl_is_space(p->to[-1]) &&
                 (osl_is_space(p->to[-2]) || p->to[-2] == '>');
    if (!opens)
        return false;
    p->at++;
    return true;
}

void osl_markdown_plain_html(osl_buf *html)
{
    char *bytes = (char *)html->bytes;
    if (!html->length)
        return;
    plain_html p = {.start = bytes,
                    .at = bytes,
                    .end = bytes + html->length,
                    .first = bytes,
                    .to = bytes};
    while (p.at < p.end) {
        if (begins_tag(&p))
            copy_tag(&p);
        else if (!take_link(&p) && !take_bold(&p) && !take_emphasis(&p) &&
                 !take_bullet(&p))
            *p.to++ = *p.at++;
    }
    html->length = (size_t)(p.to - bytes);
}
