/* SPDX-License-Identifier: MIT */
#include "indexer/words.h"

#include "core/base/bytes.h"
#include "core/segment/store.h"
#include "indexer/sort.h"

#include <string.h>

enum { WINDOW = 1 << 16 };

/* Entries: forms first, then gaps. */
typedef struct words {
    const osl_batch *batch;
    uint32_t form_count, count;
    uint32_t *counts;      /* of each entry; owns */
    osl_sort_entry *order; /* most frequent first; owns */
    uint32_t *codes;       /* of each entry; owns */
    uint32_t used;         /* entries that occur */
    osl_store_classes classes;
} words;

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while coding texts");
    return OSL_ENOMEM;
}

static osl_text entry_text(const void *user, uint32_t entry)
{
    const words *w = user;
    const osl_batch *batch = w->batch;
    if (entry < w->form_count)
        return osl_strings_text(&batch->fields[OSL_FIELD_TEXT].forms, entry);
    return osl_strings_text(&batch->gaps.forms, entry - w->form_count);
}

static void recount(words *w)
{
    const osl_batch *batch = w->batch;
    const osl_list32 *ids = &batch->fields[OSL_FIELD_TEXT].ids;
    memset(w->counts, 0, (size_t)w->count * sizeof *w->counts);
    for (size_t i = 0; i < ids->count; i++)
        w->counts[ids->at[i]]++;
    size_t side = 0;
    for (size_t i = 0; i < batch->gaps.codes.count; i++) {
        uint8_t code = batch->gaps.codes.at[i];
        if (code == OSL_GAP_USUAL)
            continue;
        uint32_t gap = code == OSL_GAP_SIDE ? batch->gaps.side.at[side++]
                                            : (uint32_t)code - 1;
        w->counts[w->form_count + gap]++;
    }
}

/* Forms of equal bytes and other flags share an entry: the one without. */
static uint32_t plain_form(const words *w, uint32_t form)
{
    const osl_strings *forms = &w->batch->fields[OSL_FIELD_TEXT].forms;
    if (osl_strings_flag(forms, form) == 0)
        return form;
    uint32_t plain = osl_strings_find(forms, osl_strings_text(forms, form), 0);
    return plain == UINT32_MAX ? form : plain;
}

static void count_entries(words *w)
{
    const osl_batch *batch = w->batch;
    if (batch->was_compacted) {
        recount(w);
    } else {
        osl_strings_counts(&batch->fields[OSL_FIELD_TEXT].forms, w->counts);
        osl_strings_counts(&batch->gaps.forms, w->counts + w->form_count);
    }
    for (uint32_t i = 0; i < w->form_count; i++) {
        uint32_t plain = plain_form(w, i);
        if (plain == i)
            continue;
        w->counts[plain] += w->counts[i];
        w->counts[i] = 0;
    }
}

static osl_status rank_entries(words *w, osl_error *err)
{
    w->order = malloc(((size_t)w->count + 1) * sizeof *w->order);
    if (!w->order)
        return no_memory(err);
    for (uint32_t i = 0; i < w->count; i++)
        if (w->counts[i] > 0)
            w->order[w->used++] = (osl_sort_entry){
                osl_sort_prefix(entry_text(w, i)), ~w->counts[i], i};
    return osl_sort(w->order, w->used, entry_text, w) ? OSL_OK : no_memory(err);
}

static osl_status give_codes(words *w, osl_error *err)
{
    uint32_t *ranked = malloc(((size_t)w->used + 1) * sizeof *ranked);
    if (!ranked)
        return no_memory(err);
    for (uint32_t i = 0; i < w->used; i++)
        ranked[i] = w->counts[w->order[i].id];
    osl_status status = osl_store_choose(&w->classes, ranked, w->used, err);
    free(ranked);
    w->codes = calloc((size_t)w->count + 1, sizeof *w->codes);
    if (status == OSL_OK && !w->codes)
        status = no_memory(err);
    if (status != OSL_OK)
        return status;
    for (uint32_t i = 0; i < w->used; i++)
        w->codes[w->order[i].id] = osl_store_code(&w->classes, i);
    for (uint32_t i = 0; i < w->form_count; i++)
        w->codes[i] = w->codes[plain_form(w, i)];
    return OSL_OK;
}

static osl_status write_vocabulary(const words *w, osl_writer *writer,
                                   osl_error *err)
{
    osl_text *texts = malloc(((size_t)w->used + 1) * sizeof *texts);
    uint8_t *separators = malloc((size_t)w->used + 1);
    osl_status status = texts && separators ? OSL_OK : no_memory(err);
    for (uint32_t i = 0; i < w->used && status == OSL_OK; i++) {
        texts[i] = entry_text(w, w->order[i].id);
        separators[i] = w->order[i].id >= w->form_count;
    }
    if (status == OSL_OK)
        status = osl_store_put_vocabulary(writer, &w->classes, texts,
                                          separators, w->used, err);
    free(texts);
    free(separators);
    return status;
}

/* ---- codes of the texts ------------------------------------------------- */

typedef struct emitter {
    const words *w;
    osl_store_codes *codes;
    const uint8_t *gaps; /* the next */
    const uint32_t *side;
    const uint32_t *ids;
    uint8_t lengths[256];
    uint64_t written;
    size_t used;
    uint8_t window[WINDOW + 16];
} emitter;

static void put_code(emitter *e, uint32_t entry)
{
    uint32_t code = e->w->codes[entry];
    osl_put32(e->window + e->used, code);
    e->used += e->lengths[code & 255];
}

static void put_gap(emitter *e)
{
    uint8_t code = *e->gaps++;
    if (code == OSL_GAP_USUAL)
        return;
    uint32_t gap = code == OSL_GAP_SIDE ? *e->side++ : (uint32_t)code - 1;
    put_code(e, e->w->form_count + gap);
}

static void flush(emitter *e)
{
    osl_store_codes_put(e->codes, e->window, e->used);
    e->written += e->used;
    e->used = 0;
}

static void put_paragraph(emitter *e, uint32_t length)
{
    put_gap(e);
    for (uint32_t i = 0; i < length; i++) {
        if (e->used >= WINDOW)
            flush(e);
        put_code(e, *e->ids++);
        put_gap(e);
    }
    if (e->used >= WINDOW)
        flush(e);
}

static osl_status write_codes(const words *w, osl_writer *writer, bool small,
                              osl_error *err)
{
    const osl_batch *batch = w->batch;
    const osl_list32 *lengths = &batch->fields[OSL_FIELD_TEXT].lengths;
    uint32_t count = (uint32_t)lengths->count;
    uint64_t *starts = malloc(((size_t)count + 1) * sizeof *starts);
    emitter *e = malloc(sizeof *e);
    osl_store_codes *codes = NULL;
    osl_status status = starts && e ? OSL_OK : no_memory(err);
    if (status == OSL_OK)
        status = osl_store_codes_new(&codes, writer, small, err);
    if (status == OSL_OK) {
        *e = (emitter){.w = w,
                       .codes = codes,
                       .gaps = batch->gaps.codes.at,
                       .side = batch->gaps.side.at,
                       .ids = batch->fields[OSL_FIELD_TEXT].ids.at};
        osl_store_lengths(&w->classes, e->lengths);
        for (uint32_t i = 0; i < count; i++) {
            starts[i] = e->written + e->used;
            put_paragraph(e, lengths->at[i]);
            if (!small)
                continue;
            flush(e);
            osl_store_codes_end_paragraph(codes);
        }
        flush(e);
        starts[count] = e->written;
        status = osl_store_codes_finish(codes, &w->classes, starts, count, err);
    }
    osl_store_codes_free(codes);
    free(e);
    free(starts);
    return status;
}

osl_status osl_words_write(const osl_batch *batch, osl_writer *writer,
                           bool small, osl_error *err)
{
    words w = {.batch = batch,
               .form_count = batch->fields[OSL_FIELD_TEXT].forms.count};
    uint64_t count = (uint64_t)w.form_count + batch->gaps.forms.count;
    if (count > UINT32_MAX / 2)
        return osl_fail(err, OSL_ELIMIT,
                        "more distinct words than a segment may hold");
    w.count = (uint32_t)count;
    w.counts = calloc((size_t)count + 1, sizeof *w.counts);
    osl_status status = OSL_OK;
    if (!w.counts)
        return no_memory(err);
    count_entries(&w);
    status = rank_entries(&w, err);
    if (status == OSL_OK)
        status = give_codes(&w, err);
    if (status == OSL_OK)
        status = write_vocabulary(&w, writer, err);
    if (status == OSL_OK)
        status = write_codes(&w, writer, small, err);
    free(w.counts);
    free(w.order);
    free(w.codes);
    return status;
}
