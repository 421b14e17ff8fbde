/* SPDX-License-Identifier: MIT */
#include "indexer/build.h"

#include "core/base/bytes.h"
#include "core/segment/alias.h"
#include "indexer/invert.h"
#include "indexer/layout.h"
#include "indexer/pairs.h"
#include "indexer/sort.h"
#include "indexer/words.h"

#include <stdlib.h>
#include <string.h>

typedef struct build {
    osl_batch *batch;
    const osl_build_options *options;
    osl_writer *writer;
    osl_build_result result;
} build;

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while making a segment");
    return OSL_ENOMEM;
}

/* ---- compounds ---------------------------------------------------------- */

/* A compound that occurs: its number in batch->compounds. */
typedef struct compound {
    uint64_t prefix; /* osl_sort_prefix() of the joined form */
    osl_alias alias;
    uint32_t number;
} compound;

static int by_split(const void *left, const void *right)
{
    const compound *a = left, *b = right;
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    int order = osl_text_compare(a->alias.joined, b->alias.joined);
    return order != 0 ? order
                      : osl_text_compare(a->alias.parts, b->alias.parts);
}

static int by_entry(const void *left, const void *right)
{
    const compound *a = left, *b = right;
    return osl_alias_compare(&a->alias, &b->alias);
}

/* The key of batch->compounds: joined form, 0, numbers of forms. */
static bool read_compound(const osl_terms *terms, osl_text key,
                          osl_arena *arena, osl_buf *parts, osl_alias *out)
{
    size_t length = strlen(key.bytes);
    osl_buf_reset(parts);
    for (size_t at = length + 1; at + 4 <= key.length; at += 4) {
        uint32_t form = osl_get32(key.bytes + at);
        if (parts->length > 0)
            osl_buf_put_byte(parts, ' ');
        osl_buf_put_text(parts, osl_terms_text(terms, terms->forms[form].base));
    }
    out->joined = (osl_text){key.bytes, length};
    return !parts->failed &&
           osl_arena_text(arena, osl_buf_text(parts), &out->parts);
}

/* Compounds that occur, each with its parts; `uses` by number. */
static bool collect_compounds(const build *b, const osl_terms *terms,
                              osl_arena *arena, const uint32_t *uses,
                              compound *compounds, uint32_t *count)
{
    const osl_batch *batch = b->batch;
    osl_buf parts = {0};
    bool done = true;
    *count = 0;
    for (uint32_t i = 0; i < batch->compounds.count && done; i++) {
        if (uses[i] == 0)
            continue;
        compound *to = &compounds[(*count)++];
        *to = (compound){.alias.uses = uses[i], .number = i};
        done = read_compound(terms, osl_strings_text(&batch->compounds, i),
                             arena, &parts, &to->alias);
        to->prefix = osl_sort_prefix(to->alias.joined);
    }
    osl_buf_clear(&parts);
    return done;
}

/* Other words of the same terms are one entry: their uses add up, in each of
 * them. */
static void add_up(compound *compounds, uint32_t count)
{
    for (uint32_t i = 0; i < count;) {
        uint32_t sum = 0, end = i;
        while (end < count && by_split(&compounds[i], &compounds[end]) == 0)
            sum += compounds[end++].alias.uses;
        for (; i < end; i++)
            compounds[i].alias.uses = sum;
    }
}

static bool is_same_joined(const compound *a, const compound *b)
{
    return a->prefix == b->prefix &&
           osl_text_equal(a->alias.joined, b->alias.joined);
}

/* Sorts into entries; entry_of gives each compound's by its number. Returns
 * the number of entries. */
static uint32_t make_entries(compound *compounds, uint32_t count,
                             osl_alias *aliases, uint32_t *entry_of)
{
    uint32_t entries = 0;
    qsort(compounds, count, sizeof *compounds, by_split);
    add_up(compounds, count);
    for (uint32_t from = 0, to; from < count; from = to) {
        to = from + 1;
        while (to < count && is_same_joined(&compounds[from], &compounds[to]))
            to++;
        if (to > from + 1)
            qsort(compounds + from, to - from, sizeof *compounds, by_entry);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || by_entry(&compounds[i - 1], &compounds[i]) != 0)
            aliases[entries++] = compounds[i].alias;
        entry_of[compounds[i].number] = entries - 1;
    }
    return entries;
}

/* The uses of each paragraph, as entries. */
static bool list_uses(const osl_batch *batch, const uint32_t *entry_of,
                      osl_arena *arena, osl_alias_uses *out)
{
    const osl_list32 *counts = &batch->compound_counts;
    const osl_list32 *uses = &batch->compound_uses;
    uint32_t *starts = osl_arena_zero(arena, counts->count + 1, 4);
    uint32_t *entries = osl_arena_zero(arena, uses->count + 1, 4);
    if (!starts || !entries)
        return false;
    for (size_t i = 0; i < counts->count; i++)
        starts[i + 1] = starts[i] + counts->at[i];
    for (size_t i = 0; i < uses->count; i++)
        entries[i] = entry_of[uses->at[i]];
    out->starts = osl_column_array(starts, (uint32_t)counts->count + 1, 4);
    out->entries = osl_column_array(entries, (uint32_t)uses->count, 4);
    return true;
}

static osl_status write_aliases(build *b, const osl_terms *terms,
                                osl_error *err)
{
    const osl_batch *batch = b->batch;
    size_t most = (size_t)batch->compounds.count + 1;
    osl_arena arena = {0};
    osl_alias_uses listed;
    uint32_t count = 0;
    compound *compounds = osl_arena_zero(&arena, most, sizeof *compounds);
    osl_alias *aliases = osl_arena_zero(&arena, most, sizeof *aliases);
    uint32_t *numbers = osl_arena_zero(&arena, most, sizeof *numbers);
    bool done = compounds && aliases && numbers;
    for (size_t i = 0; i < batch->compound_uses.count && done; i++)
        numbers[batch->compound_uses.at[i]]++;
    done =
        done && collect_compounds(b, terms, &arena, numbers, compounds, &count);
    if (done)
        count = make_entries(compounds, count, aliases, numbers);
    done = done && list_uses(batch, numbers, &arena, &listed);
    osl_status status =
        done ? osl_alias_write(b->writer, aliases, count,
                               batch->keep_texts ? NULL : &listed, err)
             : no_memory(err);
    osl_arena_clear(&arena);
    return status;
}

/* ---- fields ------------------------------------------------------------- */

static osl_status write_field(build *b, osl_field field, osl_error *err)
{
    const osl_invert_options options = {
        .field = field, .thread_count = b->options->thread_count};
    osl_terms terms = {0};
    osl_status status = osl_terms_resolve(&terms, b->batch, field,
                                          b->options->thread_count, err);
    if (status == OSL_OK)
        status = osl_invert(b->batch, &terms, &options, b->writer, err);
    osl_terms_clear(&terms);
    return status;
}

static osl_status write_pairs(build *b, const osl_terms *terms,
                              const uint32_t *dfs, osl_error *err)
{
    const osl_pairs_input input = {
        .batch = b->batch,
        .terms = terms,
        .dfs = dfs,
        .pairs = b->options->pairs,
        .thread_count = b->options->thread_count,
    };
    return osl_pairs_write(&input, b->writer, err);
}

/* The text, and what its terms are needed for. */
static osl_status write_text(build *b, osl_error *err)
{
    osl_invert_options options = {.field = OSL_FIELD_TEXT,
                                  .with_forms = true,
                                  .thread_count = b->options->thread_count};
    osl_terms terms = {0};
    osl_status status = osl_terms_resolve(&terms, b->batch, OSL_FIELD_TEXT,
                                          b->options->thread_count, err);
    b->result.terms = terms.count;
    if (status == OSL_OK) {
        options.dfs = malloc(((size_t)terms.count + 1) * sizeof *options.dfs);
        if (!options.dfs)
            status = no_memory(err);
    }
    if (status == OSL_OK)
        status = osl_invert(b->batch, &terms, &options, b->writer, err);
    if (status == OSL_OK)
        status = write_pairs(b, &terms, options.dfs, err);
    if (status == OSL_OK)
        status = write_aliases(b, &terms, err);
    free(options.dfs);
    osl_terms_clear(&terms);
    return status;
}

static osl_status write_fields(build *b, osl_error *err)
{
    osl_status status = write_field(b, OSL_FIELD_TITLE, err);
    if (status == OSL_OK)
        status = write_field(b, OSL_FIELD_HEADING, err);
    /* Last, because aliases follow it: fields come before other sections. */
    if (status == OSL_OK)
        status = write_text(b, err);
    return status;
}

static osl_status write_tables(build *b, osl_error *err)
{
    osl_arena arena = {0};
    osl_layout layout;
    osl_status status = osl_layout_tables(b->batch, &arena, &layout, err);
    if (status == OSL_OK)
        status = osl_documents_write(b->writer, &layout.tables, err);
    if (status == OSL_OK)
        status = osl_columns_write(b->writer, &layout.tables, err);
    osl_arena_clear(&arena);
    return status;
}

static void set_info(build *b)
{
    const osl_batch *batch = b->batch;
    osl_segment_info info = {
        .paragraph_count = osl_batch_paragraphs(batch),
        .document_count = osl_batch_documents(batch),
        .section_count = (uint32_t)batch->headings.count,
        .fingerprint = b->options->fingerprint,
        .k1 = OSL_BOUNDS_K1,
        .b = OSL_BOUNDS_B,
        .has_texts = batch->keep_texts,
        .has_forms = true,
        .text_bytes = batch->text_bytes,
    };
    osl_writer_set_info(b->writer, &info);
}

static osl_status write_all(build *b, osl_error *err)
{
    set_info(b);
    osl_status status = write_fields(b, err);
    if (status == OSL_OK && b->batch->keep_texts)
        status = osl_words_write(b->batch, b->writer,
                                 b->options->store == OSL_STORE_SMALL,
                                 b->options->thread_count, err);
    if (status == OSL_OK)
        status = write_tables(b, err);
    return status;
}

osl_status osl_build_segment(osl_batch *batch, const char *path,
                             const osl_build_options *options,
                             osl_build_result *out, osl_error *err)
{
    build b = {.batch = batch, .options = options};
    osl_status status = osl_batch_compact(batch, err);
    if (status == OSL_OK)
        status = osl_writer_open(&b.writer, path, options->kernels, err);
    if (status == OSL_OK)
        status = write_all(&b, err);
    if (status == OSL_OK)
        status = osl_writer_close(b.writer, &b.result.file_bytes, err);
    else
        osl_writer_abandon(b.writer);
    if (status == OSL_OK)
        *out = b.result;
    return status;
}
