/* SPDX-License-Identifier: MIT */
#include "indexer/build.h"

#include "core/base/bytes.h"
#include "core/segment/alias.h"
#include "indexer/crew.h"
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
    osl_terms terms;      /* of the text */
    uint32_t *dfs;        /* of its terms, by rank; owns */
    osl_words *words;     /* owns; NULL: texts are not stored */
    osl_arena aliases_of; /* owns the aliases and their uses */
    osl_alias *aliases;
    osl_alias_blocks alias_blocks;
    osl_alias_uses uses;
    uint32_t alias_count;
    osl_arena layout_of; /* owns the layout */
    osl_layout layout;
    osl_writer *tables; /* written beside the text, aside; owns */
} build;

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while making a segment");
    return OSL_ENOMEM;
}

/* ---- compounds ---------------------------------------------------------- */

/* A compound that occurs: its number in batch->compounds. */
typedef struct compound {
    osl_alias alias;
    uint32_t number;
} compound;

/* Of one joined form. */
static int by_parts(const void *left, const void *right)
{
    const compound *a = left, *b = right;
    return osl_text_compare(a->alias.parts, b->alias.parts);
}

static int by_entry(const void *left, const void *right)
{
    const compound *a = left, *b = right;
    return osl_alias_compare(&a->alias, &b->alias);
}

/* Compounds whose parts are read together; how far ahead what is anywhere in
 * memory is fetched. */
enum { TOGETHER = 32, AHEAD = 8 };

/* The parts of compounds, as they are found: forms, their terms, the texts of
 * these. All of one step are fetched before the first is looked at. */
typedef struct part_list {
    const osl_terms *terms;
    uint32_t at[TOGETHER * OSL_COMPOUND_PARTS]; /* forms, then terms */
    size_t count;
} part_list;

/* The key of batch->compounds: joined form, 0, numbers of forms. Returns how
 * many there are. */
static size_t list_forms(part_list *parts, osl_text key, size_t joined)
{
    size_t before = parts->count;
    for (size_t at = joined + 1; at + 4 <= key.length; at += 4) {
        uint32_t form = osl_get32(key.bytes + at);
        __builtin_prefetch(&parts->terms->forms[form]);
        parts->at[parts->count++] = form;
    }
    return parts->count - before;
}

static void find_texts(part_list *parts)
{
    const osl_terms *terms = parts->terms;
    for (size_t i = 0; i < parts->count; i++) {
        parts->at[i] = terms->forms[parts->at[i]].base;
        __builtin_prefetch(&terms->text_starts[parts->at[i]]);
    }
    for (size_t i = 0; i < parts->count; i++)
        __builtin_prefetch(osl_terms_text(terms, parts->at[i]).bytes);
}

/* Of a compound, whose terms are the `count` at `ranks`. */
static bool put_parts(const osl_terms *terms, const uint32_t *ranks,
                      size_t count, osl_arena *arena, osl_buf *room,
                      osl_text *out)
{
    osl_buf_reset(room);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            osl_buf_put_byte(room, ' ');
        osl_buf_put_text(room, osl_terms_text(terms, ranks[i]));
    }
    return !room->failed && osl_arena_text(arena, osl_buf_text(room), out);
}

/* Compounds that occur, each with its parts; `uses` by number. */
static bool collect_compounds(const build *b, const osl_terms *terms,
                              osl_arena *arena, const uint32_t *uses,
                              compound *compounds, uint32_t *count)
{
    const osl_strings *all = &b->batch->compounds;
    part_list parts = {.terms = terms};
    osl_buf room = {0};
    bool done = true;
    *count = 0;
    for (uint32_t i = 0; i < all->count && done;) {
        compound *const first = &compounds[*count];
        size_t part_counts[TOGETHER], found = 0, at = 0;
        for (parts.count = 0; i < all->count && found < TOGETHER; i++) {
            if (uses[i] == 0)
                continue;
            osl_text key = osl_strings_text(all, i);
            osl_text joined = {key.bytes, strlen(key.bytes)};
            part_counts[found] = list_forms(&parts, key, joined.length);
            first[found++] = (compound){
                .alias = {.joined = joined, .uses = uses[i]}, .number = i};
        }
        find_texts(&parts);
        for (size_t j = 0; j < found && done; at += part_counts[j++])
            done = put_parts(terms, parts.at + at, part_counts[j], arena, &room,
                             &first[j].alias.parts);
        *count += (uint32_t)found;
    }
    osl_buf_clear(&room);
    return done;
}

static osl_text joined_form(const void *user, uint32_t i)
{
    const compound *compounds = user;
    return compounds[i].alias.joined;
}

/* By joined form, into `sorted`. False when memory is out. */
static bool sort_compounds(const compound *compounds, uint32_t count,
                           compound *sorted)
{
    osl_sort_entry *order = malloc(((size_t)count + 1) * sizeof *order);
    if (!order)
        return false;
    for (uint32_t i = 0; i < count; i++)
        order[i] =
            (osl_sort_entry){osl_sort_prefix(compounds[i].alias.joined), 0, i};
    bool done = count == 0 || osl_sort(order, count, joined_form, compounds);
    for (uint32_t i = 0; i < count && done; i++) {
        if (count - i > AHEAD)
            __builtin_prefetch(&compounds[order[i + AHEAD].id]);
        sorted[i] = compounds[order[i].id];
    }
    free(order);
    return done;
}

/* Of one joined form: other words of the same terms are one entry, and their
 * uses add up, in each of them; entries come by falling uses. */
static void order_splits(compound *compounds, uint32_t count)
{
    qsort(compounds, count, sizeof *compounds, by_parts);
    for (uint32_t i = 0; i < count;) {
        uint32_t sum = 0, end = i;
        while (end < count && by_parts(&compounds[i], &compounds[end]) == 0)
            sum += compounds[end++].alias.uses;
        for (; i < end; i++)
            compounds[i].alias.uses = sum;
    }
    qsort(compounds, count, sizeof *compounds, by_entry);
}

/* Sorted compounds become entries; entry_of gives each compound's by its
 * number. Returns the number of entries. */
static uint32_t make_entries(compound *compounds, uint32_t count,
                             osl_alias *aliases, uint32_t *entry_of)
{
    uint32_t entries = 0;
    for (uint32_t from = 0, to; from < count; from = to) {
        to = from + 1;
        if (count - from > AHEAD)
            __builtin_prefetch(compounds[from + AHEAD].alias.joined.bytes);
        while (to < count && osl_text_equal(compounds[from].alias.joined,
                                            compounds[to].alias.joined))
            to++;
        if (to > from + 1)
            order_splits(compounds + from, to - from);
        for (uint32_t i = from; i < to; i++) {
            if (i == from || by_entry(&compounds[i - 1], &compounds[i]) != 0)
                aliases[entries++] = compounds[i].alias;
            entry_of[compounds[i].number] = entries - 1;
        }
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

static osl_status make_aliases(void *user, osl_error *err)
{
    build *b = user;
    const osl_batch *batch = b->batch;
    size_t most = (size_t)batch->compounds.count + 1;
    osl_arena *arena = &b->aliases_of;
    uint32_t count = 0;
    compound *compounds = malloc(2 * most * sizeof *compounds);
    compound *sorted = compounds ? compounds + most : NULL;
    uint32_t *numbers = osl_arena_zero(arena, most, sizeof *numbers);
    b->aliases = osl_arena_zero(arena, most, sizeof *b->aliases);
    bool done = compounds && numbers && b->aliases;
    for (size_t i = 0; i < batch->compound_uses.count && done; i++)
        numbers[batch->compound_uses.at[i]]++;
    done = done &&
           collect_compounds(b, &b->terms, arena, numbers, compounds, &count) &&
           sort_compounds(compounds, count, sorted);
    if (done)
        b->alias_count = make_entries(sorted, count, b->aliases, numbers);
    free(compounds);
    done = done &&
           (batch->keep_texts || list_uses(batch, numbers, arena, &b->uses));
    return done ? osl_alias_encode(&b->alias_blocks, b->aliases, b->alias_count,
                                   err)
                : no_memory(err);
}

static osl_status write_aliases(build *b, osl_error *err)
{
    osl_status status =
        osl_alias_put(b->writer, &b->alias_blocks,
                      b->batch->keep_texts ? NULL : &b->uses, err);
    osl_alias_blocks_clear(&b->alias_blocks);
    osl_arena_clear(&b->aliases_of);
    return status;
}

/* ---- fields ------------------------------------------------------------- */

static osl_status write_field(build *b, osl_field field, osl_error *err)
{
    const osl_invert_options options = {.field = field,
                                        .thread_count =
                                            b->options->thread_count,
                                        .kernels = b->options->kernels};
    const osl_lexicon *lexicon = b->options->lexicon;
    osl_terms terms = {.shared = lexicon ? lexicon->resolver : NULL};
    osl_status status = osl_terms_resolve(&terms, b->batch, field,
                                          b->options->thread_count, err);
    if (status == OSL_OK)
        status = osl_terms_rank(&terms, b->batch, field, err);
    if (status == OSL_OK)
        status = osl_invert(b->batch, &terms, &options, b->writer, err);
    if (status == OSL_OK)
        osl_writer_end_field(b->writer);
    osl_terms_clear(&terms);
    return status;
}

static osl_status write_pairs(build *b, osl_error *err)
{
    const osl_pairs_input input = {
        .batch = b->batch,
        .terms = &b->terms,
        .dfs = b->dfs,
        .pairs = b->options->pairs,
        .thread_count = b->options->thread_count,
    };
    return osl_pairs_write(&input, b->writer, err);
}

static osl_status rank_terms(void *user, osl_error *err)
{
    build *b = user;
    return osl_terms_rank(&b->terms, b->batch, OSL_FIELD_TEXT, err);
}

static osl_status rank_words(void *user, osl_error *err)
{
    build *b = user;
    bool small = b->options->store == OSL_STORE_SMALL;
    return b->batch->keep_texts
               ? osl_words_rank(&b->words, b->batch, small, err)
               : OSL_OK;
}

static osl_status write_tables(const build *b, osl_writer *to, osl_error *err)
{
    osl_status status = osl_tables_write(to, &b->layout.tables, err);
    if (status == OSL_OK)
        status = osl_sense_table_write(&b->batch->senses, to, err);
    return status;
}

/* By several threads, the tables are made long before it is their turn. */
static osl_status make_layout(void *user, osl_error *err)
{
    build *b = user;
    osl_status status =
        osl_layout_tables(b->batch, &b->layout_of, &b->layout, err);
    if (b->options->thread_count <= 1 || status != OSL_OK)
        return status;
    status = osl_writer_open_aside(&b->tables, err);
    return status == OSL_OK ? write_tables(b, b->tables, err) : status;
}

static osl_status learn_words(void *user, osl_error *err)
{
    build *b = user;
    osl_status status = OSL_OK;
    if (b->words && b->options->store != OSL_STORE_SMALL)
        status = osl_words_note_terms(b->words, &b->terms, err);
    if (b->words && status == OSL_OK)
        status = osl_words_learn(b->words, b->options, err);
    return status;
}

static osl_status invert_text(build *b, osl_error *err)
{
    b->result.terms = b->terms.count;
    b->dfs = malloc(((size_t)b->terms.count + 1) * sizeof *b->dfs);
    if (!b->dfs)
        return no_memory(err);
    const osl_invert_options options = {.field = OSL_FIELD_TEXT,
                                        .with_forms = true,
                                        .thread_count =
                                            b->options->thread_count,
                                        .dfs = b->dfs,
                                        .kernels = b->options->kernels};
    return osl_invert(b->batch, &b->terms, &options, b->writer, err);
}

static osl_status end_text(void *user, osl_error *err)
{
    build *b = user;
    (void)err;
    osl_writer_end_field(b->writer);
    return OSL_OK;
}

/* The text, and what its terms are needed for. What one thread does by itself
 * is done beside what others do; only one piece of it writes. */
static osl_status write_text(build *b, osl_error *err)
{
    static osl_crew_job *const ranks[] = {rank_terms, rank_words};
    static osl_crew_job *const rest[] = {end_text, make_layout, learn_words,
                                         make_aliases};
    unsigned size = b->options->thread_count;
    b->terms.lexicon = b->options->lexicon;
    if (b->terms.lexicon)
        b->terms.shared = b->terms.lexicon->resolver;
    osl_status status =
        osl_terms_resolve(&b->terms, b->batch, OSL_FIELD_TEXT, size, err);
    osl_terms_end_resolving(&b->terms);
    if (status == OSL_OK)
        status = osl_crew_jobs(size, ranks, 2, b, err);
    osl_strings_freeze(&b->batch->fields[OSL_FIELD_TEXT].forms);
    if (status == OSL_OK)
        status = invert_text(b, err);
    if (status == OSL_OK)
        status = osl_crew_jobs(size, rest, 4, b, err);
    if (status == OSL_OK)
        status = write_pairs(b, err);
    if (status == OSL_OK)
        status = write_aliases(b, err);
    osl_terms_clear(&b->terms);
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

static osl_status put_tables(build *b, osl_error *err)
{
    osl_writer *tables = b->tables;
    if (!tables)
        return write_tables(b, b->writer, err);
    b->tables = NULL;
    osl_writer_put_aside(b->writer, tables);
    return OSL_OK;
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
        .sliced_shift = osl_sliced_shift(b->options->store),
        .dense_positions = b->options->store != OSL_STORE_FULL,
    };
    osl_writer_set_info(b->writer, &info);
    const osl_joint_rule joint = osl_pairs_joint_rule(b->options->pairs);
    osl_writer_set_joint(b->writer, &joint);
    if (b->options->store != OSL_STORE_FULL)
        osl_writer_leave_shortcuts(b->writer);
}

static osl_status write_all(build *b, osl_error *err)
{
    set_info(b);
    osl_status status = write_fields(b, err);
    if (status == OSL_OK && b->words)
        status = osl_words_write(b->words, b->writer, b->options, err);
    if (status == OSL_OK)
        status = put_tables(b, err);
    return status;
}

static void clear(build *b)
{
    osl_terms_clear(&b->terms);
    osl_writer_abandon(b->tables);
    free(b->dfs);
    osl_words_free(b->words);
    osl_alias_blocks_clear(&b->alias_blocks);
    osl_arena_clear(&b->aliases_of);
    osl_arena_clear(&b->layout_of);
}

osl_status osl_build_segment(osl_batch *batch, const char *path,
                             const osl_build_options *options,
                             osl_build_result *out, osl_error *err)
{
    build b = {.batch = batch, .options = options};
    osl_batch_end_reading(batch);
    osl_status status = osl_batch_compact(batch, err);
    if (status == OSL_OK)
        status = osl_writer_open(&b.writer, path, options->kernels, err);
    if (status == OSL_OK)
        status = write_all(&b, err);
    if (status == OSL_OK)
        status = osl_writer_close(b.writer, &b.result.file_bytes, err);
    else
        osl_writer_abandon(b.writer);
    clear(&b);
    if (status == OSL_OK)
        *out = b.result;
    return status;
}
