/* SPDX-License-Identifier: MIT
 *
 * Calls every verb of the dictionary and of postings on everything that a
 * segment holds, be it spoilt: an answer or an error, within its bounds.
 * Returns a hash of all answers. */
#ifndef OSL_TESTS_SEGMENT_WALK_H
#define OSL_TESTS_SEGMENT_WALK_H

#include <stdio.h>
#include <stdlib.h>

#include "core/segment/segment.h"

typedef struct walk {
    const osl_segment *segment;
    osl_field field;
    osl_arena arena;
    osl_error err;
    uint64_t hash;
    unsigned failures;
    size_t values_left; /* what may still be allocated for positions */
} walk;

/* Says which of the aborts it was: a compiler may make one of them. */
static inline void walk_must(bool held, const char *what)
{
    if (held)
        return;
    (void)fprintf(stderr, "walk: %s\n", what);
    abort();
}

static inline void walk_mix(walk *at, uint64_t value)
{
    at->hash = (at->hash ^ value) * 0x9E3779B97F4A7C15u;
    at->hash ^= at->hash >> 29;
}

static inline void walk_occurrences(walk *at, const osl_postings *postings,
                                    uint32_t ordinal, uint32_t tf)
{
    /* tf may be a lie as large as 2^32; a caller has it from the postings and
     * would run out of memory, here we look away. */
    if (tf > at->values_left)
        return;
    at->values_left -= tf;
    uint32_t *values = malloc((size_t)tf * 4 + 1);
    for (int forms = 0; values && forms < 2; forms++) {
        osl_status status =
            forms ? osl_postings_forms(postings, ordinal, values, &at->err)
                  : osl_postings_positions(postings, ordinal, values, &at->err);
        at->failures += status != OSL_OK && at->field != OSL_FIELD_PAIR;
        for (uint32_t i = 0; status == OSL_OK && i < tf; i++)
            walk_mix(at, values[i]);
    }
    free(values);
}

static inline void walk_ranges(walk *at, const osl_postings *postings,
                               uint32_t ordinal_count)
{
    for (uint32_t range = 0; range < (ordinal_count + 63) / 64; range++) {
        uint64_t word = osl_postings_word(postings, range);
        uint32_t tfs[64];
        walk_mix(at, word);
        walk_mix(at, osl_postings_ranges(postings, range / 64));
        walk_mix(at, osl_postings_bound(postings, range));
        walk_mix(at, osl_postings_chunk_bound(postings, range / 64));
        osl_postings_tfs(postings, range, word, tfs);
        for (unsigned i = 0; word; word &= word - 1, i++) {
            uint32_t ordinal = range * 64 + (uint32_t)__builtin_ctzll(word);
            /* Others index by it. */
            walk_must(ordinal < ordinal_count, "an ordinal of a range");
            walk_mix(at, tfs[i]);
            walk_occurrences(at, postings, ordinal, tfs[i]);
        }
    }
}

static inline void walk_decode(walk *at, const osl_postings *postings,
                               uint32_t ordinal_count)
{
    uint32_t df = osl_postings_df(postings);
    uint32_t *ordinals = malloc((size_t)df * 4), *tfs = malloc((size_t)df * 4);
    if (ordinals && tfs &&
        osl_postings_decode(postings, ordinals, tfs, &at->err) == OSL_OK)
        for (uint32_t i = 0; i < df; i++) {
            walk_must(ordinals[i] < ordinal_count &&
                          (i == 0 || ordinals[i] > ordinals[i - 1]),
                      "ordinals decoded");
            walk_mix(at, tfs[i]);
        }
    free(ordinals);
    free(tfs);
}

static inline void walk_term(walk *at, const osl_term_info *info)
{
    const osl_postings *postings;
    const osl_term_form *forms;
    size_t count;
    osl_arena_reset(&at->arena);
    uint32_t ordinal_count =
        osl_segment_get_info(at->segment)->fields[at->field].ordinal_count;
    if (osl_postings_open(&postings, at->segment, at->field, info, &at->arena,
                          &at->err) == OSL_OK) {
        walk_ranges(at, postings, ordinal_count);
        walk_decode(at, postings, ordinal_count);
    } else {
        at->failures++;
    }
    if (at->field != OSL_FIELD_TEXT ||
        !osl_segment_get_info(at->segment)->has_forms)
        return;
    if (osl_term_forms(at->segment, info, &at->arena, &forms, &count,
                       &at->err) == OSL_OK)
        for (size_t f = 0; f < count; f++)
            walk_mix(at, forms[f].df + forms[f].text.length);
    else
        at->failures++;
}

static inline void walk_field(walk *at)
{
    osl_term_cursor cursor;
    if (osl_term_seek(&cursor, at->segment, at->field, osl_text_of(""),
                      &at->err) != OSL_OK) {
        at->failures++;
        return;
    }
    for (;;) {
        osl_status status = osl_term_next(&cursor, &at->err);
        if (status != OSL_OK) {
            at->failures += status != OSL_END;
            return;
        }
        bool found;
        osl_term_info info;
        status = osl_term_find(at->segment, at->field, cursor.term, &found,
                               &info, &at->err);
        at->failures += status != OSL_OK || !found;
        status = osl_term_count(at->segment, at->field, cursor.term, &info,
                                &at->err);
        at->failures += status != OSL_OK || info.df == 0;
        walk_mix(at, cursor.info.cf);
        walk_term(at, &cursor.info);
    }
}

/* *failures: how many calls failed. */
static inline uint64_t walk_segment(const osl_segment *segment,
                                    unsigned *failures)
{
    walk at = {.segment = segment, .values_left = 1 << 20};
    for (unsigned f = 0; f < OSL_FIELD_COUNT; f++) {
        at.field = (osl_field)f;
        walk_field(&at);
    }
    osl_arena_clear(&at.arena);
    *failures = at.failures;
    return at.hash;
}

#endif
