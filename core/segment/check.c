/* SPDX-License-Identifier: MIT
 *
 * The whole of a segment, read once: every checksum, then every term's
 * postings, positions and forms against what the dictionary, the lengths and
 * the info section say of them. */
#include "core/segment/segment_internal.h"

#include "core/segment/score.h"

#include <stdlib.h>

/* Scratch over a field's terms. */
typedef struct checker {
    osl_segment *segment;
    osl_field field;
    osl_arena arena;
    const uint8_t *codes;
    uint32_t *ordinals, *tfs, *values; /* own */
    size_t ordinals_capacity, tfs_capacity, values_capacity;
    uint64_t region_end, posting_count;
} checker;

static osl_status spoilt(const checker *at, const char *what, osl_error *err)
{
    return osl_segment_spoilt(
        at->segment, &at->segment->fields[at->field].postings, what, err);
}

static osl_status check_checksums(const osl_segment *segment, osl_error *err)
{
    /* As if all were one section: alignment and unknown sections as well. */
    osl_section whole = {
        .bytes = segment->bytes,
        .length = (size_t)segment->sections[OSL_SECTION_CHECKSUMS].offset,
        .version = 1};
    return osl_segment_touch(segment, &whole, 0, whole.length, err);
}

static osl_status check_lengths(checker *at, osl_error *err)
{
    osl_status status =
        osl_segment_length_codes(at->segment, at->field, &at->codes, err);
    if (status != OSL_OK)
        return status;
    uint64_t seen[4] = {0};
    uint32_t count = at->segment->info.fields[at->field].ordinal_count;
    for (uint32_t i = 0; i < count; i++)
        seen[at->codes[i] / 64] |= (uint64_t)1 << (at->codes[i] % 64);
    for (unsigned i = 0; i < 4; i++)
        if (seen[i] != at->segment->fields[at->field].codes[i])
            return spoilt(at, "lengths that its info does not name", err);
    return OSL_OK;
}

/* Bounds of ranges against the postings in them. */
static osl_status check_bounds(const checker *at, const osl_postings *postings,
                               osl_error *err)
{
    const osl_bounds *bounds = &at->segment->fields[at->field].bounds;
    uint32_t df = osl_postings_df(postings);
    for (uint32_t i = 0; i < df; i++) {
        uint32_t ordinal = at->ordinals[i];
        unsigned least = osl_bound_of(bounds, at->tfs[i], at->codes[ordinal]);
        if (osl_postings_bound(postings, ordinal / OSL_RANGE_SIZE) < least ||
            osl_postings_chunk_bound(postings, ordinal / OSL_CHUNK_SIZE) <
                least)
            return spoilt(at, "a bound that is too low", err);
    }
    return OSL_OK;
}

static osl_status check_occurrences(checker *at, const osl_postings *postings,
                                    size_t form_count, osl_error *err)
{
    uint32_t df = osl_postings_df(postings);
    for (uint32_t i = 0; i < df; i++) {
        if (!osl_grow(&at->values, &at->values_capacity, at->tfs[i],
                      sizeof *at->values))
            return osl_fail(err, OSL_ENOMEM, "out of memory while checking");
        osl_status status =
            osl_postings_positions(postings, at->ordinals[i], at->values, err);
        if (status == OSL_OK && form_count)
            status =
                osl_postings_forms(postings, at->ordinals[i], at->values, err);
        if (status != OSL_OK)
            return status;
        for (uint32_t n = 0; form_count && n < at->tfs[i]; n++)
            if (at->values[n] >= form_count)
                return spoilt(at, "a surface form that is not listed", err);
    }
    return OSL_OK;
}

static osl_status decode(checker *at, const osl_postings *postings,
                         const osl_term_info *info, osl_error *err)
{
    if (!osl_grow(&at->ordinals, &at->ordinals_capacity, info->df,
                  sizeof *at->ordinals) ||
        !osl_grow(&at->tfs, &at->tfs_capacity, info->df, sizeof *at->tfs))
        return osl_fail(err, OSL_ENOMEM, "out of memory while checking");
    osl_status status =
        osl_postings_decode(postings, at->ordinals, at->tfs, err);
    if (status != OSL_OK)
        return status;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < info->df; i++)
        sum += at->tfs[i];
    if (sum != info->cf)
        return spoilt(at, "frequencies that do not add up", err);
    return OSL_OK;
}

static osl_status check_term(checker *at, const osl_term_info *info,
                             osl_error *err)
{
    const osl_postings *postings = NULL;
    osl_arena_reset(&at->arena);
    at->region_end = info->offset + info->bytes;
    at->posting_count += info->df;
    osl_status status = osl_postings_open(&postings, at->segment, at->field,
                                          info, &at->arena, err);
    if (status == OSL_OK)
        status = decode(at, postings, info, err);
    if (status == OSL_OK)
        status = check_bounds(at, postings, err);
    if (status != OSL_OK || at->field == OSL_FIELD_PAIR)
        return status;
    const osl_term_form *forms;
    size_t form_count = 0;
    if (at->field == OSL_FIELD_TEXT && at->segment->info.has_forms)
        status = osl_term_forms(at->segment, info, &at->arena, &forms,
                                &form_count, err);
    if (status == OSL_OK)
        status = check_occurrences(at, postings, form_count, err);
    return status;
}

static osl_status check_terms(checker *at, osl_error *err)
{
    osl_term_cursor cursor, last = {0};
    osl_status status =
        osl_term_seek(&cursor, at->segment, at->field, osl_text_of(""), err);
    while (status == OSL_OK) {
        status = osl_term_next(&cursor, err);
        if (status == OSL_END)
            break;
        if (status == OSL_OK && cursor.next > 1 &&
            osl_text_compare(last.term, cursor.term) >= 0)
            status = spoilt(at, "terms out of order", err);
        if (status == OSL_OK)
            status = check_term(at, &cursor.info, err);
        last = cursor;
        last.term.bytes = (const char *)last.state +
                          (cursor.term.bytes - (const char *)cursor.state);
    }
    return status == OSL_END ? OSL_OK : status;
}

static osl_status check_field(checker *at, osl_error *err)
{
    const osl_field_info *info = &at->segment->info.fields[at->field];
    osl_status status = check_lengths(at, err);
    if (status == OSL_OK)
        status = check_terms(at, err);
    if (status == OSL_OK &&
        (at->posting_count != info->posting_count ||
         at->region_end != at->segment->fields[at->field].postings.length))
        status = spoilt(at, "postings that are not all of a term", err);
    osl_arena_clear(&at->arena);
    free(at->ordinals);
    free(at->tfs);
    free(at->values);
    return status;
}

osl_status osl_segment_check(osl_segment *segment, osl_error *err)
{
    osl_status status = check_checksums(segment, err);
    for (unsigned f = 0; status == OSL_OK && f < OSL_FIELD_COUNT; f++) {
        checker at = {.segment = segment, .field = (osl_field)f};
        status = check_field(&at, err);
    }
    if (status == OSL_OK && segment->check_others)
        status = segment->check_others(segment, err);
    return status;
}
