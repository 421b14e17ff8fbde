/* SPDX-License-Identifier: MIT */
#include "indexer/deletions.h"

#include "core/segment/tables.h"
#include "indexer/recount.h"
#include "indexer/sort.h"

#include <stdlib.h>
#include <string.h>

typedef struct death {
    const osl_segment *segment;
    osl_arena arena;
    osl_deletions_parts parts; /* what was dead, then what is */
    osl_recount recount;
} death;

static osl_status no_memory(osl_error *err)
{
    return osl_fail(err, OSL_ENOMEM, "out of memory while deleting documents");
}

/* ---- which -------------------------------------------------------------- */

static void mark(death *d, osl_field kind, uint32_t from, uint32_t count)
{
    for (uint64_t at = from; at < from + (uint64_t)count; at++) {
        uint64_t bit = (uint64_t)1 << (at % 64);
        d->parts.live[kind][at / 64] &= ~bit;
        d->recount.dying[kind][at / 64] |= bit;
    }
}

static osl_status mark_document(death *d, uint32_t document, osl_error *err)
{
    const osl_segment_info *info = osl_segment_get_info(d->segment);
    osl_document_extent of;
    osl_status status = osl_segment_extent(d->segment, document, &of, err);
    if (status != OSL_OK)
        return status;
    if (of.first_paragraph + (uint64_t)of.paragraph_count >
            info->paragraph_count ||
        of.first_section + (uint64_t)of.section_count > info->section_count)
        return osl_fail(err, OSL_ECORRUPT,
                        "%s: damaged: a document leaves it; index anew",
                        osl_segment_path(d->segment));
    mark(d, OSL_FIELD_TITLE, document, 1);
    mark(d, OSL_FIELD_TEXT, of.first_paragraph, of.paragraph_count);
    mark(d, OSL_FIELD_HEADING, of.first_section, of.section_count);
    d->parts.info.document_count++;
    d->parts.info.paragraph_count += of.paragraph_count;
    d->parts.info.section_count += of.section_count;
    return OSL_OK;
}

static osl_status mark_documents(death *d, const uint32_t *documents,
                                 size_t count, osl_error *err)
{
    uint32_t all = osl_segment_get_info(d->segment)->document_count;
    osl_status status = OSL_OK;
    for (size_t i = 0; i < count && status == OSL_OK; i++) {
        if (documents[i] >= all || (i > 0 && documents[i] <= documents[i - 1]))
            return osl_fail(err, OSL_EINVAL,
                            "%s: documents to delete must rise and be there",
                            osl_segment_path(d->segment));
        if (osl_bit(d->parts.live[OSL_FIELD_TITLE], documents[i]))
            status = mark_document(d, documents[i], err);
    }
    return status;
}

static osl_status make_bitmaps(death *d, osl_error *err)
{
    const osl_segment_info *info = osl_segment_get_info(d->segment);
    const uint32_t all[3] = {info->paragraph_count, info->document_count,
                             info->section_count};
    for (unsigned i = 0; i < 3; i++) {
        d->recount.dying[i] = osl_arena_zero(&d->arena, (size_t)all[i] / 64 + 1,
                                             sizeof(uint64_t));
        if (!d->recount.dying[i])
            return no_memory(err);
    }
    return OSL_OK;
}

/* ---- what goes with them ------------------------------------------------ */

static int by_key(const void *left, const void *right)
{
    const osl_died *a = left, *b = right;
    return a->key < b->key ? -1 : a->key > b->key;
}

/* What dies of a tally, in its order: numbers of keys. */
static size_t list_keys(const osl_tally *tally, osl_sort_entry *out)
{
    size_t count = 0;
    for (uint32_t i = 0; i < tally->count; i++)
        if (osl_tally_count(tally, i)->count > 0)
            out[count++] = (osl_sort_entry){tally->at[i].key, 0, i};
    return count;
}

/* What dies now, by key, without what only stood ready; the arena's. */
static bool list_died(death *d, const osl_tally *tally, osl_died **out,
                      size_t *count)
{
    osl_sort_entry *order = malloc((tally->count + (size_t)1) * sizeof *order);
    *count = order ? list_keys(tally, order) : 0;
    *out = osl_arena_zero(&d->arena, *count, sizeof **out);
    bool done =
        order && *out && (!tally->slots || osl_sort_numbers(order, *count));
    for (size_t i = 0; done && i < *count; i++) {
        const osl_count *of = osl_tally_count(tally, order[i].id);
        (*out)[i] = (osl_died){order[i].prefix, of->more, of->count};
    }
    free(order);
    return done;
}

/* Adds a table's new dead to the old. */
static osl_status add_table(death *d, unsigned t, osl_error *err)
{
    const osl_died *old = d->parts.tables[t].entries;
    size_t old_count = d->parts.tables[t].count, o = 0, f = 0, n = 0;
    osl_died *fresh, *sum;
    size_t fresh_count;
    if (!list_died(d, &d->recount.tallies[t], &fresh, &fresh_count))
        return no_memory(err);
    if (old_count == 0) {
        d->parts.tables[t].entries = fresh;
        d->parts.tables[t].count = fresh_count;
        return OSL_OK;
    }
    sum = osl_arena_zero(&d->arena, old_count + fresh_count + 1, sizeof *sum);
    if (!sum)
        return no_memory(err);
    while (o < old_count || f < fresh_count) {
        bool take_old =
            f == fresh_count || (o < old_count && old[o].key <= fresh[f].key);
        bool take_fresh =
            o == old_count || (f < fresh_count && fresh[f].key <= old[o].key);
        const osl_died *a = take_old ? &old[o++] : &(osl_died){0};
        const osl_died *b = take_fresh ? &fresh[f++] : &(osl_died){0};
        if (a->count > UINT32_MAX - b->count)
            return osl_fail(err, OSL_ECORRUPT,
                            "%s: its deletions are more than it has",
                            osl_segment_path(d->segment));
        sum[n++] = (osl_died){take_old ? a->key : b->key, a->more + b->more,
                              a->count + b->count};
    }
    d->parts.tables[t].entries = sum;
    d->parts.tables[t].count = n;
    return OSL_OK;
}

/* Terms of a field that lose their last posting now. */
static uint32_t count_gone(const death *d, unsigned field)
{
    const osl_tally *tally = &d->recount.tallies[field];
    const osl_died *old = d->parts.tables[field].entries;
    size_t old_count = d->parts.tables[field].count;
    uint32_t gone = 0;
    for (uint32_t i = 0; i < tally->count; i++) {
        uint32_t now = osl_tally_count(tally, i)->count;
        const osl_died key = {.key = tally->at[i].key}, *before = NULL;
        if (old_count > 0)
            before = bsearch(&key, old, old_count, sizeof *old, by_key);
        uint64_t dead = now + (uint64_t)(before ? before->count : 0);
        gone += now > 0 && dead == tally->at[i].whole;
    }
    return gone;
}

static osl_status add_field(death *d, unsigned field, osl_error *err)
{
    osl_deletions_field *info = &d->parts.info.fields[field];
    const osl_tally *tally = &d->recount.tallies[field];
    for (uint32_t i = 0; i < tally->count; i++)
        info->posting_count += osl_tally_count(tally, i)->count;
    info->term_count += count_gone(d, field);
    info->total_length += d->recount.lengths[field];
    return add_table(d, field, err);
}

/* Nobody asks how many postings of a pair have died: files of before say it, of
 * those that died then. */
static void forget_pairs(death *d)
{
    uint64_t length = d->recount.lengths[OSL_FIELD_PAIR];
    osl_deletions_field *info = &d->parts.info.fields[OSL_FIELD_PAIR];
    info->posting_count = 0;
    info->term_count = 0;
    info->total_length += length;
    d->parts.tables[OSL_FIELD_PAIR].count = 0;
}

static osl_status add_up(death *d, osl_error *err)
{
    osl_status status = osl_recount_run(&d->recount, err);
    for (unsigned f = 0; f < OSL_FIELD_PAIR && status == OSL_OK; f++)
        status = add_field(d, f, err);
    forget_pairs(d);
    if (status == OSL_OK)
        status = add_table(d, OSL_DIED_FORMS, err);
    if (status == OSL_OK)
        status = add_table(d, OSL_DIED_ALIASES, err);
    d->parts.info.text_bytes += d->recount.text_bytes;
    return status;
}

osl_status osl_deletions_build(osl_buf *out, const osl_segment *segment,
                               const osl_deletions_change *change,
                               const osl_analyzer *analyzer, osl_error *err)
{
    death d = {.segment = segment,
               .recount = {.segment = segment,
                           .analyzer = analyzer,
                           .texts = change->texts,
                           .number = change->number,
                           .lexicon = change->lexicon}};
    osl_status status =
        osl_deletions_read(change->before, segment, &d.arena, &d.parts, err);
    uint32_t dead = d.parts.info.document_count;
    if (status == OSL_OK)
        status = make_bitmaps(&d, err);
    if (status == OSL_OK)
        status = mark_documents(&d, change->documents, change->count, err);
    if (status == OSL_OK && d.parts.info.document_count > dead)
        status = add_up(&d, err);
    if (status == OSL_OK) {
        d.parts.moves = change->moves;
        d.parts.move_count = change->move_count;
        osl_deletions_encode(out, segment, &d.parts);
        status = osl_buf_status(out, "a file of deletions", err);
    }
    osl_recount_clear(&d.recount);
    osl_arena_clear(&d.arena);
    return status;
}
