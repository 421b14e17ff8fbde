/* SPDX-License-Identifier: MIT */
#include "indexer/recount.h"

#include "core/segment/alias.h"

#include <stdlib.h>
#include <string.h>

/* Scratch over a field's terms. */
typedef struct scan {
    osl_recount *recount;
    osl_field field;
    osl_arena arena;
    uint32_t *ordinals, *tfs, *values; /* own */
    size_t ordinals_capacity, tfs_capacity, values_capacity;
    uint32_t *lengths; /* of dying paragraphs: last position seen, + 1 */
} scan;

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "out of memory while counting the dead");
}

/* The forms of one posting, each once. */
static osl_status count_forms(scan *s, const osl_postings *postings,
                              const osl_term_info *term, uint32_t ordinal,
                              uint32_t tf, osl_error *err)
{
    osl_status status = osl_postings_forms(postings, ordinal, s->values, err);
    for (uint32_t i = 0; i < tf && status == OSL_OK; i++) {
        uint64_t key = (uint64_t)term->ordinal << 32 | s->values[i];
        uint32_t number;
        osl_tally *forms = &s->recount->tallies[OSL_DIED_FORMS];
        if (!osl_tally_find(forms, key, 0, &number))
            return no_memory(err);
        osl_tally_add(forms, number, ordinal, 1);
    }
    return status;
}

/* One posting of text that dies. */
static osl_status count_text(scan *s, const osl_postings *postings,
                             const osl_term_info *term, uint32_t at,
                             bool has_forms, osl_error *err)
{
    uint32_t tf = s->tfs[at], ordinal = s->ordinals[at];
    if (!osl_grow(&s->values, &s->values_capacity, tf, sizeof *s->values))
        return no_memory(err);
    osl_status status =
        osl_postings_positions(postings, ordinal, s->values, err);
    if (status != OSL_OK)
        return status;
    if (s->values[tf - 1] >= s->lengths[ordinal])
        s->lengths[ordinal] = s->values[tf - 1] + 1;
    return has_forms ? count_forms(s, postings, term, ordinal, tf, err)
                     : OSL_OK;
}

/* Whether occurrences of the term say which form they are. */
static osl_status look_at_forms(scan *s, const osl_term_info *term, bool *out,
                                osl_error *err)
{
    const osl_segment *segment = s->recount->segment;
    const osl_term_form *forms;
    size_t count = 0;
    *out = false;
    if (s->field != OSL_FIELD_TEXT || !osl_segment_get_info(segment)->has_forms)
        return OSL_OK;
    osl_status status =
        osl_term_forms(segment, term, &s->arena, &forms, &count, err);
    *out = count > 1;
    return status;
}

static osl_status count_postings(scan *s, const osl_postings *postings,
                                 const osl_term_info *term, osl_error *err)
{
    osl_tally *terms = &s->recount->tallies[s->field];
    const uint64_t *dying = s->recount->dying[OSL_FIELD_TEXT];
    bool has_forms;
    osl_status status = look_at_forms(s, term, &has_forms, err);
    for (uint32_t i = 0; i < term->df && status == OSL_OK; i++) {
        uint32_t number;
        if (!osl_bit(dying, s->ordinals[i]))
            continue;
        if (!osl_tally_find(terms, term->ordinal, term->df, &number))
            return no_memory(err);
        osl_tally_add(terms, number, s->ordinals[i], s->tfs[i]);
        if (s->field == OSL_FIELD_TEXT)
            status = count_text(s, postings, term, i, has_forms, err);
    }
    return status;
}

static osl_status count_term(scan *s, const osl_term_info *term, osl_error *err)
{
    const osl_postings *postings;
    osl_arena_reset(&s->arena);
    if (!osl_grow(&s->ordinals, &s->ordinals_capacity, term->df,
                  sizeof *s->ordinals) ||
        !osl_grow(&s->tfs, &s->tfs_capacity, term->df, sizeof *s->tfs))
        return no_memory(err);
    osl_status status = osl_postings_open(&postings, s->recount->segment,
                                          s->field, term, &s->arena, err);
    if (status == OSL_OK)
        status = osl_postings_decode(postings, s->ordinals, s->tfs, err);
    if (status == OSL_OK)
        status = count_postings(s, postings, term, err);
    return status;
}

static osl_status count_field(scan *s, osl_field field, osl_error *err)
{
    osl_term_cursor at;
    s->field = field;
    osl_status status = OSL_END;
    if (osl_segment_get_info(s->recount->segment)->fields[field].term_count)
        status = osl_term_seek(&at, s->recount->segment, field, osl_text_of(""),
                               err);
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
                return no_memory(err);
            aliases->at[number].died.count++;
        }
    }
    return status;
}

osl_status osl_recount_postings(osl_recount *recount, osl_error *err)
{
    scan s = {.recount = recount};
    uint32_t count = osl_segment_get_info(recount->segment)->paragraph_count;
    s.lengths = calloc((size_t)count + 1, sizeof *s.lengths);
    osl_status status = s.lengths ? OSL_OK : no_memory(err);
    if (status == OSL_OK)
        status = count_field(&s, OSL_FIELD_TEXT, err);
    if (status == OSL_OK)
        status = count_field(&s, OSL_FIELD_PAIR, err);
    if (status == OSL_OK)
        status = count_paragraphs(&s, err);
    osl_arena_clear(&s.arena);
    free(s.ordinals);
    free(s.tfs);
    free(s.values);
    free(s.lengths);
    return status;
}
