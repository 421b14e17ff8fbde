/* SPDX-License-Identifier: MIT
 *
 * Several words within a window of `width` positions, in any order, each at a
 * place of its own ("a b a"~3 needs two a's). All places are merged in order;
 * a window slides over them and is taken as soon as it holds every word often
 * enough, shrunk from the left, and left behind whole: windows are disjoint,
 * so tf is never more than any word occurs. */
#include "query/source.h"

typedef struct window_source {
    osl_checked checked;
    const uint32_t *classes;
    uint32_t width, class_count;
    bool is_pair;                  /* two different words */
    uint32_t *needed, *have;       /* by class */
    osl_places merged, child, out; /* merged: unit is the class */
    osl_places met;                /* the words of the windows found */
} window_source;

static osl_status read_child(window_source *source, osl_source *child,
                             uint32_t class, uint32_t ordinal, osl_error *err)
{
    osl_status status;
    if (osl_source_is_word(child)) {
        const uint32_t *positions = NULL;
        uint32_t count;
        status = osl_source_positions(child, ordinal, &positions, &count, err);
        return status == OSL_OK && count
                   ? osl_places_add_words(&source->child, positions, count,
                                          class, err)
                   : status;
    }
    status = child->ops->places(child, ordinal, &source->child, err);
    for (size_t j = 0; j < source->child.count; j++)
        source->child.items[j].unit = class;
    return status;
}

static osl_status merge_children(window_source *source, uint32_t ordinal,
                                 osl_error *err)
{
    source->merged.count = 0;
    uint32_t seen = 0; /* classes are numbered in order of first children */
    for (size_t i = 0; i < source->checked.count; i++) {
        if (source->classes[i] != seen)
            continue;
        osl_source *child = source->checked.children[i];
        source->child.count = 0;
        osl_status status = read_child(source, child, seen, ordinal, err);
        if (status == OSL_OK)
            status = osl_places_merge(&source->merged, &source->child, err);
        if (status != OSL_OK)
            return status;
        seen++;
    }
    return OSL_OK;
}

static bool is_full(const window_source *source)
{
    for (uint32_t i = 0; i < source->class_count; i++)
        if (source->have[i] < source->needed[i])
            return false;
    return true;
}

static void forget(window_source *source)
{
    for (uint32_t i = 0; i < source->class_count; i++)
        source->have[i] = 0;
}

/* Keeps the window [left, right]: its extent, and its words. */
static osl_status keep(window_source *source, size_t left, size_t right,
                       osl_error *err)
{
    const osl_place *items = source->merged.items;
    uint32_t end = 0;
    osl_status status = OSL_OK;
    for (size_t i = left; i <= right && status == OSL_OK; i++) {
        end = items[i].end > end ? items[i].end : end;
        status =
            osl_places_add(&source->met, items[i].start, items[i].end, 0, err);
    }
    if (status == OSL_OK)
        status = osl_places_add(&source->out, items[left].start, end, 0, err);
    return status;
}

/* How many windows there are; where it `keeps` them, they are left in
 * source->out and source->met. */
static osl_status find(window_source *source, uint32_t ordinal, bool keeps,
                       uint32_t *count, osl_error *err)
{
    osl_status status = merge_children(source, ordinal, err);
    const osl_place *items = source->merged.items;
    source->out.count = source->met.count = 0;
    *count = 0;
    forget(source);
    size_t left = 0;
    for (size_t right = 0; right < source->merged.count && status == OSL_OK;
         right++) {
        source->have[items[right].unit]++;
        while (
            left < right &&
            (items[right].end - items[left].start >= source->width ||
             source->have[items[left].unit] > source->needed[items[left].unit]))
            source->have[items[left++].unit]--;
        if (items[right].end - items[left].start >= source->width ||
            !is_full(source))
            continue;
        ++*count;
        if (keeps)
            status = keep(source, left, right, err);
        forget(source);
        left = right + 1;
    }
    return status;
}

/* A word's places in a paragraph, rising. */
typedef struct places_of {
    const uint32_t *at;
    uint32_t count;
} places_of;

/* How many windows of two words there are, as find() has it: a place closes a
 * window where the last one, of the other word, is near enough and in no window
 * yet. At one place the first word stands. */
static uint32_t count_pairs(places_of a, places_of b, uint32_t width)
{
    enum { NONE, A, B } last = NONE;
    uint32_t found = 0, before = 0;
    for (uint32_t i = 0, j = 0; i < a.count || j < b.count;) {
        bool is_b = i == a.count || (j < b.count && b.at[j] < a.at[i]);
        uint32_t at = is_b ? b.at[j] : a.at[i];
        j += is_b || (j < b.count && b.at[j] == at);
        i += !is_b;
        if (last == (is_b ? A : B) && at - before < width) {
            found++;
            last = NONE;
            continue;
        }
        last = is_b ? B : A;
        before = at;
    }
    return found;
}

static osl_status find_pairs(window_source *source, uint32_t ordinal,
                             uint32_t *count, osl_error *err)
{
    osl_source **words = source->checked.children;
    places_of a = {NULL, 0}, b = {NULL, 0};
    osl_status status =
        osl_source_positions(words[0], ordinal, &a.at, &a.count, err);
    if (status == OSL_OK)
        status = osl_source_positions(words[1], ordinal, &b.at, &b.count, err);
    *count = status == OSL_OK ? count_pairs(a, b, source->width) : 0;
    return status;
}

static osl_status window_look(osl_checked *checked, uint32_t ordinal,
                              uint32_t *tf, osl_error *err)
{
    window_source *source = (window_source *)checked;
    uint32_t least = UINT32_MAX, count;
    osl_status status = source->is_pair
                            ? find_pairs(source, ordinal, &count, err)
                            : find(source, ordinal, false, &count, err);
    if (status == OSL_OK && count > 1)
        status = osl_checked_least(checked, ordinal, &least, err);
    *tf = count < least ? count : least;
    return status;
}

static osl_status window_places(osl_source *base, uint32_t ordinal,
                                osl_places *out, osl_error *err)
{
    window_source *source = (window_source *)base;
    uint32_t count;
    osl_status status = find(source, ordinal, true, &count, err);
    return status == OSL_OK ? osl_places_append(out, &source->out, err)
                            : status;
}

static osl_status window_marks(osl_source *base, uint32_t ordinal,
                               osl_places *out, osl_error *err)
{
    window_source *source = (window_source *)base;
    uint32_t count;
    osl_status status = find(source, ordinal, true, &count, err);
    return status == OSL_OK ? osl_places_append(out, &source->met, err)
                            : status;
}

static const osl_source_ops window_ops = {
    .ranges = osl_checked_ranges,
    .match = osl_checked_match,
    .bounds = osl_checked_bounds,
    .chunk_bound = osl_checked_chunk_bound,
    .add = osl_checked_add,
    .tfs = osl_checked_tfs,
    .places = window_places,
    .marks = window_marks,
};

osl_source *osl_source_window(osl_source **children, const uint32_t *classes,
                              size_t count, uint32_t width, osl_arena *arena)
{
    window_source *source = osl_arena_zero(arena, 1, sizeof *source);
    if (!source)
        return NULL;
    osl_checked_init(&source->checked, children, count, arena);
    source->checked.base.ops = &window_ops;
    source->checked.look = window_look;
    source->classes = classes;
    source->width = width;
    source->needed = osl_arena_zero(arena, count, sizeof(uint32_t));
    source->have = osl_arena_zero(arena, count, sizeof(uint32_t));
    if (!source->needed || !source->have)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        source->needed[classes[i]]++;
        if (classes[i] >= source->class_count)
            source->class_count = classes[i] + 1;
    }
    source->is_pair = count == 2 && source->class_count == 2 &&
                      osl_source_is_word(children[0]) &&
                      osl_source_is_word(children[1]);
    source->merged.arena = source->child.arena = arena;
    source->out.arena = source->met.arena = arena;
    return &source->checked.base;
}
