/* SPDX-License-Identifier: MIT */
#include "indexer/invert.h"

#include <string.h>

/* Positions are numbered with a gap behind each ordinal, up to the next
 * multiple of BLOCK. */
enum { BLOCK_BITS = 6, BLOCK = 1 << BLOCK_BITS };

/* How far ahead of the write its target is fetched. */
#define PIECE ((size_t)4096)
#define AHEAD ((size_t)24)
/* How far ahead of its use a block is fetched when terms are read back. */
#define BLOCKS_AHEAD 16u
/* Occurrences whose forms are looked up together, so that the misses of each
 * step overlap. */
#define FORMS_STEP 128u

typedef struct block {
    uint32_t start; /* number of its ordinal's first position */
    uint32_t ordinal;
    uint32_t shift; /* place of a token in `ids` − its position's number */
    uint32_t spare;
} block;

typedef struct inverter {
    const osl_batch_field *field;
    const osl_terms *terms;
    osl_writer *writer;
    block *blocks;
    uint32_t *cursors; /* by rank; after the scatter: ends */
    uint32_t *out;     /* positions, term by term */
    /* One term, as the writer takes it. */
    uint32_t *ordinals, *tfs, *positions, *locals;
    uint32_t local_count;
    osl_text *form_texts;
} inverter;

static void clear(inverter *in)
{
    free(in->blocks);
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
    if (!in->blocks)
        return no_memory(err);
    uint32_t position = 0, id = 0;
    for (size_t i = 0; i < lengths->count; i++) {
        uint32_t start = position;
        uint32_t end = position + (uint32_t)rounded(lengths->at[i]);
        for (; position < end; position += BLOCK)
            in->blocks[position >> BLOCK_BITS] =
                (block){start, (uint32_t)i, id - start, 0};
        id += lengths->at[i];
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
        const block *at = &in->blocks[position >> BLOCK_BITS];
        /* `out` ends with entries that may be fetched for. */
        __builtin_prefetch(
            &in->blocks[in->out[i + BLOCKS_AHEAD] >> BLOCK_BITS]);
        bool is_new = at->ordinal != last || df == 0;
        df += is_new;
        last = at->ordinal;
        in->ordinals[df - 1] = last;
        in->tfs[df - 1] = is_new ? 1 : in->tfs[df - 1] + 1;
        in->positions[i - from] = position - at->start;
    }
    return df;
}

/* Of entries [from, to): which of the term's forms each is. */
static void spread_locals(inverter *in, uint32_t rank, uint32_t from,
                          uint32_t to)
{
    uint32_t places[FORMS_STEP];
    const uint32_t *ids = in->field->ids.at;
    while (from < to) {
        uint32_t count = to - from < FORMS_STEP ? to - from : FORMS_STEP;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t position = in->out[from + i];
            places[i] = position + in->blocks[position >> BLOCK_BITS].shift;
            __builtin_prefetch(&ids[places[i]]);
        }
        for (uint32_t i = 0; i < count; i++) {
            places[i] = ids[places[i]];
            __builtin_prefetch(&in->terms->forms[places[i]]);
        }
        for (uint32_t i = 0; i < count; i++) {
            const osl_form_terms *form = &in->terms->forms[places[i]];
            in->locals[in->local_count + i] =
                form->base == rank ? form->base_local : form->extra_local;
        }
        in->local_count += count;
        from += count;
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
        in->local_count = 0;
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
        in.out = malloc((entries + BLOCKS_AHEAD) * sizeof *in.out);
        status = in.out ? scatter(&in, err) : no_memory(err);
        if (status == OSL_OK)
            memset(in.out + entries, 0, BLOCKS_AHEAD * sizeof *in.out);
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
