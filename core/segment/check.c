/* SPDX-License-Identifier: MIT
 *
 * The whole of a segment, read once: every checksum, then every term's
 * postings, positions and forms against what the dictionary, the lengths and
 * the info section say of them. */
#include "core/segment/check.h"

#include "core/segment/best.h"
#include "core/segment/definitions.h"
#include "core/segment/dictionary.h"
#include "core/segment/ids.h"
#include "core/segment/joint.h"
#include "core/segment/postings.h"
#include "core/segment/score.h"
#include "core/segment/segment_internal.h"
#include "core/segment/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* ---- blocks ------------------------------------------------------------- */

static osl_block_use use_of(uint32_t kind)
{
    switch (kind) {
    case OSL_SECTION_POSTINGS + OSL_FIELD_TEXT:
    case OSL_SECTION_POSTINGS + OSL_FIELD_TITLE:
    case OSL_SECTION_POSTINGS + OSL_FIELD_HEADING:
    case OSL_SECTION_POSTINGS + OSL_FIELD_PAIR:
    case OSL_SECTION_FORMS + OSL_FIELD_TEXT:
    case OSL_SECTION_ALIASES:
        return OSL_BLOCK_POSTINGS;
    case OSL_SECTION_STRINGS:
    case OSL_SECTION_SECTIONS:
    case OSL_SECTION_VOCABULARY:
    case OSL_SECTION_CODES:
    case OSL_SECTION_TEXTS:
    case OSL_SECTION_WORD_TERMS: /* which updates ask alone */
        return OSL_BLOCK_SHOW;
    default:
        return OSL_BLOCK_SEARCH;
    }
}

/* The names of all sections with bytes in the block, in order of kind. */
static void describe_block(const osl_segment *segment, osl_bad_block *bad,
                           char *names, size_t size)
{
    uint64_t end = bad->offset + bad->length;
    size_t length = 0;
    names[0] = '\0';
    bad->use = OSL_BLOCK_SPARE;
    bad->sections = names;
    for (uint32_t kind = 0; kind < OSL_SECTION_KIND_END; kind++) {
        const osl_section *section = &segment->sections[kind];
        if (!section->bytes || section->length == 0 || section->offset >= end ||
            section->offset + section->length <= bad->offset)
            continue;
        osl_block_use use = use_of(kind);
        if (use < bad->use)
            bad->use = use;
        int more = snprintf(names + length, size - length, "%s%s",
                            length ? ", " : "", osl_section_name(kind));
        if (more > 0 && (size_t)more < size - length)
            length += (size_t)more;
    }
    names[length] = '\0';
}

/* Blocks next to each other that mean the same, told as one. */
typedef struct bad_run {
    const osl_segment *segment;
    void (*told)(void *user, const osl_bad_block *bad);
    void *user;
    uint64_t count;
    osl_bad_block bad; /* not told yet; length 0: none */
    char names[512];
} bad_run;

static void tell_run(bad_run *run)
{
    if (run->bad.length == 0)
        return;
    run->bad.sections = run->names;
    run->told(run->user, &run->bad);
    run->count++;
    run->bad.length = 0;
}

static void add_bad(bad_run *run, uint64_t offset, uint64_t length)
{
    char names[sizeof run->names];
    osl_bad_block bad = {.block = offset / OSL_CHECKSUM_BLOCK,
                         .offset = offset,
                         .length = length};
    describe_block(run->segment, &bad, names, sizeof names);
    if (run->bad.length > 0 && run->bad.offset + run->bad.length == offset &&
        run->bad.use == bad.use && strcmp(run->names, names) == 0) {
        run->bad.length += length;
        return;
    }
    tell_run(run);
    run->bad = bad;
    memcpy(run->names, names, sizeof names);
}

osl_status osl_segment_check_blocks(const osl_segment *segment,
                                    void (*told)(void *user,
                                                 const osl_bad_block *bad),
                                    void *user, uint64_t *count, osl_error *err)
{
    bad_run run = {.segment = segment, .told = told, .user = user};
    uint64_t end = segment->sections[OSL_SECTION_CHECKSUMS].offset;
    osl_section whole = {
        .bytes = segment->bytes, .length = (size_t)end, .version = 1};
    osl_status status = OSL_OK;
    for (uint64_t at = 0; at < end && status == OSL_OK;
         at += OSL_CHECKSUM_BLOCK) {
        uint64_t length =
            end - at < OSL_CHECKSUM_BLOCK ? end - at : OSL_CHECKSUM_BLOCK;
        status = osl_segment_touch(segment, &whole, at, length, err);
        if (status == OSL_ECORRUPT) {
            add_bad(&run, at, length);
            status = OSL_OK;
        }
    }
    tell_run(&run);
    *count = run.count;
    return status;
}

/* ---- the whole ---------------------------------------------------------- */

/* Scratch over a field's terms. */
typedef struct checker {
    osl_segment *segment;
    osl_field field;
    osl_arena arena;
    const uint8_t *codes;
    uint32_t *ordinals, *tfs, *values; /* own */
    size_t ordinals_capacity, tfs_capacity, values_capacity;
    uint64_t region_end, posting_count;
    osl_shortcuts shortcuts; /* made anew */
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
    osl_status status =
        osl_segment_touch(segment, &whole, 0, whole.length, err);
    const osl_section *sums = &segment->sections[OSL_SECTION_CHECKSUMS];
    const uint8_t *footer = segment->bytes + segment->length - 64;
    /* The table stands right behind the checksums: no byte without a hash. */
    if (status == OSL_OK && osl_get64(footer) != sums->offset + sums->length)
        status = osl_segment_spoilt(segment, sums, "bytes without a hash", err);
    if (status == OSL_OK &&
        XXH3_64bits(sums->bytes, sums->length) != osl_get64(footer + 32))
        status =
            osl_segment_spoilt(segment, sums, "a hash that is not theirs", err);
    return status;
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

/* The list of the best against one made anew. */
static osl_status check_best(const checker *at, const osl_postings *postings,
                             osl_error *err)
{
    osl_buf made = {0}, scratch = {0}, bounds = {0};
    if (!postings->best)
        return OSL_OK;
    const osl_bounds *of = &at->segment->fields[at->field].bounds;
    uint8_t *to = osl_buf_room(&bounds, postings->df);
    if (!to)
        return osl_fail(err, OSL_ENOMEM, "out of memory while checking");
    osl_chunk_bounds(to, of, at->codes, at->ordinals, at->tfs, postings->df);
    osl_best_input input = {.ordinals = at->ordinals,
                            .tfs = at->tfs,
                            .df = postings->df,
                            .ordinal_count = postings->ordinal_count,
                            .count = postings->best_count,
                            .bounds = of,
                            .codes = at->codes,
                            .posting_bounds = to,
                            .range_bounds = postings->bounds,
                            .range_count =
                                (size_t)(postings->counts - postings->bounds)};
    if (postings->ordinals) /* a list has no bounds */
        input.range_count = 0;
    osl_best_write(&made, &input, &scratch);
    osl_status status = osl_buf_status(&made, "a list of the best", err);
    if (status == OSL_OK &&
        memcmp(made.bytes, postings->best, made.length) != 0)
        status = spoilt(at, "a list of the best that is not of these", err);
    osl_buf_clear(&made);
    osl_buf_clear(&scratch);
    osl_buf_clear(&bounds);
    return status;
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
    bool is_frequent = osl_region_is_frequent(
        info->df, at->segment->info.fields[at->field].ordinal_count,
        at->field != OSL_FIELD_PAIR);
    osl_status status =
        (is_frequent ? osl_postings_open_once : osl_postings_open)(
            &postings, at->segment, at->field, info, &at->arena, err);
    if (status == OSL_OK)
        status = decode(at, postings, info, err);
    if (status == OSL_OK)
        status = check_bounds(at, postings, err);
    if (status == OSL_OK)
        status = check_best(at, postings, err);
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

/* A search has to come to where the walk is, by a shortcut or by the tree. */
static osl_status check_find(const checker *at, const osl_term_cursor *cursor,
                             osl_error *err)
{
    bool found;
    osl_term_info info;
    osl_status status =
        osl_term_find(at->segment, at->field, cursor->term, &found, &info, err);
    const osl_term_info *want = &cursor->info;
    if (status == OSL_OK &&
        (!found || info.ordinal != want->ordinal || info.df != want->df ||
         info.cf != want->cf || info.offset != want->offset ||
         info.bytes != want->bytes))
        status = osl_segment_spoilt(at->segment,
                                    &at->segment->fields[at->field].dictionary,
                                    "a term that is not found", err);
    return status;
}

static osl_status add_block(checker *at, const osl_term_cursor *cursor,
                            osl_error *err)
{
    uint32_t offset, number = cursor->next - 1;
    if (number % OSL_DICTIONARY_BLOCK != 0)
        return OSL_OK;
    osl_status status = osl_dictionary_block_offset(
        at->segment, at->field, number / OSL_DICTIONARY_BLOCK, &offset, err);
    if (status == OSL_OK)
        osl_shortcuts_add_block(
            &at->shortcuts, osl_head64(cursor->term.bytes, cursor->term.length),
            offset);
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
            status = check_find(at, &cursor, err);
        if (status == OSL_OK)
            status = add_block(at, &cursor, err);
        if (status == OSL_OK)
            osl_shortcuts_add(&at->shortcuts, cursor.term, cursor.info.ordinal,
                              &cursor.info);
        if (status == OSL_OK)
            status = check_term(at, &cursor.info, err);
        last = cursor;
        last.term.bytes = (const char *)last.state +
                          (cursor.term.bytes - (const char *)cursor.state);
    }
    return status == OSL_END ? OSL_OK : status;
}

/* The table against one made anew; an older file has none. */
static osl_status check_shortcuts(checker *at, osl_error *err)
{
    const osl_section *section = &at->segment->fields[at->field].shortcuts;
    osl_buf made = {0};
    if (!section->bytes)
        return OSL_OK;
    osl_status status =
        osl_segment_touch(at->segment, section, 0, section->length, err);
    if (status == OSL_OK)
        status = osl_shortcuts_finish(&at->shortcuts, &made, err);
    if (status == OSL_OK &&
        (made.length != section->length ||
         memcmp(made.bytes, section->bytes, made.length) != 0))
        status =
            osl_segment_spoilt(at->segment, section,
                               "shortcuts that are not its dictionary's", err);
    osl_buf_clear(&made);
    return status;
}

/* The words of the file that may have lists of their best together. */
static osl_status collect_joint(checker *at, osl_joint_input *input,
                                osl_error *err)
{
    osl_term_cursor cursor;
    size_t capacity = 0;
    osl_status status =
        osl_term_seek(&cursor, at->segment, at->field, osl_text_of(""), err);
    while (status == OSL_OK &&
           (status = osl_term_next(&cursor, err)) == OSL_OK) {
        const osl_postings *of;
        if (!osl_joint_may_have(input->rule, cursor.info.df,
                                input->ordinal_count) ||
            !osl_region_is_frequent(cursor.info.df, input->ordinal_count, true))
            continue;
        if (!osl_grow(&input->words, &capacity, (size_t)input->word_count + 1,
                      sizeof *input->words))
            return osl_fail(err, OSL_ENOMEM, "out of memory while checking");
        status = osl_postings_open_once(&of, at->segment, at->field,
                                        &cursor.info, &at->arena, err);
        if (status == OSL_OK)
            input->words[input->word_count++] =
                (osl_joint_word){*of, cursor.info.offset};
    }
    return status == OSL_END ? OSL_OK : status;
}

/* Lists of the best of two words against those made anew. */
static osl_status check_joint(checker *at, osl_error *err)
{
    const osl_section *section = &at->segment->sections[OSL_SECTION_JOINT];
    osl_buf made = {0};
    if (at->field != OSL_FIELD_TEXT || !section->bytes)
        return OSL_OK;
    osl_status status =
        osl_segment_touch(at->segment, section, 0, section->length, err);
    if (status == OSL_OK && section->length < OSL_JOINT_HEAD)
        status = osl_segment_spoilt(at->segment, section, "cut short", err);
    if (status != OSL_OK)
        return status;
    osl_joint_input input = {
        .rule = {osl_get32(section->bytes + 8), osl_get32(section->bytes + 12)},
        .ordinal_count = at->segment->info.fields[at->field].ordinal_count,
        .codes = at->codes,
        .k = at->segment->fields[at->field].bounds.k,
        .kernels = at->segment->kernels};
    status = collect_joint(at, &input, err);
    if (status == OSL_OK)
        status = osl_joint_make(&input, &made, err);
    if (status == OSL_OK &&
        (made.length != section->length ||
         memcmp(made.bytes, section->bytes, made.length) != 0))
        status = osl_segment_spoilt(at->segment, section,
                                    "lists that are not of its words", err);
    osl_buf_clear(&made);
    free(input.words);
    return status;
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
    if (status == OSL_OK)
        status = check_shortcuts(at, err);
    if (status == OSL_OK)
        status = check_joint(at, err);
    osl_shortcuts_clear(&at->shortcuts);
    osl_arena_clear(&at->arena);
    free(at->ordinals);
    free(at->tfs);
    free(at->values);
    return status;
}

/* Abbreviations in order, each with documents that rise. Who writes only
 * fields has none. */
static osl_status check_definitions(const osl_segment *segment, osl_error *err)
{
    osl_definition_cursor at;
    if (!segment->sections[OSL_SECTION_DEFINITIONS].bytes)
        return OSL_OK;
    osl_status status =
        osl_definitions_seek(&at, segment, osl_text_of(""), err);
    while (status == OSL_OK &&
           (status = osl_definitions_next(&at, err)) == OSL_OK) {
        uint32_t document = 0;
        for (uint32_t n = 0; n < at.count && status == OSL_OK; n++)
            status = osl_definitions_document(&at, n, &document, err);
    }
    return status == OSL_END ? OSL_OK : status;
}

/* Ids that are numbered, what follows from them, and that each says its
 * document. Who writes only fields has no documents. */
static osl_status check_ids(const osl_segment *segment, osl_error *err)
{
    osl_column order;
    osl_ranks ranks;
    uint32_t count = segment->info.document_count, found = 0;
    if (!segment->sections[OSL_SECTION_DOCUMENTS].bytes)
        return OSL_OK;
    osl_status status = osl_tables_column(segment, OSL_SECTION_DOCUMENTS,
                                          OSL_DOCUMENT_ORDER, &order, err);
    if (status == OSL_OK)
        status = osl_ids_check(segment, order.count > 0 || count == 0, err);
    if (status == OSL_OK)
        status = osl_segment_ranks(segment, &ranks, err);
    for (uint32_t i = 0; i < count && status == OSL_OK; i++) {
        osl_text id;
        status = osl_segment_document_id(segment, i, &id, err);
        if (status == OSL_OK)
            status = osl_segment_named(segment, id, false, 0, &found, err);
        if (status == OSL_END || (status == OSL_OK && found != i))
            status = osl_segment_spoilt(
                segment, &segment->sections[OSL_SECTION_DOCUMENTS],
                "an id that is not found", err);
    }
    return status;
}

osl_status osl_segment_check(osl_segment *segment, osl_error *err)
{
    osl_status status = check_checksums(segment, err);
    if (status == OSL_OK)
        status = check_ids(segment, err);
    for (unsigned f = 0; status == OSL_OK && f < OSL_FIELD_COUNT; f++) {
        checker at = {.segment = segment, .field = (osl_field)f};
        status = check_field(&at, err);
    }
    if (status == OSL_OK)
        status = check_definitions(segment, err);
    return status;
}
