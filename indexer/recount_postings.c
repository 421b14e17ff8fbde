/* SPDX-License-Identifier: MIT
 *
 * Every term's postings against the dying: a list is decoded and gone through,
 * of a frequent term only ranges are looked at in which some die. What else a
 * term has (its forms, positions) is asked for where one of its postings
 * dies. */
#include "indexer/recount.h"

#include "core/segment/alias.h"
#include "core/segment/postings.h"

#include <stdlib.h>
#include <string.h>

/* Scratch over the terms, and the one at hand. */
typedef struct scan {
    osl_recount *recount;
    osl_arena arena;
    const osl_term_info *term;
    const osl_postings *postings;
    bool is_open;     /* a posting of the term has died: … */
    bool has_forms;   /* whether occurrences say which form they are */
    uint32_t number;  /* of the term in its tally */
    uint32_t *values; /* owns */
    size_t values_capacity;
    uint64_t *ranges;  /* by chunk: those in which some die; owns */
    uint32_t *lengths; /* of dying paragraphs: last position seen, + 1 */
} scan;

/* The forms of one posting, each once. */
static osl_status count_forms(scan *s, uint32_t ordinal, uint32_t tf,
                              osl_error *err)
{
    osl_status status =
        osl_postings_forms(s->postings, ordinal, s->values, err);
    for (uint32_t i = 0; i < tf && status == OSL_OK; i++) {
        uint64_t key = (uint64_t)s->term->ordinal << 32 | s->values[i];
        uint32_t number;
        osl_tally *forms = &s->recount->tallies[OSL_DIED_FORMS];
        if (!osl_tally_find(forms, key, 0, &number))
            return osl_recount_no_memory(err);
        osl_tally_add(forms, number, ordinal, 1);
    }
    return status;
}

/* What a posting of text has that dies. */
static osl_status count_text(scan *s, uint32_t ordinal, uint32_t tf,
                             osl_error *err)
{
    if (!osl_grow(&s->values, &s->values_capacity, tf, sizeof *s->values))
        return osl_recount_no_memory(err);
    osl_status status =
        osl_postings_positions(s->postings, ordinal, s->values, err);
    if (status != OSL_OK)
        return status;
    if (s->values[tf - 1] >= s->lengths[ordinal])
        s->lengths[ordinal] = s->values[tf - 1] + 1;
    return s->has_forms ? count_forms(s, ordinal, tf, err) : OSL_OK;
}

/* The first posting of the term that dies. */
static osl_status open_term(scan *s, osl_error *err)
{
    const osl_segment *segment = s->recount->segment;
    const osl_term_form *forms;
    size_t count = 0;
    s->is_open = true;
    if (!osl_tally_find(&s->recount->tallies[OSL_FIELD_TEXT], s->term->ordinal,
                        s->term->df, &s->number))
        return osl_recount_no_memory(err);
    if (!osl_segment_get_info(segment)->has_forms)
        return OSL_OK;
    osl_status status =
        osl_term_forms(segment, s->term, &s->arena, &forms, &count, err);
    s->has_forms = count > 1;
    return status;
}

static osl_status count_posting(scan *s, uint32_t ordinal, uint32_t tf,
                                osl_error *err)
{
    osl_status status = s->is_open ? OSL_OK : open_term(s, err);
    if (status != OSL_OK)
        return status;
    osl_tally_add(&s->recount->tallies[OSL_FIELD_TEXT], s->number, ordinal, tf);
    return count_text(s, ordinal, tf, err);
}

static osl_status count_list(scan *s, osl_error *err)
{
    const osl_postings *list = s->postings;
    const uint64_t *dying = s->recount->dying[OSL_FIELD_TEXT];
    osl_status status = OSL_OK;
    for (uint32_t i = 0; i < list->df && status == OSL_OK; i++)
        if (osl_bit(dying, list->ordinals[i]))
            status = count_posting(s, list->ordinals[i],
                                   list->starts[i + 1] - list->starts[i], err);
    return status;
}

/* The postings that die in one range of a frequent term. */
static osl_status count_range(scan *s, uint32_t range, uint64_t which,
                              osl_error *err)
{
    uint32_t tfs[64];
    osl_status status = OSL_OK;
    osl_postings_tfs(s->postings, range, which, tfs);
    for (uint32_t i = 0; which && status == OSL_OK; which &= which - 1, i++)
        status = count_posting(s, range * 64 + (uint32_t)__builtin_ctzll(which),
                               tfs[i], err);
    return status;
}

static osl_status count_chunk(scan *s, uint32_t chunk, osl_error *err)
{
    const uint64_t *dying = s->recount->dying[OSL_FIELD_TEXT];
    uint64_t words[64] = {0};
    uint64_t ranges =
        osl_postings_ranges(s->postings, chunk) & s->ranges[chunk];
    osl_status status = OSL_OK;
    if (ranges)
        osl_postings_words(s->postings, chunk, words);
    for (; ranges && status == OSL_OK; ranges &= ranges - 1) {
        unsigned at = (unsigned)__builtin_ctzll(ranges);
        uint32_t range = chunk * 64 + at;
        uint64_t which = words[at] & dying[range];
        if (which)
            status = count_range(s, range, which, err);
    }
    return status;
}

static osl_status count_term(scan *s, const osl_term_info *term, osl_error *err)
{
    osl_arena_reset(&s->arena);
    s->term = term;
    s->is_open = s->has_forms = false;
    osl_status status =
        osl_postings_open_once(&s->postings, s->recount->segment,
                               OSL_FIELD_TEXT, term, &s->arena, err);
    if (status != OSL_OK)
        return status;
    if (s->postings->ordinals)
        return count_list(s, err);
    for (uint32_t c = 0; c < s->postings->chunk_count && status == OSL_OK; c++)
        status = count_chunk(s, c, err);
    return status;
}

static osl_status count_terms(scan *s, osl_error *err)
{
    const osl_segment *segment = s->recount->segment;
    osl_term_cursor at;
    osl_status status = OSL_END;
    if (osl_segment_get_info(segment)->fields[OSL_FIELD_TEXT].term_count)
        status =
            osl_term_seek(&at, segment, OSL_FIELD_TEXT, osl_text_of(""), err);
    while (status == OSL_OK && (status = osl_term_next(&at, err)) == OSL_OK)
        status = count_term(s, &at.info, err);
    return status == OSL_END ? OSL_OK : status;
}

/* What the segment lists of the dying: lengths were found with the postings,
 * uses of compounds have a list of their own. */
static osl_status count_paragraphs(scan *s, osl_error *err)
{
    osl_recount *recount = s->recount;
    osl_tally *aliases = &recount->tallies[OSL_DIED_ALIASES];
    uint32_t count = osl_segment_get_info(recount->segment)->paragraph_count;
    osl_status status = OSL_OK;
    for (uint32_t p = 0; p < count && status == OSL_OK; p++) {
        const uint32_t *entries;
        size_t uses = 0;
        if (!osl_bit(recount->dying[OSL_FIELD_TEXT], p))
            continue;
        recount->lengths[OSL_FIELD_TEXT] += s->lengths[p];
        osl_arena_reset(&s->arena);
        status = osl_alias_uses_of(recount->segment, p, &s->arena, &entries,
                                   &uses, err);
        for (size_t i = 0; i < uses && status == OSL_OK; i++) {
            uint32_t number;
            if (!osl_tally_find(aliases, entries[i], 0, &number))
                return osl_recount_no_memory(err);
            osl_tally_count(aliases, number)->count++;
        }
    }
    return status;
}

osl_status osl_recount_postings(osl_recount *recount, osl_error *err)
{
    scan s = {.recount = recount};
    uint32_t count = osl_segment_get_info(recount->segment)->paragraph_count;
    s.lengths = calloc((size_t)count + 1, sizeof *s.lengths);
    s.ranges = calloc((size_t)count / 4096 + 1, sizeof *s.ranges);
    osl_status status =
        s.lengths && s.ranges ? OSL_OK : osl_recount_no_memory(err);
    for (uint32_t r = 0; status == OSL_OK && r <= count / 64; r++)
        if (recount->dying[OSL_FIELD_TEXT][r])
            s.ranges[r / 64] |= UINT64_C(1) << (r % 64);
    if (status == OSL_OK)
        status = count_terms(&s, err);
    if (status == OSL_OK)
        status = count_paragraphs(&s, err);
    osl_arena_clear(&s.arena);
    free(s.values);
    free(s.ranges);
    free(s.lengths);
    return status;
}
