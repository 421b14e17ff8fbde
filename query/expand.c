/* SPDX-License-Identifier: MIT
 *
 * Over the ordered dictionary: which words a wildcard stands for, which are
 * spelt almost alike. The dictionary holds stems, a person types words; so a
 * pattern is held against the surface forms of each term near it, and where
 * only some forms fit, only their occurrences count ("therapy*": the stem is
 * therapi).
 *
 * Capitals and signed terms (ALL, cd19+) stand at the place of another term
 * and are never expanded to. Words with a figure are never matched loosely:
 * a wrong dose does harm. */
#include "query/plan.h"

#include <stdlib.h>
#include <string.h>

enum { STEM_TAIL = 3, NEAREST_MOST = 2 };

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "query: memory ran out at a wildcard");
}

/* ---- distance ---------------------------------------------------------- */

static unsigned least3(unsigned a, unsigned b, unsigned c)
{
    unsigned m = a < b ? a : b;
    return m < c ? m : c;
}

/* Optimal string alignment (Damerau 1964), three rows. */
unsigned osl_edit_distance(osl_text a, osl_text b, unsigned most)
{
    enum { LONGEST = 64 };
    unsigned rows[3][LONGEST + 1];
    size_t gap =
        a.length > b.length ? a.length - b.length : b.length - a.length;
    if (a.length > LONGEST || b.length > LONGEST || gap > most)
        return most + 1;
    for (unsigned j = 0; j <= b.length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.length; i++) {
        unsigned *row = rows[i % 3], *last = rows[(i + 2) % 3];
        const unsigned *before = rows[(i + 1) % 3];
        unsigned best = row[0] = (unsigned)i;
        for (size_t j = 1; j <= b.length; j++) {
            bool same = a.bytes[i - 1] == b.bytes[j - 1];
            row[j] = least3(last[j] + 1, row[j - 1] + 1, last[j - 1] + !same);
            if (i > 1 && j > 1 && a.bytes[i - 1] == b.bytes[j - 2] &&
                a.bytes[i - 2] == b.bytes[j - 1] && before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
            best = row[j] < best ? row[j] : best;
        }
        if (best > most)
            return most + 1;
    }
    return rows[a.length % 3][b.length];
}

/* ---- patterns ---------------------------------------------------------- */

static size_t character_at(osl_text text, size_t at)
{
    size_t length = 1;
    while (at + length < text.length &&
           ((unsigned char)text.bytes[at + length] & 0xC0) == 0x80)
        length++;
    return length;
}

/* Both folded; ? is one character, * any number. Linear with one step back. */
static bool matches(osl_text pattern, osl_text word)
{
    size_t p = 0, w = 0, star = SIZE_MAX, resume = 0;
    while (w < word.length) {
        if (p < pattern.length && pattern.bytes[p] == '*') {
            star = p++;
            resume = w;
        } else if (p < pattern.length && pattern.bytes[p] == '?') {
            p++;
            w += character_at(word, w);
        } else if (p < pattern.length && pattern.bytes[p] == word.bytes[w]) {
            p++;
            w++;
        } else if (star != SIZE_MAX) {
            resume += character_at(word, resume);
            w = resume;
            p = star + 1;
        } else {
            return false;
        }
    }
    while (p < pattern.length && pattern.bytes[p] == '*')
        p++;
    return p == pattern.length;
}

/* ---- what an expansion collects ---------------------------------------- */

typedef struct pattern_or_word {
    osl_text pattern; /* of a pattern */
    osl_text word;    /* of a loose match */
    unsigned most;
} pattern_or_word;

typedef struct found_term {
    osl_text term;
    const osl_text *forms;
    size_t form_count;
    uint64_t df;
} found_term;

typedef struct found {
    osl_plan *plan;
    const pattern_or_word *wanted;
    found_term *items;
    size_t count, capacity;
    size_t sorted;   /* of segments before, in order of bytes */
    size_t most;     /* that are wanted, the most frequent */
    uint64_t enough; /* df that so many have; 0: not known */
    bool is_cut;     /* others were there */
    osl_arena forms; /* of the term at hand */
} found;

static int by_df(const void *a, const void *b)
{
    const found_term *x = a, *y = b;
    if (x->df != y->df)
        return x->df > y->df ? -1 : 1;
    return osl_text_compare(x->term, y->term);
}

static bool takes(const pattern_or_word *wanted, osl_text form)
{
    if (wanted->pattern.length)
        return matches(wanted->pattern, form);
    return osl_edit_distance(wanted->word, form, wanted->most) <= wanted->most;
}

static bool has_digit_or_capital(osl_text term)
{
    for (size_t i = 0; i < term.length; i++) {
        char c = term.bytes[i];
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'))
            return true;
    }
    return false;
}

/* ALL, cd19+: stand beside another term. */
static bool is_extra(osl_text term)
{
    if (!term.length)
        return false;
    char last = term.bytes[term.length - 1];
    for (size_t i = 0; i < term.length; i++)
        if (term.bytes[i] >= 'A' && term.bytes[i] <= 'Z')
            return true;
    return last == '+' || last == '-';
}

static int by_term(const void *a, const void *b)
{
    return osl_text_compare(((const found_term *)a)->term,
                            ((const found_term *)b)->term);
}

/* A term of a segment before; one has each term once. */
static found_term *find_item(found *list, osl_text term)
{
    const found_term wanted = {.term = term};
    return list->sorted ? bsearch(&wanted, list->items, list->sorted,
                                  sizeof wanted, by_term)
                        : NULL;
}

static osl_status add_item(found *list, osl_text term, found_term **out,
                           osl_error *err)
{
    osl_arena *arena = list->plan->arena;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 16;
        found_term *more = osl_arena_zero(arena, capacity, sizeof *more);
        if (!more)
            return no_memory(err);
        if (list->count)
            memcpy(more, list->items, list->count * sizeof *more);
        list->items = more;
        list->capacity = capacity;
    }
    *out = &list->items[list->count];
    **out = (found_term){0};
    if (!osl_arena_text(arena, term, &(*out)->term))
        return no_memory(err);
    list->count++;
    return OSL_OK;
}

/* Adds `form` to the forms of an item where it is not there yet; they stand
 * in order of bytes, whatever the segments are. */
static osl_status add_form(found *list, found_term *item, osl_text form,
                           osl_error *err)
{
    for (size_t i = 0; i < item->form_count; i++)
        if (osl_text_equal(item->forms[i], form))
            return OSL_OK;
    osl_text *more =
        osl_arena_zero(list->plan->arena, item->form_count + 1, sizeof *more);
    if (!more ||
        !osl_arena_text(list->plan->arena, form, &more[item->form_count]))
        return no_memory(err);
    size_t at = item->form_count;
    osl_text added = more[at];
    if (at)
        memcpy(more, item->forms, at * sizeof *more);
    for (; at > 0 && osl_text_compare(more[at - 1], added) > 0; at--)
        more[at] = more[at - 1];
    more[at] = added;
    item->forms = more;
    item->form_count++;
    return OSL_OK;
}

/* Where the segment keeps no forms, the stem stands for all. */
static osl_status take_stem(found *list, uint32_t segment,
                            const osl_term_cursor *at, osl_error *err)
{
    osl_term_info live = at->info;
    found_term *item;
    osl_status status = osl_index_live_term(list->plan->index, segment,
                                            OSL_FIELD_TEXT, &live, err);
    if (status != OSL_OK || !live.df || !takes(list->wanted, at->term))
        return status;
    if (!(item = find_item(list, at->term)))
        status = add_item(list, at->term, &item, err);
    if (status == OSL_OK)
        item->df += live.df;
    return status;
}

static osl_status take_forms(found *list, osl_text term,
                             const osl_form_list *forms, osl_error *err)
{
    found_term *item = NULL;
    osl_status status = OSL_OK;
    for (size_t i = 0; i < forms->count && status == OSL_OK; i++) {
        const osl_term_form *form = &forms->forms[i];
        if (!form->df || !takes(list->wanted, form->text))
            continue;
        if (!item && !(item = find_item(list, term)))
            status = add_item(list, term, &item, err);
        if (status == OSL_OK)
            status = add_form(list, item, form->text, err);
        if (status == OSL_OK)
            item->df += form->df;
    }
    return status;
}

/* Holds one term of one segment against what is wanted. */
static osl_status look_at_term(found *list, uint32_t segment,
                               const osl_term_cursor *at, osl_error *err)
{
    osl_form_list forms;
    osl_arena_reset(&list->forms);
    osl_status status = osl_index_live_forms(list->plan->index, segment, at,
                                             &list->forms, &forms, err);
    if (status == OSL_OK)
        return take_forms(list, at->term, &forms, err);
    return status == OSL_ENOTFOUND ? take_stem(list, segment, at, err) : status;
}

/* Of one segment, all df are known where a term is met: from time to time the
 * most frequent are kept, and what has fewer occurrences than the last of them
 * is passed over. Terms come in order of bytes, so that at equal df they lose to
 * those that are there. */
static void cut(found *list)
{
    enum { SLACK = 4 };
    if (list->count < SLACK * list->most ||
        osl_index_get_info(list->plan->index)->segment_count > 1)
        return;
    qsort(list->items, list->count, sizeof *list->items, by_df);
    list->is_cut = true;
    list->count = list->most;
    list->enough = list->items[list->most - 1].df;
}

/* All terms of a segment that begin with `prefix`. */
static osl_status look_at_prefix(found *list, uint32_t number, osl_text prefix,
                                 osl_error *err)
{
    const osl_segment *segment = osl_index_segment(list->plan->index, number);
    osl_term_cursor at;
    bool loose = list->wanted->word.length > 0;
    osl_status status =
        osl_term_seek(&at, segment, OSL_FIELD_TEXT, prefix, err);
    for (; status == OSL_OK && (status = osl_term_next(&at, err)) == OSL_OK;
         list->plan->walked++) {
        if (at.term.length < prefix.length ||
            memcmp(at.term.bytes, prefix.bytes, prefix.length) != 0)
            return OSL_OK;
        if (at.info.cf <= list->enough || is_extra(at.term) ||
            (loose && has_digit_or_capital(at.term)))
            continue;
        /* A stem is at most a few letters away from its forms. */
        if (loose && osl_edit_distance(list->wanted->word, at.term,
                                       list->wanted->most + STEM_TAIL) >
                         list->wanted->most + STEM_TAIL)
            continue;
        status = look_at_term(list, number, &at, err);
        cut(list);
    }
    return status == OSL_END ? OSL_OK : status;
}

/* How many terms the next wildcard may stand for. */
static size_t most_members(const osl_plan *plan)
{
    size_t left = plan->expanded < OSL_QUERY_EXPANSIONS_MAX
                      ? OSL_QUERY_EXPANSIONS_MAX - plan->expanded
                      : 0;
    if (left > OSL_QUERY_EXPANSION_MAX)
        return OSL_QUERY_EXPANSION_MAX;
    return left > OSL_QUERY_EXPANSION_LEAST ? left : OSL_QUERY_EXPANSION_LEAST;
}

/* How many of them are looked for: reading all that a word occurs in is what
 * it costs, so beside others they are fewer where they are frequent. Takes what
 * they occur in from what is left. */
static size_t affordable(found *list)
{
    osl_plan *plan = list->plan;
    uint64_t most = 2 * plan->measures->statistics[0].count, sum = 0;
    size_t count = list->count < list->most ? list->count : list->most, n = 0;
    most = most > OSL_QUERY_EXPANDED_DF_MAX ? most : OSL_QUERY_EXPANDED_DF_MAX;
    for (; n < count; n++) {
        uint64_t more = sum + list->items[n].df;
        if (plan->expanded && n > 0 && plan->expanded_df + more > most)
            break;
        sum = more;
    }
    plan->expanded_df += sum;
    return n;
}

/* The terms found as one source, the most frequent first. */
static osl_status finish(found *list, osl_plan_source **out, osl_error *err)
{
    osl_plan *plan = list->plan;
    *out = NULL;
    if (!list->count)
        return osl_plan_term(plan,
                             list->wanted->pattern.length
                                 ? list->wanted->pattern
                                 : list->wanted->word,
                             out, err);
    qsort(list->items, list->count, sizeof *list->items, by_df);
    size_t most = affordable(list);
    if (list->count > most || list->is_cut) {
        list->count = most;
        osl_plan_note(plan, most == OSL_QUERY_EXPANSION_MAX
                                ? "a wildcard stands for very many words; the "
                                  "256 most frequent were looked for"
                                : "the wildcards stand for very many words; "
                                  "the most frequent were looked for");
    }
    plan->expanded += list->count;
    osl_plan_source *any = osl_plan_source_new(plan, OSL_PLAN_ANY, list->count);
    if (!any || !osl_plan_keeps_made(plan, any))
        return no_memory(err);
    any->count = list->count;
    for (size_t i = 0; i < list->count; i++) {
        osl_plan_source *term;
        osl_status status =
            osl_plan_term(plan, list->items[i].term, &term, err);
        if (status != OSL_OK)
            return status;
        term->forms = list->items[i].forms;
        term->form_count = list->items[i].form_count;
        any->children[i] = term;
    }
    osl_plan_settle(any);
    *out = any;
    return OSL_OK;
}

static osl_status expand(osl_plan *plan, const pattern_or_word *wanted,
                         osl_text prefix, osl_plan_source **out, osl_error *err)
{
    found list = {.plan = plan, .wanted = wanted, .most = most_members(plan)};
    uint32_t segments = osl_index_get_info(plan->index)->segment_count;
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < segments && status == OSL_OK; i++) {
        status = look_at_prefix(&list, i, prefix, err);
        if (i + 1 < segments && list.count > list.sorted)
            qsort(list.items, list.count, sizeof *list.items, by_term);
        list.sorted = list.count;
    }
    osl_arena_clear(&list.forms);
    return status == OSL_OK ? finish(&list, out, err) : status;
}

/* Where to begin in the dictionary: what stands before the first wildcard,
 * less what a stemmer may have changed. */
static osl_text safe_prefix(osl_text pattern)
{
    size_t length = 0;
    while (length < pattern.length && pattern.bytes[length] != '*' &&
           pattern.bytes[length] != '?')
        length++;
    size_t kept =
        length > STEM_TAIL + 2 ? length - STEM_TAIL : (length < 2 ? length : 2);
    while (kept > 0 && ((unsigned char)pattern.bytes[kept] & 0xC0) == 0x80)
        kept--;
    return (osl_text){pattern.bytes, kept};
}

/* Have the dictionaries been gone through too often for one query? */
static bool has_walked(const osl_plan *plan)
{
    const osl_index_info *info = osl_index_get_info(plan->index);
    uint64_t most = 0;
    for (uint32_t i = 0; i < info->segment_count; i++)
        most += osl_segment_get_info(osl_index_segment(plan->index, i))
                    ->fields[OSL_FIELD_TEXT]
                    .term_count;
    most *= OSL_QUERY_WALKS;
    return plan->walked >=
           (most > OSL_QUERY_WALKED_MAX ? most : OSL_QUERY_WALKED_MAX);
}

osl_status osl_expand_pattern(osl_plan *plan, osl_text pattern,
                              osl_plan_source **out, osl_error *err)
{
    pattern_or_word wanted = {.pattern = pattern};
    if (has_walked(plan)) {
        osl_plan_note(plan, "the wildcards go through very many words; the "
                            "last ones were left out");
        *out = NULL;
        return OSL_OK;
    }
    return expand(plan, &wanted, safe_prefix(pattern), out, err);
}

/* What was typed is among what is found where it occurs (distance 0). */
osl_status osl_expand_fuzzy(osl_plan *plan, osl_text folded, unsigned distance,
                            osl_plan_source **out, osl_error *err)
{
    pattern_or_word wanted = {.word = folded, .most = distance};
    if (has_walked(plan)) {
        osl_form form;
        osl_plan_note(plan, "very many words are matched loosely; the last "
                            "ones were looked for as they stand");
        osl_status status = osl_resolve(plan->resolver, folded, 0, &form, err);
        return status == OSL_OK ? osl_plan_term(plan, form.term, out, err)
                                : status;
    }
    return expand(plan, &wanted, (osl_text){"", 0}, out, err);
}

/* ---- the nearest spelling ---------------------------------------------- */

/* A form of a term in one segment. */
typedef struct near_form {
    osl_text term, text;
    uint64_t df;
} near_form;

typedef struct nearest {
    const osl_index *index;
    osl_text word;
    osl_arena *arena;
    unsigned distance; /* the least so far, or the most allowed */
    near_form *forms;  /* at this distance; owns */
    size_t count, capacity;
} nearest;

static osl_status consider_form(nearest *search, osl_text term,
                                const osl_term_form *form, osl_error *err)
{
    unsigned d = osl_edit_distance(search->word, form->text, search->distance);
    near_form entry = {.df = form->df};
    if (d > search->distance || !form->df)
        return OSL_OK;
    if (d < search->distance)
        search->count = 0;
    search->distance = d;
    if (!osl_arena_text(search->arena, term, &entry.term) ||
        !osl_arena_text(search->arena, form->text, &entry.text) ||
        !osl_grow(&search->forms, &search->capacity, search->count + 1,
                  sizeof *search->forms))
        return no_memory(err);
    search->forms[search->count++] = entry;
    return OSL_OK;
}

static osl_status consider(nearest *search, uint32_t segment,
                           const osl_term_cursor *at, osl_error *err)
{
    osl_arena arena = {0};
    osl_form_list forms = {0};
    osl_term_info live = at->info;
    osl_status status =
        osl_index_live_term(search->index, segment, OSL_FIELD_TEXT, &live, err);
    osl_term_form stem = {at->term, live.df};
    if (status == OSL_OK)
        status = osl_index_live_forms(search->index, segment, at, &arena,
                                      &forms, err);
    if (status == OSL_ENOTFOUND) {
        status = OSL_OK;
        forms = (osl_form_list){&stem, 1};
    }
    for (size_t i = 0; i < forms.count && status == OSL_OK; i++)
        status = consider_form(search, at->term, &forms.forms[i], err);
    osl_arena_clear(&arena);
    return status;
}

static osl_status search_segment(nearest *search, uint32_t number,
                                 osl_error *err)
{
    osl_term_cursor at;
    osl_status status =
        osl_term_seek(&at, osl_index_segment(search->index, number),
                      OSL_FIELD_TEXT, (osl_text){"", 0}, err);
    while (status == OSL_OK && (status = osl_term_next(&at, err)) == OSL_OK) {
        if (has_digit_or_capital(at.term) || is_extra(at.term))
            continue;
        if (osl_edit_distance(search->word, at.term,
                              NEAREST_MOST + STEM_TAIL) <=
            NEAREST_MOST + STEM_TAIL)
            status = consider(search, number, &at, err);
    }
    return status == OSL_END ? OSL_OK : status;
}

static int by_form(const void *a, const void *b)
{
    const near_form *x = a, *y = b;
    int order = osl_text_compare(x->text, y->text);
    return order ? order : osl_text_compare(x->term, y->term);
}

/* Segments' counts of a form add up; the most frequent is taken, of equals
 * the first by bytes. */
static osl_text choose_nearest(nearest *search)
{
    osl_text best = {"", 0};
    uint64_t most = 0;
    if (search->count)
        qsort(search->forms, search->count, sizeof *search->forms, by_form);
    for (size_t i = 0; i < search->count;) {
        const near_form *first = &search->forms[i];
        uint64_t df = 0;
        for (; i < search->count && by_form(&search->forms[i], first) == 0; i++)
            df += search->forms[i].df;
        if (df > most) {
            most = df;
            best = first->text;
        }
    }
    return best;
}

osl_status osl_nearest_spelling(const osl_index *index, osl_text folded,
                                osl_arena *arena, osl_text *out, osl_error *err)
{
    nearest search = {.index = index,
                      .word = folded,
                      .arena = arena,
                      .distance = folded.length < 4 ? 1 : NEAREST_MOST};
    *out = (osl_text){"", 0};
    if (has_digit_or_capital(folded) || folded.length < 3)
        return OSL_OK;
    uint32_t segments = osl_index_get_info(index)->segment_count;
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < segments && status == OSL_OK; i++)
        status = search_segment(&search, i, err);
    if (status == OSL_OK)
        *out = choose_nearest(&search);
    free(search.forms);
    return status;
}
