/* SPDX-License-Identifier: MIT */
#include "indexer/invert.h"

#include <string.h>

/* Positions are numbered with a gap behind each ordinal, up to the next
 * multiple of BLOCK. */
enum { BLOCK_BITS = 6, BLOCK = 1 << BLOCK_BITS };

/* How far ahead of the write its target is fetched. */
#define PIECE ((size_t)4096)
#define AHEAD ((size_t)24)

typedef struct block {
    uint32_t start; /* number of its ordinal's first position */
    uint32_t ordinal;
} block;

typedef struct inverter {
    const osl_batch_field *field;
    const osl_terms *terms;
    osl_writer *writer;
    block *blocks;
    uint32_t *first_ids; /* of each ordinal */
    uint32_t *cursors;   /* by rank; after the scatter: ends */
    uint32_t *out;       /* positions, term by term */
    /* One term, as the writer takes it. */
    uint32_t *ordinals, *tfs, *positions, *locals;
    osl_text *form_texts;
} inverter;

static void clear(inverter *in)
{
    free(in->blocks);
    free(in->first_ids);
    free(in->cursors);
    free(in->out);
    free(in->ordinals);
    free(in->tfs);
    free(in->positions);
    free(in->locals);
    free(in->form_texts);
}

static osl_status no_memory(osl_error *err)
{
    (void)osl_fail(err, OSL_ENOMEM, "out of memory while sorting postings");
    return OSL_ENOMEM;
}

static uint64_t rounded(uint32_t length)
{
    return ((uint64_t)length + BLOCK - 1) >> BLOCK_BITS << BLOCK_BITS;
}

static osl_status make_blocks(inverter *in, osl_error *err)
{
    const osl_list32 *lengths = &in->field->lengths;
    uint64_t total = 0;
    for (size_t i = 0; i < lengths->count; i++)
        total += rounded(lengths->at[i]);
    if (total > UINT32_MAX)
        return osl_fail(err, OSL_ELIMIT,
                        "more words than a segment may hold (2^32)");
    in->blocks = calloc((total >> BLOCK_BITS) + 1, sizeof *in->blocks);
    in->first_ids = malloc((lengths->count + 1) * sizeof *in->first_ids);
    if (!in->blocks || !in->first_ids)
        return no_memory(err);
    uint32_t position = 0, id = 0;
    for (size_t i = 0; i < lengths->count; i++) {
        uint32_t start = position;
        uint32_t end = position + (uint32_t)rounded(lengths->at[i]);
        in->first_ids[i] = id;
        id += lengths->at[i];
        for (; position < end; position += BLOCK)
            in->blocks[position >> BLOCK_BITS] = (block){start, (uint32_t)i};
    }
    return OSL_OK;
}

/* Sets each term's cursor to where its entries begin. */
static osl_status make_cursors(inverter *in, uint64_t *most, osl_error *err)
{
    const osl_terms *terms = in->terms;
    uint64_t total = 0;
    in->cursors = calloc((size_t)terms->count + 1, sizeof *in->cursors);
    if (!in->cursors)
        return no_memory(err);
    for (uint32_t i = 0; i < in->field->forms.count; i++) {
        const osl_form_terms *form = &terms->forms[i];
        uint32_t count = terms->counts[i];
        if (count == 0)
            continue;
        in->cursors[form->base] += count;
        total += count;
        if (form->extra == OSL_TERM_NONE)
            continue;
        in->cursors[form->extra] += count;
        total += count;
    }
    if (total > UINT32_MAX)
        return osl_fail(err, OSL_ELIMIT,
                        "more postings than a segment may hold (2^32)");
    uint32_t start = 0;
    *most = 0;
    for (uint32_t rank = 0; rank < terms->count; rank++) {
        uint32_t here = in->cursors[rank];
        *most = here > *most ? here : *most;
        in->cursors[rank] = start;
        start += here;
    }
    in->cursors[terms->count] = start;
    return OSL_OK;
}

/* One entry to come: the cursor's term and the position. */
typedef struct pending {
    uint32_t rank, position;
} pending;

static void scatter_piece(inverter *in, const pending *piece, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i + AHEAD < count)
            __builtin_prefetch(&in->out[in->cursors[piece[i + AHEAD].rank]], 1);
        in->out[in->cursors[piece[i].rank]++] = piece[i].position;
    }
}

static osl_status scatter(inverter *in, osl_error *err)
{
    const osl_batch_field *field = in->field;
    pending *piece = malloc((PIECE + 2) * sizeof *piece);
    if (!piece)
        return no_memory(err);
    size_t count = 0, id = 0;
    uint32_t position = 0;
    for (size_t i = 0; i < field->lengths.count; i++) {
        uint32_t length = field->lengths.at[i];
        for (uint32_t n = 0; n < length; n++, id++) {
            if (id + 2 * AHEAD < field->ids.count)
                __builtin_prefetch(
                    &in->terms->forms[field->ids.at[id + 2 * AHEAD]]);
            const osl_form_terms *form = &in->terms->forms[field->ids.at[id]];
            __builtin_prefetch(&in->cursors[form->base]);
            piece[count++] = (pending){form->base, position + n};
            if (form->extra != OSL_TERM_NONE)
                piece[count++] = (pending){form->extra, position + n};
            if (count >= PIECE) {
                scatter_piece(in, piece, count);
                count = 0;
            }
        }
        position += (uint32_t)rounded(length);
    }
    scatter_piece(in, piece, count);
    free(piece);
    return OSL_OK;
}

/* ---- to the writer ------------------------------------------------------ */

static osl_status make_scratch(inverter *in, uint64_t most, osl_error *err)
{
    size_t bytes = ((size_t)most + 1) * sizeof(uint32_t);
    uint32_t longest = 1;
    for (uint32_t rank = 0; rank < in->terms->count; rank++) {
        uint32_t length =
            in->terms->list_starts[rank + 1] - in->terms->list_starts[rank];
        longest = length > longest ? length : longest;
    }
    in->ordinals = malloc(bytes);
    in->tfs = malloc(bytes);
    in->positions = malloc(bytes);
    in->locals = malloc(bytes);
    in->form_texts = malloc(longest * sizeof *in->form_texts);
    if (!in->ordinals || !in->tfs || !in->positions || !in->locals ||
        !in->form_texts)
        return no_memory(err);
    return OSL_OK;
}

/* Entries [from, to) of `out` as ordinals, tfs and positions; returns df. */
static uint32_t spread(inverter *in, uint32_t from, uint32_t to)
{
    uint32_t df = 0, last = UINT32_MAX;
    for (uint32_t i = from; i < to; i++) {
        uint32_t position = in->out[i];
        block at = in->blocks[position >> BLOCK_BITS];
        if (df == 0 || at.ordinal != last) {
            last = at.ordinal;
            in->ordinals[df] = last;
            in->tfs[df++] = 0;
        }
        in->tfs[df - 1]++;
        in->positions[i - from] = position - at.start;
    }
    return df;
}

static void spread_locals(inverter *in, uint32_t rank, uint32_t from,
                          uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        uint32_t position = in->out[i];
        block at = in->blocks[position >> BLOCK_BITS];
        uint32_t id =
            in->field->ids.at[in->first_ids[at.ordinal] + position - at.start];
        const osl_form_terms *form = &in->terms->forms[id];
        in->locals[i - from] =
            form->base == rank ? form->base_local : form->extra_local;
    }
}

/* Returns the term's df. */
static uint32_t send_term(inverter *in, uint32_t rank, uint32_t from,
                          uint32_t to, bool with_forms)
{
    const osl_terms *terms = in->terms;
    osl_term_postings postings = {
        .term = osl_terms_text(terms, rank),
        .df = spread(in, from, to),
        .ordinals = in->ordinals,
        .tfs = in->tfs,
        .positions = in->positions,
    };
    uint32_t first = terms->list_starts[rank];
    uint32_t count = terms->list_starts[rank + 1] - first;
    if (with_forms) {
        for (uint32_t i = 0; i < count; i++)
            in->form_texts[i] =
                osl_strings_text(&terms->folded, terms->lists[first + i]);
        if (count > 1)
            spread_locals(in, rank, from, to);
        else
            memset(in->locals, 0, (size_t)(to - from) * sizeof *in->locals);
        postings.forms = in->locals;
        postings.form_list = in->form_texts;
        postings.form_count = count;
    }
    osl_writer_term(in->writer, &postings);
    return postings.df;
}

static void send_terms(inverter *in, const osl_invert_options *options)
{
    uint32_t from = 0;
    for (uint32_t rank = 0; rank < in->terms->count; rank++) {
        uint32_t to = in->cursors[rank];
        uint32_t df = send_term(in, rank, from, to, options->with_forms);
        if (options->dfs)
            options->dfs[rank] = df;
        from = to;
    }
}

osl_status osl_invert(const osl_batch *batch, const osl_terms *terms,
                      const osl_invert_options *options, osl_writer *writer,
                      osl_error *err)
{
    const osl_batch_field *field = &batch->fields[options->field];
    inverter in = {.field = field, .terms = terms, .writer = writer};
    uint64_t most = 0;
    osl_status status = make_blocks(&in, err);
    if (status == OSL_OK)
        status = make_cursors(&in, &most, err);
    if (status == OSL_OK)
        status = make_scratch(&in, most, err);
    if (status == OSL_OK) {
        size_t entries = in.cursors[terms->count];
        in.out = malloc((entries + 1) * sizeof *in.out);
        status = in.out ? scatter(&in, err) : no_memory(err);
    }
    if (status == OSL_OK) {
        osl_writer_begin_field(writer, options->field,
                               (uint32_t)field->lengths.count,
                               field->lengths.at);
        send_terms(&in, options);
        osl_writer_end_field(writer);
    }
    clear(&in);
    return status;
}
