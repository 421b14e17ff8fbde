/* SPDX-License-Identifier: MIT */
#include "query/snippet.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    const osl_place *x = a, *y = b;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

size_t osl_snippet_spans(osl_places *places, const osl_tokens *tokens,
                         osl_span *spans)
{
    size_t count = 0;
    uint32_t last_end = 0; /* position behind the last span */
    if (places->count > 1)
        qsort(places->items, places->count, sizeof *places->items, compare);
    for (size_t i = 0; i < places->count; i++) {
        osl_place place = places->items[i];
        if (place.end >= tokens->count || place.start > place.end)
            continue;
        uint32_t start = tokens->starts[place.start];
        uint32_t end = tokens->ends[place.end];
        if (count && place.start < last_end) {
            if (end > spans[count - 1].end)
                spans[count - 1].end = end;
        } else {
            spans[count++] = (osl_span){start, end};
        }
        last_end = place.end + 1 > last_end ? place.end + 1 : last_end;
    }
    return count;
}

/* ---- the window -------------------------------------------------------- */

typedef struct window {
    size_t first, last; /* places */
    unsigned units, places;
} window;

/* Units and places among places [first, …] that end before `limit`. */
static window measure(const osl_places *places, size_t first, uint64_t limit)
{
    window w = {first, first, 0, 0};
    for (size_t i = first; i < places->count; i++) {
        if (places->items[i].start >= limit)
            break;
        if (places->items[i].end >= limit && i > first)
            continue;
        bool again = false;
        for (size_t j = first; j < i && !again; j++)
            again = places->items[j].unit == places->items[i].unit;
        w.units += !again;
        w.places++;
        w.last = i;
    }
    return w;
}

static bool better(window a, window b)
{
    return a.units != b.units ? a.units > b.units : a.places > b.places;
}

/* The tokens [*from, *to) to show. */
static void choose(const osl_places *places, size_t token_count, unsigned words,
                   size_t *from, size_t *to)
{
    window best = {0};
    *from = 0;
    *to = words < token_count ? words : token_count;
    for (size_t i = 0; i < places->count; i++) {
        window w = measure(places, i, places->items[i].start + (uint64_t)words);
        if (better(w, best))
            best = w;
    }
    if (!best.places || places->items[best.first].start >= token_count)
        return;
    size_t start = places->items[best.first].start;
    size_t end = (size_t)places->items[best.last].end + 1;
    size_t spare = end - start < words ? words - (end - start) : 0;
    *from = start > spare / 2 ? start - spare / 2 : 0;
    if (*from + words > token_count)
        *from = token_count > words ? token_count - words : 0;
    *to = *from + words < token_count ? *from + words : token_count;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

osl_span osl_snippet_window(const osl_places *places, const osl_tokens *tokens,
                            osl_text text, unsigned words, bool *cut_left,
                            bool *cut_right)
{
    size_t from, to;
    osl_span span = {0, (uint32_t)text.length};
    *cut_left = *cut_right = false;
    if (!words || tokens->count <= words)
        return words ? span : (osl_span){0, 0};
    choose(places, tokens->count, words, &from, &to);
    if (from > 0) {
        span.start = tokens->starts[from];
        uint32_t behind = tokens->ends[from - 1];
        while (span.start > behind && !is_blank(text.bytes[span.start - 1]))
            span.start--;
        *cut_left = true;
    }
    if (to < tokens->count) {
        span.end = tokens->ends[to - 1];
        while (span.end < tokens->starts[to] && !is_blank(text.bytes[span.end]))
            span.end++;
        *cut_right = true;
    }
    return span;
}
